//! Texts of messages that a target would cut, or take something out of.

use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::Faults;
use serde_json::{Value, json};

use crate::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};

/// 300 kB with markup and a quoted history.
fn long(word: &str) -> String {
    let said: String = (0..5000)
        .map(|n| format!("<p>{word} line <b>{n}</b> of a long mail</p>"))
        .collect();
    let quoted: String = (0..1000)
        .map(|n| format!("{word} quoted line {n}<br>"))
        .collect();
    format!("{said}<blockquote class=\"gmail_quote\">{quoted}</blockquote>")
}

fn words(html: &str) -> String {
    deskferry::connector::text::comparable(html, true)
        .split_whitespace()
        .collect()
}

fn add(project: &Project, file: &str, row: &Value) {
    let path = project.path("desk").join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, format!("{before}{row}\n")).unwrap();
}

fn message(id: &str, minute: u32, html: &str) -> Value {
    json!({"id": id, "conversation_id": "1", "channel": "email", "html": html,
        "author": {"kind": "contact", "id": "c1"}, "visibility": "public", "direction": "inbound",
        "sent_at": format!("2024-03-01T10:{minute:02}:00Z")})
}

const ACTIVE: &str = "<p>Before</p><form><p>Order <button>now</button></p></form><iframe src=\"https://video.example.com/1\"></iframe><style>p{}</style><p>After</p>";

/// A folder with one ticket: a short message, a very long one, one with active markup.
fn project(target: &Desk) -> Project {
    let project = Project::new(&format!(
        "[source]\nconnector = \"files\"\npath = \"desk\"\n{}",
        target.section("target")
    ));
    add(
        &project,
        "contacts.jsonl",
        &json!({"id": "c1", "name": "Cleo", "identities": [{"kind": "email", "value": "cleo@example.com"}]}),
    );
    add(
        &project,
        "conversations.jsonl",
        &json!({"id": "1", "subject": "Long", "status": "open", "channel": "email", "requester_id": "c1",
            "created_at": "2024-03-01T10:00:00Z", "updated_at": "2024-03-01T10:00:00Z"}),
    );
    for (id, minute, html) in [
        ("m1", 0, "<p>Hello</p>"),
        ("m2", 1, long("first").as_str()),
        ("m3", 2, ACTIVE),
    ] {
        add(&project, "messages.jsonl", &message(id, minute, html));
    }
    project
}

fn zendesk_comments(target: &Desk) -> Vec<String> {
    target.advance(120);
    let tickets = target.get("/api/v2/tickets?page[size]=100");
    let ticket = tickets["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|ticket| ticket["subject"] == "Long")
        .unwrap();
    let list = target.get(&format!(
        "/api/v2/tickets/{}/comments?page[size]=100",
        ticket["id"]
    ));
    let list = list["comments"].as_array().unwrap();
    list.iter()
        .map(|comment| comment["html_body"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_long_message_goes_on_in_further_comments() {
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = project(&target);
    let (out, _) = project.expect(0, &["preview", "--json"]);
    assert!(
        out.contains("longer than 64 kB: goes on in"),
        "not declared"
    );
    project.expect(0, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let comments = zendesk_comments(&target);
    let pieces = &comments[1..comments.len() - 1];
    assert!(pieces.len() >= 5, "{} pieces", pieces.len());
    let said: String = pieces.iter().map(|piece| words(piece)).collect();
    assert_eq!(said, words(&long("first")), "nothing is cut, in order");
    for (index, piece) in pieces.iter().enumerate().skip(1) {
        let head = format!("[continued {}/{}]", index + 1, pieces.len());
        assert!(piece.contains(&head), "{}", &piece[..80]);
    }
    assert!(pieces[0].contains("<b>17</b>"), "the markup stays");
    assert!(
        pieces.last().unwrap().contains("gmail_quote"),
        "history too"
    );
    let active = comments.last().unwrap();
    assert_eq!(
        words(active),
        "BeforeOrdernowhttps://video.example.com/1After"
    );
    assert!(active.contains("<a href=\"https://video.example.com/1\">"));
}

#[test]
fn a_long_message_that_comes_later_is_there_once_after_a_kill() {
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let rules = target.get("/api/v2/triggers/active");
    for rule in rules["triggers"].as_array().unwrap() {
        let path = format!("/api/v2/triggers/{}", rule["id"]);
        target.put(&path, &json!({"trigger": {"active": false}}));
    }
    let project = project(&target);
    project.expect(0, &["migrate", "--quiet"]);
    let before = zendesk_comments(&target).len();
    add(
        &project,
        "messages.jsonl",
        &message("m4", 30, &long("later")),
    );
    target.faults(&Faults {
        slow_ms: 50,
        ..Faults::default()
    });
    // Between two pieces.
    let asked = target.calls("PUT /api/v2/tickets");
    let mut run = project
        .command(&["sync", "--quiet"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while target.calls("PUT /api/v2/tickets") < asked + 2 {
        assert!(run.try_wait().unwrap().is_none(), "it ended before");
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    target.faults(&Faults::default());
    project.expect(0, &["sync", "--quiet"]);
    let comments = zendesk_comments(&target);
    let said: String = comments[before..]
        .iter()
        .map(|piece| words(piece))
        .collect();
    assert_eq!(said, words(&long("later")), "each piece once, in order");
}

#[test]
fn a_long_message_arrives_whole_where_there_is_no_limit() {
    let target = quiet_freshdesk(Faults::default());
    let project = project(&target);
    project.expect(0, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let tickets = target.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
    let tickets = tickets.as_array().unwrap();
    let ticket = tickets.iter().find(|t| t["subject"] == "Long").unwrap();
    let notes = target.get(&format!("/api/v2/tickets/{}/conversations", ticket["id"]));
    let notes = notes.as_array().unwrap();
    assert_eq!(
        words(notes[0]["body"].as_str().unwrap()),
        words(&long("first"))
    );
    let active = notes[1]["body"].as_str().unwrap();
    assert_eq!(
        words(active),
        "BeforeOrdernowhttps://video.example.com/1After"
    );
}
