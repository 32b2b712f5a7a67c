//! What belongs to a conversation beside its messages.

use deskferry::sandbox::Faults;
use serde_json::{Value, json};

use super::desks::{Desk, Project, fixture, quiet_freshdesk, quiet_zendesk};
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

/// A ticket of the target by its number on the source, with its comments.
fn comments(target: &Desk, number: u64) -> Vec<Value> {
    let mark = format!("zendesk:acme:conversation:{number}");
    let tickets = super::zendesk::export(target);
    let tickets = tickets["tickets"].as_array().unwrap();
    let ticket = tickets.iter().find(|ticket| ticket["external_id"] == mark);
    let id = &ticket.unwrap_or_else(|| panic!("no ticket {mark}"))["id"];
    let page = target.get(&format!(
        "/api/v2/tickets/{id}/comments?include_inline_images=true&page[size]=100"
    ));
    page["comments"].as_array().unwrap().clone()
}

fn author(target: &Desk, comment: &Value) -> Value {
    let user = target.get(&format!("/api/v2/users/{}", comment["author_id"]));
    user["user"]["name"].clone()
}

#[test]
fn chats_calls_and_messaging_arrive_message_by_message() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    let (out, _) = project.expect(0, &["preview", "--json"]);
    assert!(out.contains("a phone call: its details"), "not declared");
    project.same(3, &["migrate"]);

    let all = comments(&target, 16);
    let chat: Vec<&Value> = all
        .iter()
        .filter(|comment| {
            let at = comment["created_at"].as_str().unwrap();
            ["13:00:05", "13:00:40", "13:01:10"]
                .iter()
                .any(|time| at.contains(time))
        })
        .collect();
    assert_eq!(chat.len(), 3, "{all:?}");
    let words = [
        "Is the Comet <dimmable>?",
        "Yes, with any LED dimmer.",
        "hum.wav",
    ];
    for (comment, words) in chat.iter().zip(words) {
        assert_eq!(comment["public"], true);
        let text = comment["plain_body"].as_str().unwrap();
        assert!(text.contains(words), "{text} lacks {words}");
    }
    assert_eq!(author(&target, chat[0]), "Gita Raman");
    assert_eq!(author(&target, chat[1]), "Bo Okafor");
    assert_eq!(chat[2]["attachments"][0]["file_name"], "hum.wav");
    assert_eq!(chat[2]["attachments"][0]["size"], 4044);

    let all = comments(&target, 13);
    let texts: Vec<&str> = all
        .iter()
        .map(|comment| comment["plain_body"].as_str().unwrap())
        .collect();
    assert!(texts[0].contains("Lumi"), "{texts:?}");
    assert!(texts[0].contains("Hey! Have a question?"), "{texts:?}");
    assert!(texts[0].contains("Talk to a human"), "{texts:?}");
    assert_eq!(texts[1], "where are my bulbs");
    assert!(!texts.iter().any(|text| text.contains("repeats")));

    let all = comments(&target, 14);
    let call = all
        .iter()
        .find(|comment| comment["plain_body"].as_str().unwrap().contains("[phone call: from +442079460991, to +493055500, began 2026-02-10 11:00:00 UTC, 1 min 35 s, answered by "))
        .unwrap_or_else(|| panic!("{all:?}"));
    assert!(
        call["plain_body"]
            .as_str()
            .unwrap()
            .contains("Transcript:Hello, my lamp hums."),
        "{call}"
    );
    // The recording is listed as a file of the comment too: it is moved once.
    let files = call["attachments"].as_array().unwrap();
    assert_eq!(files.len(), 1, "{files:?}");

    // Only tickets that may have had a chat, or that the stream left out, are asked for more.
    let asked = source.calls("GET /api/v2/tickets/{id}/audits");
    assert!(asked <= 8, "{asked}");
    assert_eq!(source.calls("GET /api/v2/tickets/{id}/conversation_log"), 2);
}

/// A copy of the fixture with more rows.
fn zendesk_with(rows: &[(&str, Value)]) -> (tempfile::TempDir, Desk) {
    let folder = tempfile::tempdir().unwrap();
    for file in walkdir(&super::desks::fixture("zendesk")) {
        let name = file.strip_prefix(super::desks::fixture("zendesk")).unwrap();
        let to = folder.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&file, to).unwrap();
    }
    for (name, row) in rows {
        let path = folder.path().join(name);
        let old = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{}\n{row}\n", old.trim_end())).unwrap();
    }
    let desk = Desk::start("zendesk", folder.path().to_str());
    (folder, desk)
}

fn walkdir(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => walkdir(&path),
            false => vec![path],
        })
        .collect()
}

#[test]
fn surveys_that_may_not_be_read_are_told() {
    let source = Desk::with(
        "zendesk",
        Some("zendesk"),
        &["no_surveys"],
        Faults::default(),
    );
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["pull", "--quiet"]);
    let (told, _) = project.expect(0, &["status"]);
    assert!(
        told.contains("answers to surveys could not be read"),
        "{told}"
    );
}

#[test]
fn a_chat_is_moved_once_whatever_tells_of_it() {
    let line = |text: &str| json!({"type": "ChatMessage", "message_id": text.len(), "message": text, "actor_type": "user"});
    let transcript = "Conversation with Gita Raman\n\n(13:00:05) Gita Raman: Is the Comet <dimmable>?\n(13:00:40) Bo Okafor: Yes, with any LED dimmer.\n(13:01:10) Gita Raman uploaded hum.wav";
    let (_folder, source) = zendesk_with(&[
        // The history of a messaging session that the log has too.
        (
            "audits.jsonl",
            json!({"ticket_id": 13, "author_id": -1, "created_at": "2026-04-01T20:10:00Z", "events": [{"type": "ChatEndedEvent",
                "value": {"conversation_id": "65f0", "history": [line("Hey! Have a question?"), line("where are my bulbs")]}}]}),
        ),
        (
            "comments.jsonl",
            json!({"id": 360000070990_u64, "ticket_id": 16, "type": "Comment", "author_id": -1, "body": transcript, "plain_body": transcript,
                "html_body": null, "public": true, "attachments": [], "audit_id": 360001070990_u64, "via": {"channel": "chat_transcript", "source": {"from": {}, "to": {}, "rel": null}},
                "created_at": "2026-03-11T13:03:30Z", "metadata": {"system": {}, "custom": {}}}),
        ),
        // A ticket that is deleted.
        (
            "audits.jsonl",
            json!({"ticket_id": 12, "author_id": -1, "created_at": "2024-07-01T20:10:00Z", "events": [{"type": "ChatStartedEvent", "value": {"chat_id": "1.2"}}]}),
        ),
    ]);
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let count = |number: u64, words: &str| {
        let all = comments(&target, number);
        let said = |comment: &&Value| comment["plain_body"].as_str().unwrap().contains(words);
        all.iter().filter(said).count()
    };
    assert_eq!(count(13, "Have a question?"), 1);
    // A comment of the fixture repeats it as well, and does not say that it is a transcript.
    assert_eq!(count(13, "where are my bulbs"), 2);
    assert_eq!(count(16, "hum.wav"), 1);
    let (told, _) = project.expect(0, &["status"]);
    assert!(!told.contains("ticket 12 could not be read"), "{told}");
    // Among them that of the deleted ticket.
    assert_eq!(source.calls("GET /api/v2/tickets/{id}/audits"), 7);
}

/// Texts of the notes of a Freshdesk ticket that tell its history.
fn histories(desk: &Desk, ticket: u64) -> Vec<String> {
    let notes = desk.get(&format!(
        "/api/v2/tickets/{ticket}/conversations?per_page=100"
    ));
    let notes = notes.as_array().unwrap().iter();
    let told = notes.filter(|note| note["body_text"].as_str().unwrap().contains("[history of"));
    told.map(|note| {
        assert_eq!(note["private"], true, "{note}");
        note["body"].as_str().unwrap().to_owned()
    })
    .collect()
}

#[test]
fn history_suspended_tickets_and_surveys_are_told_and_read_on_request() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());

    // What is not asked for is told once, with how many there are.
    let project = Project::between(&source, &target);
    let (told, _) = project.expect(0, &["check"]);
    assert!(told.contains("2 suspended tickets are not moved"), "{told}");
    let (told, _) = project.expect(0, &["preview"]);
    assert!(told.contains("not read from the source"), "{told}");
    assert_eq!(told.matches("conversation.history").count(), 1, "{told}");
    assert!(told.contains("suspended tickets (2): "), "{told}");
    let (told, _) = project.expect(0, &["assess"]);
    assert!(told.contains("Not read from the desk"), "{told}");
    assert!(told.contains("suspended tickets"), "{told}");

    let project = Project::new(&format!(
        "{}\nhistory = \"notes\"\nsuspended = \"tickets\"\n{}",
        source.section("source"),
        target.section("target")
    ));
    let (told, _) = project.expect(0, &["preview"]);
    assert!(!told.contains("not read from the source"), "{told}");
    assert!(told.contains("conversation.history"), "{told}");
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let marks = tickets_by_mark(&target);
    let ticket = |id: &str| marks[&format!("zendesk:acme:conversation:{id}")][0];

    let first = histories(&target, ticket("21"));
    assert_eq!(first.len(), 1, "{first:?}");
    let line = "2026-01-07 09:02 UTC · Bo Okafor · status: new → open";
    assert!(first[0].contains(line), "{first:?}");
    let rated = own_notes(&target, ticket("21"));
    let rated = rated.iter().find(|note| note.contains("Rating: "));
    assert!(rated.unwrap().contains("Quick and kind"), "{rated:?}");

    for (id, from) in [
        ("435", "promo@spam.example.com"),
        ("436", "gita@example.com"),
    ] {
        let row = target.get(&format!(
            "/api/v2/tickets/{}?include=requester",
            ticket(&format!("suspended-{id}"))
        ));
        assert_eq!(row["tags"], json!(["suspended"]), "{row}");
        assert_eq!(row["requester"]["email"], from, "{row}");
    }

    // A later change is one more note, which repeats nothing.
    source.put(
        "/api/v2/tickets/21",
        &json!({"ticket": {"priority": "high", "group_id": 360000004002_u64}}),
    );
    source.advance(120);
    project.expect(0, &["sync", "--quiet"]);
    let second = histories(&target, ticket("21"));
    assert_eq!(second.len(), 2, "{second:?}");
    assert!(second[1].contains("priority: normal → high"), "{second:?}");
    assert!(second[1].contains("group: "), "{second:?}");
    assert!(
        !second[1].contains("36000000400"),
        "ids have names: {second:?}"
    );
    assert!(!second[1].contains("status: new"), "{second:?}");
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
    project.expect(0, &["verify", "--quiet"]);
    assert_eq!(target.mails(), 0);
}
