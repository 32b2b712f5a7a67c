//! Integration tests, in one binary to keep linking cheap.

mod fixtures;
mod freshdesk;
