//! The body of an answer, whole or piece by piece.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};

use super::super::Answer;
use super::{Fault, Sending, root_cause, seconds};
use crate::connector::{Blob, Error, ErrorKind, Result};

/// Largest answer that is read into memory.
const MAX_BODY: usize = 256 << 20;

impl Sending {
    pub(super) async fn read(
        &self,
        mut response: reqwest::Response,
    ) -> Result<Result<Bytes, Fault>> {
        let shared = &self.call.client.shared;
        let timeout = shared.timeout();
        let mut body = BytesMut::new();
        loop {
            match tokio::time::timeout(timeout, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    shared.settings.meter.received(chunk.len());
                    body.extend_from_slice(&chunk);
                    if body.len() > MAX_BODY {
                        return Err(Error::protocol(format!(
                            "{} answered with more than {} MB",
                            self.shown(),
                            MAX_BODY >> 20
                        )));
                    }
                }
                Ok(Ok(None)) => return Ok(Ok(body.freeze())),
                Ok(Err(error)) => {
                    let mut fault = self.fault(error);
                    fault.message = format!("the answer was cut short: {}", fault.message);
                    return Ok(Err(fault));
                }
                Err(_) => return Ok(Err(self.timed_out(timeout))),
            }
        }
    }

    pub(super) fn blob(&self, response: reqwest::Response, answer: &Answer) -> Blob {
        let size = match answer.headers.contains_key(CONTENT_ENCODING) {
            true => None,
            false => answer
                .header(CONTENT_LENGTH.as_str())
                .and_then(|length| length.parse().ok()),
        };
        let mime = answer.header(CONTENT_TYPE.as_str()).map(str::to_owned);
        let shared = self.call.client.shared.clone();
        let timeout = shared.timeout();
        let path = answer.path.clone();
        let state = (Some(response.bytes_stream()), 0_u64);
        let bytes = futures::stream::unfold(state, move |(body, read)| {
            let shared = shared.clone();
            let path = path.clone();
            async move {
                let mut body = body?;
                let cut = |why: String| {
                    Error::new(
                        ErrorKind::Transient,
                        format!("the download of {path} was cut short: {why}"),
                    )
                };
                let next = tokio::time::timeout(timeout, body.next()).await;
                match next {
                    Ok(Some(Ok(chunk))) => {
                        shared.settings.meter.received(chunk.len());
                        let read = read + chunk.len() as u64;
                        Some((Ok(chunk), (Some(body), read)))
                    }
                    Ok(None) => match size {
                        Some(size) if size != read => Some((
                            Err(cut(format!("{read} of {size} bytes came"))),
                            (None, read),
                        )),
                        _ => None,
                    },
                    Ok(Some(Err(error))) => {
                        let error = error.without_url();
                        Some((Err(cut(root_cause(&error)).caused_by(error)), (None, read)))
                    }
                    Err(_) => Some((
                        Err(cut(format!("nothing came for {}", seconds(timeout)))),
                        (None, read),
                    )),
                }
            }
        });
        Blob {
            size,
            mime,
            bytes: bytes.boxed(),
        }
    }
}
