//! Files for people and machines from the ledger: HTML, CSV, JSON, Markdown, JUnit.
//!
//! Figures and groups are small and read at once ([`Facts`]); findings and
//! receipts can be as many as records and are streamed.

pub mod assess;
mod facts;
mod html;
mod json;
mod junit;
mod markdown;
mod migration;
pub mod page;
pub mod redirects;
mod table;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

pub use assess::Assessment;
pub use facts::{Facts, KindFacts};
pub use html::seconds;
pub use junit::junit;
pub use markdown::markdown;
pub use migration::TARGET_AUDIT;
pub use redirects::Redirects;

use crate::connector::{Error, Result};
use crate::lang::Texts;
use crate::ledger::Ledger;
use crate::mapping::UserMapping;

/// The version of all formats that machines read, told in each of them. What
/// a new version of the program adds does not change it; see `docs/output.md`.
pub const FORMAT: u32 = 1;

/// What a file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// What the last comparison found.
    Comparison,
    /// The whole migration, with every receipt.
    Migration,
}

/// How people see it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Their language.
    pub texts: &'a Texts,
    /// Who is one person, for the audit.
    pub mapping: &'a UserMapping,
}

/// A file to be written, of a format that follows from its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    path: PathBuf,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Html,
    Csv,
    Json,
    Markdown,
}

impl Output {
    /// A file with a known ending that can be written: found out before the
    /// work begins, not after.
    pub fn new(path: &Path) -> Result<Output> {
        match Output::of_audit(path)? {
            Output {
                format: Format::Markdown,
                ..
            } => Err(unknown(path, "end it with .html, .csv or .json")),
            output => Ok(output),
        }
    }

    /// The same for an audit, which can be Markdown, too.
    pub fn of_audit(path: &Path) -> Result<Output> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let format = match ending.map(str::to_lowercase).as_deref() {
            Some("html" | "htm") => Format::Html,
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            Some("md" | "markdown") => Format::Markdown,
            _ => return Err(unknown(path, "end it with .html, .csv, .json or .md")),
        };
        probe(path)?;
        Ok(Output {
            path: path.to_owned(),
            format,
        })
    }

    /// Whether it lists single records that match, too.
    pub fn lists_matches(&self) -> bool {
        self.format != Format::Html
    }

    /// Writes the file.
    pub fn write(&self, ledger: &Ledger, subject: Subject, view: &View<'_>) -> Result<()> {
        save(&self.path, |out| match (self.format, subject) {
            (Format::Html | Format::Markdown, _) => migration::write(ledger, subject, view, out),
            (Format::Json, _) => json::write(ledger, subject, out),
            (Format::Csv, Subject::Comparison) => table::findings(ledger, out),
            (Format::Csv, Subject::Migration) => table::receipts(ledger, out),
        })
    }

    /// Writes an audit.
    pub fn write_audit(&self, audit: &Assessment, texts: &Texts) -> Result<()> {
        save(&self.path, |out| match self.format {
            Format::Html => audit.page(texts).html(texts, out),
            Format::Markdown => audit.page(texts).markdown(out),
            Format::Json => audit.json(out),
            Format::Csv => audit.csv(out),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn unknown(path: &Path, hint: &'static str) -> Error {
    Error::config(format!(
        "{}: the ending of the name says the format, and this one is unknown",
        path.display()
    ))
    .hint(hint)
}

/// Whether a file can be written; leaves it as it is.
pub fn probe(path: &Path) -> Result<()> {
    let known = path.exists();
    private()
        .append(true)
        .open(path)
        .map_err(|cause| unwritable(path, cause))?;
    if !known {
        std::fs::remove_file(path).map_err(|cause| unwritable(path, cause))?;
    }
    Ok(())
}

/// Writes a file that its owner alone may read.
pub fn save(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let file: File = private()
        .write(true)
        .truncate(true)
        .open(path)
        .map_err(|cause| unwritable(path, cause))?;
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush().map_err(|cause| unwritable(path, cause))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::config(format!("{} cannot be written: {cause}", path.display()))
        .hint("check that its folder exists and that you may write there")
        .caused_by(cause)
}

/// What is wrong with writing, without the file's name.
fn disk(cause: std::io::Error) -> Error {
    Error::local(format!("a report cannot be written: {cause}")).caused_by(cause)
}
