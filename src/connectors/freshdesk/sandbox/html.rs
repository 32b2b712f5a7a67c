//! What the platform does to the HTML it is given.

use lol_html::{RewriteStrSettings, element, rewrite_str};

/// Elements that do not survive.
const DROPPED: &str = "script, style, iframe, object, embed, form, link, meta, base";

/// Hosts of the players that an article keeps.
pub(super) const PLAYERS: &[&str] = &["youtube", "vimeo", "loom", "wistia"];

/// What an article keeps of its markup: scripts and forms go, and frames of
/// anything but videos, or all frames. Which players an account keeps is not
/// documented; those of Freshdesk's own editor (`Insert video`) are among them.
pub(super) fn article(html: &str, players: &[&str]) -> String {
    let settings =
        RewriteStrSettings::new().append_element_content_handler(element!(DROPPED, |el| {
            let address = el.get_attribute("src").unwrap_or_default();
            let player = players.iter().any(|name| address.contains(name));
            if !(player && el.tag_name() == "iframe") {
                el.remove();
            }
            Ok(())
        }));
    rewrite_str(html, settings).unwrap_or_default()
}

/// Removes what could run, and wraps the rest in a `div` as the platform does.
pub(super) fn cleaned(html: &str) -> String {
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!(DROPPED, |el| {
            el.remove();
            Ok(())
        }))
        .append_element_content_handler(element!("*", |el| {
            let bad: Vec<String> = el
                .attributes()
                .iter()
                .filter(|attribute| {
                    let value = attribute.value().trim_start().to_ascii_lowercase();
                    attribute.name().starts_with("on") || value.starts_with("javascript:")
                })
                .map(lol_html::html_content::Attribute::name)
                .collect();
            for name in bad {
                el.remove_attribute(&name);
            }
            Ok(())
        }));
    let inner = rewrite_str(html, settings).unwrap_or_default();
    let trimmed = inner.trim();
    if trimmed.starts_with("<div") && trimmed.ends_with("</div>") {
        trimmed.to_owned()
    } else {
        format!("<div>{trimmed}</div>")
    }
}

/// The text of an HTML body.
pub(super) fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => {
                tag = true;
                if !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                }
            }
            '>' if tag => tag = false,
            _ if !tag => out.push(c),
            _ => {}
        }
    }
    let text = out
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
