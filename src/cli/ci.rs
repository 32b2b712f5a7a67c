//! What CI servers get at the end of a run: a summary as Markdown, and JUnit XML.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Context;
use crate::connector::{Error, Result};
use crate::ledger::Ledger;
use crate::report;

/// Names the file that GitHub Actions shows as a step's summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Flags of all commands that make a run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Args {
    /// Write a summary of the run as Markdown. Where GITHUB_STEP_SUMMARY names
    /// a file, it is appended there as well.
    #[arg(long, global = true, value_name = "FILE", help_heading = "For CI")]
    summary_markdown: Option<PathBuf>,
    /// Write the run as JUnit XML: a suite a kind of record, a case a check.
    #[arg(long, global = true, value_name = "FILE", help_heading = "For CI")]
    junit: Option<PathBuf>,
}

impl Args {
    /// Refuses flags that would do nothing.
    pub fn refuse(&self) -> Result<()> {
        let given = self.files().next();
        match given {
            None => Ok(()),
            Some(_) => Err(Error::config(
                "--summary-markdown and --junit tell of a run, and this command makes none",
            )
            .hint("use them with migrate, sync, verify and the like")),
        }
    }

    /// Finds out before the work begins whether the files can be written.
    pub fn probe(&self) -> Result<()> {
        self.files().try_for_each(report::probe)
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.summary_markdown, &self.junit]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
    }

    /// Writes what was asked for, after the run has ended in the ledger.
    pub fn write(&self, ledger: &Ledger, command: &str, context: &Context) -> Result<()> {
        let step = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty());
        if self.summary_markdown.is_some() || step.is_some() {
            let text = report::markdown(ledger, ledger.run())?;
            if let Some(path) = step
                && let Err(cause) = append(Path::new(&path), &text)
            {
                // Nobody asked for it: no reason for a run to fail.
                let path = Path::new(&path).display();
                context
                    .printer
                    .warn(&format!("{STEP_SUMMARY} names {path}: {cause}"));
            }
            if let Some(path) = &self.summary_markdown {
                report::save(path, |out| {
                    out.write_all(text.as_bytes())
                        .map_err(|cause| Error::local(format!("{}: {cause}", path.display())))
                })?;
            }
        }
        match &self.junit {
            Some(path) => report::save(path, |out| {
                report::junit(ledger, command, ledger.run(), out)
            }),
            None => Ok(()),
        }
    }
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}
