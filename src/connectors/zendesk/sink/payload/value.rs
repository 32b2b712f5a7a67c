//! Values of custom fields as the target takes them.

use serde_json::Value;

use crate::connector::{Detail, detail};
use crate::schema::{Field, FieldType};

/// A value as the target's field takes it.
pub fn field_value(definition: Option<&Field>, value: &Value) -> Result<Value, Detail> {
    let Some(definition) = definition else {
        return Ok(value.clone());
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    let choice = |value: &Value| -> Result<Value, Detail> {
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
            .ok_or_else(|| {
                let field = &definition.label;
                detail!("loss-value-no-choice", value = &word, field = field)
            })
    };
    match definition.field_type {
        FieldType::Select | FieldType::Dependent => choice(value),
        FieldType::MultiSelect => match value {
            Value::Array(list) => list.iter().map(choice).collect(),
            one => choice(one).map(|one| vec![one].into()),
        },
        FieldType::Date => match value.as_str().and_then(|text| text.trim().get(..10)) {
            Some(day) if day.parse::<jiff::civil::Date>().is_ok() => Ok(day.into()),
            _ => Err(detail!("loss-value-no-date", value = value.to_string())),
        },
        // Whatever else is refused with the whole record.
        FieldType::Integer => match plain(value).parse::<i64>() {
            Ok(_) => Ok(value.clone()),
            Err(_) => Err(detail!("loss-value-no-whole-number", value = plain(value))),
        },
        FieldType::Decimal => match plain(value).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(value.clone()),
            _ => Err(detail!("loss-value-no-number", value = plain(value))),
        },
        FieldType::Regex => {
            let text = plain(value);
            // A pattern that we cannot read is for Zendesk to judge.
            let pattern = definition.pattern.as_deref().map(regex::Regex::new);
            match pattern {
                Some(Ok(pattern)) if !pattern.is_match(&text) => {
                    let pattern = pattern.as_str();
                    Err(detail!(
                        "loss-value-no-match",
                        value = text,
                        pattern = pattern
                    ))
                }
                _ => Ok(value.clone()),
            }
        }
        FieldType::Checkbox => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true.into()),
                "false" | "no" | "0" => Ok(false.into()),
                _ => Err(detail!("loss-value-no-bool", value = text)),
            },
            other => Err(detail!("loss-value-no-bool", value = other.to_string())),
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

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// What was done to a value so that it fits.
pub fn reshaped(definition: Option<&Field>, value: &Value, sent: &Value) -> Option<Detail> {
    let dated = definition.is_some_and(|field| field.field_type == FieldType::Date);
    if dated && value.as_str() != sent.as_str() {
        return Some(detail!("loss-day-only"));
    }
    (value.is_array() && !sent.is_array()).then(|| detail!("loss-one-text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::FieldOption;

    fn field(sort: FieldType) -> Field {
        let options = [("red", "Blue"), ("blue", "Red"), ("a::b", "A::B")];
        Field {
            label: "Field".into(),
            field_type: sort,
            pattern: Some(r"^[A-Z]{2}\d{6}$".into()),
            options: options
                .into_iter()
                .map(|(value, label)| FieldOption {
                    value: value.into(),
                    label: label.into(),
                })
                .collect(),
            ..Field::default()
        }
    }

    #[test]
    fn values_fit_or_say_why_not() {
        for (sort, value, expected) in [
            // By what is stored, not by what people see.
            (FieldType::Select, json!("red"), Ok(json!("red"))),
            (FieldType::Select, json!("A::b"), Ok(json!("a::b"))),
            (
                FieldType::Select,
                json!("green"),
                Err("green is no choice of `Field`"),
            ),
            (FieldType::Dependent, json!("a::b"), Ok(json!("a::b"))),
            (
                FieldType::MultiSelect,
                json!(["blue", "red"]),
                Ok(json!(["blue", "red"])),
            ),
            (FieldType::MultiSelect, json!("red"), Ok(json!(["red"]))),
            (
                FieldType::MultiSelect,
                json!(["red", "green"]),
                Err("green is no choice of `Field`"),
            ),
            (FieldType::Integer, json!(" 7 "), Ok(json!(" 7 "))),
            (FieldType::Integer, json!(7), Ok(json!(7))),
            (
                FieldType::Integer,
                json!("7.5"),
                Err("7.5 is no whole number"),
            ),
            (FieldType::Decimal, json!("-7.50"), Ok(json!("-7.50"))),
            (FieldType::Decimal, json!("7,5"), Err("7,5 is no number")),
            (FieldType::Decimal, json!("NaN"), Err("NaN is no number")),
            (FieldType::Regex, json!("LU123456"), Ok(json!("LU123456"))),
            (
                FieldType::Regex,
                json!("LU12"),
                Err(r"LU12 does not match ^[A-Z]{2}\d{6}$"),
            ),
            (
                FieldType::Date,
                json!("2024-02-29T10:00:00Z"),
                Ok(json!("2024-02-29")),
            ),
            (
                FieldType::Date,
                json!("2023-02-29"),
                Err("\"2023-02-29\" is no date"),
            ),
            (FieldType::Checkbox, json!("Yes"), Ok(json!(true))),
            (
                FieldType::Checkbox,
                json!("perhaps"),
                Err("perhaps is neither yes nor no"),
            ),
            (FieldType::Text, json!(["a", "b"]), Ok(json!("a, b"))),
        ] {
            let found = field_value(Some(&field(sort)), &value);
            assert_eq!(
                found,
                expected.map_err(Detail::from),
                "{value} in a field of type {sort}"
            );
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_read_refuses_nothing() {
        let mut field = field(FieldType::Regex);
        field.pattern = Some("(?<!x)y".into());
        assert!(field_value(Some(&field), &json!("anything")).is_ok());
    }
}
