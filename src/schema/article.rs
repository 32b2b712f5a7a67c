//! The knowledge base.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Date, Extra, values};

/// A level of the knowledge base: category, section or folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Category {
    /// Id, unique among all levels of the desk.
    pub id: String,
    /// The level above; none at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The platform's name for this level: `category`, `section`, `folder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Locale of the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_locale: Option<String>,
    /// Name and description by locale; the original first. `html` is the description.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<Translation>,
    /// Place among its siblings, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Who may read what is inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Address on the old desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Category {
    /// The name in the original language.
    pub fn name(&self) -> &str {
        self.translations.first().map_or("", |t| t.title.as_str())
    }
}

/// An article with all its translations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Article {
    /// Id shared by all translations.
    pub id: String,
    /// The [`Category`] it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_id: Option<String>,
    /// Locale of the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_locale: Option<String>,
    /// Texts by locale; the original first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<Translation>,
    /// Who may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The desk's own name for the audience (a segment), where it says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The [`super::Agent`] who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_id: Option<String>,
    /// Labels or tags, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Place among its siblings, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Shown first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promoted: bool,
    /// Readers may comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments_enabled: Option<bool>,
    /// Votes in favour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes_up: Option<u64>,
    /// Votes against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes_down: Option<u64>,
    /// Address on the old desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Article {
    /// The title in the original language.
    pub fn title(&self) -> &str {
        self.translations.first().map_or("", |t| t.title.as_str())
    }
}

/// One language of an article or category.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Translation {
    /// BCP 47 language tag, lower case as the desks give it (`en-us`, `pt-br`).
    pub locale: String,
    /// Title or name.
    pub title: String,
    /// Body or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Draft, published or archived; articles only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ArticleState>,
    /// Last part of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Title for search engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seo_title: Option<String>,
    /// Description for search engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seo_description: Option<String>,
    /// Out of date according to the desk.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
}

values! {
    /// Whether readers can see a text.
    ArticleState {
        /// Not yet.
        Draft = "draft",
        /// Now.
        Published = "published",
        /// No longer.
        Archived = "archived",
    }
}

values! {
    /// Who may read a part of the knowledge base.
    Visibility {
        /// Everyone.
        Public = "public",
        /// Whoever is signed in.
        SignedIn = "signed_in",
        /// Staff.
        Agents = "agents",
        /// A chosen audience; `audience` says which.
        Segment = "segment",
    }
}
