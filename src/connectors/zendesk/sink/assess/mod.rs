//! What would happen to an item. No request.

mod knowledge;
#[cfg(test)]
mod tests;

use super::payload::Maker;
use super::readers::Guide;
use super::{organizations, people, structure};
use crate::connector::{
    Assessment, Body, Detail, Effect, Item, Losses, TargetDesk, detail, field, planned_id,
};
use crate::connectors::zendesk::limits;
use crate::mapping::PlatformMapping;
use crate::schema::{Category, Date, Field, Group, Kind, Macro, Record};

/// Losses, refusals and calls of an item. `guide` is the help center as far as
/// it is known.
pub fn assess(
    item: &Item,
    target: &TargetDesk,
    mapping: &PlatformMapping,
    guide: Option<&Guide>,
    now: Date,
) -> Assessment {
    let mut made = Assessment::default();
    let mut losses = Losses::default();
    match &item.body {
        Body::Conversation(bundle) => {
            let draft = Maker {
                mapping,
                target,
                item,
                now,
            }
            .draft(bundle);
            let uploads: usize = draft
                .comments
                .iter()
                .map(|comment| comment.files.len())
                .sum();
            made.calls = match item.existing {
                Some(_) => vec![(limits::TICKET_UPDATE, 1)],
                None => vec![(limits::DEFAULT, u32::try_from(uploads).unwrap_or(u32::MAX))],
            };
            made.blocked = draft.blocked;
            made.losses = draft.losses;
            return made;
        }
        Body::Contact(contact) => {
            people::contact(contact, item, target, &mut losses);
            made.calls = vec![(limits::USER_UPSERT, 1)];
        }
        Body::Organization(organization) => {
            organizations::organization(organization, item, target, &mut losses);
        }
        Body::Group(known) => {
            made.calls = vec![(limits::DEFAULT, 2)];
            group(known, item, &mut losses);
            made.becomes = Some(Record::Group(structure::planned_group(known, item)));
        }
        Body::Field(known) => {
            made.calls = vec![(limits::DEFAULT, 1)];
            made.skipped = no_field(known);
            let planned = structure::planned_field(known);
            definition(known, &planned, &mut losses);
            made.becomes = Some(Record::Field(planned));
        }
        Body::Macro(template) => {
            made.calls = vec![(limits::DEFAULT, 1)];
            made.skipped = no_macro(template);
            let actions = template.actions.len();
            if actions > 0 {
                let detail = detail!("loss-macro-actions", count = actions);
                losses.add(field::MACRO, Effect::Dropped, detail);
            }
            losses.extra(&template.extra);
        }
        Body::Agent(_) => {
            made.skipped = Some(detail!("reason-agents-by-hand"));
        }
        Body::Brand(_) => {
            made.skipped = Some(detail!("reason-brands-by-hand"));
        }
        Body::Form(_) => {
            made.skipped = Some(detail!("reason-forms-by-hand"));
        }
        Body::Message(reply) => {
            let maker = Maker {
                mapping,
                target,
                item,
                now,
            };
            let (comments, later) = maker.later(reply);
            let calls = comments.iter().map(|comment| 1 + comment.files.len());
            let calls = u32::try_from(calls.sum::<usize>()).unwrap_or(u32::MAX);
            made.calls = vec![(limits::TICKET_UPDATE, calls)];
            losses = later;
        }
        Body::Category(level) => {
            let translations = u32::try_from(level.translations.len()).unwrap_or(0);
            made.calls = vec![(limits::HELP_CENTER, translations.saturating_add(1))];
            made.blocked = knowledge::category(level, item, target, &mut losses);
            made.becomes = Some(Record::Category(planned_level(level)));
        }
        Body::Article(bundle) => {
            let files = u32::try_from(bundle.attachments.len()).unwrap_or(u32::MAX);
            made.calls = vec![(limits::HELP_CENTER, files.saturating_add(2))];
            made.blocked = knowledge::article(bundle, item, target, guide, &mut losses);
        }
    }
    made.losses = losses.into_vec();
    made
}

/// The target's spelling of a locale: the same, else the same language.
pub fn locale<'t>(target: &'t TargetDesk, wanted: &str) -> Option<&'t str> {
    let wanted = wanted.replace('_', "-");
    let language = wanted.split('-').next().unwrap_or_default();
    target
        .locales
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&wanted))
        .or_else(|| {
            target.locales.iter().find(|known| {
                known
                    .split('-')
                    .next()
                    .is_some_and(|known| known.eq_ignore_ascii_case(language))
            })
        })
        .map(String::as_str)
}

fn group(group: &Group, item: &Item, losses: &mut Losses) {
    let missing = group
        .agent_ids
        .iter()
        .filter(|id| item.refs.get(Kind::Agent, id).is_none())
        .count();
    if missing > 0 {
        let detail = detail!("loss-members", count = missing);
        losses.add(field::GROUP_MEMBERS, Effect::Dropped, detail);
    }
    losses.extra(&group.extra);
}

fn no_field(known: &Field) -> Option<Detail> {
    if known.system {
        return Some(detail!("reason-every-account"));
    }
    let on = known.on?;
    match on {
        Kind::Conversation | Kind::Contact | Kind::Organization => None,
        _ => Some(detail!("reason-zendesk-fields")),
    }
}

fn definition(known: &Field, planned: &Field, losses: &mut Losses) {
    if planned.field_type != known.field_type {
        let (old, new) = (known.field_type.name(), planned.field_type.name());
        let detail = detail!("loss-word-becomes", old = old, new = new);
        losses.add(field::FIELD, Effect::Changed, detail);
    }
    losses.when(
        known.required || known.required_to_close,
        field::FIELD,
        Effect::Changed,
        detail!("loss-field-optional"),
    );
    losses.extra(&known.extra);
}

fn no_macro(template: &Macro) -> Option<Detail> {
    (template.html.is_none() && template.text.is_none()).then(|| detail!("reason-macro-empty"))
}

/// What stands below something is a section here, however deep.
fn planned_level(level: &Category) -> Category {
    let sort = match level.parent_id {
        None => "category",
        Some(_) => "section",
    };
    Category {
        id: format!("{sort}:{}", planned_id(&level.id)),
        ..level.clone()
    }
}
