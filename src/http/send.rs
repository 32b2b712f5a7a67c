//! Sends a call: credentials, turn, attempt, verdict, and again.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION,
};
use url::Url;

use super::client::{check_scheme, is_loopback, root_cause};
use super::retry::{self, Verdict};
use super::{Answer, Call, Method, redact};
use crate::connector::{Blob, Error, ErrorKind, Result};

/// Redirects that are followed.
const MAX_REDIRECTS: u32 = 5;

/// Attempts after a web page came instead of data: enough for a proxy's bad
/// moment, few enough for a wrong address to show soon.
const HTML_RETRIES: u32 = 2;

/// Largest answer that is read into memory.
const MAX_BODY: usize = 256 << 20;

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
    match Sending::new(call, false)?.run().await? {
        Reply::Stream(blob) => Ok(blob),
        Reply::Whole(answer) => Err(Error::protocol(format!(
            "{} has no body to read",
            answer.path
        ))),
    }
}

enum Reply {
    Whole(Answer),
    Stream(Blob),
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
                Reply::Stream(blob) => return Ok(Reply::Stream(blob)),
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
            for observation in (shared.dialect.observe)(&answer, self.call.budget) {
                shared.pacer.observe(&observation);
            }
        }
        self.log(Some(answer.status), began, answer.header("x-request-id"));
        if !self.whole && response.status().is_success() {
            return Ok(Ok(Reply::Stream(self.blob(response, &answer))));
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

    async fn read(&self, mut response: reqwest::Response) -> Result<Result<Bytes, Fault>> {
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

    fn blob(&self, response: reqwest::Response, answer: &Answer) -> Blob {
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

    async fn again_after_fault(&mut self, fault: Fault) -> Result<()> {
        self.again(fault, None).await
    }

    /// Waits for the next attempt, or gives up.
    async fn again(&mut self, fault: Fault, retry_after: Option<Duration>) -> Result<()> {
        let shared = self.call.client.shared.clone();
        let Fault {
            verdict,
            message,
            cause,
        } = fault;
        let what = format!("{} {}: {message}", self.call.method.name(), self.shown());
        let unreachable = cause.as_ref().is_some_and(reqwest::Error::is_connect);
        let give_up = |text: String, hint: &str| {
            let error = Error::new(ErrorKind::Transient, text).hint(hint);
            match cause {
                Some(cause) => error.caused_by(cause),
                None => error,
            }
        };
        match verdict {
            Verdict::No => {
                return Err(give_up(what, "this request cannot be sent"));
            }
            Verdict::Unknown => {
                return Err(give_up(
                    format!("{what}; it may have been carried out"),
                    "it is not repeated before the desk was asked whether it was carried out",
                ));
            }
            Verdict::Again => {}
        }
        if self.attempt > shared.settings.retries {
            let carried = match self.call.reads {
                true => "",
                false => "; it may have been carried out",
            };
            let hint = match unreachable {
                true => "check the desk's address and the network, and run the same command again",
                false => "run the same command again later; what was done is kept",
            };
            return Err(give_up(
                format!("{what}, {} times{carried}", self.attempt),
                hint,
            ));
        }
        let mut wait = self.backoff.next().unwrap_or(Duration::from_secs(30));
        if let Some(asked) = retry_after {
            if asked > shared.settings.max_wait {
                return Err(self.too_long(asked));
            }
            wait = wait.max(asked);
            if self.at_home {
                shared.pacer.pause(asked);
            }
        }
        self.attempt += 1;
        shared.settings.meter.retry();
        tracing::info!(attempt = self.attempt, "{what}; again in {}", seconds(wait));
        shared.pacer.clock().sleep(wait).await;
        Ok(())
    }

    /// After a 429: nobody of the account calls before the server's time.
    async fn wait_for_server(&mut self, answer: &Answer) -> Result<()> {
        let shared = self.call.client.shared.clone();
        let wait = match retry::retry_after(&answer.headers) {
            Some(asked) if !asked.is_zero() => asked,
            _ => self.backoff.next().unwrap_or(Duration::from_secs(30)),
        };
        self.waited = self.waited.saturating_add(wait);
        if self.waited > shared.settings.max_wait {
            return Err(self.too_long(wait));
        }
        self.attempt += 1;
        shared.settings.meter.retry();
        tracing::info!(
            "{} {}: too many calls; again in {}",
            self.call.method.name(),
            answer.path,
            seconds(wait)
        );
        if self.at_home {
            shared.pacer.pause(wait);
        }
        if !self.at_home || !self.call.paced {
            shared.pacer.clock().sleep(wait).await;
        }
        Ok(())
    }

    fn redirect(&mut self, answer: &Answer) -> Result<()> {
        let target = answer
            .header(LOCATION.as_str())
            .and_then(|location| self.url.join(location).ok());
        let Some(mut target) = target else {
            return Err(Error::protocol(format!(
                "{} answered {} without saying where to",
                answer.path, answer.status
            )));
        };
        let shown = redact::address(&target, &self.call.client.shared.base);
        if self.call.method != Method::Get {
            return Err(Error::protocol(format!(
                "{} {} was sent on to {shown}, which only reading may follow",
                self.call.method.name(),
                answer.path
            ))
            .hint("is the desk's address the right one? base_url must be where it ends up"));
        }
        self.redirects += 1;
        if self.redirects > MAX_REDIRECTS {
            return Err(Error::protocol(format!(
                "{} was sent on more than {MAX_REDIRECTS} times",
                answer.path
            )));
        }
        check_scheme(&target)?;
        if is_loopback(&target) && !is_loopback(&self.url) {
            return Err(Error::protocol(format!(
                "{} was sent on to this machine ({shown})",
                answer.path
            )));
        }
        let _ = target.set_username("");
        let _ = target.set_password(None);
        target.set_fragment(None);
        // Once elsewhere, always elsewhere: a way back must not regain credentials.
        if target.origin() != self.url.origin() {
            self.at_home = false;
            self.call.headers.clear();
        }
        self.url = target;
        Ok(())
    }

    fn unauthorized(&self, answer: &Answer) -> Error {
        if !self.at_home || self.call.anonymous {
            return Error::new(
                ErrorKind::Forbidden,
                with_excerpt(&format!("{} answered 401", answer.path), answer),
            );
        }
        Error::new(
            ErrorKind::Auth,
            with_excerpt(
                &format!("the desk does not accept the credentials ({} answered 401)", answer.path),
                answer,
            ),
        )
        .hint("check that the key or token is complete, belongs to this desk, and has not expired or been revoked")
    }

    fn fault(&self, error: reqwest::Error) -> Fault {
        let error = error.without_url();
        Fault {
            verdict: retry::of_failure(&error, self.call.repeatable),
            message: root_cause(&error),
            cause: Some(error),
        }
    }

    fn timed_out(&self, timeout: Duration) -> Fault {
        Fault {
            verdict: if self.call.repeatable {
                Verdict::Again
            } else {
                Verdict::Unknown
            },
            message: format!("no answer within {}", seconds(timeout)),
            cause: None,
        }
    }

    fn too_long(&self, wait: Duration) -> Error {
        let retry_after = wait
            .as_secs()
            .saturating_add(u64::from(wait.subsec_nanos() > 0));
        let until = jiff::Timestamp::now()
            .checked_add(jiff::SignedDuration::from_secs(
                i64::try_from(retry_after).unwrap_or(i64::MAX),
            ))
            .map(|until| until.strftime("%Y-%m-%d %H:%M UTC").to_string())
            .unwrap_or_else(|_| "a time far away".into());
        Error::new(
            ErrorKind::RateLimited { retry_after },
            format!(
                "{} {}: the desk takes no more calls before {until}",
                self.call.method.name(),
                self.shown()
            ),
        )
        .hint("run the same command again then; it goes on where it stopped")
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
