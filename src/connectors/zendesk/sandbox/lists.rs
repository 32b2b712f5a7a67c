//! Plain collections: read as they are, with the writes a migration needs.

use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, id, ok, problem, row, text,
};
use super::jobs::{self, Work};
use super::paging::page;
use super::state::State;

/// How a collection may be used.
struct List {
    name: &'static str,
    one: &'static str,
    /// Answered whole, whatever page is asked for.
    whole: bool,
    writable: bool,
    admin: bool,
}

const fn list(name: &'static str, one: &'static str) -> List {
    List {
        name,
        one,
        whole: false,
        writable: true,
        admin: false,
    }
}

const fn fixed(name: &'static str, one: &'static str) -> List {
    List {
        name,
        one,
        whole: false,
        writable: false,
        admin: false,
    }
}

const LISTS: &[List] = &[
    list("groups", "group"),
    list("group_memberships", "group_membership"),
    list("organization_memberships", "organization_membership"),
    list("brands", "brand"),
    list("macros", "macro"),
    list("triggers", "trigger"),
    list("automations", "automation"),
    fixed("views", "view"),
    fixed("custom_roles", "custom_role"),
    fixed("suspended_tickets", "suspended_ticket"),
    fixed("sharing_agreements", "sharing_agreement"),
    List {
        whole: true,
        ..list("ticket_forms", "ticket_form")
    },
    List {
        whole: true,
        ..list("custom_statuses", "custom_status")
    },
    List {
        admin: true,
        ..fixed("satisfaction_ratings", "satisfaction_rating")
    },
];

/// The account itself: settings, locales, tags.
pub(super) fn account(state: &mut State, call: &Call) -> Option<Answer> {
    if call.method != "GET" {
        return None;
    }
    let base = state.base.clone();
    Some(match call.segments().as_slice() {
        ["account", "settings"] => ok(json!({"settings": state.settings})),
        ["account"] => ok(
            json!({"account": {"subdomain": state.subdomain, "name": state.subdomain, "url": base}}),
        ),
        ["locales"] | ["locales", "public"] => {
            let all: Vec<Value> = (1..)
                .zip(&state.locales)
                .map(|(id, locale)| {
                    json!({"id": id, "locale": spelled(locale), "name": locale, "default": id == 1,
                    "url": format!("{base}/api/v2/locales/{id}.json")})
                })
                .collect();
            ok(
                json!({"count": all.len(), "locales": all, "next_page": null, "previous_page": null}),
            )
        }
        ["tags"] => {
            let mut counts = std::collections::BTreeMap::<String, u64>::new();
            for ticket in state.tickets.values() {
                for tag in ticket
                    .row
                    .get("tags")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    *counts
                        .entry(tag.as_str().unwrap_or_default().to_owned())
                        .or_default() += 1;
                }
            }
            let tags: Vec<(String, u64)> = counts.into_iter().collect();
            let places: Vec<u64> = (1..=tags.len() as u64).collect();
            page(&base, call, "tags", &places, |place| {
                let (name, count) = &tags[usize::try_from(place - 1).unwrap_or(0)];
                json!({"name": name, "count": count})
            })
        }
        _ => return None,
    })
}

/// `en-us` as the Support side spells it: `en-US`.
fn spelled(locale: &str) -> String {
    match locale.split_once('-') {
        Some((language, region)) => format!("{language}-{}", region.to_uppercase()),
        None => locale.to_owned(),
    }
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
    let base = state.base.clone();
    // `/users/{id}/group_memberships` and the like are the same rows, filtered.
    if let ("GET", [owner, number, name]) = (call.method.as_str(), segments.as_slice())
        && let Some(filter) = owner_key(owner)
        && let Some(found) = LISTS.iter().find(|list| list.name == *name)
    {
        let of = number.parse::<u64>().ok();
        if *name == "groups" {
            let groups: std::collections::BTreeSet<u64> = state
                .rows("group_memberships")
                .values()
                .filter(|row| id(row, filter) == of)
                .filter_map(|row| id(row, "group_id"))
                .collect();
            let ids: Vec<u64> = groups.into_iter().collect();
            return Some(page(&base, call, name, &ids, |id| {
                json!(state.rows("groups").get(&id))
            }));
        }
        let rows = state.rows(found.name);
        let ids: Vec<u64> = rows
            .iter()
            .filter(|(_, row)| id(row, filter) == of)
            .map(|(id, _)| *id)
            .collect();
        return Some(page(&base, call, name, &ids, |id| json!(rows.get(&id))));
    }
    let list = LISTS
        .iter()
        .find(|list| Some(&list.name) == segments.first())?;
    if list.admin && !call.admin {
        return Some(Err(Refusal::forbidden()));
    }
    Some(match (call.method.as_str(), &segments[1..]) {
        ("GET", [] | ["active"]) => whole_or_page(state, call, list, segments.len() > 1),
        ("GET", ["count"]) => ok(
            json!({"count": {"value": state.rows(list.name).len(), "refreshed_at": state.stamp()}}),
        ),
        ("GET", ["assignable"]) => whole_or_page(state, call, list, false),
        ("GET", [number]) => number
            .parse()
            .map_err(|_| Refusal::not_found())
            .and_then(|id| state.row(list.name, id))
            .and_then(|row| ok(json!({list.one: row}))),
        ("POST", ["create_many"]) if list.name.ends_with("_memberships") => {
            let name = list.name;
            call.objects(name).and_then(|rows| {
                jobs::queue(
                    state,
                    rows.into_iter()
                        .map(|row| Work::Member { list: name, row })
                        .collect(),
                )
            })
        }
        ("POST", []) if list.writable => call.object(list.one).and_then(|input| {
            let id = if list.name.ends_with("_memberships") {
                member(state, list.name, &input)
            } else {
                create(state, list, input)
            };
            let id = id.map_err(|problems| Refusal::invalid(&problems))?;
            created(json!({list.one: state.rows(list.name).get(&id)}))
        }),
        ("PUT", [number]) if list.writable => call.object(list.one).and_then(|input| {
            let number = number.parse().map_err(|_| Refusal::not_found())?;
            let mut row = state.row(list.name, number)?.clone();
            row.extend(
                input
                    .into_iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "id" | "created_at")),
            );
            row.insert("updated_at".to_owned(), json!(state.stamp()));
            state.rows_mut(list.name).insert(number, row.clone());
            ok(json!({list.one: row}))
        }),
        ("DELETE", [number]) if list.writable => {
            let gone = number
                .parse()
                .ok()
                .and_then(|number: u64| state.rows_mut(list.name).remove(&number));
            gone.map(|_| Reply::Empty).ok_or_else(Refusal::not_found)
        }
        _ => return None,
    })
}

fn owner_key(owner: &str) -> Option<&'static str> {
    match owner {
        "users" => Some("user_id"),
        "groups" => Some("group_id"),
        "organizations" => Some("organization_id"),
        _ => None,
    }
}

fn whole_or_page(state: &State, call: &Call, list: &List, active: bool) -> Answer {
    let rows = state.rows(list.name);
    let score = call.param("score");
    let start = call
        .param("start_time")
        .and_then(|at| at.parse::<i64>().ok());
    let ids: Vec<u64> = rows
        .iter()
        .filter(|(_, row)| !active || row.get("active") != Some(&json!(false)))
        .filter(|(_, row)| score.is_none_or(|score| scored(row, score)))
        .filter(|(_, row)| {
            start.is_none_or(|start| {
                super::state::seconds(row.get("updated_at").or(row.get("created_at")))
                    .is_none_or(|at| at >= start)
            })
        })
        .map(|(id, _)| *id)
        .collect();
    if list.whole {
        let all: Vec<&Row> = ids.iter().filter_map(|id| rows.get(id)).collect();
        return ok(
            json!({list.name: all, "count": all.len(), "next_page": null, "previous_page": null}),
        );
    }
    page(&state.base, call, list.name, &ids, |id| {
        json!(rows.get(&id))
    })
}

fn scored(row: &Row, wanted: &str) -> bool {
    let score = text(row, "score").unwrap_or_default();
    match wanted {
        "received" => score.starts_with("good") || score.starts_with("bad"),
        "good" | "bad" => score.starts_with(wanted),
        other => score == other,
    }
}

fn create(state: &mut State, list: &List, input: Row) -> Result<u64, Vec<Problem>> {
    let key = match list.name {
        "groups" | "brands" | "ticket_forms" => "name",
        "custom_statuses" => "agent_label",
        _ => "title",
    };
    if text(&input, key).is_none() {
        return Err(vec![problem(key, "cannot be blank")]);
    }
    let mut new = row(json!({"active": true, "default": false, "deleted": false}));
    new.extend(input);
    Ok(state.insert(list.name, list.name, new))
}

/// Adds a membership, once.
pub(super) fn member(
    state: &mut State,
    list: &'static str,
    input: &Row,
) -> Result<u64, Vec<Problem>> {
    let (key, of) = if list == "group_memberships" {
        ("group_id", "groups")
    } else {
        ("organization_id", "organizations")
    };
    let user = id(input, "user_id").unwrap_or(0);
    let other = id(input, key).unwrap_or(0);
    let mut problems = Vec::new();
    if !state.users.usable(user) || (of == "groups" && !state.users.is_staff(user)) {
        problems.push(problem("user", "is invalid"));
    }
    if !state.rows(of).contains_key(&other) {
        problems.push(problem(key.trim_end_matches("_id"), "is invalid"));
    }
    let twice = state
        .rows(list)
        .values()
        .any(|row| id(row, "user_id") == Some(user) && id(row, key) == Some(other));
    if twice {
        problems.push(Problem {
            field: "user_id".to_owned(),
            text: "User: has already been taken".to_owned(),
            code: Some("DuplicateValue"),
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let first = !state
        .rows(list)
        .values()
        .any(|row| id(row, "user_id") == Some(user));
    let mut new = row(json!({"user_id": user, "default": first}));
    new.insert(key.to_owned(), json!(other));
    let made = state.insert(list, list, new);
    if of == "organizations"
        && first
        && let Some(mut person) = state.users.get(user).cloned()
    {
        person.insert("organization_id".to_owned(), json!(other));
        state.users.put(user, person);
    }
    Ok(made)
}
