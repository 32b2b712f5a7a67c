use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::connector::{ArticleBundle, Bundle, Loss, Options, Person, Reply, Setup};
use crate::mapping::PlatformMapping;
use crate::schema::*;

fn sink() -> Freshdesk {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "sandbox-key").unwrap();
    let table = "domain = 'acme'\nbase_url = 'http://127.0.0.1:1'\ncreate_fields = true\napi_key = { file = 'key' }";
    let connector = &crate::connectors::freshdesk::CONNECTOR;
    let mapping = PlatformMapping::load("freshdesk", connector.mapping, None).unwrap();
    let sink = Freshdesk::open(Setup {
        options: Options::new(table.parse().unwrap(), "target", folder.path()),
        mapping: Arc::new(mapping),
        http: crate::http::Settings::default(),
    })
    .unwrap();
    sink.ratings.store(true, Ordering::Relaxed);
    sink
}

fn choices(sort: &str, options: &[(&str, &str)]) -> Field {
    Field {
        id: sort.into(),
        type_name: Some(sort.into()),
        field_type: FieldType::Select,
        options: options
            .iter()
            .map(|(value, label)| FieldOption {
                value: (*value).into(),
                label: (*label).into(),
            })
            .collect(),
        ..Field::default()
    }
}

fn desk() -> TargetDesk {
    TargetDesk {
        groups: vec![Group {
            id: "8".into(),
            agent_ids: vec!["12".into()],
            ..Group::default()
        }],
        fields: vec![
            choices(
                "default_status",
                &[("2", "Open"), ("4", "Resolved"), ("9", "Waiting on Parts")],
            ),
            choices("default_ticket_type", &[("Task", "Task"), ("Bug", "Bug")]),
            Field {
                id: "cf_day".into(),
                label: "Day".into(),
                field_type: FieldType::Date,
                ..Field::default()
            },
        ],
        locales: vec!["en".into(), "de".into()],
        ..TargetDesk::default()
    }
}

fn refs() -> Refs {
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Contact, "c1"), "11".into());
    refs.insert(Key::new(Kind::Agent, "a1"), "12".into());
    refs.insert(Key::new(Kind::Agent, "a3"), "13".into());
    refs.insert(Key::new(Kind::Group, "g1"), "8".into());
    refs.insert(Key::new(Kind::Field, "day"), "cf_day".into());
    refs.insert(Key::new(Kind::Category, "top"), "category-1".into());
    refs.insert(Key::new(Kind::Category, "below"), "folder-2".into());
    for (id, agent) in [("c1", false), ("former", true)] {
        let person = Person {
            email: Some(format!("{id}@example.com")),
            agent,
            ..Person::default()
        };
        refs.insert_person(id.into(), person);
    }
    refs.insert(Key::new(Kind::Contact, "former"), "14".into());
    refs
}

fn assessed(body: Body) -> Assessment {
    let item = Item::new(body, refs(), "test:a:x:1");
    sink().assess_item(&item, &desk())
}

fn fields(losses: &[Loss]) -> Vec<&str> {
    losses.iter().map(|loss| loss.field.as_str()).collect()
}

fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        conversation_id: "7".into(),
        author: Author {
            kind: AuthorKind::Contact,
            id: Some("c1".into()),
            ..Author::default()
        },
        channel: Channel::Portal,
        html: Some("<p>It burns</p>".into()),
        ..Message::default()
    }
}

/// A ticket with nothing that Freshdesk cannot keep but its number.
fn plain() -> Bundle {
    Bundle {
        conversation: Conversation {
            id: "7".into(),
            subject: Some("Printer on fire".into()),
            requester_id: Some("c1".into()),
            assignee_id: Some("a1".into()),
            group_id: Some("g1".into()),
            status: Status::Solved,
            status_name: Some("Resolved".into()),
            priority: Some(Priority::High),
            ticket_type: Some(TicketType::Task),
            type_name: Some("Task".into()),
            channel: Channel::Portal,
            tags: vec!["fire".into()],
            cc_ids: vec!["c1".into()],
            ..Conversation::default()
        },
        messages: vec![Part {
            message: message("m1"),
            attachments: Vec::new(),
        }],
        ratings: Vec::new(),
        time_entries: Vec::new(),
    }
}

fn ticket(change: impl FnOnce(&mut Bundle)) -> Vec<Loss> {
    let mut bundle = plain();
    change(&mut bundle);
    let mut losses = assessed(Body::Conversation(Box::new(bundle))).losses;
    losses.retain(|loss| loss.field != field::NUMBER);
    losses
}

#[test]
fn what_freshdesk_keeps_is_no_loss() {
    assert_eq!(ticket(|_| {}), []);
}

#[test]
fn each_value_that_changes_is_the_only_loss() {
    type Change = fn(&mut Bundle);
    let cases: [(Change, &str, bool); 18] = [
        (|b| b.conversation.subject = None, field::SUBJECT, true),
        (
            |b| b.conversation.created_at = Some(Date::UNIX_EPOCH),
            field::CREATED_AT,
            true,
        ),
        (
            |b| b.conversation.first_reply_at = Some(Date::UNIX_EPOCH),
            field::METRICS,
            true,
        ),
        (
            |b| b.conversation.status_name = Some("Done at last".into()),
            field::STATUS,
            false,
        ),
        (
            // It means open there: nothing says otherwise.
            |b| b.conversation.status_name = Some("Waiting on Parts".into()),
            field::STATUS,
            true,
        ),
        (|b| b.conversation.priority = None, field::PRIORITY, true),
        (
            |b| b.conversation.priority_name = Some("P1".into()),
            field::PRIORITY,
            false,
        ),
        (
            |b| b.conversation.type_name = Some("Bug".into()),
            field::TYPE,
            true,
        ),
        (
            |b| {
                b.conversation.type_name = Some("Idea".into());
                b.conversation.ticket_type = Some(TicketType::FeatureRequest);
            },
            field::TYPE,
            true,
        ),
        (
            |b| b.conversation.assignee_id = Some("a3".into()),
            field::ASSIGNEE,
            true,
        ),
        (
            |b| b.conversation.cc_emails = vec!["nobody".into()],
            field::CC,
            true,
        ),
        (
            |b| b.conversation.cc_emails = vec!["C1@example.com".into()],
            field::CC,
            true,
        ),
        (
            |b| b.conversation.requester_id = None,
            field::REQUESTER,
            true,
        ),
        (
            |b| b.conversation.tags = vec!["a,b".into()],
            field::TAGS,
            true,
        ),
        (
            |b| b.messages[0].message.visibility = Access::Internal,
            field::MESSAGE,
            false,
        ),
        (|b| b.messages.clear(), field::MESSAGE, true),
        (
            |b| b.conversation.organization_id = Some("o9".into()),
            field::ORGANIZATION,
            true,
        ),
        (|b| b.conversation.spam = true, field::CONVERSATION, true),
    ];
    for (index, (change, expected, hides)) in cases.into_iter().enumerate() {
        let losses = ticket(change);
        // Whoever is not the requester any more did not write the description either.
        let lost: Vec<&Loss> = losses
            .iter()
            .filter(|loss| expected != field::REQUESTER || loss.field != field::MESSAGE_AUTHOR)
            .collect();
        assert_eq!(lost.len(), 1, "case {index}: {losses:?}");
        assert_eq!(lost[0].field, expected, "case {index}");
        assert_eq!(lost[0].hides(expected, ""), hides, "case {index}");
    }
}

#[test]
fn a_message_loses_for_itself_alone() {
    let reply = |change: fn(&mut Message)| {
        let mut message = message("m2");
        change(&mut message);
        let part = Part {
            message,
            attachments: Vec::new(),
        };
        assessed(Body::Message(Box::new(Reply {
            conversation: plain().conversation,
            target_id: "1".into(),
            index: 1,
            last: true,
            part,
        })))
        .losses
    };
    assert_eq!(reply(|_| {}), []);
    type Change = fn(&mut Message);
    let cases: [(Change, &str, bool); 9] = [
        (
            |m| m.sent_at = Some(Date::UNIX_EPOCH),
            field::MESSAGE_SENT_AT,
            true,
        ),
        (|m| m.author.id = None, field::MESSAGE_AUTHOR, true),
        (
            |m| m.author.id = Some("former".into()),
            field::MESSAGE_AUTHOR,
            false,
        ),
        (|m| m.channel = Channel::Email, field::MESSAGE_CHANNEL, true),
        (|m| m.html = Some("  ".into()), field::MESSAGE_BODY, true),
        (
            |m| m.html = Some("<style>p{}</style><p>so</p>".into()),
            field::MESSAGE_BODY,
            false,
        ),
        (
            |m| m.html = Some("<form>so</form>".into()),
            field::MESSAGE_BODY,
            false,
        ),
        (
            |m| m.html = Some("<iframe src=\"https://video.example.com\"></iframe>".into()),
            field::MESSAGE_BODY,
            true,
        ),
        (
            |m| m.message_id = Some("x@example.com".into()),
            field::MESSAGE_HEADERS,
            true,
        ),
    ];
    for (index, (change, expected, hides)) in cases.into_iter().enumerate() {
        let losses = reply(change);
        assert_eq!(fields(&losses), [expected], "case {index}");
        assert_eq!(losses[0].hides(expected, "m2"), hides, "case {index}");
        assert!(!losses[0].hides(expected, "m1"), "case {index}");
    }
}

#[test]
fn the_description_has_the_channel_of_the_ticket() {
    let losses = ticket(|b| {
        b.conversation.channel = Channel::Email;
        b.messages[0].message.channel = Channel::Email;
    });
    assert_eq!(losses, []);
    // There is no such source: the ticket and its description become portal.
    let losses = ticket(|b| {
        b.conversation.channel = Channel::Sms;
        b.messages[0].message.channel = Channel::Sms;
    });
    assert_eq!(fields(&losses), [field::CHANNEL, field::MESSAGE_CHANNEL]);
}

#[test]
fn a_value_costs_its_own_field_only() {
    let losses = ticket(|b| {
        let fields = &mut b.conversation.custom_fields;
        fields.insert("day".into(), "2019-01-02".into());
        fields.insert("gone".into(), "x".into());
    });
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].hides(field::CUSTOM_FIELDS, "gone"));
    assert!(!losses[0].hides(field::CUSTOM_FIELDS, "day"));
}

#[test]
fn ratings_need_a_survey() {
    let rated = |b: &mut Bundle| {
        b.ratings = vec![Rating {
            score: Some(100),
            ..Rating::default()
        }]
    };
    assert_eq!(ticket(rated)[0].effect, Effect::Changed);
    let sink = sink();
    sink.ratings.store(false, Ordering::Relaxed);
    let mut bundle = plain();
    rated(&mut bundle);
    let item = Item::new(Body::Conversation(Box::new(bundle)), refs(), "");
    let losses = sink.assess_item(&item, &desk()).losses;
    let rating = losses.iter().find(|loss| loss.field == field::RATING);
    assert_eq!(rating.unwrap().effect, Effect::Moved);
}

#[test]
fn a_contact_loses_what_freshdesk_has_no_place_for() {
    let contact = || Contact {
        id: "1".into(),
        name: Some("Ada".into()),
        identities: vec![
            Identity::new(IdentityKind::Email, "ada@example.com"),
            Identity::new(IdentityKind::Email, "ada@example.test"),
            Identity::new(IdentityKind::Phone, "+15550100"),
        ],
        locale: Some("de".into()),
        ..Contact::default()
    };
    assert_eq!(assessed(Body::Contact(contact())).losses, []);
    type Change = fn(&mut Contact);
    let cases: [(Change, &str); 6] = [
        (|c| c.name = None, field::CONTACT_NAME),
        (|c| c.locale = Some("fr".into()), field::CONTACT_LOCALE),
        (|c| c.blocked = true, field::CONTACT_STATE),
        (|c| c.identities[0].verified = true, field::CONTACT_STATE),
        (
            |c| c.created_at = Some(Date::UNIX_EPOCH),
            field::CONTACT_DATES,
        ),
        (
            |c| c.organization_ids = vec!["o9".into()],
            field::CONTACT_ORGANIZATIONS,
        ),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let mut contact = contact();
        change(&mut contact);
        let losses = assessed(Body::Contact(contact)).losses;
        assert_eq!(fields(&losses), [expected], "case {index}");
    }
    let mut contact = contact();
    let second = Identity::new(IdentityKind::Phone, "+15550101");
    contact.identities.push(second);
    let losses = assessed(Body::Contact(contact)).losses;
    assert!(losses[0].hides(field::CONTACT_IDENTITIES, "phone"));
    assert!(!losses[0].hides(field::CONTACT_IDENTITIES, "email"));
}

#[test]
fn an_article_loses_what_solutions_have_no_place_for() {
    let article = |change: fn(&mut Article)| {
        let mut article = Article {
            id: "5".into(),
            category_id: Some("below".into()),
            translations: ["en", "de"]
                .map(|locale| Translation {
                    locale: locale.into(),
                    title: "How to".into(),
                    html: Some("<p>so</p>".into()),
                    state: Some(ArticleState::Published),
                    ..Translation::default()
                })
                .into(),
            visibility: Some(Visibility::Public),
            ..Article::default()
        };
        change(&mut article);
        assessed(Body::Article(Box::new(ArticleBundle {
            article,
            attachments: Vec::new(),
        })))
    };
    assert_eq!(article(|_| {}).losses, []);
    type Change = fn(&mut Article);
    let cases: [(Change, &[&str]); 6] = [
        (
            |a| a.category_id = Some("top".into()),
            &[field::CATEGORY_LEVEL],
        ),
        (
            |a| a.translations[1].locale = "fr".into(),
            &[field::ARTICLE_TRANSLATION],
        ),
        (|a| a.translations[1].html = None, &[field::ARTICLE]),
        (
            |a| a.visibility = Some(Visibility::Agents),
            &[
                field::ARTICLE_VISIBILITY,
                field::ARTICLE_STATE,
                field::ARTICLE_STATE,
            ],
        ),
        (
            // A draft stays one: its state is no loss.
            |a| {
                a.visibility = Some(Visibility::Agents);
                for text in &mut a.translations {
                    text.state = Some(ArticleState::Draft);
                }
            },
            &[field::ARTICLE_VISIBILITY],
        ),
        (|a| a.labels = vec!["a,b".into()], &[field::ARTICLE_LABELS]),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        assert_eq!(fields(&article(change).losses), expected, "case {index}");
    }
    let lost = article(|a| a.translations[1].locale = "fr".into()).losses;
    assert!(lost[0].hides(field::ARTICLE_TRANSLATION, "fr"));
    assert!(!lost[0].hides(field::ARTICLE_TRANSLATION, "en"));
    assert!(article(|a| a.category_id = None).blocked.is_some());
}

#[test]
fn groups_fields_and_levels_are_known_before_they_are_created() {
    let group = Group {
        id: "5".into(),
        agent_ids: vec!["a1".into(), "nobody".into()],
        ..Group::default()
    };
    let Some(Record::Group(group)) = assessed(Body::Group(group)).becomes else {
        panic!("no group")
    };
    assert_eq!(
        (group.id.as_str(), &group.agent_ids[..]),
        ("-5", &["12".to_owned()][..])
    );
    let field = Field {
        id: "f".into(),
        on: Some(Kind::Contact),
        label: "Colour".into(),
        field_type: FieldType::Select,
        options: vec![FieldOption {
            value: "hue_red".into(),
            label: "Red".into(),
        }],
        ..Field::default()
    };
    let found = assessed(Body::Field(field));
    assert_eq!(found.losses, []);
    let Some(Record::Field(field)) = found.becomes else {
        panic!("no field")
    };
    assert_eq!(field.id, "contact.-f");
    assert_eq!(field.options[0].value, "Red");
    let level = |parent: Option<&str>| Category {
        id: "3".into(),
        parent_id: parent.map(str::to_owned),
        ..Category::default()
    };
    let id = |parent| {
        let found = assessed(Body::Category(level(parent)));
        found.becomes.unwrap().id().to_owned()
    };
    assert_eq!(
        (id(None), id(Some("top"))),
        ("category--3".into(), "folder--3".into())
    );
}
