//! Moves a desk with 10,000 files of 1 KB to 50 MB, 5 GB in all, into a
//! simulated Zendesk account, and fails unless each byte arrived, once, within
//! [`MEMORY`].
//!
//! The files are made on the fly at both ends: nothing here holds one. The
//! account is the sandbox behind a [`Gate`], which compares every byte that is
//! uploaded with what it must be and passes on one byte in its place.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use deskferry::engine;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::desk::Size;
use crate::measure::used;
use crate::{Server, migrate, open, project};

/// How many.
const FILES: u64 = 10_000;
/// How many of a hundred have how many bytes, from and to: the largest is
/// what an account takes, 50 MB.
const BANDS: [(f64, f64, f64); 3] = [
    (90.0, 1024.0, 200e3),
    (8.2, 200e3, 5e6),
    (1.8, 5e6, 52_428_800.0),
];
/// The most memory, in bytes.
const MEMORY: u64 = 150_000_000;
/// Bytes that are made at a time.
const PIECE: usize = 64 * 1024;
const ID: u64 = 367_000_000_000;

/// The desk: a file to each of the first comments.
pub fn desk() -> Size {
    Size {
        files: FILES,
        ..Size::of(4000)
    }
}

/// Bytes of the file with this number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
pub fn size(n: u64) -> u64 {
    // Spread evenly between 0 and 100.
    let mut place = (n as f64 * 0.618_033_988_749_894_9).fract() * 100.0;
    for (share, from, to) in BANDS {
        if place < share {
            return (from * (to / from).powf(place / share)) as u64;
        }
        place -= share;
    }
    BANDS[2].2 as u64
}

fn name(n: u64) -> String {
    format!("file-{n}.bin")
}

/// The file as a comment lists it.
pub fn json(n: u64, base: &str) -> String {
    json!({"id": ID + n, "file_name": name(n), "content_url": format!("{base}/attachments/{n}"),
        "content_type": "application/octet-stream", "size": size(n), "inline": false})
    .to_string()
}

/// The file that a path asks for.
pub fn number_of(path: &str, files: u64) -> Option<u64> {
    let n = path.strip_prefix("/attachments/")?.parse().ok()?;
    (n < files).then_some(n)
}

/// What a file holds, piece by piece.
struct Content {
    state: u64,
    left: u64,
}

impl Content {
    fn of(n: u64) -> Content {
        Content {
            state: (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            left: size(n),
        }
    }
}

impl Iterator for Content {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let length = PIECE.min(usize::try_from(self.left).unwrap_or(PIECE));
        if length == 0 {
            return None;
        }
        self.left -= length as u64;
        let mut piece = Vec::with_capacity(PIECE);
        while piece.len() < length {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            piece.extend_from_slice(&self.state.to_le_bytes());
        }
        piece.truncate(length);
        Some(piece.into())
    }
}

/// The file as the desk sends it.
pub fn answer(n: u64) -> Response {
    let pieces = futures::stream::iter(Content::of(n).map(Ok::<_, std::io::Error>));
    let mut answer = Response::new(Body::from_stream(pieces));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, size(n).into());
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    answer
}

/// What stands before the account.
struct Gate {
    account: String,
    client: reqwest::Client,
    arrived: Mutex<Arrived>,
}

/// Uploads, as they arrived.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Arrived {
    /// Numbers of whole and true files.
    whole: BTreeSet<u64>,
    bytes: u64,
    /// Names of files that came again.
    again: Vec<String>,
    /// Names of files that were not what they must be.
    wrong: Vec<String>,
}

/// Serves the account until the process is ended. Prints the base URL as its first line.
pub fn serve(seed: PathBuf) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let running = migrate::start(seed).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let gate = Gate {
            account: format!("http://{}", running.addr),
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            arrived: Mutex::default(),
        };
        println!("{base}");
        let app = Router::new().fallback(pass).with_state(Arc::new(gate));
        axum::serve(listener, app).await?;
        Ok(())
    })
}

async fn pass(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let done = gate.pass(request).await;
    done.unwrap_or_else(|error| {
        let mut answer = Response::new(Body::from(error.to_string()));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        answer
    })
}

impl Gate {
    async fn pass(&self, request: Request) -> anyhow::Result<Response> {
        let path = request.uri().path().to_owned();
        if path == "/__bench/arrived" {
            let arrived = self.arrived.lock().map_err(|_| anyhow::anyhow!("lost"))?;
            return Ok(Response::new(Body::from(serde_json::to_vec(&*arrived)?)));
        }
        let address = format!("{}{}", self.account, request.uri());
        let (head, body) = request.into_parts();
        let body = if path.trim_end_matches(".json") == "/api/v2/uploads" {
            self.compare(head.uri.query().unwrap_or_default(), body)
                .await?;
            Bytes::from_static(b".")
        } else {
            axum::body::to_bytes(body, usize::MAX).await?
        };
        let mut headers = head.headers;
        for own in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION] {
            headers.remove(own);
        }
        let found = self
            .client
            .request(head.method, address)
            .headers(headers)
            .body(body)
            .send()
            .await?;
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = found.status();
        answer.headers_mut().clone_from(found.headers());
        for own in [header::TRANSFER_ENCODING, header::CONNECTION] {
            answer.headers_mut().remove(own);
        }
        *answer.body_mut() = found.bytes().await?.into();
        Ok(answer)
    }

    /// Compares an upload with what the file with its name must be.
    async fn compare(&self, query: &str, body: Body) -> anyhow::Result<()> {
        let name = url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "filename")
            .map(|(_, name)| name.into_owned())
            .context("a file without a name")?;
        let number = name
            .strip_prefix("file-")
            .and_then(|rest| rest.strip_suffix(".bin")?.parse::<u64>().ok());
        let mut right = number.is_some();
        let mut expected = Content::of(number.unwrap_or_default());
        let mut open = Bytes::new();
        let mut bytes = 0;
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let mut piece = piece?;
            bytes += piece.len() as u64;
            while !piece.is_empty() && right {
                if open.is_empty() {
                    open = expected.next().unwrap_or_default();
                }
                let length = open.len().min(piece.len());
                // Nothing is expected any more where the length is 0.
                right = length > 0 && open.split_to(length) == piece.split_to(length);
            }
        }
        right &= open.is_empty() && expected.left == 0;
        let mut arrived = self.arrived.lock().map_err(|_| anyhow::anyhow!("lost"))?;
        arrived.bytes += bytes;
        match number {
            Some(number) if right => {
                if !arrived.whole.insert(number) {
                    arrived.again.push(name);
                }
            }
            _ => arrived.wrong.push(name),
        }
        Ok(())
    }
}

/// Moves the desk and prints what that took.
pub fn run(desk: &Server, size: Size) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let seed = folder.path().join("account");
    migrate::write_seed(&seed)?;
    let account = Server::start(&["--attachments", "--account", &seed.to_string_lossy()])?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let before = used("self").cpu;
    let start = Instant::now();
    runtime.block_on(async {
        let source = open(&desk.base, folder.path())?;
        let sink = migrate::sink(&account.base, folder.path())?;
        let project = project(folder.path(), Some(source), Some(sink), true)?;
        engine::migrate(&project).await?;
        let problems = project.ledger.count_problems()?;
        ensure!(problems == 0, "{:?}", project.ledger.problems(1)?);
        Ok(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let here = used("self");
    let arrived: Arrived = account.get("/__bench/arrived")?;
    let megabytes = arrived.bytes as f64 / 1e6;
    println!(
        "{} files, {megabytes:.0} MB, came in and went out in {seconds:.1} s: {:.1} MB/s each way, {:.0} files/s",
        arrived.whole.len(),
        megabytes / seconds,
        arrived.whole.len() as f64 / seconds,
    );
    println!(
        "deskferry: {:.1} s of processor time, {:.1} MB peak of at most {:.0}",
        (here.cpu - before).as_secs_f64(),
        here.peak as f64 / 1e6,
        MEMORY as f64 / 1e6,
    );
    for (what, process) in [("desk", desk), ("account", &account)] {
        let there = used(&process.child.id().to_string());
        println!("{what}: {:.1} s of processor time", there.cpu.as_secs_f64());
    }
    let (calls, bytes) = desk.seen()?.remove("/attachments").unwrap_or_default();
    println!("source: {calls} downloads, {:.0} MB", bytes as f64 / 1e6);
    let expected: u64 = (0..size.files).map(self::size).sum();
    ensure!(arrived.wrong.is_empty(), "damaged: {:?}", arrived.wrong);
    ensure!(arrived.again.is_empty(), "sent twice: {:?}", arrived.again);
    ensure!(
        (arrived.whole.len() as u64, arrived.bytes) == (size.files, expected),
        "files are missing"
    );
    let held = runtime.block_on(migrate::held(&account.base))?;
    println!(
        "it holds {} tickets, {} comments, {} files of {}",
        held.tickets, held.comments, held.files, size.files
    );
    ensure!(held.files == size.files, "files hang on no comment");
    ensure!(here.peak <= MEMORY, "too much memory");
    Ok(())
}
