//! What goes in and out of the simulated desk: requests, answers, refusals, pages.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A JSON object: how the sandbox keeps every record.
pub(super) type Row = Map<String, Value>;

/// An answer, or the refusal that ends a handler early.
pub(super) type Answer = Result<Reply, Reply>;

/// A file of a multipart body.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    /// Field it came in, without brackets: `attachments`.
    pub field: String,
    /// File name.
    pub name: String,
    /// MIME type.
    pub content_type: String,
    /// Content.
    pub bytes: Bytes,
}

/// One request, with its body read.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path without `/api/v2`, cut at its slashes and decoded.
    pub path: Vec<String>,
    /// Query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Fields of the body.
    pub body: Row,
    /// The body was a form, whose values are all text.
    pub form: bool,
    /// Files of the body.
    pub files: Vec<Upload>,
    /// Scheme, host and port that the client used.
    pub base: String,
    /// The same server under another name: the origin that files come from.
    pub cdn: String,
    /// Path as sent, for `link` headers.
    pub raw_path: String,
    /// The desk's time.
    pub now: Timestamp,
}

impl Request {
    /// A query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The desk's time as the API writes it.
    pub fn stamp(&self) -> String {
        stamp(self.now)
    }

    /// Refuses query parameters that the endpoint does not know.
    pub fn only_params(&self, known: &[&str]) -> Result<(), Reply> {
        let mut errors = Errors::default();
        for (key, _) in &self.query {
            if !known.contains(&key.as_str()) && key != "page" && key != "per_page" {
                errors.add(key, "Unexpected/invalid field in request", "invalid_field");
            }
        }
        errors.finish()
    }

    /// `include=a,b` as a list, refusing what the endpoint does not offer.
    pub fn include(&self, known: &[&str]) -> Result<Vec<&str>, Reply> {
        let Some(text) = self.param("include") else {
            return Ok(Vec::new());
        };
        let wanted: Vec<&str> = text.split(',').map(str::trim).collect();
        if wanted.iter().all(|name| known.contains(name)) {
            return Ok(wanted);
        }
        Err(refuse(
            "include",
            &format!("It should be one of these values: '{}'", known.join(",")),
            "invalid_value",
        ))
    }

    /// `page` and `per_page`, with the platform's bounds.
    pub fn paging(&self) -> Result<Paging, Reply> {
        let mut errors = Errors::default();
        let mut number = |name: &str, default: usize, most: usize| match self.param(name) {
            None => default,
            Some(text) => match text.parse::<usize>() {
                Ok(value) if value >= 1 && value <= most => value,
                _ => {
                    let limit = if most == usize::MAX {
                        "It should be a Positive Integer".to_owned()
                    } else {
                        format!("It should be a Positive Integer less than or equal to {most}")
                    };
                    errors.add(name, &limit, "invalid_value");
                    default
                }
            },
        };
        let paging = Paging {
            page: number("page", 1, usize::MAX),
            per_page: number("per_page", 30, 100),
        };
        errors.finish()?;
        Ok(paging)
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    /// From 1.
    pub page: usize,
    /// Up to 100.
    pub per_page: usize,
}

impl Paging {
    /// Cuts the page out of a list and writes the `link` header if more follows.
    pub fn page_of<T>(
        self,
        rq: &Request,
        items: impl Iterator<Item = T>,
        show: impl FnMut(T) -> Value,
    ) -> Reply {
        let mut rest = items.skip((self.page - 1).saturating_mul(self.per_page));
        let rows: Vec<Value> = rest.by_ref().take(self.per_page).map(show).collect();
        let more = rest.next().is_some();
        let mut reply = Reply::json(200, Value::Array(rows));
        if more {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in &rq.query {
                if key != "page" && key != "per_page" {
                    query.append_pair(key, value);
                }
            }
            query.append_pair("per_page", &self.per_page.to_string());
            query.append_pair("page", &(self.page + 1).to_string());
            let link = format!(
                "<{}{}?{}>; rel=\"next\"",
                rq.base,
                rq.raw_path,
                query.finish()
            );
            reply.headers.push(("link", link));
        }
        reply
    }
}

/// An answer before it is written out.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Option<Value>,
    /// Bytes instead of JSON, with their type.
    pub raw: Option<Box<(String, Bytes)>>,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: Value) -> Reply {
        Reply {
            status,
            body: Some(body),
            raw: None,
            headers: Vec::new(),
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Reply {
        Reply {
            status,
            body: None,
            raw: None,
            headers: Vec::new(),
        }
    }

    /// Bytes.
    pub fn bytes(content_type: &str, bytes: Bytes) -> Reply {
        Reply {
            raw: Some(Box::new((content_type.to_owned(), bytes))),
            ..Reply::empty(200)
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

/// Not there: Freshdesk answers with an empty body.
pub(super) fn not_found() -> Reply {
    Reply::empty(404)
}

/// The wrong verb, or a record in a state that forbids the change.
pub(super) fn not_allowed(method: &str, allowed: &str) -> Reply {
    Reply::json(
        405,
        json!({"message": format!("{method} method is not allowed. It should be one of these method(s): {allowed}")}),
    )
    .header("allow", allowed)
}

/// The key's agent may not do this.
pub(super) fn access_denied() -> Reply {
    Reply::json(
        403,
        json!({"code": "access_denied", "message": "You are not authorized to perform this action."}),
    )
}

/// The plan or account lacks the feature.
pub(super) fn require_feature(feature: &str) -> Reply {
    Reply::json(
        403,
        json!({"code": "require_feature", "message": format!("The {feature} feature(s) is/are not supported in your plan. Please upgrade your account to use it.")}),
    )
}

/// One validation error.
pub(super) fn refuse(field: &str, message: &str, code: &str) -> Reply {
    let mut errors = Errors::default();
    errors.add(field, message, code);
    errors.reply()
}

/// A unique value that another record has already; `user` where it is a person.
pub(super) fn duplicate(field: &str, user: Option<u64>) -> Reply {
    let mut error = json!({"field": field, "message": "It should be a unique value", "code": "duplicate_value"});
    if let Some(user) = user {
        error["additional_info"] = json!({"user_id": user});
    }
    Reply::json(
        409,
        json!({"description": "Validation failed", "errors": [error]}),
    )
}

/// Collects validation errors, as the platform reports all at once.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<Value>);

impl Errors {
    /// Adds one.
    pub fn add(&mut self, field: &str, message: &str, code: &str) {
        self.0
            .push(json!({"field": field, "message": message, "code": code}));
    }

    /// Ends the handler if there were any.
    pub fn finish(self) -> Result<(), Reply> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.reply())
        }
    }

    fn reply(self) -> Reply {
        Reply::json(
            400,
            json!({"description": "Validation failed", "errors": self.0}),
        )
    }
}

/// A date as the API writes it: UTC, whole seconds.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Any ISO date as the API writes it; a bare day counts from midnight.
pub(super) fn read_date(text: &str) -> Option<String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(stamp(at));
    }
    text.parse::<jiff::civil::Date>()
        .ok()
        .map(|day| format!("{day}T00:00:00Z"))
}

/// An id of a row.
pub(super) fn int(row: &Row, name: &str) -> Option<u64> {
    row.get(name).and_then(Value::as_u64)
}

/// A text of a row, empty if there is none.
pub(super) fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A switch of a row.
pub(super) fn flag(row: &Row, name: &str) -> bool {
    row.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Text items of a list in a row.
pub(super) fn texts<'a>(row: &'a Row, name: &str) -> Vec<&'a str> {
    row.get(name)
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// An object from `json!({…})`.
pub(super) fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}
