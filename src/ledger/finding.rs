//! What the last comparison of both desks found.

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{Ledger, read::kind_of};
use crate::connector::{Error, Result};
use crate::schema::{Key, Kind};

crate::schema::values! {
    /// What a comparison says of one record.
    Verdict {
        /// It is on the target as it should be.
        Match = "match",
        /// It is there, and a value is not as it should be.
        Differs = "differs",
        /// It should be there and is not.
        Missing = "missing",
        /// It is there and should not be.
        Extra = "extra",
        /// It could not be compared.
        Error = "error",
    }
}

/// One thing that a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub verdict: Verdict,
    /// The source record; for [`Verdict::Extra`] the one that it belongs to or doubles.
    pub key: Key,
    /// The message or file of the record that it is about: by its id on the source, or on the
    /// target for one that only the target has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Key>,
    /// The record's id on the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Which field, from [`crate::connector::field`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Why it is so, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Finding {
    /// A finding about a whole record.
    pub fn new(verdict: Verdict, key: Key) -> Self {
        Finding {
            verdict,
            key,
            part: None,
            target: None,
            field: None,
            expected: None,
            found: None,
            reason: None,
        }
    }

    /// With the reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// With the id on the target.
    pub fn at(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }
}

/// How many records of a kind were found to be what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Kind.
    pub kind: Kind,
    /// As they should be, with all their parts.
    pub matched: u64,
    /// With a value that is not as it should be, or a part that is not.
    pub differs: u64,
    /// Not on the target.
    pub missing: u64,
    /// On the target beside what should be there.
    pub extra: u64,
    /// Not to be compared.
    pub errors: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// On the target before, and left as they were.
    pub kept: u64,
}

impl Tally {
    /// Nothing yet.
    fn none(kind: Kind) -> Tally {
        Tally {
            kind,
            matched: 0,
            differs: 0,
            missing: 0,
            extra: 0,
            errors: 0,
            skipped: 0,
            kept: 0,
        }
    }
}

/// A comparison of both desks, without what it found in detail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The run that compared.
    pub run: i64,
    /// When it was over; empty when it was cut off.
    pub at: String,
    /// What was left out of the comparison, in words; empty when nothing was.
    pub limits: Vec<String>,
    /// Records by kind and result.
    pub tallies: Vec<Tally>,
}

impl Comparison {
    /// Nothing differs, is missing or too much, and everything could be compared.
    pub fn is_clean(&self) -> bool {
        self.tallies
            .iter()
            .all(|tally| tally.differs + tally.missing + tally.extra + tally.errors == 0)
    }

    /// The row of a kind, made where there is none.
    pub fn tally(&mut self, kind: Kind) -> &mut Tally {
        let at = match self.tallies.iter().position(|tally| tally.kind == kind) {
            Some(at) => at,
            None => {
                self.tallies.push(Tally::none(kind));
                self.tallies.len() - 1
            }
        };
        &mut self.tallies[at]
    }

    /// The row of a kind; zeros where there is none.
    pub fn tally_of(&self, kind: Kind) -> Tally {
        let known = self.tallies.iter().find(|tally| tally.kind == kind);
        known.cloned().unwrap_or(Tally::none(kind))
    }

    /// A sum over all kinds.
    pub fn total(&self, part: impl Fn(&Tally) -> u64) -> u64 {
        self.tallies.iter().map(part).sum()
    }
}

/// Name of the last comparison in the table `meta`.
const COMPARISON: &str = "comparison";

const COLUMNS: &str =
    "verdict, kind, record, part_kind, part, target, field, expected, found, reason";

impl Ledger {
    /// Forgets the last comparison and what it found.
    pub async fn clear_findings(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM findings", [])?;
            tx.execute("DELETE FROM meta WHERE key = ?1", [COMPARISON])?;
            Ok(())
        })
        .await
    }

    /// Keeps what was found.
    pub async fn add_findings(&self, findings: Vec<Finding>) -> Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        self.write(move |tx| {
            let mut statement = tx.prepare_cached(&format!(
                "INSERT INTO findings({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            ))?;
            for finding in &findings {
                statement.execute(params![
                    finding.verdict.name(),
                    finding.key.kind as i64,
                    finding.key.id,
                    finding.part.as_ref().map(|part| part.kind as i64),
                    finding.part.as_ref().map(|part| &part.id),
                    finding.target,
                    finding.field,
                    finding.expected,
                    finding.found,
                    finding.reason,
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps the figures of a comparison.
    pub async fn set_comparison(&self, comparison: &Comparison) -> Result<()> {
        let json = serde_json::to_string(comparison)
            .map_err(|cause| Error::local("a comparison").caused_by(cause))?;
        self.set_meta(COMPARISON, &json).await
    }

    /// The last comparison.
    pub fn comparison(&self) -> Result<Option<Comparison>> {
        // Figures of a later version are no reason to refuse the ledger.
        Ok(self
            .meta(COMPARISON)?
            .and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Calls `each` with everything that the last comparison found, in its order.
    pub fn each_finding(&self, mut each: impl FnMut(Finding) -> Result<()>) -> Result<()> {
        self.read(|c| {
            let mut statement =
                c.prepare(&format!("SELECT {COLUMNS} FROM findings ORDER BY id"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(read_finding(row)?)?;
            }
            Ok(())
        })
    }

    /// The first findings of one sort.
    pub fn findings(&self, verdict: Verdict, limit: usize) -> Result<Vec<Finding>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM findings WHERE verdict = ?1 ORDER BY id LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![verdict.name(), limit], read_finding)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many findings there are of one sort.
    pub fn count_findings(&self, verdict: Verdict) -> Result<u64> {
        self.read(|c| {
            Ok(c.query_row(
                "SELECT count(*) FROM findings WHERE verdict = ?1",
                [verdict.name()],
                |row| row.get(0),
            )?)
        })
    }
}

fn read_finding(row: &Row<'_>) -> rusqlite::Result<Finding> {
    let kind = |number: i64| kind_of(number).unwrap_or(Kind::Conversation);
    let part: Option<i64> = row.get(3)?;
    Ok(Finding {
        verdict: Verdict::parse(&row.get::<_, String>(0)?).unwrap_or(Verdict::Error),
        key: Key::new(kind(row.get(1)?), row.get::<_, String>(2)?),
        part: match part {
            Some(number) => Some(Key::new(kind(number), row.get::<_, String>(4)?)),
            None => None,
        },
        target: row.get(5)?,
        field: row.get(6)?,
        expected: row.get(7)?,
        found: row.get(8)?,
        reason: row.get(9)?,
    })
}
