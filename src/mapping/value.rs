//! Single values: reading them as text, converting them.

use serde_json::{Number, Value};

use crate::schema::{Date, FieldType, values};

values! {
    /// What a rule makes of a value.
    Convert {
        /// Text; a list is joined by commas.
        Text = "text",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Decimal = "decimal",
        /// Yes or no.
        Boolean = "boolean",
        /// A day, `2019-06-25`.
        Date = "date",
    }
}

impl Convert {
    /// The type of field that takes the result as it is.
    pub fn field_type(self) -> FieldType {
        match self {
            Convert::Text => FieldType::Text,
            Convert::Integer => FieldType::Integer,
            Convert::Decimal => FieldType::Decimal,
            Convert::Boolean => FieldType::Checkbox,
            Convert::Date => FieldType::Date,
        }
    }

    /// The converted value, or `None` when it is nothing of the kind.
    pub fn apply(self, value: &Value) -> Option<Value> {
        match self {
            Convert::Text => Some(Value::String(text(value))),
            Convert::Integer => integer(value).map(Value::from),
            Convert::Decimal => decimal(value),
            Convert::Boolean => boolean(value).map(Value::Bool),
            Convert::Date => {
                let date = parse_date(&text(value))?;
                let day = date.to_zoned(jiff::tz::TimeZone::UTC).date();
                Some(Value::String(day.to_string()))
            }
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            // Above 2^53 a float no longer tells whole numbers apart.
            (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then_some(float as i64)
        }),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| {
                let (whole, fraction) = text.split_once('.')?;
                fraction
                    .bytes()
                    .all(|b| b == b'0')
                    .then(|| whole.parse().ok())?
            })
        }
        _ => None,
    }
}

fn decimal(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(Value::Number(number.clone())),
        Value::String(text) => {
            let text = text.trim();
            match text.parse::<i64>() {
                Ok(whole) => Some(Value::from(whole)),
                Err(_) => Number::from_f64(text.parse().ok()?).map(Value::Number),
            }
        }
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        other => match text(other).trim().to_lowercase().as_str() {
            "true" | "yes" | "y" | "t" | "on" | "1" => Some(true),
            "false" | "no" | "n" | "f" | "off" | "0" => Some(false),
            _ => None,
        },
    }
}

/// A value as people would write it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Nothing to speak of: null, empty text, an empty list.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A point in time, a local time or a day, the last two in UTC.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Date>() {
        return Some(date);
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// Whether a value of one type of field can stand in another as it is.
pub(super) fn compatible(source: FieldType, target: FieldType) -> bool {
    use FieldType::*;
    source == target
        || matches!(
            (source, target),
            (_, TextArea)
                | (
                    TextArea
                        | Url
                        | Regex
                        | CreditCard
                        | Select
                        | Integer
                        | Decimal
                        | Date
                        | DateTime
                        | Dependent
                        | Lookup,
                    Text
                )
                | (Text | Url | Regex, Regex)
                | (Integer, Decimal)
                | (Select, MultiSelect | Dependent)
                | (Dependent, Select)
                | (Date, DateTime)
                | (DateTime, Date)
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn values_convert_or_say_no() {
        for (convert, from, to) in [
            (Convert::Text, json!(5), Some(json!("5"))),
            (Convert::Text, json!(["a", "b"]), Some(json!("a, b"))),
            (Convert::Integer, json!(" 5.00 "), Some(json!(5))),
            (Convert::Integer, json!(5.0), Some(json!(5))),
            (Convert::Integer, json!("5.5"), None),
            (Convert::Integer, json!(1e300), None),
            (Convert::Decimal, json!("1.25"), Some(json!(1.25))),
            (Convert::Decimal, json!("NaN"), None),
            (Convert::Boolean, json!("Yes"), Some(json!(true))),
            (Convert::Boolean, json!("perhaps"), None),
            (
                Convert::Date,
                json!("2019-06-25T23:15:00-05:00"),
                Some(json!("2019-06-26")),
            ),
            (
                Convert::Date,
                json!("2019-06-25"),
                Some(json!("2019-06-25")),
            ),
            (Convert::Date, json!("25/06/2019"), None),
        ] {
            assert_eq!(convert.apply(&from), to, "{convert} {from}");
        }
    }

    proptest! {
        #[test]
        fn converting_never_panics(text in "\\PC{0,24}", number: f64) {
            for convert in Convert::ALL {
                convert.apply(&json!(text));
                convert.apply(&json!(number));
            }
        }
    }
}
