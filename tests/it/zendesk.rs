//! Zendesk's connector against simulated accounts, by the real program.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::json;

use super::desks::{Desk, Project, quiet, quiet_zendesk};

/// Tickets of the fixture that have something to move: two are deleted.
pub const TICKETS: usize = 60;

/// Requests so far that change something.
fn writes(desk: &Desk) -> BTreeMap<String, u64> {
    let stats = desk.stats();
    let routes = stats["routes"].as_object().unwrap();
    routes
        .iter()
        .filter(|(name, _)| !name.starts_with("GET ") && !name.contains("/oauth/"))
        .map(|(name, count)| (name.clone(), count.as_u64().unwrap()))
        .collect()
}

#[track_caller]
fn assert_nobody_was_harmed(desk: &Desk) {
    let stats = desk.stats();
    assert_eq!(stats["mails"]["total"], 0, "{}", stats["mails"]);
    assert_eq!(stats["violations"], json!({}));
}

/// All tickets, archived ones too. The export keeps its newest minute back.
pub fn export(desk: &Desk) -> serde_json::Value {
    desk.advance(120);
    let page = desk.get("/api/v2/incremental/tickets/cursor?start_time=0&support_type_scope=all");
    assert_eq!(page["end_of_stream"], true);
    page
}

#[track_caller]
pub fn assert_each_ticket_once(desk: &Desk, tickets: usize) {
    let page = export(desk);
    let marks: Vec<&str> = page["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ticket| ticket["external_id"].as_str().unwrap())
        .collect();
    let different: BTreeSet<&&str> = marks.iter().collect();
    assert_eq!(marks.len(), tickets, "tickets on the target");
    assert_eq!(different.len(), tickets, "tickets of different marks");
}

#[test]
fn a_whole_desk_arrives_once_and_as_it_was() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let owner = writes(&target);
    let project = Project::between(&source, &target);

    // What is wrong with this desk are four files that are gone.
    project.expect(0, &["check"]);
    project.expect(3, &["pull"]);
    let (planned, _) = project.expect(0, &["preview"]);
    assert!(planned.contains("conversation.metrics"), "{planned}");
    project.same(3, &["migrate"]);
    let (told, _) = project.expect(0, &["verify", "--json"]);
    let last: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let matched = |kind: &str| {
        let mut tallies = last["tallies"].as_array().unwrap().iter();
        tallies.find(|tally| tally["kind"] == kind).unwrap()["matched"].clone()
    };
    assert_eq!(matched("conversation"), TICKETS);
    assert_eq!(matched("category"), 10);
    assert_each_ticket_once(&target, TICKETS);

    // The incidents of the fixture still know their problem.
    let incidents = export(&target)["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|ticket| !ticket["problem_id"].is_null())
        .count();
    assert_eq!(incidents, 2);

    // Reading and writing in bulk, not ticket by ticket.
    assert!(source.calls("GET /api/v2/incremental/ticket_events") <= 4);
    let read = source.calls("GET /api/v2/tickets/{id}/comments");
    assert!(read <= 5, "{read}");
    assert!(target.calls("POST /api/v2/imports/tickets/create_many") <= 2);
    assert_eq!(target.calls("POST /api/v2/tickets"), 0);
    assert_eq!(target.calls("PUT /api/v2/tickets"), 0);

    // Nothing is new: nothing is written.
    let before = writes(&target);
    assert_ne!(before, owner);
    project.expect(3, &["migrate"]);
    assert_eq!(writes(&target), before);
    assert!(writes(&source).is_empty());
    assert_nobody_was_harmed(&source);
    assert_nobody_was_harmed(&target);
}

#[test]
fn an_answer_that_was_lost_after_an_import_doubles_nothing() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let lost = Faults {
        planned: vec![Planned {
            on: "POST /api/v2/imports".into(),
            fault: Fault::ResetAfterWrite,
            after: 0,
            times: 1,
        }],
        ..Faults::default()
    };
    // Without batches of users, as an account is by default.
    let target = quiet_zendesk(&[], lost);
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate"]);
    assert_eq!(target.stats()["outcomes"]["reset_after_write"], 1);
    assert_each_ticket_once(&target, TICKETS);
    project.expect(0, &["verify"]);
    assert!(target.calls("POST /api/v2/users/create_or_update") > 30);
    assert_nobody_was_harmed(&target);
}

#[test]
fn a_run_killed_while_a_job_runs_goes_on_where_it_was() {
    // Slow enough that the job still runs when its first question is seen.
    let slow = 20.0;
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet(Desk::paced(
        "zendesk",
        Some("zendesk-target"),
        &["users_bulk"],
        Faults::default(),
        slow,
    ));
    let project = Project::between(&source, &target);
    project.expect(3, &["pull"]);
    let mut run = project
        .command(&["push"])
        .env("DESKFERRY_TEST_SPEED", slow.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let mut wait_for = |done: &dyn Fn() -> bool| {
        while !done() {
            assert!(run.try_wait().unwrap().is_none(), "it ended too soon");
            assert!(begun.elapsed() < Duration::from_secs(120), "it hangs");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    wait_for(&|| target.calls("POST /api/v2/imports/tickets/create_many") > 0);
    let asked = target.calls("GET /api/v2/job_statuses");
    wait_for(&|| target.calls("GET /api/v2/job_statuses") > asked);
    run.kill().unwrap();
    run.wait().unwrap();

    let output = project
        .command(&["migrate"])
        .env("DESKFERRY_TEST_SPEED", slow.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("without a receipt"), "{told}");
    assert_each_ticket_once(&target, TICKETS);
    assert_nobody_was_harmed(&target);
}

#[test]
fn a_freshdesk_account_arrives() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(0, &["migrate"]);
    let before = writes(&target);
    project.expect(0, &["migrate"]);
    assert_eq!(writes(&target), before);
    assert_each_ticket_once(&target, 22);
    assert_nobody_was_harmed(&target);
}
