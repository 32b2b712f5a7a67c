//! Intents and receipts: what makes a write happen once.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::read::{NO_HISTORY, kind_of};
use super::{GONE, LEFT, Ledger, PUSHED, now, problem};
use crate::connector::{Error, Result, WriteAction, Written};
use crate::schema::{Date, Key, Kind};

/// A write that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Which record.
    pub key: Key,
    /// When it was begun.
    pub begun_at: Date,
    /// What the sink noted: a job's id.
    pub note: Option<String>,
    /// What the ledger held when it was put together, see [`Ledger::clock`].
    pub as_of: i64,
    /// The newest of its parts, see [`Stored::seq`](super::Stored).
    pub last_part: i64,
}

/// A write that is about to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// Which record.
    pub key: Key,
    /// As in [`Intent`].
    pub as_of: i64,
    /// As in [`Intent`].
    pub last_part: i64,
}

/// A write that was carried out, to be kept as a receipt.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    /// Which record.
    pub key: Key,
    /// What the sink says of it.
    pub written: Written,
    /// Target id of what it is a part of.
    pub parent: Option<String>,
    /// It is on the target with all its parts.
    pub complete: bool,
    /// What the ledger held when it was put together, see [`Ledger::clock`]:
    /// what changed later was not written, and is still to be.
    pub as_of: i64,
    /// Of an article, the addresses in its texts that were replaced, and by what.
    pub links: Option<Vec<(String, String)>>,
}

/// Proof of a write.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// Which source record.
    pub key: Key,
    /// Its id on the target.
    pub target: String,
    /// Target id of what it is a part of.
    pub parent: Option<String>,
    /// Address in the target's web interface.
    pub url: Option<String>,
    /// What was done.
    pub action: String,
    /// Hash of the source record when it was written.
    #[serde(skip)]
    pub hash: Option<Vec<u8>>,
    /// Run that wrote it last.
    pub run: i64,
    /// Run that wrote it first: the only one whose rollback may delete it.
    pub made: i64,
    /// When.
    pub at: String,
}

impl Receipt {
    /// Whether we made it, and it was not there before.
    pub fn is_ours(&self) -> bool {
        self.action != WriteAction::Matched.name()
    }
}

impl Ledger {
    /// Commits intents, durably, before anything is sent. `at` is the target's
    /// own time: what was created is looked for by it.
    pub async fn begin(&self, intents: Vec<NewIntent>, at: Date) -> Result<()> {
        let run = self.run();
        self.write_durably(move |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT OR REPLACE INTO intents(kind, id, run, begun_at, as_of, last_part)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for intent in intents {
                statement.execute(params![
                    intent.key.kind as i64,
                    intent.key.id,
                    run,
                    at.to_string(),
                    intent.as_of,
                    intent.last_part,
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps a sink's notes with intents, durably.
    pub async fn note_intents(&self, notes: Vec<(Key, String)>) -> Result<()> {
        self.write_durably(move |tx| {
            let mut statement =
                tx.prepare_cached("UPDATE intents SET note = ?3 WHERE kind = ?1 AND id = ?2")?;
            for (key, note) in notes {
                statement.execute(params![key.kind as i64, key.id, note])?;
            }
            Ok(())
        })
        .await
    }

    /// Forgets intents that came to nothing.
    pub async fn abandon(&self, keys: Vec<Key>) -> Result<()> {
        self.conclude(Vec::new(), keys).await
    }

    /// Intents without a receipt, in push order.
    pub fn open_intents(&self) -> Result<Vec<Intent>> {
        self.read(|c| {
            let mut statement =
                c.prepare_cached(&format!("SELECT {INTENT} FROM intents ORDER BY kind, id"))?;
            let rows = statement.query_map([], |row| Ok(read_intent(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// The intent of a record, as long as it has no receipt.
    pub fn intent(&self, key: &Key) -> Result<Option<Intent>> {
        self.read(|c| {
            c.prepare_cached(&format!(
                "SELECT {INTENT} FROM intents WHERE kind = ?1 AND id = ?2"
            ))?
            .query_row(params![key.kind as i64, key.id], |row| Ok(read_intent(row)))
            .optional()?
            .transpose()
        })
    }

    /// Turns an intent into a receipt, durably, with receipts for the parts.
    /// For the parameters see [`NewReceipt`].
    pub async fn receive(
        &self,
        key: &Key,
        written: &Written,
        parent: Option<String>,
        complete: bool,
    ) -> Result<()> {
        let receipt = NewReceipt {
            key: key.clone(),
            written: written.clone(),
            parent,
            complete,
            as_of: i64::MAX,
            links: None,
        };
        self.conclude(vec![receipt], Vec::new()).await
    }

    /// Turns intents into receipts and forgets those that came to nothing:
    /// durably, and all at once, since a disk takes milliseconds to be sure.
    pub async fn conclude(&self, receipts: Vec<NewReceipt>, abandoned: Vec<Key>) -> Result<()> {
        let run = self.run();
        self.write_durably(move |tx| {
            let at = now();
            for receipt in &receipts {
                keep(tx, run, &at, receipt)?;
            }
            let concluded = receipts.iter().map(|receipt| &receipt.key);
            for key in concluded.chain(&abandoned) {
                tx.prepare_cached("DELETE FROM intents WHERE kind = ?1 AND id = ?2")?
                    .execute(params![key.kind as i64, key.id])?;
            }
            Ok(())
        })
        .await
    }

    /// Marks a record as pushed with all its parts, unless something of it
    /// changed after `as_of`.
    pub async fn pushed(&self, key: &Key, as_of: i64) -> Result<()> {
        let key = key.clone();
        self.write(move |tx| mark_pushed(tx, &key, as_of)).await
    }

    /// The receipt of a record.
    pub fn receipt(&self, key: &Key) -> Result<Option<Receipt>> {
        self.read(|c| {
            Ok(c.prepare_cached(&format!(
                "SELECT {RECEIPT} FROM receipts w WHERE kind = ?1 AND id = ?2"
            ))?
            .query_row(params![key.kind as i64, key.id], read_receipt)
            .optional()?)
        })
    }

    /// Receipts of a kind after the source id `after`, by source id.
    pub fn receipts(&self, kind: Kind, after: &str, limit: usize) -> Result<Vec<Receipt>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {RECEIPT} FROM receipts w WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
            ))?;
            let rows = statement.query_map(params![kind as i64, after, limit], read_receipt)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Receipts of records that may be gone on the source and were not dealt
    /// with, and whether they certainly are. Those that are left out may only
    /// be shown there as deleted. A contact that was written as one with another
    /// has nothing of its own there.
    pub fn vanished(&self) -> Result<Vec<(Receipt, bool)>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {RECEIPT}, r.state & {GONE} <> 0 FROM records r
                   JOIN receipts w ON w.kind = r.kind AND w.id = r.id
                  WHERE r.state & {PUSHED} = 0 AND r.state & {} <> 0
                    AND NOT (w.kind = {} AND w.parent IS NOT NULL)
                  ORDER BY w.kind, w.id",
                GONE | LEFT,
                Kind::Contact as i64
            ))?;
            let rows = statement.query_map([], |row| Ok((read_receipt(row)?, row.get(10)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Calls `each` with every receipt, by kind and source id.
    pub fn each_receipt(&self, mut each: impl FnMut(Receipt) -> Result<()>) -> Result<()> {
        self.read(|c| {
            let mut statement = c.prepare(&format!(
                "SELECT {RECEIPT} FROM receipts w ORDER BY w.kind, w.id"
            ))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(read_receipt(row)?)?;
            }
            Ok(())
        })
    }

    /// What has a receipt, by the ids of the target, without contacts that stand
    /// for former agents.
    pub fn target_ids(&self, kinds: &[Kind]) -> Result<HashSet<Key>> {
        self.read(|c| {
            let mut ids = HashSet::new();
            let mut statement = c.prepare_cached(
                "SELECT target FROM receipts w WHERE kind = ?1 AND EXISTS
                    (SELECT 1 FROM records r WHERE r.kind = w.kind AND r.id = w.id)",
            )?;
            for kind in kinds {
                let mut rows = statement.query([*kind as i64])?;
                while let Some(row) = rows.next()? {
                    ids.insert(Key::new(*kind, row.get::<_, String>(0)?));
                }
            }
            Ok(ids)
        })
    }

    /// Records that are on the target, by kind: what was written as a part of
    /// one of the same kind (a translation) counts with it, a contact that
    /// stands for a former agent as the agent.
    pub fn written_counts(&self) -> Result<Vec<(Kind, u64)>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT CASE WHEN w.kind = ?3 AND NOT EXISTS
                             (SELECT 1 FROM records r WHERE r.kind = w.kind AND r.id = w.id)
                        THEN ?4 ELSE w.kind END AS counted, count(*)
                   FROM receipts w
                  WHERE (w.parent IS NULL OR w.kind NOT IN (?1, ?2)) AND w.{NO_HISTORY}
                  GROUP BY counted ORDER BY counted"
            ))?;
            let kinds = [Kind::Category, Kind::Article, Kind::Contact, Kind::Agent];
            let rows = statement.query_map(kinds.map(|kind| kind as i64), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            let mut counts = Vec::new();
            for row in rows {
                let (kind, count): (i64, u64) = row?;
                counts.extend(kind_of(kind).map(|kind| (kind, count)));
            }
            Ok(counts)
        })
    }

    /// Receipts by kind and action.
    pub fn receipt_counts(&self) -> Result<Vec<(Kind, String, u64)>> {
        Ok(self
            .tally(&format!(
                "SELECT kind, action FROM receipts WHERE {NO_HISTORY}"
            ))?
            .into_iter()
            .filter_map(|((kind, action), count)| Some((kind_of(kind)?, action, count)))
            .collect())
    }

    /// How many records of each kind are on the target.
    pub fn received_counts(&self) -> Result<Vec<(Kind, u64)>> {
        let sql = format!(
            "SELECT r.kind, '' FROM records r JOIN receipts t ON t.kind = r.kind AND t.id = r.id
              WHERE r.state & {GONE} = 0"
        );
        let counts = self.tally(&sql)?;
        Ok(counts
            .into_iter()
            .filter_map(|((kind, _), count)| Some((kind_of(kind)?, count)))
            .collect())
    }
}

/// An older deskferry did not keep what it sent: all of it counts as sent.
const INTENT: &str = "kind, id, begun_at, note,
    coalesce(as_of, 9223372036854775807), coalesce(last_part, 9223372036854775807)";

fn read_intent(row: &Row<'_>) -> Result<Intent> {
    let begun_at: String = row.get(2)?;
    Ok(Intent {
        key: Key::new(
            kind_of(row.get(0)?).unwrap_or(Kind::Conversation),
            row.get::<_, String>(1)?,
        ),
        begun_at: begun_at
            .parse()
            .map_err(|cause: jiff::Error| Error::local("a date in the ledger").caused_by(cause))?,
        note: row.get(3)?,
        as_of: row.get(4)?,
        last_part: row.get(5)?,
    })
}

/// Keeps a receipt, with one for each part.
fn keep(tx: &Transaction<'_>, run: i64, at: &str, receipt: &NewReceipt) -> Result<()> {
    let NewReceipt {
        key,
        written,
        parent,
        complete,
        as_of,
        links,
    } = receipt;
    let mut statement = tx.prepare_cached(
        "INSERT INTO receipts(
           kind, id, target, parent, url, action, run, at, made, hash, pack, pos, len)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, r.hash, r.pack, r.pos, r.len
           FROM (SELECT 1)
           LEFT JOIN records r ON r.kind = ?1 AND r.id = ?2 AND r.pack <= ?9
          WHERE true
         ON CONFLICT(kind, id) DO UPDATE SET
           target = excluded.target, parent = coalesce(excluded.parent, parent),
           url = coalesce(excluded.url, url), action = excluded.action,
           run = excluded.run, at = excluded.at, hash = excluded.hash,
           pack = excluded.pack, pos = excluded.pos, len = excluded.len",
    )?;
    // An update or a second match of what we created must not hide that we did.
    let mut action = written.action;
    let known: Option<String> = tx
        .prepare_cached("SELECT action FROM receipts WHERE kind = ?1 AND id = ?2")?
        .query_row(params![key.kind as i64, key.id], |row| row.get(0))
        .optional()?;
    if known.as_deref() == Some(WriteAction::Created.name()) {
        action = WriteAction::Created;
    }
    statement.execute(params![
        key.kind as i64,
        key.id,
        written.id,
        parent,
        written.url,
        action.name(),
        run,
        at,
        as_of
    ])?;
    for (part, target) in &written.parts {
        statement.execute(params![
            part.kind as i64,
            part.id,
            target,
            written.id,
            None::<String>,
            written.action.name(),
            run,
            at,
            as_of
        ])?;
    }
    if let Some(links) = links {
        super::links::keep(tx, key, links)?;
    }
    if *complete {
        mark_pushed(tx, key, *as_of)?;
    }
    for stage in ["map", "push", "settle"] {
        problem::resolve(tx, key, stage)?;
    }
    Ok(())
}

const RECEIPT: &str =
    "w.kind, w.id, w.target, w.parent, w.url, w.action, w.hash, w.run, w.at, w.made";

fn read_receipt(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    Ok(Receipt {
        key: Key::new(
            kind_of(row.get(0)?).unwrap_or(Kind::Conversation),
            row.get::<_, String>(1)?,
        ),
        target: row.get(2)?,
        parent: row.get(3)?,
        url: row.get(4)?,
        action: row.get(5)?,
        hash: row.get(6)?,
        run: row.get(7)?,
        at: row.get(8)?,
        made: row.get::<_, Option<i64>>(9)?.unwrap_or_default(),
    })
}

fn mark_pushed(tx: &Transaction<'_>, key: &Key, as_of: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE records SET state = state | ?3 WHERE kind = ?1 AND id = ?2 AND pack <= ?4
           AND NOT EXISTS (SELECT 1 FROM records part WHERE part.parent = ?2
                AND part.parent_kind = ?1 AND part.kind IN (?5, ?6, ?7, ?8) AND part.pack > ?4)",
    )?
    .execute(params![
        key.kind as i64,
        key.id,
        PUSHED,
        as_of,
        Kind::Message as i64,
        Kind::Attachment as i64,
        Kind::Rating as i64,
        Kind::TimeEntry as i64,
    ])?;
    Ok(())
}
