//! What the account has: for mappings, for matching, for the check.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Freshdesk, OwnFields};
use crate::connector::{CheckItem, Error, ErrorKind, IndexPage, Result, TargetDesk};
use crate::connectors::freshdesk::client::{optional, refusal};
use crate::connectors::freshdesk::config::ChannelApi;
use crate::connectors::freshdesk::source::tickets::{Position, after};
use crate::connectors::freshdesk::{limits, wire};
use crate::http::Method;
use crate::schema::{Date, Field, Kind};

impl Freshdesk {
    pub(super) async fn describe_desk(&self) -> Result<TargetDesk> {
        let normalizer = self.normalizer().await?;
        let none = std::collections::BTreeMap::new();
        let agents: Vec<wire::Agent> = self.desk.all("/agents").await?;
        let me: wire::Agent = self.desk.get("/agents/me").json().await?;
        let groups: Vec<wire::Group> = self.groups().await?;
        let products: Vec<wire::Product> =
            allowed(self.desk.all("/products").await)?.unwrap_or_default();
        let forms: Vec<wire::Form> =
            allowed(self.desk.get("/ticket-forms").json().await)?.unwrap_or_default();
        let mut fields = Vec::new();
        for (path, on) in FIELD_LISTS {
            let list: Vec<wire::Field> =
                allowed(self.desk.get(path).json().await)?.unwrap_or_default();
            fields.extend(list.iter().map(|field| normalizer.field(field, on)));
        }
        self.probe_dates().await?;
        self.probe_ratings().await?;
        Ok(TargetDesk {
            name: self.config.domain.clone(),
            agents: agents
                .iter()
                .map(|agent| normalizer.agent(agent, &none))
                .collect(),
            groups: groups.iter().map(|group| normalizer.group(group)).collect(),
            fields,
            brands: products
                .iter()
                .map(|product| normalizer.product(product))
                .collect(),
            forms: forms.iter().map(|form| normalizer.form(form)).collect(),
            locales: self
                .desk
                .languages()
                .await?
                .iter()
                .map(|l| l.to_lowercase())
                .collect(),
            me: Some(normalizer.agent(&me, &none)),
            max_attachment: Some(limits::MAX_UPLOAD),
            takes_agents: false,
            notes_relations: true,
            places_images: false,
            verbatim: false,
        })
    }

    /// Groups with their members; without them where the key may not see that.
    pub(super) async fn groups(&self) -> Result<Vec<wire::Group>> {
        match allowed(self.desk.all("/admin/groups").await)? {
            Some(groups) => Ok(groups),
            None => self.desk.all("/groups").await,
        }
    }

    /// Finds out whether the account takes dates. Reading there proves that it
    /// is open; a refused write proves the opposite later on.
    pub(super) async fn probe_dates(&self) -> Result<bool> {
        let open = match self.config.channel_api {
            ChannelApi::Off => false,
            ChannelApi::Auto => {
                let call = self.desk.raw_call(Method::Get, "/api/channel/v2/tickets");
                let call = call
                    .query(&[("per_page", "1")])
                    .budget(limits::TICKETS_LIST);
                match call.send().await {
                    Ok(_) => true,
                    // There, and for writing only.
                    Err(error) if refusal(&error).is_some_and(|refusal| refusal.status == 405) => {
                        true
                    }
                    Err(error) if error.stops_run() && error.kind != ErrorKind::Auth => {
                        return Err(error);
                    }
                    Err(error) if error.kind == ErrorKind::Transient => return Err(error),
                    Err(_) => false,
                }
            }
        };
        self.dates.store(open, Ordering::Relaxed);
        Ok(open)
    }

    /// Finds out whether tickets can be rated: without an active survey none can.
    async fn probe_ratings(&self) -> Result<()> {
        let call = self.desk.get("/surveys").query(&[("state", "active")]);
        let surveys: Option<Vec<serde_json::Value>> = allowed(call.json().await)?;
        let open = surveys.is_some_and(|surveys| !surveys.is_empty());
        self.ratings.store(open, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the fields are there that keep what Freshdesk has no place for.
    pub(super) async fn check_fields(&self) -> Result<Vec<CheckItem>> {
        let fields: Vec<wire::Field> = self.desk.get("/ticket_fields").json().await?;
        let own = own_fields(&self.config, &fields);
        let mut items = Vec::new();
        let create = "set create_fields = true, or create it in Admin > Ticket Fields";
        for (wanted, found, lost) in [
            (
                &self.config.marker_field,
                &own.marker,
                "a ticket whose answer was lost can only be found by its text",
            ),
            (
                &self.config.legacy_id_field,
                &own.legacy_id,
                "the old ticket id is not kept",
            ),
            (
                &self.config.legacy_created_field,
                &own.legacy_created,
                "the old date is only in the text",
            ),
        ] {
            items.push(match found {
                Some(name) => CheckItem::ok(format!("ticket field {name} is there")),
                None if self.config.create_fields => {
                    CheckItem::ok(format!("ticket field {wanted} will be created"))
                }
                None if *wanted == self.config.marker_field => {
                    CheckItem::failure(format!("ticket field {wanted} is missing: {lost}"), create)
                }
                None => {
                    CheckItem::warning(format!("ticket field {wanted} is missing: {lost}"), create)
                }
            });
        }
        for field in fields
            .iter()
            .filter(|f| !f.default && f.required_for_agents == Some(true))
        {
            items.push(CheckItem::warning(
                format!(
                    "ticket field {} is mandatory: tickets without it are refused",
                    field.name
                ),
                "make it optional while the migration runs, or map a value to it",
            ));
        }
        for field in fields
            .iter()
            .filter(|f| !f.default && f.required_for_closure == Some(true))
        {
            items.push(CheckItem::warning(
                format!("ticket field {} is mandatory for closing: closed tickets without it are refused", field.name),
                "make it optional while the migration runs, or map a value to it",
            ));
        }
        Ok(items)
    }

    /// The fields of our own, created when they may be. Once a run.
    pub(super) async fn own_fields(&self) -> Result<&OwnFields> {
        self.own_fields
            .get_or_try_init(|| self.make_own_fields())
            .await
    }

    async fn make_own_fields(&self) -> Result<OwnFields> {
        let fields: Vec<wire::Field> = self.desk.get("/ticket_fields").json().await?;
        let mut own = own_fields(&self.config, &fields);
        if !self.config.create_fields {
            return Ok(own);
        }
        for (name, place, kind) in [
            (&self.config.marker_field, &mut own.marker, "custom_text"),
            (
                &self.config.legacy_id_field,
                &mut own.legacy_id,
                "custom_text",
            ),
            (
                &self.config.legacy_created_field,
                &mut own.legacy_created,
                "custom_date",
            ),
        ] {
            if place.is_none() {
                let label = label(name);
                let body = json!({
                    "label": label, "label_for_customers": label, "type": kind,
                    "displayed_to_customers": false, "customers_can_edit": false,
                });
                // The account may make another name of the label than we would.
                let made = self
                    .desk
                    .post("/admin/ticket_fields")
                    .body(&body)
                    .send()
                    .await;
                match made.and_then(|answer| answer.json::<MadeField>()) {
                    Ok(made) => *place = made.field_name(),
                    Err(error)
                        if matches!(
                            error.kind,
                            ErrorKind::Forbidden
                                | ErrorKind::Rejected { .. }
                                | ErrorKind::Conflict { .. }
                        ) =>
                    {
                        tracing::warn!("ticket field {name} could not be created: {error}");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(own)
    }

    /// Marks of the tickets that are neither deleted nor spam.
    async fn marked_tickets(&self, cursor: Option<&str>) -> Result<IndexPage> {
        let at: Position = match cursor {
            None => Position::start(Date::UNIX_EPOCH),
            Some(text) => serde_json::from_str(text).map_err(|cause| {
                Error::local(format!("`{text}` is no page of tickets")).caused_by(cause)
            })?,
        };
        let mut rows = self.desk.tickets(&at, &[]).await?;
        let dates: Vec<Option<Date>> = rows.rows.iter().map(|ticket| ticket.updated_at).collect();
        let (next, done) = after(&at, &dates, rows.more)?;
        let entries = rows.rows.iter_mut().filter_map(|ticket| {
            let fields = ticket.custom_fields.as_mut()?;
            let mark = fields.remove(&self.config.marker_field)?;
            Some((format!("marker:{}", mark.as_str()?), ticket.id.to_string()))
        });
        Ok(IndexPage {
            entries: entries.collect(),
            next: match done {
                true => None,
                false => Some(serde_json::to_string(&next).map_err(|cause| {
                    Error::local("a place in the list of tickets").caused_by(cause)
                })?),
            },
        })
    }

    pub(super) async fn index_page(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        if kind == Kind::Conversation {
            return self.marked_tickets(cursor).await;
        }
        let number: u32 = match cursor {
            None => 1,
            Some(text) => text
                .parse()
                .map_err(|_| Error::local(format!("`{text}` is no page of Freshdesk's index")))?,
        };
        let page = [
            ("per_page", limits::PAGE.to_string()),
            ("page", number.to_string()),
        ];
        let mut entries = Vec::new();
        let more = match kind {
            Kind::Contact => {
                let call = self
                    .desk
                    .get("/contacts")
                    .query(&page)
                    .budget(limits::CONTACTS_LIST);
                let rows = self.desk.page::<wire::Contact>(call, kind).await?;
                for contact in &rows.rows {
                    contact_keys(contact, &mut entries);
                }
                rows.more && !rows.rows.is_empty()
            }
            Kind::Organization => {
                let rows = self
                    .desk
                    .page::<wire::Company>(self.desk.get("/companies").query(&page), kind)
                    .await?;
                for company in &rows.rows {
                    entries.push((
                        format!("name:{}", company.name.trim().to_lowercase()),
                        company.id.to_string(),
                    ));
                }
                rows.more && !rows.rows.is_empty()
            }
            _ => false,
        };
        Ok(IndexPage {
            entries,
            next: more.then(|| (number + 1).to_string()),
        })
    }

    /// Where a field is deleted, by the id that it has in the schema.
    pub(super) async fn field_path(&self, id: &str) -> Result<Option<String>> {
        let normalizer = self.normalizer().await?;
        for (path, on) in FIELD_LISTS {
            let list: Vec<wire::Field> =
                allowed(self.desk.get(path).json().await)?.unwrap_or_default();
            if let Some(field) = list
                .iter()
                .find(|field| normalizer.field(field, on).id == id)
            {
                let place = if on == Kind::Conversation {
                    "/admin/ticket_fields"
                } else {
                    path
                };
                return Ok(Some(format!("{place}/{}", field.id)));
            }
        }
        Ok(None)
    }
}

/// Lists of fields and what carries them.
pub const FIELD_LISTS: [(&str, Kind); 3] = [
    ("/ticket_fields", Kind::Conversation),
    ("/contact_fields", Kind::Contact),
    ("/company_fields", Kind::Organization),
];

/// A created field; dependent ones come in an envelope.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct MadeField {
    name: Option<String>,
    ticket_field: Option<wire::Field>,
}

impl MadeField {
    /// The name that the account gave it.
    pub fn field_name(self) -> Option<String> {
        self.name.or(self.ticket_field.map(|field| field.name))
    }
}

/// The fields of our own that the account has, by name or by label.
pub fn own_fields(config: &super::Config, fields: &[wire::Field]) -> OwnFields {
    let find = |name: &str| {
        let by_label = label(name);
        let exact = fields.iter().find(|field| field.name == name);
        exact
            .or_else(|| {
                fields.iter().find(|f| {
                    !f.default
                        && f.label
                            .as_deref()
                            .is_some_and(|l| l.eq_ignore_ascii_case(&by_label))
                })
            })
            .map(|field| field.name.clone())
    };
    OwnFields {
        marker: find(&config.marker_field),
        legacy_id: find(&config.legacy_id_field),
        legacy_created: find(&config.legacy_created_field),
    }
}

/// The label that a field of this name has: `cf_legacy_id` is "Legacy id".
fn label(name: &str) -> String {
    let words = name.trim_start_matches("cf_").replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn contact_keys(contact: &wire::Contact, entries: &mut Vec<(String, String)>) {
    let id = contact.id.to_string();
    let mut add = |kind: &str, value: &Option<String>| {
        if let Some(value) = value
            .as_deref()
            .map(str::trim)
            .filter(|value| !value.is_empty())
        {
            entries.push((format!("{kind}:{}", value.to_lowercase()), id.clone()));
        }
    };
    add("email", &contact.email);
    contact
        .other_emails
        .iter()
        .flatten()
        .for_each(|email| add("email", &Some(email.clone())));
    add("phone", &contact.phone);
    add("phone", &contact.mobile);
    add("external", &contact.unique_external_id);
    if let Some(marker) = &contact.unique_external_id {
        entries.push((format!("marker:{marker}"), id));
    }
}

/// What the plan or the key does not allow is not there.
pub fn allowed<T>(result: Result<T>) -> Result<Option<T>> {
    match optional(result) {
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(None),
        other => other,
    }
}

/// A system field of the target (`status`, `source`, `ticket_type`).
pub fn system<'a>(target: &'a TargetDesk, kind: &str) -> Option<&'a Field> {
    target
        .fields
        .iter()
        .find(|field| field.type_name.as_deref() == Some(kind))
}

/// Everyone who works on the account, by address.
pub fn agent_with<'a>(target: &'a TargetDesk, email: &str) -> Option<&'a str> {
    target
        .agents
        .iter()
        .find(|agent| {
            agent
                .email
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(email))
        })
        .map(|agent| agent.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_words() {
        assert_eq!(label("cf_legacy_created_at"), "Legacy created at");
    }

    #[test]
    fn every_address_of_a_contact_is_a_key() {
        let contact = wire::Contact {
            id: 7,
            email: Some("Ada@Example.com".into()),
            other_emails: Some(vec!["ada@example.test".into()]),
            unique_external_id: Some("zendesk:acme:contact:1".into()),
            ..Default::default()
        };
        let mut entries = Vec::new();
        contact_keys(&contact, &mut entries);
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "email:ada@example.com",
                "email:ada@example.test",
                "external:zendesk:acme:contact:1",
                "marker:zendesk:acme:contact:1"
            ]
        );
    }
}
