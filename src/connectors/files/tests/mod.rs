mod reading;
mod writing;

use super::client::Folder;
use super::config::{Config, Format, Texts};
use super::sink::FilesSink;
use super::source::FilesSource;
use crate::connector::*;
use crate::schema::*;
use futures::TryStreamExt;
use std::path::Path;

const BOTH: [Format; 2] = [Format::Jsonl, Format::Csv];

fn folder(root: &Path, format: Format) -> Folder {
    Folder::new(&Config {
        path: root.to_owned(),
        format,
        charset: None,
        texts: Texts::AsIs,
    })
}

fn source(root: &Path, format: Format) -> FilesSource {
    FilesSource {
        seen: Default::default(),
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
                from: None,
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
