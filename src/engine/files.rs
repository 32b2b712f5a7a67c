//! What becomes of the files of messages: which are moved, whole or in parts,
//! and what the text says in place of those that are not.

use std::sync::Arc;

use crate::connector::text::{self, Instead};
use crate::connector::{Detail, Effect, File, Loss, TargetDesk, detail, field};
use crate::schema::{Article, Extra, Message};

/// What the user wants done with files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments {
    /// All of them.
    pub policy: Policy,
    /// Those that the target does not take.
    pub too_large: TooLarge,
    /// Where the archive's folder `blobs` can be reached, without a slash at
    /// the end: what is kept there is linked.
    pub link: Option<String>,
    /// Ends of names of files that the target refuses (`exe`), in lower case.
    pub refused: Vec<String>,
}

crate::schema::values! {
    /// What becomes of files.
    #[derive(Default)]
    Policy {
        /// They are fetched and moved.
        #[default]
        Move = "move",
        /// They are fetched, and stay in the archive.
        Archive = "archive",
        /// They are not even fetched.
        Skip = "skip",
    }
}

crate::schema::values! {
    /// What becomes of files that the target does not take.
    #[derive(Default)]
    TooLarge {
        /// They stay in the archive.
        #[default]
        Archive = "archive",
        /// They are moved in parts.
        Split = "split",
    }
}

/// Why a file is missing, for whoever reads the message.
const UNFETCHED: &str = "it could not be fetched";

/// Why it is, by the user's own word.
const ARCHIVED: &str = "kept in the archive, as the configuration says";
const SKIPPED: &str = "left out, as the configuration says";

/// The same of one that the target does not take.
const REFUSED: &str = "the target takes no files of this type";

/// What a loss says of a file that is not there. Errors speak English.
fn left(why: &str) -> Detail {
    match why {
        ARCHIVED => detail!("loss-file-archived"),
        SKIPPED => detail!("loss-file-skipped"),
        error => Detail::Plain(error.to_owned()),
    }
}

/// What decides about files: the user and the target.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    wanted: Attachments,
    limit: Option<u64>,
    places_images: bool,
    verbatim: bool,
}

impl Rules {
    pub fn new(wanted: &Attachments, target: &TargetDesk) -> Self {
        Rules {
            wanted: wanted.clone(),
            limit: target.max_attachment,
            places_images: target.places_images,
            verbatim: target.verbatim,
        }
    }

    /// The file, unless the user wants it left behind.
    pub fn allow(&self, mut file: File) -> File {
        let why = match self.wanted.policy {
            Policy::Move => return file,
            Policy::Archive => ARCHIVED,
            Policy::Skip => SKIPPED,
        };
        if file.path.is_ok() || self.wanted.policy == Policy::Skip {
            file.path = Err(Arc::from(why));
        }
        file
    }

    /// The files that go with a message. The text of the message says where
    /// the others are; what it says is compared like the rest of it.
    pub fn settle(
        &self,
        message: &mut Message,
        files: Vec<File>,
        losses: &mut Vec<Loss>,
    ) -> Vec<File> {
        if self.verbatim {
            return files;
        }
        if let Some(thread) = &message.side_thread {
            let detail = detail!("loss-side-conversation", thread = thread);
            let loss = Loss::new(field::EXTRA, Effect::Moved, detail);
            losses.push(loss.of(&message.id).compared());
            say_beside(message);
        }
        let mut kept = Vec::with_capacity(files.len());
        for file in files {
            let attachment = &file.attachment;
            let name = &attachment.name;
            let limit = self.limit.filter(|limit| file.size > *limit);
            // What the text says is the same in each run; why a file could not be
            // fetched may be another reason the next time, and is not for customers.
            let (why, told) = match (&file.path, limit) {
                (Ok(_), _) if self.refuses(name) => {
                    (detail!("loss-file-refused-type"), REFUSED.to_owned())
                }
                (Ok(_), None) => {
                    if attachment.inline && !self.places_images {
                        let line = format!("[the image {name} is attached]");
                        show_in_place(message, &file, &text::escape_html(&line));
                    }
                    kept.push(file);
                    continue;
                }
                (Ok(_), Some(limit)) if self.wanted.too_large == TooLarge::Split && limit > 0 => {
                    let parts = parts(&file, limit);
                    let line = joined(&file, parts.len());
                    kept.extend(parts);
                    say(message, &file, &line, None);
                    let size = file.size;
                    let detail = detail!(
                        "loss-file-in-parts",
                        name = name,
                        size = size,
                        limit = limit
                    );
                    let loss = Loss::new(field::ATTACHMENT, Effect::Moved, detail);
                    losses.push(loss.of(&message.id).compared());
                    continue;
                }
                (Ok(_), Some(limit)) => {
                    let size = file.size;
                    let why = detail!("loss-file-too-large", size = size, limit = limit);
                    (why, format!("{size} bytes, and the target takes {limit}"))
                }
                (Err(why), _) if self.wanted.policy != Policy::Move => (left(why), why.to_string()),
                (Err(why), _) => (left(why), UNFETCHED.to_owned()),
            };
            let link = self.link(&file);
            let effect = match link {
                Some(_) => Effect::Moved,
                None => Effect::Dropped,
            };
            let line = format!("[{name} is missing here: {told}]");
            say(message, &file, &line, link.as_deref());
            let detail = detail!("loss-file-says-so", name = name, why = why);
            let loss = Loss::new(field::ATTACHMENT, effect, detail);
            losses.push(loss.of(&message.id).compared());
        }
        kept
    }

    /// The files that go with an article. Its texts say which images and files
    /// are not there; what they say is compared like the rest of them.
    pub fn settle_article(
        &self,
        article: &mut Article,
        files: Vec<File>,
        losses: &mut Vec<Loss>,
    ) -> Vec<File> {
        if self.verbatim {
            return files;
        }
        let mut kept = Vec::with_capacity(files.len());
        for file in files {
            let Err(why) = &file.path else {
                kept.push(file);
                continue;
            };
            let told = match self.wanted.policy {
                Policy::Move => UNFETCHED,
                _ => why,
            };
            let name = &file.attachment.name;
            let link = self.link(&file);
            let effect = match link {
                Some(_) => Effect::Moved,
                None => Effect::Dropped,
            };
            let line = format!("[{name} is missing here: {told}]");
            let markup = marked_up(&line, link.as_deref());
            let mut in_place = false;
            for text in &mut article.translations {
                if let Some(html) = &mut text.html {
                    in_place |= replace_image(html, &file, &markup);
                }
            }
            let locale = file.attachment.locale.as_deref();
            let own = article.translations.iter().position(|text| {
                locale.is_some_and(|locale| locale.eq_ignore_ascii_case(&text.locale))
            });
            if let Some(text) = article.translations.get_mut(own.unwrap_or(0))
                && !in_place
            {
                let html = text.html.get_or_insert_default();
                html.push_str(&format!("<p>{markup}</p>"));
            }
            let detail = detail!("loss-file-says-so", name = name, why = left(why));
            let loss = Loss::new(field::ATTACHMENT, effect, detail);
            losses.push(loss.of(&file.attachment.id).compared());
        }
        kept
    }

    /// Whether the user says that the target takes no such files.
    fn refuses(&self, name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, end)| {
            let end = end.trim().to_lowercase();
            self.wanted.refused.contains(&end)
        })
    }

    /// Where a file of the archive can be reached.
    fn link(&self, file: &File) -> Option<String> {
        let base = self.wanted.link.as_deref()?;
        let sum = file.attachment.sha256.as_deref()?;
        Some(format!("{base}/{}/{sum}", sum.get(..2)?))
    }
}

/// The file, cut into files that the target takes.
fn parts(file: &File, limit: u64) -> Vec<File> {
    let count = file.size.div_ceil(limit);
    (0..count)
        .map(|index| {
            let from = index * limit;
            let mut part = file.clone();
            part.size = limit.min(file.size - from);
            part.from = Some(from);
            let attachment = &mut part.attachment;
            attachment.id = format!("{}-part-{}", attachment.id, index + 1);
            attachment.name = format!("{}.{:03}", attachment.name, index + 1);
            attachment.mime = Some("application/octet-stream".into());
            attachment.size = Some(part.size);
            attachment.inline = false;
            (attachment.content_id, attachment.url, attachment.sha256) = (None, None, None);
            attachment.extra = Extra::new();
            part
        })
        .collect()
}

/// How to put a file together again.
fn joined(file: &File, parts: usize) -> String {
    let name = &file.attachment.name;
    let sum = file.attachment.sha256.as_deref().unwrap_or("unknown");
    format!(
        "[{name} is here in {parts} parts, {name}.001 to {name}.{parts:03}; joined in this order they have the SHA-256 {sum}]"
    )
}

/// Begins a message of a side conversation with a line that says so: targets
/// have no such thing, and the line tells it from the others.
fn say_beside(message: &mut Message) {
    let subject = message.subject.as_deref().unwrap_or("without a subject");
    let line = match message.to.is_empty() {
        true => format!("[side conversation: {subject}]"),
        false => format!(
            "[side conversation: {subject}, to {}]",
            message.to.join(", ")
        ),
    };
    if let Some(html) = &mut message.html {
        html.insert_str(0, &format!("<p>{}</p>", text::escape_html(&line)));
    }
    if message.text.is_some() || message.html.is_none() {
        let text = message.text.take().unwrap_or_default();
        message.text = Some(format!("{line}\n\n{text}"));
    }
}

/// Puts a line where the image was, or at the end of the text.
fn say(message: &mut Message, file: &File, line: &str, link: Option<&str>) {
    let markup = marked_up(line, link);
    let mut plain = line.to_owned();
    if let Some(link) = link {
        plain.push_str(&format!(" {link}"));
    }
    let in_place = show_in_place(message, file, &markup);
    if let Some(html) = message.html.as_mut().filter(|_| !in_place) {
        html.push_str(&format!("<p>{markup}</p>"));
    }
    match &mut message.text {
        Some(text) if !text.is_empty() => text.push_str(&format!("\n\n{plain}")),
        None if message.html.is_some() => {}
        text => *text = Some(plain),
    }
}

fn marked_up(line: &str, link: Option<&str>) -> String {
    let line = text::escape_html(line);
    match link.map(text::escape_html) {
        Some(link) => format!("{line} <a href=\"{link}\">{link}</a>"),
        None => line.into_owned(),
    }
}

/// Replaces the file's image in the text; whether there is one.
fn show_in_place(message: &mut Message, file: &File, markup: &str) -> bool {
    let html = message.html.as_mut().filter(|_| file.attachment.inline);
    html.is_some_and(|html| replace_image(html, file, markup))
}

fn replace_image(html: &mut String, file: &File, markup: &str) -> bool {
    let attachment = &file.attachment;
    let found = std::cell::Cell::new(false);
    let new = text::replace_images(html, |source| {
        let named = source
            .strip_prefix("cid:")
            .is_some_and(|id| attachment.content_id.as_deref() == Some(id));
        if !named && attachment.url.as_deref() != Some(source) {
            return None;
        }
        found.set(true);
        Some(Instead::Html(markup.to_owned()))
    });
    *html = new;
    found.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attachment, Owner};

    fn file(name: &str, size: u64) -> File {
        let attachment = serde_json::json!({"id": "1", "owner": Owner::Message("7".into()), "name": name,
            "inline": true, "content_id": "shot@example.com", "sha256": "abcd"});
        File {
            attachment: serde_json::from_value::<Attachment>(attachment).unwrap(),
            path: Ok("bytes".into()),
            size,
            from: None,
        }
    }

    fn message(html: &str) -> Message {
        Message {
            id: "7".into(),
            html: Some(html.into()),
            ..Message::default()
        }
    }

    fn rules(wanted: Attachments) -> Rules {
        Rules {
            wanted,
            limit: Some(10),
            places_images: true,
            verbatim: false,
        }
    }

    /// What is kept, what the text becomes, and what is declared.
    fn settled(rules: &Rules, html: &str, file: File) -> (Vec<File>, String, Vec<Loss>) {
        let (mut message, mut losses) = (message(html), Vec::new());
        let kept = rules.settle(&mut message, vec![rules.allow(file)], &mut losses);
        (kept, message.html.unwrap(), losses)
    }

    const SHOT: &str = "<p>See <img src=\"cid:shot@example.com\" width=\"9\"> here</p>";

    #[test]
    fn a_file_that_fits_goes_along_and_its_image_stays() {
        let (kept, html, losses) = settled(&rules(Attachments::default()), SHOT, file("a.png", 10));
        assert_eq!((kept.len(), html.as_str(), losses.len()), (1, SHOT, 0));
    }

    #[test]
    fn an_image_that_cannot_be_had_is_named_in_its_place() {
        let mut gone = file("a<b>.png", 0);
        gone.path = Err("404".into());
        let (kept, html, losses) = settled(&rules(Attachments::default()), SHOT, gone.clone());
        assert!(kept.is_empty());
        assert_eq!(
            html,
            "<p>See [a&lt;b&gt;.png is missing here: it could not be fetched] here</p>"
        );
        assert!(!losses[0].hides(field::ATTACHMENT, "7") && losses[0].part.as_deref() == Some("7"));
        // Where no image names it, the line stands at the end.
        let (_, html, _) = settled(&rules(Attachments::default()), "<p>x</p>", gone.clone());
        assert_eq!(
            html,
            "<p>x</p><p>[a&lt;b&gt;.png is missing here: it could not be fetched]</p>"
        );
        let mut plain = Message {
            text: Some("x".into()),
            ..Message::default()
        };
        rules(Attachments::default()).settle(&mut plain, vec![gone], &mut Vec::new());
        assert_eq!(
            (plain.html, plain.text.as_deref()),
            (
                None,
                Some("x\n\n[a<b>.png is missing here: it could not be fetched]")
            )
        );
    }

    #[test]
    fn a_target_without_places_for_images_gets_their_names() {
        let mut rules = rules(Attachments::default());
        rules.places_images = false;
        let (kept, html, _) = settled(&rules, SHOT, file("a.png", 1));
        assert_eq!(kept.len(), 1);
        assert_eq!(html, "<p>See [the image a.png is attached] here</p>");
    }

    #[test]
    fn what_is_too_large_stays_in_the_archive_and_is_linked() {
        let wanted = Attachments {
            link: Some("https://files.example.com/blobs".into()),
            ..Attachments::default()
        };
        let (kept, html, losses) = settled(&rules(wanted), "", file("a.zip", 11));
        assert!(kept.is_empty());
        let link = "https://files.example.com/blobs/ab/abcd";
        assert_eq!(
            html,
            format!(
                "<p>[a.zip is missing here: 11 bytes, and the target takes 10] <a href=\"{link}\">{link}</a></p>"
            )
        );
        assert_eq!(losses[0].effect, Effect::Moved);
    }

    #[test]
    fn a_type_that_the_target_refuses_stays_in_the_archive() {
        let rules = rules(Attachments {
            refused: vec!["exe".into()],
            ..Attachments::default()
        });
        let (kept, html, losses) = settled(&rules, "", file("a.EXE", 1));
        assert!(kept.is_empty());
        assert_eq!(
            html,
            "<p>[a.EXE is missing here: the target takes no files of this type]</p>"
        );
        assert_eq!(losses[0].effect, Effect::Dropped);
        assert_eq!(settled(&rules, "", file("exe", 1)).0.len(), 1);
    }

    #[test]
    fn what_is_too_large_can_be_split() {
        let wanted = Attachments {
            too_large: TooLarge::Split,
            ..Attachments::default()
        };
        let (kept, html, losses) = settled(&rules(wanted), "", file("a.zip", 25));
        let parts: Vec<_> = kept
            .iter()
            .map(|part| (part.attachment.name.as_str(), part.from, part.size))
            .collect();
        assert_eq!(
            parts,
            [
                ("a.zip.001", Some(0), 10),
                ("a.zip.002", Some(10), 10),
                ("a.zip.003", Some(20), 5)
            ]
        );
        assert!(
            html.contains("in 3 parts") && html.contains("abcd"),
            "{html}"
        );
        assert_eq!(losses.len(), 1);
    }

    #[test]
    fn policies_leave_files_behind_and_say_so() {
        for (policy, why) in [
            (Policy::Archive, "kept in the archive"),
            (Policy::Skip, "left out"),
        ] {
            let wanted = Attachments {
                policy,
                ..Attachments::default()
            };
            let (kept, html, losses) = settled(&rules(wanted), "", file("a.zip", 1));
            assert!(kept.is_empty() && html.contains(why), "{html}");
            assert!(losses[0].detail.to_string().contains(why));
        }
    }
}
