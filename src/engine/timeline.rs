//! What stands in the text because targets have no home for it: phone calls
//! and the history of a conversation's fields.
//!
//! **History.** A source that is asked for it gives each change as a message of
//! its own without a text ([`Message::changes`]). What is not on the target yet
//! becomes one internal note a conversation, which has the id of its newest
//! entry: the receipt or intent of that entry says that all before it are told,
//! so that a later run adds one more note with what came since, and no line twice.

use crate::connector::{Effect, Loss, Part, Result, detail, field, text};
use crate::ledger::Ledger;
use crate::schema::{
    Access, Author, AuthorKind, CallDetails, Change, Date, Direction, Key, Kind, Message,
};

/// The first line of a note that tells the history.
pub(super) const HISTORY: &str = "[history of the ticket's fields on the old desk]";

/// The name of a record, by its kind and id.
pub(super) type Names<'a> = &'a dyn Fn(Kind, &str) -> Result<Option<String>>;

/// The entries of the history as notes, with their place among the messages;
/// `entries` in the order of their arrival.
pub(super) fn notes(
    entries: Vec<(i64, Message)>,
    ledger: &Ledger,
    names: Names<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<(i64, Part)>> {
    let mut notes = Vec::new();
    let mut open: Vec<Message> = Vec::new();
    let last = entries.last().map(|(seq, _)| *seq);
    for (seq, entry) in entries {
        let key = Key::new(Kind::Message, &entry.id);
        open.push(entry);
        // A note whose write is in doubt is looked for as it was sent.
        let has_note = ledger.receipt(&key)?.is_some() || ledger.intent(&key)?.is_some();
        if Some(seq) != last && !has_note {
            continue;
        }
        let entries = std::mem::take(&mut open);
        let changes: usize = entries.iter().map(|entry| entry.changes.len()).sum();
        let message = note(key.id, entries, names)?;
        let detail = detail!("loss-history", count = changes);
        let loss = Loss::new(field::HISTORY, Effect::Moved, detail);
        losses.push(loss.of(&message.id).compared());
        let attachments = Vec::new();
        let part = Part {
            message,
            attachments,
        };
        notes.push((seq, part));
    }
    Ok(notes)
}

/// Whether the target has a note with the newest of a conversation's history.
pub(super) fn is_told(ledger: &Ledger, conversation: &Key) -> Result<bool> {
    let mut entries = ledger.children_there(conversation, Kind::Message)?;
    entries.retain(|stored| stored.record.id().starts_with(Message::HISTORY));
    match entries.last() {
        Some(newest) => Ok(ledger.receipt(&newest.record.key())?.is_some()),
        None => Ok(true),
    }
}

fn note(id: String, mut entries: Vec<Message>, names: Names<'_>) -> Result<Message> {
    entries.sort_by_key(|entry| entry.sent_at);
    let mut lines = vec![HISTORY.to_owned()];
    for entry in &entries {
        let who = who(&entry.author);
        let when = match entry.sent_at {
            Some(date) => date.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            None => "undated".to_owned(),
        };
        for change in &entry.changes {
            lines.push(format!("{when} · {who} · {}", told(change, names)?));
        }
    }
    let newest: Option<Date> = entries.iter().filter_map(|entry| entry.sent_at).max();
    Ok(Message {
        id,
        conversation_id: entries
            .first()
            .map(|entry| entry.conversation_id.clone())
            .unwrap_or_default(),
        direction: Direction::Internal,
        visibility: Access::Internal,
        text: Some(lines.join("\n")),
        sent_at: newest,
        ..Message::default()
    })
}

fn who(author: &Author) -> String {
    let name = [&author.name, &author.email, &author.id];
    match name.into_iter().find_map(Option::as_ref) {
        Some(name) => name.clone(),
        None if author.kind == AuthorKind::System => "the desk itself".to_owned(),
        None => author.kind.name().to_owned(),
    }
}

/// `group: Billing → Support`.
fn told(change: &Change, names: Names<'_>) -> Result<String> {
    let value = |value: &Option<String>| -> Result<String> {
        let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else {
            return Ok("(empty)".to_owned());
        };
        let name = match change.of {
            Some(kind) => names(kind, value)?,
            None => None,
        };
        // One line a change, whatever a field holds.
        let shown = name.as_deref().unwrap_or(value);
        Ok(shown.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let title = names(Kind::Field, &change.field)?;
    let title = title.as_deref().unwrap_or(&change.field);
    let (from, to) = (value(&change.from)?, value(&change.to)?);
    Ok(format!("{title}: {from} → {to}"))
}

/// Begins a call with a line that tells its details and ends it with what was
/// said. `answered` is the name of who took it.
pub(super) fn tell_call(message: &mut Message, call: &CallDetails, answered: Option<&str>) {
    let line = line(call, answered);
    let transcript = call
        .transcript
        .as_deref()
        .map(|said| format!("Transcript:\n{said}"));
    if let Some(html) = message.html.as_mut().filter(|html| !html.trim().is_empty()) {
        html.insert_str(0, &text::text_to_html(&line));
        if let Some(said) = &transcript {
            html.push_str(&text::text_to_html(said));
        }
    } else {
        message.html = None;
    }
    if message.text.is_some() || message.html.is_none() {
        let own = message.text.take().filter(|text| !text.trim().is_empty());
        let parts = [Some(line), own, transcript];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        message.text = Some(parts.join("\n\n"));
    }
}

/// `[phone call: from +44 20 7946 0991, to +49 30 55500, began 2026-02-10
/// 11:00:00 UTC, 1 min 35 s, answered by Bo Okafor]`.
fn line(call: &CallDetails, answered: Option<&str>) -> String {
    let mut known = Vec::new();
    known.extend(call.from.as_ref().map(|from| format!("from {from}")));
    known.extend(call.to.as_ref().map(|to| format!("to {to}")));
    known.extend(
        call.started_at
            .map(|date| date.strftime("began %Y-%m-%d %H:%M:%S UTC").to_string()),
    );
    known.extend(call.duration_seconds.map(|all| match (all / 60, all % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }));
    known.extend(answered.map(|name| format!("answered by {name}")));
    match known.is_empty() {
        true => "[phone call]".to_owned(),
        false => format!("[phone call: {}]", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Mode, NewIntent};

    fn call() -> CallDetails {
        CallDetails {
            from: Some("+44 20 7946 0991".into()),
            to: Some("+49 30 55500".into()),
            started_at: Some("2026-02-10T11:00:00Z".parse().unwrap()),
            duration_seconds: Some(95),
            transcript: Some("It <hums>.\nSerial 7.".into()),
            ..CallDetails::default()
        }
    }

    const LINE: &str = "[phone call: from +44 20 7946 0991, to +49 30 55500, began 2026-02-10 11:00:00 UTC, 1 min 35 s, answered by Bo Okafor]";

    #[test]
    fn a_call_is_told_around_what_was_written() {
        let mut message = Message {
            html: Some("<p>Asked for the <b>serial</b>.</p>".into()),
            ..Message::default()
        };
        tell_call(&mut message, &call(), Some("Bo Okafor"));
        assert_eq!(
            message.html.unwrap(),
            format!(
                "<p>{LINE}</p><p>Asked for the <b>serial</b>.</p><p>Transcript:<br>It &lt;hums&gt;.<br>Serial 7.</p>"
            )
        );
        assert_eq!(message.text, None);
    }

    #[test]
    fn a_call_without_a_text_has_one_afterwards() {
        let mut message = Message {
            html: Some(" ".into()),
            ..Message::default()
        };
        tell_call(&mut message, &call(), Some("Bo Okafor"));
        let said = format!("{LINE}\n\nTranscript:\nIt <hums>.\nSerial 7.");
        assert_eq!((message.html, message.text), (None, Some(said)));
        let mut bare = Message::default();
        tell_call(&mut bare, &CallDetails::default(), None);
        assert_eq!(bare.text.as_deref(), Some("[phone call]"));
    }

    #[tokio::test]
    async fn a_note_in_doubt_is_looked_for_as_it_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deskferry.ledger");
        let ledger = Ledger::open(&path, "test", Mode::Run).unwrap();
        let told = |ledger: &Ledger| -> Vec<(String, usize)> {
            let entries = (1..=6).map(|n| {
                let entry = Message {
                    id: format!("history-{n}"),
                    changes: vec![Change::default()],
                    ..Message::default()
                };
                (n, entry)
            });
            let names = |_, _: &str| Ok(None);
            let notes = notes(entries.collect(), ledger, &names, &mut Vec::new()).unwrap();
            let lines = |text: Option<String>| text.unwrap().lines().count() - 1;
            notes
                .into_iter()
                .map(|(_, part)| (part.message.id, lines(part.message.text)))
                .collect()
        };
        assert_eq!(told(&ledger), [("history-6".to_owned(), 6)]);
        // A run died over a note with what there was by then.
        let intent = NewIntent {
            key: Key::new(Kind::Message, "history-4"),
            as_of: 1,
            last_part: 4,
        };
        ledger.begin(vec![intent], Date::now()).await.unwrap();
        let both = [("history-4".to_owned(), 4), ("history-6".to_owned(), 2)];
        assert_eq!(told(&ledger), both);
    }
}
