//! A record without personal data.
//!
//! It goes through JSON: a field that the schema gets later is redacted
//! without anybody thinking of it. What stays is what is named here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Handling, Redactor, Sort};
use crate::connector::{Error, Result};
use crate::schema::{IdentityKind, Kind, Record};

/// Fields that hold no text of people: references and words of the schema.
const STRUCTURE: &[&str] = &[
    "id",
    "kind",
    "status",
    "priority",
    "type",
    "channel",
    "direction",
    "visibility",
    "owner",
    "answered_by",
    "sha256",
    "mime",
    "content_id",
    "locale",
    "default_locale",
    "time_zone",
    "field_type",
    "pattern",
];

/// Fields with addresses of pages and ids of other systems: an email address
/// may stand in them, a long number is no telephone's. The id of a mail looks
/// like an address; answers name it by the same pseudonym.
const NO_PROSE: &[&str] = &[
    "url",
    "avatar_url",
    "recording_url",
    "external_id",
    "slug",
    "message_id",
    "in_reply_to",
];

/// Fields of the user's own making: their names say nothing of what they hold.
const FREE: &[&str] = &["custom_fields", "extra"];

/// Fields that are one address, or a list of them.
const ADDRESSES: &[&str] = &["from", "to", "cc", "bcc", "cc_emails"];

/// Which fields of a record were changed, and what was found in them.
pub type Touched = BTreeMap<String, BTreeSet<Sort>>;

impl Redactor {
    /// A record without personal data, and what was changed. Ids, dates and
    /// words of the schema stay.
    pub fn record(&self, record: &Record) -> Result<(Record, Touched)> {
        let key = record.key();
        let broken = |cause: serde_json::Error| {
            Error::local("a record could not be redacted")
                .at(key.clone())
                .caused_by(cause)
        };
        let json = record.to_json().map_err(broken)?;
        let mut value: Value = serde_json::from_slice(&json).map_err(broken)?;
        let mut touched = Touched::new();
        if let Some(fields) = value.as_object_mut() {
            for (name, value) in fields.iter_mut() {
                let mut sorts = BTreeSet::new();
                match (key.kind, name.as_str()) {
                    (Kind::Contact | Kind::Agent, "name") => self.rename(value, &mut sorts),
                    (Kind::Message, "author") => {
                        if let Some(name) = value.get_mut("name") {
                            self.rename(name, &mut sorts);
                        }
                        self.walk("author", value, &mut sorts);
                    }
                    (Kind::Message, "changes") => self.changes(value, &mut sorts),
                    (Kind::Contact, "identities") => self.identities(value, &mut sorts),
                    (_, name) if ADDRESSES.contains(&name) => self.addresses(value, &mut sorts),
                    (_, name) => self.walk(name, value, &mut sorts),
                }
                if !sorts.is_empty() {
                    touched.insert(name.clone(), sorts);
                }
            }
            // A field that was one address and is none any more.
            fields.retain(|_, value| !value.is_null());
        }
        if touched.is_empty() {
            return Ok((record.clone(), touched));
        }
        let json = serde_json::to_vec(&value).map_err(broken)?;
        let record =
            Record::from_json(key.kind, &json).map_err(|cause| broken(cause.into_inner()))?;
        Ok((record, touched))
    }

    fn rename(&self, value: &mut Value, sorts: &mut BTreeSet<Sort>) {
        let Some(name) = value.as_str() else { return };
        match self.name(name) {
            Some(new) => {
                sorts.insert(Sort::Name);
                *value = new.into();
            }
            // A contact without a name is often called by the address.
            None => self.walk("name", value, sorts),
        }
    }

    /// Values of fields; what is an id stays one.
    fn changes(&self, value: &mut Value, sorts: &mut BTreeSet<Sort>) {
        let list = value.as_array_mut().into_iter().flatten();
        for change in list.filter(|change| change.get("of").is_none()) {
            for side in ["from", "to"] {
                if let Some(value) = change.get_mut(side) {
                    self.strings(value, true, sorts);
                }
            }
        }
    }

    fn identities(&self, value: &mut Value, sorts: &mut BTreeSet<Sort>) {
        let Some(list) = value.as_array_mut() else {
            return;
        };
        let mut seen = BTreeSet::new();
        list.retain_mut(|identity| {
            let kind = identity.get("kind").and_then(Value::as_str);
            let kind = kind.and_then(IdentityKind::parse);
            let (Some(kind), Some(value)) = (kind, identity.get("value").and_then(Value::as_str))
            else {
                return true;
            };
            match self.identity(kind, value, sorts) {
                Ok(None) => true,
                Ok(Some(new)) => {
                    let first = seen.insert((kind, new.clone()));
                    identity["value"] = new.into();
                    // Two spellings of one number are one pseudonym.
                    first
                }
                Err(()) => false,
            }
        });
    }

    /// `ada@example.com` or `Ada <ada@example.com>`, one or several.
    fn addresses(&self, value: &mut Value, sorts: &mut BTreeSet<Sort>) {
        match value {
            Value::Array(list) => {
                for one in list.iter_mut() {
                    self.addresses(one, sorts);
                }
                list.retain(|one| !one.is_null());
            }
            Value::String(text) => {
                let named = text
                    .rsplit_once('<')
                    .filter(|(name, _)| !name.trim().is_empty());
                let (name, address) = match named {
                    Some((name, rest)) => (Some(name.trim()), rest.trim_end_matches('>').trim()),
                    None => (None, text.as_str()),
                };
                let renamed = name.and_then(|name| self.name(name.trim_matches('"')));
                let before = sorts.len();
                let new = self.replace(address, true, sorts).into_owned();
                if self.rules().emails == Handling::Drop && new == "[email]" {
                    *value = Value::Null;
                    return;
                }
                if renamed.is_some() {
                    sorts.insert(Sort::Name);
                } else if sorts.len() == before && new == address {
                    return;
                }
                let name = renamed
                    .or_else(|| name.map(|name| self.replace(name, true, sorts).into_owned()));
                *text = match name {
                    Some(name) => format!("{name} <{new}>"),
                    None => new,
                };
            }
            _ => {}
        }
    }

    fn walk(&self, name: &str, value: &mut Value, sorts: &mut BTreeSet<Sort>) {
        let reference = name.ends_with("_id") || name.ends_with("_ids") || name.ends_with("_at");
        if NO_PROSE.contains(&name) {
            self.strings(value, false, sorts);
        } else if FREE.contains(&name) {
            self.strings(value, true, sorts);
        } else if let Value::Object(map) = value
            && name != "owner"
        {
            for (name, one) in map.iter_mut() {
                self.walk(name, one, sorts);
            }
        } else if let Value::Array(list) = value
            && !reference
        {
            for one in list {
                self.walk(name, one, sorts);
            }
        } else if !reference && !STRUCTURE.contains(&name) {
            self.strings(value, true, sorts);
        }
    }

    /// Every text in a value, whatever it is called.
    fn strings(&self, value: &mut Value, prose: bool, sorts: &mut BTreeSet<Sort>) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(new) = self.replace(text, prose, sorts) {
                    *text = new;
                }
            }
            Value::Array(list) => {
                for one in list {
                    self.strings(one, prose, sorts);
                }
            }
            Value::Object(map) => {
                for one in map.values_mut() {
                    self.strings(one, prose, sorts);
                }
            }
            // A number has no place for a pseudonym; a card in it is left out.
            Value::Number(number) => {
                let digits = number.to_string();
                let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
                let card = whole && super::find::is_card(&digits);
                if card && prose && self.rules().touches(Sort::Card) {
                    sorts.insert(Sort::Card);
                    *value = Value::Null;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::privacy::Privacy;
    use crate::schema::{Attachment, Change, Contact, Conversation, Identity, Message, Owner};

    fn redactor() -> Redactor {
        Redactor::new("secret", Privacy::default().of_everything())
    }

    #[test]
    fn a_record_keeps_its_shape() {
        let contact = Record::Contact(Contact {
            id: "360000002001".into(),
            name: Some("Cleo Customer".into()),
            identities: vec![
                Identity::new(IdentityKind::Email, "cleo@example.com"),
                Identity::new(IdentityKind::Twitter, "cleo_c"),
            ],
            external_id: Some("360000002001".into()),
            ..Contact::default()
        });
        let (Record::Contact(redacted), touched) = redactor().record(&contact).unwrap() else {
            panic!()
        };
        assert_eq!(redacted.id, "360000002001");
        assert_eq!(redacted.external_id.as_deref(), Some("360000002001"));
        let names: Vec<&String> = touched.keys().collect();
        assert_eq!(names, ["identities", "name"]);
        let whole = format!("{redacted:?}").to_lowercase();
        assert!(!whole.contains("cleo"), "{whole}");
        let mut message = Message {
            id: "1".into(),
            conversation_id: "4915112345678".into(),
            html: Some("<p>Call +49 151 12345678</p>".into()),
            to: vec!["Cleo Customer <cleo@example.com>".into()],
            message_id: Some("<20240301101500.77@cleo.example.com>".into()),
            ..Message::default()
        };
        let change = |of, from: &str| Change {
            field: "360000006001".into(),
            of,
            from: Some(from.into()),
            to: None,
        };
        message.changes = vec![
            change(Some(Kind::Agent), "360000001002"),
            change(None, "+49 151 12345678"),
        ];
        message.author.name = Some("Cleo Customer".into());
        message.author.email = Some("Cleo@example.com".into());
        let (Record::Message(message), _) = redactor().record(&Record::Message(message)).unwrap()
        else {
            panic!()
        };
        assert_eq!(message.conversation_id, "4915112345678");
        assert!(message.html.unwrap().starts_with("<p>Call +999"));
        let id = message.message_id.unwrap();
        assert!(
            id.starts_with('<') && id.ends_with("@redacted.invalid>"),
            "{id}"
        );
        assert_eq!(
            message.changes[0],
            change(Some(Kind::Agent), "360000001002")
        );
        assert_eq!(message.changes[1].field, "360000006001");
        assert!(
            message.changes[1]
                .from
                .as_ref()
                .unwrap()
                .starts_with("+999")
        );
        let name = redacted.name.clone().unwrap();
        let email = redacted.email().unwrap();
        assert_eq!(message.author.name.as_ref(), Some(&name), "one person");
        assert_eq!(message.author.email.as_deref(), Some(email));
        assert_eq!(message.to, [format!("{name} <{email}>")]);
    }

    #[test]
    fn references_stay_and_what_the_user_named_does_not() {
        let file = Record::Attachment(Attachment {
            id: "1".into(),
            owner: Owner::Message("360000002001".into()),
            name: "ada@example.com.pdf".into(),
            mime: None,
            size: None,
            inline: false,
            content_id: Some("part1@mail.example.com".into()),
            url: Some("https://desk.example.com/360000002001?name=ada%40example.com".into()),
            sha256: None,
            locale: None,
            created_at: None,
            extra: Default::default(),
        });
        let (Record::Attachment(file), _) = redactor().record(&file).unwrap() else {
            panic!()
        };
        assert_eq!(file.owner, Owner::Message("360000002001".into()));
        assert_eq!(file.content_id.as_deref(), Some("part1@mail.example.com"));
        assert!(
            file.name.ends_with("@redacted.invalid.pdf"),
            "{}",
            file.name
        );
        let url = file.url.unwrap();
        assert!(url.starts_with("https://desk.example.com/360000002001?name="));
        assert!(!url.contains("ada"), "{url}");
        let mut conversation = Conversation {
            id: "1".into(),
            requester_id: Some("360000002001".into()),
            cc_emails: vec!["ada@example.com".into(), "bo@example.com".into()],
            ..Conversation::default()
        };
        let fields = &mut conversation.custom_fields;
        fields.insert("customer_id".into(), "+49 30 901820".into());
        fields.insert("card".into(), 4_111_111_111_111_111_u64.into());
        fields.insert("order".into(), 4_111_111_u64.into());
        let mut rules = Privacy::default().of_everything();
        rules.emails = Handling::Drop;
        let redactor = Redactor::new("secret", rules);
        let record = Record::Conversation(conversation);
        let (Record::Conversation(found), _) = redactor.record(&record).unwrap() else {
            panic!()
        };
        assert_eq!(found.requester_id.as_deref(), Some("360000002001"));
        assert!(found.cc_emails.is_empty());
        let customer = found.custom_fields["customer_id"].as_str().unwrap();
        assert!(customer.starts_with("+999"), "{customer}");
        assert!(found.custom_fields["card"].is_null());
        assert_eq!(found.custom_fields["order"], 4_111_111);
    }
}
