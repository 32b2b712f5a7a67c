//! Before something on the target is changed it is read back and compared with
//! what was written: whoever edited it there meanwhile is not overwritten
//! unless the user says so.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{Difference, differences};
use super::stage::Writer;
use super::update::known_losses;
use super::verify::losses_of;
use super::{Conflicts, Project};
use crate::connector::{Body, Changed, Item, ReadBack, Result, field};
use crate::schema::{CustomFields, Record};

/// A change of a record that is on the target.
pub(super) struct Change {
    /// As it was written; `None` when that is not known.
    pub base: Option<Item>,
    /// As it shall be.
    pub item: Item,
}

/// What becomes of a change.
pub(super) enum Verdict {
    /// It is written: what was edited on the target is not touched by it, or
    /// the user wants it overwritten.
    Write(Box<Item>),
    /// The target stays as it is: all of the change would overwrite edits.
    Stays(String),
    /// It is not written, and the user has to look.
    Conflict(String),
}

/// Reads the target's record back and decides.
pub(super) async fn check(writer: &Writer, change: Change) -> Result<Verdict> {
    let Change { base, mut item } = change;
    let target = item.existing.clone().unwrap_or_default();
    let kind = item.key().kind;
    let read = writer
        .sink
        .read(kind, std::slice::from_ref(&target))
        .await?;
    let read = read.into_iter().next().unwrap_or_default();
    if read.record.is_none() {
        return Ok(Verdict::Conflict(format!(
            "it is gone on the target (id {target})"
        )));
    }
    let edits = match &base {
        Some(base) => edits(&writer.project, base, &item, &target, &read)?,
        None => Vec::new(),
    };
    if !edits.is_empty() {
        let told = tell(&edits);
        match writer.project.settings.conflicts {
            Conflicts::Overwrite => {}
            Conflicts::Report => return Ok(Verdict::Conflict(told)),
            Conflicts::Keep => {
                if !without(&mut item, &edits) {
                    return Ok(Verdict::Stays(told));
                }
            }
        }
    }
    if let Some(found) = &read.record {
        merge(&mut item, base.as_ref(), found);
    }
    Ok(Verdict::Write(Box::new(item)))
}

/// Something that both sides changed.
pub(super) struct Edit {
    /// From [`field`].
    field: &'static str,
    /// The custom field's source id.
    slot: Option<String>,
    written: String,
    theirs: String,
    ours: String,
}

fn edits(
    project: &Project,
    base: &Item,
    item: &Item,
    target: &str,
    read: &ReadBack,
) -> Result<Vec<Edit>> {
    // Messages are no properties: whoever added one overwrites nothing.
    let properties = ReadBack {
        record: read.record.clone(),
        ..ReadBack::default()
    };
    let losses = known_losses(project, &item.key())?;
    let edited = differences(&bare(base), target, &losses, &properties);
    let wanted = differences(&bare(item), target, &losses, &properties);
    let mut found = Vec::new();
    for theirs in edited {
        let Some(field) = name(&theirs.field).filter(|field| item.changed.has(field)) else {
            continue;
        };
        let slot = slot(&theirs);
        let ours = wanted
            .iter()
            .find(|ours| ours.field == theirs.field && self::slot(ours) == slot);
        // Of custom fields only those that the source changed are written.
        let Some(ours) = ours.filter(|ours| slot.is_none() || ours.expected != theirs.expected)
        else {
            continue;
        };
        found.push(Edit {
            field,
            slot: slot.map(str::to_owned),
            written: theirs.expected.clone(),
            theirs: theirs.found.clone(),
            ours: ours.expected.clone(),
        });
    }
    Ok(found)
}

/// The name as the constant that [`Changed`] holds; tags are merged and dates
/// of change are the target's own, so that neither is ever in conflict.
pub(super) fn name(found: &str) -> Option<&'static str> {
    const NAMES: [&str; 27] = [
        field::SUBJECT,
        field::STATUS,
        field::PRIORITY,
        field::TYPE,
        field::CHANNEL,
        field::DUE_AT,
        field::REQUESTER,
        field::ASSIGNEE,
        field::GROUP,
        field::ORGANIZATION,
        field::BRAND,
        field::FORM,
        field::CC,
        field::FOLLOWERS,
        field::CUSTOM_FIELDS,
        field::CONTACT_NAME,
        field::CONTACT_IDENTITIES,
        field::CONTACT_ORGANIZATIONS,
        field::CONTACT_LOCALE,
        field::CONTACT_NOTES,
        field::CONTACT_FIELDS,
        field::ORGANIZATION_NAME,
        field::ORGANIZATION_RECORD,
        field::ORGANIZATION_FIELDS,
        field::CATEGORY,
        field::ARTICLE,
        field::ARTICLE_STATE,
    ];
    NAMES.into_iter().find(|name| *name == found)
}

/// Of a custom field's difference the field's source id.
fn slot(difference: &Difference) -> Option<&str> {
    let custom = [
        field::CUSTOM_FIELDS,
        field::CONTACT_FIELDS,
        field::ORGANIZATION_FIELDS,
    ];
    custom
        .contains(&difference.field.as_str())
        .then(|| difference.expected.split(" = ").next())
        .flatten()
}

/// An item without its messages and files.
fn bare(item: &Item) -> Item {
    let mut item = item.clone();
    match &mut item.body {
        Body::Conversation(bundle) => bundle.messages.clear(),
        Body::Article(bundle) => bundle.attachments.clear(),
        _ => {}
    }
    item
}

/// `edited on the target: conversation.status is "pending", "open" was written, "solved" is new`.
fn tell(edits: &[Edit]) -> String {
    let told: Vec<String> = edits
        .iter()
        .map(|edit| {
            format!(
                "{} is \"{}\", \"{}\" was written, \"{}\" is new",
                edit.field, edit.theirs, edit.written, edit.ours
            )
        })
        .collect();
    format!("edited on the target: {}", told.join("; "))
}

/// Takes what was edited out of an update. Whether something is left.
fn without(item: &mut Item, edits: &[Edit]) -> bool {
    let slots: BTreeSet<&str> = edits
        .iter()
        .filter_map(|edit| edit.slot.as_deref())
        .collect();
    if let Some(fields) = custom_fields(&mut item.body) {
        fields.retain(|id, _| !slots.contains(id.as_str()));
    }
    let taken = edits.iter().filter(|edit| edit.slot.is_none());
    item.changed.forget(taken.map(|edit| edit.field));
    let adds = match &item.body {
        Body::Conversation(bundle) => !bundle.ratings.is_empty() || !bundle.time_entries.is_empty(),
        _ => false,
    };
    adds || !item.changed.is_nothing()
}

/// Tags and custom fields are many values in one: what was edited of them on
/// the target stays beside what changed on the source.
fn merge(item: &mut Item, base: Option<&Item>, found: &Record) {
    let written = base.map(|base| base.body.clone());
    if let (Some(ours), Some(theirs)) = (tags(&mut item.body), tags_of(found)) {
        let before = written
            .clone()
            .as_mut()
            .and_then(tags)
            .map(|tags| tags.clone());
        *ours = merged_tags(&before.unwrap_or_default(), ours, theirs);
    }
    if let Some(mut written) = written
        && let (Some(ours), Some(before)) =
            (custom_fields(&mut item.body), custom_fields(&mut written))
    {
        let cleared: Vec<String> = before
            .keys()
            .filter(|id| !ours.contains_key(*id))
            .cloned()
            .collect();
        ours.retain(|id, value| before.get(id) != Some(value));
        ours.extend(cleared.into_iter().map(|id| (id, Value::Null)));
    }
}

fn merged_tags(before: &[String], ours: &[String], theirs: &[String]) -> Vec<String> {
    let loose = |tag: &str| -> String {
        let word = tag.chars().filter(|c| c.is_alphanumeric());
        word.flat_map(char::to_lowercase).collect()
    };
    let kept: BTreeSet<String> = ours.iter().map(|tag| loose(tag)).collect();
    let removed: BTreeSet<String> = before
        .iter()
        .map(|tag| loose(tag))
        .filter(|tag| !kept.contains(tag))
        .collect();
    let mut merged = ours.to_vec();
    let more = theirs.iter().filter(|tag| {
        let tag = loose(tag);
        !kept.contains(&tag) && !removed.contains(&tag)
    });
    merged.extend(more.cloned());
    merged.sort_unstable();
    merged
}

fn tags(body: &mut Body) -> Option<&mut Vec<String>> {
    match body {
        Body::Conversation(bundle) => Some(&mut bundle.conversation.tags),
        Body::Contact(contact) => Some(&mut contact.tags),
        Body::Organization(organization) => Some(&mut organization.tags),
        Body::Article(bundle) => Some(&mut bundle.article.labels),
        _ => None,
    }
}

fn tags_of(record: &Record) -> Option<&Vec<String>> {
    match record {
        Record::Conversation(conversation) => Some(&conversation.tags),
        Record::Contact(contact) => Some(&contact.tags),
        Record::Organization(organization) => Some(&organization.tags),
        Record::Article(article) => Some(&article.labels),
        _ => None,
    }
}

fn custom_fields(body: &mut Body) -> Option<&mut CustomFields> {
    match body {
        Body::Conversation(bundle) => Some(&mut bundle.conversation.custom_fields),
        Body::Contact(contact) => Some(&mut contact.custom_fields),
        Body::Organization(organization) => Some(&mut organization.custom_fields),
        _ => None,
    }
}

/// A record on the target with one more tag, and nothing else changed; `None`
/// for kinds that have no tags.
pub(super) fn tagged(mut item: Item, found: &Record, tag: &str) -> Option<Item> {
    let theirs = tags_of(found)?.clone();
    let name = match &item.body {
        Body::Conversation(bundle) => {
            let mut bundle = bundle.clone();
            bundle.messages.clear();
            bundle.ratings.clear();
            bundle.time_entries.clear();
            item.body = Body::Conversation(bundle);
            field::TAGS
        }
        Body::Contact(_) => field::CONTACT_TAGS,
        Body::Organization(_) => field::ORGANIZATION_TAGS,
        Body::Article(_) => field::ARTICLE_LABELS,
        _ => return None,
    };
    let ours = tags(&mut item.body)?;
    *ours = theirs;
    if !ours.iter().any(|known| known == tag) {
        ours.push(tag.to_owned());
    }
    item.changed = Changed::only([name]);
    Some(item)
}

/// What was edited of a record that shall be deleted: anything at all.
pub(super) fn touched(
    project: &Project,
    base: &Item,
    target: &str,
    read: &ReadBack,
) -> Result<Option<String>> {
    let losses = losses_of(project, base)?;
    let told: Vec<String> = differences(base, target, &losses, read)
        .into_iter()
        .filter(|found| found.field != field::UPDATED_AT)
        .map(|found| {
            format!(
                "{} is \"{}\", \"{}\" was written",
                found.field, found.found, found.expected
            )
        })
        .collect();
    Ok((!told.is_empty()).then(|| format!("edited on the target: {}", told.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_both_sides_stay_and_those_taken_off_go() {
        let list =
            |tags: &[&str]| -> Vec<String> { tags.iter().map(|tag| (*tag).to_owned()).collect() };
        let before = list(&["VIP Kunde", "old"]);
        let ours = list(&["VIP Kunde", "new"]);
        let theirs = list(&["vip_kunde", "old", "by_hand"]);
        assert_eq!(
            merged_tags(&before, &ours, &theirs),
            list(&["VIP Kunde", "by_hand", "new"])
        );
    }
}
