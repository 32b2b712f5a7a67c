//! How fast it goes, and when it will be done.

use std::collections::VecDeque;
use std::time::Duration;

/// What is looked back at: long enough for a rate limit's window, short enough
/// to see when it gets slower.
const WINDOW: Duration = Duration::from_secs(60);

/// Below this nothing is foretold.
const ENOUGH: Duration = Duration::from_secs(3);

/// A count that grows, as it was at moments of the last minute.
#[derive(Debug, Default)]
pub struct Pace {
    seen: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// Notes a count at a time since the beginning. Moments closer than half a
    /// second are one, so that little is kept.
    pub fn note(&mut self, at: Duration, count: u64) {
        let near = |&(last, _): &(Duration, u64)| at < last + Duration::from_millis(500);
        if self.seen.len() > 1 && self.seen.iter().rev().nth(1).is_some_and(near) {
            self.seen.pop_back();
        }
        self.seen.push_back((at, count));
        // One moment before the window stays: what happened since is all of it.
        while self
            .seen
            .get(1)
            .is_some_and(|(next, _)| *next + WINDOW <= at)
        {
            self.seen.pop_front();
        }
    }

    /// How many a second, in the last minute; `None` in the first seconds.
    pub fn per_second(&self) -> Option<f64> {
        let (from, before) = self.seen.front()?;
        let (to, now) = self.seen.back()?;
        let time = to.saturating_sub(*from);
        (time >= ENOUGH).then(|| now.saturating_sub(*before) as f64 / time.as_secs_f64())
    }

    /// How long until the count is `total`, at this pace.
    pub fn left(&self, total: u64) -> Option<Duration> {
        let (_, now) = self.seen.back()?;
        let rate = self.per_second().filter(|rate| *rate > 0.0)?;
        Duration::try_from_secs_f64(total.saturating_sub(*now) as f64 / rate).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a run whose counts at each fifth of a second `count` tells, and
    /// returns the worst error of what was foretold, as part of the truth.
    fn worst(total: u64, from: Duration, count: impl Fn(f64) -> f64) -> f64 {
        let step = |tick: u32| f64::from(tick) / 5.0;
        let end = (0..)
            .map(step)
            .find(|at| count(*at) >= total as f64)
            .unwrap();
        let mut pace = Pace::default();
        let mut worst: f64 = 0.0;
        for at in (0..).map(step).take_while(|at| *at < end) {
            let time = Duration::from_secs_f64(at);
            pace.note(time, count(at) as u64);
            let truth = end - at;
            // Towards the end it is a single batch that decides.
            if time >= from && truth > 60.0 {
                let told = pace.left(total).unwrap().as_secs_f64();
                worst = worst.max((told - truth).abs() / truth);
            }
        }
        worst
    }

    #[test]
    fn a_steady_run_is_foretold() {
        let error = worst(10_000, Duration::from_secs(5), |at| at * 11.4);
        assert!(error < 0.02, "{error}");
    }

    #[test]
    fn batches_hardly_move_what_is_foretold() {
        // 100 at once, every nine seconds, as jobs of a platform are done.
        let error = worst(10_000, Duration::from_secs(60), |at| {
            (at / 9.0).floor() * 100.0
        });
        assert!(error < 0.3, "{error}");
    }

    #[test]
    fn a_change_of_pace_is_seen_within_a_minute() {
        // A rate limit takes half of it away after five minutes.
        let count = |at: f64| at.min(300.0) * 10.0 + (at - 300.0).max(0.0) * 5.0;
        let error = worst(6000, Duration::from_secs(362), count);
        assert!(error < 0.02, "{error}");
    }

    #[test]
    fn nothing_is_foretold_from_nothing() {
        let mut pace = Pace::default();
        assert_eq!(pace.left(5), None);
        pace.note(Duration::ZERO, 0);
        pace.note(Duration::from_secs(10), 0);
        assert_eq!(pace.left(5), None);
        assert_eq!(pace.per_second(), Some(0.0));
    }

    #[test]
    fn little_is_kept() {
        let mut pace = Pace::default();
        for tick in 0..100_000u32 {
            pace.note(Duration::from_millis(200) * tick, u64::from(tick));
        }
        assert!(pace.seen.len() < 160, "{}", pace.seen.len());
    }
}
