//! The wizard without a terminal and without an engine: which question comes
//! next, what an answer means, what has to be found out before the next one.
//!
//! Nothing is remembered but answers and facts. What comes next is worked out
//! from them from the start each time (`steps.rs`), so that going back is
//! taking an answer away, and resuming is having answers already.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::answers::Answers;
use super::facts::{Fact, Failure, Side, Work};
use super::question::{ACCEPT, Ask, Choice, Question};
use super::written::{self, Written};
use crate::connector::ErrorKind;
use crate::lang::{Texts, Value};

/// What comes next.
#[derive(Debug)]
pub enum Turn {
    /// A question.
    Ask(Question),
    /// Something to find out or do; the text says what.
    Do(Work, String),
    /// The end.
    End(End),
}

/// How it ends.
#[derive(Debug, PartialEq)]
pub enum End {
    /// Everything was asked; what to say, and the exit code.
    Done(Vec<String>, u8),
    /// The user wants to go on later.
    Quit,
}

/// What an answer led to.
#[derive(Debug, PartialEq)]
pub enum Taken {
    /// It is kept.
    Answer,
    /// It is a secret, to be kept in this place: `file:…`, `keyring:…`.
    Secret {
        /// Where.
        place: String,
        /// What.
        secret: String,
    },
    /// It ends the wizard.
    Quit,
}

/// What is there before the first question.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Names of the files that are there already.
    pub files: Vec<String>,
    /// The system has a keyring that secrets can be put into.
    pub keyring: bool,
    /// Places of secrets that hold one: `env:NAME`.
    pub secrets: Vec<String>,
    /// How the configuration is called on the command line; empty for the usual name.
    pub config: String,
    /// The rules about fields that `mapping.toml` has already.
    pub rules: Vec<Written>,
}

/// The wizard.
#[derive(Debug)]
pub struct Machine {
    pub(super) texts: &'static Texts,
    pub(super) answers: Answers,
    /// What is proposed: what an existing project says, and answers that were taken back.
    pub(super) before: Answers,
    pub(super) around: Surroundings,
    facts: BTreeMap<Work, (String, Fact)>,
    /// Questions in the order they were answered.
    trail: Vec<String>,
    failure: Option<(Work, Failure)>,
    /// Places whose secret was refused.
    wrong: Vec<String>,
    /// The row that is being changed, and what it is part of.
    pub(super) editing: Vec<String>,
}

/// Shorthand of steps: go on, or this comes next.
pub type Next<T = ()> = ControlFlow<Turn, T>;

impl Machine {
    /// A wizard that begins with these answers given and these proposed.
    pub fn new(
        texts: &'static Texts,
        answers: Answers,
        before: Answers,
        around: Surroundings,
    ) -> Machine {
        // A resumed wizard can be walked back from where it was.
        let trail = answers.below("trail.").map(|(_, id)| id.to_owned());
        let mut machine = Machine {
            texts,
            trail: trail.collect(),
            answers,
            before,
            around,
            facts: BTreeMap::new(),
            failure: None,
            wrong: Vec::new(),
            editing: Vec::new(),
        };
        machine.answers.retain(|id| !id.starts_with("trail."));
        machine
    }

    /// What comes next.
    pub fn turn(&self) -> Turn {
        if let Some((work, failure)) = &self.failure {
            return Turn::Ask(self.ask_about(*work, failure));
        }
        match self.steps() {
            ControlFlow::Break(turn) => turn,
            ControlFlow::Continue(end) => Turn::End(end),
        }
    }

    /// Takes an answer to the question that [`Machine::turn`] asked.
    ///
    /// # Errors
    /// Why it is no answer, for people.
    pub fn answer(&mut self, question: &Question, text: &str) -> Result<Taken, String> {
        let answer = question.read(text, self.texts)?;
        let id = question.id.as_str();
        if id == "failed" {
            let Some((work, _)) = self.failure.take() else {
                return Ok(Taken::Answer);
            };
            match answer.as_str() {
                "quit" => return Ok(Taken::Quit),
                "change" => self.forget(work),
                _ => {}
            }
            return Ok(Taken::Answer);
        }
        if let Ask::Secret = question.ask {
            let place = self.secret_place(id);
            return Ok(Taken::Secret {
                place,
                secret: answer,
            });
        }
        if let Ask::Rows(_) = question.ask {
            if answer != ACCEPT {
                self.editing.push(format!("{id}.{answer}"));
            } else if self.is_editing(id) {
                self.editing.pop();
            } else {
                self.keep(id, ACCEPT);
            }
            return Ok(Taken::Answer);
        }
        if self.is_editing(id) {
            self.editing.pop();
            self.answers.set(id, answer);
            // A field that has choices goes on with them.
            self.editing.extend(self.table_after(id));
            return Ok(Taken::Answer);
        }
        match (id, answer.as_str()) {
            ("mail", "again") => {
                self.facts.remove(&Work::Check(Side::Target));
            }
            (_, "quit") if question.ask != Ask::Text => return Ok(Taken::Quit),
            _ => self.take(id, &answer)?,
        }
        Ok(Taken::Answer)
    }

    fn is_editing(&self, id: &str) -> bool {
        self.editing.last().is_some_and(|editing| editing == id)
    }

    /// Checks an answer that is a text, and keeps it.
    fn take(&mut self, id: &str, answer: &str) -> Result<(), String> {
        if let Some(side) = self.place_of(id) {
            for (option, value) in side.1.read(answer) {
                if value.is_empty() {
                    return Err(self.texts.get("wizard-needs-answer"));
                }
                self.answers
                    .set(format!("{}.{option}", side.0.name()), value);
            }
            self.keep_place(id);
            return Ok(());
        }
        let upper = answer.to_uppercase();
        let answer = match id {
            "people.country" => &upper,
            _ => answer,
        };
        self.valid(id, answer)?;
        self.keep(id, answer);
        Ok(())
    }

    fn keep_place(&mut self, id: &str) {
        self.trail.push(id.to_owned());
    }

    fn keep(&mut self, id: &str, answer: &str) {
        self.answers.set(id, answer);
        self.trail.push(id.to_owned());
    }

    /// The place of the secret that a question is about, unless what is there was refused.
    pub fn wanted_secret(&self, question: &Question) -> Option<String> {
        let id = &question.id;
        let id = id.strip_prefix("secret.").or(id.strip_prefix("missing."))?;
        let place = self.answers.get(id)?;
        let refused = self.wrong.iter().any(|wrong| wrong == place) && !place.starts_with("env:");
        (!refused).then(|| place.to_owned())
    }

    /// The texts it speaks with.
    pub fn texts(&self) -> &'static Texts {
        self.texts
    }

    /// A secret is where it belongs now.
    pub fn kept(&mut self, place: &str) {
        self.wrong.retain(|wrong| wrong != place);
        if !self.around.secrets.iter().any(|known| known == place) {
            self.around.secrets.push(place.to_owned());
        }
    }

    /// Goes back to the question before. False when there is none.
    pub fn back(&mut self) -> bool {
        if self.failure.take().is_some() || self.editing.pop().is_some() {
            return true;
        }
        let Some(id) = self.trail.pop() else {
            return false;
        };
        if let Some((side, place)) = self.place_of(&id) {
            // One question may have set two options.
            for option in [place.option(), "base_url"] {
                self.unset(&format!("{}.{option}", side.name()));
            }
        }
        self.unset(&id);
        true
    }

    fn unset(&mut self, id: &str) {
        if let Some(answer) = self.answers.take(id) {
            self.before.set(id, answer);
        }
    }

    /// Takes back what a work that failed was told, so that it is asked again.
    fn forget(&mut self, work: Work) {
        let wrong = |id: &str| match work {
            Work::Check(side) => {
                let name = side.name();
                id.starts_with(&format!("{name}.")) || id == format!("sign_in.{name}")
            }
            // The lists are shown again, with what was chosen in them.
            Work::Survey | Work::Preview => {
                let topic = id.strip_prefix("map.");
                topic.is_some_and(|topic| !topic.contains('.'))
            }
            _ => id == "pilot" || id == "run" || id == "read",
        };
        if let Work::Check(side) = work {
            // A secret that is there and wrong has to be asked for as well.
            let places: Vec<String> = self
                .answers
                .below(&format!("{}.", side.name()))
                .map(|(_, answer)| answer.to_owned())
                .collect();
            let wrong = |place: &String| places.contains(place) && !place.starts_with("env:");
            self.around.secrets.retain(|place| !wrong(place));
            self.wrong
                .extend(places.into_iter().filter(|place| place.contains(':')));
        }
        let ids: Vec<String> = self.answers.ids().map(str::to_owned).collect();
        for id in ids.iter().filter(|id| wrong(id)) {
            self.unset(id);
        }
        self.trail.retain(|id| !wrong(id));
    }

    /// What was found out.
    pub fn learn(&mut self, work: Work, mut fact: Fact) {
        if let Fact::Survey(topics) = &mut fact {
            written::find(topics, &self.before, &self.around.rules);
        }
        if work == Work::Write && self.answers.get("files").is_none() {
            // What is there from now on is ours to change.
            self.answers.set("files", "update");
        }
        match work {
            // What was taken back is not there to be kept any more.
            Work::Undo => {
                self.facts.remove(&Work::Pilot);
                self.answers.take("pilot_result");
                self.answers.set("pilot", "no");
                self.trail.retain(|id| id != "pilot_result");
            }
            Work::Pilot => {
                self.facts.remove(&Work::Undo);
            }
            _ => {}
        }
        let print = self.answers.print(inputs(work));
        self.facts.insert(work, (print, fact));
    }

    /// A work could not be done.
    pub fn failed(&mut self, work: Work, failure: Failure) {
        self.failure = Some((work, failure));
    }

    /// The answers so far, for a file; no secret is among them.
    pub fn state(&self) -> Answers {
        let mut state = self.answers.clone();
        for (at, id) in self.trail.iter().enumerate() {
            state.set(format!("trail.{at:04}"), id.clone());
        }
        state
    }

    /// The answers so far.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// What was found out by a work, if it still holds.
    pub(super) fn fact(&self, work: Work) -> Option<&Fact> {
        let (print, fact) = self.facts.get(&work)?;
        (*print == self.answers.print(inputs(work))).then_some(fact)
    }

    /// What was found out by a work; else that it has to be done now.
    pub(super) fn found(&self, work: Work) -> Next<&Fact> {
        match self.fact(work) {
            Some(fact) => ControlFlow::Continue(fact),
            None => ControlFlow::Break(Turn::Do(work, self.doing(work))),
        }
    }

    /// The answer to a question; else the question.
    pub(super) fn ask(&self, question: Question) -> Next<&str> {
        match self.answers.get(&question.id) {
            Some(answer) if self.fits(&question, answer) => ControlFlow::Continue(answer),
            _ => ControlFlow::Break(Turn::Ask(question)),
        }
    }

    /// Whether an answer that was given before the question is one, in the way it is kept.
    fn fits(&self, question: &Question, answer: &str) -> bool {
        let read = question.read(answer, self.texts);
        let fits = match &question.ask {
            Ask::One(choices) => choices.iter().any(|choice| choice.value == answer),
            Ask::Many(choices) => answer
                .split(',')
                .all(|part| part.is_empty() || choices.iter().any(|choice| choice.value == part)),
            Ask::Text if answer.is_empty() => question.default.is_some(),
            _ => read.is_ok(),
        };
        fits && self.valid(&question.id, answer).is_ok()
    }

    pub(super) fn say(&self, id: &str, values: &[(&str, Value)]) -> String {
        self.texts.say(id, values)
    }

    /// What was proposed for a question before, if it is one of its choices.
    pub(super) fn proposed(&self, id: &str, fallback: Option<&str>) -> Option<String> {
        self.before.get(id).or(fallback).map(str::to_owned)
    }

    fn doing(&self, work: Work) -> String {
        match work {
            Work::Check(_) => self.texts.get("wizard-doing-check"),
            Work::Write => self.texts.get("wizard-doing-write"),
            Work::Read => self.texts.get("wizard-doing-read"),
            Work::Survey => self.texts.get("wizard-doing-survey"),
            Work::Preview => self.texts.get("wizard-doing-preview"),
            Work::Pilot => self.texts.get("wizard-doing-pilot"),
            Work::Undo => self.texts.get("wizard-doing-undo"),
            Work::Run => self.texts.get("wizard-doing-run"),
        }
    }

    fn ask_about(&self, work: Work, failure: &Failure) -> Question {
        let mut about = vec![failure.message.clone()];
        about.extend(failure.hint.clone());
        let mut choices = vec![Choice::new("again", self.texts.get("wizard-failed-again"))];
        let change = match (work, &failure.kind) {
            (Work::Check(_), _) => Some(self.texts.get("wizard-failed-desk")),
            (Work::Survey | Work::Preview, ErrorKind::Config) => {
                Some(self.texts.get("wizard-failed-mapping"))
            }
            _ => None,
        };
        if let Some(label) = change {
            // A wrong key stays wrong: changing it is what helps.
            let at = usize::from(!matches!(
                failure.kind,
                ErrorKind::Auth | ErrorKind::Forbidden
            ));
            choices.insert(at, Choice::new("change", label));
        }
        choices.push(Choice::new("quit", self.texts.get("wizard-quit")));
        Question {
            id: "failed".into(),
            part: 0,
            about,
            text: self.texts.get("wizard-failed-ask"),
            help: self.texts.get("wizard-failed-help"),
            default: choices.first().map(|choice| choice.value.clone()),
            ask: Ask::One(choices),
        }
    }
}

/// Beginnings of the answers that a work depends on.
fn inputs(work: Work) -> &'static [&'static str] {
    match work {
        Work::Check(Side::Source) => &["source."],
        Work::Check(Side::Target) => &["target."],
        Work::Write => &[
            "source.",
            "target.",
            "scope.",
            "attachments.",
            "share",
            "hours",
            "mail",
        ],
        Work::Read => &["source.", "scope.", "attachments.", "read"],
        Work::Survey => &["source.", "target.", "scope."],
        Work::Preview => &[
            "source.",
            "target.",
            "scope.",
            "attachments.",
            "map.",
            "people.",
            "filter",
            "share",
        ],
        Work::Pilot | Work::Undo | Work::Run => &["source.", "target."],
    }
}
