//! The internal note that keeps ratings, booked time and what else has no place.

use super::{Comment, Maker};
use crate::connector::{Bundle, Effect, Losses, detail, field, text};
use crate::schema::{Rating, TimeEntry};

impl<'a> Maker<'a> {
    pub(super) fn note(
        &self,
        bundle: &Bundle,
        copied: &[String],
        relations: &[String],
        into: &mut Vec<Comment<'a>>,
        losses: &mut Losses,
    ) {
        let mut lines = Vec::new();
        for rating in &bundle.ratings {
            lines.push(rated(rating));
            losses.add(
                field::RATING,
                Effect::Moved,
                detail!("loss-rating-in-a-note"),
            );
        }
        for entry in &bundle.time_entries {
            lines.push(self.booked(entry));
            losses.add(
                field::TIME_ENTRY,
                Effect::Moved,
                detail!("loss-time-in-a-note", platform = "Zendesk"),
            );
        }
        if !copied.is_empty() {
            lines.push(format!("In copy: {}", copied.join(", ")));
        }
        lines.extend(relations.iter().cloned());
        if lines.is_empty() {
            return;
        }
        let last = into.iter().filter_map(|comment| comment.at).max();
        into.push(Comment {
            author: self.target.me.as_ref().map(|me| me.id.clone()),
            html: format!(
                "<p>{}</p><p>{}</p>",
                text::OWN_NOTE,
                text::text_to_html(&lines.join("\n"))
            ),
            public: false,
            at: last.or_else(|| bundle.conversation.created_at.map(|date| self.fit(date))),
            files: Vec::new(),
        });
    }

    fn booked(&self, entry: &TimeEntry) -> String {
        let mut line = format!("Time: {} s", entry.seconds);
        if let Some(id) = &entry.agent_id {
            let person = self.item.refs.person(id);
            let name = person.and_then(|person| person.name.as_deref());
            line.push_str(&format!(", by {}", name.unwrap_or(id)));
        }
        if let Some(date) = entry.executed_at.or(entry.created_at) {
            line.push_str(&format!(", {date}"));
        }
        if let Some(note) = &entry.note {
            line.push_str(&format!(", {note}"));
        }
        line
    }
}

fn rated(rating: &Rating) -> String {
    let mut line = format!("Rating: {}", rating.value.as_deref().unwrap_or("given"));
    for (name, value) in [
        ("reason", rating.reason.clone()),
        ("comment", rating.comment.clone()),
        ("date", rating.created_at.map(|date| date.to_string())),
    ] {
        if let Some(value) = value {
            line.push_str(&format!(", {name}: {value}"));
        }
    }
    line
}
