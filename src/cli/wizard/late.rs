//! The questions that need what was read: mapping, estimate, pilot, run.

use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use super::facts::{Confidence, Fact, Piloted, Row, Topic, Work};
use super::machine::{End, Machine, Next, Turn};
use super::question::{Ask, Choice, Line, Question};
use super::survey::DEFAULT;
use crate::engine::Summary;
use crate::ledger::Action;
use crate::schema::Kind;

/// Losses and remarks that are shown; the report has all.
const SHOWN: usize = 6;

/// What stands for "nothing is said: it goes by itself".
pub const AUTO: &str = "auto";

/// What leaves a rule that only a person can change as it is.
pub const KEPT: &str = "as it is";

/// What a row becomes, as things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes<'a> {
    /// What it becomes without a rule.
    ByItself,
    /// One of the topic's targets.
    Target(&'a str),
    /// What `mapping.toml` says, which is none of them.
    Written(&'a str),
}

impl Machine {
    pub(super) fn mapping(&self) -> Next {
        let Fact::Survey(topics) = self.found(Work::Survey)? else {
            return Continue(());
        };
        self.filters(topics)?;
        for topic in topics.iter().filter(|topic| !topic.rows.is_empty()) {
            self.topic(topic)?;
        }
        Continue(())
    }

    /// Only some conversations.
    fn filters(&self, topics: &[Topic]) -> Next {
        let mut question = self.question(
            "filter",
            5,
            &self.texts.get("wizard-filter-ask"),
            &self.texts.get("wizard-filter-help"),
            Ask::One(vec![
                Choice::new("all", self.texts.get("wizard-filter-all")),
                Choice::new("some", self.texts.get("wizard-filter-some")),
            ]),
        );
        let known = self.before.below("filter.").next().is_some();
        question.default = self.proposed("filter", Some(if known { "some" } else { "all" }));
        if self.ask(question)? == "all" {
            return Continue(());
        }
        for (topic, id, text) in [
            ("status", "filter.status", "wizard-filter-status"),
            ("groups", "filter.groups", "wizard-filter-groups"),
        ] {
            let rows = topics.iter().filter(|known| known.id == topic);
            let choices: Vec<Choice> = rows
                .flat_map(|topic| &topic.rows)
                .map(|row| Choice::new(&row.key, self.counted(row)))
                .collect();
            if choices.len() < 2 {
                continue;
            }
            let mut question = self.question(
                id,
                5,
                &self.texts.get(text),
                &self.texts.get("wizard-filter-help"),
                Ask::Many(choices),
            );
            question.default = self.proposed(id, Some(""));
            self.ask(question)?;
        }
        Continue(())
    }

    fn counted(&self, row: &Row) -> String {
        let label = match row.key.as_str() {
            DEFAULT => self.texts.get("wizard-agents-default"),
            _ => row.label.clone(),
        };
        format!("{label} ({})", self.texts.number(row.count))
    }

    /// What a row becomes: as was answered, else as `mapping.toml` says, else
    /// as is proposed.
    pub(super) fn becomes<'a>(&'a self, topic: &Topic, row: &'a Row) -> Becomes<'a> {
        let ruled = row.ruled.as_ref().map(|ruled| match &ruled.to {
            Some(to) => Becomes::Target(to),
            None if ruled.says.is_empty() => Becomes::ByItself,
            None => Becomes::Written(&ruled.says),
        });
        if let (Some(ruled), true) = (ruled, is_own(row)) {
            return ruled;
        }
        let id = format!("map.{}.{}", topic.id, row.key);
        match self.answers.get(&id) {
            Some(answer) if topic.targets.iter().any(|(value, _)| value == answer) => {
                Becomes::Target(answer)
            }
            Some(AUTO) => Becomes::ByItself,
            _ => ruled.unwrap_or(match &row.proposal {
                Some(proposal) => Becomes::Target(proposal),
                None => Becomes::ByItself,
            }),
        }
    }

    fn by_itself(&self, topic: &Topic, row: &Row) -> String {
        match (&row.by_itself, topic.id) {
            (Some(label), _) => label.clone(),
            (None, "agents") => self.texts.get("wizard-nobody"),
            (None, "fields") if row.confidence == Confidence::None => {
                self.texts.get("wizard-nothing")
            }
            (None, "groups" | "fields") => self.texts.get("wizard-made-new"),
            (None, _) => self.texts.get("wizard-nothing"),
        }
    }

    fn topic(&self, topic: &Topic) -> Next {
        let id = format!("map.{}", topic.id);
        if topic.id == "fields" {
            self.values(topic)?;
        }
        let editing = self.editing.last();
        if let Some(key) = editing.and_then(|editing| editing.strip_prefix(&format!("{id}.")))
            && let Some(row) = topic.rows.iter().find(|row| row.key == key)
        {
            return Break(Turn::Ask(self.edit(topic, row)));
        }
        let lines = topic
            .rows
            .iter()
            .map(|row| {
                let label = match self.becomes(topic, row) {
                    Becomes::ByItself => self.by_itself(topic, row),
                    Becomes::Written(says) => says.to_owned(),
                    Becomes::Target(to) => {
                        let mut targets = topic.targets.iter();
                        let found = targets.find(|(known, _)| known == to);
                        found.map_or_else(|| to.to_owned(), |(_, label)| label.clone())
                    }
                };
                let label = match label == row.label {
                    true => self.texts.get("wizard-same"),
                    false => label,
                };
                let label = match self.places(topic, row) {
                    Some(places) => format!("{label}, {places}"),
                    None => label,
                };
                let chosen = self.answers.get(&format!("{id}.{}", row.key)).is_some();
                let chosen = chosen || self.chose_values(topic, row);
                let ruled = row.ruled.as_ref();
                let chosen = chosen || ruled.is_some_and(|ruled| ruled.own || ruled.to.is_some());
                let sure = match (chosen, row.confidence) {
                    (true, _) => self.texts.get("wizard-sure-chosen"),
                    (_, Confidence::Sure) => self.texts.get("wizard-sure"),
                    (_, Confidence::Likely) => self.texts.get("wizard-likely"),
                    (_, Confidence::None) => self.texts.get("wizard-unsure"),
                };
                Line {
                    key: row.key.clone(),
                    label: format!("{} -> {label} [{sure}]", self.counted(row)),
                }
            })
            .collect();
        let help = self.texts.get("wizard-rows-help");
        let mut question = self.question(
            &id,
            5,
            &self.texts.get("wizard-rows-ask"),
            &help,
            Ask::Rows(lines),
        );
        question.about = vec![match topic.id {
            "status" => self.texts.get("wizard-map-status"),
            "priority" => self.texts.get("wizard-map-priority"),
            "type" => self.texts.get("wizard-map-type"),
            "groups" => self.texts.get("wizard-map-groups"),
            "agents" => self.texts.get("wizard-map-agents"),
            "brands" => self.texts.get("wizard-map-brands"),
            "forms" => self.texts.get("wizard-map-forms"),
            _ => self.texts.get("wizard-map-fields"),
        }];
        self.ask(question)?;
        Continue(())
    }

    fn edit(&self, topic: &Topic, row: &Row) -> Question {
        let becomes = self.becomes(topic, row);
        let mut choices = Vec::new();
        if let (Becomes::Written(says), false) = (becomes, is_own(row)) {
            choices.push(Choice::new(says, says));
        }
        let by_itself = [("what", self.by_itself(topic, row).into())];
        choices.push(match is_own(row) {
            true => Choice::new(KEPT, self.texts.get("wizard-own-rule")),
            false => Choice::new(AUTO, self.say("wizard-by-itself", &by_itself)),
        });
        if !is_own(row) {
            let targets = topic.targets.iter();
            choices.extend(targets.map(|(value, label)| Choice::new(value, label)));
        }
        let mut question = self.question(
            &format!("map.{}.{}", topic.id, row.key),
            5,
            &self.say("wizard-row-ask", &[("name", row.label.clone().into())]),
            &self.texts.get("wizard-row-help"),
            Ask::One(choices),
        );
        if let Some(sample) = &row.sample {
            let example = [("example", sample.clone().into())];
            question.about = vec![self.say("wizard-row-example", &example)];
        }
        let default = match becomes {
            _ if is_own(row) => KEPT,
            Becomes::ByItself => AUTO,
            Becomes::Target(value) | Becomes::Written(value) => value,
        };
        question.default = Some(default.to_owned());
        question
    }

    pub(super) fn pilot(&self) -> Next {
        let Fact::Planned(summary) = self.found(Work::Preview)? else {
            return Continue(());
        };
        let mut question = self.question(
            "pilot",
            7,
            &self.texts.get("wizard-pilot-ask"),
            &self.texts.get("wizard-pilot-help"),
            Ask::One(self.yes_no(("yes", "no"))),
        );
        question.about = self.estimate(summary);
        if self.ask(question)? == "no" {
            return Continue(());
        }
        let Fact::Piloted(piloted) = self.found(Work::Pilot)? else {
            return Continue(());
        };
        let mut question = self.question(
            "pilot_result",
            7,
            &self.texts.get("wizard-pilot-keep-ask"),
            &self.texts.get("wizard-pilot-keep-help"),
            Ask::One(vec![
                Choice::new("keep", self.texts.get("wizard-pilot-keep")),
                Choice::new("undo", self.texts.get("wizard-pilot-undo")),
                Choice::new("quit", self.texts.get("wizard-quit")),
            ]),
        );
        question.about = self.result(piloted);
        if self.ask(question)? == "undo" {
            self.found(Work::Undo)?;
        }
        Continue(())
    }

    fn estimate(&self, summary: &Summary) -> Vec<String> {
        let whole = |action: Action| -> Vec<String> {
            let rows = summary.counts.iter().filter(|row| row.action == action);
            rows.map(|row| {
                format!(
                    "{} {}",
                    self.texts.kind(row.kind),
                    self.texts.number(row.count)
                )
            })
            .collect()
        };
        let mut lines = Vec::new();
        for (action, id) in [
            (Action::Create, "wizard-plan-create"),
            (Action::Match, "wizard-plan-match"),
            (Action::Blocked, "wizard-plan-blocked"),
        ] {
            let counts = whole(action);
            if !counts.is_empty() {
                lines.push(self.say(id, &[("counts", counts.join(", ").into())]));
            }
        }
        if let Some(estimate) = &summary.estimate {
            let calls: u64 = summary.calls.values().sum();
            if calls > 0 {
                let seconds = estimate.seconds.unwrap_or(0).max(1);
                let time = self.texts.duration(Duration::from_secs(seconds));
                lines.push(self.say(
                    "wizard-plan-calls",
                    &[("calls", calls.into()), ("time", time.into())],
                ));
            }
            let disk = estimate.ledger_bytes + estimate.blob_bytes;
            let sizes = [
                ("disk", self.texts.bytes(disk).into()),
                ("files", self.texts.bytes(estimate.blob_bytes).into()),
            ];
            lines.push(self.say("wizard-plan-disk", &sizes));
        }
        if summary.problems > 0 {
            let count = [("count", summary.problems.into())];
            lines.push(self.say("wizard-plan-problems", &count));
        }
        if !summary.losses.is_empty() {
            lines.push(self.texts.get("wizard-plan-losses"));
            for loss in summary.losses.iter().take(SHOWN) {
                let count = self.texts.number(loss.records);
                let field = self.texts.field(&loss.field);
                let detail = loss.detail.told(self.texts);
                lines.push(format!("- {field} ({count}): {detail}"));
            }
            if let Some(more @ 1..) = summary.losses.len().checked_sub(SHOWN) {
                lines.push(self.say("wizard-plan-more", &[("count", more.into())]));
            }
        }
        lines
    }

    fn result(&self, piloted: &Piloted) -> Vec<String> {
        let mut lines = Vec::new();
        for (hard, url) in &piloted.records {
            let why = self.texts.get(&format!("wizard-why-{}", hard.why.name()));
            let values = [
                ("id", hard.number.clone().into()),
                ("why", why.into()),
                ("messages", hard.messages.into()),
                ("files", hard.files.into()),
            ];
            lines.push(format!("- {}", self.say("wizard-pilot-record", &values)));
            match url {
                Some(url) => lines.push(format!("  {url}")),
                None => lines.push(format!("  {}", self.texts.get("wizard-pilot-missing"))),
            }
        }
        let matched: u64 = [
            Kind::Conversation,
            Kind::Message,
            Kind::Attachment,
            Kind::Contact,
        ]
        .into_iter()
        .map(|kind| piloted.comparison.tally_of(kind).matched)
        .sum();
        let off = |kind: Kind| {
            let tally = piloted.comparison.tally_of(kind);
            tally.differs + tally.missing + tally.errors
        };
        let wrong: u64 = Kind::ALL.into_iter().map(off).sum();
        lines.push(match piloted.comparison.is_clean() {
            true => self.say("wizard-pilot-clean", &[("count", matched.into())]),
            false => self.say(
                "wizard-pilot-differs",
                &[("count", matched.into()), ("wrong", wrong.into())],
            ),
        });
        for (what, why) in piloted.problems.iter().take(SHOWN) {
            lines.push(format!("- {what}: {why}"));
        }
        lines
    }

    pub(super) fn finish(&self) -> Next<End> {
        let mut question = self.question(
            "run",
            8,
            &self.texts.get("wizard-run-ask"),
            &self.texts.get("wizard-run-help"),
            Ask::One(vec![
                Choice::new("now", self.texts.get("wizard-run-now")),
                Choice::new("later", self.texts.get("wizard-run-later")),
            ]),
        );
        if let Some(Fact::Undone(deleted, kept)) = self.fact(Work::Undo) {
            let counts = [("deleted", (*deleted).into()), ("kept", (*kept).into())];
            question.about = vec![self.say("wizard-undone", &counts)];
        }
        if self.ask(question)? == "now" {
            let Fact::Ended(code) = self.found(Work::Run)? else {
                return Continue(End::Done(Vec::new(), 0));
            };
            let lines = match code {
                0 => vec![self.texts.get("wizard-ended-well")],
                _ => vec![self.texts.get("wizard-ended-open")],
            };
            let lines = [lines, self.commands(false)].concat();
            return Continue(End::Done(lines, *code));
        }
        let mut question = self.question(
            "ci",
            8,
            &self.texts.get("wizard-ci-ask"),
            &self.texts.get("wizard-ci-help"),
            Ask::One(vec![
                Choice::new("none", self.texts.get("wizard-ci-none")),
                Choice::new("github", "GitHub Actions"),
                Choice::new("gitlab", "GitLab CI"),
                Choice::new("cron", "cron"),
            ]),
        );
        question.default = self.proposed("ci", Some("none"));
        let ci = self.ask(question)?;
        let mut lines = self.commands(true);
        if let Some(example) = example(ci) {
            lines.push(String::new());
            lines.push(self.texts.get("wizard-ci-file"));
            lines.push(format!("\n{example}\n"));
            lines.push(self.texts.get("wizard-ci-more"));
        }
        Continue(End::Done(lines, 0))
    }

    /// What to type next, with what it is for.
    fn commands(&self, whole: bool) -> Vec<String> {
        let program = match self.around.config.as_str() {
            "" => "deskferry".to_owned(),
            config => format!("deskferry --config {config}"),
        };
        let first: &[(&str, &str)] = &[
            ("preview", "wizard-next-preview"),
            ("migrate", "wizard-next-migrate"),
        ];
        let then: &[(&str, &str)] = &[
            ("verify", "wizard-next-verify"),
            ("status", "wizard-next-status"),
            ("report -o report.html", "wizard-next-report"),
            ("sync", "wizard-next-sync"),
            ("rollback", "wizard-next-rollback"),
        ];
        let first = if whole { first } else { &[] };
        let mut lines = vec![self.texts.get("wizard-next")];
        for (command, about) in first.iter().chain(then) {
            lines.push(format!("  {program} {command}"));
            lines.push(format!("      {}", self.texts.get(about)));
        }
        lines
    }
}

/// Whether only a person can change what `mapping.toml` says about a row.
fn is_own(row: &Row) -> bool {
    row.ruled.as_ref().is_some_and(|ruled| ruled.own)
}

/// The example of the documentation for this place.
fn example(ci: &str) -> Option<&'static str> {
    let heading = match ci {
        "github" => "\n## GitHub Actions\n",
        "gitlab" => "\n## GitLab CI\n",
        "cron" => "\n## cron\n",
        _ => return None,
    };
    let docs = include_str!("../../../docs/ci.md");
    let (_, rest) = docs.split_once(heading)?;
    let (_, rest) = rest.split_once("```")?;
    let (_, rest) = rest.split_once('\n')?;
    rest.split_once("\n```").map(|(example, _)| example)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_has_an_example_for_each_place() {
        for ci in ["github", "gitlab", "cron"] {
            let example = super::example(ci).unwrap();
            assert!(example.contains("deskferry sync"), "{ci}: {example}");
        }
        assert!(super::example("github").unwrap().contains("jobs:"));
        assert_eq!(super::example("none"), None);
    }
}
