//! One question, and how a text that was typed answers it.

use crate::lang::Texts;

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Stable name: the key in an answers file.
    pub id: String,
    /// Number of the part of the wizard, from 1.
    pub part: usize,
    /// What was found out and has to be read before.
    pub about: Vec<String>,
    /// The question.
    pub text: String,
    /// What `?` says.
    pub help: String,
    /// What may be answered.
    pub ask: Ask,
    /// What an empty answer means.
    pub default: Option<String>,
}

/// What may be answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// One of these.
    One(Vec<Choice>),
    /// Any of these.
    Many(Vec<Choice>),
    /// A text; an empty one only if that is the default.
    Text,
    /// Where a secret is kept: one of these, or `env:NAME`, `file:PATH`, `keyring:NAME`.
    Place(Vec<Choice>),
    /// A text that is not shown.
    Secret,
    /// What becomes of each of these: all of it is fine, or the number of one to change.
    Rows(Vec<Line>),
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What an answers file says.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice {
            value: value.into(),
            label: label.into(),
        }
    }
}

/// One row of [`Ask::Rows`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What to call it in an answer.
    pub key: String,
    /// What people read, with what becomes of it.
    pub label: String,
}

/// What accepts all rows: no row can be called so, for texts are trimmed.
pub const ACCEPT: &str = "\n";

/// What people may type instead of nothing, where no row is called so.
const FINE: &str = "ok";

impl Question {
    /// The answer that a text stands for, as it is kept.
    ///
    /// # Errors
    /// Why it is none, for people.
    pub fn read(&self, text: &str, texts: &Texts) -> Result<String, String> {
        let text = text.trim();
        if text.is_empty() {
            return match (&self.default, &self.ask) {
                (Some(default), _) => Ok(default.clone()),
                (None, Ask::Rows(_)) => Ok(ACCEPT.to_owned()),
                (None, _) => Err(texts.get("wizard-needs-answer")),
            };
        }
        match &self.ask {
            Ask::Text | Ask::Secret => Ok(text.to_owned()),
            Ask::One(choices) => one(choices, text, texts),
            // The text may be the secret itself: it is not repeated.
            Ask::Place(choices) => match text.split_once(':') {
                Some(("env" | "file" | "keyring", name)) if !name.is_empty() => Ok(text.to_owned()),
                _ => one(choices, text, texts).map_err(|_| texts.get("wizard-secret-no-place")),
            },
            Ask::Many(choices) => {
                if text == "*" {
                    return Ok(String::new());
                }
                let mut chosen = Vec::new();
                for part in text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                {
                    let value = one(choices, part, texts)?;
                    if !chosen.contains(&value) {
                        chosen.push(value);
                    }
                }
                Ok(chosen.join(","))
            }
            Ask::Rows(lines) => {
                let number = text.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                let found = number
                    .and_then(|index| lines.get(index))
                    .or_else(|| lines.iter().find(|line| line.key == text));
                if found.is_none() && text.eq_ignore_ascii_case(FINE) {
                    return Ok(ACCEPT.to_owned());
                }
                found.map(|line| line.key.clone()).ok_or_else(|| {
                    texts.say(
                        "wizard-no-such-row",
                        &[("count", (lines.len() as u64).into())],
                    )
                })
            }
        }
    }
}

/// The choice with this number, value or label, or the only one whose label holds the text.
fn one(choices: &[Choice], text: &str, texts: &Texts) -> Result<String, String> {
    let number = text.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    if let Some(choice) = number.and_then(|index| choices.get(index)) {
        return Ok(choice.value.clone());
    }
    let lower = text.to_lowercase();
    let same = |choice: &&Choice| {
        choice.value.to_lowercase() == lower || choice.label.to_lowercase() == lower
    };
    if let Some(choice) = choices.iter().find(same) {
        return Ok(choice.value.clone());
    }
    let holds: Vec<&Choice> = choices
        .iter()
        .filter(|choice| number.is_none() && choice.label.to_lowercase().contains(&lower))
        .collect();
    match holds[..] {
        [only] => Ok(only.value.clone()),
        [] => Err(texts.say(
            "wizard-no-such-choice",
            &[
                ("answer", text.to_owned().into()),
                ("count", (choices.len() as u64).into()),
            ],
        )),
        _ => Err(texts.say(
            "wizard-several-choices",
            &[
                ("answer", text.to_owned().into()),
                (
                    "choices",
                    holds
                        .iter()
                        .take(8)
                        .map(|choice| choice.label.as_str())
                        .collect::<Vec<_>>()
                        .join("; ")
                        .into(),
                ),
            ],
        )),
    }
}
