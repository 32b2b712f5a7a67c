//! Groups, fields and canned responses.

use serde_json::json;

use super::Freshdesk;
use super::desk::MadeField;
use crate::connector::{
    Error, ErrorKind, Item, Outcome, Result, TargetDesk, WriteAction, Written, planned_id,
};
use crate::connectors::freshdesk::normalize::{PREFIX_COMPANY, PREFIX_CONTACT};
use crate::connectors::freshdesk::wire;
use crate::schema::{Field, FieldOption, FieldType, Group, Kind, Macro};

/// Folder for canned responses that had none.
pub const RESPONSE_FOLDER: &str = "Imported";

impl Freshdesk {
    pub(super) async fn write_group(
        &self,
        item: &Item,
        group: &Group,
        target: &TargetDesk,
    ) -> Outcome {
        let same = |known: &&Group| known.name.trim().eq_ignore_ascii_case(group.name.trim());
        if let Some(known) = target.groups.iter().find(same) {
            return Ok(Written::matched(&known.id));
        }
        let members: Vec<u64> = group
            .agent_ids
            .iter()
            .filter_map(|id| item.refs.get(Kind::Agent, id)?.parse().ok())
            .collect();
        let mut body = json!({"name": group.name, "agent_ids": members});
        if let Some(description) = &group.description {
            body["description"] = json!(description);
        }
        if let Some(existing) = &item.existing {
            self.desk
                .put(&format!("/admin/groups/{existing}"))
                .body(&body)
                .send()
                .await?;
            let mut written = Written::created(existing);
            written.action = WriteAction::Updated;
            return Ok(written);
        }
        body["type"] = json!("support_agent_group");
        match self
            .desk
            .post("/admin/groups")
            .body(&body)
            .json::<wire::Id>()
            .await
        {
            Ok(made) => Ok(Written::created(made.id.to_string())),
            Err(error) if taken(&error) => match self.group_named(&group.name).await? {
                Some(id) => Ok(Written::matched(id)),
                None => Err(error),
            },
            // Accounts from before March 2021 have groups elsewhere.
            Err(error) if error.kind == ErrorKind::NotFound => {
                if let Some(fields) = body.as_object_mut() {
                    fields.remove("type");
                }
                let made: wire::Id = self.desk.post("/groups").body(&body).json().await?;
                Ok(Written::created(made.id.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn group_named(&self, name: &str) -> Result<Option<String>> {
        let groups = self.groups().await?;
        let same = |group: &&wire::Group| group.name.trim().eq_ignore_ascii_case(name.trim());
        Ok(groups.iter().find(same).map(|group| group.id.to_string()))
    }

    pub(super) async fn write_field(&self, definition: &Field) -> Outcome {
        let _guard = self.creating.lock().await;
        if let Some(found) = self.field_labelled(definition).await? {
            return Ok(Written::matched(found));
        }
        let kind = field_type(definition).ok_or_else(|| {
            Error::rejected(
                "type",
                format!(
                    "fields of type {} cannot be created over the API",
                    definition.field_type
                ),
            )
            .hint("create the field by hand and map it")
        })?;
        let choices: Vec<_> = definition
            .options
            .iter()
            .enumerate()
            .map(|(position, option)| json!({"value": option.label, "position": position + 1}))
            .collect();
        let shown = definition.visible_to_customers.unwrap_or_default();
        let mut body = json!({"label": definition.label, "type": kind});
        match on(definition) {
            Kind::Conversation => {
                body["label_for_customers"] = json!(definition.label);
                body["displayed_to_customers"] = json!(shown);
            }
            Kind::Contact => {
                body["label_for_customers"] = json!(definition.label);
                body["displayed_for_customers"] = json!(shown);
            }
            _ => {}
        }
        // What is kept as text, such as a selection of several, has none.
        if kind == "custom_dropdown" {
            body["choices"] = json!(choices);
        }
        let path = match on(definition) {
            Kind::Contact => "/contact_fields",
            Kind::Organization => "/company_fields",
            _ => "/admin/ticket_fields",
        };
        let made: MadeField = self.desk.post(path).body(&body).json().await?;
        let name = made
            .field_name()
            .ok_or_else(|| Error::protocol("the created field has no name"))?;
        Ok(Written::created(format!("{}{name}", prefix(definition))))
    }

    /// The id of a custom field with the same label on the same kind of record.
    pub(super) async fn field_labelled(&self, definition: &Field) -> Result<Option<String>> {
        let normalizer = self.normalizer().await?;
        let wanted = on(definition);
        for (path, carrier) in super::desk::FIELD_LISTS {
            if carrier != wanted {
                continue;
            }
            let list: Vec<wire::Field> = self.desk.get(path).json().await?;
            let same = |known: &&wire::Field| {
                !known.default
                    && known
                        .label
                        .as_deref()
                        .is_some_and(|label| label.eq_ignore_ascii_case(&definition.label))
            };
            return Ok(list
                .iter()
                .find(same)
                .map(|known| normalizer.field(known, carrier).id));
        }
        Ok(None)
    }

    pub(super) async fn write_response(&self, item: &Item, response: &Macro) -> Outcome {
        let folder = self.response_folder(response).await?;
        let html = response_html(response);
        let mut body = json!({"title": response.title, "content_html": html, "folder_id": folder, "visibility": 0});
        if let Some(existing) = &item.existing {
            self.desk
                .put(&format!("/canned_responses/{existing}"))
                .body(&body)
                .send()
                .await?;
            let mut written = Written::created(existing);
            written.action = WriteAction::Updated;
            return Ok(written);
        }
        body["visibility"] = json!(0);
        let made: wire::Id = self
            .desk
            .post("/canned_responses")
            .body(&body)
            .json()
            .await?;
        Ok(Written::created(made.id.to_string()))
    }

    /// The folder of a canned response, made where it is missing.
    async fn response_folder(&self, response: &Macro) -> Result<u64> {
        let name = response.folder.as_deref().unwrap_or(RESPONSE_FOLDER);
        let _guard = self.creating.lock().await;
        if let Some(folder) = self.folder_named(name).await? {
            return Ok(folder);
        }
        let body = json!({"name": name});
        let made: wire::Id = self
            .desk
            .post("/canned_response_folders")
            .body(&body)
            .json()
            .await?;
        Ok(made.id)
    }

    async fn folder_named(&self, name: &str) -> Result<Option<u64>> {
        let folders: Vec<wire::ResponseFolder> = self.desk.all("/canned_response_folders").await?;
        let same = |folder: &&wire::ResponseFolder| {
            !folder.personal && folder.name.eq_ignore_ascii_case(name)
        };
        Ok(folders.iter().find(same).map(|folder| folder.id))
    }

    /// A canned response with this title and text in its folder.
    pub(super) async fn response_like(&self, response: &Macro) -> Result<Option<String>> {
        let name = response.folder.as_deref().unwrap_or(RESPONSE_FOLDER);
        let Some(folder) = self.folder_named(name).await? else {
            return Ok(None);
        };
        let list: Vec<wire::CannedResponse> = self
            .desk
            .all(&format!("/canned_response_folders/{folder}/responses"))
            .await?;
        let wanted = crate::connector::text::comparable(&response_html(response), true);
        let same = |known: &&wire::CannedResponse| {
            let html = known.content_html.as_deref().unwrap_or_default();
            known.title == response.title
                && crate::connector::text::comparable(html, true) == wanted
        };
        Ok(list.iter().find(same).map(|known| known.id.to_string()))
    }
}

fn response_html(response: &Macro) -> String {
    let plain = || {
        response
            .text
            .as_deref()
            .map(crate::connector::text::text_to_html)
    };
    response
        .html
        .clone()
        .or_else(plain)
        .unwrap_or_else(|| super::messages::EMPTY.to_owned())
}

/// Whether a refusal says that the name is taken.
pub fn taken(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Conflict { .. })
        || crate::connectors::freshdesk::client::refusal(error)
            .is_some_and(|refusal| refusal.duplicate("name"))
}

fn on(definition: &Field) -> Kind {
    definition.on.unwrap_or(Kind::Conversation)
}

/// Freshdesk's type for a field, where one can be created.
pub fn field_type(definition: &Field) -> Option<&'static str> {
    Some(match definition.field_type {
        FieldType::Text | FieldType::Regex | FieldType::CreditCard => "custom_text",
        FieldType::Url if on(definition) != Kind::Conversation => "custom_url",
        FieldType::Url => "custom_text",
        FieldType::TextArea => "custom_paragraph",
        FieldType::Integer => "custom_number",
        FieldType::Decimal if on(definition) == Kind::Conversation => "custom_decimal",
        FieldType::Decimal => "custom_text",
        FieldType::Checkbox => "custom_checkbox",
        FieldType::Date | FieldType::DateTime => "custom_date",
        FieldType::Select => "custom_dropdown",
        FieldType::MultiSelect => "custom_text",
        FieldType::Dependent | FieldType::Lookup => return None,
    })
}

fn prefix(definition: &Field) -> &'static str {
    match on(definition) {
        Kind::Contact => PREFIX_CONTACT,
        Kind::Organization => PREFIX_COMPANY,
        _ => "",
    }
}

/// The field that would be created for this one, where one can be.
pub fn planned_field(definition: &Field) -> Option<Field> {
    let sort = field_type(definition)?;
    let options = definition.options.iter().map(|option| FieldOption {
        value: option.label.clone(),
        label: option.label.clone(),
    });
    Some(Field {
        id: format!("{}{}", prefix(definition), planned_id(&definition.id)),
        key: None,
        field_type: match sort {
            "custom_url" => FieldType::Url,
            "custom_paragraph" => FieldType::TextArea,
            "custom_number" => FieldType::Integer,
            "custom_decimal" => FieldType::Decimal,
            "custom_checkbox" => FieldType::Checkbox,
            "custom_date" => FieldType::Date,
            "custom_dropdown" => FieldType::Select,
            _ => FieldType::Text,
        },
        type_name: Some(sort.to_owned()),
        options: match sort {
            "custom_dropdown" => options.collect(),
            _ => Vec::new(),
        },
        required: false,
        required_to_close: false,
        ..definition.clone()
    })
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
