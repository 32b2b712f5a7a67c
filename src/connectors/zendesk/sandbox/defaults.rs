//! What every desk has from its first day: an admin, a group, a brand, system fields.

use serde_json::{Value, json};

use super::call::{Row, row, text};
use super::state::State;

/// Adds what the seed leaves out.
pub(super) fn complete(state: &mut State) {
    let base = state.base.clone();
    owner(state);
    if state.rows("groups").is_empty() {
        let group = state.insert(
            "groups",
            "groups",
            row(json!({"name": "Support", "description": "", "default": true, "deleted": false, "is_public": true})),
        );
        let owner = state.owner;
        state.insert(
            "group_memberships",
            "group_memberships",
            row(json!({"user_id": owner, "group_id": group, "default": true})),
        );
    }
    if state.rows("brands").is_empty() {
        let subdomain = state.subdomain.clone();
        state.insert(
            "brands",
            "brands",
            row(json!({"name": "Sandbox", "subdomain": subdomain, "brand_url": base, "has_help_center": true,
                "help_center_state": "enabled", "active": true, "default": true, "is_deleted": false,
                "ticket_form_ids": [], "host_mapping": null, "signature_template": "{{agent.signature}}"})),
        );
    }
    if state.rows("ticket_fields").is_empty() {
        system_fields(state);
    }
    if state.rows("ticket_forms").is_empty() {
        let fields: Vec<u64> = state.rows("ticket_fields").keys().copied().collect();
        state.insert(
            "ticket_forms",
            "ticket_forms",
            row(json!({"name": "Default Ticket Form", "raw_name": "Default Ticket Form", "display_name": "Default Ticket Form",
                "position": 0, "active": true, "default": true, "end_user_visible": true, "in_all_brands": true,
                "restricted_brand_ids": [], "ticket_field_ids": fields})),
        );
    }
    if state.rows("custom_statuses").is_empty() {
        for (category, label) in [
            ("new", "New"),
            ("open", "Open"),
            ("pending", "Pending"),
            ("hold", "On-hold"),
            ("solved", "Solved"),
        ] {
            state.insert(
                "custom_statuses",
                "custom_statuses",
                row(json!({"status_category": category, "agent_label": label, "end_user_label": label,
                    "raw_agent_label": label, "active": true, "default": true})),
            );
        }
    }
    if state.rows("triggers").is_empty() {
        triggers(state);
    }
    if state.rows("automations").is_empty() {
        state.insert(
            "automations",
            "automations",
            row(json!({"title": "Close ticket 4 days after status is set to solved", "active": true, "position": 0, "default": true,
                "conditions": {"all": [{"field": "status", "operator": "is", "value": "solved"},
                    {"field": "SOLVED", "operator": "greater_than", "value": "96"}], "any": []},
                "actions": [{"field": "status", "value": "closed"}]})),
        );
    }
    if state.rows("user_segments").is_empty() {
        for (name, kind) in [
            ("Signed-in users", "signed_in_users"),
            ("Agents and admins", "staff"),
        ] {
            state.insert(
                "user_segments",
                "help_center/user_segments",
                row(json!({"name": name, "user_type": kind, "group_ids": [], "organization_ids": [], "tags": [],
                    "or_tags": [], "added_user_ids": [], "built_in": true})),
            );
        }
    }
    if state.rows("permission_groups").is_empty() {
        let staff = state
            .rows("user_segments")
            .iter()
            .find(|(_, row)| text(row, "user_type") == Some("staff"))
            .map(|(id, _)| *id);
        let ids: Vec<u64> = staff.into_iter().collect();
        state.insert(
            "permission_groups",
            "guide/permission_groups",
            row(json!({"name": "Admins", "edit": ids, "publish": ids, "built_in": true})),
        );
    }
    super::help_center::complete(state);
    // What the desk was born with is no news to searches.
    state.born.clear();
}

fn owner(state: &mut State) {
    if state.owner != 0 {
        return;
    }
    let admin = |user: &&Row| text(user, "role") == Some("admin");
    let named = state
        .users
        .all()
        .find(|user| text(user, "email") == Some("admin@example.com"));
    if let Some(user) = named.or_else(|| state.users.all().find(admin)) {
        state.owner = super::call::id(user, "id").unwrap_or(0);
        return;
    }
    let id = state.next_id();
    let now = state.stamp();
    let user = row(
        json!({"id": id, "url": format!("{}/api/v2/users/{id}.json", state.base), "name": "Sandbox Admin",
        "email": "admin@example.com", "role": "admin", "active": true, "verified": true, "suspended": false,
        "locale": "en-US", "time_zone": "UTC", "tags": [], "user_fields": {}, "external_id": null, "phone": null,
        "organization_id": null, "created_at": now, "updated_at": now}),
    );
    state.users.put(id, user);
    state.owner = id;
}

fn system_fields(state: &mut State) {
    let options = |names: &[&str]| -> Value {
        names
            .iter()
            .map(|name| json!({"name": name, "value": name.to_lowercase()}))
            .collect()
    };
    for (kind, title, choices) in [
        ("subject", "Subject", None),
        ("description", "Description", None),
        (
            "status",
            "Status",
            Some(options(&["New", "Open", "Pending", "Hold", "Solved"])),
        ),
        (
            "tickettype",
            "Type",
            Some(options(&["Question", "Incident", "Problem", "Task"])),
        ),
        (
            "priority",
            "Priority",
            Some(options(&["Low", "Normal", "High", "Urgent"])),
        ),
        ("group", "Group", None),
        ("assignee", "Assignee", None),
    ] {
        let mut field = row(
            json!({"type": kind, "title": title, "raw_title": title, "active": true, "required": false,
            "removable": false, "collapsed_for_agents": false, "visible_in_portal": true, "tag": null}),
        );
        if let Some(choices) = choices {
            field.insert("system_field_options".to_owned(), choices);
        }
        state.insert("ticket_fields", "ticket_fields", field);
    }
}

/// The two triggers of a new account that mail customers.
fn triggers(state: &mut State) {
    for (position, title, kind) in [
        (1, "Notify requester and CCs of received request", "Create"),
        (2, "Notify requester and CCs of comment update", "Change"),
    ] {
        let mut all = vec![json!({"field": "update_type", "operator": "is", "value": kind})];
        if kind == "Change" {
            all.push(json!({"field": "comment_is_public", "operator": "is", "value": "true"}));
        }
        state.insert(
            "triggers",
            "triggers",
            row(json!({"title": title, "active": true, "position": position, "default": true,
                "conditions": {"all": all, "any": []},
                "actions": [{"field": "notification_user", "value": ["requester_and_ccs", "[Request {{ticket.id}}]", "{{ticket.comments_formatted}}"]}]})),
        );
    }
}
