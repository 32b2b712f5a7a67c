//! Transcripts: with the account's setting for it, a comment is added when a
//! chat or messaging session ends, which repeats all of its lines.
//!
//! Facts: the via type `chat_transcript`, and the help center's articles on
//! public transcripts (4406561707418, 5145976085274).

use std::collections::{BTreeSet, HashSet};

use super::chat::words;
use crate::connectors::zendesk::wire;
use crate::schema::{Owner, Record};

/// Whether a comment says that it is a transcript.
pub(super) fn is_transcript(comment: &wire::Comment) -> bool {
    let via = comment.via.as_ref().and_then(|via| via.channel.as_deref());
    via == Some("chat_transcript")
}

/// Takes out transcripts that repeat what was said since the one before:
/// every line of a chat, and no file but theirs. `lines` are the ids of
/// messages that are lines of chats.
pub(super) fn drop_repeated(
    records: &mut Vec<Record>,
    transcripts: &BTreeSet<String>,
    lines: &HashSet<String>,
) {
    let repeated: HashSet<String> = transcripts
        .iter()
        .filter(|id| repeats(records, id, transcripts, lines))
        .cloned()
        .collect();
    records.retain(|record| match record {
        Record::Message(message) => !repeated.contains(&message.id),
        Record::Attachment(file) => {
            !matches!(&file.owner, Owner::Message(id) if repeated.contains(id))
        }
        _ => true,
    });
}

fn repeats(
    records: &[Record],
    id: &str,
    transcripts: &BTreeSet<String>,
    lines: &HashSet<String>,
) -> bool {
    let messages = || {
        records.iter().filter_map(|record| match record {
            Record::Message(message) => Some(message),
            _ => None,
        })
    };
    let Some(transcript) = messages().find(|message| message.id == id) else {
        return false;
    };
    let ours = || messages().filter(|other| other.conversation_id == transcript.conversation_id);
    let before = ours()
        .filter(|other| transcripts.contains(&other.id) && other.sent_at < transcript.sent_at)
        .filter_map(|other| other.sent_at)
        .max();
    let said = words(transcript);
    let mut owners: HashSet<&str> = HashSet::new();
    for line in ours().filter(|other| lines.contains(&other.id)) {
        if line.sent_at > before && line.sent_at <= transcript.sent_at {
            if !said.contains(&words(line)) {
                return false;
            }
            owners.insert(&line.id);
        }
    }
    let files = |of: &dyn Fn(&str) -> bool| -> HashSet<&str> {
        let files = records.iter().filter_map(|record| match record {
            Record::Attachment(file) => Some(file),
            _ => None,
        });
        let owned = files.filter(|file| matches!(&file.owner, Owner::Message(id) if of(id)));
        owned.map(|file| file.name.as_str()).collect()
    };
    let theirs = files(&|owner| owners.contains(owner));
    !owners.is_empty() && files(&|owner| owner == id).is_subset(&theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Message;

    fn message(id: &str, minute: u8, text: &str) -> Record {
        Record::Message(Message {
            id: id.into(),
            conversation_id: "5".into(),
            text: Some(text.into()),
            sent_at: format!("2026-01-02T10:{minute:02}:00Z").parse().ok(),
            ..Message::default()
        })
    }

    #[test]
    fn only_a_transcript_of_all_lines_since_the_last_one_goes() {
        let whole = "Conversation with Gita\n(10:01) Gita: My lamp hums\n(10:02) Bo: Since when?";
        let mut all = vec![
            message("a", 1, "My lamp hums"),
            message("b", 2, "Since when?"),
            message("t1", 3, whole),
            message("c", 4, "Hello again"),
            message("d", 5, "It still hums"),
            message("t2", 6, "(10:04) Gita: Hello again"),
            message("note", 7, whole),
        ];
        let ids = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let transcripts = BTreeSet::from_iter(ids(&["t1", "t2"]));
        let lines = HashSet::from_iter(ids(&["a", "b", "c", "d"]));
        drop_repeated(&mut all, &transcripts, &lines);
        let left: Vec<&str> = all.iter().map(Record::id).collect();
        assert_eq!(left, ["a", "b", "c", "d", "t2", "note"]);
    }
}
