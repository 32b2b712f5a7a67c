//! What a platform can and cannot keep, as data.

use serde::Serialize;

/// How much of a feature a platform takes or gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "support", content = "note")]
pub enum Support {
    /// All of it.
    Full,
    /// Part of it; the note says which part and what happens to the rest.
    Partial(&'static str),
    /// None of it; the note says why.
    None(&'static str),
}

/// One row of a connector's table: a feature as source and as sink.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Capability {
    /// What it is about.
    pub feature: Feature,
    /// Reading it.
    pub source: Support,
    /// Writing it.
    pub sink: Support,
}

crate::schema::values! {
    /// What people ask of a migration.
    Feature {
        /// Tickets themselves.
        Conversations = "conversations",
        /// All messages, in order.
        Messages = "messages",
        /// Dates of conversations.
        ConversationDates = "conversation dates",
        /// Dates of messages.
        MessageDates = "message dates",
        /// The real author of each message.
        MessageAuthors = "message authors",
        /// Internal notes.
        InternalNotes = "internal notes",
        /// The original channel.
        Channels = "channels",
        /// People in copy.
        Cc = "people in copy",
        /// Files.
        Attachments = "attachments",
        /// Images inside the text.
        InlineImages = "inline images",
        /// Tags.
        Tags = "tags",
        /// Custom field values.
        CustomFields = "custom fields",
        /// Field definitions.
        FieldDefinitions = "field definitions",
        /// Merged, follow-up, problem and incident relations.
        Links = "links between conversations",
        /// Deleted conversations.
        Deleted = "deleted conversations",
        /// Customers.
        Contacts = "contacts",
        /// All addresses of a customer.
        Identities = "several addresses of a contact",
        /// Organizations.
        Organizations = "organizations",
        /// Agents.
        Agents = "agents",
        /// Groups.
        Groups = "groups",
        /// Satisfaction ratings.
        Ratings = "ratings",
        /// Time entries.
        TimeEntries = "time entries",
        /// Who changed which field of a conversation when.
        History = "history of fields",
        /// Macros and canned responses.
        Macros = "macros",
        /// Knowledge base articles.
        Articles = "articles",
        /// Nested categories.
        Categories = "nested categories",
        /// Translations.
        Translations = "translations",
        /// Dates of articles.
        ArticleDates = "article dates",
        /// Only what changed.
        Incremental = "incremental reading",
        /// Writing without mails to customers.
        Silence = "no mail to customers",
        /// Finding a record that we wrote, to never write it twice.
        WrittenOnce = "written once",
    }
}
