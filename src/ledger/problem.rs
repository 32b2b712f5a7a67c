//! Records that could not be read, mapped or written: kept, never dropped.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{GONE, Ledger, READY, now, read::kind_of};
use crate::connector::Result;
use crate::schema::{Key, Kind};

/// A problem to be kept.
#[derive(Debug, Clone)]
pub struct NewProblem {
    /// The record.
    pub key: Key,
    /// `read` (the record itself), `pull` (its parts, or a whole stream),
    /// `blob`, `map`, `push`, `settle` or `verify`.
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

/// Problems of one kind of record that have the same reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProblemGroup {
    /// Kind of the records.
    pub kind: Kind,
    /// Where on their way they were.
    pub stage: String,
    /// The reason; where it is not the same for all, with `…` for what is each record's own.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The first one.
    pub example: Problem,
}

/// Groups that are told apart; reasons beyond share one group a kind and stage.
const GROUPS: usize = 500;

impl Ledger {
    /// Keeps a problem unless the same one is open already: it is no news.
    pub async fn keep_problem(&self, problem: NewProblem) -> Result<()> {
        let run = self.run();
        self.write(move |tx| {
            let known = tx
                .prepare_cached(
                    "SELECT 1 FROM problems WHERE kind = ?1 AND record = ?2 AND stage = ?3
                        AND reason = ?4 AND resolved_at IS NULL",
                )?
                .exists(params![
                    problem.key.kind as i64,
                    problem.key.id,
                    problem.stage,
                    problem.reason
                ])?;
            match known {
                true => Ok(()),
                false => insert(tx, run, &problem),
            }
        })
        .await
    }

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
        let mut problems = Vec::new();
        self.each_problem(limit, |problem| {
            problems.push(problem);
            Ok(())
        })?;
        Ok(problems)
    }

    /// Calls `each` with the problems that are not solved, oldest first.
    pub fn each_problem(
        &self,
        limit: usize,
        mut each: impl FnMut(Problem) -> Result<()>,
    ) -> Result<()> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM problems WHERE resolved_at IS NULL ORDER BY id LIMIT ?1"
            ))?;
            let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
            while let Some(row) = rows.next()? {
                each(read_problem(row)?)?;
            }
            Ok(())
        })
    }

    /// Problems that are not solved by kind, stage and reason, most frequent first.
    pub fn problem_groups(&self) -> Result<Vec<ProblemGroup>> {
        let mut groups: HashMap<(Kind, String, String), ProblemGroup> = HashMap::new();
        self.each_problem(usize::MAX, |problem| {
            let mut key = (
                problem.key.kind,
                problem.stage.clone(),
                pattern(&problem.reason),
            );
            if groups.len() >= GROUPS && !groups.contains_key(&key) {
                key.2 = "other reasons".to_owned();
            }
            let group = groups.entry(key.clone()).or_insert_with(|| ProblemGroup {
                kind: problem.key.kind,
                stage: problem.stage.clone(),
                reason: problem.reason.clone(),
                count: 0,
                example: problem.clone(),
            });
            group.count += 1;
            // The same one in every run, whichever was met first.
            if problem.key < group.example.key {
                group.example = problem.clone();
            }
            if group.reason != problem.reason {
                group.reason = key.2;
            }
            Ok(())
        })?;
        let mut groups: Vec<ProblemGroup> = groups.into_values().collect();
        groups.sort_by(|a, b| {
            let place = |group: &ProblemGroup| (group.kind, group.stage.clone());
            (b.count.cmp(&a.count))
                .then_with(|| place(a).cmp(&place(b)))
                .then_with(|| a.reason.cmp(&b.reason))
        });
        Ok(groups)
    }

    /// How many problems this run met that are not solved.
    pub fn count_problems_now(&self) -> Result<u64> {
        self.read(|c| {
            let sql = "SELECT count(*) FROM problems WHERE resolved_at IS NULL AND run = ?1";
            Ok(c.query_row(sql, [self.run()], |row| row.get(0))?)
        })
    }

    /// The last problem of a record that is not solved.
    pub fn problem_of(&self, key: &Key) -> Result<Option<Problem>> {
        self.read(|c| {
            Ok(c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM problems
                  WHERE kind = ?1 AND record = ?2 AND resolved_at IS NULL
                  ORDER BY id DESC LIMIT 1"
            ))?
            .query_row(params![key.kind as i64, key.id], read_problem)
            .optional()?)
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

const COLUMNS: &str = "run, kind, record, stage, reason, hint, at";

fn read_problem(row: &Row<'_>) -> rusqlite::Result<Problem> {
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
}

/// A reason without what is the record's own: quoted text, numbers, mail and
/// web addresses become `…`.
fn pattern(reason: &str) -> String {
    static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"`[^`]*`|"[^"]*"|“[^”]*”|«[^»]*»|https?://\S+|\S*@\S*|\?\S*=\S*|(\s)[+#(]?[0-9]\S*"#,
        )
        .ok()
    });
    let Some(own) = &*OWN else {
        return reason.to_owned();
    };
    let plain = |found: &Captures<'_>| {
        let blank = found.get(1).map_or("", |blank| blank.as_str());
        match found[0].trim_start() {
            // Not the record's own: a status of HTTP.
            code if code.len() == 3 && code.starts_with(['4', '5']) => found[0].to_owned(),
            _ => format!("{blank}…"),
        }
    };
    own.replace_all(reason, plain).into_owned()
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

/// Records that arrived can be read after all.
pub(super) fn resolve_read<'k>(
    tx: &Transaction<'_>,
    arrived: impl Iterator<Item = &'k Key>,
) -> Result<()> {
    let open = open(tx, &["read"])?;
    if !open.is_empty() {
        for key in arrived.filter(|key| open.contains(*key)) {
            resolve(tx, key, "read")?;
        }
    }
    Ok(())
}

/// Of records that are gone nothing can be read any more.
pub(super) fn resolve_gone(tx: &Transaction<'_>, gone: &[Key]) -> Result<()> {
    const STAGES: [&str; 2] = ["read", "pull"];
    let open = match gone.is_empty() {
        true => HashSet::new(),
        false => open(tx, &STAGES)?,
    };
    for key in gone.iter().filter(|key| open.contains(*key)) {
        for stage in STAGES {
            resolve(tx, key, stage)?;
        }
    }
    Ok(())
}

/// Conversations that have all messages that the desk says they have.
pub(super) fn resolve_counted(tx: &Transaction<'_>) -> Result<()> {
    tx.prepare_cached(
        "UPDATE problems SET resolved_at = ?1
          WHERE resolved_at IS NULL AND stage = 'pull' AND kind = ?2
            AND EXISTS (SELECT 1 FROM records c
                         WHERE c.kind = ?2 AND c.id = problems.record AND c.state & ?4 <> 0
                           AND (c.declared IS NULL OR c.declared <=
                                (SELECT count(*) FROM records m
                                  WHERE m.parent = c.id AND m.kind = ?3 AND m.state & ?5 = 0)))",
    )?
    .execute(params![
        now(),
        Kind::Conversation as i64,
        Kind::Message as i64,
        READY,
        GONE
    ])?;
    Ok(())
}

/// The records that have open problems at these stages.
fn open(tx: &Transaction<'_>, stages: &[&str]) -> Result<HashSet<Key>> {
    let mut statement = tx.prepare_cached(
        "SELECT kind, record FROM problems WHERE resolved_at IS NULL AND stage = ?1",
    )?;
    let mut keys = HashSet::new();
    for stage in stages {
        let rows = statement.query_map([stage], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (kind, id): (i64, String) = row?;
            keys.extend(kind_of(kind).map(|kind| Key::new(kind, id)));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_grouped_without_what_is_the_records_own() {
        for (reason, expected) in [
            ("phone `+49 89 12` is not E.164", "phone … is not E.164"),
            ("phone is not E.164: 0049-123", "phone is not E.164: …"),
            (
                "zoe@example.com is taken by https://acme.example.com/users/7",
                "… is taken by …",
            ),
            ("ticket #12: no such group", "ticket … no such group"),
            (
                "it answered 404 to /files/?name=a.txt: Not Found",
                "it answered 404 to /files/… Not Found",
            ),
            (
                "the target has no such group",
                "the target has no such group",
            ),
        ] {
            assert_eq!(pattern(reason), expected);
        }
    }
}
