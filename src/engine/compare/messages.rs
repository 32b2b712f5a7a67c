//! What was said: pairs the messages of both sides and compares each pair.

use std::ops::Range;

use super::Check;
use super::values::{around, bare, body, near, shorten};
use crate::connector::{Loss, Part, field, text};
use crate::ledger::{Finding, Verdict};
use crate::schema::{AuthorKind, Date, Key, Kind, Message};

/// How many messages may be missing or extra in one place before the rest of
/// a conversation is taken for different.
const WINDOW: usize = 200;

/// What became of the messages in one place.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// A message of the source, and those that carry it on the target: several
    /// where it was split.
    Pair(usize, Range<usize>),
    /// A message of the source alone.
    Missing(usize),
    /// A message of the target alone.
    Extra(usize),
}

/// A message of the source for pairing.
struct Wanted {
    /// Its text without white space.
    text: String,
    /// Something else may be told in the text, around it.
    told: bool,
    /// The text says nothing: there is none, or it was declared to become another.
    mute: bool,
    /// When it was sent.
    minute: Option<i64>,
    /// Its id on the target, where its receipt tells.
    target: Option<String>,
}

/// A message of the target for pairing.
struct There {
    id: String,
    /// Its text without white space.
    text: String,
    /// When it was sent, by its first line or as the target says.
    minute: Option<i64>,
}

impl Check<'_> {
    /// A note that we added ourselves, now or to move it before, is no message.
    pub(super) fn messages(&mut self, expected: &[Part], found: &[Message]) {
        let said = |message: &Message| !text::is_own_note(body(message).0);
        let found: Vec<&Message> = found.iter().filter(|message| said(message)).collect();
        let expected: Vec<&Part> = expected.iter().filter(|part| said(&part.message)).collect();
        let wanted: Vec<Wanted> = expected
            .iter()
            .map(|Part { message, .. }| {
                let text = bare(&comparable(message));
                Wanted {
                    told: self.lost_of(field::ATTACHMENT, &message.id),
                    mute: text.is_empty() || self.lost_of(field::MESSAGE_BODY, &message.id),
                    minute: message.sent_at.map(minute),
                    target: self.ids.get(&message.id).cloned(),
                    text,
                }
            })
            .collect();
        let there: Vec<There> = found
            .iter()
            .map(|message| There {
                id: message.id.clone(),
                text: bare(&comparable(message)),
                minute: text::strip_attribution(body(message).0)
                    .0
                    .and_then(|line| line.sent_at)
                    .or(message.sent_at)
                    .map(minute),
            })
            .collect();
        let mut steps = align(&wanted, &there);
        self.moved(&mut steps, &expected, &found, &wanted, &there);
        for step in steps {
            match step {
                Step::Pair(index, range) => {
                    self.pair(&expected[index].message, &found[range]);
                }
                Step::Missing(index) => {
                    let message = &expected[index].message;
                    self.enter(Some(key(message)), &message.id);
                    self.count(Kind::Message, |parts| parts.missing += 1);
                    if !self.lost(field::MESSAGE) {
                        let shown = show(message);
                        self.report(Verdict::Missing, field::MESSAGE, Some(&shown), None);
                    }
                    self.leave();
                }
                Step::Extra(index) => {
                    let message = found[index];
                    // What was declared of a message may have made one more.
                    let declared = |loss: &Loss| loss.field == field::MESSAGE && !loss.compared;
                    if self.losses.iter().any(declared) {
                        continue;
                    }
                    self.count(Kind::Message, |parts| parts.extra += 1);
                    let finding = Finding {
                        part: Some(Key::new(Kind::Message, &message.id)),
                        field: Some(field::MESSAGE.to_owned()),
                        found: Some(shorten(&show(message))),
                        ..Finding::new(Verdict::Extra, self.item.key())
                    };
                    self.add(Verdict::Extra, finding);
                }
            }
        }
    }

    /// What is missing in one place and extra in another was moved, not lost.
    fn moved(
        &mut self,
        steps: &mut Vec<Step>,
        expected: &[&Part],
        found: &[&Message],
        wanted: &[Wanted],
        there: &[There],
    ) {
        let mut at = 0;
        while at < steps.len() {
            let Step::Missing(index) = steps[at] else {
                at += 1;
                continue;
            };
            let other = steps.iter().position(|step| {
                matches!(step, Step::Extra(extra)
                    if !wanted[index].text.is_empty() && there[*extra].text == wanted[index].text)
            });
            let Some(other) = other else {
                at += 1;
                continue;
            };
            let Step::Extra(extra) = steps[other] else {
                at += 1;
                continue;
            };
            steps[at] = Step::Pair(index, extra..extra + 1);
            steps.remove(other);
            at = at.saturating_sub(usize::from(other < at)) + 1;
            // Messages of the same second have no order.
            let message = &expected[index].message;
            let tied = expected.iter().enumerate().any(|(i, part)| {
                i != index
                    && message
                        .sent_at
                        .is_some_and(|date| near(date, part.message.sent_at))
            });
            if !tied {
                self.enter(Some(key(message)), &message.id);
                if !self.lost(field::MESSAGE_ORDER) {
                    let place = format!("place {} of {}", index + 1, expected.len());
                    let found = format!("place {} of {}", extra + 1, found.len());
                    self.differ(field::MESSAGE_ORDER, place, found);
                }
                self.leave();
            }
        }
    }

    fn pair(&mut self, expected: &Message, found: &[&Message]) {
        let Some(first) = found.first() else { return };
        let before = self.found.findings.len();
        self.enter(Some(key(expected)), &expected.id);
        let there: Vec<String> = found.iter().map(|message| comparable(message)).collect();
        self.message(expected, first, &there.join(" "));
        let changed = self.found.findings.len() > before;
        self.count(Kind::Message, |parts| match changed {
            true => parts.differs += 1,
            false => parts.matched += 1,
        });
        self.leave();
    }

    fn message(&mut self, expected: &Message, found: &Message, there: &str) {
        let wanted = comparable(expected);
        let (whole, found_whole) = (bare(&wanted), bare(there));
        // That a file is missing may be told in the text; the text itself must
        // be there all the same.
        let same = match self.lost(field::ATTACHMENT) {
            true => found_whole.contains(&whole),
            false => found_whole == whole,
        };
        if !same && !self.lost(field::MESSAGE_BODY) {
            self.differ(
                field::MESSAGE_BODY,
                around(&wanted, there),
                around(there, &wanted),
            );
        }
        self.value(
            field::MESSAGE_VISIBILITY,
            Some(expected.visibility),
            Some(found.visibility),
        );
        self.value(
            field::MESSAGE_CHANNEL,
            Some(expected.channel),
            Some(found.channel),
        );
        self.optional(
            field::MESSAGE_HEADERS,
            expected.message_id.as_deref(),
            found.message_id.as_deref(),
        );
        // What was declared to stand in the first line may stand in its own place
        // all the same.
        let (line, _) = text::strip_attribution(body(found).0);
        let sent = expected.sent_at;
        let dated = sent.is_some_and(|sent| near(sent, found.sent_at));
        if !dated && self.moved_away(field::MESSAGE_SENT_AT) {
            self.date_in_line(expected, line.as_ref());
        } else {
            self.date(field::MESSAGE_SENT_AT, sent, found.sent_at);
        }
        let author = expected.author.id.as_deref();
        let known = author.is_some_and(|id| {
            let refs = &self.item.refs;
            let targets = [refs.person_id(id), refs.get(Kind::Agent, id)];
            found.author.id.is_some() && targets.contains(&found.author.id.as_deref())
        });
        if !known && self.moved_away(field::MESSAGE_AUTHOR) {
            self.author_in_line(expected, line.as_ref());
        } else if matches!(
            expected.author.kind,
            AuthorKind::Contact | AuthorKind::Agent
        ) {
            self.person(field::MESSAGE_AUTHOR, author, found.author.id.as_deref());
        }
    }

    /// A date that stands in the first line of the text, to the minute.
    fn date_in_line(&mut self, expected: &Message, line: Option<&text::Attribution>) {
        let Some(sent) = expected.sent_at else { return };
        let there = line.and_then(|line| line.sent_at);
        if there.is_none_or(|there| minute(there) != minute(sent)) {
            let there = there.map_or("no date in the first line".into(), |date| date.to_string());
            self.differ(field::MESSAGE_SENT_AT, sent.to_string(), there);
        }
    }

    /// An author who is named in the first line of the text.
    fn author_in_line(&mut self, expected: &Message, line: Option<&text::Attribution>) {
        let author = &expected.author;
        let same = |wanted: Option<&String>, there: Option<&String>| {
            wanted.is_none_or(|wanted| {
                let wanted = bare(wanted).to_lowercase();
                wanted.is_empty() || there.is_some_and(|there| bare(there).to_lowercase() == wanted)
            })
        };
        let named = line.is_some_and(|line| {
            same(author.name.as_ref(), line.name.as_ref())
                && same(author.email.as_ref(), line.email.as_ref())
        });
        if !named {
            let show = |name: Option<&String>, email: Option<&String>| {
                let parts: Vec<&str> = [name, email]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                match parts.is_empty() {
                    true => "nobody".to_owned(),
                    false => parts.join(", "),
                }
            };
            self.differ(
                field::MESSAGE_AUTHOR,
                show(author.name.as_ref(), author.email.as_ref()),
                match line {
                    Some(line) => show(line.name.as_ref(), line.email.as_ref()),
                    None => "nobody is named in the first line".to_owned(),
                },
            );
        }
    }
}

fn minute(date: Date) -> i64 {
    date.as_second().div_euclid(60)
}

fn key(message: &Message) -> Key {
    Key::new(Kind::Message, &message.id)
}

fn comparable(message: &Message) -> String {
    let (body, is_html) = body(message);
    text::comparable(body, is_html)
}

/// Who said what when, for people.
pub(super) fn show(message: &Message) -> String {
    let author = &message.author;
    let who = [&author.name, &author.email, &author.id]
        .into_iter()
        .find_map(Option::as_deref)
        .unwrap_or_else(|| author.kind.name());
    let when = message
        .sent_at
        .map_or("undated".into(), |date| date.to_string());
    format!("{when} {who}: {}", comparable(message))
}

/// Pairs what is the same on both sides, in order; what is left in between is
/// paired place by place, as changed, and is missing or extra beyond.
fn align(wanted: &[Wanted], there: &[There]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(wanted.len());
    let (mut i, mut j) = (0, 0);
    while i < wanted.len() || j < there.len() {
        let span = span(wanted, i, there, j);
        if span > 0 {
            steps.push(Step::Pair(i, j..j + span));
            i += 1;
            j += span;
            continue;
        }
        let (to_i, to_j) = resume(wanted, i, there, j);
        while i < to_i && j < to_j {
            steps.push(Step::Pair(i, j..j + 1));
            i += 1;
            j += 1;
        }
        steps.extend((i..to_i).map(Step::Missing));
        steps.extend((j..to_j).map(Step::Extra));
        (i, j) = (to_i, to_j);
    }
    steps
}

/// Where both sides are the same again, as near as can be.
fn resume(wanted: &[Wanted], i: usize, there: &[There], j: usize) -> (usize, usize) {
    let (rest, left) = (wanted.len() - i, there.len() - j);
    for distance in 1..=(rest + left).min(WINDOW) {
        for a in 0..=distance.min(rest) {
            let b = distance - a;
            if b <= left && span(wanted, i + a, there, j + b) > 0 {
                return (i + a, j + b);
            }
        }
    }
    (wanted.len(), there.len())
}

/// How many messages of the target, from `j` on, together are this message of
/// the source, by its text or, when that was edited, by its receipt; 0 when
/// they are not.
fn span(wanted: &[Wanted], i: usize, there: &[There], j: usize) -> usize {
    let (Some(message), Some(first)) = (wanted.get(i), there.get(j)) else {
        return 0;
    };
    match same_text(message, &there[j..]) {
        0 => usize::from(message.target.as_ref() == Some(&first.id)),
        count => count,
    }
}

fn same_text(message: &Wanted, there: &[There]) -> usize {
    let (whole, first) = (&message.text, &there[0].text);
    if message.mute {
        let same = message.minute.is_some() && message.minute == there[0].minute;
        return usize::from(same);
    }
    if first == whole {
        return 1;
    }
    if first.is_empty() || !whole.starts_with(first.as_str()) {
        return usize::from(message.told && first.contains(whole.as_str()));
    }
    let mut length = first.len();
    for (count, There { text: next, .. }) in there[1..].iter().enumerate() {
        if next.is_empty() || !whole[length..].starts_with(next.as_str()) {
            return 0;
        }
        length += next.len();
        if length == whole.len() {
            return count + 2;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(wanted: &[&str], there: &[&str]) -> String {
        let wanted: Vec<Wanted> = wanted
            .iter()
            .enumerate()
            .map(|(n, text)| Wanted {
                text: (*text).to_owned(),
                told: false,
                mute: text.is_empty(),
                minute: Some(n as i64),
                target: Some(format!("t{text}")),
            })
            .collect();
        let there: Vec<There> = there
            .iter()
            .enumerate()
            .map(|(n, text)| There {
                // `id:text` where a message of this id was edited.
                id: match text.split_once(':') {
                    Some((id, _)) => format!("t{id}"),
                    None => format!("{n}"),
                },
                text: (*text).to_owned(),
                minute: Some(n as i64),
            })
            .collect();
        let steps = align(&wanted, &there).into_iter().map(|step| match step {
            Step::Pair(i, range) if range.len() == 1 => format!("{i}={}", range.start),
            Step::Pair(i, range) => format!("{i}={}..{}", range.start, range.end),
            Step::Missing(i) => format!("-{i}"),
            Step::Extra(j) => format!("+{j}"),
        });
        steps.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_that_is_gone_new_or_changed_disturbs_no_other() {
        assert_eq!(steps(&["a", "b", "c"], &["a", "b", "c"]), "0=0 1=1 2=2");
        assert_eq!(steps(&["a", "b", "c"], &["a", "c"]), "0=0 -1 2=1");
        assert_eq!(steps(&["a", "c"], &["a", "b", "c"]), "0=0 +1 1=2");
        assert_eq!(steps(&["a", "b", "c"], &["a", "x", "c"]), "0=0 1=1 2=2");
        assert_eq!(steps(&["a", "b"], &["a", "b", "x"]), "0=0 1=1 +2");
        assert_eq!(steps(&["a", "b"], &[]), "-0 -1");
        assert_eq!(steps(&["ok", "ok", "z"], &["ok", "z"]), "0=0 -1 2=1");
        assert_eq!(
            steps(&["a", "", "", "c"], &["a", "(no text)", "", "c"]),
            "0=0 1=1 2=2 3=3",
            "where there is no text the date tells"
        );
    }

    #[test]
    fn one_that_was_edited_beside_one_that_is_gone_is_known_by_its_receipt() {
        assert_eq!(
            steps(&["a", "b", "c", "d"], &["a", "c:edited", "d"]),
            "0=0 -1 2=1 3=2"
        );
    }

    #[test]
    fn one_that_was_split_is_one() {
        assert_eq!(
            steps(&["abcdef", "g"], &["ab", "cd", "ef", "g"]),
            "0=0..3 1=3"
        );
        assert_eq!(
            steps(&["abcdef", "g"], &["ab", "g"]),
            "0=0 1=1",
            "its end is missing: it differs"
        );
    }
}
