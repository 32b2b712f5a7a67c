//! `deskferry.toml` and `mapping.toml`, made from answers or changed by them:
//! whatever else stands in them, comments too, stays.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use super::answers::Answers;
use super::facts::{Row, Rule};
use super::known::TABLES;
use super::rules;
use crate::connector::{self, Error, Result};
use crate::lang::Texts;

/// The name of the mapping beside the configuration.
pub const MAPPING: &str = "mapping.toml";

/// Rows that go by themselves and are named in a comment.
const NAMED: usize = 40;

/// The configuration with these answers.
///
/// # Errors
/// When what is there is no TOML.
pub fn configuration(there: Option<&str>, answers: &Answers, texts: &Texts) -> Result<String> {
    let mut document = parse("deskferry.toml", there)?;
    let fresh = there.is_none();
    for side in ["source", "target"] {
        let Some(name) = answers.get(&format!("{side}.connector")) else {
            continue;
        };
        let Some(connector) = connector::find(name) else {
            continue;
        };
        let schema = (connector.options_schema)();
        let table = section(&mut document, side)?;
        let own = |key: &str| !["connector", "share", "hours", "allow_mail"].contains(&key);
        let stale: Vec<String> = table
            .iter()
            .map(|(key, _)| key.to_owned())
            .filter(|key| own(key) && schema["properties"].get(key).is_none())
            .collect();
        // Options of another platform that stood here before.
        for key in stale {
            table.remove(&key);
        }
        set(table, "connector", name.into(), None);
        let prefix = format!("{side}.");
        for (option, answer) in answers.below(&prefix) {
            if option == "connector" {
                continue;
            }
            let property = &schema["properties"][option];
            let about = property["description"]
                .as_str()
                .map(|text| text.replace('\n', " "));
            let known = property.as_object().is_some();
            let value = typed(property, answer);
            set(table, option, value, about.filter(|_| known && fresh));
        }
        // Another way to sign in that stood here before.
        for way in connector.asking.ways {
            let used = |option: &&str| answers.get(&format!("{side}.{option}")).is_some();
            if way.options.iter().any(used) {
                continue;
            }
            for option in way.options {
                table.remove(option);
            }
        }
        if let Some(share) = answers
            .get("share")
            .and_then(|share| share.parse::<f64>().ok())
        {
            let about = fresh.then(|| texts.get("wizard-file-share"));
            set(table, "share", share.into(), about);
        }
        match answers.get("hours") {
            Some("") => drop(table.remove("hours")),
            Some(hours) => {
                let about = fresh.then(|| texts.get("wizard-file-hours"));
                set(table, "hours", hours.into(), about);
            }
            None => {}
        }
        if side == "target" {
            match answers.get("mail") {
                Some("allow") => {
                    let about = Some(texts.get("wizard-file-mail"));
                    set(table, "allow_mail", true.into(), about);
                }
                _ => drop(table.remove("allow_mail")),
            }
        }
    }
    let records = answers.get("scope.records").unwrap_or_default();
    let since = answers.get("scope.since").unwrap_or_default();
    let order = answers
        .get("scope.order")
        .filter(|order| *order != "source");
    let narrowed = !records.is_empty() || !since.is_empty() || order.is_some();
    if narrowed || document.contains_key("scope") {
        let scope = section(&mut document, "scope")?;
        match records {
            "" => drop(scope.remove("records")),
            records => {
                let about = Some(texts.get("wizard-file-records"));
                set(scope, "records", list(records), about.filter(|_| fresh));
            }
        }
        match since {
            "" => drop(scope.remove("since")),
            since => {
                let about = Some(texts.get("wizard-file-since"));
                set(scope, "since", since.into(), about.filter(|_| fresh));
            }
        }
        match order {
            None => drop(scope.remove("order")),
            Some(order) => {
                let about = fresh.then(|| texts.get("wizard-file-order"));
                set(scope, "order", order.into(), about);
            }
        }
    }
    if let Some(policy) = answers.get("attachments.policy") {
        let table = section(&mut document, "attachments")?;
        let about = fresh.then(|| texts.get("wizard-file-attachments"));
        set(table, "policy", policy.into(), about);
        if let Some(large) = answers.get("attachments.too_large") {
            set(table, "too_large", large.into(), None);
        }
    }
    let mapping = section(&mut document, "mapping")?;
    if !mapping.contains_key("file") {
        set(mapping, "file", MAPPING.into(), None);
    }
    let text = document.to_string();
    Ok(match fresh {
        true => format!("{}\n{text}", comment(&texts.get("wizard-file-config"))),
        false => text,
    })
}

/// The mapping with these answers and rules.
///
/// # Errors
/// When what is there is no TOML.
pub fn mapping(
    there: Option<&str>,
    answers: &Answers,
    rules: &[Rule],
    texts: &Texts,
) -> Result<String> {
    // Comments alone hang on nothing and would end up behind everything.
    let head = there.filter(|text| !text.trim().is_empty());
    let mut document = parse(MAPPING, head)?;
    let there = head.filter(|_| !document.is_empty());
    if there.is_none() {
        document = DocumentMut::new();
    }
    // Keys of the root have to stand before the first table.
    match answers.get("people.country") {
        Some("") => drop(document.remove("country")),
        Some(country) => {
            let about = there.is_none().then(|| texts.get("wizard-file-country"));
            set(document.as_table_mut(), "country", country.into(), about);
        }
        None => {}
    }
    if let Some(merge) = answers.get("people.merge") {
        let table = section(&mut document, "people")?;
        let about = there.is_none().then(|| texts.get("wizard-file-merge"));
        set(table, "merge", merge.into(), about);
    }
    let all = answers.get("filter") == Some("all");
    for key in ["status", "groups"] {
        let chosen = answers.get(&format!("filter.{key}")).unwrap_or_default();
        match (all || chosen.is_empty(), answers.get("filter").is_some()) {
            (true, true) => {
                if let Some(filters) = document.get_mut("filters").and_then(Item::as_table_mut) {
                    filters.remove(key);
                }
            }
            (false, _) => {
                let filters = section(&mut document, "filters")?;
                set(filters, key, list(chosen), None);
            }
            (true, false) => {}
        }
    }
    for &topic in TABLES {
        let rows = || rules.iter().filter(|rule| rule.topic == topic);
        if rows().next().is_none() {
            continue;
        }
        let by_itself: Vec<&Row> = rows()
            .filter(|rule| rule.to.is_none())
            .map(|rule| &rule.row)
            .collect();
        let ruled = rows().any(|rule| rule.to.is_some());
        let is_new = !document.contains_key(topic);
        if !ruled && is_new && by_itself.iter().all(|row| row.by_itself.is_none()) {
            continue;
        }
        let table = section(&mut document, topic)?;
        for row in &by_itself {
            table.remove(row.name());
        }
        for Rule { row, to, .. } in rows() {
            if let Some(to) = to {
                let about = texts.say("wizard-file-row", &[("count", row.count.into())]);
                set(table, row.name(), to.as_str().into(), Some(about));
            }
        }
        if is_new {
            let mut text = String::from("\n");
            text.push_str(&comment(&texts.get("wizard-file-by-itself")));
            for row in by_itself.iter().take(NAMED) {
                if let Some(becomes) = &row.by_itself {
                    let line = format!("{} ({}) = {becomes}", row.label, texts.number(row.count));
                    text.push_str(&comment(&line));
                }
            }
            if by_itself.iter().any(|row| row.by_itself.is_some()) {
                table.decor_mut().set_prefix(text);
            }
        }
    }
    rules::write(&mut document, rules, texts)?;
    let text = document.to_string();
    Ok(match there {
        None => {
            let made = comment(&texts.get("wizard-file-mapping"));
            format!(
                "{}\n\n{}",
                head.unwrap_or(&made).trim_end(),
                text.trim_start()
            )
        }
        Some(_) => text,
    })
}

fn parse(name: &str, text: Option<&str>) -> Result<DocumentMut> {
    text.unwrap_or_default()
        .parse()
        .map_err(|cause| Error::config(format!("{name}: {cause}")))
}

fn section<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut Table> {
    let item = document.entry(name).or_insert(Item::Table(Table::new()));
    item.as_table_mut().ok_or_else(|| {
        Error::config(format!("`{name}` is no table")).hint(format!("write it as [{name}]"))
    })
}

/// Sets a value and keeps what stands around it; a new one gets the comment.
pub(super) fn set(table: &mut Table, key: &str, new: Value, about: Option<String>) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, value(new));
            if let (Some(about), Some(mut key)) = (about, table.key_mut(key)) {
                key.leaf_decor_mut().set_prefix(comment(&about));
            }
        }
    }
}

/// Lines of a comment.
pub(super) fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {line}\n")).collect()
}

fn list(text: &str) -> Value {
    let items = text.split(',').filter(|item| !item.is_empty());
    Value::Array(items.collect::<Array>())
}

/// An answer as the option's type wants it.
fn typed(property: &serde_json::Value, answer: &str) -> Value {
    if let Some((kind @ ("env" | "file" | "keyring"), name)) = answer.split_once(':')
        && property.to_string().contains("/Secret\"")
    {
        let mut reference = InlineTable::new();
        reference.insert(kind, name.into());
        return Value::InlineTable(reference);
    }
    let is = |name: &str| {
        let kind = &property["type"];
        kind == name
            || kind
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one == name))
    };
    if is("boolean") {
        return (answer == "true").into();
    }
    if let (true, Ok(number)) = (is("integer"), answer.parse::<i64>()) {
        return number.into();
    }
    if is("array") {
        return list(answer);
    }
    answer.into()
}
