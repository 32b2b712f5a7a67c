//! Compares both sides: every record with a receipt is read back from the
//! target, every record without one is accounted for.

use futures::stream::StreamExt;
use serde::Serialize;

use super::assemble::{Assembled, Assembler};
use super::compare::{Comparison, Difference};
use super::people::Resolver;
use super::{Event, Phase, Project};
use crate::connector::{Item, Loss, Result, TargetDesk};
use crate::ledger::{Action, Receipt};
use crate::schema::{Key, Kind};

/// How much is compared.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Only about this many records a kind, evenly spread; all when `None`.
    pub sample: Option<u64>,
}

/// What verify found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct VerifyReport {
    /// Records that are as they should be, by kind.
    pub matched: Vec<(Kind, u64)>,
    /// Messages of the conversations that were compared.
    pub messages: u64,
    /// Attachments of the conversations and articles that were compared.
    pub attachments: u64,
    /// Values that are not as they should be.
    pub differs: Vec<Difference>,
    /// Records that should be on the target and are not, with the reason.
    pub missing: Vec<(Key, String)>,
    /// Records that could not be compared, with the reason.
    pub errors: Vec<(Key, String)>,
    /// Records left out on purpose.
    pub skipped: u64,
    /// Records that were on the target before and stay as they are there.
    pub kept: u64,
}

impl VerifyReport {
    /// Nothing differs, nothing is missing, everything could be compared.
    pub fn is_clean(&self) -> bool {
        self.differs.is_empty() && self.missing.is_empty() && self.errors.is_empty()
    }

    /// Records that match.
    pub fn total_matched(&self) -> u64 {
        self.matched.iter().map(|(_, count)| count).sum()
    }
}

/// Kinds that are read back. Agents, groups and fields are what the target has.
const COMPARED: [Kind; 5] = [
    Kind::Organization,
    Kind::Contact,
    Kind::Conversation,
    Kind::Category,
    Kind::Article,
];

/// Records read back by one request to the sink.
const PAGE: usize = 50;

/// Compares source and target.
pub async fn verify(project: &Project, options: &VerifyOptions) -> Result<VerifyReport> {
    project.emit(Event::Phase(Phase::Verify));
    let target = project.sink()?.describe().await?;
    let mapping = std::sync::Arc::new(super::push::compile(project, &target)?);
    let resolver = Resolver::new(project.ledger.clone(), false);
    let assembler = Assembler::new(project.clone(), mapping, resolver);
    let mut report = VerifyReport::default();
    for kind in COMPARED {
        if !project.scope.wants(kind) {
            continue;
        }
        account(project, kind, &mut report)?;
        compare(project, &assembler, &target, kind, options, &mut report).await?;
    }
    Ok(report)
}

/// Finds records without a receipt.
fn account(project: &Project, kind: Kind, report: &mut VerifyReport) -> Result<()> {
    let mut after = 0;
    loop {
        let page = project.ledger.scan(kind, after, 500)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        for stored in page {
            let key = stored.record.key();
            if project.ledger.receipt(&key)?.is_some() {
                continue;
            }
            match project.ledger.planned(&key)? {
                Some(planned) if planned.action == Action::Skip => report.skipped += 1,
                Some(planned) => {
                    let reason = planned
                        .reason
                        .unwrap_or_else(|| "it was not written; see `deskferry status`".into());
                    report.missing.push((key, reason));
                }
                None => report
                    .missing
                    .push((key, "it was never planned; run `deskferry push`".into())),
            }
        }
    }
}

async fn compare(
    project: &Project,
    assembler: &Assembler,
    _target: &TargetDesk,
    kind: Kind,
    options: &VerifyOptions,
    report: &mut VerifyReport,
) -> Result<()> {
    let total: u64 = project
        .ledger
        .receipt_counts()?
        .into_iter()
        .filter(|(counted, ..)| *counted == kind)
        .map(|(.., count)| count)
        .sum();
    let every = options
        .sample
        .map_or(1, |sample| (total / sample.max(1)).max(1));
    let mut after = String::new();
    let mut seen: u64 = 0;
    let mut matched = 0;
    loop {
        project.stop.check()?;
        let receipts =
            project
                .ledger
                .receipts(kind, &after, PAGE * project.settings.concurrency)?;
        let Some(last) = receipts.last() else { break };
        after = last.key.id.clone();
        let mut chosen = Vec::new();
        for receipt in receipts {
            // A translation or an added file: compared with what it is a part of.
            if receipt.parent.is_some() {
                continue;
            }
            if receipt.action == crate::connector::WriteAction::Matched.name() {
                report.kept += 1;
                continue;
            }
            seen += 1;
            if (seen - 1).is_multiple_of(every) {
                chosen.push(receipt);
            }
        }
        let mut running = futures::stream::iter(chosen.chunks(PAGE).map(<[Receipt]>::to_vec))
            .map(|page| compare_page(project, assembler, kind, page))
            .buffered(project.settings.concurrency);
        while let Some(page) = running.next().await {
            let page = page?;
            matched += page.total_matched();
            report.messages += page.messages;
            report.attachments += page.attachments;
            report.differs.extend(page.differs);
            report.missing.extend(page.missing);
            report.errors.extend(page.errors);
        }
    }
    report.matched.push((kind, matched));
    Ok(())
}

async fn compare_page(
    project: &Project,
    assembler: &Assembler,
    kind: Kind,
    receipts: Vec<Receipt>,
) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    let ids: Vec<String> = receipts
        .iter()
        .map(|receipt| receipt.target.clone())
        .collect();
    let read = match project.sink()?.read(kind, &ids).await {
        Ok(read) => read,
        Err(error) if error.stops_run() => return Err(error),
        Err(error) => {
            let reason = super::describe(&error);
            for receipt in receipts {
                report.errors.push((receipt.key, reason.clone()));
            }
            return Ok(report);
        }
    };
    let mut matched = 0;
    for (index, receipt) in receipts.into_iter().enumerate() {
        project.emit(Event::Verified { kind });
        let Some(read) = read.get(index) else {
            report
                .errors
                .push((receipt.key, "the target gave no answer for it".into()));
            continue;
        };
        if read.record.is_none() {
            let reason = format!("it is gone on the target (id {})", receipt.target);
            report.missing.push((receipt.key, reason));
            continue;
        }
        let Some(item) = expected(project, assembler, &receipt.key)? else {
            report.skipped += 1;
            continue;
        };
        let losses = losses_of(project, &item)?;
        let differences = Comparison::run(&item, &receipt.target, &losses, read);
        if let crate::connector::Body::Conversation(bundle) = &item.body {
            report.messages += bundle.messages.len() as u64;
        }
        report.attachments += read.attachments.len() as u64;
        match differences.is_empty() {
            true => matched += 1,
            false => report.differs.extend(differences),
        }
    }
    report.matched.push((kind, matched));
    Ok(report)
}

fn expected(project: &Project, assembler: &Assembler, key: &Key) -> Result<Option<Item>> {
    let Some(stored) = project.ledger.get(key)? else {
        // A former agent who became a contact: there is nothing more to compare.
        return Ok(None);
    };
    Ok(match assembler.item(stored)? {
        Assembled::Item(item, _) => Some(*item),
        Assembled::Skip(_) => None,
    })
}

/// What was declared for a record and its messages.
pub(super) fn losses_of(project: &Project, item: &Item) -> Result<Vec<Loss>> {
    let mut losses = project
        .ledger
        .planned(&item.key())?
        .map(|planned| planned.losses)
        .unwrap_or_default();
    if let crate::connector::Body::Conversation(bundle) = &item.body {
        for part in &bundle.messages {
            let key = Key::new(Kind::Message, &part.message.id);
            if let Some(planned) = project.ledger.planned(&key)? {
                let id = key.id.as_str();
                losses.extend(planned.losses.into_iter().map(|loss| match loss.part {
                    Some(_) => loss,
                    None => loss.of(id),
                }));
            }
        }
    }
    Ok(losses)
}
