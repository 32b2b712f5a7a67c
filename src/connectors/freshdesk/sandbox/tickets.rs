//! Reading tickets: lists with their window and ceiling, single ones, archived ones.

use std::ops::Bound;

use serde_json::{Value, json};

use super::desk::Desk;
use super::wire::{
    Answer, Reply, Request, Row, flag, int, not_allowed, not_found, read_date, refuse, row, stamp,
    text,
};

/// Pages of a ticket list that can be read.
const PAGES: u64 = 300;

/// Days that a list looks back without `updated_since`.
const WINDOW_DAYS: i64 = 30;

/// Only a single ticket has these.
const LONG: &[&str] = &[
    "description",
    "description_text",
    "structured_description",
    "attachments",
    "stats",
    "source_additional_info",
];

impl Desk {
    /// Everything below `/tickets`.
    pub fn tickets_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        let method = rq.method.as_str();
        match (method, rest) {
            ("GET", []) => self.list_tickets(rq),
            ("POST", []) => self.create_ticket(rq, false),
            ("POST", ["bulk_update"]) => self.bulk_update(rq),
            ("POST", ["bulk_delete"]) => self.bulk_delete(rq),
            ("POST", ["outbound_email"]) => self.create_ticket(rq, true),
            ("GET", ["archived", id]) => {
                let id = self.archived_id(id)?;
                self.show_ticket(rq, id)
            }
            ("GET", ["archived", id, "conversations"]) => {
                let id = self.archived_id(id)?;
                self.list_conversations(rq, id)
            }
            ("DELETE", ["archived", id]) => {
                let id = self.archived_id(id)?;
                self.purge_ticket(id);
                Ok(Reply::empty(204))
            }
            (_, ["archived", ..]) => Err(not_allowed(method, "GET, DELETE")),
            ("GET", [id]) => {
                let id = self.ticket_id(id)?;
                self.show_ticket(rq, id)
            }
            ("PUT", [id]) => {
                let id = self.ticket_id(id)?;
                self.update_ticket(rq, id)
            }
            ("DELETE", [id]) => {
                let id = self.ticket_id(id)?;
                if flag(&self.tickets[&id], "deleted") {
                    return Err(not_allowed(method, "GET"));
                }
                let now = rq.stamp();
                self.edit_ticket(id, |ticket| {
                    ticket.insert("deleted".to_owned(), json!(true));
                    ticket.insert("updated_at".to_owned(), json!(now));
                });
                Ok(Reply::empty(204))
            }
            ("PUT", [id, "restore"]) => {
                let id = self.ticket_id(id)?;
                if !flag(&self.tickets[&id], "deleted") {
                    return Err(not_found());
                }
                self.edit_ticket(id, |ticket| {
                    ticket.remove("deleted");
                });
                Ok(Reply::empty(204))
            }
            (_, [id, "conversations"]) => {
                let id = self.ticket_id(id)?;
                match method {
                    "GET" => self.list_conversations(rq, id),
                    _ => Err(not_allowed(method, "GET")),
                }
            }
            ("POST", [id, kind @ ("notes" | "reply" | "forward")]) => {
                let id = self.ticket_id(id)?;
                self.create_conversation(rq, id, kind, false)
            }
            (_, [id, "time_entries"]) => {
                let id = self.ticket_id(id)?;
                self.ticket_time_entries(rq, id)
            }
            (_, [id, "satisfaction_ratings"]) => {
                let id = self.ticket_id(id)?;
                self.ticket_ratings(rq, id)
            }
            (_, [] | [_]) => Err(not_allowed(method, "GET, PUT, DELETE")),
            _ => Err(not_found()),
        }
    }

    /// A ticket that is not in the archive; archived ones have their own address.
    fn ticket_id(&self, id: &str) -> Result<u64, Reply> {
        id.parse()
            .ok()
            .filter(|id| self.tickets.contains_key(id) && !self.archived.contains(id))
            .ok_or_else(not_found)
    }

    fn archived_id(&self, id: &str) -> Result<u64, Reply> {
        id.parse()
            .ok()
            .filter(|id| self.archived.contains(id))
            .ok_or_else(not_found)
    }

    fn list_tickets(&self, rq: &Request) -> Answer {
        rq.only_params(&[
            "filter",
            "requester_id",
            "email",
            "unique_external_id",
            "company_id",
            "updated_since",
            "order_by",
            "order_type",
            "include",
        ])?;
        let paging = rq.paging()?;
        let include = rq.include(&["description", "requester", "stats", "company"])?;
        let pages = self.setting("pages", PAGES);
        if paging.page as u64 > pages {
            return Err(refuse(
                "page",
                &format!(
                    "You cannot access tickets beyond the {pages}th page. Please provide a smaller page number."
                ),
                "invalid_value",
            ));
        }
        let filter = rq.param("filter");
        if filter
            .is_some_and(|name| !["new_and_my_open", "watching", "spam", "deleted"].contains(&name))
        {
            return Err(refuse(
                "filter",
                "It should be one of these values: 'new_and_my_open,watching,spam,deleted'",
                "invalid_value",
            ));
        }
        let since = match rq.param("updated_since") {
            None => None,
            Some(value) => Some(read_date(value).ok_or_else(|| {
                refuse(
                    "updated_since",
                    "It should be in the 'combined date and time ISO8601' format",
                    "invalid_date",
                )
            })?),
        };
        let order = rq.param("order_by").unwrap_or("created_at");
        if !["created_at", "due_by", "updated_at", "status"].contains(&order) {
            return Err(refuse(
                "order_by",
                "It should be one of these values: 'created_at,due_by,updated_at,status'",
                "invalid_value",
            ));
        }
        let rising = match rq.param("order_type") {
            Some("asc") => true,
            None | Some("desc") => false,
            Some(_) => {
                return Err(refuse(
                    "order_type",
                    "It should be one of these values: 'asc,desc'",
                    "invalid_value",
                ));
            }
        };
        let requester = self.wanted_requester(rq)?;
        let company = rq.param("company_id").and_then(|id| id.parse::<u64>().ok());
        // The default window is about creation, and named filters and people lift it.
        let born =
            (since.is_none() && filter.is_none() && requester.is_none() && company.is_none())
                .then(|| stamp(rq.now - jiff::SignedDuration::from_hours(24 * WINDOW_DAYS)));
        let keep = |id: &u64| {
            let ticket = &self.tickets[id];
            let deleted = flag(ticket, "deleted");
            let spam = flag(ticket, "spam");
            let state = match filter {
                Some("deleted") => deleted,
                Some("spam") => spam && !deleted,
                Some("new_and_my_open") => {
                    !deleted
                        && !spam
                        && int(ticket, "status") == Some(2)
                        && int(ticket, "responder_id").is_none_or(|who| who == self.me)
                }
                Some(_) => false,
                None => !deleted && !spam,
            };
            state
                && since
                    .as_deref()
                    .is_none_or(|since| text(ticket, "updated_at") >= since)
                && born
                    .as_deref()
                    .is_none_or(|born| text(ticket, "created_at") >= born)
                && requester.is_none_or(|who| int(ticket, "requester_id") == Some(who))
                && company.is_none_or(|company| int(ticket, "company_id") == Some(company))
        };
        let from = |since: &Option<String>| match since {
            Some(since) => Bound::Included((since.clone(), 0)),
            None => Bound::Unbounded,
        };
        let range = match order {
            "updated_at" => self.by_updated.range((from(&since), Bound::Unbounded)),
            _ => self.by_created.range((from(&born), Bound::Unbounded)),
        };
        let mut ids: Vec<u64> = range.map(|(_, id)| *id).filter(keep).collect();
        if order == "due_by" {
            ids.sort_by_key(|id| text(&self.tickets[id], "due_by").to_owned());
        } else if order == "status" {
            ids.sort_by_key(|id| int(&self.tickets[id], "status"));
        }
        if !rising {
            ids.reverse();
        }
        Ok(paging.page_of(rq, ids.into_iter(), |id| self.listed(rq, id, &include)))
    }

    fn wanted_requester(&self, rq: &Request) -> Result<Option<u64>, Reply> {
        let found = if let Some(id) = rq.param("requester_id") {
            id.parse().ok().filter(|id| self.is_person(*id))
        } else if let Some(email) = rq.param("email") {
            self.by_email.get(&email.to_lowercase()).copied()
        } else if let Some(id) = rq.param("unique_external_id") {
            self.by_external.get(id).copied()
        } else {
            return Ok(None);
        };
        found.map(Some).ok_or_else(|| {
            refuse(
                "requester_id",
                "There is no contact matching the given requester_id",
                "invalid_value",
            )
        })
    }

    /// A ticket as lists and searches show it.
    pub fn listed(&self, rq: &Request, id: u64, include: &[&str]) -> Value {
        let mut short = self.tickets[&id].clone();
        for name in LONG {
            let wanted = name.starts_with("description") && include.contains(&"description")
                || *name == "structured_description" && include.contains(&"description")
                || *name == "stats" && include.contains(&"stats");
            if !wanted {
                short.remove(*name);
            }
        }
        let mut out = self.show(&short, rq);
        self.embed(&short, include, &mut out);
        out
    }

    fn show_ticket(&self, rq: &Request, id: u64) -> Answer {
        rq.only_params(&["include"])?;
        let include = rq.include(&["conversations", "requester", "company", "stats"])?;
        let mut whole = self.tickets[&id].clone();
        if !include.contains(&"stats") {
            whole.remove("stats");
        }
        whole.entry("attachments").or_insert(json!([]));
        let mut out = self.show(&whole, rq);
        self.embed(&whole, &include, &mut out);
        if include.contains(&"conversations") {
            let first: Vec<Value> = self
                .talk
                .get(&id)
                .into_iter()
                .flatten()
                .take(10)
                .map(|conversation| self.show(&self.conversations[conversation], rq))
                .collect();
            out["conversations"] = Value::Array(first);
        }
        Ok(Reply::json(200, out))
    }

    fn embed(&self, ticket: &Row, include: &[&str], out: &mut Value) {
        if include.contains(&"stats") && out.get("stats").is_none() {
            out["stats"] = json!({"agent_responded_at": null, "requester_responded_at": null, "first_responded_at": null, "status_updated_at": null, "reopened_at": null, "resolved_at": null, "closed_at": null, "pending_since": null});
        }
        if include.contains(&"requester") {
            let who = int(ticket, "requester_id");
            out["requester"] = who.map_or(Value::Null, |who| {
                let (name, mobile, phone) = match (self.contacts.get(&who), self.agents.get(&who)) {
                    (Some(contact), _) => (
                        contact.get("name").cloned(),
                        contact.get("mobile").cloned(),
                        contact.get("phone").cloned(),
                    ),
                    (_, Some(agent)) => (
                        Some(agent["contact"]["name"].clone()),
                        None,
                        None,
                    ),
                    _ => (None, None, None),
                };
                json!({"id": who, "name": name, "email": self.email_of(who), "mobile": mobile, "phone": phone})
            });
        }
        if include.contains(&"company") {
            let company = int(ticket, "company_id").and_then(|id| self.table("companies").get(&id));
            out["company"] = company.map_or(json!({}), |company| {
                Value::Object(row(
                    json!({"id": company.get("id"), "name": company.get("name")}),
                ))
            });
        }
    }
}
