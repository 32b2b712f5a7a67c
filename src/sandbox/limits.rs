//! Rate limits as fixed windows of sandbox time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::Clock;

/// Minutes of a budget that are remembered; the oldest are forgotten beyond it.
const MINUTES_KEPT: usize = 1000;

/// What a budget looks like after a request; headers are the platform's to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests a window.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// Seconds of sandbox time until the next window, at least 1.
    pub reset: u64,
    /// Whether this request was within the budget.
    pub granted: bool,
}

/// Counts requests against named budgets.
#[derive(Debug)]
pub struct Limits {
    clock: Arc<Clock>,
    windows: Mutex<HashMap<String, Window>>,
}

/// What became of a budget in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// When it began, in sandbox time.
    pub begins: Timestamp,
    /// What it allowed.
    pub limit: u32,
    /// What was taken of it.
    pub used: u32,
    /// Requests that it had no room for.
    pub refused: u32,
}

#[derive(Debug, Default)]
struct Window {
    number: i64,
    used: u32,
    minutes: Vec<Minute>,
}

impl Limits {
    /// No budget is used yet.
    pub fn new(clock: Arc<Clock>) -> Self {
        Limits {
            clock,
            windows: Mutex::default(),
        }
    }

    /// Charges `cost` to a budget of so many requests a minute, and remembers
    /// each minute: for the few budgets of an account, not for those of single records.
    pub fn take(&self, name: &str, per_minute: u32, cost: u32) -> Budget {
        let now = self.clock.millis();
        let mut windows = self.windows();
        let window = windows.entry(name.to_owned()).or_default();
        let budget = window.charge(now, per_minute, 60_000, cost);
        window.remember(now, budget, cost);
        budget
    }

    /// Charges `cost` to a budget whose windows last `seconds`. A request that
    /// is refused costs nothing.
    pub fn take_in(&self, name: &str, limit: u32, seconds: u64, cost: u32) -> Budget {
        let length = i64::try_from(seconds.max(1)).unwrap_or(i64::MAX) * 1000;
        let now = self.clock.millis();
        let mut windows = self.windows();
        if windows.len() > 100_000 {
            windows.retain(|_, window| !window.minutes.is_empty());
        }
        let window = windows.entry(name.to_owned()).or_default();
        window.charge(now, limit, length, cost)
    }

    /// The remembered minutes by budget, oldest first. A minute without a request is left out.
    pub fn minutes(&self) -> BTreeMap<String, Vec<Minute>> {
        self.windows()
            .iter()
            .filter(|(_, window)| !window.minutes.is_empty())
            .map(|(name, window)| (name.clone(), window.minutes.clone()))
            .collect()
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<String, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn charge(&mut self, now: i64, limit: u32, length: i64, cost: u32) -> Budget {
        let number = now.div_euclid(length);
        let rest = length - now.rem_euclid(length);
        if self.number != number {
            (self.number, self.used) = (number, 0);
        }
        let granted = self.used.saturating_add(cost) <= limit;
        if granted {
            self.used += cost;
        }
        Budget {
            limit,
            remaining: limit.saturating_sub(self.used),
            reset: u64::try_from(rest.div_euclid(1000) + i64::from(rest % 1000 != 0)).unwrap_or(1),
            granted,
        }
    }

    fn remember(&mut self, now: i64, budget: Budget, cost: u32) {
        let begins = Timestamp::from_millisecond(now - now.rem_euclid(60_000)).unwrap_or_default();
        if self.minutes.last().is_none_or(|last| last.begins < begins) {
            if self.minutes.len() >= MINUTES_KEPT {
                self.minutes.remove(0);
            }
            self.minutes.push(Minute {
                begins,
                limit: budget.limit,
                used: 0,
                refused: 0,
            });
        }
        if let Some(minute) = self.minutes.last_mut() {
            match budget.granted {
                true => minute.used += cost,
                false => minute.refused += 1,
            }
        }
    }
}
