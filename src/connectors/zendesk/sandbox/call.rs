//! One request and its answer, as the platform words them.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// A JSON object.
pub(super) type Row = Map<String, Value>;

/// What a room says to a call.
pub(super) type Answer = Result<Reply, Refusal>;

/// A request that was let in.
pub(super) struct Call {
    pub(super) method: String,
    /// Segments after `/api/v2`, without `.json`.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) content_type: String,
    pub(super) idempotency_key: Option<String>,
    /// Parts of a multipart body.
    pub(super) parts: Vec<Part>,
    /// Who asks, and whether that is an admin.
    pub(super) user: u64,
    pub(super) admin: bool,
}

/// One part of a multipart body.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) bytes: Bytes,
}

impl Call {
    /// The path as patterns see it.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of `name[]`, and the parts of `name` between commas.
    pub(super) fn many(&self, name: &str) -> Vec<String> {
        let list = format!("{name}[]");
        let mut out = Vec::new();
        for (key, value) in &self.query {
            if *key == list {
                out.push(value.clone());
            } else if key == name {
                out.extend(value.split(',').map(|part| part.trim().to_owned()));
            }
        }
        out.retain(|value| !value.is_empty());
        out
    }

    pub(super) fn includes(&self, what: &str) -> bool {
        self.many("include").iter().any(|name| name == what)
    }

    /// `ids=1,2,3`, at most 100.
    pub(super) fn ids(&self) -> Result<Vec<u64>, Refusal> {
        let ids: Vec<u64> = self
            .many("ids")
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect();
        at_most_100(ids.len())?;
        Ok(ids)
    }

    /// The body as an object.
    pub(super) fn json(&self) -> Result<Row, Refusal> {
        if !self.content_type.starts_with("application/json") {
            return Err(Refusal::titled(
                400,
                "Invalid attribute",
                "You passed an invalid value for the body; Content-Type must be application/json",
            ));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(row)) => Ok(row),
            _ => Err(Refusal::json(
                422,
                json!({"error": "Unprocessable Entity", "message": "Server could not parse JSON"}),
            )),
        }
    }

    /// The object under `key` in the body.
    pub(super) fn object(&self, key: &str) -> Result<Row, Refusal> {
        match self.json()?.remove(key) {
            Some(Value::Object(row)) => Ok(row),
            _ => Err(Refusal::missing(key)),
        }
    }

    /// The objects under `key` in the body, at most 100.
    pub(super) fn objects(&self, key: &str) -> Result<Vec<Row>, Refusal> {
        let Some(Value::Array(rows)) = self.json()?.remove(key) else {
            return Err(Refusal::missing(key));
        };
        at_most_100(rows.len())?;
        rows.into_iter()
            .map(|row| match row {
                Value::Object(row) => Ok(row),
                _ => Err(Refusal::missing(key)),
            })
            .collect()
    }

    pub(super) fn admin_only(&self) -> Result<(), Refusal> {
        if self.admin {
            Ok(())
        } else {
            Err(Refusal::forbidden())
        }
    }

    /// The path with ids replaced, for the counters.
    pub(super) fn route(path: &str) -> String {
        let named: Vec<String> = path
            .trim_end_matches(".json")
            .split('/')
            .map(|part| {
                let id = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                let token = part.len() >= 24 && part.bytes().all(|b| b.is_ascii_alphanumeric());
                if id || token {
                    "{id}".to_owned()
                } else {
                    part.to_owned()
                }
            })
            .collect();
        named.join("/")
    }
}

fn at_most_100(count: usize) -> Result<(), Refusal> {
    if count > 100 {
        return Err(Refusal::json(
            400,
            json!({"error": "BatchSizeTooLarge", "description": "A batch can hold at most 100 items"}),
        ));
    }
    Ok(())
}

/// An answer that carries out what was asked.
#[derive(Debug)]
pub(super) enum Reply {
    Json(u16, Value),
    /// JSON with one more header.
    Marked(u16, Value, (&'static str, &'static str)),
    Empty,
    File {
        content_type: String,
        bytes: Bytes,
    },
    Redirect(String),
    /// Another status than 302.
    Moved(u16, String),
}

/// 200 with this body.
pub(super) fn ok(body: Value) -> Answer {
    Ok(Reply::Json(200, body))
}

/// 201 with this body.
pub(super) fn created(body: Value) -> Answer {
    Ok(Reply::Json(201, body))
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Reply::Json(status, body) => json_response(status, &body),
            Reply::Marked(status, body, mark) => {
                ([mark], json_response(status, &body)).into_response()
            }
            Reply::Empty => StatusCode::NO_CONTENT.into_response(),
            Reply::File {
                content_type,
                bytes,
            } => (
                [
                    (header::CONTENT_TYPE, content_type),
                    (header::ACCEPT_RANGES, "bytes".to_owned()),
                ],
                bytes,
            )
                .into_response(),
            Reply::Moved(status, to) => (
                StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND),
                [(header::LOCATION, to)],
            )
                .into_response(),
            Reply::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        }
    }
}

fn json_response(status: u16, body: &Value) -> Response {
    (
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        Body::from(body.to_string()),
    )
        .into_response()
}

/// An answer that refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    body: Value,
    /// The body as plain text instead of JSON.
    text: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// One thing that is wrong with a record: field, sentence, code.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) field: String,
    pub(super) text: String,
    pub(super) code: Option<&'static str>,
}

/// A [`Problem`] whose sentence starts with the field's title.
pub(super) fn problem(field: &str, text: &str) -> Problem {
    let mut title = field.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let code = match text {
        "cannot be blank" => Some("BlankValue"),
        "is invalid" | "is not valid" => Some("InvalidValue"),
        _ => None,
    };
    Problem {
        field: field.to_owned(),
        text: format!("{title}: {text}"),
        code,
    }
}

/// All sentences, as jobs tell them.
pub(super) fn sentences(problems: &[Problem]) -> String {
    let texts: Vec<&str> = problems
        .iter()
        .map(|problem| problem.text.as_str())
        .collect();
    texts.join(" ")
}

impl Refusal {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Refusal {
            status,
            body,
            text: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn text(status: u16, text: impl Into<String>) -> Self {
        Refusal {
            status,
            body: Value::Null,
            text: Some(text.into()),
            headers: Vec::new(),
        }
    }

    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn titled(status: u16, title: &str, message: &str) -> Self {
        Self::json(
            status,
            json!({"error": {"title": title, "message": message}}),
        )
    }

    pub(super) fn not_found() -> Self {
        Self::json(
            404,
            json!({"error": "RecordNotFound", "description": "Not found"}),
        )
    }

    pub(super) fn forbidden() -> Self {
        Self::json(
            403,
            json!({"error": "Forbidden", "description":
                "You do not have access to this page. Please contact the account owner of this help desk for further help."}),
        )
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::json(
            400,
            json!({"error": "ParameterMissing", "description": format!("Parameter {parameter} is required")}),
        )
    }

    pub(super) fn bad_parameter(code: &str, title: &str) -> Self {
        Self::json(400, json!({"errors": [{"code": code, "title": title}]}))
    }

    pub(super) fn invalid(problems: &[Problem]) -> Self {
        let mut details = Row::new();
        for problem in problems {
            let mut entry = Row::new();
            entry.insert("description".to_owned(), json!(problem.text));
            if let Some(code) = problem.code {
                entry.insert("error".to_owned(), json!(code));
            }
            if let Value::Array(list) = details
                .entry(problem.field.clone())
                .or_insert_with(|| json!([]))
            {
                list.push(Value::Object(entry));
            }
        }
        Self::json(
            422,
            json!({"error": "RecordInvalid", "description": "Record validation errors", "details": details}),
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = match self.text {
            Some(text) => (
                StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
                text,
            )
                .into_response(),
            None => json_response(self.status, &self.body),
        };
        for (name, value) in self.headers {
            if let Ok(value) = header::HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A text of a row; `None` when absent, null or empty.
pub(super) fn text<'a>(row: &'a Row, key: &str) -> Option<&'a str> {
    row.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.trim().is_empty())
}

/// An id of a row, as number or digits.
pub(super) fn id(row: &Row, key: &str) -> Option<u64> {
    match row.get(key) {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn flag(row: &Row, key: &str) -> Option<bool> {
    row.get(key).and_then(Value::as_bool)
}

/// Ids of a list in a row.
pub(super) fn id_list(row: &Row, key: &str) -> Vec<u64> {
    match row.get(key) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_u64).collect(),
        _ => Vec::new(),
    }
}

/// The object in a `json!` literal.
pub(super) fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

/// Takes over the given keys where the input has them.
pub(super) fn take(row: &mut Row, input: &Row, keys: &[&str]) {
    for key in keys {
        if let Some(value) = input.get(*key) {
            row.insert((*key).to_owned(), value.clone());
        }
    }
}
