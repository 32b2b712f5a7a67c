//! What a message and its files lose.

use super::super::messages::{EMPTY, author_id, keeps_author, says_nothing};
use super::super::{Freshdesk, files};
use crate::connector::{Effect::*, File, Loss, Losses, Part, Refs, field, text};
use crate::schema::{Channel, Kind, Message};

/// The channel that every note has.
pub(super) const NOTES: Channel = Channel::Portal;

impl Freshdesk {
    /// `shown` is the channel that the message will have on the target.
    pub(super) fn message(&self, part: &Part, shown: Channel, refs: &Refs, losses: &mut Losses) {
        losses.within(&part.message.id, |losses| {
            self.message_losses(part, shown, refs, losses);
        });
    }

    fn message_losses(&self, part: &Part, shown: Channel, refs: &Refs, losses: &mut Losses) {
        let m: &Message = &part.message;
        losses.when(
            m.sent_at.is_some() && !self.keeps_dates(),
            field::MESSAGE_SENT_AT,
            Moved,
            "to the first line of the text",
        );
        author(m, refs, losses);
        if m.channel != shown {
            losses.add(
                field::MESSAGE_CHANNEL,
                Changed,
                format!(
                    "{} becomes {shown}: descriptions have the ticket's channel, all other messages are notes",
                    m.channel
                ),
            );
        }
        let headers = m.message_id.is_some() || m.in_reply_to.is_some() || m.subject.is_some();
        losses.when(
            headers,
            field::MESSAGE_HEADERS,
            Dropped,
            "notes have no mail headers and no subject",
        );
        let recipients =
            m.from.is_some() || !(m.to.is_empty() && m.cc.is_empty() && m.bcc.is_empty());
        losses.when(
            recipients,
            field::MESSAGE_RECIPIENTS,
            Dropped,
            "notes have no recipients",
        );
        losses.when(
            m.edited_at.is_some(),
            field::EXTRA,
            Dropped,
            "edits are not marked",
        );
        if says_nothing(m) {
            let detail = format!("an empty message becomes `{EMPTY}`");
            losses.add(field::MESSAGE_BODY, Changed, detail);
        } else if let Some(html) = &m.html {
            losses.tamed("Freshdesk", field::MESSAGE_BODY, &text::tame(html));
        }
        attached(&part.attachments, losses);
        losses.extra(&m.extra);
    }
}

fn author(m: &Message, refs: &Refs, losses: &mut Losses) {
    if !keeps_author(m, refs) {
        losses.add(
            field::MESSAGE_AUTHOR,
            Moved,
            "no account on the target: named in the first line",
        );
        return;
    }
    // An agent of the old desk may be a contact of the new one.
    let id = m.author.id.as_deref();
    let agent = id.is_some_and(|id| refs.get(Kind::Agent, id).is_some());
    let was = id
        .and_then(|id| refs.person(id))
        .is_some_and(|person| person.agent);
    if was && !agent && author_id(m, refs).is_some() {
        let detail = "a former agent is a contact on the target";
        // The same person: verify compares who it is.
        losses.push(Loss::new(field::MESSAGE_AUTHOR, Changed, detail).compared());
    }
}

fn attached(list: &[File], losses: &mut Losses) {
    let sorted = files::sort(list);
    for (file, reason) in &sorted.left {
        losses.add(
            field::ATTACHMENT,
            Dropped,
            format!(
                "{} is kept in the archive only: {reason}",
                file.attachment.name
            ),
        );
    }
    for file in sorted.batches.iter().flatten() {
        let (was, becomes) = (&file.attachment.name, files::name(&file.attachment.name));
        losses.when(
            *was != becomes,
            field::ATTACHMENT_NAME,
            Changed,
            format!("{was:?} becomes {becomes:?}"),
        );
    }
    if sorted.batches.len() > 1 {
        let detail = "more than 20 MB: further notes carry the rest";
        // Reading back puts them together again.
        losses.push(Loss::new(field::ATTACHMENT, Moved, detail).compared());
    }
    losses.when(
        list.iter().any(|file| file.attachment.inline),
        field::ATTACHMENT_INLINE,
        Moved,
        "images of the text become attachments beside it",
    );
}
