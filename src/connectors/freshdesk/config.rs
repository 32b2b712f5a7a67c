//! Options of a Freshdesk account.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::connector::{Error, Options, Result, Secret};

/// The `[source]` or `[target]` table of a Freshdesk account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the account: `acme` for `acme.freshdesk.com`.
    pub domain: String,
    /// Address of the API when it is not `https://<domain>.freshdesk.com`: a sandbox or a proxy.
    /// A custom address of the portal does not serve the API.
    #[serde(default)]
    pub base_url: Option<String>,
    /// API key of an administrator (profile settings, "View API key").
    pub api_key: Secret,
    /// Plan of the account, for the rate limits; read from the first answer when it is not given.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// Create custom fields that the target does not have, and the ones that
    /// keep each ticket's old id and date.
    #[serde(default)]
    pub create_fields: bool,
    /// Ticket field (single-line text) that holds the key which keeps a ticket from being written twice.
    #[serde(default = "marker_field")]
    pub marker_field: String,
    /// Ticket field (single-line text) for the id on the old desk; used when the account has it.
    #[serde(default = "legacy_id_field")]
    pub legacy_id_field: String,
    /// Ticket field (date) for the date on the old desk; used when the account has it.
    #[serde(default = "legacy_created_field")]
    pub legacy_created_field: String,
    /// How archived tickets are read: they are in no list.
    #[serde(default)]
    pub archived: Archived,
    /// Read every contact by itself: the list leaves out further addresses and tags.
    #[serde(default = "yes")]
    pub contact_details: bool,
    /// Whether to write with the dates of the old desk, over an interface that
    /// Freshworks opens for some accounts.
    #[serde(default)]
    pub channel_api: ChannelApi,
}

/// Plans, by what they are allowed a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// 50 calls a minute.
    Trial,
    /// 200 calls a minute.
    Growth,
    /// 400 calls a minute.
    Pro,
    /// 700 calls a minute.
    Enterprise,
}

/// What is done about archived tickets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Archived {
    /// They stay behind.
    Skip,
    /// Every id that no list shows is asked for: one call an id.
    #[default]
    Probe,
}

/// Whether tickets are written with their old dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelApi {
    /// When the account answers there.
    #[default]
    Auto,
    /// Never.
    Off,
}

fn marker_field() -> String {
    "cf_deskferry_id".into()
}

fn legacy_id_field() -> String {
    "cf_legacy_id".into()
}

fn legacy_created_field() -> String {
    "cf_legacy_created_at".into()
}

fn yes() -> bool {
    true
}

impl Config {
    /// Reads and checks the options.
    pub fn parse(options: &Options) -> Result<Config> {
        let mut config: Config = options.parse()?;
        config.domain = account(&config.domain)?;
        for name in [
            &config.marker_field,
            &config.legacy_id_field,
            &config.legacy_created_field,
        ] {
            if !name.starts_with("cf_") {
                return Err(Error::config(format!(
                    "`{name}` is not the name of a custom ticket field"
                ))
                .hint("names of custom ticket fields begin with `cf_`"));
            }
        }
        Ok(config)
    }

    /// Where the API is.
    pub fn base(&self) -> String {
        match &self.base_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}.freshdesk.com", self.domain),
        }
    }
}

/// The account's name from what people copy out of their browser.
pub fn account(text: &str) -> Result<String> {
    let host = text.trim().trim_start_matches("https://");
    let host = host.split('/').next().unwrap_or_default();
    let name = host.strip_suffix(".freshdesk.com").unwrap_or(host);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain {
        return Ok(name.to_ascii_lowercase());
    }
    Err(
        Error::config(format!("`{text}` is not the name of a Freshdesk account"))
            .hint("write `acme` for acme.freshdesk.com; the API is not served under an address of your own"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_taken_from_an_address() {
        assert_eq!(
            account("https://Acme.freshdesk.com/a/tickets").unwrap(),
            "acme"
        );
        assert_eq!(account("acme").unwrap(), "acme");
        let error = account("support.example.com").unwrap_err();
        assert!(error.hint.unwrap().contains("address of your own"));
    }
}
