//! Users, and the organizations that they name.

use super::super::wire::{self, Text};
use super::{Normal, at, owned, put, values};
use crate::schema::{Agent, Contact, Extra, Identity, IdentityKind, Organization, Record, Role};

/// A user: an agent when privileged, else a contact, with the organization that the text names.
pub fn user(user: &wire::User) -> Normal<Vec<Record>> {
    let mut records = Vec::new();
    let id = user.name.0.clone();
    let created_at = at("Created", &user.created)?;
    let updated_at = at("LastUpdated", &user.last_updated)?;
    let mut extra = Extra::new();
    put(&mut extra, "NickName", &user.nick_name);
    if user.privileged.yes() {
        put(&mut extra, "Organization", &user.organization);
        put(&mut extra, "Comments", &user.comments);
        put(
            &mut extra,
            "FreeformContactInfo",
            &user.freeform_contact_info,
        );
        records.push(Record::Agent(Agent {
            id,
            name: owned(&user.real_name).or_else(|| owned(&user.name)),
            email: owned(&user.email_address),
            role: Role::Agent,
            signature: owned(&user.signature),
            active: !user.disabled.yes(),
            phone: [&user.work_phone, &user.mobile_phone, &user.home_phone]
                .into_iter()
                .find_map(owned),
            locale: owned(&user.lang),
            time_zone: owned(&user.timezone),
            created_at,
            updated_at,
            extra,
            ..Agent::default()
        }));
        return Ok(records);
    }
    put(&mut extra, "Signature", &user.signature);
    let mut identities = Vec::new();
    let mut add = |kind: IdentityKind, value: &Text, source: Option<&str>| {
        if let Some(value) = value.some() {
            identities.push(Identity {
                source: source.map(str::to_owned),
                ..Identity::new(kind, value)
            });
        }
    };
    add(IdentityKind::Email, &user.email_address, None);
    add(IdentityKind::Phone, &user.work_phone, Some("work"));
    add(IdentityKind::Mobile, &user.mobile_phone, None);
    add(IdentityKind::Phone, &user.home_phone, Some("home"));
    add(IdentityKind::Phone, &user.pager_phone, Some("pager"));
    add(IdentityKind::Login, &user.name, None);
    let mut seen = Vec::new();
    for identity in &mut identities {
        identity.primary = !seen.contains(&identity.kind);
        seen.push(identity.kind);
    }
    let address: Vec<&str> = [
        &user.freeform_contact_info,
        &user.address1,
        &user.address2,
        &user.zip,
        &user.city,
        &user.state,
        &user.country,
    ]
    .into_iter()
    .filter_map(Text::some)
    .collect();
    let organization = user.organization.0.trim();
    if !organization.is_empty() {
        records.push(Record::Organization(Organization {
            id: organization.to_owned(),
            name: organization.to_owned(),
            ..Organization::default()
        }));
    }
    records.push(Record::Contact(Contact {
        id,
        name: owned(&user.real_name),
        identities,
        organization_ids: Some(organization.to_owned())
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect(),
        locale: owned(&user.lang),
        time_zone: owned(&user.timezone),
        notes: owned(&user.comments),
        details: Some(address.join("\n")).filter(|text| !text.is_empty()),
        blocked: user.disabled.yes(),
        custom_fields: values(&user.custom_fields),
        created_at,
        updated_at,
        extra,
        ..Contact::default()
    }));
    Ok(records)
}
