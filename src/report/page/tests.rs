//! The page as browsers and screen readers get it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::connector::detail;
use crate::connector::text::decode_entities as decode;
use lol_html::{RewriteStrSettings, element, rewrite_str};

use super::*;
use crate::lang::Language;
use crate::ledger::{Ledger, Mode, NewProblem, PageCommit, pack};
use crate::mapping::UserMapping;
use crate::report::{Output, Subject, View};
use crate::schema::*;

/// An element with its attributes.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Every element of a page in order.
fn tags(html: &str) -> Vec<Tag> {
    let all = RefCell::new(Vec::new());
    let settings =
        RewriteStrSettings::new().append_element_content_handler(element!("*", |element| {
            let attributes = element.attributes().iter();
            all.borrow_mut().push(Tag {
                name: element.tag_name(),
                attributes: attributes
                    .map(|a| (a.name(), decode(&a.value()).into_owned()))
                    .collect(),
            });
            Ok(())
        }));
    rewrite_str(html, settings).unwrap();
    all.into_inner()
}

const HOSTILE: [&str; 3] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; </style><b onclick=alert(1)>",
];

/// A desk whose every text is an attack.
async fn hostile_ledger(folder: &std::path::Path) -> Ledger {
    let ledger = Ledger::open(&folder.join("deskferry.ledger"), "pull", Mode::Run).unwrap();
    let mut records = Vec::new();
    for (n, text) in HOSTILE.iter().enumerate() {
        let text = (*text).to_owned();
        let id = |kind: &str| format!("{kind}{n}{text}");
        let date = format!("2024-0{}-04T09:00:00Z", n + 1).parse().ok();
        records.extend([
            Record::Agent(Agent {
                id: id("agent"),
                name: Some(text.clone()),
                active: true,
                ..Agent::default()
            }),
            Record::Field(Field {
                id: id("field"),
                on: Some(Kind::Conversation),
                label: text.clone(),
                ..Field::default()
            }),
            Record::Contact(Contact {
                id: id("contact"),
                name: Some(text.clone()),
                external_id: Some("one".into()),
                ..Contact::default()
            }),
            Record::Conversation(Conversation {
                id: id("conversation"),
                subject: Some(text.clone()),
                requester_id: Some(id("contact")),
                tags: vec![text.clone()],
                channel: Channel::ALL[n],
                created_at: date,
                url: Some(format!("javascript:alert(1)//{text}")),
                ..Conversation::default()
            }),
            Record::Message(Message {
                id: id("message"),
                conversation_id: id("conversation"),
                author: Author {
                    kind: AuthorKind::Contact,
                    ..Author::default()
                },
                sent_at: date,
                ..Message::default()
            }),
            Record::Article(Article {
                id: id("article"),
                translations: vec![
                    Translation {
                        locale: text.clone(),
                        title: text.clone(),
                        ..Translation::default()
                    },
                    Translation {
                        locale: "pt-br".into(),
                        title: text.clone(),
                        html: Some("<p>the same</p>".into()),
                        ..Translation::default()
                    },
                ],
                ..Article::default()
            }),
            Record::Attachment(Attachment {
                id: id("file"),
                owner: Owner::Message(id("message")),
                name: text.clone(),
                mime: None,
                size: Some(7),
                inline: false,
                content_id: None,
                url: None,
                sha256: None,
                locale: None,
                created_at: None,
                extra: Extra::default(),
            }),
        ]);
    }
    let page = PageCommit {
        stream: "all",
        packed: pack(&records).unwrap(),
        ..PageCommit::default()
    };
    ledger.commit_page(page).await.unwrap();
    for (n, text) in HOSTILE.iter().enumerate() {
        ledger
            .add_problem(NewProblem {
                key: Key::new(Kind::Contact, format!("contact{n}{text}")),
                stage: "push",
                reason: format!("refused {n}: {text}"),
                hint: Some((*text).to_owned()),
                original: None,
            })
            .await
            .unwrap();
        let written = crate::connector::Written {
            url: Some(format!("javascript:alert(1)//{text}")),
            ..crate::connector::Written::created(*text)
        };
        let key = Key::new(Kind::Conversation, format!("conversation{n}{text}"));
        ledger.receive(&key, &written, None, true).await.unwrap();
    }
    ledger.set_meta("source", HOSTILE[0]).await.unwrap();
    ledger.set_meta("target", HOSTILE[1]).await.unwrap();
    ledger
}

fn page_of(ledger: &Ledger, language: Language) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.html");
    let view = View {
        texts: Texts::of(language),
        mapping: &UserMapping::default(),
    };
    let output = Output::new(&path).unwrap();
    output.write(ledger, Subject::Migration, &view).unwrap();
    std::fs::read_to_string(&path).unwrap()
}

#[tokio::test]
async fn nothing_of_a_desk_becomes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let html = page_of(&hostile_ledger(folder.path()).await, Language::English);
    let all = tags(&html);
    let count = |name: &str| all.iter().filter(|tag| tag.name == name).count();
    assert_eq!(
        (count("script"), count("style"), count("img"), count("b")),
        (1, 1, 0, 0)
    );
    assert!(html.contains(&format!("<script>{SCRIPT}</script>")));
    for tag in &all {
        for (name, value) in &tag.attributes {
            assert!(!name.starts_with("on") && name != "style", "{tag:?}");
            let leads = matches!(name.as_str(), "href" | "src" | "action");
            let fine = value.starts_with('#') || value.starts_with("https://");
            assert!(!leads || fine, "{tag:?}");
        }
    }
    // It is all there, as words: subject, name, tag, problem, hint, file, both desks.
    assert!(html.matches("&lt;script&gt;").count() >= 10, "{html}");
    assert!(html.matches("onerror=alert(1)").count() >= 10);
}

#[tokio::test]
async fn the_policy_lets_only_our_own_style_and_script_run() {
    let folder = tempfile::tempdir().unwrap();
    let html = page_of(&hostile_ledger(folder.path()).await, Language::English);
    let all = tags(&html);
    let policy = all
        .iter()
        .find(|tag| tag.get("http-equiv") == Some("Content-Security-Policy"))
        .and_then(|tag| tag.get("content"))
        .unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, text) in [("style", STYLE), ("script", SCRIPT)] {
        // As a browser computes it: over what stands between the tags.
        let from = html.find(&format!("<{name}>")).unwrap() + name.len() + 2;
        let to = html[from..].find(&format!("</{name}>")).unwrap();
        let found = &html[from..from + to];
        assert_eq!(found, text);
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(found));
        assert!(
            policy.contains(&format!("{name}-src 'sha256-{hash}'")),
            "{name}"
        );
    }
    assert!(!html.contains("http://") && !STYLE.contains("url(") && !STYLE.contains("@import"));
}

/// What is lost and why something is left out, with what an earlier version
/// of the program left in a ledger and with an error's own words.
#[tokio::test]
async fn what_is_lost_and_why_is_told_in_the_page_s_language() {
    use crate::connector::{Effect, Loss, field};
    use crate::ledger::{Action, Planned};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deskferry.ledger");
    let ledger = Ledger::open(&path, "push", Mode::Run).unwrap();
    let becomes = |old| detail!("loss-becomes", old = old, new = "open");
    let planned = |id: &str, reason, losses| Planned {
        key: Key::new(Kind::Conversation, id),
        action: Action::Skip,
        reason: Some(reason),
        losses,
        target: None,
        digest: None,
    };
    let status = |detail| Loss::new(field::STATUS, Effect::Changed, detail);
    let old = Detail::Plain(becomes("pending").to_string());
    let group = Loss::new(
        field::GROUP,
        Effect::Dropped,
        Detail::Plain("no luck".into()),
    );
    ledger
        .set_plan(vec![
            planned(
                "1",
                detail!("reason-scope"),
                vec![status(becomes("pending"))],
            ),
            planned("2", detail!("reason-scope"), vec![status(old)]),
            planned("3", Detail::Plain("refused".into()), vec![group]),
        ])
        .await
        .unwrap();
    for (language, becomes, scope) in [
        (
            Language::English,
            "`pending` becomes `open`: 2",
            "its kind is not in",
        ),
        (
            Language::Portuguese,
            "`pending` passa a ser `open`: 2",
            "o tipo não está em",
        ),
        (
            Language::Spanish,
            "`pending` pasa a ser `open`: 2",
            "su tipo no está en",
        ),
    ] {
        let html = page_of(&ledger, language);
        let html = decode(&html);
        assert!(html.contains(becomes), "{}", language.tag());
        assert!(
            html.contains(&format!("{scope} [scope] records")),
            "{}",
            language.tag()
        );
        let english = ["no luck", "refused"].map(|words| format!("lang=\"en\">{words}"));
        let marked = english.iter().filter(|words| html.contains(*words)).count();
        assert_eq!(marked, if language == Language::English { 0 } else { 2 });
    }
    let json = serde_json::to_string(&crate::report::Facts::read(&ledger, 1).unwrap()).unwrap();
    assert!(
        json.contains(r#""detail":"`pending` becomes `open`""#),
        "{json}"
    );
    assert!(json.contains(r#"["`pending` becomes `open`",2]"#), "{json}");
}

/// What accessibility needs, in every language.
#[tokio::test]
async fn landmarks_headings_tables_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = hostile_ledger(folder.path()).await;
    for language in Language::ALL {
        let html = page_of(&ledger, language);
        let all = tags(&html);
        let named = |name: &str| {
            all.iter()
                .filter(|tag| tag.name == name)
                .collect::<Vec<_>>()
        };
        assert_eq!(named("html")[0].get("lang"), Some(language.tag()));
        for landmark in ["header", "nav", "main", "footer", "h1", "title"] {
            assert_eq!(named(landmark).len(), 1, "{landmark}");
        }
        assert!(
            named("nav")[0]
                .get("aria-label")
                .is_some_and(|label| !label.is_empty())
        );
        let mut level = 0;
        for tag in &all {
            let mut letters = tag.name.chars();
            if let (Some('h'), Some(digit), None) = (letters.next(), letters.next(), letters.next())
                && let Some(this) = digit.to_digit(10)
            {
                assert!(this <= level + 1, "a heading of order {this} after {level}");
                level = this;
            }
        }
        let mut ids: Vec<&str> = all.iter().filter_map(|tag| tag.get("id")).collect();
        let many = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), many, "each id once");
        for tag in &all {
            if let Some(anchor) = tag.get("href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(&anchor), "{anchor} leads nowhere");
            }
            if let Some(label) = tag.get("aria-labelledby") {
                assert!(ids.contains(&label), "{label} names nothing");
            }
        }
        assert!(named("table").len() > 15);
        assert_eq!(named("caption").len(), named("table").len());
        for head in named("th") {
            assert!(matches!(head.get("scope"), Some("col" | "row")), "{head:?}");
        }
        assert!(!html.contains("<caption></caption>"));
        for drawing in named("svg") {
            let hidden = drawing.get("aria-hidden") == Some("true");
            let shown = drawing.get("role") == Some("img")
                && drawing
                    .get("aria-label")
                    .is_some_and(|label| !label.is_empty());
            assert!(hidden || shown, "{drawing:?}");
        }
        // Each chart has its figures as a table.
        let charts = named("svg")
            .iter()
            .filter(|tag| tag.get("role").is_some())
            .count();
        assert!(charts >= 4);
        assert_eq!(named("details").len(), charts);
        // Reasons are English and say so where the page is not.
        let english = all
            .iter()
            .filter(|tag| tag.get("lang") == Some("en"))
            .count();
        assert!(english > 0, "{}", language.tag());
        // No name of a text that is missing.
        for room in ["report-", "assess-"] {
            assert!(!html.contains(&format!(">{room}")), "{}", language.tag());
        }
    }
}

/// Relative luminance as WCAG 2 defines it.
fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let value = u8::from_str_radix(&color[at..at + 2], 16).unwrap();
        let share = f64::from(value) / 255.0;
        match share <= 0.03928 {
            true => share / 12.92,
            false => ((share + 0.055) / 1.055).powf(2.4),
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn words_can_be_read_on_what_is_behind_them() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
    let mut sets = 0;
    for rule in STYLE.split(":root {").skip(1) {
        let colors: BTreeMap<&str, &str> = rule
            .split('}')
            .next()
            .unwrap()
            .split(';')
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "))
            .collect();
        sets += 1;
        for behind in ["page", "band"] {
            for words in ["ink", "soft", "good", "bad", "link"] {
                let found = contrast(colors[words], colors[behind]);
                assert!(
                    found >= 4.5,
                    "{words} on {behind} in set {sets}: {found:.2}"
                );
            }
        }
        for drawn in ["before", "after"] {
            let found = contrast(colors[drawn], colors["page"]);
            assert!(found >= 3.0, "{drawn} in set {sets}: {found:.2}");
        }
    }
    assert_eq!(sets, 3, "light, dark, print");
    // Every colour is one of these.
    let rest = STYLE.lines().filter(|line| !line.contains(":root"));
    for line in rest {
        assert!(!line.contains('#'), "{line}");
    }
}

#[test]
fn charts_draw_what_their_tables_say() {
    let texts = Texts::of(Language::Portuguese);
    let names = ["a".to_owned(), "b".to_owned()];
    let side = |name: &str, values: [u64; 2]| Series {
        name: name.into(),
        values: values.to_vec(),
    };
    let sides = [side("antes", [2000, 500]), side("depois", [1000, 0])];
    for chart in [
        Chart::bars(texts, "t".into(), "o", &names, &sides),
        Chart::columns(texts, "t".into(), "o", &names, &sides),
    ] {
        let long = |at: usize| chart.bars[at].w.max(chart.bars[at].h);
        let size = |at: usize| match chart.width == 560 {
            true => chart.bars[at].w,
            false => chart.bars[at].h,
        };
        assert!((size(0) / size(1) - 2.0).abs() < 0.02, "{}", long(0));
        assert!((size(0) / size(2) - 4.0).abs() < 0.02);
        assert_eq!(size(3), 0.0);
        assert_eq!(chart.table.rows[0][1].text, "2.000");
        assert_eq!(chart.table.rows[1][2].text, "0");
        for bar in &chart.bars {
            assert!(bar.x >= 0.0 && bar.x + bar.w <= f64::from(chart.width));
            assert!(bar.y >= 0.0 && bar.y + bar.h <= f64::from(chart.height));
        }
    }
}
