//! How it was done: runs, desks, and where everything is now.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::page::Column::{Number as N, Words as W};
use super::super::page::{Block, Cell, Chart, Section, Series, Table};
use super::super::table::source_url;
use super::{ROWS, Teller};
use crate::connector::Result;
use crate::ledger::RunStats;
use crate::schema::Kind;

impl Teller<'_> {
    pub(super) fn runs(&self) -> Section {
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

    pub(super) fn desks(
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

    pub(super) fn links(&self) -> Result<Option<Section>> {
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
}
