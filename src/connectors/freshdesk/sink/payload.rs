//! Requests whose fields may have to be given up one by one.

use serde_json::{Map, Value};

use super::files;
use crate::connector::{Error, File, Loss, Result};
use crate::connectors::freshdesk::client::refusal;
use crate::http::{Answer, Call, FormPart};

/// The fields of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Payload(Map<String, Value>);

impl Payload {
    /// Sets a field, unless there is nothing to say.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        let nothing = value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        if !nothing {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Sets a number that we know as text; a planned one is negative.
    pub fn set_id(&mut self, name: &str, id: Option<&str>) {
        self.set(name, id.and_then(|id| id.parse::<i64>().ok()));
    }

    /// Sets a custom field.
    pub fn set_custom(&mut self, name: &str, value: Value) {
        let fields = self
            .0
            .entry("custom_fields")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(fields) = fields {
            fields.insert(name.to_owned(), value);
        }
    }

    /// A field or custom field, if it is set.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .get(name)
            .or_else(|| self.0.get("custom_fields")?.get(name))
    }

    /// Gives up a field or custom field; whether it was set.
    pub fn remove(&mut self, name: &str) -> bool {
        let custom = |fields: &mut Value| fields.as_object_mut()?.remove(name);
        self.0.remove(name).is_some() || self.0.get_mut("custom_fields").and_then(custom).is_some()
    }

    /// Keeps some of the fields.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    /// Empties a field that has no value any more.
    pub fn clear(&mut self, name: &str, nothing: Value) {
        self.0.entry(name).or_insert(nothing);
    }

    /// There is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The request with these fields: JSON, or a form when there are files.
    pub fn send(&self, call: Call, uploads: &[&File]) -> Call {
        if uploads.is_empty() {
            return call.body(&self.0);
        }
        let mut parts = Vec::new();
        for (name, value) in &self.0 {
            form(name, value, &mut parts);
        }
        parts.extend(uploads.iter().filter_map(|file| files::part(file)));
        call.multipart(parts)
    }
}

/// Form fields the way that Freshdesk reads them: `tags[]`, `custom_fields[cf_x]`.
fn form(name: &str, value: &Value, parts: &mut Vec<FormPart>) {
    let text = match value {
        Value::Null => return,
        Value::Array(items) => {
            return items
                .iter()
                .for_each(|item| form(&format!("{name}[]"), item, parts));
        }
        Value::Object(fields) => {
            return fields
                .iter()
                .for_each(|(key, value)| form(&format!("{name}[{key}]"), value, parts));
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    parts.push(FormPart::Text {
        name: name.to_owned(),
        value: text,
    });
}

/// What becomes of a refused field: `None` makes the refusal final.
pub type GiveUp<'a> = &'a (dyn Fn(&mut Payload, &str) -> Option<Loss> + Sync);

/// Sends, and sends again without the fields that are refused and that may be
/// given up. What was given up is added to `losses`.
pub async fn send_without(
    payload: &mut Payload,
    uploads: &[&File],
    call: &(dyn Fn() -> Call + Sync),
    give_up: GiveUp<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Answer> {
    // Each round gives up a field, so that this comes to an end.
    loop {
        let error = match payload.send(call(), uploads).send().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let mut lost = Vec::new();
        for field in refused(&error) {
            if payload.get(&field).is_some()
                && let Some(loss) = give_up(payload, &field)
            {
                lost.push(loss);
            }
        }
        if lost.is_empty() {
            return Err(error);
        }
        losses.extend(lost);
    }
}

/// The fields that a definite refusal names.
fn refused(error: &Error) -> Vec<String> {
    match refusal(error) {
        Some(refusal) if matches!(refusal.status, 400 | 409 | 422) => {
            refusal.fields().map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_name_lists_and_custom_fields_as_freshdesk_reads_them() {
        let mut payload = Payload::default();
        payload.set("tags", vec!["a", "b"]);
        payload.set("private", false);
        payload.set_custom("cf_x", json!(7));
        let mut parts = Vec::new();
        for (name, value) in &payload.0 {
            form(name, value, &mut parts);
        }
        let mut seen: Vec<(String, String)> = parts
            .into_iter()
            .map(|part| match part {
                FormPart::Text { name, value } => (name, value),
                FormPart::File { name, .. } => (name, "file".into()),
            })
            .collect();
        seen.sort();
        let seen: Vec<(&str, &str)> = seen.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("custom_fields[cf_x]", "7"),
                ("private", "false"),
                ("tags[]", "a"),
                ("tags[]", "b")
            ]
        );
    }

    #[test]
    fn custom_fields_can_be_given_up() {
        let mut payload = Payload::default();
        payload.set_custom("cf_x", json!("v"));
        payload.set("nothing", Vec::<String>::new());
        assert!(payload.get("nothing").is_none());
        assert!(payload.remove("cf_x"));
        assert!(!payload.remove("cf_x"));
    }
}
