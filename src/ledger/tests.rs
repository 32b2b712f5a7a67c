use super::*;
use crate::connector::{Loss, Unreadable, WriteAction, Written};
use crate::schema::{Conversation, Key, Kind, Message, Record};

fn open(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("deskferry.ledger"), "test", Mode::Run).unwrap()
}

fn desk(messages: usize, declared: u32) -> Vec<Record> {
    let mut records = vec![Record::Conversation(Conversation {
        id: "1".into(),
        declared_messages: Some(declared),
        ..Conversation::default()
    })];
    records.extend((0..messages).map(|n| {
        Record::Message(Message {
            id: format!("m{n}"),
            conversation_id: "1".into(),
            text: Some(format!("message {n}")),
            ..Message::default()
        })
    }));
    records
}

async fn commit(ledger: &Ledger, records: &[Record], next: &str) -> u64 {
    ledger
        .commit_page(PageCommit {
            stream: "tickets",
            next: Some(next.into()),
            packed: pack(records).unwrap(),
            ..PageCommit::default()
        })
        .await
        .unwrap()
}

fn intent(key: Key) -> NewIntent {
    NewIntent {
        key,
        as_of: i64::MAX,
        last_part: i64::MAX,
    }
}

#[tokio::test]
async fn a_page_and_its_cursor_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    assert_eq!(ledger.stream_state("tickets").unwrap(), None);
    assert_eq!(commit(&ledger, &desk(3, 3), "after-1").await, 4);
    assert_eq!(
        commit(&ledger, &desk(3, 3), "after-2").await,
        0,
        "repeated rows are one record"
    );
    let state = ledger.stream_state("tickets").unwrap().unwrap();
    assert_eq!((state.cursor.as_deref(), state.pages), (Some("after-2"), 2));
    let children = ledger
        .children(&Key::new(Kind::Conversation, "1"), Kind::Message)
        .unwrap();
    assert_eq!(children.len(), 3);
    assert_eq!(children[2].record, desk(3, 3)[3]);
}

#[tokio::test]
async fn a_conversation_is_ready_when_all_declared_messages_are_here() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    commit(&ledger, &desk(2, 3), "a").await;
    assert_eq!(ledger.mark_ready(true, false, true).await.unwrap(), 0);
    commit(&ledger, &desk(3, 3), "b").await;
    assert_eq!(ledger.mark_ready(true, false, true).await.unwrap(), 1);
    assert_eq!(ledger.count(Kind::Conversation, READY, PUSHED).unwrap(), 1);
}

#[tokio::test]
async fn a_changed_record_has_to_be_pushed_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let key = Key::new(Kind::Conversation, "1");
    commit(&ledger, &desk(1, 1), "a").await;
    ledger.set_state(&key, READY | PUSHED).await.unwrap();
    commit(&ledger, &desk(1, 1), "b").await;
    assert_eq!(ledger.get(&key).unwrap().unwrap().state, READY | PUSHED);
    commit(&ledger, &desk(1, 2), "c").await;
    assert_eq!(ledger.get(&key).unwrap().unwrap().state, 0);
}

#[tokio::test]
async fn an_intent_becomes_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    commit(&ledger, &desk(1, 1), "a").await;
    let key = Key::new(Kind::Conversation, "1");
    let intents = vec![intent(key.clone())];
    ledger.begin(intents, Date::now()).await.unwrap();
    ledger
        .note_intents(vec![(key.clone(), "job-7".into())])
        .await
        .unwrap();
    assert_eq!(
        ledger.intent(&key).unwrap().unwrap().note.as_deref(),
        Some("job-7")
    );
    assert_eq!(ledger.intent(&Key::new(Kind::Message, "1")).unwrap(), None);
    drop(ledger);

    let ledger = open(folder.path());
    let intents = ledger.open_intents().unwrap();
    assert_eq!(intents.len(), 1, "an intent survives the process");
    assert_eq!(intents[0].note.as_deref(), Some("job-7"));
    let mut written = Written::created("900");
    written
        .parts
        .push((Key::new(Kind::Message, "m0"), "901".into()));
    ledger.receive(&key, &written, None, true).await.unwrap();
    assert!(ledger.open_intents().unwrap().is_empty());
    let part = ledger
        .receipt(&Key::new(Kind::Message, "m0"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (part.target.as_str(), part.parent.as_deref()),
        ("901", Some("900"))
    );
    ledger
        .receive(&key, &Written::matched("900"), None, true)
        .await
        .unwrap();
    let receipt = ledger.receipt(&key).unwrap().unwrap();
    assert_eq!(
        receipt.action,
        WriteAction::Created.name(),
        "a match does not hide that we made it"
    );
}

#[tokio::test]
async fn losses_are_counted_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let planned = |id: &str, times| Planned {
        key: Key::new(Kind::Conversation, id),
        action: Action::Create,
        reason: None,
        losses: vec![Loss::new("message.sent_at", crate::connector::Effect::Moved, "x"); times],
        target: None,
        digest: None,
    };
    ledger
        .set_plan(vec![planned("1", 2), planned("2", 1)])
        .await
        .unwrap();
    let counts = ledger.loss_counts().unwrap();
    assert_eq!((counts[0].records, counts[0].count), (2, 3));
}

#[test]
fn a_second_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path());
    let error = Ledger::open(&folder.path().join("deskferry.ledger"), "test", Mode::Run)
        .map(|_| ())
        .unwrap_err();
    assert!(error.source.unwrap().is::<Locked>());
}

#[test]
fn a_newer_ledger_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join("deskferry.ledger");
    // The writer thread of the dropped ledger may still be checkpointing.
    let connection = Connection::open(&path).unwrap();
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Ledger::open(&path, "test", Mode::Run)
        .map(|_| ())
        .unwrap_err();
    assert!(error.message.contains("format 99"), "{error}");
    assert!(error.hint.is_some());
}

#[test]
fn another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deskferry.ledger");
    std::fs::write(
        &path,
        "not a database, but long enough to be looked at ".repeat(30),
    )
    .unwrap();
    let error = Ledger::open(&path, "test", Mode::Run)
        .map(|_| ())
        .unwrap_err();
    assert!(error.message.contains("cannot be used"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _ledger = open(folder.path());
    let mode = std::fs::metadata(folder.path().join("deskferry.ledger"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_ledger_belongs_to_one_desk() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    ledger.claim("source", "zendesk:acme").await.unwrap();
    ledger.claim("source", "zendesk:acme").await.unwrap();
    assert!(ledger.claim("source", "zendesk:other").await.is_err());
}

#[tokio::test]
async fn a_closed_ledger_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..20 {
        let ledger = open(folder.path());
        let keys = (0..50).map(|id| Key::new(Kind::Contact, format!("{n}-{id}")));
        let intents = keys.map(intent).collect();
        ledger.begin(intents, Date::now()).await.unwrap();
        drop(ledger);
        let log = folder.path().join("deskferry.ledger-wal");
        let left = std::fs::metadata(&log).map_or(0, |log| log.len());
        assert_eq!(left, 0, "what was written is in the file itself");
    }
}

/// The first format, as it was: an old file must stay readable.
#[tokio::test]
async fn a_ledger_of_the_first_format_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deskferry.ledger");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(schema::V1).unwrap();
    old.pragma_update(None, "application_id", 0x646b_6679)
        .unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute_batch(
        "INSERT INTO receipts(kind, id, target, action, run, at)
         VALUES (6, 'c', 't', 'created', 1, '2024-01-01T00:00:00Z');",
    )
    .unwrap();
    drop(old);
    let ledger = open(folder.path());
    let kind = read::kind_of(6).unwrap();
    let receipt = ledger.receipt(&Key::new(kind, "c")).unwrap().unwrap();
    assert_eq!(receipt.target, "t");
    assert!(ledger.written(&Key::new(kind, "c")).unwrap().is_none());
}

#[tokio::test]
async fn what_was_written_stays_readable_after_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let store = async |subject: &str| {
        let record = Record::Conversation(Conversation {
            id: "1".into(),
            subject: Some(subject.into()),
            ..Conversation::default()
        });
        let page = PageCommit {
            stream: "tickets",
            packed: pack(&[record]).unwrap(),
            ..PageCommit::default()
        };
        ledger.commit_page(page).await.unwrap();
    };
    let key = Key::new(Kind::Conversation, "1");
    store("before").await;
    ledger
        .receive(&key, &Written::created("9"), None, true)
        .await
        .unwrap();
    store("after").await;
    let subject = |stored: Option<Stored>| match stored.unwrap().record {
        Record::Conversation(conversation) => conversation.subject.unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(subject(ledger.written(&key).unwrap()), "before");
    assert_eq!(subject(ledger.get(&key).unwrap()), "after");
}

#[tokio::test]
async fn problems_are_grouped_by_kind_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let add = async |kind, id: &str, reason: &str| {
        let problem = NewProblem {
            key: Key::new(kind, id),
            stage: "push",
            reason: reason.into(),
            hint: Some("correct it".into()),
            original: None,
        };
        ledger.add_problem(problem).await.unwrap();
    };
    for n in 0..3 {
        add(
            Kind::Contact,
            &n.to_string(),
            &format!("phone {n}1 is not E.164"),
        )
        .await;
    }
    add(Kind::Contact, "9", "a name has at most 255 characters").await;
    add(Kind::Conversation, "9", "phone 11 is not E.164").await;
    let groups = ledger.problem_groups().unwrap();
    let told: Vec<(Kind, u64, &str, &str)> = groups
        .iter()
        .map(|group| {
            let example = group.example.key.id.as_str();
            (group.kind, group.count, group.reason.as_str(), example)
        })
        .collect();
    assert_eq!(
        told,
        [
            (Kind::Contact, 3, "phone … is not E.164", "0"),
            (Kind::Contact, 1, "a name has at most 255 characters", "9"),
            (Kind::Conversation, 1, "phone 11 is not E.164", "9"),
        ]
    );
}

#[tokio::test]
async fn runs_keep_how_they_ended_and_what_they_cost() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    drop(ledger);
    let ledger = open(folder.path());
    let stats = RunStats {
        seconds: 7,
        desks: vec![DeskStats {
            desk: "source".into(),
            requests: 3,
            by_budget: vec![("default".into(), 3)],
            ..DeskStats::default()
        }],
    };
    ledger.end_run("done", &stats).await.unwrap();
    let runs = ledger.runs(9).unwrap();
    assert_eq!(ledger.count_runs().unwrap(), 2);
    assert_eq!(runs[0].stats.as_ref(), Some(&stats));
    assert_eq!(runs[0].outcome.as_deref(), Some("done"));
    assert_eq!(runs[1].ended_at, None, "it was cut off");
}

#[tokio::test]
async fn findings_are_those_of_the_last_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let mut finding = Finding::new(Verdict::Differs, Key::new(Kind::Conversation, "1")).at("900");
    finding.part = Some(Key::new(Kind::Message, "m1"));
    finding.field = Some("message.body".into());
    let gone = Finding::new(Verdict::Missing, Key::new(Kind::Contact, "2")).because("gone");
    let findings = vec![finding, gone.clone()];
    ledger.add_findings(findings.clone()).await.unwrap();
    let mut comparison = Comparison::default();
    comparison.tally(Kind::Contact).missing += 1;
    ledger.set_comparison(&comparison).await.unwrap();
    let mut read = Vec::new();
    let keep = |finding| {
        read.push(finding);
        Ok(())
    };
    ledger.each_finding(keep).unwrap();
    assert_eq!(read, findings);
    assert_eq!(ledger.findings(Verdict::Missing, 9).unwrap(), [gone]);
    assert_eq!(ledger.comparison().unwrap(), Some(comparison));
    ledger.clear_findings().await.unwrap();
    assert_eq!(ledger.count_findings(Verdict::Differs).unwrap(), 0);
    assert_eq!(ledger.comparison().unwrap(), None);
}

#[tokio::test]
async fn conversations_are_ready_beyond_the_first_window() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    // More records than one transaction looks at, so that the last ones are in another.
    let many: Vec<Record> = (0..45_000)
        .map(|n| {
            Record::Conversation(Conversation {
                id: n.to_string(),
                ..Conversation::default()
            })
        })
        .collect();
    commit(&ledger, &many, "a").await;
    assert_eq!(ledger.mark_ready(true, false, true).await.unwrap(), 45_000);
    assert_eq!(ledger.mark_ready(true, false, true).await.unwrap(), 0);
    let last = ledger.ready(Kind::Conversation, 44_999, 10).unwrap();
    assert_eq!(last.len(), 1);
}

#[tokio::test]
async fn what_is_planned_or_pushed_or_gone_is_not_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let records: Vec<Record> = (0..6)
        .map(|n| {
            Record::Conversation(Conversation {
                id: n.to_string(),
                ..Conversation::default()
            })
        })
        .collect();
    commit(&ledger, &records, "a").await;
    let key = |n: usize| records[n].key();
    for n in [1, 2, 3, 4] {
        ledger.set_state(&key(n), READY).await.unwrap();
    }
    ledger.set_state(&key(2), PUSHED).await.unwrap();
    ledger.set_state(&key(3), GONE).await.unwrap();
    let decided = Planned {
        key: key(4),
        action: Action::Skip,
        reason: None,
        losses: Vec::new(),
        target: None,
        digest: None,
    };
    ledger.set_plan(vec![decided]).await.unwrap();
    let ids = |found: Vec<Stored>| -> Vec<String> {
        found
            .iter()
            .map(|stored| stored.record.id().to_owned())
            .collect()
    };
    let ready = ledger.ready(Kind::Conversation, 0, 10).unwrap();
    assert_eq!(ids(ready), ["1"]);
    let pending = ledger.pending(Kind::Conversation, 0, 10).unwrap();
    assert_eq!(ids(pending), ["0", "1", "5"]);
    assert!(ledger.pending(Kind::Message, 0, 10).unwrap().is_empty());
}

/// A page of records must cost its own size, not that of the desk.
#[test]
fn records_are_found_by_an_index_that_is_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let plan = |index: &str, states: &str| -> String {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT seq, pack FROM records INDEXED BY {index}
              WHERE kind = ?1 AND seq > ?2 AND {states} ORDER BY seq LIMIT ?3"
        );
        ledger
            .read(|c| {
                let mut statement = c.prepare(&sql)?;
                let rows = statement.query_map([1, 2, 3], |row| row.get::<_, String>(3))?;
                Ok(rows.collect::<std::result::Result<Vec<_>, _>>()?.join("; "))
            })
            .unwrap()
    };
    for (index, states) in [
        ("records_kind", "state & 1 = 0"),
        ("records_ready", schema::READY_NOW),
    ] {
        let plan = plan(index, states);
        assert!(plan.contains("(kind=? AND rowid>?)"), "{plan}");
        assert!(!plan.contains("ORDER BY"), "it is sorted: {plan}");
    }
}

#[test]
fn statements_are_prepared_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    let again = |id: &str| -> i32 {
        ledger
            .read(|c| {
                let mut statement = c.prepare_cached(
                    "SELECT seq FROM records
                      WHERE parent = ?1 AND kind = ?2 AND parent_kind = ?3 ORDER BY seq",
                )?;
                statement
                    .query_row(rusqlite::params![id, 8, 7], |_| Ok(()))
                    .optional()?;
                Ok(statement.get_status(rusqlite::StatementStatus::RePrepare))
            })
            .unwrap()
    };
    let times: Vec<i32> = ["a", "b", "c"].map(again).to_vec();
    assert_eq!(
        times,
        [0, 0, 0],
        "a look-up costs a tenth of its preparation"
    );
}

fn unreadable(id: &str) -> Unreadable {
    Unreadable {
        key: Key::new(Kind::Message, id),
        reason: "sent_at: no date".into(),
        original: b"{}".to_vec(),
    }
}

async fn unreadable_page(ledger: &Ledger, records: &[Record], bad: &[&str]) {
    ledger
        .commit_page(PageCommit {
            stream: "tickets",
            packed: pack(records).unwrap(),
            unreadable: bad.iter().map(|id| unreadable(id)).collect(),
            ..PageCommit::default()
        })
        .await
        .unwrap();
}

fn open_problems(ledger: &Ledger) -> Vec<String> {
    let problems = ledger.problems(99).unwrap();
    problems.into_iter().map(|problem| problem.key.id).collect()
}

#[tokio::test]
async fn a_record_that_arrives_well_later_is_no_problem_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    // A page may hold a good and a bad version of one record.
    unreadable_page(&ledger, &desk(1, 3), &["m0", "m1", "m2"]).await;
    assert_eq!(open_problems(&ledger), ["m0", "m1", "m2"]);
    // The same record again, and one more.
    unreadable_page(&ledger, &desk(2, 3), &["m2"]).await;
    assert_eq!(open_problems(&ledger), ["m2"]);
    let gone = vec![Key::new(Kind::Message, "m2")];
    ledger.gone(gone).await.unwrap();
    assert!(open_problems(&ledger).is_empty());
}

#[tokio::test]
async fn a_count_that_is_short_is_no_problem_once_it_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path());
    commit(&ledger, &desk(2, 3), "a").await;
    let problem = |stage| NewProblem {
        key: Key::new(Kind::Conversation, "1"),
        stage,
        reason: "the desk says 3 messages, 2 arrived".into(),
        hint: None,
        original: None,
    };
    ledger.add_problem(problem("pull")).await.unwrap();
    ledger.add_problem(problem("push")).await.unwrap();
    ledger.mark_ready(true, false, true).await.unwrap();
    assert_eq!(ledger.count_problems().unwrap(), 2);
    commit(&ledger, &desk(3, 3), "b").await;
    ledger.mark_ready(true, false, true).await.unwrap();
    let left = ledger.problems(9).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].stage, "push");
}
