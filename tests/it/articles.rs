//! What articles show, and who may read them, between platforms.

use std::collections::BTreeMap;

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::{Value, json};

use super::desks::{Desk, Project, quiet_freshdesk, quiet_freshdesk_with, quiet_zendesk};

const PLAYER: &str = "<iframe src=\"https://www.youtube.com/embed/a1b2\" allowfullscreen></iframe>";
const BOARD: &str = "<iframe src=\"https://board.example.com/embed/7\"></iframe>";

/// Articles of a Freshdesk account in a language, by title.
fn freshdesk_articles(desk: &Desk, language: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut places: Vec<String> = Vec::new();
    for category in desk.get("/api/v2/solutions/categories").as_array().unwrap() {
        places.push(format!(
            "/api/v2/solutions/categories/{}/folders",
            category["id"]
        ));
    }
    while let Some(place) = places.pop() {
        for folder in desk.get(&place).as_array().unwrap() {
            let path = format!("/api/v2/solutions/folders/{}", folder["id"]);
            places.push(format!("{path}/subfolders"));
            for row in desk.get(&format!("{path}/articles")).as_array().unwrap() {
                let path = match language {
                    "" => format!("/api/v2/solutions/articles/{}", row["id"]),
                    other => format!("/api/v2/solutions/articles/{}/{other}", row["id"]),
                };
                if language.is_empty() || row["title"] == "Assemble the Aurora" {
                    let mut article = desk.get(&path);
                    article["folder"] = folder.clone();
                    found.insert(row["title"].as_str().unwrap().to_owned(), article);
                }
            }
        }
    }
    found
}

fn zendesk_articles(desk: &Desk) -> BTreeMap<String, Value> {
    let page = desk.get("/api/v2/help_center/articles?page[size]=100");
    let rows = page["articles"].as_array().unwrap().iter();
    rows.map(|row| (row["title"].as_str().unwrap().to_owned(), row.clone()))
        .collect()
}

/// What a migration declared of this field, as one text.
fn declared(project: &Project, field: &str) -> String {
    let (told, _) = project.expect(0, &["report", "--json"]);
    let report: Value = serde_json::from_str(&told).unwrap();
    let losses = report["losses"].as_array().unwrap().iter();
    losses
        .filter(|loss| loss["field"] == field)
        .map(|loss| loss.to_string())
        .collect()
}

#[test]
fn videos_stay_where_they_may_and_are_linked_elsewhere() {
    let source = Desk::start("zendesk", Some("zendesk"));
    for locale in ["en-us", "pt-br"] {
        source.put(
            &format!("/api/v2/help_center/articles/360000008201/translations/{locale}"),
            &json!({"translation": {"body": format!("<p>Watch:</p>{PLAYER}<p>Plan:</p>{BOARD}")}}),
        );
    }
    let board = "<a href=\"https://board.example.com/embed/7\">";
    for (features, stay) in [(&[][..], true), (&["no_players"][..], false)] {
        let target = quiet_freshdesk_with(features, Faults::default());
        let project = Project::between(&source, &target);
        project.same(3, &["migrate"]);
        for language in ["", "pt-BR"] {
            let article = &freshdesk_articles(&target, language)["Assemble the Aurora"];
            let html = article["description"].as_str().unwrap();
            assert!(html.contains(board), "{html}");
            let player = html.contains("<iframe src=\"https://www.youtube.com/embed/a1b2\"");
            let link = html.contains("<a href=\"https://www.youtube.com/embed/a1b2\">");
            assert_eq!((player, link), (stay, !stay), "{language}: {html}");
        }
        let told = declared(&project, "article");
        assert!(told.contains("a link stands"), "{told}");
        project.expect(0, &["sync", "--quiet"]);
        // The loss covers the videos and nothing else.
        let article = &freshdesk_articles(&target, "")["Assemble the Aurora"];
        target.put(
            &format!("/api/v2/solutions/articles/{}", article["id"]),
            &json!({"description": "<p>Watch:</p>"}),
        );
        let (told, _) = project.expect(4, &["verify", "--only", "articles"]);
        assert!(told.contains("1 differ"), "{told}");
    }

    let source = Desk::start("freshdesk", Some("freshdesk"));
    source.put(
        "/api/v2/solutions/articles/48000008201",
        &json!({"description": format!("<p>Watch:</p>{PLAYER}")}),
    );
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(0, &["migrate"]);
    let all = zendesk_articles(&target);
    let html = all["How to book"]["body"].as_str().unwrap();
    assert!(
        html.contains(PLAYER) || html.contains("youtube.com/embed/a1b2\""),
        "{html}"
    );
    assert!(html.contains("<iframe"), "{html}");
    // The other one has a frame of something else.
    let told = declared(&project, "article");
    assert!(told.contains("unsafe content"), "{told}");
}

const FILM: &str = "<iframe src=\"https://player.vimeo.com/video/3\"></iframe>";

/// A Zendesk account with an article that has two videos and no other frame.
fn with_videos() -> Desk {
    let source = Desk::start("zendesk", Some("zendesk"));
    for locale in ["en-us", "pt-br"] {
        let body = format!("<p>Watch:</p>{PLAYER}<p>Or:</p>{FILM}");
        source.put(
            &format!("/api/v2/help_center/articles/360000008201/translations/{locale}"),
            &json!({"translation": {"body": body}}),
        );
    }
    source
}

#[test]
fn a_video_that_an_account_does_not_keep_is_linked_beside_one_that_it_keeps() {
    let source = with_videos();
    let target = quiet_freshdesk_with(&["youtube_only"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    for language in ["", "pt-BR"] {
        let article = &freshdesk_articles(&target, language)["Assemble the Aurora"];
        let html = article["description"].as_str().unwrap();
        for video in ["www.youtube.com/embed/a1b2", "player.vimeo.com/video/3"] {
            assert!(html.contains(&format!("https://{video}\"")), "{html}");
        }
    }
}

#[test]
fn an_article_is_found_again_after_links_took_the_place_of_its_videos() {
    let source = with_videos();
    let target = quiet_freshdesk_with(&["no_players"], Faults::default());
    let project = Project::between(&source, &target);
    target.faults(&Faults {
        planned: vec![Planned {
            on: "POST /api/v2/solutions/articles/".into(),
            fault: Fault::ServerError,
            after: 0,
            times: 1000,
        }],
        ..Faults::default()
    });
    let (told, _) = project.expect(4, &["migrate"]);
    assert!(told.contains("9 missing"), "{told}");
    target.faults(&Faults::default());
    project.same(3, &["migrate"]);
}

#[test]
fn nobody_reads_on_freshdesk_what_was_not_for_everybody() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let all = freshdesk_articles(&target, "");
    // For a chosen audience, for the staff, for those who signed in.
    for title in [
        "Hotel conditions",
        "Escalation playbook",
        "By someone who left",
    ] {
        assert_eq!(all[title]["status"], 1, "{title} is published");
    }
    assert_eq!(all["Change the bulb"]["status"], 2);
    let told = declared(&project, "article.visibility");
    assert!(told.contains("the folder decides"), "{told}");
}

#[test]
fn nobody_reads_on_zendesk_what_was_not_for_everybody() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(0, &["migrate"]);
    let segments = target.get("/api/v2/help_center/user_segments?page[size]=100");
    let sort = |id: &Value| {
        let rows = segments["user_segments"].as_array().unwrap().iter();
        rows.clone()
            .find(|row| row["id"] == *id)
            .map_or("everybody", |row| row["user_type"].as_str().unwrap())
            .to_owned()
    };
    let all = zendesk_articles(&target);
    for (title, readers) in [
        ("How to book", "everybody"),
        ("Life jackets", "signed_in_users"),
        ("Where the keys are", "staff"),
        // For one company: there is no such segment.
        ("Prices for shipyards", "staff"),
    ] {
        assert_eq!(sort(&all[title]["user_segment_id"]), readers, "{title}");
    }
    let told = declared(&project, "article.visibility");
    assert!(told.contains("for the staff alone"), "{told}");
}

#[test]
fn a_folder_for_chosen_companies_is_not_open_to_everybody() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.run(&["migrate", "--quiet"]);
    let all = freshdesk_articles(&target, "");
    let seen = |title: &str| (&all[title]["folder"]["visibility"], &all[title]["status"]);
    assert_eq!(seen("How to book"), (&json!(1), &json!(2)));
    assert_eq!(seen("Prices for shipyards"), (&json!(3), &json!(1)));
    let told = declared(&project, "article.visibility");
    assert!(told.contains("for the staff alone until"), "{told}");
}
