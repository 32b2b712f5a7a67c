//! Freshdesk, with its knowledge base (Solutions), as source and as sink.
//!
//! Tickets are written as they were, with every message after the first as a
//! note: replies would be mailed. What is odd about the platform, and which
//! test pins it, is in `BEHAVIOR.md`.

mod addresses;
mod capabilities;
mod check;
mod client;
mod config;
pub mod limits;
mod normalize;
mod sandbox;
mod sink;
mod source;
mod wire;

use std::sync::Arc;

use crate::connector::{Connector, Error};
use capabilities::CAPABILITIES;

/// Freshdesk's line in the registry.
pub static CONNECTOR: Connector = Connector {
    name: "freshdesk",
    title: "Freshdesk",
    summary: "Freshdesk accounts on freshdesk.com; needs the API key of an administrator and a plan with API access (Growth and above)",
    capabilities: CAPABILITIES,
    mapping: include_str!("../../../mappings/freshdesk.toml"),
    options_schema: || schemars::schema_for!(config::Config).to_value(),
    source: |setup| Ok(Arc::new(source::Freshdesk::open(setup)?)),
    sink: |setup| Ok(Arc::new(sink::Freshdesk::open(setup)?)),
    desk: |options| {
        let domain = options.text("domain").ok_or_else(|| {
            Error::config("`domain` is missing").hint("domain = \"acme\" for acme.freshdesk.com")
        })?;
        config::account(domain)
    },
    asking: crate::connector::Asking {
        place: crate::connector::Place::Account {
            option: "domain",
            suffix: ".freshdesk.com",
        },
        ways: &[crate::connector::SignIn {
            title: |texts| texts.get("wizard-freshdesk-key-title"),
            guide: |texts| texts.get("wizard-freshdesk-key"),
            options: &["api_key"],
        }],
        switches: &[crate::connector::Switch {
            option: "create_fields",
            ask: |texts| texts.get("wizard-freshdesk-create-fields"),
            default: true,
        }],
    },
    limits: &limits::GROWTH,
    addresses: addresses::ADDRESSES,
    sandbox: Some(sandbox::start),
};
