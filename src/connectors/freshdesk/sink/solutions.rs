//! The knowledge base: categories, folders below them, articles in folders.

use serde_json::{Value, json};

use super::Freshdesk;
use super::files;
use super::messages::{EMPTY, line, pair_files};
use super::payload::{Payload, send_without};
use super::structure::taken;
use crate::connector::{
    ArticleBundle, Effect, Error, ErrorKind, File, Item, Loss, Outcome, Result, TargetDesk,
    WriteAction, Written, field, text,
};
use crate::connectors::freshdesk::addresses::language;
use crate::connectors::freshdesk::client::{optional, refusal};
use crate::connectors::freshdesk::normalize::{CATEGORY, FOLDER};
use crate::connectors::freshdesk::wire;
use crate::mapping::Table;
use crate::schema::{Article, ArticleState, Category, Key, Kind, Translation, Visibility};

/// Folder for articles that stood in a category itself.
pub const ROOT_FOLDER: &str = "General";

impl Freshdesk {
    pub(super) async fn write_category(
        &self,
        item: &Item,
        category: &Category,
        target: &TargetDesk,
    ) -> Outcome {
        let mut losses = Vec::new();
        let parent = category
            .parent_id
            .as_deref()
            .map(|id| item.refs.get(Kind::Category, id));
        let mut written = match (&item.existing, parent) {
            (Some(existing), _) => {
                let payload = self.level(category);
                payload
                    .send(self.desk.put(&level_path(existing)?), &[])
                    .send()
                    .await?;
                let mut written = Written::created(existing);
                written.action = WriteAction::Updated;
                written
            }
            (None, None) => self.top(category).await?,
            (None, Some(None)) => {
                return Err(
                    Error::rejected("parent_id", "the level above is not on the target")
                        .hint("run again once its own problem is solved"),
                );
            }
            (None, Some(Some(parent))) => self.nested(category, parent, &mut losses).await?,
        };
        if written.action != WriteAction::Matched {
            self.complete_level(&mut written, category, target)
                .await
                .map_err(super::unsure)?;
        }
        written.losses.extend(losses);
        Ok(written)
    }

    /// Translations of a level that is there.
    pub(super) async fn complete_level(
        &self,
        written: &mut Written,
        category: &Category,
        target: &TargetDesk,
    ) -> Result<()> {
        let path = level_path(&written.id)?;
        let mut losses = Vec::new();
        for translation in translations(&category.translations, target).0 {
            let body = json!({"name": translation.title, "description": translation.html});
            self.translate(&path, translation, &body, &mut losses)
                .await?;
        }
        written.losses.extend(losses);
        Ok(())
    }

    /// A category, or the one that has its name.
    async fn top(&self, category: &Category) -> Outcome {
        let mut payload = self.level(category);
        payload.remove("visibility");
        match payload
            .send(self.desk.post("/solutions/categories"), &[])
            .json::<wire::Id>()
            .await
        {
            Ok(made) => Ok(Written::created(format!("{CATEGORY}{}", made.id))),
            Err(error) if taken(&error) => match self
                .level_named("/solutions/categories", category.name())
                .await?
            {
                Some(level) => Ok(Written::matched(format!("{CATEGORY}{}", level.id))),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// A folder below a category or a folder.
    async fn nested(&self, category: &Category, parent: &str, losses: &mut Vec<Loss>) -> Outcome {
        let (top, above) = self.above(parent).await?;
        let path = format!("/solutions/categories/{top}/folders");
        let mut payload = self.level(category);
        payload.set_id(
            "parent_folder_id",
            above.as_ref().map(|(id, _)| id.as_str()),
        );
        let flattened = format!(
            "{} / {}",
            above.as_ref().map_or("", |(_, name)| name.as_str()),
            category.name()
        );
        let give_up = |payload: &mut Payload, name: &str| {
            (name == "parent_folder_id" && payload.remove(name)).then(|| {
                payload.set("name", line(&flattened).0);
                // Only the refusal shows how deep the account's folders may go.
                Loss::new(
                    field::CATEGORY_LEVEL,
                    Effect::Flattened,
                    "the account has no folders at this depth; the name says where it stood",
                )
            })
        };
        let call = || self.desk.post(&path);
        match send_without(&mut payload, &[], &call, &give_up, losses).await {
            Ok(answer) => Ok(Written::created(format!(
                "{FOLDER}{}",
                answer.json::<wire::Id>()?.id
            ))),
            Err(error) if taken(&error) => {
                let wanted = payload
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                let list = match &above {
                    Some((id, _)) if payload.get("parent_folder_id").is_some() => {
                        format!("/solutions/folders/{id}/subfolders")
                    }
                    _ => path.clone(),
                };
                match self.level_named(&list, &wanted).await? {
                    Some(level) => Ok(Written::matched(format!("{FOLDER}{}", level.id))),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The category above, and the folder above where there is one.
    async fn above(&self, parent: &str) -> Result<(String, Option<(String, String)>)> {
        if let Some(category) = parent.strip_prefix(CATEGORY) {
            return Ok((category.to_owned(), None));
        }
        let number = parent.strip_prefix(FOLDER).unwrap_or(parent);
        let folder: wire::Folder = self
            .desk
            .get(&format!("/solutions/folders/{number}"))
            .json()
            .await?;
        let category = folder.category_id.ok_or_else(|| {
            Error::protocol(format!(
                "folder {number} does not say which category it is in"
            ))
        })?;
        Ok((category.to_string(), Some((number.to_owned(), folder.name))))
    }

    fn level(&self, category: &Category) -> Payload {
        let mut payload = Payload::default();
        payload.set("name", line(category.name()).0);
        payload.set(
            "description",
            category.translations.first().and_then(|t| t.html.clone()),
        );
        let code = category
            .visibility
            .and_then(|v| self.mapping.write(Table::Visibility, v.name()));
        // Folders must have one; a level without any is open to everybody.
        let code = code.and_then(|code| code.parse::<u64>().ok());
        payload.set("visibility", code.unwrap_or(EVERYBODY));
        payload
    }

    /// The number of the category or folder with this name in a list.
    pub(super) async fn level_named(&self, path: &str, name: &str) -> Result<Option<wire::Folder>> {
        let list: Vec<wire::Folder> = optional(self.desk.all(path).await)?.unwrap_or_default();
        let same = |level: &wire::Folder| level.name.trim().eq_ignore_ascii_case(name.trim());
        Ok(list.into_iter().find(same))
    }

    /// Adds a translation, unless it is there.
    async fn translate(
        &self,
        path: &str,
        translation: &Translation,
        body: &Value,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let path = format!("{path}/{}", language(&translation.locale));
        match self.desk.post(&path).body(body).send().await {
            Ok(_) => Ok(()),
            // A language that is there can only be changed.
            Err(error) if taken(&error) || is_wrong_verb(&error) => {
                self.desk.put(&path).body(body).send().await.map(|_| ())
            }
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::NotFound
                ) =>
            {
                losses.push(Loss::new(
                    field::ARTICLE_TRANSLATION,
                    Effect::Dropped,
                    format!("{}: {error}", translation.locale),
                ));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

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
                    format!("{name}: the target refused it"),
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
                        error.message,
                    ));
                }
                Err(error) => return Err(error),
            }
        }
        let images = self.place_files(&path, bundle, &mut written.parts).await?;
        if let Some(original) = article.translations.first() {
            let text = body_of(original, &files::sort(&bundle.attachments));
            let placed = with_images(&text, &images);
            if placed != text {
                let body = json!({"description": placed});
                self.desk.put(&path).body(&body).send().await?;
            }
        }
        let mut losses = Vec::new();
        for translation in translations(&article.translations, target).0 {
            let body = json!({
                "title": title_of(translation),
                "description": with_images(&body_of(translation, &Default::default()), &images),
                "status": status(article, translation),
                "seo_data": seo(translation),
            });
            self.translate(&path, translation, &body, &mut losses)
                .await?;
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

    /// The number of the folder that an article goes into. Articles that stood
    /// in a category itself get a folder there.
    pub(super) async fn folder_of(&self, item: &Item, article: &Article) -> Result<String> {
        let place = article
            .category_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Category, id));
        let Some(place) = place else {
            return Err(Error::rejected(
                "category_id",
                "the article's category is not on the target",
            )
            .hint("Freshdesk keeps articles in folders only; move the categories along"));
        };
        if let Some(folder) = place.strip_prefix(FOLDER) {
            return Ok(folder.to_owned());
        }
        let category = place.strip_prefix(CATEGORY).unwrap_or(place);
        let path = format!("/solutions/categories/{category}/folders");
        let _guard = self.creating.lock().await;
        if let Some(folder) = self.level_named(&path, ROOT_FOLDER).await? {
            return Ok(folder.id.to_string());
        }
        let body = json!({"name": ROOT_FOLDER, "visibility": 1});
        let made: wire::Id = self.desk.post(&path).body(&body).json().await?;
        Ok(made.id.to_string())
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
        let wanted = text::comparable(&body_of(original, &files::sort(&bundle.attachments)), true);
        let same = |known: &&wire::Article| {
            known.title.trim() == title_of(original)
                && text::comparable(known.description.as_deref().unwrap_or_default(), true)
                    == wanted
        };
        Ok(list.iter().find(same).map(|known| known.id.to_string()))
    }
}

/// Where a level is, by the id that it has in the schema.
fn level_path(id: &str) -> Result<String> {
    match (id.strip_prefix(CATEGORY), id.strip_prefix(FOLDER)) {
        (Some(number), _) => Ok(format!("/solutions/categories/{number}")),
        (_, Some(number)) => Ok(format!("/solutions/folders/{number}")),
        _ => Err(Error::local(format!(
            "`{id}` is no category or folder of Freshdesk"
        ))),
    }
}

/// Translations (without the original) that the account has the language for, and the others.
pub fn translations<'a>(
    list: &'a [Translation],
    target: &TargetDesk,
) -> (Vec<&'a Translation>, Vec<&'a Translation>) {
    list.iter().skip(1).partition(|translation| {
        target
            .locales
            .iter()
            .any(|own| own.eq_ignore_ascii_case(&translation.locale))
    })
}

/// Visibility of a folder that everybody may read.
const EVERYBODY: u64 = 1;

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

/// A translation that exists answers so when it is created.
fn is_wrong_verb(error: &Error) -> bool {
    refusal(error).is_some_and(|refusal| refusal.status == 405)
}

fn title_of(translation: &Translation) -> String {
    match line(&translation.title).0 {
        title if title.is_empty() => "(untitled)".to_owned(),
        title => title,
    }
}

fn body_of(translation: &Translation, sorted: &files::Sorted<'_>) -> String {
    let mut html = translation
        .html
        .clone()
        .filter(|html| !html.trim().is_empty())
        .unwrap_or_else(|| EMPTY.to_owned());
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
    fn only_languages_of_the_account_are_written() {
        let target = TargetDesk {
            locales: vec!["en".into(), "es".into()],
            ..Default::default()
        };
        let list = ["en", "es", "fr"].map(|locale| Translation {
            locale: locale.into(),
            ..Default::default()
        });
        let (kept, lost) = translations(&list, &target);
        assert_eq!(kept[0].locale, "es");
        assert_eq!(lost[0].locale, "fr");
    }

    #[test]
    fn levels_are_told_apart_by_their_ids() {
        assert_eq!(level_path("category-3").unwrap(), "/solutions/categories/3");
        assert_eq!(level_path("folder-3").unwrap(), "/solutions/folders/3");
        assert!(level_path("3").is_err());
    }
}
