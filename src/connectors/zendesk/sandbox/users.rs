//! People and their identities.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, flag, id, ok, problem, row, take, text,
};
use super::identities::{identities, identity};
use super::jobs::{self, Work};
use super::paging::page;
use super::state::State;
use crate::connectors::zendesk::zones;

/// What a client may set.
const WRITABLE: &[&str] = &[
    "name",
    "alias",
    "details",
    "notes",
    "external_id",
    "phone",
    "locale",
    "locale_id",
    "time_zone",
    "organization_id",
    "role",
    "custom_role_id",
    "tags",
    "user_fields",
    "verified",
    "suspended",
    "signature",
    "ticket_restriction",
    "moderator",
    "only_private_comments",
    "shared_phone_number",
    "default_group_id",
    "remote_photo_url",
];

/// All users, found by id, address and external id.
#[derive(Debug, Default)]
pub(super) struct Users {
    rows: BTreeMap<u64, Row>,
    pub(super) emails: HashMap<String, u64>,
    externals: HashMap<String, u64>,
    pub(super) identities: BTreeMap<u64, Row>,
    pub(super) of_user: HashMap<u64, Vec<u64>>,
}

impl Users {
    pub(super) fn get(&self, id: u64) -> Option<&Row> {
        self.rows.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub(super) fn by_email(&self, email: &str) -> Option<u64> {
        self.emails.get(&email.trim().to_lowercase()).copied()
    }

    pub(super) fn by_external(&self, external: &str) -> Option<u64> {
        self.externals.get(&external.to_lowercase()).copied()
    }

    /// Adds or replaces a row and keeps the indexes.
    pub(super) fn put(&mut self, user: u64, row: Row) {
        if let Some(before) = self.rows.get(&user)
            && let Some(external) = text(before, "external_id")
        {
            self.externals.remove(&external.to_lowercase());
        }
        if flag(&row, "active") != Some(false) {
            if let Some(email) = text(&row, "email") {
                self.emails.insert(email.to_lowercase(), user);
            }
            if let Some(external) = text(&row, "external_id") {
                self.externals.insert(external.to_lowercase(), user);
            }
        }
        self.rows.insert(user, row);
    }

    pub(super) fn put_identity(&mut self, identity: u64, row: Row) {
        let Some(user) = id(&row, "user_id") else {
            return;
        };
        if text(&row, "type") == Some("email")
            && let Some(email) = text(&row, "value")
        {
            self.emails.entry(email.to_lowercase()).or_insert(user);
        }
        if self.identities.insert(identity, row).is_none() {
            self.of_user.entry(user).or_default().push(identity);
        }
    }

    /// Ids of a user's identities, oldest first.
    pub(super) fn identities(&self, user: u64) -> Vec<u64> {
        let mut ids = self.of_user.get(&user).cloned().unwrap_or_default();
        ids.sort_unstable();
        ids
    }

    pub(super) fn is_staff(&self, user: u64) -> bool {
        self.get(user).is_some_and(|row| {
            matches!(text(row, "role"), Some("agent" | "admin"))
                && flag(row, "active") != Some(false)
        })
    }

    pub(super) fn is_admin(&self, user: u64) -> bool {
        self.get(user)
            .is_some_and(|row| text(row, "role") == Some("admin"))
    }

    pub(super) fn usable(&self, user: u64) -> bool {
        self.get(user)
            .is_some_and(|row| flag(row, "active") != Some(false))
    }

    pub(super) fn suspended(&self, user: u64) -> bool {
        self.get(user)
            .is_some_and(|row| flag(row, "suspended") == Some(true))
    }

    fn ids(&self, keep: impl Fn(&Row) -> bool) -> Vec<u64> {
        self.rows
            .iter()
            .filter(|(_, row)| keep(row))
            .map(|(id, _)| *id)
            .collect()
    }
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let base = state.base.clone();
    let active = |row: &Row| flag(row, "active") != Some(false);
    Some(match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["users"]) => {
            let roles = call.many("role");
            let external = call.param("external_id");
            let ids = state.users.ids(|row| {
                active(row)
                    && (roles.is_empty()
                        || roles
                            .iter()
                            .any(|role| text(row, "role") == Some(role.as_str())))
                    && external.is_none_or(|external| text(row, "external_id") == Some(external))
            });
            page(&base, call, "users", &ids, |id| json!(state.users.get(id)))
        }
        ("GET", ["users", "count"]) => {
            let roles = call.many("role");
            let ids = state.users.ids(|row| {
                active(row)
                    && (roles.is_empty()
                        || roles
                            .iter()
                            .any(|role| text(row, "role") == Some(role.as_str())))
            });
            ok(json!({"count": {"value": ids.len(), "refreshed_at": state.stamp()}}))
        }
        ("GET", ["users", "me"]) => ok(json!({"user": state.users.get(call.user)})),
        ("GET", ["users", "show_many"]) => show_many(state, call),
        ("GET", ["users", id]) => {
            let user = id.parse().ok().and_then(|id| state.users.get(id));
            user.ok_or_else(Refusal::not_found)
                .and_then(|user| ok(json!({"user": user})))
        }
        ("POST", ["users"]) => call.object("user").and_then(|input| {
            let id = create(state, &input).map_err(|problems| Refusal::invalid(&problems))?;
            created(json!({"user": state.users.get(id)}))
        }),
        ("POST", ["users", "create_or_update"]) => call.object("user").and_then(|input| {
            let (id, new) =
                upsert(state, &input).map_err(|problems| Refusal::invalid(&problems))?;
            Ok(Reply::Json(
                if new { 201 } else { 200 },
                json!({"user": state.users.get(id)}),
            ))
        }),
        ("POST", ["users", kind @ ("create_many" | "create_or_update_many")]) => {
            if !state.feature("users_bulk") {
                return Some(Err(Refusal::forbidden()));
            }
            let upsert = *kind == "create_or_update_many";
            call.objects("users").and_then(|users| {
                jobs::queue(
                    state,
                    users
                        .into_iter()
                        .map(|user| Work::User { user, upsert })
                        .collect(),
                )
            })
        }
        ("PUT", ["users", id]) => call.object("user").and_then(|input| {
            let id = id
                .parse()
                .ok()
                .filter(|id| state.users.usable(*id))
                .ok_or_else(Refusal::not_found)?;
            update(state, id, &input).map_err(|problems| Refusal::invalid(&problems))?;
            ok(json!({"user": state.users.get(id)}))
        }),
        ("DELETE", ["users", "destroy_many"]) => destroy_many(state, call),
        ("DELETE", ["users", id]) => {
            let user = id.parse().unwrap_or(0);
            delete(state, user)
                .map_err(|problems| Refusal::invalid(&problems))
                .and_then(|()| ok(json!({"user": state.users.get(user)})))
        }
        ("GET", ["deleted_users"]) => {
            let ids = state.users.ids(|row| !active(row));
            page(&base, call, "deleted_users", &ids, |id| {
                json!(state.users.get(id))
            })
        }
        ("DELETE", ["deleted_users", id]) => {
            let user: u64 = id.parse().unwrap_or(0);
            if state.users.get(user).is_none_or(active) {
                return Some(Err(Refusal::not_found()));
            }
            let row = state.users.rows.remove(&user);
            for identity in state.users.of_user.remove(&user).unwrap_or_default() {
                state.users.identities.remove(&identity);
            }
            state.users.emails.retain(|_, of| *of != user);
            ok(json!({"deleted_user": row}))
        }
        (method, ["users", id, "identities", rest @ ..]) => {
            let user = id.parse().ok().filter(|id| state.users.get(*id).is_some());
            match user {
                Some(user) => identities(state, call, method, user, rest),
                None => Err(Refusal::not_found()),
            }
        }
        _ => return None,
    })
}

fn show_many(state: &State, call: &Call) -> Answer {
    let externals = call.many("external_ids");
    let ids: Vec<u64> = if externals.is_empty() {
        call.ids()?
    } else {
        externals
            .iter()
            .filter_map(|external| state.users.by_external(external))
            .collect()
    };
    let users: Vec<&Row> = ids.iter().filter_map(|id| state.users.get(*id)).collect();
    ok(json!({"count": users.len(), "users": users, "next_page": null, "previous_page": null}))
}

fn destroy_many(state: &mut State, call: &Call) -> Answer {
    let externals = call.many("external_ids");
    let ids = if externals.is_empty() {
        call.ids()?
    } else {
        externals
            .iter()
            .filter_map(|external| state.users.by_external(external))
            .collect()
    };
    jobs::queue(state, ids.into_iter().map(Work::DeleteUser).collect())
}

fn well_formed(email: &str) -> bool {
    let mut parts = email.split('@');
    let (Some(name), Some(host), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    !name.is_empty() && host.contains('.') && !email.chars().any(char::is_whitespace)
}

/// Whether the input's address and external id are free for `own`.
fn check(state: &State, input: &Row, own: Option<u64>, new: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text(input, "name").is_none() && (new || input.contains_key("name")) {
        problems.push(problem("name", "cannot be blank"));
    }
    if let Some(email) = text(input, "email") {
        if !well_formed(email) {
            problems.push(Problem {
                field: "email".to_owned(),
                text: format!("Email: {email} is not properly formatted"),
                code: Some("InvalidFormat"),
            });
        } else if state
            .users
            .by_email(email)
            .is_some_and(|of| Some(of) != own)
        {
            problems.push(taken(email));
        }
    }
    if let Some(external) = text(input, "external_id")
        && state
            .users
            .by_external(external)
            .is_some_and(|of| Some(of) != own)
    {
        problems.push(Problem {
            field: "external_id".to_owned(),
            text: "External: External has already been taken".to_owned(),
            code: Some("DuplicateValue"),
        });
    }
    if let Some(role) = text(input, "role")
        && !matches!(role, "end-user" | "agent" | "admin")
    {
        problems.push(problem("role", "is invalid"));
    }
    if let Some(organization) = id(input, "organization_id")
        && !state.rows("organizations").contains_key(&organization)
    {
        problems.push(problem("organization", "is invalid"));
    }
    problems
}

pub(super) fn taken(email: &str) -> Problem {
    Problem {
        field: "email".to_owned(),
        text: format!("Email: {email} is already being used by another user"),
        code: Some("DuplicateValue"),
    }
}

/// Gives the time zone its other name.
fn name_zone(user: &mut Row) {
    if let Some(known) = text(user, "time_zone").and_then(zones::tz_name) {
        user.insert("iana_time_zone".to_owned(), json!(known));
    }
}

/// Creates a user.
pub(super) fn create(state: &mut State, input: &Row) -> Result<u64, Vec<Problem>> {
    let problems = check(state, input, None, true);
    if !problems.is_empty() {
        return Err(problems);
    }
    let user = state.next_id();
    let now = state.stamp();
    let mut new = row(json!({
        "id": user, "url": format!("{}/api/v2/users/{user}.json", state.base), "name": "", "email": input.get("email"),
        "created_at": now, "updated_at": now, "time_zone": "Eastern Time (US & Canada)", "iana_time_zone": "America/New_York",
        "phone": null, "shared_phone_number": null, "photo": null, "locale_id": 1, "locale": "en-US",
        "organization_id": null, "role": "end-user", "verified": false, "external_id": null, "tags": [],
        "alias": "", "active": true, "shared": false, "shared_agent": false, "last_login_at": null,
        "two_factor_auth_enabled": null, "signature": null, "details": "", "notes": "", "custom_role_id": null,
        "moderator": false, "ticket_restriction": "requested", "only_private_comments": false,
        "restricted_agent": true, "suspended": false, "default_group_id": null, "report_csv": false, "user_fields": {}}));
    take(&mut new, input, WRITABLE);
    name_zone(&mut new);
    lower_tags(&mut new);
    let organization = id(&new, "organization_id");
    state.users.put(user, new);
    state.born.insert(user, state.now_ms());
    let silent = flag(input, "skip_verify_email") == Some(true);
    if let Some(email) = text(input, "email") {
        identity(
            state,
            user,
            "email",
            email,
            true,
            silent || flag(input, "verified") == Some(true),
        );
        if !silent {
            state
                .frame
                .stats
                .would_mail(email, "verification of a new user");
        }
    }
    if let Some(phone) = text(input, "phone") {
        identity(state, user, "phone_number", phone, false, true);
    }
    if let Some(Value::Array(more)) = input.get("identities") {
        for other in more.iter().filter_map(Value::as_object) {
            let (Some(kind), Some(value)) = (text(other, "type"), text(other, "value")) else {
                continue;
            };
            if kind == "email" && state.users.by_email(value).is_some() {
                continue;
            }
            identity(state, user, kind, value, false, silent);
            if kind == "email" && !silent {
                state
                    .frame
                    .stats
                    .would_mail(value, "verification of a new address");
            }
        }
    }
    if let Some(organization) = organization {
        super::orgs::join(state, user, organization);
    }
    Ok(user)
}

/// Creates a user, or updates the one with that address or external id.
pub(super) fn upsert(state: &mut State, input: &Row) -> Result<(u64, bool), Vec<Problem>> {
    let found = text(input, "email")
        .and_then(|email| state.users.by_email(email))
        .or_else(|| {
            text(input, "external_id").and_then(|external| state.users.by_external(external))
        });
    match found {
        Some(user) => update(state, user, input).map(|()| (user, false)),
        None => create(state, input).map(|user| (user, true)),
    }
}

fn update(state: &mut State, user: u64, input: &Row) -> Result<(), Vec<Problem>> {
    let problems = check(state, input, Some(user), false);
    if !problems.is_empty() {
        return Err(problems);
    }
    let Some(mut row) = state.users.get(user).cloned() else {
        return Err(vec![problem("id", "is invalid")]);
    };
    let fields = row.get("user_fields").cloned();
    take(&mut row, input, WRITABLE);
    name_zone(&mut row);
    // Custom fields that the input leaves out stay.
    if let (Some(Value::Object(mut before)), Some(Value::Object(now))) =
        (fields, input.get("user_fields"))
    {
        before.extend(now.clone());
        row.insert("user_fields".to_owned(), Value::Object(before));
    }
    lower_tags(&mut row);
    row.insert("updated_at".to_owned(), json!(state.stamp()));
    let organization = id(input, "organization_id");
    state.users.put(user, row);
    if let Some(email) = text(input, "email")
        && state.users.by_email(email) != Some(user)
    {
        // Another address becomes a second identity; the first stays the primary one.
        let silent = flag(input, "skip_verify_email") == Some(true);
        identity(state, user, "email", email, false, silent);
        if !silent {
            state
                .frame
                .stats
                .would_mail(email, "verification of a new address");
        }
    }
    if let Some(organization) = organization {
        super::orgs::leave_all(state, user);
        super::orgs::join(state, user, organization);
    }
    Ok(())
}

/// Takes a user out of the desk; the row stays, inactive.
pub(super) fn delete(state: &mut State, user: u64) -> Result<(), Vec<Problem>> {
    let Some(mut row) = state
        .users
        .get(user)
        .filter(|_| state.users.usable(user))
        .cloned()
    else {
        return Err(vec![problem("id", "is invalid")]);
    };
    let busy = state.tickets.values().any(|ticket| {
        !ticket.deleted
            && id(&ticket.row, "requester_id") == Some(user)
            && !matches!(text(&ticket.row, "status"), Some("closed" | "solved"))
    });
    if busy {
        return Err(vec![Problem {
            field: "base".to_owned(),
            text: "User is requester on tickets that are not solved".to_owned(),
            code: Some("InvalidValue"),
        }]);
    }
    row.insert("active".to_owned(), json!(false));
    row.insert("updated_at".to_owned(), json!(state.stamp()));
    state.users.emails.retain(|_, of| *of != user);
    state.users.put(user, row);
    Ok(())
}

fn lower_tags(row: &mut Row) {
    if let Some(tags) = row.get("tags") {
        let tags = super::tickets::tidy_tags(tags);
        row.insert("tags".to_owned(), tags);
    }
}
