//! What every sink needs around it, as sinks themselves: preview and migrate
//! are the same code with another sink.

use std::sync::Arc;

use async_trait::async_trait;

use crate::connector::address::Address;
use crate::connector::{
    Assessment, Blob, Body, Capability, CheckItem, Error, ErrorKind, Grain, IndexPage, Interlock,
    Item, Journal, Outcome, Probe, ReadBack, Result, Sink, TargetDesk, Written,
};
use crate::http::{Limit, Rehearsed};
use crate::ledger::{Ledger, NewIntent, NewReceipt};
use crate::schema::{Attachment, Date, Key, Kind};

/// Implements `Sink` with one's own methods; everything else is passed on to
/// `self.inner`. A macro around the whole impl, because `async_trait` has to
/// see every method.
macro_rules! decorate {
    ($name:ident { $($own:tt)* }) => {
        #[async_trait]
        impl Sink for $name {
            fn capabilities(&self) -> &'static [Capability] {
                self.inner.capabilities()
            }

            async fn check(&self) -> Result<Vec<CheckItem>> {
                self.inner.check().await
            }

            async fn interlocks(&self) -> Result<Vec<Interlock>> {
                self.inner.interlocks().await
            }

            async fn update_interlocks(&self) -> Result<Vec<Interlock>> {
                self.inner.update_interlocks().await
            }

            async fn describe(&self) -> Result<TargetDesk> {
                self.inner.describe().await
            }

            async fn index(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
                self.inner.index(kind, cursor).await
            }

            fn grain(&self) -> Grain {
                self.inner.grain()
            }

            fn batch(&self, kind: Kind) -> usize {
                self.inner.batch(kind)
            }

            fn time(&self) -> Date {
                self.inner.time()
            }

            fn assess(&self, item: &Item, target: &TargetDesk) -> Assessment {
                self.inner.assess(item, target)
            }

            async fn rehearse(&self, item: &Item, target: &TargetDesk) -> Vec<Rehearsed> {
                self.inner.rehearse(item, target).await
            }

            fn address(&self, id: &str, to: &Address, target: &TargetDesk) -> Option<String> {
                self.inner.address(id, to, target)
            }

            fn deletes(&self, kind: Kind) -> bool {
                self.inner.deletes(kind)
            }

            fn budgets(&self) -> Vec<Limit> {
                self.inner.budgets()
            }

            async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
                self.inner.find(probe).await
            }

            async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
                self.inner.read(kind, ids).await
            }

            async fn fetch_blob(&self, attachment: &Attachment) -> Result<Option<Blob>> {
                self.inner.fetch_blob(attachment).await
            }

            $($own)*
        }
    };
}

/// Writes nothing and returns a made-up id.
pub(super) struct DryRun {
    inner: Arc<dyn Sink>,
}

impl DryRun {
    pub fn new(inner: Arc<dyn Sink>) -> Self {
        DryRun { inner }
    }
}

decorate!(DryRun {
    async fn write(&self, items: &[Item], _: &TargetDesk, _: &dyn Journal) -> Vec<Outcome> {
        items
            .iter()
            .map(|_| Ok(Written::created(super::people::PLANNED)))
            .collect()
    }

    async fn delete(&self, _: Kind, _: &str) -> Result<()> {
        Ok(())
    }
});

/// Commits intents before a write and receipts after it.
///
/// An intent stays when the outcome is not certain: whoever called settles it.
pub(super) struct Journaled {
    inner: Arc<dyn Sink>,
    ledger: Ledger,
}

impl Journaled {
    pub fn new(inner: Arc<dyn Sink>, ledger: Ledger) -> Self {
        Journaled { inner, ledger }
    }
}

decorate!(Journaled {
    async fn write(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let keys: Vec<Key> = items.iter().map(Item::key).collect();
        let intents = items.iter().map(|item| NewIntent {
            key: item.key(),
            as_of: item.as_of,
            last_part: item.last_part,
        });
        if let Err(error) = self.ledger.begin(intents.collect(), self.inner.time()).await {
            return keys
                .into_iter()
                .map(|key| Err(error.again().at(key)))
                .collect();
        }
        // More than the sink takes at once may be journaled at once.
        let size = keys.first().map_or(1, |key| self.inner.batch(key.kind).max(1));
        let mut outcomes = Vec::with_capacity(items.len());
        for part in items.chunks(size) {
            let until = outcomes.len() + part.len();
            outcomes.extend(self.inner.write(part, target, journal).await);
            // A sink that answers for fewer items than it got has left the rest open.
            while outcomes.len() < until {
                outcomes.push(Err(Error::new(
                    ErrorKind::Transient,
                    "the connector gave no outcome for this record",
                )));
            }
        }
        let (mut receipts, mut abandoned) = (Vec::new(), Vec::new());
        for (item, outcome) in items.iter().zip(&outcomes) {
            match outcome {
                Ok(written) => receipts.push(receipt(self.grain(), item, written)),
                Err(error) if is_refusal(&error.kind) => abandoned.push(item.key()),
                Err(_) => {}
            }
        }
        if let Err(error) = self.ledger.conclude(receipts, abandoned).await {
            // Nothing of it is kept: the intents stay and are settled by the next run.
            for (item, outcome) in items.iter().zip(&mut outcomes) {
                *outcome = Err(error.again().at(item.key()));
            }
        }
        outcomes
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<()> {
        self.inner.delete(kind, id).await
    }
});

/// Whether the target said that it did not write the record. After any other
/// failure it may have: an answer that cannot be read, a disk too full to keep it.
fn is_refusal(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Auth
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Rejected { .. }
        | ErrorKind::Conflict { .. }
        | ErrorKind::Config => true,
        ErrorKind::RateLimited { .. }
        | ErrorKind::Transient
        | ErrorKind::Protocol
        | ErrorKind::Local
        | ErrorKind::Interrupted => false,
    }
}

/// Commits the receipt of an item.
pub(super) async fn receive(
    ledger: &Ledger,
    grain: Grain,
    item: &Item,
    written: &Written,
) -> Result<()> {
    let receipt = receipt(grain, item, written);
    ledger.conclude(vec![receipt], Vec::new()).await
}

/// The receipt of an item, with its parts.
pub(super) fn receipt(grain: Grain, item: &Item, written: &Written) -> NewReceipt {
    let mut written = written.clone();
    let (parent, complete) = match &item.body {
        Body::Conversation(bundle) => {
            // Verify and later syncs want to know of every message what became
            // of it, also where the target does not tell its id.
            let messages = bundle.messages.iter().map(|part| &part.message.id);
            let ratings = bundle.ratings.iter().map(|rating| &rating.id);
            let time = bundle.time_entries.iter().map(|entry| &entry.id);
            let parts = messages
                .map(|id| Key::new(Kind::Message, id))
                .chain(ratings.map(|id| Key::new(Kind::Rating, id)))
                .chain(time.map(|id| Key::new(Kind::TimeEntry, id)));
            for key in parts {
                if !written.parts.iter().any(|(known, _)| *known == key) {
                    written.parts.push((key, String::new()));
                }
            }
            // Whoever changes one knows whether its messages are written, too.
            (None, grain == Grain::Whole && item.existing.is_none())
        }
        Body::Message(reply) => (Some(reply.target_id.clone()), true),
        _ => (None, true),
    };
    NewReceipt {
        key: item.key(),
        written,
        parent,
        complete,
        as_of: item.as_of,
        links: matches!(item.body, Body::Article(_)).then(|| item.links.clone()),
    }
}

/// Keeps sinks' notes in the ledger.
pub(super) struct LedgerJournal(pub Ledger);

#[async_trait]
impl Journal for LedgerJournal {
    async fn note(&self, notes: Vec<(Key, String)>) -> Result<()> {
        self.0.note_intents(notes).await
    }
}
