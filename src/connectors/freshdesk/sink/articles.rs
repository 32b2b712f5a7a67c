//! Articles, with their files and languages.

use serde_json::{Value, json};

use super::Freshdesk;
use super::files;
use super::messages::{EMPTY, line, pair_files};
use super::payload::{Payload, send_without};
use super::solutions::translations;
use crate::connector::{
    ArticleBundle, Detail, Effect, Error, ErrorKind, File, Item, Loss, Outcome, Result, TargetDesk,
    WriteAction, Written, detail, field, text,
};
use crate::connectors::freshdesk::addresses::language;
use crate::connectors::freshdesk::wire;
use crate::schema::{Article, ArticleState, Key, Kind, Translation, Visibility};

impl Freshdesk {
    pub(super) async fn write_article(
        &self,
        item: &Item,
        bundle: &ArticleBundle,
        target: &TargetDesk,
    ) -> Outcome {
        if let Some(existing) = &item.existing
            && item.changed.is_only(field::ARTICLE_LINKS)
        {
            self.replace_links(existing, &item.links).await?;
            return Ok(Written {
                action: WriteAction::Updated,
                ..Written::created(existing)
            });
        }
        let article = &bundle.article;
        let Some(original) = article.translations.first() else {
            return Err(Error::rejected(
                "translations",
                "the article has no text in any language",
            ));
        };
        let sorted = files::sort(&bundle.attachments);
        let mut payload = article_payload(article, original, &sorted);
        let uploads = sorted
            .batches
            .first()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut losses = Vec::new();
        let give_up = |payload: &mut Payload, name: &str| {
            let lost = match name {
                "tags" => field::ARTICLE_LABELS,
                "seo_data" => field::EXTRA,
                _ => return None,
            };
            payload.remove(name).then(|| {
                Loss::new(
                    lost,
                    Effect::Dropped,
                    detail!("loss-refused-value", name = name),
                )
            })
        };
        let mut written = match &item.existing {
            Some(existing) => {
                let path = format!("/solutions/articles/{existing}");
                payload.remove("type");
                send_without(
                    &mut payload,
                    &[],
                    &|| self.desk.put(&path),
                    &give_up,
                    &mut losses,
                )
                .await?;
                let mut written = Written::created(existing);
                written.action = WriteAction::Updated;
                written
            }
            None => {
                let folder = self.folder_of(item, article).await?;
                let path = format!("/solutions/folders/{folder}/articles");
                let answer = send_without(
                    &mut payload,
                    uploads,
                    &|| self.desk.post(&path),
                    &give_up,
                    &mut losses,
                )
                .await?;
                let made: wire::Article = answer.json()?;
                let mut written = Written::created(made.id.to_string());
                let shown = wire::Conversation {
                    attachments: made.attachments,
                    ..Default::default()
                };
                pair_files(&sorted, 0, &shown, &mut written.parts);
                written
            }
        };
        written.losses = losses;
        self.complete_article(&mut written, item, bundle, target)
            .await
            .map_err(super::unsure)?;
        Ok(written)
    }

    /// Uploads the files that an article does not have yet, by their names.
    /// Returns where the images of its texts can be seen: the address in the
    /// text, and the one of the upload that does not expire.
    async fn place_files(
        &self,
        path: &str,
        bundle: &ArticleBundle,
        parts: &mut Vec<(Key, String)>,
    ) -> Result<Vec<(String, String)>> {
        let sorted = files::sort(&bundle.attachments);
        if sorted.batches.is_empty() {
            return Ok(Vec::new());
        }
        let mut images = Vec::new();
        let mut there: wire::Article = self.desk.get(path).json().await?;
        // Once for those that are there, once for those that were not.
        for upload in [true, false] {
            let mut known = there.attachments.take().unwrap_or_default();
            let mut missing: Vec<&File> = Vec::new();
            for file in sorted.batches.iter().flatten() {
                let name = files::name(&file.attachment.name);
                let at = known
                    .iter()
                    .position(|row| row.name.as_deref() == Some(&name));
                let Some(at) = at else {
                    missing.push(file);
                    continue;
                };
                let id = known.remove(at).id;
                let key = Key::new(Kind::Attachment, &file.attachment.id);
                if !parts.iter().any(|(part, _)| *part == key) {
                    parts.push((key, id.to_string()));
                }
                let new = format!("{}/helpdesk/attachments/{id}", self.desk.base());
                let content_id = file.attachment.content_id.as_ref();
                let old = [
                    file.attachment.url.clone(),
                    content_id.map(|id| format!("cid:{id}")),
                ];
                images.extend(old.into_iter().flatten().map(|old| (old, new.clone())));
            }
            if missing.is_empty() || !upload {
                break;
            }
            let missing: Vec<File> = missing.into_iter().cloned().collect();
            for batch in files::sort(&missing).batches {
                let mut payload = Payload::default();
                payload.set("title", bundle.article.translations.first().map(title_of));
                payload.send(self.desk.put(path), &batch).send().await?;
            }
            there = self.desk.get(path).json().await?;
        }
        Ok(images)
    }

    /// Replaces addresses in the texts as they stand there: whatever else was
    /// done to them stays.
    async fn replace_links(&self, id: &str, links: &[(String, String)]) -> Result<()> {
        let path = format!("/solutions/articles/{id}");
        let languages = self.desk.languages().await?;
        let rows = self
            .in_languages::<wire::Article>(&path, &languages)
            .await?;
        for (number, (language, row)) in rows.into_iter().enumerate() {
            let html = row.description.unwrap_or_default();
            let new = text::replace_links(&html, links);
            if new == html {
                continue;
            }
            let path = match number {
                0 => path.clone(),
                _ => format!("{path}/{language}"),
            };
            let body = json!({"description": new});
            self.desk.put(&path).body(&body).send().await?;
        }
        Ok(())
    }

    /// The text with links in place of its videos, where the account removed
    /// a player. Only what stands there after writing shows which it keeps.
    async fn without_players(&self, path: &str, html: &str) -> Result<Option<String>> {
        let players = text::frames(html).0;
        if players == 0 {
            return Ok(None);
        }
        let there: wire::Article = self.desk.get(path).json().await?;
        let kept = text::frames(&there.description.unwrap_or_default()).0;
        Ok((kept < players).then(|| text::tame(html).html))
    }

    /// Author, further files and translations of an article that is there.
    pub(super) async fn complete_article(
        &self,
        written: &mut Written,
        item: &Item,
        bundle: &ArticleBundle,
        target: &TargetDesk,
    ) -> Result<()> {
        let article = &bundle.article;
        let path = format!("/solutions/articles/{}", written.id);
        written.url = Some(format!(
            "{}/support/solutions/articles/{}",
            self.desk.base(),
            written.id
        ));
        let author = article
            .author_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Agent, id));
        let me = target.me.as_ref().map(|me| me.id.as_str());
        if let Some(author) = author.filter(|author| Some(*author) != me) {
            let mut payload = Payload::default();
            payload.set_id("agent_id", Some(author));
            match payload.send(self.desk.put(&path), &[]).send().await {
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind,
                        ErrorKind::Rejected { .. } | ErrorKind::Forbidden
                    ) =>
                {
                    written.losses.push(Loss::new(
                        field::ARTICLE_AUTHOR,
                        Effect::Changed,
                        Detail::Plain(error.message),
                    ));
                }
                Err(error) => return Err(error),
            }
        }
        let images = self.place_files(&path, bundle, &mut written.parts).await?;
        if let Some(original) = article.translations.first() {
            let text = body_of(original, &files::sort(&bundle.attachments));
            let mut placed = with_images(&text, &images);
            if let Some(linked) = self.without_players(&path, &placed).await? {
                placed = linked;
            }
            if placed != text {
                let body = json!({"description": placed});
                self.desk.put(&path).body(&body).send().await?;
            }
        }
        let mut losses = Vec::new();
        for translation in translations(&article.translations, target).0 {
            let placed = with_images(&body_of(translation, &Default::default()), &images);
            let body = json!({
                "title": title_of(translation),
                "description": placed,
                "status": status(article, translation),
                "seo_data": seo(translation),
            });
            let before = losses.len();
            self.translate(&path, translation, &body, &mut losses)
                .await?;
            let place = format!("{path}/{}", language(&translation.locale));
            if losses.len() == before
                && let Some(linked) = self.without_players(&place, &placed).await?
            {
                let body = json!({"description": linked});
                self.desk.put(&place).body(&body).send().await?;
            }
            let key = Key::new(
                Kind::Article,
                format!("{}:{}", article.id, translation.locale),
            );
            written
                .parts
                .push((key, format!("{}:{}", written.id, translation.locale)));
        }
        written.losses.extend(losses);
        Ok(())
    }

    /// The article of this title and text in a folder.
    pub(super) async fn article_like(
        &self,
        folder: &str,
        bundle: &ArticleBundle,
    ) -> Result<Option<String>> {
        let Some(original) = bundle.article.translations.first() else {
            return Ok(None);
        };
        let list: Vec<wire::Article> = self
            .desk
            .all(&format!("/solutions/folders/{folder}/articles"))
            .await?;
        let text = body_of(original, &files::sort(&bundle.attachments));
        // Links may have taken the place of its videos already, or not yet.
        let wanted = [text::tame(&text).html, text].map(|html| text::comparable(&html, true));
        let same = |known: &&wire::Article| {
            let there = known.description.as_deref().unwrap_or_default();
            known.title.trim() == title_of(original)
                && wanted.contains(&text::comparable(there, true))
        };
        Ok(list.iter().find(same).map(|known| known.id.to_string()))
    }
}

/// The folder decides who reads an article, so one with an audience of its own
/// stays a draft: nobody shall read it by accident.
pub(super) fn is_restricted(article: &Article) -> bool {
    article.audience.is_some()
        || article
            .visibility
            .is_some_and(|visibility| visibility != Visibility::Public)
}

fn status(article: &Article, translation: &Translation) -> u32 {
    if translation.state == Some(ArticleState::Published) && !is_restricted(article) {
        2
    } else {
        1
    }
}

fn seo(translation: &Translation) -> Value {
    let mut seo = serde_json::Map::new();
    for (name, value) in [
        ("meta_title", &translation.seo_title),
        ("meta_description", &translation.seo_description),
    ] {
        if let Some(value) = value {
            seo.insert(name.into(), json!(value));
        }
    }
    Value::Object(seo)
}

fn title_of(translation: &Translation) -> String {
    match line(&translation.title).0 {
        title if title.is_empty() => "(untitled)".to_owned(),
        title => title,
    }
}

/// What is left of a text without the markup that Freshdesk removes, if anything.
pub(super) fn text_of(translation: &Translation) -> Option<text::Tamed> {
    let html = translation.html.as_deref()?;
    Some(text::tame_but_players(html)).filter(|tamed| !tamed.html.trim().is_empty())
}

fn body_of(translation: &Translation, sorted: &files::Sorted<'_>) -> String {
    let mut html = text_of(translation).map_or_else(|| EMPTY.to_owned(), |tamed| tamed.html);
    for (file, reason) in &sorted.left {
        html.push_str(&files::missing(file, reason));
    }
    html
}

/// The text with its images where they were put.
fn with_images(html: &str, images: &[(String, String)]) -> String {
    text::rewrite_images(html, |source| {
        let known = images.iter().find(|(old, _)| old == source);
        known.map(|(_, new)| new.clone())
    })
}

fn article_payload(
    article: &Article,
    original: &Translation,
    sorted: &files::Sorted<'_>,
) -> Payload {
    let mut payload = Payload::default();
    payload.set("title", title_of(original));
    payload.set("description", body_of(original, sorted));
    payload.set("status", status(article, original));
    payload.set("type", 1);
    payload.set("tags", super::values::tags(&article.labels).0);
    payload.set("seo_data", seo(original));
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_of_markup_alone_still_has_a_text() {
        for (html, body) in [
            ("<script>x()</script>", EMPTY),
            ("<form><input name=a></form> ", EMPTY),
            ("<form>Where to?</form>", "Where to?"),
        ] {
            let translation = Translation {
                html: Some(html.to_owned()),
                ..Translation::default()
            };
            assert_eq!(body_of(&translation, &files::Sorted::default()), body);
        }
    }
}
