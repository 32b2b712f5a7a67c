//! Changes to many tickets at once, done by jobs.

use serde_json::{Value, json};

use super::desk::Desk;
use super::wire::{Answer, Reply, Request};

impl Desk {
    /// `POST /tickets/bulk_delete`: done by a job.
    pub fn bulk_delete(&mut self, rq: &Request) -> Answer {
        let ids = bulk_ids(rq)?;
        let now = rq.stamp();
        for id in ids {
            if !self.archived.contains(&id) {
                let now = now.clone();
                self.edit_ticket(id, |ticket| {
                    ticket.insert("deleted".to_owned(), json!(true));
                    ticket.insert("updated_at".to_owned(), json!(now));
                });
            }
        }
        Ok(self.begin_job(rq, "bulk_delete", 2))
    }

    /// `POST /tickets/bulk_update`: done by a job.
    pub fn bulk_update(&mut self, rq: &Request) -> Answer {
        let ids = bulk_ids(rq)?;
        let properties = rq
            .body
            .get("bulk_action")
            .and_then(|action| action.get("properties"))
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let one = Request {
            body: properties,
            ..rq.clone()
        };
        for id in ids {
            if self.tickets.contains_key(&id) && !self.archived.contains(&id) {
                // A ticket that refuses does not stop the others; the job says how many did.
                let _ = self.update_ticket(&one, id);
            }
        }
        Ok(self.begin_job(rq, "bulk_update", 2))
    }
}

fn bulk_ids(rq: &Request) -> Result<Vec<u64>, Reply> {
    rq.body
        .get("bulk_action")
        .and_then(|action| action.get("ids"))
        .and_then(Value::as_array)
        .filter(|ids| !ids.is_empty())
        .map(|ids| ids.iter().filter_map(Value::as_u64).collect())
        .ok_or_else(|| super::wire::refuse("ids", "Mandatory attribute missing", "missing_field"))
}
