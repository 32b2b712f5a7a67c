//! What is read, and what is refused.

use super::*;

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
    assert_eq!(super::super::config::desk(&options).unwrap(), "old/desk");
    let config = Config::read(&options).unwrap();
    assert_eq!(config.path, Path::new("/project/old/desk"));
    assert_eq!(config.format, Format::Jsonl);
}

#[tokio::test]
async fn files_in_another_charset_are_read() {
    let root = tempfile::tempdir().unwrap();
    let mut jsonl = b"{\"id\":\"1\",\"conversation_id\":\"1\",\"text\":\"Gr".to_vec();
    jsonl.extend(b"\xfc\xdfe aus K\xf6ln\"}\n");
    std::fs::write(root.path().join("messages.jsonl"), jsonl).unwrap();
    std::fs::write(root.path().join("groups.csv"), b"id,name\n1,B\xfcro\n").unwrap();
    let read = |format| {
        let mut from = source(root.path(), format);
        from.folder.charset = Some(encoding_rs::WINDOWS_1252);
        from
    };
    let (page, _) = pull(&read(Format::Jsonl), Kind::Message, None).await;
    let Record::Message(message) = &page.records[0] else {
        panic!("{:?}", page.records)
    };
    assert_eq!(message.text.as_deref(), Some("Grüße aus Köln"));
    let (page, _) = pull(&read(Format::Csv), Kind::Group, None).await;
    let Record::Group(group) = &page.records[0] else {
        panic!("{:?}", page.records)
    };
    assert_eq!(group.name, "Büro");
    // Without the option it is told, not guessed.
    let (page, _) = pull(&source(root.path(), Format::Jsonl), Kind::Message, None).await;
    assert_eq!((page.records.len(), page.problems.len()), (0, 1));
}
