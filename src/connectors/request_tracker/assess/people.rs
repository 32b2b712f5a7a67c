//! What organizations and customers lose.

use super::super::payload;
use crate::connector::{Effect, Item, Loss, Losses, field};
use crate::schema::{Contact, Identity, IdentityKind, Kind, Organization};

pub(super) fn organization(r: &Organization, losses: &mut Losses) {
    let more = !r.domains.is_empty()
        || r.notes.is_some()
        || r.details.is_some()
        || r.external_id.is_some()
        || r.group_id.is_some()
        || r.shared.is_some();
    losses.when(
        more,
        field::ORGANIZATION_RECORD,
        Effect::Dropped,
        "RT knows an organization only as text of its users: its name is kept",
    );
    let none = "RT has no organizations of their own";
    losses.when(
        !r.tags.is_empty(),
        field::ORGANIZATION_TAGS,
        Effect::Dropped,
        none,
    );
    losses.when(
        !r.custom_fields.is_empty(),
        field::ORGANIZATION_FIELDS,
        Effect::Dropped,
        none,
    );
    losses.when(
        r.created_at.or(r.updated_at).is_some(),
        field::ORGANIZATION_DATES,
        Effect::Dropped,
        none,
    );
    losses.extra(&r.extra);
}

pub(super) fn contact(r: &Contact, item: &Item, losses: &mut Losses) {
    addresses(r, item, losses);
    for (index, id) in r.organization_ids.iter().enumerate() {
        if index > 0 {
            let detail = format!("a user has one organization: not {id}");
            losses.add(field::CONTACT_ORGANIZATIONS, Effect::Dropped, detail);
        } else if item.refs.get(Kind::Organization, id).is_none() {
            let detail = format!("{id} is not here");
            losses.add(field::CONTACT_ORGANIZATIONS, Effect::Dropped, detail);
        }
    }
    losses.when(
        !r.tags.is_empty(),
        field::CONTACT_TAGS,
        Effect::Dropped,
        "users have no tags",
    );
    losses.when(
        !r.custom_fields.is_empty(),
        field::CONTACT_FIELDS,
        Effect::Dropped,
        "RT's API cannot make custom fields of users",
    );
    losses.when(
        r.blocked || r.deleted,
        field::CONTACT_STATE,
        Effect::Changed,
        "a disabled user could not be a requestor: the user is enabled",
    );
    losses.when(
        r.created_at.or(r.updated_at).is_some(),
        field::CONTACT_DATES,
        Effect::Changed,
        "RT dates users now",
    );
    losses.when(
        r.external_id.is_some() || r.title.is_some() || r.avatar_url.is_some(),
        field::EXTRA,
        Effect::Dropped,
        "users have no column for it",
    );
    losses.extra(&r.extra);
}

/// A user has one address, four numbers and a login.
fn addresses(r: &Contact, item: &Item, losses: &mut Losses) {
    let login = payload::login(r, &item.marker);
    let phones = payload::phones(r);
    let mut mailed = false;
    let mut kept = |identity: &Identity| match identity.kind {
        IdentityKind::Email => !std::mem::replace(&mut mailed, true),
        IdentityKind::Phone | IdentityKind::Mobile => {
            phones.iter().any(|(_, value)| *value == identity.value)
        }
        IdentityKind::Login => identity.value == login,
        _ => false,
    };
    for identity in &r.identities {
        if !kept(identity) {
            let detail = format!(
                "{} {}: a user has one address, four numbers and nothing else",
                identity.kind, identity.value
            );
            let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
            losses.push(loss.of(identity.kind.name()));
        }
    }
    if r.identities.iter().any(|identity| identity.verified) {
        let detail = "whether an address was verified";
        let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
        losses.push(loss.compared());
    }
}
