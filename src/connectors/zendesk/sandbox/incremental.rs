//! Exports of what changed since a time or a cursor; admins only.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, flag, id, id_list, ok, row, text};
use super::state::{State, seconds};
use super::tickets::{Ticket, shown};

/// Seconds before now that no export tells of.
const TOO_FRESH: i64 = 60;
/// Rows on a page, and the most that may be asked for.
const PAGE: usize = 1000;

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
    let ("GET", ["incremental", rest @ ..]) = (call.method.as_str(), segments.as_slice()) else {
        return None;
    };
    Some(call.admin_only().and_then(|()| match rest {
        ["tickets", "cursor"] => tickets(state, call, true),
        ["tickets"] => tickets(state, call, false),
        ["users", "cursor"] => users(state, call, true),
        ["users"] => users(state, call, false),
        ["organizations"] => organizations(state, call),
        ["ticket_events"] => events(state, call),
        _ => Err(Refusal::not_found()),
    }))
}

fn start_time(state: &State, call: &Call) -> Result<i64, Refusal> {
    let Some(given) = call.param("start_time") else {
        return Err(Refusal::missing("start_time"));
    };
    let start: i64 = given.parse().map_err(|_| {
        Refusal::titled(
            400,
            "Invalid attribute",
            "You passed an invalid value for the start_time attribute. must be an integer",
        )
    })?;
    if start > state.now() - TOO_FRESH {
        return Err(Refusal::json(
            400,
            json!({"error": "StartTimeTooRecent", "description": "Too recent start_time. Use a start_time older than 60 seconds"}),
        ));
    }
    Ok(start)
}

fn per_page(call: &Call) -> Result<usize, Refusal> {
    match call.param("per_page").map(str::parse::<usize>) {
        None => Ok(PAGE),
        Some(Ok(size @ 1..=PAGE)) => Ok(size),
        Some(_) => Err(Refusal::titled(
            400,
            "Invalid attribute",
            "per_page must be between 1 and 1000",
        )),
    }
}

/// Rows in the order of their change: second and id.
type Changes = Vec<(i64, u64)>;

/// The part of the export that this page shows, and what the page says of itself.
fn cursor_page(state: &State, call: &Call, changes: &Changes) -> Result<(Vec<u64>, Row), Refusal> {
    let size = per_page(call)?;
    let from = match call.param("cursor") {
        Some(cursor) => {
            let after = decode(cursor).ok_or_else(|| {
                Refusal::json(
                    422,
                    json!({"error": "InvalidCursor", "description": "The cursor is not valid"}),
                )
            })?;
            changes.partition_point(|change| *change <= after)
        }
        None => {
            let start = start_time(state, call)?;
            changes.partition_point(|(at, _)| *at < start)
        }
    };
    let to = changes.len().min(from + size);
    let shown = &changes[from..to];
    let after = shown
        .last()
        .map(|(at, id)| STANDARD.encode(format!("{at}.0||{id}")));
    let mut out = Row::new();
    let link = after.as_ref().map(|cursor| {
        let mut address = super::paging::url(&state.base, call, &[("cursor", cursor)]);
        if let Some(start) = call.param("start_time") {
            address = address.replacen(&format!("start_time={start}&"), "", 1);
        }
        address
    });
    out.insert("after_url".to_owned(), json!(link));
    out.insert("after_cursor".to_owned(), json!(after));
    out.insert("before_url".to_owned(), Value::Null);
    out.insert("before_cursor".to_owned(), Value::Null);
    out.insert("end_of_stream".to_owned(), json!(to == changes.len()));
    Ok((shown.iter().map(|(_, id)| *id).collect(), out))
}

fn decode(cursor: &str) -> Option<(i64, u64)> {
    let plain = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    let (at, id) = plain.split_once(".0||")?;
    Some((at.parse().ok()?, id.parse().ok()?))
}

/// The same by time: a page ends with a whole second, and the next one begins with it again.
fn time_page(state: &State, call: &Call, changes: &Changes) -> Result<(Vec<u64>, Row), Refusal> {
    let start = start_time(state, call)?;
    let size = per_page(call)?;
    let from = changes.partition_point(|(at, _)| *at < start);
    let mut to = changes.len().min(from + size);
    if let Some((last, _)) = to
        .checked_sub(1)
        .and_then(|last| changes.get(last))
        .filter(|_| to > from)
    {
        to = changes.partition_point(|(at, _)| at <= last);
        // A page that holds nothing but its first second would be asked for again and again.
        if to < changes.len() && *last == start {
            let next = changes[to].0;
            to = changes.partition_point(|(at, _)| *at <= next);
        }
    }
    let shown = &changes[from..to];
    let end = shown.last().map(|(at, _)| *at);
    let mut out = Row::new();
    out.insert("count".to_owned(), json!(shown.len()));
    out.insert("end_time".to_owned(), json!(end));
    out.insert(
        "next_page".to_owned(),
        json!(end.map(|end| super::paging::url(
            &state.base,
            call,
            &[("start_time", &end.to_string())]
        ))),
    );
    out.insert("end_of_stream".to_owned(), json!(to == changes.len()));
    Ok((shown.iter().map(|(_, id)| *id).collect(), out))
}

fn finish(mut changes: Changes, now: i64) -> Changes {
    changes.retain(|(at, _)| *at <= now - TOO_FRESH);
    changes.sort_unstable();
    changes
}

/// Whether the kind of agent that handled the ticket is asked for; people only, if nothing is said.
fn in_scope(call: &Call, ticket: &Ticket) -> Result<bool, Refusal> {
    let ai = text(&ticket.row, "support_type") == Some("ai_agent");
    match call.param("support_type_scope").unwrap_or("agent") {
        "all" => Ok(true),
        "agent" => Ok(!ai),
        "ai_agent" => Ok(ai),
        _ => Err(Refusal::titled(
            400,
            "Invalid attribute",
            "support_type_scope must be all, agent or ai_agent",
        )),
    }
}

fn tickets(state: &State, call: &Call, cursor: bool) -> Answer {
    let deleted = call.param("exclude_deleted") != Some("true");
    let mut changes = Vec::with_capacity(state.tickets.len());
    for (id, ticket) in &state.tickets {
        if in_scope(call, ticket)? && (deleted || !ticket.deleted) {
            changes.push((ticket.generated, *id));
        }
    }
    if call.includes("last_audits") {
        return Err(Refusal::titled(
            400,
            "Invalid attribute",
            "last_audits cannot be included here",
        ));
    }
    let changes = finish(changes, state.now());
    let (ids, mut out) = if cursor {
        cursor_page(state, call, &changes)?
    } else {
        time_page(state, call, &changes)?
    };
    let tickets = with_sideloads(state, call, &ids, &mut out);
    out.insert("tickets".to_owned(), json!(tickets));
    ok(Value::Object(out))
}

/// The tickets with what `include` asks for, in them or beside them.
pub(super) fn with_sideloads(state: &State, call: &Call, ids: &[u64], out: &mut Row) -> Vec<Value> {
    let counts = call.includes("comment_count");
    let metrics = call.includes("metric_sets");
    let mut sets = Vec::new();
    let mut people = std::collections::BTreeSet::new();
    let mut groups = std::collections::BTreeSet::new();
    let mut organizations = std::collections::BTreeSet::new();
    let mut tickets = Vec::with_capacity(ids.len());
    for number in ids {
        let Some(ticket) = state.tickets.get(number) else {
            continue;
        };
        let mut page = shown(state, *number);
        if counts {
            page["comment_count"] = json!(ticket.comments.len());
        }
        if metrics {
            let set = metric_set(ticket);
            page["metric_set"] = set.clone();
            sets.push(set);
        }
        for key in ["requester_id", "submitter_id", "assignee_id"] {
            people.extend(id(&ticket.row, key));
        }
        for key in ["collaborator_ids", "follower_ids", "email_cc_ids"] {
            people.extend(id_list(&ticket.row, key));
        }
        groups.extend(id(&ticket.row, "group_id"));
        organizations.extend(id(&ticket.row, "organization_id"));
        tickets.push(page);
    }
    if metrics {
        out.insert("metric_sets".to_owned(), json!(sets));
    }
    if call.includes("users") {
        let users: Vec<&Row> = people
            .iter()
            .filter_map(|id| state.users.get(*id))
            .collect();
        out.insert("users".to_owned(), json!(users));
    }
    for (name, list, ids) in [
        ("groups", "groups", groups),
        ("organizations", "organizations", organizations),
    ] {
        if call.includes(name) {
            let rows: Vec<&Row> = ids
                .iter()
                .filter_map(|id| state.rows(list).get(id))
                .collect();
            out.insert(name.to_owned(), json!(rows));
        }
    }
    tickets
}

/// The metric set of a ticket. Imports have none of the counted figures.
pub(super) fn metric_set(ticket: &Ticket) -> Value {
    if let Some(seeded) = &ticket.metrics {
        return seeded.clone();
    }
    let status = text(&ticket.row, "status");
    let done = matches!(status, Some("solved" | "closed"));
    let solved = ticket.row.get("solved_at").cloned().or_else(|| {
        done.then(|| ticket.row.get("updated_at").cloned())
            .flatten()
    });
    let opener = id(&ticket.row, "requester_id");
    let first_reply = ticket
        .comments
        .iter()
        .find(|comment| flag(comment, "public") == Some(true) && id(comment, "author_id") != opener)
        .and_then(|comment| seconds(comment.get("created_at")))
        .zip(seconds(ticket.row.get("created_at")))
        .map(|(reply, created)| (reply - created).max(0) / 60);
    json!({"id": ticket.row["id"], "ticket_id": ticket.row["id"], "created_at": ticket.row["created_at"],
        "updated_at": ticket.row["updated_at"], "solved_at": solved, "reopens": 0, "replies": 0,
        "reply_time_in_minutes": {"calendar": first_reply, "business": first_reply}})
}

fn users(state: &State, call: &Call, cursor: bool) -> Answer {
    let changes = state
        .users
        .all()
        .filter_map(|user| Some((changed_at(user), id(user, "id")?)))
        .collect();
    let changes = finish(changes, state.now());
    let (ids, mut out) = if cursor {
        cursor_page(state, call, &changes)?
    } else {
        time_page(state, call, &changes)?
    };
    let rows: Vec<&Row> = ids.iter().filter_map(|id| state.users.get(*id)).collect();
    out.insert("users".to_owned(), json!(rows));
    ok(Value::Object(out))
}

fn changed_at(row: &Row) -> i64 {
    seconds(row.get("updated_at"))
        .or_else(|| seconds(row.get("created_at")))
        .unwrap_or(0)
}

fn organizations(state: &State, call: &Call) -> Answer {
    let rows = state.rows("organizations");
    let deleted = state.rows("deleted_organizations");
    let changes = finish(
        rows.iter()
            .chain(deleted)
            .map(|(id, row)| (changed_at(row), *id))
            .collect(),
        state.now(),
    );
    let (ids, mut out) = time_page(state, call, &changes)?;
    let rows: Vec<&Row> = ids
        .iter()
        .filter_map(|id| rows.get(id).or(deleted.get(id)))
        .collect();
    out.insert("organizations".to_owned(), json!(rows));
    ok(Value::Object(out))
}

fn events(state: &State, call: &Call) -> Answer {
    let mut changes = Vec::with_capacity(state.events.len());
    for ((at, id), event) in &state.events {
        let ticket = super::call::id(event, "ticket_id").and_then(|id| state.tickets.get(&id));
        if let Some(ticket) = ticket
            && in_scope(call, ticket)?
        {
            changes.push((*at, *id));
        }
    }
    let changes = finish(changes, state.now());
    let (ids, mut out) = time_page(state, call, &changes)?;
    let whole = call.includes("comment_events");
    let at: std::collections::HashMap<u64, i64> =
        changes.iter().map(|(at, id)| (*id, *at)).collect();
    let told: Vec<Value> = ids
        .iter()
        .filter_map(|id| state.events.get(&(at.get(id).copied()?, *id)))
        .map(|event| {
            let mut told = if whole {
                Value::Object(event.clone())
            } else {
                brief(event)
            };
            without_chats(&mut told);
            told
        })
        .collect();
    out.insert("ticket_events".to_owned(), json!(told));
    ok(Value::Object(out))
}

/// Whether the export tells what a chat said is not documented: this one does not.
fn without_chats(event: &mut Value) {
    for child in event["child_events"].as_array_mut().into_iter().flatten() {
        let name = child["event_type"].as_str().unwrap_or_default();
        if name.starts_with("Chat")
            && let Some(child) = child.as_object_mut()
        {
            child.remove("value");
        }
    }
}

/// Without the sideload a comment is told only to be there.
fn brief(event: &Row) -> Value {
    let mut out = event.clone();
    if let Some(Value::Array(children)) = out.get_mut("child_events") {
        for child in children {
            if child["event_type"] == "Comment" {
                *child = Value::Object(row(
                    json!({"id": child["id"], "via": "Web service", "via_reference_id": null,
                    "comment_present": true, "comment_public": child["public"], "event_type": "Comment"}),
                ));
            }
        }
    }
    Value::Object(out)
}
