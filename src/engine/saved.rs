//! A plan as a file: what a preview decided, to be looked at, kept, and then
//! carried out exactly or not at all.
//!
//! It is one JSON object with a record a line, so that tools can read it and
//! two plans can be compared, and so that a large one need not be in memory:
//!
//! ```text
//! {"format":"deskferry plan","version":1,"id":…,"summary":{…},"records":[
//! {"kind":"contact","id":"7","action":"create","digest":"…"},
//! …
//! ],
//! "checksum":"…"}
//! ```
//!
//! The checksum is over everything before its line: a plan that was changed
//! by hand is refused, since nobody previewed what it says.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::push::{self, Mode};
use super::summary::Summary;
use super::{Project, all_pulled};
use crate::connector::{Error, Result};
use crate::ledger::{Action, Planned};
use crate::schema::{Date, Key, Kind};

const FORMAT: &str = "deskferry plan";
const VERSION: u32 = 1;
/// Records named in a refusal.
const NAMED: usize = 5;

/// What a plan says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    format: String,
    version: u32,
    /// Its own id: receipts of runs that carry it out are found by it.
    pub id: String,
    /// When it was made.
    pub made_at: Date,
    /// The source desk.
    pub source: String,
    /// The target desk.
    pub target: String,
    /// The ledger that it was made from.
    pub ledger: String,
    /// BLAKE3 of the files that decide: `mapping.toml`, the configuration.
    pub inputs: BTreeMap<String, String>,
    /// For people.
    pub summary: serde_json::Value,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    kind: Kind,
    id: String,
    action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Line {
    /// `None` for what is not decided by itself: a message goes with its
    /// conversation, what is done stays as it is.
    fn of(planned: Planned) -> Option<Line> {
        if planned.key.kind == Kind::Message || planned.action == Action::Done {
            return None;
        }
        Some(Line {
            kind: planned.key.kind,
            id: planned.key.id,
            action: planned.action,
            target: planned.target,
            digest: planned.digest.map(hex::encode),
            reason: planned.reason.map(|reason| reason.to_string()),
        })
    }

    fn key(&self) -> Key {
        Key::new(self.kind, &self.id)
    }

    /// Reasons are for people: the same decision may be told in other words.
    fn same(&self, other: &Line) -> bool {
        self.action == other.action && self.target == other.target && self.digest == other.digest
    }
}

/// The plan is stale, from another project, or not as it was saved.
#[derive(Debug, thiserror::Error)]
#[error("the plan is stale")]
pub struct Stale;

fn stale(message: impl Into<String>) -> Error {
    Error::config(message)
        .hint("make a new one with `deskferry preview -o PLAN`, look at it, and apply that")
        .caused_by(Stale)
}

/// Writes the plan of a preview that was just made.
///
/// `inputs` are the checksums of the files that decide. The file appears
/// whole or not at all, with mode 0600.
pub async fn save(
    project: &Project,
    summary: &Summary,
    inputs: BTreeMap<String, String>,
    path: &Path,
) -> Result<()> {
    let header = Header {
        format: FORMAT.into(),
        version: VERSION,
        id: uuid::Uuid::new_v4().to_string(),
        made_at: Date::now(),
        source: project.source_name.clone(),
        target: project.target_name.clone(),
        ledger: project.ledger.identity().await?,
        inputs,
        summary: serde_json::to_value(summary).map_err(json)?,
    };
    let part = path.with_added_extension("part");
    write(project, &header, &part)?;
    std::fs::rename(&part, path).map_err(|cause| Error::unwritable(path, cause))
}

fn write(project: &Project, header: &Header, path: &Path) -> Result<()> {
    let unwritable = |cause| Error::unwritable(path, cause);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = Hashing {
        inner: BufWriter::new(options.open(path).map_err(unwritable)?),
        hasher: blake3::Hasher::new(),
    };
    let mut text = serde_json::to_vec(header).map_err(json)?;
    text.pop();
    out.write_all(&text).map_err(unwritable)?;
    out.write_all(b",\"records\":[").map_err(unwritable)?;
    let mut first = true;
    project.ledger.each_planned_now(|planned| {
        let Some(line) = Line::of(planned) else {
            return Ok(());
        };
        out.write_all(if first { b"\n" } else { b",\n" })
            .map_err(unwritable)?;
        first = false;
        serde_json::to_writer(&mut out, &line).map_err(json)
    })?;
    out.write_all(b"\n],\n").map_err(unwritable)?;
    let checksum = out.hasher.finalize().to_hex();
    let mut file = out.inner;
    writeln!(file, "\"checksum\":\"{checksum}\"}}").map_err(unwritable)?;
    let file = file
        .into_inner()
        .map_err(|error| unwritable(error.into_error()))?;
    file.sync_all().map_err(unwritable)
}

/// Writes through and adds up.
struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

fn io(cause: std::io::Error) -> Error {
    Error::local(format!("the plan cannot be read: {cause}")).caused_by(cause)
}

fn json(cause: serde_json::Error) -> Error {
    Error::local(format!("no JSON: {cause}")).caused_by(cause)
}

/// A plan that was read and is as it was saved.
pub struct Saved {
    /// What it says of itself.
    pub header: Header,
    lines: BufReader<File>,
}

impl Saved {
    /// Opens a plan. Fails with [`Stale`] as its cause when the file is not as
    /// it was saved.
    pub fn open(path: &Path) -> Result<Saved> {
        let shown = path.display();
        let file = File::open(path).map_err(|cause| {
            Error::config(format!("{shown} cannot be read: {cause}"))
                .hint("make a plan with `deskferry preview -o PLAN`")
                .caused_by(cause)
        })?;
        let no_plan = || {
            Error::config(format!("{shown} is no plan of deskferry"))
                .hint("make a plan with `deskferry preview -o PLAN`")
        };
        let mut lines = BufReader::new(file);
        let mut text = Vec::new();
        lines.read_until(b'\n', &mut text).map_err(io)?;
        let head = text.strip_suffix(b"\n").ok_or_else(no_plan)?;
        let head = head.strip_suffix(b",\"records\":[").ok_or_else(no_plan)?;
        let header: Header =
            serde_json::from_slice(&[head, b"}"].concat()).map_err(|_| no_plan())?;
        if header.format != FORMAT {
            return Err(no_plan());
        }
        if header.version != VERSION {
            return Err(stale(format!(
                "{shown} has format {}, this deskferry knows {VERSION}",
                header.version
            )));
        }
        let mut hasher = blake3::Hasher::new();
        loop {
            hasher.update(&text);
            text.clear();
            lines.read_until(b'\n', &mut text).map_err(io)?;
            if text.is_empty() {
                return Err(stale(format!("{shown} is not whole: its end is missing")));
            }
            if text.starts_with(b"\"checksum\"") {
                break;
            }
        }
        let expected = format!("\"checksum\":\"{}\"}}\n", hasher.finalize().to_hex());
        if text != expected.as_bytes() {
            return Err(stale(format!(
                "{shown} was changed after it was saved: its checksum does not fit"
            )));
        }
        let mut lines = BufReader::new(File::open(path).map_err(io)?);
        lines.skip_until(b'\n').map_err(io)?;
        Ok(Saved { header, lines })
    }

    fn next(&mut self) -> Result<Option<Line>> {
        let mut text = Vec::new();
        self.lines.read_until(b'\n', &mut text).map_err(io)?;
        let line = text.trim_ascii_end();
        if line == b"]," {
            return Ok(None);
        }
        let line = line.strip_suffix(b",").unwrap_or(line);
        serde_json::from_slice(line).map(Some).map_err(|cause| {
            stale(format!(
                "the plan holds a record that cannot be read: {cause}"
            ))
        })
    }
}

/// Does what a saved plan says, or nothing: everything is decided anew first,
/// and when a single record would be written otherwise, or one more, or one
/// less, the run ends with [`Stale`] before anything is written.
///
/// A plan that was cut off can be applied again: what it wrote counts as done.
/// `inputs` are compared to say what changed; the records decide.
pub async fn apply(
    project: &Project,
    mut saved: Saved,
    inputs: &BTreeMap<String, String>,
) -> Result<Summary> {
    let header = saved.header.clone();
    let ours = [
        ("source", &header.source, &project.source_name),
        ("target", &header.target, &project.target_name),
        ("ledger", &header.ledger, &project.ledger.identity().await?),
    ];
    for (what, planned, here) in ours {
        if planned != here {
            return Err(stale(format!(
                "the plan is from another project: its {what} is {planned}, here it is {here}"
            )));
        }
    }
    project.ledger.carry_out(&header.id).await?;
    push::settle(project).await?;
    push::dry_run(project).await?;
    let changed: Vec<&String> = header
        .inputs
        .iter()
        .filter(|(name, sum)| inputs.get(*name) != Some(sum))
        .map(|(name, _)| name)
        .collect();
    let differences = compare(project, &mut saved)?;
    if differences.count > 0 {
        let because = match changed.is_empty() {
            true => "the source's records or the target changed".to_owned(),
            false => format!(
                "changed: {}",
                changed
                    .iter()
                    .map(|name| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        return Err(stale(format!(
            "the plan of {} is stale: {} records would be written otherwise ({because}). Nothing was written.\n{}",
            header.made_at,
            differences.count,
            differences.named.join("\n")
        )));
    }
    // What the preview decided now is decided again by the push, which has to
    // come to the same.
    project.ledger.release_plan().await?;
    push::run(project, all_pulled(), Mode::Exactly).await
}

#[derive(Default)]
struct Differences {
    count: u64,
    named: Vec<String>,
}

impl Differences {
    fn add(&mut self, key: &Key, what: String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("- {key}: {what}"));
        }
    }
}

/// Walks the saved plan and the one just made side by side.
fn compare(project: &Project, saved: &mut Saved) -> Result<Differences> {
    let runs: HashSet<i64> = project.ledger.runs_of_plan(&saved.header.id)?;
    let by_this_plan = |key: &Key| -> Result<bool> {
        let receipt = project.ledger.receipt(key)?;
        Ok(receipt.is_some_and(|receipt| runs.contains(&receipt.run)))
    };
    let gone = |line: &Line, differences: &mut Differences| -> Result<()> {
        if line.action != Action::Skip && !by_this_plan(&line.key())? {
            let what = format!("planned: {}; now there is nothing to do", line.action);
            differences.add(&line.key(), what);
        }
        Ok(())
    };
    let mut differences = Differences::default();
    let mut planned = saved.next()?;
    project.ledger.each_planned_now(|now| {
        let Some(now) = Line::of(now) else {
            return Ok(());
        };
        let place = (now.kind as i64, now.id.as_str());
        while let Some(line) = planned.take() {
            if (line.kind as i64, line.id.as_str()) >= place {
                planned = Some(line);
                break;
            }
            gone(&line, &mut differences)?;
            planned = saved.next()?;
        }
        match planned.take() {
            Some(line) if line.key() == now.key() => {
                if !line.same(&now) && !by_this_plan(&line.key())? {
                    let what = match line.action == now.action {
                        true => format!("{}, with other content than planned", now.action),
                        false => format!("planned: {}; now: {}", line.action, now.action),
                    };
                    differences.add(&now.key(), what);
                }
                planned = saved.next()?;
            }
            other => {
                planned = other;
                if now.action != Action::Skip {
                    let what = format!("not in the plan; now: {}", now.action);
                    differences.add(&now.key(), what);
                }
            }
        }
        Ok(())
    })?;
    while let Some(line) = planned {
        gone(&line, &mut differences)?;
        planned = saved.next()?;
    }
    Ok(differences)
}
