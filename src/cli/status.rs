//! `deskferry status`

use serde::Serialize;

use super::{Context, connectors, exit, progress};
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
    let status = Status {
        source: ledger.meta("source")?,
        target: ledger.meta("target")?,
        records: ledger.counts()?,
        written: ledger.receipt_counts()?,
        planned: ledger.plan_counts()?,
        open: ledger.open_intents()?.len(),
        problem_count: ledger.count_problems()?,
        problems: ledger.problems(args.problems)?,
    };
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
    let mut table = connectors::table(["", "in the ledger", "on the target"]);
    for (kind, count) in &status.records {
        let written: u64 = status
            .written
            .iter()
            .filter(|(written, ..)| written == kind)
            .map(|(.., count)| count)
            .sum();
        table.add_row([
            progress::noun(*kind),
            count.to_string(),
            written.to_string(),
        ]);
    }
    printer.data(&connectors::text(&table))?;
    if status.open > 0 {
        printer.data(&format!(
            "\n{} writes are open; the next run finds out what became of them",
            status.open
        ))?;
    }
    if status.problem_count > 0 {
        let mut table = connectors::table(["record", "stage", "problem", "what to do"]);
        for problem in &status.problems {
            table.add_row([
                problem.key.to_string(),
                problem.stage.clone(),
                problem.reason.clone(),
                problem.hint.clone().unwrap_or_default(),
            ]);
        }
        printer.data(&format!(
            "\n{} problems\n{}",
            status.problem_count,
            connectors::text(&table)
        ))?;
    }
    Ok(exit::DONE)
}
