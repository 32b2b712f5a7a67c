//! Whole migrations with the real program, between simulated desks.

use std::collections::BTreeMap;

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk};

/// Conversations of `fixtures/zendesk` that can still be read.
pub const CONVERSATIONS: usize = 60;

/// Their notes and replies on Freshdesk, with those that we add: five tell
/// relations, three ratings.
const NOTES: usize = 385;

/// Every ticket of a Freshdesk account by the mark that we leave on it, asked
/// from the simulated desk itself.
pub fn tickets_by_mark(desk: &Desk) -> BTreeMap<String, Vec<u64>> {
    let mut marks: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for page in 1..=10 {
        let tickets = desk.get(&format!(
            "/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100&page={page}"
        ));
        let tickets = tickets.as_array().unwrap();
        for ticket in tickets {
            let mark = ticket["custom_fields"]["cf_deskferry_id"].as_str();
            marks
                .entry(mark.unwrap_or("unmarked").to_owned())
                .or_default()
                .push(ticket["id"].as_u64().unwrap());
        }
        if tickets.len() < 100 {
            break;
        }
    }
    marks
}

/// Conversations of each ticket: how many notes, and none twice.
pub fn notes(desk: &Desk, tickets: &BTreeMap<String, Vec<u64>>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (mark, ids) in tickets {
        assert_eq!(ids.len(), 1, "{mark} is there {} times", ids.len());
        let mut all = 0;
        for page in 1..=10 {
            let path = format!(
                "/api/v2/tickets/{}/conversations?per_page=100&page={page}",
                ids[0]
            );
            let count = desk.get(&path).as_array().unwrap().len();
            all += count;
            if count < 100 {
                break;
            }
        }
        counts.insert(mark.clone(), all);
    }
    counts
}

/// Each conversation of the fixture is there once, with every message.
#[track_caller]
pub fn assert_each_ticket_and_note_once(desk: &Desk) {
    let marks = tickets_by_mark(desk);
    assert_eq!(marks.len(), CONVERSATIONS, "{:?}", marks.keys());
    let counts = notes(desk, &marks);
    let all: usize = counts.values().sum();
    assert_eq!(all, NOTES, "{counts:?}");
}

#[test]
fn zendesk_to_freshdesk_is_previewed_moved_verified_and_silent() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);

    let (out, _) = project.expect(0, &["preview", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let losses = plan["losses"].as_array().unwrap();
    assert!(
        losses.iter().any(|loss| loss["field"] == "message.sent_at"),
        "dates are declared before anything is written"
    );
    assert_eq!(target.calls("POST "), 0, "a preview writes nothing");

    // Four files of the fixture are gone on the source.
    project.expect(3, &["migrate", "--quiet"]);
    let marks = tickets_by_mark(&target);
    assert_eq!(marks.len(), CONVERSATIONS, "{:?}", marks.keys());
    let counts = notes(&target, &marks);
    let longest = counts.values().max().copied().unwrap();
    assert_eq!(longest, 299, "300 messages: one is the description");
    project.expect(0, &["verify", "--quiet"]);
    assert_eq!(target.mails(), 0, "{}", target.stats()["mails"]);
    for desk in [&source, &target] {
        assert_eq!(desk.stats()["violations"], serde_json::json!({}));
    }

    // The field that the account refuses because it has one of that name is tried again.
    let writes = || {
        let all = target.calls("POST ") + target.calls("PUT ");
        all - target.calls("POST fields")
    };
    let before = writes();
    project.expect(3, &["migrate", "--quiet"]);
    assert_eq!(writes(), before, "a second run writes nothing");
}

#[test]
fn killed_at_ten_moments_each_record_is_there_once() {
    let slow = Faults {
        slow_ms: 4,
        ..Faults::default()
    };
    let source = Desk::start("zendesk", Some("zendesk"));
    let undisturbed = quiet_freshdesk(Faults::default());
    Project::between(&source, &undisturbed).expect(3, &["migrate", "--quiet"]);
    let expected = notes(&undisturbed, &tickets_by_mark(&undisturbed));

    let target = quiet_freshdesk(slow);
    let project = Project::between(&source, &target);
    let mut kills = 0;
    // Moments spread over a run of some seconds; where they fall differs each time.
    for moment in [
        150, 400, 650, 900, 1200, 1500, 1800, 2100, 2400, 2700, 3000, 3500,
    ] {
        let mut child = project
            .command(&["migrate", "--quiet", "--no-verify"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(moment));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        if kills == 10 {
            break;
        }
    }
    assert!(
        kills >= 5,
        "only {kills} runs were cut off: the desk is too small or too fast"
    );
    project.expect(3, &["migrate", "--quiet"]);
    let marks = tickets_by_mark(&target);
    assert_eq!(marks.len(), CONVERSATIONS, "{:?}", marks.keys());
    assert_eq!(
        notes(&target, &marks),
        expected,
        "as after a run that nobody disturbed"
    );
    project.expect(0, &["verify", "--quiet"]);
    assert_eq!(target.mails(), 0, "{}", target.stats()["mails"]);
}
