//! `deskferry archive`

use std::path::PathBuf;

use super::work::{self, Needs, Plan};
use super::{Context, exit};
use crate::connector::Result;
use crate::engine::{self, Redactor};

/// Write the whole ledger as open files: JSON Lines and attachments
///
/// The `files` connector reads the same folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry pull && deskferry archive acme-2026
  deskferry archive acme-for-tests --redact")]
pub(super) struct Args {
    /// Folder to write, new or empty.
    folder: PathBuf,
    /// Replace emails, phone and card numbers, names and handles by pseudonyms, the same ones
    /// everywhere; attachments come without their bytes.
    #[arg(long)]
    redact: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<u8> {
    let plan = Plan {
        command: "archive",
        needs: Needs::Ledger,
        concurrency: 1,
        limit: None,
    };
    let archived = work::run(plan, context, async |project| {
        let redactor = match args.redact {
            true => {
                let secret = project.ledger.secret("pseudonyms").await?;
                let rules = project.mapping.privacy().of_everything();
                Some(Redactor::new(&secret, rules))
            }
            false => None,
        };
        engine::archive(project, &args.folder, redactor.as_ref()).await
    })
    .await?;
    if context.printer.is_json() {
        context.printer.json("archive", &archived)?;
        return Ok(exit::DONE);
    }
    for (kind, count) in &archived.records {
        context
            .printer
            .data(&format!("{count} {}", context.printer.texts().kind(*kind)))?;
    }
    context.printer.data(&format!(
        "{} files, {}",
        archived.files,
        indicatif::HumanBytes(archived.bytes)
    ))?;
    Ok(exit::DONE)
}
