//! The tables of the ledger and how older files become current ones.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

use crate::connector::{Error, Result};

/// Version of the file format. Raised with every change of the tables.
pub const VERSION: i64 = 8;

/// `PRAGMA application_id` of a ledger: "dkfy".
pub(super) const APPLICATION_ID: i64 = 0x646b_6679;

/// One script a version, applied in order.
const MIGRATIONS: [&str; 8] = [V1, V2, V3, V4, V5, V6, V7, V8];

pub(super) const V1: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE runs(
  id INTEGER PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL,
  ended_at TEXT, outcome TEXT);

-- Where each stream of the source stands. Written in the transaction of the page before it.
CREATE TABLE cursors(
  stream TEXT PRIMARY KEY, cursor TEXT, done INTEGER NOT NULL, pages INTEGER NOT NULL,
  updated_at TEXT NOT NULL) WITHOUT ROWID;

-- Answers as the source sent them, zstd.
CREATE TABLE raw(
  id INTEGER PRIMARY KEY, stream TEXT NOT NULL, path TEXT NOT NULL,
  fetched_at TEXT NOT NULL, body BLOB NOT NULL);

-- Normalized records, many in one zstd frame: they compress several times better together.
CREATE TABLE packs(id INTEGER PRIMARY KEY, data BLOB NOT NULL);

-- pos and len are within the unpacked frame. hash is the start of BLAKE3 over the JSON.
-- state: 1 gone on the source, 2 ready (all parts and bytes are here), 4 pushed, 8 left out.
CREATE TABLE records(
  seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id TEXT NOT NULL,
  parent_kind INTEGER, parent TEXT, pack INTEGER NOT NULL, pos INTEGER NOT NULL,
  len INTEGER NOT NULL, hash BLOB NOT NULL, declared INTEGER, state INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX records_key ON records(kind, id);
CREATE INDEX records_parent ON records(parent, kind) WHERE parent IS NOT NULL;

-- Bytes of attachments. error says why there are none.
CREATE TABLE blobs(
  attachment TEXT PRIMARY KEY, sha256 TEXT, size INTEGER NOT NULL, mime TEXT, error TEXT)
  WITHOUT ROWID;

-- What the target had before: match key to id.
CREATE TABLE target_index(
  kind INTEGER NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY(kind, key)) WITHOUT ROWID;

-- What was decided for each record, last time.
CREATE TABLE plan(
  kind INTEGER NOT NULL, id TEXT NOT NULL, run INTEGER NOT NULL, action TEXT NOT NULL,
  reason TEXT, losses TEXT, PRIMARY KEY(kind, id)) WITHOUT ROWID;

-- Writes that were begun. A row without a receipt is settled before anything else.
CREATE TABLE intents(
  kind INTEGER NOT NULL, id TEXT NOT NULL, run INTEGER NOT NULL, begun_at TEXT NOT NULL,
  note TEXT, PRIMARY KEY(kind, id)) WITHOUT ROWID;

-- Proof of writes. parent is the target id of the conversation or article of a part.
CREATE TABLE receipts(
  kind INTEGER NOT NULL, id TEXT NOT NULL, target TEXT NOT NULL, parent TEXT, url TEXT,
  action TEXT NOT NULL, hash BLOB, run INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY(kind, id)) WITHOUT ROWID;

CREATE TABLE problems(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind INTEGER NOT NULL, record TEXT NOT NULL,
  stage TEXT NOT NULL, reason TEXT NOT NULL, hint TEXT, original BLOB, at TEXT NOT NULL,
  resolved_at TEXT);
CREATE INDEX problems_record ON problems(kind, record) WHERE resolved_at IS NULL;
";

const V2: &str = "
-- Where the version is that was written, as in records: what was changed since, on either side,
-- is found by comparing with it.
ALTER TABLE receipts ADD COLUMN pack INTEGER;
ALTER TABLE receipts ADD COLUMN pos INTEGER;
ALTER TABLE receipts ADD COLUMN len INTEGER;
-- For looking up what a record of the target is.
CREATE INDEX receipts_target ON receipts(kind, target);

-- digest: BLAKE3 over what would be written, before target ids are put in. target: the record
-- that is changed or matched.
ALTER TABLE plan ADD COLUMN digest BLOB;
ALTER TABLE plan ADD COLUMN target TEXT;

-- plan: the saved plan that a run carries out. stats: requests and bytes of each desk, JSON.
ALTER TABLE runs ADD COLUMN plan TEXT;
ALTER TABLE runs ADD COLUMN stats TEXT;

-- Deletions on the target. A row without done_at was begun and is repeated: deleting what is
-- gone is no mistake.
CREATE TABLE removals(
  kind INTEGER NOT NULL, id TEXT NOT NULL, target TEXT NOT NULL, why TEXT NOT NULL,
  written_run INTEGER NOT NULL, run INTEGER NOT NULL, begun_at TEXT NOT NULL, done_at TEXT,
  PRIMARY KEY(kind, id, run)) WITHOUT ROWID;
";

const V3: &str = "
-- What the last comparison of both desks found. part is a message or file of the record.
CREATE TABLE findings(
  id INTEGER PRIMARY KEY, verdict TEXT NOT NULL, kind INTEGER NOT NULL, record TEXT NOT NULL,
  part_kind INTEGER, part TEXT, target TEXT, field TEXT, expected TEXT, found TEXT, reason TEXT);
";

const V4: &str = "
-- A kind's records in order of arrival: an index ends with the rowid, which seq is.
CREATE INDEX records_kind ON records(kind);
-- What can be pushed now, see READY_NOW: as long as the work, not as the desk.
CREATE INDEX records_ready ON records(kind) WHERE state & 7 = 2;
";

const V5: &str = "
-- The run that created the record, whichever run changed it later: what a rollback of one run
-- may delete.
ALTER TABLE receipts ADD COLUMN made INTEGER;
UPDATE receipts SET made = run;
DROP INDEX records_ready;
CREATE INDEX records_ready ON records(kind) WHERE state & 15 = 2;
";

const V6: &str = "
-- What people decided of two contacts: 'same' or 'different'. one < other, as texts.
CREATE TABLE decisions(
  one TEXT NOT NULL, other TEXT NOT NULL, verdict TEXT NOT NULL, run INTEGER NOT NULL,
  at TEXT NOT NULL, PRIMARY KEY(one, other)) WITHOUT ROWID;

-- Contacts that are written as one with the contact kept: by which rule, and why. Made anew from
-- records and decisions before contacts are written.
CREATE TABLE unified(
  id TEXT PRIMARY KEY, kept TEXT NOT NULL, rule TEXT NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX unified_kept ON unified(kept);

-- Email addresses that a contact leaves to the contact owner: two people cannot have the same.
CREATE TABLE ceded(
  id TEXT NOT NULL, address TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY(id, address))
  WITHOUT ROWID;

-- Former agents who are this agent on the target, by somebody's decision.
CREATE TABLE claims(
  agent TEXT PRIMARY KEY, target TEXT NOT NULL, name TEXT NOT NULL, run INTEGER NOT NULL,
  at TEXT NOT NULL) WITHOUT ROWID;
";

const V7: &str = "
-- Addresses in the texts of an article that lead to the target instead of the source, as they
-- were written last: JSON, pairs of old and new.
CREATE TABLE links(kind INTEGER NOT NULL, id TEXT NOT NULL, replaced TEXT NOT NULL,
  PRIMARY KEY(kind, id)) WITHOUT ROWID;
";

const V8: &str = "
-- Redirect rules of the target that we made, by the path of the old page. was: where one led
-- before that is being changed. A row without done_at was begun.
CREATE TABLE redirects(
  path TEXT PRIMARY KEY, leads_to TEXT NOT NULL, was TEXT, run INTEGER NOT NULL,
  begun_at TEXT NOT NULL, done_at TEXT) WITHOUT ROWID;

-- What the ledger held when it was put together: pack, and the newest seq among its parts. What
-- came later was not sent.
ALTER TABLE intents ADD COLUMN as_of INTEGER;
ALTER TABLE intents ADD COLUMN last_part INTEGER;

-- In a copy that travels without the files beside it: bytes that no desk can be asked for.
CREATE TABLE bytes(sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
";

/// Ready, not pushed, not gone and not left out. As a literal: SQLite takes a partial index
/// only for a query that says the same words.
pub(super) const READY_NOW: &str = "state & 15 = 2";

/// Settings of every connection.
pub fn configure(connection: &Connection) -> Result<()> {
    // Without it SQLite plans a statement anew for every value that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // All of ours: one that falls out is prepared again.
    connection.set_prepared_statement_cache_capacity(100);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8000;
         PRAGMA busy_timeout = 10000;
         PRAGMA wal_autocheckpoint = 4000;",
    )?;
    Ok(())
}

/// Makes a new file current, or refuses one that is not ours or too new.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: Option<String> = connection
        .query_row("SELECT name FROM sqlite_master LIMIT 1", [], |row| {
            row.get(0)
        })
        .optional()?;
    if application != APPLICATION_ID && tables.is_some() {
        return Err(
            Error::local("the file is a database, but not a ledger of deskferry")
                .hint("name another file with [ledger] file, or move this one away"),
        );
    }
    if version > VERSION {
        return Err(Error::local(format!(
            "the ledger has format {version}, this deskferry knows up to {VERSION}"
        ))
        .hint("use the deskferry that wrote it, or a newer one; the file was not touched"));
    }
    let from = usize::try_from(version).unwrap_or(0);
    for (step, script) in MIGRATIONS.iter().enumerate().skip(from) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(
            None,
            "user_version",
            i64::try_from(step + 1).unwrap_or(VERSION),
        )?;
        transaction.commit()?;
    }
    Ok(())
}
