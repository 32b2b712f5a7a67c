//! A full disk, really full: writes fail while a migration runs. The run says
//! what is full and stops; with space the same command finishes everything.

use std::path::Path;
use std::process::{Command, Output};

use deskferry::sandbox::Faults;
use sha2::{Digest, Sha256};

use crate::desks::{Desk, Project, quiet_freshdesk};
use crate::migrate::{CONVERSATIONS, notes, tickets_by_mark};

/// What a run on a full disk says: which file, and what to do. Gives the message.
#[track_caller]
fn assert_says_so(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let message = err.lines().find(|line| line.starts_with("error:"));
    let message = message.unwrap_or_else(|| panic!("no error: {err}"));
    assert!(message.contains("deskferry."), "which file? {err}");
    assert!(err.contains("\nhint:"), "{err}");
    assert!(err.contains("run the same command again"), "{err}");
    assert!(!err.contains("panicked"), "{err}");
    message.to_owned()
}

/// The database is sound, and bytes of attachments are whole or not there.
#[track_caller]
fn assert_nothing_is_damaged(folder: &Path) {
    let path = folder.join("deskferry.ledger");
    let ledger = rusqlite::Connection::open(&path).unwrap();
    let check: String = ledger
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let Ok(folders) = folder.join("deskferry.blobs").read_dir() else {
        return;
    };
    for entry in folders {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Has no final name: the next run removes it.
        if name.starts_with("fetching-") {
            continue;
        }
        for blob in entry.path().read_dir().unwrap() {
            let blob = blob.unwrap();
            let sum = Sha256::digest(std::fs::read(blob.path()).unwrap());
            assert_eq!(hex::encode(sum), blob.file_name().into_string().unwrap());
        }
    }
}

#[cfg(unix)]
#[test]
fn files_that_cannot_grow_stop_the_run_and_the_next_one_finishes() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let undisturbed = quiet_freshdesk(Faults::default());
    Project::between(&source, &undisturbed).expect(3, &["migrate", "--quiet", "--no-verify"]);
    let expected = notes(&undisturbed, &tickets_by_mark(&undisturbed));

    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    // No file may be longer than this: each run comes a little further than the last.
    let mut stops: Vec<String> = Vec::new();
    for kilobytes in [16, 64, 150, 300, 450, 600, 900, 1300, 2000] {
        let output = limited(&project, kilobytes, &["migrate", "--quiet", "--no-verify"]);
        if output.status.code() == Some(3) {
            break;
        }
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        stops.push(format!("{kilobytes} KB: {}", assert_says_so(&output)));
        assert_nothing_is_damaged(project.folder.path());
    }
    assert!(stops.len() >= 4, "{stops:#?}");

    let blobs = project.folder.path().join("deskferry.blobs");
    std::fs::write(blobs.join("fetching-0"), "of a run that died").unwrap();
    project.expect(3, &["migrate", "--quiet"]);
    assert_nothing_is_damaged(project.folder.path());
    for entry in blobs.read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert!(path.is_dir(), "{} was left behind", path.display());
    }
    let marks = tickets_by_mark(&target);
    assert_eq!(marks.len(), CONVERSATIONS, "{:?}", marks.keys());
    assert_eq!(notes(&target, &marks), expected);
    project.expect(0, &["verify", "--quiet"]);
}

/// Runs the program with a limit for the length of files, as a quota would set it.
#[cfg(unix)]
fn limited(project: &Project, kilobytes: u32, arguments: &[&str]) -> Output {
    let plain = project.command(arguments);
    let mut command = Command::new("sh");
    // Without the signal, a write that is too long fails as on a full disk.
    command
        .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\""])
        // Blocks of 512 bytes.
        .arg((kilobytes * 2).to_string())
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(project.folder.path())
        .stdin(std::process::Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.output().unwrap()
}

/// Runs `script` where it may mount a disk of its own; `None` where the system does not allow it.
#[cfg(target_os = "linux")]
fn with_own_mounts(project: &Project, script: &str) -> Option<Output> {
    let unshare = ["--user", "--map-root-user", "--mount"];
    let allowed = Command::new("unshare")
        .args(unshare)
        .args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !allowed {
        eprintln!("skipped: this system does not let us mount a small disk");
        return None;
    }
    let plain = project.command(&[]);
    let mut command = Command::new("unshare");
    command
        .args(unshare)
        .args(["sh", "-c", script])
        .arg(plain.get_program())
        .current_dir(project.folder.path())
        .stdin(std::process::Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    Some(command.output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_run_and_the_next_one_finishes() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let script = r#"
        mkdir disk && mount -t tmpfs -o size=64k tmpfs disk && cp deskferry.toml disk && cd disk || exit 77
        for size in 64k 1m 2m 3m 4m 6m; do
            mount -o remount,size=$size tmpfs . || exit 77
            "$0" migrate --quiet --no-verify 2> ../full-$size
            echo "$size $?"
        done
        mount -o remount,size=1g tmpfs . || exit 77
        "$0" migrate --quiet > /dev/null || echo "whole $?"
        "$0" verify --quiet > /dev/null && echo verified
        cp -r deskferry.ledger deskferry.blobs ..
    "#;
    let Some(output) = with_own_mounts(&project, script) else {
        return;
    };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}{err}");
    let mut stops = 0;
    for size in ["64k", "1m", "2m", "3m", "4m", "6m"] {
        let said = std::fs::read(project.folder.path().join(format!("full-{size}"))).unwrap();
        if !told.contains(&format!("{size} 1\n")) {
            assert!(told.contains(&format!("{size} 3\n")), "{told}{err}");
            continue;
        }
        stops += 1;
        assert_says_so(&Output {
            status: output.status,
            stdout: Vec::new(),
            stderr: said,
        });
    }
    assert!(stops >= 3, "{told}{err}");
    assert!(told.contains("whole 3\n"), "{told}{err}");
    assert!(told.contains("verified"), "{told}{err}");
    assert_nothing_is_damaged(project.folder.path());
    let marks = tickets_by_mark(&target);
    assert_eq!(marks.len(), CONVERSATIONS, "{:?}", marks.keys());
    notes(&target, &marks);
}
