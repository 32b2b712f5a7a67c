//! Parses arguments, runs one command, turns an error into text and an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    deskferry::cli::main()
}
