//! A TOML file with the place of everything in it, for errors that name line and column.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::connector::{Error, Result};

/// A value with its place.
pub(crate) type Value<'a, 'i> = &'a Spanned<DeValue<'i>>;

/// A file under check: gathers every mistake, so that all are reported at once.
pub(crate) struct Document<'i> {
    name: &'i str,
    text: &'i str,
    mistakes: Vec<(usize, String)>,
}

impl<'i> Document<'i> {
    /// A file by the name that people know it by.
    pub fn new(name: &'i str, text: &'i str) -> Self {
        Document {
            name,
            text,
            mistakes: Vec::new(),
        }
    }

    /// Parses the file.
    pub fn parse(&self) -> Result<DeTable<'i>> {
        DeTable::parse(self.text)
            .map(Spanned::into_inner)
            .map_err(|cause| {
                let place = cause
                    .span()
                    .map_or_else(|| self.name.to_owned(), |span| self.place(span.start));
                Error::config(format!("{place}: {}", cause.message()))
            })
    }

    /// `mapping.toml:12:5`.
    pub fn place(&self, offset: usize) -> String {
        let (line, column) = self.position(offset);
        format!("{}:{line}:{column}", self.name)
    }

    /// Line and column, from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// The file's own characters.
    pub fn raw(&self, span: Range<usize>) -> &'i str {
        self.text.get(span).unwrap_or("")
    }

    /// Notes a mistake at this place.
    pub fn mistake(&mut self, offset: usize, what: impl Into<String>) {
        self.mistakes.push((offset, what.into()));
    }

    /// Notes a value that is none of the right ones, with the nearest one.
    pub fn unknown<'a>(
        &mut self,
        offset: usize,
        what: &str,
        at: &str,
        value: &str,
        right: impl Iterator<Item = &'a str> + Clone,
    ) {
        self.mistake(offset, unknown(what, at, value, right));
    }

    /// The text or whole number of a value, or a mistake.
    pub fn text_of(&mut self, at: &str, value: Value<'_, '_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            other => {
                let found = other.type_str();
                self.mistake(
                    value.span().start,
                    format!("{at} must be text, not {}", article(found)),
                );
                None
            }
        }
    }

    /// The table of a value, or a mistake.
    pub fn table_of<'a, 'v>(&mut self, at: &str, value: Value<'a, 'v>) -> Option<&'a DeTable<'v>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let found = value.get_ref().type_str();
            self.mistake(
                value.span().start,
                format!("{at} must be a table, not {}", article(found)),
            );
        }
        table
    }

    /// A list of texts (or one text), or a mistake.
    pub fn texts_of(&mut self, at: &str, value: Value<'_, '_>) -> Vec<(usize, String)> {
        match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| Some((item.span().start, self.text_of(at, item)?)))
                .collect(),
            _ => self
                .text_of(at, value)
                .map(|text| (value.span().start, text))
                .into_iter()
                .collect(),
        }
    }

    /// All is well, or one error that lists every mistake in the order of the file.
    pub fn finish(&mut self) -> Result<()> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let mut mistakes = std::mem::take(&mut self.mistakes);
        mistakes.sort();
        mistakes.dedup();
        let lines: Vec<String> = mistakes
            .iter()
            .map(|(offset, what)| format!("{}: {what}", self.place(*offset)))
            .collect();
        Err(Error::config(lines.join("\n")))
    }
}

fn article(noun: &str) -> String {
    match noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => format!("an {noun}"),
        false => format!("a {noun}"),
    }
}

/// ``unknown status `solvd` for status.read.x; did you mean `solved`?``
pub(crate) fn unknown<'a>(
    what: &str,
    at: &str,
    value: &str,
    right: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let near = nearest(value, right.clone());
    let rest = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let mut some: Vec<&str> = right.take(13).collect();
            match some.len() {
                0 => "there is none at all".to_owned(),
                13 => {
                    some.truncate(12);
                    format!("known are {}, …", some.join(", "))
                }
                _ => format!("known are {}", some.join(", ")),
            }
        }
    };
    format!("unknown {what} `{value}`{at}; {rest}")
}

/// The candidate that was most likely meant, without regard to case.
pub(crate) fn nearest<'a>(value: &str, right: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let value = value.to_lowercase();
    right
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&value, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(value.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}
