//! What a preview declares is what a migration loses: neither less, which
//! would be a surprise, nor more, since verify does not compare what was declared.

use std::collections::{BTreeMap, BTreeSet};

use deskferry::ledger::{Ledger, Mode};
use deskferry::sandbox::Faults;

use super::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};

/// Losses by record.
type Losses = BTreeMap<String, BTreeSet<String>>;

fn declared(project: &Project) -> Losses {
    let path = project.folder.path().join("deskferry.ledger");
    let mut losses = Losses::new();
    Ledger::open(&path, "test", Mode::Look)
        .unwrap()
        .each_planned(|planned| {
            for loss in planned.losses {
                losses
                    .entry(planned.key.to_string())
                    .or_default()
                    .insert(format!("{} {}: {}", loss.field, loss.effect, loss.detail));
            }
        })
        .unwrap();
    losses
}

/// One line a loss that only one of the two has.
fn only_in(some: &Losses, others: &Losses, sign: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, losses) in some {
        for loss in losses {
            if !others.get(key).is_some_and(|known| known.contains(loss)) {
                lines.push(format!("{sign} {key}: {loss}"));
            }
        }
    }
    lines
}

/// Previews and migrates in folders of their own, so that neither sees what
/// the other one left in its ledger.
#[track_caller]
fn assert_same(source: &Desk, target: &Desk, code: i32) {
    let preview = Project::between(source, target);
    preview.expect(0, &["preview", "--quiet"]);
    let migration = Project::between(source, target);
    migration.expect(code, &["migrate", "--quiet"]);
    let (said, lost) = (declared(&preview), declared(&migration));
    assert!(!said.is_empty());
    let mut lines = only_in(&said, &lost, "only previewed:");
    lines.extend(only_in(&lost, &said, "only migrated:"));
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn freshdesk_to_zendesk() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    assert_same(
        &source,
        &quiet_zendesk(&["users_bulk"], Faults::default()),
        0,
    );
}

#[test]
fn zendesk_to_freshdesk() {
    // Four files of the fixture are gone on the source.
    let source = Desk::start("zendesk", Some("zendesk"));
    assert_same(&source, &quiet_freshdesk(Faults::default()), 3);
}

#[test]
fn zendesk_to_zendesk() {
    let source = Desk::start("zendesk", Some("zendesk"));
    assert_same(
        &source,
        &quiet_zendesk(&["users_bulk"], Faults::default()),
        3,
    );
}
