//! Which contacts are one person: what two of them have in common, decisions
//! about them, and what follows.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::graph::Graph;
use crate::connector::Result;
use crate::connector::identity::{self, Rules};
use crate::ledger::{Ceded, Decided, Ledger, Unified};
use crate::mapping::{Merge, UserMapping};
use crate::schema::{Contact, IdentityKind, Key, Kind, Record};

crate::schema::values! {
    /// What two contacts have in common.
    Rule {
        /// Somebody decided that they are one.
        Decision = "decision",
        /// The same id, which the desk's owner gave.
        ExternalId = "external_id",
        /// The same email address, verified for both.
        Email = "email",
        /// The same email address, not verified for both.
        Address = "address",
        /// The same email address but for what follows a plus sign.
        PlusTag = "plus_tag",
        /// The same name in the same organization.
        Name = "name",
        /// The same telephone number.
        Phone = "phone",
        /// The same account of a network.
        Handle = "handle",
    }
}

impl Rule {
    /// Contacts are taken for one without being asked.
    pub fn is_strong(self) -> bool {
        matches!(self, Rule::ExternalId | Rule::Email)
    }

    pub(super) fn says(self, value: &str) -> String {
        match self {
            Rule::Decision => "somebody decided it".to_owned(),
            Rule::ExternalId => format!("same external id {value}"),
            Rule::Email => format!("same verified email address {value}"),
            Rule::Address => format!("same email address {value}, not verified for both"),
            Rule::PlusTag => format!("same email address {value} but for what follows +"),
            Rule::Name => format!("same name and organization: {value}"),
            Rule::Phone => format!("same phone number {value}"),
            Rule::Handle => format!("same account {value}"),
        }
    }
}

/// A contact, as far as it has to be told from others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    /// Id on the source.
    pub id: String,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Addresses, each with its kind.
    pub addresses: Vec<String>,
    /// Names of the organizations.
    pub organizations: Vec<String>,
}

/// Two contacts that may be one person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The contact that came first.
    pub one: Person,
    /// The other one.
    pub other: Person,
    /// What they have in common.
    pub rules: Vec<Rule>,
    /// The same for people.
    pub why: String,
    /// What was decided; nothing yet when `None`.
    pub decided: Option<Decided>,
    /// Why the decision, or strong evidence, does not make them one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Apart>,
}

crate::schema::values! {
    /// Why two contacts are not written as one.
    Apart {
        /// Both are on the target already, each by itself.
        Written = "written",
        /// One of them is one with somebody who was decided to be another.
        Decided = "decided",
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Contacts that are written as one with another.
    pub unified: Vec<Unified>,
    /// Addresses that contacts leave to others.
    pub ceded: Vec<Ceded>,
    /// Evidence that is not believed, for people.
    pub doubts: Vec<String>,
    /// Contacts that may be one; only when asked for.
    pub suggestions: Vec<Suggestion>,
    /// Contacts without any address; only when asked for, the first ones.
    pub nowhere: Vec<Person>,
    /// How many there are in all.
    pub nowhere_count: u64,
    /// Contacts in all.
    pub contacts: u64,
}

/// As many contacts with one external id or address are hardly one person:
/// somebody filled a field with a word.
const BELIEVED: usize = 20;

/// As many with one phone number share a switchboard.
const SUGGESTED: usize = 8;

/// Contacts without an address that are listed.
const LISTED: usize = 10_000;

/// Looks through all contacts. `all` finds weak evidence, too.
pub fn find(ledger: &Ledger, mapping: &UserMapping, all: bool) -> Result<Found> {
    let (merge, rules) = mapping.people();
    let mut found = Found::default();
    // Hashes only: what is in common is looked at in the records again.
    let mut seen: Vec<(u64, i64)> = Vec::new();
    each_contact(ledger, |seq, contact| {
        found.contacts += 1;
        for (rule, value) in evidence(contact, &rules, all) {
            let mut hasher = DefaultHasher::new();
            (rule, &value).hash(&mut hasher);
            seen.push((hasher.finish(), seq));
        }
        if all && contact.identities.is_empty() && !contact.deleted {
            found.nowhere_count += 1;
            if found.nowhere.len() < LISTED {
                found.nowhere.push(described(ledger, contact)?);
            }
        }
        Ok(())
    })?;
    seen.sort_unstable();
    seen.dedup();
    let mut graph = Graph::new(ledger)?;
    let mut groups: BTreeMap<(Rule, String), Vec<i64>> = BTreeMap::new();
    for run in seen.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        for (_, seq) in run {
            let Some(contact) = graph.load(*seq)? else {
                continue;
            };
            for key in evidence(&contact, &rules, all) {
                let group = groups.entry(key).or_default();
                if !group.contains(seq) {
                    group.push(*seq);
                }
            }
        }
    }
    groups.retain(|_, group| group.len() > 1);
    for group in groups.values_mut() {
        group.sort_unstable();
    }
    for decision in graph.decisions.clone() {
        if decision.decided == Decided::Same {
            let one = graph.find(&decision.one)?;
            let other = graph.find(&decision.other)?;
            if let (Some(one), Some(other)) = (one, other) {
                graph.join(one, other, Rule::Decision, String::new());
            }
        }
    }
    for ((rule, value), group) in groups.iter().filter(|((rule, _), _)| rule.is_strong()) {
        if group.len() > BELIEVED {
            found.doubts.push(format!(
                "{} contacts have the {}: too many to be one person; they stay apart",
                group.len(),
                rule.says(value)
            ));
        } else if merge == Merge::Strong {
            for other in &group[1..] {
                graph.join(group[0], *other, *rule, rule.says(value));
            }
        }
    }
    found.unified = graph.unified();
    found.ceded = graph.ceded(&groups);
    if all {
        found.suggestions = suggestions(ledger, &mut graph, &groups)?;
    }
    Ok(found)
}

/// Calls `each` with every contact and its place.
fn each_contact(ledger: &Ledger, mut each: impl FnMut(i64, &Contact) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let page = ledger.scan(Kind::Contact, after, 1000)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        for stored in page {
            if let Record::Contact(contact) = &stored.record {
                each(stored.seq, contact)?;
            }
        }
    }
}

/// What a contact can have in common with others. [`Rule::Address`] stands for
/// every address, also for what [`Rule::Email`] names.
fn evidence(contact: &Contact, rules: &Rules, all: bool) -> Vec<(Rule, String)> {
    let mut found = Vec::new();
    let external = contact.external_id.as_deref();
    let ids = contact
        .identities
        .iter()
        .filter(|identity| identity.kind == IdentityKind::External)
        .map(|identity| identity.value.as_str());
    for id in external.into_iter().chain(ids) {
        if !id.trim().is_empty() {
            found.push((Rule::ExternalId, id.trim().to_owned()));
        }
    }
    for identity in &contact.identities {
        let kind = identity.kind;
        if kind == IdentityKind::Email {
            let Some(plain) = identity::email(&identity.value, false) else {
                continue;
            };
            let bare = identity::email(&identity.value, true).unwrap_or_else(|| plain.clone());
            if identity.verified {
                let address = if rules.plus_tags { &bare } else { &plain };
                found.push((Rule::Email, address.clone()));
            }
            found.push((Rule::Address, plain));
            if all {
                found.push((Rule::PlusTag, bare));
            }
        } else if all && kind != IdentityKind::External {
            let rule = match kind {
                IdentityKind::Phone | IdentityKind::Mobile | IdentityKind::Sms => Rule::Phone,
                _ => Rule::Handle,
            };
            if let Some(normal) = identity::normal(identity, rules) {
                let value = match rule {
                    Rule::Phone => normal.trim_start_matches("phone:").to_owned(),
                    _ => normal,
                };
                found.push((rule, value));
            }
        }
    }
    if all && let Some(name) = &contact.name {
        let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        let name = words.join(" ");
        for id in contact.organization_ids.iter().filter(|_| !name.is_empty()) {
            found.push((Rule::Name, format!("{name} ({id})")));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The contact with this id.
pub fn person(ledger: &Ledger, id: &str) -> Result<Person> {
    let stored = ledger.get(&Key::new(Kind::Contact, id))?;
    match stored.map(|stored| stored.record) {
        Some(Record::Contact(contact)) => described(ledger, &contact),
        _ => Ok(Person {
            id: id.to_owned(),
            name: None,
            addresses: Vec::new(),
            organizations: Vec::new(),
        }),
    }
}

fn described(ledger: &Ledger, contact: &Contact) -> Result<Person> {
    let mut organizations = Vec::new();
    for id in &contact.organization_ids {
        let stored = ledger.get(&Key::new(Kind::Organization, id))?;
        organizations.push(match stored.map(|stored| stored.record) {
            Some(Record::Organization(organization)) => organization.name,
            _ => id.clone(),
        });
    }
    let addresses = contact.identities.iter();
    Ok(Person {
        id: contact.id.clone(),
        name: contact.name.clone(),
        addresses: addresses
            .map(|identity| format!("{} {}", identity.kind, identity.value))
            .collect(),
        organizations,
    })
}

/// Pairs that may be one person and are not, and pairs that were decided about.
fn suggestions(
    ledger: &Ledger,
    graph: &mut Graph<'_>,
    groups: &BTreeMap<(Rule, String), Vec<i64>>,
) -> Result<Vec<Suggestion>> {
    let mut pairs: BTreeMap<(i64, i64), BTreeMap<Rule, String>> = BTreeMap::new();
    for ((rule, value), group) in groups {
        if group.len() > SUGGESTED {
            continue;
        }
        for other in &group[1..] {
            let one = group[0];
            if graph.set(one) != graph.set(*other) || graph.are_different(one, *other) {
                let rules = pairs.entry((one, *other)).or_default();
                rules.insert(*rule, value.clone());
            }
        }
    }
    for decision in graph.decisions.clone() {
        if let (Some(one), Some(other)) = (graph.find(&decision.one)?, graph.find(&decision.other)?)
        {
            pairs.entry((one.min(other), one.max(other))).or_default();
        }
    }
    let mut suggestions = Vec::new();
    for ((one, other), mut rules) in pairs {
        let (Some(first), Some(second)) = (graph.load(one)?, graph.load(other)?) else {
            continue;
        };
        // The stronger says it all.
        if rules.contains_key(&Rule::Email) {
            rules.remove(&Rule::Address);
        }
        if rules.contains_key(&Rule::Email) || rules.contains_key(&Rule::Address) {
            rules.remove(&Rule::PlusTag);
        }
        let name = |rule: Rule, value: &str| match (rule, &first.name) {
            // The key of the rule names the organization by its id.
            (Rule::Name, Some(name)) => rule.says(name),
            _ => rule.says(value),
        };
        let why: Vec<String> = rules.iter().map(|(r, value)| name(*r, value)).collect();
        let decided = graph
            .decisions
            .iter()
            .find(|decision| {
                let ids = (decision.one.as_str(), decision.other.as_str());
                ids == (&first.id, &second.id) || ids == (&second.id, &first.id)
            })
            .map(|decision| decision.decided);
        suggestions.push(Suggestion {
            one: described(ledger, &first)?,
            other: described(ledger, &second)?,
            rules: rules.into_keys().collect(),
            why: why.join("; "),
            decided,
            apart: graph.apart.get(&(one, other)).copied(),
        });
    }
    Ok(suggestions)
}
