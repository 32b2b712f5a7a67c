//! HTML as a person reads it, and plain text as HTML.

use super::attribution::strip_attribution;
use super::entities::{decode, escape};
use super::pieces::strip_continued;

/// The text of an HTML body as a person would read it: tags removed, entities
/// decoded, block elements as line breaks, no trailing blanks.
pub fn html_to_text(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            page.text(&decode(rest));
            break;
        };
        page.text(&decode(&rest[..at]));
        rest = &rest[at..];
        match markup(rest) {
            Markup::Text => {
                page.text("<");
                rest = &rest[1..];
            }
            Markup::Skip(end) => rest = &rest[end..],
            Markup::Tag { name, close, end } => {
                rest = &rest[end..];
                if !close && is_any(name, &["script", "style", "head", "template"]) {
                    rest = after_element(rest, name);
                } else {
                    page.tag(name, close);
                }
            }
        }
    }
    page.finish()
}

/// What stands at a `<`.
pub(super) enum Markup<'a> {
    /// A character like any other: `a < b`, `<ada@example.com>`.
    Text,
    /// A comment, a doctype or the like, up to here.
    Skip(usize),
    /// A tag.
    Tag {
        /// As written.
        name: &'a str,
        /// It closes an element.
        close: bool,
        /// Where the tag is over.
        end: usize,
    },
}

/// Reads the markup at the start of `html`, which is a `<`.
pub(super) fn markup(html: &str) -> Markup<'_> {
    if let Some(comment) = html.strip_prefix("<!--") {
        return Markup::Skip(comment.find("-->").map_or(html.len(), |at| at + 7));
    }
    if html.starts_with("<!") || html.starts_with("<?") {
        return html
            .find('>')
            .map_or(Markup::Text, |at| Markup::Skip(at + 1));
    }
    let close = html.starts_with("</");
    let start = if close { 2 } else { 1 };
    let bytes = html.as_bytes();
    if !bytes.get(start).is_some_and(u8::is_ascii_alphabetic) {
        return Markup::Text;
    }
    let length = bytes[start..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'))
        .count();
    let name_end = start + length;
    if !matches!(
        bytes.get(name_end),
        Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' | b'\x0c')
    ) {
        return Markup::Text;
    }
    match tag_end(bytes, name_end) {
        Some(end) => Markup::Tag {
            name: &html[start..name_end],
            close,
            end,
        },
        None => Markup::Text,
    }
}

/// The end of a tag whose attributes begin at `from`; a `>` inside quotes is
/// none, unless the quotes never close.
fn tag_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut quote = None;
    for (at, &b) in bytes.iter().enumerate().skip(from) {
        match quote {
            Some(q) if b == q => quote = None,
            Some(_) => {}
            None if b == b'>' => return Some(at + 1),
            None if matches!(b, b'"' | b'\'') && bytes[at - 1] == b'=' => quote = Some(b),
            None => {}
        }
    }
    let at = bytes.iter().skip(from).position(|&b| b == b'>')?;
    Some(from + at + 1)
}

/// What follows the element that was just opened; all of it when it is never closed.
pub(super) fn after_element<'a>(html: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = html[from..].find("</") {
        let here = from + at;
        if let Markup::Tag {
            name: found, end, ..
        } = markup(&html[here..])
            && found.eq_ignore_ascii_case(name)
        {
            return &html[here + end..];
        }
        from = here + 2;
    }
    ""
}

pub(super) fn is_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Elements with an empty line around them.
const PARAGRAPHS: &[&str] = &[
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol",
    "dl",
    "table",
    "pre",
    "hr",
];

/// Elements on lines of their own.
const BLOCKS: &[&str] = &[
    "div", "li", "dt", "dd", "tr", "section", "article", "header", "footer", "main", "aside",
    "nav", "form", "fieldset", "figure", "address", "center", "body", "html", "caption", "details",
    "summary", "title", "option",
];

/// Text in the making.
#[derive(Default)]
struct Page {
    out: String,
    /// Line breaks to write before the next character.
    breaks: usize,
    /// A blank to write before the next character, unless a line begins there.
    blank: bool,
    /// Depth of elements that keep white space.
    pre: usize,
}

impl Page {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.pre > 0 => self.breaks += 1,
                '\r' if self.pre > 0 => {}
                ' ' | '\t' if self.pre > 0 => self.put(c),
                ' ' | '\t' | '\n' | '\r' | '\x0c' => self.blank = true,
                '\u{a0}' => self.put(' '),
                c => self.put(c),
            }
        }
    }

    fn put(&mut self, c: char) {
        if self.breaks > 0 {
            trim_blanks(&mut self.out);
            if !self.out.is_empty() {
                self.out.extend(std::iter::repeat_n('\n', self.breaks));
            }
        } else if self.blank && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.blank = false;
        self.out.push(c);
    }

    fn tag(&mut self, name: &str, close: bool) {
        if name.eq_ignore_ascii_case("br") {
            self.breaks += 1;
        } else if is_any(name, &["td", "th"]) {
            self.blank = true;
        } else if is_any(name, PARAGRAPHS) {
            self.breaks = self.breaks.max(2);
            if name.eq_ignore_ascii_case("pre") {
                self.pre = match close {
                    true => self.pre.saturating_sub(1),
                    false => self.pre + 1,
                };
            }
        } else if is_any(name, BLOCKS) {
            self.breaks = self.breaks.max(1);
        }
    }

    fn finish(mut self) -> String {
        trim_blanks(&mut self.out);
        self.out
    }
}

fn trim_blanks(text: &mut String) {
    let length = text.trim_end_matches([' ', '\t']).len();
    text.truncate(length);
}

/// Plain text as HTML: escaped, line breaks kept, runs of blanks kept as wide as they were.
pub fn text_to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str("<p>");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("<br>");
        }
        // HTML folds blanks, except those that may not break.
        let mut folded = true;
        for c in escape(line).chars() {
            match c {
                '\t' => out.push_str("&nbsp;&nbsp;&nbsp; "),
                ' ' if folded => out.push_str("&nbsp;"),
                c => out.push(c),
            }
            folded = matches!(c, ' ' | '\t');
        }
    }
    out.push_str("</p>");
    out
}

/// What verify compares: text without markup, white space folded, Unicode as it
/// is, quotes and non-breaking blanks made plain, our own lines at its start removed.
pub fn comparable(body: &str, is_html: bool) -> String {
    let (_, body) = strip_attribution(body);
    let mut folded = if is_html {
        fold(&html_to_text(body))
    } else {
        fold(body)
    };
    // A body that was moved twice begins with two lines of ours.
    while let (Some(_), rest) = strip_attribution(&folded) {
        folded = rest.trim_start().to_owned();
    }
    match strip_continued(&folded) {
        rest if rest.len() < folded.len() => rest.to_owned(),
        _ => folded,
    }
}

fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Zero width: editors add and remove them at will.
            '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            '‘' | '’' | '‚' | '‛' | '′' => out.push('\''),
            '“' | '”' | '„' | '‟' | '″' => out.push('"'),
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}
