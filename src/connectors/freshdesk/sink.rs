//! Writing a Freshdesk account.

mod articles;
mod assess;
mod desk;
mod extras;
mod files;
mod find;
mod messages;
mod payload;
mod people;
mod read;
mod solutions;
mod structure;
mod tickets;
mod values;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex, OnceCell};

use super::addresses::language;
use super::client::{Desk, optional};
use super::config::Config;
use super::normalize::{CATEGORY, FOLDER, Names, Normalizer};
use super::{CAPABILITIES, check};
use crate::connector::address::Address;
use crate::connector::{
    Assessment, Blob, Body, Capability, CheckItem, Error, ErrorKind, Grain, IndexPage, Interlock,
    Item, Journal, NoJournal, Outcome, Probe, ReadBack, Result, Setup, Sink, TargetDesk, Written,
};
use crate::http::Method;
use crate::http::{Limit, Rehearsed};
use crate::mapping::PlatformMapping;
use crate::schema::{Attachment, Date, Kind};

/// A Freshdesk account to write.
pub struct Freshdesk {
    desk: Desk,
    config: Config,
    mapping: Arc<PlatformMapping>,
    /// How much faster than real time waiting goes.
    speed: f64,
    /// The account takes dates, as far as it has shown until now.
    dates: AtomicBool,
    /// The account has a survey that tickets can be rated with.
    ratings: AtomicBool,
    /// Fields for the key and the legacy values, once made sure of.
    own_fields: OnceCell<OwnFields>,
    names: OnceCell<Names>,
    /// Only one folder or field of a name is created at a time.
    creating: Mutex<()>,
}

/// Names of the ticket fields that keep what Freshdesk has no place for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnFields {
    /// The key that a ticket is found by.
    pub marker: Option<String>,
    /// The old id.
    pub legacy_id: Option<String>,
    /// The old date.
    pub legacy_created: Option<String>,
}

impl Freshdesk {
    /// Opens the account. No request.
    pub fn open(setup: Setup) -> Result<Freshdesk> {
        let config = Config::parse(&setup.options)?;
        Ok(Freshdesk {
            desk: Desk::open(&config, &setup.http)?,
            config,
            mapping: setup.mapping,
            speed: setup.http.speed,
            dates: AtomicBool::new(false),
            ratings: AtomicBool::new(false),
            own_fields: OnceCell::new(),
            names: OnceCell::new(),
            creating: Mutex::new(()),
        })
    }

    /// Whether tickets and notes are written with their old dates.
    fn keeps_dates(&self) -> bool {
        self.dates.load(Ordering::Relaxed)
    }

    /// Whether tickets can be rated.
    fn rates(&self) -> bool {
        self.ratings.load(Ordering::Relaxed)
    }

    async fn normalizer(&self) -> Result<Normalizer<'_>> {
        Ok(Normalizer {
            base: self.desk.base(),
            mapping: &self.mapping,
            names: self
                .names
                .get_or_try_init(|| super::source::names(&self.desk))
                .await?,
        })
    }

    /// Waits, in the time of the account.
    async fn wait(&self, seconds: f64) {
        tokio::time::sleep(Duration::from_secs_f64(seconds / self.speed)).await;
    }

    async fn write_one(&self, item: &Item, target: &TargetDesk) -> Outcome {
        let outcome = match &item.body {
            Body::Organization(company) => self.write_company(item, company, target).await,
            Body::Group(group) => self.write_group(item, group, target).await,
            Body::Field(field) => self.write_field(field).await,
            Body::Contact(contact) => self.write_contact(item, contact, target).await,
            Body::Conversation(bundle) => self.write_ticket(item, bundle, target).await,
            Body::Message(reply) => self.write_message(item, reply).await,
            Body::Category(category) => self.write_category(item, category, target).await,
            Body::Article(bundle) => self.write_article(item, bundle, target).await,
            Body::Macro(response) => self.write_response(item, response).await,
            Body::Agent(_) | Body::Brand(_) | Body::Form(_) => Err(Error::new(
                ErrorKind::Forbidden,
                format!("a {} is not created on Freshdesk", item.key().kind),
            )
            .hint("create it by hand and map it")),
        };
        outcome.map_err(|mut error| {
            // An answer that cannot be read may be that of a request which was carried out.
            if error.kind == ErrorKind::Protocol {
                error.kind = ErrorKind::Transient;
            }
            error.at(item.key())
        })
    }
}

/// A failure after something was created: whatever it is, the record is there,
/// so that it has to be settled and must not be written anew.
fn unsure(mut error: Error) -> Error {
    if !error.stops_run() {
        error.kind = ErrorKind::Transient;
    }
    error
}

#[async_trait]
impl Sink for Freshdesk {
    fn capabilities(&self) -> &'static [Capability] {
        CAPABILITIES
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        let mut items = check::key(&self.desk, "written").await?;
        items.extend(self.check_fields().await?);
        items.push(if self.probe_dates().await? {
            CheckItem::ok("the account has the Channel API: dates of tickets and notes are kept")
        } else {
            CheckItem::warning(
                "the account does not take old dates: they go to a custom field and the first line of each message",
                "ask Freshworks to open the Channel API for the account, if dates matter",
            )
        });
        Ok(items)
    }

    async fn interlocks(&self) -> Result<Vec<Interlock>> {
        check::interlocks(&self.desk).await
    }

    async fn describe(&self) -> Result<TargetDesk> {
        self.describe_desk().await
    }

    async fn index(&self, kind: Kind, cursor: Option<&str>) -> Result<IndexPage> {
        self.index_page(kind, cursor).await
    }

    fn grain(&self) -> Grain {
        Grain::Message
    }

    fn batch(&self, _kind: Kind) -> usize {
        1
    }

    fn assess(&self, item: &Item, target: &TargetDesk) -> Assessment {
        self.assess_item(item, target)
    }

    fn time(&self) -> Date {
        self.desk.http().time()
    }

    async fn write(&self, items: &[Item], target: &TargetDesk, _: &dyn Journal) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            outcomes.push(self.write_one(item, target).await);
        }
        outcomes
    }

    async fn rehearse(&self, item: &Item, target: &TargetDesk) -> Vec<Rehearsed> {
        let items = std::slice::from_ref(item);
        let write = self.write(items, target, &NoJournal);
        self.desk.http().rehearse(write).await
    }

    fn deletes(&self, kind: Kind) -> bool {
        !matches!(
            kind,
            Kind::Macro | Kind::Agent | Kind::Brand | Kind::Form | Kind::Rating
        )
    }

    fn budgets(&self) -> Vec<Limit> {
        self.desk.http().budgets()
    }

    fn address(&self, id: &str, to: &Address, target: &TargetDesk) -> Option<String> {
        let home = self.desk.base();
        let number = |prefix: &str| id.strip_prefix(prefix);
        let locale = to.locale.as_deref().filter(|own| {
            let mut known = target.locales.iter();
            known.any(|locale| locale.eq_ignore_ascii_case(own))
        });
        let portal = match locale {
            Some(locale) => format!("{home}/{}/support", language(locale)),
            None => format!("{home}/support"),
        };
        Some(match to.key.kind {
            Kind::Article => format!("{portal}/solutions/articles/{id}"),
            Kind::Category => match (number(CATEGORY), number(FOLDER)) {
                (Some(number), _) => format!("{portal}/solutions/{number}"),
                (_, Some(number)) => format!("{portal}/solutions/folders/{number}"),
                _ => return None,
            },
            Kind::Conversation if to.staff => format!("{home}/a/tickets/{id}"),
            Kind::Conversation => format!("{home}/support/tickets/{id}"),
            Kind::Attachment => format!("{home}/helpdesk/attachments/{id}"),
            _ => return None,
        })
    }

    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        // The request may still be on its way through Freshdesk: whoever is not
        // there yet is looked for once more.
        match self.look(probe).await? {
            Some(written) => Ok(Some(written)),
            None => {
                self.wait(10.0).await;
                self.look(probe).await
            }
        }
    }

    async fn read(&self, kind: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.read_one(kind, id).await?);
        }
        Ok(found)
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Option<Blob>> {
        self.desk.file(attachment).await.map(Some)
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<()> {
        let path = match kind {
            Kind::Conversation => format!("/tickets/{id}"),
            // A description goes with its ticket.
            Kind::Message if id.starts_with('d') => return Ok(()),
            Kind::Message => format!("/conversations/{id}"),
            Kind::Attachment => format!("/attachments/{id}"),
            // Soft: deleting for good would take the contact's tickets along.
            Kind::Contact => format!("/contacts/{id}"),
            Kind::Organization => format!("/companies/{id}"),
            Kind::Group => format!("/admin/groups/{id}"),
            Kind::Field => match self.field_path(id).await? {
                Some(path) => path,
                None => return Ok(()),
            },
            Kind::TimeEntry => format!("/time_entries/{id}"),
            Kind::Article => format!("/solutions/articles/{id}"),
            Kind::Category => match (id.strip_prefix(CATEGORY), id.strip_prefix(FOLDER)) {
                (Some(number), _) => format!("/solutions/categories/{number}"),
                (_, Some(number)) => format!("/solutions/folders/{number}"),
                _ => {
                    return Err(Error::local(format!(
                        "`{id}` is no category or folder of Freshdesk"
                    )));
                }
            },
            _ => {
                return Err(Error::new(
                    ErrorKind::Forbidden,
                    format!("Freshdesk's API does not delete a {kind}"),
                )
                .hint("delete it in the web interface"));
            }
        };
        match optional(self.desk.call(Method::Delete, &path).send().await) {
            Ok(_) => Ok(()),
            // What is in the trash already cannot be changed.
            Err(error) if super::client::refusal(&error).is_some_and(|r| r.status == 405) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_after_the_creation_leads_to_a_look_and_not_to_a_second_record() {
        let error = unsure(Error::rejected("body", "refused"));
        assert_eq!(error.kind, ErrorKind::Transient);
        assert_eq!(unsure(Error::local("disk full")).kind, ErrorKind::Local);
    }
}
