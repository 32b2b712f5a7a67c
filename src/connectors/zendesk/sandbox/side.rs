//! Side conversations: read only, from `side_conversations.jsonl`, each with
//! its ticket and its `events`.

use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, id, ok, row, text};
use super::state::{State, seconds};

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

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
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
