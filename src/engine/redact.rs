//! Personal data in texts: found by kind, left out or replaced by a pseudonym
//! that is the same wherever the same value stands.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::connector::{Error, Result};
use crate::schema::{Kind, Record};

#[allow(clippy::unwrap_used)] // written here, and compiled by a test
static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)[a-z0-9._%+'\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+").unwrap());
/// Digits in groups, with or without a country's prefix.
#[allow(clippy::unwrap_used)] // as above
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\+?\(?\d[\d\-./ ()\u{a0}]{6,}\d").unwrap());

/// Fields that hold no text of people: ids, references, words of the schema.
const STRUCTURE: &[&str] = &[
    "id",
    "kind",
    "status",
    "priority",
    "ticket_type",
    "channel",
    "direction",
    "visibility",
    "conversation_id",
    "owner",
    "sha256",
    "mime",
    "size",
    "content_id",
    "locale",
    "default_locale",
    "time_zone",
    "field_type",
    "url",
];

/// Replaces personal data by pseudonyms: emails, phone and card numbers
/// anywhere, names where a record says that it is one.
///
/// A pseudonym is a keyed hash: the same value has the same one in every
/// record, and without the key nobody can try out whose it is.
#[derive(Debug, Clone)]
pub struct Redactor {
    key: [u8; 32],
}

impl Redactor {
    /// A redactor with a secret of its own.
    pub fn new(secret: &str) -> Self {
        Redactor {
            key: blake3::derive_key("deskferry pseudonyms 1", secret.as_bytes()),
        }
    }

    /// Ten hexadecimal digits for a value.
    fn stamp(&self, sort: &str, value: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(sort.as_bytes());
        hasher.update(b"\0");
        hasher.update(value.as_bytes());
        hasher.finalize().to_hex()[..10].to_owned()
    }

    /// A text without personal data.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let emails = EMAIL.replace_all(text, |found: &Captures<'_>| self.email(&found[0]));
        let numbers = match NUMBER.is_match(&emails) {
            false => return emails,
            true => NUMBER.replace_all(&emails, |found: &Captures<'_>| self.number(&found[0])),
        };
        Cow::Owned(numbers.into_owned())
    }

    /// An address on a domain that is reserved for addresses of nobody.
    fn email(&self, email: &str) -> String {
        format!(
            "{}@redacted.invalid",
            self.stamp("email", &email.to_lowercase())
        )
    }

    fn number(&self, number: &str) -> String {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        match digits.len() {
            13..=19 if luhn(&digits) && !number.starts_with('+') => {
                format!("[card {}]", self.stamp("card", &digits))
            }
            7..=15 if !is_date(number) => format!("[phone {}]", self.stamp("phone", &digits)),
            _ => number.to_owned(),
        }
    }

    fn name(&self, name: &str) -> String {
        format!("Person {}", self.stamp("name", &name.trim().to_lowercase()))
    }

    /// A record without personal data. Ids, dates and words of the schema stay.
    pub fn record(&self, record: &Record) -> Result<Record> {
        let key = record.key();
        let broken = |cause: serde_json::Error| {
            Error::local("a record could not be redacted")
                .at(key.clone())
                .caused_by(cause)
        };
        let json = record.to_json().map_err(broken)?;
        let mut value: Value = serde_json::from_slice(&json).map_err(broken)?;
        self.walk(&mut value);
        if matches!(key.kind, Kind::Contact | Kind::Agent)
            && let Some(name) = value.get_mut("name")
        {
            self.rename(name);
        }
        if let Some(identities) = value.get_mut("identities").and_then(Value::as_array_mut) {
            for identity in identities {
                self.identity(identity);
            }
        }
        if let Some(author) = value.get_mut("author").and_then(|a| a.get_mut("name")) {
            self.rename(author);
        }
        let json = serde_json::to_vec(&value).map_err(broken)?;
        Record::from_json(key.kind, &json).map_err(|cause| broken(cause.into_inner()))
    }

    /// Handles and numbers that no pattern knows.
    fn identity(&self, identity: &mut Value) {
        let Some(value) = identity.get("value").and_then(Value::as_str) else {
            return;
        };
        if value.ends_with("@redacted.invalid") || value.starts_with('[') {
            return;
        }
        let stamp = self.stamp("handle", &value.to_lowercase());
        identity["value"] = format!("[handle {stamp}]").into();
    }

    fn rename(&self, name: &mut Value) {
        if let Some(known) = name.as_str() {
            *name = self.name(known).into();
        }
    }

    fn walk(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(new) = self.text(text) {
                    *text = new;
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|one| self.walk(one)),
            Value::Object(map) => {
                for (key, one) in map.iter_mut() {
                    let reference = key.ends_with("_id")
                        || key.ends_with("_ids")
                        || key.ends_with("_at")
                        || STRUCTURE.contains(&key.as_str());
                    if !reference || one.is_object() {
                        self.walk(one);
                    }
                }
            }
            _ => {}
        }
    }
}

/// `2024-03-01` and the like.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '.', '/', ' ']).collect();
    let year = |part: &&str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    parts.len() >= 3
        && !text.starts_with('+')
        && (year(&parts[0]) || year(&parts[2]))
        && [1, if year(&parts[0]) { 2 } else { 0 }]
            .iter()
            .all(|at| parts[*at].len() <= 2)
}

/// The check digit of card numbers.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            match (at % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Contact, Identity, IdentityKind, Message};

    #[test]
    fn what_is_personal_goes_and_all_else_stays() {
        let redactor = Redactor::new("secret");
        let text = redactor.text(
            "Order 12345 of 2024-03-01: cleo@example.com, Cleo@Example.com, +49 30 901820, 4111 1111 1111 1111, 4111 1111 1111 1112",
        );
        for gone in ["example.com", "901820", "1111 1111 1111 1111"] {
            assert!(!text.contains(gone), "{text}");
        }
        assert!(text.starts_with("Order 12345 of 2024-03-01: "), "{text}");
        assert!(text.contains("[card "), "{text}");
        assert!(text.ends_with("4111 1111 1111 1112"), "no card: {text}");
        assert!(text.contains("[phone "), "{text}");
        let addresses: Vec<&str> = text.matches("@redacted.invalid").collect();
        assert_eq!(addresses.len(), 2);
        let one = redactor.text("cleo@example.com").into_owned();
        assert_eq!(text.matches(one.as_str()).count(), 2, "the same everywhere");
        let other = Redactor::new("another")
            .text("cleo@example.com")
            .into_owned();
        assert_ne!(one, other, "nobody can try it out");
    }

    #[test]
    fn a_record_keeps_its_shape() {
        let redactor = Redactor::new("secret");
        let contact = Record::Contact(Contact {
            id: "360000002001".into(),
            name: Some("Cleo Customer".into()),
            identities: vec![
                Identity::new(IdentityKind::Email, "cleo@example.com"),
                Identity::new(IdentityKind::Twitter, "cleo_c"),
            ],
            ..Contact::default()
        });
        let Record::Contact(redacted) = redactor.record(&contact).unwrap() else {
            panic!()
        };
        assert_eq!(redacted.id, "360000002001");
        let whole = format!("{redacted:?}").to_lowercase();
        assert!(!whole.contains("cleo"), "{whole}");
        let mut message = Message {
            id: "1".into(),
            conversation_id: "4915112345678".into(),
            html: Some("<p>Call +49 151 12345678</p>".into()),
            ..Message::default()
        };
        message.author.name = Some("Cleo Customer".into());
        let Record::Message(message) = redactor.record(&Record::Message(message)).unwrap() else {
            panic!()
        };
        assert_eq!(message.conversation_id, "4915112345678");
        assert!(message.html.unwrap().starts_with("<p>Call [phone "));
        assert_eq!(
            message.author.name, redacted.name,
            "one person, one pseudonym"
        );
    }
}
