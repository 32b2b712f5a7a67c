//! One person is forgotten, and an archive tells of nobody.

use std::path::{Path, PathBuf};

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_zendesk};

/// Every field filled, and several conversations.
const ANNA: &str = "360000002001";

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        match entry.unwrap().path() {
            path if path.is_dir() => files(&path, into),
            path => into.push(path),
        }
    }
}

/// All files below a folder, as text.
fn all(folder: &Path) -> String {
    let mut list = Vec::new();
    files(folder, &mut list);
    let text = |path: PathBuf| {
        format!(
            "{}\n{}\n",
            path.display(),
            String::from_utf8_lossy(&std::fs::read(&path).unwrap())
        )
    };
    list.into_iter().map(text).collect()
}

#[test]
fn a_person_is_forgotten_everywhere() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    project.expect(0, &["archive", "before", "--quiet"]);
    let user = source.get(&format!("/api/v2/users/{ANNA}"));
    let (name, email) = (
        user["user"]["name"].as_str().unwrap().to_owned(),
        user["user"]["email"].as_str().unwrap().to_owned(),
    );
    assert!(all(&project.path("before")).contains(&email));
    let posts = target.calls("POST ");

    // A preview changes nothing.
    let (told, said) = project.expect(0, &["forget", &email]);
    assert!(
        told.contains("contacts") && told.contains("conversations"),
        "{told}"
    );
    assert!(told.contains("still on the target"), "{told}");
    assert!(said.contains("nothing was changed"), "{said}");
    assert!(all(&project.path("before")).contains(&email));

    project.expect(0, &["forget", &email, "--archive", "before", "--yes"]);
    project.expect(0, &["archive", "after", "--quiet"]);
    project.run(&["report", "--html", "report.html", "--quiet"]);
    let (report, _) = project.expect(0, &["report", "--json"]);
    for (place, text) in [
        ("the ledger and all beside it", all(project.folder.path())),
        ("the report", report),
    ] {
        let lower = text.to_lowercase();
        assert!(!lower.contains(&email.to_lowercase()), "{email} in {place}");
        assert!(!lower.contains(&name.to_lowercase()), "{name} in {place}");
    }
    // All others are there still.
    let others = all(&project.path("after"));
    assert!(others.contains("360000002003"));
    assert_eq!(
        std::fs::read_to_string(project.path("before/contacts.jsonl")).unwrap(),
        std::fs::read_to_string(project.path("after/contacts.jsonl")).unwrap(),
        "the old archive is what a new one is"
    );
    // Nobody is there to be forgotten again, and nothing is written twice.
    let (_, error) = project.expect(2, &["forget", &email]);
    assert!(error.contains("knows nobody"), "{error}");
    project.run(&["push", "--quiet"]);
    let again = target.calls("POST /api/v2/imports") + target.calls("POST /api/v2/users");
    assert!(again <= posts, "{again} after {posts}");
}

#[test]
fn a_redacted_archive_tells_of_nobody_and_fits_together() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.run(&["pull", "--quiet"]);
    project.expect(0, &["archive", "open", "--quiet"]);
    project.expect(0, &["archive", "redacted", "--redact", "--quiet"]);
    project.expect(0, &["archive", "again", "--redact", "--quiet"]);
    let redacted = all(&project.path("redacted"));
    let open = std::fs::read_to_string(project.path("open/contacts.jsonl")).unwrap();
    let mut looked_for = 0;
    for line in open.lines() {
        let contact: serde_json::Value = serde_json::from_str(line).unwrap();
        for identity in contact["identities"].as_array().into_iter().flatten() {
            let value = identity["value"].as_str().unwrap();
            if value.contains('@') {
                looked_for += 1;
                assert!(
                    !redacted.to_lowercase().contains(&value.to_lowercase()),
                    "{value}"
                );
            }
        }
    }
    assert!(looked_for > 10, "{looked_for}");
    assert!(!project.path("redacted/blobs").exists(), "bytes of files");
    for kind in ["contacts", "messages"] {
        let read = |folder: &str| {
            std::fs::read_to_string(project.path(&format!("{folder}/{kind}.jsonl"))).unwrap()
        };
        assert_eq!(read("redacted"), read("again"), "pseudonyms are stable");
        assert_eq!(
            read("redacted").lines().count(),
            read("open").lines().count()
        );
    }
}
