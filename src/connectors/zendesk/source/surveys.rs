//! Answers to surveys of the newer kind, read like ratings.
//!
//! Facts: the reference of CSAT survey responses on developer.zendesk.com.

use super::{At, ZendeskSource, absent};
use crate::connector::{Error, ErrorKind, Page, RawPage, Result, Unreadable};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire;
use crate::schema::{Key, Kind, Rating, Record};

/// What a ticket's resource name begins with.
const TICKET: &str = "zen:ticket:";

/// The highest rating where a question does not list what can be chosen.
const HIGHEST: i64 = 5;

impl ZendeskSource {
    pub(super) async fn pull_surveys(&self, at: &At) -> Result<Page> {
        let path = "/api/v2/guide/survey_responses";
        let path = match at.time {
            Some(since) => format!("{path}?filter[created_at_start]={since}"),
            None => path.to_owned(),
        };
        let read = self
            .listed::<wire::SurveyResponse>(&path, limits::DEFAULT, at)
            .await;
        let (list, mut page) = match read {
            Ok(read) => read,
            Err(error) if absent(&error) => {
                return Ok(Page {
                    // None where the account has no such surveys.
                    problems: forbidden("?", &error).into_iter().collect(),
                    next: Some(at.again()),
                    done: true,
                    ..Page::default()
                });
            }
            Err(error) => return Err(error),
        };
        for mut row in list.rows {
            if row.answers.is_none() {
                row = self.whole_survey(row, &mut page).await?;
            }
            page.records.extend(rating(row).map(Record::Rating));
        }
        Ok(page)
    }

    /// Where the list does not tell the answers, each response does.
    async fn whole_survey(
        &self,
        row: wire::SurveyResponse,
        page: &mut Page,
    ) -> Result<wire::SurveyResponse> {
        let path = format!("/api/v2/guide/en-us/survey_responses/{}", row.id.0);
        match self.call(&path).send().await {
            Ok(answer) => {
                let one: wire::OneSurveyResponse = answer.json()?;
                page.raw.push(RawPage {
                    path: answer.path.clone(),
                    body: answer.body.clone(),
                });
                Ok(wire::SurveyResponse {
                    answers: one.survey_response.answers,
                    ..row
                })
            }
            Err(error) if absent(&error) => {
                page.problems
                    .extend(forbidden(&format!("survey-{}", row.id.0), &error));
                Ok(row)
            }
            Err(error) => Err(error),
        }
    }
}

/// The problem of answers that are there and may not be read.
fn forbidden(id: &str, error: &Error) -> Option<Unreadable> {
    (error.kind == ErrorKind::Forbidden).then(|| Unreadable {
        key: Key::new(Kind::Rating, id),
        reason: format!("answers to surveys could not be read: {error}"),
        original: Vec::new(),
    })
}

/// A response that rates a ticket; none where nothing was answered.
fn rating(row: wire::SurveyResponse) -> Option<Rating> {
    let subjects = row.subjects.unwrap_or_default();
    let ticket = subjects
        .iter()
        .find(|subject| subject.subject_type.as_deref() == Some("ticket"))
        .map(|subject| subject.id.0.clone())
        .or_else(|| {
            let names = row.subject_zrns.unwrap_or_default();
            let ids = names.iter().filter_map(|name| name.strip_prefix(TICKET));
            ids.map(str::to_owned).next()
        })?;
    let mut rating = Rating {
        id: format!("survey-{}", row.id.0),
        conversation_id: ticket,
        scale: Some("csat".to_owned()),
        contact_id: row.responder_id.map(|id| id.0),
        ..Rating::default()
    };
    for answer in row.answers.unwrap_or_default() {
        read(answer, &mut rating);
    }
    let answered = rating.value.is_some() || rating.comment.is_some() || rating.reason.is_some();
    answered.then_some(rating)
}

fn read(answer: wire::Answer, into: &mut Rating) {
    let date = answer.updated_at.or(answer.created_at);
    let options = answer
        .question
        .unwrap_or_default()
        .options
        .unwrap_or_default();
    match answer.answer_type.as_deref() {
        Some("rating_scale") => {
            let Some(given) = answer.rating else { return };
            let highest = options.iter().filter_map(|option| option.rating).max();
            let highest = highest.unwrap_or(HIGHEST).max(given);
            into.score = match answer.rating_category.as_deref() {
                // A scale of two has no middle, and says which end is which.
                Some("good") if highest <= 2 => Some(100),
                Some("bad") if highest <= 2 => Some(0),
                _ => percent(given, highest),
            };
            into.value = Some(format!("{given} of {highest}"));
        }
        Some("open_ended") => {
            into.comment = answer.value.filter(|text| !text.trim().is_empty());
        }
        Some("closed_ended") => {
            let chosen = answer.selections.unwrap_or_default();
            let labels: Vec<String> = chosen
                .iter()
                .filter_map(|one| {
                    let option = options.iter().find(|option| option.id == one.option_id)?;
                    let label = option.label.clone()?;
                    label.value.or(label.key)
                })
                .collect();
            into.reason = Some(labels.join(", ")).filter(|text| !text.is_empty());
        }
        // Skipped.
        _ => return,
    }
    into.created_at = into.created_at.max(date);
}

/// Where a rating from 1 on stands between nothing and all, of a hundred.
fn percent(given: i64, highest: i64) -> Option<u8> {
    let share = given
        .saturating_sub(1)
        .checked_mul(100)?
        .checked_div(highest - 1)?;
    u8::try_from(share.clamp(0, 100)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_row(row: &str) -> Option<Rating> {
        rating(serde_json::from_str(row).unwrap())
    }

    #[test]
    fn a_scale_of_five_is_a_share_of_a_hundred() {
        let rating = read_row(
            r#"{"id":"01J1","responder_id":77,"subject_zrns":["zen:ticket:99"],"subjects":[{"id":"99","type":"ticket","zrn":"zen:ticket:99"}],"answers":[
              {"type":"rating_scale","rating":4,"rating_category":"good","question":{"sub_type":"customer_satisfaction","options":[{"rating":1},{"rating":5}]},"created_at":"2025-08-14T12:00:00Z"},
              {"type":"closed_ended","selections":[{"type":"predefined","option_id":"o2"}],"question":{"options":[{"id":"o1","label":{"value":"Slow"}},{"id":"o2","label":{"type":"static","value":"Friendly"}}]}},
              {"type":"open_ended","value":"All fine","updated_at":"2025-08-14T12:01:00Z"}]}"#,
        )
        .unwrap();
        assert_eq!(rating.conversation_id, "99");
        assert_eq!(rating.score, Some(75));
        assert_eq!(rating.value.as_deref(), Some("4 of 5"));
        assert_eq!(rating.reason.as_deref(), Some("Friendly"));
        assert_eq!(rating.comment.as_deref(), Some("All fine"));
        assert_eq!(rating.contact_id.as_deref(), Some("77"));
        assert_eq!(rating.created_at, "2025-08-14T12:01:00Z".parse().ok());
    }

    #[test]
    fn two_ends_are_all_or_nothing_and_silence_is_no_rating() {
        let row = |rest: &str| {
            format!(
                r#"{{"id":"a","subject_zrns":["zen:conversation:x","zen:ticket:5"],"answers":[{rest}]}}"#
            )
        };
        let bad = r#"{"type":"rating_scale","rating":1,"rating_category":"bad","question":{"options":[{"rating":1},{"rating":2}]}}"#;
        let rating = read_row(&row(bad)).unwrap();
        assert_eq!(
            (rating.conversation_id.as_str(), rating.score),
            ("5", Some(0))
        );
        assert_eq!(read_row(&row(r#"{"type":"skipped"}"#)), None);
        assert_eq!(read_row(r#"{"id":"b","answers":[]}"#), None);
    }
}
