//! Who uses a remote ledger, and the lock that says so.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::store::{Store, Version};
use crate::connector::{Error, Result};
use crate::ledger::Locked;
use crate::schema::Date;

/// A job, for whoever finds its lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Unique.
    pub session: String,
    /// The user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// The command.
    pub command: String,
    /// Number of the run in the ledger, once it is known.
    pub run: Option<i64>,
    /// Where the job can be looked at.
    pub job: Option<String>,
    /// When it began.
    pub since: Date,
}

impl Holder {
    /// This process.
    pub fn this(command: &str) -> Holder {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host = host.map(|name| name.trim().to_owned());
        let unknown = || "unknown".to_owned();
        Holder {
            session: uuid::Uuid::new_v4().simple().to_string(),
            user: first(&[
                "GITHUB_ACTOR",
                "GITLAB_USER_LOGIN",
                "USER",
                "LOGNAME",
                "USERNAME",
            ])
            .unwrap_or_else(unknown),
            host: host
                .or_else(|| first(&["HOSTNAME", "COMPUTERNAME"]))
                .unwrap_or_else(unknown),
            pid: std::process::id(),
            command: command.to_owned(),
            run: None,
            job: variable("CI_JOB_URL").or_else(|| {
                Some(format!(
                    "{}/{}/actions/runs/{}",
                    variable("GITHUB_SERVER_URL")?,
                    variable("GITHUB_REPOSITORY")?,
                    variable("GITHUB_RUN_ID")?
                ))
            }),
            since: Date::now(),
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Holder {
            user, host, pid, ..
        } = self;
        write!(
            f,
            "{user} on {host} (`deskferry {}`, process {pid}",
            self.command
        )?;
        if let Some(run) = self.run {
            write!(f, ", run {run}")?;
        }
        if let Some(job) = &self.job {
            write!(f, ", {job}")?;
        }
        write!(f, ") since {}", self.since)
    }
}

/// The content of the lock object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Content {
    holder: Holder,
    /// Rises while the job is alive.
    beat: u64,
    beat_at: Date,
}

const LOCK: &str = "lock.json";

/// How often a lock shows that its job is alive.
pub const BEAT: Duration = Duration::from_secs(20);

/// How long a lock has to be silent before it is broken: a job that cannot
/// show that it is alive for [`GIVE_UP`] has stopped by then.
const WATCH: Duration = Duration::from_secs(65);

/// After so long without having reached the store a job stops.
pub const GIVE_UP: Duration = Duration::from_secs(45);

/// Silence after which a lock's job is probably dead.
const SUSPICIOUS: i64 = 300;

/// A held lock.
pub struct Lock {
    content: Content,
    version: Version,
}

impl Lock {
    /// Takes the lock. With `break_it` the lock of another job is watched
    /// first and taken over when it is silent; `told` hears whose it was.
    pub async fn take(
        store: &Store,
        holder: Holder,
        break_it: bool,
        speed: f64,
        told: &(dyn Fn(String) + Sync),
    ) -> Result<Lock> {
        let content = Content {
            holder,
            beat: 0,
            beat_at: Date::now(),
        };
        // The lock may go away while it is looked at.
        for _ in 0..3 {
            if let Some(version) = store.swap(LOCK, None, json(&content)?).await? {
                return Ok(Lock { content, version });
            }
            let Some((found, version)) = read(store).await? else {
                continue;
            };
            if found.as_ref().map(|found| &found.holder.session) == Some(&content.holder.session) {
                // The answer to our own write was lost.
                return Ok(Lock { content, version });
            }
            if !break_it {
                return Err(locked(store, found.as_ref()));
            }
            let whose = match &found {
                Some(found) => found.holder.to_string(),
                None => "somebody who wrote no name".to_owned(),
            };
            told(format!(
                "the ledger is locked by {whose}; watching whether that job is alive"
            ));
            // No clock is compared: they may differ from machine to machine.
            let least = Duration::from_secs(3);
            tokio::time::sleep(WATCH.div_f64(speed).max(least)).await;
            match read(store).await? {
                None => continue,
                Some((_, now)) if now != version => {
                    return Err(Error::local(format!(
                        "the ledger at {} is locked by {whose}, and that job is alive: its lock was not broken",
                        store.name()
                    ))
                    .hint("wait until it has ended, or stop it")
                    .caused_by(Locked));
                }
                Some(_) => {}
            }
            if let Some(version) = store.swap(LOCK, Some(&version), json(&content)?).await? {
                told(format!("broke the lock of {whose}"));
                return Ok(Lock { content, version });
            }
        }
        Err(locked(store, None))
    }

    /// Shows that the job is alive. `false` when the lock is not ours any more.
    pub async fn beat(&mut self, store: &Store) -> Result<bool> {
        let mut next = self.content.clone();
        next.beat += 1;
        next.beat_at = Date::now();
        let swapped = store.swap(LOCK, Some(&self.version), json(&next)?).await?;
        let version = match swapped {
            Some(version) => version,
            // An earlier write may have come through although its answer did not.
            None => match read(store).await? {
                Some((Some(found), version)) if found.holder.session == next.holder.session => {
                    version
                }
                _ => return Ok(false),
            },
        };
        self.content = next;
        self.version = version;
        Ok(true)
    }

    /// Gives the lock back, unless somebody else has it by now.
    pub async fn release(self, store: &Store) -> Result<()> {
        match read(store).await? {
            Some((Some(found), _)) if found.holder.session == self.content.holder.session => {
                store.remove(LOCK).await
            }
            _ => Ok(()),
        }
    }

    /// Adds the number of the run.
    pub fn set_run(&mut self, run: i64) {
        self.content.holder.run = Some(run);
    }
}

async fn read(store: &Store) -> Result<Option<(Option<Content>, Version)>> {
    let found = store.read(LOCK).await?;
    Ok(found.map(|(bytes, version)| (serde_json::from_slice(&bytes).ok(), version)))
}

fn json(content: &Content) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(content)
        .map_err(|cause| Error::local("a lock has no JSON").caused_by(cause))
}

fn locked(store: &Store, found: Option<&Content>) -> Error {
    let place = store.name();
    let Some(found) = found else {
        return Error::local(format!("the ledger at {place} is locked by another job"))
            .hint("wait until it has ended; if it is dead, run again with --break-lock")
            .caused_by(Locked);
    };
    let silent = Date::now().as_second() - found.beat_at.as_second();
    let (life, hint) = match silent {
        seconds if seconds > SUSPICIOUS => (
            format!("; it has given no sign of life since {}", found.beat_at),
            "that job is probably dead: --break-lock makes sure of it and takes its lock",
        ),
        _ => (
            String::new(),
            "wait until it has ended; should that job be dead, --break-lock makes sure of it and takes its lock",
        ),
    };
    Error::local(format!(
        "the ledger at {place} is locked by {}{life}",
        found.holder
    ))
    .hint(hint)
    .caused_by(Locked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Result;

    const FAST: f64 = 1000.0;

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(&format!("file://{}", folder.path().display())).unwrap()
    }

    async fn take(store: &Store, command: &str, break_it: bool) -> Result<Lock> {
        Lock::take(store, Holder::this(command), break_it, FAST, &|_| {}).await
    }

    #[tokio::test]
    async fn a_second_job_is_refused_and_told_whose_lock_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let lock = take(&store, "migrate", false).await.unwrap();
        let refused = take(&store, "sync", false).await.err().unwrap();
        assert!(refused.message.contains("`deskferry migrate`"), "{refused}");
        assert!(refused.message.contains(&std::process::id().to_string()));
        lock.release(&store).await.unwrap();
        assert!(take(&store, "sync", false).await.is_ok());
    }

    #[tokio::test]
    async fn only_a_silent_lock_is_broken_and_its_owner_notices() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let mut lock = take(&store, "migrate", false).await.unwrap();
        let beating = async {
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                assert!(lock.beat(&store).await.unwrap());
            }
        };
        tokio::select! {
            () = beating => {}
            refused = take(&store, "sync", true) => {
                let refused = refused.err().unwrap();
                assert!(refused.message.contains("is alive"), "{refused}");
            }
        }
        let taken = take(&store, "sync", true).await.unwrap();
        assert!(!lock.beat(&store).await.unwrap(), "it is lost");
        lock.release(&store).await.unwrap();
        let refused = take(&store, "push", false).await.err().unwrap();
        assert!(refused.message.contains("`deskferry sync`"), "{refused}");
        taken.release(&store).await.unwrap();
    }
}
