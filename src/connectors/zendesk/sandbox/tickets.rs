//! Tickets: lists, pages, updates, deletes.

use serde_json::{Value, json};

use super::call::{Answer, Call, Problem, Refusal, Reply, Row, flag, id, id_list, ok, take, text};
use super::events;
use super::imports::{build, check_comment, finish};
use super::jobs::{self, Work};
use super::paging::page;
use super::state::{State, seconds, stamp};

/// Seconds after which a closed ticket is in the archive.
const ARCHIVED_AFTER: i64 = 120 * 24 * 3600;

/// A ticket and what was said in it.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) row: Row,
    pub(super) comments: Vec<Row>,
    /// Second of the last change of any kind; exports go by it.
    pub(super) generated: i64,
    pub(super) deleted: bool,
    /// Put into the archive by hand.
    pub(super) archived: bool,
    /// The metric set of the seed.
    pub(super) metrics: Option<Value>,
}

impl Ticket {
    fn in_archive(&self, now: i64) -> bool {
        self.archived
            || (text(&self.row, "status") == Some("closed")
                && seconds(self.row.get("updated_at")).is_some_and(|at| at + ARCHIVED_AFTER < now))
    }
}

/// A ticket's own page.
pub(super) fn shown(state: &State, id: u64) -> Value {
    let Some(ticket) = state.tickets.get(&id) else {
        return Value::Null;
    };
    let mut row = ticket.row.clone();
    row.remove("solved_at");
    row.insert("generated_timestamp".to_owned(), json!(ticket.generated));
    Value::Object(row)
}

/// Tags in lower case, without spaces, once each.
pub(super) fn tidy_tags(tags: &Value) -> Value {
    let given: Vec<&str> = match tags {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(list) => list.split_whitespace().collect(),
        _ => Vec::new(),
    };
    let mut out: Vec<String> = Vec::new();
    for tag in given {
        let tag = tag.trim().to_lowercase().replace(char::is_whitespace, "_");
        if !tag.is_empty() && !out.contains(&tag) {
            out.push(tag);
        }
    }
    json!(out)
}

/// Whether an agent is in a group.
pub(super) fn member(state: &State, agent: u64, group: u64) -> bool {
    state
        .rows("group_memberships")
        .values()
        .any(|row| id(row, "user_id") == Some(agent) && id(row, "group_id") == Some(group))
}

/// The agent's default group.
pub(super) fn group_of(state: &State, agent: u64) -> Option<u64> {
    let mut own = state
        .rows("group_memberships")
        .values()
        .filter(|row| id(row, "user_id") == Some(agent));
    let first = own.next()?;
    if flag(first, "default") == Some(true) {
        return id(first, "group_id");
    }
    own.find(|row| flag(row, "default") == Some(true))
        .or(Some(first))
        .and_then(|row| id(row, "group_id"))
}

/// The row of a collection that is the default one.
pub(super) fn default_of(state: &State, list: &'static str) -> Option<u64> {
    let rows = state.rows(list);
    rows.iter()
        .find(|(_, row)| flag(row, "default") == Some(true))
        .or_else(|| rows.iter().next())
        .map(|(id, _)| *id)
}

/// The custom status asked for, or the default one of the status.
pub(super) fn custom_status(state: &State, input: &Row, status: &str) -> Option<u64> {
    let rows = state.rows("custom_statuses");
    let category = if status == "closed" { "solved" } else { status };
    id(input, "custom_status_id")
        .filter(|id| {
            rows.get(id)
                .is_some_and(|row| text(row, "status_category") == Some(category))
        })
        .or_else(|| {
            rows.iter()
                .find(|(_, row)| {
                    text(row, "status_category") == Some(category)
                        && flag(row, "default") == Some(true)
                })
                .map(|(id, _)| *id)
        })
}

fn ids(state: &State, keep: impl Fn(&Ticket) -> bool) -> Vec<u64> {
    state
        .tickets
        .iter()
        .filter(|(_, ticket)| keep(ticket))
        .map(|(id, _)| *id)
        .collect()
}

fn alive(state: &State, id: &str) -> Result<u64, Refusal> {
    id.parse()
        .ok()
        .filter(|id| state.tickets.get(id).is_some_and(|ticket| !ticket.deleted))
        .ok_or_else(Refusal::not_found)
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let base = state.base.clone();
    let now = state.now();
    Some(match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["tickets"]) => {
            let ids = match call.param("external_id") {
                Some(external) => {
                    let mut ids = state.by_external.get(external).cloned().unwrap_or_default();
                    ids.retain(|id| state.tickets.get(id).is_some_and(|ticket| !ticket.deleted));
                    ids.sort_unstable();
                    ids
                }
                None => ids(state, |ticket| !ticket.deleted && !ticket.in_archive(now)),
            };
            page(&base, call, "tickets", &ids, |id| shown(state, id))
        }
        ("GET", ["tickets", "count"]) => {
            let ids = ids(state, |ticket| !ticket.deleted && !ticket.in_archive(now));
            ok(json!({"count": {"value": ids.len(), "refreshed_at": state.stamp()}}))
        }
        ("GET", ["tickets", "show_many"]) => call.ids().and_then(|ids| {
            let mut out = Row::new();
            let ids: Vec<u64> = ids
                .into_iter()
                .filter(|id| state.tickets.get(id).is_some_and(|ticket| !ticket.deleted))
                .collect();
            let tickets = super::incremental::with_sideloads(state, call, &ids, &mut out);
            out.insert("count".to_owned(), json!(tickets.len()));
            out.insert("tickets".to_owned(), json!(tickets));
            ok(Value::Object(out))
        }),
        ("GET", ["tickets", id]) => alive(state, id).and_then(|id| {
            let mut out = Row::new();
            let tickets = super::incremental::with_sideloads(state, call, &[id], &mut out);
            out.insert(
                "ticket".to_owned(),
                tickets.into_iter().next().unwrap_or_default(),
            );
            ok(Value::Object(out))
        }),
        ("GET", ["users", user, kind @ ("requested" | "ccd" | "assigned")])
        | (
            "GET",
            [
                "users",
                user,
                "tickets",
                kind @ ("requested" | "ccd" | "assigned"),
            ],
        ) => {
            let user: u64 = user.parse().unwrap_or(0);
            let ids = ids(state, |ticket| {
                !ticket.deleted
                    && match *kind {
                        "requested" => id(&ticket.row, "requester_id") == Some(user),
                        "assigned" => id(&ticket.row, "assignee_id") == Some(user),
                        _ => id_list(&ticket.row, "email_cc_ids").contains(&user),
                    }
            });
            page(&base, call, "tickets", &ids, |id| shown(state, id))
        }
        ("PUT", ["tickets", id]) => alive(state, id).and_then(|id| update(state, call, id)),
        ("DELETE", ["tickets", "destroy_many"]) => call
            .ids()
            .and_then(|ids| jobs::queue(state, ids.into_iter().map(Work::DeleteTicket).collect())),
        ("DELETE", ["tickets", id]) => alive(state, id).map(|id| {
            delete(state, id);
            Reply::Empty
        }),
        ("GET", ["deleted_tickets"]) => {
            let ids = ids(state, |ticket| ticket.deleted);
            page(&base, call, "deleted_tickets", &ids, |id| {
                let ticket = &state.tickets[&id];
                json!({"id": id, "subject": ticket.row.get("subject"), "previous_state": "open",
                    "deleted_at": stamp(ticket.generated), "actor": {"id": state.owner, "name": "Sandbox Admin"}})
            })
        }
        ("DELETE", ["deleted_tickets", "destroy_many"]) => call
            .ids()
            .and_then(|ids| jobs::queue(state, ids.into_iter().map(Work::DestroyTicket).collect())),
        ("DELETE", ["deleted_tickets", id]) => match id.parse().ok() {
            Some(id) if state.tickets.get(&id).is_some_and(|ticket| ticket.deleted) => {
                jobs::queue(state, vec![Work::DestroyTicket(id)])
            }
            _ => Err(Refusal::not_found()),
        },
        // History cannot be rated: only the requester may, in their own name.
        ("POST", ["tickets", _, "satisfaction_rating"]) => Err(Refusal::forbidden()),
        _ => return None,
    })
}

/// Moves a ticket to the deleted ones.
pub(super) fn delete(state: &mut State, id: u64) -> bool {
    let now = state.now();
    match state.tickets.get_mut(&id).filter(|ticket| !ticket.deleted) {
        Some(ticket) => {
            ticket.deleted = true;
            ticket.generated = now;
            ticket.row.insert("status".to_owned(), json!("deleted"));
            ticket
                .row
                .insert("updated_at".to_owned(), json!(stamp(now)));
            true
        }
        None => false,
    }
}

/// Scrubs a deleted ticket; its shell stays in the exports.
pub(super) fn destroy(state: &mut State, id: u64) -> bool {
    let now = state.now();
    let Some(ticket) = state.tickets.get_mut(&id).filter(|ticket| ticket.deleted) else {
        return false;
    };
    if let Some(external) = text(&ticket.row, "external_id")
        && let Some(list) = state.by_external.get_mut(external)
    {
        list.retain(|other| *other != id);
    }
    for (key, value) in [
        ("subject", json!("SCRUBBED")),
        ("raw_subject", json!("SCRUBBED")),
        ("description", json!("SCRUBBED")),
        ("external_id", Value::Null),
        ("tags", json!([])),
        ("custom_fields", json!([])),
    ] {
        ticket.row.insert(key.to_owned(), value);
    }
    ticket.comments.clear();
    ticket.generated = now;
    state
        .events
        .retain(|_, event| super::call::id(event, "ticket_id") != Some(id));
    true
}

/// An update is dated now and runs the triggers, also on an imported ticket.
fn update(state: &mut State, call: &Call, ticket: u64) -> Answer {
    let input = call.object("ticket")?;
    let before = state.tickets[&ticket].row.clone();
    if text(&before, "status") == Some("closed") {
        return Err(Refusal::invalid(&[Problem {
            field: "status".to_owned(),
            text: "Status: closed prevents ticket update".to_owned(),
            code: None,
        }]));
    }
    let mut problems = Vec::new();
    let comment = match input.get("comment") {
        Some(Value::Object(comment)) => {
            let author = id(comment, "author_id").unwrap_or(call.user);
            check_comment(state, comment, author, false, &mut problems);
            Some(build(comment, author))
        }
        _ => None,
    };
    if state.tickets[&ticket].comments.len() >= super::imports::MOST_COMMENTS && comment.is_some() {
        problems.push(super::call::problem("comments", "limit reached"));
    }
    if let Some(Value::Array(list)) = input.get("custom_fields") {
        super::fields::check_values(state, list, &mut problems);
    }
    if !problems.is_empty() {
        return Err(Refusal::invalid(&problems));
    }
    let mut after = before.clone();
    take(
        &mut after,
        &input,
        &[
            "subject",
            "status",
            "priority",
            "type",
            "assignee_id",
            "group_id",
            "organization_id",
            "requester_id",
            "external_id",
            "tags",
            "brand_id",
            "ticket_form_id",
            "problem_id",
            "due_at",
            "custom_status_id",
            "email_cc_ids",
            "follower_ids",
            "collaborator_ids",
        ],
    );
    let tags = tidy_tags(after.get("tags").unwrap_or(&Value::Null));
    after.insert("tags".to_owned(), tags);
    if input.contains_key("custom_fields") {
        let fields = super::fields::stored_values(state, &input);
        after.insert("custom_fields".to_owned(), fields);
    }
    if let Some(external) = text(&input, "external_id")
        && text(&before, "external_id") != Some(external)
    {
        state
            .by_external
            .entry(external.to_owned())
            .or_default()
            .push(ticket);
        if let Some(old) = text(&before, "external_id")
            && let Some(list) = state.by_external.get_mut(old)
        {
            list.retain(|other| *other != ticket);
        }
    }
    let now = state.now();
    after.insert("updated_at".to_owned(), json!(stamp(now)));
    events::changed(state, ticket, &before, &after, call.user, now);
    if let Some(entry) = state.tickets.get_mut(&ticket) {
        entry.row = after;
        entry.generated = now;
    }
    let public = comment
        .as_ref()
        .is_some_and(|comment| flag(comment, "public") == Some(true));
    if let Some(mut comment) = comment {
        finish(state, &mut comment, now);
        events::said(state, ticket, comment, now, false);
    }
    events::fire(state, ticket, "Change", public);
    ok(json!({"ticket": shown(state, ticket)}))
}
