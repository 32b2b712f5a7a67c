//! The knowledge base, walked from the top: a queue of what is left is the cursor.

use std::collections::VecDeque;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Freshdesk, write};
use crate::connector::{Error, ErrorKind, Page, Result};
use crate::connectors::freshdesk::normalize::{CATEGORY, FOLDER, by_id};
use crate::connectors::freshdesk::wire;
use crate::schema::{Article, Attachment, Date, Record};

/// What is left to visit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// Levels, in the order in which they are visited.
    pub todo: VecDeque<Level>,
    /// Articles that did not change since then were read by an earlier walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// When this walk began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Date>,
}

/// A level of the knowledge base whose content was not read yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Level {
    /// A category.
    #[serde(rename = "c")]
    Category(u64),
    /// A folder, and who sees it.
    #[serde(rename = "f")]
    Folder(u64, Option<u32>),
}

impl Freshdesk {
    /// One level of the knowledge base.
    pub(super) async fn solutions(&self, at: Option<Walk>) -> Result<Page> {
        let mut walk = at.unwrap_or_default();
        let mut page = Page::default();
        match walk.todo.pop_front() {
            None => {
                walk.since = walk.began.take();
                self.categories(&mut page, &mut walk).await?;
                walk.began = Some(self.now());
            }
            Some(Level::Category(id)) => {
                let path = format!("/solutions/categories/{id}/folders");
                let parent = format!("{CATEGORY}{id}");
                self.folders(&mut page, &mut walk, &path, &parent, None)
                    .await?;
            }
            Some(Level::Folder(id, seen_by)) => {
                let path = format!("/solutions/folders/{id}/subfolders");
                let parent = format!("{FOLDER}{id}");
                self.folders(&mut page, &mut walk, &path, &parent, Some(id))
                    .await?;
                self.articles(&mut page, id, seen_by, walk.since).await?;
            }
        }
        page.done = walk.todo.is_empty();
        page.next = write(&walk)?;
        Ok(page)
    }

    async fn categories(&self, page: &mut Page, walk: &mut Walk) -> Result<()> {
        let rows = self
            .in_all_languages("/solutions/categories", |c: &wire::Category| c.id)
            .await?;
        let normalizer = self.normalizer().await?;
        for (position, rows) in rows.iter().enumerate() {
            walk.todo
                .extend(rows.first().map(|(_, row)| Level::Category(row.id)));
            page.records.extend(
                normalizer
                    .category(rows, position as i64)
                    .map(Record::Category),
            );
        }
        Ok(())
    }

    /// Folders of a category or a folder. A category lists nested folders too
    /// on some accounts: those wait for their own parent.
    async fn folders(
        &self,
        page: &mut Page,
        walk: &mut Walk,
        path: &str,
        parent: &str,
        within: Option<u64>,
    ) -> Result<()> {
        let rows = match self.in_all_languages(path, |f: &wire::Folder| f.id).await {
            // Accounts without nested folders do not have the address.
            Err(error)
                if within.is_some()
                    && matches!(
                        error.kind,
                        ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Rejected { .. }
                    ) =>
            {
                return Ok(());
            }
            rows => rows?,
        };
        let normalizer = self.normalizer().await?;
        let mut found = VecDeque::new();
        for (position, rows) in rows.iter().enumerate() {
            let Some((_, row)) = rows.first() else {
                continue;
            };
            if row
                .parent_folder_id
                .is_some_and(|above| within != Some(above))
            {
                continue;
            }
            found.push_back(Level::Folder(row.id, row.visibility));
            page.records.extend(
                normalizer
                    .folder(rows, parent, position as i64)
                    .map(Record::Category),
            );
        }
        // Depth first, so that what is left stays short.
        found.append(&mut walk.todo);
        walk.todo = found;
        Ok(())
    }

    async fn articles(
        &self,
        page: &mut Page,
        folder: u64,
        seen_by: Option<u32>,
        since: Option<Date>,
    ) -> Result<()> {
        let path = format!("/solutions/folders/{folder}/articles");
        let mut rows = self
            .in_all_languages(&path, |a: &wire::Article| a.id)
            .await?;
        let normalizer = self.normalizer().await?;
        for (position, rows) in rows.iter_mut().enumerate() {
            let old = |(_, row): &(String, wire::Article)| {
                row.updated_at.is_some() && row.updated_at < since
            };
            if since.is_some() && rows.iter().all(old) {
                continue;
            }
            for (number, (language, row)) in rows.iter_mut().enumerate() {
                row.folder_id.get_or_insert(folder);
                if row.attachments.is_some() && row.description.is_some() {
                    continue;
                }
                let path = match number {
                    0 => format!("/solutions/articles/{}", row.id),
                    _ => format!("/solutions/articles/{}/{language}", row.id),
                };
                if let Some(full) = self.desk.find::<wire::Article>(&path).await? {
                    let votes = (row.thumbs_up, row.thumbs_down);
                    *row = full;
                    row.folder_id.get_or_insert(folder);
                    (row.thumbs_up, row.thumbs_down) =
                        (row.thumbs_up.or(votes.0), row.thumbs_down.or(votes.1));
                }
            }
            if let Some((article, files)) = normalizer.article(rows, seen_by, position as i64) {
                page.records.push(Record::Article(article));
                page.records
                    .extend(files.into_iter().map(Record::Attachment));
            }
        }
        Ok(())
    }

    /// The files of an article that was read before, in all its languages.
    pub(super) async fn files_of(&self, article: &Article) -> Result<Vec<Attachment>> {
        let languages = self.languages().await?;
        let mut rows = Vec::new();
        for (number, text) in article.translations.iter().enumerate() {
            // The record has `pt-br` where the account says `pt-BR`, and knows no other spelling.
            let spelled = languages.iter().find(|l| l.to_lowercase() == text.locale);
            let language = spelled.unwrap_or(&text.locale);
            let path = match number {
                0 => format!("/solutions/articles/{}", article.id),
                _ => format!("/solutions/articles/{}/{language}", article.id),
            };
            if let Some(row) = self.desk.find::<wire::Article>(&path).await? {
                rows.push((text.locale.clone(), row));
            }
        }
        let normalizer = self.normalizer().await?;
        let read = normalizer.article(&rows, None, 0);
        Ok(read.map(|(_, files)| files).unwrap_or_default())
    }

    /// A list in the original language with the translations of its rows.
    async fn in_all_languages<T: DeserializeOwned>(
        &self,
        path: &str,
        id: impl Fn(&T) -> u64,
    ) -> Result<Vec<crate::connectors::freshdesk::normalize::Languages<T>>> {
        let rows: Vec<T> = self.desk.all(path).await?;
        let languages = self.languages().await?;
        let Some((original, others)) = languages.split_first() else {
            return Err(Error::protocol("the account has no language"));
        };
        let mut translated = Vec::new();
        if !rows.is_empty() {
            for language in others {
                match self.desk.all(&format!("{path}/{language}")).await {
                    Ok(rows) => translated.push((language.clone(), rows)),
                    // A language of the interface that the knowledge base does not have.
                    Err(error)
                        if matches!(
                            error.kind,
                            ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Rejected { .. }
                        ) =>
                    {
                        tracing::debug!("{error}");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(by_id(original, rows, translated, id))
    }

    /// Canned responses, one folder a page.
    pub(super) async fn responses(&self, at: Option<Folders>) -> Result<Page> {
        let mut at = match at {
            Some(at) if !at.todo.is_empty() => at,
            _ => {
                let folders: Result<Vec<wire::ResponseFolder>> =
                    self.desk.all("/canned_response_folders").await;
                match folders {
                    Ok(folders) => Folders {
                        todo: folders.into_iter().map(|f| (f.id, f.name)).collect(),
                    },
                    Err(error)
                        if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) =>
                    {
                        tracing::warn!("{error}");
                        Folders::default()
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let mut page = Page::default();
        if let Some((id, name)) = at.todo.pop_front() {
            let path = format!("/canned_response_folders/{id}/responses");
            let rows: Vec<wire::CannedResponse> = self.desk.all(&path).await?;
            let normalizer = self.normalizer().await?;
            let records = rows
                .iter()
                .map(|row| Record::Macro(normalizer.canned_response(row, &name)));
            page.records.extend(records);
        }
        page.done = at.todo.is_empty();
        page.next = write(&at)?;
        Ok(page)
    }
}

/// Folders of canned responses that were not read yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Folders {
    todo: VecDeque<(u64, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_short_text() {
        let walk = Walk {
            todo: VecDeque::from([Level::Folder(7, Some(1)), Level::Category(3)]),
            ..Walk::default()
        };
        let text = serde_json::to_string(&walk).unwrap();
        assert_eq!(text, r#"{"todo":[{"f":[7,1]},{"c":3}]}"#);
        assert_eq!(serde_json::from_str::<Walk>(&text).unwrap(), walk);
    }
}
