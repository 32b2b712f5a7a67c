//! What can go wrong with a desk. Behaviour follows from the [`ErrorKind`], never from text.

use std::path::Path;
use std::{fmt, io};

use crate::schema::Key;

/// What sort of failure it was, and so what happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// The credentials are wrong or expired. The run stops.
    Auth,
    /// The credentials may not do this. The record or stream is set aside.
    Forbidden,
    /// It is not there.
    NotFound,
    /// The desk refuses a value of the record. The record is set aside.
    Rejected {
        /// The field the desk names, if it names one.
        field: Option<String>,
    },
    /// It exists already, with this id where the desk says so.
    Conflict {
        /// Id of the existing record.
        existing: Option<String>,
    },
    /// The desk asks to wait longer than the run is willing to.
    RateLimited {
        /// Seconds until it may be tried again.
        retry_after: u64,
    },
    /// A passing fault that outlasted all retries. The request may or may not have been carried out.
    Transient,
    /// The desk answered something that is not what its documentation says.
    Protocol,
    /// The configuration cannot work. The run stops before it does anything.
    Config,
    /// Something on this machine: disk, ledger, memory. The run stops.
    Local,
    /// The user asked to stop. What was begun is finished, the rest is for the next run.
    Interrupted,
}

/// A failure with its cause and what to do about it.
#[derive(Debug)]
pub struct Error {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// What happened, as a sentence without a full stop. Never holds a secret.
    pub message: String,
    /// What the user can do.
    pub hint: Option<String>,
    /// The record it happened to.
    pub record: Option<Key>,
    /// What caused it.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What to do when a disk, a quota or a limit of file sizes is full.
pub(crate) const NO_SPACE: &str = "free some space (or raise the quota or the limit of file sizes) and run the same command again; it goes on where this run stopped";

/// The result of whatever talks to a desk.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            hint: None,
            record: None,
            source: None,
        }
    }

    /// A failure of the configuration.
    pub fn config(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config, message)
    }

    /// An answer that is not what the documentation says.
    pub fn protocol(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Protocol, message)
    }

    /// A failure of this machine.
    pub fn local(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Local, message)
    }

    /// A file of this machine that could not be written.
    pub fn unwritable(path: &Path, cause: io::Error) -> Self {
        let hint = match cause.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => NO_SPACE,
            _ => {
                "see to it that it can be written and run the same command again; it goes on where this run stopped"
            }
        };
        Error::local(format!("{} cannot be written: {cause}", path.display()))
            .hint(hint)
            .caused_by(cause)
    }

    /// A value that the target refuses.
    pub fn rejected(field: impl Into<String>, message: impl Into<String>) -> Self {
        Error::new(
            ErrorKind::Rejected {
                field: Some(field.into()),
            },
            message,
        )
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the record.
    #[must_use]
    pub fn at(mut self, record: Key) -> Self {
        self.record = Some(record);
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// The same failure for another record that met it, without the cause.
    #[must_use]
    pub fn again(&self) -> Self {
        Error {
            kind: self.kind.clone(),
            message: self.message.clone(),
            hint: self.hint.clone(),
            record: None,
            source: None,
        }
    }

    /// What the user can do: the hint, or what goes for failures of this sort.
    pub fn next_step(&self) -> String {
        if let Some(hint) = &self.hint {
            return hint.clone();
        }
        match &self.kind {
            ErrorKind::Auth => "check the credentials",
            ErrorKind::Forbidden => {
                "give whom the credentials belong to the right to do this, and run the same command again"
            }
            ErrorKind::NotFound => {
                "look on the desk whether it is there; the same command tries it again"
            }
            ErrorKind::Rejected { .. } => {
                "correct it on the source or with a rule in mapping.toml, and run the same command again"
            }
            ErrorKind::Conflict { .. } => {
                "the target has something like it: rename one of the two or map one to the other in mapping.toml, and run the same command again"
            }
            ErrorKind::Protocol => {
                "run the same command again; report the desk's answer if it stays so"
            }
            ErrorKind::Config => "correct the configuration",
            ErrorKind::RateLimited { .. }
            | ErrorKind::Transient
            | ErrorKind::Local
            | ErrorKind::Interrupted => "run the same command again",
        }
        .to_owned()
    }

    /// Whether the whole run must stop, because nothing else would succeed either.
    pub fn stops_run(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Auth
                | ErrorKind::Config
                | ErrorKind::Local
                | ErrorKind::Interrupted
                | ErrorKind::RateLimited { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(record) = &self.record {
            write!(f, "{record}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|cause| cause.as_ref() as &(dyn std::error::Error + 'static))
    }
}

/// What the database says; the ledger adds which file and what to do.
impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        Error::local(cause.to_string()).caused_by(cause)
    }
}
