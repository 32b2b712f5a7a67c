//! After a crash: finds out of every intent without a receipt whether it was
//! carried out, by the target's own means, before anything else is sent.

use super::assemble::{Assembled, Assembler};
use std::collections::HashMap;

use super::decorate::{receipt, receive};
use super::{Event, Phase, Project};
use crate::connector::{
    Body, Changed, Error, ErrorKind, Grain, Item, Probe, Refs, Reply, Result, Sink, Written,
};
use crate::ledger::{Action, Intent, Ledger, NewReceipt, Planned};
use crate::schema::{Agent, Contact, Date, Identity, IdentityKind, Key, Kind, Message, Record};

/// How often a look-up that does not answer is repeated before the intent is
/// left open for the next run.
const TRIES: usize = 3;

/// Settles all open intents. What cannot be settled stays open and is told:
/// it is not sent again before it is.
pub(super) async fn settle_all(
    project: &Project,
    sink: &dyn Sink,
    assembler: &Assembler,
) -> Result<()> {
    let intents = project.ledger.open_intents()?;
    if intents.is_empty() {
        return Ok(());
    }
    project.emit(Event::Phase(Phase::Settle));
    project.emit(Event::Note(format!(
        "the last run left {} writes without a receipt; looking on the target what became of them",
        intents.len()
    )));
    for intent in intents {
        project.stop.check()?;
        let item = match rebuild(project, sink.grain(), assembler, &intent)? {
            Some(item) => item,
            None => {
                let reason = "it was about to be written when the last run ended, and cannot be rebuilt to look for it";
                let hint =
                    "undo the change of the mapping or scope that leaves it out, and run again";
                project
                    .problem(intent.key, "settle", reason.into(), Some(hint.into()))
                    .await?;
                continue;
            }
        };
        if let Err(error) = settle(project, sink, &item, &intent).await {
            project.set_aside(intent.key, "settle", error).await?;
        }
    }
    Ok(())
}

/// Settles one intent: a receipt when it was carried out, no intent when not.
/// Fails, leaving the intent, when the target does not tell.
pub(super) async fn settle(
    project: &Project,
    sink: &dyn Sink,
    item: &Item,
    intent: &Intent,
) -> Result<Option<Written>> {
    // A change that is made twice is made once: there is nothing to find out.
    if item.existing.is_some() && !matches!(item.body, Body::Message(_)) {
        project.ledger.abandon(vec![item.key()]).await?;
        return Ok(None);
    }
    let probe = Probe {
        item,
        begun_at: intent.begun_at,
        note: intent.note.as_deref(),
    };
    let mut failure = None;
    for _ in 0..TRIES {
        match sink.find(&probe).await {
            Ok(Some(written)) => {
                receive(&project.ledger, sink.grain(), item, &written).await?;
                keep_losses(&project.ledger, item, &written).await?;
                return Ok(Some(written));
            }
            Ok(None) => {
                project.ledger.abandon(vec![item.key()]).await?;
                return Ok(None);
            }
            Err(error) if error.kind == ErrorKind::Transient => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(failure.unwrap_or_else(|| Error::protocol("the target did not tell")))
}

/// Clocks of desks and of this machine may be so far apart, in seconds.
const SKEW: i64 = 600;

/// Looks for an item that a run may have created whose receipts are lost.
///
/// The source may have changed since it was created: what is not older than
/// `since` is not taken for written, and the next run compares it.
pub(super) async fn find_lost(
    project: &Project,
    sink: &dyn Sink,
    item: &Item,
    since: Date,
) -> Result<Option<Written>> {
    let probe = Probe {
        item,
        begun_at: since,
        note: None,
    };
    let mut failure = None;
    for _ in 0..TRIES {
        match sink.find(&probe).await {
            Ok(Some(written)) => {
                let receipts = found_receipts(sink.grain(), item, &written, since);
                project.ledger.conclude(receipts, Vec::new()).await?;
                return Ok(Some(written));
            }
            Ok(None) => return Ok(None),
            Err(error) if error.kind == ErrorKind::Transient => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(failure.unwrap_or_else(|| Error::protocol("the target did not tell")))
}

/// Receipts for what was found, and for its parts as far as they were there
/// when it was written.
fn found_receipts(grain: Grain, item: &Item, written: &Written, since: Date) -> Vec<NewReceipt> {
    let limit = since.as_second() - SKEW;
    let newer = |date: Option<Date>| date.is_some_and(|date| date.as_second() >= limit);
    let mut whole = receipt(grain, item, written);
    // No version of the ledger is so old: the next run takes it for changed.
    let version = |changed: bool| if changed { 0 } else { item.as_of };
    let changed = match &item.body {
        Body::Organization(record) => newer(record.updated_at),
        Body::Contact(record) => newer(record.updated_at),
        Body::Article(bundle) => newer(bundle.article.updated_at),
        Body::Conversation(bundle) => newer(bundle.conversation.updated_at),
        Body::Message(reply) => newer(reply.part.message.edited_at),
        _ => false,
    };
    let Body::Conversation(bundle) = &item.body else {
        whole.as_of = version(changed);
        return vec![whole];
    };
    let dates: HashMap<Key, Option<Date>> = bundle
        .messages
        .iter()
        .map(|part| (Kind::Message, &part.message.id, part.message.sent_at))
        .chain(
            bundle
                .ratings
                .iter()
                .map(|r| (Kind::Rating, &r.id, r.created_at)),
        )
        .chain(
            bundle
                .time_entries
                .iter()
                .map(|t| (Kind::TimeEntry, &t.id, t.created_at)),
        )
        .map(|(kind, id, date)| (Key::new(kind, id), date))
        .collect();
    let parts = std::mem::take(&mut whole.written.parts);
    let all = parts.len();
    let mut receipts: Vec<NewReceipt> = parts
        .into_iter()
        // A part with an id of its own was seen on the target.
        .filter(|(part, id)| !id.is_empty() || !newer(dates.get(part).copied().flatten()))
        .map(|(part, id)| NewReceipt {
            key: part,
            written: Written {
                action: written.action,
                ..Written::created(id)
            },
            parent: Some(written.id.clone()),
            complete: false,
            as_of: item.as_of,
            links: None,
        })
        .collect();
    whole.complete &= !changed && receipts.len() == all;
    whole.as_of = version(changed);
    receipts.push(whole);
    receipts
}

/// Adds what was lost after all to what was declared.
pub(super) async fn keep_losses(ledger: &Ledger, item: &Item, written: &Written) -> Result<()> {
    if written.losses.is_empty() {
        return Ok(());
    }
    let key = item.key();
    let mut planned = ledger.planned(&key)?.unwrap_or(Planned {
        key,
        action: Action::Create,
        reason: None,
        losses: Vec::new(),
        target: Some(written.id.clone()),
        digest: None,
    });
    for loss in &written.losses {
        if !planned.losses.contains(loss) {
            planned.losses.push(loss.clone());
        }
    }
    ledger.set_plan(vec![planned]).await
}

/// The intent as it was committed for this item.
pub(super) fn intent_of(project: &Project, item: &Item) -> Result<Intent> {
    let key = item.key();
    Ok(project.ledger.intent(&key)?.unwrap_or(Intent {
        key,
        begun_at: Date::now(),
        note: None,
        as_of: item.as_of,
        last_part: item.last_part,
    }))
}

/// Builds the item of an intent again. What the source said since then was not
/// sent: parts that came later are not in it, and what changed is still to be
/// written once it has its receipt.
fn rebuild(
    project: &Project,
    grain: Grain,
    assembler: &Assembler,
    intent: &Intent,
) -> Result<Option<Item>> {
    let item = rebuild_newest(project, grain, assembler, intent)?;
    Ok(item.map(|item| Item {
        as_of: intent.as_of,
        last_part: intent.last_part,
        ..item
    }))
}

fn rebuild_newest(
    project: &Project,
    grain: Grain,
    assembler: &Assembler,
    intent: &Intent,
) -> Result<Option<Item>> {
    let (ledger, key) = (&project.ledger, &intent.key);
    if key.kind == Kind::Message {
        let Some(stored) = ledger.get(key)? else {
            return Ok(None);
        };
        let Record::Message(message) = stored.record else {
            return Ok(None);
        };
        let conversation = Key::new(Kind::Conversation, &message.conversation_id);
        let (Some(stored), Some(receipt)) =
            (ledger.get(&conversation)?, ledger.receipt(&conversation)?)
        else {
            return Ok(None);
        };
        let Assembled::Item(item, _) = assembler.item(stored)? else {
            return Ok(None);
        };
        // With a receipt it was a later version of a message that is there.
        let written = ledger.receipt(key)?.map(|receipt| receipt.target);
        let replies = replies(project, *item, &receipt.target, |_, message| {
            (message.id == key.id).then(|| written.clone())
        });
        return Ok(replies.into_iter().next());
    }
    let stored = match ledger.get(key)? {
        Some(stored) => stored,
        // A former agent who became a contact because a conversation needs one.
        None => match ledger.get(&Key::new(Kind::Agent, &key.id))? {
            Some(stored) if key.kind == Kind::Contact => {
                let Record::Agent(agent) = stored.record else {
                    return Ok(None);
                };
                return assembler.former_agent(&agent).map(Some);
            }
            _ => return Ok(None),
        },
    };
    match assembler.item_until(stored, intent.last_part)? {
        Assembled::Skip(_) => Ok(None),
        Assembled::Item(mut item, _) => {
            if let (Body::Conversation(bundle), Grain::Message) = (&mut item.body, grain) {
                announce(bundle);
            }
            item.existing = ledger.receipt(key)?.map(|receipt| receipt.target);
            Ok(Some(*item))
        }
    }
}

/// Leaves the first message in a bundle. `declared_messages` tells a sink how
/// many come in all, so that it knows whether to wait with what goes last.
pub(super) fn announce(bundle: &mut crate::connector::Bundle) {
    bundle.conversation.declared_messages = u32::try_from(bundle.messages.len()).ok();
    bundle.messages.truncate(1);
}

/// Messages of a conversation that is on the target, each as an item.
/// `wanted` says which, and as what they are on the target already.
pub(super) fn replies(
    project: &Project,
    item: Item,
    target_id: &str,
    wanted: impl Fn(usize, &Message) -> Option<Option<String>>,
) -> Vec<Item> {
    let Item {
        body,
        refs,
        as_of,
        last_part,
        ..
    } = item;
    let Body::Conversation(bundle) = body else {
        return Vec::new();
    };
    let bundle = *bundle;
    let last = bundle.messages.len().saturating_sub(1);
    bundle
        .messages
        .into_iter()
        .enumerate()
        .filter_map(|(index, part)| {
            let existing = wanted(index, &part.message)?;
            Some((index, part, existing))
        })
        .map(|(index, part, existing)| Item {
            marker: project.marker(&Key::new(Kind::Message, &part.message.id)),
            body: Body::Message(Box::new(Reply {
                conversation: bundle.conversation.clone(),
                target_id: target_id.to_owned(),
                index: u32::try_from(index).unwrap_or(u32::MAX),
                last: index == last,
                part,
            })),
            refs: refs.clone(),
            existing,
            changed: Changed::everything(),
            links: Vec::new(),
            as_of,
            last_part,
        })
        .collect()
}

/// A member of the source's staff without an account on the target, as a contact.
pub(super) fn contact_item(project: &Project, agent: &Agent) -> Item {
    let contact = Contact {
        id: agent.id.clone(),
        name: agent.name.clone(),
        identities: agent
            .email
            .iter()
            .map(|email| Identity::new(IdentityKind::Email, email))
            .collect(),
        ..Contact::default()
    };
    let marker = project.marker(&Key::new(Kind::Contact, &agent.id));
    Item::new(Body::Contact(contact), Refs::default(), marker)
}
