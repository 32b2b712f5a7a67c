//! The help center.

use serde::Deserialize;
use serde_json::Value;

use super::{Id, Row};
use crate::connector::{Error, Result};
use crate::schema::{Date, Kind};

/// Languages of the help center.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Locales {
    pub locales: Vec<String>,
    pub default_locale: Option<String>,
}

rows! {
    /// A category of the help center.
    Category "categories" Category {
        id: Id,
        name: Option<String>,
        description: Option<String>,
        locale: Option<String>,
        source_locale: Option<String>,
        position: Option<i64>,
        html_url: Option<String>,
        translations: Option<Vec<Translation>>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// A section of the help center.
    Section "sections" Category {
        id: Id,
        category_id: Option<Id>,
        parent_section_id: Option<Id>,
        name: Option<String>,
        description: Option<String>,
        locale: Option<String>,
        source_locale: Option<String>,
        position: Option<i64>,
        html_url: Option<String>,
        translations: Option<Vec<Translation>>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// An article of the help center.
    Article "articles" Article {
        id: Id,
        section_id: Option<Id>,
        author_id: Option<Id>,
        title: Option<String>,
        body: Option<String>,
        locale: Option<String>,
        source_locale: Option<String>,
        draft: Option<bool>,
        promoted: Option<bool>,
        outdated: Option<bool>,
        comments_disabled: Option<bool>,
        position: Option<i64>,
        vote_sum: Option<i64>,
        vote_count: Option<i64>,
        user_segment_id: Option<Id>,
        user_segment_ids: Option<Vec<Id>>,
        permission_group_id: Option<Id>,
        content_tag_ids: Option<Value>,
        label_names: Option<Vec<String>>,
        html_url: Option<String>,
        translations: Option<Vec<Translation>>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
        edited_at: Option<Value>,
    }
    /// One language of a category, section or article.
    Translation "translations" Article {
        id: Id,
        source_id: Option<Id>,
        source_type: Option<String>,
        locale: String,
        title: Option<String>,
        body: Option<String>,
        draft: Option<bool>,
        outdated: Option<bool>,
        hidden: Option<bool>,
        html_url: Option<String>,
        updated_at: Option<Date>,
    }
    /// A file of an article.
    ArticleAttachment "article_attachments" Attachment {
        id: Id,
        article_id: Option<Id>,
        display_file_name: Option<String>,
        file_name: Option<String>,
        content_url: Option<String>,
        content_type: Option<String>,
        size: Option<u64>,
        inline: Option<bool>,
        locale: Option<String>,
        created_at: Option<Date>,
    }
    /// Who may read an article.
    UserSegment "user_segments" Article {
        id: Id,
        name: Option<String>,
        user_type: Option<String>,
        built_in: Option<bool>,
    }
    /// Where the help center leads who asks for a page that it has not.
    RedirectRule "records" Article {
        id: Id,
        brand_id: Option<Id>,
        redirect_from: String,
        redirect_to: String,
    }
    /// Who may edit an article.
    PermissionGroup "permission_groups" Article {
        id: Id,
        name: Option<String>,
        built_in: Option<bool>,
    }
}

wrapped! {
    /// A section.
    OneSection { section: Section },
    /// A file.
    OneArticleAttachment { article_attachment: ArticleAttachment },
}

/// Where a file for the media library is uploaded to.
#[derive(Debug, Deserialize)]
pub struct MediaUpload {
    upload_url: MediaUrl,
    /// What has to be sent with the bytes; in some answers it stands below.
    headers: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct MediaUrl {
    url: String,
    asset_upload_id: String,
    headers: Option<Value>,
}

/// An upload, ready to be sent.
#[derive(Debug)]
pub struct Upload {
    /// Where to.
    pub url: String,
    /// Its id, of which an entry of the library is made.
    pub asset: String,
    /// What has to be sent along.
    pub headers: Vec<(String, String)>,
}

impl MediaUpload {
    /// What is to be sent. The documentation shows the headers as an object,
    /// and as an object in a text.
    pub fn read(self) -> Result<Upload> {
        let headers = match self.headers.or(self.upload_url.headers) {
            Some(Value::String(text)) => serde_json::from_str(&text).map_err(|cause| {
                Error::protocol("the headers of an upload cannot be read").caused_by(cause)
            })?,
            other => other.unwrap_or_default(),
        };
        let headers = headers.as_object().into_iter().flatten();
        let headers = headers
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        Ok(Upload {
            url: self.upload_url.url,
            asset: self.upload_url.asset_upload_id,
            headers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_an_upload_come_in_two_shapes() {
        let object = r#"{"headers": {"Content-Type": "image/png", "X-Amz-Acl": "private"},
            "upload_url": {"url": "https://up.example.com/1", "asset_upload_id": "01A"}}"#;
        let text = r#"{"upload_url": {"url": "https://up.example.com/1", "asset_upload_id": "01A",
            "headers": "{\"Content-Type\":\"image/png\",\"X-Amz-Acl\":\"private\"}"}}"#;
        for json in [object, text] {
            let upload: MediaUpload = serde_json::from_str(json).unwrap();
            let Upload {
                url,
                asset,
                mut headers,
            } = upload.read().unwrap();
            headers.sort();
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(
                (url.as_str(), asset.as_str()),
                ("https://up.example.com/1", "01A")
            );
            assert_eq!(
                headers,
                [("Content-Type", "image/png"), ("X-Amz-Acl", "private")]
            );
        }
    }
}
