//! What belongs to a ticket beside its description: booked time and ratings.

use serde_json::{Value, json};

use super::Freshdesk;
use super::files;
use super::messages::{draft, pair_files, same_minute};
use super::payload::Payload;
use super::tickets::internal;
use super::values::{rating_value, spent};
use crate::connector::{
    Bundle, Detail, Effect, Error, ErrorKind, Item, Loss, Result, Written, field, text,
};
use crate::connectors::freshdesk::normalize::description_id;
use crate::connectors::freshdesk::wire;
use crate::schema::{Key, Kind, Rating, TimeEntry};

/// What is on a ticket already, when an answer was lost.
#[derive(Debug, Default)]
pub struct Settled {
    /// Notes with what they say.
    pub notes: Vec<(String, String)>,
    /// Booked time.
    pub time: Vec<wire::TimeEntry>,
    /// Ratings.
    pub ratings: Vec<wire::Rating>,
}

impl Freshdesk {
    /// Adds what belongs to a ticket beside its description. With `there` only
    /// what was not written before the answer was lost.
    pub(super) async fn complete(
        &self,
        written: &mut Written,
        item: &Item,
        bundle: &Bundle,
        there: Option<&Settled>,
    ) -> Result<()> {
        let id = written.id.clone();
        written.url = Some(format!("{}/a/tickets/{id}", self.desk.base()));
        let none = Settled::default();
        let settled = there.unwrap_or(&none);
        if let Some(first) = bundle.messages.first() {
            let key = Key::new(Kind::Message, &first.message.id);
            if internal(first) {
                let wanted = text::comparable(&draft(first, &item.refs, true).html, true);
                let note = match settled.notes.iter().find(|(_, said)| *said == wanted) {
                    Some((note, _)) => note.clone(),
                    None => {
                        let losses = &mut written.losses;
                        let note = self.note(&id, first, &item.refs, losses).await?;
                        let sorted = files::sort(&first.attachments);
                        pair_files(&sorted, 0, &note, &mut written.parts);
                        note.id.to_string()
                    }
                };
                written.parts.push((key, note));
            } else {
                written.parts.push((key, description_id(&id)));
            }
            let texts: Vec<String> = settled.notes.iter().map(|(_, said)| said.clone()).collect();
            self.further_files(&id, 1, first, &item.refs, &texts, &mut written.parts)
                .await?;
        }
        for entry in &bundle.time_entries {
            self.time_entry(written, item, entry, settled).await?;
        }
        let mut told = Vec::new();
        for rating in &bundle.ratings {
            match rating.score {
                Some(_) if self.rates() => self.rating(written, rating, settled).await?,
                _ => told.push(rated(rating)),
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        self.own_note(&id, &told, settled).await
    }

    /// Adds an internal note with what has no other place, unless it is there.
    async fn own_note(&self, ticket: &str, lines: &[String], settled: &Settled) -> Result<()> {
        let html = format!(
            "<p>{}</p>{}",
            text::OWN_NOTE,
            text::text_to_html(&lines.join("\n"))
        );
        let wanted = text::comparable(&html, true);
        if settled.notes.iter().any(|(_, said)| *said == wanted) {
            return Ok(());
        }
        let mut payload = Payload::default();
        payload.set("body", html);
        payload.set("private", true);
        let call = self.desk.post(&format!("/tickets/{ticket}/notes"));
        payload.send(call, &[]).send().await?;
        Ok(())
    }

    async fn time_entry(
        &self,
        written: &mut Written,
        item: &Item,
        entry: &TimeEntry,
        settled: &Settled,
    ) -> Result<()> {
        let key = Key::new(Kind::TimeEntry, &entry.id);
        let spent = spent(entry.seconds);
        let same = |there: &&wire::TimeEntry| {
            there.time_spent.as_deref() == Some(&spent)
                && there.note.as_deref().unwrap_or_default()
                    == entry.note.as_deref().unwrap_or_default()
                && same_minute(there.executed_at, entry.executed_at.or(entry.created_at))
        };
        let taken = |there: &&wire::TimeEntry| {
            !written
                .parts
                .iter()
                .any(|(k, id)| k.kind == Kind::TimeEntry && *id == there.id.to_string())
        };
        if let Some(there) = settled.time.iter().filter(taken).find(same) {
            written.parts.push((key, there.id.to_string()));
            return Ok(());
        }
        let mut payload = Payload::default();
        payload.set("time_spent", spent);
        payload.set("timer_running", false);
        payload.set("billable", entry.billable.unwrap_or(true));
        payload.set("note", entry.note.clone());
        payload.set(
            "executed_at",
            entry
                .executed_at
                .or(entry.created_at)
                .map(|date| date.to_string()),
        );
        let agent = entry
            .agent_id
            .as_deref()
            .and_then(|id| item.refs.get(Kind::Agent, id));
        payload.set_id("agent_id", agent);
        let call = self
            .desk
            .post(&format!("/tickets/{}/time_entries", written.id));
        match payload.send(call, &[]).json::<wire::Id>().await {
            Ok(made) => written.parts.push((key, made.id.to_string())),
            Err(error) => written.losses.push(refused_part(field::TIME_ENTRY, error)?),
        }
        Ok(())
    }

    async fn rating(
        &self,
        written: &mut Written,
        rating: &Rating,
        settled: &Settled,
    ) -> Result<()> {
        let Some(value) = rating.score.map(rating_value).filter(|_| self.rates()) else {
            return Ok(());
        };
        let key = Key::new(Kind::Rating, &rating.id);
        let feedback = rating.comment.clone().unwrap_or_default();
        let same = |there: &&wire::Rating| {
            let said = there
                .ratings
                .as_ref()
                .and_then(|answers| answers.get("default_question"));
            said.and_then(Value::as_i64) == Some(value)
                && there.feedback.as_deref().unwrap_or_default() == feedback
        };
        if let Some(there) = settled.ratings.iter().find(same) {
            written.parts.push((key, there.id.to_string()));
            return Ok(());
        }
        let body = json!({"feedback": feedback, "ratings": {"default_question": value}});
        let call = self
            .desk
            .post(&format!("/tickets/{}/satisfaction_ratings", written.id));
        match call.body(&body).send().await {
            // The documentation shows `"id": false` here.
            Ok(answer) => {
                if let Ok(made) = answer.json::<wire::Id>() {
                    written.parts.push((key, made.id.to_string()));
                }
            }
            Err(error) => written.losses.push(refused_part(field::RATING, error)?),
        }
        Ok(())
    }
}

/// A rating in words.
fn rated(rating: &Rating) -> String {
    let score = rating.score.map(|score| score.to_string());
    let value = rating.value.clone().or(score);
    let mut line = format!("Rating: {}", value.as_deref().unwrap_or("given"));
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

/// A definite refusal of a rating or time entry loses only that; everything
/// else must be settled first.
fn refused_part(name: &str, error: Error) -> Result<Loss> {
    match error.kind {
        ErrorKind::Rejected { .. }
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict { .. } => Ok(Loss::new(
            name,
            Effect::Dropped,
            Detail::Plain(error.message),
        )),
        _ => Err(error),
    }
}
