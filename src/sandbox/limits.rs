//! Rate limits as fixed windows of sandbox time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Clock;

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

#[derive(Debug, Default)]
struct Window {
    number: i64,
    used: u32,
}

impl Limits {
    /// No budget is used yet.
    pub fn new(clock: Arc<Clock>) -> Self {
        Limits {
            clock,
            windows: Mutex::default(),
        }
    }

    /// Charges one request to a budget of so many requests a minute.
    pub fn take(&self, name: &str, per_minute: u32) -> Budget {
        self.take_in(name, per_minute, 60, 1)
    }

    /// Charges `cost` to a budget whose windows last `seconds`. A request that
    /// is refused costs nothing.
    pub fn take_in(&self, name: &str, limit: u32, seconds: u64, cost: u32) -> Budget {
        let length = i64::try_from(seconds.max(1)).unwrap_or(i64::MAX) * 1000;
        let now = self.clock.millis();
        let number = now.div_euclid(length);
        let rest = length - now.rem_euclid(length);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() > 100_000 {
            windows.clear();
        }
        let window = windows.entry(name.to_owned()).or_default();
        if window.number != number {
            *window = Window { number, used: 0 };
        }
        let granted = window.used.saturating_add(cost) <= limit;
        if granted {
            window.used += cost;
        }
        Budget {
            limit,
            remaining: limit.saturating_sub(window.used),
            reset: u64::try_from(rest.div_euclid(1000) + i64::from(rest % 1000 != 0)).unwrap_or(1),
            granted,
        }
    }
}
