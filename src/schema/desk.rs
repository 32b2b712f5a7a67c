//! The desk itself: staff, structure, field definitions, ratings, time, macros.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CustomFields, Date, Extra, values};

/// A company, account or client that contacts belong to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Organization {
    /// Id on the desk.
    pub id: String,
    /// Name; most desks demand that it is unique.
    pub name: String,
    /// Mail domains whose senders belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// Tags, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Agents' remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Further details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// The group that serves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Members see each other's conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    /// The id that the desk's owner gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Values of custom fields, by field id.
    #[serde(skip_serializing_if = "CustomFields::is_empty")]
    pub custom_fields: CustomFields,
    /// Created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A team, queue or department of agents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// Id on the desk.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Members: agents' ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agent_ids: Vec<String>,
    /// Deleted on the desk, yet still referred to.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A member of the desk's staff.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// Id on the desk; agents and contacts of one desk never share an id.
    pub id: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Sign-in address: what agents are matched by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the agent may do.
    pub role: Role,
    /// The desk's own name for the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    /// Groups the agent is a member of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_ids: Vec<String>,
    /// Signature below answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Can sign in. Former staff is kept because old messages are theirs.
    pub active: bool,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

values! {
    /// What an agent may do.
    #[derive(Default)]
    Role {
        /// Works on conversations.
        #[default]
        Agent = "agent",
        /// Runs the desk.
        Admin = "admin",
        /// Reads and comments only.
        Light = "light",
    }
}

/// A brand, product or mailbox identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// Id on the desk.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its help center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// In use.
    pub active: bool,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A ticket form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    /// Id on the desk.
    pub id: String,
    /// Name.
    pub name: String,
    /// Fields in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub field_ids: Vec<String>,
    /// In use.
    pub active: bool,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// The definition of a custom field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Field {
    /// What `custom_fields` is keyed by.
    pub id: String,
    /// Which records carry it: conversation, contact, organization or article.
    pub on: Option<super::Kind>,
    /// Machine name, where it differs from the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Label that people see.
    pub label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The platform's own name for the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Choices in order, for choice types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FieldOption>,
    /// Pattern of a [`FieldType::Regex`] field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Must be filled when a conversation is created.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Must be filled before a conversation is solved or closed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required_to_close: bool,
    /// Customers see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible_to_customers: Option<bool>,
    /// In use.
    pub active: bool,
    /// Part of every desk of this platform (subject, status …), not a custom field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub system: bool,
    /// Help text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// One choice of a field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FieldOption {
    /// What is stored.
    pub value: String,
    /// What people see.
    pub label: String,
}

values! {
    /// What values a custom field takes.
    #[derive(Default)]
    FieldType {
        /// One line.
        #[default]
        Text = "text",
        /// Several lines.
        TextArea = "text_area",
        /// A whole number.
        Integer = "integer",
        /// A number with a fraction.
        Decimal = "decimal",
        /// Yes or no.
        Checkbox = "checkbox",
        /// A day.
        Date = "date",
        /// A point in time.
        DateTime = "date_time",
        /// One of the options.
        Select = "select",
        /// Any of the options.
        MultiSelect = "multi_select",
        /// Levels of options, joined by `::` in the value.
        Dependent = "dependent",
        /// Text that matches `pattern`.
        Regex = "regex",
        /// The last digits of a card number.
        CreditCard = "credit_card",
        /// A web address.
        Url = "url",
        /// A reference to another record.
        Lookup = "lookup",
    }
}

/// A customer's judgement of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rating {
    /// Id on the desk.
    pub id: String,
    /// The [`super::Conversation`].
    pub conversation_id: String,
    /// `csat`, `nps` or `ces`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<String>,
    /// From 0 (worst) to 100 (best).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// The desk's own value: `good`, `103`, `5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What the customer wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The reason the customer chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Whose work was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// Time that an agent booked on a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TimeEntry {
    /// Id on the desk.
    pub id: String,
    /// The [`super::Conversation`].
    pub conversation_id: String,
    /// Who worked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Seconds.
    pub seconds: u64,
    /// To be billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When the work was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_at: Option<Date>,
    /// Booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A canned response or macro.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Macro {
    /// Id on the desk.
    pub id: String,
    /// Title.
    pub title: String,
    /// Folder it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The text it inserts, as HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The text it inserts, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What else it does, in the platform's own words: field and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<(String, serde_json::Value)>,
    /// In use.
    pub active: bool,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}
