//! Records that are gone on the source and were written to the target: kept,
//! tagged or deleted there, as the user says. Never all at once: a source that
//! suddenly shows fewer records is more likely to have lost a permission.

use std::collections::BTreeMap;

use super::conflict;
use super::plan::{DELETED, is_deleted, leave};
use super::stage::Writer;
use super::update::known_losses;
use super::{Conflicts, Deleted, Project, describe};
use crate::connector::{Body, Detail, Effect, Error, ErrorKind, Item, Result, detail, field};
use crate::ledger::{Action, GONE, PUSHED, PartState, Receipt};
use crate::schema::{Key, Kind};

/// The tag of a record whose original was deleted.
pub(super) const TAG: &str = "deleted-on-source";

/// A record that is gone on the source, and what it is on the target.
#[derive(Debug, Clone)]
pub(super) struct Gone {
    receipt: Receipt,
    as_of: i64,
}

/// What a sync finds gone, of one kind.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Vanished {
    /// Kind.
    pub kind: Kind,
    /// Records that are gone on the source and still on the target.
    pub records: u64,
    /// Records of the kind that were moved.
    pub of: u64,
    /// They are more than the configuration lets be deleted at once, so that
    /// nothing was done.
    pub held_back: bool,
}

/// Records that are gone, with everything that was held back.
pub(super) fn find(project: &Project, accept: bool) -> Result<(Vec<Gone>, Vec<Vanished>)> {
    let ledger = &project.ledger;
    let as_of = ledger.clock()?;
    let mut found: BTreeMap<Kind, Vec<Receipt>> = BTreeMap::new();
    for (receipt, certain) in ledger.vanished()? {
        let deleted = certain
            || ledger
                .get(&receipt.key)?
                .is_some_and(|stored| is_deleted(&stored.record));
        if deleted && receipt.is_ours() {
            found.entry(receipt.key.kind).or_default().push(receipt);
        }
    }
    let moved = ledger.receipt_counts()?;
    let mut gone = Vec::new();
    let mut told = Vec::new();
    // Whatever refers to others goes before them.
    for (kind, receipts) in found.into_iter().rev() {
        let counted = moved.iter().filter(|(counted, ..)| *counted == kind);
        let of: u64 = counted.map(|(.., count)| count).sum();
        let records = receipts.len() as u64;
        let held_back = project.settings.deleted != Deleted::Keep
            && !accept
            && records > most(of, project.settings.max_deletions);
        told.push(Vanished {
            kind,
            records,
            of,
            held_back,
        });
        if !held_back {
            gone.extend(receipts.into_iter().map(|receipt| Gone { receipt, as_of }));
        }
    }
    if project.settings.deleted == Deleted::Keep {
        gone.clear();
    }
    Ok((gone, told))
}

/// How many of these may be gone at once. One is never too many.
// Counts of records are far below what a float keeps, and the share is between 0 and 1.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn most(of: u64, share: f64) -> u64 {
    ((of as f64 * share).floor() as u64).max(1)
}

/// What is held back becomes a problem of its kind, with the way on.
pub(super) async fn tell_held_back(project: &Project, told: &[Vanished]) -> Result<()> {
    for kind in Kind::ALL {
        let key = Key::new(kind, "(deleted)");
        match told.iter().find(|gone| gone.kind == kind && gone.held_back) {
            Some(gone) => {
                let reason = format!(
                    "{} of {} {} are gone on the source, more than max_deletions = {} lets be \
                     deleted at once: nothing was done about them",
                    gone.records,
                    gone.of,
                    kind.plural(),
                    project.settings.max_deletions
                );
                let hint = "check what the source's credentials may read; if the records were \
                            really deleted, run `deskferry sync --accept-deletions`";
                project
                    .problem(key, "push", reason, Some(hint.into()))
                    .await?;
            }
            None => project.ledger.resolve_problems(&key, &["push"]).await?,
        }
    }
    Ok(())
}

/// Does with them what the user wants.
pub(super) async fn carry_out(writer: &Writer, gone: Vec<Gone>) -> Result<()> {
    let project = &writer.project;
    if !writer.preview {
        for removal in project.ledger.open_removals()? {
            if removal.why == WHY {
                finish(writer, &removal.key, &removal.target).await?;
            }
        }
    }
    for gone in gone {
        project.stop.check()?;
        let key = gone.receipt.key.clone();
        let result = match project.settings.deleted {
            Deleted::Keep => Ok(()),
            _ if stands_for_others(project, &gone.receipt)? => {
                stays(writer, &gone.receipt, detail!("reason-deleted-one")).await
            }
            Deleted::Tag => tag(writer, gone).await,
            Deleted::Delete => delete(writer, gone).await,
        };
        match result {
            Ok(()) => {}
            Err(error) if error.stops_run() || error.kind == ErrorKind::Transient => {
                project.set_aside(key, "push", error).await?;
            }
            // It would be refused every time: it is told, and that is all.
            Err(error) => {
                let reason = describe(&error);
                project.refuse(key.clone(), reason, error.hint).await?;
                project.ledger.set_state(&key, PUSHED).await?;
            }
        }
    }
    Ok(())
}

/// Whether a contact of the target is also somebody who is still there.
fn stands_for_others(project: &Project, receipt: &Receipt) -> Result<bool> {
    if receipt.key.kind != Kind::Contact {
        return Ok(false);
    }
    for id in project.ledger.written_members(&receipt.target)? {
        let stored = project.ledger.get(&Key::new(Kind::Contact, id))?;
        if stored.is_some_and(|stored| stored.state & GONE == 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why a removal was journaled.
const WHY: &str = "deleted on the source";

/// The record as it was written, with its messages that are on the target.
pub(super) fn written(writer: &Writer, key: &Key) -> Result<Option<Item>> {
    let Some(mut item) = writer.planner.base(key)? else {
        return Ok(None);
    };
    if let Body::Conversation(bundle) = &mut item.body {
        let parts = writer.project.ledger.parts(key)?;
        bundle.messages.retain(|part| {
            let key = Key::new(Kind::Message, &part.message.id);
            matches!(
                parts.get(&key),
                Some(PartState::Same | PartState::Changed(_))
            )
        });
    }
    Ok(Some(item))
}

async fn tag(writer: &Writer, gone: Gone) -> Result<()> {
    let project = &writer.project;
    let Gone { receipt, as_of } = gone;
    let key = receipt.key.clone();
    let target = receipt.target.clone();
    let base = written(writer, &key)?;
    let read = writer
        .sink
        .read(key.kind, std::slice::from_ref(&target))
        .await?;
    let found = read.into_iter().next().and_then(|read| read.record);
    let item = match (base, &found) {
        (Some(base), Some(found)) => conflict::tagged(base, found, TAG),
        _ => None,
    };
    let Some(mut item) = item.filter(|_| found.is_some()) else {
        let reason = match found {
            None => detail!("reason-deleted-both"),
            Some(_) => detail!("reason-deleted-untaggable"),
        };
        return stays(writer, &receipt, reason).await;
    };
    item.existing = Some(target);
    item.as_of = as_of;
    let dropped = writer.sink.assess(&item, &writer.target).losses;
    let tags = [
        field::TAGS,
        field::CONTACT_TAGS,
        field::ORGANIZATION_TAGS,
        field::ARTICLE_LABELS,
    ];
    if dropped
        .iter()
        .any(|loss| loss.effect == Effect::Dropped && tags.contains(&loss.field.as_str()))
    {
        return stays(writer, &receipt, detail!("reason-deleted-no-tags")).await;
    }
    writer.may_change().await?;
    let written = writer.write(vec![item]).await?.pop().flatten().is_some();
    if written && !writer.preview {
        let reason = detail!("reason-deleted-tagged", tag = TAG);
        project
            .ledger
            .set_plan(vec![told(project, &receipt, Action::Update, reason)?])
            .await?;
        project.ledger.set_state(&key, PUSHED).await?;
    }
    Ok(())
}

async fn delete(writer: &Writer, gone: Gone) -> Result<()> {
    let project = &writer.project;
    let receipt = gone.receipt;
    let (key, target) = (receipt.key.clone(), receipt.target.clone());
    if target.is_empty() {
        return stays(writer, &receipt, detail!("reason-deleted-unknown")).await;
    }
    if key.kind != Kind::Message {
        let read = writer
            .sink
            .read(key.kind, std::slice::from_ref(&target))
            .await?;
        let read = read.into_iter().next().unwrap_or_default();
        if read.record.is_none() {
            return finish(writer, &key, &target).await;
        }
        let edited = match written(writer, &key)? {
            Some(base) => {
                let sink = writer.sink.as_ref();
                writer.planner.touched(sink, &base, &target, &read)?
            }
            None => Some("what was written is not known any more".to_owned()),
        };
        match (edited, project.settings.conflicts) {
            (None, _) | (_, Conflicts::Overwrite) => {}
            (Some(edited), Conflicts::Keep) => {
                let reason = detail!("reason-deleted-edited", edited = edited);
                return stays(writer, &receipt, reason).await;
            }
            (Some(edited), Conflicts::Report) => {
                writer.tally(key.kind, Action::Blocked);
                if writer.preview {
                    return Ok(());
                }
                let reason = format!("{DELETED}, and {edited}");
                let hint =
                    "decide with `deskferry sync --conflicts keep` or `--conflicts overwrite`";
                return project
                    .problem(key, "push", reason, Some(hint.into()))
                    .await;
            }
        }
    }
    finish(writer, &key, &target).await
}

/// Deletes what is on the target, journaled before and after.
async fn finish(writer: &Writer, key: &Key, target: &str) -> Result<()> {
    let project = &writer.project;
    writer.removed(key.kind);
    if writer.preview {
        return Ok(());
    }
    project.ledger.begin_removal(key, target, WHY).await?;
    match writer.sink.delete(key.kind, target).await {
        Ok(()) => {}
        Err(error) if error.kind == ErrorKind::NotFound => {}
        // The next run repeats it: deleting what is gone is no mistake.
        Err(error) if error.stops_run() || error.kind == ErrorKind::Transient => {
            return Err(error);
        }
        Err(error) => {
            project.ledger.abandon_removal(key).await?;
            return Err(refused(error));
        }
    }
    project.ledger.end_removal(key).await?;
    project.ledger.set_state(key, PUSHED).await?;
    let planned = leave(key.clone(), Action::Skip, detail!("reason-deleted-there"));
    project.ledger.set_plan(vec![planned.planned]).await?;
    project.ledger.resolve_problems(key, &["push"]).await
}

fn refused(error: Error) -> Error {
    let told = describe(&error);
    Error::new(
        error.kind.clone(),
        format!("{DELETED}; the target does not delete it: {told}"),
    )
    .hint(
        error
            .hint
            .unwrap_or_else(|| "delete it there by hand".into()),
    )
}

/// Nothing is done, once and for all.
async fn stays(writer: &Writer, receipt: &Receipt, reason: Detail) -> Result<()> {
    let project = &writer.project;
    writer.tally(receipt.key.kind, Action::Done);
    if writer.preview {
        return Ok(());
    }
    let planned = told(project, receipt, Action::Done, reason)?;
    project.ledger.set_plan(vec![planned]).await?;
    project.ledger.set_state(&receipt.key, PUSHED).await
}

fn told(
    project: &Project,
    receipt: &Receipt,
    action: Action,
    reason: Detail,
) -> Result<crate::ledger::Planned> {
    let mut planned = leave(receipt.key.clone(), action, reason).planned;
    planned.losses = known_losses(project, &receipt.key)?;
    planned.target = Some(receipt.target.clone());
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_never_too_many_and_a_share_is_a_share() {
        assert_eq!(most(3, 0.05), 1);
        assert_eq!(most(100, 0.05), 5);
        assert_eq!(most(119, 0.05), 5);
        assert_eq!(most(10, 0.0), 1);
    }
}
