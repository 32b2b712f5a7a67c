//! Saved plans: carried out exactly, or not at all.

use std::path::PathBuf;

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk};

struct Planned {
    source: Desk,
    target: Desk,
    project: Project,
    plan: PathBuf,
}

/// A plan of the fixture desk.
fn planned() -> Planned {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let plan = project.path("plan.json");
    project.expect(0, &["preview", "--quiet", "-o", plan.to_str().unwrap()]);
    Planned {
        source,
        target,
        project,
        plan,
    }
}

impl Planned {
    fn apply(&self, code: i32) -> String {
        let plan = self.plan.to_str().unwrap();
        self.project.expect(code, &["apply", "--quiet", plan]).1
    }

    fn writes(&self) -> u64 {
        self.target.calls("POST ") + self.target.calls("PUT ")
    }
}

#[test]
fn a_plan_is_json_and_is_carried_out_once() {
    let it = planned();
    let text = std::fs::read_to_string(&it.plan).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let records = plan["records"].as_array().unwrap();
    let creates = records
        .iter()
        .filter(|record| record["kind"] == "conversation" && record["action"] == "create")
        .count();
    assert_eq!(creates, 60);
    assert!(!text.contains("sandbox-key"), "no secret in a plan");

    it.apply(3);
    it.project.expect(0, &["verify", "--quiet"]);
    assert_eq!(it.target.mails(), 0);
    let before = it.writes();
    it.apply(3);
    // A field that the account refuses is tried again.
    assert!(
        it.writes() - before <= 1,
        "applied again, it writes nothing"
    );
}

#[test]
fn a_plan_is_stale_when_the_target_changed() {
    let it = planned();
    // A customer of the source makes an account on the target meanwhile.
    it.target.post(
        "/api/v2/contacts",
        &serde_json::json!({ "name": "Early", "email": "layla@example.com" }),
    );
    let before = it.writes();
    let said = it.apply(7);
    assert!(said.contains("planned: create; now: match"), "{said}");
    assert!(said.contains("preview -o"), "says what to do: {said}");
    assert_eq!(it.writes(), before, "nothing was written");
}

#[test]
fn a_plan_is_stale_when_the_mapping_changed() {
    let it = planned();
    let mapping = it.project.path("mapping.toml");
    std::fs::write(&mapping, "tags = [\"moved\"]\n").unwrap();
    it.project.append("[mapping]\nfile = \"mapping.toml\"\n");
    let before = it.writes();
    let said = it.apply(7);
    assert!(said.contains("the configuration"), "{said}");
    assert!(said.contains("with other content than planned"), "{said}");
    assert_eq!(it.writes(), before);
}

#[test]
fn a_plan_that_was_edited_cut_or_is_from_elsewhere_is_refused() {
    let it = planned();
    let whole = std::fs::read_to_string(&it.plan).unwrap();
    let edited = whole.replacen("\"action\":\"create\"", "\"action\":\"skip\"", 1);
    assert_ne!(edited, whole);
    std::fs::write(&it.plan, edited).unwrap();
    assert!(it.apply(7).contains("was changed after it was saved"));
    std::fs::write(&it.plan, &whole[..whole.len() / 2]).unwrap();
    assert!(it.apply(7).contains("not whole"));
    std::fs::write(&it.plan, "{\"hello\": 1}\n").unwrap();
    assert!(it.apply(2).contains("no plan of deskferry"));

    std::fs::write(&it.plan, &whole).unwrap();
    let other = Project::between(&it.source, &it.target);
    let plan = it.plan.to_str().unwrap();
    let (_, said) = other.expect(7, &["apply", "--quiet", plan]);
    assert!(said.contains("from another project"), "{said}");
    assert_eq!(it.target.calls("POST "), 0);
}

#[test]
fn an_apply_that_was_killed_goes_on() {
    let slow = Faults {
        slow_ms: 4,
        ..Faults::default()
    };
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(slow);
    let project = Project::between(&source, &target);
    let path = project.path("plan.json");
    let plan = path.to_str().unwrap();
    project.expect(0, &["preview", "--quiet", "-o", plan]);
    let mut kills = 0;
    for moment in [500, 1000, 1500] {
        let mut child = project
            .command(&["apply", "--quiet", plan])
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
    }
    assert!(kills > 0, "the test must kill");
    project.expect(3, &["apply", "--quiet", plan]);
    project.expect(0, &["verify", "--quiet"]);
}

#[test]
fn samples_show_requests_that_are_not_sent() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let (out, _) = project.expect(0, &["preview", "--json", "--samples", "1"]);
    let plan: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let samples = plan["samples"].as_array().unwrap();
    let ticket = samples
        .iter()
        .find(|sample| sample["key"]["kind"] == "conversation")
        .unwrap();
    let requests = ticket["requests"].as_array().unwrap();
    let request = requests
        .iter()
        .find(|request| request["path"] == "/api/v2/tickets")
        .unwrap();
    assert_eq!(request["method"], "POST");
    assert!(request["body"].to_string().contains("subject"), "{request}");
    assert!(plan["estimate"]["seconds"].as_u64().unwrap() > 0);
    assert_eq!(target.calls("POST "), 0, "nothing is sent");
}
