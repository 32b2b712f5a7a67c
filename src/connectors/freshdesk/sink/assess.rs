//! What the target will not have as it was: said before anything is written.

use super::messages::{author_id, is_requesters, keeps_author, line};
use super::tickets::{
    copies, first_author, fit, has_requester, internal, seats, spent, subject, tags,
};
use super::{Freshdesk, people, structure};
use super::{files, solutions};
use crate::connector::{
    ArticleBundle, Assessment, Body, Bundle, Effect, Item, Loss, Part, Refs, TargetDesk, field,
};
use crate::connectors::freshdesk::limits;
use crate::schema::{
    ArticleState, Category, Contact, CustomFields, Extra, FieldType, Group, IdentityKind, Kind,
    Macro, Message, Organization, Visibility,
};

/// Losses being collected.
#[derive(Default)]
struct Losses(Vec<Loss>);

impl Losses {
    fn add(&mut self, field: &str, effect: Effect, detail: impl Into<String>) {
        self.0.push(Loss::new(field, effect, detail));
    }

    fn when(&mut self, lost: bool, field: &str, effect: Effect, detail: &str) {
        if lost {
            self.add(field, effect, detail);
        }
    }

    fn extra(&mut self, extra: &Extra) {
        if !extra.is_empty() {
            let names: Vec<&str> = extra.keys().map(String::as_str).collect();
            self.add(
                field::EXTRA,
                Effect::Dropped,
                format!("kept in the archive only: {}", names.join(", ")),
            );
        }
    }

    /// Values of custom fields that have no target or do not fit it.
    fn custom_fields(
        &mut self,
        name: &str,
        values: &CustomFields,
        refs: &Refs,
        target: &TargetDesk,
    ) {
        for (id, value) in values {
            let Some(defined) = refs
                .get(Kind::Field, id)
                .and_then(|id| target.fields.iter().find(|f| f.id == id))
            else {
                self.add(
                    name,
                    Effect::Dropped,
                    format!("{id}: the target has no such field"),
                );
                continue;
            };
            match fit(value, defined) {
                Err(reason) => self.add(
                    name,
                    Effect::Dropped,
                    format!("{}: {reason}", defined.label),
                ),
                Ok(_) if matches!(defined.field_type, FieldType::Date | FieldType::DateTime) => {
                    let time = value.as_str().is_some_and(|text| text.len() > 10);
                    self.when(
                        time,
                        name,
                        Effect::Truncated,
                        "a date field keeps the day only",
                    );
                }
                Ok(_) => {}
            }
        }
    }
}

impl Freshdesk {
    pub(super) fn assess_item(&self, item: &Item, target: &TargetDesk) -> Assessment {
        let mut losses = Losses::default();
        let mut found = Assessment::default();
        match &item.body {
            Body::Organization(company) => {
                organization(company, item, target, &mut losses);
                found.calls.push((limits::DEFAULT, 1));
            }
            Body::Group(known) => {
                group(known, item, &mut losses);
                found.calls.push((limits::DEFAULT, 1));
            }
            Body::Contact(known) => {
                contact(known, item, target, &mut losses);
                found.calls.push((limits::DEFAULT, 1));
            }
            Body::Field(definition) => {
                if !self.config.create_fields {
                    found.skipped =
                        Some("create_fields is off, and the target has no such field".into());
                } else if structure::field_type(definition).is_none() {
                    found.skipped = Some(format!(
                        "fields of type {} must be created by hand",
                        definition.field_type
                    ));
                } else {
                    let changed = matches!(
                        definition.field_type,
                        FieldType::MultiSelect
                            | FieldType::Regex
                            | FieldType::CreditCard
                            | FieldType::DateTime
                            | FieldType::Url
                    );
                    losses.when(
                        changed,
                        field::FIELD,
                        Effect::Changed,
                        "the nearest type that can be created takes its place",
                    );
                    found.calls.push((limits::DEFAULT, 2));
                }
            }
            Body::Conversation(bundle) => {
                self.conversation(bundle, item, target, &mut losses);
                if item.existing.is_some() {
                    for name in [field::UPDATED_AT, field::SOLVED_AT, field::CLOSED_AT] {
                        let dated = "changed after the move: the target's own date";
                        losses.add(name, Effect::Changed, dated);
                    }
                    losses.when(
                        item.changed.has(field::CC),
                        field::CC,
                        Effect::Dropped,
                        "people in copy cannot be changed later",
                    );
                }
                let more = bundle.time_entries.len() + bundle.ratings.len();
                found.calls.push(match item.existing {
                    Some(_) => (limits::TICKET_UPDATE, 1),
                    None => (limits::TICKET_CREATE, 1),
                });
                if let Ok(more) = u32::try_from(more + further(bundle.messages.first())) {
                    found.calls.push((limits::DEFAULT, more));
                }
            }
            Body::Message(reply) => {
                self.message(&reply.part, &item.refs, &mut losses);
                losses.when(
                    item.existing.is_some(),
                    field::MESSAGE_VISIBILITY,
                    Effect::Changed,
                    "who may read a note cannot be changed later",
                );
                let calls = 1 + u32::try_from(further(Some(&reply.part))).unwrap_or_default();
                found.calls.push((limits::DEFAULT, calls));
            }
            Body::Category(level) => {
                category(level, target, &mut losses);
                found.calls.push((limits::DEFAULT, 2));
            }
            Body::Article(bundle) => {
                article(bundle, item, target, &mut losses);
                let calls = 2 + u32::try_from(bundle.article.translations.len().saturating_sub(1))
                    .unwrap_or_default();
                found.calls.push((limits::DEFAULT, calls));
                if bundle.article.translations.is_empty() {
                    found.blocked = Some((
                        "it has no text in any language".into(),
                        "complete it on the source or leave it out".into(),
                    ));
                }
            }
            Body::Macro(response) => {
                canned(response, &mut losses);
                found.calls.push((limits::DEFAULT, 2));
            }
            Body::Agent(_) => {
                found.skipped = Some("agents cost seats and are never created".into())
            }
            Body::Brand(_) => {
                found.skipped = Some("products cannot be created over the API".into())
            }
            Body::Form(_) => found.skipped = Some("forms are not created; their fields are".into()),
        }
        found.losses = losses.0;
        found
    }

    fn conversation(&self, bundle: &Bundle, item: &Item, target: &TargetDesk, losses: &mut Losses) {
        use Effect::*;
        let c = &bundle.conversation;
        let refs = &item.refs;
        if !self.keeps_dates() {
            losses.when(
                c.created_at.is_some(),
                field::CREATED_AT,
                Moved,
                "to the legacy date field and the first line of the first message",
            );
            losses.when(
                c.updated_at.is_some(),
                field::UPDATED_AT,
                Changed,
                "becomes the date of the migration",
            );
        }
        losses.when(
            c.solved_at.is_some() || c.first_reply_at.is_some(),
            field::SOLVED_AT,
            Changed,
            "Freshdesk counts from the migration on",
        );
        losses.when(
            c.closed_at.is_some(),
            field::CLOSED_AT,
            Changed,
            "becomes the date of the migration",
        );
        losses.when(
            c.due_at.is_some(),
            field::DUE_AT,
            Dropped,
            "the target's own service levels apply",
        );
        losses.add(field::NUMBER, Moved, "Freshdesk gives a number of its own; the old one goes to the legacy id field, where the account has it");
        losses.when(
            c.metrics.is_some(),
            field::METRICS,
            Dropped,
            "service level figures cannot be written",
        );

        let (_, changed) = subject(c);
        losses.when(
            changed,
            field::SUBJECT,
            Changed,
            "empty or longer than 255 characters",
        );
        let (code, same) = self.status(c, target);
        if !same {
            let own = c.status_name.as_deref().unwrap_or(c.status.name());
            losses.add(
                field::STATUS,
                Changed,
                format!("`{own}` becomes status {code}"),
            );
        }
        let (_, same) = self.priority(c);
        losses.when(
            !same,
            field::PRIORITY,
            Changed,
            "without a priority it becomes low",
        );
        let typed = c.ticket_type.is_some() || c.type_name.is_some();
        let kept = self.ticket_type(c, target);
        losses.when(
            typed && kept.is_none(),
            field::TYPE,
            Dropped,
            "the target has no such type",
        );
        let renamed = kept.is_some() && c.type_name.is_some() && kept != c.type_name;
        losses.when(
            renamed,
            field::TYPE,
            Changed,
            "the nearest type of the target takes its place",
        );
        let (_, same) = self.source(c, target);
        if !same {
            losses.add(
                field::CHANNEL,
                Changed,
                format!("{} cannot be created and becomes portal", c.channel),
            );
        }

        losses.when(
            !has_requester(c, refs),
            field::REQUESTER,
            Changed,
            "nobody is known by account or address: it becomes the key's owner",
        );
        let (group, assignee) = seats(c, refs, target);
        losses.when(
            c.group_id.is_some() && group.is_none(),
            field::GROUP,
            Dropped,
            "the target has no such group",
        );
        if c.assignee_id.is_some() && assignee.is_none() {
            let known = c
                .assignee_id
                .as_deref()
                .is_some_and(|id| refs.get(Kind::Agent, id).is_some());
            let why = if known {
                "the agent is not a member of the group on the target"
            } else {
                "the agent has no account on the target"
            };
            losses.add(field::ASSIGNEE, Dropped, why);
        }
        let company = c
            .organization_id
            .as_deref()
            .and_then(|id| refs.get(Kind::Organization, id));
        losses.when(
            c.organization_id.is_some() && company.is_none(),
            field::ORGANIZATION,
            Dropped,
            "the company is not on the target",
        );
        let brand = c
            .brand_id
            .as_deref()
            .and_then(|id| refs.get(Kind::Brand, id));
        losses.when(
            c.brand_id.is_some() && brand.is_none(),
            field::BRAND,
            Dropped,
            "the target has no such product",
        );
        losses.when(
            c.form_id.is_some(),
            field::FORM,
            Dropped,
            "a form cannot be chosen over the API",
        );
        let (_, left) = copies(c, refs);
        if left > 0 {
            losses.add(
                field::CC,
                Truncated,
                format!(
                    "{left} in copy have no address or are beyond {}",
                    limits::MAX_CC
                ),
            );
        }
        losses.when(
            !c.cc_ids.is_empty(),
            field::CC,
            Changed,
            "people in copy are kept by address",
        );
        losses.when(
            !c.follower_ids.is_empty(),
            field::FOLLOWERS,
            Dropped,
            "watchers would be mailed",
        );
        let (_, changed) = tags(&c.tags);
        if !changed.is_empty() {
            let names: Vec<&str> = changed.into_iter().map(String::as_str).collect();
            losses.add(
                field::TAGS,
                Changed,
                format!("no commas, 32 characters: {}", names.join("; ")),
            );
        }
        losses.when(
            !c.links.is_empty(),
            field::LINKS,
            Dropped,
            "relations are kept in the archive only",
        );
        losses.custom_fields(field::CUSTOM_FIELDS, &c.custom_fields, refs, target);
        losses.when(
            c.spam,
            field::CONVERSATION,
            Changed,
            "spam cannot be created: it becomes an ordinary ticket",
        );
        losses.when(
            c.deleted,
            field::CONVERSATION,
            Changed,
            "deleted tickets cannot be created: it becomes an ordinary ticket",
        );
        losses.when(
            c.external_id.is_some(),
            field::EXTRA,
            Dropped,
            "the owner's own id has no field",
        );
        losses.extra(&c.extra);

        match bundle.messages.first() {
            Some(first) => {
                self.message(first, refs, losses);
                if internal(first) {
                    losses.add(field::MESSAGE, Moved, "customers read descriptions: the description says that an internal note came first, and the note follows");
                } else if !is_requesters(&first.message, c) {
                    let author = first_author(first, refs);
                    losses.add(
                        field::MESSAGE_AUTHOR,
                        Moved,
                        format!(
                            "the description is the requester's; the first line names {author}"
                        ),
                    );
                }
            }
            None if item.existing.is_none() => losses.add(
                field::MESSAGE,
                Changed,
                "a ticket without messages gets an empty description",
            ),
            None => {}
        }
        for rating in &bundle.ratings {
            match rating.score {
                Some(_) => losses.add(
                    field::RATING,
                    Changed,
                    "dated on the day of the migration, and the assignee's at that time",
                ),
                None => losses.add(
                    field::RATING,
                    Dropped,
                    "its value is on no scale that Freshdesk has",
                ),
            }
        }
        for entry in &bundle.time_entries {
            let known = entry
                .agent_id
                .as_deref()
                .is_some_and(|id| refs.get(Kind::Agent, id).is_some());
            losses.when(
                !known,
                field::TIME_ENTRY,
                Changed,
                "booked for the key's owner: the agent has no account on the target",
            );
            if entry.seconds % 60 != 0 {
                losses.add(
                    field::TIME_ENTRY,
                    Changed,
                    format!("{} seconds become {}", entry.seconds, spent(entry.seconds)),
                );
            }
        }
    }

    fn message(&self, part: &Part, refs: &Refs, losses: &mut Losses) {
        use Effect::*;
        let m: &Message = &part.message;
        if !self.keeps_dates() {
            losses.when(
                m.sent_at.is_some(),
                field::MESSAGE_SENT_AT,
                Moved,
                "to the first line of the text",
            );
        }
        if !keeps_author(m, refs) {
            losses.add(
                field::MESSAGE_AUTHOR,
                Moved,
                "no account on the target: named in the first line",
            );
        } else {
            // An agent of the old desk may be a contact of the new one.
            let agent = m
                .author
                .id
                .as_deref()
                .is_some_and(|id| refs.get(Kind::Agent, id).is_some());
            let was = m
                .author
                .id
                .as_deref()
                .and_then(|id| refs.person(id))
                .is_some_and(|person| person.agent);
            losses.when(
                was && !agent && author_id(m, refs).is_some(),
                field::MESSAGE_AUTHOR,
                Changed,
                "a former agent is a contact on the target",
            );
        }
        losses.add(
            field::MESSAGE_CHANNEL,
            Changed,
            "descriptions have the ticket's channel, all other messages are notes",
        );
        let headers = m.message_id.is_some() || m.in_reply_to.is_some() || m.subject.is_some();
        losses.when(
            headers,
            field::MESSAGE_HEADERS,
            Dropped,
            "notes have no mail headers and no subject",
        );
        let recipients =
            m.from.is_some() || !(m.to.is_empty() && m.cc.is_empty() && m.bcc.is_empty());
        losses.when(
            recipients,
            field::MESSAGE_RECIPIENTS,
            Dropped,
            "notes have no recipients",
        );
        losses.when(
            m.call.is_some(),
            field::MESSAGE_CALL,
            Moved,
            "to the end of the text",
        );
        losses.when(
            m.side_thread.is_some() || m.edited_at.is_some(),
            field::EXTRA,
            Dropped,
            "side conversations and edits are not marked",
        );
        if let Some(html) = &m.html {
            losses.when(
                sanitized(html),
                field::MESSAGE_BODY,
                Changed,
                "Freshdesk removes scripts, styles, forms and frames",
            );
        } else if m.text.as_deref().is_none_or(|text| text.trim().is_empty()) {
            losses.add(
                field::MESSAGE_BODY,
                Changed,
                format!("an empty message becomes `{}`", super::messages::EMPTY),
            );
        }
        attachments(&part.attachments, losses);
        losses.extra(&m.extra);
    }
}

/// Requests beside the one for the message itself.
fn further(part: Option<&Part>) -> usize {
    part.map_or(0, |part| {
        let batches = files::sort(&part.attachments)
            .batches
            .len()
            .saturating_sub(1);
        batches + usize::from(internal(part))
    })
}

fn attachments(list: &[crate::connector::File], losses: &mut Losses) {
    let sorted = files::sort(list);
    for (file, reason) in &sorted.left {
        losses.add(
            field::ATTACHMENT,
            Effect::Dropped,
            format!(
                "{} is kept in the archive only: {reason}",
                file.attachment.name
            ),
        );
    }
    let more = sorted.batches.len() > 1;
    losses.when(
        more,
        field::ATTACHMENT,
        Effect::Moved,
        "more than 20 MB: further notes carry the rest",
    );
    let inline = list.iter().any(|file| file.attachment.inline);
    losses.when(
        inline,
        field::ATTACHMENT_INLINE,
        Effect::Moved,
        "images of the text become attachments beside it",
    );
}

/// Markup that does not survive.
fn sanitized(html: &str) -> bool {
    let html = html.to_ascii_lowercase();
    ["<script", "<style", "<form", "<iframe", "<object", "<embed"]
        .iter()
        .any(|tag| html.contains(tag))
}

fn organization(company: &Organization, item: &Item, target: &TargetDesk, losses: &mut Losses) {
    use Effect::*;
    losses.when(
        line(&company.name).1,
        field::ORGANIZATION_RECORD,
        Truncated,
        "names have 255 characters",
    );
    losses.when(
        company.created_at.is_some() || company.updated_at.is_some(),
        field::ORGANIZATION_DATES,
        Changed,
        "become the date of the migration",
    );
    losses.when(
        !company.tags.is_empty(),
        field::ORGANIZATION_TAGS,
        Dropped,
        "companies have no tags",
    );
    let more =
        company.shared.is_some() || company.group_id.is_some() || company.external_id.is_some();
    losses.when(
        more,
        field::EXTRA,
        Dropped,
        "sharing, group and the owner's own id have no field",
    );
    losses.custom_fields(
        field::ORGANIZATION_FIELDS,
        &company.custom_fields,
        &item.refs,
        target,
    );
    losses.extra(&company.extra);
}

fn group(group: &Group, item: &Item, losses: &mut Losses) {
    let left = group
        .agent_ids
        .iter()
        .filter(|id| item.refs.get(Kind::Agent, id).is_none())
        .count();
    if left > 0 {
        losses.add(
            field::GROUP_MEMBERS,
            Effect::Dropped,
            format!("{left} members have no account on the target"),
        );
    }
    losses.when(
        group.deleted,
        field::GROUP_RECORD,
        Effect::Changed,
        "it was deleted and is in use again",
    );
    losses.when(
        group.created_at.is_some(),
        field::EXTRA,
        Effect::Dropped,
        "dates of groups cannot be written",
    );
    losses.extra(&group.extra);
}

fn contact(contact: &Contact, item: &Item, target: &TargetDesk, losses: &mut Losses) {
    use Effect::*;
    losses.when(
        people::contact_name(contact).1,
        field::CONTACT_NAME,
        Changed,
        "a name is mandatory and has 255 characters",
    );
    losses.when(
        contact.created_at.is_some() || contact.updated_at.is_some(),
        field::CONTACT_DATES,
        Changed,
        "become the date of the migration",
    );
    losses.when(
        contact.blocked || contact.deleted,
        field::CONTACT_STATE,
        Changed,
        "blocked and deleted contacts become active ones",
    );
    for kind in IdentityKind::ALL {
        let all = people::identities(contact, *kind);
        let kept = match kind {
            IdentityKind::Email => all.len(),
            IdentityKind::Phone | IdentityKind::Mobile | IdentityKind::Twitter => 1,
            _ => 0,
        };
        for lost in all.iter().skip(kept) {
            losses.add(field::CONTACT_IDENTITIES, Dropped, format!("{kind} {lost}"));
        }
    }
    let verified = contact.identities.iter().any(|identity| identity.verified);
    losses.when(
        verified,
        field::CONTACT_STATE,
        Changed,
        "addresses are unverified until their owner signs in",
    );
    losses.when(
        contact.external_id.is_none(),
        field::EXTRA,
        Changed,
        "the external id holds the key that the contact is found by",
    );
    let unknown = contact
        .organization_ids
        .iter()
        .any(|id| item.refs.get(Kind::Organization, id).is_none());
    losses.when(
        unknown,
        field::CONTACT_ORGANIZATIONS,
        Dropped,
        "a company is not on the target",
    );
    let (_, changed) = tags(&contact.tags);
    losses.when(
        !changed.is_empty(),
        field::CONTACT_TAGS,
        Changed,
        "no commas, 32 characters",
    );
    let language = people::language(contact, target);
    let same = language.as_deref().map(str::to_lowercase)
        == contact.locale.as_deref().map(str::to_lowercase);
    losses.when(
        !same,
        field::CONTACT_LOCALE,
        Changed,
        "the target does not have this language",
    );
    let zone = contact
        .time_zone
        .as_deref()
        .is_some_and(|zone| zone.contains('/'));
    losses.when(
        zone,
        field::CONTACT_LOCALE,
        Dropped,
        "Freshdesk has its own names for time zones",
    );
    losses.when(
        contact.avatar_url.is_some(),
        field::EXTRA,
        Dropped,
        "pictures are kept in the archive only",
    );
    losses.custom_fields(
        field::CONTACT_FIELDS,
        &contact.custom_fields,
        &item.refs,
        target,
    );
    losses.extra(&contact.extra);
}

fn category(level: &Category, target: &TargetDesk, losses: &mut Losses) {
    use Effect::*;
    losses.when(
        level.position.is_some(),
        field::ARTICLE_POSITION,
        Dropped,
        "the order follows the order of writing",
    );
    let seen =
        level.parent_id.is_none() && level.visibility.is_some_and(|v| v != Visibility::Public);
    losses.when(
        seen,
        field::ARTICLE_VISIBILITY,
        Dropped,
        "categories have no audience, folders have",
    );
    losses.when(
        level.visibility == Some(Visibility::Segment),
        field::ARTICLE_VISIBILITY,
        Changed,
        "the chosen audience must be set by hand",
    );
    losses.when(
        level.created_at.is_some(),
        field::ARTICLE_DATES,
        Changed,
        "become the date of the migration",
    );
    let want = if level.parent_id.is_none() {
        "category"
    } else {
        "folder"
    };
    let renamed = level.level.as_deref().is_some_and(|name| name != want);
    losses.when(
        renamed,
        field::CATEGORY_LEVEL,
        Changed,
        "the top is a category, everything below is a folder",
    );
    for lost in solutions::translations(&level.translations, target).1 {
        losses.add(
            field::ARTICLE_TRANSLATION,
            Dropped,
            format!("the target does not have {}", lost.locale),
        );
    }
    losses.when(
        level.url.is_some(),
        field::ARTICLE_LINKS,
        Changed,
        "the address is a new one",
    );
    losses.extra(&level.extra);
}

fn article(bundle: &ArticleBundle, item: &Item, target: &TargetDesk, losses: &mut Losses) {
    use Effect::*;
    let a = &bundle.article;
    losses.when(
        a.created_at.is_some() || a.updated_at.is_some(),
        field::ARTICLE_DATES,
        Changed,
        "become the date of the migration",
    );
    let author = a
        .author_id
        .as_deref()
        .is_some_and(|id| item.refs.get(Kind::Agent, id).is_none());
    losses.when(
        author,
        field::ARTICLE_AUTHOR,
        Changed,
        "no account on the target: it becomes the key's owner",
    );
    let votes = a.votes_up.unwrap_or_default() + a.votes_down.unwrap_or_default() > 0;
    losses.when(
        votes,
        field::ARTICLE_VOTES,
        Dropped,
        "votes cannot be written",
    );
    losses.when(
        a.position.is_some() || a.promoted,
        field::ARTICLE_POSITION,
        Dropped,
        "the order follows the order of writing",
    );
    let restricted = solutions::is_restricted(a);
    losses.when(
        restricted,
        field::ARTICLE_VISIBILITY,
        Changed,
        "the folder decides who reads an article",
    );
    losses.when(
        restricted,
        field::ARTICLE_STATE,
        Changed,
        "not everybody may read it: it stays a draft until it stands in a folder with the right audience",
    );
    losses.when(
        a.comments_enabled.is_some(),
        field::EXTRA,
        Dropped,
        "whether readers may comment is set for the whole portal",
    );
    let (_, changed) = tags(&a.labels);
    losses.when(
        !changed.is_empty(),
        field::ARTICLE_LABELS,
        Changed,
        "no commas, 32 characters",
    );
    for translation in &a.translations {
        let archived = translation.state == Some(ArticleState::Archived);
        losses.when(
            archived,
            field::ARTICLE_STATE,
            Changed,
            "archived articles become drafts",
        );
        let empty = translation
            .html
            .as_deref()
            .is_none_or(|html| html.trim().is_empty());
        losses.when(
            empty,
            field::ARTICLE,
            Changed,
            "an empty text gets a placeholder",
        );
        let cut = line(&translation.title).1;
        losses.when(cut, field::ARTICLE, Truncated, "titles have 255 characters");
    }
    let addressed = a.url.is_some() || a.translations.iter().any(|t| t.slug.is_some());
    losses.when(
        addressed,
        field::ARTICLE_LINKS,
        Changed,
        "the address is a new one",
    );
    let main_language = target.locales.first();
    let foreign = a.translations.first().filter(|original| {
        let language = |tag: &str| tag.split('-').next().unwrap_or(tag).to_lowercase();
        main_language.is_some_and(|main| language(main) != language(&original.locale))
    });
    if let Some(original) = foreign {
        losses.add(
            field::ARTICLE_TRANSLATION,
            Changed,
            format!(
                "{}: every article starts in the portal's main language, so this text stands there",
                original.locale
            ),
        );
    }
    for lost in solutions::translations(&a.translations, target).1 {
        losses.add(
            field::ARTICLE_TRANSLATION,
            Dropped,
            format!("the target does not have {}", lost.locale),
        );
    }
    let html = a.translations.iter().filter_map(|t| t.html.as_deref());
    losses.when(
        html.into_iter().any(sanitized),
        field::ARTICLE,
        Changed,
        "Freshdesk may remove scripts, styles, forms and frames",
    );
    attachments(&bundle.attachments, losses);
    losses.extra(&a.extra);
}

fn canned(response: &Macro, losses: &mut Losses) {
    use Effect::*;
    losses.when(
        !response.actions.is_empty(),
        field::MACRO,
        Dropped,
        "only the text is kept; actions must be made by hand",
    );
    losses.when(
        !response.active,
        field::MACRO,
        Changed,
        "it is in use again",
    );
    losses.when(
        response.folder.is_none(),
        field::MACRO,
        Changed,
        "it goes into the folder \"Imported\"",
    );
    losses.extra(&response.extra);
}
