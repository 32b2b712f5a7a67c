//! Tickets that are there already: their properties, and messages that came
//! or changed later. Every change of a ticket runs the account's triggers, and
//! a public comment is mailed: whatever is added is an internal note.

use serde_json::{Map, Value, json};

use super::ZendeskSink;
use super::payload::{Comment, Draft, Maker};
use super::tickets;
use crate::connector::{
    Body, Changed, Error, ErrorKind, Item, Loss, Outcome, Reply, Result, TargetDesk, WriteAction,
    Written, field, text,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire;

/// Which of the values that an update may change stands behind which key.
const KEYS: [(&str, &str); 16] = [
    ("subject", field::SUBJECT),
    ("status", field::STATUS),
    ("priority", field::PRIORITY),
    ("type", field::TYPE),
    ("tags", field::TAGS),
    ("due_at", field::DUE_AT),
    ("requester_id", field::REQUESTER),
    ("requester", field::REQUESTER),
    ("organization_id", field::ORGANIZATION),
    ("brand_id", field::BRAND),
    ("ticket_form_id", field::FORM),
    ("email_cc_ids", field::CC),
    ("follower_ids", field::FOLLOWERS),
    ("custom_fields", field::CUSTOM_FIELDS),
    ("problem_id", field::LINKS),
    ("group_id", field::GROUP),
];

/// What an update sends of a ticket; a value that is not there any more is emptied.
fn changes(whole: &Map<String, Value>, changed: &Changed) -> Map<String, Value> {
    let mut sent = Map::new();
    let mut take = |key: &str| match whole.get(key) {
        Some(value) => {
            sent.insert(key.to_owned(), value.clone());
        }
        None => match key {
            "email_cc_ids" | "follower_ids" => {
                sent.insert(key.to_owned(), json!([]));
            }
            "priority" | "type" | "due_at" | "organization_id" | "problem_id" | "group_id"
            | "assignee_id" => {
                sent.insert(key.to_owned(), Value::Null);
            }
            _ => {}
        },
    };
    for (key, name) in KEYS {
        if changed.has(name) && name != field::GROUP {
            take(key);
        }
    }
    // An assignee outside of the group is refused, so that both go together.
    if changed.has(field::GROUP) || changed.has(field::ASSIGNEE) {
        take("group_id");
        take("assignee_id");
    }
    sent
}

/// Whether a trigger tells customers, or somebody whom it does not name, when
/// a ticket is changed without a public comment.
pub fn tells_customers(rule: &wire::Trigger) -> bool {
    let tells = |action: &wire::MacroAction| {
        let to = match &action.value {
            Value::Array(list) => list.first().and_then(Value::as_str),
            other => other.as_str(),
        };
        let staff = matches!(
            to,
            Some("assignee_id" | "current_user" | "all_agents" | "group_id")
        );
        match action.field.as_str() {
            "notification_group" => false,
            "notification_user" => !staff,
            other => {
                other.starts_with("notification_")
                    || matches!(
                        other,
                        "deflection" | "tweet_requester" | "satisfaction_score"
                    )
            }
        }
    };
    let quiet = |condition: &wire::Condition| {
        let value = match &condition.value {
            Value::Bool(value) => value.to_string(),
            other => other.as_str().unwrap_or_default().to_lowercase(),
        };
        let is = matches!(condition.operator.as_deref(), None | Some("is"));
        match condition.field.as_str() {
            "update_type" => is && value == "create",
            "comment_is_public" => is && value != "false",
            _ => false,
        }
    };
    let actions = rule.actions.as_deref().unwrap_or_default();
    let conditions = rule.conditions.as_ref().map(|conditions| &conditions.all);
    actions.iter().any(tells) && !conditions.is_some_and(|all| all.iter().any(quiet))
}

/// What somebody reads in a comment, without the first line that says whose it is.
fn said(html: &str) -> String {
    let plain = text::comparable(html, true);
    let rest = match plain.strip_prefix("[edited on ") {
        Some(line) => line.split_once(']').map_or("", |(_, rest)| rest),
        None => &plain,
    };
    rest.split_whitespace().collect()
}

impl ZendeskSink {
    /// Changes the properties of a ticket, and adds ratings and booked time as
    /// a note.
    pub(super) async fn update_ticket(&self, item: &Item, target: &TargetDesk) -> Outcome {
        let (Body::Conversation(bundle), Some(id)) = (&item.body, &item.existing) else {
            return Err(Error::local("a batch holds records of one kind"));
        };
        let maker = Maker {
            mapping: &self.desk.mapping,
            target,
            item,
            now: self.now(),
        };
        let Draft {
            ticket, comments, ..
        } = maker.draft(bundle);
        let mut sent = changes(&ticket, &item.changed);
        let adds = !bundle.ratings.is_empty()
            || !bundle.time_entries.is_empty()
            || (item.changed.has(field::LINKS) && !comments.is_empty());
        if let Some(note) = comments.first().filter(|_| adds)
            && !self.says(id, &note.html, 0).await?
        {
            sent.insert(
                "comment".into(),
                json!({"html_body": note.html, "public": false}),
            );
        }
        if !sent.is_empty() {
            self.put_ticket(id, sent, ticket.get("assignee_id")).await?;
        }
        Ok(Written {
            action: WriteAction::Updated,
            ..self.written("/agent/tickets/", id.as_str())
        })
    }

    async fn put_ticket(
        &self,
        id: &str,
        mut sent: Map<String, Value>,
        assignee: Option<&Value>,
    ) -> Result<()> {
        let put = |sent: &Map<String, Value>| {
            let call = self
                .desk
                .client
                .put(&format!("/api/v2/tickets/{id}"))
                .budget(limits::TICKET_UPDATE)
                .body(&json!({"ticket": sent}));
            match sent.contains_key("comment") {
                true => call.once().send(),
                false => call.send(),
            }
        };
        let refused = match put(&sent).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        // Nothing is solved without an assignee: an update that changes the
        // status alone may lack it.
        if let Some(assignee) = assignee
            && matches!(refused.kind, ErrorKind::Rejected { .. })
            && !sent.contains_key("assignee_id")
            && refused.message.to_lowercase().contains("assignee")
        {
            sent.insert("assignee_id".into(), assignee.clone());
            put(&sent).await?;
            return Ok(());
        }
        if refused.message.contains("closed prevents") {
            return Err(refused.hint(
                "Zendesk changes no closed ticket: what came later stays on the source and in the archive",
            ));
        }
        Err(refused)
    }

    /// Adds a message, or what became of one, as an internal note.
    pub(super) async fn add_message(&self, item: &Item, target: &TargetDesk) -> Outcome {
        let Body::Message(reply) = &item.body else {
            return Err(Error::local("a batch holds records of one kind"));
        };
        let (comments, _) = self.maker(item, target).later(reply);
        let mut beyond = Vec::new();
        for (index, comment) in comments.into_iter().enumerate() {
            let added = self.add_note(&reply.target_id, comment, &mut beyond).await;
            // What was added of it must be found before the rest is.
            added.map_err(|error| match index {
                0 => error,
                _ => tickets::unsure(error),
            })?;
        }
        Ok(self.message_written(item, beyond))
    }

    fn maker<'a>(&'a self, item: &'a Item, target: &'a TargetDesk) -> Maker<'a> {
        Maker {
            mapping: &self.desk.mapping,
            target,
            item,
            now: self.now(),
        }
    }

    async fn add_note(
        &self,
        ticket: &str,
        comment: Comment<'_>,
        beyond: &mut Vec<Loss>,
    ) -> Result<()> {
        let comment = self.comment(comment, beyond).await?;
        let sent = Map::from_iter([("comment".to_owned(), comment)]);
        self.put_ticket(ticket, sent, None).await
    }

    /// A ticket's answer does not tell the new comment's id.
    fn message_written(&self, item: &Item, losses: Vec<Loss>) -> Written {
        let id = item.existing.clone().unwrap_or_default();
        Written {
            action: match item.existing {
                Some(_) => WriteAction::Updated,
                None => WriteAction::Created,
            },
            losses,
            ..Written::created(id)
        }
    }

    /// Whether a note of the ticket that is not older than this says it.
    async fn says(&self, ticket: &str, html: &str, earliest: i64) -> Result<bool> {
        Ok(self.notes(ticket, earliest).await?.contains(&said(html)))
    }

    async fn notes(&self, ticket: &str, earliest: i64) -> Result<Vec<String>> {
        let path = format!("/api/v2/tickets/{ticket}/comments");
        let comments: Vec<wire::Comment> =
            source::all(&self.desk.client, &path, limits::DEFAULT).await?;
        Ok(comments
            .iter()
            .filter(|comment| comment.public == Some(false))
            .filter(|comment| {
                comment
                    .created_at
                    .is_none_or(|date| date.as_second() >= earliest)
            })
            .map(|comment| said(comment.html_body.as_deref().unwrap_or_default()))
            .collect())
    }

    /// Looks for a message among the notes that were added since, and adds
    /// what a crash left out of one that was cut in pieces.
    pub(super) async fn find_message(
        &self,
        item: &Item,
        reply: &Reply,
        earliest: i64,
    ) -> Result<Option<Written>> {
        let mut notes = match self.notes(&reply.target_id, earliest).await {
            Ok(notes) => notes,
            // Without its ticket it is not there, and will not appear.
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let target = TargetDesk {
            me: Some(self.me().await?),
            ..TargetDesk::default()
        };
        let (comments, _) = self.maker(item, &target).later(reply);
        let mut missing = Vec::new();
        let count = comments.len();
        for comment in comments {
            let wanted = said(&comment.html);
            match notes.iter().position(|note| *note == wanted) {
                Some(at) => {
                    notes.swap_remove(at);
                }
                None => missing.push(comment),
            }
        }
        if missing.len() == count {
            return Ok(None);
        }
        let mut beyond = Vec::new();
        for comment in missing {
            self.add_note(&reply.target_id, comment, &mut beyond)
                .await?;
        }
        Ok(Some(self.message_written(item, beyond)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(to: &str, conditions: Value) -> wire::Trigger {
        serde_json::from_value(json!({
            "id": 1, "title": "T", "active": true,
            "conditions": {"all": conditions, "any": []},
            "actions": [{"field": "notification_user", "value": [to, "subject", "body"]}],
        }))
        .unwrap()
    }

    #[test]
    fn a_trigger_is_in_the_way_when_a_quiet_change_reaches_customers() {
        let create = json!([{"field": "update_type", "operator": "is", "value": "Create"}]);
        let change = json!([{"field": "update_type", "operator": "is", "value": "Change"}]);
        let public = json!([{"field": "comment_is_public", "operator": "is", "value": "true"}]);
        assert!(!tells_customers(&trigger("requester_id", create)));
        assert!(!tells_customers(&trigger("requester_and_ccs", public)));
        assert!(!tells_customers(&trigger("assignee_id", change.clone())));
        assert!(tells_customers(&trigger("requester_id", change)));
        assert!(tells_customers(&trigger("requester_and_ccs", json!([]))));
    }

    #[test]
    fn an_update_sends_what_changed_and_empties_what_is_gone() {
        let whole = json!({"subject": "S", "status": "open", "assignee_id": 7, "group_id": 3});
        let whole = whole.as_object().unwrap();
        let sent = changes(whole, &Changed::only([field::STATUS, field::PRIORITY]));
        assert_eq!(
            Value::from(sent),
            json!({"status": "open", "priority": null})
        );
        let sent = changes(whole, &Changed::only([field::ASSIGNEE]));
        assert_eq!(Value::from(sent), json!({"assignee_id": 7, "group_id": 3}));
    }

    #[test]
    fn the_first_line_is_not_what_was_said() {
        let note = "<p>[2019-06-25 10:15 UTC · Ada · email, public]</p><p>Hello</p>";
        let edit = "<p>[edited on 2026-01-01 10:00 UTC · 2019-06-25 10:15 UTC · Ada · email]</p><p>Hello</p>";
        assert_eq!(said(note), "Hello");
        assert_eq!(said(edit), "Hello");
    }
}
