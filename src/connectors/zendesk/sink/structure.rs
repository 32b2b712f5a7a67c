//! What the account has, and groups, fields and macros.

use serde_json::{Value, json};

use super::payload::{number, tag};
use super::{ZendeskSink, made};
use crate::connector::{
    Body, Effect, Error, ErrorKind, IndexPage, Item, Loss, Outcome, Result, TargetDesk, Written,
    detail, field, planned_id, text,
};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire::{self, List, MacroAction};
use crate::schema::{Field, FieldOption, FieldType, Group, Kind, Macro};

/// Whether a rule tells somebody outside or inside: by mail, text message or webhook.
pub fn notifies(actions: &[MacroAction]) -> bool {
    actions.iter().any(|action| {
        action.field.starts_with("notification_")
            || matches!(
                action.field.as_str(),
                "deflection" | "tweet_requester" | "satisfaction_score" | "cc" | "sms_notification"
            )
    })
}

impl ZendeskSink {
    pub(super) async fn describe_account(&self) -> Result<TargetDesk> {
        let settings: Value = self
            .desk
            .client
            .get("/api/v2/account/settings")
            .json()
            .await?;
        let memberships: Vec<wire::GroupMembership> = self
            .optional("/api/v2/group_memberships", limits::DEFAULT)
            .await?;
        let users: Vec<wire::User> = source::all(
            &self.desk.client,
            "/api/v2/users?role[]=agent&role[]=admin",
            limits::DEFAULT,
        )
        .await?;
        let groups: Vec<wire::Group> =
            source::all(&self.desk.client, "/api/v2/groups", limits::DEFAULT).await?;
        let mut fields: Vec<Field> = Vec::new();
        let tickets: Vec<wire::TicketField> = self
            .optional("/api/v2/ticket_fields", limits::DEFAULT)
            .await?;
        fields.extend(tickets.into_iter().map(source::ticket_field));
        let users_of: Vec<wire::UserField> = self
            .optional("/api/v2/user_fields", limits::DEFAULT)
            .await?;
        fields.extend(users_of.into_iter().map(source::user_field));
        let organizations: Vec<wire::OrganizationField> = self
            .optional("/api/v2/organization_fields", limits::DEFAULT)
            .await?;
        fields.extend(organizations.into_iter().map(source::organization_field));
        let brands: Vec<wire::Brand> = self.optional("/api/v2/brands", limits::DEFAULT).await?;
        let forms: Vec<wire::TicketForm> = self
            .optional("/api/v2/ticket_forms", limits::DEFAULT)
            .await?;
        let locales = self.desk.locales().await?;
        if !locales.is_empty() {
            // Who may read articles decides what they lose.
            self.guide().await?;
        }
        Ok(TargetDesk {
            name: self.config.subdomain.clone(),
            agents: users
                .into_iter()
                .map(|user| {
                    let groups = memberships
                        .iter()
                        .filter(|row| row.user_id == user.id)
                        .map(|row| row.group_id.0.clone())
                        .collect();
                    source::agent(user, groups)
                })
                .collect(),
            groups: groups
                .into_iter()
                .map(|group| {
                    let agents = memberships
                        .iter()
                        .filter(|row| row.group_id == group.id)
                        .map(|row| row.user_id.0.clone())
                        .collect();
                    source::group(group, agents)
                })
                .collect(),
            fields,
            brands: brands.into_iter().map(source::brand).collect(),
            forms: forms.into_iter().map(source::form).collect(),
            locales,
            me: Some(self.me().await?),
            max_attachment: settings
                .pointer("/settings/limits/attachment_size")
                .and_then(Value::as_u64)
                .or(Some(limits::MAX_ATTACHMENT)),
            takes_agents: false,
            notes_relations: false,
            places_images: true,
            verbatim: false,
        })
    }

    /// Marks of all tickets, archived ones too. The export keeps its newest
    /// minute back.
    async fn marked_tickets(&self, cursor: Option<&str>) -> Result<IndexPage> {
        let call = self
            .desk
            .client
            .get("/api/v2/incremental/tickets/cursor")
            .budget(limits::INCREMENTAL)
            .query(&[
                ("per_page", limits::EXPORT_PAGE.to_string()),
                ("support_type_scope", "all".into()),
            ]);
        let call = match cursor {
            Some(after) => call.query(&[("cursor", after)]),
            None => call.query(&[("start_time", "0")]),
        };
        let mut list: List<wire::Ticket> = wire::list(&call.send().await?)?;
        let entries = list
            .rows
            .into_iter()
            .filter(|row| row.status.as_deref() != Some("deleted"))
            .filter_map(|row| Some((format!("marker:{}", row.external_id?.0), row.id.0)))
            .collect();
        Ok(IndexPage {
            entries,
            next: match list.end_of_stream {
                Some(false) => list.after.take(),
                _ => None,
            },
        })
    }

    pub(super) async fn index_page(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        let path = match kind {
            Kind::Contact => "/api/v2/users",
            Kind::Organization => "/api/v2/organizations",
            Kind::Conversation => return self.marked_tickets(cursor).await,
            // Agents, groups, fields, brands and forms are in `describe`;
            // articles of the target are nobody's but its own.
            _ => return Ok(IndexPage::default()),
        };
        let mut call = self
            .desk
            .client
            .get(path)
            .query(&[("page[size]", limits::PAGE)]);
        if let Some(after) = cursor {
            call = call.query(&[("page[after]", after)]);
        }
        if kind == Kind::Contact {
            call = call.query(&[("include", "identities")]);
        }
        let answer = call.send().await?;
        let mut page = IndexPage::default();
        if kind == Kind::Contact {
            let mut list: List<wire::User, wire::Identity> =
                wire::list_with(&answer, "identities")?;
            page.next = list.next();
            let gone: Vec<wire::Id> = list
                .rows
                .iter()
                .filter(|row| row.active == Some(false))
                .map(|row| row.id.clone())
                .collect();
            for row in list
                .rows
                .into_iter()
                .filter(|row| row.active != Some(false))
            {
                if let Some(email) = row.email {
                    page.entries
                        .push((format!("email:{}", email.to_lowercase()), row.id.0.clone()));
                }
                if let Some(marker) = row.external_id {
                    page.entries
                        .push((format!("marker:{}", marker.0), row.id.0));
                }
            }
            for row in list.side.take().unwrap_or_default() {
                if let Some(value) = row.value
                    && row.identity_type == "email"
                    && !gone.contains(&row.user_id)
                {
                    let entry = (format!("email:{}", value.to_lowercase()), row.user_id.0);
                    if !page.entries.contains(&entry) {
                        page.entries.push(entry);
                    }
                }
            }
        } else {
            let list: List<wire::Organization> = wire::list(&answer)?;
            page.next = list.next();
            for row in list.rows {
                page.entries
                    .push((format!("name:{}", row.name), row.id.0.clone()));
                if let Some(marker) = row.external_id {
                    page.entries
                        .push((format!("marker:{}", marker.0), row.id.0));
                }
            }
        }
        Ok(page)
    }

    pub(super) async fn write_one(&self, item: &Item, target: &TargetDesk) -> Outcome {
        match &item.body {
            Body::Group(group) => self.write_group(item, group).await,
            Body::Field(known) => self.write_field(known).await,
            Body::Macro(template) => self.write_macro(template).await,
            Body::Category(level) => self.write_category(item, level, target).await,
            Body::Article(bundle) => self.write_article(item, bundle, target).await,
            _ => Err(Error::new(
                ErrorKind::Forbidden,
                format!("a {} is not written to Zendesk", item.key().kind),
            )
            .hint("create it by hand; it is then matched")),
        }
    }

    async fn write_group(&self, item: &Item, group: &Group) -> Outcome {
        let id = match &item.existing {
            Some(id) => id.clone(),
            None => {
                let answer: Value = self
                    .desk
                    .client
                    .post("/api/v2/groups")
                    .body(&json!({"group": {"name": group.name, "description": group.description}}))
                    .json()
                    .await?;
                made(&answer, "group")?
            }
        };
        self.join_group(item, group, &id).await
    }

    /// Makes the matched agents members of the group.
    pub(super) async fn join_group(&self, item: &Item, group: &Group, id: &str) -> Outcome {
        let mut written = Written {
            action: match item.existing {
                Some(_) => crate::connector::WriteAction::Matched,
                None => crate::connector::WriteAction::Created,
            },
            ..self.written("/admin/people/team/groups/", id)
        };
        for agent in &group.agent_ids {
            let Some(target) = item.refs.get(Kind::Agent, agent) else {
                continue;
            };
            let added = self
                .desk
                .client
                .post("/api/v2/group_memberships")
                .body(&json!({"group_membership": {"user_id": number(target), "group_id": number(id)}}))
                .repeatable()
                .send()
                .await;
            match added {
                Ok(_) => {}
                // A second time is refused: the agent is a member.
                Err(error) if matches!(error.kind, ErrorKind::Conflict { .. }) => {}
                Err(error) if matches!(error.kind, ErrorKind::Rejected { .. }) => {
                    written.losses.push(Loss::new(
                        field::GROUP_MEMBERS,
                        Effect::Dropped,
                        detail!(
                            "loss-agent-refused",
                            agent = target,
                            why = error.to_string()
                        ),
                    ));
                }
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::Transient,
                        format!("the group is written, its members are not yet: {error}"),
                    ));
                }
            }
        }
        Ok(written)
    }

    async fn write_field(&self, known: &Field) -> Outcome {
        let choices: Vec<Value> = known
            .options
            .iter()
            .map(|option| json!({"name": option.label, "value": tag(&option.value)}))
            .collect();
        let sort = sort_of(known);
        let mut sent = json!({"type": sort, "title": known.label, "active": known.active});
        if !choices.is_empty() {
            sent["custom_field_options"] = choices.into();
        }
        if let Some(text) = &known.description {
            sent["description"] = text.clone().into();
        }
        if let (FieldType::Regex, Some(pattern)) = (known.field_type, &known.pattern) {
            sent["regexp_for_validation"] = pattern.clone().into();
        }
        let (path, key, prefix) = match known.on {
            Some(Kind::Conversation) => {
                if let Some(visible) = known.visible_to_customers {
                    sent["visible_in_portal"] = visible.into();
                }
                ("/api/v2/ticket_fields", "ticket_field", "")
            }
            Some(Kind::Contact) => ("/api/v2/user_fields", "user_field", "user."),
            Some(Kind::Organization) => (
                "/api/v2/organization_fields",
                "organization_field",
                "organization.",
            ),
            _ => {
                return Err(Error::new(
                    ErrorKind::Forbidden,
                    "Zendesk has fields on tickets, users and organizations only",
                ));
            }
        };
        let name = field_key(known);
        if !prefix.is_empty() {
            sent["key"] = name.clone().into();
        }
        let answer: Value = self
            .desk
            .client
            .post(path)
            .body(&json!({key: sent}))
            .json()
            .await?;
        let id = made(&answer, key)?;
        Ok(Written::created(if prefix.is_empty() {
            id
        } else {
            format!("{prefix}{name}")
        }))
    }

    /// Where a field is: tickets' by number, the others by key.
    pub(super) async fn field_path(&self, id: &str) -> Result<String> {
        match id.split_once('.') {
            Some(("user", key)) => Ok(format!("/api/v2/user_fields/{key}")),
            Some(("organization", key)) => Ok(format!("/api/v2/organization_fields/{key}")),
            _ => Ok(format!("/api/v2/ticket_fields/{id}")),
        }
    }

    async fn write_macro(&self, template: &Macro) -> Outcome {
        let title = match &template.folder {
            Some(folder) => format!("{folder}::{}", template.title),
            None => template.title.clone(),
        };
        let html = template
            .html
            .clone()
            .or_else(|| template.text.as_deref().map(text::text_to_html))
            .unwrap_or_default();
        let answer: Value = self
            .desk
            .client
            .post("/api/v2/macros")
            .body(&json!({"macro": {
                "title": title,
                "active": template.active,
                "actions": [{"field": "comment_value_html", "value": html}],
            }}))
            .json()
            .await?;
        Ok(Written::created(made(&answer, "macro")?))
    }
}

/// Zendesk's word for the sort of field that takes these values.
fn sort_of(known: &Field) -> &'static str {
    let ticket = known.on == Some(Kind::Conversation);
    match known.field_type {
        FieldType::Text | FieldType::Url | FieldType::Lookup => "text",
        FieldType::TextArea => "textarea",
        FieldType::Integer => "integer",
        FieldType::Decimal => "decimal",
        FieldType::Checkbox => "checkbox",
        FieldType::Date | FieldType::DateTime => "date",
        FieldType::Select | FieldType::Dependent if ticket => "tagger",
        FieldType::Select | FieldType::Dependent => "dropdown",
        FieldType::MultiSelect => "multiselect",
        FieldType::Regex => "regexp",
        FieldType::CreditCard if ticket => "partialcreditcard",
        FieldType::CreditCard => "text",
    }
}

/// The field that would be created for this one.
pub fn planned_field(known: &Field) -> Field {
    let sort = sort_of(known);
    let key = match known.on {
        Some(Kind::Contact | Kind::Organization) => Some(field_key(known)),
        _ => None,
    };
    let id = match (known.on, &key) {
        (Some(Kind::Contact), Some(key)) => format!("user.{key}"),
        (Some(Kind::Organization), Some(key)) => format!("organization.{key}"),
        _ => planned_id(&known.id),
    };
    let options = known.options.iter().map(|option| FieldOption {
        value: tag(&option.value),
        label: option.label.clone(),
    });
    Field {
        id,
        key,
        field_type: source::field_type(sort).0,
        type_name: Some(sort.to_owned()),
        options: options.collect(),
        required: false,
        required_to_close: false,
        ..known.clone()
    }
}

/// The group that would be created for this one.
pub fn planned_group(known: &Group, item: &Item) -> Group {
    let members = known
        .agent_ids
        .iter()
        .filter_map(|id| item.refs.get(Kind::Agent, id).map(str::to_owned));
    Group {
        id: planned_id(&known.id),
        agent_ids: members.collect(),
        ..known.clone()
    }
}

/// The key of a user or organization field: letters, digits and underscores.
pub fn field_key(known: &Field) -> String {
    let name = known.key.as_deref().unwrap_or(&known.label);
    let name = name.rsplit_once('.').map_or(name, |(_, key)| key);
    name.to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
