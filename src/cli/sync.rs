//! `deskferry sync`

use serde::Serialize;

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, connectors, exit, summary};
use crate::connector::Result;
use crate::engine::{self, Conflicts, Deleted, SyncOptions, Synced};

/// Carry over what is new, changed or deleted since the last run
///
/// Made for every night after a migration: it reads what changed, writes it,
/// says what it did, and ends with 0 when there was nothing to do. The policies
/// stand in [sync] of deskferry.toml.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry sync --dry-run           what it would do
  deskferry sync
  deskferry sync --conflicts keep    what was edited on the target stays")]
pub(super) struct Args {
    /// Read the source and say what would be done; write nothing to the target.
    #[arg(long)]
    dry_run: bool,
    /// What wins when both sides changed the same value: keep (the target), overwrite or report.
    #[arg(long, value_name = "POLICY", value_parser = conflicts)]
    conflicts: Option<Conflicts>,
    /// What becomes of records that were deleted on the source: keep, tag or delete.
    #[arg(long, value_name = "POLICY", value_parser = deleted)]
    deleted: Option<Deleted>,
    /// Take what is gone on the source for deleted, even if it is more than max_deletions.
    #[arg(long)]
    accept_deletions: bool,
    #[command(flatten)]
    work: WorkArgs,
}

fn conflicts(word: &str) -> Result<Conflicts, String> {
    Conflicts::parse(word).ok_or_else(|| "known are keep, overwrite, report".to_owned())
}

fn deleted(word: &str) -> Result<Deleted, String> {
    Deleted::parse(word).ok_or_else(|| "known are keep, tag, delete".to_owned())
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "sync",
        needs: Needs::Both,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let (synced, policy) = work::run(plan, context, async |project| {
        let mut project = project.clone();
        let settings = &mut project.settings;
        settings.conflicts = args.conflicts.unwrap_or(settings.conflicts);
        settings.deleted = args.deleted.unwrap_or(settings.deleted);
        let options = SyncOptions {
            dry_run: args.dry_run,
            accept_deletions: args.accept_deletions,
        };
        let synced = engine::sync(&project, options).await?;
        Ok((synced, project.settings.deleted))
    })
    .await?;
    print(&synced, policy, args.dry_run, context)?;
    Ok(match synced.problems {
        0 => exit::DONE,
        _ => exit::PROBLEMS,
    })
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    synced: &'a Synced,
    nothing: bool,
}

fn print(synced: &Synced, policy: Deleted, dry_run: bool, context: &Context) -> Result<()> {
    let printer = &context.printer;
    if printer.is_json() {
        let nothing = synced.is_nothing();
        return printer.json("synced", &Data { synced, nothing });
    }
    let texts = printer.texts();
    if synced.is_nothing() {
        printer.data(&texts.get("summary-nothing-to-do"))?;
    } else if !synced.written.is_empty() || !synced.deleted.is_empty() {
        let table = summary::done(&synced.written, &synced.deleted, texts);
        printer.data(&connectors::text(&table))?;
        if dry_run {
            printer.data(&format!("\n{}", texts.get("summary-would-be-done")))?;
        }
    }
    for gone in synced.gone.iter().filter(|gone| !gone.held_back) {
        if policy == Deleted::Keep {
            let values = [
                ("records", gone.records.into()),
                ("of", gone.of.into()),
                ("kind", texts.kind(gone.kind).into()),
            ];
            printer.data(&texts.say("summary-gone", &values))?;
        }
    }
    summary::code(synced.problems, printer);
    if synced.older_problems > 0 {
        let count = ("count", synced.older_problems.into());
        printer.talk(&texts.say("summary-older-problems", &[count]));
    }
    Ok(())
}
