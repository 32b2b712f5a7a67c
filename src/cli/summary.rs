//! What will be or was written, as text.

use std::time::Duration;

use comfy_table::CellAlignment;
use indicatif::{HumanBytes, HumanDuration};

use super::printer::Printer;
use super::progress::noun;
use super::{connectors, exit};
use crate::connector::{Error, Result};
use crate::engine::{Estimate, Summary};
use crate::ledger::Action;
use crate::schema::Kind;

/// Rows of losses and reasons that are shown; `--json` has all.
const ROWS: usize = 30;

/// Prints a summary as tables or as one object.
pub fn print(summary: &Summary, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        return printer.json("summary", summary);
    }
    let mut table = connectors::table(["", "create", "update", "match", "done", "skip", "blocked"]);
    for kind in Kind::ALL {
        let count = |action| {
            summary
                .counts
                .iter()
                .find(|row| row.kind == kind && row.action == action)
                .map_or(0, |row| row.count)
        };
        let counts = Action::ALL.iter().map(|action| count(*action));
        if counts.clone().sum::<u64>() == 0 {
            continue;
        }
        let mut row = vec![noun(kind)];
        row.extend(
            [
                Action::Create,
                Action::Update,
                Action::Match,
                Action::Done,
                Action::Skip,
                Action::Blocked,
            ]
            .map(|action| match count(action) {
                0 => "-".to_owned(),
                count => count.to_string(),
            }),
        );
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    printer.data(&connectors::text(&table))?;
    if !summary.losses.is_empty() {
        let mut table = connectors::table(["lost", "how", "records", "for example", ""]);
        for loss in summary.losses.iter().take(ROWS) {
            table.add_row([
                loss.field.clone(),
                loss.effect.name().to_owned(),
                loss.records.to_string(),
                loss.example.to_string(),
                loss.detail.clone(),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
        more(summary.losses.len(), printer)?;
    }
    if !summary.reasons.is_empty() {
        let mut table = connectors::table(["why", "", "records", "for example", ""]);
        for (kind, action, reason, count, example) in summary.reasons.iter().take(ROWS) {
            table.add_row([
                noun(*kind),
                action.name().to_owned(),
                count.to_string(),
                example.to_string(),
                reason.clone(),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
        more(summary.reasons.len(), printer)?;
    }
    if !summary.changes.is_empty() {
        let mut table = connectors::table(["changes", "field", "there now", "will be"]);
        for change in summary.changes.iter().take(ROWS) {
            table.add_row([
                change.key.to_string(),
                change.field.clone(),
                change.found.clone(),
                change.expected.clone(),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
        more(summary.changes.len(), printer)?;
    }
    for sample in &summary.samples {
        let (key, action) = (&sample.key, sample.action);
        for request in &sample.requests {
            let body = serde_json::to_string_pretty(&request.body)
                .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
            let (method, path) = (request.method, &request.path);
            printer.data(&format!("\n{action} {key}: {method} {path}\n{body}"))?;
        }
    }
    match &summary.estimate {
        Some(estimate) => print_estimate(estimate, printer),
        None if summary.calls.is_empty() => Ok(()),
        None => {
            let calls: Vec<String> = summary
                .calls
                .iter()
                .map(|(budget, calls)| format!("{calls} {budget}"))
                .collect();
            printer.data(&format!("\nrequests to the target: {}", calls.join(", ")))
        }
    }
}

fn print_estimate(estimate: &Estimate, printer: &Printer) -> Result<()> {
    let calls: Vec<String> = estimate
        .budgets
        .iter()
        .map(|used| match used.per_minute {
            Some(limit) => format!("{} {} ({limit} a minute)", used.calls, used.budget),
            None => format!("{} {}", used.calls, used.budget),
        })
        .collect();
    if !calls.is_empty() {
        printer.data(&format!("\nrequests to the target: {}", calls.join(", ")))?;
    }
    if let Some(seconds) = estimate.seconds {
        let time = HumanDuration(Duration::from_secs(seconds));
        printer.data(&format!("time at the target's limits: about {time}"))?;
    }
    printer.data(&format!(
        "disk in use: ledger {}, attachments {}",
        HumanBytes(estimate.ledger_bytes),
        HumanBytes(estimate.blob_bytes)
    ))
}

fn more(rows: usize, printer: &Printer) -> Result<()> {
    match rows.checked_sub(ROWS) {
        Some(rest) if rest > 0 => printer.data(&format!("and {rest} more; --json shows all")),
        _ => Ok(()),
    }
}

/// The exit code of a push: with problems or without. Says where they are.
pub fn code(summary: &Summary, printer: &Printer) -> u8 {
    if summary.problems == 0 {
        return exit::DONE;
    }
    printer.talk(&format!(
        "{} records have problems; `deskferry status` lists them, the same command tries them again",
        summary.problems
    ));
    exit::PROBLEMS
}
