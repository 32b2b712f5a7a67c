//! Articles and their files.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, flag, id, ok, problem, row, take, text,
};
use super::help_center::{PAGE, listed, place, refuse_locale, translate};
use super::paging::page_of;
use super::state::{State, seconds};
use super::uploads::{Blob, Bytes};

/// Bytes that one file of an article can have.
const LARGEST_FILE: usize = 20 * 1024 * 1024;
/// Files that can be tied to an article at once.
const MOST_FILES: usize = 20;

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let (locale, rest) = place(state, call)?;
    let article = |state: &State, number: &str| {
        let number = number.parse::<u64>().map_err(|_| Refusal::not_found())?;
        state.row("articles", number).map(|_| number)
    };
    Some(match (call.method.as_str(), rest.as_slice()) {
        ("GET", ["articles"]) => {
            let labels = call.many("label_names");
            listed(state, call, "articles", locale, |row| {
                labels.iter().all(|label| {
                    row.get("label_names")
                        .and_then(Value::as_array)
                        .is_some_and(|own| own.contains(&json!(label)))
                })
            })
        }
        ("GET", ["categories", number, "articles"]) => {
            let category = number.parse().ok();
            let sections: Vec<u64> = state
                .rows("sections")
                .iter()
                .filter(|(_, row)| id(row, "category_id") == category)
                .map(|(id, _)| *id)
                .collect();
            listed(state, call, "articles", locale, |row| {
                id(row, "section_id").is_some_and(|own| sections.contains(&own))
            })
        }
        ("GET", ["sections", number, "articles"]) => {
            let section = number.parse().ok();
            listed(state, call, "articles", locale, |row| {
                id(row, "section_id") == section
            })
        }
        ("GET", ["incremental", "articles"]) => incremental(state, call),
        ("POST", ["sections", number, "articles"]) => {
            let section = number.parse().map_err(|_| Refusal::not_found());
            section.and_then(|section| {
                state.row("sections", section)?;
                let made = create(state, call, section, locale)?;
                created(json!({"article": state.rows("articles").get(&made)}))
            })
        }
        ("PUT", ["articles", number]) => article(state, number).and_then(|number| {
            let input = call.object("article")?;
            let now = state.stamp();
            if let Some(row) = state.rows_mut("articles").get_mut(&number) {
                // Title, body and draft are the translation's and stay as they are.
                take(
                    row,
                    &input,
                    &[
                        "promoted",
                        "position",
                        "comments_disabled",
                        "label_names",
                        "content_tag_ids",
                        "user_segment_id",
                        "user_segment_ids",
                        "permission_group_id",
                        "section_id",
                        "author_id",
                    ],
                );
                row.insert("updated_at".to_owned(), json!(now));
            }
            ok(json!({"article": state.rows("articles").get(&number)}))
        }),
        ("DELETE", ["articles", number]) => article(state, number).map(|number| {
            state.rows_mut("articles").remove(&number);
            state
                .rows_mut("translations")
                .retain(|_, row| id(row, "source_id") != Some(number));
            Reply::Empty
        }),
        ("GET", ["articles", number, "labels"]) => article(state, number).and_then(|number| {
            let names = state.row("articles", number)?.get("label_names").cloned();
            let labels: Vec<Value> = names
                .as_ref()
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|name| json!({"name": name}))
                .collect();
            ok(json!({"labels": labels, "count": labels.len(), "next_page": null}))
        }),
        (
            "GET",
            [
                "articles",
                number,
                what @ ("comments" | "votes" | "subscriptions"),
            ],
        ) => article(state, number)
            .and_then(|_| page_of(&state.base, call, what, &[], PAGE, |_| Value::Null))
            .and_then(|(out, _)| ok(Value::Object(out))),
        ("GET", ["articles", number, "attachments", inline @ ..]) => article(state, number)
            .and_then(|number| {
                let wanted = match inline {
                    ["inline"] => Some(true),
                    ["block"] => Some(false),
                    _ => None,
                };
                let rows = state.rows("article_attachments");
                let ids: Vec<u64> = rows
                    .iter()
                    .filter(|(_, row)| id(row, "article_id") == Some(number))
                    .filter(|(_, row)| {
                        wanted.is_none_or(|wanted| flag(row, "inline").unwrap_or(false) == wanted)
                    })
                    .map(|(id, _)| *id)
                    .collect();
                let out = page_of(&state.base, call, "article_attachments", &ids, PAGE, |id| {
                    json!(rows.get(&id))
                })?;
                ok(Value::Object(out.0))
            }),
        ("POST", ["articles", "attachments"]) => attach(state, call, None),
        ("POST", ["articles", number, "attachments"]) => {
            article(state, number).and_then(|number| attach(state, call, Some(number)))
        }
        ("POST", ["articles", number, "bulk_attachments"]) => {
            article(state, number).and_then(|number| {
                let input = call.json()?;
                let ids = super::call::id_list(&input, "attachment_ids");
                if ids.is_empty()
                    || ids.len() > MOST_FILES
                    || ids
                        .iter()
                        .any(|id| !state.rows("article_attachments").contains_key(id))
                {
                    return Err(Refusal::invalid(&[problem("attachment_ids", "is invalid")]));
                }
                for id in ids {
                    if let Some(row) = state.rows_mut("article_attachments").get_mut(&id) {
                        row.insert("article_id".to_owned(), json!(number));
                    }
                }
                Ok(Reply::Json(200, json!({})))
            })
        }
        ("DELETE", ["articles", "attachments", number]) => {
            let gone = number
                .parse()
                .ok()
                .and_then(|number: u64| state.rows_mut("article_attachments").remove(&number));
            gone.map(|_| Reply::Empty).ok_or_else(Refusal::not_found)
        }
        _ => return None,
    })
}

/// What is wrong with a new article.
fn check(state: &State, input: &Row) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text(input, "title").is_none() {
        problems.push(problem("title", "cannot be blank"));
    }
    match id(input, "permission_group_id") {
        None => problems.push(problem("permission_group_id", "cannot be blank")),
        Some(group) if !state.rows("permission_groups").contains_key(&group) => {
            problems.push(problem("permission_group_id", "is invalid"));
        }
        Some(_) => {}
    }
    // Null is an answer here, and means everyone; no answer is none.
    if !input.contains_key("user_segment_id") && !input.contains_key("user_segment_ids") {
        problems.push(problem("user_segment_id", "cannot be blank"));
    }
    if let Some(segment) = id(input, "user_segment_id")
        && !state.rows("user_segments").contains_key(&segment)
    {
        problems.push(problem("user_segment_id", "is invalid"));
    }
    if let Some(author) = id(input, "author_id")
        && !state.users.is_staff(author)
    {
        problems.push(problem("author", "is invalid"));
    }
    problems
}

fn create(
    state: &mut State,
    call: &Call,
    section: u64,
    locale: Option<&str>,
) -> Result<u64, Refusal> {
    let input = call.object("article")?;
    let notify = call
        .json()?
        .get("notify_subscribers")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    let problems = check(state, &input);
    if !problems.is_empty() {
        return Err(Refusal::invalid(&problems));
    }
    let Some(locale) = text(&input, "locale").or(locale).map(str::to_lowercase) else {
        return Err(Refusal::invalid(&[problem("locale", "cannot be blank")]));
    };
    refuse_locale(state, &locale)?;
    let mut others = Vec::new();
    for other in input
        .get("translations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
    {
        let other_locale = text(other, "locale").unwrap_or_default().to_lowercase();
        refuse_locale(state, &other_locale)?;
        others.push((other_locale, other.clone()));
    }
    let now = state.stamp();
    let mut new = row(
        json!({"title": "", "body": "", "locale": locale, "source_locale": locale, "author_id": call.user,
        "section_id": section, "draft": false, "promoted": false, "position": 0, "comments_disabled": false,
        "label_names": [], "content_tag_ids": [], "user_segment_id": null, "outdated": false, "outdated_locales": [],
        "vote_sum": 0, "vote_count": 0, "edited_at": now}),
    );
    take(
        &mut new,
        &input,
        &[
            "title",
            "body",
            "author_id",
            "draft",
            "promoted",
            "position",
            "comments_disabled",
            "label_names",
            "content_tag_ids",
            "user_segment_id",
            "user_segment_ids",
            "permission_group_id",
        ],
    );
    new.insert("name".to_owned(), new["title"].clone());
    let number = state.insert(
        "articles",
        &format!("help_center/{locale}/articles"),
        new.clone(),
    );
    let html = format!("{}/hc/{locale}/articles/{number}", state.base);
    if let Some(row) = state.rows_mut("articles").get_mut(&number) {
        row.insert("html_url".to_owned(), json!(html));
    }
    translate(state, "Article", number, &locale, &new);
    for (other, said) in others {
        if other != locale {
            translate(state, "Article", number, &other, &said);
        }
    }
    if notify && flag(&new, "draft") != Some(true) {
        state
            .frame
            .stats
            .would_mail("subscribers of the section", "new article");
    }
    Ok(number)
}

fn attach(state: &mut State, call: &Call, article: Option<u64>) -> Answer {
    let media = call.parts.iter().find(|part| part.name == "guide_media_id");
    // Only an article that is there takes something of the media library.
    if let (Some(part), Some(_)) = (media, article) {
        let known = state
            .medias
            .get(String::from_utf8_lossy(&part.bytes).as_ref());
        let Some(media) = known.cloned() else {
            return Err(Refusal::invalid(&[problem("guide_media_id", "is invalid")]));
        };
        return keep(
            state,
            call,
            article,
            media.name,
            media.content_type,
            media.bytes,
        );
    }
    if state.feature("guide_media") {
        return Err(Refusal::invalid(&[problem(
            "guide_media_id",
            "cannot be blank",
        )]));
    }
    let Some(part) = call.parts.iter().find(|part| part.name == "file") else {
        return Err(Refusal::invalid(&[problem("file", "cannot be blank")]));
    };
    if part.bytes.len() > LARGEST_FILE {
        return Err(Refusal::json(
            413,
            json!({"error": "AttachmentTooLarge", "description": format!("A file can hold at most {LARGEST_FILE} bytes")}),
        ));
    }
    let name = part.file_name.clone().unwrap_or_else(|| "file".to_owned());
    let content_type = part
        .content_type
        .clone()
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    keep(state, call, article, name, content_type, part.bytes.clone())
}

/// Makes an attachment of a file.
fn keep(
    state: &mut State,
    call: &Call,
    article: Option<u64>,
    name: String,
    content_type: String,
    bytes: bytes::Bytes,
) -> Answer {
    let inline = call
        .parts
        .iter()
        .any(|part| part.name == "inline" && part.bytes.as_ref() == b"true");
    let mut new = row(
        json!({"article_id": article, "display_file_name": name, "file_name": name, "content_type": content_type,
        "inline": inline, "size": bytes.len()}),
    );
    if let Some(locale) = call.parts.iter().find(|part| part.name == "locale") {
        new.insert(
            "locale".to_owned(),
            json!(String::from_utf8_lossy(&locale.bytes)),
        );
    }
    let number = state.insert(
        "article_attachments",
        "help_center/articles/attachments",
        new,
    );
    let url = format!("{}/hc/article_attachments/{number}", state.base);
    let shown = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    if let Some(row) = state.rows_mut("article_attachments").get_mut(&number) {
        row.insert(
            "content_url".to_owned(),
            json!(format!("{url}?name={shown}")),
        );
        row.insert(
            "relative_path".to_owned(),
            json!(format!("/hc/article_attachments/{number}")),
        );
    }
    let blob = Blob {
        name,
        content_type,
        bytes: Bytes::Kept(bytes),
        private: false,
    };
    state.keep_blob(number, &url, blob);
    created(json!({"article_attachment": state.rows("article_attachments").get(&number)}))
}

/// Articles whose data changed since a time, a second's worth never split.
fn incremental(state: &State, call: &Call) -> Answer {
    const ON_PAGE: usize = 1000;
    let Some(start) = call
        .param("start_time")
        .and_then(|start| start.parse::<i64>().ok())
    else {
        return Err(Refusal::missing("start_time"));
    };
    let mut changes: Vec<(i64, &Row)> = state
        .rows("articles")
        .values()
        .map(|row| (seconds(row.get("updated_at")).unwrap_or(0), row))
        .filter(|(at, _)| *at >= start)
        .collect();
    changes.sort_by_key(|(at, row)| (*at, id(row, "id")));
    let mut to = changes.len().min(ON_PAGE);
    if let Some(last) = to.checked_sub(1).map(|last| changes[last].0) {
        to = changes.partition_point(|(at, _)| *at <= last);
    }
    let end = to.checked_sub(1).map(|last| changes[last].0);
    let articles: Vec<&Row> = changes[..to].iter().map(|(_, row)| *row).collect();
    let next = end.filter(|_| to < changes.len()).map(|end| {
        super::paging::url(&state.base, call, &[("start_time", &(end + 1).to_string())])
    });
    ok(json!({"count": articles.len(), "articles": articles, "end_time": end, "next_page": next}))
}
