//! Which conversations are written first.
//!
//! What a conversation refers to comes before it all the same: a follow-up
//! has to name its origin by the number that it has on the target.

use super::Project;
use crate::connector::Result;
use crate::ledger::{GONE, LEFT, PUSHED, READY, Stored};
use crate::schema::{Conversation, Key, Kind, Record, Status};

crate::schema::values! {
    /// Which conversations are written first.
    #[derive(Default)]
    Order {
        /// Those that the source gives first, while the others come in.
        #[default]
        Source = "source",
        /// Those that changed last.
        Newest = "newest",
        /// Those that are not solved, and of each the newest.
        Open = "open",
    }
}

/// What is ready, first things first: where each stands in the ledger.
/// Sixteen bytes a conversation while they are sorted.
pub(super) fn ordered(project: &Project, order: Order) -> Result<Vec<i64>> {
    let mut ranks: Vec<(i64, i64)> = Vec::new();
    let mut after = 0;
    loop {
        project.stop.check()?;
        let page = project.ledger.ready(Kind::Conversation, after, 500)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in page {
            if let Record::Conversation(conversation) = &stored.record {
                ranks.push((rank(order, conversation), stored.seq));
            }
        }
    }
    ranks.sort_unstable();
    Ok(ranks.into_iter().map(|(_, seq)| seq).collect())
}

/// Least comes first.
fn rank(order: Order, conversation: &Conversation) -> i64 {
    let changed = conversation.updated_at.or(conversation.created_at);
    // Seconds; half the range, so that what is solved has the other half.
    let newest = -changed.map_or(0, |date| date.as_second());
    let solved = matches!(conversation.status, Status::Solved | Status::Closed);
    match order {
        Order::Open if solved => newest + i64::MAX / 2,
        Order::Source | Order::Newest | Order::Open => newest,
    }
}

/// Whether it refers to others.
pub(super) fn refers(stored: &Stored) -> bool {
    matches!(&stored.record, Record::Conversation(conversation) if !conversation.links.is_empty())
}

/// What this one refers to and is still to be written, deepest first. A
/// circle ends where it began.
pub(super) fn before(project: &Project, stored: &Stored) -> Result<Vec<Stored>> {
    let mut chain: Vec<Stored> = Vec::new();
    let mut seen = vec![stored.record.id().to_owned()];
    // What is open comes back, with its record, after all that it refers to.
    let mut open: Vec<Step> = references(stored).map(Step::Find).collect();
    while let Some(step) = open.pop() {
        let id = match step {
            Step::Take(found) => {
                chain.push(*found);
                continue;
            }
            Step::Find(id) => id,
        };
        if seen.contains(&id) || seen.len() > LONGEST {
            continue;
        }
        let key = Key::new(Kind::Conversation, &id);
        seen.push(id);
        if project.ledger.receipt(&key)?.is_some() || project.ledger.planned_now(&key)?.is_some() {
            continue;
        }
        let found = project.ledger.get(&key)?;
        let Some(found) =
            found.filter(|found| found.state & (GONE | READY | PUSHED | LEFT) == READY)
        else {
            continue;
        };
        let more: Vec<Step> = references(&found).map(Step::Find).collect();
        open.push(Step::Take(Box::new(found)));
        open.extend(more);
    }
    Ok(chain)
}

enum Step {
    Find(String),
    Take(Box<Stored>),
}

/// More in one chain than this are taken as they come.
const LONGEST: usize = 100;

fn references(stored: &Stored) -> impl Iterator<Item = String> + use<'_> {
    let links = match &stored.record {
        Record::Conversation(conversation) => conversation.links.as_slice(),
        _ => &[],
    };
    links.iter().map(|link| link.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(order: Order) -> Vec<&'static str> {
        let all = [
            ("old open", Status::Open, Some("2019-01-01T00:00:00Z")),
            ("new solved", Status::Solved, Some("2024-01-01T00:00:00Z")),
            ("new open", Status::Pending, Some("2023-01-01T00:00:00Z")),
            ("old closed", Status::Closed, Some("2018-01-01T00:00:00Z")),
            ("undated", Status::New, None),
        ];
        let mut ranks: Vec<(i64, &str)> = all
            .iter()
            .map(|(name, status, date)| {
                let conversation = Conversation {
                    status: *status,
                    updated_at: date.map(|date| date.parse().unwrap()),
                    ..Conversation::default()
                };
                (rank(order, &conversation), *name)
            })
            .collect();
        ranks.sort_unstable();
        ranks.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn the_newest_or_what_is_open_comes_first() {
        assert_eq!(
            ranked(Order::Newest),
            [
                "new solved",
                "new open",
                "old open",
                "old closed",
                "undated"
            ]
        );
        assert_eq!(
            ranked(Order::Open),
            [
                "new open",
                "old open",
                "undated",
                "new solved",
                "old closed"
            ]
        );
    }
}
