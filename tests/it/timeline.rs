//! What belongs to a conversation beside its messages.

use deskferry::sandbox::Faults;
use serde_json::Value;

use super::desks::{Desk, Project, quiet_freshdesk};
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
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains(&line), "{notes:?} lack {line}");
        told += 1;
    }
    assert_eq!(told, 2);

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
