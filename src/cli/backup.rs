//! `deskferry backup`

use std::path::PathBuf;

use serde::Serialize;

use super::{Context, exit, remote};
use crate::connector::Result;
use crate::ledger::{Ledger, Mode};

/// Copy the ledger to a file, also while a run is going on
///
/// The copy is consistent and checked, and takes the place of an earlier one
/// when it is complete. To restore it, move the ledger away with its -wal and
/// -shm files, put the copy there and run with --lost-since and its date: what was written after it is found on the
/// target then, and not written twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry backup /srv/backup/acme.ledger")]
pub(super) struct Args {
    /// File to write; only you can read it.
    file: PathBuf,
}

#[derive(Serialize)]
struct Data<'a> {
    file: &'a std::path::Path,
    bytes: u64,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    remote::look(context).await?;
    let config = context.config()?;
    let ledger = Ledger::open(&config.ledger, "backup", Mode::Look)?;
    let bytes = ledger.backup(&args.file)?;
    let file = args.file.as_path();
    match context.printer.is_json() {
        true => context.printer.json("backup", &Data { file, bytes })?,
        false => context.printer.data(&format!(
            "{}, {}",
            file.display(),
            indicatif::HumanBytes(bytes)
        ))?,
    }
    Ok(exit::DONE)
}
