//! Organizations, groups, customers and staff.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{At, GroupMembers, ZendeskSource, absent, by_time, fields, sorted, start_page, text};
use crate::connector::{Page, Result};
use crate::connectors::zendesk::config::Identities;
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, List, keep};
use crate::schema::{
    Agent, Contact, Extra, Group, Identity, IdentityKind, Key, Kind, Organization, Record, Role,
};

impl ZendeskSource {
    pub(super) async fn pull_organizations(&self, at: &At) -> Result<Page> {
        let start = at.time.unwrap_or(0).min(self.latest_start());
        let answer = self
            .call("/api/v2/incremental/organizations")
            .budget(limits::INCREMENTAL)
            .query(&[
                ("start_time", start),
                ("per_page", i64::from(limits::EXPORT_PAGE)),
            ])
            .send()
            .await?;
        let mut list: List<wire::Organization> = wire::list(&answer)?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        let rows = list.rows.len() as u64;
        by_time(&mut page, at, start, rows, &list, Kind::Organization);
        for row in list.rows {
            match row.deleted_at {
                Some(_) => page.gone.push(Key::new(Kind::Organization, row.id.0)),
                None => page.records.push(Record::Organization(organization(row))),
            }
        }
        Ok(page)
    }

    pub(super) async fn pull_groups(&self, at: &At) -> Result<Page> {
        let members = self.group_members().await?;
        let (list, mut page) = self
            .listed::<wire::Group>("/api/v2/groups?exclude_deleted=false", limits::DEFAULT, at)
            .await?;
        page.records = list
            .rows
            .into_iter()
            .map(|row| {
                let agent_ids = members.by_group.get(&row.id.0).cloned().unwrap_or_default();
                Record::Group(group(row, agent_ids))
            })
            .collect();
        Ok(page)
    }

    pub(super) async fn group_members(&self) -> Result<&GroupMembers> {
        self.group_members
            .get_or_try_init(|| async {
                let rows = self
                    .all::<wire::GroupMembership>("/api/v2/group_memberships", limits::DEFAULT)
                    .await?;
                let mut members = GroupMembers::default();
                for row in rows {
                    let (user, group) = (row.user_id.0, row.group_id.0);
                    members
                        .by_group
                        .entry(group.clone())
                        .or_default()
                        .push(user.clone());
                    members.by_user.entry(user).or_default().push(group);
                }
                Ok(members)
            })
            .await
    }

    /// Organizations of users beyond the main one, which the user's row names.
    async fn memberships(&self) -> Result<&HashMap<String, Vec<String>>> {
        self.memberships
            .get_or_try_init(|| async {
                let rows = match self
                    .all::<wire::OrganizationMembership>(
                        "/api/v2/organization_memberships",
                        limits::DEFAULT,
                    )
                    .await
                {
                    Ok(rows) => rows,
                    Err(error) if absent(&error) => Vec::new(),
                    Err(error) => return Err(error),
                };
                let mut others: HashMap<String, Vec<String>> = HashMap::new();
                for row in rows.into_iter().filter(|row| row.default != Some(true)) {
                    others
                        .entry(row.user_id.0)
                        .or_default()
                        .push(row.organization_id.0);
                }
                Ok(others)
            })
            .await
    }

    /// The same for a few users.
    async fn memberships_of(&self, users: &[&str]) -> Result<HashMap<String, Vec<String>>> {
        let mut others = HashMap::new();
        for user in users {
            let path = format!("/api/v2/users/{user}/organization_memberships");
            let rows = match self
                .all::<wire::OrganizationMembership>(&path, limits::DEFAULT)
                .await
            {
                Ok(rows) => rows,
                Err(error) if absent(&error) => continue,
                Err(error) => return Err(error),
            };
            let further = rows.into_iter().filter(|row| row.default != Some(true));
            let ids: Vec<String> = further.map(|row| row.organization_id.0).collect();
            if !ids.is_empty() {
                others.insert((*user).to_owned(), ids);
            }
        }
        Ok(others)
    }

    pub(super) async fn pull_users(&self, at: &At) -> Result<Page> {
        let all = self.config.identities == Identities::Auto;
        let mut call = self
            .call("/api/v2/incremental/users/cursor")
            .budget(limits::INCREMENTAL_USERS)
            .query(&[("per_page", limits::EXPORT_PAGE)]);
        if all {
            call = call.query(&[("include", "identities")]);
        }
        call = match &at.after {
            Some(after) => call.query(&[("cursor", after)]),
            None => call.query(&[("start_time", 0)]),
        };
        let answer = call.send().await?;
        let mut list: List<wire::User, wire::Identity> = wire::list_with(&answer, "identities")?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        page.done = list.end_of_stream.unwrap_or(true);
        // The cursor of the last page is where the next run goes on.
        page.next = list
            .after
            .take()
            .filter(|after| Some(after) != at.after.as_ref())
            .map(|after| at.after(after));

        let mut identities: HashMap<String, Vec<wire::Identity>> = HashMap::new();
        match list.side.take() {
            Some(side) => {
                for row in side {
                    identities
                        .entry(row.user_id.0.clone())
                        .or_default()
                        .push(row);
                }
            }
            None if all => {
                self.identities_one_by_one(&list.rows, &mut identities)
                    .await?
            }
            None => {}
        }
        let staff = |user: &wire::User| matches!(user.role.as_deref(), Some("agent" | "admin"));
        let customers: Vec<&str> = list
            .rows
            .iter()
            .filter(|user| !staff(user))
            .map(|user| user.id.0.as_str())
            .collect();
        // Later runs bring a few users: nobody needs the memberships of all for them.
        let few = at.after.is_some() && customers.len() <= limits::FEW_USERS;
        let mut others = match few {
            true => self.memberships_of(&customers).await?,
            false => self.memberships().await?.clone(),
        };
        let none = GroupMembers::default();
        let groups = match list.rows.iter().any(staff) {
            true => self.group_members().await?,
            false => &none,
        };
        for user in list.rows {
            let mine = identities.remove(&user.id.0).unwrap_or_default();
            let id = user.id.0.clone();
            page.records.push(match user.role.as_deref() {
                Some("agent" | "admin") => {
                    let group_ids = groups.by_user.get(&id).cloned().unwrap_or_default();
                    Record::Agent(agent(user, group_ids))
                }
                _ => {
                    let more = others.remove(&id).unwrap_or_default();
                    Record::Contact(contact(user, mine, more))
                }
            });
        }
        Ok(page)
    }

    /// For accounts that do not send identities with the users.
    async fn identities_one_by_one(
        &self,
        users: &[wire::User],
        identities: &mut HashMap<String, Vec<wire::Identity>>,
    ) -> Result<()> {
        for user in users {
            if user.role.as_deref() != Some("end-user") || user.active == Some(false) {
                continue;
            }
            let path = format!("/api/v2/users/{}/identities", user.id.0);
            match self.all::<wire::Identity>(&path, limits::DEFAULT).await {
                Ok(rows) => {
                    identities.insert(user.id.0.clone(), rows);
                }
                Err(error) if absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// An organization.
pub fn organization(row: wire::Organization) -> Organization {
    let mut extra = Extra::new();
    keep(
        &mut extra,
        "shared_comments",
        row.shared_comments.filter(|on| *on).map(Value::from),
    );
    keep(
        &mut extra,
        "deleted_at",
        row.deleted_at.map(|date| date.to_string().into()),
    );
    Organization {
        id: row.id.0,
        name: row.name,
        domains: row.domain_names.unwrap_or_default(),
        tags: sorted(row.tags),
        notes: full(row.notes),
        details: full(row.details),
        group_id: text(row.group_id),
        shared: row.shared_tickets,
        external_id: text(row.external_id),
        custom_fields: keyed("organization", row.organization_fields),
        created_at: row.created_at,
        updated_at: row.updated_at,
        extra,
    }
}

/// A group.
pub fn group(row: wire::Group, agent_ids: Vec<String>) -> Group {
    let mut extra = Extra::new();
    keep(
        &mut extra,
        "is_public",
        row.is_public.filter(|public| !*public).map(Value::from),
    );
    Group {
        id: row.id.0,
        name: row.name,
        description: full(row.description),
        agent_ids,
        deleted: row.deleted.unwrap_or(false),
        created_at: row.created_at,
        updated_at: row.updated_at,
        extra,
    }
}

/// A member of the staff.
pub fn agent(row: wire::User, group_ids: Vec<String>) -> Agent {
    let role = match (row.role.as_deref(), row.role_type) {
        (Some("admin"), _) => Role::Admin,
        // Custom role type 1 is Zendesk's light agent.
        (_, Some(1)) => Role::Light,
        _ => Role::Agent,
    };
    let mut extra = Extra::new();
    keep(&mut extra, "alias", row.alias.map(Value::from));
    keep(
        &mut extra,
        "custom_role_id",
        text(row.custom_role_id).map(Value::from),
    );
    keep(
        &mut extra,
        "external_id",
        text(row.external_id).map(Value::from),
    );
    keep(&mut extra, "notes", row.notes.map(Value::from));
    keep(&mut extra, "details", row.details.map(Value::from));
    keep(&mut extra, "ticket_restriction", row.ticket_restriction);
    keep(&mut extra, "tags", Some(row.tags.into()));
    for (key, value) in keyed("user", row.user_fields) {
        keep(&mut extra, &key, Some(value));
    }
    Agent {
        id: row.id.0,
        name: full(row.name),
        email: full(row.email),
        role,
        role_name: row.role,
        group_ids,
        signature: full(row.signature),
        active: row.active.unwrap_or(true) && !row.suspended.unwrap_or(false),
        phone: full(row.phone),
        locale: full(row.locale),
        time_zone: full(row.iana_time_zone).or(row.time_zone),
        created_at: row.created_at,
        updated_at: row.updated_at,
        extra,
    }
}

/// A customer. `others` are organizations beyond the main one.
pub fn contact(row: wire::User, identities: Vec<wire::Identity>, others: Vec<String>) -> Contact {
    let mut extra = Extra::new();
    keep(&mut extra, "alias", row.alias.map(Value::from));
    keep(&mut extra, "last_login_at", row.last_login_at);
    keep(
        &mut extra,
        "permanently_deleted",
        row.permanently_deleted
            .filter(|gone| *gone)
            .map(Value::from),
    );
    let mut organization_ids: Vec<String> =
        row.organization_id.into_iter().map(|id| id.0).collect();
    for id in others {
        if !organization_ids.contains(&id) {
            organization_ids.push(id);
        }
    }
    let verified = row.verified.unwrap_or(false);
    let mut known: Vec<Identity> = Vec::new();
    let mut add = |identity: Identity| {
        let there = known.iter_mut().find(|other| {
            other.kind == identity.kind && other.value.eq_ignore_ascii_case(&identity.value)
        });
        match there {
            Some(other) => other.verified |= identity.verified,
            None => known.push(identity),
        }
    };
    for (kind, value) in [
        (IdentityKind::Email, full(row.email)),
        (IdentityKind::Phone, full(row.phone)),
    ] {
        if let Some(value) = value {
            add(Identity {
                verified: verified && kind == IdentityKind::Email,
                ..Identity::new(kind, value)
            });
        }
    }
    for row in identities {
        let kind = identity_kind(&row.identity_type);
        if let Some(value) = full(row.value) {
            add(Identity {
                kind,
                value,
                verified: row.verified.unwrap_or(false),
                primary: row.primary.unwrap_or(false),
                source: (kind == IdentityKind::Other).then_some(row.identity_type),
            });
        }
    }
    // One primary address a kind: the row's own comes first.
    let mut seen = Vec::new();
    for identity in &mut known {
        let first = !seen.contains(&identity.kind);
        seen.push(identity.kind);
        identity.primary = first;
    }
    Contact {
        id: row.id.0,
        name: full(row.name),
        identities: known,
        organization_ids,
        locale: full(row.locale),
        time_zone: full(row.iana_time_zone).or(row.time_zone),
        tags: sorted(row.tags),
        notes: full(row.notes),
        details: full(row.details),
        title: None,
        blocked: row.suspended.unwrap_or(false),
        deleted: row.active == Some(false),
        external_id: text(row.external_id),
        custom_fields: keyed("user", row.user_fields),
        avatar_url: row.photo.and_then(|photo| photo.content_url),
        created_at: row.created_at,
        updated_at: row.updated_at,
        extra,
    }
}

/// The sort of address that Zendesk's word stands for.
fn identity_kind(word: &str) -> IdentityKind {
    match word {
        "email" => IdentityKind::Email,
        "phone_number" => IdentityKind::Phone,
        "twitter" => IdentityKind::Twitter,
        "facebook" => IdentityKind::Facebook,
        "whatsapp" => IdentityKind::Whatsapp,
        "instagram" | "instagram_dm" => IdentityKind::Instagram,
        "line" => IdentityKind::Line,
        "telegram" => IdentityKind::Telegram,
        "foreign" => IdentityKind::External,
        _ => IdentityKind::Other,
    }
}

/// Values of user and organization fields by the id that [`crate::schema::Field`] has here.
fn keyed(on: &str, values: Option<BTreeMap<String, Value>>) -> BTreeMap<String, Value> {
    fields(
        values
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| (format!("{on}.{key}"), value)),
    )
}

/// Text that says something.
fn full(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(json: Value) -> wire::User {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn all_addresses_of_a_customer_are_kept_once() {
        let row = user(serde_json::json!({
            "id": 7, "name": "Mia", "email": "mia@example.com", "verified": true,
            "organization_id": 1, "active": true, "role": "end-user", "user_fields": {"plan": "gold", "none": null}
        }));
        let identities: Vec<wire::Identity> = serde_json::from_value(serde_json::json!([
            {"id": 1, "user_id": 7, "type": "email", "value": "Mia@example.com", "primary": true, "verified": true},
            {"id": 2, "user_id": 7, "type": "email", "value": "mia@example.test", "primary": false},
            {"id": 3, "user_id": 7, "type": "any_channel", "value": "x:1"}
        ]))
        .unwrap();
        let contact = contact(row, identities, vec!["1".into(), "2".into()]);
        assert_eq!(contact.organization_ids, ["1", "2"]);
        assert_eq!(contact.email(), Some("mia@example.com"));
        assert_eq!(contact.identities.len(), 3);
        assert!(contact.identities[0].primary && contact.identities[0].verified);
        assert!(!contact.identities[1].primary);
        assert_eq!(contact.identities[2].source.as_deref(), Some("any_channel"));
        assert_eq!(contact.custom_fields.len(), 1);
        assert_eq!(contact.custom_fields["user.plan"], "gold");
    }

    #[test]
    fn a_deleted_user_is_kept_and_marked() {
        let row = user(serde_json::json!({"id": 8, "name": "Gone", "active": false}));
        assert!(contact(row, Vec::new(), Vec::new()).deleted);
    }

    #[test]
    fn suspended_staff_is_not_active() {
        let row = user(
            serde_json::json!({"id": 9, "role": "agent", "role_type": 1, "active": true, "suspended": true}),
        );
        let agent = agent(row, vec!["4".into()]);
        assert!(!agent.active);
        assert_eq!(agent.role, Role::Light);
    }
}
