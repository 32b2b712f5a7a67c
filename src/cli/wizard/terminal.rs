//! The wizard in a terminal: plain lines that scroll, answers that are typed.
//! No cursor moves, so that screen readers and small windows do well.

use std::io::{self, BufRead as _, Write as _};

use owo_colors::OwoColorize as _;

use super::prompter::{Prompter, Reply};
use super::question::{Ask, Question};
use super::steps::PARTS;
use crate::cli::printer;
use crate::connector::{Error, Result};
use crate::lang::Texts;

/// Lines of a list that are shown at once: a window of 24 lines keeps the question.
const PAGE: usize = 12;

/// Lines of a text that are shown at once.
const WINDOW: usize = 20;

/// Asks at the terminal.
pub struct Terminal {
    texts: &'static Texts,
    /// The question that was asked last, and where its list is.
    last: Option<(String, usize)>,
    part: usize,
}

impl Terminal {
    /// At the terminal, in this language.
    pub fn new(texts: &'static Texts) -> Self {
        Terminal {
            texts,
            last: None,
            part: 0,
        }
    }

    fn line(&self, text: &str) -> Result<()> {
        let indent = text.len() - text.trim_start().len();
        let indent = match text.trim_start().starts_with("- ") {
            true => indent + 2,
            false => indent,
        };
        let body = text.trim_start();
        let mark = &text[..text.len() - body.len()];
        writeln!(
            anstream::stdout(),
            "{}",
            printer::hanging(mark, body, indent)
        )
        .map_err(lost)
    }

    /// What has to be read first, a window at a time.
    fn about(&self, question: &Question) -> Result<()> {
        let lines: Vec<&str> = question
            .about
            .iter()
            .flat_map(|text| text.lines())
            .collect();
        let mut shown = 0;
        for (at, line) in lines.iter().enumerate() {
            let height = 1 + line.chars().count() / printer::columns().unwrap_or(80);
            if shown + height > WINDOW && at + 2 < lines.len() {
                write!(anstream::stdout(), "{} ", self.texts.get("wizard-pause")).map_err(lost)?;
                anstream::stdout().flush().map_err(lost)?;
                let mut enter = String::new();
                io::stdin().lock().read_line(&mut enter).map_err(lost)?;
                shown = 0;
            }
            self.line(line)?;
            shown += height;
        }
        Ok(())
    }

    /// The list from where it was left.
    fn list(&mut self, question: &Question) -> Result<()> {
        let labels: Vec<&str> = match &question.ask {
            Ask::One(choices) | Ask::Many(choices) | Ask::Place(choices) => {
                choices.iter().map(|choice| choice.label.as_str()).collect()
            }
            Ask::Rows(lines) => lines.iter().map(|line| line.label.as_str()).collect(),
            Ask::Text | Ask::Secret => return Ok(()),
        };
        let from = self.last.as_ref().map_or(0, |(_, from)| *from);
        for (at, label) in labels.iter().enumerate().skip(from).take(PAGE) {
            let mark = format!("  {:>2}  ", at + 1);
            let line = printer::hanging(&mark, label, 6);
            writeln!(anstream::stdout(), "{line}").map_err(lost)?;
        }
        let shown = labels.len().min(from + PAGE);
        if shown < labels.len() {
            let values = [("shown", shown.into()), ("count", labels.len().into())];
            self.line(&self.texts.say("wizard-more", &values))?;
        }
        Ok(())
    }

    fn ways(&self, question: &Question) -> String {
        let texts = self.texts;
        let default = question.default.as_deref();
        let shown = match (&question.ask, default) {
            (Ask::One(choices) | Ask::Place(choices), Some(default)) => choices
                .iter()
                .position(|choice| choice.value == default)
                .map(|at| (at + 1).to_string()),
            (Ask::Many(_), Some("")) => Some(texts.get("wizard-everything")),
            (Ask::Many(choices), Some(default)) => {
                let numbers = default.split(',').filter_map(|value| {
                    let at = choices.iter().position(|choice| choice.value == value)?;
                    Some((at + 1).to_string())
                });
                Some(numbers.collect::<Vec<_>>().join(","))
            }
            (Ask::Text, Some("")) => Some(texts.get("wizard-none")),
            (Ask::Text, Some(default)) => Some(default.to_owned()),
            (Ask::Rows(_), _) => Some(texts.get("wizard-accept")),
            _ => None,
        };
        match shown {
            Some(shown) => format!("[{shown}] > "),
            None => "> ".to_owned(),
        }
    }

    fn read(&self, question: &Question) -> Result<Option<String>> {
        if question.ask == Ask::Secret {
            return match rpassword::prompt_password("> ") {
                Ok(secret) => Ok(Some(secret)),
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
                Err(cause) => Err(lost(cause)),
            };
        }
        write!(anstream::stdout(), "{}", self.ways(question)).map_err(lost)?;
        anstream::stdout().flush().map_err(lost)?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).map_err(lost)?;
        Ok((read > 0).then_some(line))
    }
}

fn lost(cause: io::Error) -> Error {
    Error::local(format!("the terminal is gone: {cause}")).caused_by(cause)
}

impl Prompter for Terminal {
    fn ask(&mut self, question: &Question) -> Result<Reply> {
        let again = self.last.as_ref().is_some_and(|(id, _)| *id == question.id);
        if !again {
            self.last = Some((question.id.clone(), 0));
            self.line("")?;
            if question.part != 0 && question.part != self.part {
                self.part = question.part;
                let title = self.texts.get(&format!("wizard-part-{}", question.part));
                let values = [
                    ("part", question.part.into()),
                    ("parts", PARTS.into()),
                    ("title", title.into()),
                ];
                let text = self.texts.say("wizard-part", &values);
                self.line(&text.bold().to_string())?;
            }
            self.about(question)?;
            if !question.about.is_empty() {
                self.line("")?;
            }
            // Rows are read before they are asked about.
            if let Ask::Rows(_) = question.ask {
                self.list(question)?;
                self.line(&question.text)?;
            } else {
                self.line(&question.text)?;
                self.list(question)?;
            }
        }
        loop {
            let Some(text) = self.read(question)? else {
                return Ok(Reply::Quit);
            };
            match text.trim() {
                "?" => return Ok(Reply::Help),
                "b" | "B" if question.ask != Ask::Secret => return Ok(Reply::Back),
                "q" | "Q" if question.ask != Ask::Secret => return Ok(Reply::Quit),
                "m" | "M" if !matches!(question.ask, Ask::Text | Ask::Secret) => {
                    if let Some((_, from)) = &mut self.last {
                        *from += PAGE;
                    }
                    self.list(question)?;
                }
                _ => return Ok(Reply::Text(text.trim_end_matches(['\r', '\n']).to_owned())),
            }
        }
    }

    fn say(&mut self, text: &str) -> Result<()> {
        text.lines().try_for_each(|line| self.line(line))
    }

    fn renew(&mut self) {
        self.last = None;
    }

    fn is_person(&self) -> bool {
        true
    }
}
