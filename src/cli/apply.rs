//! `deskferry apply`

use std::path::PathBuf;

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, summary};
use crate::connector::Result;
use crate::engine::{self, Saved};

/// Do exactly what a saved plan says, or nothing
///
/// Decides everything anew first. When a record would be written otherwise than
/// planned, one more or one less, nothing is written and the exit code is 7.
/// A plan that was interrupted is applied again with the same command.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry preview -o plan.json
  deskferry apply plan.json")]
pub(super) struct Args {
    /// The plan, as `preview -o` saved it.
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    work: WorkArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let saved = Saved::open(&args.plan)?;
    let inputs = context.config()?.inputs(&context.config)?;
    let plan = Plan {
        command: "apply",
        needs: Needs::Target,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let applied = work::run(plan, context, async |project| {
        engine::apply(project, saved, &inputs).await
    })
    .await?;
    summary::written(&applied, &context.printer)?;
    Ok(summary::code(applied.problems, &context.printer))
}
