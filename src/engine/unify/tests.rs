//! Who is one with whom.

use super::*;
use crate::ledger::{Decided, Mode, PageCommit, pack};
use crate::mapping::UserMapping;
use crate::schema::{Contact, Identity, IdentityKind, Record};

struct Desk {
    ledger: Ledger,
    mapping: UserMapping,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn of(contacts: Vec<Contact>, mapping: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deskferry.ledger");
        let ledger = Ledger::open(&path, "test", Mode::Run).unwrap();
        let records: Vec<Record> = contacts.into_iter().map(Record::Contact).collect();
        let page = PageCommit {
            stream: "contacts",
            packed: pack(&records).unwrap(),
            ..PageCommit::default()
        };
        ledger.commit_page(page).await.unwrap();
        Desk {
            ledger,
            mapping: UserMapping::parse("mapping.toml", mapping).unwrap(),
            _folder: folder,
        }
    }

    async fn decide(&self, a: &str, b: &str, decided: Option<Decided>) {
        let row = (a.to_owned(), b.to_owned(), decided);
        self.ledger.decide(vec![row]).await.unwrap();
    }

    fn find(&self) -> Found {
        find(&self.ledger, &self.mapping, true).unwrap()
    }

    /// `2>1 email`: contact 2 is one with contact 1.
    fn unified(&self) -> Vec<String> {
        let found = self.find().unified.into_iter();
        found
            .map(|row| format!("{}>{} {}", row.id, row.kept, row.rule))
            .collect()
    }

    /// `1?2 phone`: they may be one.
    fn suggested(&self) -> Vec<String> {
        let found = self.find().suggestions.into_iter();
        found
            .map(|pair| {
                let rules: Vec<&str> = pair.rules.iter().map(|rule| rule.name()).collect();
                format!("{}?{} {}", pair.one.id, pair.other.id, rules.join("+"))
            })
            .collect()
    }
}

fn contact(id: &str, emails: &[(&str, bool)]) -> Contact {
    let identities = emails.iter().map(|(email, verified)| Identity {
        verified: *verified,
        ..Identity::new(IdentityKind::Email, *email)
    });
    Contact {
        id: id.into(),
        name: Some(format!("Contact {id}")),
        identities: identities.collect(),
        ..Contact::default()
    }
}

fn with(id: &str, change: impl FnOnce(&mut Contact)) -> Contact {
    let mut contact = contact(id, &[]);
    change(&mut contact);
    contact
}

#[tokio::test]
async fn the_same_verified_address_or_external_id_is_one_person_and_says_why() {
    let desk = Desk::of(
        vec![
            contact("1", &[("ada@example.com", true)]),
            contact(
                "2",
                &[("ADA@Example.com", true), ("ada@example.test", true)],
            ),
            contact("3", &[("ada@example.test", true)]),
            with("4", |c| c.external_id = Some("crm-1".into())),
            with("5", |c| c.external_id = Some(" crm-1".into())),
        ],
        "",
    )
    .await;
    assert_eq!(
        desk.unified(),
        ["2>1 email", "3>1 email", "5>4 external_id"]
    );
    let whys: Vec<String> = desk.find().unified.into_iter().map(|u| u.why).collect();
    assert_eq!(
        whys,
        [
            "same verified email address ada@example.com",
            "same verified email address ada@example.test as contact 2",
            "same external id crm-1",
        ]
    );
    let decided = "[people]\nmerge = \"decided\"";
    let desk = Desk {
        mapping: UserMapping::parse("mapping.toml", decided).unwrap(),
        ..desk
    };
    assert_eq!(desk.unified(), [] as [&str; 0]);
    assert_eq!(
        desk.suggested(),
        ["1?2 email", "2?3 email", "4?5 external_id"]
    );
}

#[tokio::test]
async fn weak_evidence_is_told_and_never_followed() {
    let phone = |id: &str, number: &str| {
        with(id, |c| {
            c.identities = vec![Identity::new(IdentityKind::Phone, number)];
        })
    };
    let named = |id: &str, organization: &str| {
        with(id, |c| {
            c.name = Some("Sam  Lee".into());
            c.organization_ids = vec![organization.into()];
        })
    };
    let desk = Desk::of(
        vec![
            contact("1", &[("ada@example.com", true)]),
            contact("2", &[("ada@example.com", false)]),
            contact("3", &[("bo@example.com", true)]),
            contact("4", &[("bo+shop@example.com", true)]),
            phone("5", "030 901820"),
            phone("6", "+49 30 901820"),
            named("7", "org"),
            named("8", "org"),
            named("9", "another"),
        ],
        "country = \"DE\"",
    )
    .await;
    assert_eq!(desk.unified(), [] as [&str; 0]);
    assert_eq!(
        desk.suggested(),
        ["1?2 address", "3?4 plus_tag", "5?6 phone", "7?8 name"]
    );
    let found = desk.find();
    assert_eq!(found.nowhere_count, 3, "7, 8 and 9 have no address");
    // Only one of them can have it on a target: whom it is verified for.
    let ceded: Vec<(&str, &str)> = found
        .ceded
        .iter()
        .map(|row| (row.id.as_str(), row.owner.as_str()))
        .collect();
    assert_eq!(ceded, [("2", "1")]);
}

#[tokio::test]
async fn tags_after_a_plus_are_no_difference_when_the_rules_say_so() {
    let people = vec![
        contact("1", &[("bo@example.com", true)]),
        contact("2", &[("bo+shop@example.com", true)]),
    ];
    let desk = Desk::of(people, "[people]\nplus_tags = true").await;
    assert_eq!(desk.unified(), ["2>1 email"]);
}

#[tokio::test]
async fn decisions_win_and_can_be_taken_back() {
    let desk = Desk::of(
        vec![
            contact("1", &[("a@example.com", true)]),
            contact("2", &[("a@example.com", true), ("b@example.com", true)]),
            contact("3", &[("b@example.com", true)]),
            contact("4", &[]),
        ],
        "",
    )
    .await;
    desk.decide("3", "1", Some(Decided::Different)).await;
    // 2 could be either; whoever comes first has it, and 3 stays another.
    assert_eq!(desk.unified(), ["2>1 email"]);
    let apart: Vec<_> = desk.find().suggestions.into_iter().collect();
    let told = |one: &str, other: &str| {
        let pair = apart
            .iter()
            .find(|p| p.one.id == one && p.other.id == other);
        pair.map(|pair| (pair.decided, pair.apart))
    };
    assert_eq!(told("1", "3"), Some((Some(Decided::Different), None)));
    assert_eq!(told("2", "3"), Some((None, Some(Apart::Decided))));
    let ceded = desk.find().ceded;
    assert_eq!((ceded[0].id.as_str(), ceded[0].owner.as_str()), ("3", "1"));
    desk.decide("4", "1", Some(Decided::Same)).await;
    assert_eq!(desk.unified(), ["2>1 email", "4>1 decision"]);
    desk.decide("1", "4", None).await;
    desk.decide("1", "3", None).await;
    assert_eq!(desk.unified(), ["2>1 email", "3>1 email"]);
}

#[tokio::test]
async fn what_is_on_the_target_by_itself_stays_so() {
    let people = || {
        vec![
            contact("1", &[("a@example.com", true)]),
            contact("2", &[("a@example.com", true)]),
        ]
    };
    let desk = Desk::of(people(), "").await;
    let written = |id: &str| {
        (
            Key::new(Kind::Contact, id),
            Written::created(format!("t{id}")),
        )
    };
    let (key, second) = written("2");
    desk.ledger
        .receive(&key, &second, None, true)
        .await
        .unwrap();
    assert_eq!(
        desk.unified(),
        ["1>2 email"],
        "the one that is there is kept"
    );
    let (key, first) = written("1");
    desk.ledger.receive(&key, &first, None, true).await.unwrap();
    assert_eq!(desk.unified(), [] as [&str; 0]);
    assert_eq!(desk.find().suggestions[0].apart, Some(Apart::Written));
}

#[tokio::test]
async fn a_word_in_the_field_of_ids_makes_nobody_one() {
    let people = (0..30)
        .map(|n| with(&n.to_string(), |c| c.external_id = Some("unknown".into())))
        .collect();
    let desk = Desk::of(people, "").await;
    assert_eq!(desk.unified(), [] as [&str; 0]);
    assert_eq!(desk.suggested(), [] as [&str; 0]);
    assert_eq!(
        desk.find().doubts,
        [
            "30 contacts have the same external id unknown: too many to be one person; they stay apart"
        ]
    );
}
