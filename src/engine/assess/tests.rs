//! Figures that were computed by hand.

use super::*;
use crate::ledger::{Mode, PageCommit, pack};
use crate::schema::*;

struct Desk {
    ledger: Ledger,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn of(records: Vec<Record>) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deskferry.ledger");
        let ledger = Ledger::open(&path, "pull", Mode::Run).unwrap();
        let page = PageCommit {
            stream: "all",
            packed: pack(&records).unwrap(),
            ..PageCommit::default()
        };
        ledger.commit_page(page).await.unwrap();
        Desk {
            ledger,
            _folder: folder,
        }
    }

    fn assess(&self) -> Audit {
        self.assess_only(None, jiff::tz::TimeZone::UTC)
    }

    fn assess_only(&self, only: Option<&dyn Fn(&Key) -> bool>, zone: jiff::tz::TimeZone) -> Audit {
        let options = Options {
            desk: "memory:a",
            at: date("2024-05-01T00:00:00Z"),
            time_zone: zone,
            mapping: &UserMapping::default(),
            only,
            check: &|| Ok(()),
        };
        assess(&self.ledger, &options).unwrap()
    }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn contact(id: &str, address: &str) -> Record {
    let identity = Identity {
        verified: true,
        ..Identity::new(IdentityKind::Email, address)
    };
    Record::Contact(Contact {
        id: id.into(),
        name: Some(format!("Contact {id}")),
        identities: vec![identity],
        ..Contact::default()
    })
}

fn agent(id: &str, active: bool) -> Record {
    Record::Agent(Agent {
        id: id.into(),
        name: Some(format!("Agent {id}")),
        active,
        ..Agent::default()
    })
}

fn conversation(
    id: &str,
    who: &str,
    channel: Channel,
    at: &str,
    change: impl FnOnce(&mut Conversation),
) -> Record {
    let mut conversation = Conversation {
        id: id.into(),
        requester_id: Some(who.into()),
        channel,
        created_at: Some(date(at)),
        ..Conversation::default()
    };
    change(&mut conversation);
    Record::Conversation(conversation)
}

fn message(id: &str, of: &str, who: &str, channel: Channel, at: &str) -> Record {
    Record::Message(Message {
        id: id.into(),
        conversation_id: of.into(),
        // As sources do that do not know the role.
        author: Author {
            kind: AuthorKind::Contact,
            id: Some(who.into()),
            ..Author::default()
        },
        channel,
        sent_at: Some(date(at)),
        ..Message::default()
    })
}

fn rating(id: &str, of: &str, scale: &str, score: u8) -> Record {
    Record::Rating(Rating {
        id: id.into(),
        conversation_id: of.into(),
        scale: Some(scale.into()),
        score: Some(score),
        ..Rating::default()
    })
}

use Channel::{Chat, Email, Whatsapp};

/// Two agents, three profiles of which two are one person, five conversations.
fn desk() -> Vec<Record> {
    vec![
        agent("90", true),
        agent("91", true),
        agent("92", false),
        contact("1", "bia@example.com"),
        contact("2", "BIA@example.com"),
        contact("3", "caio@example.com"),
        // Solved after 3 hours, opened again once.
        conversation("a", "1", Email, "2024-03-04T09:00:00Z", |c| {
            c.status = Status::Solved;
            c.solved_at = Some(date("2024-03-04T12:00:00Z"));
            c.assignee_id = Some("90".into());
            c.updated_at = Some(date("2024-03-04T12:00:00Z"));
            c.tags = vec!["order".into(), "vip".into()];
            c.custom_fields = [
                ("f1".to_owned(), "x".into()),
                ("f2".to_owned(), "  ".into()),
                ("f3".to_owned(), false.into()),
            ]
            .into();
            c.metrics = Some(Metrics {
                reopens: Some(1),
                ..Metrics::default()
            });
        }),
        // Two days later by another profile of the same person: cut off.
        conversation("b", "2", Whatsapp, "2024-03-06T09:00:00Z", |c| {
            c.status = Status::Closed;
            c.metrics = Some(Metrics {
                reopens: Some(0),
                full_resolution_minutes: Some(60),
                ..Metrics::default()
            });
            c.tags = vec!["order".into()];
        }),
        // Eight days later: too late to be the same matter. 49 days old on the first of May.
        conversation("c", "1", Chat, "2024-03-14T09:00:00Z", |_| {}),
        // By somebody else, open for 10 days, on the channel of the last one.
        conversation("d", "3", Email, "2024-04-21T00:00:00Z", |c| {
            c.metrics = Some(Metrics {
                first_reply_minutes: Some(500),
                ..Metrics::default()
            });
        }),
        conversation("e", "3", Email, "2024-04-22T00:00:00Z", |c| c.spam = true),
        // Asked at 9:00 on a Monday, answered after 30 minutes; a note before does not count.
        message("a2", "a", "90", Email, "2024-03-04T09:30:00Z"),
        message("a1", "a", "1", Email, "2024-03-04T09:00:00Z"),
        match message("a3", "a", "90", Email, "2024-03-04T09:10:00Z") {
            Record::Message(note) => Record::Message(Message {
                visibility: Access::Internal,
                ..note
            }),
            other => other,
        },
        message("b1", "b", "2", Whatsapp, "2024-03-06T09:00:00Z"),
        message("b2", "b", "90", Whatsapp, "2024-03-06T09:10:00Z"),
        message("d1", "d", "3", Chat, "2024-04-21T00:00:00Z"),
        message("e1", "e", "3", Email, "2024-04-22T00:00:00Z"),
        rating("r1", "a", "csat", 100),
        rating("r2", "b", "csat", 0),
        rating("r3", "b", "csat", 75),
        rating("r4", "a", "nps", 100),
        rating("r5", "b", "nps", 90),
        rating("r6", "b", "nps", 70),
        rating("r7", "b", "nps", 60),
    ]
}

#[tokio::test]
async fn customers_channels_and_conversations_that_were_cut_off() {
    let audit = Desk::of(desk()).await.assess();
    assert_eq!(audit.volume.conversations, 4);
    assert_eq!(
        audit.volume.conversations_by_channel,
        [(Email, 2), (Chat, 1), (Whatsapp, 1)].into()
    );
    // Internal notes are no messages of a channel; spam is left out.
    assert_eq!(
        audit.volume.messages_by_channel,
        [(Email, 2), (Chat, 1), (Whatsapp, 2)].into()
    );
    assert_eq!(audit.volume.messages, 6);
    assert_eq!((audit.left_out.spam, audit.left_out.deleted), (1, 0));
    let months: Vec<_> = audit.volume.months.iter().collect();
    assert_eq!(months.len(), 2);
    assert_eq!((&*months[0].month, months[0].conversations), ("2024-03", 3));
    let customers = &audit.customers;
    // 1 by mail and chat, 2 by WhatsApp, 3 by mail and chat; as people 1+2 and 3.
    assert_eq!((customers.all, customers.seen), (3, 3));
    assert_eq!(customers.several_channels, 2);
    assert_eq!(
        (customers.people_seen, customers.people_several_channels),
        (2, 2)
    );
    assert_eq!((customers.unifiable, customers.maybe), (1, 0));
    assert_eq!(customers.examples[0].one, "1");
    assert_eq!(customers.examples[0].other, "2");
    assert_eq!(customers.cut_off, 1);
    let cut = &customers.cut_off_examples[0];
    assert_eq!((&*cut.id, &*cut.next, cut.minutes), ("a", "b", 2 * 24 * 60));
}

#[tokio::test]
async fn times_backlog_and_judgements() {
    let audit = Desk::of(desk()).await.assess();
    let all = &audit.service[0];
    assert_eq!(all.channel, None);
    // 10 and 30 minutes by messages, 500 as the desk says; nothing of c.
    let reply = all.first_reply.as_ref().unwrap();
    assert_eq!(
        (reply.count, reply.median_minutes, reply.p90_minutes),
        (3, 30.0, 500.0)
    );
    let resolution = all.resolution.as_ref().unwrap();
    assert_eq!((resolution.count, resolution.median_minutes), (2, 120.0));
    assert_eq!(all.reopened, Some(Share { count: 1, of: 2 }));
    // c for 47 days and 15 hours, d for 10 days.
    assert_eq!((all.solved, all.backlog), (2, 2));
    assert_eq!(all.backlog_by_age, [0, 0, 1, 1, 0, 0]);
    let age = all.backlog_age.as_ref().unwrap();
    assert_eq!(age.median_minutes, (68_580.0 + 14_400.0) / 2.0);
    assert_eq!(all.csat, Some(Share { count: 2, of: 3 }));
    let nps = all.nps.unwrap();
    assert_eq!((nps.promoters, nps.detractors, nps.of), (2, 1, 4));
    assert_eq!(nps.score(), 25.0);
    let of = |channel| {
        let mut services = audit.service.iter();
        services.find(|s| s.channel == Some(channel)).unwrap()
    };
    assert_eq!(of(Email).csat, Some(Share { count: 1, of: 1 }));
    assert_eq!(of(Chat).csat, None);
    assert_eq!(
        of(Whatsapp).first_reply.as_ref().unwrap().median_minutes,
        10.0
    );
    // Customers' messages only: Monday and Wednesday at 9, Sunday at midnight.
    assert_eq!(
        (audit.hours[0][9], audit.hours[2][9], audit.hours[6][0]),
        (1, 1, 1)
    );
    assert_eq!(audit.hours.iter().flatten().sum::<u64>(), 3);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(-3));
    let there = Desk::of(desk()).await.assess_only(None, zone);
    assert_eq!((there.hours[0][6], there.hours[5][21]), (1, 1));
}

#[tokio::test]
async fn fields_tags_and_agents() {
    let mut records = desk();
    for (id, on, kind) in [
        ("f1", Kind::Conversation, FieldType::Text),
        ("f2", Kind::Conversation, FieldType::Text),
        ("f3", Kind::Conversation, FieldType::Checkbox),
        ("f4", Kind::Organization, FieldType::Text),
    ] {
        records.push(Record::Field(Field {
            id: id.into(),
            on: Some(on),
            label: id.into(),
            field_type: kind,
            active: true,
            ..Field::default()
        }));
    }
    let audit = Desk::of(records).await.assess();
    let fields: Vec<_> = audit
        .fields
        .iter()
        .map(|f| (&*f.id, f.filled, f.dead))
        .collect();
    let share = |count, of| Share { count, of };
    assert_eq!(
        fields,
        [
            // No organizations: nobody knows.
            ("f4", share(0, 0), false),
            ("f1", share(1, 4), false),
            ("f2", share(0, 4), true),
            ("f3", share(0, 4), true),
        ]
    );
    assert_eq!(audit.tags.different, 2);
    assert_eq!(
        (&*audit.tags.top[0].tag, audit.tags.top[0].count),
        ("order", 2)
    );
    // 90 answered 56 days ago, 91 never did anything, 92 is gone.
    assert_eq!(
        (audit.agents.active, audit.agents.former, audit.agents.idle),
        (2, 1, 1)
    );
    assert_eq!(audit.agents.idle_list[0].id, "91");
    assert_eq!(audit.agents.idle_list[0].last, None);
}

fn article(id: &str, texts: &[(&str, &str)]) -> Record {
    let translations = texts.iter().map(|(locale, html)| Translation {
        locale: (*locale).into(),
        title: format!("Article {id}"),
        html: Some((*html).into()),
        state: Some(ArticleState::Published),
        ..Translation::default()
    });
    Record::Article(Article {
        id: id.into(),
        translations: translations.collect(),
        ..Article::default()
    })
}

fn file(id: &str, owner: Owner, size: Option<u64>) -> Record {
    Record::Attachment(Attachment {
        id: id.into(),
        owner,
        name: format!("{id}.txt"),
        mime: None,
        size,
        inline: false,
        content_id: None,
        url: None,
        sha256: None,
        locale: None,
        created_at: None,
        extra: Extra::default(),
    })
}

#[tokio::test]
async fn articles_and_files() {
    let mut records = desk();
    records.extend([
        article(
            "k1",
            &[
                ("pt-br", "<p>Como devolver</p>"),
                ("en", "<p>How to return</p>"),
            ],
        ),
        article("k2", &[("pt-br", "<div><p>Como  devolver</p></div>")]),
        article("k3", &[("pt-br", "<p>&nbsp;</p>")]),
        article(
            "k4",
            &[("pt-br", "<p><img src=\"https://a.example.com/x.png\"></p>")],
        ),
        file("x1", Owner::Message("a1".into()), Some(7)),
        file("x2", Owner::Message("d1".into()), Some(9)),
        file("x3", Owner::Article("k1".into()), None),
        // Of spam: left out like its conversation.
        file("x4", Owner::Message("e1".into()), Some(99)),
    ]);
    let desk = Desk::of(records).await;
    let audit = desk.assess();
    let articles = &audit.articles;
    assert_eq!(
        (articles.all, articles.texts, articles.published),
        (4, 5, 5)
    );
    assert_eq!((articles.empty, &*articles.empty_examples[0].id), (1, "k3"));
    assert_eq!(articles.duplicates, 1);
    assert_eq!(articles.duplicate_examples[0].same_as, "k1");
    assert_eq!(articles.duplicate_examples[0].id, "k2");
    let english = &articles.languages[1];
    assert_eq!(
        (&*english.locale, english.articles, english.missing),
        ("en", 1, 3)
    );
    assert_eq!(english.examples[0].id, "k2");
    assert_eq!((audit.files.all, audit.files.bytes), (3, 16));
    assert_eq!((audit.files.sizeless, audit.files.undated), (1, 1));
    let ids = |files: &[File]| files.iter().map(|f| f.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&audit.files.biggest), ["x2", "x1"]);
    // Files without a date of their own are as old as what they belong to.
    assert_eq!(ids(&audit.files.oldest), ["x1", "x2"]);
    let key = Key::new(Kind::Conversation, "a");
    assert_eq!(audit.files.oldest[0].on.as_ref(), Some(&key));
}

#[tokio::test]
async fn what_is_not_known_is_said_and_not_zero() {
    let audit = Desk::of(vec![conversation(
        "a",
        "1",
        Email,
        "2024-03-04T09:00:00Z",
        |_| {},
    )])
    .await
    .assess();
    let all = &audit.service[0];
    assert_eq!((&all.first_reply, &all.resolution), (&None, &None));
    assert_eq!((all.reopened, all.csat, all.nps), (None, None, None));
    let unknown: Vec<&str> = audit.unknown.iter().map(|u| u.code.name()).collect();
    assert_eq!(
        unknown,
        [
            "no_replies",
            "no_solved_dates",
            "no_reopens",
            "no_ratings",
            "no_nps",
            "no_messages",
            "no_fields",
            "no_articles",
            "no_files",
            "no_contacts",
        ]
    );
    let value = |id: &str| {
        let found = figures(&audit).into_iter().find(|figure| figure.id == id);
        found.unwrap().value
    };
    assert_eq!(value("csat"), None);
    assert_eq!(value("conversations"), Some(Value::Count(1)));
}

#[tokio::test]
async fn both_sides_of_every_figure() {
    let desk = Desk::of(desk()).await;
    let before = desk.assess();
    let rows = compare(&before, &desk.assess());
    assert!(rows.iter().all(|row| row.compared != Compared::Differs));
    // Without WhatsApp, which is told as such.
    let only = |key: &Key| key.id != "b";
    let after = desk.assess_only(Some(&only), jiff::tz::TimeZone::UTC);
    let rows = compare(&before, &after);
    let row = |id: &str, of: Option<&str>| {
        let mut rows = rows.iter();
        rows.find(|row| row.id == id && row.of.as_deref() == of)
            .unwrap()
    };
    let lost = row("conversations", Some("whatsapp"));
    assert_eq!(
        (lost.source, lost.target),
        (Some(Value::Count(1)), Some(Value::Count(0)))
    );
    assert_eq!(lost.compared, Compared::Differs);
    assert_eq!(row("conversations", Some("email")).compared, Compared::Same);
    assert_eq!(
        row("first_reply_median", Some("whatsapp")).compared,
        Compared::Unknown
    );
    assert_eq!(after.left_out.conversations, 1);
}

#[test]
fn middle_and_nine_of_ten() {
    let of = |all: Vec<u32>| service::times(all).map(|t| (t.median_minutes, t.p90_minutes));
    assert_eq!(of(vec![]), None);
    assert_eq!(of(vec![7]), Some((7.0, 7.0)));
    assert_eq!(of((1..=10).collect()), Some((5.5, 9.0)));
    assert_eq!(of((1..=11).collect()), Some((6.0, 10.0)));
}
