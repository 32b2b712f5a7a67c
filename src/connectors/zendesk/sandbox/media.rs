//! The media library of the help center, as documented in
//! <https://developer.zendesk.com/api-reference/help_center/help-center-api/guide_medias/>:
//! an address to upload to, on another host, and an entry made of the upload.

use axum::http::request::Parts;
use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Reply, ok, text};
use super::redirects::refuse;
use super::state::State;

/// Bytes that a file can have.
const LARGEST_FILE: u64 = 20 * 1024 * 1024;
/// Milliseconds that an address is good for.
const LIFE: i64 = 60 * 60 * 1000;

/// An upload that was announced.
#[derive(Debug)]
pub(super) struct Asset {
    secret: String,
    until_ms: i64,
    size: u64,
    headers: Value,
    bytes: Option<bytes::Bytes>,
}

/// An entry of the library.
#[derive(Debug, Clone)]
pub(super) struct Media {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) bytes: bytes::Bytes,
    shown: Value,
}

fn bad() -> Refusal {
    refuse(400, "BadRequest", "Invalid property")
}

/// As long as the platform's: 26 characters.
fn number(state: &mut State) -> String {
    format!("01H{:023}", state.next_id())
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
    let ["guide", "medias", rest @ ..] = segments.as_slice() else {
        return None;
    };
    Some(match (call.method.as_str(), rest) {
        ("POST", ["upload_url"]) => announce(state, call),
        ("POST", []) => create(state, call),
        ("GET", [id]) => match state.medias.get(*id) {
            Some(media) => ok(json!({"media": media.shown})),
            None => Err(refuse(404, "NotFound", "The Resource could not be found")),
        },
        _ => Err(Refusal::not_found()),
    })
}

fn announce(state: &mut State, call: &Call) -> Answer {
    let input = call.json().map_err(|_| bad())?;
    let content_type = text(&input, "content_type").ok_or_else(bad)?;
    let size = input.get("file_size").and_then(Value::as_u64);
    let size = size
        .filter(|size| (1..=LARGEST_FILE).contains(size))
        .ok_or_else(bad)?;
    let asset = number(state);
    let secret = state.secret("media");
    let headers = json!({
        "Content-Disposition": format!("attachment; filename=\"{asset}\""),
        "Content-Type": content_type,
        "X-Amz-Server-Side-Encryption": "AES256",
    });
    let url = format!("{}/__upload/{secret}", state.frame.elsewhere());
    let until_ms = state.now_ms() + LIFE;
    let upload = Asset {
        secret,
        until_ms,
        size,
        headers: headers.clone(),
        bytes: None,
    };
    state.assets.insert(asset.clone(), upload);
    ok(json!({"headers": headers, "upload_url": {"url": url, "asset_upload_id": asset}}))
}

/// The bytes, sent to storage that knows nothing of the desk's accounts.
pub(super) fn put(state: &mut State, head: &Parts, secret: &str, bytes: bytes::Bytes) -> Answer {
    if head.headers.contains_key("authorization") {
        let stats = &state.frame.stats;
        stats.violation("credentials sent to another host");
        return Err(Refusal::text(400, "Only one auth mechanism allowed"));
    }
    let now = state.now_ms();
    let mut assets = state.assets.values_mut();
    let asset = assets
        .find(|asset| asset.secret == secret)
        .ok_or_else(|| Refusal::text(404, "NoSuchKey"))?;
    if head.method != "PUT" {
        return Err(Refusal::text(405, "MethodNotAllowed"));
    }
    if asset.until_ms < now {
        return Err(Refusal::text(403, "Request has expired"));
    }
    // The address was signed with them.
    for (name, value) in asset.headers.as_object().into_iter().flatten() {
        let sent = head.headers.get(name.to_lowercase());
        if sent.and_then(|sent| sent.to_str().ok()) != value.as_str() {
            return Err(Refusal::text(403, "SignatureDoesNotMatch"));
        }
    }
    asset.bytes = Some(bytes);
    Ok(Reply::Json(200, Value::Null))
}

fn create(state: &mut State, call: &Call) -> Answer {
    let input = call.json().map_err(|_| bad())?;
    let name = text(&input, "filename").ok_or_else(bad)?.to_owned();
    let asset = text(&input, "asset_upload_id").ok_or_else(bad)?;
    let whole = |asset: &Asset| {
        asset
            .bytes
            .as_ref()
            .is_some_and(|bytes| bytes.len() as u64 == asset.size)
    };
    if !state.assets.get(asset).is_some_and(whole) {
        return Err(bad());
    }
    // What was made an entry of is used up.
    let asset = state.assets.remove(asset).ok_or_else(bad)?;
    let bytes = asset.bytes.unwrap_or_default();
    let (id, key) = (number(state), number(state));
    let now = state.stamp();
    let shown = json!({"access_key": key, "content_type": asset.headers["Content-Type"], "created_at": now,
        "id": id, "name": name, "size": bytes.len(), "updated_at": now, "url": format!("/guide-media/{key}"),
        "version": 1});
    let content_type = asset.headers["Content-Type"].as_str().unwrap_or_default();
    let media = Media {
        name,
        content_type: content_type.to_owned(),
        bytes,
        shown: shown.clone(),
    };
    state.medias.insert(id, media);
    ok(json!({"media": shown}))
}
