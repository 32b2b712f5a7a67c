//! The history of tickets: who changed which field when. It is in the stream
//! that is read for the comments anyway, and in the audits of a ticket.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::ZendeskSource;
use crate::connector::{History, Result};
use crate::connectors::zendesk::wire;
use crate::schema::{Access, Author, AuthorKind, Change, Date, Direction, Kind, Message, Record};

/// What a change of a field is called.
pub(super) const CHANGE: &str = "Change";

/// What a row about a change says beside the field: the export has the value
/// under the field's name, audits have `field_name` and `value`.
const BESIDE: [&str; 12] = [
    "id",
    "type",
    "event_type",
    "via",
    "via_reference_id",
    "previous_value",
    "field_name",
    "value",
    "added_tags",
    "removed_tags",
    "metadata",
    "custom_ticket_fields",
];

/// Who changed something, and when.
pub(super) struct Moment<'a> {
    pub ticket: &'a str,
    /// Id of the audit, which is the event's in the export.
    pub audit: &'a wire::Id,
    pub by: Option<&'a wire::Id>,
    pub at: Option<Date>,
}

impl ZendeskSource {
    /// Whether the history is wanted.
    pub(super) fn keeps_history(&self) -> bool {
        self.config.history == History::Notes
    }

    /// The entry of these changes, if there are any.
    pub(super) async fn history(
        &self,
        moment: Moment<'_>,
        rows: &[&RawValue],
        into: &mut Vec<Record>,
    ) -> Result<()> {
        let mut changes = Vec::new();
        for row in rows {
            // What is no object is no change that people could read.
            if let Ok(row) = serde_json::from_str(row.get()) {
                read(&row, &mut changes);
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        for change in &mut changes {
            if change.field == "custom_status_id" {
                let names = self.statuses().await?;
                for value in [&mut change.from, &mut change.to].into_iter().flatten() {
                    if let Some(name) = names.get(value) {
                        value.clone_from(name);
                    }
                }
                change.field = "status (own)".to_owned();
            }
        }
        into.push(Record::Message(entry(moment, changes)));
        Ok(())
    }
}

fn entry(moment: Moment<'_>, changes: Vec<Change>) -> Message {
    let by = moment.by.filter(|id| !id.0.starts_with('-'));
    Message {
        id: format!("{}{}", Message::HISTORY, moment.audit.0),
        conversation_id: moment.ticket.to_owned(),
        author: Author {
            kind: match by {
                Some(_) => AuthorKind::Contact,
                None => AuthorKind::System,
            },
            id: by.map(|id| id.0.clone()),
            ..Author::default()
        },
        direction: Direction::Internal,
        visibility: Access::Internal,
        sent_at: moment.at,
        changes,
        ..Message::default()
    }
}

/// The changes that a row tells, in either of its two shapes.
fn read(row: &Map<String, Value>, into: &mut Vec<Change>) {
    let before = row.get("previous_value").unwrap_or(&Value::Null);
    let mut add = |name: &str, value: &Value| {
        let (from, to) = (plain(before), plain(value));
        if from != to {
            let (field, of) = field(name);
            into.push(Change {
                field,
                of,
                from,
                to,
            });
        }
    };
    if let Some(name) = row.get("field_name").and_then(Value::as_str) {
        return add(name, row.get("value").unwrap_or(&Value::Null));
    }
    let own = row.get("custom_ticket_fields").and_then(Value::as_object);
    for (id, value) in own.into_iter().flatten() {
        add(id, value);
    }
    for (name, value) in row {
        if !BESIDE.contains(&name.as_str()) {
            add(name, value);
        }
    }
}

/// The name of a field, and what its values are ids of.
fn field(name: &str) -> (String, Option<Kind>) {
    let known = match name {
        "assignee_id" => ("assignee", Kind::Agent),
        "requester_id" => ("requester", Kind::Contact),
        "group_id" => ("group", Kind::Group),
        "organization_id" => ("organization", Kind::Organization),
        "brand_id" => ("brand", Kind::Brand),
        "ticket_form_id" => ("form", Kind::Form),
        other => return (other.to_owned(), None),
    };
    (known.0.to_owned(), Some(known.1))
}

/// A value as people read it; none where it is empty.
fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let all: Vec<String> = list.iter().filter_map(plain).collect();
            all.join(", ")
        }
        other => other.to_string(),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(row: &str) -> Vec<Change> {
        let mut changes = Vec::new();
        read(&serde_json::from_str(row).unwrap(), &mut changes);
        changes
    }

    fn change(field: &str, of: Option<Kind>, from: Option<&str>, to: Option<&str>) -> Change {
        Change {
            field: field.to_owned(),
            of,
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        }
    }

    #[test]
    fn a_change_is_read_in_either_shape() {
        let exported = told(
            r#"{"id":1,"via":"Web form","via_reference_id":null,"status":"solved","event_type":"Change","previous_value":"open"}"#,
        );
        let audited = told(
            r#"{"id":1,"type":"Change","field_name":"status","value":"solved","previous_value":"open"}"#,
        );
        let wanted = [change("status", None, Some("open"), Some("solved"))];
        assert_eq!(exported, wanted);
        assert_eq!(audited, wanted);
    }

    #[test]
    fn ids_lists_and_own_fields_are_told_for_what_they_are() {
        assert_eq!(
            told(r#"{"assignee_id":"7","previous_value":null,"event_type":"Change"}"#),
            [change("assignee", Some(Kind::Agent), None, Some("7"))]
        );
        assert_eq!(
            told(
                r#"{"tags":["a","b"],"added_tags":["b"],"removed_tags":[],"previous_value":["a"],"event_type":"Change"}"#
            ),
            [change("tags", None, Some("a"), Some("a, b"))]
        );
        assert_eq!(
            told(
                r#"{"custom_ticket_fields":{"360041597112":"set_up_app"},"event_type":"Change","previous_value":null}"#
            ),
            [change("360041597112", None, None, Some("set_up_app"))]
        );
        // What was empty and is empty was not changed.
        assert_eq!(
            told(r#"{"subject":"","previous_value":null,"event_type":"Change"}"#),
            []
        );
    }
}
