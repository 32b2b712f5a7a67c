//! Organizations, in batches.

use serde_json::{Map, Value, json};

use super::payload::number;
use super::people::{keyed, tags};
use super::{ZendeskSink, repeat};
use crate::connector::{
    Body, Effect, Error, ErrorKind, Item, Journal, Losses, Outcome, TargetDesk, WriteAction,
    Written, detail, field,
};
use crate::connectors::zendesk::wire;
use crate::schema::{Kind, Organization};

/// An organization as it is sent, and what it loses.
pub fn organization(
    organization: &Organization,
    item: &Item,
    target: &TargetDesk,
    losses: &mut Losses,
) -> Map<String, Value> {
    let mut sent = Map::new();
    sent.insert("name".into(), organization.name.clone().into());
    sent.insert("external_id".into(), item.marker.clone().into());
    if !organization.domains.is_empty() {
        sent.insert("domain_names".into(), organization.domains.clone().into());
    }
    tags(
        &organization.tags,
        field::ORGANIZATION_TAGS,
        &mut sent,
        losses,
    );
    for (key, value) in [
        ("notes", &organization.notes),
        ("details", &organization.details),
    ] {
        if let Some(value) = value {
            sent.insert(key.into(), value.clone().into());
        }
    }
    if let Some(shared) = organization.shared {
        sent.insert("shared_tickets".into(), shared.into());
    }
    if let Some(group) = &organization.group_id {
        match item.refs.get(Kind::Group, group) {
            Some(target) => {
                sent.insert("group_id".into(), number(target));
            }
            None => losses.add(
                field::ORGANIZATION_RECORD,
                Effect::Dropped,
                detail!("loss-own-group", which = group),
            ),
        }
    }
    losses.when(
        organization.created_at.is_some(),
        field::ORGANIZATION_DATES,
        Effect::Dropped,
        detail!("loss-own-organization-dates", platform = "Zendesk"),
    );
    losses.when(
        organization.external_id.is_some(),
        field::EXTRA,
        Effect::Dropped,
        detail!("loss-external-id"),
    );
    let values = keyed(
        &organization.custom_fields,
        item,
        target,
        field::ORGANIZATION_FIELDS,
        losses,
    );
    if !values.is_empty() {
        sent.insert("organization_fields".into(), values.into());
    }
    losses.extra(&organization.extra);
    sent
}

fn organization_field(key: &str) -> &'static str {
    match key {
        "name" => field::ORGANIZATION_NAME,
        "tags" => field::ORGANIZATION_TAGS,
        "organization_fields" => field::ORGANIZATION_FIELDS,
        _ => field::ORGANIZATION_RECORD,
    }
}

impl ZendeskSink {
    pub(super) async fn write_organizations(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(items.len());
        let mut new = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Body::Organization(record) = &item.body else {
                outcomes.push(Some(Err(Error::local("a batch holds records of one kind"))));
                continue;
            };
            let sent = organization(record, item, target, &mut Losses::default());
            let sent = Value::Object(sent);
            match &item.existing {
                Some(id) => {
                    let mut sent = sent;
                    if let Some(sent) = sent.as_object_mut() {
                        sent.retain(|key, _| item.changed.has(organization_field(key)));
                    }
                    let changed = self
                        .desk
                        .client
                        .put(&format!("/api/v2/organizations/{id}"))
                        .body(&json!({"organization": sent}))
                        .send()
                        .await;
                    outcomes.push(Some(changed.map(|_| Written {
                        action: WriteAction::Updated,
                        ..self.written("/agent/organizations/", id.as_str())
                    })));
                }
                None => {
                    outcomes.push(None);
                    new.push((index, sent));
                }
            }
        }
        if !new.is_empty() {
            let sent: Vec<&Value> = new.iter().map(|(_, sent)| sent).collect();
            let members: Vec<&Item> = new.iter().map(|(index, _)| &items[*index]).collect();
            let done = self
                .run_job(
                    "/api/v2/organizations/create_many",
                    &json!({"organizations": sent}),
                    &members,
                    journal,
                )
                .await;
            match done {
                Err(error) => {
                    for (index, _) in &new {
                        outcomes[*index] = Some(Err(repeat(&error)));
                    }
                }
                Ok(rows) => {
                    for ((index, sent), row) in new.iter().zip(rows) {
                        outcomes[*index] = Some(match row {
                            Ok(row) => Ok(self.written("/agent/organizations/", row.id)),
                            Err(error) => Err(self.name_taken(error, sent).await),
                        });
                    }
                }
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| {
                outcome.unwrap_or_else(|| Err(Error::local("a record was left out of its batch")))
            })
            .collect()
    }

    /// Says which organization has the name already.
    async fn name_taken(&self, error: Error, sent: &Value) -> Error {
        if !matches!(error.kind, ErrorKind::Conflict { existing: None }) {
            return error;
        }
        let name = sent.get("name").and_then(Value::as_str).unwrap_or_default();
        let found = self
            .desk
            .client
            .get("/api/v2/organizations/search")
            .query(&[("name", name)])
            .send()
            .await
            .and_then(|answer| wire::list::<wire::Organization>(&answer));
        let existing = found.ok().and_then(|list| {
            list.rows
                .into_iter()
                .find(|row| row.name.eq_ignore_ascii_case(name))
                .map(|row| row.id.0)
        });
        Error {
            kind: ErrorKind::Conflict { existing },
            ..error
        }
    }
}
