//! What people do wrong, and what breaks: each has a clear message, an exit
//! code of its own, and nothing is lost.

use std::io::{Read, Write};

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::json;

use crate::desks::{Desk, Project, quiet_freshdesk};

#[test]
fn without_a_configuration_the_next_step_is_told() {
    let project = Project::new("");
    std::fs::remove_file(project.folder.path().join("deskferry.toml")).unwrap();
    let (_, err) = project.expect(2, &["check"]);
    assert!(err.contains("deskferry.toml"), "{err}");
    assert!(err.contains("hint:"), "{err}");
}

#[test]
fn mistakes_in_the_configuration_are_named_with_line_and_nearest_word() {
    let project = Project::new("[source]\nconnector = \"zendesc\"\nsubdomain = \"x\"\n");
    let (_, err) = project.expect(2, &["check"]);
    assert!(err.contains("2:13") && err.contains("zendesk"), "{err}");

    let project = Project::new(
        "[source]\nconnector = \"freshdesk\"\ndomian = \"x\"\napi_key = \"plain-text-secret\"\n",
    );
    let (_, err) = project.expect(2, &["check"]);
    assert!(err.contains("domian") && err.contains("domain"), "{err}");
    assert!(
        !err.contains("plain-text-secret"),
        "a secret is never repeated: {err}"
    );
}

#[test]
fn wrong_credentials_are_an_exit_code_of_their_own() {
    let source = Desk::start("zendesk", None);
    let project = Project::new(&source.section("source"));
    let output = project
        .command(&["pull"])
        .env("SANDBOX_SECRET", "not-the-secret")
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(8), "{err}");
    assert!(err.contains("hint:"), "{err}");
    assert!(!err.contains("not-the-secret"), "{err}");
}

#[test]
fn an_absurd_speed_is_refused() {
    let project = Project::new(
        "[source]\nconnector = \"freshdesk\"\ndomain = \"x\"\napi_key = { env = \"SANDBOX_KEY\" }\n",
    );
    for speed in ["soon", "1e300", "-4"] {
        let output = project
            .command(&["check"])
            .env("DESKFERRY_TEST_SPEED", speed)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(
            err.contains(&format!("DESKFERRY_TEST_SPEED is `{speed}`")) && err.contains("hint:"),
            "{err}"
        );
    }
}

#[test]
fn a_token_that_is_not_granted_at_once_is_asked_for_again() {
    let bad = |fault, after| Planned {
        on: "POST /oauth/tokens".into(),
        fault,
        after,
        times: 1,
    };
    let source = Desk::with(
        "zendesk",
        None,
        &[],
        Faults {
            planned: vec![
                bad(Fault::ServerError, 0),
                bad(Fault::TooMany, 1),
                bad(Fault::ResetAfterWrite, 2),
                bad(Fault::ErrorAfterWrite, 3),
            ],
            ..Faults::default()
        },
    );
    let project = Project::new(&source.section("source"));
    project.expect(0, &["pull"]);
    let outcomes = source.stats()["outcomes"].clone();
    for fault in [
        "server_error",
        "too_many",
        "reset_after_write",
        "error_after_write",
    ] {
        assert_eq!(outcomes[fault], 1, "{outcomes}");
    }
}

#[test]
fn a_web_page_instead_of_an_answer_is_recognized() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        // As many requests as the program may send; ends with the process.
        for stream in server.incoming().take(200) {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let page = "<!DOCTYPE html><title>Oops, this help desk no longer exists</title>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
            let _ = write!(
                stream,
                "{head}\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            );
        }
    });
    let project = Project::new(&format!(
        "[source]\nconnector = \"freshdesk\"\ndomain = \"gone\"\nbase_url = \"http://{address}\"\napi_key = {{ env = \"SANDBOX_KEY\" }}\n"
    ));
    let output = project.run(&["pull"]);
    let text = String::from_utf8_lossy(&output.stderr).to_lowercase()
        + &String::from_utf8_lossy(&output.stdout).to_lowercase();
    assert_ne!(output.status.code(), Some(0));
    assert!(text.contains("html") || text.contains("web page"), "{text}");
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let source = Desk::start("zendesk", None);
    let project = Project::new(&source.section("source"));
    project.expect(0, &["pull", "--quiet"]);
    let path = project.folder.path().join("deskferry.ledger");
    let ledger = rusqlite::Connection::open(&path).unwrap();
    ledger.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    let (_, err) = project.expect(1, &["pull"]);
    assert!(err.contains("format 99") && err.contains("hint:"), "{err}");
}

#[test]
fn a_ledger_in_use_is_an_exit_code_of_its_own() {
    let source = Desk::start("zendesk", None);
    let project = Project::new(&source.section("source"));
    let lock = std::fs::File::create(project.folder.path().join("deskferry.ledger.lock")).unwrap();
    lock.lock().unwrap();
    let (_, err) = project.expect(6, &["pull"]);
    assert!(err.contains("another run"), "{err}");
}

#[test]
fn a_run_that_would_mail_customers_does_not_start() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = Desk::start("freshdesk", Some("freshdesk-target"));
    let config = format!("{}\n{}", source.section("source"), target.section("target"));
    let project = Project::new(&config.replace("allow_mail = true\n", ""));
    let (_, err) = project.expect(9, &["migrate"]);
    assert!(err.contains("mail"), "{err}");
    assert_eq!(target.calls("POST ") + target.calls("PUT "), 0);
    assert_eq!(target.mails(), 0);
}

#[test]
fn an_interrupted_run_says_so_and_goes_on_next_time() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults {
        slow_ms: 5,
        ..Faults::default()
    });
    let project = Project::between(&source, &target);
    let mut child = project
        .command(&["migrate", "--quiet", "--no-verify"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(900));
    let pid = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(
        killed.unwrap().success(),
        "the run was over before it could be stopped"
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    project.expect(0, &["verify", "--quiet"]);
}

#[test]
fn answers_that_get_lost_after_a_write_do_not_double_it() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let lost = |on: &str, after| Planned {
        on: on.into(),
        fault: Fault::ResetAfterWrite,
        after,
        times: 2,
    };
    let target = quiet_freshdesk(Faults {
        planned: vec![
            lost("POST /api/v2/tickets", 3),
            lost("POST /api/v2/tickets", 40),
            lost("POST /api/v2/contacts", 2),
            lost("POST /api/v2/companies", 1),
        ],
        ..Faults::default()
    });
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(0, &["verify", "--quiet"]);
    let tickets = target.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
    assert_eq!(tickets.as_array().unwrap().len(), 60, "each ticket once");
}

#[test]
fn a_field_that_the_target_demands_is_told_before_and_a_constant_fills_it() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    target.post(
        "/api/v2/admin/ticket_fields",
        &json!({
            "label": "Harbour", "label_for_customers": "Harbour", "type": "custom_text",
            "required_for_agents": true,
        }),
    );
    let project = Project::between(&source, &target);
    let (told, _) = project.expect(0, &["preview"]);
    assert!(told.contains("the target demands Harbour"), "{told}");
    let (_, err) = project.expect(3, &["migrate", "--no-verify"]);
    assert!(err.contains("map a field or a constant"), "{err}");
    assert_eq!(target.calls("POST tickets"), 0, "none is tried in vain");

    project.append("[mapping]\nfile = \"mapping.toml\"");
    let mapping = "[constants]\nHarbour = \"North\"\n";
    std::fs::write(project.path("mapping.toml"), mapping).unwrap();
    project.expect(3, &["migrate", "--quiet"]);
    let list = target.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
    let tickets = list.as_array().unwrap();
    assert_eq!(tickets.len(), 60);
    for ticket in tickets {
        assert_eq!(ticket["custom_fields"]["cf_harbour"], "North", "{ticket}");
    }
}

#[test]
fn a_line_that_cannot_be_read_costs_that_record_alone_until_it_is_mended() {
    let from = tempfile::tempdir().unwrap();
    let name = from.path().join("conversations.jsonl");
    let row = |id: u32, status: &str| {
        format!(
            "{{\"id\":\"{id}\",\"subject\":\"Ticket {id}\",\"status\":\"{status}\",\"channel\":\"email\"}}\n"
        )
    };
    std::fs::write(&name, row(1, "open") + &row(2, "opn") + &row(3, "solved")).unwrap();
    let project = Project::new(&format!(
        "[source]\nconnector = \"files\"\npath = {:?}\n[target]\nconnector = \"files\"\npath = \"out\"\n",
        from.path()
    ));
    let (_, err) = project.expect(3, &["migrate"]);
    for word in ["conversations.jsonl", "line 2", "status", "opn"] {
        assert!(err.contains(word), "{word}: {err}");
    }
    let written = || std::fs::read_to_string(project.path("out/conversations.jsonl")).unwrap();
    assert_eq!(written().lines().count(), 2);
    std::fs::write(&name, row(1, "open") + &row(2, "open") + &row(3, "solved")).unwrap();
    project.expect(0, &["migrate"]);
    assert_eq!(written().lines().count(), 3);
}

#[test]
fn a_desk_that_does_not_answer_is_named() {
    // Nobody listens on a port that was just given back.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    drop(socket);
    let project = Project::new(&format!(
        "[source]\nconnector = \"freshdesk\"\ndomain = \"acme\"\nbase_url = \"{address}\"\napi_key = {{ env = \"SANDBOX_KEY\" }}\n"
    ));
    let (_, err) = project.expect(1, &["pull"]);
    assert!(err.contains("check the desk's address"), "{err}");
}

#[test]
fn a_permission_that_is_missing_is_named_and_the_rest_is_read() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let config = format!(
        "{}scope = \"tickets:read users:read\"\n{}",
        source.section("source"),
        target.section("target")
    );
    let project = Project::new(&config);
    let (_, err) = project.expect(3, &["pull"]);
    assert!(err.contains("403"), "{err}");
}

#[test]
fn interrupted_twice_it_ends_at_once_and_the_next_run_finishes() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults {
        slow_ms: 5,
        ..Faults::default()
    });
    let project = Project::between(&source, &target);
    let mut child = project
        .command(&["migrate", "--quiet", "--no-verify"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while target.calls("POST tickets") < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it was over before");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let pid = child.id().to_string();
    let interrupt = || {
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
    };
    assert!(interrupt().unwrap().success());
    // The second one is a signal of its own only when the first was taken.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let _ = interrupt();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    crate::migrate::assert_each_ticket_and_note_once(&target);
    project.expect(0, &["verify", "--quiet"]);
}
