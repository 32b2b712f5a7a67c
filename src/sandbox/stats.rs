//! What happened to a sandbox so far.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Mails that are remembered one by one; beyond it only the counts grow.
const MAILS_KEPT: usize = 1000;

/// Counters of a sandbox.
#[derive(Debug, Default)]
pub struct Stats(Mutex<Counts>);

#[derive(Debug, Default, Clone, Serialize)]
struct Counts {
    requests: u64,
    routes: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
    mails: Mails,
    violations: BTreeMap<String, u64>,
}

#[derive(Debug, Default, Clone, Serialize)]
struct Mails {
    total: u64,
    reasons: BTreeMap<String, u64>,
    list: Vec<Mail>,
}

#[derive(Debug, Clone, Serialize)]
struct Mail {
    to: String,
    why: String,
}

impl Stats {
    /// A request to a route (`GET /tickets/{id}`) ended like this: a status, or a fault's name.
    pub fn request(&self, route: &str, outcome: &str) {
        self.with(|counts| {
            counts.requests += 1;
            *counts.routes.entry(route.to_owned()).or_default() += 1;
            *counts.outcomes.entry(outcome.to_owned()).or_default() += 1;
        });
    }

    /// The platform would now have mailed somebody.
    pub fn would_mail(&self, to: &str, why: &str) {
        self.with(|counts| {
            counts.mails.total += 1;
            *counts.mails.reasons.entry(why.to_owned()).or_default() += 1;
            if counts.mails.list.len() < MAILS_KEPT {
                counts.mails.list.push(Mail {
                    to: to.to_owned(),
                    why: why.to_owned(),
                });
            }
        });
    }

    /// The client did what no client may do, such as sending credentials to a foreign host.
    pub fn violation(&self, what: &str) {
        self.with(|counts| *counts.violations.entry(what.to_owned()).or_default() += 1);
    }

    /// All counters: `requests`, `routes`, `outcomes`, `mails`, `violations`.
    pub fn json(&self) -> serde_json::Value {
        let counts = self.with(|counts| counts.clone());
        serde_json::to_value(counts).unwrap_or_default()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counts) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
