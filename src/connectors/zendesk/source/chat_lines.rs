//! What was said in chats and messaging, line by line.

use std::collections::HashSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::comments::{attachment, blank, moment};
use crate::connectors::zendesk::wire::{self, keep};
use crate::schema::{
    Access, Attachment, Author, AuthorKind, Channel, Direction, Extra, Message, Record,
};

/// Lines that say nothing: who came and went, who types, what was seen.
const QUIET: [&str; 4] = ["join", "leave", "status", "typing"];

/// A message with its files.
pub(super) struct Line {
    pub message: Message,
    pub files: Vec<Attachment>,
}

impl Line {
    /// As records.
    pub fn into_records(self) -> impl Iterator<Item = Record> {
        let files = self.files.into_iter().map(Record::Attachment);
        std::iter::once(Record::Message(self.message)).chain(files)
    }
}

/// The lines of one event of a chat, and those that could not be read.
pub(super) fn lines(
    history: &[Box<RawValue>],
    thread: &str,
    ticket: &str,
    seen: &mut HashSet<String>,
    into: &mut Vec<Line>,
) -> Vec<(serde_json::Error, Vec<u8>)> {
    let mut bad = Vec::new();
    for (place, raw) in history.iter().enumerate() {
        match serde_json::from_str::<wire::ChatLine>(raw.get()) {
            Ok(line) => into.extend(self::line(line, raw, (thread, place), ticket, seen)),
            Err(cause) => bad.push((cause, raw.get().as_bytes().to_vec())),
        }
    }
    bad
}

fn line(
    line: wire::ChatLine,
    raw: &RawValue,
    (thread, place): (&str, usize),
    ticket: &str,
    seen: &mut HashSet<String>,
) -> Option<Line> {
    let sort = line.line_type.as_deref().unwrap_or_default().to_lowercase();
    if QUIET.iter().any(|quiet| sort.contains(quiet)) {
        return None;
    }
    let file = line.url.filter(|url| !url.is_empty());
    let name = line.filename.filter(|name| !name.is_empty());
    // A file alone is shown by its name.
    let mut text = line
        .message
        .filter(|text| !text.trim().is_empty())
        .or_else(|| name.clone());
    let mut extra = Extra::new();
    if text.is_none() && file.is_none() {
        // Of a shape that is not documented: what it says, or all of it.
        let whole: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        let mut words = Vec::new();
        spoken(&whole, &mut words);
        text = (!words.is_empty()).then(|| words.join("\n"));
        keep(&mut extra, "line", Some(whole));
    }
    let id = match (line.message_id, line.chat_index) {
        (Some(id), _) => format!("chat-{}", id.0),
        (None, Some(index)) => format!("chat-{thread}-{index}"),
        (None, None) => format!("chat-{thread}-{place}"),
    };
    // Told when the chat began and again when it ended.
    if !seen.insert(id.clone()) {
        return None;
    }
    let kind = match line.actor_type.as_deref() {
        Some("agent") => AuthorKind::Agent,
        Some("end-user" | "end_user" | "user" | "visitor" | "customer") => AuthorKind::Contact,
        Some("bot" | "answer_bot" | "trigger") => AuthorKind::Bot,
        _ => AuthorKind::System,
    };
    let kind = match line.actor_id {
        // Whether it is an agent's is seen when the conversation is put together.
        Some(_) if kind == AuthorKind::System => AuthorKind::Contact,
        _ => kind,
    };
    let files: Vec<Attachment> = file
        .into_iter()
        .map(|url| Attachment {
            id: format!("{id}-file"),
            name: name.clone().unwrap_or_else(|| format!("file-{place}")),
            mime: line.mime_type.clone(),
            size: line.size.as_ref().and_then(Value::as_u64),
            url: Some(url),
            ..blank(&id)
        })
        .collect();
    let author = author(kind, line.actor_id, line.actor_name);
    Some(Line {
        message: Message {
            channel: Channel::Chat,
            sent_at: line.timestamp.as_ref().and_then(moment),
            text,
            declared_attachments: u32::try_from(files.len()).ok(),
            extra,
            ..said(id, ticket, author)
        },
        files,
    })
}

/// A message of the conversation log.
pub(super) fn logged(event: wire::LogEvent, ticket: &str) -> Line {
    let id = event.id.0;
    let from = event.author.unwrap_or_default();
    let kind = match from.author_type.as_deref() {
        Some("agent") => AuthorKind::Agent,
        Some("user") => AuthorKind::Contact,
        Some("bot") => AuthorKind::Bot,
        _ => AuthorKind::System,
    };
    let files: Vec<Attachment> = event
        .attachments
        .unwrap_or_default()
        .into_iter()
        .map(|file| attachment(file, &id))
        .collect();
    let content = event.content.unwrap_or_default();
    let mut extra = Extra::new();
    let html = content["body"].as_str().filter(|body| !body.is_empty());
    let mut words = Vec::new();
    if html.is_none() {
        spoken(&content, &mut words);
        if words.is_empty() && files.is_empty() {
            keep(&mut extra, "content", Some(content.clone()));
        }
        if words.is_empty() {
            words.extend(files.iter().map(|file| file.name.as_str()));
        }
    }
    let message = Message {
        channel: Channel::InApp,
        sent_at: event.created_at.or(event.received_at),
        text: (!words.is_empty()).then(|| words.join("\n")),
        html: html.map(str::to_owned),
        declared_attachments: u32::try_from(files.len()).ok(),
        extra,
        ..said(id, ticket, author(kind, from.user_id, from.display_name))
    };
    Line { message, files }
}

/// All that people read in a message of whatever sort: its text, what the
/// cards of a carousel say, the answers that buttons offer.
fn spoken<'a>(content: &'a Value, into: &mut Vec<&'a str>) {
    match content {
        Value::Object(map) => {
            for name in ["text", "title", "description", "label", "name"] {
                let word = map.get(name).and_then(Value::as_str);
                into.extend(word.filter(|word| !word.trim().is_empty()));
            }
            for (_, value) in map {
                spoken_in(value, into);
            }
        }
        other => spoken_in(other, into),
    }
}

fn spoken_in<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(_) => spoken(value, into),
        Value::Array(list) => list.iter().for_each(|value| spoken_in(value, into)),
        _ => {}
    }
}

fn author(kind: AuthorKind, id: Option<wire::Id>, name: Option<String>) -> Author {
    let people = matches!(kind, AuthorKind::Contact | AuthorKind::Agent);
    Author {
        kind,
        // The system and bots write as -1.
        id: id
            .map(|id| id.0)
            .filter(|id| people && !id.is_empty() && !id.starts_with('-')),
        name: name.filter(|name| !name.trim().is_empty()),
        email: None,
    }
}

fn said(id: String, ticket: &str, author: Author) -> Message {
    Message {
        id,
        conversation_id: ticket.to_owned(),
        direction: match author.kind {
            AuthorKind::Contact => Direction::Inbound,
            _ => Direction::Outbound,
        },
        author,
        visibility: Access::Public,
        ..Message::default()
    }
}
