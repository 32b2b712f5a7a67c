//! The words and cells that all sections are made of, and the figures that come first.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::page::Column::{self, Number as N, Words as W};
use super::super::page::{Block, Card, Cell, Section, Table, Tone};
use super::{Assessment, channel, timeline};
use crate::engine::assess::{Audit, Compared, Times, Value};
use crate::lang::Texts;
use crate::schema::Channel;

pub(super) struct Teller<'a> {
    pub texts: &'a Texts,
    pub level: u8,
}

impl Teller<'_> {
    pub(super) fn section(&self, id: &'static str, title: &str, blocks: Vec<Block>) -> Section {
        Section {
            id,
            level: self.level,
            title: self.texts.get(title),
            blocks,
        }
    }

    pub(super) fn heads(&self, caption: &str, columns: &[Column]) -> Table {
        Table::named(self.texts, caption, columns)
    }

    pub(super) fn number(&self, number: u64) -> Cell {
        self.texts.number(number).into()
    }

    pub(super) fn percent(&self, percent: f64) -> String {
        let value = self.texts.decimal(percent, 1);
        self.texts.say("assess-percent", &[("value", value.into())])
    }

    pub(super) fn share(&self, count: u64, of: u64) -> String {
        match of {
            0 => self.none(),
            of => self.percent(count as f64 * 100.0 / of as f64),
        }
    }

    pub(super) fn none(&self) -> String {
        "–".to_owned()
    }

    pub(super) fn minutes(&self, minutes: f64) -> String {
        self.texts
            .duration(Duration::from_secs_f64(minutes.max(0.0) * 60.0))
    }

    pub(super) fn times(&self, times: &Option<Times>) -> [Cell; 2] {
        match times {
            Some(times) => {
                [times.median_minutes, times.p90_minutes].map(|m| self.minutes(m).into())
            }
            None => [self.none().into(), self.none().into()],
        }
    }

    pub(super) fn day(&self, day: &Option<String>) -> Cell {
        let date = day
            .as_deref()
            .and_then(|day| format!("{day}T00:00:00Z").parse().ok());
        match date {
            Some(date) => self.texts.day(date).into(),
            None => self.none().into(),
        }
    }

    pub(super) fn value(&self, value: &Option<Value>) -> Cell {
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
    pub(super) fn of(&self, of: Option<&str>) -> String {
        match of.and_then(Channel::parse) {
            Some(known) => channel(self.texts, known),
            None => of.map_or_else(|| self.texts.get("assess-all"), str::to_owned),
        }
    }

    pub(super) fn comparison(&self, both: &Assessment, target: &Audit) -> Section {
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

    pub(super) fn volume(&self, audit: &Audit) -> Section {
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

    pub(super) fn card(&self, label: &str, value: u64) -> Card {
        Card {
            label: self.texts.get(label),
            value: self.texts.number(value),
            tone: Tone::Plain,
        }
    }

    pub(super) fn nothing(&self) -> Block {
        Block::toned(self.texts.get("assess-nothing"), Tone::Soft)
    }
}
