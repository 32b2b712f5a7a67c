//! Redirect rules that were made on the target: journaled before the request
//! and after it.

use rusqlite::params;

use super::{Ledger, now};
use crate::connector::Result;
use crate::connector::redirects::Rule;

/// A rule of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeRule {
    /// The rule as it was sent.
    pub rule: Rule,
    /// Where it led before, when it is being changed.
    pub was: Option<String>,
    /// The run that made it first.
    pub run: i64,
    /// The target has said that it is there.
    pub done: bool,
}

impl MadeRule {
    /// Whether this is where we let it lead, so that nobody changed it.
    pub fn led_to(&self, to: &str) -> bool {
        self.rule.to == to || (!self.done && self.was.as_deref() == Some(to))
    }
}

impl Ledger {
    /// Every rule of ours, by path.
    pub fn made_rules(&self) -> Result<Vec<MadeRule>> {
        self.read(|c| {
            let mut statement = c.prepare(
                "SELECT path, leads_to, was, run, done_at IS NOT NULL FROM redirects ORDER BY path",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(MadeRule {
                    rule: Rule {
                        from: row.get(0)?,
                        to: row.get(1)?,
                    },
                    was: row.get(2)?,
                    run: row.get(3)?,
                    done: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Commits that rules are about to be made or changed, durably, each with
    /// where one of ours leads as yet.
    pub async fn begin_rules(&self, rules: &[(Rule, Option<String>)]) -> Result<()> {
        let (run, rules) = (self.run(), rules.to_vec());
        self.write_durably(move |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO redirects(path, leads_to, was, run, begun_at)
                 VALUES (?1, ?2, ?5, ?3, ?4)
                 ON CONFLICT(path) DO UPDATE SET
                   was = ?5, leads_to = ?2, begun_at = ?4, done_at = NULL",
            )?;
            for (rule, was) in rules {
                statement.execute(params![rule.from, rule.to, run, now(), was])?;
            }
            Ok(())
        })
        .await
    }

    /// Commits that the target has them, durably.
    pub async fn end_rules(&self, paths: Vec<String>) -> Result<()> {
        self.write_durably(move |tx| {
            let mut statement =
                tx.prepare_cached("UPDATE redirects SET done_at = ?2, was = NULL WHERE path = ?1")?;
            for path in paths {
                statement.execute(params![path, now()])?;
            }
            Ok(())
        })
        .await
    }

    /// Commits that the target refused them: what led elsewhere before does so still.
    pub async fn abandon_rules(&self, paths: Vec<String>) -> Result<()> {
        self.write_durably(move |tx| {
            for path in paths {
                tx.prepare_cached(
                    "DELETE FROM redirects WHERE path = ?1 AND done_at IS NULL AND was IS NULL",
                )?
                .execute([&path])?;
                tx.prepare_cached(
                    "UPDATE redirects SET leads_to = was, was = NULL, done_at = ?2
                      WHERE path = ?1 AND done_at IS NULL",
                )?
                .execute(params![path, now()])?;
            }
            Ok(())
        })
        .await
    }

    /// Forgets rules that are gone on the target, durably.
    pub async fn forget_rules(&self, paths: Vec<String>) -> Result<()> {
        self.write_durably(move |tx| {
            for path in paths {
                tx.prepare_cached("DELETE FROM redirects WHERE path = ?1")?
                    .execute([path])?;
            }
            Ok(())
        })
        .await
    }
}
