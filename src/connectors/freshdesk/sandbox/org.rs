//! Companies, agents, groups and what is only listed.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::{Desk, agent_email};
use super::wire::{
    Answer, Errors, Reply, Request, Row, access_denied, duplicate, int, not_allowed, not_found,
    read_date, refuse, row, text,
};

const COMPANY: &[Spec] = &[
    ("name", Kind::Text(255)),
    ("description", Kind::Text(65535)),
    ("note", Kind::Text(65535)),
    ("domains", Kind::Texts(255)),
    ("custom_fields", Kind::Object),
    ("health_score", Kind::Text(255)),
    ("account_tier", Kind::Text(255)),
    ("renewal_date", Kind::Text(32)),
    ("industry", Kind::Text(255)),
    ("lookup_parameter", Kind::Text(64)),
];

const GROUP: &[Spec] = &[
    ("name", Kind::Text(255)),
    ("description", Kind::Text(65535)),
    ("agent_ids", Kind::Ids),
    ("auto_ticket_assign", Kind::Int),
    ("escalate_to", Kind::Id),
    ("unassigned_for", Kind::Text(16)),
    ("business_hour_id", Kind::Id),
    ("group_type", Kind::Text(64)),
    ("type", Kind::Text(64)),
];

const AGENT: &[Spec] = &[
    ("email", Kind::Email),
    ("name", Kind::Text(255)),
    ("ticket_scope", Kind::Int),
    ("occasional", Kind::Bool),
    ("signature", Kind::Text(65535)),
    ("skill_ids", Kind::Ids),
    ("group_ids", Kind::Ids),
    ("role_ids", Kind::Ids),
    ("agent_type", Kind::Int),
    ("language", Kind::Text(16)),
    ("time_zone", Kind::Text(64)),
    ("focus_mode", Kind::Bool),
];

impl Desk {
    /// Lists one of the plain tables, or shows one row of it.
    pub fn plain_endpoint(&self, rq: &Request, table: &'static str, rest: &[&str]) -> Answer {
        if rq.method != "GET" {
            return Err(not_allowed(&rq.method, "GET"));
        }
        match rest {
            [] => {
                let paging = rq.paging()?;
                let rows = self.table(table).values();
                Ok(paging.page_of(rq, rows, |row| self.show(row, rq)))
            }
            [id] => {
                let row = id
                    .parse()
                    .ok()
                    .and_then(|id: u64| self.table(table).get(&id));
                row.map(|row| Reply::json(200, self.show(row, rq)))
                    .ok_or_else(not_found)
            }
            _ => Err(not_found()),
        }
    }

    /// Everything below `/companies`.
    pub fn companies_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        let id = rest.first().and_then(|id| id.parse::<u64>().ok());
        match (rq.method.as_str(), rest) {
            ("GET", []) => {
                rq.only_params(&["updated_since", "_updated_since"])?;
                let paging = rq.paging()?;
                let since = rq
                    .param("updated_since")
                    .or(rq.param("_updated_since"))
                    .and_then(read_date);
                let mut rows: Vec<&Row> = self
                    .table("companies")
                    .values()
                    .filter(|row| {
                        since
                            .as_deref()
                            .is_none_or(|since| text(row, "updated_at") >= since)
                    })
                    .collect();
                rows.sort_by_key(|row| text(row, "name").to_lowercase());
                Ok(paging.page_of(rq, rows.into_iter(), |row| self.show(row, rq)))
            }
            ("GET", ["autocomplete"]) => {
                let name = rq.param("name").unwrap_or_default().to_lowercase();
                let hits: Vec<Value> = self
                    .table("companies")
                    .values()
                    .filter(|row| text(row, "name").to_lowercase().starts_with(&name))
                    .map(|row| json!({"id": row.get("id"), "name": row.get("name")}))
                    .collect();
                Ok(Reply::json(200, json!({"companies": hits})))
            }
            ("POST", []) => {
                let body = self.company_values(rq, &Row::new(), 0)?;
                let id = self.id();
                let mut company = row(json!({
                    "id": id, "name": null, "description": null, "note": null, "domains": [], "custom_fields": {},
                    "health_score": null, "account_tier": null, "renewal_date": null, "industry": null,
                    "created_at": rq.stamp(), "updated_at": rq.stamp(),
                }));
                company.extend(body);
                self.table_mut("companies").insert(id, company.clone());
                self.reindex("companies", id);
                Ok(Reply::json(201, self.show(&company, rq)))
            }
            (method, [_]) => {
                let id = id.ok_or_else(not_found)?;
                let before = self
                    .table("companies")
                    .get(&id)
                    .cloned()
                    .ok_or_else(not_found)?;
                match method {
                    "GET" => Ok(Reply::json(200, self.show(&before, rq))),
                    "PUT" => {
                        let body = self.company_values(rq, &before, id)?;
                        let mut after = before;
                        after.extend(body);
                        after.insert("updated_at".to_owned(), json!(rq.stamp()));
                        self.table_mut("companies").insert(id, after.clone());
                        Ok(Reply::json(200, self.show(&after, rq)))
                    }
                    "DELETE" => {
                        self.table_mut("companies").remove(&id);
                        let members: Vec<u64> = self
                            .contacts
                            .iter()
                            .filter(|(_, contact)| int(contact, "company_id") == Some(id))
                            .map(|(id, _)| *id)
                            .collect();
                        for member in members {
                            if let Some(contact) = self.contacts.get_mut(&member) {
                                contact.insert("company_id".to_owned(), Value::Null);
                            }
                        }
                        Ok(Reply::empty(204))
                    }
                    method => Err(not_allowed(method, "GET, PUT, DELETE")),
                }
            }
            (method, _) => Err(not_allowed(method, "GET, POST")),
        }
    }

    fn company_values(&self, rq: &Request, before: &Row, id: u64) -> Result<Row, Reply> {
        let create = before.is_empty();
        let mut errors = Errors::default();
        let required: &[&str] = if create { &["name"] } else { &[] };
        let mut body = check::read_into(rq, COMPANY, required, &mut errors);
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
            "company_fields",
            &sent,
            &old,
            (create, false, rq.form),
            &mut errors,
        );
        body.insert("custom_fields".to_owned(), Value::Object(custom));
        errors.finish()?;
        let name = text(&body, "name");
        let domains = body
            .get("domains")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for (other, company) in self.table("companies") {
            if *other == id {
                continue;
            }
            if !name.is_empty() && text(company, "name").eq_ignore_ascii_case(name) {
                return Err(duplicate("name", None));
            }
            let theirs = company.get("domains").and_then(Value::as_array);
            if domains
                .iter()
                .any(|domain| theirs.is_some_and(|list| list.contains(domain)))
            {
                return Err(duplicate("domains", None));
            }
        }
        Ok(body)
    }

    /// Everything below `/agents`.
    pub fn agents_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        if let ("GET", ["me"]) = (rq.method.as_str(), rest) {
            return Ok(Reply::json(200, self.show(&self.agents[&self.me], rq)));
        }
        if self.feature("limited_agent") {
            return Err(access_denied());
        }
        match (rq.method.as_str(), rest) {
            ("GET", []) => {
                rq.only_params(&["email", "mobile", "phone", "state"])?;
                let paging = rq.paging()?;
                let email = rq.param("email").map(str::to_lowercase);
                let occasional = rq.param("state").map(|state| state == "occasional");
                let rows = self.agents.values().filter(|agent| {
                    email.as_ref().is_none_or(|email| {
                        agent_email(agent).is_some_and(|own| own.to_lowercase() == *email)
                    }) && occasional
                        .is_none_or(|wanted| super::wire::flag(agent, "occasional") == wanted)
                });
                Ok(paging.page_of(rq, rows, |agent| self.show(agent, rq)))
            }
            ("POST", []) => self.create_agent(rq),
            ("GET", [id]) => {
                let agent = id.parse().ok().and_then(|id: u64| self.agents.get(&id));
                agent
                    .map(|agent| Reply::json(200, self.show(agent, rq)))
                    .ok_or_else(not_found)
            }
            ("DELETE", [id]) => {
                let id: u64 = id.parse().map_err(|_| not_found())?;
                let agent = self.agents.remove(&id).ok_or_else(not_found)?;
                // An agent who leaves stays as a contact with the same id.
                let contact = row(json!({
                    "id": id, "active": true, "name": agent["contact"]["name"], "email": agent["contact"]["email"],
                    "custom_fields": {}, "tags": [], "other_emails": [],
                    "created_at": agent.get("created_at"), "updated_at": rq.stamp(),
                }));
                self.put_contact(id, contact);
                Ok(Reply::empty(204))
            }
            (method, _) => Err(not_allowed(method, "GET, POST, DELETE")),
        }
    }

    /// All seats are taken, unless `seats=N` leaves one.
    pub fn no_seat(&self) -> Reply {
        Reply::json(
            403,
            json!({"code": "max_agents_reached", "message": "You have reached the maximum number of agents your subscription allows"}),
        )
    }

    fn create_agent(&mut self, rq: &Request) -> Answer {
        let body = check::read(rq, AGENT, &["email", "ticket_scope"])?;
        let email = text(&body, "email").to_lowercase();
        if let Some(owner) = self.by_email.get(&email) {
            return Err(duplicate("email", Some(*owner)));
        }
        if self.agents.len() as u64 >= self.setting("seats", 0) {
            return Err(self.no_seat());
        }
        let id = self.id();
        self.mail(&email, "agent activation");
        let agent = row(json!({
            "id": id, "available": false, "occasional": body.get("occasional").cloned().unwrap_or(json!(false)),
            "ticket_scope": body["ticket_scope"], "group_ids": body.get("group_ids").cloned().unwrap_or(json!([])),
            "role_ids": body.get("role_ids").cloned().unwrap_or(json!([3])), "signature": body.get("signature"),
            "type": "support_agent", "created_at": rq.stamp(), "updated_at": rq.stamp(),
            "contact": {"active": false, "email": email, "name": body.get("name").cloned().unwrap_or(json!(email)), "language": "en", "time_zone": "UTC"},
        }));
        self.put_agent(id, agent.clone());
        Ok(Reply::json(201, self.show(&agent, rq)))
    }

    /// `/groups` and `/admin/groups`.
    pub fn groups_endpoint(&mut self, rq: &Request, rest: &[&str], admin: bool) -> Answer {
        if self.feature("limited_agent") && (admin || rq.method != "GET") {
            return Err(access_denied());
        }
        match (rq.method.as_str(), rest) {
            ("GET", _) => self.plain_endpoint(rq, "groups", rest),
            ("POST", []) => {
                let body = check::read(rq, GROUP, &["name"])?;
                let name = text(&body, "name");
                let taken = self
                    .table("groups")
                    .values()
                    .any(|group| text(group, "name").eq_ignore_ascii_case(name));
                if taken {
                    return Err(duplicate("name", None));
                }
                for agent in body
                    .get("agent_ids")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    if !agent
                        .as_u64()
                        .is_some_and(|id| self.agents.contains_key(&id))
                    {
                        return Err(refuse(
                            "agent_ids",
                            &format!("list contains invalid ids: {agent}"),
                            "invalid_value",
                        ));
                    }
                }
                let id = self.id();
                let mut group = row(json!({
                    "id": id, "description": null, "escalate_to": null, "unassigned_for": null, "business_hour_id": null,
                    "group_type": "support_agent_group", "agent_ids": [], "auto_ticket_assign": 0,
                    "created_at": rq.stamp(), "updated_at": rq.stamp(),
                }));
                group.extend(body);
                self.table_mut("groups").insert(id, group.clone());
                Ok(Reply::json(201, self.show(&group, rq)))
            }
            ("DELETE", [id]) => {
                let id: u64 = id.parse().map_err(|_| not_found())?;
                self.table_mut("groups").remove(&id).ok_or_else(not_found)?;
                Ok(Reply::empty(204))
            }
            (method, _) => Err(not_allowed(method, "GET, POST, DELETE")),
        }
    }
}
