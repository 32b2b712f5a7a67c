//! Request Tracker 5 through its REST 2 API. What is odd about it is in `BEHAVIOR.md`.

mod addresses;
mod assess;
mod client;
mod config;
mod limits;
mod normalize;
mod payload;
mod sink;
mod source;
mod wire;

use std::sync::Arc;

use crate::connector::{Capability, CheckItem, Connector, Error, Feature, Result, Support};

use Support::{Full, None as No, Partial};

/// Request Tracker's line in the registry.
pub static CONNECTOR: Connector = Connector {
    name: "request_tracker",
    title: "Request Tracker",
    summary: "Request Tracker 5 by Best Practical, through REST 2; needs an auth token of a user who may see (or write) everything",
    capabilities: CAPABILITIES,
    mapping: include_str!("../../../mappings/request_tracker.toml"),
    options_schema: || schemars::schema_for!(config::Config).to_value(),
    source: |setup| Ok(Arc::new(source::RtSource::open(setup)?)),
    sink: |setup| Ok(Arc::new(sink::RtSink::open(setup)?)),
    desk: |options| {
        options
            .text("base_url")
            .map(config::Config::desk)
            .ok_or_else(|| {
                Error::config("`base_url` is missing").hint("base_url = \"https://rt.example.com\"")
            })
    },
    asking: crate::connector::Asking {
        place: crate::connector::Place::Address { option: "base_url" },
        ways: &[
            crate::connector::SignIn {
                title: |texts| texts.get("wizard-rt-token-title"),
                guide: |texts| texts.get("wizard-rt-token"),
                options: &["token"],
            },
            crate::connector::SignIn {
                title: |texts| texts.get("wizard-rt-password-title"),
                guide: |texts| texts.get("wizard-rt-password"),
                options: &["user", "password"],
            },
        ],
        switches: &[],
    },
    limits: limits::LIMITS,
    addresses: addresses::ADDRESSES,
    // There is no simulated RT: the tests run against the real one.
    sandbox: None,
};

const fn row(feature: Feature, source: Support, sink: Support) -> Capability {
    Capability {
        feature,
        source,
        sink,
    }
}

/// What can be moved from and to RT.
pub(crate) static CAPABILITIES: &[Capability] = &[
    row(Feature::Conversations, Full, Full),
    row(Feature::Messages, Full, Full),
    row(
        Feature::ConversationDates,
        Full,
        Partial("created, resolved, started and due dates are kept; the last change is dated now"),
    ),
    row(
        Feature::MessageDates,
        Full,
        No("RT dates messages now; the date stands in the first line of each"),
    ),
    row(
        Feature::MessageAuthors,
        Full,
        Partial(
            "agents whose tokens are given write in their own name; the others stand in the first line",
        ),
    ),
    row(Feature::InternalNotes, Full, Full),
    row(
        Feature::Channels,
        Partial("from the headers of each message; tickets have none"),
        No("the channel stands in the first line of each message"),
    ),
    row(
        Feature::Cc,
        Partial("groups that watch a ticket are kept as text"),
        Full,
    ),
    row(
        Feature::Attachments,
        Full,
        Partial("all but empty files; quotes in names are replaced"),
    ),
    row(
        Feature::InlineImages,
        Full,
        Partial("attached to the message; the place in the text is lost"),
    ),
    row(
        Feature::Tags,
        No("RT has no tags"),
        No("RT has no tags; map them to a custom field"),
    ),
    row(
        Feature::CustomFields,
        Partial("images and files as values are named only"),
        Full,
    ),
    row(
        Feature::FieldDefinitions,
        Full,
        Partial("fields of tickets, for all queues"),
    ),
    row(
        Feature::Links,
        Full,
        Partial("merged tickets refer to each other"),
    ),
    row(Feature::Deleted, Full, Full),
    row(Feature::Contacts, Full, Full),
    row(
        Feature::Identities,
        Partial("one address and four numbers"),
        Partial("one address and four numbers"),
    ),
    row(
        Feature::Organizations,
        Partial("the text that users have: a name"),
        Partial("the name, as text of users"),
    ),
    row(
        Feature::Agents,
        Full,
        Partial("without password and rights, which the API cannot give"),
    ),
    row(
        Feature::Groups,
        Partial("queues; they have no members"),
        Partial("queues; rights must be given in RT"),
    ),
    row(
        Feature::Ratings,
        No("RT has no ratings"),
        No("RT has no ratings"),
    ),
    row(
        Feature::TimeEntries,
        Full,
        Partial("one sum of whole minutes a ticket"),
    ),
    row(
        Feature::History,
        Partial("with `history = \"notes\"`, without the values of creation"),
        Partial("kept in a comment"),
    ),
    row(Feature::Macros, No("not in the API"), No("not in the API")),
    row(
        Feature::Articles,
        Partial("name, summary and content; other fields are kept apart"),
        Partial("as plain text unless the class has an HTML field `Content`"),
    ),
    row(
        Feature::Categories,
        Partial("classes have one level"),
        Partial("classes have one level"),
    ),
    row(
        Feature::Translations,
        No("articles have one language"),
        No("articles have one language"),
    ),
    row(Feature::ArticleDates, Full, No("RT dates articles now")),
    row(
        Feature::Incremental,
        Partial("tickets by the date of their last change; all else is read again"),
        Partial("an edited message is added as a comment; booked time is not"),
    ),
    row(
        Feature::Silence,
        Full,
        Partial("nobody is mailed by RT's own scrips; those of your own cannot be seen"),
    ),
    row(
        Feature::WrittenOnce,
        Full,
        Partial(
            "tickets by a custom field, messages by reading back, people, queues and articles by name",
        ),
    ),
];

/// Which RT it is.
async fn check_version(desk: &client::Desk) -> Result<CheckItem> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Version {
        version: wire::Text,
    }
    let version: Version = desk.one("/rt").await?;
    let text = version.version.0;
    Ok(if text.starts_with("5.") || text.starts_with("6.") {
        CheckItem::ok(format!("Request Tracker {text}"))
    } else {
        CheckItem::warning(
            format!("Request Tracker {text}"),
            "the REST 2 API was tested with RT 5",
        )
    })
}
