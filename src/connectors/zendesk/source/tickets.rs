//! Tickets and satisfaction ratings.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{At, Desk, ZendeskSource, absent, fields, sorted, start_page, text, texts};
use crate::connector::{Page, Result, Scope, Unreadable};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire::{self, List, keep};
use crate::mapping::Table;
use crate::schema::{
    Conversation, Extra, Key, Kind, Link, LinkKind, Metrics, Priority, Rating, Record, Status,
    TicketType,
};

impl ZendeskSource {
    pub(super) async fn pull_tickets(&self, at: &At, scope: &Scope) -> Result<Page> {
        let mut call = self
            .call("/api/v2/incremental/tickets/cursor")
            .budget(limits::INCREMENTAL)
            .query(&[
                ("per_page", limits::EXPORT_PAGE.to_string().as_str()),
                // Without it, tickets that only an AI agent handled are left out.
                ("support_type_scope", "all"),
                ("include", "comment_count,metric_sets"),
            ]);
        call = match &at.after {
            Some(after) => call.query(&[("cursor", after)]),
            None => call.query(&[("start_time", self.start_unix(scope))]),
        };
        let answer = call.send().await?;
        let mut list: List<wire::Ticket, wire::MetricSet> =
            wire::list_with(&answer, "metric_sets")?;
        let mut page = start_page(&answer);
        page.problems = std::mem::take(&mut list.bad);
        page.done = list.end_of_stream.unwrap_or(true);
        page.next = list
            .after
            .take()
            .filter(|after| Some(after) != at.after.as_ref())
            .map(|after| at.after(after));
        let mut metrics: HashMap<String, wire::MetricSet> = list
            .side
            .take()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|set| Some((set.ticket_id.clone()?.0, set)))
            .collect();
        page.records.reserve(list.rows.len());
        let none = HashMap::new();
        let statuses = match list.rows.is_empty() {
            true => &none,
            false => self.statuses().await?,
        };
        for mut row in list.rows {
            // A deleted ticket still appears, scrubbed, and its comments answer 404.
            if row.status.as_deref() == Some("deleted") {
                page.gone.push(Key::new(Kind::Conversation, row.id.0));
                continue;
            }
            if row.metric_set.is_none() {
                row.metric_set = metrics.remove(&row.id.0);
            }
            let merged = row.tags.iter().any(|tag| tag == "closed_by_merge");
            let mut conversation = ticket(&self.desk, row, statuses);
            if merged && let Some(into) = self.merged_into(&conversation.id).await? {
                conversation.links.push(Link {
                    kind: LinkKind::MergedInto,
                    id: into,
                });
            }
            page.records.push(Record::Conversation(conversation));
        }
        Ok(page)
    }

    /// Names of the account's own statuses, by id.
    pub(super) async fn statuses(&self) -> Result<&HashMap<String, String>> {
        self.statuses
            .get_or_try_init(|| async {
                let answer = match self.call("/api/v2/custom_statuses").send().await {
                    Ok(answer) => answer,
                    Err(error) if absent(&error) => return Ok(HashMap::new()),
                    Err(error) => return Err(error),
                };
                Ok(wire::list::<wire::CustomStatus>(&answer)?
                    .rows
                    .into_iter()
                    .filter(|row| row.default != Some(true))
                    .map(|row| (row.id.0, row.agent_label))
                    .collect())
            })
            .await
    }

    /// The ticket that a closed one was merged into: only the comment that
    /// the merge left behind says so.
    async fn merged_into(&self, id: &str) -> Result<Option<String>> {
        let answer = self
            .call(&format!("/api/v2/tickets/{id}/comments"))
            .query(&[("page[size]", "10"), ("sort", "-created_at")])
            .send()
            .await;
        let list = match answer {
            Ok(answer) => wire::list::<wire::Comment>(&answer)?,
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(list.rows.iter().find_map(|row| merge_target(row, id)))
    }

    pub(super) async fn pull_ratings(&self, at: &At) -> Result<Page> {
        let path = match at.time {
            Some(since) => {
                format!("/api/v2/satisfaction_ratings?score=received&start_time={since}")
            }
            None => "/api/v2/satisfaction_ratings?score=received".to_owned(),
        };
        let read = self
            .listed::<wire::SatisfactionRating>(&path, limits::DEFAULT, at)
            .await;
        match read {
            Ok((list, mut page)) => {
                page.total = list.count;
                page.records = list
                    .rows
                    .into_iter()
                    .map(|row| Record::Rating(rating(row)))
                    .collect();
                Ok(page)
            }
            Err(error) if absent(&error) => Ok(Page {
                problems: vec![Unreadable {
                    key: Key::new(Kind::Rating, "?"),
                    reason: format!("ratings could not be read: {error}"),
                    original: Vec::new(),
                }],
                next: Some(at.again()),
                done: true,
                ..Page::default()
            }),
            Err(error) => Err(error),
        }
    }
}

/// The other ticket that a merge comment names: in its source, else as `#123` in its text.
fn merge_target(row: &wire::Comment, own: &str) -> Option<String> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"#(\d{1,19})\b").ok());
    let source = row.via.as_ref()?.source.as_ref()?;
    if source.rel.as_deref() != Some("merge") {
        return None;
    }
    let named = [&source.to, &source.from]
        .into_iter()
        .flatten()
        .flat_map(|end| end.ticket_id.iter().chain(end.ticket_ids.iter().flatten()))
        .map(|id| id.0.clone())
        .find(|id| id != own);
    named.or_else(|| {
        let body = row.body.as_deref().or(row.html_body.as_deref())?;
        let number = NUMBER.as_ref()?.captures(body)?.get(1)?.as_str();
        (number != own).then(|| number.to_owned())
    })
}

/// A ticket.
pub fn ticket(desk: &Desk, row: wire::Ticket, statuses: &HashMap<String, String>) -> Conversation {
    let mut extra = Extra::new();
    let word = row.status.as_deref().unwrap_or("open");
    let status = match desk
        .mapping
        .read(Table::Status, word)
        .and_then(Status::parse)
    {
        Some(status) => status,
        None => {
            keep(&mut extra, "status", Some(word.into()));
            Status::Open
        }
    };
    let status_name = row
        .custom_status_id
        .as_ref()
        .and_then(|id| statuses.get(&id.0))
        .cloned();
    let priority = row.priority.as_deref().and_then(|word| {
        let known = desk
            .mapping
            .read(Table::Priority, word)
            .and_then(Priority::parse);
        if known.is_none() {
            keep(&mut extra, "priority", Some(word.into()));
        }
        known
    });
    let mut type_name = None;
    let ticket_type = row
        .ticket_type
        .as_deref()
        .filter(|word| !word.is_empty())
        .map(|word| {
            match desk
                .mapping
                .read(Table::Type, word)
                .and_then(TicketType::parse)
            {
                Some(known) => known,
                None => {
                    type_name = Some(word.to_owned());
                    TicketType::Other
                }
            }
        });
    let (channel, unknown) = desk.channel(row.via.as_ref());
    keep(&mut extra, "via", unknown.map(Value::from));

    let mut links = Vec::new();
    if let Some(problem) = row.problem_id {
        links.push(Link {
            kind: LinkKind::Problem,
            id: problem.0,
        });
    }
    if let Some(source) = row.via.and_then(|via| via.source)
        && source.rel.as_deref() == Some("follow_up")
        && let Some(id) = source.from.and_then(|from| from.ticket_id)
    {
        links.push(Link {
            kind: LinkKind::FollowUpOf,
            id: id.0,
        });
    }
    // Copied people of old tickets are under `collaborator_ids` alone, which
    // also repeats followers and copies of newer ones.
    let mut cc_ids = texts(row.email_cc_ids);
    let follower_ids = texts(row.follower_ids);
    if cc_ids.is_empty() && follower_ids.is_empty() {
        cc_ids = texts(row.collaborator_ids);
    }
    keep(
        &mut extra,
        "raw_subject",
        row.raw_subject
            .filter(|raw| Some(raw) != row.subject.as_ref() && raw.contains("{{"))
            .map(Value::from),
    );
    keep(
        &mut extra,
        "sharing_agreement_ids",
        row.sharing_agreement_ids,
    );
    keep(
        &mut extra,
        "is_public",
        row.is_public.filter(|on| !*on).map(Value::from),
    );
    keep(
        &mut extra,
        "from_messaging_channel",
        row.from_messaging_channel.filter(|on| *on).map(Value::from),
    );
    keep(&mut extra, "forum_topic_id", row.forum_topic_id);
    keep(
        &mut extra,
        "submitter_id",
        row.submitter_id
            .filter(|submitter| Some(submitter) != row.requester_id.as_ref())
            .map(|id| id.0.into()),
    );
    let metrics = row.metric_set.unwrap_or_default();
    let minutes = |figure: Option<wire::Minutes>| {
        figure
            .and_then(|figure| figure.calendar)
            .and_then(|minutes| u64::try_from(minutes).ok())
    };
    let closed_at = metrics
        .status_updated_at
        .filter(|_| status == Status::Closed);
    let solved_at = metrics.solved_at;
    let figures = Metrics {
        first_reply_minutes: minutes(metrics.reply_time_in_minutes),
        full_resolution_minutes: minutes(metrics.full_resolution_time_in_minutes),
        reopens: metrics.reopens,
        replies: metrics.replies,
    };
    Conversation {
        url: Some(format!("{}/agent/tickets/{}", desk.public, row.id.0)),
        id: row.id.0,
        subject: row.subject,
        status,
        status_name,
        priority,
        ticket_type,
        type_name,
        channel,
        recipient: row.recipient,
        brand_id: text(row.brand_id),
        form_id: text(row.ticket_form_id),
        requester_id: text(row.requester_id),
        assignee_id: text(row.assignee_id),
        group_id: text(row.group_id),
        organization_id: text(row.organization_id),
        cc_ids,
        follower_ids,
        tags: sorted(row.tags),
        custom_fields: fields(
            row.custom_fields
                .unwrap_or_default()
                .into_iter()
                .map(|field| (field.id.0, field.value)),
        ),
        links,
        metrics: (figures != Metrics::default()).then_some(figures),
        declared_messages: row.comment_count,
        external_id: text(row.external_id),
        created_at: row.created_at,
        updated_at: row.updated_at,
        solved_at,
        closed_at,
        due_at: row.due_at,
        extra,
        ..Conversation::default()
    }
}

fn rating(row: wire::SatisfactionRating) -> Rating {
    let mut extra = Extra::new();
    keep(&mut extra, "group_id", text(row.group_id).map(Value::from));
    let value = row.score.unwrap_or_default();
    Rating {
        id: row.id.0,
        conversation_id: row.ticket_id.0,
        scale: Some("csat".to_owned()),
        // `good`, `goodwithcomment`, `bad`, `badwithcomment`, with or without underscores.
        score: if value.starts_with("good") {
            Some(100)
        } else if value.starts_with("bad") {
            Some(0)
        } else {
            None
        },
        value: Some(value),
        comment: row.comment.filter(|text| !text.is_empty()),
        reason: row
            .reason
            .filter(|reason| !reason.is_empty() && reason != "No reason provided"),
        contact_id: text(row.requester_id),
        agent_id: text(row.assignee_id),
        created_at: row.updated_at.or(row.created_at),
        extra,
    }
}
