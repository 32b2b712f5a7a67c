//! What was said on a ticket; the sink reads back with it too.

use super::super::client::{Desk, segment};
use super::super::normalize::{self, bodies};
use super::super::wire::{Node, Transaction};
use super::unreadable_or;
use crate::connector::{Error, Page, Result, Unreadable};
use crate::mapping::PlatformMapping;
use crate::schema::{Key, Kind, Record};

/// Fields that a history is asked for; without them it tells ids only.
const HISTORY: &str = "fields=Type,Created,Creator,Data,TimeTaken,ObjectId,Field,OldValue,NewValue";

/// Fields of a list of attachments. Never `Content`: it comes decoded there,
/// which breaks bytes. Never `Parent`: RT answers 500.
const NODES: &str =
    "fields=TransactionId,Filename,ContentType,ContentLength,Headers,Subject,MessageId,Created";

/// What was said on a ticket as records; the sink reads back with it too.
pub async fn messages(desk: &Desk, mapping: &PlatformMapping, id: &str) -> Result<Page> {
    let (page, _) = history(desk, mapping, id).await?;
    Ok(page)
}

/// The same with all that happened.
pub(super) async fn history(
    desk: &Desk,
    mapping: &PlatformMapping,
    id: &str,
) -> Result<(Page, Vec<Transaction>)> {
    let mut page = Page {
        done: true,
        ..Page::default()
    };
    let api = desk.http.base_url().to_owned();
    let path = format!("/ticket/{}", segment(id));
    let history: Vec<Transaction> = desk
        .all(&format!("{path}/history?{HISTORY}"), &mut page.raw)
        .await?;
    let nodes: Vec<Node> = desk
        .all(&format!("{path}/attachments?{NODES}"), &mut page.raw)
        .await?;
    for transaction in &history {
        match normalize::time(transaction, id) {
            Ok(entry) => page.records.extend(entry.map(Record::TimeEntry)),
            Err(reason) => page.problems.push(Unreadable {
                key: Key::new(Kind::TimeEntry, &transaction.id.0),
                reason,
                original: Vec::new(),
            }),
        }
        if !transaction.is_message() {
            continue;
        }
        let mut tree: Vec<Node> = nodes
            .iter()
            .filter(|node| node.transaction_id == transaction.id)
            .cloned()
            .collect();
        // Parents are made before their parts, so that numbers are the order of the tree.
        tree.sort_by_key(|node| node.id.number());
        match said(desk, mapping, id, transaction, &tree, &api).await {
            Ok(said) => {
                page.records.push(Record::Message(said.message));
                page.records
                    .extend(said.files.into_iter().map(Record::Attachment));
            }
            Err(error) => unreadable_or(error, Kind::Message, &transaction.id.0, &mut page)?,
        }
    }
    Ok((page, history))
}

async fn said(
    desk: &Desk,
    mapping: &PlatformMapping,
    id: &str,
    transaction: &Transaction,
    tree: &[Node],
    api: &str,
) -> Result<normalize::Said> {
    let mut said =
        normalize::message(transaction, id, tree, mapping, api).map_err(Error::protocol)?;
    let found = bodies(tree);
    said.message.html = body(desk, found.html).await?;
    said.message.text = body(desk, found.text).await?;
    // An image named by the text is part of it, however it is labelled.
    let used = said
        .message
        .html
        .as_deref()
        .map(crate::connector::text::image_sources)
        .unwrap_or_default();
    for file in &mut said.files {
        let named = file.content_id.as_ref().is_some_and(|cid| {
            used.iter()
                .any(|source| source.strip_prefix("cid:") == Some(cid))
        });
        file.inline = named;
    }
    Ok(said)
}

async fn body(desk: &Desk, node: Option<&Node>) -> Result<Option<String>> {
    let Some(node) = node else { return Ok(None) };
    if node.content_length.0 == "0" {
        return Ok(None);
    }
    let bytes = desk.content(&node.id.0).await?;
    let charset = node.header("Content-Type").and_then(|line| charset(&line));
    let original = node.header("X-RT-Original-Encoding");
    Ok(Some(decode(
        bytes,
        [charset.as_deref(), original.as_deref()],
    )))
}

/// The `charset` of a `Content-Type` line.
fn charset(line: &str) -> Option<String> {
    line.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// RT stores bodies as UTF-8 whatever they came as, except for those that it
/// could not read itself: these are in the charset that their header names, or
/// in none that anybody knows. No byte is a reason to leave a message behind.
fn decode(bytes: Vec<u8>, named: [Option<&str>; 2]) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let encoding = named
        .into_iter()
        .flatten()
        .filter_map(|name| encoding_rs::Encoding::for_label(name.as_bytes()))
        .find(|encoding| *encoding != encoding_rs::UTF_8)
        .unwrap_or(encoding_rs::WINDOWS_1252);
    encoding.decode(&bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_whatever_charset_it_is() {
        let said = |bytes: &[u8], named| decode(bytes.to_vec(), [named, None]);
        assert_eq!(said("Grüße 表".as_bytes(), Some("iso-8859-1")), "Grüße 表");
        assert_eq!(said(b"Gr\xfc\xdfe", Some("iso-8859-1")), "Grüße");
        assert_eq!(said(b"\x95\x5c", Some("Shift_JIS")), "表");
        assert_eq!(
            said(b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("windows-1251")),
            "Привет"
        );
        assert_eq!(
            said(b"Gr\xfc\xdfe \x80", Some("no-such-charset")),
            "Grüße €"
        );
        assert_eq!(
            charset("text/plain; format=flowed; Charset=\"koi8-r\"").as_deref(),
            Some("koi8-r")
        );
    }
}
