//! Integration tests, in one binary to keep linking cheap.

mod articles;
mod assess;
mod attachments;
mod backup;
mod bodies;
mod clock;
mod crash;
mod desks;
mod disk;
mod docs;
mod faults;
mod fixtures;
mod folder;
mod freshdesk;
mod images;
mod knowledge;
mod losses;
mod mapping;
mod migrate;
mod mistakes;
mod pacing;
mod people;
mod plan;
mod privacy;
mod redaction;
mod redirects;
#[cfg(feature = "remote")]
mod remote;
#[cfg(target_os = "linux")]
mod secrets;
mod structure;
mod sync;
#[cfg(target_os = "linux")]
mod terminal;
mod timeline;
mod transcripts;
mod undo;
mod verify;
mod wizard;
mod zendesk;
