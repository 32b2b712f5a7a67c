//! What belongs to a conversation beside its messages.

use deskferry::sandbox::Faults;
use serde_json::Value;

use super::desks::{Desk, Project, fixture, quiet_freshdesk};
use super::migrate::tickets_by_mark;

/// The notes of a Freshdesk ticket that deskferry added on its own.
fn own_notes(desk: &Desk, ticket: u64) -> Vec<String> {
    let notes = desk.get(&format!(
        "/api/v2/tickets/{ticket}/conversations?per_page=100"
    ));
    let notes = notes.as_array().unwrap();
    let own: Vec<&Value> = notes
        .iter()
        .filter(|note| {
            note["body_text"]
                .as_str()
                .unwrap()
                .contains("Kept by deskferry")
        })
        .collect();
    for note in &own {
        assert_eq!(note["private"], true, "{note}");
    }
    own.iter()
        .map(|note| note["body_text"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn relations_without_a_home_are_told_once_with_the_new_numbers() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let marks = tickets_by_mark(&target);
    let ticket = |id: &str| marks[&format!("zendesk:acme:conversation:{id}")][0];

    let tickets = source.get("/api/v2/incremental/tickets/cursor.json?start_time=0&per_page=1000");
    let mut told = 0;
    for row in tickets["tickets"].as_array().unwrap() {
        let Some(problem) = row["problem_id"].as_u64() else {
            continue;
        };
        let notes = own_notes(&target, ticket(&row["id"].to_string()));
        let line = format!(
            "incident of the problem #{} (formerly {problem})",
            ticket(&problem.to_string())
        );
        let telling = notes.iter().filter(|note| note.contains(&line)).count();
        assert_eq!(telling, 1, "{notes:?} lack {line}");
        told += 1;
    }
    assert_eq!(told, 2);
    // The account has no survey: ratings are told as well.
    let rated = own_notes(&target, ticket("1"));
    assert!(rated[0].contains("Rating: good"), "{rated:?}");

    // As after a run that died before it could remember what it told.
    let ledger = rusqlite::Connection::open(project.path("deskferry.ledger")).unwrap();
    let forgotten = ledger
        .execute("DELETE FROM meta WHERE key LIKE 'relations:%'", [])
        .unwrap();
    assert!(forgotten >= told);
    ledger
        .execute("UPDATE meta SET value = 'open' WHERE key = 'relations'", [])
        .unwrap();
    drop(ledger);
    let before = target.calls("POST /api/v2/tickets/{id}/notes") + target.calls("POST tickets");
    project.expect(3, &["migrate", "--quiet"]);
    let after = target.calls("POST /api/v2/tickets/{id}/notes") + target.calls("POST tickets");
    assert_eq!(before, after, "{}", target.stats()["routes"]);
    assert_eq!(target.mails(), 0);
}

/// The Zendesk fixture with more rows in one of its files.
fn fixture_with(folder: &std::path::Path, file: &str, rows: &[Value]) -> Desk {
    let from = fixture("zendesk");
    copy(&from, folder);
    let path = folder.join(file);
    let mut text = std::fs::read_to_string(&path).unwrap_or_default();
    for row in rows {
        text.push_str(&format!("{row}\n"));
    }
    std::fs::write(path, text).unwrap();
    Desk::start("zendesk", Some(&folder.to_string_lossy()))
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => std::fs::copy(&path, &target).map(|_| ()).unwrap(),
        }
    }
}

#[test]
fn side_conversations_become_internal_notes_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let asked = serde_json::json!({"id": "8566255a-ece5-11e8-857d-493066fa7b17", "ticket_id": 6,
        "subject": "Spare part", "state": "open", "created_at": "2025-03-01T10:00:00Z", "events": [
        {"id": "ev-1", "type": "create", "via": "mail", "created_at": "2025-03-01T10:00:00Z",
         "actor": {"name": "Ada Agent", "email": "ada@lumen.example.com"},
         "message": {"subject": "Spare part", "html_body": "<p>Do you still have the <b>dimmer</b>?</p>", "body": "Do you still",
            "from": {"name": "Ada Agent", "email": "ada@lumen.example.com"},
            "to": [{"name": "Supplier", "email": "parts@example.com"}]}},
        {"id": "ev-2", "type": "update", "created_at": "2025-03-01T10:30:00Z", "updates": {"state": "open"}},
        {"id": "ev-3", "type": "reply", "via": "mail", "created_at": "2025-03-01T11:00:00Z",
         "message": {"subject": "Re: Spare part", "body": "Three are left <here>.",
            "from": {"name": "Supplier", "email": "parts@example.com"},
            "to": [{"name": "Ada Agent", "email": "ada@lumen.example.com"}]}}]});
    let source = fixture_with(folder.path(), "side_conversations.jsonl", &[asked]);
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let (out, _) = project.expect(0, &["preview", "--json"]);
    assert!(out.contains("side conversation"), "not declared");
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let ticket = tickets_by_mark(&target)["zendesk:acme:conversation:6"][0];
    let notes = target.get(&format!(
        "/api/v2/tickets/{ticket}/conversations?per_page=100"
    ));
    let beside: Vec<&Value> = notes
        .as_array()
        .unwrap()
        .iter()
        .filter(|note| {
            note["body"]
                .as_str()
                .unwrap()
                .contains("[side conversation: ")
        })
        .collect();
    assert_eq!(beside.len(), 2, "{notes}");
    for (note, words) in beside.iter().zip([
        ["Spare part, to parts@example.com]", "<b>dimmer</b>"],
        [
            "Re: Spare part, to ada@lumen.example.com]",
            "Three are left &lt;here&gt;.",
        ],
    ]) {
        assert_eq!(note["private"], true);
        for word in words {
            let body = note["body"].as_str().unwrap();
            assert!(body.contains(word), "{body} lacks {word}");
        }
    }
    // Only the ticket that has one is asked for it.
    assert_eq!(
        source.calls("GET /api/v2/tickets/{id}/side_conversations"),
        2
    );
}
