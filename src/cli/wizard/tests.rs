//! The machine, asked by a script and told facts that nobody had to find out.

use std::collections::VecDeque;

use async_trait::async_trait;

use super::facts::{Checked, Choices, Confidence, Piloted, Row, Side, Topic};
use super::question::{Ask, Question};
use super::*;
use crate::connector::Interlock;
use crate::lang::{Language, Texts};
use crate::schema::Kind;

mod own;
mod values;

/// What is answered, and what was asked and said.
struct Script {
    replies: VecDeque<Reply>,
    asked: Vec<String>,
    said: Vec<String>,
    /// The lines of each list of rows.
    rows: Vec<Vec<String>>,
}

impl Script {
    fn new(replies: &[&str]) -> Script {
        let reply = |text: &&str| match *text {
            "?" => Reply::Help,
            "b" => Reply::Back,
            "q" => Reply::Quit,
            text => Reply::Text(text.to_owned()),
        };
        Script {
            replies: replies.iter().map(reply).collect(),
            asked: Vec::new(),
            said: Vec::new(),
            rows: Vec::new(),
        }
    }
}

impl Prompter for Script {
    fn ask(&mut self, question: &Question) -> Result<Reply> {
        self.asked.push(question.id.clone());
        if let Ask::Rows(lines) = &question.ask {
            let lines = lines.iter().map(|line| line.label.clone());
            self.rows.push(lines.collect());
        }
        Ok(self.replies.pop_front().unwrap_or(Reply::Quit))
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.said.push(text.to_owned());
        Ok(())
    }

    fn is_person(&self) -> bool {
        true
    }
}

/// A world where everything works, but for the first `fails` checks of the source.
#[derive(Default)]
struct World {
    done: Vec<Work>,
    fails: usize,
    mails: bool,
    /// The desks have a field with choices, and nothing else.
    fields: bool,
    secrets: Vec<(String, String)>,
    saved: String,
}

#[async_trait(?Send)]
impl Effects for World {
    async fn work(&mut self, work: Work, _: &Machine) -> Result<Fact> {
        self.done.push(work);
        Ok(match work {
            Work::Check(Side::Source) if self.fails > 0 => {
                self.fails -= 1;
                return Err(Error::new(ErrorKind::Auth, "the key is not right"));
            }
            Work::Check(Side::Source) => Fact::Checked(Checked {
                name: "Freshdesk old".into(),
                counts: vec![(Kind::Conversation, Some(1234))],
                ..Checked::default()
            }),
            Work::Check(Side::Target) => Fact::Checked(Checked {
                name: "Files out".into(),
                interlocks: match self.mails {
                    true => vec![Interlock {
                        id: "rule".into(),
                        name: None,
                        what: "a rule mails".into(),
                        hint: "turn it off".into(),
                        proven: true,
                        facts: Default::default(),
                    }],
                    false => Vec::new(),
                },
                ..Checked::default()
            }),
            Work::Survey if self.fields => Fact::Survey(vec![values::severity()]),
            Work::Survey => Fact::Survey(vec![Topic {
                id: "status",
                rows: vec![Row {
                    id: String::new(),
                    key: "Waiting for vendor".into(),
                    label: "Waiting for vendor".into(),
                    count: 3,
                    sample: Some("Lamp".into()),
                    by_itself: Some("pending".into()),
                    proposal: None,
                    ruled: None,
                    confidence: Confidence::Likely,
                }],
                unused: Vec::new(),
                targets: vec![
                    ("open".into(), "open".into()),
                    ("on_hold".into(), "on hold".into()),
                ],
                choices: Choices::default(),
            }]),
            Work::Preview => Fact::Planned(Box::default()),
            Work::Pilot => Fact::Piloted(Piloted {
                records: Vec::new(),
                comparison: crate::ledger::Comparison::default(),
                problems: Vec::new(),
            }),
            Work::Undo => Fact::Undone(2, 1),
            Work::Run => Fact::Ended(0),
            Work::Read | Work::Write => Fact::Done,
        })
    }

    fn has_secret(&self, place: &str) -> bool {
        self.secrets.iter().any(|(known, _)| known == place)
    }

    fn keep_secret(&mut self, place: &str, secret: &str) -> Result<()> {
        self.secrets.push((place.to_owned(), secret.to_owned()));
        Ok(())
    }

    fn save(&mut self, state: &Answers) -> Result<()> {
        self.saved = state.to_text();
        Ok(())
    }
}

fn machine() -> Machine {
    let texts = Texts::of(Language::English);
    let (answers, before) = (Answers::default(), Answers::default());
    Machine::new(texts, answers, before, Surroundings::default())
}

async fn play(machine: &mut Machine, world: &mut World, replies: &[&str]) -> (Script, End) {
    let mut script = Script::new(replies);
    let end = drive(machine, &mut script, world).await.unwrap();
    (script, end)
}

/// From the first question to the one about what to move.
const DESKS: [&str; 6] = [
    "freshdesk",
    "acme.freshdesk.com",
    "1",
    "s3cret",
    "files",
    "out",
];

/// What to move, when, and reading it.
const SCOPE: [&str; 7] = ["*", "2020-01-01", "3", "", "", "", ""];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    DESKS.iter().chain(&SCOPE).chain(more).copied().collect()
}

#[tokio::test]
async fn the_whole_way_ends_with_commands() {
    let (mut machine, mut world) = (machine(), World::default());
    let replies = with(&["all", "", "", "br", "yes", "keep", "later", "cron"]);
    let (script, end) = play(&mut machine, &mut world, &replies).await;
    let End::Done(lines, 0) = end else {
        panic!("{end:?}, asked {:?}", script.asked);
    };
    let text = lines.join("\n");
    assert!(
        text.contains("deskferry migrate") && text.contains("17 2 * * *"),
        "{text}"
    );
    assert_eq!(machine.answers().get("source.domain"), Some("acme"));
    assert_eq!(machine.answers().get("people.country"), Some("BR"));
    let config = files::configuration(None, machine.answers(), machine.texts()).unwrap();
    assert!(config.contains("order = \"open\""), "{config}");
    let place = "file:source-api-key.secret".to_owned();
    assert_eq!(world.secrets, [(place, "s3cret".to_owned())]);
    assert!(!world.saved.contains("s3cret"), "{}", world.saved);
    assert_eq!(
        world.done,
        [
            Work::Check(Side::Source),
            Work::Check(Side::Target),
            Work::Write,
            Work::Read,
            Work::Survey,
            Work::Preview,
            Work::Pilot,
        ]
    );
}

#[tokio::test]
async fn back_asks_again_and_proposes_what_was_said() {
    let (mut machine, mut world) = (machine(), World::default());
    let mut replies = DESKS.to_vec();
    replies.extend(["*", "2020-01-01", "b", "b", "1,3"]);
    let (script, _) = play(&mut machine, &mut world, &replies).await;
    let asked: Vec<&str> = script.asked.iter().map(String::as_str).collect();
    let end = asked.len();
    assert_eq!(
        asked[end - 4..],
        ["scope.order", "scope.since", "scope.records", "scope.since"]
    );
    assert_eq!(
        machine.answers().get("scope.records"),
        Some("contacts,conversations")
    );
    let Turn::Ask(question) = machine.turn() else {
        panic!("a question");
    };
    assert_eq!(question.default.as_deref(), Some("2020-01-01"));
    // At the first question there is no way back.
    let (script, _) = play(&mut self::machine(), &mut world, &["b"]).await;
    assert_eq!(script.said, ["This is the first question."]);
}

#[tokio::test]
async fn going_back_to_another_desk_checks_it_again() {
    let (mut machine, mut world) = (machine(), World::default());
    let mut replies = DESKS.to_vec();
    replies.extend(["b", "elsewhere", "q"]);
    play(&mut machine, &mut world, &replies).await;
    let checks = |side| {
        world
            .done
            .iter()
            .filter(|work| **work == Work::Check(side))
            .count()
    };
    assert_eq!((checks(Side::Source), checks(Side::Target)), (1, 2));
    assert_eq!(machine.answers().get("target.path"), Some("elsewhere"));
}

#[tokio::test]
async fn what_was_stopped_goes_on_and_can_still_go_back() {
    let (mut machine, mut world) = (machine(), World::default());
    let mut replies = DESKS.to_vec();
    replies.extend(["1", "q"]);
    let (_, end) = play(&mut machine, &mut world, &replies).await;
    assert_eq!(end, End::Quit);

    let answers = Answers::parse("state", &world.saved).unwrap();
    let texts = Texts::of(Language::English);
    let around = Surroundings::default();
    let mut again = Machine::new(texts, answers, Answers::default(), around);
    let (script, _) = play(&mut again, &mut world, &["b", "2"]).await;
    assert_eq!(
        script.asked,
        ["scope.since", "scope.records", "scope.since"]
    );
    assert_eq!(again.answers().get("scope.records"), Some("organizations"));
}

#[tokio::test]
async fn help_and_wrong_answers_ask_the_same_again() {
    let (mut machine, mut world) = (machine(), World::default());
    let (script, _) = play(&mut machine, &mut world, &["?", "zzz", "17", "", "Fresh"]).await;
    assert_eq!(script.asked[..5], ["source.connector"; 5]);
    assert!(script.said[0].contains("only read"), "{:?}", script.said);
    assert!(script.said[1].contains("`zzz`"), "{:?}", script.said);
    assert!(
        script.said[3].contains("needs an answer"),
        "{:?}",
        script.said
    );
    assert_eq!(script.asked[5], "source.domain");

    let mut replies = DESKS.to_vec();
    replies.extend(["", "yesterday", "2020-02-30", "", "", "", "", "20-6"]);
    let (script, _) = play(&mut self::machine(), &mut world, &replies).await;
    let wrong = script
        .said
        .iter()
        .filter(|text| text.contains("no date"))
        .count();
    assert_eq!(wrong, 2, "{:?}", script.said);
    assert!(
        script
            .said
            .iter()
            .any(|text| text.contains("two times of day"))
    );
}

#[tokio::test]
async fn a_key_that_is_refused_is_asked_for_again() {
    let (mut machine, mut world) = (machine(), World::default());
    world.fails = 1;
    let replies = [
        "freshdesk",
        "acme",
        "1",
        "wrong",
        "",
        "",
        "",
        "",
        "right",
        "q",
    ];
    let (script, _) = play(&mut machine, &mut world, &replies).await;
    let asked: Vec<&str> = script.asked.iter().map(String::as_str).collect();
    assert_eq!(
        asked[3..],
        [
            "secret.source.api_key",
            "failed",
            "source.connector",
            "source.domain",
            "source.api_key",
            "secret.source.api_key",
            "target.connector",
        ]
    );
    assert_eq!(world.secrets.last().unwrap().1, "right");
}

#[tokio::test]
async fn what_would_mail_is_looked_at_again_or_acknowledged() {
    let (mut machine, mut world) = (machine(), World::default());
    world.mails = true;
    let mut replies = DESKS.to_vec();
    replies.extend(["1", "", "2"]);
    let (script, _) = play(&mut machine, &mut world, &replies).await;
    let mail = script.asked.iter().filter(|id| *id == "mail").count();
    // Nothing is agreed to by an empty answer.
    assert_eq!(mail, 3, "{:?}", script.asked);
    assert_eq!(machine.answers().get("mail"), Some("allow"));
    assert_eq!(script.asked.last().unwrap(), "scope.records");
}

#[tokio::test]
async fn a_row_is_changed_in_place() {
    let (mut machine, mut world) = (machine(), World::default());
    let replies = with(&["all", "1", "on hold", "", "q"]);
    let (script, _) = play(&mut machine, &mut world, &replies).await;
    let asked: Vec<&str> = script.asked.iter().map(String::as_str).collect();
    let end = asked.len();
    assert_eq!(
        asked[end - 4..],
        [
            "map.status",
            "map.status.Waiting for vendor",
            "map.status",
            "people.merge"
        ]
    );
    let rules = machine.rules();
    assert_eq!(rules[0].to.as_deref(), Some("on_hold"));
    let text = files::mapping(None, machine.answers(), &rules, machine.texts()).unwrap();
    assert!(
        text.contains("\"Waiting for vendor\" = \"on_hold\""),
        "{text}"
    );
    crate::mapping::UserMapping::parse("mapping.toml", &text).unwrap();
}

#[tokio::test]
async fn a_pilot_needs_a_word_and_can_be_taken_back() {
    let (mut machine, mut world) = (machine(), World::default());
    let replies = with(&["all", "", "", "", "", "yes", "undo", "now"]);
    let (script, end) = play(&mut machine, &mut world, &replies).await;
    // An empty answer writes nothing.
    let pilot = script.asked.iter().filter(|id| *id == "pilot").count();
    assert_eq!(pilot, 2, "{:?}", script.asked);
    assert!(matches!(end, End::Done(_, 0)), "{end:?}");
    let end = world.done.len();
    assert_eq!(world.done[end - 3..], [Work::Pilot, Work::Undo, Work::Run]);

    // Going back after it leads to a new pilot, not to links that lead nowhere.
    let (mut machine, mut world) = (self::machine(), World::default());
    let replies = with(&["all", "", "", "", "yes", "undo", "b", "yes", "keep"]);
    let (script, _) = play(&mut machine, &mut world, &replies).await;
    let end = script.asked.len();
    assert_eq!(
        script.asked[end - 5..],
        ["pilot_result", "run", "pilot", "pilot_result", "run"]
    );
    let end = world.done.len();
    assert_eq!(
        world.done[end - 3..],
        [Work::Pilot, Work::Undo, Work::Pilot]
    );
}

#[test]
fn what_would_mail_is_told_in_the_language_where_there_are_words() {
    let plain = |id: &str| Interlock {
        id: id.into(),
        name: Some("Fechar {em 4 dias}".into()),
        what: "automation \"x\" mails".into(),
        hint: "turn it off".into(),
        proven: true,
        facts: Default::default(),
    };
    let lock = |id: &str| {
        let facts = match id {
            "rule-4-80000001" => [("type", "ticket updates"), ("deed", "forward")],
            _ => [("watchers", "ada, bo"), ("", "")],
        };
        let facts = facts.map(|(name, fact)| (name, fact.to_owned()));
        plain(id).naming(facts)
    };
    let told = |language, platform, id| {
        let mut answers = Answers::default();
        answers.set("target.connector", platform);
        let texts = Texts::of(language);
        let around = Surroundings::default();
        Machine::new(texts, answers, Answers::default(), around).interlock(&lock(id))
    };
    let (what, hint) = told(Language::Portuguese, "zendesk", "automation-360000008801");
    assert!(
        what.starts_with("a automação \"Fechar {em 4 dias}\""),
        "{what}"
    );
    assert!(hint.starts_with("desative-a"), "{hint}");
    let (what, _) = told(Language::Spanish, "request_tracker", "queue-watchers-3");
    assert!(what.contains("la cola \"Fechar"), "{what}");
    // Who gets the mail is what matters.
    assert!(what.contains("ada, bo"), "{what}");
    for (language, start, deed) in [
        (Language::Spanish, "la regla", "reenvía el ticket"),
        (Language::Portuguese, "a regra", "encaminha o ticket"),
    ] {
        let (what, hint) = told(language, "freshdesk", "rule-4-80000001");
        assert!(what.starts_with(start) && what.ends_with(deed), "{what}");
        assert!(hint.contains("Automations > ticket updates:"), "{hint}");
    }
    // Else as the connector says it.
    for (language, id) in [
        (Language::Spanish, "unheard-of-1"),
        (Language::English, "automation-1"),
    ] {
        let (what, hint) = told(language, "zendesk", id);
        assert_eq!(
            (what.as_str(), hint.as_str()),
            ("automation \"x\" mails", "turn it off")
        );
    }
}
