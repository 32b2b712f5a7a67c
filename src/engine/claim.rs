//! Members of the source's staff who have no account on the target: who they
//! are, and what is theirs once somebody says which agent of the target each is.

use serde::Serialize;

use super::assemble::Assembled;
use super::push::{self, Mode};
use super::{Project, describe};
use crate::connector::{Body, Changed, Error, NoJournal, Result, TargetDesk, Written, field};
use crate::ledger::{Action, Claim, Ledger, Receipt, Stored};
use crate::schema::{Agent, Conversation, Key, Kind, Record};

/// An agent of the source who is none of the target's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FormerAgent {
    /// Id on the source.
    pub id: String,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The contact of the target that stands for the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// The agent of the target that somebody decided on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
}

/// What became of an agent who was claimed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claimed {
    /// The agent of the source.
    pub agent: String,
    /// The agent of the target; `None` when a claim was taken back.
    pub now: Option<String>,
    /// Conversations that are assigned to the agent now.
    pub conversations: u64,
    /// Conversations of the agent that are left as they are, with the reason.
    pub left: Vec<(Key, String)>,
}

/// Agents of the source without a match; `None` before anything was planned,
/// when nobody knows who has one.
pub fn former_agents(ledger: &Ledger) -> Result<Option<Vec<FormerAgent>>> {
    let (mut found, mut planned_any, mut any) = (Vec::new(), false, false);
    each_agent(ledger, |agent| {
        any = true;
        let key = Key::new(Kind::Agent, &agent.id);
        let planned = ledger.planned(&key)?;
        planned_any |= planned.is_some();
        let claim = ledger.claimed(&agent.id)?;
        let matched = planned.is_some_and(|planned| {
            matches!(
                planned.action,
                Action::Match | Action::Create | Action::Done
            )
        });
        if claim.is_none() && (matched || ledger.receipt(&key)?.is_some()) {
            return Ok(());
        }
        let stands = ledger.receipt(&Key::new(Kind::Contact, &agent.id))?;
        found.push(FormerAgent {
            id: agent.id.clone(),
            name: agent.name.clone(),
            email: agent.email.clone(),
            stands: stands.map(|receipt| receipt.target),
            claim,
        });
        Ok(())
    })?;
    Ok((planned_any || !any).then_some(found))
}

fn each_agent(ledger: &Ledger, mut each: impl FnMut(&Agent) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let page = ledger.scan(Kind::Agent, after, 500)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        for stored in page {
            if let Record::Agent(agent) = &stored.record {
                each(agent)?;
            }
        }
    }
}

/// The agent of the source with this id or address.
///
/// # Errors
/// Config, naming what is there, when there is none.
pub fn source_agent(ledger: &Ledger, text: &str) -> Result<Agent> {
    let wanted = text.trim();
    let mut found = None;
    let mut known = Vec::new();
    each_agent(ledger, |agent| {
        let email = agent.email.as_deref().unwrap_or_default();
        if agent.id == wanted || (!email.is_empty() && email.eq_ignore_ascii_case(wanted)) {
            found = Some(agent.clone());
        }
        known.push(match email {
            "" => agent.id.clone(),
            email => email.to_owned(),
        });
        Ok(())
    })?;
    found.ok_or_else(|| {
        let error = Error::config(format!("the source has no agent `{wanted}`"));
        nearest(error, wanted, &known)
    })
}

fn nearest(error: Error, wanted: &str, known: &[String]) -> Error {
    match crate::connector::nearest(wanted, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("write an agent's id or email address"),
    }
}

fn target_agent(target: &TargetDesk, text: &str) -> Result<Claim> {
    let wanted = text.trim();
    let is = |agent: &&Agent| {
        let email = agent.email.as_deref();
        agent.id == wanted || email.is_some_and(|email| email.eq_ignore_ascii_case(wanted))
    };
    let Some(agent) = target.agents.iter().find(is) else {
        let known: Vec<String> = target
            .agents
            .iter()
            .map(|agent| agent.email.clone().unwrap_or_else(|| agent.id.clone()))
            .collect();
        let error = Error::config(format!("the target has no agent `{wanted}`"));
        return Err(nearest(error, wanted, &known));
    };
    let name = [&agent.email, &agent.name];
    Ok(Claim {
        agent: String::new(),
        target: agent.id.clone(),
        name: name
            .into_iter()
            .flatten()
            .next()
            .unwrap_or(&agent.id)
            .clone(),
    })
}

/// Decides who former agents are on the target, and hands over what was moved
/// already and is still nobody's. `None` takes a decision back.
///
/// All names are checked before anything is done.
pub async fn claim(project: &Project, wanted: &[(String, Option<String>)]) -> Result<Vec<Claimed>> {
    let real = project.sink()?.clone();
    project.ledger.claim("target", &project.target_name).await?;
    let target = real.describe().await?;
    let mut claims = Vec::new();
    for (agent, new) in wanted {
        let agent = source_agent(&project.ledger, agent)?;
        let claim = new
            .as_deref()
            .map(|new| target_agent(&target, new))
            .transpose()?
            .map(|claim| Claim {
                agent: agent.id.clone(),
                ..claim
            });
        claims.push((agent, claim));
    }
    let mut done = Vec::new();
    for (agent, claim) in claims {
        done.push(match claim {
            None => release(project, agent).await?,
            Some(claim) => hand_over(project, agent, claim).await?,
        });
    }
    Ok(done)
}

async fn release(project: &Project, agent: Agent) -> Result<Claimed> {
    let ledger = &project.ledger;
    if ledger.claimed(&agent.id)?.is_some() {
        ledger.claim_agent(&agent.id, None).await?;
        ledger.release_agent(&agent.id).await?;
    }
    Ok(Claimed {
        agent: agent.id,
        now: None,
        conversations: 0,
        left: Vec::new(),
    })
}

async fn hand_over(project: &Project, agent: Agent, claim: Claim) -> Result<Claimed> {
    let ledger = &project.ledger;
    let key = Key::new(Kind::Agent, &agent.id);
    // Whoever had it until now does not keep it.
    let before = ledger.claimed(&agent.id)?.map(|claim| claim.target);
    ledger.claim_agent(&agent.id, Some(claim.clone())).await?;
    let mut done = Claimed {
        agent: agent.id.clone(),
        now: Some(claim.name.clone()),
        conversations: 0,
        left: Vec::new(),
    };
    let mut after = 0;
    let mut work: Option<Work> = None;
    loop {
        project.stop.check()?;
        let page = ledger.scan(Kind::Conversation, after, 200)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let mut theirs = Vec::new();
        for stored in page {
            let Record::Conversation(conversation) = &stored.record else {
                continue;
            };
            if conversation.assignee_id.as_deref() != Some(&agent.id) {
                continue;
            }
            if let Some(receipt) = ledger.receipt(&stored.record.key())? {
                theirs.push((stored, receipt));
            }
        }
        if theirs.is_empty() {
            continue;
        }
        if work.is_none() {
            // From now on the agent has a place on the target.
            receive(project, &key, &claim).await?;
            work = Some(Work::begin(project, &agent, &claim, before.clone()).await?);
        }
        if let Some(work) = &work {
            work.assign(theirs, &mut done).await?;
        }
    }
    if work.is_none() && project.ledger.exists(Kind::Agent, &agent.id)? {
        receive(project, &key, &claim).await?;
    }
    Ok(done)
}

async fn receive(project: &Project, key: &Key, claim: &Claim) -> Result<()> {
    let written = Written::matched(&claim.target);
    project.ledger.receive(key, &written, None, true).await
}

/// Conversations read back at once.
const PAGE: usize = 50;

struct Work {
    writer: super::stage::Writer,
    claim: Claim,
    /// Whom a conversation may be taken from: whoever stood for the agent.
    replaced: Vec<String>,
}

impl Work {
    async fn begin(
        project: &Project,
        agent: &Agent,
        claim: &Claim,
        before: Option<String>,
    ) -> Result<Work> {
        let real = project.sink()?.clone();
        push::settle(project).await?;
        let (writer, _) = push::prepare(project, &real, Mode::Push).await?;
        writer.may_change().await?;
        let stands = project
            .ledger
            .receipt(&Key::new(Kind::Contact, &agent.id))?
            .map(|receipt| receipt.target);
        let me = writer.target.me.as_ref().map(|me| me.id.clone());
        let replaced = [stands, me, before].into_iter().flatten().collect();
        Ok(Work {
            writer,
            claim: claim.clone(),
            replaced,
        })
    }

    async fn assign(&self, theirs: Vec<(Stored, Receipt)>, done: &mut Claimed) -> Result<()> {
        let project = &self.writer.project;
        for page in theirs.chunks(PAGE) {
            let ids: Vec<String> = page.iter().map(|(_, r)| r.target.clone()).collect();
            let read = self.writer.sink.read(Kind::Conversation, &ids).await?;
            for ((stored, receipt), read) in page.iter().zip(read) {
                project.stop.check()?;
                let key = stored.record.key();
                let Some(Record::Conversation(found)) = read.record else {
                    done.left.push((key, "it is gone on the target".to_owned()));
                    continue;
                };
                match self.one(stored, receipt, &found).await {
                    Ok(None) => done.conversations += 1,
                    Ok(Some(why)) => done.left.push((key, why)),
                    Err(error) if error.stops_run() => return Err(error.at(key)),
                    Err(error) => done.left.push((key, describe(&error))),
                }
            }
        }
        Ok(())
    }

    /// Why a conversation is left as it is; `None` when it is assigned.
    async fn one(
        &self,
        stored: &Stored,
        receipt: &Receipt,
        found: &Conversation,
    ) -> Result<Option<String>> {
        let writer = &self.writer;
        match found.assignee_id.as_deref() {
            Some(other) if other == self.claim.target => {
                self.is_kept(stored).await?;
                return Ok(None);
            }
            Some(other) if !self.replaced.iter().any(|own| own == other) => {
                return Ok(Some("somebody else has it by now".to_owned()));
            }
            _ => {}
        }
        let mut item = match writer.planner.assembler.item(stored.clone())? {
            Assembled::Item(item, _) => *item,
            Assembled::Skip(reason) => return Ok(Some(reason.to_string())),
        };
        item.existing = Some(receipt.target.clone());
        item.changed = Changed::only([field::ASSIGNEE]);
        if let Body::Conversation(bundle) = &mut item.body {
            bundle.messages.clear();
            bundle.ratings.clear();
            bundle.time_entries.clear();
        }
        let assessment = writer.sink.assess(&item, &writer.target);
        if let Some(reason) = assessment.skipped {
            return Ok(Some(reason.to_string()));
        }
        if let Some((reason, hint)) = assessment.blocked {
            return Ok(Some(format!("{reason} ({hint})")));
        }
        let mut lost = assessment.losses.into_iter();
        if let Some(loss) = lost.find(|loss| loss.field == field::ASSIGNEE) {
            return Ok(Some(loss.detail.to_string()));
        }
        // Without the journal: an assignment that is repeated is the same, and
        // a receipt would say that all of the newest version was written.
        let real = writer.project.sink()?;
        let outcomes = real.write(&[item], &writer.target, &NoJournal).await;
        for outcome in outcomes {
            outcome?;
        }
        self.is_kept(stored).await?;
        Ok(None)
    }

    /// What was declared lost is there now: verify compares it from now on.
    async fn is_kept(&self, stored: &Stored) -> Result<()> {
        let ledger = &self.writer.project.ledger;
        let key = stored.record.key();
        let Some(mut planned) = ledger.planned(&key)? else {
            return Ok(());
        };
        let before = planned.losses.len();
        planned.losses.retain(|loss| loss.field != field::ASSIGNEE);
        if planned.losses.len() != before {
            ledger.set_plan(vec![planned]).await?;
        }
        Ok(())
    }
}
