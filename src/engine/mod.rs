//! pull, plan, push, verify: moves records and emits events, prints nothing.
//!
//! One [`Project`] is one migration: a ledger, a source, a sink, a scope and a
//! mapping. Its commands are functions here: [`pull()`], [`push()`] (with
//! [`dry_run`] for a preview), [`migrate()`], [`verify()`], [`archive()`].

mod archive;
mod assemble;
pub mod assess;
mod blobs;
mod changes;
mod claim;
mod compare;
mod conflict;
mod decorate;
mod deletions;
mod embedded;
mod estimate;
mod files;
mod flow;
mod forget;
mod links;
mod migrate;
mod moved;
mod order;
mod people;
mod pilot;
mod plan;
mod pull;
mod push;
mod redact;
mod redirects;
mod relations;
mod retry;
mod rollback;
mod saved;
mod settle;
mod stage;
mod summary;
mod sync;
mod timeline;
mod unify;
mod update;
mod verify;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

pub use archive::{Archived, archive};
pub use claim::{Claimed, FormerAgent, claim, former_agents};
pub use compare::Difference;
pub use estimate::{BudgetUse, Estimate, Sample, detail};
pub use files::{Attachments, Policy, TooLarge};
pub use forget::{Done as Forgotten, Trace, forget, trace};
pub use migrate::migrate;
pub use moved::{Moved, each_moved};
pub use order::Order;
pub use pilot::{Hard, Why, hardest, only};
pub use pull::{PullState, Pulled, not_read, pull};
pub use push::{Interlocked, dry_run, push};
pub use redact::Unredacted;
pub use redirects::{Redirected, RulesBack, Untouched, could_redirect, redirect};
pub use retry::{Retried, RetryOptions, retry};
pub use rollback::{Kept, RollbackOptions, RolledBack, rollback};
pub use saved::{Saved, Stale, apply, save as save_plan};
pub use summary::{Calls, Summary};
pub use sync::{SyncOptions, Synced, Vanished, sync};
pub use unify::{Apart, Found as FoundPeople, Person, Rule, Suggestion};
pub use unify::{find as find_people, person};
pub use verify::{COMPARED, VerifyOptions, verify};

use crate::connector::{Error, ErrorKind, Interlock, Result, Scope, Sink, Source};
use crate::ledger::{Action, Ledger};
pub use crate::mapping::Redactor;
use crate::mapping::UserMapping;
use crate::schema::{Key, Kind};

/// One migration.
#[derive(Clone)]
pub struct Project {
    /// Everything known so far.
    pub ledger: Ledger,
    /// Where records come from; `None` when a command does not need it.
    pub source: Option<Arc<dyn Source>>,
    /// Where records go; `None` when a command does not need it.
    pub sink: Option<Arc<dyn Sink>>,
    /// `zendesk:acme`: starts every marker.
    pub source_name: String,
    /// `freshdesk:acme`.
    pub target_name: String,
    /// What is moved.
    pub scope: Scope,
    /// The user's rules.
    pub mapping: Arc<UserMapping>,
    /// How.
    pub settings: Settings,
    /// Told what happens.
    pub listener: Listener,
    /// Set when the user wants to stop.
    pub stop: Stop,
}

/// How a migration is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Conversations and downloads worked on at the same time.
    pub concurrency: usize,
    /// Keep the source's answers in the ledger.
    pub keep_raw: bool,
    /// Go on although customers may be mailed.
    pub allow_mail: bool,
    /// Only this many conversations, the first that come; for a pilot.
    pub limit: Option<u64>,
    /// Only these records; all when `None`. For a retry or a pilot.
    pub only: Option<Arc<HashSet<Key>>>,
    /// What was edited on the target and changed on the source as well.
    pub conflicts: Conflicts,
    /// What becomes of records that were deleted on the source.
    pub deleted: Deleted,
    /// The largest part of the records of a kind that a sync takes for deleted.
    pub max_deletions: f64,
    /// What becomes of files.
    pub attachments: Attachments,
    /// Which conversations are written first.
    pub order: Order,
}

crate::schema::values! {
    /// What wins when both sides changed the same value.
    #[derive(Default)]
    Conflicts {
        /// The target; the source's change of this value is left out.
        Keep = "keep",
        /// The source.
        Overwrite = "overwrite",
        /// Neither: it becomes a problem, for somebody to decide.
        #[default]
        Report = "report",
    }
}

crate::schema::values! {
    /// What becomes of a record on the target that was deleted on the source.
    #[derive(Default)]
    Deleted {
        /// It stays, and is told.
        #[default]
        Keep = "keep",
        /// It gets the tag `deleted-on-source`.
        Tag = "tag",
        /// It is deleted, if we made it.
        Delete = "delete",
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            concurrency: 8,
            keep_raw: true,
            allow_mail: false,
            limit: None,
            only: None,
            conflicts: Conflicts::default(),
            deleted: Deleted::default(),
            max_deletions: 0.05,
            attachments: Attachments::default(),
            order: Order::default(),
        }
    }
}

/// Something that happened. For progress, logs and reports.
#[derive(Debug, Clone)]
pub enum Event {
    /// A part of the work begins.
    Phase(Phase),
    /// The source says how many records of a kind there are.
    Total {
        /// Kind.
        kind: Kind,
        /// Records.
        total: u64,
    },
    /// Records came in.
    Pulled {
        /// Kind.
        kind: Kind,
        /// Records of this page.
        count: u64,
    },
    /// Bytes of an attachment came in.
    Fetched {
        /// Bytes.
        bytes: u64,
    },
    /// A decision was made.
    Planned {
        /// Kind.
        kind: Kind,
        /// What will be done.
        action: Action,
    },
    /// A record is on the target.
    Pushed {
        /// Kind.
        kind: Kind,
    },
    /// A record was compared.
    Verified {
        /// Kind.
        kind: Kind,
    },
    /// A record was set aside.
    Problem {
        /// The record.
        key: Key,
        /// Why.
        reason: String,
    },
    /// Something worth knowing.
    Note(String),
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the source.
    Pull,
    /// Finding out what the last run left open.
    Settle,
    /// Deciding.
    Plan,
    /// Writing the target.
    Push,
    /// Comparing both.
    Verify,
}

impl Phase {
    /// Name for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Pull => "pull",
            Phase::Settle => "settle",
            Phase::Plan => "plan",
            Phase::Push => "push",
            Phase::Verify => "verify",
        }
    }
}

/// Whoever wants to know what happens.
pub type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// The user's wish to stop: what was begun is finished, nothing new is begun.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Fails when somebody asked.
    pub fn check(&self) -> Result<()> {
        match self.requested() {
            false => Ok(()),
            true => Err(Error::new(ErrorKind::Interrupted, "stopped on request")
                .hint("run the same command again: it goes on where this one stopped")),
        }
    }
}

impl Project {
    fn source(&self) -> Result<&Arc<dyn Source>> {
        self.source
            .as_ref()
            .ok_or_else(|| Error::config("there is no [source] in the configuration"))
    }

    fn sink(&self) -> Result<&Arc<dyn Sink>> {
        self.sink
            .as_ref()
            .ok_or_else(|| Error::config("there is no [target] in the configuration"))
    }

    fn emit(&self, event: Event) {
        (self.listener)(event);
    }

    /// The text that marks a record on the target as ours.
    pub fn marker(&self, key: &Key) -> String {
        format!("{}:{}:{}", self.source_name, key.kind, key.id)
    }

    /// Whether a record is among those that this run is about.
    fn is_chosen(&self, key: &Key) -> bool {
        self.settings
            .only
            .as_ref()
            .is_none_or(|only| only.contains(key))
    }

    /// Keeps a problem and tells the listener.
    async fn problem(
        &self,
        key: Key,
        stage: &'static str,
        reason: String,
        hint: Option<String>,
    ) -> Result<()> {
        self.emit(Event::Problem {
            key: key.clone(),
            reason: reason.clone(),
        });
        self.ledger
            .add_problem(crate::ledger::NewProblem {
                key,
                stage,
                reason,
                hint,
                original: None,
            })
            .await
    }

    /// Keeps what a record cannot be written for, and leaves it out until it
    /// changes or somebody asks for it: the target would only refuse it again.
    async fn refuse(&self, key: Key, reason: String, hint: Option<String>) -> Result<()> {
        self.emit(Event::Problem {
            key: key.clone(),
            reason: reason.clone(),
        });
        self.ledger.set_state(&key, crate::ledger::LEFT).await?;
        self.ledger
            .keep_problem(crate::ledger::NewProblem {
                key,
                stage: "push",
                reason,
                hint,
                original: None,
            })
            .await
    }

    /// Keeps an error as a problem of `key`, or returns it when it stops the run.
    async fn set_aside(&self, key: Key, stage: &'static str, error: Error) -> Result<()> {
        if error.stops_run() {
            return Err(match error.record {
                Some(_) => error,
                None => error.at(key),
            });
        }
        let hint = error.next_step();
        self.problem(key, stage, describe(&error), Some(hint)).await
    }

    /// What would mail customers when something is changed that is on the
    /// target already, and was not allowed.
    pub async fn open_update_interlocks(&self) -> Result<Vec<Interlock>> {
        match self.settings.allow_mail {
            true => Ok(Vec::new()),
            false => self.sink()?.update_interlocks().await,
        }
    }

    /// What would mail customers and was not allowed.
    pub async fn open_interlocks(&self) -> Result<Vec<Interlock>> {
        match self.settings.allow_mail {
            true => Ok(Vec::new()),
            false => self.sink()?.interlocks().await,
        }
    }
}

/// An error with its causes, as one sentence, without the record's name.
fn describe(error: &Error) -> String {
    let mut text = error.message.clone();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

/// A pull that is over: what `push` alone waits for.
fn all_pulled() -> watch::Receiver<PullState> {
    let (sender, receiver) = watch::channel(PullState::finished());
    // The last value stays readable without the sender.
    drop(sender);
    receiver
}

#[cfg(test)]
mod tests;
