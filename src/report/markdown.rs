//! The summary of a run as Markdown, for the page that a CI server shows.

use std::fmt::Write as _;

use super::Facts;
use crate::connector::Result;
use crate::ledger::{Ledger, Verdict};

/// Rows of a table; the rest is a number.
const ROWS: usize = 20;

/// What `run` did and where the migration stands after it.
pub fn markdown(ledger: &Ledger, run: i64) -> Result<String> {
    let facts = Facts::read(ledger, 1)?;
    let mut text = String::new();
    let desk = |name: &Option<String>| escape(Facts::desk(name));
    let this = facts.runs.iter().find(|known| known.id == run);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "## deskferry {}: {} → {}\n",
        escape(this.map_or("", |run| &run.command)),
        desk(&facts.source),
        desk(&facts.target)
    );
    if let Some(outcome) = this.and_then(|run| run.outcome.as_deref()) {
        let _ = writeln!(text, "**{}**\n", escape(outcome));
    }
    let comparison = facts.comparison.as_ref().filter(|known| known.run == run);
    let mut rows = Vec::new();
    for kind in &facts.kinds {
        let mut row = vec![
            kind.kind.plural().replace('_', " "),
            kind.read.to_string(),
            kind.written.to_string(),
            kind.problems.to_string(),
        ];
        if let Some(comparison) = comparison {
            let tally = comparison.tallies.iter().find(|t| t.kind == kind.kind);
            row.extend(match tally {
                Some(t) => {
                    [t.matched, t.differs, t.missing, t.extra, t.errors].map(|n| n.to_string())
                }
                None => [const { String::new() }; 5],
            });
        }
        rows.push(row);
    }
    let mut header = vec!["", "in the ledger", "on the target", "problems"];
    if comparison.is_some() {
        header.extend(["match", "differ", "missing", "extra", "not compared"]);
    }
    table(&mut text, &header, rows, 0);
    if comparison.is_some() {
        for verdict in [
            Verdict::Missing,
            Verdict::Differs,
            Verdict::Extra,
            Verdict::Error,
        ] {
            let count = ledger.count_findings(verdict)?;
            if count == 0 {
                continue;
            }
            let _ = writeln!(text, "### {count} × {verdict}\n");
            let findings = ledger.findings(verdict, ROWS)?;
            let more = count - findings.len() as u64;
            let rows = findings.iter().map(|finding| {
                let value = |value: &Option<String>| value.clone().unwrap_or_default();
                vec![
                    finding.part.as_ref().unwrap_or(&finding.key).to_string(),
                    value(&finding.target),
                    value(&finding.field),
                    value(&finding.expected),
                    value(&finding.found),
                    value(&finding.reason),
                ]
            });
            let header = ["record", "target", "what", "expected", "found", "why"];
            table(&mut text, &header, rows.collect(), more);
        }
    }
    if !facts.problems.is_empty() {
        let _ = writeln!(text, "### {} problems\n", facts.problem_count);
        let more = facts.problems.len().saturating_sub(ROWS) as u64;
        let rows = facts.problems.iter().take(ROWS).map(|group| {
            vec![
                group.count.to_string(),
                group.kind.plural().replace('_', " "),
                group.reason.clone(),
                group.example.key.id.clone(),
                group.example.hint.clone().unwrap_or_default(),
            ]
        });
        let header = ["records", "kind", "reason", "for example", "what to do"];
        table(&mut text, &header, rows.collect(), more);
    }
    if let Some(stats) = this.and_then(|run| run.stats.as_ref()) {
        let rows = stats.desks.iter().map(|desk| {
            vec![
                desk.desk.clone(),
                desk.requests.to_string(),
                indicatif::HumanBytes(desk.bytes_received).to_string(),
                indicatif::HumanBytes(desk.bytes_sent).to_string(),
                format!("{} s", desk.waited_ms / 1000),
            ]
        });
        let header = ["desk", "requests", "received", "sent", "waited"];
        table(&mut text, &header, rows.collect(), 0);
        let _ = writeln!(text, "{} s in all", stats.seconds);
    }
    Ok(text)
}

fn table(text: &mut String, header: &[&str], rows: Vec<Vec<String>>, more: u64) {
    let _ = writeln!(text, "| {} |", header.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(header.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if more > 0 {
        let _ = writeln!(text, "\nand {more} more");
    }
    text.push('\n');
}

/// Text that Markdown shows as it is: no tags, no links, no images, one line.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '!'
            | '|' | '~' | '&' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_as_it_is() {
        assert_eq!(
            escape("a|b\n![x](http://example.com) <script>"),
            "a\\|b \\!\\[x\\]\\(http://example.com\\) \\<script\\>"
        );
    }
}
