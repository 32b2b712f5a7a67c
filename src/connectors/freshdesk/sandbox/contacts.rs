//! Contacts and the states they can be in.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::Desk;
use super::wire::{
    Answer, Errors, Reply, Request, Row, duplicate, flag, int, not_allowed, not_found, read_date,
    refuse, row, text, texts,
};

const FIELDS: &[Spec] = &[
    ("name", Kind::Text(255)),
    ("email", Kind::Email),
    ("phone", Kind::Text(255)),
    ("mobile", Kind::Text(255)),
    ("twitter_id", Kind::Text(255)),
    ("unique_external_id", Kind::Text(255)),
    ("other_emails", Kind::Emails(10)),
    ("company_id", Kind::Id),
    ("view_all_tickets", Kind::Bool),
    ("other_companies", Kind::List),
    ("address", Kind::Text(2000)),
    ("avatar", Kind::Files),
    ("custom_fields", Kind::Object),
    ("description", Kind::Text(65535)),
    ("job_title", Kind::Text(255)),
    ("language", Kind::Text(16)),
    ("lookup_parameter", Kind::Text(64)),
    ("tags", Kind::Texts(32)),
    ("time_zone", Kind::Text(64)),
];

/// Only a single contact has these.
const LONG: &[&str] = &[
    "other_emails",
    "other_companies",
    "tags",
    "view_all_tickets",
    "avatar",
    "deleted",
];

impl Desk {
    /// Everything below `/contacts`.
    pub fn contacts_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        let method = rq.method.as_str();
        match (method, rest) {
            ("GET", []) => self.list_contacts(rq),
            ("POST", []) => self.create_contact(rq),
            ("GET", ["autocomplete"]) => {
                let term = rq.param("term").unwrap_or_default().to_lowercase();
                let hits = self
                    .contacts
                    .iter()
                    .filter(|(_, contact)| text(contact, "name").to_lowercase().contains(&term))
                    .map(|(id, contact)| json!({"id": id, "name": contact.get("name")}))
                    .collect();
                Ok(Reply::json(200, Value::Array(hits)))
            }
            ("POST", ["merge"]) => self.merge_contacts(rq),
            (_, [id, rest @ ..]) => {
                let id: u64 = id
                    .parse()
                    .ok()
                    .filter(|id| self.contacts.contains_key(id))
                    .ok_or_else(not_found)?;
                self.one_contact(rq, id, rest)
            }
            _ => Err(not_allowed(method, "GET, POST")),
        }
    }

    fn one_contact(&mut self, rq: &Request, id: u64, rest: &[&str]) -> Answer {
        let contact = &self.contacts[&id];
        let deleted = flag(contact, "_deleted");
        match (rq.method.as_str(), rest) {
            ("GET", []) => Ok(Reply::json(200, self.show(contact, rq))),
            ("PUT", []) if deleted || flag(contact, "_blocked") => Err(not_allowed("PUT", "GET")),
            ("PUT", []) => self.update_contact(rq, id),
            ("DELETE", []) if deleted => Err(not_allowed("DELETE", "GET")),
            ("DELETE", []) => {
                self.edit_contact(rq, id, |contact| {
                    contact.insert("_deleted".to_owned(), json!(true));
                    contact.insert("deleted".to_owned(), json!(true));
                });
                Ok(Reply::empty(204))
            }
            ("DELETE", ["hard_delete"]) => {
                // Without force it takes a contact that was deleted softly before.
                if !deleted && rq.param("force") != Some("true") {
                    return Err(not_allowed("DELETE", "GET"));
                }
                for ticket in self.asked.remove(&id).unwrap_or_default() {
                    self.purge_ticket(ticket);
                }
                self.drop_contact(id);
                Ok(Reply::empty(204))
            }
            ("PUT", ["restore"]) => {
                if !deleted {
                    return Err(not_found());
                }
                self.edit_contact(rq, id, |contact| {
                    contact.remove("_deleted");
                    contact.remove("deleted");
                });
                Ok(Reply::empty(204))
            }
            ("PUT", ["send_invite"]) => {
                if let Some(to) = self.email_of(id) {
                    self.mail(&to, "invitation");
                }
                Ok(Reply::empty(204))
            }
            ("PUT", ["make_agent"]) => Err(self.no_seat()),
            (method, _) => Err(not_allowed(method, "GET, PUT, DELETE")),
        }
    }

    fn edit_contact(&mut self, rq: &Request, id: u64, edit: impl FnOnce(&mut Row)) {
        if let Some(mut contact) = self.drop_contact(id) {
            edit(&mut contact);
            contact.insert("updated_at".to_owned(), json!(rq.stamp()));
            self.put_contact(id, contact);
        }
    }

    fn list_contacts(&self, rq: &Request) -> Answer {
        rq.only_params(&[
            "email",
            "mobile",
            "phone",
            "company_id",
            "state",
            "_updated_since",
            "unique_external_id",
        ])?;
        let paging = rq.paging()?;
        let state = rq.param("state");
        if state.is_some_and(|s| !["blocked", "deleted", "unverified", "verified"].contains(&s)) {
            return Err(refuse(
                "state",
                "It should be one of these values: 'blocked,deleted,unverified,verified'",
                "invalid_value",
            ));
        }
        let since = match rq.param("_updated_since") {
            None => None,
            Some(date) => Some(read_date(date).ok_or_else(|| {
                refuse(
                    "_updated_since",
                    "It should be in the 'combined date and time ISO8601' format",
                    "invalid_date",
                )
            })?),
        };
        let company = rq.param("company_id").and_then(|id| id.parse::<u64>().ok());
        let email = rq.param("email").map(str::to_lowercase);
        let keep = |id: &u64| {
            let contact = &self.contacts[id];
            let deleted = flag(contact, "_deleted");
            let blocked = flag(contact, "_blocked");
            let active = flag(contact, "active");
            let right = match state {
                Some("deleted") => deleted,
                Some("blocked") => blocked && !deleted,
                Some("verified") => !deleted && !blocked && active,
                Some(_) => !deleted && !blocked && !active,
                None => !deleted && !blocked,
            };
            right
                && since
                    .as_deref()
                    .is_none_or(|since| text(contact, "updated_at") >= since)
                && company.is_none_or(|company| int(contact, "company_id") == Some(company))
                && email
                    .as_ref()
                    .is_none_or(|email| self.by_email.get(email) == Some(id))
                && ["mobile", "phone", "unique_external_id"]
                    .iter()
                    .all(|name| {
                        rq.param(name)
                            .is_none_or(|value| text(contact, name) == value)
                    })
        };
        let ids: Vec<u64> = if let Some(email) = &email {
            self.by_email
                .get(email)
                .copied()
                .filter(|id| self.contacts.contains_key(id))
                .into_iter()
                .collect()
        } else {
            self.by_name.iter().map(|(_, id)| *id).collect()
        };
        Ok(paging.page_of(rq, ids.into_iter().filter(keep), |id| {
            self.listed_contact(rq, id)
        }))
    }

    /// A contact as lists and searches show it.
    pub fn listed_contact(&self, rq: &Request, id: u64) -> Value {
        let mut contact = self.contacts[&id].clone();
        for name in LONG {
            contact.remove(*name);
        }
        self.show(&contact, rq)
    }

    /// Whom a unique value belongs to, if not to `id`.
    fn contact_clash(&self, body: &Row, id: u64) -> Option<Reply> {
        let mut emails = vec![("email", text(body, "email").to_lowercase())];
        for email in texts(body, "other_emails") {
            emails.push(("other_emails", email.to_lowercase()));
        }
        for (field, email) in emails {
            if let Some(owner) = self.by_email.get(&email).filter(|owner| **owner != id) {
                return Some(duplicate(field, Some(*owner)));
            }
        }
        let external = text(body, "unique_external_id");
        if let Some(owner) = self.by_external.get(external).filter(|owner| **owner != id) {
            return Some(duplicate("unique_external_id", Some(*owner)));
        }
        let twitter = text(body, "twitter_id");
        if !twitter.is_empty() {
            let owner = self
                .contacts
                .iter()
                .find(|(other, contact)| **other != id && text(contact, "twitter_id") == twitter);
            if let Some((owner, _)) = owner {
                return Some(duplicate("twitter_id", Some(*owner)));
            }
        }
        None
    }

    fn contact_values(&self, rq: &Request, before: &Row, create: bool) -> Result<Row, Reply> {
        let mut errors = Errors::default();
        let required: &[&str] = if create { &["name"] } else { &[] };
        let mut body = check::read_into(rq, FIELDS, required, &mut errors);
        let ways = [
            "email",
            "phone",
            "mobile",
            "twitter_id",
            "unique_external_id",
        ];
        let reachable = ways.iter().any(|name| match rq.body.get(*name) {
            Some(value) => value.as_str().is_some_and(|text| !text.is_empty()),
            None => !text(before, name).is_empty(),
        });
        if !reachable {
            errors.add(
                "email",
                "Please fill at least 1 of email, mobile, phone, twitter_id, unique_external_id fields.",
                "missing_field",
            );
        }
        if let Some(company) = int(&body, "company_id")
            && !self.table("companies").contains_key(&company)
        {
            errors.add(
                "company_id",
                "There is no company matching the given company_id",
                "invalid_value",
            );
        }
        let old = before
            .get("custom_fields")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let sent = body
            .get("custom_fields")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let custom = self.custom_values(
            "contact_fields",
            &sent,
            &old,
            (create, false, rq.form),
            &mut errors,
        );
        body.insert("custom_fields".to_owned(), Value::Object(custom));
        errors.finish()?;
        Ok(body)
    }

    fn create_contact(&mut self, rq: &Request) -> Answer {
        let body = self.contact_values(rq, &Row::new(), true)?;
        if let Some(clash) = self.contact_clash(&body, 0) {
            return Err(clash);
        }
        let id = self.insert_contact(rq, body);
        let reply = Reply::json(201, self.show(&self.contacts[&id], rq));
        Ok(reply.header("location", format!("{}/api/v2/contacts/{id}", rq.base)))
    }

    /// Adds a contact with what every contact has.
    pub fn insert_contact(&mut self, rq: &Request, body: Row) -> u64 {
        let id = self.id();
        let mut contact = row(json!({
            "active": false, "address": null, "company_id": null, "description": null, "email": null, "id": id,
            "job_title": null, "language": self.languages[0], "mobile": null, "name": null, "phone": null,
            "time_zone": "UTC", "twitter_id": null, "facebook_id": null, "unique_external_id": null,
            "custom_fields": {}, "tags": [], "other_emails": [], "other_companies": [], "view_all_tickets": false,
            "avatar": null, "created_at": rq.stamp(), "updated_at": rq.stamp(),
        }));
        for (name, value) in body {
            let value = match (name.as_str(), value) {
                ("email", Value::String(email)) => Value::String(email.to_lowercase()),
                (_, value) => value,
            };
            if !value.is_null() {
                contact.insert(name, value);
            }
        }
        self.put_contact(id, contact);
        id
    }

    fn update_contact(&mut self, rq: &Request, id: u64) -> Answer {
        let before = self.contacts[&id].clone();
        let body = self.contact_values(rq, &before, false)?;
        if let Some(clash) = self.contact_clash(&body, id) {
            return Err(clash);
        }
        self.edit_contact(rq, id, |contact| contact.extend(body));
        Ok(Reply::json(200, self.show(&self.contacts[&id], rq)))
    }

    fn merge_contacts(&mut self, rq: &Request) -> Answer {
        let body = check::read(
            rq,
            &[
                ("primary_contact_id", Kind::Id),
                ("secondary_contact_ids", Kind::Ids),
                ("contact", Kind::Object),
            ],
            &["primary_contact_id", "secondary_contact_ids"],
        )?;
        let primary = int(&body, "primary_contact_id").unwrap_or(0);
        if !self.contacts.contains_key(&primary) {
            return Err(not_found());
        }
        let others: Vec<u64> = body["secondary_contact_ids"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect();
        for other in others {
            for ticket in self.asked.remove(&other).unwrap_or_default() {
                self.edit_ticket(ticket, |ticket| {
                    ticket.insert("requester_id".to_owned(), json!(primary));
                });
            }
            self.drop_contact(other);
        }
        let changes = body
            .get("contact")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        self.edit_contact(rq, primary, |contact| contact.extend(changes));
        Ok(Reply::empty(204))
    }
}
