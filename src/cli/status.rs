//! `deskferry status`

use super::printer::Printer;
use super::{Context, connectors, exit, summary, verify};
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
        let texts = printer.texts();
        let mut table = connectors::table([
            texts.get("summary-record"),
            texts.get("summary-stage"),
            texts.get("summary-problem"),
            texts.get("summary-what-to-do"),
        ]);
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
    let texts = printer.texts();
    let desks = [
        ("source", Facts::desk(&facts.source).into()),
        ("target", Facts::desk(&facts.target).into()),
    ];
    printer.data(&format!("{}\n", texts.say("summary-from-to", &desks)))?;
    let mut table = connectors::table([
        String::new(),
        texts.get("summary-in-ledger"),
        texts.get("summary-on-target"),
        texts.get("summary-problems-head"),
    ]);
    for row in &facts.kinds {
        table.add_row([
            texts.kind(row.kind),
            texts.number(row.read),
            texts.number(row.written),
            summary::number(row.problems, texts),
        ]);
    }
    right(&mut table, 1..4);
    printer.data(&connectors::text(&table))?;
    if facts.open > 0 {
        let open = texts.say("summary-open-writes", &[("count", facts.open.into())]);
        printer.data(&format!("\n{open}"))?;
    }
    if let Some(comparison) = &facts.comparison {
        let values = [
            ("time", when(&comparison.at).into()),
            ("result", verify::totals(comparison, texts).into()),
        ];
        printer.data(&format!("\n{}", texts.say("summary-compared-at", &values)))?;
    }
    runs(facts, printer)?;
    problems(&facts.problems, printer)
}

fn runs(facts: &Facts, printer: &Printer) -> Result<()> {
    if facts.runs.is_empty() {
        return Ok(());
    }
    let texts = printer.texts();
    let mut table = connectors::table([
        texts.get("summary-run"),
        String::new(),
        texts.get("summary-begun"),
        texts.get("summary-took"),
        texts.get("summary-requests-head"),
        texts.get("summary-outcome"),
    ]);
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
                (None, true) => texts.get("summary-goes-on"),
                (None, false) => texts.get("summary-cut-off"),
            },
        ]);
    }
    right(&mut table, 0..1);
    printer.data(&format!("\n{}", connectors::text(&table)))?;
    let more = facts.run_count.saturating_sub(facts.runs.len() as u64);
    match more {
        0 => Ok(()),
        more => printer.data(&texts.say("summary-earlier-runs", &[("count", more.into())])),
    }
}

/// `412 contacts: phone … is not E.164`, with an example and what to do.
fn problems(groups: &[ProblemGroup], printer: &Printer) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let texts = printer.texts();
    printer.data(&format!("\n{}", texts.get("summary-problems-head")))?;
    for group in groups {
        let kind = texts.counted(group.kind, group.count);
        let count = texts.number(group.count);
        printer.data(&format!("  {count} {kind}: {}", group.reason))?;
        let example = &group.example;
        let detail = match example.reason == group.reason {
            true => String::new(),
            false => format!(": {}", example.reason),
        };
        let example_of = texts.get("summary-example");
        printer.data(&format!("    {example_of} {}{detail}", example.key))?;
        if let Some(hint) = &example.hint {
            printer.data(&format!("    {} {hint}", texts.get("summary-next")))?;
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
