//! What our own lines say. A target that cannot keep a message's date, author
//! or channel has them in the first line of the text; an audit of what was
//! migrated there reads them from it, or it would count the day of the
//! migration.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Options, each, short};
use crate::connector::Result;
use crate::connector::text::{Attribution, is_own_note, strip_attribution};
use crate::engine::timeline::HISTORY;
use crate::ledger::Ledger;
use crate::schema::{Access, Channel, Conversation, Date, Kind, Message, Record};

/// Lines tell no seconds.
const MINUTE: u64 = 60;

/// The beginnings of conversations, as their first messages tell them.
#[derive(Default)]
pub(super) struct Told(HashMap<u64, First>);

struct First {
    /// The target's date, to know which one is first.
    there: Option<Date>,
    said: Option<(Option<Date>, Option<Channel>)>,
}

impl Told {
    /// Reads every message once; nothing when the desk is not one that we wrote.
    pub fn read(ledger: &Ledger, options: &Options<'_>) -> Result<Told> {
        let mut told = Told::default();
        if options.only.is_none() {
            return Ok(told);
        }
        each(ledger, Kind::Message, options, |_, record| {
            if let Record::Message(message) = record
                && !is_own(&message)
            {
                let first = First {
                    there: message.sent_at,
                    said: line(&message).map(|line| (line.sent_at, channel(&line))),
                };
                match told.0.entry(short(&message.conversation_id)) {
                    Entry::Vacant(place) => {
                        place.insert(first);
                    }
                    Entry::Occupied(mut known) if first.there < known.get().there => {
                        known.insert(first);
                    }
                    Entry::Occupied(_) => {}
                }
            }
            Ok(())
        })?;
        Ok(told)
    }

    /// Gives a conversation the date and channel that it had. When it was solved
    /// is told nowhere then.
    pub fn conversation(&self, conversation: &mut Conversation) {
        let first = self.0.get(&short(&conversation.id));
        let Some((date, channel)) = first.and_then(|first| first.said) else {
            return;
        };
        conversation.channel = channel.unwrap_or(conversation.channel);
        if let Some(date) = date
            && !is_near(Some(date), conversation.created_at)
        {
            conversation.created_at = Some(date);
            conversation.first_reply_at = None;
            conversation.solved_at = None;
            conversation.closed_at = None;
            conversation.metrics = None;
        }
    }
}

/// Gives a message the date, channel and visibility that it had; `false` for a
/// note that was none.
pub(super) fn message(message: &mut Message) -> bool {
    if is_own(message) {
        return false;
    }
    if let Some(line) = line(message) {
        if let Some(date) = line.sent_at
            && !is_near(Some(date), message.sent_at)
        {
            message.sent_at = Some(date);
        }
        message.channel = channel(&line).unwrap_or(message.channel);
        if words(&line).any(|word| word == "public") {
            message.visibility = Access::Public;
        }
    }
    true
}

fn body(message: &Message) -> &str {
    message
        .html
        .as_deref()
        .or(message.text.as_deref())
        .unwrap_or_default()
}

/// Of the history of fields there is no message on the source, either.
fn is_own(message: &Message) -> bool {
    let body = body(message);
    is_own_note(body) || body.contains(HISTORY)
}

fn line(message: &Message) -> Option<Attribution> {
    strip_attribution(body(message)).0
}

/// A channel, and where it had to change the visibility.
fn words(line: &Attribution) -> impl Iterator<Item = &str> {
    line.channel.as_deref().unwrap_or_default().split(", ")
}

fn channel(line: &Attribution) -> Option<Channel> {
    words(line).find_map(Channel::parse)
}

fn is_near(one: Option<Date>, other: Option<Date>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.as_second().abs_diff(other.as_second()) <= MINUTE,
        _ => false,
    }
}
