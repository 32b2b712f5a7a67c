//! The omnichannel audit of a desk, from what is in the ledger.
//!
//! Records stream by once, kind after kind; what is kept of them is counters:
//! about 100 bytes a conversation, 40 a contact, 12 a message, and the desk's
//! tags, fields and articles. Figures that the data does not tell are
//! left empty and listed in [`Audit::unknown`] with the reason.

mod content;
mod figures;
mod model;
mod people;
mod service;
mod told;

use std::hash::{DefaultHasher, Hash, Hasher};

pub use figures::{Compared, Figure, Row, Value, compare, figures};
pub use model::*;

use crate::connector::Result;
use crate::ledger::Ledger;
use crate::mapping::UserMapping;
use crate::schema::{Date, Key, Kind, Record};

/// A conversation begun by the same person on another channel within this time
/// continues one that was cut off.
pub const FOLLOW_UP_DAYS: i64 = 7;

/// A field that was not filled, or an agent who did nothing, for so long is idle.
pub const FIELD_DAYS: i64 = 365;

/// See [`FIELD_DAYS`].
pub const AGENT_DAYS: i64 = 90;

/// Commands that read the source.
pub const READERS: [&str; 3] = ["pull", "migrate", "sync"];

/// Examples of one sort.
const EXAMPLES: usize = 5;

/// Rows of a list of the first ones.
const TOP: usize = 20;

const PAGE: usize = 500;

/// What an audit is made of.
pub struct Options<'a> {
    /// The desk's name.
    pub desk: &'a str,
    /// The moment that ages are counted to.
    pub at: Date,
    /// Whose clock the busiest hours are told by.
    pub time_zone: jiff::tz::TimeZone,
    /// Who is one person.
    pub mapping: &'a UserMapping,
    /// Only these conversations, contacts and articles, which we wrote: what our
    /// lines in their texts say counts, too. All when `None`.
    pub only: Option<&'a dyn Fn(&Key) -> bool>,
    /// Fails when the user wants to stop.
    pub check: &'a dyn Fn() -> Result<()>,
}

/// Counts what the ledger has.
pub fn assess(ledger: &Ledger, options: &Options<'_>) -> Result<Audit> {
    let mut content = content::Content::new(options);
    let mut people = people::Tracker::new(ledger, options)?;
    let mut service = service::Service::new(options);
    let mut left_out = LeftOut::default();
    let wanted = |key: Key| options.only.is_none_or(|only| only(&key));
    each(ledger, Kind::Agent, options, |_, record| {
        if let Record::Agent(agent) = record {
            people.agent(&agent);
        }
        Ok(())
    })?;
    for kind in [Kind::Field, Kind::Organization, Kind::Contact] {
        each(ledger, kind, options, |_, record| {
            match &record {
                Record::Field(field) => content.field(field),
                Record::Organization(organization) => {
                    content.filled(kind, &organization.custom_fields, organization.updated_at);
                }
                Record::Contact(contact) if !wanted(record.key()) => left_out.contacts += 1,
                Record::Contact(contact) => {
                    people.contact(contact);
                    content.filled(kind, &contact.custom_fields, contact.updated_at);
                }
                _ => {}
            }
            Ok(())
        })?;
    }
    let told = told::Told::read(ledger, options)?;
    each(ledger, Kind::Conversation, options, |seq, record| {
        let key = record.key();
        if let Record::Conversation(mut conversation) = record {
            told.conversation(&mut conversation);
            if !wanted(key) {
                left_out.conversations += 1;
            } else if conversation.deleted {
                left_out.deleted += 1;
            } else if conversation.spam {
                left_out.spam += 1;
            } else {
                let person = people.begun(&conversation);
                content.tags(&conversation.tags);
                content.filled(
                    Kind::Conversation,
                    &conversation.custom_fields,
                    conversation.created_at,
                );
                service.conversation(seq, &conversation, person);
            }
        }
        Ok(())
    })?;
    each(ledger, Kind::Message, options, |_, record| {
        if let Record::Message(mut message) = record
            && !message.is_history()
            && let Some(at) = service.place(&message.conversation_id)
            && (options.only.is_none() || told::message(&mut message))
        {
            let direction = people.said(&message, service.person(at));
            service.message(&message, at, direction);
        }
        Ok(())
    })?;
    each(ledger, Kind::Rating, options, |_, record| {
        if let Record::Rating(rating) = record {
            service.rating(&rating);
        }
        Ok(())
    })?;
    each(ledger, Kind::Article, options, |_, record| {
        let key = record.key();
        if let Record::Article(article) = record {
            match wanted(key) {
                true => content.article(&article),
                false => left_out.articles += 1,
            }
        }
        Ok(())
    })?;
    each(ledger, Kind::Attachment, options, |_, record| {
        if let Record::Attachment(attachment) = record {
            content.attachment(ledger, attachment, &wanted, &service)?;
        }
        Ok(())
    })?;
    let mut unknown = Vec::new();
    let cut_off = service.cut_off(ledger, &people)?;
    let people = people.finish(ledger, options, cut_off)?;
    let served = service.finish(&mut unknown);
    let content = content.finish(&mut unknown);
    if people.contacts.all == 0 {
        unknown.push(Unknown::new("people", Why::NoContacts));
    }
    Ok(Audit {
        desk: options.desk.to_owned(),
        at: options.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        time_zone: options.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        volume: served.volume,
        customers: people.contacts,
        service: served.service,
        hours: served.hours,
        tags: content.tags,
        fields: content.fields,
        articles: content.articles,
        files: content.files,
        agents: people.agents,
        left_out,
        not_read: super::not_read(ledger)?,
        unknown,
    })
}

/// The conversations that are on the target, by their receipts, as the source
/// has them.
pub fn arrived(ledger: &Ledger, options: &Options<'_>) -> Result<Volume> {
    let mut service = service::Service::new(options);
    each(ledger, Kind::Conversation, options, |seq, record| {
        if let Record::Conversation(conversation) = &record
            && !conversation.deleted
            && !conversation.spam
            && ledger.receipt(&record.key())?.is_some()
        {
            service.conversation(seq, conversation, None);
        }
        Ok(())
    })?;
    Ok(service.finish(&mut Vec::new()).volume)
}

/// Calls `visit` with every record of a kind that is on the desk.
fn each(
    ledger: &Ledger,
    kind: Kind,
    options: &Options<'_>,
    mut visit: impl FnMut(i64, Record) -> Result<()>,
) -> Result<()> {
    let mut after = 0;
    loop {
        (options.check)()?;
        let page = ledger.scan(kind, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        for stored in page {
            visit(stored.seq, stored.record)?;
        }
    }
}

/// Stands for an id where thousands are kept.
fn short(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// The moment that ages are counted to: when the source was read last.
pub fn moment(ledger: &Ledger) -> Result<Date> {
    let runs = ledger.runs(usize::MAX)?;
    let read = runs
        .iter()
        .find(|run| READERS.contains(&run.command.as_str()))
        .and_then(|run| run.started_at.parse().ok());
    Ok(read.unwrap_or_else(Date::now))
}

#[cfg(test)]
mod tests;
