//! What waits in the queue of suspended tickets, and answers to surveys.

use serde::Deserialize;
use serde_json::Value;

use super::{Attachment, Id, Row, Via};
use crate::schema::{Date, Kind};

rows! {
    /// A mail that did not become a ticket.
    SuspendedTicket "suspended_tickets" Conversation {
        id: Id,
        subject: Option<String>,
        content: Option<String>,
        cause: Option<String>,
        author: Option<SuspendedAuthor>,
        recipient: Option<String>,
        brand_id: Option<Id>,
        /// The ticket that it was an answer to.
        ticket_id: Option<Id>,
        message_id: Option<String>,
        via: Option<Via>,
        attachments: Option<Vec<Attachment>>,
        error_messages: Option<Value>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// The answers of one customer to a survey of the newer kind.
    SurveyResponse "survey_responses" Rating {
        id: Id,
        responder_id: Option<Id>,
        /// `zen:ticket:123`.
        subject_zrns: Option<Vec<String>>,
        subjects: Option<Vec<Subject>>,
        answers: Option<Vec<Answer>>,
    }
}

/// One suspended ticket; the documentation shows a list of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OneSuspended {
    pub suspended_ticket: Option<SuspendedTicket>,
    pub suspended_tickets: Vec<SuspendedTicket>,
}

/// One response to a survey.
#[derive(Debug, Deserialize)]
pub struct OneSurveyResponse {
    pub survey_response: SurveyResponse,
}

/// Who sent a suspended mail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SuspendedAuthor {
    /// None for somebody whom the account does not know.
    pub id: Option<Id>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// What a survey is about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Subject {
    pub id: Id,
    #[serde(rename = "type")]
    pub subject_type: Option<String>,
}

/// An answer: `rating_scale`, `open_ended`, `closed_ended` or `skipped`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    #[serde(rename = "type")]
    pub answer_type: Option<String>,
    pub question: Option<Question>,
    pub rating: Option<i64>,
    /// `good` or `bad`.
    pub rating_category: Option<String>,
    pub value: Option<String>,
    pub selections: Option<Vec<Selection>>,
    pub created_at: Option<Date>,
    pub updated_at: Option<Date>,
}

/// The question of an answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Question {
    pub options: Option<Vec<QuestionOption>>,
}

/// What can be chosen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct QuestionOption {
    pub id: Option<Id>,
    pub rating: Option<i64>,
    pub label: Option<Label>,
}

/// A text in the language of whoever asks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Label {
    pub value: Option<String>,
    pub key: Option<String>,
}

/// What was chosen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Selection {
    pub option_id: Option<Id>,
}
