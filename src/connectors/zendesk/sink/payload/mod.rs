//! What an import sends for a ticket, and what it loses: one function makes
//! both, so that no loss can differ from what is done.

mod comment;
mod later;
mod note;
#[cfg(test)]
mod tests;
mod ticket;
mod value;

use serde_json::{Map, Value};

use crate::connector::{
    Bundle, Detail, Effect, File, Item, Loss, Losses, TargetDesk, detail, field,
};
use crate::connectors::zendesk::limits;
use crate::mapping::PlatformMapping;
use crate::schema::Date;

pub use value::{field_value, reshaped};

/// Text that stands where a comment had none: Zendesk refuses empty comments.
pub const EMPTY: &str = "(empty message)";
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
    pub blocked: Option<(Detail, Detail)>,
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
        let mut losses = Losses::default();
        let mut ticket = Map::new();
        ticket.insert("external_id".into(), self.item.marker.clone().into());
        self.subject(conversation, &mut ticket, &mut losses);
        let asked = self.requester(conversation, &mut ticket);
        let assigned = self.staff(conversation, &mut ticket, &mut losses);
        self.places(conversation, &mut ticket, &mut losses);
        let unknown = self.copies(conversation, &mut ticket, &mut losses);
        self.values(conversation, assigned, &mut ticket, &mut losses);
        self.tags(conversation, &mut ticket, &mut losses);
        self.dates(conversation, &mut ticket, &mut losses);
        self.custom_fields(conversation, &mut ticket, &mut losses);
        let relations = self.relations(conversation, &mut ticket, &mut losses);
        self.rest(conversation, &mut losses);

        let mut comments = Vec::new();
        for part in &bundle.messages {
            losses.within(&part.message.id, |losses| {
                self.message(&part.message, &part.attachments, &mut comments, losses);
            });
        }
        let changed = &self.item.changed;
        let update = self.item.existing.is_some();
        if !update || changed.has(field::CC) || changed.has(field::LINKS) {
            self.note(bundle, &unknown, &relations, &mut comments, &mut losses);
        } else {
            self.note(bundle, &[], &[], &mut comments, &mut losses);
        }
        if update {
            let dated = || detail!("loss-later-date");
            losses.add(field::UPDATED_AT, Effect::Changed, dated());
            losses.add(field::SOLVED_AT, Effect::Changed, dated());
        }
        let submitter = comments
            .first()
            .and_then(|comment: &Comment<'_>| comment.author.clone());
        if let Some(id) = submitter {
            ticket.insert("submitter_id".into(), number(&id));
        }
        if comments.is_empty() && !update {
            losses.add(
                field::MESSAGE,
                Effect::Changed,
                detail!("loss-without-messages"),
            );
            comments.push(Comment {
                author: None,
                html: EMPTY.into(),
                public: false,
                at: conversation.created_at.map(|date| self.fit(date)),
                files: Vec::new(),
            });
        }
        let blocked = if conversation.requester_id.is_none() {
            Some((
                detail!("reason-no-requester"),
                detail!("reason-no-requester-hint"),
            ))
        } else if !asked {
            Some((
                detail!("reason-requester-absent"),
                detail!("reason-requester-absent-hint"),
            ))
        } else if comments.len() > limits::MAX_COMMENTS {
            Some((
                detail!(
                    "reason-too-many-comments",
                    count = comments.len(),
                    limit = limits::MAX_COMMENTS
                ),
                detail!("reason-too-many-comments-hint"),
            ))
        } else {
            None
        };
        Draft {
            ticket,
            comments,
            losses: losses.into_vec(),
            blocked,
        }
    }

    /// A date that an import keeps: from 1970 to now.
    fn fit(&self, date: Date) -> Date {
        date.clamp(Date::UNIX_EPOCH, self.now)
    }
}
