use super::*;
use crate::connector::{ErrorKind, Loss, TargetDesk, field};
use crate::schema::*;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

mod mistakes;

fn a_field(id: &str, label: &str, field_type: FieldType, options: &[&str]) -> Field {
    Field {
        id: id.into(),
        on: Some(Kind::Conversation),
        key: Some(label.to_lowercase().replace(' ', "_")),
        label: label.into(),
        field_type,
        options: options
            .iter()
            .map(|text| FieldOption {
                value: text.to_lowercase().replace(' ', "_"),
                label: (*text).into(),
            })
            .collect(),
        active: true,
        ..Field::default()
    }
}

struct Desks {
    fields: Vec<Field>,
    agents: Vec<Agent>,
    groups: Vec<Group>,
    target: TargetDesk,
}

fn agent(id: &str, email: &str) -> Agent {
    Agent {
        id: id.into(),
        email: Some(email.into()),
        ..Agent::default()
    }
}

fn group(id: &str, name: &str) -> Group {
    Group {
        id: id.into(),
        name: name.into(),
        ..Group::default()
    }
}

fn desks() -> Desks {
    let target = TargetDesk {
        name: "new".into(),
        agents: vec![
            agent("t1", "ada@example.com"),
            agent("t2", "office@example.com"),
        ],
        groups: vec![group("g1", "Support"), group("g2", "Billing")],
        fields: vec![
            a_field("cf_color", "Color", FieldType::Select, &["Red", "Blue"]),
            a_field("cf_order", "Order", FieldType::Integer, &[]),
            a_field("cf_old", "Old number", FieldType::Text, &[]),
            a_field("cf_phone", "Phone", FieldType::Text, &[]),
            a_field("cf_origin", "Origin", FieldType::Select, &["Moved", "New"]),
            a_field("cf_note", "Note", FieldType::TextArea, &[]),
        ],
        ..TargetDesk::default()
    };
    let mut hue = a_field("11", "Hue", FieldType::Select, &["Rouge", "Azure"]);
    hue.options[0].value = "hue_rouge".into();
    hue.options[1].value = "hue_azure".into();
    let mut color = a_field("15", "Color", FieldType::Select, &["Red", "Blue"]);
    color.options[0].value = "color_red".into();
    Desks {
        fields: vec![
            hue,
            a_field("12", "Order no", FieldType::Text, &[]),
            a_field("13", "Callback", FieldType::Text, &[]),
            a_field("14", "Note", FieldType::Text, &[]),
            color,
        ],
        agents: vec![agent("7", "Ada@Example.com"), agent("8", "bob@example.com")],
        groups: vec![group("21", "Tier 1"), group("22", "support")],
        target,
    }
}

impl Desks {
    fn compile(&self, text: &str) -> crate::connector::Result<Compiled> {
        let source = SourceDesk {
            fields: &self.fields,
            agents: &self.agents,
            groups: &self.groups,
            ..SourceDesk::default()
        };
        UserMapping::parse("mapping.toml", text)?.compile(&source, &self.target)
    }
}

fn conversation() -> Conversation {
    Conversation {
        id: "42".into(),
        number: Some("1042".into()),
        subject: Some("Printer on fire".into()),
        status: Status::OnHold,
        status_name: Some("Waiting for parts".into()),
        channel: Channel::Sms,
        tags: vec!["fire".into()],
        group_id: Some("21".into()),
        updated_at: Some("2020-01-01T00:00:00Z".parse().unwrap()),
        created_at: Some("2019-06-25T10:15:00Z".parse().unwrap()),
        ..Conversation::default()
    }
}

fn kept(applied: Applied) -> (Conversation, Vec<Loss>) {
    match applied {
        Applied::Keep {
            record: Record::Conversation(conversation),
            losses,
        } => (conversation, losses),
        other => panic!("{other:?}"),
    }
}

const WHOLE: &str = r#"
tags = ["imported"]
country = "DE"

[status]
"waiting for parts" = "pending"
[channel]
sms = "chat"

[agents]
"bob@example.com" = "office@example.com"
[groups]
"Tier 1" = "Billing"
default = "Support"

[tables.hues]
hue_rouge = "Red"
hue_azure = "blue"

[[fields]]
from = "Hue"
to = "Color"
table = "hues"

[[fields]]
from = "order_no"
to = "cf_order"
convert = "integer"
drop_if = ["n/a", "-"]
on_unmapped = "skip"

[[fields]]
from = "record.number"
to = "Old number"
prefix = "Z-"

[[fields]]
from = "Callback"
to = "Phone"
expr = "value|e164 if value else none"
default = "unknown"

[[fields]]
to = "record.tags"
expr = "'vip' if fields.order_no and record.priority == none else none"

[constants]
Origin = "moved"

[subject]
template = "[{{ record.number }}] {{ record.subject }}"
"#;

#[test]
fn a_whole_mapping_does_what_it_says() {
    let desks = desks();
    let compiled = desks.compile(WHOLE).unwrap();
    let mut source = conversation();
    source.custom_fields = [
        ("11".to_owned(), json!("hue_rouge")),
        ("12".to_owned(), json!("0815.0")),
        ("13".to_owned(), json!("030 901820")),
        ("14".to_owned(), json!("stays")),
        ("15".to_owned(), json!("color_red")),
    ]
    .into();
    let (mapped, losses) = kept(compiled.apply(Record::Conversation(source)).unwrap());
    assert_eq!(mapped.status, Status::Pending);
    assert_eq!(mapped.status_name, None);
    assert_eq!(mapped.channel, Channel::Chat);
    assert_eq!(mapped.subject.as_deref(), Some("[1042] Printer on fire"));
    assert_eq!(mapped.tags, ["fire", "imported", "vip"]);
    let fields: Vec<_> = mapped.custom_fields.into_iter().collect();
    assert_eq!(
        fields,
        [
            ("11".to_owned(), json!("red")),
            ("12".to_owned(), json!(815)),
            ("13".to_owned(), json!("+4930901820")),
            ("14".to_owned(), json!("stays")),
            ("15".to_owned(), json!("red")),
            ("mapping:cf_old".to_owned(), json!("Z-1042")),
            ("mapping:cf_origin".to_owned(), json!("moved")),
        ]
    );
    let named: Vec<&str> = losses.iter().map(|loss| loss.field.as_str()).collect();
    assert_eq!(named, [field::STATUS, field::CHANNEL, field::SUBJECT]);
    assert_eq!(
        compiled.extra_fields(),
        [
            ("mapping:cf_old".to_owned(), "cf_old".to_owned()),
            ("mapping:cf_origin".to_owned(), "cf_origin".to_owned())
        ]
    );
}

#[test]
fn what_is_left_out_is_a_declared_loss() {
    let compiled = desks().compile(WHOLE).unwrap();
    for (value, why) in [("N/A", "is in drop_if"), ("twelve", "is no integer")] {
        let mut source = conversation();
        source.custom_fields.insert("12".into(), json!(value));
        let (mapped, losses) = kept(compiled.apply(Record::Conversation(source)).unwrap());
        assert!(!mapped.custom_fields.contains_key("12"));
        let loss = losses
            .iter()
            .find(|loss| loss.field == field::CUSTOM_FIELDS);
        assert!(loss.unwrap().detail.to_string().contains(why), "{loss:?}");
    }
}

#[test]
fn a_value_without_a_place_is_a_problem_of_its_record() {
    let compiled = desks().compile(WHOLE).unwrap();
    let mut source = conversation();
    source.custom_fields.insert("11".into(), json!("hue_green"));
    let error = compiled.apply(Record::Conversation(source)).unwrap_err();
    assert!(matches!(&error.kind, ErrorKind::Rejected { field: Some(f) } if f == "Hue"));
    insta::assert_snapshot!(error, @"conversation 42: Hue: `hue_green` is not in the table (mapping.toml:20:1)");
}

#[test]
fn people_groups_and_fields_lead_where_they_should() {
    let desks = desks();
    let compiled = desks.compile(WHOLE).unwrap();
    assert_eq!(
        compiled.agent(&desks.agents[0]).as_deref(),
        Some("t1"),
        "same address"
    );
    assert_eq!(
        compiled.agent(&desks.agents[1]).as_deref(),
        Some("t2"),
        "chosen"
    );
    assert_eq!(
        compiled.agent(&agent("9", "eve@example.com")).as_deref(),
        None
    );
    assert_eq!(
        compiled.group(&desks.groups[0]).as_deref(),
        Some("g2"),
        "chosen"
    );
    assert_eq!(
        compiled.group(&desks.groups[1]).as_deref(),
        Some("g1"),
        "same name"
    );
    assert_eq!(
        compiled.group(&group("99", "Nobody")).as_deref(),
        Some("g1"),
        "default"
    );
    let fields: Vec<_> = desks.fields.iter().map(|f| compiled.field(f)).collect();
    let fields: Vec<_> = fields.iter().map(Option::as_deref).collect();
    assert_eq!(
        fields,
        [
            Some("cf_color"),
            Some("cf_order"),
            Some("cf_phone"),
            Some("cf_note"),
            Some("cf_color")
        ]
    );
}

#[test]
fn without_a_mapping_everything_is_matched_by_itself() {
    let desks = desks();
    let compiled = desks.compile("").unwrap();
    assert_eq!(compiled.agent(&desks.agents[0]).as_deref(), Some("t1"));
    assert_eq!(compiled.group(&desks.groups[0]).as_deref(), None);
    assert_eq!(compiled.field(&desks.fields[0]).as_deref(), None);
    assert_eq!(compiled.field(&desks.fields[3]).as_deref(), Some("cf_note"));
    let source = conversation();
    let (same, losses) = kept(
        compiled
            .apply(Record::Conversation(source.clone()))
            .unwrap(),
    );
    assert_eq!(same, source);
    assert!(losses.is_empty());
}

#[test]
fn choices_are_compared_by_what_is_stored_and_else_by_label() {
    let choices = |pairs: &[(&str, &str)]| {
        let mut field = a_field("15", "Color", FieldType::MultiSelect, &[]);
        field.options = pairs
            .iter()
            .map(|(value, label)| FieldOption {
                value: (*value).into(),
                label: (*label).into(),
            })
            .collect();
        field
    };
    let mut desks = desks();
    desks.fields = vec![choices(&[("1", "High"), ("2", "Low"), ("3", "Third")])];
    // Somebody has renamed the first two there, and the third got another value.
    desks.target.fields = vec![choices(&[("1", "Low"), ("2", "High"), ("x", "third")])];
    let compiled = desks.compile("").unwrap();
    let mut source = conversation();
    source.custom_fields = [("15".to_owned(), json!(["1", "2", "3", "4"]))].into();
    let (record, _) = kept(compiled.apply(Record::Conversation(source)).unwrap());
    // What has no choice stays, for the target to say why it does not fit.
    assert_eq!(record.custom_fields["15"], json!(["1", "2", "3", "4"]));
    let mut source = conversation();
    source.custom_fields = [("15".to_owned(), json!(["2", "3", "1"]))].into();
    let (record, _) = kept(compiled.apply(Record::Conversation(source)).unwrap());
    assert_eq!(record.custom_fields["15"], json!(["2", "x", "1"]));
}

#[rstest]
#[case(
    "since = 2020-06-01",
    "last changed 2020-01-01T00:00:00Z, before [filters] since"
)]
#[case(
    "until = \"2019-06-25\"",
    "created 2019-06-25T10:15:00Z, not before [filters] until"
)]
#[case("status = [\"open\"]", "status on_hold is not in [filters] status")]
#[case("groups = [\"Support\"]", "its group is not in [filters] groups")]
#[case("tags = [\"water\"]", "it has none of the [filters] tags")]
#[case("channels = [\"email\"]", "channel sms is not in [filters] channels")]
#[case("ids = [7]", "not in [filters] ids")]
fn a_filter_says_why(#[case] filter: &str, #[case] expected: &str) {
    let compiled = desks().compile(&format!("[filters]\n{filter}")).unwrap();
    let applied = compiled
        .apply(Record::Conversation(conversation()))
        .unwrap();
    assert_eq!(
        applied,
        Applied::Skip {
            reason: expected.into()
        }
    );
}

#[test]
fn a_filter_lets_through_what_it_names() {
    let text = "[filters]\nsince = 2019-01-01\nuntil = 2020-01-01\nstatus = [\"Waiting for parts\"]\n\
        groups = [\"tier 1\"]\ntags = [\"fire\", \"water\"]\nchannels = [\"sms\"]\nids = [\"42\"]";
    let compiled = desks().compile(text).unwrap();
    kept(
        compiled
            .apply(Record::Conversation(conversation()))
            .unwrap(),
    );
}

#[test]
fn overrides_reach_the_platform_tables() {
    let mapping = UserMapping::parse(
        "mapping.toml",
        "[platform.zendesk.status.read]\nhold = \"pending\"\n",
    )
    .unwrap();
    let text = mapping.overrides("zendesk").unwrap();
    let connector = crate::connector::find("zendesk").unwrap();
    let platform = PlatformMapping::load("zendesk", connector.mapping, Some(&text)).unwrap();
    assert_eq!(platform.read(Table::Status, "hold"), Some("pending"));
    assert_eq!(mapping.overrides("freshdesk"), None);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|v| json!(v)),
        any::<f64>().prop_map(|v| json!(v)),
        any::<i64>().prop_map(|v| json!(v)),
        "\\PC{0,20}".prop_map(|v| json!(v)),
        prop::collection::vec("\\PC{0,8}", 0..3).prop_map(|v| json!(v)),
        Just(json!({"a": [1, {"b": null}]})),
    ]
}

proptest! {
    #[test]
    fn applying_never_panics_and_repeats_itself(
        values in prop::collection::btree_map("1[0-9]", any_json(), 0..6),
        subject in prop::option::of("\\PC{0,30}"),
        tags in prop::collection::vec("\\PC{0,8}", 0..3),
    ) {
        let compiled = desks().compile(WHOLE).unwrap();
        let source = Conversation { custom_fields: values, subject, tags, ..conversation() };
        let once = compiled.apply(Record::Conversation(source.clone())).map_err(|e| e.to_string());
        let twice = compiled.apply(Record::Conversation(source)).map_err(|e| e.to_string());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn reading_a_file_never_panics(text in "(\\[?\\[[a-z.]{1,8}\\]?\\]|[a-z]{1,6} = [\"'{}a-z0-9\\[\\]]{0,8}|\n){0,8}") {
        let _ = UserMapping::parse("mapping.toml", &text);
    }
}

#[test]
fn brands_and_forms_are_matched_by_rule_then_by_name() {
    let brand = |id: &str, name: &str| Brand {
        id: id.into(),
        name: name.into(),
        ..Brand::default()
    };
    let form = |id: &str, name: &str| Form {
        id: id.into(),
        name: name.into(),
        ..Form::default()
    };
    let source = SourceDesk {
        brands: &[brand("1", "Outlet"), brand("2", "lamps"), brand("3", "Old")],
        forms: &[form("4", "Claim"), form("5", "Unknown")],
        ..SourceDesk::default()
    };
    let target = TargetDesk {
        brands: vec![brand("91", "Lamps"), brand("92", "Shop")],
        forms: vec![form("94", "Default")],
        ..TargetDesk::default()
    };
    let compile = |text: &str| {
        UserMapping::parse("mapping.toml", text).and_then(|m| m.compile(&source, &target))
    };
    let rules = "[brands]\nOutlet = \"Shop\"\n[forms]\nClaim = \"Default\"\n";
    let compiled = compile(rules).unwrap();
    assert_eq!(compiled.brand(&source.brands[0]).as_deref(), Some("92"));
    assert_eq!(compiled.brand(&source.brands[1]).as_deref(), Some("91"));
    assert_eq!(compiled.brand(&source.brands[2]), None);
    assert_eq!(compiled.form(&source.forms[0]).as_deref(), Some("94"));
    assert_eq!(compiled.form(&source.forms[1]), None);
    let error = compile("[brands]\nOutlte = \"Shop\"\n").unwrap_err();
    assert!(error.message.contains("did you mean `Outlet`"), "{error}");
}

#[test]
fn phone_numbers_become_e164_where_they_can_be_read() {
    let phones = |text: &str| {
        let compiled = desks().compile(text).unwrap();
        let contact = Contact {
            id: "1".into(),
            identities: ["030 901820", "+49 (30) 901821", "call me", "+4930901822"]
                .map(|number| Identity::new(IdentityKind::Phone, number))
                .to_vec(),
            ..Contact::default()
        };
        match compiled.apply(Record::Contact(contact)).unwrap() {
            Applied::Keep {
                record: Record::Contact(contact),
                losses,
            } => {
                let values = contact.identities.into_iter().map(|known| known.value);
                (values.collect::<Vec<_>>(), losses)
            }
            other => panic!("{other:?}"),
        }
    };
    let (values, losses) = phones("country = \"DE\"\n[people]\ne164 = true\n");
    assert_eq!(
        values,
        ["+4930901820", "+4930901821", "call me", "+4930901822"]
    );
    assert_eq!(losses.len(), 2);
    assert!(losses.iter().all(|loss| loss.compared), "{losses:?}");
    let (values, losses) = phones("country = \"DE\"\n");
    assert_eq!((values[0].as_str(), losses.len()), ("030 901820", 0));
}

#[test]
fn a_number_in_two_spellings_is_one_address() {
    let compiled = desks()
        .compile("country = \"DE\"\n[people]\ne164 = true\n")
        .unwrap();
    let known = |kind, number: &str, main: bool| Identity {
        verified: main,
        primary: main,
        ..Identity::new(kind, number)
    };
    let contact = Contact {
        id: "1".into(),
        identities: vec![
            known(IdentityKind::Phone, "030 901820", false),
            known(IdentityKind::Mobile, "+49 30 901820", false),
            known(IdentityKind::Phone, "+49 30 901820", true),
        ],
        ..Contact::default()
    };
    let Applied::Keep {
        record: Record::Contact(contact),
        ..
    } = compiled.apply(Record::Contact(contact)).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        contact.identities,
        [
            known(IdentityKind::Phone, "+4930901820", true),
            known(IdentityKind::Mobile, "+4930901820", false),
        ]
    );
}
