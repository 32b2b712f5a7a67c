//! The knowledge base: categories, folders below them, articles in folders.

use serde_json::{Value, json};

use super::Freshdesk;
use super::messages::line;
use super::payload::{Payload, send_without};
use super::structure::taken;
use crate::connector::{
    Effect, Error, ErrorKind, Item, Loss, Outcome, Result, TargetDesk, WriteAction, Written,
    detail, field,
};
use crate::connectors::freshdesk::addresses::language;
use crate::connectors::freshdesk::client::{optional, refusal};
use crate::connectors::freshdesk::normalize::{CATEGORY, FOLDER};
use crate::connectors::freshdesk::wire;
use crate::mapping::Table;
use crate::schema::{Article, Category, Kind, Translation, Visibility};

/// Folder for articles that stood in a category itself.
pub const ROOT_FOLDER: &str = "General";

impl Freshdesk {
    pub(super) async fn write_category(
        &self,
        item: &Item,
        category: &Category,
        target: &TargetDesk,
    ) -> Outcome {
        let mut losses = Vec::new();
        let parent = category
            .parent_id
            .as_deref()
            .map(|id| item.refs.get(Kind::Category, id));
        let mut written = match (&item.existing, parent) {
            (Some(existing), _) => {
                let payload = self.level(category);
                payload
                    .send(self.desk.put(&level_path(existing)?), &[])
                    .send()
                    .await?;
                let mut written = Written::created(existing);
                written.action = WriteAction::Updated;
                written
            }
            (None, None) => self.top(category).await?,
            (None, Some(None)) => {
                return Err(
                    Error::rejected("parent_id", "the level above is not on the target")
                        .hint("run again once its own problem is solved"),
                );
            }
            (None, Some(Some(parent))) => self.nested(category, parent, &mut losses).await?,
        };
        if written.action != WriteAction::Matched {
            self.complete_level(&mut written, category, target)
                .await
                .map_err(super::unsure)?;
        }
        written.losses.extend(losses);
        Ok(written)
    }

    /// Translations of a level that is there.
    pub(super) async fn complete_level(
        &self,
        written: &mut Written,
        category: &Category,
        target: &TargetDesk,
    ) -> Result<()> {
        let path = level_path(&written.id)?;
        let mut losses = Vec::new();
        for translation in translations(&category.translations, target).0 {
            let body = json!({"name": translation.title, "description": translation.html});
            self.translate(&path, translation, &body, &mut losses)
                .await?;
        }
        written.losses.extend(losses);
        Ok(())
    }

    /// A category, or the one that has its name.
    async fn top(&self, category: &Category) -> Outcome {
        let mut payload = self.level(category);
        payload.remove("visibility");
        match payload
            .send(self.desk.post("/solutions/categories"), &[])
            .json::<wire::Id>()
            .await
        {
            Ok(made) => Ok(Written::created(format!("{CATEGORY}{}", made.id))),
            Err(error) if taken(&error) => match self
                .level_named("/solutions/categories", category.name())
                .await?
            {
                Some(level) => Ok(Written::matched(format!("{CATEGORY}{}", level.id))),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// A folder below a category or a folder.
    async fn nested(&self, category: &Category, parent: &str, losses: &mut Vec<Loss>) -> Outcome {
        let (top, above) = self.above(parent).await?;
        let path = format!("/solutions/categories/{top}/folders");
        let mut payload = self.level(category);
        payload.set_id(
            "parent_folder_id",
            above.as_ref().map(|(id, _)| id.as_str()),
        );
        let flattened = format!(
            "{} / {}",
            above.as_ref().map_or("", |(_, name)| name.as_str()),
            category.name()
        );
        let give_up = |payload: &mut Payload, name: &str| {
            (name == "parent_folder_id" && payload.remove(name)).then(|| {
                payload.set("name", line(&flattened).0);
                // Only the refusal shows how deep the account's folders may go.
                Loss::new(
                    field::CATEGORY_LEVEL,
                    Effect::Flattened,
                    detail!("loss-no-depth"),
                )
            })
        };
        let call = || self.desk.post(&path);
        match send_without(&mut payload, &[], &call, &give_up, losses).await {
            Ok(answer) => Ok(Written::created(format!(
                "{FOLDER}{}",
                answer.json::<wire::Id>()?.id
            ))),
            Err(error) if taken(&error) => {
                let wanted = payload
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                let list = match &above {
                    Some((id, _)) if payload.get("parent_folder_id").is_some() => {
                        format!("/solutions/folders/{id}/subfolders")
                    }
                    _ => path.clone(),
                };
                match self.level_named(&list, &wanted).await? {
                    Some(level) => Ok(Written::matched(format!("{FOLDER}{}", level.id))),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The category above, and the folder above where there is one.
    async fn above(&self, parent: &str) -> Result<(String, Option<(String, String)>)> {
        if let Some(category) = parent.strip_prefix(CATEGORY) {
            return Ok((category.to_owned(), None));
        }
        let number = parent.strip_prefix(FOLDER).unwrap_or(parent);
        let folder: wire::Folder = self
            .desk
            .get(&format!("/solutions/folders/{number}"))
            .json()
            .await?;
        let category = folder.category_id.ok_or_else(|| {
            Error::protocol(format!(
                "folder {number} does not say which category it is in"
            ))
        })?;
        Ok((category.to_string(), Some((number.to_owned(), folder.name))))
    }

    fn level(&self, category: &Category) -> Payload {
        let mut payload = Payload::default();
        payload.set("name", line(category.name()).0);
        payload.set(
            "description",
            category.translations.first().and_then(|t| t.html.clone()),
        );
        let code = category
            .visibility
            .and_then(|v| self.mapping.write(Table::Visibility, v.name()));
        let code = code.and_then(|code| code.parse::<u64>().ok());
        let code = code.unwrap_or(match category.visibility {
            // Folders must have one; a level without any is open to everybody.
            None | Some(Visibility::Public) => EVERYBODY,
            // Whom it was chosen for is set by hand: nobody else until then.
            Some(_) => AGENTS,
        });
        payload.set("visibility", code);
        payload
    }

    /// The number of the category or folder with this name in a list.
    pub(super) async fn level_named(&self, path: &str, name: &str) -> Result<Option<wire::Folder>> {
        let list: Vec<wire::Folder> = optional(self.desk.all(path).await)?.unwrap_or_default();
        let same = |level: &wire::Folder| level.name.trim().eq_ignore_ascii_case(name.trim());
        Ok(list.into_iter().find(same))
    }

    /// Adds a translation, unless it is there.
    pub(super) async fn translate(
        &self,
        path: &str,
        translation: &Translation,
        body: &Value,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let path = format!("{path}/{}", language(&translation.locale));
        match self.desk.post(&path).body(body).send().await {
            Ok(_) => Ok(()),
            // A language that is there can only be changed.
            Err(error) if taken(&error) || is_wrong_verb(&error) => {
                self.desk.put(&path).body(body).send().await.map(|_| ())
            }
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::NotFound
                ) =>
            {
                losses.push(Loss::new(
                    field::ARTICLE_TRANSLATION,
                    Effect::Dropped,
                    detail!(
                        "loss-translation-refused",
                        locale = &translation.locale,
                        why = error.to_string()
                    ),
                ));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The number of the folder that an article goes into. Articles that stood
    /// in a category itself get a folder there.
    pub(super) async fn folder_of(&self, item: &Item, article: &Article) -> Result<String> {
        let place = article
            .category_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Category, id));
        let Some(place) = place else {
            return Err(Error::rejected(
                "category_id",
                "the article's category is not on the target",
            )
            .hint("Freshdesk keeps articles in folders only; move the categories along"));
        };
        if let Some(folder) = place.strip_prefix(FOLDER) {
            return Ok(folder.to_owned());
        }
        let category = place.strip_prefix(CATEGORY).unwrap_or(place);
        let path = format!("/solutions/categories/{category}/folders");
        let _guard = self.creating.lock().await;
        if let Some(folder) = self.level_named(&path, ROOT_FOLDER).await? {
            return Ok(folder.id.to_string());
        }
        let body = json!({"name": ROOT_FOLDER, "visibility": 1});
        let made: wire::Id = self.desk.post(&path).body(&body).json().await?;
        Ok(made.id.to_string())
    }
}

/// Where a level is, by the id that it has in the schema.
fn level_path(id: &str) -> Result<String> {
    match (id.strip_prefix(CATEGORY), id.strip_prefix(FOLDER)) {
        (Some(number), _) => Ok(format!("/solutions/categories/{number}")),
        (_, Some(number)) => Ok(format!("/solutions/folders/{number}")),
        _ => Err(Error::local(format!(
            "`{id}` is no category or folder of Freshdesk"
        ))),
    }
}

/// Translations (without the original) that the account has the language for, and the others.
pub fn translations<'a>(
    list: &'a [Translation],
    target: &TargetDesk,
) -> (Vec<&'a Translation>, Vec<&'a Translation>) {
    list.iter().skip(1).partition(|translation| {
        target
            .locales
            .iter()
            .any(|own| own.eq_ignore_ascii_case(&translation.locale))
    })
}

/// Visibility of a folder that everybody may read.
const EVERYBODY: u64 = 1;
/// Visibility of a folder for the staff.
const AGENTS: u64 = 3;

/// A translation that exists answers so when it is created.
fn is_wrong_verb(error: &Error) -> bool {
    refusal(error).is_some_and(|refusal| refusal.status == 405)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_languages_of_the_account_are_written() {
        let target = TargetDesk {
            locales: vec!["en".into(), "es".into()],
            ..Default::default()
        };
        let list = ["en", "es", "fr"].map(|locale| Translation {
            locale: locale.into(),
            ..Default::default()
        });
        let (kept, lost) = translations(&list, &target);
        assert_eq!(kept[0].locale, "es");
        assert_eq!(lost[0].locale, "fr");
    }

    #[test]
    fn levels_are_told_apart_by_their_ids() {
        assert_eq!(level_path("category-3").unwrap(), "/solutions/categories/3");
        assert_eq!(level_path("folder-3").unwrap(), "/solutions/folders/3");
        assert!(level_path("3").is_err());
    }
}
