//! What an audit tells, as machines get it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::connector::NotRead;
use crate::schema::{Channel, Key};

/// The omnichannel audit of one desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The desk's name.
    pub desk: String,
    /// The moment that ages are counted to.
    pub at: String,
    /// Whose clock `hours` are told by.
    pub time_zone: String,
    /// How much came by which channel.
    pub volume: Volume,
    /// Customers.
    pub customers: Customers,
    /// How they were served: all channels first (`channel` is none), then each.
    pub service: Vec<Service>,
    /// Messages of customers by weekday, Monday first, and hour.
    pub hours: Vec<[u64; 24]>,
    /// Tags of conversations.
    pub tags: Tags,
    /// Custom fields.
    pub fields: Vec<FieldUse>,
    /// The knowledge base.
    pub articles: Articles,
    /// Attachments.
    pub files: Files,
    /// Staff.
    pub agents: Agents,
    /// What is not counted above.
    pub left_out: LeftOut,
    /// What the desk has and was not read.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "NotRead::as_english"
    )]
    pub not_read: Vec<NotRead>,
    /// Figures that the data does not tell, and why.
    pub unknown: Vec<Unknown>,
}

/// How much came by which channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Conversations.
    pub conversations: u64,
    /// Messages, with internal notes.
    pub messages: u64,
    /// Conversations by the channel that they began on.
    pub conversations_by_channel: BTreeMap<Channel, u64>,
    /// Messages of customers and public answers by their channel.
    pub messages_by_channel: BTreeMap<Channel, u64>,
    /// By month.
    pub months: Vec<Month>,
    /// Conversations without a date.
    pub undated: u64,
}

/// Conversations begun in one month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Month {
    /// `2024-03`.
    pub month: String,
    /// Conversations.
    pub conversations: u64,
    /// By channel.
    pub by_channel: BTreeMap<Channel, u64>,
}

/// Customers and their profiles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Customers {
    /// Profiles.
    pub all: u64,
    /// Profiles that wrote or were written for.
    pub seen: u64,
    /// Of these, on more than one channel.
    pub several_channels: u64,
    /// People who were seen, when profiles of one person are counted once.
    pub people_seen: u64,
    /// Of these, on more than one channel.
    pub people_several_channels: u64,
    /// Profiles that are certainly another's and can be unified with it.
    pub unifiable: u64,
    /// Pairs of profiles that may be one person, for somebody to decide.
    pub maybe: u64,
    /// Profiles without any address.
    pub no_address: u64,
    /// Some of those that can be unified, or may be one.
    pub examples: Vec<Split>,
    /// Conversations that the same person continued on another channel.
    pub cut_off: u64,
    /// Some of them.
    pub cut_off_examples: Vec<CutOff>,
}

/// Two profiles that are or may be one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// The profile that stays.
    pub one: String,
    /// Its name.
    pub one_name: Option<String>,
    /// The other.
    pub other: String,
    /// Its name.
    pub other_name: Option<String>,
    /// What they have in common.
    pub why: String,
    /// Strong evidence, or somebody's decision.
    pub certain: bool,
}

/// A conversation and the one that continues it elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutOff {
    /// The first one.
    pub id: String,
    /// Its channel.
    pub channel: Channel,
    /// The one that followed.
    pub next: String,
    /// Its channel.
    pub next_channel: Channel,
    /// Minutes between their beginnings.
    pub minutes: u64,
}

/// How customers were served on one channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Channel; all of them when none.
    pub channel: Option<Channel>,
    /// Conversations.
    pub conversations: u64,
    /// Until the first public answer.
    pub first_reply: Option<Times>,
    /// Until it was solved.
    pub resolution: Option<Times>,
    /// Solved or closed.
    pub solved: u64,
    /// Opened again after they were solved.
    pub reopened: Option<Share>,
    /// Not solved.
    pub backlog: u64,
    /// How old these are.
    pub backlog_age: Option<Times>,
    /// These by age: up to a day, a week, a month, three months, a year, older.
    pub backlog_by_age: [u64; 6],
    /// Ratings that say satisfied.
    pub csat: Option<Share>,
    /// Promoters less detractors.
    pub nps: Option<Nps>,
}

/// Minutes of calendar time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// How many conversations this is known of.
    pub count: u64,
    /// Half took no longer.
    pub median_minutes: f64,
    /// Nine of ten took no longer.
    pub p90_minutes: f64,
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The part.
    pub count: u64,
    /// The whole.
    pub of: u64,
}

impl Share {
    /// In percent.
    pub fn percent(self) -> f64 {
        match self.of {
            0 => 0.0,
            of => self.count as f64 * 100.0 / of as f64,
        }
    }
}

/// Answers to "would you recommend us", from 0 to 10.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Nps {
    /// 9 and 10.
    pub promoters: u64,
    /// 0 to 6.
    pub detractors: u64,
    /// All of them.
    pub of: u64,
}

impl Nps {
    /// From -100 to 100.
    pub fn score(self) -> f64 {
        match self.of {
            0 => 0.0,
            of => (self.promoters as f64 - self.detractors as f64) * 100.0 / of as f64,
        }
    }
}

/// Tags of conversations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    /// Different ones; `more` when there were too many to count all.
    pub different: u64,
    /// Uses of tags that came after the first 20,000 different ones.
    pub more: u64,
    /// The most used.
    pub top: Vec<Tag>,
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// Tag.
    pub tag: String,
    /// Conversations.
    pub count: u64,
}

/// How a custom field is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldUse {
    /// Id.
    pub id: String,
    /// Label.
    pub label: String,
    /// Kind of record that has it.
    pub on: String,
    /// In use, as the desk says.
    pub active: bool,
    /// Records that have a value in it.
    pub filled: Share,
    /// Date of the newest of them.
    pub last: Option<String>,
    /// Nobody fills it: never, or not for a year.
    pub dead: bool,
}

/// The knowledge base.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Articles {
    /// Articles.
    pub all: u64,
    /// Texts of them, one a language.
    pub texts: u64,
    /// Texts that readers can see.
    pub published: u64,
    /// Texts without words and images.
    pub empty: u64,
    /// Some of them.
    pub empty_examples: Vec<Named>,
    /// Texts that another article has word for word.
    pub duplicates: u64,
    /// Some of them.
    pub duplicate_examples: Vec<Duplicate>,
    /// By language.
    pub languages: Vec<Language>,
}

/// A record with its title.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Title or name.
    pub title: String,
}

/// A text that two articles have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// The later one.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Language.
    pub locale: String,
    /// The article that had it first.
    pub same_as: String,
}

/// One language of the knowledge base.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// Language tag.
    pub locale: String,
    /// Articles that have it.
    pub articles: u64,
    /// Of these, published.
    pub published: u64,
    /// Of these, out of date according to the desk.
    pub outdated: u64,
    /// Articles that do not have it.
    pub missing: u64,
    /// Some of those.
    pub examples: Vec<Named>,
}

/// Attachments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Files {
    /// Files.
    pub all: u64,
    /// Bytes of those whose size is known.
    pub bytes: u64,
    /// Files whose size is not known.
    pub sizeless: u64,
    /// Files without a date.
    pub undated: u64,
    /// The biggest.
    pub biggest: Vec<File>,
    /// The oldest.
    pub oldest: Vec<File>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct File {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: Option<u64>,
    /// When it, or what it belongs to, was written.
    pub at: Option<String>,
    /// The conversation or article that has it.
    pub on: Option<Key>,
}

/// Staff.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Agents {
    /// Who can sign in.
    pub active: u64,
    /// Former staff.
    pub former: u64,
    /// Of those who can sign in, who did nothing for 90 days.
    pub idle: u64,
    /// The same by name.
    pub idle_list: Vec<Idle>,
}

/// An agent who can sign in and does nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Idle {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// The last day with a message or an assigned conversation.
    pub last: Option<String>,
}

/// What is not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Conversations marked as spam.
    pub spam: u64,
    /// Conversations that were deleted.
    pub deleted: u64,
    /// Conversations that are not ours.
    pub conversations: u64,
    /// Contacts that are not ours.
    pub contacts: u64,
    /// Articles that are not ours.
    pub articles: u64,
}

/// A figure that the data does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// Which one.
    pub figure: String,
    /// Code for machines.
    pub code: Why,
    /// The same for people, in English.
    pub why: String,
}

impl Unknown {
    /// What is not known and why.
    pub fn new(figure: &str, why: Why) -> Self {
        Unknown {
            figure: figure.to_owned(),
            code: why,
            why: why.says().to_owned(),
        }
    }
}

crate::schema::values! {
    /// Why a figure is not known.
    Why {
        /// No conversations.
        NoConversations = "no_conversations",
        /// No contacts.
        NoContacts = "no_contacts",
        /// No dated messages of customers with a later public answer.
        NoReplies = "no_replies",
        /// No conversation tells when it was solved.
        NoSolvedDates = "no_solved_dates",
        /// The desk does not tell how often conversations were opened again.
        NoReopens = "no_reopens",
        /// No ratings.
        NoRatings = "no_ratings",
        /// No answers to a recommendation survey.
        NoNps = "no_nps",
        /// No dated messages.
        NoMessages = "no_messages",
        /// No definitions of fields.
        NoFields = "no_fields",
        /// No articles.
        NoArticles = "no_articles",
        /// No files.
        NoFiles = "no_files",
    }
}

impl Why {
    /// In English.
    pub const fn says(self) -> &'static str {
        match self {
            Why::NoConversations => "there are no conversations",
            Why::NoContacts => "there are no contacts",
            Why::NoReplies => "no dated message of a customer has a dated public answer after it",
            Why::NoSolvedDates => "no conversation says when it was solved",
            Why::NoReopens => "the desk does not say how often conversations were opened again",
            Why::NoRatings => "there are no satisfaction ratings",
            Why::NoNps => "there are no answers to a recommendation survey",
            Why::NoMessages => "there are no dated messages of customers",
            Why::NoFields => "there are no custom fields",
            Why::NoArticles => "there are no articles",
            Why::NoFiles => "there are no files",
        }
    }
}
