//! The line that says who wrote a message and when, where the target cannot.
//!
//! `[date · author · channel]`: the date is `undated` where there is none, the
//! channel is left out where there is none. Inside author and channel the
//! three characters with a meaning (`·`, `]`, `<`) are doubled, so that every
//! name comes back as it was, up to its white space.

use std::borrow::Cow;

use super::entities::escape;
use super::plain::{Markup, html_to_text, markup};
use crate::schema::{Author, Date};

const SEPARATOR: &str = " · ";
const UNDATED: &str = "undated";
const FORMAT: &str = "%Y-%m-%d %H:%M UTC";
/// Longest line that is looked at, in bytes: names have a few hundred.
const LONGEST: usize = 4096;

/// What an attribution line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The date, to the minute.
    pub sent_at: Option<Date>,
    /// Name as written.
    pub name: Option<String>,
    /// Address as written.
    pub email: Option<String>,
    /// Channel as written.
    pub channel: Option<String>,
}

/// The line that stands before a message on a target which cannot keep its
/// date or author, and that [`strip_attribution`] finds again:
/// `[2019-06-25 10:15 UTC · Ada Agent <ada@example.com> · email]`.
///
/// This is plain text; [`with_attribution`] puts it before a body of either sort.
pub fn attribution(author: &Author, sent_at: Option<Date>, channel: Option<&str>) -> String {
    let date = sent_at.map_or(UNDATED.to_owned(), |date| date.strftime(FORMAT).to_string());
    let name = author.name.as_deref().map(written).unwrap_or_default();
    let email: String = author
        .email
        .as_deref()
        .map(written)
        .unwrap_or_default()
        .replace(['<', '>', ' '], "");
    let who = match (name.is_empty(), email.is_empty()) {
        (false, false) => format!("{name} <{email}>"),
        (false, true) => name,
        (true, false) => format!("<{email}>"),
        (true, true) => format!("({})", author.kind),
    };
    match channel.map(written).filter(|channel| !channel.is_empty()) {
        Some(channel) => format!("[{date}{SEPARATOR}{who}{SEPARATOR}{channel}]"),
        None => format!("[{date}{SEPARATOR}{who}]"),
    }
}

/// A body with an attribution line before it.
pub fn with_attribution(line: &str, body: &str, is_html: bool) -> String {
    if is_html {
        format!("<p>{}</p>{body}", escape(line))
    } else {
        format!("{line}\n\n{body}")
    }
}

/// White space folded, characters with a meaning doubled.
fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            out.push(c);
            if matches!(c, '·' | ']' | '<') {
                out.push(c);
            }
        }
    }
    out
}

/// What [`written`] made of it, undone.
fn read(text: &str) -> Option<String> {
    let text = text
        .replace("··", "·")
        .replace("]]", "]")
        .replace("<<", "<");
    Some(text).filter(|text| !text.is_empty())
}

/// The author and date that [`attribution`] wrote, and the body without it
/// (works on HTML and on plain text). A body that does not begin with such a
/// line comes back as it is.
///
/// Targets wrap it in elements, change its white space, escape it or make a
/// link of the address: it is found all the same. Elements that were opened
/// before the line and end after the body lose their opening tag.
pub fn strip_attribution(body: &str) -> (Option<Attribution>, &str) {
    find(body).map_or((None, body), |(found, rest)| (Some(found), rest))
}

fn find(body: &str) -> Option<(Attribution, &str)> {
    let (start, opened, tagged) = skip_opening(body)?;
    let inside = &body[start..];
    let close = closing_bracket(inside)?;
    let (inner, rest) = (&inside[..close], &inside[close + 1..]);
    let is_html = tagged || inner.contains("&lt;") || begins_with_markup(rest);
    let line = if is_html {
        Cow::Owned(html_to_text(inner))
    } else {
        Cow::Borrowed(inner)
    };
    let found = parse(&line.split_whitespace().collect::<Vec<_>>().join(" "))?;
    let rest = if is_html {
        skip_closing(rest, opened)
    } else {
        skip_lines(rest)
    };
    Some((found, rest))
}

fn begins_with_markup(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.starts_with('<') && !matches!(markup(rest), Markup::Text)
}

/// Where the text of the line begins (behind the `[`), how many elements were
/// opened before it, and whether there was any markup.
fn skip_opening(body: &str) -> Option<(usize, usize, bool)> {
    let mut rest = body;
    let (mut opened, mut tagged) = (0, false);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if let Some(inside) = rest.strip_prefix('[') {
            let date = inside.trim_start();
            let ours = date.starts_with(UNDATED)
                || date.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            return ours.then_some((body.len() - inside.len(), opened, tagged));
        }
        if let Some(after) = rest.strip_prefix("&nbsp;") {
            rest = after;
            continue;
        }
        if !rest.starts_with('<') {
            return None;
        }
        tagged = true;
        rest = match markup(rest) {
            Markup::Text => return None,
            Markup::Skip(end) => &rest[end..],
            Markup::Tag { close: true, .. } => return None,
            Markup::Tag { name, end, .. } => {
                let void = ["br", "hr", "wbr", "meta", "link"]
                    .iter()
                    .any(|known| name.eq_ignore_ascii_case(known));
                opened += usize::from(!void);
                &rest[end..]
            }
        };
    }
}

/// The first `]` that is not doubled.
fn closing_bracket(inside: &str) -> Option<usize> {
    let bytes = inside.as_bytes();
    let mut at = 0;
    while at < bytes.len().min(LONGEST) {
        match (bytes[at], bytes.get(at + 1)) {
            (b']', Some(b']')) => at += 2,
            (b']', _) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

fn parse(line: &str) -> Option<Attribution> {
    let (date, rest) = line.split_once(SEPARATOR)?;
    let sent_at = match date {
        UNDATED => None,
        date => Some(parse_date(date)?),
    };
    let (who, channel) = match rest.split_once(SEPARATOR) {
        Some((_, channel)) if channel.contains(SEPARATOR) => return None,
        Some((who, channel)) => (who, read(channel)),
        None => (rest, None),
    };
    let (name, email) = match email_start(who) {
        Some(at) if who.ends_with('>') => (
            read(who[..at].trim_end()),
            read(&who[at + 1..who.len() - 1]),
        ),
        _ => (read(who), None),
    };
    let unnamed = email.is_none()
        && name
            .as_deref()
            .is_some_and(|name| matches!(name, "(contact)" | "(agent)" | "(bot)" | "(system)"));
    Some(Attribution {
        sent_at,
        name: name.filter(|_| !unnamed),
        email,
        channel,
    })
}

/// The first `<` that is not doubled.
fn email_start(who: &str) -> Option<usize> {
    let bytes = who.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'<', Some(b'<')) => at += 2,
            (b'<', _) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

fn parse_date(text: &str) -> Option<Date> {
    let civil = jiff::civil::DateTime::strptime(FORMAT, text).ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// The body behind the line: without the closing tags of what was opened
/// around the line, and without the line break after it.
fn skip_closing(rest: &str, mut opened: usize) -> &str {
    let mut rest = rest;
    loop {
        let next = rest.trim_start();
        if !next.starts_with('<') {
            return next;
        }
        match markup(next) {
            Markup::Tag {
                close: true, end, ..
            } if opened > 0 => {
                opened -= 1;
                rest = &next[end..];
            }
            Markup::Tag { name, end, .. } if name.eq_ignore_ascii_case("br") => {
                rest = &next[end..];
            }
            _ => return next,
        }
    }
}

/// The text behind the line and the empty line after it.
fn skip_lines(rest: &str) -> &str {
    let mut rest = rest.trim_start_matches([' ', '\t']);
    for _ in 0..2 {
        rest = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix('\n'))
            .unwrap_or(rest);
    }
    rest
}
