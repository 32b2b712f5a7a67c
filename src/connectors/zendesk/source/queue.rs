//! Suspended tickets: mails that Zendesk kept from becoming tickets, for 14
//! days. They are read on request, and counted otherwise.

use serde_json::Value;

use super::comments::attachment;
use super::{At, Desk, ZendeskSource, absent, texts};
use crate::connector::{ErrorKind, NotRead, Page, RawPage, Result, detail};
use crate::connectors::zendesk::config::Suspended;
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, keep};
use crate::schema::{
    Access, Author, AuthorKind, Channel, Contact, Conversation, Extra, Identity, IdentityKind,
    Link, LinkKind, Message, Record, Status,
};

/// What their ids begin with: they count on their own.
const SUSPENDED: &str = "suspended-";

/// The tag that tells them from other tickets.
const TAG: &str = "suspended";

/// Whether a conversation is a suspended ticket.
pub(super) fn is_suspended(id: &str) -> bool {
    id.starts_with(SUSPENDED)
}

impl ZendeskSource {
    pub(super) async fn pull_suspended(&self, at: &At) -> Result<Page> {
        let read = self
            .listed::<wire::SuspendedTicket>("/api/v2/suspended_tickets", limits::DEFAULT, at)
            .await;
        let (list, mut page) = read?;
        for row in list.rows {
            suspended(&self.desk, row, &mut page.records);
        }
        Ok(page)
    }

    /// One of them again; an error when it is not there any more.
    pub(super) async fn suspended_again(&self, id: &str) -> Result<Page> {
        let number = id.strip_prefix(SUSPENDED).unwrap_or(id);
        let path = format!("/api/v2/suspended_tickets/{number}");
        let answer = self.call(&path).send().await?;
        let one: wire::OneSuspended = answer.json()?;
        let mut page = Page {
            done: true,
            raw: vec![RawPage {
                path: answer.path.clone(),
                body: answer.body.clone(),
            }],
            ..Page::default()
        };
        for row in one
            .suspended_ticket
            .into_iter()
            .chain(one.suspended_tickets)
        {
            suspended(&self.desk, row, &mut page.records);
        }
        Ok(page)
    }

    /// How many suspended tickets stay behind.
    pub(super) async fn suspended_left(&self) -> Result<Option<NotRead>> {
        if self.config.suspended == Suspended::Tickets {
            return Ok(None);
        }
        let path = "/api/v2/suspended_tickets?per_page=1";
        let count = match self.call(path).json::<Value>().await {
            Ok(answer) => answer.get("count").and_then(Value::as_u64),
            Err(error) if absent(&error) => None,
            Err(error) if error.kind == ErrorKind::Transient => None,
            Err(error) => return Err(error),
        };
        if count == Some(0) {
            return Ok(None);
        }
        Ok(Some(NotRead {
            what: "suspended_tickets".to_owned(),
            count,
            detail: detail!("reason-suspended"),
        }))
    }
}

/// A suspended ticket as a conversation of one message.
fn suspended(desk: &Desk, row: wire::SuspendedTicket, into: &mut Vec<Record>) {
    let id = format!("{SUSPENDED}{}", row.id.0);
    let sender = row.author.unwrap_or_default();
    let known = sender.id.map(|id| id.0).filter(|id| !id.is_empty());
    let email = sender.email.filter(|email| !email.trim().is_empty());
    let person = known.clone().or_else(|| {
        let stranger = email.as_ref()?.to_lowercase();
        Some(format!("{SUSPENDED}{stranger}"))
    });
    if let (None, Some(person), Some(email)) = (&known, &person, &email) {
        into.push(Record::Contact(Contact {
            id: person.clone(),
            name: sender.name.clone(),
            identities: vec![Identity::new(IdentityKind::Email, email.as_str())],
            ..Contact::default()
        }));
    }
    let (channel, unknown) = desk.channel(row.via.as_ref());
    let mut extra = Extra::new();
    keep(&mut extra, "via", unknown.map(Value::from));
    keep(&mut extra, "cause", row.cause.map(Value::from));
    keep(&mut extra, "error_messages", row.error_messages);
    let said = format!("{id}-mail");
    let files: Vec<_> = row
        .attachments
        .unwrap_or_default()
        .into_iter()
        .map(|file| attachment(file, &said))
        .collect();
    let link = row.ticket_id.map(|ticket| Link {
        kind: LinkKind::Related,
        id: ticket.0,
    });
    into.push(Record::Conversation(Conversation {
        id: id.clone(),
        subject: row.subject.filter(|subject| !subject.is_empty()),
        status: Status::New,
        channel,
        recipient: row.recipient.filter(|address| !address.is_empty()),
        brand_id: texts(row.brand_id.map(|id| vec![id])).pop(),
        requester_id: person.clone(),
        tags: vec![TAG.to_owned()],
        links: link.into_iter().collect(),
        declared_messages: Some(1),
        created_at: row.created_at,
        updated_at: row.updated_at.or(row.created_at),
        extra,
        ..Conversation::default()
    }));
    into.push(Record::Message(Message {
        id: said,
        conversation_id: id,
        author: Author {
            kind: match person {
                Some(_) => AuthorKind::Contact,
                None => AuthorKind::System,
            },
            id: person,
            name: sender.name,
            email: email.clone(),
        },
        channel: match channel {
            Channel::Other => Channel::Email,
            known => known,
        },
        visibility: Access::Public,
        text: row.content.filter(|text| !text.is_empty()),
        from: email,
        message_id: row
            .message_id
            .map(|id| id.trim_matches(['<', '>']).to_owned())
            .filter(|id| !id.is_empty()),
        sent_at: row.created_at,
        declared_attachments: u32::try_from(files.len()).ok(),
        ..Message::default()
    }));
    into.extend(files.into_iter().map(Record::Attachment));
}
