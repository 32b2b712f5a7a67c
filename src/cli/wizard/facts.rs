//! What the wizard asks the world, and what it is told.

use std::collections::BTreeMap;

use super::written::Ruled;
use crate::connector::{CheckItem, ErrorKind, Interlock};
use crate::engine::{Hard, Summary};
use crate::ledger::Comparison;
use crate::schema::{Field, FieldOption, Kind};

/// One of the two desks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Moved away from.
    Source,
    /// Moved to.
    Target,
}

impl Side {
    /// `source` or `target`.
    pub const fn name(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
        }
    }
}

/// Something to do before the next question can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Sign in, look at permissions, count.
    Check(Side),
    /// Write the project's files.
    Write,
    /// Read the source into the ledger.
    Read,
    /// Propose what values become.
    Survey,
    /// Preview everything.
    Preview,
    /// Write a few hard conversations and verify them.
    Pilot,
    /// Take the pilot back.
    Undo,
    /// Migrate everything.
    Run,
}

/// What was found out.
#[derive(Debug, Clone)]
pub enum Fact {
    /// Of [`Work::Check`].
    Checked(Checked),
    /// Of [`Work::Survey`].
    Survey(Vec<Topic>),
    /// Of [`Work::Preview`].
    Planned(Box<Summary>),
    /// Of [`Work::Pilot`].
    Piloted(Piloted),
    /// Of [`Work::Undo`]: records deleted, records kept.
    Undone(u64, u64),
    /// It is done; of the others.
    Done,
    /// It is done, with this exit code; of [`Work::Run`].
    Ended(u8),
}

/// What a desk says.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// `Zendesk acme`.
    pub name: String,
    /// Findings.
    pub items: Vec<CheckItem>,
    /// What would mail customers.
    pub interlocks: Vec<Interlock>,
    /// Records by kind; of a source.
    pub counts: Vec<(Kind, Option<u64>)>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Values of one sort, and what may become of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// The table of `mapping.toml`: `status`.
    pub id: &'static str,
    /// What the source has, what needs a look first.
    pub rows: Vec<Row>,
    /// What the source knows and no conversation has: not asked about.
    pub unused: Vec<Row>,
    /// What each may become: value, label.
    pub targets: Vec<(String, String)>,
    /// What can be chosen in the fields that the rows are about; of `fields`.
    pub choices: Choices,
}

impl Topic {
    /// All that can be answered about.
    pub fn all(&self) -> impl Iterator<Item = &Row> + Clone {
        self.rows.iter().chain(&self.unused)
    }
}

/// Fields of both desks that take nothing but what they list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Of the source, by the key of their row.
    pub here: BTreeMap<String, Here>,
    /// Of the target, by the value that [`Topic::targets`] has for them.
    pub there: BTreeMap<String, Field>,
    /// All fields of the source: what a rule may name.
    pub source: Vec<Field>,
    /// All fields of the target.
    pub target: Vec<Field>,
}

/// What can be chosen in a field of the source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Here {
    /// The target's field that it goes to when no rule says otherwise.
    pub goes_to: Option<String>,
    /// Each choice, with the conversations that have it.
    pub values: Vec<(FieldOption, u64)>,
}

/// What was decided about a row.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The table of `mapping.toml`.
    pub topic: &'static str,
    /// What it is about.
    pub row: Row,
    /// What it becomes; `None` goes by itself.
    pub to: Option<String>,
    /// Somebody said just now that it goes by itself.
    pub given_up: bool,
    /// What becomes of each choice of a field, where that does not go by itself.
    pub values: Option<Vec<Entry>>,
}

/// One choice of a field of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the source stores it.
    pub from: String,
    /// As people read it there.
    pub label: String,
    /// What the target stores instead; `None` is left out.
    pub to: Option<String>,
    /// Conversations that have it.
    pub count: u64,
    /// Somebody said so just now.
    pub said: bool,
    /// Somebody said just now that it is left out.
    pub skipped: bool,
}

/// How sure a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Nothing fits: somebody should decide.
    None,
    /// It looks like it.
    Likely,
    /// The same on both sides.
    Sure,
}

/// One value of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The source's id of it; empty where it has none.
    pub id: String,
    /// As `mapping.toml` names it.
    pub key: String,
    /// As people read it.
    pub label: String,
    /// Conversations that have it.
    pub count: u64,
    /// A real value, or the subject of a conversation that has it.
    pub sample: Option<String>,
    /// What it becomes when no rule says otherwise; `None` is nothing.
    pub by_itself: Option<String>,
    /// A rule that is proposed: one of the topic's targets.
    pub proposal: Option<String>,
    /// What `mapping.toml` says about it already.
    pub ruled: Option<Ruled>,
    /// How sure.
    pub confidence: Confidence,
}

impl Row {
    /// What `mapping.toml` calls it.
    pub fn name(&self) -> &str {
        self.ruled.as_ref().map_or(&self.key, |ruled| &ruled.from)
    }
}

/// What came of the pilot.
#[derive(Debug, Clone)]
pub struct Piloted {
    /// The conversations, with where to look at each on the target.
    pub records: Vec<(Hard, Option<String>)>,
    /// What verify says.
    pub comparison: Comparison,
    /// Problems of the pilot's records: what, why.
    pub problems: Vec<(String, String)>,
}

/// Why something could not be done.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What sort of error.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}
