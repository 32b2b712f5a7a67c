//! Talks to one Zendesk account: address, credentials, errors, limits from headers.

use serde::Deserialize;
use serde_json::Value;

use super::config::Config;
use super::limits;
use crate::connector::{Error, ErrorKind, Result};
use crate::http::{Answer, Client, Dialect, Observation, Settings};

/// What Zendesk's answers mean.
pub const DIALECT: Dialect = Dialect {
    error,
    observe,
    retry,
};

/// A client for the account.
pub fn open(config: &Config, scope: &str, settings: &Settings) -> Result<Client> {
    Client::new(
        &config.base(),
        config.auth(scope)?,
        &limits::LIMITS,
        DIALECT,
        settings,
    )
}

/// The field of a refusal because of a file's size.
pub const TOO_LARGE: &str = "attachment";

/// The shapes of Zendesk's error bodies, all of which are in use.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    description: Option<Value>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    details: Option<Value>,
    #[serde(default)]
    errors: Option<Value>,
}

/// Turns an error answer into an [`Error`]. Bodies may be JSON of four shapes, text or HTML.
pub fn error(answer: &Answer) -> Error {
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    let (field, mut text) = match &body {
        Some(body) => read_body(body),
        None => (None, answer.excerpt()),
    };
    if text.is_empty() {
        text = answer.excerpt();
    }
    let duplicate = text.contains("already been taken")
        || text.contains("already being used")
        || String::from_utf8_lossy(&answer.body).contains("DuplicateValue");
    let (kind, hint) = match answer.status {
        403 => (
            ErrorKind::Forbidden,
            Some(
                "the credentials must belong to an admin, and the OAuth scope must be wide enough (`read write`)",
            ),
        ),
        404 | 410 => (ErrorKind::NotFound, None),
        409 => (ErrorKind::Transient, Some("run the same command again")),
        413 => (
            ErrorKind::Rejected {
                field: Some(TOO_LARGE.to_owned()),
            },
            Some("the file is larger than the account allows"),
        ),
        400..=499 if duplicate => (ErrorKind::Conflict { existing: None }, None),
        400..=499 => (ErrorKind::Rejected { field }, None),
        _ => (ErrorKind::Transient, Some("run the same command again")),
    };
    let error = Error::new(
        kind,
        format!(
            "Zendesk answered {} to {}: {text}",
            answer.status, answer.path
        ),
    );
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The field that is wrong, and what is wrong with it.
fn read_body(body: &Body) -> (Option<String>, String) {
    if let Some(Value::Object(details)) = &body.details {
        let mut parts = Vec::new();
        for (field, problems) in details {
            for problem in problems.as_array().into_iter().flatten() {
                let text = problem
                    .get("description")
                    .or_else(|| problem.get("error"))
                    .and_then(Value::as_str)
                    .or_else(|| problem.as_str());
                parts.push(match text {
                    Some(text) => text.to_owned(),
                    None => format!("{field}: {problem}"),
                });
            }
        }
        if !parts.is_empty() {
            return (details.keys().next().cloned(), parts.join("; "));
        }
    }
    if let Some(Value::Array(errors)) = &body.errors {
        let mut parts = Vec::new();
        for problem in errors {
            let texts: Vec<&str> = ["title", "detail"]
                .iter()
                .filter_map(|key| problem.get(key).and_then(Value::as_str))
                .collect();
            if texts.is_empty() {
                parts.push(problem.to_string());
            } else {
                parts.push(texts.join(": "));
            }
        }
        return (None, parts.join("; "));
    }
    let mut parts = Vec::new();
    match &body.error {
        Some(Value::String(text)) => parts.push(text.clone()),
        Some(Value::Object(error)) => {
            for key in ["title", "message"] {
                if let Some(text) = error.get(key).and_then(Value::as_str) {
                    parts.push(text.to_owned());
                }
            }
        }
        _ => {}
    }
    match &body.description {
        Some(Value::String(text)) => parts.push(text.clone()),
        Some(other) if !other.is_null() => parts.push(other.to_string()),
        _ => {}
    }
    parts.extend(body.message.clone());
    (None, parts.join(": "))
}

/// Reads the limits that an answer tells of.
fn observe(answer: &Answer, budget: &'static str) -> Vec<Observation> {
    let mut seen = Vec::new();
    let number = |name: &str| {
        answer
            .header(name)
            .and_then(|text| text.trim().parse().ok())
    };
    let plan = number("x-rate-limit").or_else(|| number("ratelimit-limit"));
    let left = number("x-rate-limit-remaining").or_else(|| number("ratelimit-remaining"));
    if plan.is_some() || left.is_some() {
        let shared = if budget == limits::HELP_CENTER {
            limits::HELP_CENTER
        } else {
            limits::DEFAULT
        };
        seen.push(Observation {
            budget: shared,
            per_minute: plan,
            remaining: left,
            resets_in: answer
                .header("ratelimit-reset")
                .and_then(|text| text.trim().parse().ok()),
        });
    }
    if budget == limits::DEFAULT || budget == limits::HELP_CENTER {
        return seen;
    }
    for (name, value) in &answer.headers {
        if !name.as_str().starts_with("zendesk-ratelimit-") {
            continue;
        }
        let Ok(text) = value.to_str() else { continue };
        let part = |key: &str| {
            text.split(';').find_map(|part| {
                let (name, value) = part.split_once('=')?;
                (name.trim() == key).then(|| value.trim().parse::<u64>().ok())?
            })
        };
        seen.push(Observation {
            budget,
            // A limit that is not told by the minute is told by another window
            // (10 minutes for deletions), which `remaining` and `resets` express.
            per_minute: None,
            remaining: part("remaining").and_then(|left| u32::try_from(left).ok()),
            resets_in: part("resets"),
        });
    }
    seen
}

/// At most 30 jobs may wait or run; neither status nor body of the refusal is documented.
fn retry(answer: &Answer) -> Option<&'static str> {
    const NEEDLE: &[u8] = b"TooManyJobs";
    (answer.status >= 400 && answer.body.windows(NEEDLE.len()).any(|part| part == NEEDLE))
        .then_some("30 background jobs are queued or running")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: Default::default(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            path: "/api/v2/x".into(),
        }
    }

    #[test]
    fn a_validation_error_names_its_field() {
        let error = error(&answer(
            422,
            r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"requester":[{"description":"Requester: is not valid"}]}}"#,
        ));
        assert_eq!(
            error.kind,
            ErrorKind::Rejected {
                field: Some("requester".into())
            }
        );
        assert!(error.message.contains("Requester: is not valid"));
    }

    #[test]
    fn a_taken_name_is_a_conflict() {
        let error = error(&answer(
            422,
            r#"{"error":"RecordInvalid","details":{"name":[{"description":"Name: Acme has already been taken","error":"DuplicateValue"}]}}"#,
        ));
        assert_eq!(error.kind, ErrorKind::Conflict { existing: None });
    }

    #[test]
    fn the_other_shapes_are_read_too() {
        let one = error(&answer(
            400,
            r#"{"error":{"title":"Invalid attribute","message":"You passed an invalid value"}}"#,
        ));
        assert!(one.message.contains("Invalid attribute: You passed"));
        let two = error(&answer(
            400,
            r#"{"errors":[{"code":"BadRequest","status":"400","title":"Invalid property","detail":"size"}]}"#,
        ));
        assert!(two.message.contains("Invalid property: size"));
    }

    #[test]
    fn too_many_jobs_is_retried_whatever_its_status() {
        assert!(retry(&answer(400, r#"{"error":"TooManyJobs"}"#)).is_some());
        assert!(retry(&answer(422, "TooManyJobs: try later")).is_some());
        assert!(retry(&answer(422, r#"{"error":"RecordInvalid"}"#)).is_none());
        assert!(retry(&answer(200, r#"{"message":"TooManyJobs"}"#)).is_none());
    }

    #[test]
    fn limits_come_from_both_sorts_of_headers() {
        let mut told = answer(200, "{}");
        told.headers.insert("x-rate-limit", "700".parse().unwrap());
        told.headers
            .insert("x-rate-limit-remaining", "699".parse().unwrap());
        told.headers.insert(
            "zendesk-ratelimit-incremental-exports",
            "total=10; remaining=3; resets=41".parse().unwrap(),
        );
        let seen = observe(&told, limits::INCREMENTAL);
        assert_eq!(seen[0].budget, limits::DEFAULT);
        assert_eq!(seen[0].per_minute, Some(700));
        assert_eq!(seen[1].remaining, Some(3));
        assert_eq!(seen[1].resets_in, Some(41));
    }
}
