//! Comments: from the event stream for all tickets, or ticket by ticket.

use std::collections::{BTreeSet, HashSet};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use serde_json::value::RawValue;

use super::chat::{COLLABORATION, is_chat};
use super::history::{CHANGE, Moment};
use super::transcripts::{drop_repeated, is_transcript};
use super::{At, Desk, ZendeskSource, absent, by_time, start_page};
use crate::connector::{Error, ErrorKind, Page, RawPage, Result, Scope, Unreadable, text};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, List, keep};
use crate::schema::{
    Access, Attachment, Author, AuthorKind, CallDetails, Channel, Date, Direction, Extra, Key,
    Kind, Message, Owner, Record,
};

/// Tickets of a page that are read for themselves at a time.
const PARALLEL: usize = 8;

impl ZendeskSource {
    /// A page of `/incremental/ticket_events`. Comments that a full second
    /// hides are read ticket by ticket where a ticket's count shows that they
    /// are missing.
    pub(super) async fn pull_comments(&self, at: &At, scope: &Scope) -> Result<Page> {
        let start = at
            .time
            .unwrap_or_else(|| self.start_unix(scope))
            .min(self.latest_start());
        let answer = self
            .call("/api/v2/incremental/ticket_events")
            .budget(limits::INCREMENTAL)
            .query(&[
                ("start_time", start.to_string().as_str()),
                ("per_page", limits::EXPORT_PAGE.to_string().as_str()),
                ("include", "comment_events"),
            ])
            .send()
            .await?;
        let mut list: List<wire::TicketEvent> = wire::list(&answer)?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        let rows = list.rows.len() as u64;
        by_time(&mut page, at, start, rows, &list, Kind::Message);

        let mut again = BTreeSet::new();
        let mut beside = BTreeSet::new();
        let (mut chats, mut maybe) = (BTreeSet::new(), BTreeSet::new());
        let mut transcripts = BTreeSet::new();
        for event in list.rows {
            let at = event.created_at.or_else(|| {
                let seconds = event.timestamp?;
                Date::from_second(seconds).ok()
            });
            let mut changes: Vec<&RawValue> = Vec::new();
            for raw in &event.child_events {
                let head: wire::ChildHead<'_> = match serde_json::from_str(raw.get()) {
                    Ok(head) => head,
                    Err(cause) => {
                        page.problems.push(Unreadable {
                            key: Key::new(Kind::Message, "?"),
                            reason: format!("child event of ticket {}: {cause}", event.ticket_id.0),
                            original: raw.get().as_bytes().to_vec(),
                        });
                        continue;
                    }
                };
                match head.event_type.or(head.other_type).as_deref() {
                    Some("Comment" | "VoiceComment" | "VoiceApiComment" | "FacebookComment") => {}
                    // A comment that was changed later is not sent again: its ticket is read anew.
                    Some(
                        "CommentPrivacyChange"
                        | "CommentRedactEvent"
                        | "CommentRedactionEvent"
                        | "AttachmentRedactionEvent",
                    ) => {
                        again.insert(event.ticket_id.0.clone());
                        continue;
                    }
                    // Created, answered, closed: `CollabThreadCreated` …
                    Some(name) if name.starts_with(COLLABORATION) => {
                        beside.insert(event.ticket_id.0.clone());
                        continue;
                    }
                    Some(name) if is_chat(name) => {
                        chats.insert(event.ticket_id.0.clone());
                        continue;
                    }
                    Some(CHANGE) if self.keeps_history() => {
                        changes.push(raw);
                        continue;
                    }
                    _ => continue,
                }
                let Some(mut row) =
                    wire::row::<wire::Comment>(raw.get(), Kind::Message, &mut page.problems)
                else {
                    continue;
                };
                row.created_at = row.created_at.or(at);
                if row.via.is_none() {
                    row.via = event.via.clone();
                }
                if row.metadata.is_none() {
                    row.metadata = event.metadata.clone();
                }
                if row.author_id.is_none() {
                    row.author_id = event.updater_id.clone();
                }
                // What the export calls the events of chats is not documented.
                if self.desk.is_messaging(row.via.as_ref()) {
                    maybe.insert(event.ticket_id.0.clone());
                }
                if is_transcript(&row) {
                    transcripts.insert(row.id.0.clone());
                }
                comment(&self.desk, row, &event.ticket_id.0, &mut page.records);
            }
            let moment = Moment {
                ticket: &event.ticket_id.0,
                audit: &event.id,
                by: event.updater_id.as_ref(),
                at,
            };
            self.history(moment, &changes, &mut page.records).await?;
        }
        maybe.retain(|id| !chats.contains(id));
        chats.extend(self.messaging_among(maybe).await?);
        let mut lines = HashSet::new();
        self.chats(chats.clone(), &mut page, &mut again, &mut lines)
            .await?;
        for id in &beside {
            self.side_conversations_of(id, &mut page).await?;
        }
        // Messages of chats and side conversations hide that a comment is
        // missing from the count.
        again.extend(beside);
        let mut fresh = stream::iter(again)
            .map(|id| async move {
                let mut transcripts = BTreeSet::new();
                let page = self.comments_of(&id, &mut transcripts).await?;
                Ok::<_, Error>((id, page, transcripts))
            })
            .buffered(PARALLEL);
        let mut untold = BTreeSet::new();
        while let Some((id, more, found)) = fresh.try_next().await? {
            if !found.is_empty() && !chats.contains(&id) {
                untold.insert(id);
            }
            transcripts.extend(found);
            page.records.extend(more.records);
            page.problems.extend(more.problems);
            page.raw.extend(more.raw);
        }
        self.chats(untold, &mut page, &mut BTreeSet::new(), &mut lines)
            .await?;
        drop_repeated(&mut page.records, &transcripts, &lines);
        Ok(page)
    }

    /// Those of the tickets that may have a chat. Their records say whether
    /// messaging connects them, a hundred a call, where each ticket's own
    /// history would be one: comments of any ticket may come from such a channel.
    async fn messaging_among(&self, tickets: BTreeSet<String>) -> Result<Vec<String>> {
        let tickets: Vec<String> = tickets.into_iter().collect();
        let mut found = Vec::new();
        for ids in tickets.chunks(limits::BATCH) {
            let answer = self
                .call("/api/v2/tickets/show_many")
                .query(&[("ids", ids.join(","))])
                .send()
                .await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if absent(&error) => {
                    found.extend_from_slice(ids);
                    continue;
                }
                Err(error) => return Err(error),
            };
            // What is not shown is deleted.
            let rows: List<wire::Ticket> = wire::list(&answer)?;
            let talks = |row: &wire::Ticket| {
                let old = row.via.as_ref().and_then(|via| via.channel.as_deref());
                row.from_messaging_channel != Some(false)
                    || old.is_some_and(|old| old.starts_with("chat"))
            };
            found.extend(rows.rows.into_iter().filter(talks).map(|row| row.id.0));
        }
        Ok(found)
    }

    /// The chats of these tickets, some at a time, with the ids of their
    /// lines. Adds tickets that have one to `with`.
    async fn chats(
        &self,
        tickets: BTreeSet<String>,
        page: &mut Page,
        with: &mut BTreeSet<String>,
        lines: &mut HashSet<String>,
    ) -> Result<()> {
        let mut read = stream::iter(tickets)
            .map(|id| async move {
                let read = self.chats_of(&id).await?;
                Ok::<_, Error>((id, read))
            })
            .buffered(PARALLEL);
        while let Some((id, (more, chats))) = read.try_next().await? {
            if chats.any {
                with.insert(id);
            }
            lines.extend(chats.lines);
            page.records.extend(more.records);
            page.gone.extend(more.gone);
            page.problems.extend(more.problems);
            page.raw.extend(more.raw);
        }
        Ok(())
    }

    /// All comments of one ticket. A deleted ticket answers 404 and is gone.
    /// Adds the ids of those that are transcripts.
    pub(super) async fn comments_of(
        &self,
        id: &str,
        transcripts: &mut BTreeSet<String>,
    ) -> Result<Page> {
        let mut page = Page {
            done: true,
            ..Page::default()
        };
        let mut after: Option<String> = None;
        loop {
            let mut call = self
                .call(&format!("/api/v2/tickets/{id}/comments"))
                .query(&[
                    ("page[size]", limits::PAGE.to_string().as_str()),
                    ("include_inline_images", "true"),
                ]);
            if let Some(after) = &after {
                call = call.query(&[("page[after]", after)]);
            }
            let answer = match call.send().await {
                Ok(answer) => answer,
                Err(error) if error.kind == ErrorKind::NotFound => {
                    page.gone.push(Key::new(Kind::Conversation, id));
                    return Ok(page);
                }
                Err(error) => return Err(error),
            };
            let mut list: List<wire::Comment> = wire::list(&answer)?;
            page.raw.push(RawPage {
                path: answer.path.clone(),
                body: answer.body.clone(),
            });
            let next = list.next();
            page.problems.append(&mut list.bad);
            for row in list.rows {
                if is_transcript(&row) {
                    transcripts.insert(row.id.0.clone());
                }
                comment(&self.desk, row, id, &mut page.records);
            }
            match next {
                Some(next) if Some(&next) != after.as_ref() => after = Some(next),
                _ => return Ok(page),
            }
        }
    }
}

/// A comment and its files.
pub fn comment(desk: &Desk, row: wire::Comment, ticket: &str, into: &mut Vec<Record>) {
    let mut extra = Extra::new();
    let id = row.id.0;
    let public = row.public.unwrap_or(true);
    let kind = row.comment_type.or(row.event_type).unwrap_or_default();
    let (mut channel, unknown) = desk.channel(row.via.as_ref());
    keep(&mut extra, "via", unknown.map(Value::from));
    if kind.starts_with("Voice") {
        channel = Channel::Voice;
    } else if !matches!(kind.as_str(), "" | "Comment") {
        keep(&mut extra, "type", Some(kind.into()));
    }
    let source = row.via.and_then(|via| via.source).unwrap_or_default();
    let from = source.from.unwrap_or_default();
    let to = source.to.unwrap_or_default();

    let author = match row.author_id.map(|id| id.0) {
        // The system writes as -1.
        None => Author {
            kind: AuthorKind::System,
            ..Author::default()
        },
        Some(id) if id.starts_with('-') => Author {
            kind: AuthorKind::System,
            ..Author::default()
        },
        Some(id) => Author {
            kind: AuthorKind::Contact,
            id: Some(id),
            // Elsewhere `from` is the customer, whoever writes.
            name: from.name.clone().filter(|_| channel == Channel::Email),
            email: from.address.clone(),
        },
    };
    let mut files = Vec::new();
    for file in row.attachments.unwrap_or_default() {
        files.push(attachment(file, &id));
    }
    let call = row.data.map(|data| {
        let recording = data.recording_url.clone().filter(|url| !url.is_empty());
        let listed = |url: &String| files.iter().any(|file| file.url.as_ref() == Some(url));
        if let Some(url) = recording.filter(|url| !listed(url)) {
            files.push(Attachment {
                id: format!("{id}-recording"),
                owner: Owner::Message(id.clone()),
                name: format!("recording-{id}.mp3"),
                mime: Some("audio/mpeg".to_owned()),
                url: Some(url),
                ..blank(&id)
            });
        }
        keep(&mut extra, "location", data.location.map(Value::from));
        CallDetails {
            from: data.from,
            to: data.to,
            started_at: data.started_at.as_ref().and_then(moment),
            duration_seconds: data.call_duration.as_ref().and_then(seconds),
            answered_by: data.answered_by_id.map(|id| id.0),
            recording_url: data.recording_url.filter(|url| !url.is_empty()),
            transcript: data.transcription_text.filter(|text| !text.is_empty()),
        }
    });
    let declared = files.len();
    let html = row.html_body.filter(|html| !html.is_empty());
    if let Some(html) = html.as_deref().filter(|html| html.contains("<img")) {
        for (index, source) in text::image_sources(html).into_iter().enumerate() {
            let listed = files
                .iter()
                .any(|file| file.url.as_deref() == Some(source.as_str()));
            if !listed && desk.own_image(&source) {
                files.push(image(&id, index, source));
            }
        }
    }
    let message = Message {
        id,
        conversation_id: ticket.to_owned(),
        author,
        channel,
        direction: if public {
            Direction::Inbound
        } else {
            Direction::Internal
        },
        visibility: if public {
            Access::Public
        } else {
            Access::Internal
        },
        // The plain text is made from the HTML wherever there is HTML.
        text: match html {
            Some(_) => None,
            None => row.body.filter(|body| !body.is_empty()),
        },
        html,
        from: from.address.or(from.phone),
        to: match from.original_recipients {
            Some(list) if !list.is_empty() => list,
            _ => to.address.or(to.phone).into_iter().collect(),
        },
        cc: to
            .email_ccs
            .unwrap_or_default()
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect(),
        message_id: row
            .metadata
            .and_then(|metadata| metadata.system)
            .and_then(|system| system.message_id)
            .map(|id| id.trim_matches(['<', '>']).to_owned())
            .filter(|id| !id.is_empty()),
        sent_at: row.created_at,
        call,
        declared_attachments: u32::try_from(declared).ok(),
        extra,
        ..Message::default()
    };
    into.push(Record::Message(message));
    into.extend(files.into_iter().map(Record::Attachment));
}

pub(super) fn blank(message: &str) -> Attachment {
    Attachment {
        id: String::new(),
        owner: Owner::Message(message.to_owned()),
        name: String::new(),
        mime: None,
        size: None,
        inline: false,
        content_id: None,
        url: None,
        sha256: None,
        locale: None,
        created_at: None,
        extra: Extra::new(),
    }
}

pub(super) fn attachment(file: wire::Attachment, message: &str) -> Attachment {
    let mut extra = Extra::new();
    keep(
        &mut extra,
        "deleted",
        file.deleted.filter(|on| *on).map(Value::from),
    );
    keep(
        &mut extra,
        "malware_scan_result",
        file.malware_scan_result
            .filter(|result| result == "malware_found")
            .map(Value::from),
    );
    Attachment {
        name: file
            .file_name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("attachment-{}", file.id.0)),
        id: file.id.0,
        mime: file.content_type,
        size: file.size,
        inline: file.inline.unwrap_or(false),
        url: file.content_url,
        extra,
        ..blank(message)
    }
}

/// An image that stands in the text and in no list.
pub(super) fn image(message: &str, index: usize, source: String) -> Attachment {
    // `?name=photo.png` is how the account's own addresses name the file.
    let named = source
        .split_once("name=")
        .map(|(_, rest)| rest.split('&').next().unwrap_or(rest))
        .and_then(|name| {
            percent_encoding::percent_decode_str(name)
                .decode_utf8()
                .ok()
        })
        .map(|name| name.replace('+', " "))
        .filter(|name| !name.is_empty());
    Attachment {
        id: format!("{message}-inline-{index}"),
        name: named.unwrap_or_else(|| format!("image-{}", index + 1)),
        inline: true,
        content_id: source.strip_prefix("cid:").map(str::to_owned),
        url: Some(source),
        ..blank(message)
    }
}

/// A date as text, as seconds or, from the year 1973 on, as milliseconds.
pub(super) fn moment(value: &Value) -> Option<Date> {
    let number = match value {
        Value::String(text) => match text.parse::<Date>() {
            Ok(date) => return Some(date),
            Err(_) => text.trim().parse().ok()?,
        },
        Value::Number(number) => number.as_i64()?,
        _ => return None,
    };
    match number.unsigned_abs() {
        0..100_000_000_000 => Date::from_second(number).ok(),
        _ => Date::from_millisecond(number).ok(),
    }
}

/// A duration in seconds, as a number or as text.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
