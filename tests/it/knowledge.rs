//! The knowledge base between simulated desks: links, files, languages.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use deskferry::sandbox::{Fault, Faults, Planned};
use serde_json::{Value, json};

use super::desks::{Desk, Project, quiet_freshdesk, quiet_zendesk};

/// What the fixture's Zendesk is called in links between its own pages.
fn zendesk() -> Desk {
    Desk::start("zendesk", Some("zendesk"))
}

/// Articles of a Zendesk account, title to id.
fn articles(desk: &Desk) -> BTreeMap<String, u64> {
    let page = desk.get("/api/v2/help_center/articles?page[size]=100");
    page["articles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let title = row["title"].as_str().unwrap().to_owned();
            (title, row["id"].as_u64().unwrap())
        })
        .collect()
}

/// The texts of an article of a Zendesk account, by language.
fn texts(desk: &Desk, id: u64) -> BTreeMap<String, String> {
    let page = desk.get(&format!("/api/v2/help_center/articles/{id}/translations"));
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

/// Tickets of a Zendesk account by our mark.
fn ticket(desk: &Desk, source: &str) -> u64 {
    let page = super::zendesk::export(desk);
    let mut rows = page["tickets"].as_array().unwrap().iter();
    let ends = format!(":conversation:{source}");
    rows.find(|row| row["external_id"].as_str().unwrap().ends_with(&ends))
        .unwrap()["id"]
        .as_u64()
        .unwrap()
}

fn writes(desk: &Desk) -> u64 {
    let stats = desk.stats();
    let routes = stats["routes"].as_object().unwrap();
    routes
        .iter()
        .filter(|(name, _)| !name.starts_with("GET ") && name.contains("help_center"))
        .map(|(_, count)| count.as_u64().unwrap())
        .sum()
}

#[test]
fn links_lead_to_the_new_pages_once_all_are_there() {
    let source = zendesk();
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let home = "https://acme.zendesk.com";
    let ids = articles(&target);
    let page = |title: &str| ids[title];
    let aurora = texts(&target, page("Assemble the Aurora"));
    let bulb = page("Change the bulb");
    let cleaning = page("Cleaning");
    let english = &aurora["en-us"];
    assert!(
        english.contains(&format!("\"{home}/hc/en-us/articles/{bulb}\"")),
        "{english}"
    );
    assert!(
        english.contains(&format!("\"{home}/hc/en-us/articles/{cleaning}\"")),
        "an address without a host: {english}"
    );
    assert!(!english.contains(&source.base_url), "{english}");
    assert!(
        aurora["pt-br"].contains(&format!("\"{home}/hc/pt-br/articles/{bulb}\"")),
        "{aurora:?}"
    );
    let bulbs = &texts(&target, bulb)["en-us"];
    let there = page("Assemble the Aurora");
    assert!(
        bulbs.contains(&format!("\"{home}/hc/en-us/articles/{there}#h_1\"")),
        "with its place in the page: {bulbs}"
    );
    assert!(
        bulbs.contains(&format!("\"{}/hc/en-us/articles/999999\"", source.base_url)),
        "what is not here stays: {bulbs}"
    );
    assert!(bulbs.contains("href=\"#top\""), "{bulbs}");
    let glass = &texts(&target, page("Spare glass"))["en-us"];
    let eight = ticket(&target, "8");
    assert!(
        glass.contains(&format!("\"{home}/agent/tickets/{eight}\"")),
        "{glass}"
    );
    // What leads back is declared, by language.
    let (told, _) = project.expect(0, &["report", "--json"]);
    let report: Value = serde_json::from_str(&told).unwrap();
    let losses = report["losses"].as_array().unwrap();
    assert!(
        losses.iter().any(|loss| loss["field"] == "article.links"),
        "{losses:?}"
    );

    // Once more is not once more.
    let before = writes(&target);
    project.expect(3, &["migrate"]);
    let (told, _) = project.expect(0, &["sync"]);
    assert!(told.contains("nothing"), "{told}");
    assert_eq!(writes(&target), before);
    // Nobody edited them: all of them go again.
    project.expect(3, &["rollback", "--yes"]);
    assert_eq!(articles(&target), BTreeMap::new());
}

#[test]
fn an_edit_on_either_side_and_the_links_stay_together() {
    let source = zendesk();
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    let ids = articles(&target);
    let (bulb, glass) = (ids["Change the bulb"], ids["Spare glass"]);

    // On the source another sentence: the links of the new text lead to the target as well.
    source.advance(3600);
    let body = format!(
        "<p>Switch off, wait.</p><p><a href=\"{}/hc/en-us/articles/360000008203-Spare-glass\">glass</a></p>",
        source.base_url
    );
    source.put(
        "/api/v2/help_center/articles/360000008202/translations/en-us",
        &json!({"translation": {"body": body}}),
    );
    project.expect(0, &["sync", "--quiet"]);
    let now = &texts(&target, bulb)["en-us"];
    assert!(now.contains("Switch off, wait."), "{now}");
    assert!(
        now.contains(&format!("acme.zendesk.com/hc/en-us/articles/{glass}\"")),
        "{now}"
    );

    // On the target: a person's edit is a conflict with the next one of the source.
    target.put(
        &format!("/api/v2/help_center/articles/{glass}/translations/en-us"),
        &json!({"translation": {"body": "<p>By hand</p>"}}),
    );
    source.advance(3600);
    source.put(
        "/api/v2/help_center/articles/360000008203/translations/en-us",
        &json!({"translation": {"body": "<p>Order no. 8</p>"}}),
    );
    let (told, _) = project.expect(3, &["sync"]);
    assert!(told.contains("article"), "{told}");
    assert_eq!(texts(&target, glass)["en-us"], "<p>By hand</p>");
}

#[test]
fn a_kill_in_the_middle_of_the_links_is_made_up_for() {
    let source = zendesk();
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    // All articles are there; one of them has its links, the next one is never answered.
    target.faults(&Faults {
        planned: vec![Planned {
            on: "PUT /api/v2/help_center/articles/".into(),
            fault: Fault::Timeout,
            after: 1,
            times: 1000,
        }],
        ..Faults::default()
    });
    let mut run = project
        .command(&["migrate", "--quiet", "--concurrency", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while target.stats()["outcomes"]["timeout"] != 1 {
        assert!(run.try_wait().unwrap().is_none(), "it ended too soon");
        assert!(begun.elapsed() < Duration::from_secs(120), "it hangs");
        std::thread::sleep(Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let linked = |desk: &Desk| {
        let all = articles(desk).into_values();
        all.filter(|id| {
            texts(desk, *id)
                .values()
                .any(|html| html.contains("acme.zendesk.com/"))
        })
        .count()
    };
    assert_eq!(linked(&target), 1);

    // Nothing changed on the source, and still there is something to do.
    target.faults(&Faults::default());
    project.expect(0, &["sync", "--quiet"]);
    assert_eq!(linked(&target), 3);
    let before = writes(&target);
    project.expect(0, &["sync", "--quiet"]);
    assert_eq!(writes(&target), before);
    let (told, _) = project.expect(0, &["verify"]);
    assert!(told.contains("0 differ"), "{told}");
}

#[test]
fn links_between_platforms_become_the_targets_own() {
    let source = Desk::start("freshdesk", Some("freshdesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(0, &["migrate"]);
    let ids = articles(&target);
    let safety = ids["Life jackets"];
    let linked = ids.values().any(|id| {
        texts(&target, *id).values().any(|html| {
            html.contains(&format!(
                "\"https://acme.zendesk.com/hc/articles/{safety}\""
            ))
        })
    });
    assert!(linked, "{ids:?}");

    let source = zendesk();
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
}

/// An image of one point.
const DOT: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// An article that shows an image inside the text, one of a file, and one that is gone.
fn with_images(source: &Desk) {
    let base = &source.base_url;
    let body = format!(
        "<p>A <img src=\"{DOT}\"> B <img src=\"{base}/hc/article_attachments/404404/gone.png\"> \
         C <img src=\"/hc/article_attachments/360000008401\"> D <img src=\"https://images.example.com/x.png\"></p>\
         <p><iframe src=\"https://video.example.com/embed/1\"></iframe></p>"
    );
    for locale in ["en-us", "pt-br"] {
        source.put(
            &format!("/api/v2/help_center/articles/360000008201/translations/{locale}"),
            &json!({"translation": {"body": body}}),
        );
    }
}

#[test]
fn images_of_articles_come_along_in_every_language() {
    let source = zendesk();
    with_images(&source);
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let id = articles(&target)["Assemble the Aurora"];
    for (locale, html) in texts(&target, id) {
        let hosted = format!("src=\"{}/hc/article_attachments/", target.base_url);
        assert_eq!(html.matches(&hosted).count(), 2, "{locale}: {html}");
        assert!(
            !html.contains("data:") && !html.contains(&source.base_url),
            "{html}"
        );
        assert!(
            html.contains("B [gone.png is missing here: it could not be fetched]"),
            "{html}"
        );
        assert!(html.contains("https://images.example.com/x.png"), "{html}");
        assert!(
            html.contains("<iframe src=\"https://video.example.com/embed/1\">"),
            "{html}"
        );
    }
    let (told, _) = project.expect(0, &["status"]);
    assert!(told.contains("could not be fetched"), "{told}");

    // Freshdesk has no place for images of its own: the uploads are shown.
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    project.same(3, &["migrate"]);
    let (rows, _) = project.expect(0, &["links", "--format", "json"]);
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == "360000008201");
    let id = row.unwrap()["new"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let html = target.get(&format!("/api/v2/solutions/articles/{id}"))["description"]
        .as_str()
        .unwrap()
        .to_owned();
    let hosted = format!("src=\"{}/helpdesk/attachments/", target.base_url);
    assert_eq!(html.matches(&hosted).count(), 2, "{html}");
    assert!(
        !html.contains(&source.base_url) && !html.contains("data:"),
        "{html}"
    );
    assert!(html.contains("[gone.png is missing here"), "{html}");
}

#[test]
fn files_of_articles_go_through_the_media_library() {
    let source = zendesk();
    let target = quiet_zendesk(&["users_bulk", "guide_media"], Faults::default());
    let project = Project::between(&source, &target);
    // The entry of the first file is made, and its answer lost.
    target.faults(&Faults {
        planned: vec![Planned {
            on: "POST /api/v2/guide/medias".into(),
            fault: Fault::ResetAfterWrite,
            after: 1,
            times: 1,
        }],
        ..Faults::default()
    });
    project.same(3, &["migrate", "--concurrency", "1"]);
    // The older way is not tried for every file: once, and once more after the lost answer.
    assert_eq!(
        target.calls("POST /api/v2/help_center/articles/attachments"),
        2
    );
    let id = articles(&target)["Assemble the Aurora"];
    let path = format!("/api/v2/help_center/articles/{id}");
    let files = target.get(&format!("{path}/attachments"));
    let files = files["article_attachments"].as_array().unwrap();
    let before = source.get("/api/v2/help_center/articles/360000008201/attachments");
    let before = before["article_attachments"].as_array().unwrap();
    // One of them is shown by an address without a host: it is no other file.
    assert_eq!(files.len(), before.len(), "{files:?}");
    for file in before {
        let name = &file["file_name"];
        let same = files.iter().filter(|known| known["file_name"] == *name);
        assert_eq!(same.count(), 1, "{name}: {files:?}");
    }
    // It is published, and shows its images from here, the same bytes.
    assert_eq!(target.get(&path)["article"]["draft"], false);
    for (locale, html) in texts(&target, id) {
        assert!(!html.contains(&source.base_url), "{locale}: {html}");
        let image = html
            .split("src=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert!(image.contains("/hc/article_attachments/"), "{html}");
        let bytes = target.bytes(&image.replace("https://acme.zendesk.com", &target.base_url));
        assert!(!bytes.is_empty());
    }
    // The host of the uploads never saw who we are.
    assert_eq!(target.stats()["violations"], json!({}));
    assert!(target.calls("PUT /__upload/") > 0);
    // Once more there is nothing to do.
    let uploads = target.calls("PUT /__upload/");
    project.expect(3, &["migrate", "--quiet"]);
    assert_eq!(target.calls("PUT /__upload/"), uploads);
}

#[test]
fn the_map_of_addresses_has_every_language_and_kind() {
    let source = zendesk();
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet", "--no-verify"]);
    let (csv, _) = project.expect(0, &["links"]);
    let bulb = articles(&target)["Change the bulb"];
    let old = format!("{}/hc/en-us/articles/360000008202", source.base_url);
    let new = format!("https://acme.zendesk.com/hc/en-us/articles/{bulb}");
    for line in [
        format!("article,360000008202,en-us,{old}-Change-the-bulb,{new}"),
        format!("article,360000008202,en-us,{old},{new}"),
    ] {
        assert!(csv.lines().any(|known| known == line), "{line}\n{csv}");
    }
    for kind in [
        "category,section:",
        "category,category:",
        "attachment,",
        "conversation,",
    ] {
        assert!(
            csv.lines().any(|line| line.starts_with(kind)),
            "{kind}\n{csv}"
        );
    }
    let (_, told) = project.expect(0, &["links", "--format", "nginx", "-o", "moved.conf"]);
    assert!(told.contains("moved.conf is written"), "{told}");
    let rules = std::fs::read_to_string(project.path("moved.conf")).unwrap();
    assert!(
        rules.contains(&format!(
            "\"127.0.0.1/hc/en-us/articles/360000008202\" \"{new}\";"
        )),
        "{rules}"
    );
    project.expect(2, &["links", "--format", "caddy"]);
}
