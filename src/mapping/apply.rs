//! The compiled rules at work on one record.

use serde_json::Value as Json;

use minijinja::Value;
use minijinja::value::Serde;

use super::compile::{Compiled, From, Live, LiveFilters, To};
use super::platform::Table;
use super::rule::{Made, fit};
use super::value::{is_empty, text};
use crate::connector::{Detail, Effect, Error, Loss, Result, detail, field, identity};
use crate::schema::{
    Channel, Contact, Conversation, CustomFields, Identity, IdentityKind, Kind, Priority, Record,
    Status, TicketType,
};

/// What became of a record.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // made and taken apart once a record
pub enum Applied {
    /// It is moved, like this.
    Keep {
        /// The record, mapped.
        record: Record,
        /// What the rules change or leave out, for the plan. The record is
        /// what the target must have: its changed values can be compared.
        losses: Vec<Loss>,
    },
    /// It stays behind.
    Skip {
        /// Which filter, and why.
        reason: Detail,
    },
}

/// The fields of the schema that a rule can write (`to = "record.tags"`).
pub(super) fn writable(on: Kind) -> &'static [&'static str] {
    match on {
        Kind::Conversation => &[
            "tags",
            "subject",
            "status",
            "priority",
            "type",
            "channel",
            "recipient",
            "external_id",
        ],
        Kind::Contact => &[
            "tags",
            "name",
            "notes",
            "details",
            "title",
            "locale",
            "time_zone",
            "external_id",
        ],
        Kind::Organization => &["tags", "name", "notes", "details", "external_id"],
        _ => &[],
    }
}

impl Compiled {
    /// Applies the rules to one record. Conversations and their messages are
    /// applied one by one; the messages of a skipped conversation are the
    /// caller's to leave out.
    ///
    /// # Errors
    /// [`crate::connector::ErrorKind::Rejected`] when a value has no place and
    /// its rule says `on_unmapped = "error"`: the record is a problem.
    pub fn apply(&self, record: Record) -> Result<Applied> {
        let mut losses = Vec::new();
        let mut record = record;
        match &mut record {
            Record::Conversation(conversation) => {
                if let Some(reason) = self.filters.skips(conversation) {
                    return Ok(Applied::Skip { reason });
                }
                self.values(conversation, &mut losses);
            }
            Record::Message(message) => {
                self.channel(&mut message.channel, field::MESSAGE_CHANNEL, &mut losses);
            }
            Record::Contact(contact) if self.e164 => self.phones(contact, &mut losses),
            Record::Organization(organization) => {
                let name = organization.name.to_lowercase();
                if let Some(new) = self.organizations.get(&name)
                    && *new != organization.name
                {
                    let old = std::mem::replace(&mut organization.name, new.clone());
                    change(&mut losses, field::ORGANIZATION_NAME, &old, new);
                }
            }
            _ => {}
        }
        if matches!(
            record.kind(),
            Kind::Conversation | Kind::Contact | Kind::Organization
        ) {
            self.fields_of(&mut record, &mut losses)?;
        }
        if let Record::Conversation(_) = record {
            self.finish(&mut record, &mut losses)?;
        }
        Ok(Applied::Keep { record, losses })
    }

    /// Phone numbers as E.164, for targets that take no others. One that cannot
    /// be read as a number stays as it is, and the target says what it is to it.
    fn phones(&self, contact: &mut Contact, losses: &mut Vec<Loss>) {
        let country = self.shared.country.as_deref();
        for known in &mut contact.identities {
            if !matches!(known.kind, IdentityKind::Phone | IdentityKind::Mobile) {
                continue;
            }
            let Some(new) = identity::phone(&known.value, country) else {
                continue;
            };
            // What follows is no part of an E.164 number: an extension stays as it was written.
            if new != known.value && !new.contains(';') {
                let old = std::mem::replace(&mut known.value, new);
                change(losses, field::CONTACT_IDENTITIES, &old, &known.value);
            }
        }
        unite(&mut contact.identities);
    }

    fn mapped(&self, table: Table, name: Option<&str>, value: &str) -> Option<&str> {
        let entries = self.values.get(&table)?;
        name.and_then(|name| entries.get(&name.to_lowercase()))
            .or_else(|| entries.get(value))
            .map(String::as_str)
    }

    fn values(&self, c: &mut Conversation, losses: &mut Vec<Loss>) {
        if let Some(new) = self
            .mapped(Table::Status, c.status_name.as_deref(), c.status.name())
            .and_then(Status::parse)
        {
            let old = c.status_name.take().unwrap_or_else(|| c.status.to_string());
            change(losses, field::STATUS, &old, new.name());
            c.status = new;
        }
        let old = c.priority.map(Priority::name).unwrap_or_default();
        if let Some(new) = self
            .mapped(Table::Priority, c.priority_name.as_deref(), old)
            .and_then(Priority::parse)
        {
            let old = c.priority_name.take().unwrap_or_else(|| old.to_owned());
            change(losses, field::PRIORITY, &old, new.name());
            c.priority = Some(new);
        }
        let old = c.ticket_type.map(TicketType::name).unwrap_or_default();
        if let Some(new) = self
            .mapped(Table::Type, c.type_name.as_deref(), old)
            .and_then(TicketType::parse)
        {
            let old = c.type_name.take().unwrap_or_else(|| old.to_owned());
            change(losses, field::TYPE, &old, new.name());
            c.ticket_type = Some(new);
        }
        self.channel(&mut c.channel, field::CHANNEL, losses);
    }

    fn channel(&self, channel: &mut Channel, name: &str, losses: &mut Vec<Loss>) {
        if let Some(new) = self
            .mapped(Table::Channel, None, channel.name())
            .and_then(Channel::parse)
        {
            change(losses, name, channel.name(), new.name());
            *channel = new;
        }
    }

    fn fields_of(&self, record: &mut Record, losses: &mut Vec<Loss>) -> Result<()> {
        let kind = record.kind();
        // Every rule sees the record as it came, whatever the others do.
        let mut results = Vec::new();
        for live in self.rules.iter().filter(|live| live.rule.on == kind) {
            let value = self.value_of(live, record);
            let context = || self.context(record);
            let made = live
                .rule
                .apply(&value, context, live.target.as_ref(), &self.shared)
                .map_err(|why| self.refusal(live, record, &why.to_string()))?;
            results.push((live, made));
        }
        self.translate_choices(record);
        for (live, _) in &results {
            if let (From::Field(id), Some(fields)) = (&live.from, custom_fields(record)) {
                fields.remove(id);
            }
        }
        for (live, made) in results {
            match made {
                Made::Nothing => {}
                Made::Dropped(why) => {
                    let field = live.source_name();
                    let detail =
                        detail!("loss-rule", field = field, why = why, place = &live.place);
                    // The value is out of the record: there is nothing to compare.
                    losses.push(Loss::new(fields_name(kind), Effect::Dropped, detail).compared());
                }
                Made::Value(value) => match &live.to {
                    To::Field(key) => {
                        if let Some(fields) = custom_fields(record) {
                            fields.insert(key.clone(), value);
                        }
                    }
                    To::Record(name) => {
                        set(record, name, &value).map_err(|why| self.refusal(live, record, &why))?
                    }
                },
            }
        }
        Ok(())
    }

    fn value_of(&self, live: &Live, record: &mut Record) -> Json {
        match &live.from {
            From::Nothing => Json::Null,
            From::Field(id) => custom_fields(record)
                .and_then(|fields| fields.get(id).cloned())
                .unwrap_or(Json::Null),
            From::Record(name) => object(record).remove(name).unwrap_or(Json::Null),
        }
    }

    fn refusal(&self, live: &Live, record: &Record, why: &str) -> Error {
        Error::rejected(
            live.source_name(),
            format!("{}: {why} ({})", live.source_name(), live.place),
        )
        .hint(format!(
            "extend the rule in {}, or give it a `default` or `on_unmapped = \"skip\"`",
            self.name
        ))
        .at(record.key())
    }

    /// Choices without a rule, from what the source stores to what the target does.
    fn translate_choices(&self, record: &mut Record) {
        if self.choices.is_empty() {
            return;
        }
        let Some(fields) = custom_fields(record) else {
            return;
        };
        for (id, value) in fields.iter_mut() {
            if let Some(choices) = self.choices.get(id)
                && let Ok(new) = fit(value.clone(), Some(choices))
            {
                *value = new;
            }
        }
    }

    /// What expressions see: the record with every field of the schema, and
    /// its custom fields by id, key and label; what is not there is `none`.
    fn context(&self, record: &Record) -> (Value, Value) {
        let kind = record.kind();
        let mut object = object(record);
        let custom = match object.get("custom_fields") {
            Some(Json::Object(fields)) => fields.clone(),
            _ => serde_json::Map::new(),
        };
        for name in kind.fields() {
            object.entry(*name).or_insert(Json::Null);
        }
        let mut fields = custom.clone();
        for (on, id, names) in &self.names {
            if on.is_some_and(|on| on != kind) {
                continue;
            }
            let value = custom.get(id).cloned().unwrap_or(Json::Null);
            for name in names.iter().chain([id]) {
                fields.entry(name.clone()).or_insert(value.clone());
            }
        }
        (
            Value::from(Serde(Json::Object(object))),
            Value::from(Serde(Json::Object(fields))),
        )
    }

    fn finish(&self, record: &mut Record, losses: &mut Vec<Loss>) -> Result<()> {
        let subject = match &self.subject {
            None => None,
            Some(template) => {
                let (context, fields) = self.context(record);
                let text = template
                    .render(context, fields, &self.shared)
                    .map_err(|why| {
                        Error::rejected("subject", format!("[subject] template: {why}"))
                            .hint(format!("mend the template in {}", self.name))
                            .at(record.key())
                    })?;
                Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
        };
        let Record::Conversation(conversation) = record else {
            return Ok(());
        };
        if let Some(subject) = subject
            && conversation.subject.as_deref() != Some(&subject)
        {
            let old = conversation.subject.take().unwrap_or_default();
            change(losses, field::SUBJECT, &old, &subject);
            conversation.subject = Some(subject);
        }
        for (key, value) in &self.constants {
            conversation
                .custom_fields
                .insert(key.clone(), value.clone());
        }
        add_tags(&mut conversation.tags, self.tags.iter().cloned());
        Ok(())
    }
}

impl Live {
    fn source_name(&self) -> &str {
        match &self.rule.from {
            Some((_, name)) => name,
            None => self.rule.to.as_ref().map_or("", |(_, name)| name),
        }
    }
}

fn change(losses: &mut Vec<Loss>, field: &str, old: &str, new: &str) {
    if old != new {
        let detail = detail!("loss-becomes", old = old, new = new);
        losses.push(Loss::new(field, Effect::Changed, detail).compared());
    }
}

fn fields_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Conversation => field::CUSTOM_FIELDS,
        Kind::Contact => field::CONTACT_FIELDS,
        _ => field::ORGANIZATION_FIELDS,
    }
}

/// The record as JSON. Records of the schema are always objects.
fn object(record: &Record) -> serde_json::Map<String, Json> {
    let json = match record {
        Record::Conversation(inner) => serde_json::to_value(inner),
        Record::Contact(inner) => serde_json::to_value(inner),
        Record::Organization(inner) => serde_json::to_value(inner),
        _ => Ok(Json::Null),
    };
    match json {
        Ok(Json::Object(object)) => object,
        _ => serde_json::Map::new(),
    }
}

fn custom_fields(record: &mut Record) -> Option<&mut CustomFields> {
    match record {
        Record::Conversation(inner) => Some(&mut inner.custom_fields),
        Record::Contact(inner) => Some(&mut inner.custom_fields),
        Record::Organization(inner) => Some(&mut inner.custom_fields),
        _ => None,
    }
}

fn add_tags(tags: &mut Vec<String>, new: impl IntoIterator<Item = String>) {
    let before = tags.len();
    for tag in new {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > before {
        tags.sort();
    }
}

/// Writes one of [`writable`].
fn set(record: &mut Record, name: &str, value: &Json) -> Result<(), String> {
    if name == "tags" {
        let new: Vec<String> = match value {
            Json::Array(items) => items.iter().map(text).collect(),
            one if is_empty(one) => Vec::new(),
            one => vec![text(one)],
        };
        match record {
            Record::Conversation(inner) => add_tags(&mut inner.tags, new),
            Record::Contact(inner) => add_tags(&mut inner.tags, new),
            Record::Organization(inner) => add_tags(&mut inner.tags, new),
            _ => {}
        }
        return Ok(());
    }
    let text = text(value);
    let no = |what: &str| format!("`{text}` is no {what}");
    match (record, name) {
        (Record::Conversation(c), "status") => {
            c.status = Status::parse(&text).ok_or_else(|| no("status"))?;
            c.status_name = None;
        }
        (Record::Conversation(c), "priority") => {
            c.priority = Some(Priority::parse(&text).ok_or_else(|| no("priority"))?);
            c.priority_name = None;
        }
        (Record::Conversation(c), "type") => {
            c.ticket_type = Some(TicketType::parse(&text).ok_or_else(|| no("type"))?);
            c.type_name = None;
        }
        (Record::Conversation(c), "channel") => {
            c.channel = Channel::parse(&text).ok_or_else(|| no("channel"))?;
        }
        (Record::Conversation(c), "subject") => c.subject = Some(text),
        (Record::Conversation(c), "recipient") => c.recipient = Some(text),
        (Record::Conversation(c), "external_id") => c.external_id = Some(text),
        (Record::Contact(c), "name") => c.name = Some(text),
        (Record::Contact(c), "notes") => c.notes = Some(text),
        (Record::Contact(c), "details") => c.details = Some(text),
        (Record::Contact(c), "title") => c.title = Some(text),
        (Record::Contact(c), "locale") => c.locale = Some(text),
        (Record::Contact(c), "time_zone") => c.time_zone = Some(text),
        (Record::Contact(c), "external_id") => c.external_id = Some(text),
        (Record::Organization(o), "name") => o.name = text,
        (Record::Organization(o), "notes") => o.notes = Some(text),
        (Record::Organization(o), "details") => o.details = Some(text),
        (Record::Organization(o), "external_id") => o.external_id = Some(text),
        _ => return Err(format!("`record.{name}` cannot be written")),
    }
    Ok(())
}

impl LiveFilters {
    /// Why this conversation stays behind, if it does.
    fn skips(&self, c: &Conversation) -> Option<Detail> {
        let changed = c.updated_at.or(c.created_at);
        if let (Some(since), Some(changed)) = (self.since, changed)
            && changed < since
        {
            let changed = changed.to_string();
            return Some(detail!("reason-filter-since", changed = changed));
        }
        if let (Some(until), Some(created)) = (self.until, c.created_at)
            && created >= until
        {
            let created = created.to_string();
            return Some(detail!("reason-filter-until", created = created));
        }
        if !self.ids.is_empty() && !self.ids.contains(&c.id) {
            return Some(detail!("reason-filter-ids"));
        }
        if !self.status.is_empty() && !self.has_status(c) {
            return Some(detail!("reason-filter-status", status = c.status.name()));
        }
        if !self.channels.is_empty() && !self.channels.contains(c.channel.name()) {
            return Some(detail!("reason-filter-channel", channel = c.channel.name()));
        }
        if !self.groups.is_empty()
            && !c
                .group_id
                .as_ref()
                .is_some_and(|id| self.groups.contains(id))
        {
            return Some(detail!("reason-filter-group"));
        }
        if !self.tags.is_empty() && !c.tags.iter().any(|tag| self.tags.contains(tag)) {
            return Some(detail!("reason-filter-tags"));
        }
        None
    }

    fn has_status(&self, c: &Conversation) -> bool {
        self.status.contains(c.status.name())
            || c.status_name
                .as_ref()
                .is_some_and(|name| self.status.contains(&name.to_lowercase()))
    }
}

/// Two spellings of one number are one address, with what is known of either.
fn unite(identities: &mut Vec<Identity>) {
    let mut all: Vec<Identity> = Vec::with_capacity(identities.len());
    for one in identities.drain(..) {
        let number = matches!(one.kind, IdentityKind::Phone | IdentityKind::Mobile);
        let mut before = all.iter_mut().filter(|_| number);
        match before.find(|known| (known.kind, &known.value) == (one.kind, &one.value)) {
            Some(known) => {
                known.verified |= one.verified;
                known.primary |= one.primary;
            }
            None => all.push(one),
        }
    }
    *identities = all;
}
