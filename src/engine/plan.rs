//! Decides what happens to each record, with the reason and the losses.

use serde::Serialize;

use super::Project;
use super::assemble::{Assembled, Assembler};
use super::changes;
use super::conflict;
use super::links::{self, Homes, Linker};
use super::unify;
use super::update::{Update, add_losses, known_losses, newer_date};
use crate::connector::{
    Body, Changed, Detail, Error, File, Item, Loss, Part, ReadBack, Result, Sink, TargetDesk,
    detail,
};
use crate::ledger::{Action, Planned, Receipt, Stored};
use crate::mapping::{Applied, Compiled};
use crate::schema::{Contact, Key, Kind, Message, Record};

/// A decision, and what is to be written because of it.
pub(super) struct Decision {
    /// For the plan.
    pub planned: Planned,
    /// What to write, for [`Action::Create`] and [`Action::Update`].
    pub item: Option<Box<Item>>,
    /// The item as it was written, when it changes what is on the target.
    pub base: Option<Box<Item>>,
    /// What to do with a conversation that is on the target, instead of `item`.
    pub update: Option<Box<Update>>,
    /// The target's id, for [`Action::Match`].
    pub matched: Option<String>,
    /// Requests.
    pub calls: Vec<(&'static str, u32)>,
    /// What it will be on the target, see [`crate::connector::Assessment::becomes`].
    pub becomes: Option<Record>,
}

/// Decides.
#[derive(Clone)]
pub(super) struct Planner {
    pub project: Project,
    pub assembler: Assembler,
    pub mapping: std::sync::Arc<Compiled>,
    pub target: std::sync::Arc<TargetDesk>,
    /// Whether decisions get a digest: for a preview, and for a push that has
    /// to do what one said.
    pub digests: bool,
    /// Where the source's pages are.
    pub homes: std::sync::Arc<Homes>,
}

impl Planner {
    /// What happens to a record that is no part of another one.
    pub fn decide(&self, sink: &dyn Sink, stored: Stored) -> Result<Decision> {
        let key = stored.record.key();
        if let Some(reason) = self.out_of_scope(&stored.record) {
            return Ok(leave(key, Action::Skip, reason));
        }
        // What is put together now must not be older than what is looked up with it.
        let as_of = self.project.ledger.clock()?;
        let stored = match key.kind {
            Kind::Conversation => self.project.ledger.get(&key)?.unwrap_or(stored),
            _ => stored,
        };
        if let Some(receipt) = self.project.ledger.receipt(&key)? {
            return self.continued(sink, stored, receipt, as_of);
        }
        if let Some((target, reason)) = self.existing(&stored.record)? {
            let mut decision = leave(key, Action::Match, reason);
            decision.planned.target = Some(target.clone());
            decision.matched = Some(target);
            return Ok(decision);
        } else if let Record::Field(field) = &stored.record
            && self.mapping.has_rule_for(field)
        {
            return Ok(leave(key, Action::Skip, detail!("reason-rule")));
        } else if matches!(&stored.record, Record::Field(field) if field.system) {
            return Ok(leave(key, Action::Skip, detail!("reason-system-field")));
        } else if key.kind == Kind::Agent && !self.target.takes_agents {
            return Ok(leave(key, Action::Skip, detail!("reason-contact-stands")));
        }
        match self.assembler.item(stored)? {
            Assembled::Skip(reason) => Ok(leave(key, Action::Skip, reason)),
            Assembled::Item(mut item, losses) => {
                item.as_of = as_of;
                self.assess(sink, item, losses)
            }
        }
    }

    /// What happens to a record that is on the target.
    fn continued(
        &self,
        sink: &dyn Sink,
        stored: Stored,
        receipt: Receipt,
        as_of: i64,
    ) -> Result<Decision> {
        let key = stored.record.key();
        let known = known_losses(&self.project, &key)?;
        let stays = |action, reason: Option<Detail>, losses| {
            let mut decision = leave(key.clone(), action, reason);
            decision.planned.target = Some(receipt.target.clone());
            decision.planned.losses = losses;
            Ok(decision)
        };
        if is_deleted(&stored.record) {
            return stays(Action::Skip, Some(detail!("reason-deleted")), known);
        }
        let changed = receipt.hash.as_deref() != Some(&stored.hash[..])
            || unify::is_behind(&self.project.ledger, &key)?;
        if key.kind != Kind::Conversation {
            if !changed || !receipt.is_ours() {
                return stays(Action::Done, None, known);
            }
            if !UPDATED.contains(&key.kind) {
                let base = self.project.ledger.written(&key)?;
                let same = base
                    .is_some_and(|base| changes::between(&base.record, &stored.record).is_empty());
                let kinds = key.kind.plural();
                let reason = (!same).then(|| detail!("reason-written-once", kinds = kinds));
                return stays(Action::Done, reason, known);
            }
        }
        let version = stored.clone();
        let (mut item, more) = match self.assembler.item(stored)? {
            Assembled::Skip(reason) => return stays(Action::Skip, Some(reason), known),
            Assembled::Item(item, losses) => (item, losses),
        };
        item.existing = Some(receipt.target.clone());
        item.as_of = as_of;
        let mut losses = known.clone();
        add_losses(&mut losses, more);
        let digest = self.digests.then(|| digest(&item)).transpose()?;
        let (item, base, update) = match key.kind {
            Kind::Conversation => {
                let update = Update::find(self, *item, &receipt, &version)?;
                if changed {
                    add_losses(&mut losses, vec![newer_date()]);
                }
                if update.is_empty() {
                    return stays(Action::Done, None, losses);
                }
                (None, None, Some(Box::new(update)))
            }
            _ => {
                if let Some(linker) = self.linker_for(sink, &item)? {
                    add_losses(&mut losses, linker.link(sink, &mut item)?);
                }
                let base = self.base(&key)?;
                item.changed = match &base {
                    Some(base) => Changed::only(changes::of_bodies(&base.body, &item.body)),
                    None => Changed::everything(),
                };
                if item.changed.is_nothing() {
                    return stays(Action::Done, None, losses);
                }
                (Some(item), base.map(Box::new), None)
            }
        };
        let head = update.as_ref().and_then(|update| update.head.as_ref());
        let mut calls = Vec::new();
        if let Some(item) = item.as_deref().or(head.map(|change| &change.item)) {
            let assessment = sink.assess(item, &self.target);
            add_losses(&mut losses, assessment.losses);
            calls = assessment.calls;
            if let Some(reason) = assessment.skipped {
                return stays(Action::Skip, Some(reason), losses);
            }
            if let Some((reason, hint)) = assessment.blocked {
                return stays(Action::Blocked, Some(hinted(reason, hint)), losses);
            }
        }
        Ok(Decision {
            planned: Planned {
                key: key.clone(),
                action: Action::Update,
                reason: None,
                losses,
                target: Some(receipt.target.clone()),
                digest,
            },
            item,
            base,
            update,
            matched: None,
            calls,
            becomes: None,
        })
    }

    /// What was edited of a record that shall be deleted: anything at all.
    pub fn touched(
        &self,
        sink: &dyn Sink,
        base: &Item,
        target: &str,
        read: &ReadBack,
    ) -> Result<Option<String>> {
        let touched = conflict::touched(&self.project, base, target, read)?;
        let Some(linker) = self.linker_for(sink, base)?.filter(|_| touched.is_some()) else {
            return Ok(touched);
        };
        // A run that died may have replaced links without a receipt.
        let mut linked = base.clone();
        linker.link(sink, &mut linked)?;
        match conflict::touched(&self.project, &linked, target, read)? {
            None => Ok(None),
            Some(_) => Ok(touched),
        }
    }

    /// For what has links to replace.
    fn linker_for(&self, sink: &dyn Sink, item: &Item) -> Result<Option<Linker>> {
        match item.body {
            Body::Article(_) => self.linker(sink, false),
            _ => Ok(None),
        }
    }

    /// A record as it was written, mapped as it would be now; `None` when that
    /// is not known.
    pub fn base(&self, key: &Key) -> Result<Option<Item>> {
        let Some(written) = self.project.ledger.written(key)? else {
            return Ok(None);
        };
        let Assembled::Item(mut item, _) = self.assembler.written_item(written)? else {
            return Ok(None);
        };
        if let Body::Article(bundle) = &mut item.body {
            item.links = self.project.ledger.replaced_links(key)?;
            links::apply(&mut bundle.article, &item.links);
        }
        Ok(Some(*item))
    }

    /// A record put together; `None` when the user's rules leave it out.
    pub fn item(&self, stored: Stored) -> Result<Option<Item>> {
        Ok(match self.assembler.item(stored)? {
            Assembled::Item(item, _) => Some(*item),
            Assembled::Skip(_) => None,
        })
    }

    /// What replaces links by what is on the target now; `None` where the
    /// target has no addresses.
    pub fn linker(&self, sink: &dyn Sink, preview: bool) -> Result<Option<Linker>> {
        let resolver = self.assembler.resolver().clone();
        let (project, target) = (&self.project, self.target.clone());
        Linker::new(project, sink, target, resolver, &self.homes, preview)
    }

    /// The same for a message.
    pub fn written_message(&self, key: &Key) -> Result<Option<Message>> {
        let Some(written) = self.project.ledger.written(key)? else {
            return Ok(None);
        };
        Ok(match self.mapping.apply(written.record)? {
            Applied::Keep {
                record: Record::Message(mut message),
                ..
            } => {
                self.assembler.settle_files(&mut message, &mut Vec::new())?;
                match self.assembler.redacted(Record::Message(message))? {
                    Record::Message(message) => Some(message),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// Asks the sink about an item.
    pub fn assess(
        &self,
        sink: &dyn Sink,
        item: Box<Item>,
        mut losses: Vec<Loss>,
    ) -> Result<Decision> {
        let key = item.key();
        let assessment = sink.assess(&item, &self.target);
        losses.extend(links::of_messages(self, sink, &item)?);
        if let Some(reason) = assessment.skipped {
            return Ok(leave(key, Action::Skip, reason));
        }
        if let Some((reason, hint)) = assessment.blocked {
            return Ok(leave(key, Action::Blocked, hinted(reason, hint)));
        }
        for loss in assessment.losses {
            if !losses.contains(&loss) {
                losses.push(loss);
            }
        }
        Ok(Decision {
            planned: Planned {
                key,
                action: match item.existing {
                    Some(_) => Action::Update,
                    None => Action::Create,
                },
                reason: None,
                losses,
                target: item.existing.clone(),
                digest: self.digests.then(|| digest(&item)).transpose()?,
            },
            item: Some(item),
            base: None,
            update: None,
            matched: None,
            calls: assessment.calls,
            becomes: assessment.becomes,
        })
    }

    fn out_of_scope(&self, record: &Record) -> Option<Detail> {
        let scope = &self.project.scope;
        if !scope.wants(record.kind()) {
            return Some(detail!("reason-scope"));
        }
        match (record, scope.since) {
            (Record::Conversation(conversation), Some(since))
                if conversation.updated_at.is_some_and(|date| date < since) =>
            {
                Some(detail!("reason-before", since = since.to_string()))
            }
            _ => None,
        }
    }

    /// The record on the target that this one is, and why.
    fn existing(&self, record: &Record) -> Result<Option<(String, Detail)>> {
        let ledger = &self.project.ledger;
        let key = record.key();
        let marker = format!("marker:{}", self.project.marker(&key));
        if let Some(target) = ledger.index_lookup(key.kind, &marker)? {
            return Ok(Some((target, detail!("reason-marked"))));
        }
        Ok(match record {
            Record::Agent(agent) => match ledger.claimed(&agent.id)? {
                Some(claim) if self.has_agent(&claim.target) => {
                    Some((claim.target, detail!("reason-decided-agent")))
                }
                _ => self
                    .mapping
                    .agent(agent)
                    .map(|target| (target, of_the_target(key.kind))),
            },
            Record::Group(group) => self
                .mapping
                .group(group)
                .map(|target| (target, of_the_target(key.kind))),
            Record::Field(field) => self
                .mapping
                .field(field)
                .map(|target| (target, of_the_target(key.kind))),
            Record::Brand(brand) => self
                .mapping
                .brand(brand)
                .map(|target| (target, of_the_target(key.kind))),
            Record::Form(form) => self
                .mapping
                .form(form)
                .map(|target| (target, of_the_target(key.kind))),
            Record::Organization(organization) => {
                let name = format!("name:{}", organization.name.trim().to_lowercase());
                ledger
                    .index_lookup(Kind::Organization, &name)?
                    .map(|target| (target, detail!("reason-same-name")))
            }
            Record::Contact(contact) => {
                self.existing_contact(&self.assembler.whole_contact(contact)?)?
            }
            _ => None,
        })
    }

    fn has_agent(&self, id: &str) -> bool {
        self.target.agents.iter().any(|agent| agent.id == id)
    }

    /// By email only: a shared phone number is no proof that two people are one.
    pub fn existing_contact(&self, contact: &Contact) -> Result<Option<(String, Detail)>> {
        for identity in &contact.identities {
            if identity.kind != crate::schema::IdentityKind::Email {
                continue;
            }
            let email = format!("email:{}", identity.value.trim().to_lowercase());
            if let Some(target) = self.project.ledger.index_lookup(Kind::Contact, &email)? {
                return Ok(Some((target, detail!("reason-same-email"))));
            }
        }
        Ok(None)
    }
}

/// Kinds whose later changes are written over what we created.
const UPDATED: [Kind; 4] = [
    Kind::Organization,
    Kind::Contact,
    Kind::Category,
    Kind::Article,
];

/// Why a record is not changed any more; what becomes of it is a sync's matter.
pub(super) const DELETED: &str = "it was deleted on the source after it was moved";

/// Whether the source shows a record as deleted.
pub(super) fn is_deleted(record: &Record) -> bool {
    match record {
        Record::Conversation(conversation) => conversation.deleted,
        Record::Contact(contact) => contact.deleted,
        _ => false,
    }
}

fn of_the_target(kind: Kind) -> Detail {
    detail!("reason-of-the-target", kind = kind.name())
}

/// Why it cannot be written, with what to do.
fn hinted(reason: Detail, hint: Detail) -> Detail {
    detail!("reason-hint", reason = reason, hint = hint)
}

/// A decision that writes nothing.
pub(super) fn leave(key: Key, action: Action, reason: impl Into<Option<Detail>>) -> Decision {
    Decision {
        planned: Planned {
            key,
            action,
            reason: reason.into(),
            losses: Vec::new(),
            target: None,
            digest: None,
        },
        item: None,
        base: None,
        update: None,
        matched: None,
        calls: Vec::new(),
        becomes: None,
    }
}

/// Start of BLAKE3 over what an item writes. Target ids are left out: in a
/// preview they do not exist yet.
fn digest(item: &Item) -> Result<Vec<u8>> {
    let mut hasher = blake3::Hasher::new();
    feed(&mut hasher, &item.existing)?;
    match &item.body {
        Body::Organization(record) => feed(&mut hasher, record)?,
        Body::Group(record) => feed(&mut hasher, record)?,
        Body::Agent(record) => feed(&mut hasher, record)?,
        Body::Brand(record) => feed(&mut hasher, record)?,
        Body::Field(record) => feed(&mut hasher, record)?,
        Body::Form(record) => feed(&mut hasher, record)?,
        Body::Contact(record) => feed(&mut hasher, record)?,
        Body::Category(record) => feed(&mut hasher, record)?,
        Body::Macro(record) => feed(&mut hasher, record)?,
        Body::Conversation(bundle) => {
            feed(&mut hasher, &bundle.conversation)?;
            for part in &bundle.messages {
                feed_part(&mut hasher, part)?;
            }
            feed(&mut hasher, &bundle.ratings)?;
            feed(&mut hasher, &bundle.time_entries)?;
        }
        Body::Message(reply) => feed_part(&mut hasher, &reply.part)?,
        Body::Article(bundle) => {
            feed(&mut hasher, &bundle.article)?;
            feed_files(&mut hasher, &bundle.attachments)?;
        }
    }
    Ok(hasher.finalize().as_bytes()[..16].to_vec())
}

fn feed_part(hasher: &mut blake3::Hasher, part: &Part) -> Result<()> {
    feed(hasher, &part.message)?;
    feed_files(hasher, &part.attachments)
}

fn feed_files(hasher: &mut blake3::Hasher, files: &[File]) -> Result<()> {
    for file in files {
        feed(hasher, &file.attachment)?;
        feed(hasher, &file.path.as_ref().err().map(|reason| &**reason))?;
    }
    Ok(())
}

fn feed(hasher: &mut blake3::Hasher, value: &impl Serialize) -> Result<()> {
    // The line break keeps one value from running into the next.
    serde_json::to_writer(&mut *hasher, value)
        .map_err(|cause| Error::local("a record has no JSON").caused_by(cause))?;
    hasher.update(b"\n");
    Ok(())
}
