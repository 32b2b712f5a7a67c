//! CSV: a record as cells and back, by the schema's own field names and types.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::connector::{Error, Result, text};
use crate::schema::*;

/// Fields whose values are text by themselves; everything else is JSON in a cell.
static TEXT: LazyLock<HashMap<Kind, HashSet<&'static str>>> = LazyLock::new(|| {
    Kind::ALL
        .into_iter()
        .map(|kind| {
            let schema = schema_of(kind);
            let fields = kind.fields().iter().copied();
            let text = fields.filter(|name| is_text(&schema, &schema["properties"][*name]));
            (kind, text.collect())
        })
        .collect()
});

fn schema_of(kind: Kind) -> Value {
    match kind {
        Kind::Organization => schemars::schema_for!(Organization),
        Kind::Group => schemars::schema_for!(Group),
        Kind::Agent => schemars::schema_for!(Agent),
        Kind::Brand => schemars::schema_for!(Brand),
        Kind::Field => schemars::schema_for!(Field),
        Kind::Form => schemars::schema_for!(Form),
        Kind::Contact => schemars::schema_for!(Contact),
        Kind::Conversation => schemars::schema_for!(Conversation),
        Kind::Message => schemars::schema_for!(Message),
        Kind::Attachment => schemars::schema_for!(Attachment),
        Kind::Rating => schemars::schema_for!(Rating),
        Kind::TimeEntry => schemars::schema_for!(TimeEntry),
        Kind::Category => schemars::schema_for!(Category),
        Kind::Article => schemars::schema_for!(Article),
        Kind::Macro => schemars::schema_for!(Macro),
    }
    .to_value()
}

fn is_text(root: &Value, node: &Value) -> bool {
    if let Some(name) = node["$ref"].as_str() {
        return name
            .strip_prefix("#/$defs/")
            .is_some_and(|name| is_text(root, &root["$defs"][name]));
    }
    let typed = match &node["type"] {
        Value::String(name) => name == "string",
        Value::Array(names) => names.iter().any(|name| name == "string"),
        _ => false,
    };
    typed
        || ["anyOf", "oneOf", "allOf"].iter().any(|key| {
            node[*key]
                .as_array()
                .is_some_and(|list| list.iter().any(|one| is_text(root, one)))
        })
}

/// The first row of a new file.
pub fn header(kind: Kind) -> Result<Vec<u8>> {
    row(kind.fields().iter().map(|name| (*name).to_owned()))
}

/// A record as a row, with every column of the schema.
pub fn encode(record: &Record) -> Result<Vec<u8>> {
    let json = record.to_json().map_err(unwritable)?;
    let map: Map<String, Value> = serde_json::from_slice(&json).map_err(unwritable)?;
    row(record
        .kind()
        .fields()
        .iter()
        .map(|name| match map.get(*name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => guard(text),
            Some(other) => guard(&other.to_string()),
        }))
}

fn unwritable(cause: serde_json::Error) -> Error {
    Error::local("a record could not be written").caused_by(cause)
}

fn row(cells: impl Iterator<Item = String>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer
        .write_record(cells)
        .map_err(|cause| Error::local("a row could not be written").caused_by(cause))?;
    writer
        .into_inner()
        .map_err(|cause| Error::local(format!("a row could not be written: {cause}")))
}

/// Puts an apostrophe before what a spreadsheet would execute. Empty text gets
/// one too, since an empty cell means that there is no value; so does what
/// begins with an apostrophe, to be told apart from these.
fn guard(text: &str) -> String {
    match guarded(text) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

fn guarded(text: &str) -> bool {
    text.is_empty() || text.starts_with('\'') || text::is_formula(text)
}

/// Takes the apostrophe of [`guard`] away, and no other.
fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if guarded(rest) => rest,
        _ => cell,
    }
}

/// Reads the columns of a file, which must be fields of the schema.
pub fn columns(kind: Kind, file: &str, row: &[u8]) -> Result<Vec<String>> {
    let row = row.strip_prefix(b"\xef\xbb\xbf").unwrap_or(row);
    let cells = split(row).map_err(|reason| Error::config(format!("{file} line 1: {reason}")))?;
    let fields = kind.fields();
    for (index, name) in cells.iter().enumerate() {
        if !fields.contains(&name.as_str()) {
            let error = Error::config(format!("{file} line 1: unknown column `{name}`"));
            let near = crate::connector::nearest(name, fields.iter().copied());
            return Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("known columns: {}", fields.join(", "))),
            });
        }
        if cells[..index].contains(name) {
            return Err(
                Error::config(format!("{file} line 1: two columns are called `{name}`"))
                    .hint("remove or rename one of them"),
            );
        }
    }
    if !cells.iter().any(|name| name == "id") {
        return Err(
            Error::config(format!("{file} line 1: there is no column `id`"))
                .hint("the first row must name the columns, and every record needs an id"),
        );
    }
    Ok(cells)
}

/// A row as a JSON object. The error names the column.
pub fn decode(kind: Kind, columns: &[String], row: &[u8]) -> Result<Vec<u8>, String> {
    let cells = split(row)?;
    if cells.len() != columns.len() {
        return Err(format!(
            "{} cells instead of {}",
            cells.len(),
            columns.len()
        ));
    }
    let text = &TEXT[&kind];
    let mut map = Map::new();
    for (name, cell) in columns.iter().zip(&cells) {
        if cell.is_empty() {
            continue;
        }
        let cell = unguard(cell);
        let value = if text.contains(name.as_str()) {
            Value::String(cell.to_owned())
        } else {
            serde_json::from_str(cell).map_err(|cause| format!("field `{name}`: {cause}"))?
        };
        map.insert(name.clone(), value);
    }
    serde_json::to_vec(&map).map_err(|cause| cause.to_string())
}

fn split(row: &[u8]) -> Result<Vec<String>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(row);
    match reader.records().next() {
        Some(Ok(record)) => Ok(record.iter().map(str::to_owned).collect()),
        Some(Err(cause)) => Err(match cause.kind() {
            csv::ErrorKind::Utf8 { err, .. } => {
                format!("cell {} is not UTF-8", err.field() + 1)
            }
            _ => cause.to_string(),
        }),
        None => Err("the row is empty".into()),
    }
}
