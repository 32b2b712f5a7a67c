//! Hours of the day in which a desk may be called.

use std::time::Duration;

/// A span of the day in local time, which may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// Begins.
    pub from: jiff::civil::Time,
    /// Ends.
    pub to: jiff::civil::Time,
}

impl Hours {
    /// Reads `20:00-06:00`.
    pub fn parse(text: &str) -> Option<Hours> {
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| jiff::civil::Time::strptime("%H:%M", text.trim()).ok();
        let hours = Hours {
            from: time(from)?,
            to: time(to)?,
        };
        (hours.from != hours.to).then_some(hours)
    }

    /// Time from this time of day until work may begin; zero when it may.
    pub fn until_open(&self, time: jiff::civil::Time) -> Duration {
        match self.holds(time) {
            true => Duration::ZERO,
            false => between(time, self.from),
        }
    }

    /// Time from this time of day until work must end.
    pub fn until_close(&self, time: jiff::civil::Time) -> Duration {
        between(time, self.to)
    }

    /// Whether work may go on at this time of day.
    pub fn holds(&self, time: jiff::civil::Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// From one time of day to the next time it is the other.
fn between(from: jiff::civil::Time, to: jiff::civil::Time) -> Duration {
    let day = 24 * 3600;
    let second = |time: jiff::civil::Time| {
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
    };
    let seconds = (second(to) - second(from)).rem_euclid(day);
    Duration::from_secs(seconds.unsigned_abs())
}
