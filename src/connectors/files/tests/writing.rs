//! What is written, and what is found again.

use super::*;

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

#[tokio::test]
async fn readers_without_html_get_a_text_beside_it() {
    for (texts, wanted) in [
        (Texts::AsIs, None),
        (Texts::Plain, Some("Hello\n\nyou")),
        (Texts::Markdown, Some("Hello\n\n**you**")),
    ] {
        let root = tempfile::tempdir().unwrap();
        let mut folder = folder(root.path(), Format::Jsonl);
        folder.texts = texts;
        let target = FilesSink::new("archive".into(), folder);
        let html = "<p>Hello</p><p><b>you</b></p>";
        let mut whole = conversation("1", root.path());
        let Body::Conversation(bundle) = &mut whole.body else {
            panic!("{whole:?}")
        };
        let part = &mut bundle.messages[0];
        part.attachments.clear();
        (part.message.html, part.message.text) = (Some(html.into()), None);
        assert!(write(&target, &[whole]).await[0].is_ok());
        let (page, _) = pull(&source(root.path(), Format::Jsonl), Kind::Message, None).await;
        let Record::Message(message) = &page.records[0] else {
            panic!("{:?}", page.records)
        };
        assert_eq!(message.text.as_deref(), wanted);
        assert_eq!(message.html.as_deref(), Some(html));
    }
}
