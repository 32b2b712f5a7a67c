//! Who a source id is: a contact, an agent, or nobody that the desk still knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use crate::connector::{Person, Result};
use crate::ledger::{Action, Ledger};
use crate::schema::{Key, Kind, Record};

/// What stands for the target id of a record that is planned but not written,
/// in a preview. A number, since most platforms' ids are.
pub(super) const PLANNED: &str = "0";

/// Bounds the memory for people: a page of conversations mentions the same few.
const REMEMBERED: usize = 10_000;

/// What a preview knows of groups, fields and levels that are planned and not
/// written: what they will be on the target, by their source keys.
pub(super) type Made = Arc<Mutex<BTreeMap<Key, Record>>>;

/// A person of the source desk.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Name and address.
    pub person: Person,
    /// Target id as a contact.
    pub contact: Option<String>,
    /// Target id as an agent.
    pub agent: Option<String>,
    /// The contact that this one is written as one with.
    pub kept: Option<String>,
}

/// Finds the target ids of source records.
#[derive(Clone)]
pub(super) struct Resolver {
    ledger: Ledger,
    preview: bool,
    made: Made,
    known: Arc<Mutex<HashMap<String, Option<Known>>>>,
}

impl Resolver {
    /// A resolver that goes by receipts.
    pub fn new(ledger: Ledger) -> Self {
        Resolver {
            ledger,
            preview: false,
            made: Made::default(),
            known: Arc::default(),
        }
    }

    /// A resolver for a preview: what is planned counts as if it were written.
    pub fn previewing(ledger: Ledger, made: Made) -> Self {
        Resolver {
            preview: true,
            made,
            ..Resolver::new(ledger)
        }
    }

    /// The target id of a record. In a preview [`PLANNED`] when it will have one.
    pub fn target(&self, kind: Kind, id: &str) -> Result<Option<String>> {
        let key = Key::new(kind, id);
        if let Some(receipt) = self.ledger.receipt(&key)? {
            return Ok(Some(receipt.target));
        }
        // Outside a preview only a receipt counts: an older plan says nothing
        // about what is on the target.
        if !self.preview {
            return Ok(None);
        }
        let planned = self.ledger.planned_now(&key)?.filter(|planned| {
            matches!(
                planned.action,
                Action::Create | Action::Update | Action::Match
            )
        });
        let made = || {
            let made = self.made.lock();
            let made = made.unwrap_or_else(std::sync::PoisonError::into_inner);
            made.get(&key).map(|record| record.id().to_owned())
        };
        Ok(planned.map(|planned| {
            let known = planned.target.or_else(made);
            known.unwrap_or_else(|| PLANNED.to_owned())
        }))
    }

    /// Who this id is; `None` when the desk knows nobody by it.
    pub fn person(&self, id: &str) -> Result<Option<Known>> {
        if let Some(known) = self.lock().get(id) {
            return Ok(known.clone());
        }
        let known = self.look_up(id)?;
        let mut map = self.lock();
        if map.len() >= REMEMBERED {
            map.clear();
        }
        map.insert(id.to_owned(), known.clone());
        Ok(known)
    }

    /// The name of a record, for people to read.
    pub fn name(&self, kind: Kind, id: &str) -> Result<Option<String>> {
        if matches!(kind, Kind::Contact | Kind::Agent) {
            let known = self.person(id)?;
            return Ok(known.and_then(|known| known.person.name.or(known.person.email)));
        }
        let stored = self.ledger.get(&Key::new(kind, id))?;
        Ok(stored.and_then(|stored| match stored.record {
            Record::Group(group) => Some(group.name),
            Record::Organization(organization) => Some(organization.name),
            Record::Brand(brand) => Some(brand.name),
            Record::Form(form) => Some(form.name),
            Record::Field(field) => Some(field.label),
            _ => None,
        }))
    }

    /// Forgets a person whose place on the target has changed.
    pub fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<Known>>> {
        self.known
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn look_up(&self, id: &str) -> Result<Option<Known>> {
        let record = match self.ledger.get(&Key::new(Kind::Agent, id))? {
            Some(stored) => Some(stored),
            None => self.ledger.get(&Key::new(Kind::Contact, id))?,
        };
        let person = match record.map(|stored| stored.record) {
            Some(Record::Agent(agent)) => Person {
                name: agent.name,
                email: agent.email,
                agent: true,
            },
            Some(Record::Contact(contact)) => Person {
                email: contact.email().map(str::to_owned),
                name: contact.name,
                agent: false,
            },
            _ => return Ok(None),
        };
        let kept = match person.agent {
            true => None,
            false => self.ledger.unified_with(id)?,
        };
        Ok(Some(Known {
            person,
            kept: kept.map(|unified| unified.kept),
            contact: self.target(Kind::Contact, id)?,
            agent: self.target(Kind::Agent, id)?,
        }))
    }
}
