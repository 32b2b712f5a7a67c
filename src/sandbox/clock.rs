//! The sandbox's own time, which may run faster than real time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::http::SPEEDS;

/// Starts at the real time and runs `speed` times faster.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    epoch_ms: i64,
    speed: f64,
    skipped_ms: AtomicI64,
}

impl Clock {
    /// A clock at the real time. A speed that is none of [`SPEEDS`] counts as 1.
    pub fn new(speed: f64) -> Self {
        Clock {
            begun: Instant::now(),
            epoch_ms: Timestamp::now().as_millisecond(),
            speed: match SPEEDS.contains(&speed) {
                true => speed,
                false => 1.0,
            },
            skipped_ms: AtomicI64::new(0),
        }
    }

    /// Milliseconds since 1970.
    pub fn millis(&self) -> i64 {
        let run = self.begun.elapsed().as_secs_f64() * self.speed * 1000.0;
        self.epoch_ms + run as i64 + self.skipped_ms.load(Ordering::SeqCst)
    }

    /// Seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.millis().div_euclid(1000)
    }

    /// The sandbox's now, to the millisecond.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis()).unwrap_or(Timestamp::MAX)
    }

    /// Moves on by so many seconds of sandbox time; back when they are less than
    /// none, as a clock that was put right.
    pub fn advance(&self, seconds: i64) {
        self.skipped_ms
            .fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }

    /// How long a stretch of sandbox time takes in reality.
    pub fn real(&self, sandbox: Duration) -> Duration {
        sandbox.div_f64(self.speed)
    }
}
