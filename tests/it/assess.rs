//! The audit and the report of the fixture desk, by the real program.

use serde_json::Value;

use crate::desks::{Desk, Project, fixture, lines, quiet_freshdesk};

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap()
}

/// Records of a kind of the fixture, as they would be counted by hand.
fn seeds(file: &str) -> Vec<Value> {
    let path = fixture("zendesk").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_desk_is_read_and_audited_and_both_sides_are_compared() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Default::default());
    let project = Project::between(&source, &target);

    let (out, talk) = project.expect(0, &["assess", "--json"]);
    assert!(talk.contains("nothing was read yet"), "{talk}");
    let audit = lines(&out, "assessment").remove(0)["audit"].clone();
    let tickets = seeds("tickets.jsonl");
    let deleted = tickets.iter().filter(|t| t["status"] == "deleted").count() as u64;
    let counted = audit["volume"]["conversations"].as_u64().unwrap();
    assert_eq!(counted + deleted, tickets.len() as u64);
    assert_eq!(
        audit["volume"]["conversations_by_channel"]["whatsapp"], 1,
        "{audit}"
    );
    let months = audit["volume"]["months"].as_array().unwrap();
    let sum: u64 = months
        .iter()
        .map(|m| m["conversations"].as_u64().unwrap())
        .sum();
    assert_eq!(sum + audit["volume"]["undated"].as_u64().unwrap(), counted);
    assert_eq!(
        audit["articles"]["all"].as_u64().unwrap(),
        seeds("articles.jsonl").len() as u64
    );
    // The fixture has satisfaction ratings and no recommendation survey.
    let all = &audit["service"][0];
    assert!(
        all["csat"]["of"].as_u64().unwrap() > 0 && all["nps"].is_null(),
        "{all}"
    );
    let unknown = audit["unknown"].as_array().unwrap();
    assert!(
        unknown.iter().any(|one| one["code"] == "no_nps"),
        "{unknown:?}"
    );

    // Again: from the ledger, without a request.
    let before = source.calls("GET ");
    let (out, _) = project.expect(0, &["--lang", "pt-BR", "assess"]);
    assert!(
        out.contains("Auditoria de zendesk:") && out.contains("Horários de pico"),
        "{out}"
    );
    assert_eq!(source.calls("GET "), before);

    project.expect(2, &["assess", "-o", "a.pdf"]);
    // Nothing to compare with.
    project.expect(2, &["assess", "--compare"]);
    project.expect(3, &["migrate", "--quiet"]);
    project.expect(
        0,
        &[
            "assess",
            "--compare",
            "-o",
            "c.json",
            "-o",
            "c.csv",
            "-o",
            "c.md",
            "-o",
            "c.html",
        ],
    );
    let both: Value = serde_json::from_str(&read(&project, "c.json")).unwrap();
    let row = |id: &str, of: Option<&str>| {
        let mut rows = both["compared"].as_array().unwrap().iter();
        rows.find(|row| row["id"] == id && row["of"].as_str() == of)
            .unwrap()
            .clone()
    };
    // Every conversation is on the target, as an independent reading of it says.
    let conversations = row("conversations", None);
    assert_eq!(conversations["compared"], "same", "{conversations}");
    assert_eq!(conversations["target"]["value"].as_u64().unwrap(), counted);
    assert_eq!(row("articles", None)["compared"], "same");
    // Freshdesk has no such channel and keeps no dates: both are told in the text.
    for (id, of) in [
        ("conversations", Some("whatsapp")),
        ("conversations", Some("1999-12")),
        ("messages", Some("email")),
        ("messages", None),
        ("first_reply_median", None),
        ("backlog_age_median", None),
        ("people_several_channels", None),
    ] {
        let row = row(id, of);
        assert_eq!(row["compared"], "same", "{row}");
    }
    // When a conversation was solved is told nowhere.
    assert_eq!(row("resolution_median", None)["compared"], "unknown");
    assert_eq!(row("nps", None)["compared"], "unknown");
    assert!(read(&project, "c.csv").starts_with("figure,of,source,target,unit,compared"));
    assert!(read(&project, "c.md").contains("| Figure |"));
    assert!(read(&project, "c.html").contains("Before and after"));

    project.expect(0, &["--lang", "es", "report", "-o", "r.html"]);
    let html = read(&project, "r.html");
    assert!(html.contains("<html lang=\"es\">"));
    for part in [
        "Resumen",
        "Conversaciones por canal",
        "Horas punta",
        "Enlaces: antiguos",
    ] {
        assert!(html.contains(part), "{part}");
    }
    // What was read from the target is in the report, too.
    assert!(html.contains("Los mismos indicadores de ambas plataformas"));
}
