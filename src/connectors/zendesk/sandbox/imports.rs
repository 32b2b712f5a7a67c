//! Making tickets: through imports, which keep dates and mail nobody, and the ordinary way.

use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, flag, id, id_list, problem, row, take,
    text,
};
use super::events;
use super::fields::{check_values, value_tags};
use super::jobs::{self, Work};
use super::state::{State, seconds, stamp};
use super::tickets::{self, Ticket, shown, tidy_tags};

/// Comments that a ticket can hold.
pub(super) const MOST_COMMENTS: usize = 5000;
/// Milliseconds that an `Idempotency-Key` is remembered.
const REMEMBERED: i64 = 2 * 3600 * 1000;

/// Which way a ticket comes in.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Keeps dates, takes several comments, runs no triggers.
    pub(super) import: bool,
    /// Closed tickets go straight to the archive.
    pub(super) archive: bool,
    /// Who asks.
    pub(super) caller: u64,
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let archive = call.param("archive_immediately") == Some("true");
    let import = call.path.first().is_some_and(|first| first == "imports");
    let how = How {
        import,
        archive: archive && import,
        caller: call.user,
    };
    Some(match (call.method.as_str(), call.segments().as_slice()) {
        ("POST", ["imports", "tickets"]) => call.admin_only().and_then(|()| one(state, call, how)),
        ("POST", ["imports", "tickets", "create_many"]) => {
            call.admin_only().and_then(|()| many(state, call, how))
        }
        ("POST", ["tickets"]) => idempotent(state, call, how),
        ("POST", ["tickets", "create_many"]) => many(state, call, how),
        _ => return None,
    })
}

fn one(state: &mut State, call: &Call, how: How) -> Answer {
    let ticket = call.object("ticket")?;
    let id = make(state, &ticket, how).map_err(|problems| Refusal::invalid(&problems))?;
    created(json!({"ticket": shown(state, id)}))
}

fn many(state: &mut State, call: &Call, how: How) -> Answer {
    let tickets = call.objects("tickets")?;
    jobs::queue(
        state,
        tickets
            .into_iter()
            .map(|ticket| Work::Ticket { ticket, how })
            .collect(),
    )
}

/// `POST /tickets` with an `Idempotency-Key` answers the same twice.
fn idempotent(state: &mut State, call: &Call, how: How) -> Answer {
    let Some(key) = call.idempotency_key.clone() else {
        return one(state, call, how);
    };
    let hash = blake3::hash(&call.body);
    let now = state.now_ms();
    if let Some((before, id, until)) = state
        .idempotent
        .get(&key)
        .copied()
        .filter(|(_, _, until)| *until > now)
    {
        let _ = until;
        if before != hash {
            return Err(Refusal::json(
                400,
                json!({"error": "IdempotentRequestError", "description": "This key was used with other parameters"}),
            ));
        }
        let body = json!({"ticket": shown(state, id)});
        return Ok(Reply::Marked(201, body, ("x-idempotency-lookup", "hit")));
    }
    let ticket = call.object("ticket")?;
    let id = make(state, &ticket, how).map_err(|problems| Refusal::invalid(&problems))?;
    state.idempotent.insert(key, (hash, id, now + REMEMBERED));
    let body = json!({"ticket": shown(state, id)});
    Ok(Reply::Marked(201, body, ("x-idempotency-lookup", "miss")))
}

/// Checks a ticket and makes it.
pub(super) fn make(state: &mut State, input: &Row, how: How) -> Result<u64, Vec<Problem>> {
    let mut problems = Vec::new();
    let requester = requester(state, input, how, &mut problems);
    let submitter = id(input, "submitter_id").unwrap_or(how.caller);
    if !state.users.usable(submitter) {
        problems.push(problem("submitter", "is invalid"));
    }
    people(state, input, &mut problems);
    values(state, input, how, &mut problems);
    let comments = comments(state, input, how, submitter, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let requester = match requester {
        Some(Requester::Known(id)) => id,
        Some(Requester::New(user)) => super::users::create(state, &user)?,
        None => return Err(vec![problem("requester", "is not valid")]),
    };
    Ok(store(state, input, how, requester, submitter, comments))
}

enum Requester {
    Known(u64),
    New(Row),
}

fn requester(
    state: &State,
    input: &Row,
    how: How,
    problems: &mut Vec<Problem>,
) -> Option<Requester> {
    let known = |id: u64, problems: &mut Vec<Problem>| {
        if !state.users.usable(id) {
            problems.push(problem("requester", "is not valid"));
        } else if state.users.suspended(id) {
            problems.push(problem("requester", "is suspended"));
        }
        Some(Requester::Known(id))
    };
    if input
        .get("requester_id")
        .is_some_and(|value| !value.is_null())
    {
        return known(id(input, "requester_id").unwrap_or(0), problems);
    }
    if let Some(Value::Object(person)) = input.get("requester") {
        if let Some(found) = text(person, "email").and_then(|email| state.users.by_email(email)) {
            return known(found, problems);
        }
        if text(person, "name").is_none() {
            problems.push(Problem {
                field: "requester".to_owned(),
                text: "Requester Name: is too short (minimum one character)".to_owned(),
                code: Some("ValueTooShort"),
            });
            return None;
        }
        let mut user = person.clone();
        // A requester that comes with an import is not mailed.
        if how.import {
            user.insert("skip_verify_email".to_owned(), json!(true));
        }
        return Some(Requester::New(user));
    }
    if how.import {
        problems.push(problem("requester", "is not valid"));
        return None;
    }
    Some(Requester::Known(how.caller))
}

fn people(state: &State, input: &Row, problems: &mut Vec<Problem>) {
    let assignee = id(input, "assignee_id");
    let group = id(input, "group_id");
    if let Some(assignee) = assignee
        && (!state.users.is_staff(assignee) || state.users.suspended(assignee))
    {
        problems.push(problem("assignee", "is not valid"));
    }
    if let Some(group) = group {
        if !state.rows("groups").contains_key(&group) {
            problems.push(problem("group", "is invalid"));
        } else if let Some(assignee) = assignee
            && !tickets::member(state, assignee, group)
        {
            problems.push(problem("assignee", "is not a member of the group"));
        }
    }
    if text(input, "status") == Some("closed") && assignee.is_none() {
        problems.push(problem("assignee", "cannot be blank"));
    }
    for (key, list) in [("organization_id", "organizations"), ("brand_id", "brands")] {
        if let Some(other) = id(input, key)
            && !state.rows(list).contains_key(&other)
        {
            problems.push(problem(key.trim_end_matches("_id"), "is invalid"));
        }
    }
    if let Some(other) = id(input, "problem_id")
        && state
            .tickets
            .get(&other)
            .is_none_or(|ticket| text(&ticket.row, "type") != Some("problem"))
    {
        problems.push(problem("problem", "is invalid"));
    }
}

fn values(state: &State, input: &Row, how: How, problems: &mut Vec<Problem>) {
    for (key, allowed) in [
        (
            "status",
            &["new", "open", "pending", "hold", "solved", "closed"][..],
        ),
        ("priority", &["low", "normal", "high", "urgent"]),
        ("type", &["problem", "incident", "question", "task"]),
    ] {
        if let Some(value) = input.get(key).filter(|value| !value.is_null())
            && !value.as_str().is_some_and(|value| allowed.contains(&value))
        {
            problems.push(Problem {
                field: key.to_owned(),
                text: format!("{key} {value} is not included in the list"),
                code: Some("InvalidValue"),
            });
        }
    }
    if how.import {
        for key in ["created_at", "updated_at", "solved_at"] {
            let given = input.get(key).filter(|value| !value.is_null());
            if given.is_some() {
                match seconds(given) {
                    Some(at) if at <= state.now() => {}
                    _ => problems.push(problem(key, "is invalid")),
                }
            }
        }
    }
    if let Some(Value::Array(list)) = input.get("custom_fields") {
        check_values(state, list, problems);
    }
}

/// The comments as they will be stored, without ids and files.
fn comments(
    state: &State,
    input: &Row,
    how: How,
    submitter: u64,
    problems: &mut Vec<Problem>,
) -> Vec<Row> {
    let mut given: Vec<Row> = match input.get("comments") {
        Some(Value::Array(list)) if how.import => {
            list.iter().filter_map(Value::as_object).cloned().collect()
        }
        _ => Vec::new(),
    };
    if given.is_empty() {
        match input.get("comment") {
            Some(Value::Object(comment)) => given.push(comment.clone()),
            Some(Value::String(body)) => given.push(row(json!({"body": body}))),
            _ => {
                if let Some(description) = text(input, "description") {
                    given.push(row(json!({"body": description})));
                }
            }
        }
    }
    if given.is_empty() {
        problems.push(problem("description", "cannot be blank"));
    }
    if given.len() > MOST_COMMENTS {
        problems.push(Problem {
            field: "comments".to_owned(),
            text: format!("Comments: a ticket can hold at most {MOST_COMMENTS} comments"),
            code: Some("TooManyComments"),
        });
        return Vec::new();
    }
    let mut out = Vec::with_capacity(given.len());
    for (index, comment) in given.iter().enumerate() {
        let author =
            id(comment, "author_id").unwrap_or(if index == 0 { submitter } else { how.caller });
        check_comment(state, comment, author, how.import, problems);
        out.push(build(comment, author));
    }
    out
}

/// Whether a comment can be taken.
pub(super) fn check_comment(
    state: &State,
    comment: &Row,
    author: u64,
    import: bool,
    problems: &mut Vec<Problem>,
) {
    if ["html_body", "body", "value"]
        .iter()
        .all(|key| text(comment, key).is_none())
    {
        problems.push(problem("description", "cannot be blank"));
    }
    if !state.users.usable(author) {
        problems.push(problem("author", "is invalid"));
    } else if state.users.suspended(author) {
        problems.push(problem("author", "is suspended"));
    }
    if import && comment.get("created_at").is_some_and(|at| !at.is_null()) {
        match seconds(comment.get("created_at")) {
            Some(at) if (0..=state.now()).contains(&at) => {}
            _ => problems.push(Problem {
                field: "comments".to_owned(),
                text: "Comments created at: must be between 1970 and now".to_owned(),
                code: Some("InvalidValue"),
            }),
        }
    }
    if !state.tokens_good(&uploads(comment)) {
        problems.push(problem("uploads", "is invalid"));
    }
}

fn uploads(comment: &Row) -> Vec<String> {
    match comment.get("uploads") {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(Value::String(token)) => vec![token.clone()],
        _ => Vec::new(),
    }
}

/// A comment row; `uploads` and `created_at` stay for [`finish`].
pub(super) fn build(comment: &Row, author: u64) -> Row {
    let (html, body) = super::comments::bodies(comment);
    let mut out = row(json!({
        "type": "Comment", "author_id": author, "body": body, "html_body": html, "plain_body": body,
        "public": flag(comment, "public").unwrap_or(true), "attachments": [],
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": null}},
        "metadata": {"system": {}, "custom": {}}}));
    out.insert("uploads".to_owned(), json!(uploads(comment)));
    take(&mut out, comment, &["created_at"]);
    out
}

/// Gives a comment its id, its time and its files.
pub(super) fn finish(state: &mut State, comment: &mut Row, at: i64) {
    let tokens = uploads(comment);
    comment.remove("uploads");
    let mut files = state.claim(&tokens);
    let html = text(comment, "html_body").unwrap_or_default().to_owned();
    for file in &mut files {
        if file["content_url"]
            .as_str()
            .is_some_and(|url| html.contains(url))
        {
            file["inline"] = json!(true);
        }
    }
    let id = state.next_id();
    comment.insert("id".to_owned(), json!(id));
    comment.insert("created_at".to_owned(), json!(stamp(at)));
    comment.insert("attachments".to_owned(), json!(files));
}

fn store(
    state: &mut State,
    input: &Row,
    how: How,
    requester: u64,
    submitter: u64,
    mut comments: Vec<Row>,
) -> u64 {
    let ticket = state.next_id();
    let now = state.now();
    let date = |key: &str| {
        seconds(input.get(key))
            .filter(|_| how.import)
            .map(|at| at.max(0))
    };
    let created = date("created_at").unwrap_or(now);
    let mut at = created;
    for comment in &mut comments {
        at = seconds(comment.get("created_at"))
            .filter(|_| how.import)
            .unwrap_or(at);
        finish(state, comment, at);
    }
    let updated = date("updated_at").unwrap_or(if how.import { at.max(created) } else { now });
    let assignee = id(input, "assignee_id");
    let status = match text(input, "status") {
        None | Some("new") if assignee.is_some() => "open",
        None => "new",
        Some(status) => status,
    };
    let first = |key: &str| {
        comments
            .first()
            .and_then(|comment| comment.get(key))
            .cloned()
    };
    let mut tags = tidy_tags(input.get("tags").unwrap_or(&Value::Null));
    let fields = super::fields::stored_values(state, input);
    if let Value::Array(tags) = &mut tags {
        for tag in value_tags(state, &fields) {
            if !tags.contains(&json!(tag)) {
                tags.push(json!(tag));
            }
        }
    }
    let form = id(input, "ticket_form_id")
        .filter(|form| state.rows("ticket_forms").contains_key(form))
        .or_else(|| tickets::default_of(state, "ticket_forms"));
    let brand = id(input, "brand_id").or_else(|| tickets::default_of(state, "brands"));
    let group = id(input, "group_id")
        .or_else(|| assignee.and_then(|agent| tickets::group_of(state, agent)));
    let organization = id(input, "organization_id").or_else(|| {
        state
            .users
            .get(requester)
            .and_then(|user| id(user, "organization_id"))
    });
    let subject = text(input, "subject").map(str::to_owned).or_else(|| {
        first("body").and_then(|body| body.as_str().map(|body| body.chars().take(100).collect()))
    });
    let mut new = row(json!({
        "id": ticket, "url": format!("{}/api/v2/tickets/{ticket}.json", state.base),
        "external_id": input.get("external_id"), "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": null}},
        "created_at": stamp(created), "updated_at": stamp(updated.max(created)), "type": input.get("type"),
        "subject": subject, "raw_subject": subject, "description": first("body"),
        "priority": input.get("priority"), "status": status, "recipient": input.get("recipient"),
        "requester_id": requester, "submitter_id": submitter, "assignee_id": assignee,
        "organization_id": organization, "group_id": group,
        "collaborator_ids": id_list(input, "collaborator_ids"), "follower_ids": id_list(input, "follower_ids"),
        "email_cc_ids": id_list(input, "email_cc_ids"), "forum_topic_id": null, "problem_id": id(input, "problem_id"),
        "has_incidents": false, "is_public": true, "due_at": input.get("due_at"), "tags": tags,
        "custom_fields": fields, "fields": fields, "satisfaction_rating": {"score": "unoffered"},
        "sharing_agreement_ids": [], "custom_status_id": tickets::custom_status(state, input, status),
        "followup_ids": [], "ticket_form_id": form, "brand_id": brand,
        "allow_channelback": false, "allow_attachments": true, "from_messaging_channel": false}));
    if let Some(solved) = date("solved_at") {
        // Not part of a ticket's own page; the metric set shows it.
        new.insert("solved_at".to_owned(), json!(stamp(solved)));
    }
    if let Some(original) = id(input, "via_followup_source_id").filter(|_| !how.import) {
        new.insert(
            "via".to_owned(),
            json!({"channel": "web", "source": {"from": {"ticket_id": original}, "to": {}, "rel": "follow_up"}}),
        );
    }
    if let Some(external) = text(input, "external_id") {
        state
            .by_external
            .entry(external.to_owned())
            .or_default()
            .push(ticket);
    }
    state.born.insert(ticket, state.now_ms());
    let archived = how.archive && status == "closed";
    state.tickets.insert(
        ticket,
        Ticket {
            row: new,
            comments: Vec::new(),
            generated: now,
            deleted: false,
            archived,
            metrics: None,
        },
    );
    for (index, comment) in comments.into_iter().enumerate() {
        events::said(state, ticket, comment, now, index == 0);
    }
    if !how.import {
        events::fire(state, ticket, "Create", true);
    }
    ticket
}
