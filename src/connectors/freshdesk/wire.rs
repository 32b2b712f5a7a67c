//! What the Freshdesk API sends, as far as it is used.
//!
//! Lists are read row by row (see [`super::client::Desk::page`]), so that one
//! strange row does not hide its neighbours. Unknown fields are left alone.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::schema::Date;

/// A ticket, live or archived.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Ticket {
    pub id: u64,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub description_text: Option<String>,
    pub structured_description: Option<Structured>,
    pub status: u32,
    pub priority: Option<u32>,
    pub source: Option<u32>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub requester_id: Option<u64>,
    pub responder_id: Option<u64>,
    pub company_id: Option<u64>,
    pub group_id: Option<u64>,
    pub product_id: Option<u64>,
    pub email_config_id: Option<u64>,
    pub form_id: Option<u64>,
    pub to_emails: Option<Vec<String>>,
    pub cc_emails: Option<Vec<String>>,
    pub reply_cc_emails: Option<Vec<String>>,
    pub fwd_emails: Option<Vec<String>>,
    pub spam: Option<bool>,
    pub deleted: Option<bool>,
    pub archived: Option<bool>,
    pub tags: Option<Vec<String>>,
    pub custom_fields: Option<BTreeMap<String, Value>>,
    pub association_type: Option<u32>,
    pub associated_tickets_list: Option<Vec<u64>>,
    pub fr_escalated: Option<bool>,
    pub is_escalated: Option<bool>,
    pub due_by: Option<Date>,
    pub fr_due_by: Option<Date>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
    pub stats: Option<Stats>,
    pub attachments: Option<Vec<Attachment>>,
    pub support_email: Option<String>,
}

/// `include=stats`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Stats {
    pub resolved_at: Option<Date>,
    pub closed_at: Option<Date>,
    pub first_responded_at: Option<Date>,
    pub reopened_at: Option<Date>,
}

/// Text of web chats, which have no HTML.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Structured {
    #[serde(alias = "description_contents")]
    pub body_contents: Vec<Content>,
}

/// One piece of [`Structured`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Content {
    pub data: Option<BTreeMap<String, Value>>,
}

impl Structured {
    /// The text of all pieces.
    pub fn text(&self) -> String {
        self.body_contents
            .iter()
            .filter_map(|piece| piece.data.as_ref()?.get("content")?.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A reply or note.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Conversation {
    pub id: u64,
    pub ticket_id: Option<u64>,
    pub user_id: Option<u64>,
    pub source: Option<u32>,
    pub incoming: bool,
    pub private: bool,
    pub body: Option<String>,
    pub body_text: Option<String>,
    pub structured_body: Option<Structured>,
    pub support_email: Option<String>,
    pub from_email: Option<String>,
    pub to_emails: Option<Vec<String>>,
    pub cc_emails: Option<Vec<String>>,
    pub bcc_emails: Option<Vec<String>>,
    pub last_edited_at: Option<Date>,
    pub created_at: Option<Date>,
    pub attachments: Option<Vec<Attachment>>,
}

/// A file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Attachment {
    pub id: u64,
    pub name: Option<String>,
    pub content_type: Option<String>,
    /// What the service sends.
    pub size: Option<u64>,
    /// What its documentation says.
    pub file_size: Option<u64>,
    pub attachment_url: Option<String>,
    pub created_at: Option<Date>,
}

/// A contact.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Contact {
    pub id: u64,
    pub active: Option<bool>,
    pub deleted: Option<bool>,
    pub blocked: Option<bool>,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Missing in lists, which is not the same as empty.
    pub other_emails: Option<Vec<String>>,
    pub phone: Option<String>,
    pub mobile: Option<String>,
    pub twitter_id: Option<String>,
    pub facebook_id: Option<String>,
    pub unique_external_id: Option<String>,
    pub visitor_id: Option<String>,
    pub contact_type: Option<String>,
    pub company_id: Option<u64>,
    pub other_companies: Option<Vec<OtherCompany>>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub job_title: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub tags: Option<Vec<String>>,
    pub custom_fields: Option<BTreeMap<String, Value>>,
    pub social_handler: Option<Value>,
    pub avatar: Option<Avatar>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// A further company: lists give the id, single contacts an object.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Value")]
pub struct OtherCompany(pub Option<u64>);

impl From<Value> for OtherCompany {
    fn from(value: Value) -> Self {
        OtherCompany(value.as_u64().or_else(|| value.get("company_id")?.as_u64()))
    }
}

/// A contact's picture.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Avatar {
    pub avatar_url: Option<String>,
}

/// A company.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Company {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub note: Option<String>,
    pub domains: Option<Vec<String>>,
    pub custom_fields: Option<BTreeMap<String, Value>>,
    pub health_score: Option<String>,
    pub account_tier: Option<String>,
    pub renewal_date: Option<String>,
    pub industry: Option<String>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// An agent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Agent {
    pub id: u64,
    pub occasional: Option<bool>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub signature: Option<String>,
    pub ticket_scope: Option<u32>,
    pub group_ids: Option<Vec<u64>>,
    pub role_ids: Option<Vec<u64>>,
    pub deactivated: Option<bool>,
    pub contact: AgentContact,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// The person behind an agent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AgentContact {
    pub active: Option<bool>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<Value>,
    pub mobile: Option<Value>,
    pub job_title: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
}

/// A role of agents.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Role {
    pub id: u64,
    pub name: String,
}

/// A group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Group {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub agent_ids: Option<Vec<u64>>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// A product.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Product {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
}

/// A ticket form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    pub id: u64,
    pub title: Option<String>,
    pub name: Option<String>,
    pub fields: Option<Vec<Field>>,
}

/// A ticket, contact or company field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Field {
    pub id: u64,
    pub name: String,
    pub label: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    pub default: bool,
    pub required_for_agents: Option<bool>,
    pub required_for_closure: Option<bool>,
    #[serde(alias = "displayed_for_customers")]
    pub displayed_to_customers: Option<bool>,
    pub choices: Option<Value>,
    #[serde(alias = "nested_ticket_fields")]
    pub dependent_fields: Option<Vec<NestedField>>,
    pub archived: Option<bool>,
}

/// A lower level of a dependent field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NestedField {
    pub name: String,
    pub label: Option<String>,
    pub level: Option<u32>,
}

/// A satisfaction rating.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rating {
    pub id: u64,
    pub survey_id: Option<u64>,
    pub user_id: Option<u64>,
    pub agent_id: Option<u64>,
    pub ticket_id: Option<u64>,
    pub feedback: Option<String>,
    pub ratings: Option<BTreeMap<String, Value>>,
    pub created_at: Option<Date>,
}

/// A time entry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TimeEntry {
    pub id: u64,
    pub ticket_id: Option<u64>,
    pub agent_id: Option<u64>,
    pub time_spent: Option<String>,
    pub billable: Option<bool>,
    pub note: Option<String>,
    pub timer_running: Option<bool>,
    pub executed_at: Option<Date>,
    pub created_at: Option<Date>,
}

/// A solution category, in one language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Category {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// A solution folder, in one language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Folder {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub category_id: Option<u64>,
    pub parent_folder_id: Option<u64>,
    pub sub_folders_count: Option<u32>,
    pub visibility: Option<u32>,
    pub company_ids: Option<Vec<u64>>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// A solution article, in one language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Article {
    pub id: u64,
    pub title: String,
    pub description: Option<String>,
    pub status: Option<u32>,
    #[serde(rename = "type")]
    pub kind: Option<u32>,
    pub agent_id: Option<u64>,
    pub folder_id: Option<u64>,
    pub category_id: Option<u64>,
    pub thumbs_up: Option<u64>,
    pub thumbs_down: Option<u64>,
    pub hits: Option<u64>,
    pub tags: Option<Vec<String>>,
    pub seo_data: Option<SeoData>,
    pub attachments: Option<Vec<Attachment>>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// What search engines are told of an article.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SeoData {
    pub meta_title: Option<String>,
    pub meta_description: Option<String>,
    /// Sent as an array, read back as text.
    pub meta_keywords: Option<Value>,
}

/// A folder of canned responses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ResponseFolder {
    #[serde(alias = "Id")]
    pub id: u64,
    pub name: String,
    pub personal: bool,
}

/// A canned response.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CannedResponse {
    pub id: u64,
    pub title: String,
    pub content: Option<String>,
    pub content_html: Option<String>,
    pub attachments: Option<Vec<Attachment>>,
}

/// `GET /settings/helpdesk`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub primary_language: Option<String>,
    pub supported_languages: Vec<String>,
    pub portal_languages: Vec<String>,
}

/// `GET /automations/{type}/rules`: the documentation shows a list in an
/// envelope, its samples of other lists none: both are read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Value")]
pub struct Rules {
    pub rules: Vec<Rule>,
}

impl TryFrom<Value> for Rules {
    type Error = serde_json::Error;

    fn try_from(mut value: Value) -> Result<Self, Self::Error> {
        let list = value.get_mut("rules").map(Value::take);
        let rules = serde_json::from_value(list.unwrap_or(value))?;
        Ok(Rules { rules })
    }
}

/// An automation rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rule {
    pub id: u64,
    pub name: String,
    pub active: bool,
    pub actions: Vec<RuleAction>,
}

/// What a rule does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RuleAction {
    pub field_name: String,
    pub notify_agents: Option<Vec<Value>>,
}

/// An id and nothing else.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Id {
    #[serde(alias = "Id")]
    pub id: u64,
}
