//! What was changed of a ticket.

use super::super::wire::Transaction;
use super::{Normal, SYSTEM, at, owned};
use crate::schema::{Access, Author, AuthorKind, Change, Direction, Kind, Message};

/// The entry of the history that a transaction is; none where nothing that
/// people know as a field was changed. People are numbers still: transactions
/// name them so, and nothing else does.
pub fn history(transaction: &Transaction, conversation: &str) -> Normal<Option<Message>> {
    let field = transaction.field.0.as_str();
    let (name, of) = match transaction.kind.0.as_str() {
        "Status" => ("status", None),
        "CustomField" => (field, None),
        "Take" | "Untake" | "Steal" | "Give" | "Force" => ("owner", Some(Kind::Contact)),
        // The owner is a watcher too, and the same change is told as `Set`.
        "AddWatcher" | "DelWatcher" | "SetWatcher" if field != "Owner" => {
            (field, Some(Kind::Contact))
        }
        "Set" => match field {
            "Owner" => ("owner", Some(Kind::Contact)),
            "Queue" => ("queue", Some(Kind::Group)),
            other => (other, None),
        },
        _ => return Ok(None),
    };
    let value = |text| owned(text).filter(|value| of != Some(Kind::Contact) || value != NOBODY);
    let (from, to) = (value(&transaction.old_value), value(&transaction.new_value));
    if name.is_empty() || from == to {
        return Ok(None);
    }
    let creator = transaction.creator.id.0.as_str();
    let system = SYSTEM.contains(&creator) || creator.is_empty();
    Ok(Some(Message {
        id: format!("{}{}", Message::HISTORY, transaction.id.0),
        conversation_id: conversation.to_owned(),
        author: Author {
            kind: match system {
                true => AuthorKind::System,
                false => AuthorKind::Contact,
            },
            id: (!system).then(|| creator.to_owned()),
            ..Author::default()
        },
        direction: Direction::Internal,
        visibility: Access::Internal,
        sent_at: at("Created", &transaction.created)?,
        changes: vec![Change {
            field: name.to_owned(),
            of,
            from,
            to,
        }],
        ..Message::default()
    }))
}

/// The number of RT's user `Nobody`, which every RT makes sixth.
const NOBODY: &str = "6";
