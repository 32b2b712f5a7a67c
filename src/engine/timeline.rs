//! What stands in the text because targets have no home for it: phone calls.

use crate::connector::text;
use crate::schema::{CallDetails, Message};

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
}
