//! Attachments: bytes, signed addresses that expire, and their own origin.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;
use serde_json::json;

use super::desk::Desk;
use super::wire::{Reply, Request, Row, Upload, refuse, row};

/// Signs addresses; a real secret would add nothing on loopback.
const SECRET: &str = "sandbox";

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// In memory.
    Here(Bytes),
    /// In the seed's `files/`.
    Seed(PathBuf, String),
    /// Made when asked for.
    Made(usize),
}

/// A stored file.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    name: String,
    content_type: String,
    content: Content,
}

/// All files by id.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<u64, Stored>);

fn signature(what: &str) -> String {
    blake3::hash(format!("{SECRET}:{what}").as_bytes()).to_hex()[..32].to_owned()
}

fn quoted(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Files {
    /// Keeps a file.
    pub fn keep(&mut self, id: u64, name: &str, content_type: &str, content: Content) {
        let stored = Stored {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            content,
        };
        self.0.insert(id, stored);
    }

    /// A signed address on the files' own origin.
    pub fn link(&self, id: u64, name: &str, expires: i64, cdn: &str) -> String {
        let sign = signature(&format!("{id}:{expires}"));
        format!(
            "{cdn}/data/helpdesk/attachments/production/{id}/original/{}?Expires={expires}&Signature={sign}",
            quoted(name)
        )
    }

    /// Replaces `{signed:ID}` in a body by the file's address of this moment,
    /// which articles have for their images.
    pub fn sign(&self, text: &str, expires: i64, cdn: &str) -> String {
        let mut parts = text.split("{signed:");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (id, rest) = part.split_once('}').unwrap_or((part, ""));
            let file = id.parse().ok().and_then(|id| Some((id, self.0.get(&id)?)));
            if let Some((id, file)) = file {
                let link = self.link(id, &file.name, expires, cdn);
                out.push_str(&link.replace('&', "&amp;"));
            }
            out.push_str(rest);
        }
        out
    }

    /// Replaces `{inline:ID}` and `{cdn}` in a body. Such addresses do not expire.
    pub fn fill(&self, text: &str, rq: &Request) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("{inline:") {
            out.push_str(&rest[..at]);
            let after = &rest[at + 8..];
            let Some((id, tail)) = after.split_once('}') else {
                out.push_str(&rest[at..]);
                rest = "";
                break;
            };
            out.push_str(&format!(
                "{}/inline/attachment?token={id}.{}",
                rq.cdn,
                signature(&format!("inline:{id}"))
            ));
            rest = tail;
        }
        out.push_str(rest);
        out.replace("{cdn}", &rq.cdn)
    }
}

impl Desk {
    /// Answers on the files' origin; `authorized` says that credentials came along.
    pub fn serve_file(&self, rq: &Request, authorized: bool) -> Reply {
        if authorized {
            self.frame
                .stats
                .violation("credentials sent to the attachment host");
            return xml(400, "InvalidArgument", "Only one auth mechanism allowed");
        }
        let parts: Vec<&str> = rq.path.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["inline", "attachment"] => {
                let Some((id, sign)) = rq.param("token").and_then(|token| token.split_once('.'))
                else {
                    return Reply::empty(404);
                };
                if sign != signature(&format!("inline:{id}")) {
                    return Reply::empty(404);
                }
                let Some((id, file)) = id
                    .parse::<u64>()
                    .ok()
                    .and_then(|id| Some((id, self.files.0.get(&id)?)))
                else {
                    return Reply::empty(404);
                };
                Reply::empty(302).header("location", self.link(id, &file.name, rq))
            }
            [
                "data",
                "helpdesk",
                "attachments",
                "production",
                id,
                "original",
                _,
            ] => {
                let Some((id, file)) = id
                    .parse::<u64>()
                    .ok()
                    .and_then(|id| Some((id, self.files.0.get(&id)?)))
                else {
                    return xml(404, "NoSuchKey", "The specified key does not exist.");
                };
                let expires = rq.param("Expires").and_then(|at| at.parse::<i64>().ok());
                let Some(expires) = expires else {
                    return xml(403, "AccessDenied", "Access Denied");
                };
                if rq.param("Signature") != Some(signature(&format!("{id}:{expires}")).as_str()) {
                    return xml(403, "SignatureDoesNotMatch", "The signature does not match");
                }
                if self.frame.clock.seconds() > expires {
                    return xml(403, "AccessDenied", "Request has expired");
                }
                match self.bytes_of(file) {
                    Some(bytes) => {
                        Reply::bytes(&file.content_type, bytes).header("accept-ranges", "bytes")
                    }
                    None => xml(404, "NoSuchKey", "The specified key does not exist."),
                }
            }
            _ => Reply::empty(404),
        }
    }

    fn bytes_of(&self, file: &Stored) -> Option<Bytes> {
        match &file.content {
            Content::Here(bytes) => Some(bytes.clone()),
            Content::Seed(folder, name) => crate::sandbox::seed::file(folder, name)
                .ok()
                .map(Bytes::from),
            Content::Made(size) => Some(Bytes::from(crate::sandbox::seed::generate(
                &file.name, *size,
            ))),
        }
    }

    /// Keeps uploaded files, within the size that a ticket may carry.
    pub fn attach(&mut self, rq: &Request, owner: Option<u64>) -> Result<Vec<Row>, Reply> {
        let files: Vec<Upload> = rq
            .files
            .iter()
            .filter(|file| file.field == "attachments")
            .cloned()
            .collect();
        let size: u64 = files.iter().map(|file| file.bytes.len() as u64).sum();
        let megabytes = self.setting("attachments_mb", 20);
        let carried = owner
            .and_then(|ticket| self.weight.get(&ticket).copied())
            .unwrap_or(0);
        if size + carried > megabytes * 1024 * 1024 {
            let whole = (size + carried) as f64 / 1024.0 / 1024.0;
            return Err(refuse(
                "attachments",
                &format!(
                    "Invalid file size. The total size of attachments is {whole:.1} MB, it should not exceed {megabytes} MB"
                ),
                "invalid_size",
            ));
        }
        if let Some(ticket) = owner {
            *self.weight.entry(ticket).or_default() += size;
        }
        let mut rows = Vec::new();
        for file in files {
            let id = self.id();
            let length = file.bytes.len();
            self.files.keep(
                id,
                &file.name,
                &file.content_type,
                Content::Here(file.bytes),
            );
            rows.push(row(json!({
                "id": id, "_blob": id, "name": file.name, "content_type": file.content_type,
                "size": length, "created_at": rq.stamp(), "updated_at": rq.stamp(),
            })));
        }
        Ok(rows)
    }
}

fn xml(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply {
        status,
        ..Reply::bytes("application/xml", Bytes::from(body))
    }
}
