//! Settling: whether something whose answer was lost is on the target.
//!
//! Tickets are looked for in the list by date of change, which is up to date;
//! the search is minutes late.

use jiff::SignedDuration;

use super::Freshdesk;
use super::extras::Settled;
use super::files;
use super::messages::draft;
use super::values::subject;
use crate::connector::{
    Body, Bundle, Item, Probe, Reply, Result, TargetDesk, WriteAction, Written, text,
};
use crate::connectors::freshdesk::normalize::{CATEGORY, FOLDER, comparable_conversation};
use crate::connectors::freshdesk::source::{self, tickets};
use crate::connectors::freshdesk::wire;
use crate::schema::{Access, Date, Kind};

/// How far our clock and theirs may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(600);

impl Freshdesk {
    /// Looks once.
    pub(super) async fn look(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        let item = probe.item;
        // A note is changed in its place: once more does no harm.
        if item.existing.as_deref().is_some_and(|id| !id.is_empty()) {
            return Ok(None);
        }
        match &item.body {
            Body::Conversation(bundle) => self.find_ticket(item, bundle, probe.begun_at).await,
            Body::Message(reply) => self.find_message(item, reply).await,
            Body::Contact(contact) => {
                let found = self.person_like(item, contact).await?;
                match found {
                    Some(id) => Ok(Some(self.since(id, probe.begun_at).await?)),
                    None => Ok(None),
                }
            }
            Body::Organization(company) => {
                let found = self.company_named(&company.name).await?;
                Ok(
                    found
                        .map(|found| dated(found.id.to_string(), found.created_at, probe.begun_at)),
                )
            }
            Body::Group(group) => Ok(self.group_named(&group.name).await?.map(Written::created)),
            Body::Field(definition) => {
                Ok(self.field_labelled(definition).await?.map(Written::created))
            }
            Body::Macro(response) => Ok(self.response_like(response).await?.map(Written::created)),
            Body::Category(category) => {
                let parent = category
                    .parent_id
                    .as_deref()
                    .map(|id| item.refs.get(Kind::Category, id));
                let (path, prefix) = match parent {
                    None => ("/solutions/categories".to_owned(), CATEGORY),
                    Some(None) => return Ok(None),
                    Some(Some(parent)) => match parent.strip_prefix(FOLDER) {
                        Some(number) => (format!("/solutions/folders/{number}/subfolders"), FOLDER),
                        None => {
                            let number = parent.strip_prefix(CATEGORY).unwrap_or(parent);
                            (format!("/solutions/categories/{number}/folders"), FOLDER)
                        }
                    },
                };
                let Some(level) = self.level_named(&path, category.name()).await? else {
                    return Ok(None);
                };
                let id = format!("{prefix}{}", level.id);
                let mut written = dated(id, level.created_at, probe.begun_at);
                if written.action == WriteAction::Created {
                    self.complete_level(&mut written, category, &self.languages().await?)
                        .await?;
                }
                Ok(Some(written))
            }
            Body::Article(bundle) => {
                let folder = self.folder_of(item, &bundle.article).await?;
                let Some(id) = self.article_like(&folder, bundle).await? else {
                    return Ok(None);
                };
                let mut written = Written::created(id);
                self.complete_article(&mut written, item, bundle, &self.languages().await?)
                    .await?;
                Ok(Some(written))
            }
            Body::Agent(_) | Body::Brand(_) | Body::Form(_) => Ok(None),
        }
    }

    /// A contact is ours when it is not older than the intent.
    async fn since(&self, id: String, begun: Date) -> Result<Written> {
        let contact: Option<wire::Contact> = self.desk.find(&format!("/contacts/{id}")).await?;
        Ok(match contact {
            Some(contact) => dated(id, contact.created_at, begun),
            None => Written::matched(id),
        })
    }

    /// Walks the tickets that changed since the intent.
    async fn find_ticket(
        &self,
        item: &Item,
        bundle: &Bundle,
        begun: Date,
    ) -> Result<Option<Written>> {
        let marker = self.own_fields().await?.marker.clone();
        let wanted = match bundle.messages.first() {
            Some(part) if part.message.visibility == Access::Internal => {
                text::INTERNAL_START.to_owned()
            }
            Some(part) => text::comparable(&draft(part, &item.refs, false).html, true),
            None => super::messages::EMPTY.to_owned(),
        };
        let subject = subject(&bundle.conversation).0;
        let mut at = tickets::Position::start(begun.checked_sub(SKEW).unwrap_or(begun));
        let more: &[(&str, &str)] = match &marker {
            Some(_) => &[],
            None => &[("include", "description")],
        };
        loop {
            let rows = self.desk.tickets(&at, more).await?;
            let ours = |ticket: &&wire::Ticket| match &marker {
                Some(name) => {
                    let value = ticket
                        .custom_fields
                        .as_ref()
                        .and_then(|fields| fields.get(name));
                    value.and_then(|value| value.as_str()) == Some(item.marker.as_str())
                }
                None => {
                    ticket.subject.as_deref().map(str::trim) == Some(subject.as_str())
                        && text::comparable(ticket.description.as_deref().unwrap_or_default(), true)
                            == wanted
                        && ticket
                            .created_at
                            .is_none_or(|made| made >= at.since || self.keeps_dates())
                }
            };
            if let Some(ticket) = rows.rows.iter().find(ours) {
                let mut written = Written::created(ticket.id.to_string());
                let settled = self.settled(&written.id).await?;
                self.complete(&mut written, item, bundle, Some(&settled))
                    .await?;
                return Ok(Some(written));
            }
            let dates: Vec<Option<Date>> =
                rows.rows.iter().map(|ticket| ticket.updated_at).collect();
            let (next, done) = tickets::after(&at, &dates, rows.more)?;
            if done {
                return Ok(None);
            }
            at = next;
        }
    }

    /// The account's languages, as a desk that has nothing else.
    async fn languages(&self) -> Result<TargetDesk> {
        let languages = self.desk.languages().await?;
        Ok(TargetDesk {
            locales: languages.iter().map(|l| l.to_lowercase()).collect(),
            ..TargetDesk::default()
        })
    }

    /// What is on a ticket beside its description.
    pub(super) async fn settled(&self, id: &str) -> Result<Settled> {
        let notes: Vec<wire::Conversation> = self
            .desk
            .all(&format!("/tickets/{id}/conversations"))
            .await?;
        let time =
            super::desk::allowed(self.desk.all(&format!("/tickets/{id}/time_entries")).await)?;
        let ratings = super::desk::allowed(
            self.desk
                .all(&format!("/tickets/{id}/satisfaction_ratings"))
                .await,
        )?;
        Ok(Settled {
            notes: notes
                .iter()
                .map(|note| (note.id.to_string(), comparable_conversation(note)))
                .collect(),
            time: time.unwrap_or_default(),
            ratings: ratings.unwrap_or_default(),
        })
    }

    /// Reads the ticket's notes and looks where the message would be: behind
    /// as many of ours as were written before it. The same words may have been
    /// said before.
    async fn find_message(&self, item: &Item, reply: &Reply) -> Result<Option<Written>> {
        let Some(thread) = source::thread(&self.desk, &reply.target_id, false).await? else {
            return Ok(None);
        };
        let wanted = text::comparable(&draft(&reply.part, &item.refs, false).html, true);
        let private = reply.part.message.visibility == Access::Internal;
        let texts: Vec<String> = thread
            .conversations
            .iter()
            .map(comparable_conversation)
            .collect();
        let start = text::comparable(
            thread.ticket.description.as_deref().unwrap_or_default(),
            true,
        );
        let before = notes_before(reply.index, start == text::INTERNAL_START);
        let notes = thread
            .conversations
            .iter()
            .zip(&texts)
            // What we added on our own has no place among the messages.
            .filter(|(_, said)| !files::is_heading(said) && !text::is_own_note(said));
        let found = notes
            .skip(before)
            .find(|(note, said)| note.private == private && **said == wanted);
        let Some((note, _)) = found else {
            return Ok(None);
        };
        let mut written = Written::created(note.id.to_string());
        self.further_files(
            &reply.target_id,
            reply.index + 1,
            &reply.part,
            &item.refs,
            &texts,
            &mut written.parts,
        )
        .await?;
        Ok(Some(written))
    }
}

/// How many notes of ours stand before a message: the description is none,
/// unless the first message had to become a note itself.
fn notes_before(index: u32, internal_start: bool) -> usize {
    let notes = if internal_start {
        index
    } else {
        index.saturating_sub(1)
    };
    notes as usize
}

/// Something that may be older than the intent, and then is not ours.
fn dated(id: String, made: Option<Date>, begun: Date) -> Written {
    let mut written = Written::created(id);
    let oldest = begun.checked_sub(SKEW).unwrap_or(begun);
    if made.is_some_and(|made| made < oldest) {
        written.action = WriteAction::Matched;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_intent_is_not_ours() {
        let begun: Date = "2026-01-02T00:00:00Z".parse().unwrap();
        let old = dated(
            "1".into(),
            Some("2026-01-01T00:00:00Z".parse().unwrap()),
            begun,
        );
        assert_eq!(old.action, WriteAction::Matched);
        let ours = dated(
            "1".into(),
            Some("2026-01-02T00:00:01Z".parse().unwrap()),
            begun,
        );
        assert_eq!(ours.action, WriteAction::Created);
    }

    #[test]
    fn the_description_is_no_note_unless_it_was_internal() {
        assert_eq!(notes_before(1, false), 0);
        assert_eq!(notes_before(1, true), 1);
        assert_eq!(notes_before(4, false), 3);
    }
}
