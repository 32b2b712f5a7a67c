//! One pacer an account: budgets, what the server's headers say about them,
//! and the pause that all tasks obey.
//!
//! A server counts in windows of a minute. A quota of 100 a minute with a
//! burst of 100 lets 200 calls through in the first, so the burst is small and
//! the pace a little below the limit: `0.98 × 700 + 7 < 700` calls in any
//! sixty seconds. Where headers tell what is left of the window, no more than
//! that is sent before it ends: others use the account as well.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use governor::clock::Clock as _;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{Limit, Meter, Observation};

/// Part of a limit that is used; the rest absorbs the network's unsteadiness.
const PACE: f64 = 0.98;

/// Calls at once, as part of the limit, within [`MAX_BURST`].
const BURST: f64 = 0.01;
const MAX_BURST: f64 = 10.0;

/// The windows that servers count in, where they do not tell when one ends.
const WINDOW: Duration = Duration::from_secs(60);

/// No server counts in windows longer than this: a larger number is a date or a mistake.
const LONGEST_WINDOW: u64 = 24 * 3600;

/// Servers round the seconds until a window ends, in either direction.
const ROUNDING: Duration = Duration::from_secs(1);

/// A clock that runs `speed` times faster than real time, so that tests need
/// not wait. All of this module counts in its time.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    kind: ClockKind,
}

#[derive(Debug, Clone)]
enum ClockKind {
    Running {
        start: Instant,
        speed: f64,
    },
    /// Nanoseconds, moved by a test.
    #[cfg(test)]
    Held(Arc<AtomicU64>),
}

impl Clock {
    /// A clock of one of [`super::SPEEDS`].
    pub(super) fn new(speed: f64) -> Self {
        Clock {
            kind: ClockKind::Running {
                start: Instant::now(),
                speed,
            },
        }
    }

    /// What `wait` is in real time.
    pub(super) fn real(&self, wait: Duration) -> Duration {
        match &self.kind {
            ClockKind::Running { speed, .. } => wait.div_f64(*speed),
            #[cfg(test)]
            ClockKind::Held(_) => wait,
        }
    }

    pub(super) async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(self.real(wait)).await;
    }
}

impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        match &self.kind {
            ClockKind::Running { start, speed } => start.elapsed().mul_f64(*speed),
            #[cfg(test)]
            ClockKind::Held(nanos) => Duration::from_nanos(nanos.load(Ordering::Relaxed)),
        }
    }
}

type Limiter =
    RateLimiter<NotKeyed, InMemoryState, Clock, governor::middleware::NoOpMiddleware<Duration>>;

/// Paces the calls of one account.
pub(super) struct Pacer {
    clock: Clock,
    budgets: Vec<Arc<Budget>>,
    meter: Arc<Meter>,
    /// When calls may go on, in the clock's nanoseconds.
    gate: AtomicU64,
    max_wait: Duration,
}

/// One budget.
struct Budget {
    name: &'static str,
    separate: bool,
    share: f64,
    limiter: ArcSwap<(u32, Limiter)>,
    /// Held by the one task whose turn is next, so that turns come in order.
    turn: tokio::sync::Mutex<()>,
    window: Mutex<Window>,
}

/// What is known of the server's present window.
#[derive(Debug, Default)]
struct Window {
    /// Calls sent since the beginning, and those of them without an answer.
    launched: u64,
    open: u64,
    told: Option<Told>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    /// The smallest `remaining` of this window: the server's latest word.
    remaining: u32,
    /// `launched` may not pass this before `end`.
    ceiling: u64,
    /// When the window ends, and whether the server said so.
    end: Duration,
    certain: bool,
}

/// The right to send one request; dropped when its answer is there.
pub(super) struct Permit {
    budgets: Vec<Arc<Budget>>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        for budget in &self.budgets {
            let mut window = budget.window();
            window.open = window.open.saturating_sub(1);
        }
    }
}

impl Pacer {
    pub(super) fn new(
        limits: &'static [Limit],
        share: f64,
        clock: Clock,
        max_wait: Duration,
        meter: Arc<Meter>,
    ) -> Self {
        let budgets = limits
            .iter()
            .map(|limit| Arc::new(Budget::new(limit, share, clock.clone())))
            .collect();
        let pacer = Pacer {
            clock,
            budgets,
            meter,
            gate: AtomicU64::new(0),
            max_wait,
        };
        pacer.show_allowed();
        pacer
    }

    /// Requests a minute that may be sent, by budget.
    pub(super) fn budgets(&self) -> Vec<Limit> {
        self.budgets
            .iter()
            .map(|budget| {
                let allowed = f64::from(budget.limiter.load().0) * budget.share * PACE;
                Limit {
                    name: budget.name,
                    per_minute: (allowed as u32).max(1),
                    separate: budget.separate,
                    note: "",
                }
            })
            .collect()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Waits for the budget's turn and for the gate. `Err` is a wait longer
    /// than the run is willing to.
    pub(super) async fn permit(&self, name: &'static str) -> Result<Permit, Duration> {
        // The permit grows budget by budget, so that a task that is dropped
        // while it waits gives back what it holds.
        let mut permit = Permit {
            budgets: Vec::new(),
        };
        let own = self.budgets.iter().find(|budget| budget.name == name);
        if let Some(budget) = own {
            self.take(budget, &mut permit).await?;
        }
        if own.is_none_or(|own| !own.separate && own.name != DEFAULT)
            && let Some(budget) = self.budgets.iter().find(|budget| budget.name == DEFAULT)
        {
            self.take(budget, &mut permit).await?;
        }
        // Without a budget nothing else has looked at the gate.
        while let Some(wait) = self.gate_wait() {
            self.check_wait(wait)?;
            let _paced = self.meter.paced();
            self.clock.sleep(wait).await;
        }
        self.meter.released().await;
        Ok(permit)
    }

    async fn take(&self, budget: &Arc<Budget>, permit: &mut Permit) -> Result<(), Duration> {
        let mut paced = None;
        let _turn = match budget.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                paced = Some(self.meter.paced());
                budget.turn.lock().await
            }
        };
        loop {
            let wait = match self.gate_wait() {
                Some(wait) => wait,
                None => match budget.try_take(self.clock.now()) {
                    Ok(()) => {
                        permit.budgets.push(budget.clone());
                        return Ok(());
                    }
                    Err(wait) => wait,
                },
            };
            paced.get_or_insert_with(|| self.meter.paced());
            self.check_wait(wait)?;
            self.clock.sleep(wait).await;
        }
    }

    fn check_wait(&self, wait: Duration) -> Result<(), Duration> {
        if wait > self.max_wait {
            return Err(wait);
        }
        Ok(())
    }

    fn gate_wait(&self) -> Option<Duration> {
        let until = Duration::from_nanos(self.gate.load(Ordering::Relaxed));
        let wait = until.saturating_sub(self.clock.now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Stops all tasks of the account.
    pub(super) fn pause(&self, wait: Duration) {
        let until = self.clock.now().saturating_add(wait);
        let until = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        self.gate.fetch_max(until, Ordering::Relaxed);
        self.meter.paused(self.clock.real(wait));
    }

    /// Takes in what headers say. To be told after the permit of the call was dropped.
    pub(super) fn observe(&self, observation: &Observation) {
        if let Some(budget) = self
            .budgets
            .iter()
            .find(|budget| budget.name == observation.budget)
        {
            budget.observe(observation, self.clock.now());
        }
        self.show_allowed();
    }

    /// Shows the main limit where people can see it.
    fn show_allowed(&self) {
        let main = self.budgets.iter().find(|budget| budget.name == DEFAULT);
        if let Some(budget) = main {
            let allowed = f64::from(budget.limiter.load().0) * budget.share;
            self.meter.set_allowed((allowed as u32).max(1));
        }
    }
}

/// The budget that every account has.
pub(super) const DEFAULT: &str = "default";

impl Budget {
    fn new(limit: &Limit, share: f64, clock: Clock) -> Self {
        let share = if share > 0.0 && share <= 1.0 {
            share
        } else {
            1.0
        };
        Budget {
            name: limit.name,
            separate: limit.separate,
            share,
            limiter: ArcSwap::from_pointee((
                limit.per_minute,
                limiter(limit.per_minute, share, clock),
            )),
            turn: tokio::sync::Mutex::new(()),
            window: Mutex::default(),
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call in, or says how long to wait before asking again.
    fn try_take(&self, now: Duration) -> Result<(), Duration> {
        let mut window = self.window();
        if let Some(told) = window.told {
            if now >= told.end {
                window.told = None;
            } else if window.launched >= told.ceiling {
                return Err(told.end.saturating_sub(now));
            }
        }
        match self.limiter.load().1.check() {
            Ok(()) => {
                window.launched += 1;
                window.open += 1;
                Ok(())
            }
            Err(not_until) => Err(not_until.wait_time_from(now).max(Duration::from_micros(1))),
        }
    }

    fn observe(&self, observation: &Observation, now: Duration) {
        if let Some(per_minute) = observation.per_minute
            && per_minute > 0
        {
            let present = self.limiter.load();
            if present.0 != per_minute {
                let clock = present.1.clock().clone();
                self.limiter.store(Arc::new((
                    per_minute,
                    limiter(per_minute, self.share, clock),
                )));
            }
        }
        if let Some(remaining) = observation.remaining {
            let resets_in = observation
                .resets_in
                .filter(|seconds| *seconds <= LONGEST_WINDOW);
            self.observe_window(remaining, resets_in, now);
        }
    }

    /// Answers overtake each other, so within a window the smallest
    /// `remaining` is the server's latest word. Calls that are still open then
    /// may not be in it yet and count as if they were not.
    fn observe_window(&self, remaining: u32, resets_in: Option<u64>, now: Duration) {
        let mut window = self.window();
        let end = match resets_in {
            Some(seconds) => now + Duration::from_secs(seconds) + ROUNDING,
            None => now + WINDOW,
        };
        if let Some(told) = window.told {
            let fresh = if now >= told.end {
                true
            } else if resets_in.is_some() && told.certain {
                // The same window's end moves by rounding and by the way back only.
                end > told.end + WINDOW / 10
            } else {
                u64::from(remaining) > u64::from(told.remaining) + window.open + 1
            };
            let of_window_before =
                resets_in.is_some() && told.certain && end + WINDOW / 10 < told.end;
            if of_window_before || (!fresh && remaining >= told.remaining) {
                return;
            }
        }
        let end = match window.told {
            // Without the server's word a window ends a minute after it was first seen.
            Some(told) if resets_in.is_none() && remaining < told.remaining && now < told.end => {
                told.end
            }
            _ => end,
        };
        // What the share leaves to others until the window ends.
        let left_to_others = (1.0 - self.share)
            * f64::from(self.limiter.load().0)
            * (end.saturating_sub(now).as_secs_f64() / WINDOW.as_secs_f64()).min(1.0);
        let ours = (f64::from(remaining) - left_to_others).max(0.0) as u64;
        window.told = Some(Told {
            remaining,
            ceiling: (window.launched + ours).saturating_sub(window.open),
            end,
            certain: resets_in.is_some(),
        });
    }
}

fn limiter(per_minute: u32, share: f64, clock: Clock) -> Limiter {
    let limit = f64::from(per_minute.max(1)) * share;
    let burst = (limit * BURST).clamp(1.0, MAX_BURST) as u32;
    let interval = WINDOW.div_f64(limit * PACE);
    let quota = Quota::with_period(interval)
        .unwrap_or(Quota::per_minute(NonZeroU32::MIN))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
    RateLimiter::direct_with_clock(quota, clock)
}

#[cfg(test)]
#[path = "pacer_tests.rs"]
mod tests;
