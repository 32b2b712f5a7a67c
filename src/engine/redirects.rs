//! Redirect rules of the target's help center: who asks it for a page of the
//! old desk is led to the new one.
//!
//! Made once everything is there, and only for paths that have no rule yet:
//! what somebody else decided stays. Each is journaled before and after its
//! request, so that a second run makes none twice and a rollback knows its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::stream::StreamExt;
use serde::Serialize;
use url::Url;

use super::moved::each_moved;
use super::{Project, RollbackOptions, describe};
use crate::connector::redirects::{Redirects, Rule, StandingRule};
use crate::connector::{Error, ErrorKind, Result};
use crate::ledger::MadeRule;
use crate::schema::{Kind, Record};

/// Rules with one entry in the journal.
const JOURNALED: usize = 25;

/// Paths that are told one by one.
const EXAMPLES: usize = 100;

/// What was done about old addresses, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Redirected {
    /// Nothing was sent: this is what would be.
    pub preview: bool,
    /// Rules that were made, or changed because the new page has moved.
    pub made: u64,
    /// Rules that were there already.
    pub there: u64,
    /// Paths whose rule leads elsewhere by somebody else's decision, or is
    /// wanted for two pages.
    pub taken: u64,
    /// Old addresses that a rule cannot be for: files, tickets, those with a query.
    pub left_out: u64,
    /// Rules beyond what the help center takes.
    pub over: u64,
    /// Rules that the target refused.
    pub refused: u64,
    /// The first paths that have no rule of ours although they could, and why.
    pub examples: Vec<Untouched>,
}

/// A path without a rule of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untouched {
    /// The path.
    pub path: String,
    /// Why.
    pub why: String,
}

impl Redirected {
    /// Rules that could not be made.
    pub fn problems(&self) -> u64 {
        self.taken + self.over + self.refused
    }

    fn tell(&mut self, path: &str, why: impl Into<String>) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(Untouched {
                path: path.to_owned(),
                why: why.into(),
            });
        }
    }
}

/// Rules by which the target leads to the new pages whoever asks it for an old one.
pub async fn redirect(project: &Project, dry_run: bool) -> Result<Redirected> {
    let sink = project.sink()?.clone();
    let redirects = rules_of(sink.redirects())?;
    project.ledger.claim("target", &project.target_name).await?;
    let mut done = Redirected {
        preview: dry_run,
        ..Redirected::default()
    };
    let wanted = wanted(project, redirects, &mut done).await?;
    let standing = redirects.standing().await?;
    let ours = project.ledger.made_rules()?;
    let work = decide(wanted, &standing, &ours, redirects.most(), &mut done);
    if dry_run {
        done.made = count(&work.set);
        return Ok(done);
    }
    project.ledger.end_rules(work.settled).await?;
    let mut open = Vec::new();
    for batch in work.set.chunks(JOURNALED) {
        project.stop.check()?;
        project.ledger.begin_rules(batch).await?;
        let outcomes: Vec<(Rule, Result<()>)> = futures::stream::iter(batch.to_vec())
            .map(async |(rule, _)| {
                let outcome = redirects.set(&rule).await;
                (rule, outcome)
            })
            .buffer_unordered(project.settings.concurrency)
            .collect()
            .await;
        conclude(project, outcomes, &mut open, &mut done).await?;
    }
    settle(project, redirects, open, &mut done).await?;
    Ok(done)
}

/// Whether old pages could lead to new ones by rules, and none was made yet.
/// No request.
pub fn could_redirect(project: &Project) -> Result<bool> {
    let Some(redirects) = project.sink()?.redirects() else {
        return Ok(false);
    };
    if !project.ledger.made_rules()?.is_empty() {
        return Ok(false);
    }
    for kind in [Kind::Category, Kind::Article] {
        let mut after = String::new();
        loop {
            let page = project.ledger.receipts(kind, &after, 500)?;
            let Some(last) = page.last() else { break };
            after = last.key.id.clone();
            for receipt in page {
                let old = match project
                    .ledger
                    .get(&receipt.key)?
                    .map(|stored| stored.record)
                {
                    Some(Record::Category(level)) => level.url,
                    Some(Record::Article(article)) => article.url,
                    _ => None,
                };
                let old = old.and_then(|old| Url::parse(&old).ok());
                let (Some(old), Some(new)) = (old, receipt.url) else {
                    continue;
                };
                if redirects.rule(kind, &old, &new).is_some() {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

fn rules_of(redirects: Option<&dyn Redirects>) -> Result<&dyn Redirects> {
    redirects.ok_or_else(|| {
        Error::config("the target's help center has no redirect rules").hint(
            "let your own server redirect: `deskferry links --format nginx`, apache or cloudflare",
        )
    })
}

fn count<T>(all: &[T]) -> u64 {
    all.len() as u64
}

/// Where each old path shall lead.
async fn wanted(
    project: &Project,
    redirects: &dyn Redirects,
    done: &mut Redirected,
) -> Result<BTreeMap<String, String>> {
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    let mut pages = BTreeSet::new();
    each_moved(project, |moved| {
        let old = Url::parse(&moved.old).ok();
        let rule = old.and_then(|old| redirects.rule(moved.kind, &old, &moved.new));
        let Some(rule) = rule else {
            done.left_out += 1;
            return Ok(());
        };
        pages.insert(rule.to.clone());
        match wanted.get(&rule.from) {
            Some(to) if *to != rule.to => {
                done.taken += 1;
                done.tell(
                    &rule.from,
                    format!("it was the path of two pages; it leads to {to}"),
                );
            }
            Some(_) => {}
            None => {
                wanted.insert(rule.from, rule.to);
            }
        }
        Ok(())
    })
    .await?;
    // A page is always shown before a rule is looked for.
    wanted.retain(|from, _| {
        let is_page = pages.contains(from);
        if is_page {
            done.taken += 1;
            done.tell(from, "it is the path of a new page");
        }
        !is_page
    });
    Ok(wanted)
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
struct Work {
    /// Rules to set, and where one of ours leads that is changed by it.
    set: Vec<(Rule, Option<String>)>,
    /// Paths whose rules were begun by a run that ended before it knew: they are there.
    settled: Vec<String>,
}

fn decide(
    wanted: BTreeMap<String, String>,
    standing: &[StandingRule],
    ours: &[MadeRule],
    most: usize,
    done: &mut Redirected,
) -> Work {
    let ours: HashMap<&str, &MadeRule> = ours
        .iter()
        .map(|made| (made.rule.from.as_str(), made))
        .collect();
    let there: HashMap<&str, &str> = standing
        .iter()
        .map(|known| (known.rule.from.as_str(), known.rule.to.as_str()))
        .collect();
    let mut room = most.saturating_sub(standing.len());
    let mut work = Work::default();
    for (from, to) in wanted {
        let own = ours.get(from.as_str());
        match there.get(from.as_str()) {
            Some(now) if **now == to => {
                done.there += 1;
                if own.is_some_and(|own| !own.done && own.rule.to == to) {
                    work.settled.push(from);
                }
            }
            Some(now) if own.is_some_and(|own| own.led_to(now)) => {
                work.set.push((Rule { from, to }, Some((*now).to_owned())));
            }
            Some(now) => {
                done.taken += 1;
                done.tell(&from, format!("there is a rule already, it leads to {now}"));
            }
            None if room == 0 => {
                done.over += 1;
                done.tell(&from, format!("the help center takes {most} rules at most"));
            }
            None => {
                room -= 1;
                work.set.push((Rule { from, to }, None));
            }
        }
    }
    work
}

/// Keeps what became of a batch. What is not certain stays open.
async fn conclude(
    project: &Project,
    outcomes: Vec<(Rule, Result<()>)>,
    open: &mut Vec<(Rule, Error)>,
    done: &mut Redirected,
) -> Result<()> {
    let (mut made, mut refused, mut stop) = (Vec::new(), Vec::new(), None);
    for (rule, outcome) in outcomes {
        match outcome {
            Ok(()) => made.push(rule.from),
            Err(error) => match error.kind {
                // Whoever was faster made the same rule, or another one.
                ErrorKind::Transient | ErrorKind::Conflict { .. } => open.push((rule, error)),
                ErrorKind::Rejected { .. } => {
                    done.refused += 1;
                    done.tell(&rule.from, describe(&error));
                    refused.push(rule.from);
                }
                ErrorKind::Forbidden | ErrorKind::Auth => {
                    refused.push(rule.from);
                    stop = Some(error);
                }
                _ => stop = Some(error),
            },
        }
    }
    done.made += count(&made);
    project.ledger.end_rules(made).await?;
    project.ledger.abandon_rules(refused).await?;
    stop.map_or(Ok(()), Err)
}

/// Looks which of the uncertain rules are there.
async fn settle(
    project: &Project,
    redirects: &dyn Redirects,
    open: Vec<(Rule, Error)>,
    done: &mut Redirected,
) -> Result<()> {
    if open.is_empty() {
        return Ok(());
    }
    let standing = redirects.standing().await?;
    let ours = project.ledger.made_rules()?;
    let (mut made, mut gone) = (Vec::new(), Vec::new());
    for (rule, error) in open {
        let own = ours.iter().find(|own| own.rule.from == rule.from);
        let now = standing.iter().find(|known| known.rule.from == rule.from);
        match now {
            Some(now) if now.rule.to == rule.to => {
                done.made += 1;
                made.push(rule.from);
                continue;
            }
            Some(now) if !own.is_some_and(|own| own.led_to(&now.rule.to)) => {
                done.taken += 1;
                let to = &now.rule.to;
                done.tell(
                    &rule.from,
                    format!("there is a rule already, it leads to {to}"),
                );
            }
            Some(_) | None => {
                done.refused += 1;
                done.tell(&rule.from, describe(&error));
            }
        }
        gone.push(rule.from);
    }
    project.ledger.end_rules(made).await?;
    project.ledger.abandon_rules(gone).await
}

/// Rules that a rollback removed, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RulesBack {
    /// Removed.
    pub deleted: u64,
    /// Gone on the target already.
    pub gone: u64,
    /// Rules of ours that stay, because somebody changed them or the target
    /// does not let them go.
    pub kept: u64,
    /// The first of them.
    pub examples: Vec<Untouched>,
}

impl RulesBack {
    fn keep(&mut self, path: &str, why: String) {
        self.kept += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(Untouched {
                path: path.to_owned(),
                why,
            });
        }
    }
}

/// Removes rules that we made and that lead where we let them lead.
pub(super) async fn take_back(project: &Project, options: RollbackOptions) -> Result<RulesBack> {
    let mut ours = project.ledger.made_rules()?;
    ours.retain(|made| options.run.is_none_or(|run| made.run == run));
    let mut back = RulesBack::default();
    if ours.is_empty() {
        return Ok(back);
    }
    let sink = project.sink()?.clone();
    let redirects = rules_of(sink.redirects())?;
    let standing = match redirects.standing().await {
        Err(error) if error.kind == ErrorKind::Forbidden => {
            for made in &ours {
                back.keep(&made.rule.from, describe(&error));
            }
            return Ok(back);
        }
        other => other?,
    };
    let standing: HashMap<&str, &StandingRule> = standing
        .iter()
        .map(|known| (known.rule.from.as_str(), known))
        .collect();
    for made in ours {
        project.stop.check()?;
        let path = &made.rule.from;
        match standing.get(path.as_str()) {
            None => back.gone += 1,
            Some(now) if !options.touched && !made.led_to(&now.rule.to) => {
                let why = format!("somebody let it lead to {} since", now.rule.to);
                back.keep(path, why);
                continue;
            }
            Some(now) => {
                if !options.dry_run {
                    match redirects.remove(&now.id).await {
                        Err(error)
                            if matches!(
                                error.kind,
                                ErrorKind::Forbidden | ErrorKind::Rejected { .. }
                            ) =>
                        {
                            back.keep(path, describe(&error));
                            continue;
                        }
                        other => other?,
                    }
                }
                back.deleted += 1;
            }
        }
        if !options.dry_run {
            // To remove what is gone is no mistake: nothing is noted before.
            project.ledger.forget_rules(vec![path.clone()]).await?;
        }
    }
    Ok(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: &str, to: &str) -> Rule {
        Rule {
            from: from.into(),
            to: to.into(),
        }
    }

    fn standing(from: &str, to: &str) -> StandingRule {
        StandingRule {
            id: format!("id-{from}"),
            rule: rule(from, to),
        }
    }

    fn made(from: &str, to: &str, was: Option<&str>, done: bool) -> MadeRule {
        MadeRule {
            rule: rule(from, to),
            was: was.map(str::to_owned),
            run: 1,
            done,
        }
    }

    fn wanted(rules: &[(&str, &str)]) -> BTreeMap<String, String> {
        rules
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect()
    }

    #[test]
    fn only_paths_without_a_rule_of_somebody_else_get_one() {
        let mut done = Redirected::default();
        let work = decide(
            wanted(&[
                ("/begun", "/new"),
                ("/both", "/new"),
                ("/cut", "/new"),
                ("/edited", "/new"),
                ("/moved", "/new"),
                ("/none", "/new"),
                ("/theirs", "/new"),
            ]),
            &[
                standing("/begun", "/new"),
                standing("/both", "/new"),
                standing("/cut", "/old"),
                standing("/edited", "/by-hand"),
                standing("/moved", "/old"),
                standing("/theirs", "/elsewhere"),
            ],
            &[
                made("/begun", "/new", None, false),
                made("/cut", "/new", Some("/old"), false),
                made("/edited", "/old", None, true),
                made("/moved", "/old", None, true),
            ],
            50,
            &mut done,
        );
        assert_eq!(
            work.set,
            [
                (rule("/cut", "/new"), Some("/old".into())),
                (rule("/moved", "/new"), Some("/old".into())),
                (rule("/none", "/new"), None)
            ]
        );
        assert_eq!(work.settled, ["/begun"]);
        assert_eq!((done.there, done.taken), (2, 2), "{done:?}");
    }

    #[test]
    fn no_more_rules_than_the_help_center_takes() {
        let mut done = Redirected::default();
        let work = decide(
            wanted(&[("/a", "/1"), ("/b", "/2"), ("/c", "/3")]),
            &[standing("/x", "/y")],
            &[],
            2,
            &mut done,
        );
        assert_eq!(work.set, [(rule("/a", "/1"), None)]);
        assert_eq!((done.over, done.problems()), (2, 2));
    }
}
