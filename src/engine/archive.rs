//! The whole ledger as open files: JSON Lines in the schema's shape and the
//! attachments' bytes. The same folder is what the `files` connector reads.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Event, Project, Redactor};
use crate::connector::{Error, Result};
use crate::schema::{Kind, Record};

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// Records by kind.
    pub records: Vec<(Kind, u64)>,
    /// Files of attachments.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Writes the ledger to a folder that does not exist yet or is empty.
pub async fn archive(
    project: &Project,
    folder: &Path,
    redactor: Option<&Redactor>,
) -> Result<Archived> {
    let filled = folder
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if filled {
        return Err(
            Error::config(format!("the folder {} is not empty", folder.display()))
                .hint("name a new folder; an archive never overwrites anything"),
        );
    }
    create(folder)?;
    let mut archived = Archived::default();
    for kind in Kind::ALL {
        let count = archive_kind(project, folder, kind, redactor, &mut archived)?;
        if count > 0 {
            archived.records.push((kind, count));
        }
    }
    project.emit(Event::Note(format!(
        "the archive is in {}",
        folder.display()
    )));
    Ok(archived)
}

fn archive_kind(
    project: &Project,
    folder: &Path,
    kind: Kind,
    redactor: Option<&Redactor>,
    archived: &mut Archived,
) -> Result<u64> {
    let path = folder.join(format!("{}.jsonl", kind.plural()));
    let mut out: Option<std::io::BufWriter<std::fs::File>> = None;
    let mut count = 0;
    let mut after = 0;
    loop {
        project.stop.check()?;
        let page = project.ledger.scan(kind, after, 500)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in page {
            let mut record = stored.record;
            if let Some(redactor) = redactor {
                record = redactor.record(&record)?.0;
            }
            // What a file says cannot be redacted: its bytes stay here.
            if redactor.is_none()
                && let Record::Attachment(attachment) = &mut record
                && let Some(blob) = project.ledger.blob(&attachment.id)?
                && let Some(sha256) = blob.sha256
            {
                copy_blob(
                    &project.ledger.blob_path(&sha256),
                    folder,
                    &sha256,
                    archived,
                )?;
                attachment.size = Some(blob.size);
                attachment.sha256 = Some(sha256);
            }
            let writer = match &mut out {
                Some(writer) => writer,
                None => out.insert(std::io::BufWriter::new(private(&path)?)),
            };
            record
                .write_json(writer)
                .map_err(|cause| disk(&path, cause.into()))?;
            writer
                .write_all(b"\n")
                .map_err(|cause| disk(&path, cause))?;
            count += 1;
        }
    }
    if let Some(mut writer) = out {
        writer.flush().map_err(|cause| disk(&path, cause))?;
    }
    Ok(count)
}

fn copy_blob(from: &Path, folder: &Path, sha256: &str, archived: &mut Archived) -> Result<()> {
    let parent = folder.join("blobs").join(sha256.get(..2).unwrap_or("xx"));
    create(&parent)?;
    let to = parent.join(sha256);
    if to.exists() {
        return Ok(());
    }
    let mut bytes = std::fs::File::open(from).map_err(|cause| {
        Error::local(format!("{} cannot be read: {cause}", from.display()))
            .hint("restore it from a backup, or pull into a new ledger")
            .caused_by(cause)
    })?;
    let copied = std::io::copy(&mut bytes, &mut private(&to)?).map_err(|cause| {
        // A part of a file under its final name would pass for the whole.
        let _ = std::fs::remove_file(&to);
        disk(&to, cause)
    })?;
    archived.files += 1;
    archived.bytes += copied;
    Ok(())
}

fn create(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|cause| disk(folder, cause))
}

fn private(path: &PathBuf) -> Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map_err(|cause| disk(path, cause))
}

fn disk(path: &Path, cause: std::io::Error) -> Error {
    Error::unwritable(path, cause)
        .hint("check the folder and the free space, and archive again into a new folder")
}
