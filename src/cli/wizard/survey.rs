//! What the source's values are, how often they are used, and what is
//! proposed to become of each on the target.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::facts::{Choices, Confidence, Here, Row, Topic};
use super::values::certain;
use crate::connector::{Result, TargetDesk};
use crate::engine::Project;
use crate::ledger::Ledger;
use crate::mapping::{PlatformMapping, Table, is_choice};
use crate::schema::{Agent, Brand, Conversation, Field, FieldOption, Form, Group, Kind, Record};

/// The row for all agents that have nobody on the target.
pub const DEFAULT: &str = "default";

/// Everything of the source that proposals are made from.
#[derive(Debug, Default)]
pub struct Seen {
    /// By topic and value.
    values: BTreeMap<(&'static str, String), Value>,
    agents: Vec<Agent>,
    groups: Vec<Group>,
    brands: Vec<Brand>,
    forms: Vec<Form>,
    fields: Vec<Field>,
    /// Fields by id that take nothing but what they list.
    choosing: HashSet<String>,
    /// Conversations by field and what was chosen there, in lower case.
    chosen: HashMap<(String, String), u64>,
    conversations: u64,
}

/// One value.
#[derive(Debug, Default)]
struct Value {
    count: u64,
    /// What the schema calls it, where that is another name.
    schema: Option<String>,
    sample: Option<String>,
}

impl Seen {
    /// Reads the ledger.
    pub fn read(ledger: &Ledger) -> Result<Seen> {
        let mut seen = Seen::default();
        for kind in [
            Kind::Agent,
            Kind::Group,
            Kind::Brand,
            Kind::Form,
            Kind::Field,
            Kind::Conversation,
        ] {
            let mut after = 0;
            loop {
                let page = ledger.scan(kind, after, 500)?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                for stored in page {
                    seen.add(stored.record);
                }
            }
        }
        Ok(seen)
    }

    pub(super) fn add(&mut self, record: Record) {
        match record {
            Record::Agent(agent) => self.agents.push(agent),
            Record::Group(group) => self.groups.push(group),
            Record::Brand(brand) => self.brands.push(brand),
            Record::Form(form) => self.forms.push(form),
            Record::Field(field) => {
                if is_choice(&field) {
                    self.choosing.insert(field.id.clone());
                }
                self.fields.push(field);
            }
            Record::Conversation(conversation) => self.conversation(&conversation),
            _ => {}
        }
    }

    fn conversation(&mut self, c: &Conversation) {
        self.conversations += 1;
        let subject = c.subject.as_deref();
        let mut named = |topic, name: Option<&str>, value: Option<&str>| {
            let Some(key) = name.or(value) else { return };
            let entry = self.values.entry((topic, key.to_owned())).or_default();
            entry.count += 1;
            entry.schema = value.map(str::to_owned);
            entry.example(subject);
        };
        named("status", c.status_name.as_deref(), Some(c.status.name()));
        let priority = c.priority.map(crate::schema::Priority::name);
        named("priority", c.priority_name.as_deref(), priority);
        let sort = c.ticket_type.map(crate::schema::TicketType::name);
        named("type", c.type_name.as_deref(), sort);
        named("groups", c.group_id.as_deref(), None);
        named("agents", c.assignee_id.as_deref(), None);
        named("brands", c.brand_id.as_deref(), None);
        named("forms", c.form_id.as_deref(), None);
        for (field, value) in &c.custom_fields {
            if value.is_null() {
                continue;
            }
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if text.is_empty() || text == "[]" || text == "false" {
                continue;
            }
            let entry = self.values.entry(("fields", field.clone())).or_default();
            entry.count += 1;
            entry.example(Some(&text));
            if !self.choosing.contains(field) {
                continue;
            }
            let one = std::slice::from_ref(value);
            for value in value.as_array().map_or(one, Vec::as_slice) {
                let text = match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let key = (field.clone(), text.trim().to_lowercase());
                *self.chosen.entry(key).or_default() += 1;
            }
        }
    }

    fn value(&self, topic: &'static str, id: &str) -> (u64, Option<String>) {
        let found = self.values.get(&(topic, id.to_owned()));
        found.map_or((0, None), |value| (value.count, value.sample.clone()))
    }

    /// The topics of the mapping, what needs a look first.
    pub fn topics(
        &self,
        target: &TargetDesk,
        values: &PlatformMapping,
        creates: Creates,
    ) -> Vec<Topic> {
        let mut topics = vec![
            self.tabled("status", Table::Status, target, values),
            self.tabled("priority", Table::Priority, target, values),
            self.tabled("type", Table::Type, target, values),
            self.group_topic(target, creates.groups),
            self.agent_topic(target),
            self.named_topic(
                "brands",
                self.brands.iter().map(|brand| (&brand.id, &brand.name)),
                target.brands.iter().map(|brand| &brand.name),
            ),
            self.named_topic(
                "forms",
                self.forms.iter().map(|form| (&form.id, &form.name)),
                target.forms.iter().map(|form| &form.name),
            ),
            self.field_topic(target, creates.fields),
        ];
        for topic in &mut topics {
            topic.rows.sort_by_key(|row| {
                (
                    row.key == DEFAULT,
                    row.confidence,
                    std::cmp::Reverse(row.count),
                )
            });
        }
        topics
    }

    fn tabled(
        &self,
        id: &'static str,
        table: Table,
        target: &TargetDesk,
        values: &PlatformMapping,
    ) -> Topic {
        let label = |value: &str| match values.write(table, value) {
            Some(there) if there.eq_ignore_ascii_case(value) => value.to_owned(),
            Some(there) => format!("{} ({value})", option_label(target, id, there)),
            None => value.to_owned(),
        };
        let row = |key: &String, value: &Value| {
            let schema = value.schema.as_deref().unwrap_or_default();
            let there = values.write(table, schema);
            let named = value.schema.as_ref().is_some_and(|schema| schema == key);
            Row {
                id: String::new(),
                key: key.clone(),
                label: key.clone(),
                count: value.count,
                sample: value.sample.clone(),
                by_itself: (!schema.is_empty()).then(|| label(schema)),
                proposal: None,
                ruled: None,
                confidence: match (there, named) {
                    (None, _) => Confidence::None,
                    // A name of the desk's own says more than what it was read as.
                    (Some(_), false) => Confidence::Likely,
                    (Some(_), true) => Confidence::Sure,
                },
            }
        };
        let rows = self.values.iter().filter(|((topic, _), _)| *topic == id);
        let rows: Vec<Row> = rows.map(|((_, key), value)| row(key, value)).collect();
        let unused: Vec<Row> = self
            .names(id, table)
            .filter(|name| !rows.iter().any(|row| row.key.eq_ignore_ascii_case(name)))
            .map(|name| row(&name, &Value::default()))
            .collect();
        Topic {
            id,
            rows,
            unused,
            targets: table
                .schema_values()
                .into_iter()
                .map(|value| (value.to_owned(), label(value)))
                .collect(),
            choices: Choices::default(),
        }
    }

    /// Names that a rule may have for the values of an own field of the desk.
    fn names(&self, id: &str, table: Table) -> impl Iterator<Item = String> {
        let own = |field: &&Field| field.system && field.key.as_deref().unwrap_or(&field.id) == id;
        let fields = self.fields.iter().filter(own);
        let labels = fields.flat_map(|field| &field.options);
        let labels = labels.map(|option| option.label.as_str());
        let mut names: Vec<String> = Vec::new();
        for name in labels.chain(table.schema_values()) {
            let same = |known: &String| known.eq_ignore_ascii_case(name);
            if !name.is_empty() && !names.iter().any(same) {
                names.push(name.to_owned());
            }
        }
        names.into_iter()
    }

    fn group_topic(&self, target: &TargetDesk, creates: bool) -> Topic {
        let targets: Vec<(String, String)> = target
            .groups
            .iter()
            .map(|group| (group.name.clone(), group.name.clone()))
            .collect();
        let rows = self.groups.iter().map(|group| {
            let (count, sample) = self.value("groups", &group.id);
            let (by_itself, proposal, confidence) = named(&group.name, &targets);
            let confidence = match (confidence, creates) {
                // It is made there.
                (Confidence::None, true) => Confidence::Sure,
                (confidence, _) => confidence,
            };
            Row {
                id: group.id.clone(),
                key: group.name.clone(),
                label: group.name.clone(),
                count,
                sample,
                by_itself,
                proposal,
                ruled: None,
                confidence,
            }
        });
        Topic {
            id: "groups",
            rows: rows.collect(),
            unused: Vec::new(),
            targets: targets.clone(),
            choices: Choices::default(),
        }
    }

    /// What the target has under other names, and cannot be made there. One
    /// that stands for all is nothing to decide about.
    fn named_topic<'a>(
        &'a self,
        id: &'static str,
        here: impl Iterator<Item = (&'a String, &'a String)>,
        there: impl Iterator<Item = &'a String>,
    ) -> Topic {
        let targets: Vec<(String, String)> =
            there.map(|name| (name.clone(), name.clone())).collect();
        let rows = here.map(|(source, name)| {
            let (count, sample) = self.value(id, source);
            let (by_itself, proposal, confidence) = named(name, &targets);
            Row {
                id: source.clone(),
                key: name.clone(),
                label: name.clone(),
                count,
                sample,
                by_itself,
                proposal,
                ruled: None,
                confidence,
            }
        });
        let (rows, unused) = match targets.len() {
            0 => Default::default(),
            _ => rows.partition(|row| row.count > 0),
        };
        Topic {
            id,
            rows,
            unused,
            targets,
            choices: Choices::default(),
        }
    }

    fn agent_topic(&self, target: &TargetDesk) -> Topic {
        if target.takes_agents {
            // They are written like all others: there is nothing to decide.
            return Topic {
                id: "agents",
                rows: Vec::new(),
                unused: Vec::new(),
                targets: Vec::new(),
                choices: Choices::default(),
            };
        }
        let targets: Vec<(String, String)> = target
            .agents
            .iter()
            .filter_map(|agent| {
                let email = agent.email.clone()?;
                let label = match &agent.name {
                    Some(name) => format!("{name} <{email}>"),
                    None => email.clone(),
                };
                Some((email, label))
            })
            .collect();
        let names: HashMap<String, &str> = target
            .agents
            .iter()
            .filter_map(|agent| {
                let name = agent.name.as_deref()?.trim().to_lowercase();
                Some((name, agent.email.as_deref()?))
            })
            .collect();
        let rows = self.agents.iter().map(|agent| {
            let (count, sample) = self.value("agents", &agent.id);
            let email = agent.email.as_deref().unwrap_or_default();
            let same = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(email.trim());
            let by_itself = targets.iter().find(same).map(|(_, label)| label.clone());
            let name = agent
                .name
                .as_deref()
                .unwrap_or_default()
                .trim()
                .to_lowercase();
            let proposal = match by_itself {
                Some(_) => None,
                None => names.get(&name).map(|email| (*email).to_owned()),
            };
            Row {
                id: agent.id.clone(),
                key: match email {
                    "" => agent.id.clone(),
                    email => email.to_owned(),
                },
                label: match (&agent.name, email) {
                    (Some(name), "") => name.clone(),
                    (Some(name), email) => format!("{name} <{email}>"),
                    (None, _) => agent.id.clone(),
                },
                count,
                sample,
                confidence: match (&by_itself, &proposal) {
                    (Some(_), _) => Confidence::Sure,
                    (None, Some(_)) => Confidence::Likely,
                    (None, None) => Confidence::None,
                },
                by_itself,
                proposal,
                ruled: None,
            }
        });
        let mut rows: Vec<Row> = rows.collect();
        let lost = rows.iter().filter(|row| row.confidence == Confidence::None);
        let count = lost.map(|row| row.count).sum();
        rows.push(Row {
            id: String::new(),
            key: DEFAULT.to_owned(),
            label: DEFAULT.to_owned(),
            count,
            sample: None,
            by_itself: None,
            proposal: None,
            ruled: None,
            confidence: Confidence::Sure,
        });
        Topic {
            id: "agents",
            rows,
            unused: Vec::new(),
            targets: targets.clone(),
            choices: Choices::default(),
        }
    }

    fn field_topic(&self, target: &TargetDesk, creates: bool) -> Topic {
        let own = |field: &&Field| !field.system && field.on == Some(Kind::Conversation);
        let key = |field: &Field| field.key.clone().unwrap_or_else(|| field.id.clone());
        let targets: Vec<(String, String)> = target
            .fields
            .iter()
            .filter(own)
            .map(|field| (key(field), field.label.clone()))
            .collect();
        let mut choices = Choices {
            source: self.fields.clone(),
            target: target.fields.clone(),
            ..Choices::default()
        };
        for field in target.fields.iter().filter(own).filter(|f| is_choice(f)) {
            choices.there.insert(key(field), field.clone());
        }
        let here = &mut choices.here;
        let rows: Vec<Row> = self.fields.iter().filter(own).map(|field| {
            let (count, sample) = self.value("fields", &field.id);
            let same = |other: &&Field| {
                other.label.trim().eq_ignore_ascii_case(field.label.trim())
                    || matches!((&field.key, &other.key), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
            };
            let by_itself = target.fields.iter().filter(own).find(same);
            let (_, proposal, confidence) = named(&field.label, &targets);
            let values = self.choices(field);
            let takes = by_itself.is_none_or(|there| takes_values(&values, there));
            // The account's own fields may have the label already: it cannot be made.
            let taken = target.fields.iter().any(|other| {
                other.system && other.label.trim().eq_ignore_ascii_case(field.label.trim())
            });
            let (proposal, confidence) = match (&by_itself, creates || count == 0) {
                (None, _) if taken => (proposal, Confidence::None),
                (Some(_), _) if !takes => (None, Confidence::None),
                (Some(_), _) => (None, Confidence::Sure),
                // It is made there, or nobody used it.
                (None, true) if proposal.is_none() => (None, Confidence::Sure),
                (None, _) => (proposal, confidence),
            };
            // A label that two fields have names neither.
            let twice = self.fields.iter().filter(own).filter(|f| f.label == field.label).count() > 1;
            let name = if twice { field.id.clone() } else { field.label.clone() };
            if is_choice(field) {
                let goes_to = by_itself.map(key);
                here.insert(name.clone(), Here { goes_to, values });
            }
            Row {
                id: field.id.clone(),
                key: name,
                label: field.label.clone(),
                count,
                sample,
                by_itself: by_itself.map(|field| field.label.clone()),
                proposal,
                ruled: None,
                confidence,
            }
        }).collect();
        Topic {
            id: "fields",
            rows,
            unused: Vec::new(),
            targets: targets.clone(),
            choices,
        }
    }

    /// What can be chosen in a field, with the conversations that have it.
    fn choices(&self, field: &Field) -> Vec<(FieldOption, u64)> {
        let counted = |choice: &FieldOption| {
            let key = (field.id.clone(), choice.value.trim().to_lowercase());
            let count = self.chosen.get(&key).copied().unwrap_or_default();
            (choice.clone(), count)
        };
        field.options.iter().map(counted).collect()
    }
}

/// Whether each choice that somebody made has one there, where that matters.
fn takes_values(values: &[(FieldOption, u64)], there: &Field) -> bool {
    !is_choice(there)
        || values
            .iter()
            .all(|(choice, count)| certain(there, choice, *count).1 != Confidence::None)
}

impl Value {
    fn example(&mut self, text: Option<&str>) {
        let wanted = self.sample.is_none();
        if let Some(text) = text
            .map(str::trim)
            .filter(|text| wanted && !text.is_empty())
        {
            self.sample = Some(text.chars().take(60).collect());
        }
    }
}

/// What the target makes when it lacks it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Creates {
    /// Groups.
    pub groups: bool,
    /// Fields.
    pub fields: bool,
}

/// What a name is matched with by itself, else what it looks like.
fn named(name: &str, targets: &[(String, String)]) -> (Option<String>, Option<String>, Confidence) {
    let lower = name.trim().to_lowercase();
    let same = |(_, label): &&(String, String)| label.trim().to_lowercase() == lower;
    if let Some((_, label)) = targets.iter().find(same) {
        return (Some(label.clone()), None, Confidence::Sure);
    }
    let close = targets
        .iter()
        .map(|target| {
            (
                strsim::jaro_winkler(&lower, &target.1.to_lowercase()),
                target,
            )
        })
        .filter(|(score, _)| *score >= 0.9)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match close {
        Some((_, (value, _))) => (None, Some(value.clone()), Confidence::Likely),
        None => (None, None, Confidence::None),
    }
}

/// What people call a value of one of the target's own fields.
fn option_label(target: &TargetDesk, key: &str, value: &str) -> String {
    let own = |field: &&Field| field.system && field.key.as_deref().unwrap_or(&field.id) == key;
    let options = target
        .fields
        .iter()
        .filter(own)
        .flat_map(|field| &field.options);
    let found = options.clone().find(|option| option.value == value);
    found.map_or_else(|| value.to_owned(), |option| option.label.clone())
}

/// The topics of a project whose source was read.
pub async fn survey(
    project: &Project,
    values: &PlatformMapping,
    creates: Creates,
) -> Result<Vec<Topic>> {
    let sink = project.sink.as_ref().ok_or_else(|| {
        crate::connector::Error::config("there is no [target] in the configuration")
    })?;
    let target = sink.describe().await?;
    Ok(Seen::read(&project.ledger)?.topics(&target, values, creates))
}
