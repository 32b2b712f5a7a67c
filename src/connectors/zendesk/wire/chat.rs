//! Chats and messaging: what was written stands in no comment.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Attachment, Id, Row};
use crate::schema::{Date, Kind};

rows! {
    /// One update of a ticket with all that it did.
    Audit "audits" Message {
        id: Id,
        author_id: Option<Id>,
        created_at: Option<Date>,
        /// Told apart by `type`.
        events: Vec<Box<RawValue>>,
    }
    /// An entry of the conversation log. Only messages are read: it repeats
    /// the comments.
    LogEvent "events" Message {
        id: Id,
        #[serde(rename = "type")]
        event_type: Option<String>,
        created_at: Option<Date>,
        received_at: Option<Date>,
        author: Option<LogAuthor>,
        content: Option<Value>,
        attachments: Option<Vec<Attachment>>,
    }
}

/// A `ChatStartedEvent` or `ChatEndedEvent` of an audit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ChatEvent {
    pub id: Id,
    pub value: Option<Chat>,
}

/// A chat, or a conversation of messaging.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Chat {
    pub chat_id: Option<Id>,
    pub conversation_id: Option<Id>,
    /// Filled in when the chat has ended.
    pub history: Option<Vec<Box<RawValue>>>,
}

/// What happened in a chat: `ChatMessage`, `ChatFileAttachment`, `ChatJoin` …
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ChatLine {
    #[serde(rename = "type")]
    pub line_type: Option<String>,
    pub chat_index: Option<u64>,
    pub message_id: Option<Id>,
    pub message: Option<String>,
    pub actor_id: Option<Id>,
    pub actor_name: Option<String>,
    pub actor_type: Option<String>,
    /// Milliseconds, seconds or text.
    pub timestamp: Option<Value>,
    pub filename: Option<String>,
    pub mime_type: Option<String>,
    pub url: Option<String>,
    /// A number, or none where it is not known.
    pub size: Option<Value>,
}

/// Who wrote an entry of the conversation log.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LogAuthor {
    pub display_name: Option<String>,
    /// `user`, `agent` or `bot`.
    #[serde(rename = "type")]
    pub author_type: Option<String>,
    /// -1 for bots.
    #[serde(rename = "zen:support:user_id")]
    pub user_id: Option<Id>,
}
