//! Whole migrations between desks.

use std::sync::Arc;

use deskferry::connector::{Options, Setup, Sink, find};
use deskferry::engine::{Event, Project, Settings, Stop, VerifyOptions, migrate, verify};
use deskferry::ledger::{Ledger, Mode};
use deskferry::mapping::{PlatformMapping, UserMapping};
use deskferry::sandbox;
use deskferry::schema::Kind;
use serde_json::Value;

use crate::reads::scope;
use crate::server::{Rt, step};

fn project(folder: &tempfile::TempDir, a: &Rt, sink: Arc<dyn Sink>, target: &str) -> Project {
    let path = folder.path().join("deskferry.ledger");
    Project {
        ledger: Ledger::open(&path, "migrate", Mode::Run).unwrap(),
        source: Some(a.source("")),
        sink: Some(sink),
        source_name: "request_tracker:a".into(),
        target_name: target.into(),
        scope: scope(),
        mapping: Arc::new(UserMapping::default()),
        settings: Settings::default(),
        listener: Arc::new(|event| {
            if let Event::Problem { key, reason } = event {
                eprintln!("problem: {key}: {reason}");
            }
        }),
        stop: Stop::default(),
    }
}

async fn moved(project: &Project) {
    let begun = std::time::Instant::now();
    let summary = migrate(project).await.unwrap();
    step(&format!(
        "moved in {} s; losses {:#?}",
        begun.elapsed().as_secs(),
        summary.1.losses
    ));
    let problems = project.ledger.problems(50).unwrap();
    assert!(problems.is_empty(), "{problems:#?}");
}

async fn verified(project: &Project, facts: &Value) {
    step("verify");
    let options = VerifyOptions {
        deep: true,
        ..VerifyOptions::default()
    };
    let report = verify(project, &options).await.unwrap();
    let mut findings = Vec::new();
    let keep = |finding| {
        findings.push(finding);
        Ok(())
    };
    project.ledger.each_finding(keep).unwrap();
    assert!(report.is_clean(), "{findings:#?}");
    let messages = report.tally_of(Kind::Message).matched;
    assert_eq!(messages, facts["messages"].as_u64().unwrap());
    // The empty file of the seed is no part of `hashes`: Request Tracker takes none.
    let files = facts["hashes"].as_array().unwrap().len() as u64;
    let matched = report.tally_of(Kind::Attachment).matched;
    assert!(matched >= files, "{matched}");
}

/// Everything of the seeded desk, once, and not one mail.
pub async fn from_rt_to_rt(a: &Rt, b: &Rt, facts: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let project = project(&folder, a, b.sink(""), "request_tracker:b");
    moved(&project).await;
    assert_eq!(b.mails(), 0, "somebody was mailed");

    let marked = "FROM ObjectCustomFieldValues v JOIN CustomFields f ON f.id = v.CustomField \
                  WHERE f.Name = 'deskferry id' AND v.Disabled = 0";
    let count = "SELECT count(*) FROM Transactions WHERE ObjectType='RT::Ticket' \
                 AND Type IN ('Create','Correspond','Comment')";
    let tickets = facts["tickets"].as_u64().unwrap().to_string();
    let messages = facts["messages"].as_u64().unwrap().to_string();
    assert_eq!(b.sql(&format!("SELECT count(*) {marked}")), tickets);
    assert_eq!(
        b.sql(&format!("SELECT count(DISTINCT v.Content) {marked}")),
        tickets
    );
    assert_eq!(b.sql("SELECT count(*) FROM Tickets"), tickets);
    assert_eq!(b.sql(count), messages);
    verified(&project, facts).await;

    step("move again: nothing is written twice");
    let last = b.sql("SELECT max(id) FROM Transactions");
    moved(&project).await;
    assert_eq!(b.sql("SELECT max(id) FROM Transactions"), last);
    assert_eq!(b.mails(), 0);
    assert!(project.ledger.count(Kind::Conversation, 0, 0).unwrap() > 0);
}

/// Time runs this much faster on the simulated desk, and for those who talk to it.
const SPEED: f64 = 300.0;

/// The same, to a simulated Zendesk.
pub async fn from_rt_to_zendesk(a: &Rt, facts: &Value) {
    let zendesk = find("zendesk").unwrap();
    let running = (zendesk.sandbox.unwrap())(sandbox::Config {
        speed: SPEED,
        features: vec!["users_bulk".into()],
        ..sandbox::Config::default()
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "sandbox-secret").unwrap();
    let options = format!(
        "subdomain = 'sandbox'\nbase_url = 'http://{}'\nclient_id = 'deskferry'\n\
         client_secret = {{ file = 'secret' }}",
        running.addr
    );
    let sink = (zendesk.sink)(Setup {
        options: Options::new(options.parse().unwrap(), "target", folder.path()),
        mapping: Arc::new(PlatformMapping::load("zendesk", zendesk.mapping, None).unwrap()),
        http: deskferry::http::Settings {
            speed: SPEED,
            ..deskferry::http::Settings::default()
        },
    })
    .unwrap();
    let project = project(&folder, a, sink, "zendesk:sandbox");
    moved(&project).await;
    let stats = (running.stats)();
    assert_eq!(stats["mails"]["total"], 0, "{}", stats["mails"]);
    verified(&project, facts).await;

    step("move again: nothing is written twice");
    let writes = |stats: &Value| -> Vec<(String, u64)> {
        stats["routes"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(route, _)| !route.starts_with("GET ") && !route.contains("oauth"))
            .map(|(route, count)| (route.clone(), count.as_u64().unwrap()))
            .collect()
    };
    let before = writes(&(running.stats)());
    assert!(!before.is_empty());
    moved(&project).await;
    let stats = (running.stats)();
    assert_eq!(writes(&stats), before);
    assert_eq!(stats["mails"]["total"], 0, "{}", stats["mails"]);
    assert_eq!(stats["violations"], serde_json::json!({}));
}
