//! Where a migration stands, in figures and groups.

use serde::Serialize;

use crate::connector::Result;
use crate::ledger::{Comparison, Ledger, LossCount, PlanCount, ProblemGroup, Run};
use crate::schema::{Date, Kind};

/// Where a migration stands.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Version of the program.
    pub program: &'static str,
    /// When this was read.
    pub at: String,
    /// The source desk; `None` before the first run.
    pub source: Option<String>,
    /// The target desk; `None` before the first preview or push.
    pub target: Option<String>,
    /// Records by kind.
    pub kinds: Vec<KindFacts>,
    /// What was decided for each record last, by kind and action.
    pub planned: Vec<PlanCount>,
    /// Writes that were begun and whose outcome is not known yet.
    pub open: u64,
    /// Problems that are not solved.
    pub problem_count: u64,
    /// The same by kind, stage and reason, most frequent first.
    pub problems: Vec<ProblemGroup>,
    /// What the target does not have as it was, by field, most frequent first.
    pub losses: Vec<LossCount>,
    /// The last comparison of both desks.
    pub comparison: Option<Comparison>,
    /// How many runs there were.
    pub run_count: u64,
    /// The last runs, newest first.
    pub runs: Vec<Run>,
}

/// Records of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindFacts {
    /// Kind.
    pub kind: Kind,
    /// In the ledger, without those that are gone on the source.
    pub read: u64,
    /// On the target, by a receipt.
    pub written: u64,
    /// With problems that are not solved.
    pub problems: u64,
}

impl Facts {
    /// Reads what the ledger knows, with the last `runs` runs.
    pub fn read(ledger: &Ledger, runs: usize) -> Result<Facts> {
        let problems = ledger.problem_groups()?;
        let read = ledger.counts()?;
        let written = ledger.written_counts()?;
        let kinds = Kind::ALL
            .into_iter()
            .map(|kind| KindFacts {
                kind,
                read: sum(read.iter().filter(|(k, _)| *k == kind).map(|(_, n)| *n)),
                written: sum(written.iter().filter(|(k, _)| *k == kind).map(|(_, n)| *n)),
                problems: sum(problems.iter().filter(|g| g.kind == kind).map(|g| g.count)),
            })
            .filter(|row| row.read + row.written + row.problems > 0)
            .collect();
        Ok(Facts {
            program: env!("CARGO_PKG_VERSION"),
            at: Date::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            source: ledger.meta("source")?,
            target: ledger.meta("target")?,
            kinds,
            planned: ledger.plan_counts()?,
            open: ledger.open_intents()?.len() as u64,
            problem_count: ledger.count_problems()?,
            problems,
            losses: ledger.loss_counts()?,
            comparison: ledger.comparison()?,
            run_count: ledger.count_runs()?,
            runs: ledger.runs(runs)?,
        })
    }

    /// `zendesk:acme`, or what stands for a desk that is not known yet.
    pub fn desk(name: &Option<String>) -> &str {
        name.as_deref().unwrap_or("nothing yet")
    }
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.sum()
}
