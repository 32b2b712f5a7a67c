//! Files and images of articles.
//!
//! There are two ways. The older one uploads a file and ties it to an article
//! later; Zendesk recommends the media library instead, whose entries become
//! attachments of an article that is there:
//! <https://developer.zendesk.com/api-reference/help_center/help-center-api/guide_medias/>.

use std::path::Path;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::payload::number;
use super::{ZendeskSink, made};
use crate::connector::{
    ArticleBundle, Effect, Error, ErrorKind, File, Loss, Result, detail, field, text,
};
use crate::connectors::zendesk::client::TOO_LARGE;
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, OneArticleAttachment};
use crate::http::FormPart;
use crate::schema::{Key, Kind, Translation};

impl ZendeskSink {
    /// The files of an article that is there: those that it has, by their
    /// names, and the others, which are uploaded now.
    pub(super) async fn files_of(&self, id: &str, bundle: &ArticleBundle) -> Result<Uploads> {
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
        self.attach_waiting(id, &mut uploads).await?;
        for (file, row) in known {
            uploads.shown(file, row.content_url);
        }
        Ok(uploads)
    }

    /// Uploads files that no article has yet.
    pub(super) async fn upload_files(&self, files: impl Iterator<Item = &File>) -> Result<Uploads> {
        let mut uploads = Uploads::default();
        for file in files {
            let Ok(path) = &file.path else { continue };
            if file.size > limits::MAX_ARTICLE_ATTACHMENT {
                continue;
            }
            match self.upload(file, path).await {
                Ok(Uploaded::Attachment(row)) => {
                    uploads.ids.push(row.id.0.clone());
                    uploads.arrived(file, row);
                }
                Ok(Uploaded::Media(media)) => uploads.waiting.push((file.clone(), media)),
                Err(error) if matches!(error.kind, ErrorKind::Rejected { .. }) => {
                    uploads.lost(file, &error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(uploads)
    }

    /// Uploads a file in the way that the account takes. The older one needs
    /// one request; where it is refused the media library is asked, from then
    /// on for all files.
    async fn upload(&self, file: &File, path: &Path) -> Result<Uploaded> {
        let mut refused = None;
        if !self.media_only.load(Ordering::Relaxed) {
            match self.upload_attachment(file, path).await {
                Ok(row) => return Ok(Uploaded::Attachment(row)),
                Err(error) if is_refusal(&error) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match self.upload_media(file, path).await {
            Ok(media) => {
                self.media_only.store(true, Ordering::Relaxed);
                Ok(Uploaded::Media(media))
            }
            // What was said of the file itself says more.
            Err(error) if is_refusal(&error) => Err(refused.unwrap_or(error)),
            Err(error) => Err(error),
        }
    }

    async fn upload_attachment(&self, file: &File, path: &Path) -> Result<wire::ArticleAttachment> {
        let uploaded: OneArticleAttachment = self
            .guide_post("/api/v2/help_center/articles/attachments")
            .repeatable()
            .multipart(vec![
                inline(file),
                FormPart::File {
                    name: "file".to_owned(),
                    file_name: file.attachment.name.clone(),
                    mime: mime(file),
                    path: path.to_owned(),
                    part: None,
                },
            ])
            .json()
            .await?;
        Ok(uploaded.article_attachment)
    }

    /// Puts a file into the media library: an address to upload to, the bytes,
    /// and the library's entry, whose id is returned.
    async fn upload_media(&self, file: &File, path: &Path) -> Result<String> {
        let ticket: wire::MediaUpload = self
            .guide_post("/api/v2/guide/medias/upload_url")
            .body(&json!({"content_type": mime(file), "file_size": file.size}))
            // An address that is not used is forgotten.
            .repeatable()
            .json()
            .await?;
        let wire::Upload {
            url,
            asset,
            headers,
        } = ticket.read()?;
        let sent_as = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map_or_else(|| mime(file), |(_, value)| value.clone());
        // Another company's storage: it shall never see our credentials.
        let mut put = self
            .desk
            .client
            .put(&url)
            .anonymous()
            .budget(limits::CONTENT);
        for (name, value) in &headers {
            if !name.eq_ignore_ascii_case("content-type") {
                put = put.header(name, value);
            }
        }
        put.file(&sent_as, path)
            .send()
            .await
            .map_err(|error| match is_refusal(&error) {
                true => {
                    Error::rejected("file", format!("the upload was refused: {}", error.message))
                }
                false => error,
            })?;
        let answer: Value = self
            .guide_post("/api/v2/guide/medias")
            .body(&json!({"asset_upload_id": asset, "filename": file.attachment.name}))
            .json()
            .await?;
        made(&answer, "media")
    }

    /// Attaches to an article what waits in the media library.
    pub(super) async fn attach_waiting(&self, id: &str, uploads: &mut Uploads) -> Result<()> {
        let path = format!("/api/v2/help_center/articles/{id}/attachments");
        for (file, media) in std::mem::take(&mut uploads.waiting) {
            let parts = vec![
                FormPart::Text {
                    name: "guide_media_id".to_owned(),
                    value: media,
                },
                inline(&file),
            ];
            let attached = self.guide_post(&path).multipart(parts).json();
            match attached.await {
                Ok(OneArticleAttachment { article_attachment }) => {
                    uploads.arrived(&file, article_attachment);
                }
                Err(error) if matches!(error.kind, ErrorKind::Rejected { .. }) => {
                    uploads.lost(&file, &error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ties uploads to an article. Returns what could not be.
    pub(super) async fn tie_files(&self, id: &str, files: &[String]) -> Result<Vec<Loss>> {
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
                    let why = error.to_string();
                    let detail = detail!("loss-files-not-tied", count = part.len(), why = why);
                    losses.push(Loss::new(field::ATTACHMENT, Effect::Dropped, detail));
                }
                other => {
                    other?;
                }
            }
        }
        Ok(losses)
    }
}

/// Where an upload is.
enum Uploaded {
    /// An attachment of no article yet.
    Attachment(wire::ArticleAttachment),
    /// In the media library, under this id.
    Media(String),
}

/// Whether the file was refused, in this way of uploading it. That it is too
/// large is no question of the way.
fn is_refusal(error: &Error) -> bool {
    match &error.kind {
        ErrorKind::Rejected { field } => field.as_deref() != Some(TOO_LARGE),
        kind => matches!(
            kind,
            ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Conflict { .. }
        ),
    }
}

fn mime(file: &File) -> String {
    let known = file.attachment.mime.clone();
    known.unwrap_or_else(|| "application/octet-stream".to_owned())
}

fn inline(file: &File) -> FormPart {
    FormPart::Text {
        name: "inline".to_owned(),
        value: file.attachment.inline.to_string(),
    }
}

/// Files that were uploaded, and where each can be seen.
#[derive(Default)]
pub(super) struct Uploads {
    /// Attachments that are no article's yet.
    pub(super) ids: Vec<String>,
    /// Files in the media library, which an article must have before they can be seen.
    pub(super) waiting: Vec<(File, String)>,
    pub(super) parts: Vec<(Key, String)>,
    /// Address in the source's text, and on the target.
    pub(super) images: Vec<(String, String)>,
    pub(super) losses: Vec<Loss>,
}

impl Uploads {
    /// Notes what a file became.
    fn arrived(&mut self, file: &File, row: wire::ArticleAttachment) {
        let key = Key::new(Kind::Attachment, &file.attachment.id);
        self.parts.push((key, row.id.0));
        self.shown(file, row.content_url);
    }

    /// Declares a file that the help center does not take.
    fn lost(&mut self, file: &File, error: &Error) {
        let (name, why) = (&file.attachment.name, error.to_string());
        let detail = detail!("loss-file", name = name, why = why);
        let loss = Loss::new(field::ATTACHMENT, Effect::Dropped, detail);
        self.losses.push(loss.of(&file.attachment.id));
    }

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
pub(super) fn place_images(texts: &mut [(String, Translation)], images: &[(String, String)]) {
    for (_, translation) in texts {
        if let Some(html) = translation.html.take() {
            translation.html = Some(text::rewrite_images(&html, |source| {
                let known = images.iter().find(|(old, _)| old == source);
                known.map(|(_, new)| new.clone())
            }));
        }
    }
}
