//! What is proposed for what a desk has.

use super::*;
use crate::cli::wizard::{Answers, Fact, Machine, Surroundings, Work, files, known};
use crate::schema::Status;

fn target() -> TargetDesk {
    let group = |name: &str| Group {
        id: format!("g-{name}"),
        name: name.to_owned(),
        ..Group::default()
    };
    let agent = |name: &str, email: &str| Agent {
        id: email.to_owned(),
        name: Some(name.to_owned()),
        email: Some(email.to_owned()),
        ..Agent::default()
    };
    TargetDesk {
        groups: vec![group("Support"), group("Billing team")],
        agents: vec![
            agent("Ada", "ada@example.com"),
            agent("Bo Berg", "bo.berg@example.com"),
        ],
        ..TargetDesk::default()
    }
}

fn seen() -> Seen {
    let mut seen = Seen::default();
    for (id, name) in [("1", "support"), ("2", "Billing Teams"), ("3", "Warehouse")] {
        seen.groups.push(Group {
            id: id.into(),
            name: name.into(),
            ..Group::default()
        });
    }
    for (id, name, email) in [
        ("a", "Ada L.", "ADA@example.com"),
        ("b", "Bo Berg", "bo@old.example.com"),
        ("c", "Cy", "cy@old.example.com"),
    ] {
        seen.agents.push(Agent {
            id: id.into(),
            name: Some(name.into()),
            email: Some(email.into()),
            ..Agent::default()
        });
    }
    for (status, name) in [
        (Status::Open, None),
        (Status::Pending, Some("Waiting for vendor")),
    ] {
        seen.conversation(&Conversation {
            id: "1".into(),
            subject: Some("Lamp broken".into()),
            status,
            status_name: name.map(str::to_owned),
            group_id: Some("3".into()),
            assignee_id: Some("c".into()),
            ..Conversation::default()
        });
    }
    seen
}

fn topics() -> Vec<Topic> {
    let freshdesk = crate::connector::find("freshdesk").unwrap();
    let values = PlatformMapping::load("freshdesk", freshdesk.mapping, None).unwrap();
    seen().topics(&target(), &values, Creates::default())
}

fn row<'a>(topics: &'a [Topic], topic: &str, key: &str) -> &'a Row {
    let topic = topics.iter().find(|known| known.id == topic).unwrap();
    topic.rows.iter().find(|row| row.key == key).unwrap()
}

#[test]
fn the_desks_own_status_is_likely_and_a_plain_one_sure() {
    let topics = topics();
    let vendor = row(&topics, "status", "Waiting for vendor");
    assert_eq!(vendor.confidence, Confidence::Likely);
    assert_eq!(vendor.by_itself.as_deref(), Some("3 (pending)"));
    assert_eq!(vendor.sample.as_deref(), Some("Lamp broken"));
    assert_eq!(row(&topics, "status", "open").confidence, Confidence::Sure);
    // What needs a look comes first.
    assert_eq!(topics[0].rows[0].key, "Waiting for vendor");
}

#[test]
fn agents_and_groups_are_matched_proposed_or_left() {
    let topics = topics();
    assert_eq!(
        row(&topics, "agents", "ADA@example.com").confidence,
        Confidence::Sure
    );
    let bo = row(&topics, "agents", "bo@old.example.com");
    assert_eq!(bo.proposal.as_deref(), Some("bo.berg@example.com"));
    assert_eq!(bo.confidence, Confidence::Likely);
    let cy = row(&topics, "agents", "cy@old.example.com");
    assert_eq!((cy.confidence, cy.count), (Confidence::None, 2));
    assert_eq!(
        row(&topics, "groups", "support").confidence,
        Confidence::Sure
    );
    let billing = row(&topics, "groups", "Billing Teams");
    assert_eq!(billing.proposal.as_deref(), Some("Billing team"));
    assert_eq!(row(&topics, "groups", "Warehouse").count, 2);
}

#[test]
fn values_that_nobody_uses_are_known_and_not_asked_about() {
    let mut seen = seen();
    let option = |label: &str| FieldOption {
        value: label.to_lowercase(),
        label: label.to_owned(),
    };
    seen.fields.push(Field {
        id: "9".into(),
        key: Some("status".into()),
        label: "Status".into(),
        system: true,
        options: vec![option("Waiting for Vendor"), option("Parked")],
        ..Field::default()
    });
    for (id, name) in [("1", "Lumen"), ("2", "Lumen Pro")] {
        seen.brands.push(Brand {
            id: id.into(),
            name: name.into(),
            ..Brand::default()
        });
    }
    seen.conversation(&Conversation {
        brand_id: Some("1".into()),
        ..Conversation::default()
    });
    let mut target = target();
    target.brands.push(Brand {
        id: "7".into(),
        name: "Main".into(),
        ..Brand::default()
    });
    let freshdesk = crate::connector::find("freshdesk").unwrap();
    let values = PlatformMapping::load("freshdesk", freshdesk.mapping, None).unwrap();
    let topics = seen.topics(&target, &values, Creates::default());
    let keys = |rows: &[Row]| -> Vec<String> { rows.iter().map(|row| row.key.clone()).collect() };
    let of = |id: &str| topics.iter().find(|topic| topic.id == id).unwrap();
    assert_eq!(keys(&of("brands").rows), ["Lumen"]);
    assert_eq!(keys(&of("brands").unused), ["Lumen Pro"]);
    let status = of("status");
    assert!(!keys(&status.rows).contains(&"Parked".to_owned()));
    assert_eq!(keys(&status.unused)[..1], ["Parked"]);
    assert!(keys(&status.unused).contains(&"solved".to_owned()));
    // What an answers file says about them is taken, and written.
    let answers = "[map.status]\nParked = 'on_hold'\n[map.brands]\n'Lumen Pro' = 'Main'\n";
    let answers = Answers::parse("a", answers).unwrap();
    let texts = crate::lang::Texts::of(crate::lang::Language::English);
    let mut machine = Machine::new(texts, answers, Answers::default(), Surroundings::default());
    machine.learn(Work::Survey, Fact::Survey(topics));
    known::check_rows(&machine).unwrap();
    let rules = machine.rules();
    let text = files::mapping(None, machine.answers(), &rules, texts).unwrap();
    assert!(text.contains("Parked = \"on_hold\""), "{text}");
    assert!(text.contains("\"Lumen Pro\" = \"Main\""), "{text}");
    assert!(!text.contains("solved ="), "{text}");
}
