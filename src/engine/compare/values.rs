//! Values as they are compared and shown.

use crate::schema::{Date, Message};

/// Longest text that a finding shows, in characters.
const SHOWN: usize = 240;

/// How far two dates may be apart: platforms keep whole seconds.
const DATE_SLACK_SECONDS: i64 = 1;

/// Whether a date is the other one, as far as platforms keep them.
pub(super) fn near(expected: Date, found: Option<Date>) -> bool {
    found
        .is_some_and(|found| (found.as_second() - expected.as_second()).abs() <= DATE_SLACK_SECONDS)
}

/// Body of a message, and whether it is HTML.
pub(super) fn body(message: &Message) -> (&str, bool) {
    match (&message.html, &message.text) {
        (Some(html), _) => (html, true),
        (None, Some(text)) => (text, false),
        (None, None) => ("", false),
    }
}

/// Without any white space: where a text was cut, it comes and goes.
pub(super) fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// With white space folded.
pub(super) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Digits and letters of a number or name, in lower case: `+49 (89) 12` is `498912`.
pub(super) fn alphanumeric(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether two language tags name the same language: platforms add and drop regions.
pub(super) fn same_locale(a: &str, b: &str) -> bool {
    let language = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
    a.eq_ignore_ascii_case(b) || language(a) == language(b)
}

/// A custom field's value for comparing: platforms swap numbers and text.
pub(super) fn plain(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => number.to_string(),
            _ => text.trim().to_owned(),
        },
        Some(serde_json::Value::Array(items)) => {
            let mut items: Vec<String> = items.iter().map(|item| plain(Some(item))).collect();
            items.sort();
            items.join(", ")
        }
        Some(serde_json::Value::Number(number)) => match number.as_f64() {
            Some(number) => number.to_string(),
            None => number.to_string(),
        },
        Some(other) => other.to_string(),
    }
}

/// The part of a text where it begins to differ from the other one.
pub(super) fn around(text: &str, other: &str) -> String {
    let same = text
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let start = same.saturating_sub(20);
    let part: String = text.chars().skip(start).take(SHOWN / 2).collect();
    match start {
        0 => part,
        _ => format!("…{part}"),
    }
}

/// Not more of a text than a finding shows.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
