use super::*;
use crate::connector::{ArticleBundle, Bundle, Loss, Options, Person, Refs, Reply};
use crate::schema::*;

fn desk() -> TargetDesk {
    TargetDesk {
        groups: vec![Group {
            id: "1".into(),
            name: "General".into(),
            ..Group::default()
        }],
        fields: vec![Field {
            id: "21".into(),
            label: "Flag".into(),
            ..Field::default()
        }],
        ..TargetDesk::default()
    }
}

fn refs() -> Refs {
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Contact, "c1"), "cora".into());
    refs.insert(Key::new(Kind::Agent, "a1"), "ada".into());
    refs.insert(Key::new(Kind::Group, "g1"), "1".into());
    refs.insert(Key::new(Kind::Field, "flag"), "21".into());
    let cora = Person {
        email: Some("cora@example.com".into()),
        ..Person::default()
    };
    refs.insert_person("c1".into(), cora);
    refs
}

fn assessed_with(body: Body, html_articles: Option<bool>, keeps: bool) -> Assessment {
    let tables = crate::connectors::request_tracker::CONNECTOR.mapping;
    let mapping = PlatformMapping::load("request_tracker", tables, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "1-7-secret").unwrap();
    let table = "base_url = 'http://127.0.0.1:1'\ntoken = { file = 'token' }";
    let options = Options::new(table.parse().unwrap(), "target", folder.path());
    let item = Item::new(body, refs(), "test:a:x:1");
    Assessor {
        item: &item,
        target: &desk(),
        mapping: &mapping,
        config: &Config::read(&options).unwrap(),
        html_articles,
        writes_as: &|_| keeps,
        keeps_owner: &|_| keeps,
    }
    .assess()
}

fn assessed(body: Body) -> Assessment {
    assessed_with(body, Some(true), true)
}

fn fields(losses: &[Loss]) -> Vec<&str> {
    losses.iter().map(|loss| loss.field.as_str()).collect()
}

fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        author: Author {
            kind: AuthorKind::Contact,
            id: Some("c1".into()),
            ..Author::default()
        },
        channel: Channel::Api,
        html: Some("<p>It burns</p>".into()),
        ..Message::default()
    }
}

/// A ticket with nothing that RT cannot keep but its number.
fn plain() -> Bundle {
    let part = |id: &str| Part {
        message: message(id),
        attachments: Vec::new(),
    };
    Bundle {
        conversation: Conversation {
            id: "7".into(),
            subject: Some("Printer on fire".into()),
            requester_id: Some("c1".into()),
            assignee_id: Some("a1".into()),
            group_id: Some("g1".into()),
            status: Status::Solved,
            status_name: Some("resolved".into()),
            priority: Some(Priority::Normal),
            cc_ids: vec!["c1".into()],
            solved_at: Some(Date::UNIX_EPOCH),
            created_at: Some(Date::UNIX_EPOCH),
            due_at: Some(Date::UNIX_EPOCH),
            channel: Channel::Other,
            ..Conversation::default()
        },
        messages: vec![part("m1"), part("m2")],
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
fn what_rt_keeps_is_no_loss() {
    assert_eq!(ticket(|_| {}), []);
}

#[test]
fn each_value_that_changes_is_the_only_loss() {
    type Change = fn(&mut Conversation);
    let cases: [(Change, &str, bool); 20] = [
        (|c| c.priority = None, field::PRIORITY, true),
        (
            |c| c.priority = Some(Priority::Urgent),
            field::PRIORITY,
            true,
        ),
        (
            // RT has numbers in between.
            |c| {
                c.priority = Some(Priority::Low);
                c.priority_name = Some("P4".into());
            },
            field::PRIORITY,
            false,
        ),
        (
            |c| c.status_name = Some("Done at last".into()),
            field::STATUS,
            false,
        ),
        (
            |c| {
                c.status = Status::Closed;
                c.status_name = None;
            },
            field::STATUS,
            true,
        ),
        (
            |c| c.ticket_type = Some(TicketType::Task),
            field::TYPE,
            true,
        ),
        (|c| c.channel = Channel::Email, field::CHANNEL, true),
        (
            |c| c.updated_at = Some(Date::UNIX_EPOCH),
            field::UPDATED_AT,
            true,
        ),
        (
            |c| c.first_reply_at = Some(Date::UNIX_EPOCH),
            field::METRICS,
            true,
        ),
        (
            |c| c.requester_id = Some("nobody".into()),
            field::REQUESTER,
            true,
        ),
        (|c| c.cc_ids = vec!["nobody".into()], field::CC, true),
        (|c| c.cc_emails = vec!["CORA".into()], field::CC, true),
        (
            |c| c.follower_ids = vec!["nobody".into()],
            field::FOLLOWERS,
            true,
        ),
        (|c| c.group_id = Some("g9".into()), field::GROUP, true),
        (
            |c| c.organization_id = Some("o1".into()),
            field::ORGANIZATION,
            true,
        ),
        (|c| c.tags = vec!["fire".into()], field::TAGS, true),
        (|c| c.subject = Some("x".repeat(300)), field::SUBJECT, true),
        (
            |c| c.recipient = Some("x@example.com".into()),
            field::EXTRA,
            true,
        ),
        (
            |c| {
                c.links = vec![Link {
                    kind: LinkKind::MergedInto,
                    id: "9".into(),
                }]
            },
            field::LINKS,
            true,
        ),
        (|c| c.spam = true, field::CONVERSATION, true),
    ];
    for (index, (change, expected, hides)) in cases.into_iter().enumerate() {
        let losses = ticket(|bundle| change(&mut bundle.conversation));
        assert_eq!(fields(&losses), [expected], "case {index}");
        assert_eq!(losses[0].hides(expected, ""), hides, "case {index}");
    }
}

#[test]
fn a_number_between_the_names_is_kept() {
    let losses = ticket(|b| b.conversation.priority_name = Some("42".into()));
    assert_eq!(losses, []);
}

#[test]
fn an_address_in_copy_is_no_loss() {
    let losses = ticket(|b| b.conversation.cc_emails = vec!["x@example.com".into()]);
    assert_eq!(losses, []);
}

#[test]
fn owner_and_author_are_lost_without_their_tokens() {
    let mut bundle = plain();
    bundle.conversation.assignee_id = Some("a1".into());
    let body = Body::Conversation(Box::new(bundle));
    let losses = assessed_with(body, None, false).losses;
    assert_eq!(
        fields(&losses),
        [field::ASSIGNEE, field::NUMBER, field::MESSAGE_AUTHOR]
    );
}

#[test]
fn a_value_costs_its_own_field_only() {
    let losses = ticket(|b| {
        let fields = &mut b.conversation.custom_fields;
        fields.insert("flag".into(), "red".into());
        fields.insert("gone".into(), "x".into());
    });
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].hides(field::CUSTOM_FIELDS, "gone"));
    let losses = ticket(|b| {
        b.conversation
            .custom_fields
            .insert("flag".into(), true.into());
    });
    assert!(losses[0].hides(field::CUSTOM_FIELDS, "flag"), "{losses:?}");
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
    let cases: [(Change, &str); 5] = [
        (
            |m| m.sent_at = Some(Date::UNIX_EPOCH),
            field::MESSAGE_SENT_AT,
        ),
        (|m| m.channel = Channel::Email, field::MESSAGE_CHANNEL),
        (
            |m| m.message_id = Some("x@example.com".into()),
            field::MESSAGE_HEADERS,
        ),
        (
            |m| m.from = Some("x@example.com".into()),
            field::MESSAGE_RECIPIENTS,
        ),
        (|m| m.edited_at = Some(Date::UNIX_EPOCH), field::EXTRA),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let losses = reply(change);
        assert_eq!(fields(&losses), [expected], "case {index}");
        assert!(losses[0].hides(expected, "m2"), "case {index}");
        assert!(!losses[0].hides(expected, "m1"), "case {index}");
    }
}

#[test]
fn a_message_loses_what_rt_never_shows() {
    let losses = |html: &str| {
        let mut message = message("m2");
        message.html = Some(html.into());
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
    assert_eq!(losses("<p>as <b>it</b> is</p>"), []);
    let style = losses("<style>p{}</style><p>the same</p>");
    assert_eq!(fields(&style), [field::MESSAGE_BODY]);
    assert!(style[0].compared, "what it says stays");
    let frame = losses("<iframe src=\"https://video.example.com/1\"></iframe>");
    assert!(
        frame[0].hides(field::MESSAGE_BODY, "m2"),
        "a link is more text"
    );
}

#[test]
fn a_user_has_one_address_and_four_numbers() {
    let contact = || Contact {
        id: "1".into(),
        name: Some("Cora".into()),
        identities: vec![
            Identity::new(IdentityKind::Email, "cora@example.com"),
            Identity::new(IdentityKind::Phone, "+15550100"),
            Identity::new(IdentityKind::Mobile, "+15550101"),
        ],
        ..Contact::default()
    };
    let lost = |change: fn(&mut Contact)| {
        let mut contact = contact();
        change(&mut contact);
        assessed(Body::Contact(contact)).losses
    };
    assert_eq!(lost(|_| {}), []);
    let second = lost(|c| {
        let second = Identity::new(IdentityKind::Email, "cora@example.test");
        c.identities.push(second);
    });
    assert!(second[0].hides(field::CONTACT_IDENTITIES, "email"));
    assert!(!second[0].hides(field::CONTACT_IDENTITIES, "phone"));
    // That it was verified is lost; the address itself can be compared.
    let verified = lost(|c| c.identities[0].verified = true);
    assert!(!verified[0].hides(field::CONTACT_IDENTITIES, "email"));
    type Change = fn(&mut Contact);
    let cases: [(Change, &str); 5] = [
        (
            |c| c.organization_ids = vec!["o1".into()],
            field::CONTACT_ORGANIZATIONS,
        ),
        (|c| c.tags = vec!["vip".into()], field::CONTACT_TAGS),
        (|c| c.blocked = true, field::CONTACT_STATE),
        (
            |c| c.created_at = Some(Date::UNIX_EPOCH),
            field::CONTACT_DATES,
        ),
        (|c| c.title = Some("Dr".into()), field::EXTRA),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        assert_eq!(fields(&lost(change)), [expected], "case {index}");
    }
}

#[test]
fn an_organization_without_anything_but_a_name_loses_nothing() {
    let mut organization = Organization {
        id: "1".into(),
        name: "Lumen".into(),
        ..Organization::default()
    };
    assert_eq!(
        assessed(Body::Organization(organization.clone())).losses,
        []
    );
    organization.tags = vec!["vip".into()];
    let losses = assessed(Body::Organization(organization)).losses;
    assert_eq!(fields(&losses), [field::ORGANIZATION_TAGS]);
}

#[test]
fn an_article_loses_what_classes_have_no_place_for() {
    let article = |change: fn(&mut Article), html: Option<bool>| {
        let mut article = Article {
            id: "5".into(),
            translations: vec![Translation {
                locale: "en".into(),
                title: "How to".into(),
                html: Some("<ul><li>so</li></ul>".into()),
                state: Some(ArticleState::Published),
                ..Translation::default()
            }],
            visibility: Some(Visibility::Agents),
            ..Article::default()
        };
        change(&mut article);
        let body = Body::Article(Box::new(ArticleBundle {
            article,
            attachments: Vec::new(),
        }));
        assessed_with(body, html, true).losses
    };
    assert_eq!(article(|_| {}, Some(true)), []);
    let bare = article(|_| {}, Some(false));
    assert_eq!(fields(&bare), [field::ARTICLE]);
    // What the text says can be compared all the same.
    assert!(!bare[0].hides(field::ARTICLE, "en"));
    type Change = fn(&mut Article);
    let cases: [(Change, &str); 6] = [
        (
            |a| a.translations[0].locale = "fr".into(),
            field::ARTICLE_TRANSLATION,
        ),
        (
            |a| a.translations[0].state = Some(ArticleState::Draft),
            field::ARTICLE_STATE,
        ),
        (|a| a.author_id = Some("a1".into()), field::ARTICLE_AUTHOR),
        (|a| a.promoted = true, field::ARTICLE_POSITION),
        (
            |a| a.visibility = Some(Visibility::Public),
            field::ARTICLE_VISIBILITY,
        ),
        (|a| a.labels = vec!["a".into()], field::ARTICLE_LABELS),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let losses = article(change, Some(true));
        assert_eq!(fields(&losses), [expected], "case {index}");
    }
}
