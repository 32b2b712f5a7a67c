//! A page of any list.
//!
//! It is parsed in one pass straight into typed rows. Only when that fails is
//! it parsed again row by row, so that one bad row costs that row alone.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Id, Row};
use crate::connector::{Error, Result, Unreadable};
use crate::http::Answer;
use crate::schema::{Key, Kind};

/// A page of any list: cursor, offset, incremental by cursor, incremental by time.
#[derive(Debug)]
pub struct List<T, S = IgnoredAny> {
    /// The rows that could be read.
    pub rows: Vec<T>,
    /// Records sent along under the asked-for key; `None` when the key was not there.
    pub side: Option<Vec<S>>,
    /// Rows that could not be read.
    pub bad: Vec<Unreadable>,
    /// `after_cursor`, or `meta.after_cursor`.
    pub after: Option<String>,
    /// `meta.has_more`.
    pub has_more: Option<bool>,
    /// `next_page` of offset and time based lists.
    pub next_page: Option<String>,
    /// `end_of_stream` of incremental exports.
    pub end_of_stream: Option<bool>,
    /// `end_time` of time based exports.
    pub end_time: Option<i64>,
    /// `count`.
    pub count: Option<u64>,
}

impl<T, S> Default for List<T, S> {
    fn default() -> Self {
        List {
            rows: Vec::new(),
            side: None,
            bad: Vec::new(),
            after: None,
            has_more: None,
            next_page: None,
            end_of_stream: None,
            end_time: None,
            count: None,
        }
    }
}

impl<T, S> List<T, S> {
    /// Where a cursor-paged list goes on; `None` at its end.
    pub fn next(&self) -> Option<String> {
        match self.has_more {
            Some(false) => None,
            _ => self.after.clone().filter(|after| !after.is_empty()),
        }
    }
}

/// Reads a page, with nothing sent along.
pub fn list<T: Row>(answer: &Answer) -> Result<List<T>> {
    list_with::<T, IgnoredAny>(answer, "")
}

/// Reads a page and the records sent along under `side`.
pub fn list_with<T: Row, S: DeserializeOwned>(
    answer: &Answer,
    side: &'static str,
) -> Result<List<T, S>> {
    if let Some(list) = typed::<T, S>(&answer.body, T::KEY, side) {
        return Ok(list);
    }
    let Some(loose) = typed::<Box<RawValue>, Box<RawValue>>(&answer.body, T::KEY, side) else {
        // The envelope itself is wrong: let the answer say how (HTML, a cut body, a missing key).
        let _: Value = answer.json()?;
        return Err(Error::protocol(format!(
            "the answer to {} holds no list `{}`",
            answer.path,
            T::KEY
        )));
    };
    let mut bad = Vec::new();
    let rows = loose
        .rows
        .iter()
        .filter_map(|raw| row::<T>(raw.get(), T::KIND, &mut bad))
        .collect();
    let side = loose.side.map(|raws| {
        raws.iter()
            .filter_map(|raw| row::<S>(raw.get(), T::KIND, &mut bad))
            .collect()
    });
    Ok(List {
        rows,
        side,
        bad,
        after: loose.after,
        has_more: loose.has_more,
        next_page: loose.next_page,
        end_of_stream: loose.end_of_stream,
        end_time: loose.end_time,
        count: loose.count,
    })
}

/// Reads one row, or says what is wrong with it.
pub fn row<T: DeserializeOwned>(raw: &str, kind: Kind, bad: &mut Vec<Unreadable>) -> Option<T> {
    #[derive(Deserialize)]
    struct OnlyId {
        #[serde(default)]
        id: Option<Id>,
    }
    let de = &mut serde_json::Deserializer::from_str(raw);
    match serde_path_to_error::deserialize(de) {
        Ok(row) => Some(row),
        Err(cause) => {
            let id = serde_json::from_str::<OnlyId>(raw)
                .ok()
                .and_then(|row| row.id)
                .map_or_else(|| "?".to_owned(), |id| id.0);
            bad.push(Unreadable {
                key: Key::new(kind, id),
                reason: format!("{}: {}", cause.path(), cause.inner()),
                original: raw.as_bytes().to_vec(),
            });
            None
        }
    }
}

fn typed<T: DeserializeOwned, S: DeserializeOwned>(
    body: &[u8],
    key: &'static str,
    side: &'static str,
) -> Option<List<T, S>> {
    let mut de = serde_json::Deserializer::from_slice(body);
    let seed = ListSeed {
        key,
        side,
        of: PhantomData,
    };
    let list = seed.deserialize(&mut de).ok()??;
    de.end().ok()?;
    Some(list)
}

struct ListSeed<T, S> {
    key: &'static str,
    side: &'static str,
    of: PhantomData<(T, S)>,
}

impl<'de, T: Deserialize<'de>, S: Deserialize<'de>> DeserializeSeed<'de> for ListSeed<T, S> {
    /// `None` when the key is missing.
    type Value = Option<List<T, S>>;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>, S: Deserialize<'de>> Visitor<'de> for ListSeed<T, S> {
    type Value = Option<List<T, S>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a list `{}`", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Meta {
            #[serde(default)]
            has_more: Option<bool>,
            #[serde(default)]
            after_cursor: Option<String>,
        }
        let mut found = false;
        let mut list = List::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match &*key {
                key if key == self.key => {
                    list.rows = map.next_value()?;
                    found = true;
                }
                key if !self.side.is_empty() && key == self.side => {
                    list.side = Some(map.next_value()?);
                }
                "meta" => {
                    if let Some(meta) = map.next_value::<Option<Meta>>()? {
                        list.has_more = meta.has_more;
                        list.after = meta.after_cursor;
                    }
                }
                "after_cursor" => {
                    let after: Option<String> = map.next_value()?;
                    list.after = after.or(list.after.take());
                }
                "next_page" => list.next_page = map.next_value()?,
                "end_of_stream" => list.end_of_stream = map.next_value()?,
                "end_time" => list.end_time = map.next_value()?,
                // A number in lists, an object in some others.
                "count" => list.count = map.next_value::<Value>()?.as_u64(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found.then_some(list))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Identity, Ticket, User, Via};
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 200,
            headers: Default::default(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            path: "/api/v2/tickets".into(),
        }
    }

    #[test]
    fn one_bad_row_costs_that_row_alone() {
        let page = answer(
            r#"{"tickets":[{"id":1,"tags":null},{"id":2,"created_at":"yesterday"},{"id":3}],"after_cursor":"x","end_of_stream":true}"#,
        );
        let list: List<Ticket> = list(&page).unwrap();
        let ids: Vec<&str> = list.rows.iter().map(|row| row.id.0.as_str()).collect();
        assert_eq!(ids, ["1", "3"]);
        assert_eq!(list.bad[0].key, Key::new(Kind::Conversation, "2"));
        assert!(
            list.bad[0].reason.starts_with("created_at"),
            "{:?}",
            list.bad
        );
        assert_eq!(list.after.as_deref(), Some("x"));
        assert_eq!(list.end_of_stream, Some(true));
    }

    #[test]
    fn a_missing_list_is_not_an_empty_one() {
        let error = list::<Ticket>(&answer(r#"{"error":"x"}"#)).unwrap_err();
        assert!(error.message.contains("`tickets`"), "{error}");
    }

    #[test]
    fn via_is_an_object_or_a_word() {
        let via: Via =
            serde_json::from_str(r#"{"channel":"email","source":{"rel":null}}"#).unwrap();
        assert_eq!(via.channel.as_deref(), Some("email"));
        let via: Via = serde_json::from_str(r#""Web form""#).unwrap();
        assert_eq!(via.channel.as_deref(), Some("Web form"));
        let via: Via = serde_json::from_str("4").unwrap();
        assert_eq!(via.channel.as_deref(), Some("4"));
    }

    #[test]
    fn sideloads_are_told_from_their_absence() {
        let with = answer(
            r#"{"users":[{"id":1}],"identities":[{"id":5,"user_id":1,"type":"email","value":"a@example.com"}]}"#,
        );
        let page: List<User, Identity> = list_with(&with, "identities").unwrap();
        assert_eq!(page.side.unwrap().len(), 1);
        let page: List<User, Identity> =
            list_with(&answer(r#"{"users":[]}"#), "identities").unwrap();
        assert!(page.side.is_none());
    }
}
