//! Text and HTML as desks exchange it: what every connector needs of it, once.
//!
//! Nothing here sanitizes: bodies travel as they were, byte for byte outside
//! of what is rewritten.

use crate::schema::{Author, Date};

/// The text of an HTML body as a person would read it: tags removed, entities
/// decoded, block elements as line breaks, no trailing blanks.
pub fn html_to_text(html: &str) -> String {
    todo!("{html}")
}

/// Plain text as HTML: escaped, line breaks kept.
pub fn text_to_html(text: &str) -> String {
    todo!("{text}")
}

/// What verify compares: text without markup, white space folded, Unicode as it
/// is, quotes and non-breaking blanks made plain, our own attribution line removed.
pub fn comparable(body: &str, is_html: bool) -> String {
    todo!("{body} {is_html}")
}

/// The line that stands before a message on a target which cannot keep its
/// date or author, and that [`strip_attribution`] finds again:
/// `[2019-06-25 10:15 UTC · Ada Agent <ada@example.com> · email]`.
pub fn attribution(author: &Author, sent_at: Option<Date>, channel: Option<&str>) -> String {
    todo!("{author:?} {sent_at:?} {channel:?}")
}

/// The author and date that [`attribution`] wrote, and the body without it
/// (works on HTML and on plain text).
pub fn strip_attribution(body: &str) -> (Option<Attribution>, &str) {
    todo!("{body}")
}

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

/// Every image address (`src` of `img`) of an HTML body, in order, repeated ones once.
pub fn image_sources(html: &str) -> Vec<String> {
    todo!("{html}")
}

/// Replaces image addresses; `None` leaves one as it is. The rest stays byte-identical.
pub fn rewrite_images(html: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    let _ = replace;
    todo!("{html}")
}
