//! Categories, sections and articles of the help center.

use std::collections::HashMap;

use serde_json::Value;
use url::Url;

use super::{At, Desk, ZendeskSource, absent, by_time, sorted, start_page, text};
use crate::connector::{Page, Result, text as markup};
use crate::connectors::zendesk::addresses::ADDRESSES;
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, List, Row, keep};
use crate::schema::{
    Article, ArticleState, Attachment, Category, Date, Extra, Kind, Owner, Record, Translation,
    Visibility,
};

/// Who may read what a segment guards: sort of user, and its name.
pub type Segments = HashMap<String, (Option<String>, Option<String>)>;

impl Desk {
    /// Languages of the help center, the default one first: it takes what has
    /// no language of its own there. None without a help center.
    pub async fn locales(&self) -> Result<Vec<String>> {
        let answer = self
            .client
            .get("/api/v2/help_center/locales")
            .budget(limits::HELP_CENTER)
            .json::<wire::Locales>()
            .await;
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) if absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let default = answer.default_locale;
        answer
            .locales
            .sort_by_key(|locale| Some(locale) != default.as_ref());
        Ok(answer.locales)
    }
}

impl ZendeskSource {
    pub(super) async fn pull_categories(&self, at: &At) -> Result<Page> {
        self.knowledge::<wire::Category>("categories", at, |row, translations| {
            Some(Record::Category(category(row, translations)))
        })
        .await
    }

    pub(super) async fn pull_sections(&self, at: &At) -> Result<Page> {
        self.knowledge::<wire::Section>("sections", at, |row, translations| {
            Some(Record::Category(section(row, translations)))
        })
        .await
    }

    /// All articles the first time, those that changed since in later runs.
    /// The list of what changed tells of an article's own data; where there are
    /// several languages, the dates of all texts are looked at instead.
    pub(super) async fn pull_articles(&self, at: &At) -> Result<Page> {
        let mut page = match at.time {
            Some(since) if !self.is_translated().await? => self.changed_articles(at, since).await?,
            since => {
                let mut rows = Vec::new();
                let keep = |row: wire::Article, translations: Vec<wire::Translation>| {
                    let texts = translations.iter().map(|text| text.updated_at);
                    if is_since(since, texts.chain([row.updated_at])) {
                        rows.push((row, translations));
                    }
                    None
                };
                let mut page = self.knowledge("articles", at, keep).await?;
                if !rows.is_empty() {
                    let segments = self.known_segments().await?;
                    let articles = rows
                        .into_iter()
                        .map(|(row, texts)| Record::Article(article(row, texts, segments)));
                    page.records.extend(articles);
                }
                page
            }
        };
        let mut files = Vec::new();
        for record in &mut page.records {
            let Record::Article(article) = record else {
                continue;
            };
            let listed = files.len();
            self.article_files(&article.id, &mut files).await?;
            by_one_address(&self.desk, article, &files[listed..]);
            images(&self.desk, article, listed, &mut files);
        }
        page.records
            .extend(files.into_iter().map(Record::Attachment));
        Ok(page)
    }

    async fn is_translated(&self) -> Result<bool> {
        let locales = self.locales.get_or_try_init(|| self.desk.locales()).await?;
        Ok(locales.len() > 1)
    }

    async fn changed_articles(&self, at: &At, since: i64) -> Result<Page> {
        let start = since.min(self.latest_start());
        let answer = self
            .call("/api/v2/help_center/incremental/articles")
            .budget(limits::HELP_CENTER)
            .query(&[("start_time", start)])
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if absent(&error) => {
                return Ok(Page {
                    done: true,
                    ..Page::default()
                });
            }
            Err(error) => return Err(error),
        };
        let mut list: List<wire::Article> = wire::list(&answer)?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        list.end_of_stream = list.end_of_stream.or(Some(list.next_page.is_none()));
        let rows = list.rows.len() as u64;
        by_time(&mut page, at, start, rows, &list, Kind::Article);
        for row in list.rows {
            let segments = self.known_segments().await?;
            let path = format!("/api/v2/help_center/articles/{}/translations", row.id.0);
            let translations = match self
                .all::<wire::Translation>(&path, limits::HELP_CENTER)
                .await
            {
                Ok(rows) => rows,
                Err(error) if absent(&error) => Vec::new(),
                Err(error) => return Err(error),
            };
            page.records
                .push(Record::Article(article(row, translations, segments)));
        }
        Ok(page)
    }

    async fn known_segments(&self) -> Result<&Segments> {
        static NONE: std::sync::LazyLock<Segments> = std::sync::LazyLock::new(Segments::default);
        match self.segments().await {
            Ok(segments) => Ok(segments),
            Err(error) if absent(&error) => Ok(&NONE),
            Err(error) => Err(error),
        }
    }

    async fn segments(&self) -> Result<&Segments> {
        self.segments
            .get_or_try_init(|| async {
                let rows = self
                    .all::<wire::UserSegment>(
                        "/api/v2/help_center/user_segments",
                        limits::HELP_CENTER,
                    )
                    .await?;
                Ok(segments_by_id(rows))
            })
            .await
    }

    /// A page of one level with the texts in all languages, as far as `read`
    /// takes it. No help center is no records.
    async fn knowledge<T: Row + Texts>(
        &self,
        level: &str,
        at: &At,
        mut read: impl FnMut(T, Vec<wire::Translation>) -> Option<Record>,
    ) -> Result<Page> {
        let mut call = self
            .call(&format!("/api/v2/help_center/{level}"))
            .budget(limits::HELP_CENTER)
            .query(&[
                ("page[size]", limits::PAGE.to_string().as_str()),
                ("include", "translations"),
            ]);
        if let Some(after) = &at.after {
            call = call.query(&[("page[after]", after)]);
        }
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if absent(&error) => {
                return Ok(Page {
                    next: Some(at.again()),
                    done: true,
                    ..Page::default()
                });
            }
            Err(error) => return Err(error),
        };
        let mut list: List<T, wire::Translation> = wire::list_with(&answer, "translations")?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        page.total = list.count;
        super::go_on(&mut page, &self.begun(at), list.next());
        let beside = list.side.is_some();
        let mut texts: HashMap<String, Vec<wire::Translation>> = HashMap::new();
        for row in list.side.take().unwrap_or_default() {
            if let Some(id) = &row.source_id {
                texts.entry(id.0.clone()).or_default().push(row);
            }
        }
        for mut row in list.rows {
            let id = row.id().to_owned();
            let translations = match row.take() {
                Some(inside) => inside,
                None if beside => texts.remove(&id).unwrap_or_default(),
                // Neither inside nor beside: the account does not send them along.
                None => {
                    let path = format!("/api/v2/help_center/{level}/{id}/translations");
                    match self
                        .all::<wire::Translation>(&path, limits::HELP_CENTER)
                        .await
                    {
                        Ok(rows) => rows,
                        Err(error) if absent(&error) => Vec::new(),
                        Err(error) => return Err(error),
                    }
                }
            };
            page.records.extend(read(row, translations));
        }
        Ok(page)
    }

    async fn article_files(&self, id: &str, files: &mut Vec<Attachment>) -> Result<()> {
        let path = format!("/api/v2/help_center/articles/{id}/attachments");
        let rows = match self
            .all::<wire::ArticleAttachment>(&path, limits::HELP_CENTER)
            .await
        {
            Ok(rows) => rows,
            Err(error) if absent(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        files.extend(rows.into_iter().map(|row| article_file(row, id)));
        Ok(())
    }
}

/// Segments by id; those that every help center has go without a name.
pub fn segments_by_id(rows: Vec<wire::UserSegment>) -> Segments {
    rows.into_iter()
        .map(|row| {
            let name = row.name.filter(|_| row.built_in != Some(true));
            (row.id.0, (row.user_type, name))
        })
        .collect()
}

/// A file of an article.
pub fn article_file(row: wire::ArticleAttachment, article: &str) -> Attachment {
    Attachment {
        name: row
            .display_file_name
            .or(row.file_name)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("attachment-{}", row.id.0)),
        id: row.id.0,
        owner: Owner::Article(article.to_owned()),
        mime: row.content_type,
        size: row.size,
        inline: row.inline.unwrap_or(false),
        content_id: None,
        url: row.content_url,
        sha256: None,
        locale: row.locale,
        created_at: row.created_at,
        extra: Extra::new(),
    }
}

/// Lets texts show listed files by the address of the list: they do so without
/// a host as well, and with the file's name or without it.
fn by_one_address(desk: &Desk, article: &mut Article, listed: &[Attachment]) {
    let page = article.url.clone();
    let base = Url::parse(desk.client.base_url()).ok();
    let listed_as = |source: &str| {
        if !desk.own_image(source) && !same_host(source, page.as_deref()) {
            return None;
        }
        let url = match Url::parse(source) {
            Ok(url) => url,
            Err(_) => base.as_ref()?.join(source).ok()?,
        };
        let key = (ADDRESSES.read)(&url)?.key;
        let file = listed.iter().find(|file| file.id == key.id)?;
        let address = file.url.clone()?;
        (key.kind == Kind::Attachment && address != source).then_some(address)
    };
    for translation in &mut article.translations {
        if let Some(html) = translation.html.take_if(|html| html.contains("<img")) {
            translation.html = Some(markup::rewrite_images(&html, listed_as));
        }
    }
}

/// Images that stand in an article and in no list of files.
fn images(desk: &Desk, article: &Article, listed: usize, files: &mut Vec<Attachment>) {
    for translation in &article.translations {
        let Some(html) = translation
            .html
            .as_deref()
            .filter(|html| html.contains("<img"))
        else {
            continue;
        };
        for source in markup::image_sources(html) {
            let known = files[listed..]
                .iter_mut()
                .find(|file| file.url.as_deref() == Some(source.as_str()));
            match known {
                Some(file) => file.inline = true,
                None if desk.own_image(&source) || same_host(&source, article.url.as_deref()) => {
                    let index = files.len() - listed;
                    let name = source.rsplit('/').next().unwrap_or_default();
                    files.push(Attachment {
                        id: format!("{}-inline-{index}", article.id),
                        owner: Owner::Article(article.id.clone()),
                        name: if name.contains('.') {
                            name.to_owned()
                        } else {
                            format!("image-{}", index + 1)
                        },
                        mime: None,
                        size: None,
                        inline: true,
                        content_id: None,
                        url: Some(source),
                        sha256: None,
                        locale: Some(translation.locale.clone()),
                        created_at: None,
                        extra: Extra::new(),
                    });
                }
                None => {}
            }
        }
    }
}

/// Whether an image stands beside the article, on the help center's own domain.
fn same_host(image: &str, article: Option<&str>) -> bool {
    let host = |address: &str| {
        let url = Url::parse(address).ok()?;
        url.host_str().map(str::to_owned)
    };
    article.is_some_and(|article| host(article).is_some() && host(article) == host(image))
}

/// Whether one of these dates is not before `since`, in Unix seconds; what has
/// none may have changed at any time.
fn is_since(since: Option<i64>, mut dates: impl Iterator<Item = Option<Date>>) -> bool {
    since.is_none_or(|since| dates.any(|date| date.is_none_or(|date| date.as_second() >= since)))
}

/// Rows that carry their texts.
trait Texts {
    fn id(&self) -> &str;
    fn take(&mut self) -> Option<Vec<wire::Translation>>;
}

macro_rules! has_texts {
    ($($row:ident),+) => {$(
        impl Texts for wire::$row {
            fn id(&self) -> &str {
                &self.id.0
            }
            fn take(&mut self) -> Option<Vec<wire::Translation>> {
                self.translations.take()
            }
        }
    )+};
}
has_texts!(Category, Section, Article);

/// Texts by language, the original first.
fn translations(
    rows: Vec<wire::Translation>,
    original: &str,
    own: Translation,
    states: bool,
) -> Vec<Translation> {
    let mut made: Vec<Translation> = rows
        .into_iter()
        .map(|row| Translation {
            locale: row.locale,
            title: row.title.unwrap_or_default(),
            html: row.body.filter(|body| !body.is_empty()),
            state: states.then(|| state(row.draft)),
            slug: row.html_url.as_deref().and_then(slug),
            outdated: row.outdated.unwrap_or(false),
            ..Translation::default()
        })
        .collect();
    if !made
        .iter()
        .any(|text| text.locale.eq_ignore_ascii_case(original))
    {
        made.push(own);
    }
    made.sort_by_key(|text| !text.locale.eq_ignore_ascii_case(original));
    made
}

fn state(draft: Option<bool>) -> ArticleState {
    if draft.unwrap_or(false) {
        ArticleState::Draft
    } else {
        ArticleState::Published
    }
}

/// The words after the number: `123-How-to-print`.
fn slug(url: &str) -> Option<String> {
    let last = url.rsplit('/').next()?;
    let (number, words) = last.split_once('-')?;
    (number.bytes().all(|byte| byte.is_ascii_digit()) && !words.is_empty())
        .then(|| words.to_owned())
}

macro_rules! level {
    ($(#[$meta:meta])* $name:ident, $row:ty, $level:literal, $parent:expr) => {
        $(#[$meta])*
        pub fn $name(row: $row, rows: Vec<wire::Translation>) -> Category {
            let parent_id = $parent(&row);
            let locale = row.source_locale.or(row.locale).unwrap_or_default();
            let own = Translation {
                locale: locale.clone(),
                title: row.name.unwrap_or_default(),
                html: row.description.filter(|text| !text.is_empty()),
                slug: row.html_url.as_deref().and_then(slug),
                ..Translation::default()
            };
            Category {
                id: format!(concat!($level, ":{}"), row.id.0),
                parent_id,
                level: Some($level.to_owned()),
                translations: translations(rows, &locale, own, false),
                default_locale: Some(locale),
                position: row.position,
                visibility: None,
                url: row.html_url,
                created_at: row.created_at,
                updated_at: row.updated_at,
                extra: Extra::new(),
            }
        }
    };
}

level!(
    /// A category: `category:<id>`, because sections count on their own.
    category, wire::Category, "category", |_: &wire::Category| None
);
level!(
    /// A section: `section:<id>`, below a section or a category.
    section, wire::Section, "section", |row: &wire::Section| {
        match (&row.parent_section_id, &row.category_id) {
            (Some(parent), _) => Some(format!("section:{}", parent.0)),
            (None, Some(parent)) => Some(format!("category:{}", parent.0)),
            (None, None) => None,
        }
    }
);

/// An article.
pub fn article(row: wire::Article, rows: Vec<wire::Translation>, segments: &Segments) -> Article {
    let mut extra = Extra::new();
    keep(
        &mut extra,
        "permission_group_id",
        text(row.permission_group_id).map(Value::from),
    );
    keep(&mut extra, "content_tag_ids", row.content_tag_ids);
    keep(&mut extra, "edited_at", row.edited_at);
    let mut guards: Vec<String> = row.user_segment_id.into_iter().map(|id| id.0).collect();
    for id in row.user_segment_ids.unwrap_or_default() {
        if !guards.contains(&id.0) {
            guards.push(id.0);
        }
    }
    let (visibility, audience) = match guards.first() {
        None => (Visibility::Public, None),
        Some(first) => match segments.get(first) {
            Some((sort, None)) if guards.len() == 1 => match sort.as_deref() {
                Some("staff") => (Visibility::Agents, None),
                _ => (Visibility::SignedIn, None),
            },
            _ => {
                let names: Vec<String> = guards
                    .iter()
                    .map(|id| {
                        segments
                            .get(id)
                            .and_then(|(_, name)| name.clone())
                            .unwrap_or_else(|| id.clone())
                    })
                    .collect();
                (Visibility::Segment, Some(names.join(", ")))
            }
        },
    };
    let votes = row.vote_count.unwrap_or(0).max(0);
    let sum = row.vote_sum.unwrap_or(0).clamp(-votes, votes);
    let locale = row.source_locale.or(row.locale).unwrap_or_default();
    let own = Translation {
        locale: locale.clone(),
        title: row.title.unwrap_or_default(),
        html: row.body.filter(|body| !body.is_empty()),
        state: Some(state(row.draft)),
        slug: row.html_url.as_deref().and_then(slug),
        outdated: row.outdated.unwrap_or(false),
        ..Translation::default()
    };
    Article {
        id: row.id.0,
        category_id: row.section_id.map(|id| format!("section:{}", id.0)),
        translations: translations(rows, &locale, own, true),
        default_locale: Some(locale),
        visibility: Some(visibility),
        audience,
        author_id: text(row.author_id),
        labels: sorted(row.label_names.unwrap_or_default()),
        position: row.position,
        promoted: row.promoted.unwrap_or(false),
        comments_enabled: row.comments_disabled.map(|off| !off),
        votes_up: row.vote_count.map(|_| (votes + sum).unsigned_abs() / 2),
        votes_down: row.vote_count.map(|_| (votes - sum).unsigned_abs() / 2),
        url: row.html_url,
        created_at: row.created_at,
        updated_at: row.updated_at,
        extra,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_and_audience_and_languages_of_an_article() {
        let row: wire::Article = serde_json::from_value(serde_json::json!({
            "id": 5, "section_id": 9, "title": "Print", "body": "<p>x</p>", "source_locale": "en-us",
            "locale": "en-us", "draft": false, "vote_sum": 4, "vote_count": 10, "user_segment_id": 3,
            "html_url": "https://acme.zendesk.com/hc/en-us/articles/5-How-to-print"
        }))
        .unwrap();
        let rows: Vec<wire::Translation> = serde_json::from_value(serde_json::json!([
            {"id": 1, "locale": "fr", "title": "Imprimer", "body": "", "draft": true},
            {"id": 2, "locale": "en-us", "title": "Print", "body": "<p>x</p>", "draft": false}
        ]))
        .unwrap();
        let segments = HashMap::from([(
            "3".to_owned(),
            (Some("signed_in_users".to_owned()), Some("VIP".to_owned())),
        )]);
        let made = article(row, rows, &segments);
        assert_eq!((made.votes_up, made.votes_down), (Some(7), Some(3)));
        assert_eq!(made.visibility, Some(Visibility::Segment));
        assert_eq!(made.audience.as_deref(), Some("VIP"));
        assert_eq!(made.category_id.as_deref(), Some("section:9"));
        assert_eq!(made.translations[0].locale, "en-us");
        assert_eq!(made.translations[1].state, Some(ArticleState::Draft));
    }

    #[test]
    fn sections_and_categories_never_share_an_id() {
        let nested: wire::Section = serde_json::from_str(
            r#"{"id":1,"category_id":1,"parent_section_id":2,"name":"A","locale":"en-us"}"#,
        )
        .unwrap();
        let nested = section(nested, Vec::new());
        assert_eq!(nested.id, "section:1");
        assert_eq!(nested.parent_id.as_deref(), Some("section:2"));
        let top: wire::Category = serde_json::from_str(r#"{"id":1,"name":"A"}"#).unwrap();
        assert_eq!(category(top, Vec::new()).id, "category:1");
    }
}
