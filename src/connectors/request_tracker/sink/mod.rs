//! Writing a Request Tracker without a mail to anybody.
//!
//! RT mails whoever watches a ticket, and there is no switch for one request.
//! So a ticket has no watchers and no owner while anything is written to it;
//! they are put in place last, as a change of its own that RT's scrips do not
//! mail about.

mod describe;
mod find;
mod knowledge;
mod links;
mod messages;
mod people;
mod read;
mod structure;
mod tickets;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::assess::Assessor;
use super::client::{Desk, segment};
use super::config::Config;
use super::payload;
use super::wire;
use crate::connector::{
    Assessment, Body, Capability, CheckItem, Error, ErrorKind, Grain, IndexPage, Interlock, Item,
    Journal, NoJournal, Outcome, Part, Probe, ReadBack, Result, Setup, Sink, TargetDesk, Written,
};
use crate::http::{Client, Method};
use crate::http::{Limit, Rehearsed};
use crate::mapping::PlatformMapping;
use crate::schema::{Date, Kind};

/// A Request Tracker as a sink.
pub struct RtSink {
    desk: Desk,
    pub(super) config: Config,
    mapping: Arc<PlatformMapping>,
    /// Ids of our own custom fields, once they are known to exist.
    own_fields: Mutex<HashMap<&'static str, String>>,
    /// Numbers of users by login: `Creator` takes nothing else.
    numbers: Mutex<HashMap<String, String>>,
    /// The class field that holds the text of articles takes HTML; unknown
    /// where there are several.
    html_articles: OnceLock<bool>,
    /// Tickets whose people were taken off, as they were before.
    hushed: Mutex<HashMap<String, wire::Ticket>>,
    looked: AtomicU32,
    mailed: AtomicBool,
}

impl RtSink {
    /// Opens the sink; sends nothing.
    pub fn open(setup: Setup) -> Result<RtSink> {
        let config = Config::read(&setup.options)?;
        Ok(RtSink {
            desk: Desk::open(&config, &setup.http)?,
            config,
            mapping: setup.mapping,
            own_fields: Mutex::default(),
            numbers: Mutex::default(),
            html_articles: OnceLock::new(),
            hushed: Mutex::default(),
            looked: AtomicU32::new(0),
            mailed: AtomicBool::new(false),
        })
    }

    pub(super) async fn put(
        &self,
        client: &Client,
        path: &str,
        body: &Value,
    ) -> Result<Vec<String>> {
        // 200 with sentences, whatever happened: callers read back what matters.
        let said: Vec<Value> = client.call(Method::Put, path).body(body).json().await?;
        Ok(said
            .into_iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect())
    }

    pub(super) async fn write_one(&self, item: &Item, target: &TargetDesk) -> Outcome {
        if self.mailed.load(Ordering::Relaxed) {
            return Err(Error::config(
                "RT sent a mail for a ticket that nobody watches: a scrip of its own did that",
            )
            .hint("disable the scrips that send mail (Admin, Global, Scrips), and run again"));
        }
        match &item.body {
            Body::Organization(r) => Ok(Written::matched(r.name.clone())),
            Body::Group(r) => {
                let body =
                    json!({"Name": r.name, "Description": r.description.as_deref().unwrap_or("")});
                self.create_or_match("queue", &body, &r.name, item.existing.as_deref())
                    .await
            }
            Body::Field(r) => self.write_field(item, r).await,
            Body::Agent(r) => {
                let login = r.email.clone().unwrap_or_else(|| r.id.clone());
                let body = payload::agent(r, &login);
                self.write_user(item, &login, r.email.as_deref(), body)
                    .await
            }
            Body::Contact(r) => {
                let login = payload::login(r, &item.marker);
                let body = payload::contact(r, &login, &item.refs);
                self.write_user(item, &login, r.email(), body).await
            }
            Body::Conversation(bundle) => self.write_conversation(item, bundle, target).await,
            Body::Message(reply) => self.write_reply(item, reply, target).await,
            Body::Category(r) => {
                let html = r.translations.first().and_then(|t| t.html.as_deref());
                let body = json!({
                    "Name": r.name(),
                    "Description": html.map(crate::connector::text::html_to_text).unwrap_or_default(),
                });
                self.create_or_match("class", &body, r.name(), item.existing.as_deref())
                    .await
            }
            Body::Article(bundle) => self.write_article(item, bundle).await,
            Body::Brand(_) | Body::Form(_) | Body::Macro(_) => Err(Error::new(
                ErrorKind::Rejected { field: None },
                "RT has no such record",
            )),
        }
    }

    pub(super) fn url(&self, id: &str) -> String {
        format!("{}/Ticket/Display.html?id={id}", self.config.base())
    }
}

fn part_key(part: &Part) -> crate::schema::Key {
    crate::schema::Key::new(Kind::Message, &part.message.id)
}

/// After the first write of several, nothing is certain but what `find` sees.
fn unsettled(error: Error) -> Error {
    if error.stops_run() && error.kind != ErrorKind::Auth {
        return error;
    }
    let message = format!("written in part: {error}");
    Error::new(ErrorKind::Transient, message)
        .hint("it is looked for and completed")
        .caused_by(error)
}

#[async_trait]
impl Sink for RtSink {
    fn capabilities(&self) -> &'static [Capability] {
        super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        self.check_desk().await
    }

    async fn interlocks(&self) -> Result<Vec<Interlock>> {
        self.find_interlocks().await
    }

    async fn describe(&self) -> Result<TargetDesk> {
        self.describe_desk().await
    }

    async fn index(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        self.index_page(kind, cursor).await
    }

    fn grain(&self) -> Grain {
        Grain::Message
    }

    fn batch(&self, _kind: Kind) -> usize {
        1
    }

    fn time(&self) -> Date {
        self.desk.http.time()
    }

    fn assess(&self, item: &Item, target: &TargetDesk) -> Assessment {
        Assessor {
            item,
            target,
            mapping: &self.mapping,
            config: &self.config,
            html_articles: self.html_articles.get().copied(),
            writes_as: &|part| self.author(part, &item.refs).is_some(),
            keeps_owner: &|conversation| self.silent_owner(conversation, &item.refs).is_none(),
        }
        .assess()
    }

    async fn write(
        &self,
        items: &[Item],
        target: &TargetDesk,
        _journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            outcomes.push(self.write_one(item, target).await);
        }
        outcomes
    }

    async fn rehearse(&self, item: &Item, target: &TargetDesk) -> Vec<Rehearsed> {
        let items = std::slice::from_ref(item);
        let write = self.write(items, target, &NoJournal);
        self.desk.http.rehearse(write).await
    }

    fn deletes(&self, kind: Kind) -> bool {
        !matches!(
            kind,
            Kind::Macro | Kind::Brand | Kind::Form | Kind::Message | Kind::Attachment
        )
    }

    fn budgets(&self) -> Vec<Limit> {
        self.desk.http.budgets()
    }

    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        self.find_item(probe).await
    }

    async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            all.push(match self.read_one(kind, id).await {
                Ok(back) => back,
                Err(error) if error.kind == ErrorKind::NotFound => ReadBack::default(),
                Err(error) => return Err(error),
            });
        }
        Ok(all)
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<()> {
        let what = match kind {
            // Text of a user, gone with the user.
            Kind::Organization => return Ok(()),
            Kind::Conversation => "ticket",
            Kind::Contact | Kind::Agent => "user",
            Kind::Group => "queue",
            Kind::Field => "customfield",
            Kind::Category => "class",
            Kind::Article => "article",
            _ => {
                return Err(Error::new(
                    ErrorKind::Forbidden,
                    format!("RT cannot delete a {kind} through its API"),
                )
                .hint("it goes with its ticket"));
            }
        };
        match self
            .desk
            .http
            .delete(&format!("/{what}/{}", segment(id)))
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn finish(&self, _target: &TargetDesk) -> Result<()> {
        self.link_waiting().await
    }
}
