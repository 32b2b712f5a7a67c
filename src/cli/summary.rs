//! What will be or was written, as text.

use std::time::Duration;

use comfy_table::{CellAlignment, Table};

use super::printer::{self, Printer};
use super::{connectors, exit};
use crate::connector::{Detail, Error, Result};
use crate::engine::{Estimate, Summary, Unredacted};
use crate::lang::Texts;
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
    let texts = printer.texts();
    let columns = [
        (Action::Create, texts.get("summary-create")),
        (Action::Update, texts.get("summary-update")),
        (Action::Match, texts.get("summary-match")),
        (Action::Done, texts.get("summary-done")),
        (Action::Skip, texts.get("summary-skip")),
        (Action::Blocked, texts.get("summary-blocked")),
    ];
    let mut decided = summary.counts.clone();
    decided.retain(|row| !PARTS.contains(&row.kind));
    printer.data(&connectors::text(&counts(&decided, &[], &columns, texts)))?;
    let legend = [
        (Action::Match, "summary-legend-match"),
        (Action::Done, "summary-legend-done"),
        (Action::Skip, "summary-legend-skip"),
        (Action::Blocked, "summary-legend-blocked"),
    ];
    let legend: Vec<String> = legend
        .iter()
        .filter(|(action, _)| wholes(&summary.counts, *action) > 0)
        .map(|(_, id)| texts.get(id))
        .collect();
    if !legend.is_empty() {
        printer.data(&format!("\n {}", legend.join("\n ")))?;
    }
    losses(summary, ROWS, printer)?;
    not_read(summary, printer)?;
    unmapped(summary, printer)?;
    reasons(summary, Action::ALL, printer)?;
    changes(summary, printer)?;
    privacy(summary, printer)?;
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
    printer.talk(&format!("\n{}", texts.get("summary-previewed")));
    Ok(())
}

/// What the rules for personal data do not reach.
fn privacy(summary: &Summary, printer: &Printer) -> Result<()> {
    if summary.privacy.is_empty() {
        return Ok(());
    }
    let texts = printer.texts();
    printer.data(&format!("\n{}", texts.get("summary-privacy")))?;
    for (what, count) in &summary.privacy {
        let id = match what {
            Unredacted::Files => "summary-privacy-files",
            Unredacted::Names => "summary-privacy-names",
            Unredacted::Articles => "summary-privacy-articles",
            Unredacted::Written => "summary-privacy-written",
        };
        let told = texts.say(id, &[("count", (*count).into())]);
        printer.data(&format!("  - {told}"))?;
    }
    Ok(())
}

fn changes(summary: &Summary, printer: &Printer) -> Result<()> {
    if summary.changes.is_empty() {
        return Ok(());
    }
    let texts = printer.texts();
    let mut table = connectors::table([
        texts.get("summary-changes"),
        texts.get("summary-field"),
        texts.get("summary-there-now"),
        texts.get("summary-will-be"),
    ]);
    for change in summary.changes.iter().take(ROWS) {
        let about = match &change.part {
            Some(part) => format!("{}, {part}", change.key),
            None => change.key.to_string(),
        };
        table.add_row([
            about,
            texts.field(&change.field),
            change.found.clone(),
            change.expected.clone(),
        ]);
    }
    printer.data(&format!("\n{}", connectors::text(&table)))?;
    more(summary.changes.len(), ROWS, printer)
}

fn print_estimate(estimate: &Estimate, printer: &Printer) -> Result<()> {
    let texts = printer.texts();
    let calls: Vec<String> = estimate
        .budgets
        .iter()
        .map(|used| {
            let calls = format!("{} {}", texts.number(used.calls), used.budget);
            match used.per_minute {
                Some(limit) => {
                    let limit =
                        texts.say("summary-a-minute", &[("count", u64::from(limit).into())]);
                    format!("{calls} ({limit})")
                }
                None => calls,
            }
        })
        .collect();
    if !calls.is_empty() {
        let calls = ("calls", calls.join(", ").into());
        printer.data(&format!("\n{}", texts.say("summary-requests", &[calls])))?;
    }
    if let Some(seconds) = estimate.seconds {
        let time = texts.duration(Duration::from_secs(seconds));
        printer.data(&texts.say("summary-time", &[("time", time.into())]))?;
    }
    let sizes = [
        ("ledger", texts.bytes(estimate.ledger_bytes).into()),
        ("files", texts.bytes(estimate.blob_bytes).into()),
    ];
    printer.data(&texts.say("summary-disk", &sizes))
}

/// Prints what a run wrote.
pub fn written(summary: &Summary, printer: &Printer) -> Result<()> {
    if printer.is_json() {
        return printer.json("summary", summary);
    }
    if !writes(&summary.written) {
        return nothing(summary, printer);
    }
    let texts = printer.texts();
    printer.data(&connectors::text(&done(&summary.written, &[], texts)))?;
    let others = [
        (Action::Done, "summary-moved-before"),
        (Action::Skip, "summary-left-out"),
    ];
    let others: Vec<String> = others
        .iter()
        .map(|(action, id)| (wholes(&summary.counts, *action), id))
        .filter(|(count, _)| *count > 0)
        .map(|(count, id)| texts.say(id, &[("count", count.into())]))
        .collect();
    if !others.is_empty() {
        let others = ("others", others.join(", ").into());
        printer.data(&format!("\n {}", texts.say("summary-besides", &[others])))?;
    }
    losses(summary, ROWS_AFTERWARDS, printer)?;
    reasons(summary, &[Action::Skip, Action::Blocked], printer)
}

/// Created, updated, matched, deleted and blocked records by kind.
pub fn done(written: &[PlanCount], deleted: &[(Kind, u64)], texts: &Texts) -> Table {
    let columns = [
        (Action::Create, texts.get("summary-created")),
        (Action::Update, texts.get("summary-updated")),
        (Action::Match, texts.get("summary-matched")),
        (Action::Blocked, texts.get("summary-blocked")),
    ];
    counts(written, deleted, &columns, texts)
}

/// Whether something is written or found on the target.
fn writes(counts: &[PlanCount]) -> bool {
    [Action::Create, Action::Update, Action::Match]
        .iter()
        .any(|action| counts.iter().any(|row| row.action == *action))
}

fn nothing(summary: &Summary, printer: &Printer) -> Result<()> {
    let count = |action| wholes(&summary.counts, action);
    let there = count(Action::Done) + count(Action::Match);
    let values = [
        ("there", there.into()),
        ("skipped", count(Action::Skip).into()),
        ("blocked", count(Action::Blocked).into()),
    ];
    let text = printer.texts().say("summary-nothing", &values);
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
    columns: &[(Action, String)],
    texts: &Texts,
) -> Table {
    let mut header = vec![String::new()];
    header.extend(columns.iter().map(|(_, title)| title.clone()));
    if !deleted.is_empty() {
        header.push(texts.get("summary-deleted"));
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
        let mut cells = vec![texts.kind(kind)];
        cells.extend(row.iter().map(|count| number(*count, texts)));
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
            printer.texts().field(&loss.field),
            printer
                .texts()
                .get(&format!("summary-effect-{}", loss.effect.name())),
            printer.texts().number(loss.records),
            loss.example.to_string(),
            loss.detail.told(printer.texts()),
        ]
    });
    list(
        [
            "summary-lost",
            "summary-how",
            "summary-records",
            "summary-example",
            "summary-becomes",
        ],
        rows,
        printer,
    )?;
    more(summary.losses.len(), shown, printer)
}

/// What stays on the source because it is not read.
fn not_read(summary: &Summary, printer: &Printer) -> Result<()> {
    if summary.not_read.is_empty() {
        return Ok(());
    }
    let texts = printer.texts();
    printer.data(&format!("\n {}", texts.get("summary-not-read")))?;
    for row in &summary.not_read {
        let count = row.count.map(|count| format!(" ({})", texts.number(count)));
        let what = format!(" {}{}: ", texts.field(&row.what), count.unwrap_or_default());
        printer.data(&printer::hanging(&what, &row.detail.told(texts), 3))?;
    }
    Ok(())
}

/// Values that the target does not have as they are: what a mapping can decide.
fn unmapped(summary: &Summary, printer: &Printer) -> Result<()> {
    let all: Vec<(&str, &(Detail, u64))> = summary
        .losses
        .iter()
        .flat_map(|loss| loss.values.iter().map(|value| (loss.field.as_str(), value)))
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    let texts = printer.texts();
    printer.data(&format!("\n {}", texts.get("summary-unmapped")))?;
    for (field, (value, count)) in all.iter().take(ROWS) {
        let times = texts.say("summary-times", &[("count", (*count).into())]);
        let text = format!("({times}): {}", value.told(texts));
        let field = texts.field(field);
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
                printer.texts().kind(*kind),
                printer.texts().get(&format!("summary-{}", action.name())),
                printer.texts().number(*count),
                example.to_string(),
                reason.told(printer.texts()),
            ]
        });
    list(
        [
            "summary-not-written",
            "",
            "summary-records",
            "summary-example",
            "summary-why",
        ],
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
    let texts = printer.texts();
    let header = header.map(|id| match id {
        "" => String::new(),
        id => texts.get(id),
    });
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
        let values = [("records", records.into()), ("example", example.into())];
        let text = format!("({}): {detail}", texts.say("summary-such-as", &values));
        printer.data(&printer::hanging(&mark, &text, 3))?;
    }
    Ok(())
}

fn more(all: usize, shown: usize, printer: &Printer) -> Result<()> {
    match all.checked_sub(shown) {
        Some(rest) if rest > 0 => {
            let text = printer
                .texts()
                .say("summary-more", &[("count", rest.into())]);
            printer.data(&format!(" {text}"))
        }
        _ => Ok(()),
    }
}

/// Says how many problems are open, and where they are. The exit code is that of a run.
pub fn code(problems: u64, printer: &Printer) -> u8 {
    if problems == 0 {
        return exit::DONE;
    }
    let open = printer
        .texts()
        .say("summary-problems", &[("count", problems.into())]);
    printer.talk(&open);
    exit::PROBLEMS
}

/// A count in a table, where nothing is a dash.
pub fn number(count: u64, texts: &Texts) -> String {
    match count {
        0 => "-".to_owned(),
        count => texts.number(count),
    }
}
