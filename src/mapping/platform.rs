//! A platform's value tables.

use std::collections::HashMap;

use toml::de::DeTable;

use super::document::Document;
use crate::connector::Result;
use crate::schema::{Channel, Priority, Role, Status, TicketType, Visibility, values};

values! {
    /// A value table of a platform.
    Table {
        /// [`Status`] of conversations.
        Status = "status",
        /// [`Priority`] of conversations.
        Priority = "priority",
        /// [`TicketType`] of conversations.
        Type = "type",
        /// [`Channel`] of conversations, and of messages where there is no table of their own.
        Channel = "channel",
        /// [`Channel`] of messages, for platforms that count them apart.
        MessageChannel = "message_channel",
        /// [`Role`] of agents.
        Role = "role",
        /// [`Visibility`] of articles and categories.
        Visibility = "visibility",
    }
}

impl Table {
    /// Every value that the schema has for this table.
    pub fn schema_values(self) -> Vec<&'static str> {
        fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
            all.iter().map(|value| name(*value)).collect()
        }
        match self {
            Table::Status => names(Status::ALL, Status::name),
            Table::Priority => names(Priority::ALL, Priority::name),
            Table::Type => names(TicketType::ALL, TicketType::name),
            Table::Channel | Table::MessageChannel => names(Channel::ALL, Channel::name),
            Table::Role => names(Role::ALL, Role::name),
            Table::Visibility => names(Visibility::ALL, Visibility::name),
        }
    }

    /// The table with its lower-case name, as people read it.
    fn noun(self) -> &'static str {
        match self {
            Table::MessageChannel => "channel",
            other => other.name(),
        }
    }
}

/// The value tables of one platform.
#[derive(Debug, Clone, Default)]
pub struct PlatformMapping {
    /// By lower-case platform value.
    read: HashMap<Table, HashMap<String, &'static str>>,
    write: HashMap<Table, HashMap<&'static str, String>>,
}

impl PlatformMapping {
    /// Reads `mappings/<platform>.toml` with the user's overrides (tables of
    /// the same shape) on top. Every schema value must exist; an error names
    /// file, line, key and the nearest right one.
    pub fn load(platform: &str, embedded: &str, overrides: Option<&str>) -> Result<Self> {
        let mut mapping = PlatformMapping::default();
        let name = format!("mappings/{platform}.toml");
        mapping.merge(&mut Document::new(&name, embedded))?;
        if let Some(text) = overrides {
            let name = format!("mapping.toml [platform.{platform}]");
            mapping.merge(&mut Document::new(&name, text))?;
        }
        Ok(mapping)
    }

    fn merge(&mut self, document: &mut Document<'_>) -> Result<()> {
        let tables = document.parse()?;
        self.merge_tables(document, &tables);
        document.finish()
    }

    /// Adds the tables of an override or an embedded file, one entry at a time:
    /// what an override does not name stays as it was. Mistakes are noted in
    /// `document`.
    pub(super) fn merge_tables(&mut self, document: &mut Document<'_>, tables: &DeTable<'_>) {
        for (key, value) in tables.iter() {
            let Some(table) = Table::parse(key.get_ref()) else {
                let known = Table::ALL.iter().map(|table| table.name());
                document.unknown(key.span().start, "table", "", key.get_ref(), known);
                continue;
            };
            let Some(directions) = document.table_of(key.get_ref(), value) else {
                continue;
            };
            for (direction, entries) in directions.iter() {
                let at = format!("{table}.{}", direction.get_ref());
                match &**direction.get_ref() {
                    "read" => {
                        if let Some(entries) = document.table_of(&at, entries) {
                            self.merge_read(document, table, entries);
                        }
                    }
                    "write" => {
                        if let Some(entries) = document.table_of(&at, entries) {
                            self.merge_write(document, table, entries);
                        }
                    }
                    other => document.unknown(
                        direction.span().start,
                        "direction",
                        "",
                        other,
                        ["read", "write"].into_iter(),
                    ),
                }
            }
        }
    }

    fn merge_read(&mut self, document: &mut Document<'_>, table: Table, entries: &DeTable<'_>) {
        let known = table.schema_values();
        self.read.entry(table).or_default();
        for (platform_value, schema_value) in entries.iter() {
            let at = format!("{table}.read.{}", platform_value.get_ref());
            let Some(text) = document.text_of(&at, schema_value) else {
                continue;
            };
            match known.iter().find(|known| **known == text) {
                Some(schema_value) => {
                    let values = self.read.entry(table).or_default();
                    values.insert(platform_value.get_ref().to_lowercase(), schema_value);
                }
                None => {
                    let place = schema_value.span().start;
                    let known = known.iter().copied();
                    document.unknown(place, table.noun(), &format!(" for {at}"), &text, known);
                }
            }
        }
    }

    fn merge_write(&mut self, document: &mut Document<'_>, table: Table, entries: &DeTable<'_>) {
        let known = table.schema_values();
        // An empty table says that nothing can be written.
        self.write.entry(table).or_default();
        for (schema_value, platform_value) in entries.iter() {
            let text = schema_value.get_ref();
            let at = format!("{table}.write.{text}");
            match known.iter().find(|known| **known == text.as_ref()) {
                Some(schema_value) => {
                    if let Some(text) = document.text_of(&at, platform_value) {
                        let values = self.write.entry(table).or_default();
                        values.insert(schema_value, text);
                    }
                }
                None => {
                    let place = schema_value.span().start;
                    let known = known.iter().copied();
                    let at = format!(" in {table}.write");
                    document.unknown(place, table.noun(), &at, text, known);
                }
            }
        }
    }

    /// What the platform's value means in the schema (`"2"` → `"open"`);
    /// `None` for a value the table does not know. Case does not matter.
    pub fn read(&self, table: Table, platform_value: &str) -> Option<&str> {
        let Some(values) = self.read.get(&table) else {
            return match table {
                Table::MessageChannel => self.read(Table::Channel, platform_value),
                _ => None,
            };
        };
        if let Some(found) = values.get(platform_value) {
            return Some(found);
        }
        // Most desks send lower case: only the others pay for a copy.
        if platform_value.chars().any(char::is_uppercase) {
            return values.get(&platform_value.to_lowercase()).copied();
        }
        None
    }

    /// What the platform calls a schema value (`"open"` → `"2"`); `None` when
    /// it has nothing of the kind.
    pub fn write(&self, table: Table, schema_value: &str) -> Option<&str> {
        match self.write.get(&table) {
            Some(values) => values.get(schema_value).map(String::as_str),
            None if table == Table::MessageChannel => self.write(Table::Channel, schema_value),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(name: &str) -> PlatformMapping {
        let connector = crate::connector::find(name).unwrap();
        PlatformMapping::load(name, connector.mapping, None).unwrap()
    }

    #[test]
    fn every_embedded_table_loads_and_knows_the_essentials() {
        for connector in crate::connector::all() {
            let mapping = embedded(connector.name);
            for status in Status::ALL {
                let written = mapping.write(Table::Status, status.name());
                assert!(written.is_some(), "{} {status}", connector.name);
            }
            for table in Table::ALL {
                for value in table.schema_values() {
                    let Some(written) = mapping.write(*table, value) else {
                        continue;
                    };
                    assert!(
                        mapping.read(*table, written).is_some(),
                        "{}: {table} writes {written}, and cannot read it",
                        connector.name
                    );
                }
            }
        }
    }

    #[test]
    fn values_are_found_in_any_case() {
        let zendesk = embedded("zendesk");
        assert_eq!(zendesk.read(Table::Status, "hold"), Some("on_hold"));
        assert_eq!(zendesk.read(Table::Status, "Hold"), Some("on_hold"));
        assert_eq!(zendesk.read(Table::Status, "Höld"), None);
        assert_eq!(zendesk.write(Table::Status, "on_hold"), Some("hold"));
        assert_eq!(zendesk.read(Table::MessageChannel, "Email"), Some("email"));
        let freshdesk = embedded("freshdesk");
        assert_eq!(freshdesk.read(Table::Status, "2"), Some("open"));
        assert_eq!(freshdesk.read(Table::MessageChannel, "9"), Some("voice"));
        assert_eq!(freshdesk.read(Table::Channel, "9"), Some("web_form"));
        let rt = embedded("request_tracker");
        assert_eq!(rt.read(Table::Status, "stalled"), Some("pending"));
    }

    #[test]
    fn an_override_changes_what_it_names_and_nothing_else() {
        let text = "[status.read]\n6 = \"on_hold\"\n[status.write]\non_hold = 6\n";
        let connector = crate::connector::find("freshdesk").unwrap();
        let mapping = PlatformMapping::load("freshdesk", connector.mapping, Some(text)).unwrap();
        assert_eq!(mapping.read(Table::Status, "6"), Some("on_hold"));
        assert_eq!(mapping.write(Table::Status, "on_hold"), Some("6"));
        assert_eq!(mapping.write(Table::Status, "open"), Some("2"));
    }

    #[test]
    fn every_mistake_is_named_with_the_nearest_right_value() {
        let text = "[status.read]\nhold = \"on_hlod\"\nx = 1.5\n[status.wirte]\n[statsu.read]\n[role.write]\nadmn = \"x\"\n";
        let error = PlatformMapping::load("zendesk", "", Some(text)).unwrap_err();
        insta::assert_snapshot!(error, @r"
        mapping.toml [platform.zendesk]:2:8: unknown status `on_hlod` for status.read.hold; did you mean `on_hold`?
        mapping.toml [platform.zendesk]:3:5: status.read.x must be text, not a float
        mapping.toml [platform.zendesk]:4:9: unknown direction `wirte`; did you mean `write`?
        mapping.toml [platform.zendesk]:5:2: unknown table `statsu`; did you mean `status`?
        mapping.toml [platform.zendesk]:7:1: unknown role `admn` in role.write; did you mean `admin`?
        ");
    }

    #[test]
    fn broken_toml_is_named_with_its_place() {
        let error = PlatformMapping::load("zendesk", "[status.read]\nhold = \n", None).unwrap_err();
        insta::assert_snapshot!(error, @"mappings/zendesk.toml:2:8: string values must be quoted, expected literal string");
    }
}
