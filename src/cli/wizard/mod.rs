//! `deskferry init`: from nothing to a verified pilot, one question at a time.
//!
//! `machine.rs` is the wizard: pure, without a terminal and without an engine.
//! A [`Prompter`] answers (a person, a file, a test), [`Effects`] do what has
//! to be done between questions.

mod answers;
mod effects;
mod facts;
mod files;
pub mod known;
mod late;
mod machine;
mod prompter;
mod question;
mod rules;
mod scope;
mod steps;
mod survey;
mod terminal;
#[cfg(test)]
mod tests;
mod values;
mod written;

use async_trait::async_trait;

pub use answers::Answers;
pub use effects::{Real, STATE, has_keyring};
pub use facts::{Fact, Failure, Work};
pub use machine::{End, Machine, Surroundings, Taken, Turn};
pub use prompter::{FromFile, Prompter, Reply};
pub use steps::places;
pub use terminal::Terminal;
pub use written::rules as written_rules;

use crate::connector::{Error, ErrorKind, Result};

/// What is done between questions.
#[async_trait(?Send)]
pub trait Effects {
    /// Does it, and says what was found.
    async fn work(&mut self, work: Work, machine: &Machine) -> Result<Fact>;

    /// Whether there is a secret in this place: `env:NAME`.
    fn has_secret(&self, place: &str) -> bool;

    /// Puts a secret where it belongs.
    fn keep_secret(&mut self, place: &str, secret: &str) -> Result<()>;

    /// Keeps the answers for the next time.
    fn save(&mut self, state: &Answers) -> Result<()>;
}

/// Asks, works and asks again until the end.
pub async fn drive(
    machine: &mut Machine,
    prompter: &mut dyn Prompter,
    effects: &mut dyn Effects,
) -> Result<End> {
    loop {
        let question = match machine.turn() {
            Turn::End(end) => return Ok(end),
            Turn::Do(work, doing) => {
                prompter.say(&format!("\n{doing}"))?;
                match effects.work(work, machine).await {
                    Ok(fact) => {
                        machine.learn(work, fact);
                        if work == Work::Survey && !prompter.is_person() {
                            known::check_rows(machine)?;
                        }
                    }
                    Err(error) if prompter.is_person() => machine.failed(work, failure(&error)),
                    Err(error) => return Err(error),
                }
                prompter.renew();
                effects.save(&machine.state())?;
                continue;
            }
            Turn::Ask(question) => question,
        };
        if let Some(place) = machine.wanted_secret(&question)
            && effects.has_secret(&place)
        {
            machine.kept(&place);
            continue;
        }
        match prompter.ask(&question)? {
            Reply::Help => {
                let keys = machine.texts().get("wizard-keys");
                prompter.say(&format!("{}\n{keys}", question.help))?;
            }
            Reply::Quit => return Ok(End::Quit),
            Reply::Back => {
                if !machine.back() {
                    let first = machine.texts().get("wizard-first");
                    prompter.say(&first)?;
                }
                prompter.renew();
            }
            Reply::Text(text) => match machine.answer(&question, &text) {
                Ok(Taken::Quit) => return Ok(End::Quit),
                Ok(Taken::Answer) => prompter.renew(),
                Ok(Taken::Secret { place, secret }) => {
                    effects.keep_secret(&place, &secret)?;
                    machine.kept(&place);
                    prompter.renew();
                }
                Err(why) if prompter.is_person() => prompter.say(&why)?,
                Err(why) => {
                    return Err(Error::config(format!("`{}`: {why}", question.id)));
                }
            },
        }
        effects.save(&machine.state())?;
    }
}

fn failure(error: &Error) -> Failure {
    let kind = error.kind.clone();
    Failure {
        message: error.to_string(),
        hint: match kind {
            ErrorKind::Interrupted => None,
            _ => Some(error.next_step()),
        },
        kind,
    }
}
