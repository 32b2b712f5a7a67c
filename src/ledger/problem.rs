//! Records that could not be read, mapped or written: kept, never dropped.

use rusqlite::{Transaction, params};

use super::{Ledger, now, read::kind_of};
use crate::connector::Result;
use crate::schema::{Key, Kind};

/// A problem to be kept.
#[derive(Debug, Clone)]
pub struct NewProblem {
    /// The record.
    pub key: Key,
    /// `pull`, `blob`, `map`, `push`, `settle` or `verify`.
    pub stage: &'static str,
    /// What is wrong, naming the field.
    pub reason: String,
    /// What to do.
    pub hint: Option<String>,
    /// The original, where there is no record.
    pub original: Option<Vec<u8>>,
}

/// A problem as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Run that met it.
    pub run: i64,
    /// The record.
    pub key: Key,
    /// Where on its way the record was.
    pub stage: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub hint: Option<String>,
    /// When.
    pub at: String,
}

impl Ledger {
    /// Keeps a problem. The same record, stage and reason is kept once.
    pub async fn add_problem(&self, problem: NewProblem) -> Result<()> {
        let run = self.run();
        self.write(move |tx| insert(tx, run, &problem)).await
    }

    /// Marks the problems of a record at these stages as solved.
    pub async fn resolve_problems(&self, key: &Key, stages: &'static [&'static str]) -> Result<()> {
        let key = key.clone();
        self.write(move |tx| {
            for stage in stages {
                resolve(tx, &key, stage)?;
            }
            Ok(())
        })
        .await
    }

    /// Problems that are not solved, oldest first.
    pub fn problems(&self, limit: usize) -> Result<Vec<Problem>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT run, kind, record, stage, reason, hint, at FROM problems
                  WHERE resolved_at IS NULL ORDER BY id LIMIT ?1",
            )?;
            let rows = statement.query_map([limit], |row| {
                Ok(Problem {
                    run: row.get(0)?,
                    key: Key::new(
                        kind_of(row.get(1)?).unwrap_or(Kind::Conversation),
                        row.get::<_, String>(2)?,
                    ),
                    stage: row.get(3)?,
                    reason: row.get(4)?,
                    hint: row.get(5)?,
                    at: row.get(6)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many problems are not solved.
    pub fn count_problems(&self) -> Result<u64> {
        self.read(|c| {
            Ok(c.query_row(
                "SELECT count(*) FROM problems WHERE resolved_at IS NULL",
                [],
                |row| row.get(0),
            )?)
        })
    }
}

pub(super) fn insert(tx: &Transaction<'_>, run: i64, problem: &NewProblem) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM problems WHERE kind = ?1 AND record = ?2 AND stage = ?3 AND reason = ?4
           AND resolved_at IS NULL",
    )?
    .execute(params![
        problem.key.kind as i64,
        problem.key.id,
        problem.stage,
        problem.reason
    ])?;
    tx.prepare_cached(
        "INSERT INTO problems(run, kind, record, stage, reason, hint, original, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        run,
        problem.key.kind as i64,
        problem.key.id,
        problem.stage,
        problem.reason,
        problem.hint,
        problem.original,
        now()
    ])?;
    Ok(())
}

pub(super) fn resolve(tx: &Transaction<'_>, key: &Key, stage: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE problems SET resolved_at = ?4
          WHERE kind = ?1 AND record = ?2 AND stage = ?3 AND resolved_at IS NULL",
    )?
    .execute(params![key.kind as i64, key.id, stage, now()])?;
    Ok(())
}
