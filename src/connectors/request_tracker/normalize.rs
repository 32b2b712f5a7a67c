//! From RT's wire types to schema records.

use serde_json::Value;

use super::wire::{self, Node, Text, Values, date};
use crate::connector::text;
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{
    Access, Agent, Article, ArticleState, Attachment, Author, AuthorKind, Category, Channel,
    Contact, Conversation, CustomFields, Date, Direction, Extra, Field, FieldOption, FieldType,
    Group, Identity, IdentityKind, Kind, Link, LinkKind, Message, Organization, Owner, Priority,
    Record, Role, Status, TimeEntry, Translation, Visibility,
};

/// RT's own two users: nobody is behind them.
pub const SYSTEM: [&str; 2] = ["RT_System", "Nobody"];

/// Custom fields that we make on a target. They are never read as data.
pub const MARKER_FIELD: &str = "deskferry id";
/// Where an owner is named who could not be set without a mail.
pub const OWNER_FIELD: &str = "deskferry owner";

/// A record or why it cannot be one, naming the field.
pub type Normal<T> = Result<T, String>;

fn at(field: &str, text: &Text) -> Normal<Option<Date>> {
    date(text).map_err(|reason| format!("{field}: {reason}"))
}

fn owned(text: &Text) -> Option<String> {
    text.some().map(str::to_owned)
}

fn put(extra: &mut Extra, name: &str, text: &Text) {
    if let Some(text) = text.some() {
        extra.insert(name.to_owned(), text.into());
    }
}

/// A user: an agent when privileged, else a contact, with the organization that the text names.
pub fn user(user: &wire::User) -> Normal<Vec<Record>> {
    let mut records = Vec::new();
    let id = user.name.0.clone();
    let created_at = at("Created", &user.created)?;
    let updated_at = at("LastUpdated", &user.last_updated)?;
    let mut extra = Extra::new();
    put(&mut extra, "NickName", &user.nick_name);
    if user.privileged.yes() {
        put(&mut extra, "Organization", &user.organization);
        put(&mut extra, "Comments", &user.comments);
        put(
            &mut extra,
            "FreeformContactInfo",
            &user.freeform_contact_info,
        );
        records.push(Record::Agent(Agent {
            id,
            name: owned(&user.real_name).or_else(|| owned(&user.name)),
            email: owned(&user.email_address),
            role: Role::Agent,
            signature: owned(&user.signature),
            active: !user.disabled.yes(),
            phone: [&user.work_phone, &user.mobile_phone, &user.home_phone]
                .into_iter()
                .find_map(owned),
            locale: owned(&user.lang),
            time_zone: owned(&user.timezone),
            created_at,
            updated_at,
            extra,
            ..Agent::default()
        }));
        return Ok(records);
    }
    put(&mut extra, "Signature", &user.signature);
    let mut identities = Vec::new();
    let mut add = |kind: IdentityKind, value: &Text, source: Option<&str>| {
        if let Some(value) = value.some() {
            identities.push(Identity {
                source: source.map(str::to_owned),
                ..Identity::new(kind, value)
            });
        }
    };
    add(IdentityKind::Email, &user.email_address, None);
    add(IdentityKind::Phone, &user.work_phone, Some("work"));
    add(IdentityKind::Mobile, &user.mobile_phone, None);
    add(IdentityKind::Phone, &user.home_phone, Some("home"));
    add(IdentityKind::Phone, &user.pager_phone, Some("pager"));
    add(IdentityKind::Login, &user.name, None);
    let mut seen = Vec::new();
    for identity in &mut identities {
        identity.primary = !seen.contains(&identity.kind);
        seen.push(identity.kind);
    }
    let address: Vec<&str> = [
        &user.freeform_contact_info,
        &user.address1,
        &user.address2,
        &user.zip,
        &user.city,
        &user.state,
        &user.country,
    ]
    .into_iter()
    .filter_map(Text::some)
    .collect();
    let organization = user.organization.0.trim();
    if !organization.is_empty() {
        records.push(Record::Organization(Organization {
            id: organization.to_owned(),
            name: organization.to_owned(),
            ..Organization::default()
        }));
    }
    records.push(Record::Contact(Contact {
        id,
        name: owned(&user.real_name),
        identities,
        organization_ids: Some(organization.to_owned())
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect(),
        locale: owned(&user.lang),
        time_zone: owned(&user.timezone),
        notes: owned(&user.comments),
        details: Some(address.join("\n")).filter(|text| !text.is_empty()),
        blocked: user.disabled.yes(),
        custom_fields: values(&user.custom_fields),
        created_at,
        updated_at,
        extra,
        ..Contact::default()
    }));
    Ok(records)
}

/// A queue.
pub fn queue(queue: &wire::Queue) -> Normal<Group> {
    let mut extra = Extra::new();
    put(&mut extra, "CorrespondAddress", &queue.correspond_address);
    Ok(Group {
        id: queue.id.0.clone(),
        name: queue.name.0.clone(),
        description: owned(&queue.description),
        deleted: queue.disabled.yes(),
        created_at: at("Created", &queue.created)?,
        updated_at: at("LastUpdated", &queue.last_updated)?,
        extra,
        ..Group::default()
    })
}

/// A custom field; `None` for kinds of records that the schema has no fields for.
pub fn field(cf: &wire::CustomField) -> Field {
    let many = cf.max_values.0 != "1";
    let field_type = match cf.kind.0.as_str() {
        "Select" if many => FieldType::MultiSelect,
        "Select" => FieldType::Select,
        "Text" | "HTML" | "Wikitext" => FieldType::TextArea,
        "Date" => FieldType::Date,
        "DateTime" => FieldType::DateTime,
        // Combobox and Autocomplete take values beside their own.
        _ => FieldType::Text,
    };
    let on = match cf.lookup_type.0.as_str() {
        "RT::Queue-RT::Ticket" => Some(Kind::Conversation),
        "RT::User" => Some(Kind::Contact),
        "RT::Class-RT::Article" => Some(Kind::Article),
        _ => None,
    };
    let mut extra = Extra::new();
    put(&mut extra, "Pattern", &cf.pattern);
    if on.is_none() {
        put(&mut extra, "LookupType", &cf.lookup_type);
    }
    if many {
        extra.insert("MaxValues".into(), cf.max_values.number().into());
    }
    Field {
        id: cf.id.0.clone(),
        on,
        label: cf.name.0.clone(),
        field_type,
        type_name: Some(cf.kind.0.clone()),
        options: cf
            .values
            .iter()
            .map(|value| FieldOption {
                value: value.0.clone(),
                label: value.0.clone(),
            })
            .collect(),
        pattern: owned(&cf.pattern),
        active: !cf.disabled.yes(),
        description: owned(&cf.description),
        extra,
        ..Field::default()
    }
}

/// Values by the field's id: one value as it is, several as an array, none left out.
fn values(all: &[Values]) -> CustomFields {
    all.iter()
        .filter(|field| ![MARKER_FIELD, OWNER_FIELD].contains(&field.name.0.as_str()))
        .filter_map(|field| {
            let mut values: Vec<Value> = field
                .values
                .iter()
                .filter(|value| !value.is_null() && value.as_str() != Some(""))
                .cloned()
                .collect();
            let value = match values.len() {
                0 => return None,
                1 => values.remove(0),
                _ => Value::Array(values),
            };
            Some((field.id.0.clone(), value))
        })
        .collect()
}

/// A ticket. `asked` is the number that was asked for: RT answers with the
/// other ticket when it was merged.
pub fn ticket(
    asked: &str,
    wire: &wire::Ticket,
    mapping: &PlatformMapping,
    base: &str,
) -> Normal<Conversation> {
    if wire.id.0 != asked {
        return Ok(Conversation {
            id: asked.to_owned(),
            url: Some(format!("{base}/Ticket/Display.html?id={asked}")),
            subject: Some(wire.subject.0.clone()),
            status: Status::Closed,
            status_name: Some("merged".into()),
            channel: Channel::Other,
            // Its own is gone; a merge adds it to those of the other one, and
            // most platforms take no ticket without.
            requester_id: wire
                .requestor
                .iter()
                .find(|one| one.kind.0 != "group")
                .map(|one| one.id.0.clone()),
            links: vec![Link {
                kind: LinkKind::MergedInto,
                id: wire.id.0.clone(),
            }],
            declared_messages: Some(0),
            ..Conversation::default()
        });
    }
    let deleted = wire.status.0 == "deleted";
    let status = mapping
        .read(Table::Status, &wire.status.0)
        .and_then(Status::parse)
        .ok_or_else(|| {
            format!(
                "Status: `{}` is not in the mapping; name it under [status.read]",
                wire.status.0
            )
        })?;
    let (priority, priority_name) = priority(&wire.priority, mapping);
    let resolved = at("Resolved", &wire.resolved)?;
    let mut extra = Extra::new();
    put(&mut extra, "SLA", &wire.sla);
    for (name, value) in [
        ("InitialPriority", &wire.initial_priority),
        ("FinalPriority", &wire.final_priority),
        ("TimeEstimated", &wire.time_estimated),
        ("TimeLeft", &wire.time_left),
    ] {
        if value.number() != 0 {
            put(&mut extra, name, value);
        }
    }
    for (name, value) in [
        ("Starts", &wire.starts),
        ("Started", &wire.started),
        ("Told", &wire.told),
    ] {
        if let Some(date) = at(name, value)? {
            extra.insert(name.into(), date.to_string().into());
        }
    }
    if wire.kind.0 != "ticket" {
        put(&mut extra, "Type", &wire.kind);
    }
    let users = |list: &[wire::Ref]| -> Vec<String> {
        list.iter()
            .filter(|one| one.kind.0 != "group")
            .map(|one| one.id.0.clone())
            .collect()
    };
    let groups: Vec<Value> = [
        ("Requestor", &wire.requestor),
        ("Cc", &wire.cc),
        ("AdminCc", &wire.admin_cc),
    ]
    .into_iter()
    .flat_map(|(role, list)| list.iter().map(move |one| (role, one)))
    .filter(|(_, one)| one.kind.0 == "group")
    .map(|(role, one)| format!("{role}: group {}", one.id.0).into())
    .collect();
    if !groups.is_empty() {
        extra.insert("group watchers".into(), groups.into());
    }
    let mut requestors = users(&wire.requestor).into_iter();
    let requester_id = requestors.next();
    // The schema has one requester; the others stay with the ticket as people in copy.
    let mut cc_ids: Vec<String> = requestors.collect();
    if !cc_ids.is_empty() {
        extra.insert("Requestors".into(), cc_ids.clone().into());
    }
    cc_ids.extend(users(&wire.cc));
    if requester_id.as_ref() != Some(&wire.creator.id.0) {
        put(&mut extra, "Creator", &wire.creator.id);
    }
    let mut links: Vec<Link> = wire
        .hyperlinks
        .iter()
        .filter(|link| link.kind.0 == "ticket")
        .filter_map(|link| {
            let kind = match link.relation.0.as_str() {
                "parent" => LinkKind::Parent,
                "child" => LinkKind::Child,
                "depends-on" => LinkKind::DependsOn,
                "refers-to" => LinkKind::Related,
                _ => return None,
            };
            Some(Link {
                kind,
                id: link.id.0.clone(),
            })
        })
        .collect();
    links.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    Ok(Conversation {
        id: wire.id.0.clone(),
        url: Some(format!("{base}/Ticket/Display.html?id={}", wire.id.0)),
        subject: Some(wire.subject.0.clone()),
        status,
        status_name: Some(wire.status.0.clone()),
        priority,
        priority_name,
        // RT keeps the channel with each message, none with the ticket.
        channel: Channel::Other,
        requester_id,
        assignee_id: owned(&wire.owner.id).filter(|login| !SYSTEM.contains(&login.as_str())),
        group_id: owned(&wire.queue.id),
        cc_ids,
        follower_ids: users(&wire.admin_cc),
        custom_fields: values(&wire.custom_fields),
        links,
        deleted,
        created_at: at("Created", &wire.created)?,
        updated_at: at("LastUpdated", &wire.last_updated)?,
        solved_at: resolved.filter(|_| status == Status::Solved || status == Status::Closed),
        closed_at: resolved.filter(|_| status == Status::Closed),
        due_at: at("Due", &wire.due)?,
        extra,
        ..Conversation::default()
    })
}

/// RT's priority is a number; the names stand for 0, 50 and 100.
fn priority(text: &Text, mapping: &PlatformMapping) -> (Option<Priority>, Option<String>) {
    let known = mapping
        .read(Table::Priority, &text.0)
        .and_then(Priority::parse);
    if known.is_some() {
        return (known, None);
    }
    let Ok(number) = text.0.parse::<i64>() else {
        return (None, owned(text));
    };
    let near = match number {
        ..25 => Priority::Low,
        25..75 => Priority::Normal,
        75.. => Priority::High,
    };
    (Some(near), owned(text))
}

/// The messages and booked time of one transaction with its MIME tree.
pub struct Said {
    /// The message.
    pub message: Message,
    /// Its files.
    pub files: Vec<Attachment>,
}

/// Picks bodies and files out of a message's nodes: the first text of each
/// sort without a file name is what was written, every other leaf is a file.
pub struct Bodies<'a> {
    /// The HTML.
    pub html: Option<&'a Node>,
    /// The plain text.
    pub text: Option<&'a Node>,
    /// All else.
    pub files: Vec<&'a Node>,
}

/// Sorts the nodes of one transaction.
pub fn bodies(nodes: &[Node]) -> Bodies<'_> {
    let mut found = Bodies {
        html: None,
        text: None,
        files: Vec::new(),
    };
    for node in nodes.iter().filter(|node| !node.is_container()) {
        if found.html.is_none() && node.is_body("text/html") {
            found.html = Some(node);
        } else if found.text.is_none() && found.html.is_none() && node.is_body("text/plain") {
            found.text = Some(node);
        } else {
            found.files.push(node);
        }
    }
    found
}

/// A message without its text, which the caller fetches.
pub fn message(
    transaction: &wire::Transaction,
    conversation: &str,
    nodes: &[Node],
    mapping: &PlatformMapping,
    api: &str,
) -> Normal<Said> {
    let root = nodes.first();
    let header = |name: &str| root.and_then(|node| node.header(name));
    let internal = transaction.kind.0 == "Comment";
    let creator = transaction.creator.id.0.as_str();
    let system = SYSTEM.contains(&creator);
    let from = header("From");
    let channel = match header("X-RT-Interface").as_deref() {
        Some("Email") => Channel::Email,
        Some("Web" | "Mobile") => Channel::Portal,
        Some("REST" | "REST2" | "API" | "CLI") => Channel::Api,
        Some(other) => mapping
            .read(Table::Channel, other)
            .and_then(Channel::parse)
            .unwrap_or(Channel::Other),
        None if header("Received").is_some() || from.is_some() => Channel::Email,
        None => Channel::Other,
    };
    let mut extra = Extra::new();
    if transaction
        .object_id
        .some()
        .is_some_and(|id| id != conversation)
    {
        extra.insert("written on".into(), transaction.object_id.0.as_str().into());
    }
    let addresses = |name: &str| -> Vec<String> {
        header(name)
            .map(|line| {
                line.split(',')
                    .map(|one| one.trim().to_owned())
                    .filter(|one| !one.is_empty())
                    .collect()
            })
            .unwrap_or_default()
    };
    let files: Vec<Attachment> = bodies(nodes)
        .files
        .into_iter()
        .map(|node| attachment(node, &transaction.id.0, api))
        .collect::<Normal<_>>()?;
    let plain_id = |id: String| id.trim_matches(['<', '>']).to_owned();
    Ok(Said {
        message: Message {
            id: transaction.id.0.clone(),
            conversation_id: conversation.to_owned(),
            author: Author {
                kind: if system {
                    AuthorKind::System
                } else {
                    AuthorKind::Contact
                },
                id: Some(creator.to_owned()).filter(|id| !system && !id.is_empty()),
                ..Author::default()
            },
            channel,
            direction: if internal {
                Direction::Internal
            } else {
                Direction::Inbound
            },
            visibility: if internal {
                Access::Internal
            } else {
                Access::Public
            },
            // RT says "No Subject" where there is none.
            subject: root
                .and_then(|node| owned(&node.subject))
                .filter(|subject| subject != "No Subject"),
            from,
            to: addresses("To"),
            cc: addresses("Cc"),
            message_id: root.and_then(|node| owned(&node.message_id)).map(plain_id),
            in_reply_to: header("In-Reply-To").map(plain_id),
            sent_at: at("Created", &transaction.created)?,
            declared_attachments: u32::try_from(files.len()).ok(),
            extra,
            ..Message::default()
        },
        files,
    })
}

fn attachment(node: &Node, message: &str, api: &str) -> Normal<Attachment> {
    let content_id = node
        .header("Content-ID")
        .map(|id| id.trim_matches(['<', '>']).to_owned())
        .filter(|id| !id.is_empty());
    let image = node
        .content_type
        .0
        .to_ascii_lowercase()
        .starts_with("image/");
    let name = owned(&node.filename).unwrap_or_else(|| {
        let extension = mime_guess::get_mime_extensions_str(&node.content_type.0)
            .and_then(<[&str]>::first)
            .copied()
            .unwrap_or("bin");
        format!("part-{}.{extension}", node.id.0)
    });
    Ok(Attachment {
        id: node.id.0.clone(),
        owner: Owner::Message(message.to_owned()),
        name,
        mime: owned(&node.content_type),
        size: node.content_length.0.parse().ok(),
        inline: content_id.is_some() && image,
        content_id,
        url: Some(format!("{api}/attachment/{}", node.id.0)),
        sha256: None,
        locale: None,
        created_at: at("Created", &node.created)?,
        extra: Extra::new(),
    })
}

/// Booked time; RT counts minutes.
pub fn time(transaction: &wire::Transaction, conversation: &str) -> Normal<Option<TimeEntry>> {
    let minutes = transaction.time_taken.number();
    if minutes == 0 {
        return Ok(None);
    }
    let seconds = u64::try_from(minutes)
        .map_err(|_| format!("TimeTaken: {minutes} minutes take booked time back"))?
        * 60;
    let created_at = at("Created", &transaction.created)?;
    Ok(Some(TimeEntry {
        id: transaction.id.0.clone(),
        conversation_id: conversation.to_owned(),
        agent_id: owned(&transaction.creator.id).filter(|login| !SYSTEM.contains(&login.as_str())),
        seconds,
        executed_at: created_at,
        created_at,
        ..TimeEntry::default()
    }))
}

/// A class of articles.
pub fn class(class: &wire::Class, locale: &str) -> Category {
    let mut extra = Extra::new();
    if class.disabled.yes() {
        extra.insert("Disabled".into(), true.into());
    }
    Category {
        id: class.id.0.clone(),
        level: Some("class".into()),
        default_locale: Some(locale.to_owned()),
        translations: vec![Translation {
            locale: locale.to_owned(),
            title: class.name.0.clone(),
            html: class.description.some().map(text::text_to_html),
            ..Translation::default()
        }],
        position: class.sort_order.0.parse().ok(),
        visibility: Some(Visibility::Agents),
        extra,
        ..Category::default()
    }
}

/// An article. `html_fields` are the ids of custom fields that hold HTML.
pub fn article(
    article: &wire::Article,
    html_fields: &[String],
    locale: &str,
    base: &str,
) -> Normal<Article> {
    let mut extra = Extra::new();
    put(&mut extra, "Summary", &article.summary);
    let mut body = None;
    for field in &article.custom_fields {
        let texts: Vec<&str> = field.values.iter().filter_map(Value::as_str).collect();
        if texts.is_empty() {
            continue;
        }
        if field.name.0 == "Content" && body.is_none() {
            let whole = texts.join("\n");
            body = Some(if html_fields.contains(&field.id.0) {
                whole
            } else {
                text::text_to_html(&whole)
            });
        } else {
            extra.insert(field.name.0.clone(), field.values.clone().into());
        }
    }
    Ok(Article {
        id: article.id.0.clone(),
        category_id: owned(&article.class.id),
        default_locale: Some(locale.to_owned()),
        translations: vec![Translation {
            locale: locale.to_owned(),
            title: article.name.0.clone(),
            html: body,
            state: Some(if article.disabled.yes() {
                ArticleState::Archived
            } else {
                ArticleState::Published
            }),
            seo_description: owned(&article.summary),
            ..Translation::default()
        }],
        // Articles are for staff: they are put into answers, not read by customers.
        visibility: Some(Visibility::Agents),
        author_id: owned(&article.creator.id).filter(|login| !SYSTEM.contains(&login.as_str())),
        position: article
            .sort_order
            .0
            .parse()
            .ok()
            .filter(|place| *place != 0),
        url: Some(format!(
            "{base}/Articles/Article/Display.html?id={}",
            article.id.0
        )),
        created_at: at("Created", &article.created)?,
        updated_at: at("LastUpdated", &article.last_updated)?,
        extra: {
            extra.remove("Summary");
            extra
        },
        ..Article::default()
    })
}
