//! What categories, folders and articles lose, and what cannot be written.

use super::super::messages::line;
use super::super::values::tags;
use super::super::{articles, files, solutions};
use crate::connector::{
    ArticleBundle, Effect::*, Item, Loss, Losses, TargetDesk, field, text as texts,
};
use crate::connectors::freshdesk::normalize::CATEGORY;
use crate::schema::{Article, ArticleState, Category, Kind, Translation, Visibility};

/// Why it cannot be written, and what to do.
type Blocked = Option<(String, String)>;

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
        "names have 255 characters",
    );
    losses.when(
        level.position.is_some(),
        field::ARTICLE_POSITION,
        Dropped,
        "the order follows the order of writing",
    );
    losses.when(
        top && level.visibility.is_some_and(|v| v != Visibility::Public),
        field::ARTICLE_VISIBILITY,
        Dropped,
        "categories have no audience, folders have",
    );
    losses.when(
        !top && level.visibility == Some(Visibility::Segment),
        field::ARTICLE_VISIBILITY,
        Changed,
        "for the staff alone until the chosen audience is set by hand",
    );
    losses.when(
        level.created_at.is_some(),
        field::ARTICLE_DATES,
        Changed,
        "become the date of the migration",
    );
    let want = if top { "category" } else { "folder" };
    losses.when(
        level.level.as_deref().is_some_and(|name| name != want),
        field::CATEGORY_LEVEL,
        Changed,
        "the top is a category, everything below is a folder",
    );
    languages(&level.translations, target, losses);
    losses.address(level.url.is_some());
    losses.extra(&level.extra);
    let above = level.parent_id.as_deref()?;
    item.refs.get(Kind::Category, above).is_none().then(|| {
        (
            format!("the level above ({above}) is not on the target"),
            "run again once its own problem is solved".into(),
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
        let detail = format!(
            "{own}: every article starts in the portal's main language, so this text stands there"
        );
        losses.push(Loss::new(field::ARTICLE_TRANSLATION, Changed, detail).of(own));
    }
    languages(&a.translations, target, losses);
    for (file, reason) in &files::sort(&bundle.attachments).left {
        let name = &file.attachment.name;
        let detail = format!("{name} is kept in the archive only: {reason}");
        let loss = Loss::new(field::ATTACHMENT, Dropped, detail);
        losses.push(loss.of(&file.attachment.id));
    }
    if bundle.attachments.iter().any(|file| file.attachment.inline) {
        let detail = "images of the text are listed as attachments beside it, too";
        losses.push(Loss::new(field::ATTACHMENT_INLINE, Changed, detail).compared());
    }
    let unsaid = |file: &crate::connector::File| file.path.is_ok();
    if let Some(original) = a.translations.first()
        && files::sort(&bundle.attachments)
            .left
            .iter()
            .any(|(file, _)| unsaid(file))
    {
        let detail = "a line in the text names the files that are too large";
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
        "articles stand in folders only: it goes into one of its category",
    );
    if a.translations.is_empty() {
        return Some((
            "it has no text in any language".into(),
            "complete it on the source or leave it out".into(),
        ));
    }
    place.is_none().then(|| {
        (
            "the article's category is not on the target".into(),
            "Freshdesk keeps articles in folders only; move the categories along".into(),
        )
    })
}

fn values(a: &Article, item: &Item, losses: &mut Losses) {
    losses.when(
        a.created_at.is_some() || a.updated_at.is_some(),
        field::ARTICLE_DATES,
        Changed,
        "become the date of the migration",
    );
    let author = a
        .author_id
        .as_deref()
        .is_some_and(|id| item.refs.get(Kind::Agent, id).is_none());
    losses.when(
        author,
        field::ARTICLE_AUTHOR,
        Changed,
        "no account on the target: it becomes the key's owner",
    );
    let votes = a.votes_up.unwrap_or_default() + a.votes_down.unwrap_or_default() > 0;
    losses.when(
        votes,
        field::ARTICLE_VOTES,
        Dropped,
        "votes cannot be written",
    );
    losses.when(
        a.position.is_some() || a.promoted,
        field::ARTICLE_POSITION,
        Dropped,
        "the order follows the order of writing",
    );
    losses.when(
        articles::is_restricted(a),
        field::ARTICLE_VISIBILITY,
        Changed,
        "the folder decides who reads an article",
    );
    losses.when(
        a.comments_enabled.is_some(),
        field::EXTRA,
        Dropped,
        "whether readers may comment is set for the whole portal",
    );
    let (_, changed) = tags(&a.labels);
    losses.when(
        !changed.is_empty(),
        field::ARTICLE_LABELS,
        Changed,
        "no commas, 32 characters",
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
        "archived articles become drafts",
    );
    losses.when(
        translation.state == Some(ArticleState::Published) && articles::is_restricted(a),
        field::ARTICLE_STATE,
        Changed,
        "not everybody may read it: it stays a draft until it stands in a folder with the right audience",
    );
    match articles::text_of(translation) {
        Some(tamed) => markup(&tamed, losses),
        None => losses.add(field::ARTICLE, Changed, "an empty text gets a placeholder"),
    }
    let (title, cut) = line(&translation.title);
    losses.when(cut, field::ARTICLE, Truncated, "titles have 255 characters");
    losses.when(
        title.is_empty(),
        field::ARTICLE,
        Changed,
        "an empty title gets a placeholder",
    );
}

/// Markup that is taken out beforehand, since Freshdesk would remove it with
/// all that it says, and videos, whose players only some accounts keep.
fn markup(tamed: &texts::Tamed, losses: &mut Losses) {
    losses.tamed("Freshdesk", field::ARTICLE, tamed);
    if texts::frames(&tamed.html).0 > 0 {
        let detail = "where the account removes players of videos, a link stands in their place";
        losses.push(Loss::new(field::ARTICLE, Changed, detail).compared());
    }
}

/// Languages that the account does not have.
fn languages(translations: &[Translation], target: &TargetDesk, losses: &mut Losses) {
    for lost in solutions::translations(translations, target).1 {
        let detail = format!("the target does not have {}", lost.locale);
        let loss = Loss::new(field::ARTICLE_TRANSLATION, Dropped, detail);
        losses.push(loss.of(&lost.locale));
    }
}
