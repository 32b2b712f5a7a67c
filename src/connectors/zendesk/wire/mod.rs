//! What Zendesk sends, as far as it is read, and how a page becomes rows.

/// Rows of lists, by the key of the list and what they become.
macro_rules! rows {
    ($($(#[$meta:meta])* $name:ident $key:literal $kind:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type),+ }
        impl Row for $name {
            const KEY: &'static str = $key;
            const KIND: Kind = Kind::$kind;
        }
    )+};
}

/// An answer that wraps one record.
macro_rules! wrapped {
    ($($(#[$meta:meta])* $name:ident { $field:ident: $type:ty }),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Deserialize)]
        pub struct $name { pub $field: $type }
    )+};
}

mod chat;
mod guide;
mod jobs;
mod page;
mod people;
mod queue;
mod side;
mod structure;
mod tickets;

use std::fmt;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::schema::{Extra, Kind};

pub use chat::{Audit, ChatEvent, ChatLine, LogEvent};
pub use guide::{
    Article, ArticleAttachment, Category, Locales, MediaUpload, OneArticleAttachment, OneSection,
    PermissionGroup, RedirectRule, Section, Translation, Upload, UserSegment,
};
pub use jobs::{JobResult, JobStatus, ManyJobs, OneJob};
pub use page::{List, list, list_with, row};
pub use people::{Identity, OneUser, Organization, OrganizationMembership, User};
pub use queue::{Answer, OneSurveyResponse, OneSuspended, SurveyResponse, SuspendedTicket};
pub use side::{SideConversation, SideEvent};
pub use structure::{
    Automation, Brand, Condition, CustomStatus, FieldChoice, Group, GroupMembership, Macro,
    MacroAction, OrganizationField, TicketField, TicketForm, Trigger, UserField,
};
pub use tickets::{
    Attachment, ChildHead, Comment, MetricSet, Minutes, SatisfactionRating, Ticket, TicketEvent,
    Via,
};

/// An id: a number for most records, text for some. Kept as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }
            fn visit_u64<E>(self, id: u64) -> std::result::Result<Id, E> {
                Ok(Id(id.to_string()))
            }
            fn visit_i64<E>(self, id: i64) -> std::result::Result<Id, E> {
                Ok(Id(id.to_string()))
            }
            fn visit_str<E>(self, id: &str) -> std::result::Result<Id, E> {
                Ok(Id(id.to_owned()))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// A row of a list.
pub trait Row: DeserializeOwned {
    /// The key that the list stands under.
    const KEY: &'static str;
    /// What the row becomes, for problems.
    const KIND: Kind;
}

/// Keeps a value without a home, unless it says nothing.
pub fn keep(extra: &mut Extra, name: &str, value: Option<Value>) {
    let empty = match &value {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    if let (false, Some(value)) = (empty, value) {
        extra.insert(name.to_owned(), value);
    }
}

/// Reads `null` as the default.
fn or_default<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
