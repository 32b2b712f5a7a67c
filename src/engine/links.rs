//! Links between articles, and from them to tickets: once every new address is
//! known, those that lead to the source lead to what was made of it.
//!
//! An article is created with the links that it had, since what they lead to
//! may not be there yet; a second pass replaces them. Which ones were replaced
//! is kept with the receipt: with them the version that was written is what
//! stands on the target, so that nobody's edit is seen in them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use futures::stream::StreamExt;
use url::Url;

use super::people::Resolver;
use super::plan::Planner;
use super::stage::{Writer, lock};
use super::{Event, Project};
use crate::connector::address::{self, Address};
use crate::connector::{
    Body, Changed, Effect, Item, Loss, Result, Sink, TargetDesk, detail, field, text,
};
use crate::ledger::{Action, Receipt, Stored};
use crate::schema::{Article, Key, Kind, Message, Record};

/// Updates with one entry in the journal: a disk takes milliseconds to be sure,
/// and to replace links twice does no harm.
const JOURNALED: usize = 25;

/// Records of a kind that are asked which hosts the source has.
const ASKED: usize = 200;

/// Hosts of the source's own pages, looked for once.
#[derive(Debug, Default)]
pub(super) struct Homes {
    /// By everything that was pulled.
    all: OnceLock<BTreeSet<String>>,
    /// By its brands, which are known before anything is written.
    brands: OnceLock<BTreeSet<String>>,
}

impl Homes {
    fn all(&self, project: &Project) -> Result<BTreeSet<String>> {
        const KINDS: [Kind; 4] = [
            Kind::Brand,
            Kind::Category,
            Kind::Article,
            Kind::Conversation,
        ];
        once(&self.all, || homes(project, &KINDS))
    }

    /// Hosts of a conversation's own pages.
    fn of(&self, project: &Project, conversation: Option<&str>) -> Result<BTreeSet<String>> {
        let mut all = once(&self.brands, || homes(project, &[Kind::Brand]))?;
        all.extend(conversation.and_then(|url| host(&Url::parse(url).ok()?)));
        Ok(all)
    }
}

fn once<T: Clone>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T>) -> Result<T> {
    if let Some(known) = cell.get() {
        return Ok(known.clone());
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made).clone())
}

/// Addresses of the source and what they become.
pub(super) struct Linker {
    target: Arc<TargetDesk>,
    resolver: Resolver,
    /// Host and port of every address that the source's records have.
    homes: BTreeSet<String>,
    preview: bool,
    /// Target ids by source key: a few articles are linked by all the others.
    known: Mutex<HashMap<Key, Option<String>>>,
}

/// What a link leads to.
#[derive(Debug, PartialEq, Eq)]
enum Leads {
    /// To something that is not the source's.
    Elsewhere,
    /// To this address of the target.
    Here(String),
    /// To the source, where it has to stay: in full.
    Back(String),
}

impl Linker {
    /// Learns where the source's pages are. `None` where the target has no
    /// addresses that links could lead to.
    pub fn new(
        project: &Project,
        sink: &dyn Sink,
        target: Arc<TargetDesk>,
        resolver: Resolver,
        homes: &Homes,
        preview: bool,
    ) -> Result<Option<Linker>> {
        if !has_pages(sink, &target) {
            return Ok(None);
        }
        Ok(Some(Linker {
            target,
            resolver,
            homes: homes.all(project)?,
            preview,
            known: Mutex::default(),
        }))
    }

    /// Replaces the links of an article. What was replaced is in the item then;
    /// returns what still leads to the source.
    pub fn link(&self, sink: &dyn Sink, item: &mut Item) -> Result<Vec<Loss>> {
        let Body::Article(bundle) = &mut item.body else {
            return Ok(Vec::new());
        };
        let files: HashMap<&str, &str> = bundle
            .attachments
            .iter()
            .filter_map(|file| {
                let url = file.attachment.url.as_deref()?;
                Some((url, file.attachment.id.as_str()))
            })
            .collect();
        let base = base(&bundle.article);
        let mut replaced: Vec<(String, String)> = Vec::new();
        let mut losses = Vec::new();
        for translation in &bundle.article.translations {
            let mut back: Vec<String> = Vec::new();
            for link in text::links(translation.html.as_deref().unwrap_or_default()) {
                if replaced.iter().any(|(old, _)| *old == link) {
                    continue;
                }
                let own = files.get(link.as_str()).copied();
                match self.lead(sink, &link, base.as_ref(), own)? {
                    Leads::Elsewhere => {}
                    Leads::Here(new) => replaced.push((link, new)),
                    Leads::Back(full) => {
                        // An address without a host would lead to the target's own.
                        if full != link {
                            replaced.push((link, full.clone()));
                        }
                        if !back.contains(&full) {
                            back.push(full);
                        }
                    }
                }
            }
            losses.extend(kept_back(&back).map(|loss| loss.of(&translation.locale)));
        }
        apply(&mut bundle.article, &replaced);
        item.links = replaced;
        Ok(losses)
    }

    fn lead(
        &self,
        sink: &dyn Sink,
        link: &str,
        base: Option<&Url>,
        own_file: Option<&str>,
    ) -> Result<Leads> {
        let relative = link.starts_with('/');
        let url = match (relative, base) {
            (true, Some(base)) => base.join(link).ok(),
            _ => Url::parse(link).ok(),
        };
        let Some(mut url) = url else {
            return Ok(Leads::Elsewhere);
        };
        let address = match own_file {
            Some(id) => Some(Address::of(Key::new(Kind::Attachment, id))),
            None if !host(&url).is_some_and(|host| self.homes.contains(&host)) => {
                return Ok(Leads::Elsewhere);
            }
            None => address::read(&url),
        };
        if let Some(address) = &address {
            let target = self.target_of(&address.key)?;
            if let Some(new) = target.and_then(|id| sink.address(&id, address, &self.target)) {
                let fragment = url.fragment().map(|part| format!("#{part}"));
                return Ok(Leads::Here(new + &fragment.unwrap_or_default()));
            }
            // That a file is not there is declared as such, and in a preview not known.
            if address.key.kind == Kind::Attachment && !relative {
                return Ok(Leads::Elsewhere);
            }
        }
        if own_file.is_some() {
            return Ok(Leads::Elsewhere);
        }
        if !relative {
            return Ok(Leads::Back(link.to_owned()));
        }
        // As it was written: parsing may have changed how it is spelled.
        let fragment = url.fragment().map(str::to_owned);
        url.set_fragment(fragment.as_deref());
        Ok(Leads::Back(url.to_string()))
    }

    fn target_of(&self, key: &Key) -> Result<Option<String>> {
        if let Some(known) = lock(&self.known).get(key) {
            return Ok(known.clone());
        }
        let target = self.resolver.target(key.kind, &key.id)?;
        let target = target.filter(|target| !target.is_empty());
        lock(&self.known).insert(key.clone(), target.clone());
        Ok(target)
    }

    /// Whether a preview counts with what is not written yet.
    fn is_preview(&self) -> bool {
        self.preview
    }
}

/// Puts links into an article's texts that were replaced when it was written.
pub(super) fn apply(article: &mut Article, replaced: &[(String, String)]) {
    if replaced.is_empty() {
        return;
    }
    for translation in &mut article.translations {
        if let Some(html) = &translation.html {
            translation.html = Some(text::replace_links(html, replaced));
        }
    }
}

/// Whether the target has addresses for people to follow.
fn has_pages(sink: &dyn Sink, target: &TargetDesk) -> bool {
    let any = Address::of(Key::new(Kind::Article, "1"));
    sink.address("1", &any, target).is_some()
}

/// The page that an article's own links are relative to.
fn base(article: &Article) -> Option<Url> {
    Url::parse(article.url.as_deref()?).ok()
}

/// `help.example.com:8080` of an address of the web.
fn host(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    Some(format!("{host}:{}", url.port_or_known_default()?))
}

/// Hosts of the source's own pages, by the addresses of its records.
fn homes(project: &Project, kinds: &[Kind]) -> Result<BTreeSet<String>> {
    let mut homes = BTreeSet::new();
    for kind in kinds {
        for stored in project.ledger.scan(*kind, 0, ASKED)? {
            homes.extend(home(&stored.record));
        }
    }
    Ok(homes)
}

fn home(record: &Record) -> Option<String> {
    let url = match record {
        Record::Brand(brand) => &brand.url,
        Record::Category(category) => &category.url,
        Record::Article(article) => &article.url,
        Record::Conversation(conversation) => &conversation.url,
        _ => &None,
    };
    host(&Url::parse(url.as_deref()?).ok()?)
}

/// What is declared of links that lead to the source still.
fn kept_back(links: &[String]) -> Option<Loss> {
    let first = links.first()?;
    let detail = match links.len() {
        1 => detail!("loss-link-back", first = first),
        more => detail!("loss-links-back", count = more, first = first),
    };
    Some(Loss::new(field::ARTICLE_LINKS, Effect::Changed, detail).compared())
}

/// What is declared of messages whose texts lead to the source's own pages:
/// what was said is not rewritten.
pub(super) fn of_messages(planner: &Planner, sink: &dyn Sink, item: &Item) -> Result<Vec<Loss>> {
    let (conversation, parts) = match &item.body {
        Body::Conversation(bundle) => (&bundle.conversation, &bundle.messages[..]),
        Body::Message(reply) => (&reply.conversation, std::slice::from_ref(&reply.part)),
        _ => return Ok(Vec::new()),
    };
    if !has_pages(sink, &planner.target) {
        return Ok(Vec::new());
    }
    let homes = planner
        .homes
        .of(&planner.project, conversation.url.as_deref())?;
    Ok(parts
        .iter()
        .filter_map(|part| of_message(&part.message, &homes))
        .collect())
}

fn of_message(message: &Message, homes: &BTreeSet<String>) -> Option<Loss> {
    let html = message
        .html
        .as_deref()
        .filter(|html| html.contains("href"))?;
    let leads_back = |link: &String| {
        Url::parse(link).is_ok_and(|url| {
            host(&url).is_some_and(|host| homes.contains(&host))
                && address::read(&url).is_some_and(|found| found.key.kind != Kind::Attachment)
        })
    };
    let links = text::links(html).into_iter().filter(leads_back).count();
    (links > 0).then(|| {
        let detail = detail!("loss-links-as-said");
        Loss::new(field::MESSAGE_LINKS, Effect::Changed, detail)
            .of(&message.id)
            .compared()
    })
}

/// Links were not looked at since something was written last.
const PENDING: &str = "links.pending";

/// Whether a run ended before it came to the links.
pub(super) fn are_pending(project: &Project) -> Result<bool> {
    Ok(project
        .ledger
        .meta(PENDING)?
        .is_some_and(|value| value == "1"))
}

/// Notes that there will be links to look at, before anything is written.
pub(super) async fn begin(project: &Project) -> Result<()> {
    project.ledger.set_meta(PENDING, "1").await
}

/// The second pass: over every article that is on the target, or in a preview
/// will be.
pub(super) async fn replace(writer: &Writer) -> Result<()> {
    let project = &writer.project;
    let linker = writer
        .planner
        .linker(writer.sink.as_ref(), writer.preview)?;
    let Some(linker) = linker.filter(|_| project.scope.wants(Kind::Article)) else {
        return project.ledger.set_meta(PENDING, "0").await;
    };
    let mut after = 0;
    let (mut replaced, mut all) = (0, true);
    loop {
        project.stop.check()?;
        let page = project.ledger.scan(Kind::Article, after, 500)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let mut items = Vec::new();
        for stored in page {
            match find(writer, &linker, stored).await {
                Ok(item) => items.extend(item),
                Err(error) if error.stops_run() => return Err(error),
                // Whoever could not be put together was told when it was planned.
                Err(error) => tracing::debug!("{error}"),
            }
        }
        if linker.is_preview() {
            continue;
        }
        let mut batches = Vec::new();
        while !items.is_empty() {
            let rest = items.split_off(JOURNALED.min(items.len()));
            batches.push(std::mem::replace(&mut items, rest));
        }
        let mut running = futures::stream::iter(batches)
            .map(|batch| writer.write(batch))
            .buffer_unordered(project.settings.concurrency);
        while let Some(written) = running.next().await {
            for target in written? {
                match target {
                    Some(_) => replaced += 1,
                    None => all = false,
                }
            }
        }
    }
    if replaced > 0 {
        project.emit(Event::Note(format!(
            "links in {replaced} articles lead to the target now"
        )));
    }
    match all && !writer.preview {
        true => project.ledger.set_meta(PENDING, "0").await,
        false => Ok(()),
    }
}

/// The update that replaces an article's links, if there is something to
/// replace; keeps in the plan what cannot be.
async fn find(writer: &Writer, linker: &Linker, stored: Stored) -> Result<Option<Item>> {
    let project = &writer.project;
    let key = stored.record.key();
    if !project.is_chosen(&key) {
        return Ok(None);
    }
    let receipt = project.ledger.receipt(&key)?;
    let planned = project.ledger.planned(&key)?;
    let will_be = writer.preview
        && planned
            .as_ref()
            .is_some_and(|planned| planned.action == Action::Create);
    match &receipt {
        // What changed since it was written gets its links with that change.
        Some(receipt) if !receipt.is_ours() => return Ok(None),
        Some(Receipt {
            hash: Some(written),
            ..
        }) if *written != stored.hash => return Ok(None),
        None if !will_be => return Ok(None),
        _ => {}
    }
    let Some(mut item) = writer.planner.item(stored)? else {
        return Ok(None);
    };
    item.as_of = match &receipt {
        // Of what was found again it stays unknown which version stands there.
        Some(Receipt { hash: None, .. }) => 0,
        _ => project.ledger.clock()?,
    };
    let lost = linker.link(writer.sink.as_ref(), &mut item)?;
    if let Some(planned) = planned {
        let others = planned.losses.iter();
        let mut losses: Vec<Loss> = others.filter(|loss| !is_ours(loss)).cloned().collect();
        losses.extend(lost);
        if losses != planned.losses {
            project.ledger.set_losses(&key, &losses).await?;
        }
    }
    if item.links == project.ledger.replaced_links(&key)? {
        return Ok(None);
    }
    item.changed = Changed::only([field::ARTICLE_LINKS]);
    item.existing = receipt.map(|receipt| receipt.target);
    if writer.preview {
        writer.charge(&writer.sink.assess(&item, &writer.target).calls);
    }
    Ok(Some(item))
}

/// Whether a loss was declared here: sinks speak of the article as a whole.
fn is_ours(loss: &Loss) -> bool {
    loss.field == field::ARTICLE_LINKS && loss.part.is_some()
}
