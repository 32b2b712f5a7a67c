//! Copies of the ledger, and what becomes of a damaged one.

use std::io::{Seek, SeekFrom, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk};
use crate::migrate;

#[test]
fn a_backup_during_a_run_is_whole() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults {
        slow_ms: 20,
        ..Faults::default()
    });
    let project = Project::between(&source, &target);
    let mut run = project
        .command(&["migrate", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while target.calls("POST tickets") < 1 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut taken = 0;
    while run.try_wait().unwrap().is_none() {
        project.expect(0, &["backup", "copy.ledger"]);
        taken += 1;
        let copy = rusqlite::Connection::open(project.path("copy.ledger")).unwrap();
        let said: String = copy
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(said, "ok");
        // What a receipt stands for is there, in a copy as in the ledger.
        let strays: u64 = copy
            .query_row(
                "SELECT count(*) FROM receipts w WHERE w.kind = 7 AND NOT EXISTS
                   (SELECT 1 FROM records r WHERE r.kind = w.kind AND r.id = w.id)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(strays, 0);
    }
    assert!(taken > 0, "the run was over too soon");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(project.path("copy.ledger")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    project.append("[ledger]\nfile = \"copy.ledger\"");
    let (out, _) = project.expect(0, &["status"]);
    assert!(out.contains("from zendesk:acme"), "{out}");
}

#[test]
fn no_other_file_is_overwritten() {
    let project = migrated();
    std::fs::write(project.1.path("notes.txt"), "mine").unwrap();
    project.1.expect(2, &["backup", "notes.txt"]);
    project.1.expect(2, &["backup", "deskferry.ledger"]);
    let notes = std::fs::read_to_string(project.1.path("notes.txt")).unwrap();
    assert_eq!(notes, "mine");
}

type Desks = (Desk, Desk);

fn migrated() -> (Desks, Project) {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    ((source, target), project)
}

fn forget_log(project: &Project) {
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(project.path(&format!("deskferry.ledger{end}")));
    }
}

#[test]
fn a_damaged_ledger_is_refused_and_its_backup_goes_on() {
    let ((source, target), project) = migrated();
    let before = deskferry::schema::Date::now();
    project.expect(0, &["backup", "copy.ledger"]);
    // What is written now is not in the copy.
    let tickets = target.calls("POST tickets");
    source.post(
        "/api/v2/tickets",
        &serde_json::json!({"ticket": {"subject": "After the backup", "comment": {"body": "New."}}}),
    );
    source.advance(3600);
    project.expect(0, &["sync", "--quiet"]);
    assert_eq!(target.calls("POST tickets"), tickets + 1);

    let ledger = project.path("deskferry.ledger");
    // Pages that are in the log still would be read from there.
    let file = rusqlite::Connection::open(&ledger).unwrap();
    let mode = file.query_row("PRAGMA journal_mode = DELETE", [], |row| {
        row.get::<_, String>(0)
    });
    assert_eq!(mode.unwrap(), "delete");
    drop(file);
    let size = std::fs::metadata(&ledger).unwrap().len();
    for (from, to) in [(0, 64), (4096, 12_288), (size / 2, size / 2 + 40_960)] {
        let whole = std::fs::read(&ledger).unwrap();
        let mut file = std::fs::File::options().write(true).open(&ledger).unwrap();
        file.seek(SeekFrom::Start(from)).unwrap();
        file.write_all(&vec![0xa5; (to - from) as usize]).unwrap();
        drop(file);
        let (_, err) = project.expect(1, &["migrate", "--quiet"]);
        assert!(err.contains("deskferry backup"), "{from}: {err}");
        assert!(err.contains("--lost-since"), "{from}: {err}");
        forget_log(&project);
        std::fs::write(&ledger, whole).unwrap();
    }
    assert_eq!(target.calls("POST tickets"), tickets + 1);

    forget_log(&project);
    std::fs::copy(project.path("copy.ledger"), &ledger).unwrap();
    let since = before.to_string();
    project.expect(
        3,
        &["migrate", "--quiet", "--no-verify", "--lost-since", &since],
    );
    assert_eq!(target.calls("POST tickets"), tickets + 1, "it was found");
    let (_, err) = project.expect(0, &["sync"]);
    assert!(!err.contains("may be missing"), "all is found: {err}");
}

#[test]
fn with_a_new_ledger_everything_is_found_again() {
    let ((_source, target), project) = migrated();
    for file in std::fs::read_dir(project.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains("deskferry.ledger") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let posts = target.calls("POST tickets");
    project.expect(3, &["migrate", "--quiet", "--lost-since", "2020-01-01"]);
    assert_eq!(target.calls("POST tickets"), posts);
    // Whatever was found gets the latest version, translations too.
    let (out, _) = project.expect(3, &["migrate", "--json"]);
    assert!(out.contains("article.translation"), "{out}");
    assert!(!out.contains("refused /api"), "{out}");
    migrate::assert_each_ticket_and_note_once(&target);
    project.expect(0, &["verify", "--quiet"]);
}
