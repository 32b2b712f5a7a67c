//! Customers and agents as users.

use serde_json::{Map, Value};

use crate::connector::Refs;
use crate::schema::{Agent, Contact, IdentityKind, Kind};

/// The login of a contact: the one it had, the address, or the marker.
pub fn login(contact: &Contact, marker: &str) -> String {
    contact
        .identity(IdentityKind::Login)
        .filter(|login| !login.bytes().all(|b| b.is_ascii_digit()))
        .or_else(|| contact.email())
        .unwrap_or(marker)
        .to_owned()
}

/// A customer as a user without privileges.
pub fn contact(contact: &Contact, login: &str, refs: &Refs) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            body.insert(name.to_owned(), value.into());
        }
    };
    put("Name", Some(login));
    put("EmailAddress", contact.email());
    put("RealName", contact.name.as_deref());
    let organization = contact.organization_ids.first();
    put(
        "Organization",
        organization.and_then(|id| refs.get(Kind::Organization, id)),
    );
    for (name, value) in phones(contact) {
        put(name, Some(value));
    }
    put("Lang", contact.locale.as_deref());
    put("Timezone", contact.time_zone.as_deref());
    put("Comments", contact.notes.as_deref());
    put("FreeformContactInfo", contact.details.as_deref());
    body.insert("Privileged".into(), 0.into());
    body
}

/// Which number goes into which of RT's four columns.
pub fn phones(contact: &Contact) -> Vec<(&'static str, &str)> {
    let mut free = vec!["WorkPhone", "HomePhone", "PagerPhone"];
    let mut all = Vec::new();
    for identity in &contact.identities {
        let wanted = match (identity.kind, identity.source.as_deref()) {
            (IdentityKind::Mobile, _) if !all.iter().any(|(name, _)| *name == "MobilePhone") => {
                all.push(("MobilePhone", identity.value.as_str()));
                continue;
            }
            (IdentityKind::Phone | IdentityKind::Mobile, Some("home")) => "HomePhone",
            (IdentityKind::Phone | IdentityKind::Mobile, Some("pager")) => "PagerPhone",
            (IdentityKind::Phone | IdentityKind::Mobile, _) => "WorkPhone",
            _ => continue,
        };
        let place = free
            .iter()
            .position(|name| *name == wanted)
            .or(Some(0))
            .filter(|_| !free.is_empty());
        if let Some(place) = place {
            all.push((free.remove(place), identity.value.as_str()));
        }
    }
    all
}

/// An agent as a privileged user without a password.
pub fn agent(agent: &Agent, login: &str) -> Map<String, Value> {
    let mut body = Map::new();
    for (name, value) in [
        ("Name", Some(login)),
        ("EmailAddress", agent.email.as_deref()),
        ("RealName", agent.name.as_deref()),
        ("WorkPhone", agent.phone.as_deref()),
        ("Lang", agent.locale.as_deref()),
        ("Timezone", agent.time_zone.as_deref()),
        ("Signature", agent.signature.as_deref()),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            body.insert(name.to_owned(), value.into());
        }
    }
    body.insert("Privileged".into(), 1.into());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_finds_a_column() {
        let phone = |kind, value: &str, source: Option<&str>| crate::schema::Identity {
            source: source.map(str::to_owned),
            ..crate::schema::Identity::new(kind, value)
        };
        let contact = Contact {
            identities: vec![
                phone(IdentityKind::Phone, "1", Some("home")),
                phone(IdentityKind::Mobile, "2", None),
                phone(IdentityKind::Phone, "3", None),
                phone(IdentityKind::Phone, "4", None),
                phone(IdentityKind::Phone, "5", None),
            ],
            ..Contact::default()
        };
        let names: Vec<&str> = phones(&contact).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["HomePhone", "MobilePhone", "WorkPhone", "PagerPhone"]
        );
    }
}
