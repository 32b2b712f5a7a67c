//! Receipts that are lost: a run has written, and the ledger that was kept of
//! it is older. From then on each record is looked for on the target before
//! it is created.

use super::Ledger;
use crate::connector::{Error, Result};
use crate::schema::Date;

const LOST: &str = "receipts.lost_since";

impl Ledger {
    /// Since when receipts may be missing; `None` when all are here.
    pub fn lost_since(&self) -> Result<Option<Date>> {
        let Some(text) = self.meta(LOST)? else {
            return Ok(None);
        };
        let date = text
            .parse()
            .map_err(|cause: jiff::Error| Error::local("a date in the ledger").caused_by(cause))?;
        Ok(Some(date))
    }

    /// Remembers that receipts since then may be missing. The earliest date counts.
    pub async fn mark_lost(&self, since: Date) -> Result<()> {
        match self.lost_since()? {
            Some(known) if known <= since => Ok(()),
            _ => self.set_meta(LOST, &since.to_string()).await,
        }
    }

    /// Whether everything that is known of the source has its receipt, or is
    /// left out, and nothing of the source could not be read.
    pub fn has_all_receipts(&self) -> Result<bool> {
        self.read(|c| {
            // 8 to 11 are parts: they are done when what they belong to is.
            Ok(c.query_row(
                "SELECT NOT EXISTS (SELECT 1 FROM records
                          WHERE state & 13 = 0 AND kind NOT IN (8, 9, 10, 11))
                    AND NOT EXISTS (SELECT 1 FROM problems
                          WHERE resolved_at IS NULL AND stage IN ('pull', 'settle'))",
                [],
                |row| row.get(0),
            )?)
        })
    }

    /// Everything that may have been written was looked for.
    pub async fn all_found(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM meta WHERE key = ?1", [LOST])?;
            Ok(())
        })
        .await
    }
}
