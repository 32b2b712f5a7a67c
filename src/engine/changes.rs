//! What has changed of a record since it was written, by the names that losses
//! and differences use. Dates of change, figures that the desk counts and
//! values without a home come and go by themselves: they are no change.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::connector::{Body, field, text};
use crate::schema::{
    Article, Category, Contact, Conversation, IdentityKind, Message, Organization, Record,
    Translation,
};

/// Names of the values that differ between the version that was written and
/// the newest one.
pub(super) fn between(written: &Record, now: &Record) -> BTreeSet<&'static str> {
    let mut found = Found::default();
    match (written, now) {
        (Record::Conversation(a), Record::Conversation(b)) => found.conversation(a, b),
        (Record::Contact(a), Record::Contact(b)) => found.contact(a, b),
        (Record::Organization(a), Record::Organization(b)) => found.organization(a, b),
        (Record::Category(a), Record::Category(b)) => found.category(a, b),
        (Record::Article(a), Record::Article(b)) => found.article(a, b),
        (Record::Message(a), Record::Message(b)) => {
            found.differ(field::MESSAGE_BODY, edited(a, b));
        }
        // Structure is written once; whatever changes of it is told.
        (a, b) => found.differ(structure(a.kind()), plain(a) != plain(b)),
    }
    found.0
}

/// The same for records that are put together to be written.
pub(super) fn of_bodies(written: &Body, now: &Body) -> BTreeSet<&'static str> {
    let mut found = Found::default();
    match (written, now) {
        (Body::Conversation(a), Body::Conversation(b)) => {
            found.conversation(&a.conversation, &b.conversation);
        }
        (Body::Contact(a), Body::Contact(b)) => found.contact(a, b),
        (Body::Organization(a), Body::Organization(b)) => found.organization(a, b),
        (Body::Category(a), Body::Category(b)) => found.category(a, b),
        (Body::Article(a), Body::Article(b)) => found.article(&a.article, &b.article),
        _ => {}
    }
    found.0
}

/// Whether a message says something else now, or to somebody else.
pub(super) fn edited(written: &Message, now: &Message) -> bool {
    let said = |message: &Message| match (&message.html, &message.text) {
        (Some(html), _) => text::comparable(html, true),
        (None, Some(plain)) => text::comparable(plain, false),
        (None, None) => String::new(),
    };
    written.visibility != now.visibility
        || (written.html != now.html || written.text != now.text) && said(written) != said(now)
}

#[derive(Default)]
struct Found(BTreeSet<&'static str>);

impl Found {
    fn differ(&mut self, field: &'static str, differs: bool) {
        if differs {
            self.0.insert(field);
        }
    }

    fn conversation(&mut self, a: &Conversation, b: &Conversation) {
        self.differ(field::SUBJECT, a.subject != b.subject);
        self.differ(
            field::STATUS,
            (a.status, &a.status_name) != (b.status, &b.status_name),
        );
        self.differ(
            field::PRIORITY,
            (a.priority, &a.priority_name) != (b.priority, &b.priority_name),
        );
        self.differ(
            field::TYPE,
            (a.ticket_type, &a.type_name) != (b.ticket_type, &b.type_name),
        );
        self.differ(field::CHANNEL, a.channel != b.channel);
        self.differ(field::DUE_AT, a.due_at != b.due_at);
        self.differ(field::REQUESTER, a.requester_id != b.requester_id);
        self.differ(field::ASSIGNEE, a.assignee_id != b.assignee_id);
        self.differ(field::GROUP, a.group_id != b.group_id);
        self.differ(field::ORGANIZATION, a.organization_id != b.organization_id);
        self.differ(field::BRAND, a.brand_id != b.brand_id);
        self.differ(field::FORM, a.form_id != b.form_id);
        self.differ(
            field::CC,
            set(&a.cc_ids) != set(&b.cc_ids) || set(&a.cc_emails) != set(&b.cc_emails),
        );
        self.differ(
            field::FOLLOWERS,
            set(&a.follower_ids) != set(&b.follower_ids),
        );
        self.differ(field::TAGS, set(&a.tags) != set(&b.tags));
        self.differ(field::CUSTOM_FIELDS, a.custom_fields != b.custom_fields);
        self.differ(field::LINKS, a.links != b.links);
    }

    fn contact(&mut self, a: &Contact, b: &Contact) {
        self.differ(field::CONTACT_NAME, a.name != b.name);
        let addresses = |contact: &Contact| -> BTreeSet<(IdentityKind, String)> {
            let known = contact.identities.iter();
            known
                .map(|identity| (identity.kind, identity.value.to_lowercase()))
                .collect()
        };
        self.differ(
            field::CONTACT_IDENTITIES,
            addresses(a) != addresses(b) || a.email() != b.email(),
        );
        self.differ(
            field::CONTACT_ORGANIZATIONS,
            a.organization_ids != b.organization_ids,
        );
        self.differ(field::CONTACT_TAGS, set(&a.tags) != set(&b.tags));
        self.differ(
            field::CONTACT_LOCALE,
            (&a.locale, &a.time_zone) != (&b.locale, &b.time_zone),
        );
        self.differ(
            field::CONTACT_NOTES,
            (&a.notes, &a.details) != (&b.notes, &b.details),
        );
        self.differ(
            field::CONTACT_STATE,
            (a.blocked, a.deleted) != (b.blocked, b.deleted),
        );
        self.differ(field::CONTACT_FIELDS, a.custom_fields != b.custom_fields);
        self.differ(
            field::CONTACT,
            (&a.title, &a.external_id) != (&b.title, &b.external_id),
        );
    }

    fn organization(&mut self, a: &Organization, b: &Organization) {
        self.differ(field::ORGANIZATION_NAME, a.name != b.name);
        self.differ(
            field::ORGANIZATION_RECORD,
            set(&a.domains) != set(&b.domains)
                || (&a.notes, &a.details, &a.group_id, a.shared, &a.external_id)
                    != (&b.notes, &b.details, &b.group_id, b.shared, &b.external_id),
        );
        self.differ(field::ORGANIZATION_TAGS, set(&a.tags) != set(&b.tags));
        self.differ(
            field::ORGANIZATION_FIELDS,
            a.custom_fields != b.custom_fields,
        );
    }

    fn category(&mut self, a: &Category, b: &Category) {
        self.differ(
            field::CATEGORY,
            texts(&a.translations) != texts(&b.translations),
        );
        self.differ(field::CATEGORY_LEVEL, a.parent_id != b.parent_id);
        self.differ(field::ARTICLE_VISIBILITY, a.visibility != b.visibility);
        self.differ(field::ARTICLE_POSITION, a.position != b.position);
    }

    fn article(&mut self, a: &Article, b: &Article) {
        self.differ(
            field::ARTICLE,
            texts(&a.translations) != texts(&b.translations),
        );
        let states = |article: &Article| -> Vec<_> {
            let texts = article.translations.iter();
            texts
                .map(|text| (text.locale.clone(), text.state))
                .collect()
        };
        self.differ(field::ARTICLE_STATE, states(a) != states(b));
        self.differ(
            field::ARTICLE_VISIBILITY,
            (a.visibility, &a.audience) != (b.visibility, &b.audience),
        );
        self.differ(field::ARTICLE_LABELS, set(&a.labels) != set(&b.labels));
        self.differ(
            field::ARTICLE_POSITION,
            (a.position, a.promoted, a.comments_enabled)
                != (b.position, b.promoted, b.comments_enabled),
        );
        self.differ(field::CATEGORY, a.category_id != b.category_id);
        self.differ(field::ARTICLE_AUTHOR, a.author_id != b.author_id);
    }
}

fn set(list: &[String]) -> BTreeSet<&str> {
    list.iter().map(String::as_str).collect()
}

fn texts(translations: &[Translation]) -> Vec<(&str, &str, Cow<'_, str>)> {
    translations
        .iter()
        .map(|text| {
            let html = text.html.as_deref().unwrap_or_default();
            (text.locale.as_str(), text.title.as_str(), unsigned(html))
        })
        .collect()
}

/// Addresses of images without what is signed anew with every reading.
fn unsigned(html: &str) -> Cow<'_, str> {
    if !html.contains("<img") {
        return Cow::Borrowed(html);
    }
    Cow::Owned(text::rewrite_images(html, |address| {
        let (path, _) = address.split_once('?')?;
        Some(path.to_owned())
    }))
}

/// A record of structure without its date of change and what has no home.
fn plain(record: &Record) -> serde_json::Value {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.remove("updated_at");
        object.remove("extra");
    }
    value
}

fn structure(kind: crate::schema::Kind) -> &'static str {
    use crate::schema::Kind;
    match kind {
        Kind::Group => field::GROUP_RECORD,
        Kind::Agent => field::AGENT,
        Kind::Field => field::FIELD,
        Kind::Form => field::FORM_RECORD,
        Kind::Brand => field::BRAND_RECORD,
        Kind::Macro => field::MACRO,
        _ => field::EXTRA,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Access, Identity, Metrics, Status};

    fn conversation(change: impl FnOnce(&mut Conversation)) -> Record {
        let mut conversation = Conversation {
            id: "1".into(),
            subject: Some("Printer".into()),
            tags: vec!["a".into(), "b".into()],
            ..Conversation::default()
        };
        change(&mut conversation);
        Record::Conversation(conversation)
    }

    #[test]
    fn what_comes_and_goes_by_itself_is_no_change() {
        let before = conversation(|_| {});
        let after = conversation(|c| {
            c.updated_at = Some(crate::schema::Date::UNIX_EPOCH);
            c.declared_messages = Some(7);
            c.metrics = Some(Metrics::default());
            c.extra.insert("via".into(), 1.into());
            c.tags.reverse();
        });
        assert_eq!(between(&before, &after), BTreeSet::new());
        let contact = |seen: i64| {
            let mut contact = Contact::default();
            contact.extra.insert("last_login_at".into(), seen.into());
            contact.avatar_url = Some(format!("https://example.com/a?{seen}"));
            Record::Contact(contact)
        };
        assert_eq!(between(&contact(1), &contact(2)), BTreeSet::new());
    }

    #[test]
    fn each_change_is_named() {
        let before = conversation(|_| {});
        let after = conversation(|c| {
            c.status = Status::Solved;
            c.tags.push("c".into());
        });
        assert_eq!(
            between(&before, &after),
            BTreeSet::from([field::STATUS, field::TAGS])
        );
        let before = Record::Contact(Contact::default());
        let after = Record::Contact(Contact {
            identities: vec![Identity::new(IdentityKind::Email, "zoe@example.com")],
            ..Contact::default()
        });
        assert_eq!(
            between(&before, &after),
            BTreeSet::from([field::CONTACT_IDENTITIES])
        );
    }

    #[test]
    fn a_message_is_edited_when_it_reads_otherwise() {
        let message = |html: &str, visibility| Message {
            html: Some(html.into()),
            visibility,
            ..Message::default()
        };
        let before = message("<p>Hello</p>", Access::Public);
        assert!(!edited(
            &before,
            &message("<div>Hello</div>", Access::Public)
        ));
        assert!(edited(&before, &message("<p>Hallo</p>", Access::Public)));
        assert!(edited(&before, &message("<p>Hello</p>", Access::Internal)));
    }

    #[test]
    fn an_image_that_is_only_signed_anew_is_the_same() {
        let article = |html: &str| {
            Record::Article(Article {
                translations: vec![Translation {
                    locale: "en".into(),
                    html: Some(html.into()),
                    ..Translation::default()
                }],
                ..Article::default()
            })
        };
        let before = article("<img src='https://example.com/a.png?sig=1'>");
        let again = article("<img src='https://example.com/a.png?sig=2'>");
        let other = article("<img src='https://example.com/b.png?sig=2'>");
        assert_eq!(between(&before, &again), BTreeSet::new());
        assert_eq!(between(&before, &other), BTreeSet::from([field::ARTICLE]));
    }
}
