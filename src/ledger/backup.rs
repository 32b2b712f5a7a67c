//! Consistent copies of a ledger, also while a run writes it.

use std::path::{Path, PathBuf};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::{Ledger, create_private, schema, unusable};
use crate::connector::{Error, Result};

impl Ledger {
    /// Writes a copy of the ledger as it is at this moment to `to`, readable
    /// by its owner alone, and checks it. A backup that is there already is
    /// replaced when the new one is complete; any other file is refused.
    /// Returns its size in bytes.
    pub fn backup(&self, to: &Path) -> Result<u64> {
        refuse_other_files(self.path(), to)?;
        let unfinished = beside(to, "unfinished");
        let result = self.copy_to(&unfinished).and_then(|()| {
            check(&unfinished)?;
            let size = std::fs::metadata(&unfinished).map(|file| file.len());
            std::fs::rename(&unfinished, to)
                .and(size)
                .map_err(|cause| Error::unwritable(to, cause))
        });
        if result.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        result
    }

    /// Copies the ledger to a new file of mode 0600.
    pub(super) fn copy_to(&self, to: &Path) -> Result<()> {
        let _ = std::fs::remove_file(to);
        create_private(to)?;
        self.read(|source| {
            let mut copy = Connection::open(to)?;
            // All pages in one step: with several, a run that goes on writing would make SQLite
            // begin anew again and again. Readers do not stop the writer.
            Backup::new(source, &mut copy)?.step(-1)?;
            // One file, not three.
            copy.execute_batch("PRAGMA journal_mode = DELETE;")?;
            Ok(())
        })
    }
}

/// A name beside a file that no ledger or backup has.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

fn refuse_other_files(ledger: &Path, to: &Path) -> Result<()> {
    let there = |path: &Path| std::fs::canonicalize(path).ok();
    let Some(found) = there(to) else {
        return Ok(());
    };
    if there(ledger) == Some(found) {
        return Err(Error::config(format!(
            "{} is the ledger itself",
            to.display()
        )));
    }
    let application = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|file| file.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0)));
    match application {
        Ok(id) if id == schema::APPLICATION_ID => Ok(()),
        _ => Err(Error::config(format!(
            "{} is there already, and is no backup of a ledger",
            to.display()
        ))
        .hint("name another file; nothing was written")),
    }
}

/// Fails unless the structure of the file is whole.
pub(super) fn check(path: &Path) -> Result<()> {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let found = file.and_then(|file| whole(&file));
    match found {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(damaged(path, &said)),
        Err(cause) => Err(unusable(path, cause.into())),
    }
}

/// What SQLite says of the structure: `ok`, or the first thing that is wrong.
pub(super) fn whole(file: &Connection) -> rusqlite::Result<String> {
    file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
}

/// What a ledger whose bytes are not as SQLite wrote them says.
pub(super) fn damaged(path: &Path, said: &str) -> Error {
    let said = said.lines().last().unwrap_or_default();
    Error::local(format!("the ledger {} is damaged: {said}", path.display())).hint(super::DAMAGED)
}
