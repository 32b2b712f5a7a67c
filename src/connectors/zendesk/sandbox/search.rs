//! Search, which sees new records only after a while.

use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, flag, id, ok, text};
use super::paging::page;
use super::state::State;
use super::tickets::shown;

/// Results that a query can reach.
const MOST: usize = 1000;

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let base = state.base.clone();
    Some(match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["search"]) => find(state, call, None).and_then(|mut found| {
            let wanted: usize = call.param("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let size: usize = call.param("per_page").and_then(|size| size.parse().ok()).unwrap_or(100);
            if (wanted.max(1) - 1) * size >= MOST {
                return Err(Refusal::json(
                    422,
                    json!({"error": "unavailable", "description": "Invalid search: Requested response size was greater than Search Response Limits"}),
                ));
            }
            let all = found.len();
            found.truncate(MOST);
            let mut out = super::paging::page_of(&base, call, "results", &found, 100, |id| result(state, id))?.0;
            out.insert("count".to_owned(), json!(all));
            ok(Value::Object(out))
        }),
        ("GET", ["search", "count"]) => find(state, call, None).and_then(|found| ok(json!({"count": found.len()}))),
        ("GET", ["search", "export"]) => {
            if call.param("filter[type]").is_none() {
                return Some(Err(Refusal::missing("filter[type]")));
            }
            if call.param("page[size]").is_none() {
                let mut query = call.query.clone();
                query.push(("page[size]".to_owned(), "100".to_owned()));
                let sized = Call { query, ..clone(call) };
                return route(state, &sized);
            }
            find(state, call, call.param("filter[type]"))
                .and_then(|found| page(&base, call, "results", &found, |id| result(state, id)))
        }
        ("GET", ["users", "search"]) => {
            let found = match (call.param("external_id"), call.param("query")) {
                (Some(external), _) => state.users.by_external(external).into_iter().collect(),
                (None, Some(query)) => matching(state, &terms(query), Some("user")),
                (None, None) => return Some(Err(Refusal::missing("query"))),
            };
            let found: Vec<u64> = found.into_iter().filter(|id| state.searchable(*id)).collect();
            page(&base, call, "users", &found, |id| json!(state.users.get(id)))
        }
        _ => return None,
    })
}

fn clone(call: &Call) -> Call {
    Call {
        method: call.method.clone(),
        path: call.path.clone(),
        query: call.query.clone(),
        body: call.body.clone(),
        content_type: call.content_type.clone(),
        idempotency_key: None,
        parts: Vec::new(),
        user: call.user,
        admin: call.admin,
    }
}

fn find(state: &State, call: &Call, kind: Option<&str>) -> Result<Vec<u64>, Refusal> {
    let query = call
        .param("query")
        .ok_or_else(|| Refusal::missing("query"))?;
    let terms = terms(query);
    let typed = terms
        .iter()
        .find(|(key, _)| key == "type")
        .map(|(_, value)| value.clone());
    let kind = kind.map(str::to_owned).or(typed);
    let mut found = matching(state, &terms, kind.as_deref());
    found.retain(|id| state.searchable(*id));
    Ok(found)
}

/// `type:user email:"a@b.c" words` in parts; plain words have no key.
fn terms(query: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in query.chars() {
        match letter {
            '"' => quoted = !quoted,
            letter if letter.is_whitespace() && !quoted => {
                words.push(std::mem::take(&mut word));
            }
            letter => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
        .into_iter()
        .map(|word| match word.split_once(':') {
            Some((key, value)) if key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                (key.to_owned(), value.to_lowercase())
            }
            _ => (String::new(), word.to_lowercase()),
        })
        .collect()
}

fn matching(state: &State, terms: &[(String, String)], kind: Option<&str>) -> Vec<u64> {
    let mut found = Vec::new();
    if kind.is_none_or(|kind| kind == "ticket") {
        let hits = state.tickets.iter().filter(|(_, ticket)| !ticket.deleted);
        found.extend(
            hits.filter(|(_, ticket)| fits(&ticket.row, terms, "subject"))
                .map(|(id, _)| *id),
        );
    }
    if kind.is_none_or(|kind| kind == "user") {
        let hits = state
            .users
            .all()
            .filter(|user| flag(user, "active") != Some(false));
        found.extend(
            hits.filter(|user| fits(user, terms, "name"))
                .filter_map(|user| id(user, "id")),
        );
    }
    if kind.is_none_or(|kind| kind == "organization") {
        let hits = state.rows("organizations").iter();
        found.extend(
            hits.filter(|(_, row)| fits(row, terms, "name"))
                .map(|(id, _)| *id),
        );
    }
    found.sort_unstable();
    found
}

fn fits(row: &Row, terms: &[(String, String)], title: &str) -> bool {
    terms.iter().all(|(key, value)| match key.as_str() {
        "type" => true,
        "" => [title, "email", "description"]
            .iter()
            .any(|key| text(row, key).is_some_and(|own| own.to_lowercase().contains(value))),
        "tags" => row["tags"]
            .as_array()
            .is_some_and(|tags| tags.iter().any(|tag| tag == value.as_str())),
        key => match row.get(key) {
            Some(Value::String(own)) => own.to_lowercase() == *value,
            Some(Value::Number(own)) => own.to_string() == *value,
            _ => value == "none",
        },
    })
}

fn result(state: &State, id: u64) -> Value {
    let (mut row, kind) = if state.tickets.contains_key(&id) {
        (shown(state, id), "ticket")
    } else if let Some(user) = state.users.get(id) {
        (json!(user), "user")
    } else {
        (json!(state.rows("organizations").get(&id)), "organization")
    };
    row["result_type"] = json!(kind);
    row
}
