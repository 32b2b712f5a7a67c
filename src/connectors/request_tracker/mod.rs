//! Request Tracker.

use crate::connector::{Connector, Error};

/// Request Tracker's line in the registry.
pub static CONNECTOR: Connector = Connector {
    name: "request_tracker",
    title: "Request Tracker",
    summary: "",
    capabilities: &[],
    mapping: include_str!("../../../mappings/request_tracker.toml"),
    options_schema: || serde_json::Value::Null,
    source: |_| Err(Error::config("not built yet")),
    sink: |_| Err(Error::config("not built yet")),
    desk: |_| Err(Error::config("not built yet")),
    limits: &[],
    sandbox: None,
};
