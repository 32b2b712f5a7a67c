//! Articles of the help center.

use serde_json::{Map, Value, json};

use super::article_files::place_images;
use super::help_center::{draft, texts};
use super::payload::number;
use super::{ZendeskSink, made};
use crate::connector::{
    ArticleBundle, Item, Outcome, Result, TargetDesk, WriteAction, Written, field, text,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire;
use crate::schema::{Kind, Translation};

impl ZendeskSink {
    pub(super) async fn write_article(
        &self,
        item: &Item,
        bundle: &ArticleBundle,
        target: &TargetDesk,
    ) -> Outcome {
        let article = &bundle.article;
        let mut texts = texts(&article.translations, target)?;
        if let Some(id) = &item.existing {
            return self.update_article(id, item, bundle, &texts).await;
        }
        let guide = self.guide().await?;
        let mut losses = Vec::new();
        let section = self.section_of(item, article, &texts[0].0).await?;
        // Files first: an article is never published with images that are missing.
        let mut uploads = self.upload_files(bundle.attachments.iter()).await?;
        losses.append(&mut uploads.losses);
        place_images(&mut texts, &uploads.images);
        let (locale, first) = &texts[0];
        let mut sent = Map::new();
        sent.insert("title".into(), first.title.clone().into());
        sent.insert("body".into(), first.html.clone().unwrap_or_default().into());
        sent.insert("locale".into(), locale.as_str().into());
        // Nobody shall see it before its images can be seen.
        let waits = !uploads.waiting.is_empty();
        sent.insert("draft".into(), (waits || draft(first)).into());
        sent.insert("promoted".into(), article.promoted.into());
        if let Some(position) = article.position {
            sent.insert("position".into(), position.into());
        }
        if !article.labels.is_empty() {
            sent.insert("label_names".into(), article.labels.clone().into());
        }
        if let Some(enabled) = article.comments_enabled {
            sent.insert("comments_disabled".into(), (!enabled).into());
        }
        if let Some(author) = article
            .author_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Agent, id))
        {
            sent.insert("author_id".into(), number(author));
        }
        sent.insert(
            "permission_group_id".into(),
            number(guide.permission_group()?),
        );
        let readers = guide.readers(article).transpose()?;
        sent.insert(
            "user_segment_id".into(),
            readers.map_or(Value::Null, |segment| number(&segment.id.0)),
        );
        let answer: Value = self
            .guide_post(&format!(
                "/api/v2/help_center/{locale}/sections/{section}/articles"
            ))
            .body(&json!({"article": sent, "notify_subscribers": false}))
            .json()
            .await?;
        let id = made(&answer, "article")?;
        losses.extend(self.settled(self.tie_files(&id, &uploads.ids).await)?);
        if waits {
            self.settled(self.attach_waiting(&id, &mut uploads).await)?;
            losses.append(&mut uploads.losses);
            place_images(&mut texts, &uploads.images);
            self.settled(self.update_texts(&id, &texts[..1]).await)?;
        }
        self.settled(self.ensure_translations(&id, &texts).await)?;
        Ok(Written {
            url: answer
                .pointer("/article/html_url")
                .and_then(Value::as_str)
                .map(str::to_owned),
            parts: uploads.parts,
            losses,
            ..Written::created(id)
        })
    }

    async fn update_article(
        &self,
        id: &str,
        item: &Item,
        bundle: &ArticleBundle,
        texts: &[(String, Translation)],
    ) -> Outcome {
        let article = &bundle.article;
        let (mut parts, mut losses) = (Vec::new(), Vec::new());
        if item.changed.is_only(field::ARTICLE_LINKS) {
            self.replace_links(id, &item.links).await?;
        } else if item.changed.has(field::ARTICLE) || item.changed.has(field::ARTICLE_STATE) {
            let mut texts = texts.to_vec();
            let uploads = self.files_of(id, bundle).await?;
            place_images(&mut texts, &uploads.images);
            losses.extend(self.tie_files(id, &uploads.ids).await?);
            losses.extend(uploads.losses);
            parts = uploads.parts;
            self.update_texts(id, &texts).await?;
        }
        let mut sent = Map::new();
        if item.changed.has(field::ARTICLE_LABELS) {
            sent.insert("label_names".into(), article.labels.clone().into());
        }
        if item.changed.has(field::ARTICLE_POSITION) {
            sent.insert("promoted".into(), article.promoted.into());
            if let Some(position) = article.position {
                sent.insert("position".into(), position.into());
            }
            if let Some(enabled) = article.comments_enabled {
                sent.insert("comments_disabled".into(), (!enabled).into());
            }
        }
        if item.changed.has(field::ARTICLE_VISIBILITY) {
            let readers = self.guide().await?.readers(article).transpose()?;
            let segment = readers.map_or(Value::Null, |segment| number(&segment.id.0));
            sent.insert("user_segment_id".into(), segment);
        }
        if item.changed.has(field::CATEGORY) {
            let section = self.section_of(item, article, &texts[0].0).await?;
            sent.insert("section_id".into(), number(&section));
        }
        if !sent.is_empty() {
            self.desk
                .client
                .put(&format!("/api/v2/help_center/articles/{id}"))
                .budget(limits::HELP_CENTER)
                .body(&json!({"article": sent}))
                .send()
                .await?;
        }
        Ok(Written {
            action: WriteAction::Updated,
            parts,
            losses,
            ..Written::created(id)
        })
    }

    /// Replaces addresses in the texts as they stand there: whatever else was
    /// done to them stays.
    async fn replace_links(&self, id: &str, links: &[(String, String)]) -> Result<()> {
        let path = format!("/api/v2/help_center/articles/{id}/translations");
        let there: Vec<wire::Translation> =
            source::all(&self.desk.client, &path, limits::HELP_CENTER).await?;
        for row in there {
            let html = row.body.unwrap_or_default();
            let new = text::replace_links(&html, links);
            if new == html {
                continue;
            }
            self.desk
                .client
                .put(&format!("{path}/{}", row.locale))
                .budget(limits::HELP_CENTER)
                .body(&json!({"translation": {"body": new}}))
                .send()
                .await?;
        }
        Ok(())
    }
}
