//! Takes back what was written: deletes what receipts prove to be ours and
//! nobody touched since, last things first. What was on the target before is
//! never deleted; what somebody worked on stays unless the user says so.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::deletions::written;
use super::push::{self, Mode};
use super::redirects::{self, RulesBack};
use super::stage::Writer;
use super::{Project, describe};
use crate::connector::{Error, ErrorKind, Item, Result, WriteAction};
use crate::ledger::{PUSHED, Receipt};
use crate::schema::{Key, Kind, Record};

/// What is taken back.
#[derive(Debug, Clone, Copy, Default)]
pub struct RollbackOptions {
    /// Only what this run created; everything when `None`.
    pub run: Option<i64>,
    /// Delete also what was touched on the target since.
    pub touched: bool,
    /// Delete also fields, groups and forms: others may use them by now, and
    /// the target does not tell.
    pub structure: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What a rollback did, or would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RolledBack {
    /// Deleted records by kind.
    pub deleted: BTreeMap<Kind, u64>,
    /// Records that were gone on the target already.
    pub gone: u64,
    /// Records that were on the target before us: never deleted.
    pub matched: u64,
    /// Records of earlier runs that the run to be taken back changed: the
    /// changes stay.
    pub changed: u64,
    /// Records that stay although we created them, by kind.
    pub kept: BTreeMap<Kind, u64>,
    /// The first of them, with the reason.
    pub examples: Vec<Kept>,
    /// Redirect rules.
    pub redirects: RulesBack,
}

/// A record that stays.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// The source record.
    pub key: Key,
    /// Its id on the target.
    pub target: String,
    /// Where to look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it stays.
    pub why: String,
}

impl RolledBack {
    /// Records and redirect rules that stay although we created them.
    pub fn total_kept(&self) -> u64 {
        self.kept.values().sum::<u64>() + self.redirects.kept
    }
}

/// Records that are told one by one.
const EXAMPLES: usize = 1000;

/// Why a removal was journaled.
const WHY: &str = "rolled back";

/// Fields, groups and the like: what others may have begun to use.
const STRUCTURE: [Kind; 4] = [Kind::Group, Kind::Brand, Kind::Field, Kind::Form];

/// Takes back a run, or everything.
pub async fn rollback(project: &Project, options: RollbackOptions) -> Result<RolledBack> {
    let real = project.sink()?.clone();
    project.ledger.claim("target", &project.target_name).await?;
    let mode = match options.dry_run {
        true => Mode::Preview,
        false => Mode::Push,
    };
    if !options.dry_run {
        // What is on its way would appear after we looked.
        push::settle(project).await?;
    }
    // Before the pages that they lead to.
    let redirects = redirects::take_back(project, options).await?;
    let (writer, _) = push::prepare(project, &real, mode).await?;
    let mut work = Work {
        writer,
        options,
        done: RolledBack {
            redirects,
            ..RolledBack::default()
        },
        needed: HashSet::new(),
    };
    if !options.dry_run {
        for removal in project.ledger.open_removals()? {
            if removal.why == WHY {
                work.delete(&removal.key, &removal.target).await?;
            }
        }
    }
    for kind in Kind::ALL.into_iter().rev() {
        let mut after = String::new();
        loop {
            let page = match kind {
                Kind::Category if after.is_empty() => levels(project)?,
                _ => project.ledger.receipts(kind, &after, 500)?,
            };
            let Some(last) = page.last() else { break };
            after = match kind {
                Kind::Category => LAST.to_owned(),
                _ => last.key.id.clone(),
            };
            for receipt in page {
                work.one(receipt).await?;
            }
        }
    }
    Ok(work.done)
}

/// After every id.
const LAST: &str = "\u{10ffff}";

/// Receipts of the levels of the knowledge base, from the deepest up.
fn levels(project: &Project) -> Result<Vec<Receipt>> {
    let mut levels = Vec::new();
    for receipt in project
        .ledger
        .receipts(Kind::Category, "", usize::MAX >> 1)?
    {
        levels.push((depth(project, &receipt.key)?, receipt));
    }
    levels.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    Ok(levels.into_iter().map(|(_, receipt)| receipt).collect())
}

/// Levels above a category; a circle ends the count.
fn depth(project: &Project, key: &Key) -> Result<usize> {
    let mut key = key.clone();
    for depth in 0..32 {
        let stored = project.ledger.get(&key)?;
        let parent = match stored.map(|stored| stored.record) {
            Some(Record::Category(category)) => category.parent_id,
            _ => None,
        };
        match parent {
            Some(parent) => key = Key::new(Kind::Category, parent),
            None => return Ok(depth),
        }
    }
    Ok(32)
}

struct Work {
    writer: Writer,
    options: RollbackOptions,
    done: RolledBack,
    /// Records that something which stays refers to.
    needed: HashSet<Key>,
}

impl Work {
    async fn one(&mut self, receipt: Receipt) -> Result<()> {
        self.writer.project.stop.check()?;
        let result = self.take_back(&receipt).await;
        match result {
            Err(error) if error.stops_run() => Err(error.at(receipt.key)),
            Err(error) => {
                self.keep(&receipt, describe(&error));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn take_back(&mut self, receipt: &Receipt) -> Result<()> {
        let key = &receipt.key;
        let created = receipt.action == WriteAction::Created.name();
        let part = receipt.parent.is_some();
        if self.options.run.is_some_and(|run| receipt.made != run) {
            if self.options.run == Some(receipt.run) && created && !part {
                self.done.changed += 1;
            }
            return Ok(());
        }
        if !created {
            self.done.matched += u64::from(!part);
            return Ok(());
        }
        if part {
            return self.take_back_part(receipt).await;
        }
        if STRUCTURE.contains(&key.kind) && !self.options.structure {
            self.keep(
                receipt,
                "others may use it by now; --structure deletes it, too",
            );
            return Ok(());
        }
        if !self.writer.sink.deletes(key.kind) {
            self.keep(
                receipt,
                "the target's API does not delete it: do it by hand",
            );
            return Ok(());
        }
        let target = receipt.target.clone();
        let base = self.base(key)?;
        if STRUCTURE.contains(&key.kind) || key.kind == Kind::Macro {
            return self.delete(key, &target).await;
        }
        let read = self
            .writer
            .sink
            .read(key.kind, std::slice::from_ref(&target))
            .await?;
        let read = read.into_iter().next().unwrap_or_default();
        if read.record.is_none() {
            self.done.gone += 1;
            return self.forget(key, &target).await;
        }
        let touched = match &base {
            Some(base) => {
                let (planner, sink) = (&self.writer.planner, self.writer.sink.as_ref());
                planner.touched(sink, base, &target, &read)?
            }
            None => Some("what was written is not known any more".to_owned()),
        };
        let why = match touched {
            Some(why) if !self.options.touched => Some(why),
            _ if self.needed.contains(key) => Some("something that stays refers to it".to_owned()),
            _ => None,
        };
        match why {
            None => self.delete(key, &target).await,
            Some(why) => {
                self.needed
                    .extend(base.iter().flat_map(|base| base.refs.keys().cloned()));
                self.keep(receipt, why);
                Ok(())
            }
        }
    }

    /// A message that a run added to a conversation of an earlier one goes by
    /// itself; every other part goes with its record.
    async fn take_back_part(&mut self, receipt: &Receipt) -> Result<()> {
        let (Some(run), Kind::Message) = (self.options.run, receipt.key.kind) else {
            return Ok(());
        };
        let ledger = &self.writer.project.ledger;
        let owner = match ledger.get(&receipt.key)?.map(|stored| stored.record) {
            Some(Record::Message(message)) => {
                ledger.receipt(&Key::new(Kind::Conversation, message.conversation_id))?
            }
            _ => None,
        };
        // Its conversation was deleted with it, or will be.
        if owner.is_none_or(|owner| owner.made == run) {
            return Ok(());
        }
        if !self.writer.sink.deletes(Kind::Message) {
            self.keep(receipt, "the target's API does not delete messages");
            return Ok(());
        }
        if receipt.target.is_empty() {
            self.keep(receipt, "the target did not tell what it is there");
            return Ok(());
        }
        self.delete(&receipt.key, &receipt.target).await
    }

    /// The record as it was written.
    fn base(&self, key: &Key) -> Result<Option<Item>> {
        if let Some(base) = written(&self.writer, key)? {
            return Ok(Some(base));
        }
        // A former agent who became a contact because a conversation needs one.
        let project = &self.writer.project;
        let agent = project.ledger.get(&Key::new(Kind::Agent, &key.id))?;
        Ok(match (key.kind, agent.map(|stored| stored.record)) {
            (Kind::Contact, Some(Record::Agent(agent))) => {
                Some(self.writer.planner.assembler.former_agent(&agent)?)
            }
            _ => None,
        })
    }

    fn keep(&mut self, receipt: &Receipt, why: impl Into<String>) {
        *self.done.kept.entry(receipt.key.kind).or_default() += 1;
        if self.done.examples.len() < EXAMPLES {
            self.done.examples.push(Kept {
                key: receipt.key.clone(),
                target: receipt.target.clone(),
                url: receipt.url.clone(),
                why: why.into(),
            });
        }
    }

    async fn delete(&mut self, key: &Key, target: &str) -> Result<()> {
        let ledger = &self.writer.project.ledger;
        if !self.options.dry_run {
            ledger.begin_removal(key, target, WHY).await?;
            match self.writer.sink.delete(key.kind, target).await {
                Ok(()) => {}
                Err(error) if error.kind == ErrorKind::NotFound => {}
                // The next rollback repeats it: deleting what is gone is no mistake.
                Err(error) if error.stops_run() || error.kind == ErrorKind::Transient => {
                    return Err(error);
                }
                Err(error) => {
                    ledger.abandon_removal(key).await?;
                    return Err(refused(error));
                }
            }
            ledger.end_removal(key).await?;
            ledger.clear_state(key, PUSHED).await?;
        }
        *self.done.deleted.entry(key.kind).or_default() += 1;
        Ok(())
    }

    /// Somebody else deleted it: our receipt is worth nothing any more.
    async fn forget(&self, key: &Key, target: &str) -> Result<()> {
        if self.options.dry_run {
            return Ok(());
        }
        let ledger = &self.writer.project.ledger;
        ledger.begin_removal(key, target, WHY).await?;
        ledger.end_removal(key).await?;
        ledger.clear_state(key, PUSHED).await
    }
}

fn refused(error: Error) -> Error {
    let message = format!("the target does not delete it: {}", error.message);
    Error { message, ..error }
}
