//! A Zendesk API that costs next to nothing: what is measured is the reader.
//!
//! It has no limits and checks no credentials; the sandbox is for that. It
//! counts what it was asked for, so that a wrong reader does not look fast.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::desk::{AGENTS, Cut, Desk, OPENED, PAGE, Size, comment_date};
use crate::files;

struct Shared {
    desk: Desk,
    base: String,
    /// Calls and bytes by route.
    seen: Mutex<BTreeMap<String, (u64, u64)>>,
}

/// Serves until the process is ended. Prints the base URL as its first line.
pub fn run(size: Size) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            desk: Desk::new(size, &base),
            base: base.clone(),
            seen: Mutex::default(),
        });
        println!("{base}");
        let app = Router::new().fallback(answer).with_state(shared);
        axum::serve(listener, app).await?;
        Ok(())
    })
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().trim_end_matches(".json").to_owned();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    if path == "/__bench/seen" {
        let seen = shared.seen.lock().map(|seen| json!(*seen));
        return json_answer(seen.unwrap_or_default().to_string().into_bytes());
    }
    if let Some(n) = files::number_of(&path, shared.desk.size.files) {
        if let Ok(mut seen) = shared.seen.lock() {
            let entry = seen.entry("/attachments".to_owned()).or_default();
            entry.0 += 1;
            entry.1 += files::size(n);
        }
        return files::answer(n);
    }
    let (route, body) = route(&shared, &path, &query);
    if let Ok(mut seen) = shared.seen.lock() {
        let entry = seen.entry(route.to_owned()).or_default();
        entry.0 += 1;
        entry.1 += body.as_ref().map_or(0, Vec::len) as u64;
    }
    match body {
        Some(body) => json_answer(body),
        None => {
            let mut answer =
                json_answer(br#"{"error":"RecordNotFound","description":"Not found"}"#.to_vec());
            *answer.status_mut() = StatusCode::NOT_FOUND;
            answer
        }
    }
}

fn json_answer(body: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::from(body));
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json; charset=utf-8"),
    );
    answer
}

/// The route's name for the count, and the answer; `None` is a 404.
fn route<'a>(
    shared: &Shared,
    path: &'a str,
    query: &BTreeMap<String, String>,
) -> (&'a str, Option<Vec<u8>>) {
    let desk = &shared.desk;
    let int = |name: &str| query.get(name).and_then(|value| value.parse::<u64>().ok());
    let limit = int("per_page")
        .or(int("page[size]"))
        .unwrap_or(PAGE)
        .clamp(1, PAGE);
    let body = match path {
        "/oauth/tokens" => text(
            // It does not expire: two days pass in a moment at the speed of the client's clock.
            &json!({"access_token": "bench", "token_type": "bearer", "scope": "read"}),
        ),
        "/api/v2/users/me" => me(),
        "/api/v2/account/settings" => text(&json!({"settings": {
            "limits": {"attachment_size": 52_428_800},
            "brands": {"default_brand_id": 365_000_000_021_u64},
            "active_features": {"ticket_forms": true, "custom_statuses_enabled": false},
        }})),
        "/api/v2/tickets/count" => count(desk.size.tickets),
        "/api/v2/users/count" => count(desk.size.users()),
        "/api/v2/organizations/count" => count(desk.size.organizations()),
        "/api/v2/groups" => list(
            "groups",
            &json!([{"id": 365_000_000_001_u64, "name": "Support", "deleted": false, "default": true,
            "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-01-01T00:00:00Z"}]),
        ),
        "/api/v2/brands" => list(
            "brands",
            &json!([{"id": 365_000_000_021_u64, "name": "Lumen", "subdomain": "lumen", "active": true, "default": true,
            "brand_url": shared.base, "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-01-01T00:00:00Z"}]),
        ),
        "/api/v2/ticket_forms" => list(
            "ticket_forms",
            &json!([{"id": 365_000_000_011_u64, "name": "Default", "active": true, "default": true,
            "ticket_field_ids": (0..9).map(|n| 370_000_000_000_u64 + n).collect::<Vec<_>>(),
            "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-01-01T00:00:00Z"}]),
        ),
        "/api/v2/ticket_fields" => list("ticket_fields", &ticket_fields()),
        "/api/v2/user_fields" => list(
            "user_fields",
            &keyed_fields(&[
                ("loyalty", "text"),
                ("birthday", "date"),
                ("newsletter", "checkbox"),
                ("shoe_size", "integer"),
            ]),
        ),
        "/api/v2/organization_fields" => list(
            "organization_fields",
            &keyed_fields(&[("region", "text"), ("seats", "integer")]),
        ),
        // As far as it is asked for: no ticket of this desk came by messaging.
        "/api/v2/tickets/show_many" => {
            let ids = query.get("ids").map(String::as_str).unwrap_or_default();
            let rows = ids
                .split(',')
                .filter_map(|id| id.parse::<u64>().ok())
                .map(|id| json!({"id": id, "from_messaging_channel": false}));
            list("tickets", &rows.collect())
        }
        "/api/v2/incremental/tickets/cursor" => {
            let from = cursor(query);
            incremental(shared, path, "tickets", desk.tickets(from, limit))
        }
        "/api/v2/incremental/users/cursor" => {
            let from = cursor(query);
            let mut cut = desk.users(from, limit);
            if query
                .get("include")
                .is_some_and(|side| side.contains("identities"))
            {
                cut.rows.extend_from_slice(b"],\"identities\":[");
                cut.rows
                    .extend_from_slice(&desk.identities(from, limit).rows);
            }
            incremental(shared, path, "users", cut)
        }
        "/api/v2/incremental/ticket_events" => {
            let from = desk.event_at(int("start_time").unwrap_or_default());
            let cut = desk.events(from, limit);
            // The next page begins with the second that this one ends with: its last row comes again.
            let end = comment_date(cut.end.saturating_sub(1));
            timed(shared, path, "ticket_events", cut, end)
        }
        "/api/v2/incremental/organizations" => {
            let from = int("start_time").unwrap_or_default().saturating_sub(OPENED);
            let cut = desk.organizations(from, limit);
            let end = OPENED + cut.end.saturating_sub(1);
            timed(shared, path, "organizations", cut, end)
        }
        "/api/v2/organizations" => paged("organizations", desk.organizations(after(query), limit)),
        "/api/v2/users" if query.keys().any(|key| key.starts_with("role")) => paged(
            "users",
            desk.users(after(query), limit.min(AGENTS.saturating_sub(after(query)))),
        ),
        "/api/v2/users" => paged("users", desk.users(after(query), limit)),
        _ if path.starts_with("/api/v2/") && !path.ends_with("/comments") => {
            // Everything else the desk could have and does not: an empty list.
            let name = path.rsplit('/').next().unwrap_or_default();
            list(name, &json!([]))
        }
        _ => return (path, None),
    };
    (path, Some(body))
}

fn cursor(query: &BTreeMap<String, String>) -> u64 {
    query
        .get("cursor")
        .and_then(|cursor| cursor.strip_prefix("row-"))
        .and_then(|row| row.parse().ok())
        .unwrap_or_default()
}

fn after(query: &BTreeMap<String, String>) -> u64 {
    query
        .get("page[after]")
        .and_then(|row| row.parse().ok())
        .unwrap_or_default()
}

/// A list with its rows and what follows them, without reading the rows again.
fn with_rows(name: &str, rows: Vec<u8>, tail: &Value) -> Vec<u8> {
    let tail = tail.to_string();
    let mut out = Vec::with_capacity(rows.len() + tail.len() + name.len() + 8);
    out.extend_from_slice(format!("{{\"{name}\":[").as_bytes());
    out.extend_from_slice(&rows);
    out.extend_from_slice(b"],");
    out.extend_from_slice(&tail.as_bytes()[1..]);
    out
}

fn incremental(shared: &Shared, path: &str, name: &str, cut: Cut) -> Vec<u8> {
    let next = format!("row-{}", cut.end);
    let tail = json!({
        "after_cursor": next,
        "after_url": format!("{}{path}.json?cursor={next}", shared.base),
        "before_cursor": null, "before_url": null, "end_of_stream": cut.done,
    });
    with_rows(name, cut.rows, &tail)
}

fn timed(shared: &Shared, path: &str, name: &str, cut: Cut, end: u64) -> Vec<u8> {
    let tail = json!({
        "next_page": format!("{}{path}.json?start_time={end}", shared.base),
        "count": cut.count, "end_of_stream": cut.done, "end_time": end,
    });
    with_rows(name, cut.rows, &tail)
}

fn paged(name: &str, cut: Cut) -> Vec<u8> {
    let tail = json!({
        "meta": {"has_more": !cut.done && cut.count > 0, "after_cursor": cut.end.to_string(), "before_cursor": null},
        "links": {"next": null, "prev": null},
    });
    with_rows(name, cut.rows, &tail)
}

fn list(name: &str, rows: &Value) -> Vec<u8> {
    text(&json!({
        name: rows, "count": rows.as_array().map_or(0, Vec::len), "next_page": null, "previous_page": null,
        "meta": {"has_more": false, "after_cursor": null, "before_cursor": null}, "links": {"next": null, "prev": null},
        "end_of_stream": true, "after_cursor": null,
    }))
}

fn count(value: u64) -> Vec<u8> {
    text(&json!({"count": {"value": value, "refreshed_at": "2026-01-01T00:00:00Z"}}))
}

fn me() -> Vec<u8> {
    text(
        &json!({"user": {"id": 360_000_000_000_u64, "name": "Ada", "email": "ada@lumen.example.com", "role": "admin",
        "active": true, "verified": true, "suspended": false, "tags": [], "user_fields": {},
        "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-01-01T00:00:00Z"}}),
    )
}

fn ticket_fields() -> Value {
    let kinds = [
        "text",
        "textarea",
        "integer",
        "checkbox",
        "tagger",
        "multiselect",
        "date",
        "text",
        "text",
    ];
    let options = |prefix: &str, many: u64| -> Value {
        (0..many)
            .map(|n| json!({"id": 371_000_000_000_u64 + n, "name": format!("{prefix} {n}"), "value": format!("{prefix}_{n}")}))
            .collect()
    };
    kinds
        .iter()
        .zip(370_000_000_000_u64..)
        .map(|(kind, id)| {
            let mut field = json!({"id": id, "type": kind, "title": format!("Field {id}"), "raw_title": format!("Field {id}"),
                "active": true, "required": false, "removable": true, "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-01-01T00:00:00Z"});
            match *kind {
                "tagger" => field["custom_field_options"] = options("prod", 30),
                "multiselect" => field["custom_field_options"] = options("sym", 12),
                _ => {}
            }
            field
        })
        .collect()
}

/// Fields of users or organizations, which go by their keys.
fn keyed_fields(fields: &[(&str, &str)]) -> Value {
    fields
        .iter()
        .zip(372_000_000_000_u64..)
        .map(|((key, kind), id)| {
            json!({"id": id, "key": key, "type": kind, "title": key, "raw_title": key, "active": true, "system": false,
                "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-01-01T00:00:00Z"})
        })
        .collect()
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
