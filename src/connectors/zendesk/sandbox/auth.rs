//! Who asks, and how often that is allowed.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal, Row, id, ok, text};
use super::state::State;
use crate::sandbox::Budget;

/// The OAuth client of every sandbox.
pub(super) const CLIENT: (&str, &str) = ("deskferry", "sandbox-secret");
/// The API token of every sandbox; it opens every agent's account.
pub(super) const API_TOKEN: &str = "sandbox-token";

/// Seconds that a token lasts when the client does not say.
const LIFETIME: i64 = 30 * 60;

/// An access token.
#[derive(Debug)]
pub(super) struct Token {
    until_ms: i64,
    scopes: Vec<String>,
}

/// `POST /oauth/tokens`.
pub(super) fn grant(state: &mut State, body: &[u8], content_type: &str) -> Answer {
    let refused = |status, error: &str, description: &str| {
        Refusal::json(
            status,
            json!({"error": error, "error_description": description}),
        )
    };
    let input: Row = if content_type.starts_with("application/json") {
        serde_json::from_slice(body)
            .map_err(|_| refused(400, "invalid_request", "The body is not a JSON object"))?
    } else {
        url::form_urlencoded::parse(body)
            .map(|(key, value)| (key.into_owned(), json!(value)))
            .collect()
    };
    if text(&input, "grant_type") != Some("client_credentials") {
        return Err(refused(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported",
        ));
    }
    if (text(&input, "client_id"), text(&input, "client_secret"))
        != (Some(CLIENT.0), Some(CLIENT.1))
    {
        return Err(refused(
            401,
            "invalid_client",
            "Client authentication failed",
        ));
    }
    let lifetime = match input.get("expires_in") {
        None | Some(Value::Null) => LIFETIME,
        Some(_) => match id(&input, "expires_in") {
            Some(seconds @ 300..=172_800) => i64::try_from(seconds).unwrap_or(LIFETIME),
            _ => {
                return Err(refused(
                    400,
                    "invalid_request",
                    "expires_in must be between 300 and 172800 seconds",
                ));
            }
        },
    };
    let scope = text(&input, "scope").unwrap_or("read write").to_owned();
    let token = state.secret("token");
    state.tokens.insert(
        token.clone(),
        Token {
            until_ms: state.now_ms() + lifetime * 1000,
            scopes: scope.split_whitespace().map(str::to_owned).collect(),
        },
    );
    ok(
        json!({"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": lifetime}),
    )
}

/// The id of the user that the credentials stand for.
pub(super) fn user(
    state: &State,
    headers: &HeaderMap,
    method: &str,
    resource: &str,
) -> Result<u64, Refusal> {
    let nobody = || Refusal::json(401, json!({"error": "Couldn't authenticate you"}));
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(nobody)?;
    if let Some(token) = given.strip_prefix("Bearer ") {
        let token = state
            .tokens
            .get(token)
            .filter(|token| token.until_ms > state.now_ms());
        let Some(token) = token else {
            return Err(Refusal::json(
                401,
                json!({"error": "invalid_token", "error_description":
                    "The access token provided is expired, revoked, malformed or invalid for other reasons."}),
            ));
        };
        let need = if method == "GET" { "read" } else { "write" };
        let resource = if resource == "help_center" || resource == "guide" {
            "hc"
        } else {
            resource
        };
        let narrow = format!("{resource}:{need}");
        if !token
            .scopes
            .iter()
            .any(|scope| *scope == need || *scope == narrow)
        {
            return Err(Refusal::json(
                403,
                json!({"error": "Forbidden", "description": "You are missing the following required scopes: ".to_owned() + need}),
            ));
        }
        return Ok(state.owner);
    }
    let basic = given.strip_prefix("Basic ").ok_or_else(nobody)?;
    let plain = STANDARD
        .decode(basic)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = plain.ok_or_else(nobody)?;
    let (name, token) = plain.split_once(':').ok_or_else(nobody)?;
    let email = name.strip_suffix("/token").ok_or_else(nobody)?;
    if token != API_TOKEN {
        return Err(nobody());
    }
    state
        .users
        .by_email(email)
        .filter(|id| state.users.is_staff(*id))
        .ok_or_else(nobody)
}

/// Charges a call to the account's budget and to those of its endpoint.
/// The answer's headers tell the account's budget, granted or not.
pub(super) fn charge(state: &State, call: &Call) -> (Vec<(&'static str, String)>, Option<Refusal>) {
    let help_center = matches!(
        call.path.first().map(String::as_str),
        Some("help_center" | "guide")
    );
    let account = state.frame.limits.take(
        if help_center {
            "help_center"
        } else {
            "support"
        },
        state.per_minute,
        1,
    );
    let mut headers = vec![
        ("x-rate-limit", account.limit.to_string()),
        ("x-rate-limit-remaining", account.remaining.to_string()),
    ];
    if !help_center {
        headers.push(("ratelimit-limit", account.limit.to_string()));
        headers.push(("ratelimit-remaining", account.remaining.to_string()));
        headers.push(("ratelimit-reset", account.reset.to_string()));
    }
    if !account.granted {
        return (headers, Some(too_many(account)));
    }
    for rule in rules(state, call) {
        let budget = state
            .frame
            .limits
            .take_in(&rule.budget, rule.limit, rule.seconds, 1);
        headers.push((
            rule.header,
            format!(
                "total={}; remaining={}; resets={}",
                budget.limit, budget.remaining, budget.reset
            ),
        ));
        if !budget.granted {
            return (headers, Some(too_many(budget)));
        }
    }
    (headers, None)
}

fn too_many(budget: Budget) -> Refusal {
    Refusal::text(429, "Number of allowed API requests per minute exceeded")
        .header("retry-after", budget.reset.to_string())
}

struct Rule {
    header: &'static str,
    budget: String,
    limit: u32,
    seconds: u64,
}

/// Endpoint budgets, <https://developer.zendesk.com/api-reference/introduction/rate-limits/>.
fn rules(state: &State, call: &Call) -> Vec<Rule> {
    let rule = |header, budget: &str, limit, seconds| Rule {
        header,
        budget: budget.to_owned(),
        limit,
        seconds,
    };
    let volume = state.feature("high_volume");
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["incremental", "users", "cursor"]) => vec![rule(
            "zendesk-ratelimit-incremental-exports-cursor-users",
            "incremental_users_cursor",
            if volume { 30 } else { 20 },
            60,
        )],
        ("GET", ["incremental", ..]) => vec![rule(
            "zendesk-ratelimit-incremental-exports",
            "incremental",
            if volume { 30 } else { 10 },
            60,
        )],
        ("POST", ["users", "create_or_update"]) => {
            vec![rule("zendesk-ratelimit-users-update", "user_upsert", 1, 1)]
        }
        ("PUT", ["users", id]) => vec![
            rule("zendesk-ratelimit-users-update", "user_upsert", 1, 1),
            rule(
                "zendesk-ratelimit-user-update",
                &format!("user_{id}"),
                5,
                60,
            ),
        ],
        ("PUT", ["organizations", id]) => vec![rule(
            "zendesk-ratelimit-organizations-update",
            &format!("organization_{id}"),
            5,
            60,
        )],
        ("PUT", ["tickets", id]) => vec![
            rule(
                "zendesk-ratelimit-tickets-update",
                "ticket_update",
                if volume { 300 } else { 100 },
                60,
            ),
            rule(
                "zendesk-ratelimit-ticket-update",
                &format!("ticket_{id}_{}", call.user),
                30,
                600,
            ),
        ],
        ("DELETE", ["tickets", _]) => vec![rule(
            "zendesk-ratelimit-tickets-delete",
            "ticket_delete",
            400,
            60,
        )],
        ("GET", ["deleted_tickets"]) => vec![rule(
            "zendesk-ratelimit-deleted-tickets",
            "deleted_tickets",
            10,
            60,
        )],
        ("GET", ["ticket_fields"]) => vec![rule(
            "zendesk-ratelimit-ticket-fields",
            "ticket_fields",
            300,
            60,
        )],
        ("GET", ["search", "export"]) => vec![rule(
            "zendesk-ratelimit-search-export",
            "search_export",
            100,
            60,
        )],
        ("GET", ["search", ..]) => vec![rule("zendesk-ratelimit-search-index", "search", 2500, 60)],
        ("GET", ["tickets", _, "audits"]) => {
            vec![rule("zendesk-ratelimit-ticket-audits", "audits", 500, 60)]
        }
        _ => Vec::new(),
    }
}
