//! A simulated Freshdesk account, written from the vendor's documentation.
//!
//! The key is `sandbox-key`. Switches (`Config::features`, or `features` in the
//! seed's `desk.json`):
//! - `channel_api`: `/api/channel/v2/…` answers and keeps dates;
//! - `account_admin`: the key may order an account export;
//! - `limited_agent`: the key's agent is no administrator;
//! - `pages=3`: ceiling of ticket lists instead of 300 pages;
//! - `links=5`: seconds that an attachment's address is good, instead of 300;
//! - `attachments_mb=15`: what a ticket may carry, instead of 20;
//! - `seats=4`: agents the account may have; without it every seat is taken;
//! - `no_notifications`: e-mail notifications are off, as after a migration's preparation;
//! - `note_mails`: a public note mails the requester;
//! - `no_players`: articles lose players of videos like all other frames;
//! - `youtube_only`: they lose all but those of one host;
//! - `no_time_entries`: the plan has no time tracking.
//!
//! `desk.json` also takes `domain`, `plan`, `languages` (the primary one first),
//! `notifications` (`{"new_ticket_requester": false, …}`) and `now`, the moment at which
//! the sandbox's time begins.

mod bulk;
mod check;
mod contacts;
mod conversations;
mod defaults;
mod desk;
mod extras;
mod fields;
mod files;
mod html;
mod org;
mod read;
mod search;
mod seed;
mod solutions;
#[cfg(test)]
mod tests;
mod ticket_write;
mod tickets;
mod translations;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

use self::desk::Desk;
use self::wire::{Answer, Reply, Request, access_denied, not_allowed, not_found};
use crate::connector::Result;
use crate::sandbox::{self, Config, Frame, Route, Running};

/// What the key is.
const KEY: &str = "sandbox-key";

/// Calls a minute of a plan: all, ticket creation, ticket change, ticket list, contact list.
const PLANS: &[(&str, [u32; 5])] = &[
    ("trial", [50, 50, 50, 20, 20]),
    ("growth", [200, 80, 80, 20, 20]),
    ("pro", [400, 160, 160, 100, 100]),
    ("enterprise", [700, 280, 280, 200, 200]),
];

/// Starts the simulated account.
pub fn start(config: Config) -> BoxFuture<'static, Result<Running>> {
    async move {
        let (frame, socket) = sandbox::open(&config).await?;
        let mut desk = Desk::empty(Arc::clone(&frame));
        if let Some(folder) = &config.seed {
            desk.load(folder)?;
        }
        if let Some(plan) = &config.plan {
            desk.plan.clone_from(plan);
        }
        for feature in &config.features {
            desk.switch(feature);
        }
        if !PLANS.iter().any(|(name, _)| *name == desk.plan) {
            let names: Vec<&str> = PLANS.iter().map(|(name, _)| *name).collect();
            return Err(crate::connector::Error::config(format!(
                "the Freshdesk sandbox has no plan `{}`",
                desk.plan
            ))
            .hint(format!("plans: {}", names.join(", "))));
        }
        desk.complete();
        let app = App {
            frame: Arc::clone(&frame),
            desk: Arc::new(Mutex::new(desk)),
        };
        let router = axum::Router::new().fallback(answer).with_state(app);
        Ok(sandbox::serve(socket, frame, router, |seconds| {
            too_many(seconds).into_response()
        }))
    }
    .boxed()
}

#[derive(Clone)]
struct App {
    frame: Arc<Frame>,
    desk: Arc<Mutex<Desk>>,
}

impl App {
    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_many(seconds: u64) -> Reply {
    Reply::json(
        429,
        json!({"message": "You have exceeded the limit of requests per minute"}),
    )
    .header("retry-after", seconds.to_string())
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match (self.raw, self.body) {
            (Some(raw), _) => (status, [(header::CONTENT_TYPE, raw.0)], raw.1).into_response(),
            (None, Some(body)) => (
                status,
                [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
                body.to_string(),
            )
                .into_response(),
            (None, None) => status.into_response(),
        };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Every request: the files' origin, then who asks, how often, and what for.
async fn answer(State(app): State<App>, http: HttpRequest) -> Response {
    let headers = http.headers().clone();
    let (mut rq, body) = read::head(http, &app.frame.base(), &app.frame.elsewhere());
    rq.now = app.desk().now();
    let (label, api) = match rq.path.first().map(String::as_str) {
        Some("inline" | "data") => {
            let reply = app
                .desk()
                .serve_file(&rq, headers.contains_key(header::AUTHORIZATION));
            return labelled(reply, "attachment");
        }
        Some("api") => read::api(&mut rq),
        _ => ("unknown route", false),
    };
    if !api {
        return labelled(not_found(), label);
    }
    if !authorized(&headers) {
        let reply = Reply::json(
            401,
            json!({"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}),
        );
        return labelled(reply, label);
    }
    let charged = charge(&app, &rq);
    let mut reply = match charged {
        Err(seconds) => too_many(seconds),
        Ok(_) => match read::body(&mut rq, &headers, body).await {
            Err(reply) => reply,
            Ok(()) => {
                let mut desk = app.desk();
                route(&mut desk, &rq, label).unwrap_or_else(|refusal| refusal)
            }
        },
    };
    let (total, remaining, used) = match charged {
        Ok(budget) => budget,
        Err(_) => {
            let plan = plan(&app);
            let left = app.frame.limits.take("account", plan[0], 0);
            (plan[0], left.remaining, 0)
        }
    };
    reply = reply
        .header("x-ratelimit-total", total.to_string())
        .header("x-ratelimit-remaining", remaining.to_string())
        .header("x-ratelimit-used-currentrequest", used.to_string())
        .header("x-freshdesk-api-version", "latest=v2; requested=v2");
    labelled(reply, label)
}

fn labelled(reply: Reply, label: &'static str) -> Response {
    let mut response = reply.into_response();
    response.extensions_mut().insert(Route(label.into()));
    response
}

/// `Basic {key}:X`; what stands behind the colon does not matter.
fn authorized(headers: &HeaderMap) -> bool {
    use base64::Engine as _;
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| base64::engine::general_purpose::STANDARD.decode(value).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .is_some_and(|pair| pair.split_once(':').is_some_and(|(key, _)| key == KEY))
}

fn plan(app: &App) -> [u32; 5] {
    let desk = app.desk();
    PLANS
        .iter()
        .find(|(name, _)| *name == desk.plan)
        .map_or(PLANS[1].1, |(_, limits)| *limits)
}

/// Charges the account and the endpoint's own limit, which no header tells about.
/// Gives (total, remaining, used), or the seconds to wait.
fn charge(app: &App, rq: &Request) -> std::result::Result<(u32, u32, u32), u64> {
    let limits = plan(app);
    let parts: Vec<&str> = rq.path.iter().map(String::as_str).collect();
    let apart = match (rq.method.as_str(), parts.as_slice()) {
        ("POST", ["tickets"] | ["tickets", "outbound_email"]) => Some(("ticket create", limits[1])),
        ("PUT", ["tickets", _]) => Some(("ticket update", limits[2])),
        ("GET", ["tickets"]) => Some(("ticket list", limits[3])),
        ("GET", ["contacts"]) => Some(("contact list", limits[4])),
        _ => None,
    };
    let includes = rq.param("include").map_or(0, |list| {
        u32::try_from(list.split(',').count()).unwrap_or(0)
    });
    let cost = match parts.as_slice() {
        ["tickets"] => 1 + 2 * includes,
        ["tickets", _] => 1 + includes,
        _ => 1,
    };
    if let Some((name, limit)) = apart {
        let budget = app.frame.limits.take(name, limit, 1);
        if !budget.granted {
            return Err(budget.reset);
        }
    }
    let budget = app.frame.limits.take("account", limits[0], cost);
    if budget.granted {
        Ok((budget.limit, budget.remaining, cost))
    } else {
        Err(budget.reset)
    }
}

/// Finds who answers.
fn route(desk: &mut Desk, rq: &Request, label: &'static str) -> Answer {
    let parts: Vec<&str> = rq.path.iter().map(String::as_str).collect();
    if label.starts_with("channel") {
        return channel(desk, rq, &parts);
    }
    match parts.as_slice() {
        ["tickets", rest @ ..] => desk.tickets_endpoint(rq, rest),
        ["conversations", id] => desk.conversation_endpoint(rq, id),
        ["contacts", rest @ ..] => desk.contacts_endpoint(rq, rest),
        ["companies", rest @ ..] => desk.companies_endpoint(rq, rest),
        ["agents", rest @ ..] => desk.agents_endpoint(rq, rest),
        ["groups", rest @ ..] => desk.groups_endpoint(rq, rest, false),
        ["admin", "groups", rest @ ..] => desk.groups_endpoint(rq, rest, true),
        ["admin", "ticket_fields", rest @ ..] => {
            desk.field_endpoint(rq, "ticket_fields", true, rest)
        }
        ["ticket_fields", rest @ ..] => desk.field_endpoint(rq, "ticket_fields", false, rest),
        ["contact_fields", rest @ ..] => desk.field_endpoint(rq, "contact_fields", false, rest),
        ["company_fields", rest @ ..] => desk.field_endpoint(rq, "company_fields", false, rest),
        ["roles", rest @ ..] => desk.plain_endpoint(rq, "roles", rest),
        ["products", rest @ ..] => desk.plain_endpoint(rq, "products", rest),
        ["search", rest @ ..] => desk.search_endpoint(rq, rest),
        ["solutions", rest @ ..] => desk.solutions_endpoint(rq, rest),
        ["surveys", rest @ ..] => desk.surveys_endpoint(rq, rest),
        ["time_entries", rest @ ..] => desk.time_entries_endpoint(rq, rest),
        ["canned_response_folders" | "canned_responses", ..] => desk.canned_endpoint(rq, &parts),
        ["settings", "helpdesk"] => desk.settings_endpoint(rq),
        ["automations", rest @ ..] => desk.automations_endpoint(rq, rest),
        ["account", "export"] => desk.export_endpoint(rq),
        ["account"] => Ok(Reply::json(
            200,
            json!({"account_name": desk.domain, "account_domain": format!("{}.freshdesk.com", desk.domain), "tier_type": desk.plan, "total_agents": {"full_time": desk.agents.len()}}),
        )),
        ["jobs", id] => desk.job_endpoint(rq, id),
        _ => Err(not_found()),
    }
}

/// The import interface that Freshworks turns on for an account.
fn channel(desk: &mut Desk, rq: &Request, parts: &[&str]) -> Answer {
    if !desk.feature("channel_api") {
        return Err(access_denied());
    }
    match (rq.method.as_str(), parts) {
        ("POST", ["tickets"]) => desk.new_ticket(rq, false, true),
        ("POST", ["tickets", id, kind @ ("notes" | "reply")]) => {
            let id: u64 = id
                .parse()
                .ok()
                .filter(|id| desk.tickets.contains_key(id) && !desk.archived.contains(id))
                .ok_or_else(not_found)?;
            desk.create_conversation(rq, id, kind, true)
        }
        (method, ["tickets", ..]) => Err(not_allowed(method, "POST")),
        _ => Err(not_found()),
    }
}
