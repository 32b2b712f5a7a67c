//! Several contacts as one: nothing of any of them is left out without a word.

use std::collections::BTreeMap;

use crate::connector::identity::{self, Rules};
use crate::connector::{Effect, Loss, Value, detail, field};
use crate::schema::{Contact, Identity, IdentityKind};

/// The contact that is kept, with what the others have. What only one of them
/// can have stays the kept one's, and the other value is a declared loss.
pub(in crate::engine) fn merged(
    mut kept: Contact,
    others: Vec<Contact>,
    rules: &Rules,
) -> (Contact, Vec<Loss>) {
    let mut losses = Losses::default();
    for other in others {
        losses.of.clone_from(&other.id);
        join(&mut kept, other, rules, &mut losses);
    }
    (kept, losses.list)
}

#[derive(Default)]
struct Losses {
    of: String,
    list: Vec<Loss>,
}

impl Losses {
    fn dropped(&mut self, field: &str, value: impl Into<Value>) -> &mut Loss {
        let value: Value = value.into();
        let detail = detail!("loss-one-with-it", value = value, contact = &self.of);
        // The item holds what stands there instead.
        self.list
            .push(Loss::new(field, Effect::Dropped, detail).compared());
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Fills what is empty; says what another value was.
    fn one(&mut self, field: &str, kept: &mut Option<String>, other: Option<String>) {
        match (kept.as_deref(), other) {
            (_, None) => {}
            (None, other) => *kept = other,
            (Some(own), Some(other)) if own.trim() == other.trim() => {}
            (Some(_), Some(other)) => {
                self.dropped(field, other);
            }
        }
    }
}

fn join(kept: &mut Contact, other: Contact, rules: &Rules, losses: &mut Losses) {
    losses.one(field::CONTACT_NAME, &mut kept.name, other.name);
    losses.one(field::CONTACT, &mut kept.title, other.title);
    losses.one(field::CONTACT_LOCALE, &mut kept.locale, other.locale);
    losses.one(field::CONTACT_LOCALE, &mut kept.time_zone, other.time_zone);
    text(&mut kept.notes, other.notes);
    text(&mut kept.details, other.details);
    for identity in other.identities {
        add(kept, identity, rules);
    }
    match (&kept.external_id, other.external_id) {
        (None, own) => kept.external_id = own,
        (Some(own), Some(other)) if *own != other => {
            let mut identity = Identity::new(IdentityKind::External, other);
            identity.primary = false;
            add(kept, identity, rules);
        }
        _ => {}
    }
    for id in other.organization_ids {
        if !kept.organization_ids.contains(&id) {
            kept.organization_ids.push(id);
        }
    }
    for tag in other.tags {
        if !kept.tags.contains(&tag) {
            kept.tags.push(tag);
        }
    }
    kept.tags.sort();
    for (id, value) in other.custom_fields {
        match kept.custom_fields.get(&id) {
            None | Some(serde_json::Value::Null) => {
                kept.custom_fields.insert(id, value);
            }
            Some(own) if *own == value || value.is_null() => {}
            Some(_) => {
                let told = format!("{id}: {value}");
                losses.dropped(field::CONTACT_FIELDS, told).part = Some(id);
            }
        }
    }
    if kept.blocked != other.blocked {
        let told = if other.blocked {
            detail!("loss-blocked")
        } else {
            detail!("loss-not-blocked")
        };
        losses.dropped(field::CONTACT_STATE, told);
    }
    kept.avatar_url = kept.avatar_url.take().or(other.avatar_url);
    kept.created_at = [kept.created_at, other.created_at]
        .into_iter()
        .flatten()
        .min();
    kept.updated_at = kept.updated_at.max(other.updated_at);
    for (name, value) in other.extra {
        kept.extra.entry(name).or_insert(value);
    }
}

fn text(kept: &mut Option<String>, other: Option<String>) {
    let Some(other) = other.filter(|text| !text.trim().is_empty()) else {
        return;
    };
    match kept {
        Some(own) if own.contains(other.trim()) => {}
        Some(own) => {
            own.push_str("\n\n");
            own.push_str(&other);
        }
        None => *kept = Some(other),
    }
}

/// Adds an address; one that is there already in another notation is none.
fn add(kept: &mut Contact, mut identity: Identity, rules: &Rules) {
    // With its tag an address is another one: mail to it must find the person.
    let rules = Rules {
        plus_tags: false,
        ..rules.clone()
    };
    let form = |identity: &Identity| {
        identity::normal(identity, &rules)
            .unwrap_or_else(|| format!("{} {}", identity.kind, identity.value.trim()))
    };
    let new = form(&identity);
    if let Some(known) = kept.identities.iter_mut().find(|known| form(known) == new) {
        known.verified |= identity.verified;
        return;
    }
    identity.primary = identity.primary && kept.identity(identity.kind).is_none();
    kept.identities.push(identity);
}

/// Takes away the addresses that a contact leaves to others.
pub(in crate::engine) fn cede(
    contact: &mut Contact,
    ceded: &BTreeMap<String, String>,
) -> Vec<Loss> {
    let mut losses = Vec::new();
    if ceded.is_empty() {
        return losses;
    }
    contact.identities.retain(|identity| {
        let owner = (identity.kind == IdentityKind::Email)
            .then(|| identity::email(&identity.value, false))
            .flatten()
            .and_then(|email| ceded.get(&email));
        let Some(owner) = owner else { return true };
        let address = &identity.value;
        let detail = detail!("loss-shared-address", address = address, contact = owner);
        let loss = Loss::new(field::CONTACT_IDENTITIES, Effect::Dropped, detail);
        losses.push(loss.of(identity.kind.name()).compared());
        false
    });
    losses
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn contact(id: &str, name: &str, emails: &[&str]) -> Contact {
        Contact {
            id: id.into(),
            name: Some(name.into()),
            identities: emails
                .iter()
                .map(|email| Identity::new(IdentityKind::Email, *email))
                .collect(),
            ..Contact::default()
        }
    }

    #[test]
    fn nothing_of_either_is_lost_without_a_word() {
        let mut kept = contact("1", "Ada", &["ada@example.com"]);
        kept.notes = Some("Likes lamps".into());
        kept.external_id = Some("crm-1".into());
        kept.custom_fields.insert("f".into(), json!("gold"));
        let mut other = contact("2", "Ada L.", &["ADA@example.com", "ada@example.test"]);
        other.notes = Some("Pays late".into());
        other.tags = vec!["vip".into()];
        other.external_id = Some("crm-2".into());
        other.organization_ids = vec!["9".into()];
        other.custom_fields.insert("f".into(), json!("silver"));
        other.custom_fields.insert("g".into(), json!(true));
        other.blocked = true;
        let (one, losses) = merged(kept, vec![other], &Rules::default());
        let values: Vec<&str> = one.identities.iter().map(|i| i.value.as_str()).collect();
        assert_eq!(values, ["ada@example.com", "ada@example.test", "crm-2"]);
        assert!(!one.identities[1].primary);
        assert_eq!(one.notes.as_deref(), Some("Likes lamps\n\nPays late"));
        assert_eq!(
            (one.tags, one.organization_ids),
            (vec!["vip".into()], vec!["9".into()])
        );
        assert_eq!(one.custom_fields["g"], json!(true));
        let told: Vec<String> = losses.iter().map(|l| l.detail.to_string()).collect();
        assert_eq!(
            told,
            [
                "`Ada L.` of contact 2, which is one with it",
                "`f: \"silver\"` of contact 2, which is one with it",
                "`blocked` of contact 2, which is one with it",
            ]
        );
    }

    #[test]
    fn an_address_goes_to_its_owner_and_the_other_is_told() {
        let mut other = contact("2", "Bo", &["Info@Example.com", "bo@example.com"]);
        let ceded = BTreeMap::from([("info@example.com".to_owned(), "1".to_owned())]);
        let losses = cede(&mut other, &ceded);
        assert_eq!(other.email(), Some("bo@example.com"));
        assert_eq!(losses.len(), 1);
        assert!(
            losses[0].detail.to_string().contains("contact 1"),
            "{}",
            losses[0].detail
        );
    }

    proptest! {
        /// Each address of each contact is there once, whatever the order, and
        /// merging what was merged changes nothing.
        #[test]
        fn every_address_is_there_once(
            lists in prop::collection::vec(prop::collection::vec("[abAB]{1,2}@(x|y)\\.test", 0..4), 1..4),
        ) {
            let contacts: Vec<Contact> = lists.iter().enumerate().map(|(index, list)| {
                let list: Vec<&str> = list.iter().map(String::as_str).collect();
                contact(&index.to_string(), "N", &list)
            }).collect();
            let (first, others) = contacts.split_first().unwrap();
            let (one, _) = merged(first.clone(), others.to_vec(), &Rules::default());
            let have: Vec<String> = one.identities.iter().map(|i| i.value.to_lowercase()).collect();
            for email in lists.iter().flatten() {
                prop_assert!(have.contains(&email.to_lowercase()));
            }
            for other in others {
                for identity in &other.identities {
                    let same = have.iter().filter(|v| **v == identity.value.to_lowercase()).count();
                    let own = first.identities.iter()
                        .filter(|i| i.value.eq_ignore_ascii_case(&identity.value)).count();
                    prop_assert_eq!(same, own.max(1));
                }
            }
            let (again, losses) = merged(one.clone(), others.to_vec(), &Rules::default());
            prop_assert_eq!(again, one);
            prop_assert!(losses.is_empty());
        }
    }
}
