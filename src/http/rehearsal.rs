//! Requests that would be sent: what a preview shows.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::Call;
use super::body::{FormPart, Payload};
use crate::connector::{Error, ErrorKind, Result};

/// Largest body that is shown as it is, in bytes.
const SHOWN: usize = 64 << 10;

/// A request that was not sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rehearsed {
    /// `POST`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// JSON as it would go out; a form as an object of its fields, files by name.
    pub body: Value,
}

/// Keeps requests that would change the desk, while it is on.
#[derive(Default)]
pub(super) struct Rehearsal(Mutex<Option<Vec<Rehearsed>>>);

impl Rehearsal {
    pub(super) fn begin(&self) {
        *self.lock() = Some(Vec::new());
    }

    pub(super) fn end(&self) -> Vec<Rehearsed> {
        self.lock().take().unwrap_or_default()
    }

    /// Refuses a call that would change something, and keeps it. What only
    /// reads passes, and so does everything while no rehearsal is on.
    pub(super) fn admit(&self, call: &Call) -> Result<()> {
        let mut kept = self.lock();
        let Some(kept) = kept.as_mut() else {
            return Ok(());
        };
        // Tokens are not charged to the account, and are no change of it.
        if call.reads || !call.paced {
            return Ok(());
        }
        let path = match &call.url {
            Ok(url) => match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            },
            Err(_) => call.shown(),
        };
        kept.push(Rehearsed {
            method: call.method.name(),
            path,
            body: shown(&call.payload),
        });
        Err(Error::new(
            ErrorKind::Rejected { field: None },
            "this is a rehearsal: nothing is sent",
        ))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Rehearsed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(payload: &Payload) -> Value {
    match payload {
        Payload::None => Value::Null,
        Payload::Bytes { bytes, .. } if bytes.len() <= SHOWN => serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned())),
        Payload::Bytes { bytes, .. } => Value::String(format!("({} bytes)", bytes.len())),
        Payload::File { mime, .. } => Value::String(format!("(a file, {mime})")),
        Payload::Form(parts) => Value::Object(
            parts
                .iter()
                .enumerate()
                .map(|(index, part)| match part {
                    FormPart::Text { name, value } => {
                        (format!("{index} {name}"), Value::String(value.clone()))
                    }
                    FormPart::File {
                        name, file_name, ..
                    } => (
                        format!("{index} {name}"),
                        Value::String(format!("(the file {file_name})")),
                    ),
                })
                .collect(),
        ),
    }
}
