//! `[people]` and `country` of `mapping.toml`.

use toml::de::DeValue;

use super::document::{Document, Value};
use super::user::{Merge, UserMapping, one_of};

impl UserMapping {
    pub(super) fn read_people(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(table) = document.table_of("[people]", value) else {
            return;
        };
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            match name {
                "merge" => {
                    let found =
                        one_of(document, name, value, Merge::ALL, Merge::name, Merge::parse);
                    self.merge = found.unwrap_or_default();
                }
                "plus_tags" => match value.get_ref() {
                    DeValue::Boolean(same) => self.plus_tags = *same,
                    _ => document.mistake(value.span().start, "`plus_tags` is true or false"),
                },
                "e164" => match value.get_ref() {
                    DeValue::Boolean(wanted) => self.e164 = *wanted,
                    _ => document.mistake(value.span().start, "`e164` is true or false"),
                },
                other => {
                    let known = ["merge", "plus_tags", "e164"].into_iter();
                    document.unknown(key.span().start, "key", " in [people]", other, known);
                }
            }
        }
    }

    pub(super) fn read_country(&mut self, document: &mut Document<'_>, value: Value<'_, '_>) {
        let Some(name) = document.text_of("country", value) else {
            return;
        };
        if name.parse::<phonenumber::country::Id>().is_err() {
            let at = value.span().start;
            let what = format!("`{name}` is no country; two capital letters, as `DE`");
            document.mistake(at, what);
        }
        self.country = Some(name);
    }
}
