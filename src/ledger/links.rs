//! Addresses that were replaced in the texts of articles on the target: with
//! them the version of a receipt is what stands there.

use rusqlite::{OptionalExtension, Transaction, params};

use super::Ledger;
use crate::connector::{Error, Result};
use crate::schema::Key;

impl Ledger {
    /// The addresses that were replaced when a record was written last, and by what.
    pub fn replaced_links(&self, key: &Key) -> Result<Vec<(String, String)>> {
        let json: Option<String> = self.read(|c| {
            Ok(
                c.prepare_cached("SELECT replaced FROM links WHERE kind = ?1 AND id = ?2")?
                    .query_row(params![key.kind as i64, key.id], |row| row.get(0))
                    .optional()?,
            )
        })?;
        match json {
            None => Ok(Vec::new()),
            Some(json) => serde_json::from_str(&json)
                .map_err(|cause| Error::local("the ledger is damaged: links").caused_by(cause)),
        }
    }
}

/// Keeps them with a receipt.
pub(super) fn keep(tx: &Transaction<'_>, key: &Key, links: &[(String, String)]) -> Result<()> {
    if links.is_empty() {
        return forget(tx, key);
    }
    let json =
        serde_json::to_string(links).map_err(|cause| Error::local("links").caused_by(cause))?;
    tx.prepare_cached("INSERT OR REPLACE INTO links(kind, id, replaced) VALUES (?1, ?2, ?3)")?
        .execute(params![key.kind as i64, key.id, json])?;
    Ok(())
}

/// Forgets them with a receipt.
pub(super) fn forget(tx: &Transaction<'_>, key: &Key) -> Result<()> {
    tx.prepare_cached("DELETE FROM links WHERE kind = ?1 AND id = ?2")?
        .execute(params![key.kind as i64, key.id])?;
    Ok(())
}
