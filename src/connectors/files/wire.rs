//! Rows of a file: where each begins and ends, without the file in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

use super::config::Format;
use super::limits;
use crate::schema::Owner;

/// A place between two rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it.
    pub offset: u64,
    /// Lines before it.
    pub line: u64,
}

impl Position {
    /// As a cursor, with the sum of what stands before it.
    pub fn text(self, sum: &str) -> String {
        format!("{}:{}:{sum}", self.offset, self.line)
    }

    /// Reads what [`Position::text`] wrote: the place and the sum.
    pub fn parse(text: &str) -> Option<(Position, &str)> {
        let (offset, rest) = text.split_once(':')?;
        let (line, sum) = rest.split_once(':').unwrap_or((rest, ""));
        let position = Position {
            offset: offset.parse().ok()?,
            line: line.parse().ok()?,
        };
        Some((position, sum))
    }
}

/// One row as it stands in the file.
#[derive(Debug)]
pub struct Row {
    /// With its line break; empty when `too_long`.
    pub bytes: Vec<u8>,
    /// Where it begins.
    pub start: Position,
    /// Where the next one begins.
    pub end: Position,
    /// It ends with a line break. Only the last row of a file can be without.
    pub complete: bool,
    /// It is longer than [`limits::ROW`].
    pub too_long: bool,
}

/// Cuts a file into rows.
pub struct Rows {
    input: BufReader<File>,
    format: Format,
    at: Position,
}

impl Rows {
    /// Opens a file at a place; `None` when there is no such file.
    pub fn open(path: &Path, format: Format, at: Position) -> io::Result<Option<Rows>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        file.seek(SeekFrom::Start(at.offset))?;
        Ok(Some(Rows {
            input: BufReader::with_capacity(128 * 1024, file),
            format,
            at,
        }))
    }

    /// Goes to another place.
    pub fn seek(&mut self, at: Position) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(at.offset))?;
        self.at = at;
        Ok(())
    }

    /// The next row, if there is one.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        let start = self.at;
        let mut row = Row {
            bytes: Vec::new(),
            start,
            end: start,
            complete: false,
            too_long: false,
        };
        let mut quotes = Quotes::new(self.format);
        while !row.complete {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = quotes.end_of_row(buffer);
            let used = end.unwrap_or(buffer.len());
            let piece = &buffer[..used];
            if row.bytes.len() + used > limits::ROW {
                row.too_long = true;
                row.bytes = Vec::new();
            }
            if !row.too_long {
                row.bytes.extend_from_slice(piece);
            }
            row.end.offset += used as u64;
            row.end.line += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            row.complete = end.is_some();
            self.input.consume(used);
        }
        self.at = row.end;
        Ok((row.end != start).then_some(row))
    }
}

/// Finds the line break that ends a row: in CSV not the one inside quotes.
struct Quotes {
    csv: bool,
    open: bool,
    /// The byte before, `,` at the start of a row.
    before: u8,
    /// The byte before ended a quoted cell, unless another quote follows it.
    closed: bool,
}

impl Quotes {
    fn new(format: Format) -> Self {
        Quotes {
            csv: format == Format::Csv,
            open: false,
            before: b',',
            closed: false,
        }
    }

    /// The number of bytes up to and with the line break.
    fn end_of_row(&mut self, buffer: &[u8]) -> Option<usize> {
        if !self.csv {
            return buffer.iter().position(|b| *b == b'\n').map(|at| at + 1);
        }
        for (index, byte) in buffer.iter().enumerate() {
            let closed = std::mem::take(&mut self.closed);
            match *byte {
                b'"' if self.open => {
                    self.open = false;
                    self.closed = true;
                }
                b'"' if self.before == b',' || closed => self.open = true,
                b'\n' if !self.open => return Some(index + 1),
                _ => {}
            }
            self.before = *byte;
        }
        None
    }
}

/// What tells where a record belongs, without the rest of it.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// Of messages, ratings and time entries.
    #[serde(default)]
    pub conversation_id: Option<String>,
    /// Of attachments.
    #[serde(default)]
    pub owner: Option<Owner>,
}

impl Head {
    /// What it is a part of, by a name that is unique among all owners.
    pub fn parent(&self) -> Option<String> {
        match &self.owner {
            Some(owner) => Some(owner_name(owner)),
            None => self.conversation_id.clone(),
        }
    }
}

/// A message and an article may have the same id.
pub fn owner_name(owner: &Owner) -> String {
    match owner {
        Owner::Message(id) => format!("message {id}"),
        Owner::Article(id) => format!("article {id}"),
    }
}
