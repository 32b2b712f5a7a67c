//! Background jobs.

use serde::Deserialize;
use serde_json::Value;

use super::Id;

/// A background job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct JobStatus {
    pub id: Id,
    pub status: String,
    pub message: Option<String>,
    pub results: Option<Vec<JobResult>>,
}

impl JobStatus {
    /// Nothing will change any more.
    pub fn finished(&self) -> bool {
        !matches!(self.status.as_str(), "queued" | "working" | "")
    }
}

/// One row of a job's result.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct JobResult {
    pub index: Option<usize>,
    pub id: Option<Id>,
    pub status: Option<String>,
    pub action: Option<String>,
    pub success: Option<bool>,
    pub error: Option<String>,
    pub details: Option<Value>,
}

wrapped! {
    /// A started or running job.
    OneJob { job_status: JobStatus },
    /// Several jobs.
    ManyJobs { job_statuses: Vec<JobStatus> },
}
