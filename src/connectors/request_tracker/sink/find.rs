//! Looks for what an interrupted run wrote.

use serde_json::json;

use super::super::client::{quoted, segment};
use super::super::normalize::MARKER_FIELD;
use super::super::wire::{Created, List, Transaction};
use super::super::{payload, wire};
use super::{RtSink, part_key};
use crate::connector::{Body, ErrorKind, Item, Probe, Result, Written};
use crate::schema::Kind;

impl RtSink {
    /// The ticket with this marker, deleted ones too.
    pub(super) async fn marked(&self, marker: &str) -> Result<Option<String>> {
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

    pub(super) async fn find_item(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
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
}
