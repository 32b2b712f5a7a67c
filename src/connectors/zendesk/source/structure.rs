//! Brands, fields, forms and macros.

use serde_json::Value;

use super::{At, ZendeskSource, absent, texts};
use crate::connector::{Page, Result};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, Row, keep};
use crate::schema::{Brand, Extra, Field, FieldOption, FieldType, Form, Kind, Macro, Record};

impl ZendeskSource {
    /// A list of which an account may have none because of its plan.
    async fn optional<T: Row>(
        &self,
        path: &str,
        at: &At,
        read: impl Fn(T) -> Record,
    ) -> Result<Page> {
        match self.listed::<T>(path, limits::DEFAULT, at).await {
            Ok((list, mut page)) => {
                page.records = list.rows.into_iter().map(read).collect();
                Ok(page)
            }
            Err(error) if absent(&error) => Ok(Page {
                next: Some(at.again()),
                done: true,
                ..Page::default()
            }),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn pull_brands(&self, at: &At) -> Result<Page> {
        self.optional("/api/v2/brands", at, |row| Record::Brand(brand(row)))
            .await
    }

    pub(super) async fn pull_ticket_fields(&self, at: &At) -> Result<Page> {
        self.optional("/api/v2/ticket_fields", at, |row| {
            Record::Field(ticket_field(row))
        })
        .await
    }

    pub(super) async fn pull_user_fields(&self, at: &At) -> Result<Page> {
        self.optional("/api/v2/user_fields", at, |row| {
            Record::Field(user_field(row))
        })
        .await
    }

    pub(super) async fn pull_organization_fields(&self, at: &At) -> Result<Page> {
        self.optional("/api/v2/organization_fields", at, |row| {
            Record::Field(organization_field(row))
        })
        .await
    }

    pub(super) async fn pull_forms(&self, at: &At) -> Result<Page> {
        self.optional("/api/v2/ticket_forms", at, |row| Record::Form(form(row)))
            .await
    }

    pub(super) async fn pull_macros(&self, at: &At) -> Result<Page> {
        self.optional("/api/v2/macros", at, |row| Record::Macro(macro_of(row)))
            .await
    }
}

/// A brand.
pub fn brand(row: wire::Brand) -> Brand {
    let mut extra = Extra::new();
    keep(
        &mut extra,
        "default",
        row.default.filter(|on| *on).map(Value::from),
    );
    keep(&mut extra, "subdomain", row.subdomain.map(Value::from));
    Brand {
        id: row.id.0,
        name: row.name,
        url: row
            .brand_url
            .filter(|_| row.has_help_center.unwrap_or(true)),
        active: row.active.unwrap_or(true),
        extra,
    }
}

/// A form.
pub fn form(row: wire::TicketForm) -> Form {
    let mut extra = Extra::new();
    keep(
        &mut extra,
        "default",
        row.default.filter(|on| *on).map(Value::from),
    );
    keep(
        &mut extra,
        "display_name",
        row.display_name
            .filter(|name| *name != row.name)
            .map(Value::from),
    );
    Form {
        id: row.id.0,
        name: row.name,
        field_ids: texts(row.ticket_field_ids),
        active: row.active.unwrap_or(true),
        extra,
    }
}

/// What values a field takes, and whether every account has it.
pub fn field_type(word: &str) -> (FieldType, bool) {
    match word {
        "text" => (FieldType::Text, false),
        "textarea" => (FieldType::TextArea, false),
        "integer" => (FieldType::Integer, false),
        "decimal" => (FieldType::Decimal, false),
        "checkbox" => (FieldType::Checkbox, false),
        "date" => (FieldType::Date, false),
        "tagger" | "dropdown" => (FieldType::Select, false),
        "multiselect" => (FieldType::MultiSelect, false),
        "regexp" => (FieldType::Regex, false),
        "partialcreditcard" => (FieldType::CreditCard, false),
        "lookup" => (FieldType::Lookup, false),
        "description" => (FieldType::TextArea, true),
        "status" | "tickettype" | "priority" | "basic_priority" | "group" | "assignee"
        | "custom_status" => (FieldType::Select, true),
        "subject" => (FieldType::Text, true),
        _ => (FieldType::Text, false),
    }
}

fn options(choices: Option<Vec<wire::FieldChoice>>) -> Vec<FieldOption> {
    choices
        .unwrap_or_default()
        .into_iter()
        .map(|choice| FieldOption {
            value: choice.value,
            label: choice.name,
        })
        .collect()
}

/// A field of tickets, by its number.
pub fn ticket_field(row: wire::TicketField) -> Field {
    let (field_type, system) = field_type(&row.field_type);
    let mut extra = Extra::new();
    keep(&mut extra, "tag", row.tag.map(Value::from));
    keep(
        &mut extra,
        "relationship_target_type",
        row.relationship_target_type,
    );
    keep(
        &mut extra,
        "required_in_portal",
        row.required_in_portal.filter(|on| *on).map(Value::from),
    );
    Field {
        id: row.id.0,
        on: Some(Kind::Conversation),
        key: None,
        label: row.title,
        field_type,
        type_name: Some(row.field_type),
        options: options(row.custom_field_options.or(row.system_field_options)),
        pattern: row.regexp_for_validation,
        required: false,
        // "Required" of Zendesk means: before an agent may solve it.
        required_to_close: row.required.unwrap_or(false),
        visible_to_customers: row.visible_in_portal,
        active: row.active.unwrap_or(true),
        system: system || row.removable == Some(false),
        description: row.description.filter(|text| !text.is_empty()),
        extra,
    }
}

/// Fields of users and organizations have the same shape and are known by their key.
macro_rules! keyed_field {
    ($(#[$meta:meta])* $name:ident, $row:ty, $on:ident, $prefix:literal) => {
        $(#[$meta])*
        pub fn $name(row: $row) -> Field {
            let (field_type, _) = field_type(&row.field_type);
            let mut extra = Extra::new();
            keep(&mut extra, "id", Some(row.id.0.into()));
            keep(&mut extra, "tag", row.tag.map(Value::from));
            keep(&mut extra, "relationship_target_type", row.relationship_target_type);
            Field {
                id: format!(concat!($prefix, ".{}"), row.key),
                on: Some(Kind::$on),
                key: Some(row.key),
                label: row.title,
                field_type,
                type_name: Some(row.field_type),
                options: options(row.custom_field_options),
                pattern: row.regexp_for_validation,
                active: row.active.unwrap_or(true),
                system: row.system.unwrap_or(false),
                description: row.description.filter(|text| !text.is_empty()),
                extra,
                ..Field::default()
            }
        }
    };
}

keyed_field!(
    /// A field of users: `user.<key>`, because organizations may use the same key.
    user_field, wire::UserField, Contact, "user"
);
keyed_field!(
    /// A field of organizations: `organization.<key>`.
    organization_field, wire::OrganizationField, Organization, "organization"
);

/// A macro. The folder is what stands before the last `::` of its title.
pub fn macro_of(row: wire::Macro) -> Macro {
    let mut extra = Extra::new();
    keep(&mut extra, "description", row.description);
    keep(&mut extra, "restriction", row.restriction);
    let (folder, title) = match row.title.rsplit_once("::") {
        Some((folder, title)) => (Some(folder.trim().to_owned()), title.trim().to_owned()),
        None => (None, row.title),
    };
    let mut made = Macro {
        id: row.id.0,
        title,
        folder,
        active: row.active.unwrap_or(true),
        extra,
        ..Macro::default()
    };
    for action in row.actions.unwrap_or_default() {
        // Some comment actions hold `["channel:all", "text"]`.
        let words = match &action.value {
            Value::String(text) => Some(text.clone()),
            Value::Array(list) => list.last().and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        match (action.field.as_str(), words) {
            ("comment_value_html", Some(text)) if made.html.is_none() => made.html = Some(text),
            ("comment_value", Some(text)) if made.text.is_none() => made.text = Some(text),
            _ => made.actions.push((action.field, action.value)),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_field_and_an_organization_field_of_one_key_differ() {
        let json = r#"{"id":5,"key":"region","type":"dropdown","title":"Region","custom_field_options":[{"name":"North","value":"n"}]}"#;
        let user = user_field(serde_json::from_str(json).unwrap());
        let organization = organization_field(serde_json::from_str(json).unwrap());
        assert_eq!(user.id, "user.region");
        assert_eq!(organization.id, "organization.region");
        assert_eq!(user.options[0].label, "North");
    }

    #[test]
    fn a_macro_gives_its_text_and_keeps_its_other_actions() {
        let made = macro_of(
            serde_json::from_str(
                r#"{"id":3,"title":"Billing::Refund::Yes","active":true,"actions":[
                {"field":"comment_value","value":["channel:all","We will refund"]},
                {"field":"status","value":"solved"}]}"#,
            )
            .unwrap(),
        );
        assert_eq!(made.folder.as_deref(), Some("Billing::Refund"));
        assert_eq!(made.text.as_deref(), Some("We will refund"));
        assert_eq!(made.actions.len(), 1);
    }
}
