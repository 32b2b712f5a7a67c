//! Reading a Request Tracker.

mod messages;
mod people;
mod tickets;

use std::collections::HashMap;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::sync::Mutex;

use super::client::{Desk, keep, quoted, segment};
use super::config::Config;
use super::limits::PARALLEL;
use super::normalize;
use super::wire::{self, Created};
use crate::connector::{
    Blob, Capability, CheckItem, Error, ErrorKind, History, Inventory, MessagesBy, NotRead, Page,
    Result, Scope, Setup, Source, Stream, Unreadable, detail, field,
};
use crate::mapping::PlatformMapping;
use crate::schema::{Attachment, Conversation, Key, Kind, Record};

pub use messages::messages;

const QUEUES: Stream = Stream {
    name: "queues",
    yields: &[Kind::Group],
};
const USERS: Stream = Stream {
    name: "users",
    yields: &[Kind::Organization, Kind::Agent, Kind::Contact],
};
const FIELDS: Stream = Stream {
    name: "customfields",
    yields: &[Kind::Field],
};
const TICKETS: Stream = Stream {
    name: "tickets",
    yields: &[Kind::Conversation],
};
/// Deleted tickets and merged numbers: no search for tickets shows them, but
/// the transactions that hid them can be searched for.
const HIDDEN: Stream = Stream {
    name: "hidden",
    yields: &[Kind::Conversation],
};
const CLASSES: Stream = Stream {
    name: "classes",
    yields: &[Kind::Category],
};
const ARTICLES: Stream = Stream {
    name: "articles",
    yields: &[Kind::Article],
};

/// Everything of a kind, whatever its number, disabled ones too.
fn everything() -> serde_json::Value {
    json!([{"field": "id", "operator": ">", "value": 0}])
}

/// A Request Tracker as a source.
pub struct RtSource {
    desk: Desk,
    config: Config,
    mapping: std::sync::Arc<PlatformMapping>,
    /// Logins by the number of the user, as far as the history named them.
    logins: Mutex<HashMap<String, Option<String>>>,
}

impl RtSource {
    /// Opens the source; sends nothing.
    pub fn open(setup: Setup) -> Result<RtSource> {
        let config = Config::read(&setup.options)?;
        Ok(RtSource {
            desk: Desk::open(&config, &setup.http)?,
            config,
            mapping: setup.mapping,
            logins: Mutex::default(),
        })
    }

    /// What was changed of a ticket.
    async fn history(
        &self,
        ticket: &str,
        transactions: &[wire::Transaction],
        page: &mut Page,
    ) -> Result<()> {
        for transaction in transactions {
            let mut entry = match normalize::history(transaction, ticket) {
                Ok(Some(entry)) => entry,
                Ok(None) => continue,
                Err(reason) => {
                    page.problems.push(Unreadable {
                        key: Key::new(Kind::Message, &transaction.id.0),
                        reason,
                        original: Vec::new(),
                    });
                    continue;
                }
            };
            for change in &mut entry.changes {
                if change.of != Some(Kind::Contact) {
                    continue;
                }
                for value in [&mut change.from, &mut change.to].into_iter().flatten() {
                    if let Some(login) = self.login(value).await? {
                        *value = login;
                    }
                }
            }
            page.records.push(Record::Message(entry));
        }
        Ok(())
    }

    /// The login of a user, by number; none for a group.
    async fn login(&self, number: &str) -> Result<Option<String>> {
        if let Some(known) = self.logins.lock().await.get(number) {
            return Ok(known.clone());
        }
        let path = format!("/user/{}", segment(number));
        let login = match self.desk.one::<wire::User>(&path).await {
            Ok(user) => user.name.some().map(str::to_owned),
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => None,
            Err(error) => return Err(error),
        };
        let mut known = self.logins.lock().await;
        known.insert(number.to_owned(), login.clone());
        Ok(login)
    }

    /// The part of a ticket search that keeps to the queues asked for.
    fn in_queues(&self) -> String {
        if self.config.queues.is_empty() {
            return String::new();
        }
        let any: Vec<String> = self
            .config
            .queues
            .iter()
            .map(|name| format!("Queue = {}", quoted(name)))
            .collect();
        format!(" AND ({})", any.join(" OR "))
    }

    /// Single objects, some at a time, in order.
    async fn each(&self, paths: Vec<String>) -> Vec<Result<crate::http::Answer>> {
        stream::iter(paths)
            .map(|path| async move { self.desk.http.get(&path).send().await })
            .buffered(PARALLEL)
            .collect()
            .await
    }

    /// Small collections, read whole in one page: a row gives the id, the
    /// object is asked for each.
    async fn pull_small<T: serde::de::DeserializeOwned>(
        &self,
        list: &str,
        query: Option<serde_json::Value>,
        object: &str,
        kind: Kind,
        make: impl Fn(&T) -> Result<Option<Record>, String>,
    ) -> Result<Page> {
        let mut page = Page::default();
        let rows: Vec<Created> = match &query {
            Some(query) => self.desk.search(list, query, &mut page.raw).await?,
            None => self.desk.all(list, &mut page.raw).await?,
        };
        page.total = u64::try_from(rows.len()).ok();
        let paths = rows
            .iter()
            .map(|row| format!("/{object}/{}", segment(&row.id.0)))
            .collect();
        for (row, answer) in rows.iter().zip(self.each(paths).await) {
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    unreadable_or(error, kind, &row.id.0, &mut page)?;
                    continue;
                }
            };
            keep(&mut page.raw, &answer);
            match answer
                .json::<T>()
                .map_err(|error| error.message)
                .and_then(|one| make(&one))
            {
                Ok(record) => page.records.extend(record),
                Err(reason) => page.problems.push(Unreadable {
                    key: Key::new(kind, &row.id.0),
                    reason,
                    original: answer.body.to_vec(),
                }),
            }
        }
        page.done = true;
        Ok(page)
    }

    async fn pull_articles(&self) -> Result<Page> {
        let mut raw = Vec::new();
        let fields: Vec<wire::CustomField> = self
            .desk
            .search(
                "/customfields?orderby=id&find_disabled_rows=1&fields=Name,Type,LookupType",
                &everything(),
                &mut raw,
            )
            .await?;
        let html: Vec<String> = fields
            .into_iter()
            .filter(|field| field.kind.0 == "HTML")
            .map(|field| field.id.0)
            .collect();
        let (locale, base) = (&self.config.locale, self.config.base());
        let mut page = self
            .pull_small(
                "/articles?orderby=id&find_disabled_rows=1",
                Some(everything()),
                "article",
                Kind::Article,
                |one| {
                    normalize::article(one, &html, locale, base)
                        .map(Record::Article)
                        .map(Some)
                },
            )
            .await?;
        page.raw.extend(raw);
        Ok(page)
    }
}

/// What concerns one record becomes a problem of that record; the rest ends the page.
fn unreadable_or(error: Error, kind: Kind, id: &str, page: &mut Page) -> Result<()> {
    if error.stops_run() || error.kind == ErrorKind::Transient {
        return Err(error);
    }
    page.problems.push(Unreadable {
        key: Key::new(kind, id),
        reason: error.message,
        original: Vec::new(),
    });
    Ok(())
}

#[async_trait]
impl Source for RtSource {
    fn capabilities(&self) -> &'static [Capability] {
        super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let mut items = vec![super::check_version(&self.desk).await?];
        let mut raw = Vec::new();
        let queues: Vec<wire::NamedQueue> =
            self.desk.all("/queues/all?fields=Name", &mut raw).await?;
        items.push(if queues.is_empty() {
            CheckItem::failure(
                "the user sees no queue",
                "give it the rights SeeQueue, ShowTicket and ShowTicketComments",
            )
        } else {
            CheckItem::ok(format!("{} queues can be read", queues.len()))
        });
        for wanted in &self.config.queues {
            if !queues
                .iter()
                .any(|queue| queue.name.0.eq_ignore_ascii_case(wanted))
            {
                items.push(CheckItem::failure(
                    format!("there is no queue `{wanted}`"),
                    "correct `queues`",
                ));
            }
        }
        match self
            .desk
            .search::<Created>("/users", &everything(), &mut raw)
            .await
        {
            Ok(_) => items.push(CheckItem::ok("users can be read")),
            Err(error) if error.kind == ErrorKind::Forbidden => items.push(CheckItem::failure(
                "users cannot be read",
                "the user must be privileged and have the right AdminUsers",
            )),
            Err(error) => return Err(error),
        }
        Ok(items)
    }

    async fn inventory(&self) -> Result<Inventory> {
        let mut inventory = Inventory::default();
        let query = format!("id > 0{}", self.in_queues());
        let tickets: wire::List<Created> = self
            .desk
            .http
            .get("/tickets")
            .query(&[("query", query.as_str()), ("per_page", "1")])
            .json()
            .await?;
        let count = |list: &wire::List<Created>| u64::try_from(list.total.number()).ok();
        inventory.counts.push((Kind::Conversation, count(&tickets)));
        for (kind, path, query) in [
            (Kind::Contact, "/users?find_disabled_rows=1", everything()),
            (
                Kind::Field,
                "/customfields?find_disabled_rows=1",
                everything(),
            ),
            (
                Kind::Article,
                "/articles?find_disabled_rows=1",
                everything(),
            ),
            (
                Kind::Message,
                "/transactions",
                json!([
                    {"field": "Type", "operator": "=", "value": "Create"},
                    {"field": "Type", "operator": "=", "value": "Correspond"},
                    {"field": "Type", "operator": "=", "value": "Comment"},
                ]),
            ),
        ] {
            let list = self
                .desk
                .page(path, Some(&query), 1, &mut Vec::new())
                .await?;
            inventory.counts.push((kind, count(&list)));
        }
        for (kind, path) in [
            (Kind::Group, "/queues/all?find_disabled_rows=1"),
            (Kind::Category, "/classes/all?find_disabled_rows=1"),
        ] {
            let list = self.desk.page(path, None, 1, &mut Vec::new()).await?;
            inventory.counts.push((kind, count(&list)));
        }
        inventory.notes.push(
            "contacts are counted together with agents; deleted tickets and merged numbers are read and not counted".into(),
        );
        Ok(inventory)
    }

    async fn not_read(&self) -> Result<Vec<NotRead>> {
        Ok(match self.config.history {
            History::Notes => Vec::new(),
            History::Off => vec![NotRead {
                what: field::HISTORY.to_owned(),
                count: None,
                detail: detail!("reason-history-off"),
            }],
        })
    }

    fn streams(&self, scope: &Scope) -> Vec<Stream> {
        [QUEUES, USERS, FIELDS, TICKETS, HIDDEN, CLASSES, ARTICLES]
            .into_iter()
            .filter(|stream| stream.yields.iter().any(|kind| scope.wants(*kind)))
            .collect()
    }

    async fn pull(&self, stream: Stream, cursor: Option<&str>, scope: &Scope) -> Result<Page> {
        match stream.name {
            "queues" => {
                self.pull_small(
                    "/queues/all?find_disabled_rows=1",
                    None,
                    "queue",
                    Kind::Group,
                    |one| normalize::queue(one).map(Record::Group).map(Some),
                )
                .await
            }
            "customfields" => {
                self.pull_small(
                    "/customfields?orderby=id&find_disabled_rows=1",
                    Some(everything()),
                    "customfield",
                    Kind::Field,
                    |one: &wire::CustomField| {
                        let own = normalize::OWN_FIELDS;
                        Ok(Some(normalize::field(one))
                            .filter(|field| !own.contains(&field.label.as_str()))
                            .map(Record::Field))
                    },
                )
                .await
            }
            "classes" => {
                self.pull_small(
                    "/classes/all?find_disabled_rows=1",
                    None,
                    "class",
                    Kind::Category,
                    |one| {
                        let class = normalize::class(one, &self.config.locale);
                        Ok(Some(Record::Category(class)))
                    },
                )
                .await
            }
            "users" => self.pull_users(cursor).await,
            "tickets" => self.pull_tickets(cursor, scope).await,
            "hidden" => self.pull_hidden(cursor).await,
            "articles" => self.pull_articles().await,
            other => Err(Error::local(format!("there is no stream `{other}`"))),
        }
    }

    fn messages_by(&self) -> MessagesBy {
        MessagesBy::Conversation
    }

    async fn messages_of(&self, conversation: &Conversation) -> Result<Page> {
        if conversation.declared_messages == Some(0) {
            return Ok(Page {
                done: true,
                ..Page::default()
            });
        }
        let id = conversation.id.as_str();
        let (mut page, transactions) = messages::history(&self.desk, &self.mapping, id).await?;
        if self.config.history == History::Notes {
            self.history(id, &transactions, &mut page).await?;
        }
        Ok(page)
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Blob> {
        let bytes = self.desk.content(&attachment.id).await?;
        Ok(Blob {
            size: u64::try_from(bytes.len()).ok(),
            mime: attachment.mime.clone(),
            bytes: stream::iter([Ok(bytes::Bytes::from(bytes))]).boxed(),
        })
    }
}
