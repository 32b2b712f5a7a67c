use super::*;

#[test]
fn kinds_are_found_by_both_names() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.name()), Some(kind));
        assert_eq!(Kind::parse(kind.plural()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

#[test]
fn a_record_survives_json() {
    let message = Record::Message(Message {
        id: "7".into(),
        conversation_id: "3".into(),
        html: Some("<p>שלום 🖨️</p>".into()),
        sent_at: Some("1999-12-31T23:59:59Z".parse().unwrap()),
        channel: Channel::Whatsapp,
        ..Message::default()
    });
    let json = message.to_json().unwrap();
    assert_eq!(Record::from_json(Kind::Message, &json).unwrap(), message);
    assert_eq!(message.parent(), Some(Key::new(Kind::Conversation, "3")));
}

#[test]
fn an_unknown_field_is_named() {
    let error = Record::from_json(Kind::Group, br#"{"id":"1","nmae":"x"}"#).unwrap_err();
    assert!(error.to_string().contains("nmae"), "{error}");
}

#[test]
fn the_schema_validates_what_we_write() {
    let schema = json_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let record = serde_json::to_value(Record::Group(Group::default())).unwrap();
    assert!(validator.is_valid(&record));
    assert!(!validator.is_valid(&serde_json::json!({"kind": "group", "name": 5})));
}
