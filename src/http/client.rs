//! The client of one account, and requests being built.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::auth::Credentials;
use super::body::Payload;
use super::pacer::{Clock, DEFAULT, Pacer};
use super::rehearsal::{Rehearsal, Rehearsed};
use super::{Answer, Auth, Dialect, FormPart, Limit, Method, SPEEDS, Settings, redact};
use crate::connector::{Blob, Error, Result};
use crate::schema::Date;

/// Talks to one desk account. Cheap to clone; clones share pacing and tokens.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) credentials: Arc<Credentials>,
}

/// What all clients of an account share.
pub(super) struct Shared {
    pub(super) base: Url,
    base_text: String,
    pub(super) dialect: Dialect,
    pub(super) settings: Settings,
    pub(super) pacer: Pacer,
    pub(super) rehearsal: Rehearsal,
    authorities: Vec<reqwest::Certificate>,
    /// To loopback, past any proxy.
    direct: OnceLock<Result<reqwest::Client, String>>,
    /// To everywhere else.
    outward: OnceLock<Result<reqwest::Client, String>>,
}

impl Client {
    /// The desk's own time as of its last answer, which is never later than its
    /// true time; before the first answer this machine's time. Whatever is asked
    /// of the desk "since then" goes by it: clocks differ, and jump.
    pub fn time(&self) -> Date {
        let told = self.shared.settings.meter.desk_time();
        told.map_or_else(Date::now, Date::from)
    }

    /// A client for `base_url` (with or without a path; a slash at its end does not matter).
    ///
    /// Fails with [`crate::connector::ErrorKind::Config`] for plain http to
    /// anything but loopback.
    pub fn new(
        base_url: &str,
        auth: Auth,
        limits: &'static [Limit],
        dialect: Dialect,
        settings: &Settings,
    ) -> Result<Client> {
        let base_text = base_url.trim().trim_end_matches('/').to_owned();
        let base = Url::parse(&base_text).map_err(|cause| {
            Error::config(format!("`{base_text}` is no address of a desk: {cause}"))
                .hint("write it in full: https://help.example.com")
        })?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(
                Error::config("the desk's address holds a user or a password")
                    .hint("give credentials in the options made for them"),
            );
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(Error::config(
                "the desk's address must end before any `?` or `#`",
            ));
        }
        check_scheme(&base)?;
        if !SPEEDS.contains(&settings.speed) {
            return Err(Error::config(format!(
                "waiting cannot go {} times faster than real time",
                settings.speed
            )));
        }
        let clock = Clock::new(settings.speed);
        let pacer = Pacer::new(
            limits,
            settings.share,
            clock,
            settings.max_wait,
            settings.meter.clone(),
        );
        let authorities = match &settings.ca_file {
            Some(path) => read_authorities(path)?,
            None => Vec::new(),
        };
        Ok(Client {
            shared: Arc::new(Shared {
                base,
                base_text,
                dialect,
                settings: settings.clone(),
                pacer,
                rehearsal: Rehearsal::default(),
                authorities,
                direct: OnceLock::new(),
                outward: OnceLock::new(),
            }),
            credentials: Credentials::new(auth),
        })
    }

    /// The same account with other credentials (an agent's own), sharing the pacing.
    pub fn with_auth(&self, auth: Auth) -> Client {
        Client {
            shared: self.shared.clone(),
            credentials: Credentials::new(auth),
        }
    }

    /// Runs `work` without changing the desk: what reads is sent, what would
    /// change something is refused as rejected and returned instead. All calls
    /// of the account are held back meanwhile, so nothing else may write.
    pub async fn rehearse<T>(&self, work: impl Future<Output = T>) -> Vec<Rehearsed> {
        self.shared.rehearsal.begin();
        // What goes wrong in a rehearsal is no news.
        let quiet = tracing::subscriber::NoSubscriber::new();
        tracing::instrument::WithSubscriber::with_subscriber(work, quiet).await;
        self.shared.rehearsal.end()
    }

    /// Requests a minute by budget, as far as the server's headers told yet,
    /// times the share that may be used.
    pub fn budgets(&self) -> Vec<Limit> {
        self.shared.pacer.budgets()
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.shared.base_text
    }

    /// A request to a path below the base URL (`/api/v2/users`, may hold a
    /// query), or to an absolute URL. Credentials are added only when the
    /// URL's origin is the base URL's.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let text = if path.starts_with("https://") || path.starts_with("http://") {
            path.to_owned()
        } else {
            let slash = if path.starts_with('/') || path.is_empty() {
                ""
            } else {
                "/"
            };
            format!("{}{slash}{path}", self.shared.base_text)
        };
        let url = Url::parse(&text)
            .map_err(|cause| {
                // The text may hold a token and is not repeated.
                Error::protocol(format!("an address cannot be read: {cause}"))
            })
            .and_then(|mut url| {
                check_scheme(&url)?;
                // Never credentials that an address brings along.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                url.set_fragment(None);
                Ok(url)
            });
        Call {
            client: self.clone(),
            method,
            url,
            headers: HeaderMap::new(),
            payload: Payload::None,
            budget: DEFAULT,
            repeatable: matches!(method, Method::Get | Method::Put | Method::Delete),
            anonymous: false,
            paced: true,
            reads: method == Method::Get,
        }
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

impl Shared {
    /// The transport for this address.
    pub(super) fn transport(&self, url: &Url) -> Result<&reqwest::Client> {
        let loopback = is_loopback(url);
        let slot = if loopback {
            &self.direct
        } else {
            &self.outward
        };
        slot.get_or_init(|| self.build(loopback).map_err(|cause| root_cause(&cause)))
            .as_ref()
            .map_err(|cause| Error::local(format!("no HTTP client could be set up: {cause}")))
    }

    fn build(&self, loopback: bool) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("deskferry/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.timeout().min(Duration::from_secs(20)))
            .https_only(!loopback);
        if loopback {
            builder = builder.no_proxy();
        }
        if !self.authorities.is_empty() {
            builder = builder.tls_certs_merge(self.authorities.iter().cloned());
        }
        builder.build()
    }

    /// For one attempt, in real time. Scaled for tests, but not below what a
    /// busy machine needs.
    pub(super) fn timeout(&self) -> Duration {
        let set = self.settings.timeout;
        self.pacer
            .clock()
            .real(set)
            .max(set.min(Duration::from_secs(5)))
    }
}

/// A request being built. Nothing is sent before `send`, `json` or `download`.
#[must_use]
pub struct Call {
    pub(super) client: Client,
    pub(super) method: Method,
    pub(super) url: Result<Url>,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    pub(super) budget: &'static str,
    pub(super) repeatable: bool,
    pub(super) anonymous: bool,
    pub(super) paced: bool,
    pub(super) reads: bool,
}

impl Call {
    /// Adds query parameters.
    pub fn query<K: AsRef<str>, V: ToString>(mut self, pairs: &[(K, V)]) -> Self {
        if let Ok(url) = &mut self.url
            && !pairs.is_empty()
        {
            let mut query = url.query_pairs_mut();
            for (name, value) in pairs {
                query.append_pair(name.as_ref(), &value.to_string());
            }
        }
        self
    }

    /// Adds a header. Never for credentials.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            _ => self.fail(Error::protocol(format!(
                "header {name} cannot be sent with such a value"
            ))),
        }
        self
    }

    /// Sends JSON.
    pub fn body<T: Serialize + ?Sized>(mut self, json: &T) -> Self {
        match serde_json::to_vec(json) {
            Ok(bytes) => {
                self.payload = Payload::Bytes {
                    mime: "application/json".into(),
                    bytes: bytes.into(),
                };
            }
            Err(cause) => self.fail(
                Error::protocol(format!("a request cannot be written as JSON: {cause}"))
                    .caused_by(cause),
            ),
        }
        self
    }

    /// Sends bytes.
    pub fn bytes(mut self, mime: &str, bytes: Bytes) -> Self {
        self.payload = Payload::Bytes {
            mime: mime.into(),
            bytes,
        };
        self
    }

    /// Streams a file, never whole in memory.
    pub fn file(mut self, mime: &str, path: &Path) -> Self {
        self.payload = Payload::File {
            mime: mime.into(),
            path: path.to_owned(),
            part: None,
        };
        self
    }

    /// Of the file that is sent only these bytes: from which one on, and how many.
    pub fn part(mut self, from: u64, bytes: u64) -> Self {
        if let Payload::File { part, .. } = &mut self.payload {
            *part = Some((from, bytes));
        }
        self
    }

    /// Sends `multipart/form-data`; files are streamed and opened anew for each attempt.
    pub fn multipart(mut self, parts: Vec<FormPart>) -> Self {
        self.payload = Payload::Form(parts);
        self
    }

    /// The budget the call is charged to; `default` unless told.
    pub fn budget(mut self, name: &'static str) -> Self {
        self.budget = name;
        self
    }

    /// May not be sent a second time when its answer was lost, although its
    /// method says so: it adds something.
    pub fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// A POST or PATCH that may be sent twice without harm (an upsert, a search).
    /// GET, PUT and DELETE always may.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// A POST that only reads, such as a search: it is repeated like a GET.
    pub fn reads(mut self) -> Self {
        self.reads = true;
        self.repeatable()
    }

    /// Sends without credentials, whatever the host.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Charges no budget.
    pub(super) fn unpaced(mut self) -> Self {
        self.paced = false;
        self
    }

    /// Sends and reads the whole answer. An error status is an `Err`.
    ///
    /// 429 and faults that may pass are repeated as the
    /// [module](crate::http) says; what outlasts the retries is
    /// [`Transient`](crate::connector::ErrorKind::Transient).
    // Boxed: every connector awaits it many levels deep, and the compiler would
    // prove `Send` for all that is inside again at each level (minutes).
    pub fn send(self) -> BoxFuture<'static, Result<Answer>> {
        Box::pin(super::send::whole(self))
    }

    /// [`Call::send`], then [`Answer::json`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        self.send().await?.json()
    }

    /// Sends and streams the answer's body. A body that ends before its
    /// announced length ends in an `Err`.
    pub fn download(self) -> BoxFuture<'static, Result<Blob>> {
        Box::pin(super::send::stream(self))
    }

    /// What tells it from other calls.
    pub(super) fn fingerprint(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.method.name().as_bytes());
        if let Ok(url) = &self.url {
            hasher.update(url.as_str().as_bytes());
        }
        if let Payload::Bytes { bytes, .. } = &self.payload {
            hasher.update(b"\n");
            hasher.update(bytes);
        }
        hasher.finalize()
    }

    /// Its address, for messages.
    pub(super) fn shown(&self) -> String {
        match &self.url {
            Ok(url) => redact::address(url, &self.client.shared.base),
            Err(_) => "an address that cannot be read".into(),
        }
    }

    /// Keeps the first thing that is wrong.
    fn fail(&mut self, error: Error) {
        if self.url.is_ok() {
            self.url = Err(error);
        }
    }
}

/// https, or plain http to this machine.
pub(super) fn check_scheme(url: &Url) -> Result<()> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(Error::config(format!(
            "{} would be asked over plain http",
            url.host_str().unwrap_or("a host")
        ))
        .hint("use https; plain http is for this machine only (127.0.0.1)")),
        scheme => Err(Error::config(format!("`{scheme}:` is no way to a desk"))
            .hint("an address starts with https://")),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

fn read_authorities(path: &Path) -> Result<Vec<reqwest::Certificate>> {
    let failed = |cause: &dyn std::fmt::Display| {
        Error::config(format!(
            "certificates in {} cannot be read: {cause}",
            path.display()
        ))
        .hint("ca_file is a file of certificates in PEM")
    };
    let pem = std::fs::read(path).map_err(|cause| failed(&cause))?;
    let list = reqwest::Certificate::from_pem_bundle(&pem).map_err(|cause| failed(&cause))?;
    if list.is_empty() {
        return Err(failed(&"there is none"));
    }
    Ok(list)
}

/// The innermost cause, which is the one that tells something.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
