//! `deskferry verify`

use std::path::PathBuf;

use super::printer::Printer;
use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, connectors, exit, summary};
use crate::connector::Result;
use crate::engine::{self, COMPARED, VerifyOptions};
use crate::lang::Texts;
use crate::ledger::{Comparison, Ledger, Tally, Verdict};
use crate::report::{Output, Subject, View};
use crate::schema::{Date, Kind};

/// Compare both desks, record by record
///
/// Reads back from the target everything that has a receipt, and looks there
/// for what carries our mark and has none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry verify
  deskferry verify -o report.html -o differences.csv
  deskferry verify --sample 500 --only conversations --json
  deskferry verify --deep           the bytes of all files, too")]
pub(super) struct Args {
    /// Only about N records of each kind, evenly spread.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    sample: Option<u64>,
    /// Only what changed on the source since then: 2024-01-31 or 2024-01-31T12:00:00Z.
    #[arg(long, value_name = "DATE", value_parser = date)]
    since: Option<Date>,
    /// Only records of this kind; may be given more than once.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    only: Vec<Kind>,
    /// Download the target's files and compare their bytes.
    #[arg(long)]
    deep: bool,
    /// Write what was found to a file: .html, .csv or .json by its name; may be
    /// given more than once.
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

/// Rows that are shown of each sort; files and `--json` have all.
const ROWS: usize = 50;

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let outputs = args
        .output
        .iter()
        .map(|path| Output::new(path))
        .collect::<Result<Vec<_>>>()?;
    let plan = Plan {
        command: "verify",
        needs: Needs::Target,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let options = VerifyOptions {
        sample: args.sample,
        since: args.since,
        only: args.only,
        deep: args.deep,
        list_matches: outputs.iter().any(Output::lists_matches),
    };
    let (comparison, ledger) = work::run(plan, context, async |project| {
        let comparison = engine::verify(project, &options).await?;
        Ok((comparison, project.ledger.clone()))
    })
    .await?;
    let mapping = context.config()?.user_mapping()?;
    let view = View {
        texts: context.printer.texts(),
        mapping: &mapping,
    };
    for output in &outputs {
        output.write(&ledger, Subject::Comparison, &view)?;
        let path = output.path().display();
        context.printer.talk(&format!("{path} is written"));
    }
    print(&comparison, &ledger, &context.printer)?;
    Ok(match comparison.is_clean() {
        true => exit::DONE,
        false => exit::DIFFERENCES,
    })
}

fn kind(text: &str) -> Result<Kind, String> {
    let known = || COMPARED.iter().map(|kind| kind.plural());
    Kind::parse(text)
        .filter(|kind| COMPARED.contains(kind))
        .ok_or_else(|| {
            let near = crate::connector::nearest(text, known());
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", known().collect::<Vec<_>>().join(", ")),
            }
        })
}

fn date(text: &str) -> Result<Date, String> {
    let day = || {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    // A day is read from any date with a time, too.
    text.parse()
        .ok()
        .or_else(day)
        .ok_or_else(|| "write it like 2024-01-31 or 2024-01-31T12:00:00Z".to_owned())
}

/// Prints a comparison as tables, or a line a finding and one for all.
pub(super) fn print(comparison: &Comparison, ledger: &Ledger, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        ledger.each_finding(|finding| printer.json("finding", &finding))?;
        #[derive(serde::Serialize)]
        struct Result<'a> {
            clean: bool,
            #[serde(flatten)]
            comparison: &'a Comparison,
        }
        return printer.json(
            "comparison",
            &Result {
                clean: comparison.is_clean(),
                comparison,
            },
        );
    }
    printer.data("")?;
    let texts = printer.texts();
    let columns = [
        String::new(),
        texts.get("summary-match"),
        texts.get("summary-differ"),
        texts.get("summary-missing"),
        texts.get("summary-extra"),
        texts.get("summary-not-compared"),
        texts.get("summary-left-out-head"),
        texts.get("summary-there-before"),
    ];
    let mut table = connectors::table(columns);
    for row in &comparison.tallies {
        let mut cells = vec![texts.kind(row.kind)];
        cells.extend(
            [
                row.matched,
                row.differs,
                row.missing,
                row.extra,
                row.errors,
                row.skipped,
                row.kept,
            ]
            .map(|count| summary::number(count, texts)),
        );
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    printer.data(&connectors::text(&table))?;
    for verdict in [
        Verdict::Differs,
        Verdict::Missing,
        Verdict::Extra,
        Verdict::Error,
    ] {
        list(verdict, ledger, printer)?;
    }
    printer.data(&format!("\n{}", totals(comparison, texts)))?;
    for limit in &comparison.limits {
        printer.talk(&format!("compared: {limit}"));
    }
    Ok(())
}

/// `540 match, 1 differ, …`.
pub(super) fn totals(comparison: &Comparison, texts: &Texts) -> String {
    let total = |part: fn(&Tally) -> u64| comparison.total(part).into();
    let values = [
        ("matched", total(|tally| tally.matched)),
        ("differs", total(|tally| tally.differs)),
        ("missing", total(|tally| tally.missing)),
        ("extra", total(|tally| tally.extra)),
        ("errors", total(|tally| tally.errors)),
    ];
    texts.say("summary-compared", &values)
}

fn list(verdict: Verdict, ledger: &Ledger, printer: &Printer) -> Result<()> {
    let findings = ledger.findings(verdict, ROWS)?;
    if findings.is_empty() {
        return Ok(());
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut table = match verdict {
        Verdict::Differs => connectors::table(["differs", "target", "what", "expected", "found"]),
        Verdict::Missing => connectors::table(["missing", "target", "what", "expected", "why"]),
        Verdict::Extra => connectors::table(["extra", "target", "what", "found", "why"]),
        _ => connectors::table(["not compared", "target", "what", "found", "why"]),
    };
    for finding in &findings {
        let record = match &finding.part {
            Some(part) => format!("{}, {part}", finding.key),
            None => finding.key.to_string(),
        };
        let (first, second) = match verdict {
            Verdict::Differs => (&finding.expected, &finding.found),
            Verdict::Missing => (&finding.expected, &finding.reason),
            _ => (&finding.found, &finding.reason),
        };
        table.add_row([
            record,
            text(&finding.target),
            text(&finding.field),
            text(first),
            text(second),
        ]);
    }
    printer.data(&format!("\n{}", connectors::text(&table)))?;
    let count = ledger.count_findings(verdict)?;
    match count - findings.len() as u64 {
        0 => Ok(()),
        more => printer.data(&format!("and {more} more; -o FILE and --json have all")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_kinds_are_read_as_people_write_them() {
        assert_eq!(
            date("2024-01-31").unwrap().to_string(),
            "2024-01-31T00:00:00Z"
        );
        assert_eq!(
            date("2024-01-31T12:00:00+02:00").unwrap().to_string(),
            "2024-01-31T10:00:00Z"
        );
        assert!(date("yesterday").is_err());
        assert_eq!(kind("contacts"), Ok(Kind::Contact));
        assert_eq!(kind("article"), Ok(Kind::Article));
        assert!(
            kind("conversatoins")
                .unwrap_err()
                .contains("`conversations`")
        );
        assert!(
            kind("messages").is_err(),
            "compared with their conversations"
        );
    }
}
