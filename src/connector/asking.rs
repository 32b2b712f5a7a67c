//! What the wizard asks for first to reach a desk: where it is, and how to sign in.

use crate::lang::Texts;

/// How a desk's options are asked for.
pub struct Asking {
    /// Where the desk is.
    pub place: Place,
    /// Ways to sign in, the one to prefer first; none where nothing is needed.
    pub ways: &'static [SignIn],
    /// Options that are on or off and worth a question on a target.
    pub switches: &'static [Switch],
}

/// The option that says where a desk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An account's name, the first part of its address.
    Account {
        /// The option: `subdomain`.
        option: &'static str,
        /// What follows the name: `.zendesk.com`.
        suffix: &'static str,
    },
    /// An address of its own.
    Address {
        /// The option: `base_url`.
        option: &'static str,
    },
    /// A folder.
    Folder {
        /// The option: `path`.
        option: &'static str,
    },
}

/// One way to sign in.
pub struct SignIn {
    /// What it is called on the platform.
    pub title: fn(&Texts) -> String,
    /// Where it is made there, and what it must be allowed.
    pub guide: fn(&Texts) -> String,
    /// The options that it needs, in the order to ask for them.
    pub options: &'static [&'static str],
}

/// An option that is on or off.
pub struct Switch {
    /// The option.
    pub option: &'static str,
    /// The question.
    pub ask: fn(&Texts) -> String,
    /// What is proposed.
    pub default: bool,
}

impl Place {
    /// The option.
    pub const fn option(self) -> &'static str {
        match self {
            Place::Account { option, .. }
            | Place::Address { option }
            | Place::Folder { option } => option,
        }
    }

    /// The options that an address or name, as people copy it, stands for.
    /// An account under another address than the platform's gets `base_url`.
    pub fn read(self, text: &str) -> Vec<(&'static str, String)> {
        let text = text.trim();
        let Place::Account { option, suffix } = self else {
            let text = match self {
                Place::Address { .. } if !text.contains("://") => format!("https://{text}"),
                _ => text.to_owned(),
            };
            return vec![(self.option(), text.trim_end_matches('/').to_owned())];
        };
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let host = bare.split('/').next().unwrap_or_default();
        match host.strip_suffix(suffix) {
            Some(name) => vec![(option, name.to_ascii_lowercase())],
            None if host == text && !host.contains(['.', ':']) => vec![(option, host.to_owned())],
            None => {
                let scheme = text.split_once("://").map_or("https", |(scheme, _)| scheme);
                let name: String = host
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                    .collect();
                vec![(option, name), ("base_url", format!("{scheme}://{host}"))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Place = Place::Account {
        option: "subdomain",
        suffix: ".zendesk.com",
    };

    #[test]
    fn an_account_is_taken_from_what_people_copy() {
        for text in [
            "acme",
            "acme.zendesk.com",
            "https://acme.zendesk.com/agent/dashboard",
        ] {
            assert_eq!(
                ACCOUNT.read(text),
                [("subdomain", "acme".to_owned())],
                "{text}"
            );
        }
        assert_eq!(
            ACCOUNT.read("http://127.0.0.1:8080/"),
            [
                ("subdomain", "127-0-0-1-8080".to_owned()),
                ("base_url", "http://127.0.0.1:8080".to_owned())
            ]
        );
        let address = Place::Address { option: "base_url" };
        let expected = [("base_url", "https://rt.example.com".to_owned())];
        assert_eq!(address.read("rt.example.com/"), expected);
    }
}
