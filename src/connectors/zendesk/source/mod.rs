//! Reads a Zendesk account.

mod chat;
mod chat_lines;
mod comments;
mod help_center;
mod history;
mod people;
mod queue;
mod side;
mod structure;
mod surveys;
mod tickets;
mod transcripts;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::OnceCell;

use super::client::open;
use super::config::{Comments, Config, Suspended};
use super::limits;
use super::wire::{self, List, Row};
use crate::connector::{
    Blob, Capability, CheckItem, Cursor, Error, ErrorKind, Inventory, MessagesBy, NotRead, Page,
    RawPage, Result, Scope, Setup, Source, Stream, Unreadable, detail, field,
};
use crate::http::{Answer, Call, Client};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{Attachment, Channel, Conversation, Date, Key, Kind};

pub(super) use comments::comment;
pub(super) use help_center::{article, article_file, category, section, segments_by_id};
pub(super) use people::{agent, contact, group, organization};
pub(super) use structure::{brand, field_type, form, organization_field, ticket_field, user_field};
pub(super) use tickets::ticket;

/// What normalizing needs besides the rows; shared with the sink's reading back.
pub struct Desk {
    /// The account.
    pub client: Client,
    /// Zendesk's values.
    pub mapping: Arc<PlatformMapping>,
    /// `https://acme.zendesk.com`, whatever address the account is reached by.
    pub public: String,
}

impl Desk {
    /// Opens the account with at least this scope.
    pub fn new(config: &Config, scope: &str, setup: &Setup) -> Result<Desk> {
        Ok(Desk {
            client: open(config, scope, &setup.http)?,
            mapping: Arc::clone(&setup.mapping),
            public: format!("https://{}.zendesk.com", config.subdomain),
        })
    }

    /// The channel that Zendesk's word stands for; the word itself when it is not known.
    fn channel(&self, via: Option<&wire::Via>) -> (Channel, Option<String>) {
        let Some(word) = via.and_then(|via| via.channel.as_deref()) else {
            return (Channel::Other, None);
        };
        match self
            .mapping
            .read(Table::Channel, word)
            .and_then(Channel::parse)
        {
            Some(channel) => (channel, None),
            None => (Channel::Other, Some(word.to_owned())),
        }
    }

    /// Whether what is said on a comment's channel may stand beside the
    /// comments: chats and all that messaging connects, so also channels that
    /// are not known. Posts, tweets and mails are comments.
    fn is_messaging(&self, via: Option<&wire::Via>) -> bool {
        let word = via.and_then(|via| via.channel.as_deref());
        match self.channel(via) {
            (
                Channel::Chat
                | Channel::InApp
                | Channel::Whatsapp
                | Channel::Instagram
                | Channel::Telegram
                | Channel::Line,
                _,
            ) => true,
            (_, Some(_)) => true,
            _ => matches!(
                word,
                Some("messenger" | "facebook_message" | "twitter_dm" | "wechat")
            ),
        }
    }

    /// Where to fetch a file of the account from: the same path at the address
    /// that the account is reached by, when the file is the account's own.
    fn address(&self, url: &str) -> String {
        match url.strip_prefix(&self.public) {
            Some(path) if path.starts_with('/') => format!("{}{path}", self.client.base_url()),
            _ => url.to_owned(),
        }
    }

    /// The bytes of a file.
    pub async fn file(&self, attachment: &Attachment) -> Result<Blob> {
        let Some(url) = &attachment.url else {
            return Err(Error::new(
                ErrorKind::NotFound,
                "Zendesk gives no address for this file",
            ));
        };
        self.client
            .get(&self.address(url))
            .budget(limits::CONTENT)
            .download()
            .await
    }

    /// Whether an image stands on the account's hosts.
    fn own_image(&self, url: &str) -> bool {
        if url.starts_with("cid:") || (url.starts_with('/') && !url.starts_with("//")) {
            return true;
        }
        let Ok(parsed) = url::Url::parse(url) else {
            return false;
        };
        let host = parsed.host_str().unwrap_or_default();
        let own = url::Url::parse(self.client.base_url())
            .is_ok_and(|base| base.origin() == parsed.origin());
        own || host.ends_with(".zendesk.com") || host.ends_with(".zdusercontent.com")
    }
}

/// One account as a source. The caches hold what every page of a run needs.
pub struct ZendeskSource {
    desk: Desk,
    config: Config,
    start: Option<Date>,
    statuses: OnceCell<HashMap<String, String>>,
    group_members: OnceCell<GroupMembers>,
    memberships: OnceCell<HashMap<String, Vec<String>>>,
    segments: OnceCell<help_center::Segments>,
    locales: OnceCell<Vec<String>>,
}

/// Group memberships, both ways.
#[derive(Default)]
struct GroupMembers {
    by_group: HashMap<String, Vec<String>>,
    by_user: HashMap<String, Vec<String>>,
}

/// Opens the source.
pub fn connect(setup: Setup) -> Result<Arc<dyn Source>> {
    let config = Config::parse(&setup.options)?;
    Ok(Arc::new(ZendeskSource {
        desk: Desk::new(&config, "read", &setup)?,
        start: config.start()?,
        config,
        statuses: OnceCell::new(),
        group_members: OnceCell::new(),
        memberships: OnceCell::new(),
        segments: OnceCell::new(),
        locales: OnceCell::new(),
    }))
}

/// Where a stream stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct At {
    /// How often the stream was read to its end: lists begin anew each time,
    /// and a cursor never repeats.
    #[serde(skip_serializing_if = "is_zero")]
    round: u64,
    /// Zendesk's cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Unix seconds: where a time based export goes on, or what a list that
    /// was read to its end shows from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
    /// Unix seconds at which this round began.
    #[serde(skip_serializing_if = "Option::is_none")]
    began: Option<i64>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl At {
    fn read(cursor: Option<&str>) -> Result<At> {
        match cursor {
            None => Ok(At::default()),
            Some(text) => serde_json::from_str(text).map_err(|cause| {
                Error::local(format!("the stored cursor `{text}` cannot be read")).caused_by(cause)
            }),
        }
    }

    fn text(&self) -> Cursor {
        // A struct of plain values always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The next page of the same round.
    fn after(&self, after: String) -> Cursor {
        At {
            after: Some(after),
            ..self.clone()
        }
        .text()
    }

    /// The beginning of the next round, which shows what changed since this
    /// one began where the list can be asked so.
    fn again(&self) -> Cursor {
        At {
            round: self.round + 1,
            time: self.began.map(|began| began - limits::OVERLAP),
            ..At::default()
        }
        .text()
    }
}

/// Where a time based export goes on after a page. Rows of the boundary second
/// come again on the next page; they are the same records. It has ended at
/// `end_of_stream`, or, where an account does not say so, at a page that is
/// not full.
fn by_time<T, S>(page: &mut Page, at: &At, start: i64, rows: u64, list: &List<T, S>, kind: Kind) {
    page.done = list
        .end_of_stream
        .unwrap_or(list.count.unwrap_or(rows) < u64::from(limits::EXPORT_PAGE));
    let mut end = list.end_time.unwrap_or(start);
    if !page.done && end <= start {
        // More changes in one second than a page holds: this second cannot be
        // read further, and asking again would never end.
        end = start + 1;
        page.problems.push(Unreadable {
            key: Key::new(kind, "?"),
            reason: format!(
                "more than a page of {} changed in the second {start}; those beyond it are read when they change again",
                kind.plural()
            ),
            original: Vec::new(),
        });
    }
    if at.time != Some(end) {
        page.next = Some(
            At {
                time: Some(end),
                ..at.clone()
            }
            .text(),
        );
    }
}

const fn stream(name: &'static str, yields: &'static [Kind]) -> Stream {
    Stream { name, yields }
}

static STREAMS: [Stream; 17] = [
    stream("organizations", &[Kind::Organization]),
    stream("groups", &[Kind::Group]),
    stream("users", &[Kind::Contact, Kind::Agent]),
    stream("brands", &[Kind::Brand]),
    stream("ticket_fields", &[Kind::Field]),
    stream("user_fields", &[Kind::Field]),
    stream("organization_fields", &[Kind::Field]),
    stream("ticket_forms", &[Kind::Form]),
    stream("macros", &[Kind::Macro]),
    stream("tickets", &[Kind::Conversation]),
    stream("comments", &[Kind::Message, Kind::Attachment]),
    stream(
        "suspended_tickets",
        &[
            Kind::Conversation,
            Kind::Contact,
            Kind::Message,
            Kind::Attachment,
        ],
    ),
    stream("satisfaction_ratings", &[Kind::Rating]),
    stream("survey_responses", &[Kind::Rating]),
    stream("categories", &[Kind::Category]),
    stream("sections", &[Kind::Category]),
    stream("articles", &[Kind::Article, Kind::Attachment]),
];

impl ZendeskSource {
    fn call(&self, path: &str) -> Call {
        self.desk.client.get(path)
    }

    /// One page of a list that is read anew each round.
    async fn listed<T: Row>(
        &self,
        path: &str,
        budget: &'static str,
        at: &At,
    ) -> Result<(List<T>, Page)> {
        let mut call = self
            .call(path)
            .budget(budget)
            .query(&[("page[size]", limits::PAGE)]);
        if let Some(after) = &at.after {
            call = call.query(&[("page[after]", after)]);
        }
        let answer = call.send().await?;
        let mut list: List<T> = wire::list(&answer)?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        go_on(&mut page, &self.begun(at), list.next());
        Ok((list, page))
    }

    /// All rows of a list, for look-up tables. Rows that cannot be read are left out.
    async fn all<T: Row>(&self, path: &str, budget: &'static str) -> Result<Vec<T>> {
        all(&self.desk.client, path, budget).await
    }

    /// A position with the time at which its round began. Asked for when the
    /// first page is there: before that nobody may have told the time.
    fn begun(&self, at: &At) -> At {
        At {
            began: at.began.or(Some(self.desk.client.time().as_second())),
            ..at.clone()
        }
    }

    fn start_unix(&self, scope: &Scope) -> i64 {
        let start = scope
            .since
            .or(self.start)
            .map_or(0, |date| date.as_second());
        start.clamp(0, self.latest_start())
    }

    /// The latest start time that an export accepts.
    fn latest_start(&self) -> i64 {
        self.desk.client.time().as_second() - limits::EXPORT_LAG
    }
}

/// All rows of a cursor-paged list.
pub(super) async fn all<T: Row>(
    client: &Client,
    path: &str,
    budget: &'static str,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..limits::MAX_PAGES {
        let mut call = client
            .get(path)
            .budget(budget)
            .query(&[("page[size]", limits::PAGE)]);
        if let Some(after) = &after {
            call = call.query(&[("page[after]", after)]);
        }
        let mut list: List<T> = wire::list(&call.send().await?)?;
        rows.append(&mut list.rows);
        let next = list.next();
        if next.is_none() {
            return Ok(rows);
        }
        if next == after {
            return Err(Error::protocol(format!("{path} repeats its cursor")));
        }
        after = next;
    }
    Err(Error::protocol(format!("{path} does not end")))
}

/// A page that keeps the answer as it came.
fn start_page(answer: &Answer) -> Page {
    Page {
        raw: vec![RawPage {
            path: answer.path.clone(),
            body: answer.body.clone(),
        }],
        ..Page::default()
    }
}

fn go_on(page: &mut Page, at: &At, next: Option<String>) {
    match next {
        Some(after) => page.next = Some(at.after(after)),
        None => {
            page.next = Some(at.again());
            page.done = true;
        }
    }
}

/// What the account does not have (403 of a plan, 404 of a switched-off product) is nothing.
fn absent(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden)
}

#[async_trait]
impl Source for ZendeskSource {
    fn capabilities(&self) -> &'static [Capability] {
        &super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let mut found = super::check::common(&self.desk.client, &self.config, true).await?;
        if let Some(left) = self.suspended_left().await?
            && let Some(count) = left.count
        {
            found.push(CheckItem::warning(
                format!("{count} suspended tickets are not moved"),
                left.detail.to_string(),
            ));
        }
        Ok(found)
    }

    async fn inventory(&self) -> Result<Inventory> {
        let mut found = Inventory::default();
        for (kind, path) in [
            (Kind::Organization, "/api/v2/organizations/count"),
            (Kind::Group, "/api/v2/groups/count"),
            (Kind::Contact, "/api/v2/users/count?role=end-user"),
            (Kind::Agent, "/api/v2/users/count?role[]=agent&role[]=admin"),
            (Kind::Conversation, "/api/v2/tickets/count"),
            (Kind::Rating, "/api/v2/satisfaction_ratings/count"),
        ] {
            let count = match self.call(path).json::<Value>().await {
                Ok(answer) => answer.pointer("/count/value").and_then(Value::as_u64),
                Err(error) if absent(&error) => None,
                Err(error) => return Err(error),
            };
            found.counts.push((kind, count));
        }
        for (kind, path) in [
            (Kind::Field, "/api/v2/ticket_fields?per_page=1"),
            (Kind::Macro, "/api/v2/macros?per_page=1"),
            (Kind::Category, "/api/v2/help_center/sections?per_page=1"),
            (Kind::Article, "/api/v2/help_center/articles?per_page=1"),
        ] {
            let count = match self.call(path).json::<Value>().await {
                Ok(answer) => answer.get("count").and_then(Value::as_u64),
                Err(error) if absent(&error) => None,
                Err(error) => return Err(error),
            };
            found.counts.push((kind, count));
        }
        found.counts.push((Kind::Message, None));
        found.notes.push(
            "Zendesk's ticket count is refreshed once a day on large accounts and may leave out archived tickets; the export reads them all".to_owned(),
        );
        found
            .notes
            .push("Zendesk does not count comments".to_owned());
        Ok(found)
    }

    async fn not_read(&self) -> Result<Vec<NotRead>> {
        let mut left = Vec::new();
        if !self.keeps_history() {
            left.push(NotRead {
                what: field::HISTORY.to_owned(),
                count: None,
                detail: detail!("reason-history-off"),
            });
        }
        left.extend(self.suspended_left().await?);
        Ok(left)
    }

    fn streams(&self, scope: &Scope) -> Vec<Stream> {
        let all: Vec<Kind>;
        let kinds = if scope.kinds.is_empty() {
            all = Kind::ALL.to_vec();
            &all
        } else {
            &scope.kinds
        };
        STREAMS
            .iter()
            .copied()
            .filter(|stream| {
                stream.yields.iter().any(|kind| kinds.contains(kind))
                    && !(stream.name == "comments"
                        && (self.config.comments == Comments::Tickets
                            || !kinds.contains(&Kind::Message)))
                    && (stream.name != "articles" || kinds.contains(&Kind::Article))
                    && (stream.name != "suspended_tickets"
                        || self.config.suspended == Suspended::Tickets
                            && kinds.contains(&Kind::Conversation))
            })
            .collect()
    }

    async fn pull(&self, stream: Stream, cursor: Option<&str>, scope: &Scope) -> Result<Page> {
        let at = At::read(cursor)?;
        match stream.name {
            "organizations" => self.pull_organizations(&at).await,
            "groups" => self.pull_groups(&at).await,
            "users" => self.pull_users(&at).await,
            "brands" => self.pull_brands(&at).await,
            "ticket_fields" => self.pull_ticket_fields(&at).await,
            "user_fields" => self.pull_user_fields(&at).await,
            "organization_fields" => self.pull_organization_fields(&at).await,
            "ticket_forms" => self.pull_forms(&at).await,
            "macros" => self.pull_macros(&at).await,
            "tickets" => self.pull_tickets(&at, scope).await,
            "comments" => self.pull_comments(&at, scope).await,
            "suspended_tickets" => self.pull_suspended(&at).await,
            "satisfaction_ratings" => self.pull_ratings(&at).await,
            "survey_responses" => self.pull_surveys(&at).await,
            "categories" => self.pull_categories(&at).await,
            "sections" => self.pull_sections(&at).await,
            "articles" => self.pull_articles(&at).await,
            other => Err(Error::local(format!("Zendesk has no stream `{other}`"))),
        }
    }

    fn messages_by(&self) -> MessagesBy {
        match self.config.comments {
            Comments::Auto | Comments::Events => MessagesBy::Stream,
            Comments::Tickets => MessagesBy::Conversation,
        }
    }

    async fn messages_of(&self, conversation: &Conversation) -> Result<Page> {
        let id = conversation.id.as_str();
        if queue::is_suspended(id) {
            return self.suspended_again(id).await;
        }
        let mut transcripts = BTreeSet::new();
        let mut page = self.comments_of(id, &mut transcripts).await?;
        // Where the stream leaves a ticket out, it leaves all of it out.
        if page.gone.is_empty() {
            let chats = self.beside_comments(id, &mut page).await?;
            transcripts::drop_repeated(&mut page.records, &transcripts, &chats.lines);
        }
        Ok(page)
    }

    /// Addresses of files stay as they are here: only where they redirect to
    /// expires, and that is asked for each time.
    async fn files_again(&self, _: &crate::schema::Record) -> Result<Vec<Attachment>> {
        Ok(Vec::new())
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Blob> {
        self.desk.file(attachment).await
    }
}

/// Custom field values without those that are not set.
fn fields(values: impl Iterator<Item = (String, Value)>) -> BTreeMap<String, Value> {
    values
        .filter(|(_, value)| match value {
            Value::Null => false,
            Value::Array(list) => !list.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        })
        .collect()
}

fn sorted(mut tags: Vec<String>) -> Vec<String> {
    tags.sort_unstable();
    tags.dedup();
    tags
}

fn texts(ids: Option<Vec<wire::Id>>) -> Vec<String> {
    ids.unwrap_or_default().into_iter().map(|id| id.0).collect()
}

fn text(id: Option<wire::Id>) -> Option<String> {
    id.map(|id| id.0)
}
