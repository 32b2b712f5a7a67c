//! Images that a text carries inside itself (`data:` addresses): they become
//! files like all others, since targets drop such addresses or cut the text.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use sha2::{Digest, Sha256};

use crate::connector::Result;
use crate::connector::text::{self, Instead};
use crate::ledger::{BlobRow, keep_bytes};
use crate::schema::{Attachment, Extra, Owner, Record};

/// How editors write it: some without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Takes the images out of the texts of messages and articles into `folder`,
/// the ledger's own for bytes, and adds them to the records. Returns what is
/// known of the bytes, by attachment.
pub(super) fn take_out(records: &mut Vec<Record>, folder: &Path) -> Result<Vec<(String, BlobRow)>> {
    let mut found = Vec::new();
    let mut files = Vec::new();
    for record in records.iter_mut() {
        let (owner, id, texts): (Owner, String, Vec<&mut Option<String>>) = match record {
            Record::Message(message) => (
                Owner::Message(message.id.clone()),
                message.id.clone(),
                vec![&mut message.html],
            ),
            // The letter keeps its images apart from those of a message with the same id.
            Record::Article(article) => (
                Owner::Article(article.id.clone()),
                format!("a{}", article.id),
                article
                    .translations
                    .iter_mut()
                    .map(|t| &mut t.html)
                    .collect(),
            ),
            _ => continue,
        };
        // One file for an image that several languages show.
        let mut names: HashMap<String, String> = HashMap::new();
        for text in texts {
            let Some(html) = text.as_deref().filter(|html| html.contains("data:")) else {
                continue;
            };
            for source in text::image_sources(html) {
                if !is_data(&source) || names.contains_key(&source) {
                    continue;
                }
                let (attachment, row) = image(&owner, &id, names.len() + 1, &source, folder)?;
                let name = attachment.content_id.clone().unwrap_or_default();
                found.push((attachment.id.clone(), row));
                files.push(Record::Attachment(attachment));
                names.insert(source, name);
            }
            if names.is_empty() {
                continue;
            }
            *text = Some(text::replace_images(html, |source| {
                let id = names.get(source)?;
                Some(Instead::Address(format!("cid:{id}")))
            }));
        }
    }
    records.append(&mut files);
    Ok(found)
}

fn is_data(source: &str) -> bool {
    source
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The file of one image. Its name and number stay the same however often the
/// text is read.
fn image(
    owner: &Owner,
    id: &str,
    number: usize,
    source: &str,
    folder: &Path,
) -> Result<(Attachment, BlobRow)> {
    let (mime, bytes) = decode(source);
    let extension = mime_guess::get_mime_extensions_str(&mime)
        .and_then(|known| known.first())
        .unwrap_or(&"bin");
    let name = match extension {
        // The first one that the table knows of is no one's.
        &"jfif" | &"jpe" => format!("image-{number}.jpg"),
        other => format!("image-{number}.{other}"),
    };
    let row = match bytes {
        Some(bytes) => {
            let sha256 = hex::encode(Sha256::digest(&bytes));
            keep_bytes(folder, &sha256, &bytes)?;
            BlobRow {
                sha256: Some(sha256),
                size: bytes.len() as u64,
                mime: Some(mime.clone()),
                error: None,
            }
        }
        None => BlobRow {
            sha256: None,
            size: 0,
            mime: None,
            error: Some("what stands in the text is no image that can be read".into()),
        },
    };
    let attachment = Attachment {
        id: format!("{id}-embedded-{number}"),
        owner: owner.clone(),
        name,
        mime: Some(mime),
        size: row.sha256.is_some().then_some(row.size),
        inline: true,
        content_id: Some(format!("embedded-{number}@{id}")),
        url: None,
        sha256: None,
        locale: None,
        created_at: None,
        extra: Extra::new(),
    };
    Ok((attachment, row))
}

/// MIME type and bytes of a `data:` address; no bytes where it is broken.
fn decode(source: &str) -> (String, Option<Vec<u8>>) {
    let rest = source.get(5..).unwrap_or_default();
    let Some((head, data)) = rest.split_once(',') else {
        return ("application/octet-stream".into(), None);
    };
    let mut parts = head.split(';');
    let mime = match parts.next().map(str::trim) {
        Some(mime) if mime.contains('/') => mime.to_ascii_lowercase(),
        _ => "text/plain".to_owned(),
    };
    let plain: Vec<u8> = percent_encoding::percent_decode_str(data).collect();
    let bytes = match parts.any(|part| part.trim().eq_ignore_ascii_case("base64")) {
        false => Some(plain),
        true => {
            let dense: Vec<u8> = plain
                .into_iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            BASE64
                .decode(&dense)
                .or_else(|_| general_purpose::URL_SAFE.decode(&dense))
                .ok()
        }
    };
    (mime, bytes.filter(|bytes| !bytes.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Message;

    fn message(html: &str) -> Record {
        Record::Message(Message {
            id: "7".into(),
            html: Some(html.into()),
            ..Message::default()
        })
    }

    #[test]
    fn an_image_in_the_text_becomes_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let html = "<p>See <img alt=x src=\"data:image/png;base64,aGVs\nbG8\"> and <img src='data:image/svg+xml,%3Csvg/%3E'> and <img src=\"https://example.com/a.png\"></p>";
        let mut records = vec![message(html)];
        let rows = take_out(&mut records, folder.path()).unwrap();
        let Record::Message(message) = &records[0] else {
            panic!("{records:?}")
        };
        assert_eq!(
            text::image_sources(message.html.as_deref().unwrap()),
            [
                "cid:embedded-1@7",
                "cid:embedded-2@7",
                "https://example.com/a.png"
            ]
        );
        let Record::Attachment(first) = &records[1] else {
            panic!("{records:?}")
        };
        assert_eq!(
            (first.name.as_str(), first.content_id.as_deref()),
            ("image-1.png", Some("embedded-1@7"))
        );
        let sum = rows[0].1.sha256.as_deref().unwrap();
        let path = folder.path().join(&sum[..2]).join(sum);
        assert_eq!(std::fs::read(path).unwrap(), b"hello");
        assert_eq!(rows[1].1.size, 6);
        // Read again it is the same.
        let mut again = vec![super::tests::message(html)];
        assert_eq!(take_out(&mut again, folder.path()).unwrap(), rows);
        assert_eq!(again, records);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut records = vec![message("<img src=\"data:image/png;base64,%%%\">")];
        let rows = take_out(&mut records, folder.path()).unwrap();
        assert_eq!(rows[0].1.sha256, None);
        assert!(rows[0].1.error.is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_address_breaks_it(source in "(?s)data:.{0,60}") {
            decode(&source);
        }
    }
}
