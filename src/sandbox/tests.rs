use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::*;

fn too_many(seconds: u64) -> Response {
    (
        StatusCode::TOO_MANY_REQUESTS,
        [(header::RETRY_AFTER, seconds.to_string())],
        "slow down",
    )
        .into_response()
}

/// A desk with one list, one counter, and a limit of 2 a minute on `/limited`.
async fn desk(faults: Faults) -> (Running, String) {
    let config = Config {
        faults,
        ..Config::default()
    };
    let (frame, socket) = open(&config).await.unwrap();
    let base = frame.base();
    let router = Router::new()
        .route("/list", get(|| async { "0123456789" }))
        .route(
            "/things/{id}",
            post(|State(frame): State<Arc<Frame>>| async move {
                frame.stats.would_mail("ann@example.com", "created");
                StatusCode::CREATED
            }),
        )
        .route(
            "/limited",
            get(|State(frame): State<Arc<Frame>>| async move {
                let budget = frame.limits.take("all", 2, 1);
                if budget.granted {
                    budget.remaining.to_string().into_response()
                } else {
                    too_many(budget.reset)
                }
            }),
        )
        .with_state(Arc::clone(&frame));
    (serve(socket, frame, router, too_many), base)
}

fn planned(fault: Fault) -> Faults {
    Faults {
        planned: vec![Planned {
            on: "POST /things/1".to_owned(),
            fault,
            after: 1,
            times: 1,
        }],
        ..Faults::default()
    }
}

fn mails(running: &Running) -> Value {
    (running.stats)()["mails"]["total"].clone()
}

#[tokio::test]
async fn listens_on_loopback_and_counts() {
    let (running, base) = desk(Faults::default()).await;
    assert!(running.addr.ip().is_loopback());
    let client = reqwest::Client::new();
    client
        .post(format!("{base}/things/7"))
        .send()
        .await
        .unwrap();
    client.get(format!("{base}/nowhere")).send().await.unwrap();
    let served: Value = client
        .get(format!("{base}/__sandbox/stats"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(served, (running.stats)());
    assert_eq!(served["requests"], 2);
    assert_eq!(served["routes"]["POST /things/{id}"], 1);
    assert_eq!(served["outcomes"], json!({"201": 1, "404": 1}));
    assert_eq!(served["mails"]["reasons"], json!({"created": 1}));
    assert_eq!(served["mails"]["list"][0]["to"], "ann@example.com");
}

#[tokio::test]
async fn stops_when_dropped() {
    let (running, base) = desk(Faults::default()).await;
    drop(running);
    let client = reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    for _ in 0..1000 {
        if client.get(format!("{base}/list")).send().await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it still answers");
}

#[tokio::test]
async fn a_reset_is_a_reset_and_happens_before_or_after_the_write() {
    for (fault, written) in [(Fault::Reset, 1), (Fault::ResetAfterWrite, 2)] {
        let (running, base) = desk(planned(fault)).await;
        let client = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        let url = format!("{base}/things/1");
        assert_eq!(client.post(&url).send().await.unwrap().status(), 201);
        let error = client.post(&url).send().await.unwrap_err();
        let mut cause: &dyn std::error::Error = &error;
        let mut reset = false;
        loop {
            if let Some(io) = cause.downcast_ref::<std::io::Error>() {
                reset |= io.kind() == std::io::ErrorKind::ConnectionReset;
            }
            match cause.source() {
                Some(source) => cause = source,
                None => break,
            }
        }
        assert!(reset, "{error:?}");
        assert_eq!(mails(&running), written);
        assert_eq!(client.post(&url).send().await.unwrap().status(), 201);
    }
}

#[tokio::test]
async fn errors_come_before_or_after_the_write() {
    for (fault, written, statuses) in [
        (Fault::ServerError, 1, vec![500, 502, 503, 504]),
        (Fault::ErrorAfterWrite, 2, vec![502]),
        (Fault::TooMany, 1, vec![429]),
        (Fault::Html, 1, vec![200]),
    ] {
        let (running, base) = desk(planned(fault)).await;
        let client = reqwest::Client::new();
        let url = format!("{base}/things/1");
        client.post(&url).send().await.unwrap();
        let answer = client.post(&url).send().await.unwrap();
        assert!(statuses.contains(&answer.status().as_u16()), "{fault:?}");
        assert_eq!(
            answer.headers().contains_key("retry-after"),
            fault == Fault::TooMany
        );
        assert_eq!(mails(&running), written, "{fault:?}");
    }
}

#[tokio::test]
async fn a_cut_body_promises_all_and_sends_half() {
    let (_running, base) = desk(Faults {
        cut_body: 1.0,
        ..Faults::default()
    })
    .await;
    let mut answer = reqwest::get(format!("{base}/list")).await.unwrap();
    assert_eq!(answer.content_length(), Some(10));
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "01234");
    assert!(answer.chunk().await.is_err());
}

#[tokio::test]
async fn a_timeout_does_nothing_and_says_nothing() {
    let (running, base) = desk(Faults {
        timeout: 1.0,
        ..Faults::default()
    })
    .await;
    let error = reqwest::Client::new()
        .post(format!("{base}/things/1"))
        .timeout(Duration::from_millis(100))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(mails(&running), 0);
    assert_eq!((running.stats)()["outcomes"]["timeout"], 1);
}

#[tokio::test]
async fn faults_change_while_it_runs() {
    let (_running, base) = desk(Faults::default()).await;
    let client = reqwest::Client::new();
    let set = |faults: Value| {
        client
            .post(format!("{base}/__sandbox/faults"))
            .body(faults.to_string())
            .send()
    };
    assert_eq!(set(json!({"html": 1.0})).await.unwrap().status(), 204);
    let page = client.get(format!("{base}/list")).send().await.unwrap();
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE"));
    assert_eq!(set(json!({"slow_ms": 30})).await.unwrap().status(), 204);
    let begun = Instant::now();
    let list = client.get(format!("{base}/list")).send().await.unwrap();
    assert_eq!(list.text().await.unwrap(), "0123456789");
    assert!(begun.elapsed() >= Duration::from_millis(30));
    assert_eq!(set(json!({"htlm": 1.0})).await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_budget_lasts_for_a_window_of_sandbox_time() {
    let (running, base) = desk(Faults::default()).await;
    let client = reqwest::Client::new();
    let ask = || client.get(format!("{base}/limited")).send();
    let advance = |seconds: u64| {
        client
            .post(format!("{base}/__sandbox/advance"))
            .json(&json!({ "seconds": seconds }))
            .send()
    };
    // Away from the edge of a minute, so that the test does not run across it.
    let clock = jiff::Timestamp::now().as_second();
    advance(u64::try_from(60 - clock.rem_euclid(60)).unwrap())
        .await
        .unwrap();
    assert_eq!(ask().await.unwrap().text().await.unwrap(), "1");
    assert_eq!(ask().await.unwrap().text().await.unwrap(), "0");
    let refused = ask().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    advance(wait).await.unwrap();
    assert_eq!(ask().await.unwrap().text().await.unwrap(), "1");
    let minutes = (running.stats)()["minutes"]["all"].clone();
    let counts = |minute: &Value| (minute["used"].clone(), minute["refused"].clone());
    assert_eq!(counts(&minutes[0]), (json!(2), json!(1)));
    assert_eq!(counts(&minutes[1]), (json!(1), json!(0)));
    assert_eq!(minutes.as_array().unwrap().len(), 2);
}

#[test]
fn a_fast_clock_runs_fast() {
    let clock = Clock::new(3600.0);
    let before = clock.millis();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(5) {
        std::hint::spin_loop();
    }
    assert!(clock.millis() - before >= 5 * 3600);
    assert_eq!(
        clock.real(Duration::from_secs(3600)),
        Duration::from_secs(1)
    );
}

#[test]
fn draws_repeat_and_keep_to_their_shares() {
    let faults = Faults {
        seed: 7,
        reset: 0.1,
        html: 0.2,
        ..Faults::default()
    };
    let draw = |names: &mut dyn Iterator<Item = usize>| {
        let mut dice = faults::Dice::new(faults.clone());
        let mut drawn: Vec<_> = names
            .map(|n| (n, dice.draw(&format!("GET /{n}"))))
            .collect();
        drawn.sort_by_key(|(n, _)| *n);
        drawn
    };
    let there = draw(&mut (0..5000));
    let back = draw(&mut (0..5000).rev());
    assert_eq!(there, back);
    let share = |fault| {
        there
            .iter()
            .filter(|(_, drawn)| *drawn == Some(fault))
            .count()
    };
    assert!((400..600).contains(&share(Fault::Reset)));
    assert!((850..1150).contains(&share(Fault::Html)));
    assert_eq!(share(Fault::Timeout), 0);
}

#[test]
fn a_seed_names_the_line_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("users.jsonl"), "{\"url\":\"{base}/1\"}\n\n[1\n").unwrap();
    let error = seed::read::<Value>(path, "users", "http://x").unwrap_err();
    assert!(error.message.contains("users.jsonl:3"), "{error}");
    std::fs::write(path.join("users.jsonl"), "{\"url\":\"{base}/1\"}\n\n").unwrap();
    let users = seed::read::<Value>(path, "users", "http://x").unwrap();
    assert_eq!(users, [json!({"url": "http://x/1"})]);
    assert!(seed::read::<Value>(path, "groups", "").unwrap().is_empty());
    assert!(seed::file(path, "../users.jsonl").is_err());
    assert!(seed::file(path, "..").is_err());
}

#[test]
fn generated_bytes_depend_on_the_name_alone() {
    assert_eq!(
        seed::generate("a.png", 100),
        seed::generate("a.png", 200)[..100]
    );
    assert_ne!(seed::generate("a.png", 100), seed::generate("b.png", 100));
}
