//! `deskferry preview`

use std::path::PathBuf;

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, exit, summary};
use crate::connector::Result;
use crate::engine;
use crate::ledger::Action;

/// Say what would be written, what would be lost and why, without writing
///
/// Reads what is new on the source first; the target is read, never written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry preview
  deskferry preview -o plan.json && deskferry apply plan.json
  deskferry preview --samples 2
  deskferry preview --detailed-exit-code || echo 'there is something to do'")]
pub(super) struct Args {
    /// Save the plan, so that `apply` does exactly this or nothing.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the requests of N records of each kind, as the target would get them.
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    /// Show what at most N updates change on the target.
    #[arg(long, value_name = "N", default_value_t = 20)]
    updates: usize,
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
        let mut planned = engine::dry_run(project).await?;
        engine::detail(project, &mut planned, args.samples, args.updates).await?;
        if let Some(path) = &args.output {
            let inputs = context.config()?.inputs(&context.config)?;
            engine::save_plan(project, &planned, inputs, path).await?;
        }
        Ok(planned)
    })
    .await?;
    summary::planned(&planned, &context.printer)?;
    if let Some(path) = &args.output {
        let path = path.display();
        let path = ("path", path.to_string().into());
        context
            .printer
            .talk(&context.printer.texts().say("summary-saved", &[path]));
    }
    // Not the exit code of a run: a preview that ends is a good one.
    summary::code(planned.problems, &context.printer);
    let changes = planned.total(Action::Create) + planned.total(Action::Update);
    if args.detailed_exit_code && changes > 0 {
        return Ok(exit::CHANGES);
    }
    Ok(exit::DONE)
}
