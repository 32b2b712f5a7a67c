//! Tickets, also those that no search shows.

use serde_json::json;

use super::super::client::{keep, segment};
use super::super::normalize;
use super::super::wire::{self, Created, Transaction};
use super::{RtSource, unreadable_or};
use crate::connector::{Error, ErrorKind, Page, RawPage, Result, Scope, Unreadable};
use crate::schema::{Date, Key, Kind, Record};

impl RtSource {
    async fn ticket(&self, id: &str, page: &mut Page) -> Result<()> {
        match self
            .fetch(&format!("/ticket/{}", segment(id)), &mut page.raw)
            .await
        {
            Ok(answer) => self.take_ticket(id, &answer, page),
            Err(error) if error.kind == ErrorKind::NotFound => {
                page.gone.push(Key::new(Kind::Conversation, id));
                Ok(())
            }
            Err(error) => unreadable_or(error, Kind::Conversation, id, page),
        }
    }

    fn take_ticket(&self, id: &str, answer: &crate::http::Answer, page: &mut Page) -> Result<()> {
        let record = answer
            .json::<wire::Ticket>()
            .map_err(|error| error.message)
            .and_then(|ticket| normalize::ticket(id, &ticket, &self.mapping, self.config.base()));
        match record {
            Ok(conversation) => page.records.push(Record::Conversation(conversation)),
            Err(reason) => page.problems.push(Unreadable {
                key: Key::new(Kind::Conversation, id),
                reason,
                original: answer.body.to_vec(),
            }),
        }
        Ok(())
    }

    async fn fetch(&self, path: &str, raw: &mut Vec<RawPage>) -> Result<crate::http::Answer> {
        let answer = self.desk.http.get(path).send().await?;
        keep(raw, &answer);
        Ok(answer)
    }

    pub(super) async fn pull_tickets(&self, cursor: Option<&str>, scope: &Scope) -> Result<Page> {
        let mut page = Page::default();
        let at = TicketCursor::read(cursor, scope, self.desk.http.time())?;
        let mut query = format!("id > {}{}", at.last, self.in_queues());
        if let Some(since) = at.since {
            // Dates in a search are in the user's own time zone, whatever they
            // say themselves, so the window begins a day early.
            let early = since - jiff::SignedDuration::from_hours(24);
            query.push_str(&format!(
                " AND LastUpdated > '{}'",
                early.strftime("%Y-%m-%d %H:%M:%S")
            ));
        }
        let search = self
            .desk
            .http
            .get("/tickets")
            .query(&[
                ("query", query.as_str()),
                ("orderby", "id"),
                ("order", "ASC"),
                ("per_page", "100"),
            ])
            .send()
            .await?;
        let list: wire::List<Created> = search.json()?;
        keep(&mut page.raw, &search);
        let ids: Vec<String> = list.items.into_iter().map(|item| item.id.0).collect();
        if at.last == 0 {
            page.total = u64::try_from(list.total.number()).ok();
        }
        let paths = ids
            .iter()
            .map(|id| format!("/ticket/{}", segment(id)))
            .collect();
        for (id, answer) in ids.iter().zip(self.each(paths).await) {
            match answer {
                Ok(answer) => {
                    keep(&mut page.raw, &answer);
                    self.take_ticket(id, &answer, &mut page)?;
                }
                Err(error) if error.kind == ErrorKind::NotFound => {
                    page.gone.push(Key::new(Kind::Conversation, id));
                }
                Err(error) => unreadable_or(error, Kind::Conversation, id, &mut page)?,
            }
        }
        let last = ids.iter().filter_map(|id| id.parse::<u64>().ok()).max();
        page.done = list.next_page.is_none();
        page.next = Some(match last {
            Some(last) if !page.done => at.after(last),
            _ => at.again(),
        });
        Ok(page)
    }

    pub(super) async fn pull_hidden(&self, cursor: Option<&str>) -> Result<Page> {
        let mut page = Page::default();
        let after: u64 = match cursor {
            None => 0,
            Some(text) => text
                .parse()
                .map_err(|_| Error::local(format!("`{text}` is not a cursor of hidden tickets")))?,
        };
        let what = [
            json!([
                {"field": "Type", "value": "Status"},
                {"field": "NewValue", "value": "deleted"},
                {"field": "id", "operator": ">", "value": after},
            ]),
            json!([
                {"field": "Field", "value": "MergedInto"},
                {"field": "id", "operator": ">", "value": after},
            ]),
        ];
        let mut ids = std::collections::BTreeSet::new();
        let mut newest = after;
        for query in what {
            let found: Vec<Transaction> = self
                .desk
                .search(
                    "/transactions?orderby=id&fields=Type,ObjectId",
                    &query,
                    &mut page.raw,
                )
                .await?;
            for transaction in found {
                newest = newest.max(transaction.id.0.parse().unwrap_or(0));
                ids.insert(transaction.object_id.0);
            }
        }
        for id in ids {
            let before = page.records.len();
            self.ticket(&id, &mut page).await?;
            // A merge is told by both tickets; the one that is still itself
            // comes with the others, unless its queue is not asked for.
            page.records.retain_in(before, |record| match record {
                Record::Conversation(conversation) => {
                    conversation.deleted || conversation.declared_messages == Some(0)
                }
                _ => true,
            });
        }
        page.done = true;
        page.next = (newest > after).then(|| newest.to_string());
        Ok(page)
    }
}

/// Keeps what `keep` says of the items from `start` on.
trait RetainIn<T> {
    fn retain_in(&mut self, start: usize, keep: impl Fn(&T) -> bool);
}

impl<T> RetainIn<T> for Vec<T> {
    fn retain_in(&mut self, start: usize, keep: impl Fn(&T) -> bool) {
        let tail = self.split_off(start);
        self.extend(tail.into_iter().filter(keep));
    }
}

/// `<since>|<begun>|<last id>`: by number within one pass; the next pass takes
/// what changed since this one began.
struct TicketCursor {
    since: Option<Date>,
    begun: Date,
    last: u64,
}

impl TicketCursor {
    fn read(cursor: Option<&str>, scope: &Scope, now: Date) -> Result<TicketCursor> {
        let Some(text) = cursor else {
            return Ok(TicketCursor {
                since: scope.since,
                begun: now,
                last: 0,
            });
        };
        let parsed = || -> Option<TicketCursor> {
            let mut parts = text.split('|');
            let since = parts.next()?;
            let begun = parts.next()?;
            let last = parts.next()?.parse().ok()?;
            Some(TicketCursor {
                since: if since.is_empty() {
                    None
                } else {
                    Some(since.parse().ok()?)
                },
                begun: if begun.is_empty() {
                    now
                } else {
                    begun.parse().ok()?
                },
                last,
            })
        };
        parsed().ok_or_else(|| Error::local(format!("`{text}` is not a cursor of tickets")))
    }

    fn after(&self, last: u64) -> String {
        let since = self.since.map(|date| date.to_string()).unwrap_or_default();
        format!("{since}|{}|{last}", self.begun)
    }

    fn again(&self) -> String {
        format!("{}||0", self.begun)
    }
}
