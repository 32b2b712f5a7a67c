//! What `check` finds out about an account, for both directions.

use serde_json::Value;

use super::config::Config;
use super::limits;
use super::wire::OneUser;
use crate::connector::{CheckItem, ErrorKind, Result};
use crate::http::Client;

/// Who we are, what we may do, how fast, and what is switched off.
pub async fn common(client: &Client, config: &Config, source: bool) -> Result<Vec<CheckItem>> {
    let mut found = Vec::new();
    let answer = client.get("/api/v2/users/me").send().await?;
    let me: OneUser = answer.json()?;
    let who = me
        .user
        .email
        .clone()
        .or(me.user.name.clone())
        .unwrap_or_else(|| me.user.id.0.clone());
    match me.user.role.as_deref() {
        Some("admin") => found.push(CheckItem::ok(format!("signed in as {who}, an admin"))),
        Some("agent") => found.push(CheckItem::failure(
            format!("{who} is an agent, not an admin"),
            if source {
                "exports of tickets, users and ratings are for admins; tie the OAuth client to an admin"
            } else {
                "imports are for admins; tie the OAuth client to an admin"
            },
        )),
        other => found.push(CheckItem::failure(
            format!(
                "the credentials are refused or belong to nobody on the staff (role {})",
                other.unwrap_or("unknown")
            ),
            "check client_id, client_secret and the user that the OAuth client is tied to",
        )),
    }
    if let Some(limit) = answer.header("x-rate-limit") {
        found.push(CheckItem::ok(format!(
            "the account allows {limit} requests a minute"
        )));
    }
    if config.legacy() {
        found.push(CheckItem::warning(
            "signed in with an API token, which Zendesk switches off on 30 April 2027 and deactivates after 30 days without use",
            "create a confidential OAuth client and set client_id and client_secret instead",
        ));
    }
    match client
        .get("/api/v2/help_center/categories?page[size]=1")
        .budget(limits::HELP_CENTER)
        .send()
        .await
    {
        Ok(_) => found.push(CheckItem::ok("the help center can be reached")),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => {
            found.push(CheckItem::warning(
                format!("the help center cannot be reached: {error}"),
                "leave categories and articles out of the scope, or switch the help center on",
            ));
        }
        Err(error) => return Err(error),
    }
    match client.get("/api/v2/brands").json::<Value>().await {
        Ok(answer) => {
            let centers = answer
                .get("brands")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter(|brand| brand.get("has_help_center") == Some(&Value::Bool(true)))
                .count();
            if centers > 1 {
                found.push(CheckItem::warning(
                    format!(
                        "{centers} brands have a help center of their own; the one of `{}` is used",
                        config.subdomain
                    ),
                    "run once more with each brand's subdomain for the articles of the others",
                ));
            }
        }
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => {}
        Err(error) => return Err(error),
    }
    Ok(found)
}
