//! JUnit XML, as CI servers read it: one suite a kind of record, one case a check.

use std::io::Write;

use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use super::html::{environment, unwritable};
use crate::connector::Result;
use crate::ledger::{Finding, Ledger, Problem, Tally, Verdict};
use crate::schema::Kind;

/// Records that one case names.
const LINES: usize = 100;

#[derive(Serialize)]
struct Suite {
    name: &'static str,
    failures: usize,
    errors: usize,
    cases: Vec<Case>,
}

/// One check of one kind.
#[derive(Serialize)]
struct Case {
    name: &'static str,
    /// `failure` or `error`.
    element: &'static str,
    #[serde(rename = "type")]
    sort: &'static str,
    message: String,
    count: u64,
    lines: Vec<String>,
}

/// Writes what `run` did: what it has problems with, and what the comparison
/// found when it was this run that compared.
pub fn junit(ledger: &Ledger, command: &str, run: i64, out: &mut dyn Write) -> Result<()> {
    let comparison = ledger.comparison()?.filter(|known| known.run == run);
    let mut problems: Vec<(Kind, u64, Vec<String>)> = Vec::new();
    ledger.each_problem(usize::MAX, |problem| {
        let kind = problem.key.kind;
        let at = match problems.iter().position(|(known, ..)| *known == kind) {
            Some(at) => at,
            None => {
                problems.push((kind, 0, Vec::new()));
                problems.len() - 1
            }
        };
        problems[at].1 += 1;
        if problems[at].2.len() < LINES {
            problems[at].2.push(problem_line(&problem));
        }
        Ok(())
    })?;
    let mut findings: Vec<(Kind, Verdict, Vec<String>)> = Vec::new();
    let mut list = |kind: Kind, verdict: Verdict, finding: &Finding| {
        let known = findings
            .iter()
            .position(|(k, v, _)| *k == kind && *v == verdict);
        let at = known.unwrap_or_else(|| {
            findings.push((kind, verdict, Vec::new()));
            findings.len() - 1
        });
        if findings[at].2.len() < LINES {
            findings[at].2.push(finding_line(finding));
        }
    };
    if comparison.is_some() {
        ledger.each_finding(|finding| {
            match &finding.part {
                None => list(finding.key.kind, finding.verdict, &finding),
                // A record with a part that is not as it should be differs itself.
                Some(part) => {
                    list(part.kind, finding.verdict, &finding);
                    list(finding.key.kind, Verdict::Differs, &finding);
                }
            }
            Ok(())
        })?;
    }
    let counts = ledger.counts()?;
    let mut suites = Vec::new();
    for kind in Kind::ALL {
        let tally = comparison
            .as_ref()
            .and_then(|known| known.tallies.iter().find(|tally| tally.kind == kind));
        let problem = problems.iter().find(|(known, ..)| *known == kind);
        if tally.is_none() && problem.is_none() && !counts.iter().any(|(k, _)| *k == kind) {
            continue;
        }
        let mut cases = vec![case(
            "every record could be moved",
            "failure",
            "problem",
            "have problems",
            problem.map_or(0, |(_, count, _)| *count),
            problem.map_or(&[], |(.., lines)| lines),
        )];
        if let Some(tally) = tally {
            for (name, verdict, element, what, count) in checks(tally) {
                let lines = findings
                    .iter()
                    .find(|(k, v, _)| *k == kind && *v == verdict)
                    .map_or(&[][..], |(.., lines)| lines);
                cases.push(case(name, element, verdict.name(), what, count, lines));
            }
        }
        let of = |element| {
            let failed = cases.iter().filter(|case: &&Case| case.count > 0);
            failed.filter(|case| case.element == element).count()
        };
        suites.push(Suite {
            name: kind.plural(),
            failures: of("failure"),
            errors: of("error"),
            cases,
        });
    }
    let page = context! {
        command,
        tests => suites.iter().map(|suite| suite.cases.len()).sum::<usize>(),
        failures => suites.iter().map(|suite| suite.failures).sum::<usize>(),
        errors => suites.iter().map(|suite| suite.errors).sum::<usize>(),
        suites => Serde(&suites),
    };
    let made = environment().and_then(|env| {
        let template = env.get_template("junit.xml")?;
        template.render_captured_to(page, out).map(drop)
    });
    made.map_err(unwritable)
}

fn checks(tally: &Tally) -> [(&'static str, Verdict, &'static str, &'static str, u64); 4] {
    [
        (
            "everything is on the target",
            Verdict::Missing,
            "failure",
            "are missing",
            tally.missing,
        ),
        (
            "everything is as it was",
            Verdict::Differs,
            "failure",
            "differ",
            tally.differs,
        ),
        (
            "everything is there once",
            Verdict::Extra,
            "failure",
            "are extra",
            tally.extra,
        ),
        (
            "everything could be compared",
            Verdict::Error,
            "error",
            "could not be compared",
            tally.errors,
        ),
    ]
}

fn case(
    name: &'static str,
    element: &'static str,
    sort: &'static str,
    what: &str,
    count: u64,
    lines: &[String],
) -> Case {
    Case {
        name,
        element,
        sort,
        message: format!("{count} {what}"),
        count,
        lines: lines.to_vec(),
    }
}

fn problem_line(problem: &Problem) -> String {
    let hint = problem.hint.as_deref().unwrap_or_default();
    let line = format!("{} ({}): {}", problem.key, problem.stage, problem.reason);
    match hint.is_empty() {
        true => line,
        false => format!("{line}; {hint}"),
    }
}

/// A finding on one line.
pub(super) fn finding_line(finding: &Finding) -> String {
    let mut line = finding.key.to_string();
    if let Some(target) = &finding.target {
        line.push_str(&format!(" -> {target}"));
    }
    if let Some(part) = &finding.part {
        line.push_str(&format!(", {part}"));
    }
    for (name, value) in [
        ("", &finding.field),
        ("expected ", &finding.expected),
        ("found ", &finding.found),
        ("", &finding.reason),
    ] {
        if let Some(value) = value {
            line.push_str(&format!("; {name}{value}"));
        }
    }
    line
}
