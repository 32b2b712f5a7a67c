//! Parses arguments, runs one command, turns an error into text and an exit code.

fn main() {}
