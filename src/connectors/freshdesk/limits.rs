//! What a Freshdesk account may be asked, by plan.
//!
//! Figures: developers.freshdesk.com/api (rate limits by plan, pagination).
//! Headers win: they name the account's total, and the total tells the plan.

use super::config::Plan;
use crate::http::Limit;

/// Everything without a budget of its own.
pub const DEFAULT: &str = "default";
/// `POST /tickets`.
pub const TICKET_CREATE: &str = "ticket_create";
/// `PUT /tickets/{id}`.
pub const TICKET_UPDATE: &str = "ticket_update";
/// `GET /tickets`.
pub const TICKETS_LIST: &str = "tickets_list";
/// `GET /contacts`.
pub const CONTACTS_LIST: &str = "contacts_list";

/// Rows of one page of any list; more is an error.
pub const PAGE: usize = 100;
/// Pages of `GET /tickets`; the next one is an error.
pub const TICKET_PAGES: u32 = 300;
/// Pages of other lists that are walked before something must be wrong.
pub const MAX_PAGES: usize = 20_000;
/// Bytes of all files of one request.
pub const MAX_UPLOAD: u64 = 20 * 1000 * 1000;
/// Characters of a ticket's subject and of single-line fields.
pub const MAX_LINE: usize = 255;
/// Characters of a tag.
pub const MAX_TAG: usize = 32;
/// Addresses in copy of a ticket.
pub const MAX_CC: usize = 49;
/// Ids that are asked for beyond the newest ticket of any list.
pub const ARCHIVE_TAIL: u64 = 20;
/// The same on a desk whose lists are empty.
pub const ARCHIVE_TAIL_EMPTY: u64 = 300;
/// Calls for archived tickets before a page is handed over.
pub const ARCHIVE_STEP: usize = 50;

/// `total`, creates and updates, ticket lists and contact lists a minute.
const PLANS: [(Plan, u32, u32, u32); 4] = [
    (Plan::Trial, 50, 20, 20),
    (Plan::Growth, 200, 80, 20),
    (Plan::Pro, 400, 160, 100),
    (Plan::Enterprise, 700, 280, 200),
];

macro_rules! table {
    ($name:ident, $plan:literal, $total:literal, $write:literal, $list:literal) => {
        /// Budgets of this plan.
        pub static $name: [Limit; 5] = [
            limit(DEFAULT, $total, concat!("all calls, ", $plan, " plan")),
            limit(
                TICKET_CREATE,
                $write,
                concat!("new tickets, ", $plan, " plan"),
            ),
            limit(
                TICKET_UPDATE,
                $write,
                concat!("changed tickets, ", $plan, " plan"),
            ),
            limit(
                TICKETS_LIST,
                $list,
                concat!("ticket lists, ", $plan, " plan"),
            ),
            limit(
                CONTACTS_LIST,
                $list,
                concat!("contact lists, ", $plan, " plan"),
            ),
        ];
    };
}

table!(TRIAL, "trial", 50, 20, 20);
table!(GROWTH, "Growth", 200, 80, 20);
table!(PRO, "Pro", 400, 160, 100);
table!(ENTERPRISE, "Enterprise", 700, 280, 200);

const fn limit(name: &'static str, per_minute: u32, note: &'static str) -> Limit {
    Limit {
        name,
        per_minute,
        separate: false,
        note,
    }
}

/// The budgets to start with; the smallest ones when the plan is not known.
pub fn of(plan: Option<Plan>) -> &'static [Limit] {
    match plan {
        None | Some(Plan::Trial) => &TRIAL,
        Some(Plan::Growth) => &GROWTH,
        Some(Plan::Pro) => &PRO,
        Some(Plan::Enterprise) => &ENTERPRISE,
    }
}

/// What a budget is worth on an account with this total, as its headers tell.
///
/// Sub-limits are in no header. Of an account with more than the plans have
/// (bought in addition), the largest known ones hold.
pub fn by_total(budget: &str, total: u32) -> u32 {
    let (_, _, write, list) = PLANS
        .into_iter()
        .rev()
        .find(|(_, plan_total, _, _)| *plan_total <= total)
        .unwrap_or(PLANS[0]);
    let own = match budget {
        TICKET_CREATE | TICKET_UPDATE => write,
        TICKETS_LIST | CONTACTS_LIST => list,
        _ => total,
    };
    own.min(total).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_tells_the_sub_limits() {
        assert_eq!(by_total(TICKETS_LIST, 400), 100);
        assert_eq!(by_total(TICKET_CREATE, 700), 280);
        assert_eq!(by_total(CONTACTS_LIST, 1000), 200);
        assert_eq!(by_total(DEFAULT, 1000), 1000);
        assert_eq!(by_total(TICKETS_LIST, 10), 10);
    }
}
