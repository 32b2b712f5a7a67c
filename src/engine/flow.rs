//! Conversations on their way to the target, as they become ready: in batches,
//! several at a time, those that refer to others after them.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::order::{self, Order};
use super::pull::PullState;
use super::push::wait_until;
use super::settle::{announce, replies};
use super::stage::{Work, Writer};
use super::update::write_messages;
use crate::connector::{Body, Error, Grain, Item, Result};
use crate::ledger::{Planned, Stored};
use crate::schema::{Kind, Record};

/// Text of a batch in memory, in bytes, after which it is written although it
/// could hold more records.
const BATCH_TEXT: usize = 8 * 1024 * 1024;

/// Plans and writes conversations as they become ready.
pub(super) async fn conversations(
    writer: &Arc<Writer>,
    mut pulled: watch::Receiver<PullState>,
) -> Result<()> {
    let mut flow = Flow::new(writer);
    let result = flow.take_all(&mut pulled).await;
    if result.is_err() {
        // What was begun is finished and gets its receipts; the first error tells why it ended.
        while flow.running.join_next().await.is_some() {}
    }
    result
}

/// Conversations that wait for one they refer to, before all writes are awaited.
const WAITING: usize = 100;

/// Batches in flight: more would fill the target's job queue.
const BATCHES: usize = 4;

/// Conversations on their way to the target.
struct Flow<'w> {
    writer: &'w Arc<Writer>,
    batch_size: usize,
    /// Writes in flight.
    limit: usize,
    batch: Vec<Item>,
    text: usize,
    /// Decisions that are not in the ledger yet.
    planned: Vec<Planned>,
    /// What refers to a conversation in `open`.
    waiting: Vec<Stored>,
    /// As tasks: they go on while the next ones are put together or waited for.
    running: JoinSet<Result<Vec<String>>>,
    /// Ids of what is decided and not written yet: nothing can refer to it.
    open: HashSet<String>,
}

impl<'w> Flow<'w> {
    fn new(writer: &'w Arc<Writer>) -> Self {
        let batch_size = match writer.sink.grain() {
            Grain::Whole => writer.sink.batch(Kind::Conversation).max(1),
            Grain::Message => 1,
        };
        Flow {
            writer,
            batch_size,
            limit: match batch_size {
                1 => writer.project.settings.concurrency,
                _ => BATCHES,
            },
            batch: Vec::new(),
            text: 0,
            planned: Vec::new(),
            waiting: Vec::new(),
            running: JoinSet::new(),
            open: HashSet::new(),
        }
    }

    /// Takes each conversation once: what is decided is not found again in this run.
    async fn take_all(&mut self, pulled: &mut watch::Receiver<PullState>) -> Result<()> {
        let project = &self.writer.project;
        // Whether this look at the ledger found something, and was begun when all was there.
        let (mut fresh, mut last_look) = (false, false);
        let mut after = 0;
        let mut taken: u64 = 0;
        if !self.take_ordered(pulled, &mut taken).await? {
            self.take_linked().await?;
            return self.drain().await;
        }
        'all: loop {
            project.stop.check()?;
            let finished = pulled.borrow_and_update().is_finished();
            if after == 0 {
                (fresh, last_look) = (false, finished);
            }
            let page = project.ledger.ready(Kind::Conversation, after, 100)?;
            let Some(last) = page.last().map(|stored| stored.seq) else {
                self.take_linked().await?;
                // Once more from the start: what became ready behind us.
                after = 0;
                if !fresh && (last_look || (!finished && pulled.changed().await.is_err())) {
                    break;
                }
                continue;
            };
            after = last;
            for stored in page {
                if !project.is_chosen(&stored.record.key()) {
                    continue;
                }
                fresh = true;
                if project.settings.limit.is_some_and(|limit| taken >= limit) {
                    break 'all;
                }
                taken += 1;
                if self.is_linked(&stored) {
                    self.waiting.push(stored);
                    if self.waiting.len() >= WAITING {
                        self.take_linked().await?;
                    }
                } else {
                    self.take(stored).await?;
                }
            }
            self.keep_plan().await?;
        }
        self.take_linked().await?;
        self.drain().await
    }

    /// First things first, where the user wants them in another order than the
    /// source gives them. That needs all of them. Whether there may be more.
    async fn take_ordered(
        &mut self,
        pulled: &mut watch::Receiver<PullState>,
        taken: &mut u64,
    ) -> Result<bool> {
        let project = &self.writer.project;
        let wanted = project.settings.order;
        if wanted == Order::Source {
            return Ok(true);
        }
        wait_until(pulled, PullState::is_finished).await;
        for seqs in order::ordered(project, wanted)?.chunks(100) {
            for seq in seqs {
                project.stop.check()?;
                let found = project.ledger.ready(Kind::Conversation, seq - 1, 1)?;
                // Without those that others referred to: they were taken before those.
                let Some(stored) = found.into_iter().find(|stored| stored.seq == *seq) else {
                    continue;
                };
                let mut turn = Vec::new();
                if order::refers(&stored) {
                    // What was taken is told from what was not by its plan.
                    self.keep_plan().await?;
                    turn = order::before(project, &stored)?;
                }
                let pulled_ahead = !turn.is_empty();
                turn.push(stored);
                for stored in turn {
                    if !project.is_chosen(&stored.record.key()) {
                        continue;
                    }
                    if project.settings.limit.is_some_and(|limit| *taken >= limit) {
                        return Ok(false);
                    }
                    *taken += 1;
                    if self.is_linked(&stored) {
                        self.drain().await?;
                    }
                    self.take(stored).await?;
                }
                if pulled_ahead {
                    self.keep_plan().await?;
                }
            }
            self.keep_plan().await?;
        }
        Ok(true)
    }

    /// Whether it refers to a conversation that is about to get its target id.
    fn is_linked(&self, stored: &Stored) -> bool {
        matches!(&stored.record, Record::Conversation(conversation)
            if conversation.links.iter().any(|link| self.open.contains(&link.id)))
    }

    async fn take(&mut self, stored: Stored) -> Result<()> {
        match self.writer.decide(stored, &mut self.planned).await? {
            None | Some(Work::Change(_)) => return Ok(()),
            Some(Work::Create(item)) => {
                let item = *item;
                self.text += text_of(&item);
                self.open.insert(item.key().id);
                self.batch.push(item);
                if self.batch.len() >= self.batch_size || self.text >= BATCH_TEXT {
                    self.send().await?;
                }
            }
            Some(Work::Update(update)) => {
                self.keep_plan().await?;
                let writer = self.writer.clone();
                self.running.spawn(async move {
                    update.carry_out(&writer).await?;
                    Ok(Vec::new())
                });
            }
        }
        while self.running.len() >= self.limit {
            self.written().await?;
        }
        Ok(())
    }

    /// Takes what waited, now that what it refers to is written.
    async fn take_linked(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            self.drain().await?;
        }
        for stored in std::mem::take(&mut self.waiting) {
            if self.is_linked(&stored) {
                self.drain().await?;
            }
            self.take(stored).await?;
        }
        self.keep_plan().await
    }

    /// A write may add to the plan of what it writes: the plan comes first.
    async fn keep_plan(&mut self) -> Result<()> {
        match self.planned.is_empty() {
            true => Ok(()),
            false => {
                let planned = std::mem::take(&mut self.planned);
                self.writer.project.ledger.set_plan(planned).await
            }
        }
    }

    async fn send(&mut self) -> Result<()> {
        self.keep_plan().await?;
        if self.batch.is_empty() {
            return Ok(());
        }
        self.text = 0;
        let items = std::mem::take(&mut self.batch);
        let writer = self.writer.clone();
        self.running.spawn(async move {
            let ids = items.iter().map(|item| item.key().id).collect();
            write(&writer, items).await?;
            Ok(ids)
        });
        Ok(())
    }

    async fn written(&mut self) -> Result<()> {
        if let Some(done) = self.running.join_next().await {
            let ids = done.map_err(|cause| Error::local("a write broke off").caused_by(cause))?;
            for id in ids? {
                self.open.remove(&id);
            }
        }
        Ok(())
    }

    async fn drain(&mut self) -> Result<()> {
        self.send().await?;
        while !self.running.is_empty() {
            self.written().await?;
        }
        Ok(())
    }
}

async fn write(writer: &Writer, items: Vec<Item>) -> Result<()> {
    match writer.sink.grain() {
        Grain::Whole => writer.write(items).await.map(|_| ()),
        Grain::Message => {
            for item in items {
                write_thread(writer, item).await?;
            }
            Ok(())
        }
    }
}

/// Writes a conversation with its first message, then the others one by one.
async fn write_thread(writer: &Writer, whole: Item) -> Result<()> {
    let project = &writer.project;
    let (key, as_of) = (whole.key(), whole.as_of);
    let mut first = whole.clone();
    if let Body::Conversation(bundle) = &mut first.body {
        announce(bundle);
    }
    let Some(target) = writer.write(vec![first]).await?.pop().flatten() else {
        return Ok(());
    };
    let messages = replies(project, whole, &target, |index, _| {
        (index > 0).then_some(None)
    });
    let done = write_messages(writer, &key, messages).await?;
    if writer.preview || !done {
        return Ok(());
    }
    project.ledger.resolve_problems(&key, &["push"]).await?;
    project.ledger.pushed(&key, as_of).await
}

fn text_of(item: &Item) -> usize {
    match &item.body {
        Body::Conversation(bundle) => bundle
            .messages
            .iter()
            .map(|part| {
                let message = &part.message;
                1024 + message.html.as_ref().map_or(0, String::len)
                    + message.text.as_ref().map_or(0, String::len)
            })
            .sum(),
        _ => 1024,
    }
}
