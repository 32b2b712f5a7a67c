//! One thing that a sink writes, with what it needs to know for that.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use crate::schema::{
    Agent, Article, Attachment, Brand, Category, Contact, Conversation, Field, Form, Group, Key,
    Kind, Macro, Message, Organization, Rating, TimeEntry,
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
    /// by what. An update that changes [`field::ARTICLE_LINKS`](super::field::ARTICLE_LINKS) alone replaces
    /// them in the texts as the target has them by then.
    pub links: Vec<(String, String)>,
    /// The state of the ledger that the item was made from. For the engine.
    pub as_of: i64,
    /// The newest of its parts, by their arrival in the ledger. For the engine.
    pub last_part: i64,
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
            last_part: i64::MAX,
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

    /// Everybody who is named, for whoever has to change what is told of them.
    pub(crate) fn people_mut(&mut self) -> impl Iterator<Item = &mut Person> {
        self.people.values_mut()
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
