//! Customers: who was seen where, who is split over several profiles; agents
//! and what they do.

use std::collections::{HashMap, HashSet};

use super::{AGENT_DAYS, Agents, Customers, CutOff, EXAMPLES, Idle, Options, Split, short};
use crate::connector::Result;
use crate::engine::unify;
use crate::ledger::Ledger;
use crate::schema::{
    Access, Agent, AuthorKind, Channel, Contact, Conversation, Date, Direction, Key, Kind, Message,
    Record,
};

struct Seat {
    id: String,
    name: Option<String>,
    active: bool,
    last: Option<Date>,
}

pub(super) struct Tracker {
    /// Agents by short id.
    seats: HashMap<u64, Seat>,
    /// Channels that each contact was seen on, as bits.
    channels: HashMap<u64, u32>,
    /// Contacts that are one with another: the one that stays.
    kept: HashMap<u64, u64>,
    contacts: u64,
    found: unify::Found,
    at: Date,
}

/// What people get of the tracker.
pub(super) struct Told {
    pub contacts: Customers,
    pub agents: Agents,
}

impl Tracker {
    pub fn new(ledger: &Ledger, options: &Options<'_>) -> Result<Self> {
        let found = unify::find(ledger, options.mapping, true)?;
        let kept = found
            .unified
            .iter()
            .map(|row| (short(&row.id), short(&row.kept)))
            .collect();
        Ok(Tracker {
            seats: HashMap::new(),
            channels: HashMap::new(),
            kept,
            contacts: 0,
            found,
            at: options.at,
        })
    }

    pub fn agent(&mut self, agent: &Agent) {
        let seat = Seat {
            id: agent.id.clone(),
            name: agent.name.clone(),
            active: agent.active,
            last: None,
        };
        self.seats.insert(short(&agent.id), seat);
    }

    pub fn contact(&mut self, contact: &Contact) {
        if !contact.deleted {
            self.contacts += 1;
        }
    }

    /// Takes note of a conversation; says which person asked, if a customer did.
    pub fn begun(&mut self, conversation: &Conversation) -> Option<u64> {
        if let Some(agent) = &conversation.assignee_id {
            self.active(agent, conversation.updated_at.or(conversation.created_at));
        }
        let id = short(conversation.requester_id.as_deref()?);
        if self.seats.contains_key(&id) {
            return None;
        }
        *self.channels.entry(id).or_default() |= bit(conversation.channel);
        Some(id)
    }

    /// Takes note of a message; says which way it went.
    pub fn said(&mut self, message: &Message, requester: Option<u64>) -> Direction {
        let author = message.author.id.as_deref();
        let is_agent = author.is_some_and(|id| self.seats.contains_key(&short(id)));
        if let (true, Some(author)) = (is_agent, author) {
            self.active(author, message.sent_at);
        }
        if message.visibility == Access::Internal {
            return Direction::Internal;
        }
        match message.author.kind {
            _ if is_agent => Direction::Outbound,
            AuthorKind::Agent => Direction::Outbound,
            AuthorKind::Contact => {
                if let Some(id) = author.map(short).or(requester) {
                    *self.channels.entry(id).or_default() |= bit(message.channel);
                }
                Direction::Inbound
            }
            // An automatic confirmation is nobody's answer.
            AuthorKind::Bot | AuthorKind::System => Direction::Internal,
        }
    }

    fn active(&mut self, agent: &str, at: Option<Date>) {
        if let Some(seat) = self.seats.get_mut(&short(agent)) {
            seat.last = seat.last.max(at);
        }
    }

    /// The profile that stands for a person.
    pub fn person(&self, contact: u64) -> u64 {
        self.kept.get(&contact).copied().unwrap_or(contact)
    }

    pub fn finish(
        self,
        ledger: &Ledger,
        options: &Options<'_>,
        (cut_off, cut_off_examples): (u64, Vec<CutOff>),
    ) -> Result<Told> {
        let mut people: HashMap<u64, u32> = HashMap::new();
        for (contact, bits) in &self.channels {
            *people.entry(self.person(*contact)).or_default() |= bits;
        }
        let several = |seen: &HashMap<u64, u32>| {
            let bits = seen.values().filter(|bits| bits.count_ones() > 1);
            bits.count() as u64
        };
        let wanted = |id: &str| {
            let key = Key::new(Kind::Contact, id);
            options.only.is_none_or(|only| only(&key))
        };
        let unified: Vec<_> = self
            .found
            .unified
            .iter()
            .filter(|r| wanted(&r.id))
            .collect();
        let pairs: HashSet<(&str, &str)> = unified
            .iter()
            .map(|row| (row.id.as_str(), row.kept.as_str()))
            .collect();
        let maybe: Vec<_> = self
            .found
            .suggestions
            .iter()
            .filter(|pair| pair.decided.is_none() && wanted(&pair.one.id) && wanted(&pair.other.id))
            .filter(|pair| !pairs.contains(&(pair.other.id.as_str(), pair.one.id.as_str())))
            .collect();
        let mut examples = Vec::new();
        for row in unified.iter().take(EXAMPLES) {
            examples.push(Split {
                one: row.kept.clone(),
                one_name: name(ledger, &row.kept)?,
                other: row.id.clone(),
                other_name: name(ledger, &row.id)?,
                why: row.why.clone(),
                certain: true,
            });
        }
        examples.extend(maybe.iter().take(EXAMPLES).map(|pair| Split {
            one: pair.one.id.clone(),
            one_name: pair.one.name.clone(),
            other: pair.other.id.clone(),
            other_name: pair.other.name.clone(),
            why: pair.why.clone(),
            certain: false,
        }));
        let contacts = Customers {
            all: self.contacts,
            seen: self.channels.len() as u64,
            several_channels: several(&self.channels),
            people_seen: people.len() as u64,
            people_several_channels: several(&people),
            unifiable: unified.len() as u64,
            maybe: maybe.len() as u64,
            no_address: self.found.nowhere_count,
            examples,
            cut_off,
            cut_off_examples,
        };
        Ok(Told {
            contacts,
            agents: agents(self.seats, self.at),
        })
    }
}

fn agents(seats: HashMap<u64, Seat>, at: Date) -> Agents {
    let mut told = Agents::default();
    let days = jiff::SignedDuration::from_hours(24 * AGENT_DAYS);
    for seat in seats.into_values() {
        if !seat.active {
            told.former += 1;
            continue;
        }
        told.active += 1;
        if seat.last.is_none_or(|last| at.duration_since(last) > days) {
            told.idle_list.push(Idle {
                id: seat.id,
                name: seat.name,
                last: seat.last.map(day),
            });
        }
    }
    told.idle = told.idle_list.len() as u64;
    told.idle_list
        .sort_by(|a, b| (&a.last, &a.name, &a.id).cmp(&(&b.last, &b.name, &b.id)));
    told
}

fn name(ledger: &Ledger, id: &str) -> Result<Option<String>> {
    let stored = ledger.get(&Key::new(Kind::Contact, id))?;
    Ok(stored.and_then(|stored| match stored.record {
        Record::Contact(contact) => contact.name,
        _ => None,
    }))
}

fn bit(channel: Channel) -> u32 {
    1 << channel as u32
}

pub(super) fn day(date: Date) -> String {
    date.strftime("%Y-%m-%d").to_string()
}
