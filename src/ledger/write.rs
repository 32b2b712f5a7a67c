//! The writer thread, and what pulling writes.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::mpsc;

use std::collections::HashSet;

use super::read::NO_HISTORY;
use super::{GONE, Job, LEFT, Ledger, PUSHED, Packed, READY, now, problem};
use crate::connector::{RawPage, Result, Unreadable};
use crate::schema::{Key, Kind};

/// Carries out jobs in order until there is one that is none.
pub(super) fn run(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    while let Some(Some(job)) = jobs.blocking_recv() {
        job(&mut connection);
    }
    // Leaves one file behind instead of three; a failure only costs the next open some time.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
}

/// One transaction. `durable` makes the commit wait for the disk.
pub(super) fn transact<T>(
    connection: &mut Connection,
    durable: bool,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    if durable {
        connection.pragma_update(None, "synchronous", "FULL")?;
    }
    let result = (|| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    })();
    if durable {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    result
}

/// A page to be stored in one transaction with the cursor after it.
#[derive(Debug, Default)]
pub struct PageCommit {
    /// The stream it belongs to; empty for a page of one conversation, which has no cursor.
    pub stream: &'static str,
    /// Where the stream goes on; `None` leaves the cursor as it is.
    pub next: Option<String>,
    /// The stream has nothing more for now.
    pub done: bool,
    /// The records.
    pub packed: Packed,
    /// Records that are gone on the source.
    pub gone: Vec<Key>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Answers as they came, compressed.
    pub raw: Vec<RawPage>,
}

impl Ledger {
    /// Stores a page and the cursor after it. Returns how many records are new.
    pub async fn commit_page(&self, page: PageCommit) -> Result<u64> {
        let run = self.run();
        self.write(move |tx| {
            let (new, changed) = store_records(tx, &page.packed)?;
            mark_gone(tx, &page.gone)?;
            problem::resolve_read(tx, page.packed.rows.iter().map(|row| &row.key))?;
            // A page that shows nothing new is kept already, in an older shape.
            let worth = changed || !page.gone.is_empty() || !page.unreadable.is_empty();
            for unreadable in page.unreadable {
                problem::insert(
                    tx,
                    run,
                    &super::NewProblem {
                        key: unreadable.key,
                        stage: "read",
                        reason: unreadable.reason,
                        hint: Some(
                            "the original is kept; report the record if its desk shows it well"
                                .into(),
                        ),
                        original: Some(unreadable.original),
                    },
                )?;
            }
            for raw in page.raw.into_iter().filter(|_| worth) {
                tx.prepare_cached(
                    "INSERT INTO raw(stream, path, fetched_at, body) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    page.stream,
                    raw.path,
                    now(),
                    raw.body.as_ref()
                ])?;
            }
            if !page.stream.is_empty() {
                tx.prepare_cached(
                    "INSERT INTO cursors(stream, cursor, done, pages, updated_at)
                     VALUES (?1, ?2, ?3, 1, ?4)
                     ON CONFLICT(stream) DO UPDATE SET
                       cursor = coalesce(excluded.cursor, cursor), done = excluded.done,
                       pages = pages + 1, updated_at = excluded.updated_at",
                )?
                .execute(params![page.stream, page.next, page.done, now()])?;
            }
            Ok(new)
        })
        .await
    }

    /// Takes back that records of these kinds are left out: what was decided may hold no more.
    pub async fn reconsider(&self, kinds: &'static [Kind]) -> Result<()> {
        self.write(move |tx| {
            for kind in kinds {
                tx.execute(
                    "UPDATE records SET state = state & ~?2 WHERE kind = ?1 AND state & ?2 <> 0",
                    params![*kind as i64, LEFT],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// Takes back that records are left out which the target refused: other
    /// records are written now, that they may have waited for.
    pub async fn reconsider_refused(&self) -> Result<()> {
        self.write(move |tx| {
            tx.execute(
                "UPDATE records SET state = state & ~?1 WHERE state & ?1 <> 0
                    AND (kind, id) IN (SELECT kind, record FROM problems
                      WHERE resolved_at IS NULL AND stage IN ('map', 'push'))",
                params![LEFT],
            )?;
            Ok(())
        })
        .await
    }

    /// Marks records that a complete reading of the source did not show any more.
    pub async fn gone(&self, keys: Vec<Key>) -> Result<()> {
        self.write(move |tx| mark_gone(tx, &keys)).await
    }

    /// Clears a bit of a record's state.
    pub async fn clear_state(&self, key: &Key, bit: i64) -> Result<()> {
        let key = key.clone();
        self.write(move |tx| {
            tx.prepare_cached(
                "UPDATE records SET state = state & ~?3 WHERE kind = ?1 AND id = ?2",
            )?
            .execute(params![key.kind as i64, key.id, bit])?;
            Ok(())
        })
        .await
    }

    /// Sets a bit of a record's state.
    pub async fn set_state(&self, key: &Key, bit: i64) -> Result<()> {
        let key = key.clone();
        self.write(move |tx| {
            tx.prepare_cached("UPDATE records SET state = state | ?3 WHERE kind = ?1 AND id = ?2")?
                .execute(params![key.kind as i64, key.id, bit])?;
            Ok(())
        })
        .await
    }

    /// Marks as ready what needs nothing more: conversations that have as many
    /// messages as declared (only with `conversations`; every one with
    /// `any_count`) and articles, in both cases without attachments whose
    /// bytes are still missing. Returns how many.
    pub async fn mark_ready(
        &self,
        conversations: bool,
        any_count: bool,
        with_blobs: bool,
    ) -> Result<usize> {
        let mut ready = 0;
        let mut after = 0;
        // In windows: SQLite remembers what a statement changes until it ends, in memory, and
        // the log can be merged into the file between transactions only.
        while let Some(until) = self.window(after)? {
            ready += self
                .write(move |tx| {
                    let conversations = match conversations {
                        false => 0,
                        true => ready_conversations(tx, after, until, any_count, with_blobs)?,
                    };
                    Ok(conversations + ready_articles(tx, after, until, with_blobs)?)
                })
                .await?;
            after = until;
        }
        if conversations && !any_count {
            self.write(problem::resolve_counted).await?;
        }
        Ok(ready)
    }

    /// The end of the next [`WINDOW`] records after `after`; `None` when there are none.
    fn window(&self, after: i64) -> Result<Option<i64>> {
        self.read(|c| {
            Ok(c.prepare_cached(
                "SELECT max(seq) FROM
                   (SELECT seq FROM records WHERE seq > ?1 ORDER BY seq LIMIT ?2)",
            )?
            .query_row(params![after, WINDOW], |row| row.get(0))?)
        })
    }
}

/// Records that one transaction looks at when all are gone through.
const WINDOW: i64 = 20_000;

// `+kind` keeps SQLite from the indexes of kinds: the window is what bounds the work.
fn ready_conversations(
    tx: &Transaction<'_>,
    after: i64,
    until: i64,
    any_count: bool,
    with_blobs: bool,
) -> Result<usize> {
    Ok(tx
        .prepare_cached(&format!(
            "UPDATE records SET state = state | ?1
              WHERE seq > ?7 AND seq <= ?8 AND +kind = ?2 AND state & ?1 = 0
                AND (?4 OR declared IS NULL OR declared <=
                     (SELECT count(*) FROM records m
                       WHERE m.parent = records.id AND m.kind = ?3 AND m.state & 1 = 0
                         AND m.{NO_HISTORY}))
                AND (NOT ?5 OR NOT EXISTS
                     (SELECT 1 FROM records m
                        JOIN records a ON a.parent = m.id AND a.kind = ?6
                         AND a.parent_kind = ?3
                        LEFT JOIN blobs b ON b.attachment = a.id
                       WHERE m.parent = records.id AND m.kind = ?3
                         AND b.attachment IS NULL))"
        ))?
        .execute(params![
            READY,
            Kind::Conversation as i64,
            Kind::Message as i64,
            any_count,
            with_blobs,
            Kind::Attachment as i64,
            after,
            until
        ])?)
}

fn ready_articles(tx: &Transaction<'_>, after: i64, until: i64, with_blobs: bool) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "UPDATE records SET state = state | ?1
              WHERE seq > ?5 AND seq <= ?6 AND +kind = ?2 AND state & ?1 = 0
                AND (NOT ?3 OR NOT EXISTS
                     (SELECT 1 FROM records a LEFT JOIN blobs b ON b.attachment = a.id
                       WHERE a.parent = records.id AND a.kind = ?4 AND a.parent_kind = ?2
                         AND b.attachment IS NULL))",
        )?
        .execute(params![
            READY,
            Kind::Article as i64,
            with_blobs,
            Kind::Attachment as i64,
            after,
            until
        ])?)
}

/// A record that is gone has to be dealt with, once.
fn mark_gone(tx: &Transaction<'_>, keys: &[Key]) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE records SET state = (state & ~?4) | ?3
          WHERE kind = ?1 AND id = ?2 AND state & ?3 = 0",
    )?;
    for key in keys {
        statement.execute(params![key.kind as i64, key.id, GONE, PUSHED | LEFT])?;
    }
    problem::resolve_gone(tx, keys)
}

/// Inserts or replaces records. One that did not change costs a look-up and
/// keeps its state; one that changed has to be made ready and pushed again,
/// and so has what it is a part of.
///
/// Returns how many are new, and whether anything is new or changed.
fn store_records(tx: &Transaction<'_>, packed: &Packed) -> Result<(u64, bool)> {
    let mut pack_ids = Vec::with_capacity(packed.packs.len());
    {
        let mut insert = tx.prepare_cached("INSERT INTO packs(data) VALUES (?1)")?;
        for data in &packed.packs {
            insert.execute([data])?;
            pack_ids.push(tx.last_insert_rowid());
        }
    }
    let mut upsert = tx.prepare_cached(
        "INSERT INTO records(kind, id, parent_kind, parent, pack, pos, len, hash, declared)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT(kind, id) DO UPDATE SET
           parent_kind = excluded.parent_kind, parent = excluded.parent, pack = excluded.pack,
           pos = excluded.pos, len = excluded.len, hash = excluded.hash,
           declared = excluded.declared, state = state & ~?10
         WHERE hash <> excluded.hash OR state & 1 <> 0",
    )?;
    let before: i64 = last_seq(tx)?;
    let mut wholes: HashSet<(&Key, i64)> = HashSet::new();
    let mut used = vec![false; pack_ids.len()];
    for row in &packed.rows {
        let changed = upsert.execute(params![
            row.key.kind as i64,
            row.key.id,
            row.parent.as_ref().map(|parent| parent.kind as i64),
            row.parent.as_ref().map(|parent| &parent.id),
            pack_ids[row.pack],
            i64::try_from(row.pos).unwrap_or(i64::MAX),
            i64::try_from(row.len).unwrap_or(i64::MAX),
            &row.hash[..],
            row.declared,
            GONE | READY | PUSHED | LEFT,
        ])?;
        used[row.pack] |= changed > 0;
        if changed > 0
            && let Some(whole) = &row.parent
            && let Some(bits) = reopened_by(row.key.kind)
        {
            wholes.insert((whole, bits));
        }
    }
    for (whole, bits) in wholes {
        reopen(tx, whole, bits)?;
    }
    let mut forget = tx.prepare_cached("DELETE FROM packs WHERE id = ?1")?;
    for (pack, _) in pack_ids.iter().zip(&used).filter(|(_, used)| !**used) {
        forget.execute([pack])?;
    }
    let new = u64::try_from(last_seq(tx)? - before).unwrap_or(0);
    Ok((new, used.contains(&true)))
}

/// What a change of such a part takes away from the state of the whole.
/// Ratings and booked time bring no bytes: whatever is ready stays so.
fn reopened_by(part: Kind) -> Option<i64> {
    match part {
        Kind::Message | Kind::Attachment => Some(READY | PUSHED | LEFT),
        Kind::Rating | Kind::TimeEntry => Some(PUSHED | LEFT),
        _ => None,
    }
}

/// A part has changed: its conversation or article has to be looked at again.
fn reopen(tx: &Transaction<'_>, whole: &Key, bits: i64) -> Result<()> {
    if whole.kind == Kind::Message {
        tx.prepare_cached(
            "UPDATE records SET state = state & ~?3
              WHERE kind = ?1 AND state & ?3 <> 0
                AND id = (SELECT parent FROM records WHERE kind = ?4 AND id = ?2)",
        )?
        .execute(params![
            Kind::Conversation as i64,
            whole.id,
            bits,
            Kind::Message as i64
        ])?;
        return Ok(());
    }
    tx.prepare_cached(
        "UPDATE records SET state = state & ~?3 WHERE kind = ?1 AND id = ?2 AND state & ?3 <> 0",
    )?
    .execute(params![whole.kind as i64, whole.id, bits])?;
    Ok(())
}

fn last_seq(tx: &Transaction<'_>) -> Result<i64> {
    Ok(tx
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM records")?
        .query_row([], |row| row.get(0))?)
}
