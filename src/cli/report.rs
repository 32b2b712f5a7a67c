//! `deskferry report`

use std::path::PathBuf;

use super::{Context, connectors, exit, status};
use crate::connector::Result;
use crate::ledger::{Ledger, Mode};
use crate::report::{Facts, Output, Subject, View};

/// Write what happened: runs, counts, losses, problems, every receipt
///
/// Asks the ledger only. The name of a file says its format: .html for people,
/// .json for machines, .csv for the list of receipts with old and new ids.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry report -o report.html -o receipts.csv
  deskferry report
  deskferry report --json | jq .losses")]
pub(super) struct Args {
    /// Write a file: .html, .json or .csv by its name; may be given more than once.
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let config = context.config()?;
    let ledger = Ledger::open(&config.ledger, "report", Mode::Look)?;
    let outputs = args
        .output
        .iter()
        .map(|path| Output::new(path))
        .collect::<Result<Vec<_>>>()?;
    let printer = &context.printer;
    let mapping = config.user_mapping()?;
    let view = View {
        texts: printer.texts(),
        mapping: &mapping,
    };
    for output in &outputs {
        output.write(&ledger, Subject::Migration, &view)?;
        printer.talk(&format!("{} is written", output.path().display()));
    }
    if !outputs.is_empty() {
        return Ok(exit::DONE);
    }
    let facts = Facts::read(&ledger, usize::MAX)?;
    if printer.is_json() {
        printer.json("report", &facts)?;
        return Ok(exit::DONE);
    }
    status::show(&facts, printer)?;
    if !facts.losses.is_empty() {
        let texts = printer.texts();
        let mut table = connectors::table([
            texts.get("summary-lost"),
            texts.get("summary-how"),
            texts.get("summary-records"),
            texts.get("summary-example"),
            texts.get("summary-becomes"),
        ]);
        for loss in &facts.losses {
            table.add_row([
                texts.field(&loss.field),
                texts.get(&format!("summary-effect-{}", loss.effect.name())),
                texts.number(loss.records),
                loss.example.to_string(),
                loss.detail.told(texts),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
    }
    Ok(exit::DONE)
}
