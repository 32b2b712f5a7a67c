//! Zendesk: Support (tickets, people, macros) and Guide (the help center), both ways.

mod addresses;
mod check;
mod client;
mod config;
mod limits;
mod sandbox;
mod sink;
mod source;
mod wire;
mod zones;

use crate::connector::{Capability, Connector, Feature, Support};

/// Zendesk's line in the registry.
pub static CONNECTOR: Connector = Connector {
    name: "zendesk",
    title: "Zendesk",
    summary: "Zendesk Support and Guide; needs an OAuth client that belongs to an admin",
    capabilities: &CAPABILITIES,
    mapping: include_str!("../../../mappings/zendesk.toml"),
    options_schema: || schemars::schema_for!(config::Config).to_value(),
    source: source::connect,
    sink: sink::connect,
    desk: config::desk,
    asking: crate::connector::Asking {
        place: crate::connector::Place::Account {
            option: "subdomain",
            suffix: ".zendesk.com",
        },
        ways: &[
            crate::connector::SignIn {
                title: |texts| texts.get("wizard-zendesk-oauth-title"),
                guide: |texts| texts.get("wizard-zendesk-oauth"),
                options: &["client_id", "client_secret"],
            },
            crate::connector::SignIn {
                title: |texts| texts.get("wizard-zendesk-token-title"),
                guide: |texts| texts.get("wizard-zendesk-token"),
                options: &["email", "api_token"],
            },
        ],
        switches: &[],
    },
    limits: &limits::LIMITS,
    addresses: addresses::ADDRESSES,
    sandbox: Some(sandbox::start),
};

use Feature as F;
use Support::{Full, None as No, Partial};

const fn can(feature: Feature, source: Support, sink: Support) -> Capability {
    Capability {
        feature,
        source,
        sink,
    }
}

/// What Zendesk gives and takes.
pub static CAPABILITIES: [Capability; 31] = [
    can(
        F::Conversations,
        Partial("archived tickets too; suspended tickets with `suspended = \"tickets\"`"),
        Full,
    ),
    can(
        F::Messages,
        Partial(
            "chats too, side conversations as internal notes; who joined or left a chat is left out, and transcripts that repeat one",
        ),
        Partial("at most 5000 a ticket; texts above 64 kB are continued in a further comment"),
    ),
    can(
        F::ConversationDates,
        Full,
        Partial("created, updated and solved; closed and first reply cannot be set"),
    ),
    can(F::MessageDates, Full, Partial("from 1970 to now")),
    can(
        F::MessageAuthors,
        Full,
        Partial("authors without an account are named in the text"),
    ),
    can(F::InternalNotes, Full, Full),
    can(
        F::Channels,
        Full,
        Partial("everything imported came by `api`; the ticket's channel becomes a tag"),
    ),
    can(
        F::Cc,
        Full,
        Partial("people with an account; other addresses are kept in an internal note"),
    ),
    can(
        F::Attachments,
        Full,
        Partial("up to the account's size limit, usually 50 MB"),
    ),
    can(F::InlineImages, Full, Full),
    can(
        F::Tags,
        Full,
        Partial("in lower case, blanks become underscores"),
    ),
    can(F::CustomFields, Full, Full),
    can(F::FieldDefinitions, Full, Full),
    can(
        F::Links,
        Full,
        Partial("problem and incident; follow-ups and merges are kept in an internal note"),
    ),
    can(
        F::Deleted,
        Partial("that a ticket was deleted, without its text"),
        No("a deleted ticket cannot be imported"),
    ),
    can(F::Contacts, Full, Partial("without dates and avatar")),
    can(
        F::Identities,
        Full,
        Partial("email, phone, Twitter and Facebook"),
    ),
    can(F::Organizations, Full, Partial("without dates")),
    can(
        F::Agents,
        Full,
        No("an agent takes a paid seat: agents are matched by address, never created"),
    ),
    can(F::Groups, Full, Full),
    can(
        F::Ratings,
        Partial(
            "surveys of the newer kind too, without their further questions and without answers that are changed after they were read",
        ),
        Partial("kept in an internal note: only the customer can rate"),
    ),
    can(
        F::TimeEntries,
        No("Zendesk has none of its own; the Time Tracking app's totals come as custom fields"),
        Partial("kept in an internal note"),
    ),
    can(
        F::History,
        Partial("with `history = \"notes\"`, without the values of creation"),
        Partial("kept in an internal note"),
    ),
    can(
        F::Macros,
        Full,
        Partial("the text; other actions are not written"),
    ),
    can(
        F::Articles,
        Full,
        Partial("of the brand whose subdomain is configured"),
    ),
    can(
        F::Categories,
        Full,
        Partial("sections below sections need Guide Enterprise, else they stand side by side"),
    ),
    can(
        F::Translations,
        Full,
        Partial("languages that the help center has enabled"),
    ),
    can(
        F::ArticleDates,
        Full,
        No("Guide sets the dates of articles itself"),
    ),
    can(
        F::Incremental,
        Partial("all but articles that are deleted: no list tells of them"),
        Partial(
            "properties of tickets that are not closed; messages that come later become internal notes",
        ),
    ),
    can(
        F::Silence,
        Full,
        Partial(
            "the import itself mails nobody; automations with notifications may, on tickets that are not closed",
        ),
    ),
    can(
        F::WrittenOnce,
        Full,
        Partial("by the job and the external id; help center records by name, place and time"),
    ),
];
