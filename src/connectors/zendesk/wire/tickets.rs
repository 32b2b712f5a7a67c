//! Tickets, their events and comments, ratings.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Id, Row, or_default};
use crate::schema::{Date, Kind};

rows! {
    /// A ticket. `description` and `fields` repeat the first comment and `custom_fields`.
    Ticket "tickets" Conversation {
        id: Id,
        external_id: Option<Id>,
        via: Option<Via>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
        due_at: Option<Date>,
        #[serde(rename = "type")]
        ticket_type: Option<String>,
        subject: Option<String>,
        raw_subject: Option<String>,
        priority: Option<String>,
        status: Option<String>,
        custom_status_id: Option<Id>,
        recipient: Option<String>,
        requester_id: Option<Id>,
        submitter_id: Option<Id>,
        assignee_id: Option<Id>,
        organization_id: Option<Id>,
        group_id: Option<Id>,
        collaborator_ids: Option<Vec<Id>>,
        follower_ids: Option<Vec<Id>>,
        email_cc_ids: Option<Vec<Id>>,
        problem_id: Option<Id>,
        #[serde(deserialize_with = "or_default")]
        tags: Vec<String>,
        custom_fields: Option<Vec<FieldValue>>,
        ticket_form_id: Option<Id>,
        brand_id: Option<Id>,
        comment_count: Option<u32>,
        metric_set: Option<MetricSet>,
        sharing_agreement_ids: Option<Value>,
        is_public: Option<bool>,
        from_messaging_channel: Option<bool>,
        forum_topic_id: Option<Value>,
        encoded_id: Option<Value>,
    }
    /// A comment, and the comment of a ticket event.
    Comment "comments" Message {
        id: Id,
        #[serde(rename = "type")]
        comment_type: Option<String>,
        event_type: Option<String>,
        author_id: Option<Id>,
        public: Option<bool>,
        body: Option<String>,
        html_body: Option<String>,
        attachments: Option<Vec<Attachment>>,
        via: Option<Via>,
        data: Option<VoiceData>,
        metadata: Option<Metadata>,
        created_at: Option<Date>,
    }
    /// A satisfaction rating.
    SatisfactionRating "satisfaction_ratings" Rating {
        id: Id,
        ticket_id: Id,
        score: Option<String>,
        comment: Option<String>,
        reason: Option<String>,
        requester_id: Option<Id>,
        assignee_id: Option<Id>,
        group_id: Option<Id>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
}

/// The comments' side of a ticket event.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TicketEvent {
    pub id: Id,
    pub ticket_id: Id,
    pub updater_id: Option<Id>,
    pub timestamp: Option<i64>,
    pub created_at: Option<Date>,
    pub via: Option<Via>,
    pub metadata: Option<Metadata>,
    /// Changes of every sort, told apart by `event_type`.
    pub child_events: Vec<Box<RawValue>>,
}

impl Row for TicketEvent {
    const KEY: &'static str = "ticket_events";
    const KIND: Kind = Kind::Message;
}

/// Enough of a child event to know what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChildHead<'a> {
    /// `Comment`, `VoiceComment`, `Change`, `Notification` …
    #[serde(borrow)]
    pub event_type: Option<std::borrow::Cow<'a, str>>,
    /// The same in some answers.
    #[serde(borrow, rename = "type")]
    pub other_type: Option<std::borrow::Cow<'a, str>>,
}

/// How something came. Text in some event rows, an object everywhere else.
#[derive(Debug, Clone, Default)]
pub struct Via {
    /// `email`, `web` …; a number for the oldest rows.
    pub channel: Option<String>,
    /// From where to where.
    pub source: Option<ViaSource>,
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Plain {
            channel: Option<Id>,
            source: Option<ViaSource>,
        }
        struct ViaVisitor;
        impl<'de> Visitor<'de> for ViaVisitor {
            type Value = Via;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a via object or the name of a channel")
            }
            fn visit_str<E>(self, channel: &str) -> std::result::Result<Via, E> {
                Ok(Via {
                    channel: Some(channel.to_owned()),
                    source: None,
                })
            }
            fn visit_u64<E>(self, channel: u64) -> std::result::Result<Via, E> {
                Ok(Via {
                    channel: Some(channel.to_string()),
                    source: None,
                })
            }
            fn visit_unit<E>(self) -> std::result::Result<Via, E> {
                Ok(Via::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Via, A::Error> {
                let plain = Plain::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Via {
                    channel: plain.channel.map(|id| id.0),
                    source: plain.source,
                })
            }
        }
        deserializer.deserialize_any(ViaVisitor)
    }
}

/// From where to where something came.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ViaSource {
    pub from: Option<ViaEnd>,
    pub to: Option<ViaEnd>,
    pub rel: Option<String>,
}

/// One end of a [`ViaSource`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ViaEnd {
    pub address: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub formatted_phone: Option<String>,
    pub profile_url: Option<String>,
    pub username: Option<String>,
    pub ticket_id: Option<Id>,
    pub ticket_ids: Option<Vec<Id>>,
    pub subject: Option<String>,
    pub original_recipients: Option<Vec<String>>,
    pub email_ccs: Option<Vec<Value>>,
}

/// The value of a custom field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FieldValue {
    pub id: Id,
    pub value: Value,
}

/// A file of a comment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Attachment {
    pub id: Id,
    pub file_name: Option<String>,
    pub content_url: Option<String>,
    pub content_type: Option<String>,
    pub size: Option<u64>,
    pub inline: Option<bool>,
    pub deleted: Option<bool>,
    pub malware_scan_result: Option<String>,
    pub malware_access_override: Option<bool>,
}

/// What the mail server said of a comment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub system: Option<SystemMetadata>,
}

/// The part of [`Metadata`] that Zendesk itself wrote.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SystemMetadata {
    pub message_id: Option<String>,
}

/// A call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct VoiceData {
    pub from: Option<String>,
    pub to: Option<String>,
    pub recording_url: Option<String>,
    pub transcription_text: Option<String>,
    pub call_duration: Option<Value>,
    pub started_at: Option<Value>,
    pub answered_by_id: Option<Id>,
    pub location: Option<String>,
}

/// Minutes of a figure, by the calendar and by business hours.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Minutes {
    pub calendar: Option<i64>,
}

/// Service level figures of a ticket.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MetricSet {
    pub ticket_id: Option<Id>,
    pub reopens: Option<u32>,
    pub replies: Option<u32>,
    pub reply_time_in_minutes: Option<Minutes>,
    pub full_resolution_time_in_minutes: Option<Minutes>,
    pub solved_at: Option<Date>,
    pub status_updated_at: Option<Date>,
}
