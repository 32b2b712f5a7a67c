//! Writing a Request Tracker without a mail to anybody.
//!
//! RT mails whoever watches a ticket, and there is no switch for one request.
//! So a ticket has no watchers and no owner while anything is written to it;
//! they are put in place last, as a change of its own that RT's scrips do not
//! mail about.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use sha2::Digest;
use tokio::sync::Mutex;

use super::assess::assess;
use super::client::{Desk, quoted, segment};
use super::config::{Assign, Config};
use super::limits::PAGE;
use super::normalize::{self, MARKER_FIELD, OWNER_FIELD};
use super::payload::{self, Said};
use super::source::messages;
use super::wire::{self, Created, List, Transaction};
use crate::connector::{
    Assessment, Body, Bundle, Capability, CheckItem, Effect, Error, ErrorKind, Grain, IndexPage,
    Interlock, Item, Journal, Loss, Outcome, Part, Probe, ReadBack, Refs, Reply, Result, Setup,
    Sink, TargetDesk, WriteAction, Written, field,
};
use crate::http::{Client, Method};
use crate::mapping::PlatformMapping;
use crate::schema::{Agent, Conversation, Kind, LinkKind, Organization, Record};

/// After so many conversations without a mail the look-out for mails ends.
const LOOK_OUT: u32 = 3;

/// A Request Tracker as a sink.
pub struct RtSink {
    desk: Desk,
    pub(super) config: Config,
    mapping: Arc<PlatformMapping>,
    /// Ids of our own custom fields, once they are known to exist.
    own_fields: Mutex<HashMap<&'static str, String>>,
    /// Numbers of users by login: `Creator` takes nothing else.
    numbers: Mutex<HashMap<String, String>>,
    /// Relations whose other end was not there yet, by that end's source id.
    waiting: Mutex<BTreeMap<String, Vec<(String, LinkKind)>>>,
    looked: AtomicU32,
    mailed: AtomicBool,
}

impl RtSink {
    /// Opens the sink; sends nothing.
    pub fn open(setup: Setup) -> Result<RtSink> {
        let config = Config::read(&setup.options)?;
        Ok(RtSink {
            desk: Desk::open(&config, &setup.http)?,
            config,
            mapping: setup.mapping,
            own_fields: Mutex::default(),
            numbers: Mutex::default(),
            waiting: Mutex::default(),
            looked: AtomicU32::new(0),
            mailed: AtomicBool::new(false),
        })
    }

    /// One of our own custom fields on all queues, made when it is missing.
    async fn own_field(&self, name: &'static str) -> Result<String> {
        let mut known = self.own_fields.lock().await;
        if let Some(id) = known.get(name) {
            return Ok(id.clone());
        }
        let query = json!([
            {"field": "Name", "value": name},
            {"field": "LookupType", "value": "RT::Queue-RT::Ticket"},
        ]);
        let found: Vec<Created> = self
            .desk
            .search("/customfields?orderby=id", &query, &mut Vec::new())
            .await?;
        let id = match found.into_iter().next() {
            Some(field) => field.id.0,
            None => {
                // `Queue: 0` applies it to all queues; there is no other way to do that.
                let made: Created = self
                    .desk
                    .http
                    .post("/customfield")
                    .body(&json!({
                        "Name": name,
                        "Type": "FreeformSingle",
                        "LookupType": "RT::Queue-RT::Ticket",
                        "Queue": 0,
                        "Description": "made by deskferry; may be deleted when the move is over",
                    }))
                    .json()
                    .await?;
                made.id.0
            }
        };
        known.insert(name, id.clone());
        Ok(id)
    }

    async fn number_of(&self, login: &str) -> Result<String> {
        let mut known = self.numbers.lock().await;
        if let Some(number) = known.get(login) {
            return Ok(number.clone());
        }
        let user: wire::User = self.desk.one(&format!("/user/{}", segment(login))).await?;
        known.insert(login.to_owned(), user.id.0.clone());
        Ok(user.id.0)
    }

    async fn put(&self, client: &Client, path: &str, body: &Value) -> Result<Vec<String>> {
        // 200 with sentences, whatever happened: callers read back what matters.
        let said: Vec<Value> = client.call(Method::Put, path).body(body).json().await?;
        Ok(said
            .into_iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect())
    }

    async fn write_one(&self, item: &Item, target: &TargetDesk) -> Outcome {
        if self.mailed.load(Ordering::Relaxed) {
            return Err(Error::config("RT sent a mail for a ticket that nobody watches: a scrip of its own did that")
                .hint("disable the scrips that send mail (Admin, Global, Scrips), and run again"));
        }
        match &item.body {
            Body::Organization(r) => Ok(Written::matched(r.name.clone())),
            Body::Group(r) => {
                let body =
                    json!({"Name": r.name, "Description": r.description.as_deref().unwrap_or("")});
                self.create_or_match("queue", &body, &r.name, item.existing.as_deref())
                    .await
            }
            Body::Field(r) => self.write_field(item, r).await,
            Body::Agent(r) => {
                let login = r.email.clone().unwrap_or_else(|| r.id.clone());
                let body = payload::agent(r, &login);
                self.write_user(item, &login, r.email.as_deref(), body)
                    .await
            }
            Body::Contact(r) => {
                let login = payload::login(r, &item.marker);
                let body = payload::contact(r, &login, &item.refs);
                self.write_user(item, &login, r.email(), body).await
            }
            Body::Conversation(bundle) => self.write_conversation(item, bundle, target).await,
            Body::Message(reply) => self.write_reply(item, reply, target).await,
            Body::Category(r) => {
                let html = r.translations.first().and_then(|t| t.html.as_deref());
                let body = json!({
                    "Name": r.name(),
                    "Description": html.map(crate::connector::text::html_to_text).unwrap_or_default(),
                });
                self.create_or_match("class", &body, r.name(), item.existing.as_deref())
                    .await
            }
            Body::Article(bundle) => self.write_article(item, bundle).await,
            Body::Brand(_) | Body::Form(_) | Body::Macro(_) => Err(Error::new(
                ErrorKind::Rejected { field: None },
                "RT has no such record",
            )),
        }
    }

    /// Queues and classes: their names are unique, so that one that exists is the one meant.
    async fn create_or_match(
        &self,
        what: &'static str,
        body: &Value,
        name: &str,
        existing: Option<&str>,
    ) -> Outcome {
        if let Some(id) = existing {
            self.put(&self.desk.http, &format!("/{what}/{}", segment(id)), body)
                .await?;
            return Ok(Written {
                action: WriteAction::Updated,
                ..Written::created(id)
            });
        }
        if let Some(id) = self.by_name(what, name).await? {
            return Ok(Written::matched(id));
        }
        let made: Created = self
            .desk
            .http
            .post(&format!("/{what}"))
            .body(body)
            .json()
            .await?;
        Ok(Written::created(made.id.0))
    }

    async fn by_name(&self, what: &str, name: &str) -> Result<Option<String>> {
        let list = if what == "queue" {
            "/queues/all"
        } else {
            "/classes/all"
        };
        let rows: Vec<wire::NamedQueue> = self
            .desk
            .all(
                &format!("{list}?fields=Name&find_disabled_rows=1"),
                &mut Vec::new(),
            )
            .await?;
        Ok(rows
            .into_iter()
            .find(|row| row.name.0.eq_ignore_ascii_case(name))
            .map(|row| row.id.0))
    }

    async fn write_field(&self, item: &Item, r: &crate::schema::Field) -> Outcome {
        let (kind, selects) = payload::field_type(r);
        let id = match &item.existing {
            Some(id) => id.clone(),
            None => {
                let made: Created = self
                    .desk
                    .http
                    .post("/customfield")
                    .body(&json!({
                        "Name": r.label,
                        "Type": kind,
                        "LookupType": "RT::Queue-RT::Ticket",
                        "Queue": 0,
                        "Description": r.description.as_deref().unwrap_or(""),
                    }))
                    .json()
                    .await?;
                made.id.0
            }
        };
        if selects {
            let path = format!("/customfield/{}", segment(&id));
            let now: wire::CustomField = self.desk.one(&path).await?;
            for (place, option) in r.options.iter().enumerate() {
                if now.values.iter().any(|value| value.0 == option.label) {
                    continue;
                }
                self.desk
                    .http
                    .post(&format!("{path}/value"))
                    .body(&json!({"Name": option.label, "SortOrder": place}))
                    .send()
                    .await?;
            }
        }
        Ok(Written {
            action: if item.existing.is_some() {
                WriteAction::Updated
            } else {
                WriteAction::Created
            },
            ..Written::created(id)
        })
    }

    async fn write_user(
        &self,
        item: &Item,
        login: &str,
        email: Option<&str>,
        body: Map<String, Value>,
    ) -> Outcome {
        if let Some(id) = &item.existing {
            let mut change = body;
            // What people sign in with is not ours to change.
            change.remove("Name");
            change.remove("Privileged");
            self.put(
                &self.desk.http,
                &format!("/user/{}", segment(id)),
                &Value::Object(change),
            )
            .await?;
            return Ok(Written {
                action: WriteAction::Updated,
                ..Written::created(id)
            });
        }
        match self
            .desk
            .http
            .post("/user")
            .body(&body)
            .json::<Created>()
            .await
        {
            Ok(made) => Ok(Written::created(made.id.0)),
            Err(error) if matches!(error.kind, ErrorKind::Conflict { .. }) => {
                match self.find_user(login, email).await? {
                    Some(id) => Ok(Written::matched(id)),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn find_user(&self, login: &str, email: Option<&str>) -> Result<Option<String>> {
        for (column, value) in [("EmailAddress", email), ("Name", Some(login))] {
            let Some(value) = value else { continue };
            let query = json!([{"field": column, "value": value}]);
            let found: Vec<Created> = self
                .desk
                .search("/users?find_disabled_rows=1", &query, &mut Vec::new())
                .await?;
            if let Some(user) = found.into_iter().next() {
                return Ok(Some(user.id.0));
            }
        }
        Ok(None)
    }

    async fn write_conversation(
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
            let change = payload::changes(conversation, &item.refs, target, &self.mapping);
            self.put(
                &self.desk.http,
                &format!("/ticket/{}", segment(&id)),
                &change,
            )
            .await
            .map_err(unsettled)?;
        }
        // With more messages to come, watchers would be mailed about them.
        let more = conversation
            .declared_messages
            .is_some_and(|count| count > 1);
        if !more || action == WriteAction::Updated {
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

    fn url(&self, id: &str) -> String {
        format!("{}/Ticket/Display.html?id={id}", self.config.base())
    }

    /// The ticket with its first message, unwatched and unowned.
    async fn create_ticket(
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

    /// The client of the agent who wrote a message, where the token is known.
    fn author(&self, part: &Part, refs: &Refs) -> Option<&Client> {
        let id = part.message.author.id.as_deref()?;
        let login = refs.person_id(id);
        let email = refs.person(id).and_then(|person| person.email.as_deref());
        self.desk
            .agent([login, email.or(part.message.author.email.as_deref())])
    }

    /// Adds a message; gives the transaction's id.
    async fn say(&self, ticket: &str, part: &Part, refs: &Refs) -> Result<String> {
        let said = Said::of(part, refs);
        let verb = if payload::internal(&part.message) {
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

    async fn write_reply(&self, item: &Item, reply: &Reply, _target: &TargetDesk) -> Outcome {
        let ticket = reply.target_id.as_str();
        self.hush(ticket, &reply.part, &item.refs).await?;
        let said = self.say(ticket, &reply.part, &item.refs).await;
        let mut losses = Vec::new();
        // Also after a refusal: the ticket must not stay without its people.
        if reply.last {
            let settled = self
                .settle(ticket, &reply.conversation, &item.refs, &mut losses)
                .await;
            if said.is_ok() {
                settled.map_err(unsettled)?;
                self.look_out(ticket).await.map_err(unsettled)?;
            }
        }
        Ok(Written {
            losses,
            ..Written::created(said?)
        })
    }

    /// Takes watchers and owner off a ticket, so that the next message mails nobody.
    async fn hush(&self, ticket: &str, part: &Part, refs: &Refs) -> Result<()> {
        let path = format!("/ticket/{}", segment(ticket));
        let now: wire::Ticket = self.desk.one(&path).await?;
        let owner =
            Some(now.owner.id.0.as_str()).filter(|login| !normalize::SYSTEM.contains(login));
        let watched = !(now.requestor.is_empty() && now.cc.is_empty() && now.admin_cc.is_empty());
        if owner.is_none() && !watched {
            return Ok(());
        }
        if let Some(owner) = owner
            && !payload::internal(&part.message)
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
        let quiet = if owner.is_some() && !payload::internal(&part.message) {
            json!({"Requestor": [], "Cc": [], "AdminCc": [], "Owner": "Nobody"})
        } else {
            json!({"Requestor": [], "Cc": [], "AdminCc": []})
        };
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

    /// Status, dates, watchers and owner, in the order in which none of them mails anybody.
    async fn settle(
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
                format!(
                    "RT kept the status `{}` instead of `{status}`",
                    now.status.0
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
                    format!("RT took {} of {wanted} for {role}", list.len()),
                ));
            }
        }
        Ok(())
    }

    /// Makes somebody the owner: in their own name, which mails nobody, or as
    /// an ordinary change where that was asked for.
    async fn own(
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
                losses.push(Loss::new(field::ASSIGNEE, Effect::Dropped, error.message));
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
    fn silent_owner(&self, conversation: &Conversation, refs: &Refs) -> Option<String> {
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

    /// Relations to tickets that are there, and to this one from those that waited for it.
    async fn link(
        &self,
        id: &str,
        conversation: &Conversation,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        let mut now: Vec<(String, &'static str, String)> = Vec::new();
        {
            let mut waiting = self.waiting.lock().await;
            for link in &conversation.links {
                match refs.get(Kind::Conversation, &link.id) {
                    Some(other) => {
                        now.push((
                            id.to_owned(),
                            payload::relation(link.kind),
                            other.to_owned(),
                        ));
                    }
                    None => {
                        waiting
                            .entry(link.id.clone())
                            .or_default()
                            .push((id.to_owned(), link.kind));
                    }
                }
            }
            for (from, kind) in waiting.remove(&conversation.id).unwrap_or_default() {
                now.push((from, payload::relation(kind), id.to_owned()));
            }
        }
        for (from, relation, to) in now {
            let said = self
                .put(
                    &self.desk.http,
                    &format!("/ticket/{}", segment(&from)),
                    &json!({ (relation): [to] }),
                )
                .await?;
            if let Some(refusal) = said.iter().find(|one| payload::refused_link(one)) {
                losses.push(Loss::new(field::LINKS, Effect::Dropped, refusal.clone()));
            }
        }
        Ok(())
    }

    /// Whether RT sent a mail for a ticket, which its own history tells. The
    /// first tickets of a run are looked at; what they show goes for all.
    async fn look_out(&self, id: &str) -> Result<()> {
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
    async fn history(&self, id: &str) -> Result<Vec<Transaction>> {
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

    async fn write_article(
        &self,
        item: &Item,
        bundle: &crate::connector::ArticleBundle,
    ) -> Outcome {
        let article = &bundle.article;
        let class = article
            .category_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Category, id))
            .unwrap_or("General");
        let html = match self
            .desk
            .one::<wire::Class>(&format!("/class/{}", segment(class)))
            .await
        {
            Ok(class) => self.html_content(&class).await?,
            Err(error) if error.kind == ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        let body = payload::article(article, class, html);
        if let Some(id) = &item.existing {
            self.put(&self.desk.http, &format!("/article/{}", segment(id)), &body)
                .await?;
            return Ok(Written {
                action: WriteAction::Updated,
                ..Written::created(id)
            });
        }
        if let Some(id) = self.find_article(article, class).await? {
            return Err(Error::new(
                ErrorKind::Conflict { existing: Some(id) },
                format!("the class has an article `{}` already", article.title()),
            )
            .hint("titles are unique within a class: rename one of them"));
        }
        let made: Created = self.desk.http.post("/article").body(&body).json().await?;
        let mut written = Written::created(made.id.0);
        written.url = Some(format!(
            "{}/Articles/Article/Display.html?id={}",
            self.config.base(),
            written.id
        ));
        Ok(written)
    }

    async fn html_content(&self, class: &wire::Class) -> Result<bool> {
        for field in &class.article_custom_fields {
            if field.name.0 == "Content" {
                let field: wire::CustomField = self
                    .desk
                    .one(&format!("/customfield/{}", segment(&field.id.0)))
                    .await?;
                return Ok(field.kind.0 == "HTML");
            }
        }
        Ok(false)
    }

    async fn find_article(
        &self,
        article: &crate::schema::Article,
        class: &str,
    ) -> Result<Option<String>> {
        let query = json!([
            {"field": "Name", "value": payload::title(article)},
            {"field": "Class", "value": class},
        ]);
        let found: Vec<Created> = self
            .desk
            .search("/articles?find_disabled_rows=1", &query, &mut Vec::new())
            .await?;
        Ok(found.into_iter().next().map(|one| one.id.0))
    }

    /// The ticket with this marker, deleted ones too.
    async fn marked(&self, marker: &str) -> Result<Option<String>> {
        // Without the field there is no ticket of ours.
        self.own_field(MARKER_FIELD).await?;
        let query = format!("'CF.{{{MARKER_FIELD}}}' = {}", quoted(marker));
        let list: List<Created> = self
            .desk
            .http
            .get("/tickets")
            .query(&[("query", query.as_str()), ("orderby", "id")])
            .json()
            .await?;
        if let Some(ticket) = list.items.into_iter().next() {
            return Ok(Some(ticket.id.0));
        }
        let deleted: Vec<Transaction> = self
            .desk
            .search(
                "/transactions?orderby=id&fields=Type,ObjectId",
                &json!([{"field": "Type", "value": "Status"}, {"field": "NewValue", "value": "deleted"}]),
                &mut Vec::new(),
            )
            .await?;
        for transaction in deleted {
            let id = transaction.object_id.0;
            let ticket: wire::Ticket =
                match self.desk.one(&format!("/ticket/{}", segment(&id))).await {
                    Ok(ticket) => ticket,
                    Err(error) if error.kind == ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
            let ours = ticket.custom_fields.iter().any(|cf| {
                cf.name.0 == MARKER_FIELD && cf.values.iter().any(|v| v.as_str() == Some(marker))
            });
            if ours {
                return Ok(Some(ticket.id.0));
            }
        }
        Ok(None)
    }

    async fn find_reply(&self, probe: &Probe<'_>, reply: &Reply) -> Result<Option<Written>> {
        let ticket = reply.target_id.as_str();
        let wanted = Said::of(&reply.part, &probe.item.refs);
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
            self.settle(ticket, &reply.conversation, &probe.item.refs, &mut losses)
                .await?;
        }
        Ok(Some(Written {
            losses,
            ..Written::created(message.id.clone())
        }))
    }

    async fn read_one(&self, kind: Kind, id: &str) -> Result<ReadBack> {
        let mut back = ReadBack::default();
        let (locale, base) = (&self.config.locale, self.config.base());
        let record = match kind {
            Kind::Organization => Ok(Record::Organization(Organization {
                id: id.to_owned(),
                name: id.to_owned(),
                ..Organization::default()
            })),
            Kind::Group => {
                normalize::queue(&self.desk.one(&format!("/queue/{}", segment(id))).await?)
                    .map(Record::Group)
            }
            Kind::Field => Ok(Record::Field(normalize::field(
                &self
                    .desk
                    .one(&format!("/customfield/{}", segment(id)))
                    .await?,
            ))),
            Kind::Agent | Kind::Contact => {
                let user: wire::User = self.desk.one(&format!("/user/{}", segment(id))).await?;
                normalize::user(&user).and_then(|records| {
                    records
                        .into_iter()
                        .next_back()
                        .ok_or_else(|| "no user".to_owned())
                })
            }
            Kind::Conversation => {
                let wire: wire::Ticket = self.desk.one(&format!("/ticket/{}", segment(id))).await?;
                let page = messages(&self.desk, &self.mapping, id).await?;
                if let Some(problem) = page.problems.into_iter().next() {
                    return Err(Error::protocol(format!(
                        "{}: {}",
                        problem.key, problem.reason
                    )));
                }
                for record in page.records {
                    match record {
                        Record::Message(message) => back.messages.push(message),
                        Record::Attachment(attachment) => back.attachments.push(attachment),
                        _ => {}
                    }
                }
                for attachment in &mut back.attachments {
                    let bytes = self.desk.content(&attachment.id).await?;
                    attachment.sha256 = Some(hex::encode(sha2::Sha256::digest(&bytes)));
                }
                normalize::ticket(id, &wire, &self.mapping, base).map(Record::Conversation)
            }
            Kind::Category => {
                let class: wire::Class = self.desk.one(&format!("/class/{}", segment(id))).await?;
                Ok(Record::Category(normalize::class(&class, locale)))
            }
            Kind::Article => {
                let wire: wire::Article =
                    self.desk.one(&format!("/article/{}", segment(id))).await?;
                let mut html = Vec::new();
                for cf in &wire.custom_fields {
                    let field: wire::CustomField = self
                        .desk
                        .one(&format!("/customfield/{}", segment(&cf.id.0)))
                        .await?;
                    if field.kind.0 == "HTML" {
                        html.push(cf.id.0.clone());
                    }
                }
                normalize::article(&wire, &html, locale, base).map(Record::Article)
            }
            _ => return Ok(back),
        };
        back.record = Some(record.map_err(Error::protocol)?);
        Ok(back)
    }
}

/// Whether the owner's token is known by an address that the references tell.
fn refs_agent(desk: &Desk, refs: &Refs, login: &str) -> bool {
    let email = refs
        .person(login)
        .and_then(|person| person.email.as_deref());
    desk.agent([email, None]).is_some()
}

fn part_key(part: &Part) -> crate::schema::Key {
    crate::schema::Key::new(Kind::Message, &part.message.id)
}

/// After the first write of several, nothing is certain but what `find` sees.
fn unsettled(error: Error) -> Error {
    if error.stops_run() && error.kind != ErrorKind::Auth {
        return error;
    }
    let message = format!("written in part: {error}");
    Error::new(ErrorKind::Transient, message)
        .hint("it is looked for and completed")
        .caused_by(error)
}

#[async_trait]
impl Sink for RtSink {
    fn capabilities(&self) -> &'static [Capability] {
        super::CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let mut items = vec![super::check_version(&self.desk).await?];
        match self.own_field(MARKER_FIELD).await {
            Ok(_) => items.push(CheckItem::ok(format!(
                "the custom field `{MARKER_FIELD}` is there"
            ))),
            Err(error) => items.push(CheckItem::failure(
                format!(
                    "the custom field `{MARKER_FIELD}` cannot be made: {}",
                    error.message
                ),
                "the user needs the right AdminCustomField, or an admin makes it for all queues",
            )),
        }
        for (name, client) in self.desk.agent_names() {
            match client.get("/rt").send().await {
                Ok(_) => items.push(CheckItem::ok(format!("the token of {name} works"))),
                Err(error) => items.push(CheckItem::failure(
                    format!("the token of {name} does not work: {}", error.message),
                    "correct it under agent_tokens",
                )),
            }
        }
        items.push(CheckItem::warning(
            "scrips cannot be seen through the API",
            "RT's own scrips mail nobody here; look for scrips of your own that send mail (Admin, Global, Scrips)",
        ));
        Ok(items)
    }

    async fn interlocks(&self) -> Result<Vec<Interlock>> {
        let mut locks = Vec::new();
        let rows: Vec<Created> = self.desk.all("/queues/all", &mut Vec::new()).await?;
        for row in rows {
            let queue: wire::Queue = self
                .desk
                .one(&format!("/queue/{}", segment(&row.id.0)))
                .await?;
            let watchers: Vec<&str> = queue
                .cc
                .iter()
                .chain(&queue.admin_cc)
                .map(|one| one.id.0.as_str())
                .collect();
            if !watchers.is_empty() {
                locks.push(Interlock {
                    id: format!("queue-watchers-{}", queue.id.0),
                    what: format!(
                        "queue `{}` is watched by {}, whom RT mails about every message",
                        queue.name.0,
                        watchers.join(", ")
                    ),
                    hint: format!(
                        "take them off under Admin, Queues, {}, Watchers, and put them back afterwards",
                        queue.name.0
                    ),
                    proven: true,
                });
            }
        }
        if self.config.assign == Assign::Mail {
            locks.push(Interlock {
                id: "assign-mail".into(),
                what: "RT mails every agent once for each ticket that becomes theirs".into(),
                hint: "leave `assign` out, or give the agents' tokens under agent_tokens".into(),
                proven: true,
            });
        }
        Ok(locks)
    }

    async fn describe(&self) -> Result<TargetDesk> {
        let mut raw = Vec::new();
        let mut target = TargetDesk {
            name: Config::desk(&self.config.base_url),
            locales: vec![self.config.locale.clone()],
            ..TargetDesk::default()
        };
        let privileged: Vec<Created> = self
            .desk
            .search(
                "/groups",
                &json!([
                    {"field": "Domain", "value": "SystemInternal"},
                    {"field": "Name", "value": "Privileged"},
                ]),
                &mut raw,
            )
            .await?;
        let group = privileged
            .first()
            .ok_or_else(|| Error::protocol("RT shows no group of privileged users"))?;
        let members: Vec<Created> = self
            .desk
            .all(
                &format!("/group/{}/members", segment(&group.id.0)),
                &mut raw,
            )
            .await?;
        let me = self.config.me();
        for member in members {
            let user: wire::User = self
                .desk
                .one(&format!("/user/{}", segment(&member.id.0)))
                .await?;
            let is_me = me
                .as_deref()
                .is_some_and(|me| me == user.id.0 || me == user.name.0);
            for record in normalize::user(&user).map_err(Error::protocol)? {
                if let Record::Agent(agent) = record {
                    if is_me {
                        target.me = Some(Agent::clone(&agent));
                    }
                    target.agents.push(agent);
                }
            }
        }
        for row in self.desk.all::<Created>("/queues/all", &mut raw).await? {
            let queue: wire::Queue = self
                .desk
                .one(&format!("/queue/{}", segment(&row.id.0)))
                .await?;
            target
                .groups
                .push(normalize::queue(&queue).map_err(Error::protocol)?);
        }
        let fields: Vec<Created> = self
            .desk
            .search(
                "/customfields?orderby=id",
                &json!([{"field": "LookupType", "value": "RT::Queue-RT::Ticket"}]),
                &mut raw,
            )
            .await?;
        for row in fields {
            let wire: wire::CustomField = self
                .desk
                .one(&format!("/customfield/{}", segment(&row.id.0)))
                .await?;
            if ![MARKER_FIELD, OWNER_FIELD].contains(&wire.name.0.as_str()) {
                target.fields.push(normalize::field(&wire));
            }
        }
        Ok(target)
    }

    async fn index(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Row {
            #[serde(rename = "id")]
            id: wire::Text,
            #[serde(default)]
            email_address: wire::Text,
        }
        if kind != Kind::Contact {
            return Ok(IndexPage::default());
        }
        let number: u32 = match cursor {
            None => 1,
            Some(text) => text
                .parse()
                .map_err(|_| Error::local(format!("`{text}` is not a page of users")))?,
        };
        let list: List<Row> = self
            .desk
            .page(
                "/users?orderby=id&find_disabled_rows=1&fields=Name,EmailAddress",
                Some(&json!([{"field": "id", "operator": ">", "value": 0}])),
                number,
                &mut Vec::new(),
            )
            .await?;
        let mut page = IndexPage::default();
        for row in &list.items {
            if let Some(email) = row.email_address.some() {
                page.entries
                    .push((format!("email:{}", email.to_lowercase()), row.id.0.clone()));
            }
        }
        debug_assert!(list.items.len() <= PAGE);
        page.next = list.next_page.map(|_| (number + 1).to_string());
        Ok(page)
    }

    fn grain(&self) -> Grain {
        Grain::Message
    }

    fn batch(&self, _kind: Kind) -> usize {
        1
    }

    fn assess(&self, item: &Item, target: &TargetDesk) -> Assessment {
        let writes_as = |part: &Part| self.author(part, &item.refs).is_some();
        let kept_owner = |conversation: &Conversation| {
            conversation.assignee_id.is_some()
                && self.silent_owner(conversation, &item.refs).is_none()
        };
        assess(
            item,
            target,
            &self.mapping,
            &self.config,
            &writes_as,
            &kept_owner,
        )
    }

    async fn write(
        &self,
        items: &[Item],
        target: &TargetDesk,
        _journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            outcomes.push(self.write_one(item, target).await);
        }
        outcomes
    }

    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        let item = probe.item;
        match &item.body {
            Body::Conversation(bundle) => {
                let Some(id) = self.marked(&item.marker).await? else {
                    return Ok(None);
                };
                // It may have been cut off anywhere after the creation.
                let mut losses = Vec::new();
                let mut parts = Vec::new();
                let before = self.history(&id).await?;
                match (bundle.messages.first(), before.first()) {
                    (Some(part), Some(first)) => parts.push((part_key(part), first.id.0.clone())),
                    (Some(part), None) => {
                        let said = self.say(&id, part, &item.refs).await?;
                        parts.push((part_key(part), said));
                    }
                    (None, _) => {}
                }
                self.link(&id, &bundle.conversation, &item.refs, &mut losses)
                    .await?;
                if before.len() <= 1 {
                    self.settle(&id, &bundle.conversation, &item.refs, &mut losses)
                        .await?;
                }
                Ok(Some(Written {
                    url: Some(self.url(&id)),
                    parts,
                    losses,
                    ..Written::created(id)
                }))
            }
            Body::Message(reply) => self.find_reply(probe, reply).await,
            Body::Contact(r) => {
                let login = payload::login(r, &item.marker);
                Ok(self
                    .find_user(&login, r.email())
                    .await?
                    .map(Written::matched))
            }
            Body::Agent(r) => {
                let login = r.email.clone().unwrap_or_else(|| r.id.clone());
                Ok(self
                    .find_user(&login, r.email.as_deref())
                    .await?
                    .map(Written::matched))
            }
            Body::Organization(r) => Ok(Some(Written::matched(r.name.clone()))),
            Body::Group(r) => Ok(self.by_name("queue", &r.name).await?.map(Written::created)),
            Body::Category(r) => Ok(self.by_name("class", r.name()).await?.map(Written::created)),
            Body::Field(r) => {
                let query = json!([
                    {"field": "Name", "value": r.label},
                    {"field": "LookupType", "value": "RT::Queue-RT::Ticket"},
                ]);
                let found: Vec<Created> = self
                    .desk
                    .search("/customfields", &query, &mut Vec::new())
                    .await?;
                match found.into_iter().next() {
                    // Its values may be missing still.
                    Some(one) => {
                        let again = Item {
                            existing: Some(one.id.0),
                            ..item.clone()
                        };
                        self.write_field(&again, r).await.map(Some)
                    }
                    None => Ok(None),
                }
            }
            Body::Article(bundle) => {
                let class = bundle
                    .article
                    .category_id
                    .as_deref()
                    .and_then(|id| item.refs.get(Kind::Category, id))
                    .unwrap_or("General");
                Ok(self
                    .find_article(&bundle.article, class)
                    .await?
                    .map(Written::created))
            }
            Body::Brand(_) | Body::Form(_) | Body::Macro(_) => Ok(None),
        }
    }

    async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            all.push(match self.read_one(kind, id).await {
                Ok(back) => back,
                Err(error) if error.kind == ErrorKind::NotFound => ReadBack::default(),
                Err(error) => return Err(error),
            });
        }
        Ok(all)
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<()> {
        let what = match kind {
            // Text of a user, gone with the user.
            Kind::Organization => return Ok(()),
            Kind::Conversation => "ticket",
            Kind::Contact | Kind::Agent => "user",
            Kind::Group => "queue",
            Kind::Field => "customfield",
            Kind::Category => "class",
            Kind::Article => "article",
            _ => {
                return Err(Error::new(
                    ErrorKind::Forbidden,
                    format!("RT cannot delete a {kind} through its API"),
                )
                .hint("it goes with its ticket"));
            }
        };
        match self
            .desk
            .http
            .delete(&format!("/{what}/{}", segment(id)))
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn finish(&self, _target: &TargetDesk) -> Result<()> {
        let waiting = self.waiting.lock().await;
        if waiting.is_empty() {
            return Ok(());
        }
        let missing: Vec<&str> = waiting.keys().map(String::as_str).collect();
        tracing::warn!(
            "links of {} tickets lead to conversations that were not written: {}",
            waiting.values().map(Vec::len).sum::<usize>(),
            missing.join(", ")
        );
        Ok(())
    }
}
