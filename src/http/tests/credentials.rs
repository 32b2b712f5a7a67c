//! Who sees credentials, and how tokens are renewed.

use super::*;

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
