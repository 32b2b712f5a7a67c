//! What the commands that move records have in common: they open both desks
//! and the ledger, follow the run, and stop when the user wants.

use std::time::{Duration, Instant};

use super::config::{Config, Desk};
use super::keys::{Hands, Keys, Wish};
use super::progress::Progress;
use super::remote::{Remote, Stages};
use super::{Context, exit};
use crate::connector::{ErrorKind, Result, Scope};
use crate::engine::{Project, Settings, Stop};
use crate::ledger::{DeskStats, Ledger, Mode, RunStats};
use crate::schema::Kind;

/// Which desks a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Neither.
    Ledger,
    /// The source.
    Source,
    /// The target.
    Target,
    /// Both.
    Both,
}

impl Needs {
    fn source(self) -> bool {
        matches!(self, Needs::Source | Needs::Both)
    }

    /// Whether the target is among them.
    pub fn target(self) -> bool {
        matches!(self, Needs::Target | Needs::Both)
    }
}

/// How a command runs the engine.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Name for the ledger's list of runs.
    pub command: &'static str,
    /// The desks.
    pub needs: Needs,
    /// Conversations worked on at the same time.
    pub concurrency: usize,
    /// Only this many conversations.
    pub limit: Option<u64>,
}

/// Flags of the commands that talk to desks.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct WorkArgs {
    /// Conversations and downloads worked on at the same time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: u8,
}

/// Runs `work` on the project that the configuration describes.
///
/// The first Ctrl-C lets the engine finish what it began, the second ends the
/// process: the ledger knows what was open and the next run settles it.
pub async fn run<T>(
    plan: Plan,
    context: &Context,
    work: impl AsyncFnOnce(&Project) -> Result<T>,
) -> Result<T> {
    context.ci.probe()?;
    let config = context.config()?;
    let mut desks: Vec<&Desk> = Vec::new();
    if plan.needs.source() {
        desks.push(config.source()?);
    }
    if plan.needs.target() {
        desks.push(config.target()?);
    }
    let progress = Progress::new(
        context.printer.clone(),
        desks
            .iter()
            .map(|desk| (desk.section, desk.meter.clone()))
            .collect(),
    );
    let remote = Remote::begin(&config, &plan, context).await?;
    let stages = Stages::default();
    let project = match open(&plan, &config, &progress, &stages) {
        Ok(project) => project,
        Err(error) => {
            remote.release().await;
            return Err(error);
        }
    };
    remote.adopt(&project.ledger, plan.needs).await?;
    let attendance = remote.attend(&project.ledger, &project.stop, &stages, &context.printer);
    if let Some(since) = context.lost_since {
        project.ledger.mark_lost(since).await?;
    }
    if let (Some(since), true) = (project.ledger.lost_since()?, plan.needs.target()) {
        let since = ("time", since.to_string().into());
        context
            .printer
            .talk(&context.printer.texts().say("progress-lost-since", &[since]));
    }
    wait_for_hours(&desks, context).await;
    let meters = desks.iter().map(|desk| desk.meter.clone()).collect();
    let hands = Hands::new(meters, project.stop.clone());
    let attendants = [
        tokio::spawn(listen_to_user(hands.clone(), context.printer.clone())),
        tokio::spawn(keep_hours(
            close_after(&desks),
            hands.clone(),
            context.printer.clone(),
        )),
        tokio::spawn({
            let progress = progress.clone();
            async move {
                loop {
                    progress.tick();
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }),
    ];
    let keys = read_keys(hands, &progress, context);
    let begun = Instant::now();
    let result = work(&project).await;
    drop(keys);
    for attendant in attendants {
        attendant.abort();
    }
    progress.finish();
    let outcome = match &result {
        Ok(_) => done(&project.ledger).unwrap_or_else(|_| "done".to_owned()),
        Err(error) if error.kind == ErrorKind::Interrupted => "interrupted".to_owned(),
        Err(error) => format!("failed: {error}"),
    };
    // The work's own failure says more than that of writing it down.
    let ended = project
        .ledger
        .end_run(&outcome, &stats(&desks, begun.elapsed()))
        .await;
    let found = forget_lost(&plan, &project.ledger, result.is_ok()).await;
    let told = context.ci.write(&project.ledger, plan.command, context);
    let saved = remote.finish(&project.ledger, attendance).await;
    match result {
        // Stopped because somebody else has the ledger: that says more.
        Err(error) if error.kind == ErrorKind::Interrupted => saved.and(Err(error)),
        Err(error) => Err(error),
        Ok(value) => ended.and(found).and(saved).and(told).map(|()| value),
    }
}

/// Keys that pause and stop, where bars are drawn and somebody can press them.
fn read_keys(hands: Hands, progress: &Progress, context: &Context) -> Option<Keys> {
    context.printer.bars()?;
    let printer = context.printer.clone();
    let keys = Keys::read(hands, move |wish| {
        if wish == Wish::Stop {
            printer.talk(&printer.texts().get("progress-stopping"));
        }
    })?;
    progress.reads_keys();
    Some(keys)
}

/// Commands that read all of the source and write all of it to the target.
const WHOLE: [&str; 2] = ["migrate", "sync"];

/// When everything on the source has its receipt, none is missing any more.
async fn forget_lost(plan: &Plan, ledger: &Ledger, done: bool) -> Result<()> {
    let whole = done && plan.limit.is_none() && WHOLE.contains(&plan.command);
    if whole && ledger.lost_since()?.is_some() && ledger.has_all_receipts()? {
        ledger.all_found().await?;
    }
    Ok(())
}

/// How a run ended that did what it was asked for.
fn done(ledger: &Ledger) -> Result<String> {
    let mut text = "done".to_owned();
    let problems = ledger.count_problems()?;
    if problems > 0 {
        text.push_str(&format!(", {problems} problems are not solved"));
    }
    let compared = ledger.comparison()?;
    if let Some(comparison) = compared.filter(|known| known.run == ledger.run()) {
        text.push_str(match comparison.is_clean() {
            true => ", no differences",
            false => ", both desks differ",
        });
    }
    Ok(text)
}

/// What the run cost.
fn stats(desks: &[&Desk], took: Duration) -> RunStats {
    let desks = desks.iter().map(|desk| {
        let reading = desk.meter.read();
        let budgets = reading.by_budget.into_iter();
        DeskStats {
            desk: desk.section.to_owned(),
            requests: reading.requests,
            by_budget: budgets.map(|(name, n)| (name.to_owned(), n)).collect(),
            retries: reading.retries,
            refused: reading.refused,
            bytes_sent: reading.bytes_sent,
            bytes_received: reading.bytes_received,
            waited_ms: reading.waited_ms,
        }
    });
    RunStats {
        seconds: took.as_secs(),
        desks: desks.collect(),
    }
}

fn open(plan: &Plan, config: &Config, progress: &Progress, stages: &Stages) -> Result<Project> {
    let mapping = config.user_mapping()?;
    let source = match plan.needs.source() {
        true => Some(config.source()?.open_source(&mapping)?),
        false => None,
    };
    let sink = match plan.needs.target() {
        true => Some(config.target()?.open_sink(&mapping)?),
        false => None,
    };
    let name = |desk: &Option<Desk>| desk.as_ref().map_or(Ok(String::new()), Desk::id);
    let kinds = match config.scope.records.is_empty() {
        true => Kind::ALL.to_vec(),
        false => with_needs(&config.scope.records),
    };
    let (told, stages) = (progress.clone(), stages.clone());
    Ok(Project {
        source_name: name(&config.source)?,
        target_name: name(&config.target)?,
        ledger: Ledger::open(&config.ledger, plan.command, Mode::Run)?,
        source,
        sink,
        scope: Scope {
            since: config.scope.since,
            kinds,
        },
        mapping: std::sync::Arc::new(mapping),
        settings: Settings {
            concurrency: plan.concurrency,
            keep_raw: config.keep_raw,
            allow_mail: config.target.as_ref().is_some_and(|desk| desk.allow_mail),
            limit: plan.limit,
            only: None,
            conflicts: config.sync.conflicts,
            deleted: config.sync.deleted,
            max_deletions: config.sync.max_deletions,
            attachments: config.attachments.clone(),
            order: config.scope.order,
        },
        listener: std::sync::Arc::new(move |event| {
            stages.event(&event);
            told.event(event);
        }),
        stop: Stop::default(),
    })
}

/// Kinds with everything that they need to make sense on the target.
fn with_needs(kinds: &[Kind]) -> Vec<Kind> {
    let needs = |kind: Kind| -> &[Kind] {
        match kind {
            Kind::Conversation | Kind::Message => &[
                Kind::Organization,
                Kind::Group,
                Kind::Agent,
                Kind::Brand,
                Kind::Field,
                Kind::Form,
                Kind::Contact,
                Kind::Conversation,
                Kind::Message,
                Kind::Attachment,
                Kind::Rating,
                Kind::TimeEntry,
            ],
            Kind::Contact => &[Kind::Organization, Kind::Group, Kind::Agent, Kind::Field],
            Kind::Organization => &[Kind::Group, Kind::Agent, Kind::Field],
            Kind::Article => &[Kind::Agent, Kind::Category, Kind::Attachment],
            Kind::Group => &[Kind::Agent],
            _ => &[],
        }
    };
    Kind::ALL
        .into_iter()
        .filter(|kind| {
            kinds.contains(kind) || kinds.iter().any(|wanted| needs(*wanted).contains(kind))
        })
        .collect()
}

/// Ctrl-C, or the signal that service managers send.
async fn interrupted() {
    let ctrl_c = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = ctrl_c => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    let _ = ctrl_c.await;
}

async fn listen_to_user(hands: Hands, printer: super::printer::Printer) {
    interrupted().await;
    hands.do_it(Wish::Stop);
    printer.talk(&printer.texts().get("progress-stopping"));
    interrupted().await;
    Keys::restore();
    std::process::exit(i32::from(exit::INTERRUPTED));
}

fn now() -> jiff::civil::Time {
    jiff::Zoned::now().time()
}

/// Waits until the hours of all desks have come.
async fn wait_for_hours(desks: &[&Desk], context: &Context) {
    loop {
        let wait = desks
            .iter()
            .filter_map(|desk| desk.hours)
            .map(|hours| hours.until_open(now()))
            .max()
            .unwrap_or_default();
        if wait.is_zero() {
            return;
        }
        let from = jiff::Zoned::now()
            .saturating_add(jiff::SignedDuration::try_from(wait).unwrap_or_default());
        let from = ("time", from.strftime("%H:%M").to_string().into());
        context
            .printer
            .talk(&context.printer.texts().say("progress-hours-wait", &[from]));
        tokio::time::sleep(wait).await;
    }
}

/// Time until the first desk's hours end.
fn close_after(desks: &[&Desk]) -> Option<Duration> {
    desks
        .iter()
        .filter_map(|desk| desk.hours)
        .map(|hours| hours.until_close(now()))
        .min()
}

async fn keep_hours(close_after: Option<Duration>, hands: Hands, printer: super::printer::Printer) {
    let Some(close_after) = close_after else {
        return;
    };
    tokio::time::sleep(close_after).await;
    printer.talk(&printer.texts().get("progress-hours-over"));
    hands.do_it(Wish::Stop);
}
