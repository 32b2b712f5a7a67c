//! Writes the target: what others refer to first, then conversations as they
//! become ready, while pages still come in.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use tokio::sync::{OnceCell, watch};

use super::assemble::Assembler;
use super::decorate::{DryRun, Journaled};
use super::deletions::{self, Gone};
use super::estimate::Estimate;
use super::flow;
use super::links;
use super::people::{Made, Resolver};
use super::plan::{Planner, leave};
use super::pull::PullState;
use super::redact;
use super::relations;
use super::settle::settle_all;
use super::stage::{Tallies, Writer, lock};
use super::summary::Summary;
use super::sync;
use super::unify;
use super::{Event, Phase, Project};
use crate::connector::{Body, Error, Result, Sink, TargetDesk};
use crate::ledger::Action;
use crate::mapping::{Compiled, SourceDesk};
use crate::schema::{Kind, Record};

/// Kinds that conversations and articles refer to, small enough to be pulled
/// completely before anything is written.
/// Each refers to those before it only: groups have members, forms fields.
pub(super) const GROUND: [Kind; 5] = [
    Kind::Agent,
    Kind::Group,
    Kind::Brand,
    Kind::Field,
    Kind::Form,
];

/// Writes everything that was pulled and is not on the target yet.
pub async fn push(project: &Project) -> Result<Summary> {
    run(project, super::all_pulled(), Mode::Push).await
}

/// Decides everything and writes nothing.
pub async fn dry_run(project: &Project) -> Result<Summary> {
    run(project, super::all_pulled(), Mode::Preview).await
}

/// Finds out what the last run left open, and writes nothing.
pub(super) async fn settle(project: &Project) -> Result<()> {
    if project.ledger.open_intents()?.is_empty() {
        return Ok(());
    }
    let real = project.sink()?.clone();
    let (writer, _) = prepare(project, &real, Mode::Push).await?;
    settle_all(project, writer.sink.as_ref(), &writer.planner.assembler).await
}

/// What is done with decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing: they are kept for looking at.
    Preview,
    /// They are carried out.
    Push,
    /// They are carried out if they are what the last preview decided.
    Exactly,
}

pub(super) async fn run(
    project: &Project,
    pulled: watch::Receiver<PullState>,
    mode: Mode,
) -> Result<Summary> {
    project.ledger.reconsider(&Kind::ALL).await?;
    let (summary, _) = work(project, pulled, mode, Vec::new()).await?;
    if mode != Mode::Preview {
        sync::decided(project).await?;
    }
    Ok(summary)
}

/// Carries out what waits, and what became of records that are gone.
pub(super) async fn work(
    project: &Project,
    mut pulled: watch::Receiver<PullState>,
    mode: Mode,
    gone: Vec<Gone>,
) -> Result<(Summary, Done)> {
    let preview = mode == Mode::Preview;
    let real = project.sink()?.clone();
    project.ledger.claim("target", &project.target_name).await?;
    if !preview {
        let interlocks = project.open_interlocks().await?;
        if !interlocks.is_empty() {
            return Err(interlocked(&interlocks));
        }
    }
    for kind in GROUND {
        wait_for(&mut pulled, kind).await;
    }
    let (mut writer, mut resolver) = prepare(project, &real, mode).await?;
    if !preview {
        settle_all(project, writer.sink.as_ref(), &writer.planner.assembler).await?;
        let open = project.ledger.open_intents()?;
        writer.unsettled = open.into_iter().map(|intent| intent.key).collect();
    }
    if !gone.is_empty() || project.ledger.changes_wait()? {
        // Before anything is written, not in the middle.
        writer.may_change().await?;
    }
    project.emit(Event::Phase(if preview {
        Phase::Plan
    } else {
        Phase::Push
    }));
    if !preview {
        links::begin(project).await?;
        redact::begin(project).await?;
    }
    for kind in GROUND {
        writer.stage(kind).await?;
    }
    // Groups and fields that are new now have to be known by what follows.
    let again = if !preview && !writer.tallies().is_empty() {
        Some(prepare(project, &real, mode).await?)
    } else if preview && !lock(&writer.made).is_empty() {
        let target = with_made(&writer.target, &writer.made);
        Some(prepare_for(project, &real, mode, target, writer.made.clone()).await?)
    } else {
        None
    };
    if let Some((again, people)) = again {
        writer.target = again.target;
        writer.planner = again.planner;
        resolver = people;
    }
    wait_for(&mut pulled, Kind::Organization).await;
    writer.stage(Kind::Organization).await?;
    wait_for(&mut pulled, Kind::Contact).await;
    unify::refresh(project).await?;
    writer.stage(Kind::Contact).await?;
    unify::follow(&writer).await?;
    former_agents(&writer, &resolver).await?;

    let relations_left = relations::expect(&writer).await?;
    let writer = Arc::new(writer);
    let knowledge = async {
        let mut pulled = pulled.clone();
        for kind in [Kind::Category, Kind::Article, Kind::Macro] {
            wait_for(&mut pulled, kind).await;
        }
        writer.stage_categories().await?;
        if project.scope.wants(Kind::Attachment) {
            wait_until(&mut pulled.clone(), PullState::is_finished).await;
        }
        writer.stage(Kind::Article).await?;
        writer.stage(Kind::Macro).await
    };
    let conversations = async {
        // Both are written with their conversation.
        let mut pulled = pulled.clone();
        for kind in [Kind::Rating, Kind::TimeEntry] {
            wait_for(&mut pulled, kind).await;
        }
        flow::conversations(&writer, pulled).await
    };
    let (knowledge, conversations) = tokio::join!(knowledge, conversations);
    conversations?;
    knowledge?;
    relations::tell(&writer, &resolver, real.as_ref(), relations_left).await?;
    links::replace(&writer).await?;
    deletions::carry_out(&writer, gone).await?;
    if !preview {
        real.finish(&writer.target).await?;
    }
    let calls = lock(&writer.calls).clone();
    let done = Done {
        tallies: writer.tallies(),
        removed: writer.removals(),
    };
    let estimate = preview
        .then(|| Estimate::read(project, &calls))
        .transpose()?;
    let summary = Summary::read(project, calls, &done.tallies)?;
    Ok((
        Summary {
            estimate,
            ..summary
        },
        done,
    ))
}

/// What a run did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Written, matched, blocked.
    pub tallies: Tallies,
    /// Deleted.
    pub removed: BTreeMap<Kind, u64>,
}

/// The target as it will be when what is planned for it is written.
fn with_made(target: &TargetDesk, made: &Made) -> TargetDesk {
    let mut target = target.clone();
    for record in lock(made).values() {
        match record {
            Record::Group(group) => target.groups.push(group.clone()),
            Record::Field(field) => target.fields.push(field.clone()),
            _ => {}
        }
    }
    target
}

pub(super) async fn prepare(
    project: &Project,
    real: &Arc<dyn Sink>,
    mode: Mode,
) -> Result<(Writer, Resolver)> {
    let target = real.describe().await?;
    prepare_for(project, real, mode, target, Made::default()).await
}

async fn prepare_for(
    project: &Project,
    real: &Arc<dyn Sink>,
    mode: Mode,
    target: TargetDesk,
    made: Made,
) -> Result<(Writer, Resolver)> {
    let preview = mode == Mode::Preview;
    let target = Arc::new(target);
    let mapping = Arc::new(compile(project, &target)?);
    let resolver = match preview {
        true => Resolver::previewing(project.ledger.clone(), made.clone()),
        false => Resolver::new(project.ledger.clone()),
    };
    let redactor = project.redactor().await?;
    let (own, rules) = (project.clone(), mapping.clone());
    let assembler = Assembler::new(own, rules, resolver.clone(), &target, redactor);
    let sink: Arc<dyn Sink> = match preview {
        true => Arc::new(DryRun::new(real.clone())),
        false => Arc::new(Journaled::new(real.clone(), project.ledger.clone())),
    };
    let writer = Writer {
        project: project.clone(),
        sink,
        target: target.clone(),
        planner: Planner {
            project: project.clone(),
            assembler,
            mapping,
            target,
            digests: mode != Mode::Push,
            homes: Arc::default(),
        },
        preview,
        exactly: mode == Mode::Exactly,
        calls: Mutex::default(),
        made,
        unsettled: HashSet::new(),
        lost_since: project.ledger.lost_since()?,
        tallies: Mutex::default(),
        refused: Mutex::default(),
        removed: Mutex::default(),
        quiet: OnceCell::new(),
    };
    Ok((writer, resolver))
}

/// Checks the user's rules against what both desks really have.
pub(super) fn compile(project: &Project, target: &TargetDesk) -> Result<Compiled> {
    let fields = all(project, Kind::Field, |record| match record {
        Record::Field(field) => Some(field),
        _ => None,
    })?;
    let agents = all(project, Kind::Agent, |record| match record {
        Record::Agent(agent) => Some(agent),
        _ => None,
    })?;
    let groups = all(project, Kind::Group, |record| match record {
        Record::Group(group) => Some(group),
        _ => None,
    })?;
    let brands = all(project, Kind::Brand, |record| match record {
        Record::Brand(brand) => Some(brand),
        _ => None,
    })?;
    let forms = all(project, Kind::Form, |record| match record {
        Record::Form(form) => Some(form),
        _ => None,
    })?;
    let source = SourceDesk {
        fields: &fields,
        agents: &agents,
        groups: &groups,
        brands: &brands,
        forms: &forms,
    };
    project.mapping.compile(&source, target)
}

fn all<T>(project: &Project, kind: Kind, pick: impl Fn(Record) -> Option<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = project.ledger.scan(kind, after, 1000)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.seq;
        found.extend(page.into_iter().filter_map(|stored| pick(stored.record)));
    }
}

/// What a run that would mail customers says.
pub(super) fn interlocked(interlocks: &[crate::connector::Interlock]) -> Error {
    let list: Vec<String> = interlocks
        .iter()
        .map(|lock| format!("- {}\n  {}", lock.what, lock.hint))
        .collect();
    Error::config(format!(
        "the target may mail customers while records are written:\n{}",
        list.join("\n")
    ))
    .hint("turn these off, or set allow_mail = true in [target] if you know that nobody is mailed")
    .caused_by(Interlocked)
}

/// The target would mail customers.
#[derive(Debug, thiserror::Error)]
#[error("an interlock is open")]
pub struct Interlocked;

async fn wait_for(pulled: &mut watch::Receiver<PullState>, kind: Kind) {
    wait_until(pulled, |state| state.complete(kind)).await;
}

/// A pull that failed ends the channel; what is here is moved all the same.
pub(super) async fn wait_until(
    pulled: &mut watch::Receiver<PullState>,
    ready: impl Fn(&PullState) -> bool,
) {
    while !ready(&pulled.borrow_and_update()) {
        if pulled.changed().await.is_err() {
            return;
        }
    }
}

/// Members of the source's staff who have no account on the target become
/// contacts there: conversations need requesters, and what they wrote an author.
/// Before the first conversation, so that all of them say the same.
async fn former_agents(writer: &Writer, resolver: &Resolver) -> Result<()> {
    let project = &writer.project;
    if !project.scope.wants(Kind::Conversation) {
        return Ok(());
    }
    let mut after = 0;
    loop {
        let page = project.ledger.scan(Kind::Agent, after, 500)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        let mut planned = Vec::new();
        let mut items = Vec::new();
        for stored in page {
            let Record::Agent(agent) = stored.record else {
                continue;
            };
            let known = resolver.person(&agent.id)?.unwrap_or_default();
            let item = writer.planner.assembler.former_agent(&agent)?;
            let (key, Body::Contact(contact)) = (item.key(), &item.body) else {
                continue;
            };
            if known.agent.is_some() || known.contact.is_some() || !project.is_chosen(&key) {
                continue;
            }
            if let Some((target, reason)) = writer.planner.existing_contact(contact)? {
                planned.push(leave(key.clone(), Action::Match, reason).planned);
                if !writer.preview {
                    let written = crate::connector::Written::matched(target);
                    project.ledger.receive(&key, &written, None, true).await?;
                }
            } else {
                let decision =
                    writer
                        .planner
                        .assess(writer.sink.as_ref(), Box::new(item), Vec::new())?;
                // Without an account the first line of a text tells who wrote it.
                if decision.planned.action == Action::Blocked {
                    continue;
                }
                writer.charge(&decision.calls);
                planned.push(decision.planned);
                items.extend(decision.item.map(|item| *item));
            }
            resolver.forget(&agent.id);
        }
        // The preview reads what was planned from the ledger.
        project.ledger.set_plan(planned).await?;
        let size = writer.sink.batch(Kind::Contact).max(1);
        while !items.is_empty() {
            let rest = items.split_off(size.min(items.len()));
            writer.write(std::mem::replace(&mut items, rest)).await?;
        }
    }
}
