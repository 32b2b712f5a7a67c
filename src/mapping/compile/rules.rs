//! Rules, constants and filters.

use std::collections::HashSet;

use super::super::apply::writable;
use super::super::document::Document;
use super::super::platform::Table;
use super::super::rule::fit;
use super::super::user::{Entry, Placed, UserMapping};
use super::checks::{check_paths, check_source_values, check_values, unknown_choice};
use super::names::{auto, one_field};
use super::{Compiled, From, Live, LiveFilters, SourceDesk, To};
use crate::connector::TargetDesk;
use crate::schema::{Field, Kind};

impl UserMapping {
    pub(super) fn filters(&self, d: &mut Document<'_>, source: &SourceDesk<'_>) -> LiveFilters {
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

    pub(super) fn compile_rules(
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

    pub(super) fn compile_constants(
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
