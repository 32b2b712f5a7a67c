//! This machine's clock is not the desks': whatever is looked for by time goes
//! by theirs.

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::json;

use crate::desks::{Desk, Project, lines, quiet_freshdesk};
use crate::migrate;

/// So far this machine is ahead of a desk, in seconds: more than any overlap
/// of two runs.
const AHEAD: i64 = 7200;

fn updates(project: &Project, kind: &str) -> u64 {
    let (out, _) = project.expect(0, &["sync", "--json"]);
    let synced = lines(&out, "synced").remove(0);
    let rows = synced["written"].as_array().unwrap().iter();
    rows.filter(|row| row["kind"] == kind && row["action"] == "update")
        .map(|row| row["count"].as_u64().unwrap())
        .sum()
}

#[test]
fn a_clock_that_is_ahead_or_jumps_hides_no_change_from_a_sync() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    source.advance(-AHEAD);
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet", "--no-verify"]);
    let people = source.get("/api/v2/contacts?per_page=100");
    let person = people[0]["id"].as_u64().unwrap();
    let rename = |name: &str| {
        let path = format!("/api/v2/contacts/{person}");
        source.put(&path, &json!({ "name": name }));
    };
    rename("Skipper");
    assert_eq!(updates(&project, "contact"), 1);
    // The clock is put right: for the desk this machine jumps back, and ahead again.
    source.advance(AHEAD);
    rename("Harbour master");
    assert_eq!(updates(&project, "contact"), 1);
    source.advance(AHEAD);
    rename("Pilot");
    assert_eq!(updates(&project, "contact"), 1);
    project.expect(0, &["verify", "--quiet"]);
}

#[test]
fn what_a_desk_behind_this_machine_created_is_found_again() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let lost = |on: &str, after| Planned {
        on: on.into(),
        fault: Fault::ResetAfterWrite,
        after,
        times: 2,
    };
    let target = quiet_freshdesk(Faults {
        planned: vec![
            lost("POST /api/v2/tickets", 3),
            lost("POST /api/v2/tickets", 60),
            lost("POST /api/v2/contacts", 2),
            lost("POST /api/v2/solutions", 3),
        ],
        ..Faults::default()
    });
    target.advance(-AHEAD);
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    assert!(target.stats()["outcomes"]["reset_after_write"].as_u64() >= Some(6));
    migrate::assert_each_ticket_and_note_once(&target);
    assert_eq!(target.mails(), 0);
    project.expect(0, &["verify", "--quiet"]);
}
