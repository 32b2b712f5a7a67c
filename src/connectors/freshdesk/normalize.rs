//! Freshdesk's records as records of the schema, for the source and for reading back.

mod desk;
mod messages;
mod solutions;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use desk::{PREFIX_COMPANY, PREFIX_CONTACT, levels, options, score};
pub use messages::{comparable_conversation, description_id};
pub use solutions::{CATEGORY, FOLDER, Languages, by_id};

use super::wire;
use crate::connector::{Error, Result};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{
    Channel, Contact, Conversation, CustomFields, Extra, Identity, IdentityKind, Link, LinkKind,
    Priority, Status, TicketType,
};

/// What is needed to read an account's records.
pub struct Normalizer<'a> {
    /// Address of the account, without a slash at its end.
    pub base: &'a str,
    /// What its values mean.
    pub mapping: &'a PlatformMapping,
    /// What its tickets name without saying what it is.
    pub names: &'a Names,
}

/// What only the definitions of an account's ticket fields tell.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Names of the statuses, with those that the account added.
    pub statuses: BTreeMap<u32, String>,
    /// The fields of the lower levels of dependent fields, by the name of the first.
    pub levels: BTreeMap<String, Vec<String>>,
}

impl Names {
    /// From the definitions.
    pub fn of(fields: &[wire::Field]) -> Names {
        let mut names = Names::default();
        for field in fields {
            if field.kind == "default_status" {
                for option in options(field) {
                    if let Ok(code) = option.value.parse() {
                        names.statuses.insert(code, option.label);
                    }
                }
            }
            let below: Vec<String> = levels(field).into_iter().map(str::to_owned).collect();
            if !below.is_empty() {
                names.levels.insert(field.name.clone(), below);
            }
        }
        names
    }

    /// Joins the levels of dependent fields into one value: `North::Pier 1`.
    fn join(&self, values: &mut CustomFields) {
        for (first, below) in &self.levels {
            let parts = std::iter::once(first).chain(below);
            let path: Vec<String> = parts
                .map_while(|name| match values.remove(name) {
                    Some(Value::String(text)) => Some(text),
                    Some(other) => Some(other.to_string()),
                    None => None,
                })
                .collect();
            if !path.is_empty() {
                values.insert(first.clone(), path.join("::").into());
            }
        }
    }
}

/// The marker in `extra` of a ticket that has been archived.
pub const ARCHIVED: &str = "archived";

/// The first status that is an account's own.
const OWN_STATUSES: u32 = 6;

impl Normalizer<'_> {
    /// A ticket without its messages.
    pub fn ticket(&self, ticket: &wire::Ticket) -> Result<Conversation> {
        let mut extra = Extra::new();
        keep(&mut extra, "email_config_id", ticket.email_config_id);
        keep(&mut extra, "fr_due_by", ticket.fr_due_by);
        keep(&mut extra, "fwd_emails", some(&ticket.fwd_emails));
        keep(&mut extra, ARCHIVED, ticket.archived.filter(|yes| *yes));
        keep(
            &mut extra,
            "is_escalated",
            ticket.is_escalated.filter(|yes| *yes),
        );
        keep(
            &mut extra,
            "fr_escalated",
            ticket.fr_escalated.filter(|yes| *yes),
        );

        let (status, status_name) = self.status(ticket.status)?;
        let stats = ticket.stats.clone().unwrap_or_default();
        let mut tags = ticket.tags.clone().unwrap_or_default();
        tags.sort();
        let mut values = custom_fields("", &ticket.custom_fields);
        self.names.join(&mut values);
        Ok(Conversation {
            id: ticket.id.to_string(),
            url: Some(format!("{}/a/tickets/{}", self.base, ticket.id)),
            subject: text(&ticket.subject),
            status,
            status_name,
            priority: match ticket.priority {
                Some(code) => Some(self.priority(code)?),
                None => None,
            },
            ticket_type: match text(&ticket.kind) {
                Some(name) => Some(self.ticket_type(&name)?),
                None => None,
            },
            type_name: text(&ticket.kind),
            channel: self.channel(ticket.source)?,
            recipient: text(&ticket.support_email)
                .or_else(|| ticket.to_emails.as_ref()?.first().cloned()),
            brand_id: id(ticket.product_id),
            form_id: id(ticket.form_id),
            requester_id: id(ticket.requester_id),
            assignee_id: id(ticket.responder_id),
            group_id: id(ticket.group_id),
            organization_id: id(ticket.company_id),
            cc_emails: ticket
                .cc_emails
                .iter()
                .flatten()
                .map(|cc| address(cc).1)
                .collect(),
            tags,
            custom_fields: values,
            links: links(ticket),
            spam: ticket.spam.unwrap_or_default(),
            deleted: ticket.deleted.unwrap_or_default(),
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            first_reply_at: stats.first_responded_at,
            solved_at: stats.resolved_at,
            closed_at: stats.closed_at,
            due_at: ticket.due_by,
            extra,
            ..Conversation::default()
        })
    }

    /// The first few statuses are the same on every account; the others are
    /// known by the name that the account gave them first, then by number.
    /// What nobody knows is open, under its own name.
    fn status(&self, code: u32) -> Result<(Status, Option<String>)> {
        let name = self.names.statuses.get(&code);
        let by_number = || self.mapping.read(Table::Status, &code.to_string());
        let by_name = || self.mapping.read(Table::Status, name?);
        let known = match code < OWN_STATUSES {
            true => by_number().or_else(by_name),
            false => by_name().or_else(by_number),
        };
        let status = match known {
            Some(value) => parse(Status::parse(value), "status", value)?,
            None => Status::Open,
        };
        let own = name
            .cloned()
            .or_else(|| known.is_none().then(|| code.to_string()));
        Ok((status, own))
    }

    fn priority(&self, code: u32) -> Result<Priority> {
        match self.mapping.read(Table::Priority, &code.to_string()) {
            Some(value) => parse(Priority::parse(value), "priority", value),
            None => Ok(Priority::Normal),
        }
    }

    fn ticket_type(&self, name: &str) -> Result<TicketType> {
        match self.mapping.read(Table::Type, name) {
            Some(value) => parse(TicketType::parse(value), "type", value),
            None => Ok(TicketType::Other),
        }
    }

    /// Where a ticket came from.
    fn channel(&self, source: Option<u32>) -> Result<Channel> {
        let code = source.map(|code| code.to_string());
        match code.and_then(|code| self.mapping.read(Table::Channel, &code)) {
            Some(value) => parse(Channel::parse(value), "channel", value),
            None => Ok(Channel::Other),
        }
    }

    /// A contact.
    pub fn contact(&self, contact: &wire::Contact) -> Contact {
        use IdentityKind::*;
        let mut identities = Vec::new();
        let mut add = |kind, value: &Option<String>, verified| {
            if let Some(value) = text(value) {
                identities.push(Identity {
                    verified,
                    ..Identity::new(kind, value)
                });
            }
        };
        add(Email, &contact.email, contact.active.unwrap_or_default());
        add(Phone, &contact.phone, false);
        add(Mobile, &contact.mobile, false);
        add(Twitter, &contact.twitter_id, false);
        add(Facebook, &contact.facebook_id, false);
        add(Visitor, &contact.visitor_id, false);
        for email in contact.other_emails.iter().flatten() {
            identities.push(Identity {
                primary: contact.email.is_none() && identities.is_empty(),
                ..Identity::new(Email, email)
            });
        }
        let mut companies: Vec<String> = id(contact.company_id).into_iter().collect();
        for other in contact.other_companies.iter().flatten() {
            if let Some(other) = id(other.0).filter(|other| !companies.contains(other)) {
                companies.push(other);
            }
        }
        let mut tags = contact.tags.clone().unwrap_or_default();
        tags.sort();
        let mut extra = Extra::new();
        let handles = contact.social_handler.clone();
        keep(
            &mut extra,
            "social_handler",
            handles.filter(|v| v.as_array().is_some_and(|v| !v.is_empty())),
        );
        keep(
            &mut extra,
            "contact_type",
            contact
                .contact_type
                .clone()
                .filter(|kind| kind != "contact"),
        );
        Contact {
            id: contact.id.to_string(),
            name: text(&contact.name),
            identities,
            organization_ids: companies,
            locale: text(&contact.language).map(|l| l.to_lowercase()),
            time_zone: text(&contact.time_zone),
            tags,
            notes: text(&contact.description),
            details: text(&contact.address),
            title: text(&contact.job_title),
            blocked: contact.blocked.unwrap_or_default(),
            deleted: contact.deleted.unwrap_or_default(),
            external_id: text(&contact.unique_external_id),
            custom_fields: custom_fields(PREFIX_CONTACT, &contact.custom_fields),
            avatar_url: contact.avatar.as_ref().and_then(|a| text(&a.avatar_url)),
            created_at: contact.created_at,
            updated_at: contact.updated_at,
            extra,
        }
    }
}

/// Relations, from the side that knows one other ticket; parents and trackers
/// name dozens, and every one of those names its parent or tracker.
fn links(ticket: &wire::Ticket) -> Vec<Link> {
    let kind = match ticket.association_type {
        Some(2) => LinkKind::Parent,
        Some(4) => LinkKind::Problem,
        _ => return Vec::new(),
    };
    let others = ticket.associated_tickets_list.iter().flatten();
    others
        .map(|id| Link {
            kind,
            id: id.to_string(),
        })
        .collect()
}

/// A table that names what the schema does not have is the fault of the table.
fn parse<T>(value: Option<T>, what: &str, text: &str) -> Result<T> {
    value.ok_or_else(|| {
        Error::config(format!(
            "the mapping's {what} `{text}` is none of the schema's"
        ))
    })
}

/// The id as text; 0 stands for nobody.
fn id(id: Option<u64>) -> Option<String> {
    id.filter(|id| *id != 0).map(|id| id.to_string())
}

/// Text that is there and not blank.
fn text(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.trim().is_empty())
}

fn some<T: Clone>(list: &Option<Vec<T>>) -> Option<Vec<T>> {
    list.clone().filter(|list| !list.is_empty())
}

fn keep<T: serde::Serialize>(extra: &mut Extra, name: &str, value: Option<T>) {
    if let Some(value) = value {
        extra.insert(name.into(), json!(value));
    }
}

/// Values that are set, by the id that their field has in the schema.
fn custom_fields(prefix: &str, values: &Option<BTreeMap<String, Value>>) -> CustomFields {
    values
        .iter()
        .flatten()
        .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
        .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
        .collect()
}

/// Name and address of `Ada Agent <ada@example.com>`.
pub fn address(text: &str) -> (Option<String>, String) {
    match text.rsplit_once('<') {
        Some((name, rest)) => {
            let name = name.trim().trim_matches('"').trim();
            let name = (!name.is_empty()).then(|| name.to_owned());
            (
                name,
                rest.trim_end().trim_end_matches('>').trim().to_owned(),
            )
        }
        None => (None, text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_one_value() {
        let fields: Vec<wire::Field> = serde_json::from_value(json!([{
            "id": 1, "name": "cf_area", "type": "nested_field",
            "nested_ticket_fields": [
                {"name": "cf_berth", "level": 3},
                {"name": "cf_pier", "level": 2},
            ],
        }]))
        .unwrap();
        let names = Names::of(&fields);
        let joined = |values: Value| {
            let mut values: CustomFields = serde_json::from_value(values).unwrap();
            names.join(&mut values);
            json!(values)
        };
        assert_eq!(
            joined(json!({"cf_area": "North", "cf_pier": "Pier 1", "cf_berth": "A", "cf_x": 1})),
            json!({"cf_area": "North::Pier 1::A", "cf_x": 1})
        );
        assert_eq!(
            joined(json!({"cf_area": "North"})),
            json!({"cf_area": "North"})
        );
        assert_eq!(joined(json!({"cf_x": 1})), json!({"cf_x": 1}));
    }
}
