//! Personal data on its way to the target: whatever a sink gets goes through
//! here when it is put together, with its parts and with the people that it
//! refers to. So what is compared later is what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Project;
use crate::connector::{Body, Effect, File, Item, Loss, Result, detail, field};
use crate::mapping::{Handling, Privacy, Redactor, Sort, Touched};
use crate::schema::{Contact, Identity, IdentityKind, Kind, Record};

impl Project {
    /// What replaces personal data; `None` when all of it stays. The secret of
    /// its pseudonyms is in the ledger alone.
    pub(super) async fn redactor(&self) -> Result<Option<Arc<Redactor>>> {
        let rules = self.mapping.privacy();
        if rules.keeps_all() {
            return Ok(None);
        }
        let secret = self.ledger.secret("pseudonyms").await?;
        Ok(Some(Arc::new(Redactor::new(&secret, rules.clone()))))
    }
}

/// The rules that the first record was written by.
const RULES: &str = "privacy.rules";

fn digest(rules: &Privacy) -> String {
    blake3::hash(format!("{rules:?}").as_bytes())
        .to_hex()
        .to_string()
}

/// The rules that records were written by; `None` when there are none yet.
/// Versions that did not remember them had none.
fn known(project: &Project) -> Result<Option<String>> {
    let known = project.ledger.meta(RULES)?;
    if known.is_none() && !project.ledger.receipt_counts()?.is_empty() {
        return Ok(Some(digest(&Privacy::default())));
    }
    Ok(known)
}

/// Remembers the rules, before something is written by them.
pub(super) async fn begin(project: &Project) -> Result<()> {
    if project.ledger.meta(RULES)?.is_some() {
        return Ok(());
    }
    let rules = known(project)?.unwrap_or_else(|| digest(project.mapping.privacy()));
    project.ledger.set_meta(RULES, &rules).await
}

/// What was changed of an item, by the names of [`field`].
#[derive(Default)]
struct Changes(BTreeMap<&'static str, BTreeSet<Sort>>);

impl Changes {
    fn add(&mut self, kind: Kind, touched: Touched) {
        for (name, sorts) in touched {
            self.0
                .entry(field_of(kind, &name))
                .or_default()
                .extend(sorts);
        }
    }

    /// Declared, and compared all the same: what stands there instead is known.
    fn losses(self, redactor: &Redactor) -> Vec<Loss> {
        let losses = self.0.into_iter().map(|(field, sorts)| {
            let drops = |sort: &Sort| match sort {
                Sort::Pattern => {
                    let mut all = redactor.rules().patterns.iter();
                    all.all(|pattern| pattern.action != Handling::Pseudonym)
                }
                sort => redactor.rules().handling(*sort) == Handling::Drop,
            };
            let names: Vec<&str> = sorts.iter().map(|sort| sort.name()).collect();
            let what = names.join(", ");
            let (effect, detail) = match sorts.iter().all(drops) {
                true => (Effect::Dropped, detail!("loss-redacted-out", what = what)),
                false => (Effect::Changed, detail!("loss-redacted", what = what)),
            };
            Loss::new(field, effect, detail).compared()
        });
        losses.collect()
    }
}

/// Redacts a record that is kept as its own type.
macro_rules! redact {
    ($redactor:expr, $changes:expr, $variant:ident, $record:expr) => {{
        let (new, touched) = $redactor.record(&Record::$variant($record.clone()))?;
        if let Record::$variant(new) = new {
            *$record = new;
        }
        $changes.add(Kind::$variant, touched);
    }};
}

/// Takes personal data out of an item. Returns what is lost by it.
pub(super) fn item(redactor: &Redactor, item: &mut Item) -> Result<Vec<Loss>> {
    let mut changes = Changes::default();
    for person in item.refs.people_mut() {
        // As contacts and authors are: one person is one, wherever they are named.
        let email = person.email.take();
        let email = email.map(|email| Identity::new(IdentityKind::Email, email));
        let known = Contact {
            name: person.name.take(),
            identities: email.into_iter().collect(),
            ..Contact::default()
        };
        let known = contact(redactor, known)?;
        person.email = known.email().map(str::to_owned);
        person.name = known.name;
    }
    match &mut item.body {
        Body::Organization(record) => redact!(redactor, changes, Organization, record),
        Body::Contact(record) => redact!(redactor, changes, Contact, record),
        Body::Agent(record) => redact!(redactor, changes, Agent, record),
        Body::Conversation(bundle) => {
            redact!(redactor, changes, Conversation, &mut bundle.conversation);
            for part in &mut bundle.messages {
                redact!(redactor, changes, Message, &mut part.message);
                files(redactor, &mut changes, &mut part.attachments)?;
            }
            for rating in &mut bundle.ratings {
                redact!(redactor, changes, Rating, rating);
            }
            for entry in &mut bundle.time_entries {
                redact!(redactor, changes, TimeEntry, entry);
            }
        }
        Body::Message(reply) => {
            redact!(redactor, changes, Conversation, &mut reply.conversation);
            redact!(redactor, changes, Message, &mut reply.part.message);
            files(redactor, &mut changes, &mut reply.part.attachments)?;
        }
        Body::Article(bundle) if redactor.rules().articles => {
            redact!(redactor, changes, Article, &mut bundle.article);
            files(redactor, &mut changes, &mut bundle.attachments)?;
        }
        Body::Macro(record) if redactor.rules().articles => {
            redact!(redactor, changes, Macro, record);
        }
        // The desk's own words.
        Body::Article(_)
        | Body::Macro(_)
        | Body::Group(_)
        | Body::Brand(_)
        | Body::Field(_)
        | Body::Form(_)
        | Body::Category(_) => {}
    }
    Ok(changes.losses(redactor))
}

fn files(redactor: &Redactor, changes: &mut Changes, files: &mut [File]) -> Result<()> {
    for file in files {
        redact!(redactor, changes, Attachment, &mut file.attachment);
    }
    Ok(())
}

/// Which of [`field`] a field of the schema is told as.
fn field_of(kind: Kind, name: &str) -> &'static str {
    match (kind, name) {
        (Kind::Conversation, "subject") => field::SUBJECT,
        (Kind::Conversation, "tags") => field::TAGS,
        (Kind::Conversation, "custom_fields") => field::CUSTOM_FIELDS,
        (Kind::Conversation, "cc_emails") => field::CC,
        (Kind::Conversation, _) => field::CONVERSATION,
        (Kind::Message, "html" | "text") => field::MESSAGE_BODY,
        (Kind::Message, "author") => field::MESSAGE_AUTHOR,
        (Kind::Message, "from" | "to" | "cc" | "bcc") => field::MESSAGE_RECIPIENTS,
        (Kind::Message, "call") => field::MESSAGE_CALL,
        (Kind::Message, _) => field::MESSAGE_HEADERS,
        (Kind::Attachment, _) => field::ATTACHMENT_NAME,
        (Kind::Rating, _) => field::RATING,
        (Kind::TimeEntry, _) => field::TIME_ENTRY,
        (Kind::Contact, "name") => field::CONTACT_NAME,
        (Kind::Contact, "identities") => field::CONTACT_IDENTITIES,
        (Kind::Contact, "notes" | "details") => field::CONTACT_NOTES,
        (Kind::Contact, "tags") => field::CONTACT_TAGS,
        (Kind::Contact, "custom_fields") => field::CONTACT_FIELDS,
        (Kind::Contact, _) => field::CONTACT,
        (Kind::Organization, "name") => field::ORGANIZATION_NAME,
        (Kind::Organization, "tags") => field::ORGANIZATION_TAGS,
        (Kind::Organization, "custom_fields") => field::ORGANIZATION_FIELDS,
        (Kind::Organization, _) => field::ORGANIZATION_RECORD,
        (Kind::Article, _) => field::ARTICLE,
        (Kind::Agent, _) => field::AGENT,
        (Kind::Macro, _) => field::MACRO,
        _ => field::EXTRA,
    }
}

/// A contact as the target may know it.
pub(super) fn contact(redactor: &Redactor, mut contact: Contact) -> Result<Contact> {
    let mut unsaid = Changes::default();
    redact!(redactor, unsaid, Contact, &mut contact);
    Ok(contact)
}

crate::schema::values! {
    /// What the rules for personal data do not reach.
    Unredacted {
        /// What files say.
        Files = "files",
        /// Names inside of texts.
        Names = "names",
        /// Articles and macros.
        Articles = "articles",
        /// What was written by other rules.
        Written = "written",
    }
}

/// What the rules cannot do, for whoever reads the plan, with how many.
pub(super) fn limits(project: &Project) -> Result<Vec<(Unredacted, u64)>> {
    let rules = project.mapping.privacy();
    let mut limits = Vec::new();
    if rules.keeps_all() {
        return Ok(limits);
    }
    let files = project.ledger.count_blobs()?;
    if files > 0 && project.settings.attachments.policy == super::Policy::Move {
        limits.push((Unredacted::Files, files));
    }
    if rules.names != Handling::Keep {
        limits.push((Unredacted::Names, 0));
    }
    if !rules.articles && project.scope.wants(Kind::Article) {
        limits.push((Unredacted::Articles, 0));
    }
    if known(project)?.is_some_and(|known| known != digest(rules)) {
        limits.push((Unredacted::Written, 0));
    }
    Ok(limits)
}
