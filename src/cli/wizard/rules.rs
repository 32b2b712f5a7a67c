//! The `[[fields]]` of `mapping.toml`, with their value tables.

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::facts::{Entry, Rule};
use super::files::{comment, set};
use super::written::SIMPLE;
use crate::connector::{Error, Result};
use crate::lang::Texts;
use crate::schema::Kind;

/// Writes the rules about fields into a mapping.
///
/// # Errors
/// When `fields` is something else there.
pub fn write(document: &mut DocumentMut, rules: &[Rule], texts: &Texts) -> Result<()> {
    let rules: Vec<_> = rules.iter().filter(|rule| rule.topic == "fields").collect();
    if rules.iter().all(|rule| rule.to.is_none()) && !document.contains_key("fields") {
        return Ok(());
    }
    let item = document
        .entry("fields")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(list) = item.as_array_of_tables_mut() else {
        return Err(Error::config(
            "`fields` in mapping.toml is no list of [[fields]]",
        ));
    };
    for Rule {
        row,
        to,
        given_up,
        values,
        ..
    } in rules
    {
        let at = list.iter().position(|rule| is_about(rule, row.name()));
        match (at.and_then(|at| list.get_mut(at)), to) {
            (Some(rule), Some(to)) => {
                let there = rule.get("to").and_then(Item::as_str);
                let ruled = row.ruled.as_ref();
                let ruled = ruled.filter(|ruled| ruled.to.as_ref() == Some(to));
                // It may name the field in a way of its own.
                let says = ruled.map(|ruled| ruled.says.as_str());
                let moved = there != Some(to) && (says.is_none() || there != says);
                if moved {
                    set(rule, "to", to.as_str().into(), None);
                    // What it says is what another field stores.
                    clear(rule);
                }
                match values {
                    Some(values) => {
                        let said = values.iter().filter(|entry| moved || entry.said);
                        table(rule, said.collect(), texts);
                    }
                    None if moved || ruled.is_none() => drop(rule.remove("table")),
                    None => {}
                }
            }
            (None, Some(to)) => {
                let mut rule = Table::new();
                set(&mut rule, "from", row.key.as_str().into(), None);
                set(&mut rule, "to", to.as_str().into(), None);
                // A value without a place there is a declared loss, not a problem.
                set(&mut rule, "on_unmapped", "skip".into(), None);
                if let Some(values) = values {
                    table(&mut rule, values.iter().collect(), texts);
                }
                list.push(rule);
            }
            // It was made here, or somebody said that it is not wanted.
            (Some(rule), None) if says_no_more(rule) && (*given_up || row.ruled.is_none()) => {
                if let Some(at) = at {
                    list.remove(at);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a rule is the one about this field of conversations.
fn is_about(rule: &Table, from: &str) -> bool {
    let text = |key: &str| rule.get(key).and_then(Item::as_str);
    let on = text("on").unwrap_or(Kind::Conversation.name());
    on == Kind::Conversation.name() && text("from") == Some(from)
}

/// Whether a rule is like those that are made here.
fn says_no_more(rule: &Table) -> bool {
    let table = rule.get("table").is_none_or(Item::is_table_like);
    let mut keys = rule.iter().map(|(key, _)| key);
    rule.contains_key("to") && table && keys.all(|key| SIMPLE.contains(&key))
}

fn clear(rule: &mut Table) {
    if let Some(entries) = rule.get_mut("table").and_then(Item::as_table_like_mut) {
        entries.clear();
    }
}

/// Gives a rule its table: a new one with a comment to each choice, one that
/// is there as it is written.
fn table(rule: &mut Table, values: Vec<&Entry>, texts: &Texts) {
    let said = |key: &str| rule.get(key).and_then(Item::as_str);
    // What somebody leaves out on purpose is no problem of a record.
    if values.iter().any(|entry| entry.skipped) && said("on_unmapped") != Some("skip") {
        set(rule, "on_unmapped", "skip".into(), None);
    }
    if values.is_empty() {
        return;
    }
    let entries = rule.entry("table").or_insert(Item::Table(Table::new()));
    match entries {
        Item::Table(entries) => {
            for entry in values {
                let known = entries.iter().map(|(key, _)| key);
                let key = spelled(known, entry);
                match &entry.to {
                    Some(to) => {
                        let count = texts.say("wizard-file-row", &[("count", entry.count.into())]);
                        let about = comment(&format!("{}: {count}", entry.label));
                        set_told(entries, &key, to, about);
                    }
                    None => drop(entries.remove(&key)),
                }
            }
        }
        Item::Value(Value::InlineTable(entries)) => inline(entries, &values),
        _ => {}
    }
}

/// Sets an entry; one that becomes something else gets a comment that says so.
fn set_told(entries: &mut Table, key: &str, to: &str, about: String) {
    let old = entries.get(key).and_then(Item::as_str);
    if old == Some(to) {
        return;
    }
    let made = entries.key(key).and_then(|key| key.leaf_decor().prefix());
    // A comment of somebody's own stays.
    let made = made
        .and_then(|prefix| prefix.as_str())
        .is_none_or(|prefix| prefix.trim().is_empty() || prefix.contains(" -> "));
    set(entries, key, to.into(), None);
    if let (true, Some(mut key)) = (made, entries.key_mut(key)) {
        key.leaf_decor_mut().set_prefix(about);
    }
}

fn inline(entries: &mut InlineTable, values: &[&Entry]) {
    for entry in values {
        let known = entries.iter().map(|(key, _)| key);
        let key = spelled(known, entry);
        match &entry.to {
            Some(to) if entries.get(&key).and_then(Value::as_str) == Some(to) => {}
            Some(to) => drop(entries.insert(&key, to.as_str().into())),
            None => drop(entries.remove(&key)),
        }
    }
}

/// The key that a table has for a choice already, else what the source stores.
fn spelled<'a>(mut known: impl Iterator<Item = &'a str>, entry: &Entry) -> String {
    let same = known.find(|key| key.to_lowercase() == entry.from.to_lowercase());
    same.unwrap_or(&entry.from).to_owned()
}
