//! Values as Freshdesk takes them.

use serde_json::{Value, json};

use super::messages::line;
use crate::connector::{Detail, Refs, detail};
use crate::connectors::freshdesk::limits;
use crate::schema::{Conversation, Field, FieldType};

/// The subject, and whether it is another one.
pub fn subject(conversation: &Conversation) -> (String, bool) {
    match conversation
        .subject
        .as_deref()
        .map(str::trim)
        .filter(|s| !s.is_empty())
    {
        Some(subject) => line(subject),
        None => ("(no subject)".into(), true),
    }
}

/// Who can be in copy.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// Addresses, once each.
    pub list: Vec<String>,
    /// How many have no address, or one too many.
    pub left: usize,
    /// An address was named twice.
    pub doubled: bool,
}

/// Addresses in copy that fit.
pub fn copies(conversation: &Conversation, refs: &Refs) -> Copies {
    let mut copies = Copies::default();
    let known = conversation
        .cc_ids
        .iter()
        .map(|id| refs.person(id).and_then(|person| person.email.as_deref()));
    let named = conversation.cc_emails.iter().map(|email| Some(&**email));
    let mut seen = std::collections::BTreeSet::new();
    for email in known.chain(named) {
        match email.filter(|email| email.contains('@')) {
            None => copies.left += 1,
            Some(email) if !seen.insert(email.to_lowercase()) => copies.doubled = true,
            Some(_) if copies.list.len() == limits::MAX_CC => copies.left += 1,
            Some(email) => copies.list.push(email.to_owned()),
        }
    }
    copies
}

/// Tags as Freshdesk takes them, and the ones that changed.
pub fn tags(tags: &[String]) -> (Vec<String>, Vec<&String>) {
    let mut changed = Vec::new();
    let mut list: Vec<String> = Vec::new();
    for tag in tags {
        let plain: String = tag
            .replace(',', " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let cut: String = plain.chars().take(limits::MAX_TAG).collect();
        let cut = cut.trim_end().to_owned();
        if cut != *tag {
            changed.push(tag);
        }
        if !cut.is_empty() && !list.iter().any(|known| known.eq_ignore_ascii_case(&cut)) {
            list.push(cut);
        }
    }
    (list, changed)
}

/// The stored value of a choice, by value or label. What is stored comes
/// first: a label may be the value of another choice.
pub fn choice(field: &Field, name: &str) -> Option<String> {
    let name = name.trim();
    let options = || field.options.iter();
    options()
        .find(|option| option.value == name)
        .or_else(|| options().find(|option| option.label.eq_ignore_ascii_case(name)))
        .or_else(|| options().find(|option| option.value.eq_ignore_ascii_case(name)))
        .map(|option| option.value.clone())
}

/// A value as the target's field takes it, by level for dependent fields
/// (`None` is the field itself); `Err` says why it does not fit.
pub fn fit(value: &Value, defined: &Field) -> Result<Vec<(Option<String>, Value)>, Detail> {
    if value.is_null() {
        return Ok(vec![(None, Value::Null)]);
    }
    let plain = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => items
            .iter()
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    let one = |value: Value| Ok(vec![(None, value)]);
    match defined.field_type {
        FieldType::TextArea => one(json!(plain)),
        FieldType::Integer => match plain.parse::<i64>() {
            Ok(number) => one(json!(number)),
            Err(_) => Err(detail!("loss-not-whole", value = plain)),
        },
        FieldType::Decimal => match plain.parse::<f64>() {
            Ok(number) => one(json!(number)),
            Err(_) => Err(detail!("loss-not-number", value = plain)),
        },
        FieldType::Checkbox => match plain.to_lowercase().as_str() {
            "true" | "yes" | "1" => one(json!(true)),
            "false" | "no" | "0" => one(json!(false)),
            _ => Err(detail!("loss-not-bool", value = plain)),
        },
        FieldType::Date | FieldType::DateTime => match plain
            .get(..10)
            .filter(|day| day.parse::<jiff::civil::Date>().is_ok())
        {
            Some(day) => one(json!(day)),
            None => Err(detail!("loss-not-date", value = plain)),
        },
        FieldType::Select if !defined.options.is_empty() => match choice(defined, &plain) {
            Some(value) => one(json!(value)),
            None => Err(detail!("loss-not-choice", value = plain)),
        },
        FieldType::MultiSelect => {
            let items: Vec<&str> = match value {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                _ => vec![plain.as_str()],
            };
            let chosen: Option<Vec<String>> =
                items.iter().map(|item| choice(defined, item)).collect();
            match chosen {
                Some(chosen) => one(json!(chosen)),
                None => Err(detail!("loss-not-choices", value = plain)),
            }
        }
        FieldType::Dependent => {
            let Some(path) = choice(defined, &plain) else {
                return Err(detail!("loss-not-choice", value = plain));
            };
            let below = defined.extra.get("levels").and_then(Value::as_array);
            let names = below
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|name| Some(name.to_owned()));
            Ok(std::iter::once(None)
                .chain(names)
                .zip(path.split("::").map(|level| json!(level)))
                .collect())
        }
        _ => {
            let (cut, truncated) = line(&plain);
            if truncated {
                Err(detail!("loss-too-long"))
            } else {
                one(json!(cut))
            }
        }
    }
}

/// `hh:mm`, to the nearest minute.
pub fn spent(seconds: u64) -> String {
    let minutes = (seconds + 30) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A score from 0 to 100 on Freshdesk's scale.
pub fn rating_value(score: u8) -> i64 {
    match score {
        92.. => 103,
        75..=91 => 102,
        59..=74 => 101,
        42..=58 => 100,
        26..=41 => -101,
        9..=25 => -102,
        _ => -103,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Person;
    use crate::schema::FieldOption;

    #[test]
    fn tags_lose_commas_and_length() {
        let given = ["a,b".to_owned(), "x".repeat(40), "A B".into()];
        let (list, changed) = tags(&given);
        assert_eq!(list, ["a b".to_owned(), "x".repeat(32)]);
        assert_eq!(changed.len(), 2);
    }

    #[test]
    fn time_is_kept_to_the_minute() {
        assert_eq!(spent(38_400), "10:40");
        assert_eq!(spent(29), "00:00");
        assert_eq!(spent(360_000 + 31), "100:01");
    }

    #[test]
    fn scores_survive_the_way_there_and_back() {
        for score in [0, 17, 33, 50, 67, 83, 100] {
            let back = crate::connectors::freshdesk::normalize::score(rating_value(score));
            assert_eq!(back, Some(score));
        }
    }

    #[test]
    fn values_fit_or_say_why_not() {
        let mut defined = Field {
            field_type: FieldType::Select,
            options: vec![FieldOption {
                value: "Refund".into(),
                label: "Refund".into(),
            }],
            ..Field::default()
        };
        assert_eq!(
            fit(&json!("refund"), &defined).unwrap(),
            [(None, json!("Refund"))]
        );
        assert!(
            fit(&json!("gift"), &defined)
                .unwrap_err()
                .to_string()
                .contains("choices")
        );
        defined.field_type = FieldType::Date;
        assert_eq!(
            fit(&json!("2019-06-25T10:15:00Z"), &defined).unwrap(),
            [(None, json!("2019-06-25"))]
        );
        defined.field_type = FieldType::Integer;
        assert!(fit(&json!("7.5"), &defined).is_err());
        assert_eq!(fit(&json!(7), &defined).unwrap(), [(None, json!(7))]);
    }

    #[test]
    fn every_type_takes_what_fits_it_and_says_why_not() {
        let field = |sort| Field {
            field_type: sort,
            options: [("1", "Low"), ("2", "1"), ("3", "High")]
                .into_iter()
                .map(|(value, label)| FieldOption {
                    value: value.into(),
                    label: label.into(),
                })
                .collect(),
            ..Field::default()
        };
        for (sort, value, expected) in [
            // `1` is stored for the first and shown for the second.
            (FieldType::Select, json!("1"), Ok(json!("1"))),
            (FieldType::Select, json!("high"), Ok(json!("3"))),
            (
                FieldType::MultiSelect,
                json!(["Low", "3"]),
                Ok(json!(["1", "3"])),
            ),
            (
                FieldType::MultiSelect,
                json!(["Low", "x"]),
                Err("`Low, x` is not a selection of the choices"),
            ),
            (
                FieldType::Dependent,
                json!("x::y"),
                Err("`x::y` is not one of the choices"),
            ),
            (FieldType::Decimal, json!("12.50"), Ok(json!(12.5))),
            (
                FieldType::Decimal,
                json!("12,50"),
                Err("`12,50` is not a number"),
            ),
            (FieldType::Checkbox, json!("yes"), Ok(json!(true))),
            (
                FieldType::Checkbox,
                json!("maybe"),
                Err("`maybe` is not yes or no"),
            ),
            (
                FieldType::Date,
                json!("2024-02-29"),
                Ok(json!("2024-02-29")),
            ),
            (
                FieldType::Date,
                json!("2023-02-29"),
                Err("`2023-02-29` is not a date"),
            ),
            (FieldType::Regex, json!("LU123456"), Ok(json!("LU123456"))),
            (FieldType::Text, json!(["a", "b"]), Ok(json!("a, b"))),
            (
                FieldType::Text,
                json!("x".repeat(256)),
                Err("longer than 255 characters"),
            ),
        ] {
            let found = fit(&value, &field(sort)).map(|levels| levels[0].1.clone());
            assert_eq!(found, expected.map_err(Detail::from), "{value} in {sort}");
        }
    }

    #[test]
    fn a_dependent_value_goes_to_its_levels() {
        let path = "HDFC::Chennai::OMR";
        let defined = Field {
            field_type: FieldType::Dependent,
            options: vec![FieldOption {
                value: path.into(),
                label: path.into(),
            }],
            extra: [("levels".to_owned(), json!(["cf_district", "cf_branch"]))].into(),
            ..Field::default()
        };
        let levels = fit(&json!(path), &defined).unwrap();
        assert_eq!(levels[0], (None, json!("HDFC")));
        assert_eq!(levels[2], (Some("cf_branch".into()), json!("OMR")));
    }

    #[test]
    fn an_address_is_in_copy_once() {
        let mut refs = Refs::default();
        let ada = Person {
            email: Some("ada@example.com".into()),
            ..Person::default()
        };
        refs.insert_person("1".into(), ada);
        let conversation = Conversation {
            cc_ids: vec!["1".into(), "unknown".into()],
            cc_emails: vec!["ADA@example.com".into(), "bo@example.com".into()],
            ..Conversation::default()
        };
        let copies = copies(&conversation, &refs);
        assert_eq!(copies.list, ["ada@example.com", "bo@example.com"]);
        assert_eq!((copies.left, copies.doubled), (1, true));
    }
}
