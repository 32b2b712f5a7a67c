//! Integration tests, in one binary to keep linking cheap.

mod crash;
mod desks;
mod disk;
mod docs;
mod faults;
mod fixtures;
mod freshdesk;
mod migrate;
mod mistakes;
mod pacing;
mod plan;
mod transcripts;
mod zendesk;
