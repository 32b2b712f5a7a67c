//! Whether an answers file says anything that nobody asks for: a word that is
//! almost right would be left out without a word.

use super::answers::Answers;
use super::facts::{Fact, Work};
use super::late::{AUTO, KEPT};
use super::machine::Machine;
use crate::connector::{self, Error, Result};
use crate::mapping::document::unknown;

/// Questions, apart from those about the options of a desk and rows of the mapping.
const QUESTIONS: &[&str] = &[
    "source.connector",
    "target.connector",
    "sign_in.source",
    "sign_in.target",
    "mail",
    "scope.records",
    "scope.since",
    "scope.order",
    "attachments.policy",
    "attachments.too_large",
    "share",
    "hours",
    "files",
    "read",
    "filter",
    "filter.status",
    "filter.groups",
    "people.merge",
    "people.country",
    "pilot",
    "pilot_result",
    "run",
    "ci",
];

/// Tables of `mapping.toml` with a line for each row; fields have rules.
pub const TABLES: &[&str] = &[
    "status", "priority", "type", "groups", "agents", "brands", "forms",
];

/// Checks the names of answers.
///
/// # Errors
/// With one line for each that no question has, and the nearest that one has.
pub fn check(file: &str, answers: &Answers) -> Result<()> {
    let mut known: Vec<String> = QUESTIONS.iter().map(|id| (*id).to_owned()).collect();
    known.extend(topics().map(|topic| format!("map.{topic}")));
    for side in ["source", "target"] {
        let name = answers
            .get(&format!("{side}.connector"))
            .unwrap_or_default();
        let Some(connector) = connector::find(name) else {
            continue;
        };
        let schema = (connector.options_schema)();
        let options = schema["properties"].as_object().into_iter().flatten();
        known.extend(options.map(|(option, _)| format!("{side}.{option}")));
    }
    let mistakes: Vec<String> = answers
        .ids()
        .filter(|id| !known.iter().any(|known| known == id) && !is_row(id))
        .filter(|id| !is_of_unknown_desk(id, answers))
        .map(|id| {
            let told = unknown("answer", "", id, known.iter().map(String::as_str));
            format!("{file}: {told}")
        })
        .chain(unread(file, answers))
        .collect();
    refuse(mistakes)
}

/// Answers that nobody would ask for, because the source is not read.
fn unread<'a>(file: &'a str, answers: &'a Answers) -> impl Iterator<Item = String> + 'a {
    let later = answers.get("read") == Some("later");
    let needs = |id: &&str| {
        let known = ["filter", "people."]
            .iter()
            .any(|part| id.starts_with(part));
        later && (known || is_row(id))
    };
    let mut told: Vec<&str> = answers
        .ids()
        .filter(needs)
        .map(
            |id| match id.strip_prefix("map.").and_then(|id| id.split_once('.')) {
                Some((topic, _)) => &id[..topic.len() + "map.".len()],
                None => id,
            },
        )
        .collect();
    told.dedup();
    told.into_iter()
        .map(move |id| format!("{file}: `{id}` needs the source to be read: read = \"now\""))
}

/// What rows are answered about.
fn topics() -> impl Iterator<Item = &'static str> {
    TABLES.iter().copied().chain(["fields"])
}

fn is_row(id: &str) -> bool {
    let row = id.strip_prefix("map.").and_then(|id| id.split_once('.'));
    row.is_some_and(|(topic, key)| match topic {
        // Of which field, and which of its choices.
        "values" => key.contains('.'),
        topic => topics().any(|known| known == topic) && !key.is_empty(),
    })
}

/// Options of a desk whose platform is not known: that is told by its question.
fn is_of_unknown_desk(id: &str, answers: &Answers) -> bool {
    id.split_once('.').is_some_and(|(side, _)| {
        let name = answers.get(&format!("{side}.connector"));
        matches!(side, "source" | "target") && name.and_then(connector::find).is_none()
    })
}

/// Checks rows of the mapping against what the source has, and what they
/// become against what the target has.
///
/// # Errors
/// As [`check`].
pub fn check_rows(machine: &Machine) -> Result<()> {
    let answers = machine.answers();
    let Some(Fact::Survey(topics)) = machine.fact(Work::Survey) else {
        return Ok(());
    };
    let mut mistakes = machine.wrong_values(topics);
    for topic in topics {
        let prefix = format!("map.{}.", topic.id);
        for (key, answer) in answers.below(&prefix) {
            let place = format!("[map.{}]", topic.id);
            let Some(row) = topic.all().find(|row| row.key == key) else {
                let rows = topic.all().map(|row| row.key.as_str());
                let what = format!("{place}: {}", unknown("row", "", key, rows));
                mistakes.push(what);
                continue;
            };
            let targets = &topic.targets;
            let ruled = row.ruled.as_ref();
            if let Some(ruled) = ruled.filter(|ruled| ruled.own) {
                if ruled.to.as_deref() != Some(answer) && ![&ruled.says, KEPT].contains(&answer) {
                    mistakes.push(format!("{place}: mapping.toml has a rule for `{key}` that is more than a field and a table; change it there"));
                }
                continue;
            }
            // To say what is there is no mistake.
            if ruled.is_some_and(|ruled| ruled.says == answer) {
                continue;
            }
            if answer != AUTO && !targets.iter().any(|(value, _)| value == answer) {
                let all = targets.iter().map(|(value, _)| value.as_str());
                let what = unknown("value", &format!(" for `{key}`"), answer, all.chain([AUTO]));
                mistakes.push(format!("{place}: {what}"));
            }
        }
    }
    refuse(mistakes)
}

fn refuse(mistakes: Vec<String>) -> Result<()> {
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Error::config(mistakes.join("\n"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::wizard::Surroundings;
    use crate::cli::wizard::facts::{Choices, Confidence, Row, Topic};
    use crate::lang::{Language, Texts};

    #[test]
    fn words_that_nobody_asks_for_are_told_with_the_nearest() {
        let text = "runn = 'later'\n[source]\nconnector = 'zendesk'\nsubdomian = 'acme'\nclient_secret = { env = 'S' }\n[scope]\nordr = 'newest'\n[map.statuss]\na = 'open'\n[map.status]\n'My own' = 'open'\n";
        let answers = Answers::parse("answers.toml", text).unwrap();
        let told = check("answers.toml", &answers).unwrap_err().message;
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 4, "{told}");
        for (word, right) in [
            ("runn", "run"),
            ("source.subdomian", "source.subdomain"),
            ("scope.ordr", "scope.order"),
            ("map.statuss.a", "map.status"),
        ] {
            let line = format!("answers.toml: unknown answer `{word}`; did you mean `{right}`?");
            assert!(lines.contains(&line.as_str()), "{line}\n{told}");
        }
        let fine = text
            .replace("runn", "run")
            .replace("subdomian", "subdomain")
            .replace("ordr", "order")
            .replace("statuss", "groups");
        let answers = Answers::parse("answers.toml", &fine).unwrap();
        check("answers.toml", &answers).unwrap();
    }

    #[test]
    fn what_needs_the_source_is_refused_when_it_is_not_read() {
        let text = "read = 'later'\nrun = 'later'\n[filter]\nstatus = 'open'\n[map.status]\na = 'open'\nb = 'open'\n[map.values.X]\na = '1'\n[people]\ncountry = 'DE'\n";
        let answers = Answers::parse("a", text).unwrap();
        let told = check("a", &answers).unwrap_err().message;
        let right = |id: &str| format!("a: `{id}` needs the source to be read: read = \"now\"");
        let right = [
            "filter.status",
            "map.status",
            "map.values",
            "people.country",
        ]
        .map(right);
        assert_eq!(told.lines().collect::<Vec<_>>(), right);
        let now = Answers::parse("a", &text.replacen("later", "now", 1)).unwrap();
        check("a", &now).unwrap();
        let later = Answers::parse("a", "read = 'later'\npilot = 'no'\n").unwrap();
        check("a", &later).unwrap();
    }

    #[test]
    fn rows_and_values_that_no_desk_has_are_told() {
        let topic = Topic {
            id: "status",
            rows: vec![Row {
                id: String::new(),
                key: "Waiting for supplier".into(),
                label: "Waiting for supplier".into(),
                count: 1,
                sample: None,
                by_itself: None,
                proposal: None,
                ruled: None,
                confidence: Confidence::None,
            }],
            unused: Vec::new(),
            targets: vec![("open".into(), "Open".into())],
            choices: Choices::default(),
        };
        let rows = |text: &str| {
            let answers = Answers::parse("a", &format!("[map.status]\n{text}\n")).unwrap();
            let texts = Texts::of(Language::English);
            let (before, around) = (Answers::default(), Surroundings::default());
            let mut machine = Machine::new(texts, answers, before, around);
            machine.learn(Work::Survey, Fact::Survey(vec![topic.clone()]));
            check_rows(&machine).map_err(|error| error.message)
        };
        assert_eq!(rows("'Waiting for supplier' = 'open'"), Ok(()));
        assert_eq!(rows("'Waiting for supplier' = 'auto'"), Ok(()));
        assert_eq!(
            rows("'Waiting for suplier' = 'open'").unwrap_err(),
            "[map.status]: unknown row `Waiting for suplier`; did you mean `Waiting for supplier`?"
        );
        assert_eq!(
            rows("'Waiting for supplier' = 'opne'").unwrap_err(),
            "[map.status]: unknown value `opne` for `Waiting for supplier`; did you mean `open`?"
        );
    }
}
