//! One page that needs nothing else: no request, no script from data, all that
//! comes from desks escaped. What is on it is a list of blocks, which terminals
//! and Markdown show, too.

mod chart;

use std::fmt::Write as _;
use std::io::Write;

use base64::Engine as _;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use chart::{Chart, GAP, Heat, Series};

use super::html::{environment, unwritable};
use crate::connector::{Detail, Result};
use crate::lang::Texts;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page.
#[derive(Debug, Serialize)]
pub struct Page {
    /// Its one heading of the first order.
    pub title: String,
    /// What stands below.
    pub subtitle: String,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Where links within the page lead.
    pub id: &'static str,
    /// Order of the heading: 2 or 3.
    pub level: u8,
    /// Heading.
    pub title: String,
    /// What it tells.
    pub blocks: Vec<Block>,
}

/// Something in a section.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Text {
        /// Words.
        text: String,
        /// How it looks.
        tone: Tone,
    },
    /// The figures that count most.
    Cards {
        /// Each one.
        cards: Vec<Card>,
    },
    /// A table.
    Table(Table),
    /// Bars beside one another, from left to right.
    Bars(Chart),
    /// Columns along time.
    Columns(Chart),
    /// Weekdays and hours.
    Heat(Heat),
}

/// How something looks; it always says in words what it means, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As usual.
    #[default]
    Plain,
    /// Fine.
    Good,
    /// Somebody should look at it.
    Bad,
    /// By the way.
    Soft,
}

/// A figure that counts.
#[derive(Debug, Serialize)]
pub struct Card {
    /// What it is.
    pub label: String,
    /// The figure.
    pub value: String,
    /// How it looks.
    pub tone: Tone,
}

/// A table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Names of the columns.
    pub head: Vec<Head>,
    /// Rows; the first cell of each is its name.
    pub rows: Vec<Vec<Cell>>,
    /// Long enough to be searched.
    pub search: bool,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct Head {
    /// Name.
    pub text: String,
    /// Of figures.
    pub number: bool,
}

/// A cell.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Cell {
    /// Words.
    pub text: String,
    /// Where it leads: an address of the web or nothing.
    pub href: Option<String>,
    /// How it looks.
    pub tone: Tone,
    /// Whatever the page's language, this is English.
    pub english: bool,
}

impl Cell {
    /// A link, where the address is one of the web: anything else could be a script.
    pub fn link(text: impl Into<String>, address: Option<&str>) -> Cell {
        let parsed = address.and_then(|address| url::Url::parse(address).ok());
        Cell {
            href: parsed
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .map(|url| url.to_string()),
            ..Cell::from(text.into())
        }
    }

    /// What the program says in English only: reasons and hints.
    pub fn english(text: impl Into<String>) -> Cell {
        Cell {
            english: true,
            ..Cell::from(text.into())
        }
    }

    /// What is said in the page's language where it can be.
    pub fn of(detail: &Detail, texts: &Texts) -> Cell {
        Cell {
            english: detail.is_plain(),
            ..Cell::from(detail.told(texts))
        }
    }

    /// How it looks.
    pub fn toned(mut self, tone: Tone) -> Cell {
        self.tone = tone;
        self
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell {
            text,
            ..Cell::default()
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        text.to_owned().into()
    }
}

/// A column by the name of its text.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Of words.
    Words(&'static str),
    /// Of figures.
    Number(&'static str),
}

impl Table {
    /// A table whose caption and columns have these names.
    pub fn named(texts: &Texts, caption: &str, columns: &[Column]) -> Table {
        let head = columns.iter().map(|column| match column {
            Column::Words(id) => Head {
                text: texts.get(id),
                number: false,
            },
            Column::Number(id) => Head {
                text: texts.get(id),
                number: true,
            },
        });
        Table {
            caption: texts.get(caption),
            head: head.collect(),
            ..Table::default()
        }
    }

    /// A table whose columns have these names; a `#` before one says figures.
    pub fn new(caption: impl Into<String>, head: &[&str]) -> Table {
        let head = head.iter().map(|name| Head {
            text: name.trim_start_matches('#').to_owned(),
            number: name.starts_with('#'),
        });
        Table {
            caption: caption.into(),
            head: head.collect(),
            ..Table::default()
        }
    }

    /// One more row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }
}

impl Page {
    /// Writes the page.
    pub fn html(&self, texts: &Texts, out: &mut dyn Write) -> Result<()> {
        let hash = |text: &str| {
            let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
            format!("'sha256-{hash}'")
        };
        let policy = format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        let context = context! {
            lang => texts.language().tag(),
            page => Serde(self),
            policy => policy,
            style => STYLE,
            script => SCRIPT,
            contents => texts.get("report-contents"),
            skip => texts.get("report-skip"),
            figures => texts.get("report-figures"),
            search => texts.get("report-search"),
            found => texts.get("report-found"),
            made => texts.say("report-made", &[("version", env!("CARGO_PKG_VERSION").into())]),
        };
        environment()
            .and_then(|env| {
                let template = env.get_template("page.html")?;
                template.render_captured_to(context, out).map(drop)
            })
            .map_err(unwritable)
    }

    /// Writes the page as Markdown: tables and words, no charts.
    pub fn markdown(&self, out: &mut dyn Write) -> Result<()> {
        let escape = super::markdown::escape;
        let mut text = format!("# {}\n\n{}\n", escape(&self.title), escape(&self.subtitle));
        // Writing to a String cannot fail.
        for section in &self.sections {
            let hashes = "#".repeat(section.level.into());
            let _ = writeln!(text, "\n{hashes} {}\n", escape(&section.title));
            for words in section.blocks.iter().map(Block::as_words) {
                match words {
                    Words::Text(words) => {
                        let _ = writeln!(text, "{}\n", escape(words));
                    }
                    Words::Table(table) => markdown_table(&mut text, table.as_ref()),
                }
            }
        }
        out.write_all(text.as_bytes()).map_err(super::disk)
    }
}

/// A block without pictures.
pub enum Words<'a> {
    /// A paragraph.
    Text(&'a str),
    /// A table.
    Table(std::borrow::Cow<'a, Table>),
}

impl Block {
    /// The same without pictures; every chart has a table.
    pub fn as_words(&self) -> Words<'_> {
        use std::borrow::Cow;
        match self {
            Block::Text { text, .. } => Words::Text(text),
            Block::Table(table) => Words::Table(Cow::Borrowed(table)),
            Block::Bars(chart) | Block::Columns(chart) => Words::Table(Cow::Borrowed(&chart.table)),
            Block::Heat(heat) => Words::Table(Cow::Borrowed(&heat.busiest)),
            Block::Cards { cards } => {
                let mut table = Table::new("", &["", "#"]);
                for card in cards {
                    table.row(vec![(&*card.label).into(), (&*card.value).into()]);
                }
                Words::Table(Cow::Owned(table))
            }
        }
    }

    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Block {
        Block::Text {
            text: text.into(),
            tone: Tone::Plain,
        }
    }

    /// A paragraph that looks like this.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Block {
        Block::Text {
            text: text.into(),
            tone,
        }
    }
}

fn markdown_table(text: &mut String, table: &Table) {
    let escape = super::markdown::escape;
    if !table.caption.is_empty() {
        let _ = writeln!(text, "**{}**\n", escape(&table.caption));
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(table.head.iter().map(|h| escape(&h.text)).collect()));
    text.push_str(&line(
        table
            .head
            .iter()
            .map(|head| if head.number { "---:" } else { "---" }.to_owned())
            .collect(),
    ));
    for row in &table.rows {
        text.push_str(&line(row.iter().map(|cell| escape(&cell.text)).collect()));
    }
    text.push('\n');
}

#[cfg(test)]
mod tests;
