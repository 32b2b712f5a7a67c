//! Downloads, piece by piece. One that breaks off goes on where it was, as far
//! as the server takes part: nobody wants the first gigabytes twice.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{Stream, StreamExt as _};
use reqwest::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use url::Url;

use super::super::client::{Client, Shared};
use super::super::{Answer, Call, Method};
use super::{Reply, Sending, root_cause, seconds};
use crate::connector::{Blob, Error, ErrorKind, Result};

/// How often in a row a download goes on without a byte having come.
const FRUITLESS: u32 = 5;

type Pieces = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// Sends, and leaves the body to be read.
pub(super) async fn download(call: Call) -> Result<Blob> {
    let again = Again::of(&call);
    let (response, answer) = begin(call).await?;
    let size = match answer.headers.contains_key(CONTENT_ENCODING) {
        true => None,
        false => answer
            .header(CONTENT_LENGTH.as_str())
            .and_then(|length| length.parse().ok()),
    };
    let mime = answer.header(CONTENT_TYPE.as_str()).map(str::to_owned);
    let coming = Coming {
        body: Some(Box::pin(response.bytes_stream())),
        read: 0,
        size,
        fruitless: 0,
        validator: validator(&answer.headers).filter(|_| size.is_some()),
        shared: again.client.shared.clone(),
        path: answer.path,
        again,
    };
    let bytes = futures::stream::unfold(coming, Coming::next);
    Ok(Blob {
        size,
        mime,
        bytes: bytes.boxed(),
    })
}

async fn begin(call: Call) -> Result<(reqwest::Response, Answer)> {
    match Sending::new(call, false)?.run().await? {
        Reply::Stream(response, answer) => Ok((response, answer)),
        Reply::Whole(answer) => Err(Error::protocol(format!(
            "{} has no body to read",
            answer.path
        ))),
    }
}

/// What a server must find unchanged to send the rest; `None` where it does
/// not say that it can.
fn validator(headers: &HeaderMap) -> Option<HeaderValue> {
    let ranges = headers.get(ACCEPT_RANGES)?.to_str().ok()?;
    if !ranges.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let strong = |tag: &&HeaderValue| !tag.as_bytes().starts_with(b"W/");
    headers
        .get(ETAG)
        .filter(strong)
        .or_else(|| headers.get(LAST_MODIFIED))
        .cloned()
}

/// What a download was asked for with.
struct Again {
    client: Client,
    url: Option<Url>,
    headers: HeaderMap,
    budget: &'static str,
    anonymous: bool,
    paced: bool,
}

impl Again {
    fn of(call: &Call) -> Again {
        Again {
            client: call.client.clone(),
            url: call.url.as_ref().ok().cloned(),
            headers: call.headers.clone(),
            budget: call.budget,
            anonymous: call.anonymous,
            paced: call.paced,
        }
    }

    /// The call for the bytes from here on.
    fn from(&self, read: u64, validator: &HeaderValue) -> Option<Call> {
        let mut call = self.client.call(Method::Get, "");
        call.url = Ok(self.url.clone()?);
        call.headers = self.headers.clone();
        call.headers.insert(
            RANGE,
            HeaderValue::from_str(&format!("bytes={read}-")).ok()?,
        );
        call.headers.insert(IF_RANGE, validator.clone());
        call.budget = self.budget;
        call.anonymous = self.anonymous;
        call.paced = self.paced;
        Some(call)
    }
}

/// A download on its way.
struct Coming {
    body: Option<Pieces>,
    read: u64,
    size: Option<u64>,
    fruitless: u32,
    validator: Option<HeaderValue>,
    shared: Arc<Shared>,
    path: String,
    again: Again,
}

impl Coming {
    async fn next(mut self) -> Option<(Result<Bytes>, Coming)> {
        let timeout = self.shared.timeout();
        loop {
            let body = self.body.as_mut()?;
            let why = match tokio::time::timeout(timeout, body.next()).await {
                Ok(Some(Ok(chunk))) => {
                    self.shared.settings.meter.received(chunk.len());
                    self.read += chunk.len() as u64;
                    self.fruitless = 0;
                    return Some((Ok(chunk), self));
                }
                Ok(None) => match self.size {
                    Some(size) if size != self.read => {
                        format!("{} of {size} bytes came", self.read)
                    }
                    _ => return None,
                },
                Ok(Some(Err(error))) => root_cause(&error.without_url()),
                Err(_) => format!("nothing came for {}", seconds(timeout)),
            };
            match self.go_on().await {
                Ok(Some(rest)) => self.body = Some(rest),
                Ok(None) => {
                    self.body = None;
                    let error = self.cut(&why);
                    return Some((Err(error), self));
                }
                Err(error) => {
                    self.body = None;
                    return Some((Err(error), self));
                }
            }
        }
    }

    /// The rest of the body, where the server has it and it is the same file still.
    async fn go_on(&mut self) -> Result<Option<Pieces>> {
        let Some(validator) = self.validator.clone() else {
            return Ok(None);
        };
        self.fruitless += 1;
        if self.fruitless > FRUITLESS || Some(self.read) == self.size || self.read == 0 {
            return Ok(None);
        }
        let Some(call) = self.again.from(self.read, &validator) else {
            return Ok(None);
        };
        let wait = Duration::from_millis(250) * 2_u32.pow(self.fruitless);
        tokio::time::sleep(self.shared.pacer.clock().real(wait)).await;
        tracing::debug!(from = self.read, "{} goes on", self.path);
        let (response, answer) = begin(call).await?;
        let goes_on = answer.status == 206
            && answer
                .header(CONTENT_RANGE.as_str())
                .is_some_and(|range| is_rest(range, self.read, self.size));
        Ok(goes_on.then(|| Box::pin(response.bytes_stream()) as Pieces))
    }

    fn cut(&self, why: &str) -> Error {
        Error::new(
            ErrorKind::Transient,
            format!("the download of {} was cut short: {why}", self.path),
        )
    }
}

/// Whether a `Content-Range` is the rest from there to the end of a file of this size.
fn is_rest(range: &str, from: u64, size: Option<u64>) -> bool {
    let parsed = || {
        let (part, whole) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = part.split_once('-')?;
        let number = |text: &str| text.trim().parse::<u64>().ok();
        Some((number(first)?, number(last)?, number(whole)?))
    };
    match (parsed(), size) {
        (Some((first, last, whole)), Some(size)) => {
            first == from && whole == size && last + 1 == size
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rest_of_the_same_file_is_taken() {
        assert!(is_rest("bytes 5-9/10", 5, Some(10)));
        for other in [
            "bytes 4-9/10",
            "bytes 5-8/10",
            "bytes 5-9/11",
            "bytes */10",
            "5-9/10",
        ] {
            assert!(!is_rest(other, 5, Some(10)), "{other}");
        }
    }
}
