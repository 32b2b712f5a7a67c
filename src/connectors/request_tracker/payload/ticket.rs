//! The ticket itself.

use serde_json::{Map, Value, json};

use super::{custom_fields, moment, subject};
use crate::connector::{Bundle, Changed, Error, Refs, Result, TargetDesk, field};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{Conversation, Date, Kind, LinkKind, Priority};

/// Statuses of the default lifecycle: their own name, where the source has them too.
const DEFAULT_LIFECYCLE: [&str; 6] = ["new", "open", "stalled", "resolved", "rejected", "deleted"];

/// The status in the end.
pub fn status(conversation: &Conversation, mapping: &PlatformMapping) -> String {
    if conversation.deleted {
        return "deleted".to_owned();
    }
    let own = conversation.status_name.as_deref().map(str::to_lowercase);
    if let Some(own) = own.filter(|name| {
        DEFAULT_LIFECYCLE.contains(&name.as_str())
            // A name that means the same here; `open` of another desk may mean something else.
            && mapping.read(Table::Status, name) == Some(conversation.status.name())
    }) {
        return own;
    }
    mapping
        .write(Table::Status, conversation.status.name())
        .unwrap_or("open")
        .to_owned()
}

/// RT's number for a priority.
pub fn priority(conversation: &Conversation, mapping: &PlatformMapping) -> Option<i64> {
    let own = conversation
        .priority_name
        .as_deref()
        .and_then(|name| name.parse().ok());
    own.filter(|number| (0..=100).contains(number)).or_else(|| {
        let name = conversation.priority.map(Priority::name)?;
        mapping.write(Table::Priority, name)?.parse().ok()
    })
}

/// The queue's name or id on the target.
pub fn queue(
    conversation: &Conversation,
    refs: &Refs,
    target: &TargetDesk,
    default: Option<&str>,
) -> Result<String> {
    conversation
        .group_id
        .as_deref()
        .and_then(|id| refs.get(Kind::Group, id))
        .or(default)
        .or_else(|| target.groups.first().map(|group| group.id.as_str()))
        .map(str::to_owned)
        .ok_or_else(|| {
            Error::rejected("Queue", "there is no queue for this conversation")
                .hint("set default_queue under [target]")
        })
}

/// What a creation says of the ticket itself.
pub fn ticket(
    conversation: &Conversation,
    bundle: &Bundle,
    queue: &str,
    mapping: &PlatformMapping,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("Queue".into(), queue.into());
    body.insert("Subject".into(), subject(conversation).into());
    let status = status(conversation, mapping);
    // The default lifecycle lets no ticket begin in another status.
    let first = match status.as_str() {
        "new" | "open" | "resolved" => status.as_str(),
        _ => "open",
    };
    body.insert("Status".into(), first.into());
    if let Some(priority) = priority(conversation, mapping) {
        body.insert("Priority".into(), priority.into());
    }
    if let Some(created) = conversation.created_at {
        body.insert("Created".into(), moment(created).into());
    }
    body.extend(dates(conversation));
    let seconds: u64 = bundle.time_entries.iter().map(|entry| entry.seconds).sum();
    if seconds > 0 {
        body.insert("TimeWorked".into(), minutes(seconds).into());
    }
    body
}

/// Whole minutes, as RT counts; a begun one counts.
fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60)
}

/// Dates that are set with the creation and again after a change of status.
pub fn dates(conversation: &Conversation) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, date: Option<Date>| {
        if let Some(date) = date {
            body.insert(name.to_owned(), moment(date).into());
        }
    };
    put(
        "Resolved",
        conversation.solved_at.or(conversation.closed_at),
    );
    put("Due", conversation.due_at);
    let own = |name: &str| -> Option<Date> { conversation.extra.get(name)?.as_str()?.parse().ok() };
    put("Started", own("Started").or(conversation.first_reply_at));
    put("Starts", own("Starts"));
    put("Told", own("Told"));
    body
}

/// What an update of an existing ticket changes, apart from what settling sets.
pub fn changes(
    conversation: &Conversation,
    changed: &Changed,
    refs: &Refs,
    target: &TargetDesk,
    mapping: &PlatformMapping,
) -> Map<String, Value> {
    let mut body = Map::new();
    if changed.has(field::SUBJECT) {
        body.insert("Subject".into(), subject(conversation).into());
    }
    if changed.has(field::PRIORITY)
        && let Some(priority) = priority(conversation, mapping)
    {
        body.insert("Priority".into(), priority.into());
    }
    if changed.has(field::GROUP)
        && let Some(queue) = conversation
            .group_id
            .as_deref()
            .and_then(|id| refs.get(Kind::Group, id))
    {
        body.insert("Queue".into(), queue.into());
    }
    if changed.has(field::CUSTOM_FIELDS)
        && let Ok(fields) = custom_fields(conversation, refs, target)
    {
        body.insert("CustomFields".into(), Value::Object(fields));
    }
    body
}

/// The login of somebody who watches a ticket, or the address that RT makes a user of.
pub fn watcher(id: &str, refs: &Refs) -> Option<String> {
    let email = || refs.person(id)?.email.clone();
    let login = match refs.person_id(id) {
        // In a preview: somebody who is still to be written.
        Some("0") => return email().or_else(|| Some("0".to_owned())),
        Some(login) => Some(login.to_owned()),
        None => email(),
    };
    // Digits alone would be taken for the number of a principal.
    login.filter(|login| !login.bytes().all(|b| b.is_ascii_digit()))
}

/// Requestor, Cc and AdminCc in the end.
pub fn watchers(conversation: &Conversation, refs: &Refs) -> Value {
    let known = |id: &String| watcher(id, refs);
    let mut cc: Vec<String> = conversation.cc_ids.iter().filter_map(known).collect();
    cc.extend(conversation.cc_emails.iter().cloned());
    let mut requestors: Vec<String> = conversation.requester_id.iter().filter_map(known).collect();
    if let Some(own) = conversation
        .extra
        .get("Requestors")
        .and_then(Value::as_array)
    {
        let others: Vec<String> = own
            .iter()
            .filter_map(Value::as_str)
            .filter_map(|id| watcher(id, refs))
            .collect();
        cc.retain(|login| !others.contains(login));
        requestors.extend(others);
    }
    let admin: Vec<String> = conversation.follower_ids.iter().filter_map(known).collect();
    let once = |list: Vec<String>| -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        for one in list {
            if !seen.iter().any(|other| other.eq_ignore_ascii_case(&one)) {
                seen.push(one);
            }
        }
        seen
    };
    json!({"Requestor": once(requestors), "Cc": once(cc), "AdminCc": once(admin)})
}

/// What RT calls a relation. Merging would move the messages of one ticket
/// into the other, so that a merge becomes a reference.
pub fn relation(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Parent => "AddParent",
        LinkKind::Child => "AddChild",
        LinkKind::DependsOn | LinkKind::Problem => "AddDependsOn",
        LinkKind::Incident => "AddDependedOnBy",
        LinkKind::MergedInto | LinkKind::FollowUpOf | LinkKind::Related => "AddRefersTo",
    }
}

/// Relations to tickets that are not written yet, with the markers that they
/// will have, as the text of our own field: JSON, since ids may hold anything.
pub fn waiting(conversation: &Conversation, refs: &Refs, marker: &str) -> Option<String> {
    let before = marker.strip_suffix(conversation.id.as_str())?;
    let relations: Vec<(&str, String)> = conversation
        .links
        .iter()
        .filter(|link| refs.get(Kind::Conversation, &link.id).is_none())
        .map(|link| (relation(link.kind), format!("{before}{}", link.id)))
        .collect();
    match relations.is_empty() {
        true => None,
        false => Some(json!(relations).to_string()),
    }
}

/// Reads what [`waiting`] wrote.
pub fn read_waiting(text: &str) -> Vec<(String, String)> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Whether a sentence says that a link was not made; RT has no other sign.
pub fn refused_link(sentence: &str) -> bool {
    sentence.contains("not allowed")
        || sentence.contains("Refused")
        || sentence.contains("Permission Denied")
        || sentence.contains("Couldn't")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Key, Link};

    #[test]
    fn whoever_is_still_to_be_written_will_be_known() {
        let mut refs = Refs::default();
        refs.insert(Key::new(Kind::Contact, "7"), "0".into());
        refs.insert(Key::new(Kind::Contact, "8"), "12345".into());
        refs.insert(Key::new(Kind::Contact, "9"), "zoe".into());
        let known = |id| watcher(id, &refs);
        assert_eq!(known("7").as_deref(), Some("0"), "a preview's number");
        assert_eq!(known("8"), None, "RT would look for the principal 12345");
        assert_eq!(known("9").as_deref(), Some("zoe"));
        assert_eq!(known("10"), None);
    }

    #[test]
    fn relations_to_what_is_not_there_yet_are_kept_by_marker() {
        let link = |kind, id: &str| Link {
            kind,
            id: id.into(),
        };
        let mut refs = Refs::default();
        refs.insert(Key::new(Kind::Conversation, "3"), "103".into());
        let mut conversation = Conversation {
            id: "7".into(),
            links: vec![link(LinkKind::Related, "3"), link(LinkKind::Parent, "9\"")],
            ..Conversation::default()
        };
        let text = waiting(&conversation, &refs, "zendesk:acme:conversation:7").unwrap();
        assert_eq!(
            read_waiting(&text),
            [(
                "AddParent".to_owned(),
                "zendesk:acme:conversation:9\"".to_owned()
            )]
        );
        conversation.links.truncate(1);
        assert_eq!(
            waiting(&conversation, &refs, "zendesk:acme:conversation:7"),
            None
        );
        assert!(read_waiting("somebody's own words").is_empty());
    }

    #[test]
    fn refused_links_are_seen() {
        assert!(refused_link("Linking to a deleted ticket is not allowed"));
        assert!(refused_link(
            "Refused to add link which would create a circular relationship"
        ));
        assert!(!refused_link("Link already exists"));
        assert!(!refused_link("Ticket 1 refers to Ticket 2."));
    }
}
