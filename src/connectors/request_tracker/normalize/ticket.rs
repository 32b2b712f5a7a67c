//! Tickets and booked time.

use serde_json::Value;

use super::super::wire::{self, Text};
use super::{Normal, SYSTEM, at, owned, put, values};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{Channel, Conversation, Extra, Link, LinkKind, Priority, Status, TimeEntry};

/// A ticket. `asked` is the number that was asked for: RT answers with the
/// other ticket when it was merged.
pub fn ticket(
    asked: &str,
    wire: &wire::Ticket,
    mapping: &PlatformMapping,
    base: &str,
) -> Normal<Conversation> {
    if wire.id.0 != asked {
        return Ok(Conversation {
            id: asked.to_owned(),
            url: Some(format!("{base}/Ticket/Display.html?id={asked}")),
            subject: Some(wire.subject.0.clone()),
            status: Status::Closed,
            status_name: Some("merged".into()),
            channel: Channel::Other,
            // Its own is gone; a merge adds it to those of the other one, and
            // most platforms take no ticket without.
            requester_id: wire
                .requestor
                .iter()
                .find(|one| one.kind.0 != "group")
                .map(|one| one.id.0.clone()),
            links: vec![Link {
                kind: LinkKind::MergedInto,
                id: wire.id.0.clone(),
            }],
            declared_messages: Some(0),
            ..Conversation::default()
        });
    }
    let deleted = wire.status.0 == "deleted";
    let status = mapping
        .read(Table::Status, &wire.status.0)
        .and_then(Status::parse)
        .ok_or_else(|| {
            format!(
                "Status: `{}` is not in the mapping; name it under [status.read]",
                wire.status.0
            )
        })?;
    let (priority, priority_name) = priority(&wire.priority, mapping);
    let resolved = at("Resolved", &wire.resolved)?;
    let mut extra = Extra::new();
    put(&mut extra, "SLA", &wire.sla);
    for (name, value) in [
        ("InitialPriority", &wire.initial_priority),
        ("FinalPriority", &wire.final_priority),
        ("TimeEstimated", &wire.time_estimated),
        ("TimeLeft", &wire.time_left),
    ] {
        if value.number() != 0 {
            put(&mut extra, name, value);
        }
    }
    for (name, value) in [
        ("Starts", &wire.starts),
        ("Started", &wire.started),
        ("Told", &wire.told),
    ] {
        if let Some(date) = at(name, value)? {
            extra.insert(name.into(), date.to_string().into());
        }
    }
    if wire.kind.0 != "ticket" {
        put(&mut extra, "Type", &wire.kind);
    }
    let users = |list: &[wire::Ref]| -> Vec<String> {
        list.iter()
            .filter(|one| one.kind.0 != "group")
            .map(|one| one.id.0.clone())
            .collect()
    };
    let groups: Vec<Value> = [
        ("Requestor", &wire.requestor),
        ("Cc", &wire.cc),
        ("AdminCc", &wire.admin_cc),
    ]
    .into_iter()
    .flat_map(|(role, list)| list.iter().map(move |one| (role, one)))
    .filter(|(_, one)| one.kind.0 == "group")
    .map(|(role, one)| format!("{role}: group {}", one.id.0).into())
    .collect();
    if !groups.is_empty() {
        extra.insert("group watchers".into(), groups.into());
    }
    let mut requestors = users(&wire.requestor).into_iter();
    let requester_id = requestors.next();
    // The schema has one requester; the others stay with the ticket as people in copy.
    let mut cc_ids: Vec<String> = requestors.collect();
    if !cc_ids.is_empty() {
        extra.insert("Requestors".into(), cc_ids.clone().into());
    }
    cc_ids.extend(users(&wire.cc));
    if requester_id.as_ref() != Some(&wire.creator.id.0) {
        put(&mut extra, "Creator", &wire.creator.id);
    }
    let mut links: Vec<Link> = wire
        .hyperlinks
        .iter()
        .filter(|link| link.kind.0 == "ticket")
        .filter_map(|link| {
            let kind = match link.relation.0.as_str() {
                "parent" => LinkKind::Parent,
                "child" => LinkKind::Child,
                "depends-on" => LinkKind::DependsOn,
                "refers-to" => LinkKind::Related,
                _ => return None,
            };
            Some(Link {
                kind,
                id: link.id.0.clone(),
            })
        })
        .collect();
    links.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    Ok(Conversation {
        id: wire.id.0.clone(),
        url: Some(format!("{base}/Ticket/Display.html?id={}", wire.id.0)),
        subject: Some(wire.subject.0.clone()),
        status,
        status_name: Some(wire.status.0.clone()),
        priority,
        priority_name,
        // RT keeps the channel with each message, none with the ticket.
        channel: Channel::Other,
        requester_id,
        assignee_id: owned(&wire.owner.id).filter(|login| !SYSTEM.contains(&login.as_str())),
        group_id: owned(&wire.queue.id),
        cc_ids,
        follower_ids: users(&wire.admin_cc),
        custom_fields: values(&wire.custom_fields),
        links,
        deleted,
        created_at: at("Created", &wire.created)?,
        updated_at: at("LastUpdated", &wire.last_updated)?,
        solved_at: resolved.filter(|_| status == Status::Solved || status == Status::Closed),
        closed_at: resolved.filter(|_| status == Status::Closed),
        due_at: at("Due", &wire.due)?,
        extra,
        ..Conversation::default()
    })
}

/// RT's priority is a number; the names stand for 0, 50 and 100.
pub fn priority(text: &Text, mapping: &PlatformMapping) -> (Option<Priority>, Option<String>) {
    let known = mapping
        .read(Table::Priority, &text.0)
        .and_then(Priority::parse);
    if known.is_some() {
        return (known, None);
    }
    let Ok(number) = text.0.parse::<i64>() else {
        return (None, owned(text));
    };
    let near = match number {
        ..25 => Priority::Low,
        25..75 => Priority::Normal,
        75.. => Priority::High,
    };
    (Some(near), owned(text))
}

/// Booked time; RT counts minutes.
pub fn time(transaction: &wire::Transaction, conversation: &str) -> Normal<Option<TimeEntry>> {
    let minutes = transaction.time_taken.number();
    if minutes == 0 {
        return Ok(None);
    }
    let seconds = u64::try_from(minutes)
        .map_err(|_| format!("TimeTaken: {minutes} minutes take booked time back"))?
        * 60;
    let created_at = at("Created", &transaction.created)?;
    Ok(Some(TimeEntry {
        id: transaction.id.0.clone(),
        conversation_id: conversation.to_owned(),
        agent_id: owned(&transaction.creator.id).filter(|login| !SYSTEM.contains(&login.as_str())),
        seconds,
        executed_at: created_at,
        created_at,
        ..TimeEntry::default()
    }))
}
