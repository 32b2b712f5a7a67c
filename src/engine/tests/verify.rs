//! What a comparison of both desks finds beside what is compared field by field.

use super::*;
use crate::ledger::{Comparison, Finding, Verdict};

async fn moved(folder: &Path) -> (Project, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let project = project(folder, source(MessagesBy::Stream), sink.clone());
    migrate(&project).await.unwrap();
    (project, sink)
}

async fn findings(project: &Project, options: &VerifyOptions) -> (Comparison, Vec<Finding>) {
    let comparison = verify(project, options).await.unwrap();
    let mut findings = Vec::new();
    let keep = |finding| {
        findings.push(finding);
        Ok(())
    };
    project.ledger.each_finding(keep).unwrap();
    (comparison, findings)
}

fn id_of(sink: &MemorySink, conversation: &str) -> String {
    let held = sink.held.lock().unwrap();
    let found = held.iter().find(|held| {
        held.conversation
            .as_ref()
            .is_some_and(|c| c.id == conversation)
    });
    found.unwrap().id.clone()
}

#[tokio::test]
async fn a_second_record_with_our_mark_is_extra() {
    let folder = tempfile::tempdir().unwrap();
    let (project, sink) = moved(folder.path()).await;
    let mark = |id: &str| format!("memory:a:conversation:{id}");
    sink.marks.lock().unwrap().extend([
        (Kind::Conversation, mark("7"), id_of(&sink, "7")),
        (Kind::Conversation, mark("7"), "double".into()),
        (Kind::Conversation, mark("99"), "stray".into()),
        (
            Kind::Conversation,
            "other:desk:conversation:7".into(),
            "foreign".into(),
        ),
    ]);
    let (comparison, findings) = findings(&project, &VerifyOptions::default()).await;
    let told: Vec<(Verdict, &str, Option<&str>)> = findings
        .iter()
        .map(|f| (f.verdict, f.key.id.as_str(), f.target.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Verdict::Extra, "7", Some("double")),
            (Verdict::Extra, "99", Some("stray")),
        ]
    );
    assert!(!comparison.is_clean());
}

#[tokio::test]
async fn bytes_are_compared_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (project, sink) = moved(folder.path()).await;
    for held in sink.held.lock().unwrap().iter_mut() {
        for file in &mut held.files {
            file.sha256 = None;
        }
    }
    let deep = VerifyOptions {
        deep: true,
        ..VerifyOptions::default()
    };
    let (comparison, _) = findings(&project, &deep).await;
    assert!(comparison.is_clean(), "{comparison:?}");
    *sink.bytes.lock().unwrap() = b"BYTES";
    let (comparison, _) = findings(&project, &VerifyOptions::default()).await;
    assert!(comparison.is_clean(), "the size is the same");
    let (comparison, found) = findings(&project, &deep).await;
    assert_eq!(comparison.tally_of(Kind::Attachment).differs, 30);
    assert_eq!(comparison.tally_of(Kind::Conversation).differs, 30);
    assert!(found[0].found.as_deref().unwrap().contains("SHA-256"));
}

#[tokio::test]
async fn one_record_that_cannot_be_read_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (project, sink) = moved(folder.path()).await;
    let bad = id_of(&sink, "3");
    sink.unreadable.lock().unwrap().insert(bad.clone());
    let (comparison, findings) = findings(&project, &VerifyOptions::default()).await;
    let tally = comparison.tally_of(Kind::Conversation);
    assert_eq!((tally.matched, tally.errors), (29, 1));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].target, Some(bad));
    let reason = findings[0].reason.as_deref().unwrap();
    assert!(reason.contains("makes no sense"), "{reason}");
}

#[tokio::test]
async fn what_is_gone_on_the_target_is_missing_also_when_it_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let (project, sink) = moved(folder.path()).await;
    let gone = id_of(&sink, "3");
    sink.held.lock().unwrap().retain(|held| held.id != gone);
    let key = Key::new(Kind::Contact, "c1");
    let written = crate::connector::Written::matched("nobody");
    project
        .ledger
        .receive(&Key::new(Kind::Contact, "c9"), &written, None, true)
        .await
        .unwrap();
    let (comparison, findings) = findings(&project, &VerifyOptions::default()).await;
    assert_eq!(comparison.total(|tally| tally.missing), 2);
    let ids: Vec<&str> = findings.iter().map(|f| f.key.id.as_str()).collect();
    assert_eq!(ids, ["c9", "3"]);
    assert!(project.ledger.receipt(&key).unwrap().is_some());
}

#[tokio::test]
async fn a_part_of_the_desk_can_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (project, _) = moved(folder.path()).await;
    let sample = VerifyOptions {
        sample: Some(10),
        list_matches: true,
        ..VerifyOptions::default()
    };
    let (comparison, found) = findings(&project, &sample).await;
    assert_eq!(comparison.tally_of(Kind::Conversation).matched, 10);
    assert_eq!(found.len(), 11, "each match, one contact among them");
    let only = VerifyOptions {
        only: vec![Kind::Contact],
        ..VerifyOptions::default()
    };
    let (comparison, found) = findings(&project, &only).await;
    assert_eq!(comparison.tallies.len(), 1);
    assert_eq!(comparison.tally_of(Kind::Contact).matched, 1);
    assert!(found.is_empty(), "matches are listed when asked for");
    assert!(comparison.limits[0].contains("contacts"));
}
