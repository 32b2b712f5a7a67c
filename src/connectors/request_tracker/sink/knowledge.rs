//! Articles.

use serde_json::json;

use super::super::client::segment;
use super::super::wire::Created;
use super::super::{payload, wire};
use super::RtSink;
use crate::connector::{Error, ErrorKind, Item, Outcome, Result, WriteAction, Written};
use crate::schema::Kind;

impl RtSink {
    pub(super) async fn write_article(
        &self,
        item: &Item,
        bundle: &crate::connector::ArticleBundle,
    ) -> Outcome {
        let article = &bundle.article;
        let class = article
            .category_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Category, id))
            .unwrap_or("General");
        let html = match self
            .desk
            .one::<wire::Class>(&format!("/class/{}", segment(class)))
            .await
        {
            Ok(class) => self.html_content(&class).await?,
            Err(error) if error.kind == ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        let body = payload::article(article, class, html);
        if let Some(id) = &item.existing {
            self.put(&self.desk.http, &format!("/article/{}", segment(id)), &body)
                .await?;
            return Ok(Written {
                action: WriteAction::Updated,
                ..Written::created(id)
            });
        }
        if let Some(id) = self.find_article(article, class).await? {
            return Err(Error::new(
                ErrorKind::Conflict { existing: Some(id) },
                format!("the class has an article `{}` already", article.title()),
            )
            .hint("titles are unique within a class: rename one of them"));
        }
        let made: Created = self.desk.http.post("/article").body(&body).json().await?;
        let mut written = Written::created(made.id.0);
        written.url = Some(format!(
            "{}/Articles/Article/Display.html?id={}",
            self.config.base(),
            written.id
        ));
        Ok(written)
    }

    pub(super) async fn html_content(&self, class: &wire::Class) -> Result<bool> {
        for field in &class.article_custom_fields {
            if field.name.0 == "Content" {
                let field: wire::CustomField = self
                    .desk
                    .one(&format!("/customfield/{}", segment(&field.id.0)))
                    .await?;
                return Ok(field.kind.0 == "HTML");
            }
        }
        Ok(false)
    }

    pub(super) async fn find_article(
        &self,
        article: &crate::schema::Article,
        class: &str,
    ) -> Result<Option<String>> {
        let query = json!([
            {"field": "Name", "value": payload::title(article)},
            {"field": "Class", "value": class},
        ]);
        let found: Vec<Created> = self
            .desk
            .search("/articles?find_disabled_rows=1", &query, &mut Vec::new())
            .await?;
        Ok(found.into_iter().next().map(|one| one.id.0))
    }
}
