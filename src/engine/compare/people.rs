//! Contacts and organizations.

use std::collections::HashSet;

use super::Check;
use super::values::{alphanumeric, same_locale};
use crate::connector::field;
use crate::schema::{Contact, Identity, IdentityKind, Kind, Organization};

impl Check<'_> {
    pub(super) fn contact(&mut self, expected: &Contact, found: &Contact) {
        self.text(
            field::CONTACT_NAME,
            expected.name.as_deref().unwrap_or_default(),
            found.name.as_deref().unwrap_or_default(),
        );
        self.identities(expected, found);
        let item = self.item;
        for id in &expected.organization_ids {
            let target = item.refs.get(Kind::Organization, id);
            let mut known = found.organization_ids.iter().map(String::as_str);
            let there = target.is_some() && known.any(|known| Some(known) == target);
            if !there && !self.lost(field::CONTACT_ORGANIZATIONS) {
                let all = found.organization_ids.join(", ");
                self.astray(field::CONTACT_ORGANIZATIONS, id, target, &all);
            }
        }
        if let Some(locale) = &expected.locale
            && !found
                .locale
                .as_ref()
                .is_some_and(|there| same_locale(locale, there))
            && !self.lost(field::CONTACT_LOCALE)
        {
            let there = found.locale.as_deref().unwrap_or("nothing");
            self.differ(field::CONTACT_LOCALE, locale, there);
        }
        // `UTC` has two names in the tz database.
        let zone = |contact: &Contact| -> Option<String> {
            let zone = contact.time_zone.as_deref()?;
            Some(zone.trim_start_matches("Etc/").to_owned())
        };
        self.value(field::CONTACT_LOCALE, zone(expected), zone(found));
        for (expected, found) in [
            (&expected.notes, &found.notes),
            (&expected.details, &found.details),
            (&expected.title, &found.title),
        ] {
            self.optional(field::CONTACT_NOTES, expected.as_deref(), found.as_deref());
        }
        self.words(field::CONTACT_TAGS, &expected.tags, &found.tags);
        self.flag(
            field::CONTACT_STATE,
            "blocked",
            expected.blocked,
            found.blocked,
        );
        self.custom_fields(
            field::CONTACT_FIELDS,
            &expected.custom_fields,
            &found.custom_fields,
        );
        self.date(field::CONTACT_DATES, expected.created_at, found.created_at);
        self.date(field::CONTACT_DATES, expected.updated_at, found.updated_at);
    }

    fn identities(&mut self, expected: &Contact, found: &Contact) {
        let there: HashSet<String> = found.identities.iter().map(same).collect();
        let missing: Vec<String> = expected
            .identities
            .iter()
            .filter(|identity| {
                !there.contains(&same(identity))
                    && !self.lost_of(field::CONTACT_IDENTITIES, identity.kind.name())
                    && !self.lost_of(field::CONTACT_IDENTITIES, &identity.value)
            })
            .map(|identity| format!("{} {}", identity.kind, identity.value))
            .collect();
        if !missing.is_empty() {
            let found: Vec<&str> = found
                .identities
                .iter()
                .map(|identity| identity.value.as_str())
                .collect();
            self.differ(
                field::CONTACT_IDENTITIES,
                missing.join(", "),
                found.join(", "),
            );
        }
    }

    pub(super) fn organization(&mut self, expected: &Organization, found: &Organization) {
        self.text(field::ORGANIZATION_NAME, &expected.name, &found.name);
        self.words(
            field::ORGANIZATION_RECORD,
            &expected.domains,
            &found.domains,
        );
        for (expected, found) in [
            (&expected.notes, &found.notes),
            (&expected.details, &found.details),
        ] {
            self.optional(
                field::ORGANIZATION_RECORD,
                expected.as_deref(),
                found.as_deref(),
            );
        }
        self.words(field::ORGANIZATION_TAGS, &expected.tags, &found.tags);
        self.custom_fields(
            field::ORGANIZATION_FIELDS,
            &expected.custom_fields,
            &found.custom_fields,
        );
        for (expected, found) in [
            (expected.created_at, found.created_at),
            (expected.updated_at, found.updated_at),
        ] {
            self.date(field::ORGANIZATION_DATES, expected, found);
        }
    }
}

/// What makes two identities the same: platforms write numbers in their own way
/// and swap the kinds of numbers.
fn same(identity: &Identity) -> String {
    match identity.kind {
        IdentityKind::Phone | IdentityKind::Mobile => alphanumeric(&identity.value),
        IdentityKind::Email => identity.value.trim().to_lowercase(),
        kind => format!(
            "{kind} {}",
            identity.value.trim().trim_start_matches('@').to_lowercase()
        ),
    }
}
