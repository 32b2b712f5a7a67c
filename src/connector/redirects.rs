//! Rules of a help center that answer old addresses with new ones.

use async_trait::async_trait;
use url::Url;

use super::Result;
use crate::schema::Kind;

/// A rule: who asks for one path is sent to another page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The path of the old page, from `/`.
    pub from: String,
    /// The new page: a path of the help center itself, or a whole address.
    pub to: String,
}

/// A rule as the target has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRule {
    /// Its id there.
    pub id: String,
    /// What it does.
    pub rule: Rule,
}

/// What a target does that has such rules.
#[async_trait]
pub trait Redirects: Send + Sync {
    /// The rule that leads from the old address of a page to its new one;
    /// `None` where there can be none. No request.
    fn rule(&self, kind: Kind, old: &Url, new: &str) -> Option<Rule>;

    /// Rules that the help center can have.
    fn most(&self) -> usize;

    /// Every rule of the help center.
    async fn standing(&self) -> Result<Vec<StandingRule>>;

    /// Puts a rule in place. One that is there for the same path is replaced:
    /// whoever calls has looked before.
    async fn set(&self, rule: &Rule) -> Result<()>;

    /// Removes a rule; one that is gone already is no failure.
    async fn remove(&self, id: &str) -> Result<()>;
}
