//! The folder: which files it has and what their rows hold.

use std::path::{Path, PathBuf};

use super::cells;
use super::config::{Config, Format, Texts};
use super::wire::{Head, Position, Row, Rows};
use crate::connector::{Error, Result};
use crate::schema::{Kind, Record};

/// A folder of records.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Where it is.
    pub root: PathBuf,
    /// How records stand in its files.
    pub format: Format,
    /// Their charset where it is not UTF-8.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// What is made of messages that have HTML alone.
    pub texts: Texts,
}

impl Folder {
    /// The configured folder.
    pub fn new(config: &Config) -> Self {
        Folder {
            root: config.path.clone(),
            format: config.format,
            // Known to be one since the options were read.
            charset: config.encoding().ok().flatten(),
            texts: config.texts,
        }
    }

    /// The file of a kind.
    pub fn file(&self, kind: Kind) -> PathBuf {
        self.root.join(self.format.file(kind))
    }

    /// The rows of a kind from a place on; `None` when it has no file.
    pub fn table(&self, kind: Kind, at: Position) -> Result<Option<Table>> {
        let path = self.file(kind);
        let fail = |cause| unreadable(&path, cause);
        let Some(mut rows) = Rows::open(&path, self.format, Position::default()).map_err(fail)?
        else {
            return Ok(None);
        };
        let name = self.format.file(kind);
        let mut columns = None;
        let mut begin = Position::default();
        if self.format == Format::Csv {
            let Some(first) = rows.next_row().map_err(fail)? else {
                return Ok(None);
            };
            columns = Some(cells::columns(
                kind,
                &name,
                &in_utf8(first.bytes, self.charset),
            )?);
            begin = first.end;
        }
        // A file that became shorter was made anew.
        let length = std::fs::metadata(&path).map_err(fail)?.len();
        let at = match at.offset {
            offset if offset < begin.offset || offset > length => begin,
            _ => at,
        };
        rows.seek(at).map_err(fail)?;
        Ok(Some(Table {
            kind,
            path,
            name,
            rows,
            columns,
            charset: self.charset,
        }))
    }
}

/// The rows of one file.
pub struct Table {
    kind: Kind,
    path: PathBuf,
    name: String,
    rows: Rows,
    columns: Option<Vec<String>>,
    charset: Option<&'static encoding_rs::Encoding>,
}

impl Table {
    /// The next row, if there is one. Empty lines are rows.
    pub fn next_row(&mut self) -> Result<Option<Row>> {
        let path = &self.path;
        let row = self
            .rows
            .next_row()
            .map_err(|cause| unreadable(path, cause))?;
        Ok(row.map(|row| Row {
            bytes: in_utf8(row.bytes, self.charset),
            ..row
        }))
    }

    /// The columns of a CSV file.
    pub fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// What tells where a row's record belongs.
    pub fn head(&self, row: &Row) -> Option<Head> {
        let json = json(self.kind, self.columns(), &row.bytes).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// The record of a row, or what is wrong with it, naming file, line and field.
    pub fn record(&self, row: &Row) -> Result<Record, String> {
        let place = format!("{} line {}", self.name, row.start.line + 1);
        if row.too_long {
            return Err(format!("{place}: it is longer than 64 MiB"));
        }
        record(self.kind, self.columns(), &row.bytes).map_err(|reason| format!("{place}: {reason}"))
    }
}

/// The bytes of a row that is in another charset.
fn in_utf8(bytes: Vec<u8>, charset: Option<&'static encoding_rs::Encoding>) -> Vec<u8> {
    match charset {
        Some(charset) => charset.decode(&bytes).0.into_owned().into_bytes(),
        None => bytes,
    }
}

/// The record of a row's bytes.
pub fn record(kind: Kind, columns: Option<&[String]>, bytes: &[u8]) -> Result<Record, String> {
    let json = json(kind, columns, bytes)?;
    // Whatever stands behind the object would be lost without a word.
    serde_json::from_slice::<serde::de::IgnoredAny>(&json).map_err(|cause| cause.to_string())?;
    let record = Record::from_json(kind, &json).map_err(|cause| {
        match cause.path().to_string().as_str() {
            "." => cause.inner().to_string(),
            path => format!("field `{path}`: {}", cause.inner()),
        }
    })?;
    if record.id().is_empty() {
        return Err("field `id` is missing".into());
    }
    if matches!(kind, Kind::Message | Kind::Rating | Kind::TimeEntry)
        && record.parent().is_none_or(|parent| parent.id.is_empty())
    {
        return Err("field `conversation_id` is missing".into());
    }
    Ok(record)
}

fn json<'a>(
    kind: Kind,
    columns: Option<&[String]>,
    bytes: &'a [u8],
) -> Result<std::borrow::Cow<'a, [u8]>, String> {
    Ok(match columns {
        Some(columns) => cells::decode(kind, columns, bytes)?.into(),
        None => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).into(),
    })
}

/// A record as a row with its line break.
pub fn encode(format: Format, record: &Record) -> Result<Vec<u8>> {
    match format {
        Format::Csv => cells::encode(record),
        Format::Jsonl => {
            let mut line = record
                .to_json()
                .map_err(|cause| Error::local("a record could not be written").caused_by(cause))?;
            line.push(b'\n');
            Ok(line)
        }
    }
}

/// A SHA-256 as file names have it: 64 hexadecimal digits in lower case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A failure to read.
pub fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    Error::local(format!("{} cannot be read: {cause}", path.display()))
        .hint("check the path and its permissions")
        .caused_by(cause)
}
