//! What the simulated desk holds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::auth::Token;
use super::call::{Refusal, Row};
use super::jobs::Job;
use super::media::{Asset, Media};
use super::tickets::Ticket;
use super::uploads::{Blob, Upload};
use super::users::Users;
use crate::sandbox::Frame;

/// Rows of one collection by id.
pub(super) type Rows = BTreeMap<u64, Row>;

/// The whole desk.
pub(super) struct State {
    pub(super) frame: Arc<Frame>,
    pub(super) base: String,
    pub(super) subdomain: String,
    /// Requests a minute that the plan allows.
    pub(super) per_minute: u32,
    features: HashSet<String>,
    pub(super) settings: Value,
    /// Enabled locales; the first is the default one.
    pub(super) locales: Vec<String>,
    /// The user that the OAuth client stands for.
    pub(super) owner: u64,
    last_id: u64,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) tickets: BTreeMap<u64, Ticket>,
    pub(super) by_external: HashMap<String, Vec<u64>>,
    /// Ticket changes by second and id.
    pub(super) events: BTreeMap<(i64, u64), Row>,
    pub(super) users: Users,
    /// All plain collections: `groups`, `organizations`, `articles`, …
    pub(super) lists: HashMap<&'static str, Rows>,
    /// When a record was made while the sandbox ran, in milliseconds; search lags behind it.
    pub(super) born: HashMap<u64, i64>,
    /// Uploads for the media library, by id, and what it has.
    pub(super) assets: HashMap<String, Asset>,
    pub(super) medias: HashMap<String, Media>,
    /// Redirect rules of the help center.
    pub(super) redirects: Vec<Row>,
    /// Side conversations with their events.
    pub(super) sides: Vec<Row>,
    /// Entries of conversation logs with their `ticket_id`.
    pub(super) logs: Vec<Row>,
    /// Responses to surveys; their ids are words.
    pub(super) surveys: Vec<Row>,
    pub(super) uploads: HashMap<String, Upload>,
    pub(super) blobs: HashMap<u64, Blob>,
    /// Attachments by the path of their address.
    pub(super) paths: HashMap<String, u64>,
    pub(super) jobs: BTreeMap<u64, Job>,
    /// Answers to `Idempotency-Key`: hash of the body, ticket, until when.
    pub(super) idempotent: HashMap<String, (blake3::Hash, u64, i64)>,
}

impl State {
    pub(super) fn new(frame: Arc<Frame>, per_minute: u32, features: &[String]) -> Self {
        State {
            base: frame.base(),
            frame,
            subdomain: "sandbox".to_owned(),
            per_minute,
            features: features.iter().cloned().collect(),
            settings: Value::Null,
            locales: vec!["en-us".to_owned()],
            owner: 0,
            // Ids of the platform are large; small ones would hide a wrong integer type.
            last_id: 9_000_000_000_000,
            tokens: HashMap::new(),
            tickets: BTreeMap::new(),
            by_external: HashMap::new(),
            events: BTreeMap::new(),
            users: Users::default(),
            lists: HashMap::new(),
            born: HashMap::new(),
            assets: HashMap::new(),
            medias: HashMap::new(),
            redirects: Vec::new(),
            sides: Vec::new(),
            logs: Vec::new(),
            surveys: Vec::new(),
            uploads: HashMap::new(),
            blobs: HashMap::new(),
            paths: HashMap::new(),
            jobs: BTreeMap::new(),
            idempotent: HashMap::new(),
        }
    }

    pub(super) fn feature(&self, name: &str) -> bool {
        self.features.contains(name)
    }

    /// An id that no record has.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// No new id is at or below this one.
    pub(super) fn used(&mut self, id: u64) {
        self.last_id = self.last_id.max(id);
    }

    /// An unguessable word of 32 characters.
    pub(super) fn secret(&mut self, what: &str) -> String {
        let id = self.next_id();
        let noise = format!("{what}:{id}:{}", self.frame.addr);
        blake3::hash(noise.as_bytes()).to_hex()[..32].to_owned()
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.frame.clock.millis()
    }

    pub(super) fn now(&self) -> i64 {
        self.frame.clock.seconds()
    }

    /// Now, as the platform writes times.
    pub(super) fn stamp(&self) -> String {
        stamp(self.now())
    }

    pub(super) fn rows(&self, list: &'static str) -> &Rows {
        static NONE: Rows = Rows::new();
        self.lists.get(list).unwrap_or(&NONE)
    }

    pub(super) fn rows_mut(&mut self, list: &'static str) -> &mut Rows {
        self.lists.entry(list).or_default()
    }

    pub(super) fn row(&self, list: &'static str, id: u64) -> Result<&Row, Refusal> {
        self.rows(list).get(&id).ok_or_else(Refusal::not_found)
    }

    /// Adds a row made now; gives it id, address and dates.
    pub(super) fn insert(&mut self, list: &'static str, path: &str, mut row: Row) -> u64 {
        let id = self.next_id();
        let now = self.stamp();
        row.insert("id".to_owned(), json!(id));
        row.insert(
            "url".to_owned(),
            json!(format!("{}/api/v2/{path}/{id}.json", self.base)),
        );
        row.insert("created_at".to_owned(), json!(now));
        row.insert("updated_at".to_owned(), json!(now));
        self.born.insert(id, self.now_ms());
        self.rows_mut(list).insert(id, row);
        id
    }

    /// Whether searches see the record already.
    pub(super) fn searchable(&self, id: u64) -> bool {
        let lag = i64::try_from(self.frame.search_lag()).unwrap_or(i64::MAX / 1000) * 1000;
        self.born
            .get(&id)
            .is_none_or(|born| born.saturating_add(lag) <= self.now_ms())
    }

    /// Counts a mail to a user.
    pub(super) fn mail_user(&self, user: u64, why: &str) {
        let to = self
            .users
            .get(user)
            .and_then(|row| row.get("email"))
            .and_then(Value::as_str)
            .unwrap_or("nobody");
        self.frame.stats.would_mail(to, why);
    }
}

/// Seconds since 1970 as the platform writes them.
pub(super) fn stamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .unwrap_or_default()
        .to_string()
}

/// Reads a time; `None` when it is none.
pub(super) fn seconds(value: Option<&Value>) -> Option<i64> {
    let text = value?.as_str()?;
    text.parse::<jiff::Timestamp>()
        .or_else(|_| text.replacen(' ', "T", 1).replace(" +0000", "Z").parse())
        .ok()
        .map(jiff::Timestamp::as_second)
}
