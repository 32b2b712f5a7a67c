//! What was said: mails, notes, chats, calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Date, Extra, values};

/// One message, note, call or chat line of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Message {
    /// Id on the desk.
    pub id: String,
    /// The [`super::Conversation`] it belongs to.
    pub conversation_id: String,
    /// Who wrote it.
    pub author: Author,
    /// How it came.
    pub channel: Channel,
    /// Which way it went.
    pub direction: Direction,
    /// Who may read it.
    pub visibility: Access,
    /// Subject of this message, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// HTML body. At least one of the two bodies is there unless the message is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Plain text body, where the desk has one that is not made from the HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Addresses it was sent from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Addresses it was sent to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Addresses in copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    /// Addresses in blind copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<String>,
    /// `Message-ID` header without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `In-Reply-To` header without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// When it was sent or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Date>,
    /// When it was last edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Date>,
    /// Parts of it were removed on the desk.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// The call, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallDetails>,
    /// Id of the side conversation it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_thread: Option<String>,
    /// How many attachments the desk says there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_attachments: Option<u32>,
    /// What the author changed of the conversation at this moment: an entry of
    /// its history, which says nothing itself. See [`Message::HISTORY`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Message {
    /// What the ids of entries of the history begin with: they are counted
    /// nowhere as messages.
    pub const HISTORY: &str = "history-";

    /// Whether this is an entry of the history.
    pub fn is_history(&self) -> bool {
        self.id.starts_with(Self::HISTORY)
    }
}

/// A field of a conversation that was changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// The field's name on the desk, or the id of a [`super::Field`].
    pub field: String,
    /// What the values are ids of; people are contacts or agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<super::Kind>,
    /// What it was; none when it was empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it became; none when it was emptied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Author {
    /// What sort of author.
    pub kind: AuthorKind,
    /// Contact's or agent's id; none for bots and the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name as shown in the message, where the desk gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address as shown in the message, where the desk gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A phone call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallDetails {
    /// Caller's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Called number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Date>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    /// Agent who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// Where the recording is; its bytes are an attachment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    /// What was said, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
}

values! {
    /// What sort of author.
    #[derive(Default)]
    AuthorKind {
        /// A customer.
        Contact = "contact",
        /// A member of the desk's staff.
        Agent = "agent",
        /// A bot.
        Bot = "bot",
        /// The desk itself, or nobody that it can name.
        #[default]
        System = "system",
    }
}

values! {
    /// How a message came or a conversation began.
    #[derive(Default)]
    Channel {
        /// Email.
        Email = "email",
        /// Chat with an agent on a site or in an app.
        Chat = "chat",
        /// Phone.
        Voice = "voice",
        /// Text message.
        Sms = "sms",
        /// WhatsApp.
        Whatsapp = "whatsapp",
        /// Facebook or Messenger.
        Facebook = "facebook",
        /// Instagram.
        Instagram = "instagram",
        /// X (Twitter).
        Twitter = "twitter",
        /// Telegram.
        Telegram = "telegram",
        /// LINE.
        Line = "line",
        /// A form on a site.
        WebForm = "web_form",
        /// The desk's own customer portal or web interface.
        Portal = "portal",
        /// An API.
        Api = "api",
        /// A messenger inside a product.
        InApp = "in_app",
        /// Face to face.
        InPerson = "in_person",
        /// Paper mail.
        Letter = "letter",
        /// Anything else.
        #[default]
        Other = "other",
    }
}

values! {
    /// Which way a message went.
    #[derive(Default)]
    Direction {
        /// From the customer to the desk.
        #[default]
        Inbound = "inbound",
        /// From the desk to the customer.
        Outbound = "outbound",
        /// Stayed within the desk.
        Internal = "internal",
    }
}

values! {
    /// Who may read a message.
    #[derive(Default)]
    Access {
        /// The customer too.
        #[default]
        Public = "public",
        /// Staff only.
        Internal = "internal",
    }
}
