//! What came out: the comparison, people who became one, losses, problems.

use std::collections::BTreeMap;

use super::super::page::Column::{Number as N, Words as W};
use super::super::page::{Block, Cell, Section, Table, Tone};
use super::{ROWS, Teller};
use crate::connector::Result;
use crate::ledger::Verdict;
use crate::schema::{Key, Kind, Record};

impl Teller<'_> {
    pub(super) fn verified(&self, sections: &mut Vec<Section>) -> Result<()> {
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
                    Cell::from(self.texts.field(&finding.field.unwrap_or_default())),
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

    pub(super) fn people(&self) -> Result<Option<Section>> {
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

    pub(super) fn contact(&self, id: &str) -> Result<String> {
        let stored = self.ledger.get(&Key::new(Kind::Contact, id))?;
        Ok(match stored.map(|stored| stored.record) {
            Some(Record::Contact(contact)) => match contact.name {
                Some(name) => format!("{name} ({id})"),
                None => id.to_owned(),
            },
            _ => id.to_owned(),
        })
    }

    pub(super) fn losses(&self) -> Option<Section> {
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
            let values: Vec<String> = values
                .map(|(value, n)| format!("{}: {}", value.told(texts), texts.number(*n)))
                .collect();
            let (detail, plain) = match values.is_empty() {
                true => (loss.detail.told(texts), loss.detail.is_plain()),
                false => {
                    let plain = loss.values.iter().all(|(value, _)| value.is_plain());
                    (values.join("; "), plain)
                }
            };
            table.row(vec![
                texts.field(&loss.field).into(),
                texts
                    .get(&format!("report-effect-{}", loss.effect.name()))
                    .into(),
                self.number(loss.records),
                (*loss.example.id).into(),
                match plain {
                    true => Cell::english(detail),
                    false => detail.into(),
                },
            ]);
        }
        if by_kind.is_empty() {
            return None;
        }
        let mut blocks = vec![Block::text(texts.get("report-losses-intro"))];
        blocks.extend(by_kind.into_values().map(Block::Table));
        Some(self.section("losses", "report-losses", blocks))
    }

    pub(super) fn problems(&self) -> Result<Option<Section>> {
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
}
