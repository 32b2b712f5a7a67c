//! Tickets: made without people, who are put in place last.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::super::client::segment;
use super::super::config::Assign;
use super::super::normalize::{LINKS_FIELD, MARKER_FIELD, OWNER_FIELD};
use super::super::payload::Said;
use super::super::wire::{Created, Transaction};
use super::super::{payload, wire};
use super::{RtSink, part_key, unsettled};
use crate::connector::{
    Bundle, Detail, Effect, ErrorKind, Item, Loss, Outcome, Refs, Result, TargetDesk, WriteAction,
    Written, detail, field,
};
use crate::schema::{Conversation, Kind};

/// After so many conversations without a mail the look-out for mails ends.
const LOOK_OUT: u32 = 3;

impl RtSink {
    pub(super) async fn write_conversation(
        &self,
        item: &Item,
        bundle: &Bundle,
        target: &TargetDesk,
    ) -> Outcome {
        let conversation = &bundle.conversation;
        let mut losses = Vec::new();
        let (id, mut parts, action) = match &item.existing {
            Some(id) => (id.clone(), Vec::new(), WriteAction::Updated),
            None => {
                let (id, parts) = self.create_ticket(item, bundle, target).await?;
                (id, parts, WriteAction::Created)
            }
        };
        // What follows only adds to a ticket that exists: a failure is settled by
        // `find`, which puts the rest in place.
        self.link(&id, conversation, &item.refs, &mut losses)
            .await
            .map_err(unsettled)?;
        if action == WriteAction::Updated {
            self.change(&id, item, conversation, target, &mut losses)
                .await
                .map_err(unsettled)?;
        }
        // With more messages to come, watchers would be mailed about them.
        let more = conversation
            .declared_messages
            .is_some_and(|count| count > 1);
        if !more && action == WriteAction::Created {
            self.settle(&id, conversation, &item.refs, &mut losses)
                .await
                .map_err(unsettled)?;
        }
        self.look_out(&id).await.map_err(unsettled)?;
        if parts.is_empty()
            && let Some(part) = bundle.messages.first()
            && action == WriteAction::Created
        {
            let first = self.history(&id).await.map_err(unsettled)?;
            if let Some(transaction) = first.first() {
                parts.push((part_key(part), transaction.id.0.clone()));
            }
        }
        Ok(Written {
            url: Some(self.url(&id)),
            action,
            parts,
            losses,
            ..Written::created(id)
        })
    }

    /// What changed of a ticket that is there, and nothing else.
    async fn change(
        &self,
        id: &str,
        item: &Item,
        conversation: &Conversation,
        target: &TargetDesk,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let path = format!("/ticket/{}", segment(id));
        let http = &self.desk.http;
        let (changed, refs) = (&item.changed, &item.refs);
        let mut body = payload::changes(conversation, changed, refs, target, &self.mapping);
        if changed.has(field::LINKS)
            && let Some(waiting) = payload::waiting(conversation, refs, &item.marker)
        {
            let field = self.own_field(LINKS_FIELD).await?;
            let fields = body
                .entry("CustomFields")
                .or_insert_with(|| Value::Object(serde_json::Map::new()));
            fields[field.as_str()] = waiting.into();
        }
        if !body.is_empty() {
            self.put(http, &path, &Value::Object(body)).await?;
        }
        if changed.has(field::STATUS) {
            // Resolving mails whoever asked: nobody watches while it happens.
            self.hush(id, true, refs).await?;
            let status = payload::status(conversation, &self.mapping);
            self.put(http, &path, &json!({"Status": status})).await?;
        }
        if changed.has(field::STATUS) || changed.has(field::DUE_AT) {
            let dates = payload::dates(conversation);
            if !dates.is_empty() {
                self.put(http, &path, &Value::Object(dates)).await?;
            }
        }
        let before = self.hushed.lock().await.remove(id);
        let mut people = payload::watchers(conversation, refs);
        for (role, name, was) in [
            (
                "Requestor",
                field::REQUESTER,
                before.as_ref().map(|b| &b.requestor),
            ),
            ("Cc", field::CC, before.as_ref().map(|b| &b.cc)),
            (
                "AdminCc",
                field::FOLLOWERS,
                before.as_ref().map(|b| &b.admin_cc),
            ),
        ] {
            if changed.has(name) {
                continue;
            }
            let Some(people) = people.as_object_mut() else {
                continue;
            };
            match was {
                Some(was) => {
                    let logins: Vec<&str> = was.iter().map(|one| one.id.0.as_str()).collect();
                    people.insert(role.into(), json!(logins));
                }
                None => {
                    people.remove(role);
                }
            }
        }
        if people.as_object().is_some_and(|people| !people.is_empty()) {
            self.put(http, &path, &people).await?;
        }
        if changed.has(field::ASSIGNEE)
            && let Some(assignee) = conversation.assignee_id.as_deref()
        {
            self.own(&path, assignee, refs, losses).await?;
        }
        Ok(())
    }

    /// Makes whoever owned a ticket before its owner again.
    pub(super) async fn own_again(
        &self,
        path: &str,
        login: &str,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        if let Some(client) = self.desk.agent([Some(login), None]) {
            self.put(client, &format!("{path}/take"), &json!({}))
                .await?;
        } else if self.config.assign == Assign::Mail {
            self.put(&self.desk.http, path, &json!({"Owner": login}))
                .await?;
        } else {
            losses.push(Loss::new(
                field::ASSIGNEE,
                Effect::Dropped,
                detail!("loss-rt-owner-left", login = login),
            ));
        }
        Ok(())
    }

    /// The ticket with its first message, unwatched and unowned.
    pub(super) async fn create_ticket(
        &self,
        item: &Item,
        bundle: &Bundle,
        target: &TargetDesk,
    ) -> Result<(String, Vec<(crate::schema::Key, String)>)> {
        let conversation = &bundle.conversation;
        let queue = payload::queue(
            conversation,
            &item.refs,
            target,
            self.config.default_queue.as_deref(),
        )?;
        let marker = self.own_field(MARKER_FIELD).await?;
        let mut fields = payload::custom_fields(conversation, &item.refs, target)?;
        fields.insert(marker, item.marker.as_str().into());
        if let Some(owner) = self.silent_owner(conversation, &item.refs) {
            fields.insert(self.own_field(OWNER_FIELD).await?, owner.into());
        }
        if let Some(waiting) = payload::waiting(conversation, &item.refs, &item.marker) {
            fields.insert(self.own_field(LINKS_FIELD).await?, waiting.into());
        }
        let mut body = payload::ticket(conversation, bundle, &queue, &self.mapping);
        body.insert("CustomFields".into(), Value::Object(fields));
        if let Some(login) = conversation
            .requester_id
            .as_deref()
            .and_then(|id| item.refs.person_id(id))
        {
            body.insert("Creator".into(), self.number_of(login).await?.into());
        }
        // The first message of a ticket is public in RT; a note is added apart.
        let first = bundle.messages.first();
        let public = first.filter(|part| !payload::internal(&part.message));
        match public {
            Some(part) => {
                let said = Said::of(part, &item.refs);
                body.insert("Content".into(), said.content.as_str().into());
                body.insert("ContentType".into(), said.mime.into());
                let client = self.author(part, &item.refs);
                // `Creator` and dates are the import's to set, whoever wrote it.
                let made: Created = said
                    .send(client.unwrap_or(&self.desk.http).post("/ticket"), body)
                    .await?
                    .json()?;
                Ok((made.id.0, Vec::new()))
            }
            None => {
                body.insert("_RecordTransaction".into(), 0.into());
                let made: Created = self.desk.http.post("/ticket").body(&body).json().await?;
                let mut parts = Vec::new();
                if let Some(part) = first {
                    let id = self
                        .say(&made.id.0, part, &item.refs)
                        .await
                        .map_err(unsettled)?;
                    parts.push((part_key(part), id));
                }
                Ok((made.id.0, parts))
            }
        }
    }

    /// Status, dates, watchers and owner, in the order in which none of them mails anybody.
    pub(super) async fn settle(
        &self,
        id: &str,
        conversation: &Conversation,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let path = format!("/ticket/{}", segment(id));
        let http = &self.desk.http;
        // Before the requestor is there: resolving mails them. A message reopens
        // a resolved ticket, so that this cannot come with the creation alone.
        let status = payload::status(conversation, &self.mapping);
        let now: wire::Ticket = self.desk.one(&path).await?;
        if now.status.0 != status {
            if status == "deleted" {
                http.delete(&path).send().await?;
            } else {
                self.put(http, &path, &json!({"Status": status})).await?;
            }
        }
        // RT sets them to now with the status, that of deleting too.
        let dates = payload::dates(conversation);
        if !dates.is_empty() {
            self.put(http, &path, &Value::Object(dates)).await?;
        }
        let people = payload::watchers(conversation, refs);
        self.put(http, &path, &people).await?;
        if let Some(assignee) = conversation.assignee_id.as_deref() {
            self.own(&path, assignee, refs, losses).await?;
        }
        let now: wire::Ticket = self.desk.one(&path).await?;
        if now.status.0 != status {
            losses.push(Loss::new(
                field::STATUS,
                Effect::Changed,
                detail!(
                    "loss-rt-status-kept",
                    kept = &now.status.0,
                    wanted = &*status
                ),
            ));
        }
        for (role, list, name) in [
            ("Requestor", &now.requestor, field::REQUESTER),
            ("Cc", &now.cc, field::CC),
            ("AdminCc", &now.admin_cc, field::FOLLOWERS),
        ] {
            let wanted = people[role].as_array().map_or(0, Vec::len);
            if list.len() < wanted {
                losses.push(Loss::new(
                    name,
                    Effect::Dropped,
                    detail!(
                        "loss-rt-people-taken",
                        taken = list.len(),
                        wanted = wanted,
                        role = role
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Makes somebody the owner: in their own name, which mails nobody, or as
    /// an ordinary change where that was asked for.
    pub(super) async fn own(
        &self,
        path: &str,
        assignee: &str,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let login = refs.get(Kind::Agent, assignee);
        let email = refs
            .person(assignee)
            .and_then(|person| person.email.as_deref());
        if let Some(client) = self.desk.agent([login, email]) {
            let said = self.put(client, &format!("{path}/take"), &json!({})).await;
            if let Err(error) = said {
                if error.kind == ErrorKind::Transient {
                    return Err(error);
                }
                let detail = Detail::Plain(error.message);
                losses.push(Loss::new(field::ASSIGNEE, Effect::Dropped, detail));
            }
        } else if self.config.assign == Assign::Mail
            && let Some(login) = login
        {
            self.put(&self.desk.http, path, &json!({"Owner": login}))
                .await?;
        }
        Ok(())
    }

    /// The owner's name for our own field, where the owner cannot be set without a mail.
    pub(super) fn silent_owner(&self, conversation: &Conversation, refs: &Refs) -> Option<String> {
        let assignee = conversation.assignee_id.as_deref()?;
        let login = refs.get(Kind::Agent, assignee);
        let person = refs.person(assignee);
        let email = person.and_then(|person| person.email.as_deref());
        if self.desk.agent([login, email]).is_some()
            || (self.config.assign == Assign::Mail && login.is_some())
        {
            return None;
        }
        let name = person.and_then(|person| person.name.as_deref());
        Some(match (name, email) {
            (Some(name), Some(email)) => format!("{name} <{email}>"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => assignee.to_owned(),
        })
    }

    /// Whether RT sent a mail for a ticket, which its own history tells. The
    /// first tickets of a run are looked at; what they show goes for all.
    pub(super) async fn look_out(&self, id: &str) -> Result<()> {
        if self.looked.fetch_add(1, Ordering::Relaxed) >= LOOK_OUT {
            return Ok(());
        }
        let history: Vec<Transaction> = self
            .desk
            .all(
                &format!("/ticket/{}/history?fields=Type", segment(id)),
                &mut Vec::new(),
            )
            .await?;
        let mailed = history
            .iter()
            .any(|one| matches!(one.kind.0.as_str(), "EmailRecord" | "CommentEmailRecord"));
        if mailed && self.config.assign == Assign::Silent {
            self.mailed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// What was written on a ticket, oldest first.
    pub(super) async fn history(&self, id: &str) -> Result<Vec<Transaction>> {
        let all: Vec<Transaction> = self
            .desk
            .all(
                &format!(
                    "/ticket/{}/history?fields=Type,Creator,Created,ObjectId",
                    segment(id)
                ),
                &mut Vec::new(),
            )
            .await?;
        Ok(all.into_iter().filter(Transaction::is_message).collect())
    }
}
