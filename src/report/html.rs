//! One page that needs nothing else: no script, no request, everything that
//! comes from desks escaped.

use std::io::Write;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};

use super::table::source_url;
use super::{Facts, Subject};
use crate::connector::{Error, Result};
use crate::ledger::{Finding, Ledger, Verdict};
use crate::schema::Key;

/// Findings of one sort and receipts that a page lists; CSV and JSON have all.
const ROWS: usize = 1000;

/// Runs that a page lists.
const RUNS: usize = 50;

/// A sort of findings, with the first ones.
#[derive(serde::Serialize)]
struct Section {
    verdict: Verdict,
    title: &'static str,
    count: u64,
    findings: Vec<Finding>,
}

/// A receipt as the page shows it.
#[derive(serde::Serialize)]
struct Row {
    key: Key,
    target: String,
    old_url: Option<String>,
    new_url: Option<String>,
    action: String,
    at: String,
    run: i64,
}

pub(super) fn write(ledger: &Ledger, subject: Subject, out: &mut dyn Write) -> Result<()> {
    let facts = Facts::read(ledger, RUNS)?;
    let mut sections = Vec::new();
    for (verdict, title) in [
        (Verdict::Missing, "Missing on the target"),
        (Verdict::Differs, "Not as it should be"),
        (Verdict::Extra, "On the target beside what should be there"),
        (Verdict::Error, "Not compared"),
    ] {
        let findings = ledger.findings(verdict, ROWS)?;
        if !findings.is_empty() {
            sections.push(Section {
                verdict,
                title,
                count: ledger.count_findings(verdict)?,
                findings,
            });
        }
    }
    let mut receipts = Vec::new();
    if subject == Subject::Migration {
        for kind in crate::schema::Kind::ALL {
            let room = ROWS - receipts.len();
            for receipt in ledger.receipts(kind, "", room)? {
                receipts.push(Row {
                    old_url: source_url(ledger, &receipt.key)?,
                    key: receipt.key,
                    target: receipt.target,
                    new_url: receipt.url,
                    action: receipt.action,
                    at: receipt.at,
                    run: receipt.run,
                });
            }
        }
    }
    let count: u64 = ledger.receipt_counts()?.iter().map(|row| row.2).sum();
    let page = context! {
        clean => facts.comparison.as_ref().map(|comparison| comparison.is_clean()),
        facts => Serde(&facts),
        sections => Serde(&sections),
        receipts => Serde(&receipts),
        receipt_count => count,
        whole => subject == Subject::Migration,
        rows => ROWS,
    };
    let made = environment().and_then(|env| {
        let template = env.get_template("report.html")?;
        template.render_captured_to(page, out).map(drop)
    });
    made.map_err(unwritable)
}

pub(super) fn unwritable(cause: minijinja::Error) -> Error {
    Error::local(format!("a report cannot be written: {cause:#}")).caused_by(cause)
}

/// The templates, with escaping by their names' endings.
pub(super) fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    env.set_syntax(syntax);
    env.add_template("report.html", include_str!("report.html"))?;
    env.add_template("junit.xml", include_str!("junit.xml"))?;
    env.add_filter("bytes", |bytes: u64| {
        indicatif::HumanBytes(bytes).to_string()
    });
    env.add_filter("seconds", seconds);
    env.add_filter("between", between);
    env.add_filter("when", |date: &str| when(date));
    env.add_filter("web", web);
    env.add_filter("xml", xml);
    Ok(env)
}

/// `2 h 5 min`.
pub fn seconds(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// Time from one date to another; empty when one of them is none.
fn between(from: &str, to: Value) -> String {
    let parse = |text: &str| text.parse::<crate::schema::Date>().ok();
    match (parse(from), to.as_str().and_then(parse)) {
        (Some(from), Some(to)) => {
            let took = to.as_second().saturating_sub(from.as_second()).max(0);
            seconds(took.cast_unsigned())
        }
        _ => String::new(),
    }
}

/// A date to the minute, or the text as it is.
fn when(date: &str) -> String {
    date.parse::<crate::schema::Date>().map_or_else(
        |_| date.to_owned(),
        |date| date.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// An address that a link may lead to; anything else could be a script.
fn web(url: Value) -> Option<String> {
    let url = url.as_str()?;
    let parsed = url::Url::parse(url).ok()?;
    matches!(parsed.scheme(), "http" | "https").then(|| parsed.to_string())
}

/// Text without the characters that XML cannot hold.
fn xml(text: &str) -> String {
    text.chars()
        .filter(|c| {
            matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        let of = |url: &str| web(Value::from(url));
        assert!(of("https://acme.example.com/tickets/7").is_some());
        for bad in [
            "javascript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "/x",
            "",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(seconds(7), "7 s");
        assert_eq!(seconds(125), "2 min 5 s");
        assert_eq!(seconds(7512), "2 h 5 min");
        let to = Value::from("2024-01-01T00:02:05Z");
        assert_eq!(between("2024-01-01T00:00:00Z", to), "2 min 5 s");
        assert_eq!(between("2024-01-01T00:00:00Z", Value::from(())), "");
    }

    #[test]
    fn xml_holds_no_control_characters() {
        assert_eq!(xml("a\u{0}b\u{b}c\u{ffff}\n😀"), "abc\n😀");
    }
}
