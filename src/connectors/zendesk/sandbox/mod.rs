//! A simulated desk, written from the vendor's documentation.
//!
//! Credentials: OAuth client `deskferry` with secret `sandbox-secret`, or the
//! legacy `admin@example.com/token` with `sandbox-token`, which opens every
//! agent's account by its own address.
//!
//! Features: `high_volume` (the add-on's limits), `users_bulk` (bulk import of
//! users), `guide_enterprise` (sections in sections), `guide_lite` (a plan without
//! redirect rules), `guide_media` (files of articles only by way of the media library),
//! `no_surveys` (their answers are refused).

mod articles;
mod auth;
mod call;
mod comments;
mod defaults;
mod events;
mod fields;
mod help_center;
mod identities;
mod imports;
mod incremental;
mod jobs;
mod lists;
mod media;
mod orgs;
mod paging;
mod redirects;
mod search;
mod seed;
mod side;
mod state;
#[cfg(test)]
mod tests;
mod tickets;
mod uploads;
mod users;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State as Shared};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;

use self::call::{Answer, Call, Part, Refusal};
use self::state::State;
use crate::connector::Result;
use crate::sandbox::{self, Config, Route, Running};

type Desk = Arc<Mutex<State>>;

/// Starts the simulated desk.
pub fn start(config: Config) -> BoxFuture<'static, Result<Running>> {
    Box::pin(async move {
        let (frame, socket) = sandbox::open(&config).await?;
        let account = seed::account(config.seed.as_deref(), &frame.base())?;
        let volume = config
            .features
            .iter()
            .any(|feature| feature == "high_volume");
        let per_minute = seed::per_minute(config.plan.as_deref().or(account.plan()), volume)?;
        let mut state = State::new(Arc::clone(&frame), per_minute, &config.features);
        seed::fill(&mut state, config.seed.as_deref(), account)?;
        let desk: Desk = Arc::new(Mutex::new(state));
        let router = Router::new().fallback(handle).with_state(desk);
        Ok(sandbox::serve(socket, frame, router, too_many))
    })
}

fn too_many(seconds: u64) -> Response {
    Refusal::text(429, "Number of allowed API requests per minute exceeded")
        .header("retry-after", seconds.to_string())
        .into_response()
}

async fn handle(Shared(desk): Shared<Desk>, request: Request) -> Response {
    let route = Call::route(request.uri().path());
    let mut response = answer(&desk, request).await;
    response.extensions_mut().insert(Route(route.into()));
    response
}

async fn answer(desk: &Desk, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let content_type = head
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return Refusal::text(400, "Bad Request").into_response();
    };
    let mut parts = Vec::new();
    if content_type.starts_with("multipart/form-data") {
        let again = Request::from_parts(head.clone(), Body::from(bytes.clone()));
        match multipart(again).await {
            Some(read) => parts = read,
            None => return Refusal::text(400, "Bad Request").into_response(),
        }
    }
    let path = head.uri.path().to_owned();
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let state = &mut *desk.lock().unwrap_or_else(PoisonError::into_inner);
    jobs::work(state);
    if path == "/oauth/tokens" && head.method == "POST" {
        return respond(auth::grant(state, &bytes, &content_type));
    }
    let Some(api) = path.strip_prefix("/api/v2/") else {
        if let Some(secret) = path.strip_prefix("/__upload/") {
            return respond(media::put(state, &head, secret, bytes));
        }
        let page = redirects::page(state, &head, &path);
        return respond(page.unwrap_or_else(|| uploads::download(state, &head, &path)));
    };
    let api = api.trim_end_matches('/').trim_end_matches(".json");
    let mut call = Call {
        method: head.method.to_string(),
        path: api.split('/').map(str::to_owned).collect(),
        query,
        body: bytes,
        content_type,
        idempotency_key: head
            .headers
            .get("idempotency-key")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        parts,
        user: 0,
        admin: false,
    };
    match auth::user(state, &head.headers, &call.method, &call.path[0]) {
        Ok(user) => call.user = user,
        Err(refusal) => return refusal.into_response(),
    }
    call.admin = state.users.is_admin(call.user);
    let (headers, refused) = auth::charge(state, &call);
    let mut response = match refused {
        Some(refusal) => refusal.into_response(),
        None => respond(dispatch(state, &call)),
    };
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn respond(answer: Answer) -> Response {
    match answer {
        Ok(reply) => reply.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Asks one room after the other; what no room knows is not there.
fn dispatch(state: &mut State, call: &Call) -> Answer {
    let rooms: [fn(&mut State, &Call) -> Option<Answer>; 17] = [
        incremental::route,
        imports::route,
        jobs::route,
        search::route,
        side::route,
        comments::route,
        tickets::route,
        users::route,
        orgs::route,
        fields::route,
        uploads::route,
        articles::route,
        media::route,
        redirects::route,
        help_center::route,
        lists::account,
        lists::route,
    ];
    rooms
        .iter()
        .find_map(|room| room(state, call))
        .unwrap_or_else(|| Err(Refusal::not_found()))
}

async fn multipart(request: Request) -> Option<Vec<Part>> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(str::to_owned),
            bytes: field.bytes().await.ok()?,
        });
    }
    Some(parts)
}
