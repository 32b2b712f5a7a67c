//! `deskferry status`

use comfy_table::CellAlignment;
use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::printer::{self, Printer};
use super::{Context, connectors, exit, progress, summary};
use crate::connector::Result;
use crate::ledger::{Ledger, Mode, PlanCount, Problem};
use crate::schema::Kind;

/// Show where the migration is and which records have problems
///
/// Asks the ledger only, also while a run is going on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry status
  deskferry status --problems 1000 --json")]
pub(super) struct Args {
    /// How many problems to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    problems: usize,
}

#[derive(Serialize)]
struct Status {
    source: Option<String>,
    target: Option<String>,
    records: Vec<(Kind, u64)>,
    written: Vec<(Kind, String, u64)>,
    planned: Vec<PlanCount>,
    /// Writes that were begun and whose outcome is not known yet.
    open: usize,
    problem_count: u64,
    problems: Vec<Problem>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let config = context.config()?;
    let ledger = Ledger::open(&config.ledger, "status", Mode::Look)?;
    let mut status = Status {
        source: ledger.meta("source")?,
        target: ledger.meta("target")?,
        records: ledger.counts()?,
        written: ledger.receipt_counts()?,
        planned: ledger.plan_counts()?,
        open: ledger.open_intents()?.len(),
        problem_count: ledger.count_problems()?,
        problems: ledger.problems(args.problems)?,
    };
    status.problems.sort_by(|a, b| a.key.cmp(&b.key));
    let printer = &context.printer;
    if printer.is_json() {
        printer.json(&status)?;
        return Ok(exit::DONE);
    }
    let desk = |name: &Option<String>| name.clone().unwrap_or_else(|| "nothing yet".into());
    printer.data(&format!(
        "from {} to {}\n",
        desk(&status.source),
        desk(&status.target)
    ))?;
    let on_target = ledger.received_counts()?;
    let mut table = connectors::table(["", "in the ledger", "on the target"]);
    for (kind, count) in &status.records {
        let written = on_target.iter().find(|(written, _)| written == kind);
        let written = written.map_or(0, |(_, count)| *count);
        table.add_row([
            progress::noun(*kind),
            count.to_string(),
            written.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    printer.data(&connectors::text(&table))?;
    if status.open > 0 {
        printer.data(&format!(
            "\n{} not known to have arrived; the next run finds out",
            summary::many(status.open as u64, "write is", "writes are")
        ))?;
    }
    problems(&status, printer)?;
    Ok(exit::DONE)
}

fn problems(status: &Status, printer: &Printer) -> Result<()> {
    if status.problem_count == 0 {
        return printer.data("\nno problems");
    }
    printer.data(&format!(
        "\n{}, which `deskferry retry` tries again:\n",
        summary::many(status.problem_count, "problem", "problems")
    ))?;
    for problem in &status.problems {
        let mark = format!("{}: ", problem.key);
        printer.data(&printer::hanging(&mark, &problem.reason, 2))?;
        if let Some(hint) = &problem.hint {
            let mark = format!("  {} ", "hint:".cyan());
            printer.data(&printer::hanging(&mark, hint, 8))?;
        }
    }
    let shown = status.problems.len() as u64;
    match status.problem_count.saturating_sub(shown) {
        0 => Ok(()),
        rest => printer.data(&format!(
            "and {rest} more; `deskferry status --problems {}` shows all",
            status.problem_count
        )),
    }
}
