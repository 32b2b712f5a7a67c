//! What will be or was written, as text.

use comfy_table::CellAlignment;

use super::printer::Printer;
use super::progress::noun;
use super::{connectors, exit};
use crate::connector::Result;
use crate::engine::Summary;
use crate::ledger::Action;
use crate::schema::Kind;

/// Rows of losses and reasons that are shown; `--json` has all.
const ROWS: usize = 30;

/// Prints a summary as tables or as one object.
pub fn print(summary: &Summary, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        return printer.json(summary);
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
    if !summary.calls.is_empty() {
        let calls: Vec<String> = summary
            .calls
            .iter()
            .map(|(budget, calls)| format!("{calls} {budget}"))
            .collect();
        printer.data(&format!("\nrequests to the target: {}", calls.join(", ")))?;
    }
    Ok(())
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
