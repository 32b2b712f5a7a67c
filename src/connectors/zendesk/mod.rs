//! Zendesk.

use crate::connector::{Connector, Error};

/// Zendesk's line in the registry.
pub static CONNECTOR: Connector = Connector {
    name: "zendesk",
    title: "Zendesk",
    summary: "",
    capabilities: &[],
    mapping: include_str!("../../../mappings/zendesk.toml"),
    options_schema: || serde_json::Value::Null,
    source: |_| Err(Error::config("not built yet")),
    sink: |_| Err(Error::config("not built yet")),
    desk: |_| Err(Error::config("not built yet")),
    limits: &[],
    sandbox: None,
};
