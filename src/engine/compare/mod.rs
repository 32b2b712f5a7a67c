//! What is on the target beside what should be there, field by field. Whatever
//! was declared as a loss is not compared; everything else is, and so is what
//! was moved into the first line of a text.

mod conversation;
mod files;
mod knowledge;
mod messages;
mod people;
mod values;

use std::collections::{HashMap, HashSet};

use crate::connector::{Body, Effect, Item, Loss, ReadBack, Reply, field};
use crate::ledger::{Finding, Verdict};
use crate::schema::{Date, Key, Kind, Message, Record};
use serde::Serialize;
use values::{fold, shorten};

/// What was found when one record was compared.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Everything that is not as it should be.
    pub findings: Vec<Finding>,
    /// Messages and files of the record by how they were found.
    pub parts: HashMap<Kind, Parts>,
}

/// One value that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The source record.
    pub key: Key,
    /// The message of the record that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Key>,
    /// Its id on the target.
    pub target: String,
    /// Which field, from [`crate::connector::field`].
    pub field: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// The differences of one record, without what could not be compared.
pub(super) fn differences(
    item: &Item,
    target: &str,
    losses: &[Loss],
    read: &ReadBack,
) -> Vec<Difference> {
    compare(item, target, losses, &HashMap::new(), read)
        .findings
        .into_iter()
        .filter_map(|finding| {
            // Something that stands for nothing on the target was edited by nobody.
            if finding.reason.is_some() {
                return None;
            }
            Some(Difference {
                key: finding.key,
                part: finding.part,
                target: target.to_owned(),
                field: finding.field?,
                expected: finding.expected.unwrap_or_else(nothing),
                found: finding.found.unwrap_or_else(nothing),
            })
        })
        .collect()
}

/// What a message that is added or edited will say, beside what `there` says now.
pub(super) fn said(conversation: &Key, reply: &Reply, there: Option<&Message>) -> Difference {
    let message = &reply.part.message;
    let told = |message: &Message| shorten(&messages::show(message));
    Difference {
        key: conversation.clone(),
        part: Some(Key::new(Kind::Message, &message.id)),
        target: reply.target_id.clone(),
        field: field::MESSAGE.to_owned(),
        expected: told(message),
        found: there.map_or_else(nothing, told),
    }
}

fn nothing() -> String {
    "nothing".to_owned()
}

/// How many parts of one kind were found to be what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub matched: u64,
    pub differs: u64,
    pub missing: u64,
    pub extra: u64,
}

/// Compares one record with what was read back of it. `ids` are those of its
/// messages on the target, as far as they are known.
pub(super) fn compare(
    item: &Item,
    target: &str,
    losses: &[Loss],
    ids: &HashMap<String, String>,
    read: &ReadBack,
) -> Compared {
    let mut check = Check {
        item,
        target,
        losses,
        ids,
        read,
        found: Compared::default(),
        part: None,
        scope: String::new(),
    };
    match (&item.body, &read.record) {
        (Body::Conversation(bundle), Some(Record::Conversation(found))) => {
            check.conversation(&bundle.conversation, found);
            check.messages(&bundle.messages, &read.messages);
            check.files_of_messages(&bundle.messages, read);
        }
        (Body::Contact(contact), Some(Record::Contact(found))) => check.contact(contact, found),
        (Body::Organization(organization), Some(Record::Organization(found))) => {
            check.organization(organization, found);
        }
        (Body::Category(category), Some(Record::Category(found))) => {
            check.category(category, found);
        }
        (Body::Article(bundle), Some(Record::Article(found))) => {
            check.article(&bundle.article, found);
            check.files_of_article(&bundle.attachments, read);
        }
        (_, Some(found)) => check.add(
            Verdict::Error,
            Finding::new(Verdict::Error, item.key())
                .because(format!("the target reads it back as a {}", found.kind())),
        ),
        (_, None) => {}
    }
    check.found
}

/// A comparison that is going on.
struct Check<'a> {
    item: &'a Item,
    target: &'a str,
    losses: &'a [Loss],
    /// Ids of messages on the target, by the source's, where receipts tell.
    ids: &'a HashMap<String, String>,
    read: &'a ReadBack,
    found: Compared,
    /// The message or file that is looked at.
    part: Option<Key>,
    /// The part of the record that losses are looked up for, see [`Loss::part`].
    scope: String,
}

impl Check<'_> {
    /// Looks at a message or file, with the losses of `scope`.
    fn enter(&mut self, part: Option<Key>, scope: &str) {
        self.part = part;
        scope.clone_into(&mut self.scope);
    }

    /// Looks at the record itself again.
    fn leave(&mut self) {
        self.enter(None, "");
    }

    fn lost(&self, field: &str) -> bool {
        self.lost_of(field, &self.scope)
    }

    fn lost_of(&self, field: &str, part: &str) -> bool {
        self.losses.iter().any(|loss| loss.hides(field, part))
    }

    /// Whether a field was declared to stand elsewhere: in the first line of the text.
    fn moved_away(&self, field: &str) -> bool {
        let mut hiding = self
            .losses
            .iter()
            .filter(|loss| loss.hides(field, &self.scope))
            .peekable();
        hiding.peek().is_some() && hiding.all(|loss| loss.effect == Effect::Moved)
    }

    fn add(&mut self, verdict: Verdict, finding: Finding) {
        self.found.findings.push(Finding {
            verdict,
            target: finding.target.or_else(|| Some(self.target.to_owned())),
            part: finding.part.or_else(|| self.part.clone()),
            ..finding
        });
    }

    /// A value that is not as it should be, whatever was declared.
    fn differ(&mut self, field: &str, expected: impl AsRef<str>, found: impl AsRef<str>) {
        self.report(
            Verdict::Differs,
            field,
            Some(expected.as_ref()),
            Some(found.as_ref()),
        );
    }

    fn report(
        &mut self,
        verdict: Verdict,
        field: &str,
        expected: Option<&str>,
        found: Option<&str>,
    ) {
        let finding = Finding {
            field: Some(field.to_owned()),
            expected: expected.map(shorten),
            found: found.map(shorten),
            ..Finding::new(verdict, self.item.key())
        };
        self.add(verdict, finding);
    }

    fn text(&mut self, field: &str, expected: &str, found: &str) {
        let (expected, found) = (fold(expected), fold(found));
        if expected != found && !self.lost(field) {
            self.differ(field, expected, found);
        }
    }

    /// Text that the source may not have.
    fn optional(&mut self, field: &str, expected: Option<&str>, found: Option<&str>) {
        if let Some(expected) = expected.filter(|text| !text.trim().is_empty()) {
            self.text(field, expected, found.unwrap_or_default());
        }
    }

    fn value<T: ToString + PartialEq>(
        &mut self,
        field: &str,
        expected: Option<T>,
        found: Option<T>,
    ) {
        if expected.is_some() && expected != found && !self.lost(field) {
            let show = |value: Option<T>| value.map_or("nothing".into(), |v| v.to_string());
            self.differ(field, show(expected), show(found));
        }
    }

    /// A mark that is set or not.
    fn flag(&mut self, field: &str, what: &str, expected: bool, found: bool) {
        if expected != found && !self.lost(field) {
            let show = |set: bool| format!("{}{what}", if set { "" } else { "not " });
            self.differ(field, show(expected), show(found));
        }
    }

    fn date(&mut self, field: &str, expected: Option<Date>, found: Option<Date>) {
        let Some(expected) = expected else { return };
        if !values::near(expected, found) && !self.lost(field) {
            let found = found.map_or("nothing".into(), |date| date.to_string());
            self.differ(field, expected.to_string(), found);
        }
    }

    /// A reference that does not lead where it should, or cannot: what it
    /// leads to on the source has no id on the target.
    fn astray(&mut self, field: &str, source: &str, target: Option<&str>, found: &str) {
        if let Some(target) = target {
            return self.differ(field, target, found);
        }
        let finding = Finding {
            field: Some(field.to_owned()),
            expected: Some(format!("source id {source}")),
            found: Some(shorten(found)),
            ..Finding::new(Verdict::Differs, self.item.key())
        };
        self.add(
            Verdict::Differs,
            finding.because("it has no id on the target"),
        );
    }

    /// A reference to another record, by its id on the target.
    fn reference(&mut self, field: &str, kind: Kind, expected: Option<&str>, found: Option<&str>) {
        let Some(expected) = expected else { return };
        let target = self.item.refs.get(kind, expected);
        if (target.is_some() && target == found) || self.lost(field) {
            return;
        }
        self.astray(field, expected, target, found.unwrap_or("nothing"));
    }

    fn person(&mut self, field: &str, expected: Option<&str>, found: Option<&str>) {
        let Some(expected) = expected else { return };
        let target = self.item.refs.person_id(expected);
        // Somebody who may be known under two ids (contact and agent) is found under one.
        let agent = self.item.refs.get(Kind::Agent, expected);
        if self.lost(field) || (found.is_some() && (found == target || found == agent)) {
            return;
        }
        self.astray(field, expected, target, found.unwrap_or("nobody"));
    }

    /// Words of which the target may have more: ours, and what its own fields imply.
    fn words(&mut self, field: &str, expected: &[String], found: &[String]) {
        let there: HashSet<String> = found.iter().map(|word| word.to_lowercase()).collect();
        let missing: Vec<&str> = expected
            .iter()
            .filter(|word| !there.contains(&word.to_lowercase()))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() && !self.lost(field) {
            self.differ(field, missing.join(", "), found.join(", "));
        }
    }

    fn custom_fields(
        &mut self,
        field: &str,
        expected: &crate::schema::CustomFields,
        found: &crate::schema::CustomFields,
    ) {
        for (id, value) in expected {
            let wanted = values::plain(Some(value));
            if wanted.is_empty() || self.lost_of(field, id) {
                continue;
            }
            let target = self.item.refs.get(Kind::Field, id);
            let there = values::plain(target.and_then(|target| found.get(target)));
            if wanted != there {
                let there = match target {
                    Some(_) => format!("{id} = {there}"),
                    None => "the target has no such field".to_owned(),
                };
                self.differ(field, format!("{id} = {wanted}"), there);
            }
        }
    }

    /// Counts a part.
    fn count(&mut self, kind: Kind, add: impl FnOnce(&mut Parts)) {
        add(self.found.parts.entry(kind).or_default());
    }
}

#[cfg(test)]
mod tests;
