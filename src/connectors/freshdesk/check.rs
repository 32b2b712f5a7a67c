//! What an API key may do, and what would mail people.

use super::client::{Desk, optional};
use super::wire;
use crate::connector::{CheckItem, ErrorKind, Interlock, Result};

/// Whose key it is, and whether it may see what only administrators may.
pub async fn key(desk: &Desk, purpose: &str) -> Result<Vec<CheckItem>> {
    let me: wire::Agent = desk.get("/agents/me").json().await?;
    let who = me.contact.email.unwrap_or_else(|| me.id.to_string());
    let mut items = vec![CheckItem::ok(format!("the API key is {who}'s"))];
    let admin = desk
        .get("/admin/groups")
        .query(&[("per_page", 1)])
        .send()
        .await;
    items.push(match optional(admin.map(|_| ())) {
        Ok(_) => CheckItem::ok("the key is an administrator's"),
        Err(error) if error.kind == ErrorKind::Forbidden => CheckItem::warning(
            format!("the key is not an administrator's: fields, group members and agents cannot all be {purpose}"),
            "use the API key of an account administrator",
        ),
        Err(error) => return Err(error),
    });
    if me.ticket_scope.is_some_and(|scope| scope != 1) {
        items.push(CheckItem::warning(
            "the key's agent does not see all tickets",
            "give the agent global access, or use another agent's key",
        ));
    }
    Ok(items)
}

/// Kinds of automation rules and their names for people.
const RULES: [(u32, &str); 3] = [(1, "ticket creation"), (4, "ticket updates"), (3, "hourly")];

/// Rules that send something, and the notifications that no API shows.
pub async fn interlocks(desk: &Desk) -> Result<Vec<Interlock>> {
    let mut found = vec![Interlock {
        id: "email-notifications".into(),
        name: None,
        what: "requesters, people in copy and agents may be mailed about new tickets and public notes: the API does not show whether these notifications are off".into(),
        hint: "Admin > Email Notifications: turn off every notification to requesters, agents and CC; also satisfaction surveys (Admin > Customer Satisfaction) and SLA reminders".into(),
        proven: false,
        facts: Default::default(),
    }];
    for (number, name) in RULES {
        let rules: wire::Rules = match desk
            .get(&format!("/automations/{number}/rules"))
            .json()
            .await
        {
            Ok(rules) => rules,
            Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
                found.push(Interlock {
                    id: format!("rules-{number}"),
                    name: Some(name.to_owned()),
                    what: format!("rules of type \"{name}\" cannot be read with this key; they may mail customers"),
                    hint: "Admin > Automations: turn the rules off, or use an administrator's key".into(),
                    proven: false,
                    facts: Default::default(),
                });
                continue;
            }
            Err(error) => return Err(error),
        };
        for rule in rules.rules.iter().filter(|rule| rule.active) {
            if let Some((deed, told)) = rule.actions.iter().find_map(deed) {
                let lock = Interlock {
                    id: format!("rule-{number}-{}", rule.id),
                    name: Some(rule.name.clone()),
                    what: format!("rule \"{}\" ({name}) {told}", rule.name),
                    hint: format!(
                        "Admin > Automations > {name}: turn the rule off while the migration runs"
                    ),
                    proven: true,
                    facts: Default::default(),
                };
                let facts = [("type", name.to_owned()), ("deed", deed.to_owned())];
                found.push(lock.naming(facts));
            }
        }
    }
    Ok(found)
}

/// What an action does to the outside, if it does anything there: a word, and for people.
fn deed(action: &wire::RuleAction) -> Option<(&'static str, &'static str)> {
    let name = action.field_name.as_str();
    Some(match name {
        "send_email_to_requester" => ("requester", "mails the requester"),
        "send_email_to_agent" => ("agent", "mails an agent"),
        "send_email_to_group" => ("group", "mails a group"),
        "forward_ticket" => ("forward", "forwards the ticket"),
        "trigger_webhook" => ("webhook", "calls a webhook"),
        _ if name.contains("email") || name.contains("forward") => ("mail", "sends mail"),
        _ if name.contains("webhook") || name.contains("slack") || name.contains("office365") => {
            ("service", "calls another service")
        }
        _ if name.contains("survey") => ("survey", "sends a survey"),
        _ => {
            return action
                .notify_agents
                .as_ref()
                .filter(|list| !list.is_empty())
                .map(|_| ("agents", "notifies agents"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_with_and_without_an_envelope() {
        for json in [
            r#"[{"id":1,"active":true}]"#,
            r#"{"rules":[{"id":1,"active":true}],"meta":{}}"#,
        ] {
            let rules: wire::Rules = serde_json::from_str(json).unwrap();
            assert!(rules.rules[0].active, "{json}");
        }
        assert!(serde_json::from_str::<wire::Rules>(r#"{"other":1}"#).is_err());
    }

    #[test]
    fn rules_that_reach_outside_are_told_from_others() {
        let action = |name: &str| wire::RuleAction {
            field_name: name.into(),
            ..Default::default()
        };
        assert_eq!(
            deed(&action("send_email_to_requester")),
            Some(("requester", "mails the requester"))
        );
        assert_eq!(
            deed(&action("trigger_webhook")),
            Some(("webhook", "calls a webhook"))
        );
        assert_eq!(deed(&action("priority")), None);
        let noting = wire::RuleAction {
            notify_agents: Some(vec![1.into()]),
            ..action("add_note")
        };
        assert_eq!(deed(&noting), Some(("agents", "notifies agents")));
    }
}
