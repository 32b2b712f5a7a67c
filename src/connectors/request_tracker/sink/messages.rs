//! Messages on a ticket that nobody watches.

use serde_json::{Map, json};

use super::super::client::{Desk, segment};
use super::super::config::Assign;
use super::super::payload::Said;
use super::super::source::messages;
use super::super::{normalize, payload, wire};
use super::{RtSink, unsettled};
use crate::connector::{
    Error, ErrorKind, Item, Loss, Outcome, Part, Probe, Refs, Reply, Result, TargetDesk,
    WriteAction, Written,
};
use crate::http::Client;
use crate::schema::Record;

impl RtSink {
    /// The client of the agent who wrote a message, where the token is known.
    pub(super) fn author(&self, part: &Part, refs: &Refs) -> Option<&Client> {
        let id = part.message.author.id.as_deref()?;
        let login = refs.person_id(id);
        let email = refs.person(id).and_then(|person| person.email.as_deref());
        self.desk
            .agent([login, email.or(part.message.author.email.as_deref())])
    }

    /// Adds a message; gives the transaction's id.
    pub(super) async fn say(&self, ticket: &str, part: &Part, refs: &Refs) -> Result<String> {
        self.put_in(ticket, part, Said::of(part, refs), refs).await
    }

    async fn put_in(
        &self,
        ticket: &str,
        part: &Part,
        said: Said<'_>,
        refs: &Refs,
    ) -> Result<String> {
        let verb = if said.is_internal() {
            "comment"
        } else {
            "correspond"
        };
        let mut body = Map::new();
        body.insert("Content".into(), said.content.as_str().into());
        body.insert("ContentType".into(), said.mime.into());
        if let Some(subject) = &part.message.subject {
            body.insert("Subject".into(), payload::line(subject).into());
        }
        let client = self.author(part, refs).unwrap_or(&self.desk.http);
        let path = format!("/ticket/{}/{verb}", segment(ticket));
        let answer = said.send(client.post(&path), body).await?;
        match answer
            .header("location")
            .and_then(|url| url.rsplit('/').next())
        {
            Some(id) if !id.is_empty() => Ok(id.to_owned()),
            _ => Err(unsettled(Error::protocol(
                "RT did not say which transaction it made",
            ))),
        }
    }

    pub(super) async fn write_reply(
        &self,
        item: &Item,
        reply: &Reply,
        _target: &TargetDesk,
    ) -> Outcome {
        let ticket = reply.target_id.as_str();
        let said = match item.existing {
            Some(_) => Said::edited(&reply.part, &item.refs),
            None => Said::of(&reply.part, &item.refs),
        };
        self.hush(ticket, said.is_internal(), &item.refs).await?;
        let said = self.put_in(ticket, &reply.part, said, &item.refs).await;
        let mut losses = Vec::new();
        // Also after a refusal: the ticket must not stay without its people.
        if reply.last {
            let settled = self.unhush(ticket, reply, &item.refs, &mut losses).await;
            if said.is_ok() {
                settled.map_err(unsettled)?;
                self.look_out(ticket).await.map_err(unsettled)?;
            }
        }
        let said = said?;
        Ok(Written {
            losses,
            ..match &item.existing {
                Some(id) => Written {
                    action: WriteAction::Updated,
                    ..Written::created(id.as_str())
                },
                None => Written::created(said),
            }
        })
    }

    /// Takes watchers and owner off a ticket, so that the next message mails nobody.
    pub(super) async fn hush(&self, ticket: &str, internal: bool, refs: &Refs) -> Result<()> {
        let path = format!("/ticket/{}", segment(ticket));
        let now: wire::Ticket = self.desk.one(&path).await?;
        let owner =
            Some(now.owner.id.0.as_str()).filter(|login| !normalize::SYSTEM.contains(login));
        let watched = !(now.requestor.is_empty() && now.cc.is_empty() && now.admin_cc.is_empty());
        if owner.is_none() && !watched {
            return Ok(());
        }
        if let Some(owner) = owner
            && !internal
        {
            let restorable = self.desk.agent([Some(owner), None]).is_some()
                || refs_agent(&self.desk, refs, owner);
            if !restorable && self.config.assign == Assign::Silent {
                return Err(Error::new(
                    ErrorKind::Rejected {
                        field: Some("Owner".into()),
                    },
                    format!(
                        "ticket {ticket} is owned by {owner}, whom RT would mail about this message"
                    ),
                )
                .hint(format!(
                    "give the token of {owner} under agent_tokens, or set assign = \"mail\""
                )));
            }
        }
        let quiet = if owner.is_some() && !internal {
            json!({"Requestor": [], "Cc": [], "AdminCc": [], "Owner": "Nobody"})
        } else {
            json!({"Requestor": [], "Cc": [], "AdminCc": []})
        };
        self.hushed
            .lock()
            .await
            .entry(ticket.to_owned())
            .or_insert(now);
        self.put(&self.desk.http, &path, &quiet).await?;
        let after: wire::Ticket = self.desk.one(&path).await?;
        if after.requestor.is_empty() && after.cc.is_empty() && after.admin_cc.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Forbidden,
            format!(
                "the watchers of ticket {ticket} could not be taken off, so that RT would mail them"
            ),
        )
        .hint("the user needs the right ModifyTicket"))
    }

    /// Gives a ticket back what [`hush`](Self::hush) took off: people whom
    /// somebody put there since stay. A ticket that is new gets what it had on
    /// the source.
    async fn unhush(
        &self,
        ticket: &str,
        reply: &Reply,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let Some(before) = self.hushed.lock().await.remove(ticket) else {
            return self.settle(ticket, &reply.conversation, refs, losses).await;
        };
        let path = format!("/ticket/{}", segment(ticket));
        let now: wire::Ticket = self.desk.one(&path).await?;
        let http = &self.desk.http;
        // A message opens a resolved ticket again.
        if now.status.0 != before.status.0 {
            self.put(http, &path, &json!({"Status": before.status.0}))
                .await?;
        }
        let logins = |list: &[wire::Ref]| -> Vec<String> {
            list.iter().map(|one| one.id.0.clone()).collect()
        };
        let people = json!({
            "Requestor": logins(&before.requestor),
            "Cc": logins(&before.cc),
            "AdminCc": logins(&before.admin_cc),
        });
        self.put(http, &path, &people).await?;
        let owner = before.owner.id.0.as_str();
        if now.owner.id.0 != owner && !normalize::SYSTEM.contains(&owner) {
            self.own_again(&path, owner, losses).await?;
        }
        Ok(())
    }

    pub(super) async fn find_reply(
        &self,
        probe: &Probe<'_>,
        reply: &Reply,
    ) -> Result<Option<Written>> {
        let ticket = reply.target_id.as_str();
        let wanted = match probe.item.existing {
            Some(_) => Said::edited(&reply.part, &probe.item.refs),
            None => Said::of(&reply.part, &probe.item.refs),
        };
        let page = messages(&self.desk, &self.mapping, ticket).await?;
        if let Some(problem) = page.problems.first() {
            return Err(Error::new(ErrorKind::Transient, problem.reason.clone()));
        }
        let written = page.records.iter().filter_map(|record| match record {
            Record::Message(message) => Some(message),
            _ => None,
        });
        // Those before it are there, so that an equal one among them is not it.
        let found = written
            .skip(reply.index as usize)
            .find(|message| wanted.is(message));
        let Some(message) = found else {
            return Ok(None);
        };
        let mut losses = Vec::new();
        if reply.last {
            self.unhush(ticket, reply, &probe.item.refs, &mut losses)
                .await?;
        }
        let id = probe.item.existing.clone();
        Ok(Some(Written {
            losses,
            ..Written::created(id.unwrap_or_else(|| message.id.clone()))
        }))
    }
}

/// Whether the owner's token is known by an address that the references tell.
fn refs_agent(desk: &Desk, refs: &Refs, login: &str) -> bool {
    let email = refs
        .person(login)
        .and_then(|person| person.email.as_deref());
    desk.agent([email, None]).is_some()
}
