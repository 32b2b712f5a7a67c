//! Notes: every message after the first one. A reply would be mailed.

use std::sync::atomic::Ordering;

use super::Freshdesk;
use super::files::{self, Sorted};
use super::payload::{Payload, send_without};
use crate::connector::{
    Effect, ErrorKind, File, Item, Loss, Outcome, Part, Refs, Reply, Result, Written, detail,
    field, text,
};
use crate::connectors::freshdesk::client::refusal;
use crate::connectors::freshdesk::{limits, wire};
use crate::http::{Call, Method};
use crate::schema::{Access, Author, AuthorKind, Conversation, Date, Key, Kind, Message};

/// Stands for a body that says nothing: Freshdesk demands one.
pub const EMPTY: &str = "(no text)";

/// A message as it will stand on the target.
pub struct Draft<'a> {
    /// HTML with all the lines that stand for what else is lost.
    pub html: String,
    /// The files, by request.
    pub files: Sorted<'a>,
}

/// The author with the name and address that are known of the person.
pub fn named(author: &Author, refs: &Refs) -> Author {
    let mut author = author.clone();
    if let Some(person) = author.id.as_deref().and_then(|id| refs.person(id)) {
        author.name = author.name.or_else(|| person.name.clone());
        author.email = author.email.or_else(|| person.email.clone());
        if person.agent && author.kind == AuthorKind::Contact {
            author.kind = AuthorKind::Agent;
        }
    }
    author
}

/// Id of the author on the target, if there is an account for it.
pub fn author_id<'a>(message: &Message, refs: &'a Refs) -> Option<&'a str> {
    refs.person_id(message.author.id.as_deref()?)
}

/// Whether a note shows the message as its author's: an account that the target has.
pub fn keeps_author(message: &Message, refs: &Refs) -> bool {
    author_id(message, refs).is_some()
}

/// Whether a message has no text of its own.
pub fn says_nothing(message: &Message) -> bool {
    text_of(message).is_none()
}

/// What is left of a message without the markup that Freshdesk removes, if anything.
fn text_of(message: &Message) -> Option<String> {
    let says = |text: &String| !text.trim().is_empty();
    let html = message.html.as_deref().map(|html| text::tame(html).html);
    let plain = message.text.as_ref().filter(|text| says(text));
    html.filter(says)
        .or_else(|| plain.map(|text| text::text_to_html(text)))
}

/// The message with an attribution line where date or author would be lost.
pub fn draft<'a>(part: &'a Part, refs: &Refs, attributed: bool) -> Draft<'a> {
    let message = &part.message;
    let mut html = text_of(message).unwrap_or_else(|| EMPTY.to_owned());
    let files = files::sort(&part.attachments);
    for (file, reason) in &files.left {
        html.push_str(&files::missing(file, reason));
    }
    if attributed {
        let channel = Some(message.channel.name());
        let line = text::attribution(&named(&message.author, refs), message.sent_at, channel);
        html = text::with_attribution(&line, &html, true);
    }
    Draft { html, files }
}

impl Freshdesk {
    /// Writes a message as a note of a ticket that is there.
    pub(super) async fn write_message(&self, item: &Item, reply: &Reply) -> Outcome {
        let part = &reply.part;
        if let Some(existing) = item.existing.as_ref().filter(|id| !id.is_empty()) {
            let mut payload = Payload::default();
            let html = draft(part, &item.refs, self.attributed(&part.message, &item.refs)).html;
            let path = match existing.strip_prefix('d') {
                Some(ticket) => {
                    payload.set("description", html);
                    format!("/tickets/{ticket}")
                }
                None => {
                    payload.set("body", html);
                    format!("/conversations/{existing}")
                }
            };
            payload.send(self.desk.put(&path), &[]).send().await?;
            let mut written = Written::created(existing);
            written.action = crate::connector::WriteAction::Updated;
            return Ok(written);
        }
        let mut losses = Vec::new();
        let note = self
            .note(&reply.target_id, part, &item.refs, &mut losses)
            .await?;
        let mut written = Written::created(note.id.to_string());
        written.losses = losses;
        pair_files(
            &draft(part, &item.refs, false).files,
            0,
            &note,
            &mut written.parts,
        );
        self.further_files(
            &reply.target_id,
            reply.index + 1,
            part,
            &item.refs,
            &[],
            &mut written.parts,
        )
        .await
        .map_err(super::unsure)?;
        Ok(written)
    }

    /// Whether a message needs a line with its date and author.
    pub(super) fn attributed(&self, message: &Message, refs: &Refs) -> bool {
        let own = message.html.as_deref().is_some_and(text::is_own_note);
        !own && (!self.keeps_dates() || !keeps_author(message, refs))
    }

    /// Adds a note with the files that go with it.
    pub(super) async fn note(
        &self,
        ticket: &str,
        part: &Part,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<wire::Conversation> {
        let message = &part.message;
        if self.keeps_dates() {
            match self.dated_note(ticket, part, refs, losses).await {
                Err(error) if no_dates(&error) => {
                    self.dates.store(false, Ordering::Relaxed);
                    losses.push(lost_date(field::MESSAGE_SENT_AT, message.sent_at));
                }
                outcome => return outcome,
            }
        }
        let call = || self.desk.post(&format!("/tickets/{ticket}/notes"));
        self.send_note(part, refs, &call, Payload::default(), losses)
            .await
    }

    async fn dated_note(
        &self,
        ticket: &str,
        part: &Part,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<wire::Conversation> {
        let mut dates = Payload::default();
        dated(
            &mut dates,
            &part.message.id,
            part.message.sent_at,
            part.message.sent_at,
        );
        let path = format!("/api/channel/v2/tickets/{ticket}/notes");
        let call = || self.desk.raw_call(Method::Post, &path);
        let note = self.send_note(part, refs, &call, dates, losses).await?;
        if !same_minute(note.created_at, part.message.sent_at) {
            self.dates.store(false, Ordering::Relaxed);
            losses.push(lost_date(field::MESSAGE_SENT_AT, part.message.sent_at));
        }
        Ok(note)
    }

    async fn send_note(
        &self,
        part: &Part,
        refs: &Refs,
        call: &(dyn Fn() -> Call + Sync),
        mut payload: Payload,
        losses: &mut Vec<Loss>,
    ) -> Result<wire::Conversation> {
        let message = &part.message;
        let draft = draft(part, refs, self.attributed(message, refs));
        payload.set("body", draft.html);
        self.address_note(&mut payload, message, refs);
        let named_author = text::attribution(
            &named(&message.author, refs),
            message.sent_at,
            Some(message.channel.name()),
        );
        let keeps_dates = self.keeps_dates();
        let give_up = |payload: &mut Payload, name: &str| {
            if name != "user_id" || !payload.remove("user_id") {
                return None;
            }
            // Whoever the key belongs to writes it, so that the text has to say who it was.
            if keeps_dates && let Some(body) = payload.get("body").and_then(|b| b.as_str()) {
                let body = text::with_attribution(&named_author, body, true);
                payload.set("body", body);
            }
            Some(Loss::new(
                field::MESSAGE_AUTHOR,
                Effect::Moved,
                detail!("loss-author-refused"),
            ))
        };
        let first = draft
            .files
            .batches
            .first()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let answer = send_without(&mut payload, first, call, &give_up, losses).await?;
        answer.json()
    }

    /// Who wrote a note, and who may read it. Nobody is notified.
    fn address_note(&self, payload: &mut Payload, message: &Message, refs: &Refs) {
        let private = message.visibility == Access::Internal;
        let contact = message.author.id.as_deref().is_some_and(|id| {
            refs.get(Kind::Contact, id).is_some()
                && !refs.person(id).is_some_and(|person| person.agent)
        });
        payload.set("private", private);
        payload.set("incoming", contact && !private);
        payload.set_id("user_id", author_id(message, refs));
    }

    /// Adds the notes for files that did not fit with their message, except
    /// for those that `there` (comparable texts) shows to be written already.
    pub(super) async fn further_files(
        &self,
        ticket: &str,
        number: u32,
        part: &Part,
        refs: &Refs,
        there: &[String],
        parts: &mut Vec<(Key, String)>,
    ) -> Result<()> {
        let sorted = files::sort(&part.attachments);
        for (index, batch) in sorted.batches.iter().enumerate().skip(1) {
            let heading = files::heading(number, index + 1, sorted.batches.len());
            if there.contains(&heading) {
                continue;
            }
            let mut payload = Payload::default();
            payload.set("body", format!("<p>{heading}</p>"));
            self.address_note(&mut payload, &part.message, refs);
            let call = || self.desk.post(&format!("/tickets/{ticket}/notes"));
            let give_up = |payload: &mut Payload, name: &str| {
                (name == "user_id" && payload.remove("user_id")).then(|| {
                    Loss::new(
                        field::MESSAGE_AUTHOR,
                        Effect::Moved,
                        detail!("loss-files-of-owner"),
                    )
                })
            };
            let answer =
                send_without(&mut payload, batch, &call, &give_up, &mut Vec::new()).await?;
            let note: wire::Conversation = answer.json()?;
            pair_files(&sorted, index, &note, parts);
        }
        Ok(())
    }
}

/// Ids of uploaded files, in the order in which they were sent.
pub fn pair_files(
    sorted: &Sorted<'_>,
    batch: usize,
    note: &wire::Conversation,
    parts: &mut Vec<(Key, String)>,
) {
    let sent: &[&File] = sorted
        .batches
        .get(batch)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let made = note.attachments.as_deref().unwrap_or_default();
    if sent.len() == made.len() {
        for (file, made) in sent.iter().zip(made) {
            parts.push((
                Key::new(Kind::Attachment, &file.attachment.id),
                made.id.to_string(),
            ));
        }
    }
}

/// Adds what the Channel API takes beyond the public one.
pub fn dated(payload: &mut Payload, id: &str, created: Option<Date>, updated: Option<Date>) {
    payload.set("import_id", id.parse::<u64>().ok());
    payload.set("created_at", created.map(|date| date.to_string()));
    payload.set(
        "updated_at",
        updated.or(created).map(|date| date.to_string()),
    );
}

/// Whether a refusal means that the account does not take dates after all.
pub fn no_dates(error: &crate::connector::Error) -> bool {
    let Some(refusal) = refusal(error) else {
        return matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound);
    };
    matches!(refusal.status, 401 | 403 | 404 | 405)
        || refusal
            .fields()
            .any(|f| matches!(f, "import_id" | "created_at" | "updated_at"))
}

/// Freshdesk keeps no fractions of seconds.
pub fn same_minute(got: Option<Date>, wanted: Option<Date>) -> bool {
    match (got, wanted) {
        (Some(got), Some(wanted)) => (got.as_second() - wanted.as_second()).abs() < 60,
        (_, wanted) => wanted.is_none(),
    }
}

/// A date that is only in the text.
pub fn lost_date(name: &str, date: Option<Date>) -> Loss {
    let detail = match date {
        Some(date) => detail!("loss-dated-today", date = date.to_string()),
        None => detail!("loss-undated-today"),
    };
    Loss::new(name, Effect::Moved, detail)
}

/// The requester's own words, as a reader of the conversation sees them.
pub fn is_requesters(message: &Message, conversation: &Conversation) -> bool {
    message.author.id.is_some() && message.author.id == conversation.requester_id
}

/// Longest text of a single-line field.
pub fn line(text: &str) -> (String, bool) {
    let one: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one.char_indices().nth(limits::MAX_LINE) {
        Some((end, _)) => (one[..end].trim_end().to_owned(), true),
        None => (one, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(html: &str) -> Part {
        Part {
            message: Message {
                id: "1".into(),
                html: Some(html.into()),
                ..Message::default()
            },
            attachments: Vec::new(),
        }
    }

    #[test]
    fn an_empty_message_still_has_a_body() {
        for html in ["  ", "<script>x()</script>", "<form><input name=a></form>"] {
            let part = part(html);
            assert_eq!(draft(&part, &Refs::default(), false).html, EMPTY, "{html}");
            assert!(says_nothing(&part.message), "{html}");
        }
    }

    #[test]
    fn the_first_line_names_date_author_and_channel() {
        let mut part = part("<p>Hello</p>");
        part.message.sent_at = Some("2019-06-25T10:15:00Z".parse().unwrap());
        part.message.author.name = Some("Ada Agent".into());
        let html = draft(&part, &Refs::default(), true).html;
        assert!(html.starts_with("<p>[2019-06-25 10:15 UTC"), "{html}");
        let (found, rest) = text::strip_attribution(&html);
        assert_eq!(found.unwrap().name.as_deref(), Some("Ada Agent"));
        assert_eq!(text::comparable(rest, true), "Hello");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let (cut, truncated) = line(&"é".repeat(300));
        assert_eq!((cut.chars().count(), truncated), (255, true));
        assert_eq!(line("a\n b"), ("a b".into(), false));
    }
}
