//! Files and images of messages: moved, in parts, left behind, and what the
//! text says of it.

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::Value;
use sha2::Digest as _;

use super::desks::{Desk, Project, fixture, quiet, quiet_freshdesk, quiet_zendesk};

/// All comments of a Zendesk account, in order.
fn comments(desk: &Desk) -> Vec<Value> {
    // The export leaves out what was written within the last minute.
    desk.advance(3600);
    let page = desk.get(
        "/api/v2/incremental/ticket_events.json?start_time=0&per_page=1000&include=comment_events",
    );
    assert_eq!(page["end_of_stream"], true);
    let events = page["ticket_events"].as_array().unwrap();
    let all = events
        .iter()
        .flat_map(|event| event["child_events"].as_array().unwrap());
    all.filter(|child| child["event_type"] == "Comment")
        .cloned()
        .collect()
}

#[track_caller]
pub fn comment_with(desk: &Desk, text: &str) -> Value {
    let all = comments(desk);
    let mut found = all
        .iter()
        .filter(|comment| comment["html_body"].as_str().unwrap().contains(text));
    let comment = found.next().unwrap_or_else(|| panic!("no comment {text}"));
    assert!(found.next().is_none(), "{text} is there twice");
    comment.clone()
}

#[test]
fn images_are_shown_in_their_place_or_named_there() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet", "--deep"]);
    let comment = comment_with(&target, "images.example.com/remote.png");
    let html = comment["html_body"].as_str().unwrap();
    // What the text carried inside itself is a file of the account, and shown.
    let files = comment["attachments"].as_array().unwrap();
    let image = files.iter().find(|file| file["file_name"] == "image-1.gif");
    let address = image.unwrap()["content_url"].as_str().unwrap();
    assert!(html.contains(&format!("<img src=\"{address}\"")), "{html}");
    assert_eq!(target.bytes(address)[..6], *b"GIF89a");
    assert!(!html.contains("data:"), "{html}");
    // What could not be fetched is named where it was; others' images stay.
    assert!(
        html.contains("[expired.png is missing here: it could not be fetched] <img src="),
        "{html}"
    );
    assert!(!html.contains(&source.base_url), "{html}");
}

#[test]
fn a_target_that_cannot_place_images_names_them() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let mut shown = 0;
    for page in 1..=2 {
        let tickets = target.get(&format!(
            "/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100&include=description&page={page}"
        ));
        for ticket in tickets.as_array().unwrap() {
            let path = format!("/api/v2/tickets/{}/conversations", ticket["id"]);
            let notes = target.get(&path);
            for text in notes
                .as_array()
                .unwrap()
                .iter()
                .map(|note| &note["body"])
                .chain([&ticket["description"]])
            {
                let text = text.as_str().unwrap();
                let old = format!("src=\"{}", source.base_url);
                assert!(!text.contains(&old), "{text}");
                assert!(!text.contains("data:image"), "{text}");
                shown += text.matches(" is attached]").count();
            }
        }
    }
    assert!(shown >= 3, "{shown} images are named");
}

/// A Zendesk account that takes files of at most so many bytes.
fn small_zendesk(folder: &std::path::Path, limit: u64) -> Desk {
    let from = fixture("zendesk-target");
    for entry in std::fs::read_dir(&from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let path = folder.join("desk.json");
    let mut desk: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    desk["settings"]["limits"]["attachment_size"] = limit.into();
    std::fs::write(&path, desk.to_string()).unwrap();
    let seed = folder.to_string_lossy();
    quiet(Desk::with(
        "zendesk",
        Some(&seed),
        &["users_bulk"],
        Faults::default(),
    ))
}

#[test]
fn what_is_too_large_is_moved_in_parts_that_make_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = small_zendesk(folder.path(), 1_000_000);
    let project = Project::between(&source, &target);
    project.append("[attachments]\ntoo_large = \"split\"\n");
    let (out, _) = project.expect(0, &["preview", "--json"]);
    assert!(
        out.contains("in parts, and the text says so"),
        "not declared"
    );
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);

    let comment = comment_with(&target, "joined in this order they have the SHA-256");
    let html = comment["html_body"].as_str().unwrap();
    let (_, sum) = html.split_once("the SHA-256 ").unwrap();
    let mut whole = sha2::Sha256::new();
    let mut parts = 0;
    for file in comment["attachments"].as_array().unwrap() {
        let name = file["file_name"].as_str().unwrap();
        if !name.ends_with(&format!(".{:03}", parts + 1)) {
            continue;
        }
        parts += 1;
        whole.update(target.bytes(file["content_url"].as_str().unwrap()));
    }
    assert!(parts >= 5, "{comment}");
    assert_eq!(hex::encode(whole.finalize()), sum[..64]);
    // Again there is nothing to do.
    let uploads = target.calls("POST /api/v2/uploads");
    project.expect(3, &["migrate", "--quiet"]);
    assert_eq!(target.calls("POST /api/v2/uploads"), uploads);
}

#[test]
fn what_is_too_large_stays_in_the_archive_and_the_text_links_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = small_zendesk(folder.path(), 1_000_000);
    let project = Project::between(&source, &target);
    project.append("[attachments]\nlink = \"https://files.example.com/blobs/\"\n");
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let comment = comment_with(&target, "and the target takes 1000000]");
    let html = comment["html_body"].as_str().unwrap();
    let (_, link) = html
        .split_once("<a href=\"https://files.example.com/blobs/")
        .unwrap();
    // The link is the path below the folder of an archive.
    project.expect(0, &["archive", "all", "--quiet"]);
    let kept = project.path("all").join("blobs").join(&link[..67]);
    let size = std::fs::metadata(&kept).unwrap().len();
    assert!(html.contains(&format!("{size} bytes, and")), "{html}");
}

#[test]
fn files_stay_behind_where_the_policy_says_so() {
    let source = Desk::start("zendesk", Some("zendesk"));
    for (policy, fetched) in [("archive", true), ("skip", false)] {
        let target = quiet_zendesk(&["users_bulk"], Faults::default());
        let project = Project::between(&source, &target);
        project.append(&format!("[attachments]\npolicy = \"{policy}\"\n"));
        let (out, _) = project.expect(0, &["preview", "--json"]);
        assert!(out.contains("as the configuration says"), "not declared");
        project.run(&["migrate", "--quiet"]);
        project.expect(0, &["verify", "--quiet"]);
        assert_eq!(target.calls("POST /api/v2/uploads"), 0);
        comment_with(&target, "lamp.png is missing here: ");
        let blobs = project.path("deskferry.blobs");
        // The image that a text carries inside itself came with the text.
        let files = walk(&blobs);
        assert_eq!(files > 1, fetched, "{policy}: {files} files");
    }
}

fn walk(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .map(|entry| match entry.unwrap().path() {
            path if path.is_dir() => walk(&path),
            _ => 1,
        })
        .sum()
}

#[test]
fn a_download_that_breaks_off_goes_on() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    source.faults(&Faults {
        planned: vec![Planned {
            on: "GET /__files/".into(),
            fault: Fault::CutBody,
            after: 0,
            times: 4,
        }],
        ..Faults::default()
    });
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet", "--deep"]);
    let stats = source.stats();
    assert_eq!(stats["outcomes"]["cut_body"], 4);
    let rest = stats["outcomes"]["206"].as_u64().unwrap_or(0);
    // Of a small file nothing may have arrived, which is no beginning to go on from.
    assert!(rest >= 1, "{stats}");
    // The files are private: they need the account's credentials, and the host
    // that they lead to must not see them.
    assert_eq!(stats["violations"], serde_json::json!({}));
}

#[test]
fn a_ticket_waits_once_for_files_that_the_desk_fails_to_give() {
    for runs_that_fail in [1, 2] {
        let source = Desk::start("zendesk", Some("zendesk"));
        let target = quiet_zendesk(&["users_bulk"], Faults::default());
        let project = Project::between(&source, &target);
        for run in 1..=runs_that_fail {
            source.faults(&Faults {
                planned: vec![Planned {
                    on: "GET /__files/".into(),
                    fault: Fault::ServerError,
                    after: 0,
                    times: 100_000,
                }],
                ..Faults::default()
            });
            let code = if run == 1 { 4 } else { 3 };
            let (told, _) = project.expect(code, &["migrate", "--quiet"]);
            let waits = "its messages or files are not all here yet";
            assert_eq!(told.contains(waits), run == 1, "{told}");
        }
        source.faults(&Faults::default());
        project.expect(3, &["migrate", "--quiet"]);
        project.expect(0, &["verify", "--quiet", "--deep"]);
        let all = comments(&target);
        let names = |name: &str| {
            let mut files = all
                .iter()
                .flat_map(|one| one["attachments"].as_array().unwrap());
            files.any(|file| file["file_name"] == name)
        };
        let missing = all.iter().any(|one| {
            let html = one["html_body"].as_str().unwrap();
            html.contains("orders.csv is missing here")
        });
        assert_eq!(
            (names("orders.csv"), missing),
            match runs_that_fail {
                1 => (true, false),
                _ => (false, true),
            }
        );
    }
}

#[test]
fn types_that_the_target_refuses_are_known_beforehand() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.append("[attachments]\nrefused = [\".CSV\"]\n");
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let comment = comment_with(&target, "orders.csv is missing here");
    let files = comment["attachments"].as_array().unwrap();
    assert!(files.iter().all(|file| file["file_name"] != "orders.csv"));
}
