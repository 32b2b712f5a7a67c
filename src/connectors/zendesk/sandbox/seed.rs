//! A desk to start from.

use std::path::Path;

use serde_json::{Value, json};

use super::call::{Row, id, text};
use super::state::{State, seconds};
use super::tickets::Ticket;
use super::uploads::{Blob, Bytes};
use crate::connector::{Error, Result};
use crate::sandbox::seed::{read, read_one};

/// Collections that are kept as they come.
const PLAIN: &[&str] = &[
    "organizations",
    "groups",
    "group_memberships",
    "organization_memberships",
    "brands",
    "ticket_fields",
    "user_fields",
    "organization_fields",
    "ticket_forms",
    "custom_statuses",
    "macros",
    "satisfaction_ratings",
    "suspended_tickets",
    "categories",
    "sections",
    "articles",
    "translations",
    "user_segments",
    "permission_groups",
    "triggers",
    "automations",
];

/// Requests a minute by plan.
const PLANS: &[(&str, u32)] = &[
    ("essential", 10),
    ("team", 200),
    ("growth", 400),
    ("professional", 400),
    ("enterprise", 700),
    ("enterprise_plus", 2500),
];

/// What `desk.json` says.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Account {
    subdomain: Option<String>,
    plan: Option<String>,
    locales: Vec<String>,
    settings: Value,
    now: Option<String>,
    /// The user that the credentials stand for.
    me: Option<u64>,
}

/// Requests a minute on a plan: `team`, `suite_team`, `enterprise_plus`; enterprise when not said.
pub(super) fn per_minute(plan: Option<&str>, volume: bool) -> Result<u32> {
    let name = plan
        .unwrap_or("enterprise")
        .replace([' ', '-'], "_")
        .to_lowercase();
    let name = name
        .trim_start_matches("suite_")
        .trim_start_matches("support_");
    let found = PLANS.iter().find(|(plan, _)| *plan == name);
    let (_, limit) = found.ok_or_else(|| {
        let known: Vec<&str> = PLANS.iter().map(|(plan, _)| *plan).collect();
        Error::config(format!("the platform has no plan {name}"))
            .hint(format!("plans are {}", known.join(", ")))
    })?;
    Ok(if volume { 2500 } else { *limit })
}

/// Reads `desk.json`.
pub(super) fn account(folder: Option<&Path>, base: &str) -> Result<Account> {
    match folder {
        Some(folder) => Ok(read_one(folder, "desk", base)?.unwrap_or_default()),
        None => Ok(Account::default()),
    }
}

impl Account {
    pub(super) fn plan(&self) -> Option<&str> {
        self.plan.as_deref()
    }
}

/// Fills the desk from a folder, and with what every desk has.
pub(super) fn fill(state: &mut State, folder: Option<&Path>, account: Account) -> Result<()> {
    if let Some(now) = &account.now {
        let at = seconds(Some(&json!(now))).ok_or_else(|| {
            Error::config(format!("the seed's desk.json has no time in now: {now}"))
        })?;
        let ahead = at - state.now();
        state.frame.clock.advance(ahead.max(0));
    }
    if let Some(subdomain) = account.subdomain {
        state.subdomain = subdomain;
    }
    if !account.locales.is_empty() {
        state.locales = account
            .locales
            .iter()
            .map(|locale| locale.to_lowercase())
            .collect();
    }
    state.settings = json!({
        "limits": {"attachment_size": 52_428_800},
        "tickets": {"private_attachments": true},
    });
    merge(&mut state.settings, account.settings);
    if let Some(folder) = folder {
        collections(state, folder)?;
    }
    if let Some(me) = account.me {
        if !state.users.is_staff(me) {
            return Err(Error::config(format!(
                "the seed's desk.json names {me} as me, who is no agent"
            )));
        }
        state.owner = me;
    }
    super::defaults::complete(state);
    Ok(())
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (into, from) => *into = from,
    }
}

fn collections(state: &mut State, folder: &Path) -> Result<()> {
    let base = state.base.clone();
    let load = |name: &str| -> Result<Vec<Row>> { read(folder, name, &base) };
    for name in PLAIN {
        for mut row in load(name)? {
            let id = number(state, name, &row)?;
            row.insert("id".to_owned(), json!(id));
            state.rows_mut(name).insert(id, row);
        }
    }
    for mut user in load("users")? {
        let id = number(state, "users", &user)?;
        user.insert("id".to_owned(), json!(id));
        if let Some(Value::Object(photo)) = user.get_mut("photo") {
            attach(state, folder, photo, false)?;
        }
        state.users.put(id, user);
    }
    for mut identity in load("identities")? {
        let id = number(state, "identities", &identity)?;
        identity.insert("id".to_owned(), json!(id));
        state.users.put_identity(id, identity);
    }
    for mut ticket in load("tickets")? {
        let id = number(state, "tickets", &ticket)?;
        ticket.insert("id".to_owned(), json!(id));
        let generated = super::call::id(&ticket, "generated_timestamp")
            .and_then(|at| i64::try_from(at).ok())
            .or_else(|| seconds(ticket.get("updated_at")))
            .or_else(|| seconds(ticket.get("created_at")))
            .unwrap_or(0);
        ticket.remove("generated_timestamp");
        if let Some(external) = text(&ticket, "external_id") {
            state
                .by_external
                .entry(external.to_owned())
                .or_default()
                .push(id);
        }
        let deleted = text(&ticket, "status") == Some("deleted");
        state.tickets.insert(
            id,
            Ticket {
                row: ticket,
                comments: Vec::new(),
                generated,
                deleted,
                archived: false,
                metrics: None,
            },
        );
    }
    let mut comments = load("comments")?;
    for (line, comment) in comments.iter_mut().enumerate() {
        number(state, "comments", comment)?;
        let ticket = id(comment, "ticket_id");
        if !ticket.is_some_and(|ticket| state.tickets.contains_key(&ticket)) {
            return Err(Error::config(format!(
                "the seed's comments.jsonl names a ticket that is not there in its row {}",
                line + 1
            )));
        }
        if let Some(Value::Array(attachments)) = comment.get_mut("attachments") {
            for attachment in attachments.iter_mut().filter_map(Value::as_object_mut) {
                let private = state.private_attachments();
                attach(state, folder, attachment, private)?;
            }
        }
    }
    comments.sort_by_key(|comment| (seconds(comment.get("created_at")), id(comment, "id")));
    for mut comment in comments {
        let Some(ticket) = id(&comment, "ticket_id") else {
            continue;
        };
        comment.remove("ticket_id");
        super::events::seeded(state, ticket, comment);
    }
    super::events::seeded_changes(state);
    for thread in load("side_conversations")? {
        super::side::seeded(state, thread);
    }
    for audit in load("audits")? {
        super::events::seeded_audit(state, audit)?;
    }
    state.surveys = load("survey_responses")?;
    for entry in load("conversation_log")? {
        super::side::logged(state, entry)?;
    }
    for metrics in load("ticket_metrics")? {
        let ticket = id(&metrics, "ticket_id").and_then(|id| state.tickets.get_mut(&id));
        let Some(ticket) = ticket else {
            return Err(Error::config(
                "the seed's ticket_metrics.jsonl names a ticket that is not there",
            ));
        };
        ticket.metrics = Some(Value::Object(metrics));
    }
    for mut attachment in load("article_attachments")? {
        let id = number(state, "article_attachments", &attachment)?;
        attachment.insert("id".to_owned(), json!(id));
        attach(state, folder, &mut attachment, false)?;
        state.rows_mut("article_attachments").insert(id, attachment);
    }
    Ok(())
}

fn number(state: &mut State, collection: &str, row: &Row) -> Result<u64> {
    let id = id(row, "id");
    match id {
        Some(id) => {
            state.used(id);
            Ok(id)
        }
        None if collection == "translations" => Ok(state.next_id()),
        None => Err(Error::config(format!(
            "the seed's {collection}.jsonl has a row without an id"
        ))),
    }
}

/// Gives an attachment its bytes and its address.
fn attach(state: &mut State, folder: &Path, attachment: &mut Row, private: bool) -> Result<()> {
    let Some(id) = id(attachment, "id") else {
        return Err(Error::config("the seed has an attachment without an id"));
    };
    state.used(id);
    let name = text(attachment, "file_name").unwrap_or("file").to_owned();
    let bytes = match (
        text(attachment, "file"),
        super::call::id(attachment, "generate"),
    ) {
        // Read once, so that a missing file shows at the start.
        (Some(file), _) => Some(Bytes::Kept(
            crate::sandbox::seed::file(folder, file)?.into(),
        )),
        (None, Some(size)) => Some(Bytes::Generated(
            name.clone(),
            usize::try_from(size).unwrap_or(0),
        )),
        // The platform lost the file: its address answers 404.
        (None, None) => None,
    };
    attachment.remove("file");
    attachment.remove("generate");
    if let Some(bytes) = &bytes
        && !attachment.contains_key("size")
    {
        attachment.insert("size".to_owned(), json!(bytes.len()));
    }
    if text(attachment, "content_url").is_none() {
        let token = state.secret("attachment");
        attachment.insert(
            "content_url".to_owned(),
            json!(format!(
                "{}/attachments/token/{token}/?name={name}",
                state.base
            )),
        );
    }
    if let Some(bytes) = bytes {
        let blob = Blob {
            name,
            content_type: text(attachment, "content_type")
                .unwrap_or("application/octet-stream")
                .to_owned(),
            bytes,
            private,
        };
        let url = text(attachment, "content_url")
            .unwrap_or_default()
            .to_owned();
        state.keep_blob(id, &url, blob);
    }
    if let Some(Value::Array(thumbnails)) = attachment.get_mut("thumbnails") {
        for thumbnail in thumbnails.iter_mut().filter_map(Value::as_object_mut) {
            attach(state, folder, thumbnail, private)?;
        }
    }
    Ok(())
}
