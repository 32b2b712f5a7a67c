//! Puts a record together with its parts and with the target ids of whatever
//! it refers to: what a sink gets.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Project;
use super::files::Rules;
use super::people::Resolver;
use super::redact;
use super::settle::contact_item;
use super::timeline;
use super::unify::{cede, merged};
use crate::connector::{
    ArticleBundle, Body, Bundle, Detail, Effect, File, Item, Loss, Part, Refs, Result, TargetDesk,
    detail, field,
};
use crate::ledger::{GONE, Ledger, Stored};
use crate::mapping::{Applied, Compiled, Redactor};
use crate::schema::{
    Access, Agent, Article, Attachment, AuthorKind, Category, Contact, Conversation, CustomFields,
    Direction, Key, Kind, Message, Organization, Record,
};

/// A record with its parts, mapped, or the reason why it is left out.
pub(super) enum Assembled {
    /// To be written.
    Item(Box<Item>, Vec<Loss>),
    /// Left out by the user's rules.
    Skip(Detail),
}

/// Builds items.
#[derive(Clone)]
pub(super) struct Assembler {
    project: Project,
    mapping: Arc<Compiled>,
    resolver: Resolver,
    files: Arc<Rules>,
    /// The target keeps records as they are: two contacts may have the same address.
    verbatim: bool,
    redactor: Option<Arc<Redactor>>,
}

/// Which version of a record something is put together from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// The newest.
    Newest,
    /// The newest, with those parts only that had arrived by then: up to this
    /// [`seq`](Stored::seq).
    Until(i64),
    /// The one that is on the target.
    Written,
}

impl Assembler {
    pub fn new(
        project: Project,
        mapping: Arc<Compiled>,
        resolver: Resolver,
        target: &TargetDesk,
        redactor: Option<Arc<Redactor>>,
    ) -> Self {
        let files = Arc::new(Rules::new(&project.settings.attachments, target));
        Assembler {
            project,
            mapping,
            resolver,
            files,
            verbatim: target.verbatim,
            redactor,
        }
    }

    /// Who is who.
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// The item of a record that is no part of another one.
    pub fn item(&self, stored: Stored) -> Result<Assembled> {
        self.put_together(stored, Version::Newest)
    }

    /// The same with its parts up to `last_part` only.
    pub fn item_until(&self, stored: Stored, last_part: i64) -> Result<Assembled> {
        self.put_together(stored, Version::Until(last_part))
    }

    /// The same for a record as it was written, see [`Ledger::written`].
    pub fn written_item(&self, stored: Stored) -> Result<Assembled> {
        self.put_together(stored, Version::Written)
    }

    /// A contact with everybody who is written as one with it, as the target
    /// may know it.
    pub fn whole_contact(&self, contact: &Contact) -> Result<Contact> {
        let (contact, _) = self.whole(contact.clone(), Version::Newest)?;
        match &self.redactor {
            None => Ok(contact),
            Some(redactor) => redact::contact(redactor, contact),
        }
    }

    /// A member of the source's staff without an account on the target, as a contact.
    pub fn former_agent(&self, agent: &Agent) -> Result<Item> {
        let mut item = contact_item(&self.project, agent);
        if let Some(redactor) = &self.redactor {
            redact::item(redactor, &mut item)?;
        }
        Ok(item)
    }

    /// A person's name where it becomes part of a text, in which names are not found.
    fn called(&self, name: String) -> String {
        match &self.redactor {
            None => name,
            Some(redactor) => redactor.name(&name).unwrap_or(name),
        }
    }

    /// A record as the target gets it, as far as personal data goes.
    pub fn redacted(&self, record: Record) -> Result<Record> {
        match &self.redactor {
            None => Ok(record),
            Some(redactor) => Ok(redactor.record(&record)?.0),
        }
    }

    fn whole(&self, contact: Contact, version: Version) -> Result<(Contact, Vec<Loss>)> {
        let ledger = &self.project.ledger;
        let key = |id: String| Key::new(Kind::Contact, id);
        let members: Vec<Stored> = match version {
            Version::Newest | Version::Until(_) => {
                let ids = ledger.members(&contact.id)?.into_iter();
                let found: Result<Vec<_>> = ids.map(|row| ledger.get(&key(row.id))).collect();
                let here = found?.into_iter().flatten();
                here.filter(|stored| stored.state & GONE == 0).collect()
            }
            Version::Written => {
                let ids = match ledger.receipt(&key(contact.id.clone()))? {
                    Some(receipt) => ledger.written_members(&receipt.target)?,
                    None => Vec::new(),
                };
                let found: Result<Vec<_>> = ids
                    .into_iter()
                    .filter(|id| *id != contact.id)
                    .map(|id| ledger.written(&key(id)))
                    .collect();
                found?.into_iter().flatten().collect()
            }
        };
        let members = members
            .into_iter()
            .filter_map(|stored| match stored.record {
                Record::Contact(member) => Some(member),
                _ => None,
            });
        let (_, rules) = self.project.mapping.people();
        let (mut contact, mut losses) = merged(contact, members.collect(), &rules);
        if !self.verbatim {
            let ceded = ledger.ceded(&contact.id)?;
            losses.extend(cede(&mut contact, &ceded));
        }
        Ok((contact, losses))
    }

    /// The id of the contact that stands for this person.
    fn kept(&self, id: &mut String) -> Result<()> {
        if let Some(kept) = self.resolver.person(id)?.and_then(|known| known.kept) {
            *id = kept;
        }
        Ok(())
    }

    fn put_together(&self, stored: Stored, version: Version) -> Result<Assembled> {
        let key = stored.record.key();
        let mut losses = Vec::new();
        let record = match stored.record {
            Record::Contact(contact) => {
                let (contact, more) = self.whole(contact, version)?;
                losses.extend(more);
                Record::Contact(contact)
            }
            record => record,
        };
        let record = match self.mapping.apply(record)? {
            Applied::Skip { reason } => return Ok(Assembled::Skip(reason)),
            Applied::Keep {
                record,
                losses: more,
            } => {
                losses.extend(more);
                record
            }
        };
        let mut refs = Refs::default();
        let mut last_part = i64::MAX;
        let body = match record {
            Record::Organization(r) => {
                self.refer_organization(&r, &mut refs)?;
                Body::Organization(r)
            }
            Record::Group(r) => {
                for id in &r.agent_ids {
                    self.refer(Kind::Agent, id, &mut refs)?;
                }
                Body::Group(r)
            }
            Record::Agent(r) => Body::Agent(r),
            Record::Brand(r) => Body::Brand(r),
            Record::Field(r) => Body::Field(r),
            Record::Form(r) => {
                for id in &r.field_ids {
                    self.refer(Kind::Field, id, &mut refs)?;
                }
                Body::Form(r)
            }
            Record::Contact(r) => {
                self.refer_contact(&r, &mut refs)?;
                Body::Contact(r)
            }
            Record::Category(r) => {
                self.refer_category(&r, &mut refs)?;
                Body::Category(r)
            }
            Record::Article(r) => {
                Body::Article(Box::new(self.article(r, &mut refs, &mut losses)?))
            }
            Record::Macro(r) => Body::Macro(r),
            Record::Conversation(r) => {
                let until = match version {
                    Version::Until(seq) => seq,
                    Version::Newest | Version::Written => i64::MAX,
                };
                let (bundle, newest, more) = self.bundle(r, until, &mut refs)?;
                losses.extend(more);
                last_part = newest;
                Body::Conversation(Box::new(bundle))
            }
            Record::Message(_)
            | Record::Attachment(_)
            | Record::Rating(_)
            | Record::TimeEntry(_) => {
                return Ok(Assembled::Skip(detail!("reason-written-with")));
            }
        };
        let mut item = Item::new(body, refs, self.project.marker(&key));
        item.last_part = last_part;
        if let Some(redactor) = &self.redactor {
            losses.extend(redact::item(redactor, &mut item)?);
        }
        Ok(Assembled::Item(Box::new(item), losses))
    }

    /// A conversation with its parts up to `until`, and the newest of them.
    fn bundle(
        &self,
        mut conversation: Conversation,
        until: i64,
        refs: &mut Refs,
    ) -> Result<(Bundle, i64, Vec<Loss>)> {
        self.one_person(&mut conversation)?;
        let ledger = &self.project.ledger;
        let key = Key::new(Kind::Conversation, &conversation.id);
        let mut losses = Vec::new();
        let mut parts: Vec<(i64, Part)> = Vec::new();
        let mut history = Vec::new();
        let mut newest = 0;
        let arrived = |parts: Vec<Stored>| parts.into_iter().filter(move |part| part.seq <= until);
        for stored in arrived(ledger.children_there(&key, Kind::Message)?) {
            let seq = stored.seq;
            newest = newest.max(seq);
            let record = match self.mapping.apply(stored.record)? {
                Applied::Keep {
                    record,
                    losses: more,
                } => {
                    losses.extend(more);
                    record
                }
                // Rules leave out conversations, not messages; should one, it is said.
                Applied::Skip { reason } => {
                    losses.push(Loss::new(field::MESSAGE, Effect::Dropped, reason));
                    continue;
                }
            };
            let Record::Message(mut message) = record else {
                continue;
            };
            let attachments = self.settle_files(&mut message, &mut losses)?;
            self.refer_message(&mut message, refs)?;
            if message.is_history() && !self.verbatim {
                let name = message.author.name.take();
                message.author.name = name.map(|name| self.called(name));
                history.push((seq, message));
                continue;
            }
            parts.push((
                seq,
                Part {
                    message,
                    attachments,
                },
            ));
        }
        let names = |kind, id: &str| {
            let name = self.resolver.name(kind, id)?;
            Ok(match kind {
                Kind::Contact | Kind::Agent => name.map(|name| self.called(name)),
                _ => name,
            })
        };
        parts.extend(timeline::notes(history, ledger, &names, &mut losses)?);
        // Undated messages keep their place of arrival after the dated ones before them.
        parts.sort_by(
            |(seq_a, a), (seq_b, b)| match (a.message.sent_at, b.message.sent_at) {
                (Some(a), Some(b)) => a.cmp(&b).then(seq_a.cmp(seq_b)),
                _ => seq_a.cmp(seq_b),
            },
        );
        self.refer_conversation(&conversation, refs)?;
        let (mut ratings, mut time_entries) = (Vec::new(), Vec::new());
        for kind in [Kind::Rating, Kind::TimeEntry] {
            for stored in arrived(ledger.children(&key, kind)?) {
                newest = newest.max(stored.seq);
                match stored.record {
                    Record::Rating(rating) => ratings.push(rating),
                    Record::TimeEntry(entry) => time_entries.push(entry),
                    _ => {}
                }
            }
        }
        for id in ratings
            .iter()
            .flat_map(|r| r.contact_id.iter().chain(&r.agent_id))
        {
            self.refer_person(id, refs)?;
        }
        for id in time_entries
            .iter()
            .filter_map(|entry| entry.agent_id.as_ref())
        {
            self.refer_person(id, refs)?;
        }
        let bundle = Bundle {
            conversation,
            messages: parts.into_iter().map(|(_, part)| part).collect(),
            ratings,
            time_entries,
        };
        Ok((bundle, newest, losses))
    }

    fn article(
        &self,
        mut article: Article,
        refs: &mut Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<ArticleBundle> {
        if let Some(id) = &article.category_id {
            self.refer(Kind::Category, id, refs)?;
        }
        if let Some(id) = &article.author_id {
            self.refer_person(id, refs)?;
        }
        let files = self.files(&Key::new(Kind::Article, &article.id))?;
        let attachments = self.files.settle_article(&mut article, files, losses);
        Ok(ArticleBundle {
            article,
            attachments,
        })
    }

    fn files(&self, owner: &Key) -> Result<Vec<File>> {
        if !self.project.scope.wants(Kind::Attachment) {
            return Ok(Vec::new());
        }
        let ledger = &self.project.ledger;
        let attachments = children(ledger, owner, Kind::Attachment, |record| match record {
            Record::Attachment(attachment) => Some(attachment),
            _ => None,
        })?;
        attachments
            .into_iter()
            .map(|attachment| Ok(self.files.allow(file(ledger, attachment)?)))
            .collect()
    }

    /// The files that go with a message, with what its text says of the others.
    pub fn settle_files(&self, message: &mut Message, losses: &mut Vec<Loss>) -> Result<Vec<File>> {
        self.tell_call(message, losses)?;
        let files = self.files(&Key::new(Kind::Message, &message.id))?;
        Ok(self.files.settle(message, files, losses))
    }

    /// Puts a call into the text: no target has a place for one.
    fn tell_call(&self, message: &mut Message, losses: &mut Vec<Loss>) -> Result<()> {
        if self.verbatim {
            return Ok(());
        }
        let Some(call) = message.call.take() else {
            return Ok(());
        };
        let known = match &call.answered_by {
            Some(id) => self.resolver.person(id)?,
            None => None,
        };
        let name = known.and_then(|known| known.person.name.or(known.person.email));
        let name = name.map(|name| self.called(name));
        timeline::tell_call(message, &call, name.as_deref());
        let detail = detail!("loss-call");
        let loss = Loss::new(field::MESSAGE_CALL, Effect::Moved, detail);
        losses.push(loss.of(&message.id).compared());
        Ok(())
    }

    fn refer(&self, kind: Kind, id: &str, refs: &mut Refs) -> Result<()> {
        if let Some(target) = self.resolver.target(kind, id)? {
            refs.insert(Key::new(kind, id), target);
        }
        Ok(())
    }

    fn refer_person(&self, id: &str, refs: &mut Refs) -> Result<()> {
        let Some(known) = self.resolver.person(id)? else {
            return Ok(());
        };
        if let Some(target) = known.contact {
            refs.insert(Key::new(Kind::Contact, id), target);
        }
        if let Some(target) = known.agent {
            refs.insert(Key::new(Kind::Agent, id), target);
        }
        refs.insert_person(id.to_owned(), known.person);
        Ok(())
    }

    /// Whoever was several contacts takes part as the one that is kept.
    fn one_person(&self, conversation: &mut Conversation) -> Result<()> {
        let before = conversation.requester_id.clone();
        if let Some(id) = &mut conversation.requester_id {
            self.kept(id)?;
        }
        let requester = conversation.requester_id.clone();
        let mut copied = Vec::with_capacity(conversation.cc_ids.len());
        for old in std::mem::take(&mut conversation.cc_ids) {
            let mut id = old.clone();
            self.kept(&mut id)?;
            let became_requester =
                requester.as_ref() == Some(&id) && (id != old || requester != before);
            if !became_requester && !copied.contains(&id) {
                copied.push(id);
            }
        }
        conversation.cc_ids = copied;
        Ok(())
    }

    /// Names the author, and corrects what a source cannot know from a
    /// message alone: whether an author is an agent, and so which way it went.
    fn refer_message(&self, message: &mut Message, refs: &mut Refs) -> Result<()> {
        if let Some(id) = &mut message.author.id {
            self.kept(id)?;
        }
        if let Some(id) = message.author.id.clone() {
            self.refer_person(&id, refs)?;
            if let Some(person) = refs.person(&id) {
                if matches!(message.author.kind, AuthorKind::Contact | AuthorKind::Agent) {
                    message.author.kind = match person.agent {
                        true => AuthorKind::Agent,
                        false => AuthorKind::Contact,
                    };
                }
                if message.author.name.is_none() {
                    message.author.name.clone_from(&person.name);
                }
                if message.author.email.is_none() {
                    message.author.email.clone_from(&person.email);
                }
            }
        }
        message.direction = match (message.visibility, message.author.kind) {
            (Access::Internal, _) => Direction::Internal,
            (Access::Public, AuthorKind::Contact) => Direction::Inbound,
            (Access::Public, AuthorKind::Agent) => Direction::Outbound,
            (Access::Public, _) => message.direction,
        };
        Ok(())
    }

    fn refer_conversation(&self, conversation: &Conversation, refs: &mut Refs) -> Result<()> {
        let people: BTreeSet<&String> = conversation
            .requester_id
            .iter()
            .chain(&conversation.assignee_id)
            .chain(&conversation.cc_ids)
            .chain(&conversation.follower_ids)
            .collect();
        for id in people {
            self.refer_person(id, refs)?;
        }
        for (kind, id) in [
            (Kind::Group, &conversation.group_id),
            (Kind::Organization, &conversation.organization_id),
            (Kind::Brand, &conversation.brand_id),
            (Kind::Form, &conversation.form_id),
        ] {
            if let Some(id) = id {
                self.refer(kind, id, refs)?;
            }
        }
        for link in &conversation.links {
            // Only what is there already: a link to a later one is kept by its number.
            self.refer(Kind::Conversation, &link.id, refs)?;
        }
        self.refer_fields(&conversation.custom_fields, refs)
    }

    fn refer_contact(&self, contact: &Contact, refs: &mut Refs) -> Result<()> {
        for id in &contact.organization_ids {
            self.refer(Kind::Organization, id, refs)?;
        }
        self.refer_fields(&contact.custom_fields, refs)
    }

    fn refer_organization(&self, organization: &Organization, refs: &mut Refs) -> Result<()> {
        if let Some(id) = &organization.group_id {
            self.refer(Kind::Group, id, refs)?;
        }
        self.refer_fields(&organization.custom_fields, refs)
    }

    fn refer_category(&self, category: &Category, refs: &mut Refs) -> Result<()> {
        if let Some(id) = &category.parent_id {
            self.refer(Kind::Category, id, refs)?;
        }
        Ok(())
    }

    fn refer_fields(&self, fields: &CustomFields, refs: &mut Refs) -> Result<()> {
        for id in fields.keys() {
            self.refer(Kind::Field, id, refs)?;
        }
        // Values that a rule made for a target field without a source field.
        for (key, target) in self.mapping.extra_fields() {
            if fields.contains_key(key) {
                refs.insert(Key::new(Kind::Field, key), target.clone());
            }
        }
        Ok(())
    }
}

/// An attachment with its bytes, or the reason why there are none.
fn file(ledger: &Ledger, attachment: Attachment) -> Result<File> {
    let blob = ledger.blob(&attachment.id)?;
    let (path, size) = match blob {
        Some(blob) => match (blob.sha256, blob.error) {
            (Some(sha256), _) => (Ok((ledger.blob_path(&sha256), sha256)), blob.size),
            (None, error) => (
                Err(error.unwrap_or_else(|| "its bytes are not here".into())),
                0,
            ),
        },
        None => (Err("its bytes were not fetched".into()), 0),
    };
    let mut attachment = attachment;
    let path = match path {
        Ok((path, sha256)) => {
            attachment.sha256 = Some(sha256);
            Ok(path)
        }
        Err(reason) => Err(Arc::from(reason)),
    };
    Ok(File {
        attachment,
        path,
        size,
        from: None,
    })
}

fn children<T>(
    ledger: &Ledger,
    parent: &Key,
    kind: Kind,
    pick: impl Fn(Record) -> Option<T>,
) -> Result<Vec<T>> {
    Ok(ledger
        .children(parent, kind)?
        .into_iter()
        .filter_map(|stored| pick(stored.record))
        .collect())
}
