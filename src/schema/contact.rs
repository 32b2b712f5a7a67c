//! Customers and the addresses they are known by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CustomFields, Date, Extra, values};

/// One person with all addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// Id on the desk.
    pub id: String,
    /// Full name as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Every address, the primary one of each kind first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// Organizations, the main one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organization_ids: Vec<String>,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name where the platform allows it, else the platform's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Tags, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Agents' remarks about this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Postal address or further details, as one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// May not open conversations (suspended, blocked).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
    /// Deleted on the desk, yet still referred to.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The id that the desk's owner gave this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Values of custom fields, by field id.
    #[serde(skip_serializing_if = "CustomFields::is_empty")]
    pub custom_fields: CustomFields,
    /// Where the picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// First seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Contact {
    /// The first address of this kind (the primary one), if any.
    pub fn identity(&self, kind: IdentityKind) -> Option<&str> {
        self.identities
            .iter()
            .find(|identity| identity.kind == kind)
            .map(|identity| identity.value.as_str())
    }

    /// The primary email address, if any.
    pub fn email(&self) -> Option<&str> {
        self.identity(IdentityKind::Email)
    }
}

/// One address of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// What sort of address.
    pub kind: IdentityKind,
    /// The address, as the desk has it.
    pub value: String,
    /// The desk has proof that it belongs to this person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verified: bool,
    /// The one to use first among its kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
    /// Where it was learned, where the desk says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Identity {
    /// A primary, unverified address.
    pub fn new(kind: IdentityKind, value: impl Into<String>) -> Self {
        Identity {
            kind,
            value: value.into(),
            verified: false,
            primary: true,
            source: None,
        }
    }
}

values! {
    /// The sorts of addresses a person can have.
    IdentityKind {
        /// An email address.
        Email = "email",
        /// A phone number, E.164 where known.
        Phone = "phone",
        /// A mobile number, E.164 where known.
        Mobile = "mobile",
        /// A WhatsApp number.
        Whatsapp = "whatsapp",
        /// A Telegram account.
        Telegram = "telegram",
        /// An X (Twitter) account.
        Twitter = "twitter",
        /// A Facebook account.
        Facebook = "facebook",
        /// An Instagram account.
        Instagram = "instagram",
        /// A LINE account.
        Line = "line",
        /// A number known from text messages.
        Sms = "sms",
        /// A visitor id of a chat widget.
        Visitor = "visitor",
        /// A login name of the desk itself.
        Login = "login",
        /// An id from the desk owner's own systems.
        External = "external",
        /// Anything else; `source` says what.
        Other = "other",
    }
}
