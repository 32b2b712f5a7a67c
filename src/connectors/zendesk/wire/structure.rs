//! Groups, brands, fields, forms and rules.

use serde::Deserialize;
use serde_json::Value;

use super::{Id, Row};
use crate::schema::{Date, Kind};

rows! {
    /// A group.
    Group "groups" Group {
        id: Id,
        name: String,
        description: Option<String>,
        deleted: Option<bool>,
        is_public: Option<bool>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// Who is in which group.
    GroupMembership "group_memberships" Group {
        user_id: Id,
        group_id: Id,
    }
    /// A brand.
    Brand "brands" Brand {
        id: Id,
        name: String,
        brand_url: Option<String>,
        active: Option<bool>,
        default: Option<bool>,
        subdomain: Option<String>,
        has_help_center: Option<bool>,
    }
    /// A field of tickets.
    TicketField "ticket_fields" Field {
        id: Id,
        #[serde(rename = "type")]
        field_type: String,
        title: String,
        description: Option<String>,
        active: Option<bool>,
        required: Option<bool>,
        required_in_portal: Option<bool>,
        visible_in_portal: Option<bool>,
        regexp_for_validation: Option<String>,
        removable: Option<bool>,
        tag: Option<String>,
        custom_field_options: Option<Vec<FieldChoice>>,
        system_field_options: Option<Vec<FieldChoice>>,
        relationship_target_type: Option<Value>,
        created_at: Option<Date>,
    }
    /// A field of users.
    UserField "user_fields" Field {
        id: Id,
        key: String,
        #[serde(rename = "type")]
        field_type: String,
        title: String,
        description: Option<String>,
        active: Option<bool>,
        system: Option<bool>,
        regexp_for_validation: Option<String>,
        tag: Option<String>,
        custom_field_options: Option<Vec<FieldChoice>>,
        relationship_target_type: Option<Value>,
        created_at: Option<Date>,
    }
    /// A field of organizations: the same as of users, under another key.
    OrganizationField "organization_fields" Field {
        id: Id,
        key: String,
        #[serde(rename = "type")]
        field_type: String,
        title: String,
        description: Option<String>,
        active: Option<bool>,
        system: Option<bool>,
        regexp_for_validation: Option<String>,
        tag: Option<String>,
        custom_field_options: Option<Vec<FieldChoice>>,
        relationship_target_type: Option<Value>,
        created_at: Option<Date>,
    }
    /// A form.
    TicketForm "ticket_forms" Form {
        id: Id,
        name: String,
        active: Option<bool>,
        ticket_field_ids: Option<Vec<Id>>,
        default: Option<bool>,
        display_name: Option<String>,
    }
    /// A status of the account's own.
    CustomStatus "custom_statuses" Conversation {
        id: Id,
        agent_label: String,
        status_category: String,
        default: Option<bool>,
    }
    /// A macro.
    Macro "macros" Macro {
        id: Id,
        title: String,
        active: Option<bool>,
        actions: Option<Vec<MacroAction>>,
        description: Option<Value>,
        restriction: Option<Value>,
        created_at: Option<Date>,
    }
    /// A rule that runs by the clock.
    Automation "automations" Macro {
        id: Id,
        title: String,
        active: Option<bool>,
        actions: Option<Vec<MacroAction>>,
    }
    /// A rule that runs when a ticket changes.
    Trigger "triggers" Macro {
        id: Id,
        title: String,
        active: Option<bool>,
        conditions: Option<Conditions>,
        actions: Option<Vec<MacroAction>>,
    }
}

/// A choice of a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FieldChoice {
    pub name: String,
    pub value: String,
}

/// What a macro or automation does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MacroAction {
    pub field: String,
    pub value: Value,
}

/// When a trigger runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Conditions {
    pub all: Vec<Condition>,
}

/// One condition of a trigger.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    pub field: String,
    pub operator: Option<String>,
    pub value: Value,
}
