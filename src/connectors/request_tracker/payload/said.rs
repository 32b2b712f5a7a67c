//! A message as it is sent.

use serde_json::{Map, Value};

use super::internal;
use crate::connector::text::{self, attribution, comparable, with_attribution};
use crate::connector::{Error, Part, Refs, Result};
use crate::http::{Answer, Call, FormPart};
use crate::schema::{Author, AuthorKind, Message};

/// What is sent for one message.
pub struct Said<'a> {
    /// Body with the attribution line.
    pub content: String,
    /// Its type.
    pub mime: &'static str,
    part: &'a Part,
    edited: bool,
}

impl<'a> Said<'a> {
    /// Renders a message. RT dates it now, so that date and author stand in its first line.
    pub fn of(part: &'a Part, refs: &Refs) -> Said<'a> {
        Said::render(part, refs, false)
    }

    /// What a message became after it was written, as a comment beside it.
    pub fn edited(part: &'a Part, refs: &Refs) -> Said<'a> {
        Said::render(part, refs, true)
    }

    fn render(part: &'a Part, refs: &Refs, edited: bool) -> Said<'a> {
        let message = &part.message;
        let person = message.author.id.as_deref().and_then(|id| refs.person(id));
        let author = Author {
            kind: message.author.kind,
            id: message.author.id.clone(),
            name: message.author.name.clone().or_else(|| person?.name.clone()),
            email: message
                .author
                .email
                .clone()
                .or_else(|| person?.email.clone()),
        };
        let author =
            if author.name.is_none() && author.email.is_none() && author.kind != AuthorKind::System
            {
                Author {
                    name: author.id.clone(),
                    ..author
                }
            } else {
                author
            };
        let head = match edited {
            true => text::edited(message, &author),
            false => attribution(&author, message.sent_at, Some(message.channel.name())),
        };
        // RT keeps all markup and leaves this out whenever it shows the message.
        let tamed = message.html.as_deref().map(text::tame);
        let (body, is_html) = match (&tamed, &message.text) {
            (Some(tamed), _) => (tamed.html.as_str(), true),
            (None, text) => (text.as_deref().unwrap_or(""), false),
        };
        Said {
            content: with_attribution(&head, body, is_html),
            mime: if is_html { "text/html" } else { "text/plain" },
            part,
            edited,
        }
    }

    /// Customers do not see it.
    pub fn is_internal(&self) -> bool {
        self.edited || internal(&self.part.message)
    }

    /// Whether a message of the target is this one.
    pub fn is(&self, message: &Message) -> bool {
        let (body, is_html) = match (&message.html, &message.text) {
            (Some(html), _) => (html.as_str(), true),
            (None, text) => (text.as_deref().unwrap_or(""), false),
        };
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Without a date of its own an edit is dated when it is written.
        if self.edited {
            let rest = |text: &str| text.split_once(']').map(|(_, rest)| fold(rest));
            return internal(message) && rest(body) == rest(&self.content);
        }
        internal(message) == internal(&self.part.message)
            && is_html == (self.mime == "text/html")
            && (fold(body) == fold(&self.content)
                || comparable(body, is_html).is_empty() && fold(body) == fold(&self.content))
    }

    /// Sends it with its files. JSON breaks names that are not ASCII; a form does not.
    pub async fn send(&self, call: Call, body: Map<String, Value>) -> Result<Answer> {
        let files = uploads(self.part)?;
        if files.is_empty() {
            return call.body(&body).send().await;
        }
        let mut parts = vec![FormPart::Text {
            name: "JSON".into(),
            value: Value::Object(body).to_string(),
        }];
        parts.extend(files);
        call.multipart(parts).send().await
    }
}

/// A file name that survives a form: RT keeps `\"` and `%22` as they are written.
pub fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| match c {
            '"' => '\'',
            '\\' | '/' => '_',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    match safe.trim() {
        // "0" is no to RT, and then the name is missing.
        "" | "0" => format!("{}_", safe.trim()),
        trimmed => trimmed.to_owned(),
    }
}

fn uploads(part: &Part) -> Result<Vec<FormPart>> {
    let mut all = Vec::new();
    for file in &part.attachments {
        let Ok(path) = &file.path else { continue };
        if file.size == 0 {
            // RT refuses the whole message for an empty file.
            continue;
        }
        let mime = file
            .attachment
            .mime
            .as_deref()
            .unwrap_or("application/octet-stream");
        let bare = mime
            .split(';')
            .next()
            .unwrap_or(mime)
            .trim()
            .to_ascii_lowercase();
        let mime = if rewritten_by_rt(&bare) && !is_utf8(path)? {
            "application/octet-stream"
        } else {
            bare.as_str()
        };
        all.push(FormPart::File {
            name: "Attachments".into(),
            file_name: file_name(&file.attachment.name),
            mime: mime.to_owned(),
            path: path.clone(),
            part: file.from.map(|from| (from, file.size)),
        });
    }
    Ok(all)
}

/// RT converts files of these types to UTF-8 and so changes their bytes.
fn rewritten_by_rt(mime: &str) -> bool {
    matches!(mime, "text/plain" | "text/html" | "message/rfc822")
}

fn is_utf8(path: &std::path::Path) -> Result<bool> {
    let bytes = std::fs::read(path).map_err(|cause| {
        Error::local(format!("an attachment could not be read: {cause}")).caused_by(cause)
    })?;
    Ok(std::str::from_utf8(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_all_but_quotes() {
        assert_eq!(file_name("Größe 表 😀.txt"), "Größe 表 😀.txt");
        assert_eq!(file_name("a\"b\\c.txt"), "a'b_c.txt");
        assert_eq!(file_name("0"), "0_");
    }
}
