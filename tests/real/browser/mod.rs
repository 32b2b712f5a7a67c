//! The report in a real browser: Debian's Chromium, with the rules of axe-core.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::{run, step};

/// Of the reports in every language: what the audit finds is nothing.
pub fn reports_can_be_read_by_everybody() {
    let python = installed();
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deskferry"));
        command
            .current_dir(folder.path())
            .env("DESKFERRY_TEST_SPEED", "300")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    };
    run(program().args(["demo", "--folder", "."]));
    let languages = ["en", "pt-BR", "es"];
    let pages = languages.map(|language| folder.path().join(format!("report-{language}.html")));
    for (language, page) in languages.iter().zip(&pages) {
        run(program()
            .args(["--quiet", "--lang", language, "report", "-o"])
            .arg(page));
    }
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&shots).unwrap();
    let output = Command::new(python.join("bin/python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/browser/audit.py"))
        .arg(python.join("axe/axe_playwright_python/axe.min.js"))
        .arg(&shots)
        .args(&pages)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    eprintln!("screenshots are in {}", shots.display());
}

/// A Python with what the audit needs; Chromium and its driver from Debian.
fn installed() -> PathBuf {
    let there = |path: &str| Path::new(path).exists();
    if !there("/usr/bin/chromium") || !there("/usr/bin/chromedriver") {
        step("install Chromium");
        run(Command::new("apt-get").args(["update", "-qq"]));
        run(Command::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(["chromium", "chromium-driver"])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null()));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let pip = || {
        let mut command = Command::new(folder.join("bin/pip"));
        command.args(["install", "--quiet", "--disable-pip-version-check"]);
        command
    };
    if !folder.join("ready").exists() {
        step("install Selenium and axe-core");
        run(Command::new("python3").arg("-m").arg("venv").arg(&folder));
        run(pip().arg("selenium==4.38.0"));
        // Of this package only the rules themselves are needed.
        run(pip()
            .args(["--no-deps", "axe-playwright-python==0.1.8", "--target"])
            .arg(folder.join("axe")));
        std::fs::write(folder.join("ready"), "").unwrap();
    }
    folder
}
