//! What is known of attachments' bytes.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, params};

use super::Ledger;
use crate::connector::{Error, Result};

/// How the names of files begin whose bytes are still coming.
pub const UNFINISHED: &str = "fetching-";

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

    /// Puts the bytes that came within the ledger where the others are.
    #[cfg(feature = "remote")]
    pub(super) async fn unpack_bytes(&self) -> Result<()> {
        let folder = self.blob_folder();
        self.write(move |tx| {
            let mut statement = tx.prepare("SELECT sha256, data FROM bytes")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (sha256, data): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
                keep_bytes(&folder, &sha256, &data)?;
            }
            tx.execute("DELETE FROM bytes", [])?;
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

/// Writes the bytes of an attachment under their sum, unless they are there.
pub fn keep_bytes(folder: &Path, sha256: &str, bytes: &[u8]) -> Result<()> {
    let parent = folder.join(sha256.get(..2).unwrap_or("xx"));
    let path = parent.join(sha256);
    if path.exists() {
        return Ok(());
    }
    let unwritable = |cause| Error::unwritable(&path, cause);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.create(&parent).map_err(unwritable)?;
    let temporary = folder.join(format!("{}{}", UNFINISHED, uuid::Uuid::new_v4().simple()));
    let mut file = options.open(&temporary).map_err(unwritable)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&temporary, &path))
        .map_err(|cause| {
            // What stays all the same is removed by the next run.
            let _ = std::fs::remove_file(&temporary);
            unwritable(cause)
        })
}
