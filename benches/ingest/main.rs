//! How fast a large desk comes in, and in how much memory.
//!
//! ```text
//! cargo bench --bench ingest -- --tickets 100000
//! ```
//!
//! 100,000 tickets make 426,000 records: three comments a ticket, a user to
//! four and an organization to a hundred. The desk is served by a process of
//! its own, so that memory and processor time are told apart. What came in is
//! counted: a reader that loses records is not fast.
//!
//! ```text
//! cargo bench --bench ingest -- --migrate --tickets 100000
//! ```
//!
//! moves the same desk on into a simulated Zendesk account, see `migrate.rs`.
//!
//! ```text
//! cargo bench --bench ingest -- --attachments
//! ```
//!
//! moves 10,000 files of 1 KB to 50 MB, 5 GB in all, see `files.rs`.

mod desk;
mod files;
mod measure;
mod migrate;
mod server;

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::Parser;
use deskferry::connector::{self, Connector, Options, Scope, Setup, Sink, Source};
use deskferry::engine::{self, Project, Stop};
use deskferry::http;
use deskferry::ledger::{Ledger, Mode};
use deskferry::mapping::PlatformMapping;
use deskferry::schema::Kind;
use serde::de::DeserializeOwned;

use desk::Size;
use measure::used;

/// Reads a large desk from loopback into a fresh ledger and says how fast that was.
#[derive(Parser)]
struct Args {
    /// Tickets of the desk, rounded up to thousands.
    #[arg(long, default_value_t = 100_000)]
    tickets: u64,
    /// Without the desk's answers in the ledger (`keep_raw = false`).
    #[arg(long)]
    no_raw: bool,
    /// Move the desk on into a simulated Zendesk account.
    #[arg(long)]
    migrate: bool,
    /// Move a desk with 10,000 files into one.
    #[arg(long)]
    attachments: bool,
    /// Be that account and nothing else, with the desk in this folder to start from.
    #[arg(long, hide = true)]
    account: Option<PathBuf>,
    /// Serve the desk and nothing else.
    #[arg(long, hide = true)]
    serve: bool,
    /// What cargo adds for every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let size = match args.attachments {
        true => files::desk(),
        false => Size::of(args.tickets),
    };
    if args.serve {
        return server::run(size);
    }
    if let Some(seed) = args.account {
        return match args.attachments {
            true => files::serve(seed),
            false => migrate::serve(seed),
        };
    }
    let server = Server::desk(size)?;
    if args.attachments {
        return files::run(&server, size);
    }
    if args.migrate {
        return migrate::run(&server, size, !args.no_raw);
    }
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let before = used("self").cpu;
    let start = Instant::now();
    let records = runtime.block_on(async {
        let source = open(&server.base, folder.path())?;
        pull(source, folder.path(), !args.no_raw).await
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let here = used("self");
    let there = used(&server.child.id().to_string());
    let (calls, bytes) = server
        .seen()?
        .values()
        .fold((0, 0), |sum, route| (sum.0 + route.0, sum.1 + route.1));
    expect(&records, size)?;

    let total = size.records() as f64;
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{} records, {megabytes:.0} MB, {calls} calls",
        size.records()
    );
    println!(
        "{seconds:.2} s: {:.0} records/s, {:.1} MB/s",
        total / seconds,
        megabytes / seconds
    );
    println!(
        "deskferry: {:.2} s of processor time, {:.1} MB peak",
        (here.cpu - before).as_secs_f64(),
        here.peak as f64 / 1e6,
    );
    // The log beside the file holds what was not merged yet.
    let ledger: u64 = ["bench.ledger", "bench.ledger-wal"]
        .iter()
        .filter_map(|name| Some(std::fs::metadata(folder.path().join(name)).ok()?.len()))
        .sum();
    println!("ledger: {:.0} MB", ledger as f64 / 1e6);
    println!("server: {:.2} s of processor time", there.cpu.as_secs_f64());
    Ok(())
}

/// The Zendesk source at `base`, with pacing that does not wait.
fn open(base: &str, folder: &Path) -> anyhow::Result<Arc<dyn Source>> {
    let zendesk = connector::find("zendesk").context("no Zendesk connector")?;
    // Waits become microseconds.
    let speed = *http::SPEEDS.end();
    let setup = setup(zendesk, "source", base, "bench", speed, folder)?;
    Ok((zendesk.source)(setup)?)
}

/// An account of Zendesk, whose clocks run so much faster.
fn setup(
    zendesk: &Connector,
    side: &'static str,
    base: &str,
    secret: &str,
    speed: f64,
    folder: &Path,
) -> anyhow::Result<Setup> {
    let file = format!("{side}.secret");
    std::fs::write(folder.join(&file), secret)?;
    let table = toml::toml! {
        subdomain = "lumen"
        base_url = base
        client_id = "deskferry"
        client_secret = { file = file }
    };
    Ok(Setup {
        options: Options::new(table, side, folder),
        mapping: Arc::new(PlatformMapping::load(zendesk.name, zendesk.mapping, None)?),
        http: http::Settings {
            speed,
            ..http::Settings::default()
        },
    })
}

/// Pulls everything into a fresh ledger, as `deskferry pull` does, and counts what is in it.
async fn pull(
    source: Arc<dyn Source>,
    folder: &Path,
    keep_raw: bool,
) -> anyhow::Result<BTreeMap<Kind, u64>> {
    let project = project(folder, Some(source), None, keep_raw)?;
    engine::pull(&project).await?;
    let problems = project.ledger.count_problems()?;
    anyhow::ensure!(problems == 0, "{:?}", project.ledger.problems(1)?);
    Ok(project.ledger.counts()?.into_iter().collect())
}

/// A migration with a fresh ledger, as the commands make one.
fn project(
    folder: &Path,
    source: Option<Arc<dyn Source>>,
    sink: Option<Arc<dyn Sink>>,
    keep_raw: bool,
) -> anyhow::Result<Project> {
    Ok(Project {
        ledger: Ledger::open(&folder.join("bench.ledger"), "bench", Mode::Run)?,
        source,
        sink,
        source_name: "zendesk:lumen".into(),
        target_name: "zendesk:target".into(),
        scope: Scope {
            since: None,
            kinds: Kind::ALL.to_vec(),
        },
        mapping: Arc::default(),
        settings: engine::Settings {
            keep_raw,
            ..engine::Settings::default()
        },
        listener: Arc::new(|_| {}),
        stop: Stop::default(),
    })
}

/// Fails unless everything that the desk holds has come in.
fn expect(records: &BTreeMap<Kind, u64>, size: Size) -> anyhow::Result<()> {
    let people = [Kind::Contact, Kind::Agent];
    let found = |kinds: &[Kind]| {
        kinds
            .iter()
            .filter_map(|kind| records.get(kind))
            .sum::<u64>()
    };
    for (kinds, expected) in [
        (&[Kind::Conversation][..], size.tickets),
        (&[Kind::Message], size.comments()),
        (&people, size.users()),
        (&[Kind::Organization], size.organizations()),
    ] {
        anyhow::ensure!(
            found(kinds) == expected,
            "{} of {expected} {} came in",
            found(kinds),
            kinds[0].plural()
        );
    }
    Ok(())
}

/// A process that serves a desk. Dropping it ends it.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    /// The desk that is read.
    fn desk(size: Size) -> anyhow::Result<Server> {
        let tickets = size.tickets.to_string();
        let mut args = vec!["--serve", "--tickets", &tickets];
        if size.files > 0 {
            args.push("--attachments");
        }
        Server::start(&args)
    }

    /// This program with these arguments; it prints its address first.
    fn start(args: &[&str]) -> anyhow::Result<Server> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut base = String::new();
        if let Some(out) = child.stdout.take() {
            std::io::BufReader::new(out).read_line(&mut base)?;
        }
        let server = Server {
            child,
            base: base.trim().to_owned(),
        };
        anyhow::ensure!(!server.base.is_empty(), "a server did not start");
        Ok(server)
    }

    /// Calls and bytes that the desk answered, by route.
    fn seen(&self) -> anyhow::Result<BTreeMap<String, (u64, u64)>> {
        self.get("/__bench/seen")
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let url = format!("{}{path}", self.base);
        Ok(runtime.block_on(async { reqwest::get(url).await?.json().await })?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; there is nothing else to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
