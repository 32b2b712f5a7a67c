//! `deskferry forget`

use std::path::PathBuf;

use super::work::{self, Needs, Plan};
use super::{Context, connectors, exit};
use crate::connector::Result;
use crate::engine::{self, Trace};

/// Remove one person from the ledger, its attachments and an archive
///
/// Their contacts and conversations go with all that belongs to them; what they
/// wrote in conversations of others goes, too, and their addresses, numbers and
/// names wherever they stand. The ledger is then written anew, so that no byte
/// stays. Both desks are left alone: delete the person there first, or the next
/// sync brings them again. Without --yes it says what would go.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry forget cleo@example.com
  deskferry forget 360000002001 --archive acme-2026 --yes")]
pub(super) struct Args {
    /// Id of the contact on the source, or an address, number or handle.
    who: String,
    /// Forget. Without it nothing is changed.
    #[arg(long)]
    yes: bool,
    /// Also from this archive, as `deskferry archive` wrote it.
    #[arg(long, value_name = "FOLDER")]
    archive: Option<PathBuf>,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "forget",
        needs: Needs::Ledger,
        concurrency: 1,
        limit: None,
    };
    let trace = work::run(plan, context, async |project| {
        let mut trace = engine::trace(&project.ledger, &args.who)?;
        if args.yes {
            engine::forget(project, &mut trace, args.archive.as_deref()).await?;
        }
        Ok(trace)
    })
    .await?;
    if context.printer.is_json() {
        context.printer.json("forgotten", &trace)?;
    } else {
        print(&trace, context)?;
    }
    Ok(exit::DONE)
}

/// Addresses that are shown; `--json` has more.
const ROWS: usize = 20;

fn print(trace: &Trace, context: &Context) -> Result<()> {
    let printer = &context.printer;
    let real = trace.forgot.is_some();
    let mut table = connectors::table(["", if real { "removed" } else { "to remove" }]);
    for (kind, count) in &trace.removed {
        table.add_row([printer.texts().kind(*kind), count.to_string()]);
    }
    printer.data(&connectors::text(&table))?;
    let does = if real { "was" } else { "will be" };
    if trace.emptied > 0 {
        printer.data(&format!(
            "{} messages in conversations of others: text, author and files {does} removed",
            trace.emptied
        ))?;
    }
    if trace.mentions > 0 {
        printer.data(&format!(
            "{} records of others name them: {does} replaced by [forgotten]",
            trace.mentions
        ))?;
    }
    if !real {
        printer.data(&format!(
            "looked for everywhere: {}",
            trace.words.join(", ")
        ))?;
        printer.data("all raw answers of the source go as well; receipts stay, as numbers")?;
    }
    if !trace.on_target.is_empty() {
        printer.data(&format!(
            "\nstill on the target, {} records:",
            trace.on_target.len()
        ))?;
        for url in trace.on_target.iter().take(ROWS) {
            printer.data(url)?;
        }
    }
    if let Some(done) = &trace.forgot {
        printer.talk(&format!(
            "forgotten: {} raw answers, {} files and {} lines of the archive as well; reports, backups and other archives are yours to remove",
            done.raw, done.files, done.archived
        ));
    } else {
        printer.talk("nothing was changed; `--yes` does it");
    }
    Ok(())
}
