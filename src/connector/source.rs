//! The reading side of a connector.

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize, Serializer};

use super::{Capability, CheckItem, Detail, Result};
use crate::schema::{Attachment, Conversation, Key, Kind, Record};

/// Where a stream stands: opaque text of the connector, kept in the ledger.
pub type Cursor = String;

/// A series of pages that a source can give, in the platform's own cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Name in the ledger, in progress and in problems: `tickets`.
    pub name: &'static str,
    /// The kinds its pages can hold.
    pub yields: &'static [Kind],
}

/// One page of a stream.
#[derive(Debug, Default)]
pub struct Page {
    /// What could be read. A record may come again, on this page or another:
    /// the last one counts.
    pub records: Vec<Record>,
    /// Records that are gone on the desk.
    pub gone: Vec<Key>,
    /// What could not be read, one entry a record; the run goes on.
    pub problems: Vec<Unreadable>,
    /// The answers as the desk sent them, for the archive and for replays.
    pub raw: Vec<RawPage>,
    /// Where the next page starts. Stored with the records, also when `done`,
    /// so that a later run goes on from there. Empty keeps the cursor as it is.
    pub next: Option<Cursor>,
    /// There is nothing more for now.
    pub done: bool,
    /// How many records the whole stream will hold, where the desk says so.
    pub total: Option<u64>,
}

/// An answer as the desk sent it.
#[derive(Debug, Clone)]
pub struct RawPage {
    /// Path and query without the host, with secrets removed.
    pub path: String,
    /// Body.
    pub body: bytes::Bytes,
}

/// A record that could not be read.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Kind and id, as far as known (`?` for an unknown id).
    pub key: Key,
    /// What is wrong with it, naming the field.
    pub reason: String,
    /// The original.
    pub original: Vec<u8>,
}

/// How a source gives the messages of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagesBy {
    /// A stream yields them. [`Source::messages_of`] is asked only for
    /// conversations whose declared count was not reached.
    Stream,
    /// [`Source::messages_of`] is asked for every conversation.
    Conversation,
}

/// What the source desk holds, without a full pull.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// Records by kind; `None` where the desk gives no count.
    pub counts: Vec<(Kind, Option<u64>)>,
    /// Remarks: what is not counted, what the plan of the account hides.
    pub notes: Vec<String>,
}

/// The bytes of an attachment.
pub struct Blob {
    /// As the server says.
    pub size: Option<u64>,
    /// As the server says.
    pub mime: Option<String>,
    /// The bytes, in pieces.
    pub bytes: BoxStream<'static, Result<bytes::Bytes>>,
}

/// What becomes of the history of conversations: who changed which field when.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// It is not read.
    #[default]
    Off,
    /// It is told in an internal note of each ticket, and what is changed later in further ones.
    Notes,
}

/// Something that a source does not read although the desk has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRead {
    /// What, by the names of [`field`](super::field) or of kinds.
    pub what: String,
    /// How many, where the desk says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why, and how it would be read.
    pub detail: Detail,
}

impl NotRead {
    /// For JSON that others read.
    pub fn as_english<S: Serializer>(
        list: &[NotRead],
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|one| NotRead {
            detail: Detail::Plain(one.detail.to_string()),
            ..one.clone()
        }))
    }
}

/// Limits what is read, as far as the platform can filter; the engine filters again.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only conversations changed since then.
    pub since: Option<crate::schema::Date>,
    /// Kinds to read.
    pub kinds: Vec<Kind>,
}

impl Scope {
    /// Whether this kind is wanted.
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Reads one desk. Implementations keep no progress: the cursor is all there is.
#[async_trait]
pub trait Source: Send + Sync {
    /// What can be read.
    fn capabilities(&self) -> &'static [Capability];

    /// Credentials, permissions, plan limits: one item each, good or bad.
    /// Fails only when nothing could be found out.
    async fn check(&self) -> Result<Vec<CheckItem>>;

    /// Counts without a full pull.
    async fn inventory(&self) -> Result<Inventory>;

    /// What the desk has and is not read, by the options that are set.
    async fn not_read(&self) -> Result<Vec<NotRead>> {
        Ok(Vec::new())
    }

    /// The streams to pull for this scope. They may be pulled side by side.
    fn streams(&self, scope: &Scope) -> Vec<Stream>;

    /// One page of a stream. `cursor` is what the page before returned as
    /// `next`, in this run or an earlier one; `None` starts from the beginning.
    ///
    /// Must be repeatable: the same cursor gives the same records or newer ones.
    async fn pull(&self, stream: Stream, cursor: Option<&str>, scope: &Scope) -> Result<Page>;

    /// How messages are read.
    fn messages_by(&self) -> MessagesBy;

    /// All messages (with attachments, ratings and time entries, as far as the
    /// platform keeps them there) of one conversation. `done` and `next` of the
    /// page are not used.
    async fn messages_of(&self, conversation: &Conversation) -> Result<Page>;

    /// The files of a conversation or article as the desk tells of them now:
    /// their addresses may have expired since they were read. Ids are the same
    /// as before; what is not there any more is left out.
    async fn files_again(&self, owner: &Record) -> Result<Vec<Attachment>> {
        let Record::Conversation(conversation) = owner else {
            return Ok(Vec::new());
        };
        let page = self.messages_of(conversation).await?;
        let files = page.records.into_iter().filter_map(|record| match record {
            Record::Attachment(attachment) => Some(attachment),
            _ => None,
        });
        Ok(files.collect())
    }

    /// The bytes of an attachment. Credentials go to the desk's own host only.
    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Blob>;
}
