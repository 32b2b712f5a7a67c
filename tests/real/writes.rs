//! What a real Request Tracker takes, and that it mails nobody.

use std::sync::Arc;

use async_trait::async_trait;
use deskferry::connector::{
    Body, Bundle, Error, File, Item, Journal, Part, Probe, Refs, Reply, Result, Sink, TargetDesk,
    WriteAction, Written, text,
};
use deskferry::schema::{
    Access, Attachment, Author, AuthorKind, Contact, Conversation, Extra, Field, FieldOption,
    FieldType, Group, Identity, IdentityKind, Key, Kind, Link, LinkKind, Message, Owner, Record,
    Status,
};

use crate::server::Rt;

struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn note(&self, _notes: Vec<(Key, String)>) -> Result<()> {
        Ok(())
    }
}

fn item(body: Body, refs: Refs, marker: &str) -> Item {
    Item::new(body, refs, marker)
}

async fn write(sink: &Arc<dyn Sink>, item: &Item, target: &TargetDesk) -> Result<Written, Error> {
    sink.write(std::slice::from_ref(item), target, &NoJournal)
        .await
        .into_iter()
        .next()
        .unwrap()
}

fn probe(item: &Item) -> Probe<'_> {
    Probe {
        item,
        begun_at: deskferry::schema::Date::now(),
        note: None,
    }
}

fn customer(id: &str) -> Contact {
    Contact {
        id: id.into(),
        name: Some("Käthe Probe".into()),
        identities: vec![Identity::new(
            IdentityKind::Email,
            format!("{id}@example.test"),
        )],
        ..Contact::default()
    }
}

pub async fn users_queues_and_fields_are_matched(rt: &Rt) {
    let sink = rt.sink("");
    let target = sink.describe().await.unwrap();
    assert_eq!(target.me.as_ref().unwrap().id, "root");
    let first = item(
        Body::Contact(customer("kaethe")),
        Refs::default(),
        "t:contact:1",
    );
    let made = write(&sink, &first, &target).await.unwrap();
    assert_eq!(made.action, WriteAction::Created);
    let again = write(&sink, &first, &target).await.unwrap();
    assert_eq!(
        (again.action, again.id.as_str()),
        (WriteAction::Matched, made.id.as_str())
    );
    let nameless = Contact {
        id: "9".into(),
        name: Some("Ohne Adresse".into()),
        ..Contact::default()
    };
    let nameless = item(Body::Contact(nameless), Refs::default(), "t:contact:9");
    let id = write(&sink, &nameless, &target).await.unwrap().id;
    assert_eq!(write(&sink, &nameless, &target).await.unwrap().id, id);
    let group = Group {
        id: "1".into(),
        name: "Neue Schlange".into(),
        ..Group::default()
    };
    let group = item(Body::Group(group), Refs::default(), "t:group:1");
    let id = write(&sink, &group, &target).await.unwrap().id;
    let again = write(&sink, &group, &target).await.unwrap();
    assert_eq!((again.id, again.action), (id, WriteAction::Matched));
}

pub async fn hidden_values_are_refused_before_they_are_dropped(rt: &Rt) {
    let sink = rt.sink("");
    let target = sink.describe().await.unwrap();
    let field = Field {
        id: "7".into(),
        on: Some(Kind::Conversation),
        label: "Farbe".into(),
        field_type: FieldType::Select,
        options: ["rot", "grün"]
            .map(|value| FieldOption {
                value: value.into(),
                label: value.into(),
            })
            .to_vec(),
        active: true,
        ..Field::default()
    };
    let field = item(Body::Field(field), Refs::default(), "t:field:7");
    let id = write(&sink, &field, &target).await.unwrap().id;
    let target = sink.describe().await.unwrap();
    let made = target.fields.iter().find(|field| field.id == id).unwrap();
    assert_eq!(made.options.len(), 2);
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Field, "7"), id);
    let mut conversation = Conversation {
        id: "70".into(),
        subject: Some("bunt".into()),
        ..Conversation::default()
    };
    conversation.custom_fields.insert("7".into(), "blau".into());
    let bundle = Bundle {
        conversation,
        messages: Vec::new(),
        ratings: Vec::new(),
        time_entries: Vec::new(),
    };
    let one = item(
        Body::Conversation(Box::new(bundle)),
        refs,
        "t:conversation:70",
    );
    let (reason, _) = sink
        .assess(&one, &target)
        .blocked
        .expect("RT would drop it without a word");
    assert!(reason.to_string().contains("blau"), "{reason}");
    assert!(write(&sink, &one, &target).await.is_err());
}

pub async fn queue_watchers_are_an_interlock(rt: &Rt) {
    let sink = rt.sink("");
    assert!(sink.interlocks().await.unwrap().is_empty());
    assert_eq!(
        rt.sink("assign = 'mail'").interlocks().await.unwrap().len(),
        1
    );
}

/// Two public messages with files and a note, people, an owner, a date of
/// resolution: all of it there, found again by its marker, and no mail.
pub async fn a_conversation_is_found_by_its_marker_and_mails_nobody(rt: &Rt) {
    let sink = rt.sink("");
    let target = sink.describe().await.unwrap();
    let contact = item(
        Body::Contact(customer("mailme")),
        Refs::default(),
        "t:contact:2",
    );
    let login = write(&sink, &contact, &target).await.unwrap().id;
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Contact, "c1"), login);
    refs.insert(Key::new(Kind::Agent, "a1"), "root".into());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(format!("{}", name.len()));
        std::fs::write(&path, bytes).unwrap();
        File {
            attachment: Attachment {
                id: name.into(),
                owner: Owner::Message("m1".into()),
                name: name.into(),
                mime: Some("text/plain".into()),
                size: Some(bytes.len() as u64),
                inline: false,
                content_id: None,
                url: None,
                sha256: None,
                locale: None,
                created_at: None,
                extra: Extra::new(),
            },
            path: Ok(path),
            size: bytes.len() as u64,
            from: None,
        }
    };
    let part = |id: &str, body: &str, visibility: Access, attachments: Vec<File>| Part {
        message: Message {
            id: id.into(),
            conversation_id: "42".into(),
            author: Author {
                kind: AuthorKind::Contact,
                id: Some("c1".into()),
                name: Some("Käthe Probe".into()),
                email: Some("mailme@example.test".into()),
            },
            visibility,
            text: Some(body.into()),
            sent_at: Some("2016-05-06T07:08:00Z".parse().unwrap()),
            ..Message::default()
        },
        attachments,
    };
    let latin = "Größe\n".chars().map(|c| c as u8).collect::<Vec<u8>>();
    let first = part(
        "m1",
        "erste",
        Access::Public,
        vec![
            file("Größe 表 😀.txt", "ü\n".as_bytes()),
            file("latin.txt", &latin),
            file("leer.txt", b""),
        ],
    );
    let conversation = Conversation {
        id: "42".into(),
        subject: Some("Drei Zeilen 🖨️".into()),
        status: Status::Solved,
        requester_id: Some("c1".into()),
        assignee_id: Some("a1".into()),
        cc_emails: vec!["cc@example.test".into()],
        created_at: Some("2016-05-06T07:08:09Z".parse().unwrap()),
        solved_at: Some("2016-06-01T00:00:00Z".parse().unwrap()),
        ..Conversation::default()
    };
    let bundle = Bundle {
        conversation: conversation.clone(),
        messages: vec![first],
        ratings: Vec::new(),
        time_entries: Vec::new(),
    };
    let marker = "t:conversation:42";
    let one = item(Body::Conversation(Box::new(bundle)), refs.clone(), marker);
    assert!(sink.find(&probe(&one)).await.unwrap().is_none());
    let ticket = write(&sink, &one, &target).await.unwrap();
    assert!(ticket.losses.is_empty(), "{:?}", ticket.losses);
    for (index, (id, body, visibility)) in [
        ("m2", "zweite", Access::Public),
        ("m3", "nur intern", Access::Internal),
        ("m4", "zweite", Access::Public),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = Reply {
            conversation: conversation.clone(),
            target_id: ticket.id.clone(),
            index: index as u32 + 1,
            last: index == 2,
            part: part(id, body, visibility, Vec::new()),
        };
        let reply = item(Body::Message(Box::new(reply)), refs.clone(), "t:message");
        assert!(
            sink.find(&probe(&reply)).await.unwrap().is_none(),
            "{id} is not there yet"
        );
        let written = write(&sink, &reply, &target).await.unwrap();
        let found = sink.find(&probe(&reply)).await.unwrap().unwrap();
        assert_eq!(found.id, written.id, "{id}");
    }
    let found = sink.find(&probe(&one)).await.unwrap().unwrap();
    assert_eq!(found.id, ticket.id);
    let back = sink
        .read(Kind::Conversation, std::slice::from_ref(&ticket.id))
        .await
        .unwrap()
        .remove(0);
    let Some(Record::Conversation(read)) = back.record else {
        panic!("not there")
    };
    assert_eq!(
        read.status,
        Status::Solved,
        "a message reopens a ticket: the status comes last"
    );
    assert_eq!(
        (read.created_at, read.solved_at),
        (conversation.created_at, conversation.solved_at)
    );
    assert_eq!(read.requester_id.as_deref(), Some("mailme@example.test"));
    assert_eq!(read.cc_ids, ["cc@example.test"]);
    let bodies: Vec<String> = back
        .messages
        .iter()
        .map(|message| text::comparable(message.text.as_deref().unwrap(), false))
        .collect();
    assert_eq!(bodies, ["erste", "zweite", "nur intern", "zweite"]);
    assert_eq!(back.messages[2].visibility, Access::Internal);
    let names: Vec<&str> = back
        .attachments
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["Größe 表 😀.txt", "latin.txt"]);
    assert_eq!(
        back.attachments[1].size,
        Some(latin.len() as u64),
        "RT did not convert it"
    );
    assert_eq!(rt.mails(), 0);

    // The watchers that are there now are not mailed by a later message either.
    let late = Reply {
        conversation: conversation.clone(),
        target_id: ticket.id.clone(),
        index: 4,
        last: true,
        part: part("m5", "später", Access::Public, Vec::new()),
    };
    let late = item(Body::Message(Box::new(late)), refs, "t:message");
    write(&sink, &late, &target).await.unwrap();
    assert_eq!(rt.mails(), 0);
    let back = sink
        .read(Kind::Conversation, std::slice::from_ref(&ticket.id))
        .await
        .unwrap()
        .remove(0);
    let Some(Record::Conversation(read)) = back.record else {
        panic!("not there")
    };
    assert_eq!(
        read.requester_id.as_deref(),
        Some("mailme@example.test"),
        "put back"
    );
    assert_eq!(read.status, Status::Solved);

    sink.delete(Kind::Conversation, &ticket.id).await.unwrap();
    let found = sink.find(&probe(&one)).await.unwrap().unwrap();
    assert_eq!(found.id, ticket.id, "deleted tickets are in no search");
    assert_eq!(rt.mails(), 0);
}

/// A link to a ticket that is written later, with a new sink for each step, as
/// after a crash.
pub async fn links_wait_for_their_other_end(rt: &Rt) {
    let ticket = |id: &str, links: Vec<Link>, refs: Refs| {
        let bundle = Bundle {
            conversation: Conversation {
                id: id.into(),
                subject: Some(format!("Ticket {id}")),
                links,
                ..Conversation::default()
            },
            messages: Vec::new(),
            ratings: Vec::new(),
            time_entries: Vec::new(),
        };
        item(
            Body::Conversation(Box::new(bundle)),
            refs,
            &format!("t:links:conversation:{id}"),
        )
    };
    let link = |kind, id: &str| Link {
        kind,
        id: id.into(),
    };
    let links_of = async |id: &str| {
        let back = rt.sink("").read(Kind::Conversation, &[id.to_owned()]).await;
        let Some(Record::Conversation(read)) = back.unwrap().remove(0).record else {
            panic!("ticket {id} is gone")
        };
        assert!(read.custom_fields.is_empty(), "our own fields are no data");
        read.links
    };
    let mut target = rt.sink("").describe().await.unwrap();
    target.groups.retain(|group| group.name == "General");
    let first = ticket(
        "1",
        vec![link(LinkKind::Related, "2"), link(LinkKind::Parent, "3")],
        Refs::default(),
    );
    let sink = rt.sink("");
    let first = write(&sink, &first, &target).await.unwrap().id;
    sink.finish(&target).await.unwrap();
    assert!(links_of(&first).await.is_empty(), "nothing to link to yet");

    let sink = rt.sink("");
    let second = ticket("2", Vec::new(), Refs::default());
    let second = write(&sink, &second, &target).await.unwrap().id;
    let sink = rt.sink("");
    sink.finish(&target).await.unwrap();
    let found = links_of(&first).await;
    assert_eq!(found, [link(LinkKind::Related, &second)]);

    let sink = rt.sink("");
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Conversation, "2"), second.clone());
    let third = ticket("3", vec![link(LinkKind::Related, "2")], refs);
    let third = write(&sink, &third, &target).await.unwrap().id;
    let at_once = links_of(&third).await;
    assert_eq!(at_once, [link(LinkKind::Related, &second)]);
    let sink = rt.sink("");
    sink.finish(&target).await.unwrap();
    sink.finish(&target).await.unwrap();
    let found = links_of(&first).await;
    assert_eq!(
        found,
        [
            link(LinkKind::Parent, &third),
            link(LinkKind::Related, &second)
        ]
    );
    let waiting = "SELECT count(*) FROM ObjectCustomFieldValues v, CustomFields f
        WHERE v.CustomField = f.id AND f.Name = 'deskferry links' AND v.Disabled = 0";
    assert_eq!(rt.sql(waiting), "0");
}

/// 300 kB of either sort, and markup that RT would leave out when it shows it.
pub async fn long_messages_and_active_markup_arrive_readable(rt: &Rt) {
    let sink = rt.sink("");
    let target = sink.describe().await.unwrap();
    let line = "Größe 表 😀 and more. ".repeat(20);
    let html: String = (0..600)
        .map(|n| format!("<p>{n} <b>{line}</b></p>"))
        .collect();
    let plain: String = (0..600).map(|n| format!("{n} {line}\n")).collect();
    assert!(html.len() > 300_000 && plain.len() > 300_000);
    let active = "<p>Watch <iframe src=\"https://video.example.com/7\"></iframe></p><script>no()</script><form><p>Order now</p></form>";
    let message = |id: &str, html: Option<&str>, text: Option<&str>| Part {
        message: Message {
            id: id.into(),
            conversation_id: "300".into(),
            html: html.map(str::to_owned),
            text: text.map(str::to_owned),
            sent_at: Some("2016-05-06T07:08:00Z".parse().unwrap()),
            ..Message::default()
        },
        attachments: Vec::new(),
    };
    let conversation = Conversation {
        id: "300".into(),
        subject: Some("Long".into()),
        ..Conversation::default()
    };
    let bundle = Bundle {
        conversation: conversation.clone(),
        messages: vec![message("l1", Some(&html), None)],
        ratings: Vec::new(),
        time_entries: Vec::new(),
    };
    let marker = "t:conversation:300";
    let one = item(
        Body::Conversation(Box::new(bundle)),
        Refs::default(),
        marker,
    );
    let ticket = write(&sink, &one, &target).await.unwrap().id;
    let later = [
        message("l2", None, Some(&plain)),
        message("l3", Some(active), None),
    ];
    for (index, part) in later.into_iter().enumerate() {
        let reply = Reply {
            conversation: conversation.clone(),
            target_id: ticket.clone(),
            index: index as u32 + 1,
            last: index == 1,
            part,
        };
        let reply = item(Body::Message(Box::new(reply)), Refs::default(), "t:message");
        let written = write(&sink, &reply, &target).await.unwrap();
        let found = sink.find(&probe(&reply)).await.unwrap().unwrap();
        assert_eq!(found.id, written.id);
    }
    let back = sink
        .read(Kind::Conversation, &[ticket])
        .await
        .unwrap()
        .remove(0);
    let said: Vec<String> = back
        .messages
        .iter()
        .map(|message| match (&message.html, &message.text) {
            (Some(html), _) => text::comparable(html, true),
            (None, text) => text::comparable(text.as_deref().unwrap(), false),
        })
        .collect();
    assert_eq!(said[0], text::comparable(&html, true));
    assert_eq!(said[1], text::comparable(&plain, false));
    assert_eq!(said[2], "Watch https://video.example.com/7 Order now");
    let shown = back.messages[2].html.as_deref().unwrap();
    assert!(
        !shown.contains("<script") && !shown.contains("<form"),
        "{shown}"
    );
    assert_eq!(rt.mails(), 0);
}
