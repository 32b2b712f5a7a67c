//! Images inside HTML bodies.

use std::cell::RefCell;

use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::entities::{decode, escape};

/// Every image address (`src` of `img`) of an HTML body, in order, repeated ones once.
/// Character references are decoded: `&amp;` in the body is `&` here.
pub fn image_sources(html: &str) -> Vec<String> {
    let found = RefCell::new(Vec::<String>::new());
    each_image(html, |source| {
        let mut found = found.borrow_mut();
        if !found.iter().any(|known| known == source) {
            found.push(source.to_owned());
        }
        None
    });
    found.into_inner()
}

/// Replaces image addresses; `None` leaves one as it is. The rest stays
/// byte-identical, except that a replaced image loses its `srcset`, which
/// would show the old address instead of the new one.
pub fn rewrite_images(html: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    replace_images(html, |source| replace(source).map(Instead::Address))
}

/// What stands in place of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// The image from another address.
    Address(String),
    /// Markup.
    Html(String),
}

/// Replaces images by what is given for their address, as [`rewrite_images`] does.
pub fn replace_images(html: &str, replace: impl Fn(&str) -> Option<Instead>) -> String {
    each_image(html, replace).unwrap_or_else(|| html.to_owned())
}

/// The rewritten body, or `None` when there is no image in it at all.
fn each_image(html: &str, replace: impl Fn(&str) -> Option<Instead>) -> Option<String> {
    if !has_image(html) {
        return None;
    }
    let handler = element!("img[src]", |img| {
        if let Some(raw) = img.get_attribute("src")
            && let Some(new) = replace(decode(raw.trim()).as_ref())
        {
            match new {
                Instead::Address(new) => {
                    img.set_attribute("src", &escape(&new))?;
                    img.remove_attribute("srcset");
                }
                Instead::Html(new) => img.replace(&new, ContentType::Html),
            }
        }
        Ok(())
    });
    // Not strict: mails hold markup that no browser would write, and an
    // ambiguity in it is no reason to leave every image behind.
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(handler)
        .with_strict(false);
    rewrite_str(html, settings).ok()
}

fn has_image(html: &str) -> bool {
    html.as_bytes()
        .windows(4)
        .any(|window| window.eq_ignore_ascii_case(b"<img"))
}
