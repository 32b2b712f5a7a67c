//! Reading HTTP: paths, queries, JSON and form bodies.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request as HttpRequest};
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::{Reply, Request, Row, Upload};

/// Largest body that is read.
const LARGEST: usize = 256 * 1024 * 1024;

/// Everything but the body.
pub(super) fn head(http: HttpRequest, base: &str, cdn: &str) -> (Request, Body) {
    let (parts, body) = http.into_parts();
    let raw_path = parts.uri.path().to_owned();
    let decoded = |part: &str| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8_lossy()
            .into_owned()
    };
    let path = raw_path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(decoded)
        .collect();
    let query = parts.uri.query().unwrap_or_default();
    let rq = Request {
        method: parts.method.as_str().to_owned(),
        path,
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body: Row::new(),
        form: false,
        files: Vec::new(),
        base: base.to_owned(),
        cdn: cdn.to_owned(),
        raw_path,
        now: Timestamp::UNIX_EPOCH,
    };
    (rq, body)
}

/// Cuts `/api/v2` or `/api/channel/v2` off. Gives the route's name for the
/// counters and whether it is the API at all.
pub(super) fn api(rq: &mut Request) -> (&'static str, bool) {
    let mut parts = std::mem::take(&mut rq.path);
    let channel = parts.get(1).map(String::as_str) == Some("channel");
    let skip = if channel { 3 } else { 2 };
    if parts.get(skip - 1).map(String::as_str) != Some("v2") {
        return ("unknown route", false);
    }
    rq.path = parts.split_off(skip);
    let at = |index: usize| rq.path.get(index).map(String::as_str);
    let label = match (channel, at(0), at(1), at(2)) {
        (true, _, None, _) => "channel/tickets",
        (true, ..) => "channel/tickets/{id}/notes",
        (_, Some("tickets"), None, _) => "tickets",
        (_, Some("tickets"), Some("archived"), _) => "tickets/archived/{id}",
        (_, Some("tickets"), Some(_), None) => "tickets/{id}",
        (_, Some("tickets"), _, Some("conversations")) => "tickets/{id}/conversations",
        (_, Some("tickets"), _, Some("notes")) => "tickets/{id}/notes",
        (_, Some("tickets"), _, Some("reply")) => "tickets/{id}/reply",
        (_, Some("tickets"), ..) => "tickets/{id}/…",
        (_, Some("conversations"), ..) => "conversations/{id}",
        (_, Some("contacts"), None, _) => "contacts",
        (_, Some("contacts"), ..) => "contacts/{id}",
        (_, Some("companies"), None, _) => "companies",
        (_, Some("companies"), ..) => "companies/{id}",
        (_, Some("agents"), ..) => "agents",
        (_, Some("groups"), ..) => "groups",
        (_, Some("search"), ..) => "search",
        (_, Some("solutions"), ..) => "solutions",
        (_, Some("surveys"), ..) => "surveys",
        (_, Some("time_entries"), ..) => "time_entries",
        (_, Some("admin" | "ticket_fields" | "contact_fields" | "company_fields"), ..) => "fields",
        (_, Some("jobs"), ..) => "jobs/{id}",
        _ => "other",
    };
    (label, true)
}

/// Reads the body into fields and files.
pub(super) async fn body(rq: &mut Request, headers: &HeaderMap, body: Body) -> Result<(), Reply> {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("*/*");
    if !accept.contains("application/json") && !accept.contains("*/*") {
        return Err(Reply::empty(406));
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    if kind.starts_with("multipart/form-data") {
        return form(rq, headers, body).await;
    }
    let bytes = axum::body::to_bytes(body, LARGEST)
        .await
        .map_err(|_| Reply::empty(400))?;
    if bytes.is_empty() {
        return Ok(());
    }
    if rq.method == "GET" || rq.method == "DELETE" {
        return Err(Reply::json(
            400,
            json!({"code": "no_content_required", "message": "Your request does not require a body"}),
        ));
    }
    if !kind.starts_with("application/json") {
        return Err(Reply::json(
            415,
            json!({"code": "invalid_content_type", "message": format!("Content-Type header is set to {kind}. It should be set to application/json")}),
        ));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(row)) => {
            rq.body = row;
            Ok(())
        }
        _ => Err(Reply::json(
            400,
            json!({"code": "invalid_json", "message": "Request body has invalid json format"}),
        )),
    }
}

async fn form(rq: &mut Request, headers: &HeaderMap, body: Body) -> Result<(), Reply> {
    let bad = || {
        Reply::json(
            400,
            json!({"code": "invalid_multipart", "message": "Request body has invalid multipart format"}),
        )
    };
    let mut http = HttpRequest::new(body);
    *http.headers_mut() = headers.clone();
    // The frame's own setting does not reach this new request.
    DefaultBodyLimit::disable().apply(&mut http);
    let mut parts = Multipart::from_request(http, &())
        .await
        .map_err(|_| bad())?;
    rq.form = true;
    while let Some(part) = parts.next_field().await.map_err(|_| bad())? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let kind = part.content_type().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|_| bad())?;
        let keys: Vec<&str> = name
            .split('[')
            .map(|key| key.trim_end_matches(']'))
            .collect();
        if let Some(file) = file {
            rq.files.push(Upload {
                field: keys[0].to_owned(),
                name: file,
                content_type: kind.unwrap_or_else(|| "application/octet-stream".to_owned()),
                bytes,
            });
            continue;
        }
        let value = Value::String(String::from_utf8_lossy(&bytes).into_owned());
        place(&mut rq.body, &keys, value);
    }
    Ok(())
}

/// Puts `a[b][]=v` where it belongs.
fn place(row: &mut Row, keys: &[&str], value: Value) {
    let Some((first, rest)) = keys.split_first() else {
        return;
    };
    match rest {
        [] => {
            row.insert((*first).to_owned(), value);
        }
        [""] => {
            let list = row.entry(*first).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(value);
            }
        }
        rest => {
            let inner = row.entry(*first).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                place(inner, rest, value);
            }
        }
    }
}
