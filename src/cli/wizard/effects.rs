//! What the wizard does for real: the same as the commands do, with the files
//! that it writes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use async_trait::async_trait;

use super::facts::{Checked, Fact, Piloted, Side, Work};
use super::survey::{Creates, survey};
use super::{Answers, Effects, Machine, files};
use crate::cli::config::{Config, Desk};
use crate::cli::work::{self, Needs, Plan};
use crate::cli::{Context, migrate};
use crate::connector::{CheckLevel, Error, ErrorKind, Feature, Result, Support};
use crate::engine::{self, RollbackOptions, VerifyOptions};
use crate::mapping::{PlatformMapping, UserMapping};
use crate::schema::{Key, Kind};

/// Conversations of a pilot.
const PILOT: usize = 20;

/// Answers until everything was asked; without secrets.
pub const STATE: &str = ".deskferry-init.toml";

/// What must not get into a repository.
const IGNORED: &str = "*.secret\n.deskferry-init.toml\ndeskferry.ledger*\ndeskferry.blobs/\n";

/// The real world.
pub struct Real<'a> {
    context: &'a Context,
    folder: PathBuf,
}

impl<'a> Real<'a> {
    /// In the folder that the configuration is in, or will be.
    pub fn new(context: &'a Context) -> Self {
        let folder = match context.config.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Real { context, folder }
    }

    /// A file of the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file's text; `None` when it is not there.
    pub fn text(&self, path: &Path) -> Result<Option<String>> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(
                Error::local(format!("{} cannot be read: {cause}", path.display()))
                    .caused_by(cause),
            ),
        }
    }

    /// Where the mapping is, as the configuration that is there says.
    pub fn mapping(&self) -> PathBuf {
        let named = Config::read(&self.context.config).ok();
        let named = named.and_then(|config| config.mapping);
        named.unwrap_or_else(|| self.path(files::MAPPING))
    }

    fn configuration(&self, machine: &Machine) -> Result<String> {
        let there = self.text(&self.context.config)?;
        files::configuration(there.as_deref(), machine.answers(), machine.texts())
    }

    /// Writes both files, where they changed.
    fn write(&self, machine: &Machine) -> Result<()> {
        let text = self.configuration(machine)?;
        self.replace(&self.context.config, &text)?;
        let path = self.mapping();
        let there = self.text(&path)?;
        let rules = machine.rules();
        let text = files::mapping(there.as_deref(), machine.answers(), &rules, machine.texts())?;
        UserMapping::parse(files::MAPPING, &text)?;
        self.replace(&path, &text)?;
        let ignore = self.path(".gitignore");
        match ignore.exists() {
            true => Ok(()),
            false => self.replace(&ignore, IGNORED),
        }
    }

    fn replace(&self, path: &Path, text: &str) -> Result<()> {
        if self.text(path)?.as_deref() == Some(text) {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder)
            .and_then(|()| std::fs::write(path, text))
            .map_err(|cause| cannot_write(path, cause))
    }

    async fn check(&self, side: Side, machine: &Machine) -> Result<Fact> {
        let text = self.configuration(machine)?;
        let config = Config::parse("deskferry.toml", &text, self.folder.clone())?;
        let user = UserMapping::default();
        let mut checked = Checked::default();
        let desk: &Desk = match side {
            Side::Source => config.source()?,
            Side::Target => config.target()?,
        };
        checked.name = desk.name()?;
        match side {
            Side::Source => {
                let source = desk.open_source(&user)?;
                checked.items = source.check().await?;
                refuse(&checked)?;
                let inventory = source.inventory().await?;
                checked.counts = inventory.counts;
                checked.notes = inventory.notes;
            }
            Side::Target => {
                let sink = desk.open_sink(&user)?;
                checked.items = sink.check().await?;
                refuse(&checked)?;
                checked.interlocks = sink.interlocks().await?;
            }
        }
        Ok(Fact::Checked(checked))
    }

    async fn survey(&self, machine: &Machine) -> Result<Fact> {
        let config = self.context.config()?;
        let target = config.target()?;
        let user = config.user_mapping()?;
        let connector = target.connector;
        let overrides = user.overrides(connector.name);
        let values =
            PlatformMapping::load(connector.name, connector.mapping, overrides.as_deref())?;
        let makes = |feature: Feature| {
            connector.capabilities.iter().any(|capability| {
                capability.feature == feature && !matches!(capability.sink, Support::None(_))
            })
        };
        // Off unless it is asked for, where it can be asked for.
        let switch = machine.answers().get("target.create_fields");
        let creates = Creates {
            groups: makes(Feature::Groups),
            fields: makes(Feature::FieldDefinitions) && switch.is_none_or(|on| on == "true"),
        };
        let topics = work::run(plan("init", Needs::Both), self.context, async |project| {
            survey(project, &values, creates).await
        })
        .await?;
        Ok(Fact::Survey(topics))
    }

    async fn pilot(&self) -> Result<Fact> {
        let piloted = work::run(plan("pilot", Needs::Both), self.context, async |project| {
            let sink = project.sink.as_ref();
            let sink = sink.ok_or_else(|| Error::config("there is no [target]"))?;
            let target = sink.describe().await?;
            let chosen = engine::hardest(project, &target, PILOT)?;
            let only = engine::only(project, &chosen)?;
            engine::push(&only).await?;
            let comparison = engine::verify(&only, &VerifyOptions::default()).await?;
            let ledger = &project.ledger;
            let mut records = Vec::new();
            for hard in chosen {
                let key = Key::new(Kind::Conversation, &hard.id);
                let receipt = ledger.receipt(&key)?;
                let url = receipt.map(|receipt| receipt.url.unwrap_or(receipt.target));
                records.push((hard, url));
            }
            let mut problems = Vec::new();
            ledger.each_problem(usize::MAX, |problem| {
                let about = whole(ledger, &problem.key)?;
                let chosen = only.settings.only.as_ref();
                if chosen.is_some_and(|chosen| chosen.contains(&about)) {
                    problems.push((problem.key.to_string(), problem.reason));
                }
                Ok(())
            })?;
            Ok(Piloted {
                records,
                comparison,
                problems,
            })
        })
        .await?;
        Ok(Fact::Piloted(piloted))
    }

    /// Takes back what pilots wrote, and nothing of other runs.
    async fn undo(&self) -> Result<Fact> {
        let (deleted, kept) = work::run(
            plan("rollback", Needs::Target),
            self.context,
            async |project| {
                let (mut deleted, mut kept) = (0, 0);
                for run in project.ledger.runs(1000)? {
                    if run.command != "pilot" {
                        continue;
                    }
                    let options = RollbackOptions {
                        run: Some(run.id),
                        touched: false,
                        structure: false,
                        dry_run: false,
                    };
                    let done = engine::rollback(project, options).await?;
                    deleted += done.deleted.values().sum::<u64>();
                    kept += done.total_kept();
                }
                Ok((deleted, kept))
            },
        )
        .await?;
        Ok(Fact::Undone(deleted, kept))
    }
}

/// The record that a part is written with.
fn whole(ledger: &crate::ledger::Ledger, key: &Key) -> Result<Key> {
    let mut key = key.clone();
    while let Kind::Message | Kind::Attachment | Kind::Rating | Kind::TimeEntry = key.kind {
        let stored = ledger.get(&key)?;
        match stored.and_then(|stored| stored.record.parent()) {
            Some(parent) => key = parent,
            None => break,
        }
    }
    Ok(key)
}

fn plan(command: &'static str, needs: Needs) -> Plan {
    Plan {
        command,
        needs,
        concurrency: 8,
        limit: None,
    }
}

/// A desk that would fail later is told now.
fn refuse(checked: &Checked) -> Result<()> {
    let failure = |item: &&crate::connector::CheckItem| item.level == CheckLevel::Failure;
    let Some(item) = checked.items.iter().find(failure) else {
        return Ok(());
    };
    let error = Error::new(ErrorKind::Forbidden, item.message.clone());
    Err(match &item.hint {
        Some(hint) => error.hint(hint.clone()),
        None => error,
    })
}

fn cannot_write(path: &Path, cause: std::io::Error) -> Error {
    Error::local(format!("{} cannot be written: {cause}", path.display())).caused_by(cause)
}

/// Writes a file that its owner alone may read.
fn private(path: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(path)
        .and_then(|mut file| {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                // One that was there keeps its mode when it is opened.
                file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            }
            file.write_all(text.as_bytes())
        })
        .map_err(|cause| cannot_write(path, cause))
}

/// Whether the system has the program that keeps secrets.
pub fn has_keyring() -> bool {
    if cfg!(target_os = "macos") {
        return true;
    }
    // A machine without a desktop has the program at most, and no keyring behind it.
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        && Command::new("secret-tool")
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok()
}

/// Puts a secret into the keyring through its program's input: arguments are seen by others.
fn store(name: &str, secret: &str) -> Result<()> {
    let (mut command, input) = if cfg!(target_os = "macos") {
        let mut command = Command::new("security");
        command.arg("-i");
        let quoted =
            |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let (name, secret) = (quoted(name), quoted(secret));
        let line = format!("add-generic-password -U -s deskferry -a {name} -w {secret}\n");
        (command, line)
    } else {
        let mut command = Command::new("secret-tool");
        let label = format!("deskferry {name}");
        command.args([
            "store",
            "--label",
            &label,
            "service",
            "deskferry",
            "name",
            name,
        ]);
        (command, secret.to_owned())
    };
    let failed = |why: String| {
        Error::local(format!("the keyring did not take the secret: {why}"))
            .hint("keep it in a file or an environment variable")
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|cause| failed(cause.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(input.as_bytes())
            .map_err(|cause| failed(cause.to_string()))?;
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(cause) => Err(failed(cause.to_string())),
    }
}

#[async_trait(?Send)]
impl Effects for Real<'_> {
    async fn work(&mut self, work: Work, machine: &Machine) -> Result<Fact> {
        if !matches!(work, Work::Check(_)) {
            self.write(machine)?;
        }
        match work {
            Work::Check(side) => self.check(side, machine).await,
            Work::Write => Ok(Fact::Done),
            Work::Read => {
                work::run(plan("pull", Needs::Source), self.context, async |project| {
                    engine::pull(project).await
                })
                .await?;
                Ok(Fact::Done)
            }
            Work::Survey => self.survey(machine).await,
            Work::Preview => {
                let planned = work::run(
                    plan("preview", Needs::Both),
                    self.context,
                    async |project| engine::dry_run(project).await,
                )
                .await?;
                Ok(Fact::Planned(Box::new(planned)))
            }
            Work::Pilot => self.pilot().await,
            Work::Undo => self.undo().await,
            Work::Run => Ok(Fact::Ended(migrate::whole(self.context).await?)),
        }
    }

    fn has_secret(&self, place: &str) -> bool {
        match place.split_once(':') {
            Some(("env", name)) => std::env::var_os(name).is_some_and(|value| !value.is_empty()),
            Some(("file", name)) => {
                let found = std::fs::metadata(self.folder.join(name));
                found.is_ok_and(|found| found.len() > 0)
            }
            Some(("keyring", name)) => crate::connector::keyring(name).is_ok(),
            _ => false,
        }
    }

    fn keep_secret(&mut self, place: &str, secret: &str) -> Result<()> {
        match place.split_once(':') {
            Some(("file", name)) => {
                std::fs::create_dir_all(&self.folder)
                    .map_err(|cause| cannot_write(&self.folder, cause))?;
                private(&self.folder.join(name), secret)
            }
            Some(("keyring", name)) => store(name, secret),
            _ => Err(Error::config(
                "a secret can be put into a file or the keyring only",
            )),
        }
    }

    fn save(&mut self, state: &Answers) -> Result<()> {
        std::fs::create_dir_all(&self.folder).map_err(|cause| cannot_write(&self.folder, cause))?;
        private(&self.path(STATE), &state.to_text())
    }
}
