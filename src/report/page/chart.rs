//! Where the bars of a chart are. The page draws them; each chart has its
//! figures as a table, too.

use serde::Serialize;

use super::{Cell, Table};
use crate::lang::Texts;

/// Values of one side.
#[derive(Debug)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// One a place.
    pub values: Vec<u64>,
}

/// Bars or columns.
#[derive(Debug, Serialize)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// Width of the drawing.
    pub width: u32,
    /// Height of the drawing.
    pub height: u32,
    /// Names of the sides, when there are two.
    pub legend: Vec<String>,
    /// What is drawn.
    pub bars: Vec<Bar>,
    /// Words beside or below.
    pub labels: Vec<Label>,
    /// Its figures.
    pub table: Table,
}

/// A rectangle.
#[derive(Debug, Serialize)]
pub struct Bar {
    /// Which side: 0 or 1.
    pub side: usize,
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// Words at a place.
#[derive(Debug, Serialize)]
pub struct Label {
    /// Left, right or middle, as `anchor` says.
    pub x: f64,
    /// Base line.
    pub y: f64,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
    /// Words.
    pub text: String,
}

/// The name of a column that stands for several without anything.
pub const GAP: &str = "⋯";

/// Letters of a name beside a bar.
const NAME: usize = 22;

impl Chart {
    /// A bar for each place, from left to right, the sides below one another.
    pub fn bars(
        texts: &Texts,
        title: String,
        of: &str,
        names: &[String],
        sides: &[Series],
    ) -> Self {
        let (left, right, line) = (150.0, 70.0, 18.0);
        let width = 560.0;
        let group = line * sides.len() as f64 + 8.0;
        let largest = largest(sides);
        let mut bars = Vec::new();
        let mut labels = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let top = place as f64 * group + 4.0;
            labels.push(Label {
                x: left - 8.0,
                y: top + line * sides.len() as f64 / 2.0 + 4.0,
                anchor: "end",
                text: shortened(name),
            });
            for (side, series) in sides.iter().enumerate() {
                let value = series.values.get(place).copied().unwrap_or_default();
                let y = top + side as f64 * line;
                let w = round((width - left - right) * value as f64 / largest);
                bars.push(Bar {
                    side,
                    x: left,
                    y: y + 1.0,
                    w,
                    h: line - 3.0,
                });
                labels.push(Label {
                    x: left + w + 6.0,
                    y: y + line - 5.0,
                    anchor: "start",
                    text: texts.number(value),
                });
            }
        }
        Chart {
            table: table(texts, &title, of, names, sides),
            title,
            width: width as u32,
            height: (names.len() as f64 * group + 8.0) as u32,
            legend: legend(sides),
            bars,
            labels,
        }
    }

    /// A column for each place, the sides beside one another.
    pub fn columns(
        texts: &Texts,
        title: String,
        of: &str,
        names: &[String],
        sides: &[Series],
    ) -> Self {
        let (left, top, bottom) = (52.0, 12.0, 26.0);
        let (width, height) = (760.0, 220.0);
        let largest = largest(sides);
        let room = (width - left) / names.len().max(1) as f64;
        // A few columns would be walls.
        let wide = (room * 0.8).min(64.0) / sides.len().max(1) as f64;
        let tall = height - top - bottom;
        let mut bars = Vec::new();
        let mut labels = Vec::new();
        for (share, value) in [(1.0, largest), (0.5, largest / 2.0), (0.0, 0.0)] {
            if share == 0.5 && largest < 2.0 {
                continue;
            }
            labels.push(Label {
                x: left - 8.0,
                y: round(top + tall * (1.0 - share) + 4.0),
                anchor: "end",
                text: texts.number(value as u64),
            });
        }
        // As many names as fit.
        let step = (names.len() * 60).div_ceil((width - left) as usize).max(1);
        for (place, name) in names.iter().enumerate() {
            let middle = left + room * (place as f64 + 0.5);
            let gap = name == GAP;
            if gap || place % step == 0 {
                labels.push(Label {
                    x: round(middle),
                    // Beside the names of its neighbours there is no room.
                    y: height - if gap { bottom + 4.0 } else { 8.0 },
                    anchor: "middle",
                    text: name.clone(),
                });
            }
            for (side, series) in sides.iter().enumerate() {
                let value = series.values.get(place).copied().unwrap_or_default();
                let h = round(tall * value as f64 / largest);
                let shift = (side as f64 - sides.len() as f64 / 2.0) * wide;
                bars.push(Bar {
                    side,
                    x: round(middle + shift),
                    y: round(top + tall - h),
                    w: round(wide),
                    h,
                });
            }
        }
        Chart {
            table: table(texts, &title, of, names, sides),
            title,
            width: width as u32,
            height: height as u32,
            legend: legend(sides),
            bars,
            labels,
        }
    }
}

/// Weekdays and hours.
#[derive(Debug, Serialize)]
pub struct Heat {
    /// What it shows.
    pub title: String,
    /// Width of the drawing.
    pub width: u32,
    /// Height of the drawing.
    pub height: u32,
    /// What is drawn, with how dark it is, from 0 to 1.
    pub fields: Vec<(Bar, f64)>,
    /// Names of days and hours.
    pub labels: Vec<Label>,
    /// All figures.
    pub table: Table,
    /// The hours with most.
    pub busiest: Table,
}

impl Heat {
    /// A field for each hour of the week.
    pub fn new(title: String, days: &[String], counts: &[[u64; 24]], tables: [Table; 2]) -> Self {
        let (left, wide, high) = (96.0, 24.0, 24.0);
        let largest = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
        let mut fields = Vec::new();
        let mut labels = Vec::new();
        for (day, hours) in counts.iter().enumerate() {
            let y = 20.0 + day as f64 * high;
            labels.push(Label {
                x: left - 8.0,
                y: y + 16.0,
                anchor: "end",
                text: days.get(day).cloned().unwrap_or_default(),
            });
            for (hour, count) in hours.iter().enumerate() {
                let bar = Bar {
                    side: 0,
                    x: left + hour as f64 * wide,
                    y,
                    w: wide - 2.0,
                    h: high - 2.0,
                };
                let dark = *count as f64 / largest as f64;
                fields.push((bar, (dark * 100.0).round() / 100.0));
            }
        }
        for hour in (0..24).step_by(3) {
            labels.push(Label {
                x: left + f64::from(hour) * wide + wide / 2.0 - 1.0,
                y: 14.0,
                anchor: "middle",
                text: format!("{hour:02}"),
            });
        }
        let [table, busiest] = tables;
        Heat {
            title,
            width: (left + 24.0 * wide) as u32,
            height: (20.0 + 7.0 * high) as u32,
            fields,
            labels,
            table,
            busiest,
        }
    }
}

fn largest(sides: &[Series]) -> f64 {
    let values = sides.iter().flat_map(|series| &series.values);
    values.copied().max().unwrap_or(0).max(1) as f64
}

fn legend(sides: &[Series]) -> Vec<String> {
    match sides {
        [_] => Vec::new(),
        _ => sides.iter().map(|series| series.name.clone()).collect(),
    }
}

fn table(texts: &Texts, title: &str, of: &str, names: &[String], sides: &[Series]) -> Table {
    let heads: Vec<String> = std::iter::once(of.to_owned())
        .chain(sides.iter().map(|series| format!("#{}", series.name)))
        .collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new(title, &heads);
    for (place, name) in names.iter().enumerate() {
        let value = |series: &Series| {
            let value = series.values.get(place).copied().unwrap_or_default();
            Cell::from(texts.number(value))
        };
        let mut row = vec![Cell::from(name.as_str())];
        row.extend(sides.iter().map(value));
        table.row(row);
    }
    table
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
