//! One folder a platform, always the same file names.

pub mod files;
pub mod freshdesk;
pub mod request_tracker;
pub mod zendesk;
