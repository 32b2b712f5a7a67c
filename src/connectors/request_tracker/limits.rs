//! Limits of Request Tracker. It has none of its own: what is here keeps a
//! small server usable for the people who work on it.

use crate::http::Limit;

/// Calls a minute.
pub static LIMITS: &[Limit] = &[Limit {
    name: "default",
    per_minute: 1800,
    separate: false,
    note: "RT sets no limit; about what one server with four workers answers (20 to 30 a second were measured)",
}];

/// The largest page; a larger `per_page` is cut to it without an error.
pub const PAGE: usize = 100;

/// Requests at the same time within one page.
pub const PARALLEL: usize = 4;

/// Length of a subject.
pub const SUBJECT: usize = 200;
