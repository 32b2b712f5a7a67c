use std::path::Path;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::start;
use crate::sandbox::{Config, Running};

struct Rig {
    running: Running,
    base: String,
    client: reqwest::Client,
}

/// A sandbox on an empty desk, its clock at the start of a minute.
async fn rig(features: &[&str]) -> Rig {
    seeded(None, features).await
}

async fn seeded(seed: Option<&Path>, features: &[&str]) -> Rig {
    let config = Config {
        seed: seed.map(Path::to_owned),
        features: features
            .iter()
            .map(|feature| (*feature).to_owned())
            .collect(),
        ..Config::default()
    };
    let running = start(config).await.unwrap();
    let base = format!("http://{}", running.addr);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let rig = Rig {
        running,
        base,
        client,
    };
    let past = jiff::Timestamp::now().as_second().rem_euclid(60);
    rig.advance(u64::try_from(60 - past).unwrap()).await;
    rig
}

impl Rig {
    async fn advance(&self, seconds: u64) {
        let url = format!("{}/__sandbox/advance", self.base);
        let body = json!({"seconds": seconds});
        assert!(
            self.client
                .post(url)
                .json(&body)
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/api/v2/{path}", self.base))
            .basic_auth("admin@example.com/token", Some("sandbox-token"))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.call(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.call(Method::POST, path).json(&body)).await
    }

    /// The value at `pointer` of a list that must be there.
    async fn ids(&self, path: &str, list: &str) -> Vec<u64> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_u64().unwrap())
            .collect()
    }

    fn mails(&self) -> u64 {
        (self.running.stats)()["mails"]["total"].as_u64().unwrap()
    }

    async fn me(&self) -> u64 {
        self.get("users/me").await.1["user"]["id"].as_u64().unwrap()
    }

    async fn person(&self, email: &str) -> u64 {
        let user = json!({"user": {"name": "Ann", "email": email, "skip_verify_email": true}});
        let (status, body) = self.post("users", user).await;
        assert_eq!(status, 201, "{body}");
        body["user"]["id"].as_u64().unwrap()
    }

    async fn import(&self, ticket: Value) -> (u16, Value) {
        self.post("imports/tickets", json!({ "ticket": ticket }))
            .await
    }
}

async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

fn fixtures(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

#[tokio::test]
async fn a_token_of_a_client_expires() {
    let rig = rig(&[]).await;
    let url = format!("{}/oauth/tokens", rig.base);
    let grant = |secret: &str, seconds: u64| {
        rig.client.post(&url).json(
            &json!({"grant_type": "client_credentials", "client_id": "deskferry",
            "client_secret": secret, "scope": "read", "expires_in": seconds}),
        )
    };
    assert_eq!(read(grant("wrong", 300)).await.0, 401);
    assert_eq!(read(grant("sandbox-secret", 299)).await.0, 400);
    let (status, token) = read(grant("sandbox-secret", 300)).await;
    assert_eq!((status, &token["expires_in"]), (200, &json!(300)));
    let me = |method: Method, path: &str| {
        rig.client
            .request(method, format!("{}/api/v2/{path}", rig.base))
            .bearer_auth(token["access_token"].as_str().unwrap())
    };
    assert_eq!(read(me(Method::GET, "users/me")).await.0, 200);
    let write = me(Method::POST, "organizations").json(&json!({"organization": {"name": "x"}}));
    assert_eq!(read(write).await.0, 403);
    rig.advance(300).await;
    let (status, body) = read(me(Method::GET, "users/me.json")).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));
    let nobody = rig.client.get(format!("{}/api/v2/users/me", rig.base));
    assert_eq!(
        read(nobody).await,
        (401, json!({"error": "Couldn't authenticate you"}))
    );
}

#[tokio::test]
async fn exports_have_their_own_small_budget() {
    let rig = rig(&[]).await;
    for _ in 0..10 {
        assert_eq!(
            rig.get("incremental/tickets/cursor?start_time=0").await.0,
            200
        );
    }
    let refused = rig
        .call(Method::GET, "incremental/organizations?start_time=0")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 429);
    assert!(
        refused.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let shown = rig.call(Method::GET, "tickets").send().await.unwrap();
    assert_eq!(shown.headers()["x-rate-limit"], "700");
    rig.advance(wait).await;
    assert_eq!(
        rig.get("incremental/organizations?start_time=0").await.0,
        200
    );
}

#[tokio::test]
async fn the_help_center_has_its_own_bucket() {
    let config = Config {
        plan: Some("essential".to_owned()),
        ..Config::default()
    };
    let running = start(config).await.unwrap();
    let rig = Rig {
        base: format!("http://{}", running.addr),
        running,
        client: reqwest::Client::new(),
    };
    for _ in 0..40 {
        if rig.get("groups").await.0 == 429 {
            assert_eq!(rig.get("help_center/locales").await.0, 200);
            return;
        }
    }
    panic!("no limit");
}

#[tokio::test]
async fn an_upsert_a_second() {
    let rig = rig(&[]).await;
    let upsert = |external: &str| {
        rig.post(
            "users/create_or_update",
            json!({"user": {"name": "A", "external_id": external}}),
        )
    };
    let mut refused = false;
    for round in 0..20 {
        refused |= upsert(&format!("x{round}")).await.0 == 429;
    }
    assert!(refused);
    rig.advance(1).await;
    assert_eq!(
        upsert("X0").await.0,
        200,
        "found by external id in any case"
    );
}

#[tokio::test]
async fn pages_by_cursor_and_by_number() {
    let rig = rig(&[]).await;
    for number in 0..5 {
        let group = json!({"group": {"name": format!("G{number}")}});
        assert_eq!(rig.post("groups", group).await.0, 201);
    }
    let mut seen = Vec::new();
    let mut path = "groups?page[size]=2".to_owned();
    loop {
        let (_, body) = rig.get(&path).await;
        seen.extend(
            body["groups"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].clone()),
        );
        if body["meta"]["has_more"] == false {
            assert_eq!(body["links"]["next"], Value::Null);
            break;
        }
        path = body["links"]["next"]
            .as_str()
            .unwrap()
            .split("/api/v2/")
            .nth(1)
            .unwrap()
            .to_owned();
    }
    assert_eq!(seen.len(), 6);
    let (_, second) = rig.get("groups?page=2&per_page=4").await;
    assert_eq!(
        (second["groups"].as_array().unwrap().len(), &second["count"]),
        (2, &json!(6))
    );
    assert_eq!(second["next_page"], Value::Null);
    let (status, body) = rig.get("groups?page=101&per_page=1").await;
    assert_eq!(
        (status, &body["errors"][0]["code"]),
        (400, &json!("InvalidPaginationDepth"))
    );
}

#[tokio::test]
async fn exports_leave_out_the_last_minute_and_show_changed_rows_again() {
    let rig = rig(&[]).await;
    let ann = rig.person("ann@example.com").await;
    let (status, made) = rig
        .import(
            json!({"requester_id": ann, "description": "hi", "created_at": "2019-01-01T00:00:00Z"}),
        )
        .await;
    assert_eq!(status, 201);
    let ticket = made["ticket"]["id"].as_u64().unwrap();
    assert_eq!(made["ticket"]["created_at"], "2019-01-01T00:00:00Z");
    assert!(
        rig.ids("incremental/tickets/cursor?start_time=0", "tickets")
            .await
            .is_empty()
    );
    rig.advance(61).await;
    let (_, first) = rig
        .get("incremental/tickets/cursor?start_time=0&include=comment_count,users")
        .await;
    assert_eq!(first["tickets"][0]["comment_count"], 1);
    assert_eq!(first["end_of_stream"], true);
    assert!(
        first["users"]
            .as_array()
            .unwrap()
            .iter()
            .any(|user| user["id"] == ann)
    );
    let next = format!(
        "incremental/tickets/cursor?cursor={}",
        first["after_cursor"].as_str().unwrap()
    );
    assert!(rig.ids(&next, "tickets").await.is_empty());
    let update = rig
        .call(Method::PUT, &format!("tickets/{ticket}"))
        .json(&json!({"ticket": {"status": "pending"}}));
    assert_eq!(read(update).await.0, 200);
    rig.advance(61).await;
    assert_eq!(rig.ids(&next, "tickets").await, [ticket]);
    assert_eq!(
        rig.call(Method::DELETE, &format!("tickets/{ticket}"))
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    rig.advance(61).await;
    let (_, gone) = rig.get(&next).await;
    assert_eq!(gone["tickets"][0]["status"], "deleted");
    assert_eq!(rig.get(&format!("tickets/{ticket}/comments")).await.0, 404);
    let (status, fresh) = rig
        .get("incremental/tickets/cursor?start_time=99999999999")
        .await;
    assert_eq!(
        (status, &fresh["error"]),
        (400, &json!("StartTimeTooRecent"))
    );
    let too_many = rig
        .get("incremental/tickets/cursor?start_time=0&per_page=1001")
        .await;
    assert_eq!(too_many.0, 400);
}

#[tokio::test]
async fn the_fixture_desk_is_served_as_documented() {
    let rig = seeded(Some(&fixtures("zendesk")), &["high_volume"]).await;
    let owner = rig.get("users/me").await;
    assert_eq!(owner.0, 401, "the seed has another admin: {}", owner.1);
    let grant = rig.client.post(format!("{}/oauth/tokens", rig.base)).json(&json!({
        "grant_type": "client_credentials", "client_id": "deskferry", "client_secret": "sandbox-secret"}));
    let token = read(grant).await.1["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let get = async |path: &str| {
        read(
            rig.client
                .get(format!("{}/api/v2/{path}", rig.base))
                .bearer_auth(&token),
        )
        .await
        .1
    };
    let ids = |body: &Value| -> Vec<u64> {
        body["tickets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_u64().unwrap())
            .collect()
    };
    let agents = ids(&get("incremental/tickets/cursor?start_time=0").await);
    let all =
        get("incremental/tickets/cursor?start_time=0&support_type_scope=all&include=metric_sets")
            .await;
    assert!(!agents.contains(&13));
    assert!(ids(&all).contains(&13));
    assert!(all["metric_sets"].as_array().unwrap().len() > 40);
    let listed = ids(&get("tickets?page[size]=100").await);
    assert!(!listed.contains(&11), "deleted");
    assert!(!listed.contains(&25), "closed long ago, so in the archive");
    assert!(ids(&get("tickets/show_many?ids=25").await).contains(&25));
    let comments = get("tickets/24/comments?page[size]=100").await;
    assert_eq!(comments["meta"]["has_more"], true);
    // Time pages: no second is split, and the boundary second comes again.
    let mut start = 0;
    let mut seen = std::collections::HashSet::new();
    let mut repeated = 0;
    for round in 0.. {
        assert!(round < 25, "no end");
        let page = get(&format!(
            "incremental/ticket_events?start_time={start}&per_page=60&include=comment_events"
        ))
        .await;
        for event in page["ticket_events"].as_array().unwrap() {
            repeated += usize::from(!seen.insert(event["id"].as_u64().unwrap()));
            assert_eq!(event["event_type"], "Audit");
        }
        if page["end_of_stream"] == true {
            break;
        }
        start = page["end_time"].as_i64().unwrap();
    }
    assert!(repeated > 0);
    assert!(seen.len() > 360);
    let brief = get("incremental/ticket_events?start_time=0&per_page=5").await;
    let child = &brief["ticket_events"][0]["child_events"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert!(child["event_type"] != "Comment" || child["body"].is_null());
    let plain = get("tickets/35/comments").await.to_string();
    let inline = get("tickets/35/comments?include_inline_images=true")
        .await
        .to_string();
    assert!(inline.matches("\"inline\":true").count() > plain.matches("\"inline\":true").count());
}

#[tokio::test]
async fn a_private_file_redirects_and_the_other_host_wants_no_credentials() {
    let rig = rig(&[]).await;
    let upload = rig
        .call(Method::POST, "uploads?filename=a.txt")
        .header("content-type", "text/plain")
        .body("hello");
    let (status, made) = read(upload).await;
    assert_eq!(status, 201);
    let url = made["upload"]["attachment"]["content_url"]
        .as_str()
        .unwrap();
    assert_eq!(rig.client.get(url).send().await.unwrap().status(), 401);
    let moved = rig
        .client
        .get(url)
        .basic_auth("admin@example.com/token", Some("sandbox-token"))
        .send()
        .await
        .unwrap();
    assert_eq!(moved.status(), 302);
    let there = moved.headers()["location"]
        .to_str()
        .unwrap()
        .replace("localhost", "127.0.0.1");
    assert!(
        moved.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("http://localhost")
    );
    assert_eq!(
        rig.client
            .get(&there)
            .bearer_auth("x")
            .send()
            .await
            .unwrap()
            .status(),
        400
    );
    assert_eq!(
        (rig.running.stats)()["violations"]["credentials sent to another host"],
        1
    );
    assert_eq!(
        rig.client
            .get(&there)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "hello"
    );
    let token = made["upload"]["token"].as_str().unwrap();
    let ann = rig.person("ann@example.com").await;
    let ticket = json!({"requester_id": ann, "comments": [{"body": "see", "author_id": ann, "uploads": [token]}]});
    rig.advance(3600).await;
    let (status, refused) = rig.import(ticket).await;
    assert_eq!(
        (status, refused["details"]["uploads"].is_array()),
        (422, true),
        "the token lasts an hour"
    );
}

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
    let allowed = self::rig(&["users_bulk"]).await;
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
