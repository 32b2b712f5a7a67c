//! `deskferry man`

use std::path::PathBuf;

use clap::CommandFactory as _;

use super::{Cli, Context, exit};
use crate::connector::{Error, Result};

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry man | man -l -
  deskferry man --dir ~/.local/share/man/man1")]
pub(super) struct Args {
    /// Folder to write `deskferry.1` and one page a command into.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let failed = |cause: std::io::Error| {
        Error::local(format!("the manual cannot be written: {cause}")).caused_by(cause)
    };
    match args.dir {
        Some(folder) => {
            std::fs::create_dir_all(&folder).map_err(failed)?;
            clap_mangen::generate_to(Cli::command(), &folder).map_err(failed)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(failed)?;
            context
                .printer
                .data(String::from_utf8_lossy(&page).trim_end())?;
        }
    }
    Ok(exit::DONE)
}
