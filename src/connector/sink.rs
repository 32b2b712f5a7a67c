//! The writing side of a connector.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::{Capability, CheckItem, Error, Result};
use crate::http::{Limit, Rehearsed};
use crate::schema::{
    Agent, Article, Attachment, Brand, Category, Contact, Conversation, Date, Field, Form, Group,
    Key, Kind, Macro, Message, Organization, Rating, Record, TimeEntry,
};

/// One thing to write, after mapping: ids inside the records are still the
/// source's; [`Item::refs`] says what they are on the target.
#[derive(Debug, Clone)]
pub struct Item {
    /// The record and what is written together with it.
    pub body: Body,
    /// Target ids of every record that `body` refers to and that has one.
    pub refs: Refs,
    /// The target record to change; `None` creates one. See [`Body`] for what
    /// a change may touch.
    pub existing: Option<String>,
    /// Which values an update writes; what is not among them stays as the
    /// target has it. Without meaning for what is created.
    pub changed: Changed,
    /// Addresses in an article's texts that were, or are to be, replaced, and
    /// by what. An update that changes [`field::ARTICLE_LINKS`] alone replaces
    /// them in the texts as the target has them by then.
    pub links: Vec<(String, String)>,
    /// The state of the ledger that the item was made from. For the engine.
    pub as_of: i64,
    /// Stable text, unique to this source record in this migration:
    /// `zendesk:acme:conversation:42`. Sinks store it on the target where the
    /// platform has a place for it, and [`Sink::find`] looks for it.
    pub marker: String,
}

impl Item {
    /// An item that creates a record.
    pub fn new(body: Body, refs: Refs, marker: impl Into<String>) -> Self {
        Item {
            body,
            refs,
            existing: None,
            changed: Changed::everything(),
            links: Vec::new(),
            as_of: i64::MAX,
            marker: marker.into(),
        }
    }

    /// The record that receipts and problems are kept for.
    pub fn key(&self) -> Key {
        match &self.body {
            Body::Organization(r) => Key::new(Kind::Organization, &r.id),
            Body::Group(r) => Key::new(Kind::Group, &r.id),
            Body::Agent(r) => Key::new(Kind::Agent, &r.id),
            Body::Brand(r) => Key::new(Kind::Brand, &r.id),
            Body::Field(r) => Key::new(Kind::Field, &r.id),
            Body::Form(r) => Key::new(Kind::Form, &r.id),
            Body::Contact(r) => Key::new(Kind::Contact, &r.id),
            Body::Conversation(r) => Key::new(Kind::Conversation, &r.conversation.id),
            Body::Message(r) => Key::new(Kind::Message, &r.part.message.id),
            Body::Category(r) => Key::new(Kind::Category, &r.id),
            Body::Article(r) => Key::new(Kind::Article, &r.article.id),
            Body::Macro(r) => Key::new(Kind::Macro, &r.id),
        }
    }
}

/// Which values of a record an update writes, by the names of [`field`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed(Option<BTreeSet<&'static str>>);

impl Changed {
    /// All of them.
    pub fn everything() -> Self {
        Changed(None)
    }

    /// These alone.
    pub fn only(fields: impl IntoIterator<Item = &'static str>) -> Self {
        Changed(Some(fields.into_iter().collect()))
    }

    /// All but these.
    pub fn forget(&mut self, fields: impl Iterator<Item = &'static str>) {
        if let Some(known) = &mut self.0 {
            for field in fields {
                known.remove(field);
            }
        }
    }

    /// Nothing is written.
    pub fn is_nothing(&self) -> bool {
        self.0.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether nothing else is written.
    pub fn is_only(&self, field: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|fields| fields.len() == 1 && fields.contains(field))
    }

    /// Whether this one is written.
    pub fn has(&self, field: &str) -> bool {
        self.0.as_ref().is_none_or(|fields| fields.contains(field))
    }
}

/// What an [`Item`] writes.
///
/// With [`Item::existing`] it changes a record that is there:
///
/// - A conversation changes its properties ([`Item::changed`]: status,
///   priority, assignee, group, tags, subject, fields). Its `messages` are
///   empty and nothing is sent again; `ratings` and `time_entries` are those
///   to be added.
/// - A message is new without `existing`, also for sinks with
///   [`Grain::Whole`], and is written so that nobody is mailed. With
///   `existing` it was edited on the source after it was written: a sink that
///   cannot edit leaves it as it is, adds an internal note whose first line is
///   [`text::edited`](super::text::edited), and declares that.
/// - Everything else is written over what is there.
///
/// Writing the same update twice is harmless, except for messages: those are
/// looked for by [`Sink::find`], as everything that is created.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // each variant is the record of that kind
pub enum Body {
    Organization(Organization),
    Group(Group),
    Agent(Agent),
    Brand(Brand),
    Field(Field),
    Form(Form),
    Contact(Contact),
    Conversation(Box<Bundle>),
    Message(Box<Reply>),
    Category(Category),
    Article(Box<ArticleBundle>),
    Macro(Macro),
}

/// A conversation with what is written in the same step.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The conversation.
    pub conversation: Conversation,
    /// Sinks with [`Grain::Whole`] get every message, oldest first; sinks with
    /// [`Grain::Message`] get the first one, and the others one by one as
    /// [`Body::Message`] afterwards.
    pub messages: Vec<Part>,
    /// Satisfaction ratings.
    pub ratings: Vec<Rating>,
    /// Booked time.
    pub time_entries: Vec<TimeEntry>,
}

/// A message with its files.
#[derive(Debug, Clone)]
pub struct Part {
    /// The message.
    pub message: Message,
    /// Its files, in order.
    pub attachments: Vec<File>,
}

/// A message that is added to a conversation which exists on the target.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The conversation on the source, mapped.
    pub conversation: Conversation,
    /// Its id on the target.
    pub target_id: String,
    /// How many messages of it come before this one.
    pub index: u32,
    /// It is the last one to be written now.
    pub last: bool,
    /// What to add.
    pub part: Part,
}

/// An article with its files.
#[derive(Debug, Clone)]
pub struct ArticleBundle {
    /// The article.
    pub article: Article,
    /// Its files.
    pub attachments: Vec<File>,
}

/// An attachment and its bytes.
#[derive(Debug, Clone)]
pub struct File {
    /// What is known of it.
    pub attachment: Attachment,
    /// Its bytes on this machine; `None` when they could not be had, with the
    /// reason, so that the text can say so.
    pub path: Result<PathBuf, Arc<str>>,
    /// Real size in bytes (0 when there are no bytes).
    pub size: u64,
    /// The file is this part of what is at `path`: from which byte on, `size`
    /// bytes. Only targets with [`TargetDesk::max_attachment`] get parts.
    pub from: Option<u64>,
}

/// Source record → target id.
#[derive(Debug, Clone, Default)]
pub struct Refs {
    ids: HashMap<Key, String>,
    /// People by source id, for whoever has no account on the target: contacts
    /// and agents that messages and conversations name.
    people: HashMap<String, Person>,
}

/// A person that a conversation refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Full name.
    pub name: Option<String>,
    /// Primary address.
    pub email: Option<String>,
    /// Member of the source desk's staff.
    pub agent: bool,
}

impl Refs {
    /// Adds a target id.
    pub fn insert(&mut self, key: Key, target: String) {
        self.ids.insert(key, target);
    }

    /// Adds a person.
    pub fn insert_person(&mut self, source_id: String, person: Person) {
        self.people.insert(source_id, person);
    }

    /// The source records that have one.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.ids.keys()
    }

    /// The target id of this source record.
    pub fn get(&self, kind: Kind, source_id: &str) -> Option<&str> {
        self.ids.get(&Key::new(kind, source_id)).map(String::as_str)
    }

    /// The target id of a person who may be a contact or an agent: contact first.
    pub fn person_id(&self, source_id: &str) -> Option<&str> {
        self.get(Kind::Contact, source_id)
            .or_else(|| self.get(Kind::Agent, source_id))
    }

    /// Name and address of a person.
    pub fn person(&self, source_id: &str) -> Option<&Person> {
        self.people.get(source_id)
    }
}

/// What happened to one [`Item`].
pub type Outcome = Result<Written>;

/// Proof of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Id on the target.
    pub id: String,
    /// Address in the target's web interface.
    pub url: Option<String>,
    /// What was done.
    pub action: WriteAction,
    /// Ids of what was written with it, where the target tells: messages,
    /// attachments, translations.
    pub parts: Vec<(Key, String)>,
    /// What was lost after all, beyond what [`Sink::assess`] declared.
    pub losses: Vec<Loss>,
}

impl Written {
    /// A created record without parts.
    pub fn created(id: impl Into<String>) -> Self {
        Written {
            id: id.into(),
            url: None,
            action: WriteAction::Created,
            parts: Vec::new(),
            losses: Vec::new(),
        }
    }

    /// A record that was there already and is taken as it is.
    pub fn matched(id: impl Into<String>) -> Self {
        Written {
            action: WriteAction::Matched,
            ..Written::created(id)
        }
    }
}

crate::schema::values! {
    /// What a write did.
    WriteAction {
        /// It is new on the target, and ours.
        Created = "created",
        /// It was there before, and was changed.
        Updated = "updated",
        /// It was there before, and stays as it is.
        Matched = "matched",
    }
}

/// Something of a record that the target will not have as it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Loss {
    /// Which field, from [`field`]: verify does not compare what was declared.
    pub field: String,
    /// What becomes of it.
    pub effect: Effect,
    /// The details: which value, where it is kept instead.
    pub detail: String,
    /// The part of the record that it is about: a message's or custom field's
    /// id, a locale, a kind of address. Verify compares the other parts.
    /// `None` is the field as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What stands there instead is known, so that verify compares it all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compared: bool,
}

impl Loss {
    /// A declared loss.
    pub fn new(field: &str, effect: Effect, detail: impl Into<String>) -> Self {
        Loss {
            field: field.to_owned(),
            effect,
            detail: detail.into(),
            part: None,
            compared: false,
        }
    }

    /// Names the one part of the record that it is about.
    #[must_use]
    pub fn of(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// Lets verify compare the field: the item holds what stands there
    /// instead, or what is lost is nothing that verify looks at.
    #[must_use]
    pub fn compared(mut self) -> Self {
        self.compared = true;
        self
    }

    /// Whether verify must not compare this part of a field because of it.
    pub fn hides(&self, field: &str, part: &str) -> bool {
        !self.compared && self.field == field && self.part.as_deref().is_none_or(|own| own == part)
    }
}

crate::schema::values! {
    /// What becomes of a value that the target cannot keep as it was.
    Effect {
        /// It stays in the ledger and the archive only.
        Dropped = "dropped",
        /// It is kept elsewhere on the target: in a note, the text, a custom field, a tag.
        Moved = "moved",
        /// It becomes another value.
        Changed = "changed",
        /// It is cut; the whole is in the ledger.
        Truncated = "truncated",
        /// Levels are merged into one.
        Flattened = "flattened",
    }
}

/// Names of fields that losses and verify's differences speak of.
#[allow(missing_docs)] // the names say it
pub mod field {
    pub const CONVERSATION: &str = "conversation";
    pub const SUBJECT: &str = "conversation.subject";
    pub const STATUS: &str = "conversation.status";
    pub const PRIORITY: &str = "conversation.priority";
    pub const TYPE: &str = "conversation.type";
    pub const CHANNEL: &str = "conversation.channel";
    pub const CREATED_AT: &str = "conversation.created_at";
    pub const UPDATED_AT: &str = "conversation.updated_at";
    pub const SOLVED_AT: &str = "conversation.solved_at";
    pub const CLOSED_AT: &str = "conversation.closed_at";
    pub const DUE_AT: &str = "conversation.due_at";
    pub const REQUESTER: &str = "conversation.requester";
    pub const ASSIGNEE: &str = "conversation.assignee";
    pub const GROUP: &str = "conversation.group";
    pub const ORGANIZATION: &str = "conversation.organization";
    pub const CC: &str = "conversation.cc";
    pub const FOLLOWERS: &str = "conversation.followers";
    pub const TAGS: &str = "conversation.tags";
    pub const CUSTOM_FIELDS: &str = "conversation.custom_fields";
    pub const LINKS: &str = "conversation.links";
    pub const BRAND: &str = "conversation.brand";
    pub const FORM: &str = "conversation.form";
    pub const NUMBER: &str = "conversation.number";
    pub const METRICS: &str = "conversation.metrics";
    pub const RATING: &str = "rating";
    pub const TIME_ENTRY: &str = "time_entry";
    pub const MESSAGE: &str = "message";
    pub const MESSAGE_ORDER: &str = "message.order";
    pub const MESSAGE_AUTHOR: &str = "message.author";
    pub const MESSAGE_SENT_AT: &str = "message.sent_at";
    pub const MESSAGE_VISIBILITY: &str = "message.visibility";
    pub const MESSAGE_CHANNEL: &str = "message.channel";
    pub const MESSAGE_BODY: &str = "message.body";
    pub const MESSAGE_HEADERS: &str = "message.headers";
    pub const MESSAGE_RECIPIENTS: &str = "message.recipients";
    pub const MESSAGE_LINKS: &str = "message.links";
    pub const MESSAGE_CALL: &str = "message.call";
    pub const ATTACHMENT: &str = "attachment";
    pub const ATTACHMENT_NAME: &str = "attachment.name";
    pub const ATTACHMENT_INLINE: &str = "attachment.inline";
    pub const CONTACT: &str = "contact";
    pub const CONTACT_NAME: &str = "contact.name";
    pub const CONTACT_IDENTITIES: &str = "contact.identities";
    pub const CONTACT_ORGANIZATIONS: &str = "contact.organizations";
    pub const CONTACT_DATES: &str = "contact.dates";
    pub const CONTACT_TAGS: &str = "contact.tags";
    pub const CONTACT_LOCALE: &str = "contact.locale";
    pub const CONTACT_NOTES: &str = "contact.notes";
    pub const CONTACT_STATE: &str = "contact.state";
    pub const CONTACT_FIELDS: &str = "contact.custom_fields";
    pub const ORGANIZATION_RECORD: &str = "organization";
    pub const ORGANIZATION_NAME: &str = "organization.name";
    pub const ORGANIZATION_DATES: &str = "organization.dates";
    pub const ORGANIZATION_TAGS: &str = "organization.tags";
    pub const ORGANIZATION_FIELDS: &str = "organization.custom_fields";
    pub const AGENT: &str = "agent";
    pub const GROUP_RECORD: &str = "group";
    pub const GROUP_MEMBERS: &str = "group.members";
    pub const FIELD: &str = "field";
    pub const FORM_RECORD: &str = "form";
    pub const BRAND_RECORD: &str = "brand";
    pub const MACRO: &str = "macro";
    pub const CATEGORY: &str = "category";
    pub const CATEGORY_LEVEL: &str = "category.level";
    pub const ARTICLE: &str = "article";
    pub const ARTICLE_DATES: &str = "article.dates";
    pub const ARTICLE_AUTHOR: &str = "article.author";
    pub const ARTICLE_VOTES: &str = "article.votes";
    pub const ARTICLE_STATE: &str = "article.state";
    pub const ARTICLE_VISIBILITY: &str = "article.visibility";
    pub const ARTICLE_POSITION: &str = "article.position";
    pub const ARTICLE_LABELS: &str = "article.labels";
    pub const ARTICLE_TRANSLATION: &str = "article.translation";
    pub const ARTICLE_LINKS: &str = "article.links";
    pub const EXTRA: &str = "extra";
}

/// What would happen to an item, found out without a request.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// What the target will not have as it was.
    pub losses: Vec<Loss>,
    /// Why it cannot be written at all (the record becomes a problem before
    /// anything is sent), with a hint on what to do.
    pub blocked: Option<(String, String)>,
    /// Why it is left out on purpose: the target has no home for this kind.
    pub skipped: Option<String>,
    /// Requests by budget name of `limits.rs`.
    pub calls: Vec<(&'static str, u32)>,
    /// What it will be on the target, where others that refer to it must know
    /// more than that it is there: a group, a field, a level of the knowledge
    /// base. Its id is made with [`planned_id`]. Previews count with it.
    pub becomes: Option<Record>,
}

/// An id that stands for the one that the target will give: unlike any that
/// desks give, and a number where the source's own id is one.
pub fn planned_id(source_id: &str) -> String {
    format!("-{source_id}")
}

/// What the target desk has: the ends that mappings lead to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TargetDesk {
    /// Name of the desk: a subdomain or host. Part of what a ledger belongs to.
    pub name: String,
    /// Staff, for matching by address.
    pub agents: Vec<Agent>,
    /// Groups, for matching by name.
    pub groups: Vec<Group>,
    /// Custom and system fields, for matching by key or label.
    pub fields: Vec<Field>,
    /// Brands, by name.
    pub brands: Vec<Brand>,
    /// Forms, by name.
    pub forms: Vec<Form>,
    /// Locales of the knowledge base.
    pub locales: Vec<String>,
    /// The account we act as, for what nobody else can be the author of.
    pub me: Option<Agent>,
    /// The largest attachment, in bytes.
    pub max_attachment: Option<u64>,
    /// Agents without a match are written like other records, because they
    /// take no seat there. Not so on a live desk.
    #[serde(default)]
    pub takes_agents: bool,
    /// There are no relations between conversations: internal notes tell them.
    #[serde(default)]
    pub notes_relations: bool,
    /// Images of messages are shown in their place in the text.
    #[serde(default)]
    pub places_images: bool,
    /// Records are kept as they are, also those of files without bytes: texts
    /// do not say which files are missing.
    #[serde(default)]
    pub verbatim: bool,
}

/// Existing records of the target, for matching before anything is written.
#[derive(Debug, Default)]
pub struct IndexPage {
    /// Match keys and the id of the record that has them: a contact has one
    /// `email:` entry an address, an organization `name:`, whatever we wrote `marker:`.
    pub entries: Vec<(String, String)>,
    /// Where the next page starts; `None` when this was the last.
    pub next: Option<String>,
}

/// How a sink takes conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// With all messages in one step.
    Whole,
    /// With the first message, then the others one by one.
    Message,
}

/// What must be off, or acknowledged, before anything is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interlock {
    /// Stable name.
    pub id: String,
    /// What would happen: `observer rule "Thank the customer" mails the requester`.
    pub what: String,
    /// How to turn it off.
    pub hint: String,
    /// The API shows that it is on (`true`), or cannot show it at all (`false`).
    pub proven: bool,
}

/// Something written, read back from the target as schema records.
#[derive(Debug, Clone, Default)]
pub struct ReadBack {
    /// The record, or `None` when it is gone.
    pub record: Option<Record>,
    /// For a conversation: its messages, oldest first.
    pub messages: Vec<Message>,
    /// For a conversation or an article: the files.
    pub attachments: Vec<Attachment>,
}

/// What [`Sink::find`] is asked.
#[derive(Debug, Clone)]
pub struct Probe<'a> {
    /// What was about to be written.
    pub item: &'a Item,
    /// When the intent was committed; nothing of it is older on the target.
    pub begun_at: Date,
    /// What [`Journal::note`] kept for this intent: a job's id.
    pub note: Option<&'a str>,
}

/// Where a sink leaves what it must know after a crash.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Keeps a note (a job's id and row) with the intent of each record,
    /// durably, before it returns.
    async fn note(&self, notes: Vec<(Key, String)>) -> Result<()>;
}

/// Keeps nothing: for a rehearsal, which has no intents.
pub struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn note(&self, _: Vec<(Key, String)>) -> Result<()> {
        Ok(())
    }
}

/// Writes one desk.
#[async_trait]
pub trait Sink: Send + Sync {
    /// What can be written.
    fn capabilities(&self) -> &'static [Capability];

    /// Credentials, permissions, plan limits: one item each, good or bad.
    async fn check(&self) -> Result<Vec<CheckItem>>;

    /// What would mail customers or start automations.
    async fn interlocks(&self) -> Result<Vec<Interlock>>;

    /// What else would, when a conversation is changed that is on the target
    /// already. Asked before the first such change.
    async fn update_interlocks(&self) -> Result<Vec<Interlock>> {
        Ok(Vec::new())
    }

    /// What the target has. Called once a run, before everything else below.
    async fn describe(&self) -> Result<TargetDesk>;

    /// One page of what exists of this kind; an empty page for kinds that are
    /// matched otherwise (`describe`, or by the write itself).
    async fn index(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage>;

    /// How conversations are taken.
    fn grain(&self) -> Grain;

    /// The most items of this kind that one [`Sink::write`] takes.
    fn batch(&self, kind: Kind) -> usize;

    /// The desk's own time, as far as its answers told it: what an intent is
    /// dated with, and what was created since is looked for by.
    fn time(&self) -> Date {
        Date::now()
    }

    /// What would happen to this item. No request.
    fn assess(&self, item: &Item, target: &TargetDesk) -> Assessment;

    /// Writes items of one kind; one outcome an item, in order.
    ///
    /// The intents are committed before this is called. An `Err` of an item
    /// whose kind is [`super::ErrorKind::Transient`] means that it may or may
    /// not have been written: it is settled by [`Sink::find`] before it is
    /// tried again. Every other `Err` means that it was not.
    async fn write(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome>;

    /// The address of a record of the target, by its id there, that answers
    /// what an address of the source led to; `None` where the target has no
    /// such pages. No request.
    fn address(&self, _id: &str, _to: &Address, _target: &TargetDesk) -> Option<String> {
        None
    }

    /// Looks on the target for something that may have been written: by its
    /// marker, an external id, or by reading the parent back and comparing.
    /// `Ok(None)` is a promise that it is not there and will not appear.
    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>>;

    /// Reads records back, one result an id, in order.
    async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>>;

    /// The bytes of a file that [`Sink::read`] told of, for comparing them;
    /// `None` where the platform gives none.
    async fn fetch_blob(&self, _attachment: &Attachment) -> Result<Option<super::Blob>> {
        Ok(None)
    }

    /// Whether [`Sink::delete`] can remove records of this kind at all.
    fn deletes(&self, _kind: Kind) -> bool {
        true
    }

    /// Removes a record that we created.
    async fn delete(&self, kind: Kind, id: &str) -> Result<()>;

    /// What [`Sink::write`] would send for this item, as far as that is known
    /// before the first answer. Changes nothing. Empty where a sink does not
    /// write by requests.
    async fn rehearse(&self, _item: &Item, _target: &TargetDesk) -> Vec<Rehearsed> {
        Vec::new()
    }

    /// Requests a minute by budget; empty where nothing limits them.
    fn budgets(&self) -> Vec<Limit> {
        Vec::new()
    }

    /// Puts relations between conversations (links, merges) and links between
    /// articles in place, once both ends exist. Returns what cannot be kept.
    async fn finish(&self, _target: &TargetDesk) -> Result<(), Error> {
        Ok(())
    }
}
