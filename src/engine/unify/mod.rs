//! One person, one contact: which contacts of the source are the same person,
//! by strong evidence or somebody's decision, and what that makes of them.
//!
//! The records stay as they came. What is written is the contact that is kept,
//! with everything of the others ([`merged`]); the others get a receipt that
//! leads to it, so that whatever refers to them arrives at the one.

mod find;
mod graph;
mod merge;

pub(super) use merge::{cede, merged};

pub use find::{Apart, Found, Person, Rule, Suggestion, find, person};

use super::plan::leave;
use super::stage::Writer;
use super::{Event, Project};
use crate::connector::{Result, WriteAction, Written, detail};
use crate::ledger::{Action, Ledger, PUSHED, Unified};
use crate::schema::{Key, Kind};

/// What the last finding stood on: nothing has to be looked at twice.
const BASIS: &str = "people.basis";

/// Finds out who is one, if contacts, decisions or rules have changed since.
pub(super) async fn refresh(project: &Project) -> Result<()> {
    let ledger = &project.ledger;
    let basis = basis(project)?;
    if ledger.meta(BASIS)?.as_deref() == Some(&basis) {
        return Ok(());
    }
    let found = find(ledger, &project.mapping, false)?;
    for doubt in &found.doubts {
        project.emit(Event::Note(doubt.clone()));
    }
    ledger.unify(found.unified, found.ceded).await?;
    ledger.set_meta(BASIS, &basis).await
}

fn basis(project: &Project) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&project.ledger.clock()?.to_le_bytes());
    hasher.update(format!("{:?}", project.mapping.people()).as_bytes());
    for decision in project.ledger.decisions()? {
        hasher.update(format!("{decision:?}").as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether a contact is on the target without somebody who is one with it, or
/// with an older version of them.
pub(super) fn is_behind(ledger: &Ledger, key: &Key) -> Result<bool> {
    if key.kind != Kind::Contact {
        return Ok(false);
    }
    for member in ledger.members(&key.id)? {
        let key = Key::new(Kind::Contact, member.id);
        let Some(stored) = ledger.get(&key)? else {
            continue;
        };
        let written = ledger.receipt(&key)?.and_then(|receipt| receipt.hash);
        if written.as_deref() != Some(&stored.hash[..]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Contacts worked on at the same time.
const PAGE: usize = 500;

/// Gives everybody who is written as one with another contact the same place
/// on the target.
pub(super) async fn follow(writer: &Writer) -> Result<()> {
    let project = &writer.project;
    if !project.scope.wants(Kind::Contact) {
        return Ok(());
    }
    let mut after = String::new();
    loop {
        project.stop.check()?;
        let page = project.ledger.all_unified(&after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        let mut planned = Vec::new();
        for unified in page {
            if let Some(decided) = follow_one(writer, unified).await? {
                planned.push(decided);
            }
        }
        project.ledger.set_plan(planned).await?;
    }
}

async fn follow_one(writer: &Writer, unified: Unified) -> Result<Option<crate::ledger::Planned>> {
    let project = &writer.project;
    let ledger = &project.ledger;
    let key = Key::new(Kind::Contact, &unified.id);
    let kept = Key::new(Kind::Contact, &unified.kept);
    let done = |key: &Key| -> Result<bool> {
        let stored = ledger.get(key)?;
        Ok(stored.is_some_and(|stored| stored.state & PUSHED != 0))
    };
    if done(&key)? && ledger.receipt(&key)?.is_some() {
        return Ok(None);
    }
    let there = ledger.receipt(&kept)?;
    let reason = detail!("reason-one-person", rule = &unified.rule);
    let mut decision = leave(key.clone(), Action::Match, reason).planned;
    decision.target = there.as_ref().map(|receipt| receipt.target.clone());
    if writer.preview {
        let planned = ledger.planned_now(&kept)?;
        let written = planned.is_some_and(|planned| {
            matches!(
                planned.action,
                Action::Create | Action::Update | Action::Match
            )
        });
        if there.is_none() && !written {
            return Ok(Some(waits(key, &unified)));
        }
    } else {
        let Some(receipt) = there.filter(|_| done(&kept).unwrap_or_default()) else {
            let waits = waits(key.clone(), &unified);
            let reason = waits.told();
            let hint = "correct what keeps that contact back and run again".to_owned();
            project.refuse(key, reason, Some(hint)).await?;
            return Ok(Some(waits));
        };
        let written = Written {
            url: receipt.url.clone(),
            // As the contact that is kept: what was there before is nobody's to delete.
            action: WriteAction::parse(&receipt.action).unwrap_or(WriteAction::Matched),
            ..Written::created(&receipt.target)
        };
        let parent = Some(receipt.target);
        ledger.receive(&key, &written, parent, true).await?;
        project.emit(Event::Pushed { kind: key.kind });
    }
    project.emit(Event::Planned {
        kind: key.kind,
        action: Action::Match,
    });
    writer.tally(key.kind, Action::Match);
    Ok(Some(decision))
}

fn waits(key: Key, unified: &Unified) -> crate::ledger::Planned {
    let reason = detail!("reason-one-waits", contact = &unified.kept);
    leave(key, Action::Blocked, reason).planned
}

#[cfg(test)]
mod tests;
