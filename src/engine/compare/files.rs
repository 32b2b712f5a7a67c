//! Files of messages and articles.

use super::Check;
use super::values::body;
use crate::connector::{File, Loss, Part, ReadBack, field, text};
use crate::ledger::{Finding, Verdict};
use crate::schema::{Attachment, Key, Kind, Owner};

/// A file of the source, and the part that its losses name: its message, or
/// itself for an article's.
struct Wanted<'a> {
    file: &'a File,
    part: &'a str,
}

impl Check<'_> {
    pub(super) fn files_of_messages(&mut self, expected: &[Part], read: &ReadBack) {
        let wanted: Vec<Wanted> = expected
            .iter()
            .flat_map(|part| {
                part.attachments.iter().map(|file| Wanted {
                    file,
                    part: &part.message.id,
                })
            })
            .collect();
        // What hangs on a note of ours is ours.
        let found: Vec<&Attachment> = read
            .attachments
            .iter()
            .filter(|file| {
                !read.messages.iter().any(|message| {
                    file.owner == Owner::Message(message.id.clone())
                        && text::is_own_note(body(message).0)
                })
            })
            .collect();
        self.files(&wanted, found);
    }

    pub(super) fn files_of_article(&mut self, expected: &[File], read: &ReadBack) {
        let wanted: Vec<Wanted> = expected
            .iter()
            .map(|file| Wanted {
                file,
                part: &file.attachment.id,
            })
            .collect();
        self.files(&wanted, read.attachments.iter().collect());
    }

    /// Finds each file of the source among those of the target: the best match
    /// first, so that one that is gone is not taken for another one.
    fn files(&mut self, wanted: &[Wanted], mut found: Vec<&Attachment>) {
        let mut open: Vec<&Wanted> = Vec::new();
        let mut without: Vec<&Wanted> = Vec::new();
        for wanted in wanted {
            self.enter(Some(key(wanted)), wanted.part);
            // Without bytes there is nothing to compare; why is a problem of its own.
            if wanted.file.path.is_err() {
                without.push(wanted);
            } else if !self.lost(field::ATTACHMENT) {
                open.push(wanted);
            }
        }
        for round in [exact, by_sum, by_name_and_size, by_size, by_name] {
            open.retain(|wanted| {
                let Some(at) = found.iter().position(|file| round(wanted.file, file)) else {
                    return true;
                };
                let there = found.remove(at);
                self.file(wanted, there);
                false
            });
        }
        for wanted in open {
            self.enter(Some(key(wanted)), wanted.part);
            self.count(Kind::Attachment, |parts| parts.missing += 1);
            let shown = show(&wanted.file.attachment, Some(wanted.file.size));
            self.report(Verdict::Missing, field::ATTACHMENT, Some(&shown), None);
        }
        self.leave();
        // Where files were declared to become others, more cannot be told from ours.
        let declared = |loss: &Loss| {
            let of_files = [field::ATTACHMENT, field::ATTACHMENT_INLINE];
            of_files.contains(&loss.field.as_str()) && !loss.compared
        };
        if self.losses.iter().any(declared) {
            return;
        }
        for wanted in without {
            if let Some(at) = found.iter().position(|file| by_name(wanted.file, file)) {
                found.remove(at);
            }
        }
        for file in found {
            self.count(Kind::Attachment, |parts| parts.extra += 1);
            let finding = Finding {
                part: Some(Key::new(Kind::Attachment, &file.id)),
                field: Some(field::ATTACHMENT.to_owned()),
                found: Some(show(file, file.size)),
                ..Finding::new(Verdict::Extra, self.item.key())
            };
            self.add(Verdict::Extra, finding);
        }
    }

    fn file(&mut self, wanted: &Wanted, found: &Attachment) {
        self.enter(Some(key(wanted)), wanted.part);
        let before = self.found.findings.len();
        let expected = &wanted.file.attachment;
        if let (Some(sum), Some(there)) = (&expected.sha256, &found.sha256)
            && sum != there
        {
            self.differ(
                field::ATTACHMENT,
                format!("{}: SHA-256 {sum}", expected.name),
                format!("SHA-256 {there}"),
            );
        } else if found.size.is_some_and(|size| size != wanted.file.size) {
            self.differ(
                field::ATTACHMENT,
                show(expected, Some(wanted.file.size)),
                show(found, found.size),
            );
        }
        if expected.name != found.name && !self.lost(field::ATTACHMENT_NAME) {
            self.differ(field::ATTACHMENT_NAME, &expected.name, &found.name);
        }
        let changed = self.found.findings.len() > before;
        self.count(Kind::Attachment, |parts| match changed {
            true => parts.differs += 1,
            false => parts.matched += 1,
        });
    }
}

fn key(wanted: &Wanted) -> Key {
    Key::new(Kind::Attachment, &wanted.file.attachment.id)
}

fn exact(file: &File, found: &Attachment) -> bool {
    by_sum(file, found) && file.attachment.name == found.name
}

pub(super) fn by_sum(file: &File, found: &Attachment) -> bool {
    found.sha256.is_some() && file.attachment.sha256 == found.sha256
}

fn by_name_and_size(file: &File, found: &Attachment) -> bool {
    file.attachment.name == found.name && by_size(file, found)
}

fn by_size(file: &File, found: &Attachment) -> bool {
    found.size == Some(file.size)
}

fn by_name(file: &File, found: &Attachment) -> bool {
    file.attachment.name == found.name
}

fn show(file: &Attachment, size: Option<u64>) -> String {
    match size {
        Some(size) => format!("{}, {size} bytes", file.name),
        None => file.name.clone(),
    }
}
