//! `people`: who is one person, and who former agents are, by the real program.

use deskferry::sandbox::Faults;
use serde_json::{Value, json};

use crate::desks::{Desk, Project, lines, quiet_freshdesk, quiet_zendesk};

/// A customer of the fixture with one ticket, and one with an organization.
const BRUNO: u64 = 360_000_002_020;
const MARTA: u64 = 360_000_002_001;
const HARBORLIGHT: u64 = 360_000_003_001;
/// Somebody of the fixture's staff who has no account on the target.
const ESI: &str = "esi@lumen.example.com";

const RULES: &str = "country = \"DE\"\n[people]\nplus_tags = true\n";

/// Somebody whom the source has twice, with a ticket of each; somebody who may
/// be there twice; and a project between both desks.
struct Scene {
    source: Desk,
    target: Desk,
    project: Project,
    /// Bruno's second contact.
    bruno: String,
    /// Marta's second contact, or another Marta.
    marta: String,
}

fn scene() -> Scene {
    scene_with(quiet_freshdesk(Faults::default()))
}

fn scene_with(target: Desk) -> Scene {
    let source = Desk::start("zendesk", Some("zendesk"));
    let user = |user: Value| -> String {
        let path = "/api/v2/users";
        let made = source.send(reqwest::Method::POST, path, &json!({ "user": user }));
        made["user"]["id"].as_u64().unwrap().to_string()
    };
    let bruno = user(json!({
        "name": "B. Carvalho", "email": "Bruno+Shop@example.com", "verified": true,
        "skip_verify_email": true, "phone": "+49 30 901820", "notes": "Pays late",
    }));
    let marta = user(json!({
        "name": "marta  nowak", "email": "marta@nowak.example.com", "verified": true,
        "skip_verify_email": true, "organization_id": HARBORLIGHT,
    }));
    source.post(
        "/api/v2/imports/tickets",
        &json!({"ticket": {
            "subject": "From the shop", "requester_id": bruno.parse::<u64>().unwrap(),
            "email_cc_ids": [BRUNO], "status": "open",
            "comments": [{"author_id": bruno.parse::<u64>().unwrap(),
                "value": "My order has not come", "created_at": "2026-01-05T09:00:00Z"}],
        }}),
    );
    source.advance(120);
    let project = Project::between(&source, &target);
    project.append("[mapping]\nfile = \"mapping.toml\"\n");
    std::fs::write(project.path("mapping.toml"), RULES).unwrap();
    Scene {
        source,
        target,
        project,
        bruno,
        marta,
    }
}

/// Contacts of a Freshdesk account with this address, the main one or another.
fn with_email(desk: &Desk, email: &str) -> Vec<Value> {
    let list = desk.get("/api/v2/contacts?per_page=100");
    let ids = list
        .as_array()
        .unwrap()
        .iter()
        .map(|contact| &contact["id"]);
    // Lists do not tell the other addresses.
    let all = ids.map(|id| desk.get(&format!("/api/v2/contacts/{id}")));
    all.filter(|contact| {
        let others = contact["other_emails"].as_array().into_iter().flatten();
        let mut emails = others.chain([&contact["email"]]);
        emails.any(|own| {
            own.as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(email))
        })
    })
    .collect()
}

fn ticket_of(desk: &Desk, subject: &str) -> Value {
    let list = desk.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
    let mut all = list.as_array().unwrap().iter();
    let found = all.find(|ticket| ticket["subject"] == subject);
    let id = found.unwrap_or_else(|| panic!("no ticket {subject}"))["id"].clone();
    desk.get(&format!("/api/v2/tickets/{id}"))
}

#[test]
fn one_person_arrives_as_one_contact_and_weak_evidence_changes_nothing() {
    let scene = scene();
    let Scene {
        source,
        target,
        project,
        bruno,
        marta,
    } = &scene;
    let (out, _) = project.expect(0, &["preview", "--json"]);
    let plan = lines(&out, "summary").remove(0);
    let told = plan["reasons"].to_string();
    assert!(told.contains("one person with another contact"), "{told}");
    assert_eq!(target.calls("POST "), 0);

    let (out, _) = project.expect(0, &["people", "--json"]);
    let merges = lines(&out, "merge");
    assert_eq!(merges.len(), 1, "{out}");
    assert_eq!(merges[0]["id"], bruno.as_str());
    assert_eq!(merges[0]["kept"], BRUNO.to_string());
    assert_eq!(
        merges[0]["why"],
        "same verified email address bruno@example.com"
    );
    let suggested = lines(&out, "suggestion");
    assert_eq!(suggested.len(), 1, "{out}");
    assert_eq!(suggested[0]["one"]["id"], MARTA.to_string());
    assert_eq!(suggested[0]["other"]["id"], marta.as_str());
    assert_eq!(
        suggested[0]["why"],
        "same name and organization: Marta Nowak"
    );
    let former: Vec<Value> = lines(&out, "former_agent");
    assert!(former.iter().any(|agent| agent["email"] == ESI), "{out}");

    // Four files of the fixture are gone on the source; nothing else is wrong.
    project.expect(3, &["migrate", "--quiet"]);
    let there = with_email(target, "bruno@example.com");
    assert_eq!(there.len(), 1, "{there:?}");
    let one = &there[0];
    let again = with_email(target, "bruno+shop@example.com");
    assert_eq!(again, there, "both addresses are the one's");
    assert_eq!(one["name"], "Bruno Carvalho");
    assert_eq!(one["phone"], "+49 30 901820");
    assert_eq!(one["description"], "Pays late");
    assert_eq!(
        ticket_of(target, "From the shop")["requester_id"],
        one["id"]
    );
    for email in ["marta@harborlight.test", "marta@nowak.example.com"] {
        assert_eq!(with_email(target, email).len(), 1, "{email}");
    }
    assert_ne!(
        with_email(target, "marta@harborlight.test"),
        with_email(target, "marta@nowak.example.com")
    );
    let (out, _) = project.expect(0, &["report", "--json"]);
    let losses = lines(&out, "report").remove(0)["losses"].to_string();
    assert!(losses.contains("contact.name"), "B. Carvalho: {losses}");
    assert_eq!(target.mails(), 0);

    // Verify compares the one with what both were; nothing is left to do.
    let found = project.run(&["verify", "--json", "--only", "contacts"]);
    let out = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(0), "{out}");
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");

    // A change of the contact that was not kept reaches the one.
    source.put(
        &format!("/api/v2/users/{bruno}"),
        &json!({"user": {"notes": "Pays on time now"}}),
    );
    source.advance(120);
    project.expect(0, &["sync", "--quiet"]);
    let one = &with_email(target, "bruno@example.com")[0];
    assert_eq!(one["description"], "Pays on time now", "{one}");
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
}

/// Fills cells of the column `decision`; `who` is part of a row.
fn fill(project: &Project, name: &str, decisions: &[(&str, &str)]) {
    let path = project.path(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut rows = vec![reader.headers().unwrap().clone()];
    for row in reader.records() {
        let row = row.unwrap();
        let line = row.iter().collect::<Vec<_>>().join(",");
        let mut cells: Vec<String> = row.iter().map(str::to_owned).collect();
        for (who, decision) in decisions {
            if line.contains(who) {
                *cells.last_mut().unwrap() = (*decision).to_owned();
            }
        }
        rows.push(csv::StringRecord::from(cells));
    }
    let mut writer = csv::Writer::from_path(&path).unwrap();
    for row in rows {
        writer.write_record(&row).unwrap();
    }
    writer.flush().unwrap();
}

#[test]
fn decisions_are_made_in_a_spreadsheet_and_can_be_taken_back() {
    let scene = scene();
    let Scene {
        target,
        project,
        bruno,
        marta,
        ..
    } = &scene;
    project.expect(0, &["preview", "--quiet"]);
    project.expect(0, &["people", "export", "people.csv"]);
    let exported = std::fs::read(project.path("people.csv")).unwrap();
    let text = String::from_utf8(exported.clone()).unwrap();
    assert!(
        text.contains("'+49 30 901820") || !text.contains(",+49"),
        "{text}"
    );

    // As it was exported it decides nothing.
    let (out, _) = project.expect(0, &["people", "import", "people.csv"]);
    assert!(out.contains("nothing was decided"), "{out}");

    // A bad row is named, and nothing of the file is kept.
    fill(project, "people.csv", &[(marta, "same"), (bruno, "maybe")]);
    let (_, err) = project.expect(2, &["people", "import", "people.csv"]);
    assert!(err.contains("column decision: `maybe` is none"), "{err}");
    let (out, _) = project.expect(0, &["people", "--json"]);
    assert_eq!(lines(&out, "people")[0]["merges"], 1, "{out}");

    fill(project, "people.csv", &[(bruno, "different")]);
    let (out, _) = project.expect(0, &["people", "import", "people.csv"]);
    assert!(out.contains("2 new"), "{out}");
    // The export carries the decisions; read again it changes nothing.
    project.expect(0, &["people", "export", "again.csv"]);
    let (out, _) = project.expect(0, &["people", "import", "again.csv"]);
    assert!(out.contains("2 as before"), "{out}");
    // A saved plan that knows nothing of a decision is stale.
    project.expect(0, &["preview", "--quiet", "-o", "plan.json"]);
    project.expect(0, &["people", "undecided", &MARTA.to_string(), marta]);
    project.expect(7, &["apply", "plan.json", "--quiet"]);
    project.expect(0, &["people", "same", &MARTA.to_string(), marta]);

    project.expect(3, &["migrate", "--quiet"]);
    let one = with_email(target, "marta@harborlight.test");
    assert_eq!(one, with_email(target, "marta@nowak.example.com"));
    assert_eq!(one.len(), 1, "{one:?}");
    let first = with_email(target, "bruno@example.com");
    let second = with_email(target, "bruno+shop@example.com");
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second, "they were decided to be two");
    assert_eq!(
        ticket_of(target, "From the shop")["requester_id"],
        second[0]["id"]
    );

    // What is one on the target is taken apart by a rollback only, and that is said.
    let (_, err) = project.expect(0, &["people", "different", &MARTA.to_string(), marta]);
    assert!(err.contains("they stay one there until"), "{err}");
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
    // Two that are there stay two, and that is said as well.
    let (_, err) = project.expect(0, &["people", "same", &BRUNO.to_string(), bruno]);
    assert!(err.contains("merge them there"), "{err}");
    let (_, err) = project.expect(2, &["people", "same", "1", marta]);
    assert!(err.contains("the ledger has no contact `1`"), "{err}");
}

#[test]
fn what_was_one_on_the_target_is_two_after_a_rollback() {
    let scene = scene_with(quiet_zendesk(&["users_bulk"], Faults::default()));
    let Scene {
        target,
        project,
        bruno,
        ..
    } = &scene;
    let users = || -> Vec<Value> {
        let list = target.get("/api/v2/users?per_page=100")["users"].clone();
        let all = list.as_array().unwrap().iter();
        all.filter(|user| {
            let email = user["email"].as_str().unwrap_or_default();
            email.to_lowercase().starts_with("bruno")
        })
        .cloned()
        .collect()
    };
    project.expect(3, &["migrate", "--quiet"]);
    let one = users();
    assert_eq!(one.len(), 1, "{one:?}");
    let path = format!("/api/v2/users/{}/identities", one[0]["id"]);
    let identities = target.get(&path)["identities"].to_string().to_lowercase();
    for address in ["bruno@example.com", "bruno+shop@example.com"] {
        assert!(identities.contains(address), "{identities}");
    }

    project.expect(0, &["people", "different", &BRUNO.to_string(), bruno]);
    // Groups and fields stay.
    project.expect(3, &["rollback", "--yes", "--quiet"]);
    assert_eq!(users(), [] as [Value; 0]);
    project.expect(3, &["migrate", "--quiet"]);
    assert_eq!(users().len(), 2, "{:?}", users());
    assert_eq!(target.mails(), 0);
}

#[test]
fn a_former_agent_is_claimed_after_the_run() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let (out, _) = project.expect(0, &["people", "--help"]);
    assert!(out.contains("claim"), "{out}");
    project.expect(3, &["migrate", "--quiet"]);
    let agents = target.get("/api/v2/agents");
    let farid = agents
        .as_array()
        .unwrap()
        .iter()
        .find(|agent| agent["contact"]["email"] == "farid@lumen.example.com")
        .unwrap()["id"]
        .clone();
    let assigned = || -> usize {
        let list = target.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
        let all = list.as_array().unwrap().iter();
        all.filter(|ticket| ticket["responder_id"] == farid).count()
    };
    let before = assigned();

    let (_, err) = project.expect(2, &["people", "claim", ESI, "fraid@lumen.example.com"]);
    assert!(
        err.contains("did you mean `farid@lumen.example.com`?"),
        "{err}"
    );
    let (_, err) = project.expect(2, &["people", "claim", "esy@lumen.example.com", "x"]);
    assert!(err.contains("the source has no agent"), "{err}");
    assert_eq!(assigned(), before, "nothing is done by mistake");

    let (out, _) = project.expect(
        0,
        &["people", "claim", ESI, "farid@lumen.example.com", "--json"],
    );
    let done = lines(&out, "decided").remove(0);
    let moved = done["agents"][0]["conversations"].as_u64().unwrap();
    assert!(moved > 0, "{done}");
    assert_eq!(assigned(), before + usize::try_from(moved).unwrap());
    assert_eq!(target.mails(), 0);

    // It is compared from now on, and done.
    let found = project.run(&["verify", "--json"]);
    let out = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(!out.contains("conversation.assignee"), "{out}");
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing to do"), "{told}");
    let (out, _) = project.expect(0, &["people", "export", "people.csv"]);
    assert!(out.contains("rows"), "{out}");
    let text = std::fs::read_to_string(project.path("people.csv")).unwrap();
    assert!(text.contains("farid@lumen.example.com"), "{text}");
    let (out, _) = project.expect(0, &["people", "claim", ESI, "--back"]);
    assert!(out.contains("nobody on the target any more"), "{out}");
}

#[test]
fn without_an_address_nobody_gets_an_invented_one() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let zendesk = quiet_zendesk(&["users_bulk"], Faults::default());
    for (target, list) in [
        (
            quiet_freshdesk(Faults::default()),
            "/api/v2/contacts?per_page=100",
        ),
        (zendesk, "/api/v2/users?per_page=100"),
    ] {
        let project = Project::between(&source, &target);
        project.expect(3, &["migrate", "--quiet"]);
        let known = target.get(list);
        let known = known.get("users").unwrap_or(&known);
        let caller = known
            .as_array()
            .unwrap()
            .iter()
            .find(|person| person["name"] == "Caller without e-mail")
            .expect("the caller is there")
            .clone();
        assert_eq!(caller["email"], Value::Null, "{caller}");
        assert_eq!(target.mails(), 0);
    }
}
