//! `deskferry check`

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::config::Desk;
use super::{Context, exit, printer};
use crate::connector::{CheckItem, CheckLevel, Error, ErrorKind, Interlock, Result};
use crate::lang::{Language, Texts};

/// Check credentials, permissions and limits, and what would mail customers
///
/// Nothing is written to either desk.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry check
  deskferry check --only target --json")]
pub(super) struct Args {
    /// Check one desk only.
    #[arg(long, value_enum)]
    only: Option<Side>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Side {
    Source,
    Target,
}

#[derive(Serialize)]
struct Checked<'a> {
    desk: &'static str,
    #[serde(flatten)]
    item: &'a CheckItem,
}

#[derive(Serialize)]
struct Locked<'a> {
    desk: &'static str,
    allowed: bool,
    #[serde(flatten)]
    interlock: &'a Interlock,
}

/// What was found on all desks together.
#[derive(Default)]
struct Tally {
    failures: u32,
    unauthorized: bool,
    interlocks: u32,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let config = context.config()?;
    let user = config.user_mapping()?;
    let mut tally = Tally::default();
    if args.only != Some(Side::Target) {
        let desk = config.source()?;
        introduce(desk, context)?;
        match async { desk.open_source(&user)?.check().await }.await {
            Ok(items) => findings(desk, &items, &mut tally, context)?,
            Err(error) => failure(desk, error, &mut tally, context)?,
        }
    }
    if args.only != Some(Side::Source)
        && (config.target.is_some() || args.only == Some(Side::Target))
    {
        let desk = config.target()?;
        introduce(desk, context)?;
        match async { desk.open_sink(&user)?.check().await }.await {
            Ok(items) => {
                findings(desk, &items, &mut tally, context)?;
                match async { desk.open_sink(&user)?.interlocks().await }.await {
                    Ok(list) => interlocks(desk, &list, &mut tally, context)?,
                    Err(error) => failure(desk, error, &mut tally, context)?,
                }
            }
            Err(error) => failure(desk, error, &mut tally, context)?,
        }
    }
    let fine = !tally.unauthorized && tally.failures + tally.interlocks == 0;
    if fine && args.only.is_none() && config.target.is_some() {
        let next = context.printer.texts().get("summary-check-next");
        context.printer.talk(&next);
    }
    Ok(if tally.unauthorized {
        exit::UNAUTHORIZED
    } else if tally.failures > 0 {
        exit::FAILED
    } else if tally.interlocks > 0 {
        exit::INTERLOCK
    } else {
        exit::DONE
    })
}

fn introduce(desk: &Desk, context: &Context) -> Result<()> {
    if !context.printer.is_json() {
        let line = format!("{} ({})", desk.name()?.bold(), desk.section);
        context.printer.data(&line)?;
    }
    Ok(())
}

fn findings(desk: &Desk, items: &[CheckItem], tally: &mut Tally, context: &Context) -> Result<()> {
    for item in items {
        if item.level == CheckLevel::Failure {
            tally.failures += 1;
        }
        if context.printer.is_json() {
            let desk = desk.section;
            context.printer.json("check", &Checked { desk, item })?;
            continue;
        }
        let texts = context.printer.texts();
        let level = match item.level {
            CheckLevel::Ok => level("summary-check-ok", texts).green().to_string(),
            CheckLevel::Warning => level("summary-check-warning", texts).yellow().to_string(),
            CheckLevel::Failure => level("summary-check-failure", texts).red().to_string(),
        };
        finding(&level, &item.message, item.hint.as_deref(), context)?;
    }
    Ok(())
}

/// The words of the first column.
const LEVELS: [&str; 4] = [
    "summary-check-ok",
    "summary-check-warning",
    "summary-check-failure",
    "summary-check-mail",
];

/// How wide the first column is.
fn width(texts: &Texts) -> usize {
    let words = LEVELS.map(|id| texts.get(id).chars().count());
    words.into_iter().max().unwrap_or_default()
}

fn level(id: &str, texts: &Texts) -> String {
    let width = width(texts);
    format!("{:width$}", texts.get(id))
}

/// A line of its own, its hint below it.
fn finding(
    level: &dyn std::fmt::Display,
    message: &str,
    hint: Option<&str>,
    context: &Context,
) -> Result<()> {
    let indent = width(context.printer.texts()) + 4;
    let line = printer::hanging(&format!("  {level}  "), message, indent);
    context.printer.data(&line)?;
    if let Some(hint) = hint {
        let word = context.printer.texts().get("summary-check-hint");
        let mark = format!("{:indent$}{} ", "", word.cyan());
        let line = printer::hanging(&mark, hint, indent + word.chars().count() + 1);
        context.printer.data(&line)?;
    }
    Ok(())
}

/// A check that could not be made is a finding, so that the other desk is checked as well.
fn failure(desk: &Desk, error: Error, tally: &mut Tally, context: &Context) -> Result<()> {
    match error.kind {
        ErrorKind::Config | ErrorKind::Local | ErrorKind::Interrupted => return Err(error),
        ErrorKind::Auth | ErrorKind::Forbidden => tally.unauthorized = true,
        _ => {}
    }
    let item = CheckItem {
        level: CheckLevel::Failure,
        message: error.to_string(),
        hint: error.hint,
    };
    findings(desk, &[item], tally, context)
}

fn interlocks(desk: &Desk, list: &[Interlock], tally: &mut Tally, context: &Context) -> Result<()> {
    for interlock in list {
        if !desk.allow_mail {
            tally.interlocks += 1;
        }
        if context.printer.is_json() {
            let locked = Locked {
                desk: desk.section,
                allowed: desk.allow_mail,
                interlock,
            };
            context.printer.json("interlock", &locked)?;
            continue;
        }
        let texts = context.printer.texts();
        let (what, hint) = told(interlock, desk.connector.name, texts);
        let level = level("summary-check-mail", texts).yellow().to_string();
        finding(&level, &what, Some(&hint), context)?;
    }
    if list.is_empty() {
        return Ok(());
    }
    if desk.allow_mail {
        let allowed = context.printer.texts().get("summary-check-allowed");
        context.printer.warn(&allowed);
    } else {
        let locked = context.printer.texts().get("summary-check-locked");
        context.printer.talk(&locked);
    }
    Ok(())
}

/// What would happen and how to turn it off: in this language where there is
/// a text for its sort, else as the connector says it.
pub(super) fn told(interlock: &Interlock, platform: &str, texts: &Texts) -> (String, String) {
    let platform = platform.replace('_', "-");
    let id = format!("wizard-lock-{platform}-{}", interlock.sort());
    let hint = format!("{id}-hint");
    let foreign = texts.language() != Language::English;
    if !foreign || !texts.has(&id) || !texts.has(&hint) {
        return (interlock.what.clone(), interlock.hint.clone());
    }
    let name = interlock.name.clone().unwrap_or_default();
    let facts = interlock.facts.iter();
    let facts = facts.map(|(name, fact)| (name.as_str(), fact.clone().into()));
    let values: Vec<_> = facts.chain([("name", name.into())]).collect();
    (texts.say(&id, &values), texts.say(&hint, &values))
}
