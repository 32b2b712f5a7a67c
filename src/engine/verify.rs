//! Compares both sides: every record with a receipt is read back from the
//! target, every record without one is accounted for, and whatever carries our
//! mark on the target must have a receipt. What is found goes to the ledger,
//! so that a comparison of any size needs the same memory.

use std::collections::HashMap;

use futures::stream::StreamExt;
use sha2::{Digest, Sha256};

use super::assemble::{Assembled, Assembler};
use super::compare::{Compared, compare};
use super::links::{Homes, Linker};
use super::people::Resolver;
use super::update::known_losses;
use super::{Event, Phase, Project};
use crate::connector::{Body, Error, Item, Loss, ReadBack, Result, WriteAction, field};
use crate::ledger::{Action, Comparison, Finding, READY, Receipt, Verdict};
use crate::schema::{Date, Key, Kind, Record};

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Only about this many records a kind, evenly spread; all when `None`.
    pub sample: Option<u64>,
    /// Only records that changed on the source since then, and those without a date.
    pub since: Option<Date>,
    /// Only these kinds; all when empty.
    pub only: Vec<Kind>,
    /// Download the target's files to compare their bytes.
    pub deep: bool,
    /// Keep what matches among the findings, too.
    pub list_matches: bool,
}

impl VerifyOptions {
    /// What is left out, in words.
    fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        if let Some(sample) = self.sample {
            limits.push(format!("only about {sample} records of each kind"));
        }
        if let Some(since) = self.since {
            limits.push(format!("only records changed since {since}"));
        }
        if !self.only.is_empty() {
            let kinds: Vec<&str> = self.only.iter().map(|kind| kind.plural()).collect();
            limits.push(format!("only {}", kinds.join(", ")));
        }
        if !self.deep {
            limits
                .push("files by name and size, by checksum only where the target gives it".into());
        }
        limits
    }
}

/// Kinds that are read back. Agents, groups and fields are what the target has.
pub const COMPARED: [Kind; 5] = [
    Kind::Organization,
    Kind::Contact,
    Kind::Conversation,
    Kind::Category,
    Kind::Article,
];

/// Records read back by one request to the sink.
const PAGE: usize = 50;

/// Findings that are written to the ledger at once.
const BATCH: usize = 500;

/// Compares source and target.
pub async fn verify(project: &Project, options: &VerifyOptions) -> Result<Comparison> {
    project.emit(Event::Phase(Phase::Verify));
    let target = project.sink()?.describe().await?;
    let mapping = std::sync::Arc::new(super::push::compile(project, &target)?);
    let resolver = Resolver::new(project.ledger.clone());
    let target = std::sync::Arc::new(target);
    let sink = project.sink()?.as_ref();
    let verifier = Verifier {
        project,
        options,
        linker: Linker::new(
            project,
            sink,
            target.clone(),
            resolver.clone(),
            &Homes::default(),
            false,
        )?,
        assembler: Assembler::new(
            project.clone(),
            mapping,
            resolver,
            &target,
            project.redactor().await?,
        ),
        source: match project.ledger.meta("source")? {
            Some(source) => source,
            None => project.source_name.clone(),
        },
    };
    project.ledger.clear_findings().await?;
    let mut book = Book {
        project,
        comparison: Comparison {
            run: project.ledger.run(),
            limits: options.limits(),
            ..Comparison::default()
        },
        findings: Vec::new(),
    };
    for kind in COMPARED {
        let wanted = options.only.is_empty() || options.only.contains(&kind);
        if !project.scope.wants(kind) || !wanted {
            continue;
        }
        book.comparison.tally(kind);
        verifier.account(kind, &mut book).await?;
        verifier.compare(kind, &mut book).await?;
        if options.sample.is_none() && options.since.is_none() {
            verifier.doubles(kind, &mut book).await?;
        }
    }
    book.write().await?;
    book.comparison.at = Date::now().to_string();
    project.ledger.set_comparison(&book.comparison).await?;
    Ok(book.comparison)
}

/// Where findings are noted.
struct Book<'a> {
    project: &'a Project,
    comparison: Comparison,
    findings: Vec<Finding>,
}

impl Book<'_> {
    async fn note(&mut self, finding: Finding) -> Result<()> {
        self.findings.push(finding);
        match self.findings.len() >= BATCH {
            true => self.write().await,
            false => Ok(()),
        }
    }

    async fn write(&mut self) -> Result<()> {
        let findings = std::mem::take(&mut self.findings);
        self.project.ledger.add_findings(findings).await
    }
}

/// What became of one record.
enum Outcome {
    /// Its comparison.
    Compared(Compared),
    /// It is missing, or could not be compared.
    Found(Finding),
    /// There is nothing to compare.
    Skipped,
    /// It was there before, and still is.
    Kept,
    /// It is older than what is compared.
    Old,
}

struct Verifier<'a> {
    project: &'a Project,
    options: &'a VerifyOptions,
    assembler: Assembler,
    /// What links should lead to.
    linker: Option<Linker>,
    /// What our marks on the target begin with.
    source: String,
}

/// Whether it is written only once all that belongs to it is here.
fn has_parts(kind: Kind) -> bool {
    matches!(kind, Kind::Conversation | Kind::Article)
}

impl Verifier<'_> {
    /// Finds records without a receipt.
    async fn account(&self, kind: Kind, book: &mut Book<'_>) -> Result<()> {
        let ledger = &self.project.ledger;
        let mut after = 0;
        loop {
            let page = ledger.scan(kind, after, 500)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.seq;
            for stored in page {
                let key = stored.record.key();
                let chosen = self.project.is_chosen(&key);
                if !chosen || ledger.receipt(&key)?.is_some() || self.is_old(&stored.record) {
                    continue;
                }
                let planned = ledger.planned(&key)?;
                if planned.as_ref().is_some_and(|p| p.action == Action::Skip) {
                    book.comparison.tally(kind).skipped += 1;
                    continue;
                }
                let reason = match (ledger.problem_of(&key)?, planned) {
                    (Some(problem), _) => problem.reason,
                    (None, _) if has_parts(key.kind) && stored.state & READY == 0 => {
                        "its messages or files are not all here yet; run the same command again"
                            .into()
                    }
                    (None, None) => "it was never planned; run `deskferry push`".into(),
                    (None, Some(planned)) => match planned.reason {
                        Some(reason) => reason.to_string(),
                        None => "it was not written; see `deskferry status`".into(),
                    },
                };
                book.comparison.tally(kind).missing += 1;
                book.note(Finding::new(Verdict::Missing, key).because(reason))
                    .await?;
            }
        }
    }

    fn is_old(&self, record: &Record) -> bool {
        let changed = match record {
            Record::Conversation(r) => r.updated_at,
            Record::Contact(r) => r.updated_at,
            Record::Organization(r) => r.updated_at,
            Record::Category(r) => r.updated_at,
            Record::Article(r) => r.updated_at,
            _ => None,
        };
        match (self.options.since, changed) {
            (Some(since), Some(changed)) => changed < since,
            _ => false,
        }
    }

    /// Reads back what has a receipt.
    async fn compare(&self, kind: Kind, book: &mut Book<'_>) -> Result<()> {
        let project = self.project;
        let total: u64 = project
            .ledger
            .receipt_counts()?
            .into_iter()
            .filter(|(counted, ..)| *counted == kind)
            .map(|(.., count)| count)
            .sum();
        let every = self
            .options
            .sample
            .map_or(1, |sample| (total / sample.max(1)).max(1));
        let mut after = String::new();
        let mut seen: u64 = 0;
        loop {
            project.stop.check()?;
            let receipts =
                project
                    .ledger
                    .receipts(kind, &after, PAGE * project.settings.concurrency)?;
            let Some(last) = receipts.last() else {
                return Ok(());
            };
            after = last.key.id.clone();
            let mut chosen = Vec::new();
            for receipt in receipts {
                // A translation or an added file: compared with what it is a part of.
                if receipt.parent.is_some() || !project.is_chosen(&receipt.key) {
                    continue;
                }
                seen += 1;
                if (seen - 1).is_multiple_of(every) {
                    chosen.push(receipt);
                }
            }
            let mut running = futures::stream::iter(chosen.chunks(PAGE).map(<[Receipt]>::to_vec))
                .map(|page| self.page(kind, page))
                .buffered(project.settings.concurrency);
            while let Some(page) = running.next().await {
                for (receipt, outcome) in page? {
                    self.enter(receipt, outcome, book).await?;
                }
            }
        }
    }

    /// Notes what became of a record.
    async fn enter(&self, receipt: Receipt, outcome: Outcome, book: &mut Book<'_>) -> Result<()> {
        let kind = receipt.key.kind;
        match outcome {
            Outcome::Old => {}
            Outcome::Skipped => book.comparison.tally(kind).skipped += 1,
            Outcome::Kept => book.comparison.tally(kind).kept += 1,
            Outcome::Found(finding) => {
                let tally = book.comparison.tally(kind);
                match finding.verdict {
                    Verdict::Missing => tally.missing += 1,
                    _ => tally.errors += 1,
                }
                book.note(finding).await?;
            }
            Outcome::Compared(compared) => {
                for (part, counts) in compared.parts {
                    let tally = book.comparison.tally(part);
                    tally.matched += counts.matched;
                    tally.differs += counts.differs;
                    tally.missing += counts.missing;
                    tally.extra += counts.extra;
                }
                let of = |verdict| {
                    let mut all = compared.findings.iter();
                    all.any(|finding| finding.verdict == verdict)
                };
                let tally = book.comparison.tally(kind);
                if compared.findings.is_empty() {
                    tally.matched += 1;
                } else if of(Verdict::Error) {
                    tally.errors += 1;
                } else {
                    tally.differs += 1;
                }
                if compared.findings.is_empty() && self.options.list_matches {
                    let finding = Finding::new(Verdict::Match, receipt.key);
                    book.note(finding.at(receipt.target)).await?;
                }
                for finding in compared.findings {
                    book.note(finding).await?;
                }
            }
        }
        Ok(())
    }

    /// Reads records back and compares them. A page that cannot be read is
    /// read record by record, so that one cannot hide the others.
    async fn page(&self, kind: Kind, receipts: Vec<Receipt>) -> Result<Vec<(Receipt, Outcome)>> {
        let mut outcomes = Vec::with_capacity(receipts.len());
        match self.read(kind, &receipts).await {
            Ok(read) => {
                let mut read = read.into_iter();
                for receipt in receipts {
                    let outcome = self.one(&receipt, read.next()).await?;
                    outcomes.push((receipt, outcome));
                }
            }
            Err(error) if error.stops_run() => return Err(error),
            Err(_) if receipts.len() > 1 => {
                for receipt in receipts {
                    let outcome = match self.read(kind, std::slice::from_ref(&receipt)).await {
                        Ok(read) => self.one(&receipt, read.into_iter().next()).await?,
                        Err(error) if error.stops_run() => return Err(error),
                        Err(error) => unread(&receipt, &error),
                    };
                    outcomes.push((receipt, outcome));
                }
            }
            Err(error) => {
                for receipt in receipts {
                    let outcome = unread(&receipt, &error);
                    outcomes.push((receipt, outcome));
                }
            }
        }
        Ok(outcomes)
    }

    async fn read(&self, kind: Kind, receipts: &[Receipt]) -> Result<Vec<ReadBack>> {
        let ids: Vec<String> = receipts.iter().map(|r| r.target.clone()).collect();
        self.project.sink()?.read(kind, &ids).await
    }

    async fn one(&self, receipt: &Receipt, read: Option<ReadBack>) -> Result<Outcome> {
        let key = &receipt.key;
        self.project.emit(Event::Verified { kind: key.kind });
        let Some(mut read) = read else {
            let finding = Finding::new(Verdict::Error, key.clone()).at(&receipt.target);
            let finding = finding.because("the target gave no answer for it");
            return Ok(Outcome::Found(finding));
        };
        let stored = self.project.ledger.get(key)?;
        if let Some(stored) = &stored
            && self.is_old(&stored.record)
        {
            return Ok(Outcome::Old);
        }
        if read.record.is_none() {
            let finding = Finding::new(Verdict::Missing, key.clone()).at(&receipt.target);
            return Ok(Outcome::Found(finding.because("it is gone on the target")));
        }
        if receipt.action == WriteAction::Matched.name() {
            return Ok(Outcome::Kept);
        }
        // A former agent who became a contact: there is nothing more to compare.
        let Some(stored) = stored else {
            return Ok(Outcome::Skipped);
        };
        let (mut item, mut losses) = match self.assembler.item(stored)? {
            Assembled::Item(item, losses) => (*item, losses),
            Assembled::Skip(_) => return Ok(Outcome::Skipped),
        };
        let mut unread = Vec::new();
        if self.options.deep {
            unread = self.checksums(key, &mut read).await?;
        }
        if let Some(linker) = &self.linker {
            linker.link(self.project.sink()?.as_ref(), &mut item)?;
        }
        losses.extend(losses_of(self.project, &item)?);
        let ids = self.messages_of(&item)?;
        let mut compared = compare(&item, &receipt.target, &losses, &ids, &read);
        compared.findings.extend(unread);
        Ok(Outcome::Compared(compared))
    }

    /// Ids of messages on the target, by the source's, where the target told them.
    fn messages_of(&self, item: &Item) -> Result<HashMap<String, String>> {
        let mut ids = HashMap::new();
        let Body::Conversation(bundle) = &item.body else {
            return Ok(ids);
        };
        for part in &bundle.messages {
            let key = Key::new(Kind::Message, &part.message.id);
            if let Some(receipt) = self.project.ledger.receipt(&key)?
                && !receipt.target.is_empty()
            {
                ids.insert(key.id, receipt.target);
            }
        }
        Ok(ids)
    }

    /// Downloads the files that the target gives no checksum of. Returns those
    /// that could not be had.
    async fn checksums(&self, key: &Key, read: &mut ReadBack) -> Result<Vec<Finding>> {
        let sink = self.project.sink()?;
        let files = read
            .attachments
            .iter_mut()
            .filter(|file| file.sha256.is_none());
        let fetched: Vec<_> = futures::stream::iter(files)
            .map(async |file| {
                let sum = async {
                    let Some(blob) = sink.fetch_blob(file).await? else {
                        return Ok((None, 0));
                    };
                    let (mut hasher, mut size) = (Sha256::new(), 0);
                    let mut bytes = blob.bytes;
                    while let Some(piece) = bytes.next().await {
                        let piece = piece?;
                        size += piece.len() as u64;
                        hasher.update(&piece);
                    }
                    Ok::<_, Error>((Some(hex::encode(hasher.finalize())), size))
                };
                match sum.await {
                    Ok((Some(sum), size)) => {
                        file.sha256 = Some(sum);
                        file.size = Some(size);
                        Ok(None)
                    }
                    Ok((None, _)) => Ok(None),
                    Err(error) if error.stops_run() => Err(error),
                    Err(error) => Ok(Some(Finding {
                        part: Some(Key::new(Kind::Attachment, &file.id)),
                        field: Some(field::ATTACHMENT.to_owned()),
                        found: Some(file.name.clone()),
                        ..Finding::new(Verdict::Error, key.clone()).because(super::describe(&error))
                    })),
                }
            })
            .buffered(self.project.settings.concurrency)
            .collect()
            .await;
        let unread: Result<Vec<Option<Finding>>> = fetched.into_iter().collect();
        Ok(unread?.into_iter().flatten().collect())
    }

    /// Finds records of the target that carry our mark and have no receipt, or
    /// not this one.
    async fn doubles(&self, kind: Kind, book: &mut Book<'_>) -> Result<()> {
        let ours = format!("marker:{}:{kind}:", self.source);
        let mut cursor: Option<String> = None;
        // A listing that changes while it is read may show a record twice.
        let mut told: HashMap<String, ()> = HashMap::new();
        loop {
            self.project.stop.check()?;
            let page = self.project.sink()?.index(kind, cursor.as_deref()).await?;
            for (mark, target) in page.entries {
                let Some(id) = mark.strip_prefix(&ours) else {
                    continue;
                };
                let key = Key::new(kind, id);
                let reason = match self.project.ledger.receipt(&key)? {
                    Some(receipt) if receipt.target == target => continue,
                    Some(receipt) => format!(
                        "it carries the mark of this record, which is {} by its receipt",
                        receipt.target
                    ),
                    None => "it carries the mark of this record, and there is no receipt".into(),
                };
                if told.insert(target.clone(), ()).is_some() {
                    continue;
                }
                book.comparison.tally(kind).extra += 1;
                let finding = Finding::new(Verdict::Extra, key).at(target);
                book.note(finding.because(reason)).await?;
            }
            match page.next {
                None => return Ok(()),
                next if next == cursor => {
                    return Err(Error::protocol(format!(
                        "the target sends the same page of {} again and again",
                        kind.plural()
                    )));
                }
                next => cursor = next,
            }
        }
    }
}

/// What was declared for a record and its messages.
pub(super) fn losses_of(project: &Project, item: &Item) -> Result<Vec<Loss>> {
    let mut losses = known_losses(project, &item.key())?;
    if let Body::Conversation(bundle) = &item.body {
        for part in &bundle.messages {
            let key = Key::new(Kind::Message, &part.message.id);
            let own = known_losses(project, &key)?.into_iter();
            losses.extend(own.map(|loss| match loss.part {
                Some(_) => loss,
                None => loss.of(&key.id),
            }));
        }
    }
    Ok(losses)
}

fn unread(receipt: &Receipt, error: &Error) -> Outcome {
    let finding = Finding::new(Verdict::Error, receipt.key.clone()).at(&receipt.target);
    Outcome::Found(finding.because(super::describe(error)))
}
