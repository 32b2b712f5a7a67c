//! What classes and articles lose.

use super::super::payload;
use super::Assessor;
use crate::connector::text::{html_to_text, text_to_html};
use crate::connector::{ArticleBundle, Effect, Loss, Losses, field};
use crate::schema::{Article, ArticleState, Category, Translation, Visibility};

pub(super) fn category(r: &Category, losses: &mut Losses) {
    losses.when(
        r.parent_id.is_some(),
        field::CATEGORY_LEVEL,
        Effect::Flattened,
        "classes have no levels",
    );
    for lost in r.translations.iter().skip(1) {
        let detail = format!("classes have one language: not {}", lost.locale);
        let loss = Loss::new(field::ARTICLE_TRANSLATION, Effect::Dropped, detail);
        losses.push(loss.of(&lost.locale));
    }
    losses.when(
        r.position.is_some(),
        field::ARTICLE_POSITION,
        Effect::Dropped,
        "classes have no place in the API",
    );
    losses.when(
        r.visibility.is_some_and(|seen| seen != Visibility::Agents),
        field::ARTICLE_VISIBILITY,
        Effect::Changed,
        "articles are for staff",
    );
    losses.extra(&r.extra);
}

impl Assessor<'_> {
    pub(super) fn article(&self, bundle: &ArticleBundle, losses: &mut Losses) {
        let r = &bundle.article;
        if let Some(first) = r.translations.first() {
            losses.within(&first.locale, |losses| self.text(r, first, losses));
        }
        for lost in r.translations.iter().skip(1) {
            let detail = format!("articles have one language: not {}", lost.locale);
            let loss = Loss::new(field::ARTICLE_TRANSLATION, Effect::Dropped, detail);
            losses.push(loss.of(&lost.locale));
        }
        let me = self.target.me.as_ref().map(|me| me.id.as_str());
        let author = r.author_id.as_deref();
        losses.when(
            author.is_some_and(|id| self.item.refs.person_id(id) != me),
            field::ARTICLE_AUTHOR,
            Effect::Changed,
            "the author is the user who imports",
        );
        losses.when(
            r.created_at.or(r.updated_at).is_some(),
            field::ARTICLE_DATES,
            Effect::Changed,
            "RT dates articles now",
        );
        losses.when(
            r.visibility.is_some_and(|seen| seen != Visibility::Agents),
            field::ARTICLE_VISIBILITY,
            Effect::Changed,
            "articles are for staff",
        );
        losses.when(
            r.position.is_some() || r.promoted,
            field::ARTICLE_POSITION,
            Effect::Dropped,
            "articles have no place in the API",
        );
        losses.when(
            !r.labels.is_empty(),
            field::ARTICLE_LABELS,
            Effect::Dropped,
            "articles have no labels in the API",
        );
        losses.when(
            r.votes_up.unwrap_or(0) + r.votes_down.unwrap_or(0) > 0,
            field::ARTICLE_VOTES,
            Effect::Dropped,
            "articles have no votes",
        );
        losses.when(
            r.url.is_some() || r.translations.iter().any(|text| text.slug.is_some()),
            field::ARTICLE_LINKS,
            Effect::Changed,
            "the address is a new one",
        );
        losses.when(
            r.comments_enabled.is_some() || r.translations.iter().any(|t| t.seo_title.is_some()),
            field::EXTRA,
            Effect::Dropped,
            "articles have no comments and no title for search engines",
        );
        for file in &bundle.attachments {
            let detail = format!(
                "`{}`: articles have no files in the API",
                file.attachment.name
            );
            let loss = Loss::new(field::ATTACHMENT, Effect::Dropped, detail);
            losses.push(loss.of(&file.attachment.id));
        }
        losses.extra(&r.extra);
    }

    /// The one language that is kept.
    fn text(&self, r: &Article, text: &Translation, losses: &mut Losses) {
        let language = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
        if language(&text.locale) != language(&self.config.locale) {
            let detail = format!(
                "articles have no language: {} is read back as {}",
                text.locale, self.config.locale
            );
            losses.add(field::ARTICLE_TRANSLATION, Effect::Changed, detail);
        }
        losses.when(
            text.state
                .is_some_and(|state| state != ArticleState::Published),
            field::ARTICLE_STATE,
            Effect::Changed,
            "RT has no drafts",
        );
        losses.when(
            payload::title(r) != payload::line(&text.title),
            field::ARTICLE,
            Effect::Truncated,
            "titles are as short as subjects",
        );
        let html = text.html.as_deref().unwrap_or("");
        let marked_up = text_to_html(&html_to_text(html)) != html && !html.is_empty();
        if marked_up && self.html_articles != Some(true) {
            let detail = match self.html_articles {
                Some(_) => "the text loses its markup: the field `Content` takes none",
                None => "unless the class has an HTML field `Content`, the text loses its markup",
            };
            // What it says is kept.
            losses.push(Loss::new(field::ARTICLE, Effect::Changed, detail).compared());
        }
    }
}
