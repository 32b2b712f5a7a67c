//! What categories, folders and articles lose, and what cannot be written.

use super::super::messages::line;
use super::super::values::tags;
use super::super::{articles, files, solutions};
use crate::connector::{
    ArticleBundle, Detail, Effect::*, Item, Loss, Losses, TargetDesk, detail, field, text as texts,
};
use crate::connectors::freshdesk::normalize::CATEGORY;
use crate::schema::{Article, ArticleState, Category, Kind, Translation, Visibility};

/// Why it cannot be written, and what to do.
type Blocked = Option<(Detail, Detail)>;

pub(super) fn category(
    level: &Category,
    item: &Item,
    target: &TargetDesk,
    losses: &mut Losses,
) -> Blocked {
    let top = level.parent_id.is_none();
    losses.when(
        line(level.name()).1,
        field::CATEGORY,
        Truncated,
        detail!("loss-names-limit"),
    );
    losses.when(
        level.position.is_some(),
        field::ARTICLE_POSITION,
        Dropped,
        detail!("loss-order"),
    );
    losses.when(
        top && level.visibility.is_some_and(|v| v != Visibility::Public),
        field::ARTICLE_VISIBILITY,
        Dropped,
        detail!("loss-category-audience"),
    );
    losses.when(
        !top && level.visibility == Some(Visibility::Segment),
        field::ARTICLE_VISIBILITY,
        Changed,
        detail!("loss-staff-until-set"),
    );
    losses.when(
        level.created_at.is_some(),
        field::ARTICLE_DATES,
        Changed,
        detail!("loss-dates-of-the-move"),
    );
    let want = if top { "category" } else { "folder" };
    losses.when(
        level.level.as_deref().is_some_and(|name| name != want),
        field::CATEGORY_LEVEL,
        Changed,
        detail!("loss-levels"),
    );
    languages(&level.translations, target, losses);
    losses.address(level.url.is_some());
    losses.extra(&level.extra);
    let above = level.parent_id.as_deref()?;
    item.refs.get(Kind::Category, above).is_none().then(|| {
        (
            detail!("reason-level-absent", level = above),
            detail!("reason-run-again"),
        )
    })
}

pub(super) fn article(
    bundle: &ArticleBundle,
    item: &Item,
    target: &TargetDesk,
    losses: &mut Losses,
) -> Blocked {
    let a = &bundle.article;
    values(a, item, losses);
    for translation in &a.translations {
        losses.within(&translation.locale, |losses| {
            text(a, translation, losses);
        });
    }
    let main_language = target.locales.first();
    let foreign = a.translations.first().filter(|original| {
        let language = |tag: &str| tag.split('-').next().unwrap_or(tag).to_lowercase();
        main_language.is_some_and(|main| language(main) != language(&original.locale))
    });
    if let Some(original) = foreign {
        let own = &original.locale;
        let detail = detail!("loss-main-language", locale = own);
        losses.push(Loss::new(field::ARTICLE_TRANSLATION, Changed, detail).of(own));
    }
    languages(&a.translations, target, losses);
    for (file, reason) in &files::sort(&bundle.attachments).left {
        let loss = Loss::new(field::ATTACHMENT, Dropped, files::lost(file, reason));
        losses.push(loss.of(&file.attachment.id));
    }
    if bundle.attachments.iter().any(|file| file.attachment.inline) {
        let detail = detail!("loss-images-listed");
        losses.push(Loss::new(field::ATTACHMENT_INLINE, Changed, detail).compared());
    }
    let unsaid = |file: &crate::connector::File| file.path.is_ok();
    if let Some(original) = a.translations.first()
        && files::sort(&bundle.attachments)
            .left
            .iter()
            .any(|(file, _)| unsaid(file))
    {
        let detail = detail!("loss-names-large-files");
        losses.push(Loss::new(field::ARTICLE, Changed, detail).of(&original.locale));
    }
    losses.extra(&a.extra);
    let place = a
        .category_id
        .as_deref()
        .and_then(|id| item.refs.get(Kind::Category, id));
    losses.when(
        place.is_some_and(|place| place.starts_with(CATEGORY)),
        field::CATEGORY_LEVEL,
        Changed,
        detail!("loss-folders-only"),
    );
    if a.translations.is_empty() {
        return Some((
            detail!("reason-no-text"),
            detail!("reason-no-text-complete"),
        ));
    }
    place.is_none().then(|| {
        (
            detail!("reason-category-absent"),
            detail!("reason-category-absent-hint"),
        )
    })
}

fn values(a: &Article, item: &Item, losses: &mut Losses) {
    losses.when(
        a.created_at.is_some() || a.updated_at.is_some(),
        field::ARTICLE_DATES,
        Changed,
        detail!("loss-dates-of-the-move"),
    );
    let author = a
        .author_id
        .as_deref()
        .is_some_and(|id| item.refs.get(Kind::Agent, id).is_none());
    losses.when(
        author,
        field::ARTICLE_AUTHOR,
        Changed,
        detail!("loss-owner-author"),
    );
    let votes = a.votes_up.unwrap_or_default() + a.votes_down.unwrap_or_default() > 0;
    losses.when(votes, field::ARTICLE_VOTES, Dropped, detail!("loss-votes"));
    losses.when(
        a.position.is_some() || a.promoted,
        field::ARTICLE_POSITION,
        Dropped,
        detail!("loss-order"),
    );
    losses.when(
        articles::is_restricted(a),
        field::ARTICLE_VISIBILITY,
        Changed,
        detail!("loss-folder-decides"),
    );
    losses.when(
        a.comments_enabled.is_some(),
        field::EXTRA,
        Dropped,
        detail!("loss-portal-comments"),
    );
    let (_, changed) = tags(&a.labels);
    losses.when(
        !changed.is_empty(),
        field::ARTICLE_LABELS,
        Changed,
        detail!("loss-tags-shape"),
    );
    let addressed = a.url.is_some() || a.translations.iter().any(|t| t.slug.is_some());
    losses.address(addressed);
}

/// One language of an article.
fn text(a: &Article, translation: &Translation, losses: &mut Losses) {
    losses.when(
        translation.state == Some(ArticleState::Archived),
        field::ARTICLE_STATE,
        Changed,
        detail!("loss-archived-drafts"),
    );
    losses.when(
        translation.state == Some(ArticleState::Published) && articles::is_restricted(a),
        field::ARTICLE_STATE,
        Changed,
        detail!("loss-draft-until-guarded"),
    );
    match articles::text_of(translation) {
        Some(tamed) => markup(&tamed, losses),
        None => losses.add(field::ARTICLE, Changed, detail!("loss-empty-placeholder")),
    }
    let (title, cut) = line(&translation.title);
    losses.when(cut, field::ARTICLE, Truncated, detail!("loss-titles-limit"));
    losses.when(
        title.is_empty(),
        field::ARTICLE,
        Changed,
        detail!("loss-title-placeholder"),
    );
}

/// Markup that is taken out beforehand, since Freshdesk would remove it with
/// all that it says, and videos, whose players only some accounts keep.
fn markup(tamed: &texts::Tamed, losses: &mut Losses) {
    losses.tamed("Freshdesk", field::ARTICLE, tamed);
    if texts::frames(&tamed.html).0 > 0 {
        let detail = detail!("loss-players");
        losses.push(Loss::new(field::ARTICLE, Changed, detail).compared());
    }
}

/// Languages that the account does not have.
fn languages(translations: &[Translation], target: &TargetDesk, losses: &mut Losses) {
    for lost in solutions::translations(translations, target).1 {
        let detail = detail!("loss-language-missing", locale = &lost.locale);
        let loss = Loss::new(field::ARTICLE_TRANSLATION, Dropped, detail);
        losses.push(loss.of(&lost.locale));
    }
}
