//! What a target will not have as it was, declared before anything is written.

use serde::{Deserialize, Serialize};

use super::Detail;

/// Something of a record that the target will not have as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Which field, from [`field`]: verify does not compare what was declared.
    pub field: String,
    /// What becomes of it.
    pub effect: Effect,
    /// The details: which value, where it is kept instead.
    pub detail: Detail,
    /// The part of the record that it is about: a message's or custom field's
    /// id, a locale, a kind of address. Verify compares the other parts.
    /// `None` is the field as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What stands there instead is known, so that verify compares it all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compared: bool,
}

impl Loss {
    /// A declared loss.
    pub fn new(field: &str, effect: Effect, detail: impl Into<Detail>) -> Self {
        Loss {
            field: field.to_owned(),
            effect,
            detail: detail.into(),
            part: None,
            compared: false,
        }
    }

    /// Names the one part of the record that it is about.
    #[must_use]
    pub fn of(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// Lets verify compare the field: the item holds what stands there
    /// instead, or what is lost is nothing that verify looks at.
    #[must_use]
    pub fn compared(mut self) -> Self {
        self.compared = true;
        self
    }

    /// Whether verify must not compare this part of a field because of it.
    pub fn hides(&self, field: &str, part: &str) -> bool {
        !self.compared && self.field == field && self.part.as_deref().is_none_or(|own| own == part)
    }
}

crate::schema::values! {
    /// What becomes of a value that the target cannot keep as it was.
    Effect {
        /// It stays in the ledger and the archive only.
        Dropped = "dropped",
        /// It is kept elsewhere on the target: in a note, the text, a custom field, a tag.
        Moved = "moved",
        /// It becomes another value.
        Changed = "changed",
        /// It is cut; the whole is in the ledger.
        Truncated = "truncated",
        /// Levels are merged into one.
        Flattened = "flattened",
    }
}

/// Names of fields that losses and verify's differences speak of.
#[allow(missing_docs)] // the names say it
pub mod field {
    pub const CONVERSATION: &str = "conversation";
    pub const SUBJECT: &str = "conversation.subject";
    pub const STATUS: &str = "conversation.status";
    pub const PRIORITY: &str = "conversation.priority";
    pub const TYPE: &str = "conversation.type";
    pub const CHANNEL: &str = "conversation.channel";
    pub const CREATED_AT: &str = "conversation.created_at";
    pub const UPDATED_AT: &str = "conversation.updated_at";
    pub const SOLVED_AT: &str = "conversation.solved_at";
    pub const CLOSED_AT: &str = "conversation.closed_at";
    pub const DUE_AT: &str = "conversation.due_at";
    pub const REQUESTER: &str = "conversation.requester";
    pub const ASSIGNEE: &str = "conversation.assignee";
    pub const GROUP: &str = "conversation.group";
    pub const ORGANIZATION: &str = "conversation.organization";
    pub const CC: &str = "conversation.cc";
    pub const FOLLOWERS: &str = "conversation.followers";
    pub const TAGS: &str = "conversation.tags";
    pub const CUSTOM_FIELDS: &str = "conversation.custom_fields";
    pub const LINKS: &str = "conversation.links";
    pub const BRAND: &str = "conversation.brand";
    pub const FORM: &str = "conversation.form";
    pub const NUMBER: &str = "conversation.number";
    pub const METRICS: &str = "conversation.metrics";
    pub const HISTORY: &str = "conversation.history";
    pub const RATING: &str = "rating";
    pub const TIME_ENTRY: &str = "time_entry";
    pub const MESSAGE: &str = "message";
    pub const MESSAGE_ORDER: &str = "message.order";
    pub const MESSAGE_AUTHOR: &str = "message.author";
    pub const MESSAGE_SENT_AT: &str = "message.sent_at";
    pub const MESSAGE_VISIBILITY: &str = "message.visibility";
    pub const MESSAGE_CHANNEL: &str = "message.channel";
    pub const MESSAGE_BODY: &str = "message.body";
    pub const MESSAGE_HEADERS: &str = "message.headers";
    pub const MESSAGE_RECIPIENTS: &str = "message.recipients";
    pub const MESSAGE_LINKS: &str = "message.links";
    pub const MESSAGE_CALL: &str = "message.call";
    pub const ATTACHMENT: &str = "attachment";
    pub const ATTACHMENT_NAME: &str = "attachment.name";
    pub const ATTACHMENT_INLINE: &str = "attachment.inline";
    pub const CONTACT: &str = "contact";
    pub const CONTACT_NAME: &str = "contact.name";
    pub const CONTACT_IDENTITIES: &str = "contact.identities";
    pub const CONTACT_ORGANIZATIONS: &str = "contact.organizations";
    pub const CONTACT_DATES: &str = "contact.dates";
    pub const CONTACT_TAGS: &str = "contact.tags";
    pub const CONTACT_LOCALE: &str = "contact.locale";
    pub const CONTACT_NOTES: &str = "contact.notes";
    pub const CONTACT_STATE: &str = "contact.state";
    pub const CONTACT_FIELDS: &str = "contact.custom_fields";
    pub const ORGANIZATION_RECORD: &str = "organization";
    pub const ORGANIZATION_NAME: &str = "organization.name";
    pub const ORGANIZATION_DATES: &str = "organization.dates";
    pub const ORGANIZATION_TAGS: &str = "organization.tags";
    pub const ORGANIZATION_FIELDS: &str = "organization.custom_fields";
    pub const AGENT: &str = "agent";
    pub const GROUP_RECORD: &str = "group";
    pub const GROUP_MEMBERS: &str = "group.members";
    pub const FIELD: &str = "field";
    pub const FORM_RECORD: &str = "form";
    pub const BRAND_RECORD: &str = "brand";
    pub const MACRO: &str = "macro";
    pub const CATEGORY: &str = "category";
    pub const CATEGORY_LEVEL: &str = "category.level";
    pub const ARTICLE: &str = "article";
    pub const ARTICLE_DATES: &str = "article.dates";
    pub const ARTICLE_AUTHOR: &str = "article.author";
    pub const ARTICLE_VOTES: &str = "article.votes";
    pub const ARTICLE_STATE: &str = "article.state";
    pub const ARTICLE_VISIBILITY: &str = "article.visibility";
    pub const ARTICLE_POSITION: &str = "article.position";
    pub const ARTICLE_LABELS: &str = "article.labels";
    pub const ARTICLE_TRANSLATION: &str = "article.translation";
    pub const ARTICLE_LINKS: &str = "article.links";
    pub const EXTRA: &str = "extra";
}
