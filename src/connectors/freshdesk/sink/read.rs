//! Reading back what was written, as the source would read it.

use super::Freshdesk;
use super::files;
use crate::connector::{Error, ReadBack, Result, text};
use crate::connectors::freshdesk::normalize::{CATEGORY, FOLDER, PREFIX_CONTACT, description_id};
use crate::connectors::freshdesk::{source, wire};
use crate::schema::{Kind, Owner, Record};

impl Freshdesk {
    /// One record.
    pub(super) async fn read_one(&self, kind: Kind, id: &str) -> Result<ReadBack> {
        let normalizer = self.normalizer().await?;
        let desk = &self.desk;
        let record = match kind {
            Kind::Conversation => return self.read_ticket(id).await,
            Kind::Contact => match desk
                .find::<wire::Contact>(&format!("/contacts/{id}"))
                .await?
            {
                Some(contact) if contact.deleted == Some(true) => None,
                Some(contact) => Some(Record::Contact(normalizer.contact(&contact))),
                None => None,
            },
            Kind::Agent => {
                let agent: Option<wire::Agent> = desk.find(&format!("/agents/{id}")).await?;
                agent.map(|agent| Record::Agent(normalizer.agent(&agent, &Default::default())))
            }
            Kind::Organization => {
                let company: Option<wire::Company> = desk.find(&format!("/companies/{id}")).await?;
                company.map(|company| Record::Organization(normalizer.company(&company)))
            }
            Kind::Group => {
                let groups = self.groups().await?;
                let found = groups.iter().find(|group| group.id.to_string() == id);
                found.map(|group| Record::Group(normalizer.group(group)))
            }
            Kind::Brand => {
                let product: Option<wire::Product> = desk.find(&format!("/products/{id}")).await?;
                product.map(|product| Record::Brand(normalizer.product(&product)))
            }
            Kind::Field => self.read_field(id).await?,
            Kind::Macro => {
                let response: Option<wire::CannedResponse> =
                    desk.find(&format!("/canned_responses/{id}")).await?;
                response.map(|response| Record::Macro(normalizer.canned_response(&response, "")))
            }
            Kind::Category => self.read_level(id).await?,
            Kind::Article => return self.read_article(id).await,
            _ => {
                return Err(Error::local(format!(
                    "a {kind} is read back with what it belongs to"
                )));
            }
        };
        Ok(ReadBack {
            record,
            ..ReadBack::default()
        })
    }

    /// A ticket with its messages. Notes that only carry files of a message
    /// are put back together with it.
    async fn read_ticket(&self, id: &str) -> Result<ReadBack> {
        let Some(mut thread) = source::thread(&self.desk, id, false).await? else {
            return Ok(ReadBack::default());
        };
        if thread.ticket.deleted == Some(true) {
            return Ok(ReadBack::default());
        }
        if let Some(problem) = thread.problems.first() {
            return Err(Error::protocol(format!(
                "a note of ticket {id} could not be read: {}",
                problem.reason
            )));
        }
        let said = thread.ticket.description.as_deref().unwrap_or_default();
        let internal_start = text::comparable(said, true) == text::INTERNAL_START;
        if internal_start {
            thread.ticket.description = None;
        }
        let normalizer = self.normalizer().await?;
        let record = Record::Conversation(normalizer.ticket(&thread.ticket)?);
        let (all, mut attachments) = normalizer.messages(&thread.ticket, &thread.conversations)?;
        let mut messages: Vec<crate::schema::Message> = Vec::with_capacity(all.len());
        for message in all {
            if internal_start && message.id == description_id(id) {
                continue;
            }
            let said = message
                .html
                .as_deref()
                .map(|html| text::comparable(html, true))
                .unwrap_or_default();
            match messages.last_mut() {
                Some(owner) if files::is_heading(&said) => {
                    let mut moved = 0;
                    for file in attachments
                        .iter_mut()
                        .filter(|f| f.owner == Owner::Message(message.id.clone()))
                    {
                        file.owner = Owner::Message(owner.id.clone());
                        moved += 1;
                    }
                    owner.declared_attachments =
                        owner.declared_attachments.map(|count| count + moved);
                }
                _ => messages.push(message),
            }
        }
        Ok(ReadBack {
            record: Some(record),
            messages,
            attachments,
        })
    }

    async fn read_field(&self, id: &str) -> Result<Option<Record>> {
        let normalizer = self.normalizer().await?;
        for (path, on) in super::desk::FIELD_LISTS {
            if (on == Kind::Contact) != id.starts_with(PREFIX_CONTACT) {
                continue;
            }
            let list: Vec<wire::Field> =
                super::desk::allowed(self.desk.get(path).json().await)?.unwrap_or_default();
            let found = list
                .iter()
                .map(|field| normalizer.field(field, on))
                .find(|field| field.id == id);
            if found.is_some() {
                return Ok(found.map(Record::Field));
            }
        }
        Ok(None)
    }

    /// A category or folder in every language of the account.
    async fn read_level(&self, id: &str) -> Result<Option<Record>> {
        let normalizer = self.normalizer().await?;
        let languages = self.desk.languages().await?;
        if let Some(number) = id.strip_prefix(CATEGORY) {
            let path = format!("/solutions/categories/{number}");
            let rows = self
                .in_languages::<wire::Category>(&path, &languages)
                .await?;
            return Ok(normalizer.category(&rows, 0).map(Record::Category));
        }
        let number = id.strip_prefix(FOLDER).unwrap_or(id);
        let path = format!("/solutions/folders/{number}");
        let rows = self.in_languages::<wire::Folder>(&path, &languages).await?;
        let parent =
            rows.first().map(
                |(_, folder)| match (folder.parent_folder_id, folder.category_id) {
                    (Some(parent), _) => format!("{FOLDER}{parent}"),
                    (None, Some(category)) => format!("{CATEGORY}{category}"),
                    (None, None) => String::new(),
                },
            );
        Ok(normalizer
            .folder(&rows, &parent.unwrap_or_default(), 0)
            .map(Record::Category))
    }

    async fn read_article(&self, id: &str) -> Result<ReadBack> {
        let languages = self.desk.languages().await?;
        let rows = self
            .in_languages::<wire::Article>(&format!("/solutions/articles/{id}"), &languages)
            .await?;
        let seen_by = match rows.first().and_then(|(_, article)| article.folder_id) {
            Some(folder) => {
                let folder: Option<wire::Folder> = self
                    .desk
                    .find(&format!("/solutions/folders/{folder}"))
                    .await?;
                folder.and_then(|folder| folder.visibility)
            }
            None => None,
        };
        let read = self.normalizer().await?.article(&rows, seen_by, 0);
        Ok(match read {
            Some((article, attachments)) => ReadBack {
                record: Some(Record::Article(article)),
                attachments,
                ..ReadBack::default()
            },
            None => ReadBack::default(),
        })
    }

    /// A row in the original language and in those that it was translated into.
    pub(super) async fn in_languages<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        languages: &[String],
    ) -> Result<Vec<(String, T)>> {
        let mut rows = Vec::new();
        for (number, language) in languages.iter().enumerate() {
            let path = if number == 0 {
                path.to_owned()
            } else {
                format!("{path}/{language}")
            };
            match super::desk::allowed(self.desk.find::<T>(&path).await) {
                Ok(Some(Some(row))) => rows.push((language.clone(), row)),
                Ok(_) if number == 0 => return Ok(Vec::new()),
                Ok(_) => {}
                Err(error)
                    if number > 0
                        && matches!(error.kind, crate::connector::ErrorKind::Rejected { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }
}
