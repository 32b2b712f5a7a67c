//! What a desk's values mean in the schema and back, and the user's own rules on top.
//!
//! Two layers of data, both TOML, both checked when they are loaded:
//! - [`PlatformMapping`]: `mappings/<platform>.toml`, embedded, value tables in
//!   both directions, each table overridable by the user;
//! - [`UserMapping`]: `mapping.toml`, the user's rules, compiled once against
//!   the fields, agents and groups that source and target really have.

mod apply;
mod compile;
pub(crate) mod document;
mod expr;
mod people;
mod platform;
mod privacy;
mod rule;
mod user;
mod value;

pub use apply::Applied;
pub(crate) use compile::find_fields;
pub use compile::{Compiled, SourceDesk};
pub use platform::{PlatformMapping, Table};
pub use privacy::{Handling, Pattern, Privacy, Redactor, Sort, Touched};
pub(crate) use rule::{is_choice, option, same_choice};
pub use user::{Merge, UserMapping};

#[cfg(test)]
mod tests;
