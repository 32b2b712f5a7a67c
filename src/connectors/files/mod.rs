//! Files: a folder of JSON Lines or CSV in the schema's own shape, both ways.

mod cells;
mod client;
mod config;
mod limits;
mod seen;
mod sink;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod wire;

use crate::connector::{Capability, Connector, Feature, Support};

/// The files connector's line in the registry.
pub static CONNECTOR: Connector = Connector {
    name: "files",
    title: "Files",
    summary: "A folder of JSON Lines or CSV files and attachments; needs no credentials",
    capabilities: &CAPABILITIES,
    mapping: include_str!("../../../mappings/files.toml"),
    options_schema: || schemars::schema_for!(config::Config).to_value(),
    source: source::connect,
    sink: sink::connect,
    desk: config::desk,
    asking: crate::connector::Asking {
        place: crate::connector::Place::Folder { option: "path" },
        ways: &[],
        switches: &[],
    },
    limits: &[],
    addresses: crate::connector::address::Addresses::NONE,
    sandbox: None,
};

const COUNT: usize = Feature::ALL.len();

/// The schema's own shape keeps everything; what is not plain is said here.
pub static CAPABILITIES: [Capability; COUNT] = {
    let mut all = [Capability {
        feature: Feature::Conversations,
        source: Support::Full,
        sink: Support::Full,
    }; COUNT];
    let mut index = 0;
    while index < COUNT {
        all[index].feature = Feature::ALL[index];
        match Feature::ALL[index] {
            Feature::Incremental => {
                all[index].source =
                    Support::Partial("what was added or changed; not what was taken out");
                all[index].sink =
                    Support::Partial("a changed record is added again and its last line counts");
            }
            Feature::WrittenOnce => {
                all[index].sink =
                    Support::Partial("by id, so a folder takes the records of one desk only");
            }
            _ => {}
        }
        index += 1;
    }
    all
};
