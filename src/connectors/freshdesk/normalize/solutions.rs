//! The knowledge base: categories, folders, articles and their translations.

use std::collections::BTreeMap;

use super::super::wire;
use super::messages::{inline_files, listed_file};
use super::{Normalizer, id, keep, text};
use crate::mapping::Table;
use crate::schema::{
    Article, ArticleState, Attachment, Category, Extra, Owner, Translation, Visibility,
};

/// Stands before the number in ids of categories: folders may have the same number.
pub const CATEGORY: &str = "category-";
/// Stands before the number in ids of folders.
pub const FOLDER: &str = "folder-";

/// One row in several languages: the original first, then the others by language.
pub type Languages<T> = Vec<(String, T)>;

impl Normalizer<'_> {
    /// A category.
    pub fn category(&self, rows: &Languages<wire::Category>, position: i64) -> Option<Category> {
        let (locale, first) = rows.first()?;
        let texts = rows
            .iter()
            .map(|(locale, row)| translation(locale, &row.name, &row.description));
        Some(Category {
            id: format!("{CATEGORY}{}", first.id),
            level: Some("category".into()),
            default_locale: Some(locale.to_lowercase()),
            translations: texts.collect(),
            position: Some(position),
            url: Some(format!("{}/support/solutions/{}", self.base, first.id)),
            created_at: first.created_at,
            updated_at: first.updated_at,
            ..Category::default()
        })
    }

    /// Who sees a folder; an audience that nobody knows is a chosen one.
    fn visibility(&self, code: u32) -> Visibility {
        let known = self.mapping.read(Table::Visibility, &code.to_string());
        known
            .and_then(Visibility::parse)
            .unwrap_or(Visibility::Segment)
    }

    /// A folder below a category or another folder.
    pub fn folder(
        &self,
        rows: &Languages<wire::Folder>,
        parent: &str,
        position: i64,
    ) -> Option<Category> {
        let (locale, first) = rows.first()?;
        let texts = rows
            .iter()
            .map(|(locale, row)| translation(locale, &row.name, &row.description));
        let mut extra = Extra::new();
        keep(
            &mut extra,
            "company_ids",
            first.company_ids.clone().filter(|ids| !ids.is_empty()),
        );
        keep(
            &mut extra,
            "visibility",
            first.visibility.filter(|code| *code > 3),
        );
        Some(Category {
            id: format!("{FOLDER}{}", first.id),
            parent_id: Some(parent.to_owned()),
            level: Some("folder".into()),
            default_locale: Some(locale.to_lowercase()),
            translations: texts.collect(),
            position: Some(position),
            visibility: first.visibility.map(|code| self.visibility(code)),
            url: Some(format!(
                "{}/support/solutions/folders/{}",
                self.base, first.id
            )),
            created_at: first.created_at,
            updated_at: first.updated_at,
            extra,
        })
    }

    /// An article with its files.
    pub fn article(
        &self,
        rows: &Languages<wire::Article>,
        seen_by: Option<u32>,
        position: i64,
    ) -> Option<(Article, Vec<Attachment>)> {
        let (locale, first) = rows.first()?;
        let number = first.id.to_string();
        let owner = Owner::Article(number.clone());
        let mut files = Vec::new();
        let mut translations = Vec::with_capacity(rows.len());
        for (language, row) in rows {
            let language = language.to_lowercase();
            let tag = (language != locale.to_lowercase()).then_some(language.as_str());
            for file in row.attachments.iter().flatten() {
                if !files
                    .iter()
                    .any(|known: &Attachment| known.id == file.id.to_string())
                {
                    files.push(listed_file(file, owner.clone(), tag));
                }
            }
            if let Some(html) = &row.description {
                inline_files(html, &format!("a{number}"), &owner, tag, &mut files);
            }
            let seo = row.seo_data.clone().unwrap_or_default();
            translations.push(Translation {
                html: text(&row.description),
                state: Some(if row.status == Some(2) {
                    ArticleState::Published
                } else {
                    ArticleState::Draft
                }),
                seo_title: text(&seo.meta_title),
                seo_description: text(&seo.meta_description),
                ..translation(&language, &row.title, &None)
            });
        }
        let mut extra = Extra::new();
        keep(&mut extra, "hits", first.hits.filter(|hits| *hits > 0));
        keep(
            &mut extra,
            "workaround",
            (first.kind == Some(2)).then_some(true),
        );
        let keywords = first
            .seo_data
            .as_ref()
            .and_then(|seo| seo.meta_keywords.clone());
        keep(
            &mut extra,
            "meta_keywords",
            keywords.filter(|k| !k.is_null() && k.as_str() != Some("")),
        );
        let mut labels = first.tags.clone().unwrap_or_default();
        labels.sort();
        let article = Article {
            id: number.clone(),
            category_id: id(first.folder_id).map(|folder| format!("{FOLDER}{folder}")),
            default_locale: Some(locale.to_lowercase()),
            translations,
            visibility: seen_by.map(|code| self.visibility(code)),
            author_id: id(first.agent_id),
            labels,
            position: Some(position),
            votes_up: first.thumbs_up,
            votes_down: first.thumbs_down,
            url: Some(format!("{}/support/solutions/articles/{number}", self.base)),
            created_at: first.created_at,
            updated_at: first.updated_at,
            extra,
            ..Article::default()
        };
        Some((article, files))
    }
}

fn translation(locale: &str, title: &str, description: &Option<String>) -> Translation {
    Translation {
        locale: locale.to_lowercase(),
        title: title.to_owned(),
        html: text(description),
        ..Translation::default()
    }
}

/// Rows of several languages put together by id, in the order of the original's.
pub fn by_id<T>(
    language: &str,
    rows: Vec<T>,
    others: Vec<(String, Vec<T>)>,
    id: impl Fn(&T) -> u64,
) -> Vec<Languages<T>> {
    let mut found: BTreeMap<u64, Languages<T>> = BTreeMap::new();
    for (other, list) in others {
        for row in list {
            found
                .entry(id(&row))
                .or_default()
                .push((other.clone(), row));
        }
    }
    rows.into_iter()
        .map(|row| {
            let mut rows = vec![];
            let more = found.remove(&id(&row)).unwrap_or_default();
            rows.push((language.to_owned(), row));
            rows.extend(more);
            rows
        })
        .collect()
}
