//! An audit for people and machines: the same figures on a page, in a
//! terminal, as Markdown, CSV and JSON.

mod content;
mod service;
mod teller;

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use teller::Teller;

use super::page::{Chart, GAP, Page, Section, Series};
use super::{FORMAT, disk, table};
use crate::connector::{Error, Result};
use crate::engine::assess::{Audit, Row, Value, compare, figures};
use crate::lang::Texts;
use crate::schema::{Channel, Date, Key};

/// Months of a chart; more are told by year.
const MONTHS: usize = 48;

/// Months or years in a row without anything that are drawn one by one.
const EMPTY: usize = 6;

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
        sections.extend(teller.not_read(audit));
        sections.extend(teller.unknown(audit));
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
    let all = months(&first, &last);
    let mut sides = sides.to_vec();
    let mut names = with_gaps(&all, &sides);
    if names.len() > MONTHS {
        for (_, counts) in &mut sides {
            let mut years: BTreeMap<String, u64> = BTreeMap::new();
            for (month, count) in counts.iter() {
                *years.entry(month.chars().take(4).collect()).or_default() += count;
            }
            *counts = years;
        }
        let mut years: Vec<String> = all
            .iter()
            .map(|name| name.chars().take(4).collect())
            .collect();
        years.dedup();
        names = with_gaps(&years, &sides);
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
    // What is drawn shows where there is nothing; a list need not.
    let mut place = 0;
    chart.table.rows.retain(|_| {
        let some = series.iter().any(|side| side.values[place] > 0);
        place += 1;
        some
    });
    Some(chart)
}

/// Months or years, with one [`GAP`] for several in a row that have nothing: one
/// wrong date makes decades of them.
fn with_gaps(names: &[String], sides: &[(String, BTreeMap<String, u64>)]) -> Vec<String> {
    let is_empty = |name: &String| !sides.iter().any(|side| side.1.contains_key(name));
    names
        .chunk_by(|one, other| is_empty(one) == is_empty(other))
        .flat_map(|run| match is_empty(&run[0]) && run.len() > EMPTY {
            true => vec![GAP.to_owned()],
            false => run.to_vec(),
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_date_does_not_stretch_a_chart() {
        let months: BTreeMap<String, u64> = [("1999-12", 1), ("2025-01", 4), ("2025-04", 2)]
            .map(|(month, count)| (month.to_owned(), count))
            .into();
        let all = super::months("1999-12", "2025-04");
        assert_eq!(all.len(), 305);
        let names = with_gaps(&all, &[("a".to_owned(), months)]);
        assert_eq!(
            names,
            ["1999-12", GAP, "2025-01", "2025-02", "2025-03", "2025-04"]
        );
    }
}
