//! The records of the simulated desk and what is looked up in them often.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::files::Files;
use super::wire::{Request, Row, flag, int, text, texts};
use crate::sandbox::Frame;

/// First id that is given out beyond the seed: like the platform's own, past 32 bits.
const FIRST_ID: u64 = 103_000_000_001;

/// Rows by id.
pub(super) type Table = BTreeMap<u64, Row>;

/// The whole account.
pub(super) struct Desk {
    /// Counters, clock and limits.
    pub frame: Arc<Frame>,
    /// Subdomain.
    pub domain: String,
    /// Plan whose limits hold.
    pub plan: String,
    /// Languages of the knowledge base, the primary one first.
    pub languages: Vec<String>,
    /// Switches: see the documentation of [`super`].
    pub features: BTreeMap<String, String>,
    /// Notifications that are on.
    pub notifications: Row,
    /// Everything that is only listed and shown, and small writes.
    pub tables: HashMap<&'static str, Table>,
    /// Tickets, the deleted and archived ones too.
    pub tickets: Table,
    /// Replies and notes.
    pub conversations: Table,
    /// Contacts, in whatever state.
    pub contacts: Table,
    /// Agents.
    pub agents: Table,
    /// Translations of categories, folders and articles: (collection, id, language).
    pub translations: BTreeMap<(&'static str, u64, String), Row>,
    /// Bytes of attachments.
    pub files: Files,
    /// Tickets in no list: (closed and inactive for 120 days).
    pub archived: BTreeSet<u64>,
    /// (updated_at, id) of tickets that are in lists.
    pub by_updated: BTreeSet<(String, u64)>,
    /// (created_at, id) of tickets that are in lists.
    pub by_created: BTreeSet<(String, u64)>,
    /// Conversations of a ticket, in order.
    pub talk: HashMap<u64, Vec<u64>>,
    /// Tickets of a requester.
    pub asked: HashMap<u64, BTreeSet<u64>>,
    /// Contact or agent of an address.
    pub by_email: HashMap<String, u64>,
    /// Contact of an external id.
    pub by_external: HashMap<String, u64>,
    /// Contacts by name, the order of their list.
    pub by_name: BTreeSet<(String, u64)>,
    /// When a record is seen by searches, in milliseconds of sandbox time.
    pub indexed: HashMap<(&'static str, u64), i64>,
    /// Size of a ticket's files.
    pub weight: HashMap<u64, u64>,
    /// Jobs.
    pub jobs: BTreeMap<String, Row>,
    /// The key's agent.
    pub me: u64,
    /// Highest ticket id so far; ids are never given out twice.
    pub last_ticket: u64,
    next_id: u64,
}

impl Desk {
    /// A desk without any record.
    pub fn empty(frame: Arc<Frame>) -> Desk {
        Desk {
            frame,
            domain: "sandbox".to_owned(),
            plan: "growth".to_owned(),
            languages: vec!["en".to_owned()],
            features: BTreeMap::new(),
            notifications: Row::new(),
            tables: HashMap::new(),
            tickets: Table::new(),
            conversations: Table::new(),
            contacts: Table::new(),
            agents: Table::new(),
            translations: BTreeMap::new(),
            files: Files::default(),
            archived: BTreeSet::new(),
            by_updated: BTreeSet::new(),
            by_created: BTreeSet::new(),
            talk: HashMap::new(),
            asked: HashMap::new(),
            by_email: HashMap::new(),
            by_external: HashMap::new(),
            by_name: BTreeSet::new(),
            indexed: HashMap::new(),
            weight: HashMap::new(),
            jobs: BTreeMap::new(),
            me: 0,
            last_ticket: 0,
            next_id: FIRST_ID,
        }
    }

    /// Whether a switch is on.
    pub fn feature(&self, name: &str) -> bool {
        self.features.contains_key(name)
    }

    /// The number behind a switch such as `pages=3`.
    pub fn setting(&self, name: &str, default: u64) -> u64 {
        self.features
            .get(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    }

    /// A fresh id.
    pub fn id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Ids up to this one are taken.
    pub fn taken(&mut self, id: u64) {
        self.next_id = self.next_id.max(id + 1);
    }

    /// One of the plain tables.
    pub fn table(&self, name: &'static str) -> &Table {
        static NONE: Table = Table::new();
        self.tables.get(name).unwrap_or(&NONE)
    }

    /// One of the plain tables, to change it.
    pub fn table_mut(&mut self, name: &'static str) -> &mut Table {
        self.tables.entry(name).or_default()
    }

    /// Notes that somebody would have been mailed, unless mails are off for the whole desk.
    pub fn mail(&self, to: &str, why: &str) {
        self.frame.stats.would_mail(to, why);
    }

    /// Whether a notification of `desk.json` is on. They are, unless turned off.
    pub fn notifies(&self, name: &str) -> bool {
        !self.feature("no_notifications")
            && self
                .notifications
                .get(name)
                .and_then(Value::as_bool)
                .unwrap_or(true)
    }

    /// A record was made or changed: searches see it after the lag.
    pub fn reindex(&mut self, collection: &'static str, id: u64) {
        let lag = i64::try_from(self.frame.search_lag() * 1000).unwrap_or(i64::MAX / 4);
        if lag > 0 {
            let at = self.frame.clock.millis() + lag;
            self.indexed.insert((collection, id), at);
        }
    }

    /// Whether searches see a record already.
    pub fn searchable(&self, collection: &'static str, id: u64) -> bool {
        self.indexed
            .get(&(collection, id))
            .is_none_or(|at| *at <= self.frame.clock.millis())
    }

    /// Puts a ticket in its place in all indexes.
    pub fn put_ticket(&mut self, id: u64, row: Row) {
        self.drop_ticket(id);
        self.last_ticket = self.last_ticket.max(id);
        if flag(&row, "_archived") {
            self.archived.insert(id);
        } else {
            self.by_updated
                .insert((text(&row, "updated_at").to_owned(), id));
            self.by_created
                .insert((text(&row, "created_at").to_owned(), id));
        }
        if let Some(requester) = int(&row, "requester_id") {
            self.asked.entry(requester).or_default().insert(id);
        }
        self.tickets.insert(id, row);
        self.reindex("tickets", id);
    }

    /// Takes a ticket out of the desk and its indexes.
    pub fn drop_ticket(&mut self, id: u64) -> Option<Row> {
        let row = self.tickets.remove(&id)?;
        self.archived.remove(&id);
        self.by_updated
            .remove(&(text(&row, "updated_at").to_owned(), id));
        self.by_created
            .remove(&(text(&row, "created_at").to_owned(), id));
        if let Some(of) = int(&row, "requester_id").and_then(|who| self.asked.get_mut(&who)) {
            of.remove(&id);
        }
        Some(row)
    }

    /// Changes a ticket in place.
    pub fn edit_ticket(&mut self, id: u64, edit: impl FnOnce(&mut Row)) {
        if let Some(mut row) = self.drop_ticket(id) {
            edit(&mut row);
            self.put_ticket(id, row);
        }
    }

    /// Removes a ticket for good, with what hangs on it.
    pub fn purge_ticket(&mut self, id: u64) {
        self.drop_ticket(id);
        for conversation in self.talk.remove(&id).unwrap_or_default() {
            self.conversations.remove(&conversation);
        }
        self.weight.remove(&id);
        for name in ["time_entries", "satisfaction_ratings"] {
            self.table_mut(name)
                .retain(|_, row| int(row, "ticket_id") != Some(id));
        }
    }

    /// Puts a reply or note behind the others of its ticket.
    pub fn put_conversation(&mut self, id: u64, row: Row) {
        let Some(ticket) = int(&row, "ticket_id") else {
            return;
        };
        let order = |row: &Row, id: u64| (text(row, "created_at").to_owned(), id);
        let key = order(&row, id);
        let rows = &self.conversations;
        let list = self.talk.entry(ticket).or_default();
        list.retain(|other| *other != id);
        let place = list.partition_point(|other| {
            rows.get(other)
                .is_some_and(|other_row| order(other_row, *other) < key)
        });
        list.insert(place, id);
        self.conversations.insert(id, row);
    }

    /// Puts a contact in its place in all indexes.
    pub fn put_contact(&mut self, id: u64, row: Row) {
        self.drop_contact(id);
        for email in contact_emails(&row) {
            self.by_email.insert(email, id);
        }
        if !text(&row, "unique_external_id").is_empty() {
            self.by_external
                .insert(text(&row, "unique_external_id").to_owned(), id);
        }
        self.by_name.insert((text(&row, "name").to_owned(), id));
        self.contacts.insert(id, row);
        self.reindex("contacts", id);
    }

    /// Takes a contact out of the desk and its indexes.
    pub fn drop_contact(&mut self, id: u64) -> Option<Row> {
        let row = self.contacts.remove(&id)?;
        for email in contact_emails(&row) {
            if self.by_email.get(&email) == Some(&id) {
                self.by_email.remove(&email);
            }
        }
        self.by_external.remove(text(&row, "unique_external_id"));
        self.by_name.remove(&(text(&row, "name").to_owned(), id));
        Some(row)
    }

    /// Puts an agent in place; contacts and agents share the address book.
    pub fn put_agent(&mut self, id: u64, row: Row) {
        if let Some(email) = agent_email(&row) {
            self.by_email.insert(email.to_lowercase(), id);
        }
        self.agents.insert(id, row);
    }

    /// Whether this is a contact or an agent.
    pub fn is_person(&self, id: u64) -> bool {
        self.contacts.contains_key(&id) || self.agents.contains_key(&id)
    }

    /// Address of a contact or agent, for mails.
    pub fn email_of(&self, id: u64) -> Option<String> {
        if let Some(contact) = self.contacts.get(&id) {
            let email = text(contact, "email");
            return (!email.is_empty()).then(|| email.to_owned());
        }
        self.agents
            .get(&id)
            .and_then(agent_email)
            .map(str::to_owned)
    }

    /// A stored row as it leaves the desk: inner keys gone, addresses filled in.
    pub fn show(&self, row: &Row, rq: &Request) -> Value {
        let mut out = Row::new();
        for (key, value) in row {
            if !key.starts_with('_') {
                out.insert(key.clone(), self.filled(value, rq));
            }
        }
        Value::Object(out)
    }

    fn filled(&self, value: &Value, rq: &Request) -> Value {
        match value {
            Value::String(text) if text.contains("{inline:") || text.contains("{cdn}") => {
                Value::String(self.files.fill(text, rq))
            }
            Value::String(text) if text.contains("{signed:") => {
                Value::String(self.files.sign(text, self.expires(), &rq.cdn))
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.filled(item, rq)).collect())
            }
            Value::Object(row) if row.contains_key("_blob") => {
                let mut out = self.show(row, rq);
                if let (Some(id), Some(name)) = (int(row, "_blob"), row.get("name")) {
                    let name = name.as_str().unwrap_or_default();
                    out["attachment_url"] = json!(self.link(id, name, rq));
                }
                out
            }
            Value::Object(row) => self.show(row, rq),
            other => other.clone(),
        }
    }

    /// A signed address of a file, good for `links` seconds of sandbox time.
    pub fn link(&self, id: u64, name: &str, rq: &Request) -> String {
        self.files.link(id, name, self.expires(), &rq.cdn)
    }

    /// When an address that is given now expires.
    fn expires(&self) -> i64 {
        self.frame.clock.seconds() + i64::try_from(self.setting("links", 300)).unwrap_or(300)
    }
}

/// All addresses of a contact, as they are compared.
pub(super) fn contact_emails(row: &Row) -> Vec<String> {
    let mut emails = vec![text(row, "email").to_lowercase()];
    emails.extend(
        texts(row, "other_emails")
            .into_iter()
            .map(str::to_lowercase),
    );
    emails.retain(|email| !email.is_empty());
    emails
}

/// An agent's address.
pub(super) fn agent_email(row: &Row) -> Option<&str> {
    row.get("contact")?.get("email")?.as_str()
}
