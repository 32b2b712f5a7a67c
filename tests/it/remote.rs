//! Jobs whose folder goes away: the ledger is kept elsewhere.

use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};
use crate::{migrate, zendesk};

/// A folder that stands for the bucket.
struct Bucket(tempfile::TempDir);

impl Bucket {
    fn new() -> Bucket {
        Bucket(tempfile::tempdir().unwrap())
    }

    /// A job in an empty folder.
    fn job(&self, source: &Desk, target: &Desk) -> Project {
        let project = Project::between(source, target);
        let place = self.0.path().display();
        project.append(&format!("[ledger]\nremote = \"file://{place}/acme\""));
        project
    }

    fn has(&self, object: &str) -> bool {
        self.0.path().join("acme").join(object).exists()
    }
}

fn slow() -> Faults {
    Faults {
        slow_ms: 20,
        ..Faults::default()
    }
}

#[track_caller]
fn wait_until(what: &str, ready: impl Fn() -> bool) {
    let begun = Instant::now();
    while !ready() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "waiting for {what}"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn start(project: &Project, arguments: &[&str]) -> std::process::Child {
    let mut command = project.command(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn a_job_goes_on_where_another_one_ended_without_reading_all_again() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let bucket = Bucket::new();
    let first = bucket.job(&source, &target);
    first.expect(3, &["migrate", "--quiet"]);
    assert!(!bucket.has("lock.json"), "the lock is given back");
    let saves = std::fs::read_dir(bucket.0.path().join("acme/saves")).unwrap();
    assert_eq!(saves.count(), 1, "copies that nothing names are removed");
    migrate::assert_each_ticket_and_note_once(&target);

    let counted = |target: &Desk| {
        ["POST tickets", "POST ticket_notes", "POST contacts"].map(|route| target.calls(route))
    };
    let (read, written) = (source.calls(""), counted(&target));
    let second = bucket.job(&source, &target);
    let (out, _) = second.expect(0, &["status"]);
    assert!(out.contains("from zendesk:acme"), "{out}");
    let third = bucket.job(&source, &target);
    let (out, err) = third.expect(0, &["sync"]);
    assert!(!err.contains("may be missing"), "{err}");
    assert_eq!(counted(&target), written, "nothing is written: {out}");
    let again = source.calls("") - read;
    assert!(again * 2 < read, "{again} requests after {read}");
    let blobs = third.path("deskferry.blobs");
    let fetched = std::fs::read_dir(blobs).map_or(0, |folder| folder.count());
    assert_eq!(
        fetched, 0,
        "files that are on the target stay where they are"
    );
    third.expect(0, &["verify", "--quiet"]);
}

#[test]
fn images_that_stood_in_a_text_travel_with_the_ledger() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let bucket = Bucket::new();
    // Its folder is of no use to the next one.
    bucket.job(&source, &target).expect(3, &["pull", "--quiet"]);
    let second = bucket.job(&source, &target);
    second.expect(3, &["migrate", "--quiet"]);
    let (told, _) = second.expect(0, &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let problems = status["problems"].to_string();
    assert!(problems.contains("gone.txt"), "{problems}");
    assert!(!problems.contains("image-1.png"), "{problems}");
    let written = second.expect(0, &["report", "-o", "receipts.csv"]);
    let receipts = std::fs::read_to_string(second.path("receipts.csv")).unwrap();
    assert!(receipts.contains("-embedded-1"), "{written:?}");
}

#[test]
fn of_two_jobs_the_second_is_told_who_is_first() {
    // So slow that the first job is still there when the second has watched it.
    let crawling = Faults {
        slow_ms: 500,
        ..Faults::default()
    };
    let source = Desk::with("zendesk", Some("zendesk"), &[], crawling);
    let target = quiet_freshdesk(Faults::default());
    let bucket = Bucket::new();
    let first = bucket.job(&source, &target);
    let mut run = start(&first, &["migrate"]);
    wait_until("the lock", || bucket.has("lock.json"));
    let second = bucket.job(&source, &target);
    let (_, err) = second.expect(6, &["sync"]);
    assert!(err.contains("`deskferry migrate`"), "{err}");
    assert!(err.contains(&format!("process {}", run.id())), "{err}");
    let (_, err) = second.expect(6, &["sync", "--break-lock"]);
    assert!(err.contains("that job is alive"), "{err}");
    source.faults(&Faults::default());
    assert_eq!(run.wait().unwrap().code(), Some(3));
    migrate::assert_each_ticket_and_note_once(&target);
}

/// Jobs that die after so many requests, each in a folder of its own.
fn die_again_and_again(target: &Desk, deaths: &[(&str, u64)], census: impl Fn(&Desk)) {
    let source = Desk::start("zendesk", Some("zendesk"));
    let bucket = Bucket::new();
    for (route, more) in deaths {
        let job = bucket.job(&source, target);
        let base = target.calls(route);
        let mut run = start(&job, &["migrate", "--break-lock"]);
        wait_until("the moment to kill it", || {
            target.calls(route) >= base + more
        });
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let last = bucket.job(&source, target);
    let (_, err) = last.expect(6, &["migrate"]);
    assert!(err.contains("--break-lock"), "{err}");
    let (_, err) = last.expect(3, &["migrate", "--break-lock", "--no-verify"]);
    assert!(err.contains("broke the lock of"), "{err}");
    assert!(err.contains("receipts since"), "{err}");
    census(target);
    assert_eq!(target.mails(), 0);
    let checker = bucket.job(&source, target);
    checker.expect(0, &["verify", "--quiet"]);
}

#[test]
fn what_dead_jobs_wrote_is_found_by_marks_and_reading_back() {
    let target = quiet_freshdesk(slow());
    die_again_and_again(
        &target,
        &[("POST", 50); 3],
        migrate::assert_each_ticket_and_note_once,
    );
}

#[test]
fn what_dead_jobs_wrote_is_found_by_external_ids() {
    let target = quiet_zendesk(&["users_bulk"], slow());
    let import = "POST /api/v2/imports/tickets/create_many";
    // The last one leaves tickets whose receipts nobody has.
    die_again_and_again(
        &target,
        &[("POST", 4), ("POST", 4), (import, 1)],
        |target| {
            zendesk::assert_each_ticket_once(target, zendesk::TICKETS);
        },
    );
}

#[test]
fn the_folder_of_a_dead_job_still_has_its_receipts() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(slow());
    let bucket = Bucket::new();
    let job = bucket.job(&source, &target);
    let mut run = start(&job, &["migrate"]);
    wait_until("some tickets", || target.calls("POST tickets") >= 2);
    run.kill().unwrap();
    run.wait().unwrap();
    let (_, err) = job.expect(3, &["migrate", "--break-lock"]);
    assert!(!err.contains("may be missing"), "{err}");
    migrate::assert_each_ticket_and_note_once(&target);
}

#[test]
fn a_mistake_in_the_address_is_told_with_its_place() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.append("[ledger]\nremote = \"ftp://example.com/x\"");
    let (_, err) = project.expect(2, &["status"]);
    assert!(err.contains("s3://"), "{err}");
    assert!(err.contains("deskferry.toml:"), "{err}");
}
