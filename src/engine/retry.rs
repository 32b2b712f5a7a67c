//! Only what failed, again.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

use super::summary::Summary;
use super::{Project, pull, push};
use crate::connector::Result;
use crate::ledger::{Problem, ProblemGroup};
use crate::schema::{Key, Kind};

/// Which problems are tried again; all when nothing is said.
#[derive(Debug, Clone, Default)]
pub struct RetryOptions {
    /// Only of records of this kind.
    pub kind: Option<Kind>,
    /// Only whose reason contains this text, in any case.
    pub reason: Option<String>,
}

/// What a retry came to.
#[derive(Debug, Clone, Serialize)]
pub struct Retried {
    /// Records that were tried again.
    pub records: u64,
    /// The problems that were chosen, by reason.
    pub before: Vec<ProblemGroup>,
    /// Problems that are left, of all records.
    pub after: Vec<ProblemGroup>,
    /// What is on the target now.
    pub summary: Option<Summary>,
}

impl RetryOptions {
    fn chooses(&self, kind: Kind, reason: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self
                .reason
                .as_ref()
                .is_none_or(|text| reason.to_lowercase().contains(&text.to_lowercase()))
    }
}

/// Tries records with problems again and leaves all others alone.
pub async fn retry(project: &Project, options: &RetryOptions) -> Result<Retried> {
    let mut before = project.ledger.problem_groups()?;
    let mut chosen: Vec<Problem> = Vec::new();
    project.ledger.each_problem(usize::MAX, |problem| {
        if options.chooses(problem.key.kind, &problem.reason) {
            chosen.push(problem);
        }
        Ok(())
    })?;
    before.retain(|group| {
        chosen
            .iter()
            .any(|problem| problem.key.kind == group.kind && problem.stage == group.stage)
    });
    let mut only = HashSet::new();
    let mut reading = false;
    for problem in &chosen {
        reading |= matches!(problem.stage.as_str(), "read" | "pull" | "blob");
        only.insert(whole(project, &problem.key)?);
    }
    if chosen.is_empty() {
        return Ok(Retried {
            records: 0,
            before,
            after: project.ledger.problem_groups()?,
            summary: None,
        });
    }
    if reading {
        pull(project).await?;
    }
    let records = only.len() as u64;
    let mut project = project.clone();
    project.settings.only = Some(Arc::new(only));
    let summary = push(&project).await?;
    Ok(Retried {
        records,
        before,
        after: project.ledger.problem_groups()?,
        summary: Some(summary),
    })
}

/// The record that is written to mend a problem: a message is written with its
/// conversation, a file with what it belongs to.
fn whole(project: &Project, key: &Key) -> Result<Key> {
    let stored = project.ledger.get(key)?;
    match stored.and_then(|stored| stored.record.parent()) {
        Some(parent) => whole(project, &parent),
        None => Ok(key.clone()),
    }
}
