//! Requests to Request Tracker: signing in, errors, escaping.

use std::collections::BTreeMap;

use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::config::{Config, token_auth};
use super::limits::{LIMITS, PAGE};
use super::wire::{self, List};
use crate::connector::{Error, ErrorKind, RawPage, Result};
use crate::http::{Answer, Client, Dialect, Settings};

/// What may stand in a path segment as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// One desk, as the main user and as the agents whose tokens are known.
#[derive(Clone)]
pub struct Desk {
    /// As the main user.
    pub http: Client,
    /// As an agent, by login or address in lower case.
    agents: BTreeMap<String, Client>,
}

impl Desk {
    /// Opens the desk; sends nothing.
    pub fn open(config: &Config, settings: &Settings) -> Result<Desk> {
        let base = format!("{}/REST/2.0", config.base());
        let http = Client::new(&base, config.auth()?, LIMITS, DIALECT, settings)?;
        let agents = config
            .agent_tokens
            .iter()
            .map(|(name, token)| (name.to_lowercase(), http.with_auth(token_auth(token))))
            .collect();
        Ok(Desk { http, agents })
    }

    /// The client of an agent whose token is known by login or address.
    pub fn agent(&self, names: [Option<&str>; 2]) -> Option<&Client> {
        names
            .into_iter()
            .flatten()
            .find_map(|name| self.agents.get(&name.to_lowercase()))
    }

    /// The logins or addresses whose tokens are known.
    pub fn agent_names(&self) -> impl Iterator<Item = (&str, &Client)> {
        self.agents
            .iter()
            .map(|(name, client)| (name.as_str(), client))
    }

    /// Reads one object.
    pub async fn one<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.http.get(path).json().await
    }

    /// Reads a whole list page by page, by page number: the `next_page` that RT
    /// gives is absolute and made of what it believes its own address is.
    pub async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        raw: &mut Vec<RawPage>,
    ) -> Result<Vec<T>> {
        self.walk(path, None, raw).await
    }

    /// [`Desk::all`] for collections that are searched with a JSON query.
    pub async fn search<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &serde_json::Value,
        raw: &mut Vec<RawPage>,
    ) -> Result<Vec<T>> {
        self.walk(path, Some(query), raw).await
    }

    async fn walk<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Option<&serde_json::Value>,
        raw: &mut Vec<RawPage>,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        for page in 1..=100_000_u32 {
            let list: List<T> = self.page(path, query, page, raw).await?;
            let (total, more) = (list.total.number(), list.next_page.is_some());
            items.extend(list.items);
            if !more {
                let got = i64::try_from(items.len()).unwrap_or(i64::MAX);
                if got < total {
                    return Err(Error::new(
                        ErrorKind::Transient,
                        format!("{path} has {total} entries and gave {got}"),
                    )
                    .hint("run again: it changed while it was read"));
                }
                return Ok(items);
            }
        }
        Err(Error::protocol(format!("{path} does not end")))
    }

    /// One page of a list.
    pub async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Option<&serde_json::Value>,
        page: u32,
        raw: &mut Vec<RawPage>,
    ) -> Result<List<T>> {
        let call = match query {
            Some(json) => self.http.post(path).body(json).reads(),
            None => self.http.get(path),
        };
        let answer = call
            .query(&[("per_page", PAGE.to_string()), ("page", page.to_string())])
            .send()
            .await?;
        let list = answer.json()?;
        keep(raw, &answer);
        Ok(list)
    }

    /// The bytes of an attachment.
    pub async fn content(&self, id: &str) -> Result<Vec<u8>> {
        let answer = self
            .http
            .get(&format!("/attachment/{}", segment(id)))
            .send()
            .await?;
        let content: wire::Content = answer.json()?;
        decode(&content.content.0).map_err(|reason| {
            Error::protocol(format!(
                "the content of attachment {id} is not base64: {reason}"
            ))
        })
    }
}

/// Keeps an answer for the archive.
pub fn keep(raw: &mut Vec<RawPage>, answer: &Answer) {
    raw.push(RawPage {
        path: answer.path.clone(),
        body: answer.body.clone(),
    });
}

/// Base64 with line breaks, as RT sends it.
pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let packed: String = text.split_ascii_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(packed)
        .map_err(|cause| cause.to_string())
}

/// Text as one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Text inside quotes of a ticket search.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// How RT says that something went wrong.
pub const DIALECT: Dialect = Dialect {
    error,
    observe: |_, _| Vec::new(),
    retry: |_| None,
};

fn error(answer: &Answer) -> Error {
    let said = answer
        .json::<wire::Message>()
        .ok()
        .and_then(|body| body.message.some().map(str::to_owned))
        .unwrap_or_else(|| answer.excerpt());
    let said = said.trim_end_matches('.').to_owned();
    let kind = match answer.status {
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        // "Name in use", "Email address in use", "Queue already exists"
        400 | 409 if said.contains(" in use") || said.contains("already exists") => {
            ErrorKind::Conflict { existing: None }
        }
        400..=499 => ErrorKind::Rejected { field: None },
        _ => ErrorKind::Protocol,
    };
    let error = Error::new(kind.clone(), format!("RT said {}: {said}", answer.status));
    match kind {
        // RT answers 403 also for a queue that does not exist.
        ErrorKind::Forbidden => error
            .hint("the user needs the right, or what it was for (a queue, a class) does not exist"),
        ErrorKind::Protocol => error.hint("RT's own log says why"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status,
            headers: reqwest::header::HeaderMap::new(),
            body: bytes::Bytes::from_static(body.as_bytes()),
            path: "/user".into(),
        }
    }

    #[test]
    fn base64_may_have_line_breaks() {
        assert_eq!(decode("aGVs\nbG8=\n").unwrap(), b"hello");
        assert!(decode("%").is_err());
    }

    #[test]
    fn logins_are_path_segments() {
        assert_eq!(segment("zoe+a/b@example.com"), "zoe%2Ba%2Fb@example.com");
    }

    #[test]
    fn a_name_in_use_is_a_conflict() {
        let kind = error(&answer(400, r#"{"message":"Name in use"}"#)).kind;
        assert_eq!(kind, ErrorKind::Conflict { existing: None });
        let kind = error(&answer(403, r#"{"message":"Permission Denied"}"#)).kind;
        assert_eq!(kind, ErrorKind::Forbidden);
    }
}
