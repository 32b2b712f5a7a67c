//! A source and a sink in memory, with faults on demand.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use async_trait::async_trait;

use crate::connector::*;
use crate::schema::*;

mod sink;

pub use sink::{Held, MemorySink};

/// What a stream brings later: its name, records, and what is gone.
pub type News = (&'static str, Vec<Record>, Vec<Key>);

/// A desk of `conversations` conversations with `messages` messages each.
pub struct MemorySource {
    pub conversations: usize,
    pub messages: usize,
    pub by: MessagesBy,
    /// Says one message more than there is.
    pub overstate: bool,
    /// Sends the first page for ever.
    pub stuck: bool,
    /// Every conversation is asked for by a former agent of its own.
    pub former_agents: bool,
    /// The stream of messages breaks after its first page, until told otherwise.
    pub break_messages: std::sync::atomic::AtomicBool,
    /// Addresses of files in streams are good for nothing by the time they are
    /// used, and those of one answer for one download. There are two files a
    /// conversation.
    pub expiring: bool,
    /// Answers that gave addresses, and those that were used.
    addresses: Mutex<(u32, HashSet<String>)>,
    /// What streams show once they were read to their end, a page each.
    pub news: Mutex<Vec<News>>,
    /// Messages beyond those that the desk has from the start, also other
    /// versions of those.
    pub said: Mutex<Vec<Message>>,
}

impl MemorySource {
    pub fn new(conversations: usize, messages: usize, by: MessagesBy) -> Self {
        MemorySource {
            conversations,
            messages,
            by,
            overstate: false,
            stuck: false,
            former_agents: false,
            break_messages: false.into(),
            expiring: false,
            addresses: Mutex::default(),
            news: Mutex::default(),
            said: Mutex::default(),
        }
    }

    /// The desk changes: records come again, or others are gone.
    pub fn tell(&self, stream: &'static str, records: Vec<Record>, gone: Vec<Key>) {
        for record in &records {
            if let Record::Message(message) = record {
                self.said.lock().unwrap().push(message.clone());
            }
        }
        self.news.lock().unwrap().push((stream, records, gone));
    }

    /// A conversation of the desk as it is in the beginning.
    pub fn conversation(&self, n: usize) -> Conversation {
        Conversation {
            id: n.to_string(),
            subject: Some(format!("ticket {n}")),
            requester_id: Some(match self.former_agents {
                true => format!("former-{n}"),
                false => "c1".into(),
            }),
            declared_messages: Some((self.messages + usize::from(self.overstate)) as u32),
            ..Conversation::default()
        }
    }

    fn messages(&self, conversation: usize) -> Vec<Record> {
        let mut records = Vec::new();
        for n in 0..self.messages {
            let id = format!("{conversation}-{n}");
            let agent = n % 2 == 1;
            records.push(Record::Message(Message {
                id: id.clone(),
                conversation_id: conversation.to_string(),
                author: Author {
                    kind: AuthorKind::Contact,
                    id: Some(if agent { "a1" } else { "c1" }.into()),
                    ..Author::default()
                },
                html: Some(format!("<p>message {id}</p>")),
                sent_at: Some(date(1_500_000_000 + n as i64 * 60)),
                ..Message::default()
            }));
            if n == 0 || (n == 1 && self.expiring) {
                records.push(Record::Attachment(Attachment {
                    id: format!("f{id}"),
                    owner: Owner::Message(id),
                    name: "file.txt".into(),
                    mime: None,
                    size: Some(5),
                    inline: false,
                    content_id: None,
                    url: Some("memory".into()),
                    sha256: None,
                    locale: None,
                    created_at: None,
                    extra: Extra::new(),
                }));
            }
        }
        records
    }
}

pub fn date(second: i64) -> Date {
    Date::from_second(second).unwrap()
}

const PEOPLE: Stream = Stream {
    name: "people",
    yields: &[Kind::Contact, Kind::Agent],
};
const TICKETS: Stream = Stream {
    name: "tickets",
    yields: &[Kind::Conversation],
};
const COMMENTS: Stream = Stream {
    name: "comments",
    yields: &[Kind::Message, Kind::Attachment],
};
/// Conversations a page.
const PAGE: usize = 7;

#[async_trait]
impl Source for MemorySource {
    fn capabilities(&self) -> &'static [Capability] {
        &[]
    }

    async fn check(&self) -> Result<Vec<CheckItem>> {
        Ok(Vec::new())
    }

    async fn inventory(&self) -> Result<Inventory> {
        Ok(Inventory::default())
    }

    fn streams(&self, _: &Scope) -> Vec<Stream> {
        match self.by {
            MessagesBy::Stream => vec![PEOPLE, TICKETS, COMMENTS],
            MessagesBy::Conversation => vec![PEOPLE, TICKETS],
        }
    }

    async fn pull(&self, stream: Stream, cursor: Option<&str>, _: &Scope) -> Result<Page> {
        let start: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let first = match stream == PEOPLE {
            true => 1,
            false => self.conversations,
        };
        if cursor.is_some() && start >= first && !self.stuck {
            let news = self.news.lock().unwrap();
            let mine: Vec<_> = news
                .iter()
                .filter(|(name, ..)| *name == stream.name)
                .collect();
            let Some((_, records, gone)) = mine.get(start - first) else {
                return Ok(Page {
                    done: true,
                    ..Page::default()
                });
            };
            return Ok(Page {
                records: records.clone(),
                gone: gone.clone(),
                next: Some((start + 1).to_string()),
                done: start + 1 - first == mine.len(),
                ..Page::default()
            });
        }
        if stream == PEOPLE {
            let former = (0..self.conversations).filter(|_| self.former_agents);
            let former = former.map(|n| {
                Record::Agent(Agent {
                    id: format!("former-{n}"),
                    email: Some(format!("former-{n}@example.com")),
                    ..Agent::default()
                })
            });
            return Ok(Page {
                records: [
                    Record::Contact(Contact {
                        id: "c1".into(),
                        name: Some("Zoë".into()),
                        identities: vec![Identity::new(IdentityKind::Email, "zoe@example.com")],
                        ..Contact::default()
                    }),
                    Record::Agent(Agent {
                        id: "a1".into(),
                        name: Some("Ada".into()),
                        email: Some("ada@example.com".into()),
                        active: true,
                        ..Agent::default()
                    }),
                ]
                .into_iter()
                .chain(former)
                .collect(),
                next: Some("1".into()),
                done: true,
                ..Page::default()
            });
        }
        if stream == COMMENTS && start > 0 && self.break_messages.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Transient, "no answer"));
        }
        let end = (start + PAGE).min(self.conversations);
        let mut page = Page {
            done: end == self.conversations && !self.stuck,
            next: Some(if self.stuck { start } else { end }.to_string()),
            ..Page::default()
        };
        for n in start..end {
            match stream == TICKETS {
                true => page
                    .records
                    .push(Record::Conversation(self.conversation(n))),
                false => page.records.extend(self.messages(n)),
            }
        }
        Ok(page)
    }

    fn messages_by(&self) -> MessagesBy {
        self.by
    }

    async fn messages_of(&self, conversation: &Conversation) -> Result<Page> {
        let mut records = self.messages(conversation.id.parse().unwrap());
        for message in self.said.lock().unwrap().iter() {
            if message.conversation_id != conversation.id {
                continue;
            }
            let record = Record::Message(message.clone());
            match records.iter().position(|known| known.key() == record.key()) {
                Some(at) => records[at] = record,
                None => records.push(record),
            }
        }
        let answer = {
            let mut addresses = self.addresses.lock().unwrap();
            addresses.0 += 1;
            addresses.0
        };
        for record in &mut records {
            if let Record::Attachment(attachment) = record {
                attachment.url = Some(format!("again-{answer}"));
            }
        }
        Ok(Page {
            records,
            ..Page::default()
        })
    }

    async fn fetch_blob(&self, attachment: &Attachment) -> Result<Blob> {
        let good = |url: &str| {
            let mut addresses = self.addresses.lock().unwrap();
            url.starts_with("again") && addresses.1.insert(url.to_owned())
        };
        if self.expiring && !attachment.url.as_deref().is_some_and(good) {
            return Err(Error::new(ErrorKind::Forbidden, "the address has expired"));
        }
        let bytes = bytes::Bytes::from_static(b"bytes");
        Ok(Blob {
            size: Some(5),
            mime: None,
            bytes: Box::pin(futures::stream::iter([Ok(bytes)])),
        })
    }
}
