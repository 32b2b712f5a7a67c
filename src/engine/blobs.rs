//! Bytes of attachments: streamed to a file by their SHA-256, never whole in memory.

use std::path::{Path, PathBuf};

use futures::stream::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{Event, Policy, Project};
use crate::connector::{Blob, Error, ErrorKind, Result};
use crate::ledger::{BlobRow, UNFINISHED};
use crate::schema::{Attachment, Key, Kind, Record};

/// Removes what a run that died was fetching. No other run is on: it would have the ledger.
pub(super) async fn sweep(project: &Project) -> Result<()> {
    let folder = project.ledger.blob_folder();
    let Ok(mut entries) = tokio::fs::read_dir(&folder).await else {
        return Ok(());
    };
    while let Ok(Some(entry)) = entries.next_entry().await {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let path = entry.path();
            tokio::fs::remove_file(&path)
                .await
                .map_err(|cause| Error::unwritable(&path, cause))?;
        }
    }
    Ok(())
}

/// What came of a record's files.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// Bytes that came.
    pub bytes: u64,
    /// Some may be had by the next run, and what they belong to waits for it.
    pub waits: bool,
}

/// Fetches what is missing of a conversation's or an article's files. A file
/// that cannot be had becomes a problem, and what refers to it goes on without
/// it: at once where the desk says so, where it only failed from the second run on.
pub(super) async fn fetch_for(project: &Project, owner: &Record) -> Result<Fetched> {
    let mut fetched = Fetched::default();
    if project.settings.attachments.policy == Policy::Skip {
        return Ok(fetched);
    }
    let mut addresses = None;
    for attachment in attachments_of(project, owner)? {
        if let Some(known) = project.ledger.blob(&attachment.id)?
            && is_here(project, known.sha256.as_deref())
        {
            continue;
        }
        project.stop.check()?;
        let fetched_now = match fetch_patiently(project, &attachment).await {
            Err(error) if may_be_expired(&error) => {
                fetch_again(project, owner, &mut addresses, &attachment, error).await?
            }
            done => done,
        };
        let row = match fetched_now {
            Ok(row) => {
                fetched.bytes += row.size;
                project.emit(Event::Fetched { bytes: row.size });
                let key = Key::new(Kind::Attachment, &attachment.id);
                project.ledger.resolve_problems(&key, &["blob"]).await?;
                row
            }
            Err(error) if error.stops_run() => return Err(error),
            Err(error) => {
                let reason = format!(
                    "the file {:?} of {} could not be fetched: {}",
                    attachment.name,
                    owner.key(),
                    super::describe(&error)
                );
                let key = Key::new(Kind::Attachment, &attachment.id);
                let waits = may_pass(&error) && !has_failed_before(project, &key)?;
                let hint = match waits {
                    true => {
                        "what it belongs to waits: the next run asks once more, and moves it without the file if that fails again"
                    }
                    false => {
                        "what it belongs to is moved without the file, and its text says so; what can be found of it has to be added by hand"
                    }
                };
                project
                    .problem(key, "blob", reason.clone(), Some(hint.to_owned()))
                    .await?;
                if waits {
                    fetched.waits = true;
                    continue;
                }
                BlobRow {
                    sha256: None,
                    size: 0,
                    mime: None,
                    error: Some(reason),
                }
            }
        };
        project.ledger.set_blob(&attachment.id, row).await?;
    }
    Ok(fetched)
}

/// Whether the desk only failed to give a file, and did not say that there is none.
fn may_pass(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Transient | ErrorKind::RateLimited { .. } | ErrorKind::Protocol
    )
}

fn has_failed_before(project: &Project, file: &Key) -> Result<bool> {
    let known = project.ledger.problem_of(file)?;
    Ok(known.is_some_and(|known| known.stage == "blob" && known.run < project.ledger.run()))
}

/// Whether the bytes are where they belong; also for a file that cannot be had.
fn is_here(project: &Project, sha256: Option<&str>) -> bool {
    sha256.is_none_or(|sha256| project.ledger.blob_path(sha256).exists())
}

/// Forgets downloads whose bytes are gone, as far as they may be needed: a
/// ledger that came from elsewhere comes without them.
pub(super) async fn forget_missing(project: &Project) -> Result<()> {
    let known = project.ledger.unready_blobs()?.into_iter();
    let missing: Vec<String> = known
        .filter(|(_, sha256)| !is_here(project, Some(sha256)))
        .map(|(attachment, _)| attachment)
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => project.ledger.forget_blobs(missing).await,
    }
}

fn attachments_of(project: &Project, owner: &Record) -> Result<Vec<Attachment>> {
    let key = owner.key();
    let mut owners = vec![key.clone()];
    if key.kind == Kind::Conversation {
        owners = project
            .ledger
            .children(&key, Kind::Message)?
            .into_iter()
            .map(|stored| stored.record.key())
            .collect();
    }
    let mut attachments = Vec::new();
    for owner in owners {
        for stored in project.ledger.children(&owner, Kind::Attachment)? {
            if let Record::Attachment(attachment) = stored.record {
                attachments.push(attachment);
            }
        }
    }
    Ok(attachments)
}

/// Whether the address may be the reason: many are signed, and good for minutes.
fn may_be_expired(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Auth | ErrorKind::Rejected { .. }
    )
}

/// Fetches a file at a newer address. One that was asked for together with
/// another file's may have expired while that was fetched: it is asked for
/// once more.
async fn fetch_again(
    project: &Project,
    owner: &Record,
    addresses: &mut Option<Vec<Attachment>>,
    attachment: &Attachment,
    first: Error,
) -> Result<Result<BlobRow>> {
    let mut failure = first;
    for fresh in [addresses.is_none(), true] {
        let Some(newer) = again(project, owner, addresses, attachment).await? else {
            break;
        };
        match fetch_patiently(project, &newer).await {
            Err(error) if !fresh && may_be_expired(&error) => {
                *addresses = None;
                failure = error;
            }
            done => return Ok(done),
        }
    }
    Ok(Err(failure))
}

/// The attachment with a new address; `None` where the desk has none. The record
/// stays as it is: the text names the old one. Whatever goes wrong here leaves
/// the failure as it was, unless it ends the run.
async fn again(
    project: &Project,
    owner: &Record,
    addresses: &mut Option<Vec<Attachment>>,
    attachment: &Attachment,
) -> Result<Option<Attachment>> {
    let known = match addresses {
        Some(known) => known,
        None => {
            let found = match project.source()?.files_again(owner).await {
                Ok(found) => found,
                Err(error) if error.stops_run() => return Err(error),
                Err(error) => {
                    tracing::debug!("{}: {error}", owner.key());
                    Vec::new()
                }
            };
            addresses.insert(found)
        }
    };
    let newer = known.iter().find(|known| known.id == attachment.id);
    Ok(newer.filter(|newer| newer.url != attachment.url).cloned())
}

/// How often the bytes of a file are asked for when they break off.
const ATTEMPTS: usize = 5;

/// Fetches a file. A download that broke off is begun again: the client
/// itself cannot, since its answer was taken away piece by piece.
async fn fetch_patiently(project: &Project, attachment: &Attachment) -> Result<BlobRow> {
    let mut attempt = 1;
    loop {
        match fetch(project, attachment).await {
            Err(error) if error.kind == ErrorKind::Transient && attempt < ATTEMPTS => {
                tracing::debug!(attempt, "{}: {error}", attachment.id);
                project.stop.check()?;
                attempt += 1;
            }
            done => return done,
        }
    }
}

async fn fetch(project: &Project, attachment: &Attachment) -> Result<BlobRow> {
    let blob = project.source()?.fetch_blob(attachment).await?;
    let mime = blob.mime.clone();
    let expected = blob.size;
    let folder = project.ledger.blob_folder();
    private_folder(&folder).await?;
    let name = format!("{UNFINISHED}{}", uuid::Uuid::new_v4().simple());
    let temporary = Temporary(folder.join(name));
    let (sha256, size) = stream_to(blob, &temporary.0).await?;
    if expected.is_some_and(|expected| expected != size) {
        return Err(Error::new(
            ErrorKind::Transient,
            format!(
                "{size} bytes came instead of {}",
                expected.unwrap_or_default()
            ),
        ));
    }
    let path = project.ledger.blob_path(&sha256);
    if let Some(parent) = path.parent() {
        private_folder(parent).await?;
    }
    tokio::fs::rename(&temporary.0, &path)
        .await
        .map_err(|cause| Error::unwritable(&path, cause))?;
    Ok(BlobRow {
        sha256: Some(sha256),
        size,
        mime,
        error: None,
    })
}

/// A file that goes away with this, unless it got another name.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What stays all the same is removed by the next run.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn stream_to(blob: Blob, path: &Path) -> Result<(String, u64)> {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let file = options
        .open(path)
        .await
        .map_err(|cause| Error::unwritable(path, cause))?;
    fill(file, path, blob).await
}

/// Writes a blob to the file at `path`. Returns its SHA-256 and size.
async fn fill(mut file: tokio::fs::File, path: &Path, mut blob: Blob) -> Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut size = 0;
    while let Some(piece) = blob.bytes.next().await {
        let piece = piece?;
        hasher.update(&piece);
        size += piece.len() as u64;
        file.write_all(&piece)
            .await
            .map_err(|cause| Error::unwritable(path, cause))?;
    }
    // The last write goes on in the background, and only a flush tells how it ended.
    file.flush()
        .await
        .map_err(|cause| Error::unwritable(path, cause))?;
    file.sync_all()
        .await
        .map_err(|cause| Error::unwritable(path, cause))?;
    Ok((hex::encode(hasher.finalize()), size))
}

async fn private_folder(path: &Path) -> Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder
        .create(path)
        .await
        .map_err(|cause| Error::unwritable(path, cause))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::connector::ErrorKind;

    #[tokio::test]
    async fn a_last_write_that_fails_is_seen() {
        let path = Path::new("/dev/full");
        let file = tokio::fs::File::options().write(true).open(path).await;
        let blob = Blob {
            size: Some(5),
            mime: None,
            bytes: futures::stream::iter([Ok("small".into())]).boxed(),
        };
        let error = fill(file.unwrap(), path, blob).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Local);
        assert!(
            error.message.starts_with("/dev/full cannot be written"),
            "{error}"
        );
        assert!(error.hint.unwrap().contains("free some space"));
    }
}
