//! `deskferry status`

use super::printer::Printer;
use super::{Context, connectors, exit, progress};
use crate::connector::Result;
use crate::ledger::{Ledger, Mode, ProblemGroup, Run};
use crate::report::Facts;

/// Show where the migration is, its runs, and what has problems
///
/// Asks the ledger only, also while a run is going on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry status
  deskferry status --problems 1000
  deskferry status --json")]
pub(super) struct Args {
    /// List the first N problems one by one, too.
    #[arg(long, value_name = "N", default_value_t = 0)]
    problems: usize,
    /// How many runs to show, the last ones.
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let config = context.config()?;
    let ledger = Ledger::open(&config.ledger, "status", Mode::Look)?;
    let facts = Facts::read(&ledger, args.runs)?;
    let printer = &context.printer;
    if printer.is_json() {
        printer.json("status", &facts)?;
        for problem in ledger.problems(args.problems)? {
            printer.json("problem", &problem)?;
        }
        return Ok(exit::DONE);
    }
    show(&facts, printer)?;
    let problems = ledger.problems(args.problems)?;
    if !problems.is_empty() {
        let mut table = connectors::table(["record", "stage", "problem", "what to do"]);
        for problem in problems {
            table.add_row([
                problem.key.to_string(),
                problem.stage,
                problem.reason,
                problem.hint.unwrap_or_default(),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
    }
    Ok(exit::DONE)
}

/// Prints where a migration stands.
pub(super) fn show(facts: &Facts, printer: &Printer) -> Result<()> {
    printer.data(&format!(
        "from {} to {}\n",
        Facts::desk(&facts.source),
        Facts::desk(&facts.target)
    ))?;
    let mut table = connectors::table(["", "in the ledger", "on the target", "problems"]);
    for row in &facts.kinds {
        table.add_row([
            progress::noun(row.kind),
            row.read.to_string(),
            row.written.to_string(),
            match row.problems {
                0 => "-".to_owned(),
                count => count.to_string(),
            },
        ]);
    }
    right(&mut table, 1..4);
    printer.data(&connectors::text(&table))?;
    if facts.open > 0 {
        printer.data(&format!(
            "\n{} writes are open; the next run finds out what became of them",
            facts.open
        ))?;
    }
    if let Some(comparison) = &facts.comparison {
        let total = |part: fn(&crate::ledger::Tally) -> u64| comparison.total(part);
        printer.data(&format!(
            "\ncompared {}: {} match, {} differ, {} missing, {} extra, {} not compared",
            when(&comparison.at),
            total(|tally| tally.matched),
            total(|tally| tally.differs),
            total(|tally| tally.missing),
            total(|tally| tally.extra),
            total(|tally| tally.errors),
        ))?;
    }
    runs(facts, printer)?;
    problems(&facts.problems, printer)
}

fn runs(facts: &Facts, printer: &Printer) -> Result<()> {
    if facts.runs.is_empty() {
        return Ok(());
    }
    let header = ["run", "", "begun", "took", "requests", "outcome"];
    let mut table = connectors::table(header);
    let newest = facts.runs.first().map(|run| run.id);
    for run in &facts.runs {
        let requests = run.stats.as_ref().map_or_else(String::new, |stats| {
            let desks = stats.desks.iter();
            let parts: Vec<String> = desks
                .map(|desk| format!("{} {}", desk.desk, desk.requests))
                .collect();
            parts.join(", ")
        });
        table.add_row([
            run.id.to_string(),
            run.command.clone(),
            when(&run.started_at),
            took(run),
            requests,
            match (&run.outcome, Some(run.id) == newest) {
                (Some(outcome), _) => outcome.clone(),
                (None, true) => "goes on, or was cut off".to_owned(),
                (None, false) => "was cut off".to_owned(),
            },
        ]);
    }
    right(&mut table, 0..1);
    printer.data(&format!("\n{}", connectors::text(&table)))?;
    let more = facts.run_count.saturating_sub(facts.runs.len() as u64);
    match more {
        0 => Ok(()),
        more => printer.data(&format!("and {more} earlier runs")),
    }
}

/// `412 contacts: phone … is not E.164`, with an example and what to do.
fn problems(groups: &[ProblemGroup], printer: &Printer) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    printer.data("\nproblems")?;
    for group in groups {
        let noun = match group.count {
            1 => group.kind.name().replace('_', " "),
            _ => progress::noun(group.kind),
        };
        printer.data(&format!("  {} {noun}: {}", group.count, group.reason))?;
        let example = &group.example;
        let detail = match example.reason == group.reason {
            true => String::new(),
            false => format!(": {}", example.reason),
        };
        printer.data(&format!("    for example {}{detail}", example.key))?;
        if let Some(hint) = &example.hint {
            printer.data(&format!("    next: {hint}"))?;
        }
    }
    Ok(())
}

fn right(table: &mut comfy_table::Table, columns: std::ops::Range<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
}

/// A date of the ledger in local time, to the minute.
fn when(date: &str) -> String {
    let Ok(date) = date.parse::<crate::schema::Date>() else {
        return date.to_owned();
    };
    let zoned = date.to_zoned(jiff::tz::TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

fn took(run: &Run) -> String {
    match &run.stats {
        Some(stats) => crate::report::seconds(stats.seconds),
        None => String::new(),
    }
}
