//! The local database of all that was pulled, planned, sent and received.
//!
//! One SQLite file (WAL) beside the project, a lock file and a folder of
//! attachments' bytes:
//!
//! ```text
//! deskferry.ledger        the tables of `schema.rs`, mode 0600
//! deskferry.ledger.lock   held by the run that uses the ledger
//! deskferry.blobs/ab/ab…  bytes by SHA-256, mode 0600
//! ```
//!
//! One thread writes; reads use connections of their own. A page's records and
//! the cursor after it are one transaction: a cursor is never ahead of its
//! records. An intent is on disk (fsync) before the request that it stands
//! for, and a receipt before the next one.

mod backup;
mod blob;
mod finding;
mod forget;
mod links;
mod lost;
mod pack;
mod people;
mod plan;
mod problem;
mod read;
mod receipt;
mod redirects;
#[cfg(feature = "remote")]
pub mod remote;
mod removal;
mod run;
mod schema;
mod write;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::{mpsc, oneshot};

pub use blob::{BlobRow, UNFINISHED, keep_bytes};
pub use finding::{Comparison, Finding, Tally, Verdict};
pub use forget::{FORGOTTEN, Forgetting, Forgot};
pub use pack::{Packed, compress, decompress, pack};
pub use people::{Ceded, Claim, Decided, Decision, Unified};
pub use plan::{Action, LossCount, PartState, PlanCount, Planned};
pub use problem::{NewProblem, Problem, ProblemGroup};
pub use read::{Stored, StreamState};
pub use receipt::{Intent, NewIntent, NewReceipt, Receipt};
pub use redirects::MadeRule;
pub use removal::Removal;
pub use run::{DeskStats, Run, RunStats};
pub use write::PageCommit;

use crate::connector::{Error, ErrorKind, Result};
use crate::schema::Date;

/// All parts and bytes of the record are here.
pub const READY: i64 = 2;
/// The record is on the target, with all its parts.
pub const PUSHED: i64 = 4;
/// The record is gone on the source.
pub const GONE: i64 = 1;
/// The record is left out on purpose: nothing to do until it changes.
pub const LEFT: i64 = 8;

/// Work for the writer thread; `None` ends it.
type Job = Option<Box<dyn FnOnce(&mut Connection) + Send>>;

/// An open ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: mpsc::Sender<Job>,
    thread: Option<std::thread::JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
    cache: Mutex<read::PackCache>,
    run: i64,
    /// Released when the last clone is gone.
    _lock: Option<File>,
}

/// Waits until everything is in the one file and nothing beside it: whoever
/// copies it after a run, or opens it, need not know of a log. The lock goes last.
impl Drop for Inner {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        while let Err(mpsc::error::TrySendError::Full(_)) = self.writer.try_send(None) {
            std::thread::yield_now();
        }
        // A thread that panicked has nothing more to write.
        let _ = thread.join();
    }
}

/// Whether a second process may have the ledger open at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For a run: exclusive.
    Run,
    /// For looking only (`status`).
    Look,
}

impl Ledger {
    /// Opens the ledger, or creates it, for a run of `command`.
    ///
    /// Fails with a [`Local`](ErrorKind::Local) error when the file is not a
    /// ledger, too new or damaged, and with [`Locked`] as its cause when
    /// another run has it.
    pub fn open(path: &Path, command: &str, mode: Mode) -> Result<Ledger> {
        let lock = match mode {
            Mode::Run => Some(lock(path)?),
            Mode::Look => None,
        };
        if mode == Mode::Look && !path.exists() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("there is no ledger at {}", path.display()),
            )
            .hint("run `deskferry pull` or `deskferry migrate` first"));
        }
        create_private(path)?;
        let mut connection = open_connection(path)?;
        let here = |cause| unusable(path, cause);
        schema::configure(&connection).map_err(here)?;
        refuse_damaged(path, &connection)?;
        schema::migrate(&mut connection).map_err(here)?;
        let run = match mode {
            Mode::Run => {
                connection
                    .execute(
                        "INSERT INTO runs(command, started_at) VALUES (?1, ?2)",
                        params![command, now()],
                    )
                    .map_err(|cause| here(cause.into()))?;
                connection.last_insert_rowid()
            }
            Mode::Look => 0,
        };
        let (writer, jobs) = mpsc::channel::<Job>(64);
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || write::run(connection, jobs))
            .map_err(|cause| Error::local("a thread could not be started").caused_by(cause))?;
        Ok(Ledger {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                writer,
                thread: Some(thread),
                readers: Mutex::new(Vec::new()),
                cache: Mutex::new(read::PackCache::default()),
                run,
                _lock: lock,
            }),
        })
    }

    /// Number of this run; 0 when the ledger is only looked at.
    pub fn run(&self) -> i64 {
        self.inner.run
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The folder of attachments' bytes.
    pub fn blob_folder(&self) -> PathBuf {
        self.inner.path.with_extension("blobs")
    }

    /// A remembered value.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        self.read(|c| {
            Ok(
                c.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
                    row.get(0)
                })
                .optional()?,
            )
        })
    }

    /// The ledger's own id: a plan belongs to one ledger.
    pub async fn identity(&self) -> Result<String> {
        match self.meta("ledger")? {
            Some(id) => Ok(id),
            None => {
                let id = uuid::Uuid::new_v4().to_string();
                self.set_meta("ledger", &id).await?;
                Ok(id)
            }
        }
    }

    /// A random text that this ledger alone knows, made when it is first asked for.
    pub async fn secret(&self, name: &str) -> Result<String> {
        let key = format!("secret.{name}");
        if let Some(known) = self.meta(&key)? {
            return Ok(known);
        }
        let made = format!(
            "{:032x}{:032x}",
            rand::random::<u128>(),
            rand::random::<u128>()
        );
        self.set_meta(&key, &made).await?;
        Ok(made)
    }

    /// Remembers a value.
    pub async fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO meta(key, value) VALUES (?1, ?2)
                 ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                params![key, value],
            )?;
            Ok(())
        })
        .await
    }

    /// Ties the ledger to a desk, or refuses when it belongs to another one:
    /// two desks in one ledger would mix up their ids.
    pub async fn claim(&self, side: &str, desk: &str) -> Result<()> {
        match self.meta(side)? {
            Some(known) if known != desk => Err(Error::config(format!(
                "the ledger {} belongs to {side} {known}, not to {desk}",
                self.path().display()
            ))
            .hint("name another file with [ledger] file = \"…\", or correct the desk")),
            Some(_) => Ok(()),
            None => self.set_meta(side, desk).await,
        }
    }

    /// Runs one write transaction on the writer thread.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(false, work).await
    }

    /// Like `write`, and on the disk when it returns: survives a power cut.
    async fn write_durably<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(true, work).await
    }

    /// Runs something on the writer's connection that no transaction may be around.
    async fn bare(
        &self,
        work: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let gone = || Error::local("the ledger's writer has stopped");
        let (answer, result) = oneshot::channel();
        let job: Job = Some(Box::new(move |connection| {
            let _ = answer.send(work(connection));
        }));
        self.inner.writer.send(job).await.map_err(|_| gone())?;
        let done = result.await.map_err(|_| gone())?;
        done.map_err(|cause| unusable(&self.inner.path, cause))
    }

    // Boxed for the same reason as `http::Call::send`.
    fn submit<T: Send + 'static>(
        &self,
        durable: bool,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T>> {
        let (answer, result) = oneshot::channel();
        let job: Job = Some(Box::new(move |connection| {
            let _ = answer.send(write::transact(connection, durable, work));
        }));
        let writer = self.inner.writer.clone();
        let path = self.inner.path.clone();
        Box::pin(async move {
            let gone = || Error::local("the ledger's writer has stopped");
            writer.send(job).await.map_err(|_| gone())?;
            let done = result.await.map_err(|_| gone())?;
            done.map_err(|cause| unusable(&path, cause))
        })
    }

    /// Runs reads on a connection of their own.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pooled = lock_or_poisoned(&self.inner.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => {
                let connection = open_connection(&self.inner.path)?;
                schema::configure(&connection)
                    .map_err(|cause| unusable(&self.inner.path, cause))?;
                connection
            }
        };
        let result = work(&connection);
        lock_or_poisoned(&self.inner.readers).push(connection);
        result.map_err(|cause| unusable(&self.inner.path, cause))
    }
}

/// A mutex whose holder panicked still guards plain data: go on with it.
fn lock_or_poisoned<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Another run has the ledger.
#[derive(Debug, thiserror::Error)]
#[error("another run is using it")]
pub struct Locked;

fn lock(path: &Path) -> Result<File> {
    let lock_path = path.with_extension("ledger.lock");
    let file = private_options()
        .open(&lock_path)
        .map_err(|cause| cannot_open(&lock_path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::local(format!(
            "the ledger {} is in use by another run",
            path.display()
        ))
        .hint("wait until it has ended; a run that died leaves no lock behind")
        .caused_by(Locked)),
        Err(std::fs::TryLockError::Error(cause)) => Err(cannot_open(&lock_path, cause)),
    }
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn create_private(path: &Path) -> Result<()> {
    private_options()
        .open(path)
        .map(|_| ())
        .map_err(|cause| cannot_open(path, cause))
}

fn open_connection(path: &Path) -> Result<Connection> {
    Connection::open(path).map_err(|cause| unusable(path, cause.into()))
}

/// Largest ledger that is read through before it is used, in bytes: a tenth
/// of a second. Damage in a larger one is met when it is read.
const CHECKED: u64 = 100 * 1024 * 1024;

fn refuse_damaged(path: &Path, connection: &Connection) -> Result<()> {
    if std::fs::metadata(path).map_or(0, |file| file.len()) > CHECKED {
        return Ok(());
    }
    match backup::whole(connection) {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(backup::damaged(path, &said)),
        Err(cause) => Err(unusable(path, cause.into())),
    }
}

fn cannot_open(path: &Path, cause: std::io::Error) -> Error {
    Error::local(format!("{} cannot be opened: {cause}", path.display()))
        .hint("check that the folder exists and that you may write there")
        .caused_by(cause)
}

/// What to do about a damaged ledger.
const DAMAGED: &str = "restore a copy that `deskferry backup` made, or move the file away with its -wal and pull again; run with --lost-since and the date from which receipts are missing: what is on the target is found there and not written twice";

/// Names the file in what the database says, and what to do. Other errors stay as they are.
fn unusable(path: &Path, error: Error) -> Error {
    use rusqlite::ErrorCode;
    let said = error.source.as_ref();
    let Some(cause) = said.and_then(|cause| cause.downcast_ref::<rusqlite::Error>()) else {
        return error;
    };
    let hint = match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => crate::connector::NO_SPACE,
        // Also what a quota and a limit of file sizes come as.
        Some(ErrorCode::SystemIoFailure) => {
            "the disk may be full, over its quota, gone or failing: see to it and run the same command again; it goes on where this run stopped"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "see to it that you may write the file and its folder, and run the same command again"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program has it open: close that and run the same command again"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DAMAGED,
        _ => "run the same command again; it goes on where this run stopped",
    };
    Error {
        message: format!(
            "the ledger {} cannot be used: {}",
            path.display(),
            error.message
        ),
        hint: Some(hint.to_owned()),
        ..error
    }
}

/// Now, as the ledger writes dates.
fn now() -> String {
    Date::now().to_string()
}

#[cfg(test)]
mod tests;
