//! The one place that lists the platforms.

use super::Connector;

/// Every connector, in the order in which people are shown them.
static ALL: [&Connector; 4] = [
    &crate::connectors::zendesk::CONNECTOR,
    &crate::connectors::freshdesk::CONNECTOR,
    &crate::connectors::request_tracker::CONNECTOR,
    &crate::connectors::files::CONNECTOR,
];

/// Every connector, in the order in which people are shown them.
pub fn all() -> &'static [&'static Connector] {
    &ALL
}

/// The connector with this name.
pub fn find(name: &str) -> Option<&'static Connector> {
    all()
        .iter()
        .copied()
        .find(|connector| connector.name == name)
}
