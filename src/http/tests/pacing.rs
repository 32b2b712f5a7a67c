//! Turns, pauses and clocks.

use super::*;

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
    // Until a whole window was used well: the others may have met a stalled machine.
    let end = Instant::now() + Duration::from_secs(490).div_f64(speed);
    let best = |windows: &Windows| {
        let seen = windows.seen.lock().unwrap();
        seen.iter().skip(1).map(|(used, _)| *used).max()
    };
    let tasks = (0..8).map(|_| {
        let (client, windows) = (client.clone(), windows.clone());
        tokio::spawn(async move {
            while Instant::now() < end && best(&windows) < Some(665) {
                client.get("/x").send().await.unwrap();
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap();
    }
    let best = best(&windows);
    let seen = windows.seen.lock().unwrap();
    assert!(seen.iter().all(|(_, refused)| *refused == 0), "{seen:?}");
    assert!(best >= Some(665), "{seen:?}");
}
