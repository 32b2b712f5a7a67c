//! `deskferry assess`

use std::path::{Path, PathBuf};

use super::printer::Printer;
use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, connectors, exit, remote};
use crate::connector::{Error, ErrorKind, Result};
use crate::engine::assess::{self as audit, Audit, Options};
use crate::engine::{self, Attachments, Policy, Project};
use crate::ledger::{Ledger, Mode};
use crate::mapping::UserMapping;
use crate::report::page::Words;
use crate::report::{Assessment, Output, TARGET_AUDIT};
use crate::schema::{Key, Kind};

/// Look through the source: channels, customers, times, tags, articles, files, agents
///
/// Computes everything from the ledger. What was not read yet is read first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry assess
  deskferry assess -o audit.html --time-zone America/Sao_Paulo
  deskferry assess --compare -o before-after.html
  deskferry assess --json | jq .audit.customers")]
pub(super) struct Args {
    /// Read the target, too, and show both side by side: only what was migrated.
    #[arg(long)]
    compare: bool,
    /// Whose clock the busiest hours are told by, such as America/Sao_Paulo; UTC when not given.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<jiff::tz::TimeZone>,
    /// Write a file: .html, .json, .csv or .md by its name; may be given more than once.
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

fn zone(name: &str) -> Result<jiff::tz::TimeZone, String> {
    jiff::tz::TimeZone::get(name)
        .map_err(|_| "it is no time zone, such as America/Sao_Paulo or UTC".to_owned())
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let outputs = args
        .output
        .iter()
        .map(|path| Output::of_audit(path))
        .collect::<Result<Vec<_>>>()?;
    remote::look(context).await?;
    let config = context.config()?;
    let zone = args.time_zone.unwrap_or(jiff::tz::TimeZone::UTC);
    let assessment = match (args.compare, known(&config.ledger)?) {
        (false, Some(ledger)) => {
            warn_of_gaps(&ledger, context)?;
            let name = config.source()?.id()?;
            let mapping = config.user_mapping()?;
            Assessment::new(of(&ledger, &name, &zone, &mapping, None, &|| Ok(()))?, None)
        }
        (compare, known) => {
            if known.is_none() {
                context
                    .printer
                    .talk("nothing was read yet: reading the source first");
            }
            let is_new = known.is_none();
            drop(known);
            let plan = Plan {
                // By this name the ledger knows when the source was read last.
                command: if is_new { "pull" } else { "assess" },
                needs: match (is_new, compare) {
                    (true, true) => Needs::Both,
                    (true, false) => Needs::Source,
                    (false, _) => Needs::Target,
                },
                concurrency: args.work.concurrency.into(),
                limit: None,
            };
            work::run(plan, context, async |project| {
                if is_new {
                    engine::pull(project).await?;
                }
                let at = audit::moment(&project.ledger)?;
                let target = match compare {
                    true => Some(target(project, context, &zone, at).await?),
                    false => None,
                };
                let check = || project.stop.check();
                let name = &project.source_name;
                let source = of(&project.ledger, name, &zone, &project.mapping, None, &check)?;
                Ok(Assessment::new(source, target))
            })
            .await?
        }
    };
    for output in &outputs {
        output.write_audit(&assessment, context.printer.texts())?;
        let path = output.path().display();
        context.printer.talk(&format!("{path} is written"));
    }
    match (context.printer.is_json(), outputs.is_empty()) {
        (true, _) => context.printer.json("assessment", &assessment)?,
        (false, true) => print(&assessment, &context.printer)?,
        (false, false) => {}
    }
    Ok(exit::DONE)
}

/// Says when the ledger may lack what the source has.
fn warn_of_gaps(ledger: &Ledger, context: &Context) -> Result<()> {
    let runs = ledger.runs(usize::MAX)?;
    let mut readers = runs
        .iter()
        .filter(|run| audit::READERS.contains(&run.command.as_str()));
    let Some(run) = readers.next() else {
        return Ok(());
    };
    let done = run
        .outcome
        .as_deref()
        .is_some_and(|o| o.starts_with("done"));
    if !done {
        context.printer.warn(&format!(
            "run {} ({}) did not come to its end: what it had not read is not counted; \
             `deskferry pull` goes on",
            run.id, run.command
        ));
    }
    Ok(())
}

/// The ledger, if something of the source is in it.
fn known(path: &Path) -> Result<Option<Ledger>> {
    if !path.exists() {
        return Ok(None);
    }
    let ledger = Ledger::open(path, "assess", Mode::Look)?;
    Ok(match ledger.counts()?.is_empty() {
        true => None,
        false => Some(ledger),
    })
}

fn of(
    ledger: &Ledger,
    desk: &str,
    zone: &jiff::tz::TimeZone,
    mapping: &UserMapping,
    only: Option<&dyn Fn(&Key) -> bool>,
    check: &dyn Fn() -> Result<()>,
) -> Result<Audit> {
    audit::assess(
        ledger,
        &Options {
            desk,
            at: audit::moment(ledger)?,
            time_zone: zone.clone(),
            mapping,
            only,
            check,
        },
    )
}

/// Reads the target as if it were a source, into a ledger of its own beside the
/// other one, and counts what has a receipt.
async fn target(
    project: &Project,
    context: &Context,
    zone: &jiff::tz::TimeZone,
    at: crate::schema::Date,
) -> Result<Audit> {
    let config = context.config()?;
    let desk = config.target()?;
    let source = desk.open_source(&project.mapping)?;
    let migrated =
        project
            .ledger
            .target_ids(&[Kind::Contact, Kind::Conversation, Kind::Article])?;
    if migrated.is_empty() {
        return Err(Error::new(
            ErrorKind::Config,
            "nothing was migrated that could be compared",
        )
        .hint("run `deskferry migrate` first"));
    }
    let path = beside(&config.ledger);
    context
        .printer
        .talk(&format!("reading {} into {}", desk.name()?, path.display()));
    // Read anew: a ledger that goes on would not see what was deleted since.
    remove(&path)?;
    let mut other = Project {
        ledger: Ledger::open(&path, "assess", Mode::Run)?,
        source: Some(source),
        sink: None,
        source_name: project.target_name.clone(),
        ..project.clone()
    };
    other.scope.since = None;
    other.settings.attachments = Attachments {
        policy: Policy::Skip,
        ..Attachments::default()
    };
    engine::pull(&other).await?;
    let problems = other.ledger.count_problems()?;
    if problems > 0 {
        context.printer.warn(&format!(
            "{problems} problems when reading the target; the figures lack these records"
        ));
    }
    let only = |key: &Key| migrated.contains(key);
    let audit = audit::assess(
        &other.ledger,
        &Options {
            desk: &other.source_name,
            at,
            time_zone: zone.clone(),
            mapping: &project.mapping,
            only: Some(&only),
            check: &|| project.stop.check(),
        },
    )?;
    let json =
        serde_json::to_string(&audit).map_err(|cause| Error::local("an audit").caused_by(cause))?;
    project.ledger.set_meta(TARGET_AUDIT, &json).await?;
    Ok(audit)
}

/// `deskferry.target.ledger` beside `deskferry.ledger`.
fn beside(ledger: &Path) -> PathBuf {
    let ending = ledger.extension().map_or_else(
        || "target.ledger".to_owned(),
        |ending| format!("target.{}", ending.to_string_lossy()),
    );
    ledger.with_extension(ending)
}

fn remove(path: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Ok(()) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => {
                let path = Path::new(&name).display();
                return Err(
                    Error::local(format!("{path} cannot be removed: {cause}")).caused_by(cause)
                );
            }
        }
    }
    Ok(())
}

fn print(assessment: &Assessment, printer: &Printer) -> Result<()> {
    let page = assessment.page(printer.texts());
    printer.data(&page.title)?;
    printer.data(&page.subtitle)?;
    for section in &page.sections {
        printer.data(&format!("\n# {}", section.title))?;
        for block in &section.blocks {
            match block.as_words() {
                Words::Text(text) => printer.data(&format!("\n{text}"))?,
                Words::Table(table) => {
                    let heads = table.head.iter().map(|head| head.text.as_str());
                    let mut shown = connectors::table(heads.collect::<Vec<_>>());
                    for row in &table.rows {
                        shown.add_row(row.iter().map(|cell| cell.text.clone()));
                    }
                    for (place, head) in table.head.iter().enumerate() {
                        if let (true, Some(column)) = (head.number, shown.column_mut(place)) {
                            column.set_cell_alignment(comfy_table::CellAlignment::Right);
                        }
                    }
                    if !table.caption.is_empty() {
                        printer.data(&format!("\n{}", table.caption))?;
                    }
                    printer.data(&connectors::text(&shown))?;
                }
            }
        }
    }
    Ok(())
}
