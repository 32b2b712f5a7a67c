use futures::TryStreamExt;
use std::path::Path;

use super::client::Folder;
use super::config::{Config, Format};
use super::sink::FilesSink;
use super::source::FilesSource;

use crate::connector::*;
use crate::schema::*;

const BOTH: [Format; 2] = [Format::Jsonl, Format::Csv];

fn folder(root: &Path, format: Format) -> Folder {
    Folder::new(&Config {
        path: root.to_owned(),
        format,
    })
}

fn source(root: &Path, format: Format) -> FilesSource {
    FilesSource {
        folder: folder(root, format),
    }
}

fn sink(root: &Path, format: Format) -> FilesSink {
    FilesSink::new("archive".into(), folder(root, format))
}

fn stream(kind: Kind) -> Stream {
    let scope = Scope {
        since: None,
        kinds: Kind::ALL.to_vec(),
    };
    let folder = Path::new("/nowhere");
    assert!(source(folder, Format::Jsonl).streams(&scope).is_empty());
    Stream {
        name: kind.plural(),
        yields: &[],
    }
}

/// Pulls to the end. Returns what came and the last cursor.
async fn pull(
    source: &FilesSource,
    kind: Kind,
    mut cursor: Option<String>,
) -> (Page, Option<String>) {
    let mut all = Page::default();
    loop {
        let page = source
            .pull(stream(kind), cursor.as_deref(), &Scope::default())
            .await
            .unwrap();
        all.records.extend(page.records);
        all.problems.extend(page.problems);
        assert!(page.done || page.next.is_some() && page.next != cursor);
        cursor = page.next.or(cursor);
        if page.done {
            return (all, cursor);
        }
    }
}

/// A record of this kind with text that is hard on every format.
fn record(kind: Kind, id: &str) -> Record {
    let hard = "=1+1\r\n\"שלום\", it's\t🖨️\u{0}";
    let json = match kind {
        Kind::Organization => {
            serde_json::json!({"name": hard, "domains": ["example.com"], "notes": "", "shared": false})
        }
        Kind::Group => serde_json::json!({"name": "-5", "agent_ids": ["1", "2"], "deleted": true}),
        Kind::Agent => serde_json::json!({"name": "'tis", "role": "light", "active": true}),
        Kind::Brand => serde_json::json!({"name": "true", "active": true}),
        Kind::Field => {
            serde_json::json!({"on": "contact", "label": "+1", "type": "select", "options": [{"value": "a", "label": "A, \"b\""}]})
        }
        Kind::Form => serde_json::json!({"name": "007", "field_ids": ["9"], "active": false}),
        Kind::Contact => {
            serde_json::json!({"name": "@ada", "identities": [{"kind": "email", "value": "ada@example.com"}], "custom_fields": {"7": 1.5}})
        }
        Kind::Conversation => {
            serde_json::json!({"subject": hard, "status": "pending", "type": "task", "created_at": "1999-12-31T23:59:59.123456789Z", "declared_messages": 2})
        }
        Kind::Message => {
            serde_json::json!({"conversation_id": "c", "html": hard, "text": "''", "author": {"kind": "agent", "id": "1"}, "visibility": "internal"})
        }
        Kind::Attachment => {
            serde_json::json!({"owner": {"message": "m"}, "name": "../a\n.txt", "size": 3, "inline": true})
        }
        Kind::Rating => {
            serde_json::json!({"conversation_id": "c", "score": 100, "comment": "{\"a\":1}"})
        }
        Kind::TimeEntry => {
            serde_json::json!({"conversation_id": "c", "seconds": 61, "billable": true})
        }
        Kind::Category => {
            serde_json::json!({"parent_id": "0", "position": -1, "translations": [{"locale": "he", "title": hard}]})
        }
        Kind::Article => {
            serde_json::json!({"visibility": "segment", "labels": ["a"], "votes_up": 3})
        }
        Kind::Macro => {
            serde_json::json!({"title": "\rx", "actions": [["status", {"a": null}]], "active": true})
        }
    };
    let mut json = json;
    json["id"] = id.into();
    json["extra"] = serde_json::json!({"n": null, "s": "=x"});
    Record::from_json(kind, json.to_string().as_bytes()).unwrap()
}

fn item(record: Record) -> Item {
    let key = record.key();
    let body = match record {
        Record::Organization(r) => Body::Organization(r),
        Record::Group(r) => Body::Group(r),
        Record::Agent(r) => Body::Agent(r),
        Record::Brand(r) => Body::Brand(r),
        Record::Field(r) => Body::Field(r),
        Record::Form(r) => Body::Form(r),
        Record::Contact(r) => Body::Contact(r),
        Record::Category(r) => Body::Category(r),
        Record::Macro(r) => Body::Macro(r),
        Record::Article(article) => Body::Article(Box::new(ArticleBundle {
            article,
            attachments: Vec::new(),
        })),
        other => panic!("{other:?} is part of something"),
    };
    Item::new(body, Refs::default(), key.to_string())
}

/// A conversation with one message, its file, a rating and a time entry.
fn conversation(id: &str, bytes: &Path) -> Item {
    let of = |kind, part: &str| {
        let mut json: serde_json::Value =
            serde_json::from_slice(&record(kind, part).to_json().unwrap()).unwrap();
        json["conversation_id"] = id.into();
        Record::from_json(kind, json.to_string().as_bytes()).unwrap()
    };
    let Record::Conversation(conversation) = record(Kind::Conversation, id) else {
        unreachable!()
    };
    let Record::Message(message) = of(Kind::Message, &format!("m{id}")) else {
        unreachable!()
    };
    let Record::Attachment(mut attachment) = record(Kind::Attachment, &format!("f{id}")) else {
        unreachable!()
    };
    attachment.owner = Owner::Message(message.id.clone());
    let Record::Rating(rating) = of(Kind::Rating, &format!("r{id}")) else {
        unreachable!()
    };
    let Record::TimeEntry(entry) = of(Kind::TimeEntry, &format!("t{id}")) else {
        unreachable!()
    };
    let bundle = Bundle {
        conversation,
        messages: vec![Part {
            message,
            attachments: vec![File {
                attachment,
                path: Ok(bytes.to_owned()),
                size: 3,
            }],
        }],
        ratings: vec![rating],
        time_entries: vec![entry],
    };
    Item::new(Body::Conversation(Box::new(bundle)), Refs::default(), id)
}

struct NoJournal;

#[async_trait::async_trait]
impl Journal for NoJournal {
    async fn note(&self, _: Vec<(Key, String)>) -> Result<()> {
        Ok(())
    }
}

async fn write(sink: &FilesSink, items: &[Item]) -> Vec<Outcome> {
    sink.write(items, &TargetDesk::default(), &NoJournal).await
}

fn rows(root: &Path, file: &str) -> usize {
    let text = std::fs::read_to_string(root.join(file)).unwrap();
    text.matches('\n').count()
}

/// The SHA-256 of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[tokio::test]
async fn every_kind_survives_both_formats() {
    for format in BOTH {
        let root = tempfile::tempdir().unwrap();
        let bytes = root.path().join("bytes");
        std::fs::write(&bytes, "abc").unwrap();
        let path = root.path().join("archive");
        let target = sink(&path, format);
        let mut items = vec![conversation("c1", &bytes)];
        for kind in Kind::ALL {
            if !matches!(
                kind,
                Kind::Conversation
                    | Kind::Message
                    | Kind::Attachment
                    | Kind::Rating
                    | Kind::TimeEntry
            ) {
                items.push(item(record(kind, "1")));
            }
        }
        for outcome in write(&target, &items).await {
            assert_eq!(outcome.unwrap().action, WriteAction::Created);
        }
        let from = source(&path, format);
        for kind in Kind::ALL {
            let (page, _) = pull(&from, kind, None).await;
            assert!(page.problems.is_empty(), "{format:?} {:?}", page.problems);
            assert_eq!(page.records.len(), 1, "{format:?} {kind}");
            let found = &page.records[0];
            match found {
                Record::Attachment(attachment) => {
                    assert_eq!(attachment.sha256.as_deref(), Some(ABC));
                    assert_eq!(attachment.owner, Owner::Message("mc1".into()));
                    let blob = from.fetch_blob(attachment).await.unwrap();
                    let pieces: Vec<bytes::Bytes> = blob.bytes.try_collect().await.unwrap();
                    assert_eq!(pieces.concat(), b"abc");
                }
                Record::Message(message) => {
                    assert_eq!(message.conversation_id, "c1");
                    let Record::Message(expected) = record(kind, "mc1") else {
                        unreachable!()
                    };
                    assert_eq!(
                        (&message.html, &message.text),
                        (&expected.html, &expected.text)
                    );
                }
                Record::Rating(_) | Record::TimeEntry(_) => {
                    assert_eq!(found.parent(), Some(Key::new(Kind::Conversation, "c1")));
                }
                found => assert_eq!(*found, record(kind, found.id()), "{format:?}"),
            }
        }
        let back = sink(&path, format)
            .read(Kind::Conversation, &["c1".into(), "no".into()])
            .await
            .unwrap();
        assert_eq!((back[0].messages.len(), back[0].attachments.len()), (1, 1));
        assert!(back[1].record.is_none());
        target.delete(Kind::Conversation, "c1").await.unwrap();
        for kind in [
            Kind::Conversation,
            Kind::Message,
            Kind::Attachment,
            Kind::Rating,
        ] {
            assert!(pull(&from, kind, None).await.0.records.is_empty(), "{kind}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o700);
            assert_eq!(mode(&path.join("blobs/ba").join(ABC)), 0o600);
        }
    }
}

#[tokio::test]
async fn a_torn_row_is_cut_off_and_written_again() {
    for format in BOTH {
        let root = tempfile::tempdir().unwrap();
        let items = [
            item(record(Kind::Macro, "1")),
            item(record(Kind::Macro, "2")),
        ];
        assert!(
            write(&sink(root.path(), format), &items)
                .await
                .iter()
                .all(Result::is_ok)
        );
        let path = root.path().join(format.file(Kind::Macro));
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        // As a source it is told and its place is kept.
        let (page, cursor) = pull(&source(root.path(), format), Kind::Macro, None).await;
        assert_eq!((page.records.len(), page.problems.len()), (1, 1));
        let again = sink(root.path(), format);
        let probe = |item| Probe {
            item,
            begun_at: Date::UNIX_EPOCH,
            note: None,
        };
        assert!(again.find(&probe(&items[1])).await.unwrap().is_none());
        assert!(again.find(&probe(&items[0])).await.unwrap().is_some());
        assert!(write(&again, &items[1..]).await[0].is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), whole, "{format:?}");
        let (page, _) = pull(&source(root.path(), format), Kind::Macro, cursor).await;
        assert_eq!(page.records, [record(Kind::Macro, "2")]);
    }
}

#[tokio::test]
async fn a_bad_line_is_told_and_the_others_are_read() {
    let root = tempfile::tempdir().unwrap();
    let text = "{\"id\":\"1\"}\n\n{\"id\":\"2\",\"status\":\"lost\"}\n{\"id\":\"3\"} {\"id\":\"4\"}\n{}\n{\"id\":\"5\"}";
    std::fs::write(root.path().join("conversations.jsonl"), text).unwrap();
    let (page, _) = pull(
        &source(root.path(), Format::Jsonl),
        Kind::Conversation,
        None,
    )
    .await;
    let ids: Vec<_> = page.records.iter().map(Record::id).collect();
    assert_eq!(ids, ["1", "5"]);
    let [status, two, none] = &page.problems[..] else {
        panic!("{:?}", page.problems)
    };
    assert_eq!(status.key, Key::new(Kind::Conversation, "2"));
    assert!(
        status
            .reason
            .starts_with("conversations.jsonl line 3: field `status`"),
        "{}",
        status.reason
    );
    assert!(two.reason.contains("line 4"), "{}", two.reason);
    assert!(
        none.reason.ends_with("field `id` is missing"),
        "{}",
        none.reason
    );
    assert_eq!(none.key.id, "?");
}

#[tokio::test]
async fn a_later_run_reads_what_was_added() {
    for format in BOTH {
        let root = tempfile::tempdir().unwrap();
        let target = sink(root.path(), format);
        let items: Vec<Item> = (0..2500)
            .map(|n| item(record(Kind::Group, &n.to_string())))
            .collect();
        assert!(write(&target, &items).await.iter().all(Result::is_ok));
        let from = source(root.path(), format);
        let (page, cursor) = pull(&from, Kind::Group, None).await;
        assert_eq!(page.records.len(), 2500);
        assert!(
            pull(&from, Kind::Group, cursor.clone())
                .await
                .0
                .records
                .is_empty()
        );
        assert!(write(&target, &[item(record(Kind::Group, "new"))]).await[0].is_ok());
        let (page, _) = pull(&from, Kind::Group, cursor).await;
        assert_eq!(page.records, [record(Kind::Group, "new")]);
        let inventory = from.inventory().await.unwrap();
        assert_eq!(inventory.counts, [(Kind::Group, Some(2501))]);
    }
}

#[tokio::test]
async fn parts_that_are_there_are_not_repeated() {
    for format in BOTH {
        let root = tempfile::tempdir().unwrap();
        let bytes = root.path().join("bytes");
        std::fs::write(&bytes, "abc").unwrap();
        let one = conversation("1", &bytes);
        assert!(write(&sink(root.path(), format), std::slice::from_ref(&one)).await[0].is_ok());
        // A crash before the conversation itself came to the disk.
        let name = format.file(Kind::Conversation);
        let before = rows(root.path(), &format.file(Kind::Message));
        std::fs::remove_file(root.path().join(&name)).unwrap();
        let again = sink(root.path(), format);
        let probe = Probe {
            item: &one,
            begun_at: Date::UNIX_EPOCH,
            note: None,
        };
        assert!(again.find(&probe).await.unwrap().is_none());
        assert_eq!(
            write(&again, std::slice::from_ref(&one)).await[0]
                .as_ref()
                .unwrap()
                .action,
            WriteAction::Created
        );
        assert_eq!(rows(root.path(), &format.file(Kind::Message)), before);
        let found = again.find(&probe).await.unwrap().unwrap();
        assert_eq!(found.action, WriteAction::Created);
        assert_eq!(found.parts.len(), 4);
    }
}

#[tokio::test]
async fn a_later_version_is_added_and_counts() {
    let root = tempfile::tempdir().unwrap();
    let target = sink(root.path(), Format::Jsonl);
    let mut one = item(record(Kind::Contact, "1"));
    assert!(write(&target, std::slice::from_ref(&one)).await[0].is_ok());
    one.existing = Some("1".into());
    let Body::Contact(contact) = &mut one.body else {
        unreachable!()
    };
    contact.name = Some("Ada the Second".into());
    assert_eq!(
        write(&target, &[one]).await[0].as_ref().unwrap().action,
        WriteAction::Updated
    );
    assert_eq!(rows(root.path(), "contacts.jsonl"), 2);
    let back = target.read(Kind::Contact, &["1".into()]).await.unwrap();
    let Some(Record::Contact(found)) = &back[0].record else {
        panic!()
    };
    assert_eq!(found.name.as_deref(), Some("Ada the Second"));
}

#[tokio::test]
async fn another_desks_record_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let target = sink(root.path(), Format::Jsonl);
    let one = item(record(Kind::Brand, "1"));
    assert!(write(&target, std::slice::from_ref(&one)).await[0].is_ok());
    assert_eq!(
        write(&target, std::slice::from_ref(&one)).await[0]
            .as_ref()
            .unwrap()
            .action,
        WriteAction::Matched
    );
    let mut other = one;
    let Body::Brand(brand) = &mut other.body else {
        unreachable!()
    };
    brand.name = "Somebody else".into();
    let error = write(&target, &[other]).await.remove(0).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Rejected { .. }), "{error}");
    assert_eq!(rows(root.path(), "brands.jsonl"), 1);
}

#[tokio::test]
async fn formula_cells_are_neutralized_and_restored() {
    let root = tempfile::tempdir().unwrap();
    let target = sink(root.path(), Format::Csv);
    let mut items = Vec::new();
    for (n, text) in [
        "=1", "+1", "-1", "@a", "\tx", "\rx", "'x", "''", "'=", "", "x",
    ]
    .into_iter()
    .enumerate()
    {
        items.push(item(Record::Macro(Macro {
            id: n.to_string(),
            title: "t".into(),
            folder: Some(text.into()),
            ..Macro::default()
        })));
    }
    assert!(write(&target, &items).await.iter().all(Result::is_ok));
    let mut reader = csv::Reader::from_path(root.path().join("macros.csv")).unwrap();
    for row in reader.records().map(Result::unwrap) {
        assert!(
            row.iter()
                .all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])),
            "{row:?}"
        );
    }
    let (page, _) = pull(&source(root.path(), Format::Csv), Kind::Macro, None).await;
    assert!(page.problems.is_empty(), "{:?}", page.problems);
    for (record, item) in page.records.iter().zip(&items) {
        let (Record::Macro(found), Body::Macro(expected)) = (record, &item.body) else {
            panic!()
        };
        assert_eq!(found, expected);
    }
    assert_eq!(page.records.len(), items.len());
    // An apostrophe of somebody else's file stays.
    std::fs::write(
        root.path().join("groups.csv"),
        "id,name\n1,'s-Hertogenbosch\n",
    )
    .unwrap();
    let (page, _) = pull(&source(root.path(), Format::Csv), Kind::Group, None).await;
    let Record::Group(group) = &page.records[0] else {
        panic!()
    };
    assert_eq!(group.name, "'s-Hertogenbosch");
}

#[tokio::test]
async fn an_unknown_column_is_named() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("groups.csv"), "id,nmae\n1,x\n").unwrap();
    let from = source(root.path(), Format::Csv);
    let error = from
        .pull(stream(Kind::Group), None, &Scope::default())
        .await
        .unwrap_err();
    assert_eq!(error.message, "groups.csv line 1: unknown column `nmae`");
    assert_eq!(error.hint.as_deref(), Some("did you mean `name`?"));
    let items = from.check().await.unwrap();
    assert!(items.iter().any(|item| item.level == CheckLevel::Failure));
}

#[tokio::test]
async fn only_files_below_blobs_are_read() {
    let root = tempfile::tempdir().unwrap();
    let secret = root.path().join("secret");
    std::fs::write(&secret, "abc").unwrap();
    let path = root.path().join("archive");
    let blobs = path.join("blobs/ba");
    std::fs::create_dir_all(&blobs).unwrap();
    let from = source(&path, Format::Jsonl);
    let fetch = async |sha256: Option<&str>| {
        let Record::Attachment(mut attachment) = record(Kind::Attachment, "1") else {
            unreachable!()
        };
        attachment.sha256 = sha256.map(str::to_owned);
        from.fetch_blob(&attachment).await.map(|_| ()).unwrap_err()
    };
    for trick in [
        None,
        Some("../../secret"),
        Some(""),
        Some("/etc/passwd"),
        Some(ABC),
        Some(&ABC.to_uppercase()),
    ] {
        assert_eq!(fetch(trick).await.kind, ErrorKind::NotFound, "{trick:?}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, blobs.join(ABC)).unwrap();
        let error = fetch(Some(ABC)).await;
        assert!(error.message.contains("leads out"), "{error}");
        std::fs::remove_file(blobs.join(ABC)).unwrap();
    }
    std::fs::write(blobs.join(ABC), "abd").unwrap();
    let Record::Attachment(mut attachment) = record(Kind::Attachment, "1") else {
        unreachable!()
    };
    attachment.sha256 = Some(ABC.into());
    let blob = from.fetch_blob(&attachment).await.unwrap();
    let damaged: Result<Vec<bytes::Bytes>> = blob.bytes.try_collect().await;
    assert!(damaged.is_err(), "damaged bytes are not passed on as whole");
}

#[test]
fn the_folder_names_the_desk() {
    let options = Options::new("path = 'old/desk/'".parse().unwrap(), "source", "/project");
    assert_eq!(super::config::desk(&options).unwrap(), "old/desk");
    let config = Config::read(&options).unwrap();
    assert_eq!(config.path, Path::new("/project/old/desk"));
    assert_eq!(config.format, Format::Jsonl);
}

/// A desk in one format goes through the ledger into a folder of the other:
/// nobody and nothing is missing, and nothing is there twice.
#[tokio::test]
async fn a_desk_is_archived_by_the_engine() {
    use crate::engine::{self, Project, Settings, Stop, VerifyOptions};
    let root = tempfile::tempdir().unwrap();
    let (old, new) = (root.path().join("old"), root.path().join("new"));
    let bytes = root.path().join("bytes");
    std::fs::write(&bytes, "abc").unwrap();
    let mut conversation = conversation("c1", &bytes);
    if let Body::Conversation(bundle) = &mut conversation.body {
        bundle.conversation.declared_messages = Some(1);
        bundle.conversation.requester_id = Some("1".into());
    }
    let agent = item(record(Kind::Agent, "1"));
    let group = item(record(Kind::Group, "1"));
    let written = write(&sink(&old, Format::Csv), &[agent, group, conversation]).await;
    assert!(written.iter().all(Result::is_ok));
    let ledger = root.path().join("deskferry.ledger");
    let project = Project {
        ledger: crate::ledger::Ledger::open(&ledger, "test", crate::ledger::Mode::Run).unwrap(),
        source: Some(std::sync::Arc::new(source(&old, Format::Csv))),
        sink: Some(std::sync::Arc::new(sink(&new, Format::Jsonl))),
        source_name: "files:old".into(),
        target_name: "files:new".into(),
        scope: Scope {
            since: None,
            kinds: Kind::ALL.to_vec(),
        },
        mapping: std::sync::Arc::new(crate::mapping::UserMapping::default()),
        settings: Settings::default(),
        listener: std::sync::Arc::new(|_| {}),
        stop: Stop::default(),
    };
    for _ in 0..2 {
        let (_, summary) = engine::migrate(&project).await.unwrap();
        assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
    }
    let report = engine::verify(&project, &VerifyOptions::default())
        .await
        .unwrap();
    assert!(report.is_clean(), "{report:?}");
    let matched = |kind| report.tally_of(kind).matched;
    assert_eq!((matched(Kind::Message), matched(Kind::Attachment)), (1, 1));
    let (before, after) = (source(&old, Format::Csv), source(&new, Format::Jsonl));
    let kinds = [
        Kind::Agent,
        Kind::Group,
        Kind::Conversation,
        Kind::Attachment,
        Kind::Rating,
        Kind::TimeEntry,
    ];
    for kind in kinds {
        let (expected, _) = pull(&before, kind, None).await;
        let (found, _) = pull(&after, kind, None).await;
        assert_eq!(found.records, expected.records, "{kind}");
    }
    assert_eq!(pull(&after, Kind::Message, None).await.0.records.len(), 1);
    assert!(new.join("blobs/ba").join(ABC).exists());
}
