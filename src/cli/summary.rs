//! What will be or was written, as text.

use std::time::Duration;

use comfy_table::{CellAlignment, Table};
use indicatif::{HumanBytes, HumanDuration};

use super::printer::{self, Printer};
use super::progress::noun;
use super::{connectors, exit};
use crate::connector::{Error, Result};
use crate::engine::{Estimate, Summary};
use crate::ledger::{Action, PlanCount};
use crate::schema::Kind;

/// Rows of losses and reasons that a preview shows; `--json` has all.
const ROWS: usize = 30;

/// Rows that a run shows: the preview has shown them.
const ROWS_AFTERWARDS: usize = 10;

/// Parts are written with what they belong to, which is what is decided about.
const PARTS: [Kind; 4] = [
    Kind::Message,
    Kind::Attachment,
    Kind::Rating,
    Kind::TimeEntry,
];

/// Prints what would be written, and what of it would be lost.
pub fn planned(summary: &Summary, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        return printer.json("summary", summary);
    }
    if !writes(&summary.counts) {
        return nothing(summary, printer);
    }
    let columns = [
        (Action::Create, "create"),
        (Action::Update, "update"),
        (Action::Match, "match"),
        (Action::Done, "done"),
        (Action::Skip, "skip"),
        (Action::Blocked, "blocked"),
    ];
    let mut decided = summary.counts.clone();
    decided.retain(|row| !PARTS.contains(&row.kind));
    printer.data(&connectors::text(&counts(&decided, &[], &columns)))?;
    let legend = [
        (Action::Match, "match: it is there and stays as it is"),
        (Action::Done, "done: moved by an earlier run"),
        (Action::Skip, "skip: left out, for the reason below"),
        (
            Action::Blocked,
            "blocked: cannot be written, for the reason below",
        ),
    ];
    let legend: Vec<&str> = legend
        .iter()
        .filter(|(action, _)| wholes(&summary.counts, *action) > 0)
        .map(|(_, text)| *text)
        .collect();
    if !legend.is_empty() {
        printer.data(&format!("\n {}", legend.join("\n ")))?;
    }
    losses(summary, ROWS, printer)?;
    unmapped(summary, printer)?;
    reasons(summary, Action::ALL, printer)?;
    changes(summary, printer)?;
    for sample in &summary.samples {
        let (key, action) = (&sample.key, sample.action);
        for request in &sample.requests {
            let body = serde_json::to_string_pretty(&request.body)
                .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
            let (method, path) = (request.method, &request.path);
            printer.data(&format!("\n{action} {key}: {method} {path}\n{body}"))?;
        }
    }
    if let Some(estimate) = &summary.estimate {
        print_estimate(estimate, printer)?;
    }
    printer.talk("\nnothing was written; next: `deskferry migrate`");
    Ok(())
}

fn changes(summary: &Summary, printer: &Printer) -> Result<()> {
    if summary.changes.is_empty() {
        return Ok(());
    }
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
    more(summary.changes.len(), ROWS, printer)
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

/// Prints what a run wrote.
pub fn written(summary: &Summary, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        return printer.json("summary", summary);
    }
    if !writes(&summary.written) {
        return nothing(summary, printer);
    }
    printer.data(&connectors::text(&done(&summary.written, &[])))?;
    let others = [
        (Action::Done, "moved by an earlier run"),
        (Action::Skip, "left out on purpose"),
    ];
    let others: Vec<String> = others
        .iter()
        .map(|(action, what)| (wholes(&summary.counts, *action), what))
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !others.is_empty() {
        printer.data(&format!("\n besides: {}", others.join(", ")))?;
    }
    losses(summary, ROWS_AFTERWARDS, printer)?;
    reasons(summary, &[Action::Skip, Action::Blocked], printer)
}

/// Created, updated, matched, deleted and blocked records by kind.
pub fn done(written: &[PlanCount], deleted: &[(Kind, u64)]) -> Table {
    let columns = [
        (Action::Create, "created"),
        (Action::Update, "updated"),
        (Action::Match, "matched"),
        (Action::Blocked, "blocked"),
    ];
    counts(written, deleted, &columns)
}

/// Whether something is written or found on the target.
fn writes(counts: &[PlanCount]) -> bool {
    [Action::Create, Action::Update, Action::Match]
        .iter()
        .any(|action| counts.iter().any(|row| row.action == *action))
}

fn nothing(summary: &Summary, printer: &Printer) -> Result<()> {
    let count = |action| wholes(&summary.counts, action);
    let mut text = format!(
        "nothing to do: {} records are on the target, {} are left out on purpose",
        count(Action::Done) + count(Action::Match),
        count(Action::Skip)
    );
    let blocked = count(Action::Blocked);
    if blocked > 0 {
        text.push_str(&format!(", {blocked} cannot be written"));
    }
    printer.data(&text)?;
    reasons(summary, &[Action::Blocked], printer)
}

/// Records with this action that are no parts of others.
fn wholes(counts: &[PlanCount], action: Action) -> u64 {
    counts
        .iter()
        .filter(|row| row.action == action && !PARTS.contains(&row.kind))
        .map(|row| row.count)
        .sum()
}

/// A row a kind, a column an action; one for deleted records where there are some.
fn counts(
    counts: &[PlanCount],
    deleted: &[(Kind, u64)],
    columns: &[(Action, &'static str)],
) -> Table {
    let mut header = vec![""];
    header.extend(columns.iter().map(|(_, title)| *title));
    if !deleted.is_empty() {
        header.push("deleted");
    }
    let mut table = connectors::table(header);
    for kind in Kind::ALL {
        let mut row: Vec<u64> = columns
            .iter()
            .map(|(action, _)| {
                counts
                    .iter()
                    .filter(|row| row.kind == kind && row.action == *action)
                    .map(|row| row.count)
                    .sum()
            })
            .collect();
        if !deleted.is_empty() {
            let gone = deleted.iter().filter(|(gone, _)| *gone == kind);
            row.push(gone.map(|(_, count)| *count).sum());
        }
        if row.iter().all(|count| *count == 0) {
            continue;
        }
        let mut cells = vec![noun(kind)];
        cells.extend(row.iter().map(|count| match count {
            0 => "-".to_owned(),
            count => count.to_string(),
        }));
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn losses(summary: &Summary, shown: usize, printer: &Printer) -> Result<()> {
    let rows = summary.losses.iter().take(shown).map(|loss| {
        [
            loss.field.clone(),
            loss.effect.name().to_owned(),
            loss.records.to_string(),
            loss.example.to_string(),
            loss.detail.clone(),
        ]
    });
    list(
        [
            "lost",
            "how",
            "records",
            "for example",
            "what becomes of it",
        ],
        rows,
        printer,
    )?;
    more(summary.losses.len(), shown, printer)
}

/// Values that the target does not have as they are: what a mapping can decide.
fn unmapped(summary: &Summary, printer: &Printer) -> Result<()> {
    let all: Vec<(&str, &(String, u64))> = summary
        .losses
        .iter()
        .flat_map(|loss| loss.values.iter().map(|value| (loss.field.as_str(), value)))
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    printer.data("\n values without a counterpart; mapping.toml can give them one:")?;
    for (field, (value, count)) in all.iter().take(ROWS) {
        let times = many(*count, "time", "times");
        let text = format!("({times}): {value}");
        printer.data(&printer::hanging(&format!(" {field} "), &text, 3))?;
    }
    more(all.len(), ROWS, printer)
}

fn reasons(summary: &Summary, actions: &[Action], printer: &Printer) -> Result<()> {
    let chosen: Vec<_> = summary
        .reasons
        .iter()
        .filter(|(_, action, ..)| actions.contains(action))
        .collect();
    let rows = chosen
        .iter()
        .take(ROWS)
        .map(|(kind, action, reason, count, example)| {
            [
                noun(*kind),
                action.name().to_owned(),
                count.to_string(),
                example.to_string(),
                reason.clone(),
            ]
        });
    list(
        ["not written", "", "records", "for example", "why"],
        rows,
        printer,
    )?;
    more(chosen.len(), ROWS, printer)
}

/// Columns below which a table of five columns cannot be read any more.
const NARROW: usize = 100;

/// A table, or where that would be too narrow, a paragraph a row.
fn list(
    header: [&str; 5],
    rows: impl Iterator<Item = [String; 5]>,
    printer: &Printer,
) -> Result<()> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    if printer::columns().is_none_or(|columns| columns >= NARROW) {
        let mut table = connectors::table(header);
        for row in rows {
            table.add_row(row);
        }
        return printer.data(&format!("\n{}", connectors::text(&table)));
    }
    printer.data(&format!("\n {}:", header[0]))?;
    for [what, how, records, example, detail] in rows {
        let mark = format!(" {what} {how} ");
        let text = format!("({records}, such as {example}): {detail}");
        printer.data(&printer::hanging(&mark, &text, 3))?;
    }
    Ok(())
}

fn more(all: usize, shown: usize, printer: &Printer) -> Result<()> {
    match all.checked_sub(shown) {
        Some(rest) if rest > 0 => printer.data(&format!(" and {rest} more; --json shows all")),
        _ => Ok(()),
    }
}

/// Says how many problems are open, and where they are. The exit code is that of a run.
pub fn code(problems: u64, printer: &Printer) -> u8 {
    if problems == 0 {
        return exit::DONE;
    }
    printer.talk(&format!(
        "{} open; `deskferry status` lists them, the same command tries them again",
        many(problems, "problem is", "problems are")
    ));
    exit::PROBLEMS
}

/// `1 problem is`, `2 problems are`.
pub fn many(count: u64, one: &str, more: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    }
}
