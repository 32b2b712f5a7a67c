//! What is known of attachments' bytes.

use std::path::PathBuf;

use rusqlite::{OptionalExtension, params};

use super::Ledger;
use crate::connector::Result;

/// The bytes of one attachment, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    /// Lower-case hexadecimal; `None` when they could not be had.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: u64,
    /// MIME type as the server said.
    pub mime: Option<String>,
    /// Why there are none.
    pub error: Option<String>,
}

impl Ledger {
    /// What is known of an attachment's bytes; `None` when they were not asked for yet.
    pub fn blob(&self, attachment: &str) -> Result<Option<BlobRow>> {
        self.read(|c| {
            Ok(c.prepare_cached(
                "SELECT sha256, size, mime, error FROM blobs WHERE attachment = ?1",
            )?
            .query_row([attachment], |row| {
                Ok(BlobRow {
                    sha256: row.get(0)?,
                    size: row.get(1)?,
                    mime: row.get(2)?,
                    error: row.get(3)?,
                })
            })
            .optional()?)
        })
    }

    /// Keeps what is known of an attachment's bytes.
    pub async fn set_blob(&self, attachment: &str, blob: BlobRow) -> Result<()> {
        let attachment = attachment.to_owned();
        self.write(move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO blobs(attachment, sha256, size, mime, error)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                attachment,
                blob.sha256,
                blob.size,
                blob.mime,
                blob.error
            ])?;
            Ok(())
        })
        .await
    }

    /// Forgets failed downloads, so that this run tries them again.
    pub async fn forget_failed_blobs(&self) -> Result<usize> {
        self.write(|tx| {
            // A failed file may be there now: whatever waits for it is looked at again,
            // unless it was pushed without it.
            tx.execute(
                "UPDATE records SET state = state & ~2 WHERE state & 4 = 0 AND kind IN (7, 13)
                   AND EXISTS (SELECT 1 FROM blobs WHERE error IS NOT NULL)",
                [],
            )?;
            Ok(tx.execute("DELETE FROM blobs WHERE error IS NOT NULL", [])?)
        })
        .await
    }

    /// Files whose bytes were fetched, of conversations and articles that are
    /// not ready: attachment and SHA-256.
    pub fn unready_blobs(&self) -> Result<Vec<(String, String)>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT b.attachment, b.sha256 FROM records w
                   JOIN records a ON a.parent = w.id AND a.kind = 9 AND a.parent_kind = 13
                   JOIN blobs b ON b.attachment = a.id
                  WHERE w.kind = 13 AND w.state & 3 = 0 AND b.sha256 IS NOT NULL
                 UNION ALL
                 SELECT b.attachment, b.sha256 FROM records w
                   JOIN records m ON m.parent = w.id AND m.kind = 8
                   JOIN records a ON a.parent = m.id AND a.kind = 9 AND a.parent_kind = 8
                   JOIN blobs b ON b.attachment = a.id
                  WHERE w.kind = 7 AND w.state & 3 = 0 AND b.sha256 IS NOT NULL",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets downloads whose bytes are not here.
    pub async fn forget_blobs(&self, attachments: Vec<String>) -> Result<()> {
        self.write(move |tx| {
            let mut statement = tx.prepare_cached("DELETE FROM blobs WHERE attachment = ?1")?;
            for attachment in attachments {
                statement.execute([attachment])?;
            }
            Ok(())
        })
        .await
    }

    /// Has what is still to be written looked at again: the bytes of its files
    /// may have stayed where the ledger came from.
    #[cfg(feature = "remote")]
    pub(super) async fn recheck_bytes(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "UPDATE records SET state = state & ~2
                  WHERE kind IN (7, 13) AND state & 6 = 2
                    AND (EXISTS (SELECT 1 FROM records a
                                  WHERE a.parent = records.id AND a.kind = 9)
                      OR EXISTS (SELECT 1 FROM records m
                                   JOIN records a ON a.parent = m.id AND a.kind = 9
                                  WHERE m.parent = records.id AND m.kind = 8))",
                [],
            )?;
            Ok(())
        })
        .await
    }

    /// Bytes of the ledger's own files, and of the attachments beside it.
    pub fn disk(&self) -> Result<(u64, u64)> {
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let log = PathBuf::from(format!("{}-wal", self.path().display()));
        let blobs = self.read(|c| {
            Ok(c.query_row(
                "SELECT coalesce(sum(size), 0)
                   FROM (SELECT DISTINCT sha256, size FROM blobs WHERE sha256 IS NOT NULL)",
                [],
                |row| row.get(0),
            )?)
        })?;
        Ok((size(self.path()) + size(&log), blobs))
    }

    /// Attachments whose bytes are here.
    pub fn count_blobs(&self) -> Result<u64> {
        self.read(|c| {
            let sql = "SELECT count(*) FROM blobs WHERE sha256 IS NOT NULL";
            Ok(c.query_row(sql, [], |row| row.get(0))?)
        })
    }

    /// Where the bytes with this SHA-256 are.
    pub fn blob_path(&self, sha256: &str) -> PathBuf {
        let folder = sha256.get(..2).unwrap_or("xx");
        self.blob_folder().join(folder).join(sha256)
    }
}
