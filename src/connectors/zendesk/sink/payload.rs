//! What an import sends for a ticket, and what it loses: one function makes
//! both, so that no loss can differ from what is done.

use serde_json::{Map, Value, json};

use crate::connector::{Body, Bundle, Effect, File, Item, Loss, Reply, TargetDesk, field, text};
use crate::connectors::zendesk::limits;
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{
    Access, AuthorKind, Channel, Date, Field, FieldType, Kind, LinkKind, Message, Status,
    TicketType,
};

/// Text that stands where a comment had none: Zendesk refuses empty comments.
pub const EMPTY: &str = "(empty message)";
/// How the note begins that keeps what a ticket has no place for.
pub const NOTE: &str = "Kept from the old desk";
/// How the tag begins that keeps a ticket's channel.
pub const CHANNEL_TAG: &str = "channel_";

/// A ticket that is ready but for its uploads.
pub struct Draft<'a> {
    /// The ticket without its comments.
    pub ticket: Map<String, Value>,
    /// Its comments, oldest first.
    pub comments: Vec<Comment<'a>>,
    /// What is not kept as it was.
    pub losses: Vec<Loss>,
    /// Why it cannot be written, and what to do.
    pub blocked: Option<(String, String)>,
}

/// A comment that is ready but for its uploads.
pub struct Comment<'a> {
    /// Target id of its author.
    pub author: Option<String>,
    /// Its HTML.
    pub html: String,
    /// Customers see it.
    pub public: bool,
    /// When it was written.
    pub at: Option<Date>,
    /// Its files.
    pub files: Vec<&'a File>,
}

/// Everything that making a draft needs.
pub struct Maker<'a> {
    /// Zendesk's values.
    pub mapping: &'a PlatformMapping,
    /// What the target has.
    pub target: &'a TargetDesk,
    /// The record.
    pub item: &'a Item,
    /// Now, for dates that would lie in the future.
    pub now: Date,
    /// Every reference has its final target id: whoever has none now never will.
    pub last: bool,
}

/// A number as JSON where the id is one.
pub fn number(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| id.into(), Value::from)
}

/// The tag that Zendesk makes of this text.
pub fn tag(text: &str) -> String {
    text.trim()
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_whitespace() || c == ',' || c == '"' {
                '_'
            } else {
                c
            }
        })
        .collect()
}

impl<'a> Maker<'a> {
    /// The draft of a ticket.
    pub fn draft(&self, bundle: &'a Bundle) -> Draft<'a> {
        let conversation = &bundle.conversation;
        let refs = &self.item.refs;
        let mut losses = Vec::new();
        let mut lose = |field: &str, effect: Effect, detail: String| {
            losses.push(Loss::new(field, effect, detail));
        };
        let mut ticket = Map::new();
        ticket.insert("external_id".into(), self.item.marker.clone().into());
        let subject = conversation.subject.as_deref().unwrap_or("").trim();
        if subject.is_empty() {
            lose(
                field::SUBJECT,
                Effect::Changed,
                "without a subject: (no subject)".into(),
            );
            ticket.insert("subject".into(), "(no subject)".into());
        } else {
            ticket.insert("subject".into(), subject.into());
        }

        // People.
        let me = self.target.me.as_ref().map(|me| me.id.as_str());
        let requester = conversation.requester_id.as_deref();
        if let Some(id) = requester {
            if let Some(target) = refs.person_id(id) {
                ticket.insert("requester_id".into(), number(target));
            } else if let Some(person) = refs.person(id)
                && let Some(email) = &person.email
            {
                let name = person.name.as_deref().unwrap_or(email);
                ticket.insert("requester".into(), json!({"name": name, "email": email}));
            }
        }
        let assignee = conversation
            .assignee_id
            .as_deref()
            .map(|id| (id, refs.get(Kind::Agent, id)));
        let closed = conversation.status == Status::Closed;
        let assigned = match assignee {
            Some((_, Some(target))) => Some(target),
            Some((id, None)) => {
                let name = refs
                    .person(id)
                    .and_then(|person| person.name.as_deref())
                    .unwrap_or(id);
                lose(
                    field::ASSIGNEE,
                    Effect::Dropped,
                    format!("{name} has no account here"),
                );
                None
            }
            None => None,
        };
        let assigned = match (assigned, closed) {
            (None, true) => {
                lose(
                    field::ASSIGNEE,
                    Effect::Changed,
                    "a closed ticket needs an assignee: the account that imports".into(),
                );
                me
            }
            (assigned, _) => assigned,
        };
        if let Some(id) = assigned {
            ticket.insert("assignee_id".into(), number(id));
        }
        if let Some(group) = conversation.group_id.as_deref() {
            match refs.get(Kind::Group, group) {
                Some(target) => {
                    // An assignee outside of the group is refused.
                    let members = self.target.groups.iter().find(|known| known.id == target);
                    let fits = match (assigned, members) {
                        (Some(agent), Some(group)) => group.agent_ids.iter().any(|id| id == agent),
                        _ => true,
                    };
                    if fits {
                        ticket.insert("group_id".into(), number(target));
                    } else {
                        lose(
                            field::GROUP,
                            Effect::Dropped,
                            "the assignee is not a member of this group here".into(),
                        );
                    }
                }
                None => lose(
                    field::GROUP,
                    Effect::Dropped,
                    format!("group {group} is not here"),
                ),
            }
        }
        if let Some(id) = conversation.organization_id.as_deref()
            && let Some(target) = refs.get(Kind::Organization, id)
        {
            ticket.insert("organization_id".into(), number(target));
        }
        for (source, kind, key, name) in [
            (
                &conversation.brand_id,
                Kind::Brand,
                "brand_id",
                field::BRAND,
            ),
            (
                &conversation.form_id,
                Kind::Form,
                "ticket_form_id",
                field::FORM,
            ),
        ] {
            if let Some(id) = source {
                match refs.get(kind, id) {
                    Some(target) => {
                        ticket.insert(key.into(), number(target));
                    }
                    None => lose(
                        name,
                        Effect::Changed,
                        format!("{kind} {id} is not here: the default one"),
                    ),
                }
            }
        }
        let mut copied: Vec<Value> = Vec::new();
        let mut unknown: Vec<String> = conversation.cc_emails.clone();
        for id in &conversation.cc_ids {
            match refs.person_id(id) {
                Some(target) => copied.push(number(target)),
                None if self.last => unknown.push(
                    refs.person(id)
                        .and_then(|person| person.email.clone())
                        .unwrap_or_else(|| id.clone()),
                ),
                None => {}
            }
        }
        if !copied.is_empty() {
            ticket.insert("email_cc_ids".into(), copied.into());
        }
        if !unknown.is_empty() {
            lose(
                field::CC,
                Effect::Moved,
                format!("{} kept in an internal note", unknown.join(", ")),
            );
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
            lose(
                field::FOLLOWERS,
                Effect::Dropped,
                format!("{} without an account here", lost.len()),
            );
        }

        // Values.
        let status = self
            .mapping
            .write(Table::Status, conversation.status.name())
            .unwrap_or("open");
        ticket.insert("status".into(), status.into());
        if conversation.status == Status::New && assigned.is_some() {
            lose(
                field::STATUS,
                Effect::Changed,
                "new becomes open: the ticket has an assignee".into(),
            );
        }
        if let Some(name) = &conversation.status_name
            && !name.eq_ignore_ascii_case(status)
        {
            lose(
                field::STATUS,
                Effect::Changed,
                format!("{name} becomes {status}"),
            );
        }
        if let Some(priority) = conversation.priority {
            match self.mapping.write(Table::Priority, priority.name()) {
                Some(word) => {
                    ticket.insert("priority".into(), word.into());
                }
                None => lose(field::PRIORITY, Effect::Dropped, priority.name().into()),
            }
        }
        if let Some(name) = &conversation.priority_name {
            lose(
                field::PRIORITY,
                Effect::Changed,
                format!("the desk's own name {name}"),
            );
        }
        if let Some(sort) = conversation.ticket_type {
            match self.mapping.write(Table::Type, sort.name()) {
                Some(word) => {
                    ticket.insert("type".into(), word.into());
                }
                None => lose(
                    field::TYPE,
                    Effect::Dropped,
                    conversation
                        .type_name
                        .clone()
                        .unwrap_or_else(|| sort.name().into()),
                ),
            }
        }
        let mut tags: Vec<String> = Vec::new();
        let mut changed = Vec::new();
        for old in &conversation.tags {
            let new = tag(old);
            if new != *old {
                changed.push(format!("{old} becomes {new}"));
            }
            if !new.is_empty() && !tags.contains(&new) {
                tags.push(new);
            }
        }
        if !changed.is_empty() {
            lose(field::TAGS, Effect::Changed, changed.join("; "));
        }
        if conversation.channel != Channel::Api {
            let kept = format!("{CHANNEL_TAG}{}", conversation.channel);
            lose(
                field::CHANNEL,
                Effect::Moved,
                format!("everything imported came by api; kept as tag {kept}"),
            );
            tags.push(kept);
        }
        ticket.insert("tags".into(), tags.into());

        // Dates.
        for (date, key, name) in [
            (conversation.created_at, "created_at", field::CREATED_AT),
            (conversation.updated_at, "updated_at", field::UPDATED_AT),
            (conversation.solved_at, "solved_at", field::SOLVED_AT),
        ] {
            let Some(date) = date else { continue };
            if key == "solved_at" && !matches!(conversation.status, Status::Solved | Status::Closed)
            {
                lose(name, Effect::Dropped, "the ticket is open again".into());
                continue;
            }
            let fits = self.fit(date);
            if fits != date {
                lose(name, Effect::Changed, format!("{date} becomes {fits}"));
            }
            ticket.insert(key.into(), fits.to_string().into());
        }
        if let Some(date) = conversation.closed_at {
            lose(field::CLOSED_AT, Effect::Dropped, date.to_string());
        }
        if let Some(due) = conversation.due_at {
            if conversation.ticket_type == Some(TicketType::Task) {
                ticket.insert("due_at".into(), due.to_string().into());
            } else {
                lose(
                    field::DUE_AT,
                    Effect::Dropped,
                    "only tasks have a due date".into(),
                );
            }
        }

        // Fields.
        let mut values = Vec::new();
        for (id, value) in &conversation.custom_fields {
            let target = refs.get(Kind::Field, id);
            let Some(target) = target else {
                lose(
                    field::CUSTOM_FIELDS,
                    Effect::Dropped,
                    format!("field {id} is not here"),
                );
                continue;
            };
            let definition = self.target.fields.iter().find(|known| known.id == target);
            match field_value(definition, value) {
                Ok(sent) => {
                    let day_only = definition
                        .is_some_and(|field| field.field_type == FieldType::Date)
                        && value.as_str() != sent.as_str();
                    if day_only {
                        lose(
                            field::CUSTOM_FIELDS,
                            Effect::Changed,
                            format!("field {id}: the day without its time"),
                        );
                    }
                    values.push(json!({"id": number(target), "value": sent}));
                }
                Err(why) => lose(
                    field::CUSTOM_FIELDS,
                    Effect::Dropped,
                    format!("field {id}: {why}"),
                ),
            }
        }
        if !values.is_empty() {
            ticket.insert("custom_fields".into(), values.into());
        }

        // Relations.
        let mut relations = Vec::new();
        for link in &conversation.links {
            match (link.kind, refs.get(Kind::Conversation, &link.id)) {
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
                    relations.push(format!("{kind}: {other}"));
                }
            }
        }
        if !relations.is_empty() {
            lose(
                field::LINKS,
                Effect::Moved,
                format!("{} kept in an internal note", relations.join("; ")),
            );
        }
        if conversation.metrics.is_some() || conversation.first_reply_at.is_some() {
            lose(
                field::METRICS,
                Effect::Dropped,
                "imported tickets have no service level figures".into(),
            );
        }
        lose(
            field::NUMBER,
            Effect::Changed,
            format!(
                "{} becomes a new number",
                conversation.number.as_deref().unwrap_or(&conversation.id)
            ),
        );
        if conversation.external_id.is_some() {
            lose(
                field::EXTRA,
                Effect::Dropped,
                "external_id gives way to the migration's own".into(),
            );
        }
        if conversation.spam || conversation.deleted {
            lose(
                field::CONVERSATION,
                Effect::Changed,
                "marked as spam or deleted on the source, an ordinary ticket here".into(),
            );
        }
        if !conversation.extra.is_empty() {
            let names: Vec<&str> = conversation.extra.keys().map(String::as_str).collect();
            lose(field::EXTRA, Effect::Dropped, names.join(", "));
        }

        let mut comments = Vec::new();
        for part in &bundle.messages {
            self.message(&part.message, &part.attachments, &mut comments, &mut losses);
        }
        let changed = &self.item.changed;
        let update = self.item.existing.is_some();
        if !update || changed.has(field::CC) || changed.has(field::LINKS) {
            self.note(bundle, &unknown, &relations, &mut comments, &mut losses);
        } else {
            self.note(bundle, &[], &[], &mut comments, &mut losses);
        }
        if update {
            let dated = "changed after the move: the target's own date";
            losses.push(Loss::new(field::UPDATED_AT, Effect::Changed, dated));
            losses.push(Loss::new(field::SOLVED_AT, Effect::Changed, dated));
        }
        let submitter = comments
            .first()
            .and_then(|comment: &Comment<'_>| comment.author.clone());
        if let Some(id) = submitter {
            ticket.insert("submitter_id".into(), number(&id));
        }
        if comments.is_empty() && !update {
            losses.push(Loss::new(
                field::MESSAGE,
                Effect::Changed,
                "a ticket without messages gets one that says so",
            ));
            comments.push(Comment {
                author: None,
                html: EMPTY.into(),
                public: false,
                at: conversation.created_at.map(|date| self.fit(date)),
                files: Vec::new(),
            });
        }
        let blocked = if requester.is_none() {
            Some((
                "the ticket has no requester, and Zendesk imports none without".to_owned(),
                "give it one on the source, or with a mapping rule for `requester_id`".to_owned(),
            ))
        } else if comments.len() > limits::MAX_COMMENTS {
            Some((
                format!(
                    "{} comments, and Zendesk takes {} a ticket",
                    comments.len(),
                    limits::MAX_COMMENTS
                ),
                "archive this ticket instead (`deskferry archive`), or split it on the source"
                    .to_owned(),
            ))
        } else {
            None
        };
        Draft {
            ticket,
            comments,
            losses,
            blocked,
        }
    }

    /// A message that is added to a ticket which is there: an internal note
    /// whose first line says who wrote it when, and whether customers saw it.
    /// A ticket's own update can neither date a comment nor be silent about a
    /// public one.
    pub fn later(&self, reply: &'a Reply) -> (Vec<Comment<'a>>, Vec<Loss>) {
        let message = &reply.part.message;
        let (mut comments, mut losses) = (Vec::new(), Vec::new());
        self.message(message, &reply.part.attachments, &mut comments, &mut losses);
        let refs = &self.item.refs;
        let mut author = message.author.clone();
        let person = author.id.as_deref().and_then(|id| refs.person(id));
        if let Some(person) = person {
            author.name = author.name.or_else(|| person.name.clone());
            author.email = author.email.or_else(|| person.email.clone());
        }
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
        let mut lose = |field: &str, effect: Effect, detail: &str| {
            losses.push(Loss::new(field, effect, detail).of(message.id.clone()));
        };
        if self.item.existing.is_some() {
            lose(
                field::MESSAGE_BODY,
                Effect::Moved,
                "edited later: what it became is an internal note, the message stays as it was",
            );
            lose(
                field::MESSAGE_VISIBILITY,
                Effect::Changed,
                "changed later: the message stays as it was",
            );
            return (comments, losses);
        }
        lose(
            field::MESSAGE_SENT_AT,
            Effect::Moved,
            "added after the move: the date is in the first line",
        );
        if account.is_none() {
            lose(
                field::MESSAGE_AUTHOR,
                Effect::Moved,
                "added after the move: the author is in the first line",
            );
        }
        if public {
            lose(
                field::MESSAGE_VISIBILITY,
                Effect::Moved,
                "added after the move as an internal note, since a public one is mailed; the first line says so",
            );
        }
        (comments, losses)
    }

    /// A date that an import keeps: from 1970 to now.
    fn fit(&self, date: Date) -> Date {
        date.clamp(Date::UNIX_EPOCH, self.now)
    }

    fn message(
        &self,
        message: &Message,
        files: &'a [File],
        into: &mut Vec<Comment<'a>>,
        losses: &mut Vec<Loss>,
    ) {
        let refs = &self.item.refs;
        let mut lose = |field: &str, effect: Effect, detail: String| {
            losses.push(Loss::new(
                field,
                effect,
                format!("message {}: {detail}", message.id),
            ));
        };
        let person = message.author.id.as_deref().and_then(|id| refs.person(id));
        let staff = message.author.kind == AuthorKind::Agent || person.is_some_and(|p| p.agent);
        let account = message
            .author
            .id
            .as_deref()
            .and_then(|id| refs.person_id(id));
        let nobody = match (account, message.author.kind) {
            (Some(_), _) => false,
            (None, AuthorKind::Bot | AuthorKind::System) => true,
            (None, _) => staff || self.last || message.author.id.is_none(),
        };
        let mut html = match (&message.html, &message.text) {
            (Some(html), _) => html.clone(),
            (None, Some(text)) => text::text_to_html(text),
            (None, None) => String::new(),
        };
        if text::html_to_text(&html).trim().is_empty() && !html.contains("<img") {
            if message.call.is_none() {
                lose(
                    field::MESSAGE_BODY,
                    Effect::Changed,
                    format!("an empty text becomes {EMPTY}"),
                );
                html = EMPTY.into();
            } else {
                html = String::new();
            }
        }
        if let Some(call) = &message.call {
            let mut lines = vec!["Phone call".to_owned()];
            let mut line = |name: &str, value: Option<String>| {
                if let Some(value) = value {
                    lines.push(format!("{name}: {value}"));
                }
            };
            line("From", call.from.clone());
            line("To", call.to.clone());
            line("Began", call.started_at.map(|date| date.to_string()));
            line(
                "Seconds",
                call.duration_seconds.map(|seconds| seconds.to_string()),
            );
            line("Transcript", call.transcript.clone());
            html = format!("<p>{}</p>{html}", text::text_to_html(&lines.join("\n")));
            lose(
                field::MESSAGE_CALL,
                Effect::Moved,
                "the call's details stand in the text".into(),
            );
        }
        let mut kept = Vec::new();
        for file in files {
            let limit = self.target.max_attachment.unwrap_or(limits::MAX_ATTACHMENT);
            let why = match &file.path {
                Err(why) => Some(why.to_string()),
                Ok(_) if file.size > limit => Some(format!(
                    "{} bytes, and the account takes {limit}",
                    file.size
                )),
                Ok(_) => None,
            };
            match why {
                None => kept.push(file),
                Some(why) => {
                    let name = &file.attachment.name;
                    lose(
                        field::ATTACHMENT,
                        Effect::Dropped,
                        format!("{name}: {why}; a line in the text says so"),
                    );
                    html.push_str(&format!(
                        "<p>{}</p>",
                        text::text_to_html(&format!("[{name} is missing here: {why}]"))
                    ));
                }
            }
        }
        let at = message.sent_at.map(|date| self.fit(date));
        if at != message.sent_at {
            lose(
                field::MESSAGE_SENT_AT,
                Effect::Changed,
                "a date before 1970 or in the future is moved to the nearest possible one".into(),
            );
        }
        let channel = self.item_channel();
        if message.channel != Channel::Api && Some(message.channel) != channel {
            lose(
                field::MESSAGE_CHANNEL,
                Effect::Dropped,
                format!("{} becomes api", message.channel),
            );
        } else if message.channel != Channel::Api {
            lose(
                field::MESSAGE_CHANNEL,
                Effect::Moved,
                format!("{}, as the ticket's tag says", message.channel),
            );
        }
        if message.message_id.is_some()
            || message.in_reply_to.is_some()
            || message.subject.is_some()
        {
            lose(
                field::MESSAGE_HEADERS,
                Effect::Dropped,
                "subject, Message-ID or In-Reply-To of the mail".into(),
            );
        }
        if message.from.is_some()
            || !message.to.is_empty()
            || !message.cc.is_empty()
            || !message.bcc.is_empty()
        {
            lose(
                field::MESSAGE_RECIPIENTS,
                Effect::Dropped,
                "addresses of the mail".into(),
            );
        }
        if !message.extra.is_empty() || message.side_thread.is_some() {
            lose(
                field::EXTRA,
                Effect::Dropped,
                "values without a place on a comment".into(),
            );
        }
        let mut author = account.map(str::to_owned);
        // A later one says in any case whose it is, see `later`.
        if nobody && !matches!(self.item.body, Body::Message(_)) {
            let mut named = message.author.clone();
            if let Some(person) = person {
                named.name = named.name.or_else(|| person.name.clone());
                named.email = named.email.or_else(|| person.email.clone());
            }
            let line = text::attribution(&named, message.sent_at, Some(message.channel.name()));
            html = text::with_attribution(&line, &html, true);
            lose(
                field::MESSAGE_AUTHOR,
                Effect::Moved,
                format!("{line} stands in the text"),
            );
            author = self.target.me.as_ref().map(|me| me.id.clone());
        }
        let public = message.visibility == Access::Public;
        let mut pieces = vec![html];
        if pieces[0].len() > limits::MAX_BODY {
            pieces = split(&text::html_to_text(&pieces[0]), limits::MAX_BODY / 2);
            lose(
                field::MESSAGE_BODY,
                Effect::Changed,
                format!(
                    "longer than 64 kB: as plain text in {} comments",
                    pieces.len()
                ),
            );
            if pieces.len() > 1 {
                lose(
                    field::MESSAGE,
                    Effect::Changed,
                    format!("becomes {} comments", pieces.len()),
                );
            }
        }
        for (index, html) in pieces.into_iter().enumerate() {
            into.push(Comment {
                author: author.clone(),
                html,
                public,
                at,
                files: if index == 0 {
                    std::mem::take(&mut kept)
                } else {
                    Vec::new()
                },
            });
        }
    }

    fn item_channel(&self) -> Option<Channel> {
        match &self.item.body {
            Body::Conversation(bundle) => Some(bundle.conversation.channel),
            Body::Message(reply) => Some(reply.conversation.channel),
            _ => None,
        }
    }

    /// The internal note that keeps ratings, booked time and what else has no place.
    fn note(
        &self,
        bundle: &Bundle,
        copied: &[String],
        relations: &[String],
        into: &mut Vec<Comment<'a>>,
        losses: &mut Vec<Loss>,
    ) {
        let mut lines = Vec::new();
        for rating in &bundle.ratings {
            let mut line = format!("Rating: {}", rating.value.as_deref().unwrap_or("given"));
            for (name, value) in [
                ("reason", rating.reason.clone()),
                ("comment", rating.comment.clone()),
                ("date", rating.created_at.map(|date| date.to_string())),
            ] {
                if let Some(value) = value {
                    line.push_str(&format!(", {name}: {value}"));
                }
            }
            lines.push(line);
            losses.push(Loss::new(
                field::RATING,
                Effect::Moved,
                "only the customer can rate: kept in an internal note",
            ));
        }
        for entry in &bundle.time_entries {
            let mut line = format!("Time: {} s", entry.seconds);
            if let Some(id) = &entry.agent_id {
                let name = self
                    .item
                    .refs
                    .person(id)
                    .and_then(|person| person.name.as_deref());
                line.push_str(&format!(", by {}", name.unwrap_or(id)));
            }
            if let Some(date) = entry.executed_at.or(entry.created_at) {
                line.push_str(&format!(", {date}"));
            }
            if let Some(note) = &entry.note {
                line.push_str(&format!(", {note}"));
            }
            lines.push(line);
            losses.push(Loss::new(
                field::TIME_ENTRY,
                Effect::Moved,
                "Zendesk has no time entries: kept in an internal note",
            ));
        }
        if !copied.is_empty() {
            lines.push(format!("In copy: {}", copied.join(", ")));
        }
        lines.extend(relations.iter().cloned());
        if lines.is_empty() {
            return;
        }
        let last = into.iter().filter_map(|comment| comment.at).max();
        into.push(Comment {
            author: self.target.me.as_ref().map(|me| me.id.clone()),
            html: format!(
                "<p>{NOTE}</p><p>{}</p>",
                text::text_to_html(&lines.join("\n"))
            ),
            public: false,
            at: last.or_else(|| bundle.conversation.created_at.map(|date| self.fit(date))),
            files: Vec::new(),
        });
    }
}

/// Cuts text into pieces of at most `limit` bytes, at line ends where there
/// are some, as HTML. Nothing is added: joined again they are the text.
fn split(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(limit);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if end < rest.len()
            && let Some(line) = rest[..end].rfind('\n').filter(|line| *line > end / 2)
        {
            end = line + 1;
        }
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces.into_iter().map(text::text_to_html).collect()
}

/// A value as the target's field takes it.
pub fn field_value(definition: Option<&Field>, value: &Value) -> Result<Value, String> {
    let Some(definition) = definition else {
        return Ok(value.clone());
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    let choice = |value: &Value| -> Result<Value, String> {
        let word = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        definition
            .options
            .iter()
            .find(|option| option.value == word)
            .or_else(|| {
                definition
                    .options
                    .iter()
                    .find(|option| option.label.eq_ignore_ascii_case(&word))
            })
            .map(|option| option.value.clone().into())
            .ok_or_else(|| format!("{word} is no choice of `{}`", definition.label))
    };
    match definition.field_type {
        FieldType::Select | FieldType::Dependent => choice(value),
        FieldType::MultiSelect => match value {
            Value::Array(list) => list.iter().map(choice).collect(),
            one => choice(one).map(|one| vec![one].into()),
        },
        FieldType::Date => match value.as_str().and_then(|text| text.get(..10)) {
            Some(day) => Ok(day.into()),
            None => Err(format!("{value} is no date")),
        },
        FieldType::Checkbox => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true.into()),
                "false" | "no" | "0" => Ok(false.into()),
                _ => Err(format!("{text} is neither yes nor no")),
            },
            other => Err(format!("{other} is neither yes nor no")),
        },
        _ => Ok(match value {
            Value::Array(list) => list
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", ")
                .into(),
            other => other.clone(),
        }),
    }
}
