//! Text and HTML as desks exchange it: what every connector needs of it, once.
//!
//! Bodies travel as they were, byte for byte outside of what is rewritten.
//! [`tame`] is for targets that would remove more than it does.

mod attribution;
mod entities;
mod images;
mod links;
mod pieces;
mod plain;
mod tame;

#[cfg(test)]
mod tests;

pub use attribution::{Attribution, attribution, strip_attribution, with_attribution};
pub use entities::{decode as decode_entities, escape as escape_html};
pub use images::{Instead, image_sources, replace_images, rewrite_images};
pub use links::{links, replace_links, rewrite_links};
pub use pieces::pieces;
pub use plain::{comparable, html_to_text, text_to_html};
pub use tame::{Tamed, frames, tame, tame_but_players};

/// What every note begins with that a sink adds on its own to keep what the
/// target has no home for (ratings, calls, links). Verify does not take such a
/// note for a message of the source.
pub const OWN_NOTE: &str = "Kept by deskferry:";

/// What stands where a target shows customers the first text, and that was an
/// internal note. No message, either.
pub const INTERNAL_START: &str = "(This conversation began with an internal note.)";

/// How the first line of a note begins that holds a later version of a message.
const EDITED: &str = "[edited on ";

/// The first line of a note that holds what a message became after it was
/// written, where the target cannot change the message itself:
/// `[edited on 2019-07-01 08:00 UTC · 2019-06-25 10:15 UTC · Ada Agent · email]`.
///
/// Without a date of the edit it names the day of the note.
pub fn edited(message: &crate::schema::Message, author: &crate::schema::Author) -> String {
    let at = message.edited_at.unwrap_or_else(crate::schema::Date::now);
    let line = attribution(author, message.sent_at, Some(message.channel.name()));
    let rest = line.strip_prefix('[').unwrap_or(&line);
    format!("{EDITED}{} · {rest}", at.strftime("%Y-%m-%d %H:%M UTC"))
}

/// Whether a message was added by a sink on its own, see [`OWN_NOTE`],
/// [`INTERNAL_START`] and [`edited`].
pub fn is_own_note(body: &str) -> bool {
    let start: String = body.chars().take(400).collect();
    let text = html_to_text(&start);
    let text = text.trim_start();
    [OWN_NOTE, INTERNAL_START, EDITED]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// Whether a spreadsheet would take a cell for a formula, and execute it.
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}
