//! Tickets: the first message is the description; ratings and booked time follow.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::desk::{agent_with, system};
use super::files;
use super::messages::{
    self, dated, draft, is_requesters, line, lost_date, named, no_dates, pair_files, same_minute,
};
use super::payload::{Payload, send_without};
use super::{Freshdesk, OwnFields};
use crate::connector::{
    Bundle, Effect, Error, ErrorKind, Item, Loss, Outcome, Part, Refs, Result, TargetDesk,
    WriteAction, Written, field, text,
};
use crate::connectors::freshdesk::normalize::description_id;
use crate::connectors::freshdesk::{limits, wire};
use crate::http::Method;
use crate::mapping::Table;
use crate::schema::{Access, Conversation, Field, FieldType, Key, Kind, Rating, TimeEntry};

/// The description of a ticket that began with an internal note: customers read descriptions.
pub const INTERNAL_START: &str = "(This conversation began with an internal note.)";

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
                Some(part) if internal(part) => INTERNAL_START.to_owned(),
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
        payload.set("cc_emails", copies(conversation, &item.refs).0);
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
        payload.set("status", self.status(conversation, target).0);
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

    /// The code of a status, and whether it reads back as the same.
    pub(super) fn status(&self, conversation: &Conversation, target: &TargetDesk) -> (u64, bool) {
        let named = conversation
            .status_name
            .as_deref()
            .and_then(|name| choice(system(target, "default_status")?, name));
        if let Some(code) = named.and_then(|code| code.parse().ok()) {
            return (code, true);
        }
        let name = conversation.status.name();
        let code = self.mapping.write(Table::Status, name).unwrap_or("2");
        let same = self.mapping.read(Table::Status, code) == Some(name)
            && conversation.status_name.is_none();
        (code.parse().unwrap_or(2), same)
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

    /// Adds what belongs to a ticket beside its description. With `there` only
    /// what was not written before the answer was lost.
    pub(super) async fn complete(
        &self,
        written: &mut Written,
        item: &Item,
        bundle: &Bundle,
        there: Option<&Settled>,
    ) -> Result<()> {
        let id = written.id.clone();
        written.url = Some(format!("{}/a/tickets/{id}", self.desk.base()));
        let none = Settled::default();
        let settled = there.unwrap_or(&none);
        if let Some(first) = bundle.messages.first() {
            let key = Key::new(Kind::Message, &first.message.id);
            if internal(first) {
                let wanted = text::comparable(&draft(first, &item.refs, true).html, true);
                let note = match settled.notes.iter().find(|(_, said)| *said == wanted) {
                    Some((note, _)) => note.clone(),
                    None => self
                        .note(&id, first, &item.refs, &mut written.losses)
                        .await?
                        .id
                        .to_string(),
                };
                written.parts.push((key, note));
            } else {
                written.parts.push((key, description_id(&id)));
            }
            let texts: Vec<String> = settled.notes.iter().map(|(_, said)| said.clone()).collect();
            self.further_files(&id, 1, first, &item.refs, &texts, &mut written.parts)
                .await?;
        }
        for entry in &bundle.time_entries {
            self.time_entry(written, item, entry, settled).await?;
        }
        for rating in &bundle.ratings {
            self.rating(written, rating, settled).await?;
        }
        Ok(())
    }

    async fn time_entry(
        &self,
        written: &mut Written,
        item: &Item,
        entry: &TimeEntry,
        settled: &Settled,
    ) -> Result<()> {
        let key = Key::new(Kind::TimeEntry, &entry.id);
        let spent = spent(entry.seconds);
        let same = |there: &&wire::TimeEntry| {
            there.time_spent.as_deref() == Some(&spent)
                && there.note.as_deref().unwrap_or_default()
                    == entry.note.as_deref().unwrap_or_default()
                && same_minute(there.executed_at, entry.executed_at.or(entry.created_at))
        };
        let taken = |there: &&wire::TimeEntry| {
            !written
                .parts
                .iter()
                .any(|(k, id)| k.kind == Kind::TimeEntry && *id == there.id.to_string())
        };
        if let Some(there) = settled.time.iter().filter(taken).find(same) {
            written.parts.push((key, there.id.to_string()));
            return Ok(());
        }
        let mut payload = Payload::default();
        payload.set("time_spent", spent);
        payload.set("timer_running", false);
        payload.set("billable", entry.billable.unwrap_or(true));
        payload.set("note", entry.note.clone());
        payload.set(
            "executed_at",
            entry
                .executed_at
                .or(entry.created_at)
                .map(|date| date.to_string()),
        );
        let agent = entry
            .agent_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Agent, id));
        payload.set_id("agent_id", agent);
        let call = self
            .desk
            .post(&format!("/tickets/{}/time_entries", written.id));
        match payload.send(call, &[]).json::<wire::Id>().await {
            Ok(made) => written.parts.push((key, made.id.to_string())),
            Err(error) => written.losses.push(refused_part(field::TIME_ENTRY, error)?),
        }
        Ok(())
    }

    async fn rating(
        &self,
        written: &mut Written,
        rating: &Rating,
        settled: &Settled,
    ) -> Result<()> {
        let Some(value) = rating.score.map(rating_value) else {
            return Ok(());
        };
        let key = Key::new(Kind::Rating, &rating.id);
        let feedback = rating.comment.clone().unwrap_or_default();
        let same = |there: &&wire::Rating| {
            let said = there
                .ratings
                .as_ref()
                .and_then(|answers| answers.get("default_question"));
            said.and_then(Value::as_i64) == Some(value)
                && there.feedback.as_deref().unwrap_or_default() == feedback
        };
        if let Some(there) = settled.ratings.iter().find(same) {
            written.parts.push((key, there.id.to_string()));
            return Ok(());
        }
        let body = json!({"feedback": feedback, "ratings": {"default_question": value}});
        let call = self
            .desk
            .post(&format!("/tickets/{}/satisfaction_ratings", written.id));
        match call.body(&body).send().await {
            // The documentation shows `"id": false` here.
            Ok(answer) => {
                if let Ok(made) = answer.json::<wire::Id>() {
                    written.parts.push((key, made.id.to_string()));
                }
            }
            Err(error) => written.losses.push(refused_part(field::RATING, error)?),
        }
        Ok(())
    }
}

/// What is on a ticket already, when an answer was lost.
#[derive(Debug, Default)]
pub struct Settled {
    /// Notes with what they say.
    pub notes: Vec<(String, String)>,
    /// Booked time.
    pub time: Vec<wire::TimeEntry>,
    /// Ratings.
    pub ratings: Vec<wire::Rating>,
}

/// A definite refusal of a rating or time entry loses only that; everything
/// else must be settled first.
fn refused_part(name: &str, error: Error) -> Result<Loss> {
    match error.kind {
        ErrorKind::Rejected { .. }
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict { .. } => Ok(Loss::new(name, Effect::Dropped, error.message)),
        _ => Err(error),
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
    let refused = "the target refused it";
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
                "the target refused the channel; it becomes portal",
            ));
        }
        custom if custom.starts_with("cf_") => {
            let loss = Loss::new(
                field::CUSTOM_FIELDS,
                Effect::Dropped,
                format!("{custom}: {refused}"),
            );
            return payload.remove(custom).then_some(loss);
        }
        _ => return None,
    };
    let name = if name == "ticket_type" { "type" } else { name };
    payload
        .remove(name)
        .then(|| Loss::new(lost, Effect::Dropped, refused))
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

/// The subject, and whether it is another one.
pub fn subject(conversation: &Conversation) -> (String, bool) {
    match conversation
        .subject
        .as_deref()
        .map(str::trim)
        .filter(|s| !s.is_empty())
    {
        Some(subject) => line(subject),
        None => ("(no subject)".into(), true),
    }
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

/// Addresses in copy that fit, and how many do not.
pub fn copies(conversation: &Conversation, refs: &Refs) -> (Vec<String>, usize) {
    let mut list: Vec<String> = Vec::new();
    let mut unknown = 0;
    for id in &conversation.cc_ids {
        match refs.person(id).and_then(|person| person.email.clone()) {
            Some(email) => list.push(email),
            None => unknown += 1,
        }
    }
    list.extend(conversation.cc_emails.iter().cloned());
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|email| email.contains('@') && seen.insert(email.to_lowercase()));
    let more = list.len().saturating_sub(limits::MAX_CC);
    list.truncate(limits::MAX_CC);
    (list, more + unknown)
}

/// Tags as Freshdesk takes them, and the ones that changed.
pub fn tags(tags: &[String]) -> (Vec<String>, Vec<&String>) {
    let mut changed = Vec::new();
    let mut list: Vec<String> = Vec::new();
    for tag in tags {
        let plain: String = tag
            .replace(',', " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let cut: String = plain.chars().take(limits::MAX_TAG).collect();
        let cut = cut.trim_end().to_owned();
        if cut != *tag {
            changed.push(tag);
        }
        if !cut.is_empty() && !list.iter().any(|known| known.eq_ignore_ascii_case(&cut)) {
            list.push(cut);
        }
    }
    (list, changed)
}

/// The stored value of a choice, by value or label.
fn choice(field: &Field, name: &str) -> Option<String> {
    let name = name.trim();
    let options = || field.options.iter();
    options()
        .find(|option| option.label.eq_ignore_ascii_case(name))
        .or_else(|| options().find(|option| option.value.eq_ignore_ascii_case(name)))
        .map(|option| option.value.clone())
}

/// A value as the target's field takes it, by level for dependent fields
/// (`None` is the field itself); `Err` says why it does not fit.
pub fn fit(value: &Value, defined: &Field) -> Result<Vec<(Option<String>, Value)>, String> {
    if value.is_null() {
        return Ok(vec![(None, Value::Null)]);
    }
    let plain = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => items
            .iter()
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    let one = |value: Value| Ok(vec![(None, value)]);
    let wrong = |what: &str| Err(format!("`{plain}` is not {what}"));
    match defined.field_type {
        FieldType::TextArea => one(json!(plain)),
        FieldType::Integer => match plain.parse::<i64>() {
            Ok(number) => one(json!(number)),
            Err(_) => wrong("a whole number"),
        },
        FieldType::Decimal => match plain.parse::<f64>() {
            Ok(number) => one(json!(number)),
            Err(_) => wrong("a number"),
        },
        FieldType::Checkbox => match plain.to_lowercase().as_str() {
            "true" | "yes" | "1" => one(json!(true)),
            "false" | "no" | "0" => one(json!(false)),
            _ => wrong("yes or no"),
        },
        FieldType::Date | FieldType::DateTime => match plain
            .get(..10)
            .filter(|day| day.parse::<jiff::civil::Date>().is_ok())
        {
            Some(day) => one(json!(day)),
            None => wrong("a date"),
        },
        FieldType::Select if !defined.options.is_empty() => match choice(defined, &plain) {
            Some(value) => one(json!(value)),
            None => wrong("one of the choices"),
        },
        FieldType::MultiSelect => {
            let items: Vec<&str> = match value {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                _ => vec![plain.as_str()],
            };
            let chosen: Option<Vec<String>> =
                items.iter().map(|item| choice(defined, item)).collect();
            match chosen {
                Some(chosen) => one(json!(chosen)),
                None => wrong("a selection of the choices"),
            }
        }
        FieldType::Dependent => {
            let Some(path) = choice(defined, &plain) else {
                return wrong("one of the choices");
            };
            let below = defined.extra.get("levels").and_then(Value::as_array);
            let names = below
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|name| Some(name.to_owned()));
            Ok(std::iter::once(None)
                .chain(names)
                .zip(path.split("::").map(|level| json!(level)))
                .collect())
        }
        _ => {
            let (cut, truncated) = line(&plain);
            if truncated {
                Err("longer than 255 characters".into())
            } else {
                one(json!(cut))
            }
        }
    }
}

/// `hh:mm`, to the nearest minute.
pub fn spent(seconds: u64) -> String {
    let minutes = (seconds + 30) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A score from 0 to 100 on Freshdesk's scale.
pub fn rating_value(score: u8) -> i64 {
    match score {
        92.. => 103,
        75..=91 => 102,
        59..=74 => 101,
        42..=58 => 100,
        26..=41 => -101,
        9..=25 => -102,
        _ => -103,
    }
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
    use crate::schema::FieldOption;

    #[test]
    fn tags_lose_commas_and_length() {
        let given = ["a,b".to_owned(), "x".repeat(40), "A B".into()];
        let (list, changed) = tags(&given);
        assert_eq!(list, ["a b".to_owned(), "x".repeat(32)]);
        assert_eq!(changed.len(), 2);
    }

    #[test]
    fn time_is_kept_to_the_minute() {
        assert_eq!(spent(38_400), "10:40");
        assert_eq!(spent(29), "00:00");
        assert_eq!(spent(360_000 + 31), "100:01");
    }

    #[test]
    fn scores_survive_the_way_there_and_back() {
        for score in [0, 17, 33, 50, 67, 83, 100] {
            let back = crate::connectors::freshdesk::normalize::score(rating_value(score));
            assert_eq!(back, Some(score));
        }
    }

    #[test]
    fn values_fit_or_say_why_not() {
        let mut defined = Field {
            field_type: FieldType::Select,
            options: vec![FieldOption {
                value: "Refund".into(),
                label: "Refund".into(),
            }],
            ..Field::default()
        };
        assert_eq!(
            fit(&json!("refund"), &defined).unwrap(),
            [(None, json!("Refund"))]
        );
        assert!(
            fit(&json!("gift"), &defined)
                .unwrap_err()
                .contains("choices")
        );
        defined.field_type = FieldType::Date;
        assert_eq!(
            fit(&json!("2019-06-25T10:15:00Z"), &defined).unwrap(),
            [(None, json!("2019-06-25"))]
        );
        defined.field_type = FieldType::Integer;
        assert!(fit(&json!("7.5"), &defined).is_err());
        assert_eq!(fit(&json!(7), &defined).unwrap(), [(None, json!(7))]);
    }

    #[test]
    fn a_dependent_value_goes_to_its_levels() {
        let path = "HDFC::Chennai::OMR";
        let defined = Field {
            field_type: FieldType::Dependent,
            options: vec![FieldOption {
                value: path.into(),
                label: path.into(),
            }],
            extra: [("levels".to_owned(), json!(["cf_district", "cf_branch"]))].into(),
            ..Field::default()
        };
        let levels = fit(&json!(path), &defined).unwrap();
        assert_eq!(levels[0], (None, json!("HDFC")));
        assert_eq!(levels[2], (Some("cf_branch".into()), json!("OMR")));
    }

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
