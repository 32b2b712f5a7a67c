//! Options of a Zendesk account.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::connector::{Error, History, Options, Result, Secret};
use crate::http::Auth;
use crate::schema::Date;

/// The `[source]` or `[target]` table for Zendesk.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The account: `acme` of `acme.zendesk.com`.
    pub subdomain: String,
    /// Another address than `https://<subdomain>.zendesk.com`: a sandbox, a proxy.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Unique identifier of a confidential OAuth client (Admin Center > Apps and
    /// integrations > APIs > OAuth clients). The client must belong to an admin.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The client's secret.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// Scopes to ask for, separated by blanks; `read` for a source and `read write` for a target when not given.
    #[serde(default)]
    pub scope: Option<String>,
    /// Legacy: the admin that an API token belongs to. Zendesk removes API tokens on 30 April 2027.
    #[serde(default)]
    pub email: Option<String>,
    /// Legacy: the API token.
    #[serde(default)]
    pub api_token: Option<Secret>,
    /// As a source: leave out what has not changed since then (`2019-01-01` or a full date and time).
    #[serde(default)]
    pub start_time: Option<String>,
    /// As a source: how comments are read.
    #[serde(default)]
    pub comments: Comments,
    /// As a source: which addresses of customers are read.
    #[serde(default)]
    pub identities: Identities,
    /// As a source: whether the history of tickets is kept: who changed which field when.
    #[serde(default)]
    pub history: History,
    /// As a source: what becomes of suspended tickets: mails that wait for a decision.
    #[serde(default)]
    pub suspended: Suspended,
    /// As a target: put closed tickets straight into the archive. Zendesk advises it from 750,000 tickets.
    #[serde(default)]
    pub archive_immediately: bool,
    /// As a target: whether customers are written in batches. Zendesk refuses
    /// that until its support has enabled it for the account.
    #[serde(default)]
    pub users_bulk: UsersBulk,
}

/// How comments are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comments {
    /// The event stream for all, and one call a ticket where it was incomplete.
    #[default]
    Auto,
    /// The same as `auto`: a thousand events a call, ten calls a minute.
    Events,
    /// Two calls a ticket, for comments and for what happened beside them:
    /// faster for a desk of few tickets on a big plan.
    Tickets,
}

/// Which addresses of customers are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Identities {
    /// All: with the users where Zendesk sends them along, else one call a user.
    #[default]
    Auto,
    /// The primary address and phone number only.
    Primary,
}

/// What becomes of suspended tickets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Suspended {
    /// They are counted, and stay.
    #[default]
    Off,
    /// They are read as tickets with the tag `suspended`.
    Tickets,
}

/// Whether customers are written in batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsersBulk {
    /// Tried once; one by one after a refusal.
    #[default]
    Auto,
    /// One by one (60 a minute).
    Never,
}

impl Config {
    /// Reads and checks the options.
    pub fn parse(options: &Options) -> Result<Config> {
        let config: Config = options.parse()?;
        check_subdomain(&config.subdomain)?;
        config.auth("read")?;
        config.start()?;
        Ok(config)
    }

    /// The account's address without a slash at its end.
    pub fn base(&self) -> String {
        match &self.base_url {
            Some(base) => base.trim_end_matches('/').to_owned(),
            None => format!("https://{}.zendesk.com", self.subdomain),
        }
    }

    /// Whether the account is reached by a legacy API token.
    pub fn legacy(&self) -> bool {
        self.api_token.is_some()
    }

    /// How requests are authorized: exactly one way must be configured.
    pub fn auth(&self, scope: &str) -> Result<Auth> {
        let oauth = self.client_id.is_some() || self.client_secret.is_some();
        let token = self.email.is_some() || self.api_token.is_some();
        match (oauth, token) {
            (true, true) => Err(Error::config(
                "both an OAuth client and an API token are configured for Zendesk",
            )
            .hint("keep client_id and client_secret, remove email and api_token")),
            (false, false) => Err(Error::config("no credentials are configured for Zendesk").hint(
                "set client_id and client_secret of a confidential OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients)",
            )),
            (true, false) => match (&self.client_id, &self.client_secret) {
                (Some(id), Some(secret)) => Ok(Auth::ClientCredentials {
                    token_url: "/oauth/tokens".to_owned(),
                    client_id: id.clone(),
                    client_secret: secret.clone(),
                    scope: Some(self.scope.clone().unwrap_or_else(|| scope.to_owned())),
                    // Just below the longest lifetime that Zendesk grants (48 hours).
                    expires_in: Some(172_000),
                }),
                (None, _) => Err(Error::config("client_secret is set, client_id is not")),
                (_, None) => Err(Error::config("client_id is set, client_secret is not")),
            },
            (false, true) => match (&self.email, &self.api_token) {
                (Some(email), Some(token)) => Ok(Auth::Basic {
                    user: format!("{email}/token"),
                    password: token.clone(),
                }),
                (None, _) => Err(Error::config("api_token is set, email is not")
                    .hint("set email to the address of the admin that the token belongs to")),
                (_, None) => Err(Error::config("email is set, api_token is not")
                    .hint("an OAuth client (client_id, client_secret) outlives API tokens")),
            },
        }
    }

    /// The date of `start_time`.
    pub fn start(&self) -> Result<Option<Date>> {
        let Some(text) = &self.start_time else {
            return Ok(None);
        };
        if let Ok(date) = text.parse::<Date>() {
            return Ok(Some(date));
        }
        text.parse::<jiff::civil::Date>()
            .ok()
            .and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|zoned| Some(zoned.timestamp()))
            .ok_or_else(|| {
                Error::config(format!("start_time `{text}` is not a date"))
                    .hint("write 2019-01-01 or 2019-01-01T00:00:00Z")
            })
    }
}

/// Names the account without reading secrets.
pub fn desk(options: &Options) -> Result<String> {
    match options.text("subdomain") {
        Some(subdomain) => check_subdomain(subdomain).map(|()| subdomain.to_owned()),
        None => Err(Error::config("subdomain is not set")
            .hint("set subdomain to `acme` if the account is acme.zendesk.com")),
    }
}

fn check_subdomain(subdomain: &str) -> Result<()> {
    let fine = !subdomain.is_empty()
        && subdomain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fine {
        return Ok(());
    }
    let guess = subdomain
        .trim_start_matches("https://")
        .split('.')
        .next()
        .unwrap_or_default();
    Err(
        Error::config(format!("subdomain `{subdomain}` is not a subdomain")).hint(format!(
            "write the first part of the address only: `{guess}`"
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "s3cret\n").unwrap();
        Config::parse(&Options::new(
            text.parse().unwrap(),
            "source",
            folder.path(),
        ))
    }

    const SECRET: &str = "{ file = 'secret' }";

    #[test]
    fn an_oauth_client_is_enough() {
        let config = parse(&format!(
            "subdomain = 'acme'\nclient_id = 'deskferry'\nclient_secret = {SECRET}"
        ))
        .unwrap();
        assert_eq!(config.base(), "https://acme.zendesk.com");
        assert!(matches!(
            config.auth("read"),
            Ok(Auth::ClientCredentials { scope: Some(scope), .. }) if scope == "read"
        ));
    }

    #[test]
    fn a_legacy_token_signs_in_with_its_suffix() {
        let config = parse(&format!(
            "subdomain = 'acme'\nemail = 'ada@example.com'\napi_token = {SECRET}"
        ))
        .unwrap();
        assert!(config.legacy());
        assert!(matches!(
            config.auth("read"),
            Ok(Auth::Basic { user, .. }) if user == "ada@example.com/token"
        ));
    }

    #[test]
    fn two_ways_or_none_are_refused() {
        let both = parse(&format!(
            "subdomain = 'acme'\nclient_id = 'x'\nclient_secret = {SECRET}\nemail = 'a@example.com'\napi_token = {SECRET}"
        ));
        assert!(both.unwrap_err().message.contains("both"));
        assert!(
            parse("subdomain = 'acme'")
                .unwrap_err()
                .message
                .contains("no credentials")
        );
        let half = parse("subdomain = 'acme'\nclient_id = 'x'");
        assert!(half.unwrap_err().message.contains("client_secret is not"));
    }

    #[test]
    fn a_whole_address_as_subdomain_is_corrected() {
        let error = parse("subdomain = 'https://acme.zendesk.com'").unwrap_err();
        assert!(error.hint.unwrap().contains("`acme`"));
    }

    #[test]
    fn start_time_is_a_day_or_a_moment() {
        let config = |start: &str| {
            parse(&format!(
                "subdomain = 'acme'\nstart_time = '{start}'\nclient_id = 'x'\nclient_secret = {SECRET}"
            ))
        };
        assert_eq!(
            config("2019-01-01").unwrap().start().unwrap(),
            Some("2019-01-01T00:00:00Z".parse().unwrap())
        );
        assert!(config("2019-01-01T05:00:00+02:00").is_ok());
        assert!(config("last year").is_err());
    }
}
