//! What RT's REST 2 API sends, as far as it is read.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::schema::Date;

/// Text that comes as text, number or nothing: ids are `"5"` in lists and `5`
/// in single objects, empty values `""`, `null` or `0`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub String);

impl Text {
    /// The text, or nothing when it is empty.
    pub fn some(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }

    /// As a number; 0 when it is none.
    pub fn number(&self) -> i64 {
        self.0.trim().parse().unwrap_or(0)
    }

    /// RT's way to say yes.
    pub fn yes(&self) -> bool {
        self.number() != 0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a number")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_bool<E>(self, yes: bool) -> Result<Text, E> {
                Ok(Text(if yes { "1" } else { "0" }.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A list. `pages` is left out on purpose: it is an integer, or the float 0.0
/// when the list is empty.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    #[serde(default)]
    pub total: Text,
    /// Absolute; only there when another page follows.
    #[serde(default)]
    pub next_page: Option<String>,
}

/// A reference: a user's id is the login, everything else's a number.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Ref {
    #[serde(default)]
    pub id: Text,
    #[serde(default, rename = "type")]
    pub kind: Text,
}

/// What a creation answers, and what lists hold when no fields are asked for.
#[derive(Debug, Deserialize)]
pub struct Created {
    pub id: Text,
}

/// An error's body.
#[derive(Debug, Deserialize)]
pub struct Message {
    #[serde(default)]
    pub message: Text,
}

/// One custom field's values on a record.
#[derive(Debug, Clone, Deserialize)]
pub struct Values {
    pub id: Text,
    #[serde(default)]
    pub name: Text,
    #[serde(default)]
    pub values: Vec<serde_json::Value>,
}

/// A link of a single object; relations between tickets are told nowhere else.
#[derive(Debug, Clone, Deserialize)]
pub struct Hyperlink {
    #[serde(default, rename = "ref")]
    pub relation: Text,
    #[serde(default, rename = "type")]
    pub kind: Text,
    #[serde(default)]
    pub id: Text,
}

/// `GET /ticket/N`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ticket {
    #[serde(rename = "id")]
    pub id: Text,
    #[serde(default)]
    pub subject: Text,
    #[serde(default)]
    pub status: Text,
    #[serde(default)]
    pub queue: Ref,
    #[serde(default)]
    pub owner: Ref,
    #[serde(default)]
    pub creator: Ref,
    #[serde(default)]
    pub requestor: Vec<Ref>,
    #[serde(default)]
    pub cc: Vec<Ref>,
    #[serde(default)]
    pub admin_cc: Vec<Ref>,
    #[serde(default)]
    pub priority: Text,
    #[serde(default)]
    pub initial_priority: Text,
    #[serde(default)]
    pub final_priority: Text,
    #[serde(default)]
    pub time_estimated: Text,
    #[serde(default)]
    pub time_left: Text,
    #[serde(default, rename = "Type")]
    pub kind: Text,
    #[serde(default, rename = "SLA")]
    pub sla: Text,
    #[serde(default)]
    pub created: Text,
    #[serde(default)]
    pub last_updated: Text,
    #[serde(default)]
    pub starts: Text,
    #[serde(default)]
    pub started: Text,
    #[serde(default)]
    pub resolved: Text,
    #[serde(default)]
    pub due: Text,
    #[serde(default)]
    pub told: Text,
    #[serde(default)]
    pub custom_fields: Vec<Values>,
    #[serde(default, rename = "_hyperlinks")]
    pub hyperlinks: Vec<Hyperlink>,
}

/// One entry of a ticket's history.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Transaction {
    #[serde(rename = "id")]
    pub id: Text,
    #[serde(rename = "Type")]
    pub kind: Text,
    #[serde(default)]
    pub created: Text,
    #[serde(default)]
    pub creator: Ref,
    #[serde(default)]
    pub time_taken: Text,
    /// The ticket it was made on: another one after a merge.
    #[serde(default)]
    pub object_id: Text,
    /// What was changed: a name, or the number of a custom field.
    #[serde(default)]
    pub field: Text,
    #[serde(default)]
    pub old_value: Text,
    #[serde(default)]
    pub new_value: Text,
}

impl Transaction {
    /// Whether it is something that somebody wrote. All else is bookkeeping;
    /// `EmailRecord` and `CommentEmailRecord` are copies of mails that RT sent.
    pub fn is_message(&self) -> bool {
        matches!(self.kind.0.as_str(), "Create" | "Correspond" | "Comment")
    }
}

/// A row of a list of attachments: one node of a message's MIME tree.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Node {
    #[serde(rename = "id")]
    pub id: Text,
    #[serde(default)]
    pub transaction_id: Text,
    #[serde(default)]
    pub filename: Text,
    #[serde(default)]
    pub content_type: Text,
    #[serde(default)]
    pub content_length: Text,
    #[serde(default)]
    pub headers: Text,
    #[serde(default)]
    pub subject: Text,
    #[serde(default)]
    pub message_id: Text,
    #[serde(default)]
    pub created: Text,
}

impl Node {
    /// A header of this node, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut found: Option<String> = None;
        for line in self.headers.0.lines() {
            if line.starts_with([' ', '\t']) {
                if let Some(value) = &mut found {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if found.is_some() {
                break;
            } else if let Some((key, value)) = line.split_once(':')
                && key.trim().eq_ignore_ascii_case(name)
            {
                found = Some(value.trim().to_owned());
            }
        }
        found
    }

    /// Holds other nodes and no bytes of its own.
    pub fn is_container(&self) -> bool {
        self.content_type
            .0
            .get(..10)
            .is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
    }

    /// Text that is part of what was written, not a file.
    pub fn is_body(&self, mime: &str) -> bool {
        self.content_type.0.eq_ignore_ascii_case(mime)
            && self.filename.some().is_none()
            && !self
                .header("Content-Disposition")
                .is_some_and(|value| value.to_ascii_lowercase().starts_with("attachment"))
    }
}

/// `GET /attachment/N`: base64 with a line break every 76 characters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Content {
    #[serde(default)]
    pub content: Text,
}

/// `GET /user/login`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    #[serde(rename = "id")]
    pub id: Text,
    pub name: Text,
    #[serde(default)]
    pub email_address: Text,
    #[serde(default)]
    pub real_name: Text,
    #[serde(default)]
    pub nick_name: Text,
    #[serde(default)]
    pub organization: Text,
    #[serde(default)]
    pub privileged: Text,
    #[serde(default)]
    pub disabled: Text,
    #[serde(default)]
    pub comments: Text,
    #[serde(default)]
    pub signature: Text,
    #[serde(default)]
    pub lang: Text,
    #[serde(default)]
    pub timezone: Text,
    #[serde(default)]
    pub freeform_contact_info: Text,
    #[serde(default)]
    pub work_phone: Text,
    #[serde(default)]
    pub home_phone: Text,
    #[serde(default)]
    pub mobile_phone: Text,
    #[serde(default)]
    pub pager_phone: Text,
    #[serde(default)]
    pub address1: Text,
    #[serde(default)]
    pub address2: Text,
    #[serde(default)]
    pub zip: Text,
    #[serde(default)]
    pub city: Text,
    #[serde(default)]
    pub state: Text,
    #[serde(default)]
    pub country: Text,
    #[serde(default)]
    pub created: Text,
    #[serde(default)]
    pub last_updated: Text,
    #[serde(default)]
    pub custom_fields: Vec<Values>,
}

/// `GET /queue/N`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queue {
    #[serde(rename = "id")]
    pub id: Text,
    pub name: Text,
    #[serde(default)]
    pub description: Text,
    #[serde(default)]
    pub disabled: Text,
    #[serde(default)]
    pub correspond_address: Text,
    #[serde(default)]
    pub created: Text,
    #[serde(default)]
    pub last_updated: Text,
    #[serde(default)]
    pub cc: Vec<Ref>,
    #[serde(default)]
    pub admin_cc: Vec<Ref>,
}

/// A reference that says its name.
#[derive(Debug, Clone, Deserialize)]
pub struct NamedRef {
    pub id: Text,
    #[serde(default)]
    pub name: Text,
}

/// A row of `/queues/all`, where the roles are empty text instead of lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NamedQueue {
    #[serde(rename = "id")]
    pub id: Text,
    #[serde(default)]
    pub name: Text,
}

/// `GET /customfield/N`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomField {
    #[serde(rename = "id")]
    pub id: Text,
    pub name: Text,
    #[serde(rename = "Type")]
    pub kind: Text,
    #[serde(default)]
    pub lookup_type: Text,
    #[serde(default)]
    pub max_values: Text,
    #[serde(default)]
    pub disabled: Text,
    #[serde(default)]
    pub description: Text,
    #[serde(default)]
    pub pattern: Text,
    #[serde(default)]
    pub values: Vec<Text>,
}

/// A row of `/classes/all`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Class {
    #[serde(rename = "id")]
    pub id: Text,
    pub name: Text,
    #[serde(default)]
    pub description: Text,
    #[serde(default)]
    pub disabled: Text,
    #[serde(default)]
    pub sort_order: Text,
    #[serde(default)]
    pub article_custom_fields: Vec<NamedRef>,
}

/// `GET /article/N`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Article {
    #[serde(rename = "id")]
    pub id: Text,
    #[serde(default)]
    pub name: Text,
    #[serde(default)]
    pub summary: Text,
    #[serde(default)]
    pub class: Ref,
    #[serde(default)]
    pub disabled: Text,
    #[serde(default)]
    pub creator: Ref,
    #[serde(default)]
    pub sort_order: Text,
    #[serde(default)]
    pub created: Text,
    #[serde(default)]
    pub last_updated: Text,
    #[serde(default)]
    pub custom_fields: Vec<Values>,
}

/// A date; RT says 1970 for one that is not set.
pub fn date(text: &Text) -> Result<Option<Date>, String> {
    let Some(text) = text.some() else {
        return Ok(None);
    };
    let date: Date = text
        .parse()
        .map_err(|_| format!("`{text}` is not a date"))?;
    Ok(Some(date).filter(|date| date.as_second() != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_text_or_numbers() {
        for json in [r#"{"id":"5"}"#, r#"{"id":5}"#, r#"{"id":5.0}"#] {
            let created: Created = serde_json::from_str(json).unwrap();
            assert_eq!(created.id.0, "5", "{json}");
        }
    }

    #[test]
    fn an_empty_list_has_a_float_of_pages() {
        let list: List<Created> =
            serde_json::from_str(r#"{"count":0,"items":[],"pages":0.0,"total":0}"#).unwrap();
        assert!(list.items.is_empty());
    }

    #[test]
    fn unset_dates_are_1970() {
        assert_eq!(date(&Text("1970-01-01T00:00:00Z".into())), Ok(None));
        assert!(
            date(&Text("2019-03-04T05:06:07Z".into()))
                .unwrap()
                .is_some()
        );
        assert!(date(&Text("yesterday".into())).is_err());
    }

    #[test]
    fn headers_are_unfolded() {
        let node = Node {
            id: Text("1".into()),
            transaction_id: Text::default(),
            filename: Text::default(),
            content_type: Text("text/plain".into()),
            content_length: Text::default(),
            headers: Text(
                "To: a@example.com,\n b@example.com\nContent-Disposition: attachment; filename=x"
                    .into(),
            ),
            subject: Text::default(),
            message_id: Text::default(),
            created: Text::default(),
        };
        assert_eq!(node.header("to").unwrap(), "a@example.com, b@example.com");
        assert!(!node.is_body("text/plain"), "disposed as an attachment");
    }
}
