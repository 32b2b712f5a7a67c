//! One HTTP client for all connectors: authentication, pacing, retries, paging,
//! redirects, redaction.
//!
//! Rules that hold for every request:
//! - https, or plain http to loopback only;
//! - credentials go to the desk's own origin, never after a redirect to another one;
//! - a request that creates something is repeated only when it is certain that
//!   it was not carried out (429, connection refused);
//! - secrets appear in no log and no error.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connector::{Blob, Error, Result, Secret};

/// A budget of a platform: one row of a connector's `limits.rs`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Limit {
    /// Name that calls are charged to: `default`, `incremental`.
    pub name: &'static str,
    /// Requests a minute on the smallest plan that has an API; headers correct it.
    pub per_minute: u32,
    /// The platform counts these calls apart. Otherwise a call is charged to
    /// its own budget and to `default` as well.
    pub separate: bool,
    /// Where the figure is from.
    pub note: &'static str,
}

/// How to talk, for all connectors of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Part of every limit that may be used, above 0 up to 1.
    pub share: f64,
    /// Longest wait that a server may ask for; a longer one ends the run cleanly.
    pub max_wait: Duration,
    /// For one attempt, without the body of a download.
    pub timeout: Duration,
    /// Attempts after the first one.
    pub retries: u32,
    /// How much faster than real time waiting goes: 1, or more in tests (`DESKFERRY_TEST_SPEED`).
    pub speed: f64,
    /// Extra root certificates (PEM).
    pub ca_file: Option<std::path::PathBuf>,
    /// Told about requests and waits.
    pub meter: std::sync::Arc<Meter>,
}

/// Counts requests and tells what a desk is waiting for. Shared with progress and reports.
#[derive(Debug, Default)]
pub struct Meter {}

/// How requests are authorized.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Basic`.
    Basic {
        /// User name.
        user: String,
        /// Password or token.
        password: Secret,
    },
    /// `Authorization: Bearer`.
    Bearer(Secret),
    /// Any header: `Authorization: token …`.
    Header {
        /// Name.
        name: &'static str,
        /// What stands before the secret, with the blank.
        prefix: &'static str,
        /// The secret.
        value: Secret,
    },
    /// OAuth 2 client credentials. A token is fetched when needed, before it
    /// expires, and once more after a 401.
    ClientCredentials {
        /// Path on the base URL, or an absolute URL.
        token_url: String,
        /// Client.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
        /// Scopes, separated by blanks.
        scope: Option<String>,
        /// Lifetime to ask for, in seconds.
        expires_in: Option<u64>,
    },
}

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What a connector knows about its platform's answers.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Turns an answer with an error status into an [`Error`]: kind, message, hint.
    /// Not called for 401 and 429, which mean the same everywhere.
    pub error: fn(&Answer) -> Error,
    /// Reads limits from an answer's headers.
    pub observe: fn(&Answer, budget: &'static str) -> Vec<Observation>,
    /// Where a retry is due although the status is not 429/502/503/504: the reason.
    pub retry: fn(&Answer) -> Option<&'static str>,
}

/// What headers say about a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Which budget.
    pub budget: &'static str,
    /// Requests a minute, if told.
    pub per_minute: Option<u32>,
    /// What is left of the present window, if told.
    pub remaining: Option<u32>,
    /// Seconds until the window begins anew, if told.
    pub resets_in: Option<u64>,
}

/// Talks to one desk account. Cheap to clone; clones share pacing and tokens.
#[derive(Clone)]
pub struct Client {}

impl Client {
    /// A client for `base_url` (with or without a path; a slash at its end does not matter).
    ///
    /// Fails with [`crate::connector::ErrorKind::Config`] for plain http to
    /// anything but loopback.
    pub fn new(
        _base_url: &str,
        _auth: Auth,
        _limits: &'static [Limit],
        _dialect: Dialect,
        _settings: &Settings,
    ) -> Result<Client> {
        todo!()
    }

    /// The same account with other credentials (an agent's own), sharing the pacing.
    pub fn with_auth(&self, _auth: Auth) -> Client {
        todo!()
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        todo!()
    }

    /// A request to a path below the base URL (`/api/v2/users`, may hold a
    /// query), or to an absolute URL. Credentials are added only when the
    /// URL's origin is the base URL's.
    pub fn call(&self, _method: Method, _path: &str) -> Call {
        todo!()
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::Get, path)
    }

    /// `POST`.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::Post, path)
    }

    /// `PUT`.
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::Put, path)
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::Delete, path)
    }
}

/// A request being built. Nothing is sent before `send`, `json` or `download`.
#[must_use]
pub struct Call {}

impl Call {
    /// Adds query parameters.
    pub fn query<K: AsRef<str>, V: ToString>(self, _pairs: &[(K, V)]) -> Self {
        todo!()
    }

    /// Adds a header. Never for credentials.
    pub fn header(self, _name: &'static str, _value: &str) -> Self {
        todo!()
    }

    /// Sends JSON.
    pub fn body<T: Serialize + ?Sized>(self, _json: &T) -> Self {
        todo!()
    }

    /// Sends bytes.
    pub fn bytes(self, _mime: &str, _bytes: Bytes) -> Self {
        todo!()
    }

    /// Streams a file, never whole in memory.
    pub fn file(self, _mime: &str, _path: &std::path::Path) -> Self {
        todo!()
    }

    /// Sends `multipart/form-data`; files are streamed and opened anew for each attempt.
    pub fn multipart(self, _parts: Vec<FormPart>) -> Self {
        todo!()
    }

    /// The budget the call is charged to; `default` unless told.
    pub fn budget(self, _name: &'static str) -> Self {
        todo!()
    }

    /// A POST or PATCH that may be sent twice without harm (an upsert, a search).
    /// GET, PUT and DELETE always may.
    pub fn repeatable(self) -> Self {
        todo!()
    }

    /// Sends without credentials, whatever the host.
    pub fn anonymous(self) -> Self {
        todo!()
    }

    /// Sends and reads the whole answer. An error status is an `Err`.
    ///
    /// 429 and faults that may pass are repeated as the class documentation
    /// says; what outlasts the retries is
    /// [`Transient`](crate::connector::ErrorKind::Transient).
    pub async fn send(self) -> Result<Answer> {
        todo!()
    }

    /// [`Call::send`], then [`Answer::json`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        self.send().await?.json()
    }

    /// Sends and streams the answer's body.
    pub async fn download(self) -> Result<Blob> {
        todo!()
    }
}

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
        path: std::path::PathBuf,
    },
}

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: reqwest::header::HeaderMap,
    /// Body, decompressed.
    pub body: Bytes,
    /// Path and query of the last request, secrets removed, for messages and raw pages.
    pub path: String,
}

impl Answer {
    /// Reads the body.
    ///
    /// The error is a [`Protocol`](crate::connector::ErrorKind::Protocol) one
    /// that names path, field, line and column, and says so when the body is
    /// HTML (a login page, a proxy, a wrong subdomain).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        todo!()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text for messages: decoded, one line, at most 300 characters, markup removed.
    pub fn excerpt(&self) -> String {
        todo!()
    }

    /// The URL of `rel="next"` in the `Link` header.
    pub fn next_link(&self) -> Option<String> {
        todo!()
    }
}

/// Walks the pages of a list. A page that was there already, or more pages
/// than `max`, is an error, not a loop.
///
/// ```ignore
/// let mut pages = Pages::new(client.get("/groups").query(&[("page[size]", 100)]), 10_000);
/// while let Some(answer) = pages.next().await? {
///     let list: GroupList = answer.json()?;
///     pages.go_on(list.meta.next_call(&client));
/// }
/// ```
pub struct Pages {}

impl Pages {
    /// Starts with this call; at most `max` pages.
    pub fn new(_first: Call, _max: usize) -> Self {
        todo!()
    }

    /// The next page; `None` when [`Pages::go_on`] was not told of one since the last.
    pub async fn next(&mut self) -> Result<Option<Answer>> {
        todo!()
    }

    /// What to ask next, after the page that was read last. `None` ends the walk.
    pub fn go_on(&mut self, _next: Option<Call>) {
        todo!()
    }
}
