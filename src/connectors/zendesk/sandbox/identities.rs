//! The addresses and numbers by which a user is known.

use serde_json::json;

use super::call::{Answer, Call, Refusal, Reply, Row, created, flag, ok, problem, row, text};
use super::paging::page;
use super::state::State;
use super::users::taken;

/// Adds an identity to a user.
pub(super) fn identity(
    state: &mut State,
    user: u64,
    kind: &str,
    value: &str,
    primary: bool,
    verified: bool,
) -> u64 {
    let identity = state.next_id();
    let now = state.stamp();
    let new = row(json!({
        "id": identity, "url": format!("{}/api/v2/users/{user}/identities/{identity}.json", state.base), "user_id": user,
        "type": kind, "value": value, "verified": verified, "primary": primary, "created_at": now, "updated_at": now,
        "undeliverable_count": 0, "deliverable_state": "deliverable"}));
    state.users.put_identity(identity, new);
    identity
}

/// Everything under `/users/{id}/identities`.
pub(super) fn identities(
    state: &mut State,
    call: &Call,
    method: &str,
    user: u64,
    rest: &[&str],
) -> Answer {
    let base = state.base.clone();
    let ids = state.users.identities(user);
    let one = |id: &str| {
        let id = id.parse::<u64>().ok().filter(|id| ids.contains(id));
        id.ok_or_else(Refusal::not_found)
    };
    match (method, rest) {
        ("GET", []) => {
            let known = &state.users.identities;
            let email = state.users.get(user).and_then(|row| text(row, "email"));
            if ids.is_empty()
                && let Some(email) = email
            {
                // A seeded user without identities still has the one that is its address.
                let made = json!({"id": user, "user_id": user, "type": "email", "value": email, "verified": true, "primary": true,
                    "url": format!("{base}/api/v2/users/{user}/identities/{user}.json")});
                return page(&base, call, "identities", &[user], |_| made.clone());
            }
            page(&base, call, "identities", &ids, |id| json!(known.get(&id)))
        }
        ("GET", [id]) => {
            let id = one(id)?;
            ok(json!({"identity": state.users.identities.get(&id)}))
        }
        ("POST", []) => {
            let input = call.object("identity")?;
            let (Some(kind), Some(value)) = (text(&input, "type"), text(&input, "value")) else {
                return Err(Refusal::invalid(&[problem("value", "cannot be blank")]));
            };
            let silent = flag(&input, "skip_verify_email") == Some(true)
                || flag(&input, "verified") == Some(true);
            if kind == "email" {
                if state.users.by_email(value).is_some() {
                    return Err(Refusal::invalid(&[taken(value)]));
                }
                if !silent {
                    state
                        .frame
                        .stats
                        .would_mail(value, "verification of a new address");
                }
            }
            let id = identity(state, user, kind, value, false, silent);
            created(json!({"identity": state.users.identities.get(&id)}))
        }
        ("PUT", [id, "make_primary"]) => {
            let primary = one(id)?;
            let mut email = None;
            for id in &ids {
                if let Some(row) = state.users.identities.get_mut(id) {
                    row.insert("primary".to_owned(), json!(*id == primary));
                    if *id == primary && text(row, "type") == Some("email") {
                        email = row.get("value").cloned();
                    }
                }
            }
            if let (Some(email), Some(mut row)) = (email, state.users.get(user).cloned()) {
                row.insert("email".to_owned(), email);
                row.insert("updated_at".to_owned(), json!(state.stamp()));
                state.users.put(user, row);
            }
            let all: Vec<&Row> = ids
                .iter()
                .filter_map(|id| state.users.identities.get(id))
                .collect();
            ok(json!({"identities": all}))
        }
        ("DELETE", [id]) => {
            let id = one(id)?;
            if let Some(row) = state.users.identities.remove(&id)
                && let Some(value) = text(&row, "value")
            {
                state.users.emails.remove(&value.to_lowercase());
            }
            if let Some(list) = state.users.of_user.get_mut(&user) {
                list.retain(|other| *other != id);
            }
            Ok(Reply::Empty)
        }
        _ => Err(Refusal::not_found()),
    }
}
