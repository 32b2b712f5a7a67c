//! Sends a call: credentials, turn, attempt, verdict, and again.

mod again;
mod reading;
mod redirect;
mod resume;

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use url::Url;

use super::client::root_cause;
use super::retry::{self, Verdict};
use super::{Answer, Call, Method, redact};
use crate::connector::{Blob, Error, Result};

/// Attempts after a web page came instead of data: enough for a proxy's bad
/// moment, few enough for a wrong address to show soon.
const HTML_RETRIES: u32 = 2;

/// Slowest upload that is no timeout, in bytes a second.
const SLOWEST_UPLOAD: u64 = 16 << 10;

/// Name under which calls to other hosts are counted.
const ELSEWHERE: &str = "elsewhere";

/// Sends and reads the whole body.
pub(super) async fn whole(call: Call) -> Result<Answer> {
    match Sending::new(call, true)?.run().await? {
        Reply::Whole(answer) => Ok(answer),
        Reply::Stream(..) => Err(Error::protocol("an answer was not read")),
    }
}

/// Sends and leaves the body to be read.
pub(super) async fn stream(call: Call) -> Result<Blob> {
    resume::download(call).await
}

enum Reply {
    Whole(Answer),
    Stream(reqwest::Response, Answer),
}

/// A failure without a complete answer.
struct Fault {
    verdict: Verdict,
    message: String,
    cause: Option<reqwest::Error>,
}

/// A call on its way.
struct Sending {
    call: Call,
    url: Url,
    whole: bool,
    /// Still at the desk's own origin.
    at_home: bool,
    redirects: u32,
    attempt: u32,
    html: u32,
    /// Waited because of 429.
    waited: Duration,
    backoff: backon::ExponentialBackoff,
    /// The credentials that were last sent.
    sent_auth: Option<HeaderValue>,
    /// Those that were just answered with 401.
    refused: Option<HeaderValue>,
    renewed: bool,
}

impl Sending {
    fn new(mut call: Call, whole: bool) -> Result<Self> {
        call.client.shared.rehearsal.admit(&call)?;
        let url = std::mem::replace(&mut call.url, Err(Error::protocol("sent already")))?;
        let at_home = url.origin() == call.client.shared.base.origin();
        Ok(Sending {
            call,
            url,
            whole,
            at_home,
            redirects: 0,
            attempt: 1,
            html: 0,
            waited: Duration::ZERO,
            backoff: retry::backoff(),
            sent_auth: None,
            refused: None,
            renewed: false,
        })
    }

    async fn run(mut self) -> Result<Reply> {
        loop {
            let reply = match self.attempt().await? {
                Ok(reply) => reply,
                Err(fault) => {
                    self.again_after_fault(fault).await?;
                    continue;
                }
            };
            let answer = match reply {
                Reply::Whole(answer) => answer,
                Reply::Stream(response, answer) => return Ok(Reply::Stream(response, answer)),
            };
            if let Some(answer) = self.judge(answer).await? {
                return Ok(Reply::Whole(answer));
            }
        }
    }

    /// What an answer means: `Some` is the result, `None` another attempt.
    async fn judge(&mut self, answer: Answer) -> Result<Option<Answer>> {
        let status = answer.status;
        if status == 401 {
            let renewable =
                self.at_home && !self.call.anonymous && self.call.client.credentials.renewable();
            if renewable && !self.renewed {
                self.renewed = true;
                self.refused = self.sent_auth.take();
                return Ok(None);
            }
            return Err(self.unauthorized(&answer));
        }
        self.renewed = false;
        if status == 429 {
            self.call.client.shared.settings.meter.refused();
            self.wait_for_server(&answer).await?;
            return Ok(None);
        }
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            self.redirect(&answer)?;
            return Ok(None);
        }
        if let Some(reason) = (self.call.client.shared.dialect.retry)(&answer) {
            let fault = Fault {
                verdict: Verdict::Again,
                message: format!("{reason} ({status})"),
                cause: None,
            };
            self.again(fault, retry::retry_after(&answer.headers))
                .await?;
            return Ok(None);
        }
        let retry_after = retry::retry_after(&answer.headers);
        let verdict = retry::of_status(
            status,
            self.call.reads,
            self.call.repeatable,
            retry_after.is_some(),
        );
        if verdict != Verdict::No {
            let fault = Fault {
                verdict,
                message: with_excerpt(
                    &format!("the desk answered {}", status_text(status)),
                    &answer,
                ),
                cause: None,
            };
            self.again(fault, retry_after).await?;
            return Ok(None);
        }
        if !(200..300).contains(&status) {
            return Err((self.call.client.shared.dialect.error)(&answer));
        }
        // Who asks for something else than data may well get a page.
        if !self.call.headers.contains_key(ACCEPT) && answer.is_html() {
            let verdict = if !self.call.repeatable {
                Verdict::Unknown
            } else if self.html < HTML_RETRIES {
                self.html += 1;
                Verdict::Again
            } else {
                return Ok(Some(answer));
            };
            let fault = Fault {
                verdict,
                message: with_excerpt("a web page came instead of data", &answer),
                cause: None,
            };
            self.again(fault, None).await?;
            return Ok(None);
        }
        Ok(Some(answer))
    }

    /// One request on the wire. The outer `Err` is final.
    async fn attempt(&mut self) -> Result<Result<Reply, Fault>> {
        let client = self.call.client.clone();
        let shared = &client.shared;
        let transport = shared.transport(&self.url)?;
        let mut request = transport
            .request(self.method(), self.url.clone())
            .headers(self.call.headers.clone());
        if !self.call.headers.contains_key(ACCEPT) {
            request = request.header(
                ACCEPT,
                if self.whole {
                    "application/json"
                } else {
                    "*/*"
                },
            );
        }
        if !self.whole {
            // So that the length is the file's own.
            request = request.header(ACCEPT_ENCODING, "identity");
        }
        let mut length = 0;
        if let Some(prepared) = self.call.payload.prepare().await? {
            length = prepared.length;
            request = request
                .header(CONTENT_TYPE, prepared.mime)
                .header(CONTENT_LENGTH, length)
                .body(prepared.body);
        } else if matches!(self.call.method, Method::Post | Method::Put | Method::Patch) {
            request = request.header(CONTENT_LENGTH, 0);
        }
        if self.at_home && !self.call.anonymous {
            let refused = self.refused.take();
            let header = client
                .credentials
                .header(&client, shared.pacer.clock(), refused.as_ref())
                .await?;
            if let Some((name, value)) = header {
                self.sent_auth = Some(value.clone());
                request = request.header(name, value);
            }
        }
        let permit = if self.at_home && self.call.paced {
            let permit = shared.pacer.permit(self.call.budget).await;
            Some(permit.map_err(|wait| self.too_long(wait))?)
        } else {
            None
        };
        let meter = &shared.settings.meter;
        meter.request(if self.at_home {
            self.call.budget
        } else {
            ELSEWHERE
        });
        meter.sent(length);
        let began = Instant::now();
        let timeout = shared.timeout() + Duration::from_secs(length / SLOWEST_UPLOAD);
        let response = match tokio::time::timeout(timeout, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let fault = self.fault(error);
                self.log(None, began, None);
                return Ok(Err(fault));
            }
            Err(_) => {
                self.log(None, began, None);
                return Ok(Err(self.timed_out(timeout)));
            }
        };
        drop(permit);
        let mut answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: Bytes::new(),
            path: self.shown(),
        };
        if self.at_home {
            if let Some(time) = retry::date(&answer.headers) {
                meter.set_desk_time(time);
            }
            for observation in (shared.dialect.observe)(&answer, self.call.budget) {
                shared.pacer.observe(&observation);
            }
        }
        self.log(Some(answer.status), began, answer.header("x-request-id"));
        if !self.whole && response.status().is_success() {
            return Ok(Ok(Reply::Stream(response, answer)));
        }
        Ok(match self.read(response).await? {
            Ok(body) => {
                answer.body = body;
                Ok(Reply::Whole(answer))
            }
            // An error status says enough without its text.
            Err(_) if answer.status >= 300 => Ok(Reply::Whole(answer)),
            Err(fault) => Err(fault),
        })
    }

    fn method(&self) -> reqwest::Method {
        match self.call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        }
    }

    fn shown(&self) -> String {
        redact::address(&self.url, &self.call.client.shared.base)
    }

    fn log(&self, status: Option<u16>, began: Instant, request_id: Option<&str>) {
        tracing::debug!(
            method = self.call.method.name(),
            path = self.shown(),
            status,
            ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt = self.attempt,
            request_id,
            "request"
        );
    }
}

fn with_excerpt(text: &str, answer: &Answer) -> String {
    let excerpt = answer.excerpt();
    if excerpt.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {excerpt}")
    }
}

fn status_text(status: u16) -> String {
    match reqwest::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
    {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

fn seconds(wait: Duration) -> String {
    format!("{} s", (wait.as_secs_f64() * 10.0).round() / 10.0)
}
