//! `init` at a real terminal of 24 lines of 80 columns: what is typed, what is
//! shown, and what is not.

use std::process::Command;
use std::time::{Duration, Instant};

use deskferry::sandbox::Faults;
use rexpect::session::{PtySession, spawn_command};

use crate::desks::{Desk, Project, SPEED, quiet_freshdesk};
use crate::secrets::{calls, keyring};

/// A person at the terminal.
struct Person {
    session: PtySession,
    /// The terminal: `/dev/pts/1`.
    device: String,
    /// Everything that was shown.
    seen: String,
}

impl Person {
    fn sits_down(project: &Project, language: &str, path: &str) -> Person {
        let program = env!("CARGO_BIN_EXE_deskferry");
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "stty echo rows 24 cols 80; tty; exec \"$0\" \"$@\"",
                program,
            ])
            .args(["--lang", language, "init"])
            .current_dir(project.folder.path())
            .env("DESKFERRY_TEST_SPEED", SPEED.to_string())
            .env("NO_COLOR", "1")
            .env("TERM", "xterm-256color")
            .env_remove("COLUMNS")
            .env_remove("LINES")
            .env("PATH", path)
            // Without one nobody looks for a keyring.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        let mut session = spawn_command(command, Some(20_000)).unwrap();
        let device = session.read_line().unwrap().trim().to_owned();
        Person {
            session,
            device,
            seen: String::new(),
        }
    }

    /// Waits for a text, and for the mark behind which an answer is typed.
    fn reads(&mut self, text: &str) -> &mut Self {
        for text in [text, "> "] {
            match self.session.exp_string(text) {
                Ok(before) => self.seen += &(before + text),
                Err(error) => panic!("no {text:?}: {error}\n--- seen\n{}", self.seen),
            }
        }
        self
    }

    /// Waits until what is typed is not shown any more.
    fn is_not_watched(&mut self) -> &mut Self {
        let hidden = || {
            let state = Command::new("stty")
                .args(["-F", &self.device, "-a"])
                .output();
            String::from_utf8_lossy(&state.unwrap().stdout).contains(" -echo ")
        };
        let late = Instant::now() + Duration::from_secs(20);
        while !hidden() {
            assert!(Instant::now() < late, "the input is shown");
        }
        self
    }

    fn types(&mut self, line: &str) -> &mut Self {
        self.session.send_line(line).unwrap();
        self
    }

    /// Reads to the end.
    fn leaves(mut self) -> String {
        self.seen += &self.session.exp_eof().unwrap();
        // Each byte is a letter there.
        let bytes: Vec<u8> = self.seen.chars().map(|c| c as u8).collect();
        String::from_utf8(bytes).unwrap()
    }
}

#[test]
fn a_person_goes_back_asks_for_help_leaves_and_goes_on() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::new("");
    std::fs::remove_file(project.path("deskferry.toml")).unwrap();

    let path = keyring(&project);
    let mut person = Person::sits_down(&project, "en", &path);
    person.reads("move away from?");
    person.types("?").reads("explains");
    person.types("freshdesk").reads("Freshdesk?");
    person.types("b").reads("move away from?");
    person.types("zendesk").reads("Zendesk?");
    person.types(&source.base_url).reads("sign in");
    person.types("1").reads("client_id:");
    person.types("deskferry").reads("Where shall");
    person.types("").reads("client_secret").is_not_watched();
    person.types("sandbox-secret").reads("to move to?");
    person.types("freshdesk").reads("Freshdesk?");
    person.types("q");
    let seen = person.leaves();
    assert!(
        !seen.contains("sandbox-secret"),
        "the secret was shown:\n{seen}"
    );
    assert!(
        !seen.contains('\u{1b}'),
        "NO_COLOR, and nothing moves:\n{seen:?}"
    );
    let widest = seen
        .lines()
        .map(|line| line.trim_end().chars().count())
        .max();
    assert!(widest <= Some(80), "{widest:?}\n{seen}");
    assert!(seen.contains("conversations"), "the inventory:\n{seen}");
    let state = std::fs::read_to_string(project.path(".deskferry-init.toml")).unwrap();
    assert!(!state.contains("sandbox-secret"), "{state}");
    let secret = project.path("source-client-secret.secret");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "sandbox-secret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&secret).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // It goes on where it was left, also in another language.
    let mut person = Person::sits_down(&project, "pt-BR", &path);
    person.reads("Freshdesk?").types(&target.base_url);
    person.reads("api_key").types("keyring:acme-key");
    person.reads("api_key").is_not_watched();
    person.types("wrong-key").reads("campos personalizados");
    person.types("1").reads("E agora?").types("q");
    let seen = person.leaves();
    assert!(!seen.contains("wrong-key"), "{seen}");
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert!(
        !project.path("deskferry.toml").exists(),
        "nothing is written yet"
    );
    let kept = std::fs::read_to_string(project.path("keyring/kept")).unwrap();
    assert_eq!(kept.trim_end(), "wrong-key");
    let calls = calls(&project);
    assert!(
        calls.contains("store --label deskferry acme-key"),
        "{calls}"
    );
    assert!(
        !calls.contains("wrong-key"),
        "arguments are seen by others: {calls}"
    );
}
