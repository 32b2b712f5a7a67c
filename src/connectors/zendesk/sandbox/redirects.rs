//! Pages of the help center, and rules that lead to them, as documented in
//! <https://developer.zendesk.com/api-reference/help_center/help-center-api/redirect_rules/>.

use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Reply, Row, flag, id, ok, row, text};
use super::state::State;

/// Rules on a page; a larger page is refused.
const PAGE: usize = 30;
/// Rules of a brand.
const MOST: usize = 50_000;
/// What a rule may answer with.
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// A refusal in the words of Guide's newer services.
pub(super) fn refuse(status: u16, code: &str, title: &str) -> Refusal {
    Refusal::json(
        status,
        json!({"errors": [{"code": code, "meta": {}, "status": status.to_string(), "title": title}]}),
    )
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let segments = call.segments();
    let ["guide", "redirect_rules", rest @ ..] = segments.as_slice() else {
        return None;
    };
    // For admins of Guide, on every plan but the oldest small one.
    if !call.admin || state.feature("guide_lite") {
        return Some(Err(refuse(
            403,
            "Forbidden",
            "Access to the resource is forbidden",
        )));
    }
    let gone = || refuse(404, "NotFound", "The Resource could not be found");
    let at = |state: &State, wanted: &str| {
        state
            .redirects
            .iter()
            .position(|rule| text(rule, "id") == Some(wanted))
            .ok_or_else(gone)
    };
    Some(match (call.method.as_str(), rest) {
        ("GET", []) => listed(state, call),
        ("POST", []) => set(state, call),
        ("GET", [wanted]) => {
            at(state, wanted).and_then(|at| ok(json!({"redirect_rule": state.redirects[at]})))
        }
        ("DELETE", [wanted]) => at(state, wanted).map(|at| {
            state.redirects.remove(at);
            Reply::Empty
        }),
        _ => Err(gone()),
    })
}

fn listed(state: &State, call: &Call) -> Answer {
    let size = match call.param("page[size]").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(size)) if (1..=PAGE).contains(&size) => size,
        Some(_) => {
            return Err(refuse(
                400,
                "TypeError",
                "Value for /page/size/0 is not an integer less than or equal to 30",
            ));
        }
    };
    let prefix = call.param("filter[redirect_from_prefix]").unwrap_or("");
    let mut found: Vec<&Row> = state
        .redirects
        .iter()
        .filter(|rule| text(rule, "redirect_from").is_some_and(|from| from.starts_with(prefix)))
        .collect();
    // The newest first unless asked otherwise.
    let (key, down) = match call.param("sort").unwrap_or("-id") {
        "id" => ("id", false),
        "-id" => ("id", true),
        "redirect_from" => ("redirect_from", false),
        "-redirect_from" => ("redirect_from", true),
        _ => return Err(refuse(400, "BadRequest", "Invalid property")),
    };
    found.sort_by_key(|rule| text(rule, key));
    if down {
        found.reverse();
    }
    let from = match call.param("page[after]") {
        None => 0,
        Some(cursor) => {
            let after = URL_SAFE_NO_PAD.decode(cursor).ok();
            let after = after.and_then(|bytes| String::from_utf8(bytes).ok());
            let at = after.and_then(|after| {
                found
                    .iter()
                    .position(|rule| text(rule, "id") == Some(after.as_str()))
            });
            match at {
                Some(at) => at + 1,
                None => return Err(refuse(400, "BadRequest", "Invalid property")),
            }
        }
    };
    let shown: Vec<&Row> = found.iter().skip(from).take(size).copied().collect();
    let cursor = |rule: Option<&&Row>| {
        rule.and_then(|rule| text(rule, "id"))
            .map(|id| URL_SAFE_NO_PAD.encode(id))
    };
    ok(json!({
        "meta": {"has_more": from + shown.len() < found.len(), "after_cursor": cursor(shown.last()),
            "before_cursor": cursor(shown.first())},
        "records": shown,
    }))
}

/// Makes a rule, or changes the one of the same path. Answers without a body.
fn set(state: &mut State, call: &Call) -> Answer {
    let bad = || refuse(400, "BadRequest", "Invalid property");
    let input = call.object("redirect_rule").map_err(|_| bad())?;
    let from = text(&input, "redirect_from").ok_or_else(bad)?.to_owned();
    let to = text(&input, "redirect_to").ok_or_else(bad)?.to_owned();
    let status = match input.get("redirect_status") {
        Some(Value::Number(status)) => status.as_u64().and_then(|status| status.try_into().ok()),
        Some(Value::String(status)) => status.parse::<u16>().ok(),
        _ => None,
    };
    let status = status
        .filter(|status| STATUSES.contains(status))
        .ok_or_else(bad)?;
    if !from.starts_with('/')
        || !["https://", "http://", "/"]
            .iter()
            .any(|s| to.starts_with(s))
    {
        return Err(bad());
    }
    if from.starts_with("/knowledge/") {
        return Err(refuse(404, "NotFound", "Not found"));
    }
    let brand = match id(&input, "brand_id") {
        Some(brand) if state.rows("brands").contains_key(&brand) => brand,
        Some(_) => return Err(bad()),
        None => super::tickets::default_of(state, "brands").ok_or_else(bad)?,
    }
    .to_string();
    let now = state.stamp();
    let same = |rule: &&mut Row| {
        text(rule, "redirect_from") == Some(from.as_str())
            && text(rule, "brand_id") == Some(brand.as_str())
    };
    if let Some(rule) = state.redirects.iter_mut().find(same) {
        rule.insert("redirect_to".to_owned(), json!(to));
        rule.insert("redirect_status".to_owned(), json!(status.to_string()));
        rule.insert("updated_at".to_owned(), json!(now));
        return Ok(Reply::Empty);
    }
    if state.redirects.len() >= MOST {
        return Err(refuse(
            400,
            "BadRequest",
            "The limit of redirect rules is reached",
        ));
    }
    // As long as the platform's, and in the order of their making.
    let number = format!("01G{:023}", state.next_id());
    state.redirects.push(row(
        json!({"id": number, "brand_id": brand, "redirect_from": from, "redirect_to": to,
            "redirect_status": status.to_string(), "created_at": now, "updated_at": now}),
    ));
    Ok(Reply::Empty)
}

/// A page of the help center as its readers ask for it; `None` where it has
/// neither the page nor a rule.
pub(super) fn page(state: &State, head: &Parts, path: &str) -> Option<Answer> {
    if head.method != "GET" {
        return None;
    }
    let path = without_slug(path);
    if let Some(html) = shown(state, &path) {
        return Some(Ok(Reply::File {
            content_type: "text/html; charset=utf-8".to_owned(),
            bytes: html.into(),
        }));
    }
    let rule = state
        .redirects
        .iter()
        .find(|rule| text(rule, "redirect_from") == Some(path.as_str()))?;
    let status = text(rule, "redirect_status")?.parse().ok()?;
    Some(Ok(Reply::Moved(
        status,
        text(rule, "redirect_to")?.to_owned(),
    )))
}

/// The text of a page that everybody may see.
fn shown(state: &State, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (locale, name, number) = match parts.as_slice() {
        ["hc", name, number] => (None, *name, *number),
        ["hc", locale, name, number] => (Some(*locale), *name, *number),
        _ => return None,
    };
    let list = match name {
        "articles" => "articles",
        "sections" => "sections",
        "categories" => "categories",
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    let record = state.rows(list).get(&number)?;
    let said = match locale {
        Some(locale) => super::help_center::translation(state, number, locale)?,
        None => record,
    };
    let hidden = flag(said, "draft") == Some(true) || id(record, "user_segment_id").is_some();
    (!hidden).then(|| {
        let title = text(said, "title")
            .or(text(said, "name"))
            .unwrap_or_default();
        format!("<h1>{title}</h1>{}", text(said, "body").unwrap_or_default())
    })
}

/// What stands behind the number of a page says nothing.
fn without_slug(path: &str) -> String {
    let Some((above, last)) = path.trim_end_matches('/').rsplit_once('/') else {
        return path.to_owned();
    };
    let number = last.split('-').next().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match path.starts_with("/hc/") && is_number {
        true => format!("{above}/{number}"),
        false => path.to_owned(),
    }
}
