//! What a preview or a push decided, as it is told.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Project;
use super::compare::Difference;
use super::estimate::{Estimate, Sample};
use super::pull::not_read;
use super::redact::{self, Unredacted};
use super::stage::Tallies;
use crate::connector::{Detail, NotRead, Result};
use crate::ledger::{Action, LossCount, PlanCount};
use crate::schema::{Key, Kind};

/// Requests by budget.
pub type Calls = BTreeMap<&'static str, u64>;

/// What a preview or a push decided.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// What this run decided, by kind and action; what is on the target since
    /// an earlier run is done.
    pub counts: Vec<PlanCount>,
    /// What this run wrote, or in a preview would write, without what failed.
    pub written: Vec<PlanCount>,
    /// Declared losses of what this run decided.
    pub losses: Vec<LossCount>,
    /// What the source has and is not read.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "NotRead::as_english"
    )]
    pub not_read: Vec<NotRead>,
    /// Why records are skipped, matched or blocked: kind, action, reason, records, one of them.
    #[serde(serialize_with = "reasons_as_english")]
    pub reasons: Vec<(Kind, Action, Detail, u64, Key)>,
    /// Requests to the target by budget, without those that look things up.
    pub calls: Calls,
    /// Records with problems that are not solved.
    pub problems: u64,
    /// What the rules for personal data do not reach, with how many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub privacy: Vec<(Unredacted, u64)>,
    /// Time and disk; of a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Requests of some records; of a preview that was asked for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
    /// What updates change on the target: `found` becomes `expected`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Difference>,
}

impl Summary {
    /// Reads what the ledger knows.
    pub(super) fn read(project: &Project, calls: Calls, tallies: &Tallies) -> Result<Summary> {
        let mut reasons: Vec<(Kind, Action, Detail, u64, Key)> = Vec::new();
        project.ledger.each_planned_now(|planned| {
            let Some(reason) = planned.reason else {
                return Ok(());
            };
            let known = reasons.iter().position(|(kind, action, known, ..)| {
                *kind == planned.key.kind
                    && *action == planned.action
                    && known.is_identical(&reason)
            });
            match known {
                Some(index) => reasons[index].3 += 1,
                // Reasons that name a value can be as many as records; the rest is in the ledger.
                None if reasons.len() >= 500 => {}
                None => reasons.push((planned.key.kind, planned.action, reason, 1, planned.key)),
            }
            Ok(())
        })?;
        Ok(Summary {
            counts: project.ledger.plan_counts_now()?,
            written: tallies
                .iter()
                .filter(|((_, action), _)| *action != Action::Done)
                .map(|((kind, action), count)| PlanCount {
                    kind: *kind,
                    action: *action,
                    count: *count,
                })
                .collect(),
            losses: project.ledger.loss_counts_now()?,
            not_read: not_read(&project.ledger)?,
            reasons,
            calls,
            problems: project.ledger.count_problems()?,
            privacy: redact::limits(project)?,
            estimate: None,
            samples: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// Records of all kinds with this action.
    pub fn total(&self, action: Action) -> u64 {
        self.counts
            .iter()
            .filter(|count| count.action == action)
            .map(|count| count.count)
            .sum()
    }
}

/// Reasons for JSON that others read.
fn reasons_as_english<S: serde::Serializer>(
    reasons: &[(Kind, Action, Detail, u64, Key)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(
        reasons.iter().map(|(kind, action, reason, count, key)| {
            (kind, action, reason.to_string(), count, key)
        }),
    )
}
