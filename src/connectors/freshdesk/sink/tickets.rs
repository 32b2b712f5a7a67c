//! Tickets: the first message is the description; ratings and booked time follow.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::desk::{agent_with, system};
use super::files;
use super::messages::{
    self, dated, draft, is_requesters, line, lost_date, named, no_dates, pair_files, same_minute,
};
use super::payload::{Payload, send_without};
use super::values::{choice, copies, fit, subject, tags};
use super::{Freshdesk, OwnFields};
use crate::connector::text;
use crate::connector::{
    Bundle, Effect, Item, Loss, Outcome, Part, Refs, Result, TargetDesk, WriteAction, Written,
    detail, field,
};
use crate::connectors::freshdesk::{limits, wire};
use crate::http::Method;
use crate::mapping::Table;
use crate::schema::{Access, Conversation, Kind, Status, TicketType};

/// What becomes of a status.
pub struct StatusHere {
    /// Its code.
    pub code: u64,
    /// What the code means.
    pub means: Status,
    /// The desk's own name, where the status here has another one.
    pub renamed: Option<String>,
}

impl Freshdesk {
    /// Writes a ticket with its first message, ratings and booked time.
    pub(super) async fn write_ticket(
        &self,
        item: &Item,
        bundle: &Bundle,
        target: &TargetDesk,
    ) -> Outcome {
        let own = self.own_fields().await?;
        if let Some(existing) = &item.existing {
            return self.update_ticket(existing, item, bundle, target).await;
        }
        let mut losses = Vec::new();
        let ticket = self.create(item, bundle, target, own, &mut losses).await?;
        let mut written = Written::created(ticket.id.to_string());
        written.losses = losses;
        self.complete(&mut written, item, bundle, None)
            .await
            .map_err(super::unsure)?;
        if let Some(first) = bundle.messages.first().filter(|part| !internal(part)) {
            let made = wire::Conversation {
                attachments: ticket.attachments,
                ..Default::default()
            };
            pair_files(
                &files::sort(&first.attachments),
                0,
                &made,
                &mut written.parts,
            );
        }
        Ok(written)
    }

    async fn create(
        &self,
        item: &Item,
        bundle: &Bundle,
        target: &TargetDesk,
        own: &OwnFields,
        losses: &mut Vec<Loss>,
    ) -> Result<wire::Ticket> {
        let conversation = &bundle.conversation;
        if self.keeps_dates() {
            let mut payload = self.ticket(item, bundle, target, own);
            dated(
                &mut payload,
                &conversation.id,
                conversation.created_at,
                conversation.updated_at,
            );
            match self
                .send_ticket(payload, bundle, "/api/channel/v2/tickets", losses)
                .await
            {
                Ok(ticket) => {
                    if !same_minute(ticket.created_at, conversation.created_at) {
                        self.dates.store(false, Ordering::Relaxed);
                        losses.push(lost_date(field::CREATED_AT, conversation.created_at));
                    }
                    return Ok(ticket);
                }
                Err(error) if no_dates(&error) => {
                    self.dates.store(false, Ordering::Relaxed);
                    losses.push(lost_date(field::CREATED_AT, conversation.created_at));
                    let first = bundle
                        .messages
                        .first()
                        .and_then(|part| part.message.sent_at);
                    losses.push(lost_date(field::MESSAGE_SENT_AT, first));
                }
                Err(error) => return Err(error),
            }
        }
        let payload = self.ticket(item, bundle, target, own);
        self.send_ticket(payload, bundle, "/api/v2/tickets", losses)
            .await
    }

    async fn send_ticket(
        &self,
        mut payload: Payload,
        bundle: &Bundle,
        path: &str,
        losses: &mut Vec<Loss>,
    ) -> Result<wire::Ticket> {
        let sorted = bundle
            .messages
            .first()
            .filter(|part| !internal(part))
            .map(|part| files::sort(&part.attachments));
        let uploads = sorted
            .as_ref()
            .and_then(|sorted| sorted.batches.first())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let call = || {
            self.desk
                .raw_call(Method::Post, path)
                .budget(limits::TICKET_CREATE)
        };
        let marker = self.own_fields.get().and_then(|own| own.marker.clone());
        let give_up = |payload: &mut Payload, name: &str| give_up(payload, name, marker.as_deref());
        send_without(&mut payload, uploads, &call, &give_up, losses)
            .await?
            .json()
    }

    /// The fields of a ticket.
    pub(super) fn ticket(
        &self,
        item: &Item,
        bundle: &Bundle,
        target: &TargetDesk,
        own: &OwnFields,
    ) -> Payload {
        let conversation = &bundle.conversation;
        let mut payload = self.properties(item, conversation, target);
        let first = bundle.messages.first();
        payload.set(
            "description",
            match first {
                Some(part) if internal(part) => text::INTERNAL_START.to_owned(),
                Some(part) => {
                    let attributed =
                        !self.keeps_dates() || !is_requesters(&part.message, conversation);
                    draft(part, &item.refs, attributed).html
                }
                None => messages::EMPTY.to_owned(),
            },
        );
        requester(&mut payload, conversation, &item.refs, target);
        payload.set("source", self.source(conversation, target).0);
        payload.set("cc_emails", copies(conversation, &item.refs).list);
        for (name, value) in [
            (&own.marker, Some(item.marker.clone())),
            (
                &own.legacy_id,
                Some(
                    conversation
                        .number
                        .clone()
                        .unwrap_or_else(|| conversation.id.clone()),
                ),
            ),
            (
                &own.legacy_created,
                conversation
                    .created_at
                    .map(|date| date.strftime("%Y-%m-%d").to_string()),
            ),
        ] {
            if let (Some(name), Some(value)) = (name, value) {
                payload.set_custom(name, json!(line(&value).0));
            }
        }
        payload
    }

    /// What can be changed of a ticket later on too.
    fn properties(&self, item: &Item, conversation: &Conversation, target: &TargetDesk) -> Payload {
        let mut payload = Payload::default();
        let refs = &item.refs;
        payload.set("subject", subject(conversation).0);
        payload.set("status", self.status(conversation, target).code);
        payload.set("priority", self.priority(conversation).0);
        payload.set("type", self.ticket_type(conversation, target));
        let (group, assignee) = seats(conversation, refs, target);
        payload.set_id("group_id", group);
        payload.set_id("responder_id", assignee);
        let brand = conversation
            .brand_id
            .as_deref()
            .and_then(|id| refs.get(Kind::Brand, id));
        payload.set_id("product_id", brand);
        let company = conversation
            .organization_id
            .as_deref()
            .and_then(|id| refs.get(Kind::Organization, id));
        payload.set_id("company_id", company);
        payload.set("tags", tags(&conversation.tags).0);
        for (id, value) in &conversation.custom_fields {
            let defined = refs
                .get(Kind::Field, id)
                .and_then(|id| target.fields.iter().find(|f| f.id == id));
            if let Some((defined, Ok(values))) =
                defined.map(|defined| (defined, fit(value, defined)))
            {
                let name = defined.key.as_deref().unwrap_or(&defined.id);
                for (level, value) in values {
                    payload.set_custom(level.as_deref().unwrap_or(name), value);
                }
            }
        }
        payload
    }

    /// The status that a ticket gets.
    pub(super) fn status(&self, conversation: &Conversation, target: &TargetDesk) -> StatusHere {
        let field = system(target, "default_status");
        let own = conversation.status_name.as_deref();
        let named = own.and_then(|name| choice(field?, name)?.parse().ok());
        let mapped = || {
            let name = conversation.status.name();
            self.mapping.write(Table::Status, name)?.parse().ok()
        };
        let code: u64 = named.or_else(mapped).unwrap_or(2);
        let value = code.to_string();
        let label = field
            .and_then(|field| field.options.iter().find(|option| option.value == value))
            .map(|option| option.label.as_str());
        // As reading back understands it.
        let means = self
            .mapping
            .read(Table::Status, &value)
            .or_else(|| self.mapping.read(Table::Status, label?))
            .and_then(Status::parse);
        let same = |own: &&str| label.is_some_and(|label| label.eq_ignore_ascii_case(own));
        StatusHere {
            code,
            means: means.unwrap_or(Status::Open),
            renamed: own.filter(|own| !same(own)).map(str::to_owned),
        }
    }

    /// The code of a priority, and whether it is the same.
    pub(super) fn priority(&self, conversation: &Conversation) -> (u64, bool) {
        let code = conversation
            .priority
            .and_then(|priority| self.mapping.write(Table::Priority, priority.name()));
        (
            code.and_then(|code| code.parse().ok()).unwrap_or(1),
            code.is_some(),
        )
    }

    /// A type that the account has.
    pub(super) fn ticket_type(
        &self,
        conversation: &Conversation,
        target: &TargetDesk,
    ) -> Option<String> {
        let types = system(target, "default_ticket_type")?;
        let named = conversation
            .type_name
            .as_deref()
            .and_then(|name| choice(types, name));
        let mapped = || {
            self.mapping
                .write(Table::Type, conversation.ticket_type?.name())
        };
        named.or_else(|| choice(types, mapped()?))
    }

    /// What a type of the account means.
    pub(super) fn type_meant(&self, name: &str) -> TicketType {
        self.mapping
            .read(Table::Type, name)
            .and_then(TicketType::parse)
            .unwrap_or(TicketType::Other)
    }

    /// The code of the channel, and whether it is the same one.
    pub(super) fn source(&self, conversation: &Conversation, target: &TargetDesk) -> (u64, bool) {
        let code: Option<u64> = self
            .mapping
            .write(Table::Channel, conversation.channel.name())
            .and_then(|code| code.parse().ok());
        let options = system(target, "default_source")
            .map(|field| field.options.as_slice())
            .unwrap_or_default();
        match code {
            Some(code)
                if options.is_empty() || options.iter().any(|o| o.value == code.to_string()) =>
            {
                (code, true)
            }
            _ => (2, false),
        }
    }

    async fn update_ticket(
        &self,
        id: &str,
        item: &Item,
        bundle: &Bundle,
        target: &TargetDesk,
    ) -> Outcome {
        let mut payload = self.changes(item, &bundle.conversation, target);
        let call = || {
            self.desk
                .put(&format!("/tickets/{id}"))
                .budget(limits::TICKET_UPDATE)
        };
        let mut losses = Vec::new();
        let give_up = |payload: &mut Payload, name: &str| give_up(payload, name, None);
        if !payload.is_empty() {
            send_without(&mut payload, &[], &call, &give_up, &mut losses).await?;
        }
        let mut written = Written::created(id);
        written.action = WriteAction::Updated;
        written.losses = losses;
        if !bundle.ratings.is_empty() || !bundle.time_entries.is_empty() {
            // Some of it may be there already, of an update that was cut off.
            let settled = self.settled(id).await?;
            self.complete(&mut written, item, bundle, Some(&settled))
                .await
                .map_err(super::unsure)?;
        }
        Ok(written)
    }

    /// What an update sends: what changed, emptied where it is gone.
    fn changes(&self, item: &Item, conversation: &Conversation, target: &TargetDesk) -> Payload {
        let mut payload = self.properties(item, conversation, target);
        if item.changed.has(field::REQUESTER) {
            requester(&mut payload, conversation, &item.refs, target);
        }
        let seats = item.changed.has(field::GROUP) || item.changed.has(field::ASSIGNEE);
        payload.retain(|name| match name {
            "subject" => item.changed.has(field::SUBJECT),
            "status" => item.changed.has(field::STATUS),
            "priority" => item.changed.has(field::PRIORITY),
            "type" => item.changed.has(field::TYPE),
            // Freshdesk refuses an assignee who is not in the group.
            "group_id" | "responder_id" => seats,
            "product_id" => item.changed.has(field::BRAND),
            "company_id" => item.changed.has(field::ORGANIZATION),
            "tags" => item.changed.has(field::TAGS),
            "custom_fields" => item.changed.has(field::CUSTOM_FIELDS),
            _ => true,
        });
        if seats {
            payload.clear("group_id", Value::Null);
            payload.clear("responder_id", Value::Null);
        }
        for (name, changed, nothing) in [
            ("type", field::TYPE, Value::Null),
            ("product_id", field::BRAND, Value::Null),
            ("company_id", field::ORGANIZATION, Value::Null),
            ("tags", field::TAGS, json!([])),
        ] {
            if item.changed.has(changed) {
                payload.clear(name, nothing);
            }
        }
        payload
    }
}

/// Whether a message must not be read by customers.
pub fn internal(part: &Part) -> bool {
    part.message.visibility == Access::Internal
}

/// Which fields a ticket can do without.
fn give_up(payload: &mut Payload, name: &str, marker: Option<&str>) -> Option<Loss> {
    if marker == Some(name) {
        return None;
    }
    let lost = match name {
        "company_id" => field::ORGANIZATION,
        "responder_id" => field::ASSIGNEE,
        "group_id" => field::GROUP,
        "product_id" => field::BRAND,
        "type" | "ticket_type" => field::TYPE,
        "tags" => field::TAGS,
        "cc_emails" => field::CC,
        "source" if payload.get("source") != Some(&json!(2)) => {
            payload.set("source", 2);
            return Some(Loss::new(
                field::CHANNEL,
                Effect::Changed,
                detail!("loss-refused-channel"),
            ));
        }
        custom if custom.starts_with("cf_") => {
            let loss = Loss::new(
                field::CUSTOM_FIELDS,
                Effect::Dropped,
                detail!("loss-refused-value", name = custom),
            );
            return payload.remove(custom).then_some(loss);
        }
        _ => return None,
    };
    let name = if name == "ticket_type" { "type" } else { name };
    payload
        .remove(name)
        .then(|| Loss::new(lost, Effect::Dropped, detail!("loss-refused")))
}

/// Who asked: an account of the target, else an address, else the key's owner.
fn requester(payload: &mut Payload, conversation: &Conversation, refs: &Refs, target: &TargetDesk) {
    let source = conversation.requester_id.as_deref();
    if let Some(id) = source.and_then(|id| refs.person_id(id)) {
        payload.set_id("requester_id", Some(id));
        return;
    }
    if let Some(person) = source.and_then(|id| refs.person(id))
        && let Some(email) = &person.email
    {
        match agent_with(target, email) {
            Some(agent) => payload.set_id("requester_id", Some(agent)),
            None => {
                payload.set("email", email.clone());
                payload.set("name", person.name.clone());
            }
        }
        return;
    }
    payload.set_id("requester_id", target.me.as_ref().map(|me| me.id.as_str()));
}

/// Whether a ticket will have its requester.
pub fn has_requester(conversation: &Conversation, refs: &Refs) -> bool {
    conversation.requester_id.as_deref().is_some_and(|id| {
        refs.person_id(id).is_some() || refs.person(id).is_some_and(|person| person.email.is_some())
    })
}

/// Group and assignee. Freshdesk refuses an assignee who is not in the group.
pub fn seats<'a>(
    conversation: &Conversation,
    refs: &'a Refs,
    target: &TargetDesk,
) -> (Option<&'a str>, Option<&'a str>) {
    let group = conversation
        .group_id
        .as_deref()
        .and_then(|id| refs.get(Kind::Group, id));
    let assignee = conversation
        .assignee_id
        .as_deref()
        .and_then(|id| refs.get(Kind::Agent, id));
    let members = group
        .and_then(|id| target.groups.iter().find(|g| g.id == id))
        .map(|g| g.agent_ids.as_slice());
    let outside = |agent: &&str| match members {
        Some(members) if !members.is_empty() => !members.iter().any(|member| member == agent),
        _ => false,
    };
    (group, assignee.filter(|agent| !outside(agent)))
}

/// Names the author of a first message that Freshdesk shows as the requester's.
pub fn first_author(part: &Part, refs: &Refs) -> String {
    let author = named(&part.message.author, refs);
    author
        .name
        .or(author.email)
        .unwrap_or_else(|| author.kind.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Key;

    #[test]
    fn an_assignee_outside_the_group_is_left_out() {
        let mut refs = Refs::default();
        refs.insert(Key::new(Kind::Group, "g"), "8".into());
        refs.insert(Key::new(Kind::Agent, "a"), "12".into());
        let conversation = Conversation {
            group_id: Some("g".into()),
            assignee_id: Some("a".into()),
            ..Default::default()
        };
        let mut target = TargetDesk::default();
        target.groups.push(crate::schema::Group {
            id: "8".into(),
            agent_ids: vec!["13".into()],
            ..Default::default()
        });
        assert_eq!(seats(&conversation, &refs, &target), (Some("8"), None));
        target.groups[0].agent_ids.push("12".into());
        assert_eq!(
            seats(&conversation, &refs, &target),
            (Some("8"), Some("12"))
        );
    }

    #[test]
    fn the_key_field_is_never_given_up() {
        let mut payload = Payload::default();
        payload.set_custom("cf_deskferry_id", json!("m"));
        assert!(give_up(&mut payload, "cf_deskferry_id", Some("cf_deskferry_id")).is_none());
        payload.set("source", 5);
        assert!(give_up(&mut payload, "source", None).is_some());
        assert!(give_up(&mut payload, "source", None).is_none());
    }
}
