//! A pilot: the few conversations that are hardest to move, with everything they need.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Project;
use crate::connector::{Result, TargetDesk};
use crate::ledger::{Ledger, Stored};
use crate::schema::{Access, Attachment, Contact, Conversation, Key, Kind, Message, Owner, Record};

crate::schema::values! {
    /// Why a conversation is hard.
    Why {
        /// Many messages.
        Messages = "messages",
        /// Many files.
        Attachments = "attachments",
        /// Merged with another one, or linked to it.
        Merged = "merged",
        /// Somebody without an account on the target works on it or wrote in it.
        Former = "former",
        /// Internal notes.
        Notes = "notes",
        /// Letters beyond those of Western languages.
        Encoding = "encoding",
        /// Of a customer who has several contacts.
        Unified = "unified",
        /// Deleted, or spam.
        Deleted = "deleted",
        /// Nothing special.
        Ordinary = "ordinary",
    }
}

/// A conversation that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hard {
    /// Its id.
    pub id: String,
    /// Its number, as people know it.
    pub number: String,
    /// Why it was chosen.
    pub why: Why,
    /// Messages.
    pub messages: u64,
    /// Files of its messages.
    pub files: u64,
}

/// Candidates that are looked at closely, for each reason.
const CLOSE: usize = 60;

/// The best of each reason so far.
#[derive(Default)]
struct Best(BTreeMap<Why, Vec<(u64, String)>>);

impl Best {
    fn add(&mut self, why: Why, score: u64, id: &str) {
        if score == 0 {
            return;
        }
        let list = self.0.entry(why).or_default();
        list.push((score, id.to_owned()));
        if list.len() >= 4 * CLOSE {
            cut(list);
        }
    }

    fn ids(&mut self) -> HashSet<String> {
        self.0.values_mut().for_each(cut);
        let all = self.0.values().flatten();
        all.map(|(_, id)| id.clone()).collect()
    }
}

/// The highest scores; among the same, the smallest id, so that two runs choose the same.
fn cut(list: &mut Vec<(u64, String)>) {
    list.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    list.dedup();
    list.truncate(CLOSE);
}

/// Chooses about `count` conversations of the ledger: some for each reason
/// why conversations are hard, the hardest first, then ordinary ones. Those
/// that filters leave out are not among them.
pub fn hardest(project: &Project, target: &TargetDesk, count: usize) -> Result<Vec<Hard>> {
    let ledger = &project.ledger;
    let mapping = super::push::compile(project, target)?;
    let mut former = HashSet::new();
    each(ledger, Kind::Agent, |record| {
        if let Record::Agent(agent) = record
            && mapping.agent(&agent).is_none()
        {
            former.insert(agent.id);
        }
        Ok(())
    })?;
    let mut best = Best::default();
    each(ledger, Kind::Conversation, |record| {
        let Record::Conversation(found) = record else {
            return Ok(());
        };
        let id = found.id.clone();
        let kept = mapping.apply(Record::Conversation(found.clone()))?;
        if matches!(kept, crate::mapping::Applied::Skip { .. }) {
            return Ok(());
        }
        let messages = ledger.count_children(&Key::new(Kind::Conversation, &id), Kind::Message)?;
        best.add(Why::Messages, messages, &id);
        best.add(
            Why::Merged,
            found.links.len() as u64 * 1000 + messages * u64::from(!found.links.is_empty()),
            &id,
        );
        best.add(Why::Deleted, u64::from(found.deleted || found.spam), &id);
        let assignee = found.assignee_id.as_ref();
        best.add(
            Why::Former,
            u64::from(assignee.is_some_and(|id| former.contains(id))),
            &id,
        );
        best.add(
            Why::Encoding,
            foreign(found.subject.as_deref().unwrap_or_default()),
            &id,
        );
        let requester = found.requester_id.as_deref().unwrap_or_default();
        let unified =
            ledger.unified_with(requester)?.is_some() || !ledger.members(requester)?.is_empty();
        best.add(Why::Unified, u64::from(unified), &id);
        best.add(Why::Ordinary, u64::from(messages > 0), &id);
        Ok(())
    })?;
    let mut files: HashMap<String, u64> = HashMap::new();
    each(ledger, Kind::Attachment, |record| {
        if let Record::Attachment(Attachment {
            owner: Owner::Message(message),
            ..
        }) = record
        {
            *files.entry(message).or_default() += 1;
        }
        Ok(())
    })?;
    let mut owners: Vec<(u64, String)> = files.into_iter().map(|(id, n)| (n, id)).collect();
    cut(&mut owners);
    for (count, message) in owners {
        if let Some(Record::Message(message)) = record(ledger, Kind::Message, &message)? {
            best.add(Why::Attachments, count, &message.conversation_id);
        }
    }
    let known = best.ids();
    let mut looked: HashMap<String, (u64, u64)> = HashMap::new();
    for id in known {
        let (messages, files, notes, foreign, strangers) = look(ledger, &id, &former)?;
        looked.insert(id.clone(), (messages, files));
        best.add(Why::Attachments, files, &id);
        best.add(Why::Notes, notes, &id);
        best.add(Why::Encoding, foreign, &id);
        best.add(Why::Former, strangers, &id);
    }
    best.0.values_mut().for_each(cut);
    let mut chosen: Vec<Hard> = Vec::new();
    let mut round = 0;
    while chosen.len() < count && round < CLOSE {
        for why in Why::ALL.iter().copied() {
            // Ordinary ones fill up what the others leave.
            if why == Why::Ordinary && round < 3 {
                continue;
            }
            let Some((_, id)) = best.0.get(&why).and_then(|list| list.get(round)) else {
                continue;
            };
            if chosen.len() >= count || chosen.iter().any(|hard| hard.id == *id) {
                continue;
            }
            let Some(Record::Conversation(found)) = record(ledger, Kind::Conversation, id)? else {
                continue;
            };
            let (messages, files) = looked.get(id).copied().unwrap_or_default();
            chosen.push(Hard {
                number: found.number.unwrap_or_else(|| id.clone()),
                id: id.clone(),
                why,
                messages,
                files,
            });
        }
        round += 1;
    }
    Ok(chosen)
}

/// Messages, files, notes, foreign letters, messages of former agents.
fn look(ledger: &Ledger, id: &str, former: &HashSet<String>) -> Result<(u64, u64, u64, u64, u64)> {
    let (mut files, mut notes, mut letters, mut strangers) = (0, 0, 0, 0);
    let (key, mut messages) = (Key::new(Kind::Conversation, id), 0);
    for stored in ledger.children(&key, Kind::Message)? {
        let Record::Message(message) = &stored.record else {
            continue;
        };
        if message.is_history() {
            continue;
        }
        messages += 1;
        files += ledger.count_children(&stored.record.key(), Kind::Attachment)?;
        notes += u64::from(message.visibility == Access::Internal);
        letters += foreign(text(message));
        let author = message.author.id.as_ref();
        strangers += u64::from(author.is_some_and(|id| former.contains(id)));
    }
    Ok((messages, files, notes, letters, strangers))
}

fn text(message: &Message) -> &str {
    let text = message.text.as_deref().or(message.html.as_deref());
    text.unwrap_or_default()
}

/// Letters that need more than Latin scripts: other scripts, emoji, marks of
/// broken encodings.
fn foreign(text: &str) -> u64 {
    let beyond = |c: char| c > '\u{24f}' && !('\u{2000}'..='\u{2bff}').contains(&c);
    text.chars().filter(|c| beyond(*c)).count() as u64
}

fn record(ledger: &Ledger, kind: Kind, id: &str) -> Result<Option<Record>> {
    Ok(ledger.get(&Key::new(kind, id))?.map(|stored| stored.record))
}

fn each(ledger: &Ledger, kind: Kind, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let page = ledger.scan(kind, after, 500)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        for Stored { record, .. } in page {
            each(record)?;
        }
    }
}

/// The same project, about these conversations and what they need only:
/// the people in them with their organizations, and all that is structure.
pub fn only(project: &Project, conversations: &[Hard]) -> Result<Project> {
    let ledger = &project.ledger;
    let mut keys = HashSet::new();
    for kind in [
        Kind::Group,
        Kind::Agent,
        Kind::Brand,
        Kind::Field,
        Kind::Form,
    ] {
        each(ledger, kind, |record| {
            keys.insert(record.key());
            Ok(())
        })?;
    }
    let mut people = HashSet::new();
    for hard in conversations {
        let key = Key::new(Kind::Conversation, &hard.id);
        if let Some(Record::Conversation(found)) = record(ledger, Kind::Conversation, &hard.id)? {
            organization(&mut keys, found.organization_id.as_deref());
            people.extend(in_conversation(&found));
        }
        for stored in ledger.children(&key, Kind::Message)? {
            if let Record::Message(message) = stored.record {
                people.extend(message.author.id);
            }
        }
        keys.insert(key);
    }
    for id in people {
        // Whoever is written as one comes as one.
        let kept = match ledger.unified_with(&id)? {
            Some(unified) => unified.kept,
            None => id,
        };
        let mut all: Vec<String> = ledger.members(&kept)?.into_iter().map(|m| m.id).collect();
        all.push(kept);
        for id in all {
            if let Some(Record::Contact(contact)) = record(ledger, Kind::Contact, &id)? {
                let Contact {
                    organization_ids, ..
                } = contact;
                for id in &organization_ids {
                    organization(&mut keys, Some(id));
                }
            }
            // Also one of the staff, who becomes a contact without an account there.
            keys.insert(Key::new(Kind::Contact, id));
        }
    }
    let mut project = project.clone();
    project.settings.only = Some(Arc::new(keys));
    Ok(project)
}

fn organization(keys: &mut HashSet<Key>, id: Option<&str>) {
    keys.extend(id.map(|id| Key::new(Kind::Organization, id)));
}

fn in_conversation(found: &Conversation) -> impl Iterator<Item = String> + '_ {
    let one = found.requester_id.iter().chain(&found.assignee_id);
    one.chain(&found.cc_ids).chain(&found.follower_ids).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_other_scripts_and_emoji_count_and_quotes_do_not() {
        assert_eq!(foreign("Olá, “café” – naïve…"), 0);
        assert_eq!(foreign("你好"), 2);
        assert_eq!(foreign("ok 🎉"), 1);
    }

    #[test]
    fn the_highest_scores_stay() {
        let mut list = vec![
            (1, "c".to_owned()),
            (9, "b".to_owned()),
            (9, "a".to_owned()),
        ];
        cut(&mut list);
        let ids: Vec<&str> = list.iter().map(|(_, id)| id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }
}
