//! What a desk's values mean in the schema and back, and the user's own rules on top.
//!
//! Two layers of data, both TOML, both checked when they are loaded:
//! - [`PlatformMapping`]: `mappings/<platform>.toml`, embedded, value tables in
//!   both directions, each table overridable by the user;
//! - [`UserMapping`]: `mapping.toml`, the user's rules, compiled once against
//!   the fields, agents and groups that source and target really have.

use crate::connector::Result;

/// A value table of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the schema's fields of these names
pub enum Table {
    Status,
    Priority,
    Type,
    Channel,
    Role,
    Visibility,
}

/// The value tables of one platform.
#[derive(Debug, Clone)]
pub struct PlatformMapping {}

impl PlatformMapping {
    /// Reads `mappings/<platform>.toml` with the user's overrides (tables of
    /// the same shape) on top. Every schema value must exist; an error names
    /// file, line, key and the nearest right one.
    pub fn load(_platform: &str, _embedded: &str, _overrides: Option<&str>) -> Result<Self> {
        todo!()
    }

    /// What the platform's value means in the schema (`"2"` → `"open"`);
    /// `None` for a value the table does not know. Case does not matter.
    pub fn read(&self, _table: Table, _platform_value: &str) -> Option<&str> {
        todo!()
    }

    /// What the platform calls a schema value (`"open"` → `"2"`); `None` when
    /// it has nothing of the kind.
    pub fn write(&self, _table: Table, _schema_value: &str) -> Option<&str> {
        todo!()
    }
}
