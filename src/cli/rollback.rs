//! `deskferry rollback`

use serde::Serialize;

use super::work::{self, Needs, Plan, WorkArgs};
use super::{Context, connectors, exit};
use crate::connector::Result;
use crate::engine::{self, RollbackOptions, RolledBack};
use crate::schema::Kind;

/// Delete from the target what was created there, and nothing else
///
/// Only what a receipt proves to be ours, and only if nobody changed it since:
/// each record is read back and compared first. What was on the target before
/// is never deleted. Without --yes it says what it would do. It can be
/// interrupted and run again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry rollback                  what would be deleted, what would stay
  deskferry rollback --run 7 --yes    only what run 7 created (`deskferry status` lists runs)
  deskferry rollback --yes")]
pub(super) struct Args {
    /// Delete. Without it nothing is deleted.
    #[arg(long)]
    yes: bool,
    /// Only what this run created.
    #[arg(long, value_name = "N")]
    run: Option<i64>,
    /// Also what was changed on the target since.
    #[arg(long)]
    touched: bool,
    /// Also fields, groups and forms, which others may use by now.
    #[arg(long)]
    structure: bool,
    #[command(flatten)]
    work: WorkArgs,
}

#[derive(Serialize)]
struct Data<'a> {
    /// Nothing was deleted: this is what would be.
    preview: bool,
    #[serde(flatten)]
    done: &'a RolledBack,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "rollback",
        needs: Needs::Target,
        concurrency: args.work.concurrency.into(),
        limit: None,
    };
    let options = RollbackOptions {
        run: args.run,
        touched: args.touched,
        structure: args.structure,
        dry_run: !args.yes,
    };
    let done = work::run(plan, context, async |project| {
        engine::rollback(project, options).await
    })
    .await?;
    if context.printer.is_json() {
        context.printer.json(
            "rolled_back",
            &Data {
                preview: !args.yes,
                done: &done,
            },
        )?;
    } else {
        print(&done, args.yes, context)?;
    }
    Ok(match (args.yes, done.total_kept()) {
        (true, 1..) => exit::PROBLEMS,
        _ => exit::DONE,
    })
}

/// Rows that are shown; `--json` has more.
const ROWS: usize = 30;

fn print(done: &RolledBack, real: bool, context: &Context) -> Result<()> {
    let printer = &context.printer;
    let texts = printer.texts();
    let rules = &done.redirects;
    if done.deleted.is_empty()
        && done.kept.is_empty()
        && done.gone + rules.deleted + rules.gone + rules.kept == 0
    {
        return printer.data(&texts.get("summary-nothing-ours"));
    }
    let mut table = connectors::table([
        String::new(),
        texts.get(match real {
            true => "summary-deleted",
            false => "summary-to-delete",
        }),
        texts.get("summary-stay"),
    ]);
    for kind in Kind::ALL.into_iter().rev() {
        let count = |counts: &std::collections::BTreeMap<Kind, u64>| {
            counts.get(&kind).copied().unwrap_or_default()
        };
        let (deleted, kept) = (count(&done.deleted), count(&done.kept));
        if deleted + kept > 0 {
            table.add_row([texts.kind(kind), texts.number(deleted), texts.number(kept)]);
        }
    }
    printer.data(&connectors::text(&table))?;
    for (count, what) in [
        (done.gone, "summary-gone-already"),
        (done.matched, "summary-not-touched"),
        (done.changed, "summary-changes-stay"),
        (
            rules.deleted,
            match real {
                true => "summary-rules-deleted",
                false => "summary-rules-to-delete",
            },
        ),
        (rules.gone, "summary-rules-gone"),
        (rules.kept, "summary-rules-stay"),
    ] {
        if count > 0 {
            printer.data(&texts.say(what, &[("count", count.into())]))?;
        }
    }
    for rule in rules.examples.iter().take(ROWS) {
        printer.data(&format!("  {}: {}", rule.path, rule.why))?;
    }
    if !done.examples.is_empty() {
        let mut table = connectors::table([
            texts.get("summary-stays"),
            texts.get("summary-on-target"),
            texts.get("summary-why"),
        ]);
        for kept in done.examples.iter().take(ROWS) {
            table.add_row([
                kept.key.to_string(),
                kept.url.clone().unwrap_or_else(|| kept.target.clone()),
                kept.why.clone(),
            ]);
        }
        printer.data(&format!("\n{}", connectors::text(&table)))?;
    }
    match real {
        true => printer.talk(&texts.get("summary-written-again")),
        false => printer.talk(&texts.get("summary-nothing-deleted")),
    }
    Ok(())
}
