//! A body in several messages, where a target takes no long ones.

use super::entities::escape;
use super::plain::{Markup, after_element, html_to_text, is_any, markup, text_to_html};

/// How the first line of a piece begins that goes on with the one before.
const CONTINUED: &str = "[continued ";
/// Bytes that are kept free for that line.
const HEADING: usize = 64;
/// Elements that have no end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements that nobody reads.
const UNSEEN: &[&str] = &["script", "style", "head", "template"];
/// Elements that another of the same name ends.
const ENDED: &[&str] = &["p", "li", "dt", "dd", "tr", "td", "th", "option"];
/// Ends of elements after which a text may be cut without anybody noticing.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "blockquote",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "br",
    "hr",
];

/// Cuts an HTML body into pieces of at most `limit` bytes. Each is whole HTML:
/// what is open at a cut is closed and opened again. The second and later ones
/// begin with a line such as `[continued 2/3]`, which
/// [`comparable`](super::comparable) leaves out. Nothing that can be read is
/// lost; markup is where no cut within it is possible.
pub fn pieces(html: &str, limit: usize) -> Vec<String> {
    if html.len() <= limit {
        return vec![html.to_owned()];
    }
    let room = limit.saturating_sub(HEADING).max(HEADING);
    let mut pieces = Cutter::new(room)
        .run(html)
        .unwrap_or_else(|| plainly(&html_to_text(html), room));
    let count = pieces.len();
    for (index, piece) in pieces.iter_mut().enumerate().skip(1) {
        piece.insert_str(0, &format!("<p>{CONTINUED}{}/{count}]</p>", index + 1));
    }
    pieces
}

/// The text of a piece without the line that says so.
pub(super) fn strip_continued(text: &str) -> &str {
    let Some((number, rest)) = text
        .trim_start()
        .strip_prefix(CONTINUED)
        .and_then(|rest| rest.split_once(']'))
    else {
        return text;
    };
    match number.split_once('/') {
        Some((n, of)) if n.parse::<u32>().is_ok() && of.parse::<u32>().is_ok() => rest.trim_start(),
        _ => text,
    }
}

/// Pieces of plain text, as HTML.
fn plainly(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(limit);
        loop {
            end = floor(rest, end);
            if end < rest.len()
                && let Some(line) = rest[..end].rfind('\n').filter(|line| *line > end / 2)
            {
                end = line + 1;
            }
            let html = text_to_html(&rest[..end]);
            if html.len() <= limit || end <= 4 {
                pieces.push(html);
                break;
            }
            end = end * 3 / 4;
        }
        rest = &rest[end..];
    }
    pieces
}

/// The nearest boundary between characters at or before `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    if at == 0 && !text.is_empty() {
        return text.chars().next().map_or(0, char::len_utf8);
    }
    at
}

struct Cutter<'a> {
    limit: usize,
    done: Vec<String>,
    now: String,
    /// Something stands in this piece besides what was opened again.
    filled: bool,
    /// What is open: its name, and its tag as written.
    open: Vec<(&'a str, &'a str)>,
}

impl<'a> Cutter<'a> {
    fn new(limit: usize) -> Self {
        Cutter {
            limit,
            done: Vec::new(),
            now: String::new(),
            filled: false,
            open: Vec::new(),
        }
    }

    /// `None` where the markup leaves no place to cut at.
    fn run(mut self, html: &'a str) -> Option<Vec<String>> {
        let mut rest = html;
        while !rest.is_empty() {
            let at = rest.find('<').unwrap_or(rest.len());
            self.text(&rest[..at])?;
            rest = &rest[at..];
            if rest.is_empty() {
                break;
            }
            match markup(rest) {
                Markup::Text => {
                    self.text(&escape("<"))?;
                    rest = &rest[1..];
                }
                Markup::Skip(end) => rest = &rest[end..],
                Markup::Tag { name, close, end } => {
                    let tag = &rest[..end];
                    rest = &rest[end..];
                    if !close && is_any(name, UNSEEN) {
                        rest = after_element(rest, name);
                    } else if close {
                        self.close(name);
                    } else {
                        self.open(name, tag)?;
                    }
                    if is_any(name, BLOCKS)
                        && (close || is_any(name, VOID))
                        && self.now.len() > self.limit * 3 / 4
                    {
                        self.cut()?;
                    }
                }
            }
        }
        if self.filled {
            self.end();
        }
        Some(self.done)
    }

    /// Bytes that are left, with all that is open closed.
    fn room(&self) -> usize {
        let closing: usize = self.open.iter().map(|(name, _)| name.len() + 3).sum();
        self.limit.saturating_sub(self.now.len() + closing)
    }

    fn end(&mut self) {
        let mut piece = std::mem::take(&mut self.now);
        for (name, _) in self.open.iter().rev() {
            piece.push_str(&format!("</{name}>"));
        }
        self.done.push(piece);
        self.filled = false;
    }

    fn cut(&mut self) -> Option<()> {
        if !self.filled {
            return None;
        }
        self.end();
        for (_, tag) in &self.open {
            self.now.push_str(tag);
        }
        (self.room() > self.limit / 2).then_some(())
    }

    fn open(&mut self, name: &'a str, tag: &'a str) -> Option<()> {
        if is_any(name, ENDED)
            && self
                .open
                .last()
                .is_some_and(|(last, _)| last.eq_ignore_ascii_case(name))
        {
            self.close(name);
        }
        let lasts = !is_any(name, VOID) && !tag.ends_with("/>");
        let needed = tag.len() + if lasts { name.len() + 3 } else { 0 };
        if needed > self.room() {
            self.cut()?;
        }
        if needed > self.room() {
            return None;
        }
        self.now.push_str(tag);
        match lasts {
            true => self.open.push((name, tag)),
            // An image is something.
            false => self.filled = true,
        }
        Some(())
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self
            .open
            .iter()
            .rposition(|(open, _)| open.eq_ignore_ascii_case(name))
        else {
            return;
        };
        for (open, _) in self.open.drain(at..).rev() {
            self.now.push_str(&format!("</{open}>"));
        }
    }

    fn text(&mut self, mut text: &str) -> Option<()> {
        while !text.is_empty() {
            let room = self.room();
            if text.len() <= room {
                self.now.push_str(text);
                self.filled |= !text.trim().is_empty();
                return Some(());
            }
            match place(text, room) {
                0 => self.cut()?,
                at => {
                    self.now.push_str(&text[..at]);
                    self.filled = true;
                    text = &text[at..];
                    self.cut()?;
                }
            }
        }
        Some(())
    }
}

/// Where to cut a text that is longer than `room`: between words, never inside
/// of a character or its reference. 0 where that is not possible.
fn place(text: &str, room: usize) -> usize {
    let mut at = room;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    if let Some(word) = text[..at]
        .rfind(char::is_whitespace)
        .filter(|word| *word > at / 2)
    {
        return word;
    }
    // `&nbsp;`: the longest ones have some thirty letters.
    match text[..at].rfind('&') {
        Some(start) if at - start < 40 && !text[start..at].contains(';') => start,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::super::comparable;
    use super::*;
    use proptest::prelude::*;

    fn bare(html: &str) -> String {
        comparable(html, true).split_whitespace().collect()
    }

    #[test]
    fn markup_goes_on_in_the_next_piece() {
        let words = "word ".repeat(60);
        let html = format!("<blockquote class=\"gmail_quote\"><p><b>{words}</b></p></blockquote>");
        let pieces = pieces(&html, 250);
        assert!(pieces.len() >= 2, "{pieces:?}");
        let count = pieces.len();
        for (index, piece) in pieces.iter().enumerate() {
            assert!(piece.len() <= 250, "{piece}");
            let head = match index {
                0 => String::new(),
                _ => format!("<p>[continued {}/{count}]</p>", index + 1),
            };
            let start = format!("{head}<blockquote class=\"gmail_quote\"><p><b>");
            assert!(piece.starts_with(&start), "{piece}");
            assert!(piece.ends_with("</b></p></blockquote>"), "{piece}");
        }
        let said: String = pieces.iter().map(|piece| bare(piece)).collect();
        assert_eq!(said, bare(&html));
    }

    #[test]
    fn a_tag_that_is_too_long_costs_the_markup_alone() {
        let html = format!("<p style=\"{}\">one two</p>", "x".repeat(300));
        let pieces = pieces(&html, 200);
        assert_eq!(
            pieces.iter().map(|piece| bare(piece)).collect::<String>(),
            "onetwo"
        );
    }

    proptest! {
        #[test]
        fn pieces_say_all_of_the_text_and_none_is_longer(
            parts in prop::collection::vec(
                prop_oneof![
                    "[a-zé🖨]{1,12}[ \n]", "&amp;", "&nbsp;", "<b>", "</b>", "<p>", "</p>",
                    "<br>", "<blockquote>", "</blockquote>", "< ", "<li>", "<!-- no -->",
                    "<style>a[{][}]</style>",
                ],
                0..120,
            ),
            limit in 200_usize..400,
        ) {
            let whole = parts.concat();
            let pieces = pieces(&whole, limit);
            let said: String = pieces.iter().map(|piece| bare(piece)).collect();
            prop_assert_eq!(said, bare(&whole));
            for piece in pieces {
                prop_assert!(piece.len() <= limit, "{} bytes", piece.len());
            }
        }
    }
}
