//! Against servers in this process, with time running fast.

mod bodies;
mod credentials;
mod pacing;
mod retries;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use futures::StreamExt as _;

use super::*;
use crate::connector::{ErrorKind, Secret};

const SPEED: f64 = 1000.0;

async fn show_authorization(headers: HeaderMap) -> String {
    let value = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap());
    serde_json::json!({ "authorization": value }).to_string()
}

#[derive(serde::Deserialize)]
struct Shown {
    authorization: Option<String>,
}

fn settings() -> Settings {
    Settings {
        speed: SPEED,
        ..Settings::default()
    }
}

static NO_LIMITS: [Limit; 0] = [];

const DIALECT: Dialect = Dialect {
    error: |answer| {
        Error::new(
            ErrorKind::Rejected { field: None },
            format!("{}: {}", answer.status, answer.excerpt()),
        )
    },
    observe: |_, _| Vec::new(),
    retry: |answer| (answer.status == 409).then_some("the desk is busy"),
};

/// Serves until the test ends.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

fn client(base: &str, auth: Auth) -> Client {
    Client::new(base, auth, &NO_LIMITS, DIALECT, &settings()).unwrap()
}

/// Answers with these statuses in turn, the last one for ever, and counts.
async fn answering(statuses: &'static [u16]) -> (Client, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let seen = count.clone();
    let router = Router::new().fallback(any(move || {
        let number = seen.fetch_add(1, Ordering::SeqCst) as usize;
        let status = statuses[number.min(statuses.len() - 1)];
        async move { (StatusCode::from_u16(status).unwrap(), "{}") }
    }));
    (client(&serve(router).await, Auth::None), count)
}
