//! Classes and articles.

use serde_json::Value;

use super::super::wire;
use super::{Normal, SYSTEM, at, owned, put};
use crate::connector::text;
use crate::schema::{Article, ArticleState, Category, Extra, Translation, Visibility};

/// A class of articles.
pub fn class(class: &wire::Class, locale: &str) -> Category {
    let mut extra = Extra::new();
    if class.disabled.yes() {
        extra.insert("Disabled".into(), true.into());
    }
    Category {
        id: class.id.0.clone(),
        level: Some("class".into()),
        default_locale: Some(locale.to_owned()),
        translations: vec![Translation {
            locale: locale.to_owned(),
            title: class.name.0.clone(),
            html: class.description.some().map(text::text_to_html),
            ..Translation::default()
        }],
        position: class.sort_order.0.parse().ok(),
        visibility: Some(Visibility::Agents),
        extra,
        ..Category::default()
    }
}

/// An article. `html_fields` are the ids of custom fields that hold HTML.
pub fn article(
    article: &wire::Article,
    html_fields: &[String],
    locale: &str,
    base: &str,
) -> Normal<Article> {
    let mut extra = Extra::new();
    put(&mut extra, "Summary", &article.summary);
    let mut body = None;
    for field in &article.custom_fields {
        let texts: Vec<&str> = field.values.iter().filter_map(Value::as_str).collect();
        if texts.is_empty() {
            continue;
        }
        if field.name.0 == "Content" && body.is_none() {
            let whole = texts.join("\n");
            body = Some(if html_fields.contains(&field.id.0) {
                whole
            } else {
                text::text_to_html(&whole)
            });
        } else {
            extra.insert(field.name.0.clone(), field.values.clone().into());
        }
    }
    Ok(Article {
        id: article.id.0.clone(),
        category_id: owned(&article.class.id),
        default_locale: Some(locale.to_owned()),
        translations: vec![Translation {
            locale: locale.to_owned(),
            title: article.name.0.clone(),
            html: body,
            state: Some(if article.disabled.yes() {
                ArticleState::Archived
            } else {
                ArticleState::Published
            }),
            seo_description: owned(&article.summary),
            ..Translation::default()
        }],
        // Articles are for staff: they are put into answers, not read by customers.
        visibility: Some(Visibility::Agents),
        author_id: owned(&article.creator.id).filter(|login| !SYSTEM.contains(&login.as_str())),
        position: article
            .sort_order
            .0
            .parse()
            .ok()
            .filter(|place| *place != 0),
        url: Some(format!(
            "{base}/Articles/Article/Display.html?id={}",
            article.id.0
        )),
        created_at: at("Created", &article.created)?,
        updated_at: at("LastUpdated", &article.last_updated)?,
        extra: {
            extra.remove("Summary");
            extra
        },
        ..Article::default()
    })
}
