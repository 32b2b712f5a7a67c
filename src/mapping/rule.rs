//! One rule on one field: what becomes of its value.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::expr::{Expr, Shared};
use super::user::Placed;
use super::value::{Convert, is_empty, text};
use crate::connector::{Detail, detail};
use crate::schema::{Field, FieldOption, FieldType, Kind, values};

values! {
    /// What happens to a value that a rule has no place for.
    OnUnmapped {
        /// The record becomes a problem.
        Error = "error",
        /// The rule's default is taken.
        Default = "default",
        /// The value is left out, as a declared loss.
        Skip = "skip",
    }
}

/// A table of values, by name or in place.
#[derive(Debug, Clone)]
pub(super) enum TableName {
    Named(String),
    Inline(HashMap<String, Value>),
}

/// One `[[fields]]`.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub offset: usize,
    pub from: Option<Placed>,
    pub to: Option<Placed>,
    pub on: Kind,
    pub table: Option<(usize, TableName)>,
    pub default: Option<(usize, Value)>,
    pub prefix: Option<String>,
    pub convert: Option<Convert>,
    /// Lower case.
    pub drop_if: Vec<String>,
    pub on_unmapped: Option<OnUnmapped>,
    pub expr: Option<Expr>,
}

/// What a rule made of a value.
#[derive(Debug, PartialEq)]
pub(super) enum Made {
    /// This.
    Value(Value),
    /// There was nothing, and there is nothing.
    Nothing,
    /// It is left out on purpose, and why.
    Dropped(Detail),
}

impl Rule {
    /// A rule that moves a value as it is.
    pub fn new(offset: usize) -> Rule {
        Rule {
            offset,
            from: None,
            to: None,
            on: Kind::Conversation,
            table: None,
            default: None,
            prefix: None,
            convert: None,
            drop_if: Vec::new(),
            on_unmapped: None,
            expr: None,
        }
    }

    /// The entries of the rule's table.
    pub fn entries<'a>(
        &'a self,
        tables: &'a HashMap<String, HashMap<String, Value>>,
    ) -> Option<&'a HashMap<String, Value>> {
        match &self.table.as_ref()?.1 {
            TableName::Named(name) => tables.get(name),
            TableName::Inline(entries) => Some(entries),
        }
    }

    /// What happens to a value without a place: as the rule says, else its
    /// default, else an error.
    pub fn unmapped(&self) -> OnUnmapped {
        self.on_unmapped.unwrap_or(match self.default {
            Some(_) => OnUnmapped::Default,
            None => OnUnmapped::Error,
        })
    }

    /// Applies the rule. `target` is the field that the value goes to.
    ///
    /// The error says why the record cannot be moved like this.
    pub fn apply(
        &self,
        value: &Value,
        record: impl FnOnce() -> (minijinja::Value, minijinja::Value),
        target: Option<&Field>,
        shared: &Arc<Shared>,
    ) -> Result<Made, Detail> {
        if !is_empty(value) && self.drop_if.contains(&text(value).trim().to_lowercase()) {
            return Ok(Made::Dropped(detail!("loss-drop-if", value = text(value))));
        }
        let made = match self.transform(value, record, shared) {
            Ok(None) => return Ok(self.or_default(Made::Nothing)),
            Ok(Some(made)) if is_empty(&made) => return Ok(self.or_default(Made::Nothing)),
            Ok(Some(made)) => fit(made, target),
            Err(why) => Err(Detail::Plain(why)),
        };
        match made {
            Ok(made) => Ok(Made::Value(made)),
            Err(why) => match self.unmapped() {
                OnUnmapped::Error => Err(why),
                OnUnmapped::Default => Ok(self.or_default(Made::Dropped(why))),
                OnUnmapped::Skip => Ok(Made::Dropped(why)),
            },
        }
    }

    fn or_default(&self, other: Made) -> Made {
        match &self.default {
            Some((_, default)) => Made::Value(default.clone()),
            None => other,
        }
    }

    fn transform(
        &self,
        value: &Value,
        record: impl FnOnce() -> (minijinja::Value, minijinja::Value),
        shared: &Arc<Shared>,
    ) -> Result<Option<Value>, String> {
        let mut made = match &self.expr {
            Some(expr) => {
                // A whole record is only turned inside out for who looks at it.
                let (record, fields) = match expr.looks_around {
                    true => record(),
                    false => Default::default(),
                };
                expr.eval(value, record, fields, shared)?
            }
            None => value.clone(),
        };
        if is_empty(&made) {
            return Ok(None);
        }
        if let Some(entries) = self.entries(&shared.tables) {
            made = each(made, |value| {
                let text = text(&value);
                let found = entries.get(&text.trim().to_lowercase()).cloned();
                found.ok_or_else(|| format!("`{text}` is not in the table"))
            })?;
        }
        if let Some(convert) = self.convert {
            made = convert
                .apply(&made)
                .ok_or_else(|| format!("`{}` is no {convert}", text(&made)))?;
        }
        if let Some(prefix) = &self.prefix {
            made = each(made, |value| {
                Ok::<_, String>(Value::String(format!("{prefix}{}", text(&value))))
            })?;
        }
        Ok(Some(made))
    }
}

fn each<E>(value: Value, change: impl Fn(Value) -> Result<Value, E>) -> Result<Value, E> {
    match value {
        Value::Array(items) => items
            .into_iter()
            .map(change)
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        one => change(one),
    }
}

/// The value as a choice field takes it: its options' values, found by value
/// or label; other fields take it as it is.
pub(super) fn fit(value: Value, target: Option<&Field>) -> Result<Value, Detail> {
    let Some(field) = target.filter(|field| is_choice(field)) else {
        return Ok(value);
    };
    each(value, |value| {
        let text = text(&value);
        match option(field, &text) {
            Some(found) => Ok(Value::String(found.to_owned())),
            None => Err(detail!(
                "loss-no-choice",
                value = text,
                field = &field.label
            )),
        }
    })
}

/// What a target's field stores for a choice of the source when no rule says
/// so: the same stored value, else the same label.
pub(crate) fn same_choice<'a>(target: &'a Field, choice: &FieldOption) -> Option<&'a str> {
    // What is stored comes first: labels are changed and translated.
    let mut all = target.options.iter();
    let same = all.find(|option| option.value == choice.value);
    same.map(|option| option.value.as_str())
        .or_else(|| option(target, &choice.label))
        .or_else(|| option(target, &choice.value))
}

/// A field that takes nothing but its options.
pub(crate) fn is_choice(field: &Field) -> bool {
    matches!(
        field.field_type,
        FieldType::Select | FieldType::MultiSelect | FieldType::Dependent
    ) && !field.options.is_empty()
}

/// The stored value of the option with this value or label.
pub(crate) fn option<'a>(field: &'a Field, text: &str) -> Option<&'a str> {
    let text = text.trim();
    let exact = field.options.iter().find(|option| option.value == text);
    let found = exact.or_else(|| {
        let lower = text.to_lowercase();
        field.options.iter().find(|option| {
            option.label.to_lowercase() == lower || option.value.to_lowercase() == lower
        })
    })?;
    Some(&found.value)
}
