//! The user's `mapping.toml`, read and checked as far as that is possible without the desks.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use super::document::{Document, Value};
use super::expr::{Expr, Template};
use super::platform::{PlatformMapping, Table};
use super::privacy::Privacy;
use super::rule::{OnUnmapped, Rule, TableName};
use super::value::{Convert, parse_date};
use crate::connector::{Error, Result};
use crate::schema::{Date, Kind};

const SECTIONS: [&str; 20] = [
    "status",
    "priority",
    "type",
    "channel",
    "agents",
    "groups",
    "brands",
    "forms",
    "organizations",
    "fields",
    "tables",
    "constants",
    "tags",
    "subject",
    "filters",
    "country",
    "people",
    "platform",
    "privacy",
    "version",
];

/// A text and where it stands in the file.
pub(super) type Placed = (usize, String);

/// `from = "to"`, with the places of both.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub from: Placed,
    pub to: Placed,
}

/// Source name or id → target name or id.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs {
    pub entries: Vec<Entry>,
    /// For everything that has no entry and no match of its own.
    pub default: Option<Placed>,
}

/// Which conversations are moved at all.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters {
    pub since: Option<Date>,
    pub until: Option<Date>,
    pub status: Vec<Placed>,
    pub groups: Vec<Placed>,
    pub tags: Vec<Placed>,
    pub channels: Vec<Placed>,
    pub ids: Vec<Placed>,
}

crate::schema::values! {
    /// Which contacts are taken for one person without being asked.
    #[derive(Default)]
    Merge {
        /// Those with the same verified email address or external id.
        #[default]
        Strong = "strong",
        /// None but those that somebody decided about.
        Decided = "decided",
    }
}

/// The user's rules, read from `mapping.toml`.
///
/// What can be checked without the desks was checked; [`UserMapping::compile`]
/// checks the rest. The default has no rules: everything is matched by itself.
#[derive(Debug, Default)]
pub struct UserMapping {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) values: HashMap<Table, Vec<Entry>>,
    pub(super) agents: Pairs,
    pub(super) groups: Pairs,
    pub(super) brands: Pairs,
    pub(super) forms: Pairs,
    pub(super) organizations: Vec<Entry>,
    pub(super) rules: Vec<Rule>,
    pub(super) tables: HashMap<String, HashMap<String, Json>>,
    pub(super) constants: Vec<(Placed, usize, Json)>,
    pub(super) tags: Vec<String>,
    pub(super) subject: Option<(usize, std::sync::Arc<Template>)>,
    pub(super) filters: Filters,
    pub(super) country: Option<String>,
    pub(super) merge: Merge,
    pub(super) plus_tags: bool,
    pub(super) e164: bool,
    pub(super) privacy: Privacy,
}

impl UserMapping {
    /// The file as it was read; empty where there is none.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What becomes of personal data on its way to the target.
    pub fn privacy(&self) -> &Privacy {
        &self.privacy
    }

    /// Which contacts are one person without being asked, and how their
    /// addresses are compared.
    pub fn people(&self) -> (Merge, crate::connector::identity::Rules) {
        let rules = crate::connector::identity::Rules {
            country: self.country.clone(),
            plus_tags: self.plus_tags,
        };
        (self.merge, rules)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`crate::connector::ErrorKind::Config`] with one line a mistake, each
    /// with file, line, column and, where there is one, the nearest right value.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|cause| {
            Error::config(format!("{} cannot be read: {cause}", path.display())).hint(
                "`[mapping] file` in deskferry.toml names the mapping; leave it out to do without",
            )
        })?;
        let name = path
            .file_name()
            .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        UserMapping::parse(&name, &text)
    }

    /// Reads a mapping from text; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`UserMapping::load`].
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut mapping = UserMapping {
            name: name.to_owned(),
            text: text.to_owned(),
            ..UserMapping::default()
        };
        let mut document = Document::new(name, text);
        let root = document.parse()?;
        mapping.read(&mut document, &root);
        document.finish()?;
        mapping.privacy.country.clone_from(&mapping.country);
        Ok(mapping)
    }

    /// The value tables that the user changed for a platform, as
    /// [`PlatformMapping::load`] takes them.
    pub fn overrides(&self, platform: &str) -> Option<String> {
        let root: toml::Table = self.text.parse().ok()?;
        let table = root.get("platform")?.get(platform)?.as_table()?;
        toml::to_string(table).ok()
    }

    fn read(&mut self, document: &mut Document<'_>, root: &DeTable<'_>) {
        // Rules refer to tables, which may stand behind them.
        if let Some(tables) = root.get("tables") {
            self.read_tables(document, tables);
        }
        for (key, value) in root.iter() {
            let name: &str = key.get_ref();
            let offset = key.span().start;
            match name {
                "status" | "priority" | "type" | "channel" => {
                    if let Some(table) = Table::parse(name) {
                        self.read_values(document, table, value);
                    }
                }
                "agents" => self.agents = pairs(document, name, value),
                "groups" => self.groups = pairs(document, name, value),
                "brands" => self.brands = pairs(document, name, value),
                "forms" => self.forms = pairs(document, name, value),
                "organizations" => {
                    let pairs = pairs(document, name, value);
                    if let Some((offset, _)) = &pairs.default {
                        document.mistake(*offset, "[organizations] takes no default");
                    }
                    self.organizations = pairs.entries;
                }
                "fields" => self.read_rules(document, value),
                "tables" => {}
                "constants" => {
                    let Some(table) = document.table_of("[constants]", value) else {
                        continue;
                    };
                    for (field, value) in table.iter() {
                        if let Some(constant) = json(document, value) {
                            let placed = (field.span().start, field.get_ref().to_string());
                            self.constants.push((placed, value.span().start, constant));
                        }
                    }
                }
                "tags" => {
                    let tags = document.texts_of("tags", value);
                    self.tags = tags.into_iter().map(|(_, tag)| tag).collect();
                }
                "subject" => self.read_subject(document, value),
                "filters" => self.read_filters(document, value),
                "country" => self.read_country(document, value),
                "people" => self.read_people(document, value),
                "privacy" => self.privacy.read(document, value),
                "platform" => read_platforms(document, value),
                "version" => {
                    if document.text_of("version", value).is_some_and(|v| v != "1") {
                        let at = value.span().start;
                        document.mistake(at, "this program reads mappings of version 1");
                    }
                }
                other => document.unknown(offset, "key", "", other, SECTIONS.into_iter()),
            }
        }
    }

    fn read_values(&mut self, document: &mut Document<'_>, table: Table, value: Value<'_, '_>) {
        let known = table.schema_values();
        let entries = pairs(document, table.name(), value);
        // `default` is no status of any desk, so it cannot have been meant.
        if let Some((offset, _)) = &entries.default {
            document.mistake(*offset, format!("[{table}] takes no default"));
        }
        for entry in &entries.entries {
            let (offset, to) = &entry.to;
            if !known.contains(&to.as_str()) {
                let known = known.iter().copied();
                document.unknown(*offset, table.name(), "", to, known);
            }
        }
        self.values.insert(table, entries.entries);
    }

    fn read_tables(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(tables) = document.table_of("[tables]", value) else {
            return;
        };
        for (name, value) in tables.iter() {
            let at = format!("[tables.{}]", name.get_ref());
            if let Some(entries) = value_table(document, &at, value) {
                self.tables.insert(name.get_ref().to_string(), entries);
            }
        }
    }

    fn read_rules(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(rules) = value.get_ref().as_array() else {
            document.mistake(value.span().start, "rules are written as [[fields]]");
            return;
        };
        for rule in rules.iter() {
            let Some(table) = document.table_of("[[fields]]", rule) else {
                continue;
            };
            let rule = self.read_rule(document, rule.span().start, table);
            self.rules.push(rule);
        }
    }

    fn read_rule(
        &mut self,
        document: &mut Document<'_>,
        offset: usize,
        table: &DeTable<'_>,
    ) -> Rule {
        const KEYS: [&str; 10] = [
            "from",
            "to",
            "on",
            "table",
            "default",
            "prefix",
            "convert",
            "drop_if",
            "on_unmapped",
            "expr",
        ];
        let mut rule = Rule::new(offset);
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            let at = value.span().start;
            match name {
                "from" => rule.from = document.text_of(name, value).map(|text| (at, text)),
                "to" => rule.to = document.text_of(name, value).map(|text| (at, text)),
                "on" => {
                    let Some(text) = document.text_of(name, value) else {
                        continue;
                    };
                    match Kind::parse(&text) {
                        Some(kind @ (Kind::Conversation | Kind::Contact | Kind::Organization)) => {
                            rule.on = kind;
                        }
                        _ => {
                            let known = ["conversation", "contact", "organization"];
                            document.unknown(at, "kind of record", "", &text, known.into_iter());
                        }
                    }
                }
                "table" => rule.table = self.read_table_name(document, value),
                "default" => rule.default = json(document, value).map(|json| (at, json)),
                "prefix" => rule.prefix = document.text_of(name, value),
                "convert" => {
                    rule.convert = one_of(
                        document,
                        name,
                        value,
                        Convert::ALL,
                        Convert::name,
                        Convert::parse,
                    );
                }
                "drop_if" => {
                    let texts = document.texts_of(name, value);
                    rule.drop_if = texts.into_iter().map(|(_, t)| t.to_lowercase()).collect();
                }
                "on_unmapped" => {
                    let all = OnUnmapped::ALL;
                    let (name_of, parse) = (OnUnmapped::name, OnUnmapped::parse);
                    rule.on_unmapped = one_of(document, name, value, all, name_of, parse);
                }
                "expr" => {
                    if let Some(source) = document.text_of(name, value) {
                        match Expr::compile(&source) {
                            Ok(expr) => rule.expr = Some(expr),
                            Err((range, what)) => {
                                let at = inside(document, value, &source, range.start);
                                document.mistake(at, format!("expr: {what}"));
                            }
                        }
                    }
                }
                other => {
                    let at = key.span().start;
                    document.unknown(at, "key", " in [[fields]]", other, KEYS.into_iter());
                }
            }
        }
        if rule.from.is_none() && !table.contains_key("expr") && !table.contains_key("from") {
            document.mistake(offset, "a rule needs `from` or `expr`");
        }
        if rule.from.is_none() && rule.to.is_none() && !table.contains_key("to") {
            document.mistake(offset, "a rule without `from` needs `to`");
        }
        if rule.on_unmapped == Some(OnUnmapped::Default) && rule.default.is_none() {
            document.mistake(offset, "`on_unmapped = \"default\"` needs a `default`");
        }
        rule
    }

    fn read_table_name(
        &self,
        document: &mut Document<'_>,
        value: Value<'_, '_>,
    ) -> Option<(usize, TableName)> {
        let at = value.span().start;
        if value.get_ref().is_table() {
            let entries = value_table(document, "table", value)?;
            return Some((at, TableName::Inline(entries)));
        }
        let name = document.text_of("table", value)?;
        if !self.tables.contains_key(&name) {
            let mut known: Vec<&str> = self.tables.keys().map(String::as_str).collect();
            known.sort_unstable();
            document.unknown(at, "table", "", &name, known.into_iter());
        }
        Some((at, TableName::Named(name)))
    }

    fn read_subject(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(table) = document.table_of("[subject]", value) else {
            return;
        };
        for (key, value) in table.iter() {
            if key.get_ref() != "template" {
                let (at, name) = (key.span().start, key.get_ref());
                document.unknown(at, "key", " in [subject]", name, ["template"].into_iter());
                continue;
            }
            let Some(source) = document.text_of("template", value) else {
                continue;
            };
            match Template::compile(&source) {
                Ok(template) => {
                    self.subject = Some((value.span().start, std::sync::Arc::new(template)));
                }
                Err((range, what)) => {
                    let at = inside(document, value, &source, range.start);
                    document.mistake(at, format!("template: {what}"));
                }
            }
        }
    }

    fn read_filters(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        const KEYS: [&str; 7] = [
            "since", "until", "status", "groups", "tags", "channels", "ids",
        ];
        let Some(table) = document.table_of("[filters]", value) else {
            return;
        };
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            match name {
                "since" => self.filters.since = date(document, name, value),
                "until" => self.filters.until = date(document, name, value),
                "status" => self.filters.status = document.texts_of(name, value),
                "groups" => self.filters.groups = document.texts_of(name, value),
                "tags" => self.filters.tags = document.texts_of(name, value),
                "ids" => self.filters.ids = document.texts_of(name, value),
                "channels" => {
                    let known = Table::Channel.schema_values();
                    let channels = document.texts_of(name, value);
                    for (at, channel) in &channels {
                        if !known.contains(&channel.as_str()) {
                            document.unknown(*at, "channel", "", channel, known.iter().copied());
                        }
                    }
                    self.filters.channels = channels;
                }
                other => {
                    let at = key.span().start;
                    document.unknown(at, "key", " in [filters]", other, KEYS.into_iter());
                }
            }
        }
    }
}

/// Checks `[platform.<name>.<table>.<direction>]`; the tables themselves are
/// handed out by [`UserMapping::overrides`].
fn read_platforms(document: &mut Document<'_>, value: Value<'_, '_>) {
    let Some(platforms) = document.table_of("[platform]", value) else {
        return;
    };
    for (name, tables) in platforms.iter() {
        if crate::connector::find(name.get_ref()).is_none() {
            let known = crate::connector::all().iter().map(|known| known.name);
            document.unknown(name.span().start, "platform", "", name.get_ref(), known);
        }
        if let Some(tables) = document.table_of(name.get_ref(), tables) {
            PlatformMapping::default().merge_tables(document, tables);
        }
    }
}

fn pairs(document: &mut Document<'_>, name: &str, value: Value<'_, '_>) -> Pairs {
    let mut pairs = Pairs::default();
    let Some(table) = document.table_of(&format!("[{name}]"), value) else {
        return pairs;
    };
    for (key, value) in table.iter() {
        let Some(text) = document.text_of(key.get_ref(), value) else {
            continue;
        };
        let to = (value.span().start, text);
        if key.get_ref() == "default" {
            pairs.default = Some(to);
        } else {
            let from = (key.span().start, key.get_ref().to_string());
            pairs.entries.push(Entry { from, to });
        }
    }
    pairs
}

fn value_table(
    document: &mut Document<'_>,
    at: &str,
    value: Value<'_, '_>,
) -> Option<HashMap<String, Json>> {
    let table = document.table_of(at, value)?;
    let mut entries = HashMap::new();
    for (key, value) in table.iter() {
        if let Some(value) = json(document, value) {
            entries.insert(key.get_ref().to_lowercase(), value);
        }
    }
    Some(entries)
}

pub(super) fn one_of<T: Copy>(
    document: &mut Document<'_>,
    key: &str,
    value: Value<'_, '_>,
    all: &[T],
    name: fn(T) -> &'static str,
    parse: fn(&str) -> Option<T>,
) -> Option<T> {
    let text = document.text_of(key, value)?;
    let found = parse(&text);
    if found.is_none() {
        let known: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        let what = format!("`{key}`");
        document.unknown(value.span().start, &what, "", &text, known.into_iter());
    }
    found
}

/// A value as JSON: text, number, yes or no, or a list of them.
fn json(document: &mut Document<'_>, value: Value<'_, '_>) -> Option<Json> {
    let found = match value.get_ref() {
        DeValue::String(text) => Some(Json::String(text.to_string())),
        DeValue::Boolean(value) => Some(Json::Bool(*value)),
        DeValue::Datetime(date) => Some(Json::String(date.to_string())),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            let digits = digits.trim_start_matches('+');
            i64::from_str_radix(digits, number.radix())
                .ok()
                .map(Json::from)
        }
        DeValue::Float(number) => {
            let number = number.as_str().replace('_', "").parse::<f64>().ok();
            number
                .and_then(serde_json::Number::from_f64)
                .map(Json::Number)
        }
        DeValue::Array(items) => {
            let items = items.iter().map(|item| json(document, item));
            return items.collect::<Option<Vec<_>>>().map(Json::Array);
        }
        DeValue::Table(_) => None,
    };
    if found.is_none() {
        let at = value.span().start;
        document.mistake(at, "a value must be text, a number, true, false or a list");
    }
    found
}

fn date(document: &mut Document<'_>, key: &str, value: Value<'_, '_>) -> Option<Date> {
    let text = match value.get_ref() {
        DeValue::Datetime(date) => date.to_string(),
        _ => document.text_of(key, value)?,
    };
    let found = parse_date(&text);
    if found.is_none() {
        let what = format!("`{text}` is no date; write 2019-06-25 or 2019-06-25T10:15:00Z");
        document.mistake(value.span().start, what);
    }
    found
}

/// The place in the file of a character of a text value. Where the text has
/// escapes, it stands somewhere else in the file: then the place of the value.
fn inside(document: &Document<'_>, value: Value<'_, '_>, text: &str, at: usize) -> usize {
    let span = value.span();
    match document.raw(span.clone()).find(text) {
        Some(quote) => span.start + quote + at,
        None => span.start,
    }
}
