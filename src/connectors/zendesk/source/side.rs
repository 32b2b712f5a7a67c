//! Side conversations: what agents asked others beside a ticket.
//!
//! There is no export of them. The ticket's events say that there are some,
//! so that only such tickets cost calls: one, and one a side conversation.

use serde_json::Value;

use super::comments::{attachment, image};
use super::{Desk, ZendeskSource, absent};
use crate::connector::{Page, RawPage, Result, Unreadable, text};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, List, Row, keep};
use crate::schema::{
    Access, Author, AuthorKind, Channel, Direction, Extra, Key, Kind, Message, Record,
};

impl ZendeskSource {
    /// All side conversations of a ticket, as internal messages of it.
    pub(super) async fn side_conversations_of(&self, ticket: &str, page: &mut Page) -> Result<()> {
        let path = format!("/api/v2/tickets/{ticket}/side_conversations");
        let threads: Vec<wire::SideConversation> = match self.rows_of(&path, page).await {
            Ok(threads) => threads,
            // The events say that there are some: what cannot be read is told.
            Err(error) if absent(&error) => {
                page.problems.push(Unreadable {
                    key: Key::new(Kind::Message, format!("{ticket}-side")),
                    reason: format!(
                        "the side conversations of ticket {ticket} could not be read: {error}"
                    ),
                    original: Vec::new(),
                });
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for thread in threads {
            let path = format!("{path}/{}/events", thread.id.0);
            let events: Vec<wire::SideEvent> = self.rows_of(&path, page).await?;
            for event in events {
                said(&self.desk, event, &thread, ticket, &mut page.records);
            }
        }
        Ok(())
    }

    /// All rows of a list, with the answers and with what could not be read.
    pub(super) async fn rows_of<T: Row>(&self, path: &str, page: &mut Page) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut call = self
                .call(path)
                .query(&[("page[size]", limits::PAGE.to_string().as_str())]);
            if let Some(after) = &after {
                call = call.query(&[("page[after]", after)]);
            }
            let answer = call.send().await?;
            let mut list: List<T> = wire::list(&answer)?;
            page.raw.push(RawPage {
                path: answer.path.clone(),
                body: answer.body.clone(),
            });
            let next = list.next();
            page.problems.append(&mut list.bad);
            rows.append(&mut list.rows);
            match next {
                Some(next) if Some(&next) != after.as_ref() => after = Some(next),
                _ => return Ok(rows),
            }
        }
    }
}

/// A message of a side conversation. Events without one change its state.
fn said(
    desk: &Desk,
    event: wire::SideEvent,
    thread: &wire::SideConversation,
    ticket: &str,
    into: &mut Vec<Record>,
) {
    let Some(said) = event.message else { return };
    let id = event.id.0;
    let mut extra = Extra::new();
    let (channel, unknown) = match event.via.as_deref() {
        None | Some("mail" | "email" | "web") => (Channel::Email, None),
        Some("api" | "web_service") => (Channel::Api, None),
        Some(other) => (Channel::Other, Some(other.to_owned())),
    };
    keep(&mut extra, "via", unknown.map(Value::from));
    let from = said.from.or(event.actor).unwrap_or_default();
    let mut files = Vec::new();
    for file in said.attachments.unwrap_or_default() {
        files.push(attachment(file, &id));
    }
    let declared = files.len();
    let html = said.html_body.filter(|html| !html.is_empty());
    for (index, source) in html
        .iter()
        .flat_map(|html| text::image_sources(html))
        .enumerate()
    {
        let listed = files
            .iter()
            .any(|file| file.url.as_deref() == Some(source.as_str()));
        if !listed && desk.own_image(&source) {
            files.push(image(&id, index, source));
        }
    }
    let subject = [said.subject, thread.subject.clone()]
        .into_iter()
        .flatten()
        .find(|subject| !subject.trim().is_empty());
    let message = Message {
        conversation_id: ticket.to_owned(),
        author: Author {
            kind: match from.user_id {
                Some(_) => AuthorKind::Contact,
                None => AuthorKind::System,
            },
            id: from.user_id.map(|id| id.0),
            name: from.name,
            email: from.email.clone(),
        },
        channel,
        direction: Direction::Internal,
        visibility: Access::Internal,
        subject,
        text: match html {
            Some(_) => None,
            None => said.body.filter(|body| !body.is_empty()),
        },
        html,
        from: from.email,
        to: said
            .to
            .unwrap_or_default()
            .into_iter()
            .filter_map(|to| to.email.or(to.name))
            .collect(),
        sent_at: event.created_at,
        side_thread: Some(thread.id.0.clone()),
        declared_attachments: u32::try_from(declared).ok(),
        id,
        extra,
        ..Message::default()
    };
    into.push(Record::Message(message));
    into.extend(files.into_iter().map(Record::Attachment));
}
