//! What `mapping.toml` says already: read before the first question, laid to
//! the rows that it is about, and changed by answers alone.

use super::answers::{Answers, scalar};
use super::facts::{Row, Topic};
use crate::mapping::find_fields;
use crate::schema::{Field, FieldOption, Kind};

/// What a rule may have to be changed here: any more makes it somebody's own.
pub const SIMPLE: [&str; 5] = ["from", "to", "on", "on_unmapped", "table"];

/// One of the `[[fields]]` about conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    from: String,
    to: Option<String>,
    own: bool,
    skips: bool,
    table: Option<Vec<(String, String)>>,
}

/// What `mapping.toml` says about a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruled {
    /// What it calls the row.
    pub from: String,
    /// What the row becomes, in its own words.
    pub says: String,
    /// The topic's target that is meant by that, where it is one of them.
    pub to: Option<String>,
    /// Only a person can change it: it does more than a table does.
    pub own: bool,
    /// What its table lacks is left out.
    pub skips: bool,
    /// What it says about choices.
    pub table: Option<Vec<(String, String)>>,
}

impl Ruled {
    /// What its table says about a choice.
    pub fn entry(&self, choice: &FieldOption) -> Option<&str> {
        // Case does not matter in a table.
        let value = choice.value.trim().to_lowercase();
        let mut entries = self.table.iter().flatten();
        let found = entries.find(|(from, _)| from.to_lowercase() == value);
        found.map(|(_, to)| to.as_str())
    }
}

/// The rules about fields of conversations.
pub fn rules(mapping: &toml::Table) -> Vec<Written> {
    let rules = mapping.get("fields").and_then(toml::Value::as_array);
    let rules = rules
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table);
    rules.filter_map(written).collect()
}

fn written(rule: &toml::Table) -> Option<Written> {
    let text = |key: &str| rule.get(key).and_then(toml::Value::as_str);
    if text("on").is_some_and(|on| on != Kind::Conversation.name()) {
        return None;
    }
    let entries = rule.get("table").map(|table| {
        let entries = table.as_table()?.iter();
        let entry = |(from, to): (&String, &toml::Value)| match to {
            toml::Value::Array(_) => None,
            to => Some((from.clone(), scalar(to)?)),
        };
        entries.map(entry).collect::<Option<Vec<_>>>()
    });
    let simple = rule.keys().all(|key| SIMPLE.contains(&key.as_str()));
    Some(Written {
        from: text("from")?.to_owned(),
        to: text("to").map(str::to_owned),
        own: !simple || entries == Some(None),
        skips: text("on_unmapped") == Some("skip"),
        table: entries.flatten(),
    })
}

/// Lays what is written to the rows of each topic.
pub fn find(topics: &mut [Topic], before: &Answers, rules: &[Written]) {
    for topic in topics {
        if topic.id == "fields" {
            for rule in rules {
                field(topic, rule);
            }
            continue;
        }
        for (from, to) in before.below(&format!("map.{}.", topic.id)) {
            let name = from.trim().to_lowercase();
            let by_id = |row: &Row| !row.id.is_empty() && row.id == from;
            let by_name = |row: &Row| row.key.trim().to_lowercase() == name;
            let at = topic.all().position(by_id);
            let at = at.or_else(|| topic.all().position(by_name));
            let meant = to.trim().to_lowercase();
            let mut targets = topic.targets.iter().map(|(value, _)| value);
            let target = targets.find(|value| value.trim().to_lowercase() == meant);
            let ruled = Ruled {
                from: from.to_owned(),
                says: to.to_owned(),
                to: target.cloned(),
                ..Ruled::default()
            };
            let mut rows = topic.rows.iter_mut().chain(&mut topic.unused);
            if let Some(row) = at.and_then(|at| rows.nth(at)) {
                row.ruled = Some(ruled);
            }
        }
    }
}

/// Lays a rule to the row of its field; names mean what they mean in a run.
fn field(topic: &mut Topic, rule: &Written) {
    let one = |fields: &[Field], name: &str| match find_fields(fields, Kind::Conversation, name)[..]
    {
        [one] => Some((one.id.clone(), one.key.clone().unwrap_or(one.id.clone()))),
        _ => None,
    };
    let Some((id, _)) = one(&topic.choices.source, &rule.from) else {
        return;
    };
    let Some(row) = topic.rows.iter_mut().find(|row| row.id == id) else {
        return;
    };
    let says = rule.to.clone().unwrap_or_default();
    if let Some(other) = &mut row.ruled {
        // One field that becomes several.
        *other = Ruled {
            from: other.from.clone(),
            says: format!("{}, {says}", other.says),
            own: true,
            ..Ruled::default()
        };
        return;
    }
    let meant = one(&topic.choices.target, &says);
    let known = |key: &String| topic.targets.iter().any(|(value, _)| value == key);
    row.ruled = Some(Ruled {
        from: rule.from.clone(),
        to: meant.map(|(_, key)| key).filter(known),
        own: rule.own || rule.to.is_none() || says.starts_with("record."),
        says,
        skips: rule.skips,
        table: rule.table.clone(),
    });
}
