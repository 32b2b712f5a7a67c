//! Messages, their files, ratings and booked time.

use serde_json::json;

use super::{Normalizer, address, id, parse, score, text};
use crate::connector::{Result, text as html};
use crate::schema::{
    Access, Attachment, Author, AuthorKind, Channel, Direction, Extra, Message, Owner, Rating,
    TimeEntry,
};

use super::super::wire;
use crate::mapping::Table;

/// Source of tickets that an agent opened by writing to a customer.
const OUTBOUND_EMAIL: u32 = 10;
/// Source of web chats.
const WEB_CHAT: u32 = 15;

/// Id of the message that a ticket's description is; conversations have numbers.
pub fn description_id(ticket: &str) -> String {
    format!("d{ticket}")
}

impl Normalizer<'_> {
    /// The messages of a ticket, oldest first, with their files.
    pub fn messages(
        &self,
        ticket: &wire::Ticket,
        conversations: &[wire::Conversation],
    ) -> Result<(Vec<Message>, Vec<Attachment>)> {
        let channel = self.channel(ticket.source)?;
        let mut messages = Vec::with_capacity(conversations.len() + 1);
        let mut files = Vec::new();
        if let Some(first) = self.description(ticket, channel, conversations.first()) {
            attach(&first, ticket.attachments.as_deref(), &mut files);
            messages.push(first);
        }
        for conversation in conversations {
            let message = self.message(ticket.id, channel, conversation)?;
            attach(&message, conversation.attachments.as_deref(), &mut files);
            messages.push(message);
        }
        Ok((messages, files))
    }

    /// The description as the first message. `None` where it says nothing, or
    /// nothing but what the first message of a web chat says again.
    fn description(
        &self,
        ticket: &wire::Ticket,
        channel: Channel,
        next: Option<&wire::Conversation>,
    ) -> Option<Message> {
        let id_text = ticket.id.to_string();
        let structured = ticket.structured_description.as_ref().map(|s| s.text());
        let (body, plain) = body(&ticket.description, &structured, &ticket.description_text);
        let files = ticket.attachments.as_deref().unwrap_or_default();
        if next.is_some() && files.is_empty() && body.is_none() && plain.is_none() {
            return None;
        }
        if ticket.source == Some(WEB_CHAT)
            && files.is_empty()
            && let Some(next) = next
            && comparable(&body, &plain) == comparable_conversation(next)
        {
            return None;
        }
        let outbound = ticket.source == Some(OUTBOUND_EMAIL);
        let author = if outbound {
            // The page does not say which agent it was: the assignee may be another one.
            Author {
                kind: AuthorKind::Agent,
                ..Author::default()
            }
        } else {
            Author {
                kind: AuthorKind::Contact,
                id: id(ticket.requester_id),
                ..Author::default()
            }
        };
        Some(Message {
            id: description_id(&id_text),
            conversation_id: id_text,
            author,
            channel,
            direction: if outbound {
                Direction::Outbound
            } else {
                Direction::Inbound
            },
            visibility: Access::Public,
            redacted: redacted(channel, body.as_deref()),
            html: body,
            text: plain,
            to: ticket
                .to_emails
                .iter()
                .flatten()
                .map(|to| address(to).1)
                .collect(),
            sent_at: ticket.created_at,
            declared_attachments: u32::try_from(files.len()).ok(),
            ..Message::default()
        })
    }

    /// One reply or note of a ticket that came over `channel`.
    fn message(
        &self,
        ticket: u64,
        channel: Channel,
        conversation: &wire::Conversation,
    ) -> Result<Message> {
        let structured = conversation.structured_body.as_ref().map(|s| s.text());
        let (body, plain) = body(&conversation.body, &structured, &conversation.body_text);
        let from = text(&conversation.from_email);
        let named = from.as_deref().map(address);
        let author = Author {
            kind: match (conversation.user_id, conversation.incoming) {
                (None, _) if from.is_none() => AuthorKind::System,
                (_, true) => AuthorKind::Contact,
                (_, false) => AuthorKind::Agent,
            },
            id: id(conversation.user_id),
            name: named.as_ref().and_then(|(name, _)| name.clone()),
            // An agent's mail is from the desk's address, not from the agent's own.
            email: named
                .filter(|_| conversation.incoming)
                .map(|(_, email)| email),
        };
        let channel = self.message_channel(conversation.source, channel)?;
        let list =
            |list: &Option<Vec<String>>| list.iter().flatten().map(|a| address(a).1).collect();
        Ok(Message {
            id: conversation.id.to_string(),
            conversation_id: ticket.to_string(),
            author,
            channel,
            direction: match (conversation.private, conversation.incoming) {
                (true, _) => Direction::Internal,
                (false, true) => Direction::Inbound,
                (false, false) => Direction::Outbound,
            },
            visibility: if conversation.private {
                Access::Internal
            } else {
                Access::Public
            },
            redacted: redacted(channel, body.as_deref()),
            html: body,
            text: plain,
            from: from.map(|from| address(&from).1),
            to: list(&conversation.to_emails),
            cc: list(&conversation.cc_emails),
            bcc: list(&conversation.bcc_emails),
            sent_at: conversation.created_at,
            edited_at: conversation.last_edited_at,
            declared_attachments: u32::try_from(
                conversation
                    .attachments
                    .as_deref()
                    .unwrap_or_default()
                    .len(),
            )
            .ok(),
            ..Message::default()
        })
    }

    /// How a conversation came: its codes are not those of tickets. A reply goes
    /// the way that the ticket came, where that is not by mail.
    fn message_channel(&self, source: Option<u32>, ticket: Channel) -> Result<Channel> {
        let live = matches!(
            ticket,
            Channel::Chat
                | Channel::Whatsapp
                | Channel::Facebook
                | Channel::Twitter
                | Channel::InApp
        );
        let code = source.map(|code| code.to_string());
        match code.and_then(|code| self.mapping.read(Table::MessageChannel, &code)) {
            Some(_) if source == Some(0) && live => Ok(ticket),
            Some(value) => parse(Channel::parse(value), "message channel", value),
            None => Ok(ticket),
        }
    }

    /// A satisfaction rating; `None` when it belongs to no ticket.
    pub fn rating(&self, rating: &wire::Rating) -> Option<Rating> {
        let mut extra = Extra::new();
        let mut value = None;
        for (question, answer) in rating.ratings.iter().flatten() {
            if question == "default_question" {
                value = answer.as_i64();
            } else {
                extra.insert(question.clone(), answer.clone());
            }
        }
        if let Some(survey) = rating.survey_id {
            extra.insert("survey_id".into(), json!(survey));
        }
        Some(Rating {
            id: rating.id.to_string(),
            conversation_id: id(rating.ticket_id)?,
            scale: Some("csat".into()),
            score: value.and_then(score),
            value: value.map(|value| value.to_string()),
            comment: text(&rating.feedback),
            contact_id: id(rating.user_id),
            agent_id: id(rating.agent_id),
            created_at: rating.created_at,
            extra,
            ..Rating::default()
        })
    }

    /// A time entry; `Err` says why it cannot be read.
    pub fn time_entry(&self, entry: &wire::TimeEntry) -> Result<TimeEntry, String> {
        let spent = entry.time_spent.as_deref().unwrap_or("00:00");
        let seconds =
            seconds(spent).ok_or_else(|| format!("time_spent: `{spent}` is not hh:mm"))?;
        let mut extra = Extra::new();
        if entry.timer_running == Some(true) {
            extra.insert("timer_running".into(), json!(true));
        }
        Ok(TimeEntry {
            id: entry.id.to_string(),
            conversation_id: id(entry.ticket_id).ok_or("ticket_id: missing")?,
            agent_id: id(entry.agent_id),
            seconds,
            billable: entry.billable,
            note: text(&entry.note),
            executed_at: entry.executed_at,
            created_at: entry.created_at,
            extra,
        })
    }
}

/// HTML where there is any; chats have text only, in pieces.
fn body(
    html: &Option<String>,
    structured: &Option<String>,
    plain: &Option<String>,
) -> (Option<String>, Option<String>) {
    match (text(html), text(structured)) {
        (Some(html), _) => (Some(html), None),
        (None, Some(structured)) => (None, Some(structured)),
        (None, None) => (None, text(plain)),
    }
}

fn comparable(body: &Option<String>, plain: &Option<String>) -> String {
    match body {
        Some(body) => html::comparable(body, true),
        None => html::comparable(plain.as_deref().unwrap_or_default(), false),
    }
}

/// What a conversation says, for comparing.
pub fn comparable_conversation(conversation: &wire::Conversation) -> String {
    let structured = conversation.structured_body.as_ref().map(|s| s.text());
    let (body, plain) = body(&conversation.body, &structured, &conversation.body_text);
    comparable(&body, &plain)
}

/// The API shows a link in place of the text of tweets.
fn redacted(channel: Channel, body: Option<&str>) -> bool {
    channel == Channel::Twitter
        && body.is_some_and(|body| body.contains("View the message on Twitter"))
}

/// The files that a message lists, and the images that its text shows.
fn attach(message: &Message, listed: Option<&[wire::Attachment]>, files: &mut Vec<Attachment>) {
    let owner = Owner::Message(message.id.clone());
    for file in listed.unwrap_or_default() {
        files.push(listed_file(file, owner.clone(), None));
    }
    if let Some(body) = &message.html {
        inline_files(body, &message.id, &owner, None, files);
    }
}

/// A file of a list.
pub fn listed_file(file: &wire::Attachment, owner: Owner, locale: Option<&str>) -> Attachment {
    Attachment {
        id: file.id.to_string(),
        owner,
        name: text(&file.name).unwrap_or_else(|| format!("attachment-{}", file.id)),
        mime: text(&file.content_type),
        size: file.size.or(file.file_size),
        inline: false,
        content_id: None,
        url: text(&file.attachment_url),
        sha256: None,
        locale: locale.map(str::to_owned),
        created_at: file.created_at,
        extra: Extra::new(),
    }
}

/// Images of the desk's own file server that a text shows: they are in no list.
pub fn inline_files(
    body: &str,
    owner_id: &str,
    owner: &Owner,
    locale: Option<&str>,
    files: &mut Vec<Attachment>,
) {
    for (number, source) in html::image_sources(body).into_iter().enumerate() {
        if !ours(&source) {
            continue;
        }
        // The address that does not expire names the file by its id.
        let id = source.split(['?', '#']).next().unwrap_or_default();
        let id = id.rsplit_once("/helpdesk/attachments/").map(|(_, id)| id);
        // Whether two languages show one signed address depends on the second that each was
        // read in: every one has a file of its own, or its id would come and go.
        let lasts = !source.contains("Signature=");
        let shows = |f: &Attachment| {
            f.url.as_deref() == Some(&source) && (lasts || f.locale.as_deref() == locale)
        };
        if let Some(known) = files
            .iter_mut()
            .find(|f| f.owner == *owner && (shows(f) || id == Some(&f.id)))
        {
            known.inline = true;
            continue;
        }
        let suffix = locale.map(|l| format!("-{l}")).unwrap_or_default();
        files.push(Attachment {
            id: format!("inline-{owner_id}{suffix}-{}", number + 1),
            owner: owner.clone(),
            name: image_name(&source, number + 1),
            mime: None,
            size: None,
            inline: true,
            content_id: source.strip_prefix("cid:").map(str::to_owned),
            url: Some(source),
            sha256: None,
            locale: locale.map(str::to_owned),
            created_at: None,
            extra: Extra::new(),
        });
    }
}

/// Images elsewhere stay where they are.
fn ours(source: &str) -> bool {
    if source.starts_with("cid:") {
        return true;
    }
    let Ok(url) = url::Url::parse(source) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let inline = url.path().starts_with("/inline/attachment")
        || url.path().contains("/helpdesk/attachments/");
    host == "freshdesk.com"
        || host.ends_with(".freshdesk.com")
        || (inline && matches!(host, "localhost" | "127.0.0.1"))
        || (host.ends_with(".amazonaws.com") && url.path().contains("/helpdesk/attachments/"))
}

/// The last part of the address, where it looks like a file name.
fn image_name(source: &str, number: usize) -> String {
    let path = source.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') && !source.starts_with("cid:") {
        last.to_owned()
    } else {
        format!("image-{number}")
    }
}

/// Seconds of `hh:mm`; hours may have more digits.
fn seconds(text: &str) -> Option<u64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    hours
        .checked_mul(3600)?
        .checked_add(minutes.checked_mul(60)?)
}
