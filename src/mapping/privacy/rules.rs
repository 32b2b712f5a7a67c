//! `[privacy]` of `mapping.toml`.

use regex::Regex;
use toml::de::{DeTable, DeValue};

use super::{Handling, Pattern, Privacy};
use crate::mapping::document::{Document, Value};

const KEYS: [&str; 9] = [
    "emails", "phones", "cards", "names", "handles", "patterns", "keep", "articles", "domain",
];

/// Names that are reserved for nobody (RFC 2606 and 6761): a pseudonym must
/// never be the address of somebody else.
const RESERVED: [&str; 4] = ["invalid", "test", "example", "localhost"];

impl Privacy {
    /// Reads the section.
    pub(in crate::mapping) fn read(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(table) = document.table_of("[privacy]", value) else {
            return;
        };
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            match name {
                "emails" => self.emails = handling(document, name, value),
                "phones" => self.phones = handling(document, name, value),
                "cards" => self.cards = handling(document, name, value),
                "names" => self.names = handling(document, name, value),
                "handles" => self.handles = handling(document, name, value),
                "articles" => match value.get_ref() {
                    DeValue::Boolean(wanted) => self.articles = *wanted,
                    _ => document.mistake(value.span().start, "`articles` is true or false"),
                },
                "keep" => {
                    for (at, text) in document.texts_of(name, value) {
                        self.keep.extend(expression(document, at, &text));
                    }
                }
                "domain" => self.read_domain(document, value),
                "patterns" => self.read_patterns(document, value),
                other => {
                    let at = key.span().start;
                    document.unknown(at, "key", " in [privacy]", other, KEYS.into_iter());
                }
            }
        }
    }

    fn read_domain(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(domain) = document.text_of("domain", value) else {
            return;
        };
        let domain = domain.to_lowercase();
        let labels: Vec<&str> = domain.split('.').collect();
        let plain = |label: &&str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let reserved = match labels.as_slice() {
            [.., "example", "com" | "net" | "org"] => true,
            [_, .., last] => RESERVED.contains(last),
            _ => false,
        };
        if !reserved || !labels.iter().all(plain) {
            let what = format!(
                "`{domain}` may be somebody's; use one that is reserved, as `redacted.invalid`, `people.example.com` or `people.test`"
            );
            document.mistake(value.span().start, what);
        }
        self.domain = domain;
    }

    fn read_patterns(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(list) = value.get_ref().as_array() else {
            let at = value.span().start;
            document.mistake(at, "patterns are written as [[privacy.patterns]]");
            return;
        };
        for one in list.iter() {
            if let Some(table) = document.table_of("[[privacy.patterns]]", one) {
                let pattern = read_pattern(document, one.span().start, table);
                self.patterns.extend(pattern);
            }
        }
    }
}

fn read_pattern(
    document: &mut Document<'_>,
    offset: usize,
    table: &DeTable<'_>,
) -> Option<Pattern> {
    let (mut name, mut regex, mut action) = (None, None, Handling::Pseudonym);
    let mut whole = true;
    for (key, value) in table.iter() {
        let at = value.span().start;
        match key.get_ref().as_ref() {
            "name" => {
                let text = document.text_of("name", value)?;
                // It stands in texts: nothing that another rule would find again.
                let plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '_');
                if text.trim().is_empty() || text.len() > 40 || !text.chars().all(plain) {
                    document.mistake(at, "`name` is a word or two, of letters");
                    whole = false;
                }
                name = Some(text);
            }
            "regex" => {
                let text = document.text_of("regex", value)?;
                regex = expression(document, at, &text);
                whole &= regex.is_some();
            }
            "action" => action = handling(document, "action", value),
            other => {
                let known = ["name", "regex", "action"].into_iter();
                let at = key.span().start;
                document.unknown(at, "key", " in [[privacy.patterns]]", other, known);
            }
        }
    }
    match (name, regex) {
        (Some(name), Some(regex)) if whole => Some(Pattern {
            name,
            regex,
            action,
        }),
        _ => {
            if whole {
                document.mistake(offset, "a pattern needs `name` and `regex`");
            }
            None
        }
    }
}

fn handling(document: &mut Document<'_>, key: &str, value: Value<'_, '_>) -> Handling {
    let Some(text) = document.text_of(key, value) else {
        return Handling::Keep;
    };
    Handling::parse(&text).unwrap_or_else(|| {
        let known = Handling::ALL.iter().map(|one| one.name());
        let what = format!("`{key}`");
        document.unknown(value.span().start, &what, "", &text, known);
        Handling::Keep
    })
}

fn expression(document: &mut Document<'_>, at: usize, text: &str) -> Option<Regex> {
    let found = Regex::new(text).map_err(|cause| {
        let why = cause.to_string();
        why.lines().last().unwrap_or("").trim().to_owned()
    });
    match found {
        Err(why) => {
            document.mistake(at, format!("`{text}` is no regular expression: {why}"));
            None
        }
        // It would stand between all letters.
        Ok(regex) if regex.is_match("") => {
            document.mistake(at, format!("`{text}` finds nothing at all everywhere"));
            None
        }
        Ok(regex) => Some(regex),
    }
}
