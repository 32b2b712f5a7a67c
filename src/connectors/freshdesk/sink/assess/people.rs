//! What companies and contacts lose.

use super::super::messages::line;
use super::super::people;
use super::super::values::tags;
use super::custom_fields;
use crate::connector::{Effect::*, Item, Loss, Losses, TargetDesk, detail, field};
use crate::schema::{Contact, IdentityKind, Kind, Organization};

pub(super) fn organization(
    company: &Organization,
    item: &Item,
    target: &TargetDesk,
    losses: &mut Losses,
) {
    losses.when(
        line(&company.name).1,
        field::ORGANIZATION_NAME,
        Truncated,
        detail!("loss-names-limit"),
    );
    losses.when(
        company.created_at.is_some() || company.updated_at.is_some(),
        field::ORGANIZATION_DATES,
        Changed,
        detail!("loss-dates-of-the-move"),
    );
    losses.when(
        !company.tags.is_empty(),
        field::ORGANIZATION_TAGS,
        Dropped,
        detail!("loss-company-tags"),
    );
    let more =
        company.shared.is_some() || company.group_id.is_some() || company.external_id.is_some();
    losses.when(more, field::EXTRA, Dropped, detail!("loss-company-extras"));
    custom_fields(
        field::ORGANIZATION_FIELDS,
        &company.custom_fields,
        &item.refs,
        target,
        losses,
    );
    losses.extra(&company.extra);
}

pub(super) fn contact(contact: &Contact, item: &Item, target: &TargetDesk, losses: &mut Losses) {
    losses.when(
        people::contact_name(contact).1,
        field::CONTACT_NAME,
        Changed,
        detail!("loss-name-mandatory"),
    );
    losses.when(
        contact.created_at.is_some() || contact.updated_at.is_some(),
        field::CONTACT_DATES,
        Changed,
        detail!("loss-dates-of-the-move"),
    );
    losses.when(
        contact.blocked || contact.deleted,
        field::CONTACT_STATE,
        Changed,
        detail!("loss-active-again"),
    );
    for kind in IdentityKind::ALL {
        let all = people::identities(contact, *kind);
        let kept = match kind {
            IdentityKind::Email => all.len(),
            IdentityKind::Phone | IdentityKind::Mobile | IdentityKind::Twitter => 1,
            _ => 0,
        };
        for lost in all.iter().skip(kept) {
            let detail = detail!(
                "loss-address",
                sort = kind.name(),
                address = lost.to_string()
            );
            let loss = Loss::new(field::CONTACT_IDENTITIES, Dropped, detail);
            losses.push(loss.of(kind.name()));
        }
    }
    let verified = contact.identities.iter().any(|identity| identity.verified);
    losses.when(
        verified,
        field::CONTACT_STATE,
        Changed,
        detail!("loss-unverified"),
    );
    let unknown = contact
        .organization_ids
        .iter()
        .any(|id| item.refs.get(Kind::Organization, id).is_none());
    losses.when(
        unknown,
        field::CONTACT_ORGANIZATIONS,
        Dropped,
        detail!("loss-a-company"),
    );
    let (_, changed) = tags(&contact.tags);
    losses.when(
        !changed.is_empty(),
        field::CONTACT_TAGS,
        Changed,
        detail!("loss-tags-shape"),
    );
    let language = people::language(contact, target);
    let same = language.as_deref().map(str::to_lowercase)
        == contact.locale.as_deref().map(str::to_lowercase);
    losses.when(
        !same,
        field::CONTACT_LOCALE,
        Changed,
        detail!("loss-no-language"),
    );
    let zone = contact
        .time_zone
        .as_deref()
        .is_some_and(|zone| zone.contains('/'));
    losses.when(
        zone,
        field::CONTACT_LOCALE,
        Dropped,
        detail!("loss-own-zones"),
    );
    losses.when(
        contact.avatar_url.is_some(),
        field::EXTRA,
        Dropped,
        detail!("loss-pictures"),
    );
    custom_fields(
        field::CONTACT_FIELDS,
        &contact.custom_fields,
        &item.refs,
        target,
        losses,
    );
    losses.extra(&contact.extra);
}
