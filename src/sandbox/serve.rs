//! The server around a simulated desk.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use tokio::net::TcpListener;

use super::faults::Dice;
use super::ranges;
use super::wire::{Line, Lines};
use super::{Clock, Config, Fault, Faults, Limits, Running, Stats};
use crate::connector::{Error, Result};

/// How long a request that shall time out is held, in real time.
const NEVER: Duration = Duration::from_secs(3600);

/// What a simulated desk shares with the frame; cheap to clone through its `Arc`.
#[derive(Debug)]
pub struct Frame {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Sandbox time.
    pub clock: Arc<Clock>,
    /// Rate limits.
    pub limits: Limits,
    /// Counters.
    pub stats: Stats,
    dice: Mutex<Dice>,
}

impl Frame {
    /// The desk's origin: `http://127.0.0.1:port`, what `{base}` in a seed stands for.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.addr.port())
    }

    /// The same server as another origin: `http://localhost:port`.
    pub fn elsewhere(&self) -> String {
        format!("http://localhost:{}", self.addr.port())
    }

    /// What happened so far: the counters, and `minutes` of the account's budgets.
    pub fn report(&self) -> serde_json::Value {
        let mut report = self.stats.json();
        report["minutes"] = serde_json::json!(self.limits.minutes());
        report
    }

    /// Seconds until a new record is seen by searches.
    pub fn search_lag(&self) -> u64 {
        self.dice().faults().search_lag
    }

    /// Replaces the faults; planned ones start anew.
    pub fn set_faults(&self, faults: Faults) {
        *self.dice() = Dice::new(faults);
    }

    fn dice(&self) -> std::sync::MutexGuard<'_, Dice> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Put into a response's extensions, names the route in the counters
/// (`/tickets/{id}`) where axum's own matched path says too little.
#[derive(Debug, Clone)]
pub struct Route(pub std::borrow::Cow<'static, str>);

/// A port that is taken but not served yet.
#[derive(Debug)]
pub struct Socket(TcpListener);

/// Takes the port, so that the desk can be seeded with its own address.
///
/// # Errors
/// When the port is in use.
pub async fn open(config: &Config) -> Result<(Arc<Frame>, Socket)> {
    let taken = |cause: std::io::Error| {
        Error::config(format!("port {} cannot be used: {cause}", config.port))
            .hint("choose another port, or 0 for a free one")
            .caused_by(cause)
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))
        .await
        .map_err(taken)?;
    let addr = listener.local_addr().map_err(taken)?;
    let clock = Arc::new(Clock::new(config.speed));
    let frame = Frame {
        addr,
        limits: Limits::new(Arc::clone(&clock)),
        clock,
        stats: Stats::default(),
        dice: Mutex::new(Dice::new(config.faults.clone())),
    };
    Ok((Arc::new(frame), Socket(listener)))
}

/// Serves the desk until the returned handle is dropped. `too_many` renders the
/// platform's 429 for that many seconds of waiting.
pub fn serve(
    socket: Socket,
    frame: Arc<Frame>,
    router: Router,
    too_many: fn(u64) -> Response,
) -> Running {
    let gate = Gate {
        frame: Arc::clone(&frame),
        too_many,
    };
    let app = router
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(gate, pass));
    let control = Router::new()
        .route("/__sandbox/stats", get(stats))
        .route("/__sandbox/faults", post(faults))
        .route("/__sandbox/advance", post(advance))
        .with_state(Arc::clone(&frame));
    let service = control
        .merge(app)
        .into_make_service_with_connect_info::<Line>();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let addr = frame.addr;
    tokio::spawn(async move {
        let served = axum::serve(Lines(socket.0), service)
            .with_graceful_shutdown(async move {
                // Dropping the sender counts like sending.
                let _ = stopped.await;
            })
            .await;
        if let Err(cause) = served {
            tracing::error!("the sandbox on {addr} ended: {cause}");
        }
    });
    Running {
        addr,
        stop,
        stats: Arc::new(move || frame.report()),
    }
}

#[derive(Clone)]
struct Gate {
    frame: Arc<Frame>,
    too_many: fn(u64) -> Response,
}

/// Every request to the desk goes through here.
async fn pass(
    State(gate): State<Gate>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let whole = format!("{} {}", request.method(), request.uri());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let (fault, slow) = {
        let mut dice = gate.frame.dice();
        (dice.draw(&whole), dice.faults().slow_ms)
    };
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }
    let asked = request.headers().clone();
    let (mut response, outcome) = match fault {
        None => (ranges::apply(&asked, next.run(request).await).await, None),
        Some(Fault::TooMany) => ((gate.too_many)(1), Some("too_many")),
        Some(Fault::ServerError) => (broken(&whole), Some("server_error")),
        Some(Fault::ErrorAfterWrite) => {
            carry_out(request, next).await;
            (failure(StatusCode::BAD_GATEWAY), Some("error_after_write"))
        }
        Some(Fault::Reset) => {
            line.cut();
            (StatusCode::OK.into_response(), Some("reset"))
        }
        Some(Fault::ResetAfterWrite) => {
            carry_out(request, next).await;
            line.cut();
            (StatusCode::OK.into_response(), Some("reset_after_write"))
        }
        Some(Fault::CutBody) => {
            let whole = ranges::apply(&asked, next.run(request).await).await;
            (cut(whole, &line).await, Some("cut_body"))
        }
        Some(Fault::Html) => (page(), Some("html")),
        Some(Fault::Timeout) => {
            // Counted first: the client goes away and takes this future with it.
            gate.count(&method, matched.as_ref(), None, "timeout");
            tokio::time::sleep(NEVER).await;
            line.cut();
            return StatusCode::OK.into_response();
        }
    };
    if let Ok(now) = HeaderValue::from_str(&http_date(gate.frame.clock.now())) {
        response.headers_mut().insert(header::DATE, now);
    }
    let route = response.extensions().get::<Route>().cloned();
    let outcome = outcome.map_or_else(|| response.status().as_str().to_owned(), str::to_owned);
    gate.count(
        &method,
        matched.as_ref(),
        route.as_ref().map(|route| &*route.0),
        &outcome,
    );
    response
}

fn http_date(time: jiff::Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

impl Gate {
    fn count(
        &self,
        method: &axum::http::Method,
        matched: Option<&MatchedPath>,
        route: Option<&str>,
        outcome: &str,
    ) {
        let route = route
            .or(matched.map(MatchedPath::as_str))
            .unwrap_or("unknown route");
        self.frame
            .stats
            .request(&format!("{method} {route}"), outcome);
    }
}

/// Does what was asked, with its answer read to the end and thrown away.
async fn carry_out(request: Request, next: Next) {
    let response = next.run(request).await;
    let _ = axum::body::to_bytes(response.into_body(), usize::MAX).await;
}

/// 500, 502, 503 or 504; which one depends on the request.
fn broken(request: &str) -> Response {
    const STATUS: [StatusCode; 4] = [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    failure(STATUS[usize::from(blake3::hash(request.as_bytes()).as_bytes()[0]) % 4])
}

fn failure(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    (
        status,
        [(header::CONTENT_TYPE, "text/html")],
        format!("<html><body><h1>{reason}</h1></body></html>"),
    )
        .into_response()
}

fn page() -> Response {
    (
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        "<!DOCTYPE html><html><body>We are down for maintenance</body></html>",
    )
        .into_response()
}

/// Promises the whole body and sends half of it.
async fn cut(response: Response, line: &Line) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        line.cut();
        return StatusCode::OK.into_response();
    };
    if bytes.len() < 2 {
        line.cut();
        return StatusCode::OK.into_response();
    }
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let half = bytes.slice(..bytes.len() / 2);
    let parts_of_body = futures::stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok::<Bytes, std::io::Error>(half), None)),
            None => {
                // Without the pause the half would be dropped unsent together with the connection.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(std::io::ErrorKind::ConnectionAborted.into()), None))
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(parts_of_body))
}

async fn stats(State(frame): State<Arc<Frame>>) -> Json<serde_json::Value> {
    Json(frame.report())
}

async fn faults(State(frame): State<Arc<Frame>>, body: Bytes) -> Response {
    match serde_json::from_slice(&body) {
        Ok(faults) => {
            frame.set_faults(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(cause) => (StatusCode::BAD_REQUEST, cause.to_string()).into_response(),
    }
}

#[derive(serde::Deserialize)]
struct Advance {
    seconds: i64,
}

async fn advance(State(frame): State<Arc<Frame>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Advance>(&body) {
        Ok(advance) => {
            frame.clock.advance(advance.seconds);
            Json(serde_json::json!({ "now": frame.clock.now().to_string() })).into_response()
        }
        Err(cause) => (StatusCode::BAD_REQUEST, cause.to_string()).into_response(),
    }
}
