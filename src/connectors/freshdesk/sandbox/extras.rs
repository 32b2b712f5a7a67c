//! Ratings, time entries, canned responses, settings, rules, exports and jobs.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::Desk;
use super::wire::{
    Answer, Reply, Request, Row, access_denied, flag, int, not_allowed, not_found, read_date,
    refuse, require_feature, row, stamp, text,
};

const TIME: &[Spec] = &[
    ("agent_id", Kind::Id),
    ("billable", Kind::Bool),
    ("executed_at", Kind::Date),
    ("note", Kind::Text(65535)),
    ("start_time", Kind::Date),
    ("time_spent", Kind::Text(16)),
    ("timer_running", Kind::Bool),
];

const RATING: &[Spec] = &[("feedback", Kind::Text(65535)), ("ratings", Kind::Object)];

/// Values that a rating may have.
const RATINGS: &[i64] = &[-103, -102, -101, 100, 101, 102, 103];

impl Desk {
    /// `GET /surveys` and `GET /surveys/satisfaction_ratings`.
    pub fn surveys_endpoint(&self, rq: &Request, rest: &[&str]) -> Answer {
        match (rq.method.as_str(), rest) {
            ("GET", []) => {
                rq.only_params(&["state"])?;
                let rows = self
                    .table("surveys")
                    .values()
                    .filter(|survey| rq.param("state") != Some("active") || flag(survey, "active"))
                    .map(|survey| self.show(survey, rq))
                    .collect();
                Ok(Reply::json(200, Value::Array(rows)))
            }
            ("GET", ["satisfaction_ratings"]) => {
                rq.only_params(&["created_since", "user_id"])?;
                let paging = rq.paging()?;
                // Without a date only the last 30 days are listed.
                let since = rq
                    .param("created_since")
                    .and_then(read_date)
                    .unwrap_or_else(|| stamp(rq.now - jiff::SignedDuration::from_hours(24 * 30)));
                let user = rq.param("user_id").and_then(|id| id.parse::<u64>().ok());
                let rows = self
                    .table("satisfaction_ratings")
                    .values()
                    .filter(|rating| {
                        text(rating, "created_at") >= since.as_str()
                            && user.is_none_or(|user| int(rating, "user_id") == Some(user))
                    });
                Ok(paging.page_of(rq, rows, |rating| self.show(rating, rq)))
            }
            (method, _) => Err(not_allowed(method, "GET")),
        }
    }

    /// `/tickets/{id}/satisfaction_ratings`.
    pub fn ticket_ratings(&mut self, rq: &Request, ticket: u64) -> Answer {
        match rq.method.as_str() {
            "GET" => {
                let paging = rq.paging()?;
                let rows = self
                    .table("satisfaction_ratings")
                    .values()
                    .filter(|rating| int(rating, "ticket_id") == Some(ticket));
                Ok(paging.page_of(rq, rows, |rating| self.show(rating, rq)))
            }
            "POST" => {
                let Some(survey) = self
                    .table("surveys")
                    .iter()
                    .find(|(_, survey)| flag(survey, "active"))
                    .map(|(id, _)| *id)
                else {
                    return Err(require_feature("satisfaction survey"));
                };
                let body = check::read(rq, RATING, &["ratings"])?;
                let good = body["ratings"].as_object().is_some_and(|map| {
                    map.contains_key("default_question")
                        && map
                            .values()
                            .all(|value| value.as_i64().is_some_and(|n| RATINGS.contains(&n)))
                });
                if !good {
                    return Err(refuse(
                        "default_question",
                        "It should be one of these values: '-103,-102,-101,100,101,102,103'",
                        "invalid_value",
                    ));
                }
                let id = self.id();
                let of = &self.tickets[&ticket];
                let rating = row(json!({
                    "id": id, "survey_id": survey, "user_id": of.get("requester_id"), "agent_id": of.get("responder_id"),
                    "group_id": of.get("group_id"), "ticket_id": ticket, "feedback": body.get("feedback"), "ratings": body["ratings"],
                    "created_at": rq.stamp(), "updated_at": rq.stamp(),
                }));
                self.table_mut("satisfaction_ratings")
                    .insert(id, rating.clone());
                Ok(Reply::json(201, self.show(&rating, rq)))
            }
            method => Err(not_allowed(method, "GET, POST")),
        }
    }

    /// `/tickets/{id}/time_entries`.
    pub fn ticket_time_entries(&mut self, rq: &Request, ticket: u64) -> Answer {
        if self.feature("no_time_entries") {
            return Err(require_feature("timesheets"));
        }
        match rq.method.as_str() {
            "GET" => {
                let paging = rq.paging()?;
                let rows = self
                    .table("time_entries")
                    .values()
                    .filter(|entry| int(entry, "ticket_id") == Some(ticket));
                Ok(paging.page_of(rq, rows, |entry| self.show(entry, rq)))
            }
            "POST" => {
                let body = check::read(rq, TIME, &[])?;
                let spent = text(&body, "time_spent");
                if !spent.is_empty() && !is_span(spent) {
                    return Err(refuse(
                        "time_spent",
                        "It should be in the 'hh:mm' format",
                        "invalid_value",
                    ));
                }
                let running = match body.get("timer_running") {
                    Some(said) => said == &Value::Bool(true),
                    None => spent.is_empty(),
                };
                if !running && body.contains_key("start_time") {
                    return Err(refuse(
                        "start_time",
                        "Should not be set when timer_running is false",
                        "incompatible_field",
                    ));
                }
                if let Some(agent) = int(&body, "agent_id")
                    && !self.agents.contains_key(&agent)
                {
                    return Err(refuse(
                        "agent_id",
                        "There is no agent matching the given agent_id",
                        "invalid_value",
                    ));
                }
                let date = |name: &str| read_date(text(&body, name)).unwrap_or_else(|| rq.stamp());
                let id = self.id();
                let entry = row(json!({
                    "id": id, "ticket_id": ticket, "agent_id": body.get("agent_id").cloned().unwrap_or(json!(self.me)),
                    "billable": body.get("billable").cloned().unwrap_or(json!(true)), "note": body.get("note"),
                    "timer_running": running, "time_spent": if spent.is_empty() { "00:00" } else { spent },
                    "executed_at": date("executed_at"), "start_time": date("start_time"), "company_id": self.tickets[&ticket].get("company_id"),
                    "created_at": rq.stamp(), "updated_at": rq.stamp(),
                }));
                self.table_mut("time_entries").insert(id, entry.clone());
                Ok(Reply::json(201, self.show(&entry, rq)))
            }
            method => Err(not_allowed(method, "GET, POST")),
        }
    }

    /// `/time_entries`.
    pub fn time_entries_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        if self.feature("no_time_entries") {
            return Err(require_feature("timesheets"));
        }
        match (rq.method.as_str(), rest) {
            ("GET", []) => {
                rq.only_params(&[
                    "company_id",
                    "agent_id",
                    "executed_after",
                    "executed_before",
                    "billable",
                ])?;
                let paging = rq.paging()?;
                let after = rq.param("executed_after").and_then(read_date);
                let before = rq.param("executed_before").and_then(read_date);
                let id = |name| rq.param(name).and_then(|id| id.parse::<u64>().ok());
                let (agent, company) = (id("agent_id"), id("company_id"));
                let rows = self.table("time_entries").values().filter(|entry| {
                    let at = text(entry, "executed_at");
                    after.as_deref().is_none_or(|after| at >= after)
                        && before.as_deref().is_none_or(|before| at <= before)
                        && agent.is_none_or(|agent| int(entry, "agent_id") == Some(agent))
                        && company.is_none_or(|company| int(entry, "company_id") == Some(company))
                        && rq
                            .param("billable")
                            .is_none_or(|b| (b == "true") == flag(entry, "billable"))
                });
                Ok(paging.page_of(rq, rows, |entry| self.show(entry, rq)))
            }
            ("DELETE", [id]) => {
                let id: u64 = id.parse().map_err(|_| not_found())?;
                self.table_mut("time_entries")
                    .remove(&id)
                    .ok_or_else(not_found)?;
                Ok(Reply::empty(204))
            }
            (method, _) => Err(not_allowed(method, "GET, DELETE")),
        }
    }

    /// `POST /canned_response_folders` and `POST /canned_responses`.
    fn create_canned(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        let (table, named) = match rest {
            ["canned_response_folders"] => ("canned_response_folders", "name"),
            ["canned_responses"] => ("canned_responses", "title"),
            _ => return Err(not_found()),
        };
        let refuse_missing = |field| refuse(field, "Mandatory attribute missing", "missing_field");
        if text(&rq.body, named).is_empty() {
            return Err(refuse_missing(named));
        }
        let mut new = rq.body.clone();
        if table == "canned_responses" {
            let folder = int(&new, "folder_id").ok_or_else(|| refuse_missing("folder_id"))?;
            if !self.table("canned_response_folders").contains_key(&folder) {
                return Err(refuse(
                    "folder_id",
                    "There is no folder matching the given folder_id",
                    "invalid_value",
                ));
            }
        }
        let id = self.id();
        new.insert("id".into(), json!(id));
        new.insert("created_at".into(), json!(rq.stamp()));
        new.insert("updated_at".into(), json!(rq.stamp()));
        self.table_mut(table).insert(id, new.clone());
        Ok(Reply::json(201, self.show(&new, rq)))
    }

    /// `/canned_response_folders` and `/canned_responses/{id}`.
    pub fn canned_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        if rq.method == "POST" {
            return self.create_canned(rq, rest);
        }
        if rq.method != "GET" {
            return Err(not_allowed(&rq.method, "GET, POST"));
        }
        let responses = |folder: u64| {
            self.table("canned_responses")
                .values()
                .filter(move |response| int(response, "folder_id") == Some(folder))
        };
        match rest {
            ["canned_response_folders"] => {
                let rows = self
                    .table("canned_response_folders")
                    .iter()
                    .map(|(id, folder)| {
                        let mut out = self.show(folder, rq);
                        out["responses_count"] = json!(responses(*id).count());
                        out
                    })
                    .collect();
                Ok(Reply::json(200, Value::Array(rows)))
            }
            ["canned_response_folders", id] => {
                let id: u64 = id.parse().map_err(|_| not_found())?;
                let folder = self
                    .table("canned_response_folders")
                    .get(&id)
                    .ok_or_else(not_found)?;
                let mut out = self.show(folder, rq);
                out["canned_responses"] = responses(id)
                    .map(|response| json!({"id": response.get("id"), "title": response.get("title")}))
                    .collect();
                Ok(Reply::json(200, out))
            }
            ["canned_response_folders", id, "responses"] => {
                let id: u64 = id.parse().map_err(|_| not_found())?;
                let paging = rq.paging()?;
                Ok(paging.page_of(rq, responses(id), |response| self.show(response, rq)))
            }
            ["canned_responses", id] => self.plain_endpoint(rq, "canned_responses", &[*id]),
            _ => Err(not_found()),
        }
    }

    /// `GET /settings/helpdesk`.
    pub fn settings_endpoint(&self, rq: &Request) -> Answer {
        if rq.method != "GET" {
            return Err(not_allowed(&rq.method, "GET"));
        }
        Ok(Reply::json(
            200,
            json!({"primary_language": self.languages[0], "supported_languages": &self.languages[1..], "portal_languages": self.languages}),
        ))
    }

    /// `/automations/{1|3|4}/rules`.
    pub fn automations_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        if self.feature("limited_agent") {
            return Err(access_denied());
        }
        let (kind, rest) = match rest {
            [kind @ ("1" | "3" | "4"), "rules", rest @ ..] => {
                (kind.parse::<u64>().unwrap_or(0), rest)
            }
            _ => return Err(not_found()),
        };
        match (rq.method.as_str(), rest) {
            ("GET", []) => {
                let rows = self
                    .table("automation_rules")
                    .values()
                    .filter(|rule| int(rule, "automation_type_id") == Some(kind))
                    .map(|rule| self.show(rule, rq))
                    .collect();
                Ok(Reply::json(200, Value::Array(rows)))
            }
            (method @ ("GET" | "PUT"), [id]) => {
                let id: u64 = id.parse().map_err(|_| not_found())?;
                let mut rule = self
                    .table("automation_rules")
                    .get(&id)
                    .filter(|rule| int(rule, "automation_type_id") == Some(kind))
                    .cloned()
                    .ok_or_else(not_found)?;
                if method == "PUT" {
                    rule.extend(check::read(
                        rq,
                        &[
                            ("active", Kind::Bool),
                            ("name", Kind::Text(255)),
                            ("position", Kind::Int),
                        ],
                        &[],
                    )?);
                    self.table_mut("automation_rules").insert(id, rule.clone());
                }
                Ok(Reply::json(200, self.show(&rule, rq)))
            }
            (method, _) => Err(not_allowed(method, "GET, PUT")),
        }
    }

    /// Begins a job that is done after so many looks at it.
    pub fn begin_job(&mut self, rq: &Request, name: &str, looks: u64) -> Reply {
        let id = format!("{:x}", self.id());
        let job = row(
            json!({"id": id, "name": name, "status": "IN PROGRESS", "created_at": rq.stamp(), "updated_at": rq.stamp(), "progress": 0, "_looks": looks}),
        );
        self.jobs.insert(id.clone(), job);
        let href = format!("{}/api/v2/jobs/{id}", rq.base);
        Reply::json(202, json!({"job_id": id, "href": href}))
    }

    /// `GET /jobs/{id}`.
    pub fn job_endpoint(&mut self, rq: &Request, id: &str) -> Answer {
        let now = rq.stamp();
        let mut job: Row = self.jobs.get(id).cloned().ok_or_else(not_found)?;
        let looks = int(&job, "_looks").unwrap_or(0);
        if looks > 1 {
            job.insert("_looks".to_owned(), json!(looks - 1));
            job.insert("progress".to_owned(), json!(100 / looks));
        } else {
            job.insert("status".to_owned(), json!("COMPLETED"));
            job.insert("progress".to_owned(), json!(100));
            if let Some(file) = int(&job, "_export") {
                job.insert(
                    "download_url".to_owned(),
                    json!(self.link(file, "export.json", rq)),
                );
            }
        }
        job.insert("updated_at".to_owned(), json!(now));
        self.jobs.insert(id.to_owned(), job.clone());
        Ok(Reply::json(200, self.show(&job, rq)))
    }

    /// `POST /account/export`: for account administrators only.
    ///
    /// What lies in the vendor's file is not documented; here it is one object
    /// with a list a resource, in the API's own shape.
    pub fn export_endpoint(&mut self, rq: &Request) -> Answer {
        if rq.method != "POST" {
            return Err(not_allowed(&rq.method, "POST"));
        }
        if !self.feature("account_admin") {
            return Err(access_denied());
        }
        let body = check::read(
            rq,
            &[
                ("date_range", Kind::Object),
                ("resources", Kind::List),
                ("output_format", Kind::Text(16)),
            ],
            &["resources"],
        )?;
        let mut out = Row::new();
        for resource in body["resources"].as_array().into_iter().flatten() {
            let name = resource["name"].as_str().unwrap_or_default();
            let rows: Vec<Value> = match name {
                "tickets" | "archive_tickets" => self
                    .tickets
                    .iter()
                    .filter(|(id, _)| self.archived.contains(id) == (name == "archive_tickets"))
                    .map(|(id, ticket)| {
                        let mut out = self.show(ticket, rq);
                        out["notes"] = self
                            .talk
                            .get(id)
                            .into_iter()
                            .flatten()
                            .map(|note| self.show(&self.conversations[note], rq))
                            .collect();
                        out
                    })
                    .collect(),
                "contacts" => self
                    .contacts
                    .values()
                    .map(|contact| self.show(contact, rq))
                    .collect(),
                "companies" => self
                    .table("companies")
                    .values()
                    .map(|row| self.show(row, rq))
                    .collect(),
                "solutions" => self
                    .table("articles")
                    .values()
                    .map(|row| self.show(row, rq))
                    .collect(),
                "surveys" => self
                    .table("satisfaction_ratings")
                    .values()
                    .map(|row| self.show(row, rq))
                    .collect(),
                _ => {
                    return Err(refuse(
                        "resources",
                        "It should be one of these values: 'tickets,archive_tickets,contacts,companies,solutions,surveys'",
                        "invalid_value",
                    ));
                }
            };
            out.insert(name.to_owned(), Value::Array(rows));
        }
        let file = self.id();
        let bytes = Value::Object(out).to_string();
        self.files.keep(
            file,
            "export.json",
            "application/json",
            super::files::Content::Here(bytes.into()),
        );
        let begun = self.begin_job(rq, "ACCOUNT::EXPORT", 3);
        let id = begun
            .body
            .and_then(|body| body["job_id"].as_str().map(str::to_owned))
            .unwrap_or_default();
        if let Some(job) = self.jobs.get_mut(&id) {
            job.insert("_export".to_owned(), json!(file));
        }
        let host = rq.base.split("://").last().unwrap_or_default().to_owned();
        Ok(Reply::json(
            202,
            json!({"job": {"id": id, "link": {"href": format!("{host}/api/v2/jobs/{id}"), "method": "GET"}}}),
        ))
    }
}

fn is_span(text: &str) -> bool {
    text.split_once(':').is_some_and(|(hours, minutes)| {
        !hours.is_empty()
            && hours.len() <= 3
            && hours.bytes().all(|b| b.is_ascii_digit())
            && minutes.len() == 2
            && minutes.parse::<u8>().is_ok_and(|minutes| minutes < 60)
    })
}
