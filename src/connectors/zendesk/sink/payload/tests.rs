use super::*;
use crate::connector::{Body, Part, Person, Refs};
use crate::mapping::PlatformMapping;
use crate::schema::*;

fn mapping() -> PlatformMapping {
    let tables = crate::connectors::zendesk::CONNECTOR.mapping;
    PlatformMapping::load("zendesk", tables, None).unwrap()
}

fn date(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

/// A ticket with nothing that Zendesk cannot keep but its number.
fn plain() -> Bundle {
    let conversation = Conversation {
        id: "7".into(),
        subject: Some("Printer on fire".into()),
        requester_id: Some("c1".into()),
        assignee_id: Some("a1".into()),
        group_id: Some("g1".into()),
        status: Status::Solved,
        priority: Some(Priority::High),
        ticket_type: Some(TicketType::Task),
        channel: Channel::Api,
        tags: vec!["fire".into()],
        cc_ids: vec!["c1".into()],
        created_at: date("2019-01-02T03:04:05Z"),
        updated_at: date("2019-01-02T03:04:05Z"),
        solved_at: date("2019-01-02T03:04:05Z"),
        due_at: date("2019-01-02T03:04:05Z"),
        ..Conversation::default()
    };
    let message = Message {
        id: "m1".into(),
        conversation_id: "7".into(),
        author: Author {
            kind: AuthorKind::Contact,
            id: Some("c1".into()),
            ..Author::default()
        },
        channel: Channel::Api,
        html: Some("<p>It burns</p>".into()),
        sent_at: date("2019-01-02T03:04:05Z"),
        ..Message::default()
    };
    let part = |message| Part {
        message,
        attachments: Vec::new(),
    };
    Bundle {
        conversation,
        messages: vec![
            part(message.clone()),
            part(Message {
                id: "m2".into(),
                ..message
            }),
        ],
        ratings: Vec::new(),
        time_entries: Vec::new(),
    }
}

fn refs() -> Refs {
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Contact, "c1"), "901".into());
    refs.insert(Key::new(Kind::Agent, "a1"), "902".into());
    refs.insert(Key::new(Kind::Group, "g1"), "903".into());
    let gone = Person {
        email: Some("gone@example.com".into()),
        ..Person::default()
    };
    refs.insert_person("gone".into(), gone);
    refs
}

fn drafted(change: impl FnOnce(&mut Bundle)) -> (Vec<Loss>, Option<String>) {
    let mut bundle = plain();
    change(&mut bundle);
    let item = Item::new(
        Body::Conversation(Box::new(bundle.clone())),
        refs(),
        "test:a:conversation:7",
    );
    let target = TargetDesk {
        groups: vec![Group {
            id: "903".into(),
            agent_ids: vec!["902".into()],
            ..Group::default()
        }],
        ..TargetDesk::default()
    };
    let mapping = mapping();
    let draft = Maker {
        mapping: &mapping,
        target: &target,
        item: &item,
        now: "2020-01-01T00:00:00Z".parse().unwrap(),
    }
    .draft(&bundle);
    let mut losses = draft.losses;
    losses.retain(|loss| loss.field != field::NUMBER);
    (losses, draft.blocked.map(|(why, _)| why.to_string()))
}

#[test]
fn what_zendesk_keeps_is_no_loss() {
    let (losses, blocked) = drafted(|_| {});
    assert_eq!(losses, []);
    assert_eq!(blocked, None);
}

/// One change each, what it loses, and whether verify must look away.
#[test]
fn each_value_that_changes_is_the_only_loss() {
    type Change = fn(&mut Conversation);
    let cases: [(Change, &str, bool); 21] = [
        (|c| c.subject = None, field::SUBJECT, true),
        (|c| c.assignee_id = Some("a2".into()), field::ASSIGNEE, true),
        (|c| c.group_id = Some("g2".into()), field::GROUP, true),
        (
            |c| c.organization_id = Some("o2".into()),
            field::ORGANIZATION,
            true,
        ),
        (|c| c.brand_id = Some("b2".into()), field::BRAND, true),
        (|c| c.form_id = Some("f2".into()), field::FORM, true),
        (
            |c| c.cc_emails = vec!["x@example.com".into()],
            field::CC,
            true,
        ),
        (|c| c.cc_ids = vec!["gone".into()], field::CC, true),
        (
            |c| c.follower_ids = vec!["a2".into()],
            field::FOLLOWERS,
            true,
        ),
        (
            |c| c.status_name = Some("Done at last".into()),
            field::STATUS,
            false,
        ),
        (
            |c| c.priority_name = Some("P1".into()),
            field::PRIORITY,
            false,
        ),
        (|c| c.type_name = Some("Chore".into()), field::TYPE, false),
        (
            |c| {
                c.ticket_type = Some(TicketType::FeatureRequest);
                c.due_at = None;
            },
            field::TYPE,
            true,
        ),
        (|c| c.tags = vec!["On Fire".into()], field::TAGS, true),
        (|c| c.channel = Channel::Email, field::CHANNEL, false),
        (
            |c| c.created_at = date("1969-01-01T00:00:00Z"),
            field::CREATED_AT,
            true,
        ),
        (
            |c| c.closed_at = date("2019-01-02T03:04:05Z"),
            field::CLOSED_AT,
            true,
        ),
        (
            |c| c.ticket_type = Some(TicketType::Question),
            field::DUE_AT,
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
        (
            |c| c.first_reply_at = date("2019-01-02T03:04:05Z"),
            field::METRICS,
            true,
        ),
        (|c| c.spam = true, field::CONVERSATION, true),
    ];
    for (index, (change, expected, hides)) in cases.into_iter().enumerate() {
        let (losses, _) = drafted(|bundle| change(&mut bundle.conversation));
        // The messages of a ticket from another channel lose theirs as well.
        let lost: Vec<&Loss> = losses
            .iter()
            .filter(|loss| loss.field != field::MESSAGE_CHANNEL)
            .collect();
        assert_eq!(lost.len(), 1, "case {index}: {lost:?}");
        assert_eq!(lost[0].field, expected, "case {index}");
        assert_eq!(lost[0].hides(expected, ""), hides, "case {index}");
    }
}

#[test]
fn a_new_ticket_that_is_assigned_becomes_open() {
    let new = |bundle: &mut Bundle| {
        bundle.conversation.status = Status::New;
        bundle.conversation.solved_at = None;
    };
    let (losses, _) = drafted(new);
    assert_eq!(losses[0].field, field::STATUS);
    assert!(losses[0].hides(field::STATUS, ""));
    let (losses, _) = drafted(|bundle| {
        new(bundle);
        bundle.conversation.assignee_id = None;
    });
    assert_eq!(losses, []);
}

#[test]
fn an_agent_outside_of_the_group_costs_the_group() {
    let mut outside = refs();
    outside.insert(Key::new(Kind::Agent, "a3"), "999".into());
    let (losses, _) = drafted(|bundle| bundle.conversation.assignee_id = Some("a1".into()));
    assert_eq!(losses, []);
    let mut bundle = plain();
    bundle.conversation.assignee_id = Some("a3".into());
    let item = Item::new(Body::Conversation(Box::new(bundle.clone())), outside, "");
    let mut target = TargetDesk {
        groups: vec![Group {
            id: "903".into(),
            agent_ids: vec!["902".into()],
            ..Group::default()
        }],
        ..TargetDesk::default()
    };
    let mapping = mapping();
    let lost = |target: &TargetDesk| {
        let draft = Maker {
            mapping: &mapping,
            target,
            item: &item,
            now: Date::now(),
        }
        .draft(&bundle);
        draft.losses.iter().any(|loss| loss.field == field::GROUP)
    };
    assert!(lost(&target));
    target.groups[0].agent_ids.push("999".into());
    assert!(!lost(&target));
}

#[test]
fn a_message_loses_for_itself_alone() {
    type Change = fn(&mut Part);
    let cases: [(Change, &str, bool); 6] = [
        (|p| p.message.author.id = None, field::MESSAGE_AUTHOR, true),
        (|p| p.message.html = None, field::MESSAGE_BODY, true),
        (
            |p| p.message.html = Some("<p>word </p>".repeat(20_000)),
            field::MESSAGE_BODY,
            false,
        ),
        (
            |p| p.message.sent_at = date("1969-01-01T00:00:00Z"),
            field::MESSAGE_SENT_AT,
            true,
        ),
        (
            |p| p.message.message_id = Some("x@example.com".into()),
            field::MESSAGE_HEADERS,
            true,
        ),
        (
            |p| p.message.channel = Channel::Chat,
            field::MESSAGE_CHANNEL,
            true,
        ),
    ];
    for (index, (change, expected, hides)) in cases.into_iter().enumerate() {
        let (losses, _) = drafted(|bundle| change(&mut bundle.messages[1]));
        assert_eq!(losses.len(), 1, "case {index}: {losses:?}");
        assert_eq!(losses[0].field, expected, "case {index}");
        assert_eq!(losses[0].hides(expected, "m2"), hides, "case {index}");
        assert!(!losses[0].hides(expected, "m1"), "case {index}");
    }
}

#[test]
fn a_ticket_that_nobody_asked_for_is_blocked_beforehand() {
    let (_, blocked) = drafted(|bundle| bundle.conversation.requester_id = None);
    assert!(blocked.unwrap().contains("no requester"));
    let (_, blocked) = drafted(|b| b.conversation.requester_id = Some("unknown".into()));
    assert!(blocked.unwrap().contains("no address"));
    // An address is enough: the import makes a user of it.
    let (_, blocked) = drafted(|b| b.conversation.requester_id = Some("gone".into()));
    assert_eq!(blocked, None);
}

#[test]
fn a_value_costs_its_own_field_only() {
    let (losses, _) = drafted(|bundle| {
        let fields = &mut bundle.conversation.custom_fields;
        fields.insert("11".into(), "red".into());
    });
    assert!(losses[0].hides(field::CUSTOM_FIELDS, "11"));
    assert!(!losses[0].hides(field::CUSTOM_FIELDS, "12"));
}

#[test]
fn what_zendesk_would_remove_is_named_and_what_it_says_stays() {
    let with = |html: &str| {
        let html = html.to_owned();
        let (losses, _) = drafted(|b| b.messages[1].message.html = Some(html));
        losses
    };
    let form = with("<form><p>It burns</p></form><style>p{}</style>");
    assert_eq!(form.len(), 1, "{form:?}");
    assert_eq!(form[0].field, field::MESSAGE_BODY);
    assert!(
        form[0].detail.to_string().contains("<form>, <style>"),
        "{form:?}"
    );
    assert!(form[0].compared, "the text is the same");
    let frame = with("<iframe src=\"https://video.example.com/1\"></iframe>");
    assert!(frame[0].hides(field::MESSAGE_BODY, "m2"), "{frame:?}");
}

#[test]
fn an_image_goes_with_the_piece_that_shows_it() {
    let mut bundle = plain();
    let said = "<p>a line of a long mail</p>".repeat(4000);
    bundle.messages[1].message.html = Some(format!("{said}<img src=\"cid:i1\">"));
    let file = |id: &str, cid: Option<&str>| crate::connector::File {
        attachment: serde_json::from_value(serde_json::json!({
            "id": id, "owner": Owner::Message("m2".into()), "name": id, "content_id": cid,
            "inline": cid.is_some(),
        }))
        .unwrap(),
        path: Ok(id.into()),
        size: 1,
        from: None,
    };
    bundle.messages[1].attachments = vec![file("shown", Some("i1")), file("beside", None)];
    let item = Item::new(
        Body::Conversation(Box::new(bundle.clone())),
        refs(),
        "test:a:conversation:7",
    );
    let (mapping, target) = (mapping(), TargetDesk::default());
    let draft = Maker {
        mapping: &mapping,
        target: &target,
        item: &item,
        now: "2020-01-01T00:00:00Z".parse().unwrap(),
    }
    .draft(&bundle);
    let names = |comment: &Comment<'_>| -> Vec<String> {
        let files = comment.files.iter();
        files.map(|file| file.attachment.id.clone()).collect()
    };
    let pieces = &draft.comments[1..];
    assert!(pieces.len() > 1);
    assert_eq!(names(&pieces[0]), ["beside"]);
    assert_eq!(names(pieces.last().unwrap()), ["shown"]);
}
