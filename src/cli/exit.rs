//! How a command ends: codes for scripts, text for people.
//!
//! More codes may come. A script takes a code that it does not know for a failure.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::printer::Printer;
use crate::connector::{Error, ErrorKind};

/// Done, or there was nothing to do.
pub const DONE: u8 = 0;
/// Failed.
pub const FAILED: u8 = 1;
/// The command line or the configuration cannot work; nothing was done.
pub const USAGE: u8 = 2;
/// Done, but some records were set aside; `deskferry status` lists them.
pub const PROBLEMS: u8 = 3;
/// Verify found differences between source and target.
pub const DIFFERENCES: u8 = 4;
/// Preview shows changes (only with `--detailed-exit-code`).
pub const CHANGES: u8 = 5;
/// Another run uses the ledger.
pub const LOCKED: u8 = 6;
/// Source, target or ledger changed since the plan was made.
pub const STALE: u8 = 7;
/// A desk does not accept the credentials, or does not allow what is needed.
pub const UNAUTHORIZED: u8 = 8;
/// Something would mail customers.
pub const INTERLOCK: u8 = 9;
/// Interrupted; the same command goes on where it stopped.
pub const INTERRUPTED: u8 = 130;

/// The exit code that an error leads to.
pub fn code(error: &Error) -> u8 {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = cause {
        if error.is::<crate::ledger::Locked>() {
            return LOCKED;
        }
        if error.is::<crate::engine::Interlocked>() {
            return INTERLOCK;
        }
        if error.is::<crate::engine::Stale>() {
            return STALE;
        }
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::BrokenPipe
        {
            return DONE;
        }
        cause = error.source();
    }
    match error.kind {
        ErrorKind::Config => USAGE,
        ErrorKind::Auth | ErrorKind::Forbidden => UNAUTHORIZED,
        ErrorKind::Interrupted => INTERRUPTED,
        _ => FAILED,
    }
}

/// Whether another run has what this one wants.
#[cfg(feature = "remote")]
pub fn is_locked(error: &Error) -> bool {
    code(error) == LOCKED
}

/// Says what went wrong and gives the exit code. A reader of stdout that went
/// away (`| head`) is no error.
pub fn report(error: &Error, printer: &Printer) -> u8 {
    let code = code(error);
    if code == DONE {
        return code;
    }
    printer.error(&text(error));
    if printer.is_json() {
        let event = Failure {
            code,
            message: error.to_string(),
            hint: error.hint.as_deref(),
        };
        // There is nobody left to tell when this fails, too.
        let _ = printer.json("error", &event);
    }
    code
}

#[derive(Serialize)]
struct Failure<'a> {
    code: u8,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// `error: …`, its causes as far as they say something new, and `hint: …`.
fn text(error: &Error) -> String {
    let mut said = error.to_string();
    let mut text = format!("{} {said}", "error:".red().bold());
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        let mark = error.is::<crate::ledger::Locked>()
            || error.is::<crate::engine::Interlocked>()
            || error.is::<crate::engine::Stale>();
        if !said.contains(&line) && !mark {
            let _ = write!(text, "\n  caused by: {line}");
            said.push_str(&line);
        }
        cause = error.source();
    }
    if let Some(hint) = &error.hint {
        let _ = write!(text, "\n\n{} {hint}", "hint:".cyan().bold());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(error: &Error) -> String {
        anstream::adapter::strip_str(&text(error)).to_string()
    }

    #[test]
    fn codes_follow_from_kinds_and_causes() {
        for (error, expected) in [
            (Error::config("x"), USAGE),
            (Error::new(ErrorKind::Auth, "x"), UNAUTHORIZED),
            (Error::new(ErrorKind::Forbidden, "x"), UNAUTHORIZED),
            (Error::new(ErrorKind::Interrupted, "x"), INTERRUPTED),
            (
                Error::new(ErrorKind::RateLimited { retry_after: 1 }, "x"),
                FAILED,
            ),
            (Error::local("x").caused_by(crate::ledger::Locked), LOCKED),
            (Error::config("x").caused_by(crate::engine::Stale), STALE),
            (
                Error::config("x").caused_by(crate::engine::Interlocked),
                INTERLOCK,
            ),
            (
                Error::local("x").caused_by(io::Error::from(io::ErrorKind::BrokenPipe)),
                DONE,
            ),
        ] {
            assert_eq!(code(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn an_error_says_what_why_and_what_next() {
        let error = Error::local("the ledger could not be used: disk full")
            .caused_by(Error::local("write failed").caused_by(io::Error::other("disk full")))
            .hint("free some space");
        assert_eq!(
            plain(&error),
            "error: the ledger could not be used: disk full\n  caused by: write failed\n\nhint: free some space"
        );
    }
}
