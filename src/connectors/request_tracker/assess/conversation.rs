//! What tickets and their messages lose.

use super::super::limits::SUBJECT;
use super::super::normalize;
use super::super::payload::{self, file_name};
use super::super::wire::Text;
use super::Assessor;
use crate::connector::{Bundle, Effect, Loss, Losses, Part, field, text};
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
    ) -> Option<(String, String)> {
        let r = &bundle.conversation;
        self.choices(r, losses);
        self.dates(r, losses);
        self.people(r, losses);
        self.fields(r, losses);
        self.rest(r, losses);
        let booked = !bundle.time_entries.is_empty();
        if self.item.existing.is_some() {
            let dated = "changed after the move: the target's own date";
            losses.add(field::UPDATED_AT, Effect::Changed, dated);
            losses.when(
                booked,
                field::TIME_ENTRY,
                Effect::Dropped,
                "booked after the move: it stays in the archive",
            );
        } else {
            losses.when(
                booked,
                field::TIME_ENTRY,
                Effect::Flattened,
                "all booked time becomes one entry of whole minutes of the user who imports",
            );
        }
        losses.when(
            !bundle.ratings.is_empty(),
            field::RATING,
            Effect::Dropped,
            "RT has no ratings",
        );
        // The others are assessed one by one.
        if let Some(first) = bundle.messages.first() {
            self.message(first, losses);
        }
        let queue = self.config.default_queue.as_deref();
        let refused = payload::queue(r, &self.item.refs, self.target, queue)
            .err()
            .or_else(|| payload::custom_fields(r, &self.item.refs, self.target).err())?;
        Some((refused.message, refused.hint.unwrap_or_default()))
    }

    fn choices(&self, r: &Conversation, losses: &mut Losses) {
        let status = payload::status(r, self.mapping);
        let detail = |own: &str| format!("`{own}` becomes `{status}`");
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
            let own = r.priority.map_or("no priority", Priority::name);
            let detail = format!("RT's priorities are numbers: {own} becomes {number}");
            losses.add(field::PRIORITY, Effect::Changed, detail);
        } else if let Some(own) = r
            .priority_name
            .as_ref()
            .filter(|own| name.as_ref() != Some(own))
        {
            let detail = format!("`{own}` becomes {number}");
            losses.push(Loss::new(field::PRIORITY, Effect::Changed, detail).compared());
        }
        losses.when(
            r.ticket_type.is_some() || r.type_name.is_some(),
            field::TYPE,
            Effect::Dropped,
            "tickets have no type",
        );
        losses.when(
            r.channel != Channel::Other,
            field::CHANNEL,
            Effect::Dropped,
            "tickets have no channel; the messages' first lines name theirs",
        );
        let whole = r.subject.as_deref().unwrap_or("");
        if payload::subject(r) != whole {
            let detail = format!("subjects are one line of at most {SUBJECT} characters");
            losses.add(field::SUBJECT, Effect::Truncated, detail);
        }
    }

    fn dates(&self, r: &Conversation, losses: &mut Losses) {
        losses.when(
            r.updated_at.is_some(),
            field::UPDATED_AT,
            Effect::Changed,
            "RT dates the last change now",
        );
        losses.when(
            r.closed_at.is_some() && r.closed_at != r.solved_at,
            field::CLOSED_AT,
            Effect::Dropped,
            "RT has one date for solved and closed",
        );
        let status = payload::status(r, self.mapping);
        losses.when(
            r.solved_at.is_some()
                && !matches!(status.as_str(), "resolved" | "rejected" | "deleted"),
            field::SOLVED_AT,
            Effect::Dropped,
            "only resolved tickets show the date",
        );
        losses.when(
            r.metrics.is_some() || r.first_reply_at.is_some(),
            field::METRICS,
            Effect::Dropped,
            "RT computes its own figures",
        );
    }

    fn people(&self, r: &Conversation, losses: &mut Losses) {
        let refs = &self.item.refs;
        let unknown = |id: &String| payload::watcher(id, refs).is_none();
        losses.when(
            r.requester_id.as_ref().is_some_and(unknown),
            field::REQUESTER,
            Effect::Dropped,
            "nobody is known by login or address",
        );
        for (name, ids) in [(field::CC, &r.cc_ids), (field::FOLLOWERS, &r.follower_ids)] {
            let lost = ids.iter().filter(|id| unknown(id)).count();
            if lost > 0 {
                let detail = format!("{lost} are not known by login or address");
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
            "somebody who is in copy twice is there once",
        );
        losses.when(
            r.assignee_id.is_some() && !(self.keeps_owner)(r),
            field::ASSIGNEE,
            Effect::Moved,
            "RT would mail the new owner; the name is kept in the custom field `deskferry owner` (agent_tokens keeps the owner)",
        );
        let group = r.group_id.as_deref();
        losses.when(
            group.is_some_and(|id| refs.get(Kind::Group, id).is_none()),
            field::GROUP,
            Effect::Changed,
            "there is no such queue: it goes into the default one",
        );
        losses.when(
            r.organization_id.is_some(),
            field::ORGANIZATION,
            Effect::Moved,
            "the organization stands with the requestor",
        );
    }

    fn fields(&self, r: &Conversation, losses: &mut Losses) {
        for (id, value) in &r.custom_fields {
            losses.within(id, |losses| {
                let Some(target) = self.item.refs.get(Kind::Field, id) else {
                    let detail = format!("field {id} has no equal in RT");
                    losses.add(field::CUSTOM_FIELDS, Effect::Dropped, detail);
                    return;
                };
                let known = self.target.fields.iter().find(|known| known.id == target);
                let (sent, plain) = (payload::sent(value, known), payload::plain(value));
                if sent != plain {
                    let detail = format!("{} becomes {}", plain.join(", "), sent.join(", "));
                    losses.add(field::CUSTOM_FIELDS, Effect::Changed, detail);
                }
            });
        }
    }

    fn rest(&self, r: &Conversation, losses: &mut Losses) {
        use Effect::{Changed, Dropped, Moved};
        losses.add(
            field::NUMBER,
            Moved,
            "RT numbers tickets anew; the old number is in the custom field `deskferry id`",
        );
        losses.when(
            !r.tags.is_empty(),
            field::TAGS,
            Dropped,
            "tickets have no tags; map them to a custom field to keep them",
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
        losses.when(
            renamed,
            field::LINKS,
            Changed,
            "merged and follow-up tickets refer to the other one, incidents are depended on by their problem",
        );
        losses.when(
            r.brand_id.is_some(),
            field::BRAND,
            Dropped,
            "RT has no brands",
        );
        losses.when(
            r.form_id.is_some(),
            field::FORM,
            Dropped,
            "RT has no ticket forms",
        );
        losses.when(
            r.spam,
            field::CONVERSATION,
            Changed,
            "marked as spam on the source, an ordinary ticket here",
        );
        let more = r.extra.keys().any(|key| !KEPT.contains(&key.as_str()));
        losses.when(
            more || r.external_id.is_some() || r.recipient.is_some(),
            field::EXTRA,
            Dropped,
            "RT's API does not set it",
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
            "RT dates messages now; the date is in the first line",
        );
        losses.when(
            !(self.writes_as)(part),
            field::MESSAGE_AUTHOR,
            Moved,
            "RT takes the user who imports for the author; the real one is in the first line",
        );
        losses.when(
            r.channel != Channel::Api,
            field::MESSAGE_CHANNEL,
            Moved,
            "the channel is in the first line",
        );
        losses.when(
            r.message_id.is_some() || r.in_reply_to.is_some(),
            field::MESSAGE_HEADERS,
            Dropped,
            "RT makes a Message-ID of its own",
        );
        let recipients = !(r.to.is_empty() && r.cc.is_empty() && r.bcc.is_empty());
        losses.when(
            recipients || r.from.is_some(),
            field::MESSAGE_RECIPIENTS,
            Dropped,
            "RT would mail recipients of a message",
        );
        if let Some(html) = &r.html {
            losses.tamed("Request Tracker", field::MESSAGE_BODY, &text::tame(html));
        }
        losses.when(
            r.edited_at.is_some(),
            field::EXTRA,
            Dropped,
            "edits are not marked",
        );
        losses.extra(&r.extra);
        for file in &part.attachments {
            let name = &file.attachment.name;
            match &file.path {
                Err(reason) => {
                    losses.add(field::ATTACHMENT, Dropped, format!("`{name}`: {reason}"));
                }
                Ok(_) if file.size == 0 => losses.add(
                    field::ATTACHMENT,
                    Dropped,
                    format!("`{name}` is empty, which RT does not accept"),
                ),
                Ok(_) => {}
            }
            if file_name(name) != *name {
                let detail = format!("`{name}` becomes `{}`", file_name(name));
                losses.add(field::ATTACHMENT_NAME, Changed, detail);
            }
            losses.when(
                file.attachment.inline,
                field::ATTACHMENT_INLINE,
                Changed,
                "RT's API cannot tie an image to its place in the text: it is attached",
            );
        }
    }
}
