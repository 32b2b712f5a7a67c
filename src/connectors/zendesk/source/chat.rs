//! Chats and messaging. What was written there stands in no comment, but in
//! the conversation log, or in the history of the ticket's `ChatStartedEvent`,
//! which is filled in when the chat has ended. The log comes first: a line
//! that was read while a chat went on must be the same one afterwards.
//!
//! Facts: the references of ticket audits, of chat redactions (`chat_index`,
//! `message_id`, `ChatMessage`, `ChatFileAttachment`) and of the conversation
//! log on developer.zendesk.com.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;

use super::chat_lines::{Line, lines, logged};
use super::history::{CHANGE, Moment};
use super::{ZendeskSource, absent};
use crate::connector::{ErrorKind, Page, Result, Unreadable, text};
use crate::connectors::zendesk::wire;
use crate::schema::{Key, Kind, Message};

/// The event of a chat that has begun.
const STARTED: &str = "ChatStartedEvent";

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
    pub(super) async fn beside_comments(&self, ticket: &str, page: &mut Page) -> Result<Chats> {
        let Some(audits) = self.audits_of(ticket, page).await? else {
            return Ok(Chats::default());
        };
        let chats = self.chats_in(ticket, &audits, page).await?;
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
        Ok(chats)
    }

    /// The chats of a ticket, read for themselves.
    pub(super) async fn chats_of(&self, ticket: &str) -> Result<(Page, Chats)> {
        let mut page = Page::default();
        let chats = match self.audits_of(ticket, &mut page).await? {
            Some(audits) => self.chats_in(ticket, &audits, &mut page).await?,
            None => Chats::default(),
        };
        Ok((page, chats))
    }

    /// The audits of a ticket; none where it is gone, and a problem where
    /// they may not be read.
    async fn audits_of(&self, ticket: &str, page: &mut Page) -> Result<Option<Vec<wire::Audit>>> {
        let path = format!("/api/v2/tickets/{ticket}/audits");
        match self.rows_of(&path, page).await {
            Ok(audits) => Ok(Some(audits)),
            // The export still tells of tickets that were deleted.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind == ErrorKind::Forbidden => {
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
    ) -> Result<Chats> {
        let mut told = Told::default();
        for (name, raw) in events(audits).filter(|(name, _)| is_chat(name)) {
            told.event(&name, raw, ticket, &mut page.problems);
        }
        if !told.any {
            return Ok(Chats::default());
        }
        // A chat that went on the last time may be told well now.
        page.gone.push(chat_key(ticket));
        let path = format!("/api/v2/tickets/{ticket}/conversation_log");
        let (log, refused) = match self.rows_of::<wire::LogEvent>(&path, page).await {
            Ok(events) => {
                let said = |event: &wire::LogEvent| event.event_type.as_deref() == Some(LOGGED);
                let events = events.into_iter().filter(said);
                (events.map(|event| logged(event, ticket)).collect(), None)
            }
            Err(error) if absent(&error) => (Vec::new(), Some(error)),
            Err(error) => return Err(error),
        };
        let (all, untold) = told.with(log);
        if untold {
            let why = match refused {
                Some(error) => error.to_string(),
                None => "one has no line yet; run `sync` when it is over".to_owned(),
            };
            page.problems.push(unread(ticket, &why));
        }
        let ids = all.iter().map(|line| line.message.id.clone());
        let chats = Chats {
            any: true,
            lines: ids.collect(),
        };
        page.records
            .extend(all.into_iter().flat_map(Line::into_records));
        Ok(chats)
    }
}

/// What was found of a ticket's chats.
#[derive(Debug, Default)]
pub(super) struct Chats {
    /// There is one.
    pub any: bool,
    /// The ids of the messages that are their lines.
    pub lines: HashSet<String>,
}

/// What the events of a ticket tell of its chats.
#[derive(Default)]
struct Told {
    any: bool,
    /// Chats that began, and their lines.
    threads: BTreeMap<String, Vec<Line>>,
    seen: HashSet<String>,
}

impl Told {
    fn event(&mut self, name: &str, raw: &RawValue, ticket: &str, problems: &mut Vec<Unreadable>) {
        self.any = true;
        let bad = match serde_json::from_str::<wire::ChatEvent>(raw.get()) {
            Ok(event) => {
                let Some(chat) = event.value else { return };
                let thread = chat.chat_id.or(chat.conversation_id).unwrap_or(event.id).0;
                let history = chat.history.unwrap_or_default();
                if history.is_empty() && name != STARTED {
                    return;
                }
                let known = self.threads.entry(thread.clone()).or_default();
                lines(&history, &thread, ticket, &mut self.seen, known)
            }
            Err(cause) => vec![(cause, raw.get().as_bytes().to_vec())],
        };
        problems.extend(bad.into_iter().map(|(cause, original)| Unreadable {
            original,
            ..unread(ticket, &cause.to_string())
        }));
    }

    /// All lines, each once, and whether a chat seems to have more: the log's
    /// own, and of each history what the log does not have. A history is the
    /// log's where most of it stands there: two chats may both say «Hello».
    fn with(self, log: Vec<Line>) -> (Vec<Line>, bool) {
        let mut there: Vec<String> = log.iter().map(|line| words(&line.message)).collect();
        let (mut silent, mut more) = (false, Vec::new());
        for thread in self.threads.into_values() {
            silent |= thread.is_empty();
            let mut left = there.clone();
            let (known, new): (Vec<Line>, Vec<Line>) = thread.into_iter().partition(|line| {
                let said = words(&line.message);
                // The log also tells what the buttons below a text say.
                let whole = left.iter().position(|words| *words == said);
                let begins = |words: &String| !said.is_empty() && words.starts_with(&said);
                let place = whole.or_else(|| left.iter().position(begins));
                place.map(|place| left.swap_remove(place)).is_some()
            });
            if known.len() > new.len() {
                there = left;
            } else {
                more.extend(known);
            }
            more.extend(new);
        }
        let matched = log.len() - there.len();
        let untold = silent && matched == log.len();
        let mut lines = log;
        lines.extend(more);
        (lines, untold)
    }
}

/// What a message says, to be compared.
pub(super) fn words(message: &Message) -> String {
    match (&message.html, &message.text) {
        (Some(html), _) => text::comparable(html, true),
        (None, plain) => text::comparable(plain.as_deref().unwrap_or_default(), false),
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

/// What problems with the chats of a ticket are filed under.
fn chat_key(ticket: &str) -> Key {
    Key::new(Kind::Message, format!("{ticket}-chat"))
}

fn unread(ticket: &str, why: &str) -> Unreadable {
    Unreadable {
        key: chat_key(ticket),
        reason: format!(
            "what was said beside the comments of ticket {ticket} could not be read: {why}"
        ),
        original: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Ids of the lines, and whether a chat seems to have more.
    fn ids(events: &[Value], log: &[(&str, &str)]) -> (Vec<String>, bool) {
        let (told, problems) = told(events);
        assert!(problems.is_empty(), "{problems:?}");
        let log = log.iter().map(|(id, text)| {
            let event =
                json!({"id": id, "type": LOGGED, "content": {"type": "text", "text": text}});
            logged(serde_json::from_value(event).unwrap(), "5")
        });
        let (lines, untold) = told.with(log.collect());
        let mut ids: Vec<String> = lines.into_iter().map(|line| line.message.id).collect();
        ids.sort_unstable();
        (ids, untold)
    }

    fn told(events: &[Value]) -> (Told, Vec<Unreadable>) {
        let (mut told, mut problems) = (Told::default(), Vec::new());
        for event in events {
            let raw = serde_json::value::to_raw_value(event).unwrap();
            told.event(event["type"].as_str().unwrap(), &raw, "5", &mut problems);
        }
        (told, problems)
    }

    fn chat(name: &str, id: &str, said: &[&str]) -> Value {
        let line = |(index, text): (usize, &&str)| json!({"type": "ChatMessage", "chat_index": index, "message": text});
        let history: Vec<Value> = said.iter().enumerate().map(line).collect();
        json!({"id": 1, "type": name, "value": {"chat_id": id, "history": history}})
    }

    #[test]
    fn a_line_is_the_same_while_the_chat_goes_on_and_when_it_is_over() {
        let log = [("01A", "Hello\nYes No"), ("01B", "My lamp hums")];
        let during = ids(&[chat(STARTED, "c", &[])], &log);
        let history = ["Hello", "My lamp hums"];
        let ended = chat("ChatEndedEvent", "c", &history);
        let after = ids(&[chat(STARTED, "c", &history), ended], &log);
        assert_eq!(during, (vec!["01A".to_owned(), "01B".to_owned()], false));
        assert_eq!(after, during);
    }

    #[test]
    fn no_chat_hides_another_one() {
        // The first stands in no log, the second goes on.
        let events = [
            chat(STARTED, "c", &["Hello", "My lamp hums"]),
            chat(STARTED, "d", &[]),
        ];
        let log = [("01A", "Hello"), ("01B", "It hums again")];
        let (all, untold) = ids(&events, &log);
        assert_eq!(all, ["01A", "01B", "chat-c-0", "chat-c-1"]);
        assert!(!untold);
        let (all, untold) = ids(&events, &[]);
        assert_eq!(all, ["chat-c-0", "chat-c-1"]);
        assert!(untold, "the second chat is lost without a word");
    }

    #[test]
    fn a_line_of_any_shape_is_kept() {
        let history = json!([
            {"chat_index": 0, "type": "ChatJoin", "actor_name": "Bo"},
            {"chat_index": 1, "type": "ChatForm", "fields": [{"label": "Order", "text": "4711"}]},
            {"chat_index": 2, "type": "ChatMessage", "message": "Thanks"},
            {"chat_index": 3, "type": "ChatRating", "new_rating": "good"},
            {"chat_index": "four", "type": "ChatMessage", "message": "?"},
        ]);
        let event =
            json!({"id": 1, "type": STARTED, "value": {"chat_id": "c", "history": history}});
        let (told, problems) = told(&[event]);
        assert_eq!(problems.len(), 1);
        assert!(String::from_utf8_lossy(&problems[0].original).contains("four"));
        let (lines, _) = told.with(Vec::new());
        let texts: Vec<Option<&str>> = lines.iter().map(|l| l.message.text.as_deref()).collect();
        assert_eq!(texts, [Some("4711\nOrder"), Some("Thanks"), None]);
        assert_eq!(lines[2].message.extra["line"]["new_rating"], "good");
    }
}
