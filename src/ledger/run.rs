//! The list of runs: what each did, how it ended and what it cost.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{Ledger, now};
use crate::connector::{Error, Result};

/// One run of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Number of the run.
    pub id: i64,
    /// The command.
    pub command: String,
    /// When it began.
    pub started_at: String,
    /// When it ended; `None` while it goes on and when it was cut off.
    pub ended_at: Option<String>,
    /// How it ended: `done`, or what went wrong.
    pub outcome: Option<String>,
    /// What it cost; `None` while it goes on and when it was cut off.
    pub stats: Option<RunStats>,
}

/// What a run cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStats {
    /// Seconds from start to end.
    pub seconds: u64,
    /// What each desk was asked.
    pub desks: Vec<DeskStats>,
}

/// What a run asked of one desk: figures only, so that no secret can be among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskStats {
    /// `source` or `target`.
    pub desk: String,
    /// Requests, retries among them.
    pub requests: u64,
    /// Requests by budget of the platform.
    pub by_budget: Vec<(String, u64)>,
    /// Attempts after the first one.
    pub retries: u64,
    /// Answers that said: too many requests.
    pub refused: u64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of answers.
    pub bytes_received: u64,
    /// Milliseconds in which requests waited for their turn or for the end of a pause.
    pub waited_ms: u64,
}

impl Ledger {
    /// Marks the end of this run.
    pub async fn end_run(&self, outcome: &str, stats: &RunStats) -> Result<()> {
        let stats = serde_json::to_string(stats)
            .map_err(|cause| Error::local("figures of a run").caused_by(cause))?;
        let (run, outcome) = (self.run(), outcome.to_owned());
        self.write(move |tx| {
            tx.execute(
                "UPDATE runs SET ended_at = ?2, outcome = ?3, stats = ?4 WHERE id = ?1",
                params![run, now(), outcome, stats],
            )?;
            Ok(())
        })
        .await
    }

    /// The last runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id, command, started_at, ended_at, outcome, stats FROM runs
                  ORDER BY id DESC LIMIT ?1",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map([limit], |row| {
                Ok(Run {
                    id: row.get(0)?,
                    command: row.get(1)?,
                    started_at: row.get(2)?,
                    ended_at: row.get(3)?,
                    outcome: row.get(4)?,
                    // Figures of a later version are no reason not to show the run.
                    stats: row
                        .get::<_, Option<String>>(5)?
                        .and_then(|stats| serde_json::from_str(&stats).ok()),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many runs there were.
    pub fn count_runs(&self) -> Result<u64> {
        self.read(|c| Ok(c.query_row("SELECT count(*) FROM runs", [], |row| row.get(0))?))
    }
}
