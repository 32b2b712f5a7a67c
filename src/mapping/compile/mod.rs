//! The user's rules against what source and target really have.

mod checks;
mod names;
mod rules;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::document::Document;
use super::expr::{Shared, Template};
use super::platform::Table;
use super::rule::{Rule, is_choice, same_choice};
use super::user::UserMapping;
use crate::connector::{Result, TargetDesk};
use crate::schema::{Agent, Brand, Date, Field, Form, Group, Kind};

pub(crate) use names::find_fields;
use names::{Matches, auto, lower, matches};

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
    /// Phone numbers are written as E.164.
    pub(super) e164: bool,
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
            e164: self.e164,
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
    /// values to the target's, by what is stored and else by their labels.
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
                        let stored = same_choice(found, choice)?;
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
