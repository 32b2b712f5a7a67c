//! Who answers: a person, a file, a test.

use super::answers::Answers;
use super::question::{Ask, Question};
use crate::connector::{Error, Result};

/// An answer, or what else can be typed at a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Text(String),
    /// `?`
    Help,
    /// `b`
    Back,
    /// `q`
    Quit,
}

/// Whoever answers questions.
pub trait Prompter: Send {
    /// Asks a question.
    fn ask(&mut self, question: &Question) -> Result<Reply>;

    /// Says something beside a question.
    fn say(&mut self, text: &str) -> Result<()>;

    /// The next question is to be shown whole, also if it is the same.
    fn renew(&mut self) {}

    /// Whether somebody can look at what went wrong and answer otherwise.
    fn is_person(&self) -> bool;
}

/// Answers from a file. What it lacks gets its default.
pub struct FromFile {
    name: String,
    answers: Answers,
    asked: Vec<String>,
    out: super::super::printer::Printer,
}

impl FromFile {
    /// Answers from this file.
    pub fn new(name: &str, answers: Answers, out: super::super::printer::Printer) -> Self {
        FromFile {
            name: name.to_owned(),
            answers,
            asked: Vec::new(),
            out,
        }
    }
}

impl Prompter for FromFile {
    fn ask(&mut self, question: &Question) -> Result<Reply> {
        let id = question.id.as_str();
        if self.asked.iter().any(|asked| asked == id) {
            return Err(Error::config(format!(
                "{}: `{id}` asks for what is not there: {}",
                self.name,
                question.about.join(" ")
            )));
        }
        self.asked.push(id.to_owned());
        for line in question.about.iter().chain([&question.text]) {
            self.out.talk(line);
        }
        if let Ask::Rows(lines) = &question.ask {
            for line in lines {
                self.out.talk(&format!("- {}", line.label));
            }
        }
        if id.starts_with("missing.") {
            return Err(Error::config(question.about.join(" ")));
        }
        let given = self.answers.get(id).map(str::to_owned);
        let given = given.or_else(|| match question.ask {
            Ask::Rows(_) => Some(super::question::ACCEPT.to_owned()),
            _ => question.default.clone(),
        });
        match (given, &question.ask) {
            (Some(given), _) => {
                // It may be the secret itself, by mistake.
                if !matches!(question.ask, Ask::Place(_) | Ask::Secret) {
                    self.out.talk(&format!("> {given}"));
                }
                Ok(Reply::Text(given))
            }
            (None, Ask::Secret) => Err(Error::config(format!(
                "the secret for `{}` is not there",
                id.trim_start_matches("secret.")
            ))
            .hint("put it where the answers file says before this runs: into the file, the keyring or the environment variable")),
            (None, ask) => {
                let error = Error::config(format!("{} has no answer to `{id}`: {}", self.name, question.text));
                Err(match ask {
                    Ask::One(choices) | Ask::Many(choices) => {
                        let known: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
                        error.hint(format!("known are {}", known.join(", ")))
                    }
                    _ => error.hint(question.help.clone()),
                })
            }
        }
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.out.talk(text);
        Ok(())
    }

    fn is_person(&self) -> bool {
        false
    }
}
