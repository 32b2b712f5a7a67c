//! Each value that may differ makes one finding, unless it was declared.

mod knowledge;

use std::sync::Arc;

use super::*;
use crate::connector::{
    ArticleBundle, Bundle, Changed, Effect, File, Part, Person, Refs, field, text,
};
use crate::schema::*;

fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

fn message(n: usize) -> Message {
    Message {
        id: format!("m{n}"),
        conversation_id: "1".into(),
        author: Author {
            kind: AuthorKind::Contact,
            id: Some("c1".into()),
            name: Some("Zoë Ünal".into()),
            email: Some("zoe@example.com".into()),
        },
        channel: Channel::Email,
        html: Some(format!("<p>message {n}</p>")),
        sent_at: date(&format!("2024-05-01T10:{:02}:30Z", n * 5)),
        ..Message::default()
    }
}

fn attachment(id: &str, name: &str, size: u64) -> Attachment {
    Attachment {
        id: id.into(),
        owner: Owner::Message("m0".into()),
        name: name.into(),
        mime: None,
        size: Some(size),
        inline: false,
        content_id: None,
        url: None,
        sha256: None,
        locale: None,
        created_at: None,
        extra: Extra::new(),
    }
}

fn file(attachment: Attachment) -> File {
    File {
        size: attachment.size.unwrap_or_default(),
        attachment,
        path: Ok("bytes".into()),
        from: None,
    }
}

/// On the target everything has a `t` before its id.
fn refs() -> Refs {
    let mut refs = Refs::default();
    for (kind, id) in [
        (Kind::Contact, "c1"),
        (Kind::Contact, "c2"),
        (Kind::Agent, "a1"),
        (Kind::Group, "g1"),
        (Kind::Organization, "o1"),
        (Kind::Brand, "b1"),
        (Kind::Form, "f1"),
        (Kind::Field, "x1"),
        (Kind::Conversation, "2"),
        (Kind::Category, "k1"),
    ] {
        refs.insert(Key::new(kind, id), format!("t{id}"));
    }
    refs.insert_person(
        "c2".into(),
        Person {
            email: Some("ed@example.com".into()),
            ..Person::default()
        },
    );
    refs
}

fn item(body: Body) -> Item {
    Item {
        body,
        refs: refs(),
        existing: None,
        marker: "a:b:conversation:1".into(),
        changed: Changed::everything(),
        links: Vec::new(),
        as_of: 0,
        last_part: 0,
    }
}

/// A conversation with everything, and the same as the target tells it.
fn conversation() -> (Item, ReadBack) {
    let conversation = Conversation {
        id: "1".into(),
        subject: Some("Printer".into()),
        status: Status::Solved,
        priority: Some(Priority::High),
        ticket_type: Some(TicketType::Incident),
        channel: Channel::Email,
        brand_id: Some("b1".into()),
        form_id: Some("f1".into()),
        requester_id: Some("c1".into()),
        assignee_id: Some("a1".into()),
        group_id: Some("g1".into()),
        organization_id: Some("o1".into()),
        cc_ids: vec!["c2".into()],
        cc_emails: vec!["flo@example.com".into()],
        follower_ids: vec!["a1".into()],
        tags: vec!["paper".into()],
        custom_fields: [("x1".to_owned(), "7".into())].into(),
        links: vec![Link {
            kind: LinkKind::Problem,
            id: "2".into(),
        }],
        created_at: date("2024-05-01T10:00:00Z"),
        updated_at: date("2024-05-03T10:00:00Z"),
        solved_at: date("2024-05-02T10:00:00Z"),
        closed_at: date("2024-05-03T10:00:00Z"),
        due_at: date("2024-05-04T10:00:00Z"),
        ..Conversation::default()
    };
    let t = |id: &Option<String>| id.as_ref().map(|id| format!("t{id}"));
    let read = Conversation {
        id: "900".into(),
        brand_id: t(&conversation.brand_id),
        form_id: t(&conversation.form_id),
        requester_id: t(&conversation.requester_id),
        assignee_id: t(&conversation.assignee_id),
        group_id: t(&conversation.group_id),
        organization_id: t(&conversation.organization_id),
        cc_ids: vec!["tc2".into()],
        cc_emails: vec!["Flo@example.com".into()],
        follower_ids: vec!["ta1".into()],
        tags: vec!["Paper".into(), "imported".into()],
        custom_fields: [("tx1".to_owned(), 7.into())].into(),
        links: vec![Link {
            kind: LinkKind::Problem,
            id: "t2".into(),
        }],
        ..conversation.clone()
    };
    let messages: Vec<Message> = (0..4).map(message).collect();
    let files = vec![
        file(attachment("f1", "a.txt", 5)),
        file(attachment("f2", "b.txt", 7)),
    ];
    let there = messages.iter().enumerate().map(|(n, message)| Message {
        id: format!("t{n}"),
        author: Author {
            id: Some("tc1".into()),
            ..message.author.clone()
        },
        ..message.clone()
    });
    let mut there: Vec<Message> = there.collect();
    there.insert(
        2,
        Message {
            id: "ours".into(),
            html: Some(format!("<p>{} a rating</p>", text::OWN_NOTE)),
            ..Message::default()
        },
    );
    let attachments = files.iter().map(|file| file.attachment.clone()).collect();
    let mut parts: Vec<Part> = messages
        .into_iter()
        .map(|message| Part {
            message,
            attachments: Vec::new(),
        })
        .collect();
    parts[0].attachments = files;
    let item = item(Body::Conversation(Box::new(Bundle {
        conversation,
        messages: parts,
        ratings: Vec::new(),
        time_entries: Vec::new(),
    })));
    let back = ReadBack {
        record: Some(Record::Conversation(read)),
        messages: there,
        attachments,
    };
    (item, back)
}

/// Verdict, part and field of each finding.
fn told(compared: &Compared) -> Vec<String> {
    compared
        .findings
        .iter()
        .map(|finding| {
            let part = finding.part.as_ref().map_or("", |part| &part.id);
            let field = finding.field.as_deref().unwrap_or_default();
            format!("{} {part} {field}", finding.verdict)
        })
        .collect()
}

fn run(item: &Item, losses: &[Loss], read: &ReadBack) -> Vec<String> {
    told(&compare(item, "900", losses, &HashMap::new(), read))
}

#[test]
fn what_is_the_same_is_the_same() {
    let (item, read) = conversation();
    let compared = compare(&item, "900", &[], &HashMap::new(), &read);
    assert_eq!(told(&compared), [""; 0]);
    assert_eq!(compared.parts[&Kind::Message].matched, 4);
    assert_eq!(compared.parts[&Kind::Attachment].matched, 2);
}

#[test]
fn each_property_of_a_conversation_is_compared() {
    type Change = fn(&mut Conversation);
    let changes: [(&str, Change); 23] = [
        (field::SUBJECT, |c| c.subject = Some("Scanner".into())),
        (field::STATUS, |c| c.status = Status::Open),
        (field::PRIORITY, |c| c.priority = None),
        (field::TYPE, |c| c.ticket_type = Some(TicketType::Task)),
        (field::CHANNEL, |c| c.channel = Channel::Api),
        (field::CREATED_AT, |c| {
            c.created_at = date("2026-01-01T00:00:00Z")
        }),
        (field::UPDATED_AT, |c| c.updated_at = None),
        (field::SOLVED_AT, |c| c.solved_at = None),
        (field::CLOSED_AT, |c| c.closed_at = None),
        (field::DUE_AT, |c| c.due_at = date("2024-05-04T10:01:00Z")),
        (field::REQUESTER, |c| c.requester_id = Some("tc2".into())),
        (field::ASSIGNEE, |c| c.assignee_id = None),
        (field::GROUP, |c| c.group_id = Some("other".into())),
        (field::ORGANIZATION, |c| c.organization_id = None),
        (field::BRAND, |c| c.brand_id = None),
        (field::FORM, |c| c.form_id = None),
        (field::CC, |c| c.cc_ids = vec!["tc1".into()]),
        (field::CC, |c| c.cc_emails.clear()),
        (field::FOLLOWERS, |c| c.follower_ids.clear()),
        (field::TAGS, |c| c.tags = vec!["imported".into()]),
        (field::CUSTOM_FIELDS, |c| {
            c.custom_fields = [("tx1".to_owned(), 8.into())].into();
        }),
        (field::LINKS, |c| c.links[0].id = "t3".into()),
        (field::CONVERSATION, |c| c.spam = true),
    ];
    for (name, change) in changes {
        let (item, mut read) = conversation();
        let Some(Record::Conversation(found)) = &mut read.record else {
            unreachable!()
        };
        change(found);
        assert_eq!(run(&item, &[], &read), [format!("differs  {name}")]);
        let loss = Loss::new(name, Effect::Dropped, "declared");
        assert_eq!(run(&item, &[loss], &read), [""; 0], "{name} was declared");
    }
}

#[test]
fn a_reference_without_a_target_is_found() {
    let (mut item, read) = conversation();
    item.refs = Refs::default();
    let told = run(&item, &[], &read);
    for name in [
        field::GROUP,
        field::ORGANIZATION,
        field::CUSTOM_FIELDS,
        field::REQUESTER,
    ] {
        assert!(
            told.contains(&format!("differs  {name}")),
            "{name}: {told:?}"
        );
    }
}

#[test]
fn each_value_of_a_message_is_compared() {
    type Change = fn(&mut Message);
    let changes: [(&str, Change); 5] = [
        (field::MESSAGE_BODY, |m| {
            m.html = Some("<p>edited</p>".into())
        }),
        (field::MESSAGE_VISIBILITY, |m| {
            m.visibility = Access::Internal
        }),
        (field::MESSAGE_CHANNEL, |m| m.channel = Channel::Api),
        (field::MESSAGE_SENT_AT, |m| {
            m.sent_at = date("2026-01-01T00:00:00Z")
        }),
        (field::MESSAGE_AUTHOR, |m| m.author.id = Some("tc2".into())),
    ];
    for (name, change) in changes {
        let (item, mut read) = conversation();
        change(&mut read.messages[1]);
        assert_eq!(run(&item, &[], &read), [format!("differs m1 {name}")]);
        let of = |part| vec![Loss::new(name, Effect::Dropped, "declared").of(part)];
        assert_eq!(run(&item, &of("m1"), &read), [""; 0], "{name} was declared");
        assert_eq!(run(&item, &of("m2"), &read).len(), 1, "for another message");
    }
}

#[test]
fn messages_that_are_gone_new_or_moved_are_named() {
    let (item, mut read) = conversation();
    read.messages.remove(1);
    assert_eq!(run(&item, &[], &read), ["missing m1 message"]);

    let (item, mut read) = conversation();
    let mut new = message(9);
    new.id = "t9".into();
    read.messages.insert(1, new);
    let compared = compare(&item, "900", &[], &HashMap::new(), &read);
    assert_eq!(told(&compared), ["extra t9 message"]);
    assert_eq!(compared.parts[&Kind::Message].extra, 1);
    assert_eq!(compared.parts[&Kind::Message].matched, 4);

    let (item, mut read) = conversation();
    let first = read.messages.remove(0);
    read.messages.push(first);
    assert_eq!(run(&item, &[], &read), ["differs m0 message.order"]);
}

#[test]
fn what_was_moved_to_the_first_line_is_compared_there() {
    let (item, mut read) = conversation();
    let losses = [
        Loss::new(field::MESSAGE_SENT_AT, Effect::Moved, "first line"),
        Loss::new(field::MESSAGE_AUTHOR, Effect::Moved, "first line"),
    ];
    let Body::Conversation(bundle) = &item.body else {
        unreachable!()
    };
    let own: Vec<&Message> = bundle.messages.iter().map(|part| &part.message).collect();
    let imported = |read: &mut ReadBack, n: usize, author: &Author, sent: Option<Date>| {
        let line = text::attribution(author, sent, None);
        let there = read.messages.iter_mut().find(|m| m.id == format!("t{n}"));
        let there = there.unwrap();
        there.html = there
            .html
            .take()
            .map(|html| text::with_attribution(&line, &html, true));
        there.sent_at = date("2026-01-01T00:00:00Z");
        there.author.id = Some("importer".into());
    };
    for (n, message) in own.iter().enumerate() {
        imported(&mut read, n, &message.author, message.sent_at);
    }
    assert_eq!(run(&item, &losses, &read), [""; 0]);

    let (_, mut read) = conversation();
    let other = Author {
        name: Some("Somebody".into()),
        ..Author::default()
    };
    imported(&mut read, 1, &other, date("2020-01-01T00:00:00Z"));
    let told = run(&item, &losses, &read);
    assert_eq!(
        told,
        ["differs m1 message.sent_at", "differs m1 message.author"]
    );
}

#[test]
fn files_are_compared_by_sum_size_and_name() {
    let (item, mut read) = conversation();
    read.attachments.remove(0);
    assert_eq!(run(&item, &[], &read), ["missing f1 attachment"]);

    let (item, mut read) = conversation();
    read.attachments.push(attachment("t9", "new.txt", 9));
    assert_eq!(run(&item, &[], &read), ["extra t9 attachment"]);

    let (item, mut read) = conversation();
    read.attachments[1].size = Some(8);
    assert_eq!(run(&item, &[], &read), ["differs f2 attachment"]);

    let (item, mut read) = conversation();
    read.attachments[1].name = "c.txt".into();
    assert_eq!(run(&item, &[], &read), ["differs f2 attachment.name"]);

    let (mut item, mut read) = conversation();
    if let Body::Conversation(bundle) = &mut item.body {
        bundle.messages[0].attachments[1].attachment.sha256 = Some("aa".into());
    }
    read.attachments[1].sha256 = Some("bb".into());
    assert_eq!(run(&item, &[], &read), ["differs f2 attachment"]);

    // What could not be fetched from the source is a problem, not a difference.
    let (mut item, read) = conversation();
    if let Body::Conversation(bundle) = &mut item.body {
        bundle.messages[0].attachments[1].path = Err(Arc::from("gone"));
    }
    assert_eq!(run(&item, &[], &read), [""; 0]);

    // What hangs on a note of ours is ours.
    let (item, mut read) = conversation();
    let mut ours = attachment("t9", "rating.json", 9);
    ours.owner = Owner::Message("ours".into());
    read.attachments.push(ours);
    assert_eq!(run(&item, &[], &read), [""; 0]);
}

#[test]
fn each_value_of_a_contact_is_compared() {
    let contact = Contact {
        id: "1".into(),
        name: Some("Zoë".into()),
        identities: vec![
            Identity::new(IdentityKind::Email, "zoe@example.com"),
            Identity::new(IdentityKind::Phone, "+49 89 1234"),
            Identity::new(IdentityKind::Twitter, "@zoe"),
        ],
        organization_ids: vec!["o1".into()],
        locale: Some("de-AT".into()),
        time_zone: Some("Europe/Vienna".into()),
        tags: vec!["vip".into()],
        notes: Some("calls on Mondays".into()),
        details: Some("since 2010".into()),
        title: Some("Head of Paper".into()),
        custom_fields: [("x1".to_owned(), true.into())].into(),
        created_at: date("2020-05-01T10:00:00Z"),
        ..Contact::default()
    };
    let there = Contact {
        identities: vec![
            Identity::new(IdentityKind::Email, "Zoe@Example.com"),
            Identity::new(IdentityKind::Mobile, "+49891234"),
            Identity::new(IdentityKind::Twitter, "zoe"),
        ],
        organization_ids: vec!["to1".into()],
        locale: Some("de".into()),
        custom_fields: [("tx1".to_owned(), true.into())].into(),
        ..contact.clone()
    };
    type Change = fn(&mut Contact);
    let changes: [(&str, Change); 14] = [
        (field::CONTACT_NAME, |c| c.name = Some("Zoe".into())),
        (field::CONTACT_IDENTITIES, |c| drop(c.identities.remove(0))),
        (field::CONTACT_IDENTITIES, |c| drop(c.identities.remove(1))),
        (field::CONTACT_IDENTITIES, |c| drop(c.identities.remove(2))),
        (field::CONTACT_ORGANIZATIONS, |c| c.organization_ids.clear()),
        (field::CONTACT_LOCALE, |c| c.locale = Some("fr".into())),
        (field::CONTACT_LOCALE, |c| c.time_zone = None),
        (field::CONTACT_TAGS, |c| c.tags.clear()),
        (field::CONTACT_NOTES, |c| c.notes = None),
        (field::CONTACT_NOTES, |c| c.details = None),
        (field::CONTACT_NOTES, |c| c.title = None),
        (field::CONTACT_STATE, |c| c.blocked = true),
        (field::CONTACT_FIELDS, |c| c.custom_fields.clear()),
        (field::CONTACT_DATES, |c| c.created_at = None),
    ];
    let item = item(Body::Contact(contact));
    let back = |contact: &Contact| ReadBack {
        record: Some(Record::Contact(contact.clone())),
        ..ReadBack::default()
    };
    assert_eq!(run(&item, &[], &back(&there)), [""; 0]);
    for (name, change) in changes {
        let mut found = there.clone();
        change(&mut found);
        assert_eq!(run(&item, &[], &back(&found)), [format!("differs  {name}")]);
    }
}

#[test]
fn each_value_of_an_organization_is_compared() {
    let organization = Organization {
        id: "1".into(),
        name: "Lumen".into(),
        domains: vec!["lumen.example.com".into()],
        tags: vec!["gold".into()],
        notes: Some("pays late".into()),
        custom_fields: [("x1".to_owned(), "a".into())].into(),
        created_at: date("2020-05-01T10:00:00Z"),
        ..Organization::default()
    };
    let there = Organization {
        custom_fields: [("tx1".to_owned(), "a".into())].into(),
        ..organization.clone()
    };
    type Change = fn(&mut Organization);
    let changes: [(&str, Change); 6] = [
        (field::ORGANIZATION_NAME, |o| o.name = "Lümen".into()),
        (field::ORGANIZATION_RECORD, |o| o.domains.clear()),
        (field::ORGANIZATION_RECORD, |o| o.notes = None),
        (field::ORGANIZATION_TAGS, |o| o.tags.clear()),
        (field::ORGANIZATION_FIELDS, |o| o.custom_fields.clear()),
        (field::ORGANIZATION_DATES, |o| o.created_at = None),
    ];
    let item = item(Body::Organization(organization));
    for (name, change) in changes {
        let mut found = there.clone();
        change(&mut found);
        let read = ReadBack {
            record: Some(Record::Organization(found)),
            ..ReadBack::default()
        };
        assert_eq!(run(&item, &[], &read), [format!("differs  {name}")]);
    }
}
