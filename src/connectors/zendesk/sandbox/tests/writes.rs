use reqwest::Method;
use serde_json::{Value, json};

use super::super::start;
use super::{read, rig, seeded};
use crate::sandbox::Config;

#[tokio::test]
async fn imports_keep_dates_and_mail_nobody_but_updates_do() {
    let rig = rig(&[]).await;
    let ann = rig.person("ann@example.com").await;
    let me = rig.me().await;
    let ticket = json!({"requester_id": ann, "assignee_id": me, "status": "solved", "external_id": "m-1",
        "created_at": "1960-01-01T00:00:00Z", "comments": [
            {"author_id": ann, "html_body": "<p>It &amp; smokes</p>", "created_at": "2019-06-25T10:15:18Z"},
            {"author_id": me, "value": "private", "public": false, "created_at": "2019-06-26T08:00:00Z"}]});
    let (status, made) = rig.import(ticket).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["ticket"]["created_at"], "1970-01-01T00:00:00Z");
    let id = made["ticket"]["id"].as_u64().unwrap();
    assert_eq!(rig.mails(), 0);
    assert_eq!(rig.ids("tickets?external_id=m-1", "tickets").await, [id]);
    let (_, comments) = rig.get(&format!("tickets/{id}/comments")).await;
    assert_eq!(comments["comments"][0]["plain_body"], "It & smokes");
    assert_eq!(
        comments["comments"][1]["created_at"],
        "2019-06-26T08:00:00Z"
    );
    assert_eq!(comments["comments"][1]["public"], false);
    let body = json!({"ticket": {"comment": {"body": "hello again"}}});
    let update = rig.call(Method::PUT, &format!("tickets/{id}")).json(&body);
    assert_eq!(read(update).await.0, 200);
    assert_eq!(rig.mails(), 1);
    let (_, plain) = rig.post("tickets", json!({"ticket": {"requester_id": ann, "comment": {"body": "x"}, "created_at": "2001-01-01T00:00:00Z"}})).await;
    assert!(
        !plain["ticket"]["created_at"]
            .as_str()
            .unwrap()
            .starts_with("2001")
    );
    assert_eq!(rig.mails(), 2);
}

#[tokio::test]
async fn an_import_job_tells_row_by_row() {
    let rig = rig(&[]).await;
    let ann = rig.person("ann@example.com").await;
    let bad = rig.person("bad@example.com").await;
    let me = rig.me().await;
    let suspend = rig
        .call(Method::PUT, &format!("users/{bad}"))
        .json(&json!({"user": {"suspended": true}}));
    assert_eq!(read(suspend).await.0, 200);
    let (_, group) = rig
        .post("groups", json!({"group": {"name": "Empty"}}))
        .await;
    let many: Vec<Value> = (0..5001).map(|_| json!({"body": "x"})).collect();
    let said = json!([{"body": "x", "author_id": ann}]);
    let rows = json!([
        {"requester_id": ann, "comments": said, "custom_fields": [{"id": 1, "value": "no such field"}]},
        {"comments": said},
        {"requester_id": ann, "comments": [{"body": " "}]},
        {"requester_id": ann, "comments": [{"body": "x", "author_id": bad}]},
        {"requester_id": ann, "comments": said, "assignee_id": ann},
        {"requester_id": ann, "comments": said, "assignee_id": me, "group_id": group["group"]["id"]},
        {"requester_id": ann, "comments": [{"body": "x", "created_at": "2999-01-01T00:00:00Z"}]},
        {"requester_id": ann, "comments": [{"body": "x", "created_at": "1969-12-31T00:00:00Z"}]},
        {"requester_id": ann, "comments": said, "status": "closed"},
        {"requester_id": ann, "comments": many},
    ]);
    let (status, queued) = rig
        .post("imports/tickets/create_many", json!({"tickets": rows}))
        .await;
    assert_eq!(
        (status, &queued["job_status"]["status"]),
        (200, &json!("queued"))
    );
    assert_eq!(queued["job_status"]["results"], Value::Null);
    let job = format!(
        "job_statuses/{}",
        queued["job_status"]["id"].as_str().unwrap()
    );
    rig.advance(1).await;
    assert_ne!(rig.get(&job).await.1["job_status"]["status"], "queued");
    rig.advance(5).await;
    let (_, done) = rig.get(&job).await;
    assert_eq!(done["job_status"]["status"], "completed");
    let results = done["job_status"]["results"].as_array().unwrap();
    assert_eq!(results.len(), 10);
    assert_eq!(results[0]["success"], true);
    for (index, words) in [
        (1, "Requester: is not valid"),
        (2, "Description: cannot be blank"),
        (3, "Author: is suspended"),
        (4, "Assignee: is not valid"),
        (5, "Assignee: is not a member of the group"),
        (6, "between 1970 and now"),
        (7, "between 1970 and now"),
        (8, "Assignee: cannot be blank"),
        (9, "at most 5000"),
    ] {
        let row = &results[index];
        assert_eq!(
            (&row["index"], &row["error"]),
            (&json!(index), &json!("TicketCreateFailed"))
        );
        assert!(row["details"].as_str().unwrap().contains(words), "{row}");
    }
    assert_eq!(rig.mails(), 0);
    rig.advance(24 * 3600).await;
    assert_eq!(rig.get(&job).await.0, 404, "outcomes are kept for a day");
}

#[tokio::test]
async fn thirty_jobs_and_a_hundred_rows_are_the_most() {
    let rig = rig(&[]).await;
    let rows: Vec<Value> = (0..100).map(|n| json!({"name": format!("O{n}")})).collect();
    for _ in 0..30 {
        assert_eq!(
            rig.post("organizations/create_many", json!({"organizations": rows}))
                .await
                .0,
            200
        );
    }
    let (status, body) = rig
        .post("organizations/create_many", json!({"organizations": rows}))
        .await;
    assert_eq!((status, &body["error"]), (429, &json!("TooManyJobs")));
    rig.advance(60).await;
    assert_eq!(
        rig.get("organizations/count").await.1["count"]["value"],
        100
    );
    let more: Vec<Value> = (0..101).map(|n| json!({"name": format!("P{n}")})).collect();
    assert_eq!(
        rig.post("organizations/create_many", json!({"organizations": more}))
            .await
            .0,
        400
    );
    let (_, jobs) = rig.get("job_statuses").await;
    assert_eq!(
        jobs["job_statuses"][0]["status"], "failed",
        "no row went well"
    );
}

#[tokio::test]
async fn people_are_unique_and_bulk_needs_support() {
    let rig = rig(&[]).await;
    let user = |mail: &str| json!({"user": {"name": "Ann", "email": mail}});
    assert_eq!(rig.post("users", user("ann@example.com")).await.0, 201);
    assert_eq!(rig.mails(), 1, "a verification mail");
    let (status, twice) = rig.post("users", user("Ann@Example.com")).await;
    assert_eq!(status, 422);
    assert_eq!(twice["details"]["email"][0]["error"], "DuplicateValue");
    assert_eq!(
        twice["details"]["email"][0]["description"],
        "Email: Ann@Example.com is already being used by another user"
    );
    let bulk =
        json!({"users": [{"name": "B", "email": "b@example.com", "skip_verify_email": true}]});
    assert_eq!(
        rig.post("users/create_or_update_many", bulk.clone())
            .await
            .0,
        403
    );
    let allowed = super::rig(&["users_bulk"]).await;
    assert_eq!(
        allowed.post("users/create_or_update_many", bulk).await.0,
        200
    );
    allowed.advance(5).await;
    assert_eq!(
        allowed.get("users/search?query=b@example.com").await.1["users"][0]["name"],
        "B"
    );
    assert_eq!(allowed.mails(), 0);
    let named = json!({"organization": {"name": "Acme"}});
    assert_eq!(rig.post("organizations", named.clone()).await.0, 201);
    let (status, taken) = rig.post("organizations/create_or_update", named).await;
    assert_eq!(
        (status, &taken["details"]["name"][0]["error"]),
        (422, &json!("DuplicateValue"))
    );
}

#[tokio::test]
async fn only_admins_import_and_export() {
    let rig = rig(&[]).await;
    let agent = json!({"user": {"name": "Bo", "email": "bo@example.com", "role": "agent", "skip_verify_email": true}});
    assert_eq!(rig.post("users", agent).await.0, 201);
    for (method, path) in [
        (Method::GET, "incremental/tickets/cursor?start_time=0"),
        (Method::POST, "imports/tickets"),
        (Method::GET, "satisfaction_ratings"),
    ] {
        let asked = rig
            .client
            .request(method, format!("{}/api/v2/{path}", rig.base))
            .basic_auth("bo@example.com/token", Some("sandbox-token"))
            .json(&json!({"ticket": {}}));
        assert_eq!(read(asked).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn search_lags_and_lookups_do_not() {
    let rig = rig(&[]).await;
    let faults = rig
        .client
        .post(format!("{}/__sandbox/faults", rig.base))
        .json(&json!({"search_lag": 90}));
    assert_eq!(faults.send().await.unwrap().status(), 204);
    let ann = rig.person("ann@example.com").await;
    let (_, made) = rig
        .import(json!({"requester_id": ann, "description": "x", "external_id": "m-2"}))
        .await;
    let id = made["ticket"]["id"].as_u64().unwrap();
    assert!(
        rig.ids("search?query=type:ticket%20external_id:m-2", "results")
            .await
            .is_empty()
    );
    assert_eq!(rig.ids("tickets?external_id=m-2", "tickets").await, [id]);
    rig.advance(90).await;
    assert_eq!(
        rig.ids("search?query=type:ticket%20external_id:m-2", "results")
            .await,
        [id]
    );
}

#[tokio::test]
async fn option_values_are_tags_and_used_once() {
    let rig = rig(&[]).await;
    let field = |value: &str| json!({"ticket_field": {"type": "tagger", "title": "Colour", "custom_field_options": [{"name": "Red", "value": value}]}});
    let (status, made) = rig.post("ticket_fields", field("red")).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(rig.post("ticket_fields", field("red")).await.0, 422);
    assert_eq!(
        rig.post(
            "ticket_fields",
            json!({"ticket_field": {"type": "tagger", "title": "x"}})
        )
        .await
        .0,
        422
    );
    let ann = rig.person("ann@example.com").await;
    let ticket = |value: &str| json!({"requester_id": ann, "description": "x", "custom_fields": [{"id": made["ticket_field"]["id"], "value": value}]});
    assert_eq!(rig.import(ticket("blue")).await.0, 422);
    let (_, red) = rig.import(ticket("red")).await;
    assert_eq!(red["ticket"]["tags"], json!(["red"]));
}

#[tokio::test]
async fn articles_need_all_that_the_vendor_asks_for() {
    let rig = rig(&[]).await;
    let (_, category) = rig
        .post(
            "help_center/en-us/categories",
            json!({"category": {"name": "C"}}),
        )
        .await;
    let under = format!(
        "help_center/en-us/categories/{}/sections",
        category["category"]["id"]
    );
    let (status, section) = rig.post(&under, json!({"section": {"name": "S"}})).await;
    assert_eq!(status, 201);
    let section = section["section"]["id"].as_u64().unwrap();
    let nested = json!({"section": {"name": "T", "parent_section_id": section}});
    assert_eq!(rig.post(&under, nested).await.0, 403);
    assert_eq!(
        rig.post(
            "help_center/fr/categories",
            json!({"category": {"name": "C"}})
        )
        .await
        .0,
        400
    );
    let (_, groups) = rig.get("guide/permission_groups").await;
    let group = &groups["permission_groups"][0]["id"];
    let path = format!("help_center/en-us/sections/{section}/articles");
    let whole = json!({"title": "A", "body": "<p>b</p>", "permission_group_id": group, "user_segment_id": null,
        "created_at": "2001-01-01T00:00:00Z"});
    for key in ["title", "permission_group_id", "user_segment_id"] {
        let mut part = whole.clone();
        part.as_object_mut().unwrap().remove(key);
        assert_eq!(
            rig.post(&path, json!({"article": part})).await.0,
            422,
            "{key}"
        );
    }
    let quiet = json!({"article": whole, "notify_subscribers": false});
    let (status, made) = rig.post(&path, quiet).await;
    assert_eq!((status, rig.mails()), (201, 0));
    assert!(
        !made["article"]["created_at"]
            .as_str()
            .unwrap()
            .starts_with("2001")
    );
    assert_eq!(rig.post(&path, json!({"article": whole})).await.0, 201);
    assert_eq!(
        rig.mails(),
        1,
        "subscribers are told unless the client says no"
    );
    let article = format!("help_center/articles/{}", made["article"]["id"]);
    let part = reqwest::multipart::Part::bytes(b"png".to_vec())
        .file_name("a.png")
        .mime_str("image/png")
        .unwrap();
    let form = reqwest::multipart::Form::new()
        .text("inline", "true")
        .part("file", part);
    let (status, file) = read(
        rig.call(Method::POST, &format!("{article}/attachments"))
            .multipart(form),
    )
    .await;
    assert_eq!(
        (status, &file["article_attachment"]["inline"]),
        (201, &json!(true)),
        "{file}"
    );
    let url = file["article_attachment"]["content_url"].as_str().unwrap();
    assert_eq!(
        rig.client
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "png"
    );
    let draft = rig
        .call(Method::PUT, &article)
        .json(&json!({"article": {"title": "B", "promoted": true}}));
    let (_, changed) = read(draft).await;
    assert_eq!(
        (
            &changed["article"]["title"],
            &changed["article"]["promoted"]
        ),
        (&json!("A"), &json!(true))
    );
    let said = rig
        .call(Method::PUT, &format!("{article}/translations/en-us"))
        .json(&json!({"translation": {"title": "B"}}));
    assert_eq!(read(said).await.0, 200);
    assert_eq!(rig.get(&article).await.1["article"]["title"], "B");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let rig = rig(&[]).await;
    for path in [
        "nonsense",
        "tickets/1",
        "groups/1",
        "help_center/nonsense",
        "job_statuses/x",
    ] {
        let (status, body) = rig.get(path).await;
        assert_eq!(
            (status, &body["error"]),
            (404, &json!("RecordNotFound")),
            "{path}"
        );
    }
    let config = Config {
        plan: Some("platinum".to_owned()),
        ..Config::default()
    };
    assert!(start(config).await.is_err());
}

#[tokio::test]
async fn thousands_of_tickets_are_no_burden() {
    let folder = tempfile::tempdir().unwrap();
    let mut tickets = String::new();
    let mut comments = String::new();
    for n in 1..=5000 {
        let at = jiff::Timestamp::from_second(1_700_000_000 + n).unwrap();
        tickets += &json!({"id": n, "subject": "s", "status": "open", "created_at": at, "updated_at": at, "submitter_id": 1}).to_string();
        tickets.push('\n');
        comments += &json!({"id": 100_000 + n, "ticket_id": n, "body": "b", "author_id": 1, "created_at": at, "public": true}).to_string();
        comments.push('\n');
    }
    std::fs::write(folder.path().join("tickets.jsonl"), tickets).unwrap();
    std::fs::write(folder.path().join("comments.jsonl"), comments).unwrap();
    let begun = std::time::Instant::now();
    let rig = seeded(Some(folder.path()), &[]).await;
    let mut seen = 0;
    let mut path = "incremental/tickets/cursor?start_time=0".to_owned();
    loop {
        let (status, body) = rig.get(&path).await;
        assert_eq!(status, 200);
        seen += body["tickets"].as_array().unwrap().len();
        if body["end_of_stream"] == true {
            break;
        }
        path = format!(
            "incremental/tickets/cursor?cursor={}",
            body["after_cursor"].as_str().unwrap()
        );
    }
    assert_eq!(seen, 5000);
    assert!(begun.elapsed().as_secs() < 30);
}
