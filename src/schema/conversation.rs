//! Tickets, cases, chats, calls and threads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Channel, CustomFields, Date, Extra, values};

/// One ticket, case, chat, call or thread. Its messages are records of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Conversation {
    /// Id on the desk.
    pub id: String,
    /// The number that people see, where it differs from the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Address of the conversation in the desk's web interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Subject as the desk has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// The desk's own name for the status, where it says more than `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_name: Option<String>,
    /// How urgent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The desk's own name for the priority, where it says more than `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_name: Option<String>,
    /// What sort of request.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<TicketType>,
    /// The desk's own name for the type, where it says more than `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Where it began.
    pub channel: Channel,
    /// The desk's address that received it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// [`super::Brand`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<String>,
    /// [`super::Form`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_id: Option<String>,
    /// Who asked: a [`super::Contact`], or an agent's id where an agent did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_id: Option<String>,
    /// Who is on it: a [`super::Agent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<String>,
    /// [`super::Group`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// [`super::Organization`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// People in copy: contacts' or agents' ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc_ids: Vec<String>,
    /// People in copy that the desk knows by address only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc_emails: Vec<String>,
    /// Agents who follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follower_ids: Vec<String>,
    /// Tags, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Values of custom fields, by field id.
    #[serde(skip_serializing_if = "CustomFields::is_empty")]
    pub custom_fields: CustomFields,
    /// Relations to other conversations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Service level figures, as the desk reports them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Marked as spam.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spam: bool,
    /// Deleted on the desk, and still readable there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// How many messages the desk says there are; what arrived is compared with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_messages: Option<u32>,
    /// The id that the desk's owner gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Date>,
    /// Last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Date>,
    /// First answered by an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_reply_at: Option<Date>,
    /// Solved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<Date>,
    /// Closed for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Date>,
    /// Due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Date>,
    /// Values without a home.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A relation to another conversation of the same desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What the other one is to this one.
    pub kind: LinkKind,
    /// The other conversation's id.
    pub id: String,
}

/// Service level figures in minutes of calendar time, as the desk reports them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Until the first public answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_reply_minutes: Option<u64>,
    /// Until it was solved for the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_resolution_minutes: Option<u64>,
    /// How often it was opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopens: Option<u32>,
    /// How many public answers agents wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<u32>,
}

values! {
    /// Where a conversation stands.
    #[derive(Default)]
    Status {
        /// Nobody has looked yet.
        New = "new",
        /// With the desk.
        #[default]
        Open = "open",
        /// Waiting for the customer.
        Pending = "pending",
        /// Waiting for a third party.
        OnHold = "on_hold",
        /// Answered; may be opened again.
        Solved = "solved",
        /// Done for good.
        Closed = "closed",
    }
}

values! {
    /// How urgent.
    Priority {
        /// Can wait.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Soon.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

values! {
    /// What sort of request.
    TicketType {
        /// Asks something.
        Question = "question",
        /// One occurrence of a problem.
        Incident = "incident",
        /// The cause of incidents.
        Problem = "problem",
        /// Something to do.
        Task = "task",
        /// Asks for a feature.
        FeatureRequest = "feature_request",
        /// Anything else; `type_name` says what.
        Other = "other",
    }
}

values! {
    /// What another conversation is to this one.
    LinkKind {
        /// This one was merged into the other.
        MergedInto = "merged_into",
        /// This one continues the other, which is closed.
        FollowUpOf = "follow_up_of",
        /// The other is this incident's problem.
        Problem = "problem",
        /// The other is an incident of this problem.
        Incident = "incident",
        /// The other is this one's parent.
        Parent = "parent",
        /// The other is this one's child.
        Child = "child",
        /// Related in no closer way.
        Related = "related",
        /// This one waits for the other.
        DependsOn = "depends_on",
    }
}
