//! Parts of files, as file servers give them.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// Gives the part that was asked for, where the answer is a file: one that
/// says of itself that it has parts.
pub(super) async fn apply(asked: &HeaderMap, response: Response) -> Response {
    let is_file = response.status() == StatusCode::OK
        && response.headers().contains_key(header::ACCEPT_RANGES);
    if !is_file {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    let text = |name| asked.get(name).and_then(|value| value.to_str().ok());
    let from = text(header::RANGE)
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'))
        .and_then(|from| from.parse::<usize>().ok())
        .filter(|_| text(header::IF_RANGE).is_none_or(|known| known == tag));
    let Some(from) = from else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if from >= bytes.len() {
        return StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    }
    let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
    if let Ok(range) = HeaderValue::from_str(&range) {
        parts.headers.insert(header::CONTENT_RANGE, range);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.status = StatusCode::PARTIAL_CONTENT;
    Response::from_parts(parts, Body::from(bytes.slice(from..)))
}
