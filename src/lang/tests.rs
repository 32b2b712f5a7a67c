use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

const ROOMS: [&str; 9] = [
    "common", "wizard", "progress", "summary", "assess", "report", "field", "loss", "reason",
];

/// The texts of a language: the places that each has.
fn texts(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for (room, file) in ROOMS.iter().zip(language.files()) {
        let resource = FluentResource::try_new(file.to_owned())
            .map_err(|(_, errors)| errors)
            .unwrap_or_else(|errors| panic!("{} {room}.ftl: {errors:?}", language.tag()));
        for entry in resource.entries() {
            let fluent_syntax::ast::Entry::Message(message) = entry else {
                continue;
            };
            let id = message.id.name.to_owned();
            assert!(
                id.starts_with(&format!("{room}-")),
                "{} {room}.ftl: `{id}` belongs to another room",
                language.tag()
            );
            let pattern = message.value.as_ref().expect("a text");
            let mut places = BTreeSet::new();
            collect(pattern, &mut places);
            let before = all.insert(id, places);
            assert!(before.is_none(), "{} twice", message.id.name);
        }
    }
    all
}

fn collect(pattern: &fluent_syntax::ast::Pattern<&str>, places: &mut BTreeSet<String>) {
    use fluent_syntax::ast::{Expression, InlineExpression, PatternElement};
    fn inline(expression: &InlineExpression<&str>, places: &mut BTreeSet<String>) {
        match expression {
            InlineExpression::VariableReference { id } => {
                places.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => any(expression, places),
            _ => {}
        }
    }
    fn any(expression: &Expression<&str>, places: &mut BTreeSet<String>) {
        match expression {
            Expression::Inline(expression) => inline(expression, places),
            Expression::Select { selector, variants } => {
                inline(selector, places);
                for variant in variants {
                    collect(&variant.value, places);
                }
            }
        }
    }
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            any(expression, places);
        }
    }
}

#[test]
fn every_language_has_every_text_with_the_same_places() {
    let english = texts(Language::English);
    for language in [Language::Portuguese, Language::Spanish] {
        let other = texts(language);
        for (id, places) in &english {
            let found = other.get(id);
            assert!(found.is_some(), "{} lacks {id}", language.tag());
            assert_eq!(found, Some(places), "{} {id}", language.tag());
        }
        for id in other.keys() {
            assert!(english.contains_key(id), "only {} has {id}", language.tag());
        }
    }
}

/// What the program asks for: names of texts, and beginnings of names that are
/// put together (`"report-kind-{}"`).
fn asked(folder: &Path, names: &mut BTreeSet<String>, beginnings: &mut BTreeSet<String>) {
    let name = format!(r#"["']((?:{})-[a-z0-9-]*)(["'{{])"#, ROOMS.join("|"));
    let name = regex::Regex::new(&name).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            asked(&path, names, beginnings);
            continue;
        }
        if path.extension().is_some_and(|end| end == "ftl") || path.ends_with("lang/tests.rs") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        // Names of classes and ids of the page are not asked for as texts.
        if path.extension().is_some_and(|end| end == "css") {
            continue;
        }
        for found in name.captures_iter(&text) {
            match &found[2] {
                "{" => beginnings.insert(found[1].to_owned()),
                _ if found[1].ends_with('-') => beginnings.insert(found[1].to_owned()),
                _ => names.insert(found[1].to_owned()),
            };
        }
    }
}

#[test]
fn every_text_is_asked_for_and_every_one_that_is_asked_for_is_there() {
    let english = texts(Language::English);
    let (mut names, mut beginnings) = (BTreeSet::new(), BTreeSet::new());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    asked(&source, &mut names, &mut beginnings);
    for name in &names {
        assert!(english.contains_key(name), "no file has the text `{name}`");
    }
    for beginning in &beginnings {
        assert!(
            english.keys().any(|id| id.starts_with(beginning)),
            "no text begins with `{beginning}`"
        );
    }
    for id in english.keys() {
        let used = names.contains(id) || beginnings.iter().any(|start| id.starts_with(start));
        assert!(used, "nobody asks for the text `{id}`");
    }
}

/// The places that are filled where a text is named with `detail!`: its name,
/// and the names before each `=` that stands between the outermost commas.
fn filled(source: &str) -> Vec<(String, BTreeSet<String>)> {
    const CALL: &str = "detail!(";
    let mut all = Vec::new();
    for (at, _) in source.match_indices(CALL) {
        let call = &source[at + CALL.len()..];
        let (mut depth, mut string, mut escaped) = (0, false, false);
        let mut arguments = vec![String::new()];
        for c in call.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if string => escaped = true,
                '"' => string = !string,
                _ if string => {}
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    arguments.push(String::new());
                    continue;
                }
                _ => {}
            }
            arguments.last_mut().unwrap().push(c);
        }
        let places = arguments[1..].iter().filter(|one| !one.trim().is_empty());
        let places = places.map(|one| one.split('=').next().unwrap().trim().to_owned());
        let id = arguments[0].trim().trim_matches('"').to_owned();
        all.push((id, places.collect()));
    }
    all
}

fn details(folder: &Path, all: &mut Vec<(String, BTreeSet<String>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            details(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !path.ends_with("lang/tests.rs")
        {
            all.extend(filled(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn every_detail_fills_just_the_places_that_its_text_has() {
    let english = texts(Language::English);
    let mut all = Vec::new();
    details(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 20, "{}", all.len());
    for (id, places) in &all {
        let room = id.split('-').next().unwrap();
        assert!(
            matches!(room, "loss" | "reason"),
            "`{id}` is of another room"
        );
        assert_eq!(english.get(id), Some(places), "{id}");
    }
    // What a ledger forgets of a person leaves values of these names alone.
    for place in all.iter().flat_map(|(_, places)| places) {
        assert!(!matches!(&**place, "id" | "owner"), "{place}");
    }
}

#[test]
fn places_of_a_detail_are_read_from_the_source() {
    let source = r#"detail!("loss-a"); detail!(
        "loss-b", one = f("x, (y = 2"), two = detail!("loss-c", three = [1, 2]),
    )"#;
    let places = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let expected: Vec<(String, BTreeSet<String>)> = vec![
        ("loss-a".into(), places(&[])),
        ("loss-b".into(), places(&["one", "two"])),
        ("loss-c".into(), places(&["three"])),
    ];
    assert_eq!(filled(source), expected);
}

#[test]
fn locales_of_the_environment_are_understood() {
    for (locale, language) in [
        ("pt_BR.UTF-8", Some(Language::Portuguese)),
        ("pt", Some(Language::Portuguese)),
        ("es-MX", Some(Language::Spanish)),
        ("en_GB@euro", Some(Language::English)),
        ("C.UTF-8", None),
        ("eo", None),
        ("", None),
    ] {
        assert_eq!(Language::parse(locale), language, "{locale}");
    }
}

#[test]
fn numbers_and_dates_are_those_of_the_language() {
    let date: Date = "2026-11-22T15:04:05Z".parse().unwrap();
    let told = |language| {
        let texts = Texts::of(language);
        [
            texts.number(1_234_567),
            texts.decimal(1234.56, 1),
            texts.day(date),
            texts.time(date),
            texts.bytes(1_536_000),
        ]
    };
    insta::assert_debug_snapshot!(Language::ALL.map(told));
}

#[test]
fn lengths_of_time_have_two_units_at_most() {
    let texts = Texts::of(Language::Portuguese);
    let told = |seconds| texts.duration(Duration::from_secs(seconds));
    assert_eq!(told(59), "59 s");
    assert_eq!(told(3599), "59 min");
    assert_eq!(told(3600), "1 h");
    assert_eq!(told(11_100), "3 h 5 min");
    assert_eq!(told(200_000), "2 d 7 h");
}

#[test]
fn a_text_that_is_missing_is_told_by_its_name() {
    assert_eq!(
        Texts::of(Language::Spanish).get("no-such-text"),
        "no-such-text"
    );
}

#[test]
fn every_field_that_can_be_lost_has_a_name() {
    let source = include_str!("../connector/loss.rs");
    let fields = source.split("pub mod field {").nth(1).unwrap();
    let fields = fields.split("\n}").next().unwrap();
    let names: Vec<&str> = fields.split('"').skip(1).step_by(2).collect();
    assert!(names.len() > 60, "{}", names.len());
    for name in names {
        assert_eq!(Texts::of(Language::English).field(name), name);
        for language in [Language::Portuguese, Language::Spanish] {
            let told = Texts::of(language).field(name);
            assert!(!told.contains(['.', '_']), "{}: {name}", language.tag());
        }
    }
    assert_eq!(
        Texts::of(Language::Spanish).field("unheard.of"),
        "unheard.of"
    );
}

#[test]
fn one_is_not_several() {
    for language in [Language::English, Language::Portuguese, Language::Spanish] {
        let said = |id: &str, count: u64| {
            let values = [("count", count.into()), ("placed", 0_u64.into())];
            let text = Texts::of(language).say(id, &values);
            text.replace(&count.to_string(), "N")
        };
        let counted = texts(language);
        let rules = counted
            .iter()
            .filter(|(id, places)| id.starts_with("summary-rules-") && places.contains("count"));
        let rules: Vec<&str> = rules.map(|(id, _)| id.as_str()).collect();
        assert_eq!(rules.len(), 11, "{rules:?}");
        for id in rules.into_iter().chain(["wizard-values-placed"]) {
            assert_ne!(said(id, 1), said(id, 2), "{} {id}", language.tag());
        }
    }
}
