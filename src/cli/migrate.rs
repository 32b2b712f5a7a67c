//! `deskferry migrate`

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, exit, summary, verify};
use crate::connector::Result;
use crate::engine::{self, VerifyOptions};

/// Pull, push and verify, side by side, going on where the last run stopped
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry migrate --dry-run       stop before the first write
  deskferry migrate --pilot 20      a few conversations, to look at
  deskferry migrate")]
pub(super) struct Args {
    /// Pull and preview only; write nothing to the target.
    #[arg(long)]
    dry_run: bool,
    /// Only the first N conversations.
    #[arg(long, value_name = "N")]
    pilot: Option<u64>,
    /// Do not compare afterwards.
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    work: WorkArgs,
}

/// All of it, as without any flag.
pub(super) async fn whole(context: &Context) -> Result<u8> {
    let args = Args {
        dry_run: false,
        pilot: None,
        no_verify: false,
        work: WorkArgs { concurrency: 8 },
    };
    run(args, context).await
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "migrate",
        needs: Needs::Both,
        concurrency: args.work.concurrency.into(),
        limit: args.pilot,
    };
    let (written, report, ledger, redirects) = work::run(plan, context, async |project| {
        if args.dry_run {
            engine::pull(project).await?;
            return Ok((
                engine::dry_run(project).await?,
                None,
                project.ledger.clone(),
                false,
            ));
        }
        let (_, written) = engine::migrate(project).await?;
        let redirects = engine::could_redirect(project)?;
        if args.no_verify {
            return Ok((written, None, project.ledger.clone(), redirects));
        }
        let report = engine::verify(project, &VerifyOptions::default()).await?;
        Ok((written, Some(report), project.ledger.clone(), redirects))
    })
    .await?;
    if args.dry_run {
        summary::planned(&written, &context.printer)?;
    } else {
        summary::written(&written, &context.printer)?;
    }
    if redirects {
        let printer = &context.printer;
        printer.talk(&printer.texts().get("summary-rules-could"));
    }
    if let Some(report) = report {
        verify::print(&report, &ledger, &context.printer)?;
        if !report.is_clean() {
            return Ok(exit::DIFFERENCES);
        }
    }
    Ok(summary::code(written.problems, &context.printer))
}
