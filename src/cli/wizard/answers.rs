//! Answers by the name of their question: from a file, from an earlier session,
//! and from a configuration that is there already.

use std::collections::BTreeMap;

use super::known::TABLES;
use crate::connector::{Error, Result};

/// Answers by the id of their question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, String>);

impl Answers {
    /// The answer to a question.
    pub fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// Sets an answer.
    pub fn set(&mut self, id: impl Into<String>, answer: impl Into<String>) {
        self.0.insert(id.into(), answer.into());
    }

    /// Takes an answer back.
    pub fn take(&mut self, id: &str) -> Option<String> {
        self.0.remove(id)
    }

    /// Keeps only the answers to these questions.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| keep(id));
    }

    /// Only what no question may ask for: further options of desks, and rows of the mapping.
    pub fn options_only(mut self) -> Answers {
        let kept = |id: &str| {
            id.starts_with("source.")
                || id.starts_with("target.")
                || id == "attachments.too_large"
                || id
                    .strip_prefix("map.")
                    .is_some_and(|rest| rest.contains('.'))
        };
        self.retain(kept);
        self.retain(|id| !id.ends_with(".connector"));
        self
    }

    /// All answers whose id begins so, without the beginning.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(id, answer)| {
            let rest = id.strip_prefix(prefix)?;
            Some((rest, answer.as_str()))
        })
    }

    /// Ids in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What depends on answers with these beginnings is still right as long as this is the same.
    pub fn print(&self, prefixes: &[&str]) -> String {
        let mut text = String::new();
        for (id, answer) in &self.0 {
            if prefixes.iter().any(|prefix| id.starts_with(prefix)) {
                text.push_str(&format!("{id}={answer}\n"));
            }
        }
        text
    }

    /// Reads an answers file: tables name parts of ids (`[source]`,
    /// `connector = "zendesk"` is `source.connector`), lists are joined.
    ///
    /// # Errors
    /// When it is no TOML, or a secret stands in it.
    pub fn parse(name: &str, text: &str) -> Result<Answers> {
        let table: toml::Table = text
            .parse()
            .map_err(|cause| Error::config(format!("{name}: {cause}")))?;
        let mut answers = Answers::default();
        flatten("", &table, &mut answers);
        Ok(answers)
    }

    /// The answers as a file, which [`Answers::parse`] reads.
    pub fn to_text(&self) -> String {
        let table: toml::Table = self
            .0
            .iter()
            .map(|(id, answer)| (id.clone(), toml::Value::String(answer.clone())))
            .collect();
        table.to_string()
    }

    /// What a `deskferry.toml` answers.
    pub fn of_configuration(table: &toml::Table) -> Answers {
        let mut found = Answers::default();
        flatten("", table, &mut found);
        let mut answers = Answers::default();
        for (id, answer) in found.0 {
            let (section, key) = id.split_once('.').unwrap_or((&id, ""));
            match (section, key) {
                ("source" | "target", "share" | "hours") => answers.set(key, answer),
                ("target", "allow_mail") if answer == "true" => answers.set("mail", "allow"),
                ("source" | "target", "allow_mail") => {}
                ("source" | "target" | "scope" | "attachments", _) => answers.set(id, answer),
                _ => {}
            }
        }
        answers
    }

    /// What a `mapping.toml` answers, but for its `[[fields]]`.
    pub fn of_mapping(table: &toml::Table) -> Answers {
        let mut answers = Answers::default();
        for &topic in TABLES {
            let entries = table.get(topic).and_then(toml::Value::as_table);
            for (from, to) in entries.into_iter().flatten() {
                if let Some(to) = to.as_str() {
                    answers.set(format!("map.{topic}.{from}"), to);
                }
            }
        }
        if let Some(country) = table.get("country").and_then(toml::Value::as_str) {
            answers.set("people.country", country);
        }
        let people = table.get("people").and_then(toml::Value::as_table);
        if let Some(merge) = people
            .and_then(|p| p.get("merge"))
            .and_then(toml::Value::as_str)
        {
            answers.set("people.merge", merge);
        }
        let filters = table.get("filters").and_then(toml::Value::as_table);
        for key in ["status", "groups"] {
            let list = filters.and_then(|f| f.get(key));
            if let Some(list) = list.and_then(scalar) {
                answers.set(format!("filter.{key}"), list);
            }
        }
        answers
    }

    /// With these beneath: what is answered here wins.
    pub fn over(mut self, below: Answers) -> Answers {
        for (id, answer) in below.0 {
            self.0.entry(id).or_insert(answer);
        }
        self
    }
}

fn flatten(prefix: &str, table: &toml::Table, answers: &mut Answers) {
    for (key, value) in table {
        let id = match prefix {
            "" => key.clone(),
            prefix => format!("{prefix}.{key}"),
        };
        match value {
            toml::Value::Table(inner) => match reference(inner) {
                Some(reference) => answers.set(id, reference),
                None => flatten(&id, inner, answers),
            },
            other => {
                if let Some(text) = scalar(other) {
                    answers.set(id, text);
                }
            }
        }
    }
}

/// `{ env = "NAME" }` as `env:NAME`.
fn reference(table: &toml::Table) -> Option<String> {
    let (key, value) = table.iter().next().filter(|_| table.len() == 1)?;
    let known = ["env", "file", "keyring"].contains(&key.as_str());
    value
        .as_str()
        .filter(|_| known)
        .map(|name| format!("{key}:{name}"))
}

pub(super) fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(true) => Some("true".into()),
        toml::Value::Boolean(false) => Some("false".into()),
        toml::Value::Datetime(date) => Some(date.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(scalar).collect();
            Some(items?.join(","))
        }
        toml::Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_lists_and_references_are_flat_answers() {
        let text = "run = 'later'\n[source]\nconnector = 'zendesk'\nclient_secret = { env = 'S' }\n[scope]\nrecords = ['contacts', 'articles']\n[map.status]\n'Waiting v1.2' = 'on_hold'\n";
        let answers = Answers::parse("answers.toml", text).unwrap();
        assert_eq!(answers.get("source.client_secret"), Some("env:S"));
        assert_eq!(answers.get("scope.records"), Some("contacts,articles"));
        assert_eq!(answers.get("map.status.Waiting v1.2"), Some("on_hold"));
        assert_eq!(Answers::parse("x", &answers.to_text()).unwrap(), answers);
    }

    #[test]
    fn a_project_that_is_there_is_the_starting_point() {
        let config = "[source]\nconnector = 'zendesk'\nshare = 0.5\n[target]\nconnector = 'freshdesk'\nallow_mail = true\n[sync]\ndeleted = 'tag'\n";
        let answers = Answers::of_configuration(&config.parse().unwrap());
        assert_eq!(answers.get("share"), Some("0.5"));
        assert_eq!(answers.get("mail"), Some("allow"));
        assert_eq!(answers.get("sync.deleted"), None);
        let mapping = "country = 'BR'\n[agents]\ndefault = 'ada@example.com'\n";
        let answers = Answers::of_mapping(&mapping.parse().unwrap());
        assert_eq!(answers.get("map.agents.default"), Some("ada@example.com"));
        assert_eq!(answers.get("people.country"), Some("BR"));
    }
}
