//! The desk as it is at the start: the seed's files, and what every account has.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::defaults;
use super::desk::Desk;
use super::files::Content;
use super::wire::{Row, flag, int, read_date, row, text};
use crate::connector::{Error, Result};
use crate::sandbox::seed;

/// Collections that are kept as they are.
const PLAIN: &[&str] = &[
    "groups",
    "companies",
    "ticket_fields",
    "contact_fields",
    "company_fields",
    "products",
    "satisfaction_ratings",
    "surveys",
    "time_entries",
    "categories",
    "folders",
    "articles",
    "canned_responses",
    "canned_response_folders",
    "automation_rules",
    "roles",
];

/// Days after which a closed ticket that nobody touches leaves all lists.
const ARCHIVE_AFTER: i64 = 120;

impl Desk {
    /// Reads a seed folder; a missing file is an empty collection.
    ///
    /// # Errors
    /// Names the file and line that cannot be read, or the row without an id.
    pub fn load(&mut self, folder: &Path) -> Result<()> {
        let base = self.frame.base();
        if let Some(desk) = seed::read_one::<Row>(folder, "desk", &base)? {
            self.settings(&desk)?;
        }
        for name in PLAIN {
            for row in seed::read::<Row>(folder, name, &base)? {
                let (id, row) = self.adopt(folder, name, row)?;
                self.table_mut(name).insert(id, row);
            }
        }
        for row in seed::read::<Row>(folder, "agents", &base)? {
            let (id, row) = self.adopt(folder, "agents", row)?;
            self.put_agent(id, row);
        }
        for row in seed::read::<Row>(folder, "contacts", &base)? {
            let (id, mut row) = self.adopt(folder, "contacts", row)?;
            for state in ["blocked", "deleted"] {
                if flag(&row, state) {
                    row.insert(format!("_{state}"), json!(true));
                }
            }
            row.remove("blocked");
            self.put_contact(id, row);
        }
        let edge = self.now() - jiff::SignedDuration::from_hours(24 * ARCHIVE_AFTER);
        for row in seed::read::<Row>(folder, "tickets", &base)? {
            let (id, mut row) = self.adopt(folder, "tickets", row)?;
            let old = row.get("status") == Some(&json!(5))
                && text(&row, "updated_at") < super::wire::stamp(edge).as_str();
            let archived = match row.remove("archived") {
                Some(said) => said == json!(true),
                None => old,
            };
            if archived {
                row.insert("_archived".to_owned(), json!(true));
            }
            self.put_ticket(id, row);
        }
        for row in seed::read::<Row>(folder, "conversations", &base)? {
            let (id, row) = self.adopt(folder, "conversations", row)?;
            self.put_conversation(id, row);
        }
        for (file, kind) in [
            ("category_translations", "categories"),
            ("folder_translations", "folders"),
            ("article_translations", "articles"),
        ] {
            for mut row in seed::read::<Row>(folder, file, &base)? {
                let language = text(&row, "language").to_owned();
                let Some(id) = int(&row, "id") else {
                    return Err(Error::config(format!(
                        "a row of the seed's {file} has no id"
                    )));
                };
                row.remove("language");
                self.store_files(folder, &mut row)?;
                self.translations.insert((kind, id, language), row);
            }
        }
        self.indexed.clear();
        Ok(())
    }

    fn settings(&mut self, desk: &Row) -> Result<()> {
        let mut primary = None;
        for (key, value) in desk {
            match (key.as_str(), value) {
                ("domain", Value::String(value)) => self.domain.clone_from(value),
                ("plan", Value::String(value)) => self.plan.clone_from(value),
                ("languages", Value::Array(items)) => {
                    self.languages = items
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect();
                }
                ("features", Value::Array(items)) => {
                    for item in items.iter().filter_map(Value::as_str) {
                        self.switch(item);
                    }
                }
                ("primary_language", Value::String(value)) => primary = Some(value.clone()),
                ("me", Value::Number(id)) => self.me = id.as_u64().unwrap_or(0),
                ("notifications", Value::Object(map)) => self.notifications = map.clone(),
                ("now", Value::String(value)) => {
                    let then: Timestamp = value.parse().map_err(|cause| {
                        Error::config(format!("`now` in the seed's desk.json is no date: {cause}"))
                    })?;
                    let clock = &self.frame.clock;
                    clock.advance(then.as_second() - clock.seconds());
                }
                _ => {
                    return Err(Error::config(format!(
                        "`{key}` in the seed's desk.json means nothing"
                    )));
                }
            }
        }
        if let Some(primary) = primary {
            self.languages.retain(|language| *language != primary);
            self.languages.insert(0, primary);
        }
        if self.languages.is_empty() {
            self.languages.push("en".to_owned());
        }
        Ok(())
    }

    /// Turns a switch on: `channel_api`, `pages=3`.
    pub fn switch(&mut self, text: &str) {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        self.features.insert(name.to_owned(), value.to_owned());
    }

    /// The desk's time.
    pub fn now(&self) -> Timestamp {
        self.frame.clock.now()
    }

    /// What every account has, where the seed left it out.
    pub fn complete(&mut self) {
        let since = "2019-01-07T09:00:00Z";
        for field in defaults::fields() {
            let field = row(field);
            if self.ticket_field(text(&field, "name")).is_none()
                && let Some(id) = int(&field, "id")
            {
                self.table_mut("ticket_fields").insert(id, field);
            }
        }
        if self.agents.is_empty() {
            let id = self.id();
            self.put_agent(
                id,
                row(json!({
                    "id": id, "available": true, "occasional": false, "ticket_scope": 1, "type": "support_agent",
                    "group_ids": [], "role_ids": [1], "skill_ids": [], "signature": null,
                    "contact": {"active": true, "email": "admin@sandbox.test", "name": "Sandbox Admin", "job_title": null, "language": "en", "time_zone": "UTC", "phone": null, "mobile": null},
                    "created_at": since, "updated_at": since,
                })),
            );
        }
        if !self.agents.contains_key(&self.me) {
            self.me = self.agents.keys().next().copied().unwrap_or(0);
        }
        if self.table("groups").is_empty() {
            for name in ["Customer Support", "Escalations"] {
                let id = self.id();
                let group = json!({"id": id, "name": name, "description": "", "escalate_to": null, "unassigned_for": null, "business_hour_id": null, "group_type": "support_agent_group", "agent_ids": [self.me], "auto_ticket_assign": 0, "created_at": since, "updated_at": since});
                self.table_mut("groups").insert(id, row(group));
            }
        }
        if self.table("roles").is_empty() {
            for (id, name) in [
                (1, "Account Administrator"),
                (2, "Administrator"),
                (3, "Agent"),
            ] {
                let role = json!({"id": id, "name": name, "description": name, "default": true, "agent_type": 1, "created_at": since, "updated_at": since});
                self.table_mut("roles").insert(id, row(role));
            }
        }
    }

    /// Takes a seed row's id and files, and writes its dates as the API does.
    fn adopt(&mut self, folder: &Path, collection: &str, mut row: Row) -> Result<(u64, Row)> {
        let Some(id) = int(&row, "id") else {
            return Err(Error::config(format!(
                "a row of the seed's {collection} has no id"
            )));
        };
        if collection != "tickets" {
            self.taken(id);
        }
        for name in ["created_at", "updated_at", "executed_at", "start_time"] {
            if let Some(Value::String(value)) = row.get(name) {
                let date = read_date(value).ok_or_else(|| {
                    Error::config(format!(
                        "{name} of {collection} {id} in the seed is no date"
                    ))
                })?;
                row.insert(name.to_owned(), Value::String(date));
            }
        }
        self.store_files(folder, &mut row)?;
        Ok((id, row))
    }

    /// Stores `attachments[]` and `inline[]` of a row: `"file"` or `"generate"` says
    /// where the bytes are.
    fn store_files(&mut self, folder: &Path, row: &mut Row) -> Result<()> {
        for list in ["attachments", "inline"] {
            let Some(Value::Array(items)) = row.get_mut(list) else {
                continue;
            };
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                let Some(id) = int(item, "id") else {
                    return Err(Error::config("an attachment of the seed has no id"));
                };
                self.taken(id);
                let name = text(item, "name").to_owned();
                let kind = text(item, "content_type").to_owned();
                let (content, size) = match (item.remove("file"), item.remove("generate")) {
                    (Some(Value::String(file)), _) => {
                        let size = seed::file(folder, &file)?.len();
                        (Content::Seed(folder.to_owned(), file), size)
                    }
                    (_, Some(Value::Number(size))) => {
                        let size = size
                            .as_u64()
                            .and_then(|n| usize::try_from(n).ok())
                            .unwrap_or(0);
                        (Content::Made(size), size)
                    }
                    // Neither: the file is gone, and its address answers 404.
                    _ => {
                        item.insert("_blob".to_owned(), json!(id));
                        item.entry("size").or_insert(json!(0));
                        continue;
                    }
                };
                self.files.keep(id, &name, &kind, content);
                item.insert("_blob".to_owned(), json!(id));
                item.entry("size").or_insert(json!(size));
            }
        }
        if let Some(inline) = row.remove("inline") {
            row.insert("_inline".to_owned(), inline);
        }
        Ok(())
    }
}
