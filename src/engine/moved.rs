//! Old addresses and the new ones, of every record that is on the target.

use serde::Serialize;
use url::Url;

use super::Project;
use crate::connector::address::{self, Address};
use crate::connector::{Result, TargetDesk};
use crate::schema::{Key, Kind, Owner, Record};

/// A page that has moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// What it shows.
    pub kind: Kind,
    /// Its id on the source.
    pub id: String,
    /// The language, where the old address names one.
    pub locale: Option<String>,
    /// The old address.
    pub old: String,
    /// The new one.
    pub new: String,
}

/// Kinds that have pages.
const SHOWN: [Kind; 4] = [
    Kind::Category,
    Kind::Article,
    Kind::Attachment,
    Kind::Conversation,
];

/// Calls `each` with every old address and the new one, by kind and id.
pub async fn each_moved(
    project: &Project,
    mut each: impl FnMut(Moved) -> Result<()>,
) -> Result<()> {
    let target = project.sink()?.describe().await?;
    for kind in SHOWN {
        let mut after = String::new();
        loop {
            project.stop.check()?;
            let page = project.ledger.receipts(kind, &after, 500)?;
            let Some(last) = page.last() else { break };
            after = last.key.id.clone();
            for receipt in page {
                let Some(stored) = project.ledger.get(&receipt.key)? else {
                    continue;
                };
                let seen = receipt.url.as_deref();
                of(
                    project,
                    &target,
                    &stored.record,
                    &receipt.target,
                    seen,
                    &mut each,
                )?;
            }
        }
    }
    Ok(())
}

fn of(
    project: &Project,
    target: &TargetDesk,
    record: &Record,
    id: &str,
    seen: Option<&str>,
    each: &mut impl FnMut(Moved) -> Result<()>,
) -> Result<()> {
    let key = record.key();
    let known = match record {
        Record::Category(level) => level.url.as_deref(),
        Record::Article(article) => article.url.as_deref(),
        Record::Conversation(conversation) => conversation.url.as_deref(),
        // What hangs on a message has no page of its own.
        Record::Attachment(file) if matches!(file.owner, Owner::Article(_)) => file.url.as_deref(),
        _ => None,
    };
    let Some(url) = known.and_then(|known| Url::parse(known).ok()) else {
        return Ok(());
    };
    let mut all = address::of(record, &url);
    if !all.iter().any(|(_, old)| old == url.as_str()) {
        all.push((None, url.to_string()));
    }
    for (locale, old) in all {
        let led = Url::parse(&old).ok().and_then(|old| address::read(&old));
        let to = Address {
            locale: locale.clone(),
            ..led.unwrap_or_else(|| Address::of(Key::new(key.kind, &key.id)))
        };
        let new = project.sink()?.address(id, &to, target);
        let Some(new) = new.or_else(|| seen.map(str::to_owned)) else {
            continue;
        };
        if new != old {
            each(Moved {
                kind: key.kind,
                id: key.id.clone(),
                locale,
                old,
                new,
            })?;
        }
    }
    Ok(())
}
