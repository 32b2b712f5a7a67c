//! Messages and their files.

use super::super::wire::{self, Node};
use super::{Normal, SYSTEM, at, owned};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{
    Access, Attachment, Author, AuthorKind, Channel, Direction, Extra, Message, Owner,
};

/// The messages and booked time of one transaction with its MIME tree.
pub struct Said {
    /// The message.
    pub message: Message,
    /// Its files.
    pub files: Vec<Attachment>,
}

/// Picks bodies and files out of a message's nodes: the first text of each
/// sort without a file name is what was written, every other leaf is a file.
pub struct Bodies<'a> {
    /// The HTML.
    pub html: Option<&'a Node>,
    /// The plain text.
    pub text: Option<&'a Node>,
    /// All else.
    pub files: Vec<&'a Node>,
}

/// Sorts the nodes of one transaction.
pub fn bodies(nodes: &[Node]) -> Bodies<'_> {
    let mut found = Bodies {
        html: None,
        text: None,
        files: Vec::new(),
    };
    for node in nodes.iter().filter(|node| !node.is_container()) {
        if found.html.is_none() && node.is_body("text/html") {
            found.html = Some(node);
        } else if found.text.is_none() && found.html.is_none() && node.is_body("text/plain") {
            found.text = Some(node);
        } else {
            found.files.push(node);
        }
    }
    found
}

/// A message without its text, which the caller fetches.
pub fn message(
    transaction: &wire::Transaction,
    conversation: &str,
    nodes: &[Node],
    mapping: &PlatformMapping,
    api: &str,
) -> Normal<Said> {
    let root = nodes.first();
    let header = |name: &str| root.and_then(|node| node.header(name));
    let internal = transaction.kind.0 == "Comment";
    let creator = transaction.creator.id.0.as_str();
    let system = SYSTEM.contains(&creator);
    let from = header("From");
    let channel = match header("X-RT-Interface").as_deref() {
        Some("Email") => Channel::Email,
        Some("Web" | "Mobile") => Channel::Portal,
        Some("REST" | "REST2" | "API" | "CLI") => Channel::Api,
        Some(other) => mapping
            .read(Table::Channel, other)
            .and_then(Channel::parse)
            .unwrap_or(Channel::Other),
        None if header("Received").is_some() || from.is_some() => Channel::Email,
        None => Channel::Other,
    };
    let mut extra = Extra::new();
    if transaction
        .object_id
        .some()
        .is_some_and(|id| id != conversation)
    {
        extra.insert("written on".into(), transaction.object_id.0.as_str().into());
    }
    let addresses = |name: &str| -> Vec<String> {
        header(name)
            .map(|line| {
                line.split(',')
                    .map(|one| one.trim().to_owned())
                    .filter(|one| !one.is_empty())
                    .collect()
            })
            .unwrap_or_default()
    };
    let files: Vec<Attachment> = bodies(nodes)
        .files
        .into_iter()
        .map(|node| attachment(node, &transaction.id.0, api))
        .collect::<Normal<_>>()?;
    let plain_id = |id: String| id.trim_matches(['<', '>']).to_owned();
    Ok(Said {
        message: Message {
            id: transaction.id.0.clone(),
            conversation_id: conversation.to_owned(),
            author: Author {
                kind: if system {
                    AuthorKind::System
                } else {
                    AuthorKind::Contact
                },
                id: Some(creator.to_owned()).filter(|id| !system && !id.is_empty()),
                ..Author::default()
            },
            channel,
            direction: if internal {
                Direction::Internal
            } else {
                Direction::Inbound
            },
            visibility: if internal {
                Access::Internal
            } else {
                Access::Public
            },
            // RT says "No Subject" where there is none.
            subject: root
                .and_then(|node| owned(&node.subject))
                .filter(|subject| subject != "No Subject"),
            from,
            to: addresses("To"),
            cc: addresses("Cc"),
            message_id: root.and_then(|node| owned(&node.message_id)).map(plain_id),
            in_reply_to: header("In-Reply-To").map(plain_id),
            sent_at: at("Created", &transaction.created)?,
            declared_attachments: u32::try_from(files.len()).ok(),
            extra,
            ..Message::default()
        },
        files,
    })
}

fn attachment(node: &Node, message: &str, api: &str) -> Normal<Attachment> {
    let content_id = node
        .header("Content-ID")
        .map(|id| id.trim_matches(['<', '>']).to_owned())
        .filter(|id| !id.is_empty());
    let image = node
        .content_type
        .0
        .to_ascii_lowercase()
        .starts_with("image/");
    let name = owned(&node.filename).unwrap_or_else(|| {
        let extension = mime_guess::get_mime_extensions_str(&node.content_type.0)
            .and_then(<[&str]>::first)
            .copied()
            .unwrap_or("bin");
        format!("part-{}.{extension}", node.id.0)
    });
    Ok(Attachment {
        id: node.id.0.clone(),
        owner: Owner::Message(message.to_owned()),
        name,
        mime: owned(&node.content_type),
        size: node.content_length.0.parse().ok(),
        inline: content_id.is_some() && image,
        content_id,
        url: Some(format!("{api}/attachment/{}", node.id.0)),
        sha256: None,
        locale: None,
        created_at: at("Created", &node.created)?,
        extra: Extra::new(),
    })
}
