//! Reading records back, one or page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::schema::READY_NOW;
use super::{GONE, LEFT, Ledger, PUSHED, READY, lock_or_poisoned, pack};
use crate::connector::Result;
use crate::schema::{Key, Kind, Record};

/// A record as the ledger has it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Order of first arrival.
    pub seq: i64,
    /// The record.
    pub record: Record,
    /// Start of BLAKE3 over its JSON.
    pub hash: Vec<u8>,
    /// Bits: [`super::GONE`], [`super::READY`], [`super::PUSHED`].
    pub state: i64,
}

/// Where a stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamState {
    /// Where it goes on.
    pub cursor: Option<String>,
    /// It had nothing more, last time.
    pub done: bool,
    /// Pages stored so far.
    pub pages: u64,
}

/// The packs used last: neighbours in a pack are usually wanted together.
#[derive(Default)]
pub(super) struct PackCache {
    packs: VecDeque<(i64, Arc<Vec<u8>>)>,
}

/// Bounds the cache to about 2 MB.
const CACHED_PACKS: usize = 24;

struct Location {
    seq: i64,
    id: String,
    pack: i64,
    pos: usize,
    len: usize,
    hash: Vec<u8>,
    state: i64,
}

/// Leaves out the history of conversations, see [`Message::HISTORY`].
///
/// [`Message::HISTORY`]: crate::schema::Message::HISTORY
pub(super) const NO_HISTORY: &str = "id NOT GLOB 'history-*'";

const COLUMNS: &str = "seq, id, pack, pos, len, hash, state";

impl Location {
    fn read(row: &Row<'_>) -> rusqlite::Result<Location> {
        Ok(Location {
            seq: row.get(0)?,
            id: row.get(1)?,
            pack: row.get(2)?,
            pos: row.get(3)?,
            len: row.get(4)?,
            hash: row.get(5)?,
            state: row.get(6)?,
        })
    }
}

impl Ledger {
    /// Where a stream stands; `None` before its first page.
    pub fn stream_state(&self, stream: &str) -> Result<Option<StreamState>> {
        self.read(|c| {
            Ok(c.query_row(
                "SELECT cursor, done, pages FROM cursors WHERE stream = ?1",
                [stream],
                |row| {
                    Ok(StreamState {
                        cursor: row.get(0)?,
                        done: row.get(1)?,
                        pages: row.get(2)?,
                    })
                },
            )
            .optional()?)
        })
    }

    /// Where the records stand: whatever is stored from now on is newer.
    pub fn clock(&self) -> Result<i64> {
        self.read(|c| {
            let sql = "SELECT coalesce(max(id), 0) FROM packs";
            Ok(c.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
        })
    }

    /// One record.
    pub fn get(&self, key: &Key) -> Result<Option<Stored>> {
        self.read(|c| {
            let location = c
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM records WHERE kind = ?1 AND id = ?2"
                ))?
                .query_row(params![key.kind as i64, key.id], Location::read)
                .optional()?;
            location
                .map(|location| self.unpack(c, key.kind, location))
                .transpose()
        })
    }

    /// A record as it was when it was written to the target the last time;
    /// `None` without a receipt.
    pub fn written(&self, key: &Key) -> Result<Option<Stored>> {
        self.read(|c| {
            let location = c
                .prepare_cached(
                    "SELECT 0, id, pack, pos, len, hash, 0 FROM receipts
                      WHERE kind = ?1 AND id = ?2 AND pack IS NOT NULL",
                )?
                .query_row(params![key.kind as i64, key.id], Location::read)
                .optional()?;
            location
                .map(|location| self.unpack(c, key.kind, location))
                .transpose()
        })
    }

    /// Whether there is such a record.
    pub fn exists(&self, kind: Kind, id: &str) -> Result<bool> {
        self.read(|c| {
            Ok(
                c.prepare_cached("SELECT 1 FROM records WHERE kind = ?1 AND id = ?2")?
                    .exists(params![kind as i64, id])?,
            )
        })
    }

    /// Records of a kind after `seq`, in order of arrival, without those that are gone.
    pub fn scan(&self, kind: Kind, after: i64, limit: usize) -> Result<Vec<Stored>> {
        self.select(
            kind,
            &format!(
                "SELECT {COLUMNS} FROM records INDEXED BY records_kind
                  WHERE kind = ?1 AND seq > ?2 AND state & {GONE} = 0 ORDER BY seq LIMIT ?3"
            ),
            params![kind as i64, after, limit],
        )
    }

    /// All records of a kind after `seq`, also those that are gone.
    pub fn everything(&self, kind: Kind, after: i64, limit: usize) -> Result<Vec<Stored>> {
        self.select(
            kind,
            &format!(
                "SELECT {COLUMNS} FROM records INDEXED BY records_kind
                  WHERE kind = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
            ),
            params![kind as i64, after, limit],
        )
    }

    /// Forgets the packs that are open.
    pub(super) fn forget_cached(&self) {
        lock_or_poisoned(&self.inner.cache).packs.clear();
    }

    /// Records of a kind that are neither pushed nor left out and that this run
    /// has not planned yet, after `seq`, in order of arrival.
    pub fn pending(&self, kind: Kind, after: i64, limit: usize) -> Result<Vec<Stored>> {
        self.unplanned(
            kind,
            "records_kind",
            &format!("state & {} = 0", PUSHED | GONE | LEFT),
            after,
            limit,
        )
    }

    /// Those of [`pending`](Self::pending) that have all parts and bytes.
    pub fn ready(&self, kind: Kind, after: i64, limit: usize) -> Result<Vec<Stored>> {
        self.unplanned(kind, "records_ready", READY_NOW, after, limit)
    }

    fn unplanned(
        &self,
        kind: Kind,
        index: &str,
        states: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Stored>> {
        self.select(
            kind,
            &format!(
                "SELECT {COLUMNS} FROM records r INDEXED BY {index}
                  WHERE kind = ?1 AND seq > ?2 AND {states}
                    AND NOT EXISTS (SELECT 1 FROM plan p
                                     WHERE p.kind = ?1 AND p.id = r.id AND p.run = ?4)
                  ORDER BY seq LIMIT ?3"
            ),
            params![kind as i64, after, limit, self.run()],
        )
    }

    /// Records of a kind without all bits of `bits`, after `seq`.
    pub fn lacking(&self, kind: Kind, bits: i64, after: i64, limit: usize) -> Result<Vec<Stored>> {
        self.select(
            kind,
            &format!(
                "SELECT {COLUMNS} FROM records INDEXED BY records_kind
                  WHERE kind = ?1 AND seq > ?2 AND state & ?4 <> ?4 AND state & {GONE} = 0
                  ORDER BY seq LIMIT ?3"
            ),
            params![kind as i64, after, limit, bits],
        )
    }

    /// The parts of a record that are of one kind, in order of arrival.
    pub fn children(&self, parent: &Key, kind: Kind) -> Result<Vec<Stored>> {
        self.select(
            kind,
            &format!(
                "SELECT {COLUMNS} FROM records
                  WHERE parent = ?2 AND kind = ?1 AND parent_kind = ?3 AND state & {GONE} = 0
                  ORDER BY seq"
            ),
            params![kind as i64, parent.id, parent.kind as i64],
        )
    }

    /// The same with those that are gone on the source and still on the target.
    pub fn children_there(&self, parent: &Key, kind: Kind) -> Result<Vec<Stored>> {
        self.select(
            kind,
            &format!(
                "SELECT {COLUMNS} FROM records r
                  WHERE parent = ?2 AND kind = ?1 AND parent_kind = ?3
                    AND (state & {GONE} = 0 OR EXISTS
                         (SELECT 1 FROM receipts w WHERE w.kind = r.kind AND w.id = r.id))
                  ORDER BY seq"
            ),
            params![kind as i64, parent.id, parent.kind as i64],
        )
    }

    /// How many parts of one kind a record has.
    pub fn count_children(&self, parent: &Key, kind: Kind) -> Result<u64> {
        self.read(|c| {
            Ok(c.prepare_cached(&format!(
                "SELECT count(*) FROM records
                  WHERE parent = ?2 AND kind = ?1 AND parent_kind = ?3 AND state & {GONE} = 0
                    AND {NO_HISTORY}"
            ))?
            .query_row(params![kind as i64, parent.id, parent.kind as i64], |row| {
                row.get(0)
            })?)
        })
    }

    /// Records by kind, without those that are gone.
    pub fn counts(&self) -> Result<Vec<(Kind, u64)>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT kind, count(*) FROM records
                  WHERE state & {GONE} = 0 AND {NO_HISTORY} GROUP BY kind"
            ))?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut counts = Vec::new();
            for row in rows {
                let (kind, count): (i64, u64) = row?;
                counts.extend(kind_of(kind).map(|kind| (kind, count)));
            }
            Ok(counts)
        })
    }

    /// How many records of a kind have all bits of `have` and none of `lack`.
    pub fn count(&self, kind: Kind, have: i64, lack: i64) -> Result<u64> {
        self.read(|c| {
            Ok(c.prepare_cached(
                "SELECT count(*) FROM records
                  WHERE kind = ?1 AND state & ?2 = ?2 AND state & ?3 = 0",
            )?
            .query_row(params![kind as i64, have, lack], |row| row.get(0))?)
        })
    }

    /// Whether a conversation that is on the target is to be changed there.
    pub fn changes_wait(&self) -> Result<bool> {
        self.read(|c| {
            Ok(c.prepare_cached(&format!(
                "SELECT 1 FROM records r INDEXED BY records_ready
                   JOIN receipts w ON w.kind = r.kind AND w.id = r.id
                  WHERE r.kind = ?1 AND r.{READY_NOW}"
            ))?
            .exists([Kind::Conversation as i64])?)
        })
    }

    /// Whether something of these kinds is to be written: records that are
    /// neither on the target nor left out, conversations when they are ready.
    pub fn waits(&self, kinds: &[Kind]) -> Result<bool> {
        for kind in kinds {
            let have = match kind {
                Kind::Conversation => READY,
                _ => 0,
            };
            if self.count(*kind, have, GONE | PUSHED | LEFT)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn select(&self, kind: Kind, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Stored>> {
        self.read(|c| {
            let locations: Vec<Location> = c
                .prepare_cached(sql)?
                .query_map(params, Location::read)?
                .collect::<Result<_, _>>()?;
            locations
                .into_iter()
                .map(|location| self.unpack(c, kind, location))
                .collect()
        })
    }

    fn unpack(&self, connection: &Connection, kind: Kind, at: Location) -> Result<Stored> {
        let cached = lock_or_poisoned(&self.inner.cache)
            .packs
            .iter()
            .find(|(id, _)| *id == at.pack)
            .map(|(_, frame)| frame.clone());
        let frame = match cached {
            Some(frame) => frame,
            None => {
                let data: Vec<u8> = connection
                    .prepare_cached("SELECT data FROM packs WHERE id = ?1")?
                    .query_row([at.pack], |row| row.get(0))?;
                let frame = Arc::new(pack::decompress(&data)?);
                let mut cache = lock_or_poisoned(&self.inner.cache);
                if cache.packs.len() >= CACHED_PACKS {
                    cache.packs.pop_front();
                }
                cache.packs.push_back((at.pack, frame.clone()));
                frame
            }
        };
        Ok(Stored {
            seq: at.seq,
            record: pack::record(kind, &at.id, &frame, at.pos, at.len)?,
            hash: at.hash,
            state: at.state,
        })
    }
}

/// The kind with this number in the tables.
pub(super) fn kind_of(number: i64) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| *kind as i64 == number)
}
