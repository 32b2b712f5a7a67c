//! `deskferry schema`

use super::{Context, exit};
use crate::connector::{Error, Result};

/// Print a JSON Schema: of the records, or of a connector's options
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry schema                  the records that deskferry moves, keeps and exports
  deskferry schema zendesk          the options of a Zendesk [source] or [target]")]
pub(super) struct Args {
    /// Connector whose options are wanted.
    connector: Option<String>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let schema = match args.connector {
        None => crate::schema::json_schema(),
        Some(name) => (super::connectors::find(&name)?.options_schema)(),
    };
    if context.printer.is_json() {
        context.printer.document(&schema)?;
    } else {
        let text = serde_json::to_string_pretty(&schema)
            .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
        context.printer.data(&text)?;
    }
    Ok(exit::DONE)
}
