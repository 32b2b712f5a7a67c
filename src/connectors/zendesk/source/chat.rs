//! Chats and messaging. What was written there stands in no comment, but in
//! the history of the ticket's `ChatStartedEvent`, which is filled in when the
//! chat has ended, or in the conversation log.
//!
//! Facts: the references of ticket audits, of chat redactions (`chat_index`,
//! `message_id`, `ChatMessage`, `ChatFileAttachment`) and of the conversation
//! log on developer.zendesk.com.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::comments::{attachment, blank, moment};
use super::history::{CHANGE, Moment};
use super::{ZendeskSource, absent};
use crate::connector::{Page, Result, Unreadable};
use crate::connectors::zendesk::wire::{self, keep};
use crate::schema::{
    Access, Attachment, Author, AuthorKind, Channel, Direction, Extra, Key, Kind, Message, Owner,
    Record,
};

/// What a message of the conversation log is called.
const LOGGED: &str = "Messaging::ConversationMessage";

/// What the names of events about side conversations begin with.
pub(super) const COLLABORATION: &str = "CollabThread";

/// Whether an event tells of a chat.
pub(super) fn is_chat(event: &str) -> bool {
    event.starts_with("Chat")
}

impl ZendeskSource {
    /// What the list of a ticket's comments leaves out: chats and side
    /// conversations. One more call a ticket.
    pub(super) async fn beside_comments(&self, ticket: &str, page: &mut Page) -> Result<()> {
        let Some(audits) = self.audits_of(ticket, page).await? else {
            return Ok(());
        };
        self.chats_in(ticket, &audits, page).await?;
        let beside = |name: &str| name.starts_with(COLLABORATION);
        if events(&audits).any(|(name, _)| beside(&name)) {
            self.side_conversations_of(ticket, page).await?;
        }
        if self.keeps_history() {
            for audit in &audits {
                let changes: Vec<&RawValue> = events(std::slice::from_ref(audit))
                    .filter(|(name, _)| name == CHANGE)
                    .map(|(_, raw)| raw)
                    .collect();
                let moment = Moment {
                    ticket,
                    audit: &audit.id,
                    by: audit.author_id.as_ref(),
                    at: audit.created_at,
                };
                self.history(moment, &changes, &mut page.records).await?;
            }
        }
        Ok(())
    }

    /// The chats of a ticket. Returns whether there are any.
    pub(super) async fn chats_of(&self, ticket: &str, page: &mut Page) -> Result<bool> {
        match self.audits_of(ticket, page).await? {
            Some(audits) => self.chats_in(ticket, &audits, page).await,
            None => Ok(false),
        }
    }

    /// The audits of a ticket; none, and a problem, where they may not be read.
    async fn audits_of(&self, ticket: &str, page: &mut Page) -> Result<Option<Vec<wire::Audit>>> {
        let path = format!("/api/v2/tickets/{ticket}/audits");
        match self.rows_of(&path, page).await {
            Ok(audits) => Ok(Some(audits)),
            Err(error) if absent(&error) => {
                page.problems.push(unread(ticket, &error.to_string()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The chats that these audits of a ticket tell of.
    async fn chats_in(
        &self,
        ticket: &str,
        audits: &[wire::Audit],
        page: &mut Page,
    ) -> Result<bool> {
        let (mut chats, before) = (false, page.records.len());
        let mut seen = HashSet::new();
        for (_, raw) in events(audits).filter(|(name, _)| is_chat(name)) {
            chats = true;
            match serde_json::from_str::<wire::ChatEvent>(raw.get()) {
                Ok(event) => lines(event, ticket, &mut seen, &mut page.records),
                Err(cause) => page.problems.push(Unreadable {
                    original: raw.get().as_bytes().to_vec(),
                    ..unread(ticket, &cause.to_string())
                }),
            }
        }
        if chats && page.records.len() == before {
            self.log_of(ticket, page).await?;
        }
        Ok(chats)
    }

    /// The messages of the conversation log.
    async fn log_of(&self, ticket: &str, page: &mut Page) -> Result<()> {
        let path = format!("/api/v2/tickets/{ticket}/conversation_log");
        match self.rows_of::<wire::LogEvent>(&path, page).await {
            Ok(events) => {
                for event in events {
                    if event.event_type.as_deref() == Some(LOGGED) {
                        logged(event, ticket, &mut page.records);
                    }
                }
                Ok(())
            }
            Err(error) if absent(&error) => {
                page.problems.push(unread(ticket, &error.to_string()));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// The events of audits by what they are called.
fn events(audits: &[wire::Audit]) -> impl Iterator<Item = (Cow<'_, str>, &RawValue)> {
    let all = audits.iter().flat_map(|audit| &audit.events);
    all.filter_map(|raw| {
        let head: wire::ChildHead<'_> = serde_json::from_str(raw.get()).ok()?;
        Some((head.other_type.or(head.event_type)?, &**raw))
    })
}

fn unread(ticket: &str, why: &str) -> Unreadable {
    Unreadable {
        key: Key::new(Kind::Message, format!("{ticket}-chat")),
        reason: format!(
            "what was said beside the comments of ticket {ticket} could not be read: {why}"
        ),
        original: Vec::new(),
    }
}

/// The messages and files of one chat. Whoever joined, left or typed says nothing.
fn lines(event: wire::ChatEvent, ticket: &str, seen: &mut HashSet<String>, into: &mut Vec<Record>) {
    let Some(chat) = event.value else { return };
    let thread = chat.chat_id.or(chat.conversation_id).unwrap_or(event.id).0;
    for (place, line) in chat.history.unwrap_or_default().into_iter().enumerate() {
        let file = line.url.filter(|url| !url.is_empty());
        let name = line.filename.filter(|name| !name.is_empty());
        let text = line.message.filter(|text| !text.trim().is_empty());
        if text.is_none() && file.is_none() && name.is_none() {
            continue;
        }
        let id = match (line.message_id, line.chat_index) {
            (Some(id), _) => format!("chat-{}", id.0),
            (None, Some(index)) => format!("chat-{thread}-{index}"),
            (None, None) => format!("chat-{thread}-{place}"),
        };
        // Told when the chat began and again when it ended.
        if !seen.insert(id.clone()) {
            continue;
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
        let files = file.map(|url| Attachment {
            id: format!("{id}-file"),
            owner: Owner::Message(id.clone()),
            name: name.clone().unwrap_or_else(|| format!("file-{place}")),
            mime: line.mime_type,
            size: line.size.as_ref().and_then(Value::as_u64),
            url: Some(url),
            ..blank(&id)
        });
        let author = author(kind, line.actor_id, line.actor_name);
        let message = Message {
            channel: Channel::Chat,
            sent_at: line.timestamp.as_ref().and_then(moment),
            // A file alone is shown by its name.
            text: text.or(name),
            declared_attachments: Some(u32::from(files.is_some())),
            ..said(id, ticket, author)
        };
        into.push(Record::Message(message));
        into.extend(files.map(Record::Attachment));
    }
}

/// A message of the conversation log.
fn logged(event: wire::LogEvent, ticket: &str, into: &mut Vec<Record>) {
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
    into.push(Record::Message(message));
    into.extend(files.into_iter().map(Record::Attachment));
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
