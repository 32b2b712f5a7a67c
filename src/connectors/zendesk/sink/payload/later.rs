//! A message that is added to a ticket which is there.

use super::{Comment, Maker};
use crate::connector::{Effect, Losses, Reply, detail, field, text};
use crate::schema::{Access, Kind};

impl<'a> Maker<'a> {
    /// An internal note whose first line says who wrote the message when, and
    /// whether customers saw it. A ticket's own update can neither date a
    /// comment nor be silent about a public one.
    pub fn later(&self, reply: &'a Reply) -> (Vec<Comment<'a>>, Losses) {
        let message = &reply.part.message;
        let (mut comments, mut losses) = (Vec::new(), Losses::default());
        losses.within(&message.id, |losses| {
            self.message(message, &reply.part.attachments, &mut comments, losses);
        });
        let refs = &self.item.refs;
        let author = self.named(message);
        let account = author
            .id
            .as_deref()
            .and_then(|id| refs.get(Kind::Agent, id));
        let public = message.visibility == Access::Public;
        let line = match self.item.existing {
            Some(_) => text::edited(message, &author),
            None => {
                let seen = if public { "public" } else { "internal" };
                let channel = format!("{}, {seen}", message.channel);
                text::attribution(&author, message.sent_at, Some(&channel))
            }
        };
        let me = self.target.me.as_ref().map(|me| me.id.clone());
        for (index, comment) in comments.iter_mut().enumerate() {
            comment.public = false;
            comment.at = None;
            comment.author = account.map(str::to_owned).or_else(|| me.clone());
            if index == 0 {
                comment.html = text::with_attribution(&line, &comment.html, true);
            }
        }
        losses.within(&message.id, |losses| match self.item.existing {
            Some(_) => edited(losses),
            None => added(account.is_some(), public, losses),
        });
        (comments, losses)
    }
}

fn edited(losses: &mut Losses) {
    losses.add(
        field::MESSAGE_BODY,
        Effect::Moved,
        detail!("loss-edited-as-note"),
    );
    losses.add(
        field::MESSAGE_VISIBILITY,
        Effect::Changed,
        detail!("loss-seen-as-before"),
    );
}

fn added(account: bool, public: bool, losses: &mut Losses) {
    losses.add(
        field::MESSAGE_SENT_AT,
        Effect::Moved,
        detail!("loss-added-dated"),
    );
    losses.when(
        !account,
        field::MESSAGE_AUTHOR,
        Effect::Moved,
        detail!("loss-added-author"),
    );
    losses.when(
        public,
        field::MESSAGE_VISIBILITY,
        Effect::Moved,
        detail!("loss-added-internal"),
    );
}
