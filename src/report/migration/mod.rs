//! What a page tells of a migration or a comparison.

mod outcome;
mod work;

use std::io::Write;

use super::assess::{Assessment, channel, one, timeline};
use super::page::Column::{Number as N, Words as W};
use super::page::{Block, Card, Cell, Chart, Page, Section, Series, Table, Tone};
use super::{Facts, Subject, View};
use crate::connector::{Detail, Result};
use crate::engine::assess::{self, Audit, Options, Volume};
use crate::lang::Texts;
use crate::ledger::{Action, Ledger};
use crate::schema::{Channel, Date, Key, Kind, Record};

/// Rows of a table of single records; CSV and JSON have all.
const ROWS: usize = 1000;

/// Runs that a page lists.
const RUNS: usize = 50;

/// Reasons for not being moved that are told apart.
const REASONS: usize = 200;

/// Name of what an earlier comparison read from the target, in the ledger.
pub const TARGET_AUDIT: &str = "assess.target";

pub(super) fn write(
    ledger: &Ledger,
    subject: Subject,
    view: &View<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    let teller = Teller {
        ledger,
        texts: view.texts,
        facts: Facts::read(ledger, RUNS)?,
    };
    teller.page(subject, view)?.html(view.texts, out)
}

struct Teller<'a> {
    ledger: &'a Ledger,
    texts: &'a Texts,
    facts: Facts,
}

impl Teller<'_> {
    fn page(&self, subject: Subject, view: &View<'_>) -> Result<Page> {
        let texts = self.texts;
        let mut sections = vec![self.summary()];
        if subject == Subject::Migration {
            sections.push(self.moved()?);
            let (audit, arrived) = self.audit(view)?;
            if audit.volume.conversations > 0 {
                sections.push(self.charts(&audit, &arrived));
            }
            self.verified(&mut sections)?;
            sections.extend(self.people()?);
            sections.extend(self.losses());
            sections.extend(self.problems()?);
            sections.push(self.runs());
            sections.extend(self.links()?);
            if audit.volume.conversations + audit.articles.all + audit.customers.all > 0 {
                let target = self.target_audit()?;
                sections.push(Section {
                    id: "audit",
                    level: 2,
                    title: texts.say("assess-title", &[("desk", (*audit.desk).into())]),
                    blocks: vec![Block::toned(
                        super::assess::subtitle(&audit, texts),
                        Tone::Soft,
                    )],
                });
                sections.extend(Assessment::new(audit, target).sections(texts, 3));
            }
        } else {
            self.verified(&mut sections)?;
            sections.extend(self.problems()?);
        }
        Ok(Page {
            title: format!(
                "{} → {}",
                self.desk(&self.facts.source),
                self.desk(&self.facts.target)
            ),
            subtitle: self.time(&self.facts.at),
            sections,
        })
    }

    fn desk(&self, name: &Option<String>) -> String {
        name.clone()
            .unwrap_or_else(|| self.texts.get("report-nothing-yet"))
    }

    fn time(&self, date: &str) -> String {
        match date.parse::<Date>() {
            Ok(date) => format!("{} UTC", self.texts.time(date)),
            Err(_) => date.to_owned(),
        }
    }

    fn number(&self, number: u64) -> Cell {
        self.texts.number(number).into()
    }

    fn section(&self, id: &'static str, title: &str, blocks: Vec<Block>) -> Section {
        Section {
            id,
            level: 2,
            title: self.texts.get(title),
            blocks,
        }
    }

    fn summary(&self) -> Section {
        let (facts, texts) = (&self.facts, self.texts);
        let card = |label: &str, value: u64, bad: bool| Card {
            label: texts.get(label),
            value: texts.number(value),
            tone: if bad && value > 0 {
                Tone::Bad
            } else {
                Tone::Plain
            },
        };
        let read = facts.kinds.iter().map(|row| row.read).sum();
        let written = facts.kinds.iter().map(|row| row.written).sum();
        let mut cards = vec![
            card("report-read", read, false),
            card("report-written", written, false),
            card("report-problems", facts.problem_count, true),
        ];
        let mut blocks = Vec::new();
        match &facts.comparison {
            Some(comparison) if comparison.at.is_empty() => {
                blocks.push(Block::toned(texts.get("report-compared-cut"), Tone::Bad));
            }
            Some(comparison) => {
                let matched = comparison.total(|tally| tally.matched);
                let rest = |t: &crate::ledger::Tally| t.differs + t.missing + t.extra + t.errors;
                cards.push(card("report-matched", matched, false));
                cards.push(card("report-differences", comparison.total(rest), true));
                blocks.push(match comparison.is_clean() {
                    true => Block::toned(texts.get("report-clean"), Tone::Good),
                    false => Block::toned(texts.get("report-differs"), Tone::Bad),
                });
            }
            None => blocks.push(Block::toned(texts.get("report-not-compared"), Tone::Soft)),
        }
        if facts.open > 0 {
            let open = texts.say("report-open", &[("count", facts.open.into())]);
            blocks.push(Block::toned(open, Tone::Bad));
        }
        blocks.insert(0, Block::Cards { cards });
        self.section("overview", "report-overview", blocks)
    }

    fn moved(&self) -> Result<Section> {
        let texts = self.texts;
        let mut table = Table::named(
            texts,
            "report-kinds",
            &[
                W("report-kind"),
                N("report-in-ledger"),
                N("report-on-target"),
                N("report-problems"),
            ],
        );
        for row in &self.facts.kinds {
            let problems = self.number(row.problems);
            table.row(vec![
                texts.kind(row.kind).into(),
                self.number(row.read),
                self.number(row.written),
                problems.toned(if row.problems > 0 {
                    Tone::Bad
                } else {
                    Tone::Plain
                }),
            ]);
        }
        let mut blocks = vec![Block::Table(table)];
        let mut reasons: Vec<(Kind, Action, Option<Detail>, u64)> = Vec::new();
        let mut others = 0_u64;
        self.ledger.each_planned(|planned| {
            if !matches!(planned.action, Action::Skip | Action::Blocked) {
                return;
            }
            let (kind, action, reason) = (planned.key.kind, planned.action, planned.reason);
            let same = |known: &Option<Detail>| match (known, &reason) {
                (Some(a), Some(b)) => a.is_identical(b),
                (a, b) => a.is_none() && b.is_none(),
            };
            let known = reasons.iter().position(|(known, decided, why, _)| {
                *known == kind && *decided == action && same(why)
            });
            match known {
                Some(index) => reasons[index].3 += 1,
                None if reasons.len() < REASONS => reasons.push((kind, action, reason, 1)),
                None => others += 1,
            }
        })?;
        let mut table = Table::named(
            texts,
            "report-not-moved",
            &[
                N("report-records"),
                W("report-kind"),
                W("report-decision"),
                W("report-why"),
            ],
        );
        reasons.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
        for (kind, action, reason, count) in reasons {
            table.row(vec![
                self.number(count),
                texts.kind(kind).into(),
                texts
                    .get(&format!("report-action-{}", action.name()))
                    .into(),
                reason.map_or_else(Cell::default, |reason| Cell::of(&reason, texts)),
            ]);
        }
        if !table.rows.is_empty() {
            blocks.push(Block::Table(table));
        }
        if others > 0 {
            let more = texts.say("report-more-reasons", &[("count", others.into())]);
            blocks.push(Block::toned(more, Tone::Soft));
        }
        Ok(self.section("moved", "report-moved", blocks))
    }

    /// The audit of the source, and what of it has a receipt.
    fn audit(&self, view: &View<'_>) -> Result<(Audit, Volume)> {
        let options = Options {
            desk: Facts::desk(&self.facts.source),
            at: assess::moment(self.ledger)?,
            time_zone: jiff::tz::TimeZone::UTC,
            mapping: view.mapping,
            only: None,
            check: &|| Ok(()),
        };
        let audit = assess::assess(self.ledger, &options)?;
        Ok((audit, assess::arrived(self.ledger, &options)?))
    }

    /// What `assess --compare` read from the target, if it still is the same one.
    fn target_audit(&self) -> Result<Option<Audit>> {
        let kept = self.ledger.meta(TARGET_AUDIT)?;
        let audit: Option<Audit> = kept.and_then(|json| serde_json::from_str(&json).ok());
        Ok(audit.filter(|audit| Some(&audit.desk) == self.facts.target.as_ref()))
    }

    fn charts(&self, audit: &Audit, arrived: &Volume) -> Section {
        let texts = self.texts;
        let (before, after) = (texts.get("report-before"), texts.get("report-after"));
        let mut blocks = vec![Block::toned(texts.get("report-charts-basis"), Tone::Soft)];
        let months = |volume: &Volume| {
            let months = volume.months.iter();
            months.map(|m| (m.month.clone(), m.conversations)).collect()
        };
        let sides = [
            (before.clone(), months(&audit.volume)),
            (after.clone(), months(arrived)),
        ];
        if let Some(chart) = timeline(texts, texts.get("report-timeline"), &sides) {
            blocks.push(Block::Columns(chart));
        }
        let counts = &audit.volume.conversations_by_channel;
        let mut channels: Vec<Channel> = counts.keys().copied().collect();
        channels.sort_by_key(|known| std::cmp::Reverse(counts.get(known).copied()));
        let values = |volume: &Volume| {
            let of = |c: &Channel| volume.conversations_by_channel.get(c).copied();
            channels.iter().map(|c| of(c).unwrap_or_default()).collect()
        };
        let names: Vec<String> = channels.iter().map(|c| channel(texts, *c)).collect();
        blocks.push(Block::Bars(Chart::bars(
            texts,
            texts.get("report-by-channel"),
            &texts.get("assess-channel"),
            &names,
            &[
                Series {
                    name: before,
                    values: values(&audit.volume),
                },
                Series {
                    name: after,
                    values: values(arrived),
                },
            ],
        )));
        self.section("charts", "report-charts", blocks)
    }

    fn key(&self, key: &Key) -> String {
        one(self.texts, key)
    }

    /// A table, and how much of it there is.
    fn limited(&self, count: u64, table: Table, blocks: &mut Vec<Block>) {
        let shown = table.rows.len() as u64;
        if count > shown {
            let values = [("count", count.into()), ("shown", shown.into())];
            let text = self.texts.say("report-limited", &values);
            blocks.push(Block::toned(text, Tone::Soft));
        }
        blocks.push(Block::Table(table));
    }

    /// What people call a record.
    fn title(&self, key: &Key) -> Result<String> {
        if !matches!(key.kind, Kind::Conversation | Kind::Article | Kind::Contact) {
            return Ok(String::new());
        }
        let stored = self.ledger.get(key)?;
        Ok(match stored.map(|stored| stored.record) {
            Some(Record::Conversation(conversation)) => conversation.subject.unwrap_or_default(),
            Some(Record::Article(article)) => article.title().to_owned(),
            Some(Record::Contact(contact)) => contact.name.unwrap_or_default(),
            _ => String::new(),
        })
    }
}
