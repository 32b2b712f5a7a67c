//! Categories and articles.

use super::Check;
use super::files::by_sum;
use super::values::{around, same_locale};
use crate::connector::{Body, Loss, field, text};
use crate::schema::{Article, Attachment, Category, Kind, Translation, Visibility};

impl Check<'_> {
    pub(super) fn category(&mut self, expected: &Category, found: &Category) {
        self.translations(field::CATEGORY, &expected.translations, &found.translations);
        self.reference(
            field::CATEGORY_LEVEL,
            Kind::Category,
            expected.parent_id.as_deref(),
            found.parent_id.as_deref(),
        );
        self.visibility(expected.visibility, found.visibility);
        self.value(field::ARTICLE_POSITION, expected.position, found.position);
        self.date(field::ARTICLE_DATES, expected.created_at, found.created_at);
    }

    /// What nobody is kept from is public, also where a platform does not say so.
    fn visibility(&mut self, expected: Option<Visibility>, found: Option<Visibility>) {
        let found = found.or(Some(Visibility::Public));
        self.value(field::ARTICLE_VISIBILITY, expected, found);
    }

    pub(super) fn article(&mut self, expected: &Article, found: &Article) {
        self.translations(field::ARTICLE, &expected.translations, &found.translations);
        self.words(field::ARTICLE_LABELS, &expected.labels, &found.labels);
        // Declared where a target has no articles on this level.
        if !self.lost(field::CATEGORY_LEVEL) {
            self.reference(
                field::CATEGORY,
                Kind::Category,
                expected.category_id.as_deref(),
                found.category_id.as_deref(),
            );
        }
        self.visibility(expected.visibility, found.visibility);
        self.person(
            field::ARTICLE_AUTHOR,
            expected.author_id.as_deref(),
            found.author_id.as_deref(),
        );
        self.value(field::ARTICLE_POSITION, expected.position, found.position);
        self.flag(
            field::ARTICLE_POSITION,
            "promoted",
            expected.promoted,
            found.promoted,
        );
        let votes = |article: &Article| {
            let (up, down) = (article.votes_up?, article.votes_down.unwrap_or_default());
            (up + down > 0).then(|| format!("{up} up, {down} down"))
        };
        self.value(field::ARTICLE_VOTES, votes(expected), votes(found));
        self.date(field::ARTICLE_DATES, expected.created_at, found.created_at);
        self.date(field::ARTICLE_DATES, expected.updated_at, found.updated_at);
    }

    fn translations(&mut self, field: &str, expected: &[Translation], found: &[Translation]) {
        for translation in expected {
            self.enter(None, &translation.locale);
            let there = found
                .iter()
                .find(|there| there.locale.eq_ignore_ascii_case(&translation.locale))
                .or_else(|| {
                    found
                        .iter()
                        .find(|there| same_locale(&there.locale, &translation.locale))
                });
            let Some(there) = there else {
                if !self.lost(field::ARTICLE_TRANSLATION) {
                    let found: Vec<&str> = found.iter().map(|t| t.locale.as_str()).collect();
                    self.differ(
                        field::ARTICLE_TRANSLATION,
                        &translation.locale,
                        found.join(", "),
                    );
                }
                continue;
            };
            self.text(field, &translation.title, &there.title);
            self.html(field, translation, there);
            self.value(field::ARTICLE_STATE, translation.state, there.state);
        }
        self.leave();
        let known = |there: &&Translation| {
            !expected
                .iter()
                .any(|translation| same_locale(&translation.locale, &there.locale))
        };
        let extra: Vec<&str> = found
            .iter()
            .filter(known)
            .map(|there| there.locale.as_str())
            .collect();
        let declared = |loss: &Loss| loss.field == field::ARTICLE_TRANSLATION && !loss.compared;
        if !extra.is_empty() && !self.losses.iter().any(declared) {
            self.differ(
                field::ARTICLE_TRANSLATION,
                "no such language",
                extra.join(", "),
            );
        }
    }

    fn html(&mut self, field: &str, expected: &Translation, found: &Translation) {
        let Some(html) = expected
            .html
            .as_deref()
            .filter(|html| !html.trim().is_empty())
        else {
            return;
        };
        // A video is there as its player or as a link.
        let html = &text::tame(html).html;
        let there = &text::tame(found.html.as_deref().unwrap_or_default()).html;
        let (wanted, read) = (text::comparable(html, true), text::comparable(there, true));
        if wanted != read && !self.lost(field) {
            self.differ(field, around(&wanted, &read), around(&read, &wanted));
        }
        self.images(there);
        if self.lost(field) || self.lost(field::ARTICLE_LINKS) {
            return;
        }
        let mut there = text::links(there);
        let mut missing = text::links(html);
        missing.retain(|link| match there.iter().position(|known| known == link) {
            Some(at) => {
                there.swap_remove(at);
                false
            }
            None => true,
        });
        if !missing.is_empty() {
            self.differ(field::ARTICLE_LINKS, missing.join(" "), there.join(" "));
        }
    }

    /// An image that came along is not shown from where it was, unless the
    /// target keeps these very bytes under that address, as a folder does. The
    /// address alone says nothing: Freshdesk lists what a text shows.
    fn images(&mut self, there: &str) {
        let Body::Article(bundle) = &self.item.body else {
            return;
        };
        let shown = text::image_sources(there);
        for file in &bundle.attachments {
            let old = file.attachment.url.as_deref().filter(|_| file.path.is_ok());
            let lost = |loss: &Loss| loss.hides(field::ATTACHMENT, &file.attachment.id);
            let kept = |there: &Attachment| there.url.as_deref() == old && by_sum(file, there);
            if let Some(old) = old.filter(|old| shown.iter().any(|source| source == old))
                && !self.read.attachments.iter().any(kept)
                && !self.losses.iter().any(lost)
                && !self.lost(field::ATTACHMENT_INLINE)
            {
                let name = file.attachment.name.clone();
                self.differ(field::ATTACHMENT_INLINE, name, old);
            }
        }
    }
}
