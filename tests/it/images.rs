//! Images that need credentials, and addresses that expire, between simulated desks.

use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::{Value, json};

use super::desks::{Desk, Project, quiet_zendesk};

/// The texts of an article of a Zendesk account, by its title in the first language.
fn texts(desk: &Desk, title: &str) -> Vec<(String, String)> {
    let page = desk.get("/api/v2/help_center/articles?page[size]=100");
    let rows = page["articles"].as_array().unwrap();
    let row = rows.iter().find(|row| row["title"] == title).unwrap();
    let path = format!("/api/v2/help_center/articles/{}/translations", row["id"]);
    let page = desk.get(&path);
    page["translations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("locale"), text("body"))
        })
        .collect()
}

/// The address of the only image of a text.
#[track_caller]
fn image(html: &str) -> &str {
    let mut found = html.split("src=\"").skip(1);
    let address = found.next().unwrap_or_else(|| panic!("no image: {html}"));
    address.split('"').next().unwrap()
}

/// Lets an article of the fixture's Freshdesk say this in two languages.
fn show(desk: &Desk, html: &str) {
    let place = "/api/v2/solutions";
    desk.put(
        &format!("{place}/articles/48000008201"),
        &json!({"description": html}),
    );
    for path in ["categories/48000008001", "folders/48000008101"] {
        desk.post(
            &format!("{place}/{path}/pt-BR"),
            &json!({"name": "Primeiros passos"}),
        );
    }
    desk.post(
        &format!("{place}/articles/48000008201/pt-BR"),
        &json!({"title": "Como reservar", "description": html, "status": 2}),
    );
}

/// Runs until something of this kind went wrong on the desk, and kills the process.
fn kill_at(project: &Project, desk: &Desk, outcome: &str) {
    let count = || desk.stats()["outcomes"][outcome].as_u64().unwrap_or(0);
    let before = count();
    let mut run = project
        .command(&["migrate", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while count() == before {
        assert!(run.try_wait().unwrap().is_none(), "it ended too soon");
        assert!(begun.elapsed() < Duration::from_secs(60), "it hangs");
        std::thread::sleep(Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn files_whose_addresses_expired_meanwhile_arrive_in_every_language() {
    let source = Desk::with(
        "freshdesk",
        Some("freshdesk"),
        &["links=7200"],
        Faults::default(),
    );
    show(&source, "<p>Here: <img src=\"{signed:48000009401}\"></p>");
    // An article that changed in the second of a run is read again by the next,
    // with a new address.
    source.advance(3600);
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    // The process dies while it waits for a file of a ticket, and again for an
    // article's: the texts are there, with addresses that nobody answers any more.
    for file in ["48000009001", "48000009401"] {
        source.faults(&Faults {
            planned: vec![Planned {
                on: format!("GET /data/helpdesk/attachments/production/{file}"),
                fault: Fault::Timeout,
                after: 0,
                times: 1000,
            }],
            ..Faults::default()
        });
        kill_at(&project, &source, "timeout");
        source.advance(24 * 3600);
    }
    source.faults(&Faults::default());
    project.same(0, &["migrate"]);
    let expired = source.stats()["outcomes"]["403"].as_u64().unwrap_or(0);
    assert!(expired >= 1, "no address had expired");
    let all = texts(&target, "How to book");
    assert!(all.len() >= 2, "{all:?}");
    for (locale, html) in &all {
        let new = image(html);
        assert!(new.contains("/hc/article_attachments/"), "{locale}: {html}");
        let bytes = target.bytes(&new.replace("https://acme.zendesk.com", &target.base_url));
        assert!(!bytes.is_empty());
    }
    assert_eq!(source.stats()["violations"], json!({}));
    // A new address of the same image is no change.
    source.advance(24 * 3600);
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing"), "{told}");
}

#[test]
fn an_image_that_cannot_be_had_is_named_in_its_place_in_every_language() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    show(
        &source,
        "<p>Here: <img src=\"{cdn}/inline/attachment?token=48000009401.wrong\"> and on.</p>",
    );
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let all = texts(&target, "How to book");
    assert!(all.len() >= 2, "{all:?}");
    for (locale, html) in &all {
        assert!(
            html.contains("Here: [image-1 is missing here: "),
            "{locale}: {html}"
        );
        assert!(html.contains("] and on."), "{locale}: {html}");
        assert!(!html.contains("<img"), "{locale}: {html}");
    }
    let (told, _) = project.expect(0, &["status", "--problems", "20", "--json"]);
    let problems = super::desks::lines(&told, "problem");
    let of_ours: Vec<&Value> = problems
        .iter()
        .filter(|problem| {
            problem["reason"]
                .as_str()
                .unwrap()
                .contains("could not be fetched")
        })
        .collect();
    // Both languages show the same one.
    assert_eq!(of_ours.len(), 1, "{problems:?}");
}

#[test]
fn images_for_signed_in_readers_are_fetched_with_credentials_and_shown() {
    let source = Desk::start("zendesk", Some("zendesk"));
    // Only those who may read the article see its files.
    source.put(
        "/api/v2/help_center/articles/360000008201",
        &json!({"article": {"user_segment_id": 360_000_008_502_u64}}),
    );
    let anonymous = |desk: &Desk, url: &str| {
        let answer = desk.ask(url);
        answer.0
    };
    let file = format!("{}/hc/article_attachments/360000008401", source.base_url);
    assert_eq!(
        anonymous(&source, &file),
        404,
        "the sandbox gives it to everybody"
    );
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let (_, html) = texts(&target, "Assemble the Aurora").remove(0);
    let new = image(&html).replace("https://acme.zendesk.com", &target.base_url);
    assert_eq!(target.bytes(&new), source.bytes(&file), "{html}");
    // There they are for the same readers.
    assert_eq!(anonymous(&target, &new), 404);
    assert_eq!(source.stats()["violations"], json!({}));

    // An image of a message, for which the desk wants credentials.
    let image = format!(
        "{}/attachments/token/tok50017/?name=lamp.png",
        source.base_url
    );
    assert_eq!(anonymous(&source, &image), 401);
    let shown = super::attachments::comment_with(&target, "alt=\"lamp\"");
    let html = shown["html_body"].as_str().unwrap();
    let (_, rest) = html.split_once("<img").unwrap();
    let new = rest
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(target.bytes(new), source.bytes(&image), "{html}");
}
