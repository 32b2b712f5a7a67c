//! Companies and contacts.

use serde_json::{Value, json};

use super::Freshdesk;
use super::desk::agent_with;
use super::messages::line;
use super::payload::{Payload, send_without};
use super::values::{fit, tags};
use crate::connector::{
    Effect, Error, ErrorKind, Item, Loss, Outcome, Refs, Result, TargetDesk, WriteAction, Written,
    detail, field,
};
use crate::connectors::freshdesk::client::{optional, refusal};
use crate::connectors::freshdesk::{limits, wire};
use crate::schema::{Contact, CustomFields, IdentityKind, Kind, Organization};

impl Freshdesk {
    pub(super) async fn write_company(
        &self,
        item: &Item,
        company: &Organization,
        target: &TargetDesk,
    ) -> Outcome {
        let mut payload = company_payload(company, &item.refs, target);
        if item.existing.is_some() {
            payload.retain(|name| {
                item.changed.has(match name {
                    "name" => field::ORGANIZATION_NAME,
                    "custom_fields" => field::ORGANIZATION_FIELDS,
                    _ => field::ORGANIZATION_RECORD,
                })
            });
        }
        let mut losses = Vec::new();
        let give_up = |payload: &mut Payload, name: &str| {
            let lost = if name == "domains" {
                field::ORGANIZATION_RECORD
            } else {
                field::ORGANIZATION_FIELDS
            };
            // A field of that name is either the company's or a custom one; the name stays.
            (name != "name" && payload.remove(name)).then(|| {
                Loss::new(
                    lost,
                    Effect::Dropped,
                    detail!("loss-refused-or-companys", name = name),
                )
            })
        };
        let path = match &item.existing {
            Some(id) => format!("/companies/{id}"),
            None => "/companies".to_owned(),
        };
        let call = || {
            if item.existing.is_some() {
                self.desk.put(&path)
            } else {
                self.desk.post(&path)
            }
        };
        let made = send_without(&mut payload, &[], &call, &give_up, &mut losses).await;
        let mut written = match made {
            Ok(answer) => Written::created(answer.json::<wire::Id>()?.id.to_string()),
            Err(error) if duplicate(&error, "name") => {
                match self.company_named(&company.name).await? {
                    Some(found) => Written::matched(found.id.to_string()),
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        if item.existing.is_some() {
            written.action = WriteAction::Updated;
        }
        written.losses = losses;
        Ok(written)
    }

    /// The company with this name. Suggestions match parts of names.
    pub(super) async fn company_named(&self, name: &str) -> Result<Option<wire::Company>> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Suggested {
            List(Vec<wire::Company>),
            Envelope { companies: Vec<wire::Company> },
        }
        let call = self
            .desk
            .get("/companies/autocomplete")
            .query(&[("name", name)]);
        let found = match optional(call.json::<Suggested>().await)? {
            Some(Suggested::List(list) | Suggested::Envelope { companies: list }) => list,
            None => Vec::new(),
        };
        let same = |company: &wire::Company| company.name.trim().eq_ignore_ascii_case(name.trim());
        match found.into_iter().find(same) {
            Some(found) => self.desk.find(&format!("/companies/{}", found.id)).await,
            None => Ok(None),
        }
    }

    pub(super) async fn write_contact(
        &self,
        item: &Item,
        contact: &Contact,
        target: &TargetDesk,
    ) -> Outcome {
        // Agents and contacts share one space of addresses.
        if let Some(agent) = contact.email().and_then(|email| agent_with(target, email)) {
            return Ok(Written::matched(agent));
        }
        let mut payload = contact_payload(item, contact, target);
        if let Some(existing) = &item.existing {
            return self.update_contact(existing, item, contact, payload).await;
        }
        let mut losses = Vec::new();
        let call = || self.desk.post("/contacts");
        let give_up = |payload: &mut Payload, name: &str| give_up(payload, name);
        match send_without(&mut payload, &[], &call, &give_up, &mut losses).await {
            Ok(answer) => {
                let mut written = Written::created(answer.json::<wire::Id>()?.id.to_string());
                written.losses = losses;
                Ok(written)
            }
            Err(error)
                if matches!(error.kind, ErrorKind::Conflict { .. })
                    || duplicate(&error, "email")
                    || duplicate(&error, "unique_external_id") =>
            {
                self.match_contact(item, contact, target, error).await
            }
            Err(error) => Err(error),
        }
    }

    /// Whose the address is already: the contact or agent is taken as it is.
    async fn match_contact(
        &self,
        item: &Item,
        contact: &Contact,
        target: &TargetDesk,
        error: Error,
    ) -> Outcome {
        let known = match &error.kind {
            ErrorKind::Conflict { existing } => existing.clone(),
            _ => None,
        };
        let known = match known {
            Some(id) => Some(id),
            None => self.person_like(item, contact).await?,
        };
        let Some(id) = known else {
            return Err(
                error.hint("search the target's contacts, also the deleted ones, for this address")
            );
        };
        if target.agents.iter().any(|agent| agent.id == id) {
            return Ok(Written::matched(id));
        }
        let found: Option<wire::Contact> = self.desk.find(&format!("/contacts/{id}")).await?;
        match found {
            // Ours, and taken back by a rollback: it comes back as it is now.
            Some(found)
                if found.deleted == Some(true)
                    && found.unique_external_id == Some(external_id(item, contact)) =>
            {
                let path = format!("/contacts/{id}/restore");
                self.desk.put(&path).send().await?;
                let payload = contact_payload(item, contact, target);
                let mut written = self.update_contact(&id, item, contact, payload).await?;
                written.action = WriteAction::Created;
                Ok(written)
            }
            // Not as a conflict: whoever is deleted cannot be anyone's requester.
            Some(found) if found.deleted == Some(true) => Err(Error::rejected(
                "email",
                format!("contact {id} of the target has this address and is deleted"),
            )
            .hint("restore that contact, or delete it for good in the web interface")),
            _ => Ok(Written::matched(id)),
        }
    }

    /// The contact that has this record's external id, else its address; else an agent.
    pub(super) async fn person_like(
        &self,
        item: &Item,
        contact: &Contact,
    ) -> Result<Option<String>> {
        let external = external_id(item, contact);
        let list = self.contacts_with("unique_external_id", &external).await?;
        if let Some(found) = list
            .iter()
            .find(|c| c.unique_external_id.as_deref() == Some(&external))
        {
            return Ok(Some(found.id.to_string()));
        }
        let Some(email) = contact.email() else {
            return Ok(None);
        };
        let list = self.contacts_with("email", email).await?;
        if let Some(found) = list.iter().find(|c| has_email(c, email)) {
            return Ok(Some(found.id.to_string()));
        }
        let agents: Vec<wire::Agent> = self
            .desk
            .get("/agents")
            .query(&[("email", email)])
            .json()
            .await?;
        let same = |agent: &&wire::Agent| {
            agent
                .contact
                .email
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(email))
        };
        Ok(agents.iter().find(same).map(|agent| agent.id.to_string()))
    }

    /// Contacts by one field. Accounts that do not know the filter have none to show.
    async fn contacts_with(&self, filter: &str, value: &str) -> Result<Vec<wire::Contact>> {
        let call = self
            .desk
            .get("/contacts")
            .query(&[(filter, value)])
            .budget(limits::CONTACTS_LIST);
        match call.json().await {
            Ok(list) => Ok(list),
            Err(error)
                if matches!(error.kind, ErrorKind::Rejected { .. } | ErrorKind::NotFound) =>
            {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Changes a contact that is ours; of another's only what is empty is filled.
    async fn update_contact(
        &self,
        id: &str,
        item: &Item,
        contact: &Contact,
        mut payload: Payload,
    ) -> Outcome {
        let path = format!("/contacts/{id}");
        let Some(found) = self.desk.find::<Value>(&path).await? else {
            // Whoever is an agent by now is left alone.
            return Ok(Written::matched(id));
        };
        let external = external_id(item, contact);
        if found.get("unique_external_id").and_then(Value::as_str) != Some(external.as_str()) {
            for name in FILLABLE {
                let filled = found.get(*name).is_some_and(|value| match value {
                    Value::Null => false,
                    Value::String(text) => !text.is_empty(),
                    Value::Array(items) => !items.is_empty(),
                    _ => true,
                });
                if filled {
                    payload.remove(name);
                }
            }
            payload.remove("name");
            payload.remove("custom_fields");
        }
        payload.retain(|name| item.changed.has(contact_field(name)));
        let mut losses = Vec::new();
        let call = || self.desk.put(&path);
        let give_up = |payload: &mut Payload, name: &str| give_up(payload, name);
        send_without(&mut payload, &[], &call, &give_up, &mut losses).await?;
        let mut written = Written::created(id);
        written.action = WriteAction::Updated;
        written.losses = losses;
        Ok(written)
    }
}

/// What another's contact is given only where it has nothing.
const FILLABLE: &[&str] = &[
    "email",
    "phone",
    "mobile",
    "twitter_id",
    "unique_external_id",
    "other_emails",
    "company_id",
    "other_companies",
    "address",
    "description",
    "job_title",
    "language",
    "time_zone",
    "tags",
];

/// What a contact is found by: the desk owner's own id, else our key.
pub fn external_id(item: &Item, contact: &Contact) -> String {
    contact
        .external_id
        .clone()
        .unwrap_or_else(|| item.marker.clone())
}

/// Whether one of a contact's addresses is this one.
fn has_email(contact: &wire::Contact, email: &str) -> bool {
    let others = contact.other_emails.iter().flatten();
    contact
        .email
        .iter()
        .chain(others)
        .any(|own| own.eq_ignore_ascii_case(email))
}

fn duplicate(error: &Error, name: &str) -> bool {
    refusal(error).is_some_and(|refusal| refusal.duplicate(name))
}

/// What a contact can do without. A number that another contact has does not
/// make the two one person.
fn give_up(payload: &mut Payload, name: &str) -> Option<Loss> {
    let lost = match name {
        "phone" | "mobile" | "twitter_id" | "other_emails" => field::CONTACT_IDENTITIES,
        "company_id" | "other_companies" => field::CONTACT_ORGANIZATIONS,
        "language" | "time_zone" => field::CONTACT_LOCALE,
        "tags" => field::CONTACT_TAGS,
        "name" | "email" | "unique_external_id" => return None,
        _ => field::CONTACT_FIELDS,
    };
    payload.remove(name).then(|| {
        Loss::new(
            lost,
            Effect::Dropped,
            detail!("loss-refused-or-taken", name = name),
        )
    })
}

fn company_payload(company: &Organization, refs: &Refs, target: &TargetDesk) -> Payload {
    let mut payload = Payload::default();
    payload.set("name", line(&company.name).0);
    payload.set("description", company.details.clone());
    payload.set("note", company.notes.clone());
    payload.set("domains", company.domains.clone());
    custom(&mut payload, &company.custom_fields, refs, target);
    payload
}

/// The fields of a contact.
pub fn contact_payload(item: &Item, contact: &Contact, target: &TargetDesk) -> Payload {
    let mut payload = Payload::default();
    let emails: Vec<&str> = identities(contact, IdentityKind::Email);
    payload.set("name", contact_name(contact).0);
    payload.set("email", emails.first().copied());
    payload.set(
        "other_emails",
        emails.iter().skip(1).copied().collect::<Vec<_>>(),
    );
    for (name, kind) in [
        ("phone", IdentityKind::Phone),
        ("mobile", IdentityKind::Mobile),
        ("twitter_id", IdentityKind::Twitter),
    ] {
        payload.set(name, contact.identity(kind));
    }
    payload.set("unique_external_id", external_id(item, contact));
    let mut companies = contact
        .organization_ids
        .iter()
        .filter_map(|id| item.refs.get(Kind::Organization, id));
    payload.set_id("company_id", companies.next());
    let others: Vec<Value> = companies
        .filter_map(|id| id.parse::<u64>().ok())
        .map(|id| json!({"company_id": id}))
        .collect();
    payload.set("other_companies", others);
    payload.set("address", contact.details.clone());
    payload.set("description", contact.notes.clone());
    payload.set("job_title", contact.title.clone());
    payload.set("language", language(contact, target));
    payload.set(
        "time_zone",
        contact.time_zone.clone().filter(|zone| !zone.contains('/')),
    );
    payload.set("tags", tags(&contact.tags).0);
    custom(&mut payload, &contact.custom_fields, &item.refs, target);
    payload
}

/// What stands behind a field of a contact.
fn contact_field(name: &str) -> &'static str {
    match name {
        "name" => field::CONTACT_NAME,
        "company_id" | "other_companies" => field::CONTACT_ORGANIZATIONS,
        "tags" => field::CONTACT_TAGS,
        "language" | "time_zone" => field::CONTACT_LOCALE,
        "address" | "description" => field::CONTACT_NOTES,
        "custom_fields" => field::CONTACT_FIELDS,
        "job_title" => field::CONTACT,
        _ => field::CONTACT_IDENTITIES,
    }
}

/// The language as the account writes it (`pt-BR`), if the account has it.
pub fn language(contact: &Contact, target: &TargetDesk) -> Option<String> {
    let locale = contact.locale.as_deref()?.to_lowercase();
    let short = locale.split('-').next().unwrap_or(&locale);
    let known = |wanted: &str| target.locales.iter().any(|own| own == wanted);
    match locale.split_once('-') {
        Some((language, region)) if known(&locale) => {
            Some(format!("{language}-{}", region.to_uppercase()))
        }
        _ if known(short) => Some(short.to_owned()),
        _ => None,
    }
}

/// The name, and whether it had to be made up.
pub fn contact_name(contact: &Contact) -> (String, bool) {
    match contact
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        Some(name) => line(name),
        None => {
            let other = contact
                .identities
                .first()
                .map(|identity| identity.value.clone());
            (
                other.unwrap_or_else(|| format!("Contact {}", contact.id)),
                true,
            )
        }
    }
}

/// All addresses of a kind, once each.
pub fn identities(contact: &Contact, kind: IdentityKind) -> Vec<&str> {
    let mut list: Vec<&str> = Vec::new();
    for identity in contact
        .identities
        .iter()
        .filter(|identity| identity.kind == kind)
    {
        if !list
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&identity.value))
        {
            list.push(&identity.value);
        }
    }
    list
}

fn custom(payload: &mut Payload, values: &CustomFields, refs: &Refs, target: &TargetDesk) {
    for (id, value) in values {
        let defined = refs
            .get(Kind::Field, id)
            .and_then(|id| target.fields.iter().find(|f| f.id == id));
        if let Some(defined) = defined
            && let Ok(levels) = fit(value, defined)
            && let Some((None, value)) = levels.into_iter().next()
        {
            payload.set_custom(defined.key.as_deref().unwrap_or(&defined.id), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Body;
    use crate::schema::Identity;

    #[test]
    fn every_email_is_written_and_the_key_finds_the_contact() {
        let contact = Contact {
            id: "1".into(),
            name: Some("Ada".into()),
            identities: vec![
                Identity::new(IdentityKind::Email, "ada@example.com"),
                Identity::new(IdentityKind::Email, "ADA@example.com"),
                Identity::new(IdentityKind::Email, "ada@example.test"),
            ],
            ..Contact::default()
        };
        let item = Item::new(
            Body::Contact(contact.clone()),
            Refs::default(),
            "zendesk:acme:contact:1",
        );
        let payload = contact_payload(&item, &contact, &TargetDesk::default());
        assert_eq!(payload.get("email"), Some(&json!("ada@example.com")));
        assert_eq!(
            payload.get("other_emails"),
            Some(&json!(["ada@example.test"]))
        );
        assert_eq!(
            payload.get("unique_external_id"),
            Some(&json!("zendesk:acme:contact:1"))
        );
    }

    #[test]
    fn a_shared_number_is_given_up_and_an_address_is_not() {
        let mut payload = Payload::default();
        payload.set("phone", "+15550100");
        payload.set("email", "ada@example.com");
        assert_eq!(
            give_up(&mut payload, "phone").unwrap().field,
            field::CONTACT_IDENTITIES
        );
        assert!(give_up(&mut payload, "email").is_none());
    }
}
