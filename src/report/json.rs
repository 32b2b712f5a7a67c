//! One JSON document with everything, written as it is read.

use std::io::Write;

use serde::Serialize;

use super::table::source_url;
use super::{FORMAT, Facts, Subject, disk};
use crate::connector::{Error, Result};
use crate::ledger::{Ledger, Receipt};
use crate::schema::Key;

/// A receipt as machines get it.
#[derive(Serialize)]
struct Row<'a> {
    key: &'a Key,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_url: Option<&'a str>,
    action: &'a str,
    at: &'a str,
    run: i64,
}

pub(super) fn write(ledger: &Ledger, subject: Subject, out: &mut dyn Write) -> Result<()> {
    let runs = match subject {
        Subject::Comparison => 1,
        Subject::Migration => usize::MAX,
    };
    let facts = Facts::read(ledger, runs)?;
    put(out, b"{\"format\":")?;
    value(out, &FORMAT)?;
    if subject == Subject::Migration {
        put(out, b",\"migration\":")?;
        value(out, &facts)?;
    } else {
        for (name, desk) in [("source", &facts.source), ("target", &facts.target)] {
            put(out, format!(",\"{name}\":").as_bytes())?;
            value(out, desk)?;
        }
        put(out, b",\"comparison\":")?;
        value(out, &facts.comparison)?;
    }
    put(out, b",\n\"findings\":[")?;
    let mut list = List::new(out);
    ledger.each_finding(|finding| list.add(&finding))?;
    list.end()?;
    if subject == Subject::Migration {
        put(out, b",\n\"problems\":[")?;
        let mut list = List::new(out);
        ledger.each_problem(usize::MAX, |problem| list.add(&problem))?;
        list.end()?;
        put(out, b",\n\"receipts\":[")?;
        let mut list = List::new(out);
        ledger.each_receipt(|receipt| {
            let old_url = source_url(ledger, &receipt.key)?;
            list.add(&row(&receipt, old_url.as_deref()))
        })?;
        list.end()?;
    }
    put(out, b"}\n")
}

fn row<'a>(receipt: &'a Receipt, old_url: Option<&'a str>) -> Row<'a> {
    Row {
        key: &receipt.key,
        target: &receipt.target,
        part_of: receipt.parent.as_deref(),
        old_url,
        new_url: receipt.url.as_deref(),
        action: &receipt.action,
        at: &receipt.at,
        run: receipt.run,
    }
}

/// The items of an array, one a line.
struct List<'a> {
    out: &'a mut dyn Write,
    first: bool,
}

impl<'a> List<'a> {
    fn new(out: &'a mut dyn Write) -> Self {
        List { out, first: true }
    }

    fn add(&mut self, item: &impl Serialize) -> Result<()> {
        put(self.out, if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        value(self.out, item)
    }

    fn end(self) -> Result<()> {
        put(self.out, b"]")
    }
}

fn put(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(disk)
}

fn value(out: &mut dyn Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|cause| {
        Error::local(format!("a report cannot be written: {cause}")).caused_by(cause)
    })
}
