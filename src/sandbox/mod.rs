//! The frame that simulated desks share: limits, faults, clock.
//!
//! A sandbox is written from the vendor's documentation, never from our
//! connector, so that it catches the connector's mistakes. It listens on
//! loopback only.
//!
//! ```ignore
//! let (frame, socket) = sandbox::open(&config).await?;
//! let router = Router::new().route("/api/things", get(things)).with_state(state);
//! Ok(sandbox::serve(socket, frame, router, too_many))
//! ```
//!
//! Served beside the desk, without limits and faults:
//! - `GET /__sandbox/stats`: requests by route, by outcome and, against the account's
//!   budgets, by minute; mails, violations;
//! - `POST /__sandbox/faults`: a [`Faults`] object that replaces the current one,
//!   a key left out is off;
//! - `POST /__sandbox/advance`: `{"seconds": 90}` moves the sandbox's clock on, less than none back.

mod clock;
mod faults;
mod limits;
mod ranges;
pub mod seed;
mod serve;
mod stats;
#[cfg(test)]
mod tests;
mod wire;

pub use clock::Clock;
pub use limits::{Budget, Limits, Minute};
pub use serve::{Frame, Route, Socket, open, serve};
pub use stats::Stats;

use std::net::SocketAddr;
use std::path::PathBuf;

use futures::future::BoxFuture;

use crate::connector::Result;

/// Starts a simulated desk; what a connector's registry line points to.
pub type Start = fn(Config) -> BoxFuture<'static, Result<Running>>;

/// How a sandbox behaves.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Folder with a desk to start from.
    pub seed: Option<PathBuf>,
    /// The vendor's plan whose limits hold: `enterprise`; the sandbox's default when `None`.
    pub plan: Option<String>,
    /// How much faster than real time its clock and limits run; 1 is real time.
    pub speed: f64,
    /// Faults on demand.
    pub faults: Faults,
    /// Switches of the platform (`users_bulk`, `channel_api`), documented by each sandbox.
    pub features: Vec<String>,
}

/// What goes wrong on demand, as shares of all requests from 0 to 1, drawn
/// from `seed` so that a run can be repeated.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Start of the random numbers.
    pub seed: u64,
    /// 429 with `Retry-After`, although the budget is not used up.
    pub too_many: f64,
    /// 500, 502, 503 or 504 before anything is done.
    pub server_error: f64,
    /// 502 after the request was carried out.
    pub error_after_write: f64,
    /// The connection is closed without an answer, before anything is done.
    pub reset: f64,
    /// The connection is closed without an answer, after the request was carried out.
    pub reset_after_write: f64,
    /// The body stops in the middle.
    pub cut_body: f64,
    /// An HTML page with status 200.
    pub html: f64,
    /// No answer for longer than a client waits.
    pub timeout: f64,
    /// Milliseconds added to every answer.
    pub slow_ms: u64,
    /// Seconds until a new record is seen by searches and lists that the
    /// vendor calls eventually consistent.
    pub search_lag: u64,
    /// Faults at chosen requests, before any are drawn.
    pub planned: Vec<Planned>,
}

/// A fault that meets chosen requests instead of drawn ones.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Part of `METHOD /path?query` that it waits for: `POST /api/v2/imports`.
    pub on: String,
    /// What goes wrong.
    pub fault: Fault,
    /// How many matching requests pass unharmed before.
    #[serde(default)]
    pub after: u32,
    /// How many requests it meets; 1 when left out.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// One way to go wrong; the meaning is that of the field of [`Faults`] with the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the fields of these names say it
pub enum Fault {
    TooMany,
    ServerError,
    ErrorAfterWrite,
    Reset,
    ResetAfterWrite,
    CutBody,
    Html,
    Timeout,
}

/// A simulated desk that is up. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Stops the server when it is dropped.
    pub stop: tokio::sync::oneshot::Sender<()>,
    /// What happened so far; also served as `GET /__sandbox/stats`.
    pub stats: std::sync::Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
}
