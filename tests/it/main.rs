//! Integration tests, in one binary to keep linking cheap.

mod desks;
mod fixtures;
mod freshdesk;
mod migrate;
mod mistakes;
mod docs;
mod zendesk;
