//! `deskferry completions`

use clap::CommandFactory as _;

use super::{Cli, Context, exit};
use crate::connector::Result;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  deskferry completions bash > ~/.local/share/bash-completion/completions/deskferry
  deskferry completions fish > ~/.config/fish/completions/deskferry.fish")]
pub(super) struct Args {
    /// Which shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "deskferry", &mut script);
    context
        .printer
        .data(String::from_utf8_lossy(&script).trim_end())?;
    Ok(exit::DONE)
}
