//! What the choices of a custom field become: the value table of one rule.

use std::ops::ControlFlow::Break;

use super::facts::{Choices, Confidence, Entry, Fact, Here, Row, Rule, Topic, Work};
use super::late::{AUTO, Becomes};
use super::machine::{Machine, Next, Turn};
use super::question::{Ask, Choice, Line, Question};
use super::written::Ruled;
use crate::mapping::{document::unknown, option, same_choice};
use crate::schema::{Field, FieldOption};

/// What stands for "it is left out", as `on_unmapped` calls it.
pub const SKIP: &str = "skip";

/// A field with choices, and the field of the target that they go to.
#[derive(Clone, Copy)]
struct Sides<'a> {
    row: &'a Row,
    here: &'a Here,
    there: &'a Field,
    /// The rule that sends them there already.
    ruled: Option<&'a Ruled>,
}

/// What somebody said just now about a choice.
#[derive(Clone, Copy, PartialEq)]
enum Said<'a> {
    ByItself,
    LeftOut,
    Stored(&'a str),
}

/// What a choice becomes, as things stand.
struct Outcome<'a> {
    /// What is stored there.
    stored: Option<&'a str>,
    /// What `mapping.toml` says, if that is nothing that can be stored there.
    wrong: Option<&'a str>,
    /// How sure that is; `None` when somebody chose it.
    sure: Option<Confidence>,
}

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
    fn sides<'a>(&'a self, topic: &'a Topic, row: &'a Row) -> Option<Sides<'a>> {
        let here = topic.choices.here.get(&row.key)?;
        let ruled = row.ruled.as_ref();
        if ruled.is_some_and(|ruled| ruled.own) {
            return None;
        }
        let (to, ruled) = match self.becomes(topic, row) {
            Becomes::ByItself => (here.goes_to.as_deref()?, None),
            Becomes::Target(to) => {
                let same = |ruled: &&Ruled| ruled.to.as_deref() == Some(to);
                (to, ruled.filter(same))
            }
            Becomes::Written(_) => return None,
        };
        let there = topic.choices.there.get(to)?;
        Some(Sides {
            row,
            here,
            there,
            ruled,
        })
    }

    /// What was answered about a choice.
    fn said<'a>(&self, sides: Sides<'a>, choice: &FieldOption) -> Option<Said<'a>> {
        let id = format!("{}.{}", table_id(&sides.row.key), choice.value);
        let answer = self.answers.get(&id)?;
        match (option(sides.there, answer), answer) {
            // What is stored there may be called like a word that means something here.
            (Some(stored), _) => Some(Said::Stored(stored)),
            (None, AUTO) => Some(Said::ByItself),
            (None, SKIP) => Some(Said::LeftOut),
            _ => None,
        }
    }

    /// What a choice becomes: as was answered, else as `mapping.toml` says,
    /// else by itself.
    fn outcome<'a>(&self, sides: Sides<'a>, choice: &FieldOption, count: u64) -> Outcome<'a> {
        let made = |stored, sure| Outcome {
            stored,
            wrong: None,
            sure,
        };
        let ruled = match (self.said(sides, choice), sides.ruled) {
            (Some(Said::LeftOut), _) => return made(None, None),
            (Some(Said::Stored(stored)), _) => return made(Some(stored), None),
            (None, Some(ruled)) => ruled,
            (Some(Said::ByItself), _) | (None, None) => {
                let (stored, sure) = certain(sides.there, choice, count);
                return made(stored, Some(sure));
            }
        };
        match (ruled.entry(choice), &ruled.table) {
            (Some(entry), _) => match option(sides.there, entry) {
                Some(stored) => made(Some(stored), None),
                None => Outcome {
                    wrong: Some(entry),
                    ..made(None, Some(Confidence::None))
                },
            },
            // Without a table a rule finds choices by what is stored alone.
            (None, None) if option(sides.there, &choice.value).is_some() => {
                let (_, sure) = certain(sides.there, choice, count);
                made(option(sides.there, &choice.value), Some(sure))
            }
            (None, _) if ruled.skips => made(None, None),
            // Such a rule is refused, whether anybody chose it or not.
            (None, _) => made(None, Some(Confidence::None)),
        }
    }

    /// How many of the choices that somebody made have a place, when not all have.
    pub(super) fn places(&self, topic: &Topic, row: &Row) -> Option<String> {
        let sides = self.sides(topic, row)?;
        let used = sides.here.values.iter().filter(|(_, count)| *count > 0);
        let placed = used
            .clone()
            .filter(|(choice, count)| self.outcome(sides, choice, *count).stored.is_some());
        let (placed, used) = (placed.count(), used.count());
        (placed < used).then(|| {
            self.say(
                "wizard-values-placed",
                &[("placed", placed.into()), ("count", used.into())],
            )
        })
    }

    /// Whether somebody said what becomes of one of a field's choices.
    pub(super) fn chose_values(&self, topic: &Topic, row: &Row) -> bool {
        if topic.id != "fields" {
            return false;
        }
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
        self.sides(topic, row).map(|_| table_id(key))
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
            let Some(sides) = self.sides(topic, row) else {
                continue;
            };
            if rest.is_empty() {
                return Break(Turn::Ask(self.table(sides)));
            }
            let mut values = sides.here.values.iter();
            let chosen = |(choice, _): &&(FieldOption, u64)| {
                rest.strip_prefix('.') == Some(choice.value.as_str())
            };
            if let Some((choice, count)) = values.find(chosen) {
                return Break(Turn::Ask(self.choice(sides, choice, *count)));
            }
        }
        Next::Continue(())
    }

    /// All choices of a field.
    fn table(&self, sides: Sides<'_>) -> Question {
        let Sides {
            row, here, there, ..
        } = sides;
        let id = table_id(&row.key);
        let mut lines: Vec<_> = here
            .values
            .iter()
            .map(|(choice, count)| {
                let name = named(choice);
                let outcome = self.outcome(sides, choice, *count);
                let becomes = match outcome.stored.map(|stored| label(there, stored)) {
                    Some(label) if label == name => self.texts.get("wizard-same"),
                    Some(label) => label.to_owned(),
                    None => match outcome.wrong {
                        Some(wrong) => wrong.to_owned(),
                        None => self.texts.get("wizard-nothing"),
                    },
                };
                let sure = match outcome.sure {
                    None => "wizard-sure-chosen",
                    Some(Confidence::Sure) => "wizard-sure",
                    Some(Confidence::Likely) => "wizard-likely",
                    Some(Confidence::None) => "wizard-unsure",
                };
                let order = outcome.sure.unwrap_or(Confidence::Sure);
                let confidence = certain(there, choice, *count).1;
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
    fn choice(&self, sides: Sides<'_>, choice: &FieldOption, count: u64) -> Question {
        let Sides { row, there, .. } = sides;
        let by_itself = match certain(there, choice, count).0 {
            Some(stored) => label(there, stored).to_owned(),
            None => self.texts.get("wizard-nothing"),
        };
        let outcome = self.outcome(sides, choice, count);
        let mut choices = Vec::new();
        if let Some(wrong) = outcome.wrong {
            choices.push(Choice::new(wrong, wrong));
        }
        if option(there, AUTO).is_none() {
            let what = [("what", by_itself.into())];
            choices.push(Choice::new(AUTO, self.say("wizard-by-itself", &what)));
        }
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
        let default = match (outcome.wrong, outcome.sure, outcome.stored) {
            (Some(wrong), ..) => wrong,
            (_, None, Some(stored)) => stored,
            (_, None, None) => SKIP,
            (_, Some(_), Some(stored)) if option(there, AUTO).is_some() => stored,
            (_, Some(_), _) => AUTO,
        };
        question.default = Some(default.to_owned());
        question
    }

    /// What was decided about the rows of the mapping: what `mapping.toml`
    /// says already stays as it is until somebody answers otherwise.
    pub fn rules(&self) -> Vec<Rule> {
        let Some(Fact::Survey(topics)) = self.fact(Work::Survey) else {
            return Vec::new();
        };
        let mut rules = Vec::new();
        for topic in topics {
            let answered = |row: &&Row| {
                let id = format!("map.{}.{}", topic.id, row.key);
                self.answers.get(&id).is_some()
            };
            // What nobody uses is not asked about; what is said of it counts.
            for row in topic
                .rows
                .iter()
                .chain(topic.unused.iter().filter(answered))
            {
                let id = format!("map.{}.{}", topic.id, row.key);
                let answered = self.answers.get(&id).is_some() || self.chose_values(topic, row);
                let to = match (self.becomes(topic, row), &row.ruled) {
                    (Becomes::Written(_), _) => continue,
                    (_, Some(ruled)) if ruled.own || !answered => continue,
                    (Becomes::Target(to), _) => Some(to.to_owned()),
                    (Becomes::ByItself, _) => None,
                };
                let mut rule = Rule {
                    topic: topic.id,
                    row: row.clone(),
                    given_up: to.is_none() && self.answers.get(&id).is_some(),
                    to,
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
        let Some(sides) = self.sides(topic, &rule.row) else {
            return;
        };
        let table = sides.ruled.and_then(|ruled| ruled.table.as_ref());
        let (mut spoken, mut differs) = (false, false);
        let mut entries = Vec::new();
        for (choice, count) in &sides.here.values {
            let outcome = self.outcome(sides, choice, *count);
            let to = outcome.stored;
            // A rule finds choices by what is stored alone.
            let found = match &rule.to {
                Some(_) => option(sides.there, &choice.value),
                None => same_choice(sides.there, choice),
            };
            differs |= to != found;
            let said = self.said(sides, choice);
            spoken |= said.is_some();
            entries.push(Entry {
                from: choice.value.clone(),
                label: match to {
                    Some(stored) => format!("{} -> {}", named(choice), label(sides.there, stored)),
                    None => named(choice).to_owned(),
                },
                to: to.or(outcome.wrong).map(str::to_owned),
                count: *count,
                // A new table is made whole.
                said: said.is_some() || table.is_none(),
                skipped: said == Some(Said::LeftOut),
            });
        }
        let needed = match sides.ruled {
            None => differs,
            Some(_) => table.is_some() || spoken,
        };
        let goes_to = sides.here.goes_to.clone();
        if needed {
            rule.to = rule.to.take().or(goes_to);
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
            let Some(Sides { here, there, .. }) = self.sides(topic, row) else {
                let own = row.ruled.as_ref().is_some_and(|ruled| ruled.own);
                mistakes.push(match own {
                    true => format!("{place}: mapping.toml has a rule for this field that does more than a table; change it there"),
                    false => format!("{place}: this field does not go to one with choices; say which with `{key}` under [map.fields]"),
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
