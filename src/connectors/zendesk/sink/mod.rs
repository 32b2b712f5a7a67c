//! Writes a Zendesk account.

mod article_files;
mod articles;
mod assess;
mod find;
mod help_center;
mod jobs;
mod organizations;
mod payload;
mod people;
mod read;
mod readers;
mod redirects;
mod structure;
mod tickets;
mod updates;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8};

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::config::{Config, UsersBulk};
use super::limits;
use super::source::{self, Desk};
use super::wire::{self, OneUser};
use crate::connector::address::Address;
use crate::connector::redirects::Redirects;
use crate::connector::{
    Assessment, Blob, Body, Capability, CheckItem, Error, ErrorKind, Grain, IndexPage, Interlock,
    Item, Journal, NoJournal, Outcome, Probe, ReadBack, Result, Setup, Sink, TargetDesk, Written,
};
use crate::http::{Limit, Rehearsed};
use crate::schema::{Agent, Attachment, Date, Kind};

use jobs::Jobs;

/// One account as a target.
pub struct ZendeskSink {
    desk: Desk,
    config: Config,
    jobs: Jobs,
    /// Whether customers may be written in batches: see [`people`].
    bulk: AtomicU8,
    guide: OnceCell<readers::Guide>,
    /// Files of articles go through the media library: the older way was refused.
    media_only: AtomicBool,
    /// The help center's brand, where there are several.
    brand: OnceCell<Option<String>>,
}

/// Opens the target.
pub fn connect(setup: Setup) -> Result<Arc<dyn Sink>> {
    let config = Config::parse(&setup.options)?;
    let desk = Desk::new(&config, "read write", &setup)?;
    let never = config.users_bulk == UsersBulk::Never;
    Ok(Arc::new(ZendeskSink {
        jobs: Jobs::new(desk.client.clone(), setup.http.speed),
        desk,
        config,
        bulk: AtomicU8::new(if never {
            people::REFUSED
        } else {
            people::UNKNOWN
        }),
        guide: OnceCell::new(),
        media_only: AtomicBool::new(false),
        brand: OnceCell::new(),
    }))
}

impl ZendeskSink {
    fn written(&self, path: &str, id: impl Into<String>) -> Written {
        let id = id.into();
        Written {
            url: Some(format!("{}{path}{id}", self.desk.public)),
            ..Written::created(id)
        }
    }

    /// All rows of a list that an account may lack.
    async fn optional<T: wire::Row>(&self, path: &str, budget: &'static str) -> Result<Vec<T>> {
        match source::all::<T>(&self.desk.client, path, budget).await {
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => {
                Ok(Vec::new())
            }
            other => other,
        }
    }

    async fn me(&self) -> Result<Agent> {
        let me: OneUser = self.desk.client.get("/api/v2/users/me").json().await?;
        if me
            .user
            .role
            .as_deref()
            .is_none_or(|role| role == "end-user")
        {
            return Err(Error::new(
                ErrorKind::Auth,
                "the credentials do not belong to a member of the staff",
            )
            .hint("tie the OAuth client to an admin"));
        }
        Ok(source::agent(me.user, Vec::new()))
    }

    /// The latest date that the account takes: clocks differ.
    fn now(&self) -> Date {
        Date::now().max(self.desk.client.time())
    }
}

/// The id in the answer to a creation: `{"group":{"id":5,…}}`.
fn made(answer: &Value, key: &str) -> Result<String> {
    match answer.get(key).and_then(|record| record.get("id")) {
        Some(Value::Number(id)) => Ok(id.to_string()),
        Some(Value::String(id)) => Ok(id.clone()),
        // It was accepted: whether it is there must be looked up.
        _ => Err(Error::new(
            ErrorKind::Transient,
            format!("Zendesk's answer holds no `{key}.id`"),
        )),
    }
}

/// The same failure for another record of a batch.
fn repeat(error: &Error) -> Error {
    let again = Error::new(error.kind.clone(), error.message.clone());
    match &error.hint {
        Some(hint) => again.hint(hint.clone()),
        None => again,
    }
}

#[async_trait]
impl Sink for ZendeskSink {
    fn capabilities(&self) -> &'static [Capability] {
        &super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let mut found = super::check::common(&self.desk.client, &self.config, false).await?;
        // An empty batch creates nothing, and is refused where batches are not allowed.
        let bulk = self
            .desk
            .client
            .post("/api/v2/users/create_or_update_many")
            .body(&serde_json::json!({"users": []}))
            .repeatable()
            .send()
            .await;
        match bulk {
            Err(error) if error.kind == ErrorKind::Forbidden => found.push(CheckItem::warning(
                "customers are written one by one, 60 a minute: batches of users are not enabled",
                "ask Zendesk's support to enable bulk user import for the account",
            )),
            Err(error) if error.stops_run() => return Err(error),
            _ => found.push(CheckItem::ok("customers are written in batches of 100")),
        }
        let triggers: Vec<wire::Trigger> = self
            .optional("/api/v2/triggers/active", limits::DEFAULT)
            .await?;
        let mailing = triggers
            .iter()
            .filter(|rule| rule.active != Some(false))
            .filter(|rule| structure::notifies(rule.actions.as_deref().unwrap_or_default()))
            .count();
        if mailing > 0 {
            found.push(CheckItem::warning(
                format!("{mailing} active triggers send notifications; the import does not run them, any later change of an imported ticket does"),
                "do not change imported open tickets in bulk while these triggers are on",
            ));
        }
        Ok(found)
    }

    async fn interlocks(&self) -> Result<Vec<Interlock>> {
        let rules: Vec<wire::Automation> = self
            .optional("/api/v2/automations/active", limits::DEFAULT)
            .await?;
        Ok(rules
            .into_iter()
            .filter(|rule| rule.active != Some(false))
            .filter(|rule| structure::notifies(rule.actions.as_deref().unwrap_or_default()))
            .map(|rule| Interlock {
                id: format!("automation-{}", rule.id.0),
                name: Some(rule.title.clone()),
                what: format!(
                    "automation \"{}\" sends notifications, also about imported tickets that are not closed",
                    rule.title
                ),
                hint: "deactivate it in Admin Center > Objects and rules > Business rules > Automations until the migration is done".to_owned(),
                proven: true,
                facts: Default::default(),
            })
            .collect())
    }

    async fn update_interlocks(&self) -> Result<Vec<Interlock>> {
        let rules: Vec<wire::Trigger> = self
            .optional("/api/v2/triggers/active", limits::DEFAULT)
            .await?;
        Ok(rules
            .into_iter()
            .filter(|rule| rule.active != Some(false) && updates::tells_customers(rule))
            .map(|rule| Interlock {
                id: format!("trigger-{}", rule.id.0),
                name: Some(rule.title.clone()),
                what: format!(
                    "trigger \"{}\" notifies when a ticket is changed",
                    rule.title
                ),
                hint: "add the condition `Comment is public` or `Ticket is created` to it, or deactivate it while deskferry syncs".to_owned(),
                proven: true,
                facts: Default::default(),
            })
            .collect())
    }

    async fn describe(&self) -> Result<TargetDesk> {
        self.describe_account().await
    }

    async fn index(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        self.index_page(kind, cursor).await
    }

    fn grain(&self) -> Grain {
        Grain::Whole
    }

    fn batch(&self, kind: Kind) -> usize {
        match kind {
            Kind::Organization | Kind::Contact | Kind::Conversation => limits::BATCH,
            _ => 1,
        }
    }

    fn assess(&self, item: &Item, target: &TargetDesk) -> Assessment {
        let mapping = &self.desk.mapping;
        assess::assess(item, target, mapping, self.guide.get(), self.now())
    }

    fn time(&self) -> Date {
        self.desk.client.time()
    }

    async fn write(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome> {
        match items.first().map(|item| &item.body) {
            None => Vec::new(),
            Some(Body::Conversation(_)) if items.iter().any(|item| item.existing.is_some()) => {
                let mut outcomes = Vec::with_capacity(items.len());
                for item in items {
                    outcomes.push(self.update_ticket(item, target).await);
                }
                outcomes
            }
            Some(Body::Conversation(_)) => self.write_tickets(items, target, journal).await,
            Some(Body::Message(_)) => {
                let mut outcomes = Vec::with_capacity(items.len());
                for item in items {
                    outcomes.push(self.add_message(item, target).await);
                }
                outcomes
            }
            Some(Body::Contact(_)) => self.write_contacts(items, target, journal).await,
            Some(Body::Organization(_)) => self.write_organizations(items, target, journal).await,
            Some(_) => {
                let mut outcomes = Vec::with_capacity(items.len());
                for item in items {
                    outcomes.push(self.write_one(item, target).await);
                }
                outcomes
            }
        }
    }

    async fn rehearse(&self, item: &Item, target: &TargetDesk) -> Vec<Rehearsed> {
        let items = std::slice::from_ref(item);
        let write = self.write(items, target, &NoJournal);
        self.desk.client.rehearse(write).await
    }

    fn deletes(&self, kind: Kind) -> bool {
        !matches!(kind, Kind::Agent | Kind::Brand | Kind::Form | Kind::Message)
    }

    fn budgets(&self) -> Vec<Limit> {
        self.desk.client.budgets()
    }

    fn address(&self, id: &str, to: &Address, target: &TargetDesk) -> Option<String> {
        let home = &self.desk.public;
        let locale = to.locale.as_deref();
        // Without a language the help center shows the reader's own.
        let place = match locale.and_then(|own| assess::locale(target, own)) {
            Some(locale) => format!("{home}/hc/{locale}"),
            None => format!("{home}/hc"),
        };
        Some(match to.key.kind {
            Kind::Article => format!("{place}/articles/{id}"),
            Kind::Category => {
                let (level, number) = help_center::split_id(id).ok()?;
                format!("{place}/{level}/{number}")
            }
            Kind::Conversation if to.staff => format!("{home}/agent/tickets/{id}"),
            Kind::Conversation => format!("{home}/hc/requests/{id}"),
            Kind::Attachment => format!("{home}/hc/article_attachments/{id}"),
            _ => return None,
        })
    }

    fn redirects(&self) -> Option<&dyn Redirects> {
        Some(self)
    }

    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        self.find_written(probe).await
    }

    async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        self.read_back(kind, ids).await
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Option<Blob>> {
        self.desk.file(attachment).await.map(Some)
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<()> {
        let (path, budget) = match kind {
            Kind::Conversation => (format!("/api/v2/tickets/{id}"), limits::DELETE),
            Kind::Contact => (format!("/api/v2/users/{id}"), limits::DEFAULT),
            Kind::Organization => (format!("/api/v2/organizations/{id}"), limits::DEFAULT),
            Kind::Group => (format!("/api/v2/groups/{id}"), limits::DEFAULT),
            Kind::Macro => (format!("/api/v2/macros/{id}"), limits::DEFAULT),
            Kind::Article => (
                format!("/api/v2/help_center/articles/{id}"),
                limits::HELP_CENTER,
            ),
            Kind::Category => {
                let (level, number) = help_center::split_id(id)?;
                (
                    format!("/api/v2/help_center/{level}/{number}"),
                    limits::HELP_CENTER,
                )
            }
            Kind::Field => (self.field_path(id).await?, limits::DEFAULT),
            _ => {
                return Err(Error::new(
                    ErrorKind::Forbidden,
                    format!("a {kind} is never created on Zendesk, so none is removed"),
                ));
            }
        };
        match self.desk.client.delete(&path).budget(budget).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
