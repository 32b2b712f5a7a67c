//! One HTTP client for all connectors: authentication, pacing, retries, paging,
//! redirects, redaction.
//!
//! Rules that hold for every request:
//! - https, or plain http to loopback only;
//! - credentials go to the desk's own origin, never after a redirect to another one;
//! - a request that creates something is repeated only when it is certain that
//!   it was not carried out (429, no connection, 503 with `Retry-After`);
//! - secrets appear in no log and no error.
//!
//! Of passing faults, a lost connection, a timeout, a cut body, 502, 503 and 504
//! are tried again where the request may be sent twice, 500 where it changes
//! nothing (GET, and the POST that fetches a token). A 429 stops all tasks of
//! the account until the server takes calls again.

mod answer;
mod auth;
mod body;
mod client;
mod meter;
mod pacer;
mod pages;
mod redact;
mod rehearsal;
mod retry;
mod send;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

pub use answer::Answer;
pub use auth::Auth;
pub use body::FormPart;
pub use client::{Call, Client};
pub use meter::{Meter, Reading, Waiting};
pub use pages::Pages;
pub use rehearsal::Rehearsed;

use crate::connector::{Error, Result};

/// A budget of a platform: one row of a connector's `limits.rs`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Limit {
    /// Name that calls are charged to: `default`, `incremental`.
    pub name: &'static str,
    /// Requests a minute on the smallest plan that has an API; headers correct it.
    pub per_minute: u32,
    /// The platform counts these calls apart. Otherwise a call is charged to
    /// its own budget and to `default` as well.
    pub separate: bool,
    /// Where the figure is from.
    pub note: &'static str,
}

/// How to talk, for all connectors of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Part of every limit that may be used, above 0 up to 1.
    pub share: f64,
    /// Longest wait that a server may ask for; a longer one ends the run cleanly.
    pub max_wait: Duration,
    /// For one attempt, without the body of a download.
    pub timeout: Duration,
    /// Attempts after the first one.
    pub retries: u32,
    /// How much faster than real time waiting goes: 1, or another of [`SPEEDS`] in tests.
    pub speed: f64,
    /// Extra root certificates (PEM).
    pub ca_file: Option<std::path::PathBuf>,
    /// Told about requests and waits.
    pub meter: std::sync::Arc<Meter>,
}

/// Speeds of clocks. Beyond them, hours would not fit into the numbers that time is counted in.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// The variable that makes waiting go faster.
const SPEED_VARIABLE: &str = "DESKFERRY_TEST_SPEED";

impl Settings {
    /// The defaults, with the speed that `DESKFERRY_TEST_SPEED` asks for.
    ///
    /// Fails with [`ErrorKind::Config`](crate::connector::ErrorKind::Config)
    /// when that is no speed.
    pub fn from_environment() -> Result<Settings> {
        let mut settings = Settings::default();
        if let Some(text) = std::env::var_os(SPEED_VARIABLE) {
            settings.speed = read_speed(&text.to_string_lossy())?;
        }
        Ok(settings)
    }
}

fn read_speed(text: &str) -> Result<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|speed| SPEEDS.contains(speed))
        .ok_or_else(|| {
            Error::config(format!("{SPEED_VARIABLE} is `{text}`, which is no speed")).hint(format!(
                "unset it, or give a number from {} to {}",
                SPEEDS.start(),
                SPEEDS.end()
            ))
        })
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            share: 1.0,
            max_wait: Duration::from_secs(15 * 60),
            timeout: Duration::from_secs(60),
            retries: 5,
            speed: 1.0,
            ca_file: None,
            meter: std::sync::Arc::default(),
        }
    }
}

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or does something.
    Post,
    /// Changes or replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// What a connector knows about its platform's answers.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Turns an answer with an error status into an [`Error`]: kind, message, hint.
    /// Not called for 401 and 429, which mean the same everywhere.
    pub error: fn(&Answer) -> Error,
    /// Reads limits from an answer's headers; the body is not there yet.
    pub observe: fn(&Answer, budget: &'static str) -> Vec<Observation>,
    /// Where a retry is due although the status is not 429/502/503/504: the reason.
    /// Only for answers which mean that nothing was carried out: it goes for every method.
    pub retry: fn(&Answer) -> Option<&'static str>,
}

/// What headers say about a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Which budget.
    pub budget: &'static str,
    /// Requests a minute, if told.
    pub per_minute: Option<u32>,
    /// What is left of the present window, if told.
    pub remaining: Option<u32>,
    /// Seconds until the window begins anew, if told.
    pub resets_in: Option<u64>,
}
