//! What a page tells of a migration or a comparison.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use super::assess::{Assessment, channel, one, timeline};
use super::page::Column::{Number as N, Words as W};
use super::page::{Block, Card, Cell, Chart, Page, Section, Series, Table, Tone};
use super::table::source_url;
use super::{Facts, Subject, View};
use crate::connector::Result;
use crate::engine::assess::{self, Audit, Options, Volume};
use crate::lang::Texts;
use crate::ledger::{Action, Ledger, RunStats, Verdict};
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
        let mut reasons: BTreeMap<(Kind, Action, String), u64> = BTreeMap::new();
        let mut others = 0_u64;
        self.ledger.each_planned(|planned| {
            if !matches!(planned.action, Action::Skip | Action::Blocked) {
                return;
            }
            let reason = planned.reason.unwrap_or_default();
            let group = (planned.key.kind, planned.action, reason);
            if let Some(count) = reasons.get_mut(&group) {
                *count += 1;
            } else if reasons.len() < REASONS {
                reasons.insert(group, 1);
            } else {
                others += 1;
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
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for ((kind, action, reason), count) in reasons {
            table.row(vec![
                self.number(count),
                texts.kind(kind).into(),
                texts
                    .get(&format!("report-action-{}", action.name()))
                    .into(),
                Cell::english(reason),
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

    fn verified(&self, sections: &mut Vec<Section>) -> Result<()> {
        let texts = self.texts;
        let Some(comparison) = &self.facts.comparison else {
            return Ok(());
        };
        let mut table = Table::named(
            texts,
            "report-tallies",
            &[
                W("report-kind"),
                N("report-match"),
                N("report-differ"),
                N("report-missing"),
                N("report-extra"),
                N("report-not-comparable"),
                N("report-skipped"),
                N("report-kept"),
            ],
        );
        for tally in &comparison.tallies {
            let bad = |count: u64| {
                let tone = if count > 0 { Tone::Bad } else { Tone::Plain };
                self.number(count).toned(tone)
            };
            table.row(vec![
                texts.kind(tally.kind).into(),
                self.number(tally.matched),
                bad(tally.differs),
                bad(tally.missing),
                bad(tally.extra),
                bad(tally.errors),
                self.number(tally.skipped),
                self.number(tally.kept),
            ]);
        }
        let run = comparison.run.to_string();
        let at = self.time(&comparison.at);
        let of = texts.say(
            "report-compared-by",
            &[("run", run.into()), ("at", at.into())],
        );
        let mut blocks = vec![Block::toned(of, Tone::Soft), Block::Table(table)];
        if !comparison.limits.is_empty() {
            let mut table = Table::named(texts, "report-limits", &[W("report-limit")]);
            for limit in &comparison.limits {
                table.row(vec![Cell::english(limit.as_str())]);
            }
            blocks.push(Block::Table(table));
        }
        sections.push(self.section("verified", "report-verified", blocks));
        for (id, verdict) in [
            ("missing", Verdict::Missing),
            ("differs", Verdict::Differs),
            ("extra", Verdict::Extra),
            ("not-compared", Verdict::Error),
        ] {
            let findings = self.ledger.findings(verdict, ROWS)?;
            if findings.is_empty() {
                continue;
            }
            let mut table = Table::named(
                texts,
                "report-findings",
                &[
                    W("report-record"),
                    W("report-part"),
                    W("report-there"),
                    W("report-field"),
                    W("report-expected"),
                    W("report-found-value"),
                    W("report-why"),
                ],
            );
            table.search = true;
            for finding in findings {
                let value = |value: Option<String>| Cell::from(value.unwrap_or_default());
                let part = finding.part.as_ref().map(|part| self.key(part));
                table.row(vec![
                    self.key(&finding.key).into(),
                    value(part),
                    value(finding.target),
                    Cell::english(finding.field.unwrap_or_default()),
                    value(finding.expected),
                    value(finding.found),
                    Cell::english(finding.reason.unwrap_or_default()),
                ]);
            }
            let mut blocks = Vec::new();
            let count = self.ledger.count_findings(verdict)?;
            self.limited(count, table, &mut blocks);
            sections.push(Section {
                id,
                level: 3,
                title: texts.get(&format!("report-verdict-{}", verdict.name())),
                blocks,
            });
        }
        Ok(())
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

    fn people(&self) -> Result<Option<Section>> {
        let texts = self.texts;
        let mut table = Table::named(
            texts,
            "report-unified-caption",
            &[
                W("report-profile"),
                W("report-unified-with"),
                W("report-why"),
            ],
        );
        table.search = true;
        let (mut count, mut after) = (0, String::new());
        loop {
            let page = self.ledger.all_unified(&after, ROWS)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            count += page.len() as u64;
            for row in page {
                if table.rows.len() < ROWS {
                    table.row(vec![
                        self.contact(&row.id)?.into(),
                        self.contact(&row.kept)?.into(),
                        Cell::english(row.why),
                    ]);
                }
            }
        }
        if count == 0 {
            return Ok(None);
        }
        let text = texts.say("report-unified", &[("count", count.into())]);
        let mut blocks = vec![Block::text(text)];
        self.limited(count, table, &mut blocks);
        Ok(Some(self.section("people", "report-people", blocks)))
    }

    fn contact(&self, id: &str) -> Result<String> {
        let stored = self.ledger.get(&Key::new(Kind::Contact, id))?;
        Ok(match stored.map(|stored| stored.record) {
            Some(Record::Contact(contact)) => match contact.name {
                Some(name) => format!("{name} ({id})"),
                None => id.to_owned(),
            },
            _ => id.to_owned(),
        })
    }

    fn losses(&self) -> Option<Section> {
        let texts = self.texts;
        let mut by_kind: BTreeMap<Kind, Table> = BTreeMap::new();
        for loss in &self.facts.losses {
            let kind = loss.example.kind;
            let table = by_kind.entry(kind).or_insert_with(|| {
                let columns = [
                    W("report-field"),
                    W("report-effect"),
                    N("report-records"),
                    W("report-for-example"),
                    W("report-detail"),
                ];
                let mut table = Table::named(texts, "report-declared", &columns);
                table.caption = texts.say("report-declared", &[("kind", texts.kind(kind).into())]);
                table
            });
            let values = loss.values.iter();
            let values: Vec<String> = values.map(|(value, n)| format!("{value}: {n}")).collect();
            let detail = match values.is_empty() {
                true => loss.detail.clone(),
                false => values.join("; "),
            };
            table.row(vec![
                Cell::english(loss.field.as_str()),
                texts
                    .get(&format!("report-effect-{}", loss.effect.name()))
                    .into(),
                self.number(loss.records),
                (*loss.example.id).into(),
                Cell::english(detail),
            ]);
        }
        if by_kind.is_empty() {
            return None;
        }
        let mut blocks = vec![Block::text(texts.get("report-losses-intro"))];
        blocks.extend(by_kind.into_values().map(Block::Table));
        Some(self.section("losses", "report-losses", blocks))
    }

    fn problems(&self) -> Result<Option<Section>> {
        let (facts, texts) = (&self.facts, self.texts);
        if facts.problems.is_empty() {
            return Ok(None);
        }
        let mut groups = Table::named(
            texts,
            "report-by-reason",
            &[
                N("report-records"),
                W("report-kind"),
                W("report-reason"),
                W("report-what-to-do"),
            ],
        );
        for group in &facts.problems {
            groups.row(vec![
                self.number(group.count),
                texts.kind(group.kind).into(),
                Cell::english(group.reason.as_str()),
                Cell::english(group.example.hint.clone().unwrap_or_default()),
            ]);
        }
        let mut each = Table::named(
            texts,
            "report-each-problem",
            &[
                W("report-record"),
                W("report-stage"),
                W("report-reason"),
                W("report-what-to-do"),
                W("report-when"),
            ],
        );
        each.search = true;
        for problem in self.ledger.problems(ROWS)? {
            each.row(vec![
                self.key(&problem.key).into(),
                Cell::english(problem.stage),
                Cell::english(problem.reason),
                Cell::english(problem.hint.unwrap_or_default()),
                self.time(&problem.at).into(),
            ]);
        }
        let mut blocks = vec![Block::Table(groups)];
        self.limited(facts.problem_count, each, &mut blocks);
        Ok(Some(self.section("problems", "report-problems", blocks)))
    }

    fn runs(&self) -> Section {
        let (facts, texts) = (&self.facts, self.texts);
        let mut runs = Table::named(
            texts,
            "report-runs-caption",
            &[
                N("report-run"),
                W("report-command"),
                W("report-begun"),
                N("report-took"),
                W("report-outcome"),
            ],
        );
        let mut desks = Table::named(
            texts,
            "report-api-caption",
            &[
                N("report-run"),
                W("report-desk"),
                N("report-requests"),
                N("report-rate"),
                N("report-retries"),
                N("report-refused"),
                N("report-received"),
                N("report-sent"),
                N("report-waited"),
            ],
        );
        let mut budgets: BTreeMap<(String, String), u64> = BTreeMap::new();
        for run in &facts.runs {
            let took = run
                .stats
                .as_ref()
                .map(|stats| Duration::from_secs(stats.seconds));
            runs.row(vec![
                run.id.to_string().into(),
                (*run.command).into(),
                self.time(&run.started_at).into(),
                took.map_or_else(|| "–".to_owned(), |took| texts.duration(took))
                    .into(),
                match &run.outcome {
                    Some(outcome) => Cell::english(outcome.as_str()),
                    None => texts.get("report-not-ended").into(),
                },
            ]);
            if let Some(stats) = &run.stats {
                self.desks(run.id, stats, &mut desks, &mut budgets);
            }
        }
        let mut blocks = Vec::new();
        self.limited(facts.run_count, runs, &mut blocks);
        if !desks.rows.is_empty() {
            blocks.push(Block::Table(desks));
        }
        if !budgets.is_empty() {
            let mut all: Vec<_> = budgets.into_iter().collect();
            all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let name = |(desk, budget): &(String, String)| {
                format!("{}: {budget}", texts.get(&format!("report-desk-{desk}")))
            };
            let names: Vec<String> = all.iter().map(|(key, _)| name(key)).collect();
            let series = Series {
                name: texts.get("report-requests"),
                values: all.iter().map(|(_, count)| *count).collect(),
            };
            let chart = Chart::bars(
                texts,
                texts.get("report-by-budget"),
                &texts.get("report-budget"),
                &names,
                &[series],
            );
            blocks.push(Block::Bars(chart));
        }
        self.section("runs", "report-runs", blocks)
    }

    fn desks(
        &self,
        run: i64,
        stats: &RunStats,
        table: &mut Table,
        budgets: &mut BTreeMap<(String, String), u64>,
    ) {
        let texts = self.texts;
        for desk in &stats.desks {
            let rate = match stats.seconds {
                0 => "–".to_owned(),
                seconds => texts.decimal(desk.requests as f64 * 60.0 / seconds as f64, 1),
            };
            table.row(vec![
                run.to_string().into(),
                texts.get(&format!("report-desk-{}", desk.desk)).into(),
                self.number(desk.requests),
                rate.into(),
                self.number(desk.retries),
                self.number(desk.refused),
                texts.bytes(desk.bytes_received).into(),
                texts.bytes(desk.bytes_sent).into(),
                texts.duration(Duration::from_millis(desk.waited_ms)).into(),
            ]);
            for (budget, count) in &desk.by_budget {
                *budgets
                    .entry((desk.desk.clone(), budget.clone()))
                    .or_default() += count;
            }
        }
    }

    fn links(&self) -> Result<Option<Section>> {
        let texts = self.texts;
        let mut table = Table::named(
            texts,
            "report-links-caption",
            &[
                W("report-record"),
                W("report-title"),
                W("report-there"),
                W("report-what"),
                W("report-when"),
                N("report-run"),
            ],
        );
        table.search = true;
        // What people look for; parts of it have no pages of their own.
        for kind in [
            Kind::Article,
            Kind::Category,
            Kind::Conversation,
            Kind::Contact,
            Kind::Organization,
        ] {
            for receipt in self.ledger.receipts(kind, "", ROWS - table.rows.len())? {
                let old = source_url(self.ledger, &receipt.key)?;
                let action = receipt.action.as_str();
                table.row(vec![
                    Cell::link(self.key(&receipt.key), old.as_deref()),
                    self.title(&receipt.key)?.into(),
                    Cell::link(receipt.target, receipt.url.as_deref()),
                    Cell::english(action),
                    self.time(&receipt.at).into(),
                    receipt.run.to_string().into(),
                ]);
            }
        }
        let count: u64 = self.ledger.receipt_counts()?.iter().map(|row| row.2).sum();
        if count == 0 {
            return Ok(None);
        }
        let mut blocks = Vec::new();
        self.limited(count, table, &mut blocks);
        Ok(Some(self.section("links", "report-links", blocks)))
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
