//! Properties of conversations.

use super::Check;
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
        let mut all = found.cc_ids.clone();
        all.extend(found.cc_emails.iter().cloned());
        let all = all.join(", ");
        let there = |email: &str| {
            found
                .cc_emails
                .iter()
                .any(|known| known.eq_ignore_ascii_case(email))
        };
        let item = self.item;
        for id in &expected.cc_ids {
            let email = item.refs.person(id).and_then(|p| p.email.as_deref());
            if !self.names(&found.cc_ids, id) && !email.is_some_and(there) {
                let target = item.refs.person_id(id).or(email);
                self.astray(field::CC, id, target, &all);
            }
        }
        for email in expected.cc_emails.iter().filter(|email| !there(email)) {
            self.differ(field::CC, email, &all);
        }
    }

    fn followers(&mut self, expected: &Conversation, found: &Conversation) {
        if self.lost(field::FOLLOWERS) {
            return;
        }
        let item = self.item;
        for id in &expected.follower_ids {
            if !self.names(&found.follower_ids, id) {
                let (target, all) = (item.refs.person_id(id), found.follower_ids.join(", "));
                self.astray(field::FOLLOWERS, id, target, &all);
            }
        }
    }

    /// Whether a person of the source is among these of the target.
    fn names(&self, found: &[String], id: &str) -> bool {
        let refs = &self.item.refs;
        let targets = [refs.person_id(id), refs.get(Kind::Agent, id)];
        found
            .iter()
            .any(|known| targets.contains(&Some(known.as_str())))
    }

    fn links(&mut self, expected: &Conversation, found: &Conversation) {
        if self.lost(field::LINKS) {
            return;
        }
        let all: Vec<String> = found
            .links
            .iter()
            .map(|link| format!("{} {}", link.kind, link.id))
            .collect();
        let item = self.item;
        for link in &expected.links {
            let target = item.refs.get(Kind::Conversation, &link.id);
            let target = target.map(|target| format!("{} {target}", link.kind));
            if target.as_ref().is_none_or(|target| !all.contains(target)) {
                let source = format!("{} of {}", link.id, link.kind);
                self.astray(field::LINKS, &source, target.as_deref(), &all.join(", "));
            }
        }
    }
}
