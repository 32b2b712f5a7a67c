//! What somebody did on the target is found, and told to people, machines and
//! CI servers without doing harm there.

use std::collections::BTreeSet;

use deskferry::sandbox::Faults;
use reqwest::Method;
use serde_json::{Value, json};

use crate::desks::{Desk, Project, lines, quiet_freshdesk};

/// Text that does harm where it is not escaped.
const HOSTILE: &str = "<script>alert('x')</script>";
/// The same for spreadsheets.
const FORMULA: &str = "=cmd|' /C calc'!A0";

fn moved() -> (Desk, Desk, Project) {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet"]);
    (source, target, project)
}

/// `conversation 18 > message 7: message.body`, with `-` for what is not told.
fn told(findings: &[Value]) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    findings
        .iter()
        .map(|finding| {
            format!(
                "{} {} {} > {} {}: {}",
                text(&finding["verdict"]),
                text(&finding["key"]["kind"]),
                text(&finding["key"]["id"]),
                text(&finding["part"]["kind"]),
                text(&finding["part"]["id"]),
                text(&finding["field"]),
            )
        })
        .collect()
}

/// The ticket that stands for a conversation of the source.
fn ticket(target: &Desk, id: &str) -> Value {
    let path = "/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100";
    let tickets = target.get(path);
    let mark = format!("freshdesk:acme:conversation:{id}");
    let mut all = tickets.as_array().unwrap().iter();
    all.find(|ticket| ticket["custom_fields"]["cf_deskferry_id"] == mark.as_str())
        .unwrap()
        .clone()
}

#[test]
fn what_was_removed_edited_or_added_on_the_target_is_found() {
    let (_source, target, project) = moved();
    let file = |name: &str| project.folder.path().join(name);
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();

    // Somebody works on the target.
    let busy = ticket(&target, "18");
    let notes = target.get(&format!("/api/v2/tickets/{}/conversations", busy["id"]));
    let note = |n: usize| format!("/api/v2/conversations/{}", notes[n]["id"]);
    // The ids on the source: the description is no note.
    let said = |n: usize| 48_000_005_017 + n;
    target.send(Method::DELETE, &note(0), &Value::Null);
    target.send(Method::PUT, &note(1), &json!({"body": "<p>edited</p>"}));
    let added = target.send(
        Method::POST,
        &format!("/api/v2/tickets/{}/notes", busy["id"]),
        &json!({"body": format!("<p>{FORMULA}</p>"), "private": true}),
    );
    let renamed = ticket(&target, "1");
    target.put(
        &format!("/api/v2/tickets/{}", renamed["id"]),
        &json!({"subject": HOSTILE}),
    );
    let double = target.send(
        Method::POST,
        "/api/v2/tickets",
        &json!({
            "subject": "double", "description": "x", "email": "somebody@example.com",
            "status": 2, "priority": 1, "source": 2,
            "custom_fields": {"cf_deskferry_id": "freshdesk:acme:conversation:3"},
        }),
    );
    let gone = ticket(&target, "2");
    target.send(
        Method::DELETE,
        &format!("/api/v2/tickets/{}", gone["id"]),
        &Value::Null,
    );

    let (out, _) = project.expect(
        4,
        &[
            "verify",
            "--json",
            "-o",
            "v.html",
            "-o",
            "v.csv",
            "-o",
            "v.json",
            "--junit",
            "v.xml",
            "--summary-markdown",
            "v.md",
        ],
    );
    let found = lines(&out, "finding");
    let findings: Vec<Value> = found
        .into_iter()
        .filter(|finding| finding["verdict"] != "match")
        .collect();
    let expected: BTreeSet<String> = [
        format!("missing conversation 18 > message {}: message", said(0)),
        // The first line of ours, with the date, is gone with the text.
        format!(
            "differs conversation 18 > message {}: message.body",
            said(1)
        ),
        format!(
            "differs conversation 18 > message {}: message.sent_at",
            said(1)
        ),
        format!("extra conversation 18 > message {}: message", added["id"]),
        "differs conversation 1 > - -: conversation.subject".into(),
        "missing conversation 2 > - -: -".into(),
        "extra conversation 3 > - -: -".into(),
    ]
    .into();
    assert_eq!(told(&findings), expected);
    let extra = findings.iter().find(|f| f["key"]["id"] == "3").unwrap();
    assert_eq!(extra["target"], double["id"].to_string());
    let comparison = lines(&out, "comparison").remove(0);
    assert_eq!(comparison["clean"], false);
    let tally = |kind: &str| {
        let mut tallies = comparison["tallies"].as_array().unwrap().iter();
        tallies.find(|tally| tally["kind"] == kind).unwrap().clone()
    };
    let counts = |kind: &str| {
        ["differs", "missing", "extra", "errors"].map(|name| tally(kind)[name].as_u64().unwrap())
    };
    assert_eq!(counts("conversation"), [2, 1, 1, 0]);
    assert_eq!(counts("message"), [1, 1, 1, 0]);

    // Nothing of it does harm where it is read.
    let html = read("v.html");
    assert!(html.contains("&lt;script&gt;alert("), "it is shown");
    // The page's own, allowed by its hash.
    assert_eq!(html.to_lowercase().matches("<script").count(), 1, "as text");
    let xml = read("v.xml");
    assert!(xml.contains("&lt;script&gt;") && !xml.contains("<script"));
    // Conversations and messages: missing, different, extra.
    assert!(xml.contains("failures=\"6\""), "{xml}");
    let markdown = read("v.md");
    assert!(
        markdown.contains("\\<script\\>") && !markdown.replace("\\<", "").contains('<'),
        "{markdown}"
    );
    assert!(markdown.contains("both desks differ"), "{markdown}");
    let mut table = csv::Reader::from_path(file("v.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let cells = || rows.iter().flat_map(csv::StringRecord::iter);
    assert!(cells().any(|cell| cell.contains(FORMULA)), "it is there");
    let formula = |cell: &&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert_eq!(cells().find(formula), None);
    let document: Value = serde_json::from_str(&read("v.json")).unwrap();
    let all = document["findings"].as_array().unwrap();
    assert_eq!(all.len(), rows.len(), "both list everything");
    assert!(all.len() > 40, "what matches, too");

    // The ledger remembers what was compared last.
    let (out, _) = project.expect(0, &["status", "--json"]);
    let status = lines(&out, "status").remove(0);
    assert_eq!(status["comparison"]["tallies"], comparison["tallies"]);
    let run = &status["runs"][0];
    assert_eq!(run["command"], "verify");
    assert_eq!(run["outcome"], "done, both desks differ");
    let desk = &run["stats"]["desks"][0];
    assert_eq!(desk["desk"], "target");
    assert!(desk["requests"].as_u64().unwrap() > 20, "{desk}");
    assert!(desk["bytes_received"].as_u64().unwrap() > 1000, "{desk}");
}

#[test]
fn a_report_tells_of_every_receipt() {
    let (_source, target, project) = moved();
    let hostile = ticket(&target, "1");
    let path = format!("/api/v2/tickets/{}", hostile["id"]);
    target.put(&path, &json!({"subject": HOSTILE}));
    project.expect(4, &["verify", "--quiet"]);
    project.expect(
        0,
        &["report", "-o", "r.html", "-o", "r.csv", "-o", "r.json"],
    );
    let file = |name: &str| project.folder.path().join(name);
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();

    let mut table = csv::Reader::from_path(file("r.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let column = |name: &str| header.iter().position(|known| known == name).unwrap();
    let row = rows
        .iter()
        .find(|row| &row[column("kind")] == "conversation" && &row[column("old_id")] == "1")
        .unwrap();
    assert_eq!(row[column("new_id")], hostile["id"].to_string());
    for name in ["old_url", "new_url"] {
        assert!(row[column(name)].starts_with("http"), "{name}: {row:?}");
    }
    let document: Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(document["receipts"].as_array().unwrap().len(), rows.len());
    let migration = &document["migration"];
    assert_eq!(migration["runs"].as_array().unwrap().len(), 2);
    assert!(!migration["losses"].as_array().unwrap().is_empty());
    let html = read("r.html");
    // Its own, allowed by its hash, and no other.
    assert_eq!(html.to_lowercase().matches("<script").count(), 1);
    assert!(html.contains("&lt;script&gt;"));
    for part in [
        "Links: old and new",
        "Runs and use of the APIs",
        "What the target does not have as it was",
        "Conversations by channel",
        "Busiest hours",
    ] {
        assert!(html.contains(part), "{part}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file("r.html"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "for the owner alone");
    }
    let (out, _) = project.expect(0, &["report"]);
    assert!(out.contains("migrate") && out.contains("lost"), "{out}");
    let (out, _) = project.expect(0, &["report", "--json"]);
    assert_eq!(lines(&out, "report").len(), 1);
    // No secret of either desk is in the ledger's report.
    let everything = [read("r.json"), read("r.csv"), html].concat();
    for secret in ["sandbox-key", "sandbox-secret"] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[test]
fn a_part_is_compared_and_mistakes_cost_no_request() {
    let (_source, target, project) = moved();
    let before = target.calls("GET ");
    for (arguments, word) in [
        (vec!["verify", "--only", "contcats"], "contacts"),
        (vec!["verify", "-o", "report.pdf"], ".html"),
        (
            vec!["verify", "-o", "no/such/folder/report.html"],
            "no/such/folder",
        ),
        (
            vec!["verify", "--junit", "no/such/folder/x.xml"],
            "no/such/folder",
        ),
        (vec!["status", "--junit", "x.xml"], "run"),
    ] {
        let (_, err) = project.expect(2, &arguments);
        assert!(err.contains(word), "{err}");
    }
    assert_eq!(target.calls("GET "), before);

    let (out, _) = project.expect(0, &["verify", "--json", "--only", "contacts"]);
    let comparison = lines(&out, "comparison").remove(0);
    assert_eq!(comparison["tallies"].as_array().unwrap().len(), 1);
    let (out, _) = project.expect(0, &["verify", "--json", "--sample", "3"]);
    let comparison = lines(&out, "comparison").remove(0);
    let tallies = comparison["tallies"].as_array().unwrap();
    let contacts = tallies.iter().find(|tally| tally["kind"] == "contact");
    let contacts = contacts.unwrap()["matched"].as_u64().unwrap();
    assert!((1..=5).contains(&contacts), "{contacts}");
    let (out, _) = project.expect(0, &["verify", "--json", "--since", "2999-01-01"]);
    let comparison = lines(&out, "comparison").remove(0);
    let tallies = comparison["tallies"].as_array().unwrap();
    let conversations = tallies.iter().find(|tally| tally["kind"] == "conversation");
    assert_eq!(conversations.unwrap()["matched"], 0);
    project.expect(0, &["verify", "--quiet", "--deep"]);
}

#[test]
fn a_run_says_how_it_went_where_a_ci_server_looks() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let step = project.folder.path().join("step.md");
    std::fs::write(&step, "before\n").unwrap();
    let output = project
        .command(&["migrate", "--json", "--junit", "j.xml"])
        .env("GITHUB_STEP_SUMMARY", &step)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap();
    let phases: Vec<Value> = lines(&out, "phase");
    assert!(phases.iter().any(|line| line["phase"] == "pull"), "{out}");
    assert_eq!(lines(&out, "summary").len(), 1);
    assert_eq!(lines(&out, "comparison")[0]["clean"], true);
    let summary = std::fs::read_to_string(&step).unwrap();
    assert!(
        summary.starts_with("before\n## deskferry migrate"),
        "{summary}"
    );
    assert!(summary.contains("no differences"), "{summary}");
    assert!(summary.contains("| conversations | 22 |"), "{summary}");
    let xml = std::fs::read_to_string(project.folder.path().join("j.xml")).unwrap();
    assert!(xml.contains("<testsuite name=\"articles\""), "{xml}");
    assert!(xml.contains("failures=\"0\" errors=\"0\""), "{xml}");
}
