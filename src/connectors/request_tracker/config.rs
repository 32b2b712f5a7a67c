//! Options of a Request Tracker desk.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::connector::{Error, History, Options, Result, Secret};
use crate::http::Auth;

/// The `[source]` or `[target]` table of a Request Tracker desk.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the web interface, without `/REST/2.0`: `https://rt.example.com`.
    pub base_url: String,
    /// Auth token of a user with the rights to see (or write) everything.
    #[serde(default)]
    pub token: Option<Secret>,
    /// Login, where there is no token.
    #[serde(default)]
    pub user: Option<String>,
    /// Password of `user`.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Names of the queues to read; all of them when empty.
    #[serde(default)]
    pub queues: Vec<String>,
    /// As a source: whether the history of tickets is kept: who changed which field when.
    #[serde(default)]
    pub history: History,
    /// Queue for conversations whose group has none.
    #[serde(default)]
    pub default_queue: Option<String>,
    /// Auth tokens of agents, by login or email address: what they wrote is
    /// written in their own name, and their tickets are taken by themselves,
    /// which mails nobody.
    #[serde(default)]
    pub agent_tokens: BTreeMap<String, Secret>,
    /// How owners are set whose token is not given.
    #[serde(default)]
    pub assign: Assign,
    /// Locale of the articles; RT knows none.
    #[serde(default = "english")]
    pub locale: String,
}

/// How owners are set whose token is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assign {
    /// Not at all: RT would mail every new owner. The old owner's name is kept
    /// in the custom field `deskferry owner`.
    #[default]
    Silent,
    /// As an ordinary change, which mails the new owner once a ticket.
    Mail,
}

fn english() -> String {
    "en".to_owned()
}

impl Config {
    /// Reads and checks the options.
    pub fn read(options: &Options) -> Result<Config> {
        let config: Config = options.parse()?;
        config.auth()?;
        Ok(config)
    }

    /// How requests are authorized.
    pub fn auth(&self) -> Result<Auth> {
        match (&self.token, &self.user, &self.password) {
            (Some(token), None, None) => Ok(token_auth(token)),
            (None, Some(user), Some(password)) => Ok(Auth::Basic {
                user: user.clone(),
                password: password.clone(),
            }),
            _ => Err(
                Error::config("either `token` or `user` and `password` must be given")
                    .hint("create a token in RT under Settings, Auth Tokens"),
            ),
        }
    }

    /// The user that requests are made as: RT's tokens name its number
    /// (`1-14-…`), and there is no request that tells.
    pub fn me(&self) -> Option<String> {
        match (&self.token, &self.user) {
            (Some(token), _) => token.expose().split('-').nth(1).map(str::to_owned),
            (None, user) => user.clone(),
        }
    }

    /// The web interface's address without a slash at its end.
    pub fn base(&self) -> &str {
        let base = self.base_url.trim_end_matches('/');
        base.strip_suffix("/REST/2.0").unwrap_or(base)
    }

    /// The name of the desk: its host, with the port and path where they matter.
    pub fn desk(base_url: &str) -> String {
        let base = base_url.trim_end_matches('/');
        base.split_once("://")
            .map_or(base, |(_, rest)| rest)
            .to_owned()
    }
}

/// `Authorization: token …`, RT's own scheme.
pub fn token_auth(token: &Secret) -> Auth {
    Auth::Header {
        name: "Authorization",
        prefix: "token ",
        value: token.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        Config::read(&Options::new(text.parse().unwrap(), "source", "."))
    }

    #[test]
    fn one_way_to_sign_in_is_needed() {
        let error = read("base_url = 'https://rt.test'").unwrap_err();
        assert!(error.message.contains("token"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t"), "1-2-3").unwrap();
        let table = "base_url = 'https://rt.test/'\ntoken = { file = 't' }";
        let options = Options::new(table.parse().unwrap(), "source", folder.path());
        let config = Config::read(&options).unwrap();
        assert_eq!(config.base(), "https://rt.test");
        assert!(matches!(
            config.auth().unwrap(),
            Auth::Header {
                prefix: "token ",
                ..
            }
        ));
    }

    #[test]
    fn the_api_path_is_not_part_of_the_address() {
        assert_eq!(Config::desk("https://rt.test/"), "rt.test");
        assert_eq!(Config::desk("http://127.0.0.1:8080"), "127.0.0.1:8080");
    }
}
