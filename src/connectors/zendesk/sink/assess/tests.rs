use super::*;
use crate::connector::{ArticleBundle, File, Loss, Refs};
use crate::connectors::zendesk::sink::readers::Guide;
use crate::schema::*;

fn assessed(body: Body, target: &TargetDesk, guide: Option<&Guide>) -> Assessment {
    let tables = crate::connectors::zendesk::CONNECTOR.mapping;
    let mapping = PlatformMapping::load("zendesk", tables, None).unwrap();
    let mut refs = Refs::default();
    refs.insert(Key::new(Kind::Category, "top"), "category:1".into());
    refs.insert(Key::new(Kind::Category, "below"), "section:2".into());
    refs.insert(Key::new(Kind::Organization, "o1"), "31".into());
    refs.insert(Key::new(Kind::Field, "f1"), "user.shoe".into());
    let item = Item::new(body, refs, "test:a:x:1");
    assess(&item, target, &mapping, guide, Date::now())
}

fn desk() -> TargetDesk {
    TargetDesk {
        locales: vec!["en-us".into(), "de".into()],
        ..TargetDesk::default()
    }
}

fn fields(losses: &[Loss]) -> Vec<&str> {
    losses.iter().map(|loss| loss.field.as_str()).collect()
}

fn contact() -> Contact {
    Contact {
        id: "1".into(),
        name: Some("Ada".into()),
        identities: vec![
            Identity::new(IdentityKind::Email, "ada@example.com"),
            Identity::new(IdentityKind::Email, "ada@example.test"),
            Identity::new(IdentityKind::Phone, "+15550100"),
            Identity::new(IdentityKind::Twitter, "ada"),
        ],
        organization_ids: vec!["o1".into()],
        locale: Some("de".into()),
        time_zone: Some("Berlin".into()),
        tags: vec!["vip".into()],
        ..Contact::default()
    }
}

#[test]
fn a_contact_loses_what_zendesk_has_no_place_for() {
    let kept = assessed(Body::Contact(contact()), &desk(), None);
    assert_eq!(kept.losses, []);
    type Change = fn(&mut Contact);
    let cases: [(Change, &str); 9] = [
        (|c| c.name = None, field::CONTACT_NAME),
        (
            |c| c.organization_ids.push("o2".into()),
            field::CONTACT_ORGANIZATIONS,
        ),
        (|c| c.locale = Some("fr".into()), field::CONTACT_LOCALE),
        (|c| c.locale = Some("en-gb".into()), field::CONTACT_LOCALE),
        (|c| c.tags = vec!["V I P".into()], field::CONTACT_TAGS),
        (|c| c.blocked = true, field::CONTACT_STATE),
        (|c| c.title = Some("Dr".into()), field::CONTACT),
        (|c| c.external_id = Some("77".into()), field::EXTRA),
        (
            |c| {
                c.custom_fields.insert("f9".into(), 42.into());
            },
            field::CONTACT_FIELDS,
        ),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let mut contact = contact();
        change(&mut contact);
        let found = assessed(Body::Contact(contact), &desk(), None);
        assert_eq!(fields(&found.losses), [expected], "case {index}");
    }
}

#[test]
fn an_address_of_another_kind_hides_no_mail_address() {
    let mut contact = contact();
    let whatsapp = Identity::new(IdentityKind::Whatsapp, "+15550101");
    contact.identities.push(whatsapp);
    let found = assessed(Body::Contact(contact), &desk(), None).losses;
    assert_eq!(fields(&found), [field::CONTACT_IDENTITIES]);
    assert!(found[0].hides(field::CONTACT_IDENTITIES, "whatsapp"));
    assert!(!found[0].hides(field::CONTACT_IDENTITIES, "email"));
}

fn article() -> ArticleBundle {
    ArticleBundle {
        article: Article {
            id: "5".into(),
            category_id: Some("below".into()),
            translations: ["en-us", "de"]
                .map(|locale| Translation {
                    locale: locale.into(),
                    title: "How to".into(),
                    html: Some("<p>so</p>".into()),
                    state: Some(ArticleState::Published),
                    ..Translation::default()
                })
                .into(),
            visibility: Some(Visibility::Public),
            labels: vec!["a".into()],
            position: Some(1),
            ..Article::default()
        },
        attachments: Vec::new(),
    }
}

fn article_losses(change: impl FnOnce(&mut ArticleBundle), guide: Option<&Guide>) -> Assessment {
    let mut bundle = article();
    change(&mut bundle);
    assessed(Body::Article(Box::new(bundle)), &desk(), guide)
}

#[test]
fn an_article_loses_what_guide_has_no_place_for() {
    assert_eq!(article_losses(|_| {}, None).losses, []);
    type Change = fn(&mut Article);
    let cases: [(Change, &str); 6] = [
        (
            |a| a.created_at = Some(Date::UNIX_EPOCH),
            field::ARTICLE_DATES,
        ),
        (|a| a.votes_up = Some(1), field::ARTICLE_VOTES),
        (|a| a.author_id = Some("x".into()), field::ARTICLE_AUTHOR),
        (
            |a| a.category_id = Some("top".into()),
            field::CATEGORY_LEVEL,
        ),
        (
            |a| a.translations[1].state = Some(ArticleState::Archived),
            field::ARTICLE_STATE,
        ),
        (
            |a| a.translations[1].locale = "fr".into(),
            field::ARTICLE_TRANSLATION,
        ),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let found = article_losses(|bundle| change(&mut bundle.article), None);
        assert_eq!(fields(&found.losses), [expected], "case {index}");
    }
}

#[test]
fn one_language_hides_no_other() {
    let found = article_losses(|b| b.article.translations[1].locale = "fr".into(), None).losses;
    assert!(found[0].hides(field::ARTICLE_TRANSLATION, "fr"));
    assert!(!found[0].hides(field::ARTICLE_TRANSLATION, "en-us"));
    // The same language in another spelling is found all the same.
    let found = article_losses(|b| b.article.translations[0].locale = "en".into(), None).losses;
    assert!(!found[0].hides(field::ARTICLE_TRANSLATION, "en"));
}

#[test]
fn a_file_that_is_missing_hides_no_other() {
    let file = |id: &str, path| File {
        attachment: Attachment {
            id: id.into(),
            owner: Owner::Article("5".into()),
            name: format!("{id}.png"),
            mime: None,
            size: None,
            inline: true,
            content_id: None,
            url: None,
            sha256: None,
            locale: None,
            created_at: None,
            extra: Extra::new(),
        },
        path,
        size: 7,
        from: None,
    };
    let found = article_losses(
        |b| b.attachments = vec![file("a", Ok("a".into())), file("b", Err("gone".into()))],
        None,
    );
    assert_eq!(fields(&found.losses), [field::ATTACHMENT]);
    assert!(found.losses[0].hides(field::ATTACHMENT, "b"));
    assert!(!found.losses[0].hides(field::ATTACHMENT, "a"));
}

#[test]
fn readers_are_fewer_only_where_their_segment_is_missing() {
    let guide = Guide::of(&[("staff", "Staff"), ("segment", "Partners")], Some("1"));
    let chosen = |name: &str| {
        let name = name.to_owned();
        article_losses(
            move |b| {
                b.article.visibility = Some(Visibility::Segment);
                b.article.audience = Some(name);
            },
            Some(&guide),
        )
    };
    assert_eq!(chosen("Partners").losses, []);
    assert_eq!(fields(&chosen("VIP").losses), [field::ARTICLE_VISIBILITY]);
    let seen_by = |visibility, guide: &Guide| {
        article_losses(|b| b.article.visibility = Some(visibility), Some(guide))
    };
    let signed_in = seen_by(Visibility::SignedIn, &guide);
    assert_eq!(fields(&signed_in.losses), [field::ARTICLE_VISIBILITY]);
    assert!(signed_in.blocked.is_none());
    // Nobody can be kept out of it: it is not written.
    let open = Guide::of(&[("signed_in_users", "Everybody")], Some("1"));
    assert!(seen_by(Visibility::Agents, &open).blocked.is_some());
    // What the staff alone may read, also where a segment of customers has that name.
    let staff = |b: &mut ArticleBundle| {
        b.article.visibility = Some(Visibility::Agents);
        b.article.audience = Some("Everybody".into());
    };
    assert!(article_losses(staff, Some(&open)).blocked.is_some());
    let closed = Guide::of(&[], None);
    assert!(article_losses(|_| {}, Some(&closed)).blocked.is_some());
}

#[test]
fn what_has_no_place_is_blocked_beforehand() {
    let blocked = |change: fn(&mut Article)| {
        article_losses(|bundle| change(&mut bundle.article), None).blocked
    };
    assert!(blocked(|_| {}).is_none());
    assert!(blocked(|a| a.category_id = None).is_some());
    assert!(blocked(|a| a.category_id = Some("gone".into())).is_some());
    assert!(blocked(|a| a.translations.clear()).is_some());
    let switched_off = assessed(
        Body::Article(Box::new(article())),
        &TargetDesk::default(),
        None,
    );
    assert!(switched_off.blocked.is_some());
}

#[test]
fn a_section_is_flattened_only_below_a_section() {
    let level = |parent: Option<&str>| {
        let level = Category {
            id: "9".into(),
            parent_id: parent.map(str::to_owned),
            translations: article().article.translations,
            ..Category::default()
        };
        assessed(Body::Category(level), &desk(), None)
    };
    assert_eq!(level(None).losses, []);
    assert_eq!(level(Some("top")).losses, []);
    assert_eq!(
        fields(&level(Some("below")).losses),
        [field::CATEGORY_LEVEL]
    );
    assert!(level(Some("gone")).blocked.is_some());
    let id = |parent| level(parent).becomes.unwrap().id().to_owned();
    assert_eq!(id(None), "category:-9");
    assert_eq!(id(Some("top")), "section:-9");
}

#[test]
fn a_field_is_known_before_it_is_created() {
    let known = Field {
        id: "f".into(),
        on: Some(Kind::Contact),
        key: Some("Shoe Size".into()),
        label: "Shoe size".into(),
        field_type: FieldType::Dependent,
        options: vec![FieldOption {
            value: "Forty Two".into(),
            label: "42".into(),
        }],
        active: true,
        ..Field::default()
    };
    let found = assessed(Body::Field(known), &desk(), None);
    assert_eq!(fields(&found.losses), [field::FIELD]);
    let Some(Record::Field(planned)) = found.becomes else {
        panic!("no field")
    };
    assert_eq!(planned.id, "user.shoe_size");
    assert_eq!(planned.field_type, FieldType::Select);
    assert_eq!(planned.options[0].value, "forty_two");
}
