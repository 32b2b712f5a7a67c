//! Reads the source into the ledger: all streams side by side, then whatever
//! belongs to single conversations, then the bytes of attachments.

use std::collections::{BTreeMap, HashSet};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};

use super::{Event, Phase, Project, blobs, embedded};
use crate::connector::{Error, ErrorKind, MessagesBy, NotRead, Page, RawPage, Result, Stream};
use crate::ledger::{self, Ledger, PageCommit, READY, Stored};
use crate::schema::{Conversation, Key, Kind, Message, Record};

/// How far a pull is, for whoever pushes at the same time.
#[derive(Debug, Clone, Default)]
pub struct PullState {
    complete: u32,
    finished: bool,
    /// Rises whenever something became ready.
    version: u64,
}

impl PullState {
    /// Everything is here.
    pub fn finished() -> Self {
        PullState {
            complete: u32::MAX,
            finished: true,
            version: 0,
        }
    }

    /// All records of this kind are here.
    pub fn complete(&self, kind: Kind) -> bool {
        self.complete & (1 << kind as u32) != 0
    }

    /// All records with all parts are here.
    pub fn is_finished(&self) -> bool {
        self.finished
    }
}

/// What a pull brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pulled {
    /// Pages read.
    pub pages: u64,
    /// Records that are new in the ledger.
    pub new: u64,
    /// Records read, with repeated ones.
    pub records: u64,
    /// Bytes of attachments fetched.
    pub blob_bytes: u64,
}

/// Pulls everything in scope, going on from where the last run stopped.
pub async fn pull(project: &Project) -> Result<Pulled> {
    let (sender, _receiver) = watch::channel(PullState::default());
    pull_telling(project, &sender).await
}

/// [`pull`], telling `state` what is complete.
pub(super) async fn pull_telling(
    project: &Project,
    state: &watch::Sender<PullState>,
) -> Result<Pulled> {
    project.emit(Event::Phase(Phase::Pull));
    let source = project.source()?;
    project.ledger.claim("source", &project.source_name).await?;
    blobs::sweep(project).await?;
    project.ledger.forget_failed_blobs().await?;
    remember_not_read(project).await?;
    let streams = source.streams(&project.scope);
    let mut open: BTreeMap<Kind, usize> = Kind::ALL.into_iter().map(|kind| (kind, 0)).collect();
    for kind in streams.iter().flat_map(|stream| stream.yields) {
        *open.entry(*kind).or_default() += 1;
    }
    tell(state, &open);

    let mut total = Pulled::default();
    let mut running: FuturesUnordered<_> = streams
        .iter()
        .map(|stream| pull_stream(project, *stream))
        .collect();
    // Parts of conversations are read while the list of conversations still grows.
    let follow = follow_conversations(project, state);
    tokio::pin!(follow);
    let by_conversation =
        source.messages_by() == MessagesBy::Conversation && project.scope.wants(Kind::Message);
    let mut failed: Option<Error> = None;
    // Streams that stopped before any other came through: maybe nothing does.
    let mut stopped: Vec<(Stream, Error)> = Vec::new();
    let mut followed = None;
    let mut broken: Vec<Kind> = Vec::new();
    loop {
        tokio::select! {
            next = running.next() => match next {
                None => break,
                Some((stream, Ok(pulled))) => {
                    for (stream, error) in stopped.drain(..) {
                        tell_stopped(project, &stream, &error).await?;
                    }
                    total.add(&pulled);
                    for kind in stream.yields {
                        if let Some(count) = open.get_mut(kind) { *count -= 1; }
                    }
                    tell(state, &open);
                    project.ledger.resolve_problems(&key_of(stream), &["pull"]).await?;
                }
                Some((stream, Err(error))) => {
                    if error.stops_run() { failed = Some(error); break; }
                    broken.extend_from_slice(stream.yields);
                    match total.pages {
                        0 => stopped.push((stream, error)),
                        _ => tell_stopped(project, &stream, &error).await?,
                    }
                }
            },
            result = &mut follow, if by_conversation && followed.is_none() => {
                followed = Some(result?);
            }
        }
    }
    drop(running);
    if stopped.len() == streams.len() {
        failed = failed.or(stopped.pop().map(|(_, error)| error));
    }
    if let Some(error) = failed {
        return Err(error);
    }
    for (stream, error) in stopped {
        tell_stopped(project, &stream, &error).await?;
    }
    // A stream that failed leaves its kinds open: what is there is moved, the
    // problem is on record, and the next run goes on.
    for count in open.values_mut() {
        *count = 0;
    }
    tell(state, &open);
    let parts = match followed {
        Some(parts) => parts,
        None if by_conversation => follow.await?,
        None => Pulled::default(),
    };
    total.add(&parts);
    total.add(&complete_rest(project, state, &broken).await?);
    state.send_modify(|state| {
        *state = PullState {
            version: state.version + 1,
            ..PullState::finished()
        }
    });
    Ok(total)
}

impl Pulled {
    fn add(&mut self, other: &Pulled) {
        self.pages += other.pages;
        self.new += other.new;
        self.records += other.records;
        self.blob_bytes += other.blob_bytes;
    }
}

async fn tell_stopped(project: &Project, stream: &Stream, error: &Error) -> Result<()> {
    let why = super::describe(error);
    let reason = format!("the stream {} stopped: {why}", stream.name);
    let hint = error.next_step();
    project
        .problem(key_of(*stream), "pull", reason, Some(hint))
        .await
}

fn tell(state: &watch::Sender<PullState>, open: &BTreeMap<Kind, usize>) {
    state.send_modify(|state| {
        for (kind, count) in open {
            if *count == 0 {
                state.complete |= 1 << *kind as u32;
            }
        }
        state.version += 1;
    });
}

/// Reads one stream to its end. Fetching a page overlaps with packing and
/// storing the one before it; at most two pages are in memory.
async fn pull_stream(project: &Project, stream: Stream) -> (Stream, Result<Pulled>) {
    let (pages, mut stored) = mpsc::channel::<(Page, Option<String>)>(1);
    let fetch = async move {
        let source = project.source()?;
        let mut cursor = project
            .ledger
            .stream_state(stream.name)?
            .and_then(|state| state.cursor);
        loop {
            project.stop.check()?;
            // A page is asked for when the one before it is being stored, no earlier.
            let Ok(place) = pages.reserve().await else {
                return Ok(());
            };
            let page = source
                .pull(stream, cursor.as_deref(), &project.scope)
                .await?;
            let done = page.done;
            let next = page.next.clone();
            if !done && (next.is_none() || next == cursor) {
                return Err(Error::protocol(format!(
                    "the desk sends the same page of {} again and again",
                    stream.name
                ))
                .hint("run again later; if it stays so, report the desk's answer"));
            }
            if next.is_some() {
                cursor = next.clone();
            }
            place.send((page, next));
            if done {
                return Ok(());
            }
        }
    };
    let store = async {
        let mut pulled = Pulled::default();
        while let Some((page, next)) = stored.recv().await {
            let one = store_page(project, stream.name, page, next).await?;
            pulled.add(&one);
        }
        Ok(pulled)
    };
    let (fetched, stored) = tokio::join!(fetch, store);
    let result = match (fetched, stored) {
        (_, Err(error)) | (Err(error), _) => Err(error),
        (Ok(()), Ok(pulled)) => Ok(pulled),
    };
    (stream, result)
}

/// Packs and stores one page. Packing is heavy: it runs beside the runtime.
async fn store_page(
    project: &Project,
    stream: &'static str,
    page: Page,
    next: Option<String>,
) -> Result<Pulled> {
    let keep_raw = project.settings.keep_raw;
    let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
    for record in &page.records {
        *counts.entry(record.kind()).or_default() += 1;
    }
    if let (Some(total), Some(kind)) = (page.total, counts.keys().next()) {
        project.emit(Event::Total { kind: *kind, total });
    }
    for unreadable in &page.problems {
        project.emit(Event::Problem {
            key: unreadable.key.clone(),
            reason: unreadable.reason.clone(),
        });
    }
    let mut records = page.records.len() as u64;
    let (done, gone, unreadable) = (page.done, page.gone, page.problems);
    let (mut page_records, raw_pages) = (page.records, page.raw);
    let folder = project.ledger.blob_folder();
    let with_files = project.scope.wants(Kind::Attachment);
    let (packed, raw, images) = tokio::task::spawn_blocking(move || -> Result<_> {
        let images = match with_files {
            true => embedded::take_out(&mut page_records, &folder)?,
            false => Vec::new(),
        };
        let packed = ledger::pack(&page_records)?;
        drop(page_records);
        let mut raw = Vec::new();
        if keep_raw {
            for page in raw_pages {
                raw.push(RawPage {
                    body: ledger::compress(&page.body)?.into(),
                    path: page.path,
                });
            }
        }
        Ok((packed, raw, images))
    })
    .await
    .map_err(|cause| Error::local("packing a page failed").caused_by(cause))??;
    records += images.len() as u64;
    for (attachment, row) in images {
        if let Some(reason) = &row.error {
            let key = Key::new(Kind::Attachment, &attachment);
            let hint = "open the message on the source; its text says where the image was";
            project
                .problem(key, "blob", reason.clone(), Some(hint.into()))
                .await?;
        }
        // Before the message: nobody asks the desk for these bytes.
        project.ledger.set_blob(&attachment, row).await?;
    }
    let new = project
        .ledger
        .commit_page(PageCommit {
            stream,
            next,
            done,
            packed,
            gone,
            unreadable,
            raw,
        })
        .await?;
    for (kind, count) in counts {
        project.emit(Event::Pulled { kind, count });
    }
    Ok(Pulled {
        pages: 1,
        new,
        records,
        blob_bytes: 0,
    })
}

/// Completes conversations while their list still comes in, until it is complete.
async fn follow_conversations(
    project: &Project,
    state: &watch::Sender<PullState>,
) -> Result<Pulled> {
    let mut changes = state.subscribe();
    let mut total = Pulled::default();
    let mut after = 0;
    loop {
        let complete = changes.borrow_and_update().complete(Kind::Conversation);
        let (next, pulled) = complete_page(project, Kind::Conversation, after, state).await?;
        total.add(&pulled);
        match next {
            Some(next) => after = next,
            None if complete => return Ok(total),
            None => {
                // New pages do not announce themselves one by one; look again soon.
                let _ =
                    tokio::time::timeout(std::time::Duration::from_millis(50), changes.changed())
                        .await;
            }
        }
    }
}

/// Completes whatever is not ready yet, once all streams are done.
///
/// What a broken stream would have brought a part of waits for the next run:
/// a conversation that is moved without its last messages stays without them.
async fn complete_rest(
    project: &Project,
    state: &watch::Sender<PullState>,
    broken: &[Kind],
) -> Result<Pulled> {
    if broken.contains(&Kind::Message) || broken.contains(&Kind::Attachment) {
        return Ok(Pulled::default());
    }
    let with_blobs = project.scope.wants(Kind::Attachment);
    if with_blobs {
        blobs::forget_missing(project).await?;
    }
    let by_stream = project.source()?.messages_by() == MessagesBy::Stream
        || !project.scope.wants(Kind::Message);
    project
        .ledger
        .mark_ready(by_stream, !project.scope.wants(Kind::Message), with_blobs)
        .await?;
    let mut total = Pulled::default();
    for kind in [Kind::Conversation, Kind::Article] {
        let mut after = 0;
        while let (Some(next), pulled) = complete_page(project, kind, after, state).await? {
            total.add(&pulled);
            after = next;
        }
    }
    Ok(total)
}

/// Completes the next records that are not ready, side by side. Returns the
/// sequence number to go on from, or `None` when there was nothing.
async fn complete_page(
    project: &Project,
    kind: Kind,
    after: i64,
    state: &watch::Sender<PullState>,
) -> Result<(Option<i64>, Pulled)> {
    project.stop.check()?;
    let page = project.ledger.lacking(kind, READY, after, 200)?;
    let Some(last) = page.last().map(|stored| stored.seq) else {
        return Ok((None, Pulled::default()));
    };
    let mut total = Pulled::default();
    let mut work = futures::stream::iter(page)
        .map(|stored| complete_one(project, stored))
        .buffer_unordered(project.settings.concurrency);
    while let Some(result) = work.next().await {
        total.add(&result?);
        state.send_modify(|state| state.version += 1);
    }
    Ok((Some(last), total))
}

/// Brings the messages and bytes of one conversation, or the bytes of an article.
async fn complete_one(project: &Project, stored: Stored) -> Result<Pulled> {
    project.stop.check()?;
    let key = stored.record.key();
    let mut total = Pulled::default();
    if let Record::Conversation(conversation) = &stored.record
        && project.scope.wants(Kind::Message)
        && needs_messages(project, &key, conversation)?
    {
        match project.source()?.messages_of(conversation).await {
            Ok(page) => {
                let shown = all_shown(&page);
                total.add(&store_page(project, "", page, None).await?);
                if let Some(shown) = shown {
                    forget_deleted_messages(project, &key, &shown).await?;
                }
            }
            Err(error) if error.kind == ErrorKind::NotFound => {
                project.emit(Event::Note(format!(
                    "{key} was deleted on the source after its list was read"
                )));
                project.ledger.gone(vec![key]).await?;
                return Ok(total);
            }
            Err(error) => {
                project.set_aside(key, "pull", error).await?;
                return Ok(total);
            }
        }
        compare_count(project, &key, conversation).await?;
    }
    if project.scope.wants(Kind::Attachment) {
        let files = blobs::fetch_for(project, &stored.record).await?;
        total.blob_bytes += files.bytes;
        if files.waits {
            return Ok(total);
        }
    }
    project.ledger.set_state(&key, READY).await?;
    Ok(total)
}

/// The messages that a page of one conversation shows, if it shows all there are.
fn all_shown(page: &Page) -> Option<HashSet<String>> {
    let gone = page.gone.iter().any(|key| key.kind == Kind::Conversation);
    if gone || !page.problems.is_empty() {
        return None;
    }
    let messages = page
        .records
        .iter()
        .filter(|record| record.kind() == Kind::Message);
    Some(messages.map(|record| record.id().to_owned()).collect())
}

/// A message that is not there any more where its conversation is read as a
/// whole was deleted.
async fn forget_deleted_messages(
    project: &Project,
    conversation: &Key,
    shown: &HashSet<String>,
) -> Result<()> {
    if project.source()?.messages_by() != MessagesBy::Conversation {
        return Ok(());
    }
    let known = project.ledger.children(conversation, Kind::Message)?;
    let gone: Vec<Key> = known
        .into_iter()
        .map(|stored| stored.record.key())
        // The history is shown only where it is asked for.
        .filter(|key| !shown.contains(&key.id) && !key.id.starts_with(Message::HISTORY))
        .collect();
    match gone.is_empty() {
        true => Ok(()),
        false => project.ledger.gone(gone).await,
    }
}

fn needs_messages(project: &Project, key: &Key, conversation: &Conversation) -> Result<bool> {
    if project.source()?.messages_by() == MessagesBy::Conversation {
        return Ok(true);
    }
    let have = project.ledger.count_children(key, Kind::Message)?;
    Ok(conversation
        .declared_messages
        .is_some_and(|declared| have < u64::from(declared)))
}

/// A count that is short although the conversation was read by itself is told,
/// not hidden: the rest of it is moved.
async fn compare_count(project: &Project, key: &Key, conversation: &Conversation) -> Result<()> {
    // What was wrong with it before is not any more.
    project.ledger.resolve_problems(key, &["pull"]).await?;
    let have = project.ledger.count_children(key, Kind::Message)?;
    match conversation.declared_messages {
        Some(declared) if have < u64::from(declared) => {
            project
                .problem(
                    key.clone(),
                    "pull",
                    format!("the desk says {declared} messages, {have} arrived"),
                    Some(
                        "compare it with the desk; hidden or redacted messages are counted there"
                            .into(),
                    ),
                )
                .await
        }
        _ => Ok(()),
    }
}

/// Where the ledger keeps what the source was not asked for.
const NOT_READ: &str = "not_read";

/// What the source has and was not read, as the last reading told.
pub fn not_read(ledger: &Ledger) -> Result<Vec<NotRead>> {
    let kept = ledger.meta(NOT_READ)?.unwrap_or_else(|| "[]".to_owned());
    serde_json::from_str(&kept)
        .map_err(|cause| Error::local("what was left out cannot be read").caused_by(cause))
}

async fn remember_not_read(project: &Project) -> Result<()> {
    let left = match project.source()?.not_read().await {
        Ok(left) => left,
        Err(error) if error.stops_run() => return Err(error),
        // What is known of an earlier reading stays: this is no reason not to read.
        Err(error) => {
            project.emit(Event::Note(format!(
                "what the source has beside is not known: {error}"
            )));
            return Ok(());
        }
    };
    let text = serde_json::to_string(&left)
        .map_err(|cause| Error::local("what was left out").caused_by(cause))?;
    project.ledger.set_meta(NOT_READ, &text).await
}

/// What the problem of a whole stream is kept under.
fn key_of(stream: Stream) -> Key {
    let kind = stream.yields.first().copied();
    Key::new(
        kind.unwrap_or(Kind::Conversation),
        format!("({})", stream.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_shown_whole_also_when_a_part_of_it_is_gone() {
        let said = Message {
            id: "m1".into(),
            ..Message::default()
        };
        let mut page = Page {
            records: vec![Record::Message(said)],
            gone: vec![Key::new(Kind::Message, "m0")],
            ..Page::default()
        };
        assert_eq!(all_shown(&page).unwrap(), HashSet::from(["m1".to_owned()]));
        page.gone.push(Key::new(Kind::Conversation, "c1"));
        assert_eq!(all_shown(&page), None);
    }
}
