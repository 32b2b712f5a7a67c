//! Moves the whole desk into a simulated Zendesk account: the sandbox, with
//! the vendor's limits and refusals, and clocks that run [`SPEED`] times faster.
//!
//! Says how many calls that takes, how fast it is and in how much memory, and
//! fails when a limit is passed or when the account does not hold each ticket
//! with its comments once.

use std::collections::{BTreeMap, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use deskferry::connector::{self, Sink};
use deskferry::{engine, sandbox};
use serde::Deserialize;
use serde_json::json;

use crate::desk::{AGENTS, Size, agent_email};
use crate::measure::used;
use crate::{Server, open, project, setup};

/// How much faster than real time the account's jobs and limits run.
const SPEED: f64 = 100.0;

/// The most calls that read the source, for 1,000 tickets: 1,500 for 100,000, with [`FEW`].
const READS: u64 = 14;
/// The most calls that write tickets, for 1,000 tickets: 1,200 for 100,000, with [`FEW`].
const WRITES: u64 = 11;
/// The most memory, in bytes.
const MEMORY: u64 = 150_000_000;
/// Calls that every desk costs, however small it is.
const FEW: u64 = 100;

/// Serves the account until the process is ended. Prints the base URL as its first line.
pub fn serve(seed: PathBuf) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let running = start(seed).await?;
        println!("http://{}", running.addr);
        std::future::pending().await
    })
}

/// Starts the account in this process.
pub async fn start(seed: PathBuf) -> anyhow::Result<sandbox::Running> {
    let zendesk = connector::find("zendesk").context("no Zendesk connector")?;
    let start = zendesk.sandbox.context("Zendesk has no sandbox")?;
    let config = sandbox::Config {
        seed: Some(seed),
        plan: Some("enterprise".into()),
        speed: SPEED,
        features: vec!["high_volume".into(), "users_bulk".into()],
        ..sandbox::Config::default()
    };
    Ok(start(config).await?)
}

/// Moves the desk and prints what that took.
pub fn run(desk: &Server, size: Size, keep_raw: bool) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let seed = folder.path().join("account");
    write_seed(&seed)?;
    let account = Server::start(&["--account", &seed.to_string_lossy()])?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let before = used("self").cpu;
    let start = Instant::now();
    runtime.block_on(async {
        let source = open(&desk.base, folder.path())?;
        let project = project(
            folder.path(),
            Some(source),
            Some(sink(&account.base, folder.path())?),
            keep_raw,
        )?;
        engine::migrate(&project).await?;
        let problems = project.ledger.count_problems()?;
        ensure!(problems == 0, "{:?}", project.ledger.problems(1)?);
        Ok(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let here = used("self");
    let counts: Counts = account.get("/__sandbox/stats")?;
    let there = used(&account.child.id().to_string());
    let reads: u64 = desk.seen()?.values().map(|(calls, _)| calls).sum();

    println!(
        "{} records moved in {seconds:.1} s: {:.0} records/s",
        size.records(),
        size.records() as f64 / seconds
    );
    let writes = counts.of(|route| route == IMPORT);
    let polls = counts.of(|route| route.starts_with("GET /api/v2/job_statuses"));
    let thousands = size.tickets / 1000;
    let (most_reads, most_writes) = (FEW + READS * thousands, FEW + WRITES * thousands);
    println!("source: {reads} reading calls of at most {most_reads}");
    println!("target: {writes} calls that write tickets of at most {most_writes}");
    println!(
        "target: {} other writes, {polls} polls of jobs, {} reading calls",
        counts.of(|route| !route.starts_with("GET ") && route != IMPORT),
        counts.of(|route| route.starts_with("GET ")) - polls,
    );
    println!(
        "deskferry: {:.1} s of processor time, {:.1} MB peak of at most {:.0}",
        (here.cpu - before).as_secs_f64(),
        here.peak as f64 / 1e6,
        MEMORY as f64 / 1e6,
    );
    println!(
        "account: {:.1} s of processor time",
        there.cpu.as_secs_f64()
    );

    let held = runtime.block_on(held(&account.base))?;
    println!(
        "it holds {} tickets, {} of them different, and {} comments; {} mails",
        held.tickets,
        held.markers.len(),
        held.comments,
        counts.mails.total
    );
    let tickets = (held.tickets, held.markers.len() as u64);
    ensure!(
        tickets == (size.tickets, size.tickets),
        "a ticket is missing or doubled"
    );
    ensure!(
        held.comments == size.comments(),
        "a comment is missing or doubled"
    );
    ensure!(counts.mails.total == 0, "customers would have been mailed");
    ensure!(reads <= most_reads, "too many reading calls");
    ensure!(writes <= most_writes, "too many calls that write tickets");
    ensure!(here.peak <= MEMORY, "too much memory");
    Ok(())
}

/// The route that tickets are imported by.
const IMPORT: &str = "POST /api/v2/imports/tickets/create_many";

/// What the sandbox counts.
#[derive(Deserialize)]
struct Counts {
    routes: BTreeMap<String, u64>,
    mails: Mails,
}

#[derive(Deserialize)]
struct Mails {
    total: u64,
}

impl Counts {
    fn of(&self, which: impl Fn(&str) -> bool) -> u64 {
        let routes = self.routes.iter().filter(|(route, _)| which(route));
        routes.map(|(_, calls)| calls).sum()
    }
}

/// The account as a target.
pub fn sink(base: &str, folder: &Path) -> anyhow::Result<Arc<dyn Sink>> {
    let zendesk = connector::find("zendesk").context("no Zendesk connector")?;
    let setup = setup(zendesk, "target", base, "sandbox-secret", SPEED, folder)?;
    Ok((zendesk.sink)(setup)?)
}

/// The account has the same agents as the desk, since agents are never
/// created, and their group; nothing else.
pub fn write_seed(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(folder)?;
    let created = "2019-01-01T00:00:00Z";
    let file = |name: &str| std::fs::File::create(folder.join(name));
    let desk = json!({"subdomain": "target", "locales": ["en-us"], "me": 1});
    std::fs::write(folder.join("desk.json"), desk.to_string())?;
    let group = json!({"id": 1000, "name": "Support", "default": true, "deleted": false,
        "created_at": created, "updated_at": created});
    writeln!(file("groups.jsonl")?, "{group}")?;
    let mut users = file("users.jsonl")?;
    let mut members = file("group_memberships.jsonl")?;
    for n in 0..AGENTS {
        let (id, role) = (n + 1, if n == 0 { "admin" } else { "agent" });
        let user = json!({"id": id, "name": format!("Agent {id}"), "email": agent_email(n), "role": role,
            "active": true, "verified": true, "suspended": false, "created_at": created, "updated_at": created});
        writeln!(users, "{user}")?;
        let member = json!({"id": 2000 + n, "user_id": id, "group_id": 1000, "default": true});
        writeln!(members, "{member}")?;
    }
    Ok(())
}

/// What the account holds, as its own export says.
#[derive(Default)]
pub struct Held {
    /// Tickets.
    pub tickets: u64,
    /// Comments.
    pub comments: u64,
    /// Files of comments.
    pub files: u64,
    /// Marks of the source's records: one a ticket, when each is there once.
    markers: HashSet<String>,
}

#[derive(Deserialize)]
struct Page {
    tickets: Vec<Row>,
    after_cursor: Option<String>,
    end_of_stream: bool,
}

#[derive(Deserialize)]
struct Row {
    external_id: Option<String>,
    comment_count: u64,
}

/// Asks the account what it holds.
pub async fn held(base: &str) -> anyhow::Result<Held> {
    let client = reqwest::Client::new();
    // The export leaves out what was written within the last minute.
    client
        .post(format!("{base}/__sandbox/advance"))
        .body(json!({"seconds": 3600}).to_string())
        .send()
        .await?
        .error_for_status()?;
    let user = format!("{}/token", agent_email(0));
    let mut held = Held::default();
    let mut query = "start_time=0".to_owned();
    loop {
        let url = format!(
            "{base}/api/v2/incremental/tickets/cursor.json?per_page=1000&include=comment_count&{query}"
        );
        let answer = client
            .get(url)
            .basic_auth(&user, Some("sandbox-token"))
            .send()
            .await?
            .error_for_status()?;
        let page: Page = answer.json().await?;
        for row in page.tickets {
            held.tickets += 1;
            held.comments += row.comment_count;
            held.markers.extend(row.external_id);
        }
        match page.after_cursor {
            Some(cursor) if !page.end_of_stream => query = format!("cursor={cursor}"),
            _ => break,
        }
    }
    let mut start = 0;
    let mut seen = HashSet::new();
    loop {
        let url = format!(
            "{base}/api/v2/incremental/ticket_events.json?per_page=1000&include=comment_events&start_time={start}"
        );
        let answer = client
            .get(url)
            .basic_auth(&user, Some("sandbox-token"))
            .send()
            .await?
            .error_for_status()?;
        let page: Events = answer.json().await?;
        // A page begins with the second that the one before it ended with.
        let files = page
            .ticket_events
            .iter()
            .flat_map(|event| &event.child_events);
        seen.extend(files.flat_map(|child| child.attachments.iter().map(|file| file.id)));
        held.files = seen.len() as u64;
        match page.end_time {
            Some(end) if !page.end_of_stream && end > start => start = end,
            _ => return Ok(held),
        }
    }
}

#[derive(Deserialize)]
struct Events {
    ticket_events: Vec<Event>,
    end_time: Option<u64>,
    end_of_stream: bool,
}

#[derive(Deserialize)]
struct Event {
    child_events: Vec<Child>,
}

#[derive(Deserialize)]
struct Child {
    #[serde(default)]
    attachments: Vec<Attached>,
}

#[derive(Deserialize)]
struct Attached {
    id: u64,
}
