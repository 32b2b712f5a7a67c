//! Markup that help desks do not take: out of the way beforehand, so that what
//! it says stays.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::entities::{decode, escape};

/// Nobody reads them.
const UNSEEN: &str = "script, style, meta, link, base";
/// What stands inside stays.
const AROUND: &str = "form, button, select, option, textarea, fieldset, applet";
/// A link says what they showed.
const SHOWN: &str = "iframe, frame, embed, object";

/// A body without active markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tamed {
    /// The body; as it was where nothing had to go.
    pub html: String,
    /// The elements that went, in alphabetical order.
    pub tags: Vec<String>,
    /// A link stands where something was shown, so that there is more text than before.
    pub linked: bool,
}

/// Takes scripts, styles, forms and frames out of a body, which desks remove
/// together with all they hold. The text in forms stays, and a link stands
/// where a frame or object was.
pub fn tame(html: &str) -> Tamed {
    tame_but(html, |_| false)
}

/// The same, but players of videos stay: knowledge bases have them.
pub fn tame_but_players(html: &str) -> Tamed {
    tame_but(html, is_player)
}

/// Hosts of players that people put into articles.
const PLAYERS: [&str; 6] = [
    "youtube.com",
    "youtube-nocookie.com",
    "vimeo.com",
    "loom.com",
    "wistia.com",
    "wistia.net",
];

/// Whether an address is that of a player for videos.
fn is_player(address: &str) -> bool {
    let whole = match address.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None => address.to_owned(),
    };
    let url = url::Url::parse(&whole).ok().filter(|_| is_web(&whole));
    let host = url.as_ref().and_then(url::Url::host_str);
    host.is_some_and(|host| {
        PLAYERS.iter().any(|known| {
            let above = host.strip_suffix(known);
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        })
    })
}

/// How many players of videos a text has, and how many frames of anything else.
pub fn frames(html: &str) -> (usize, usize) {
    let mut found = (0, 0);
    if !html.to_ascii_lowercase().contains("<iframe") {
        return found;
    }
    let counted = RefCell::new(&mut found);
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("iframe", |el| {
            let address = el.get_attribute("src").unwrap_or_default();
            let mut counted = counted.borrow_mut();
            match is_player(&decode(address.trim())) {
                true => counted.0 += 1,
                false => counted.1 += 1,
            }
            Ok(())
        }))
        .with_strict(false);
    // What cannot be read has none that anybody sees.
    let _ = rewrite_str(html, settings);
    found
}

fn tame_but(html: &str, keep: fn(&str) -> bool) -> Tamed {
    let whole = || Tamed {
        html: html.to_owned(),
        ..Tamed::default()
    };
    let lower = html.to_ascii_lowercase();
    let known = [UNSEEN, AROUND, SHOWN].join(", ");
    if !known
        .split(", ")
        .any(|tag| lower.contains(&format!("<{tag}")))
    {
        return whole();
    }
    let tags = RefCell::new(BTreeSet::new());
    let linked = RefCell::new(false);
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!(UNSEEN, |el| {
            tags.borrow_mut().insert(el.tag_name());
            el.remove();
            Ok(())
        }))
        .append_element_content_handler(element!(AROUND, |el| {
            tags.borrow_mut().insert(el.tag_name());
            if el.tag_name() == "option" {
                el.append(" ", ContentType::Text);
            }
            el.remove_and_keep_content();
            Ok(())
        }))
        .append_element_content_handler(element!("input", |el| {
            tags.borrow_mut().insert(el.tag_name());
            el.remove();
            Ok(())
        }))
        .append_element_content_handler(element!(SHOWN, |el| {
            let address = el.get_attribute("src").or(el.get_attribute("data"));
            let address = address
                .as_deref()
                .map(|address| decode(address.trim()).into_owned());
            if el.tag_name() == "iframe" && address.as_deref().is_some_and(keep) {
                // They show and run something else than the player.
                let names = el.attributes().iter().map(|known| known.name());
                let active = |name: &String| name == "srcdoc" || name.starts_with("on");
                for name in names.filter(active).collect::<Vec<_>>() {
                    el.remove_attribute(&name);
                }
                return Ok(());
            }
            tags.borrow_mut().insert(el.tag_name());
            match address {
                Some(address) if is_web(&address) => {
                    let shown = escape(&address);
                    let link = format!("<p><a href=\"{shown}\">{shown}</a></p>");
                    *linked.borrow_mut() = true;
                    // What an object holds is shown where it cannot be.
                    match el.tag_name().as_str() {
                        "object" => {
                            el.before(&link, ContentType::Html);
                            el.remove_and_keep_content();
                        }
                        _ => el.replace(&link, ContentType::Html),
                    }
                }
                _ if el.tag_name() == "object" => el.remove_and_keep_content(),
                _ => el.remove(),
            }
            Ok(())
        }))
        .with_strict(false);
    match rewrite_str(html, settings) {
        Ok(html) => Tamed {
            html,
            tags: tags.into_inner().into_iter().collect(),
            linked: linked.into_inner(),
        },
        Err(_) => whole(),
    }
}

fn is_web(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://") || lower.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::super::comparable;
    use super::*;

    #[test]
    fn what_was_said_stays_and_what_was_shown_is_linked() {
        let html = "<style>p{}</style><form action=\"x\"><p>Order <input value=1><button>now</button></p></form><iframe src=\"https://video.example.com/?a=1&amp;b=2\">old</iframe><script>no()</script>";
        let tamed = tame(html);
        assert_eq!(
            tamed.tags,
            ["button", "form", "iframe", "input", "script", "style"]
        );
        assert!(tamed.linked);
        assert_eq!(
            comparable(&tamed.html, true),
            "Order now https://video.example.com/?a=1&b=2"
        );
    }

    #[test]
    fn everything_else_is_as_it_was() {
        let html = "<DIV><p onclick=x>a <b>b</p> < c <blockquote>q</blockquote>";
        let tamed = tame(html);
        assert_eq!((tamed.html.as_str(), tamed.tags.len()), (html, 0));
    }

    #[test]
    fn players_of_videos_stay_where_they_may() {
        let player = "<iframe src=\"https://www.youtube.com/embed/1?rel=0&amp;x=1\"></iframe>";
        let html = format!(
            "<p>a</p>{player}<iframe src=\"//fast.wistia.net/embed/2\"></iframe><iframe src=\"https://notyoutube.com/3\"></iframe>"
        );
        assert_eq!(frames(&html), (2, 1));
        let tamed = tame_but_players(&html);
        assert_eq!((frames(&tamed.html), tamed.tags.len()), ((2, 0), 1));
        assert!(tamed.html.contains(player), "{}", tamed.html);
        assert!(tamed.html.contains("<a href=\"https://notyoutube.com/3\">"));
        assert_eq!(frames(&tame(&html).html), (0, 0));
        let disguised = "<iframe srcdoc=\"<script>x()</script>\" src=\"https://vimeo.com/1\" ONLOAD=\"x()\" allowfullscreen></iframe>";
        let html = tame_but_players(disguised).html;
        assert_eq!(frames(&html), (1, 0));
        assert!(html.contains("allowfullscreen"), "{html}");
        let lower = html.to_ascii_lowercase();
        assert!(
            !lower.contains("srcdoc") && !lower.contains("onload"),
            "{html}"
        );
        for other in [
            "javascript:youtube.com",
            "https://youtube.com.example.com/1",
            "ftp://vimeo.com/1",
            "",
        ] {
            assert!(!is_player(other), "{other}");
        }
    }
}
