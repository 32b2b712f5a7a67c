//! What a ticket loses.

use super::super::tickets::{first_author, has_requester, internal, seats};
use super::super::values::{copies, fit, spent, subject, tags};
use super::super::{Freshdesk, messages};
use super::custom_fields;
use super::message::NOTES;
use crate::connector::{Bundle, Effect::*, Item, Loss, Losses, TargetDesk, field};
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
        losses.add(field::NUMBER, Moved, "Freshdesk gives a number of its own; the old one goes to the legacy id field, where the account has it");
        losses.when(
            c.metrics.is_some() || c.first_reply_at.is_some(),
            field::METRICS,
            Dropped,
            "service level figures cannot be written",
        );
        self.choices(c, target, losses);
        people(c, item, target, losses);
        let (_, changed) = tags(&c.tags);
        if !changed.is_empty() {
            let names: Vec<&str> = changed.into_iter().map(String::as_str).collect();
            losses.add(
                field::TAGS,
                Changed,
                format!("no commas, 32 characters: {}", names.join("; ")),
            );
        }
        losses.when(
            !c.links.is_empty(),
            field::LINKS,
            Moved,
            "relations are told in an internal note",
        );
        custom_fields(
            field::CUSTOM_FIELDS,
            &c.custom_fields,
            &item.refs,
            target,
            losses,
        );
        losses.when(
            c.spam,
            field::CONVERSATION,
            Changed,
            "spam cannot be created: it becomes an ordinary ticket",
        );
        losses.when(
            c.deleted,
            field::CONVERSATION,
            Changed,
            "deleted tickets cannot be created: it becomes an ordinary ticket",
        );
        losses.when(
            c.external_id.is_some(),
            field::EXTRA,
            Dropped,
            "the owner's own id has no field",
        );
        losses.when(
            c.recipient.is_some(),
            field::EXTRA,
            Dropped,
            "the address of the desk that it was sent to",
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
                "booked for the key's owner: the agent has no account on the target",
            );
            if entry.seconds % 60 != 0 {
                losses.add(
                    field::TIME_ENTRY,
                    Changed,
                    format!("{} seconds become {}", entry.seconds, spent(entry.seconds)),
                );
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
    ) -> Option<(String, String)> {
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
                format!("the target demands {}, and nothing fills it", missing.join(", ")),
                "map a field or a constant to it in mapping.toml, or make it optional while the migration runs".into(),
            )),
        }
    }

    fn dates(&self, c: &Conversation, losses: &mut Losses) {
        if !self.keeps_dates() {
            losses.when(
                c.created_at.is_some(),
                field::CREATED_AT,
                Moved,
                "to the legacy date field and the first line of the first message",
            );
            losses.when(
                c.updated_at.is_some(),
                field::UPDATED_AT,
                Changed,
                "becomes the date of the migration",
            );
        }
        losses.when(
            c.solved_at.is_some(),
            field::SOLVED_AT,
            Changed,
            "Freshdesk counts from the migration on",
        );
        losses.when(
            c.closed_at.is_some(),
            field::CLOSED_AT,
            Changed,
            "becomes the date of the migration",
        );
        losses.when(
            c.due_at.is_some(),
            field::DUE_AT,
            Dropped,
            "the target's own service levels apply",
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
            "empty or longer than 255 characters",
        );
        let status = self.status(c, target);
        if status.means != c.status {
            let own = c.status_name.as_deref().unwrap_or(c.status.name());
            let detail = format!("`{own}` becomes {} ({})", status.means, status.code);
            losses.add(field::STATUS, Changed, detail);
        } else if let Some(own) = status.renamed {
            let detail = format!("`{own}` becomes {} ({})", status.means, status.code);
            losses.push(Loss::new(field::STATUS, Changed, detail).compared());
        }
        let (_, same) = self.priority(c);
        losses.when(
            !same,
            field::PRIORITY,
            Changed,
            "without a priority it becomes low",
        );
        if let (true, Some(own)) = (same, &c.priority_name) {
            let detail = format!("the desk's own name `{own}`");
            losses.push(Loss::new(field::PRIORITY, Changed, detail).compared());
        }
        let typed = c.type_name.as_deref().or(c.ticket_type.map(|t| t.name()));
        match (typed, self.ticket_type(c, target)) {
            (None, _) => {}
            (Some(own), None) => {
                let detail = format!("`{own}`: the target has no such type");
                losses.add(field::TYPE, Dropped, detail);
            }
            (Some(own), Some(kept)) => {
                let detail = format!("`{own}` becomes `{kept}`");
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
            let detail = format!("{} cannot be created and becomes portal", c.channel);
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
                "a ticket without messages gets an empty description",
            );
            return;
        };
        if internal(first) {
            self.message(first, NOTES, &item.refs, losses);
            // Reading back leaves the description out again.
            losses.push(Loss::new(field::MESSAGE, Moved, "customers read descriptions: the description says that an internal note came first, and the note follows").compared());
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
            let detail =
                format!("the description is the requester's; the first line names {author}");
            let loss = Loss::new(field::MESSAGE_AUTHOR, Moved, detail);
            losses.push(loss.of(&first.message.id));
        }
    }

    fn judgements(&self, bundle: &Bundle, losses: &mut Losses) {
        for rating in &bundle.ratings {
            match rating.score {
                _ if !self.rates() => losses.add(
                    field::RATING,
                    Moved,
                    "the account has no active satisfaction survey: told in an internal note",
                ),
                Some(_) => losses.add(
                    field::RATING,
                    Changed,
                    "dated on the day of the migration, and the assignee's at that time",
                ),
                None => losses.add(
                    field::RATING,
                    Moved,
                    "its value is on no scale that Freshdesk has: told in an internal note",
                ),
            }
        }
    }
}

/// What a change of a ticket that is there cannot do.
fn later(item: &Item, losses: &mut Losses) {
    for name in [field::UPDATED_AT, field::SOLVED_AT, field::CLOSED_AT] {
        let dated = "changed after the move: the target's own date";
        losses.add(name, Changed, dated);
    }
    losses.when(
        item.changed.has(field::CC),
        field::CC,
        Dropped,
        "people in copy cannot be changed later",
    );
}

/// Who asked, who works on it, who reads along, and where it stands.
fn people(c: &Conversation, item: &Item, target: &TargetDesk, losses: &mut Losses) {
    let refs = &item.refs;
    losses.when(
        !has_requester(c, refs),
        field::REQUESTER,
        Changed,
        "nobody is known by account or address: it becomes the key's owner",
    );
    let (group, assignee) = seats(c, refs, target);
    losses.when(
        c.group_id.is_some() && group.is_none(),
        field::GROUP,
        Dropped,
        "the target has no such group",
    );
    if let (Some(id), None) = (c.assignee_id.as_deref(), assignee) {
        let why = match refs.get(Kind::Agent, id) {
            Some(_) => "the agent is not a member of the group on the target",
            None => "the agent has no account on the target",
        };
        losses.add(field::ASSIGNEE, Dropped, why);
    }
    let missing =
        |kind, id: &Option<String>| id.as_deref().is_some_and(|id| refs.get(kind, id).is_none());
    losses.when(
        missing(Kind::Organization, &c.organization_id),
        field::ORGANIZATION,
        Dropped,
        "the company is not on the target",
    );
    losses.when(
        missing(Kind::Brand, &c.brand_id),
        field::BRAND,
        Dropped,
        "the target has no such product",
    );
    losses.when(
        c.form_id.is_some(),
        field::FORM,
        Dropped,
        "a form cannot be chosen over the API",
    );
    let copies = copies(c, refs);
    if copies.left > 0 {
        let detail = format!(
            "{} in copy have no address or are beyond {}",
            copies.left,
            limits::MAX_CC
        );
        losses.add(field::CC, Truncated, detail);
    }
    losses.when(
        copies.doubled,
        field::CC,
        Changed,
        "an address that is in copy twice is there once",
    );
    losses.when(
        !c.follower_ids.is_empty(),
        field::FOLLOWERS,
        Dropped,
        "watchers would be mailed",
    );
}
