//! Whether what was read of a file is still there as it was.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::schema::Kind;

/// Sums of the beginnings of files. It remembers where it was, so that a page
/// costs the sum of its own bytes and not of all before it.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<HashMap<Kind, (u64, blake3::Hasher)>>>);

impl Seen {
    /// The sum of the first `end` bytes of a kind's file, in hexadecimal digits.
    pub fn sum(&self, kind: Kind, path: &Path, end: u64) -> io::Result<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.remove(&kind).filter(|(offset, _)| *offset <= end);
        let (from, mut hasher) = known.unwrap_or_default();
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        hasher.update_reader(file.take(end - from))?;
        let sum = hasher.finalize().to_hex()[..32].to_owned();
        all.insert(kind, (end, hasher));
        Ok(sum)
    }
}
