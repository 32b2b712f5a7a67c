//! Translations of the knowledge base.

use serde_json::{Value, json};

use super::check::{self, Spec};
use super::desk::Desk;
use super::solutions::{described, specs};
use super::wire::{
    Answer, Reply, Request, duplicate, int, not_allowed, not_found, refuse, row, text,
};

impl Desk {
    /// `/solutions/{kind}/{id}/{language}`.
    pub(super) fn translation_endpoint(
        &mut self,
        rq: &Request,
        kind: &'static str,
        id: u64,
        language: &str,
    ) -> Answer {
        let primary = self.language(language)?;
        let key = (kind, id, language.to_owned());
        let there = self.translations.contains_key(&key);
        match rq.method.as_str() {
            "GET" if primary => Ok(Reply::json(200, self.show_solution(rq, kind, id, None))),
            "GET" if there => Ok(Reply::json(
                200,
                self.show_solution(rq, kind, id, Some(language)),
            )),
            "GET" => Err(not_found()),
            "POST" if primary || there => Err(not_allowed("POST", "GET, PUT")),
            "PUT" if primary => self.update_solution(rq, kind, id),
            "PUT" if !there => Err(not_found()),
            method @ ("POST" | "PUT") => {
                self.parents_translated(kind, id, language)?;
                let (known, name) = specs(kind, method == "PUT");
                let known: Vec<Spec> = known
                    .into_iter()
                    .filter(|(name, _)| {
                        ![
                            "parent_folder_id",
                            "visibility",
                            "company_ids",
                            "type",
                            "folder_id",
                        ]
                        .contains(name)
                    })
                    .collect();
                let required: &[&str] = match (method, kind) {
                    ("PUT", _) => &[],
                    (_, "articles") => &["title", "description", "status"],
                    _ => &["name"],
                };
                let body = check::read(rq, &known, required)?;
                self.solution_faults(kind, &body)?;
                let taken = self.translations.iter().any(|((of, other, tongue), row)| {
                    *of == kind
                        && *other != id
                        && tongue == language
                        && kind == "categories"
                        && text(row, name).eq_ignore_ascii_case(text(&body, name))
                });
                if taken {
                    return Err(duplicate(name, None));
                }
                let files = self.attach(rq, None)?;
                let mut kept = self
                    .translations
                    .remove(&key)
                    .unwrap_or_else(|| row(json!({"created_at": rq.stamp(), "attachments": []})));
                kept.extend(body);
                if let Some(Value::Array(list)) = kept.get_mut("attachments") {
                    list.extend(files.into_iter().map(Value::Object));
                }
                if kind == "articles" {
                    kept.entry("agent_id").or_insert(json!(self.me));
                } else {
                    kept.remove("attachments");
                }
                described(kind, &mut kept, self.players());
                kept.insert("updated_at".to_owned(), json!(rq.stamp()));
                self.translations.insert(key, kept);
                let status = if method == "POST" { 201 } else { 200 };
                Ok(Reply::json(
                    status,
                    self.show_solution(rq, kind, id, Some(language)),
                ))
            }
            method => Err(not_allowed(method, "GET, POST, PUT")),
        }
    }

    /// A folder can be translated after its category, an article after its folder.
    fn parents_translated(&self, kind: &str, id: u64, language: &str) -> Result<(), Reply> {
        let (table, field, parent): (_, _, &'static str) = match kind {
            "folders" => ("folders", "category_id", "categories"),
            "articles" => ("articles", "folder_id", "folders"),
            _ => return Ok(()),
        };
        let above = int(&self.table(table)[&id], field).unwrap_or(0);
        if self
            .translations
            .contains_key(&(parent, above, language.to_owned()))
        {
            return Ok(());
        }
        Err(refuse(
            field,
            &format!(
                "The {} has no translation in {language}",
                field.trim_end_matches("_id")
            ),
            "invalid_value",
        ))
    }
}
