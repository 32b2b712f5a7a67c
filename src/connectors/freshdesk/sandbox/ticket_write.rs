//! Making and changing tickets, checked as strictly as the platform does.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::Desk;
use super::html;
use super::wire::{
    Answer, Errors, Reply, Request, Row, flag, int, not_allowed, read_date, row, text, texts,
};

/// What a ticket may be created with.
const CREATE: &[Spec] = &[
    ("name", Kind::Text(255)),
    ("requester_id", Kind::Id),
    ("email", Kind::Email),
    ("facebook_id", Kind::Text(255)),
    ("phone", Kind::Text(255)),
    ("twitter_id", Kind::Text(255)),
    ("unique_external_id", Kind::Text(255)),
    ("subject", Kind::Text(255)),
    ("type", Kind::Text(255)),
    ("status", Kind::Int),
    ("priority", Kind::Int),
    ("description", Kind::Text(usize::MAX)),
    ("responder_id", Kind::Id),
    ("attachments", Kind::Files),
    ("cc_emails", Kind::Emails(50)),
    ("custom_fields", Kind::Object),
    ("due_by", Kind::Date),
    ("email_config_id", Kind::Id),
    ("fr_due_by", Kind::Date),
    ("group_id", Kind::Id),
    ("parent_id", Kind::Id),
    ("product_id", Kind::Id),
    ("source", Kind::Int),
    ("tags", Kind::Texts(32)),
    ("company_id", Kind::Id),
    ("internal_agent_id", Kind::Id),
    ("internal_group_id", Kind::Id),
    ("form_id", Kind::Id),
    ("related_ticket_ids", Kind::Ids),
    ("association_type", Kind::Int),
];

/// More of it, where the account may import.
const IMPORT: &[Spec] = &[
    ("import_id", Kind::Id),
    ("created_at", Kind::Date),
    ("updated_at", Kind::Date),
];

/// What cannot be given later.
const ONCE: &[&str] = &["cc_emails", "related_ticket_ids"];

impl Desk {
    /// `POST /tickets`, `POST /tickets/outbound_email`, and the channel API's creation.
    pub fn create_ticket(&mut self, rq: &Request, outbound: bool) -> Answer {
        self.new_ticket(rq, outbound, false)
    }

    /// As [`Desk::create_ticket`]; with `import`, dates are kept and nobody is mailed.
    pub fn new_ticket(&mut self, rq: &Request, outbound: bool, import: bool) -> Answer {
        let mut errors = Errors::default();
        let specs: Vec<Spec> = if import {
            CREATE.iter().chain(IMPORT).copied().collect()
        } else {
            CREATE.to_vec()
        };
        let body = check::read_into(rq, &specs, &[], &mut errors);
        self.ticket_values(&body, &Row::new(), true, outbound, &mut errors);
        let people = [
            "requester_id",
            "email",
            "phone",
            "facebook_id",
            "twitter_id",
            "unique_external_id",
        ];
        if !people
            .iter()
            .any(|name| rq.body.get(*name).is_some_and(|value| !value.is_null()))
        {
            errors.add(
                "requester_id",
                "Please fill at least 1 of requester_id, phone, email, twitter_id, facebook_id, unique_external_id fields.",
                "missing_field",
            );
        }
        self.requester_fault(&body, &mut errors);
        let custom = body
            .get("custom_fields")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let closing = matches!(int(&body, "status"), Some(4 | 5));
        let custom = self.custom_values(
            "ticket_fields",
            &custom,
            &Row::new(),
            (true, closing, rq.form),
            &mut errors,
        );
        errors.finish()?;
        let files = self.attach(rq, None)?;
        let requester = self.requester_for(rq, &body)?;
        let id = self.last_ticket + 1;
        let weight: u64 = files.iter().filter_map(|file| int(file, "size")).sum();
        self.weight.insert(id, weight);
        let now = rq.stamp();
        let date = |name: &str| {
            Some(text(&body, name))
                .filter(|text| !text.is_empty())
                .and_then(read_date)
        };
        let created = date("created_at").unwrap_or_else(|| now.clone());
        let updated = date("updated_at").unwrap_or_else(|| created.clone());
        let described = html::cleaned(text(&body, "description"));
        let plain = html::plain(&described);
        let company = int(&body, "company_id").or_else(|| {
            self.contacts
                .get(&requester)
                .and_then(|contact| int(contact, "company_id"))
        });
        let status = int(&body, "status").unwrap_or(2);
        let mut ticket = row(json!({
            "id": id, "subject": body.get("subject"), "description": described, "description_text": plain,
            "structured_description": {"description_contents": [{"type": "text", "data": {"content": plain}}]},
            "status": status, "priority": body.get("priority").cloned().unwrap_or(json!(1)),
            "source": if outbound { json!(10) } else { body.get("source").cloned().unwrap_or(json!(2)) },
            "type": body.get("type"), "requester_id": requester, "responder_id": body.get("responder_id"),
            "company_id": company, "group_id": body.get("group_id"), "product_id": body.get("product_id"),
            "email_config_id": body.get("email_config_id"), "form_id": body.get("form_id"),
            "to_emails": null, "cc_emails": body.get("cc_emails").cloned().unwrap_or(json!([])),
            "ticket_cc_emails": body.get("cc_emails").cloned().unwrap_or(json!([])),
            "fwd_emails": [], "reply_cc_emails": body.get("cc_emails").cloned().unwrap_or(json!([])),
            "spam": false, "tags": body.get("tags").cloned().unwrap_or(json!([])), "custom_fields": custom,
            "association_type": null, "fr_escalated": false, "is_escalated": false,
            "due_by": body.get("due_by"), "fr_due_by": body.get("fr_due_by"),
            "created_at": created, "updated_at": updated, "attachments": files,
            "stats": {"agent_responded_at": null, "requester_responded_at": null, "first_responded_at": null, "status_updated_at": updated, "reopened_at": null, "resolved_at": (status == 4 || status == 5).then(|| updated.clone()), "closed_at": (status == 5).then(|| updated.clone()), "pending_since": null},
        }));
        if let Some(import) = body.get("import_id") {
            ticket.insert("_import_id".to_owned(), import.clone());
        }
        self.put_ticket(id, ticket);
        self.mail_about(id, &body, outbound, import);
        let mut out = self.tickets[&id].clone();
        out.remove("stats");
        let reply = Reply::json(201, self.show(&out, rq));
        Ok(reply.header("location", format!("{}/api/v2/tickets/{id}", rq.base)))
    }

    fn mail_about(&self, id: u64, body: &Row, outbound: bool, import: bool) {
        if import {
            return;
        }
        let ticket = &self.tickets[&id];
        let requester = int(ticket, "requester_id").and_then(|who| self.email_of(who));
        self.mail_by_rules(1, requester.as_deref());
        if let Some(to) = &requester {
            if outbound {
                self.mail(to, "outbound email");
            } else if self.notifies("new_ticket_requester") {
                self.mail(to, "new ticket created");
            }
        }
        if self.notifies("new_ticket_cc") {
            for to in texts(body, "cc_emails") {
                self.mail(to, "new ticket created, in copy");
            }
        }
        let agent = int(ticket, "responder_id").and_then(|who| self.email_of(who));
        if let Some(to) = agent
            && self.notifies("ticket_assigned_agent")
        {
            self.mail(&to, "ticket assigned to agent");
        }
        let resolved = int(ticket, "status");
        if let Some(to) = &requester {
            if resolved == Some(4) && self.notifies("ticket_resolved_requester") {
                self.mail(to, "ticket resolved");
            }
            if resolved == Some(5) && self.notifies("ticket_closed_requester") {
                self.mail(to, "ticket closed");
            }
        }
    }

    /// Rules that mail the requester when a ticket is made (1) or changed (4).
    fn mail_by_rules(&self, kind: u64, requester: Option<&str>) {
        let Some(to) = requester else {
            return;
        };
        for rule in self.table("automation_rules").values() {
            let mails = rule
                .get("actions")
                .and_then(Value::as_array)
                .is_some_and(|actions| {
                    actions
                        .iter()
                        .any(|action| action["field_name"] == "send_email_to_requester")
                });
            if int(rule, "automation_type_id") == Some(kind) && flag(rule, "active") && mails {
                self.mail(to, "automation rule");
            }
        }
    }

    /// Checks what creation and change have in common.
    fn ticket_values(
        &self,
        body: &Row,
        before: &Row,
        create: bool,
        outbound: bool,
        errors: &mut Errors,
    ) {
        let list = |numbers: &[u64]| {
            let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
            format!("It should be one of these values: '{}'", texts.join(","))
        };
        for name in ["status", "priority", "source"] {
            let numbers = self.numbers(name);
            match body.get(name) {
                Some(Value::Null) => errors.add(name, &list(&numbers), "invalid_value"),
                Some(value) if value.as_u64().is_none_or(|n| !numbers.contains(&n)) => {
                    errors.add(name, &list(&numbers), "invalid_value");
                }
                Some(_) => {}
                None if create && !(outbound && name == "source") => {
                    errors.add(name, &list(&numbers), "missing_field");
                }
                None => {}
            }
        }
        if let Some(kind) = body.get("type").and_then(Value::as_str) {
            let types = self.ticket_types();
            if !types.iter().any(|known| known == kind) {
                errors.add(
                    "type",
                    &format!("It should be one of these values: '{}'", types.join(",")),
                    "invalid_value",
                );
            }
        }
        for name in ["subject", "description"] {
            let blank = body
                .get(name)
                .and_then(Value::as_str)
                .is_none_or(|text| text.trim().is_empty());
            let needed = self
                .ticket_field(name)
                .is_some_and(|field| flag(field, "required_for_agents"));
            if blank && needed && (create || body.contains_key(name)) {
                errors.add(name, "Mandatory attribute missing", "missing_field");
            }
        }
        for (name, table) in [
            ("group_id", "groups"),
            ("product_id", "products"),
            ("company_id", "companies"),
        ] {
            if let Some(id) = int(body, name)
                && !self.table(table).contains_key(&id)
            {
                let what = name.trim_end_matches("_id");
                errors.add(
                    name,
                    &format!("There is no {what} matching the given {name}"),
                    "invalid_value",
                );
            }
        }
        let either = |name: &str| match body.get(name) {
            Some(value) => value.as_u64(),
            None => int(before, name),
        };
        if let Some(agent) = either("responder_id") {
            if !self.agents.contains_key(&agent) {
                errors.add(
                    "responder_id",
                    "There is no agent matching the given responder_id",
                    "invalid_value",
                );
            } else if let Some(group) =
                either("group_id").and_then(|id| self.table("groups").get(&id))
            {
                let members = group.get("agent_ids").and_then(Value::as_array);
                let inside = members.is_some_and(|ids| ids.contains(&json!(agent)));
                if !inside {
                    errors.add(
                        "responder_id",
                        "The agent does not belong to the specified group",
                        "invalid_value",
                    );
                }
            }
        }
        let created = match text(before, "created_at") {
            "" => super::wire::stamp(self.now()),
            date => date.to_owned(),
        };
        for name in ["due_by", "fr_due_by"] {
            if let Some(date) = body.get(name).and_then(Value::as_str).and_then(read_date)
                && date <= created
            {
                errors.add(
                    name,
                    "It should be greater than created_at",
                    "invalid_value",
                );
            }
        }
    }

    fn requester_fault(&self, body: &Row, errors: &mut Errors) {
        let Some(id) = int(body, "requester_id") else {
            return;
        };
        let blocked = self
            .contacts
            .get(&id)
            .is_some_and(|contact| flag(contact, "_deleted") || flag(contact, "_blocked"));
        if !self.is_person(id) {
            errors.add(
                "requester_id",
                "There is no contact matching the given requester_id",
                "invalid_value",
            );
        } else if blocked {
            errors.add(
                "requester_id",
                "The user is deleted or blocked",
                "invalid_value",
            );
        }
    }

    /// The contact that a new ticket belongs to, made if nobody has the address.
    fn requester_for(&mut self, rq: &Request, body: &Row) -> Result<u64, Reply> {
        if let Some(id) = int(body, "requester_id") {
            return Ok(id);
        }
        let email = text(body, "email").to_lowercase();
        let external = text(body, "unique_external_id").to_owned();
        if let Some(id) = self
            .by_email
            .get(&email)
            .or_else(|| self.by_external.get(&external))
        {
            return Ok(*id);
        }
        for name in ["phone", "twitter_id", "facebook_id"] {
            let wanted = text(body, name);
            if wanted.is_empty() {
                continue;
            }
            let found = self.contacts.iter().find(|(_, contact)| {
                text(contact, name) == wanted
                    || (name == "phone" && text(contact, "mobile") == wanted)
            });
            if let Some((id, _)) = found {
                return Ok(*id);
            }
            if name == "facebook_id" {
                return Err(super::wire::refuse(
                    name,
                    "There is no contact matching the given facebook_id",
                    "invalid_value",
                ));
            }
        }
        let name = match text(body, "name") {
            "" if !email.is_empty() => email.split('@').next().unwrap_or_default().to_owned(),
            "" if !text(body, "twitter_id").is_empty() => text(body, "twitter_id").to_owned(),
            "" => {
                return Err(super::wire::refuse(
                    "name",
                    "Mandatory attribute missing",
                    "missing_field",
                ));
            }
            name => name.to_owned(),
        };
        let fresh = row(json!({
            "name": name, "email": (!email.is_empty()).then_some(email), "phone": body.get("phone"),
            "twitter_id": body.get("twitter_id"), "unique_external_id": body.get("unique_external_id"),
        }));
        Ok(self.insert_contact(rq, fresh))
    }

    /// `PUT /tickets/{id}`.
    pub fn update_ticket(&mut self, rq: &Request, id: u64) -> Answer {
        let before = self.tickets[&id].clone();
        if flag(&before, "deleted") || flag(&before, "spam") {
            return Err(not_allowed("PUT", "GET"));
        }
        let mut errors = Errors::default();
        let specs: Vec<Spec> = CREATE
            .iter()
            .filter(|(name, _)| !ONCE.contains(name))
            .copied()
            .collect();
        let body = check::read_into(rq, &specs, &[], &mut errors);
        if rq.body.is_empty() && rq.files.is_empty() {
            errors.add(
                "request",
                "Please specify at least one field to update",
                "missing_field",
            );
        }
        self.ticket_values(&body, &before, false, false, &mut errors);
        self.requester_fault(&body, &mut errors);
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
        let closing = matches!(int(&body, "status"), Some(4 | 5));
        let custom = self.custom_values(
            "ticket_fields",
            &sent,
            &old,
            (false, closing, rq.form),
            &mut errors,
        );
        errors.finish()?;
        let files = self.attach(rq, Some(id))?;
        let now = rq.stamp();
        self.edit_ticket(id, |ticket| {
            for (name, value) in body {
                match name.as_str() {
                    "custom_fields" | "email" | "name" | "phone" => {}
                    "description" => {
                        let described = html::cleaned(value.as_str().unwrap_or_default());
                        ticket.insert(
                            "description_text".to_owned(),
                            json!(html::plain(&described)),
                        );
                        ticket.insert("description".to_owned(), json!(described));
                    }
                    _ => {
                        ticket.insert(name, value);
                    }
                }
            }
            if let Some(Value::Array(kept)) = ticket.get_mut("attachments") {
                kept.extend(files.into_iter().map(Value::Object));
            }
            ticket.insert("custom_fields".to_owned(), json!(custom));
            ticket.insert("updated_at".to_owned(), json!(now));
        });
        let after = &self.tickets[&id];
        let requester = int(after, "requester_id").and_then(|who| self.email_of(who));
        self.mail_by_rules(4, requester.as_deref());
        let moved = int(&before, "status") != int(after, "status");
        if let Some(to) = int(after, "requester_id").and_then(|who| self.email_of(who))
            && moved
        {
            match int(after, "status") {
                Some(4) if self.notifies("ticket_resolved_requester") => {
                    self.mail(&to, "ticket resolved")
                }
                Some(5) if self.notifies("ticket_closed_requester") => {
                    self.mail(&to, "ticket closed")
                }
                _ => {}
            }
        }
        let mut out = after.clone();
        out.remove("stats");
        Ok(Reply::json(200, self.show(&out, rq)))
    }
}
