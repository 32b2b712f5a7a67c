//! The body of an answer, whole.

use bytes::{Bytes, BytesMut};

use super::{Fault, Sending};
use crate::connector::{Error, Result};

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
}
