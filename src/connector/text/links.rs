//! Links inside HTML bodies.

use std::cell::RefCell;

use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::entities::{decode, escape};

/// Every link (`href` of `a` and `area`) of an HTML body, in order. Character
/// references are decoded.
pub fn links(html: &str) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    each_link(html, |link| {
        found.borrow_mut().push(link.to_owned());
        None
    });
    found.into_inner()
}

/// Replaces links; `None` leaves one as it is. The rest stays byte-identical.
pub fn rewrite_links(html: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    each_link(html, replace).unwrap_or_else(|| html.to_owned())
}

/// Replaces links by a list of old and new ones.
pub fn replace_links(html: &str, links: &[(String, String)]) -> String {
    rewrite_links(html, |link| {
        let known = links.iter().find(|(old, _)| old == link);
        known.map(|(_, new)| new.clone())
    })
}

/// The rewritten body, or `None` when there is no link in it at all.
fn each_link(html: &str, replace: impl Fn(&str) -> Option<String>) -> Option<String> {
    if !has_link(html) {
        return None;
    }
    let handler = element!("a[href], area[href]", |link| {
        if let Some(raw) = link.get_attribute("href")
            && let Some(new) = replace(decode(raw.trim()).as_ref())
        {
            link.set_attribute("href", &escape(&new))?;
        }
        Ok(())
    });
    // As for images: markup that no browser would write is no reason to stop.
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(handler)
        .with_strict(false);
    rewrite_str(html, settings).ok()
}

fn has_link(html: &str) -> bool {
    html.as_bytes()
        .windows(4)
        .any(|window| window.eq_ignore_ascii_case(b"href"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_replaced_and_nothing_else() {
        let html = r##"<p CLASS=x>a<br><a  href='/a?x=1&amp;y=2' title="t">b</a><a href="#c">d</a><area href=/a></p>"##;
        assert_eq!(links(html), ["/a?x=1&y=2", "#c", "/a"]);
        let new = rewrite_links(html, |link| {
            link.starts_with("/a?")
                .then(|| "https://new.example.com/?q=\"&z".to_owned())
        });
        assert_eq!(
            new,
            r##"<p CLASS=x>a<br><a href="https://new.example.com/?q=&quot;&amp;z" title="t">b</a><a href="#c">d</a><area href=/a></p>"##
        );
        assert_eq!(rewrite_links("no link", |_| Some(String::new())), "no link");
    }
}
