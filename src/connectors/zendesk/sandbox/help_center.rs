//! Categories, sections and translations of the help center.

use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, flag, id, ok, problem, row, take, text,
};
use super::paging::page_of;
use super::state::State;

/// Rows on a page when nothing else is asked for.
pub(super) const PAGE: usize = 30;

/// A call to the help center: its locale, if it names one, and the rest of the path.
pub(super) fn place<'a>(state: &State, call: &'a Call) -> Option<(Option<&'a str>, Vec<&'a str>)> {
    let segments = call.segments();
    if segments.first() != Some(&"help_center") {
        return None;
    }
    let mut rest = segments[1..].to_vec();
    let locale = rest.first().copied().filter(|first| {
        let first = first.to_lowercase();
        state.locales.contains(&first)
            || (first.len() == 5 && first.as_bytes()[2] == b'-')
            || first.len() == 2
    });
    if locale.is_some() {
        rest.remove(0);
    }
    Some((locale, rest))
}

pub(super) fn refuse_locale(state: &State, locale: &str) -> Result<(), Refusal> {
    if state.locales.contains(&locale.to_lowercase()) {
        return Ok(());
    }
    Err(Refusal::json(
        400,
        json!({"errors": {"locale": [{"key": "invalid", "description": format!("{locale} is not an enabled locale of this help center")}]}}),
    ))
}

/// One page of a help center list.
pub(super) fn listed(
    state: &State,
    call: &Call,
    name: &'static str,
    locale: Option<&str>,
    keep: impl Fn(&Row) -> bool,
) -> Answer {
    let rows = state.rows(name);
    let ids: Vec<u64> = rows
        .iter()
        .filter(|(_, row)| keep(row))
        .filter(|(id, row)| {
            locale.is_none_or(|locale| {
                text(row, "locale") == Some(locale) || translation(state, **id, locale).is_some()
            })
        })
        .map(|(id, _)| *id)
        .collect();
    let (mut out, shown) = page_of(&state.base, call, name, &ids, PAGE, |id| {
        rendered(state, call, name, id, locale)
    })?;
    if call.includes("users") {
        let mut authors: Vec<u64> = shown
            .iter()
            .filter_map(|number| id(rows.get(number)?, "author_id"))
            .collect();
        authors.sort_unstable();
        authors.dedup();
        let users: Vec<&Row> = authors
            .iter()
            .filter_map(|id| state.users.get(*id))
            .collect();
        out.insert("users".to_owned(), json!(users));
    }
    for (other, key) in [("sections", "section_id"), ("categories", "category_id")] {
        if call.includes(other) {
            let mut ids: Vec<u64> = shown
                .iter()
                .filter_map(|number| id(rows.get(number)?, key))
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let beside: Vec<&Row> = ids
                .iter()
                .filter_map(|id| state.rows(other).get(id))
                .collect();
            out.insert(other.to_owned(), json!(beside));
        }
    }
    ok(Value::Object(out))
}

/// A row in a locale, with its translations when they are asked for.
pub(super) fn rendered(
    state: &State,
    call: &Call,
    name: &'static str,
    number: u64,
    locale: Option<&str>,
) -> Value {
    let Some(mut row) = state.rows(name).get(&number).cloned() else {
        return Value::Null;
    };
    if let Some(said) = locale.and_then(|locale| translation(state, number, locale)) {
        let keys: &[&str] = if name == "articles" {
            &["title", "body", "locale", "draft"]
        } else {
            &["locale"]
        };
        take(&mut row, said, keys);
        if name != "articles" {
            row.insert(
                "name".to_owned(),
                said.get("title").cloned().unwrap_or_default(),
            );
            row.insert(
                "description".to_owned(),
                said.get("body").cloned().unwrap_or_default(),
            );
        }
    }
    if call.includes("translations") {
        let all: Vec<&Row> = translations(state, number).collect();
        row.insert("translations".to_owned(), json!(all));
    }
    Value::Object(row)
}

fn translations(state: &State, source: u64) -> impl Iterator<Item = &Row> {
    state
        .rows("translations")
        .values()
        .filter(move |row| id(row, "source_id") == Some(source))
}

pub(super) fn translation<'a>(state: &'a State, source: u64, locale: &str) -> Option<&'a Row> {
    translations(state, source)
        .find(|row| text(row, "locale").is_some_and(|own| own.eq_ignore_ascii_case(locale)))
}

/// Every seeded record has a translation in its own locale.
pub(super) fn complete(state: &mut State) {
    for (name, kind) in [
        ("categories", "Category"),
        ("sections", "Section"),
        ("articles", "Article"),
    ] {
        let rows: Vec<(u64, Row)> = state
            .rows(name)
            .iter()
            .map(|(id, row)| (*id, row.clone()))
            .collect();
        for (number, row) in rows {
            let default = state.locales[0].clone();
            let locale = text(&row, "locale").unwrap_or(&default).to_owned();
            if translation(state, number, &locale).is_none() {
                translate(state, kind, number, &locale, &row);
            }
        }
    }
}

/// Adds a translation made of a record's own texts.
pub(super) fn translate(
    state: &mut State,
    kind: &str,
    source: u64,
    locale: &str,
    from: &Row,
) -> u64 {
    let title = from.get("title").or(from.get("name")).cloned();
    let body = from.get("body").or(from.get("description")).cloned();
    let new = row(
        json!({"source_id": source, "source_type": kind, "locale": locale.to_lowercase(), "title": title, "body": body,
        "draft": flag(from, "draft").unwrap_or(false), "outdated": flag(from, "outdated").unwrap_or(false), "hidden": false,
        "created_by_id": state.owner, "updated_by_id": state.owner}),
    );
    state.insert("translations", "help_center/translations", new)
}

fn kind(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match name {
        "categories" => Some(("categories", "category", "Category")),
        "sections" => Some(("sections", "section", "Section")),
        "articles" => Some(("articles", "article", "Article")),
        _ => None,
    }
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    if let (method, ["guide", "permission_groups", rest @ ..]) =
        (call.method.as_str(), call.segments().as_slice())
    {
        return Some(match (method, rest) {
            ("GET", []) => listed(state, call, "permission_groups", None, |_| true),
            ("GET", [number]) => number
                .parse()
                .map_err(|_| Refusal::not_found())
                .and_then(|id| state.row("permission_groups", id))
                .and_then(|row| ok(json!({"permission_group": row}))),
            _ => Err(Refusal::not_found()),
        });
    }
    let (locale, rest) = place(state, call)?;
    let parent = |state: &State, name: &'static str, number: &str| {
        let number = number.parse::<u64>().map_err(|_| Refusal::not_found())?;
        state.row(name, number).map(|_| number)
    };
    Some(match (call.method.as_str(), rest.as_slice()) {
        ("GET", ["locales"]) => ok(json!({"locales": state.locales, "default_locale": state.locales[0]})),
        ("GET", ["user_segments"]) => listed(state, call, "user_segments", None, |_| true),
        ("GET", [name @ ("categories" | "sections")]) => {
            let (name, ..) = kind(name)?;
            listed(state, call, name, locale, |_| true)
        }
        ("GET", ["categories", number, "sections"]) => parent(state, "categories", number)
            .and_then(|number| listed(state, call, "sections", locale, |row| id(row, "category_id") == Some(number))),
        ("GET", ["sections", number, "sections"]) => parent(state, "sections", number)
            .and_then(|number| listed(state, call, "sections", locale, |row| id(row, "parent_section_id") == Some(number))),
        ("GET", [name @ ("categories" | "sections" | "articles"), number]) => {
            let (name, one, _) = kind(name)?;
            parent(state, name, number).and_then(|number| ok(json!({one: rendered(state, call, name, number, locale)})))
        }
        ("POST", ["categories"]) => call.object("category").and_then(|input| {
            let made = make(state, "categories", locale, &input, Row::new())?;
            created(json!({"category": state.rows("categories").get(&made)}))
        }),
        ("POST", ["categories", number, "sections"]) => parent(state, "categories", number).and_then(|category| {
            let input = call.object("section")?;
            let above = input.get("parent_section_id").filter(|above| !above.is_null());
            if above.is_some() && !state.feature("guide_enterprise") {
                return Err(Refusal::forbidden());
            }
            if let Some(above) = above
                && !above.as_u64().is_some_and(|above| state.rows("sections").contains_key(&above))
            {
                return Err(Refusal::invalid(&[problem("parent_section", "is invalid")]));
            }
            let more = row(json!({"category_id": category, "parent_section_id": above, "sorting": "manual"}));
            let made = make(state, "sections", locale, &input, more)?;
            created(json!({"section": state.rows("sections").get(&made)}))
        }),
        ("PUT", [name @ ("categories" | "sections"), number]) => {
            let (name, one, _) = kind(name)?;
            parent(state, name, number).and_then(|number| {
                let input = call.object(one)?;
                let now = state.stamp();
                if let Some(row) = state.rows_mut(name).get_mut(&number) {
                    take(row, &input, &["position", "category_id", "sorting"]);
                    row.insert("updated_at".to_owned(), json!(now));
                }
                ok(json!({one: state.rows(name).get(&number)}))
            })
        }
        ("DELETE", ["categories", number]) => parent(state, "categories", number).map(|number| {
            let below: Vec<u64> = numbers(state, "sections", "category_id", number);
            for section in below {
                remove_section(state, section);
            }
            state.rows_mut("categories").remove(&number);
            Reply::Empty
        }),
        ("DELETE", ["sections", number]) => parent(state, "sections", number).map(|number| {
            remove_section(state, number);
            Reply::Empty
        }),
        ("DELETE", ["translations", number]) => {
            let gone = number.parse().ok().and_then(|number: u64| state.rows_mut("translations").remove(&number));
            gone.map(|_| Reply::Empty).ok_or_else(Refusal::not_found)
        }
        (method, [name @ ("categories" | "sections" | "articles"), number, "translations", more @ ..]) => {
            let (name, _, kind) = kind(name)?;
            parent(state, name, number).and_then(|number| translated(state, call, method, kind, number, more))
        }
        _ => return None,
    })
}

fn numbers(state: &State, name: &'static str, key: &str, of: u64) -> Vec<u64> {
    state
        .rows(name)
        .iter()
        .filter(|(_, row)| id(row, key) == Some(of))
        .map(|(id, _)| *id)
        .collect()
}

fn remove_section(state: &mut State, section: u64) {
    for below in numbers(state, "sections", "parent_section_id", section) {
        remove_section(state, below);
    }
    for article in numbers(state, "articles", "section_id", section) {
        state.rows_mut("articles").remove(&article);
    }
    state.rows_mut("sections").remove(&section);
}

fn make(
    state: &mut State,
    name: &'static str,
    locale: Option<&str>,
    input: &Row,
    more: Row,
) -> Result<u64, Refusal> {
    let mut problems: Vec<Problem> = Vec::new();
    if text(input, "name").is_none() {
        problems.push(problem("name", "cannot be blank"));
    }
    let locale = text(input, "locale").or(locale).map(str::to_lowercase);
    let Some(locale) = locale else {
        return Err(Refusal::invalid(&[problem("locale", "cannot be blank")]));
    };
    if !problems.is_empty() {
        return Err(Refusal::invalid(&problems));
    }
    refuse_locale(state, &locale)?;
    let mut new = row(
        json!({"name": input.get("name"), "description": input.get("description"), "locale": locale,
        "source_locale": locale, "position": input.get("position").cloned().unwrap_or(json!(0)), "outdated": false}),
    );
    new.extend(more);
    let number = state.insert(name, &format!("help_center/{locale}/{name}"), new.clone());
    let html = format!("{}/hc/{locale}/{name}/{number}", state.base);
    if let Some(row) = state.rows_mut(name).get_mut(&number) {
        row.insert("html_url".to_owned(), json!(html));
    }
    let kind = if name == "categories" {
        "Category"
    } else {
        "Section"
    };
    translate(state, kind, number, &locale, &new);
    Ok(number)
}

fn translated(
    state: &mut State,
    call: &Call,
    method: &str,
    kind: &str,
    source: u64,
    rest: &[&str],
) -> Answer {
    match (method, rest) {
        ("GET", []) => {
            let locales = call.many("locales");
            let ids: Vec<u64> = translations(state, source)
                .filter(|row| {
                    locales.is_empty()
                        || text(row, "locale")
                            .is_some_and(|own| locales.iter().any(|given| given == own))
                })
                .filter_map(|row| id(row, "id"))
                .collect();
            let rows = state.rows("translations");
            let out = page_of(&state.base, call, "translations", &ids, PAGE, |id| {
                json!(rows.get(&id))
            })?;
            ok(Value::Object(out.0))
        }
        ("GET", ["missing"]) => {
            let missing: Vec<&String> = state
                .locales
                .iter()
                .filter(|locale| translation(state, source, locale).is_none())
                .collect();
            ok(json!({"locales": missing}))
        }
        ("GET", [locale]) => match translation(state, source, locale) {
            Some(row) => ok(json!({"translation": row})),
            None => Err(Refusal::not_found()),
        },
        ("POST", []) => {
            let input = call.object("translation")?;
            let locale = text(&input, "locale").unwrap_or_default().to_lowercase();
            if locale.is_empty() || text(&input, "title").is_none() {
                let missing = if locale.is_empty() { "locale" } else { "title" };
                return Err(Refusal::invalid(&[problem(missing, "cannot be blank")]));
            }
            refuse_locale(state, &locale)?;
            if translation(state, source, &locale).is_some() {
                return Err(Refusal::json(
                    400,
                    json!({"errors": {"locale": [{"key": "taken", "description": "Locale: has already been taken"}]}}),
                ));
            }
            let made = translate(state, kind, source, &locale, &input);
            created(json!({"translation": state.rows("translations").get(&made)}))
        }
        ("PUT", [locale]) => {
            let input = call.object("translation")?;
            let number = translation(state, source, locale)
                .and_then(|row| id(row, "id"))
                .ok_or_else(Refusal::not_found)?;
            let now = state.stamp();
            let mut own = None;
            if let Some(row) = state.rows_mut("translations").get_mut(&number) {
                take(
                    row,
                    &input,
                    &["title", "body", "draft", "outdated", "hidden"],
                );
                row.insert("updated_at".to_owned(), json!(now));
                own = Some(row.clone());
            }
            if let (Some(said), Some(article)) = (&own, state.rows_mut("articles").get_mut(&source))
                && text(article, "locale") == text(said, "locale")
            {
                take(article, said, &["title", "body", "draft", "outdated"]);
                article.insert("updated_at".to_owned(), json!(now));
            }
            ok(json!({"translation": own}))
        }
        _ => Err(Refusal::not_found()),
    }
}
