//! `deskferry verify`

use owo_colors::OwoColorize as _;

use super::printer::Printer;
use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, connectors, exit, progress};
use crate::connector::Result;
use crate::engine::{self, VerifyOptions, VerifyReport};

/// Compare both desks, record by record
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry verify
  deskferry verify --sample 500 --json")]
pub(super) struct Args {
    /// Only about N records of each kind, evenly spread.
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    #[command(flatten)]
    work: WorkArgs,
}

/// Rows that are shown; `--json` has all.
const ROWS: usize = 50;

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "verify",
        needs: Needs::Target,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let options = VerifyOptions {
        sample: args.sample,
    };
    let report = work::run(plan, context, async |project| {
        engine::verify(project, &options).await
    })
    .await?;
    print(&report, &context.printer)?;
    Ok(match report.is_clean() {
        true => exit::DONE,
        false => exit::DIFFERENCES,
    })
}

/// Prints a report as tables or as one object.
pub(super) fn print(report: &VerifyReport, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        return printer.json(report);
    }
    let kinds: Vec<String> = report
        .matched
        .iter()
        .map(|(kind, count)| format!("{count} {}", progress::noun(*kind)))
        .collect();
    let verdict = match report.is_clean() {
        true => "source and target agree".green().to_string(),
        false => "source and target differ".red().to_string(),
    };
    printer.data(&format!("\n{verdict}\n"))?;
    printer.data(&format!(
        "{} records match ({}) with {} messages and {} attachments",
        report.total_matched(),
        kinds.join(", "),
        report.messages,
        report.attachments
    ))?;
    printer.data(&format!(
        "{} left out on purpose, {} were there before",
        report.skipped, report.kept
    ))?;
    if !report.differs.is_empty() {
        let mut table = connectors::table(["differs", "target", "field", "expected", "found"]);
        for difference in report.differs.iter().take(ROWS) {
            table.add_row([
                difference.key.to_string(),
                difference.target.clone(),
                difference.field.clone(),
                difference.expected.clone(),
                difference.found.clone(),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
    }
    for (title, list) in [
        ("missing", &report.missing),
        ("not compared", &report.errors),
    ] {
        if list.is_empty() {
            continue;
        }
        let mut table = connectors::table([title, "why"]);
        for (key, reason) in list.iter().take(ROWS) {
            table.add_row([key.to_string(), reason.clone()]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
    }
    printer.data(&format!(
        "\n{} differ, {} missing, {} not compared",
        report.differs.len(),
        report.missing.len(),
        report.errors.len()
    ))
}
