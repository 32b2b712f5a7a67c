//! What is sent and read: lists, files, compressed and cut answers.

use super::*;

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

/// A file of ten bytes that breaks off after each third one, on a host that
/// `/x` leads to, with what was asked of it. `swapped` becomes another file meanwhile.
async fn in_parts(swapped: bool) -> (String, Arc<std::sync::Mutex<Vec<String>>>) {
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = asked.clone();
    let files = Router::new().fallback(any(move |headers: HeaderMap| {
        let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        let (range, known) = (text("range"), text("if-range"));
        let mut seen = seen.lock().unwrap();
        seen.push(format!("{range:?} {:?}", text("authorization")));
        let tag = match swapped && seen.len() > 1 {
            true => "\"two\"",
            false => "\"one\"",
        };
        let from: usize = range
            .filter(|_| known.as_deref() == Some(tag))
            .and_then(|range| {
                range
                    .strip_prefix("bytes=")?
                    .strip_suffix('-')?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        let rest = &"1234567890"[from..];
        let now = &rest[..rest.len().min(3)];
        let end = async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            match now.len() == rest.len() {
                true => Ok(""),
                false => Err(std::io::Error::other("cut")),
            }
        };
        let body = futures::stream::iter([Ok(now)]).chain(futures::stream::once(end));
        let range = format!("bytes {from}-9/10");
        async move {
            let status = if from > 0 { 206 } else { 200 };
            (
                axum::http::StatusCode::from_u16(status).unwrap(),
                [
                    ("content-length", rest.len().to_string()),
                    ("accept-ranges", "bytes".into()),
                    ("etag", tag.into()),
                    ("content-range", range),
                ],
                Body::from_stream(body),
            )
        }
    }));
    let files = serve(files).await;
    let desk = Router::new().fallback(any(move || {
        let to = format!("{files}/file");
        async move { (axum::http::StatusCode::FOUND, [("location", to)]) }
    }));
    (serve(desk).await, asked)
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let (base, asked) = in_parts(false).await;
    let token = Auth::Bearer(Secret::new("s3cret"));
    let blob = client(&base, token).get("/x").download().await.unwrap();
    let bytes: Vec<_> = blob.bytes.map(Result::unwrap).collect().await;
    assert_eq!(bytes.concat(), b"1234567890");
    let from = |n: u32| format!("Some(\"bytes={n}-\") None");
    assert_eq!(
        *asked.lock().unwrap(),
        ["None None".to_owned(), from(3), from(6), from(9)],
        "no byte twice, and no credentials on the other host"
    );
}

#[tokio::test]
async fn a_file_that_became_another_is_not_patched_together() {
    let (base, _) = in_parts(true).await;
    let blob = client(&base, Auth::None)
        .get("/x")
        .download()
        .await
        .unwrap();
    let pieces: Vec<_> = blob.bytes.collect().await;
    let error = pieces.into_iter().next_back().unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
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
            part: None,
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
