//! Queues, classes and custom fields.

use serde_json::{Value, json};

use super::super::client::segment;
use super::super::wire::Created;
use super::super::{payload, wire};
use super::RtSink;
use crate::connector::{Item, Outcome, Result, WriteAction, Written};

impl RtSink {
    /// One of our own custom fields on all queues, made when it is missing.
    pub(super) async fn own_field(&self, name: &'static str) -> Result<String> {
        let mut known = self.own_fields.lock().await;
        if let Some(id) = known.get(name) {
            return Ok(id.clone());
        }
        let id = match self.find_own_field(name).await? {
            Some(id) => id,
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

    /// One of our own custom fields, if it is there.
    pub(super) async fn find_own_field(&self, name: &str) -> Result<Option<String>> {
        let query = json!([
            {"field": "Name", "value": name},
            {"field": "LookupType", "value": "RT::Queue-RT::Ticket"},
        ]);
        let found: Vec<Created> = self
            .desk
            .search("/customfields?orderby=id", &query, &mut Vec::new())
            .await?;
        Ok(found.into_iter().next().map(|field| field.id.0))
    }

    /// Queues and classes: their names are unique, so that one that exists is the one meant.
    pub(super) async fn create_or_match(
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

    pub(super) async fn by_name(&self, what: &str, name: &str) -> Result<Option<String>> {
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

    pub(super) async fn write_field(&self, item: &Item, r: &crate::schema::Field) -> Outcome {
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
}
