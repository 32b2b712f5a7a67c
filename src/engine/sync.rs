//! Only what is new, changed or deleted since the last run. Where nothing is,
//! the target is not asked anything.

use serde::Serialize;

use super::deletions;
use super::plan::{is_deleted, leave};
use super::pull::{Pulled, pull};
use super::push::{self, GROUND, Mode};
use super::update::{add_losses, known_losses, newer_date};
use super::{Project, all_pulled, changes, links, timeline, unify};
use crate::connector::{Detail, Result, detail};
use crate::ledger::{Action, LEFT, PUSHED, PartState, PlanCount, Planned, Receipt, Stored};
use crate::schema::{Key, Kind, Message, Record};

pub use super::deletions::Vanished;

/// How a sync is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct SyncOptions {
    /// Write nothing to the target.
    pub dry_run: bool,
    /// Take what is gone on the source for deleted, however much it is.
    pub accept_deletions: bool,
}

/// What a sync did, or would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Synced {
    /// What was read.
    pub pulled: Pulled,
    /// Records by kind and what was done: created, updated, matched; blocked
    /// are those that wait for somebody.
    pub written: Vec<PlanCount>,
    /// Records that were deleted on the target, by kind.
    pub deleted: Vec<(Kind, u64)>,
    /// Records that are gone on the source.
    pub gone: Vec<Vanished>,
    /// Records with a problem that this run met.
    pub problems: u64,
    /// Records with a problem of an earlier run.
    pub older_problems: u64,
}

impl Synced {
    /// Nothing was written and nothing has to be.
    pub fn is_nothing(&self) -> bool {
        self.written.is_empty() && self.deleted.is_empty() && self.problems == 0
    }
}

/// Reads what changed on the source and carries it to the target.
pub async fn sync(project: &Project, options: SyncOptions) -> Result<Synced> {
    let ledger = &project.ledger;
    let mut synced = Synced {
        pulled: pull(project).await?,
        ..Synced::default()
    };
    let basis = basis(project);
    if ledger.meta(BASIS)?.as_deref() != Some(&basis) {
        // Other rules: what was left out may not be any more.
        ledger.reconsider(&Kind::ALL).await?;
    }
    settle_unchanged(project).await?;
    // What was decided about people since may have made a contact wait again.
    unify::refresh(project).await?;
    let (gone, told) = deletions::find(project, options.accept_deletions)?;
    synced.gone = told;
    if !options.dry_run {
        deletions::tell_held_back(project, &synced.gone).await?;
    }
    let open = !ledger.open_intents()?.is_empty() || !ledger.open_removals()?.is_empty();
    let open = open || links::are_pending(project)?;
    if ledger.waits(&STAGED)? || open || !gone.is_empty() {
        // The target is asked what it has anyway: an agent may be there by now.
        ledger.reconsider(&GROUND).await?;
        ledger.reconsider_refused().await?;
        let mode = match options.dry_run {
            true => Mode::Preview,
            false => Mode::Push,
        };
        let (summary, done) = push::work(project, all_pulled(), mode, gone).await?;
        synced.written = summary.written;
        synced.deleted = done.removed.into_iter().collect();
    }
    if !options.dry_run {
        decided(project).await?;
    }
    synced.problems = ledger.count_problems_now()?;
    synced.older_problems = ledger.count_problems()? - synced.problems;
    Ok(synced)
}

/// Keeps what everything was decided by.
pub(super) async fn decided(project: &Project) -> Result<()> {
    project.ledger.set_meta(BASIS, &basis(project)).await
}

/// What the decisions of the last sync stood on.
const BASIS: &str = "sync.basis";

fn basis(project: &Project) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(project.mapping.text().as_bytes());
    hasher.update(format!("{:?}", project.scope).as_bytes());
    hasher.finalize().to_hex().to_string()
}

/// Kinds that are written by themselves.
const STAGED: [Kind; 11] = [
    Kind::Organization,
    Kind::Group,
    Kind::Agent,
    Kind::Brand,
    Kind::Field,
    Kind::Form,
    Kind::Contact,
    Kind::Conversation,
    Kind::Category,
    Kind::Article,
    Kind::Macro,
];

/// Takes records for done that came again with nothing in them that is
/// written: another date of change, another count.
async fn settle_unchanged(project: &Project) -> Result<()> {
    for kind in STAGED {
        let mut after = 0;
        loop {
            project.stop.check()?;
            let page = match kind {
                Kind::Conversation => project.ledger.ready(kind, after, 500)?,
                _ => project.ledger.pending(kind, after, 500)?,
            };
            let Some(last) = page.last() else { break };
            after = last.seq;
            let mut planned = Vec::new();
            for stored in page {
                let key = stored.record.key();
                let Some(receipt) = project.ledger.receipt(&key)? else {
                    continue;
                };
                if is_deleted(&stored.record) {
                    let reason = detail!("reason-deleted");
                    planned.push(stays(project, &receipt, Action::Skip, Some(reason), None)?);
                    project.ledger.set_state(&key, LEFT).await?;
                } else if is_unchanged(project, &receipt, &stored)? {
                    let action = Action::Done;
                    planned.push(stays(project, &receipt, action, None, Some(&stored))?);
                    project.ledger.set_state(&key, PUSHED).await?;
                }
            }
            project.ledger.set_plan(planned).await?;
        }
    }
    Ok(())
}

fn stays(
    project: &Project,
    receipt: &Receipt,
    action: Action,
    reason: Option<Detail>,
    changed: Option<&Stored>,
) -> Result<Planned> {
    let mut planned = leave(receipt.key.clone(), action, reason).planned;
    planned.target = Some(receipt.target.clone());
    planned.losses = known_losses(project, &receipt.key)?;
    let newer = |stored: &&Stored| receipt.hash.as_deref() != Some(&stored.hash[..]);
    if receipt.key.kind == Kind::Conversation && changed.filter(newer).is_some() {
        add_losses(&mut planned.losses, vec![newer_date()]);
    }
    Ok(planned)
}

fn is_unchanged(project: &Project, receipt: &Receipt, stored: &Stored) -> Result<bool> {
    let ledger = &project.ledger;
    let key = &receipt.key;
    if receipt.is_ours() && receipt.hash.as_deref() != Some(&stored.hash[..]) {
        let Some(written) = ledger.written(key)? else {
            return Ok(false);
        };
        if !changes::between(&written.record, &stored.record).is_empty() {
            return Ok(false);
        }
    }
    if key.kind != Kind::Conversation {
        return Ok(true);
    }
    let mut history = false;
    for (part, state) in ledger.parts(key)? {
        match state {
            PartState::Same => {}
            // Told by the note of a later entry, most of them.
            PartState::New if part.id.starts_with(Message::HISTORY) => history = true,
            PartState::New => return Ok(false),
            PartState::Changed(_) if part.kind == Kind::Message => {
                if is_edited(project, &part)? {
                    return Ok(false);
                }
            }
            PartState::Changed(_) => {}
        }
    }
    Ok(!history || timeline::is_told(ledger, key)?)
}

fn is_edited(project: &Project, key: &Key) -> Result<bool> {
    let versions = (project.ledger.written(key)?, project.ledger.get(key)?);
    let (Some(written), Some(now)) = versions else {
        return Ok(true);
    };
    Ok(match (&written.record, &now.record) {
        (Record::Message(written), Record::Message(now)) => changes::edited(written, now),
        _ => true,
    })
}
