//! What Zendesk sends, as far as it is read, and how a page becomes rows.
//!
//! A page is parsed in one pass straight into typed rows. Only when that fails
//! is it parsed again row by row, so that one bad row costs that row alone.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::connector::{Error, Result, Unreadable};
use crate::http::Answer;
use crate::schema::{Date, Extra, Key, Kind};

/// An id: a number for most records, text for some. Kept as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }
            fn visit_u64<E>(self, id: u64) -> std::result::Result<Id, E> {
                Ok(Id(id.to_string()))
            }
            fn visit_i64<E>(self, id: i64) -> std::result::Result<Id, E> {
                Ok(Id(id.to_string()))
            }
            fn visit_str<E>(self, id: &str) -> std::result::Result<Id, E> {
                Ok(Id(id.to_owned()))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// A row of a list.
pub trait Row: DeserializeOwned {
    /// The key that the list stands under.
    const KEY: &'static str;
    /// What the row becomes, for problems.
    const KIND: Kind;
}

/// A page of any list: cursor, offset, incremental by cursor, incremental by time.
#[derive(Debug)]
pub struct List<T, S = IgnoredAny> {
    /// The rows that could be read.
    pub rows: Vec<T>,
    /// Records sent along under the asked-for key; `None` when the key was not there.
    pub side: Option<Vec<S>>,
    /// Rows that could not be read.
    pub bad: Vec<Unreadable>,
    /// `after_cursor`, or `meta.after_cursor`.
    pub after: Option<String>,
    /// `meta.has_more`.
    pub has_more: Option<bool>,
    /// `next_page` of offset and time based lists.
    pub next_page: Option<String>,
    /// `end_of_stream` of incremental exports.
    pub end_of_stream: Option<bool>,
    /// `end_time` of time based exports.
    pub end_time: Option<i64>,
    /// `count`.
    pub count: Option<u64>,
}

impl<T, S> Default for List<T, S> {
    fn default() -> Self {
        List {
            rows: Vec::new(),
            side: None,
            bad: Vec::new(),
            after: None,
            has_more: None,
            next_page: None,
            end_of_stream: None,
            end_time: None,
            count: None,
        }
    }
}

impl<T, S> List<T, S> {
    /// Where a cursor-paged list goes on; `None` at its end.
    pub fn next(&self) -> Option<String> {
        match self.has_more {
            Some(false) => None,
            _ => self.after.clone().filter(|after| !after.is_empty()),
        }
    }
}

/// Reads a page, with nothing sent along.
pub fn list<T: Row>(answer: &Answer) -> Result<List<T>> {
    list_with::<T, IgnoredAny>(answer, "")
}

/// Reads a page and the records sent along under `side`.
pub fn list_with<T: Row, S: DeserializeOwned>(
    answer: &Answer,
    side: &'static str,
) -> Result<List<T, S>> {
    if let Some(list) = typed::<T, S>(&answer.body, T::KEY, side) {
        return Ok(list);
    }
    let Some(loose) = typed::<Box<RawValue>, Box<RawValue>>(&answer.body, T::KEY, side) else {
        // The envelope itself is wrong: let the answer say how (HTML, a cut body, a missing key).
        let _: Value = answer.json()?;
        return Err(Error::protocol(format!(
            "the answer to {} holds no list `{}`",
            answer.path,
            T::KEY
        )));
    };
    let mut bad = Vec::new();
    let rows = loose
        .rows
        .iter()
        .filter_map(|raw| row::<T>(raw.get(), T::KIND, &mut bad))
        .collect();
    let side = loose.side.map(|raws| {
        raws.iter()
            .filter_map(|raw| row::<S>(raw.get(), T::KIND, &mut bad))
            .collect()
    });
    Ok(List {
        rows,
        side,
        bad,
        after: loose.after,
        has_more: loose.has_more,
        next_page: loose.next_page,
        end_of_stream: loose.end_of_stream,
        end_time: loose.end_time,
        count: loose.count,
    })
}

/// Reads one row, or says what is wrong with it.
pub fn row<T: DeserializeOwned>(raw: &str, kind: Kind, bad: &mut Vec<Unreadable>) -> Option<T> {
    #[derive(Deserialize)]
    struct OnlyId {
        #[serde(default)]
        id: Option<Id>,
    }
    let de = &mut serde_json::Deserializer::from_str(raw);
    match serde_path_to_error::deserialize(de) {
        Ok(row) => Some(row),
        Err(cause) => {
            let id = serde_json::from_str::<OnlyId>(raw)
                .ok()
                .and_then(|row| row.id)
                .map_or_else(|| "?".to_owned(), |id| id.0);
            bad.push(Unreadable {
                key: Key::new(kind, id),
                reason: format!("{}: {}", cause.path(), cause.inner()),
                original: raw.as_bytes().to_vec(),
            });
            None
        }
    }
}

fn typed<T: DeserializeOwned, S: DeserializeOwned>(
    body: &[u8],
    key: &'static str,
    side: &'static str,
) -> Option<List<T, S>> {
    let mut de = serde_json::Deserializer::from_slice(body);
    let seed = ListSeed {
        key,
        side,
        of: PhantomData,
    };
    let list = seed.deserialize(&mut de).ok()??;
    de.end().ok()?;
    Some(list)
}

struct ListSeed<T, S> {
    key: &'static str,
    side: &'static str,
    of: PhantomData<(T, S)>,
}

impl<'de, T: Deserialize<'de>, S: Deserialize<'de>> DeserializeSeed<'de> for ListSeed<T, S> {
    /// `None` when the key is missing.
    type Value = Option<List<T, S>>;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>, S: Deserialize<'de>> Visitor<'de> for ListSeed<T, S> {
    type Value = Option<List<T, S>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a list `{}`", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Meta {
            #[serde(default)]
            has_more: Option<bool>,
            #[serde(default)]
            after_cursor: Option<String>,
        }
        let mut found = false;
        let mut list = List::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match &*key {
                key if key == self.key => {
                    list.rows = map.next_value()?;
                    found = true;
                }
                key if !self.side.is_empty() && key == self.side => {
                    list.side = Some(map.next_value()?);
                }
                "meta" => {
                    if let Some(meta) = map.next_value::<Option<Meta>>()? {
                        list.has_more = meta.has_more;
                        list.after = meta.after_cursor;
                    }
                }
                "after_cursor" => {
                    let after: Option<String> = map.next_value()?;
                    list.after = after.or(list.after.take());
                }
                "next_page" => list.next_page = map.next_value()?,
                "end_of_stream" => list.end_of_stream = map.next_value()?,
                "end_time" => list.end_time = map.next_value()?,
                // A number in lists, an object in some others.
                "count" => list.count = map.next_value::<Value>()?.as_u64(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found.then_some(list))
    }
}

/// Keeps a value without a home, unless it says nothing.
pub fn keep(extra: &mut Extra, name: &str, value: Option<Value>) {
    let empty = match &value {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    if let (false, Some(value)) = (empty, value) {
        extra.insert(name.to_owned(), value);
    }
}

/// Reads `null` as the default.
fn or_default<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

macro_rules! rows {
    ($($(#[$meta:meta])* $name:ident $key:literal $kind:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default)]
        #[allow(missing_docs)] // Zendesk's own names
        pub struct $name { $($(#[$fmeta])* pub $field: $type),+ }
        impl Row for $name {
            const KEY: &'static str = $key;
            const KIND: Kind = Kind::$kind;
        }
    )+};
}

rows! {
    /// A ticket. `description` and `fields` repeat the first comment and `custom_fields`.
    Ticket "tickets" Conversation {
        id: Id,
        external_id: Option<Id>,
        via: Option<Via>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
        due_at: Option<Date>,
        #[serde(rename = "type")]
        ticket_type: Option<String>,
        subject: Option<String>,
        raw_subject: Option<String>,
        priority: Option<String>,
        status: Option<String>,
        custom_status_id: Option<Id>,
        recipient: Option<String>,
        requester_id: Option<Id>,
        submitter_id: Option<Id>,
        assignee_id: Option<Id>,
        organization_id: Option<Id>,
        group_id: Option<Id>,
        collaborator_ids: Option<Vec<Id>>,
        follower_ids: Option<Vec<Id>>,
        email_cc_ids: Option<Vec<Id>>,
        problem_id: Option<Id>,
        #[serde(deserialize_with = "or_default")]
        tags: Vec<String>,
        custom_fields: Option<Vec<FieldValue>>,
        ticket_form_id: Option<Id>,
        brand_id: Option<Id>,
        comment_count: Option<u32>,
        metric_set: Option<MetricSet>,
        sharing_agreement_ids: Option<Value>,
        is_public: Option<bool>,
        from_messaging_channel: Option<bool>,
        forum_topic_id: Option<Value>,
        encoded_id: Option<Value>,
    }
    /// A user of any role.
    User "users" Contact {
        id: Id,
        external_id: Option<Id>,
        name: Option<String>,
        alias: Option<String>,
        email: Option<String>,
        phone: Option<String>,
        shared_phone_number: Option<bool>,
        verified: Option<bool>,
        role: Option<String>,
        role_type: Option<i64>,
        custom_role_id: Option<Id>,
        organization_id: Option<Id>,
        locale: Option<String>,
        time_zone: Option<String>,
        iana_time_zone: Option<String>,
        #[serde(deserialize_with = "or_default")]
        tags: Vec<String>,
        notes: Option<String>,
        details: Option<String>,
        signature: Option<String>,
        suspended: Option<bool>,
        active: Option<bool>,
        permanently_deleted: Option<bool>,
        moderator: Option<bool>,
        restricted_agent: Option<bool>,
        ticket_restriction: Option<Value>,
        photo: Option<Photo>,
        user_fields: Option<std::collections::BTreeMap<String, Value>>,
        last_login_at: Option<Value>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// One address of a user.
    Identity "identities" Contact {
        id: Id,
        user_id: Id,
        #[serde(rename = "type")]
        identity_type: String,
        value: Option<String>,
        verified: Option<bool>,
        primary: Option<bool>,
    }
    /// An organization.
    Organization "organizations" Organization {
        id: Id,
        name: String,
        external_id: Option<Id>,
        domain_names: Option<Vec<String>>,
        details: Option<String>,
        notes: Option<String>,
        group_id: Option<Id>,
        shared_tickets: Option<bool>,
        shared_comments: Option<bool>,
        #[serde(deserialize_with = "or_default")]
        tags: Vec<String>,
        organization_fields: Option<std::collections::BTreeMap<String, Value>>,
        deleted_at: Option<Date>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// Who is in which organization.
    OrganizationMembership "organization_memberships" Contact {
        user_id: Id,
        organization_id: Id,
        default: Option<bool>,
    }
    /// A group.
    Group "groups" Group {
        id: Id,
        name: String,
        description: Option<String>,
        deleted: Option<bool>,
        is_public: Option<bool>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// Who is in which group.
    GroupMembership "group_memberships" Group {
        user_id: Id,
        group_id: Id,
    }
    /// A brand.
    Brand "brands" Brand {
        id: Id,
        name: String,
        brand_url: Option<String>,
        active: Option<bool>,
        default: Option<bool>,
        subdomain: Option<String>,
        has_help_center: Option<bool>,
    }
    /// A field of tickets.
    TicketField "ticket_fields" Field {
        id: Id,
        #[serde(rename = "type")]
        field_type: String,
        title: String,
        description: Option<String>,
        active: Option<bool>,
        required: Option<bool>,
        required_in_portal: Option<bool>,
        visible_in_portal: Option<bool>,
        regexp_for_validation: Option<String>,
        removable: Option<bool>,
        tag: Option<String>,
        custom_field_options: Option<Vec<FieldChoice>>,
        system_field_options: Option<Vec<FieldChoice>>,
        relationship_target_type: Option<Value>,
        created_at: Option<Date>,
    }
    /// A field of users.
    UserField "user_fields" Field {
        id: Id,
        key: String,
        #[serde(rename = "type")]
        field_type: String,
        title: String,
        description: Option<String>,
        active: Option<bool>,
        system: Option<bool>,
        regexp_for_validation: Option<String>,
        tag: Option<String>,
        custom_field_options: Option<Vec<FieldChoice>>,
        relationship_target_type: Option<Value>,
        created_at: Option<Date>,
    }
    /// A field of organizations: the same as of users, under another key.
    OrganizationField "organization_fields" Field {
        id: Id,
        key: String,
        #[serde(rename = "type")]
        field_type: String,
        title: String,
        description: Option<String>,
        active: Option<bool>,
        system: Option<bool>,
        regexp_for_validation: Option<String>,
        tag: Option<String>,
        custom_field_options: Option<Vec<FieldChoice>>,
        relationship_target_type: Option<Value>,
        created_at: Option<Date>,
    }
    /// A form.
    TicketForm "ticket_forms" Form {
        id: Id,
        name: String,
        active: Option<bool>,
        ticket_field_ids: Option<Vec<Id>>,
        default: Option<bool>,
        display_name: Option<String>,
    }
    /// A status of the account's own.
    CustomStatus "custom_statuses" Conversation {
        id: Id,
        agent_label: String,
        status_category: String,
        default: Option<bool>,
    }
    /// A macro.
    Macro "macros" Macro {
        id: Id,
        title: String,
        active: Option<bool>,
        actions: Option<Vec<MacroAction>>,
        description: Option<Value>,
        restriction: Option<Value>,
        created_at: Option<Date>,
    }
    /// A satisfaction rating.
    SatisfactionRating "satisfaction_ratings" Rating {
        id: Id,
        ticket_id: Id,
        score: Option<String>,
        comment: Option<String>,
        reason: Option<String>,
        requester_id: Option<Id>,
        assignee_id: Option<Id>,
        group_id: Option<Id>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// A comment, and the comment of a ticket event.
    Comment "comments" Message {
        id: Id,
        #[serde(rename = "type")]
        comment_type: Option<String>,
        event_type: Option<String>,
        author_id: Option<Id>,
        public: Option<bool>,
        body: Option<String>,
        html_body: Option<String>,
        attachments: Option<Vec<Attachment>>,
        via: Option<Via>,
        data: Option<VoiceData>,
        metadata: Option<Metadata>,
        created_at: Option<Date>,
    }
    /// A category of the help center.
    Category "categories" Category {
        id: Id,
        name: Option<String>,
        description: Option<String>,
        locale: Option<String>,
        source_locale: Option<String>,
        position: Option<i64>,
        html_url: Option<String>,
        translations: Option<Vec<Translation>>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// A section of the help center.
    Section "sections" Category {
        id: Id,
        category_id: Option<Id>,
        parent_section_id: Option<Id>,
        name: Option<String>,
        description: Option<String>,
        locale: Option<String>,
        source_locale: Option<String>,
        position: Option<i64>,
        html_url: Option<String>,
        translations: Option<Vec<Translation>>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
    }
    /// An article of the help center.
    Article "articles" Article {
        id: Id,
        section_id: Option<Id>,
        author_id: Option<Id>,
        title: Option<String>,
        body: Option<String>,
        locale: Option<String>,
        source_locale: Option<String>,
        draft: Option<bool>,
        promoted: Option<bool>,
        outdated: Option<bool>,
        comments_disabled: Option<bool>,
        position: Option<i64>,
        vote_sum: Option<i64>,
        vote_count: Option<i64>,
        user_segment_id: Option<Id>,
        user_segment_ids: Option<Vec<Id>>,
        permission_group_id: Option<Id>,
        content_tag_ids: Option<Value>,
        label_names: Option<Vec<String>>,
        html_url: Option<String>,
        translations: Option<Vec<Translation>>,
        created_at: Option<Date>,
        updated_at: Option<Date>,
        edited_at: Option<Value>,
    }
    /// One language of a category, section or article.
    Translation "translations" Article {
        id: Id,
        source_id: Option<Id>,
        source_type: Option<String>,
        locale: String,
        title: Option<String>,
        body: Option<String>,
        draft: Option<bool>,
        outdated: Option<bool>,
        hidden: Option<bool>,
        html_url: Option<String>,
    }
    /// A file of an article.
    ArticleAttachment "article_attachments" Attachment {
        id: Id,
        article_id: Option<Id>,
        display_file_name: Option<String>,
        file_name: Option<String>,
        content_url: Option<String>,
        content_type: Option<String>,
        size: Option<u64>,
        inline: Option<bool>,
        locale: Option<String>,
        created_at: Option<Date>,
    }
    /// Who may read an article.
    UserSegment "user_segments" Article {
        id: Id,
        name: Option<String>,
        user_type: Option<String>,
        built_in: Option<bool>,
    }
    /// Who may edit an article.
    PermissionGroup "permission_groups" Article {
        id: Id,
        name: Option<String>,
        built_in: Option<bool>,
    }
    /// A rule that runs by the clock.
    Automation "automations" Macro {
        id: Id,
        title: String,
        active: Option<bool>,
        actions: Option<Vec<MacroAction>>,
    }
    /// A rule that runs when a ticket changes.
    Trigger "triggers" Macro {
        id: Id,
        title: String,
        active: Option<bool>,
        conditions: Option<Conditions>,
        actions: Option<Vec<MacroAction>>,
    }
}

/// The comments' side of a ticket event.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct TicketEvent {
    pub id: Id,
    pub ticket_id: Id,
    pub updater_id: Option<Id>,
    pub timestamp: Option<i64>,
    pub created_at: Option<Date>,
    pub via: Option<Via>,
    pub metadata: Option<Metadata>,
    /// Changes of every sort, told apart by `event_type`.
    pub child_events: Vec<Box<RawValue>>,
}

impl Row for TicketEvent {
    const KEY: &'static str = "ticket_events";
    const KIND: Kind = Kind::Message;
}

/// Enough of a child event to know what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChildHead<'a> {
    /// `Comment`, `VoiceComment`, `Change`, `Notification` …
    #[serde(borrow)]
    pub event_type: Option<std::borrow::Cow<'a, str>>,
    /// The same in some answers.
    #[serde(borrow, rename = "type")]
    pub other_type: Option<std::borrow::Cow<'a, str>>,
}

/// How something came. Text in some event rows, an object everywhere else.
#[derive(Debug, Clone, Default)]
pub struct Via {
    /// `email`, `web` …; a number for the oldest rows.
    pub channel: Option<String>,
    /// From where to where.
    pub source: Option<ViaSource>,
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Plain {
            channel: Option<Id>,
            source: Option<ViaSource>,
        }
        struct ViaVisitor;
        impl<'de> Visitor<'de> for ViaVisitor {
            type Value = Via;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a via object or the name of a channel")
            }
            fn visit_str<E>(self, channel: &str) -> std::result::Result<Via, E> {
                Ok(Via {
                    channel: Some(channel.to_owned()),
                    source: None,
                })
            }
            fn visit_u64<E>(self, channel: u64) -> std::result::Result<Via, E> {
                Ok(Via {
                    channel: Some(channel.to_string()),
                    source: None,
                })
            }
            fn visit_unit<E>(self) -> std::result::Result<Via, E> {
                Ok(Via::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Via, A::Error> {
                let plain = Plain::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Via {
                    channel: plain.channel.map(|id| id.0),
                    source: plain.source,
                })
            }
        }
        deserializer.deserialize_any(ViaVisitor)
    }
}

/// From where to where something came.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct ViaSource {
    pub from: Option<ViaEnd>,
    pub to: Option<ViaEnd>,
    pub rel: Option<String>,
}

/// One end of a [`ViaSource`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct ViaEnd {
    pub address: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub formatted_phone: Option<String>,
    pub profile_url: Option<String>,
    pub username: Option<String>,
    pub ticket_id: Option<Id>,
    pub ticket_ids: Option<Vec<Id>>,
    pub subject: Option<String>,
    pub original_recipients: Option<Vec<String>>,
    pub email_ccs: Option<Vec<Value>>,
}

/// The value of a custom field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct FieldValue {
    pub id: Id,
    pub value: Value,
}

/// A choice of a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct FieldChoice {
    pub name: String,
    pub value: String,
}

/// What a macro or automation does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct MacroAction {
    pub field: String,
    pub value: Value,
}

/// When a trigger runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct Conditions {
    pub all: Vec<Condition>,
}

/// One condition of a trigger.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct Condition {
    pub field: String,
    pub operator: Option<String>,
    pub value: Value,
}

/// A picture.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct Photo {
    pub content_url: Option<String>,
}

/// A file of a comment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct Attachment {
    pub id: Id,
    pub file_name: Option<String>,
    pub content_url: Option<String>,
    pub content_type: Option<String>,
    pub size: Option<u64>,
    pub inline: Option<bool>,
    pub deleted: Option<bool>,
    pub malware_scan_result: Option<String>,
    pub malware_access_override: Option<bool>,
}

/// What the mail server said of a comment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct Metadata {
    pub system: Option<SystemMetadata>,
}

/// The part of [`Metadata`] that Zendesk itself wrote.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct SystemMetadata {
    pub message_id: Option<String>,
}

/// A call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct VoiceData {
    pub from: Option<String>,
    pub to: Option<String>,
    pub recording_url: Option<String>,
    pub transcription_text: Option<String>,
    pub call_duration: Option<Value>,
    pub started_at: Option<Value>,
    pub answered_by_id: Option<Id>,
    pub location: Option<String>,
}

/// Minutes of a figure, by the calendar and by business hours.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct Minutes {
    pub calendar: Option<i64>,
}

/// Service level figures of a ticket.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct MetricSet {
    pub ticket_id: Option<Id>,
    pub reopens: Option<u32>,
    pub replies: Option<u32>,
    pub reply_time_in_minutes: Option<Minutes>,
    pub full_resolution_time_in_minutes: Option<Minutes>,
    pub solved_at: Option<Date>,
    pub status_updated_at: Option<Date>,
}

/// A background job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct JobStatus {
    pub id: Id,
    pub status: String,
    pub message: Option<String>,
    pub results: Option<Vec<JobResult>>,
}

impl JobStatus {
    /// Nothing will change any more.
    pub fn finished(&self) -> bool {
        !matches!(self.status.as_str(), "queued" | "working" | "")
    }
}

/// One row of a job's result.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Zendesk's own names
pub struct JobResult {
    pub index: Option<usize>,
    pub id: Option<Id>,
    pub status: Option<String>,
    pub action: Option<String>,
    pub success: Option<bool>,
    pub error: Option<String>,
    pub details: Option<Value>,
}

/// An answer that wraps one record.
macro_rules! wrapped {
    ($($(#[$meta:meta])* $name:ident { $field:ident: $type:ty }),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Deserialize)]
        #[allow(missing_docs)] // Zendesk's own names
        pub struct $name { pub $field: $type }
    )+};
}

wrapped! {
    /// A started or running job.
    OneJob { job_status: JobStatus },
    /// Several jobs.
    ManyJobs { job_statuses: Vec<JobStatus> },
    /// A user.
    OneUser { user: User },
    /// A section.
    OneSection { section: Section },
    /// A file.
    OneArticleAttachment { article_attachment: ArticleAttachment },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 200,
            headers: Default::default(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            path: "/api/v2/tickets".into(),
        }
    }

    #[test]
    fn one_bad_row_costs_that_row_alone() {
        let page = answer(
            r#"{"tickets":[{"id":1,"tags":null},{"id":2,"created_at":"yesterday"},{"id":3}],"after_cursor":"x","end_of_stream":true}"#,
        );
        let list: List<Ticket> = list(&page).unwrap();
        let ids: Vec<&str> = list.rows.iter().map(|row| row.id.0.as_str()).collect();
        assert_eq!(ids, ["1", "3"]);
        assert_eq!(list.bad[0].key, Key::new(Kind::Conversation, "2"));
        assert!(
            list.bad[0].reason.starts_with("created_at"),
            "{:?}",
            list.bad
        );
        assert_eq!(list.after.as_deref(), Some("x"));
        assert_eq!(list.end_of_stream, Some(true));
    }

    #[test]
    fn a_missing_list_is_not_an_empty_one() {
        let error = list::<Ticket>(&answer(r#"{"error":"x"}"#)).unwrap_err();
        assert!(error.message.contains("`tickets`"), "{error}");
    }

    #[test]
    fn via_is_an_object_or_a_word() {
        let via: Via =
            serde_json::from_str(r#"{"channel":"email","source":{"rel":null}}"#).unwrap();
        assert_eq!(via.channel.as_deref(), Some("email"));
        let via: Via = serde_json::from_str(r#""Web form""#).unwrap();
        assert_eq!(via.channel.as_deref(), Some("Web form"));
        let via: Via = serde_json::from_str("4").unwrap();
        assert_eq!(via.channel.as_deref(), Some("4"));
    }

    #[test]
    fn sideloads_are_told_from_their_absence() {
        let with = answer(
            r#"{"users":[{"id":1}],"identities":[{"id":5,"user_id":1,"type":"email","value":"a@example.com"}]}"#,
        );
        let page: List<User, Identity> = list_with(&with, "identities").unwrap();
        assert_eq!(page.side.unwrap().len(), 1);
        let page: List<User, Identity> =
            list_with(&answer(r#"{"users":[]}"#), "identities").unwrap();
        assert!(page.side.is_none());
    }
}
