//! Field definitions, and custom values checked against them.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::Desk;
use super::wire::{
    Answer, Errors, Reply, Request, Row, access_denied, duplicate, flag, int, not_allowed,
    not_found, refuse, row, text,
};

/// Types that a custom field of a ticket may have.
const TYPES: &[&str] = &[
    "custom_text",
    "custom_paragraph",
    "custom_dropdown",
    "custom_number",
    "custom_decimal",
    "custom_checkbox",
    "custom_date",
    "nested_field",
];

const CREATE: &[Spec] = &[
    ("label", Kind::Text(255)),
    ("label_for_customers", Kind::Text(255)),
    ("type", Kind::Text(64)),
    ("position", Kind::Int),
    ("choices", Kind::List),
    ("dependent_fields", Kind::List),
    ("customers_can_edit", Kind::Bool),
    ("customers_can_filter", Kind::Bool),
    // Of ticket fields, and of contact fields.
    ("displayed_to_customers", Kind::Bool),
    ("displayed_for_customers", Kind::Bool),
    ("required_for_agents", Kind::Bool),
    ("required_for_closure", Kind::Bool),
    ("required_for_customers", Kind::Bool),
    ("portal_cc", Kind::Bool),
    ("portal_cc_to", Kind::Text(64)),
    ("section_mappings", Kind::List),
];

/// Plain choices of a field: an array of texts or of `{value}`, or the keys of an object.
fn choices(field: &Row) -> Vec<String> {
    match field.get("choices") {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| match item {
                Value::String(text) => Some(text.clone()),
                Value::Object(row) => Some(text(row, "value").to_owned()),
                _ => None,
            })
            .collect(),
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

fn one_of(values: &[String]) -> String {
    format!("It should be one of these values: '{}'", values.join(","))
}

impl Desk {
    /// A default field by name.
    pub fn ticket_field(&self, name: &str) -> Option<&Row> {
        self.table("ticket_fields")
            .values()
            .find(|field| text(field, "name") == name)
    }

    /// Numbers behind the choices of `status`, `priority` or `source`.
    pub fn numbers(&self, name: &str) -> Vec<u64> {
        let mut numbers: Vec<u64> = match self.ticket_field(name).and_then(|f| f.get("choices")) {
            Some(Value::Object(map)) if name == "status" => {
                map.keys().filter_map(|key| key.parse().ok()).collect()
            }
            Some(Value::Object(map)) => map.values().filter_map(Value::as_u64).collect(),
            _ => Vec::new(),
        };
        numbers.sort_unstable();
        numbers
    }

    /// Texts of `ticket_type`.
    pub fn ticket_types(&self) -> Vec<String> {
        self.ticket_field("ticket_type")
            .map(choices)
            .unwrap_or_default()
    }

    /// Checks custom values and gives them as they are kept. `before` holds what
    /// the record has already; `create` asks for what is mandatory.
    pub fn custom_values(
        &self,
        table: &'static str,
        sent: &Row,
        before: &Row,
        (create, closing, form): (bool, bool, bool),
        errors: &mut Errors,
    ) -> Row {
        let mut kept = before.clone();
        let mut known: Vec<String> = Vec::new();
        for field in self.table(table).values() {
            let name = text(field, "name").to_owned();
            if flag(field, "default") {
                continue;
            }
            let kind = text(field, "type");
            if kind == "nested_field" {
                let mut names = vec![name.clone()];
                for nested in nested(field) {
                    names.push(text(nested, "name").to_owned());
                }
                self.nested_value(field, &names, sent, &mut kept, errors);
                known.extend(names);
            } else {
                if let Some(value) = sent.get(&name) {
                    let value = if form {
                        from_form(value, kind)
                    } else {
                        value.clone()
                    };
                    match custom_fault(&value, kind, field) {
                        Some((message, code)) => {
                            errors.add(&format!("custom_fields.{name}"), &message, code);
                        }
                        None => {
                            kept.insert(name.clone(), value);
                        }
                    }
                }
                known.push(name.clone());
            }
            let blank = kept
                .get(&name)
                .is_none_or(|value| value.is_null() || value == "");
            let needed = (create && flag(field, "required_for_agents"))
                || (closing && flag(field, "required_for_closure"));
            if needed && blank {
                errors.add(
                    &format!("custom_fields.{name}"),
                    "Mandatory attribute missing",
                    "missing_field",
                );
            }
            kept.entry(name).or_insert(Value::Null);
        }
        for name in sent.keys() {
            if !known.contains(name) {
                errors.add(
                    &format!("custom_fields.{name}"),
                    "Unexpected/invalid field in request",
                    "invalid_field",
                );
            }
        }
        kept
    }

    /// Dependent fields: every level must be a choice below the one above it.
    fn nested_value(
        &self,
        field: &Row,
        names: &[String],
        sent: &Row,
        kept: &mut Row,
        errors: &mut Errors,
    ) {
        for name in names {
            kept.entry(name.clone()).or_insert(Value::Null);
            if let Some(value) = sent.get(name) {
                kept.insert(name.clone(), value.clone());
            }
        }
        if !names.iter().any(|name| sent.contains_key(name)) {
            return;
        }
        let mut level = field.get("choices").cloned().unwrap_or(Value::Null);
        let mut open = true;
        for name in names {
            let value = kept.get(name).cloned().unwrap_or(Value::Null);
            let at = format!("custom_fields.{name}");
            match value {
                Value::Null => open = false,
                Value::String(value) if open => {
                    let offered: Vec<String> = match &level {
                        Value::Object(map) => map.keys().cloned().collect(),
                        Value::Array(items) => items
                            .iter()
                            .filter_map(Value::as_str)
                            .map(str::to_owned)
                            .collect(),
                        _ => Vec::new(),
                    };
                    if !offered.contains(&value) {
                        errors.add(&at, &one_of(&offered), "invalid_value");
                        return;
                    }
                    level = level.get(&value).cloned().unwrap_or(Value::Null);
                }
                Value::String(_) => {
                    errors.add(
                        &at,
                        "It should not be set when the field it depends on is blank",
                        "invalid_value",
                    );
                    return;
                }
                _ => {
                    errors.add(&at, "It should be a/an String", "datatype_mismatch");
                    return;
                }
            }
        }
    }

    /// `/ticket_fields`, `/admin/ticket_fields`, `/contact_fields`, `/company_fields`.
    pub fn field_endpoint(
        &mut self,
        rq: &Request,
        table: &'static str,
        admin: bool,
        rest: &[&str],
    ) -> Answer {
        if self.feature("limited_agent") && (admin || table != "ticket_fields") {
            return Err(access_denied());
        }
        let id = rest.first().map(|id| id.parse::<u64>().unwrap_or(0));
        let writable = admin || table != "ticket_fields";
        match (rq.method.as_str(), id) {
            ("GET", None) => {
                let rows = self
                    .table(table)
                    .values()
                    .map(|field| self.field_shape(field, admin, false))
                    .collect();
                Ok(Reply::json(200, Value::Array(rows)))
            }
            ("GET", Some(id)) if writable => {
                let field = self.table(table).get(&id).ok_or_else(not_found)?;
                Ok(Reply::json(200, self.field_shape(field, admin, true)))
            }
            ("POST", None) if writable => self.create_field(rq, table),
            ("DELETE", Some(id)) if writable => {
                let field = self.table(table).get(&id).ok_or_else(not_found)?;
                if flag(field, "default") {
                    return Err(refuse(
                        "id",
                        "Default fields cannot be deleted",
                        "invalid_value",
                    ));
                }
                self.table_mut(table).remove(&id);
                Ok(Reply::empty(204))
            }
            (method, _) => Err(not_allowed(method, "GET")),
        }
    }

    /// The admin list leaves choices out; one field by itself has them as objects.
    fn field_shape(&self, field: &Row, admin: bool, single: bool) -> Value {
        let mut out = field.clone();
        if !admin {
            return Value::Object(out);
        }
        if !single {
            out.remove("choices");
            return Value::Object(out);
        }
        let objects: Vec<Value> = match (text(field, "name"), field.get("choices")) {
            ("status", Some(Value::Object(map))) => map
                .iter()
                .enumerate()
                .map(|(at, (id, labels))| {
                    json!({"id": id.parse::<u64>().unwrap_or(0), "value": labels[0], "label": labels[0], "label_for_customers": labels[1], "position": at + 1, "stop_sla_timer": matches!(id.as_str(), "3" | "4" | "5"), "default": id.len() == 1 && id.as_str() < "6", "deleted": false})
                })
                .collect(),
            ("priority" | "source", Some(Value::Object(map))) => map
                .iter()
                .enumerate()
                .map(|(at, (label, id))| json!({"id": id, "value": label, "label": label, "position": at + 1}))
                .collect(),
            (_, Some(value)) => tree(value, int(field, "id").unwrap_or(0) * 1000),
            _ => Vec::new(),
        };
        if field.contains_key("choices") {
            out.insert("choices".to_owned(), Value::Array(objects));
        }
        Value::Object(out)
    }

    fn create_field(&mut self, rq: &Request, table: &'static str) -> Answer {
        let body = check::read(rq, CREATE, &["label", "type"])?;
        let kind = text(&body, "type").to_owned();
        let types: Vec<String> = TYPES.iter().map(|&name| name.to_owned()).collect();
        if !types.contains(&kind) {
            return Err(refuse("type", &one_of(&types), "invalid_value"));
        }
        if table == "ticket_fields" && !body.contains_key("label_for_customers") {
            return Err(refuse(
                "label_for_customers",
                "Mandatory attribute missing",
                "missing_field",
            ));
        }
        let label = text(&body, "label").to_owned();
        let taken = self
            .table(table)
            .values()
            .any(|field| text(field, "label").eq_ignore_ascii_case(&label));
        if taken {
            return Err(duplicate("label", None));
        }
        let slug: String = label
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let name = if table == "ticket_fields" {
            format!("cf_{slug}")
        } else {
            slug
        };
        let id = self.id();
        let mut field = body.clone();
        field.insert("id".to_owned(), json!(id));
        field.insert("name".to_owned(), json!(name));
        field.insert("default".to_owned(), json!(false));
        field.insert("created_at".to_owned(), json!(rq.stamp()));
        field.insert("updated_at".to_owned(), json!(rq.stamp()));
        if kind == "custom_dropdown" {
            let list = choices(&body);
            if list.is_empty() {
                return Err(refuse(
                    "choices",
                    "Mandatory attribute missing",
                    "missing_field",
                ));
            }
            field.insert("choices".to_owned(), json!(list));
        }
        if kind == "nested_field" {
            field.insert("choices".to_owned(), untree(body.get("choices")));
            let mut levels = Vec::new();
            if let Some(Value::Array(items)) = body.get("dependent_fields") {
                for (at, item) in items.iter().enumerate() {
                    let label = item["label"].as_str().unwrap_or_default();
                    let slug = label
                        .to_lowercase()
                        .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                    levels.push(json!({"id": self.id(), "name": format!("cf_{slug}"), "label": label, "level": at + 2}));
                }
            }
            field.insert("nested_ticket_fields".to_owned(), json!(levels));
        }
        self.table_mut(table).insert(id, field.clone());
        Ok(Reply::json(
            201,
            self.field_shape(&field, table == "ticket_fields", true),
        ))
    }
}

/// The lower levels of a dependent field.
fn nested(field: &Row) -> Vec<&Row> {
    match field.get("nested_ticket_fields") {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}

/// Choices as the admin view of one field has them.
fn tree(value: &Value, id: u64) -> Vec<Value> {
    let one = |at: usize, value: &str, below: Option<&Value>| {
        let mut out = row(
            json!({"id": id + at as u64 + 1, "value": value, "label": value, "position": at + 1}),
        );
        if let Some(below) = below {
            out.insert(
                "choices".to_owned(),
                json!(tree(below, (id + at as u64 + 1) * 100)),
            );
        }
        Value::Object(out)
    };
    match value {
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .enumerate()
            .map(|(at, item)| one(at, item, None))
            .collect(),
        Value::Object(map) => map
            .iter()
            .enumerate()
            .map(|(at, (item, below))| one(at, item, Some(below)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The other way round, for creating a dependent field.
fn untree(value: Option<&Value>) -> Value {
    let Some(Value::Array(items)) = value else {
        return json!([]);
    };
    if items.iter().any(|item| item.get("choices").is_some()) {
        let mut out = Row::new();
        for item in items {
            let name = item["value"].as_str().unwrap_or_default().to_owned();
            out.insert(name, untree(item.get("choices")));
        }
        return Value::Object(out);
    }
    items.iter().map(|item| item["value"].clone()).collect()
}

fn from_form(value: &Value, kind: &str) -> Value {
    let Some(text) = value.as_str() else {
        return value.clone();
    };
    match kind {
        "custom_number" => text
            .parse::<i64>()
            .map_or_else(|_| value.clone(), Value::from),
        "custom_decimal" => text
            .parse::<f64>()
            .map_or_else(|_| value.clone(), Value::from),
        "custom_checkbox" => text
            .parse::<bool>()
            .map_or_else(|_| value.clone(), Value::from),
        _ => value.clone(),
    }
}

fn custom_fault(value: &Value, kind: &str, field: &Row) -> Option<(String, &'static str)> {
    let mismatch =
        |wanted: &str| Some((format!("It should be a/an {wanted}"), "datatype_mismatch"));
    if value.is_null() {
        return None;
    }
    match kind {
        "custom_number" if !value.is_i64() && !value.is_u64() => mismatch("Integer"),
        "custom_decimal" if !value.is_number() => mismatch("Number"),
        "custom_checkbox" if !value.is_boolean() => mismatch("Boolean"),
        "custom_number" | "custom_decimal" | "custom_checkbox" => None,
        "custom_multi_select_dropdown" => match value {
            Value::Array(items) => {
                let offered = choices(field);
                items
                    .iter()
                    .any(|item| {
                        item.as_str()
                            .is_none_or(|item| !offered.iter().any(|o| o == item))
                    })
                    .then(|| (one_of(&offered), "invalid_value"))
            }
            _ => mismatch("Array"),
        },
        _ => {
            let Some(value) = value.as_str() else {
                return mismatch("String");
            };
            match kind {
                "custom_dropdown" => {
                    let offered = choices(field);
                    (!offered.iter().any(|choice| choice == value))
                        .then(|| (one_of(&offered), "invalid_value"))
                }
                "custom_date" => value.parse::<jiff::civil::Date>().is_err().then(|| {
                    (
                        "It should be in the 'yyyy-mm-dd' format".to_owned(),
                        "invalid_date",
                    )
                }),
                "custom_text" if value.chars().count() > 255 => Some((
                    format!(
                        "Has {} characters, it can have maximum of 255 characters",
                        value.chars().count()
                    ),
                    "invalid_value",
                )),
                _ => None,
            }
        }
    }
}
