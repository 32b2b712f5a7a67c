//! The sink in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::connector::*;
use crate::schema::*;

/// What the target holds: `(marker, parent id, body)` in order of arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub kind: Kind,
    pub marker: String,
    pub id: String,
    pub conversation: Option<Conversation>,
    pub messages: Vec<Message>,
    pub files: Vec<Attachment>,
    pub contact: Option<Contact>,
}

/// A target in memory.
pub struct MemorySink {
    pub grain: Grain,
    pub held: Mutex<Vec<Held>>,
    /// Every so many writes are carried out and answered with a fault.
    pub lose_answer: usize,
    /// What those answers are.
    pub lost: ErrorKind,
    /// Every so many writes fail before they are carried out, each record once.
    pub fail_before: usize,
    failed: Mutex<HashSet<String>>,
    /// Markers that are refused.
    pub refuse: Mutex<Vec<String>>,
    pub interlocks: Vec<Interlock>,
    /// Records that carry marks: kind, mark, id.
    pub marks: Mutex<Vec<(Kind, String, String)>>,
    /// The bytes of every file, as the target has them.
    pub bytes: Mutex<&'static [u8]>,
    /// Ids that cannot be read back, and marks that cannot be looked for.
    pub unreadable: Mutex<HashSet<String>>,
    /// Held by whoever writes, as a budget's turn is.
    turn: tokio::sync::Mutex<()>,
    /// What would mail customers when something is changed.
    pub update_interlocks: Vec<Interlock>,
    pub writes: AtomicUsize,
    /// Calls of any sort.
    pub calls: AtomicUsize,
    /// Later versions of messages: the message's mark, and the text.
    pub edits: Mutex<Vec<(String, String)>>,
    /// Articles by id, with the source's ids in them.
    pub articles: Mutex<HashMap<String, Article>>,
}

impl MemorySink {
    pub fn new(grain: Grain) -> Self {
        MemorySink {
            grain,
            held: Mutex::default(),
            lose_answer: 0,
            lost: ErrorKind::Transient,
            fail_before: 0,
            failed: Mutex::default(),
            refuse: Mutex::default(),
            interlocks: Vec::new(),
            marks: Mutex::default(),
            bytes: Mutex::new(b"bytes"),
            unreadable: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            update_interlocks: Vec::new(),
            writes: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            edits: Mutex::default(),
            articles: Mutex::default(),
        }
    }

    /// How often each marker is held.
    pub fn markers(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for held in self.held.lock().unwrap().iter() {
            *counts.entry(held.marker.clone()).or_default() += 1;
        }
        counts
    }

    fn translate(item: &Item, part: &Part) -> Message {
        let mut message = part.message.clone();
        if let Some(id) = &message.author.id {
            let target = match message.author.kind {
                AuthorKind::Agent => item.refs.get(Kind::Agent, id),
                _ => item.refs.get(Kind::Contact, id),
            };
            message.author.id = target.map(str::to_owned);
        }
        message
    }

    fn called(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }

    fn keep_article(&self, item: &Item, id: &str) {
        let Body::Article(bundle) = &item.body else {
            return;
        };
        let mut articles = self.articles.lock().unwrap();
        if !item.changed.is_only(field::ARTICLE_LINKS) {
            articles.insert(id.to_owned(), bundle.article.clone());
            return;
        }
        for translation in &mut articles.get_mut(id).unwrap().translations {
            let html = translation.html.take().unwrap_or_default();
            translation.html = Some(text::replace_links(&html, &item.links));
        }
    }

    /// Changes what is there, and nothing that was not asked for.
    fn change(&self, item: &Item, id: &str) -> String {
        let mut held = self.held.lock().unwrap();
        let place = |id: &str| held.iter().position(|held| held.id == id);
        match &item.body {
            Body::Conversation(bundle) => {
                assert!(bundle.messages.is_empty(), "nothing is sent again");
                let at = place(id).unwrap();
                let there = held[at].conversation.as_mut().unwrap();
                let new = &bundle.conversation;
                if item.changed.has(field::STATUS) {
                    there.status = new.status;
                }
                if item.changed.has(field::SUBJECT) {
                    there.subject.clone_from(&new.subject);
                }
                if item.changed.has(field::TAGS) {
                    there.tags.clone_from(&new.tags);
                }
            }
            Body::Contact(contact) => {
                let at = place(id).unwrap();
                held[at].contact = Some(contact.clone());
            }
            Body::Message(reply) => {
                let html = reply.part.message.html.clone().unwrap();
                let edit = (item.marker.clone(), html);
                self.edits.lock().unwrap().push(edit);
            }
            _ => {}
        }
        id.to_owned()
    }

    fn store(&self, item: &Item) -> String {
        if let Some(id) = &item.existing {
            return self.change(item, id);
        }
        let mut held = self.held.lock().unwrap();
        let id = format!("t{}", held.len() + 1);
        let mut new = Held {
            kind: item.key().kind,
            marker: item.marker.clone(),
            id: id.clone(),
            conversation: None,
            messages: Vec::new(),
            files: Vec::new(),
            contact: None,
        };
        let parts = match &item.body {
            Body::Conversation(bundle) => {
                let mut conversation = bundle.conversation.clone();
                conversation.requester_id = conversation
                    .requester_id
                    .and_then(|id| item.refs.person_id(&id).map(str::to_owned));
                new.conversation = Some(conversation);
                bundle.messages.clone()
            }
            Body::Message(reply) => {
                let parent = held.iter_mut().find(|h| h.id == reply.target_id).unwrap();
                parent.messages.push(Self::translate(item, &reply.part));
                vec![]
            }
            Body::Contact(contact) => {
                new.contact = Some(contact.clone());
                vec![]
            }
            _ => vec![],
        };
        for part in parts {
            new.messages.push(Self::translate(item, &part));
            new.files
                .extend(part.attachments.iter().map(|file| file.attachment.clone()));
        }
        held.push(new);
        id
    }
}

#[async_trait]
impl Sink for MemorySink {
    fn capabilities(&self) -> &'static [Capability] {
        &[]
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        Ok(Vec::new())
    }

    async fn interlocks(&self) -> Result<Vec<Interlock>> {
        self.called();
        Ok(self.interlocks.clone())
    }

    async fn update_interlocks(&self) -> Result<Vec<Interlock>> {
        Ok(self.update_interlocks.clone())
    }

    async fn describe(&self) -> Result<TargetDesk> {
        self.called();
        Ok(TargetDesk {
            agents: vec![Agent {
                id: "target-ada".into(),
                email: Some("ADA@example.com".into()),
                ..Agent::default()
            }],
            ..TargetDesk::default()
        })
    }

    async fn index(&self, kind: Kind, _: Option<&str>) -> Result<IndexPage> {
        self.called();
        let marks = self.marks.lock().unwrap();
        let of_kind = marks.iter().filter(|(known, ..)| *known == kind);
        Ok(IndexPage {
            entries: of_kind
                .map(|(_, mark, id)| (format!("marker:{mark}"), id.clone()))
                .collect(),
            next: None,
        })
    }

    async fn fetch_blob(&self, _: &Attachment) -> Result<Option<Blob>> {
        let bytes = bytes::Bytes::from_static(*self.bytes.lock().unwrap());
        Ok(Some(Blob {
            size: None,
            mime: None,
            bytes: Box::pin(futures::stream::iter([Ok(bytes)])),
        }))
    }

    fn grain(&self) -> Grain {
        self.grain
    }

    fn address(&self, id: &str, to: &address::Address, _: &TargetDesk) -> Option<String> {
        let locale = to.locale.as_deref().unwrap_or("any");
        Some(format!("https://new.example.com/{locale}/{id}"))
    }

    fn batch(&self, _: Kind) -> usize {
        4
    }

    fn assess(&self, item: &Item, _: &TargetDesk) -> Assessment {
        let mut assessment = Assessment::default();
        if let Body::Conversation(bundle) = &item.body
            && bundle
                .conversation
                .requester_id
                .as_ref()
                .is_some_and(|id| item.refs.person_id(id).is_none())
        {
            assessment.blocked = Some(("no requester".into(), "push contacts first".into()));
        }
        assessment
    }

    async fn write(&self, items: &[Item], _: &TargetDesk, journal: &dyn Journal) -> Vec<Outcome> {
        let notes = items.iter().map(|item| (item.key(), "job".into()));
        journal.note(notes.collect()).await.unwrap();
        let mut outcomes = Vec::new();
        for item in items {
            let _turn = self.turn.lock().await;
            // Gives a test that cancels the run a chance at every record.
            tokio::task::yield_now().await;
            let n = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
            let due = |every: usize| every > 0 && n.is_multiple_of(every);
            outcomes.push(if self.refuse.lock().unwrap().contains(&item.marker) {
                Err(Error::rejected("subject", "the subject is not wanted"))
            } else if due(self.fail_before)
                && self.failed.lock().unwrap().insert(item.marker.clone())
            {
                Err(Error::new(ErrorKind::Transient, "no answer"))
            } else {
                let id = self.store(item);
                self.keep_article(item, &id);
                tokio::task::yield_now().await;
                match due(self.lose_answer) {
                    true => Err(Error::new(self.lost.clone(), "the answer was lost")),
                    false => Ok(Written::created(id)),
                }
            });
        }
        outcomes
    }

    async fn find(&self, probe: &Probe<'_>) -> Result<Option<Written>> {
        if self.unreadable.lock().unwrap().contains(&probe.item.marker) {
            return Err(Error::new(ErrorKind::Transient, "no answer"));
        }
        if let (Some(existing), Body::Message(reply)) = (&probe.item.existing, &probe.item.body) {
            let edit = (
                probe.item.marker.clone(),
                reply.part.message.html.clone().unwrap(),
            );
            let edits = self.edits.lock().unwrap();
            return Ok(edits.contains(&edit).then(|| Written::created(existing)));
        }
        let held = self.held.lock().unwrap();
        let found = held
            .iter()
            .find(|held| held.marker == probe.item.marker)
            .map(|held| Written::created(held.id.clone()));
        // It was kept before anything was stored.
        assert!(
            found.is_none() || probe.note == Some("job"),
            "the note survives"
        );
        Ok(found)
    }

    async fn read(&self, _: Kind, ids: &[String]) -> Result<Vec<ReadBack>> {
        let unreadable = self.unreadable.lock().unwrap();
        if ids.iter().any(|id| unreadable.contains(id)) {
            return Err(Error::protocol("a row that makes no sense"));
        }
        let held = self.held.lock().unwrap();
        Ok(ids
            .iter()
            .map(|id| match held.iter().find(|held| held.id == *id) {
                None => ReadBack::default(),
                Some(held) => ReadBack {
                    record: held
                        .conversation
                        .clone()
                        .map(Record::Conversation)
                        .or(held.contact.clone().map(Record::Contact)),
                    messages: held.messages.clone(),
                    attachments: held.files.clone(),
                },
            })
            .collect())
    }

    async fn delete(&self, _: Kind, id: &str) -> Result<()> {
        self.held.lock().unwrap().retain(|held| held.id != id);
        Ok(())
    }
}
