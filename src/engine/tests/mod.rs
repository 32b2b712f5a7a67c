mod links;
mod memory;
mod order;
mod privacy;
mod sync;
mod verify;

use std::path::Path;
use std::sync::Arc;

use memory::{MemorySink, MemorySource};

use super::*;
use crate::connector::{Grain, MessagesBy};
use crate::ledger::{Mode, READY};
use crate::mapping::UserMapping;

fn project(folder: &Path, source: Arc<MemorySource>, sink: Arc<MemorySink>) -> Project {
    let ledger = Ledger::open(&folder.join("deskferry.ledger"), "test", Mode::Run).unwrap();
    Project {
        ledger,
        source: Some(source),
        sink: Some(sink),
        source_name: "memory:a".into(),
        target_name: "memory:b".into(),
        scope: Scope {
            since: None,
            kinds: Kind::ALL.to_vec(),
        },
        mapping: Arc::new(UserMapping::default()),
        settings: Settings::default(),
        listener: Arc::new(|_| {}),
        stop: Stop::default(),
    }
}

fn source(by: MessagesBy) -> Arc<MemorySource> {
    Arc::new(MemorySource::new(30, 5, by))
}

/// Every record of the source desk is on the target once: 1 contact, 30
/// conversations and, where they are written one by one, their other messages.
#[track_caller]
fn everything_once(sink: &MemorySink) {
    let markers = sink.markers();
    let doubled: Vec<_> = markers.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "written twice: {doubled:?}");
    let replies = if sink.grain == Grain::Message {
        30 * 4
    } else {
        0
    };
    assert_eq!(markers.len(), 1 + 30 + replies);
    for held in sink.held.lock().unwrap().iter() {
        if let Some(conversation) = &held.conversation {
            let bodies: Vec<_> = held.messages.iter().map(|m| m.id.clone()).collect();
            let expected: Vec<_> = (0..5).map(|n| format!("{}-{n}", conversation.id)).collect();
            assert_eq!(bodies, expected, "all messages, in order");
        }
    }
}

async fn moves_everything(by: MessagesBy, grain: Grain) {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(grain));
    let project = project(folder.path(), source(by), sink.clone());
    let (pulled, summary) = migrate(&project).await.unwrap();
    assert_eq!(pulled.new, 2 + 30 + 30 * 5 + 30);
    assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
    everything_once(&sink);
    let report = verify(&project, &VerifyOptions::default()).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let matched = |kind| report.tally_of(kind).matched;
    assert_eq!(
        (matched(Kind::Conversation), matched(Kind::Message)),
        (30, 150)
    );
    let (again, _) = migrate(&project).await.unwrap();
    assert_eq!(again.new, 0);
    everything_once(&sink);
}

#[tokio::test]
async fn a_stream_of_messages_into_whole_conversations() {
    moves_everything(MessagesBy::Stream, Grain::Whole).await;
}

#[tokio::test]
async fn messages_by_conversation_one_by_one() {
    moves_everything(MessagesBy::Conversation, Grain::Message).await;
}

#[tokio::test]
async fn writes_go_on_while_others_are_decided() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Message));
    let mut source = MemorySource::new(30, 5, MessagesBy::Stream);
    // Deciding writes them as contacts, which waits for a turn that another write has.
    source.former_agents = true;
    let project = project(folder.path(), Arc::new(source), sink.clone());
    let patience = std::time::Duration::from_secs(60);
    let done = tokio::time::timeout(patience, migrate(&project)).await;
    let (_, summary) = done.expect("it hangs").unwrap();
    assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
    assert_eq!(sink.markers().len(), 1 + 30 + 30 + 30 * 4);
}

#[tokio::test]
async fn lost_answers_are_settled_not_repeated() {
    for (grain, lost) in [
        (Grain::Whole, ErrorKind::Transient),
        (Grain::Message, ErrorKind::Transient),
        (Grain::Whole, ErrorKind::Protocol),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = MemorySink::new(grain);
        sink.lose_answer = 3;
        sink.lost = lost;
        sink.fail_before = 5;
        let sink = Arc::new(sink);
        let project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
        let (_, summary) = migrate(&project).await.unwrap();
        assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
        everything_once(&sink);
        assert!(project.ledger.open_intents().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_this_machine_could_not_keep_is_settled_by_the_next_run() {
    for grain in [Grain::Whole, Grain::Message] {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = MemorySink::new(grain);
        sink.lose_answer = 4;
        sink.lost = ErrorKind::Local;
        let sink = Arc::new(sink);
        let mut stops = 0;
        loop {
            let project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
            match migrate(&project).await {
                Ok((_, summary)) => {
                    assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
                    break;
                }
                Err(error) => assert_eq!(error.kind, ErrorKind::Local, "{error}"),
            }
            assert!(!project.ledger.open_intents().unwrap().is_empty());
            stops += 1;
        }
        assert!(stops > 0, "the test must stop");
        everything_once(&sink);
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_anywhere_goes_on_and_writes_once() {
    for grain in [Grain::Whole, Grain::Message] {
        let folder = tempfile::tempdir().unwrap();
        let sink = Arc::new(MemorySink::new(grain));
        let mut cuts = 0;
        // Each run lives a little longer than the one before it.
        for micros in (0..60).map(|n| n * 1500) {
            let project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
            let run =
                tokio::time::timeout(std::time::Duration::from_micros(micros), migrate(&project));
            match run.await {
                Err(_) => {
                    cuts += 1;
                    // Writes that were cut off let go of the ledger when they are next looked at.
                    tokio::task::yield_now().await;
                    // A dead process writes nothing more: let the ledger's thread come to rest.
                    project.ledger.set_plan(Vec::new()).await.unwrap();
                }
                Ok(result) => {
                    result.unwrap();
                    break;
                }
            }
        }
        let project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
        let (_, summary) = migrate(&project).await.unwrap();
        assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
        assert!(cuts > 3, "the test must cut");
        everything_once(&sink);
    }
}

#[tokio::test]
async fn a_refused_record_is_kept_and_the_next_run_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let refused = "memory:a:conversation:12".to_owned();
    sink.refuse.lock().unwrap().push(refused);
    let project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
    let (_, summary) = migrate(&project).await.unwrap();
    assert_eq!(summary.problems, 1);
    let problem = project.ledger.problems(9).unwrap().remove(0);
    assert_eq!(problem.key, Key::new(Kind::Conversation, "12"));
    assert!(problem.reason.contains("subject"), "{}", problem.reason);
    let report = verify(&project, &VerifyOptions::default()).await.unwrap();
    assert_eq!(report.total(|tally| tally.missing), 1);

    sink.refuse.lock().unwrap().clear();
    let ledger = project.ledger.clone();
    drop(project);
    assert_eq!(ledger.count(Kind::Conversation, READY, 4).unwrap(), 1);
    drop(ledger);
    let project = self::project(folder.path(), source(MessagesBy::Stream), sink.clone());
    let (_, summary) = migrate(&project).await.unwrap();
    assert_eq!(summary.problems, 0);
    everything_once(&sink);
}

#[tokio::test]
async fn a_refused_message_holds_back_those_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Message));
    sink.refuse
        .lock()
        .unwrap()
        .push("memory:a:message:3-2".into());
    let project = project(
        folder.path(),
        source(MessagesBy::Conversation),
        sink.clone(),
    );
    migrate(&project).await.unwrap();
    let messages = |sink: &MemorySink| -> Vec<String> {
        let held = sink.held.lock().unwrap();
        let three = held
            .iter()
            .find(|held| held.conversation.as_ref().is_some_and(|c| c.id == "3"))
            .unwrap();
        three.messages.iter().map(|m| m.id.clone()).collect()
    };
    assert_eq!(messages(&sink), ["3-0", "3-1"]);
    sink.refuse.lock().unwrap().clear();
    drop(project);
    let project = self::project(
        folder.path(),
        source(MessagesBy::Conversation),
        sink.clone(),
    );
    migrate(&project).await.unwrap();
    everything_once(&sink);
}

#[tokio::test]
async fn a_preview_writes_nothing_and_sees_what_will_be() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Message));
    let project = project(
        folder.path(),
        source(MessagesBy::Conversation),
        sink.clone(),
    );
    pull(&project).await.unwrap();
    let summary = dry_run(&project).await.unwrap();
    assert!(sink.held.lock().unwrap().is_empty());
    assert_eq!(summary.total(Action::Create), 31, "{:?}", summary.counts);
    assert_eq!(summary.total(Action::Match), 1);
    assert_eq!(summary.total(Action::Blocked), 0);
    assert!(
        project
            .ledger
            .receipts(Kind::Contact, "", 9)
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_count_that_is_short_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = MemorySource::new(2, 3, MessagesBy::Stream);
    source.overstate = true;
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let project = project(folder.path(), Arc::new(source), sink);
    pull(&project).await.unwrap();
    let problems = project.ledger.problems(9).unwrap();
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0].reason.contains("4 messages, 3 arrived"),
        "{}",
        problems[0].reason
    );
}

#[tokio::test]
async fn the_same_page_again_is_an_error_not_a_loop() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = MemorySource::new(20, 1, MessagesBy::Conversation);
    source.stuck = true;
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let project = project(folder.path(), Arc::new(source), sink);
    pull(&project).await.unwrap();
    let problems = project.ledger.problems(9).unwrap();
    assert!(
        problems[0].reason.contains("again and again"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn nothing_is_written_while_customers_could_be_mailed() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = MemorySink::new(Grain::Whole);
    sink.interlocks.push(Interlock {
        id: "rule-1".into(),
        name: None,
        what: "the rule \"Thank you\" mails requesters".into(),
        hint: "switch it off".into(),
        proven: true,
        facts: Default::default(),
    });
    let sink = Arc::new(sink);
    let mut project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
    let error = migrate(&project).await.map(|_| ()).unwrap_err();
    assert!(error.source.is_some_and(|cause| cause.is::<Interlocked>()));
    assert!(sink.held.lock().unwrap().is_empty());
    project.settings.allow_mail = true;
    project.stop = Stop::default();
    migrate(&project).await.unwrap();
    everything_once(&sink);
}

#[tokio::test]
async fn a_stop_on_request_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let mut project = project(folder.path(), source(MessagesBy::Stream), sink.clone());
    let stop = project.stop.clone();
    project.listener = Arc::new(move |event| {
        if matches!(
            event,
            Event::Pushed {
                kind: Kind::Conversation
            }
        ) {
            stop.request();
        }
    });
    let error = migrate(&project).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Interrupted);
    assert!(
        project.ledger.open_intents().unwrap().is_empty(),
        "what was begun is finished"
    );
    drop(project);
    let project = self::project(folder.path(), source(MessagesBy::Stream), sink.clone());
    migrate(&project).await.unwrap();
    everything_once(&sink);
}

#[tokio::test]
async fn nothing_is_moved_without_its_last_messages_when_their_stream_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(MessagesBy::Stream);
    source.break_messages.store(true, Ordering::SeqCst);
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let project = project(folder.path(), source.clone(), sink.clone());
    let (_, summary) = migrate(&project).await.unwrap();
    assert_eq!(summary.problems, 1, "{:?}", project.ledger.problems(9));
    let held = sink.held.lock().unwrap().len();
    assert_eq!(held, 1, "the contact alone");
    source.break_messages.store(false, Ordering::SeqCst);
    drop(project);
    let project = self::project(folder.path(), source, sink.clone());
    let (_, summary) = migrate(&project).await.unwrap();
    assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
    everything_once(&sink);
}

#[tokio::test]
async fn an_address_that_expired_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let mut source = MemorySource::new(30, 5, MessagesBy::Stream);
    source.expiring = true;
    let project = project(folder.path(), Arc::new(source), sink.clone());
    let (_, summary) = migrate(&project).await.unwrap();
    assert_eq!(summary.problems, 0, "{:?}", project.ledger.problems(9));
    everything_once(&sink);
}
