//! Writes items: one stage a kind, batches side by side, one outcome a record.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use futures::stream::StreamExt;
use tokio::sync::OnceCell;

use super::conflict::Change;
use super::decorate::{LedgerJournal, receive};
use super::people::Made;
use super::plan::{Decision, Planner, leave};
use super::push::interlocked;
use super::settle::{find_lost, intent_of, keep_losses, settle};
use super::summary::Calls;
use super::update::{Settled, Update, settle_change};
use super::{Event, Project};
use crate::connector::{
    Body, Detail, Error, ErrorKind, Item, Result, Sink, TargetDesk, Written, detail, field,
};
use crate::ledger::{Action, LEFT, PUSHED, Planned, Stored};
use crate::schema::{Date, Key, Kind, Record};

/// How often a write that turned out not to have happened is repeated.
const ATTEMPTS: usize = 3;

/// Batches of large writes in flight: more would fill the target's job queue.
const BATCHES: usize = 4;

/// Writes, in a preview without writing.
pub(super) struct Writer {
    pub project: Project,
    pub sink: Arc<dyn Sink>,
    pub target: Arc<TargetDesk>,
    pub planner: Planner,
    pub preview: bool,
    /// Whether a decision must be what the last preview decided.
    pub exactly: bool,
    pub calls: Mutex<Calls>,
    /// What a preview has planned for what others refer to.
    pub made: Made,
    /// What became of their last write could not be found out: they are not
    /// written again before it is.
    pub unsettled: HashSet<Key>,
    /// Since when receipts may be missing.
    pub lost_since: Option<Date>,
    /// What was written, or would be.
    pub tallies: Mutex<Tallies>,
    /// What the target refused.
    pub refused: Mutex<HashSet<Key>>,
    /// What was deleted.
    pub removed: Mutex<BTreeMap<Kind, u64>>,
    /// Nothing mails customers when something is changed.
    pub quiet: OnceCell<()>,
}

/// Why a record of [`Writer::unsettled`] is left.
pub(super) fn unsettled() -> Detail {
    detail!("reason-unsettled")
}

/// Records by kind and what was done.
pub(super) type Tallies = BTreeMap<(Kind, Action), u64>;

/// What is to be done with a record.
pub(super) enum Work {
    /// It is created.
    Create(Box<Item>),
    /// It is changed.
    Change(Box<Change>),
    /// A conversation is changed, with its messages.
    Update(Box<Update>),
}

impl Writer {
    /// Plans and writes all records of a kind that are here, in batches.
    pub async fn stage(&self, kind: Kind) -> Result<()> {
        let mut indexed = false;
        let mut after = 0;
        loop {
            self.project.stop.check()?;
            let mut page = self.project.ledger.pending(kind, after, 500)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.seq;
            page.retain(|stored| self.project.is_chosen(&stored.record.key()));
            if kind == Kind::Contact {
                page = self.kept(page)?;
            }
            if !indexed && self.looks_for(&page)? {
                self.index(kind).await?;
                indexed = true;
            }
            self.stage_page(kind, page).await?;
        }
    }

    /// Without those that are written as one with another contact.
    fn kept(&self, page: Vec<Stored>) -> Result<Vec<Stored>> {
        let mut kept = Vec::with_capacity(page.len());
        for stored in page {
            let id = stored.record.id();
            if self.project.ledger.unified_with(id)?.is_none() {
                kept.push(stored);
            }
        }
        Ok(kept)
    }

    /// Whether one of these may be on the target without our having written it.
    fn looks_for(&self, page: &[Stored]) -> Result<bool> {
        for stored in page {
            if self.project.ledger.receipt(&stored.record.key())?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Plans and writes levels of the knowledge base, parents before children.
    pub async fn stage_categories(&self) -> Result<()> {
        let mut waiting = Vec::new();
        let mut after = 0;
        loop {
            let page = self.project.ledger.pending(Kind::Category, after, 500)?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            waiting.extend(page);
        }
        waiting.retain(|stored| self.project.is_chosen(&stored.record.key()));
        if self.looks_for(&waiting)? {
            self.index(Kind::Category).await?;
        }
        let mut placed: HashSet<String> = HashSet::new();
        while !waiting.is_empty() {
            let ids: HashSet<String> = waiting
                .iter()
                .map(|stored| stored.record.id().to_owned())
                .collect();
            let (now, later): (Vec<Stored>, Vec<Stored>) =
                waiting
                    .into_iter()
                    .partition(|stored| match &stored.record {
                        Record::Category(category) => category
                            .parent_id
                            .as_ref()
                            .is_none_or(|parent| !ids.contains(parent) || placed.contains(parent)),
                        _ => true,
                    });
            waiting = later;
            if now.is_empty() {
                for stored in waiting.drain(..) {
                    let reason = "its parents form a circle".to_owned();
                    self.project
                        .problem(stored.record.key(), "map", reason, None)
                        .await?;
                }
                break;
            }
            placed.extend(now.iter().map(|stored| stored.record.id().to_owned()));
            self.stage_page(Kind::Category, now).await?;
        }
        Ok(())
    }

    async fn stage_page(&self, kind: Kind, page: Vec<Stored>) -> Result<()> {
        let mut items = Vec::new();
        let mut planned = Vec::new();
        let mut changes = Vec::new();
        for stored in page {
            match self.decide(stored, &mut planned).await? {
                Some(Work::Create(item)) => items.push(*item),
                Some(Work::Change(change)) => changes.push(*change),
                Some(Work::Update(_)) | None => {}
            }
        }
        self.project.ledger.set_plan(planned).await?;
        for change in changes {
            self.project.stop.check()?;
            let key = change.item.key();
            match settle_change(self, change).await? {
                Settled::Write(item) => items.push(*item),
                Settled::Stays if !self.preview => {
                    self.project.ledger.set_state(&key, PUSHED).await?;
                }
                Settled::Stays | Settled::Open => {}
            }
        }
        let size = self.sink.batch(kind).max(1);
        let mut batches = Vec::new();
        while !items.is_empty() {
            let rest = items.split_off(size.min(items.len()));
            batches.push(std::mem::replace(&mut items, rest));
        }
        let limit = if size == 1 {
            self.project.settings.concurrency
        } else {
            BATCHES
        };
        let mut running = futures::stream::iter(batches)
            .map(|batch| self.write(batch))
            .buffer_unordered(limit);
        while let Some(result) = running.next().await {
            result?;
        }
        Ok(())
    }

    /// Decides about one record and does what needs no write. Returns what is to be written.
    pub async fn decide(&self, stored: Stored, planned: &mut Vec<Planned>) -> Result<Option<Work>> {
        let key = stored.record.key();
        if self.unsettled.contains(&key) {
            planned.push(leave(key, Action::Blocked, unsettled()).planned);
            return Ok(None);
        }
        let decision = match self.planner.decide(self.sink.as_ref(), stored) {
            Ok(decision) => decision,
            Err(error) if error.stops_run() => return Err(error),
            Err(error) => {
                let reason = Detail::Plain(super::describe(&error));
                self.project.set_aside(key.clone(), "map", error).await?;
                leave(key, Action::Blocked, reason)
            }
        };
        let decision = match self.exactly {
            true => self.as_previewed(decision)?,
            false => decision,
        };
        let action = decision.planned.action;
        self.charge(&decision.calls);
        self.project.emit(Event::Planned {
            kind: decision.planned.key.kind,
            action,
        });
        let key = decision.planned.key.clone();
        if let Some(record) = decision.becomes.filter(|_| self.preview) {
            lock(&self.made).insert(key.clone(), record);
        }
        match action {
            Action::Blocked if !self.preview => {
                let reason = decision.planned.told();
                self.project.refuse(key.clone(), reason, None).await?;
            }
            Action::Match if !self.preview => {
                let target = decision.matched.clone().unwrap_or_default();
                self.project
                    .ledger
                    .receive(&key, &Written::matched(target), None, true)
                    .await?;
                self.project.emit(Event::Pushed { kind: key.kind });
            }
            Action::Done if !self.preview => {
                // Its last message may have been found after all.
                self.project
                    .ledger
                    .resolve_problems(&key, &["push"])
                    .await?;
                self.project.ledger.set_state(&key, PUSHED).await?;
            }
            Action::Skip if !self.preview => self.project.ledger.set_state(&key, LEFT).await?,
            _ => {}
        }
        if matches!(action, Action::Blocked | Action::Match) {
            self.tally(key.kind, action);
        }
        planned.push(decision.planned);
        Ok(match (decision.item, decision.update) {
            (_, Some(update)) => Some(Work::Update(update)),
            (Some(item), None) if item.existing.is_some() => Some(Work::Change(Box::new(Change {
                base: decision.base.map(|base| *base),
                item: *item,
            }))),
            (Some(item), None) => Some(Work::Create(item)),
            (None, None) => None,
        })
    }

    /// What was deleted until now.
    pub fn removals(&self) -> BTreeMap<Kind, u64> {
        self.removed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// What was done until now.
    pub fn tallies(&self) -> Tallies {
        self.tallies
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Counts a record that was deleted.
    pub fn removed(&self, kind: Kind) {
        let mut removed = self
            .removed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *removed.entry(kind).or_default() += 1;
    }

    /// Counts what was done.
    pub fn tally(&self, kind: Kind, action: Action) {
        let mut tallies = self
            .tallies
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *tallies.entry((kind, action)).or_default() += 1;
    }

    /// Makes sure that no change of something that is on the target mails
    /// customers. Asked once.
    pub async fn may_change(&self) -> Result<()> {
        if self.preview {
            return Ok(());
        }
        self.quiet
            .get_or_try_init(|| async {
                let open = self.project.open_update_interlocks().await?;
                match open.is_empty() {
                    true => Ok(()),
                    false => Err(interlocked(&open)),
                }
            })
            .await
            .copied()
    }

    /// The decision, or that it is no more what the preview decided. Between
    /// the two the target may have changed.
    fn as_previewed(&self, decision: Decision) -> Result<Decision> {
        let now = &decision.planned;
        let writes = |action| matches!(action, Action::Create | Action::Update | Action::Match);
        if !writes(now.action) {
            return Ok(decision);
        }
        let before = self.project.ledger.planned(&now.key)?;
        if before.is_some_and(|before| {
            before.action == now.action
                && before.target == now.target
                && before.digest == now.digest
        }) {
            return Ok(decision);
        }
        let reason = detail!("reason-not-as-planned");
        Ok(leave(now.key.clone(), Action::Blocked, reason))
    }

    /// Adds to the estimate of requests.
    pub fn charge(&self, calls: &[(&'static str, u32)]) {
        let mut total = lock(&self.calls);
        for (budget, count) in calls {
            *total.entry(budget).or_default() += u64::from(*count);
        }
    }

    /// Writes items of one kind. What fails becomes a problem; only what
    /// stops the run is an error. Returns the outcome of each, in order:
    /// the target id, or `None`.
    pub async fn write(&self, items: Vec<Item>) -> Result<Vec<Option<String>>> {
        let journal = LedgerJournal(self.project.ledger.clone());
        let mut targets: Vec<Option<String>> = vec![None; items.len()];
        let mut open: Vec<usize> = (0..items.len()).collect();
        if let (Some(since), false) = (self.lost_since, self.preview) {
            open = self.find_lost(&items, since, &mut targets).await?;
        }
        for attempt in 1..=ATTEMPTS {
            if open.is_empty() {
                break;
            }
            let rest: Vec<Item>;
            // The first time all of them, as they are: a copy may be megabytes.
            let batch = match open.len() == items.len() {
                true => &items,
                false => {
                    rest = open.iter().map(|index| items[*index].clone()).collect();
                    &rest
                }
            };
            let outcomes = self.sink.write(batch, &self.target, &journal).await;
            let mut again = Vec::new();
            let mut stop: Option<Error> = None;
            for (index, outcome) in open.drain(..).zip(outcomes) {
                let item = &items[index];
                match self.outcome(item, outcome, attempt).await {
                    Ok(Next::Written(target)) => targets[index] = Some(target),
                    Ok(Next::SetAside) => {}
                    Ok(Next::Again) => again.push(index),
                    Err(error) => stop = Some(error),
                }
            }
            if let Some(error) = stop {
                return Err(error);
            }
            open = again;
        }
        Ok(targets)
    }

    /// Looks on the target for what is about to be created, since a receipt
    /// may be missing. Returns the items that are certainly not there.
    async fn find_lost(
        &self,
        items: &[Item],
        since: Date,
        targets: &mut [Option<String>],
    ) -> Result<Vec<usize>> {
        let mut open = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if item.existing.is_some() {
                open.push(index);
                continue;
            }
            self.project.stop.check()?;
            match find_lost(&self.project, self.sink.as_ref(), item, since).await {
                Ok(Some(written)) => {
                    self.wrote(item, &written).await?;
                    targets[index] = Some(written.id);
                }
                Ok(None) => open.push(index),
                Err(error) => self.project.set_aside(item.key(), "settle", error).await?,
            }
        }
        Ok(open)
    }

    async fn outcome(&self, item: &Item, outcome: Result<Written>, attempt: usize) -> Result<Next> {
        let key = item.key();
        let error = match outcome {
            Ok(written) => {
                self.wrote(item, &written).await?;
                return Ok(Next::Written(written.id));
            }
            Err(error) => error,
        };
        match &error.kind {
            // An answer that cannot be read tells nothing either.
            ErrorKind::Transient | ErrorKind::Protocol => {
                let intent = intent_of(&self.project, item)?;
                match settle(&self.project, self.sink.as_ref(), item, &intent).await {
                    Ok(Some(written)) => {
                        self.wrote(item, &written).await?;
                        Ok(Next::Written(written.id))
                    }
                    Ok(None) if attempt < ATTEMPTS => Ok(Next::Again),
                    Ok(None) => {
                        self.project.set_aside(key, "push", error).await?;
                        Ok(Next::SetAside)
                    }
                    Err(cause) => {
                        self.project.set_aside(key, "settle", cause).await?;
                        Ok(Next::SetAside)
                    }
                }
            }
            ErrorKind::Conflict {
                existing: Some(existing),
            } => {
                let written = Written::matched(existing.clone());
                receive(&self.project.ledger, self.sink.grain(), item, &written).await?;
                self.wrote(item, &written).await?;
                Ok(Next::Written(written.id))
            }
            _ if error.stops_run() => Err(match error.record {
                Some(_) => error,
                None => error.at(key),
            }),
            _ => {
                let reason = super::describe(&error);
                self.refused
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .insert(key.clone());
                self.project.refuse(key, reason, error.hint).await?;
                Ok(Next::SetAside)
            }
        }
    }

    /// Whether the target has definitely refused a record in this run.
    pub fn has_refused(&self, key: &Key) -> bool {
        self.refused
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(key)
    }

    async fn wrote(&self, item: &Item, written: &Written) -> Result<()> {
        let key = item.key();
        if !self.preview {
            keep_losses(&self.project.ledger, item, written).await?;
        }
        // It was counted when it was written; that its links lead here is a part of that.
        if item.existing.is_some() && item.changed.is_only(field::ARTICLE_LINKS) {
            return Ok(());
        }
        let action = match item.existing {
            Some(_) => Action::Update,
            None => Action::Create,
        };
        // A note that tells the history is no message of the source.
        let messages = match &item.body {
            Body::Conversation(bundle) => bundle.messages.as_slice(),
            _ => &[],
        };
        for part in messages {
            if !part.message.is_history() {
                self.tally(Kind::Message, Action::Create);
            }
        }
        if !matches!(&item.body, Body::Message(reply) if reply.part.message.is_history()) {
            self.tally(key.kind, action);
        }
        self.project.emit(Event::Pushed { kind: key.kind });
        Ok(())
    }

    /// Learns what the target has of a kind.
    async fn index(&self, kind: Kind) -> Result<()> {
        if !self.project.scope.wants(kind) {
            return Ok(());
        }
        self.project.ledger.clear_index(kind).await?;
        let mut cursor: Option<String> = None;
        let mut seen: HashMap<String, ()> = HashMap::new();
        loop {
            self.project.stop.check()?;
            let page = self.sink.index(kind, cursor.as_deref()).await?;
            let next = page.next.clone();
            self.project.ledger.add_index(kind, page).await?;
            match next {
                None => return Ok(()),
                Some(next) if seen.insert(next.clone(), ()).is_some() => {
                    return Err(Error::protocol(format!(
                        "the target sends the same page of {} again and again",
                        kind.plural()
                    )));
                }
                Some(next) => cursor = Some(next),
            }
        }
    }
}

enum Next {
    Written(String),
    SetAside,
    Again,
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
