//! A ledger that survives the machine: kept in object storage, used by one
//! job at a time.
//!
//! ```text
//! s3://bucket/prefix/
//!   lock.json       who uses it; written every 20 s while that job is alive
//!   ledger.json     which copy is the present one, and whether a job is at it
//!   saves/<id>.zst  that copy: SQLite, compressed
//! ```
//!
//! `lock.json` is created only where there is none, and `ledger.json` is
//! written only over the version that was read: two writers can never
//! overwrite each other, whatever became of the lock. A copy is complete
//! before `ledger.json` names it.
//!
//! **What does not travel.** Raw pages, versions of records that nothing needs
//! any more, and the bytes of attachments: those of records that are on the
//! target are not needed there, the others are fetched again.
//!
//! **Written once, also when a job dies before its last save.** A job that may
//! write to the target says so in `ledger.json` before its first request, with
//! the date from which receipts could get lost, and takes it back with its
//! last save. A job that finds it there knows that receipts since that date
//! are missing, and looks for each record on the target before it creates it
//! ([`Ledger::lost_since`]). The folder that the dead job ran in still has
//! these receipts: a job that goes on there needs no search.

mod copy;
mod holder;
mod store;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::StreamExt;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

use super::backup::beside;
use super::{Ledger, Locked, Mode, create_private, lock, open_connection, unusable};
use crate::connector::{Error, Result};
use crate::schema::Date;
use copy::{SAVE, SESSION, Temporary};
use holder::{BEAT, GIVE_UP, Lock};
use store::{Store, Version};

pub use holder::Holder;
pub use store::parse;

/// Version of the objects' format.
const FORMAT: u32 = 1;

/// Which copy is the present one.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    /// [`Ledger::identity`].
    ledger: String,
    /// Name of the copy.
    save: String,
    /// BLAKE3 of the uncompressed copy.
    hash: String,
    /// Bytes of the uncompressed copy.
    size: u64,
    /// Bytes of the object.
    packed: u64,
    /// When the copy was made.
    saved_at: Date,
    /// By whom.
    by: Holder,
    /// The job that is at it, or that died there.
    open: Option<Open>,
}

/// A job that may have written to the target what the copy does not know.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Open {
    session: String,
    since: Date,
}

const MANIFEST: &str = "ledger.json";

/// A job's hold on a remote ledger.
pub struct Session {
    store: Store,
    path: PathBuf,
    speed: f64,
    holder: Holder,
    /// `None` when it is given back or lost.
    lock: Mutex<Option<Lock>>,
    saved: Mutex<Saved>,
}

/// What was saved last.
#[derive(Default)]
struct Saved {
    manifest: Option<(Manifest, Version)>,
    /// The local ledger came from the store just now.
    fetched: bool,
    /// What this job says of itself; `None` when it writes nothing to the target.
    open: Option<Open>,
}

/// How a job wants the remote ledger.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// `s3://…` and so on.
    pub remote: &'a str,
    /// The local file.
    pub ledger: &'a Path,
    /// The command, for the lock.
    pub command: &'a str,
    /// Take the lock of a job that is dead.
    pub break_lock: bool,
    /// How much faster than real time waiting goes; 1 but in tests.
    pub speed: f64,
}

impl Session {
    /// Locks the remote ledger and brings it here if it is newer.
    pub async fn begin(options: Options<'_>, told: &(dyn Fn(String) + Sync)) -> Result<Session> {
        let store = Store::open(options.remote)?;
        let holder = Holder::this(options.command);
        let (break_lock, speed) = (options.break_lock, options.speed);
        let lock = Lock::take(&store, holder.clone(), break_lock, speed, told).await?;
        let session = Session {
            store,
            path: options.ledger.to_owned(),
            speed,
            holder,
            lock: Mutex::new(Some(lock)),
            saved: Mutex::default(),
        };
        match session.fetch(told).await {
            Ok(()) => Ok(session),
            Err(error) => {
                session.release().await;
                Err(error)
            }
        }
    }

    async fn fetch(&self, told: &(dyn Fn(String) + Sync)) -> Result<()> {
        let Some((manifest, version)) = manifest(&self.store).await? else {
            return Ok(());
        };
        let fetched = bring(&self.store, &manifest, &self.path, told).await?;
        *self.saved.lock().await = Saved {
            manifest: Some((manifest, version)),
            fetched,
            open: None,
        };
        Ok(())
    }

    /// Ties the open ledger to the remote one. `writes` says that the target
    /// may be written: from here on the remote ledger tells that receipts may
    /// get lost.
    pub async fn adopt(&self, ledger: &Ledger, writes: bool) -> Result<()> {
        ledger.identity().await?;
        let mut saved = self.saved.lock().await;
        if saved.fetched {
            ledger.unpack_bytes().await?;
            ledger.recheck_bytes().await?;
        }
        if let Some((manifest, _)) = &saved.manifest {
            ledger.set_meta(SAVE, &manifest.save).await?;
            let here = ledger.meta(SESSION)?;
            if let Some(open) = &manifest.open
                && (saved.fetched || here.as_deref() != Some(&open.session))
            {
                ledger.mark_lost(open.since).await?;
            }
        }
        ledger.set_meta(SESSION, &self.holder.session).await?;
        if let Some(lock) = self.lock.lock().await.as_mut() {
            lock.set_run(ledger.run());
        }
        if !writes {
            // What an earlier job left open stays so until it is saved what it means.
            saved.open = saved
                .manifest
                .as_ref()
                .and_then(|(manifest, _)| manifest.open.clone());
            return Ok(());
        }
        saved.open = Some(Open {
            session: self.holder.session.clone(),
            since: ledger.lost_since()?.unwrap_or_else(Date::now),
        });
        match saved.manifest.take() {
            // What is here is what the copy knows: it is enough to say that we are at it.
            Some((mut manifest, version)) if saved.fetched => {
                manifest.open = saved.open.clone();
                let written = self.swap(&manifest, Some(&version)).await?;
                saved.manifest = Some((manifest, written));
                Ok(())
            }
            // What is here may be ahead of the copy.
            before => {
                saved.manifest = before;
                drop(saved);
                self.save(ledger).await
            }
        }
    }

    /// Saves the ledger as it is now; the job goes on.
    pub async fn save(&self, ledger: &Ledger) -> Result<()> {
        self.save_as(ledger, true).await
    }

    async fn save_as(&self, ledger: &Ledger, goes_on: bool) -> Result<()> {
        let mut saved = self.saved.lock().await;
        // Whatever begins after this date is not in the copy.
        let begun = Date::now();
        let lost = ledger.lost_since()?;
        let copied = ledger.clone();
        let copy = tokio::task::spawn_blocking(move || copy::make(&copied))
            .await
            .map_err(|cause| Error::local("the ledger could not be copied").caused_by(cause))??;
        let open = match (&saved.open, goes_on) {
            (Some(open), true) => Some(Open {
                session: open.session.clone(),
                since: lost.unwrap_or(begun),
            }),
            _ => None,
        };
        let before = saved.manifest.clone();
        let same = before
            .as_ref()
            .filter(|(manifest, _)| manifest.hash == copy.hash);
        let save = match same {
            Some((manifest, _)) => manifest.save.clone(),
            None => {
                let name = uuid::Uuid::new_v4().simple().to_string();
                self.store.upload(&object(&name), &copy.file.0).await?;
                name
            }
        };
        let manifest = Manifest {
            format: FORMAT,
            ledger: ledger.identity().await?,
            save,
            hash: copy.hash.clone(),
            size: copy.size,
            packed: copy.packed,
            saved_at: begun,
            by: self.holder.clone(),
            open: open.clone(),
        };
        let version = before.as_ref().map(|(_, version)| version);
        let version = self.swap(&manifest, version).await?;
        ledger.set_meta(SAVE, &manifest.save).await?;
        let present = manifest.save.clone();
        saved.manifest = Some((manifest, version));
        if saved.open.is_some() {
            saved.open = open.or(saved.open.take());
        }
        if same_copy(&before, &present) {
            return Ok(());
        }
        // Copies that nothing names: the one before, and what died with its job.
        for name in self.store.list(SAVES).await? {
            if name != format!("{present}.zst") {
                self.store.remove(&format!("{SAVES}/{name}")).await?;
            }
        }
        Ok(())
    }

    /// Writes the manifest over the version that is known.
    async fn swap(&self, manifest: &Manifest, known: Option<&Version>) -> Result<Version> {
        let json = serde_json::to_vec_pretty(manifest)
            .map_err(|cause| Error::local("a manifest has no JSON").caused_by(cause))?;
        if let Some(version) = self.store.swap(MANIFEST, known, json.clone()).await? {
            return Ok(version);
        }
        // An earlier attempt may have come through although its answer did not.
        if let Some((bytes, version)) = self.store.read(MANIFEST).await?
            && bytes == json
        {
            return Ok(version);
        }
        Err(Error::local(format!(
            "another job has saved the ledger at {} meanwhile: nothing of it was overwritten",
            self.store.name()
        ))
        .hint("run the same command again: it goes on with that ledger and looks on the target for what this run wrote")
        .caused_by(Locked))
    }

    /// Shows that the job is alive, as long as it is. Returns when it must
    /// stop, with the reason.
    pub async fn keep(&self) -> Error {
        let least = Duration::from_millis(200);
        let mut reached = Instant::now();
        loop {
            tokio::time::sleep(BEAT.div_f64(self.speed).max(least)).await;
            let mut held = self.lock.lock().await;
            let Some(lock) = held.as_mut() else {
                return Error::local("the lock was given back");
            };
            match lock.beat(&self.store).await {
                Ok(true) => reached = Instant::now(),
                Ok(false) => {
                    *held = None;
                    return Error::local(format!(
                        "another job has broken the lock of the ledger at {}",
                        self.store.name()
                    ))
                    .hint("run the same command again when that job has ended")
                    .caused_by(Locked);
                }
                Err(error) if reached.elapsed() > GIVE_UP.div_f64(self.speed).max(least * 10) => {
                    return error;
                }
                Err(error) => tracing::warn!("the lock of the ledger was not renewed: {error}"),
            }
        }
    }

    /// Saves the ledger for the next job and gives the lock back, also when
    /// saving fails.
    pub async fn finish(&self, ledger: &Ledger) -> Result<()> {
        let saved = match self.lock.lock().await.is_some() {
            true => self.save_as(ledger, false).await,
            false => Ok(()),
        };
        self.release().await;
        saved
    }

    /// Gives the lock back. Nothing is lost when that fails: it falls silent.
    pub async fn release(&self) {
        if let Some(lock) = self.lock.lock().await.take()
            && let Err(error) = lock.release(&self.store).await
        {
            tracing::warn!("the lock of the ledger was not given back: {error}");
        }
    }
}

const SAVES: &str = "saves";

fn object(save: &str) -> String {
    format!("{SAVES}/{save}.zst")
}

fn same_copy(before: &Option<(Manifest, Version)>, present: &str) -> bool {
    before
        .as_ref()
        .is_some_and(|(manifest, _)| manifest.save == present)
}

/// Brings the ledger here for looking, if there is none. Locks nothing.
pub async fn look(remote: &str, path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let store = Store::open(remote)?;
    match manifest(&store).await? {
        None => Ok(()),
        Some((manifest, _)) => bring(&store, &manifest, path, &|_| {}).await.map(|_| ()),
    }
}

async fn manifest(store: &Store) -> Result<Option<(Manifest, Version)>> {
    let Some((bytes, version)) = store.read(MANIFEST).await? else {
        return Ok(None);
    };
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let strange = |cause: serde_json::Error| {
        Error::local(format!("{}/{MANIFEST} is damaged", store.name()))
            .hint("restore an earlier version of it if the bucket keeps them")
            .caused_by(cause)
    };
    let Format { format } = serde_json::from_slice(&bytes).map_err(strange)?;
    if format > FORMAT {
        return Err(Error::local(format!(
            "the ledger at {} has format {format}, this deskferry knows up to {FORMAT}",
            store.name()
        ))
        .hint("use the deskferry that wrote it, or a newer one; nothing was touched"));
    }
    let manifest = serde_json::from_slice(&bytes).map_err(strange)?;
    Ok(Some((manifest, version)))
}

/// What a local file is.
struct Local {
    ledger: Option<String>,
    save: Option<String>,
}

fn local(path: &Path) -> Result<Option<Local>> {
    if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(None);
    }
    // Refuses what is no ledger, too new or damaged, as always.
    let ledger = Ledger::open(path, "fetch", Mode::Look)?;
    Ok(Some(Local {
        ledger: ledger.meta("ledger")?,
        save: ledger.meta(SAVE)?,
    }))
}

/// Brings a copy to `path` unless it is what is there already. `true` if so.
async fn bring(
    store: &Store,
    manifest: &Manifest,
    path: &Path,
    told: &(dyn Fn(String) + Sync),
) -> Result<bool> {
    let here = local(path)?;
    if let Some(here) = &here {
        if here.ledger.as_deref() != Some(&manifest.ledger) {
            return Err(Error::config(format!(
                "the ledger {} and the one at {} are two different ones",
                path.display(),
                store.name()
            ))
            .hint(
                "move the file away to go on with the remote one, or name another [ledger] remote",
            ));
        }
        if here.save.as_deref() == Some(&manifest.save) {
            return Ok(false);
        }
    }
    let (packed, fresh) = (
        Temporary(beside(path, "fetching")),
        Temporary(beside(path, "unpacking")),
    );
    let _ = std::fs::remove_file(&packed.0);
    create_private(&packed.0)?;
    let unwritable = |cause| Error::unwritable(&packed.0, cause);
    let mut file = tokio::fs::File::options()
        .write(true)
        .open(&packed.0)
        .await
        .map_err(unwritable)?;
    let mut pieces = store.stream(&object(&manifest.save)).await?;
    while let Some(piece) = pieces.next().await {
        file.write_all(&piece?).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)?;
    drop(file);
    let (from, to, hash) = (packed.0.clone(), fresh.0.clone(), manifest.hash.clone());
    tokio::task::spawn_blocking(move || copy::unpack(&from, &to, &hash))
        .await
        .map_err(|cause| Error::local("the ledger could not be unpacked").caused_by(cause))??;
    // No run of this machine has it open while it is replaced.
    let _held = lock(path)?;
    if here.is_some() {
        let aside = beside(path, "replaced");
        settle_log(path)?;
        std::fs::rename(path, &aside).map_err(|cause| Error::unwritable(&aside, cause))?;
        told(format!(
            "the ledger at {} is newer; the one that was here is kept as {}",
            store.name(),
            aside.display()
        ));
    }
    // A log without its ledger would be taken for the new one's.
    for end in ["-wal", "-shm"] {
        let mut log = path.as_os_str().to_owned();
        log.push(end);
        let _ = std::fs::remove_file(log);
    }
    std::fs::rename(&fresh.0, path).map_err(|cause| Error::unwritable(path, cause))?;
    Ok(true)
}

/// Merges the log beside a ledger into it, so that it can be moved as one file.
fn settle_log(path: &Path) -> Result<()> {
    let connection = open_connection(path)?;
    // Whoever looked at it may be closing it still.
    let _ = connection.busy_timeout(Duration::from_secs(10));
    connection
        .query_row("PRAGMA journal_mode = DELETE", [], |row| {
            row.get::<_, String>(0)
        })
        .optional()
        .map(|_| ())
        .map_err(|cause| unusable(path, cause.into()))
}
