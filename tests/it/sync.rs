//! `sync`: late changes of either side, by the real program.

use std::collections::BTreeMap;

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::{Value, json};

use crate::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};

/// Staff and customers of the fixture.
const BO: u64 = 360_000_001_002;
const CUSTOMER: u64 = 360_000_002_027;
/// Calls that a sync of an unchanged Zendesk account costs, however large it is; README names it.
const HANDFUL: u64 = 20;

fn routes(desk: &Desk) -> BTreeMap<String, u64> {
    let stats = desk.stats();
    let routes = stats["routes"].as_object().unwrap();
    let count = |(name, count): (&String, &Value)| (name.clone(), count.as_u64().unwrap());
    routes.iter().map(count).collect()
}

fn calls(desk: &Desk) -> u64 {
    routes(desk).values().sum()
}

/// Requests that change something, tokens apart.
fn writes(desk: &Desk) -> u64 {
    let all = routes(desk);
    let changes = all
        .iter()
        .filter(|(name, _)| !name.starts_with("GET ") && !name.contains("/oauth/"));
    changes.map(|(_, count)| count).sum()
}

fn synced(project: &Project, code: i32, arguments: &[&str]) -> Value {
    let arguments = [&["sync", "--json"], arguments].concat();
    let (out, _) = project.expect(code, &arguments);
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

fn count(synced: &Value, kind: &str, action: &str) -> u64 {
    let rows = synced["written"].as_array().unwrap();
    rows.iter()
        .filter(|row| row["kind"] == kind && row["action"] == action)
        .map(|row| row["count"].as_u64().unwrap())
        .sum()
}

/// Nothing is new: neither desk is asked much, and nothing is written.
#[track_caller]
fn assert_nothing_to_do(project: &Project, source: &Desk, target: &Desk, most: u64) {
    let before = (calls(source), calls(target));
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
    let asked = calls(source) - before.0;
    assert_eq!(asked, most, "calls to the source: {:?}", routes(source));
    assert_eq!(calls(target), before.1, "the target is not asked");
}

fn zendesk_source() -> Desk {
    Desk::start("zendesk", Some("zendesk"))
}

/// A Zendesk account whose owner lets nothing mail customers on changes.
fn quiet_account() -> Desk {
    let desk = quiet_zendesk(&["users_bulk"], Faults::default());
    let rules = desk.get("/api/v2/triggers/active");
    for rule in rules["triggers"].as_array().unwrap() {
        let path = format!("/api/v2/triggers/{}", rule["id"]);
        desk.put(&path, &json!({"trigger": {"active": false}}));
    }
    desk
}

fn ticket(desk: &Desk, id: u64, ticket: Value) {
    desk.put(
        &format!("/api/v2/tickets/{id}"),
        &json!({ "ticket": ticket }),
    );
}

/// What happens on the source after the migration.
fn a_day_later(source: &Desk) {
    let answer = json!({"body": "A late answer", "public": true, "author_id": BO});
    ticket(
        source,
        7,
        json!({"status": "pending", "priority": "urgent", "tags": ["invoice", "late"], "comment": answer}),
    );
    let note = json!({"body": "A late note", "public": false, "author_id": BO});
    ticket(source, 7, json!({ "comment": note }));
    let again = json!({"body": "The customer again", "public": true, "author_id": CUSTOMER});
    ticket(source, 21, json!({ "comment": again }));
    source.put(
        "/api/v2/users/360000002030",
        &json!({"user": {"notes": "moved house"}}),
    );
    // The export keeps its newest minute back.
    source.advance(120);
}

/// The ticket of the target that stands for one of the source.
fn zendesk_copy(target: &Desk, source: &str, id: u64) -> Value {
    let path = format!("/api/v2/tickets?external_id={source}:acme:conversation:{id}");
    target.get(&path)["tickets"][0].clone()
}

fn comments(target: &Desk, id: &Value) -> Vec<Value> {
    let list = target.get(&format!("/api/v2/tickets/{id}/comments"));
    list["comments"].as_array().unwrap().clone()
}

fn freshdesk_copy(target: &Desk, subject: &str) -> Value {
    let list = target.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
    let same = |ticket: &&Value| ticket["subject"] == subject;
    let mut found = list.as_array().unwrap().iter().filter(same);
    let copy = found.next().unwrap().clone();
    assert!(found.next().is_none(), "written twice");
    copy
}

fn notes(target: &Desk, ticket: &Value) -> Vec<Value> {
    let path = format!(
        "/api/v2/tickets/{}/conversations?per_page=100",
        ticket["id"]
    );
    target.get(&path).as_array().unwrap().clone()
}

/// The articles' own list of changes does not name it.
#[test]
fn an_edit_of_a_translation_alone_reaches_the_target() {
    let source = zendesk_source();
    let target = quiet_account();
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    source.advance(3600);
    let path = "/api/v2/help_center/articles/360000008201/translations/pt-br";
    let said = "<p>Agora de outro modo.</p>";
    source.put(path, &json!({"translation": {"body": said}}));
    let edited = source.get(path)["translation"].clone();
    assert_eq!(edited["body"], said);
    let changed = source.get("/api/v2/help_center/incremental/articles?start_time=1");
    let rows = changed["articles"].as_array().unwrap();
    let named = |row: &&Value| row["id"] == 360_000_008_201_u64;
    let own = &rows.iter().find(named).unwrap()["updated_at"];
    assert!(own.as_str() < edited["updated_at"].as_str());
    // Longer ago than what the run after the next looks at once more.
    source.advance(3600);

    let done = synced(&project, 0, &[]);
    assert_eq!(count(&done, "article", "update"), 1, "{done}");
    let page = target.get("/api/v2/help_center/articles?include=translations&page[size]=100");
    let articles = page["articles"].as_array().unwrap();
    let mut texts = articles
        .iter()
        .flat_map(|article| article["translations"].as_array().unwrap());
    assert!(texts.any(|text| text["locale"] == "pt-br" && text["body"] == said));
    assert_nothing_to_do(&project, &source, &target, HANDFUL);
}

#[test]
fn late_changes_of_a_zendesk_account_reach_freshdesk() {
    let source = zendesk_source();
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    assert_nothing_to_do(&project, &source, &target, HANDFUL);

    a_day_later(&source);
    let before = writes(&target);
    let planned = synced(&project, 0, &["--dry-run"]);
    let (shown, _) = project.expect(0, &["preview", "--json", "--samples", "3"]);
    assert_eq!(writes(&target), before, "a dry run writes nothing");
    assert_previewed(&shown);
    let done = synced(&project, 0, &[]);
    for (kind, action, expected) in [
        ("conversation", "update", 1),
        ("message", "create", 3),
        ("contact", "update", 1),
    ] {
        assert_eq!(count(&done, kind, action), expected, "{kind}: {done}");
        assert_eq!(count(&planned, kind, action), expected, "{kind}: {planned}");
    }
    let copy = freshdesk_copy(&target, "Re: Invoice for March");
    assert_eq!((&copy["status"], &copy["priority"]), (&json!(3), &json!(4)));
    assert_eq!(copy["tags"], json!(["invoice", "late"]));
    let added = notes(&target, &copy);
    let said = |text: &str| {
        let has = |note: &&Value| note["body_text"].as_str().unwrap().contains(text);
        let found: Vec<&Value> = added.iter().filter(has).collect();
        assert_eq!(found.len(), 1, "{text}");
        found[0].clone()
    };
    assert_eq!(said("A late answer")["private"], false);
    assert_eq!(said("A late note")["private"], true);
    assert_eq!(target.mails(), 0);

    let before = writes(&target);
    assert_nothing_to_do(&project, &source, &target, HANDFUL);
    assert_eq!(writes(&target), before);
    let (told, _) = project.expect(0, &["verify"]);
    assert!(told.contains("0 differ, 0 missing, 0 extra"), "{told}");
}

/// The preview of what [`a_day_later`] brought: what changes of the ticket, what
/// is added to it, and the requests for both.
fn assert_previewed(shown: &str) {
    let plan: Value = serde_json::from_str(shown.lines().last().unwrap()).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    let of_ticket = |field: &str| -> Vec<&Value> {
        let is = |c: &&Value| c["key"]["kind"] == "conversation" && c["field"] == field;
        changes.iter().filter(is).collect()
    };
    let status = of_ticket("conversation.status");
    assert_eq!(status.len(), 1, "{changes:?}");
    assert_ne!(status[0]["found"], status[0]["expected"]);
    let added = of_ticket("message");
    assert_eq!(added.len(), 3, "{changes:?}");
    for text in ["A late answer", "A late note", "The customer again"] {
        let says = |c: &&&Value| c["expected"].as_str().unwrap().contains(text);
        let change = added.iter().find(says).unwrap();
        assert_eq!(change["found"], "nothing");
        assert_eq!(change["part"]["kind"], "message");
    }
    let samples = plan["samples"].as_array().unwrap();
    let ticket = samples
        .iter()
        .find(|sample| sample["key"] == json!({"kind": "conversation", "id": "7"}))
        .unwrap();
    let sent = ticket["requests"].to_string();
    for part in ["\"PUT\"", "A late answer", "A late note"] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
}

#[test]
fn late_changes_of_a_zendesk_account_reach_another_one_as_internal_notes() {
    let source = zendesk_source();
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    assert_nothing_to_do(&project, &source, &target, HANDFUL);

    a_day_later(&source);
    // The target has a trigger that mails requesters whenever a ticket changes.
    let before = writes(&target);
    let (_, told) = project.expect(9, &["sync"]);
    assert!(
        told.contains("Notify requester of comment update"),
        "{told}"
    );
    assert_eq!(writes(&target), before, "nothing at all was written");
    for rule in target.get("/api/v2/triggers/active")["triggers"]
        .as_array()
        .unwrap()
    {
        let path = format!("/api/v2/triggers/{}", rule["id"]);
        target.put(&path, &json!({"trigger": {"active": false}}));
    }
    // The answers to two notes are lost after they were added.
    target.faults(&Faults {
        planned: vec![Planned {
            on: "PUT /api/v2/tickets".into(),
            fault: Fault::ResetAfterWrite,
            after: 0,
            times: 2,
        }],
        ..Faults::default()
    });
    let done = synced(&project, 0, &[]);
    assert_eq!(target.stats()["outcomes"]["reset_after_write"], 2);
    assert_eq!(count(&done, "conversation", "update"), 1, "{done}");
    assert_eq!(count(&done, "message", "create"), 3, "{done}");
    let copy = zendesk_copy(&target, "zendesk", 7);
    assert_eq!(
        (&copy["status"], &copy["priority"]),
        (&json!("pending"), &json!("urgent"))
    );
    let tags = copy["tags"].as_array().unwrap();
    assert!(tags.contains(&json!("late")), "{tags:?}");
    let all = comments(&target, &copy["id"]);
    let late: Vec<&Value> = all.iter().rev().take(2).rev().collect();
    let twice = all
        .iter()
        .filter(|c| c["html_body"].as_str().unwrap().contains("A late"));
    assert_eq!(twice.count(), 2, "each once");
    for (comment, words) in late.iter().zip([
        ["Bo Okafor", "api, public", "A late answer"],
        ["Bo Okafor", "api, internal", "A late note"],
    ]) {
        assert_eq!(comment["public"], false, "a public one would be mailed");
        let html = comment["html_body"].as_str().unwrap();
        assert!(words.iter().all(|word| html.contains(word)), "{html}");
    }
    assert_eq!(target.mails(), 0);
    assert_nothing_to_do(&project, &source, &target, HANDFUL);
    let (told, _) = project.expect(0, &["verify"]);
    assert!(told.contains("0 differ, 0 missing"), "{told}");
}

#[test]
fn late_changes_of_a_freshdesk_account_reach_zendesk() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_account();
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet"]);
    // The knowledge base costs a call a folder and language: nothing says what changed in it.
    assert_nothing_to_do(&project, &source, &target, 50);

    source.put(
        "/api/v2/tickets/3",
        &json!({"status": 3, "priority": 4, "tags": ["call"]}),
    );
    source.post(
        "/api/v2/tickets/3/notes",
        &json!({"body": "Called back", "private": true}),
    );
    // Notes can be edited and deleted there; the change of the ticket tells.
    source.put(
        "/api/v2/conversations/48000005002",
        &json!({"body": "Hull number is 45-B"}),
    );
    source.delete("/api/v2/conversations/48000005004");
    source.put("/api/v2/tickets/1", &json!({"tags": ["leak"]}));
    let done = synced(&project, 3, &[]);
    assert_eq!(count(&done, "message", "create"), 1, "{done}");
    assert_eq!(count(&done, "message", "update"), 0, "{done}");
    let copy = zendesk_copy(&target, "freshdesk", 3);
    assert_eq!(
        (&copy["status"], &copy["priority"]),
        (&json!("pending"), &json!("urgent"))
    );
    // Ticket 1 is closed, and Zendesk changes no closed tickets: that is told once.
    let (problems, _) = project.expect(0, &["status"]);
    assert!(
        problems.contains("closed prevents ticket update"),
        "{problems}"
    );
    let (told, _) = project.expect(0, &["sync"]);
    assert!(
        told.contains("1 of"),
        "a message is gone on the source: {told}"
    );
    assert_eq!(target.mails(), 0);
}

#[test]
fn an_edited_note_stands_beside_the_original() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_account();
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet"]);
    // An internal note of a ticket that is open on both sides.
    source.put(
        "/api/v2/conversations/48000005021",
        &json!({"body": "Line five"}),
    );
    source.put("/api/v2/tickets/18", &json!({"priority": 1}));
    let done = synced(&project, 0, &[]);
    assert_eq!(count(&done, "message", "update"), 1, "{done}");
    let copy = zendesk_copy(&target, "freshdesk", 18);
    let all = comments(&target, &copy["id"]);
    let has = |text: &str| -> Vec<&Value> {
        let holds = |c: &&Value| c["html_body"].as_str().unwrap().contains(text);
        all.iter().filter(holds).collect()
    };
    assert_eq!(has("Line 5<").len(), 1, "the original stays");
    let edited = has("Line five");
    assert_eq!(edited.len(), 1);
    assert_eq!(edited[0]["public"], false);
    let html = edited[0]["html_body"].as_str().unwrap();
    assert!(html.contains("[edited on "), "{html}");
    assert_eq!(target.mails(), 0);
    let before = writes(&target);
    project.expect(0, &["sync"]);
    assert_eq!(writes(&target), before);
    let (told, _) = project.expect(0, &["verify"]);
    assert!(told.contains("0 differ, 0 missing"), "{told}");
}

#[test]
fn what_both_sides_changed_waits_for_a_decision() {
    let source = zendesk_source();
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let copy = freshdesk_copy(&target, "Re: Invoice for March");
    let path = format!("/api/v2/tickets/{}", copy["id"]);
    target.put(
        &path,
        &json!({"priority": 1, "tags": ["invoice", "by-hand"]}),
    );
    target.post(
        &format!("{path}/notes"),
        &json!({"body": "An agent goes on here", "private": true}),
    );
    a_day_later(&source);
    let done = synced(&project, 3, &[]);
    assert_eq!(done["problems"], 1, "{done}");
    let now = target.get(&path);
    assert_eq!(
        (&now["status"], &now["priority"]),
        (&json!(2), &json!(1)),
        "nothing is overwritten"
    );
    // The agent's, the two late ones, and the one that tells its relations.
    assert_eq!(notes(&target, &copy).len(), 4, "messages are no conflict");
    let (told, _) = project.expect(0, &["status"]);
    assert!(
        told.contains("edited on the target: conversation.priority"),
        "{told}"
    );

    let done = synced(&project, 0, &["--conflicts", "keep"]);
    assert_eq!(count(&done, "conversation", "update"), 1, "{done}");
    let now = target.get(&path);
    assert_eq!((&now["status"], &now["priority"]), (&json!(3), &json!(1)));
    let tags = now["tags"].as_array().unwrap();
    for tag in ["invoice", "late", "by-hand"] {
        assert!(tags.contains(&json!(tag)), "{tags:?}");
    }
    assert_eq!(target.mails(), 0);
    assert_nothing_to_do(&project, &source, &target, HANDFUL);
}

#[test]
fn deletions_are_kept_tagged_or_carried_out_but_never_all_at_once() {
    let source = zendesk_source();
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    source.delete("/api/v2/tickets/7");
    source.delete("/api/v2/users/360000002006");
    source.advance(120);

    // By default nothing happens to them, and that is told.
    let before = writes(&target);
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
    assert!(told.contains("1 of 60 conversations are gone"), "{told}");
    assert!(told.contains("1 of 43 contacts are gone"), "{told}");
    assert_eq!(writes(&target), before);

    let copy = freshdesk_copy(&target, "Re: Invoice for March");
    let path = format!("/api/v2/tickets/{}", copy["id"]);
    project.expect(0, &["sync", "--deleted", "tag"]);
    let tags = target.get(&path)["tags"].clone();
    assert!(
        tags.as_array()
            .unwrap()
            .contains(&json!("deleted-on-source")),
        "{tags}"
    );

    // The source seems to lose a tenth of its tickets.
    for id in [21, 23, 24, 40, 45, 46] {
        source.delete(&format!("/api/v2/tickets/{id}"));
    }
    source.advance(120);
    let deletes = target.calls("DELETE ");
    let (_, told) = project.expect(3, &["sync", "--deleted", "delete"]);
    assert!(told.contains("6 of 60 conversations are gone"), "{told}");
    assert_eq!(target.calls("DELETE "), deletes, "nothing is deleted");
    let done = synced(&project, 0, &["--deleted", "delete", "--accept-deletions"]);
    assert_eq!(done["deleted"], json!([["conversation", 6]]), "{done}");
    assert_eq!(target.calls("DELETE "), deletes + 6);
    assert_eq!(target.mails(), 0);
    assert_nothing_to_do(&project, &source, &target, HANDFUL);
}

#[test]
fn nothing_is_lost_at_the_border_of_two_syncs() {
    let source = zendesk_source();
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let say = |id: u64, text: &str| {
        let comment = json!({"body": text, "public": true, "author_id": BO});
        ticket(&source, id, json!({ "comment": comment }));
    };
    let mut found = 0;
    // Two tickets at about the same time, read in the middle of it, again and again.
    for round in 0..3 {
        say(7, &format!("seven {round}"));
        found += count(&synced(&project, 0, &[]), "message", "create");
        say(21, &format!("twenty-one {round}"));
        say(7, &format!("seven again {round}"));
        found += count(&synced(&project, 0, &[]), "message", "create");
    }
    source.advance(120);
    found += count(&synced(&project, 0, &[]), "message", "create");
    assert_eq!(found, 9);
    let copy = freshdesk_copy(&target, "Re: Invoice for March");
    let all = notes(&target, &copy);
    for round in 0..3 {
        for text in [format!("seven {round}"), format!("seven again {round}")] {
            let has = |note: &&Value| note["body_text"].as_str().unwrap().contains(&text);
            assert_eq!(all.iter().filter(has).count(), 1, "{text}");
        }
    }
    assert_nothing_to_do(&project, &source, &target, HANDFUL);
}

#[test]
fn nothing_is_lost_at_the_border_of_two_syncs_of_freshdesk() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet", "--no-verify"]);
    let mut found = 0;
    for round in 0..3 {
        for id in [3, 6] {
            let body = json!({"body": format!("late {id} {round}"), "private": true});
            source.post(&format!("/api/v2/tickets/{id}/notes"), &body);
            source.put(
                &format!("/api/v2/tickets/{id}"),
                &json!({"priority": 1 + round}),
            );
            found += count(&synced(&project, 0, &[]), "message", "create");
        }
    }
    assert_eq!(found, 6);
    let before = writes(&target);
    project.expect(0, &["sync"]);
    assert_eq!(writes(&target), before);
    assert_eq!(target.mails(), 0);
}

#[test]
fn a_folder_that_grows_is_synced() {
    let from = tempfile::tempdir().unwrap();
    let row = |id: &str, status: &str| {
        format!(
            "{{\"id\":\"{id}\",\"subject\":\"Ticket {id}\",\"status\":\"{status}\",\"channel\":\"email\"}}\n"
        )
    };
    let message = |id: &str, ticket: &str| {
        format!(
            "{{\"id\":\"{id}\",\"conversation_id\":\"{ticket}\",\"author\":{{\"kind\":\"system\"}},\"channel\":\"email\",\"direction\":\"inbound\",\"visibility\":\"public\",\"text\":\"Message {id}\"}}\n"
        )
    };
    let append = |name: &str, text: &str| {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(from.path().join(name))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    append(
        "conversations.jsonl",
        &(row("1", "open") + &row("2", "open")),
    );
    append(
        "messages.jsonl",
        &(message("m1", "1") + &message("m2", "2")),
    );
    let project = Project::new(&format!(
        "[source]\nconnector = \"files\"\npath = {:?}\n[target]\nconnector = \"files\"\npath = \"out\"\n",
        from.path()
    ));
    project.expect(0, &["migrate"]);
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
    append("conversations.jsonl", &row("1", "solved"));
    append("messages.jsonl", &message("m3", "1"));
    let done = synced(&project, 0, &[]);
    assert_eq!(count(&done, "conversation", "update"), 1, "{done}");
    assert_eq!(count(&done, "message", "create"), 1, "{done}");
    let (told, _) = project.expect(0, &["verify"]);
    assert!(told.contains("0 differ, 0 missing"), "{told}");
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
}
