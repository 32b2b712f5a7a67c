//! What a message and its files lose.

use super::super::messages::{EMPTY, author_id, keeps_author, says_nothing};
use super::super::{Freshdesk, files};
use crate::connector::{Effect::*, File, Loss, Losses, Part, Refs, detail, field, text};
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
            detail!("loss-first-line"),
        );
        author(m, refs, losses);
        if m.channel != shown {
            let (old, new) = (m.channel.name(), shown.name());
            let detail = detail!("loss-channel-of-notes", old = old, new = new);
            losses.add(field::MESSAGE_CHANNEL, Changed, detail);
        }
        let headers = m.message_id.is_some() || m.in_reply_to.is_some() || m.subject.is_some();
        losses.when(
            headers,
            field::MESSAGE_HEADERS,
            Dropped,
            detail!("loss-note-headers"),
        );
        let recipients =
            m.from.is_some() || !(m.to.is_empty() && m.cc.is_empty() && m.bcc.is_empty());
        losses.when(
            recipients,
            field::MESSAGE_RECIPIENTS,
            Dropped,
            detail!("loss-note-recipients"),
        );
        losses.when(
            m.edited_at.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-edits"),
        );
        if says_nothing(m) {
            let detail = detail!("loss-empty-message", text = EMPTY);
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
            detail!("loss-author-first-line"),
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
        let detail = detail!("loss-former-agent");
        // The same person: verify compares who it is.
        losses.push(Loss::new(field::MESSAGE_AUTHOR, Changed, detail).compared());
    }
}

fn attached(list: &[File], losses: &mut Losses) {
    let sorted = files::sort(list);
    for (file, reason) in &sorted.left {
        losses.add(field::ATTACHMENT, Dropped, files::lost(file, reason));
    }
    for file in sorted.batches.iter().flatten() {
        let (was, becomes) = (&file.attachment.name, files::name(&file.attachment.name));
        losses.when(
            *was != becomes,
            field::ATTACHMENT_NAME,
            Changed,
            detail!(
                "loss-word-becomes",
                old = format!("{was:?}"),
                new = format!("{becomes:?}")
            ),
        );
    }
    if sorted.batches.len() > 1 {
        let detail = detail!("loss-further-notes");
        // Reading back puts them together again.
        losses.push(Loss::new(field::ATTACHMENT, Moved, detail).compared());
    }
    losses.when(
        list.iter().any(|file| file.attachment.inline),
        field::ATTACHMENT_INLINE,
        Moved,
        detail!("loss-images-beside"),
    );
}
