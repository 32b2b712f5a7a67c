//! Relations between tickets, also to those that are written later.
//!
//! A relation whose other end is not there yet waits in a custom field of the
//! ticket, so that it survives whatever becomes of this run, and is put in
//! place at the end of a run that has written the other end.

use serde_json::{Value, json};

use super::super::client::segment;
use super::super::normalize::LINKS_FIELD;
use super::super::payload;
use super::super::wire::{self, Created};
use super::RtSink;
use crate::connector::{Detail, Effect, Loss, Refs, Result, field};
use crate::schema::{Conversation, Kind};

impl RtSink {
    /// Puts relations to tickets in place that are there.
    pub(super) async fn link(
        &self,
        id: &str,
        conversation: &Conversation,
        refs: &Refs,
        losses: &mut Vec<Loss>,
    ) -> Result<()> {
        for link in &conversation.links {
            let Some(other) = refs.get(Kind::Conversation, &link.id) else {
                continue;
            };
            let refused = self.relate(id, payload::relation(link.kind), other).await?;
            if let Some(refusal) = refused {
                let detail = Detail::Plain(refusal);
                losses.push(Loss::new(field::LINKS, Effect::Dropped, detail));
            }
        }
        Ok(())
    }

    /// Relates two tickets; returns the sentence in which RT refuses to.
    async fn relate(&self, id: &str, relation: &str, other: &str) -> Result<Option<String>> {
        let said = self
            .put(
                &self.desk.http,
                &format!("/ticket/{}", segment(id)),
                &json!({ (relation): [other] }),
            )
            .await?;
        Ok(said.into_iter().find(|one| payload::refused_link(one)))
    }

    /// Puts relations in place that waited for their other end.
    pub(super) async fn link_waiting(&self) -> Result<()> {
        let Some(field) = self.find_own_field(LINKS_FIELD).await? else {
            return Ok(());
        };
        let query = format!("'CF.{{{LINKS_FIELD}}}' IS NOT NULL");
        let path = format!("/tickets?orderby=id&query={}", segment(&query));
        let tickets: Vec<Created> = self.desk.all(&path, &mut Vec::new()).await?;
        for Created { id, .. } in tickets {
            self.link_ticket(&id.0, &field).await?;
        }
        Ok(())
    }

    async fn link_ticket(&self, id: &str, field: &str) -> Result<()> {
        let path = format!("/ticket/{}", segment(id));
        let ticket: wire::Ticket = self.desk.one(&path).await?;
        let values = ticket
            .custom_fields
            .iter()
            .find(|values| values.name.0 == LINKS_FIELD);
        let text = values.and_then(|values| values.values.first()?.as_str());
        let mut waiting = payload::read_waiting(text.unwrap_or_default());
        let before = waiting.len();
        let mut left = Vec::new();
        for (relation, marker) in waiting.drain(..) {
            let refused = match self.marked(&marker).await? {
                Some(other) => self.relate(id, &relation, &other).await?,
                None => Some(format!("{marker} was not written")),
            };
            if let Some(why) = refused {
                tracing::warn!("ticket {id} keeps a relation in `{LINKS_FIELD}`: {why}");
                left.push((relation, marker));
            }
        }
        if left.len() == before {
            return Ok(());
        }
        let rest = match left.is_empty() {
            // Deletes the value.
            true => Value::Null,
            false => json!(left).to_string().into(),
        };
        self.put(
            &self.desk.http,
            &path,
            &json!({"CustomFields": {field: rest}}),
        )
        .await?;
        Ok(())
    }
}
