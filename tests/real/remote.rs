//! A ledger in a real server that speaks S3: moto's.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use deskferry::sandbox::{Config, Running};

use crate::server::{run, step};

/// The server. Dropping it stops it.
struct S3 {
    url: String,
    child: Child,
}

/// Where the server is, installed if it is not there.
fn moto() -> std::path::PathBuf {
    if let Ok(found) = which("moto_server") {
        return found;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto");
    let server = folder.join("bin/moto_server");
    if !server.exists() {
        step("install moto's server");
        run(Command::new("python3").arg("-m").arg("venv").arg(&folder));
        let pip = folder.join("bin/pip");
        run(Command::new(pip).args(["install", "--quiet", "moto[server,s3]==5.2.1"]));
    }
    server
}

fn which(name: &str) -> Result<std::path::PathBuf, ()> {
    let works = |path: &Path| {
        let asked = Command::new(path).arg("--help").output();
        asked.is_ok_and(|output| output.status.success())
    };
    let path = Path::new(name).to_owned();
    works(&path).then_some(path).ok_or(())
}

impl S3 {
    fn start() -> S3 {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(moto())
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "moto did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        S3 {
            url: format!("http://127.0.0.1:{port}"),
            child,
        }
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Desks {
    zendesk: Running,
    freshdesk: Running,
}

async fn desks() -> Desks {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let config = |seed: &str, features: &[&str]| Config {
        seed: Some(fixtures.join(seed)),
        speed: 300.0,
        features: features.iter().map(|name| (*name).to_owned()).collect(),
        ..Config::default()
    };
    let start = |name| deskferry::connector::find(name).unwrap().sandbox.unwrap();
    Desks {
        zendesk: start("zendesk")(config("zendesk", &[])).await.unwrap(),
        freshdesk: start("freshdesk")(config("freshdesk-target", &["no_notifications"]))
            .await
            .unwrap(),
    }
}

impl Desks {
    /// Requests to the target that begin like this.
    fn calls(&self, route: &str) -> u64 {
        let stats = (self.freshdesk.stats)();
        let routes = stats["routes"].as_object().unwrap();
        let found = routes.iter().filter(|(name, _)| name.starts_with(route));
        found.map(|(_, count)| count.as_u64().unwrap()).sum()
    }
}

/// A command in a folder that is empty but for its configuration.
fn job(desks: &Desks, s3: &S3, folder: &Path, arguments: &[&str]) -> Command {
    let config = format!(
        "[source]\nconnector = \"zendesk\"\nbase_url = \"http://{}\"\nsubdomain = \"acme\"\nclient_id = \"deskferry\"\nclient_secret = {{ env = \"SANDBOX_SECRET\" }}\n\
         [target]\nconnector = \"freshdesk\"\nbase_url = \"http://{}\"\ndomain = \"acme\"\napi_key = {{ env = \"SANDBOX_KEY\" }}\ncreate_fields = true\nallow_mail = true\n\
         [ledger]\nremote = \"s3://ledgers/acme/desk\"\n",
        desks.zendesk.addr, desks.freshdesk.addr
    );
    std::fs::write(folder.join("deskferry.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_deskferry"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("SANDBOX_SECRET", "sandbox-secret")
        .env("SANDBOX_KEY", "sandbox-key")
        .env("DESKFERRY_TEST_SPEED", "300")
        .env("AWS_ENDPOINT_URL", &s3.url)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_REGION", "us-east-1")
        .env("NO_COLOR", "1")
        .env("DESKFERRY_LANG", "en")
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn expect(code: i32, mut command: Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert_eq!(
        status.code(),
        Some(code),
        "{command:?}\n{}",
        text.join("\n---\n")
    );
    text.concat()
}

/// Jobs in empty folders, one of them killed, through a server that decides
/// about conditional writes by itself.
pub async fn ledger_in_s3() {
    step("start a server that speaks S3");
    let s3 = S3::start();
    let client = reqwest::Client::new();
    let at = |object: &str| format!("{}/ledgers{object}", s3.url);
    let made = client.put(at("")).send().await.unwrap();
    assert!(made.status().is_success(), "{}", made.status());
    let desks = desks().await;
    tokio::task::block_in_place(|| {
        let folder = || tempfile::tempdir().unwrap();

        step("a job dies");
        let first = folder();
        let mut run = job(&desks, &s3, first.path(), &["migrate"]);
        let mut run = run
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while desks.calls("POST tickets") < 20 {
            assert!(begun.elapsed() < Duration::from_secs(120));
            assert!(run.try_wait().unwrap().is_none(), "it ended");
            std::thread::sleep(Duration::from_millis(1));
        }
        step("a second job is refused while it is there, and told of it");
        let second = folder();
        let said = expect(6, job(&desks, &s3, second.path(), &["sync"]));
        assert!(said.contains(&format!("process {}", run.id())), "{said}");
        run.kill().unwrap();
        run.wait().unwrap();

        step("the next one goes on in an empty folder");
        let third = folder();
        let arguments = ["migrate", "--break-lock", "--no-verify"];
        let said = expect(3, job(&desks, &s3, third.path(), &arguments));
        assert!(said.contains("broke the lock of"), "{said}");
        let tickets = desks.calls("POST tickets");

        step("and another one has nothing to do");
        let fourth = folder();
        let said = expect(0, job(&desks, &s3, fourth.path(), &["sync"]));
        assert!(!said.contains("may be missing"), "{said}");
        assert_eq!(desks.calls("POST tickets"), tickets, "{said}");
        expect(0, job(&desks, &s3, fourth.path(), &["verify", "--quiet"]));

        step("plain http to another machine is refused");
        let mut far = job(&desks, &s3, fourth.path(), &["sync"]);
        far.env("AWS_ENDPOINT_URL", "http://s3.example.com");
        let said = expect(2, far);
        assert!(said.contains("plain http"), "{said}");
    });
    // The server looks at who asks, not at the signature.
    let signed = |object: &str| {
        let key = "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        client.get(at(object)).header("Authorization", key).send()
    };
    let lock = signed("/acme/desk/lock.json").await.unwrap();
    assert_eq!(lock.status().as_u16(), 404, "the lock is given back");
    let saved = signed("/acme/desk/ledger.json").await.unwrap();
    let saved: serde_json::Value = saved.json().await.unwrap();
    assert!(saved["open"].is_null(), "{saved}");
}
