//! What the desk is, what it has, and what would mail people.

use serde_json::json;

use super::super::client::segment;
use super::super::config::{Assign, Config};
use super::super::limits::PAGE;
use super::super::normalize::{MARKER_FIELD, OWN_FIELDS};
use super::super::wire::{Created, List};
use super::super::{normalize, wire};
use super::RtSink;
use crate::connector::{CheckItem, Error, IndexPage, Interlock, Result, TargetDesk};
use crate::schema::{Agent, Kind, Record};

impl RtSink {
    pub(super) async fn describe_desk(&self) -> Result<TargetDesk> {
        let mut raw = Vec::new();
        let mut target = TargetDesk {
            name: Config::desk(&self.config.base_url),
            locales: vec![self.config.locale.clone()],
            ..TargetDesk::default()
        };
        let privileged: Vec<Created> = self
            .desk
            .search(
                "/groups",
                &json!([
                    {"field": "Domain", "value": "SystemInternal"},
                    {"field": "Name", "value": "Privileged"},
                ]),
                &mut raw,
            )
            .await?;
        let group = privileged
            .first()
            .ok_or_else(|| Error::protocol("RT shows no group of privileged users"))?;
        let members: Vec<Created> = self
            .desk
            .all(
                &format!("/group/{}/members", segment(&group.id.0)),
                &mut raw,
            )
            .await?;
        let me = self.config.me();
        for member in members {
            let user: wire::User = self
                .desk
                .one(&format!("/user/{}", segment(&member.id.0)))
                .await?;
            let is_me = me
                .as_deref()
                .is_some_and(|me| me == user.id.0 || me == user.name.0);
            for record in normalize::user(&user).map_err(Error::protocol)? {
                if let Record::Agent(agent) = record {
                    if is_me {
                        target.me = Some(Agent::clone(&agent));
                    }
                    target.agents.push(agent);
                }
            }
        }
        for row in self.desk.all::<Created>("/queues/all", &mut raw).await? {
            let queue: wire::Queue = self
                .desk
                .one(&format!("/queue/{}", segment(&row.id.0)))
                .await?;
            target
                .groups
                .push(normalize::queue(&queue).map_err(Error::protocol)?);
        }
        let fields: Vec<Created> = self
            .desk
            .search(
                "/customfields?orderby=id",
                &json!([{"field": "LookupType", "value": "RT::Queue-RT::Ticket"}]),
                &mut raw,
            )
            .await?;
        for row in fields {
            let wire: wire::CustomField = self
                .desk
                .one(&format!("/customfield/{}", segment(&row.id.0)))
                .await?;
            if !OWN_FIELDS.contains(&wire.name.0.as_str()) {
                target.fields.push(normalize::field(&wire));
            }
        }
        self.look_at_articles().await?;
        Ok(target)
    }

    /// Finds out whether articles keep their markup.
    async fn look_at_articles(&self) -> Result<()> {
        let fields: Vec<wire::CustomField> = self
            .desk
            .search(
                "/customfields?orderby=id&fields=Name,Type,LookupType",
                &json!([
                    {"field": "Name", "value": "Content"},
                    {"field": "LookupType", "value": "RT::Class-RT::Article"},
                ]),
                &mut Vec::new(),
            )
            .await?;
        let html = fields.iter().filter(|field| field.kind.0 == "HTML").count();
        // Where there are both sorts, only the class tells.
        if html == 0 || html == fields.len() {
            let _ = self.html_articles.set(html > 0);
        }
        Ok(())
    }

    pub(super) async fn find_interlocks(&self) -> Result<Vec<Interlock>> {
        let mut locks = Vec::new();
        let rows: Vec<Created> = self.desk.all("/queues/all", &mut Vec::new()).await?;
        for row in rows {
            let queue: wire::Queue = self
                .desk
                .one(&format!("/queue/{}", segment(&row.id.0)))
                .await?;
            let watchers: Vec<&str> = queue
                .cc
                .iter()
                .chain(&queue.admin_cc)
                .map(|one| one.id.0.as_str())
                .collect();
            if !watchers.is_empty() {
                let watchers = watchers.join(", ");
                let lock = Interlock {
                    id: format!("queue-watchers-{}", queue.id.0),
                    name: Some(queue.name.0.clone()),
                    what: format!(
                        "queue `{}` is watched by {watchers}, whom RT mails about every message",
                        queue.name.0
                    ),
                    hint: format!(
                        "take them off under Admin, Queues, {}, Watchers, and put them back afterwards",
                        queue.name.0
                    ),
                    proven: true,
                    facts: Default::default(),
                };
                locks.push(lock.naming([("watchers", watchers)]));
            }
        }
        if self.config.assign == Assign::Mail {
            locks.push(Interlock {
                id: "assign-mail".into(),
                name: None,
                what: "RT mails every agent once for each ticket that becomes theirs".into(),
                hint: "leave `assign` out, or give the agents' tokens under agent_tokens".into(),
                proven: true,
                facts: Default::default(),
            });
        }
        Ok(locks)
    }

    pub(super) async fn index_page(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Row {
            #[serde(rename = "id")]
            id: wire::Text,
            #[serde(default)]
            email_address: wire::Text,
        }
        if kind != Kind::Contact {
            return Ok(IndexPage::default());
        }
        let number: u32 = match cursor {
            None => 1,
            Some(text) => text
                .parse()
                .map_err(|_| Error::local(format!("`{text}` is not a page of users")))?,
        };
        let list: List<Row> = self
            .desk
            .page(
                "/users?orderby=id&find_disabled_rows=1&fields=Name,EmailAddress",
                Some(&json!([{"field": "id", "operator": ">", "value": 0}])),
                number,
                &mut Vec::new(),
            )
            .await?;
        let mut page = IndexPage::default();
        for row in &list.items {
            if let Some(email) = row.email_address.some() {
                page.entries
                    .push((format!("email:{}", email.to_lowercase()), row.id.0.clone()));
            }
        }
        debug_assert!(list.items.len() <= PAGE);
        page.next = list.next_page.map(|_| (number + 1).to_string());
        Ok(page)
    }

    pub(super) async fn check_desk(&self) -> Result<Vec<CheckItem>> {
        let mut items = vec![super::super::check_version(&self.desk).await?];
        match self.own_field(MARKER_FIELD).await {
            Ok(_) => items.push(CheckItem::ok(format!(
                "the custom field `{MARKER_FIELD}` is there"
            ))),
            Err(error) => items.push(CheckItem::failure(
                format!(
                    "the custom field `{MARKER_FIELD}` cannot be made: {}",
                    error.message
                ),
                "the user needs the right AdminCustomField, or an admin makes it for all queues",
            )),
        }
        for (name, client) in self.desk.agent_names() {
            match client.get("/rt").send().await {
                Ok(_) => items.push(CheckItem::ok(format!("the token of {name} works"))),
                Err(error) => items.push(CheckItem::failure(
                    format!("the token of {name} does not work: {}", error.message),
                    "correct it under agent_tokens",
                )),
            }
        }
        items.push(CheckItem::warning(
            "scrips cannot be seen through the API",
            "RT's own scrips mail nobody here; look for scrips of your own that send mail (Admin, Global, Scrips)",
        ));
        Ok(items)
    }
}
