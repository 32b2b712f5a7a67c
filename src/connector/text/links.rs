//! Links inside HTML bodies.

use std::cell::RefCell;

use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::entities::decode;

/// Every link (`href` of `a`) of an HTML body, in order. Character references
/// are decoded.
pub fn links(html: &str) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let handler = element!("a[href]", |link| {
        if let Some(raw) = link.get_attribute("href") {
            found.borrow_mut().push(decode(raw.trim()).into_owned());
        }
        Ok(())
    });
    // As for images: markup that no browser would write is no reason to stop.
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(handler)
        .with_strict(false);
    let read = rewrite_str(html, settings);
    drop(read);
    found.into_inner()
}
