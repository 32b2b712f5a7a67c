//! Which contacts belong into one set.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::find::{Apart, Rule};
use crate::connector::Result;
use crate::connector::identity;
use crate::ledger::{Ceded, Decided, Ledger, Unified};
use crate::schema::{Contact, Date, Key, Kind, Record};

/// Contacts that are two people belong into two sets; decisions and what is on
/// the target keep sets apart.
pub(super) struct Graph<'l> {
    ledger: &'l Ledger,
    pub(super) decisions: Vec<crate::ledger::Decision>,
    different: BTreeSet<(String, String)>,
    faces: HashMap<i64, Face>,
    seqs: HashMap<String, i64>,
    /// The set that a contact is in, by its first member.
    sets: HashMap<i64, i64>,
    members: HashMap<i64, Vec<i64>>,
    /// Why contacts are in one set.
    edges: Vec<(i64, i64, Rule, String)>,
    /// What kept two sets apart.
    pub(super) apart: BTreeMap<(i64, i64), Apart>,
}

/// What of a contact decides whom it is one with.
struct Face {
    id: String,
    created: Option<Date>,
    deleted: bool,
    verified: Vec<String>,
    /// Written to the target by itself.
    own: bool,
}

impl<'l> Graph<'l> {
    pub(super) fn new(ledger: &'l Ledger) -> Result<Self> {
        let decisions = ledger.decisions()?;
        let different = decisions
            .iter()
            .filter(|decision| decision.decided == Decided::Different)
            .map(|decision| (decision.one.clone(), decision.other.clone()))
            .collect();
        Ok(Graph {
            ledger,
            decisions,
            different,
            faces: HashMap::new(),
            seqs: HashMap::new(),
            sets: HashMap::new(),
            members: HashMap::new(),
            edges: Vec::new(),
            apart: BTreeMap::new(),
        })
    }

    /// The contact at this place, which takes part from now on.
    pub(super) fn load(&mut self, seq: i64) -> Result<Option<Contact>> {
        let page = self.ledger.scan(Kind::Contact, seq - 1, 1)?;
        let Some(stored) = page.into_iter().next().filter(|stored| stored.seq == seq) else {
            return Ok(None);
        };
        let Record::Contact(contact) = stored.record else {
            return Ok(None);
        };
        self.meet(seq, &contact)?;
        Ok(Some(contact))
    }

    /// The place of the contact with this id, if it is known and there.
    pub(super) fn find(&mut self, id: &str) -> Result<Option<i64>> {
        if let Some(seq) = self.seqs.get(id) {
            return Ok(Some(*seq));
        }
        let stored = self.ledger.get(&Key::new(Kind::Contact, id))?;
        match stored {
            Some(stored) if stored.state & crate::ledger::GONE == 0 => {
                if let Record::Contact(contact) = &stored.record {
                    self.meet(stored.seq, contact)?;
                }
                Ok(Some(stored.seq))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn meet(&mut self, seq: i64, contact: &Contact) -> Result<()> {
        if self.faces.contains_key(&seq) {
            return Ok(());
        }
        let key = Key::new(Kind::Contact, &contact.id);
        let receipt = self.ledger.receipt(&key)?;
        let emails = contact.identities.iter().filter(|i| i.verified);
        let face = Face {
            id: contact.id.clone(),
            created: contact.created_at,
            deleted: contact.deleted,
            verified: emails
                .filter_map(|identity| identity::email(&identity.value, false))
                .collect(),
            own: receipt.is_some_and(|receipt| receipt.parent.is_none()),
        };
        self.seqs.insert(contact.id.clone(), seq);
        self.faces.insert(seq, face);
        self.sets.insert(seq, seq);
        self.members.insert(seq, vec![seq]);
        Ok(())
    }

    pub(super) fn set(&self, seq: i64) -> i64 {
        self.sets.get(&seq).copied().unwrap_or(seq)
    }

    pub(super) fn of(&self, set: i64) -> &[i64] {
        self.members.get(&set).map_or(&[], Vec::as_slice)
    }

    pub(super) fn are_different(&self, a: i64, b: i64) -> bool {
        let (Some(a), Some(b)) = (self.faces.get(&a), self.faces.get(&b)) else {
            return false;
        };
        let pair = if a.id <= b.id { (a, b) } else { (b, a) };
        self.different
            .contains(&(pair.0.id.clone(), pair.1.id.clone()))
    }

    /// Makes one set of two, unless something keeps them apart.
    pub(super) fn join(&mut self, one: i64, other: i64, rule: Rule, why: String) {
        let (a, b) = (self.set(one), self.set(other));
        if a != b {
            let own = |set: i64| {
                let mut all = self.of(set).iter();
                all.any(|seq| self.faces.get(seq).is_some_and(|face| face.own))
            };
            let apart = if self
                .of(a)
                .iter()
                .any(|x| self.of(b).iter().any(|y| self.are_different(*x, *y)))
            {
                Some(Apart::Decided)
            } else if own(a) && own(b) {
                Some(Apart::Written)
            } else {
                None
            };
            if let Some(apart) = apart {
                self.apart.insert((one.min(other), one.max(other)), apart);
                return;
            }
            let moved = self.members.remove(&b).unwrap_or_default();
            for seq in &moved {
                self.sets.insert(*seq, a);
            }
            self.members.entry(a).or_default().extend(moved);
        }
        self.edges.push((one, other, rule, why));
    }

    /// The contact of a set that is kept: on the target already, not deleted,
    /// the oldest.
    pub(super) fn kept(&self, set: i64) -> Option<i64> {
        let rank = |seq: &i64| {
            let face = self.faces.get(seq);
            (
                face.is_some_and(|face| !face.own),
                face.is_some_and(|face| face.deleted),
                face.and_then(|face| face.created).is_none(),
                face.and_then(|face| face.created),
                *seq,
            )
        };
        self.of(set).iter().copied().min_by_key(|seq| rank(seq))
    }

    pub(super) fn unified(&self) -> Vec<Unified> {
        let mut unified = Vec::new();
        for set in self.members.keys().filter(|set| self.of(**set).len() > 1) {
            let Some(kept) = self.kept(*set) else {
                continue;
            };
            for seq in self.of(*set).iter().filter(|seq| **seq != kept) {
                let edges = || {
                    let mut edges = self.edges.iter();
                    edges
                        .by_ref()
                        .filter(move |(a, b, ..)| a == seq || b == seq)
                        .collect::<Vec<_>>()
                };
                let edges = edges();
                let direct = edges
                    .iter()
                    .find(|(a, b, ..)| *a == kept || *b == kept)
                    .or(edges.first());
                let (Some((a, b, rule, why)), Some(face), Some(first)) =
                    (direct, self.faces.get(seq), self.faces.get(&kept))
                else {
                    continue;
                };
                let through = if a == seq { b } else { a };
                let why = match self.faces.get(through).filter(|_| *through != kept) {
                    Some(through) => {
                        format!("{} as contact {}", self.because(*rule, why), through.id)
                    }
                    None => self.because(*rule, why),
                };
                unified.push(Unified {
                    id: face.id.clone(),
                    kept: first.id.clone(),
                    rule: rule.name().to_owned(),
                    why,
                });
            }
        }
        unified.sort_by(|a, b| a.id.cmp(&b.id));
        unified
    }

    pub(super) fn because(&self, rule: Rule, why: &str) -> String {
        match rule {
            Rule::Decision => rule.says(""),
            _ => why.to_owned(),
        }
    }

    /// Who goes without an address that two people have: it stays with whom it
    /// is verified for, who has it on the target, who came first.
    pub(super) fn ceded(&self, groups: &BTreeMap<(Rule, String), Vec<i64>>) -> Vec<Ceded> {
        let mut ceded = Vec::new();
        for ((_, address), group) in groups
            .iter()
            .filter(|((rule, _), _)| *rule == Rule::Address)
        {
            let sets: BTreeSet<i64> = group.iter().map(|seq| self.set(*seq)).collect();
            if sets.len() < 2 {
                continue;
            }
            let rank = |set: &i64| {
                let faces = || self.of(*set).iter().filter_map(|seq| self.faces.get(seq));
                (
                    !faces().any(|face| face.own),
                    !faces().any(|face| face.verified.contains(address)),
                    faces().all(|face| face.deleted),
                    self.of(*set).iter().min().copied(),
                )
            };
            let Some(owner) = sets.iter().min_by_key(|set| rank(set)) else {
                continue;
            };
            let name = |set: i64| {
                let kept = self.kept(set).and_then(|seq| self.faces.get(&seq));
                kept.map(|face| face.id.clone())
            };
            for set in sets.iter().filter(|set| *set != owner) {
                if let (Some(id), Some(owner)) = (name(*set), name(*owner)) {
                    ceded.push(Ceded {
                        id,
                        address: address.clone(),
                        owner,
                    });
                }
            }
        }
        ceded.sort_by(|a, b| (&a.id, &a.address).cmp(&(&b.id, &b.address)));
        ceded
    }
}
