//! What Freshdesk gives and takes.

use crate::connector::Support::{self, Full, None, Partial};
use crate::connector::{Capability, Feature};

const fn row(feature: Feature, source: Support, sink: Support) -> Capability {
    Capability {
        feature,
        source,
        sink,
    }
}

/// Every feature, as source and as sink.
pub const CAPABILITIES: &[Capability] = &[
    row(
        Feature::Conversations,
        Partial("archived tickets are in no list; they are found by asking for every id"),
        Full,
    ),
    row(
        Feature::Messages,
        Full,
        Partial(
            "the first message is the ticket's description, all others become notes, because a reply is mailed",
        ),
    ),
    row(
        Feature::ConversationDates,
        Full,
        Partial(
            "the API sets no dates: the old date goes to a custom field and the first line; accounts with the Channel API keep it",
        ),
    ),
    row(
        Feature::MessageDates,
        Full,
        Partial(
            "the old date is the first line of each message; accounts with the Channel API keep it",
        ),
    ),
    row(
        Feature::MessageAuthors,
        Partial("who wrote an outbound email's first message is not told"),
        Partial(
            "agents without an account and bots are named in the first line; the description is always the requester's",
        ),
    ),
    row(Feature::InternalNotes, Full, Full),
    row(
        Feature::Channels,
        Full,
        Partial(
            "tickets keep the channels that may be created (email, portal, phone, chat, feedback widget), others become portal; messages become notes",
        ),
    ),
    row(
        Feature::Cc,
        Full,
        Partial("at most 49 addresses; recipients of single messages are dropped"),
    ),
    row(
        Feature::Attachments,
        Full,
        Partial(
            "20 MB a request: more goes into further notes; a larger file stays in the archive",
        ),
    ),
    row(
        Feature::InlineImages,
        Full,
        Partial(
            "an image cannot be uploaded before its text: it becomes an attachment of the same message",
        ),
    ),
    row(Feature::Tags, Full, Partial("32 characters, no commas")),
    row(
        Feature::CustomFields,
        Full,
        Partial("values must fit the target's field types and choices"),
    ),
    row(
        Feature::FieldDefinitions,
        Full,
        Partial("with create_fields = true; dependent and lookup fields must be made by hand"),
    ),
    row(
        Feature::Links,
        Partial("parents and trackers; merges leave no machine-readable trace"),
        Partial("told in an internal note with the new numbers"),
    ),
    row(
        Feature::Deleted,
        Full,
        None("a ticket cannot be created as deleted or as spam"),
    ),
    row(
        Feature::Contacts,
        Full,
        Partial("dates, blocked and deleted states are not kept"),
    ),
    row(
        Feature::Identities,
        Full,
        Partial("emails, one phone, one mobile and one X account"),
    ),
    row(
        Feature::Organizations,
        Full,
        Partial("tags and dates are not kept"),
    ),
    row(
        Feature::Agents,
        Full,
        None("agents cost seats: they are matched by address, never created"),
    ),
    row(Feature::Groups, Full, Full),
    row(
        Feature::Ratings,
        Full,
        Partial("dated on the day of the migration; the account's survey must be active"),
    ),
    row(
        Feature::TimeEntries,
        Partial("on plans with time tracking"),
        Partial("to the minute; on plans with time tracking"),
    ),
    row(
        Feature::History,
        None("not read"),
        Partial("kept in an internal note"),
    ),
    row(Feature::Macros, Full, Partial("the text only")),
    row(
        Feature::Articles,
        Full,
        Partial("dates, votes and addresses are not kept"),
    ),
    row(
        Feature::Categories,
        Full,
        Partial("folders below folders on accounts with flexible hierarchy, else flattened"),
    ),
    row(
        Feature::Translations,
        Full,
        Partial("into languages that the account has"),
    ),
    row(Feature::ArticleDates, Full, None("the API sets no dates")),
    row(
        Feature::Incremental,
        Partial(
            "by date of change, the knowledge base a call a folder; notes are looked at when their ticket changes, booked time of the last 30 days; hard deletes leave no trace",
        ),
        Partial("people in copy and who may read a note cannot be changed later"),
    ),
    row(
        Feature::Silence,
        None("not a sink"),
        Partial(
            "no request can be made silent: rules are listed, and notifications must be turned off by hand",
        ),
    ),
    row(
        Feature::WrittenOnce,
        None("not a sink"),
        Partial(
            "tickets by a custom field of their own (without it by subject and text), contacts by external id; notes, articles and canned responses by place and text",
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_has_one_row() {
        for feature in Feature::ALL {
            let rows = CAPABILITIES
                .iter()
                .filter(|row| row.feature == *feature)
                .count();
            assert_eq!(rows, 1, "{feature}");
        }
    }
}
