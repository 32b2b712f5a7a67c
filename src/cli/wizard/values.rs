//! What the choices of a custom field become: the value table of one rule.

use std::ops::ControlFlow::Break;

use super::answers::Answers;
use super::facts::{Choices, Confidence, Entry, Fact, Here, Row, Rule, Topic, Work};
use super::late::AUTO;
use super::machine::{Machine, Next, Turn};
use super::question::{Ask, Choice, Line, Question};
use crate::mapping::{document::unknown, option, same_choice};
use crate::schema::{Field, FieldOption};

/// What stands for "it is left out", as `on_unmapped` calls it.
pub const SKIP: &str = "skip";

/// What a rule in `mapping.toml` is, under the id of its table: one that
/// lists what its choices become …
pub const LISTED: &str = "listed";

/// … or one that does what no table says: it is somebody's own.
pub const OWN: &str = "own";

/// The id of the questions about a field's choices.
pub fn table_id(key: &str) -> String {
    format!("map.values.{key}")
}

/// What a choice becomes by itself, and how sure that is.
pub fn certain<'a>(
    there: &'a Field,
    choice: &FieldOption,
    count: u64,
) -> (Option<&'a str>, Confidence) {
    let Some(stored) = same_choice(there, choice) else {
        // Nobody has to decide about what nobody chose.
        return match count {
            0 => (None, Confidence::Sure),
            _ => (None, Confidence::None),
        };
    };
    let same = label(there, stored).trim().to_lowercase() == choice.label.trim().to_lowercase();
    match same {
        true => (Some(stored), Confidence::Sure),
        false => (Some(stored), Confidence::Likely),
    }
}

/// What people call what a field stores.
fn label<'a>(field: &'a Field, stored: &'a str) -> &'a str {
    let found = field.options.iter().find(|option| option.value == stored);
    found
        .map(|option| option.label.as_str())
        .filter(|label| !label.is_empty())
        .unwrap_or(stored)
}

/// What people call a choice.
fn named(choice: &FieldOption) -> &str {
    match choice.label.as_str() {
        "" => &choice.value,
        label => label,
    }
}

impl Machine {
    /// The choices of a field and the field of the target that they go to,
    /// where both have some.
    fn both<'a>(&self, topic: &'a Topic, row: &Row) -> Option<(&'a Here, &'a Field)> {
        let here = topic.choices.here.get(&row.key)?;
        let to = match self.becomes(topic, row) {
            AUTO => here.goes_to.as_deref()?,
            to => to,
        };
        if self.before.get(&table_id(&row.key)) == Some(OWN) {
            return None;
        }
        Some((here, topic.choices.there.get(to)?))
    }

    /// What somebody said about a choice: `auto`, `skip` or what is stored there.
    fn said(&self, row: &Row, choice: &FieldOption, there: &Field) -> Option<String> {
        let table = table_id(&row.key);
        let id = format!("{table}.{}", choice.value);
        let known = |answer: &str| match option(there, answer) {
            _ if answer == AUTO => Some(AUTO.to_owned()),
            Some(stored) => Some(stored.to_owned()),
            None => (answer == SKIP).then(|| SKIP.to_owned()),
        };
        if let Some(answer) = self.answers.get(&id).and_then(known) {
            return Some(answer);
        }
        // Case does not matter in a table.
        let prefix = format!("{table}.");
        let same = |name: &str| name.to_lowercase() == choice.value.to_lowercase();
        let mut listed = self.before.below(&prefix);
        match listed.find(|(name, _)| same(name)) {
            Some((_, answer)) => known(answer),
            // Whoever wrote a table without it left it out.
            None => (self.before.get(&table) == Some(LISTED)).then(|| SKIP.to_owned()),
        }
    }

    /// What is stored there for a choice, as things stand.
    fn stored(&self, row: &Row, choice: &FieldOption, count: u64, there: &Field) -> Option<String> {
        match self.said(row, choice, there).as_deref() {
            Some(SKIP) if option(there, SKIP).is_none() => None,
            Some(AUTO) | None => certain(there, choice, count).0.map(str::to_owned),
            Some(stored) => Some(stored.to_owned()),
        }
    }

    /// How many of the choices that somebody made have a place, when not all have.
    pub(super) fn places(&self, topic: &Topic, row: &Row) -> Option<String> {
        let (here, there) = self.both(topic, row)?;
        let used = here.values.iter().filter(|(_, count)| *count > 0);
        let placed = used
            .clone()
            .filter(|(choice, count)| self.stored(row, choice, *count, there).is_some());
        let (placed, used) = (placed.count(), used.count());
        (placed < used).then(|| {
            self.say(
                "wizard-values-placed",
                &[("placed", placed.into()), ("count", used.into())],
            )
        })
    }

    /// Whether somebody said what becomes of one of a field's choices.
    pub(super) fn chose_values(&self, row: &Row) -> bool {
        let prefix = format!("{}.", table_id(&row.key));
        self.answers.below(&prefix).next().is_some()
    }

    /// The table of the row that this question was about, when it has one.
    pub(super) fn table_after(&self, id: &str) -> Option<String> {
        let key = id.strip_prefix("map.fields.")?;
        let Some(Fact::Survey(topics)) = self.fact(Work::Survey) else {
            return None;
        };
        let topic = topics.iter().find(|topic| topic.id == "fields")?;
        let row = topic.rows.iter().find(|row| row.key == key)?;
        self.both(topic, row).map(|_| table_id(key))
    }

    /// The table or the choice that is being looked at.
    pub(super) fn values(&self, topic: &Topic) -> Next {
        let Some(editing) = self.editing.last() else {
            return Next::Continue(());
        };
        for row in &topic.rows {
            let table = table_id(&row.key);
            let Some(rest) = editing.strip_prefix(&table) else {
                continue;
            };
            let Some((here, there)) = self.both(topic, row) else {
                continue;
            };
            if rest.is_empty() {
                return Break(Turn::Ask(self.table(row, here, there)));
            }
            let mut values = here.values.iter();
            let chosen = |(choice, _): &&(FieldOption, u64)| {
                rest.strip_prefix('.') == Some(choice.value.as_str())
            };
            if let Some((choice, count)) = values.find(chosen) {
                return Break(Turn::Ask(self.choice(row, choice, *count, there)));
            }
        }
        Next::Continue(())
    }

    /// All choices of a field.
    fn table(&self, row: &Row, here: &Here, there: &Field) -> Question {
        let id = table_id(&row.key);
        let mut lines: Vec<_> = here
            .values
            .iter()
            .map(|(choice, count)| {
                let name = named(choice);
                let stored = self.stored(row, choice, *count, there);
                let becomes = match stored.as_deref().map(|stored| label(there, stored)) {
                    Some(label) if label == name => self.texts.get("wizard-same"),
                    Some(label) => label.to_owned(),
                    None => self.texts.get("wizard-nothing"),
                };
                let confidence = certain(there, choice, *count).1;
                let (sure, order) = match (self.said(row, choice, there), confidence) {
                    (Some(said), _) if said != AUTO => ("wizard-sure-chosen", Confidence::Sure),
                    (_, Confidence::Sure) => ("wizard-sure", confidence),
                    (_, Confidence::Likely) => ("wizard-likely", confidence),
                    (_, Confidence::None) => ("wizard-unsure", confidence),
                };
                let count_text = self.texts.number(*count);
                let line = Line {
                    key: choice.value.clone(),
                    label: format!(
                        "{name} ({count_text}) -> {becomes} [{}]",
                        self.texts.get(sure)
                    ),
                };
                // Lines stay where they are while they are changed.
                ((confidence, std::cmp::Reverse(*count)), order, line)
            })
            .collect();
        lines.sort_by_key(|(order, ..)| *order);
        let open = lines
            .iter()
            .filter(|(_, order, _)| *order == Confidence::None)
            .count();
        let lines = lines.into_iter().map(|(.., line)| line).collect();
        let mut question = self.question(
            &id,
            5,
            &self.texts.get("wizard-rows-ask"),
            &self.texts.get("wizard-values-help"),
            Ask::Rows(lines),
        );
        let values = [
            ("name", row.label.clone().into()),
            ("target", there.label.clone().into()),
        ];
        question.about = vec![self.say("wizard-map-values", &values)];
        if open > 0 {
            let open = [("count", open.into())];
            question.about.push(self.say("wizard-values-open", &open));
        }
        question
    }

    /// One choice of a field.
    fn choice(&self, row: &Row, choice: &FieldOption, count: u64, there: &Field) -> Question {
        let by_itself = match certain(there, choice, count).0 {
            Some(stored) => label(there, stored).to_owned(),
            None => self.texts.get("wizard-nothing"),
        };
        let what = [("what", by_itself.into())];
        let mut choices = vec![Choice::new(AUTO, self.say("wizard-by-itself", &what))];
        if option(there, SKIP).is_none() {
            choices.push(Choice::new(SKIP, self.texts.get("wizard-values-skip")));
        }
        let options = there.options.iter();
        choices.extend(options.map(|option| Choice::new(&option.value, named(option))));
        let mut question = self.question(
            &format!("{}.{}", table_id(&row.key), choice.value),
            5,
            &self.say("wizard-row-ask", &[("name", named(choice).into())]),
            &self.texts.get("wizard-row-help"),
            Ask::One(choices),
        );
        let said = self.said(row, choice, there);
        question.default = Some(said.unwrap_or_else(|| AUTO.to_owned()));
        question
    }

    /// What was decided about each row of the mapping.
    pub fn rules(&self) -> Vec<Rule> {
        let Some(Fact::Survey(topics)) = self.fact(Work::Survey) else {
            return Vec::new();
        };
        let mut rules = Vec::new();
        for topic in topics {
            for row in &topic.rows {
                let value = self.becomes(topic, row);
                let id = format!("map.{}.{}", topic.id, row.key);
                let mut rule = Rule {
                    topic: topic.id,
                    row: row.clone(),
                    to: (value != AUTO).then(|| value.to_owned()),
                    given_up: self.answers.get(&id) == Some(AUTO),
                    values: None,
                };
                self.fill(topic, &mut rule);
                rules.push(rule);
            }
        }
        rules
    }

    /// Gives a rule its table, where it takes one.
    fn fill(&self, topic: &Topic, rule: &mut Rule) {
        let Some((here, there)) = self.both(topic, &rule.row) else {
            return;
        };
        let mut needed = self.before.get(&table_id(&rule.row.key)) == Some(LISTED);
        let mut entries = Vec::new();
        for (choice, count) in &here.values {
            let to = self.stored(&rule.row, choice, *count, there);
            // A rule finds choices by what is stored alone.
            let found = match &rule.to {
                Some(_) => option(there, &choice.value),
                None => same_choice(there, choice),
            };
            needed |= to.as_deref() != found;
            entries.push(Entry {
                from: choice.value.clone(),
                label: match &to {
                    Some(stored) => format!("{} -> {}", named(choice), label(there, stored)),
                    None => named(choice).to_owned(),
                },
                to,
                count: *count,
            });
        }
        if needed {
            rule.to = rule.to.take().or_else(|| here.goes_to.clone());
            rule.values = Some(entries);
        }
    }

    /// What an answers file says about choices that no field has.
    pub(super) fn wrong_values(&self, topics: &[Topic]) -> Vec<String> {
        let empty = Choices::default();
        let topic = topics.iter().find(|topic| topic.id == "fields");
        let here = &topic.map_or(&empty, |topic| &topic.choices).here;
        let mut mistakes = Vec::new();
        for (id, answer) in self.answers.below("map.values.") {
            // Names may have dots: the longest that fits is meant.
            let fits = here.keys().filter(|key| {
                id.strip_prefix(key.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
            });
            let (Some(topic), Some(key)) = (topic, fits.max_by_key(|key| key.len())) else {
                let fields = here.keys().map(String::as_str);
                let field = id.rsplit_once('.').map_or(id, |(field, _)| field);
                let what = unknown("field with choices", "", field, fields);
                mistakes.push(format!("[map.values]: {what}"));
                continue;
            };
            let place = format!("[map.values.{key}]");
            let Some(row) = topic.rows.iter().find(|row| row.key == *key) else {
                continue;
            };
            let Some((here, there)) = self.both(topic, row) else {
                mistakes.push(match self.before.get(&table_id(key)) {
                    Some(OWN) => format!("{place}: mapping.toml has a rule for this field that does more than a table; change it there"),
                    _ => format!("{place}: this field does not go to one with choices; say which with `{key}` under [map.fields]"),
                });
                continue;
            };
            let value = &id[key.len() + 1..];
            if !here.values.iter().any(|(choice, _)| choice.value == value) {
                let known = here.values.iter().map(|(choice, _)| choice.value.as_str());
                let what = unknown("value", "", value, known);
                mistakes.push(format!("{place}: {what}"));
            } else if ![AUTO, SKIP].contains(&answer) && option(there, answer).is_none() {
                let known = there.options.iter().map(|option| option.value.as_str());
                let known = known.chain([AUTO, SKIP]);
                let what = unknown("value", &format!(" for `{value}`"), answer, known);
                mistakes.push(format!("{place}: {what}"));
            }
        }
        mistakes
    }
}

/// What the table of a rule answers: the choices of its field.
pub fn of_rule(rule: &toml::Value, from: &str, answers: &mut Answers) {
    let simple = ["from", "to", "table", "on_unmapped"];
    let mut keys = rule.as_table().into_iter().flatten().map(|(key, _)| key);
    let table = rule.get("table");
    let more = keys.any(|key| !simple.contains(&key.as_str()));
    if more || table.is_some_and(|table| !table.is_table()) {
        answers.set(table_id(from), OWN);
        return;
    }
    let Some(entries) = table.and_then(toml::Value::as_table) else {
        return;
    };
    answers.set(table_id(from), LISTED);
    for (value, to) in entries {
        if let Some(to) = super::answers::scalar(to) {
            answers.set(format!("{}.{value}", table_id(from)), to);
        }
    }
}
