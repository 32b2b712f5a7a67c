//! What there is to say of a loss or a decision, kept apart from the language it
//! is said in: a text of `lang/*/loss.ftl` or `reason.ftl` and the values for its
//! places. Nothing is put
//! into words while records move, only where somebody reads it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lang::{self, Language, Texts};

/// The details of a loss, or why something was decided. Displayed it is English, as in JSON and logs.
///
/// In the ledger a text is `{name: {place: value, …}}` and words are
/// a string, as all details were in its first formats.
#[derive(Debug, Clone)]
pub enum Detail {
    /// Words as they are in every language: a value, the reason of an error,
    /// and what an earlier version of the program said.
    Plain(String),
    /// A text, made with [`detail!`].
    Said(Cow<'static, str>, Vec<(Cow<'static, str>, Value)>),
}

/// What stands in one place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As it is.
    Text(String),
    /// As the language writes numbers; chooses between plural forms.
    Number(u64),
    /// Other details, one after the other.
    Details(Vec<Detail>),
}

/// A [`Detail`]: the name of a text of `loss.ftl` or `reason.ftl`, and what
/// stands in its places. A test holds that there is such a text with just these places.
macro_rules! detail {
    ($id:literal $(, $place:ident = $value:expr)* $(,)?) => {
        $crate::connector::Detail::Said(
            std::borrow::Cow::Borrowed($id),
            vec![$((
                std::borrow::Cow::Borrowed(stringify!($place)),
                $crate::connector::detail::Value::from($value),
            )),*],
        )
    };
}
pub(crate) use detail;

impl Detail {
    /// In words of a language.
    pub fn told(&self, texts: &Texts) -> String {
        let (id, values) = match self {
            Detail::Plain(words) => return words.clone(),
            Detail::Said(id, values) => (id, values),
        };
        let values: Vec<(&str, lang::Value)> = values
            .iter()
            .map(|(place, value)| (&**place, value.told(texts)))
            .collect();
        if texts.has(id) {
            return texts.say(id, &values);
        }
        // Of a ledger that a newer program wrote: what it names is better than nothing.
        let values: Vec<String> = values
            .into_iter()
            .map(|(place, value)| match value {
                lang::Value::Text(text) => format!("{place}: {text}"),
                lang::Value::Number(number) => format!("{place}: {number}"),
            })
            .collect();
        match values.is_empty() {
            true => id.clone().into_owned(),
            false => format!("{id} ({})", values.join(", ")),
        }
    }

    /// Whether it is the same in every language.
    pub fn is_plain(&self) -> bool {
        matches!(self, Detail::Plain(_))
    }

    /// Whether it says the same in the same form: [`PartialEq`] also knows
    /// words that an earlier version of the program put a text into, which
    /// takes time.
    pub fn is_identical(&self, other: &Detail) -> bool {
        match (self, other) {
            (Detail::Plain(a), Detail::Plain(b)) => a == b,
            (Detail::Said(a, of_a), Detail::Said(b, of_b)) => a == b && of_a == of_b,
            _ => false,
        }
    }

    /// As a column of the ledger holds it: words as they are, a text as JSON.
    pub fn to_column(&self) -> serde_json::Result<String> {
        match self {
            Detail::Plain(words) if !words.starts_with(['{', '"']) => Ok(words.clone()),
            other => serde_json::to_string(other),
        }
    }

    /// What a column of the ledger holds. Words of earlier versions are as they
    /// are, whatever they begin with.
    pub fn of_column(text: String) -> Detail {
        match text.starts_with(['{', '"']) {
            true => serde_json::from_str(&text).unwrap_or(Detail::Plain(text)),
            false => Detail::Plain(text),
        }
    }

    /// For JSON that others read.
    pub fn as_english<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Detail::Plain(words) => f.write_str(words),
            said => f.write_str(&said.told(Texts::of(Language::English))),
        }
    }
}

impl PartialEq for Detail {
    fn eq(&self, other: &Detail) -> bool {
        match (self, other) {
            (Detail::Plain(words), said @ Detail::Said(..))
            | (said @ Detail::Said(..), Detail::Plain(words)) => *words == said.to_string(),
            _ => self.is_identical(other),
        }
    }
}

impl Eq for Detail {}

#[cfg(test)]
impl From<String> for Detail {
    fn from(words: String) -> Detail {
        Detail::Plain(words)
    }
}

#[cfg(test)]
impl From<&str> for Detail {
    fn from(words: &str) -> Detail {
        Detail::Plain(words.to_owned())
    }
}

impl Value {
    fn told(&self, texts: &Texts) -> lang::Value {
        match self {
            Value::Text(text) => text.as_str().into(),
            Value::Number(number) => (*number).into(),
            Value::Details(details) => {
                let told: Vec<String> = details.iter().map(|one| one.told(texts)).collect();
                told.join("; ").into()
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::Text(text.clone())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<Detail> for Value {
    fn from(detail: Detail) -> Value {
        Value::Details(vec![detail])
    }
}

impl From<Vec<Detail>> for Value {
    fn from(details: Vec<Detail>) -> Value {
        Value::Details(details)
    }
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Detail::Plain(words) => serializer.serialize_str(words),
            Detail::Said(id, values) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(id, &Places(values))?;
                map.end()
            }
        }
    }
}

struct Places<'a>(&'a [(Cow<'static, str>, Value)]);

impl Serialize for Places<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(place, value)| (place, value)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) => serializer.serialize_u64(*number),
            Value::Details(details) => {
                let mut list = serializer.serialize_seq(Some(details.len()))?;
                for detail in details {
                    list.serialize_element(detail)?;
                }
                list.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Detail, D::Error> {
        struct Seen;

        impl<'de> Visitor<'de> for Seen {
            type Value = Detail;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("words, or the name of a text with its values")
            }

            fn visit_str<E: de::Error>(self, words: &str) -> Result<Detail, E> {
                Ok(Detail::Plain(words.to_owned()))
            }

            fn visit_string<E: de::Error>(self, words: String) -> Result<Detail, E> {
                Ok(Detail::Plain(words))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Detail, A::Error> {
                let Some((id, Filled(values))) = map.next_entry::<String, Filled>()? else {
                    return Err(de::Error::invalid_length(0, &self));
                };
                if map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(de::Error::invalid_length(2, &self));
                }
                Ok(Detail::Said(id.into(), values))
            }
        }

        deserializer.deserialize_any(Seen)
    }
}

/// Values in their places, in order.
struct Filled(Vec<(Cow<'static, str>, Value)>);

impl<'de> Deserialize<'de> for Filled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Filled, D::Error> {
        struct Seen;

        impl<'de> Visitor<'de> for Seen {
            type Value = Filled;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by place")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Filled, A::Error> {
                let mut values = Vec::with_capacity(map.size_hint().unwrap_or(2));
                while let Some((place, value)) = map.next_entry::<String, Value>()? {
                    values.push((place.into(), value));
                }
                Ok(Filled(values))
            }
        }

        deserializer.deserialize_map(Seen)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Seen;

        impl<'de> Visitor<'de> for Seen {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a list of details")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
                Ok(Value::Text(text))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut details = Vec::new();
                while let Some(detail) = list.next_element()? {
                    details.push(detail);
                }
                Ok(Value::Details(details))
            }
        }

        deserializer.deserialize_any(Seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::{Effect, Loss, field};

    fn becomes(old: &str, new: &str) -> Detail {
        detail!("loss-becomes", old = old, new = new)
    }

    #[test]
    fn a_ledger_gives_back_what_was_put_into_it() {
        let within = detail!(
            "loss-file-says-so",
            name = "a.png",
            why = detail!("loss-file-too-large", size = 12_345u64, limit = 5usize)
        );
        for detail in [becomes("a", "ü \"b\""), within, Detail::from("as it is")] {
            let loss = Loss::new(field::STATUS, Effect::Changed, detail);
            let json = serde_json::to_string(&loss).unwrap();
            let read: Loss = serde_json::from_str(&json).unwrap();
            assert!(read.detail.is_identical(&loss.detail), "{json}");
            assert_eq!(read, loss);
        }
        let json = serde_json::to_string(&becomes("a", "b")).unwrap();
        assert_eq!(json, r#"{"loss-becomes":{"old":"a","new":"b"}}"#);
    }

    #[test]
    fn what_an_older_ledger_says_is_the_same_loss() {
        let old =
            r#"{"field":"conversation.status","effect":"changed","detail":"`a` becomes `b`"}"#;
        let old: Loss = serde_json::from_str(old).unwrap();
        assert!(old.detail.is_plain());
        let new = |to| Loss::new(field::STATUS, Effect::Changed, becomes("a", to));
        assert_eq!(old, new("b"));
        assert_ne!(old, new("c"));
        assert!(!old.detail.is_identical(&new("b").detail));
        for damaged in ["{}", "[]", "7", r#"{"a":{},"b":{}}"#, r#"{"a":{"b":true}}"#] {
            assert!(
                serde_json::from_str::<Detail>(damaged).is_err(),
                "{damaged}"
            );
        }
    }

    #[test]
    fn a_column_holds_words_and_texts() {
        for detail in [
            becomes("a", "b"),
            "as it is".into(),
            "{\"a\":{}}".into(),
            "\"".into(),
        ] {
            let column = detail.to_column().unwrap();
            assert!(
                Detail::of_column(column).is_identical(&detail),
                "{detail:?}"
            );
        }
        assert_eq!(Detail::from("as it is").to_column().unwrap(), "as it is");
        // Of an earlier version.
        assert!(Detail::of_column("{mask} is wrong".into()).is_plain());
    }

    #[test]
    fn each_language_has_its_own_words() {
        let detail = detail!(
            "loss-file-says-so",
            name = "a.png",
            why = detail!("loss-file-too-large", size = 12_345u64, limit = 5usize)
        );
        let told = Language::ALL.map(|language| detail.told(Texts::of(language)));
        assert_eq!(told[0], detail.to_string());
        assert!(told[0].contains("12,345 bytes"), "{told:?}");
        assert!(told[1].contains("12.345 bytes"), "{told:?}");
        assert!(
            told.iter().all(|told| told.starts_with("a.png: ")),
            "{told:?}"
        );
        assert!(told[1] != told[2] && told[0] != told[2], "{told:?}");
        let newer = Detail::Said("of-tomorrow".into(), vec![("what".into(), 7u64.into())]);
        assert_eq!(newer.to_string(), "of-tomorrow (what: 7)");
    }
}
