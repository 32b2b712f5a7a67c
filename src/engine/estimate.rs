//! What a preview can say beyond counts: how long it takes, how much disk it
//! needs, requests as they would go out, and what an update changes.

use serde::Serialize;

use super::compare::{Difference, differences, said};
use super::conflict;
use super::plan::Decision;
use super::push::{self, Mode};
use super::settle::{announce, replies};
use super::stage::Writer;
use super::summary::{Calls, Summary};
use super::{Project, verify};
use crate::connector::{Body, Grain, Item, ReadBack, Result};
use crate::http::{Limit, Rehearsed};
use crate::ledger::Action;
use crate::schema::{Key, Kind};

/// The budget that calls without a budget of their own are charged to, and
/// those with a shared one as well.
const DEFAULT: &str = "default";

/// How long a push takes, and what it needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Requests by budget, with what is allowed.
    pub budgets: Vec<BudgetUse>,
    /// Seconds, if nothing but the limits slows it down; `None` when there
    /// are no limits.
    pub seconds: Option<u64>,
    /// Bytes of the ledger's file now.
    pub ledger_bytes: u64,
    /// Bytes of attachments in the ledger's folder now.
    pub blob_bytes: u64,
}

/// Requests of one budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetUse {
    /// Its name.
    pub budget: &'static str,
    /// Requests.
    pub calls: u64,
    /// Requests a minute that may be sent; `None` when nothing limits them.
    pub per_minute: Option<u32>,
}

/// Requests of one record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// The record.
    pub key: Key,
    /// What happens to it.
    pub action: Action,
    /// As they would go out. Ids of records that do not exist yet are 0.
    pub requests: Vec<Rehearsed>,
}

impl Estimate {
    pub(super) fn read(project: &Project, calls: &Calls) -> Result<Estimate> {
        let limits = project.sink()?.budgets();
        let (ledger_bytes, blob_bytes) = project.ledger.disk()?;
        Ok(Estimate {
            budgets: calls
                .iter()
                .map(|(budget, calls)| BudgetUse {
                    budget,
                    calls: *calls,
                    per_minute: limit(&limits, budget).map(|limit| limit.per_minute),
                })
                .collect(),
            seconds: seconds(calls, &limits),
            ledger_bytes,
            blob_bytes,
        })
    }
}

fn limit<'l>(limits: &'l [Limit], budget: &str) -> Option<&'l Limit> {
    let named = |name: &str| limits.iter().find(|limit| limit.name == name);
    named(budget).or_else(|| named(DEFAULT))
}

/// The slowest budget decides. A call with a budget of its own is charged to
/// the common one as well, unless the platform counts it apart.
fn seconds(calls: &Calls, limits: &[Limit]) -> Option<u64> {
    let mut charged: std::collections::BTreeMap<&str, u64> = Default::default();
    for (budget, count) in calls {
        let own = limit(limits, budget)?;
        *charged.entry(own.name).or_default() += count;
        if !own.separate && own.name != DEFAULT {
            *charged.entry(DEFAULT).or_default() += count;
        }
    }
    charged
        .iter()
        .filter_map(|(name, count)| {
            let per_minute = u64::from(limit(limits, name)?.per_minute);
            Some((count * 60).div_ceil(per_minute.max(1)))
        })
        .max()
}

/// Adds to the summary of a preview: up to `samples` records of each kind and
/// action with their requests, and what up to `updates` updates change on the
/// target, which is read for that.
pub async fn detail(
    project: &Project,
    summary: &mut Summary,
    samples: usize,
    updates: usize,
) -> Result<()> {
    let mut shown: Vec<Key> = Vec::new();
    let mut changed: Vec<(Key, String)> = Vec::new();
    let mut counts: std::collections::HashMap<(Kind, Action), usize> = Default::default();
    project.ledger.each_planned_now(|planned| {
        let key = planned.key;
        if planned.digest.is_none() || key.kind == Kind::Message {
            return Ok(());
        }
        let count = counts.entry((key.kind, planned.action)).or_default();
        *count += 1;
        if *count <= samples {
            shown.push(key.clone());
        }
        if let Some(target) = planned.target
            && changed.len() < updates
        {
            changed.push((key, target));
        }
        Ok(())
    })?;
    if shown.is_empty() && changed.is_empty() {
        return Ok(());
    }
    let real = project.sink()?.clone();
    let (writer, _) = push::prepare(project, &real, Mode::Preview).await?;
    for key in shown {
        let Some(decision) = again(&writer, &key)? else {
            continue;
        };
        let action = decision.planned.action;
        let items = match (decision.item, decision.update) {
            (Some(item), _) => steps(&writer, *item),
            (None, Some(update)) => update.into_items(),
            (None, None) => continue,
        };
        let mut requests = Vec::new();
        for item in items {
            requests.extend(real.rehearse(&item, &writer.target).await);
        }
        summary.samples.push(Sample {
            key,
            action,
            requests,
        });
    }
    for (key, target) in changed {
        let Some(decision) = again(&writer, &key)? else {
            continue;
        };
        let items = match (decision.item, decision.update) {
            (Some(item), _) => vec![*item],
            (None, Some(update)) => update.into_items(),
            (None, None) => continue,
        };
        let read = real.read(key.kind, std::slice::from_ref(&target)).await?;
        let Some(read) = read.first().filter(|read| read.record.is_some()) else {
            continue;
        };
        for item in &items {
            summary
                .changes
                .extend(pending(project, &key, item, &target, read)?);
        }
    }
    Ok(())
}

/// What writing an item changes of a record that is on the target.
fn pending(
    project: &Project,
    key: &Key,
    item: &Item,
    target: &str,
    read: &ReadBack,
) -> Result<Vec<Difference>> {
    if let Body::Message(reply) = &item.body {
        let there = read
            .messages
            .iter()
            .find(|message| Some(&message.id) == item.existing.as_ref());
        return Ok(vec![said(key, reply, there)]);
    }
    let losses = verify::losses_of(project, item)?;
    let properties = ReadBack {
        record: read.record.clone(),
        ..ReadBack::default()
    };
    let read = match item.body {
        // Its messages are items of their own.
        Body::Conversation(_) => &properties,
        _ => read,
    };
    let mut found = differences(item, target, &losses, read);
    // What only the target changed is not written.
    found.retain(|difference| {
        conflict::name(&difference.field).is_none_or(|name| item.changed.has(name))
    });
    Ok(found)
}

/// A decision that was made before.
fn again(writer: &Writer, key: &Key) -> Result<Option<Decision>> {
    let Some(stored) = writer.project.ledger.get(key)? else {
        return Ok(None);
    };
    let decision = writer.planner.decide(writer.sink.as_ref(), stored)?;
    Ok(Some(decision))
}

/// What the push would hand to the sink for an item, as far as its second step.
fn steps(writer: &Writer, item: Item) -> Vec<Item> {
    let mut first = item.clone();
    match (&mut first.body, writer.sink.grain()) {
        (Body::Conversation(bundle), Grain::Message) => {
            announce(bundle);
            let target = item.existing.clone();
            let target = target.unwrap_or_else(|| super::people::PLANNED.to_owned());
            let second = replies(&writer.project, item, &target, |index, _| {
                (index == 1).then_some(None)
            })
            .into_iter()
            .next();
            [Some(first), second].into_iter().flatten().collect()
        }
        _ => vec![first],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(name: &'static str, per_minute: u32, separate: bool) -> Limit {
        Limit {
            name,
            per_minute,
            separate,
            note: "",
        }
    }

    #[test]
    fn the_slowest_budget_decides() {
        let limits = [
            row("default", 200, false),
            row("create", 80, false),
            row("guide", 100, true),
        ];
        let calls = |rows: &[(&'static str, u64)]| -> Calls { rows.iter().copied().collect() };
        assert_eq!(seconds(&calls(&[("default", 200)]), &limits), Some(60));
        assert_eq!(
            seconds(&calls(&[("create", 160), ("default", 40)]), &limits),
            Some(120)
        );
        // 80 creates are charged to the common budget of 200, too.
        assert_eq!(
            seconds(&calls(&[("create", 80), ("default", 320)]), &limits),
            Some(120)
        );
        assert_eq!(
            seconds(&calls(&[("guide", 100), ("default", 200)]), &limits),
            Some(60)
        );
        assert_eq!(seconds(&calls(&[("unheard of", 100)]), &limits), Some(30));
        assert_eq!(seconds(&calls(&[("default", 200)]), &[]), None);
        assert_eq!(seconds(&calls(&[]), &limits), None);
    }
}
