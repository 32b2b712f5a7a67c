//! What is moved, in which order, how fast and when.

use std::ops::ControlFlow::Continue;

use super::facts::Side;
use super::machine::{Machine, Next};
use super::question::{Ask, Choice};
use crate::schema::Kind;

/// Kinds that are worth a choice; what they need comes along.
const KINDS: [Kind; 5] = [
    Kind::Contact,
    Kind::Organization,
    Kind::Conversation,
    Kind::Article,
    Kind::Macro,
];

impl Machine {
    pub(super) fn scope(&self) -> Next {
        let checked = self.checked(Side::Source);
        let choices = KINDS
            .into_iter()
            .map(|kind| {
                let count = checked.counts.iter().find(|(known, _)| *known == kind);
                let name = self.texts.kind(kind);
                let label = match count.and_then(|(_, count)| *count) {
                    Some(count) => format!("{name} ({})", self.texts.number(count)),
                    None => name,
                };
                Choice::new(kind.plural(), label)
            })
            .collect();
        let mut question = self.question(
            "scope.records",
            3,
            &self.texts.get("wizard-records-ask"),
            &self.texts.get("wizard-records-help"),
            Ask::Many(choices),
        );
        let target = self.checked(Side::Target);
        if target.interlocks.is_empty() {
            question.about = self.findings(&target);
        }
        question.default = self.proposed("scope.records", Some(""));
        self.ask(question)?;

        let mut question = self.question(
            "scope.since",
            3,
            &self.texts.get("wizard-since-ask"),
            &self.texts.get("wizard-since-help"),
            Ask::Text,
        );
        question.default = self.proposed("scope.since", Some(""));
        self.ask(question)?;

        let mut question = self.question(
            "scope.order",
            3,
            &self.texts.get("wizard-order-ask"),
            &self.texts.get("wizard-order-help"),
            Ask::One(vec![
                Choice::new("source", self.texts.get("wizard-order-source")),
                Choice::new("newest", self.texts.get("wizard-order-newest")),
                Choice::new("open", self.texts.get("wizard-order-open")),
            ]),
        );
        question.default = self.proposed("scope.order", Some("source"));
        self.ask(question)?;

        let mut question = self.question(
            "attachments.policy",
            3,
            &self.texts.get("wizard-files-ask"),
            &self.texts.get("wizard-files-help"),
            Ask::One(vec![
                Choice::new("move", self.texts.get("wizard-files-move")),
                Choice::new("archive", self.texts.get("wizard-files-archive")),
                Choice::new("skip", self.texts.get("wizard-files-skip")),
            ]),
        );
        question.default = self.proposed("attachments.policy", Some("move"));
        self.ask(question)?;

        let mut question = self.question(
            "share",
            3,
            &self.texts.get("wizard-share-ask"),
            &self.texts.get("wizard-share-help"),
            Ask::One(vec![
                Choice::new("0.8", self.texts.get("wizard-share-most")),
                Choice::new("0.5", self.texts.get("wizard-share-half")),
                Choice::new("1", self.texts.get("wizard-share-all")),
            ]),
        );
        let known = self.before.get("share");
        if let (Some(share), Ask::One(choices)) = (known, &mut question.ask)
            && choices.iter().all(|choice| choice.value != share)
        {
            choices.push(Choice::new(share, share));
        }
        question.default = self.proposed("share", Some("0.8"));
        self.ask(question)?;

        let mut question = self.question(
            "hours",
            3,
            &self.texts.get("wizard-hours-ask"),
            &self.texts.get("wizard-hours-help"),
            Ask::Text,
        );
        question.default = self.proposed("hours", Some(""));
        self.ask(question)?;
        Continue(())
    }
}
