//! Properties of conversations.

use super::{Check, named};
use crate::connector::field;
use crate::schema::{Conversation, Kind};

impl Check<'_> {
    pub(super) fn conversation(&mut self, expected: &Conversation, found: &Conversation) {
        self.text(
            field::SUBJECT,
            expected.subject.as_deref().unwrap_or_default(),
            found.subject.as_deref().unwrap_or_default(),
        );
        self.value(field::STATUS, Some(expected.status), Some(found.status));
        self.value(field::PRIORITY, expected.priority, found.priority);
        self.value(field::TYPE, expected.ticket_type, found.ticket_type);
        self.value(field::CHANNEL, Some(expected.channel), Some(found.channel));
        for (name, expected, found) in [
            (field::CREATED_AT, expected.created_at, found.created_at),
            (field::UPDATED_AT, expected.updated_at, found.updated_at),
            (field::SOLVED_AT, expected.solved_at, found.solved_at),
            (field::CLOSED_AT, expected.closed_at, found.closed_at),
            (field::DUE_AT, expected.due_at, found.due_at),
        ] {
            self.date(name, expected, found);
        }
        for (name, expected, found) in [
            (
                field::REQUESTER,
                &expected.requester_id,
                &found.requester_id,
            ),
            (field::ASSIGNEE, &expected.assignee_id, &found.assignee_id),
        ] {
            self.person(name, expected.as_deref(), found.as_deref());
        }
        for (name, kind, expected, found) in [
            (
                field::GROUP,
                Kind::Group,
                &expected.group_id,
                &found.group_id,
            ),
            (
                field::ORGANIZATION,
                Kind::Organization,
                &expected.organization_id,
                &found.organization_id,
            ),
            (
                field::BRAND,
                Kind::Brand,
                &expected.brand_id,
                &found.brand_id,
            ),
            (field::FORM, Kind::Form, &expected.form_id, &found.form_id),
        ] {
            self.reference(name, kind, expected.as_deref(), found.as_deref());
        }
        self.words(field::TAGS, &expected.tags, &found.tags);
        self.custom_fields(
            field::CUSTOM_FIELDS,
            &expected.custom_fields,
            &found.custom_fields,
        );
        self.people_in_copy(expected, found);
        self.followers(expected, found);
        self.links(expected, found);
        self.flag(field::CONVERSATION, "spam", expected.spam, found.spam);
    }

    fn people_in_copy(&mut self, expected: &Conversation, found: &Conversation) {
        if self.lost(field::CC) {
            return;
        }
        let there = |email: &str| {
            found
                .cc_emails
                .iter()
                .any(|known| known.eq_ignore_ascii_case(email))
        };
        let refs = &self.item.refs;
        let by_id = expected.cc_ids.iter().filter_map(|id| {
            let targets = [refs.person_id(id), refs.get(Kind::Agent, id)];
            let known = targets
                .into_iter()
                .flatten()
                .any(|target| found.cc_ids.iter().any(|cc| cc == target));
            let email = refs.person(id).and_then(|person| person.email.as_deref());
            match known || email.is_some_and(there) {
                true => None,
                false => Some(email.map_or_else(|| named(id, targets[0]), str::to_owned)),
            }
        });
        let by_email = expected.cc_emails.iter().filter(|email| !there(email));
        let missing: Vec<String> = by_id.chain(by_email.cloned()).collect();
        if !missing.is_empty() {
            let found: Vec<&str> = (found.cc_ids.iter().chain(&found.cc_emails))
                .map(String::as_str)
                .collect();
            self.differ(field::CC, missing.join(", "), found.join(", "));
        }
    }

    fn followers(&mut self, expected: &Conversation, found: &Conversation) {
        let refs = &self.item.refs;
        let missing: Vec<String> = expected
            .follower_ids
            .iter()
            .filter(|id| {
                let targets = [refs.person_id(id), refs.get(Kind::Agent, id)];
                !targets
                    .into_iter()
                    .flatten()
                    .any(|target| found.follower_ids.iter().any(|known| known == target))
            })
            .map(|id| named(id, refs.person_id(id)))
            .collect();
        if !missing.is_empty() && !self.lost(field::FOLLOWERS) {
            self.differ(
                field::FOLLOWERS,
                missing.join(", "),
                found.follower_ids.join(", "),
            );
        }
    }

    fn links(&mut self, expected: &Conversation, found: &Conversation) {
        let refs = &self.item.refs;
        let missing: Vec<String> = expected
            .links
            .iter()
            .filter(|link| {
                let target = refs.get(Kind::Conversation, &link.id);
                !found
                    .links
                    .iter()
                    .any(|known| known.kind == link.kind && Some(known.id.as_str()) == target)
            })
            .map(|link| {
                let target = refs.get(Kind::Conversation, &link.id);
                format!("{} {}", link.kind, named(&link.id, target))
            })
            .collect();
        if !missing.is_empty() && !self.lost(field::LINKS) {
            let found: Vec<String> = found
                .links
                .iter()
                .map(|link| format!("{} {}", link.kind, link.id))
                .collect();
            self.differ(field::LINKS, missing.join(", "), found.join(", "));
        }
    }
}
