//! What a user sees, command by command, piped: exit code, stdout, stderr.
//!
//! After a change on purpose: `INSTA_UPDATE=always cargo test --test it transcripts`,
//! and read the difference as a user would.

use std::process::Command;

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, quiet_freshdesk};

/// Runs a command and gives all that it says.
fn transcript(command: &mut Command, shown: &str) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), in_order(&text(&output.stderr)));
    let mut all = format!("$ deskferry {shown}\n{out}");
    if !err.is_empty() {
        all.push_str(&format!("----- stderr -----\n{err}"));
    }
    let code = output.status.code().unwrap();
    all.push_str(&format!("----- exit {code} -----\n"));
    all
}

/// Warnings come in the order in which parallel work ends, progress every few seconds.
fn in_order(err: &str) -> String {
    let progress = |line: &&str| {
        ["reading ", "writing ", "comparing "]
            .iter()
            .any(|verb| line.starts_with(verb))
    };
    let (mut warnings, others): (Vec<&str>, Vec<&str>) = err
        .split_inclusive('\n')
        .filter(|line| !progress(line))
        .partition(|line| line.starts_with("warning:"));
    warnings.sort_unstable();
    warnings.concat() + &others.concat()
}

/// Compares with the stored transcript, without what differs from run to run.
fn assert_seen(name: &str, transcript: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, replacement) in [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", "[time]"),
        (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", "[minute]"),
        (r"(ledger\)?) [\d.,]+ [kM]B", "$1 [size]"),
        (r#"ledger_bytes":\d+"#, r#"ledger_bytes":[size]"#),
        (r"deskferry \d+\.\d+\.\d+", "deskferry [version]"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!(name, transcript));
}

fn see(project: &Project, name: &str, arguments: &[&str]) {
    let mut command = project.command(arguments);
    command.env_remove("COLUMNS");
    assert_seen(name, &transcript(&mut command, &arguments.join(" ")));
}

/// On a narrow terminal.
fn see_narrow(project: &Project, name: &str, arguments: &[&str]) {
    let mut command = project.command(arguments);
    command.env("COLUMNS", "60");
    let text = transcript(&mut command, &arguments.join(" "));
    assert_seen(&format!("{name}-60"), &text);
}

#[test]
fn help_and_what_is_known_without_a_desk() {
    let project = Project::new("");
    see(&project, "help", &["--help"]);
    see_narrow(&project, "help", &["--help"]);
    see(&project, "help-migrate", &["migrate", "--help"]);
    see(&project, "connectors", &["connectors"]);
    see_narrow(&project, "connectors", &["connectors"]);
    see(&project, "connectors-zendesk", &["connectors", "zendesk"]);
    see_narrow(&project, "connectors-zendesk", &["connectors", "zendesk"]);
    let arguments = ["schema"];
    let whole = transcript(&mut project.command(&arguments), "schema");
    let head: String = whole.split_inclusive('\n').take(30).collect();
    assert_seen("schema-head", &head);
}

#[test]
fn mistakes() {
    let project = Project::new("");
    see(&project, "usage-error", &["migrate", "--pilto", "3"]);
    see(&project, "unknown-command", &["mirgate"]);
    see(&project, "unknown-connector", &["connectors", "zendesc"]);
    see(&project, "empty-configuration", &["check"]);
    std::fs::remove_file(project.folder.path().join("deskferry.toml")).unwrap();
    see(&project, "no-configuration", &["check"]);
    let typo = Project::new(
        "[source]\nconnector = \"freshdesk\"\ndomian = \"acme\"\napi_key = { env = \"SANDBOX_KEY\" }\n\n[scoop]\n",
    );
    see(&typo, "configuration-typo", &["check"]);
    let unset = Project::new(
        "[source]\nconnector = \"freshdesk\"\ndomain = \"acme\"\napi_key = { env = \"NOT_SET\" }\n",
    );
    see(&unset, "secret-not-set", &["check"]);
    see(&unset, "no-ledger", &["status", "--runs", "0"]);
}

#[test]
fn wrong_credentials() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    for name in ["check", "pull"] {
        let mut command = project.command(&[name]);
        command
            .env("SANDBOX_SECRET", "wrong")
            .env("SANDBOX_KEY", "wrong");
        assert_seen(
            &format!("wrong-credentials-{name}"),
            &transcript(&mut command, name),
        );
    }
}

#[test]
fn an_open_interlock() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = Desk::start("freshdesk", Some("freshdesk-target"));
    let config = format!("{}\n{}", source.section("source"), target.section("target"));
    let project = Project::new(&config.replace("allow_mail = true\n", ""));
    see(&project, "interlock-check", &["check"]);
    see_narrow(&project, "interlock-check", &["check"]);
    for language in ["pt-BR", "es"] {
        let name = format!("interlock-check-{language}");
        see(&project, &name, &["check", "--lang", language]);
    }
    see(&project, "interlock-migrate", &["migrate"]);
}

#[test]
fn a_migration() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    see(&project, "check", &["check"]);
    see(&project, "pull", &["pull"]);
    see(&project, "preview", &["preview", "--offline"]);
    see_narrow(&project, "preview", &["preview", "--offline"]);
    see(
        &project,
        "preview-json",
        &["preview", "--offline", "--json"],
    );
    for language in ["pt-BR", "es"] {
        let name = |command| format!("{command}-{language}");
        let preview = ["preview", "--offline", "--lang", language];
        see(&project, &name("preview"), &preview);
    }
    see(&project, "migrate", &["migrate"]);
    see(&project, "migrate-again", &["migrate"]);
    see(&project, "preview-nothing", &["preview"]);
    see(&project, "verify", &["verify"]);
    see(&project, "verify-json", &["verify", "--json"]);
    see(&project, "status", &["status", "--runs", "0"]);
    see_narrow(&project, "status", &["status", "--runs", "0"]);
    see(
        &project,
        "status-json",
        &["status", "--runs", "0", "--json"],
    );
    for language in ["pt-BR", "es"] {
        let name = |command| format!("{command}-{language}");
        let verify = ["verify", "--lang", language];
        see(&project, &name("verify"), &verify);
        let status = ["status", "--runs", "0", "--lang", language];
        see(&project, &name("status"), &status);
    }
    see(&project, "archive", &["archive", "all"]);
    see(&project, "archive-again", &["archive", "all"]);
}
