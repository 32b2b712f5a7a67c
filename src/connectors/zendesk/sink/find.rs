//! Looks for what may have been written.

use super::{ZendeskSink, help_center, jobs, structure};
use crate::connector::{ArticleBundle, Body, ErrorKind, Item, Probe, Result, Written, text};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire::{self, Row};
use crate::schema::{Date, Kind};

/// Without any white space.
fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Seconds that the account's clock may be behind ours.
const SKEW: i64 = 120;

impl ZendeskSink {
    pub(super) async fn find_written(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        if let Some((job, index)) = probe.note.and_then(read_note) {
            match self.jobs.wait(job).await {
                Ok(status) => match jobs::outcome(&status, index) {
                    Ok(done) => return self.complete(probe.item, done.id).await.map(Some),
                    // The job says that the record was refused: it is not there.
                    Err(error) if error.kind != ErrorKind::Transient => return Ok(None),
                    Err(_) => {}
                },
                // Jobs are kept for one day; after that only the record itself tells.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let item = probe.item;
        let earliest = probe.begun_at.as_second() - SKEW;
        match &item.body {
            Body::Conversation(_) => {
                self.jobs.quiet().await?;
                self.by_marker::<wire::Ticket>("/api/v2/tickets", "external_id", item, |row| {
                    (row.id.0, row.external_id.map(|id| id.0))
                })
                .await
            }
            Body::Contact(_) => {
                self.jobs.quiet().await?;
                self.by_marker::<wire::User>(
                    "/api/v2/users/show_many",
                    "external_ids",
                    item,
                    |row| (row.id.0, row.external_id.map(|id| id.0)),
                )
                .await
            }
            Body::Organization(_) => {
                self.jobs.quiet().await?;
                self.by_marker::<wire::Organization>(
                    "/api/v2/organizations/show_many",
                    "external_ids",
                    item,
                    |row| (row.id.0, row.external_id.map(|id| id.0)),
                )
                .await
            }
            Body::Group(group) => {
                let found = self
                    .recent::<wire::Group>("/api/v2/groups", limits::DEFAULT, |row| {
                        row.name == group.name && since(row.created_at, earliest)
                    })
                    .await?;
                match found {
                    Some(row) => self.join_group(item, group, &row.id.0).await.map(Some),
                    None => Ok(None),
                }
            }
            Body::Field(known) => {
                let id = match known.on {
                    Some(Kind::Contact) => self
                        .recent::<wire::UserField>("/api/v2/user_fields", limits::DEFAULT, |row| {
                            row.key == structure::field_key(known)
                                && since(row.created_at, earliest)
                        })
                        .await?
                        .map(|row| format!("user.{}", row.key)),
                    Some(Kind::Organization) => self
                        .recent::<wire::OrganizationField>(
                            "/api/v2/organization_fields",
                            limits::DEFAULT,
                            |row| {
                                row.key == structure::field_key(known)
                                    && since(row.created_at, earliest)
                            },
                        )
                        .await?
                        .map(|row| format!("organization.{}", row.key)),
                    _ => self
                        .recent::<wire::TicketField>(
                            "/api/v2/ticket_fields",
                            limits::DEFAULT,
                            |row| row.title == known.label && since(row.created_at, earliest),
                        )
                        .await?
                        .map(|row| row.id.0),
                };
                Ok(id.map(Written::created))
            }
            Body::Macro(template) => {
                let found = self
                    .recent::<wire::Macro>("/api/v2/macros", limits::DEFAULT, |row| {
                        let title = row.title.rsplit("::").next().unwrap_or_default().trim();
                        title == template.title && since(row.created_at, earliest)
                    })
                    .await?;
                Ok(found.map(|row| Written::created(row.id.0)))
            }
            Body::Category(level) => {
                let name = level.name();
                let parent = level
                    .parent_id
                    .as_deref()
                    .and_then(|id| item.refs.get(Kind::Category, id));
                let id = if level.parent_id.is_none() {
                    self.recent::<wire::Category>(
                        "/api/v2/help_center/categories",
                        limits::HELP_CENTER,
                        |row| row.name.as_deref() == Some(name) && since(row.created_at, earliest),
                    )
                    .await?
                    .map(|row| format!("category:{}", row.id.0))
                } else {
                    self.recent::<wire::Section>(
                        "/api/v2/help_center/sections",
                        limits::HELP_CENTER,
                        |row| {
                            row.name.as_deref() == Some(name)
                                && below(row, parent)
                                && since(row.created_at, earliest)
                        },
                    )
                    .await?
                    .map(|row| format!("section:{}", row.id.0))
                };
                match id {
                    Some(id) => self.complete(item, id).await.map(Some),
                    None => Ok(None),
                }
            }
            Body::Article(bundle) => {
                let title = bundle.article.title();
                let found = self
                    .recent::<wire::Article>(
                        "/api/v2/help_center/articles",
                        limits::HELP_CENTER,
                        |row| {
                            let place = bundle
                                .article
                                .category_id
                                .as_deref()
                                .and_then(|id| item.refs.get(Kind::Category, id));
                            let same = match (place.map(help_center::split_id), &row.section_id) {
                                (Some(Ok(("sections", number))), Some(section)) => {
                                    section.0 == number
                                }
                                _ => true,
                            };
                            let body = |html: Option<&str>| {
                                bare(&text::comparable(html.unwrap_or_default(), true))
                            };
                            let wanted = bundle.article.translations.first();
                            same && row.title.as_deref() == Some(title)
                                && since(row.created_at, earliest)
                                && body(row.body.as_deref())
                                    == body(wanted.and_then(|text| text.html.as_deref()))
                        },
                    )
                    .await?;
                match found {
                    Some(row) => self.complete_article(bundle, row.id.0).await,
                    None => Ok(None),
                }
            }
            Body::Message(reply) => self.find_message(item, reply, earliest).await,
            Body::Agent(_) | Body::Brand(_) | Body::Form(_) => Ok(None),
        }
    }

    /// Finishes what a crash may have left half done around a created record.
    async fn complete(&self, item: &Item, id: String) -> Result<Written> {
        match &item.body {
            Body::Conversation(_) => Ok(self.written("/agent/tickets/", id)),
            Body::Organization(_) => Ok(self.written("/agent/organizations/", id)),
            Body::Contact(_) => {
                self.memberships(item, self.written("/agent/users/", id))
                    .await
            }
            Body::Category(level) => {
                let target = self.languages().await?;
                let texts = help_center::texts(&level.translations, &target)?;
                self.ensure_translations(&id, &texts).await?;
                Ok(Written::created(id))
            }
            _ => Ok(Written::created(id)),
        }
    }

    /// Finishes an article that a crash left half done. Where files or images
    /// are missing it is archived and written again: which of the uploads
    /// belong to it can no longer be told.
    async fn complete_article(
        &self,
        bundle: &ArticleBundle,
        id: String,
    ) -> Result<Option<Written>> {
        let wanted = bundle
            .attachments
            .iter()
            .filter(|file| file.path.is_ok() && file.size <= limits::MAX_ARTICLE_ATTACHMENT)
            .count();
        let target = self.languages().await?;
        let texts = help_center::texts(&bundle.article.translations, &target)?;
        if wanted == 0 {
            self.ensure_translations(&id, &texts).await?;
            return Ok(Some(Written::created(id)));
        }
        let path = format!("/api/v2/help_center/articles/{id}");
        let files: Vec<wire::ArticleAttachment> = self
            .optional(&format!("{path}/attachments"), limits::HELP_CENTER)
            .await?;
        let there: Vec<wire::Translation> = self
            .optional(&format!("{path}/translations"), limits::HELP_CENTER)
            .await?;
        // A draft with the old addresses of its images waited for its files.
        let waits = there.iter().any(|row| {
            let shown = text::image_sources(row.body.as_deref().unwrap_or_default());
            let of_ours = |url: &String| {
                let mut files = bundle.attachments.iter().filter(|file| {
                    file.path.is_ok() && file.size <= limits::MAX_ARTICLE_ATTACHMENT
                });
                files.any(|file| file.attachment.url.as_ref() == Some(url))
            };
            let draft = texts
                .iter()
                .find(|(locale, _)| row.locale.eq_ignore_ascii_case(locale))
                .map(|(_, text)| help_center::draft(text));
            shown.iter().any(of_ours) || (row.draft == Some(true) && draft == Some(false))
        });
        if files.len() >= wanted && there.len() >= texts.len() && !waits {
            return Ok(Some(Written::created(id)));
        }
        match self
            .desk
            .client
            .delete(&path)
            .budget(limits::HELP_CENTER)
            .send()
            .await
        {
            Ok(_) => Ok(None),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn languages(&self) -> Result<crate::connector::TargetDesk> {
        Ok(crate::connector::TargetDesk {
            locales: self.desk.locales().await?,
            ..Default::default()
        })
    }

    /// A record whose external id is the marker, read from the records themselves,
    /// never from the search index, which lags.
    async fn by_marker<T: Row>(
        &self,
        path: &str,
        parameter: &str,
        item: &Item,
        read: impl Fn(T) -> (String, Option<String>),
    ) -> Result<Option<Written>> {
        let answer = self
            .desk
            .client
            .get(path)
            .query(&[(parameter, item.marker.as_str())])
            .send()
            .await;
        let list = match answer {
            Ok(answer) => wire::list::<T>(&answer)?,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = list
            .rows
            .into_iter()
            .map(read)
            .find(|(_, marker)| marker.as_deref() == Some(item.marker.as_str()));
        match found {
            Some((id, _)) => self.complete(item, id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn recent<T: Row>(
        &self,
        path: &str,
        budget: &'static str,
        same: impl Fn(&T) -> bool,
    ) -> Result<Option<T>> {
        let rows: Vec<T> = source::all(&self.desk.client, path, budget).await?;
        Ok(rows.into_iter().find(|row| same(row)))
    }
}

/// Job and index of a note: `job:82de04:17`.
fn read_note(note: &str) -> Option<(&str, usize)> {
    let (job, index) = note.strip_prefix("job:")?.rsplit_once(':')?;
    Some((job, index.parse().ok()?))
}

/// Whether a section stands where it was to be written: sections of one name
/// are common. One that was flattened has lost its parent.
fn below(row: &wire::Section, parent: Option<&str>) -> bool {
    let same = |id: &Option<wire::Id>, number: &str| id.as_ref().is_some_and(|id| id.0 == number);
    match parent.map(help_center::split_id) {
        Some(Ok(("categories", number))) => {
            same(&row.category_id, number) && row.parent_section_id.is_none()
        }
        Some(Ok((_, number))) => {
            row.parent_section_id.is_none() || same(&row.parent_section_id, number)
        }
        _ => false,
    }
}

/// Whether a record was created after this; one without a date may have been.
fn since(created: Option<Date>, earliest: i64) -> bool {
    created.is_none_or(|date| date.as_second() >= earliest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_job_and_row() {
        assert_eq!(read_note("job:82de:ab:17"), Some(("82de:ab", 17)));
        assert_eq!(read_note("job:x"), None);
    }
}
