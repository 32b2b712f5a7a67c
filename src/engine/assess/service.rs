//! How much came when by which channel, and how it was answered.

use std::collections::{BTreeMap, HashMap};

use super::people::Tracker;
use super::{
    CutOff, EXAMPLES, FOLLOW_UP_DAYS, Month, Nps, Options, Service as Served, Share, Times,
    Unknown, Volume, Why, short,
};
use crate::connector::Result;
use crate::ledger::Ledger;
use crate::schema::{
    Channel, Conversation, Date, Direction, Kind, LinkKind, Message, Rating, Record, Status,
};

const CHANNELS: usize = Channel::ALL.len();

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// Ages of the backlog, in days.
const AGES: [i64; 5] = [1, 7, 30, 90, 365];

/// What is kept of a conversation.
struct Kept {
    seq: i64,
    /// The contact who asked, by short id.
    person: Option<u64>,
    /// Seconds; `None` when the desk does not say.
    created: Option<i64>,
    /// Minutes until the first answer, as the desk says.
    told_reply: Option<u32>,
    channel: Channel,
    /// It continues another one, and the desk knows.
    linked: bool,
}

/// Values of one channel.
#[derive(Default)]
struct Tally {
    conversations: u64,
    messages: u64,
    replies: Vec<u32>,
    resolutions: Vec<u32>,
    solved: u64,
    reopens: Share,
    ages: Vec<u32>,
    by_age: [u64; 6],
    csat: Share,
    nps: Nps,
}

pub(super) struct Service {
    at: i64,
    zone: jiff::tz::TimeZone,
    kept: Vec<Kept>,
    places: HashMap<u64, u32>,
    /// Public messages, to be sorted: conversation, seconds, whether it is an answer.
    talk: Vec<(u32, u32, bool)>,
    tallies: Vec<Tally>,
    months: BTreeMap<(i16, i8), [u64; CHANNELS]>,
    messages: u64,
    undated: u64,
    hours: [[u64; 24]; 7],
}

/// What is left of it in the end.
pub(super) struct Told {
    pub volume: Volume,
    pub service: Vec<Served>,
    pub hours: Vec<[u64; 24]>,
}

impl Service {
    pub fn new(options: &Options<'_>) -> Self {
        Service {
            at: options.at.as_second(),
            zone: options.time_zone.clone(),
            kept: Vec::new(),
            places: HashMap::new(),
            talk: Vec::new(),
            tallies: Channel::ALL.iter().map(|_| Tally::default()).collect(),
            months: BTreeMap::new(),
            messages: 0,
            undated: 0,
            hours: [[0; 24]; 7],
        }
    }

    pub fn conversation(&mut self, seq: i64, record: &Conversation, person: Option<u64>) {
        let channel = record.channel;
        let created = record.created_at.map(Date::as_second);
        let metrics = record.metrics.as_ref();
        match record.created_at {
            Some(date) => {
                let date = date.to_zoned(self.zone.clone());
                let month = (date.year(), date.month());
                self.months.entry(month).or_insert([0; CHANNELS])[channel as usize] += 1;
            }
            None => self.undated += 1,
        }
        let since = |date: Option<Date>| Some(minutes(created?, date?.as_second()));
        let tally = &mut self.tallies[channel as usize];
        tally.conversations += 1;
        if matches!(record.status, Status::Solved | Status::Closed) {
            tally.solved += 1;
            // The desk's own figure is that of the last time; a date may be, too.
            let told = metrics.and_then(|m| m.full_resolution_minutes);
            let took = since(record.solved_at)
                .or(told.map(clamped))
                .or_else(|| since(record.closed_at));
            tally.resolutions.extend(took);
            if let Some(reopens) = metrics.and_then(|m| m.reopens) {
                tally.reopens.of += 1;
                tally.reopens.count += u64::from(reopens > 0);
            }
        } else if let Some(created) = created {
            tally.ages.push(minutes(created, self.at));
            let days = self.at.saturating_sub(created) / DAY;
            tally.by_age[AGES.iter().filter(|age| days >= **age).count()] += 1;
        }
        let told_reply =
            since(record.first_reply_at).or_else(|| Some(clamped(metrics?.first_reply_minutes?)));
        let continues = |kind| matches!(kind, LinkKind::FollowUpOf | LinkKind::MergedInto);
        let place = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        self.places.insert(short(&record.id), place);
        self.kept.push(Kept {
            seq,
            person,
            created,
            told_reply,
            channel,
            linked: record.links.iter().any(|link| continues(link.kind)),
        });
    }

    /// Where a conversation is kept, if it is counted.
    pub fn place(&self, conversation: &str) -> Option<u32> {
        self.places.get(&short(conversation)).copied()
    }

    pub fn person(&self, place: u32) -> Option<u64> {
        self.kept.get(place as usize)?.person
    }

    pub fn message(&mut self, message: &Message, place: u32, direction: Direction) {
        self.messages += 1;
        if direction == Direction::Internal || message.side_thread.is_some() {
            return;
        }
        self.tallies[message.channel as usize].messages += 1;
        let Some(date) = message.sent_at else { return };
        let seconds = u32::try_from(date.as_second()).unwrap_or_default();
        self.talk
            .push((place, seconds, direction == Direction::Outbound));
        if direction == Direction::Inbound {
            let date = date.to_zoned(self.zone.clone());
            let day = date.weekday().to_monday_zero_offset().unsigned_abs();
            self.hours[usize::from(day)][usize::from(date.hour().unsigned_abs())] += 1;
        }
    }

    pub fn rating(&mut self, rating: &Rating) {
        let Some(place) = self.place(&rating.conversation_id) else {
            return;
        };
        let Some(score) = rating.score else { return };
        let channel = self.kept[place as usize].channel;
        let tally = &mut self.tallies[channel as usize];
        match rating.scale.as_deref() {
            Some("nps") => {
                tally.nps.of += 1;
                tally.nps.promoters += u64::from(score >= 90);
                tally.nps.detractors += u64::from(score <= 60);
            }
            None | Some("csat") => {
                tally.csat.of += 1;
                tally.csat.count += u64::from(score > 50);
            }
            Some(_) => {}
        }
    }

    /// Conversations that the same person continued on another channel.
    pub fn cut_off(&self, ledger: &Ledger, people: &Tracker) -> Result<(u64, Vec<CutOff>)> {
        let mut lines: Vec<(u64, i64, usize)> = self
            .kept
            .iter()
            .enumerate()
            .filter_map(|(place, kept)| Some((people.person(kept.person?), kept.created?, place)))
            .collect();
        lines.sort_unstable();
        let mut count = 0;
        let mut examples = Vec::new();
        for pair in lines.windows(2) {
            let ((one, begun, a), (other, next, b)) = (pair[0], pair[1]);
            let (a, b) = (&self.kept[a], &self.kept[b]);
            let soon = next - begun <= FOLLOW_UP_DAYS * DAY;
            if one != other || a.channel == b.channel || !soon || a.linked || b.linked {
                continue;
            }
            count += 1;
            if examples.len() < EXAMPLES
                && let (Some(id), Some(following)) = (id_at(ledger, a.seq)?, id_at(ledger, b.seq)?)
            {
                examples.push(CutOff {
                    id,
                    channel: a.channel,
                    next: following,
                    next_channel: b.channel,
                    minutes: u64::from(minutes(begun, next)),
                });
            }
        }
        Ok((count, examples))
    }

    /// Minutes from the first message of a customer to the first public answer
    /// after it; where messages do not tell, what the desk says.
    fn replies(&mut self) {
        self.talk.sort_unstable();
        let mut took: HashMap<u32, u32> = HashMap::new();
        for talk in self.talk.chunk_by(|a, b| a.0 == b.0) {
            let asked = talk.iter().find(|(.., answer)| !answer);
            let Some((place, asked, _)) = asked else {
                continue;
            };
            let answered = talk.iter().find(|(_, at, answer)| *answer && at >= asked);
            if let Some((_, answered, _)) = answered {
                took.insert(*place, (answered - asked) / 60);
            }
        }
        for (place, kept) in self.kept.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let took = took.get(&place).copied().or(kept.told_reply);
            self.tallies[kept.channel as usize].replies.extend(took);
        }
    }

    pub fn finish(mut self, unknown: &mut Vec<Unknown>) -> Told {
        self.replies();
        let named = |count: fn(&Tally) -> u64| {
            let counted = Channel::ALL.iter().zip(&self.tallies);
            counted
                .map(|(channel, tally)| (*channel, count(tally)))
                .filter(|(_, count)| *count > 0)
                .collect::<BTreeMap<Channel, u64>>()
        };
        let volume = Volume {
            conversations: self.kept.len() as u64,
            messages: self.messages,
            conversations_by_channel: named(|tally| tally.conversations),
            messages_by_channel: named(|tally| tally.messages),
            months: self.months.iter().map(month).collect(),
            undated: self.undated,
        };
        let mut service = Vec::new();
        let mut whole = Tally::default();
        for (channel, tally) in Channel::ALL.iter().zip(self.tallies) {
            whole.add(&tally);
            if tally.conversations > 0 {
                service.push(tally.told(Some(*channel)));
            }
        }
        let whole = whole.told(None);
        let mut lacks = |figure, known: bool, why| {
            if !known {
                unknown.push(Unknown::new(figure, why));
            }
        };
        lacks("volume", whole.conversations > 0, Why::NoConversations);
        lacks("first_reply", whole.first_reply.is_some(), Why::NoReplies);
        lacks("resolution", whole.resolution.is_some(), Why::NoSolvedDates);
        lacks("reopened", whole.reopened.is_some(), Why::NoReopens);
        lacks("csat", whole.csat.is_some(), Why::NoRatings);
        lacks("nps", whole.nps.is_some(), Why::NoNps);
        let busy = self.hours.iter().flatten().any(|count| *count > 0);
        lacks("hours", busy, Why::NoMessages);
        service.insert(0, whole);
        Told {
            volume,
            service,
            hours: self.hours.to_vec(),
        }
    }
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.conversations += other.conversations;
        self.replies.extend(&other.replies);
        self.resolutions.extend(&other.resolutions);
        self.solved += other.solved;
        self.reopens.count += other.reopens.count;
        self.reopens.of += other.reopens.of;
        self.ages.extend(&other.ages);
        for (sum, count) in self.by_age.iter_mut().zip(other.by_age) {
            *sum += count;
        }
        self.csat.count += other.csat.count;
        self.csat.of += other.csat.of;
        self.nps.promoters += other.nps.promoters;
        self.nps.detractors += other.nps.detractors;
        self.nps.of += other.nps.of;
    }

    fn told(self, channel: Option<Channel>) -> Served {
        let share = |share: Share| (share.of > 0).then_some(share);
        Served {
            channel,
            conversations: self.conversations,
            first_reply: times(self.replies),
            resolution: times(self.resolutions),
            solved: self.solved,
            reopened: share(self.reopens),
            backlog: self.conversations - self.solved,
            backlog_age: times(self.ages),
            backlog_by_age: self.by_age,
            csat: share(self.csat),
            nps: (self.nps.of > 0).then_some(self.nps),
        }
    }
}

/// Median (the mean of both in the middle) and the ninth of ten (by rank).
pub(super) fn times(mut all: Vec<u32>) -> Option<Times> {
    all.sort_unstable();
    let last = all.len().checked_sub(1)?;
    let median = (f64::from(all[last / 2]) + f64::from(all[all.len() / 2])) / 2.0;
    let rank = (all.len() * 9).div_ceil(10).max(1);
    Some(Times {
        count: all.len() as u64,
        median_minutes: median,
        p90_minutes: f64::from(all[rank - 1]),
    })
}

fn month(((year, month), counts): (&(i16, i8), &[u64; CHANNELS])) -> Month {
    let by_channel = Channel::ALL.iter().copied().zip(counts.iter().copied());
    Month {
        month: format!("{year:04}-{month:02}"),
        conversations: counts.iter().sum(),
        by_channel: by_channel.filter(|(_, count)| *count > 0).collect(),
    }
}

/// Whole minutes between two points in time, none when the second is earlier.
fn minutes(from: i64, to: i64) -> u32 {
    u32::try_from((to.saturating_sub(from)).max(0) / MINUTE).unwrap_or(u32::MAX)
}

fn clamped(minutes: u64) -> u32 {
    u32::try_from(minutes).unwrap_or(u32::MAX)
}

fn id_at(ledger: &Ledger, seq: i64) -> Result<Option<String>> {
    let page = ledger.scan(Kind::Conversation, seq - 1, 1)?;
    Ok(page
        .into_iter()
        .next()
        .and_then(|stored| match stored.record {
            Record::Conversation(conversation) => Some(conversation.id),
            _ => None,
        }))
}
