//! Files: uploading them, and fetching them from where a record says they are.

use axum::http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Reply, Row, created, flag, id, ok, problem, row};
use super::state::State;

/// Milliseconds that an upload's token is good for.
const TOKEN_LIFE: i64 = 60 * 60 * 1000;
/// Milliseconds that the address after a redirect is good for.
const LINK_LIFE: i64 = 10 * 60 * 1000;

/// The bytes of a file.
#[derive(Debug, Clone)]
pub(super) enum Bytes {
    Kept(bytes::Bytes),
    /// Made from the name when asked for.
    Generated(String, usize),
}

impl Bytes {
    pub(super) fn len(&self) -> usize {
        match self {
            Bytes::Kept(bytes) => bytes.len(),
            Bytes::Generated(_, size) => *size,
        }
    }

    fn read(&self) -> bytes::Bytes {
        match self {
            Bytes::Kept(bytes) => bytes.clone(),
            Bytes::Generated(name, size) => crate::sandbox::seed::generate(name, *size).into(),
        }
    }
}

/// A file that can be fetched.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
    /// Needs credentials and redirects to another host.
    pub(super) private: bool,
}

/// Files that wait for a ticket.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) until_ms: i64,
    pub(super) attachments: Vec<Row>,
}

impl State {
    pub(super) fn private_attachments(&self) -> bool {
        self.settings["tickets"]["private_attachments"]
            .as_bool()
            .unwrap_or(true)
    }

    /// Makes a file fetchable under the path of `url`.
    pub(super) fn keep_blob(&mut self, id: u64, url: &str, blob: Blob) {
        if let Ok(url) = url::Url::parse(url) {
            self.paths.insert(url.path().to_owned(), id);
        }
        self.blobs.insert(id, blob);
    }

    /// Whether all tokens are good; the files stay with them.
    pub(super) fn tokens_good(&self, tokens: &[String]) -> bool {
        let now = self.now_ms();
        tokens.iter().all(|token| {
            self.uploads
                .get(token)
                .is_some_and(|upload| upload.until_ms > now)
        })
    }

    /// The files behind the tokens, which are used up.
    pub(super) fn claim(&mut self, tokens: &[String]) -> Vec<Value> {
        tokens
            .iter()
            .filter_map(|token| self.uploads.remove(token))
            .flat_map(|upload| upload.attachments.into_iter().map(Value::Object))
            .collect()
    }
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    Some(match (call.method.as_str(), call.segments().as_slice()) {
        ("POST", ["uploads"]) => upload(state, call),
        ("DELETE", ["uploads", token]) => match state.uploads.remove(*token) {
            Some(_) => Ok(Reply::Empty),
            None => Err(Refusal::not_found()),
        },
        ("GET", ["attachments", id]) => {
            match id.parse().ok().and_then(|id| attachment(state, id)) {
                Some(attachment) => ok(json!({"attachment": attachment})),
                None => Err(Refusal::not_found()),
            }
        }
        _ => return None,
    })
}

fn attachment(state: &State, id: u64) -> Option<Value> {
    state
        .tickets
        .values()
        .flat_map(|ticket| &ticket.comments)
        .filter_map(|comment| comment.get("attachments")?.as_array())
        .flatten()
        .find(|attachment| attachment["id"].as_u64() == Some(id))
        .cloned()
}

fn upload(state: &mut State, call: &Call) -> Answer {
    let Some(name) = call.param("filename").filter(|name| !name.is_empty()) else {
        return Err(Refusal::invalid(&[problem("filename", "cannot be blank")]));
    };
    let limit = state.settings["limits"]["attachment_size"]
        .as_u64()
        .unwrap_or(u64::MAX);
    if call.body.len() as u64 > limit {
        return Err(Refusal::json(
            413,
            json!({"error": "AttachmentTooLarge", "description": format!("Attachments can hold at most {limit} bytes")}),
        ));
    }
    let token = match call.param("token") {
        Some(token) if state.tokens_good(&[token.to_owned()]) => token.to_owned(),
        Some(_) => return Err(Refusal::invalid(&[problem("token", "is invalid")])),
        None => state.secret("upload"),
    };
    let content_type = if call.content_type.is_empty() {
        "application/octet-stream"
    } else {
        call.content_type.as_str()
    };
    let private = state.private_attachments();
    let made = make(state, name, content_type, call.body.clone(), private);
    let until_ms = state.now_ms() + TOKEN_LIFE;
    let upload = state
        .uploads
        .entry(token.clone())
        .or_insert_with(|| Upload {
            until_ms,
            attachments: Vec::new(),
        });
    upload.attachments.push(made.clone());
    let all = upload.attachments.clone();
    created(json!({"upload": {"token": token, "attachment": made, "attachments": all}}))
}

/// Stores a file as an attachment of a ticket.
fn make(
    state: &mut State,
    name: &str,
    content_type: &str,
    bytes: bytes::Bytes,
    private: bool,
) -> Row {
    let id = state.next_id();
    let secret = state.secret("attachment");
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let url = format!("{}/attachments/token/{secret}/?name={encoded}", state.base);
    let attachment = row(json!({
        "id": id, "url": format!("{}/api/v2/attachments/{id}.json", state.base), "file_name": name,
        "content_url": url, "mapped_content_url": url, "content_type": content_type, "size": bytes.len(),
        "width": null, "height": null, "inline": false, "deleted": false,
        "malware_access_override": false, "malware_scan_result": "malware_not_found", "thumbnails": []}));
    let blob = Blob {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        bytes: Bytes::Kept(bytes),
        private,
    };
    state.keep_blob(id, &url, blob);
    attachment
}

/// Everything outside `/api/v2`: files.
pub(super) fn download(state: &State, head: &Parts, path: &str) -> Answer {
    let gone = || Refusal::text(404, "Not Found");
    let credentials = head.headers.contains_key("authorization");
    if let Some(link) = path.strip_prefix("/__files/") {
        if credentials {
            state
                .frame
                .stats
                .violation("credentials sent to another host");
            return Err(Refusal::text(400, "Only one auth mechanism allowed"));
        }
        let (id, until) = check(link).ok_or_else(gone)?;
        if until < state.now_ms() {
            return Err(Refusal::text(403, "Request has expired"));
        }
        return file(state.blobs.get(&id).ok_or_else(gone)?);
    }
    let id = state.paths.get(path).ok_or_else(gone)?;
    let blob = state.blobs.get(id).ok_or_else(gone)?;
    if head.method != "GET" {
        return Err(Refusal::text(405, "Method Not Allowed"));
    }
    if guarded(state, *id) && super::auth::user(state, &head.headers, "GET", "hc").is_err() {
        return Err(gone());
    }
    if !blob.private {
        return file(blob);
    }
    super::auth::user(state, &head.headers, "GET", "attachments")?;
    let until = state.now_ms() + LINK_LIFE;
    Ok(Reply::Redirect(format!(
        "{}/__files/{}",
        state.frame.elsewhere(),
        sign(*id, until)
    )))
}

/// Whether a file of an article is only for some: whoever may read the article
/// sees its files, and those of no article yet are for the signed in.
fn guarded(state: &State, file: u64) -> bool {
    let Some(row) = state.rows("article_attachments").get(&file) else {
        return false;
    };
    let article = id(row, "article_id").and_then(|article| state.rows("articles").get(&article));
    article.is_none_or(|article| {
        id(article, "user_segment_id").is_some() || flag(article, "draft") == Some(true)
    })
}

fn file(blob: &Blob) -> Answer {
    tracing::trace!("a file named {:?} is fetched", blob.name);
    Ok(Reply::File {
        content_type: blob.content_type.clone(),
        bytes: blob.bytes.read(),
    })
}

fn sign(id: u64, until: i64) -> String {
    let seal = blake3::hash(format!("link:{id}:{until}").as_bytes()).to_hex();
    format!("{id}/{until}/{}", &seal[..32])
}

fn check(link: &str) -> Option<(u64, i64)> {
    let mut parts = link.split('/');
    let (id, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (sign(id, until) == link).then_some((id, until))
}
