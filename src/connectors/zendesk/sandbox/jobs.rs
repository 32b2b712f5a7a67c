//! Background jobs: queued, worked off over sandbox time, kept for a day.

use serde_json::{Value, json};

use super::call::{Answer, Call, Problem, Refusal, Row, ok, sentences};
use super::imports::{How, make};
use super::state::State;
use super::{lists, orgs, tickets, users};

/// Jobs that may wait or run at the same time.
const AT_ONCE: usize = 30;
/// Milliseconds before a job starts, and for each of its rows.
const WAIT: i64 = 1000;
const A_ROW: i64 = 20;
/// Milliseconds that a job's outcome is kept.
const KEPT: i64 = 24 * 3600 * 1000;

/// What a job does with one row.
pub(super) enum Work {
    Ticket { ticket: Row, how: How },
    Organization(Row),
    User { user: Row, upsert: bool },
    Member { list: &'static str, row: Row },
    DeleteTicket(u64),
    DestroyTicket(u64),
    DeleteUser(u64),
    DeleteOrganization(u64),
}

/// A job and how far it is.
pub(super) struct Job {
    word: String,
    begun_ms: i64,
    ended_ms: Option<i64>,
    total: usize,
    rows: std::collections::VecDeque<Work>,
    results: Vec<Value>,
    failed: usize,
}

/// Puts a job into the queue.
pub(super) fn queue(state: &mut State, rows: Vec<Work>) -> Answer {
    let busy = state
        .jobs
        .values()
        .filter(|job| job.ended_ms.is_none())
        .count();
    if busy >= AT_ONCE {
        return Err(Refusal::json(
            429,
            json!({"error": "TooManyJobs", "description": "Too many jobs are queued or running; try again when some have completed"}),
        )
        .header("retry-after", "5"));
    }
    let id = state.next_id();
    let job = Job {
        word: state.secret("job"),
        begun_ms: state.now_ms(),
        ended_ms: None,
        total: rows.len(),
        rows: rows.into(),
        results: Vec::new(),
        failed: 0,
    };
    let shown = show(state, &job);
    state.jobs.insert(id, job);
    ok(json!({"job_status": shown}))
}

fn show(state: &State, job: &Job) -> Value {
    let started = state.now_ms() >= job.begun_ms + WAIT;
    let (status, message) = match job.ended_ms {
        Some(ended) => {
            let at = super::state::stamp(ended.div_euclid(1000))
                .replace('T', " ")
                .replace('Z', " +0000");
            // Only a job in which nothing went well has failed.
            if job.total > 0 && job.failed == job.total {
                ("failed", Some(format!("Failed at {at}")))
            } else {
                ("completed", Some(format!("Completed at {at}")))
            }
        }
        None if started => ("working", None),
        None => ("queued", None),
    };
    json!({
        "id": job.word, "url": format!("{}/api/v2/job_statuses/{}.json", state.base, job.word), "job_type": "Bulk job",
        "total": job.total, "progress": job.results.len(), "status": status, "message": message,
        "results": job.ended_ms.map(|_| &job.results)})
}

/// Does what is due by now.
pub(super) fn work(state: &mut State) {
    let now = state.now_ms();
    let due: Vec<u64> = state
        .jobs
        .iter()
        .filter(|(_, job)| job.ended_ms.is_none() && now >= job.begun_ms + WAIT)
        .map(|(id, _)| *id)
        .collect();
    for id in due {
        let Some(mut job) = state.jobs.remove(&id) else {
            continue;
        };
        let done_by_now = usize::try_from((now - job.begun_ms - WAIT) / A_ROW).unwrap_or(0);
        while job.results.len() < done_by_now {
            let Some(row) = job.rows.pop_front() else {
                break;
            };
            let index = job.results.len();
            let result = carry_out(state, index, row);
            job.failed += usize::from(result.get("error").is_some());
            job.results.push(result);
        }
        if job.rows.is_empty() {
            job.ended_ms =
                Some(job.begun_ms + WAIT + A_ROW * i64::try_from(job.total).unwrap_or(0));
        }
        state.jobs.insert(id, job);
    }
    state
        .jobs
        .retain(|_, job| job.ended_ms.is_none_or(|ended| ended + KEPT > now));
}

fn carry_out(state: &mut State, index: usize, work: Work) -> Value {
    let refused = |error: &str, problems: &[Problem]| json!({"index": index, "error": error, "status": "Failed", "success": false, "details": sentences(problems)});
    let deleted = |id: u64| json!({"index": index, "id": id, "action": "delete", "status": "Deleted", "success": true});
    match work {
        Work::Ticket { ticket, how } => match make(state, &ticket, how) {
            Ok(id) => {
                json!({"index": index, "id": id, "account_id": 1, "action": "create", "status": "Created", "success": true})
            }
            // The shape of a refused row of an import has nothing but these three.
            Err(problems) => {
                json!({"index": index, "error": "TicketCreateFailed", "details": sentences(&problems)})
            }
        },
        Work::Organization(row) => match orgs::create(state, &row) {
            Ok(id) => json!({"id": id, "status": "Created"}),
            Err(problems) => refused("OrganizationCreateError", &problems),
        },
        Work::User { user, upsert } => {
            let done = if upsert {
                users::upsert(state, &user)
            } else {
                users::create(state, &user).map(|id| (id, true))
            };
            match done {
                Ok((id, new)) => {
                    json!({"id": id, "status": if new { "Created" } else { "Updated" },
                    "email": user.get("email"), "external_id": user.get("external_id")})
                }
                Err(problems) => refused("UserCreateError", &problems),
            }
        }
        Work::Member { list, row } => match lists::member(state, list, &row) {
            Ok(id) => json!({"index": index, "id": id, "status": "Created"}),
            Err(problems) => refused("RecordInvalid", &problems),
        },
        Work::DeleteTicket(id) => match tickets::delete(state, id) {
            true => deleted(id),
            false => {
                json!({"index": index, "id": id, "error": "TicketDeleteFailed", "details": "Ticket not found"})
            }
        },
        Work::DestroyTicket(id) => match tickets::destroy(state, id) {
            true => deleted(id),
            false => {
                json!({"index": index, "id": id, "error": "TicketDeleteFailed", "details": "Ticket not found"})
            }
        },
        Work::DeleteUser(id) => match users::delete(state, id) {
            Ok(()) => deleted(id),
            Err(problems) => refused("UserDeleteError", &problems),
        },
        Work::DeleteOrganization(id) => match orgs::delete(state, id) {
            true => deleted(id),
            false => {
                json!({"index": index, "id": id, "error": "OrganizationDeleteError", "details": "Organization not found"})
            }
        },
    }
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    if call.method != "GET" {
        return None;
    }
    Some(match call.segments().as_slice() {
        ["job_statuses"] => {
            let jobs: Vec<Value> = state
                .jobs
                .values()
                .rev()
                .take(100)
                .map(|job| show(state, job))
                .collect();
            ok(
                json!({"count": jobs.len(), "job_statuses": jobs, "next_page": null, "previous_page": null}),
            )
        }
        ["job_statuses", "show_many"] => {
            let words = call.many("ids");
            let jobs: Vec<Value> = state
                .jobs
                .values()
                .filter(|job| words.contains(&job.word))
                .map(|job| show(state, job))
                .collect();
            ok(
                json!({"count": jobs.len(), "job_statuses": jobs, "next_page": null, "previous_page": null}),
            )
        }
        ["job_statuses", word] => match state.jobs.values().find(|job| job.word == *word) {
            Some(job) => ok(json!({"job_status": show(state, job)})),
            None => Err(Refusal::not_found()),
        },
        _ => return None,
    })
}
