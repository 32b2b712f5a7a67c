//! CSV for spreadsheets: every receipt, or everything that a comparison found.

use std::io::Write;

use super::disk;
use crate::connector::{Error, Result, text};
use crate::ledger::Ledger;
use crate::schema::{Key, Record};

/// Every receipt: what became of each record.
pub(super) fn receipts(ledger: &Ledger, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new(
        out,
        &[
            "kind", "old_id", "new_id", "old_url", "new_url", "part_of", "action", "at", "run",
        ],
    )?;
    ledger.each_receipt(|receipt| {
        table.row(&[
            receipt.key.kind.name(),
            &receipt.key.id,
            &receipt.target,
            &source_url(ledger, &receipt.key)?.unwrap_or_default(),
            receipt.url.as_deref().unwrap_or_default(),
            receipt.parent.as_deref().unwrap_or_default(),
            &receipt.action,
            &receipt.at,
            &receipt.run.to_string(),
        ])
    })?;
    table.finish()
}

/// Everything that the last comparison found.
pub(super) fn findings(ledger: &Ledger, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new(
        out,
        &[
            "verdict",
            "kind",
            "id",
            "target_id",
            "part_kind",
            "part_id",
            "field",
            "expected",
            "found",
            "reason",
        ],
    )?;
    ledger.each_finding(|finding| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let part = finding.part.as_ref();
        table.row(&[
            finding.verdict.name(),
            finding.key.kind.name(),
            &finding.key.id,
            &text(&finding.target),
            part.map_or("", |part| part.kind.name()),
            part.map_or("", |part| &part.id),
            &text(&finding.field),
            &text(&finding.expected),
            &text(&finding.found),
            &text(&finding.reason),
        ])
    })?;
    table.finish()
}

/// Where a record was, in the source's web interface.
pub(super) fn source_url(ledger: &Ledger, key: &Key) -> Result<Option<String>> {
    Ok(match ledger.get(key)?.map(|stored| stored.record) {
        Some(Record::Conversation(record)) => record.url,
        Some(Record::Category(record)) => record.url,
        Some(Record::Article(record)) => record.url,
        _ => None,
    })
}

pub(super) struct Table<'a>(csv::Writer<&'a mut dyn Write>);

impl<'a> Table<'a> {
    pub(super) fn new(out: &'a mut dyn Write, header: &[&str]) -> Result<Self> {
        let mut table = Table(
            csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(out),
        );
        table.row(header)?;
        Ok(table)
    }

    /// An apostrophe stands before what a spreadsheet would take for a formula.
    pub(super) fn row(&mut self, cells: &[&str]) -> Result<()> {
        let cells = cells.iter().map(|cell| match text::is_formula(cell) {
            true => format!("'{cell}"),
            false => (*cell).to_owned(),
        });
        self.0
            .write_record(cells)
            .map_err(|cause| Error::local(format!("no CSV: {cause}")).caused_by(cause))
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.0.flush().map_err(disk)
    }
}
