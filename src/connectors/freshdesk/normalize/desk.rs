//! Staff, structure and field definitions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::wire;
use super::{Normalizer, custom_fields, keep, some, text};
use crate::schema::{
    Agent, Brand, Extra, Field, FieldOption, FieldType, Form, Group, Kind, Macro, Organization,
    Role,
};

/// Stands before the names of contact fields in ids: tickets may have fields of the same name.
pub const PREFIX_CONTACT: &str = "contact.";
/// Stands before the names of company fields in ids.
pub const PREFIX_COMPANY: &str = "company.";

impl Normalizer<'_> {
    /// A company.
    pub fn company(&self, company: &wire::Company) -> Organization {
        let mut extra = Extra::new();
        keep(&mut extra, "health_score", text(&company.health_score));
        keep(&mut extra, "account_tier", text(&company.account_tier));
        keep(&mut extra, "renewal_date", text(&company.renewal_date));
        keep(&mut extra, "industry", text(&company.industry));
        Organization {
            id: company.id.to_string(),
            name: company.name.clone(),
            domains: company.domains.clone().unwrap_or_default(),
            notes: text(&company.note),
            details: text(&company.description),
            custom_fields: custom_fields(PREFIX_COMPANY, &company.custom_fields),
            created_at: company.created_at,
            updated_at: company.updated_at,
            extra,
            ..Organization::default()
        }
    }

    /// An agent, with the names of the roles.
    pub fn agent(&self, agent: &wire::Agent, roles: &BTreeMap<u64, String>) -> Agent {
        let names: Vec<&str> = agent
            .role_ids
            .iter()
            .flatten()
            .filter_map(|id| roles.get(id).map(String::as_str))
            .collect();
        let role = if names
            .iter()
            .any(|name| name.to_lowercase().contains("administrator"))
        {
            Role::Admin
        } else if agent.kind.as_deref() == Some("collaborator") {
            Role::Light
        } else {
            Role::Agent
        };
        let mut extra = Extra::new();
        keep(
            &mut extra,
            "occasional",
            agent.occasional.filter(|yes| *yes),
        );
        keep(
            &mut extra,
            "ticket_scope",
            agent.ticket_scope.filter(|scope| *scope != 1),
        );
        keep(&mut extra, "job_title", text(&agent.contact.job_title));
        let number = |value: &Option<Value>| match value {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        Agent {
            id: agent.id.to_string(),
            name: text(&agent.contact.name),
            email: text(&agent.contact.email),
            role,
            role_name: (!names.is_empty()).then(|| names.join(", ")),
            group_ids: agent
                .group_ids
                .iter()
                .flatten()
                .map(u64::to_string)
                .collect(),
            signature: text(&agent.signature),
            active: !agent.deactivated.unwrap_or_default(),
            phone: number(&agent.contact.phone).or_else(|| number(&agent.contact.mobile)),
            locale: text(&agent.contact.language).map(|l| l.to_lowercase()),
            time_zone: text(&agent.contact.time_zone),
            created_at: agent.created_at,
            updated_at: agent.updated_at,
            extra,
        }
    }

    /// A group.
    pub fn group(&self, group: &wire::Group) -> Group {
        Group {
            id: group.id.to_string(),
            name: group.name.clone(),
            description: text(&group.description),
            agent_ids: group
                .agent_ids
                .iter()
                .flatten()
                .map(u64::to_string)
                .collect(),
            created_at: group.created_at,
            updated_at: group.updated_at,
            ..Group::default()
        }
    }

    /// A product.
    pub fn product(&self, product: &wire::Product) -> Brand {
        let mut extra = Extra::new();
        keep(&mut extra, "description", text(&product.description));
        Brand {
            id: product.id.to_string(),
            name: product.name.clone(),
            url: None,
            active: true,
            extra,
        }
    }

    /// A ticket form.
    pub fn form(&self, form: &wire::Form) -> Form {
        Form {
            id: form.id.to_string(),
            name: text(&form.title)
                .or_else(|| text(&form.name))
                .unwrap_or_default(),
            field_ids: form
                .fields
                .iter()
                .flatten()
                .map(|field| field.name.clone())
                .collect(),
            active: true,
            extra: Extra::new(),
        }
    }

    /// A field of tickets, contacts or companies.
    pub fn field(&self, field: &wire::Field, on: Kind) -> Field {
        let mut extra = Extra::new();
        keep(&mut extra, "number", Some(field.id));
        let lower = levels(field);
        if !lower.is_empty() {
            extra.insert("levels".into(), json!(lower));
        }
        Field {
            id: format!("{}{}", prefix(on), field.name),
            on: Some(on),
            key: Some(field.name.clone()),
            label: text(&field.label).unwrap_or_else(|| field.name.clone()),
            field_type: field_type(&field.kind),
            type_name: Some(field.kind.clone()),
            options: options(field),
            required: field.required_for_agents.unwrap_or_default(),
            required_to_close: field.required_for_closure.unwrap_or_default(),
            visible_to_customers: field.displayed_to_customers,
            active: !field.archived.unwrap_or_default(),
            system: field.default,
            description: text(&field.description),
            extra,
            ..Field::default()
        }
    }

    /// A canned response.
    pub fn canned_response(&self, response: &wire::CannedResponse, folder: &str) -> Macro {
        let mut extra = Extra::new();
        let files = some(&response.attachments);
        keep(
            &mut extra,
            "attachments",
            files.map(|files| files.into_iter().filter_map(|f| f.name).collect::<Vec<_>>()),
        );
        Macro {
            id: response.id.to_string(),
            title: response.title.clone(),
            folder: Some(folder.to_owned()).filter(|name| !name.is_empty()),
            html: text(&response.content_html),
            text: text(&response.content).filter(|_| response.content_html.is_none()),
            active: true,
            extra,
            ..Macro::default()
        }
    }
}

/// What stands before a field's name in its id.
fn prefix(on: Kind) -> &'static str {
    match on {
        Kind::Contact => PREFIX_CONTACT,
        Kind::Organization => PREFIX_COMPANY,
        _ => "",
    }
}

/// Names of the fields of a dependent field's lower levels, from the second down.
pub fn levels(field: &wire::Field) -> Vec<&str> {
    let mut levels: Vec<&wire::NestedField> = field.dependent_fields.iter().flatten().collect();
    levels.sort_by_key(|level| level.level);
    levels
        .into_iter()
        .map(|level| level.name.as_str())
        .collect()
}

fn field_type(name: &str) -> FieldType {
    match name {
        "custom_paragraph" => FieldType::TextArea,
        "custom_number" => FieldType::Integer,
        "custom_decimal" => FieldType::Decimal,
        "custom_checkbox" => FieldType::Checkbox,
        "custom_date" => FieldType::Date,
        "custom_date_time" => FieldType::DateTime,
        "custom_url" => FieldType::Url,
        "custom_multi_select" | "custom_multi_select_dropdown" => FieldType::MultiSelect,
        "nested_field" => FieldType::Dependent,
        "custom_lookup" | "custom_relationship" => FieldType::Lookup,
        "custom_dropdown"
        | "default_status"
        | "default_priority"
        | "default_source"
        | "default_ticket_type" => FieldType::Select,
        _ => FieldType::Text,
    }
}

/// Choices come as a list of texts, as a list of objects, as an object from
/// value to label, from label to value, or to several labels.
pub fn options(field: &wire::Field) -> Vec<FieldOption> {
    let mut list = Vec::new();
    if let Some(choices) = &field.choices {
        if field.kind == "nested_field" {
            nested(choices, "", &mut list);
        } else {
            flat(choices, &mut list);
        }
    }
    list
}

fn option(value: impl Into<String>, label: impl Into<String>) -> FieldOption {
    FieldOption {
        value: value.into(),
        label: label.into(),
    }
}

fn flat(choices: &Value, list: &mut Vec<FieldOption>) {
    match choices {
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::String(text) => list.push(option(text, text)),
                    Value::Object(object) => {
                        let value = object.get("value").and_then(plain);
                        let label = object.get("label").and_then(plain);
                        if let Some(value) = value {
                            let label = label.unwrap_or_else(|| value.clone());
                            list.push(option(value, label));
                        }
                    }
                    _ => {}
                }
            }
        }
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    // Statuses: "6": ["Waiting on Customer", "Awaiting your Reply"].
                    Value::Array(labels) => {
                        let label = labels.first().and_then(Value::as_str).unwrap_or(key);
                        list.push(option(key, label));
                    }
                    // Priorities and sources: "Low": 1.
                    Value::Number(number) => list.push(option(number.to_string(), key)),
                    Value::String(label) => list.push(option(key, label)),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Every path of a dependent field, levels joined by `::`.
fn nested(choices: &Value, above: &str, list: &mut Vec<FieldOption>) {
    let mut add = |name: &str, below: Option<&Value>| {
        let path = if above.is_empty() {
            name.to_owned()
        } else {
            format!("{above}::{name}")
        };
        list.push(option(&path, &path));
        if let Some(below) = below {
            nested(below, &path, list);
        }
    };
    match choices {
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::String(name) => add(name, None),
                    Value::Object(object) => match object.get("value").and_then(Value::as_str) {
                        Some(name) => add(name, object.get("choices")),
                        None => object
                            .iter()
                            .for_each(|(name, below)| add(name, Some(below))),
                    },
                    _ => {}
                }
            }
        }
        Value::Object(object) => object
            .iter()
            .for_each(|(name, below)| add(name, Some(below))),
        _ => {}
    }
}

/// A rating on the scale from 0 to 100: -103…103, or 1…3 in classic surveys.
pub fn score(value: i64) -> Option<u8> {
    Some(match value {
        103 | 1 => 100,
        102 => 83,
        101 => 67,
        100 | 2 => 50,
        -101 => 33,
        -102 => 17,
        -103 | 3 => 0,
        _ => return None,
    })
}
