//! `deskferry pull`

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, summary};
use crate::connector::Result;
use crate::engine;

/// Read the source desk into the ledger, going on where the last run stopped
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry pull
  deskferry pull --pilot 20         the first 20 conversations only")]
pub(super) struct Args {
    /// Only the first N conversations.
    #[arg(long, value_name = "N")]
    pilot: Option<u64>,
    #[command(flatten)]
    work: WorkArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "pull",
        needs: Needs::Source,
        concurrency: args.work.concurrency.into(),
        limit: args.pilot,
    };
    let (pulled, problems) = work::run(plan, context, async |project| {
        let pulled = engine::pull(project).await?;
        Ok((pulled, project.ledger.count_problems()?))
    })
    .await?;
    if context.printer.is_json() {
        context.printer.json("pulled", &pulled)?;
    } else {
        context.printer.data(&format!(
            "{} records read on {} pages, {} of them new; {} of files",
            pulled.records,
            pulled.pages,
            pulled.new,
            indicatif::HumanBytes(pulled.blob_bytes)
        ))?;
    }
    let code = summary::code(problems, &context.printer);
    context
        .printer
        .talk("next: `deskferry preview` says what would be written");
    Ok(code)
}
