//! What Zendesk allows: budgets, page sizes, batch sizes, ceilings. Headers win over this table.
//!
//! Requests a minute by plan (Support and, from a budget of its own, Help
//! Center): Team 200, Growth and Professional 400, Enterprise 700, Enterprise
//! Plus and the High Volume add-on 2500.

use crate::http::Limit;

/// Everything of the Ticketing API without a budget of its own.
pub const DEFAULT: &str = "default";
/// `/incremental/*`, all of them together.
pub const INCREMENTAL: &str = "incremental";
/// The cursor export of users.
pub const INCREMENTAL_USERS: &str = "incremental_users";
/// Creating or changing one user at a time.
pub const USER_UPSERT: &str = "user_upsert";
/// Changing tickets that are there.
pub const TICKET_UPDATE: &str = "ticket_update";
/// Help Center and Guide.
pub const HELP_CENTER: &str = "help_center";
/// Bytes of attachments.
pub const CONTENT: &str = "content";
/// Deleting tickets.
pub const DELETE: &str = "delete";
/// Questions after background jobs.
pub const JOBS: &str = "jobs";

/// Calls a minute by budget, on the smallest plan.
pub static LIMITS: [Limit; 9] = [
    Limit {
        name: DEFAULT,
        per_minute: 200,
        separate: false,
        note: "Suite Team and Support Team; Growth and Professional 400, Enterprise 700, Enterprise Plus and High Volume 2500",
    },
    Limit {
        name: INCREMENTAL,
        per_minute: 10,
        separate: false,
        note: "all incremental exports together; 30 with High Volume",
    },
    Limit {
        name: INCREMENTAL_USERS,
        per_minute: 20,
        separate: false,
        note: "cursor export of users, since 27 June 2025",
    },
    Limit {
        name: USER_UPSERT,
        per_minute: 60,
        separate: false,
        note: "users/create_or_update and PUT users/{id}: one a second for the account",
    },
    Limit {
        name: TICKET_UPDATE,
        per_minute: 100,
        separate: false,
        note: "PUT tickets/{id}; 300 with High Volume, and 30 in ten minutes for one ticket",
    },
    Limit {
        name: HELP_CENTER,
        per_minute: 200,
        separate: true,
        note: "a bucket of its own, of the same size as the plan's",
    },
    Limit {
        name: CONTENT,
        per_minute: 2500,
        separate: false,
        note: "attachment content",
    },
    Limit {
        name: DELETE,
        per_minute: 400,
        separate: false,
        note: "DELETE tickets/{id}",
    },
    Limit {
        name: JOBS,
        per_minute: 200,
        separate: false,
        note: "charged to the plan's limit as well",
    },
];

/// Rows of a cursor page; more is cut silently.
pub const PAGE: u32 = 100;
/// Rows of a page of an incremental export.
pub const EXPORT_PAGE: u32 = 1000;
/// Records of one bulk job, and of one call that shows many.
pub const BATCH: usize = 100;
/// Comments of one ticket; import refuses more.
pub const MAX_COMMENTS: usize = 5000;
/// Bytes of a comment's text. Zendesk cuts the rest silently at 64 kB; what is
/// between is for the first line and the new addresses of images.
pub const MAX_BODY: usize = 60_000;
/// Bytes of an attachment where the account's settings do not say.
pub const MAX_ATTACHMENT: u64 = 50 * 1024 * 1024;
/// Bytes of an attachment of an article.
pub const MAX_ARTICLE_ATTACHMENT: u64 = 20 * 1024 * 1024;
/// Attachments that one call ties to an article.
pub const BULK_ATTACHMENTS: usize = 20;
/// Redirect rules of a brand.
pub const REDIRECT_RULES: usize = 50_000;
/// Redirect rules on a page: more is refused, not cut.
pub const REDIRECT_PAGE: usize = 30;
/// Seconds that a start time must lie in the past.
pub const EXPORT_LAG: i64 = 61;
/// Seconds that a list goes back when it is asked for what changed since: our
/// clock is not theirs.
pub const OVERLAP: i64 = 300;
/// Users on a page up to which their organizations are asked for one by one.
pub const FEW_USERS: usize = 50;
/// Pages of one list, as a guard against lists that never end.
pub const MAX_PAGES: usize = 100_000;
/// Seconds that a background job may take before the run gives up waiting.
pub const JOB_PATIENCE: u64 = 2 * 60 * 60;
