//! Cursor and offset pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, ok};

/// Pages beyond this one are refused.
const DEEPEST: usize = 100;

/// One page of a list: `ids` in ascending order, `render` for those on the page.
pub(super) fn page(
    base: &str,
    call: &Call,
    key: &str,
    ids: &[u64],
    render: impl FnMut(u64) -> Value,
) -> Answer {
    ok(Value::Object(page_of(base, call, key, ids, 100, render)?.0))
}

/// The same with another default size, and the ids on the page.
pub(super) fn page_of(
    base: &str,
    call: &Call,
    key: &str,
    ids: &[u64],
    default: usize,
    mut render: impl FnMut(u64) -> Value,
) -> Result<(Row, Vec<u64>), Refusal> {
    let mut out = Row::new();
    if let Some(size) = call.param("page[size]") {
        let size = match size.parse::<usize>() {
            Ok(size) if size > 0 => size.min(100),
            _ => return Err(refused("page[size] must be a positive number")),
        };
        let (from, to) = match (call.param("page[after]"), call.param("page[before]")) {
            (Some(after), _) => {
                let after = decode(after).ok_or_else(|| refused("page[after] is not valid"))?;
                let from = ids.partition_point(|id| *id <= after);
                (from, ids.len().min(from + size))
            }
            (None, Some(before)) => {
                let before = decode(before).ok_or_else(|| refused("page[before] is not valid"))?;
                let to = ids.partition_point(|id| *id < before);
                (to.saturating_sub(size), to)
            }
            (None, None) => (0, ids.len().min(size)),
        };
        let shown = &ids[from..to];
        out.insert(key.to_owned(), shown.iter().map(|id| render(*id)).collect());
        let more = to < ids.len();
        let after = shown.last().map(|id| encode(*id));
        let before = shown.first().map(|id| encode(*id));
        let link = |name: &str, cursor: &Option<String>| {
            cursor.as_ref().map(|cursor| {
                url(
                    base,
                    call,
                    &[(name, cursor), ("page[size]", &size.to_string())],
                )
            })
        };
        out.insert(
            "meta".to_owned(),
            json!({"has_more": more, "after_cursor": after, "before_cursor": before}),
        );
        out.insert(
            "links".to_owned(),
            json!({
                "next": if more { link("page[after]", &after) } else { None },
                "prev": if from > 0 { link("page[before]", &before) } else { None },
            }),
        );
        return Ok((out, shown.to_vec()));
    }
    let number = |name: &str| match call.param(name).map(str::parse::<usize>) {
        None => Ok(None),
        Some(Ok(number)) if number > 0 => Ok(Some(number)),
        Some(_) => Err(refused(&format!("{name} must be a positive number"))),
    };
    let page = number("page")?.unwrap_or(1);
    let size = number("per_page")?.unwrap_or(default).min(100);
    if page > DEEPEST {
        return Err(Refusal::bad_parameter(
            "InvalidPaginationDepth",
            "Offset pagination is limited to 100 pages. Use cursor pagination to read further.",
        ));
    }
    let from = ids.len().min((page - 1) * size);
    let to = ids.len().min(from + size);
    let shown = &ids[from..to];
    out.insert(key.to_owned(), shown.iter().map(|id| render(*id)).collect());
    out.insert("count".to_owned(), json!(ids.len()));
    let link = |page: usize| {
        url(
            base,
            call,
            &[("page", &page.to_string()), ("per_page", &size.to_string())],
        )
    };
    out.insert(
        "next_page".to_owned(),
        json!((to < ids.len()).then(|| link(page + 1))),
    );
    out.insert(
        "previous_page".to_owned(),
        json!((page > 1).then(|| link(page - 1))),
    );
    Ok((out, shown.to_vec()))
}

fn refused(title: &str) -> Refusal {
    Refusal::bad_parameter("InvalidPaginationParameter", title)
}

/// The call's own address with some parameters replaced.
pub(super) fn url(base: &str, call: &Call, with: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in &call.query {
        let replaced = with.iter().any(|(name, _)| name == key)
            || matches!(key.as_str(), "page[after]" | "page[before]");
        if !replaced {
            query.append_pair(key, value);
        }
    }
    for (key, value) in with {
        query.append_pair(key, value);
    }
    format!(
        "{base}/api/v2/{}.json?{}",
        call.path.join("/"),
        query.finish()
    )
}

fn encode(id: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("o:{id}"))
}

fn decode(cursor: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes)
        .ok()?
        .strip_prefix("o:")?
        .parse()
        .ok()
}
