//! What is said of records that were written by other rules.

use super::super::redact;
use super::*;

fn rules(project: &mut Project, text: &str) {
    project.mapping = Arc::new(UserMapping::parse("mapping.toml", text).unwrap());
}

fn told(project: &Project) -> bool {
    let limits = redact::limits(project).unwrap();
    limits
        .iter()
        .any(|(limit, _)| *limit == Unredacted::Written)
}

#[tokio::test]
async fn what_was_written_before_rules_were_remembered_had_none() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Arc::new(MemorySink::new(Grain::Whole));
    let mut project = project(folder.path(), source(MessagesBy::Stream), sink);
    rules(&mut project, "[privacy]\nemails = \"drop\"\n");
    assert!(!told(&project), "nothing is written");
    project.mapping = Arc::new(UserMapping::default());
    pull(&project).await.unwrap();
    push(&project).await.unwrap();
    let ledger = rusqlite::Connection::open(folder.path().join("deskferry.ledger")).unwrap();
    let sql = "DELETE FROM meta WHERE key = 'privacy.rules'";
    assert_eq!(ledger.execute(sql, []).unwrap(), 1, "an older version's");
    rules(&mut project, "[privacy]\nemails = \"drop\"\n");
    assert!(told(&project), "by the preview");
    push(&project).await.unwrap();
    assert!(told(&project), "and by what comes after");
    rules(&mut project, "");
    assert!(!told(&project), "no rules, nothing to say");
}
