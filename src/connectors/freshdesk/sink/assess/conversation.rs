//! What a ticket loses.

use super::super::tickets::{StatusHere, first_author, has_requester, internal, seats};
use super::super::values::{copies, fit, spent, subject, tags};
use super::super::{Freshdesk, messages};
use super::custom_fields;
use super::message::NOTES;
use crate::connector::{Bundle, Detail, Effect::*, Item, Loss, Losses, TargetDesk, detail, field};
use crate::connectors::freshdesk::limits;
use crate::schema::{Channel, Conversation, Field, Kind};

/// Status codes with which a ticket is done.
const RESOLVED: u64 = 4;
const CLOSED: u64 = 5;

impl Freshdesk {
    pub(super) fn conversation(
        &self,
        bundle: &Bundle,
        item: &Item,
        target: &TargetDesk,
        losses: &mut Losses,
    ) {
        let c = &bundle.conversation;
        self.dates(c, losses);
        if item.existing.is_some() {
            later(item, losses);
        }
        losses.add(field::NUMBER, Moved, detail!("loss-number-moved"));
        losses.when(
            c.metrics.is_some() || c.first_reply_at.is_some(),
            field::METRICS,
            Dropped,
            detail!("loss-no-metrics"),
        );
        self.choices(c, target, losses);
        people(c, item, target, losses);
        let (_, changed) = tags(&c.tags);
        if !changed.is_empty() {
            let names: Vec<&str> = changed.into_iter().map(String::as_str).collect();
            losses.add(
                field::TAGS,
                Changed,
                detail!("loss-tags-cut", tags = names.join("; ")),
            );
        }
        losses.when(
            !c.links.is_empty(),
            field::LINKS,
            Moved,
            detail!("loss-relations-told"),
        );
        custom_fields(
            field::CUSTOM_FIELDS,
            &c.custom_fields,
            &item.refs,
            target,
            losses,
        );
        losses.when(c.spam, field::CONVERSATION, Changed, detail!("loss-spam"));
        losses.when(
            c.deleted,
            field::CONVERSATION,
            Changed,
            detail!("loss-deleted-ticket"),
        );
        losses.when(
            c.external_id.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-no-id-field"),
        );
        losses.when(
            c.recipient.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-recipient"),
        );
        losses.extra(&c.extra);
        self.first(bundle, item, target, losses);
        self.judgements(bundle, losses);
        for entry in &bundle.time_entries {
            let known = entry
                .agent_id
                .as_deref()
                .is_some_and(|id| item.refs.get(Kind::Agent, id).is_some());
            losses.when(
                !known,
                field::TIME_ENTRY,
                Changed,
                detail!("loss-booked-for-owner"),
            );
            if entry.seconds % 60 != 0 {
                let (seconds, time) = (entry.seconds, spent(entry.seconds));
                let detail = detail!("loss-seconds-become", seconds = seconds, time = time);
                losses.add(field::TIME_ENTRY, Changed, detail);
            }
        }
    }

    /// Why a ticket would be refused: a custom field that the account demands,
    /// and that nothing fills.
    pub(super) fn demanded(
        &self,
        c: &Conversation,
        item: &Item,
        target: &TargetDesk,
    ) -> Option<(Detail, Detail)> {
        let closing = matches!(self.status(c, target).code, RESOLVED | CLOSED);
        let filled = |wanted: &Field| {
            c.custom_fields.iter().any(|(id, value)| {
                item.refs.get(Kind::Field, id) == Some(wanted.id.as_str())
                    && fit(value, wanted)
                        .is_ok_and(|fitting| fitting.iter().any(|(_, value)| !value.is_null()))
            })
        };
        let ours = |field: &Field| field.id == self.config.marker_field;
        let missing: Vec<&str> = target
            .fields
            .iter()
            .filter(|field| field.on == Some(Kind::Conversation) && !field.system && field.active)
            .filter(|field| field.required || (closing && field.required_to_close))
            .filter(|field| !ours(field) && !filled(field))
            .map(|field| field.label.as_str())
            .collect();
        match missing.is_empty() {
            true => None,
            false => Some((
                detail!("reason-demanded", fields = missing.join(", ")),
                detail!("reason-demanded-hint"),
            )),
        }
    }

    fn dates(&self, c: &Conversation, losses: &mut Losses) {
        if !self.keeps_dates() {
            losses.when(
                c.created_at.is_some(),
                field::CREATED_AT,
                Moved,
                detail!("loss-legacy-date"),
            );
            losses.when(
                c.updated_at.is_some(),
                field::UPDATED_AT,
                Changed,
                detail!("loss-date-of-the-move"),
            );
        }
        losses.when(
            c.solved_at.is_some(),
            field::SOLVED_AT,
            Changed,
            detail!("loss-counts-from-now"),
        );
        losses.when(
            c.closed_at.is_some(),
            field::CLOSED_AT,
            Changed,
            detail!("loss-date-of-the-move"),
        );
        losses.when(
            c.due_at.is_some(),
            field::DUE_AT,
            Dropped,
            detail!("loss-own-service-levels"),
        );
    }

    /// Subject, status, priority, type and channel. Where only the desk's own
    /// name for a value is lost, verify compares what it means.
    fn choices(&self, c: &Conversation, target: &TargetDesk, losses: &mut Losses) {
        let (_, changed) = subject(c);
        losses.when(
            changed,
            field::SUBJECT,
            Changed,
            detail!("loss-subject-shape"),
        );
        let status = self.status(c, target);
        if status.means != c.status {
            let own = c.status_name.as_deref().unwrap_or(c.status.name());
            losses.add(field::STATUS, Changed, coded(own, &status));
        } else if let Some(own) = &status.renamed {
            let detail = coded(own, &status);
            losses.push(Loss::new(field::STATUS, Changed, detail).compared());
        }
        let (_, same) = self.priority(c);
        losses.when(!same, field::PRIORITY, Changed, detail!("loss-no-priority"));
        if let (true, Some(own)) = (same, &c.priority_name) {
            let detail = detail!("loss-own-name", name = own);
            losses.push(Loss::new(field::PRIORITY, Changed, detail).compared());
        }
        let typed = c.type_name.as_deref().or(c.ticket_type.map(|t| t.name()));
        match (typed, self.ticket_type(c, target)) {
            (None, _) => {}
            (Some(own), None) => {
                let detail = detail!("loss-no-such-type", type = own);
                losses.add(field::TYPE, Dropped, detail);
            }
            (Some(own), Some(kept)) => {
                let detail = detail!("loss-becomes", old = own, new = &kept);
                let means = self.type_meant(&kept);
                if c.ticket_type.is_some_and(|sort| sort != means) {
                    losses.add(field::TYPE, Changed, detail);
                } else if c.type_name.is_some() && !own.eq_ignore_ascii_case(&kept) {
                    losses.push(Loss::new(field::TYPE, Changed, detail).compared());
                }
            }
        }
        let (_, same) = self.source(c, target);
        if !same {
            let detail = detail!("loss-channel-portal", channel = c.channel.name());
            losses.add(field::CHANNEL, Changed, detail);
        }
    }

    /// The message that becomes the description.
    fn first(&self, bundle: &Bundle, item: &Item, target: &TargetDesk, losses: &mut Losses) {
        let c = &bundle.conversation;
        let Some(first) = bundle.messages.first() else {
            losses.when(
                item.existing.is_none(),
                field::MESSAGE,
                Changed,
                detail!("loss-empty-description"),
            );
            return;
        };
        if internal(first) {
            self.message(first, NOTES, &item.refs, losses);
            // Reading back leaves the description out again.
            let detail = detail!("loss-note-first");
            losses.push(Loss::new(field::MESSAGE, Moved, detail).compared());
            return;
        }
        let shown = match self.source(c, target) {
            (_, true) => c.channel,
            (_, false) => Channel::Portal,
        };
        self.message(first, shown, &item.refs, losses);
        if messages::keeps_author(&first.message, &item.refs)
            && !messages::is_requesters(&first.message, c)
        {
            let author = first_author(first, &item.refs);
            let detail = detail!("loss-description-author", author = author);
            let loss = Loss::new(field::MESSAGE_AUTHOR, Moved, detail);
            losses.push(loss.of(&first.message.id));
        }
    }

    fn judgements(&self, bundle: &Bundle, losses: &mut Losses) {
        for rating in &bundle.ratings {
            match rating.score {
                _ if !self.rates() => losses.add(field::RATING, Moved, detail!("loss-no-survey")),
                Some(_) => losses.add(field::RATING, Changed, detail!("loss-rating-dated")),
                None => losses.add(field::RATING, Moved, detail!("loss-rating-scale")),
            }
        }
    }
}

/// A status that becomes another one.
fn coded(own: &str, status: &StatusHere) -> Detail {
    let (new, code) = (status.means.name(), status.code);
    detail!("loss-status-code", old = own, new = new, code = code)
}

/// What a change of a ticket that is there cannot do.
fn later(item: &Item, losses: &mut Losses) {
    for name in [field::UPDATED_AT, field::SOLVED_AT, field::CLOSED_AT] {
        losses.add(name, Changed, detail!("loss-later-date"));
    }
    losses.when(
        item.changed.has(field::CC),
        field::CC,
        Dropped,
        detail!("loss-copies-later"),
    );
}

/// Who asked, who works on it, who reads along, and where it stands.
fn people(c: &Conversation, item: &Item, target: &TargetDesk, losses: &mut Losses) {
    let refs = &item.refs;
    losses.when(
        !has_requester(c, refs),
        field::REQUESTER,
        Changed,
        detail!("loss-nobody-known"),
    );
    let (group, assignee) = seats(c, refs, target);
    losses.when(
        c.group_id.is_some() && group.is_none(),
        field::GROUP,
        Dropped,
        detail!("loss-no-such-group"),
    );
    if let (Some(id), None) = (c.assignee_id.as_deref(), assignee) {
        let why = match refs.get(Kind::Agent, id) {
            Some(_) => detail!("loss-agent-not-a-member"),
            None => detail!("loss-agent-no-account"),
        };
        losses.add(field::ASSIGNEE, Dropped, why);
    }
    let missing =
        |kind, id: &Option<String>| id.as_deref().is_some_and(|id| refs.get(kind, id).is_none());
    losses.when(
        missing(Kind::Organization, &c.organization_id),
        field::ORGANIZATION,
        Dropped,
        detail!("loss-no-company"),
    );
    losses.when(
        missing(Kind::Brand, &c.brand_id),
        field::BRAND,
        Dropped,
        detail!("loss-no-product"),
    );
    losses.when(
        c.form_id.is_some(),
        field::FORM,
        Dropped,
        detail!("loss-no-form"),
    );
    let copies = copies(c, refs);
    if copies.left > 0 {
        let (count, limit) = (copies.left, limits::MAX_CC);
        let detail = detail!("loss-copies-beyond", count = count, limit = limit);
        losses.add(field::CC, Truncated, detail);
    }
    losses.when(
        copies.doubled,
        field::CC,
        Changed,
        detail!("loss-copy-twice"),
    );
    losses.when(
        !c.follower_ids.is_empty(),
        field::FOLLOWERS,
        Dropped,
        detail!("loss-watchers"),
    );
}
