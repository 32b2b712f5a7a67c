//! The help center.

use serde::Deserialize;
use serde_json::Value;

use super::{Id, Row};
use crate::schema::{Date, Kind};

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
