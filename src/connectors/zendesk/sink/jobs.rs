//! Background jobs: most bulk writes are one. All that wait share one question.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::connector::{Error, ErrorKind, Result};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{JobResult, JobStatus, ManyJobs, OneJob};
use crate::http::Client;

/// What became of one row of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Id of the record.
    pub id: String,
    /// It was there before.
    pub updated: bool,
}

/// The jobs that someone waits for.
pub struct Jobs {
    client: Client,
    /// How much faster than real time waiting goes.
    speed: f64,
    open: Mutex<HashMap<String, Option<JobStatus>>>,
    turn: tokio::sync::Mutex<()>,
}

impl Jobs {
    /// No jobs yet.
    pub fn new(client: Client, speed: f64) -> Jobs {
        Jobs {
            client,
            speed,
            open: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Waits until the job is finished. A job is kept for one day; an unknown
    /// one is [`ErrorKind::NotFound`].
    pub async fn wait(&self, id: &str) -> Result<JobStatus> {
        self.set(id, None);
        let begun = Instant::now();
        let patience = Duration::from_secs(limits::JOB_PATIENCE).div_f64(self.speed);
        let mut pause = 0.5;
        let finished = loop {
            self.sleep(pause).await;
            pause = (pause * 1.5_f64).min(5.0);
            let turn = self.turn.lock().await;
            // Whoever had the turn before may have got the answer for all.
            if let Some(status) = self.get(id) {
                break Ok(status);
            }
            let asked = self.ask(id).await;
            drop(turn);
            match asked {
                Ok(()) => {}
                Err(error) => break Err(error),
            }
            if let Some(status) = self.get(id) {
                break Ok(status);
            }
            if begun.elapsed() > patience {
                break Err(Error::new(
                    ErrorKind::Transient,
                    format!("job {id} is not finished after two hours"),
                )
                .hint("run the same command again; the job is looked at first"));
            }
        };
        self.forget(id);
        finished
    }

    /// Waits until nothing of the account's jobs is queued or running.
    pub async fn quiet(&self) -> Result<()> {
        let begun = Instant::now();
        let patience = Duration::from_secs(limits::JOB_PATIENCE).div_f64(self.speed);
        loop {
            let jobs: ManyJobs = self
                .client
                .get("/api/v2/job_statuses")
                .budget(limits::JOBS)
                .json()
                .await?;
            if jobs.job_statuses.iter().all(JobStatus::finished) {
                return Ok(());
            }
            if begun.elapsed() > patience {
                return Err(Error::new(
                    ErrorKind::Transient,
                    "background jobs are still running after two hours",
                ));
            }
            self.sleep(2.0).await;
        }
    }

    async fn sleep(&self, seconds: f64) {
        tokio::time::sleep(Duration::from_secs_f64(seconds / self.speed)).await;
    }

    async fn ask(&self, id: &str) -> Result<()> {
        let mut ids: Vec<String> = self
            .lock()
            .iter()
            .filter(|(_, status)| status.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        ids.truncate(limits::BATCH);
        let several = ids.len() > 1 && ids.iter().any(|other| other == id);
        let answers = if several {
            let many: ManyJobs = self
                .client
                .get("/api/v2/job_statuses/show_many")
                .budget(limits::JOBS)
                .query(&[("ids", ids.join(","))])
                .json()
                .await?;
            many.job_statuses
        } else {
            Vec::new()
        };
        let told = answers.iter().any(|status| status.id.0 == id);
        for status in answers {
            self.learn(status);
        }
        if !told {
            // Alone, or left out of the list: only its own address says whether it is gone.
            let one: OneJob = self
                .client
                .get(&format!("/api/v2/job_statuses/{id}"))
                .budget(limits::JOBS)
                .json()
                .await?;
            self.learn(one.job_status);
        }
        Ok(())
    }

    fn learn(&self, status: JobStatus) {
        if status.finished() {
            let mut open = self.lock();
            if let Some(slot) = open.get_mut(&status.id.0) {
                *slot = Some(status);
            }
        }
    }

    fn get(&self, id: &str) -> Option<JobStatus> {
        self.lock().get(id).cloned().flatten()
    }

    fn set(&self, id: &str, status: Option<JobStatus>) {
        self.lock().insert(id.to_owned(), status);
    }

    fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<JobStatus>>> {
        // A poisoned lock still holds a whole map: nothing panics while it is held.
        self.open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a finished job says of the row at `index`; rows without an index stand in order.
pub fn outcome(status: &JobStatus, index: usize) -> Result<Done> {
    let results = status.results.as_deref().unwrap_or_default();
    let row = results
        .iter()
        .find(|row| row.index == Some(index))
        .or_else(|| results.get(index).filter(|row| row.index.is_none()));
    let Some(row) = row else {
        return Err(Error::new(
            ErrorKind::Transient,
            format!(
                "job {} ended as {} and says nothing of this record{}",
                status.id.0,
                status.status,
                status
                    .message
                    .as_deref()
                    .map(|message| format!(": {message}"))
                    .unwrap_or_default()
            ),
        ));
    };
    match (&row.error, &row.id) {
        (None, Some(id)) if row.success != Some(false) => Ok(Done {
            id: id.0.clone(),
            updated: row
                .status
                .as_deref()
                .or(row.action.as_deref())
                .is_some_and(|word| word.eq_ignore_ascii_case("updated") || word == "update"),
        }),
        _ => Err(refusal(row)),
    }
}

/// The error of a row: `{"error":"TicketCreateFailed","details":"Requester: is not valid"}`.
fn refusal(row: &JobResult) -> Error {
    let details = match &row.details {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let word = row.error.as_deref().unwrap_or("refused");
    let message = if details.is_empty() {
        format!("Zendesk refused the record: {word}")
    } else {
        format!("Zendesk refused the record: {details} ({word})")
    };
    if details.contains("already been taken") || details.contains("already being used") {
        return Error::new(ErrorKind::Conflict { existing: None }, message);
    }
    let field = details
        .split_once(':')
        .map(|(field, _)| field.trim().to_lowercase().replace(' ', "_"))
        .filter(|field| !field.is_empty() && field.len() < 40);
    Error::new(ErrorKind::Rejected { field }, message)
        .hint("correct the value on the source or with a mapping rule, then run `deskferry retry`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(results: &str) -> JobStatus {
        serde_json::from_str(&format!(
            r#"{{"id":"j1","status":"completed","results":{results}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn a_completed_job_may_hold_refusals() {
        let job = job(
            r#"[{"index":0,"action":"create","id":244,"status":"Created","success":true},
                {"index":1,"error":"TicketCreateFailed","details":"Requester: is not valid"}]"#,
        );
        assert_eq!(
            outcome(&job, 0).unwrap(),
            Done {
                id: "244".into(),
                updated: false
            }
        );
        let error = outcome(&job, 1).unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Rejected {
                field: Some("requester".into())
            }
        );
        assert_eq!(outcome(&job, 2).unwrap_err().kind, ErrorKind::Transient);
    }

    #[test]
    fn results_come_out_of_order_and_without_index() {
        let mixed = job(r#"[{"index":1,"id":2},{"index":0,"id":1}]"#);
        assert_eq!(outcome(&mixed, 0).unwrap().id, "1");
        let bare = job(r#"[{"id":7,"status":"Updated"},{"id":8}]"#);
        assert_eq!(outcome(&bare, 1).unwrap().id, "8");
        assert!(outcome(&bare, 0).unwrap().updated);
    }
}
