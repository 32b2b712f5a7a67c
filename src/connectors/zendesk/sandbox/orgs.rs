//! Organizations and who belongs to them.

use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, id, ok, problem, row, take, text,
};
use super::jobs::{self, Work};
use super::paging::page;
use super::state::State;

const WRITABLE: &[&str] = &[
    "name",
    "external_id",
    "domain_names",
    "details",
    "notes",
    "group_id",
    "shared_tickets",
    "shared_comments",
    "tags",
    "organization_fields",
];

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let base = state.base.clone();
    let all = |state: &State| -> Vec<u64> { state.rows("organizations").keys().copied().collect() };
    let render = |state: &State, id: u64| json!(state.rows("organizations").get(&id));
    Some(match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["organizations"]) => page(&base, call, "organizations", &all(state), |id| {
            render(state, id)
        }),
        ("GET", ["organizations", "count"]) => {
            ok(json!({"count": {"value": all(state).len(), "refreshed_at": state.stamp()}}))
        }
        ("GET", ["organizations", "show_many"]) => call.ids().and_then(|ids| {
            let externals = call.many("external_ids");
            let rows: Vec<&Row> = state
                .rows("organizations")
                .iter()
                .filter(|(id, row)| {
                    ids.contains(id)
                        || text(row, "external_id")
                            .is_some_and(|own| externals.iter().any(|given| given == own))
                })
                .map(|(_, row)| row)
                .collect();
            ok(json!({"count": rows.len(), "organizations": rows}))
        }),
        ("GET", ["organizations", "search"]) => {
            let external = call.param("external_id");
            let name = call.param("name").map(str::to_lowercase);
            let ids: Vec<u64> = state
                .rows("organizations")
                .iter()
                .filter(|(id, row)| {
                    state.searchable(**id)
                        && (external.is_some() && text(row, "external_id") == external
                            || name.is_some() && text(row, "name").map(str::to_lowercase) == name)
                })
                .map(|(id, _)| *id)
                .collect();
            page(&base, call, "organizations", &ids, |id| render(state, id))
        }
        ("GET", ["organizations", id, "users"]) => {
            let organization = id.parse().ok();
            let ids: Vec<u64> = state
                .rows("organization_memberships")
                .values()
                .filter(|row| super::call::id(row, "organization_id") == organization)
                .filter_map(|row| super::call::id(row, "user_id"))
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect();
            page(&base, call, "users", &ids, |id| json!(state.users.get(id)))
        }
        ("GET", ["users", id, "organization_memberships"]) => {
            let user = id.parse().ok();
            let rows = state.rows("organization_memberships");
            let ids: Vec<u64> = rows
                .iter()
                .filter(|(_, row)| super::call::id(row, "user_id") == user)
                .map(|(id, _)| *id)
                .collect();
            page(&base, call, "organization_memberships", &ids, |id| {
                json!(rows.get(&id))
            })
        }
        ("GET", ["organizations", id]) => {
            let found = id.parse().map_err(|_| Refusal::not_found());
            found
                .and_then(|id| state.row("organizations", id))
                .and_then(|row| ok(json!({"organization": row})))
        }
        ("POST", ["organizations"]) => call.object("organization").and_then(|input| {
            let id = create(state, &input).map_err(|problems| Refusal::invalid(&problems))?;
            created(json!({"organization": render(state, id)}))
        }),
        ("POST", ["organizations", "create_or_update"]) => {
            call.object("organization").and_then(|input| {
                // The name is no key here: an organization of the same name is a refusal.
                let found = id(&input, "id")
                    .filter(|id| state.rows("organizations").contains_key(id))
                    .or_else(|| {
                        let external = text(&input, "external_id")?.to_lowercase();
                        state
                            .rows("organizations")
                            .iter()
                            .find(|(_, row)| {
                                text(row, "external_id").map(str::to_lowercase).as_deref()
                                    == Some(&external)
                            })
                            .map(|(id, _)| *id)
                    });
                match found {
                    Some(id) => {
                        update(state, id, &input)
                            .map_err(|problems| Refusal::invalid(&problems))?;
                        ok(json!({"organization": render(state, id)}))
                    }
                    None => {
                        let id = create(state, &input)
                            .map_err(|problems| Refusal::invalid(&problems))?;
                        created(json!({"organization": render(state, id)}))
                    }
                }
            })
        }
        ("POST", ["organizations", "create_many"]) => {
            call.objects("organizations").and_then(|rows| {
                jobs::queue(state, rows.into_iter().map(Work::Organization).collect())
            })
        }
        ("PUT", ["organizations", id]) => call.object("organization").and_then(|input| {
            let id = id.parse().map_err(|_| Refusal::not_found())?;
            state.row("organizations", id)?;
            update(state, id, &input).map_err(|problems| Refusal::invalid(&problems))?;
            ok(json!({"organization": render(state, id)}))
        }),
        ("DELETE", ["organizations", "destroy_many"]) => call.ids().and_then(|ids| {
            jobs::queue(
                state,
                ids.into_iter().map(Work::DeleteOrganization).collect(),
            )
        }),
        ("DELETE", ["organizations", id]) => match id.parse().is_ok_and(|id| delete(state, id)) {
            true => Ok(Reply::Empty),
            false => Err(Refusal::not_found()),
        },
        _ => return None,
    })
}

fn check(state: &State, input: &Row, own: Option<u64>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text(input, "name").is_none() && (own.is_none() || input.contains_key("name")) {
        problems.push(problem("name", "cannot be blank"));
    }
    let name = text(input, "name").map(str::to_lowercase);
    let external = text(input, "external_id").map(str::to_lowercase);
    for (id, row) in state.rows("organizations") {
        if Some(*id) == own {
            continue;
        }
        if name.is_some() && text(row, "name").map(str::to_lowercase) == name {
            let given = text(input, "name").unwrap_or_default();
            problems.push(Problem {
                field: "name".to_owned(),
                text: format!("Name: {given} has already been taken"),
                code: Some("DuplicateValue"),
            });
        }
        if external.is_some() && text(row, "external_id").map(str::to_lowercase) == external {
            problems.push(Problem {
                field: "external_id".to_owned(),
                text: "External: External has already been taken".to_owned(),
                code: Some("DuplicateValue"),
            });
        }
    }
    problems
}

/// Creates an organization.
pub(super) fn create(state: &mut State, input: &Row) -> Result<u64, Vec<Problem>> {
    let problems = check(state, input, None);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut new = row(
        json!({"name": "", "external_id": null, "domain_names": [], "details": null, "notes": null,
        "group_id": null, "shared_tickets": false, "shared_comments": false, "tags": [], "organization_fields": {},
        "deleted_at": null}),
    );
    take(&mut new, input, WRITABLE);
    let tags = super::tickets::tidy_tags(new.get("tags").unwrap_or(&Value::Null));
    new.insert("tags".to_owned(), tags);
    Ok(state.insert("organizations", "organizations", new))
}

fn update(state: &mut State, organization: u64, input: &Row) -> Result<(), Vec<Problem>> {
    let problems = check(state, input, Some(organization));
    if !problems.is_empty() {
        return Err(problems);
    }
    let now = state.stamp();
    if let Some(row) = state.rows_mut("organizations").get_mut(&organization) {
        take(row, input, WRITABLE);
        row.insert("updated_at".to_owned(), json!(now));
    }
    Ok(())
}

/// Deletes an organization and its memberships.
pub(super) fn delete(state: &mut State, organization: u64) -> bool {
    let now = state.stamp();
    let removed = state.rows_mut("organizations").remove(&organization);
    let found = removed.is_some();
    if let Some(mut row) = removed {
        // The export goes on to show it.
        row.insert("deleted_at".to_owned(), json!(now));
        row.insert("updated_at".to_owned(), json!(now));
        state
            .rows_mut("deleted_organizations")
            .insert(organization, row);
    }
    state
        .rows_mut("organization_memberships")
        .retain(|_, row| id(row, "organization_id") != Some(organization));
    found
}

/// Makes a user a member.
pub(super) fn join(state: &mut State, user: u64, organization: u64) {
    state.insert(
        "organization_memberships",
        "organization_memberships",
        row(json!({"user_id": user, "organization_id": organization, "default": true, "view_tickets": true})),
    );
}

/// Ends all memberships: what setting `organization_id` does.
pub(super) fn leave_all(state: &mut State, user: u64) {
    state
        .rows_mut("organization_memberships")
        .retain(|_, row| id(row, "user_id") != Some(user));
}
