//! Reading a Freshdesk account.

mod archive;
mod lists;
mod solutions;
pub(super) mod tickets;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::client::{Desk, optional};
use super::config::{Archived, Config};
use super::normalize::{ARCHIVED, Names, Normalizer};
use super::{CAPABILITIES, check, limits, wire};
use crate::connector::{
    Blob, Capability, CheckItem, Cursor, Error, ErrorKind, Inventory, MessagesBy, Page, Result,
    Scope, Setup, Source, Stream, Unreadable,
};
use crate::mapping::PlatformMapping;
use crate::schema::{Attachment, Conversation, Key, Kind, Record};

/// A Freshdesk account to read.
pub struct Freshdesk {
    desk: Desk,
    config: Config,
    mapping: Arc<PlatformMapping>,
    names: OnceCell<Names>,
    languages: OnceCell<Vec<String>>,
    roles: OnceCell<BTreeMap<u64, String>>,
}

impl Freshdesk {
    /// Opens the account. No request.
    pub fn open(setup: Setup) -> Result<Freshdesk> {
        let config = Config::parse(&setup.options)?;
        Ok(Freshdesk {
            desk: Desk::open(&config, &setup.http)?,
            config,
            mapping: setup.mapping,
            names: OnceCell::new(),
            languages: OnceCell::new(),
            roles: OnceCell::new(),
        })
    }

    async fn normalizer(&self) -> Result<Normalizer<'_>> {
        Ok(Normalizer {
            base: self.desk.base(),
            mapping: &self.mapping,
            names: self.names.get_or_try_init(|| names(&self.desk)).await?,
        })
    }

    async fn languages(&self) -> Result<&[String]> {
        let list = self
            .languages
            .get_or_try_init(|| self.desk.languages())
            .await?;
        Ok(list)
    }
}

/// What the fields tell. A key that may not see them leaves the codes.
pub async fn names(desk: &Desk) -> Result<Names> {
    match desk.get("/ticket_fields").json::<Vec<wire::Field>>().await {
        Ok(fields) => Ok(Names::of(&fields)),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
            Ok(Names::default())
        }
        Err(error) => Err(error),
    }
}

const COMPANIES: Stream = stream("companies", &[Kind::Organization]);
const GROUPS: Stream = stream("groups", &[Kind::Group]);
const AGENTS: Stream = stream("agents", &[Kind::Agent]);
const PRODUCTS: Stream = stream("products", &[Kind::Brand]);
const FIELDS: Stream = stream("fields", &[Kind::Field]);
const FORMS: Stream = stream("forms", &[Kind::Form]);
const CONTACTS: Stream = stream("contacts", &[Kind::Contact]);
const TICKETS: Stream = stream("tickets", &[Kind::Conversation]);
const SPAM: Stream = stream("spam", &[Kind::Conversation]);
const DELETED: Stream = stream("deleted", &[Kind::Conversation]);
const ARCHIVE: Stream = stream("archived", &[Kind::Conversation]);
const RATINGS: Stream = stream("ratings", &[Kind::Rating]);
const TIME: Stream = stream("time_entries", &[Kind::TimeEntry]);
const SOLUTIONS: Stream = stream(
    "solutions",
    &[Kind::Category, Kind::Article, Kind::Attachment],
);
const RESPONSES: Stream = stream("canned_responses", &[Kind::Macro]);

const STREAMS: [Stream; 15] = [
    COMPANIES, GROUPS, AGENTS, PRODUCTS, FIELDS, FORMS, CONTACTS, TICKETS, SPAM, DELETED, ARCHIVE,
    RATINGS, TIME, SOLUTIONS, RESPONSES,
];

const fn stream(name: &'static str, yields: &'static [Kind]) -> Stream {
    Stream { name, yields }
}

#[async_trait]
impl Source for Freshdesk {
    fn capabilities(&self) -> &'static [Capability] {
        CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let mut items = check::key(&self.desk, "read").await?;
        items.push(match self.config.archived {
            Archived::Probe => {
                CheckItem::ok("archived tickets are looked for, one call an id that no list shows")
            }
            Archived::Skip => CheckItem::warning(
                "archived tickets stay behind",
                "set archived = \"probe\" to read tickets that were closed for more than 120 days",
            ),
        });
        Ok(items)
    }

    async fn inventory(&self) -> Result<Inventory> {
        lists::inventory(&self.desk).await
    }

    fn streams(&self, scope: &Scope) -> Vec<Stream> {
        let wanted = |stream: &Stream| {
            let part_of_wanted = stream.yields.iter().any(|kind| scope.wants(*kind));
            part_of_wanted
                && (stream.name != ARCHIVE.name || self.config.archived == Archived::Probe)
        };
        STREAMS.into_iter().filter(wanted).collect()
    }

    async fn pull(&self, stream: Stream, cursor: Option<&str>, scope: &Scope) -> Result<Page> {
        let page = match stream.name {
            "companies" => self.companies(read(cursor)?).await,
            "groups" => self.groups(read(cursor)?).await,
            "agents" => self.agents(read(cursor)?).await,
            "products" => self.products().await,
            "fields" => self.fields().await,
            "forms" => self.forms().await,
            "contacts" => self.contacts(read(cursor)?).await,
            "tickets" => self.tickets(None, read(cursor)?, scope).await,
            "spam" => self.tickets(Some("spam"), read(cursor)?, scope).await,
            "deleted" => self.tickets(Some("deleted"), read(cursor)?, scope).await,
            "archived" => self.archive(read(cursor)?).await,
            "ratings" => self.ratings(read(cursor)?).await,
            "time_entries" => self.time_entries(read(cursor)?).await,
            "solutions" => self.solutions(read(cursor)?).await,
            "canned_responses" => self.responses(read(cursor)?).await,
            name => Err(Error::config(format!("Freshdesk has no stream `{name}`"))),
        };
        let mut page = page?;
        // A finished stream begins anew from the cursor it had: nothing to store.
        if page.done && page.next.as_deref() == cursor {
            page.next = None;
        }
        Ok(page)
    }

    fn messages_by(&self) -> MessagesBy {
        MessagesBy::Conversation
    }

    async fn messages_of(&self, conversation: &Conversation) -> Result<Page> {
        self.messages(conversation).await
    }

    async fn files_again(&self, owner: &Record) -> Result<Vec<Attachment>> {
        match owner {
            Record::Conversation(conversation) => {
                let page = self.messages(conversation).await?;
                let files = page.records.into_iter().filter_map(|record| match record {
                    Record::Attachment(attachment) => Some(attachment),
                    _ => None,
                });
                Ok(files.collect())
            }
            Record::Article(article) => self.files_of(article).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Blob> {
        self.desk.file(attachment).await
    }
}

/// Reads the ticket of a conversation with everything that is said in it.
pub struct Thread {
    /// The ticket.
    pub ticket: wire::Ticket,
    /// Its replies and notes, oldest first.
    pub conversations: Vec<wire::Conversation>,
    /// What could not be read.
    pub problems: Vec<Unreadable>,
    /// The answers.
    pub raw: Vec<crate::connector::RawPage>,
}

/// A ticket with its conversations, live or archived; `None` when it is gone.
pub async fn thread(desk: &Desk, id: &str, archived: bool) -> Result<Option<Thread>> {
    let places = if archived {
        ["/tickets/archived", "/tickets"]
    } else {
        ["/tickets", "/tickets/archived"]
    };
    for place in places {
        let call = desk.get(&format!("{place}/{id}"));
        let call = if place == "/tickets" {
            call.query(&[("include", "stats")])
        } else {
            call
        };
        let Some(answer) = optional(call.send().await)? else {
            continue;
        };
        let mut thread = Thread {
            ticket: answer.json()?,
            conversations: Vec::new(),
            problems: Vec::new(),
            raw: vec![crate::connector::RawPage {
                path: answer.path,
                body: answer.body,
            }],
        };
        for number in 1..=limits::MAX_PAGES {
            let call = desk
                .get(&format!("{place}/{id}/conversations"))
                .query(&[("per_page", limits::PAGE), ("page", number)]);
            let rows = desk.page::<wire::Conversation>(call, Kind::Message).await?;
            let more = rows.more && !(rows.rows.is_empty() && rows.problems.is_empty());
            thread.conversations.extend(rows.rows);
            thread.problems.extend(rows.problems);
            thread.raw.push(rows.raw);
            if !more {
                break;
            }
        }
        thread.conversations.sort_by_key(|c| (c.created_at, c.id));
        return Ok(Some(thread));
    }
    Ok(None)
}

impl Freshdesk {
    async fn messages(&self, conversation: &Conversation) -> Result<Page> {
        let archived = conversation.extra.contains_key(ARCHIVED);
        let key = Key::new(Kind::Conversation, &conversation.id);
        let Some(thread) = thread(&self.desk, &conversation.id, archived).await? else {
            return Err(Error::new(ErrorKind::NotFound, "the ticket is no longer there").at(key));
        };
        let (messages, files) = self
            .normalizer()
            .await?
            .messages(&thread.ticket, &thread.conversations)?;
        let mut records: Vec<Record> = messages.into_iter().map(Record::Message).collect();
        records.extend(files.into_iter().map(Record::Attachment));
        Ok(Page {
            records,
            problems: thread.problems,
            raw: thread.raw,
            done: true,
            ..Page::default()
        })
    }
}

/// Reads a cursor; `None` stays `None`.
fn read<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>> {
    cursor
        .map(|text| {
            serde_json::from_str(text).map_err(|cause| {
                Error::local(format!(
                    "the ledger's cursor `{text}` is not one of Freshdesk's: {cause}"
                ))
            })
        })
        .transpose()
}

/// Writes a cursor.
fn write<T: Serialize>(cursor: &T) -> Result<Option<Cursor>> {
    serde_json::to_string(cursor)
        .map(Some)
        .map_err(|cause| Error::local(format!("a cursor could not be written: {cause}")))
}

/// Where a list without an order by date stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// Which of the list's passes.
    #[serde(default)]
    pass: usize,
    /// Next page, from 1.
    page: u32,
    /// Only what changed since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<crate::schema::Date>,
    /// When this run through the list began: where the next one starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<crate::schema::Date>,
}

impl Default for Numbered {
    fn default() -> Self {
        Numbered {
            pass: 0,
            page: 1,
            since: None,
            began: None,
        }
    }
}
