//! Ticket fields that every account has.

use serde_json::{Value, json};

/// The fields that every account has.
pub(super) fn fields() -> Vec<Value> {
    let field = |id: u64, name: &str, label: &str, required: bool| {
        json!({
            "id": id, "name": name, "label": label, "label_for_customers": label, "description": "",
            "position": id, "type": format!("default_{name}"), "default": true,
            "required_for_agents": required, "required_for_closure": false, "required_for_customers": required,
            "customers_can_edit": false, "customers_can_filter": true, "displayed_to_customers": true,
            "created_at": "2019-01-07T09:00:00Z", "updated_at": "2019-01-07T09:00:00Z",
        })
    };
    let mut rows = vec![
        field(1, "requester", "Search a requester", true),
        field(2, "subject", "Subject", true),
        field(3, "ticket_type", "Type", false),
        field(4, "source", "Source", false),
        field(5, "status", "Status", true),
        field(6, "priority", "Priority", true),
        field(7, "group", "Group", false),
        field(8, "agent", "Agent", false),
        field(9, "product", "Product", false),
        field(10, "description", "Description", true),
        field(11, "company", "Company", false),
    ];
    rows[2]["choices"] = json!([
        "Question",
        "Incident",
        "Problem",
        "Feature Request",
        "Refund"
    ]);
    rows[3]["choices"] = json!({"Email": 1, "Portal": 2, "Phone": 3, "Forum": 4, "Twitter": 5, "Facebook": 6, "Chat": 7, "MobiHelp": 8, "Feedback Widget": 9, "Outbound Email": 10, "Ecommerce": 11, "Bot": 12, "Whatsapp": 13});
    rows[4]["choices"] = json!({"2": ["Open", "Being Processed"], "3": ["Pending", "Awaiting your Reply"], "4": ["Resolved", "This ticket has been Resolved"], "5": ["Closed", "This ticket has been Closed"]});
    rows[5]["choices"] = json!({"Low": 1, "Medium": 2, "High": 3, "Urgent": 4});
    rows
}
