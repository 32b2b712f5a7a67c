//! What is read from a real Request Tracker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deskferry::connector::{CheckLevel, ErrorKind, Scope, Source};
use deskferry::schema::{
    Article, ArticleState, Attachment, Conversation, FieldType, Identity, IdentityKind, Key, Kind,
    LinkKind, Message, Record, Status,
};
use futures::StreamExt;
use serde_json::{Value, json};
use sha2::Digest;

use crate::server::Rt;

/// All records by key, and how often each ticket came.
pub struct Desk {
    records: BTreeMap<Key, Record>,
    times: BTreeMap<Key, u32>,
}

pub fn scope() -> Scope {
    Scope {
        since: None,
        kinds: Kind::ALL.to_vec(),
    }
}

pub async fn everything(source: &Arc<dyn Source>) -> Desk {
    let mut desk = Desk {
        records: BTreeMap::new(),
        times: BTreeMap::new(),
    };
    let scope = scope();
    for stream in source.streams(&scope) {
        let mut cursor: Option<String> = None;
        loop {
            let page = source
                .pull(stream, cursor.as_deref(), &scope)
                .await
                .unwrap();
            assert!(
                page.problems.is_empty(),
                "{}: {:?}",
                stream.name,
                page.problems
            );
            assert!(!page.raw.is_empty(), "{} kept no answer", stream.name);
            for record in page.records {
                *desk.times.entry(record.key()).or_default() += 1;
                desk.records.insert(record.key(), record);
            }
            if page.done {
                break;
            }
            assert_ne!(page.next, cursor, "{} repeats its cursor", stream.name);
            cursor = page.next.or(cursor);
        }
    }
    for conversation in desk.all(Kind::Conversation) {
        let Record::Conversation(conversation) = conversation else {
            unreachable!()
        };
        let page = source.messages_of(&conversation).await.unwrap();
        assert!(page.problems.is_empty(), "{:?}", page.problems);
        for record in page.records {
            desk.records.insert(record.key(), record);
        }
    }
    desk
}

impl Desk {
    fn all(&self, kind: Kind) -> Vec<Record> {
        self.records
            .values()
            .filter(|record| record.kind() == kind)
            .cloned()
            .collect()
    }

    fn ticket(&self, id: &str) -> &Conversation {
        match &self.records[&Key::new(Kind::Conversation, id)] {
            Record::Conversation(conversation) => conversation,
            _ => unreachable!(),
        }
    }

    fn messages(&self, id: &str) -> Vec<&Message> {
        let mut all: Vec<&Message> = self
            .records
            .values()
            .filter_map(|record| match record {
                Record::Message(message) if message.conversation_id == id => Some(message),
                _ => None,
            })
            .collect();
        all.sort_by_key(|message| message.id.parse::<u64>().unwrap());
        all
    }

    fn attachments(&self) -> Vec<&Attachment> {
        self.records
            .values()
            .filter_map(|record| match record {
                Record::Attachment(attachment) => Some(attachment),
                _ => None,
            })
            .collect()
    }
}

fn fact<'a>(facts: &'a Value, name: &str) -> &'a str {
    facts[name].as_str().unwrap()
}

pub async fn check_is_good(source: &Arc<dyn Source>) {
    let items = source.check().await.unwrap();
    assert!(
        items.iter().all(|item| item.level == CheckLevel::Ok),
        "{items:?}"
    );
    let inventory = source.inventory().await.unwrap();
    assert!(
        inventory
            .counts
            .iter()
            .all(|(_, count)| count.is_some_and(|n| n > 0)),
        "{inventory:?}"
    );
}

pub fn everybody_is_there(desk: &Desk) {
    let Record::Contact(zoe) = &desk.records[&Key::new(Kind::Contact, "zoe@example.test")] else {
        unreachable!()
    };
    assert_eq!(zoe.name.as_deref(), Some("Zoë Kundin"));
    assert_eq!(zoe.organization_ids, ["Müller GmbH"]);
    assert_eq!(zoe.notes.as_deref(), Some("VIP"));
    assert_eq!(zoe.identity(IdentityKind::Mobile), Some("+49 170 1"));
    assert!(
        desk.records
            .contains_key(&Key::new(Kind::Organization, "Müller GmbH"))
    );
    let Record::Contact(walkin) = &desk.records[&Key::new(Kind::Contact, "walkin")] else {
        unreachable!()
    };
    assert_eq!(walkin.email(), None);
    assert!(matches!(
        walkin.identities[..],
        [Identity {
            kind: IdentityKind::Login,
            ..
        }]
    ));
    // A disabled user is in no ordinary list.
    let Record::Contact(old) = &desk.records[&Key::new(Kind::Contact, "old@example.test")] else {
        unreachable!()
    };
    assert!(old.blocked);
    for agent in ["ada", "bob", "root"] {
        assert!(
            desk.records.contains_key(&Key::new(Kind::Agent, agent)),
            "{agent}"
        );
    }
    for nobody in ["RT_System", "Nobody"] {
        assert!(!desk.records.contains_key(&Key::new(Kind::Contact, nobody)));
        assert!(!desk.records.contains_key(&Key::new(Kind::Agent, nobody)));
    }
}

pub fn fields_of_every_type(desk: &Desk) {
    let fields: BTreeMap<String, FieldType> = desk
        .all(Kind::Field)
        .into_iter()
        .filter_map(|record| match record {
            Record::Field(field) => Some((field.label, field.field_type)),
            _ => None,
        })
        .collect();
    for (label, wanted) in [
        ("Severity", FieldType::Select),
        ("Products", FieldType::MultiSelect),
        ("Order", FieldType::Text),
        ("Story", FieldType::TextArea),
        ("Go live", FieldType::Date),
        ("Seen at", FieldType::DateTime),
    ] {
        assert_eq!(fields[label], wanted, "{label}");
    }
}

pub fn every_ticket_is_read_once(desk: &Desk, facts: &Value) {
    let tickets = desk.all(Kind::Conversation).len();
    assert_eq!(tickets as u64, facts["tickets"].as_u64().unwrap());
    for (key, times) in &desk.times {
        if key.kind == Kind::Conversation {
            assert_eq!(*times, 1, "{key} came {times} times");
        }
    }
    let first = desk.ticket(fact(facts, "first"));
    assert_eq!(
        first.subject.as_deref(),
        Some("Drucker kaputt – 印刷できない 🖨️")
    );
    assert_eq!(
        first.created_at.unwrap().to_string(),
        "2019-03-04T05:06:07Z"
    );
    assert_eq!(first.due_at.unwrap().to_string(), "2019-04-01T00:00:00Z");
    assert_eq!(first.assignee_id.as_deref(), Some("ada"));
    assert_eq!(first.follower_ids, ["bob"]);
    assert_eq!(first.priority_name.as_deref(), Some("37"));
    assert!(first.cc_ids.contains(&"cc1@example.test".to_owned()));
    let values: Vec<String> = first.custom_fields.values().map(Value::to_string).collect();
    for wanted in [
        r#""High""#,
        r#"["Alpha","Gamma"]"#,
        r#""A-1 'quoted' \\ 100%""#,
        r#"["s1","s2"]"#,
        r#""line 1\nline 2""#,
        r#""2024-02-29""#,
        r#""2024-02-29T12:34:56Z""#,
        r#""192.0.2.1""#,
        r#""Köln""#,
    ] {
        assert!(
            values.contains(&wanted.to_owned()),
            "{wanted} is not in {values:?}"
        );
    }
}

pub fn unset_dates_are_none(desk: &Desk, facts: &Value) {
    let long = desk.ticket(fact(facts, "long"));
    assert_eq!((long.due_at, long.solved_at), (None, None));
    let solved = desk.ticket(fact(facts, "solved"));
    assert_eq!(solved.status, Status::Solved);
    assert_eq!(
        solved.solved_at.unwrap().to_string(),
        "2017-01-02T00:00:00Z"
    );
}

pub fn deleted_and_merged_tickets_are_found(desk: &Desk, facts: &Value) {
    let deleted = desk.ticket(fact(facts, "deleted"));
    assert!(deleted.deleted);
    assert_eq!(deleted.subject.as_deref(), Some("gelöscht"));
    assert_eq!(desk.messages(&deleted.id).len(), 1);
    let merged = desk.ticket(fact(facts, "merged"));
    assert_eq!(merged.links[0].kind, LinkKind::MergedInto);
    assert_eq!(merged.links[0].id, fact(facts, "first"));
    assert!(
        desk.messages(&merged.id).is_empty(),
        "they belong to the other ticket"
    );
    assert_eq!(
        desk.ticket(fact(facts, "rejected")).status_name.as_deref(),
        Some("rejected")
    );
}

pub fn links_are_read(desk: &Desk, facts: &Value) {
    let first = fact(facts, "first");
    for (from, kind) in [
        ("solved", LinkKind::Related),
        ("rejected", LinkKind::Parent),
        ("inline", LinkKind::DependsOn),
    ] {
        let links = &desk.ticket(fact(facts, from)).links;
        assert!(
            links
                .iter()
                .any(|link| link.kind == kind && link.id == first),
            "{from}: {links:?}"
        );
    }
}

pub fn only_messages_are_read_from_the_history(desk: &Desk, facts: &Value) {
    let messages = desk.all(Kind::Message);
    assert_eq!(messages.len() as u64, facts["messages"].as_u64().unwrap());
    let first = desk.messages(fact(facts, "first"));
    let texts: Vec<&str> = first
        .iter()
        .map(|message| {
            message
                .html
                .as_deref()
                .or(message.text.as_deref())
                .unwrap_or("")
        })
        .collect();
    assert_eq!(
        texts,
        [
            "Hallo,\n\nder Drucker geht nicht.\n\nZoë",
            "<p>Haben Sie <b>Papier</b>? &amp; Toner?</p>",
            "Intern: der Kunde ist nett",
            "תודה רבה 🎉 مرحبا",
            "das Gleiche nochmal",
        ]
    );
    let authors: Vec<&str> = first
        .iter()
        .map(|message| message.author.id.as_deref().unwrap())
        .collect();
    assert_eq!(authors, ["root", "ada", "bob", "root", "root"]);
    assert_eq!(first[2].visibility, deskferry::schema::Access::Internal);
    assert!(
        first
            .iter()
            .all(|m| m.sent_at.unwrap().to_string().as_str() < "2022"),
        "backdated"
    );
}

pub fn long_histories_are_paged(desk: &Desk, facts: &Value) {
    let long = desk.messages(fact(facts, "long"));
    assert_eq!(long.len(), 106);
    assert_eq!(long[105].text.as_deref(), Some("Nachricht 104"));
}

pub fn both_bodies_and_headers_of_a_mail(desk: &Desk, facts: &Value) {
    let message = desk.messages(fact(facts, "both"))[0];
    assert_eq!(message.html.as_deref(), Some("<p>mit <i>HTML</i></p>"));
    assert_eq!(message.text.as_deref(), Some("nur Text"));
    assert_eq!(message.to, ["support@rt.test", "sales@rt.test"]);
    assert_eq!(message.in_reply_to.as_deref(), Some("before@example.test"));
    assert_eq!(message.channel, deskferry::schema::Channel::Email);
    assert_eq!(message.declared_attachments, Some(1), "the empty file");
}

pub fn inline_images_are_tied_to_the_text(desk: &Desk, facts: &Value) {
    let message = desk.messages(fact(facts, "inline"))[0];
    let image = desk
        .attachments()
        .into_iter()
        .find(|attachment| attachment.name == "pixel.png")
        .unwrap();
    assert!(image.inline);
    assert_eq!(image.content_id.as_deref(), Some("pixel@example.test"));
    assert_eq!(
        image.owner,
        deskferry::schema::Owner::Message(message.id.clone())
    );
}

pub async fn bytes_survive(source: &Arc<dyn Source>, desk: &Desk, facts: &Value) {
    let mut found = BTreeSet::new();
    for attachment in desk.attachments() {
        let mut blob = source.fetch_blob(attachment).await.unwrap();
        let mut hash = sha2::Sha256::new();
        let mut size = 0;
        while let Some(bytes) = blob.bytes.next().await {
            let bytes = bytes.unwrap();
            size += bytes.len() as u64;
            hash.update(&bytes);
        }
        assert_eq!(attachment.size, Some(size), "{}", attachment.name);
        found.insert(hex::encode(hash.finalize()));
    }
    for wanted in facts["hashes"].as_array().unwrap() {
        assert!(
            found.contains(wanted.as_str().unwrap()),
            "a file is missing or changed"
        );
    }
    let names: Vec<&str> = desk.attachments().iter().map(|a| a.name.as_str()).collect();
    for name in ["Größe 表 😀.txt", "Latin ä.csv", "leer.bin", "big.bin"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}

pub fn booked_time_is_read(desk: &Desk, facts: &Value) {
    let minutes: u64 = desk
        .all(Kind::TimeEntry)
        .iter()
        .filter_map(|record| match record {
            Record::TimeEntry(entry) if entry.conversation_id == fact(facts, "first") => {
                Some(entry.seconds / 60)
            }
            _ => None,
        })
        .sum();
    assert_eq!(minutes, 12 + 5 + 3);
}

pub fn articles_are_read(desk: &Desk) {
    let articles: Vec<Article> = desk
        .all(Kind::Article)
        .into_iter()
        .filter_map(|record| match record {
            Record::Article(article) => Some(article),
            _ => None,
        })
        .collect();
    assert_eq!(articles.len(), 3);
    let find = |title: &str| {
        articles
            .iter()
            .find(|article| article.title() == title)
            .unwrap()
    };
    let html = find("Passwort zurücksetzen").translations[0]
        .html
        .clone()
        .unwrap();
    assert_eq!(
        deskferry::connector::text::html_to_text(&html),
        "Schritt 1\nSchritt 2 ü"
    );
    assert_eq!(
        find("Alt").translations[0].state,
        Some(ArticleState::Archived)
    );
    assert_ne!(
        find("Alt").category_id,
        find("Passwort zurücksetzen").category_id
    );
}

pub async fn a_wrong_token_is_an_auth_error(rt: &Rt) {
    std::fs::write(rt.state.join("wrong"), "1-14-0000").unwrap();
    let mut setup = rt.setup("");
    let text = format!("base_url = '{}'\ntoken = {{ file = 'wrong' }}", rt.url);
    setup.options = deskferry::connector::Options::new(text.parse().unwrap(), "source", &rt.state);
    let source = (deskferry::connector::find("request_tracker")
        .unwrap()
        .source)(setup)
    .unwrap();
    assert_eq!(source.check().await.unwrap_err().kind, ErrorKind::Auth);
}

pub async fn queues_can_be_chosen(rt: &Rt) {
    let source = rt.source("queues = ['Billing']");
    let stream = source
        .streams(&scope())
        .into_iter()
        .find(|s| s.name == "tickets")
        .unwrap();
    let page = source.pull(stream, None, &scope()).await.unwrap();
    assert!(!page.records.is_empty());
    let queues: BTreeSet<Option<String>> = page
        .records
        .into_iter()
        .map(|record| match record {
            Record::Conversation(conversation) => conversation.group_id,
            _ => None,
        })
        .collect();
    assert_eq!(queues.len(), 1);
}

pub async fn a_later_run_reads_only_what_changed(source: &Arc<dyn Source>, rt: &Rt) {
    let stream = source
        .streams(&scope())
        .into_iter()
        .find(|s| s.name == "tickets")
        .unwrap();
    let first = source.pull(stream, None, &scope()).await.unwrap();
    assert!(first.done);
    let cursor = first.next.unwrap();
    let second = source.pull(stream, Some(&cursor), &scope()).await.unwrap();
    assert!(second.records.is_empty(), "all changes are long ago");
    let id = first.records[0].id().to_owned();
    rt.sql(&format!(
        "UPDATE Tickets SET LastUpdated = datetime('now') WHERE id = {id}"
    ));
    let third = source
        .pull(stream, second.next.as_deref(), &scope())
        .await
        .unwrap();
    assert_eq!(
        third.records.iter().map(Record::id).collect::<Vec<_>>(),
        [id.as_str()]
    );
    rt.sql(&format!(
        "UPDATE Tickets SET LastUpdated = '2021-06-01 00:00:00' WHERE id = {id}"
    ));
}

pub async fn the_history_is_read_on_request(rt: &Rt) {
    let body = json!({"Queue": "General", "Subject": "Changed", "Requestor": "kim@example.test", "Content": "first"});
    let ticket = &rt.rest("POST", "/ticket", &body)["id"];
    let id = ticket.as_str().map_or(ticket.to_string(), str::to_owned);
    for change in [
        json!({"Status": "open"}),
        json!({"Owner": "root"}),
        json!({"Subject": "Changed twice"}),
        json!({"Cc": ["lee@example.test"]}),
    ] {
        rt.rest("PUT", &format!("/ticket/{id}"), &change);
    }
    let conversation = Conversation {
        id: id.clone(),
        ..Conversation::default()
    };
    let entries = async |more: &str| -> Vec<Message> {
        let page = rt.source(more).messages_of(&conversation).await.unwrap();
        assert!(page.problems.is_empty(), "{:?}", page.problems);
        let messages = page.records.into_iter().filter_map(|record| match record {
            Record::Message(message) => Some(message),
            _ => None,
        });
        messages.filter(Message::is_history).collect()
    };
    assert!(entries("").await.is_empty(), "it was not asked for");
    let told: Vec<String> = entries("history = 'notes'")
        .await
        .iter()
        .map(|entry| {
            assert_eq!(entry.author.id.as_deref(), Some("root"));
            assert!(entry.sent_at.is_some() && entry.text.is_none());
            let change = &entry.changes[0];
            let shown = |value: &Option<String>| value.clone().unwrap_or_default();
            format!(
                "{}: {} -> {}",
                change.field,
                shown(&change.from),
                shown(&change.to)
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "status: new -> open",
            "owner:  -> root",
            "Subject: Changed -> Changed twice",
            "Cc:  -> lee@example.test"
        ]
    );
    assert!(rt.source("").not_read().await.unwrap().len() == 1);
    assert!(
        rt.source("history = 'notes'")
            .not_read()
            .await
            .unwrap()
            .is_empty()
    );
}
