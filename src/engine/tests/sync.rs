//! Late changes of either side.

use super::*;
use crate::schema::{Contact, Conversation, Identity, IdentityKind, Message, Record, Status};

const CASES: [(MessagesBy, Grain); 4] = [
    (MessagesBy::Stream, Grain::Whole),
    (MessagesBy::Stream, Grain::Message),
    (MessagesBy::Conversation, Grain::Whole),
    (MessagesBy::Conversation, Grain::Message),
];

/// A folder, two desks and a first migration.
struct Desks {
    folder: tempfile::TempDir,
    source: Arc<MemorySource>,
    sink: Arc<MemorySink>,
}

impl Desks {
    async fn moved(by: MessagesBy, grain: Grain) -> Desks {
        Desks::with(by, MemorySink::new(grain)).await
    }

    async fn with(by: MessagesBy, sink: MemorySink) -> Desks {
        let desks = Desks {
            folder: tempfile::tempdir().unwrap(),
            source: source(by),
            sink: Arc::new(sink),
        };
        migrate(&desks.project()).await.unwrap();
        everything_once(&desks.sink);
        desks
    }

    fn project(&self) -> Project {
        project(self.folder.path(), self.source.clone(), self.sink.clone())
    }

    async fn sync(&self) -> Synced {
        self.sync_as(|_| {}, SyncOptions::default()).await
    }

    async fn sync_as(&self, change: impl FnOnce(&mut Settings), options: SyncOptions) -> Synced {
        let mut project = self.project();
        change(&mut project.settings);
        sync(&project, options).await.unwrap()
    }

    /// The target's copy of a conversation.
    fn held(&self, id: &str) -> memory::Held {
        let held = self.sink.held.lock().unwrap();
        let same = |held: &&memory::Held| held.conversation.as_ref().is_some_and(|c| c.id == id);
        held.iter().find(same).unwrap().clone()
    }

    /// Somebody changes a conversation on the target.
    fn edit(&self, id: &str, change: impl FnOnce(&mut memory::Held)) {
        let mut held = self.sink.held.lock().unwrap();
        let same =
            |held: &&mut memory::Held| held.conversation.as_ref().is_some_and(|c| c.id == id);
        change(held.iter_mut().find(same).unwrap());
    }

    /// A conversation changes on the source, with the messages that came or changed.
    fn change(&self, n: usize, messages: Vec<Message>, change: impl FnOnce(&mut Conversation)) {
        let mut conversation = self.source.conversation(n);
        conversation.updated_at = Some(memory::date(1_600_000_000));
        change(&mut conversation);
        let record = Record::Conversation(conversation);
        self.source.tell("tickets", vec![record], Vec::new());
        let messages = messages.into_iter().map(Record::Message).collect();
        self.source.tell("comments", messages, Vec::new());
    }

    fn calls(&self) -> usize {
        self.sink.calls.load(Ordering::SeqCst)
    }

    fn writes(&self) -> usize {
        self.sink.writes.load(Ordering::SeqCst)
    }
}

fn said(conversation: usize, n: usize, text: &str) -> Message {
    Message {
        id: format!("{conversation}-{n}"),
        conversation_id: conversation.to_string(),
        html: Some(format!("<p>{text}</p>")),
        sent_at: Some(memory::date(1_500_000_000 + n as i64 * 60)),
        author: crate::schema::Author {
            kind: crate::schema::AuthorKind::Contact,
            id: Some("c1".into()),
            ..Default::default()
        },
        ..Message::default()
    }
}

fn count(synced: &Synced, kind: Kind, action: Action) -> u64 {
    let rows = synced.written.iter();
    rows.filter(|row| row.kind == kind && row.action == action)
        .map(|row| row.count)
        .sum()
}

#[tokio::test]
async fn an_unchanged_desk_costs_the_target_no_call() {
    for (by, grain) in CASES {
        let desks = Desks::moved(by, grain).await;
        let (calls, writes) = (desks.calls(), desks.writes());
        let synced = desks.sync().await;
        assert!(synced.is_nothing(), "{synced:?}");
        assert_eq!((desks.calls(), desks.writes()), (calls, writes));
    }
}

#[tokio::test]
async fn changes_are_carried_over_and_nothing_else() {
    for (by, grain) in CASES {
        let desks = Desks::moved(by, grain).await;
        let before = desks.writes();
        desks.change(
            3,
            vec![said(3, 5, "one more"), said(3, 1, "said otherwise")],
            |c| {
                c.status = Status::Solved;
                c.declared_messages = Some(6);
            },
        );
        // Only counted and dated anew.
        desks.change(7, Vec::new(), |_| {});
        let synced = desks.sync().await;
        assert_eq!(synced.problems, 0, "{by:?} {grain:?} {synced:?}");
        assert_eq!(count(&synced, Kind::Conversation, Action::Update), 1);
        assert_eq!(count(&synced, Kind::Message, Action::Create), 1);
        assert_eq!(count(&synced, Kind::Message, Action::Update), 1);
        assert_eq!(desks.writes() - before, 3, "head, message, edit");
        let held = desks.held("3");
        assert_eq!(held.conversation.unwrap().status, Status::Solved);
        assert_eq!(held.messages.last().unwrap().id, "3-5");
        assert_eq!(held.messages.len(), 6);
        assert_eq!(
            *desks.sink.edits.lock().unwrap(),
            [(
                "memory:a:message:3-1".to_owned(),
                "<p>said otherwise</p>".to_owned()
            )]
        );
        let calls = desks.calls();
        let again = desks.sync().await;
        assert!(again.is_nothing(), "{again:?}");
        assert_eq!(desks.calls(), calls);
        assert_eq!(desks.writes() - before, 3);
    }
}

#[tokio::test]
async fn a_message_alone_is_carried_over() {
    let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
    let message = vec![Record::Message(said(4, 5, "late"))];
    desks.source.tell("comments", message, Vec::new());
    let synced = desks.sync().await;
    assert_eq!(count(&synced, Kind::Message, Action::Create), 1);
    assert_eq!(desks.held("4").messages.len(), 6);
}

#[tokio::test]
async fn a_dry_run_says_it_and_writes_nothing() {
    let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
    let before = desks.writes();
    desks.change(3, vec![said(3, 5, "one more")], |c| {
        c.status = Status::Solved;
    });
    let dry = SyncOptions {
        dry_run: true,
        ..SyncOptions::default()
    };
    let planned = desks.sync_as(|_| {}, dry).await;
    assert_eq!(desks.writes(), before);
    assert_eq!(count(&planned, Kind::Conversation, Action::Update), 1);
    assert_eq!(count(&planned, Kind::Message, Action::Create), 1);
    let done = desks.sync().await;
    assert_eq!(done.written, planned.written);
    assert_eq!(desks.writes(), before + 2);
}

#[tokio::test]
async fn what_both_sides_changed_is_decided_by_the_policy() {
    for (policy, expected, problems) in [
        (Conflicts::Report, Status::Pending, 1),
        (Conflicts::Keep, Status::Pending, 0),
        (Conflicts::Overwrite, Status::Solved, 0),
    ] {
        let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
        desks.edit("3", |held| {
            let conversation = held.conversation.as_mut().unwrap();
            conversation.status = Status::Pending;
            conversation.tags.push("by-hand".into());
            let mut theirs = said(3, 0, "an agent's word on the target");
            theirs.id = "theirs".into();
            held.messages.push(theirs);
        });
        desks.change(3, vec![said(3, 5, "one more")], |c| {
            c.status = Status::Solved;
            c.tags = vec!["from-source".into()];
        });
        let synced = desks
            .sync_as(|s| s.conflicts = policy, SyncOptions::default())
            .await;
        assert_eq!(synced.problems, problems, "{policy}");
        let held = desks.held("3");
        let ids: Vec<_> = held.messages.iter().map(|m| m.id.clone()).collect();
        assert_eq!(ids[5..], ["theirs", "3-5"], "messages are no conflict");
        let conversation = held.conversation.unwrap();
        assert_eq!(conversation.status, expected, "{policy}");
        let tags = match policy {
            Conflicts::Report => vec!["by-hand"],
            _ => vec!["by-hand", "from-source"],
        };
        assert_eq!(conversation.tags, tags, "{policy}");
        if policy == Conflicts::Report {
            let problem = desks.project().ledger.problems(9).unwrap().remove(0);
            for word in ["conversation.status", "pending", "open", "solved"] {
                assert!(problem.reason.contains(word), "{}", problem.reason);
            }
            // Looked at again every time, until somebody decides.
            assert_eq!(desks.sync().await.problems, 1);
            let decided = desks
                .sync_as(
                    |s| s.conflicts = Conflicts::Overwrite,
                    SyncOptions::default(),
                )
                .await;
            assert_eq!(decided.problems, 0);
            let status = desks.held("3").conversation.unwrap().status;
            assert_eq!(status, Status::Solved);
        }
        assert!(desks.sync().await.is_nothing());
    }
}

#[tokio::test]
async fn edits_of_other_values_stay_beside_the_change() {
    let desks = Desks::moved(MessagesBy::Conversation, Grain::Message).await;
    desks.edit("3", |held| {
        held.conversation.as_mut().unwrap().subject = Some("by hand".into());
    });
    desks.change(3, Vec::new(), |c| c.status = Status::Solved);
    assert_eq!(desks.sync().await.problems, 0);
    let conversation = desks.held("3").conversation.unwrap();
    assert_eq!(conversation.subject.as_deref(), Some("by hand"));
    assert_eq!(conversation.status, Status::Solved);
}

#[tokio::test]
async fn nothing_is_changed_while_a_change_would_mail_customers() {
    let mut sink = MemorySink::new(Grain::Whole);
    sink.update_interlocks.push(Interlock {
        id: "trigger-1".into(),
        name: None,
        what: "the trigger \"Tell them\" mails requesters".into(),
        hint: "switch it off".into(),
        proven: true,
        facts: Default::default(),
    });
    let desks = Desks::with(MessagesBy::Stream, sink).await;
    let before = desks.writes();
    desks.change(3, vec![said(3, 5, "one more")], |_| {});
    let project = desks.project();
    let error = sync(&project, SyncOptions::default()).await.unwrap_err();
    assert!(error.source.is_some_and(|cause| cause.is::<Interlocked>()));
    assert_eq!(desks.writes(), before);
}

fn gone(ids: std::ops::Range<usize>) -> Vec<Key> {
    ids.map(|n| Key::new(Kind::Conversation, n.to_string()))
        .collect()
}

#[tokio::test]
async fn deletions_follow_the_policy() {
    for policy in [Deleted::Keep, Deleted::Tag, Deleted::Delete] {
        let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
        let before = desks.sink.held.lock().unwrap().len();
        desks.source.tell("tickets", Vec::new(), gone(3..4));
        let run = || desks.sync_as(|s| s.deleted = policy, SyncOptions::default());
        let synced = run().await;
        assert_eq!(synced.problems, 0, "{policy}");
        assert_eq!(synced.gone.len(), 1, "{policy}");
        assert_eq!(synced.gone[0].records, 1);
        let left = desks.sink.held.lock().unwrap().len();
        match policy {
            Deleted::Keep => {
                assert!(synced.is_nothing());
                assert_eq!(desks.held("3").conversation.unwrap().tags, [""; 0]);
                assert_eq!(left, before);
            }
            Deleted::Tag => {
                let tags = desks.held("3").conversation.unwrap().tags;
                assert_eq!(tags, ["deleted-on-source"]);
                assert_eq!(desks.held("3").messages.len(), 5);
                assert_eq!(left, before);
            }
            Deleted::Delete => {
                assert_eq!(synced.deleted, [(Kind::Conversation, 1)]);
                assert_eq!(left, before - 1);
                let project = desks.project();
                let key = Key::new(Kind::Conversation, "3");
                assert!(project.ledger.receipt(&key).unwrap().is_none());
                assert!(project.ledger.open_removals().unwrap().is_empty());
            }
        }
        let calls = desks.calls();
        let again = run().await;
        assert!(again.is_nothing(), "{policy} {again:?}");
        assert_eq!(desks.calls(), calls, "{policy}");
        assert_eq!(desks.sink.held.lock().unwrap().len(), left);
    }
}

#[tokio::test]
async fn what_was_touched_on_the_target_is_not_deleted() {
    for (policy, problems, left) in [
        (Conflicts::Report, 1, true),
        (Conflicts::Keep, 0, true),
        (Conflicts::Overwrite, 0, false),
    ] {
        let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
        desks.edit("3", |held| held.messages.push(said(3, 9, "an agent's")));
        desks.source.tell("tickets", Vec::new(), gone(3..4));
        let synced = desks
            .sync_as(
                |s| (s.deleted, s.conflicts) = (Deleted::Delete, policy),
                SyncOptions::default(),
            )
            .await;
        assert_eq!(synced.problems, problems, "{policy}");
        let held = desks.sink.held.lock().unwrap();
        let there = held
            .iter()
            .any(|held| held.conversation.as_ref().is_some_and(|c| c.id == "3"));
        assert_eq!(there, left, "{policy}");
    }
}

#[tokio::test]
async fn a_source_that_shows_less_is_no_mass_deletion() {
    let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
    let before = desks.sink.held.lock().unwrap().len();
    desks.source.tell("tickets", Vec::new(), gone(0..20));
    let delete = |s: &mut Settings| s.deleted = Deleted::Delete;
    for _ in 0..2 {
        let synced = desks.sync_as(delete, SyncOptions::default()).await;
        assert_eq!(synced.problems, 1);
        assert!(synced.gone[0].held_back);
        assert_eq!(desks.sink.held.lock().unwrap().len(), before);
    }
    let problem = desks.project().ledger.problems(9).unwrap().remove(0);
    assert!(
        problem.reason.contains("20 of 30 conversations"),
        "{}",
        problem.reason
    );
    assert!(problem.hint.unwrap().contains("--accept-deletions"));
    let accept = SyncOptions {
        accept_deletions: true,
        ..SyncOptions::default()
    };
    let synced = desks.sync_as(delete, accept).await;
    assert_eq!(synced.problems, 0);
    assert_eq!(synced.deleted, [(Kind::Conversation, 20)]);
    assert_eq!(desks.sink.held.lock().unwrap().len(), before - 20);
}

#[tokio::test]
async fn a_record_that_comes_back_is_moved_again() {
    let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
    let delete = |s: &mut Settings| s.deleted = Deleted::Delete;
    desks.source.tell("tickets", Vec::new(), gone(3..4));
    desks.sync_as(delete, SyncOptions::default()).await;
    let again = Record::Conversation(desks.source.conversation(3));
    desks.source.tell("tickets", vec![again], Vec::new());
    let synced = desks.sync_as(delete, SyncOptions::default()).await;
    assert_eq!(count(&synced, Kind::Conversation, Action::Create), 1);
    everything_once(&desks.sink);
}

#[tokio::test]
async fn contacts_are_changed_unless_the_target_was() {
    let desks = Desks::moved(MessagesBy::Stream, Grain::Whole).await;
    let renamed = |name: &str| {
        Record::Contact(Contact {
            id: "c1".into(),
            name: Some(name.into()),
            identities: vec![Identity::new(IdentityKind::Email, "zoe@example.com")],
            ..Contact::default()
        })
    };
    let name = |desks: &Desks| -> Option<String> {
        let held = desks.sink.held.lock().unwrap();
        held.iter().find_map(|held| held.contact.clone())?.name
    };
    desks
        .source
        .tell("people", vec![renamed("Zoë Z")], Vec::new());
    let synced = desks.sync().await;
    assert_eq!(count(&synced, Kind::Contact, Action::Update), 1);
    assert_eq!(name(&desks).as_deref(), Some("Zoë Z"));
    desks
        .source
        .tell("people", vec![renamed("Zoë")], Vec::new());
    for held in desks.sink.held.lock().unwrap().iter_mut() {
        if let Some(contact) = &mut held.contact {
            contact.name = Some("by hand".into());
        }
    }
    assert_eq!(desks.sync().await.problems, 1);
    assert_eq!(name(&desks).as_deref(), Some("by hand"));
}

#[tokio::test]
async fn what_was_said_after_a_run_died_is_written_too() {
    for grain in [Grain::Whole, Grain::Message] {
        let mut sink = MemorySink::new(grain);
        // It is there, and this machine does not know.
        sink.lose_answer = 20;
        sink.lost = ErrorKind::Local;
        let desks = Desks {
            folder: tempfile::tempdir().unwrap(),
            source: source(MessagesBy::Stream),
            sink: Arc::new(sink),
        };
        let project = desks.project();
        let failed = migrate(&project).await;
        assert!(failed.is_err(), "{grain:?}: the test must stop");
        let open = project.ledger.open_intents().unwrap();
        assert!(!open.is_empty(), "the test must stop in the middle");
        drop(project);
        for n in 0..30 {
            let words = vec![said(n, 5, "one more"), said(n, 1, "said otherwise")];
            desks.change(n, words, |c| {
                c.status = Status::Solved;
                c.declared_messages = Some(6);
            });
        }
        let mut runs = 0;
        while let Err(error) = sync(&desks.project(), SyncOptions::default()).await {
            assert_eq!(error.kind, ErrorKind::Local, "{error}");
            runs += 1;
            assert!(runs < 40);
        }
        let project = desks.project();
        let problems = project.ledger.problems(9).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        for n in 0..30 {
            let held = desks.held(&n.to_string());
            let ids: Vec<_> = held.messages.iter().map(|m| m.id.clone()).collect();
            let all: Vec<_> = (0..6).map(|at| format!("{n}-{at}")).collect();
            assert_eq!(ids, all, "{grain:?}: every message once");
            assert_eq!(held.conversation.unwrap().status, Status::Solved);
            let otherwise = "<p>said otherwise</p>";
            let mark = format!("memory:a:message:{n}-1");
            let edits = desks.sink.edits.lock().unwrap();
            let edited = (mark, otherwise.to_owned());
            assert!(
                held.messages[1].html.as_deref() == Some(otherwise) || edits.contains(&edited),
                "{grain:?}: {n}"
            );
        }
    }
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_not_sent_again() {
    let mut sink = MemorySink::new(Grain::Message);
    sink.lose_answer = 20;
    sink.lost = ErrorKind::Local;
    let desks = Desks {
        folder: tempfile::tempdir().unwrap(),
        source: source(MessagesBy::Stream),
        sink: Arc::new(sink),
    };
    let mut runs = 0;
    loop {
        let project = desks.project();
        let result = migrate(&project).await;
        for intent in project.ledger.open_intents().unwrap() {
            let mark = project.marker(&intent.key);
            desks.sink.unreadable.lock().unwrap().insert(mark);
        }
        runs += 1;
        assert!(runs < 40);
        if let Ok((_, summary)) = result {
            assert!(summary.problems > 0);
            break;
        }
    }
    let replies = |marks: &HashSet<String>| marks.iter().any(|mark| mark.contains(":message:"));
    assert!(replies(&desks.sink.unreadable.lock().unwrap()));
    let doubled: Vec<_> = desks.sink.markers().into_iter().collect();
    assert!(doubled.iter().all(|(_, count)| *count == 1), "{doubled:?}");
    desks.sink.unreadable.lock().unwrap().clear();
    while migrate(&desks.project()).await.is_err() {
        runs += 1;
        assert!(runs < 40);
    }
    everything_once(&desks.sink);
    let problems = desks.project().ledger.problems(9).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
}

#[tokio::test]
async fn a_sync_that_is_cut_off_anywhere_goes_on_and_writes_once() {
    for grain in [Grain::Whole, Grain::Message] {
        let desks = Desks::moved(MessagesBy::Stream, grain).await;
        for n in 0..10 {
            desks.change(
                n,
                vec![said(n, 5, "one more"), said(n, 1, "said otherwise")],
                |c| c.status = Status::Solved,
            );
        }
        let mut cuts = 0;
        for micros in (0..80).map(|n| n * 1000) {
            let project = desks.project();
            let run = sync(&project, SyncOptions::default());
            match tokio::time::timeout(std::time::Duration::from_micros(micros), run).await {
                Err(_) => {
                    cuts += 1;
                    // Writes that were cut off let go of the ledger when they are next looked at.
                    tokio::task::yield_now().await;
                }
                Ok(result) => {
                    result.unwrap();
                    break;
                }
            }
        }
        let synced = desks.sync().await;
        assert_eq!(synced.problems, 0);
        assert!(cuts > 3, "the test must cut");
        let doubled: Vec<_> = desks
            .sink
            .markers()
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .collect();
        assert!(doubled.is_empty(), "{doubled:?}");
        for n in 0..10 {
            let held = desks.held(&n.to_string());
            assert_eq!(held.messages.len(), 6, "{grain:?}");
            assert_eq!(held.conversation.unwrap().status, Status::Solved);
        }
        let mut edits = desks.sink.edits.lock().unwrap().clone();
        edits.sort();
        edits.dedup();
        assert_eq!(edits.len(), 10);
        assert_eq!(desks.sink.edits.lock().unwrap().len(), 10, "{grain:?}");
    }
}
