//! Categories, sections and articles of the help center.

use serde_json::{Map, Value, json};

use super::assess;
use super::payload::number;
use super::{ZendeskSink, made};
use crate::connector::{
    ArticleBundle, Effect, Error, ErrorKind, File, Item, Loss, Outcome, Result, TargetDesk,
    WriteAction, Written, field, text,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire::{self, OneArticleAttachment, OneSection};
use crate::http::FormPart;
use crate::schema::{Article, ArticleState, Category, Key, Kind, Translation, Visibility};

/// Name of the section that takes articles which stand directly in a category.
pub(super) const GENERAL: &str = "General";

/// What articles need of the account: who may edit and who may read.
pub struct Guide {
    permission_group: Option<String>,
    pub(super) segments: Vec<wire::UserSegment>,
}

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
    fn guide_post(&self, path: &str) -> crate::http::Call {
        self.desk.client.post(path).budget(limits::HELP_CENTER)
    }

    pub(super) async fn locales(&self) -> Result<Vec<String>> {
        let answer = self
            .desk
            .client
            .get("/api/v2/help_center/locales")
            .budget(limits::HELP_CENTER)
            .json::<Value>()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let mut locales: Vec<String> = answer
            .get("locales")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|locale| locale.as_str().map(str::to_owned))
            .collect();
        // The default one first: it takes what has no language of its own here.
        let default = answer.get("default_locale").and_then(Value::as_str);
        locales.sort_by_key(|locale| Some(locale.as_str()) != default);
        Ok(locales)
    }

    pub(super) async fn guide(&self) -> Result<&Guide> {
        self.guide
            .get_or_try_init(|| async {
                let groups: Vec<wire::PermissionGroup> = self
                    .optional("/api/v2/guide/permission_groups", limits::HELP_CENTER)
                    .await?;
                Ok(Guide {
                    permission_group: groups
                        .iter()
                        .find(|group| group.built_in == Some(true))
                        .or(groups.first())
                        .map(|group| group.id.0.clone()),
                    segments: self
                        .optional("/api/v2/help_center/user_segments", limits::HELP_CENTER)
                        .await?,
                })
            })
            .await
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
    fn settled<T>(&self, done: Result<T>) -> Result<T> {
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
        sent.insert("draft".into(), draft(first).into());
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

    /// Writes texts over those that are there, and adds languages that are not.
    async fn update_texts(&self, id: &str, texts: &[(String, Translation)]) -> Result<()> {
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
                .body(&json!({"translation": sent}))
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

    /// The files of an article that is there: those that it has, by their
    /// names, and the others, which are uploaded now.
    async fn files_of(&self, id: &str, bundle: &ArticleBundle) -> Result<Uploads> {
        if bundle.attachments.is_empty() {
            return Ok(Uploads::default());
        }
        let path = format!("/api/v2/help_center/articles/{id}/attachments");
        let mut there: Vec<wire::ArticleAttachment> =
            self.optional(&path, limits::HELP_CENTER).await?;
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for file in &bundle.attachments {
            let name = file.attachment.name.as_str();
            let at = there.iter().position(|row| {
                let names = [&row.display_file_name, &row.file_name];
                names.into_iter().flatten().any(|own| own == name)
            });
            match at {
                Some(at) => known.push((file, there.swap_remove(at))),
                None => new.push(file),
            }
        }
        let mut uploads = self.upload_files(new.into_iter()).await?;
        for (file, row) in known {
            uploads.shown(file, row.content_url);
        }
        Ok(uploads)
    }

    /// Uploads files that no article has yet.
    async fn upload_files(&self, files: impl Iterator<Item = &File>) -> Result<Uploads> {
        let mut uploads = Uploads::default();
        for file in files {
            let Ok(path) = &file.path else { continue };
            if file.size > limits::MAX_ARTICLE_ATTACHMENT {
                continue;
            }
            let mime = file.attachment.mime.clone();
            let uploaded: OneArticleAttachment = match self
                .guide_post("/api/v2/help_center/articles/attachments")
                .repeatable()
                .multipart(vec![
                    FormPart::Text {
                        name: "inline".to_owned(),
                        value: file.attachment.inline.to_string(),
                    },
                    FormPart::File {
                        name: "file".to_owned(),
                        file_name: file.attachment.name.clone(),
                        mime: mime.unwrap_or_else(|| "application/octet-stream".to_owned()),
                        path: path.clone(),
                        part: None,
                    },
                ])
                .json()
                .await
            {
                Ok(uploaded) => uploaded,
                Err(error) if matches!(error.kind, ErrorKind::Rejected { .. }) => {
                    let detail = format!("{}: {error}", file.attachment.name);
                    let loss = Loss::new(field::ATTACHMENT, Effect::Dropped, detail);
                    uploads.losses.push(loss.of(&file.attachment.id));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let uploaded = uploaded.article_attachment;
            let key = Key::new(Kind::Attachment, &file.attachment.id);
            uploads.parts.push((key, uploaded.id.0.clone()));
            uploads.ids.push(uploaded.id.0);
            uploads.shown(file, uploaded.content_url);
        }
        Ok(uploads)
    }

    /// Ties uploads to an article. Returns what could not be.
    async fn tie_files(&self, id: &str, files: &[String]) -> Result<Vec<Loss>> {
        let mut losses = Vec::new();
        for part in files.chunks(limits::BULK_ATTACHMENTS) {
            let ids: Vec<Value> = part.iter().map(|id| number(id)).collect();
            let path = format!("/api/v2/help_center/articles/{id}/bulk_attachments");
            let tied = self
                .guide_post(&path)
                .body(&json!({"attachment_ids": ids}))
                .repeatable()
                .send()
                .await;
            match tied {
                Err(error) if matches!(error.kind, ErrorKind::Rejected { .. }) => {
                    let detail = format!(
                        "{} files could not be tied to the article: {error}",
                        part.len()
                    );
                    losses.push(Loss::new(field::ATTACHMENT, Effect::Dropped, detail));
                }
                other => {
                    other?;
                }
            }
        }
        Ok(losses)
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

/// Files that were uploaded, and where each can be seen.
#[derive(Default)]
struct Uploads {
    ids: Vec<String>,
    parts: Vec<(Key, String)>,
    /// Address in the source's text, and on the target.
    images: Vec<(String, String)>,
    losses: Vec<Loss>,
}

impl Uploads {
    /// Notes where a file is shown.
    fn shown(&mut self, file: &File, address: Option<String>) {
        let Some(new) = address else { return };
        let id = file.attachment.content_id.as_ref();
        let old = [
            file.attachment.url.clone(),
            id.map(|id| format!("cid:{id}")),
        ];
        let old = old.into_iter().flatten();
        self.images.extend(old.map(|old| (old, new.clone())));
    }
}

/// Lets images of texts be seen where they are now.
fn place_images(texts: &mut [(String, Translation)], images: &[(String, String)]) {
    for (_, translation) in texts {
        if let Some(html) = translation.html.take() {
            translation.html = Some(text::rewrite_images(&html, |source| {
                let known = images.iter().find(|(old, _)| old == source);
                known.map(|(_, new)| new.clone())
            }));
        }
    }
}

impl Guide {
    /// Segments by sort and name, and the group that may edit.
    #[cfg(test)]
    pub fn of(segments: &[(&str, &str)], permission_group: Option<&str>) -> Guide {
        let segment = |(sort, name): &(&str, &str)| {
            let json = serde_json::json!({"id": 1, "user_type": sort, "name": name});
            serde_json::from_value(json).unwrap_or_else(|error| panic!("{error}"))
        };
        Guide {
            permission_group: permission_group.map(str::to_owned),
            segments: segments.iter().map(segment).collect(),
        }
    }

    fn built_in(&self, sort: &str) -> Option<&wire::UserSegment> {
        let of_sort = |segment: &&wire::UserSegment| segment.user_type.as_deref() == Some(sort);
        let mut all = self.segments.iter().filter(of_sort);
        all.clone()
            .find(|segment| segment.built_in == Some(true))
            .or_else(|| all.next())
    }

    fn named(&self, article: &Article) -> Option<&wire::UserSegment> {
        let name = article.audience.as_deref()?;
        self.segments
            .iter()
            .find(|segment| segment.name.as_deref() == Some(name))
    }

    /// The segment that may read an article, `None` for everybody. Never a
    /// wider one than on the source.
    fn readers(&self, article: &Article) -> Option<Result<&wire::UserSegment>> {
        let built_in = match article.visibility {
            None | Some(Visibility::Public) => return None,
            Some(Visibility::SignedIn) => "signed_in_users",
            Some(Visibility::Agents | Visibility::Segment) => "staff",
        };
        let found = self.named(article).or_else(|| self.built_in(built_in));
        Some(found.ok_or_else(|| {
            Error::rejected(
                "user_segment_id",
                "the help center has no user segment for the article's readers",
            )
            .hint("create the segment in Guide admin > Permissions > User segments")
        }))
    }

    fn permission_group(&self) -> Result<&str> {
        self.permission_group.as_deref().ok_or_else(|| {
            Error::rejected(
                "permission_group_id",
                "the help center has no permission group",
            )
            .hint("create one in Guide admin > Permissions > Management permissions")
        })
    }

    /// What becomes of an article's readers, where they are fewer than on the source.
    pub fn narrowed(&self, article: &Article) -> Option<String> {
        let chosen = article.visibility == Some(Visibility::Segment);
        (chosen && self.named(article).is_none()).then(|| {
            let audience = article.audience.as_deref().unwrap_or("a chosen audience");
            format!("for the staff alone: there is no segment `{audience}` here")
        })
    }

    /// Why no article, or not this one, can be written, and what to do.
    pub fn closed(&self, article: &Article) -> Option<(String, String)> {
        let readers = self.readers(article).transpose().err();
        let refused = self.permission_group().err().or(readers)?;
        Some((refused.message, refused.hint.unwrap_or_default()))
    }
}

fn draft(text: &Translation) -> bool {
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
