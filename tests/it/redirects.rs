//! Redirect rules of the target's help center.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::{Value, json};

use super::desks::{Desk, Project, lines, quiet_freshdesk, quiet_zendesk};

/// The rules of a Zendesk account, by path.
fn rules(desk: &Desk) -> BTreeMap<String, String> {
    let (mut all, mut after) = (BTreeMap::new(), String::new());
    loop {
        let page = desk.get(&format!(
            "/api/v2/guide/redirect_rules?page[size]=30{after}"
        ));
        for row in page["records"].as_array().unwrap() {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            let twice = all.insert(text("redirect_from"), text("redirect_to"));
            assert_eq!(twice, None, "{row}");
        }
        if page["meta"]["has_more"] != true {
            return all;
        }
        after = format!(
            "&page[after]={}",
            page["meta"]["after_cursor"].as_str().unwrap()
        );
    }
}

/// The page that a reader sees who asks for this path.
fn seen(desk: &Desk, path: &str) -> String {
    String::from_utf8(desk.bytes(&format!("{}{path}", desk.base_url))).unwrap()
}

fn redirects(out: &str) -> Value {
    lines(out, "redirects").remove(0)
}

const POSTS: &str = "POST /api/v2/guide/redirect_rules";

#[test]
fn old_pages_lead_to_the_new_ones() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    // Somebody has decided where one of the old pages leads.
    let theirs = "/hc/en-us/articles/360000008203";
    target.post(
        "/api/v2/guide/redirect_rules",
        &json!({"redirect_rule": {"redirect_from": theirs, "redirect_to": "/hc/en-us", "redirect_status": 302}}),
    );
    let project = Project::between(&source, &target);
    let (_, talk) = project.expect(3, &["migrate", "--no-verify"]);
    assert!(talk.contains("`deskferry links --create`"), "{talk}");

    let posts = target.calls(POSTS);
    let (told, _) = project.expect(0, &["links", "--create", "--dry-run", "--json"]);
    let planned = redirects(&told);
    assert_eq!(target.calls(POSTS), posts, "a preview makes none");
    assert_eq!(planned["preview"], true);

    let (told, _) = project.expect(3, &["links", "--create", "--json"]);
    let made = redirects(&told);
    assert_eq!(made["made"], planned["made"], "{made}");
    assert_eq!((&made["taken"], &made["refused"]), (&json!(1), &json!(0)));
    assert_eq!(made["examples"][0]["path"], theirs);
    let all = rules(&target);
    assert_eq!(all.len() as u64, made["made"].as_u64().unwrap() + 1);
    assert_eq!(all[theirs], "/hc/en-us");
    // With and without a slug, in a language and without one.
    for path in [
        "/hc/en-us/articles/360000008202-Change-the-bulb",
        "/hc/en-us/articles/360000008202",
        "/hc/articles/360000008202",
    ] {
        let page = seen(&target, path);
        assert!(
            page.starts_with("<h1>Change the bulb</h1>"),
            "{path}: {page}"
        );
    }
    assert!(
        all.keys()
            .any(|path| path.starts_with("/hc/en-us/sections/")),
        "{all:?}"
    );

    // Once more is not once more.
    let posts = target.calls(POSTS);
    let (told, _) = project.expect(3, &["links", "--create", "--json"]);
    let again = redirects(&told);
    assert_eq!(
        (&again["made"], &again["there"]),
        (&json!(0), &made["made"])
    );
    assert_eq!(target.calls(POSTS), posts);
    let (_, talk) = project.expect(3, &["migrate", "--no-verify"]);
    assert!(!talk.contains("links --create"), "{talk}");

    // A rule that somebody changed since stays, as does what was not ours.
    let edited = "/hc/en-us/articles/360000008202";
    target.post(
        "/api/v2/guide/redirect_rules",
        &json!({"redirect_rule": {"redirect_from": edited, "redirect_to": "/hc", "redirect_status": 301}}),
    );
    let (told, _) = project.expect(0, &["rollback"]);
    assert!(told.contains("redirect rules would be deleted"), "{told}");
    assert_eq!(rules(&target).len(), all.len());
    let (told, _) = project.expect(3, &["rollback", "--yes"]);
    assert!(told.contains("1 redirect rule stays"), "{told}");
    let left: Vec<String> = rules(&target).into_keys().collect();
    assert_eq!(left, [edited, theirs]);
}

#[test]
fn pages_of_another_platform_lead_to_the_new_ones() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet", "--no-verify"]);
    let (told, talk) = project.expect(0, &["links", "--create"]);
    assert!(
        told.contains("redirect rules were made on the target"),
        "{told}"
    );
    assert!(talk.contains("the old domain"), "{talk}");
    let all = rules(&target);
    let old = all
        .keys()
        .find(|path| path.ends_with("/support/solutions/articles/48000008201-how-to-book"));
    let page = seen(&target, old.unwrap_or_else(|| panic!("{all:?}")));
    assert!(page.contains("<h1>How to book</h1>"), "{page}");
    // Fields and groups stay.
    project.expect(3, &["rollback", "--yes"]);
    assert!(rules(&target).is_empty());
}

#[test]
fn rules_whose_answer_was_lost_or_whose_run_was_killed_are_ours() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let fault = |fault, after| Faults {
        planned: vec![Planned {
            on: POSTS.into(),
            fault,
            after,
            times: 1000,
        }],
        ..Faults::default()
    };
    // After a few of them no answer comes, and the process is gone.
    target.faults(&fault(Fault::Timeout, 3));
    let mut run = project
        .command(&["links", "--create", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while target.stats()["outcomes"]["timeout"].as_u64().unwrap_or(0) < 1 {
        assert!(run.try_wait().unwrap().is_none(), "it ended too soon");
        assert!(begun.elapsed() < Duration::from_secs(60), "it hangs");
        std::thread::sleep(Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(!rules(&target).is_empty());

    // Every rule is made, and every answer is lost.
    target.faults(&fault(Fault::ResetAfterWrite, 0));
    let (told, _) = project.expect(0, &["links", "--create", "--json"]);
    let made = redirects(&told);
    assert_eq!(
        made["made"].as_u64().unwrap() + made["there"].as_u64().unwrap(),
        rules(&target).len() as u64
    );
    target.faults(&Faults::default());
    let posts = target.calls(POSTS);
    project.expect(0, &["links", "--create", "--quiet"]);
    assert_eq!(target.calls(POSTS), posts, "all of them are known");
    project.expect(3, &["rollback", "--yes"]);
    assert!(rules(&target).is_empty());
}

#[test]
fn a_plan_or_platform_without_rules_says_what_else_helps() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_zendesk(&["users_bulk", "guide_lite"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(0, &["migrate", "--quiet", "--no-verify"]);
    let (_, told) = project.expect(8, &["links", "--create"]);
    assert!(told.contains("redirect rules are refused"), "{told}");
    assert!(
        told.contains("Guide Lite") && told.contains("links --format nginx"),
        "{told}"
    );
    // No rule of ours, nothing asked for: the rollback does not care.
    // Fields and groups stay.
    project.expect(3, &["rollback", "--yes"]);

    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let (_, told) = project.expect(2, &["links", "--create"]);
    assert!(told.contains("no redirect rules"), "{told}");
}
