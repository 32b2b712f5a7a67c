//! Customers and organizations, in batches where the account allows it.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::jobs;
use super::payload::{field_value, number, tag};
use super::{ZendeskSink, assess, made, repeat};
use crate::connector::{
    Body, Effect, Error, ErrorKind, Item, Journal, Loss, Outcome, Result, TargetDesk, WriteAction,
    Written, field,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, OneJob};
use crate::connectors::zendesk::zones;
use crate::schema::{Contact, CustomFields, IdentityKind, Kind, Organization};

/// Nobody has tried yet.
pub const UNKNOWN: u8 = 0;
/// Batches of users are allowed.
pub const ALLOWED: u8 = 1;
/// Batches of users are refused (403) or not wanted.
pub const REFUSED: u8 = 2;

/// A user as it is sent, and what it loses.
pub fn contact(contact: &Contact, item: &Item, target: &TargetDesk) -> (Value, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut lose = |name: &str, effect: Effect, detail: String| {
        losses.push(Loss::new(name, effect, detail));
    };
    let mut user = Map::new();
    // No role: an address that belongs to staff must not be demoted.
    user.insert("external_id".into(), item.marker.clone().into());
    user.insert("skip_verify_email".into(), true.into());
    let mails: Vec<_> = contact
        .identities
        .iter()
        .filter(|identity| identity.kind == IdentityKind::Email)
        .collect();
    let phone = contact
        .identity(IdentityKind::Phone)
        .or_else(|| contact.identity(IdentityKind::Mobile));
    let name = match contact
        .name
        .as_deref()
        .filter(|name| !name.trim().is_empty())
    {
        Some(name) => name.to_owned(),
        None => {
            let name = contact.email().or(phone).unwrap_or("Unknown").to_owned();
            lose(
                field::CONTACT_NAME,
                Effect::Changed,
                format!("without a name: {name}"),
            );
            name
        }
    };
    user.insert("name".into(), name.into());
    if let Some(first) = mails.first() {
        user.insert("email".into(), first.value.clone().into());
        user.insert("verified".into(), first.verified.into());
    }
    if let Some(phone) = phone {
        user.insert("phone".into(), phone.into());
    }
    let mut others = Vec::new();
    let mut phone_used = false;
    for (index, identity) in contact.identities.iter().enumerate() {
        let sort = match identity.kind {
            IdentityKind::Email
                if mails
                    .first()
                    .is_some_and(|first| std::ptr::eq(*first, identity)) =>
            {
                continue;
            }
            IdentityKind::Email => "email",
            IdentityKind::Phone | IdentityKind::Mobile => {
                if !phone_used && Some(identity.value.as_str()) == phone {
                    phone_used = true;
                    continue;
                }
                "phone_number"
            }
            IdentityKind::Twitter => "twitter",
            IdentityKind::Facebook => "facebook",
            _ => {
                lose(
                    field::CONTACT_IDENTITIES,
                    Effect::Dropped,
                    format!("{} (address {})", identity.kind, index + 1),
                );
                continue;
            }
        };
        others.push(json!({"type": sort, "value": identity.value, "verified": identity.verified}));
    }
    if !others.is_empty() {
        user.insert("identities".into(), others.into());
    }
    let mut organizations = contact
        .organization_ids
        .iter()
        .filter_map(|id| item.refs.get(Kind::Organization, id));
    if let Some(first) = organizations.next() {
        user.insert("organization_id".into(), number(first));
    }
    tags(&contact.tags, field::CONTACT_TAGS, &mut user, &mut lose);
    for (key, value) in [("notes", &contact.notes), ("details", &contact.details)] {
        if let Some(value) = value {
            user.insert(key.into(), value.clone().into());
        }
    }
    if let Some(locale) = &contact.locale {
        match assess::locale(target, locale) {
            Some(known) => {
                user.insert("locale".into(), known.into());
            }
            None => lose(
                field::CONTACT_LOCALE,
                Effect::Dropped,
                format!("{locale} is not enabled here"),
            ),
        }
    }
    if let Some(zone) = &contact.time_zone {
        match zones::own_name(zone) {
            Some(known) => {
                user.insert("time_zone".into(), known.into());
            }
            None => lose(
                field::CONTACT_LOCALE,
                Effect::Dropped,
                format!("time zone {zone}: Zendesk has no name of its own for it"),
            ),
        }
    }
    if contact.blocked {
        lose(
            field::CONTACT_STATE,
            Effect::Dropped,
            "suspended: the tickets of suspended users are refused".into(),
        );
    }
    if contact.deleted {
        lose(
            field::CONTACT_STATE,
            Effect::Changed,
            "deleted on the source, an ordinary user here".into(),
        );
    }
    if contact.created_at.is_some() {
        lose(
            field::CONTACT_DATES,
            Effect::Dropped,
            "Zendesk sets the dates of users itself".into(),
        );
    }
    if contact.title.is_some() || contact.avatar_url.is_some() {
        lose(
            field::CONTACT,
            Effect::Dropped,
            "job title and picture".into(),
        );
    }
    if contact.external_id.is_some() {
        lose(
            field::EXTRA,
            Effect::Dropped,
            "external_id gives way to the migration's own".into(),
        );
    }
    let values = keyed(
        &contact.custom_fields,
        item,
        target,
        field::CONTACT_FIELDS,
        &mut lose,
    );
    if !values.is_empty() {
        user.insert("user_fields".into(), values.into());
    }
    assess::extra(&contact.extra, &mut losses);
    (user.into(), losses)
}

/// An organization as it is sent, and what it loses.
pub fn organization(
    organization: &Organization,
    item: &Item,
    target: &TargetDesk,
) -> (Value, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut lose = |name: &str, effect: Effect, detail: String| {
        losses.push(Loss::new(name, effect, detail));
    };
    let mut sent = Map::new();
    sent.insert("name".into(), organization.name.clone().into());
    sent.insert("external_id".into(), item.marker.clone().into());
    if !organization.domains.is_empty() {
        sent.insert("domain_names".into(), organization.domains.clone().into());
    }
    tags(
        &organization.tags,
        field::ORGANIZATION_TAGS,
        &mut sent,
        &mut lose,
    );
    for (key, value) in [
        ("notes", &organization.notes),
        ("details", &organization.details),
    ] {
        if let Some(value) = value {
            sent.insert(key.into(), value.clone().into());
        }
    }
    if let Some(shared) = organization.shared {
        sent.insert("shared_tickets".into(), shared.into());
    }
    if let Some(group) = &organization.group_id {
        match item.refs.get(Kind::Group, group) {
            Some(target) => {
                sent.insert("group_id".into(), number(target));
            }
            None => lose(
                field::ORGANIZATION_RECORD,
                Effect::Dropped,
                format!("its group {group} is not here yet"),
            ),
        }
    }
    if organization.created_at.is_some() {
        lose(
            field::ORGANIZATION_DATES,
            Effect::Dropped,
            "Zendesk sets the dates of organizations itself".into(),
        );
    }
    if organization.external_id.is_some() {
        lose(
            field::EXTRA,
            Effect::Dropped,
            "external_id gives way to the migration's own".into(),
        );
    }
    let values = keyed(
        &organization.custom_fields,
        item,
        target,
        field::ORGANIZATION_FIELDS,
        &mut lose,
    );
    if !values.is_empty() {
        sent.insert("organization_fields".into(), values.into());
    }
    assess::extra(&organization.extra, &mut losses);
    (sent.into(), losses)
}

fn tags(
    old: &[String],
    name: &str,
    into: &mut Map<String, Value>,
    lose: &mut impl FnMut(&str, Effect, String),
) {
    if old.is_empty() {
        return;
    }
    let new: Vec<String> = old.iter().map(|text| tag(text)).collect();
    if new != old {
        lose(
            name,
            Effect::Changed,
            "in lower case, with underscores for blanks".into(),
        );
    }
    into.insert("tags".into(), new.into());
}

/// Values of user and organization fields, by key.
fn keyed(
    values: &CustomFields,
    item: &Item,
    target: &TargetDesk,
    name: &str,
    lose: &mut impl FnMut(&str, Effect, String),
) -> Map<String, Value> {
    let mut sent = Map::new();
    for (id, value) in values {
        let Some(known) = item.refs.get(Kind::Field, id) else {
            lose(name, Effect::Dropped, format!("field {id} is not here"));
            continue;
        };
        let definition = target.fields.iter().find(|field| field.id == known);
        match field_value(definition, value) {
            Ok(value) => {
                let key = known.split_once('.').map_or(known, |(_, key)| key);
                sent.insert(key.to_owned(), value);
            }
            Err(why) => lose(name, Effect::Dropped, format!("field {id}: {why}")),
        }
    }
    sent
}

/// Which of the values that an update may change stands behind which key.
const USER_KEYS: [(&str, &str); 9] = [
    ("name", field::CONTACT_NAME),
    ("phone", field::CONTACT_IDENTITIES),
    ("organization_id", field::CONTACT_ORGANIZATIONS),
    ("tags", field::CONTACT_TAGS),
    ("notes", field::CONTACT_NOTES),
    ("details", field::CONTACT_NOTES),
    ("locale", field::CONTACT_LOCALE),
    ("time_zone", field::CONTACT_LOCALE),
    ("user_fields", field::CONTACT_FIELDS),
];

fn organization_field(key: &str) -> &'static str {
    match key {
        "name" => field::ORGANIZATION_NAME,
        "tags" => field::ORGANIZATION_TAGS,
        "organization_fields" => field::ORGANIZATION_FIELDS,
        _ => field::ORGANIZATION_RECORD,
    }
}

impl ZendeskSink {
    pub(super) async fn write_contacts(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(items.len());
        let mut open = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Body::Contact(person) = &item.body else {
                outcomes.push(Some(Err(Error::local("a batch holds records of one kind"))));
                continue;
            };
            // A customer of the source may be staff here: staff is never changed.
            let staff = person.email().and_then(|email| {
                target.agents.iter().find(|agent| {
                    agent
                        .email
                        .as_deref()
                        .is_some_and(|known| known.eq_ignore_ascii_case(email))
                })
            });
            match staff {
                Some(agent) => outcomes.push(Some(Ok(Written::matched(&agent.id)))),
                None => {
                    outcomes.push(None);
                    open.push((index, contact(person, item, target).0));
                }
            }
        }
        let (existing, new): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|(index, _)| items[*index].existing.is_some());
        for (index, user) in existing {
            outcomes[index] = Some(self.update_user(&items[index], &user).await);
        }
        if self.bulk.load(Ordering::Relaxed) != REFUSED && new.len() > 1 {
            match self.bulk_users(items, &new, journal).await {
                Ok(done) => {
                    for ((index, _), outcome) in new.iter().zip(done) {
                        outcomes[*index] = Some(outcome);
                    }
                }
                Err(()) => self.bulk.store(REFUSED, Ordering::Relaxed),
            }
        }
        for (index, user) in &new {
            if outcomes[*index].is_none() {
                outcomes[*index] = Some(self.upsert_user(user).await);
            }
        }
        let mut finished = Vec::with_capacity(items.len());
        for (item, outcome) in items.iter().zip(outcomes) {
            let outcome =
                outcome.unwrap_or_else(|| Err(Error::local("a record was left out of its batch")));
            finished.push(match outcome {
                Ok(written) => self.memberships(item, written).await,
                Err(error) => Err(error),
            });
        }
        finished
    }

    /// Writes a batch; `Err` when the account does not allow batches of users.
    async fn bulk_users(
        &self,
        items: &[Item],
        new: &[(usize, Value)],
        journal: &dyn Journal,
    ) -> Result<Vec<Outcome>, ()> {
        let users: Vec<&Value> = new.iter().map(|(_, user)| user).collect();
        let members: Vec<&Item> = new.iter().map(|(index, _)| &items[*index]).collect();
        match self
            .run_job(
                "/api/v2/users/create_or_update_many",
                &json!({"users": users}),
                &members,
                journal,
            )
            .await
        {
            Err(error) if error.kind == ErrorKind::Forbidden => Err(()),
            Err(error) => Ok(new.iter().map(|_| Err(repeat(&error))).collect()),
            Ok(done) => {
                self.bulk.store(ALLOWED, Ordering::Relaxed);
                Ok(done
                    .into_iter()
                    .map(|row| row.map(|row| self.user_written(&row)))
                    .collect())
            }
        }
    }

    fn user_written(&self, row: &jobs::Done) -> Written {
        Written {
            action: if row.updated {
                WriteAction::Updated
            } else {
                WriteAction::Created
            },
            ..self.written("/agent/users/", row.id.as_str())
        }
    }

    /// Starts a job, notes it for every record, waits for it; one result a record.
    pub(super) async fn run_job(
        &self,
        path: &str,
        body: &Value,
        members: &[&Item],
        journal: &dyn Journal,
    ) -> Result<Vec<Result<jobs::Done>>> {
        let job: OneJob = self.desk.client.post(path).body(body).json().await?;
        let id = job.job_status.id.0;
        let notes = members
            .iter()
            .enumerate()
            .map(|(index, item)| (item.key(), format!("job:{id}:{index}")));
        if let Err(error) = journal.note(notes.collect()).await {
            // The job runs all the same: what it wrote must be looked up.
            return Err(Error::new(
                ErrorKind::Transient,
                format!("job {id} was started and could not be noted: {error}"),
            ));
        }
        match self.jobs.wait(&id).await {
            Ok(status) => Ok((0..members.len())
                .map(|index| jobs::outcome(&status, index))
                .collect()),
            Err(error) => Err(Error::new(
                ErrorKind::Transient,
                format!("job {id} was started and could not be followed: {error}"),
            )),
        }
    }

    async fn upsert_user(&self, user: &Value) -> Outcome {
        let answer = self
            .desk
            .client
            .post("/api/v2/users/create_or_update")
            .budget(limits::USER_UPSERT)
            .body(&json!({"user": user}))
            .repeatable()
            .send()
            .await?;
        let id = made(&answer.json::<Value>()?, "user")?;
        Ok(Written {
            action: if answer.status == 201 {
                WriteAction::Created
            } else {
                WriteAction::Updated
            },
            ..self.written("/agent/users/", id)
        })
    }

    async fn update_user(&self, item: &Item, user: &Value) -> Outcome {
        let id = item.existing.as_deref().unwrap_or_default();
        let mut user = user.clone();
        if let Some(user) = user.as_object_mut() {
            // Addresses are added by identities of their own; sending the main
            // one again would make it a second one.
            for key in ["email", "identities", "skip_verify_email", "verified"] {
                user.remove(key);
            }
            user.retain(|key, _| {
                USER_KEYS
                    .iter()
                    .all(|(known, name)| known != key || item.changed.has(name))
            });
        }
        self.desk
            .client
            .put(&format!("/api/v2/users/{id}"))
            .budget(limits::USER_UPSERT)
            .body(&json!({"user": user}))
            .send()
            .await?;
        if let Body::Contact(person) = &item.body
            && item.changed.has(field::CONTACT_IDENTITIES)
        {
            self.add_addresses(id, person).await?;
        }
        Ok(Written {
            action: WriteAction::Updated,
            ..self.written("/agent/users/", id)
        })
    }

    /// Adds addresses that a user does not have yet. None is taken away: it
    /// may be the one that the user signs in with.
    async fn add_addresses(&self, id: &str, person: &Contact) -> Result<()> {
        let path = format!("/api/v2/users/{id}/identities");
        let there: Vec<wire::Identity> = self.optional(&path, limits::DEFAULT).await?;
        for identity in &person.identities {
            let sort = match identity.kind {
                IdentityKind::Email => "email",
                IdentityKind::Twitter => "twitter",
                IdentityKind::Facebook => "facebook",
                _ => continue,
            };
            let known = there.iter().any(|row| {
                row.identity_type == sort
                    && row
                        .value
                        .as_deref()
                        .is_some_and(|value| value.eq_ignore_ascii_case(&identity.value))
            });
            if known {
                continue;
            }
            let sent = json!({
                "type": sort, "value": identity.value,
                // Otherwise the address gets a mail to confirm it.
                "verified": true, "skip_verify_email": true,
            });
            self.desk
                .client
                .post(&path)
                .body(&json!({"identity": sent}))
                .send()
                .await?;
        }
        Ok(())
    }

    /// Adds the organizations beyond the first, which only memberships can hold.
    pub(super) async fn memberships(&self, item: &Item, mut written: Written) -> Outcome {
        let Body::Contact(person) = &item.body else {
            return Ok(written);
        };
        for organization in person
            .organization_ids
            .iter()
            .filter_map(|id| item.refs.get(Kind::Organization, id))
            .skip(1)
        {
            let added = self
                .desk
                .client
                .post("/api/v2/organization_memberships")
                .body(&json!({"organization_membership": {
                    "user_id": number(&written.id),
                    "organization_id": number(organization),
                }}))
                .repeatable()
                .send()
                .await;
            match added {
                Ok(_) => {}
                // A second time is refused: it is there.
                Err(error) if matches!(error.kind, ErrorKind::Conflict { .. }) => {}
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::NotFound
                    ) =>
                {
                    written.losses.push(Loss::new(
                        field::CONTACT_ORGANIZATIONS,
                        Effect::Dropped,
                        format!("organization {organization}: {error}"),
                    ));
                }
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::Transient,
                        format!("written, but not yet in all its organizations: {error}"),
                    ));
                }
            }
        }
        Ok(written)
    }

    pub(super) async fn write_organizations(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(items.len());
        let mut new = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Body::Organization(record) = &item.body else {
                outcomes.push(Some(Err(Error::local("a batch holds records of one kind"))));
                continue;
            };
            let (sent, _) = organization(record, item, target);
            match &item.existing {
                Some(id) => {
                    let mut sent = sent;
                    if let Some(sent) = sent.as_object_mut() {
                        sent.retain(|key, _| item.changed.has(organization_field(key)));
                    }
                    let changed = self
                        .desk
                        .client
                        .put(&format!("/api/v2/organizations/{id}"))
                        .body(&json!({"organization": sent}))
                        .send()
                        .await;
                    outcomes.push(Some(changed.map(|_| Written {
                        action: WriteAction::Updated,
                        ..self.written("/agent/organizations/", id.as_str())
                    })));
                }
                None => {
                    outcomes.push(None);
                    new.push((index, sent));
                }
            }
        }
        if !new.is_empty() {
            let sent: Vec<&Value> = new.iter().map(|(_, sent)| sent).collect();
            let members: Vec<&Item> = new.iter().map(|(index, _)| &items[*index]).collect();
            let done = self
                .run_job(
                    "/api/v2/organizations/create_many",
                    &json!({"organizations": sent}),
                    &members,
                    journal,
                )
                .await;
            match done {
                Err(error) => {
                    for (index, _) in &new {
                        outcomes[*index] = Some(Err(repeat(&error)));
                    }
                }
                Ok(rows) => {
                    for ((index, sent), row) in new.iter().zip(rows) {
                        outcomes[*index] = Some(match row {
                            Ok(row) => Ok(self.written("/agent/organizations/", row.id)),
                            Err(error) => Err(self.name_taken(error, sent).await),
                        });
                    }
                }
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| {
                outcome.unwrap_or_else(|| Err(Error::local("a record was left out of its batch")))
            })
            .collect()
    }

    /// Says which organization has the name already.
    async fn name_taken(&self, error: Error, sent: &Value) -> Error {
        if !matches!(error.kind, ErrorKind::Conflict { existing: None }) {
            return error;
        }
        let name = sent.get("name").and_then(Value::as_str).unwrap_or_default();
        let found = self
            .desk
            .client
            .get("/api/v2/organizations/search")
            .query(&[("name", name)])
            .send()
            .await
            .and_then(|answer| wire::list::<wire::Organization>(&answer));
        let existing = found.ok().and_then(|list| {
            list.rows
                .into_iter()
                .find(|row| row.name.eq_ignore_ascii_case(name))
                .map(|row| row.id.0)
        });
        Error {
            kind: ErrorKind::Conflict { existing },
            ..error
        }
    }
}
