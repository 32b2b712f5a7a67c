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
