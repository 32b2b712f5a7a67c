//! Writes a folder. Ids and references stay the source's: it is an archive.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::client::{Folder, encode};
use super::config::{Config, Texts};
use super::limits;
use super::source::blocking;
use super::store::{Batches, Entry, State, Store};
use super::wire::owner_name;
use crate::connector::{
    Assessment, Body, Capability, CheckItem, Error, File, Grain, IndexPage, Interlock, Item,
    Journal, Outcome, Probe, ReadBack, Result, Setup, Sink, TargetDesk, WriteAction, Written,
    detail, text,
};
use crate::schema::{Attachment, Key, Kind, Message, Owner, Record};

/// Opens the sink.
pub fn connect(setup: Setup) -> Result<Arc<dyn Sink>> {
    let name = super::config::desk(&setup.options)?;
    let config = Config::read(&setup.options)?;
    Ok(Arc::new(FilesSink::new(name, Folder::new(&config))))
}

/// A folder as a sink.
pub struct FilesSink {
    name: String,
    folder: Folder,
    store: Arc<Mutex<Store>>,
}

impl FilesSink {
    /// A sink that is called `name`.
    pub fn new(name: String, mut folder: Folder) -> Self {
        // What is written here is UTF-8.
        folder.charset = None;
        let store = Store::new(folder.clone());
        FilesSink {
            name,
            folder,
            store: Arc::new(Mutex::new(store)),
        }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (store, folder) = (self.store.clone(), self.folder.clone());
        blocking(move || match store.lock() {
            Ok(mut store) => work(&mut store),
            // What a failed work left in memory is not to be trusted: read the files again.
            Err(poisoned) => {
                let mut store = PoisonError::into_inner(poisoned);
                *store = Store::new(folder);
                work(&mut store)
            }
        })
        .await
    }
}

#[async_trait]
impl Sink for FilesSink {
    fn capabilities(&self) -> &'static [Capability] {
        &super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let root = self.folder.root.display();
        let metadata = match std::fs::metadata(&self.folder.root) {
            Ok(metadata) => metadata,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Ok(vec![CheckItem::ok(format!("{root} will be created"))]);
            }
            Err(cause) => {
                return Ok(vec![CheckItem::failure(
                    format!("{root} cannot be read: {cause}"),
                    "check `path` and its permissions",
                )]);
            }
        };
        if !metadata.is_dir() || metadata.permissions().readonly() {
            return Ok(vec![CheckItem::failure(
                format!("{root} is not a folder that can be written"),
                "check `path` and its permissions",
            )]);
        }
        let filled = Kind::ALL
            .into_iter()
            .any(|kind| self.folder.file(kind).exists());
        Ok(vec![match filled {
            false => CheckItem::ok(format!("{root} can be written")),
            true => CheckItem::warning(
                format!("{root} holds records already"),
                "go on if they are of this migration; name a new folder for another desk",
            ),
        }])
    }

    async fn interlocks(&self) -> Result<Vec<Interlock>> {
        Ok(Vec::new())
    }

    async fn describe(&self) -> Result<TargetDesk> {
        Ok(TargetDesk {
            name: self.name.clone(),
            takes_agents: true,
            verbatim: true,
            ..TargetDesk::default()
        })
    }

    /// Nothing is matched by name or address: an archive keeps what it is given.
    async fn index(&self, _: Kind, _: Option<&str>) -> Result<IndexPage> {
        Ok(IndexPage::default())
    }

    fn grain(&self) -> Grain {
        Grain::Whole
    }

    fn batch(&self, _: Kind) -> usize {
        limits::BATCH
    }

    fn assess(&self, item: &Item, _: &TargetDesk) -> Assessment {
        let mut assessment = Assessment::default();
        if item.key().id.is_empty() {
            assessment.blocked = Some((detail!("reason-no-id"), detail!("reason-no-id-hint")));
        }
        assessment
    }

    async fn write(&self, items: &[Item], _: &TargetDesk, _: &dyn Journal) -> Vec<Outcome> {
        let count = items.len();
        let items = items.to_vec();
        match self.with(move |store| Ok(write(store, &items))).await {
            Ok(outcomes) => outcomes,
            // It broke off in the middle: `find` tells what is there.
            Err(error) => (0..count)
                .map(|_| {
                    let kind = crate::connector::ErrorKind::Transient;
                    Err(Error::new(kind, error.message.clone()))
                })
                .collect(),
        }
    }

    /// By id and content. Whatever is different was not written for this item.
    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        let item = probe.item.clone();
        self.with(move |store| {
            let mut prepared = prepare(store, &item)?;
            if store.state(&prepared.head)? != State::Same {
                return Ok(None);
            }
            prepared.written.action = match item.existing {
                Some(_) => WriteAction::Updated,
                None => WriteAction::Created,
            };
            Ok(Some(prepared.written))
        })
        .await
    }

    async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        let ids = ids.to_vec();
        self.with(move |store| ids.iter().map(|id| read(store, kind, id)).collect())
            .await
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.with(move |store| delete(store, kind, &id)).await
    }
}

/// What an item adds to the folder.
struct Prepared {
    parts: Vec<Entry>,
    head: Entry,
    written: Written,
}

impl Store {
    fn entry(&self, record: &Record) -> Result<Entry> {
        let parent = match record {
            Record::Attachment(attachment) => Some(owner_name(&attachment.owner)),
            Record::Message(message) => Some(message.conversation_id.clone()),
            Record::Rating(rating) => Some(rating.conversation_id.clone()),
            Record::TimeEntry(entry) => Some(entry.conversation_id.clone()),
            _ => None,
        };
        Ok(Entry {
            kind: record.kind(),
            id: record.id().to_owned(),
            parent,
            row: encode(self.format(), record)?,
        })
    }
}

/// Makes the rows of an item and copies its files.
fn prepare(store: &Store, item: &Item) -> Result<Prepared> {
    let mut parts = Vec::new();
    let mut files: Vec<&File> = Vec::new();
    let head = match &item.body {
        Body::Organization(r) => Record::Organization(r.clone()),
        Body::Group(r) => Record::Group(r.clone()),
        Body::Agent(r) => Record::Agent(r.clone()),
        Body::Brand(r) => Record::Brand(r.clone()),
        Body::Field(r) => Record::Field(r.clone()),
        Body::Form(r) => Record::Form(r.clone()),
        Body::Contact(r) => Record::Contact(r.clone()),
        Body::Category(r) => Record::Category(r.clone()),
        Body::Macro(r) => Record::Macro(r.clone()),
        Body::Article(bundle) => {
            files.extend(&bundle.attachments);
            Record::Article(bundle.article.clone())
        }
        Body::Conversation(bundle) => {
            for part in &bundle.messages {
                files.extend(&part.attachments);
                parts.push(Record::Message(texted(&part.message, store.texts())));
            }
            parts.extend(bundle.ratings.iter().cloned().map(Record::Rating));
            parts.extend(bundle.time_entries.iter().cloned().map(Record::TimeEntry));
            Record::Conversation(bundle.conversation.clone())
        }
        Body::Message(reply) => {
            files.extend(&reply.part.attachments);
            Record::Message(texted(&reply.part.message, store.texts()))
        }
    };
    for file in files {
        parts.push(Record::Attachment(attachment(store, file)?));
    }
    let mut written = Written::created(head.id());
    written.parts = parts
        .iter()
        .map(|part| (part.key(), part.id().to_owned()))
        .collect();
    Ok(Prepared {
        parts: parts
            .iter()
            .map(|part| store.entry(part))
            .collect::<Result<_>>()?,
        head: store.entry(&head)?,
        written,
    })
}

/// A message with what is wanted for readers without HTML.
fn texted(message: &Message, texts: Texts) -> Message {
    let mut message = message.clone();
    if let (Some(html), None) = (&message.html, &message.text) {
        message.text = match texts {
            Texts::AsIs => None,
            Texts::Plain => Some(text::html_to_text(html)),
            // What it cannot read is read as plain text.
            Texts::Markdown => {
                Some(htmd::convert(html).unwrap_or_else(|_| text::html_to_text(html)))
            }
        };
    }
    message
}

/// The record of a file, with its bytes in the folder. Without bytes it says nothing of them.
fn attachment(store: &Store, file: &File) -> Result<Attachment> {
    let mut attachment = file.attachment.clone();
    attachment.sha256 = match &file.path {
        Ok(path) => {
            attachment.size = Some(file.size);
            Some(store.put_blob(path, attachment.sha256.as_deref())?)
        }
        Err(_) => None,
    };
    Ok(attachment)
}

/// Adds the parts of all items, then the items themselves: an item that is
/// there has all its parts.
fn write(store: &mut Store, items: &[Item]) -> Vec<Outcome> {
    let mut parts = Batches::new();
    let mut heads = Batches::new();
    let mut outcomes: Vec<Outcome> = items
        .iter()
        .map(|item| {
            let key = item.key();
            plan(store, item, &mut parts, &mut heads).map_err(|error| error.at(key))
        })
        .collect();
    for (kind, entries) in parts.into_iter().chain(heads) {
        if let Err(error) = store.append(kind, &entries) {
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
                *outcome = Err(error.again());
            }
            break;
        }
    }
    outcomes
}

fn plan(store: &mut Store, item: &Item, parts: &mut Batches, heads: &mut Batches) -> Outcome {
    let prepared = prepare(store, item)?;
    let mut written = prepared.written;
    let mut add = Vec::new();
    for part in prepared.parts {
        match store.state(&part)? {
            State::Same => {}
            State::Absent | State::Changed => add.push(part),
            State::Foreign => return Err(taken(part.kind, &part.id)),
        }
    }
    let head = prepared.head;
    let state = store.state(&head)?;
    written.action = match (state, &item.existing) {
        (State::Absent, None) => WriteAction::Created,
        (_, Some(_)) => WriteAction::Updated,
        (State::Same, None) => WriteAction::Matched,
        (State::Changed | State::Foreign, None) => return Err(taken(head.kind, &head.id)),
    };
    for part in add {
        parts.entry(part.kind).or_default().push(part);
    }
    if state != State::Same {
        heads.entry(head.kind).or_default().push(head);
    }
    Ok(written)
}

fn taken(kind: Kind, id: &str) -> Error {
    Error::rejected("id", format!("the folder holds another {kind} {id}"))
        .hint("a folder takes the records of one desk; name a new folder for this one")
}

fn read(store: &mut Store, kind: Kind, id: &str) -> Result<ReadBack> {
    let mut back = ReadBack {
        record: store.get(kind, id)?,
        ..ReadBack::default()
    };
    let mut owners = Vec::new();
    match kind {
        Kind::Conversation => {
            for message in store.children(Kind::Message, id)? {
                owners.push(owner_name(&Owner::Message(message.clone())));
                if let Some(Record::Message(message)) = store.get(Kind::Message, &message)? {
                    back.messages.push(message);
                }
            }
        }
        Kind::Article => owners.push(owner_name(&Owner::Article(id.to_owned()))),
        _ => {}
    }
    for owner in owners {
        for attachment in store.children(Kind::Attachment, &owner)? {
            if let Some(Record::Attachment(found)) = store.get(Kind::Attachment, &attachment)? {
                back.attachments.push(found);
            }
        }
    }
    Ok(back)
}

/// Takes a record out, then its parts. The bytes below `blobs/` stay: other
/// records may have the same.
fn delete(store: &mut Store, kind: Kind, id: &str) -> Result<()> {
    let key = Key::new(kind, id);
    let mut owners = match kind {
        Kind::Article => vec![owner_name(&Owner::Article(id.to_owned()))],
        Kind::Message => vec![owner_name(&Owner::Message(id.to_owned()))],
        _ => Vec::new(),
    };
    let mut parts: Vec<(Kind, HashSet<String>)> = Vec::new();
    if kind == Kind::Conversation {
        for part in [Kind::Message, Kind::Rating, Kind::TimeEntry] {
            let ids = store.children(part, id)?;
            if part == Kind::Message {
                owners.extend(ids.iter().map(|id| owner_name(&Owner::Message(id.clone()))));
            }
            parts.push((part, ids.into_iter().collect()));
        }
    }
    let mut attachments = HashSet::new();
    for owner in owners {
        attachments.extend(store.children(Kind::Attachment, &owner)?);
    }
    parts.push((Kind::Attachment, attachments));
    store.remove(key.kind, &HashSet::from([key.id]))?;
    for (kind, ids) in parts {
        store.remove(kind, &ids)?;
    }
    Ok(())
}
