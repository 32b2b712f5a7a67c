//! Strict reading of bodies: unknown fields, wrong types, missing values.

use serde_json::Value;

use super::wire::{Errors, Reply, Request, Row, read_date};

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text up to a number of characters.
    Text(usize),
    /// An email address.
    Email,
    /// A whole number above 0.
    Id,
    /// A whole number.
    Int,
    /// A switch.
    Bool,
    /// A list of texts, each up to a number of characters.
    Texts(usize),
    /// A list of ids.
    Ids,
    /// A list of email addresses, up to so many.
    Emails(usize),
    /// An object.
    Object,
    /// A list of anything.
    List,
    /// A moment.
    Date,
    /// Files; they are not among the fields.
    Files,
}

/// A field that an endpoint takes.
pub(super) type Spec = (&'static str, Kind);

/// Reads a body against the fields an endpoint takes. Form values are turned
/// into what the field wants. `required` fields may not be absent, null or blank.
pub(super) fn read(rq: &Request, specs: &[Spec], required: &[&str]) -> Result<Row, Reply> {
    let mut errors = Errors::default();
    let body = read_into(rq, specs, required, &mut errors);
    errors.finish()?;
    Ok(body)
}

/// As [`read`], leaving the refusal to the caller, who may have more to say.
pub(super) fn read_into(
    rq: &Request,
    specs: &[Spec],
    required: &[&str],
    errors: &mut Errors,
) -> Row {
    let mut out = Row::new();
    for (name, value) in &rq.body {
        let Some((_, kind)) = specs.iter().find(|(known, _)| known == name) else {
            errors.add(name, "Unexpected/invalid field in request", "invalid_field");
            continue;
        };
        let value = if rq.form {
            from_text(value, *kind)
        } else {
            value.clone()
        };
        if value.is_null() {
            out.insert(name.clone(), value);
            continue;
        }
        match fault(&value, *kind) {
            None => {
                out.insert(name.clone(), value);
            }
            Some((message, code)) => errors.add(name, &message, code),
        }
    }
    for upload in &rq.files {
        let known = specs
            .iter()
            .any(|(name, kind)| *name == upload.field && matches!(kind, Kind::Files));
        if !known {
            errors.add(
                &upload.field,
                "Unexpected/invalid field in request",
                "invalid_field",
            );
        }
    }
    for name in required {
        let sent = rq.body.get(*name);
        let blank = match sent {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(_) => false,
        };
        if blank {
            errors.add(name, "Mandatory attribute missing", "missing_field");
        }
    }
    out
}

fn from_text(value: &Value, kind: Kind) -> Value {
    let Value::String(text) = value else {
        return match (value, kind) {
            (Value::Array(items), Kind::Ids) => {
                Value::Array(items.iter().map(|item| from_text(item, Kind::Id)).collect())
            }
            _ => value.clone(),
        };
    };
    match kind {
        Kind::Id | Kind::Int => text
            .parse::<i64>()
            .map_or_else(|_| value.clone(), Value::from),
        Kind::Bool => text
            .parse::<bool>()
            .map_or_else(|_| value.clone(), Value::from),
        _ => value.clone(),
    }
}

fn mismatch(wanted: &str, value: &Value) -> (String, &'static str) {
    let given = match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "key/value pair",
    };
    (
        format!("Value set is of type {given}.It should be a/an {wanted}"),
        "datatype_mismatch",
    )
}

fn too_long(text: &str, most: usize) -> Option<(String, &'static str)> {
    let length = text.chars().count();
    (length > most).then(|| {
        (
            format!("Has {length} characters, it can have maximum of {most} characters"),
            "invalid_value",
        )
    })
}

/// Whether this looks like an address to the platform.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(char::is_whitespace)
}

fn fault(value: &Value, kind: Kind) -> Option<(String, &'static str)> {
    match (kind, value) {
        (Kind::Text(most), Value::String(text)) => too_long(text, most),
        (Kind::Text(_), _) => Some(mismatch("String", value)),
        (Kind::Email, Value::String(text)) => (!is_email(text)).then(|| {
            (
                "It should be in the 'valid email address' format".to_owned(),
                "invalid_value",
            )
        }),
        (Kind::Email, _) => Some(mismatch("String", value)),
        (Kind::Id, Value::Number(number)) => {
            (number.as_u64().is_none_or(|id| id == 0)).then(|| mismatch("Positive Integer", value))
        }
        (Kind::Id, _) => Some(mismatch("Positive Integer", value)),
        (Kind::Int, _) => (!value.is_i64() && !value.is_u64()).then(|| mismatch("Integer", value)),
        (Kind::Bool, _) => (!value.is_boolean()).then(|| mismatch("Boolean", value)),
        (Kind::Texts(most), Value::Array(items)) => items.iter().find_map(|item| match item {
            Value::String(text) => too_long(text, most),
            _ => Some(mismatch("String", item)),
        }),
        (Kind::Ids, Value::Array(items)) => items
            .iter()
            .find(|item| item.as_u64().is_none_or(|id| id == 0))
            .map(|item| mismatch("Positive Integer", item)),
        (Kind::Emails(most), Value::Array(items)) => {
            if items.len() > most {
                return Some((
                    format!(
                        "There are {} elements in the array, it can have maximum of {most} elements",
                        items.len()
                    ),
                    "invalid_value",
                ));
            }
            items.iter().find_map(|item| fault(item, Kind::Email))
        }
        (Kind::List, Value::Array(_)) => None,
        (Kind::Texts(_) | Kind::Ids | Kind::Emails(_) | Kind::List, _) => {
            Some(mismatch("Array", value))
        }
        (Kind::Object, _) => (!value.is_object()).then(|| mismatch("key/value pair", value)),
        (Kind::Date, Value::String(text)) => read_date(text).is_none().then(|| {
            (
                "It should be in the 'combined date and time ISO8601' format".to_owned(),
                "invalid_date",
            )
        }),
        (Kind::Date, _) => Some(mismatch("String", value)),
        (Kind::Files, _) => Some(mismatch("valid file format", value)),
    }
}
