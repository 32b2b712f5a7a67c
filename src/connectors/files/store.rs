//! What a folder holds already, and how more is added: whole rows at the end
//! of files, brought to the disk before anything is called written.
//!
//! The places of all rows are in memory: about 100 bytes a record and the
//! length of its id.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::cells;
use super::client::{Folder, is_sha256, record, unreadable};
use super::config::{Format, Texts};
use super::wire::Position;
use crate::connector::{Error, Result};
use crate::schema::{Kind, Record};

/// A row to be added.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which file.
    pub kind: Kind,
    /// The record's id.
    pub id: String,
    /// What it is a part of, as [`super::wire::Head::parent`] names it.
    pub parent: Option<String>,
    /// The row with its line break.
    pub row: Vec<u8>,
}

/// What the folder has in the place of an [`Entry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No record with this id.
    Absent,
    /// The very same row.
    Same,
    /// Another version, part of the same record.
    Changed,
    /// A record with this id that is part of another one.
    Foreign,
}

/// Adds to a folder.
pub struct Store {
    folder: Folder,
    logs: HashMap<Kind, Log>,
}

/// One file and where its records are.
struct Log {
    file: File,
    length: u64,
    rows: HashMap<Arc<str>, Place>,
    children: HashMap<Arc<str>, Vec<Arc<str>>>,
}

#[derive(Clone)]
struct Place {
    offset: u64,
    length: u32,
    parent: Option<Arc<str>>,
}

impl Log {
    fn add(&mut self, id: &str, parent: Option<&str>, offset: u64, length: usize) {
        let parent = parent.map(|parent| match self.children.get_key_value(parent) {
            Some((known, _)) => known.clone(),
            None => Arc::from(parent),
        });
        let place = Place {
            offset,
            // Rows are shorter than `limits::ROW`.
            length: u32::try_from(length).unwrap_or(u32::MAX),
            parent: parent.clone(),
        };
        if let Some(known) = self.rows.get_mut(id) {
            *known = place;
            return;
        }
        let id: Arc<str> = Arc::from(id);
        if let Some(parent) = parent {
            self.children.entry(parent).or_default().push(id.clone());
        }
        self.rows.insert(id, place);
    }
}

impl Store {
    /// A store for a folder that may not exist yet.
    pub fn new(folder: Folder) -> Self {
        Store {
            folder,
            logs: HashMap::new(),
        }
    }

    /// How rows are written.
    pub fn format(&self) -> Format {
        self.folder.format
    }

    /// What is made of messages that have HTML alone.
    pub fn texts(&self) -> Texts {
        self.folder.texts
    }

    /// What is there in the place of an entry.
    pub fn state(&mut self, entry: &Entry) -> Result<State> {
        let Some(log) = self.log(entry.kind, false)? else {
            return Ok(State::Absent);
        };
        let Some(place) = log.rows.get(entry.id.as_str()).cloned() else {
            return Ok(State::Absent);
        };
        if place.parent.as_deref() != entry.parent.as_deref() {
            return Ok(State::Foreign);
        }
        let row = self.row(entry.kind, &place)?;
        Ok(match row == entry.row {
            true => State::Same,
            false => State::Changed,
        })
    }

    /// A record, if there is one with this id.
    pub fn get(&mut self, kind: Kind, id: &str) -> Result<Option<Record>> {
        let place = match self.log(kind, false)? {
            Some(log) => log.rows.get(id).cloned(),
            None => None,
        };
        let Some(place) = place else { return Ok(None) };
        let row = self.row(kind, &place)?;
        let columns: Option<Vec<String>> = (self.folder.format == Format::Csv).then(|| {
            kind.fields()
                .iter()
                .map(|name| (*name).to_owned())
                .collect()
        });
        record(kind, columns.as_deref(), &row)
            .map(Some)
            .map_err(|reason| Error::protocol(format!("{kind} {id} cannot be read: {reason}")))
    }

    /// The ids of all parts of a record, in the order of their rows.
    pub fn children(&mut self, kind: Kind, parent: &str) -> Result<Vec<String>> {
        let Some(log) = self.log(kind, false)? else {
            return Ok(Vec::new());
        };
        let ids = log.children.get(parent).into_iter().flatten();
        Ok(ids.map(|id| id.to_string()).collect())
    }

    /// Adds rows to the file of a kind: all of them, on the disk, or none.
    pub fn append(&mut self, kind: Kind, entries: &[Entry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let path = self.folder.file(kind);
        let Some(log) = self.log(kind, true)? else {
            return Err(Error::local(format!("{} is gone", path.display())));
        };
        let rows: Vec<&[u8]> = entries.iter().map(|entry| entry.row.as_slice()).collect();
        let bytes = rows.concat();
        let written = log
            .file
            .write_all(&bytes)
            .and_then(|()| log.file.sync_data());
        if let Err(cause) = written {
            // Half a batch must not stay. If it does, opening the file again cuts its last row.
            let _ = log.file.set_len(log.length);
            self.logs.remove(&kind);
            return Err(Error::unwritable(&path, cause));
        }
        for entry in entries {
            let offset = log.length;
            log.add(&entry.id, entry.parent.as_deref(), offset, entry.row.len());
            log.length += entry.row.len() as u64;
        }
        Ok(())
    }

    /// Takes rows out of the file of a kind.
    pub fn remove(&mut self, kind: Kind, ids: &HashSet<String>) -> Result<()> {
        let path = self.folder.file(kind);
        if ids.is_empty() {
            return Ok(());
        }
        let Some(mut table) = self.folder.table(kind, Position::default())? else {
            return Ok(());
        };
        let fail = |cause| Error::unwritable(&path, cause);
        let temporary = path.with_extension("new");
        let _ = std::fs::remove_file(&temporary);
        let mut out = std::io::BufWriter::new(private(&temporary).map_err(fail)?);
        if table.columns().is_some() {
            out.write_all(&cells::header(kind)?).map_err(fail)?;
        }
        while let Some(row) = table.next_row()? {
            if row.too_long {
                return Err(Error::local(format!(
                    "{} has a row that is too long to be copied",
                    path.display()
                )));
            }
            let taken = table.head(&row).is_some_and(|head| ids.contains(&head.id));
            if !taken {
                out.write_all(&row.bytes).map_err(fail)?;
            }
        }
        let file = out.into_inner().map_err(|cause| fail(cause.into_error()))?;
        file.sync_all().map_err(fail)?;
        self.logs.remove(&kind);
        std::fs::rename(&temporary, &path).map_err(fail)?;
        self.sync_root()
    }

    /// Copies a file below `blobs/` under the SHA-256 of its bytes, unless it
    /// is there. Returns the sum. `expected` is what the sum should be.
    pub fn put_blob(&self, from: &Path, expected: Option<&str>) -> Result<String> {
        let blobs = self.folder.root.join("blobs");
        let place = |sha256: &str| blobs.join(sha256.get(..2).unwrap_or("xx")).join(sha256);
        let size = from.metadata().map_err(|cause| unreadable(from, cause))?;
        if let Some(sha256) = expected.filter(|sha256| is_sha256(sha256))
            && place(sha256)
                .symlink_metadata()
                .is_ok_and(|there| there.is_file() && there.len() == size.len())
        {
            return Ok(sha256.to_owned());
        }
        create(&blobs)?;
        let temporary = blobs.join(format!("copying-{}", uuid::Uuid::new_v4().simple()));
        let moved = copy(from, &temporary).and_then(|sha256| {
            if expected.is_some_and(|expected| expected != sha256) {
                return Err(Error::rejected(
                    crate::connector::field::ATTACHMENT,
                    "the bytes of a file are not those that were fetched",
                )
                .hint("the ledger's copy is damaged; fetch it again with a new ledger"));
            }
            let to = place(&sha256);
            if let Some(parent) = to.parent() {
                create(parent)?;
            }
            std::fs::rename(&temporary, &to).map_err(|cause| Error::unwritable(&to, cause))?;
            Ok(sha256)
        });
        if moved.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        moved
    }

    fn row(&mut self, kind: Kind, place: &Place) -> Result<Vec<u8>> {
        let path = self.folder.file(kind);
        let Some(log) = self.log(kind, false)? else {
            return Ok(Vec::new());
        };
        let mut row = vec![0; place.length as usize];
        log.file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| log.file.read_exact(&mut row))
            .map_err(|cause| unreadable(&path, cause))?;
        Ok(row)
    }

    /// The file of a kind, opened when it is first asked for, and again when
    /// somebody else has changed it.
    fn log(&mut self, kind: Kind, make: bool) -> Result<Option<&mut Log>> {
        let path = self.folder.file(kind);
        let there = std::fs::metadata(&path).map(|metadata| metadata.len());
        let stale = self
            .logs
            .get(&kind)
            .is_some_and(|log| there.as_ref().ok() != Some(&log.length));
        if stale {
            self.logs.remove(&kind);
        }
        if !self.logs.contains_key(&kind) {
            if there.is_err() && !make {
                return Ok(None);
            }
            let log = self.open(kind, &path)?;
            self.logs.insert(kind, log);
        }
        Ok(self.logs.get_mut(&kind))
    }

    fn open(&self, kind: Kind, path: &Path) -> Result<Log> {
        let fail = |cause| Error::unwritable(path, cause);
        create(&self.folder.root)?;
        if !path.exists() {
            let mut file = private(path).map_err(fail)?;
            if self.folder.format == Format::Csv {
                file.write_all(&cells::header(kind)?).map_err(fail)?;
            }
            file.sync_all().map_err(fail)?;
            self.sync_root()?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(path)
            .map_err(fail)?;
        let mut length = file.metadata().map_err(fail)?.len();
        if length == 0 && self.folder.format == Format::Csv {
            let header = cells::header(kind)?;
            file.write_all(&header).map_err(fail)?;
            length = header.len() as u64;
        }
        let mut log = Log {
            file,
            length,
            rows: HashMap::new(),
            children: HashMap::new(),
        };
        let Some(mut table) = self.folder.table(kind, Position::default())? else {
            return Ok(log);
        };
        if table
            .columns()
            .is_some_and(|columns| columns != kind.fields())
        {
            return Err(Error::config(format!(
                "{} has other columns than those that are written",
                path.display()
            ))
            .hint("name a new folder"));
        }
        while let Some(row) = table.next_row()? {
            if !row.complete {
                let whole = self.folder.format == Format::Jsonl && table.record(&row).is_ok();
                if whole {
                    log.file.write_all(b"\n").map_err(fail)?;
                    log.length += 1;
                } else {
                    // What a crash left of a row.
                    log.file.set_len(row.start.offset).map_err(fail)?;
                    log.length = row.start.offset;
                    break;
                }
            }
            if let Some(head) = table.head(&row)
                && !head.id.is_empty()
            {
                let parent = head.parent();
                log.add(
                    &head.id,
                    parent.as_deref(),
                    row.start.offset,
                    row.bytes.len(),
                );
            }
        }
        Ok(log)
    }

    /// Brings names of new files to the disk.
    fn sync_root(&self) -> Result<()> {
        if cfg!(unix) {
            let root = &self.folder.root;
            File::open(root)
                .and_then(|folder| folder.sync_all())
                .map_err(|cause| Error::unwritable(root, cause))?;
        }
        Ok(())
    }
}

/// Rows by file, in push order.
pub type Batches = BTreeMap<Kind, Vec<Entry>>;

fn copy(from: &Path, to: &Path) -> Result<String> {
    let mut input = File::open(from).map_err(|cause| unreadable(from, cause))?;
    let mut out = private(to).map_err(|cause| Error::unwritable(to, cause))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = input
            .read(&mut buffer)
            .map_err(|cause| unreadable(from, cause))?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        out.write_all(&buffer[..count])
            .map_err(|cause| Error::unwritable(to, cause))?;
    }
    out.sync_all()
        .map_err(|cause| Error::unwritable(to, cause))?;
    Ok(hex::encode(hasher.finalize()))
}

fn create(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .map_err(|cause| Error::unwritable(folder, cause))
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
