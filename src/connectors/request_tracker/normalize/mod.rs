//! From RT's wire types to schema records.

mod history;
mod knowledge;
mod message;
mod ticket;
mod user;

use serde_json::Value;

use super::wire::{self, Text, Values, date};
use crate::schema::{CustomFields, Date, Extra, Field, FieldOption, FieldType, Group, Kind};

pub use history::history;
pub use knowledge::{article, class};
pub use message::{Said, bodies, message};
pub use ticket::{priority, ticket, time};
pub use user::user;

/// RT's own two users: nobody is behind them.
pub const SYSTEM: [&str; 2] = ["RT_System", "Nobody"];

/// Custom fields that we make on a target. They are never read as data.
pub const MARKER_FIELD: &str = "deskferry id";

/// Where an owner is named who could not be set without a mail.
pub const OWNER_FIELD: &str = "deskferry owner";

/// Where relations wait for a ticket that is not written yet.
pub const LINKS_FIELD: &str = "deskferry links";

/// All of them.
pub const OWN_FIELDS: [&str; 3] = [MARKER_FIELD, OWNER_FIELD, LINKS_FIELD];

/// A record or why it cannot be one, naming the field.
pub type Normal<T> = Result<T, String>;

fn at(field: &str, text: &Text) -> Normal<Option<Date>> {
    date(text).map_err(|reason| format!("{field}: {reason}"))
}

fn owned(text: &Text) -> Option<String> {
    text.some().map(str::to_owned)
}

fn put(extra: &mut Extra, name: &str, text: &Text) {
    if let Some(text) = text.some() {
        extra.insert(name.to_owned(), text.into());
    }
}

/// A queue.
pub fn queue(queue: &wire::Queue) -> Normal<Group> {
    let mut extra = Extra::new();
    put(&mut extra, "CorrespondAddress", &queue.correspond_address);
    Ok(Group {
        id: queue.id.0.clone(),
        name: queue.name.0.clone(),
        description: owned(&queue.description),
        deleted: queue.disabled.yes(),
        created_at: at("Created", &queue.created)?,
        updated_at: at("LastUpdated", &queue.last_updated)?,
        extra,
        ..Group::default()
    })
}

/// A custom field.
pub fn field(cf: &wire::CustomField) -> Field {
    let many = cf.max_values.0 != "1";
    let field_type = match cf.kind.0.as_str() {
        "Select" if many => FieldType::MultiSelect,
        "Select" => FieldType::Select,
        "Text" | "HTML" | "Wikitext" => FieldType::TextArea,
        "Date" => FieldType::Date,
        "DateTime" => FieldType::DateTime,
        // Combobox and Autocomplete take values beside their own.
        _ => FieldType::Text,
    };
    let on = match cf.lookup_type.0.as_str() {
        "RT::Queue-RT::Ticket" => Some(Kind::Conversation),
        "RT::User" => Some(Kind::Contact),
        "RT::Class-RT::Article" => Some(Kind::Article),
        _ => None,
    };
    let mut extra = Extra::new();
    put(&mut extra, "Pattern", &cf.pattern);
    if on.is_none() {
        put(&mut extra, "LookupType", &cf.lookup_type);
    }
    if many {
        extra.insert("MaxValues".into(), cf.max_values.number().into());
    }
    Field {
        id: cf.id.0.clone(),
        on,
        label: cf.name.0.clone(),
        field_type,
        type_name: Some(cf.kind.0.clone()),
        options: cf
            .values
            .iter()
            .map(|value| FieldOption {
                value: value.0.clone(),
                label: value.0.clone(),
            })
            .collect(),
        pattern: owned(&cf.pattern),
        active: !cf.disabled.yes(),
        description: owned(&cf.description),
        extra,
        ..Field::default()
    }
}

/// Values by the field's id: one value as it is, several as an array, none left out.
fn values(all: &[Values]) -> CustomFields {
    all.iter()
        .filter(|field| !OWN_FIELDS.contains(&field.name.0.as_str()))
        .filter_map(|field| {
            let mut values: Vec<Value> = field
                .values
                .iter()
                .filter(|value| !value.is_null() && value.as_str() != Some(""))
                .cloned()
                .collect();
            let value = match values.len() {
                0 => return None,
                1 => values.remove(0),
                _ => Value::Array(values),
            };
            Some((field.id.0.clone(), value))
        })
        .collect()
}
