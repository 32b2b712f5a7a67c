//! What a connector is: a source, a sink, or both, with options and capabilities as data.

pub mod address;
mod asking;
mod capability;
pub(crate) mod detail;
mod error;
pub mod identity;
mod item;
mod loss;
mod losses;
mod options;
pub mod redirects;
mod registry;
mod sink;
mod source;
pub mod text;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use asking::{Asking, Place, SignIn, Switch};
pub use capability::{Capability, Feature, Support};
pub(crate) use detail::detail;
pub use detail::{Detail, Value};
pub(crate) use error::NO_SPACE;
pub use error::{Error, ErrorKind, Result};
pub use item::{ArticleBundle, Body, Bundle, Changed, File, Item, Part, Person, Refs, Reply};
pub use loss::{Effect, Loss, field};
pub use losses::Losses;
pub use options::{Options, Secret};
pub(crate) use options::{keyring, nearest};
pub use registry::{all, find};
pub use sink::{
    Assessment, Grain, IndexPage, Interlock, Journal, NoJournal, Outcome, Probe, ReadBack, Sink,
    TargetDesk, WriteAction, Written, planned_id,
};
pub use source::{
    Blob, Cursor, History, Inventory, MessagesBy, NotRead, Page, RawPage, Scope, Source, Stream,
    Unreadable,
};

use crate::mapping::PlatformMapping;

/// One platform, as the registry lists it.
pub struct Connector {
    /// Name in the configuration: `zendesk`.
    pub name: &'static str,
    /// Name for people: `Zendesk`.
    pub title: &'static str,
    /// One sentence on what it is and what it needs.
    pub summary: &'static str,
    /// What can be moved.
    pub capabilities: &'static [Capability],
    /// The embedded `mappings/<name>.toml`.
    pub mapping: &'static str,
    /// JSON Schema of the options.
    pub options_schema: fn() -> serde_json::Value,
    /// Opens the source, or says why it cannot be one.
    pub source: fn(Setup) -> Result<Arc<dyn Source>>,
    /// Opens the sink, or says why it cannot be one.
    pub sink: fn(Setup) -> Result<Arc<dyn Sink>>,
    /// Names the desk that options lead to (`acme`), for ledgers and messages.
    pub desk: fn(&Options) -> Result<String>,
    /// What the wizard asks for first.
    pub asking: Asking,
    /// Tables of `limits.rs`: calls a minute by budget, for estimates.
    pub limits: &'static [crate::http::Limit],
    /// How addresses of its web interface are made.
    pub addresses: address::Addresses,
    /// Serves a simulated desk, where there is one.
    pub sandbox: Option<crate::sandbox::Start>,
}

/// What a connector gets to open a desk.
pub struct Setup {
    /// The `[source]` or `[target]` table.
    pub options: Options,
    /// The platform's value tables, with the user's own on top.
    pub mapping: Arc<PlatformMapping>,
    /// How to talk HTTP: share of the limits, test switches.
    pub http: crate::http::Settings,
}

/// One finding of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckItem {
    /// How bad.
    pub level: CheckLevel,
    /// What was found.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl CheckItem {
    /// All is well.
    pub fn ok(message: impl Into<String>) -> Self {
        CheckItem {
            level: CheckLevel::Ok,
            message: message.into(),
            hint: None,
        }
    }

    /// Works, with a restriction.
    pub fn warning(message: impl Into<String>, hint: impl Into<String>) -> Self {
        CheckItem {
            level: CheckLevel::Warning,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// Will not work.
    pub fn failure(message: impl Into<String>, hint: impl Into<String>) -> Self {
        CheckItem {
            level: CheckLevel::Failure,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

crate::schema::values! {
    /// How bad a finding is.
    CheckLevel {
        /// Good.
        Ok = "ok",
        /// Works, with a restriction.
        Warning = "warning",
        /// Will not work.
        Failure = "failure",
    }
}
