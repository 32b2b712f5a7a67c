//! Text and HTML as desks exchange it: what every connector needs of it, once.
//!
//! Nothing here sanitizes: bodies travel as they were, byte for byte outside
//! of what is rewritten.

mod attribution;
mod entities;
mod images;
mod plain;

#[cfg(test)]
mod tests;

pub use attribution::{Attribution, attribution, strip_attribution, with_attribution};
pub use entities::{decode as decode_entities, escape as escape_html};
pub use images::{image_sources, rewrite_images};
pub use plain::{comparable, html_to_text, text_to_html};

/// What every note begins with that a sink adds on its own to keep what the
/// target has no home for (ratings, calls, links). Verify does not take such a
/// note for a message of the source.
pub const OWN_NOTE: &str = "Kept by deskferry:";

/// Whether a message was added by a sink on its own, see [`OWN_NOTE`].
pub fn is_own_note(body: &str) -> bool {
    let start: String = body.chars().take(400).collect();
    html_to_text(&start).trim_start().starts_with(OWN_NOTE)
}
