//! Desks and networks at their worst: a run ends complete all the same.

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};
use crate::{migrate, zendesk};

/// One request in five goes wrong, in every way there is.
fn one_in_five(seed: u64) -> Faults {
    Faults {
        seed,
        too_many: 0.03,
        server_error: 0.05,
        error_after_write: 0.03,
        reset: 0.02,
        reset_after_write: 0.02,
        cut_body: 0.02,
        html: 0.02,
        timeout: 0.01,
        search_lag: 60,
        ..Faults::default()
    }
}

/// Faults that a desk has answered with.
fn injected(desk: &Desk) -> u64 {
    let outcomes = desk.stats()["outcomes"].clone();
    let outcomes = outcomes.as_object().unwrap();
    outcomes
        .iter()
        // A number below 500 is an answer, also when it is a refusal.
        .filter(|(name, _)| name.parse::<u16>().map_or(true, |status| status >= 500))
        .map(|(_, count)| count.as_u64().unwrap())
        .sum()
}

/// Runs until nothing is left to try again, three times at most.
fn migrate_until_done(project: &Project) -> usize {
    for run in 1..=3 {
        project.run(&["migrate", "--quiet", "--no-verify"]);
        if project.run(&["verify", "--quiet"]).status.code() == Some(0) {
            return run;
        }
    }
    let (told, _) = project.expect(0, &["status"]);
    let compared = project.run(&["verify", "--quiet"]).stdout;
    let compared = String::from_utf8_lossy(&compared);
    panic!("not complete after three runs:\n{told}\n{compared}");
}

#[test]
fn zendesk_to_freshdesk_with_one_request_in_five_going_wrong() {
    let source = Desk::with("zendesk", Some("zendesk"), &[], one_in_five(1));
    let target = quiet_freshdesk(Faults::default());
    target.faults(&one_in_five(2));
    let project = Project::between(&source, &target);
    let runs = migrate_until_done(&project);
    let (read, written) = (injected(&source), injected(&target));
    target.faults(&Faults::default());
    eprintln!("{runs} runs, {read} and {written} faults");
    assert!(read > 10 && written > 100, "{read} and {written} faults");
    migrate::assert_each_ticket_and_note_once(&target);
    assert_eq!(target.mails(), 0);
}

#[test]
fn zendesk_to_zendesk_with_one_request_in_five_going_wrong() {
    let source = Desk::with("zendesk", Some("zendesk"), &[], one_in_five(3));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    target.faults(&one_in_five(4));
    let project = Project::between(&source, &target);
    let runs = migrate_until_done(&project);
    let (read, written) = (injected(&source), injected(&target));
    target.faults(&Faults::default());
    eprintln!("{runs} runs, {read} and {written} faults");
    assert!(read > 10 && written > 20, "{read} and {written} faults");
    zendesk::assert_each_ticket_once(&target, zendesk::TICKETS);
    assert_eq!(target.mails(), 0);
}
