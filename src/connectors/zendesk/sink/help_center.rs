//! Categories, sections and articles of the help center.

use serde_json::{Value, json};

use super::assess;
use super::payload::number;
use super::{ZendeskSink, made};
use crate::connector::{Error, ErrorKind, Item, Outcome, Result, TargetDesk, WriteAction, Written};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, OneSection};
use crate::schema::{Article, ArticleState, Category, Kind, Translation};

/// Name of the section that takes articles which stand directly in a category.
pub(super) const GENERAL: &str = "General";

/// Level and number of `section:12`.
pub fn split_id(id: &str) -> Result<(&'static str, &str)> {
    match id.split_once(':') {
        Some(("category", number)) => Ok(("categories", number)),
        Some(("section", number)) => Ok(("sections", number)),
        _ => Err(Error::local(format!(
            "`{id}` is neither a category nor a section of Zendesk"
        ))),
    }
}

impl ZendeskSink {
    pub(super) fn guide_post(&self, path: &str) -> crate::http::Call {
        self.desk.client.post(path).budget(limits::HELP_CENTER)
    }

    pub(super) async fn write_category(
        &self,
        item: &Item,
        level: &Category,
        target: &TargetDesk,
    ) -> Outcome {
        let texts = texts(&level.translations, target)?;
        let (locale, first) = &texts[0];
        if let Some(id) = &item.existing {
            self.update_texts(id, &texts).await?;
            return Ok(Written {
                action: WriteAction::Updated,
                ..Written::created(id.as_str())
            });
        }
        let mut sent = json!({
            "name": first.title,
            "description": first.html.clone().unwrap_or_default(),
            "locale": locale,
        });
        if let Some(position) = level.position {
            sent["position"] = position.into();
        }
        let parent = match &level.parent_id {
            None => None,
            Some(parent) => Some(item.refs.get(Kind::Category, parent).ok_or_else(|| {
                Error::rejected(
                    "parent_id",
                    format!("the level above ({parent}) is not on the target"),
                )
                .hint("write it first: `deskferry retry`")
            })?),
        };
        let id = match parent.map(split_id).transpose()? {
            None => {
                let answer: Value = self
                    .guide_post(&format!("/api/v2/help_center/{locale}/categories"))
                    .body(&json!({"category": sent}))
                    .json()
                    .await?;
                format!("category:{}", made(&answer, "category")?)
            }
            Some(("categories", above)) => {
                format!(
                    "section:{}",
                    self.create_section(locale, above, &sent).await?.id.0
                )
            }
            Some((_, above)) => {
                let section: OneSection = self
                    .desk
                    .client
                    .get(&format!("/api/v2/help_center/sections/{above}"))
                    .budget(limits::HELP_CENTER)
                    .json()
                    .await?;
                let category = section.section.category_id.unwrap_or_default().0;
                let mut nested = sent.clone();
                nested["parent_section_id"] = number(above);
                // Only the attempt shows whether the plan has sections below
                // sections: that it may not have them was declared.
                let created = match self.create_section(locale, &category, &nested).await {
                    Err(error)
                        if matches!(
                            error.kind,
                            ErrorKind::Rejected { .. } | ErrorKind::Forbidden
                        ) =>
                    {
                        self.create_section(locale, &category, &sent).await?
                    }
                    other => other?,
                };
                format!("section:{}", created.id.0)
            }
        };
        self.settled(self.ensure_translations(&id, &texts).await)?;
        Ok(Written::created(id))
    }

    /// A failure after the creation leaves a record that must be looked up.
    pub(super) fn settled<T>(&self, done: Result<T>) -> Result<T> {
        done.map_err(|error| {
            if error.stops_run() {
                return error;
            }
            Error::new(
                ErrorKind::Transient,
                format!("created, but not yet complete: {error}"),
            )
        })
    }

    async fn create_section(
        &self,
        locale: &str,
        category: &str,
        sent: &Value,
    ) -> Result<wire::Section> {
        let answer: OneSection = self
            .guide_post(&format!(
                "/api/v2/help_center/{locale}/categories/{category}/sections"
            ))
            .body(&json!({"section": sent, "notify_subscribers": false}))
            .json()
            .await?;
        Ok(answer.section)
    }

    /// Adds the languages that are not there yet.
    pub(super) async fn ensure_translations(
        &self,
        id: &str,
        texts: &[(String, Translation)],
    ) -> Result<()> {
        if texts.len() < 2 {
            return Ok(());
        }
        let (level, number) = match split_id(id) {
            Ok(found) => found,
            Err(_) => ("articles", id),
        };
        let path = format!("/api/v2/help_center/{level}/{number}/translations");
        let there: Vec<wire::Translation> = self.optional(&path, limits::HELP_CENTER).await?;
        for (locale, text) in texts {
            if there
                .iter()
                .any(|row| row.locale.eq_ignore_ascii_case(locale))
            {
                continue;
            }
            let mut sent = json!({
                "locale": locale,
                "title": text.title,
                "body": text.html.clone().unwrap_or_default(),
            });
            if level == "articles" {
                sent["draft"] = draft(text).into();
            }
            self.guide_post(&path)
                .body(&json!({"translation": sent, "notify_subscribers": false}))
                .send()
                .await?;
        }
        Ok(())
    }

    /// Writes texts over those that are there, and adds languages that are not.
    pub(super) async fn update_texts(
        &self,
        id: &str,
        texts: &[(String, Translation)],
    ) -> Result<()> {
        let (level, number) = match split_id(id) {
            Ok(found) => found,
            Err(_) => ("articles", id),
        };
        let path = format!("/api/v2/help_center/{level}/{number}/translations");
        for (locale, text) in texts {
            let mut sent = json!({
                "title": text.title,
                "body": text.html.clone().unwrap_or_default(),
            });
            if level == "articles" {
                sent["draft"] = draft(text).into();
            }
            let put = self
                .desk
                .client
                .put(&format!("{path}/{locale}"))
                .budget(limits::HELP_CENTER)
                .body(&json!({"translation": sent, "notify_subscribers": false}))
                .send()
                .await;
            match put {
                Err(error) if error.kind == ErrorKind::NotFound => {
                    sent["locale"] = locale.as_str().into();
                    self.guide_post(&path)
                        .body(&json!({"translation": sent, "notify_subscribers": false}))
                        .send()
                        .await?;
                }
                other => {
                    other?;
                }
            }
        }
        Ok(())
    }

    /// The number of the section that the article goes into.
    pub(super) async fn section_of(
        &self,
        item: &Item,
        article: &Article,
        locale: &str,
    ) -> Result<String> {
        let source = article.category_id.as_deref().unwrap_or_default();
        let target = item.refs.get(Kind::Category, source).ok_or_else(|| {
            Error::rejected(
                "section_id",
                format!("its section ({source}) is not on the target"),
            )
            .hint("write the section first: `deskferry retry`")
        })?;
        let (level, number) = split_id(target)?;
        if level == "sections" {
            return Ok(number.to_owned());
        }
        let path = format!("/api/v2/help_center/categories/{number}/sections");
        let sections: Vec<wire::Section> = self.optional(&path, limits::HELP_CENTER).await?;
        if let Some(there) = sections
            .into_iter()
            .find(|section| section.name.as_deref() == Some(GENERAL))
        {
            return Ok(there.id.0);
        }
        let made = self
            .create_section(locale, number, &json!({"name": GENERAL, "locale": locale}))
            .await?;
        Ok(made.id.0)
    }
}

pub(super) fn draft(text: &Translation) -> bool {
    matches!(
        text.state,
        Some(ArticleState::Draft | ArticleState::Archived)
    )
}

/// Texts by the target's spelling of their locale, as [`assess`] declares it.
pub fn texts(
    translations: &[Translation],
    target: &TargetDesk,
) -> Result<Vec<(String, Translation)>> {
    let mut made: Vec<(String, Translation)> = Vec::new();
    for (index, text) in translations.iter().enumerate() {
        let locale = match assess::locale(target, &text.locale) {
            Some(known) => Some(known),
            None if index == 0 => target.locales.first().map(String::as_str),
            None => None,
        };
        if let Some(locale) = locale
            && !made.iter().any(|(used, _)| used == locale)
        {
            made.push((locale.to_owned(), text.clone()));
        }
    }
    if made.is_empty() {
        return Err(Error::rejected(
            "locale",
            "the help center has no language for this text, or is switched off",
        )
        .hint("enable the help center and its languages on the target"));
    }
    Ok(made)
}
