//! One comment, or several where a message is longer than one.

use super::{Comment, EMPTY, Maker};
use crate::connector::{Body, Detail, Effect, File, Loss, Losses, detail, field, text};
use crate::connectors::zendesk::limits;
use crate::schema::{Access, Author, Channel, Message};

impl<'a> Maker<'a> {
    pub(super) fn message(
        &self,
        message: &Message,
        files: &'a [File],
        into: &mut Vec<Comment<'a>>,
        losses: &mut Losses,
    ) {
        let refs = &self.item.refs;
        let before = into.len();
        let mut html = match (&message.html, &message.text) {
            (Some(html), _) => {
                let tamed = text::tame(html);
                if !tamed.tags.is_empty() {
                    let loss = tamed_loss(&message.id, &tamed);
                    losses.push(loss);
                }
                tamed.html
            }
            (None, Some(text)) => text::text_to_html(text),
            (None, None) => String::new(),
        };
        let mut lose = |field: &str, effect: Effect, what: Detail| {
            let detail = detail!("loss-message", message = &message.id, what = what);
            losses.add(field, effect, detail);
        };
        if text::html_to_text(&html).trim().is_empty() && !html.contains("<img") {
            let detail = detail!("loss-empty-text", text = EMPTY);
            lose(field::MESSAGE_BODY, Effect::Changed, detail);
            html = EMPTY.into();
        }
        let limit = self.target.max_attachment.unwrap_or(limits::MAX_ATTACHMENT);
        let mut kept = Vec::new();
        for file in files {
            let (why, told) = match &file.path {
                Err(why) => (Detail::Plain(why.to_string()), why.to_string()),
                Ok(_) if file.size > limit => {
                    let size = file.size;
                    let why = detail!("loss-file-account-limit", size = size, limit = limit);
                    (why, format!("{size} bytes, and the account takes {limit}"))
                }
                Ok(_) => {
                    kept.push(file);
                    continue;
                }
            };
            let name = &file.attachment.name;
            let detail = detail!("loss-file-says-so", name = name, why = why);
            lose(field::ATTACHMENT, Effect::Dropped, detail);
            let line = format!("[{name} is missing here: {told}]");
            html.push_str(&format!("<p>{}</p>", text::text_to_html(&line)));
        }
        let at = message.sent_at.map(|date| self.fit(date));
        if at != message.sent_at {
            let detail = detail!("loss-nearest-date");
            lose(field::MESSAGE_SENT_AT, Effect::Changed, detail);
        }
        self.lost_headers(message, &mut lose);

        let account = message
            .author
            .id
            .as_deref()
            .and_then(|id| refs.person_id(id));
        let author = match (account, &self.item.body) {
            (Some(account), _) => Some(account.to_owned()),
            // A later one says in any case whose it is, see `later`.
            (None, Body::Message(_)) => None,
            (None, _) => {
                let named = self.named(message);
                let line = text::attribution(&named, message.sent_at, Some(message.channel.name()));
                html = text::with_attribution(&line, &html, true);
                let detail = detail!("loss-author-in-the-text", line = line);
                lose(field::MESSAGE_AUTHOR, Effect::Moved, detail);
                self.target.me.as_ref().map(|me| me.id.clone())
            }
        };
        let pieces = text::pieces(&html, limits::MAX_BODY);
        if pieces.len() > 1 {
            let what = detail!("loss-further-comments", count = pieces.len() - 1);
            let detail = detail!("loss-message", message = &message.id, what = what);
            // Verify puts the pieces together again and compares what they say.
            losses.push(Loss::new(field::MESSAGE_BODY, Effect::Changed, detail).compared());
        }
        for (index, html) in pieces.into_iter().enumerate() {
            // An image goes with the piece that shows it, all else with the first one.
            let shown = match index {
                0 => Vec::new(),
                _ => text::image_sources(&html),
            };
            let files = kept.extract_if(.., |file| index > 0 && is_shown(file, &shown));
            into.push(Comment {
                author: author.clone(),
                files: files.collect(),
                html,
                public: message.visibility == Access::Public,
                at,
            });
        }
        if let Some(first) = into.get_mut(before) {
            first.files.extend(kept);
        }
    }

    /// The author with the name and address that are known of the person.
    pub(super) fn named(&self, message: &Message) -> Author {
        let mut named = message.author.clone();
        let id = message.author.id.as_deref();
        if let Some(person) = id.and_then(|id| self.item.refs.person(id)) {
            named.name = named.name.or_else(|| person.name.clone());
            named.email = named.email.or_else(|| person.email.clone());
        }
        named
    }

    /// What comments have no place for.
    fn lost_headers(&self, message: &Message, lose: &mut impl FnMut(&str, Effect, Detail)) {
        let channel = match &self.item.body {
            Body::Conversation(bundle) => Some(bundle.conversation.channel),
            Body::Message(reply) => Some(reply.conversation.channel),
            _ => None,
        };
        if message.channel != Channel::Api && Some(message.channel) != channel {
            let detail = detail!(
                "loss-word-becomes",
                old = message.channel.name(),
                new = "api"
            );
            lose(field::MESSAGE_CHANNEL, Effect::Dropped, detail);
        } else if message.channel != Channel::Api {
            let detail = detail!("loss-channel-as-the-tag", channel = message.channel.name());
            lose(field::MESSAGE_CHANNEL, Effect::Moved, detail);
        }
        let headers = message.message_id.is_some()
            || message.in_reply_to.is_some()
            || message.subject.is_some();
        if headers {
            let detail = detail!("loss-mail-headers");
            lose(field::MESSAGE_HEADERS, Effect::Dropped, detail);
        }
        let recipients = message.from.is_some()
            || !(message.to.is_empty() && message.cc.is_empty() && message.bcc.is_empty());
        if recipients {
            let detail = detail!("loss-mail-addresses");
            lose(field::MESSAGE_RECIPIENTS, Effect::Dropped, detail);
        }
        if !message.extra.is_empty() || message.edited_at.is_some() {
            let detail = detail!("loss-values-on-a-comment");
            lose(field::EXTRA, Effect::Dropped, detail);
        }
    }
}

/// What taking out markup costs, with the names of the elements.
fn tamed_loss(message: &str, tamed: &text::Tamed) -> Loss {
    let what = Losses::removed("Zendesk", tamed);
    let detail = detail!("loss-message", message = message, what = what);
    let loss = Loss::new(field::MESSAGE_BODY, Effect::Changed, detail);
    match tamed.linked {
        true => loss,
        false => loss.compared(),
    }
}

/// Whether the file is one of these images.
fn is_shown(file: &File, sources: &[String]) -> bool {
    let attachment = &file.attachment;
    sources.iter().any(|source| {
        attachment.url.as_ref() == Some(source)
            || source
                .strip_prefix("cid:")
                .is_some_and(|id| attachment.content_id.as_deref() == Some(id))
    })
}
