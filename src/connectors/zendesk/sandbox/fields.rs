//! Definitions of fields, and values that fit them.

use serde_json::{Value, json};

use super::call::{
    Answer, Call, Problem, Refusal, Reply, Row, created, flag, id, ok, problem, row, take, text,
};
use super::paging::page;
use super::state::State;

const WRITABLE: &[&str] = &[
    "type",
    "title",
    "raw_title",
    "description",
    "raw_description",
    "key",
    "position",
    "active",
    "required",
    "required_in_portal",
    "visible_in_portal",
    "editable_in_portal",
    "title_in_portal",
    "regexp_for_validation",
    "tag",
    "custom_field_options",
    "agent_description",
    "collapsed_for_agents",
    "relationship_target_type",
];

/// Types that a client may create.
const TYPES: &[&str] = &[
    "text",
    "textarea",
    "checkbox",
    "date",
    "integer",
    "decimal",
    "regexp",
    "partialcreditcard",
    "multiselect",
    "tagger",
    "dropdown",
    "lookup",
];

/// Options that one field can have.
const MOST_OPTIONS: usize = 2000;

fn list(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "ticket_fields" => Some(("ticket_fields", "ticket_field")),
        "user_fields" => Some(("user_fields", "user_field")),
        "organization_fields" => Some(("organization_fields", "organization_field")),
        _ => None,
    }
}

pub(super) fn route(state: &mut State, call: &Call) -> Option<Answer> {
    let (name, one) = list(call.path.first()?)?;
    let base = state.base.clone();
    let segments = call.segments();
    Some(match (call.method.as_str(), &segments[1..]) {
        ("GET", []) => {
            let ids: Vec<u64> = state.rows(name).keys().copied().collect();
            page(&base, call, name, &ids, |id| json!(state.rows(name).get(&id)))
        }
        ("GET", ["count"]) => ok(json!({"count": {"value": state.rows(name).len(), "refreshed_at": state.stamp()}})),
        ("GET", [id]) => id
            .parse()
            .map_err(|_| Refusal::not_found())
            .and_then(|id| state.row(name, id))
            .and_then(|row| ok(json!({one: row}))),
        ("POST", []) => call.admin_only().and_then(|()| {
            let input = call.object(one)?;
            let problems = check(state, name, &input, None);
            if !problems.is_empty() {
                return Err(Refusal::invalid(&problems));
            }
            let title = text(&input, "title").unwrap_or_default();
            let mut field = row(json!({"title": title, "raw_title": title, "description": "", "active": true,
                "required": false, "position": 9999, "removable": true, "system": false, "tag": null,
                "regexp_for_validation": null}));
            take(&mut field, &input, WRITABLE);
            number_options(state, &mut field);
            let id = state.insert(name, name, field);
            created(json!({one: state.rows(name).get(&id)}))
        }),
        ("PUT", [id]) => call.admin_only().and_then(|()| {
            let id = id.parse().map_err(|_| Refusal::not_found())?;
            let mut field = state.row(name, id)?.clone();
            let input = call.object(one)?;
            let mut merged = field.clone();
            take(&mut merged, &input, WRITABLE);
            let problems = check(state, name, &merged, Some(id));
            if !problems.is_empty() {
                return Err(Refusal::invalid(&problems));
            }
            take(&mut field, &input, WRITABLE);
            number_options(state, &mut field);
            field.insert("updated_at".to_owned(), json!(state.stamp()));
            state.rows_mut(name).insert(id, field.clone());
            ok(json!({one: field}))
        }),
        ("DELETE", [id]) => call.admin_only().and_then(|()| {
            let id: u64 = id.parse().map_err(|_| Refusal::not_found())?;
            if flag(state.row(name, id)?, "removable") == Some(false) {
                return Err(Refusal::forbidden());
            }
            state.rows_mut(name).remove(&id);
            Ok(Reply::Empty)
        }),
        _ => return None,
    })
}

fn number_options(state: &mut State, field: &mut Row) {
    let Some(Value::Array(options)) = field.get_mut("custom_field_options") else {
        return;
    };
    for option in options.iter_mut().filter_map(Value::as_object_mut) {
        if id(option, "id").is_none() {
            option.insert("id".to_owned(), json!(state.next_id()));
        }
        let name = option.get("name").cloned().unwrap_or_default();
        option.entry("raw_name").or_insert(name);
    }
}

fn options(field: &Row) -> impl Iterator<Item = &str> {
    field
        .get("custom_field_options")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|option| option["value"].as_str())
}

fn check(state: &State, list: &'static str, field: &Row, own: Option<u64>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text(field, "title").is_none() {
        problems.push(problem("title", "cannot be blank"));
    }
    let kind = text(field, "type").unwrap_or_default();
    let system = own.is_some() && flag(field, "removable") == Some(false);
    if !system && !TYPES.contains(&kind) {
        problems.push(problem("type", "is invalid"));
    }
    if list != "ticket_fields" {
        let key = text(field, "key").unwrap_or_default();
        let fits = !key.is_empty()
            && key
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if !fits {
            problems.push(problem("key", "is invalid"));
        } else if state
            .rows(list)
            .iter()
            .any(|(id, row)| Some(*id) != own && text(row, "key") == Some(key))
        {
            problems.push(Problem {
                field: "key".to_owned(),
                text: format!("Key: {key} has already been taken"),
                code: Some("DuplicateValue"),
            });
        }
    }
    if matches!(kind, "tagger" | "dropdown" | "multiselect") {
        check_options(state, list, field, own, &mut problems);
    }
    problems
}

/// The values of options are tags: each one only once on a desk.
fn check_options(
    state: &State,
    list: &'static str,
    field: &Row,
    own: Option<u64>,
    problems: &mut Vec<Problem>,
) {
    let given = field.get("custom_field_options").and_then(Value::as_array);
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        problems.push(problem("custom_field_options", "cannot be blank"));
        return;
    };
    if given.len() > MOST_OPTIONS {
        problems.push(problem("custom_field_options", "cannot be more than 2000"));
    }
    let mut seen = std::collections::HashSet::new();
    for option in given {
        let name = option["name"].as_str().unwrap_or_default();
        let value = option["value"].as_str().unwrap_or_default();
        if name.is_empty() || value.is_empty() || value.contains(char::is_whitespace) {
            problems.push(problem("custom_field_options", "is invalid"));
            return;
        }
        if !seen.insert(value.to_lowercase()) {
            problems.push(taken(value));
        }
    }
    if list != "ticket_fields" {
        return;
    }
    for (id, other) in state.rows(list) {
        if Some(*id) == own {
            continue;
        }
        let tag = text(other, "tag");
        for value in options(other).chain(tag) {
            if seen.contains(&value.to_lowercase()) {
                problems.push(taken(value));
            }
        }
    }
}

fn taken(value: &str) -> Problem {
    Problem {
        field: "custom_field_options".to_owned(),
        text: format!("Tag: {value} is already in use by another field"),
        code: Some("DuplicateValue"),
    }
}

fn fits(field: &Row, value: &Value) -> bool {
    if value.is_null() || value.as_str() == Some("") {
        return true;
    }
    let number = |text: &str| text.parse::<f64>().is_ok();
    match text(field, "type").unwrap_or_default() {
        "tagger" | "dropdown" => value
            .as_str()
            .is_some_and(|value| options(field).any(|option| option == value)),
        "multiselect" => value.as_array().is_some_and(|list| {
            list.iter()
                .all(|value| options(field).any(|option| Some(option) == value.as_str()))
        }),
        "integer" => {
            value.is_i64()
                || value
                    .as_str()
                    .is_some_and(|text| text.parse::<i64>().is_ok())
        }
        "decimal" => value.is_number() || value.as_str().is_some_and(number),
        "checkbox" => {
            value.is_boolean() || matches!(value.as_str(), Some("true" | "false" | "0" | "1"))
        }
        "date" => value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "regexp" => match (text(field, "regexp_for_validation"), value.as_str()) {
            (Some(pattern), Some(value)) => {
                regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(value))
            }
            _ => true,
        },
        _ => true,
    }
}

/// Whether `custom_fields` of a ticket fit; ids that no field has are ignored.
pub(super) fn check_values(state: &State, values: &[Value], problems: &mut Vec<Problem>) {
    for entry in values.iter().filter_map(Value::as_object) {
        let field = id(entry, "id").and_then(|id| state.rows("ticket_fields").get(&id));
        let value = entry.get("value").unwrap_or(&Value::Null);
        if let Some(field) = field
            && !fits(field, value)
        {
            problems.push(Problem {
                field: "base".to_owned(),
                text: format!(
                    "{}: {value} is not valid",
                    text(field, "title").unwrap_or("field")
                ),
                code: Some("InvalidValue"),
            });
        }
    }
}

fn custom(field: &Row) -> bool {
    TYPES.contains(&text(field, "type").unwrap_or_default())
}

/// All custom fields of a ticket, those without a value as null.
pub(super) fn stored_values(state: &State, input: &Row) -> Value {
    let mut given = std::collections::HashMap::new();
    if let Some(Value::Array(list)) = input.get("custom_fields") {
        for entry in list.iter().filter_map(Value::as_object) {
            if let Some(id) = id(entry, "id") {
                given.insert(id, entry.get("value").cloned().unwrap_or_default());
            }
        }
    }
    state
        .rows("ticket_fields")
        .iter()
        .filter(|(_, field)| custom(field))
        .map(|(id, _)| json!({"id": id, "value": given.get(id)}))
        .collect()
}

/// The tags that values stand for.
pub(super) fn value_tags(state: &State, stored: &Value) -> Vec<String> {
    let mut tags = Vec::new();
    for entry in stored
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
    {
        let Some(field) = id(entry, "id").and_then(|id| state.rows("ticket_fields").get(&id))
        else {
            continue;
        };
        match (text(field, "type"), entry.get("value")) {
            (Some("tagger"), Some(Value::String(value))) => tags.push(value.clone()),
            (Some("multiselect"), Some(Value::Array(list))) => {
                tags.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            (Some("checkbox"), Some(Value::Bool(true))) => {
                tags.extend(text(field, "tag").map(str::to_owned))
            }
            _ => {}
        }
    }
    tags
}
