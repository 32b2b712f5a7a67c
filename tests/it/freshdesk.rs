//! Freshdesk's connector against the simulated account.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use deskferry::connector::{
    Body, Bundle, ErrorKind, Item, Journal, Options, Part, Probe, Refs, Reply, Result, Scope,
    Setup, Sink, Source, WriteAction, find,
};
use deskferry::http::Settings;
use deskferry::mapping::PlatformMapping;
use deskferry::sandbox::{Config, Running};
use deskferry::schema::*;

const SPEED: f64 = 500.0;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

struct Account {
    addr: std::net::SocketAddr,
    _running: Running,
    _folder: tempfile::TempDir,
    stats: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
    setup: Box<dyn Fn() -> Setup>,
}

async fn account(seed: &str, features: &[&str]) -> Account {
    let connector = find("freshdesk").unwrap();
    let config = Config {
        seed: Some(fixture(seed)),
        plan: Some("enterprise".into()),
        speed: SPEED,
        features: features.iter().map(|f| (*f).to_owned()).collect(),
        ..Config::default()
    };
    let running = connector.sandbox.unwrap()(config).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "sandbox-key").unwrap();
    let table = format!(
        "domain = 'acme'\nbase_url = 'http://{}'\nplan = 'enterprise'\ncreate_fields = true\napi_key = {{ file = 'key' }}",
        running.addr
    );
    let path = folder.path().to_owned();
    Account {
        addr: running.addr,
        stats: Arc::clone(&running.stats),
        _running: running,
        _folder: folder,
        setup: Box::new(move || Setup {
            options: Options::new(table.parse().unwrap(), "source", &path),
            mapping: Arc::new(PlatformMapping::load("freshdesk", connector.mapping, None).unwrap()),
            http: Settings {
                speed: SPEED,
                ..Settings::default()
            },
        }),
    }
}

impl Account {
    fn source(&self) -> Arc<dyn Source> {
        (find("freshdesk").unwrap().source)((self.setup)()).unwrap()
    }

    /// Does what the interlocks ask for, and nothing else.
    async fn turn_off_rules(&self, sink: &dyn Sink) {
        let open = sink.interlocks().await.unwrap();
        let rules: Vec<&str> = open
            .iter()
            .filter(|lock| lock.proven)
            .map(|lock| lock.id.as_str())
            .collect();
        assert!(!rules.is_empty(), "the fixture has a rule that mails");
        for rule in rules {
            let (kind, id) = rule.strip_prefix("rule-").unwrap().split_once('-').unwrap();
            let url = format!("http://{}/api/v2/automations/{kind}/rules/{id}", self.addr);
            let request = reqwest::Client::new()
                .put(url)
                .basic_auth("sandbox-key", Some("X"));
            let answer = request
                .json(&serde_json::json!({"active": false}))
                .send()
                .await
                .unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
        }
        let left = sink.interlocks().await.unwrap();
        assert!(left.iter().all(|lock| !lock.proven), "{left:?}");
    }

    fn sink(&self) -> Arc<dyn Sink> {
        (find("freshdesk").unwrap().sink)((self.setup)()).unwrap()
    }
}

struct NoJournal;

#[async_trait::async_trait]
impl Journal for NoJournal {
    async fn note(&self, _: Vec<(Key, String)>) -> Result<()> {
        Ok(())
    }
}

fn rows(seed: &str, name: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(fixture(seed).join(format!("{name}.jsonl"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Everything that all streams give, by key; fails on problems and on cursors that stand still.
async fn pull_all(source: &dyn Source) -> BTreeMap<Key, Record> {
    let scope = Scope {
        since: None,
        kinds: Kind::ALL.to_vec(),
    };
    let mut all = BTreeMap::new();
    for stream in source.streams(&scope) {
        let mut cursor: Option<String> = None;
        let mut seen = BTreeSet::new();
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
            for record in page.records {
                assert!(stream.yields.contains(&record.kind()), "{}", stream.name);
                all.insert(record.key(), record);
            }
            if page.done {
                break;
            }
            cursor = page.next;
            assert!(
                seen.insert(cursor.clone()),
                "{} repeats {cursor:?}",
                stream.name
            );
        }
    }
    all
}

#[tokio::test]
async fn everything_of_the_fixture_is_read() {
    let account = account("freshdesk", &[]).await;
    let source = account.source();
    let all = pull_all(source.as_ref()).await;
    for (kind, file) in [
        (Kind::Organization, "companies"),
        (Kind::Contact, "contacts"),
        (Kind::Conversation, "tickets"),
        (Kind::Article, "articles"),
        (Kind::Macro, "canned_responses"),
        (Kind::TimeEntry, "time_entries"),
        (Kind::Rating, "satisfaction_ratings"),
    ] {
        let read: BTreeSet<&str> = all
            .keys()
            .filter(|key| key.kind == kind)
            .map(|key| key.id.as_str())
            .collect();
        for row in rows("freshdesk", file) {
            let id = row["id"].to_string();
            assert!(
                read.contains(id.as_str()),
                "{kind} {id} was not read; read: {read:?}"
            );
        }
    }
    let said = rows("freshdesk", "conversations");
    for record in all.values() {
        let Record::Conversation(conversation) = record else {
            continue;
        };
        let page = source.messages_of(conversation).await.unwrap();
        let ids: BTreeSet<&str> = page
            .records
            .iter()
            .filter(|r| r.kind() == Kind::Message)
            .map(Record::id)
            .collect();
        for row in said
            .iter()
            .filter(|row| row["ticket_id"].as_u64() == conversation.id.parse().ok())
        {
            let id = row["id"].to_string();
            assert!(
                ids.contains(id.as_str()),
                "message {id} of ticket {} was not read",
                conversation.id
            );
        }
    }
}

fn item(body: Body, marker: &str) -> Item {
    Item::new(body, Refs::default(), marker)
}

fn message(id: &str, text: &str, visibility: Access) -> Part {
    Part {
        message: Message {
            id: id.into(),
            conversation_id: "7".into(),
            author: Author {
                kind: AuthorKind::Contact,
                id: Some("c1".into()),
                ..Author::default()
            },
            html: Some(format!("<p>{text}</p>")),
            sent_at: Some("2019-06-25T10:15:00Z".parse().unwrap()),
            visibility,
            channel: Channel::Email,
            ..Message::default()
        },
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn a_ticket_is_written_once_and_mails_nobody() {
    let account = account("freshdesk-target", &["no_notifications"]).await;
    let sink = account.sink();
    account.turn_off_rules(sink.as_ref()).await;
    let target = sink.describe().await.unwrap();
    let contact = Contact {
        id: "c1".into(),
        name: Some("Cora Customer".into()),
        identities: vec![Identity::new(IdentityKind::Email, "cora.once@example.com")],
        ..Contact::default()
    };
    let person = item(Body::Contact(contact), "zendesk:acme:contact:c1");
    let written = sink
        .write(std::slice::from_ref(&person), &target, &NoJournal)
        .await
        .remove(0)
        .unwrap();
    assert_eq!(written.action, WriteAction::Created);
    let again = sink
        .write(std::slice::from_ref(&person), &target, &NoJournal)
        .await
        .remove(0);
    let again = match again {
        Ok(again) => again.id,
        Err(error) => match error.kind {
            ErrorKind::Conflict { existing } => existing.unwrap(),
            _ => panic!("{error}"),
        },
    };
    assert_eq!(again, written.id);

    let conversation = Conversation {
        id: "7".into(),
        subject: Some("Printer on fire".into()),
        status: Status::Closed,
        priority: Some(Priority::High),
        channel: Channel::Email,
        requester_id: Some("c1".into()),
        created_at: Some("2019-06-25T10:15:00Z".parse().unwrap()),
        tags: vec!["fire".into()],
        ..Conversation::default()
    };
    let bundle = Bundle {
        conversation: conversation.clone(),
        messages: vec![message("m1", "It burns", Access::Public)],
        ratings: Vec::new(),
        time_entries: Vec::new(),
    };
    let mut ticket = item(
        Body::Conversation(Box::new(bundle)),
        "zendesk:acme:conversation:7",
    );
    ticket
        .refs
        .insert(Key::new(Kind::Contact, "c1"), written.id.clone());
    let begun_at = jiff::Timestamp::now();
    let made = sink
        .write(std::slice::from_ref(&ticket), &target, &NoJournal)
        .await
        .remove(0)
        .unwrap();
    let probe = Probe {
        item: &ticket,
        begun_at,
        note: None,
    };
    assert_eq!(sink.find(&probe).await.unwrap().unwrap().id, made.id);

    for (index, text) in [(1, "Thanks"), (2, "Thanks")] {
        let reply = Reply {
            conversation: conversation.clone(),
            target_id: made.id.clone(),
            index,
            last: index == 2,
            part: message(&format!("m{}", index + 1), text, Access::Internal),
        };
        let mut note = item(Body::Message(Box::new(reply)), "zendesk:acme:message");
        note.refs = ticket.refs.clone();
        let probe = Probe {
            item: &note,
            begun_at,
            note: None,
        };
        assert!(
            sink.find(&probe).await.unwrap().is_none(),
            "message {index} is not there yet"
        );
        let wrote = sink
            .write(std::slice::from_ref(&note), &target, &NoJournal)
            .await
            .remove(0)
            .unwrap();
        assert_eq!(sink.find(&probe).await.unwrap().unwrap().id, wrote.id);
    }

    let back = sink
        .read(Kind::Conversation, std::slice::from_ref(&made.id))
        .await
        .unwrap()
        .remove(0);
    let Some(Record::Conversation(read)) = back.record else {
        panic!("the ticket is gone")
    };
    assert_eq!(
        (read.status, read.priority),
        (Status::Closed, Some(Priority::High))
    );
    assert_eq!(read.tags, ["fire"]);
    let said: Vec<(String, Access)> = back
        .messages
        .iter()
        .map(|m| {
            (
                deskferry::connector::text::comparable(m.html.as_deref().unwrap(), true),
                m.visibility,
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("It burns".to_owned(), Access::Public),
            ("Thanks".into(), Access::Internal),
            ("Thanks".into(), Access::Internal)
        ]
    );
    let stats = (account.stats)();
    assert_eq!(stats["mails"]["total"].as_u64(), Some(0), "{stats}");

    sink.delete(Kind::Conversation, &made.id).await.unwrap();
    let gone = sink
        .read(Kind::Conversation, std::slice::from_ref(&made.id))
        .await
        .unwrap()
        .remove(0);
    assert!(gone.record.is_none());
}
