//! Plans: what will be done with each record, and what of it is lost.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{OptionalExtension, Row, params};

use super::{GONE, Ledger, PUSHED, read::kind_of};
use crate::connector::{Detail, Error, IndexPage, Loss, Result, field};
use crate::schema::{Key, Kind};

crate::schema::values! {
    /// What is planned for a record.
    Action {
        /// It will be created.
        Create = "create",
        /// What was created earlier will be changed.
        Update = "update",
        /// It exists on the target and stays as it is.
        Match = "match",
        /// It is on the target already, by an earlier run.
        Done = "done",
        /// It is left out on purpose.
        Skip = "skip",
        /// It cannot be written; the reason says why.
        Blocked = "blocked",
    }
}

/// A decision about one record.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Which record.
    pub key: Key,
    /// What will be done.
    pub action: Action,
    /// Why.
    pub reason: Option<Detail>,
    /// What the target will not have as it was.
    pub losses: Vec<Loss>,
    /// The target's record that is changed, matched or done.
    pub target: Option<String>,
    /// Start of BLAKE3 over what would be written, without target ids: equal
    /// for a preview and the push after it. `None` when nothing is written.
    pub digest: Option<Vec<u8>>,
}

impl Planned {
    /// The reason in English, as problems tell it; empty where there is none.
    pub fn told(&self) -> String {
        let reason = self.reason.as_ref();
        reason.map(Detail::to_string).unwrap_or_default()
    }
}

/// What became of a part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartState {
    /// It was not written yet.
    New,
    /// It was written, and is as it was.
    Same,
    /// It was written as this on the target (empty where that was not told),
    /// and has another content now.
    Changed(String),
}

/// How many records of a kind have an action.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlanCount {
    /// Kind.
    pub kind: Kind,
    /// Action.
    pub action: Action,
    /// Records.
    pub count: u64,
}

/// How many records lose something, with one example.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LossCount {
    /// Field, from [`crate::connector::field`].
    pub field: String,
    /// What becomes of it.
    pub effect: crate::connector::Effect,
    /// Records concerned.
    pub records: u64,
    /// Values concerned.
    pub count: u64,
    /// One of them.
    pub example: Key,
    /// Its detail.
    #[serde(serialize_with = "Detail::as_english")]
    pub detail: Detail,
    /// For values that the target knows under another name or not at all: what
    /// becomes of each, and how often, most frequent first.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "values_as_english"
    )]
    pub values: Vec<(Detail, u64)>,
}

fn values_as_english<S: serde::Serializer>(
    values: &[(Detail, u64)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(
        values
            .iter()
            .map(|(value, times)| (value.to_string(), times)),
    )
}

/// Fields whose single values people want to see before they decide on a mapping.
const VALUES: [&str; 8] = [
    field::STATUS,
    field::PRIORITY,
    field::TYPE,
    field::CHANNEL,
    field::CUSTOM_FIELDS,
    field::GROUP,
    field::BRAND,
    field::FORM,
];

/// The most values of one field that are told one by one; a field of free text
/// may have as many as there are records.
const MOST_VALUES: usize = 200;

impl Ledger {
    /// Keeps decisions of this run.
    pub async fn set_plan(&self, planned: Vec<Planned>) -> Result<()> {
        let run = self.run();
        self.write(move |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT OR REPLACE INTO plan(kind, id, run, action, reason, losses, target, digest)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for item in &planned {
                let reason = item.reason.as_ref().map(Detail::to_column).transpose();
                let reason = reason.map_err(|cause| Error::local("reason").caused_by(cause))?;
                let losses = match item.losses.is_empty() {
                    true => None,
                    false => Some(
                        serde_json::to_string(&item.losses)
                            .map_err(|cause| Error::local("losses").caused_by(cause))?,
                    ),
                };
                statement.execute(params![
                    item.key.kind as i64,
                    item.key.id,
                    run,
                    item.action.name(),
                    reason,
                    losses,
                    item.target,
                    item.digest,
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// What was decided for a record last.
    pub fn planned(&self, key: &Key) -> Result<Option<Planned>> {
        self.read(|c| {
            c.prepare_cached(&format!(
                "SELECT {PLANNED} FROM plan WHERE kind = ?1 AND id = ?2"
            ))?
            .query_row(params![key.kind as i64, key.id], |row| {
                Ok(read_planned(row))
            })
            .optional()?
            .transpose()
        })
    }

    /// What became of the messages, ratings and booked time of a conversation.
    pub fn parts(&self, whole: &Key) -> Result<HashMap<Key, PartState>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT r.kind, r.id, w.target, w.hash IS NOT NULL AND w.hash = r.hash
                   FROM records r LEFT JOIN receipts w ON w.kind = r.kind AND w.id = r.id
                  WHERE r.parent = ?1 AND r.parent_kind = ?2 AND r.kind IN (?3, ?4, ?5)
                    AND (r.state & {GONE} = 0 OR w.target IS NOT NULL)"
            ))?;
            let rows = statement.query_map(
                params![
                    whole.id,
                    whole.kind as i64,
                    Kind::Message as i64,
                    Kind::Rating as i64,
                    Kind::TimeEntry as i64
                ],
                |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, Option<String>>(2)?,
                        row.get::<_, bool>(3)?,
                    ))
                },
            )?;
            let mut parts = HashMap::new();
            for row in rows {
                let (kind, id, target, same) = row?;
                let Some(kind) = kind_of(kind) else { continue };
                let state = match target {
                    None => PartState::New,
                    Some(_) if same => PartState::Same,
                    Some(target) => PartState::Changed(target),
                };
                parts.insert(Key::new(kind, id), state);
            }
            Ok(parts)
        })
    }

    /// Replaces what a decision declares as lost.
    pub async fn set_losses(&self, key: &Key, losses: &[Loss]) -> Result<()> {
        let losses = serde_json::to_string(losses)
            .map_err(|cause| Error::local("losses").caused_by(cause))?;
        let (key, losses) = (key.clone(), (losses != "[]").then_some(losses));
        self.write(move |tx| {
            tx.prepare_cached("UPDATE plan SET losses = ?3 WHERE kind = ?1 AND id = ?2")?
                .execute(params![key.kind as i64, key.id, losses])?;
            Ok(())
        })
        .await
    }

    /// Lets this run decide again what it decided; the decisions stay readable.
    pub async fn release_plan(&self) -> Result<()> {
        let run = self.run();
        self.write(move |tx| {
            tx.execute("UPDATE plan SET run = 0 WHERE run = ?1", [run])?;
            Ok(())
        })
        .await
    }

    /// Notes that this run carries out a saved plan.
    pub async fn carry_out(&self, plan: &str) -> Result<()> {
        let (run, plan) = (self.run(), plan.to_owned());
        self.write(move |tx| {
            tx.execute(
                "UPDATE runs SET plan = ?2 WHERE id = ?1",
                params![run, plan],
            )?;
            Ok(())
        })
        .await
    }

    /// The runs that carried out a saved plan.
    pub fn runs_of_plan(&self, plan: &str) -> Result<HashSet<i64>> {
        self.read(|c| {
            let mut statement = c.prepare("SELECT id FROM runs WHERE plan = ?1")?;
            let rows = statement.query_map([plan], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Decisions by kind and action.
    pub fn plan_counts(&self) -> Result<Vec<PlanCount>> {
        Ok(self
            .tally("SELECT kind, action FROM plan")?
            .into_iter()
            .filter_map(plan_count)
            .collect())
    }

    /// Decisions of this run by kind and action. What is on the target since an
    /// earlier run, and was not decided again, counts as [`Action::Done`].
    pub fn plan_counts_now(&self) -> Result<Vec<PlanCount>> {
        let run = self.run();
        let mut counts = self.tally(&format!("SELECT kind, action FROM plan WHERE run = {run}"))?;
        let done = format!(
            "SELECT kind, '{}' FROM records r WHERE state & {PUSHED} <> 0 AND state & {GONE} = 0
               AND NOT EXISTS (SELECT 1 FROM plan p
                                WHERE p.kind = r.kind AND p.id = r.id AND p.run = {run})",
            Action::Done.name()
        );
        for (key, count) in self.tally(&done)? {
            *counts.entry(key).or_default() += count;
        }
        Ok(counts.into_iter().filter_map(plan_count).collect())
    }

    /// Counts rows by their two columns. SQLite would sort all of them in memory for it.
    pub(super) fn tally(&self, sql: &str) -> Result<BTreeMap<(i64, String), u64>> {
        self.read(|c| {
            let mut counts: BTreeMap<(i64, String), u64> = BTreeMap::new();
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                *counts.entry((row.get(0)?, row.get(1)?)).or_default() += 1;
            }
            Ok(counts)
        })
    }

    /// What this run decided for a record.
    pub fn planned_now(&self, key: &Key) -> Result<Option<Planned>> {
        self.read(|c| {
            c.prepare_cached(&format!(
                "SELECT {PLANNED} FROM plan WHERE kind = ?1 AND id = ?2 AND run = ?3"
            ))?
            .query_row(params![key.kind as i64, key.id, self.run()], |row| {
                Ok(read_planned(row))
            })
            .optional()?
            .transpose()
        })
    }

    /// Calls `each` with every decision that has a reason or losses, in push order.
    pub fn each_planned(&self, mut each: impl FnMut(Planned)) -> Result<()> {
        self.read(|c| {
            let mut statement = c.prepare(&format!(
                "SELECT {PLANNED} FROM plan
                  WHERE reason IS NOT NULL OR losses IS NOT NULL ORDER BY kind, id"
            ))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(read_planned(row)?);
            }
            Ok(())
        })
    }

    /// Calls `each` with every decision of this run, in push order, by id.
    pub fn each_planned_now(&self, mut each: impl FnMut(Planned) -> Result<()>) -> Result<()> {
        self.read(|c| {
            let mut statement = c.prepare(&format!(
                "SELECT {PLANNED} FROM plan WHERE run = ?1 ORDER BY kind, id"
            ))?;
            let mut rows = statement.query([self.run()])?;
            while let Some(row) = rows.next()? {
                each(read_planned(row)?)?;
            }
            Ok(())
        })
    }

    /// Declared losses by field and effect, most frequent first.
    pub fn loss_counts(&self) -> Result<Vec<LossCount>> {
        let mut counts = Vec::new();
        self.each_planned(|planned| count_losses(&mut counts, planned))?;
        Ok(most_frequent(counts))
    }

    /// [`loss_counts`](Self::loss_counts) of what this run decided.
    pub fn loss_counts_now(&self) -> Result<Vec<LossCount>> {
        let mut counts = Vec::new();
        self.each_planned_now(|planned| {
            count_losses(&mut counts, planned);
            Ok(())
        })?;
        Ok(most_frequent(counts))
    }

    /// Replaces what is known of the target's records of a kind.
    pub async fn clear_index(&self, kind: Kind) -> Result<()> {
        self.write(move |tx| {
            tx.execute("DELETE FROM target_index WHERE kind = ?1", [kind as i64])?;
            Ok(())
        })
        .await
    }

    /// Adds to what is known of the target's records of a kind. The first one with a key counts.
    pub async fn add_index(&self, kind: Kind, page: IndexPage) -> Result<()> {
        self.write(move |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT OR IGNORE INTO target_index(kind, key, id) VALUES (?1, ?2, ?3)",
            )?;
            for (key, id) in page.entries {
                statement.execute(params![kind as i64, key, id])?;
            }
            Ok(())
        })
        .await
    }

    /// The target's record with this match key.
    pub fn index_lookup(&self, kind: Kind, key: &str) -> Result<Option<String>> {
        self.read(|c| {
            Ok(
                c.prepare_cached("SELECT id FROM target_index WHERE kind = ?1 AND key = ?2")?
                    .query_row(params![kind as i64, key], |row| row.get(0))
                    .optional()?,
            )
        })
    }
}

const PLANNED: &str = "kind, id, action, reason, losses, target, digest";

fn read_planned(row: &Row<'_>) -> Result<Planned> {
    Ok(Planned {
        key: Key::new(
            kind_of(row.get(0)?).unwrap_or(Kind::Conversation),
            row.get::<_, String>(1)?,
        ),
        action: Action::parse(&row.get::<_, String>(2)?).unwrap_or(Action::Blocked),
        reason: row.get::<_, Option<String>>(3)?.map(Detail::of_column),
        losses: parse_losses(row.get::<_, Option<String>>(4)?.as_deref())?,
        target: row.get(5)?,
        digest: row.get(6)?,
    })
}

fn count_losses(counts: &mut Vec<LossCount>, planned: Planned) {
    let mut seen: Vec<usize> = Vec::new();
    for loss in planned.losses {
        let detail = loss.detail.clone();
        let index = match counts
            .iter()
            .position(|known| known.field == loss.field && known.effect == loss.effect)
        {
            Some(index) => index,
            None => {
                counts.push(LossCount {
                    field: loss.field,
                    effect: loss.effect,
                    records: 0,
                    count: 0,
                    example: planned.key.clone(),
                    detail: loss.detail.clone(),
                    values: Vec::new(),
                });
                counts.len() - 1
            }
        };
        let known = &mut counts[index];
        known.count += 1;
        if VALUES.contains(&known.field.as_str()) {
            let mut values = known.values.iter();
            match values.position(|(value, _)| value.is_identical(&detail)) {
                Some(index) => known.values[index].1 += 1,
                None if known.values.len() < MOST_VALUES => known.values.push((detail, 1)),
                None => {}
            }
        }
        if !seen.contains(&index) {
            seen.push(index);
            counts[index].records += 1;
        }
    }
}

fn most_frequent(mut counts: Vec<LossCount>) -> Vec<LossCount> {
    counts.sort_by(|a, b| b.records.cmp(&a.records).then(a.field.cmp(&b.field)));
    for known in &mut counts {
        let mut values: BTreeMap<String, (Detail, u64)> = BTreeMap::new();
        for (value, times) in known.values.drain(..) {
            // What an earlier version said in words is the same value.
            match values.entry(value.to_string()) {
                Entry::Occupied(mut same) => {
                    let (known, sum) = same.get_mut();
                    *sum += times;
                    if known.is_plain() {
                        *known = value;
                    }
                }
                Entry::Vacant(place) => {
                    place.insert((value, times));
                }
            }
        }
        known.values.extend(values.into_values());
        known.values.sort_by_key(|(_, times)| Reverse(*times));
    }
    counts
}

fn plan_count(((kind, action), count): ((i64, String), u64)) -> Option<PlanCount> {
    Some(PlanCount {
        kind: kind_of(kind)?,
        action: Action::parse(&action)?,
        count,
    })
}

fn parse_losses(json: Option<&str>) -> Result<Vec<Loss>> {
    match json {
        None => Ok(Vec::new()),
        Some(json) => serde_json::from_str(json)
            .map_err(|cause| Error::local("the ledger is damaged: losses").caused_by(cause)),
    }
}
