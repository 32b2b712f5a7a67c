//! Conversations that are on the target and have changed since: their
//! properties, new messages and edited ones, each for itself. Nothing that was
//! written is sent again.

use std::collections::{BTreeSet, HashMap};

use super::changes;
use super::conflict::{self, Change, Verdict};
use super::plan::Planner;
use super::settle::replies;
use super::stage::{Writer, unsettled};
use super::{Event, Project};
use crate::connector::{Body, Bundle, Changed, Detail, Effect, Item, Loss, Result, detail, field};
use crate::ledger::{Action, PartState, Planned, Receipt, Stored};
use crate::schema::{Key, Kind};

/// What is to be done with a conversation that is on the target.
pub(super) struct Update {
    pub key: Key,
    pub as_of: i64,
    /// Its properties, and ratings and booked time to add.
    pub head: Option<Change>,
    /// Messages to add or to change, in order.
    pub messages: Vec<Item>,
}

/// What was declared for a record when it was written: it stays lost.
pub(super) fn known_losses(project: &Project, key: &Key) -> Result<Vec<Loss>> {
    let planned = project.ledger.planned(key)?;
    Ok(planned.map(|planned| planned.losses).unwrap_or_default())
}

/// Adds losses that are not declared yet.
pub(super) fn add_losses(known: &mut Vec<Loss>, more: Vec<Loss>) {
    for loss in more {
        if !known.contains(&loss) {
            known.push(loss);
        }
    }
}

/// A date of change that only the source has: what changed is nothing that the
/// target is told.
pub(super) fn newer_date() -> Loss {
    Loss::new(
        field::UPDATED_AT,
        Effect::Changed,
        detail!("loss-newer-date"),
    )
}

impl Update {
    /// Finds out what changed of a conversation since it was written. `full`
    /// is all of it, as it is now.
    pub fn find(
        planner: &Planner,
        full: Item,
        receipt: &Receipt,
        stored: &Stored,
    ) -> Result<Update> {
        let key = full.key();
        let as_of = full.as_of;
        let parts = planner.project.ledger.parts(&key)?;
        let head = head(planner, &full, receipt, stored, &parts)?;
        let messages = messages(planner, full, receipt, &parts)?;
        Ok(Update {
            key,
            as_of,
            head,
            messages,
        })
    }

    /// There is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.head.is_none() && self.messages.is_empty()
    }

    /// Everything that it writes, in the order of a person who reads: the
    /// properties, then the messages.
    pub fn into_items(self) -> Vec<Item> {
        let head = self.head.map(|change| change.item);
        head.into_iter().chain(self.messages).collect()
    }

    /// Does it: messages first, since a closed conversation takes none. What
    /// fails becomes a problem, and the conversation stays to be done.
    pub async fn carry_out(self, writer: &Writer) -> Result<()> {
        let project = &writer.project;
        let (key, as_of) = (self.key, self.as_of);
        writer.may_change().await?;
        let mut done = true;
        let head = match self.head {
            None => None,
            Some(change) => match settle_change(writer, change).await? {
                Settled::Write(item) => Some(item),
                Settled::Stays => None,
                Settled::Open => {
                    done = false;
                    None
                }
            },
        };
        done &= write_messages(writer, &key, self.messages).await?;
        if let Some(item) = head
            && done
        {
            done = writer.write(vec![*item]).await?.pop().flatten().is_some();
        }
        if writer.preview || !done {
            return Ok(());
        }
        project.ledger.resolve_problems(&key, &["push"]).await?;
        project.ledger.pushed(&key, as_of).await
    }
}

/// What becomes of a change, with everything that is to be told done.
pub(super) enum Settled {
    Write(Box<Item>),
    /// The target stays as it is; that is done.
    Stays,
    /// Nothing is written, and it stays to be done.
    Open,
}

/// Compares with the target and keeps what came of it in the plan.
pub(super) async fn settle_change(writer: &Writer, change: Change) -> Result<Settled> {
    let project = &writer.project;
    let key = change.item.key();
    let target = change.item.existing.clone();
    let verdict = match conflict::check(writer, change).await {
        Ok(verdict) => verdict,
        Err(error) => {
            project.set_aside(key, "push", error).await?;
            return Ok(Settled::Open);
        }
    };
    let (action, reason) = match verdict {
        Verdict::Write(item) => return Ok(Settled::Write(item)),
        Verdict::Stays(reason) => (Action::Done, reason),
        Verdict::Conflict(reason) => (Action::Blocked, reason),
    };
    let losses = known_losses(project, &key)?;
    let planned = Planned {
        key: key.clone(),
        action,
        reason: Some(Detail::Plain(reason.clone())),
        losses,
        target,
        digest: None,
    };
    project.ledger.set_plan(vec![planned]).await?;
    writer.tally(key.kind, action);
    if action == Action::Done {
        project.emit(Event::Note(format!("{key} stays as it is: {reason}")));
        return Ok(Settled::Stays);
    }
    if !writer.preview {
        let hint = "decide with `deskferry sync --conflicts keep` or `--conflicts overwrite`";
        project
            .problem(key, "push", reason, Some(hint.into()))
            .await?;
    }
    Ok(Settled::Open)
}

/// Writes messages in order. The first one that fails ends it: the order of
/// messages is part of what was said. Whether all are written.
pub(super) async fn write_messages(
    writer: &Writer,
    conversation: &Key,
    messages: Vec<Item>,
) -> Result<bool> {
    let project = &writer.project;
    let mut plans = Vec::new();
    let mut items = Vec::new();
    let mut blocked = None;
    for message in messages {
        if writer.unsettled.contains(&message.key()) {
            blocked.get_or_insert((message.key(), unsettled().to_string()));
            continue;
        }
        let decision =
            writer
                .planner
                .assess(writer.sink.as_ref(), Box::new(message), Vec::new())?;
        writer.charge(&decision.calls);
        let mut planned = decision.planned;
        if planned.action == Action::Blocked && blocked.is_none() {
            blocked = Some((planned.key.clone(), planned.told()));
        }
        if planned.action == Action::Update {
            let mut losses = known_losses(project, &planned.key)?;
            add_losses(&mut losses, std::mem::take(&mut planned.losses));
            planned.losses = losses;
        }
        if !planned.losses.is_empty() || planned.reason.is_some() {
            plans.push(planned);
        }
        // What comes after a message that cannot be written waits for it.
        if blocked.is_none() {
            items.extend(decision.item);
        }
    }
    project.ledger.set_plan(plans).await?;
    if let Some(Body::Message(reply)) = items.last_mut().map(|item| &mut item.body) {
        reply.last = true;
    }
    for item in items {
        project.stop.check()?;
        let message = item.key();
        if writer.write(vec![*item]).await?.pop().flatten().is_none() {
            let reason = format!("its message {} could not be written", message.id);
            let hint = "the messages after it wait for it; correct the cause and run again";
            let key = conversation.clone();
            match writer.has_refused(&message) {
                true => project.refuse(key, reason, Some(hint.into())).await?,
                false => {
                    project
                        .problem(key, "push", reason, Some(hint.into()))
                        .await?;
                }
            }
            return Ok(false);
        }
    }
    match blocked {
        Some((message, reason)) if !writer.preview => {
            let told = format!("its message {} cannot be written", message.id);
            project.refuse(message, reason, None).await?;
            project.refuse(conversation.clone(), told, None).await?;
            Ok(false)
        }
        Some(_) => Ok(false),
        None => Ok(true),
    }
}

/// The change of the properties, with ratings and booked time that are new.
fn head(
    planner: &Planner,
    full: &Item,
    receipt: &Receipt,
    stored: &Stored,
    parts: &HashMap<Key, PartState>,
) -> Result<Option<Change>> {
    let Body::Conversation(bundle) = &full.body else {
        return Ok(None);
    };
    let is_new =
        |kind, id: &str| matches!(parts.get(&Key::new(kind, id)), Some(PartState::New) | None);
    let mut base = None;
    let mut fields = BTreeSet::new();
    let mut everything = false;
    if receipt.hash.as_deref() != Some(&stored.hash[..]) && receipt.is_ours() {
        base = planner.base(&full.key())?;
        match &base {
            Some(base) => fields = changes::of_bodies(&base.body, &full.body),
            None => everything = true,
        }
    }
    let ratings = bundle.ratings.iter();
    let ratings: Vec<_> = ratings
        .filter(|rating| is_new(Kind::Rating, &rating.id))
        .cloned()
        .collect();
    let entries = bundle.time_entries.iter();
    let time_entries: Vec<_> = entries
        .filter(|entry| is_new(Kind::TimeEntry, &entry.id))
        .cloned()
        .collect();
    if !everything && fields.is_empty() && ratings.is_empty() && time_entries.is_empty() {
        return Ok(None);
    }
    let mut item = full.clone();
    item.changed = match everything {
        true => Changed::everything(),
        false => Changed::only(fields),
    };
    item.body = Body::Conversation(Box::new(Bundle {
        conversation: bundle.conversation.clone(),
        messages: Vec::new(),
        ratings,
        time_entries,
    }));
    Ok(Some(Change { base, item }))
}

/// Messages that are new, or read otherwise than they were written.
fn messages(
    planner: &Planner,
    full: Item,
    receipt: &Receipt,
    parts: &HashMap<Key, PartState>,
) -> Result<Vec<Item>> {
    let Body::Conversation(bundle) = &full.body else {
        return Ok(Vec::new());
    };
    // Message id to the target's id, where it was written before.
    let mut wanted: HashMap<String, Option<String>> = HashMap::new();
    for part in &bundle.messages {
        let key = Key::new(Kind::Message, &part.message.id);
        match parts.get(&key) {
            Some(PartState::Same) => {}
            None | Some(PartState::New) => {
                wanted.insert(key.id, None);
            }
            Some(PartState::Changed(target)) => {
                let edited = match planner.written_message(&key)? {
                    Some(written) => changes::edited(&written, &part.message),
                    None => true,
                };
                if edited {
                    wanted.insert(key.id, Some(target.clone()));
                }
            }
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    Ok(replies(
        &planner.project,
        full,
        &receipt.target,
        |_, message| wanted.get(&message.id).cloned(),
    ))
}
