//! The user's rules against what source and target really have.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::apply::writable;
use super::document::Document;
use super::expr::{Shared, Template};
use super::platform::Table;
use super::rule::{OnUnmapped, Rule, fit, is_choice, option};
use super::user::{Entry, Pairs, Placed, UserMapping};
use super::value::compatible;
use crate::connector::{Result, TargetDesk};
use crate::schema::{Agent, Brand, Date, Field, Form, Group, Kind};

/// What the source desk has, as far as rules refer to it. An empty list means
/// that it is not known: then names on the source side are not checked.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // the records of these names
pub struct SourceDesk<'a> {
    pub fields: &'a [Field],
    pub agents: &'a [Agent],
    pub groups: &'a [Group],
    pub brands: &'a [Brand],
    pub forms: &'a [Form],
}

/// Rules that fit both desks. Pure: the same record gives the same result.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    pub(super) name: String,
    pub(super) values: HashMap<Table, HashMap<String, String>>,
    pub(super) organizations: HashMap<String, String>,
    pub(super) rules: Vec<Live>,
    pub(super) choices: HashMap<String, Field>,
    pub(super) constants: Vec<(String, Value)>,
    pub(super) tags: Vec<String>,
    pub(super) subject: Option<Arc<Template>>,
    pub(super) filters: LiveFilters,
    pub(super) shared: Arc<Shared>,
    /// Kind, id and further names of the source's fields, for expressions.
    pub(super) names: Vec<(Option<Kind>, String, Vec<String>)>,
    agents: Matches,
    groups: Matches,
    brands: Matches,
    forms: Matches,
    fields: HashMap<String, Option<String>>,
    targets: Vec<Field>,
    extra_fields: Vec<(String, String)>,
}

/// A rule with both ends resolved.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub rule: Rule,
    /// Where it stands: `mapping.toml:12:1`.
    pub place: String,
    pub from: From,
    pub to: To,
    pub target: Option<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// A source field's id.
    Field(String),
    /// A field of the schema: `subject`.
    Record(String),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// A key in `custom_fields`.
    Field(String),
    /// A field of the schema: `tags`.
    Record(String),
}

#[derive(Debug, Clone, Default)]
pub(super) struct LiveFilters {
    pub since: Option<Date>,
    pub until: Option<Date>,
    /// Lower case: schema values and the desk's own names.
    pub status: HashSet<String>,
    /// Ids.
    pub groups: HashSet<String>,
    pub tags: HashSet<String>,
    pub channels: HashSet<String>,
    pub ids: HashSet<String>,
}

/// Source id or lower-case name → target id.
#[derive(Debug, Clone, Default)]
struct Matches {
    chosen: HashMap<String, String>,
    by_name: HashMap<String, String>,
    default: Option<String>,
}

impl Matches {
    fn get(&self, id: &str, name: Option<&str>) -> Option<String> {
        let name = name.map(|name| name.trim().to_lowercase());
        self.chosen
            .get(id)
            .or_else(|| self.chosen.get(name.as_deref()?))
            .or_else(|| self.by_name.get(name.as_deref()?))
            .or(self.default.as_ref())
            .cloned()
    }
}

/// What a matching needs to know of a record.
struct Named<'a> {
    id: &'a str,
    name: &'a str,
}

impl UserMapping {
    /// Fits the rules to both desks.
    ///
    /// # Errors
    /// [`crate::connector::ErrorKind::Config`] with one line for every field,
    /// agent, group or value that does not exist, before any request is made.
    pub fn compile(&self, source: &SourceDesk<'_>, target: &TargetDesk) -> Result<Compiled> {
        let mut document = Document::new(&self.name, &self.text);
        let d = &mut document;
        let agents = |agents: &'_ [Agent]| -> Vec<(String, String)> {
            let email = |agent: &Agent| agent.email.clone().unwrap_or_default();
            agents.iter().map(|a| (a.id.clone(), email(a))).collect()
        };
        let groups = |groups: &[Group]| -> Vec<(String, String)> {
            groups
                .iter()
                .map(|g| (g.id.clone(), g.name.clone()))
                .collect()
        };
        let brands = |brands: &[Brand]| -> Vec<(String, String)> {
            brands
                .iter()
                .map(|b| (b.id.clone(), b.name.clone()))
                .collect()
        };
        let forms = |forms: &[Form]| -> Vec<(String, String)> {
            forms
                .iter()
                .map(|f| (f.id.clone(), f.name.clone()))
                .collect()
        };
        let mut compiled = Compiled {
            name: self.name.clone(),
            agents: matches(
                d,
                "agent",
                &self.agents,
                &agents(source.agents),
                &agents(&target.agents),
            ),
            groups: matches(
                d,
                "group",
                &self.groups,
                &groups(source.groups),
                &groups(&target.groups),
            ),
            brands: matches(
                d,
                "brand",
                &self.brands,
                &brands(source.brands),
                &brands(&target.brands),
            ),
            forms: matches(
                d,
                "form",
                &self.forms,
                &forms(source.forms),
                &forms(&target.forms),
            ),
            organizations: lower(&self.organizations),
            tags: self.tags.clone(),
            subject: self.subject.as_ref().map(|(_, template)| template.clone()),
            shared: Arc::new(Shared {
                country: self.country.clone(),
                tables: self.tables.clone(),
            }),
            targets: target.fields.clone(),
            ..Compiled::default()
        };
        for (table, entries) in &self.values {
            self.check_values(d, *table, entries, source.fields);
            compiled.values.insert(*table, lower(entries));
        }
        for field in source.fields {
            let names = [field.key.clone(), Some(field.label.clone())];
            let names = names.into_iter().flatten().collect();
            compiled.names.push((field.on, field.id.clone(), names));
        }
        compiled.filters = self.filters(d, source);
        self.compile_rules(d, source, target, &mut compiled);
        self.compile_constants(d, target, &mut compiled);
        compiled.match_rest(source.fields);
        document.finish()?;
        Ok(compiled)
    }

    /// Names that neither the schema nor the desk has, where the desk lists its own.
    fn check_values(
        &self,
        d: &mut Document<'_>,
        table: Table,
        entries: &[Entry],
        fields: &[Field],
    ) {
        let own = fields.iter().find(|field| {
            field.system && field.key.as_deref().unwrap_or(&field.id) == table.name()
        });
        let Some(own) = own.filter(|own| !own.options.is_empty()) else {
            return;
        };
        let known = table.schema_values();
        for Entry {
            from: (at, name), ..
        } in entries
        {
            if !known.contains(&name.as_str()) && option(own, name).is_none() {
                let labels = own.options.iter().map(|option| option.label.as_str());
                d.unknown(
                    *at,
                    table.name(),
                    " on the source",
                    name,
                    labels.chain(known.iter().copied()),
                );
            }
        }
    }

    fn filters(&self, d: &mut Document<'_>, source: &SourceDesk<'_>) -> LiveFilters {
        let texts = |placed: &[Placed]| -> HashSet<String> {
            placed.iter().map(|(_, text)| text.clone()).collect()
        };
        let mut groups = HashSet::new();
        for (at, name) in &self.filters.groups {
            let found = source.groups.iter().find(|group| {
                group.id == *name || group.name.to_lowercase() == name.to_lowercase()
            });
            if found.is_none() && !source.groups.is_empty() {
                let known = source.groups.iter().map(|group| group.name.as_str());
                d.unknown(*at, "group", " on the source", name, known);
            }
            groups.insert(found.map_or_else(|| name.clone(), |group| group.id.clone()));
        }
        let status = &self.filters.status;
        let entries: Vec<Entry> = status
            .iter()
            .map(|from| Entry {
                from: from.clone(),
                to: from.clone(),
            })
            .collect();
        self.check_values(d, Table::Status, &entries, source.fields);
        LiveFilters {
            since: self.filters.since,
            until: self.filters.until,
            status: status.iter().map(|(_, text)| text.to_lowercase()).collect(),
            groups,
            tags: texts(&self.filters.tags),
            channels: texts(&self.filters.channels),
            ids: texts(&self.filters.ids),
        }
    }

    fn compile_rules(
        &self,
        d: &mut Document<'_>,
        source: &SourceDesk<'_>,
        target: &TargetDesk,
        compiled: &mut Compiled,
    ) {
        let mut taken = HashSet::new();
        for rule in &self.rules {
            let from = match &rule.from {
                None => Some((From::Nothing, None)),
                Some(from) => resolve_from(d, rule.on, from, source.fields),
            };
            let to = match (&rule.to, &from) {
                (Some(to), _) => resolve_to(d, rule.on, to, &target.fields),
                (None, Some((_, Some(field)))) => {
                    let found = auto(field, &target.fields);
                    if found.is_none()
                        && let Some((at, name)) = &rule.from
                    {
                        d.mistake(
                            *at,
                            format!(
                                "no field of the target matches `{name}`; say which one with `to`"
                            ),
                        );
                    }
                    found.map(|field| (None, Some(field)))
                }
                (None, _) => {
                    if from.is_some() {
                        d.mistake(
                            rule.offset,
                            "say which field of the target is meant with `to`",
                        );
                    }
                    None
                }
            };
            if let Some(expr) = &rule.expr {
                check_paths(d, rule, &expr.paths, source.fields);
            }
            let (Some((from, source_field)), Some((attribute, field))) = (from, to) else {
                continue;
            };
            if let Some(field) = field {
                check_values(d, rule, &self.tables, source_field, field);
            } else {
                check_source_values(d, rule, &self.tables, source_field);
            }
            let to = match (attribute, field) {
                (Some(attribute), _) => {
                    if let From::Field(id) = &from {
                        compiled.fields.entry(id.clone()).or_insert(None);
                    }
                    To::Record(attribute)
                }
                (None, Some(field)) => match &from {
                    From::Field(id) if taken.insert(id.clone()) => {
                        compiled.fields.insert(id.clone(), Some(field.id.clone()));
                        To::Field(id.clone())
                    }
                    _ => To::Field(compiled.extra(&field.id)),
                },
                (None, None) => continue,
            };
            compiled.rules.push(Live {
                rule: rule.clone(),
                place: d.place(rule.offset),
                from,
                to,
                target: field.cloned(),
            });
        }
    }

    fn compile_constants(
        &self,
        d: &mut Document<'_>,
        target: &TargetDesk,
        compiled: &mut Compiled,
    ) {
        for (to, at, value) in &self.constants {
            let Some((attribute, field)) = resolve_to(d, Kind::Conversation, to, &target.fields)
            else {
                continue;
            };
            if attribute.is_some() {
                d.mistake(to.0, "a constant goes to a field of the target; use `tags`, `[subject]` or a rule with `default` for the rest");
                continue;
            }
            let Some(field) = field else { continue };
            match fit(value.clone(), Some(field)) {
                Ok(value) => {
                    let key = compiled.extra(&field.id);
                    compiled.constants.push((key, value));
                }
                Err(_) => unknown_choice(d, *at, field, value),
            }
        }
    }
}

impl Compiled {
    /// The target's agent for an agent of the source: chosen by the mapping,
    /// else the one with the same address, else the mapping's default.
    pub fn agent(&self, agent: &Agent) -> Option<String> {
        self.agents.get(&agent.id, agent.email.as_deref())
    }

    /// The target's group for a group of the source: chosen, else of the same
    /// name, else the default.
    pub fn group(&self, group: &Group) -> Option<String> {
        self.groups.get(&group.id, Some(&group.name))
    }

    /// The target's brand for a brand of the source, as [`Compiled::group`].
    pub fn brand(&self, brand: &Brand) -> Option<String> {
        self.brands.get(&brand.id, Some(&brand.name))
    }

    /// The target's form for a form of the source, as [`Compiled::group`].
    pub fn form(&self, form: &Form) -> Option<String> {
        self.forms.get(&form.id, Some(&form.name))
    }

    /// The target's field for a field of the source: chosen by a rule, else
    /// the one of the same record with the same key or label and a type that
    /// takes the values. `None` also for a field that a rule moves elsewhere.
    pub fn field(&self, field: &Field) -> Option<String> {
        match self.fields.get(&field.id) {
            Some(chosen) => chosen.clone(),
            None => auto(field, &self.targets).map(|found| found.id.clone()),
        }
    }

    /// Whether a rule decides about this field of the source.
    pub fn has_rule_for(&self, field: &Field) -> bool {
        self.fields.contains_key(&field.id)
    }

    /// Keys that rules and constants add to `custom_fields` which are no
    /// field of the source, with the target field's id: they belong into
    /// [`crate::connector::Refs`] as [`Kind::Field`] like any other.
    pub fn extra_fields(&self) -> &[(String, String)] {
        &self.extra_fields
    }

    /// The key in `custom_fields` for a target field that no source field leads to.
    fn extra(&mut self, target: &str) -> String {
        let key = format!("mapping:{target}");
        if !self.extra_fields.iter().any(|(known, _)| *known == key) {
            self.extra_fields.push((key.clone(), target.to_owned()));
        }
        key
    }

    /// Fields without a rule: choices are translated from the source's stored
    /// values to the target's by their labels.
    fn match_rest(&mut self, fields: &[Field]) {
        for field in fields {
            if self.fields.contains_key(&field.id) {
                continue;
            }
            let Some(found) = auto(field, &self.targets) else {
                continue;
            };
            if is_choice(found) && is_choice(field) {
                let mut choices = found.clone();
                // By the source's value, what the target stores.
                choices.options = field
                    .options
                    .iter()
                    .filter_map(|choice| {
                        let stored = option(found, &choice.label)
                            .or_else(|| option(found, &choice.value))?;
                        Some(crate::schema::FieldOption {
                            value: stored.to_owned(),
                            label: choice.value.clone(),
                        })
                    })
                    .collect();
                self.choices.insert(field.id.clone(), choices);
            }
        }
    }
}

fn lower(entries: &[Entry]) -> HashMap<String, String> {
    entries
        .iter()
        .map(|entry| (entry.from.1.to_lowercase(), entry.to.1.clone()))
        .collect()
}

fn matches(
    d: &mut Document<'_>,
    what: &str,
    pairs: &Pairs,
    source: &[(String, String)],
    target: &[(String, String)],
) -> Matches {
    let source: Vec<Named<'_>> = named(source);
    let target: Vec<Named<'_>> = named(target);
    let mut matches = Matches::default();
    for known in &target {
        if !known.name.is_empty() {
            let name = known.name.trim().to_lowercase();
            matches
                .by_name
                .entry(name)
                .or_insert_with(|| known.id.to_owned());
        }
    }
    for Entry { from, to } in &pairs.entries {
        let found = find(d, what, "source", from, &source);
        let Some(id) = find(d, what, "target", to, &target) else {
            continue;
        };
        if let Some(source_id) = found {
            matches.chosen.insert(source_id, id.clone());
        }
        matches.chosen.insert(from.1.trim().to_lowercase(), id);
    }
    if let Some(default) = &pairs.default {
        matches.default = find(d, what, "target", default, &target);
    }
    matches
}

fn named(records: &[(String, String)]) -> Vec<Named<'_>> {
    records
        .iter()
        .map(|(id, name)| Named { id, name })
        .collect()
}

/// The id of the record with this id or name; a mistake when there is none.
fn find(
    d: &mut Document<'_>,
    what: &str,
    side: &str,
    (at, text): &Placed,
    records: &[Named<'_>],
) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let found = records.iter().find(|record| record.id == text).or_else(|| {
        records
            .iter()
            .find(|record| record.name.trim().to_lowercase() == lower)
    });
    if found.is_none() && (side == "target" || !records.is_empty()) {
        let known = records.iter().map(|record| match record.name {
            "" => record.id,
            name => name,
        });
        d.unknown(*at, what, &format!(" on the {side}"), text, known);
    }
    found.map(|record| record.id.to_owned())
}

/// Fields of this kind of record with this id, else this key, else this label.
fn find_fields<'a>(fields: &'a [Field], on: Kind, text: &str) -> Vec<&'a Field> {
    let lower = text.trim().to_lowercase();
    let of_kind = |field: &&Field| field.on.is_none_or(|kind| kind == on);
    let steps: [&dyn Fn(&Field) -> bool; 3] = [
        &|field| field.id == text,
        &|field| {
            field
                .key
                .as_ref()
                .is_some_and(|key| key.to_lowercase() == lower)
        },
        &|field| field.label.trim().to_lowercase() == lower,
    ];
    for step in steps {
        let found: Vec<&Field> = fields.iter().filter(of_kind).filter(|f| step(f)).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn one_field<'a>(
    d: &mut Document<'_>,
    on: Kind,
    side: &str,
    (at, text): &Placed,
    fields: &'a [Field],
) -> Option<&'a Field> {
    let found = find_fields(fields, on, text);
    match found[..] {
        [one] => return Some(one),
        [] => {
            let known: Vec<&str> = fields
                .iter()
                .filter(|field| field.on.is_none_or(|kind| kind == on))
                .flat_map(|field| {
                    [
                        field.label.as_str(),
                        field.key.as_deref().unwrap_or(&field.id),
                    ]
                })
                .filter(|name| !name.is_empty())
                .collect();
            let where_ = format!(" of {} on the {side}", on.plural());
            d.unknown(*at, "field", &where_, text, known.into_iter());
        }
        _ => {
            let ids: Vec<&str> = found.iter().map(|field| field.id.as_str()).collect();
            let what = format!(
                "{} fields on the {side} are called `{text}`; use one of their ids: {}",
                ids.len(),
                ids.join(", ")
            );
            d.mistake(*at, what);
        }
    }
    None
}

fn resolve_from<'a>(
    d: &mut Document<'_>,
    on: Kind,
    from: &Placed,
    fields: &'a [Field],
) -> Option<(From, Option<&'a Field>)> {
    if let Some(name) = from.1.strip_prefix("record.") {
        if !on.fields().contains(&name) {
            let what = format!(" in a {on}");
            d.unknown(from.0, "field", &what, name, on.fields().iter().copied());
            return None;
        }
        return Some((From::Record(name.to_owned()), None));
    }
    let field = one_field(d, on, "source", from, fields)?;
    Some((From::Field(field.id.clone()), Some(field)))
}

/// Either a field of the schema or one of the target.
fn resolve_to<'a>(
    d: &mut Document<'_>,
    on: Kind,
    to: &Placed,
    fields: &'a [Field],
) -> Option<(Option<String>, Option<&'a Field>)> {
    if let Some(name) = to.1.strip_prefix("record.") {
        let known = writable(on);
        if !known.contains(&name) {
            let what = format!(" that a rule can write in a {on}");
            d.unknown(to.0, "field", &what, name, known.iter().copied());
            return None;
        }
        return Some((Some(name.to_owned()), None));
    }
    Some((None, Some(one_field(d, on, "target", to, fields)?)))
}

/// The target's field that takes a source field's values without being told.
fn auto<'a>(field: &Field, targets: &'a [Field]) -> Option<&'a Field> {
    let same = |a: &str, b: &str| {
        !a.trim().is_empty() && a.trim().to_lowercase() == b.trim().to_lowercase()
    };
    let fits = |target: &&Field| {
        target.system == field.system
            && target.on == field.on
            && (field.system || compatible(field.field_type, target.field_type))
    };
    let key = field.key.as_deref();
    targets
        .iter()
        .filter(fits)
        .find(|target| matches!((key, target.key.as_deref()), (Some(a), Some(b)) if same(a, b)))
        .or_else(|| {
            targets
                .iter()
                .filter(fits)
                .find(|target| same(&field.label, &target.label))
        })
}

/// `fields.x` and `record.x` in an expression.
fn check_paths(d: &mut Document<'_>, rule: &Rule, paths: &[String], fields: &[Field]) {
    for path in paths {
        if let Some(rest) = path.strip_prefix("record.") {
            let name = rest.split('.').next().unwrap_or(rest);
            if !rule.on.fields().contains(&name) {
                let what = format!(" in a {}, used in expr", rule.on);
                d.unknown(
                    rule.offset,
                    "field",
                    &what,
                    name,
                    rule.on.fields().iter().copied(),
                );
            }
        } else if let Some(rest) = path.strip_prefix("fields.") {
            let name = rest.split('.').next().unwrap_or(rest);
            let exists = fields.iter().any(|field| {
                field.id == name || field.key.as_deref() == Some(name) || field.label == name
            });
            if !exists && !fields.is_empty() {
                let known = fields
                    .iter()
                    .map(|field| field.key.as_deref().unwrap_or(&field.label));
                d.unknown(
                    rule.offset,
                    "field",
                    " on the source, used in expr",
                    name,
                    known,
                );
            }
        }
    }
}

fn unknown_choice(d: &mut Document<'_>, at: usize, field: &Field, value: &Value) {
    let known = field
        .options
        .iter()
        .map(|option| match option.label.as_str() {
            "" => option.value.as_str(),
            label => label,
        });
    let text = super::value::text(value);
    d.unknown(
        at,
        "choice",
        &format!(" of target field `{}`", field.label),
        &text,
        known,
    );
}

type Tables = HashMap<String, HashMap<String, Value>>;

/// The keys of a table against the choices of the source's field.
fn check_source_values(d: &mut Document<'_>, rule: &Rule, tables: &Tables, source: Option<&Field>) {
    let (Some(source), Some((at, _)), None) = (source, &rule.table, &rule.expr) else {
        return;
    };
    let Some(entries) = rule.entries(tables).filter(|_| is_choice(source)) else {
        return;
    };
    // In order, so that two runs report the same.
    for key in entries.keys().collect::<std::collections::BTreeSet<_>>() {
        if option(source, key).is_none() {
            let known = source.options.iter().map(|option| option.value.as_str());
            let what = format!(" of source field `{}`", source.label);
            d.unknown(*at, "choice", &what, key, known);
        }
    }
    if rule.unmapped() == OnUnmapped::Error {
        for choice in &source.options {
            let value = choice.value.to_lowercase();
            if !entries.contains_key(&value) && !rule.drop_if.contains(&value) {
                let what = format!(
                    "the table has no entry for choice `{}` of source field `{}`; add it, or set `default` or `on_unmapped = \"skip\"`",
                    choice.value, source.label
                );
                d.mistake(*at, what);
            }
        }
    }
}

/// Table, default and type against the target's field.
fn check_values(
    d: &mut Document<'_>,
    rule: &Rule,
    tables: &Tables,
    source: Option<&Field>,
    target: &Field,
) {
    check_source_values(d, rule, tables, source);
    if is_choice(target) {
        if let Some((at, default)) = &rule.default
            && fit(default.clone(), Some(target)).is_err()
        {
            unknown_choice(d, *at, target, default);
        }
        if let (Some((at, _)), Some(entries), None, None) = (
            &rule.table,
            rule.entries(tables),
            &rule.prefix,
            rule.convert,
        ) {
            for value in entries.iter().collect::<BTreeMap<_, _>>().into_values() {
                if fit(value.clone(), Some(target)).is_err() {
                    unknown_choice(d, *at, target, value);
                }
            }
        }
        if let (Some(source), None, None, None, OnUnmapped::Error) = (
            source,
            &rule.table,
            &rule.expr,
            &rule.prefix,
            rule.unmapped(),
        ) && is_choice(source)
        {
            let place = rule.from.as_ref().map_or(rule.offset, |(at, _)| *at);
            for choice in &source.options {
                let known = option(target, &choice.value).is_some();
                if !known && !rule.drop_if.contains(&choice.value.to_lowercase()) {
                    unknown_choice(d, place, target, &Value::String(choice.value.clone()));
                }
            }
        }
        return;
    }
    if rule.expr.is_some() || rule.table.is_some() {
        return;
    }
    let made = match (&rule.prefix, rule.convert, source) {
        (Some(_), ..) => Some(crate::schema::FieldType::Text),
        (None, Some(convert), _) => Some(convert.field_type()),
        (None, None, source) => source.map(|source| source.field_type),
    };
    if let Some(made) = made
        && !compatible(made, target.field_type)
    {
        let place = rule.to.as_ref().map_or(rule.offset, |(at, _)| *at);
        let what = format!(
            "a value of type {made} does not fit into `{}`, which takes {}; use `convert`, `table` or `expr`",
            target.label, target.field_type
        );
        d.mistake(place, what);
    }
}
