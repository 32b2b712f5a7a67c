//! Replies and notes.

use serde_json::{Value, json};

use super::check::{self, Kind, Spec};
use super::desk::Desk;
use super::html;
use super::wire::{
    Answer, Errors, Reply, Request, flag, int, not_allowed, not_found, read_date, row, text, texts,
};

const NOTE: &[Spec] = &[
    ("body", Kind::Text(usize::MAX)),
    ("incoming", Kind::Bool),
    ("notify_emails", Kind::Emails(50)),
    ("private", Kind::Bool),
    ("user_id", Kind::Id),
    ("attachments", Kind::Files),
];

const IMPORT: &[Spec] = &[
    ("import_id", Kind::Id),
    ("created_at", Kind::Date),
    ("updated_at", Kind::Date),
];

const REPLY: &[Spec] = &[
    ("body", Kind::Text(usize::MAX)),
    ("from_email", Kind::Email),
    ("user_id", Kind::Id),
    ("cc_emails", Kind::Emails(50)),
    ("bcc_emails", Kind::Emails(50)),
    ("attachments", Kind::Files),
];

const FORWARD: &[Spec] = &[
    ("body", Kind::Text(usize::MAX)),
    ("to_emails", Kind::Emails(50)),
    ("from_email", Kind::Email),
    ("cc_emails", Kind::Emails(50)),
    ("bcc_emails", Kind::Emails(50)),
    ("include_quoted_text", Kind::Bool),
    ("include_original_attachments", Kind::Bool),
    ("attachments", Kind::Files),
];

impl Desk {
    /// `GET /tickets/{id}/conversations`.
    pub fn list_conversations(&self, rq: &Request, ticket: u64) -> Answer {
        rq.only_params(&[])?;
        let paging = rq.paging()?;
        let ids = self.talk.get(&ticket).into_iter().flatten();
        Ok(paging.page_of(rq, ids, |id| self.show(&self.conversations[id], rq)))
    }

    /// `POST /tickets/{id}/notes`, `…/reply` and `…/forward`.
    pub fn create_conversation(
        &mut self,
        rq: &Request,
        ticket: u64,
        kind: &str,
        import: bool,
    ) -> Answer {
        let state = &self.tickets[&ticket];
        if flag(state, "deleted") || flag(state, "spam") {
            return Err(not_allowed("POST", "GET"));
        }
        let mut specs = match kind {
            "notes" => NOTE.to_vec(),
            "reply" => REPLY.to_vec(),
            _ => FORWARD.to_vec(),
        };
        if import {
            specs.extend_from_slice(IMPORT);
        }
        let mut errors = Errors::default();
        let required: &[&str] = if kind == "forward" {
            &["body", "to_emails"]
        } else {
            &["body"]
        };
        let body = check::read_into(rq, &specs, required, &mut errors);
        let author = int(&body, "user_id").unwrap_or(self.me);
        let known = if kind == "reply" {
            self.agents.contains_key(&author)
        } else {
            self.is_person(author)
        };
        if !known {
            errors.add(
                "user_id",
                "There is no user matching the given user_id",
                "invalid_value",
            );
        }
        errors.finish()?;
        let files = self.attach(rq, Some(ticket))?;
        let id = self.id();
        let now = rq.stamp();
        let date = |name: &str| {
            Some(text(&body, name))
                .filter(|text| !text.is_empty())
                .and_then(read_date)
        };
        let created = date("created_at").unwrap_or_else(|| now.clone());
        let updated = date("updated_at").unwrap_or_else(|| created.clone());
        let cleaned = html::cleaned(text(&body, "body"));
        let plain = html::plain(&cleaned);
        let private = kind == "notes" && body.get("private") != Some(&Value::Bool(false));
        let incoming = kind == "notes" && flag(&body, "incoming");
        let requester =
            int(&self.tickets[&ticket], "requester_id").and_then(|who| self.email_of(who));
        let to = match kind {
            "notes" => texts(&body, "notify_emails")
                .iter()
                .map(|&to| to.to_owned())
                .collect(),
            "reply" => requester.iter().cloned().collect::<Vec<String>>(),
            _ => texts(&body, "to_emails")
                .iter()
                .map(|&to| to.to_owned())
                .collect(),
        };
        self.put_conversation(
            id,
            row(json!({
                "id": id, "ticket_id": ticket, "user_id": author,
                "source": match kind { "notes" => 2, "reply" => 0, _ => 8 },
                "incoming": incoming, "private": private, "body": cleaned, "body_text": plain,
                "structured_body": {"body_contents": [{"type": "text", "data": {"content": plain}}]},
                "support_email": null, "from_email": body.get("from_email"), "to_emails": to,
                "cc_emails": body.get("cc_emails").cloned().unwrap_or(json!([])),
                "bcc_emails": body.get("bcc_emails").cloned().unwrap_or(json!([])),
                "last_edited_at": null, "last_edited_user_id": null,
                "created_at": created, "updated_at": updated, "attachments": files,
                "_import_id": body.get("import_id"),
            })),
        );
        if !import {
            let touched = now.clone();
            self.edit_ticket(ticket, |ticket| {
                ticket.insert("updated_at".to_owned(), json!(touched));
            });
            self.mail_conversation(&body, kind, private, incoming, &to, requester.as_deref());
        } else if updated.as_str() > text(&self.tickets[&ticket], "updated_at") {
            self.edit_ticket(ticket, |ticket| {
                ticket.insert("updated_at".to_owned(), json!(updated));
            });
        }
        let mut shown = self.show(&self.conversations[&id], rq);
        if kind == "notes"
            && let Some(out) = shown.as_object_mut()
        {
            // The answer to a note is shorter than the conversation in the list.
            for name in ["from_email", "support_email", "cc_emails", "bcc_emails"] {
                out.remove(name);
            }
            let told = out.remove("to_emails").unwrap_or(json!([]));
            out.insert("notified_to".to_owned(), told);
        }
        Ok(Reply::json(201, shown))
    }

    fn mail_conversation(
        &self,
        body: &super::wire::Row,
        kind: &str,
        private: bool,
        incoming: bool,
        to: &[String],
        requester: Option<&str>,
    ) {
        for to in to {
            self.mail(
                to,
                if kind == "notes" {
                    "note with notify_emails"
                } else {
                    kind
                },
            );
        }
        for list in ["cc_emails", "bcc_emails"] {
            for to in texts(body, list) {
                self.mail(to, kind);
            }
        }
        // Off by default in new accounts; `public_note_requester` turns it on.
        let told = self.notifications.get("public_note_requester") == Some(&json!(true))
            || self.feature("note_mails");
        if kind == "notes"
            && !private
            && !incoming
            && told
            && let Some(to) = requester
        {
            self.mail(to, "public note added");
        }
    }

    /// `/conversations/{id}`.
    pub fn conversation_endpoint(&mut self, rq: &Request, id: &str) -> Answer {
        let id: u64 = id.parse().map_err(|_| not_found())?;
        let before = self.conversations.get(&id).cloned().ok_or_else(not_found)?;
        match rq.method.as_str() {
            "PUT" => {
                if int(&before, "source") != Some(2) {
                    return Err(not_allowed("PUT", "DELETE"));
                }
                let body = check::read(
                    rq,
                    &[
                        ("body", Kind::Text(usize::MAX)),
                        ("attachments", Kind::Files),
                    ],
                    &["body"],
                )?;
                let ticket = int(&before, "ticket_id");
                let files = self.attach(rq, ticket)?;
                let mut after = before;
                let cleaned = html::cleaned(text(&body, "body"));
                after.insert("body_text".to_owned(), json!(html::plain(&cleaned)));
                after.insert("body".to_owned(), json!(cleaned));
                after.insert("last_edited_at".to_owned(), json!(rq.stamp()));
                after.insert("last_edited_user_id".to_owned(), json!(self.me));
                after.insert("updated_at".to_owned(), json!(rq.stamp()));
                if let Some(Value::Array(kept)) = after.get_mut("attachments") {
                    kept.extend(files.into_iter().map(Value::Object));
                }
                // An edited note does not move its ticket's updated_at.
                let shown = self.show(&after, rq);
                self.conversations.insert(id, after);
                Ok(Reply::json(200, shown))
            }
            "DELETE" => {
                self.conversations.remove(&id);
                if let Some(list) = int(&before, "ticket_id").and_then(|of| self.talk.get_mut(&of))
                {
                    list.retain(|other| *other != id);
                }
                Ok(Reply::empty(204))
            }
            method => Err(not_allowed(method, "PUT, DELETE")),
        }
    }
}
