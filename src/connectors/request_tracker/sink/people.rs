//! Customers and agents as users.

use serde_json::{Map, Value, json};

use super::super::client::segment;
use super::super::wire;
use super::super::wire::Created;
use super::RtSink;
use crate::connector::{ErrorKind, Item, Outcome, Result, WriteAction, Written};

impl RtSink {
    pub(super) async fn number_of(&self, login: &str) -> Result<String> {
        let mut known = self.numbers.lock().await;
        if let Some(number) = known.get(login) {
            return Ok(number.clone());
        }
        let user: wire::User = self.desk.one(&format!("/user/{}", segment(login))).await?;
        known.insert(login.to_owned(), user.id.0.clone());
        Ok(user.id.0)
    }

    pub(super) async fn write_user(
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

    pub(super) async fn find_user(
        &self,
        login: &str,
        email: Option<&str>,
    ) -> Result<Option<String>> {
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
}
