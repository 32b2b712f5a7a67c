//! Talking to one account: authorization, errors, limits, lists.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::config::Config;
use super::{limits, wire};
use crate::connector::{Blob, Error, ErrorKind, RawPage, Result, Secret, Unreadable};
use crate::http::{Answer, Auth, Call, Client, Dialect, Method, Observation, Settings};
use crate::schema::{Attachment, Key, Kind};

/// What Freshdesk says about a refused request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// Status of the answer.
    #[serde(skip)]
    pub status: u16,
    /// Machine-readable reason, where it is about the request as a whole.
    pub code: Option<String>,
    /// The same for people.
    pub message: Option<String>,
    /// The same where fields are at fault.
    pub description: Option<String>,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
}

/// One refused field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FieldError {
    /// The field.
    pub field: Option<String>,
    /// For people.
    pub message: Option<String>,
    /// For machines: `missing_field`, `duplicate_value`.
    pub code: Option<String>,
    /// Whose the value is already.
    pub additional_info: Option<Existing>,
}

/// The record that has a unique value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Existing {
    /// A contact or an agent.
    pub user_id: Option<u64>,
}

impl Refusal {
    /// Names of the fields at fault, without `custom_fields.` before them.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.errors
            .iter()
            .filter_map(|e| e.field.as_deref())
            .map(|field| field.strip_prefix("custom_fields.").unwrap_or(field))
    }

    /// Whether a field is at fault because its value is taken.
    pub fn duplicate(&self, field: &str) -> bool {
        self.errors.iter().any(|e| {
            e.field.as_deref() == Some(field) && e.code.as_deref() == Some("duplicate_value")
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.description.as_deref().or(self.message.as_deref());
        f.write_str(text.unwrap_or("no reason given"))?;
        for error in &self.errors {
            let field = error.field.as_deref().unwrap_or("?");
            write!(
                f,
                "; {field}: {}",
                error.message.as_deref().unwrap_or("refused")
            )?;
            if let Some(code) = &error.code {
                write!(f, " ({code})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// The refusal that an error comes from.
pub fn refusal(error: &Error) -> Option<&Refusal> {
    error.source.as_deref()?.downcast_ref()
}

/// Turns an error status into an [`Error`] that keeps its [`Refusal`].
fn error(answer: &Answer) -> Error {
    let mut refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    refusal.status = answer.status;
    let nothing =
        refusal.errors.is_empty() && refusal.message.is_none() && refusal.description.is_none();
    let said = if nothing {
        answer.excerpt()
    } else {
        refusal.to_string()
    };
    let code = refusal
        .code
        .as_deref()
        .or_else(|| refusal.errors.first()?.code.as_deref())
        .unwrap_or_default();
    let (kind, hint) = match answer.status {
        404 => (ErrorKind::NotFound, None),
        403 => (ErrorKind::Forbidden, Some(forbidden(code))),
        409 => (
            ErrorKind::Conflict {
                existing: refusal
                    .errors
                    .iter()
                    .find_map(|e| Some(e.additional_info.as_ref()?.user_id?.to_string())),
            },
            None,
        ),
        405 => (
            ErrorKind::Rejected { field: None },
            Some(
                "spam, deleted tickets and blocked contacts cannot be changed; restore them first",
            ),
        ),
        400 | 413 | 415 | 422 => (
            ErrorKind::Rejected {
                field: refusal.fields().next().map(str::to_owned),
            },
            rejected(code),
        ),
        500.. => (ErrorKind::Transient, None),
        _ => (ErrorKind::Protocol, None),
    };
    let path = answer.path.split('?').next().unwrap_or_default();
    let mut error = Error::new(
        kind,
        format!("Freshdesk refused {path} with {}: {said}", answer.status),
    );
    if let Some(hint) = hint {
        error = error.hint(hint);
    }
    error.caused_by(refusal)
}

fn forbidden(code: &str) -> &'static str {
    match code {
        "require_feature" => "the plan of the account lacks this feature",
        "account_suspended" => "the account is suspended; renew it first",
        "max_agents_reached" => "no agent seat is left",
        _ => "use the API key of an administrator",
    }
}

fn rejected(code: &str) -> Option<&'static str> {
    match code {
        "missing_field" => Some(
            "the account demands this field: map a value to it, or make it optional in Admin > Ticket Fields while the migration runs",
        ),
        "invalid_value" => Some("map the value to one that the account has"),
        "invalid_field" => {
            Some("the account does not have this field; create it, or drop it in the mapping")
        }
        _ => None,
    }
}

/// Reads the limits from the headers. Sub-limits are in none, yet the total tells the plan.
fn observe(answer: &Answer, budget: &'static str) -> Vec<Observation> {
    let number = |name: &str| {
        answer
            .header(name)
            .and_then(|text| text.trim().parse().ok())
    };
    let (total, remaining): (Option<u32>, Option<u32>) =
        (number("x-ratelimit-total"), number("x-ratelimit-remaining"));
    if total.is_none() && remaining.is_none() {
        return Vec::new();
    }
    let mut seen = vec![Observation {
        budget: limits::DEFAULT,
        per_minute: total,
        remaining,
        resets_in: None,
    }];
    if let Some(total) = total.filter(|_| budget != limits::DEFAULT) {
        seen.push(Observation {
            budget,
            per_minute: Some(limits::by_total(budget, total)),
            remaining: None,
            resets_in: None,
        });
    }
    seen
}

const DIALECT: Dialect = Dialect {
    error,
    observe,
    retry: |_| None,
};

/// One Freshdesk account.
#[derive(Clone)]
pub struct Desk {
    http: Client,
}

/// A page of a list, row by row.
pub struct Rows<T> {
    /// What could be read.
    pub rows: Vec<T>,
    /// What could not.
    pub problems: Vec<Unreadable>,
    /// The answer.
    pub raw: RawPage,
    /// There is another page.
    pub more: bool,
    /// What the rows are.
    pub kind: Kind,
}

impl Desk {
    /// The account's client, for what is no single call.
    pub(super) fn http(&self) -> &Client {
        &self.http
    }

    /// Opens the account. No request.
    pub fn open(config: &Config, settings: &Settings) -> Result<Desk> {
        let auth = Auth::Basic {
            user: config.api_key.expose().to_owned(),
            password: Secret::new("X"),
        };
        let limits = limits::of(config.plan);
        let http = Client::new(&config.base(), auth, limits, DIALECT, settings)?;
        Ok(Desk { http })
    }

    /// Where the account is, without a slash at its end.
    pub fn base(&self) -> &str {
        self.http.base_url()
    }

    /// A call below `/api/v2`.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.http.call(method, &format!("/api/v2{path}"))
    }

    /// A call to any address; without credentials unless it is below the account.
    pub fn raw_call(&self, method: Method, url: &str) -> Call {
        self.http.call(method, url)
    }

    /// The bytes of a file.
    pub async fn file(&self, attachment: &Attachment) -> Result<Blob> {
        let Some(url) = &attachment.url else {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{} has no address", attachment.name),
            )
            .at(Key::new(Kind::Attachment, &attachment.id)));
        };
        // Addresses are signed: a file server that sees credentials as well refuses.
        let signed = self.raw_call(Method::Get, url).anonymous().download().await;
        match signed {
            Err(error)
                if matches!(error.kind, ErrorKind::Auth | ErrorKind::Forbidden)
                    && url.starts_with(&format!("{}/", self.base())) =>
            {
                self.raw_call(Method::Get, url).download().await
            }
            other => other,
        }
    }

    /// `GET` below `/api/v2`.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::Get, path)
    }

    /// `POST` below `/api/v2`.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::Post, path)
    }

    /// `PUT` below `/api/v2`.
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::Put, path)
    }

    /// One record, or `None` where the account has none.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        optional(self.get(path).json().await)
    }

    /// One page of a list. A row that cannot be read becomes a problem of `kind`.
    pub async fn page<T: DeserializeOwned>(&self, call: Call, kind: Kind) -> Result<Rows<T>> {
        let answer = call.send().await?;
        let more = answer.next_link().is_some();
        let rows: Vec<Box<RawValue>> = answer.json()?;
        let mut page = Rows {
            rows: Vec::with_capacity(rows.len()),
            problems: Vec::new(),
            raw: RawPage {
                path: answer.path.clone(),
                body: answer.body.clone(),
            },
            more,
            kind,
        };
        for row in rows {
            match read_row(row.get()) {
                Ok(row) => page.rows.push(row),
                Err(reason) => page.problems.push(unreadable(kind, row.get(), reason)),
            }
        }
        Ok(page)
    }

    /// All pages of a short list. A row that cannot be read is an error.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut list = Vec::new();
        for number in 1..=limits::MAX_PAGES {
            let page = self
                .get(path)
                .query(&[("per_page", limits::PAGE), ("page", number)]);
            let answer = page.send().await?;
            let rows: Vec<T> = answer.json()?;
            let more = answer.next_link().is_some() && !rows.is_empty();
            list.extend(rows);
            if !more {
                return Ok(list);
            }
        }
        Err(Error::protocol(format!("{path} has no last page")))
    }

    /// The languages of the account; the first one is the original's.
    pub async fn languages(&self) -> Result<Vec<String>> {
        let settings: wire::Settings = match optional(self.get("/settings/helpdesk").json().await) {
            Ok(settings) => settings.unwrap_or_default(),
            Err(error) if error.kind == ErrorKind::Forbidden => wire::Settings::default(),
            Err(error) => return Err(error),
        };
        let mut list = vec![settings.primary_language.unwrap_or_else(|| "en".into())];
        for language in settings
            .supported_languages
            .into_iter()
            .chain(settings.portal_languages)
        {
            if !list.contains(&language) {
                list.push(language);
            }
        }
        Ok(list)
    }
}

/// Not being there, as `None`.
pub fn optional<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_row<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader)
        .map_err(|e| format!("{}: {}", e.path(), e.inner()))
}

fn unreadable(kind: Kind, json: &str, reason: String) -> Unreadable {
    #[derive(Deserialize)]
    struct AnyId {
        id: serde_json::Value,
    }
    let id = match serde_json::from_str::<AnyId>(json).map(|row| row.id) {
        Ok(serde_json::Value::String(id)) => id,
        Ok(serde_json::Value::Number(id)) => id.to_string(),
        _ => "?".into(),
    };
    Unreadable {
        key: Key::new(kind, id),
        reason,
        original: json.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str, headers: &[(&'static str, &str)]) -> Answer {
        let mut map = reqwest::header::HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Answer {
            status,
            headers: map,
            body: bytes::Bytes::from_static(body.as_bytes()),
            path: "/api/v2/contacts?page=1".into(),
        }
    }

    #[test]
    fn a_conflict_names_who_has_the_value() {
        let body = r#"{"description":"Validation failed","errors":[{"field":"email","additional_info":{"user_id":432},"message":"It should be a unique value","code":"duplicate_value"}]}"#;
        let error = error(&answer(409, body, &[]));
        assert_eq!(
            error.kind,
            ErrorKind::Conflict {
                existing: Some("432".into())
            }
        );
        assert!(refusal(&error).unwrap().duplicate("email"));
    }

    #[test]
    fn a_refused_field_is_named() {
        let body = r#"{"description":"Validation failed","errors":[{"field":"custom_fields.cf_x","message":"Mandatory attribute missing","code":"missing_field"}]}"#;
        let error = error(&answer(400, body, &[]));
        assert_eq!(
            error.kind,
            ErrorKind::Rejected {
                field: Some("cf_x".into())
            }
        );
        assert!(error.hint.unwrap().contains("demands"));
    }

    #[test]
    fn the_headers_set_the_sub_limits_too() {
        let headers = [
            ("x-ratelimit-total", "400"),
            ("x-ratelimit-remaining", "17"),
        ];
        let seen = observe(&answer(200, "[]", &headers), limits::TICKETS_LIST);
        assert_eq!(seen[0].remaining, Some(17));
        assert_eq!(
            (seen[1].budget, seen[1].per_minute),
            (limits::TICKETS_LIST, Some(100))
        );
    }

    #[test]
    fn a_bad_row_is_named_by_field_and_id() {
        let row = r#"{"id":7,"tags":"x"}"#;
        let reason = read_row::<wire::Ticket>(row).unwrap_err();
        assert!(reason.starts_with("tags"), "{reason}");
        assert_eq!(unreadable(Kind::Conversation, row, reason).key.id, "7");
    }
}
