//! Customers, in batches where the account allows it.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::payload::{field_value, number, reshaped, tag};
use super::{ZendeskSink, assess, jobs, made, repeat};
use crate::connector::identity::well_formed;
use crate::connector::{
    Body, Effect, Error, ErrorKind, Item, Journal, Loss, Losses, Outcome, Result, TargetDesk,
    WriteAction, Written, detail, field,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, OneJob};
use crate::connectors::zendesk::zones;
use crate::schema::{Contact, CustomFields, Identity, IdentityKind, Kind};

/// Nobody has tried yet.
pub const UNKNOWN: u8 = 0;
/// Batches of users are allowed.
pub const ALLOWED: u8 = 1;
/// Batches of users are refused (403) or not wanted.
pub const REFUSED: u8 = 2;

/// A user as it is sent, and what it loses.
pub fn contact(
    contact: &Contact,
    item: &Item,
    target: &TargetDesk,
    losses: &mut Losses,
) -> Map<String, Value> {
    let mut user = Map::new();
    // No role: an address that belongs to staff must not be demoted.
    user.insert("external_id".into(), item.marker.clone().into());
    user.insert("skip_verify_email".into(), true.into());
    let phone = contact
        .identity(IdentityKind::Phone)
        .or_else(|| contact.identity(IdentityKind::Mobile));
    let name = contact
        .name
        .as_deref()
        .filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| {
        let name = contact.email().or(phone).unwrap_or("Unknown");
        losses.add(
            field::CONTACT_NAME,
            Effect::Changed,
            detail!("loss-nameless", name = name),
        );
        name
    });
    user.insert("name".into(), name.into());
    addresses(contact, phone, &mut user, losses);
    organization(contact, item, &mut user, losses);
    tags(&contact.tags, field::CONTACT_TAGS, &mut user, losses);
    for (key, value) in [("notes", &contact.notes), ("details", &contact.details)] {
        if let Some(value) = value {
            user.insert(key.into(), value.clone().into());
        }
    }
    place(contact, target, &mut user, losses);
    losses.when(
        contact.blocked,
        field::CONTACT_STATE,
        Effect::Dropped,
        detail!("loss-suspended"),
    );
    losses.when(
        contact.deleted,
        field::CONTACT_STATE,
        Effect::Changed,
        detail!("loss-deleted-user"),
    );
    losses.when(
        contact.created_at.is_some(),
        field::CONTACT_DATES,
        Effect::Dropped,
        detail!("loss-own-user-dates", platform = "Zendesk"),
    );
    losses.when(
        contact.title.is_some() || contact.avatar_url.is_some(),
        field::CONTACT,
        Effect::Dropped,
        detail!("loss-picture"),
    );
    losses.when(
        contact.external_id.is_some(),
        field::EXTRA,
        Effect::Dropped,
        detail!("loss-external-id"),
    );
    let values = keyed(
        &contact.custom_fields,
        item,
        target,
        field::CONTACT_FIELDS,
        losses,
    );
    if !values.is_empty() {
        user.insert("user_fields".into(), values.into());
    }
    losses.extra(&contact.extra);
    user
}

/// Zendesk's word for a kind of address, where it keeps it.
fn identity_type(kind: IdentityKind) -> Option<&'static str> {
    Some(match kind {
        IdentityKind::Email => "email",
        IdentityKind::Phone | IdentityKind::Mobile => "phone_number",
        IdentityKind::Twitter => "twitter",
        IdentityKind::Facebook => "facebook",
        _ => return None,
    })
}

fn addresses(
    contact: &Contact,
    phone: Option<&str>,
    user: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    let main = contact
        .identities
        .iter()
        .find(|identity| identity.kind == IdentityKind::Email && well_formed(&identity.value));
    if let Some(main) = main {
        user.insert("email".into(), main.value.clone().into());
        user.insert("verified".into(), main.verified.into());
    }
    if let Some(phone) = phone {
        user.insert("phone".into(), phone.into());
    }
    let mut others = Vec::new();
    let mut phone_used = false;
    for (index, identity) in contact.identities.iter().enumerate() {
        let Some(sort) = identity_type(identity.kind) else {
            let sort = identity.kind.name();
            let detail = detail!("loss-address-numbered", sort = sort, number = index + 1);
            let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
            losses.push(loss.of(identity.kind.name()));
            continue;
        };
        if main.is_some_and(|main| std::ptr::eq(main, identity)) {
            continue;
        }
        if sort == "email" && !well_formed(&identity.value) {
            let detail = detail!("loss-no-such-address", address = &identity.value);
            let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
            losses.push(loss.of(&identity.value));
            continue;
        }
        if sort == "phone_number" && !phone_used && Some(identity.value.as_str()) == phone {
            phone_used = true;
            continue;
        }
        others.push(json!({"type": sort, "value": identity.value, "verified": identity.verified}));
    }
    if !others.is_empty() {
        user.insert("identities".into(), others.into());
    }
}

fn organization(
    contact: &Contact,
    item: &Item,
    user: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    let mut main = None;
    for id in &contact.organization_ids {
        match item.refs.get(Kind::Organization, id) {
            Some(target) => main = main.or(Some(target)),
            None => losses.add(
                field::CONTACT_ORGANIZATIONS,
                Effect::Dropped,
                detail!(
                    "loss-not-here",
                    kind = Kind::Organization.name(),
                    which = id
                ),
            ),
        }
    }
    if let Some(main) = main {
        user.insert("organization_id".into(), number(main));
    }
}

/// Language and time zone.
fn place(
    contact: &Contact,
    target: &TargetDesk,
    user: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    if let Some(locale) = &contact.locale {
        match assess::locale(target, locale) {
            Some(known) => {
                if !known.eq_ignore_ascii_case(locale) {
                    let detail = detail!("loss-word-becomes", old = locale, new = known);
                    losses.add(field::CONTACT_LOCALE, Effect::Changed, detail);
                }
                user.insert("locale".into(), known.into());
            }
            None => losses.add(
                field::CONTACT_LOCALE,
                Effect::Dropped,
                detail!("loss-locale-disabled", locale = locale),
            ),
        }
    }
    if let Some(zone) = &contact.time_zone {
        match zones::own_name(zone) {
            Some(known) => {
                user.insert("time_zone".into(), known.into());
            }
            None => losses.add(
                field::CONTACT_LOCALE,
                Effect::Dropped,
                detail!("loss-time-zone", zone = zone),
            ),
        }
    }
}

/// Tags as Zendesk takes them.
pub(super) fn tags(old: &[String], name: &str, into: &mut Map<String, Value>, losses: &mut Losses) {
    if old.is_empty() {
        return;
    }
    let new: Vec<String> = old.iter().map(|text| tag(text)).collect();
    losses.when(
        new != old,
        name,
        Effect::Changed,
        detail!("loss-tags-lower"),
    );
    into.insert("tags".into(), new.into());
}

/// Values of user and organization fields, by key.
pub(super) fn keyed(
    values: &CustomFields,
    item: &Item,
    target: &TargetDesk,
    name: &str,
    losses: &mut Losses,
) -> Map<String, Value> {
    let mut sent = Map::new();
    for (id, value) in values {
        losses.within(id, |losses| {
            let Some(known) = item.refs.get(Kind::Field, id) else {
                let detail = detail!("loss-not-here", kind = Kind::Field.name(), which = id);
                losses.add(name, Effect::Dropped, detail);
                return;
            };
            let definition = target.fields.iter().find(|field| field.id == known);
            match field_value(definition, value) {
                Ok(fit) => {
                    if let Some(what) = reshaped(definition, value, &fit) {
                        let detail = detail!("loss-field", field = id, what = what);
                        losses.add(name, Effect::Changed, detail);
                    }
                    let key = known.split_once('.').map_or(known, |(_, key)| key);
                    sent.insert(key.to_owned(), fit);
                }
                Err(why) => {
                    let detail = detail!("loss-field", field = id, what = why);
                    losses.add(name, Effect::Dropped, detail);
                }
            }
        });
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
                    let user = contact(person, item, target, &mut Losses::default());
                    open.push((index, Value::Object(user)));
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
            // Sending the main address again would make it a second one.
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
        let losses = match item.changed.has(field::CONTACT_IDENTITIES) {
            true => self.add_identities(item, id).await?,
            false => Vec::new(),
        };
        Ok(Written {
            action: WriteAction::Updated,
            losses,
            ..self.written("/agent/users/", id)
        })
    }

    /// Adds the addresses that a user does not have yet; returns those that
    /// another user has. None is taken away: it may be the one that the user
    /// signs in with.
    async fn add_identities(&self, item: &Item, id: &str) -> Result<Vec<Loss>> {
        let Body::Contact(person) = &item.body else {
            return Ok(Vec::new());
        };
        let path = format!("/api/v2/users/{id}/identities");
        let there: Vec<wire::Identity> = self.optional(&path, limits::DEFAULT).await?;
        let is_there = |identity: &Identity, sort: &str| {
            there.iter().any(|row| {
                row.identity_type == sort
                    && row
                        .value
                        .as_deref()
                        .is_some_and(|value| value.eq_ignore_ascii_case(&identity.value))
            })
        };
        let mut losses = Vec::new();
        for identity in &person.identities {
            let Some(sort) = identity_type(identity.kind) else {
                continue;
            };
            // The number of the user itself is not an identity on every account.
            let own =
                sort == "phone_number" && person.identity(identity.kind) == Some(&identity.value);
            if own || is_there(identity, sort) {
                continue;
            }
            let added = self
                .desk
                .client
                .post(&path)
                .body(&json!({"identity": {
                    "type": sort,
                    "value": identity.value,
                    // Otherwise the address gets a mail to confirm it.
                    "verified": true,
                    "skip_verify_email": true,
                }}))
                .repeatable()
                .send()
                .await;
            match added {
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Rejected { .. } | ErrorKind::Conflict { .. }
                    ) =>
                {
                    let (sort, address) = (identity.kind.name(), &identity.value);
                    let why = error.to_string();
                    let detail = detail!(
                        "loss-address-refused",
                        sort = sort,
                        address = address,
                        why = why
                    );
                    let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
                    losses.push(loss.of(identity.kind.name()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(losses)
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
                        detail!(
                            "loss-organization-refused",
                            organization = organization,
                            why = error.to_string()
                        ),
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
}
