//! Bodies of requests. Files are opened anew for each attempt and never whole in memory.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::connector::{Error, Result};

/// One part of a form.
#[derive(Debug, Clone)]
pub enum FormPart {
    /// A text field.
    Text {
        /// Field name: `custom_fields[cf_x]`.
        name: String,
        /// Value.
        value: String,
    },
    /// A file.
    File {
        /// Field name: `attachments[]`.
        name: String,
        /// File name as the desk shall see it, UTF-8.
        file_name: String,
        /// MIME type.
        mime: String,
        /// Where the bytes are.
        path: PathBuf,
        /// Only these: from which one on, and how many.
        part: Option<(u64, u64)>,
    },
}

/// A body that can be sent any number of times.
#[derive(Debug, Clone)]
pub(super) enum Payload {
    None,
    Bytes {
        mime: String,
        bytes: Bytes,
    },
    File {
        mime: String,
        path: PathBuf,
        part: Option<(u64, u64)>,
    },
    Form(Vec<FormPart>),
}

/// A body for one attempt.
pub(super) struct Prepared {
    pub(super) mime: String,
    pub(super) length: u64,
    pub(super) body: reqwest::Body,
}

type Chunks = BoxStream<'static, io::Result<Bytes>>;

impl Payload {
    pub(super) async fn prepare(&self) -> Result<Option<Prepared>> {
        Ok(Some(match self {
            Payload::None => return Ok(None),
            Payload::Bytes { mime, bytes } => Prepared {
                mime: mime.clone(),
                length: bytes.len() as u64,
                body: bytes.clone().into(),
            },
            Payload::File { mime, path, part } => {
                let (length, chunks) = open(path, *part).await?;
                Prepared {
                    mime: mime.clone(),
                    length,
                    body: reqwest::Body::wrap_stream(chunks),
                }
            }
            Payload::Form(parts) => form(parts).await?,
        }))
    }
}

async fn open(path: &Path, part: Option<(u64, u64)>) -> Result<(u64, Chunks)> {
    let failed = |cause: io::Error| {
        Error::local(format!("{} could not be read: {cause}", path.display())).caused_by(cause)
    };
    let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut length = file.metadata().await.map_err(failed)?.len();
    if let Some((from, bytes)) = part {
        file.seek(io::SeekFrom::Start(from)).await.map_err(failed)?;
        length = length.saturating_sub(from).min(bytes);
    }
    // A file that grows meanwhile must not outgrow the announced length.
    let chunks = ReaderStream::with_capacity(file.take(length), 64 * 1024).boxed();
    Ok((length, chunks))
}

async fn form(parts: &[FormPart]) -> Result<Prepared> {
    let boundary = format!("deskferry-{:032x}", rand::random::<u128>());
    let mut length = 0;
    let mut pieces: Vec<Chunks> = Vec::with_capacity(parts.len() * 2 + 1);
    let mut text = String::new();
    for part in parts {
        text.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; "));
        match part {
            FormPart::Text { name, value } => {
                text.push_str(&format!("name=\"{}\"\r\n\r\n{value}", quoted(name)));
            }
            FormPart::File {
                name,
                file_name,
                mime,
                path,
                part,
            } => {
                let mime = if mime.is_empty() || mime.contains(['\r', '\n']) {
                    "application/octet-stream"
                } else {
                    mime
                };
                text.push_str(&format!(
                    "name=\"{}\"; filename=\"{}\"\r\nContent-Type: {mime}\r\n\r\n",
                    quoted(name),
                    quoted(file_name)
                ));
                let (size, chunks) = open(path, *part).await?;
                length += size + text.len() as u64;
                pieces.push(piece(std::mem::take(&mut text)));
                pieces.push(chunks);
            }
        }
        text.push_str("\r\n");
    }
    text.push_str(&format!("--{boundary}--\r\n"));
    length += text.len() as u64;
    pieces.push(piece(text));
    Ok(Prepared {
        mime: format!("multipart/form-data; boundary={boundary}"),
        length,
        body: reqwest::Body::wrap_stream(stream::iter(pieces).flatten()),
    })
}

fn piece(text: String) -> Chunks {
    stream::once(async move { Ok(Bytes::from(text)) }).boxed()
}

/// As browsers send names: plain UTF-8 with these three escaped. `filename*`
/// is not allowed in forms (RFC 7578, 4.2).
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
