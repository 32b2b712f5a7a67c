//! What a desk's values mean in the schema and back, and the user's own rules on top.
//!
//! Two layers of data, both TOML, both checked when they are loaded:
//! - [`PlatformMapping`]: `mappings/<platform>.toml`, embedded, value tables in
//!   both directions, each table overridable by the user;
//! - [`UserMapping`]: `mapping.toml`, the user's rules, compiled once against
//!   the fields, agents and groups that source and target really have.

pub(crate) mod document;
mod platform;

pub use platform::{PlatformMapping, Table};

mod compiled;
pub use compiled::{Applied, Compiled};

/// The user's rules, read from `mapping.toml`.
#[derive(Debug, Default)]
pub struct UserMapping {}
