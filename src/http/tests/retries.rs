//! What is tried again, and what is not.

use super::*;

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
