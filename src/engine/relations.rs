//! Relations between conversations on a target that has none: an internal note
//! tells them, written when both ends have their ids.
//!
//! A note has no key of its own on the target. Before one is added the
//! conversation is read back, and the ledger remembers which were told: a run
//! that dies in between adds none twice.

use super::people::Resolver;
use super::stage::Writer;
use crate::connector::{Body, ErrorKind, Item, NoJournal, Part, Refs, Reply, Result, Sink, text};
use crate::schema::{Access, Conversation, Direction, Key, Kind, Link, LinkKind, Message, Record};

/// Whether there may be relations that are not told yet.
const STATE: &str = "relations";
/// How often a note is tried whose answer was lost.
const ATTEMPTS: usize = 5;
const OPEN: &str = "open";
const TOLD: &str = "told";

/// Remembers that conversations are about to be written. Returns whether an
/// earlier run left relations untold.
pub(super) async fn expect(writer: &Writer) -> Result<bool> {
    if writer.preview || !writer.target.notes_relations {
        return Ok(false);
    }
    let ledger = &writer.project.ledger;
    let left = ledger.meta(STATE)?.as_deref() == Some(OPEN);
    ledger.set_meta(STATE, OPEN).await?;
    Ok(left)
}

/// Adds the notes, where something was written or was left untold.
pub(super) async fn tell(
    writer: &Writer,
    resolver: &Resolver,
    sink: &dyn Sink,
    left: bool,
) -> Result<()> {
    if writer.preview || !writer.target.notes_relations {
        return Ok(());
    }
    let project = &writer.project;
    let wrote = writer
        .tallies()
        .keys()
        .any(|(kind, _)| matches!(kind, Kind::Conversation | Kind::Message));
    let all = match left || wrote {
        true => tell_all(writer, resolver, sink).await?,
        false => true,
    };
    match all {
        true => project.ledger.set_meta(STATE, TOLD).await,
        false => Ok(()),
    }
}

/// Whether all relations are told, or never will be.
async fn tell_all(writer: &Writer, resolver: &Resolver, sink: &dyn Sink) -> Result<bool> {
    let project = &writer.project;
    let (mut all, mut after) = (true, 0);
    loop {
        project.stop.check()?;
        let page = project.ledger.scan(Kind::Conversation, after, 500)?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = last.seq;
        for stored in page {
            let Record::Conversation(conversation) = stored.record else {
                continue;
            };
            if !conversation.links.is_empty() {
                all &= tell_one(writer, resolver, sink, &conversation).await?;
            }
        }
    }
}

/// Whether the relations of this conversation are told, or never will be.
async fn tell_one(
    writer: &Writer,
    resolver: &Resolver,
    sink: &dyn Sink,
    conversation: &Conversation,
) -> Result<bool> {
    let project = &writer.project;
    let key = Key::new(Kind::Conversation, &conversation.id);
    let Some(receipt) = project.ledger.receipt(&key)?.filter(|r| r.is_ours()) else {
        return Ok(true);
    };
    let (memory, digest) = (format!("relations:{}", key.id), digest(&conversation.links));
    if project.ledger.meta(&memory)?.as_deref() == Some(&digest) {
        return Ok(true);
    }
    let partial = project.settings.limit.is_some() || project.settings.only.is_some();
    let mut lines = Vec::new();
    for link in &conversation.links {
        let target = resolver.target(Kind::Conversation, &link.id)?;
        if target.is_none() && partial {
            // It may be written by the run that moves the rest.
            return Ok(false);
        }
        lines.push(line(link, target.as_deref()));
    }
    let note = note(conversation, &lines);
    let wanted = text::comparable(note.html.as_deref().unwrap_or_default(), true);
    let mut attempt = 1;
    while let Err(error) = add(writer, sink, conversation, &receipt.target, &note, &wanted).await {
        // Whether it was written after all is seen by reading back.
        if error.kind != ErrorKind::Transient || attempt == ATTEMPTS {
            return aside(writer, key, error).await;
        }
        attempt += 1;
    }
    project
        .ledger
        .resolve_problems(&key, &["relations"])
        .await?;
    project.ledger.set_meta(&memory, &digest).await?;
    Ok(true)
}

/// Adds the note, unless it is there.
async fn add(
    writer: &Writer,
    sink: &dyn Sink,
    conversation: &Conversation,
    target: &str,
    note: &Message,
    wanted: &str,
) -> Result<()> {
    let mut read = sink.read(Kind::Conversation, &[target.to_owned()]).await?;
    // What is gone on the target has nothing to relate.
    let Some(back) = read.pop().filter(|back| back.record.is_some()) else {
        return Ok(());
    };
    let there = back.messages.iter().any(|message| {
        let body = message.html.as_deref().unwrap_or_default();
        text::is_own_note(body) && text::comparable(body, true) == wanted
    });
    if there {
        return Ok(());
    }
    let conversation = Record::Conversation(conversation.clone());
    let Record::Conversation(conversation) = writer.planner.assembler.redacted(conversation)?
    else {
        return Ok(());
    };
    let reply = Reply {
        conversation,
        target_id: target.to_owned(),
        index: u32::try_from(back.messages.len()).unwrap_or(u32::MAX),
        last: true,
        part: Part {
            message: note.clone(),
            attachments: Vec::new(),
        },
    };
    let marker = writer.project.marker(&Key::new(Kind::Message, &note.id));
    let item = Item::new(Body::Message(Box::new(reply)), Refs::default(), marker);
    let written = sink.write(&[item], &writer.target, &NoJournal).await;
    match written.into_iter().next() {
        Some(Err(error)) => Err(error),
        _ => Ok(()),
    }
}

/// The rest of the conversation is there: it stays so, and the next run looks again.
async fn aside(writer: &Writer, key: Key, error: crate::connector::Error) -> Result<bool> {
    if error.stops_run() {
        return Err(error.at(key));
    }
    let reason = format!("its relations could not be told in a note: {error}");
    let hint = Some(error.next_step());
    writer
        .project
        .problem(key, "relations", reason, hint)
        .await?;
    Ok(false)
}

/// What identifies the relations of a conversation.
fn digest(links: &[Link]) -> String {
    let mut hasher = blake3::Hasher::new();
    for link in links {
        hasher.update(link.kind.name().as_bytes());
        hasher.update(link.id.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

/// `incident of this problem: #12 (formerly 42)`.
fn line(link: &Link, target: Option<&str>) -> String {
    let what = match link.kind {
        LinkKind::MergedInto => "merged into",
        LinkKind::FollowUpOf => "follow-up of",
        LinkKind::Problem => "incident of the problem",
        LinkKind::Incident => "problem behind the incident",
        LinkKind::Parent => "child of",
        LinkKind::Child => "parent of",
        LinkKind::Related => "related to",
        LinkKind::DependsOn => "waits for",
    };
    match target {
        Some(target) => format!("{what} #{target} (formerly {})", link.id),
        None => format!("{what} {} of the old desk", link.id),
    }
}

fn note(conversation: &Conversation, lines: &[String]) -> Message {
    Message {
        id: format!("{}-relations", conversation.id),
        conversation_id: conversation.id.clone(),
        direction: Direction::Internal,
        visibility: Access::Internal,
        html: Some(format!(
            "<p>{}</p>{}",
            text::OWN_NOTE,
            text::text_to_html(&lines.join("\n"))
        )),
        ..Message::default()
    }
}
