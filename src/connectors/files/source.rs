//! Reads a folder.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use super::client::{Folder, is_sha256, unreadable};
use super::config::{Config, Format};
use super::limits;
use super::seen::Seen;
use super::wire::Position;
use crate::connector::{
    Blob, Capability, CheckItem, Error, ErrorKind, Inventory, MessagesBy, Page, Result, Scope,
    Setup, Source, Stream, Unreadable,
};
use crate::schema::{Attachment, Conversation, Key, Kind};

/// Opens the source.
pub fn connect(setup: Setup) -> Result<Arc<dyn Source>> {
    let config = Config::read(&setup.options)?;
    Ok(Arc::new(FilesSource {
        folder: Folder::new(&config),
        seen: Seen::default(),
    }))
}

/// A folder as a source.
pub struct FilesSource {
    /// What is read.
    pub folder: Folder,
    /// What was read of it.
    pub seen: Seen,
}

static KINDS: [Kind; 15] = Kind::ALL;

#[async_trait]
impl Source for FilesSource {
    fn capabilities(&self) -> &'static [Capability] {
        &super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let folder = self.folder.clone();
        blocking(move || check(&folder)).await
    }

    async fn inventory(&self) -> Result<Inventory> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut inventory = Inventory::default();
            for kind in Kind::ALL {
                let Some(mut table) = folder.table(kind, Position::default())? else {
                    continue;
                };
                let mut count = 0;
                while let Some(row) = table.next_row()? {
                    count += u64::from(!is_blank(&row.bytes) || row.too_long);
                }
                inventory.counts.push((kind, Some(count)));
            }
            Ok(inventory)
        })
        .await
    }

    fn streams(&self, scope: &Scope) -> Vec<Stream> {
        KINDS
            .iter()
            .filter(|kind| scope.wants(**kind) && self.folder.file(**kind).exists())
            .map(|kind| Stream {
                name: kind.plural(),
                yields: std::slice::from_ref(kind),
            })
            .collect()
    }

    async fn pull(&self, stream: Stream, cursor: Option<&str>, _: &Scope) -> Result<Page> {
        let kind = Kind::parse(stream.name)
            .ok_or_else(|| Error::protocol(format!("there is no stream {}", stream.name)))?;
        let cursor = cursor.map(str::to_owned);
        let (folder, seen) = (self.folder.clone(), self.seen.clone());
        blocking(move || {
            let path = folder.file(kind);
            let sum = |at: Position| {
                seen.sum(kind, &path, at.offset)
                    .map_err(|cause| unreadable(&path, cause))
            };
            let at = match cursor.as_deref() {
                None => Position::default(),
                Some(text) => {
                    let (at, was) = Position::parse(text).ok_or_else(|| {
                        Error::protocol(format!("{text:?} is no place in a file"))
                    })?;
                    // Somebody mended a row: all are read again, and the same ones change nothing.
                    match sum(at)? == was {
                        true => at,
                        false => Position::default(),
                    }
                }
            };
            let (mut page, end) = page(&folder, kind, at)?;
            page.next = end
                .map(|end| sum(end).map(|sum| end.text(&sum)))
                .transpose()?;
            Ok(page)
        })
        .await
    }

    fn messages_by(&self) -> MessagesBy {
        MessagesBy::Stream
    }

    /// The streams have given everything there is: nothing can be added to a
    /// conversation whose file has fewer messages than it declares.
    async fn messages_of(&self, _: &Conversation) -> Result<Page> {
        Ok(Page {
            done: true,
            ..Page::default()
        })
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Blob> {
        let Some(sha256) = attachment.sha256.clone() else {
            return Err(missing("the record names no `sha256`"));
        };
        if !is_sha256(&sha256) {
            return Err(missing(
                "its `sha256` is not 64 lower-case hexadecimal digits",
            ));
        }
        let folder = self.folder.clone();
        let name = sha256.clone();
        let (file, size) = blocking(move || open_blob(&folder, &name)).await?;
        let state = (tokio::fs::File::from_std(file), Sha256::new(), sha256);
        let bytes = futures::stream::try_unfold(state, |(mut file, mut hasher, sha256)| async {
            let mut buffer = vec![0; 64 * 1024];
            let count = file.read(&mut buffer).await.map_err(|cause| {
                Error::local(format!("the file {sha256} cannot be read: {cause}"))
            })?;
            if count == 0 {
                if hex::encode(hasher.finalize()) != sha256 {
                    return Err(Error::protocol(format!(
                        "the bytes of blobs/…/{sha256} are not those that its name stands for"
                    ))
                    .hint("the file was changed or damaged; bring it back from a backup"));
                }
                return Ok(None);
            }
            buffer.truncate(count);
            hasher.update(&buffer);
            Ok(Some((buffer.into(), (file, hasher, sha256))))
        });
        Ok(Blob {
            size: Some(size),
            mime: attachment.mime.clone(),
            bytes: bytes.boxed(),
        })
    }
}

/// Runs what blocks beside the runtime.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::local("work on files failed").caused_by(cause))?
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// One page, and where the next one begins if that is elsewhere.
fn page(folder: &Folder, kind: Kind, at: Position) -> Result<(Page, Option<Position>)> {
    let mut page = Page::default();
    let mut end = None;
    let Some(mut table) = folder.table(kind, at)? else {
        page.done = true;
        return Ok((page, end));
    };
    let mut bytes = 0;
    let mut rows = 0;
    while bytes < limits::PAGE_BYTES && rows < limits::PAGE_ROWS {
        let Some(row) = table.next_row()? else {
            page.done = true;
            return Ok((page, end));
        };
        bytes += row.end.offset - row.start.offset;
        rows += 1;
        let read = match is_blank(&row.bytes) && !row.too_long {
            true => None,
            false => Some(table.record(&row)),
        };
        // A row that is still being written is read again next time.
        if row.complete || !matches!(read, Some(Err(_))) {
            end = Some(row.end);
        }
        match read {
            None => {}
            Some(Ok(record)) => page.records.push(record),
            Some(Err(reason)) => {
                let id = table.head(&row).map(|head| head.id);
                let id = id.filter(|id| !id.is_empty());
                page.problems.push(Unreadable {
                    key: Key::new(kind, id.as_deref().unwrap_or("?")),
                    reason,
                    original: row.bytes,
                });
                if !row.complete {
                    page.done = true;
                    return Ok((page, end));
                }
            }
        }
    }
    Ok((page, end))
}

fn missing(reason: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("the bytes of the attachment are not in the folder: {reason}"),
    )
    .hint("they belong in blobs/<first two digits>/<sha256>")
}

/// Opens a file below `blobs/`, wherever symbolic links lead.
fn open_blob(folder: &Folder, sha256: &str) -> Result<(std::fs::File, u64)> {
    let root = folder.root.canonicalize();
    let root = root.map_err(|cause| unreadable(&folder.root, cause))?;
    let blobs = root.join("blobs");
    let path = blobs.join(&sha256[..2]).join(sha256);
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(missing("there is no such file"));
        }
        Err(cause) => return Err(unreadable(&path, cause)),
    };
    if !real.starts_with(&blobs) {
        return Err(missing("its file is a link that leads out of the folder"));
    }
    let file = std::fs::File::open(&real).map_err(|cause| unreadable(&real, cause))?;
    let metadata = file.metadata().map_err(|cause| unreadable(&real, cause))?;
    if !metadata.is_file() {
        return Err(missing("what has its name is not a file"));
    }
    Ok((file, metadata.len()))
}

fn check(folder: &Folder) -> Result<Vec<CheckItem>> {
    let root = folder.root.display();
    let entries = match folder.root.read_dir() {
        Ok(entries) => entries,
        Err(cause) => {
            return Ok(vec![CheckItem::failure(
                format!("the folder {root} cannot be read: {cause}"),
                "check `path`; it is relative to the folder of deskferry.toml",
            )]);
        }
    };
    let other = match folder.format {
        Format::Jsonl => Format::Csv,
        Format::Csv => Format::Jsonl,
    };
    let mut items = Vec::new();
    let mut found = 0;
    for entry in entries {
        let entry = entry.map_err(|cause| unreadable(&folder.root, cause))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((stem, extension)) = name.rsplit_once('.') else {
            continue;
        };
        let kind = Kind::ALL.into_iter().find(|kind| kind.plural() == stem);
        if extension == folder.format.extension() {
            match kind {
                Some(kind) => {
                    found += 1;
                    if let Err(error) = folder.table(kind, Position::default()) {
                        let hint = error.hint.clone().unwrap_or_default();
                        items.push(CheckItem::failure(error.message, hint));
                    }
                }
                None => {
                    let names = Kind::ALL.into_iter().map(Kind::plural);
                    let hint = match crate::connector::nearest(stem, names.clone()) {
                        Some(near) => format!("did you mean {near}.{extension}?"),
                        None => format!("known names: {}", names.collect::<Vec<_>>().join(", ")),
                    };
                    items.push(CheckItem::warning(format!("{name} is not read"), hint));
                }
            }
        } else if extension == other.extension() && kind.is_some() {
            items.push(CheckItem::warning(
                format!("{name} is not read"),
                format!("set format = \"{extension}\" to read it instead"),
            ));
        }
    }
    items.push(match found {
        0 => CheckItem::failure(
            format!(
                "the folder {root} holds no {} file",
                folder.format.extension()
            ),
            format!(
                "name files by kind, such as {}",
                folder.format.file(Kind::Conversation)
            ),
        ),
        found => CheckItem::ok(format!("{found} files of records in {root}")),
    });
    Ok(items)
}
