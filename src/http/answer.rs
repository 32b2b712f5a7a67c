//! What a server answered.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, LINK};
use serde::de::DeserializeOwned;

use crate::connector::{Error, Result};

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: reqwest::header::HeaderMap,
    /// Body, decompressed.
    pub body: Bytes,
    /// Path and query of the last request, secrets removed, for messages and raw pages.
    pub path: String,
}

/// Longest text that [`Answer::excerpt`] gives, in characters.
const EXCERPT: usize = 300;

impl Answer {
    /// Reads the body.
    ///
    /// The error is a [`Protocol`](crate::connector::ErrorKind::Protocol) one
    /// that names path, field, line and column, and says so when the body is
    /// HTML (a login page, a proxy, a wrong subdomain).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let read = serde_path_to_error::deserialize(&mut reader).map_err(|cause| {
            let field = cause.path().to_string();
            (field, cause.into_inner())
        });
        let read = read.and_then(|value| match reader.end() {
            Ok(()) => Ok(value),
            Err(cause) => Err((".".to_owned(), cause)),
        });
        read.map_err(|(field, cause)| {
            if self.is_html() {
                return self.html_error();
            }
            if self.body.is_empty() {
                return Error::protocol(format!(
                    "{} answered {} without a body",
                    self.path, self.status
                ));
            }
            let at = match field.as_str() {
                "." | "?" => String::new(),
                field => format!("`{field}`: "),
            };
            Error::protocol(format!("{} cannot be read: {at}{cause}", self.path)).caused_by(cause)
        })
    }

    /// Whether the body is a web page.
    pub(super) fn is_html(&self) -> bool {
        let declared = self.header(CONTENT_TYPE.as_str()).is_some_and(|mime| {
            mime.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        });
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(256)]);
        let start = start
            .trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace())
            .to_ascii_lowercase();
        start.starts_with("<!doctype html")
            || start.starts_with("<html")
            || (declared && start.starts_with('<'))
    }

    fn html_error(&self) -> Error {
        let text = String::from_utf8_lossy(&self.body);
        let title = title(&text)
            .map(|title| format!(" (“{title}”)"))
            .unwrap_or_default();
        Error::protocol(format!(
            "{} answered with a web page{title} instead of data",
            self.path
        ))
        .hint("check the desk's name or base_url; a login page or a proxy may stand in between")
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text for messages: decoded, one line, at most 300 characters, markup removed.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(64 * 1024)]);
        let text = if self.is_html() {
            title(&text).unwrap_or_else(|| without_markup(&text))
        } else {
            text.into_owned()
        };
        let mut line = String::new();
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
            if word.is_empty() {
                continue;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if line.chars().count() > EXCERPT {
            line = line.chars().take(EXCERPT - 1).collect();
            line.push('…');
        }
        line
    }

    /// The URL of `rel="next"` in the `Link` header.
    pub fn next_link(&self) -> Option<String> {
        self.headers
            .get_all(LINK)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(next_of)
    }
}

/// The target of `rel="next"` in one `Link` header. Addresses may hold commas
/// and semicolons, so the angle brackets lead.
fn next_of(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        let parameters = after.find('<').map_or(after, |next| &after[..next]);
        let is_next = parameters.split([';', ',']).any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value
                        .trim()
                        .trim_matches('"')
                        .split_ascii_whitespace()
                        .any(|rel| rel.eq_ignore_ascii_case("next"))
            })
        });
        if is_next {
            return Some(target.to_owned());
        }
        rest = after;
    }
    None
}

fn title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title: Vec<&str> = html[start..end].split_whitespace().collect();
    let title: String = title.join(" ").chars().take(100).collect();
    (!title.is_empty()).then_some(title)
}

fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&'static str, &str)], body: &str) -> Answer {
        let mut map = reqwest::header::HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Answer {
            status: 200,
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
            path: "/api/v2/users".into(),
        }
    }

    #[derive(serde::Deserialize, Debug)]
    struct Users {
        users: Vec<User>,
    }

    #[derive(serde::Deserialize, Debug)]
    struct User {
        id: u64,
    }

    #[test]
    fn an_unreadable_field_is_named_with_its_place() {
        let error = answer(&[], r#"{"users":[{"id":1},{"id":"two"}]}"#)
            .json::<Users>()
            .unwrap_err();
        assert!(error.message.contains("/api/v2/users"), "{error}");
        assert!(error.message.contains("`users[1].id`"), "{error}");
        assert!(error.message.contains("line 1 column"), "{error}");
    }

    #[test]
    fn text_after_the_value_is_an_error() {
        let read = answer(&[], r#"{"users":[{"id":7}]}"#).json::<Users>();
        assert_eq!(read.unwrap().users[0].id, 7);
        assert!(answer(&[], r#"{"users":[]} x"#).json::<Users>().is_err());
    }

    #[test]
    fn a_web_page_is_called_one() {
        let error = answer(
            &[("content-type", "text/html; charset=utf-8")],
            "\n<!DOCTYPE html><html><head><title>Sign\n in</title></head></html>",
        )
        .json::<Users>()
        .unwrap_err();
        assert!(error.message.contains("a web page (“Sign in”)"), "{error}");
        assert!(error.hint.is_some());
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let links = r#"<https://a.test/t?page=1,2>; rel="prev", <https://a.test/t?page=3;x>; title=x; rel="next last""#;
        assert_eq!(
            answer(&[("link", links)], "").next_link().as_deref(),
            Some("https://a.test/t?page=3;x")
        );
        let split = [
            ("link", "<https://a.test/1>; rel=first"),
            ("link", "<https://a.test/2>; rel=next"),
        ];
        assert_eq!(
            answer(&split, "").next_link().as_deref(),
            Some("https://a.test/2")
        );
        assert_eq!(answer(&split[..1], "").next_link(), None);
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        let long = "{\n  \"error\":\t\"".to_owned() + &"é".repeat(1000);
        let excerpt = answer(&[], &long).excerpt();
        assert_eq!(excerpt.chars().count(), 300);
        assert!(excerpt.starts_with("{ \"error\": \"é"), "{excerpt}");
        assert_eq!(
            answer(&[], "<html><body><h1>Bad</h1> gateway</body></html>").excerpt(),
            "Bad gateway"
        );
    }
}
