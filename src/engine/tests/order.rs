//! Which conversations are written first.

use super::*;
use crate::ledger::{PageCommit, pack};
use crate::schema::{Conversation, Link, LinkKind, Record, Status};

/// Six conversations, the oldest first; the newest follows the second, and
/// these two follow each other.
async fn written(order: Order, limit: Option<u64>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    // One at a time: batches in flight overtake each other.
    let sink = Arc::new(MemorySink::new(Grain::Message));
    let mut project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
    project.settings.order = order;
    project.settings.limit = limit;
    project.settings.concurrency = 1;
    let records: Vec<Record> = (1..=6)
        .map(|n: i64| {
            let follows = match n {
                6 => Some("2"),
                2 => Some("6"),
                _ => None,
            };
            Record::Conversation(Conversation {
                id: n.to_string(),
                status: match n {
                    3 | 5 => Status::Closed,
                    _ => Status::Open,
                },
                updated_at: Some(memory::date(n * 1000)),
                links: follows
                    .into_iter()
                    .map(|id| Link {
                        kind: LinkKind::FollowUpOf,
                        id: id.into(),
                    })
                    .collect(),
                ..Conversation::default()
            })
        })
        .collect();
    written_in_order(&project, &records).await;
    order_of(&sink)
}

async fn written_in_order(project: &Project, records: &[Record]) {
    let page = PageCommit {
        packed: pack(records).unwrap(),
        ..PageCommit::default()
    };
    project.ledger.commit_page(page).await.unwrap();
    for record in records {
        let key = record.key();
        project.ledger.set_state(&key, READY).await.unwrap();
    }
    push(project).await.unwrap();
}

fn order_of(sink: &MemorySink) -> Vec<String> {
    let held = sink.held.lock().unwrap();
    let conversations = held.iter().filter_map(|held| held.conversation.as_ref());
    conversations.map(|one| one.id.clone()).collect()
}

#[tokio::test]
async fn what_the_user_wants_first_is_written_first_and_once() {
    assert_eq!(
        written(Order::Source, None).await,
        ["1", "2", "3", "4", "5", "6"]
    );
    // What the newest follows comes before it.
    assert_eq!(
        written(Order::Newest, None).await,
        ["2", "6", "5", "4", "3", "1"]
    );
    assert_eq!(
        written(Order::Open, None).await,
        ["2", "6", "4", "1", "5", "3"]
    );
    assert_eq!(written(Order::Newest, Some(3)).await, ["2", "6", "5"]);
}

/// What is referred to comes first, also by another way around.
#[tokio::test]
async fn what_both_refer_to_comes_before_both() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Message));
    let mut project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
    project.settings.order = Order::Newest;
    project.settings.concurrency = 1;
    let link = |kind, id: &str| Link {
        kind,
        id: id.into(),
    };
    let follows = |id| link(LinkKind::FollowUpOf, id);
    let records: Vec<Record> = [
        ("origin", 1, vec![]),
        ("problem", 2, vec![follows("origin")]),
        (
            "newest",
            3,
            vec![link(LinkKind::Problem, "problem"), follows("origin")],
        ),
    ]
    .into_iter()
    .map(|(id, changed, links)| {
        Record::Conversation(Conversation {
            id: id.into(),
            updated_at: Some(memory::date(changed * 1000)),
            links,
            ..Conversation::default()
        })
    })
    .collect();
    written_in_order(&project, &records).await;
    assert_eq!(order_of(&sink), ["origin", "problem", "newest"]);
}
