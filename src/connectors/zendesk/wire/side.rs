//! Side conversations.

use serde::Deserialize;

use super::{Attachment, Id, Row};
use crate::schema::{Date, Kind};

rows! {
    /// A side conversation of a ticket.
    SideConversation "side_conversations" Message {
        id: Id,
        subject: Option<String>,
    }
    /// What happened in one.
    SideEvent "events" Message {
        id: Id,
        actor: Option<Participant>,
        message: Option<SideMessage>,
        via: Option<String>,
        created_at: Option<Date>,
    }
}

/// What was written, in events of the types `create` and `reply`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SideMessage {
    pub subject: Option<String>,
    pub body: Option<String>,
    pub html_body: Option<String>,
    pub from: Option<Participant>,
    pub to: Option<Vec<Participant>>,
    pub attachments: Option<Vec<Attachment>>,
}

/// Who wrote it or got it: a user, an address, a channel or a group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Participant {
    pub user_id: Option<Id>,
    pub name: Option<String>,
    pub email: Option<String>,
}
