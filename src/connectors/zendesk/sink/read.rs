//! Reads written records back, as schema records.

use std::collections::HashMap;

use super::ZendeskSink;
use super::help_center::split_id;
use super::payload::CHANNEL_TAG;
use crate::connector::{Error, ErrorKind, ReadBack, Result};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::source;
use crate::connectors::zendesk::wire::{self, Row};
use crate::schema::{Attachment, Channel, Kind, Message, Record};

impl ZendeskSink {
    pub(super) async fn read_back(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        let mut found: HashMap<String, ReadBack> = HashMap::new();
        for part in ids.chunks(limits::BATCH) {
            match kind {
                Kind::Conversation => self.read_tickets(part, &mut found).await?,
                Kind::Contact => {
                    for row in self.many::<wire::User>("users", part).await? {
                        let id = row.id.0.clone();
                        let path = format!("/api/v2/users/{id}/identities");
                        let identities = self.optional(&path, limits::DEFAULT).await?;
                        // A user's own row names one of them only.
                        let others = match row.organization_id {
                            Some(_) => self.organizations_of(&id).await?,
                            None => Vec::new(),
                        };
                        let record = Record::Contact(source::contact(row, identities, others));
                        found.insert(id, one(record));
                    }
                }
                Kind::Organization => {
                    for row in self
                        .many::<wire::Organization>("organizations", part)
                        .await?
                    {
                        let id = row.id.0.clone();
                        found.insert(id, one(Record::Organization(source::organization(row))));
                    }
                }
                Kind::Article => {
                    for id in part {
                        self.read_article(id, &mut found).await?;
                    }
                }
                Kind::Category => {
                    for id in part {
                        if let Some(record) = self.read_level(id).await? {
                            found.insert(id.clone(), one(record));
                        }
                    }
                }
                _ => {
                    return Err(Error::new(
                        ErrorKind::Forbidden,
                        format!("a {kind} is not read back from Zendesk"),
                    ));
                }
            }
        }
        Ok(ids
            .iter()
            .map(|id| found.remove(id).unwrap_or_default())
            .collect())
    }

    async fn many<T: Row>(&self, name: &str, ids: &[String]) -> Result<Vec<T>> {
        let mut call = self
            .desk
            .client
            .get(&format!("/api/v2/{name}/show_many"))
            .query(&[("ids", ids.join(","))]);
        if name == "tickets" {
            // A ticket's own page does not say when it was solved.
            call = call.query(&[("include", "metric_sets")]);
        }
        let answer = call.send().await;
        match answer {
            Ok(answer) => {
                let list = wire::list::<T>(&answer)?;
                match list.bad.into_iter().next() {
                    Some(bad) => Err(Error::protocol(format!("{}: {}", bad.key, bad.reason))),
                    None => Ok(list.rows),
                }
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn organizations_of(&self, user: &str) -> Result<Vec<String>> {
        let path = format!("/api/v2/users/{user}/organization_memberships");
        let rows: Vec<wire::OrganizationMembership> = self.optional(&path, limits::DEFAULT).await?;
        Ok(rows.into_iter().map(|row| row.organization_id.0).collect())
    }

    async fn read_tickets(
        &self,
        ids: &[String],
        found: &mut HashMap<String, ReadBack>,
    ) -> Result<()> {
        let statuses = HashMap::new();
        for row in self.many::<wire::Ticket>("tickets", ids).await? {
            if row.status.as_deref() == Some("deleted") {
                continue;
            }
            let mut conversation = source::ticket(&self.desk, row, &statuses);
            // The channel's tag is ours.
            if let Some(channel) = conversation
                .tags
                .iter()
                .find_map(|tag| Channel::parse(tag.strip_prefix(CHANNEL_TAG)?))
            {
                let ours = format!("{CHANNEL_TAG}{channel}");
                conversation.tags.retain(|tag| *tag != ours);
                conversation.channel = channel;
            }
            let path = format!(
                "/api/v2/tickets/{}/comments?include_inline_images=true",
                conversation.id
            );
            let comments: Vec<wire::Comment> =
                source::all(&self.desk.client, &path, limits::DEFAULT).await?;
            let mut records = Vec::new();
            for row in comments {
                source::comment(&self.desk, row, &conversation.id, &mut records);
            }
            let mut messages: Vec<Message> = Vec::new();
            let mut attachments: Vec<Attachment> = Vec::new();
            for record in records {
                match record {
                    Record::Message(message) => messages.push(message),
                    Record::Attachment(file) => attachments.push(file),
                    _ => {}
                }
            }
            messages.sort_by_key(|message| message.sent_at);
            found.insert(
                conversation.id.clone(),
                ReadBack {
                    record: Some(Record::Conversation(conversation)),
                    messages,
                    attachments,
                },
            );
        }
        Ok(())
    }

    async fn read_article(&self, id: &str, found: &mut HashMap<String, ReadBack>) -> Result<()> {
        #[derive(serde::Deserialize)]
        struct One {
            article: wire::Article,
        }
        let answer = self
            .desk
            .client
            .get(&format!("/api/v2/help_center/articles/{id}"))
            .budget(limits::HELP_CENTER)
            .json::<One>()
            .await;
        let one = match answer {
            Ok(one) => one,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let texts = self
            .optional(
                &format!("/api/v2/help_center/articles/{id}/translations"),
                limits::HELP_CENTER,
            )
            .await?;
        let files: Vec<wire::ArticleAttachment> = self
            .optional(
                &format!("/api/v2/help_center/articles/{id}/attachments"),
                limits::HELP_CENTER,
            )
            .await?;
        let segments = source::segments_by_id(self.guide().await?.segments.clone());
        found.insert(
            id.to_owned(),
            ReadBack {
                record: Some(Record::Article(source::article(
                    one.article,
                    texts,
                    &segments,
                ))),
                messages: Vec::new(),
                attachments: files
                    .into_iter()
                    .map(|row| source::article_file(row, id))
                    .collect(),
            },
        );
        Ok(())
    }
}

impl ZendeskSink {
    async fn read_level(&self, id: &str) -> Result<Option<Record>> {
        #[derive(serde::Deserialize)]
        struct One {
            category: Option<wire::Category>,
            section: Option<wire::Section>,
        }
        let (level, number) = split_id(id)?;
        let path = format!("/api/v2/help_center/{level}/{number}");
        let call = self.desk.client.get(&path).budget(limits::HELP_CENTER);
        let row: One = match call.json().await {
            Ok(row) => row,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let texts = self
            .optional(&format!("{path}/translations"), limits::HELP_CENTER)
            .await?;
        match (row.category, row.section) {
            (Some(row), _) => Ok(Some(Record::Category(source::category(row, texts)))),
            (_, Some(row)) => Ok(Some(Record::Category(source::section(row, texts)))),
            _ => Err(Error::protocol(format!(
                "{path} answered with neither level"
            ))),
        }
    }
}

fn one(record: Record) -> ReadBack {
    ReadBack {
        record: Some(record),
        ..ReadBack::default()
    }
}
