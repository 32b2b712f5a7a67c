//! Redirect rules of the help center, as documented in
//! <https://developer.zendesk.com/api-reference/help_center/help-center-api/redirect_rules/>.
//!
//! A rule acts only where the help center has no page (404), and on every host
//! that leads to it. To set one replaces whatever rule the path had, and is
//! answered without a body.

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use super::ZendeskSink;
use crate::connector::address::number;
use crate::connector::redirects::{Redirects, Rule, StandingRule};
use crate::connector::{Error, ErrorKind, Result};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire::{self, List};
use crate::schema::Kind;

const RULES: &str = "/api/v2/guide/redirect_rules";

/// First parts of paths that Zendesk answers itself: a rule for them is
/// refused, or never asked. `/knowledge/` is documented, the others are
/// addresses of the API and of the agents' interface.
const RESERVED: [&str; 4] = ["knowledge", "api", "agent", "admin"];

#[async_trait]
impl Redirects for ZendeskSink {
    fn rule(&self, kind: Kind, old: &Url, new: &str) -> Option<Rule> {
        // Tickets and files are no pages of the help center.
        if !matches!(kind, Kind::Article | Kind::Category) || old.query().is_some() {
            return None;
        }
        let from = without_slug(old.path());
        let first = from.split('/').nth(1).unwrap_or_default();
        if first.is_empty() || RESERVED.contains(&first) {
            return None;
        }
        // Without a host it is right on every host that leads here.
        let to = match new.strip_prefix(&self.desk.public) {
            Some(path) if path.starts_with('/') => path,
            _ => new,
        };
        (from != to).then(|| Rule {
            from,
            to: to.to_owned(),
        })
    }

    fn most(&self) -> usize {
        limits::REDIRECT_RULES
    }

    async fn standing(&self) -> Result<Vec<StandingRule>> {
        let brand = self.own_brand().await?;
        let (mut rules, mut after) = (Vec::new(), None::<String>);
        for _ in 0..limits::MAX_PAGES {
            let mut call = self
                .desk
                .client
                .get(RULES)
                .budget(limits::HELP_CENTER)
                .query(&[("page[size]", limits::REDIRECT_PAGE)]);
            if let Some(after) = &after {
                call = call.query(&[("page[after]", after)]);
            }
            let answer = call.send().await.map_err(told)?;
            let page: List<wire::RedirectRule> = wire::list(&answer)?;
            // One that is overlooked would be replaced.
            if let Some(bad) = page.bad.first() {
                return Err(Error::protocol(format!("{RULES}: {}", bad.reason)));
            }
            let next = page.next();
            let is_ours = |row: &wire::RedirectRule| {
                let both = row.brand_id.as_ref().zip(brand.as_ref());
                both.is_none_or(|(one, own)| one.0 == *own)
            };
            let ours = page.rows.into_iter().filter(is_ours);
            rules.extend(ours.map(|row| StandingRule {
                id: row.id.0,
                rule: Rule {
                    from: row.redirect_from,
                    to: row.redirect_to,
                },
            }));
            if next.is_none() {
                return Ok(rules);
            }
            if next == after {
                return Err(Error::protocol(format!("{RULES} repeats its cursor")));
            }
            after = next;
        }
        Err(Error::protocol(format!("{RULES} does not end")))
    }

    async fn set(&self, rule: &Rule) -> Result<()> {
        let mut sent = json!({
            "redirect_from": rule.from,
            "redirect_to": rule.to,
            "redirect_status": 301,
        });
        if let Some(brand) = self.own_brand().await? {
            sent["brand_id"] = Value::String(brand);
        }
        self.desk
            .client
            .post(RULES)
            .budget(limits::HELP_CENTER)
            .body(&json!({ "redirect_rule": sent }))
            // Twice the same rule is one.
            .repeatable()
            .send()
            .await
            .map(|_| ())
            .map_err(told)
    }

    async fn remove(&self, id: &str) -> Result<()> {
        let path = format!("{RULES}/{id}");
        let call = self.desk.client.delete(&path).budget(limits::HELP_CENTER);
        match call.send().await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other.map(|_| ()).map_err(told),
        }
    }
}

impl ZendeskSink {
    /// The brand whose help center is written, where the account has several.
    async fn own_brand(&self) -> Result<Option<String>> {
        let brand = self
            .brand
            .get_or_try_init(|| async {
                let client = &self.desk.client;
                let brands: Vec<wire::Brand> =
                    match source::all(client, "/api/v2/brands", limits::DEFAULT).await {
                        Err(error) if matches!(error.kind, ErrorKind::NotFound) => Vec::new(),
                        other => other?,
                    };
                let own = Some(self.config.subdomain.as_str());
                let found = brands
                    .iter()
                    .find(|brand| brand.subdomain.as_deref() == own)
                    .or_else(|| brands.iter().find(|brand| brand.default == Some(true)));
                let several = brands.len() > 1;
                Ok::<_, Error>(found.filter(|_| several).map(|brand| brand.id.0.clone()))
            })
            .await?;
        Ok(brand.clone())
    }
}

/// A refusal, with what it needs.
fn told(error: Error) -> Error {
    match error.kind {
        ErrorKind::Forbidden | ErrorKind::NotFound => Error::new(
            ErrorKind::Forbidden,
            format!("redirect rules are refused: {}", error.message),
        )
        .hint(
            "they need an admin of Guide, and a plan of Guide other than Guide Lite; else let your own server redirect: `deskferry links --format nginx`",
        ),
        _ => error,
    }
}

/// `/hc/en-us/articles/12` of `/hc/en-us/articles/12-How-to-print`: the help
/// center ignores what stands behind the number. Elsewhere a path is what it is.
fn without_slug(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if let Some((above, last)) = path.rsplit_once('/')
        && above.starts_with("/hc/")
        && let Some(number) = number(last)
    {
        return format!("{above}/{number}");
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_help_center_lose_their_slug() {
        for (path, from) in [
            (
                "/hc/en-us/articles/12-How-to-print",
                "/hc/en-us/articles/12",
            ),
            ("/hc/articles/12", "/hc/articles/12"),
            ("/hc/de/sections/7-Erste-Schritte/", "/hc/de/sections/7"),
            (
                "/en/support/solutions/articles/5-lamp",
                "/en/support/solutions/articles/5-lamp",
            ),
        ] {
            assert_eq!(without_slug(path), from);
        }
    }
}
