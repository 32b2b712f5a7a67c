//! The writing side of a connector.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::redirects::Redirects;
use super::{Capability, CheckItem, Detail, Error, Item, Loss, Result};
use crate::http::{Limit, Rehearsed};
use crate::schema::{
    Agent, Attachment, Brand, Date, Field, Form, Group, Key, Kind, Message, Record,
};

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

/// What would happen to an item, found out without a request.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// What the target will not have as it was.
    pub losses: Vec<Loss>,
    /// Why it cannot be written at all (the record becomes a problem before
    /// anything is sent), with a hint on what to do.
    pub blocked: Option<(Detail, Detail)>,
    /// Why it is left out on purpose: the target has no home for this kind.
    pub skipped: Option<Detail>,
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
    /// Stable name: a word, with the platform's ids behind it (`automation-42`).
    pub id: String,
    /// What the rule, queue or list is called on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What would happen: `observer rule "Thank the customer" mails the requester`.
    pub what: String,
    /// How to turn it off.
    pub hint: String,
    /// The API shows that it is on (`true`), or cannot show it at all (`false`).
    pub proven: bool,
    /// What else `what` and `hint` name, for texts in other languages: who
    /// watches a queue, of which type a rule is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Interlock {
    /// With these facts.
    #[must_use]
    pub fn naming<const N: usize>(mut self, facts: [(&str, String); N]) -> Interlock {
        self.facts = facts.map(|(name, fact)| (name.to_owned(), fact)).into();
        self
    }

    /// What sort it is: its id without the platform's ids.
    pub fn sort(&self) -> &str {
        let ids = |c: char| c.is_ascii_digit() || c == '-';
        self.id.trim_end_matches(ids)
    }
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

    /// Its rules for old addresses, where it has such rules.
    fn redirects(&self) -> Option<&dyn Redirects> {
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
