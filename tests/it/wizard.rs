//! `deskferry init`: from nothing to a verified pilot, by an answers file.

use crate::desks::{Desk, Project, quiet_freshdesk};
use deskferry::sandbox::Faults;

/// A folder without a configuration, and answers for these two desks.
fn project(source: &Desk, target: &Desk, more: &str) -> Project {
    let project = Project::new("");
    std::fs::remove_file(project.path("deskferry.toml")).unwrap();
    let section = |text: String| {
        text.lines()
            .filter(|line| !line.starts_with("allow_mail"))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let answers = format!(
        "mail = \"allow\"\n{more}\n{}{}",
        section(source.section("source")),
        section(target.section("target"))
    );
    std::fs::write(project.path("answers.toml"), answers).unwrap();
    project
}

const INIT: [&str; 3] = ["init", "--answers", "answers.toml"];

#[test]
fn a_pilot_is_written_and_verified_in_three_languages() {
    for (language, verified, next) in [
        ("en", "all are as they should be", "What you can do next:"),
        (
            "pt-BR",
            "todos estão como deveriam",
            "O que você pode fazer agora:",
        ),
        ("es", "todos están como deben", "Lo que puedes hacer ahora:"),
    ] {
        let source = Desk::start("zendesk", Some("zendesk"));
        let target = quiet_freshdesk(Faults::default());
        target.post(
            "/api/v2/admin/ticket_fields",
            &serde_json::json!({
                "label": "Ware", "label_for_customers": "Ware", "type": "custom_dropdown",
                "choices": [{"value": "Aurora"}, {"value": "Rest"}],
            }),
        );
        let more = "pilot = \"yes\"\npilot_result = \"keep\"\nrun = \"later\"\nci = \"github\"\n\
                    [map.fields]\nProduct = \"cf_ware\"\n\
                    [map.values.Product]\nprod_aurora = \"Aurora\"\nprod_boreal = \"Rest\"\n\
                    [map.status]\n\"Waiting for supplier\" = \"open\"\n";
        let project = project(&source, &target, more);
        let mut arguments = vec!["--lang", language];
        arguments.extend(INIT);
        let (out, err) = project.expect(0, &arguments);
        assert!(err.contains(verified), "{language}: {err}");
        assert!(
            out.contains(next) && out.contains("deskferry sync --json"),
            "{out}"
        );
        assert_eq!(target.mails(), 0);
        assert_eq!(source.calls("PUT"), 0);

        let text = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
        let config = text("deskferry.toml");
        assert!(
            config.contains("client_secret = { env = \"SANDBOX_SECRET\" }"),
            "{config}"
        );
        assert!(!config.contains("sandbox-secret"), "{config}");
        assert!(text("mapping.toml").contains("\"Waiting for supplier\" = \"open\""));
        assert!(text("mapping.toml").contains("prod_aurora = \"Aurora\""));
        // Twenty of sixty conversations, and the hard ones: 300 messages, merged, with files.
        let (status, _) = project.expect(0, &["status", "--json"]);
        assert!(status.contains("pilot"), "{status}");
        for hard in ["- 24, ", "- 34, "] {
            assert!(err.contains(hard), "{hard}: {err}");
        }
        let written = target.get("/api/v2/tickets?per_page=100");
        assert_eq!(written.as_array().unwrap().len(), 20);
        if language != "en" {
            continue;
        }
        // The migration goes on from there, and writes nothing twice.
        let (_, err) = project.expect(3, &["migrate", "--no-verify"]);
        assert!(!err.contains("twice"), "{err}");
        let written = target.get("/api/v2/tickets?per_page=100");
        assert_eq!(written.as_array().unwrap().len(), 60);
        // The choices of the field became what the answers say.
        for ware in ["Aurora", "Rest"] {
            let mut all = written.as_array().unwrap().iter();
            assert!(
                all.any(|ticket| ticket["custom_fields"]["cf_ware"] == ware),
                "{ware}"
            );
        }
        assert_eq!(target.mails(), 0);
    }
}

#[test]
fn a_pilot_that_was_taken_back_can_be_written_again() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let more =
        |result: &str| format!("pilot = \"yes\"\npilot_result = \"{result}\"\nrun = \"later\"\n");
    let project = project(&source, &target, &more("undo"));
    let before = target.get("/api/v2/contacts?per_page=100");
    let (_, err) = project.expect(0, &INIT);
    assert!(err.contains("The pilot was taken back"), "{err}");
    let tickets = target.get("/api/v2/tickets?per_page=100");
    assert_eq!(tickets.as_array().unwrap().len(), 0);
    assert_eq!(target.get("/api/v2/contacts?per_page=100"), before);

    let answers = std::fs::read_to_string(project.path("answers.toml")).unwrap();
    let answers = answers.replace("\"undo\"", "\"keep\"");
    std::fs::write(project.path("answers.toml"), answers).unwrap();
    let (_, err) = project.expect(0, &INIT);
    assert!(err.contains("all are as they should be"), "{err}");
}

#[test]
fn a_wrong_key_is_told_at_once_and_nothing_is_written() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = project(&source, &target, "pilot = \"no\"\nrun = \"later\"\n");
    let mut command = project.command(&INIT);
    let output = command.env("SANDBOX_SECRET", "wrong").output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(8), "{err}");
    assert!(
        !err.contains("wrong\n") && !project.path("deskferry.toml").exists(),
        "{err}"
    );
}

#[test]
fn what_is_there_is_changed_and_not_replaced() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = project(
        &source,
        &target,
        "read = \"later\"\nrun = \"later\"\nshare = \"0.5\"\n",
    );
    let config = format!(
        "# Ours.\n{}\n{}\n[sync]\ndeleted = \"tag\" # as agreed\n",
        source.section("source"),
        target.section("target")
    );
    std::fs::write(project.path("deskferry.toml"), config).unwrap();
    std::fs::write(
        project.path("mapping.toml"),
        "# Mine.\ntags = [\"moved\"]\n",
    )
    .unwrap();
    let (out, _) = project.expect(0, &INIT);
    assert!(out.contains("deskferry migrate"), "{out}");
    let text = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
    let config = text("deskferry.toml");
    for kept in ["# Ours.", "deleted = \"tag\" # as agreed", "share = 0.5"] {
        assert!(config.contains(kept), "{kept}: {config}");
    }
    assert_eq!(text("mapping.toml"), "# Mine.\ntags = [\"moved\"]\n");
    // The same again changes nothing.
    project.expect(0, &INIT);
    assert_eq!(text("deskferry.toml"), config);
}

#[test]
fn without_a_terminal_and_answers_it_says_what_to_do() {
    let project = Project::new("");
    let (_, err) = project.expect(2, &["init"]);
    assert!(err.contains("--answers answers.toml"), "{err}");
    std::fs::write(
        project.path("answers.toml"),
        "[source]\nconnector = \"zendsk\"\n",
    )
    .unwrap();
    let (_, err) = project.expect(2, &INIT);
    assert!(
        err.contains("source.connector") && err.contains("zendsk"),
        "{err}"
    );
    let secret = "[source]\nconnector = \"freshdesk\"\ndomain = \"acme\"\napi_key = \"hunter2\"\n";
    std::fs::write(project.path("answers.toml"), secret).unwrap();
    let (_, err) = project.expect(2, &INIT);
    assert!(
        err.contains("source.api_key") && !err.contains("hunter2"),
        "{err}"
    );
}
