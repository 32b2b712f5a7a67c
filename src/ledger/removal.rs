//! Deletions on the target: journaled before the request and after it.

use rusqlite::params;

use super::{Ledger, now, read::kind_of};
use crate::connector::Result;
use crate::schema::{Key, Kind};

/// A deletion that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The source record.
    pub key: Key,
    /// Its id on the target.
    pub target: String,
    /// Why it is deleted.
    pub why: String,
}

impl Ledger {
    /// Commits that a record of the target is about to be deleted, durably.
    pub async fn begin_removal(&self, key: &Key, target: &str, why: &'static str) -> Result<()> {
        let (run, key, target) = (self.run(), key.clone(), target.to_owned());
        self.write_durably(move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO removals(
                   kind, id, target, why, written_run, run, begun_at)
                 SELECT ?1, ?2, ?3, ?4, coalesce(
                   (SELECT made FROM receipts WHERE kind = ?1 AND id = ?2), 0), ?5, ?6",
            )?
            .execute(params![key.kind as i64, key.id, target, why, run, now()])?;
            Ok(())
        })
        .await
    }

    /// Commits that it is gone, durably: its receipt and those of its parts go as well.
    pub async fn end_removal(&self, key: &Key) -> Result<()> {
        let key = key.clone();
        self.write_durably(move |tx| {
            tx.prepare_cached(
                "UPDATE removals SET done_at = ?3
                  WHERE kind = ?1 AND id = ?2 AND done_at IS NULL",
            )?
            .execute(params![key.kind as i64, key.id, now()])?;
            tx.prepare_cached(
                "DELETE FROM receipts WHERE (kind, id) IN (
                   SELECT kind, id FROM records WHERE parent = ?2 AND parent_kind = ?1
                      AND kind IN (?3, ?4, ?5, ?6))",
            )?
            .execute(params![
                key.kind as i64,
                key.id,
                Kind::Message as i64,
                Kind::Attachment as i64,
                Kind::Rating as i64,
                Kind::TimeEntry as i64
            ])?;
            super::people::forget_members(tx, &key)?;
            super::links::forget(tx, &key)?;
            tx.prepare_cached("DELETE FROM receipts WHERE kind = ?1 AND id = ?2")?
                .execute(params![key.kind as i64, key.id])?;
            Ok(())
        })
        .await
    }

    /// Forgets a deletion that the target refused.
    pub async fn abandon_removal(&self, key: &Key) -> Result<()> {
        let key = key.clone();
        self.write_durably(move |tx| {
            tx.prepare_cached(
                "DELETE FROM removals WHERE kind = ?1 AND id = ?2 AND done_at IS NULL",
            )?
            .execute(params![key.kind as i64, key.id])?;
            Ok(())
        })
        .await
    }

    /// Deletions that were begun and not ended, in push order.
    pub fn open_removals(&self) -> Result<Vec<Removal>> {
        self.read(|c| {
            let mut statement = c.prepare(
                "SELECT kind, id, target, why FROM removals WHERE done_at IS NULL
                  ORDER BY kind, id",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(Removal {
                    key: Key::new(
                        kind_of(row.get(0)?).unwrap_or(Kind::Conversation),
                        row.get::<_, String>(1)?,
                    ),
                    target: row.get(2)?,
                    why: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
