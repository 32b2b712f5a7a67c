//! The omnichannel schema, version 1: one customer, one timeline.
//!
//! Every connector reads into these records and writes from them; they do no
//! I/O and know no platform. Conventions that hold everywhere:
//!
//! - Ids are strings, unique per [`Kind`] within one desk, as the platform
//!   gives them. A reference to another record is its id.
//! - Dates are [`jiff::Timestamp`] (UTC). A platform that has no date for
//!   something leaves `None`; nothing is ever dated "now".
//! - A value without a home goes to `extra` under the platform's own name and
//!   is declared as a loss when the target cannot keep it.

mod article;
mod attachment;
mod contact;
mod conversation;
mod desk;
mod message;
mod names;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use article::{Article, ArticleState, Category, Translation, Visibility};
pub use attachment::{Attachment, Owner};
pub use contact::{Contact, Identity, IdentityKind};
pub use conversation::{Conversation, Link, LinkKind, Metrics, Priority, Status, TicketType};
pub use desk::{
    Agent, Brand, Field, FieldOption, FieldType, Form, Group, Macro, Organization, Rating, Role,
    TimeEntry,
};
pub use message::{Access, Author, AuthorKind, CallDetails, Change, Channel, Direction, Message};

/// The version that `deskferry schema` prints and that ledgers and archives carry.
pub const VERSION: u32 = 1;

/// A date, in UTC.
///
/// RFC 3339 text in JSON. `jiff` reads any offset and keeps the instant.
pub type Date = jiff::Timestamp;

/// Values that have no field of their own, by the platform's name for them.
pub type Extra = BTreeMap<String, serde_json::Value>;

/// Values of the desk's custom fields, by the id of the [`Field`].
pub type CustomFields = BTreeMap<String, serde_json::Value>;

/// What a record is. The order is the order in which records are pushed:
/// whatever a kind refers to comes before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A company, account or client that contacts belong to.
    Organization,
    /// A team, queue or department of agents.
    Group,
    /// A member of the desk's staff.
    Agent,
    /// A brand, product or mailbox identity.
    Brand,
    /// The definition of a custom field.
    Field,
    /// A ticket form.
    Form,
    /// A customer.
    Contact,
    /// A ticket, case, chat, call or thread.
    Conversation,
    /// One message, note, call or chat of a conversation.
    Message,
    /// A file of a message or an article.
    Attachment,
    /// A customer's judgement of a conversation.
    Rating,
    /// Time that an agent booked on a conversation.
    TimeEntry,
    /// A level of the knowledge base: category, section or folder.
    Category,
    /// A knowledge base article with all its translations.
    Article,
    /// A canned response or macro.
    Macro,
}

impl Kind {
    /// Every kind, in push order.
    pub const ALL: [Kind; 15] = [
        Kind::Organization,
        Kind::Group,
        Kind::Agent,
        Kind::Brand,
        Kind::Field,
        Kind::Form,
        Kind::Contact,
        Kind::Conversation,
        Kind::Message,
        Kind::Attachment,
        Kind::Rating,
        Kind::TimeEntry,
        Kind::Category,
        Kind::Article,
        Kind::Macro,
    ];

    /// The singular name used in JSON, the ledger and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Organization => "organization",
            Kind::Group => "group",
            Kind::Agent => "agent",
            Kind::Brand => "brand",
            Kind::Field => "field",
            Kind::Form => "form",
            Kind::Contact => "contact",
            Kind::Conversation => "conversation",
            Kind::Message => "message",
            Kind::Attachment => "attachment",
            Kind::Rating => "rating",
            Kind::TimeEntry => "time_entry",
            Kind::Category => "category",
            Kind::Article => "article",
            Kind::Macro => "macro",
        }
    }

    /// The plural used for files, configuration and people.
    pub const fn plural(self) -> &'static str {
        match self {
            Kind::Organization => "organizations",
            Kind::Group => "groups",
            Kind::Agent => "agents",
            Kind::Brand => "brands",
            Kind::Field => "fields",
            Kind::Form => "forms",
            Kind::Contact => "contacts",
            Kind::Conversation => "conversations",
            Kind::Message => "messages",
            Kind::Attachment => "attachments",
            Kind::Rating => "ratings",
            Kind::TimeEntry => "time_entries",
            Kind::Category => "categories",
            Kind::Article => "articles",
            Kind::Macro => "macros",
        }
    }

    /// The kind with this singular or plural name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name || kind.plural() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Names one record of one desk.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Key {
    /// What the record is.
    pub kind: Kind,
    /// Its id on that desk.
    pub id: String,
}

impl Key {
    /// The key of the record of `kind` with this id.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Key {
            kind,
            id: id.into(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// One item of a desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs)] // each variant is the record of that kind, documented there
pub enum Record {
    Organization(Organization),
    Group(Group),
    Agent(Agent),
    Brand(Brand),
    Field(Field),
    Form(Form),
    Contact(Contact),
    Conversation(Conversation),
    Message(Message),
    Attachment(Attachment),
    Rating(Rating),
    TimeEntry(TimeEntry),
    Category(Category),
    Article(Article),
    Macro(Macro),
}

/// Does one thing for whatever record is inside.
macro_rules! each {
    ($record:expr, $inner:ident => $body:expr) => {
        match $record {
            Record::Organization($inner) => $body,
            Record::Group($inner) => $body,
            Record::Agent($inner) => $body,
            Record::Brand($inner) => $body,
            Record::Field($inner) => $body,
            Record::Form($inner) => $body,
            Record::Contact($inner) => $body,
            Record::Conversation($inner) => $body,
            Record::Message($inner) => $body,
            Record::Attachment($inner) => $body,
            Record::Rating($inner) => $body,
            Record::TimeEntry($inner) => $body,
            Record::Category($inner) => $body,
            Record::Article($inner) => $body,
            Record::Macro($inner) => $body,
        }
    };
}

impl Record {
    /// What this record is.
    pub fn kind(&self) -> Kind {
        match self {
            Record::Organization(_) => Kind::Organization,
            Record::Group(_) => Kind::Group,
            Record::Agent(_) => Kind::Agent,
            Record::Brand(_) => Kind::Brand,
            Record::Field(_) => Kind::Field,
            Record::Form(_) => Kind::Form,
            Record::Contact(_) => Kind::Contact,
            Record::Conversation(_) => Kind::Conversation,
            Record::Message(_) => Kind::Message,
            Record::Attachment(_) => Kind::Attachment,
            Record::Rating(_) => Kind::Rating,
            Record::TimeEntry(_) => Kind::TimeEntry,
            Record::Category(_) => Kind::Category,
            Record::Article(_) => Kind::Article,
            Record::Macro(_) => Kind::Macro,
        }
    }

    /// The record's id on its desk.
    pub fn id(&self) -> &str {
        each!(self, inner => &inner.id)
    }

    /// Kind and id together.
    pub fn key(&self) -> Key {
        Key::new(self.kind(), self.id())
    }

    /// The record that this one is a part of: a message's or rating's
    /// conversation, an attachment's message or article, a category's or
    /// article's parent.
    pub fn parent(&self) -> Option<Key> {
        match self {
            Record::Message(m) => Some(Key::new(Kind::Conversation, &m.conversation_id)),
            Record::Rating(r) => Some(Key::new(Kind::Conversation, &r.conversation_id)),
            Record::TimeEntry(t) => Some(Key::new(Kind::Conversation, &t.conversation_id)),
            Record::Attachment(a) => Some(match &a.owner {
                Owner::Message(id) => Key::new(Kind::Message, id),
                Owner::Article(id) => Key::new(Kind::Article, id),
            }),
            Record::Category(c) => c.parent_id.as_ref().map(|id| Key::new(Kind::Category, id)),
            Record::Article(a) => a
                .category_id
                .as_ref()
                .map(|id| Key::new(Kind::Category, id)),
            _ => None,
        }
    }

    /// Values that the platform has and the schema has no home for.
    pub fn extra(&self) -> &Extra {
        each!(self, inner => &inner.extra)
    }

    /// The record as JSON without the `kind` tag, as the ledger and the
    /// `files` connector keep it.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        each!(self, inner => serde_json::to_vec(inner))
    }

    /// Writes what [`Record::to_json`] returns.
    pub fn write_json(&self, out: &mut impl std::io::Write) -> serde_json::Result<()> {
        each!(self, inner => serde_json::to_writer(out, inner))
    }

    /// Reads what [`Record::to_json`] wrote.
    ///
    /// The error names the field by its path, line and column.
    pub fn from_json(
        kind: Kind,
        json: &[u8],
    ) -> Result<Record, serde_path_to_error::Error<serde_json::Error>> {
        let de = &mut serde_json::Deserializer::from_slice(json);
        use serde_path_to_error::deserialize;
        Ok(match kind {
            Kind::Organization => Record::Organization(deserialize(de)?),
            Kind::Group => Record::Group(deserialize(de)?),
            Kind::Agent => Record::Agent(deserialize(de)?),
            Kind::Brand => Record::Brand(deserialize(de)?),
            Kind::Field => Record::Field(deserialize(de)?),
            Kind::Form => Record::Form(deserialize(de)?),
            Kind::Contact => Record::Contact(deserialize(de)?),
            Kind::Conversation => Record::Conversation(deserialize(de)?),
            Kind::Message => Record::Message(deserialize(de)?),
            Kind::Attachment => Record::Attachment(deserialize(de)?),
            Kind::Rating => Record::Rating(deserialize(de)?),
            Kind::TimeEntry => Record::TimeEntry(deserialize(de)?),
            Kind::Category => Record::Category(deserialize(de)?),
            Kind::Article => Record::Article(deserialize(de)?),
            Kind::Macro => Record::Macro(deserialize(de)?),
        })
    }
}

/// The JSON Schema of every record, keyed by kind, as `deskferry schema` prints it.
pub fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Record).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "title".into(),
            format!("deskferry schema v{VERSION}").into(),
        );
    }
    schema
}

/// Declares a closed set of values with their text form, as used in JSON and mappings.
macro_rules! values {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The text form.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The value with this text form.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use values;

#[cfg(test)]
mod tests;
