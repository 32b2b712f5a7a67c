//! What classes and articles lose.

use super::super::payload;
use super::Assessor;
use crate::connector::text::{html_to_text, text_to_html};
use crate::connector::{ArticleBundle, Effect, Loss, Losses, detail, field};
use crate::schema::{Article, ArticleState, Category, Translation, Visibility};

pub(super) fn category(r: &Category, losses: &mut Losses) {
    losses.when(
        r.parent_id.is_some(),
        field::CATEGORY_LEVEL,
        Effect::Flattened,
        detail!("loss-rt-levels"),
    );
    for lost in r.translations.iter().skip(1) {
        let detail = detail!("loss-rt-class-language", locale = &lost.locale);
        let loss = Loss::new(field::ARTICLE_TRANSLATION, Effect::Dropped, detail);
        losses.push(loss.of(&lost.locale));
    }
    losses.when(
        r.position.is_some(),
        field::ARTICLE_POSITION,
        Effect::Dropped,
        detail!("loss-rt-class-position"),
    );
    losses.when(
        r.visibility.is_some_and(|seen| seen != Visibility::Agents),
        field::ARTICLE_VISIBILITY,
        Effect::Changed,
        detail!("loss-rt-staff"),
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
            let detail = detail!("loss-rt-article-language", locale = &lost.locale);
            let loss = Loss::new(field::ARTICLE_TRANSLATION, Effect::Dropped, detail);
            losses.push(loss.of(&lost.locale));
        }
        let me = self.target.me.as_ref().map(|me| me.id.as_str());
        let author = r.author_id.as_deref();
        losses.when(
            author.is_some_and(|id| self.item.refs.person_id(id) != me),
            field::ARTICLE_AUTHOR,
            Effect::Changed,
            detail!("loss-rt-article-author"),
        );
        losses.when(
            r.created_at.or(r.updated_at).is_some(),
            field::ARTICLE_DATES,
            Effect::Changed,
            detail!("loss-rt-article-dates"),
        );
        losses.when(
            r.visibility.is_some_and(|seen| seen != Visibility::Agents),
            field::ARTICLE_VISIBILITY,
            Effect::Changed,
            detail!("loss-rt-staff"),
        );
        losses.when(
            r.position.is_some() || r.promoted,
            field::ARTICLE_POSITION,
            Effect::Dropped,
            detail!("loss-rt-article-position"),
        );
        losses.when(
            !r.labels.is_empty(),
            field::ARTICLE_LABELS,
            Effect::Dropped,
            detail!("loss-rt-labels"),
        );
        losses.when(
            r.votes_up.unwrap_or(0) + r.votes_down.unwrap_or(0) > 0,
            field::ARTICLE_VOTES,
            Effect::Dropped,
            detail!("loss-rt-votes"),
        );
        losses.when(
            r.url.is_some() || r.translations.iter().any(|text| text.slug.is_some()),
            field::ARTICLE_LINKS,
            Effect::Changed,
            detail!("loss-rt-address-new"),
        );
        losses.when(
            r.comments_enabled.is_some() || r.translations.iter().any(|t| t.seo_title.is_some()),
            field::EXTRA,
            Effect::Dropped,
            detail!("loss-rt-comments"),
        );
        for file in &bundle.attachments {
            let detail = detail!("loss-rt-article-file", name = &file.attachment.name);
            let loss = Loss::new(field::ATTACHMENT, Effect::Dropped, detail);
            losses.push(loss.of(&file.attachment.id));
        }
        losses.extra(&r.extra);
    }

    /// The one language that is kept.
    fn text(&self, r: &Article, text: &Translation, losses: &mut Losses) {
        let language = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
        if language(&text.locale) != language(&self.config.locale) {
            let (locale, known) = (&text.locale, &self.config.locale);
            let detail = detail!("loss-rt-read-as", locale = locale, known = known);
            losses.add(field::ARTICLE_TRANSLATION, Effect::Changed, detail);
        }
        losses.when(
            text.state
                .is_some_and(|state| state != ArticleState::Published),
            field::ARTICLE_STATE,
            Effect::Changed,
            detail!("loss-rt-drafts"),
        );
        losses.when(
            payload::title(r) != payload::line(&text.title),
            field::ARTICLE,
            Effect::Truncated,
            detail!("loss-rt-titles"),
        );
        let html = text.html.as_deref().unwrap_or("");
        let marked_up = text_to_html(&html_to_text(html)) != html && !html.is_empty();
        if marked_up && self.html_articles != Some(true) {
            let detail = match self.html_articles {
                Some(_) => detail!("loss-rt-no-markup"),
                None => detail!("loss-rt-maybe-markup"),
            };
            // What it says is kept.
            losses.push(Loss::new(field::ARTICLE, Effect::Changed, detail).compared());
        }
    }
}
