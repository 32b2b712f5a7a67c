mod writes;

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
