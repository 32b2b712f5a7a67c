//! Against servers in this process, with time running fast.

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

#[tokio::test]
async fn reading_outlasts_passing_faults() {
    let (client, count) = answering(&[500, 502, 503, 504, 429, 200]).await;
    client.get("/x").send().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 6);
    let reading = client.shared.settings.meter.read();
    assert_eq!(
        (reading.requests, reading.retries, reading.refused),
        (6, 5, 1)
    );
}

#[tokio::test]
async fn reading_gives_up_after_the_retries() {
    let (client, count) = answering(&[502]).await;
    let error = client.get("/x").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert!(
        error
            .message
            .contains("GET /x: the desk answered 502 Bad Gateway"),
        "{error}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn creating_is_not_repeated_when_it_may_have_happened() {
    for status in [&[500_u16], &[502], &[503], &[504]] {
        let (client, count) = answering(status).await;
        let error = client.post("/x").body("y").send().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transient, "{status:?}");
        assert!(
            error.message.contains("may have been carried out"),
            "{error}"
        );
        assert_eq!(count.load(Ordering::SeqCst), 1, "{status:?}");
    }
}

#[tokio::test]
async fn creating_is_repeated_when_it_was_turned_away() {
    let (client, count) = answering(&[429, 409, 201]).await;
    client.post("/x").body("y").send().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_may_be_sent_twice_is_repeated() {
    let (client, count) = answering(&[502, 504, 200]).await;
    client.post("/search").repeatable().send().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let (client, count) = answering(&[503, 200]).await;
    client.put("/x").body("y").send().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn nobody_listening_is_tried_again_and_reported() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client(&base, Auth::None);
    let error = client.post("/x").body("y").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert_eq!(client.shared.settings.meter.read().retries, 5);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_leaves_creating_open() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU32::new(0));
    let seen = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            seen.fetch_add(1, Ordering::SeqCst);
            let mut some = [0; 16];
            let _ = tokio::io::AsyncReadExt::read(&mut socket, &mut some).await;
        }
    });
    let client = client(&base, Auth::None);
    let error = client.post("/x").body("y").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert!(
        error.message.contains("may have been carried out"),
        "{error}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
    client.get("/x").send().await.unwrap_err();
    assert_eq!(count.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_the_run() {
    let router = Router::new().fallback(any(|| async {
        (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "3600")],
            "slow down",
        )
    }));
    let client = client(&serve(router).await, Auth::None);
    let error = client.get("/x").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited { retry_after: 3600 });
    assert!(error.stops_run());
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let count = Arc::new(AtomicU32::new(0));
    let seen = count.clone();
    let router = Router::new().fallback(any(move || {
        let first = seen.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                let headers = [
                    ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
                    ("retry-after", "Wed, 21 Oct 2026 07:33:00 GMT"),
                ];
                (StatusCode::TOO_MANY_REQUESTS, headers, "").into_response()
            } else {
                "{}".into_response()
            }
        }
    }));
    let client = client(&serve(router).await, Auth::None);
    let began = Instant::now();
    client.get("/x").send().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(300).div_f64(SPEED));
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn all_tasks_obey_a_pause() {
    // One call is refused for 200 s; whatever starts after that must wait as well.
    let open_at = Arc::new(std::sync::Mutex::new(None::<Instant>));
    let early = Arc::new(AtomicU32::new(0));
    let (gate, too_early) = (open_at.clone(), early.clone());
    let router = Router::new()
        .route(
            "/refuse",
            get(move || {
                let mut gate = gate.lock().unwrap();
                let first = gate.is_none();
                if first {
                    *gate = Some(Instant::now() + Duration::from_secs(200).div_f64(SPEED));
                }
                async move {
                    if first {
                        (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "200")], "")
                            .into_response()
                    } else {
                        "{}".into_response()
                    }
                }
            }),
        )
        .route(
            "/other",
            get(move || {
                let open_at = open_at.lock().unwrap();
                if open_at.is_some_and(|at| Instant::now() < at) {
                    too_early.fetch_add(1, Ordering::SeqCst);
                }
                async { "{}" }
            }),
        );
    let client = client(&serve(router).await, Auth::None);
    let refused = tokio::spawn(client.get("/refuse").send());
    while client.shared.settings.meter.read().refused == 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(
        client.shared.settings.meter.read().waiting,
        Waiting::Paused { .. }
    ));
    let others = (0..20).map(|_| client.get("/other").send());
    for other in futures::future::join_all(others).await {
        other.unwrap();
    }
    refused.await.unwrap().unwrap();
    assert_eq!(early.load(Ordering::SeqCst), 0);
}

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

fn to(target: String) -> impl axum::response::IntoResponse {
    (StatusCode::FOUND, [("location", target)])
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let other = serve(Router::new().route("/show", get(show_authorization))).await;
    let away = format!("{other}/show");
    let router = Router::new()
        .route("/show", get(show_authorization))
        .route("/home", get(|| async { to("/show".into()) }))
        .route("/away", get(move || async move { to(away) }));
    let client = client(&serve(router).await, Auth::Bearer(Secret::new("s3cret")));
    let shown: Shown = client.get("/home").json().await.unwrap();
    assert_eq!(shown.authorization.as_deref(), Some("Bearer s3cret"));
    let shown: Shown = client.get("/away").json().await.unwrap();
    assert_eq!(shown.authorization, None);
    let shown: Shown = client.get(&format!("{other}/show")).json().await.unwrap();
    assert_eq!(shown.authorization, None);
    let shown: Shown = client.get("/show").anonymous().json().await.unwrap();
    assert_eq!(shown.authorization, None);
}

#[tokio::test]
async fn a_way_back_does_not_regain_credentials() {
    let home = Arc::new(std::sync::OnceLock::<String>::new());
    let known = home.clone();
    let back = Router::new().fallback(any(move || {
        let target = format!("{}/show", known.get().unwrap());
        async { to(target) }
    }));
    let other = serve(back).await;
    let router = Router::new()
        .route("/show", get(show_authorization))
        .route("/away", get(move || async move { to(other) }));
    let base = serve(router).await;
    home.set(base.clone()).unwrap();
    let client = client(&base, Auth::Bearer(Secret::new("s3cret")));
    let shown: Shown = client.get("/away").json().await.unwrap();
    assert_eq!(shown.authorization, None);
}

#[tokio::test]
async fn only_reading_follows_redirects_and_not_for_ever() {
    let router = Router::new().fallback(any(|| async { to("/again".into()) }));
    let client = client(&serve(router).await, Auth::None);
    let error = client.get("/x").send().await.unwrap_err();
    assert!(error.message.contains("more than 5 times"), "{error}");
    let error = client.post("/x").body("y").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(
        error.message.contains("POST /x was sent on to /again"),
        "{error}"
    );
}

#[tokio::test]
async fn basic_and_other_headers_are_sent() {
    let base = serve(Router::new().route("/show", get(show_authorization))).await;
    let client = client(
        &base,
        Auth::Basic {
            user: "pat@example.com/token".into(),
            password: Secret::new("key"),
        },
    );
    let shown: Shown = client.get("show").json().await.unwrap();
    assert_eq!(
        shown.authorization.as_deref(),
        Some("Basic cGF0QGV4YW1wbGUuY29tL3Rva2VuOmtleQ==")
    );
    let other = client.with_auth(Auth::Header {
        name: "Authorization",
        prefix: "token ",
        value: Secret::new("1-23"),
    });
    let shown: Shown = other.get("/show").json().await.unwrap();
    assert_eq!(shown.authorization.as_deref(), Some("token 1-23"));
}

#[derive(Clone, Default)]
struct Grants {
    granted: Arc<AtomicU32>,
    body: Arc<std::sync::Mutex<serde_json::Value>>,
    lifetime: Option<u64>,
}

async fn grant(
    State(grants): State<Grants>,
    axum::Json(body): axum::Json<serde_json::Value>,
) -> Response {
    *grants.body.lock().unwrap() = body;
    let number = grants.granted.fetch_add(1, Ordering::SeqCst) + 1;
    let mut granted = serde_json::json!({ "access_token": format!("t{number}") });
    if let Some(lifetime) = grants.lifetime {
        granted["expires_in"] = lifetime.into();
    }
    axum::Json(granted).into_response()
}

fn oauth() -> Auth {
    Auth::ClientCredentials {
        token_url: "/oauth/tokens".into(),
        client_id: "deskferry".into(),
        client_secret: Secret::new("s3cret"),
        scope: Some("read write".into()),
        expires_in: Some(3600),
    }
}

fn oauth_desk(grants: Grants, accepted: &'static [&'static str]) -> Router {
    Router::new()
        .route("/oauth/tokens", post(grant))
        .route(
            "/me",
            get(move |headers: HeaderMap| async move {
                let token = headers["authorization"].to_str().unwrap().to_owned();
                match accepted.is_empty() || accepted.contains(&token.as_str()) {
                    true => serde_json::json!({ "authorization": token })
                        .to_string()
                        .into_response(),
                    false => StatusCode::UNAUTHORIZED.into_response(),
                }
            }),
        )
        .with_state(grants)
}

#[tokio::test]
async fn one_token_serves_all_tasks() {
    let grants = Grants::default();
    let base = serve(oauth_desk(grants.clone(), &[])).await;
    let client = client(&base, oauth());
    let calls = (0..10).map(|_| client.get("/me").send());
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(grants.granted.load(Ordering::SeqCst), 1);
    assert_eq!(
        *grants.body.lock().unwrap(),
        serde_json::json!({
            "grant_type": "client_credentials", "client_id": "deskferry",
            "client_secret": "s3cret", "scope": "read write", "expires_in": 3600,
        })
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let grants = Grants::default();
    let base = serve(oauth_desk(grants.clone(), &["Bearer t2"])).await;
    let client = client(&base, oauth());
    let calls = (0..10).map(|_| client.get("/me").send());
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(grants.granted.load(Ordering::SeqCst), 2);

    let grants = Grants::default();
    let base = serve(oauth_desk(grants.clone(), &["Bearer never"])).await;
    let client = super::tests::client(&base, oauth());
    let error = client.get("/me").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(error.hint.is_some());
    assert_eq!(grants.granted.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let grants = Grants {
        lifetime: Some(100),
        ..Grants::default()
    };
    let base = serve(oauth_desk(grants.clone(), &[])).await;
    let client = client(&base, oauth());
    client.get("/me").send().await.unwrap();
    client
        .shared
        .pacer
        .clock()
        .sleep(Duration::from_secs(91))
        .await;
    client.get("/me").send().await.unwrap();
    assert_eq!(grants.granted.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_grant_is_an_error_of_the_credentials() {
    let router = Router::new().route(
        "/oauth/tokens",
        post(|| async { (StatusCode::BAD_REQUEST, r#"{"error":"invalid_client"}"#) }),
    );
    let client = client(&serve(router).await, oauth());
    let error = client.get("/me").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(error.message.contains("`deskferry`"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn fetching_a_token_outlasts_passing_faults() {
    let asked = Arc::new(AtomicU32::new(0));
    let seen = asked.clone();
    let router = oauth_desk(Grants::default(), &[]).layer(axum::middleware::from_fn(
        move |request: Request, next: axum::middleware::Next| {
            let number = match request.uri().path() {
                "/oauth/tokens" => seen.fetch_add(1, Ordering::SeqCst),
                _ => u32::MAX,
            };
            async move {
                match number {
                    0 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                    1 => StatusCode::TOO_MANY_REQUESTS.into_response(),
                    2 => StatusCode::BAD_GATEWAY.into_response(),
                    3 => std::future::pending().await,
                    _ => next.run(request).await,
                }
            }
        },
    ));
    let settings = Settings {
        timeout: Duration::from_millis(200),
        ..settings()
    };
    let base = serve(router).await;
    let client = Client::new(&base, oauth(), &NO_LIMITS, DIALECT, &settings).unwrap();
    client.get("/me").send().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    assert_eq!(settings.meter.read().retries, 4);
}

#[tokio::test]
async fn a_token_may_last_for_ever() {
    let grants = Grants {
        lifetime: Some(u64::MAX),
        ..Grants::default()
    };
    let base = serve(oauth_desk(grants.clone(), &[])).await;
    let client = client(&base, oauth());
    client.get("/me").send().await.unwrap();
    client.get("/me").send().await.unwrap();
    assert_eq!(grants.granted.load(Ordering::SeqCst), 1);
}

#[test]
fn absurd_speeds_are_refused() {
    for text in ["", "fast", "0", "-1", "NaN", "inf", "1e300", "1e-300"] {
        let error = read_speed(text).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{text}");
        assert!(error.message.contains(&format!("`{text}`")), "{error}");
    }
    assert_eq!(read_speed("300").unwrap(), 300.0);
    let base = "http://127.0.0.1:1";
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
        let settings = Settings {
            speed,
            ..Settings::default()
        };
        let error = Client::new(base, Auth::None, &NO_LIMITS, DIALECT, &settings)
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{speed}");
    }
}

#[tokio::test]
async fn the_slowest_and_the_fastest_clock_run() {
    static LIMITS: [Limit; 1] = [Limit {
        name: "default",
        per_minute: 600,
        separate: false,
        note: "",
    }];
    let base = serve(Router::new().fallback(any(|| async { "{}" }))).await;
    for speed in [*SPEEDS.start(), *SPEEDS.end()] {
        let settings = Settings {
            speed,
            ..Settings::default()
        };
        let client = Client::new(&base, Auth::None, &LIMITS, DIALECT, &settings).unwrap();
        // As many as a burst, or the slow clock would hold them up.
        for _ in 0..5 {
            client.get("/x").send().await.unwrap();
        }
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for base in [
        "http://help.example.com",
        "ftp://help.example.com",
        "help.example.com",
        "https://u:p@help.example.com",
    ] {
        let error = Client::new(base, Auth::None, &NO_LIMITS, DIALECT, &settings())
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{base}");
    }
    for base in [
        "https://help.example.com/desk/",
        "http://127.0.0.1:1/",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        let client = Client::new(base, Auth::None, &NO_LIMITS, DIALECT, &settings()).unwrap();
        assert!(!client.base_url().ends_with('/'));
    }
}

#[tokio::test]
async fn plain_http_is_refused_for_absolute_addresses_too() {
    let client = client("https://help.example.com", Auth::None);
    let error = client
        .get("http://files.example.com/a")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
}

#[tokio::test]
async fn a_web_page_instead_of_data_is_named_after_two_more_attempts() {
    let count = Arc::new(AtomicU32::new(0));
    let seen = count.clone();
    let router = Router::new().fallback(any(move || {
        seen.fetch_add(1, Ordering::SeqCst);
        async { axum::response::Html("<html><title>Sign in</title></html>") }
    }));
    let client = client(&serve(router).await, Auth::None);
    let error = client
        .get("/x")
        .json::<Shown>()
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.contains("“Sign in”"), "{error}");
    assert_eq!(count.swap(0, Ordering::SeqCst), 3);
    let error = client.post("/x").body("y").send().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_list_that_leads_in_circles_is_an_error() {
    let router = Router::new().fallback(any(|request: Request| async move {
        request.uri().to_string().repeat(30)
    }));
    let client = client(&serve(router).await, Auth::None);
    let mut pages = Pages::new(client.get("/list"), 10);
    pages.next().await.unwrap().unwrap();
    pages.go_on(Some(client.get("/list?page=2")));
    pages.next().await.unwrap().unwrap();
    pages.go_on(Some(client.get("/list")));
    let error = pages.next().await.unwrap_err();
    assert!(error.message.contains("leads back to /list"), "{error}");

    let mut pages = Pages::new(client.get("/list"), 2);
    for page in 0..2 {
        pages.next().await.unwrap().unwrap();
        pages.go_on(Some(client.get(&format!("/list?page={page}"))));
    }
    let error = pages.next().await.unwrap_err();
    assert!(error.message.contains("page 3"), "{error}");
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_list_that_ignores_its_page_is_an_error() {
    let router = Router::new().fallback(any(|| async { "x".repeat(100) }));
    let client = client(&serve(router).await, Auth::None);
    let mut pages = Pages::new(client.get("/list?page=1"), 10);
    pages.next().await.unwrap().unwrap();
    pages.go_on(Some(client.get("/list?page=2")));
    let error = pages.next().await.unwrap_err();
    assert!(error.message.contains("same as the page before"), "{error}");
}

fn gzipped(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let router = Router::new().fallback(any(|headers: HeaderMap| async move {
        assert!(
            headers["accept-encoding"]
                .to_str()
                .unwrap()
                .contains("gzip")
        );
        (
            [("content-encoding", "gzip")],
            gzipped(r#"{"authorization":"yes"}"#),
        )
    }));
    let client = client(&serve(router).await, Auth::None);
    let shown: Shown = client.get("/x").json().await.unwrap();
    assert_eq!(shown.authorization.as_deref(), Some("yes"));
}

/// Announces ten bytes and sends five, as often as `cuts`, then all.
async fn cutting(cuts: u32) -> (String, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let seen = count.clone();
    let router = Router::new().fallback(any(move || {
        let number = seen.fetch_add(1, Ordering::SeqCst);
        async move {
            let rest = async move {
                // So that the first half is on its way before the connection is closed.
                tokio::time::sleep(Duration::from_millis(20)).await;
                match number < cuts {
                    true => Err(std::io::Error::other("cut")),
                    false => Ok("67890"),
                }
            };
            let start = futures::stream::iter([Ok("12345")]);
            let body = Body::from_stream(start.chain(futures::stream::once(rest)));
            ([("content-length", "10")], body).into_response()
        }
    }));
    (serve(router).await, count)
}

#[tokio::test]
async fn a_cut_answer_is_read_again() {
    let (base, count) = cutting(2).await;
    let answer = client(&base, Auth::None).get("/x").send().await.unwrap();
    assert_eq!(&answer.body[..], b"1234567890");
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (base, count) = cutting(2).await;
    let error = client(&base, Auth::None)
        .post("/x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_cut_download_ends_in_an_error() {
    let (base, _) = cutting(1).await;
    let client = client(&base, Auth::None);
    let blob = client.get("/x").download().await.unwrap();
    assert_eq!(blob.size, Some(10));
    let pieces: Vec<_> = blob.bytes.collect().await;
    let error = pieces.into_iter().next_back().unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    let blob = client.get("/x").download().await.unwrap();
    let bytes: Vec<_> = blob.bytes.map(Result::unwrap).collect().await;
    assert_eq!(bytes.concat(), b"1234567890");
}

#[tokio::test]
async fn a_download_that_fails_is_judged_like_any_call() {
    let (client, count) = answering(&[503, 404]).await;
    let error = client.get("/x").download().await.map(|_| ()).unwrap_err();
    assert_eq!(error.message, "404: {}");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn files_are_sent_whole_with_each_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let content = "0123456789".repeat(20_000);
    std::fs::write(&path, &content).unwrap();
    let received = Arc::new(std::sync::Mutex::new(Vec::new()));
    let bodies = received.clone();
    let router = Router::new()
        .fallback(any(move |headers: HeaderMap, body: bytes::Bytes| {
            let length = headers["content-length"].to_str().unwrap().to_owned();
            let mime = headers["content-type"].to_str().unwrap().to_owned();
            let mut bodies = bodies.lock().unwrap();
            bodies.push((length, mime, body));
            let first = bodies.len() % 2 == 1;
            async move {
                match first {
                    true => StatusCode::TOO_MANY_REQUESTS,
                    false => StatusCode::OK,
                }
            }
        }))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let client = client(&serve(router).await, Auth::None);
    client
        .post("/upload")
        .file("image/png", &path)
        .send()
        .await
        .unwrap();
    let parts = vec![
        FormPart::Text {
            name: "custom_fields[cf_x]".into(),
            value: "Grüße\r\n".into(),
        },
        FormPart::File {
            name: "attachments[]".into(),
            file_name: "Rechnung „1\" ü\n.png".into(),
            mime: "image/png".into(),
            path: path.clone(),
        },
    ];
    client.post("/form").multipart(parts).send().await.unwrap();
    let received = received.lock().unwrap();
    assert_eq!(received.len(), 4);
    for (length, mime, body) in &received[..2] {
        assert_eq!(length, "200000");
        assert_eq!(mime, "image/png");
        assert_eq!(&body[..], content.as_bytes());
    }
    for (length, mime, body) in &received[2..] {
        assert_eq!(length, &body.len().to_string());
        let boundary = mime.strip_prefix("multipart/form-data; boundary=").unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"custom_fields[cf_x]\"\r\n\r\nGrüße\r\n\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"Rechnung „1%22 ü%0A.png\"\r\n\
             Content-Type: image/png\r\n\r\n{content}\r\n--{boundary}--\r\n"
        );
        assert!(body[..] == *expected.as_bytes());
    }
}

#[tokio::test]
async fn queries_are_encoded() {
    let router = Router::new().fallback(any(|request: Request| async move {
        request.uri().query().unwrap_or_default().to_owned()
    }));
    let client = client(&serve(router).await, Auth::None);
    let answer = client
        .get("/x?a=1")
        .query(&[("page[size]", "10"), ("q", "a&b ü")])
        .send()
        .await
        .unwrap();
    assert_eq!(&answer.body[..], b"a=1&page%5Bsize%5D=10&q=a%26b+%C3%BC");
    assert_eq!(answer.path, "/x?a=1&page%5Bsize%5D=10&q=a%26b+%C3%BC");
}

/// A desk with 700 calls a minute in fixed windows that run as fast as the client's clock.
struct Windows {
    began: Instant,
    speed: f64,
    /// Let through and refused, by window.
    seen: std::sync::Mutex<Vec<(u32, u32)>>,
}

impl Windows {
    fn call(&self) -> Response {
        let since = self.began.elapsed().as_secs_f64() * self.speed;
        let window = (since / 60.0) as usize;
        let mut seen = self.seen.lock().unwrap();
        if seen.len() <= window {
            seen.resize(window + 1, (0, 0));
        }
        let reset = (60.0 * (window + 1) as f64 - since).ceil();
        let (used, refused) = &mut seen[window];
        let status = if *used < 700 {
            *used += 1;
            StatusCode::OK
        } else {
            *refused += 1;
            StatusCode::TOO_MANY_REQUESTS
        };
        let headers = [
            ("x-rate-limit", "700".to_owned()),
            ("x-rate-limit-remaining", (700 - *used).to_string()),
            ("ratelimit-reset", reset.to_string()),
            ("retry-after", reset.to_string()),
        ];
        (status, headers, "{}").into_response()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fixed_window_is_used_to_95_percent_without_a_refusal() {
    static LIMITS: [Limit; 1] = [Limit {
        name: "default",
        per_minute: 200,
        separate: false,
        note: "",
    }];
    // Slow enough for a busy machine: a call every three milliseconds.
    let speed = 30.0;
    let windows = Arc::new(Windows {
        began: Instant::now(),
        speed,
        seen: std::sync::Mutex::default(),
    });
    let desk = windows.clone();
    let base = serve(Router::new().fallback(any(move || {
        let answer = desk.call();
        async { answer }
    })))
    .await;
    let dialect = Dialect {
        observe: |answer, budget| {
            let number = |name| answer.header(name).and_then(|value| value.parse().ok());
            vec![Observation {
                budget,
                per_minute: number("x-rate-limit"),
                remaining: number("x-rate-limit-remaining"),
                resets_in: number("ratelimit-reset").map(u64::from),
            }]
        },
        ..DIALECT
    };
    let settings = Settings {
        speed,
        ..Settings::default()
    };
    let client = Client::new(&base, Auth::None, &LIMITS, dialect, &settings).unwrap();
    let end = Instant::now() + Duration::from_secs(190).div_f64(speed);
    let tasks = (0..8).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            while Instant::now() < end {
                client.get("/x").send().await.unwrap();
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap();
    }
    let seen = windows.seen.lock().unwrap();
    assert!(seen.iter().all(|(_, refused)| *refused == 0), "{seen:?}");
    // One of the two whole windows: the other may have met a stalled machine.
    let best = seen[1..3].iter().map(|(used, _)| *used).max();
    assert!(best >= Some(665), "{seen:?}");
    assert!(settings.meter.read().requests > 1500);
}
