//! What was said in tickets.

use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, id, ok, text};
use super::paging::page_of;
use super::state::State;

/// Bytes after which a comment's text is cut without a word.
const LONGEST: usize = 65_536;

/// The HTML and the text of a comment, from whichever is given.
pub(super) fn bodies(comment: &Row) -> (String, String) {
    if let Some(html) = text(comment, "html_body") {
        let html = cut(&cleaned(html));
        let plain = plain(&html);
        return (html, plain);
    }
    let body = cut(text(comment, "body")
        .or(text(comment, "value"))
        .unwrap_or_default());
    let escaped = body
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br>");
    (
        format!("<div class=\"zd-comment\" dir=\"auto\"><p dir=\"auto\">{escaped}</p></div>"),
        body,
    )
}

/// Removes what could run, with all that is inside.
fn cleaned(html: &str) -> String {
    let settings = lol_html::RewriteStrSettings::new()
        .append_element_content_handler(lol_html::element!(
            "script, style, iframe, frame, object, embed, form, link, meta, base, applet",
            |el| {
                el.remove();
                Ok(())
            }
        ))
        .with_strict(false);
    lol_html::rewrite_str(html, settings).unwrap_or_else(|_| html.to_owned())
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// The text between the tags.
fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => out.push(letter),
            _ => {}
        }
    }
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

/// A comment; inline images are left out unless asked for.
pub(super) fn shown(comment: &Row, inline: bool) -> Value {
    let mut out = comment.clone();
    if !inline && let Some(Value::Array(attachments)) = out.get_mut("attachments") {
        attachments.retain(|attachment| attachment["inline"] != json!(true));
    }
    Value::Object(out)
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
    let ("GET", ["tickets", number, what, rest @ ..]) = (call.method.as_str(), segments.as_slice())
    else {
        return None;
    };
    let ticket = number
        .parse()
        .ok()
        .and_then(|id: u64| state.tickets.get(&id));
    let Some(ticket) = ticket.filter(|ticket| !ticket.deleted) else {
        return Some(Err(Refusal::not_found()));
    };
    Some(match (*what, rest) {
        ("comments", []) => comments(state, call, &ticket.comments),
        ("comments", ["count"]) => {
            ok(json!({"count": {"value": ticket.comments.len(), "refreshed_at": state.stamp()}}))
        }
        ("audits", []) => {
            let number = id(&ticket.row, "id");
            let mut audits: Vec<(u64, Value)> = state
                .events
                .iter()
                .filter(|(_, event)| id(event, "ticket_id") == number)
                .map(|((_, event), told)| (*event, audit(told)))
                .collect();
            audits.sort_by_key(|(id, _)| *id);
            let ids: Vec<u64> = audits.iter().map(|(id, _)| *id).collect();
            super::paging::page(&state.base, call, "audits", &ids, |id| {
                audits
                    .binary_search_by_key(&id, |(id, _)| *id)
                    .map_or(Value::Null, |at| audits[at].1.clone())
            })
        }
        ("metrics", []) => ok(json!({"ticket_metric": super::incremental::metric_set(ticket)})),
        _ => Err(Refusal::not_found()),
    })
}

fn comments(state: &State, call: &Call, comments: &[Row]) -> Answer {
    let inline = call.param("include_inline_images") == Some("true");
    // Pages go by position: comments of a seed need not come in the order of their ids.
    let descending = call.param("sort_order") == Some("desc")
        || call.param("sort").is_some_and(|sort| sort.starts_with('-'));
    let positions: Vec<u64> = (1..=comments.len() as u64).collect();
    let at = |position: u64| {
        let index = usize::try_from(position - 1).unwrap_or(0);
        if descending {
            &comments[comments.len() - 1 - index]
        } else {
            &comments[index]
        }
    };
    let (mut out, on_page) = page_of(&state.base, call, "comments", &positions, 100, |position| {
        shown(at(position), inline)
    })?;
    if call.includes("users") {
        let mut ids: Vec<u64> = on_page
            .iter()
            .filter_map(|position| id(at(*position), "author_id"))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let users: Vec<&Row> = ids.iter().filter_map(|id| state.users.get(*id)).collect();
        out.insert("users".to_owned(), json!(users));
    }
    ok(Value::Object(out))
}

fn audit(event: &Row) -> Value {
    let events: Vec<Value> = event["child_events"]
        .as_array()
        .into_iter()
        .flatten()
        .cloned()
        .map(|mut child| {
            child["type"] = child["event_type"].clone();
            child
        })
        .collect();
    json!({"id": event["id"], "ticket_id": event["ticket_id"], "created_at": event["created_at"],
        "author_id": event["updater_id"], "metadata": event["metadata"], "events": events,
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": null}}})
}
