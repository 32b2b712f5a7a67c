//! The knowledge base: categories, nested folders, articles, and their translations.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::Desk;
use super::html;
use super::wire::{
    Answer, Reply, Request, Row, duplicate, int, not_allowed, not_found, refuse, row, text,
};

const CATEGORY: &[Spec] = &[
    ("name", Kind::Text(255)),
    ("description", Kind::Text(65535)),
    ("visible_in_portals", Kind::Ids),
];

const FOLDER: &[Spec] = &[
    ("name", Kind::Text(255)),
    ("description", Kind::Text(65535)),
    ("parent_folder_id", Kind::Id),
    ("visibility", Kind::Int),
    ("company_ids", Kind::Ids),
    ("contact_segment_ids", Kind::Ids),
    ("company_segment_ids", Kind::Ids),
];

const ARTICLE: &[Spec] = &[
    ("title", Kind::Text(240)),
    ("description", Kind::Text(usize::MAX)),
    ("type", Kind::Int),
    ("status", Kind::Int),
    ("seo_data", Kind::Object),
    ("tags", Kind::Texts(32)),
    ("attachments", Kind::Files),
];

/// Only a change may name the author and the folder.
const ARTICLE_CHANGE: &[Spec] = &[("agent_id", Kind::Id), ("folder_id", Kind::Id)];

/// What one of the three collections takes, and the field that names a record.
pub(super) fn specs(kind: &str, change: bool) -> (Vec<Spec>, &'static str) {
    match kind {
        "categories" => (CATEGORY.to_vec(), "name"),
        "folders" => (FOLDER.to_vec(), "name"),
        _ if change => (
            ARTICLE.iter().chain(ARTICLE_CHANGE).copied().collect(),
            "title",
        ),
        _ => (ARTICLE.to_vec(), "title"),
    }
}

impl Desk {
    /// Everything below `/solutions`.
    pub fn solutions_endpoint(&mut self, rq: &Request, rest: &[&str]) -> Answer {
        let method = rq.method.as_str();
        let kind = match rest.first() {
            Some(&"categories") => "categories",
            Some(&"folders") => "folders",
            Some(&"articles") => "articles",
            _ => return Err(not_found()),
        };
        match (method, &rest[1..]) {
            ("GET", []) if kind == "categories" => self.list_solutions(rq, kind, None, |_| true),
            ("GET", [language]) if kind == "categories" && language.parse::<u64>().is_err() => {
                self.list_solutions(rq, kind, Some(language), |_| true)
            }
            ("POST", []) if kind == "categories" => self.create_solution(rq, kind, Row::new()),
            (_, [id, rest @ ..]) => {
                let id: u64 = id
                    .parse()
                    .ok()
                    .filter(|id| self.table(kind).contains_key(id))
                    .ok_or_else(not_found)?;
                match (method, rest) {
                    ("GET", []) => Ok(Reply::json(200, self.show_solution(rq, kind, id, None))),
                    ("PUT", []) => self.update_solution(rq, kind, id),
                    ("DELETE", []) => {
                        self.delete_solution(kind, id);
                        Ok(Reply::empty(204))
                    }
                    (_, [below @ ("folders" | "subfolders" | "articles"), rest @ ..]) => {
                        self.solutions_below(rq, kind, id, below, rest)
                    }
                    (_, [language]) => self.translation_endpoint(rq, kind, id, language),
                    _ => Err(not_found()),
                }
            }
            (method, _) => Err(not_allowed(method, "GET, POST, PUT, DELETE")),
        }
    }

    fn solutions_below(
        &mut self,
        rq: &Request,
        kind: &str,
        id: u64,
        below: &str,
        rest: &[&str],
    ) -> Answer {
        let language = rest.first().copied();
        match (rq.method.as_str(), kind, below) {
            ("GET", "categories", "folders") => {
                self.list_solutions(rq, "folders", language, |folder| {
                    int(folder, "category_id") == Some(id)
                        && int(folder, "parent_folder_id").is_none()
                })
            }
            ("GET", "folders", "subfolders") => {
                self.list_solutions(rq, "folders", language, |folder| {
                    int(folder, "parent_folder_id") == Some(id)
                })
            }
            ("GET", "folders", "articles") => {
                self.list_solutions(rq, "articles", language, |article| {
                    int(article, "folder_id") == Some(id)
                })
            }
            ("POST", "categories", "folders") if language.is_none() => {
                self.create_solution(rq, "folders", row(json!({"category_id": id})))
            }
            ("POST", "folders", "articles") if language.is_none() => {
                let category = self.table("folders")[&id].get("category_id").cloned();
                let place = row(json!({"folder_id": id, "category_id": category}));
                self.create_solution(rq, "articles", place)
            }
            ("GET" | "POST", ..) => Err(not_found()),
            (method, ..) => Err(not_allowed(method, "GET, POST")),
        }
    }

    /// Whether a language can be read and written; `Ok(true)` is the primary one.
    pub(super) fn language(&self, language: &str) -> Result<bool, Reply> {
        if self
            .languages
            .first()
            .is_some_and(|primary| primary == language)
        {
            return Ok(true);
        }
        if self.languages.iter().any(|known| known == language) {
            return Ok(false);
        }
        Err(not_found())
    }

    fn list_solutions(
        &self,
        rq: &Request,
        kind: &'static str,
        language: Option<&str>,
        keep: impl Fn(&Row) -> bool,
    ) -> Answer {
        let paging = rq.paging()?;
        let primary = language.map_or(Ok(true), |language| self.language(language))?;
        let ids = self.table(kind).iter().filter(|(id, row)| {
            keep(row)
                && (primary
                    || self.translations.contains_key(&(
                        kind,
                        **id,
                        language.unwrap_or_default().to_owned(),
                    )))
        });
        let language = language.filter(|_| !primary);
        Ok(paging.page_of(rq, ids, |(id, _)| {
            self.show_solution(rq, kind, *id, language)
        }))
    }

    /// Hosts of the players that articles keep.
    pub(super) fn players(&self) -> &'static [&'static str] {
        match (self.feature("no_players"), self.feature("youtube_only")) {
            (true, _) => &[],
            (_, true) => &["youtube"],
            _ => html::PLAYERS,
        }
    }

    pub(super) fn show_solution(
        &self,
        rq: &Request,
        kind: &'static str,
        id: u64,
        language: Option<&str>,
    ) -> Value {
        let mut whole = self.table(kind)[&id].clone();
        if let Some(language) = language
            && let Some(translated) = self.translations.get(&(kind, id, language.to_owned()))
        {
            whole.extend(translated.clone());
        }
        match kind {
            "folders" => {
                whole.insert(
                    "hierarchy".to_owned(),
                    self.hierarchy(int(&whole, "parent_folder_id"), &whole),
                );
                let children = |table, field: &str| {
                    self.table(table)
                        .values()
                        .filter(|row| int(row, field) == Some(id))
                        .count()
                };
                whole.insert(
                    "articles_count".to_owned(),
                    json!(children("articles", "folder_id")),
                );
                whole.insert(
                    "sub_folders_count".to_owned(),
                    json!(children("folders", "parent_folder_id")),
                );
            }
            "articles" => {
                whole.insert(
                    "hierarchy".to_owned(),
                    self.hierarchy(int(&whole, "folder_id"), &whole),
                );
                whole.entry("attachments").or_insert(json!([]));
            }
            _ => {}
        }
        self.show(&whole, rq)
    }

    /// The way from the category down, as the API nests it in each record.
    fn hierarchy(&self, folder: Option<u64>, of: &Row) -> Value {
        let mut way = Vec::new();
        let mut next = folder;
        while let Some(row) = next.and_then(|id| self.table("folders").get(&id)) {
            way.push(row);
            next = int(row, "parent_folder_id");
            if way.len() > 10 {
                break;
            }
        }
        let mut out = Vec::new();
        if let Some(category) =
            int(of, "category_id").and_then(|id| self.table("categories").get(&id))
        {
            out.push(json!({"level": 0, "type": "category", "data": {"id": category.get("id"), "name": category.get("name"), "language": self.languages[0]}}));
        }
        for (level, row) in way.into_iter().rev().enumerate() {
            out.push(json!({"level": level + 1, "type": "folder", "data": {"id": row.get("id"), "name": row.get("name"), "language": self.languages[0]}}));
        }
        Value::Array(out)
    }

    /// Whether a sibling has the name already; articles may share titles in different folders.
    fn name_taken(&self, kind: &'static str, at: &Row, name: &str, but: u64) -> bool {
        let (field, parents): (&str, &[&str]) = match kind {
            "categories" => ("name", &[]),
            "folders" => ("name", &["category_id", "parent_folder_id"]),
            _ => ("title", &["folder_id"]),
        };
        self.table(kind).iter().any(|(id, row)| {
            *id != but
                && text(row, field).eq_ignore_ascii_case(name)
                && parents
                    .iter()
                    .all(|parent| int(row, parent) == int(at, parent))
        })
    }

    pub(super) fn solution_faults(&self, kind: &str, body: &Row) -> Result<(), Reply> {
        let bounds: &[(&str, u64)] = match kind {
            "folders" => &[("visibility", 7)],
            "articles" => &[("status", 2), ("type", 2)],
            _ => &[],
        };
        for (name, most) in bounds {
            if let Some(value) = body.get(*name)
                && value.as_u64().is_none_or(|n| n == 0 || n > *most)
            {
                let values: Vec<String> = (1..=*most).map(|n| n.to_string()).collect();
                return Err(refuse(
                    name,
                    &format!("It should be one of these values: '{}'", values.join(",")),
                    "invalid_value",
                ));
            }
        }
        if kind == "folders" {
            let companies = body
                .get("company_ids")
                .and_then(Value::as_array)
                .is_some_and(|ids| !ids.is_empty());
            if int(body, "visibility") == Some(4) && !companies {
                return Err(refuse(
                    "company_ids",
                    "Mandatory attribute missing",
                    "missing_field",
                ));
            }
        }
        if let Some(agent) = int(body, "agent_id")
            && !self.agents.contains_key(&agent)
        {
            return Err(refuse(
                "agent_id",
                "There is no agent matching the given agent_id",
                "invalid_value",
            ));
        }
        if let Some(seo) = body.get("seo_data").and_then(Value::as_object) {
            for name in seo.keys() {
                if !["meta_title", "meta_description", "meta_keywords"].contains(&name.as_str()) {
                    return Err(refuse(
                        &format!("seo_data.{name}"),
                        "Unexpected/invalid field in request",
                        "invalid_field",
                    ));
                }
            }
        }
        Ok(())
    }

    fn create_solution(&mut self, rq: &Request, kind: &'static str, place: Row) -> Answer {
        let (known, name) = specs(kind, false);
        let required: &[&str] = match kind {
            "categories" => &["name"],
            "folders" => &["name", "visibility"],
            _ => &["title", "description", "type", "status"],
        };
        let body = check::read(rq, &known, required)?;
        self.solution_faults(kind, &body)?;
        let mut at = place.clone();
        if let Some(parent) = int(&body, "parent_folder_id") {
            let parent_row = self.table("folders").get(&parent);
            if parent_row.is_none_or(|row| int(row, "category_id") != int(&place, "category_id")) {
                return Err(refuse(
                    "parent_folder_id",
                    "There is no folder matching the given parent_folder_id",
                    "invalid_value",
                ));
            }
            at.insert("parent_folder_id".to_owned(), json!(parent));
        }
        if self.name_taken(kind, &at, text(&body, name), 0) {
            return Err(duplicate(name, None));
        }
        let files = self.attach(rq, None)?;
        let id = self.id();
        let mut fresh = match kind {
            "categories" => row(json!({"id": id, "description": null, "visible_in_portals": []})),
            "folders" => row(json!({"id": id, "description": null, "parent_folder_id": null})),
            _ => row(json!({
                "id": id, "agent_id": self.me, "seo_data": {}, "tags": [], "attachments": files,
                "thumbs_up": 0, "thumbs_down": 0, "hits": 0, "suggested": 0, "feedback_count": 0,
            })),
        };
        fresh.extend(body);
        fresh.extend(at);
        described(kind, &mut fresh, self.players());
        fresh.insert("created_at".to_owned(), json!(rq.stamp()));
        fresh.insert("updated_at".to_owned(), json!(rq.stamp()));
        self.table_mut(kind).insert(id, fresh);
        Ok(Reply::json(201, self.show_solution(rq, kind, id, None)))
    }

    pub(super) fn update_solution(&mut self, rq: &Request, kind: &'static str, id: u64) -> Answer {
        let (known, name) = specs(kind, true);
        let body = check::read(rq, &known, &[])?;
        self.solution_faults(kind, &body)?;
        let mut after = self.table(kind)[&id].clone();
        after.extend(body);
        if self.name_taken(kind, &after, text(&after, name), id) {
            return Err(duplicate(name, None));
        }
        let files = self.attach(rq, None)?;
        if let Some(Value::Array(kept)) = after.get_mut("attachments") {
            kept.extend(files.into_iter().map(Value::Object));
        }
        described(kind, &mut after, self.players());
        after.insert("updated_at".to_owned(), json!(rq.stamp()));
        self.table_mut(kind).insert(id, after);
        Ok(Reply::json(200, self.show_solution(rq, kind, id, None)))
    }

    fn delete_solution(&mut self, kind: &'static str, id: u64) {
        self.table_mut(kind).remove(&id);
        self.translations
            .retain(|(of, row, _), _| *of != kind || *row != id);
        let below: &[(&'static str, &str)] = match kind {
            "categories" => &[("folders", "category_id")],
            "folders" => &[("folders", "parent_folder_id"), ("articles", "folder_id")],
            _ => &[],
        };
        for (table, field) in below {
            let children: Vec<u64> = self
                .table(table)
                .iter()
                .filter(|(_, row)| int(row, field) == Some(id))
                .map(|(id, _)| *id)
                .collect();
            for child in children {
                self.delete_solution(table, child);
            }
        }
    }
}

/// Keeps of an article's HTML what the platform does, and its plain text in
/// step with it.
pub(super) fn described(kind: &str, article: &mut Row, players: &[&str]) {
    if kind == "articles" {
        let kept = html::article(text(article, "description"), players);
        let plain = html::plain(&kept);
        article.insert("description".to_owned(), json!(kept));
        article.insert("description_text".to_owned(), json!(plain));
    }
}
