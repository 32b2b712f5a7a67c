//! Tickets: lists by the date of the last change.
//!
//! Pages have numbers, and every change moves a ticket to the end, so that
//! what follows it moves up by one, past the page border. Hence every page
//! starts at the last date of the one before instead, which also goes past
//! the ceiling of 300 pages. Only tickets that share one second need numbers.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Freshdesk, write};
use crate::connector::{Error, Page, Result, Scope};
use crate::connectors::freshdesk::client::{Desk, Rows};
use crate::connectors::freshdesk::{limits, wire};
use crate::schema::{Date, Kind, Record};

/// Where a ticket list stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Tickets changed then or later.
    pub since: Date,
    /// Page among those, from 1.
    pub page: u32,
}

/// How far a finished list goes back the next time: what changes during a
/// listing may be seen late.
const OVERLAP: SignedDuration = SignedDuration::from_secs(120);

/// What comes after a page whose tickets were changed at these dates.
pub fn after(at: &Position, dates: &[Option<Date>], more: bool) -> Result<(Position, bool)> {
    let sorted = dates.windows(2).all(|pair| pair[0] <= pair[1]);
    let last = dates.iter().copied().flatten().max();
    if !more {
        let back = last.and_then(|date| date.checked_sub(OVERLAP).ok());
        let since = back.map_or(at.since, |date| date.max(at.since));
        return Ok((Position { since, page: 1 }, true));
    }
    match last {
        // An unsorted page says nothing about the next one: numbers it is.
        Some(last) if sorted && last > at.since => Ok((Position { since: last, page: 1 }, false)),
        _ if at.page >= limits::TICKET_PAGES => Err(Error::protocol(format!(
            "more than {} tickets were changed at {}, and Freshdesk shows no more of them",
            limits::TICKET_PAGES as usize * limits::PAGE,
            at.since
        ))
        .hint("change some of them (a tag will do), so that they get another date, and run the same command again")),
        _ => Ok((Position { since: at.since, page: at.page + 1 }, false)),
    }
}

impl Position {
    /// The first page of what was changed since then.
    pub fn start(since: Date) -> Position {
        Position { since, page: 1 }
    }
}

impl Desk {
    /// One page of tickets by the date of their last change, with further parameters.
    pub async fn tickets(
        &self,
        at: &Position,
        more: &[(&str, &str)],
    ) -> Result<Rows<wire::Ticket>> {
        let call = self
            .get("/tickets")
            .query(&[
                ("updated_since", at.since.to_string()),
                ("order_by", "updated_at".into()),
                ("order_type", "asc".into()),
                ("per_page", limits::PAGE.to_string()),
                ("page", at.page.to_string()),
            ])
            .query(more)
            .budget(limits::TICKETS_LIST);
        self.page(call, Kind::Conversation).await
    }
}

impl Freshdesk {
    /// One page of the tickets that are live, spam or deleted.
    pub(super) async fn tickets(
        &self,
        filter: Option<&str>,
        at: Option<Position>,
        scope: &Scope,
    ) -> Result<Page> {
        let since = scope.since.unwrap_or(Date::UNIX_EPOCH);
        let at = at.unwrap_or(Position::start(since));
        let mut more = vec![("include", "stats")];
        more.extend(filter.map(|filter| ("filter", filter)));
        let mut rows = self.desk.tickets(&at, &more).await?;
        let dates: Vec<Option<Date>> = rows.rows.iter().map(|ticket| ticket.updated_at).collect();
        let (next, done) = after(&at, &dates, rows.more)?;
        let normalizer = self.normalizer().await?;
        let mut records = Vec::with_capacity(rows.rows.len());
        for ticket in &mut rows.rows {
            match filter {
                Some("spam") => ticket.spam = Some(true),
                Some("deleted") => ticket.deleted = Some(true),
                _ => {}
            }
            self.relations(ticket).await?;
            records.push(Record::Conversation(normalizer.ticket(ticket)?));
        }
        Ok(Page {
            records,
            problems: rows.problems,
            raw: vec![rows.raw],
            next: write(&next)?,
            done,
            ..Page::default()
        })
    }

    /// Lists leave out which ticket a child or an incident belongs to.
    async fn relations(&self, ticket: &mut wire::Ticket) -> Result<()> {
        let related = matches!(ticket.association_type, Some(2 | 4));
        if related && ticket.associated_tickets_list.is_none() {
            let prime: Option<wire::Id> = self
                .desk
                .find(&format!("/tickets/{}/prime_association", ticket.id))
                .await?;
            ticket.associated_tickets_list = prime.map(|prime| vec![prime.id]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::ErrorKind;

    fn date(second: i64) -> Date {
        Date::from_second(second).unwrap()
    }

    fn at(second: i64, page: u32) -> Position {
        Position {
            since: date(second),
            page,
        }
    }

    #[test]
    fn the_next_page_starts_at_the_last_date() {
        let dates = [Some(date(5)), Some(date(9))];
        assert_eq!(after(&at(5, 1), &dates, true).unwrap(), (at(9, 1), false));
    }

    #[test]
    fn tickets_of_one_second_are_numbered() {
        let dates = [Some(date(5)), Some(date(5))];
        assert_eq!(after(&at(5, 7), &dates, true).unwrap(), (at(5, 8), false));
    }

    #[test]
    fn too_many_tickets_of_one_second_fail_loudly() {
        let error = after(&at(5, 300), &[Some(date(5))], true).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(error.message.contains("30000"), "{error}");
    }

    #[test]
    fn a_page_out_of_order_skips_nothing() {
        let dates = [Some(date(9)), Some(date(5))];
        assert_eq!(after(&at(1, 1), &dates, true).unwrap(), (at(1, 2), false));
    }

    #[test]
    fn the_end_goes_back_a_little_for_the_next_run() {
        let end = after(&at(1000, 3), &[Some(date(5000))], false).unwrap();
        assert_eq!(end, (at(4880, 1), true));
        assert_eq!(
            after(&at(4990, 1), &[Some(date(5000))], false).unwrap(),
            (at(4990, 1), true)
        );
        assert_eq!(after(&at(7, 1), &[], false).unwrap(), (at(7, 1), true));
    }
}
