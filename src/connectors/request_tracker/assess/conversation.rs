//! What tickets and their messages lose.

use super::super::limits::SUBJECT;
use super::super::normalize;
use super::super::payload::{self, file_name};
use super::super::wire::Text;
use super::Assessor;
use crate::connector::{Bundle, Detail, Effect, Loss, Losses, Part, detail, field, text};
use crate::mapping::Table;
use crate::schema::{Channel, Conversation, Kind, LinkKind, Priority};

/// What RT keeps of a ticket's further values.
const KEPT: [&str; 4] = ["Started", "Starts", "Told", "Requestors"];

impl Assessor<'_> {
    /// Why it cannot be written, and what to do.
    pub(super) fn conversation(
        &self,
        bundle: &Bundle,
        losses: &mut Losses,
    ) -> Option<(Detail, Detail)> {
        let r = &bundle.conversation;
        self.choices(r, losses);
        self.dates(r, losses);
        self.people(r, losses);
        self.fields(r, losses);
        self.rest(r, losses);
        let booked = !bundle.time_entries.is_empty();
        if self.item.existing.is_some() {
            losses.add(
                field::UPDATED_AT,
                Effect::Changed,
                detail!("loss-later-date"),
            );
            losses.when(
                booked,
                field::TIME_ENTRY,
                Effect::Dropped,
                detail!("loss-booked-after"),
            );
        } else {
            losses.when(
                booked,
                field::TIME_ENTRY,
                Effect::Flattened,
                detail!("loss-booked-as-one"),
            );
        }
        losses.when(
            !bundle.ratings.is_empty(),
            field::RATING,
            Effect::Dropped,
            detail!("loss-rt-ratings"),
        );
        // The others are assessed one by one.
        if let Some(first) = bundle.messages.first() {
            self.message(first, losses);
        }
        let queue = self.config.default_queue.as_deref();
        let refused = payload::queue(r, &self.item.refs, self.target, queue)
            .err()
            .or_else(|| payload::custom_fields(r, &self.item.refs, self.target).err())?;
        let hint = refused.hint.unwrap_or_default();
        Some((Detail::Plain(refused.message), Detail::Plain(hint)))
    }

    fn choices(&self, r: &Conversation, losses: &mut Losses) {
        let status = payload::status(r, self.mapping);
        let detail = |own: &str| detail!("loss-becomes", old = own, new = &*status);
        let own = r.status_name.as_deref();
        if self.mapping.read(Table::Status, &status) != Some(r.status.name()) {
            let detail = detail(own.unwrap_or(r.status.name()));
            losses.add(field::STATUS, Effect::Changed, detail);
        } else if let Some(own) = own.filter(|own| !own.eq_ignore_ascii_case(&status)) {
            // Verify compares what it means.
            losses.push(Loss::new(field::STATUS, Effect::Changed, detail(own)).compared());
        }
        let number = payload::priority(r, self.mapping).unwrap_or(0).to_string();
        let (priority, name) = normalize::priority(&Text(number.clone()), self.mapping);
        if priority != r.priority {
            let detail = match r.priority.map(Priority::name) {
                Some(own) => detail!("loss-rt-priority", old = own, new = number),
                None => detail!("loss-rt-priority-set", new = number),
            };
            losses.add(field::PRIORITY, Effect::Changed, detail);
        } else if let Some(own) = r
            .priority_name
            .as_ref()
            .filter(|own| name.as_ref() != Some(own))
        {
            let detail = detail!("loss-own-becomes", old = own, new = number);
            losses.push(Loss::new(field::PRIORITY, Effect::Changed, detail).compared());
        }
        losses.when(
            r.ticket_type.is_some() || r.type_name.is_some(),
            field::TYPE,
            Effect::Dropped,
            detail!("loss-rt-type"),
        );
        losses.when(
            r.channel != Channel::Other,
            field::CHANNEL,
            Effect::Dropped,
            detail!("loss-rt-channel"),
        );
        let whole = r.subject.as_deref().unwrap_or("");
        if payload::subject(r) != whole {
            let detail = detail!("loss-rt-subject", limit = SUBJECT);
            losses.add(field::SUBJECT, Effect::Truncated, detail);
        }
    }

    fn dates(&self, r: &Conversation, losses: &mut Losses) {
        losses.when(
            r.updated_at.is_some(),
            field::UPDATED_AT,
            Effect::Changed,
            detail!("loss-rt-updated"),
        );
        losses.when(
            r.closed_at.is_some() && r.closed_at != r.solved_at,
            field::CLOSED_AT,
            Effect::Dropped,
            detail!("loss-rt-closed"),
        );
        let status = payload::status(r, self.mapping);
        losses.when(
            r.solved_at.is_some()
                && !matches!(status.as_str(), "resolved" | "rejected" | "deleted"),
            field::SOLVED_AT,
            Effect::Dropped,
            detail!("loss-rt-solved"),
        );
        losses.when(
            r.metrics.is_some() || r.first_reply_at.is_some(),
            field::METRICS,
            Effect::Dropped,
            detail!("loss-rt-metrics"),
        );
    }

    fn people(&self, r: &Conversation, losses: &mut Losses) {
        let refs = &self.item.refs;
        let unknown = |id: &String| payload::watcher(id, refs).is_none();
        losses.when(
            r.requester_id.as_ref().is_some_and(unknown),
            field::REQUESTER,
            Effect::Dropped,
            detail!("loss-rt-nobody"),
        );
        for (name, ids) in [(field::CC, &r.cc_ids), (field::FOLLOWERS, &r.follower_ids)] {
            let lost = ids.iter().filter(|id| unknown(id)).count();
            if lost > 0 {
                let detail = detail!("loss-rt-unknown", count = lost);
                losses.add(name, Effect::Dropped, detail);
            }
        }
        let mut copied: Vec<String> = r
            .cc_ids
            .iter()
            .filter_map(|id| payload::watcher(id, refs))
            .chain(r.cc_emails.iter().cloned())
            .map(|login| login.to_lowercase())
            .collect();
        copied.sort_unstable();
        losses.when(
            copied.windows(2).any(|two| two[0] == two[1]),
            field::CC,
            Effect::Changed,
            detail!("loss-rt-copy-twice"),
        );
        losses.when(
            r.assignee_id.is_some() && !(self.keeps_owner)(r),
            field::ASSIGNEE,
            Effect::Moved,
            detail!("loss-rt-owner"),
        );
        let group = r.group_id.as_deref();
        losses.when(
            group.is_some_and(|id| refs.get(Kind::Group, id).is_none()),
            field::GROUP,
            Effect::Changed,
            detail!("loss-rt-queue"),
        );
        losses.when(
            r.organization_id.is_some(),
            field::ORGANIZATION,
            Effect::Moved,
            detail!("loss-rt-organization"),
        );
    }

    fn fields(&self, r: &Conversation, losses: &mut Losses) {
        for (id, value) in &r.custom_fields {
            losses.within(id, |losses| {
                let Some(target) = self.item.refs.get(Kind::Field, id) else {
                    let detail = detail!("loss-rt-no-equal", field = id);
                    losses.add(field::CUSTOM_FIELDS, Effect::Dropped, detail);
                    return;
                };
                let known = self.target.fields.iter().find(|known| known.id == target);
                let (sent, plain) = (payload::sent(value, known), payload::plain(value));
                if sent != plain {
                    let (old, new) = (plain.join(", "), sent.join(", "));
                    let detail = detail!("loss-word-becomes", old = old, new = new);
                    losses.add(field::CUSTOM_FIELDS, Effect::Changed, detail);
                }
            });
        }
    }

    fn rest(&self, r: &Conversation, losses: &mut Losses) {
        use Effect::{Changed, Dropped, Moved};
        losses.add(field::NUMBER, Moved, detail!("loss-rt-number"));
        losses.when(
            !r.tags.is_empty(),
            field::TAGS,
            Dropped,
            detail!("loss-rt-tags"),
        );
        let renamed = r.links.iter().any(|link| {
            matches!(
                link.kind,
                LinkKind::MergedInto
                    | LinkKind::FollowUpOf
                    | LinkKind::Problem
                    | LinkKind::Incident
            )
        });
        losses.when(renamed, field::LINKS, Changed, detail!("loss-rt-links"));
        losses.when(
            r.brand_id.is_some(),
            field::BRAND,
            Dropped,
            detail!("loss-rt-brands"),
        );
        losses.when(
            r.form_id.is_some(),
            field::FORM,
            Dropped,
            detail!("loss-rt-forms"),
        );
        losses.when(
            r.spam,
            field::CONVERSATION,
            Changed,
            detail!("loss-rt-spam"),
        );
        let more = r.extra.keys().any(|key| !KEPT.contains(&key.as_str()));
        losses.when(
            more || r.external_id.is_some() || r.recipient.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-rt-not-set"),
        );
    }

    pub(super) fn message(&self, part: &Part, losses: &mut Losses) {
        losses.within(&part.message.id, |losses| self.message_losses(part, losses));
    }

    fn message_losses(&self, part: &Part, losses: &mut Losses) {
        use Effect::{Changed, Dropped, Moved};
        let r = &part.message;
        losses.when(
            r.sent_at.is_some(),
            field::MESSAGE_SENT_AT,
            Moved,
            detail!("loss-rt-sent-at"),
        );
        losses.when(
            !(self.writes_as)(part),
            field::MESSAGE_AUTHOR,
            Moved,
            detail!("loss-rt-author"),
        );
        losses.when(
            r.channel != Channel::Api,
            field::MESSAGE_CHANNEL,
            Moved,
            detail!("loss-rt-channel-line"),
        );
        losses.when(
            r.message_id.is_some() || r.in_reply_to.is_some(),
            field::MESSAGE_HEADERS,
            Dropped,
            detail!("loss-rt-message-id"),
        );
        let recipients = !(r.to.is_empty() && r.cc.is_empty() && r.bcc.is_empty());
        losses.when(
            recipients || r.from.is_some(),
            field::MESSAGE_RECIPIENTS,
            Dropped,
            detail!("loss-rt-recipients"),
        );
        if let Some(html) = &r.html {
            losses.tamed("Request Tracker", field::MESSAGE_BODY, &text::tame(html));
        }
        losses.when(
            r.edited_at.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-edits"),
        );
        losses.extra(&r.extra);
        for file in &part.attachments {
            let name = &file.attachment.name;
            match &file.path {
                Err(reason) => {
                    let why = Detail::Plain(reason.to_string());
                    let detail = detail!("loss-rt-file", name = name, why = why);
                    losses.add(field::ATTACHMENT, Dropped, detail);
                }
                Ok(_) if file.size == 0 => losses.add(
                    field::ATTACHMENT,
                    Dropped,
                    detail!("loss-rt-empty-file", name = name),
                ),
                Ok(_) => {}
            }
            if file_name(name) != *name {
                let detail = detail!("loss-becomes", old = name, new = file_name(name));
                losses.add(field::ATTACHMENT_NAME, Changed, detail);
            }
            losses.when(
                file.attachment.inline,
                field::ATTACHMENT_INLINE,
                Changed,
                detail!("loss-rt-inline"),
            );
        }
    }
}
