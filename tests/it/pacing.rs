//! How much of a desk's rate limit is used, as the simulated desk counts it.

use std::fmt::Write as _;

use deskferry::sandbox::Faults;
use serde_json::Value;

use crate::desks::{Desk, Project};

/// How much faster than real time: a limit of 700 a minute is one call every 6 ms.
const SPEED: f64 = 14.0;

/// Calls a minute of the plan in the desk's `desk.json`.
const LIMIT: u64 = 700;

/// Tickets of one comment each; each is two calls: comments and audits.
const TICKETS: usize = 1600;

/// A desk of many small tickets.
fn desk_of_many_calls() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "desk.json",
        r#"{"subdomain": "busy", "plan": "enterprise"}"#,
    );
    write(
        "users.jsonl",
        r#"{"id":7001,"name":"Ida Holm","email":"ida@example.com","role":"end-user","created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z"}"#,
    );
    let (mut tickets, mut comments) = (String::new(), String::new());
    for id in 1..=TICKETS {
        writeln!(
            tickets,
            r#"{{"id":{id},"subject":"Ticket {id}","status":"solved","requester_id":7001,"submitter_id":7001,"created_at":"2024-02-01T00:00:00Z","updated_at":"2024-02-02T00:00:00Z","comment_count":1,"via":{{"channel":"web"}},"tags":[],"custom_fields":[]}}"#
        )
        .unwrap();
        writeln!(
            comments,
            r#"{{"id":{},"ticket_id":{id},"type":"Comment","author_id":7001,"body":"Hello","public":true,"attachments":[],"created_at":"2024-02-01T00:00:00Z","via":{{"channel":"web"}}}}"#,
            100_000 + id
        )
        .unwrap();
    }
    write("tickets.jsonl", &tickets);
    write("comments.jsonl", &comments);
    folder
}

#[test]
fn nearly_all_of_the_limit_is_used_and_never_more() {
    let seed = desk_of_many_calls();
    let source = Desk::paced(
        "zendesk",
        seed.path().to_str(),
        &[],
        Faults::default(),
        SPEED,
    );
    let project = Project::new(&format!(
        "{}\ncomments = \"tickets\"\n",
        source.section("source")
    ));
    let output = project
        .command(&["pull", "--quiet"])
        .env("DESKFERRY_TEST_SPEED", SPEED.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");

    let stats = source.stats();
    assert_eq!(
        source.calls("GET /api/v2/tickets/{id}/comments"),
        TICKETS as u64
    );
    assert_eq!(
        stats["outcomes"]["429"],
        Value::Null,
        "{}",
        stats["outcomes"]
    );
    let minutes = stats["minutes"]["support"].as_array().unwrap();
    let used = |minute: &Value| minute["used"].as_u64().unwrap();
    // The first and the last are not full; what is asked for beside comments comes in the first.
    let full = &minutes[1..minutes.len() - 1];
    assert!(full.len() >= 3, "{minutes:?}");
    assert!(full.iter().all(|minute| minute["limit"] == LIMIT));
    // All but one: other tests may have kept this machine busy for a moment.
    let mut counts: Vec<u64> = full.iter().map(used).collect();
    counts.sort_unstable();
    assert!(counts[1] * 100 >= LIMIT * 95, "{minutes:?}");
}
