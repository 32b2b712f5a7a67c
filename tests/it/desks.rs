//! Sandboxes and project folders for tests that run the real program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deskferry::sandbox::{Config, Faults};
use serde_json::Value;

/// How much faster than real time sandboxes and the program wait.
pub const SPEED: f64 = 300.0;

/// A simulated desk in this process.
pub struct Desk {
    pub base_url: String,
    platform: &'static str,
    /// Who may do everything on a Zendesk account: its own admin, the fixture's where there is one.
    admin: &'static str,
    stats: std::sync::Arc<dyn Fn() -> Value + Send + Sync>,
    _running: deskferry::sandbox::Running,
    _runtime: tokio::runtime::Runtime,
}

/// A folder of the repository.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

impl Desk {
    /// Starts a sandbox with a desk from `fixtures/`.
    pub fn start(platform: &'static str, seed: Option<&str>) -> Desk {
        Desk::with(platform, seed, &[], Faults::default())
    }

    pub fn with(
        platform: &'static str,
        seed: Option<&str>,
        features: &[&str],
        faults: Faults,
    ) -> Desk {
        Desk::paced(platform, seed, features, faults, SPEED)
    }

    /// With another speed than [`SPEED`]; the program has to be told.
    pub fn paced(
        platform: &'static str,
        seed: Option<&str>,
        features: &[&str],
        faults: Faults,
        speed: f64,
    ) -> Desk {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let start = deskferry::connector::find(platform)
            .unwrap()
            .sandbox
            .unwrap();
        let running = runtime
            .block_on(start(Config {
                seed: seed.map(fixture),
                speed,
                features: features.iter().map(|f| (*f).to_owned()).collect(),
                faults,
                ..Config::default()
            }))
            .unwrap();
        Desk {
            base_url: format!("http://{}", running.addr),
            platform,
            admin: match seed {
                Some(_) => "ada@lumen.example.com/token",
                None => "admin@example.com/token",
            },
            stats: running.stats.clone(),
            _running: running,
            _runtime: runtime,
        }
    }

    /// The sandbox's counters.
    pub fn stats(&self) -> Value {
        (self.stats)()
    }

    /// Mails that customers would have got.
    pub fn mails(&self) -> u64 {
        self.stats()["mails"]["total"].as_u64().unwrap()
    }

    /// Requests to routes that begin like this.
    pub fn calls(&self, route: &str) -> u64 {
        let stats = self.stats();
        let routes = stats["routes"].as_object().unwrap();
        routes
            .iter()
            .filter(|(name, _)| name.starts_with(route))
            .map(|(_, count)| count.as_u64().unwrap())
            .sum()
    }

    /// This desk as a section of `deskferry.toml`.
    pub fn section(&self, name: &str) -> String {
        let options = match self.platform {
            "zendesk" => {
                "subdomain = \"acme\"\nclient_id = \"deskferry\"\nclient_secret = { env = \"SANDBOX_SECRET\" }"
            }
            "freshdesk" => "domain = \"acme\"\napi_key = { env = \"SANDBOX_KEY\" }",
            other => panic!("no options for {other}"),
        };
        format!(
            "[{name}]\nconnector = \"{}\"\nbase_url = \"{}\"\n{options}\n{}",
            self.platform,
            self.base_url,
            if name == "target" && self.platform == "freshdesk" {
                // What the API cannot show is off: see `quiet_freshdesk`.
                "create_fields = true\nallow_mail = true\n"
            } else {
                ""
            }
        )
    }

    /// Changes something on the simulated desk, as its owner would.
    pub fn put(&self, path: &str, body: &Value) {
        self.send(reqwest::Method::PUT, path, body);
    }

    /// Adds something to the simulated desk, as its owner would.
    pub fn post(&self, path: &str, body: &Value) {
        self.send(reqwest::Method::POST, path, body);
    }

    /// Deletes something from the simulated desk, as its owner would.
    pub fn delete(&self, path: &str) {
        self.send(reqwest::Method::DELETE, path, &Value::Null);
    }

    /// Changes something behind deskferry's back; returns what the desk says of it.
    /// `null` sends no body.
    pub fn send(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.base_url);
        self._runtime.block_on(async {
            let mut request = reqwest::Client::new().request(method, &url);
            if !body.is_null() {
                request = request.json(body);
            }
            let request = match self.platform {
                "zendesk" => request.basic_auth(self.admin, Some("sandbox-token")),
                _ => request.basic_auth("sandbox-key", Some("X")),
            };
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            assert!(status.is_success(), "{url}: {status}: {text}");
            serde_json::from_str(&text).unwrap_or_default()
        })
    }

    /// The bytes of a file, as its reader gets them.
    pub fn bytes(&self, url: &str) -> Vec<u8> {
        self._runtime.block_on(async {
            let request = reqwest::Client::new().get(url);
            let request = request.basic_auth(self.admin, Some("sandbox-token"));
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{url}: {}", answer.status());
            answer.bytes().await.unwrap().to_vec()
        })
    }

    /// What somebody without credentials is answered: status and body.
    pub fn ask(&self, url: &str) -> (u16, String) {
        self._runtime.block_on(async {
            let answer = reqwest::Client::new().get(url).send().await.unwrap();
            let status = answer.status().as_u16();
            let bytes = answer.bytes().await.unwrap();
            (status, String::from_utf8_lossy(&bytes).into_owned())
        })
    }

    /// From now on these things go wrong.
    pub fn faults(&self, faults: &Faults) {
        let url = format!("{}/__sandbox/faults", self.base_url);
        self._runtime.block_on(async {
            let request = reqwest::Client::new().post(&url).json(faults);
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{url}: {}", answer.status());
        });
    }

    /// Moves the simulated desk's clock on, or back.
    pub fn advance(&self, seconds: i64) {
        let url = format!("{}/__sandbox/advance", self.base_url);
        self._runtime.block_on(async {
            let body = serde_json::json!({"seconds": seconds});
            let request = reqwest::Client::new().post(&url).json(&body);
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{url}: {}", answer.status());
        });
    }

    /// Asks the simulated desk directly, not through deskferry.
    pub fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.base_url);
        self._runtime.block_on(async {
            let client = reqwest::Client::new();
            for _ in 0..50 {
                let request = client.get(&url);
                let request = match self.platform {
                    "zendesk" => request.basic_auth(self.admin, Some("sandbox-token")),
                    _ => request.basic_auth("sandbox-key", Some("X")),
                };
                let answer = request.send().await.unwrap();
                if answer.status() == 429 {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
                assert!(answer.status().is_success(), "{url}: {}", answer.status());
                return answer.json().await.unwrap();
            }
            panic!("{url}: always 429");
        })
    }
}

/// An almost empty Freshdesk account whose owner has switched off all mail.
pub fn quiet_freshdesk(faults: Faults) -> Desk {
    quiet_freshdesk_with(&[], faults)
}

/// The same with switches.
pub fn quiet_freshdesk_with(features: &[&str], faults: Faults) -> Desk {
    let desk = Desk::with(
        "freshdesk",
        Some("freshdesk-target"),
        &[&["no_notifications"], features].concat(),
        faults,
    );
    for kind in [1, 3, 4] {
        let rules = desk.get(&format!("/api/v2/automations/{kind}/rules"));
        let rules = rules.get("rules").unwrap_or(&rules).as_array().cloned();
        for rule in rules.unwrap_or_default() {
            let path = format!("/api/v2/automations/{kind}/rules/{}", rule["id"]);
            desk.put(&path, &serde_json::json!({"active": false}));
        }
    }
    desk
}

/// An almost empty Zendesk account whose owner has switched off the automation that asks for ratings.
pub fn quiet_zendesk(features: &[&str], faults: Faults) -> Desk {
    quiet(Desk::with(
        "zendesk",
        Some("zendesk-target"),
        features,
        faults,
    ))
}

/// Switches off a Zendesk account's automations.
pub fn quiet(desk: Desk) -> Desk {
    let rules = desk.get("/api/v2/automations/active");
    for rule in rules["automations"].as_array().unwrap() {
        let path = format!("/api/v2/automations/{}", rule["id"]);
        let off = serde_json::json!({"automation": {"active": false}});
        desk.put(&path, &off);
    }
    desk
}

/// A project folder with its `deskferry.toml`.
pub struct Project {
    pub folder: tempfile::TempDir,
}

impl Project {
    pub fn new(config: &str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("deskferry.toml"), config).unwrap();
        Project { folder }
    }

    pub fn between(source: &Desk, target: &Desk) -> Project {
        Project::new(&format!(
            "{}\n{}",
            source.section("source"),
            target.section("target")
        ))
    }

    /// A file of this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds lines to `deskferry.toml`.
    pub fn append(&self, lines: &str) {
        let path = self.path("deskferry.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}\n{lines}")).unwrap();
    }

    /// The program in this folder, with the sandboxes' credentials.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deskferry"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("SANDBOX_SECRET", "sandbox-secret")
            .env("SANDBOX_KEY", "sandbox-key")
            .env("DESKFERRY_TEST_SPEED", SPEED.to_string())
            .env("NO_COLOR", "1")
            .env("DESKFERRY_LANG", "en")
            // A CI server's own summary is not for the runs of these tests.
            .env_remove("GITHUB_STEP_SUMMARY")
            .stdin(std::process::Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs and expects an exit code; returns what was printed.
    #[track_caller]
    pub fn expect(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "deskferry {}\n--- stdout\n{out}\n--- stderr\n{err}",
            arguments.join(" ")
        );
        (out, err)
    }

    /// The same of a command that compares both desks: they are the same.
    #[track_caller]
    pub fn same(&self, code: i32, arguments: &[&str]) -> String {
        let (told, _) = self.expect(code, arguments);
        let same = "0 differ, 0 missing, 0 extra, 0 not compared";
        assert!(told.contains(same), "{told}");
        told
    }
}

/// The lines of `--json` that tell of this event.
pub fn lines(out: &str, event: &str) -> Vec<Value> {
    let all = out.lines().map(|line| -> Value {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["format"], 1, "{line}");
        assert!(line["event"].is_string(), "{line}");
        line
    });
    all.filter(|line| line["event"] == event).collect()
}
