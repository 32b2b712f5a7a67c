//! Files: what fits into which request, and what the text says about the rest.

use crate::connector::{Detail, File, detail, text};
use crate::connectors::freshdesk::limits;
use crate::http::FormPart;

/// The files of a message, sorted by what becomes of them.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    /// Uploads, one list a request; the first goes with the message.
    pub batches: Vec<Vec<&'a File>>,
    /// What cannot be uploaded, and why.
    pub left: Vec<(&'a File, String)>,
}

/// Sorts files into requests of at most 20 MB.
pub fn sort(files: &[File]) -> Sorted<'_> {
    let mut sorted = Sorted::default();
    let mut room = 0;
    for file in files {
        match &file.path {
            Err(reason) => sorted.left.push((file, reason.to_string())),
            Ok(_) if file.size > limits::MAX_UPLOAD => {
                let reason = format!("{} MB, Freshdesk takes 20", megabytes(file));
                sorted.left.push((file, reason));
            }
            Ok(_) => {
                if file.size > room || sorted.batches.is_empty() {
                    sorted.batches.push(Vec::new());
                    room = limits::MAX_UPLOAD;
                }
                room -= file.size.min(room);
                if let Some(batch) = sorted.batches.last_mut() {
                    batch.push(file);
                }
            }
        }
    }
    sorted
}

/// The upload of a file.
pub fn part(file: &File) -> Option<FormPart> {
    let path = file.path.as_ref().ok()?.clone();
    let mime = file.attachment.mime.clone().unwrap_or_else(|| {
        mime_guess::from_path(&file.attachment.name)
            .first_or_octet_stream()
            .to_string()
    });
    Some(FormPart::File {
        name: "attachments[]".into(),
        file_name: name(&file.attachment.name),
        mime,
        path,
        part: file.from.map(|from| (from, file.size)),
    })
}

/// The name that a file gets. A form's quotes are escaped, and whether the
/// other end undoes that is not documented.
pub fn name(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// What a loss says of a file that is left, for a reason of [`sort`].
pub fn lost(file: &File, reason: &str) -> Detail {
    let why = match file.path {
        Ok(_) => {
            let (size, limit) = (megabytes(file), limits::MAX_UPLOAD / 1_000_000);
            detail!(
                "loss-file-megabytes",
                size = size,
                platform = "Freshdesk",
                limit = limit
            )
        }
        Err(_) => Detail::Plain(reason.to_owned()),
    };
    detail!(
        "loss-file-in-archive",
        name = &file.attachment.name,
        why = why
    )
}

fn megabytes(file: &File) -> u64 {
    file.size.div_ceil(1_000_000)
}

/// The line that stands for a file which is not on the target.
pub fn missing(file: &File, reason: &str) -> String {
    let line = format!(
        "[attachment {} is kept in the archive only: {reason}]",
        file.attachment.name
    );
    format!("<p>{}</p>", text::text_to_html(&line))
}

/// What a further note of a message says that only carries files.
pub fn heading(message: u32, batch: usize, batches: usize) -> String {
    format!("Files of message {message} ({batch} of {batches})")
}

/// Whether a text is one that [`heading`] made.
pub fn is_heading(comparable: &str) -> bool {
    let Some(rest) = comparable.trim().strip_prefix("Files of message ") else {
        return false;
    };
    let Some((message, rest)) = rest.split_once(" (") else {
        return false;
    };
    let Some((batch, batches)) = rest
        .strip_suffix(')')
        .and_then(|rest| rest.split_once(" of "))
    else {
        return false;
    };
    [message, batch, batches]
        .iter()
        .all(|number| number.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attachment, Owner};

    fn file(name: &str, size: u64) -> File {
        let attachment =
            serde_json::json!({"id": name, "owner": Owner::Message("1".into()), "name": name});
        File {
            attachment: serde_json::from_value::<Attachment>(attachment).unwrap(),
            path: Ok(name.into()),
            size,
            from: None,
        }
    }

    #[test]
    fn a_request_takes_twenty_megabytes_and_the_rest_follows() {
        let files = [
            file("a", 12_000_000),
            file("b", 8_000_000),
            file("c", 1),
            file("d", 20_000_001),
        ];
        let sorted = sort(&files);
        let sizes: Vec<usize> = sorted.batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1]);
        assert_eq!(sorted.left[0].1, "21 MB, Freshdesk takes 20");
    }

    #[test]
    fn a_file_that_could_not_be_had_is_named_in_the_text() {
        let mut gone = file("a<b.png", 0);
        gone.path = Err("gone".into());
        let sorted = sort(std::slice::from_ref(&gone));
        assert!(sorted.batches.is_empty());
        let line = missing(&gone, &sorted.left[0].1);
        assert!(line.contains("a&lt;b.png"), "{line}");
    }

    #[test]
    fn names_of_any_script_stay_and_quotes_become_others() {
        for same in [
            "Rechnung ü.pdf",
            "請求書.pdf",
            "../../etc/passwd",
            "a\\b",
            "😀.png",
        ] {
            assert_eq!(name(same), same);
        }
        assert_eq!(name("a\"b\n.txt"), "a'b .txt");
    }

    #[test]
    fn headings_are_known_again() {
        assert!(is_heading(&heading(3, 2, 3)));
        assert!(!is_heading("Files of message boards (see below)"));
    }
}
