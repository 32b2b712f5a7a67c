//! Reading a Request Tracker.

use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde_json::json;

use super::client::{Desk, keep, quoted, segment};
use super::config::Config;
use super::limits::PARALLEL;
use super::normalize::{self, SYSTEM, bodies};
use super::wire::{self, Created, Node, Transaction};
use crate::connector::{
    Blob, Capability, CheckItem, Error, ErrorKind, Inventory, MessagesBy, Page, RawPage, Result,
    Scope, Setup, Source, Stream, Unreadable,
};
use crate::mapping::PlatformMapping;
use crate::schema::{Attachment, Conversation, Date, Key, Kind, Record};

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

/// Fields that a history is asked for; without them it tells ids only.
const HISTORY: &str = "fields=Type,Created,Creator,Data,TimeTaken,ObjectId";

/// Fields of a list of attachments. Never `Content`: it comes decoded there,
/// which breaks bytes. Never `Parent`: RT answers 500.
const NODES: &str =
    "fields=TransactionId,Filename,ContentType,ContentLength,Headers,Subject,MessageId,Created";

/// Everything of a kind, whatever its number, disabled ones too.
fn everything() -> serde_json::Value {
    json!([{"field": "id", "operator": ">", "value": 0}])
}

/// A Request Tracker as a source.
pub struct RtSource {
    desk: Desk,
    config: Config,
    mapping: std::sync::Arc<PlatformMapping>,
}

impl RtSource {
    /// Opens the source; sends nothing.
    pub fn open(setup: Setup) -> Result<RtSource> {
        let config = Config::read(&setup.options)?;
        Ok(RtSource {
            desk: Desk::open(&config, &setup.http)?,
            config,
            mapping: setup.mapping,
        })
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

    async fn ticket(&self, id: &str, page: &mut Page) -> Result<()> {
        match self
            .fetch(&format!("/ticket/{}", segment(id)), &mut page.raw)
            .await
        {
            Ok(answer) => self.take_ticket(id, &answer, page),
            Err(error) if error.kind == ErrorKind::NotFound => {
                page.gone.push(Key::new(Kind::Conversation, id));
                Ok(())
            }
            Err(error) => unreadable_or(error, Kind::Conversation, id, page),
        }
    }

    fn take_ticket(&self, id: &str, answer: &crate::http::Answer, page: &mut Page) -> Result<()> {
        let record = answer
            .json::<wire::Ticket>()
            .map_err(|error| error.message)
            .and_then(|ticket| normalize::ticket(id, &ticket, &self.mapping, self.config.base()));
        match record {
            Ok(conversation) => page.records.push(Record::Conversation(conversation)),
            Err(reason) => page.problems.push(Unreadable {
                key: Key::new(Kind::Conversation, id),
                reason,
                original: answer.body.to_vec(),
            }),
        }
        Ok(())
    }

    async fn fetch(&self, path: &str, raw: &mut Vec<RawPage>) -> Result<crate::http::Answer> {
        let answer = self.desk.http.get(path).send().await?;
        keep(raw, &answer);
        Ok(answer)
    }

    /// Single objects, some at a time, in order.
    async fn each(&self, paths: Vec<String>) -> Vec<Result<crate::http::Answer>> {
        stream::iter(paths)
            .map(|path| async move { self.desk.http.get(&path).send().await })
            .buffered(PARALLEL)
            .collect()
            .await
    }

    async fn pull_tickets(&self, cursor: Option<&str>, scope: &Scope) -> Result<Page> {
        let mut page = Page::default();
        let at = TicketCursor::read(cursor, scope)?;
        let mut query = format!("id > {}{}", at.last, self.in_queues());
        if let Some(since) = at.since {
            // Dates in a search are in the user's own time zone, whatever they
            // say themselves, so the window begins a day early.
            let early = since - jiff::SignedDuration::from_hours(24);
            query.push_str(&format!(
                " AND LastUpdated > '{}'",
                early.strftime("%Y-%m-%d %H:%M:%S")
            ));
        }
        let search = self
            .desk
            .http
            .get("/tickets")
            .query(&[
                ("query", query.as_str()),
                ("orderby", "id"),
                ("order", "ASC"),
                ("per_page", "100"),
            ])
            .send()
            .await?;
        let list: wire::List<Created> = search.json()?;
        keep(&mut page.raw, &search);
        let ids: Vec<String> = list.items.into_iter().map(|item| item.id.0).collect();
        if at.last == 0 {
            page.total = u64::try_from(list.total.number()).ok();
        }
        let paths = ids
            .iter()
            .map(|id| format!("/ticket/{}", segment(id)))
            .collect();
        for (id, answer) in ids.iter().zip(self.each(paths).await) {
            match answer {
                Ok(answer) => {
                    keep(&mut page.raw, &answer);
                    self.take_ticket(id, &answer, &mut page)?;
                }
                Err(error) if error.kind == ErrorKind::NotFound => {
                    page.gone.push(Key::new(Kind::Conversation, id));
                }
                Err(error) => unreadable_or(error, Kind::Conversation, id, &mut page)?,
            }
        }
        let last = ids.iter().filter_map(|id| id.parse::<u64>().ok()).max();
        page.done = list.next_page.is_none();
        page.next = Some(match last {
            Some(last) if !page.done => at.after(last),
            _ => at.again(),
        });
        Ok(page)
    }

    async fn pull_hidden(&self, cursor: Option<&str>) -> Result<Page> {
        let mut page = Page::default();
        let after: u64 = match cursor {
            None => 0,
            Some(text) => text
                .parse()
                .map_err(|_| Error::local(format!("`{text}` is not a cursor of hidden tickets")))?,
        };
        let what = [
            json!([
                {"field": "Type", "value": "Status"},
                {"field": "NewValue", "value": "deleted"},
                {"field": "id", "operator": ">", "value": after},
            ]),
            json!([
                {"field": "Field", "value": "MergedInto"},
                {"field": "id", "operator": ">", "value": after},
            ]),
        ];
        let mut ids = std::collections::BTreeSet::new();
        let mut newest = after;
        for query in what {
            let found: Vec<Transaction> = self
                .desk
                .search(
                    "/transactions?orderby=id&fields=Type,ObjectId",
                    &query,
                    &mut page.raw,
                )
                .await?;
            for transaction in found {
                newest = newest.max(transaction.id.0.parse().unwrap_or(0));
                ids.insert(transaction.object_id.0);
            }
        }
        for id in ids {
            let before = page.records.len();
            self.ticket(&id, &mut page).await?;
            // A merge is told by both tickets; the one that is still itself
            // comes with the others, unless its queue is not asked for.
            page.records.retain_in(before, |record| match record {
                Record::Conversation(conversation) => {
                    conversation.deleted || conversation.declared_messages == Some(0)
                }
                _ => true,
            });
        }
        page.done = true;
        page.next = (newest > after).then(|| newest.to_string());
        Ok(page)
    }

    async fn pull_users(&self, cursor: Option<&str>) -> Result<Page> {
        let mut page = Page::default();
        let at = Rounds::read(cursor)?;
        let list: wire::List<Created> = self
            .desk
            .page(
                "/users?orderby=id&find_disabled_rows=1",
                Some(&everything()),
                at.page,
                &mut page.raw,
            )
            .await?;
        page.total = u64::try_from(list.total.number()).ok();
        let logins: Vec<String> = list
            .items
            .into_iter()
            .map(|item| item.id.0)
            .filter(|login| !SYSTEM.contains(&login.as_str()))
            .collect();
        let paths = logins
            .iter()
            .map(|login| format!("/user/{}", segment(login)))
            .collect();
        for (login, answer) in logins.iter().zip(self.each(paths).await) {
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    unreadable_or(error, Kind::Contact, login, &mut page)?;
                    continue;
                }
            };
            keep(&mut page.raw, &answer);
            let records = answer
                .json::<wire::User>()
                .map_err(|error| error.message)
                .and_then(|user| {
                    if user.name.0 == *login {
                        normalize::user(&user)
                    } else {
                        // A login of digits is taken for a number by RT.
                        Err(format!("Name: RT answered with the user `{}`", user.name.0))
                    }
                });
            match records {
                Ok(records) => page.records.extend(records),
                Err(reason) => page.problems.push(Unreadable {
                    key: Key::new(Kind::Contact, login),
                    reason,
                    original: answer.body.to_vec(),
                }),
            }
        }
        page.done = list.next_page.is_none();
        page.next = Some(at.next(page.done));
        Ok(page)
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

/// Keeps what `keep` says of the items from `start` on.
trait RetainIn<T> {
    fn retain_in(&mut self, start: usize, keep: impl Fn(&T) -> bool);
}

impl<T> RetainIn<T> for Vec<T> {
    fn retain_in(&mut self, start: usize, keep: impl Fn(&T) -> bool) {
        let tail = self.split_off(start);
        self.extend(tail.into_iter().filter(keep));
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

/// `<round>:<page>`: lists of people have no order by change, so that a later
/// run reads them again; the round keeps its cursors apart.
struct Rounds {
    round: u64,
    page: u32,
}

impl Rounds {
    fn read(cursor: Option<&str>) -> Result<Rounds> {
        let Some(text) = cursor else {
            return Ok(Rounds { round: 1, page: 1 });
        };
        text.split_once(':')
            .and_then(|(round, page)| {
                Some(Rounds {
                    round: round.parse().ok()?,
                    page: page.parse().ok()?,
                })
            })
            .ok_or_else(|| Error::local(format!("`{text}` is not a cursor of users")))
    }

    fn next(&self, done: bool) -> String {
        if done {
            format!("{}:1", self.round + 1)
        } else {
            format!("{}:{}", self.round, self.page + 1)
        }
    }
}

/// `<since>|<begun>|<last id>`: by number within one pass; the next pass takes
/// what changed since this one began.
struct TicketCursor {
    since: Option<Date>,
    begun: Date,
    last: u64,
}

impl TicketCursor {
    fn read(cursor: Option<&str>, scope: &Scope) -> Result<TicketCursor> {
        let Some(text) = cursor else {
            return Ok(TicketCursor {
                since: scope.since,
                begun: Date::now(),
                last: 0,
            });
        };
        let parsed = || -> Option<TicketCursor> {
            let mut parts = text.split('|');
            let since = parts.next()?;
            let begun = parts.next()?;
            let last = parts.next()?.parse().ok()?;
            Some(TicketCursor {
                since: if since.is_empty() {
                    None
                } else {
                    Some(since.parse().ok()?)
                },
                begun: if begun.is_empty() {
                    Date::now()
                } else {
                    begun.parse().ok()?
                },
                last,
            })
        };
        parsed().ok_or_else(|| Error::local(format!("`{text}` is not a cursor of tickets")))
    }

    fn after(&self, last: u64) -> String {
        let since = self.since.map(|date| date.to_string()).unwrap_or_default();
        format!("{since}|{}|{last}", self.begun)
    }

    fn again(&self) -> String {
        format!("{}||0", self.begun)
    }
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
                        let own = [normalize::MARKER_FIELD, normalize::OWNER_FIELD];
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
        messages(&self.desk, &self.mapping, &conversation.id).await
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

/// The history of a ticket as records; the sink reads back with it too.
pub async fn messages(desk: &Desk, mapping: &PlatformMapping, id: &str) -> Result<Page> {
    let mut page = Page {
        done: true,
        ..Page::default()
    };
    let api = desk.http.base_url().to_owned();
    let path = format!("/ticket/{}", segment(id));
    let history: Vec<Transaction> = desk
        .all(&format!("{path}/history?{HISTORY}"), &mut page.raw)
        .await?;
    let nodes: Vec<Node> = desk
        .all(&format!("{path}/attachments?{NODES}"), &mut page.raw)
        .await?;
    for transaction in &history {
        match normalize::time(transaction, id) {
            Ok(entry) => page.records.extend(entry.map(Record::TimeEntry)),
            Err(reason) => page.problems.push(Unreadable {
                key: Key::new(Kind::TimeEntry, &transaction.id.0),
                reason,
                original: Vec::new(),
            }),
        }
        if !transaction.is_message() {
            continue;
        }
        let mut tree: Vec<Node> = nodes
            .iter()
            .filter(|node| node.transaction_id == transaction.id)
            .cloned()
            .collect();
        // Parents are made before their parts, so that numbers are the order of the tree.
        tree.sort_by_key(|node| node.id.number());
        match said(desk, mapping, id, transaction, &tree, &api).await {
            Ok(said) => {
                page.records.push(Record::Message(said.message));
                page.records
                    .extend(said.files.into_iter().map(Record::Attachment));
            }
            Err(error) => unreadable_or(error, Kind::Message, &transaction.id.0, &mut page)?,
        }
    }
    Ok(page)
}

async fn said(
    desk: &Desk,
    mapping: &PlatformMapping,
    id: &str,
    transaction: &Transaction,
    tree: &[Node],
    api: &str,
) -> Result<normalize::Said> {
    let mut said =
        normalize::message(transaction, id, tree, mapping, api).map_err(Error::protocol)?;
    let found = bodies(tree);
    said.message.html = body(desk, found.html).await?;
    said.message.text = body(desk, found.text).await?;
    // An image named by the text is part of it, however it is labelled.
    let used = said
        .message
        .html
        .as_deref()
        .map(crate::connector::text::image_sources)
        .unwrap_or_default();
    for file in &mut said.files {
        let named = file.content_id.as_ref().is_some_and(|cid| {
            used.iter()
                .any(|source| source.strip_prefix("cid:") == Some(cid))
        });
        file.inline = named;
    }
    Ok(said)
}

async fn body(desk: &Desk, node: Option<&Node>) -> Result<Option<String>> {
    let Some(node) = node else { return Ok(None) };
    if node.content_length.0 == "0" {
        return Ok(None);
    }
    let bytes = desk.content(&node.id.0).await?;
    // RT stores bodies as UTF-8 whatever they came as.
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| Error::protocol(format!("the text of attachment {} is not UTF-8", node.id.0)))
}
