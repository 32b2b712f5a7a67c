//! Values and paths that do not exist, told before anything is done.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::super::document::Document;
use super::super::platform::Table;
use super::super::rule::{OnUnmapped, Rule, fit, is_choice, option};
use super::super::user::{Entry, UserMapping};
use super::super::value::compatible;
use crate::schema::Field;

impl UserMapping {
    /// Names that neither the schema nor the desk has, where the desk lists its own.
    pub(super) fn check_values(
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
}

/// `fields.x` and `record.x` in an expression.
pub(super) fn check_paths(d: &mut Document<'_>, rule: &Rule, paths: &[String], fields: &[Field]) {
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

pub(super) fn unknown_choice(d: &mut Document<'_>, at: usize, field: &Field, value: &Value) {
    let known = field
        .options
        .iter()
        .map(|option| match option.label.as_str() {
            "" => option.value.as_str(),
            label => label,
        });
    let text = super::super::value::text(value);
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
pub(super) fn check_source_values(
    d: &mut Document<'_>,
    rule: &Rule,
    tables: &Tables,
    source: Option<&Field>,
) {
    let (Some(source), Some((at, _)), None) = (source, &rule.table, &rule.expr) else {
        return;
    };
    let Some(entries) = rule.entries(tables).filter(|_| is_choice(source)) else {
        return;
    };
    // In order, so that two runs report the same.
    for key in entries.keys().collect::<std::collections::BTreeSet<_>>() {
        // A table is asked for what is stored: an entry for a label would never be found.
        let mut stored = source.options.iter().map(|option| &option.value);
        if !stored.any(|value| value.to_lowercase() == *key) {
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
pub(super) fn check_values(
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
