//! `deskferry push`

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, summary};
use crate::connector::Result;
use crate::engine;

/// Write to the target what was pulled and is not there yet
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry preview && deskferry push")]
pub(super) struct Args {
    #[command(flatten)]
    work: WorkArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "push",
        needs: Needs::Target,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let pushed = work::run(plan, context, async |project| engine::push(project).await).await?;
    summary::written(&pushed, &context.printer)?;
    Ok(summary::code(pushed.problems, &context.printer))
}
