//! The only place that prints, asks or knows a terminal.
//!
//! stdout carries data, stderr talk. One file a command; what a command does
//! is in the engine.

mod apply;
mod archive;
mod assess;
mod backup;
mod check;
mod ci;
mod completions;
mod config;
mod connectors;
mod demo;
pub mod exit;
mod forget;
mod init;
mod keys;
mod links;
mod man;
mod migrate;
mod pace;
mod people;
mod preview;
mod printer;
mod progress;
mod pull;
mod push;
mod remote;
mod report;
mod retry;
mod rollback;
mod sandbox;
mod schema;
mod status;
mod summary;
mod sync;
mod verify;
mod wizard;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::connector::{Error, Result};
use crate::lang::Language;
use printer::Printer;

/// Moves a whole help desk from one platform to another: local, resumable, exact, honest about every loss.
#[derive(Debug, Parser)]
#[command(name = "deskferry", version, max_term_width = 100, after_help = EPILOGUE)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EPILOGUE: &str = "\
First steps:
  deskferry demo                  a whole migration, no account needed
  deskferry init                  your own: asks for what it needs, up to a pilot
  deskferry connectors zendesk    what deskferry.toml needs for a desk
  deskferry check                 are both desks fine?
  deskferry preview               what would happen
  deskferry migrate               do it; run it again as often as you like

Exit codes:
  0    done, or nothing to do
  1    failed
  2    usage or configuration
  3    done, with problems
  4    verify found differences
  5    preview shows changes
  6    locked by another run
  7    the plan is stale
  8    not authorized
  9    something would mail customers
  130  interrupted; run it again to go on";

/// Flags of all commands.
#[derive(Debug, clap::Args)]
struct Global {
    /// The configuration.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        default_value = "deskferry.toml"
    )]
    config: PathBuf,
    /// Print data as JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    /// Print nothing but data and errors.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Log what happens (-v), every request (-vv).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print without colours, as the variable NO_COLOR does.
    #[arg(long, global = true)]
    no_color: bool,
    /// Show no progress.
    #[arg(long, global = true)]
    no_progress: bool,
    /// Language for people: en, pt-BR or es; else that of the environment (LANG).
    #[arg(
        long,
        global = true,
        value_name = "LANGUAGE",
        hide_possible_values = true
    )]
    lang: Option<Language>,
    #[command(flatten)]
    ci: ci::Args,
    /// Take the lock of [ledger] remote from a job that is dead; waits a minute to be sure.
    #[arg(long, global = true)]
    break_lock: bool,
    /// The ledger is older than what was written: look on the target for each record before
    /// creating it. From the date of the backup, or of the first migration.
    #[arg(long, global = true, value_name = "DATE", value_parser = lost_since)]
    lost_since: Option<crate::schema::Date>,
}

fn lost_since(text: &str) -> Result<crate::schema::Date, String> {
    config::date(text).ok_or_else(|| "it is no date, such as 2026-11-22".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Assess(assess::Args),
    Pull(pull::Args),
    #[command(alias = "plan")]
    Preview(preview::Args),
    Push(push::Args),
    Apply(apply::Args),
    Migrate(migrate::Args),
    Sync(sync::Args),
    Verify(verify::Args),
    Retry(retry::Args),
    Rollback(rollback::Args),
    People(people::Args),
    Status(status::Args),
    Report(report::Args),
    Links(links::Args),
    Archive(archive::Args),
    Backup(backup::Args),
    Forget(forget::Args),
    Connectors(connectors::Args),
    Demo(demo::Args),
    Sandbox(sandbox::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Whether it opens the ledger for a run of its own.
    fn makes_a_run(&self) -> bool {
        !matches!(
            self,
            Command::Init(_)
                | Command::Check(_)
                | Command::Status(_)
                | Command::Report(_)
                | Command::Connectors(_)
                | Command::Demo(_)
                | Command::Sandbox(_)
                | Command::Schema(_)
                | Command::Completions(_)
                | Command::Man(_)
        )
    }
}

/// What a command gets to work with.
struct Context {
    printer: Printer,
    config: PathBuf,
    ci: ci::Args,
    /// Whether the lock of a dead job is to be taken.
    break_lock: bool,
    /// Since when receipts are missing, as the user knows.
    lost_since: Option<crate::schema::Date>,
}

impl Context {
    /// The configuration, read now.
    fn config(&self) -> Result<config::Config> {
        config::Config::read(&self.config)
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.global.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    let language = cli.global.lang.unwrap_or_else(Language::of_environment);
    let printer =
        Printer::new(cli.global.json, cli.global.quiet, !cli.global.no_progress).speaking(language);
    log(&printer, cli.global.verbose);
    let context = Context {
        printer: printer.clone(),
        config: cli.global.config,
        ci: cli.global.ci,
        break_lock: cli.global.break_lock,
        lost_since: cli.global.lost_since,
    };
    let runtime = tokio::runtime::Runtime::new();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command, &context)),
        Err(cause) => {
            Err(Error::local(format!("nothing can be started: {cause}")).caused_by(cause))
        }
    };
    ExitCode::from(match done {
        Ok(code) => code,
        Err(error) => exit::report(&error, &printer),
    })
}

async fn run(command: Command, context: &Context) -> Result<u8> {
    if !command.makes_a_run() {
        context.ci.refuse()?;
    }
    match command {
        Command::Init(args) => init::run(args, context).await,
        Command::Check(args) => check::run(args, context).await,
        Command::Assess(args) => assess::run(args, context).await,
        Command::Pull(args) => pull::run(args, context).await,
        Command::Preview(args) => preview::run(args, context).await,
        Command::Push(args) => push::run(args, context).await,
        Command::Apply(args) => apply::run(args, context).await,
        Command::Migrate(args) => migrate::run(args, context).await,
        Command::Sync(args) => sync::run(args, context).await,
        Command::Verify(args) => verify::run(args, context).await,
        Command::Retry(args) => retry::run(args, context).await,
        Command::Rollback(args) => rollback::run(args, context).await,
        Command::People(args) => people::run(args, context).await,
        Command::Status(args) => {
            remote::look(context).await?;
            status::run(args, context)
        }
        Command::Report(args) => report::run(args, context),
        Command::Backup(args) => backup::run(args, context).await,
        Command::Forget(args) => forget::run(args, context).await,
        Command::Links(args) => links::run(args, context).await,
        Command::Archive(args) => archive::run(args, context).await,
        Command::Connectors(args) => connectors::run(args, context),
        Command::Demo(args) => demo::run(args, context).await,
        Command::Sandbox(args) => sandbox::run(args, context).await,
        Command::Schema(args) => schema::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Man(args) => man::run(args, context),
    }
}

/// Logs to stderr as `-v` says, or as `DESKFERRY_LOG` does in detail
/// (`deskferry::http=debug`).
fn log(printer: &Printer, verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "deskferry=info,warn",
        2 => "deskferry=debug,info",
        _ => "trace",
    };
    let filter = std::env::var("DESKFERRY_LOG").unwrap_or_else(|_| level.into());
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(filter);
    // Fails only when there is a logger already, as in tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(verbose > 1)
        .with_writer(printer.clone())
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
