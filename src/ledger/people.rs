//! Which contacts are one person, by rules and decisions, and which former
//! agents are somebody else on the target.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;

use super::{GONE, Ledger, PUSHED, now};
use crate::connector::Result;
use crate::schema::{Key, Kind};

crate::schema::values! {
    /// What somebody decided of two contacts.
    Decided {
        /// They are one person.
        Same = "same",
        /// They are two.
        Different = "different",
    }
}

/// A decision about two contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The smaller id, as text.
    pub one: String,
    /// The larger id.
    pub other: String,
    /// What was decided.
    pub decided: Decided,
}

impl Decision {
    /// A decision, whichever contact is named first.
    pub fn new(a: &str, b: &str, decided: Decided) -> Self {
        let (one, other) = if a <= b { (a, b) } else { (b, a) };
        Decision {
            one: one.to_owned(),
            other: other.to_owned(),
            decided,
        }
    }
}

/// A contact that is written as one with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unified {
    /// The contact.
    pub id: String,
    /// The contact that it is one with, which is kept.
    pub kept: String,
    /// The rule: `email`, `external_id`, `decision`.
    pub rule: String,
    /// Why, for people.
    pub why: String,
}

/// An email address that a contact leaves to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ceded {
    /// The contact that goes without it.
    pub id: String,
    /// The address in lower case.
    pub address: String,
    /// The contact that has it.
    pub owner: String,
}

/// A former agent who is this agent on the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The agent on the source.
    pub agent: String,
    /// The agent on the target.
    pub target: String,
    /// Address or name of the target's agent, for people.
    pub name: String,
}

impl Ledger {
    /// Keeps decisions; `None` takes one back.
    pub async fn decide(&self, decisions: Vec<(String, String, Option<Decided>)>) -> Result<()> {
        let run = self.run();
        self.write_durably(move |tx| {
            for (a, b, decided) in &decisions {
                let pair = Decision::new(a, b, decided.unwrap_or(Decided::Same));
                match decided {
                    None => tx
                        .prepare_cached("DELETE FROM decisions WHERE one = ?1 AND other = ?2")?
                        .execute(params![pair.one, pair.other])?,
                    Some(decided) => tx
                        .prepare_cached(
                            "INSERT INTO decisions(one, other, verdict, run, at)
                             VALUES (?1, ?2, ?3, ?4, ?5)
                             ON CONFLICT(one, other) DO UPDATE SET
                               verdict = excluded.verdict, run = excluded.run, at = excluded.at
                             WHERE verdict <> excluded.verdict",
                        )?
                        .execute(params![pair.one, pair.other, decided.name(), run, now()])?,
                };
            }
            Ok(())
        })
        .await
    }

    /// Everything that was decided, by contact.
    pub fn decisions(&self) -> Result<Vec<Decision>> {
        self.read(|c| {
            let mut statement =
                c.prepare("SELECT one, other, verdict FROM decisions ORDER BY one, other")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
            })?;
            let mut decisions = Vec::new();
            for row in rows {
                let (one, other, verdict) = row?;
                // A verdict of a later version is none that this one could follow.
                if let Some(decided) = Decided::parse(&verdict) {
                    decisions.push(Decision {
                        one,
                        other,
                        decided,
                    });
                }
            }
            Ok(decisions)
        })
    }

    /// Replaces what is known of contacts that are one person. Contacts that
    /// are on the target without somebody who is one with them by now, or with
    /// an older version of them, are to be written again.
    pub async fn unify(&self, unified: Vec<Unified>, ceded: Vec<Ceded>) -> Result<()> {
        self.write(move |tx| {
            tx.execute("DELETE FROM unified", [])?;
            tx.execute("DELETE FROM ceded", [])?;
            for row in &unified {
                tx.prepare_cached(
                    "INSERT INTO unified(id, kept, rule, why) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![row.id, row.kept, row.rule, row.why])?;
            }
            for row in &ceded {
                tx.prepare_cached("INSERT INTO ceded(id, address, owner) VALUES (?1, ?2, ?3)")?
                    .execute(params![row.id, row.address, row.owner])?;
            }
            // Whoever is on the target without a new member, or with an older one.
            tx.execute(
                &format!(
                    "UPDATE records SET state = state & ~{PUSHED}
                      WHERE kind = ?1 AND state & {PUSHED} <> 0 AND id IN (
                        SELECT u.kept FROM unified u
                          JOIN records r ON r.kind = ?1 AND r.id = u.id
                          LEFT JOIN receipts w ON w.kind = ?1 AND w.id = u.id
                         WHERE r.state & {GONE} = 0 AND (w.id IS NULL OR r.state & {PUSHED} = 0))"
                ),
                [Kind::Contact as i64],
            )?;
            Ok(())
        })
        .await
    }

    /// The contact that this one is written as one with.
    pub fn unified_with(&self, id: &str) -> Result<Option<Unified>> {
        self.read(|c| {
            Ok(
                c.prepare_cached("SELECT id, kept, rule, why FROM unified WHERE id = ?1")?
                    .query_row([id], read_unified)
                    .optional()?,
            )
        })
    }

    /// The contacts that are written as one with this one, by id.
    pub fn members(&self, kept: &str) -> Result<Vec<Unified>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id, kept, rule, why FROM unified WHERE kept = ?1 ORDER BY id",
            )?;
            let rows = statement.query_map([kept], read_unified)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// All contacts that are written as one with another after the id `after`, by id.
    pub fn all_unified(&self, after: &str, limit: usize) -> Result<Vec<Unified>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id, kept, rule, why FROM unified WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            let rows = statement.query_map(params![after, limit], read_unified)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The addresses that a contact leaves to others, with the owner of each.
    pub fn ceded(&self, id: &str) -> Result<BTreeMap<String, String>> {
        self.read(|c| {
            let mut statement =
                c.prepare_cached("SELECT address, owner FROM ceded WHERE id = ?1")?;
            let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Contacts that were written as one with the target's contact `target`, by id.
    pub fn written_members(&self, target: &str) -> Result<Vec<String>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id FROM receipts WHERE kind = ?1 AND target = ?2 AND parent = ?2
                  ORDER BY id",
            )?;
            let rows =
                statement.query_map(params![Kind::Contact as i64, target], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Contacts with a receipt of their own: written, or matched, by themselves.
    pub fn each_own_contact(&self, mut each: impl FnMut(String, String)) -> Result<()> {
        self.read(|c| {
            let mut statement =
                c.prepare("SELECT id, target FROM receipts WHERE kind = ?1 AND parent IS NULL")?;
            let mut rows = statement.query([Kind::Contact as i64])?;
            while let Some(row) = rows.next()? {
                each(row.get(0)?, row.get(1)?);
            }
            Ok(())
        })
    }

    /// Keeps who a former agent is on the target; `None` takes it back.
    pub async fn claim_agent(&self, agent: &str, claim: Option<Claim>) -> Result<()> {
        let (run, agent) = (self.run(), agent.to_owned());
        self.write_durably(move |tx| {
            match &claim {
                None => tx.execute("DELETE FROM claims WHERE agent = ?1", [&agent])?,
                Some(claim) => tx.execute(
                    "INSERT OR REPLACE INTO claims(agent, target, name, run, at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![agent, claim.target, claim.name, run, now()],
                )?,
            };
            Ok(())
        })
        .await
    }

    /// Forgets that a former agent is this agent on the target.
    pub async fn release_agent(&self, agent: &str) -> Result<()> {
        let agent = agent.to_owned();
        self.write_durably(move |tx| {
            tx.execute(
                "DELETE FROM receipts WHERE kind = ?1 AND id = ?2",
                params![Kind::Agent as i64, agent],
            )?;
            tx.execute(
                &format!(
                    "UPDATE records SET state = state & ~{PUSHED} WHERE kind = ?1 AND id = ?2"
                ),
                params![Kind::Agent as i64, agent],
            )?;
            Ok(())
        })
        .await
    }

    /// Who a former agent is on the target, as somebody decided.
    pub fn claimed(&self, agent: &str) -> Result<Option<Claim>> {
        self.read(|c| {
            Ok(
                c.prepare_cached("SELECT agent, target, name FROM claims WHERE agent = ?1")?
                    .query_row([agent], |row| {
                        Ok(Claim {
                            agent: row.get(0)?,
                            target: row.get(1)?,
                            name: row.get(2)?,
                        })
                    })
                    .optional()?,
            )
        })
    }
}

/// A contact is gone on the target: so is everybody who was written as one with it.
pub(super) fn forget_members(tx: &Transaction<'_>, key: &Key) -> Result<()> {
    if key.kind != Kind::Contact {
        return Ok(());
    }
    let members = "SELECT m.id FROM receipts m JOIN receipts w
         ON w.kind = ?1 AND w.id = ?2 AND m.kind = ?1 AND m.target = w.target
        AND m.parent = w.target";
    for sql in [
        format!(
            "UPDATE records SET state = state & ~{PUSHED} WHERE kind = ?1 AND id IN ({members})"
        ),
        format!("DELETE FROM receipts WHERE kind = ?1 AND id IN ({members})"),
    ] {
        tx.prepare_cached(&sql)?
            .execute(params![key.kind as i64, key.id])?;
    }
    Ok(())
}

fn read_unified(row: &rusqlite::Row<'_>) -> rusqlite::Result<Unified> {
    Ok(Unified {
        id: row.get(0)?,
        kept: row.get(1)?,
        rule: row.get(2)?,
        why: row.get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Written;
    use crate::ledger::Mode;

    fn open(folder: &std::path::Path) -> Ledger {
        Ledger::open(&folder.join("deskferry.ledger"), "test", Mode::Run).unwrap()
    }

    #[tokio::test]
    async fn decisions_survive_and_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open(folder.path());
        let decide = |a: &str, b: &str, decided| vec![(a.to_owned(), b.to_owned(), decided)];
        ledger
            .decide(decide("9", "10", Some(Decided::Same)))
            .await
            .unwrap();
        ledger
            .decide(decide("10", "9", Some(Decided::Different)))
            .await
            .unwrap();
        drop(ledger);
        let ledger = open(folder.path());
        assert_eq!(
            ledger.decisions().unwrap(),
            [Decision::new("9", "10", Decided::Different)]
        );
        ledger.decide(decide("9", "10", None)).await.unwrap();
        assert_eq!(ledger.decisions().unwrap(), []);
    }

    #[tokio::test]
    async fn a_contact_that_is_deleted_takes_the_receipts_of_its_members() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open(folder.path());
        let key = |id: &str| Key::new(Kind::Contact, id);
        let written = Written::created("t");
        for (id, parent) in [("kept", None), ("member", Some("t".to_owned()))] {
            ledger
                .receive(&key(id), &written, parent, true)
                .await
                .unwrap();
        }
        ledger
            .receive(&key("other"), &Written::created("u"), None, true)
            .await
            .unwrap();
        assert_eq!(ledger.written_members("t").unwrap(), ["member"]);
        ledger
            .begin_removal(&key("kept"), "t", "test")
            .await
            .unwrap();
        ledger.end_removal(&key("kept")).await.unwrap();
        for (id, there) in [("kept", false), ("member", false), ("other", true)] {
            assert_eq!(ledger.receipt(&key(id)).unwrap().is_some(), there, "{id}");
        }
    }

    #[tokio::test]
    async fn claims_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = open(folder.path());
        let claim = Claim {
            agent: "7".into(),
            target: "70".into(),
            name: "bo@example.com".into(),
        };
        ledger.claim_agent("7", Some(claim.clone())).await.unwrap();
        assert_eq!(ledger.claimed("7").unwrap(), Some(claim));
        ledger.claim_agent("7", None).await.unwrap();
        assert_eq!(ledger.claimed("7").unwrap(), None);
    }
}
