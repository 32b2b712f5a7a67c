//! What is on the target beside what should be there, field by field. Whatever
//! was declared as a loss is not compared; everything else is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::connector::{
    ArticleBundle, Body, Bundle, File, Item, Loss, Part, ReadBack, field, text,
};
use crate::schema::{
    Article, Attachment, AuthorKind, Contact, Conversation, Date, IdentityKind, Key, Kind, Message,
    Record,
};

/// One value that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The source record.
    pub key: Key,
    /// Its id on the target.
    pub target: String,
    /// Which field, from [`field`].
    pub field: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// Compares one record.
pub(super) struct Comparison<'a> {
    item: &'a Item,
    target: String,
    losses: &'a [Loss],
    /// The message or translation that is compared now, see [`Loss::part`].
    part: String,
    differences: Vec<Difference>,
}

/// Longest text that a difference shows, in characters.
const SHOWN: usize = 120;

/// How far two dates may be apart: platforms keep seconds, attribution lines minutes.
const DATE_SLACK_SECONDS: i64 = 1;

impl<'a> Comparison<'a> {
    /// What differs between an item and what was read back.
    pub fn run(
        item: &'a Item,
        target: &str,
        losses: &'a [Loss],
        read: &ReadBack,
    ) -> Vec<Difference> {
        let mut comparison = Comparison {
            item,
            target: target.to_owned(),
            losses,
            part: String::new(),
            differences: Vec::new(),
        };
        match (&item.body, &read.record) {
            (Body::Conversation(bundle), Some(Record::Conversation(found))) => {
                comparison.conversation(bundle, found, read);
            }
            (Body::Contact(contact), Some(Record::Contact(found))) => {
                comparison.contact(contact, found);
            }
            (Body::Organization(organization), Some(Record::Organization(found))) => {
                comparison.text(field::ORGANIZATION_NAME, &organization.name, &found.name);
            }
            (Body::Category(category), Some(Record::Category(found))) => {
                comparison.text(field::CATEGORY, category.name(), found.name());
            }
            (Body::Article(bundle), Some(Record::Article(found))) => {
                comparison.article(bundle, found, read);
            }
            _ => {}
        }
        comparison.differences
    }

    fn lost(&self, field: &str) -> bool {
        self.lost_of(field, &self.part)
    }

    fn lost_of(&self, field: &str, part: &str) -> bool {
        self.losses.iter().any(|loss| loss.hides(field, part))
    }

    fn differ(&mut self, field: &str, expected: impl Into<String>, found: impl Into<String>) {
        let (expected, found) = (expected.into(), found.into());
        self.differences.push(Difference {
            key: self.item.key(),
            target: self.target.clone(),
            field: field.to_owned(),
            expected: shorten(&expected),
            found: shorten(&found),
        });
    }

    fn text(&mut self, field: &str, expected: &str, found: &str) {
        let (expected, found) = (fold(expected), fold(found));
        if expected != found && !self.lost(field) {
            self.differ(field, expected, found);
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

    fn date(&mut self, field: &str, expected: Option<Date>, found: Option<Date>) {
        let Some(expected) = expected else { return };
        let near = found.is_some_and(|found| {
            (found.as_second() - expected.as_second()).abs() <= DATE_SLACK_SECONDS
        });
        if !near && !self.lost(field) {
            let found = found.map_or("nothing".into(), |date| date.to_string());
            self.differ(field, expected.to_string(), found);
        }
    }

    fn person(&mut self, field: &str, expected: Option<&str>, found: Option<&str>) {
        let Some(expected) = expected else { return };
        let target = self.item.refs.person_id(expected);
        // Somebody who may be known under two ids (contact and agent) is found under one.
        let agent = self.item.refs.get(Kind::Agent, expected);
        if self.lost(field) || (found.is_some() && (found == target || found == agent)) {
            return;
        }
        let expected = target.map_or_else(
            || format!("source id {expected}, which has no target id"),
            str::to_owned,
        );
        self.differ(field, expected, found.unwrap_or("nobody"));
    }

    fn conversation(&mut self, bundle: &Bundle, found: &Conversation, read: &ReadBack) {
        let expected = &bundle.conversation;
        self.text(
            field::SUBJECT,
            expected.subject.as_deref().unwrap_or_default(),
            found.subject.as_deref().unwrap_or_default(),
        );
        self.value(field::STATUS, Some(expected.status), Some(found.status));
        self.value(field::PRIORITY, expected.priority, found.priority);
        self.value(field::TYPE, expected.ticket_type, found.ticket_type);
        self.value(field::CHANNEL, Some(expected.channel), Some(found.channel));
        self.date(field::CREATED_AT, expected.created_at, found.created_at);
        self.date(field::UPDATED_AT, expected.updated_at, found.updated_at);
        self.date(field::SOLVED_AT, expected.solved_at, found.solved_at);
        self.date(field::DUE_AT, expected.due_at, found.due_at);
        self.person(
            field::REQUESTER,
            expected.requester_id.as_deref(),
            found.requester_id.as_deref(),
        );
        self.person(
            field::ASSIGNEE,
            expected.assignee_id.as_deref(),
            found.assignee_id.as_deref(),
        );
        for (name, kind, expected, found) in [
            (
                field::GROUP,
                Kind::Group,
                &expected.group_id,
                &found.group_id,
            ),
            (
                field::ORGANIZATION,
                Kind::Organization,
                &expected.organization_id,
                &found.organization_id,
            ),
        ] {
            let target = expected
                .as_ref()
                .and_then(|id| self.item.refs.get(kind, id))
                .map(str::to_owned);
            self.value(name, target, found.clone());
        }
        self.tags(&expected.tags, &found.tags);
        self.custom_fields(expected, found);
        self.people_in_copy(expected, found);
        self.messages(&bundle.messages, &read.messages);
        let files: Vec<(&str, &File)> = bundle
            .messages
            .iter()
            .flat_map(|part| {
                part.attachments
                    .iter()
                    .map(|file| (&*part.message.id, file))
            })
            .collect();
        self.files(&files, &read.attachments);
    }

    /// The target may have more tags: ours, and what its own fields imply.
    fn tags(&mut self, expected: &[String], found: &[String]) {
        let found: BTreeSet<String> = found.iter().map(|tag| tag.to_lowercase()).collect();
        let missing: Vec<&str> = expected
            .iter()
            .filter(|tag| !found.contains(&tag.to_lowercase()))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() && !self.lost(field::TAGS) {
            let found: Vec<String> = found.into_iter().collect();
            self.differ(field::TAGS, missing.join(", "), found.join(", "));
        }
    }

    fn custom_fields(&mut self, expected: &Conversation, found: &Conversation) {
        let mut wrong = Vec::new();
        for (id, value) in &expected.custom_fields {
            let Some(target) = self.item.refs.get(Kind::Field, id) else {
                continue;
            };
            if self.lost_of(field::CUSTOM_FIELDS, id) {
                continue;
            }
            let there = found.custom_fields.get(target);
            if plain(Some(value)) != plain(there) {
                wrong.push((id.clone(), plain(Some(value)), plain(there)));
            }
        }
        for (id, expected, found) in wrong {
            self.differ(
                field::CUSTOM_FIELDS,
                format!("{id} = {expected}"),
                format!("{id} = {found}"),
            );
        }
    }

    fn people_in_copy(&mut self, expected: &Conversation, found: &Conversation) {
        let count = expected.cc_ids.len() + expected.cc_emails.len();
        let there = found.cc_ids.len() + found.cc_emails.len();
        if count > there && !self.lost(field::CC) {
            self.differ(
                field::CC,
                format!("{count} people"),
                format!("{there} people"),
            );
        }
    }

    /// Pairs messages in order. A message that was split stands as several;
    /// a note that we added ourselves is no message of the source.
    fn messages(&mut self, expected: &[Part], found: &[Message]) {
        let mut found = found
            .iter()
            .filter(|message| !text::is_own_note(body(message).0))
            .peekable();
        let mut paired = 0;
        for part in expected {
            let Some(mut there) = found.next() else { break };
            paired += 1;
            let wanted = comparable(&part.message);
            let mut text = comparable(there);
            // Where a text was cut, white space comes and goes.
            let whole = bare(&wanted);
            let mut begun = bare(&text);
            while !begun.is_empty() && begun != whole && whole.starts_with(&begun) {
                let Some(next) = found.peek() else { break };
                let more = comparable(next);
                if more.is_empty() || !whole[begun.len()..].starts_with(&bare(&more)) {
                    break;
                }
                begun.push_str(&bare(&more));
                text = format!("{text} {more}");
                there = next;
                found.next();
            }
            self.message(&part.message, there, &wanted, &text);
        }
        let left = found.count();
        let counted = |loss: &Loss| loss.field == field::MESSAGE && !loss.compared;
        if (paired < expected.len() || left > 0) && !self.losses.iter().any(counted) {
            self.differ(
                field::MESSAGE,
                format!("{} messages", expected.len()),
                format!("{} messages", paired + left),
            );
        }
    }

    fn message(&mut self, expected: &Message, found: &Message, wanted: &str, there: &str) {
        self.part.clone_from(&expected.id);
        let (whole, found_whole) = (bare(wanted), bare(there));
        // What has no other place may be told in the text; the text itself
        // must be there all the same.
        let told = [field::MESSAGE_CALL, field::ATTACHMENT];
        let same = match told.into_iter().any(|field| self.lost(field)) {
            true => found_whole.contains(&whole),
            false => found_whole == whole,
        };
        if !same && !self.lost(field::MESSAGE_BODY) {
            self.differ(
                field::MESSAGE_BODY,
                format!("message {}: {}", expected.id, around(wanted, there)),
                around(there, wanted),
            );
        }
        if expected.visibility != found.visibility && !self.lost(field::MESSAGE_VISIBILITY) {
            self.differ(
                field::MESSAGE_VISIBILITY,
                format!("message {}: {}", expected.id, expected.visibility),
                found.visibility.to_string(),
            );
        }
        self.date(field::MESSAGE_SENT_AT, expected.sent_at, found.sent_at);
        if matches!(
            expected.author.kind,
            AuthorKind::Contact | AuthorKind::Agent
        ) {
            self.person(
                field::MESSAGE_AUTHOR,
                expected.author.id.as_deref(),
                found.author.id.as_deref(),
            );
        }
        self.part.clear();
    }

    /// Compares files by size and checksum where the target gives one; names
    /// are compared on their own, since platforms clean them. Each stands with
    /// the part of the record that it belongs to.
    fn files(&mut self, expected: &[(&str, &File)], found: &[Attachment]) {
        let expected: Vec<&(&str, &File)> = expected
            .iter()
            .filter(|(part, file)| file.path.is_ok() && !self.lost_of(field::ATTACHMENT, part))
            .collect();
        if expected.len() > found.len() {
            self.differ(
                field::ATTACHMENT,
                format!("{} files", expected.len()),
                format!("{} files", found.len()),
            );
            return;
        }
        let mut sizes: BTreeMap<u64, usize> = BTreeMap::new();
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
        for attachment in found {
            *sizes
                .entry(attachment.size.unwrap_or_default())
                .or_default() += 1;
            *names.entry(attachment.name.as_str()).or_default() += 1;
            if let Some(sum) = &attachment.sha256 {
                *sums.entry(sum.as_str()).or_default() += 1;
            }
        }
        let told: bool = found.iter().any(|attachment| attachment.size.is_some());
        for (part, file) in expected {
            let name = &file.attachment.name;
            if told && !take(&mut sizes, &file.size) {
                self.differ(
                    field::ATTACHMENT,
                    format!("{name}: {} bytes", file.size),
                    "no file of this size",
                );
            }
            if let Some(sum) = &file.attachment.sha256
                && !sums.is_empty()
                && !take(&mut sums, &sum.as_str())
            {
                self.differ(
                    field::ATTACHMENT,
                    format!("{name}: SHA-256 {sum}"),
                    "no file with this checksum",
                );
            }
            if !take(&mut names, &name.as_str()) && !self.lost_of(field::ATTACHMENT_NAME, part) {
                let found: Vec<&str> = found.iter().map(|a| a.name.as_str()).collect();
                self.differ(field::ATTACHMENT_NAME, name, found.join(", "));
            }
        }
    }

    fn contact(&mut self, expected: &Contact, found: &Contact) {
        self.text(
            field::CONTACT_NAME,
            expected.name.as_deref().unwrap_or_default(),
            found.name.as_deref().unwrap_or_default(),
        );
        let addresses: BTreeSet<String> = found
            .identities
            .iter()
            .map(|identity| identity.value.to_lowercase())
            .collect();
        let missing: Vec<&str> = expected
            .identities
            .iter()
            .filter(|identity| {
                matches!(
                    identity.kind,
                    IdentityKind::Email | IdentityKind::Phone | IdentityKind::Mobile
                ) && !addresses.contains(&identity.value.to_lowercase())
                    && !self.lost_of(field::CONTACT_IDENTITIES, identity.kind.name())
            })
            .map(|identity| identity.value.as_str())
            .collect();
        if !missing.is_empty() {
            let found: Vec<String> = addresses.into_iter().collect();
            self.differ(
                field::CONTACT_IDENTITIES,
                missing.join(", "),
                found.join(", "),
            );
        }
    }

    fn article(&mut self, bundle: &ArticleBundle, found: &Article, read: &ReadBack) {
        for translation in &bundle.article.translations {
            self.part.clone_from(&translation.locale);
            let there = found
                .translations
                .iter()
                .find(|there| same_locale(&there.locale, &translation.locale));
            let Some(there) = there else {
                if !self.lost(field::ARTICLE_TRANSLATION) {
                    self.differ(field::ARTICLE_TRANSLATION, &translation.locale, "nothing");
                }
                continue;
            };
            self.text(field::ARTICLE, &translation.title, &there.title);
            let wanted = text::comparable(translation.html.as_deref().unwrap_or_default(), true);
            let found = text::comparable(there.html.as_deref().unwrap_or_default(), true);
            if wanted != found && !self.lost(field::ARTICLE) {
                self.differ(
                    field::ARTICLE,
                    around(&wanted, &found),
                    around(&found, &wanted),
                );
            }
            self.value(field::ARTICLE_STATE, translation.state, there.state);
        }
        self.part.clear();
        let labels: BTreeSet<String> = found.labels.iter().map(|l| l.to_lowercase()).collect();
        let missing: Vec<&str> = bundle
            .article
            .labels
            .iter()
            .filter(|label| !labels.contains(&label.to_lowercase()))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() && !self.lost(field::ARTICLE_LABELS) {
            self.differ(
                field::ARTICLE_LABELS,
                missing.join(", "),
                found.labels.join(", "),
            );
        }
        let files: Vec<(&str, &File)> = bundle.attachments.iter().map(|file| ("", file)).collect();
        self.files(&files, &read.attachments);
    }
}

fn take<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) -> bool {
    match counts.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

fn body(message: &Message) -> (&str, bool) {
    match (&message.html, &message.text) {
        (Some(html), _) => (html, true),
        (None, Some(text)) => (text, false),
        (None, None) => ("", false),
    }
}

fn comparable(message: &Message) -> String {
    let (body, is_html) = body(message);
    text::comparable(body, is_html)
}

/// Without any white space.
fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn same_locale(a: &str, b: &str) -> bool {
    let language = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
    a.eq_ignore_ascii_case(b) || language(a) == language(b)
}

/// A custom field's value for comparing: platforms swap numbers and text.
fn plain(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => number.to_string(),
            _ => text.trim().to_owned(),
        },
        Some(serde_json::Value::Array(items)) => {
            let mut items: Vec<String> = items.iter().map(|item| plain(Some(item))).collect();
            items.sort();
            items.join(", ")
        }
        Some(serde_json::Value::Number(number)) => match number.as_f64() {
            Some(number) => number.to_string(),
            None => number.to_string(),
        },
        Some(other) => other.to_string(),
    }
}

/// The part of a text where it begins to differ from the other one.
fn around(text: &str, other: &str) -> String {
    let same = text
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let start = same.saturating_sub(20);
    let part: String = text.chars().skip(start).take(SHOWN).collect();
    match start {
        0 => part,
        _ => format!("…{part}"),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN * 2) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
