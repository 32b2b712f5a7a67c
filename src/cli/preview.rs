//! `deskferry preview`

use std::path::PathBuf;

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, exit, summary};
use crate::connector::{Error, Result};
use crate::engine;
use crate::ledger::Action;

/// Say what would be written, what would be lost and why, without writing
///
/// Reads what is new on the source first; the target is read, never written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry preview
  deskferry preview --json -o plan.json
  deskferry preview --detailed-exit-code || echo 'there is something to do'")]
pub(super) struct Args {
    /// Write the summary to a file, as JSON, too.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 5 when something would be written.
    #[arg(long)]
    detailed_exit_code: bool,
    /// Do not read the source; work on what was pulled before.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    work: WorkArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "preview",
        needs: match args.offline {
            true => Needs::Target,
            false => Needs::Both,
        },
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let planned = work::run(plan, context, async |project| {
        if !args.offline {
            engine::pull(project).await?;
        }
        engine::dry_run(project).await
    })
    .await?;
    if let Some(path) = &args.output {
        let text = serde_json::to_vec_pretty(&planned)
            .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
        std::fs::write(path, text).map_err(|cause| Error::unwritable(path, cause))?;
    }
    summary::print(&planned, &context.printer)?;
    let changes = planned.total(Action::Create) + planned.total(Action::Update);
    if args.detailed_exit_code && changes > 0 {
        return Ok(exit::CHANGES);
    }
    Ok(exit::DONE)
}
