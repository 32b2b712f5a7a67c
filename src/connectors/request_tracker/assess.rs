//! What RT cannot keep, said before anything is sent.

use super::config::Config;
use super::limits::SUBJECT;
use super::payload::{self, file_name};
use crate::connector::{Assessment, Body, Effect, Item, Loss, Part, TargetDesk, field};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{Contact, Conversation, IdentityKind, Kind, LinkKind};

/// Losses, blocks and calls of one item.
pub fn assess(
    item: &Item,
    target: &TargetDesk,
    mapping: &PlatformMapping,
    config: &Config,
    writes_as: &dyn Fn(&Part) -> bool,
    keeps_owner: &dyn Fn(&Conversation) -> bool,
) -> Assessment {
    let mut found = Assessment::default();
    let mut lose = |name: &str, effect: Effect, detail: &str| {
        found.losses.push(Loss::new(name, effect, detail));
    };
    let mut calls = 1;
    let mut blocked = None;
    match &item.body {
        Body::Organization(r) => {
            calls = 0;
            if !(r.domains.is_empty() && r.tags.is_empty() && r.custom_fields.is_empty())
                || r.notes.is_some()
                || r.details.is_some()
                || r.external_id.is_some()
            {
                lose(
                    field::ORGANIZATION_RECORD,
                    Effect::Dropped,
                    "RT knows an organization only as text of its users: its name is kept",
                );
            }
            lose(
                field::ORGANIZATION_TAGS,
                Effect::Dropped,
                "RT has no organizations of their own",
            );
            lose(
                field::ORGANIZATION_FIELDS,
                Effect::Dropped,
                "RT has no organizations of their own",
            );
            lose(
                field::ORGANIZATION_DATES,
                Effect::Dropped,
                "RT has no organizations of their own",
            );
        }
        Body::Group(r) => {
            calls = 2;
            if !r.agent_ids.is_empty() {
                lose(
                    field::GROUP_MEMBERS,
                    Effect::Dropped,
                    "a queue has rights instead of members; RT's API cannot grant rights",
                );
            }
        }
        Body::Agent(_) => {}
        Body::Brand(_) => found.skipped = Some("RT has no brands".into()),
        Body::Form(_) => found.skipped = Some("RT has no ticket forms".into()),
        Body::Macro(_) => found.skipped = Some("RT has no macros in its API".into()),
        Body::Field(r) => {
            calls = 1 + u32::try_from(r.options.len()).unwrap_or(u32::MAX - 1);
            if r.on.is_some() && r.on != Some(Kind::Conversation) {
                found.skipped =
                    Some("RT's API can apply custom fields to the tickets of queues only".into());
            }
            if r.required || r.pattern.is_some() {
                lose(
                    field::FIELD,
                    Effect::Changed,
                    "the field is not required and has no pattern",
                );
            }
        }
        Body::Contact(r) => contact(r, &mut lose),
        Body::Category(r) => {
            calls = 2;
            if r.parent_id.is_some() {
                lose(
                    field::CATEGORY_LEVEL,
                    Effect::Flattened,
                    "classes have no levels",
                );
            }
            if r.translations.len() > 1 {
                lose(
                    field::ARTICLE_TRANSLATION,
                    Effect::Dropped,
                    "classes have one language",
                );
            }
        }
        Body::Article(bundle) => {
            calls = 3;
            let r = &bundle.article;
            if r.translations.len() > 1 {
                lose(
                    field::ARTICLE_TRANSLATION,
                    Effect::Dropped,
                    "articles have one language",
                );
            }
            lose(
                field::ARTICLE,
                Effect::Changed,
                "unless the class has an HTML field `Content`, the text loses its markup",
            );
            lose(
                field::ARTICLE_DATES,
                Effect::Changed,
                "RT dates articles now",
            );
            lose(
                field::ARTICLE_AUTHOR,
                Effect::Changed,
                "the author is the user who imports",
            );
            lose(field::ARTICLE_STATE, Effect::Changed, "RT has no drafts");
            lose(
                field::ARTICLE_VISIBILITY,
                Effect::Changed,
                "articles are for staff",
            );
            lose(
                field::ARTICLE_POSITION,
                Effect::Dropped,
                "articles have no place in the API",
            );
            if !r.labels.is_empty() {
                lose(
                    field::ARTICLE_LABELS,
                    Effect::Dropped,
                    "articles have no labels in the API",
                );
            }
            if r.votes_up.or(r.votes_down).is_some() {
                lose(
                    field::ARTICLE_VOTES,
                    Effect::Dropped,
                    "articles have no votes",
                );
            }
            if !bundle.attachments.is_empty() {
                lose(
                    field::ATTACHMENT,
                    Effect::Dropped,
                    "articles have no files in the API",
                );
            }
        }
        Body::Conversation(bundle) => {
            let r = &bundle.conversation;
            calls = 7 + u32::try_from(r.links.len()).unwrap_or(0);
            conversation(r, mapping, keeps_owner(r), &mut lose);
            if item.existing.is_some() {
                lose(
                    field::UPDATED_AT,
                    Effect::Changed,
                    "changed after the move: the target's own date",
                );
                if !bundle.time_entries.is_empty() {
                    lose(
                        field::TIME_ENTRY,
                        Effect::Dropped,
                        "booked after the move: it stays in the archive",
                    );
                }
            } else if !bundle.time_entries.is_empty() {
                lose(
                    field::TIME_ENTRY,
                    Effect::Flattened,
                    "all booked time becomes one entry of whole minutes of the user who imports",
                );
            }
            if !bundle.ratings.is_empty() {
                lose(field::RATING, Effect::Dropped, "RT has no ratings");
            }
            for part in &bundle.messages {
                message(part, writes_as(part), &mut lose);
            }
            if let Err(error) =
                payload::queue(r, &item.refs, target, config.default_queue.as_deref())
            {
                blocked = Some((error.message, error.hint.unwrap_or_default()));
            }
            if let Err(error) = payload::custom_fields(r, &item.refs, target) {
                blocked = Some((error.message, error.hint.unwrap_or_default()));
            }
            if r.custom_fields
                .keys()
                .any(|id| item.refs.get(Kind::Field, id).is_none())
            {
                lose(
                    field::CUSTOM_FIELDS,
                    Effect::Dropped,
                    "a field has no equal in RT",
                );
            }
        }
        Body::Message(reply) => {
            calls = 3;
            message(&reply.part, writes_as(&reply.part), &mut lose);
            if item.existing.is_some() {
                lose(
                    field::MESSAGE_BODY,
                    Effect::Moved,
                    "edited later: what it became is a comment, the message stays as it was",
                );
                lose(
                    field::MESSAGE_VISIBILITY,
                    Effect::Changed,
                    "changed later: the message stays as it was",
                );
            }
        }
    }
    found.blocked = blocked;
    found.calls = vec![("default", calls)];
    if found.skipped.is_some() {
        found.calls.clear();
    }
    found
}

type Lose<'a> = &'a mut dyn FnMut(&str, Effect, &str);

fn contact(r: &Contact, lose: Lose<'_>) {
    let emails = r
        .identities
        .iter()
        .filter(|one| one.kind == IdentityKind::Email)
        .count();
    let numbers = r
        .identities
        .iter()
        .filter(|one| matches!(one.kind, IdentityKind::Phone | IdentityKind::Mobile))
        .count();
    let others = r.identities.iter().any(|one| {
        !matches!(
            one.kind,
            IdentityKind::Email | IdentityKind::Phone | IdentityKind::Mobile | IdentityKind::Login
        )
    });
    if emails > 1 || others || numbers > payload::phones(r).len() {
        lose(
            field::CONTACT_IDENTITIES,
            Effect::Dropped,
            "a user has one address, four numbers and nothing else",
        );
    } else {
        lose(
            field::CONTACT_IDENTITIES,
            Effect::Changed,
            "the login is added; whether an address was verified and which sort of number it was is lost",
        );
    }
    if r.organization_ids.len() > 1 {
        lose(
            field::CONTACT_ORGANIZATIONS,
            Effect::Dropped,
            "a user has one organization",
        );
    }
    if !r.tags.is_empty() {
        lose(field::CONTACT_TAGS, Effect::Dropped, "users have no tags");
    }
    if !r.custom_fields.is_empty() {
        lose(
            field::CONTACT_FIELDS,
            Effect::Dropped,
            "RT's API cannot make custom fields of users",
        );
    }
    if r.blocked || r.deleted {
        lose(
            field::CONTACT_STATE,
            Effect::Changed,
            "a disabled user could not be a requestor: the user is enabled",
        );
    }
    lose(field::CONTACT_DATES, Effect::Changed, "RT dates users now");
    if r.external_id.is_some() || !r.extra.is_empty() || r.title.is_some() {
        lose(field::EXTRA, Effect::Dropped, "users have no column for it");
    }
}

fn conversation(r: &Conversation, mapping: &PlatformMapping, keeps_owner: bool, lose: Lose<'_>) {
    let status = payload::status(r, mapping);
    let back = mapping.read(Table::Status, &status);
    if back != Some(r.status.name()) {
        let detail = format!("`{}` becomes `{status}`", r.status);
        lose(field::STATUS, Effect::Changed, &detail);
    }
    if let Some(priority) = r.priority {
        let kept = payload::priority(r, mapping)
            .and_then(|number| mapping.read(Table::Priority, &number.to_string()));
        if kept != Some(priority.name()) && r.priority_name.is_none() {
            lose(
                field::PRIORITY,
                Effect::Changed,
                "RT's priorities are numbers; urgent becomes 100",
            );
        }
    } else {
        lose(
            field::PRIORITY,
            Effect::Changed,
            "a ticket without priority has 0 in RT",
        );
    }
    if r.ticket_type.is_some() {
        lose(field::TYPE, Effect::Dropped, "tickets have no type");
    }
    lose(
        field::CHANNEL,
        Effect::Dropped,
        "tickets have no channel; the messages' first lines name theirs",
    );
    lose(
        field::UPDATED_AT,
        Effect::Changed,
        "RT dates the last change now",
    );
    lose(
        field::NUMBER,
        Effect::Moved,
        "RT numbers tickets anew; the old number is in the custom field `deskferry id`",
    );
    if r.closed_at.is_some() && r.closed_at != r.solved_at {
        lose(
            field::CLOSED_AT,
            Effect::Dropped,
            "RT has one date for solved and closed",
        );
    }
    if r.solved_at.is_some() && !matches!(status.as_str(), "resolved" | "rejected" | "deleted") {
        lose(
            field::SOLVED_AT,
            Effect::Dropped,
            "only resolved tickets show the date",
        );
    }
    if r.assignee_id.is_some() && !keeps_owner {
        lose(
            field::ASSIGNEE,
            Effect::Moved,
            "RT would mail the new owner; the name is kept in the custom field `deskferry owner` (agent_tokens keeps the owner)",
        );
    }
    if r.organization_id.is_some() {
        lose(
            field::ORGANIZATION,
            Effect::Moved,
            "the organization stands with the requestor",
        );
    }
    if !r.tags.is_empty() {
        lose(
            field::TAGS,
            Effect::Dropped,
            "tickets have no tags; map them to a custom field to keep them",
        );
    }
    if r.links.iter().any(|link| {
        matches!(
            link.kind,
            LinkKind::MergedInto | LinkKind::FollowUpOf | LinkKind::Problem | LinkKind::Incident
        )
    }) {
        lose(
            field::LINKS,
            Effect::Changed,
            "merged and follow-up tickets refer to the other one, incidents are depended on by their problem",
        );
    }
    if !r.cc_emails.is_empty() {
        lose(
            field::CC,
            Effect::Changed,
            "RT makes users of addresses in copy",
        );
    }
    if r.brand_id.is_some() {
        lose(field::BRAND, Effect::Dropped, "RT has no brands");
    }
    if r.form_id.is_some() {
        lose(field::FORM, Effect::Dropped, "RT has no ticket forms");
    }
    if r.metrics.is_some() {
        lose(
            field::METRICS,
            Effect::Dropped,
            "RT computes its own figures",
        );
    }
    let whole = r.subject.as_deref().unwrap_or("");
    if payload::subject(r) != whole {
        let detail = format!("subjects are one line of at most {SUBJECT} characters");
        lose(field::SUBJECT, Effect::Truncated, &detail);
    }
    if r.extra
        .keys()
        .any(|key| !["Started", "Starts", "Told", "Requestors"].contains(&key.as_str()))
    {
        lose(field::EXTRA, Effect::Dropped, "RT's API does not set it");
    }
}

fn message(part: &Part, as_author: bool, lose: Lose<'_>) {
    let r = &part.message;
    lose(
        field::MESSAGE_SENT_AT,
        Effect::Moved,
        "RT dates messages now; the date is in the first line",
    );
    if !as_author {
        lose(
            field::MESSAGE_AUTHOR,
            Effect::Moved,
            "RT takes the user who imports for the author; the real one is in the first line",
        );
    }
    lose(
        field::MESSAGE_CHANNEL,
        Effect::Moved,
        "the channel is in the first line",
    );
    lose(
        field::MESSAGE_HEADERS,
        Effect::Dropped,
        "RT makes a Message-ID of its own",
    );
    if !(r.to.is_empty() && r.cc.is_empty() && r.bcc.is_empty()) {
        lose(
            field::MESSAGE_RECIPIENTS,
            Effect::Dropped,
            "RT would mail recipients of a message",
        );
    }
    if r.call.is_some() {
        lose(field::MESSAGE_CALL, Effect::Dropped, "RT has no calls");
    }
    for file in &part.attachments {
        let name = &file.attachment.name;
        match &file.path {
            Err(reason) => lose(
                field::ATTACHMENT,
                Effect::Dropped,
                &format!("`{name}`: {reason}"),
            ),
            Ok(_) if file.size == 0 => lose(
                field::ATTACHMENT,
                Effect::Dropped,
                &format!("`{name}` is empty, which RT does not accept"),
            ),
            Ok(_) => {}
        }
        if file_name(name) != *name {
            lose(
                field::ATTACHMENT_NAME,
                Effect::Changed,
                &format!("`{name}` becomes `{}`", file_name(name)),
            );
        }
        if file.attachment.inline {
            lose(
                field::ATTACHMENT_INLINE,
                Effect::Changed,
                "RT's API cannot tie an image to its place in the text: it is attached",
            );
        }
    }
}
