//! What happened to tickets, and what the triggers make of it.

use serde_json::{Value, json};

use super::call::{Row, flag, id, id_list, row, text};
use super::state::{State, seconds, stamp};
use crate::connector::{Error, Result};

/// Fields whose changes are told one by one.
const TOLD: &[&str] = &[
    "status",
    "priority",
    "type",
    "subject",
    "assignee_id",
    "group_id",
    "organization_id",
    "requester_id",
    "tags",
    "brand_id",
    "ticket_form_id",
    "custom_status_id",
];

/// A comment of the seed; comments come in the order in which they were made.
pub(super) fn seeded(state: &mut State, ticket: u64, comment: Row) {
    let at = seconds(comment.get("created_at")).unwrap_or(0);
    let first = state
        .tickets
        .get(&ticket)
        .is_some_and(|ticket| ticket.comments.is_empty());
    said(state, ticket, comment, at, first);
}

/// Every seeded ticket that is not new was changed at least once.
pub(super) fn seeded_changes(state: &mut State) {
    let changed: Vec<(u64, i64, Value, u64)> = state
        .tickets
        .iter()
        .filter(|(_, ticket)| !ticket.deleted)
        .filter_map(|(ticket_id, ticket)| {
            let status = ticket.row.get("status")?.clone();
            let at = seconds(ticket.row.get("updated_at"))?;
            let by = id(&ticket.row, "assignee_id").or(id(&ticket.row, "submitter_id"))?;
            (status != "new").then_some((*ticket_id, at, status, by))
        })
        .collect();
    for (ticket, at, status, by) in changed {
        let child = state.next_id();
        let children = vec![
            json!({"id": child, "via": "Web form", "via_reference_id": null, "status": status,
            "previous_value": "new", "event_type": "Change"}),
        ];
        record(state, ticket, by, at, at, children);
    }
}

/// An audit of the seed: what else happened to a ticket (`ticket_id`,
/// `author_id`, `created_at`, `events` with their `type`).
pub(super) fn seeded_audit(state: &mut State, audit: Row) -> Result<()> {
    let ticket = id(&audit, "ticket_id").filter(|id| state.tickets.contains_key(id));
    let (Some(ticket), Some(at)) = (ticket, seconds(audit.get("created_at"))) else {
        return Err(Error::config(
            "the seed's audits.jsonl has a row without a ticket that is there or without created_at",
        ));
    };
    let by = id(&audit, "author_id").unwrap_or(state.owner);
    let mut children = Vec::new();
    for event in audit
        .get("events")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let mut child = event.clone();
        child["event_type"] = child["type"].take();
        if child["id"].is_null() {
            child["id"] = json!(state.next_id());
        }
        children.push(child);
    }
    record(state, ticket, by, at, at, children);
    Ok(())
}

/// Adds a comment to a ticket and tells of it.
pub(super) fn said(state: &mut State, ticket: u64, mut comment: Row, generated: i64, first: bool) {
    let author = id(&comment, "author_id").unwrap_or(0);
    let at = seconds(comment.get("created_at")).unwrap_or(generated);
    let mut children = Vec::new();
    if first && let Some(ticket) = state.tickets.get(&ticket) {
        let status = ticket.row.get("status").cloned();
        let subject = ticket.row.get("subject").cloned();
        for (field, value) in [("subject", subject), ("status", status)] {
            let child = state.next_id();
            let mut made = row(
                json!({"id": child, "via": "Web form", "via_reference_id": null, "event_type": "Create"}),
            );
            made.insert(field.to_owned(), json!(value));
            children.push(Value::Object(made));
        }
    }
    let mut told = comment.clone();
    let kind = told.remove("type").unwrap_or(json!("Comment"));
    told.insert("event_type".to_owned(), kind);
    told.insert("via_reference_id".to_owned(), Value::Null);
    children.push(Value::Object(told));
    let audit = record(state, ticket, author, at, generated, children);
    comment.entry("audit_id").or_insert(json!(audit));
    if let Some(ticket) = state.tickets.get_mut(&ticket) {
        ticket.comments.push(comment);
    }
}

/// Tells what an update changed.
pub(super) fn changed(state: &mut State, ticket: u64, before: &Row, after: &Row, by: u64, at: i64) {
    let mut children = Vec::new();
    for field in TOLD {
        let (was, is) = (before.get(*field), after.get(*field));
        if was != is {
            let child = state.next_id();
            let mut made = row(
                json!({"id": child, "via": "Web service", "via_reference_id": null, "event_type": "Change",
                "previous_value": was}),
            );
            made.insert((*field).to_owned(), json!(is));
            children.push(Value::Object(made));
        }
    }
    if !children.is_empty() {
        record(state, ticket, by, at, at, children);
    }
}

pub(super) fn record(
    state: &mut State,
    ticket: u64,
    by: u64,
    at: i64,
    generated: i64,
    children: Vec<Value>,
) -> u64 {
    let event = state.next_id();
    let told = row(json!({
        "id": event, "ticket_id": ticket, "timestamp": generated, "created_at": stamp(at), "updater_id": by,
        "via": "Web service", "system": {"client": "sandbox", "location": null, "ip_address": "127.0.0.1"},
        "metadata": {}, "merged_ticket_ids": [], "event_type": "Audit", "child_events": children}));
    state.events.insert((generated, event), told);
    event
}

/// Counts the mails that active triggers would send.
pub(super) fn fire(state: &State, ticket: u64, kind: &str, public_comment: bool) {
    let Some(ticket) = state.tickets.get(&ticket) else {
        return;
    };
    for trigger in state.rows("triggers").values() {
        if flag(trigger, "active") == Some(false) || !meets(trigger, kind, public_comment) {
            continue;
        }
        let title = text(trigger, "title").unwrap_or("a trigger");
        let Some(Value::Array(actions)) = trigger.get("actions") else {
            continue;
        };
        for action in actions {
            if !matches!(action["field"].as_str(), Some("notification_user")) {
                continue;
            }
            let to = match &action["value"] {
                Value::Array(list) => list.first().and_then(Value::as_str).unwrap_or_default(),
                other => other.as_str().unwrap_or_default(),
            };
            let why = format!("trigger: {title}");
            if to == "assignee_id" {
                if let Some(assignee) = id(&ticket.row, "assignee_id") {
                    state.mail_user(assignee, &why);
                }
                continue;
            }
            if let Some(requester) = id(&ticket.row, "requester_id") {
                state.mail_user(requester, &why);
            }
            if to == "requester_and_ccs" {
                for cc in id_list(&ticket.row, "email_cc_ids") {
                    state.mail_user(cc, &why);
                }
            }
        }
    }
}

/// Whether the conditions that depend on the update hold; all others are taken to hold.
fn meets(trigger: &Row, kind: &str, public_comment: bool) -> bool {
    let Some(Value::Array(all)) = trigger
        .get("conditions")
        .and_then(|conditions| conditions.get("all"))
    else {
        return true;
    };
    all.iter().all(|condition| {
        let value = match &condition["value"] {
            Value::Bool(value) => value.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        match condition["field"].as_str() {
            Some("update_type") => value == kind,
            Some("comment_is_public") => match value.as_str() {
                "false" => !public_comment,
                _ => public_comment,
            },
            _ => true,
        }
    })
}
