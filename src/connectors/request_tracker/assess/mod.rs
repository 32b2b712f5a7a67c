//! What RT cannot keep, said before anything is sent.

mod conversation;
mod knowledge;
mod people;
#[cfg(test)]
mod tests;

use super::config::Config;
use super::payload;
use crate::connector::{Assessment, Body, Effect, Item, Losses, Part, TargetDesk, detail, field};
use crate::mapping::PlatformMapping;
use crate::schema::{Conversation, Field, FieldType, Group, Kind, Record};

/// Everything that decides what becomes of an item.
pub struct Assessor<'a> {
    /// The record.
    pub item: &'a Item,
    /// What the target has.
    pub target: &'a TargetDesk,
    /// RT's values.
    pub mapping: &'a PlatformMapping,
    /// The options.
    pub config: &'a Config,
    /// Articles keep their markup; `None` where only their class tells.
    pub html_articles: Option<bool>,
    /// Whether a message is written in its author's own name.
    pub writes_as: &'a dyn Fn(&Part) -> bool,
    /// Whether the owner can be set without a mail.
    pub keeps_owner: &'a dyn Fn(&Conversation) -> bool,
}

impl Assessor<'_> {
    /// Losses, blocks and calls of the item.
    pub fn assess(&self) -> Assessment {
        let mut found = Assessment::default();
        let mut losses = Losses::default();
        let mut calls = 1;
        match &self.item.body {
            Body::Organization(r) => {
                calls = 0;
                people::organization(r, &mut losses);
            }
            Body::Group(r) => {
                calls = 2;
                group(r, &mut losses);
            }
            Body::Agent(_) => {}
            Body::Brand(_) => found.skipped = Some(detail!("reason-rt-brands")),
            Body::Form(_) => found.skipped = Some(detail!("reason-rt-forms")),
            Body::Macro(_) => found.skipped = Some(detail!("reason-rt-macros")),
            Body::Field(r) => {
                calls = 1 + u32::try_from(r.options.len()).unwrap_or(u32::MAX - 1);
                if r.on.is_some() && r.on != Some(Kind::Conversation) {
                    found.skipped = Some(detail!("reason-rt-fields"));
                }
                let planned = payload::planned_field(r);
                definition(r, &planned, &mut losses);
                found.becomes = Some(Record::Field(planned));
            }
            Body::Contact(r) => people::contact(r, self.item, &mut losses),
            Body::Category(r) => {
                calls = 2;
                knowledge::category(r, &mut losses);
            }
            Body::Article(bundle) => {
                calls = 3;
                self.article(bundle, &mut losses);
            }
            Body::Conversation(bundle) => {
                let links = bundle.conversation.links.len();
                calls = 7 + u32::try_from(links).unwrap_or(0);
                found.blocked = self.conversation(bundle, &mut losses);
            }
            Body::Message(reply) => {
                calls = 3;
                self.message(&reply.part, &mut losses);
                if self.item.existing.is_some() {
                    losses.within(&reply.part.message.id, edited);
                }
            }
        }
        found.losses = losses.into_vec();
        found.calls = vec![("default", calls)];
        if found.skipped.is_some() {
            found.calls.clear();
        }
        found
    }
}

/// What becomes of a message that was edited after it was written.
fn edited(losses: &mut Losses) {
    losses.add(
        field::MESSAGE_BODY,
        Effect::Moved,
        detail!("loss-rt-edited"),
    );
    losses.add(
        field::MESSAGE_VISIBILITY,
        Effect::Changed,
        detail!("loss-seen-as-before"),
    );
}

fn group(r: &Group, losses: &mut Losses) {
    losses.when(
        !r.agent_ids.is_empty(),
        field::GROUP_MEMBERS,
        Effect::Dropped,
        detail!("loss-rt-members"),
    );
    losses.when(
        r.deleted,
        field::GROUP_RECORD,
        Effect::Changed,
        detail!("loss-was-deleted"),
    );
    losses.extra(&r.extra);
}

fn definition(r: &Field, planned: &Field, losses: &mut Losses) {
    losses.when(
        r.required || r.required_to_close || r.pattern.is_some(),
        field::FIELD,
        Effect::Changed,
        detail!("loss-rt-field-optional"),
    );
    let same = planned.field_type == r.field_type
        || (r.field_type, planned.field_type) == (FieldType::Regex, FieldType::Text);
    if !same {
        let (old, new) = (r.field_type.name(), planned.field_type.name());
        let detail = detail!("loss-word-becomes", old = old, new = new);
        losses.add(field::FIELD, Effect::Changed, detail);
    }
}
