//! Reads back for verify.

use sha2::Digest;

use super::super::client::segment;
use super::super::source::messages;
use super::super::{normalize, wire};
use super::RtSink;
use crate::connector::{Error, ReadBack, Result};
use crate::schema::{Kind, Organization, Record};

impl RtSink {
    pub(super) async fn read_one(&self, kind: Kind, id: &str) -> Result<ReadBack> {
        let mut back = ReadBack::default();
        let (locale, base) = (&self.config.locale, self.config.base());
        let record = match kind {
            Kind::Organization => Ok(Record::Organization(Organization {
                id: id.to_owned(),
                name: id.to_owned(),
                ..Organization::default()
            })),
            Kind::Group => {
                normalize::queue(&self.desk.one(&format!("/queue/{}", segment(id))).await?)
                    .map(Record::Group)
            }
            Kind::Field => Ok(Record::Field(normalize::field(
                &self
                    .desk
                    .one(&format!("/customfield/{}", segment(id)))
                    .await?,
            ))),
            Kind::Agent | Kind::Contact => {
                let user: wire::User = self.desk.one(&format!("/user/{}", segment(id))).await?;
                normalize::user(&user).and_then(|records| {
                    records
                        .into_iter()
                        .next_back()
                        .ok_or_else(|| "no user".to_owned())
                })
            }
            Kind::Conversation => {
                let wire: wire::Ticket = self.desk.one(&format!("/ticket/{}", segment(id))).await?;
                let page = messages(&self.desk, &self.mapping, id).await?;
                if let Some(problem) = page.problems.into_iter().next() {
                    return Err(Error::protocol(format!(
                        "{}: {}",
                        problem.key, problem.reason
                    )));
                }
                for record in page.records {
                    match record {
                        Record::Message(message) => back.messages.push(message),
                        Record::Attachment(attachment) => back.attachments.push(attachment),
                        _ => {}
                    }
                }
                for attachment in &mut back.attachments {
                    let bytes = self.desk.content(&attachment.id).await?;
                    attachment.sha256 = Some(hex::encode(sha2::Sha256::digest(&bytes)));
                }
                normalize::ticket(id, &wire, &self.mapping, base).map(Record::Conversation)
            }
            Kind::Category => {
                let class: wire::Class = self.desk.one(&format!("/class/{}", segment(id))).await?;
                Ok(Record::Category(normalize::class(&class, locale)))
            }
            Kind::Article => {
                let wire: wire::Article =
                    self.desk.one(&format!("/article/{}", segment(id))).await?;
                let mut html = Vec::new();
                for cf in &wire.custom_fields {
                    let field: wire::CustomField = self
                        .desk
                        .one(&format!("/customfield/{}", segment(&cf.id.0)))
                        .await?;
                    if field.kind.0 == "HTML" {
                        html.push(cf.id.0.clone());
                    }
                }
                normalize::article(&wire, &html, locale, base).map(Record::Article)
            }
            _ => return Ok(back),
        };
        back.record = Some(record.map_err(Error::protocol)?);
        Ok(back)
    }
}
