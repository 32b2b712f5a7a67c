//! `deskferry demo`

mod desks;

use std::path::{Path, PathBuf};

use owo_colors::OwoColorize as _;

use super::{Context, exit};
use crate::connector::{self, Error, Result};
use crate::sandbox::{self, Running};

/// Migrate a desk with every hard case between two simulated desks
///
/// Needs no account and no network: a simulated Zendesk and a simulated
/// Freshdesk run on this machine while the demo does.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry demo
  deskferry demo --folder my-demo")]
pub(super) struct Args {
    /// Where the project is made; a new folder among the temporary files
    /// unless told.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// How much faster than real time the simulated desks count their limits, so
/// that what takes the real ones ten minutes is over in seconds.
const SPEED: f64 = 300.0;

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let folder = match args.folder {
        Some(folder) => folder,
        None => std::env::temp_dir().join(format!("deskferry-demo-{}", std::process::id())),
    };
    if folder.join("deskferry.toml").exists() {
        return Err(
            Error::config(format!("{} holds a project already", folder.display()))
                .hint("name a new folder with --folder"),
        );
    }
    desks::unpack(&folder.join("desks"))?;
    let source = start("zendesk", &folder.join("desks/zendesk"), &[]).await?;
    let target = start(
        "freshdesk",
        &folder.join("desks/freshdesk-target"),
        &["no_notifications"],
    )
    .await?;
    write(&folder, "deskferry.toml", &configuration(&source, &target))?;
    write(&folder, "zendesk.secret", "sandbox-secret")?;
    write(&folder, "freshdesk.key", "sandbox-key")?;
    context.printer.talk(&format!(
        "A simulated Zendesk is at http://{}, a simulated Freshdesk at http://{}.",
        source.addr, target.addr
    ));

    for (title, arguments, fine) in STEPS {
        let code = step(&folder, title, arguments, context).await?;
        if !fine.contains(&code) {
            context.printer.error(&format!(
                "`deskferry {}` ended with {code}",
                arguments.join(" ")
            ));
            return Ok(code);
        }
    }
    conclude(&folder, &target, context)?;
    Ok(exit::DONE)
}

/// What is shown, and the exit codes that are expected of it. Four files of
/// the source desk are gone on purpose, so a migration ends with problems.
const STEPS: [(&str, &[&str], &[u8]); 4] = [
    (
        "Who are we, and what would mail customers?",
        &["check"],
        &[exit::DONE],
    ),
    (
        "What will happen, and what will be lost?",
        &["preview"],
        &[exit::DONE],
    ),
    (
        "Go.",
        &["migrate", "--no-verify", "--quiet"],
        &[exit::DONE, exit::PROBLEMS],
    ),
    (
        "Is everything there, once, as it was?",
        &["verify"],
        &[exit::DONE],
    ),
];

async fn start(platform: &str, seed: &Path, features: &[&str]) -> Result<Running> {
    let start = connector::find(platform)
        .and_then(|connector| connector.sandbox)
        .ok_or_else(|| Error::config(format!("there is no sandbox of {platform}")))?;
    start(sandbox::Config {
        seed: Some(seed.to_owned()),
        speed: SPEED,
        features: features.iter().map(|name| (*name).to_owned()).collect(),
        ..sandbox::Config::default()
    })
    .await
}

fn configuration(source: &Running, target: &Running) -> String {
    format!(
        r#"[source]
connector = "zendesk"
subdomain = "lumen"
base_url = "http://{}"
client_id = "deskferry"
client_secret = {{ file = "zendesk.secret" }}

[target]
connector = "freshdesk"
domain = "lumen"
base_url = "http://{}"
api_key = {{ file = "freshdesk.key" }}
create_fields = true
# Freshdesk does not tell over its API whether it mails requesters about new
# tickets. They are off on this simulated account, so this is safe to say.
allow_mail = true
"#,
        source.addr, target.addr
    )
}

/// Runs the program itself, as a user would in that folder.
async fn step(folder: &Path, title: &str, arguments: &[&str], context: &Context) -> Result<u8> {
    let line = format!("deskferry {}", arguments.join(" "));
    context
        .printer
        .talk(&format!("\n{}\n$ {}", title.bold(), line.green()));
    let program = std::env::current_exe().map_err(|cause| {
        Error::local(format!("this program cannot find itself: {cause}")).caused_by(cause)
    })?;
    let status = tokio::process::Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("DESKFERRY_TEST_SPEED", SPEED.to_string())
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|cause| Error::local(format!("{line}: {cause}")).caused_by(cause))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(exit::FAILED))
}

fn conclude(folder: &Path, target: &Running, context: &Context) -> Result<()> {
    let mails = (target.stats)()["mails"]["total"].as_u64().unwrap_or(0);
    context.printer.data(&format!(
        "\nDone. Mails that customers would have got: {mails}.
The project is in {}:
  deskferry.toml      the configuration
  deskferry.ledger    everything that was read, planned, written and received
  deskferry.blobs     the files
Look around: `cd {} && deskferry status`, or `deskferry archive all` for open files.
Your own desks: `deskferry init` asks one question at a time.",
        folder.display(),
        folder.display()
    ))
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    use std::io::Write as _;
    let path = folder.join(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|cause| {
            Error::local(format!("{} cannot be written: {cause}", path.display())).caused_by(cause)
        })
}
