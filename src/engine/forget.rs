//! Forgets one person: finds all that is theirs, takes it out of the ledger,
//! its attachments and archives. What is on the target stays there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use serde::Serialize;

use super::Project;
use crate::connector::{Error, Result};
use crate::ledger::{Forgetting, Ledger, Stored};
use crate::schema::{Key, Kind, Owner, Record};

/// Letters that an address or name must have to be looked for in texts: a
/// shorter one would take words of others with it.
const SHORTEST: usize = 5;
const PAGE: usize = 500;

/// All that is known of a person.
#[derive(Debug, Default, Serialize)]
pub struct Trace {
    /// Their contacts, by id.
    pub contacts: Vec<String>,
    /// Addresses, numbers and names that are looked for everywhere.
    pub words: Vec<String>,
    /// Records that go, by kind.
    pub removed: BTreeMap<Kind, u64>,
    /// Messages in conversations of others: who and what goes, that there was one stays.
    pub emptied: u64,
    /// Records of others that name them.
    pub mentions: u64,
    /// Addresses of their records on the target, which stay there.
    pub on_target: Vec<String>,
    /// What went after all; nothing in a preview.
    pub forgot: Option<Done>,
    #[serde(skip)]
    what: Forgetting,
}

/// What went.
#[derive(Debug, Default, Serialize)]
pub struct Done {
    /// Records of others in which something was replaced.
    pub changed: u64,
    /// Raw answers of the source, all of them.
    pub raw: u64,
    /// Files whose bytes nobody else has.
    pub files: u64,
    /// Lines of the archive that went or were changed.
    pub archived: u64,
}

/// Finds everything of the person with this contact id, address, number or handle.
///
/// Fails when there is nobody such.
pub fn trace(ledger: &Ledger, who: &str) -> Result<Trace> {
    let wanted = who.trim().to_lowercase();
    let mut ids = BTreeSet::new();
    let mut people = Vec::new();
    each(ledger, Kind::Contact, |stored| {
        if let Record::Contact(contact) = stored.record {
            let same = |value: &str| value.trim().to_lowercase() == wanted;
            if same(&contact.id) || contact.identities.iter().any(|known| same(&known.value)) {
                ids.insert(contact.id.clone());
            }
            people.push(contact);
        }
        Ok(())
    })?;
    // Who is one with them is them.
    for id in ids.clone() {
        let kept = ledger.unified_with(&id)?.map_or(id, |known| known.kept);
        ids.extend(ledger.members(&kept)?.into_iter().map(|known| known.id));
        ids.insert(kept);
    }
    let mut words = BTreeSet::new();
    let mut add = |text: &str, needs_blank: bool| {
        let text = text.trim().to_lowercase();
        if text.chars().count() >= SHORTEST && (!needs_blank || text.contains(' ')) {
            words.insert(text);
        }
    };
    for contact in people.iter().filter(|contact| ids.contains(&contact.id)) {
        for identity in &contact.identities {
            add(&identity.value, false);
        }
        add(contact.name.as_deref().unwrap_or_default(), true);
    }
    if wanted.contains('@') {
        add(&wanted, false);
    }
    let mut trace = Trace {
        contacts: ids.iter().cloned().collect(),
        words: words.iter().cloned().collect(),
        what: Forgetting {
            ids,
            words: words.into_iter().collect(),
            ..Forgetting::default()
        },
        ..Trace::default()
    };
    if trace.contacts.is_empty() && trace.words.is_empty() {
        return Err(nobody(who));
    }
    for id in trace.contacts.clone() {
        trace.take(Key::new(Kind::Contact, id));
    }
    // Parents before their parts.
    let mut rest: Vec<Kind> = Kind::ALL.into_iter().collect();
    rest.retain(|kind| !FIRST.contains(kind) && *kind != Kind::Contact);
    for kind in FIRST.into_iter().chain(rest) {
        each(ledger, kind, |stored| trace.look(&stored.record))?;
    }
    if trace.removed.values().sum::<u64>() + trace.emptied + trace.mentions == 0 {
        return Err(nobody(who));
    }
    for key in &trace.what.records {
        if let Some(url) = ledger.receipt(key)?.and_then(|receipt| receipt.url) {
            trace.on_target.push(url);
        }
    }
    Ok(trace)
}

const FIRST: [Kind; 3] = [Kind::Conversation, Kind::Message, Kind::Attachment];

fn nobody(who: &str) -> Error {
    Error::config(format!("the ledger knows nobody by `{who}`"))
        .hint("give the contact's id on the source, or an address, number or handle as it is there")
}

fn each(ledger: &Ledger, kind: Kind, mut look: impl FnMut(Stored) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let page = ledger.everything(kind, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        page.into_iter().try_for_each(&mut look)?;
    }
}

impl Trace {
    fn take(&mut self, key: Key) {
        *self.removed.entry(key.kind).or_default() += 1;
        self.what.records.insert(key);
    }

    fn is_them(&self, id: Option<&str>, email: Option<&str>) -> bool {
        id.is_some_and(|id| self.what.ids.contains(id))
            || email.is_some_and(|email| self.what.words.contains(&email.trim().to_lowercase()))
    }

    fn look(&mut self, record: &Record) -> Result<()> {
        let key = record.key();
        let gone = |kind, id: &str| self.what.records.contains(&Key::new(kind, id));
        let (goes, emptied) = match record {
            Record::Conversation(one) => (self.is_them(one.requester_id.as_deref(), None), false),
            Record::Message(one) => (
                gone(Kind::Conversation, &one.conversation_id),
                self.is_them(one.author.id.as_deref(), one.author.email.as_deref()),
            ),
            Record::Attachment(one) => match &one.owner {
                Owner::Message(id) => (
                    gone(Kind::Message, id)
                        || self.what.messages.contains(&Key::new(Kind::Message, id)),
                    false,
                ),
                Owner::Article(_) => (false, false),
            },
            Record::Rating(one) => (gone(Kind::Conversation, &one.conversation_id), false),
            Record::TimeEntry(one) => (gone(Kind::Conversation, &one.conversation_id), false),
            _ => (false, false),
        };
        if goes {
            self.take(key);
        } else if emptied {
            self.emptied += 1;
            self.what.messages.insert(key);
        } else if self.what.change(record)?.is_some() {
            self.mentions += 1;
        }
        Ok(())
    }
}

/// Takes the person out of the ledger, the bytes of attachments and, where
/// there is one, an archive. Nothing on either desk is touched.
pub async fn forget(project: &Project, trace: &mut Trace, archive: Option<&Path>) -> Result<()> {
    let ledger = &project.ledger;
    let mut done = Done::default();
    // First: what names the person is known from the ledger alone.
    if let Some(folder) = archive {
        done.archived = from_archive(folder, &trace.what)?;
    }
    let forgot = ledger.forget(trace.what.clone()).await?;
    (done.changed, done.raw) = (forgot.changed, forgot.raw);
    for sum in &forgot.blobs {
        done.files += u64::from(remove(&ledger.blob_path(sum))?);
        if let Some(folder) = archive {
            let start = sum.get(..2).unwrap_or("xx");
            remove(&folder.join("blobs").join(start).join(sum))?;
        }
    }
    trace.forgot = Some(done);
    Ok(())
}

fn remove(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(Error::unwritable(path, cause)),
    }
}

/// Writes the files of an archive anew without the person. Returns how many
/// lines went or were changed.
fn from_archive(folder: &Path, what: &Forgetting) -> Result<u64> {
    let mut touched = 0;
    let mut found = false;
    for kind in Kind::ALL {
        let path = folder.join(format!("{}.jsonl", kind.plural()));
        if !path.exists() {
            continue;
        }
        found = true;
        touched += rewrite(&path, kind, what)?;
    }
    if !found {
        return Err(Error::config(format!(
            "{} is no archive: it has no files such as contacts.jsonl",
            folder.display()
        )));
    }
    Ok(touched)
}

fn rewrite(path: &Path, kind: Kind, what: &Forgetting) -> Result<u64> {
    let fail = |cause| Error::unwritable(path, cause);
    let from = BufReader::new(std::fs::File::open(path).map_err(fail)?);
    let beside = path.with_extension("jsonl.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut to = BufWriter::new(options.open(&beside).map_err(fail)?);
    let mut touched = 0;
    for (number, line) in from.split(b'\n').enumerate() {
        let line = line.map_err(fail)?;
        if line.is_empty() {
            continue;
        }
        let record = Record::from_json(kind, &line).map_err(|cause| {
            Error::local(format!(
                "{} line {} cannot be read: {cause}",
                path.display(),
                number + 1
            ))
            .hint("nothing was forgotten; mend or remove the line")
        })?;
        if what.records.contains(&record.key()) {
            touched += 1;
            continue;
        }
        match what.change(&record)? {
            Some(changed) => {
                touched += 1;
                let json = changed.to_json().map_err(|cause| fail(cause.into()))?;
                to.write_all(&json).map_err(fail)?;
            }
            None => to.write_all(&line).map_err(fail)?,
        }
        to.write_all(b"\n").map_err(fail)?;
    }
    let file = to.into_inner().map_err(|cause| fail(cause.into_error()))?;
    file.sync_all().map_err(fail)?;
    std::fs::rename(&beside, path).map_err(fail)?;
    Ok(touched)
}
