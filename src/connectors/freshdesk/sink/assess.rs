//! What the target will not have as it was: said before anything is written.

mod conversation;
mod knowledge;
mod message;
mod people;
#[cfg(test)]
mod tests;

use super::structure;
use super::values::fit;
use super::{Freshdesk, files, tickets::internal};
use crate::connector::{
    Assessment, Body, Detail, Effect, Item, Loss, Losses, Part, Refs, TargetDesk, detail, field,
    planned_id,
};
use crate::connectors::freshdesk::limits;
use crate::connectors::freshdesk::normalize::{CATEGORY, FOLDER};
use crate::schema::{Category, CustomFields, Field, FieldType, Group, Kind, Macro, Record};

impl Freshdesk {
    pub(super) fn assess_item(&self, item: &Item, target: &TargetDesk) -> Assessment {
        let mut losses = Losses::default();
        let mut found = Assessment::default();
        match &item.body {
            Body::Organization(company) => {
                people::organization(company, item, target, &mut losses);
                found.calls.push((limits::DEFAULT, 1));
            }
            Body::Group(known) => {
                group(known, item, &mut losses);
                found.becomes = Some(Record::Group(structure::planned_group(known, item)));
                found.calls.push((limits::DEFAULT, 1));
            }
            Body::Contact(known) => {
                people::contact(known, item, target, &mut losses);
                found.calls.push((limits::DEFAULT, 1));
            }
            Body::Field(definition) => match structure::planned_field(definition) {
                _ if !self.config.create_fields => {
                    found.skipped = Some(detail!("reason-create-fields-off"));
                }
                None => {
                    let sort = definition.field_type.name();
                    found.skipped = Some(detail!("reason-field-by-hand", type = sort));
                }
                Some(planned) => {
                    found.blocked = label_taken(&planned, target);
                    definition_losses(definition, &planned, &mut losses);
                    found.becomes = Some(Record::Field(planned));
                    found.calls.push((limits::DEFAULT, 2));
                }
            },
            Body::Conversation(bundle) => {
                self.conversation(bundle, item, target, &mut losses);
                if item.existing.is_none() {
                    found.blocked = self.demanded(&bundle.conversation, item, target);
                }
                let more = bundle.time_entries.len() + bundle.ratings.len();
                found.calls.push(match item.existing {
                    Some(_) => (limits::TICKET_UPDATE, 1),
                    None => (limits::TICKET_CREATE, 1),
                });
                if let Ok(more) = u32::try_from(more + further(bundle.messages.first())) {
                    found.calls.push((limits::DEFAULT, more));
                }
            }
            Body::Message(reply) => {
                self.message(&reply.part, message::NOTES, &item.refs, &mut losses);
                if item.existing.is_some() {
                    let detail = detail!("loss-note-visibility");
                    let loss = Loss::new(field::MESSAGE_VISIBILITY, Effect::Changed, detail);
                    losses.push(loss.of(&reply.part.message.id));
                }
                let calls = 1 + u32::try_from(further(Some(&reply.part))).unwrap_or_default();
                found.calls.push((limits::DEFAULT, calls));
            }
            Body::Category(level) => {
                found.blocked = knowledge::category(level, item, target, &mut losses);
                found.becomes = Some(Record::Category(planned_level(level)));
                found.calls.push((limits::DEFAULT, 2));
            }
            Body::Article(bundle) => {
                found.blocked = knowledge::article(bundle, item, target, &mut losses);
                let more = bundle.article.translations.len().saturating_sub(1);
                let calls = 2 + u32::try_from(more).unwrap_or_default();
                found.calls.push((limits::DEFAULT, calls));
            }
            Body::Macro(response) => {
                canned(response, &mut losses);
                found.calls.push((limits::DEFAULT, 2));
            }
            Body::Agent(_) => found.skipped = Some(detail!("reason-agents-cost")),
            Body::Brand(_) => found.skipped = Some(detail!("reason-no-products")),
            Body::Form(_) => found.skipped = Some(detail!("reason-forms-not-created")),
        }
        found.losses = losses.into_vec();
        found
    }
}

/// Values of custom fields that have no target or do not fit it.
fn custom_fields(
    name: &str,
    values: &CustomFields,
    refs: &Refs,
    target: &TargetDesk,
    losses: &mut Losses,
) {
    for (id, value) in values {
        losses.within(id, |losses| {
            let Some(defined) = refs
                .get(Kind::Field, id)
                .and_then(|id| target.fields.iter().find(|f| f.id == id))
            else {
                let detail = detail!("loss-no-such-field", field = id);
                losses.add(name, Effect::Dropped, detail);
                return;
            };
            match fit(value, defined) {
                Err(reason) => {
                    let detail = detail!("loss-named-field", field = &defined.label, what = reason);
                    losses.add(name, Effect::Dropped, detail);
                }
                Ok(_) if value.is_array() && defined.field_type != FieldType::MultiSelect => {
                    let what = detail!("loss-one-text");
                    let detail = detail!("loss-named-field", field = &defined.label, what = what);
                    losses.add(name, Effect::Changed, detail);
                }
                Ok(_) if matches!(defined.field_type, FieldType::Date | FieldType::DateTime) => {
                    losses.when(
                        value.as_str().is_some_and(|text| text.len() > 10),
                        name,
                        Effect::Truncated,
                        detail!("loss-day-kept"),
                    );
                }
                Ok(_) => {}
            }
        });
    }
}

/// Requests beside the one for the message itself.
fn further(part: Option<&Part>) -> usize {
    part.map_or(0, |part| {
        let batches = files::sort(&part.attachments)
            .batches
            .len()
            .saturating_sub(1);
        batches + usize::from(internal(part))
    })
}

fn group(group: &Group, item: &Item, losses: &mut Losses) {
    let left = group
        .agent_ids
        .iter()
        .filter(|id| item.refs.get(Kind::Agent, id).is_none())
        .count();
    if left > 0 {
        let detail = detail!("loss-members-target", count = left);
        losses.add(field::GROUP_MEMBERS, Effect::Dropped, detail);
    }
    losses.when(
        group.deleted,
        field::GROUP_RECORD,
        Effect::Changed,
        detail!("loss-was-deleted"),
    );
    losses.when(
        group.created_at.is_some(),
        field::EXTRA,
        Effect::Dropped,
        detail!("loss-group-dates"),
    );
    losses.extra(&group.extra);
}

fn definition_losses(definition: &Field, planned: &Field, losses: &mut Losses) {
    if planned.field_type != definition.field_type {
        let (old, new) = (definition.field_type.name(), planned.field_type.name());
        let detail = detail!("loss-type-instead", old = old, new = new);
        losses.add(field::FIELD, Effect::Changed, detail);
    }
    losses.when(
        definition.required || definition.required_to_close,
        field::FIELD,
        Effect::Changed,
        detail!("loss-field-optional"),
    );
    losses.extra(&definition.extra);
}

/// Labels are unique on the account, those of its own fields included.
fn label_taken(planned: &Field, target: &TargetDesk) -> Option<(Detail, Detail)> {
    let same = |known: &&Field| {
        known.on == planned.on && known.label.eq_ignore_ascii_case(planned.label.trim())
    };
    let taken = target.fields.iter().find(same)?;
    Some((
        detail!("reason-label-taken", field = &taken.label),
        detail!("reason-label-taken-hint"),
    ))
}

/// What stands below something is a folder here, however deep.
fn planned_level(level: &Category) -> Category {
    let prefix = match level.parent_id {
        None => CATEGORY,
        Some(_) => FOLDER,
    };
    Category {
        id: format!("{prefix}{}", planned_id(&level.id)),
        ..level.clone()
    }
}

fn canned(response: &Macro, losses: &mut Losses) {
    use Effect::*;
    losses.when(
        !response.actions.is_empty(),
        field::MACRO,
        Dropped,
        detail!("loss-actions-by-hand"),
    );
    losses.when(
        !response.active,
        field::MACRO,
        Changed,
        detail!("loss-in-use-again"),
    );
    losses.when(
        response.folder.is_none(),
        field::MACRO,
        Changed,
        detail!("loss-folder-imported", folder = structure::RESPONSE_FOLDER),
    );
    losses.extra(&response.extra);
}
