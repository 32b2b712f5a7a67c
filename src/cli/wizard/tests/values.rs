//! The choices of a custom field: shown, changed, written, read back.

use super::*;
use crate::connector::TargetDesk;
use crate::mapping::PlatformMapping;
use crate::schema::{Conversation, Field, FieldOption, FieldType, Record};

/// A field with choices on both sides, one of which is only there by its label.
pub fn severity() -> Topic {
    let choices = |all: &[(&str, &str)]| -> Vec<FieldOption> {
        let made = |(value, label): &(&str, &str)| FieldOption {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
        };
        all.iter().map(made).collect()
    };
    let field = |key: &str, label: &str, options| Field {
        id: key.to_owned(),
        key: Some(key.to_owned()),
        label: label.to_owned(),
        on: Some(Kind::Conversation),
        field_type: FieldType::Select,
        options,
        ..Field::default()
    };
    let mut seen = crate::cli::wizard::survey::Seen::default();
    let here = [
        ("sev_hi", "High"),
        ("low", "Low"),
        ("sev.odd", "Odd"),
        ("never", "Never"),
    ];
    seen.add(Record::Field(field("77", "Severity", choices(&here))));
    for (at, value) in ["sev_hi", "sev_hi", "LOW ", "sev.odd"].iter().enumerate() {
        let mut conversation = Conversation {
            id: at.to_string(),
            ..Conversation::default()
        };
        conversation
            .custom_fields
            .insert("77".into(), (*value).into());
        seen.add(Record::Conversation(conversation));
    }
    let desk = TargetDesk {
        fields: vec![
            field(
                "cf_severity",
                "Severity",
                choices(&[("1", "high"), ("low", "Lowest")]),
            ),
            field(
                "cf_urgency",
                "Urgency",
                choices(&[("u1", "High"), ("u2", "Calm")]),
            ),
            Field {
                options: Vec::new(),
                field_type: FieldType::Text,
                ..field("cf_text", "Text", Vec::new())
            },
        ],
        ..TargetDesk::default()
    };
    let freshdesk = crate::connector::find("freshdesk").unwrap();
    let values = PlatformMapping::load("freshdesk", freshdesk.mapping, None).unwrap();
    let topics = seen.topics(
        &desk,
        &values,
        crate::cli::wizard::survey::Creates::default(),
    );
    topics
        .into_iter()
        .find(|topic| topic.id == "fields")
        .unwrap()
}

pub fn written(machine: &Machine, there: Option<&str>) -> String {
    let rules = machine.rules();
    let text = files::mapping(there, machine.answers(), &rules, machine.texts()).unwrap();
    crate::mapping::UserMapping::parse("mapping.toml", &text).unwrap();
    text
}

#[tokio::test]
async fn the_values_of_a_field_are_shown_and_changed_in_place() {
    let (mut machine, mut world) = (machine(), World::default());
    world.fields = true;
    // The field, where it goes, its values: one changed, one looked at and left.
    let replies = with(&["all", "1", "", "1", "Lowest", "2", "b", "", "", "q"]);
    let (script, _) = play(&mut machine, &mut world, &replies).await;
    let at = script
        .asked
        .iter()
        .position(|id| id == "map.fields")
        .unwrap();
    assert_eq!(
        script.asked[at..],
        [
            "map.fields",
            "map.fields.Severity",
            "map.values.Severity",
            "map.values.Severity.sev.odd",
            "map.values.Severity",
            "map.values.Severity.low",
            "map.values.Severity",
            "map.fields",
            "people.merge"
        ]
    );
    assert_eq!(
        script.rows[0],
        ["Severity (4) -> the same, 2 of 3 values [please check]"]
    );
    assert_eq!(
        script.rows[1],
        [
            "Odd (1) -> nothing [please check]",
            "Low (1) -> Lowest [likely]",
            "High (2) -> high [sure]",
            "Never (0) -> nothing [sure]",
        ]
    );
    assert_eq!(script.rows[2][0], "Odd (1) -> Lowest [your choice]");
    assert_eq!(script.rows[4], ["Severity (4) -> the same [your choice]"]);
    let text = written(&machine, None);
    let rule = text.split_once("[[fields]]").unwrap().1;
    assert_eq!(
        rule,
        r#"
from = "Severity"
to = "cf_severity"
on_unmapped = "skip"

[fields.table]
# High -> high: 2 conversations
sev_hi = "1"
# Low -> Lowest: 1 conversation
low = "low"
# Odd -> Lowest: 1 conversation
"sev.odd" = "low"
"#
    );
    // What is written is the starting point of the next time, and stays as it is.
    let texts = Texts::of(Language::Portuguese);
    let around = having(&text);
    let (answers, before) = (Answers::default(), Answers::default());
    let mut again = Machine::new(texts, answers, before, around);
    let mut replies = with(&["all", "", "q"]);
    replies.insert(DESKS.len() + SCOPE.len() - 1, "update");
    play(&mut again, &mut world, &replies).await;
    assert_eq!(
        written(&again, Some(&text)).matches("[[fields]]").count(),
        1
    );
    assert_eq!(written(&again, Some(&text)), text);
}

fn having(mapping: &str) -> Surroundings {
    Surroundings {
        rules: written_rules(&mapping.parse().unwrap()),
        ..Surroundings::default()
    }
}

/// A machine that knows the field, with these answers and this mapping before.
pub fn knowing(answers: &str, mapping: &str) -> Machine {
    knowing_topic(answers, mapping, severity())
}

pub fn knowing_topic(answers: &str, mapping: &str, topic: Topic) -> Machine {
    let answers = Answers::parse("answers.toml", answers).unwrap();
    known::check("answers.toml", &answers).unwrap();
    let before = Answers::of_mapping(&mapping.parse().unwrap());
    let texts = Texts::of(Language::English);
    let around = having(mapping);
    let mut machine = Machine::new(texts, answers, before, around);
    machine.learn(Work::Survey, Fact::Survey(vec![topic]));
    machine
}

#[test]
fn a_table_is_written_only_where_values_do_not_go_by_themselves() {
    assert_eq!(knowing("", "").rules()[0].values, None);
    assert!(!written(&knowing("", ""), None).contains("fields"));
    let same = "[map.values.Severity]\nsev_hi = '1'\nlow = 'auto'\n";
    assert!(!written(&knowing(same, ""), None).contains("fields"));
    // A rule looks for what is stored alone: what goes by its label is named.
    let text = written(
        &knowing("[map.fields]\nSeverity = 'cf_urgency'\n", ""),
        None,
    );
    assert!(
        text.contains("sev_hi = \"u1\"") && !text.contains("low ="),
        "{text}"
    );
    // There is nothing to choose from in a text.
    let text = written(&knowing("[map.fields]\nSeverity = 'cf_text'\n", ""), None);
    assert!(
        text.contains("cf_text") && !text.contains("table"),
        "{text}"
    );
    let text = written(
        &knowing("[map.values.Severity]\nsev_hi = 'skip'\n", ""),
        None,
    );
    assert!(
        text.contains("low = \"low\"") && !text.contains("sev_hi"),
        "{text}"
    );
}

#[test]
fn a_table_that_is_there_is_changed_where_it_stands() {
    let mapping = "# Ours.\n[[fields]]\nfrom = \"Severity\"\nto = \"cf_severity\"\non_unmapped = \"error\"\ntable = { SEV_HI = \"1\", low = \"1\", never = \"1\", \"sev.odd\" = \"1\" } # agreed\n";
    assert_eq!(written(&knowing("", mapping), Some(mapping)), mapping);
    let change = "[map.values.Severity]\nlow = 'low'\nnever = 'skip'\n";
    let text = written(&knowing(change, mapping), Some(mapping));
    assert!(
        text.starts_with("# Ours.") && text.contains("# agreed"),
        "{text}"
    );
    let table: toml::Table = text.parse().unwrap();
    let rule = &table["fields"][0];
    assert_eq!(rule["table"]["low"].as_str(), Some("low"), "{text}");
    assert!(rule["table"].get("never").is_none(), "{text}");
    // What is left out on purpose is no problem of a record.
    assert_eq!(rule["on_unmapped"].as_str(), Some("skip"), "{text}");
    // To another field: what was stored in the first means nothing there.
    let moved = "[map.fields]\nSeverity = 'cf_text'\n";
    let text = written(&knowing(moved, mapping), Some(mapping));
    assert!(
        text.contains("cf_text") && !text.contains("table"),
        "{text}"
    );
    // Rules that do more stay as somebody wrote them.
    let own = mapping.replace("table = {", "prefix = \"x\"\ntable = {");
    assert_eq!(written(&knowing("", &own), Some(&own)), own);
}

#[test]
fn values_in_an_answers_file_have_to_be_there() {
    let told = |answers: &str, mapping: &str| {
        let machine = knowing(answers, mapping);
        known::check_rows(&machine).map_err(|error| error.message)
    };
    let values = |text: &str| format!("[map.values.Severity]\n{text}\n");
    assert_eq!(
        told(&values("'sev.odd' = '1'\nlow = 'skip'\nnever = 'auto'"), ""),
        Ok(())
    );
    for (text, mapping, right) in [
        (
            values("lwo = '1'"),
            "",
            "[map.values.Severity]: unknown value `lwo`; did you mean `low`?",
        ),
        (
            values("low = 'lowe'"),
            "",
            "[map.values.Severity]: unknown value `lowe` for `low`; did you mean `low`?",
        ),
        (
            "[map.values.Severty]\nlow = '1'\n".to_owned(),
            "",
            "[map.values]: unknown field with choices `Severty`; did you mean `Severity`?",
        ),
        (
            format!(
                "[map.fields]\nSeverity = 'cf_text'\n{}",
                values("low = '1'")
            ),
            "",
            "[map.values.Severity]: this field does not go to one with choices; say which with `Severity` under [map.fields]",
        ),
        (
            values("low = '1'"),
            "[[fields]]\nfrom = 'Severity'\nto = 'cf_severity'\nexpr = 'value'\n",
            "[map.values.Severity]: mapping.toml has a rule for this field that does more than a table; change it there",
        ),
    ] {
        assert_eq!(told(&text, mapping).unwrap_err(), right);
    }
}
