//! Counts what goes over the wire, for progress and reports.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Counts requests and tells what a desk is waiting for. Shared with progress and reports.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    paced: AtomicU64,
    /// Milliseconds since 1970; 0 while nothing is paused.
    paused_until: AtomicU64,
    budgets: Mutex<Vec<(&'static str, u64)>>,
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
            waiting: match until {
                Some(until) => Waiting::Paused { until },
                None if self.paced.load(Ordering::Relaxed) > 0 => Waiting::Paced,
                None => Waiting::No,
            },
        }
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

    /// Counts as paced until the guard is dropped.
    pub(super) fn paced(&self) -> impl Drop + '_ {
        struct Paced<'a>(&'a AtomicU64);
        impl Drop for Paced<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.paced.fetch_add(1, Ordering::Relaxed);
        Paced(&self.paced)
    }
}
