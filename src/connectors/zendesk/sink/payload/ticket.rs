//! The ticket itself: people, places, values, dates, fields and relations.

use serde_json::{Map, Value, json};

use super::{CHANNEL_TAG, Maker, field_value, number, reshaped, tag};
use crate::connector::{Effect, Loss, Losses, detail, field};
use crate::mapping::Table;
use crate::schema::{Channel, Conversation, Kind, LinkKind, Priority, Status, TicketType};

type Ticket = Map<String, Value>;

impl<'a> Maker<'a> {
    pub(super) fn subject(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) {
        let subject = conversation.subject.as_deref().unwrap_or("").trim();
        if subject.is_empty() {
            let detail = detail!("loss-no-subject");
            losses.add(field::SUBJECT, Effect::Changed, detail);
            ticket.insert("subject".into(), "(no subject)".into());
        } else {
            ticket.insert("subject".into(), subject.into());
        }
    }

    /// Whether the ticket has somebody who asked.
    pub(super) fn requester(&self, conversation: &Conversation, ticket: &mut Ticket) -> bool {
        let Some(id) = conversation.requester_id.as_deref() else {
            return false;
        };
        if let Some(target) = self.item.refs.person_id(id) {
            ticket.insert("requester_id".into(), number(target));
            return true;
        }
        let person = self.item.refs.person(id);
        let Some(email) = person.and_then(|person| person.email.as_deref()) else {
            return false;
        };
        let name = person.and_then(|person| person.name.as_deref());
        ticket.insert(
            "requester".into(),
            json!({"name": name.unwrap_or(email), "email": email}),
        );
        true
    }

    /// Assignee, group and followers; returns whom the ticket is assigned to.
    pub(super) fn staff(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) -> Option<&'a str> {
        let refs = &self.item.refs;
        let mut assigned = None;
        if let Some(id) = conversation.assignee_id.as_deref() {
            assigned = refs.get(Kind::Agent, id);
            if assigned.is_none() {
                let person = refs.person(id);
                let name = person.and_then(|person| person.name.as_deref());
                let detail = detail!("loss-no-account", who = name.unwrap_or(id));
                losses.add(field::ASSIGNEE, Effect::Dropped, detail);
            }
        }
        if assigned.is_none() && conversation.status == Status::Closed {
            let detail = detail!("loss-closed-assignee");
            losses.add(field::ASSIGNEE, Effect::Changed, detail);
            assigned = self.target.me.as_ref().map(|me| me.id.as_str());
        }
        if let Some(id) = assigned {
            ticket.insert("assignee_id".into(), number(id));
        }
        if let Some(group) = conversation.group_id.as_deref() {
            match refs.get(Kind::Group, group) {
                // An assignee outside of the group is refused.
                Some(target) if assigned.is_none_or(|agent| self.is_member(agent, target)) => {
                    ticket.insert("group_id".into(), number(target));
                }
                Some(_) => losses.add(field::GROUP, Effect::Dropped, detail!("loss-not-a-member")),
                None => losses.add(
                    field::GROUP,
                    Effect::Dropped,
                    detail!("loss-not-here", kind = Kind::Group.name(), which = group),
                ),
            }
        }
        let (followers, lost): (Vec<&String>, Vec<&String>) = conversation
            .follower_ids
            .iter()
            .partition(|id| refs.get(Kind::Agent, id).is_some());
        if !followers.is_empty() {
            let ids: Vec<Value> = followers
                .into_iter()
                .filter_map(|id| refs.get(Kind::Agent, id).map(number))
                .collect();
            ticket.insert("follower_ids".into(), ids.into());
        }
        if !lost.is_empty() {
            let detail = detail!("loss-followers", count = lost.len());
            losses.add(field::FOLLOWERS, Effect::Dropped, detail);
        }
        assigned
    }

    fn is_member(&self, agent: &str, group: &str) -> bool {
        let group = self.target.groups.iter().find(|known| known.id == group);
        group.is_none_or(|group| group.agent_ids.iter().any(|id| id == agent))
    }

    /// Organization, brand and form.
    pub(super) fn places(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) {
        for (source, kind, key, name, effect) in [
            (
                &conversation.organization_id,
                Kind::Organization,
                "organization_id",
                field::ORGANIZATION,
                Effect::Dropped,
            ),
            (
                &conversation.brand_id,
                Kind::Brand,
                "brand_id",
                field::BRAND,
                Effect::Changed,
            ),
            (
                &conversation.form_id,
                Kind::Form,
                "ticket_form_id",
                field::FORM,
                Effect::Changed,
            ),
        ] {
            let Some(id) = source else { continue };
            match self.item.refs.get(kind, id) {
                Some(target) => {
                    ticket.insert(key.into(), number(target));
                }
                None if effect == Effect::Changed => {
                    let detail = detail!("loss-default-one", kind = kind.name(), which = id);
                    losses.add(name, effect, detail);
                }
                None => {
                    let detail = detail!("loss-not-here", kind = kind.name(), which = id);
                    losses.add(name, effect, detail);
                }
            }
        }
    }

    /// People in copy; returns those who have no account.
    pub(super) fn copies(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) -> Vec<String> {
        let refs = &self.item.refs;
        let mut copied: Vec<Value> = Vec::new();
        let mut unknown: Vec<String> = conversation.cc_emails.clone();
        for id in &conversation.cc_ids {
            match refs.person_id(id) {
                Some(target) => copied.push(number(target)),
                None => unknown.push(
                    refs.person(id)
                        .and_then(|person| person.email.clone())
                        .unwrap_or_else(|| id.clone()),
                ),
            }
        }
        if !copied.is_empty() {
            ticket.insert("email_cc_ids".into(), copied.into());
        }
        if !unknown.is_empty() {
            let detail = detail!("loss-in-a-note", what = unknown.join(", "));
            losses.add(field::CC, Effect::Moved, detail);
        }
        unknown
    }

    /// Status, priority and type.
    pub(super) fn values(
        &self,
        conversation: &Conversation,
        assigned: Option<&str>,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) {
        let name = conversation.status.name();
        let word = self.mapping.write(Table::Status, name).unwrap_or("open");
        ticket.insert("status".into(), word.into());
        let becomes = match conversation.status {
            Status::New if assigned.is_some() => "open",
            _ => word,
        };
        if self.mapping.read(Table::Status, becomes) != Some(name) {
            let detail = match becomes == word {
                true => detail!("loss-word-becomes", old = name, new = becomes),
                false => detail!("loss-status-assigned", old = name, new = becomes),
            };
            losses.add(field::STATUS, Effect::Changed, detail);
        }
        named(
            field::STATUS,
            conversation.status_name.as_deref(),
            becomes,
            losses,
        );
        for (table, key, lost, value, own) in [
            (
                Table::Priority,
                "priority",
                field::PRIORITY,
                conversation.priority.map(Priority::name),
                conversation.priority_name.as_deref(),
            ),
            (
                Table::Type,
                "type",
                field::TYPE,
                conversation.ticket_type.map(TicketType::name),
                conversation.type_name.as_deref(),
            ),
        ] {
            let Some(value) = value else {
                if let Some(own) = own {
                    let detail = detail!("loss-value", value = own);
                    losses.push(Loss::new(lost, Effect::Dropped, detail).compared());
                }
                continue;
            };
            match self.mapping.write(table, value) {
                Some(word) => {
                    ticket.insert(key.into(), word.into());
                    if self.mapping.read(table, word) != Some(value) {
                        let detail = detail!("loss-word-becomes", old = value, new = word);
                        losses.add(lost, Effect::Changed, detail);
                    }
                    named(lost, own, word, losses);
                }
                None => {
                    let detail = detail!("loss-value", value = own.unwrap_or(value));
                    losses.add(lost, Effect::Dropped, detail);
                }
            }
        }
    }

    /// Tags, and the one that keeps the channel.
    pub(super) fn tags(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) {
        let mut tags: Vec<String> = Vec::new();
        let mut changed = Vec::new();
        for old in &conversation.tags {
            let new = tag(old);
            if new != *old {
                changed.push(detail!("loss-word-becomes", old = old, new = &new));
            }
            if !new.is_empty() && !tags.contains(&new) {
                tags.push(new);
            }
        }
        if !changed.is_empty() {
            losses.add(
                field::TAGS,
                Effect::Changed,
                detail!("loss-value", value = changed),
            );
        }
        if conversation.channel != Channel::Api {
            let kept = format!("{CHANNEL_TAG}{}", conversation.channel);
            let detail = detail!("loss-channel-tag", tag = &kept);
            // Reading back takes it from the tag.
            losses.push(Loss::new(field::CHANNEL, Effect::Moved, detail).compared());
            tags.push(kept);
        }
        ticket.insert("tags".into(), tags.into());
    }

    pub(super) fn dates(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) {
        for (date, key, name) in [
            (conversation.created_at, "created_at", field::CREATED_AT),
            (conversation.updated_at, "updated_at", field::UPDATED_AT),
            (conversation.solved_at, "solved_at", field::SOLVED_AT),
        ] {
            let Some(date) = date else { continue };
            if key == "solved_at" && !matches!(conversation.status, Status::Solved | Status::Closed)
            {
                losses.add(name, Effect::Dropped, detail!("loss-open-again"));
                continue;
            }
            let fits = self.fit(date);
            if fits != date {
                let (old, new) = (date.to_string(), fits.to_string());
                let detail = detail!("loss-word-becomes", old = old, new = new);
                losses.add(name, Effect::Changed, detail);
            }
            ticket.insert(key.into(), fits.to_string().into());
        }
        if let Some(date) = conversation.closed_at {
            let detail = detail!("loss-value", value = date.to_string());
            losses.add(field::CLOSED_AT, Effect::Dropped, detail);
        }
        if let Some(due) = conversation.due_at {
            if conversation.ticket_type == Some(TicketType::Task) {
                ticket.insert("due_at".into(), due.to_string().into());
            } else {
                losses.add(field::DUE_AT, Effect::Dropped, detail!("loss-only-tasks"));
            }
        }
    }

    pub(super) fn custom_fields(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) {
        let mut values = Vec::new();
        for (id, value) in &conversation.custom_fields {
            losses.within(id, |losses| {
                let Some(target) = self.item.refs.get(Kind::Field, id) else {
                    let detail = detail!("loss-not-here", kind = Kind::Field.name(), which = id);
                    losses.add(field::CUSTOM_FIELDS, Effect::Dropped, detail);
                    return;
                };
                let definition = self.target.fields.iter().find(|known| known.id == target);
                match field_value(definition, value) {
                    Ok(sent) => {
                        if let Some(what) = reshaped(definition, value, &sent) {
                            let detail = detail!("loss-field", field = id, what = what);
                            losses.add(field::CUSTOM_FIELDS, Effect::Changed, detail);
                        }
                        values.push(json!({"id": number(target), "value": sent}));
                    }
                    Err(why) => losses.add(
                        field::CUSTOM_FIELDS,
                        Effect::Dropped,
                        detail!("loss-field", field = id, what = why),
                    ),
                }
            });
        }
        if !values.is_empty() {
            ticket.insert("custom_fields".into(), values.into());
        }
    }

    /// Relations; returns a line for each that Zendesk has no place for.
    pub(super) fn relations(
        &self,
        conversation: &Conversation,
        ticket: &mut Ticket,
        losses: &mut Losses,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let mut lost = Vec::new();
        for link in &conversation.links {
            match (link.kind, self.item.refs.get(Kind::Conversation, &link.id)) {
                (LinkKind::Problem, Some(target))
                    if conversation.ticket_type == Some(TicketType::Incident) =>
                {
                    ticket.insert("problem_id".into(), number(target));
                }
                (kind, target) => {
                    let other = match target {
                        Some(target) => format!("ticket #{target} (formerly {})", link.id),
                        None => format!("{} of the old desk", link.id),
                    };
                    lines.push(format!("{kind}: {other}"));
                    lost.push(format!("{kind} {}", link.id));
                }
            }
        }
        if !lost.is_empty() {
            let detail = detail!("loss-in-a-note", what = lost.join("; "));
            losses.add(field::LINKS, Effect::Moved, detail);
        }
        lines
    }

    /// What a ticket has no place for at all.
    pub(super) fn rest(&self, conversation: &Conversation, losses: &mut Losses) {
        use Effect::{Changed, Dropped};
        losses.when(
            conversation.metrics.is_some() || conversation.first_reply_at.is_some(),
            field::METRICS,
            Dropped,
            detail!("loss-metrics-imported"),
        );
        let old = conversation.number.as_deref().unwrap_or(&conversation.id);
        losses.add(field::NUMBER, Changed, detail!("loss-number", old = old));
        losses.when(
            conversation.external_id.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-external-id"),
        );
        losses.when(
            conversation.recipient.is_some(),
            field::EXTRA,
            Dropped,
            detail!("loss-recipient"),
        );
        losses.when(
            conversation.spam || conversation.deleted,
            field::CONVERSATION,
            Changed,
            detail!("loss-spam-or-deleted"),
        );
        losses.extra(&conversation.extra);
    }
}

/// The desk's own name for a value that is another word here. Verify compares
/// what the value means.
fn named(field: &str, own: Option<&str>, word: &str, losses: &mut Losses) {
    if let Some(own) = own.filter(|own| !own.eq_ignore_ascii_case(word)) {
        let detail = detail!("loss-own-becomes", old = own, new = word);
        losses.push(Loss::new(field, Effect::Changed, detail).compared());
    }
}
