//! A desk in a folder: nothing of it is different there, and nothing of it is
//! on the desk that is made of the folder.

use deskferry::sandbox::Faults;
use serde_json::{Value, json};

use super::desks::{Desk, Project, lines, quiet_zendesk};

const FOLDER: &str = "connector = \"files\"\npath";

/// Nothing but what was declared is different, and this many articles were compared.
#[track_caller]
fn assert_clean(project: &Project, articles: u64) {
    let output = project.run(&["verify", "--json"]);
    let out = String::from_utf8(output.stdout).unwrap();
    let mut findings = lines(&out, "finding");
    findings.retain(|finding| finding["verdict"] != "match");
    assert_eq!(findings, Vec::<Value>::new());
    let compared = lines(&out, "comparison").remove(0);
    let mut tallies = compared["tallies"].as_array().unwrap().iter();
    let tally = tallies.find(|tally| tally["kind"] == "article").unwrap();
    assert_eq!(tally["matched"], articles, "{compared}");
    assert_eq!(output.status.code(), Some(0), "{out}");
}

#[test]
fn a_desk_goes_to_a_folder_and_back_as_it_was() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let page = source.get("/api/v2/help_center/articles?page[size]=100");
    let articles = page["articles"].as_array().unwrap().len() as u64;
    let out = Project::new(&format!(
        "{}\n[target]\n{FOLDER} = \"out\"\n",
        source.section("source")
    ));
    // What is wrong with this desk are four files that are gone.
    out.expect(3, &["migrate", "--quiet"]);
    assert_clean(&out, articles);

    // Nobody has edited the folder: an article with images is written again.
    source.advance(3600);
    let body = "<p>New: <img src=\"/hc/article_attachments/360000008401\"></p>";
    source.put(
        "/api/v2/help_center/articles/360000008201/translations/en-us",
        &json!({"translation": {"body": body}}),
    );
    let (told, _) = out.expect(0, &["sync", "--json"]);
    let done = lines(&told, "synced").remove(0);
    assert_eq!(done["nothing"], false, "{done}");
    let rows = std::fs::read_to_string(out.path("out/articles.jsonl")).unwrap();
    assert!(rows.contains("<p>New: <img"), "{rows}");
    assert_clean(&out, articles);

    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let back = Project::new(&format!(
        "[source]\n{FOLDER} = {:?}\n{}",
        out.path("out"),
        target.section("target")
    ));
    back.expect(3, &["migrate", "--quiet"]);
    assert_clean(&back, articles);
    let page = target.get("/api/v2/help_center/articles?page[size]=100");
    let mut rows = page["articles"].as_array().unwrap().iter();
    let row = rows.find(|row| row["title"] == "Assemble the Aurora");
    let path = format!(
        "/api/v2/help_center/articles/{}/translations",
        row.unwrap()["id"]
    );
    for (locale, old) in [("en-us", "360000008401"), ("pt-br", "360000008402")] {
        let page = target.get(&path);
        let mut texts = page["translations"].as_array().unwrap().iter();
        let text = texts.find(|text| text["locale"] == locale).unwrap();
        let html = text["body"].as_str().unwrap();
        let (_, rest) = html.split_once("src=\"").unwrap();
        let (new, _) = rest.split_once('"').unwrap();
        assert!(
            new.contains("/hc/article_attachments/") && !new.contains(old),
            "{html}"
        );
        let new = new.replace("https://acme.zendesk.com", &target.base_url);
        let old = format!("{}/hc/article_attachments/{old}", source.base_url);
        assert_eq!(target.bytes(&new), source.bytes(&old), "{locale}");
    }
}
