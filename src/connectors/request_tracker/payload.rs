//! From schema records to what RT's REST 2 API takes.

use serde_json::{Map, Value, json};

use super::limits::SUBJECT;
use crate::connector::text::{attribution, comparable, html_to_text, with_attribution};
use crate::connector::{Bundle, Changed, Error, Part, Refs, Result, TargetDesk, field, text};
use crate::http::{Answer, Call, FormPart};
use crate::mapping::{PlatformMapping, Table};
use crate::schema::{
    Access, Agent, Article, Author, AuthorKind, Contact, Conversation, Date, Field, FieldType,
    IdentityKind, Kind, LinkKind, Message, Priority,
};

/// RT's date format: UTC without saying so. With a `T` and a `Z` a changed date is lost.
pub fn moment(date: Date) -> String {
    date.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Text as one line.
pub fn line(text: &str) -> String {
    text.split(['\r', '\n'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A note for staff.
pub fn internal(message: &Message) -> bool {
    message.visibility == Access::Internal
}

/// The subject as RT can keep it.
pub fn subject(conversation: &Conversation) -> String {
    let whole = line(conversation.subject.as_deref().unwrap_or(""));
    whole.chars().take(SUBJECT).collect()
}

/// A title as RT can keep it.
pub fn title(article: &Article) -> String {
    line(article.title()).chars().take(SUBJECT).collect()
}

/// Statuses of the default lifecycle: their own name, where the source has them too.
const DEFAULT_LIFECYCLE: [&str; 6] = ["new", "open", "stalled", "resolved", "rejected", "deleted"];

/// The status in the end.
pub fn status(conversation: &Conversation, mapping: &PlatformMapping) -> String {
    if conversation.deleted {
        return "deleted".to_owned();
    }
    let own = conversation.status_name.as_deref().map(str::to_lowercase);
    if let Some(own) = own.filter(|name| {
        DEFAULT_LIFECYCLE.contains(&name.as_str())
            // A name that means the same here; `open` of another desk may mean something else.
            && mapping.read(Table::Status, name) == Some(conversation.status.name())
    }) {
        return own;
    }
    mapping
        .write(Table::Status, conversation.status.name())
        .unwrap_or("open")
        .to_owned()
}

/// RT's number for a priority.
pub fn priority(conversation: &Conversation, mapping: &PlatformMapping) -> Option<i64> {
    let own = conversation
        .priority_name
        .as_deref()
        .and_then(|name| name.parse().ok());
    own.filter(|number| (0..=100).contains(number)).or_else(|| {
        let name = conversation.priority.map(Priority::name)?;
        mapping.write(Table::Priority, name)?.parse().ok()
    })
}

/// The queue's name or id on the target.
pub fn queue(
    conversation: &Conversation,
    refs: &Refs,
    target: &TargetDesk,
    default: Option<&str>,
) -> Result<String> {
    conversation
        .group_id
        .as_deref()
        .and_then(|id| refs.get(Kind::Group, id))
        .or(default)
        .or_else(|| target.groups.first().map(|group| group.id.as_str()))
        .map(str::to_owned)
        .ok_or_else(|| {
            Error::rejected("Queue", "there is no queue for this conversation")
                .hint("set default_queue under [target]")
        })
}

/// What a creation says of the ticket itself.
pub fn ticket(
    conversation: &Conversation,
    bundle: &Bundle,
    queue: &str,
    mapping: &PlatformMapping,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("Queue".into(), queue.into());
    body.insert("Subject".into(), subject(conversation).into());
    let status = status(conversation, mapping);
    // The default lifecycle lets no ticket begin in another status.
    let first = match status.as_str() {
        "new" | "open" | "resolved" => status.as_str(),
        _ => "open",
    };
    body.insert("Status".into(), first.into());
    if let Some(priority) = priority(conversation, mapping) {
        body.insert("Priority".into(), priority.into());
    }
    if let Some(created) = conversation.created_at {
        body.insert("Created".into(), moment(created).into());
    }
    body.extend(dates(conversation));
    let seconds: u64 = bundle.time_entries.iter().map(|entry| entry.seconds).sum();
    if seconds > 0 {
        body.insert("TimeWorked".into(), minutes(seconds).into());
    }
    body
}

/// Whole minutes, as RT counts; a begun one counts.
pub fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60)
}

/// Dates that are set with the creation and again after a change of status.
pub fn dates(conversation: &Conversation) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, date: Option<Date>| {
        if let Some(date) = date {
            body.insert(name.to_owned(), moment(date).into());
        }
    };
    put(
        "Resolved",
        conversation.solved_at.or(conversation.closed_at),
    );
    put("Due", conversation.due_at);
    let own = |name: &str| -> Option<Date> { conversation.extra.get(name)?.as_str()?.parse().ok() };
    put("Started", own("Started").or(conversation.first_reply_at));
    put("Starts", own("Starts"));
    put("Told", own("Told"));
    body
}

/// What an update of an existing ticket changes, apart from what settling sets.
pub fn changes(
    conversation: &Conversation,
    changed: &Changed,
    refs: &Refs,
    target: &TargetDesk,
    mapping: &PlatformMapping,
) -> Map<String, Value> {
    let mut body = Map::new();
    if changed.has(field::SUBJECT) {
        body.insert("Subject".into(), subject(conversation).into());
    }
    if changed.has(field::PRIORITY)
        && let Some(priority) = priority(conversation, mapping)
    {
        body.insert("Priority".into(), priority.into());
    }
    if changed.has(field::GROUP)
        && let Some(queue) = conversation
            .group_id
            .as_deref()
            .and_then(|id| refs.get(Kind::Group, id))
    {
        body.insert("Queue".into(), queue.into());
    }
    if changed.has(field::CUSTOM_FIELDS)
        && let Ok(fields) = custom_fields(conversation, refs, target)
    {
        body.insert("CustomFields".into(), Value::Object(fields));
    }
    body
}

/// Values by the target's field ids. A value that a select field does not have
/// would be dropped without a word, so it is refused here.
pub fn custom_fields(
    conversation: &Conversation,
    refs: &Refs,
    target: &TargetDesk,
) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (source, value) in &conversation.custom_fields {
        let Some(id) = refs.get(Kind::Field, source) else {
            continue;
        };
        let field = target.fields.iter().find(|field| field.id == id);
        let values: Vec<String> = match value {
            Value::Array(list) => list.iter().filter_map(plain).collect(),
            one => plain(one).into_iter().collect(),
        };
        let values: Vec<String> = values
            .into_iter()
            .map(|value| shaped(&value, field))
            .collect();
        if let Some(field) = field
            && matches!(field.field_type, FieldType::Select | FieldType::MultiSelect)
            && let Some(unknown) = values
                .iter()
                .find(|value| !field.options.iter().any(|option| option.value == **value))
        {
            return Err(Error::rejected(
                field.label.clone(),
                format!("the field `{}` has no value `{unknown}`", field.label),
            )
            .hint("add the value in RT, or map it in mapping.toml"));
        }
        if !values.is_empty() {
            all.insert(id.to_owned(), values.into());
        }
    }
    Ok(all)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(yes) => Some(if *yes { "1" } else { "0" }.to_owned()),
        other => Some(other.to_string()),
    }
}

fn shaped(value: &str, field: Option<&Field>) -> String {
    match field.map(|field| field.field_type) {
        Some(FieldType::DateTime) => value
            .parse::<Date>()
            .map_or_else(|_| value.to_owned(), moment),
        Some(FieldType::Date) => value.get(..10).unwrap_or(value).to_owned(),
        _ => value.to_owned(),
    }
}

/// RT's type for a field, and whether it has values of its own.
pub fn field_type(field: &Field) -> (&'static str, bool) {
    match field.field_type {
        FieldType::Select | FieldType::Dependent => ("SelectSingle", true),
        FieldType::MultiSelect => ("SelectMultiple", true),
        FieldType::TextArea => match field.type_name.as_deref() {
            Some("HTML") => ("HTMLSingle", false),
            Some("Wikitext") => ("WikitextSingle", false),
            _ => ("TextSingle", false),
        },
        FieldType::Date => ("DateSingle", false),
        FieldType::DateTime => ("DateTimeSingle", false),
        _ => {
            let many = field.extra.contains_key("MaxValues");
            match (field.type_name.as_deref(), many) {
                (Some("IPAddress"), false) => ("IPAddressSingle", false),
                (Some("IPAddress"), true) => ("IPAddressMultiple", false),
                (Some("IPAddressRange"), false) => ("IPAddressRangeSingle", false),
                (Some("IPAddressRange"), true) => ("IPAddressRangeMultiple", false),
                (Some("Combobox"), _) => ("ComboboxSingle", true),
                (Some("Autocomplete"), false) => ("AutocompleteSingle", true),
                (Some("Autocomplete"), true) => ("AutocompleteMultiple", true),
                (_, true) => ("FreeformMultiple", false),
                _ => ("FreeformSingle", false),
            }
        }
    }
}

/// Requestor, Cc and AdminCc in the end: logins, or addresses that RT makes users of.
pub fn watchers(conversation: &Conversation, refs: &Refs) -> Value {
    let known = |id: &String| -> Option<String> {
        refs.person_id(id)
            .map(str::to_owned)
            .or_else(|| refs.person(id)?.email.clone())
            // Digits alone would be taken for the number of a principal.
            .filter(|login| !login.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut cc: Vec<String> = conversation.cc_ids.iter().filter_map(known).collect();
    cc.extend(conversation.cc_emails.iter().cloned());
    let mut requestors: Vec<String> = conversation.requester_id.iter().filter_map(known).collect();
    if let Some(own) = conversation
        .extra
        .get("Requestors")
        .and_then(Value::as_array)
    {
        let others: Vec<String> = own
            .iter()
            .filter_map(Value::as_str)
            .filter_map(|id| known(&id.to_owned()))
            .collect();
        cc.retain(|login| !others.contains(login));
        requestors.extend(others);
    }
    let admin: Vec<String> = conversation.follower_ids.iter().filter_map(known).collect();
    let once = |list: Vec<String>| -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        for one in list {
            if !seen.iter().any(|other| other.eq_ignore_ascii_case(&one)) {
                seen.push(one);
            }
        }
        seen
    };
    json!({"Requestor": once(requestors), "Cc": once(cc), "AdminCc": once(admin)})
}

/// What RT calls a relation. Merging would move the messages of one ticket
/// into the other, so that a merge becomes a reference.
pub fn relation(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Parent => "AddParent",
        LinkKind::Child => "AddChild",
        LinkKind::DependsOn | LinkKind::Problem => "AddDependsOn",
        LinkKind::Incident => "AddDependedOnBy",
        LinkKind::MergedInto | LinkKind::FollowUpOf | LinkKind::Related => "AddRefersTo",
    }
}

/// Whether a sentence says that a link was not made; RT has no other sign.
pub fn refused_link(sentence: &str) -> bool {
    sentence.contains("not allowed")
        || sentence.contains("Refused")
        || sentence.contains("Permission Denied")
        || sentence.contains("Couldn't")
}

/// The login of a contact: the one it had, the address, or the marker.
pub fn login(contact: &Contact, marker: &str) -> String {
    contact
        .identity(IdentityKind::Login)
        .filter(|login| !login.bytes().all(|b| b.is_ascii_digit()))
        .or_else(|| contact.email())
        .unwrap_or(marker)
        .to_owned()
}

/// A customer as a user without privileges.
pub fn contact(contact: &Contact, login: &str, refs: &Refs) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            body.insert(name.to_owned(), value.into());
        }
    };
    put("Name", Some(login));
    put("EmailAddress", contact.email());
    put("RealName", contact.name.as_deref());
    let organization = contact.organization_ids.first();
    put(
        "Organization",
        organization.and_then(|id| refs.get(Kind::Organization, id)),
    );
    for (name, value) in phones(contact) {
        put(name, Some(value));
    }
    put("Lang", contact.locale.as_deref());
    put("Timezone", contact.time_zone.as_deref());
    put("Comments", contact.notes.as_deref());
    put("FreeformContactInfo", contact.details.as_deref());
    body.insert("Privileged".into(), 0.into());
    body
}

/// Which number goes into which of RT's four columns.
pub fn phones(contact: &Contact) -> Vec<(&'static str, &str)> {
    let mut free = vec!["WorkPhone", "HomePhone", "PagerPhone"];
    let mut all = Vec::new();
    for identity in &contact.identities {
        let wanted = match (identity.kind, identity.source.as_deref()) {
            (IdentityKind::Mobile, _) if !all.iter().any(|(name, _)| *name == "MobilePhone") => {
                all.push(("MobilePhone", identity.value.as_str()));
                continue;
            }
            (IdentityKind::Phone | IdentityKind::Mobile, Some("home")) => "HomePhone",
            (IdentityKind::Phone | IdentityKind::Mobile, Some("pager")) => "PagerPhone",
            (IdentityKind::Phone | IdentityKind::Mobile, _) => "WorkPhone",
            _ => continue,
        };
        let place = free
            .iter()
            .position(|name| *name == wanted)
            .or(Some(0))
            .filter(|_| !free.is_empty());
        if let Some(place) = place {
            all.push((free.remove(place), identity.value.as_str()));
        }
    }
    all
}

/// An agent as a privileged user without a password.
pub fn agent(agent: &Agent, login: &str) -> Map<String, Value> {
    let mut body = Map::new();
    for (name, value) in [
        ("Name", Some(login)),
        ("EmailAddress", agent.email.as_deref()),
        ("RealName", agent.name.as_deref()),
        ("WorkPhone", agent.phone.as_deref()),
        ("Lang", agent.locale.as_deref()),
        ("Timezone", agent.time_zone.as_deref()),
        ("Signature", agent.signature.as_deref()),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            body.insert(name.to_owned(), value.into());
        }
    }
    body.insert("Privileged".into(), 1.into());
    body
}

/// An article.
pub fn article(article: &Article, class: &str, html: bool) -> Value {
    let first = article.translations.first();
    let body = first.and_then(|one| one.html.as_deref()).unwrap_or("");
    let content = if html {
        body.to_owned()
    } else {
        html_to_text(body)
    };
    json!({
        "Class": class,
        "Name": title(article),
        "Summary": first.and_then(|one| one.seo_description.as_deref()).unwrap_or(""),
        "CustomFields": {"Content": content},
    })
}

/// What is sent for one message.
pub struct Said<'a> {
    /// Body with the attribution line.
    pub content: String,
    /// Its type.
    pub mime: &'static str,
    part: &'a Part,
    edited: bool,
}

impl<'a> Said<'a> {
    /// Renders a message. RT dates it now, so that date and author stand in its first line.
    pub fn of(part: &'a Part, refs: &Refs) -> Said<'a> {
        Said::render(part, refs, false)
    }

    /// What a message became after it was written, as a comment beside it.
    pub fn edited(part: &'a Part, refs: &Refs) -> Said<'a> {
        Said::render(part, refs, true)
    }

    fn render(part: &'a Part, refs: &Refs, edited: bool) -> Said<'a> {
        let message = &part.message;
        let person = message.author.id.as_deref().and_then(|id| refs.person(id));
        let author = Author {
            kind: message.author.kind,
            id: message.author.id.clone(),
            name: message.author.name.clone().or_else(|| person?.name.clone()),
            email: message
                .author
                .email
                .clone()
                .or_else(|| person?.email.clone()),
        };
        let author =
            if author.name.is_none() && author.email.is_none() && author.kind != AuthorKind::System
            {
                Author {
                    name: author.id.clone(),
                    ..author
                }
            } else {
                author
            };
        let head = match edited {
            true => text::edited(message, &author),
            false => attribution(&author, message.sent_at, Some(message.channel.name())),
        };
        let (body, is_html) = match (&message.html, &message.text) {
            (Some(html), _) => (html.as_str(), true),
            (None, text) => (text.as_deref().unwrap_or(""), false),
        };
        Said {
            content: with_attribution(&head, body, is_html),
            mime: if is_html { "text/html" } else { "text/plain" },
            part,
            edited,
        }
    }

    /// Customers do not see it.
    pub fn is_internal(&self) -> bool {
        self.edited || internal(&self.part.message)
    }

    /// Whether a message of the target is this one.
    pub fn is(&self, message: &Message) -> bool {
        let (body, is_html) = match (&message.html, &message.text) {
            (Some(html), _) => (html.as_str(), true),
            (None, text) => (text.as_deref().unwrap_or(""), false),
        };
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Without a date of its own an edit is dated when it is written.
        if self.edited {
            let rest = |text: &str| text.split_once(']').map(|(_, rest)| fold(rest));
            return internal(message) && rest(body) == rest(&self.content);
        }
        internal(message) == internal(&self.part.message)
            && is_html == (self.mime == "text/html")
            && (fold(body) == fold(&self.content)
                || comparable(body, is_html).is_empty() && fold(body) == fold(&self.content))
    }

    /// Sends it with its files. JSON breaks names that are not ASCII; a form does not.
    pub async fn send(&self, call: Call, body: Map<String, Value>) -> Result<Answer> {
        let files = uploads(self.part)?;
        if files.is_empty() {
            return call.body(&body).send().await;
        }
        let mut parts = vec![FormPart::Text {
            name: "JSON".into(),
            value: Value::Object(body).to_string(),
        }];
        parts.extend(files);
        call.multipart(parts).send().await
    }
}

/// A file name that survives a form: RT keeps `\"` and `%22` as they are written.
pub fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| match c {
            '"' => '\'',
            '\\' | '/' => '_',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    match safe.trim() {
        // "0" is no to RT, and then the name is missing.
        "" | "0" => format!("{}_", safe.trim()),
        trimmed => trimmed.to_owned(),
    }
}

fn uploads(part: &Part) -> Result<Vec<FormPart>> {
    let mut all = Vec::new();
    for file in &part.attachments {
        let Ok(path) = &file.path else { continue };
        if file.size == 0 {
            // RT refuses the whole message for an empty file.
            continue;
        }
        let mime = file
            .attachment
            .mime
            .as_deref()
            .unwrap_or("application/octet-stream");
        let bare = mime
            .split(';')
            .next()
            .unwrap_or(mime)
            .trim()
            .to_ascii_lowercase();
        let mime = if rewritten_by_rt(&bare) && !is_utf8(path)? {
            "application/octet-stream"
        } else {
            bare.as_str()
        };
        all.push(FormPart::File {
            name: "Attachments".into(),
            file_name: file_name(&file.attachment.name),
            mime: mime.to_owned(),
            path: path.clone(),
        });
    }
    Ok(all)
}

/// RT converts files of these types to UTF-8 and so changes their bytes.
fn rewritten_by_rt(mime: &str) -> bool {
    matches!(mime, "text/plain" | "text/html" | "message/rfc822")
}

fn is_utf8(path: &std::path::Path) -> Result<bool> {
    let bytes = std::fs::read(path).map_err(|cause| {
        Error::local(format!("an attachment could not be read: {cause}")).caused_by(cause)
    })?;
    Ok(std::str::from_utf8(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_all_but_quotes() {
        assert_eq!(file_name("Größe 表 😀.txt"), "Größe 表 😀.txt");
        assert_eq!(file_name("a\"b\\c.txt"), "a'b_c.txt");
        assert_eq!(file_name("0"), "0_");
    }

    #[test]
    fn dates_have_a_blank_and_no_zone() {
        assert_eq!(
            moment("2019-03-04T05:06:07Z".parse().unwrap()),
            "2019-03-04 05:06:07"
        );
    }

    #[test]
    fn refused_links_are_seen() {
        assert!(refused_link("Linking to a deleted ticket is not allowed"));
        assert!(refused_link(
            "Refused to add link which would create a circular relationship"
        ));
        assert!(!refused_link("Link already exists"));
        assert!(!refused_link("Ticket 1 refers to Ticket 2."));
    }

    #[test]
    fn every_number_finds_a_column() {
        let phone = |kind, value: &str, source: Option<&str>| crate::schema::Identity {
            source: source.map(str::to_owned),
            ..crate::schema::Identity::new(kind, value)
        };
        let contact = Contact {
            identities: vec![
                phone(IdentityKind::Phone, "1", Some("home")),
                phone(IdentityKind::Mobile, "2", None),
                phone(IdentityKind::Phone, "3", None),
                phone(IdentityKind::Phone, "4", None),
                phone(IdentityKind::Phone, "5", None),
            ],
            ..Contact::default()
        };
        let names: Vec<&str> = phones(&contact).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["HomePhone", "MobilePhone", "WorkPhone", "PagerPhone"]
        );
    }
}
