//! The questions in their order. Each step says what comes next, or passes on
//! to the one after it when all it needs is known.

use std::ops::ControlFlow::{Break, Continue};

use super::facts::{Checked, Fact, Side, Work};
use super::machine::{End, Machine, Next, Turn};
use super::question::{Ask, Choice, Question};
use crate::cli::{check, config};
use crate::connector::{self, CheckLevel, Connector, Interlock, Place};

/// How many parts the wizard has, as it counts them for people.
pub const PARTS: usize = 8;

impl Machine {
    pub(super) fn steps(&self) -> Next<End> {
        self.desk(Side::Source)?;
        self.desk(Side::Target)?;
        self.mail()?;
        self.scope()?;
        self.files()?;
        if self.read()? {
            self.mapping()?;
            self.people()?;
            self.pilot()?;
        }
        self.finish()
    }

    pub(super) fn question(
        &self,
        id: &str,
        part: usize,
        text: &str,
        help: &str,
        ask: Ask,
    ) -> Question {
        Question {
            id: id.to_owned(),
            part,
            about: Vec::new(),
            text: text.to_owned(),
            help: help.to_owned(),
            ask,
            default: None,
        }
    }

    fn desk(&self, side: Side) -> Next {
        let part = match side {
            Side::Source => 1,
            Side::Target => 2,
        };
        let (ask, help) = match side {
            Side::Source => ("wizard-source-ask", "wizard-source-help"),
            Side::Target => ("wizard-target-ask", "wizard-target-help"),
        };
        let id = format!("{}.connector", side.name());
        let choices = connector::all()
            .iter()
            .filter(|connector| can_be(connector, side))
            .map(|connector| Choice::new(connector.name, connector.title))
            .collect();
        let mut question = self.question(
            &id,
            part,
            &self.texts.get(ask),
            &self.texts.get(help),
            Ask::One(choices),
        );
        question.default = self.proposed(&id, None);
        if side == Side::Target {
            question.about = self.source_found();
        }
        let name = self.ask(question)?;
        let Some(connector) = connector::find(name) else {
            return Continue(());
        };
        self.place(side, part, connector)?;
        self.sign_in(side, part, connector)?;
        if side == Side::Target {
            for switch in connector.asking.switches {
                let id = format!("target.{}", switch.option);
                let mut question = self.question(
                    &id,
                    part,
                    &(switch.ask)(self.texts),
                    &(switch.ask)(self.texts),
                    Ask::One(self.yes_no(("true", "false"))),
                );
                let fallback = if switch.default { "true" } else { "false" };
                question.default = self.proposed(&id, Some(fallback));
                self.ask(question)?;
            }
        }
        self.found(Work::Check(side))?;
        Continue(())
    }

    pub(super) fn yes_no(&self, values: (&str, &str)) -> Vec<Choice> {
        vec![
            Choice::new(values.0, self.texts.get("wizard-yes")),
            Choice::new(values.1, self.texts.get("wizard-no")),
        ]
    }

    /// Which desk a question about a place is for.
    pub(super) fn place_of(&self, id: &str) -> Option<(Side, Place)> {
        [Side::Source, Side::Target].into_iter().find_map(|side| {
            let option = id.strip_prefix(side.name())?.strip_prefix('.')?;
            let name = self.answers.get(&format!("{}.connector", side.name()))?;
            let place = connector::find(name)?.asking.place;
            (place.option() == option).then_some((side, place))
        })
    }

    fn place(&self, side: Side, part: usize, connector: &Connector) -> Next {
        let place = connector.asking.place;
        let id = format!("{}.{}", side.name(), place.option());
        let name = connector.title;
        let (text, help) = match place {
            Place::Account { suffix, .. } => {
                let values = [("name", name.into()), ("suffix", suffix.into())];
                (
                    self.say("wizard-place-account", &values),
                    self.say("wizard-place-account-help", &values),
                )
            }
            Place::Address { .. } => (
                self.say("wizard-place-address", &[("name", name.into())]),
                self.texts.get("wizard-place-address-help"),
            ),
            Place::Folder { .. } => (
                self.texts.get("wizard-place-folder"),
                self.texts.get("wizard-place-folder-help"),
            ),
        };
        let mut question = self.question(&id, part, &text, &help, Ask::Text);
        let base = self.before.get(&format!("{}.base_url", side.name()));
        question.default = match (place, base) {
            (Place::Account { .. }, Some(base)) => Some(base.to_owned()),
            _ => self.proposed(&id, None),
        };
        self.ask(question)?;
        Continue(())
    }

    fn sign_in(&self, side: Side, part: usize, connector: &Connector) -> Next {
        let ways = connector.asking.ways;
        let has = |answers: &super::answers::Answers, option: &str| {
            answers.get(&format!("{}.{option}", side.name())).is_some()
        };
        let told = |answers| {
            ways.iter()
                .position(|way| way.options.iter().any(|option| has(answers, option)))
        };
        let index = match (ways.len(), told(&self.answers)) {
            (0, _) => return Continue(()),
            (1, _) => 0,
            (_, Some(index)) => index,
            (_, None) => {
                let id = format!("sign_in.{}", side.name());
                let choices = ways
                    .iter()
                    .enumerate()
                    .map(|(at, way)| Choice::new((at + 1).to_string(), (way.title)(self.texts)));
                let guides: Vec<String> = ways.iter().map(|way| (way.guide)(self.texts)).collect();
                let mut question = self.question(
                    &id,
                    part,
                    &self.say("wizard-sign-in-ask", &[("name", connector.title.into())]),
                    &guides.join("\n"),
                    Ask::One(choices.collect()),
                );
                let known = told(&self.before).unwrap_or(0);
                question.default = Some((known + 1).to_string());
                let answer = self.ask(question)?;
                answer.parse::<usize>().unwrap_or(1).saturating_sub(1)
            }
        };
        let Some(way) = ways.get(index) else {
            return Continue(());
        };
        let schema = (connector.options_schema)();
        let mut about = vec![(way.guide)(self.texts)];
        about.push(match side {
            Side::Source => self.texts.get("wizard-rights-source"),
            Side::Target => self.texts.get("wizard-rights-target"),
        });
        for option in way.options {
            let id = format!("{}.{option}", side.name());
            let what = schema["properties"][option]["description"]
                .as_str()
                .unwrap_or_default()
                .replace('\n', " ");
            if is_secret(&schema, option) {
                self.secret(&id, part, option, &mut about, side)?;
                continue;
            }
            let mut question = self.question(
                &id,
                part,
                &self.say("wizard-option-ask", &[("option", (*option).into())]),
                &format!("{}\n{what}", (way.guide)(self.texts)),
                Ask::Text,
            );
            question.about = std::mem::take(&mut about);
            question.default = self.proposed(&id, None);
            self.ask(question)?;
        }
        Continue(())
    }

    fn secret(
        &self,
        id: &str,
        part: usize,
        option: &str,
        about: &mut Vec<String>,
        side: Side,
    ) -> Next {
        let there = |place: &str| self.around.secrets.iter().any(|known| known == place);
        let (variable, file) = (variable(side, option), file(side, option));
        let name = format!("{}-{}", side.name(), option.replace('_', "-"));
        let label = |place: &str, id: &str| {
            let name = place.split_once(':').map_or(place, |(_, name)| name);
            let text = self.say(id, &[("name", name.into())]);
            match there(place) {
                true => format!("{text} {}", self.texts.get("wizard-secret-there")),
                false => text,
            }
        };
        let mut choices = vec![
            Choice::new(&file, label(&file, "wizard-secret-file")),
            Choice::new(&variable, label(&variable, "wizard-secret-env")),
        ];
        if self.around.keyring {
            let place = format!("keyring:{name}");
            choices.push(Choice::new(&place, label(&place, "wizard-secret-keyring")));
        }
        let known = self.before.get(id).filter(|place| place.contains(':'));
        if let Some(place) = known.filter(|place| choices.iter().all(|c| c.value != **place)) {
            choices.insert(0, Choice::new(place, label(place, "wizard-secret-known")));
        }
        let default = match (known, there(&variable)) {
            (Some(place), _) => place.to_owned(),
            (None, true) => variable,
            (None, false) => file,
        };
        let mut question = self.question(
            id,
            part,
            &self.say("wizard-secret-ask", &[("option", option.into())]),
            &self.texts.get("wizard-secret-help"),
            Ask::Place(choices),
        );
        question.about = std::mem::take(about);
        question.default = Some(default);
        let place = self.ask(question)?;
        if there(place) {
            return Continue(());
        }
        match place.split_once(':') {
            Some(("env", name)) => {
                let mut question = self.question(
                    &format!("missing.{id}"),
                    part,
                    &self.texts.get("wizard-env-ask"),
                    &self.texts.get("wizard-secret-help"),
                    Ask::One(vec![Choice::new("quit", self.texts.get("wizard-quit"))]),
                );
                let set = [("name", name.into())];
                question.about = vec![self.say("wizard-env-missing", &set)];
                Break(Turn::Ask(question))
            }
            _ => {
                let mut question = self.question(
                    &format!("secret.{id}"),
                    part,
                    &self.say("wizard-secret-enter", &[("option", option.into())]),
                    &self.texts.get("wizard-secret-enter-help"),
                    Ask::Secret,
                );
                question.about = Vec::new();
                Break(Turn::Ask(question))
            }
        }
    }

    /// Where the secret goes that this question asks for.
    pub(super) fn secret_place(&self, id: &str) -> String {
        let id = id.strip_prefix("secret.").unwrap_or(id);
        self.answers.get(id).unwrap_or_default().to_owned()
    }

    pub(super) fn checked(&self, side: Side) -> Checked {
        match self.fact(Work::Check(side)) {
            Some(Fact::Checked(checked)) => checked.clone(),
            _ => Checked::default(),
        }
    }

    /// What the check of a desk found, as lines.
    pub(super) fn findings(&self, checked: &Checked) -> Vec<String> {
        let mut lines = vec![self.say("wizard-found", &[("name", checked.name.clone().into())])];
        for item in &checked.items {
            let mark = match item.level {
                CheckLevel::Ok => self.texts.get("wizard-level-ok"),
                CheckLevel::Warning => self.texts.get("wizard-level-warning"),
                CheckLevel::Failure => self.texts.get("wizard-level-failure"),
            };
            lines.push(format!("- {mark}: {}", item.message));
            lines.extend(item.hint.iter().map(|hint| format!("  {hint}")));
        }
        lines
    }

    fn source_found(&self) -> Vec<String> {
        let checked = self.checked(Side::Source);
        let mut lines = self.findings(&checked);
        let counts: Vec<String> = checked
            .counts
            .iter()
            .filter_map(|(kind, count)| {
                let count = (*count).filter(|count| *count > 0)?;
                Some(format!(
                    "{} {}",
                    self.texts.kind(*kind),
                    self.texts.number(count)
                ))
            })
            .collect();
        if !counts.is_empty() {
            lines.push(self.say("wizard-inventory", &[("counts", counts.join(", ").into())]));
            lines.push(self.texts.get("wizard-inventory-sizes"));
        }
        lines.extend(checked.notes.iter().map(|note| format!("- {note}")));
        lines
    }

    /// What would happen and how to turn it off.
    pub(super) fn interlock(&self, interlock: &Interlock) -> (String, String) {
        let platform = self.answers.get("target.connector").unwrap_or_default();
        check::told(interlock, platform, self.texts)
    }

    /// What would mail customers has to be off, or known.
    fn mail(&self) -> Next {
        let checked = self.checked(Side::Target);
        if checked.interlocks.is_empty() {
            return Continue(());
        }
        let mut question = self.question(
            "mail",
            2,
            &self.texts.get("wizard-mail-ask"),
            &self.texts.get("wizard-mail-help"),
            Ask::One(vec![
                Choice::new("again", self.texts.get("wizard-mail-again")),
                Choice::new("allow", self.texts.get("wizard-mail-allow")),
                Choice::new("quit", self.texts.get("wizard-quit")),
            ]),
        );
        question.about = self.findings(&checked);
        question.about.push(self.texts.get("wizard-mail-about"));
        for interlock in &checked.interlocks {
            let (what, hint) = self.interlock(interlock);
            question.about.push(format!("- {what}"));
            question.about.push(format!("  {hint}"));
        }
        question.default = self.before.get("mail").map(str::to_owned);
        self.ask(question)?;
        Continue(())
    }

    fn files(&self) -> Next {
        if !self.around.files.is_empty() {
            let mut question = self.question(
                "files",
                4,
                &self.texts.get("wizard-write-ask"),
                &self.texts.get("wizard-write-help"),
                Ask::One(vec![
                    Choice::new("update", self.texts.get("wizard-write-update")),
                    Choice::new("quit", self.texts.get("wizard-quit")),
                ]),
            );
            let files = self.around.files.join(", ");
            question.about = vec![self.say("wizard-write-about", &[("files", files.into())])];
            question.default = Some("update".into());
            self.ask(question)?;
        }
        self.found(Work::Write)?;
        Continue(())
    }

    /// Whether the source is read now.
    fn read(&self) -> Next<bool> {
        let mut question = self.question(
            "read",
            4,
            &self.texts.get("wizard-read-ask"),
            &self.texts.get("wizard-read-help"),
            Ask::One(vec![
                Choice::new("now", self.texts.get("wizard-read-now")),
                Choice::new("later", self.texts.get("wizard-read-later")),
            ]),
        );
        let config = match self.around.config.as_str() {
            "" => "deskferry.toml",
            config => config,
        };
        question.about = vec![self.say("wizard-read-about", &[("file", config.into())])];
        question.default = Some("now".into());
        if self.ask(question)? == "later" {
            return Continue(false);
        }
        self.found(Work::Read)?;
        Continue(true)
    }

    fn people(&self) -> Next {
        let mut question = self.question(
            "people.merge",
            6,
            &self.texts.get("wizard-people-ask"),
            &self.texts.get("wizard-people-help"),
            Ask::One(vec![
                Choice::new("strong", self.texts.get("wizard-people-strong")),
                Choice::new("decided", self.texts.get("wizard-people-decided")),
            ]),
        );
        question.default = self.proposed("people.merge", Some("strong"));
        self.ask(question)?;
        let mut question = self.question(
            "people.country",
            6,
            &self.texts.get("wizard-country-ask"),
            &self.texts.get("wizard-country-help"),
            Ask::Text,
        );
        question.default = self.proposed("people.country", Some(""));
        self.ask(question)?;
        Continue(())
    }

    /// Checks a text that cannot be read from a list.
    ///
    /// # Errors
    /// Why it is none, for people.
    pub(super) fn valid(&self, id: &str, answer: &str) -> Result<(), String> {
        let fine = match id {
            _ if answer.is_empty() => true,
            "scope.since" => config::date(answer).is_some(),
            "hours" => config::Hours::parse(answer).is_some(),
            "people.country" => {
                answer.len() == 2 && answer.bytes().all(|byte| byte.is_ascii_uppercase())
            }
            _ => true,
        };
        match (fine, id) {
            (true, _) => Ok(()),
            (false, "scope.since") => Err(self.texts.get("wizard-since-wrong")),
            (false, "hours") => Err(self.texts.get("wizard-hours-wrong")),
            (false, _) => Err(self.texts.get("wizard-country-wrong")),
        }
    }
}

/// Where secrets of any platform are proposed to be kept.
pub fn places() -> Vec<String> {
    let mut places = Vec::new();
    for connector in connector::all() {
        let schema = (connector.options_schema)();
        let options = connector.asking.ways.iter().flat_map(|way| way.options);
        for option in options.filter(|option| is_secret(&schema, option)) {
            for side in [Side::Source, Side::Target] {
                places.extend([variable(side, option), file(side, option)]);
            }
        }
    }
    places
}

/// The environment variable that is proposed for a secret.
fn variable(side: Side, option: &str) -> String {
    format!("env:{}", format!("{}_{option}", side.name()).to_uppercase())
}

/// The file that is proposed for a secret.
fn file(side: Side, option: &str) -> String {
    format!("file:{}-{}.secret", side.name(), option.replace('_', "-"))
}

/// Whether a platform can be this side of a migration.
fn can_be(connector: &Connector, side: Side) -> bool {
    use crate::connector::Support;
    connector.capabilities.iter().any(|capability| {
        let support = match side {
            Side::Source => capability.source,
            Side::Target => capability.sink,
        };
        !matches!(support, Support::None(_))
    })
}

/// Whether an option is a reference to a secret.
fn is_secret(schema: &serde_json::Value, option: &str) -> bool {
    schema["properties"][option]
        .to_string()
        .contains("/Secret\"")
}
