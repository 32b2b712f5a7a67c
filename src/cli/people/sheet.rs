//! What there is to decide, as a file for spreadsheets, and back.

use std::path::Path;

use super::super::{Context, exit};
use super::{Decisions, Known, people};
use crate::connector::{Error, Result, text};
use crate::engine::{Apart, Person};
use crate::ledger::{Decided, Ledger};
use crate::schema::Kind;

const COLUMNS: [&str; 12] = [
    "question",
    "id",
    "name",
    "addresses",
    "organizations",
    "other_id",
    "other_name",
    "other_addresses",
    "other_organizations",
    "reason",
    "now",
    "decision",
];

/// What must be in a file that is read.
const NEEDED: [&str; 4] = ["question", "id", "other_id", "decision"];

const SAME: &str = "same person?";
const AGENT: &str = "who is this agent?";
const NOWHERE: &str = "no address";

/// Mistakes that are told at once.
const TOLD: usize = 20;

/// Puts an apostrophe before what a spreadsheet would execute, and before what
/// begins with one.
fn guard(cell: &str) -> String {
    match cell.starts_with('\'') || text::is_formula(cell) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// Takes the apostrophe of [`guard`] away, and no other.
fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || text::is_formula(rest) => rest,
        _ => cell,
    }
}

fn cells(person: &Person) -> [String; 4] {
    [
        // A bare number of twelve digits is rounded by spreadsheets.
        format!("contact {}", person.id),
        person.name.clone().unwrap_or_default(),
        person.addresses.join("; "),
        person.organizations.join("; "),
    ]
}

pub(super) fn export(file: &Path, context: &Context) -> Result<u8> {
    let (known, ledger) = Known::read(context)?;
    let unwritable = |cause: csv::Error| {
        Error::local(format!("{} cannot be written: {cause}", file.display())).caused_by(cause)
    };
    // The mark tells spreadsheets that it is UTF-8.
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    writer.write_record(COLUMNS).map_err(unwritable)?;
    let mut rows = 0_u64;
    let mut add = |row: Vec<String>| {
        rows += 1;
        writer.write_record(row.iter().map(|cell| guard(cell)))
    };
    let decisions = ledger.decisions()?;
    for merge in &known.found.unified {
        let decided = decisions.iter().any(|known| {
            let pair = crate::ledger::Decision::new(&merge.id, &merge.kept, Decided::Same);
            known.one == pair.one && known.other == pair.other
        });
        // It stands among those that were decided about.
        if decided {
            continue;
        }
        let (kept, other) = people(&ledger, merge)?;
        let mut row = vec![SAME.to_owned()];
        row.extend(cells(&kept));
        row.extend(cells(&other));
        row.extend([merge.why.clone(), "written as one".into(), String::new()]);
        add(row).map_err(unwritable)?;
    }
    for pair in &known.found.suggestions {
        let mut row = vec![SAME.to_owned()];
        row.extend(cells(&pair.one));
        row.extend(cells(&pair.other));
        row.push(pair.why.clone());
        row.push(
            match (pair.apart, pair.decided) {
                (Some(Apart::Written), _) => "both are on the target already",
                (Some(Apart::Decided), _) => "two, by another decision",
                (None, Some(Decided::Same)) => "written as one",
                (None, _) => "written as two",
            }
            .to_owned(),
        );
        let decided = pair.decided.map(Decided::name);
        row.push(decided.unwrap_or_default().to_owned());
        add(row).map_err(unwritable)?;
    }
    for agent in known.agents.iter().flatten() {
        let mut row = vec![
            AGENT.to_owned(),
            format!("agent {}", agent.id),
            agent.name.clone().unwrap_or_default(),
            agent.email.clone().unwrap_or_default(),
        ];
        row.extend(std::iter::repeat_n(String::new(), 5));
        row.push("the target has no agent with this address".into());
        row.push(match (&agent.claim, &agent.stands) {
            (Some(claim), _) => format!("agent {}", claim.name),
            (None, Some(contact)) => format!("contact {contact} stands for them"),
            (None, None) => "a contact will stand for them".into(),
        });
        let claim = agent.claim.as_ref();
        row.push(claim.map(|claim| claim.name.clone()).unwrap_or_default());
        add(row).map_err(unwritable)?;
    }
    for person in &known.found.nowhere {
        let mut row = vec![NOWHERE.to_owned()];
        row.extend(cells(person));
        row.extend(std::iter::repeat_n(String::new(), 4));
        row.push("moved by name and id; nobody can be told apart by them".into());
        row.extend([String::new(), String::new()]);
        add(row).map_err(unwritable)?;
    }
    writer
        .flush()
        .map_err(|cause| unwritable(csv::Error::from(cause)))?;
    drop(writer);
    // Names and addresses are for the owner's eyes.
    crate::report::save(file, |out| {
        out.write_all(&bytes)
            .map_err(|cause| unwritable(csv::Error::from(cause)))
    })?;
    let printer = &context.printer;
    if printer.is_json() {
        let told = serde_json::json!({"file": file, "rows": rows});
        printer.json("people_exported", &told)?;
    } else {
        printer.data(&format!("{rows} rows are in {}", file.display()))?;
        printer.talk("fill in the column `decision`: same, different, or a former agent's new address; then `deskferry people import`");
    }
    if known.agents.is_none() {
        printer.talk("former agents are not in it: run `deskferry preview` first");
    }
    Ok(exit::DONE)
}

/// Reads decisions. All mistakes are told at once, and nothing is kept then.
pub(super) fn read(file: &Path, ledger: &Ledger) -> Result<Decisions> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|cause| {
        Error::config(format!("{name} cannot be read: {cause}"))
            .hint("`deskferry people export` writes such a file")
            .caused_by(cause)
    })?;
    let text = decode(&name, &bytes)?;
    let mut decisions = Decisions::default();
    let mistakes = parse(&name, &text, ledger, &mut decisions)?;
    if mistakes.is_empty() {
        return Ok(decisions);
    }
    let more = mistakes.len().saturating_sub(TOLD);
    let mut lines: Vec<String> = mistakes.into_iter().take(TOLD).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Err(Error::config(lines.join("\n"))
        .hint("correct these rows and import the file again; nothing of it was kept"))
}

/// Spreadsheets save as UTF-8 or, when asked for Unicode, as UTF-16.
fn decode(name: &str, bytes: &[u8]) -> Result<String> {
    let (encoding, mark) = encoding_rs::Encoding::for_bom(bytes).unwrap_or((encoding_rs::UTF_8, 0));
    let rest = bytes.get(mark..).unwrap_or_default();
    let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        Error::config(format!("{name} is not UTF-8"))
            .hint("save it as `CSV UTF-8` in the spreadsheet")
    })
}

fn parse(
    name: &str,
    text: &str,
    ledger: &Ledger,
    decisions: &mut Decisions,
) -> Result<Vec<String>> {
    let head = text.lines().next().unwrap_or_default();
    // Spreadsheets write what separates cells in their country.
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let place = |column: &str| headers.iter().position(|head| head.trim() == column);
    let mut places = [0; NEEDED.len()];
    for (index, column) in NEEDED.into_iter().enumerate() {
        places[index] = place(column).ok_or_else(|| {
            Error::config(format!("{name}, row 1: there is no column `{column}`"))
                .hint("keep the first row and these columns as `deskferry people export` wrote them: question, id, other_id, decision")
        })?;
    }
    let mut mistakes = Vec::new();
    let mut seen: std::collections::HashMap<(String, String), usize> =
        std::collections::HashMap::new();
    for (index, row) in reader.records().enumerate() {
        // As the spreadsheet counts: the first row names the columns.
        let number = index + 2;
        let mut wrong = |column: &str, what: String| {
            mistakes.push(format!("{name}, row {number}, column {column}: {what}"));
        };
        let row = match row {
            Ok(row) => row,
            Err(cause) => {
                wrong("question", format!("the row cannot be read: {cause}"));
                continue;
            }
        };
        let cell = |index: usize| unguard(row.get(places[index]).unwrap_or_default().trim());
        let (question, id, other, decision) = (cell(0), cell(1), cell(2), cell(3));
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let kind = match question {
            SAME => Kind::Contact,
            AGENT => Kind::Agent,
            NOWHERE => {
                if !decision.is_empty() {
                    let what = "there is nothing to decide here; leave it empty";
                    wrong("decision", what.to_owned());
                }
                continue;
            }
            unknown => {
                wrong(
                    "question",
                    format!("`{unknown}` is none of `{SAME}`, `{AGENT}`, `{NOWHERE}`"),
                );
                continue;
            }
        };
        let mut known = |column: &str, text: &str| -> Result<Option<String>> {
            match text.strip_prefix(kind.name()).map(str::trim) {
                Some(id) if !id.is_empty() => match ledger.exists(kind, id)? {
                    true => return Ok(Some(id.to_owned())),
                    false => wrong(
                        column,
                        format!("the ledger has no {kind} {id}; take the row out, or pull first"),
                    ),
                },
                _ => wrong(
                    column,
                    format!("`{text}` is no {kind}; write it as `{kind} 42`, as it was exported"),
                ),
            }
            Ok(None)
        };
        let Some(id) = known("id", id)? else { continue };
        let other = match kind {
            Kind::Contact => match known("other_id", other)? {
                Some(other) if other == id => {
                    wrong("other_id", format!("contact {id} is named twice"));
                    continue;
                }
                Some(other) => other,
                None => continue,
            },
            _ => String::new(),
        };
        let decided = match (kind, decision.to_lowercase().as_str()) {
            (Kind::Agent, _) => None,
            (_, "") => None,
            (_, word) => match Decided::parse(word) {
                Some(decided) => Some(decided),
                None => {
                    wrong(
                        "decision",
                        format!("`{decision}` is none; write same or different, or leave it empty"),
                    );
                    continue;
                }
            },
        };
        let pair = crate::ledger::Decision::new(&id, &other, Decided::Same);
        if let Some(first) = seen.insert((pair.one, pair.other), number) {
            wrong("id", format!("it is the same question as in row {first}"));
            continue;
        }
        match kind {
            Kind::Agent => {
                let claimed = ledger.claimed(&id)?;
                let same = claimed
                    .as_ref()
                    .is_some_and(|claim| claim.name == decision || claim.target == decision);
                match (decision, claimed) {
                    ("", None) => {}
                    ("", Some(_)) => decisions.agents.push((id, None)),
                    _ if same => {}
                    (new, _) => decisions.agents.push((id, Some(new.to_owned()))),
                }
            }
            _ => decisions.contacts.push((id, other, decided)),
        }
    }
    let known = ledger.decisions()?;
    // An empty cell where nothing was decided is no decision.
    decisions.contacts.retain(|(id, other, decided)| {
        let pair = crate::ledger::Decision::new(id, other, Decided::Same);
        decided.is_some()
            || known
                .iter()
                .any(|known| known.one == pair.one && known.other == pair.other)
    });
    Ok(mistakes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::{Mode, PageCommit, pack};
    use crate::schema::{Agent, Contact, Record};

    async fn ledger(folder: &Path) -> Ledger {
        let path = folder.join("deskferry.ledger");
        let ledger = Ledger::open(&path, "test", Mode::Run).unwrap();
        let mut records: Vec<Record> = ["1", "2", "3"]
            .into_iter()
            .map(|id| {
                Record::Contact(Contact {
                    id: id.into(),
                    ..Contact::default()
                })
            })
            .collect();
        records.push(Record::Agent(Agent {
            id: "7".into(),
            ..Agent::default()
        }));
        let page = PageCommit {
            stream: "all",
            packed: pack(&records).unwrap(),
            ..PageCommit::default()
        };
        ledger.commit_page(page).await.unwrap();
        ledger
    }

    fn read_text(ledger: &Ledger, folder: &Path, text: &[u8]) -> Result<Decisions> {
        let file = folder.join("people.csv");
        std::fs::write(&file, text).unwrap();
        read(&file, ledger).map_err(|error| {
            let folder = folder.display().to_string();
            Error::config(error.to_string().replace(&format!("{folder}/"), ""))
        })
    }

    #[tokio::test]
    async fn decisions_are_read_whatever_the_spreadsheet_made_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let plain = "question,id,other_id,note,decision\r\n\
             same person?,contact 1,contact 2,\"two\nlines\",Same\r\n\
             same person?,contact 3,contact 1,,\r\n\
             who is this agent?,agent 7,,,bo@example.com\r\n\
             ,,,,\r\n";
        let expected = Decisions {
            contacts: vec![("1".into(), "2".into(), Some(Decided::Same))],
            agents: vec![("7".into(), Some("bo@example.com".into()))],
        };
        let semicolons = plain.replace(',', ";");
        let utf16: Vec<u8> = std::iter::once(0xfeff_u16)
            .chain(plain.replace(',', "\t").encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [
            plain.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", semicolons.as_bytes()].concat(),
            utf16,
        ] {
            let found = read_text(&ledger, folder.path(), &bytes).unwrap();
            assert_eq!(found, expected);
        }
    }

    #[tokio::test]
    async fn every_bad_row_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let text = "question,id,other_id,decision\n\
             same person?,contact 1,contact 2,smae\n\
             same person?,3.6E+11,contact 2,same\n\
             same person?,contact 9,contact 2,same\n\
             same person?,contact 1,contact 1,same\n\
             no address,contact 1,,same\n\
             what?,contact 1,,\n\
             same person?,contact 1,contact 3,same\n\
             same person?,contact 3,contact 1,different\n";
        let error = read_text(&ledger, folder.path(), text.as_bytes()).unwrap_err();
        let told: Vec<&str> = error.message.lines().collect();
        assert_eq!(
            told,
            [
                "people.csv, row 2, column decision: `smae` is none; write same or different, or leave it empty",
                "people.csv, row 3, column id: `3.6E+11` is no contact; write it as `contact 42`, as it was exported",
                "people.csv, row 4, column id: the ledger has no contact 9; take the row out, or pull first",
                "people.csv, row 5, column other_id: contact 1 is named twice",
                "people.csv, row 6, column decision: there is nothing to decide here; leave it empty",
                "people.csv, row 7, column question: `what?` is none of `same person?`, `who is this agent?`, `no address`",
                "people.csv, row 9, column id: it is the same question as in row 8",
            ]
        );
        let error = read_text(&ledger, folder.path(), b"question,id\n").unwrap_err();
        assert!(error.message.contains("no column `other_id`"), "{error}");
        let error = read_text(&ledger, folder.path(), b"\xff\xfe\x00").unwrap_err();
        assert!(error.message.contains("not UTF-8"), "{error}");
    }

    #[tokio::test]
    async fn an_empty_cell_takes_back_what_was_decided_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        ledger
            .decide(vec![("1".into(), "2".into(), Some(Decided::Same))])
            .await
            .unwrap();
        let text = "question,id,other_id,decision\n\
             same person?,contact 2,contact 1,\n\
             same person?,contact 1,contact 3,\n";
        let found = read_text(&ledger, folder.path(), text.as_bytes()).unwrap();
        assert_eq!(found.contacts, [("2".into(), "1".into(), None)]);
    }

    proptest! {
        /// What is written for a spreadsheet is no formula, and comes back as it was.
        #[test]
        fn no_cell_is_a_formula(cell in "[=+@'\\-\\t\\ra-z]{0,6}") {
            let written = guard(&cell);
            prop_assert!(!text::is_formula(&written));
            prop_assert_eq!(unguard(&written), cell.as_str());
        }
    }
}
