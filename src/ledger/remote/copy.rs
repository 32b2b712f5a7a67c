//! What travels: a consistent, small, compressed copy of the ledger.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::connector::{Error, Result};
use crate::ledger::backup::{self, beside};
use crate::ledger::{Ledger, create_private, unusable};

/// What this place knows of the remote ledger. Of no use anywhere else.
pub const SAVE: &str = "remote.save";
/// The job that used the ledger here last.
pub const SESSION: &str = "remote.session";

/// Raw pages and superseded versions of records stay where they are. The last
/// pack stays in any case: its number says where the records stand.
const SHRINK: &str = "
PRAGMA journal_mode = OFF;
DELETE FROM raw;
DELETE FROM packs
 WHERE id < (SELECT max(id) FROM packs)
   AND id NOT IN (SELECT pack FROM records)
   AND id NOT IN (SELECT pack FROM receipts WHERE pack IS NOT NULL);
DELETE FROM meta WHERE key IN ('remote.save', 'remote.session');
";

/// A copy that is ready to be sent. Its file goes away with it.
pub struct Copy {
    /// zstd.
    pub file: Temporary,
    /// BLAKE3 of the uncompressed copy.
    pub hash: String,
    /// Bytes before compression.
    pub size: u64,
    /// Bytes after.
    pub packed: u64,
}

/// A file that goes away with this.
pub struct Temporary(pub PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // The next copy begins by removing what is left of this one.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes a copy beside the ledger. Takes as long as reading it does: not for
/// the threads that the runtime has.
pub fn make(ledger: &Ledger) -> Result<Copy> {
    let temporary = |end: &str| Temporary(beside(ledger.path(), end));
    let (whole, small, packed) = (
        temporary("copying"),
        temporary("shrinking"),
        temporary("packing"),
    );
    ledger.copy_to(&whole.0)?;
    let here = |cause: rusqlite::Error| unusable(&whole.0, cause.into());
    // VACUUM INTO takes an empty file, and this one has the right mode.
    let _ = std::fs::remove_file(&small.0);
    create_private(&small.0)?;
    let copy = Connection::open(&whole.0).map_err(here)?;
    copy.execute_batch(SHRINK).map_err(here)?;
    take_along(ledger, &copy)?;
    copy.execute("VACUUM INTO ?1", [small.0.to_string_lossy()])
        .map_err(here)?;
    drop(copy);
    drop(whole);
    let _ = std::fs::remove_file(&packed.0);
    create_private(&packed.0)?;
    let (hash, size) = pack(&small.0, &packed.0)?;
    let bytes = std::fs::metadata(&packed.0).map_or(0, |file| file.len());
    Ok(Copy {
        file: packed,
        hash,
        size,
        packed: bytes,
    })
}

/// Images that stood in a text are in no place that can be asked again: the
/// text has a reference instead. They travel until what shows them is written.
const TRAVELS: &str = "
SELECT DISTINCT b.sha256 FROM blobs b
  JOIN records a ON a.id = b.attachment AND a.kind = 9
  LEFT JOIN records m ON m.kind = 8 AND a.parent_kind = 8 AND m.id = a.parent
  JOIN records w ON (w.kind = 7 AND w.id = m.parent)
                 OR (w.kind = 13 AND a.parent_kind = 13 AND w.id = a.parent)
 WHERE b.sha256 IS NOT NULL AND b.attachment LIKE '%-embedded-%' AND w.state & 4 = 0";

fn take_along(ledger: &Ledger, copy: &Connection) -> Result<()> {
    let here = |cause: rusqlite::Error| unusable(ledger.path(), cause.into());
    let mut wanted = copy.prepare(TRAVELS).map_err(here)?;
    let sums: Vec<String> = wanted
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(here)?;
    for sha256 in sums {
        let path = ledger.blob_path(&sha256);
        let data = match std::fs::read(&path) {
            Ok(data) => data,
            // It was lost before, and its problem says so.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => {
                let message = format!("{} cannot be read: {cause}", path.display());
                return Err(Error::local(message).caused_by(cause));
            }
        };
        copy.execute(
            "INSERT OR REPLACE INTO bytes(sha256, data) VALUES (?1, ?2)",
            rusqlite::params![sha256, data],
        )
        .map_err(here)?;
    }
    Ok(())
}

/// Counts and hashes what passes.
struct Summed<T> {
    inner: T,
    hasher: blake3::Hasher,
    size: u64,
}

impl<T> Summed<T> {
    fn new(inner: T) -> Self {
        Summed {
            inner,
            hasher: blake3::Hasher::new(),
            size: 0,
        }
    }

    fn note(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }
}

impl<T: Read> Read for Summed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.note(&buffer[..count]);
        Ok(count)
    }
}

impl<T: Write> Write for Summed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.note(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn pack(from: &Path, to: &Path) -> Result<(String, u64)> {
    let work = || -> io::Result<(String, u64)> {
        let mut from = Summed::new(File::open(from)?);
        let target = File::options().write(true).truncate(true).open(to)?;
        zstd::stream::copy_encode(&mut from, target, 3)?;
        Ok((from.hasher.finalize().to_hex().to_string(), from.size))
    };
    work().map_err(|cause| Error::unwritable(to, cause))
}

/// Unpacks a copy that came to `packed` into `to`, which must be what was sent.
pub fn unpack(packed: &Path, to: &Path, hash: &str) -> Result<()> {
    let _ = std::fs::remove_file(to);
    create_private(to)?;
    let work = || -> io::Result<String> {
        let mut target = Summed::new(File::options().write(true).open(to)?);
        zstd::stream::copy_decode(File::open(packed)?, &mut target)?;
        target.inner.sync_all()?;
        Ok(target.hasher.finalize().to_hex().to_string())
    };
    let damaged = || {
        Error::local("the remote ledger is damaged: it is not what was saved").hint(
            "restore an earlier version of the objects if the bucket keeps them, or a copy that `deskferry backup` made",
        )
    };
    match work() {
        Ok(found) if found == hash => backup::check(to),
        Ok(_) => Err(damaged()),
        Err(cause) if cause.raw_os_error().is_none() => Err(damaged().caused_by(cause)),
        Err(cause) => Err(Error::unwritable(to, cause)),
    }
}
