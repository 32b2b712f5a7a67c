//! Whole migrations between real desks.

use std::sync::Arc;

use deskferry::engine::{Event, Project, Settings, Stop, VerifyOptions, migrate, verify};
use deskferry::ledger::{Ledger, Mode};
use deskferry::mapping::UserMapping;
use deskferry::schema::Kind;
use serde_json::Value;

use crate::reads::scope;
use crate::server::{Rt, step};

/// Everything of the seeded desk, once, and not one mail.
pub async fn from_rt_to_rt(a: &Rt, b: &Rt, facts: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(
        &folder.path().join("deskferry.ledger"),
        "migrate",
        Mode::Run,
    )
    .unwrap();
    let project = Project {
        ledger: ledger.clone(),
        source: Some(a.source("")),
        sink: Some(b.sink("")),
        source_name: "request_tracker:a".into(),
        target_name: "request_tracker:b".into(),
        scope: scope(),
        mapping: Arc::new(UserMapping::default()),
        settings: Settings::default(),
        listener: Arc::new(|event| {
            if let Event::Problem { key, reason } = event {
                eprintln!("problem: {key}: {reason}");
            }
        }),
        stop: Stop::default(),
    };
    migrate(&project).await.unwrap();
    assert_eq!(b.mails(), 0, "somebody was mailed");
    let problems = ledger.problems(50).unwrap();
    // A negative entry, an article title twice and the like would be here.
    assert!(problems.is_empty(), "{problems:?}");

    let marked = "FROM ObjectCustomFieldValues v JOIN CustomFields f ON f.id = v.CustomField \
                  WHERE f.Name = 'deskferry id' AND v.Disabled = 0";
    let tickets = facts["tickets"].as_u64().unwrap().to_string();
    assert_eq!(b.sql(&format!("SELECT count(*) {marked}")), tickets);
    assert_eq!(
        b.sql(&format!("SELECT count(DISTINCT v.Content) {marked}")),
        tickets
    );
    assert_eq!(b.sql("SELECT count(*) FROM Tickets"), tickets);
    let count = "SELECT count(*) FROM Transactions WHERE ObjectType='RT::Ticket' \
                 AND Type IN ('Create','Correspond','Comment')";
    assert_eq!(
        b.sql(count),
        facts["messages"].as_u64().unwrap().to_string()
    );

    step("verify");
    let report = verify(&project, &VerifyOptions::default()).await.unwrap();
    assert!(
        report.is_clean(),
        "differs {:#?}\nmissing {:#?}\nerrors {:#?}",
        report.differs,
        report.missing,
        report.errors
    );
    assert_eq!(report.messages, facts["messages"].as_u64().unwrap());
    assert!(report.attachments >= 7, "{}", report.attachments);

    step("move again: nothing is written twice");
    migrate(&project).await.unwrap();
    assert_eq!(b.sql("SELECT count(*) FROM Tickets"), tickets);
    assert_eq!(
        b.sql(count),
        facts["messages"].as_u64().unwrap().to_string()
    );
    assert_eq!(b.mails(), 0);
    assert!(ledger.count(Kind::Conversation, 0, 0).unwrap() > 0);
}
