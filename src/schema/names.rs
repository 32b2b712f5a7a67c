//! The names of a record's fields, in the order of their declaration.

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};

use super::*;

impl Kind {
    /// The names of the record's fields in JSON, in the order of the schema.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Kind::Organization => names::<Organization>(),
            Kind::Group => names::<Group>(),
            Kind::Agent => names::<Agent>(),
            Kind::Brand => names::<Brand>(),
            Kind::Field => names::<Field>(),
            Kind::Form => names::<Form>(),
            Kind::Contact => names::<Contact>(),
            Kind::Conversation => names::<Conversation>(),
            Kind::Message => names::<Message>(),
            Kind::Attachment => names::<Attachment>(),
            Kind::Rating => names::<Rating>(),
            Kind::TimeEntry => names::<TimeEntry>(),
            Kind::Category => names::<Category>(),
            Kind::Article => names::<Article>(),
            Kind::Macro => names::<Macro>(),
        }
    }
}

/// What a struct asks its deserializer for: serde hands over the list of names.
fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    // Always fails: there is nothing to read, only the question is of interest.
    let _ = T::deserialize(Listen(&mut found));
    found
}

struct Listen<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listen<'_> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("nothing to read"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(de::Error::custom("nothing to read"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_lists_its_fields_in_order() {
        for kind in Kind::ALL {
            assert_eq!(kind.fields()[0], "id", "{kind}");
            assert!(kind.fields().contains(&"extra"), "{kind}");
        }
        assert_eq!(
            Kind::Group.fields(),
            [
                "id",
                "name",
                "description",
                "agent_ids",
                "deleted",
                "created_at",
                "updated_at",
                "extra"
            ]
        );
        assert!(Kind::Conversation.fields().contains(&"type"));
    }
}
