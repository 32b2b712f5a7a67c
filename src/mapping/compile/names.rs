//! Names of one desk and what they lead to on the other.

use std::collections::HashMap;

use super::super::document::Document;
use super::super::user::{Entry, Pairs, Placed};
use super::super::value::compatible;
use crate::schema::{Field, Kind};

/// Source id or lower-case name → target id.
#[derive(Debug, Clone, Default)]
pub(in crate::mapping) struct Matches {
    chosen: HashMap<String, String>,
    by_name: HashMap<String, String>,
    default: Option<String>,
}

impl Matches {
    pub(super) fn get(&self, id: &str, name: Option<&str>) -> Option<String> {
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

pub(super) fn lower(entries: &[Entry]) -> HashMap<String, String> {
    entries
        .iter()
        .map(|entry| (entry.from.1.to_lowercase(), entry.to.1.clone()))
        .collect()
}

pub(super) fn matches(
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
pub(crate) fn find_fields<'a>(fields: &'a [Field], on: Kind, text: &str) -> Vec<&'a Field> {
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

pub(super) fn one_field<'a>(
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

/// The target's field that takes a source field's values without being told.
pub(super) fn auto<'a>(field: &Field, targets: &'a [Field]) -> Option<&'a Field> {
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
