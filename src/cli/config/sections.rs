//! The sections of the file, each read with its own keys.

use std::path::Path;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::{Config, Desk, Hours, Scope, Sync, date};
use crate::connector::{self, Connector, Options};
use crate::engine::{Attachments, Conflicts, Deleted, Order, Policy, TooLarge};
use crate::mapping::document::Document;
use crate::schema::Kind;

/// Keys that every desk has, beside the platform's own.
const DESK_KEYS: [&str; 4] = ["connector", "share", "hours", "allow_mail"];

pub(super) fn desk(
    section: &'static str,
    document: &mut Document<'_>,
    place: usize,
    table: &DeTable<'_>,
    plain: &toml::Table,
    folder: &Path,
) -> Option<Desk> {
    let named = table.iter().find(|(key, _)| key.get_ref() == "connector");
    let Some((_, value)) = named else {
        document.mistake(place, format!("[{section}] needs `connector = \"…\"`"));
        return None;
    };
    let name = document.text_of("connector", value)?;
    let Some(connector) = connector::find(&name) else {
        let known = connector::all().iter().map(|connector| connector.name);
        document.unknown(value.span().start, "connector", "", &name, known);
        return None;
    };
    let own = option_names(connector);
    let mut desk = Desk {
        section,
        connector,
        options: Options::new(toml::Table::new(), section, folder),
        share: 1.0,
        hours: None,
        allow_mail: false,
        meter: Arc::default(),
    };
    for (key, value) in table.iter() {
        let at = value.span().start;
        match key.get_ref().as_ref() {
            "connector" => {}
            "share" => {
                let share = plain_of(plain, section, "share").and_then(number);
                match share {
                    Some(share) if share > 0.0 && share <= 1.0 => desk.share = share,
                    _ => document.mistake(at, "share must be a number above 0 and up to 1: 0.8"),
                }
            }
            "hours" => {
                let text = document.text_of("hours", value);
                desk.hours = text.as_deref().and_then(Hours::parse);
                if text.is_some() && desk.hours.is_none() {
                    document.mistake(at, "hours must be two times of day: \"20:00-06:00\"");
                }
            }
            "allow_mail" => {
                if let Some(allow) = switch(document, "allow_mail", value) {
                    desk.allow_mail = allow;
                }
            }
            other if own.is_empty() || own.iter().any(|name| name == other) => {}
            other => {
                let known = DESK_KEYS.into_iter().chain(own.iter().map(String::as_str));
                let of = format!(" in [{section}]");
                document.unknown(key.span().start, "key", &of, other, known);
            }
        }
    }
    let mut options = match plain.get(section) {
        Some(toml::Value::Table(table)) => table.clone(),
        _ => toml::Table::new(),
    };
    options.retain(|key, _| !DESK_KEYS.contains(&key));
    desk.options = Options::new(options, section, folder);
    Some(desk)
}

/// The names of a connector's options; none when it does not tell.
fn option_names(connector: &Connector) -> Vec<String> {
    (connector.options_schema)()
        .get("properties")
        .and_then(serde_json::Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

pub(super) fn ledger(document: &mut Document<'_>, table: &DeTable<'_>, config: &mut Config) {
    let mut keep_raw = None;
    for (key, value) in known(document, table, "ledger", &["file", "remote", "keep_raw"]) {
        match key {
            "file" => {
                if let Some(path) = document.text_of(key, value) {
                    config.ledger = config.folder.join(path);
                }
            }
            "remote" => {
                config.remote = document.text_of(key, value);
                if let Some(Err(error)) = config.remote.as_deref().map(super::super::remote::check)
                {
                    let hint = error.hint.unwrap_or_default();
                    document.mistake(value.span().start, format!("{}; {hint}", error.message));
                }
            }
            _ => keep_raw = switch(document, key, value),
        }
    }
    // Raw pages do not travel: where the folder goes away they are of no use.
    config.keep_raw = keep_raw.unwrap_or(config.remote.is_none());
}

pub(super) fn scope(document: &mut Document<'_>, table: &DeTable<'_>) -> Scope {
    let mut scope = Scope::default();
    for (key, value) in known(document, table, "scope", &["records", "since", "order"]) {
        if key == "order" {
            let Some(word) = document.text_of(key, value) else {
                continue;
            };
            match Order::parse(&word) {
                Some(order) => scope.order = order,
                None => {
                    let known = Order::ALL.iter().map(|order| order.name());
                    document.unknown(value.span().start, key, "", &word, known);
                }
            }
        } else if key == "records" {
            for (at, name) in document.texts_of("records", value) {
                match Kind::parse(&name) {
                    Some(kind) => scope.records.push(kind),
                    None => {
                        let known = Kind::ALL.iter().map(|kind| kind.plural());
                        document.unknown(at, "kind of record", "", &name, known);
                    }
                }
            }
        } else {
            let text = match value.get_ref() {
                DeValue::Datetime(date) => Some(date.to_string()),
                _ => document.text_of("since", value),
            };
            scope.since = text.as_deref().and_then(date);
            if text.is_some() && scope.since.is_none() {
                let at = value.span().start;
                document.mistake(at, "since must be a date: \"2019-01-01\"");
            }
        }
    }
    scope
}

pub(super) fn sync(document: &mut Document<'_>, table: &DeTable<'_>, plain: &toml::Table) -> Sync {
    let mut sync = Sync::default();
    let keys = ["deleted", "conflicts", "max_deletions"];
    for (key, value) in known(document, table, "sync", &keys) {
        let at = value.span().start;
        match key {
            "max_deletions" => {
                let share = plain_of(plain, "sync", key).and_then(number);
                match share {
                    Some(share) if (0.0..=1.0).contains(&share) => sync.max_deletions = share,
                    _ => document.mistake(at, "max_deletions must be a number from 0 to 1: 0.05"),
                }
            }
            "deleted" => {
                let word = document.text_of(key, value);
                let known = Deleted::ALL.iter().map(|policy| policy.name());
                match word.as_deref().map(|word| (word, Deleted::parse(word))) {
                    Some((_, Some(policy))) => sync.deleted = policy,
                    Some((word, None)) => document.unknown(at, key, "", word, known),
                    None => {}
                }
            }
            _ => {
                let word = document.text_of(key, value);
                let known = Conflicts::ALL.iter().map(|policy| policy.name());
                match word.as_deref().map(|word| (word, Conflicts::parse(word))) {
                    Some((_, Some(policy))) => sync.conflicts = policy,
                    Some((word, None)) => document.unknown(at, key, "", word, known),
                    None => {}
                }
            }
        }
    }
    sync
}

pub(super) fn attachments(document: &mut Document<'_>, table: &DeTable<'_>) -> Attachments {
    let mut wanted = Attachments::default();
    let keys = ["policy", "too_large", "link", "refused"];
    for (key, value) in known(document, table, "attachments", &keys) {
        let at = value.span().start;
        if key == "refused" {
            let ends = document.texts_of(key, value).into_iter();
            wanted.refused = ends
                .map(|(_, end)| end.trim_start_matches('.').to_lowercase())
                .collect();
            continue;
        }
        let Some(word) = document.text_of(key, value) else {
            continue;
        };
        match key {
            "policy" => match Policy::parse(&word) {
                Some(policy) => wanted.policy = policy,
                None => {
                    let known = Policy::ALL.iter().map(|policy| policy.name());
                    document.unknown(at, key, "", &word, known);
                }
            },
            "too_large" => match TooLarge::parse(&word) {
                Some(policy) => wanted.too_large = policy,
                None => {
                    let known = TooLarge::ALL.iter().map(|policy| policy.name());
                    document.unknown(at, key, "", &word, known);
                }
            },
            _ => match url::Url::parse(&word) {
                Ok(url) if matches!(url.scheme(), "https" | "http") => {
                    wanted.link = Some(word.trim_end_matches('/').to_owned());
                }
                _ => document.mistake(
                    at,
                    "link must be an address: \"https://files.example.com/blobs\"",
                ),
            },
        }
    }
    wanted
}

#[allow(clippy::cast_precision_loss)] // nobody writes numbers that long
fn number(value: &toml::Value) -> Option<f64> {
    value
        .as_float()
        .or(value.as_integer().map(|number| number as f64))
}

/// The entries of a section whose keys exist; the others are mistakes.
pub(super) fn known<'t, 'v>(
    document: &mut Document<'_>,
    table: &'t DeTable<'v>,
    section: &str,
    keys: &[&'static str],
) -> Vec<(&'static str, &'t toml::Spanned<DeValue<'v>>)> {
    let mut found = Vec::new();
    for (key, value) in table.iter() {
        match keys.iter().find(|name| **name == key.get_ref().as_ref()) {
            Some(name) => found.push((*name, value)),
            None => {
                let of = format!(" in [{section}]");
                let at = key.span().start;
                document.unknown(at, "key", &of, key.get_ref(), keys.iter().copied());
            }
        }
    }
    found
}

fn switch(
    document: &mut Document<'_>,
    key: &str,
    value: &toml::Spanned<DeValue<'_>>,
) -> Option<bool> {
    let switch = value.get_ref().as_bool();
    if switch.is_none() {
        document.mistake(value.span().start, format!("{key} must be true or false"));
    }
    switch
}

fn plain_of<'a>(plain: &'a toml::Table, section: &str, key: &str) -> Option<&'a toml::Value> {
    plain.get(section)?.as_table()?.get(key)
}
