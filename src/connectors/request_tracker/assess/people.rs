//! What organizations and customers lose.

use super::super::payload;
use crate::connector::{Effect, Item, Loss, Losses, detail, field};
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
        detail!("loss-rt-organization-text"),
    );
    let none = || detail!("loss-rt-no-organizations");
    losses.when(
        !r.tags.is_empty(),
        field::ORGANIZATION_TAGS,
        Effect::Dropped,
        none(),
    );
    losses.when(
        !r.custom_fields.is_empty(),
        field::ORGANIZATION_FIELDS,
        Effect::Dropped,
        none(),
    );
    losses.when(
        r.created_at.or(r.updated_at).is_some(),
        field::ORGANIZATION_DATES,
        Effect::Dropped,
        none(),
    );
    losses.extra(&r.extra);
}

pub(super) fn contact(r: &Contact, item: &Item, losses: &mut Losses) {
    addresses(r, item, losses);
    for (index, id) in r.organization_ids.iter().enumerate() {
        if index > 0 {
            let detail = detail!("loss-rt-one-organization", which = id);
            losses.add(field::CONTACT_ORGANIZATIONS, Effect::Dropped, detail);
        } else if item.refs.get(Kind::Organization, id).is_none() {
            let detail = detail!("loss-rt-absent", which = id);
            losses.add(field::CONTACT_ORGANIZATIONS, Effect::Dropped, detail);
        }
    }
    losses.when(
        !r.tags.is_empty(),
        field::CONTACT_TAGS,
        Effect::Dropped,
        detail!("loss-rt-user-tags"),
    );
    losses.when(
        !r.custom_fields.is_empty(),
        field::CONTACT_FIELDS,
        Effect::Dropped,
        detail!("loss-rt-user-fields"),
    );
    losses.when(
        r.blocked || r.deleted,
        field::CONTACT_STATE,
        Effect::Changed,
        detail!("loss-rt-enabled"),
    );
    losses.when(
        r.created_at.or(r.updated_at).is_some(),
        field::CONTACT_DATES,
        Effect::Changed,
        detail!("loss-rt-user-dates"),
    );
    losses.when(
        r.external_id.is_some() || r.title.is_some() || r.avatar_url.is_some(),
        field::EXTRA,
        Effect::Dropped,
        detail!("loss-rt-user-columns"),
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
            let (sort, address) = (identity.kind.name(), &identity.value);
            let detail = detail!("loss-rt-address", sort = sort, address = address);
            let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
            losses.push(loss.of(identity.kind.name()));
        }
    }
    if r.identities.iter().any(|identity| identity.verified) {
        let detail = detail!("loss-rt-verified");
        let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
        losses.push(loss.compared());
    }
}
