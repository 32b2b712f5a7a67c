//! People, structure, ratings and booked time.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Freshdesk, Numbered, write};
use crate::connector::{ErrorKind, Inventory, Page, Result, Unreadable};
use crate::connectors::freshdesk::client::{Desk, Rows};
use crate::connectors::freshdesk::{limits, wire};
use crate::http::Call;
use crate::schema::{Date, Key, Kind, Record};

/// Lists of contacts. The first one leaves out who is blocked or deleted; the
/// others are asked for because accounts differ in what else it leaves out.
const CONTACT_PASSES: [Option<(&str, &str)>; 5] = [
    None,
    Some(("state", "unverified")),
    Some(("contact_type", "visitor")),
    Some(("state", "blocked")),
    Some(("state", "deleted")),
];

/// Contacts that are looked at one by one at the same time.
const SIDE_BY_SIDE: usize = 4;

/// How far a later run goes back: what an account shows lags a little.
const SKEW: SignedDuration = SignedDuration::from_secs(300);

/// How long after the work time may be booked for a later run to see it.
const BOOKED_LATE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the plan or the key does not allow is not there.
fn allowed<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
            tracing::warn!("{error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Freshdesk {
    /// The account's own time, a little before.
    pub(super) fn now(&self) -> Date {
        let now = self.desk.http().time();
        now.checked_sub(SKEW).unwrap_or(now)
    }

    /// A list's position with the date of its beginning. Asked for when its
    /// first page is there: before that nobody may have told the time.
    fn begun(&self, mut at: Numbered) -> Numbered {
        at.began.get_or_insert_with(|| self.now());
        at
    }

    fn numbered(&self, path: &str, at: &Numbered) -> Call {
        self.desk.get(path).query(&[
            ("per_page", limits::PAGE.to_string()),
            ("page", at.page.to_string()),
        ])
    }

    pub(super) async fn companies(&self, at: Option<Numbered>) -> Result<Page> {
        let at = at.unwrap_or_default();
        let mut call = self.numbered("/companies", &at);
        if let Some(since) = at.since {
            call = call.query(&[("updated_since", since.to_string())]);
        }
        let rows = self
            .desk
            .page::<wire::Company>(call, Kind::Organization)
            .await?;
        let normalizer = self.normalizer().await?;
        page(self.begun(at), 1, rows, |row| {
            Ok(Record::Organization(normalizer.company(&row)))
        })
    }

    pub(super) async fn contacts(&self, at: Option<Numbered>) -> Result<Page> {
        let at = at.unwrap_or_default();
        let pass = CONTACT_PASSES.get(at.pass).copied().flatten();
        let mut call = self
            .numbered("/contacts", &at)
            .budget(limits::CONTACTS_LIST);
        if let Some(since) = at.since {
            // Contacts alone have it with a leading underscore.
            call = call.query(&[("_updated_since", since.to_string())]);
        }
        if let Some(filter) = pass {
            call = call.query(&[filter]);
        }
        let mut rows = match self.desk.page::<wire::Contact>(call, Kind::Contact).await {
            // Older accounts do not know this filter, and have nobody to find with it.
            Err(error)
                if pass == CONTACT_PASSES[2]
                    && matches!(error.kind, ErrorKind::Rejected { .. }) =>
            {
                tracing::debug!("{error}");
                let next = following(at, CONTACT_PASSES.len(), false);
                return Ok(Page {
                    next: write(&next.0)?,
                    done: next.1,
                    ..Page::default()
                });
            }
            other => other?,
        };
        for contact in &mut rows.rows {
            match pass {
                Some(("state", "blocked")) => contact.blocked = Some(true),
                Some(("state", "deleted")) => contact.deleted = Some(true),
                _ => {}
            }
        }
        if self.config.contact_details {
            rows.rows = stream::iter(rows.rows)
                .map(|row| self.whole(row))
                .buffered(SIDE_BY_SIDE)
                .try_collect()
                .await?;
        }
        let normalizer = self.normalizer().await?;
        page(self.begun(at), CONTACT_PASSES.len(), rows, |row| {
            Ok(Record::Contact(normalizer.contact(&row)))
        })
    }

    /// The contact with what lists leave out. One that cannot be shown by
    /// itself (deleted ones on some accounts) stays as it was in the list.
    async fn whole(&self, row: wire::Contact) -> Result<wire::Contact> {
        if row.other_emails.is_some() && row.tags.is_some() {
            return Ok(row);
        }
        let found = self
            .desk
            .find::<wire::Contact>(&format!("/contacts/{}", row.id))
            .await;
        match found {
            Ok(Some(mut whole)) => {
                whole.blocked = whole.blocked.or(row.blocked);
                whole.deleted = whole.deleted.or(row.deleted);
                Ok(whole)
            }
            Ok(None) => Ok(row),
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Forbidden | ErrorKind::Rejected { .. } | ErrorKind::Protocol
                ) =>
            {
                tracing::warn!(
                    "contact {} is read without its further addresses: {error}",
                    row.id
                );
                Ok(row)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn groups(&self, at: Option<Numbered>) -> Result<Page> {
        let at = at.unwrap_or_default();
        // Only the administrators' list names the members.
        let admin = self
            .desk
            .page::<wire::Group>(self.numbered("/admin/groups", &at), Kind::Group)
            .await;
        let rows = match allowed(admin)? {
            Some(rows) => rows,
            None => {
                self.desk
                    .page(self.numbered("/groups", &at), Kind::Group)
                    .await?
            }
        };
        let normalizer = self.normalizer().await?;
        page(self.begun(at), 1, rows, |row| {
            Ok(Record::Group(normalizer.group(&row)))
        })
    }

    pub(super) async fn agents(&self, at: Option<Numbered>) -> Result<Page> {
        let at = at.unwrap_or_default();
        let roles = self
            .roles
            .get_or_try_init(|| role_names(&self.desk))
            .await?;
        let rows = self
            .desk
            .page::<wire::Agent>(self.numbered("/agents", &at), Kind::Agent)
            .await?;
        let normalizer = self.normalizer().await?;
        page(self.begun(at), 1, rows, |row| {
            Ok(Record::Agent(normalizer.agent(&row, roles)))
        })
    }

    pub(super) async fn products(&self) -> Result<Page> {
        let rows: Vec<wire::Product> =
            allowed(self.desk.all("/products").await)?.unwrap_or_default();
        let normalizer = self.normalizer().await?;
        whole(
            rows.iter()
                .map(|row| Record::Brand(normalizer.product(row)))
                .collect(),
        )
    }

    /// Fields of tickets, contacts and companies: three short lists.
    pub(super) async fn fields(&self) -> Result<Page> {
        let normalizer = self.normalizer().await?;
        let mut done = Page::default();
        for (path, on) in [
            ("/ticket_fields", Kind::Conversation),
            ("/contact_fields", Kind::Contact),
            ("/company_fields", Kind::Organization),
        ] {
            match self
                .desk
                .page::<wire::Field>(self.desk.get(path), Kind::Field)
                .await
            {
                Ok(rows) => {
                    let fields = rows
                        .rows
                        .iter()
                        .map(|row| Record::Field(normalizer.field(row, on)));
                    done.records.extend(fields);
                    done.problems.extend(rows.problems);
                    done.raw.push(rows.raw);
                }
                Err(error) if error.kind == ErrorKind::Forbidden => {
                    done.problems.push(Unreadable {
                        key: Key::new(Kind::Field, "?"),
                        reason: format!("{path} needs the API key of an administrator: {error}"),
                        original: Vec::new(),
                    })
                }
                Err(error) => return Err(error),
            }
        }
        done.done = true;
        done.next = write(&Numbered::default())?;
        Ok(done)
    }

    pub(super) async fn forms(&self) -> Result<Page> {
        let forms: Vec<wire::Form> =
            allowed(self.desk.get("/ticket-forms").json().await)?.unwrap_or_default();
        let normalizer = self.normalizer().await?;
        let mut records = Vec::with_capacity(forms.len());
        for form in forms {
            let full: Option<wire::Form> = self
                .desk
                .find(&format!("/ticket-forms/{}", form.id))
                .await?;
            records.push(Record::Form(normalizer.form(&full.unwrap_or(form))));
        }
        whole(records)
    }

    pub(super) async fn ratings(&self, at: Option<Numbered>) -> Result<Page> {
        let at = at.unwrap_or_default();
        let since = at.since.unwrap_or(Date::UNIX_EPOCH).to_string();
        let call = self
            .numbered("/surveys/satisfaction_ratings", &at)
            .query(&[("created_since", since)]);
        let Some(rows) = allowed(self.desk.page::<wire::Rating>(call, Kind::Rating).await)? else {
            return whole(Vec::new());
        };
        let normalizer = self.normalizer().await?;
        page(self.begun(at), 1, rows, |row| {
            let rating = normalizer.rating(&row).map(Record::Rating);
            rating.ok_or_else(|| (row.id, "ticket_id: missing".to_owned()))
        })
    }

    /// Booked time. The list has no filter by date of change, so that a later
    /// run asks for what was done since, and some time before: people book late.
    pub(super) async fn time_entries(&self, at: Option<Numbered>) -> Result<Page> {
        let at = at.unwrap_or_default();
        let mut call = self.numbered("/time_entries", &at);
        if let Some(since) = at
            .since
            .and_then(|since| since.checked_sub(BOOKED_LATE).ok())
        {
            call = call.query(&[("executed_after", since.to_string())]);
        }
        let Some(rows) = allowed(
            self.desk
                .page::<wire::TimeEntry>(call, Kind::TimeEntry)
                .await,
        )?
        else {
            return whole(Vec::new());
        };
        let normalizer = self.normalizer().await?;
        page(self.begun(at), 1, rows, |row| {
            match normalizer.time_entry(&row) {
                Ok(entry) => Ok(Record::TimeEntry(entry)),
                Err(reason) => Err((row.id, reason)),
            }
        })
    }
}

/// Names of the roles, where the key may see them.
async fn role_names(desk: &Desk) -> Result<BTreeMap<u64, String>> {
    let roles: Vec<wire::Role> = allowed(desk.all("/roles").await)?.unwrap_or_default();
    Ok(roles.into_iter().map(|role| (role.id, role.name)).collect())
}

/// What comes after a page, and whether the list is through.
fn following(at: Numbered, passes: usize, more: bool) -> (Numbered, bool) {
    if more {
        return (
            Numbered {
                page: at.page + 1,
                ..at
            },
            false,
        );
    }
    if at.pass + 1 < passes {
        return (
            Numbered {
                pass: at.pass + 1,
                page: 1,
                ..at
            },
            false,
        );
    }
    let next = Numbered {
        pass: 0,
        page: 1,
        since: at.began,
        began: None,
    };
    (next, true)
}

/// A page of a numbered list. A row that makes no record becomes a problem.
fn page<T>(
    at: Numbered,
    passes: usize,
    rows: Rows<T>,
    record: impl Fn(T) -> Result<Record, (u64, String)>,
) -> Result<Page> {
    let kind = rows.kind;
    let more = rows.more && !(rows.rows.is_empty() && rows.problems.is_empty());
    let (next, done) = following(at, passes, more);
    let mut made = Page {
        problems: rows.problems,
        next: write(&next)?,
        done,
        ..Page::default()
    };
    for row in rows.rows {
        match record(row) {
            Ok(record) => made.records.push(record),
            Err((id, reason)) => made.problems.push(Unreadable {
                key: Key::new(kind, id.to_string()),
                reason,
                original: rows.raw.body.to_vec(),
            }),
        }
    }
    made.raw.push(rows.raw);
    Ok(made)
}

/// A list that is read at once, from its beginning every time.
pub(super) fn whole(records: Vec<Record>) -> Result<Page> {
    Ok(Page {
        records,
        next: write(&Numbered::default())?,
        done: true,
        ..Page::default()
    })
}

/// Counts that cost a call each.
pub(super) async fn inventory(desk: &Desk) -> Result<Inventory> {
    let mut inventory = Inventory::default();
    let total =
        |search: &serde_json::Value| search.get("total").and_then(serde_json::Value::as_u64);
    for (kind, path) in [
        (Kind::Conversation, "/search/tickets"),
        (Kind::Contact, "/search/contacts"),
        (Kind::Organization, "/search/companies"),
    ] {
        let query = "\"created_at:>'1990-01-01'\"";
        let search: Result<serde_json::Value> =
            desk.get(path).query(&[("query", query)]).json().await;
        let found = match search {
            Ok(search) => total(&search),
            Err(error) if error.stops_run() => return Err(error),
            Err(error) => {
                inventory
                    .notes
                    .push(format!("{kind}: not counted ({error})"));
                None
            }
        };
        inventory.counts.push((kind, found));
    }
    for (kind, path) in [
        (Kind::Agent, "/agents"),
        (Kind::Group, "/groups"),
        (Kind::Brand, "/products"),
    ] {
        let found = count::<wire::Id>(desk, path).await?;
        if found.is_none() {
            inventory
                .notes
                .push(format!("{kind}: the key may not list them"));
        }
        inventory.counts.push((kind, found));
    }
    inventory.notes.push("tickets are counted without archived, spam and deleted ones: no list shows how many there are".into());
    if let Some(account) = allowed(desk.get("/account").json::<serde_json::Value>().await)? {
        let tier = account
            .get("tier_type")
            .cloned()
            .unwrap_or_else(|| json!("unknown"));
        inventory.notes.push(format!(
            "plan of the account: {}",
            tier.as_str().unwrap_or("unknown")
        ));
    }
    Ok(inventory)
}

async fn count<T: DeserializeOwned>(desk: &Desk, path: &str) -> Result<Option<u64>> {
    let list: Option<Vec<T>> = allowed(desk.all(path).await)?;
    Ok(list.map(|list| list.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_through_its_passes_and_starts_the_next_run_where_this_one_began() {
        let at = Numbered {
            began: Some(Date::UNIX_EPOCH),
            ..Numbered::default()
        };
        let began = at.began;
        let (at, done) = following(at, 2, true);
        assert_eq!((at.pass, at.page, done), (0, 2, false));
        let (at, done) = following(at, 2, false);
        assert_eq!((at.pass, at.page, done), (1, 1, false));
        let (at, done) = following(at, 2, false);
        assert_eq!((at.pass, at.page, at.since, done), (0, 1, began, true));
    }

    #[test]
    fn whoever_is_blocked_or_deleted_is_listed_last() {
        let last = &CONTACT_PASSES[3..];
        assert_eq!(
            last,
            [Some(("state", "blocked")), Some(("state", "deleted"))]
        );
    }
}
