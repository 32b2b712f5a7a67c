//! Users, their addresses and organizations.

use serde::Deserialize;
use serde_json::Value;

use super::{Id, Row, or_default};
use crate::schema::{Date, Kind};

rows! {
    /// A user of any role.
    User "users" Contact {
        id: Id,
        external_id: Option<Id>,
        name: Option<String>,
        alias: Option<String>,
        email: Option<String>,
        phone: Option<String>,
        shared_phone_number: Option<bool>,
        verified: Option<bool>,
        role: Option<String>,
        role_type: Option<i64>,
        custom_role_id: Option<Id>,
        organization_id: Option<Id>,
        locale: Option<String>,
        time_zone: Option<String>,
        iana_time_zone: Option<String>,
        #[serde(deserialize_with = "or_default")]
        tags: Vec<String>,
        notes: Option<String>,
        details: Option<String>,
        signature: Option<String>,
        suspended: Option<bool>,
        active: Option<bool>,
        permanently_deleted: Option<bool>,
        moderator: Option<bool>,
        restricted_agent: Option<bool>,
        ticket_restriction: Option<Value>,
        photo: Option<Photo>,
        user_fields: Option<std::collections::BTreeMap<String, Value>>,
        last_login_at: Option<Value>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// One address of a user.
    Identity "identities" Contact {
        id: Id,
        user_id: Id,
        #[serde(rename = "type")]
        identity_type: String,
        value: Option<String>,
        verified: Option<bool>,
        primary: Option<bool>,
    }
    /// An organization.
    Organization "organizations" Organization {
        id: Id,
        name: String,
        external_id: Option<Id>,
        domain_names: Option<Vec<String>>,
        details: Option<String>,
        notes: Option<String>,
        group_id: Option<Id>,
        shared_tickets: Option<bool>,
        shared_comments: Option<bool>,
        #[serde(deserialize_with = "or_default")]
        tags: Vec<String>,
        organization_fields: Option<std::collections::BTreeMap<String, Value>>,
        deleted_at: Option<Date>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// Who is in which organization.
    OrganizationMembership "organization_memberships" Contact {
        user_id: Id,
        organization_id: Id,
        default: Option<bool>,
    }
}

/// A picture.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Photo {
    pub content_url: Option<String>,
}

wrapped! {
    /// A user.
    OneUser { user: User },
}
