//! Archived tickets: in no list, so that every id which no list shows is asked for.
//!
//! Live tickets in the order of their creation show where the gaps are. A
//! live ticket in a gap is harmless: Freshdesk says that it is not archived.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Freshdesk, write};
use crate::connector::{Page, RawPage, Result, Unreadable};
use crate::connectors::freshdesk::client::optional;
use crate::connectors::freshdesk::{limits, wire};
use crate::schema::{Date, Key, Kind, Record};

/// Where the search stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// Next id to ask for.
    pub id: u64,
    /// Page of the live tickets that shows the gaps; 0 when there is none left.
    pub page: u32,
    /// Last id to ask for, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// When it was through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Date>,
}

/// For so long nothing is archived that a later run did not see before: a
/// ticket is archived 120 days after its last change.
const QUIET: SignedDuration = SignedDuration::from_hours(100 * 24);

/// The ids from `from` up to `to` that are not live, at most `limit`, and
/// the id to go on from.
pub fn gaps(from: u64, to: u64, live: &BTreeSet<u64>, limit: usize) -> (Vec<u64>, u64) {
    let mut ids = Vec::new();
    let mut id = from;
    while id <= to {
        if !live.contains(&id) {
            if ids.len() == limit {
                return (ids, id);
            }
            ids.push(id);
        }
        id += 1;
    }
    (ids, from.max(id))
}

impl Freshdesk {
    pub(super) async fn archive(&self, at: Option<Search>) -> Result<Page> {
        let mut at = at.unwrap_or(Search {
            id: 1,
            page: 1,
            last: None,
            through: None,
        });
        let mut page = Page::default();
        let until = at.through.and_then(|date| date.checked_add(QUIET).ok());
        if until.is_some_and(|until| self.desk.http().time() < until) {
            page.done = true;
            return Ok(page);
        }
        let (mut live, mut to) = (BTreeSet::new(), None);
        if at.page > 0 {
            live = self.live(&mut page, at.page).await?;
            match live.last() {
                Some(last) => to = Some(*last),
                None => at.page = 0,
            }
        }
        let to = match (to, at.last) {
            (Some(to), _) | (None, Some(to)) => to,
            (None, None) => {
                let newest = self.newest().await?;
                let tail = if newest == 0 {
                    limits::ARCHIVE_TAIL_EMPTY
                } else {
                    limits::ARCHIVE_TAIL
                };
                let last = newest.max(at.id.saturating_sub(1)) + tail;
                at.last = Some(last);
                last
            }
        };
        let (ids, next) = gaps(at.id, to, &live, limits::ARCHIVE_STEP);
        for id in ids {
            if self.archived(&mut page, id).await? {
                // Someone was here: look as far again beyond it.
                at.last = at.last.map(|last| last.max(id + limits::ARCHIVE_TAIL));
            }
        }
        at.id = next;
        let through = at.id > to.max(at.last.unwrap_or(to));
        if through && at.page > 0 {
            at.page = if at.page < limits::TICKET_PAGES {
                at.page + 1
            } else {
                0
            };
        } else if through {
            page.done = true;
            // A later run goes on from the first id that nobody had yet.
            at.last = None;
            at.id = self.newest().await?.max(1);
            at.through = Some(self.desk.http().time());
        }
        page.next = write(&at)?;
        Ok(page)
    }

    /// Ids of one page of tickets in the order of their creation.
    async fn live(&self, page: &mut Page, number: u32) -> Result<BTreeSet<u64>> {
        let call = self
            .desk
            .get("/tickets")
            .query(&[
                ("updated_since", "1970-01-01T00:00:00Z".to_owned()),
                ("order_by", "created_at".into()),
                ("order_type", "asc".into()),
                ("per_page", limits::PAGE.to_string()),
                ("page", number.to_string()),
            ])
            .budget(limits::TICKETS_LIST);
        let rows = self.desk.page::<wire::Id>(call, Kind::Conversation).await?;
        page.problems.extend(rows.problems);
        Ok(rows.rows.into_iter().map(|row| row.id).collect())
    }

    /// The highest id among live tickets; 0 when there is none.
    async fn newest(&self) -> Result<u64> {
        let call = self
            .desk
            .get("/tickets")
            .query(&[
                ("updated_since", "1970-01-01T00:00:00Z"),
                ("order_by", "created_at"),
                ("order_type", "desc"),
                ("per_page", "1"),
            ])
            .budget(limits::TICKETS_LIST);
        let rows = self.desk.page::<wire::Id>(call, Kind::Conversation).await?;
        Ok(rows
            .rows
            .into_iter()
            .map(|row| row.id)
            .max()
            .unwrap_or_default())
    }

    /// Adds the archived ticket with this id, if there is one.
    async fn archived(&self, page: &mut Page, id: u64) -> Result<bool> {
        let Some(answer) = optional(
            self.desk
                .get(&format!("/tickets/archived/{id}"))
                .send()
                .await,
        )?
        else {
            return Ok(false);
        };
        match answer.json::<wire::Ticket>() {
            Ok(mut ticket) => {
                ticket.archived = Some(true);
                let conversation = self.normalizer().await?.ticket(&ticket)?;
                page.records.push(Record::Conversation(conversation));
            }
            Err(error) => page.problems.push(Unreadable {
                key: Key::new(Kind::Conversation, id.to_string()),
                reason: error.message,
                original: answer.body.to_vec(),
            }),
        }
        page.raw.push(RawPage {
            path: answer.path,
            body: answer.body,
        });
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gaps_are_asked_for() {
        let live = BTreeSet::from([2, 3, 6]);
        assert_eq!(gaps(1, 6, &live, 50), (vec![1, 4, 5], 7));
    }

    #[test]
    fn a_long_gap_is_searched_in_steps() {
        let (ids, next) = gaps(1, 10, &BTreeSet::from([2]), 3);
        assert_eq!((ids, next), (vec![1, 3, 4], 5));
        assert_eq!(gaps(5, 10, &BTreeSet::new(), 50).0, vec![5, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn what_lies_behind_stays_behind() {
        assert_eq!(gaps(9, 6, &BTreeSet::from([6]), 50), (vec![], 9));
    }
}
