//! How requests are authorized.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use governor::clock::Clock as _;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::pacer::Clock;
use super::{Client, Method};
use crate::connector::{Error, ErrorKind, Result, Secret};

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

/// Credentials with the token that was granted for them, shared by all clones of a client.
pub(super) struct Credentials {
    auth: Auth,
    /// Locked while a token is fetched, so that one fetch serves all tasks.
    token: tokio::sync::Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    /// In the time of the client's clock.
    renew_at: Option<Duration>,
}

#[derive(Serialize)]
struct Grant<'a> {
    grant_type: &'static str,
    client_id: &'a str,
    client_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Credentials {
    pub(super) fn new(auth: Auth) -> Arc<Self> {
        Arc::new(Credentials {
            auth,
            token: tokio::sync::Mutex::default(),
        })
    }

    /// Whether another token may help after a 401.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.auth, Auth::ClientCredentials { .. })
    }

    /// The header to send. `refused` is the one that was just answered with 401.
    pub(super) async fn header(
        &self,
        client: &Client,
        clock: &Clock,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<(HeaderName, HeaderValue)>> {
        let (name, value) = match &self.auth {
            Auth::None => return Ok(None),
            Auth::Basic { user, password } => {
                let pair = format!("{user}:{}", password.expose());
                let pair = base64::engine::general_purpose::STANDARD.encode(pair);
                (AUTHORIZATION, secret_value(&format!("Basic {pair}"))?)
            }
            Auth::Bearer(token) => (
                AUTHORIZATION,
                secret_value(&format!("Bearer {}", token.expose()))?,
            ),
            Auth::Header {
                name,
                prefix,
                value,
            } => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| Error::config(format!("`{name}` is no name of a header")))?;
                (name, secret_value(&format!("{prefix}{}", value.expose()))?)
            }
            Auth::ClientCredentials { .. } => {
                let mut token = self.token.lock().await;
                let usable = token.as_ref().is_some_and(|token| {
                    refused != Some(&token.header)
                        && token.renew_at.is_none_or(|at| clock.now() < at)
                });
                if !usable {
                    *token = None;
                    *token = Some(self.fetch(client, clock).await?);
                }
                match token.as_ref() {
                    Some(token) => (AUTHORIZATION, token.header.clone()),
                    None => return Ok(None),
                }
            }
        };
        Ok(Some((name, value)))
    }

    async fn fetch(&self, client: &Client, clock: &Clock) -> Result<Token> {
        let Auth::ClientCredentials {
            token_url,
            client_id,
            client_secret,
            scope,
            expires_in,
        } = &self.auth
        else {
            return Err(Error::local("there is no token to fetch"));
        };
        let grant = Grant {
            grant_type: "client_credentials",
            client_id,
            client_secret: client_secret.expose(),
            scope: scope.as_deref(),
            expires_in: *expires_in,
        };
        // Boxed because sending needs credentials, which need sending.
        let call = client.call(Method::Post, token_url).body(&grant);
        let sent = Box::pin(call.anonymous().reads().unpaced().send());
        let asked = clock.now();
        let answer = sent.await.map_err(|error| match error.kind {
            ErrorKind::Transient | ErrorKind::RateLimited { .. } | ErrorKind::Config => error,
            _ => Error::new(
                ErrorKind::Auth,
                format!("the desk grants no token for client `{client_id}`"),
            )
            .hint("check client_id, client_secret and scope, and that the OAuth client is active")
            .caused_by(error),
        })?;
        // Parsed by hand: the message of a typed error could quote the token.
        let granted: Granted = serde_json::from_slice(&answer.body).map_err(|_| {
            Error::protocol(format!(
                "{} granted a token that cannot be read",
                answer.path
            ))
        })?;
        Ok(Token {
            header: secret_value(&format!("Bearer {}", granted.access_token))?,
            renew_at: granted.expires_in.and_then(|seconds| {
                asked.checked_add(Duration::from_secs(seconds - (seconds / 10).min(60)))
            }),
        })
    }
}

fn secret_value(text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::config("the credentials hold characters that cannot be sent")
            .hint("is there a line break or a blank in the secret?")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
