//! Values of custom fields as the target takes them.

use serde_json::Value;

use crate::schema::{Field, FieldType};

/// A value as the target's field takes it.
pub fn field_value(definition: Option<&Field>, value: &Value) -> Result<Value, String> {
    let Some(definition) = definition else {
        return Ok(value.clone());
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    let choice = |value: &Value| -> Result<Value, String> {
        let word = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        definition
            .options
            .iter()
            .find(|option| option.value == word)
            .or_else(|| {
                definition
                    .options
                    .iter()
                    .find(|option| option.label.eq_ignore_ascii_case(&word))
            })
            .map(|option| option.value.clone().into())
            .ok_or_else(|| format!("{word} is no choice of `{}`", definition.label))
    };
    match definition.field_type {
        FieldType::Select | FieldType::Dependent => choice(value),
        FieldType::MultiSelect => match value {
            Value::Array(list) => list.iter().map(choice).collect(),
            one => choice(one).map(|one| vec![one].into()),
        },
        FieldType::Date => match value.as_str().and_then(|text| text.get(..10)) {
            Some(day) => Ok(day.into()),
            None => Err(format!("{value} is no date")),
        },
        FieldType::Checkbox => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true.into()),
                "false" | "no" | "0" => Ok(false.into()),
                _ => Err(format!("{text} is neither yes nor no")),
            },
            other => Err(format!("{other} is neither yes nor no")),
        },
        _ => Ok(match value {
            Value::Array(list) => list
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", ")
                .into(),
            other => other.clone(),
        }),
    }
}

/// What was done to a value so that it fits.
pub fn reshaped(definition: Option<&Field>, value: &Value, sent: &Value) -> Option<&'static str> {
    let dated = definition.is_some_and(|field| field.field_type == FieldType::Date);
    if dated && value.as_str() != sent.as_str() {
        return Some("the day without its time");
    }
    (value.is_array() && !sent.is_array()).then_some("several values become one text")
}
