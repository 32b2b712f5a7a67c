//! Starts and stops Request Tracker.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use deskferry::connector::{Connector, Options, Setup, Sink, Source, find};
use deskferry::mapping::PlatformMapping;
use serde_json::Value;

/// Says what is done, for whoever watches.
pub fn step(what: &str) {
    eprintln!("== real: {what}");
}

/// Runs a command that must succeed.
#[track_caller]
pub fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// A folder with the database, token and facts of an earlier seed, which saves
/// a minute while tests are being written: `DESKFERRY_REAL_SEEDED=folder`.
fn seeded() -> Option<PathBuf> {
    std::env::var_os("DESKFERRY_REAL_SEEDED").map(PathBuf::from)
}

/// Whether a part is to be run: all of them, or those that `DESKFERRY_REAL_STEPS` names.
pub fn wanted(part: &str) -> bool {
    std::env::var("DESKFERRY_REAL_STEPS").map_or(true, |steps| steps.split(',').any(|s| s == part))
}

/// One instance. Dropping it stops it.
pub struct Rt {
    pub url: String,
    pub state: PathBuf,
    _folder: tempfile::TempDir,
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real/request_tracker")
        .join(name)
}

impl Rt {
    pub fn start(name: &str) -> Rt {
        step(&format!("start Request Tracker {name}"));
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join(name);
        if let Some(seeded) = seeded().filter(|_| name == "a") {
            std::fs::create_dir(&state).unwrap();
            for file in ["rt5.sqlite", "token"] {
                std::fs::copy(seeded.join(file), state.join(file)).unwrap();
            }
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let status = Command::new(script("start.sh"))
            .arg(port.to_string())
            .arg(&state)
            .status()
            .unwrap();
        assert!(status.success(), "Request Tracker did not start");
        Rt {
            url: format!("http://127.0.0.1:{port}"),
            state,
            _folder: folder,
        }
    }

    /// Fills it; gives what the seed knows of itself.
    pub fn seed(&self) -> Value {
        if let Some(seeded) = seeded() {
            return serde_json::from_slice(&std::fs::read(seeded.join("facts.json")).unwrap())
                .unwrap();
        }
        let output = Command::new("python3")
            .arg(script("seed.py"))
            .arg(&self.url)
            .arg(&self.state)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// How many mails it would have sent.
    pub fn mails(&self) -> usize {
        std::fs::read_dir(&self.state)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "mbox"))
            .map(|path| {
                let all = std::fs::read(path).unwrap();
                all.split(|byte| *byte == b'\n')
                    .filter(|line| line.starts_with(b"From "))
                    .count()
            })
            .sum()
    }

    /// Looks something up in the database, as text.
    pub fn sql(&self, query: &str) -> String {
        let output = Command::new("sqlite3")
            .arg("-cmd")
            .arg(".timeout 20000")
            .arg(self.state.join("rt5.sqlite"))
            .arg(query)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Changes something as its owner would.
    pub fn rest(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = std::fs::read_to_string(self.state.join("token")).unwrap();
        let output = Command::new("curl")
            .args(["-fsS", "-X", method, "-H", "Content-Type: application/json"])
            .args(["-H", &format!("Authorization: token {}", token.trim())])
            .args(["-d", &body.to_string()])
            .arg(format!("{}/REST/2.0{path}", self.url))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{method} {path}: {told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn setup(&self, more: &str) -> Setup {
        let text = format!(
            "base_url = '{}'\ntoken = {{ file = 'token' }}\n{more}",
            self.url
        );
        let connector = connector();
        Setup {
            options: Options::new(text.parse().unwrap(), "desk", &self.state),
            mapping: Arc::new(
                PlatformMapping::load("request_tracker", connector.mapping, None).unwrap(),
            ),
            http: deskferry::http::Settings::default(),
        }
    }

    pub fn source(&self, more: &str) -> Arc<dyn Source> {
        (connector().source)(self.setup(more)).unwrap()
    }

    pub fn sink(&self, more: &str) -> Arc<dyn Sink> {
        (connector().sink)(self.setup(more)).unwrap()
    }
}

fn connector() -> &'static Connector {
    find("request_tracker").unwrap()
}

impl Drop for Rt {
    fn drop(&mut self) {
        let _ = Command::new(script("stop.sh")).arg(&self.state).status();
    }
}
