//! Tickets, imported with all their comments in one step.

use serde_json::{Value, json};

use super::payload::{Comment, Draft, Maker, number};
use super::{ZendeskSink, repeat};
use crate::connector::{
    Body, Effect, Error, ErrorKind, Item, Journal, Loss, Outcome, Result, TargetDesk, detail,
    field, text,
};
use crate::connectors::zendesk::limits;
use crate::schema::Owner;

/// Bytes of one import request; a batch beyond is sent in parts.
const MAX_REQUEST: usize = 8 * 1024 * 1024;

/// A ticket ready to be sent.
struct Ready {
    index: usize,
    ticket: Value,
    losses: Vec<Loss>,
    bytes: usize,
}

/// A failure after something was written: it has to be looked for.
pub(super) fn unsure(mut error: Error) -> Error {
    if !error.stops_run() {
        error.kind = ErrorKind::Transient;
    }
    error
}

impl ZendeskSink {
    pub(super) async fn write_tickets(
        &self,
        items: &[Item],
        target: &TargetDesk,
        journal: &dyn Journal,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = items.iter().map(|_| None).collect();
        let mut ready: Vec<Ready> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match self.prepare(item, target).await {
                Ok((ticket, losses)) => {
                    let bytes = ticket.to_string().len();
                    ready.push(Ready {
                        index,
                        ticket,
                        losses,
                        bytes,
                    });
                }
                // Nothing was created yet but unused uploads: whatever failed
                // here, the ticket is not there. A passing fault stays one.
                Err(error) => outcomes[index] = Some(Err(error)),
            }
        }
        let mut rest = ready.as_slice();
        while !rest.is_empty() {
            let mut size = 0;
            let part = rest
                .iter()
                .take_while(|ticket| {
                    size += ticket.bytes;
                    size <= MAX_REQUEST
                })
                .count()
                .clamp(1, limits::BATCH);
            let (now, later) = rest.split_at(part);
            rest = later;
            self.import(now, items, journal, &mut outcomes).await;
        }
        outcomes
            .into_iter()
            .map(|outcome| {
                outcome.unwrap_or_else(|| Err(Error::local("a ticket was left out of its batch")))
            })
            .collect()
    }

    async fn import(
        &self,
        tickets: &[Ready],
        items: &[Item],
        journal: &dyn Journal,
        outcomes: &mut [Option<Outcome>],
    ) {
        let done = self.import_job(tickets, items, journal).await;
        match done {
            Ok(rows) => {
                for (ticket, row) in tickets.iter().zip(rows) {
                    outcomes[ticket.index] = Some(row);
                }
            }
            // One bad ticket may spoil the request as a whole: each for itself.
            Err(error)
                if tickets.len() > 1
                    && matches!(
                        error.kind,
                        ErrorKind::Rejected { .. } | ErrorKind::Conflict { .. }
                    ) =>
            {
                for ticket in tickets {
                    let alone = self
                        .import_job(std::slice::from_ref(ticket), items, journal)
                        .await;
                    outcomes[ticket.index] = Some(match alone {
                        Ok(mut rows) if rows.len() == 1 => rows.remove(0),
                        Ok(_) => Err(Error::local("a job of one ticket has no result")),
                        Err(error) => Err(error),
                    });
                }
            }
            Err(error) => {
                for ticket in tickets {
                    outcomes[ticket.index] = Some(Err(repeat(&error)));
                }
            }
        }
    }

    async fn import_job(
        &self,
        tickets: &[Ready],
        items: &[Item],
        journal: &dyn Journal,
    ) -> Result<Vec<Outcome>> {
        let path = if self.config.archive_immediately {
            "/api/v2/imports/tickets/create_many?archive_immediately=true"
        } else {
            "/api/v2/imports/tickets/create_many"
        };
        let sent: Vec<&Value> = tickets.iter().map(|ready| &ready.ticket).collect();
        let members: Vec<&Item> = tickets.iter().map(|ready| &items[ready.index]).collect();
        let rows = self
            .run_job(path, &json!({"tickets": sent}), &members, journal)
            .await?;
        Ok(tickets
            .iter()
            .zip(rows)
            .map(|(ready, row)| {
                row.map(|row| {
                    let mut written = self.written("/agent/tickets/", row.id);
                    written.losses.clone_from(&ready.losses);
                    written
                })
            })
            .collect())
    }

    /// Uploads a ticket's files and makes its payload. The second part is what
    /// is lost beyond what was declared: files that the account refuses.
    async fn prepare(&self, item: &Item, target: &TargetDesk) -> Result<(Value, Vec<Loss>)> {
        let Body::Conversation(bundle) = &item.body else {
            return Err(Error::local("a batch holds records of one kind"));
        };
        let draft = Maker {
            mapping: &self.desk.mapping,
            target,
            item,
            now: self.now(),
        }
        .draft(bundle);
        if let Some((why, hint)) = draft.blocked {
            let refused = Error::new(ErrorKind::Rejected { field: None }, why.to_string());
            return Err(refused.hint(hint.to_string()));
        }
        let mut beyond = Vec::new();
        let Draft {
            mut ticket,
            comments,
            ..
        } = draft;
        let mut sent = Vec::with_capacity(comments.len());
        for comment in comments {
            sent.push(self.comment(comment, &mut beyond).await?);
        }
        ticket.insert("comments".into(), sent.into());
        Ok((ticket.into(), beyond))
    }

    pub(super) async fn comment(
        &self,
        comment: Comment<'_>,
        beyond: &mut Vec<Loss>,
    ) -> Result<Value> {
        let mut html = comment.html;
        let mut tokens: Vec<String> = Vec::new();
        let mut images: Vec<(String, String)> = Vec::new();
        for file in comment.files {
            let Ok(path) = &file.path else { continue };
            let name = &file.attachment.name;
            let mime = file
                .attachment
                .mime
                .as_deref()
                .unwrap_or("application/octet-stream");
            let mut call = self
                .desk
                .client
                .post("/api/v2/uploads")
                .query(&[("filename", name)])
                // An upload that nobody uses goes away by itself. Each has a token of its
                // own: one that is repeated after its answer was lost would put the
                // file into a shared token twice.
                .repeatable()
                .file(mime, path);
            if let Some(from) = file.from {
                call = call.part(from, file.size);
            }
            let answer: Value = match call.json().await {
                Ok(answer) => answer,
                Err(error) if matches!(error.kind, ErrorKind::Rejected { .. }) => {
                    let loss = Loss::new(
                        field::ATTACHMENT,
                        Effect::Dropped,
                        detail!("loss-file", name = name, why = error.to_string()),
                    );
                    beyond.push(match &file.attachment.owner {
                        Owner::Message(id) => loss.of(id),
                        Owner::Article(_) => loss,
                    });
                    html.push_str(&format!(
                        "<p>{}</p>",
                        text::text_to_html(&format!("[{name} was refused here]"))
                    ));
                    continue;
                }
                Err(error) => return Err(error),
            };
            match answer.pointer("/upload/token").and_then(Value::as_str) {
                Some(token) => tokens.push(token.to_owned()),
                None => return Err(Error::protocol("the answer to an upload holds no token")),
            }
            if file.attachment.inline
                && let Some(url) = answer
                    .pointer("/upload/attachment/content_url")
                    .and_then(Value::as_str)
            {
                images.extend(
                    file.attachment
                        .url
                        .iter()
                        .map(|old| (old.clone(), url.to_owned())),
                );
                images.extend(
                    file.attachment
                        .content_id
                        .iter()
                        .map(|id| (format!("cid:{id}"), url.to_owned())),
                );
            }
        }
        if !images.is_empty() {
            html = text::rewrite_images(&html, |source| {
                images
                    .iter()
                    .find(|(old, _)| old == source)
                    .map(|(_, new)| new.clone())
            });
        }
        let mut sent = json!({"html_body": html, "public": comment.public});
        if let Some(id) = &comment.author {
            sent["author_id"] = number(id);
        }
        if let Some(at) = comment.at {
            sent["created_at"] = at.to_string().into();
        }
        if !tokens.is_empty() {
            sent["uploads"] = tokens.into();
        }
        Ok(sent)
    }
}
