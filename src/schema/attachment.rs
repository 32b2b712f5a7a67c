//! Files of messages and articles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Date, Extra};

/// One file. Its bytes are in the blob store, by SHA-256.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Id on the desk, or one made from owner and address where it has none.
    pub id: String,
    /// What it belongs to.
    pub owner: Owner,
    /// File name as the desk has it. Never used as a path.
    pub name: String,
    /// MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Bytes, as the desk says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Shown inside the text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
    /// `Content-ID` without angle brackets, for `cid:` references in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Where the bytes are on the source: an address, or a path relative to the desk's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Lower-case hexadecimal, once the bytes are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Locale of the translation it belongs to, for articles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Values without a home.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// What an attachment belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A [`super::Message`].
    Message(String),
    /// A [`super::Article`].
    Article(String),
}
