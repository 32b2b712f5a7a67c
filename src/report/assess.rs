//! An audit for people and machines: the same figures on a page, in a
//! terminal, as Markdown, CSV and JSON.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use super::page::Column::{self, Number as N, Words as W};
use super::page::{Block, Card, Cell, Chart, Heat, Page, Section, Series, Table, Tone};
use super::{FORMAT, disk, table};
use crate::connector::{Error, Result};
use crate::engine::assess::{Audit, Compared, Row, Service, Times, Value, compare, figures};
use crate::lang::Texts;
use crate::schema::{Channel, Date, Key, Kind};

/// Months of a chart; more are told by year.
const MONTHS: usize = 48;

/// The hours that are told to be busiest.
const BUSIEST: usize = 5;

/// Rows of a list of fields or agents.
const ROWS: usize = 50;

/// An audit, and that of the other desk where both are compared.
#[derive(Debug, Serialize)]
pub struct Assessment {
    /// The desk.
    pub audit: Audit,
    /// The other desk, as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Audit>,
    /// Both side by side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Row>,
}

impl Assessment {
    /// An audit, and another one to compare it with.
    pub fn new(audit: Audit, target: Option<Audit>) -> Self {
        Assessment {
            compared: target
                .as_ref()
                .map(|target| compare(&audit, target))
                .unwrap_or_default(),
            audit,
            target,
        }
    }

    /// The page.
    pub fn page(&self, texts: &Texts) -> Page {
        Page {
            title: texts.say("assess-title", &[("desk", (*self.audit.desk).into())]),
            subtitle: subtitle(&self.audit, texts),
            sections: self.sections(texts, 2),
        }
    }

    /// Its parts, with headings of this order.
    pub fn sections(&self, texts: &Texts, level: u8) -> Vec<Section> {
        let teller = Teller { texts, level };
        let mut sections = Vec::new();
        if let Some(target) = &self.target {
            sections.push(teller.comparison(self, target));
        }
        let audit = &self.audit;
        sections.extend([
            teller.volume(audit),
            teller.service(audit),
            teller.customers(audit),
            teller.hours(audit),
            teller.content(audit),
            teller.articles(audit),
            teller.files(audit),
            teller.agents(audit),
        ]);
        if let Some(section) = teller.unknown(audit) {
            sections.push(section);
        }
        sections
    }

    /// One document with everything.
    pub fn json(&self, out: &mut dyn Write) -> Result<()> {
        #[derive(Serialize)]
        struct Document<'a> {
            format: u32,
            #[serde(flatten)]
            all: &'a Assessment,
        }
        let document = Document {
            format: FORMAT,
            all: self,
        };
        serde_json::to_writer(&mut *out, &document)
            .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
        out.write_all(b"\n").map_err(disk)
    }

    /// Every figure in a row.
    pub fn csv(&self, out: &mut dyn Write) -> Result<()> {
        let plain = |value: &Option<Value>| match value {
            None => String::new(),
            Some(Value::Count(number) | Value::Bytes(number)) => number.to_string(),
            Some(Value::Percent(number) | Value::Minutes(number) | Value::Score(number)) => {
                format!("{number:.1}")
            }
        };
        let unit = |value: &Option<Value>| match value {
            None => "",
            Some(Value::Count(_)) => "count",
            Some(Value::Bytes(_)) => "bytes",
            Some(Value::Percent(_)) => "percent",
            Some(Value::Minutes(_)) => "minutes",
            Some(Value::Score(_)) => "score",
        };
        if self.target.is_none() {
            let mut table = table::Table::new(out, &["figure", "of", "value", "unit"])?;
            for figure in figures(&self.audit) {
                let of = figure.of.unwrap_or_default();
                let value = &figure.value;
                table.row(&[figure.id, &of, &plain(value), unit(value)])?;
            }
            return table.finish();
        }
        let heads = ["figure", "of", "source", "target", "unit", "compared"];
        let mut table = table::Table::new(out, &heads)?;
        for row in &self.compared {
            let either = row.source.or(row.target);
            table.row(&[
                row.id,
                row.of.as_deref().unwrap_or_default(),
                &plain(&row.source),
                &plain(&row.target),
                unit(&either),
                row.compared.name(),
            ])?;
        }
        table.finish()
    }
}

/// What an audit stands for.
pub fn subtitle(audit: &Audit, texts: &Texts) -> String {
    let at = audit.at.parse::<Date>();
    let at = at.map_or_else(|_| audit.at.clone(), |date| texts.time(date));
    texts.say(
        "assess-subtitle",
        &[("at", at.into()), ("zone", (*audit.time_zone).into())],
    )
}

/// The name of a channel.
pub fn channel(texts: &Texts, channel: Channel) -> String {
    texts.get(&format!("assess-channel-{}", channel.name()))
}

/// One record: `conversation 7`.
pub fn one(texts: &Texts, key: &Key) -> String {
    let name = format!("report-one-{}", key.kind.name());
    texts.say(&name, &[("id", (*key.id).into())])
}

/// Conversations by month, or by year where there are many, of one or two sides.
pub fn timeline(
    texts: &Texts,
    title: String,
    sides: &[(String, BTreeMap<String, u64>)],
) -> Option<Chart> {
    let mut names: Vec<String> = sides
        .iter()
        .flat_map(|side| side.1.keys().cloned())
        .collect();
    names.sort_unstable();
    names.dedup();
    let (first, last) = (names.first()?.clone(), names.last()?.clone());
    let mut names = months(&first, &last);
    let mut sides = sides.to_vec();
    if names.len() > MONTHS {
        for (_, counts) in &mut sides {
            let mut years: BTreeMap<String, u64> = BTreeMap::new();
            for (month, count) in counts.iter() {
                *years.entry(month.chars().take(4).collect()).or_default() += count;
            }
            *counts = years;
        }
        names = names
            .iter()
            .map(|name| name.chars().take(4).collect())
            .collect();
        names.dedup();
    }
    let series: Vec<Series> = sides
        .into_iter()
        .map(|(name, counts)| Series {
            name,
            values: names
                .iter()
                .map(|month| counts.get(month).copied().unwrap_or_default())
                .collect(),
        })
        .collect();
    let of = texts.get("assess-month");
    let mut chart = Chart::columns(texts, title, &of, &names, &series);
    // One wrong date makes decades without anything.
    let mut place = 0;
    chart.table.rows.retain(|_| {
        let some = series.iter().any(|side| side.values[place] > 0);
        place += 1;
        some
    });
    Some(chart)
}

/// Every month from the first to the last, the empty ones too.
fn months(first: &str, last: &str) -> Vec<String> {
    let parse = |text: &str| {
        let (year, month) = text.split_once('-')?;
        Some((year.parse::<i32>().ok()?, month.parse::<i32>().ok()?))
    };
    let (Some((mut year, mut month)), Some(end)) = (parse(first), parse(last)) else {
        return vec![first.to_owned(), last.to_owned()];
    };
    let mut names = Vec::new();
    while (year, month) <= end {
        names.push(format!("{year:04}-{month:02}"));
        month += 1;
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    names
}

struct Teller<'a> {
    texts: &'a Texts,
    level: u8,
}

impl Teller<'_> {
    fn section(&self, id: &'static str, title: &str, blocks: Vec<Block>) -> Section {
        Section {
            id,
            level: self.level,
            title: self.texts.get(title),
            blocks,
        }
    }

    fn heads(&self, caption: &str, columns: &[Column]) -> Table {
        Table::named(self.texts, caption, columns)
    }

    fn number(&self, number: u64) -> Cell {
        self.texts.number(number).into()
    }

    fn percent(&self, percent: f64) -> String {
        let value = self.texts.decimal(percent, 1);
        self.texts.say("assess-percent", &[("value", value.into())])
    }

    fn share(&self, count: u64, of: u64) -> String {
        match of {
            0 => self.none(),
            of => self.percent(count as f64 * 100.0 / of as f64),
        }
    }

    fn none(&self) -> String {
        "–".to_owned()
    }

    fn minutes(&self, minutes: f64) -> String {
        self.texts
            .duration(Duration::from_secs_f64(minutes.max(0.0) * 60.0))
    }

    fn times(&self, times: &Option<Times>) -> [Cell; 2] {
        match times {
            Some(times) => {
                [times.median_minutes, times.p90_minutes].map(|m| self.minutes(m).into())
            }
            None => [self.none().into(), self.none().into()],
        }
    }

    fn day(&self, day: &Option<String>) -> Cell {
        let date = day
            .as_deref()
            .and_then(|day| format!("{day}T00:00:00Z").parse().ok());
        match date {
            Some(date) => self.texts.day(date).into(),
            None => self.none().into(),
        }
    }

    fn value(&self, value: &Option<Value>) -> Cell {
        Cell::from(match value {
            None => self.none(),
            Some(Value::Count(count)) => self.texts.number(*count),
            Some(Value::Percent(percent)) => self.percent(*percent),
            Some(Value::Minutes(minutes)) => self.minutes(*minutes),
            Some(Value::Score(score)) => self.texts.decimal(*score, 0),
            Some(Value::Bytes(bytes)) => self.texts.bytes(*bytes),
        })
    }

    /// What a figure is about: a channel, else as it is.
    fn of(&self, of: Option<&str>) -> String {
        match of.and_then(Channel::parse) {
            Some(known) => channel(self.texts, known),
            None => of.map_or_else(|| self.texts.get("assess-all"), str::to_owned),
        }
    }

    fn comparison(&self, both: &Assessment, target: &Audit) -> Section {
        let texts = self.texts;
        let mut table = self.heads(
            "assess-compared-caption",
            &[
                W("assess-figure"),
                W("assess-of"),
                N("assess-source"),
                N("assess-target"),
                W("assess-result"),
            ],
        );
        table.search = true;
        for row in &both.compared {
            let tone = match row.compared {
                Compared::Same => Tone::Good,
                Compared::Differs => Tone::Bad,
                Compared::Unknown => Tone::Soft,
            };
            let figure = row.id.replace('_', "-");
            table.row(vec![
                texts.get(&format!("assess-figure-{figure}")).into(),
                self.of(row.of.as_deref()).into(),
                self.value(&row.source),
                self.value(&row.target),
                Cell::from(texts.get(&format!("assess-compared-{}", row.compared.name())))
                    .toned(tone),
            ]);
        }
        let left = &target.left_out;
        let proof = texts.say(
            "assess-compared-proof",
            &[
                ("desk", (*target.desk).into()),
                ("conversations", left.conversations.into()),
                ("articles", left.articles.into()),
            ],
        );
        self.section(
            "compared",
            "assess-compared-title",
            vec![Block::text(proof), Block::Table(table)],
        )
    }

    fn volume(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let volume = &audit.volume;
        let mut blocks = vec![Block::Cards {
            cards: vec![
                self.card("assess-conversations", volume.conversations),
                self.card("assess-messages", volume.messages),
                self.card("assess-customers", audit.customers.all),
                self.card("assess-articles", audit.articles.all),
            ],
        }];
        let months = volume.months.iter();
        let months = months.map(|m| (m.month.clone(), m.conversations)).collect();
        let name = texts.get("assess-conversations");
        if let Some(chart) = timeline(texts, texts.get("assess-months"), &[(name, months)]) {
            blocks.push(Block::Columns(chart));
        }
        let mut table = self.heads(
            "assess-channels",
            &[
                W("assess-channel"),
                N("assess-conversations"),
                N("assess-share"),
                N("assess-messages"),
            ],
        );
        let counts = &volume.conversations_by_channel;
        let mut channels: Vec<Channel> = Channel::ALL.to_vec();
        channels.retain(|c| counts.contains_key(c) || volume.messages_by_channel.contains_key(c));
        let count = |of: &BTreeMap<Channel, u64>, c: Channel| of.get(&c).copied().unwrap_or(0);
        channels.sort_by_key(|c| std::cmp::Reverse(count(counts, *c)));
        for known in channels {
            let conversations = count(counts, known);
            table.row(vec![
                channel(texts, known).into(),
                self.number(conversations),
                self.share(conversations, volume.conversations).into(),
                self.number(count(&volume.messages_by_channel, known)),
            ]);
        }
        blocks.push(Block::Table(table));
        let left = &audit.left_out;
        if left.spam + left.deleted + volume.undated > 0 {
            let text = texts.say(
                "assess-left-out",
                &[
                    ("spam", left.spam.into()),
                    ("deleted", left.deleted.into()),
                    ("undated", volume.undated.into()),
                ],
            );
            blocks.push(Block::toned(text, Tone::Soft));
        }
        self.section("volume", "assess-volume", blocks)
    }

    fn card(&self, label: &str, value: u64) -> Card {
        Card {
            label: self.texts.get(label),
            value: self.texts.number(value),
            tone: Tone::Plain,
        }
    }

    fn service(&self, audit: &Audit) -> Section {
        let mut times = self.heads(
            "assess-times",
            &[
                W("assess-channel"),
                N("assess-first-median"),
                N("assess-first-p90"),
                N("assess-solved-median"),
                N("assess-solved-p90"),
            ],
        );
        let mut quality = self.heads(
            "assess-quality",
            &[
                W("assess-channel"),
                N("assess-reopened"),
                N("assess-backlog"),
                N("assess-backlog-age"),
                N("assess-csat"),
                N("assess-nps"),
            ],
        );
        for service in &audit.service {
            let name = self.of(service.channel.map(Channel::name));
            let mut row: Vec<Cell> = vec![name.clone().into()];
            row.extend(self.times(&service.first_reply));
            row.extend(self.times(&service.resolution));
            times.row(row);
            quality.row(self.quality(name, service));
        }
        let mut ages = self.heads("assess-ages", &[W("assess-age"), N("assess-conversations")]);
        if let Some(all) = audit.service.first() {
            for (place, count) in all.backlog_by_age.iter().enumerate() {
                let name = self.texts.get(&format!("assess-age-{place}"));
                ages.row(vec![name.into(), self.number(*count)]);
            }
        }
        self.section(
            "service",
            "assess-service",
            vec![
                Block::Table(times),
                Block::Table(quality),
                Block::Table(ages),
            ],
        )
    }

    fn quality(&self, name: String, service: &Service) -> Vec<Cell> {
        let percent = |share: &Option<crate::engine::assess::Share>| match share {
            Some(share) => self.percent(share.percent()),
            None => self.none(),
        };
        vec![
            name.into(),
            percent(&service.reopened).into(),
            self.number(service.backlog),
            self.times(&service.backlog_age)[0].clone(),
            percent(&service.csat).into(),
            match service.nps {
                Some(nps) => self.texts.decimal(nps.score(), 0).into(),
                None => self.none().into(),
            },
        ]
    }

    fn customers(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let c = &audit.customers;
        let mut table = self.heads(
            "assess-customers-caption",
            &[W("assess-figure"), N("assess-number"), N("assess-share")],
        );
        for (id, count, of) in [
            ("assess-customers-seen", c.seen, c.all),
            ("assess-customers-several", c.several_channels, c.seen),
            ("assess-people-seen", c.people_seen, 0),
            (
                "assess-people-several",
                c.people_several_channels,
                c.people_seen,
            ),
            ("assess-unifiable", c.unifiable, c.all),
            ("assess-maybe", c.maybe, 0),
            ("assess-no-address", c.no_address, c.all),
            ("assess-cut-off", c.cut_off, audit.volume.conversations),
        ] {
            let share = self.share(count, of);
            table.row(vec![texts.get(id).into(), self.number(count), share.into()]);
        }
        let mut blocks = vec![Block::Table(table)];
        if !c.examples.is_empty() {
            let mut table = self.heads(
                "assess-split-caption",
                &[
                    W("assess-profile"),
                    W("assess-other-profile"),
                    W("assess-evidence"),
                    W("assess-certain"),
                ],
            );
            let name = |name: &Option<String>, id: &str| match name {
                Some(name) => format!("{name} ({id})"),
                None => id.to_owned(),
            };
            for split in &c.examples {
                let certain = match split.certain {
                    true => texts.get("assess-yes"),
                    false => texts.get("assess-perhaps"),
                };
                table.row(vec![
                    name(&split.one_name, &split.one).into(),
                    name(&split.other_name, &split.other).into(),
                    Cell::english(&*split.why),
                    certain.into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        if !c.cut_off_examples.is_empty() {
            let mut table = self.heads(
                "assess-cut-off-caption",
                &[
                    W("assess-conversation"),
                    W("assess-channel"),
                    W("assess-followed-by"),
                    W("assess-channel"),
                    N("assess-after"),
                ],
            );
            for cut in &c.cut_off_examples {
                table.row(vec![
                    (*cut.id).into(),
                    channel(texts, cut.channel).into(),
                    (*cut.next).into(),
                    channel(texts, cut.next_channel).into(),
                    self.minutes(cut.minutes as f64).into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        self.section("customers", "assess-customers-title", blocks)
    }

    fn hours(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let days: Vec<String> = (1..=7)
            .map(|day| texts.get(&format!("assess-day-{day}")))
            .collect();
        let caption = texts.say(
            "assess-hours-caption",
            &[("zone", (*audit.time_zone).into())],
        );
        let mut heads = vec![texts.get("assess-day")];
        heads.extend((0..24).map(|hour| format!("#{hour:02}")));
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut all = Table::new(caption.clone(), &heads);
        let mut each = Vec::new();
        for (day, hours) in audit.hours.iter().enumerate() {
            let mut row: Vec<Cell> = vec![days[day % 7].as_str().into()];
            row.extend(hours.iter().map(|count| self.number(*count)));
            all.row(row);
            each.extend(
                hours
                    .iter()
                    .enumerate()
                    .map(|(hour, count)| (*count, day, hour)),
            );
        }
        each.sort_by_key(|(count, day, hour)| (std::cmp::Reverse(*count), *day, *hour));
        let mut busiest = self.heads(
            "assess-busiest",
            &[W("assess-day"), W("assess-hour"), N("assess-messages")],
        );
        for (count, day, hour) in each.into_iter().take(BUSIEST).filter(|(n, ..)| *n > 0) {
            busiest.row(vec![
                days[day % 7].as_str().into(),
                format!("{hour:02}:00–{:02}:00", (hour + 1) % 24).into(),
                self.number(count),
            ]);
        }
        let blocks = match busiest.rows.is_empty() {
            true => vec![self.nothing()],
            false => vec![Block::Heat(Heat::new(
                caption,
                &days,
                &audit.hours,
                [all, busiest],
            ))],
        };
        self.section("hours", "assess-hours", blocks)
    }

    fn nothing(&self) -> Block {
        Block::toned(self.texts.get("assess-nothing"), Tone::Soft)
    }

    fn content(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let mut blocks = Vec::new();
        if !audit.tags.top.is_empty() {
            let mut table =
                self.heads("assess-tags", &[W("assess-tag"), N("assess-conversations")]);
            table.caption = texts.say("assess-tags", &[("different", audit.tags.different.into())]);
            for tag in &audit.tags.top {
                table.row(vec![(*tag.tag).into(), self.number(tag.count)]);
            }
            blocks.push(Block::Table(table));
        }
        if !audit.fields.is_empty() {
            let mut table = self.heads(
                "assess-fields",
                &[
                    W("assess-field"),
                    W("assess-kind"),
                    N("assess-filled"),
                    N("assess-share"),
                    W("assess-last"),
                    W("assess-use"),
                ],
            );
            let mut fields: Vec<_> = audit.fields.iter().collect();
            fields.sort_by_key(|field| !field.dead);
            for field in fields.iter().take(ROWS) {
                let state = match (field.dead, field.filled.of) {
                    (_, 0) => Cell::from(texts.get("assess-unused-unknown")).toned(Tone::Soft),
                    (true, _) => Cell::from(texts.get("assess-dead")).toned(Tone::Bad),
                    (false, _) => Cell::from(texts.get("assess-used")),
                };
                let kind = Kind::parse(&field.on).map(|kind| texts.kind(kind));
                table.row(vec![
                    (*field.label).into(),
                    kind.unwrap_or_default().into(),
                    self.number(field.filled.count),
                    self.share(field.filled.count, field.filled.of).into(),
                    self.day(&field.last),
                    state,
                ]);
            }
            blocks.push(Block::Table(table));
            self.more(fields.len(), &mut blocks);
        }
        if blocks.is_empty() {
            blocks.push(self.nothing());
        }
        self.section("content", "assess-content", blocks)
    }

    fn more(&self, all: usize, blocks: &mut Vec<Block>) {
        if all > ROWS {
            let more = self
                .texts
                .say("assess-more", &[("count", (all - ROWS).into())]);
            blocks.push(Block::toned(more, Tone::Soft));
        }
    }

    fn articles(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let articles = &audit.articles;
        let mut blocks = Vec::new();
        if articles.all == 0 {
            blocks.push(self.nothing());
        } else {
            blocks.push(Block::Cards {
                cards: vec![
                    self.card("assess-articles", articles.all),
                    self.card("assess-published-texts", articles.published),
                    self.card("assess-empty", articles.empty),
                    self.card("assess-duplicates", articles.duplicates),
                ],
            });
            let mut table = self.heads(
                "assess-languages",
                &[
                    W("assess-language"),
                    N("assess-articles"),
                    N("assess-published"),
                    N("assess-outdated"),
                    N("assess-missing"),
                    W("assess-for-example"),
                ],
            );
            for language in &articles.languages {
                let examples = language.examples.iter();
                let examples: Vec<String> = examples.map(|a| a.title.clone()).collect();
                table.row(vec![
                    (*language.locale).into(),
                    self.number(language.articles),
                    self.number(language.published),
                    self.number(language.outdated),
                    self.number(language.missing),
                    examples.join("; ").into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        if articles.duplicates + articles.empty > 0 {
            let mut table = self.heads(
                "assess-clean-caption",
                &[W("assess-article"), W("assess-title-of"), W("assess-what")],
            );
            for empty in &articles.empty_examples {
                let what = texts.get("assess-is-empty");
                table.row(vec![(*empty.id).into(), (*empty.title).into(), what.into()]);
            }
            for double in &articles.duplicate_examples {
                let what = texts.say(
                    "assess-is-duplicate",
                    &[
                        ("other", (*double.same_as).into()),
                        ("locale", (*double.locale).into()),
                    ],
                );
                table.row(vec![
                    (*double.id).into(),
                    (*double.title).into(),
                    what.into(),
                ]);
            }
            blocks.push(Block::Table(table));
        }
        self.section("articles", "assess-articles-title", blocks)
    }

    fn files(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let files = &audit.files;
        if files.all == 0 {
            return self.section("files", "assess-files", vec![self.nothing()]);
        }
        let mut blocks = vec![Block::text(texts.say(
            "assess-files-sum",
            &[
                ("count", files.all.into()),
                ("bytes", texts.bytes(files.bytes).into()),
                ("sizeless", files.sizeless.into()),
                ("undated", files.undated.into()),
            ],
        ))];
        for (caption, list) in [
            ("assess-biggest", &files.biggest),
            ("assess-oldest", &files.oldest),
        ] {
            let mut table = self.heads(
                caption,
                &[
                    W("assess-file"),
                    N("assess-size"),
                    W("assess-day-of"),
                    W("assess-belongs"),
                ],
            );
            for file in list {
                let size = file
                    .size
                    .map_or_else(|| self.none(), |size| texts.bytes(size));
                let on = file.on.as_ref();
                let on = on.map(|key| one(texts, key));
                table.row(vec![
                    (*file.name).into(),
                    size.into(),
                    self.day(&file.at),
                    on.unwrap_or_else(|| self.none()).into(),
                ]);
            }
            if !list.is_empty() {
                blocks.push(Block::Table(table));
            }
        }
        self.section("files", "assess-files", blocks)
    }

    fn agents(&self, audit: &Audit) -> Section {
        let texts = self.texts;
        let agents = &audit.agents;
        let mut blocks = vec![Block::text(texts.say(
            "assess-agents-sum",
            &[
                ("active", agents.active.into()),
                ("idle", agents.idle.into()),
                ("former", agents.former.into()),
            ],
        ))];
        if !agents.idle_list.is_empty() {
            let mut table =
                self.heads("assess-idle", &[W("assess-agent"), W("assess-last-active")]);
            for idle in agents.idle_list.iter().take(ROWS) {
                let name = idle.name.as_deref().unwrap_or(&idle.id);
                let last = match idle.last {
                    Some(_) => self.day(&idle.last),
                    None => texts.get("assess-never").into(),
                };
                table.row(vec![name.into(), last]);
            }
            blocks.push(Block::Table(table));
            self.more(agents.idle_list.len(), &mut blocks);
        }
        self.section("agents", "assess-agents", blocks)
    }

    fn unknown(&self, audit: &Audit) -> Option<Section> {
        if audit.unknown.is_empty() {
            return None;
        }
        let texts = self.texts;
        let mut table = self.heads(
            "assess-unknown-caption",
            &[W("assess-figure"), W("assess-why")],
        );
        for unknown in &audit.unknown {
            let figure = unknown.figure.replace('_', "-");
            let code = unknown.code.name().replace('_', "-");
            table.row(vec![
                texts.get(&format!("assess-part-{figure}")).into(),
                texts.get(&format!("assess-why-{code}")).into(),
            ]);
        }
        Some(self.section("unknown", "assess-unknown-title", vec![Block::Table(table)]))
    }
}
