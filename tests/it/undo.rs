//! `rollback` and `retry`: what was written is taken back, what failed is tried again.

use std::process::Stdio;

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::{Value, json};

use crate::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};

fn json_of(out: &str) -> Value {
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

fn tickets(desk: &Desk) -> Vec<Value> {
    let path = "/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100";
    desk.get(path).as_array().unwrap().clone()
}

fn contacts(desk: &Desk) -> Vec<Value> {
    let list = desk.get("/api/v2/contacts?per_page=100");
    list.as_array().unwrap().clone()
}

#[test]
fn what_we_created_goes_and_what_somebody_touched_stays() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let before = (tickets(&target).len(), contacts(&target));
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let all = tickets(&target);
    assert!(all.len() >= before.0 + 60);

    // An agent goes on with one of the tickets.
    let worked_on = all[7]["id"].as_u64().unwrap();
    target.put(
        &format!("/api/v2/tickets/{worked_on}"),
        &json!({ "subject": "Renamed by somebody" }),
    );

    let deletes = target.calls("DELETE ");
    let (out, _) = project.expect(0, &["rollback", "--json"]);
    let planned = json_of(&out);
    assert_eq!(planned["deleted"]["conversation"], 59, "{planned}");
    assert_eq!(planned["kept"]["conversation"], 1, "{planned}");
    assert_eq!(
        target.calls("DELETE "),
        deletes,
        "a preview deletes nothing"
    );

    let (out, _) = project.expect(3, &["rollback", "--yes", "--json"]);
    let done = json_of(&out);
    assert_eq!(done["deleted"], planned["deleted"], "as previewed");
    let left: Vec<u64> = tickets(&target)
        .iter()
        .map(|ticket| ticket["id"].as_u64().unwrap())
        .collect();
    assert!(left.contains(&worked_on));
    assert_eq!(left.len(), before.0 + 1);
    // Who was there before is there still, and the customer of what stays, too.
    let now = contacts(&target);
    for contact in &before.1 {
        assert!(now.iter().any(|known| known["id"] == contact["id"]));
    }
    assert!(now.len() <= before.1.len() + 3, "{}", now.len());

    project.expect(3, &["rollback", "--yes", "--touched", "--quiet"]);
    assert_eq!(tickets(&target).len(), before.0);
    assert_eq!(target.mails(), 0);
}

#[test]
fn a_rollback_that_was_killed_goes_on() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let slow = Faults {
        slow_ms: 5,
        ..Faults::default()
    };
    let target = quiet_zendesk(&["users_bulk"], slow);
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let begun = target.calls("DELETE ");
    let mut run = project
        .command(&["rollback", "--yes", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while target.calls("DELETE ") < begun + 20 {
        assert!(run.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    // Groups and fields stay: others may use them.
    project.expect(3, &["rollback", "--yes", "--quiet"]);
    let (out, _) = project.expect(0, &["rollback", "--json"]);
    let left = json_of(&out);
    assert_eq!(left["deleted"], json!({}), "{left}");
    assert!(left["kept"].get("conversation").is_none(), "{left}");
    let page = target.get("/api/v2/tickets.json");
    assert_eq!(page["tickets"].as_array().unwrap().len(), 0, "{page}");
    assert_eq!(target.mails(), 0);
}

#[test]
fn a_retry_does_what_failed_and_nothing_else() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    target.faults(&Faults {
        planned: vec![Planned {
            on: "POST /api/v2/companies".into(),
            fault: Fault::ServerError,
            after: 0,
            times: 1000,
        }],
        ..Faults::default()
    });
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let (out, _) = project.expect(0, &["status", "--json"]);
    assert!(out.contains("organization"), "{out}");
    target.faults(&Faults::default());

    let before = target.calls("POST tickets");
    let (out, _) = project.expect(3, &["retry", "--kind", "organization", "--json"]);
    let retried = json_of(&out);
    assert_eq!(retried["before"][0]["kind"], "organization", "{retried}");
    let left = retried["after"].as_array().unwrap();
    assert!(
        left.iter().all(|group| group["kind"] != "organization"),
        "{retried}"
    );
    assert_eq!(target.calls("POST tickets"), before);
    // Nothing of that kind is left to try.
    let (out, _) = project.expect(3, &["retry", "--kind", "organization"]);
    assert!(out.contains("nothing to do"), "{out}");
    // The four files that are gone are tried, and are gone still.
    let (out, _) = project.expect(3, &["retry", "--kind", "attachment", "--json"]);
    let groups = json_of(&out)["before"].as_array().unwrap().clone();
    let files: u64 = groups
        .iter()
        .map(|group| group["count"].as_u64().unwrap())
        .sum();
    assert_eq!(files, 4, "{out}");
    assert_eq!(target.mails(), 0);
}
