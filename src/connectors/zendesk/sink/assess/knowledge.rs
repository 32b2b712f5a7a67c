//! Categories, sections and articles.

use super::locale;
use crate::connector::{
    ArticleBundle, Detail, Effect, Item, Loss, Losses, TargetDesk, detail, field, text as texts,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::sink::help_center::GENERAL;
use crate::connectors::zendesk::sink::readers::Guide;
use crate::schema::{Article, ArticleState, Category, Kind, Translation, Visibility};

/// Why it cannot be written, and what to do.
type Blocked = Option<(Detail, Detail)>;

/// What a level loses, and why it cannot be written.
pub fn category(
    level: &Category,
    item: &Item,
    target: &TargetDesk,
    losses: &mut Losses,
) -> Blocked {
    languages(&level.translations, target, losses);
    let above = level.parent_id.as_deref();
    let parent = above.and_then(|id| item.refs.get(Kind::Category, id));
    losses.when(
        parent.is_some_and(|id| id.starts_with("section:")),
        field::CATEGORY_LEVEL,
        Effect::Flattened,
        detail!("loss-section-below-section"),
    );
    losses.when(
        level.created_at.is_some(),
        field::ARTICLE_DATES,
        Effect::Dropped,
        detail!("loss-guide-dates"),
    );
    losses.when(
        level
            .visibility
            .is_some_and(|seen| seen != Visibility::Public),
        field::ARTICLE_VISIBILITY,
        Effect::Moved,
        detail!("loss-guarded-articles"),
    );
    losses.address(level.url.is_some());
    losses.extra(&level.extra);
    if let (Some(above), None) = (above, parent) {
        return Some((
            detail!("reason-level-absent", level = above),
            detail!("reason-level-absent-hint"),
        ));
    }
    unreadable(&level.translations, target)
}

/// What an article loses, and why it cannot be written.
pub fn article(
    bundle: &ArticleBundle,
    item: &Item,
    target: &TargetDesk,
    guide: Option<&Guide>,
    losses: &mut Losses,
) -> Blocked {
    let article = &bundle.article;
    languages(&article.translations, target, losses);
    let place = article
        .category_id
        .as_deref()
        .and_then(|id| item.refs.get(Kind::Category, id));
    if place.is_some_and(|id| id.starts_with("category:")) {
        // Articles cannot stand in a category itself.
        losses.add(
            field::CATEGORY_LEVEL,
            Effect::Changed,
            detail!("loss-general-section", section = GENERAL),
        );
    }
    values(article, item, losses);
    if let Some(detail) = guide.and_then(|guide| guide.narrowed(article)) {
        losses.add(field::ARTICLE_VISIBILITY, Effect::Changed, detail);
    }
    for file in &bundle.attachments {
        let why = match &file.path {
            Err(why) => Detail::Plain(why.to_string()),
            Ok(_) if file.size > limits::MAX_ARTICLE_ATTACHMENT => {
                detail!("loss-guide-file-limit")
            }
            Ok(_) => continue,
        };
        let detail = detail!("loss-file", name = &file.attachment.name, why = why);
        let loss = Loss::new(field::ATTACHMENT, Effect::Dropped, detail);
        losses.push(loss.of(&file.attachment.id));
    }
    losses.extra(&article.extra);
    match (&article.category_id, place) {
        (None, _) => Some((
            detail!("reason-no-section"),
            detail!("reason-no-section-hint"),
        )),
        (Some(section), None) => Some((
            detail!("reason-section-absent", section = section),
            detail!("reason-section-absent-hint"),
        )),
        _ => unreadable(&article.translations, target)
            .or_else(|| guide.and_then(|guide| guide.closed(article))),
    }
}

fn values(article: &Article, item: &Item, losses: &mut Losses) {
    use Effect::{Changed, Dropped};
    losses.when(
        article.created_at.is_some() || article.updated_at.is_some(),
        field::ARTICLE_DATES,
        Dropped,
        detail!("loss-guide-dates"),
    );
    losses.when(
        article.votes_up.unwrap_or(0) + article.votes_down.unwrap_or(0) > 0,
        field::ARTICLE_VOTES,
        Dropped,
        detail!("loss-votes"),
    );
    let author = article.author_id.as_deref();
    losses.when(
        author.is_some_and(|id| item.refs.get(Kind::Agent, id).is_none()),
        field::ARTICLE_AUTHOR,
        Changed,
        detail!("loss-importing-author"),
    );
    losses.address(article.url.is_some());
    for text in &article.translations {
        losses.within(&text.locale, |losses| {
            if texts::frames(text.html.as_deref().unwrap_or_default()).1 > 0 {
                let detail = detail!("loss-frames");
                losses.push(Loss::new(field::ARTICLE, Changed, detail).compared());
            }
            losses.when(
                text.state == Some(ArticleState::Archived),
                field::ARTICLE_STATE,
                Changed,
                detail!("loss-archived-draft"),
            );
        });
    }
}

fn languages(translations: &[Translation], target: &TargetDesk, losses: &mut Losses) {
    let mut used: Vec<&str> = Vec::new();
    for (index, text) in translations.iter().enumerate() {
        let own = text.locale.as_str();
        let lost =
            |effect, detail: Detail| Loss::new(field::ARTICLE_TRANSLATION, effect, detail).of(own);
        match locale(target, own) {
            Some(known) if used.contains(&known) => {
                let detail = detail!("loss-text-in-the-way", locale = own, known = known);
                losses.push(lost(Effect::Dropped, detail));
            }
            Some(known) => {
                if !known.eq_ignore_ascii_case(own) {
                    // One language still: verify finds it.
                    let detail = detail!("loss-word-becomes", old = own, new = known);
                    losses.push(lost(Effect::Changed, detail).compared());
                }
                used.push(known);
            }
            None if index == 0 => {
                let detail = detail!("loss-default-locale", locale = own);
                losses.push(lost(Effect::Changed, detail));
                used.extend(target.locales.first().map(String::as_str));
            }
            None => {
                let detail = detail!("loss-locale-disabled", locale = own);
                losses.push(lost(Effect::Dropped, detail));
            }
        }
        if text.slug.is_some() {
            let detail = detail!("loss-slug", locale = own);
            losses.push(Loss::new(field::ARTICLE_LINKS, Effect::Changed, detail).compared());
        }
        if text.seo_title.is_some() || text.seo_description.is_some() {
            let detail = detail!("loss-seo", locale = own);
            losses.add(field::EXTRA, Effect::Dropped, detail);
        }
    }
}

fn unreadable(translations: &[Translation], target: &TargetDesk) -> Blocked {
    if translations.is_empty() {
        return Some((detail!("reason-no-text"), detail!("reason-no-text-hint")));
    }
    target.locales.is_empty().then(|| {
        (
            detail!("reason-help-center-off"),
            detail!("reason-help-center-off-hint"),
        )
    })
}
