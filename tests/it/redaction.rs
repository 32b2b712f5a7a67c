//! `[privacy]`: what is written holds nobody's address, number or card,
//! wherever it stood; and one person is one person.

use std::collections::BTreeSet;

use deskferry::sandbox::Faults;
use regex::Regex;
use serde_json::{Value, json};

use crate::desks::{Desk, Project, lines, quiet_freshdesk, quiet_zendesk};

const RULES: &str = r#"
country = "DE"
[privacy]
emails = "pseudonym"
phones = "pseudonym"
cards = "drop"
names = "pseudonym"
handles = "pseudonym"
[[privacy.patterns]]
name = "iban"
regex = "\\b[A-Z]{2}\\d{2}[A-Z0-9]{10,30}\\b"
action = "drop"
"#;

const CARD: &str = "4111 1111 1111 1111";
const IBAN: &str = "DE89370400440532013000";
const PHONE: &str = "0171 5550123";
const EMAIL: &str = "wanda.witness@private.test";

/// Everything that an account shows to a reader of all of it.
fn everything(desk: &Desk) -> String {
    // An export keeps its newest minute back.
    desk.advance(120);
    let other = Project::new(&desk.section("source"));
    other.run(&["pull", "--quiet"]);
    other.expect(0, &["archive", "all", "--quiet"]);
    let mut files: Vec<_> = std::fs::read_dir(other.path("all"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// Addresses in a text, of people alone: not those of the desk and of articles.
fn addresses(text: &str) -> BTreeSet<String> {
    let pattern =
        Regex::new(r"(?i)[a-z0-9._%+\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}").unwrap();
    pattern
        .find_iter(text)
        .map(|found| found.as_str().to_lowercase())
        .collect()
}

/// What the source knows of people: addresses, numbers, and names of two words.
fn known(source: &Desk) -> BTreeSet<String> {
    let project = Project::new(&source.section("source"));
    project.run(&["pull", "--quiet"]);
    project.expect(0, &["archive", "open", "--quiet"]);
    let mut known = BTreeSet::new();
    for kind in ["contacts", "agents"] {
        let path = project.path(&format!("open/{kind}.jsonl"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let person: Value = serde_json::from_str(line).unwrap();
            known.extend(person["email"].as_str().map(str::to_lowercase));
            for identity in person["identities"].as_array().into_iter().flatten() {
                let kind = identity["kind"].as_str().unwrap();
                let value = identity["value"].as_str().unwrap();
                if ["email", "phone", "mobile", "whatsapp"].contains(&kind) && value.len() > 6 {
                    known.insert(value.to_lowercase());
                }
            }
        }
    }
    let more = [CARD, IBAN, PHONE, EMAIL].map(str::to_lowercase);
    known.extend(more);
    known
}

/// A ticket with something of each sort in each place.
fn tell_all(source: &Desk) -> u64 {
    let body = format!(
        "Mail <a href=\"mailto:{EMAIL}\">{EMAIL}</a>, call <b>{PHONE}</b>, pay by {CARD} or {IBAN}."
    );
    let ticket = json!({"ticket": {
        "subject": format!("About {EMAIL}, {PHONE}"),
        "comment": {"html_body": body},
        "requester_id": 360_000_002_027_u64,
        "tags": ["private"],
    }});
    let answer = source.send(reqwest::Method::POST, "/api/v2/tickets", &ticket);
    answer["ticket"]["id"].as_u64().unwrap()
}

#[track_caller]
fn assert_nobody(place: &str, text: &str, known: &BTreeSet<String>) {
    let lower = text.to_lowercase();
    let found: Vec<&String> = known.iter().filter(|one| lower.contains(*one)).collect();
    let around = found.first().map(|one| {
        let at = lower.find(*one).unwrap();
        let from = lower.floor_char_boundary(at.saturating_sub(200));
        let to = lower.ceil_char_boundary((at + 100).min(lower.len()));
        lower[from..to].to_owned()
    });
    assert!(found.is_empty(), "{place}: {found:?}: {around:?}");
}

fn moved(source: &Desk, target: &Desk) -> Project {
    let ticket = tell_all(source);
    let project = Project::between(source, target);
    project.append("[mapping]\nfile = \"mapping.toml\"\n");
    // What the desk writes of itself stays: its own address, and what it gave its staff.
    let rules = RULES.replace(
        "[[privacy",
        "keep = [\"support@lumen\\\\.example\\\\.com\"]\n[[privacy",
    );
    std::fs::write(project.path("mapping.toml"), rules).unwrap();

    let before = addresses(&everything(target));
    let mut known = known(source);
    known.retain(|one| !before.contains(one));
    assert!(known.len() > 40, "{}", known.len());

    project.run(&["pull", "--quiet"]);
    let (plan, _) = project.expect(0, &["preview", "--offline", "--samples", "3"]);
    let samples = plan.split("create ").skip(1).collect::<String>();
    assert!(samples.contains("@redacted.invalid"), "{samples}");
    assert_nobody("samples of the plan", &samples, &known);
    assert!(plan.contains("What [privacy] does not reach"), "{plan}");
    assert!(plan.contains("as [privacy] says"), "{plan}");
    project.expect(0, &["preview", "--offline", "-o", "plan.json", "--quiet"]);
    let saved = std::fs::read_to_string(project.path("plan.json")).unwrap();
    let secret = {
        let ledger = rusqlite::Connection::open(project.path("deskferry.ledger")).unwrap();
        let sql = "SELECT value FROM meta WHERE key = 'secret.pseudonyms'";
        let secret: String = ledger.query_row(sql, [], |row| row.get(0)).unwrap();
        secret
    };
    assert!(secret.len() >= 32 && !saved.contains(&secret));

    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let all = everything(target);
    assert_nobody("the target", &all, &known);
    assert!(all.contains("@redacted.invalid") && all.contains("[iban]"));
    assert!(all.contains("[card]") && all.contains("+999"));

    // Nothing that was not declared is different.
    let out = project.run(&["verify", "--json"]);
    let out = String::from_utf8(out.stdout).unwrap();
    let compared = lines(&out, "comparison").remove(0);
    let rows = compared["tallies"].as_array().unwrap();
    let count = |what: &str| -> u64 { rows.iter().map(|row| row[what].as_u64().unwrap()).sum() };
    assert!(count("matched") > 400, "{compared}");
    let findings = lines(&out, "finding");
    assert_eq!(count("differs") + count("extra"), 0, "{findings:?}");

    // Once more: nothing is doubled.
    let contacts = |text: &str| text.matches("@redacted.invalid\",\"verified\"").count();
    project.run(&["push", "--quiet"]);
    let again = everything(target);
    assert_eq!(again.lines().count(), all.lines().count());
    assert_eq!(contacts(&again), contacts(&all));

    // What is said later is redacted as well, by the same pseudonyms.
    source.put(
        &format!("/api/v2/tickets/{ticket}"),
        &json!({"ticket": {"subject": format!("Again {EMAIL}"),
                "comment": {"html_body": format!("<p>Now {PHONE} or {EMAIL}, {CARD}</p>")}}}),
    );
    source.advance(120);
    project.run(&["sync", "--quiet"]);
    let synced = everything(target);
    assert_nobody("the target after sync", &synced, &known);
    let count = synced.matches("Now +999").count();
    assert_eq!(count, 1, "{count}");
    project
}

#[test]
fn nobody_is_known_on_a_zendesk() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let rules = target.get("/api/v2/triggers/active");
    for rule in rules["triggers"].as_array().unwrap() {
        let path = format!("/api/v2/triggers/{}", rule["id"]);
        target.put(&path, &json!({"trigger": {"active": false}}));
    }
    moved(&source, &target);
}

#[test]
fn nobody_is_known_on_a_freshdesk() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    moved(&source, &target);
}

#[test]
fn nobody_is_known_in_a_folder_that_takes_records_as_they_are() {
    let source = Desk::start("zendesk", Some("zendesk"));
    tell_all(&source);
    let target = "[target]\nconnector = \"files\"\npath = \"out\"\n";
    let project = Project::new(&format!("{}\n{target}", source.section("source")));
    project.append("[mapping]\nfile = \"mapping.toml\"\n");
    let rules = RULES.replace(
        "[[privacy",
        "articles = true\nkeep = [\"support@lumen\\\\.example\\\\.com\"]\n[[privacy",
    );
    std::fs::write(project.path("mapping.toml"), rules).unwrap();
    project.run(&["migrate", "--quiet"]);
    let verified = project.run(&["verify", "--json"]);
    let verified = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(lines(&verified, "comparison").len(), 1, "{verified}");
    let findings = lines(&verified, "finding");
    assert!(findings.is_empty(), "{findings:?}");
    let mut all = String::new();
    for entry in std::fs::read_dir(project.path("out")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all += &std::fs::read_to_string(path).unwrap();
        }
    }
    let mut known = known(&source);
    known.remove("support@lumen.example.com");
    assert_nobody("the folder", &all, &known);
    let left = addresses(&all);
    let left: Vec<_> = left
        .iter()
        .filter(|one| !one.ends_with("@redacted.invalid") && *one != "support@lumen.example.com")
        // Ids of images inside of mails.
        .filter(|one| !all.contains(&format!("cid:{one}")))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
