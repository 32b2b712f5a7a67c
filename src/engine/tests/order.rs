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
    let page = PageCommit {
        packed: pack(&records).unwrap(),
        ..PageCommit::default()
    };
    project.ledger.commit_page(page).await.unwrap();
    for record in &records {
        project
            .ledger
            .set_state(&record.key(), READY)
            .await
            .unwrap();
    }
    push(&project).await.unwrap();
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
