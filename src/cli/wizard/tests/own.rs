//! What somebody wrote into `mapping.toml` by hand stays until an answer says otherwise.

use super::values::{knowing, knowing_topic, severity, written};
use super::*;
use crate::cli::wizard::question::{ACCEPT, Line};
use crate::schema::FieldOption;

fn rule(rest: &str) -> String {
    format!("# Ours.\n[[fields]]\nfrom = \"Severity\" # agreed\n{rest}\n")
}

/// What becomes of a mapping when everything is accepted.
fn accepted(mapping: &str) -> String {
    written(&knowing("", mapping), Some(mapping))
}

#[test]
fn accepting_everything_changes_no_rule() {
    for rest in [
        // One choice has no entry: the rule is refused, not made to drop it.
        "to = \"cf_severity\"\ntable = { sev_hi = \"1\", low = \"low\" }\non_unmapped = \"error\"",
        "to = \"cf_severity\"\ntable = { sev_hi = \"1\", low = \"low\" }",
        "to = \"cf_severity\"\non_unmapped = \"error\"",
        // Nothing that the target knows, by mistake or not yet.
        "to = \"cf_severity\"\ntable = { sev_hi = \"Urgnt\", LOW = \"auto\", odd = \"skip\" }",
        // Other names of the same field.
        "to = \"Severity\"",
        "to = \" CF_Severity\"\ntable = { sev_hi = \"HIGH\" }",
        "to = \"record.tags\"",
        "to = \"cf_yet_to_come\"\ntable = { low = \"1\" }",
        // The target's own field by its label, without saying so.
        "table = { sev_hi = \"high\" }",
        // More than a table.
        "to = \"cf_text\"\nconvert = \"text\"",
        "to = \"cf_gone\"\nconvert = \"text\"",
        "to = \"cf_gone\"\nprefix = \"S-\"",
        "to = \"cf_gone\"\nexpr = \"value\"",
        "to = \"cf_severity\"\ntable = \"severities\"\n[tables.severities]\nlow = \"1\"",
        // Another field of that name.
        "to = \"cf_gone\"\non = \"contact\"",
        // One field that becomes two.
        "to = \"cf_severity\"\n[[fields]]\nfrom = \"severity\"\nto = \"cf_text\"",
        "to = \"cf_severity\"\n[[fields]]\nfrom = \"77\"\nto = \"record.tags\"\nprefix = \"s-\"",
    ] {
        let mapping = rule(rest);
        assert_eq!(accepted(&mapping), mapping);
    }
    // Its field by its id.
    let mapping = rule("to = \"cf_urgency\"").replace("Severity", "77");
    assert_eq!(accepted(&mapping), mapping);
}

#[test]
fn an_answer_changes_what_it_is_about_and_nothing_else() {
    let mapping = rule(
        "to = \"severity\"\ntable = { sev_hi = \"Urgnt\", low = \"low\" } # by hand\non_unmapped = \"error\"",
    );
    let text = written(
        &knowing("[map.values.Severity]\nlow = '1'\n", &mapping),
        Some(&mapping),
    );
    assert_eq!(text, mapping.replace("low = \"low\"", "low = \"1\""));
    // To leave one out is the only word that makes a rule leave out.
    let text = written(
        &knowing("[map.values.Severity]\nlow = 'skip'\n", &mapping),
        Some(&mapping),
    );
    let skipping = mapping
        .replace(", low = \"low\"", "")
        .replace("\"error\"", "\"skip\"");
    assert_eq!(text.replace("\"}", "\" }"), skipping);
    // A rule that was given up goes; that of contacts was not meant.
    let both = format!("{mapping}\n{}", rule("to = \"cf_x\"\non = \"contact\""));
    let text = written(
        &knowing("[map.fields]\nSeverity = 'auto'\n", &both),
        Some(&both),
    );
    assert!(text.contains("contact") && text.contains("cf_x"), "{text}");
    assert!(!text.contains("Urgnt"), "{text}");
    // One that does more is left to its author, and that is said.
    let own = rule("to = \"cf_text\"\nprefix = \"S-\"");
    for (answer, right) in [("cf_urgency", false), ("auto", false), ("cf_text", true)] {
        let answers = format!("[map.fields]\nSeverity = '{answer}'\n");
        let machine = knowing(&answers, &own);
        assert_eq!(written(&machine, Some(&own)), own);
        match (known::check_rows(&machine), right) {
            (Ok(()), true) => {}
            (Err(error), false) => assert!(error.message.contains("change it there"), "{error}"),
            (other, _) => panic!("{answer}: {other:?}"),
        }
    }
}

#[test]
fn going_to_another_field_and_back_brings_the_table_back() {
    let mapping = rule("to = \"cf_severity\"\ntable = { sev_hi = \"1\", low = \"1\" }");
    let mut machine = knowing("[map.fields]\nSeverity = 'cf_urgency'\n", &mapping);
    let moved = written(&machine, Some(&mapping));
    assert!(
        moved.contains("cf_urgency") && moved.contains("u1"),
        "{moved}"
    );
    machine.answers.set("map.fields.Severity", "cf_severity");
    let back = written(&machine, Some(&moved));
    let table: toml::Table = back.parse().unwrap();
    assert_eq!(table["fields"][0]["to"].as_str(), Some("cf_severity"));
    let entries = table["fields"][0]["table"].as_table().unwrap();
    assert_eq!(entries.get("low").and_then(|v| v.as_str()), Some("1"));
    assert!(!back.contains("u1"), "{back}");
}

#[test]
fn values_that_are_called_like_words_are_values() {
    let mut topic = severity();
    let there = topic.choices.there.get_mut("cf_severity").unwrap();
    there.options.push(FieldOption {
        value: "auto".into(),
        label: "By machine".into(),
    });
    let mapping = rule("to = \"cf_severity\"\ntable = { sev_hi = \"auto\", low = \"low\" }");
    let machine = knowing_topic("", &mapping, topic.clone());
    assert_eq!(written(&machine, Some(&mapping)), mapping);
    let answers = "[map.values.Severity]\nlow = 'auto'\n";
    let machine = knowing_topic(answers, &mapping, topic);
    let text = written(&machine, Some(&mapping));
    assert_eq!(text, mapping.replace("\"low\"", "\"auto\""));

    // A row that is called like what accepts all.
    let line = |key: &str| Line {
        key: key.into(),
        label: key.into(),
    };
    let rows = |keys: &[&str]| Question {
        id: "map.fields".into(),
        part: 5,
        about: Vec::new(),
        text: String::new(),
        help: String::new(),
        ask: Ask::Rows(keys.iter().map(|key| line(key)).collect()),
        default: None,
    };
    let texts = Texts::of(Language::English);
    assert_eq!(rows(&["late", "ok"]).read("2", texts).as_deref(), Ok("ok"));
    assert_eq!(rows(&["ok"]).read("ok", texts).as_deref(), Ok("ok"));
    assert_eq!(rows(&["ok"]).read("", texts).as_deref(), Ok(ACCEPT));
    assert_eq!(rows(&["late"]).read("OK", texts).as_deref(), Ok(ACCEPT));
    let mut machine = super::machine();
    machine.answer(&rows(&["ok"]), "1").unwrap();
    assert_eq!(machine.editing, ["map.fields.ok"]);
}

#[test]
fn names_in_another_spelling_and_ids_stay_as_they_are() {
    let row = |id: &str, key: &str| Row {
        id: id.into(),
        key: key.into(),
        label: key.into(),
        count: 1,
        sample: None,
        by_itself: None,
        proposal: Some("Billing".into()),
        ruled: None,
        confidence: Confidence::None,
    };
    let topic = Topic {
        id: "groups",
        rows: vec![row("1", "Tier 1"), row("2", "Tier 2"), row("3", "Tier 3")],
        unused: Vec::new(),
        targets: vec![
            ("Support".into(), "Support".into()),
            ("Billing".into(), "Billing".into()),
        ],
        choices: Choices::default(),
    };
    let mapping =
        "[groups]\n\"TIER 1\" = \"support\" # ours\n2 = \"4711\"\n\"Tier 3\" = \"auto\"\n";
    let machine = knowing_topic("", mapping, topic.clone());
    assert_eq!(written(&machine, Some(mapping)), mapping);
    let answers = "[map.groups]\n'Tier 1' = 'Billing'\n'Tier 2' = 'auto'\n";
    let machine = knowing_topic(answers, mapping, topic);
    known::check_rows(&machine).unwrap();
    assert_eq!(
        written(&machine, Some(mapping)),
        "[groups]\n\"TIER 1\" = \"Billing\" # ours\n\"Tier 3\" = \"auto\"\n"
    );
}
