//! Counts what goes over the wire, for progress and reports.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Counts requests and tells what a desk is waiting for. Shared with progress and reports.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    waits: Mutex<Waits>,
    /// Milliseconds since 1970; 0 while nothing is paused.
    paused_until: AtomicU64,
    budgets: Mutex<Vec<(&'static str, u64)>>,
    /// What the desk's clock showed in its last answer, in seconds since 1970;
    /// 0 before.
    desk_time: AtomicI64,
    /// Requests a minute that the account allows; 0 while that is not known.
    allowed: AtomicU32,
    /// Whether the user has asked for a pause.
    held: tokio::sync::watch::Sender<bool>,
}

/// How many tasks wait for their turn, and how long anybody has waited.
#[derive(Debug, Default)]
struct Waits {
    tasks: u64,
    since: Option<Instant>,
    over: Duration,
}

/// What a [`Meter`] showed at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Requests sent, retries among them.
    pub requests: u64,
    /// Requests by budget; one that is charged to two counts in the first.
    pub by_budget: Vec<(&'static str, u64)>,
    /// Attempts after the first one.
    pub retries: u64,
    /// Answers with status 429.
    pub refused: u64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of answers, decompressed.
    pub bytes_received: u64,
    /// Milliseconds in which requests waited for their turn or for the end of a pause.
    pub waited_ms: u64,
    /// Requests a minute that may be sent under the account's main limit.
    pub allowed: Option<u32>,
    /// What the desk waits for now.
    pub waiting: Waiting,
}

/// What a desk waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// Nothing.
    #[default]
    No,
    /// Its turn under the rate limit.
    Paced,
    /// The user asked for a pause.
    Held,
    /// The server asked for a pause.
    Paused {
        /// When it ends.
        until: jiff::Timestamp,
    },
}

impl Meter {
    /// What it shows now.
    pub fn read(&self) -> Reading {
        let until = self.paused_until.load(Ordering::Relaxed);
        let until = jiff::Timestamp::from_millisecond(until.cast_signed())
            .ok()
            .filter(|until| *until > jiff::Timestamp::now());
        let waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = waits.over + waits.since.map_or(Duration::ZERO, |since| since.elapsed());
        Reading {
            requests: self.requests.load(Ordering::Relaxed),
            by_budget: self
                .budgets
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            retries: self.retries.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            bytes_sent: self.sent.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
            waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            allowed: match self.allowed.load(Ordering::Relaxed) {
                0 => None,
                allowed => Some(allowed),
            },
            waiting: match until {
                _ if *self.held.borrow() => Waiting::Held,
                Some(until) => Waiting::Paused { until },
                None if waits.tasks > 0 => Waiting::Paced,
                None => Waiting::No,
            },
        }
    }

    /// Lets no request begin until it is told so again. What was sent is finished.
    pub fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Waits for the end of a pause that the user asked for.
    pub(super) async fn released(&self) {
        // The sender is this meter's own, so it cannot be gone.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
    }

    pub(super) fn set_allowed(&self, per_minute: u32) {
        self.allowed.store(per_minute, Ordering::Relaxed);
    }

    /// The time as the desk told it last; `None` before its first answer.
    pub(super) fn desk_time(&self) -> Option<jiff::Timestamp> {
        match self.desk_time.load(Ordering::Relaxed) {
            0 => None,
            seconds => jiff::Timestamp::from_second(seconds).ok(),
        }
    }

    pub(super) fn set_desk_time(&self, time: jiff::Timestamp) {
        self.desk_time.store(time.as_second(), Ordering::Relaxed);
    }

    pub(super) fn request(&self, budget: &'static str) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        match budgets.iter_mut().find(|(name, _)| *name == budget) {
            Some((_, count)) => *count += 1,
            None => budgets.push((budget, 1)),
        }
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn paused(&self, wait: std::time::Duration) {
        let until = jiff::Timestamp::now()
            .as_millisecond()
            .saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        self.paused_until
            .fetch_max(until.max(0).cast_unsigned(), Ordering::Relaxed);
    }

    /// Counts as waiting until the guard is dropped.
    pub(super) fn paced(&self) -> impl Drop + '_ {
        struct Paced<'a>(&'a Meter);
        impl Drop for Paced<'_> {
            fn drop(&mut self) {
                let mut waits = self.0.waits.lock().unwrap_or_else(PoisonError::into_inner);
                waits.tasks -= 1;
                if waits.tasks == 0
                    && let Some(since) = waits.since.take()
                {
                    waits.over += since.elapsed();
                }
            }
        }
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.tasks += 1;
        waits.since.get_or_insert_with(Instant::now);
        Paced(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pause_lasts_until_it_is_taken_back() {
        let meter = std::sync::Arc::new(Meter::default());
        meter.released().await;
        meter.hold(true);
        assert_eq!(meter.read().waiting, Waiting::Held);
        let waiting = tokio::spawn({
            let meter = meter.clone();
            async move { meter.released().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        meter.hold(false);
        waiting.await.unwrap();
        assert_eq!(meter.read().waiting, Waiting::No);
    }

    #[test]
    fn time_is_counted_once_however_many_wait() {
        let meter = Meter::default();
        let first = meter.paced();
        let second = meter.paced();
        // In the past, so that nobody has to wait for it.
        let hour = Duration::from_secs(3600);
        meter.waits.lock().unwrap().since = Instant::now().checked_sub(hour);
        drop(first);
        assert_eq!(meter.read().waiting, Waiting::Paced);
        drop(second);
        let reading = meter.read();
        assert_eq!(reading.waiting, Waiting::No);
        assert!((3_600_000..3_700_000).contains(&reading.waited_ms));
        assert_eq!(
            meter.read().waited_ms,
            reading.waited_ms,
            "the wait is over"
        );
    }
}
