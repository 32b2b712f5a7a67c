//! What stands beside the comments, read only: side conversations from
//! `side_conversations.jsonl`, each with its ticket and its `events`, the
//! conversation log from `conversation_log.jsonl`, and responses to surveys
//! from `survey_responses.jsonl`.

use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, id, ok, row, text};
use super::paging::page;
use super::state::{State, seconds};
use crate::connector::{Error, Result};

/// A side conversation of the seed; the ticket's events tell of it.
pub(super) fn seeded(state: &mut State, thread: Row) {
    let at = seconds(thread.get("created_at")).unwrap_or(0);
    let (Some(ticket), by) = (id(&thread, "ticket_id"), state.owner) else {
        return;
    };
    let child = state.next_id();
    let told = json!({"id": child, "event_type": "CollabThreadCreated", "via": "Web form", "via_reference_id": null,
        "thread_id": thread.get("id"), "subject": thread.get("subject")});
    super::events::record(state, ticket, by, at, at, vec![told]);
    state.sides.push(thread);
}

/// An entry of a ticket's conversation log.
pub(super) fn logged(state: &mut State, entry: Row) -> Result<()> {
    if id(&entry, "ticket_id").is_none_or(|ticket| !state.tickets.contains_key(&ticket)) {
        return Err(Error::config(
            "the seed's conversation_log.jsonl names a ticket that is not there",
        ));
    }
    state.logs.push(entry);
    Ok(())
}

fn log(state: &State, call: &Call, ticket: Option<u64>) -> Answer {
    let ours = |entry: &&Row| id(entry, "ticket_id") == ticket;
    let entries: Vec<&Row> = state.logs.iter().filter(ours).collect();
    let places: Vec<u64> = (1..=entries.len() as u64).collect();
    page(&state.base, call, "events", &places, |place| {
        let mut shown = entries[usize::try_from(place - 1).unwrap_or(0)].clone();
        shown.remove("ticket_id");
        Value::Object(shown)
    })
}

/// Responses to surveys; the filter takes seconds.
fn surveys(state: &State, call: &Call) -> Answer {
    let since: Option<i64> = call
        .param("filter[created_at_start]")
        .and_then(|since| since.parse().ok());
    let wanted = |row: &&Row| {
        let answered = row["answers"].as_array().into_iter().flatten();
        let newest = answered.filter_map(|answer| seconds(answer.get("created_at")));
        since.is_none_or(|since| newest.max().is_none_or(|newest| newest >= since))
    };
    let rows: Vec<&Row> = state.surveys.iter().filter(wanted).collect();
    let places: Vec<u64> = (1..=rows.len() as u64).collect();
    page(&state.base, call, "survey_responses", &places, |place| {
        Value::Object(rows[usize::try_from(place - 1).unwrap_or(0)].clone())
    })
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
    if let ("GET", ["guide", "survey_responses"]) = (call.method.as_str(), segments.as_slice()) {
        if state.feature("no_surveys") {
            return Some(Err(Refusal::forbidden()));
        }
        return Some(call.admin_only().and_then(|()| surveys(state, call)));
    }
    if let ("GET", ["tickets", ticket, "conversation_log"]) =
        (call.method.as_str(), segments.as_slice())
    {
        return Some(log(state, call, ticket.parse().ok()));
    }
    let ("GET", ["tickets", ticket, "side_conversations", rest @ ..]) =
        (call.method.as_str(), segments.as_slice())
    else {
        return None;
    };
    let ticket: Option<u64> = ticket.parse().ok();
    let mut threads = state
        .sides
        .iter()
        .filter(|thread| id(thread, "ticket_id") == ticket);
    Some(match rest {
        [] => {
            let rows: Vec<Row> = threads.map(without_events).collect();
            ok(
                json!({"count": rows.len(), "side_conversations": rows, "next_page": null, "previous_page": null}),
            )
        }
        [thread, "events"] => match threads.find(|row| text(row, "id") == Some(*thread)) {
            Some(thread) => {
                let events = thread.get("events").cloned().unwrap_or(Value::Null);
                ok(json!({"events": events, "next_page": null, "previous_page": null}))
            }
            None => Err(Refusal::not_found()),
        },
        _ => Err(Refusal::not_found()),
    })
}

fn without_events(thread: &Row) -> Row {
    let mut shown = row(Value::Object(thread.clone()));
    shown.remove("events");
    shown
}
