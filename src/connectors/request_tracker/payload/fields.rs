//! Custom fields and their values.

use serde_json::{Map, Value};

use super::moment;
use crate::connector::{Error, Refs, Result, TargetDesk, planned_id};
use crate::schema::{Conversation, Date, Field, FieldOption, FieldType, Kind};

/// Values by the target's field ids. A value that a select field does not have
/// would be dropped without a word, so it is refused here.
pub fn custom_fields(
    conversation: &Conversation,
    refs: &Refs,
    target: &TargetDesk,
) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (source, value) in &conversation.custom_fields {
        let Some(id) = refs.get(Kind::Field, source) else {
            continue;
        };
        let field = target.fields.iter().find(|field| field.id == id);
        let values = sent(value, field);
        if let Some(field) = field
            && matches!(field.field_type, FieldType::Select | FieldType::MultiSelect)
            && let Some(unknown) = values
                .iter()
                .find(|value| !field.options.iter().any(|option| option.value == **value))
        {
            return Err(Error::rejected(
                field.label.clone(),
                format!("the field `{}` has no value `{unknown}`", field.label),
            )
            .hint("add the value in RT, or map it in mapping.toml"));
        }
        if !values.is_empty() {
            all.insert(id.to_owned(), values.into());
        }
    }
    Ok(all)
}

/// A value as it is sent, several where the field takes several.
pub fn sent(value: &Value, field: Option<&Field>) -> Vec<String> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter()
        .filter_map(text)
        .map(|value| shaped(&value, field))
        .collect()
}

/// A value as it is, for telling whether another one is sent.
pub fn plain(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(plain).collect(),
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(yes) => Some(if *yes { "1" } else { "0" }.to_owned()),
        other => Some(other.to_string()),
    }
}

fn shaped(value: &str, field: Option<&Field>) -> String {
    match field.map(|field| field.field_type) {
        Some(FieldType::DateTime) => value
            .parse::<Date>()
            .map_or_else(|_| value.to_owned(), moment),
        Some(FieldType::Date) => value.get(..10).unwrap_or(value).to_owned(),
        _ => value.to_owned(),
    }
}

/// RT's type for a field, and whether it has values of its own.
pub fn field_type(field: &Field) -> (&'static str, bool) {
    match field.field_type {
        FieldType::Select | FieldType::Dependent => ("SelectSingle", true),
        FieldType::MultiSelect => ("SelectMultiple", true),
        FieldType::TextArea => match field.type_name.as_deref() {
            Some("HTML") => ("HTMLSingle", false),
            Some("Wikitext") => ("WikitextSingle", false),
            _ => ("TextSingle", false),
        },
        FieldType::Date => ("DateSingle", false),
        FieldType::DateTime => ("DateTimeSingle", false),
        _ => {
            let many = field.extra.contains_key("MaxValues");
            match (field.type_name.as_deref(), many) {
                (Some("IPAddress"), false) => ("IPAddressSingle", false),
                (Some("IPAddress"), true) => ("IPAddressMultiple", false),
                (Some("IPAddressRange"), false) => ("IPAddressRangeSingle", false),
                (Some("IPAddressRange"), true) => ("IPAddressRangeMultiple", false),
                (Some("Combobox"), _) => ("ComboboxSingle", true),
                (Some("Autocomplete"), false) => ("AutocompleteSingle", true),
                (Some("Autocomplete"), true) => ("AutocompleteMultiple", true),
                (_, true) => ("FreeformMultiple", false),
                _ => ("FreeformSingle", false),
            }
        }
    }
}

/// The field that would be created for this one.
pub fn planned_field(known: &Field) -> Field {
    let (sort, selects) = field_type(known);
    let options = known.options.iter().map(|option| FieldOption {
        value: option.label.clone(),
        label: option.label.clone(),
    });
    Field {
        id: planned_id(&known.id),
        key: None,
        field_type: match sort {
            "SelectSingle" => FieldType::Select,
            "SelectMultiple" => FieldType::MultiSelect,
            "TextSingle" | "HTMLSingle" | "WikitextSingle" => FieldType::TextArea,
            "DateSingle" => FieldType::Date,
            "DateTimeSingle" => FieldType::DateTime,
            _ => FieldType::Text,
        },
        options: match selects {
            true => options.collect(),
            false => Vec::new(),
        },
        pattern: None,
        required: false,
        required_to_close: false,
        ..known.clone()
    }
}
