use serde_json::Value;

use super::*;

#[tokio::test]
async fn the_key_and_the_limits() {
    let desk = Desk::open(None, &[]).await;
    let naked = got(desk.client.get(format!("{}/api/v2/tickets", desk.base))).await;
    assert_eq!(
        (naked.status, naked.body["code"].as_str()),
        (401, Some("invalid_credentials"))
    );
    let first = desk.get("/tickets?include=requester,stats").await;
    assert_eq!(first.headers["x-ratelimit-total"], "700");
    assert_eq!(first.headers["x-ratelimit-used-currentrequest"], "5");
    assert_eq!(first.headers["x-ratelimit-remaining"], "695");
    let failed = desk.get("/tickets/999").await;
    assert_eq!(
        (
            failed.status,
            failed.headers["x-ratelimit-remaining"].as_bytes()
        ),
        (404, &b"694"[..])
    );
    let small = Desk::with(Config {
        plan: Some("growth".to_owned()),
        ..Config::default()
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..45 {
        let got = small.get("/tickets").await;
        if got.status == 429 {
            // The endpoint's own limit: the account has calls left.
            assert!(got.headers.contains_key("retry-after"));
            assert_ne!(got.headers["x-ratelimit-remaining"], "0");
            statuses.push(429);
            break;
        }
        statuses.push(got.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn pages_windows_and_ceilings() {
    let desk = Desk::open(Some("freshdesk"), &["pages=2"]).await;
    assert_eq!(
        desk.get("/tickets?per_page=101").await.code("per_page"),
        "invalid_value"
    );
    assert_eq!(
        desk.get("/tickets?pages=1").await.code("pages"),
        "invalid_field"
    );
    let recent = desk.get("/tickets?per_page=100").await.ids();
    assert!(
        recent.contains(&7) && !recent.contains(&1) && !recent.contains(&8),
        "{recent:?}"
    );
    let since = "updated_since=1970-01-01T00:00:00Z&order_by=updated_at&order_type=asc";
    let all = desk.get(&format!("/tickets?{since}&per_page=100")).await;
    assert!(!all.headers.contains_key("link"));
    let ids = all.ids();
    for gone in [11, 12, 13, 14, 15, 16] {
        assert!(!ids.contains(&gone), "{gone} is listed");
    }
    assert_eq!(ids.first(), Some(&8));
    assert!(all.body[0].get("description").is_none());
    let paged = desk.get(&format!("/tickets?{since}&per_page=5")).await;
    assert!(
        paged.headers["link"]
            .to_str()
            .unwrap()
            .contains("page=2>; rel=\"next\"")
    );
    let beyond = desk
        .get(&format!("/tickets?{since}&per_page=5&page=3"))
        .await;
    assert_eq!((beyond.status, beyond.code("page")), (400, "invalid_value"));
    assert_eq!(
        beyond.body["errors"][0]["message"],
        "You cannot access tickets beyond the 2th page. Please provide a smaller page number."
    );
    let same = desk
        .get("/tickets?updated_since=2026-10-16T10:00:00Z&order_by=updated_at&order_type=asc")
        .await;
    assert_eq!(same.ids()[..2], [9, 10], "updated_since is inclusive");
    assert_eq!(desk.get("/tickets?filter=spam").await.ids(), [14]);
    let mut deleted = desk.get("/tickets?filter=deleted").await.ids();
    deleted.sort_unstable();
    assert_eq!(deleted, [15, 16]);
}

#[tokio::test]
async fn archived_tickets_have_their_own_address() {
    let desk = Desk::open(Some("freshdesk"), &[]).await;
    assert_eq!(desk.get("/tickets/11").await.status, 404);
    let old = desk.get("/tickets/archived/11").await;
    assert_eq!(
        (old.status, old.body["subject"].as_str()),
        (200, Some("Archived with a note"))
    );
    assert_eq!(
        desk.get("/tickets/archived/11/conversations")
            .await
            .ids()
            .len(),
        2
    );
    assert_eq!(desk.get("/tickets/archived/1").await.status, 404);
    assert_eq!(
        desk.get("/tickets/archived/12").await.status,
        200,
        "closed and untouched for 120 days"
    );
    let export = desk
        .post(
            "/account/export",
            json!({"resources": [{"name": "archive_tickets"}]}),
        )
        .await;
    assert_eq!(export.status, 403);
    let found = desk.get("/search/tickets?query=\"status:5\"").await;
    assert!(
        found.body["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|t| t["id"] != 11)
    );
}

#[tokio::test]
async fn searches_are_small() {
    let desk = Desk::open(Some("freshdesk"), &[]).await;
    assert_eq!(
        desk.get("/search/tickets?query=status:2")
            .await
            .code("query"),
        "invalid_value"
    );
    assert_eq!(
        desk.get("/search/tickets?query=\"subject:2\"")
            .await
            .code("subject"),
        "invalid_field"
    );
    assert_eq!(
        desk.get("/search/tickets?query=\"status:2\"&page=11")
            .await
            .code("page"),
        "invalid_value"
    );
    let long = format!("/search/tickets?query=\"tag:'{}'\"", "x".repeat(520));
    assert_eq!(desk.get(&long).await.code("query"), "invalid_value");
    let hit = desk
        .get("/search/tickets?query=\"(tag:'leak' OR priority:3) AND status:5\"")
        .await;
    assert_eq!(
        (
            hit.body["total"].as_u64(),
            hit.body["results"][0]["id"].as_u64()
        ),
        (Some(1), Some(1))
    );
    let custom = desk.get("/search/tickets?query=\"cf_boat:'Heron'\"").await;
    assert_eq!(custom.body["total"], 1);
}

#[tokio::test]
async fn files_live_elsewhere_and_want_no_credentials() {
    let desk = Desk::open(Some("freshdesk"), &["links=60"]).await;
    let one = desk.get("/tickets/1").await;
    let url = one.body["attachments"][0]["attachment_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(url.starts_with("http://localhost:"), "{url}");
    let url = url.replace("localhost", "127.0.0.1");
    assert_eq!(
        got(desk.client.get(&url).basic_auth(KEY, Some("X")))
            .await
            .status,
        400
    );
    assert_eq!(
        (desk.running.stats)()["violations"]
            .as_object()
            .unwrap()
            .len(),
        1
    );
    let bytes = desk
        .client
        .get(&url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(
        bytes.len() as u64,
        one.body["attachments"][0]["size"].as_u64().unwrap()
    );
    let advance = desk
        .client
        .post(format!("{}/__sandbox/advance", desk.base))
        .json(&json!({"seconds": 90}));
    assert_eq!(got(advance).await.status, 200);
    assert_eq!(got(desk.client.get(&url)).await.status, 403, "expired");
    let two = desk.get("/tickets/2").await;
    assert_eq!(two.body["attachments"], json!([]));
    let body = two.body["description"].as_str().unwrap();
    let at = body.find("/inline/attachment?token=").unwrap();
    let path: String = body[at..].chars().take_while(|c| *c != '"').collect();
    assert_eq!(
        got(desk.client.get(format!("{}{path}", desk.base)))
            .await
            .status,
        302
    );
    assert_eq!(
        got(desk.client.get(format!("{}{path}x", desk.base)))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn contacts_by_state_and_the_rest() {
    let desk = Desk::open(Some("freshdesk"), &[]).await;
    let usual = desk.get("/contacts?per_page=100").await;
    assert_eq!(usual.body.as_array().unwrap().len(), 8);
    assert!(usual.body[0].get("other_emails").is_none());
    assert_eq!(
        desk.get("/contacts?state=blocked").await.body[0]["name"],
        "Blocked Betty"
    );
    assert_eq!(
        desk.get("/contacts?state=deleted").await.body[0]["name"],
        "Deleted Dan"
    );
    assert_eq!(
        desk.get("/contacts?updated_since=1970-01-01T00:00:00Z")
            .await
            .code("updated_since"),
        "invalid_field"
    );
    assert_eq!(
        desk.get("/contacts?email=zoe%2Bboats@example.com")
            .await
            .ids(),
        [48000000602]
    );
    let whole = desk.get("/contacts/48000000601").await;
    assert_eq!(whole.body["other_emails"].as_array().unwrap().len(), 2);
    assert_eq!(desk.get("/agents/me").await.body["id"], 48000000001u64);
    let page = desk.get("/tickets/18/conversations").await;
    assert_eq!(
        (page.ids().len(), page.headers.contains_key("link")),
        (30, true)
    );
    assert_eq!(
        desk.get("/tickets/18/conversations?page=2")
            .await
            .ids()
            .len(),
        5
    );
    let embedded = desk.get("/tickets/18?include=conversations").await;
    assert_eq!(embedded.body["conversations"].as_array().unwrap().len(), 10);
    let list = desk.get("/admin/ticket_fields").await;
    assert!(
        list.body
            .as_array()
            .unwrap()
            .iter()
            .all(|field| field.get("choices").is_none())
    );
    let status = desk.get("/admin/ticket_fields/48000000305").await;
    assert_eq!(status.body["choices"].as_array().unwrap().len(), 7);
    assert_eq!(
        desk.get("/surveys/satisfaction_ratings")
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let ratings = desk
        .get("/surveys/satisfaction_ratings?created_since=1970-01-01T00:00:00Z")
        .await;
    assert_eq!(ratings.body.as_array().unwrap().len(), 3);
    let rules = desk.get("/automations/1/rules").await;
    assert_eq!(rules.body.as_array().unwrap().len(), 2);
    assert_eq!(desk.get("/automations/2/rules").await.status, 404);
}

#[tokio::test]
async fn the_knowledge_base_by_language() {
    let desk = Desk::open(Some("freshdesk"), &[]).await;
    let folders = desk.get("/solutions/categories/48000008001/folders").await;
    assert_eq!(folders.ids(), [48000008101, 48000008104]);
    assert_eq!(
        desk.get("/solutions/folders/48000008101/subfolders")
            .await
            .ids(),
        [48000008102]
    );
    assert_eq!(
        desk.get("/solutions/folders/48000008102/articles")
            .await
            .ids(),
        [48000008202]
    );
    let german = desk.get("/solutions/articles/48000008201/de").await;
    assert_eq!(german.body["title"], "So bucht man");
    assert_eq!(
        desk.get("/solutions/articles/48000008203/de").await.status,
        404
    );
    assert_eq!(
        desk.get("/solutions/articles/48000008201/fr").await.status,
        404
    );
    assert_eq!(
        desk.get("/solutions/categories/de").await.ids(),
        [48000008001]
    );
    let limited = Desk::open(Some("freshdesk"), &["limited_agent"]).await;
    assert_eq!(
        limited.get("/agents").await.body["code"],
        Value::from("access_denied")
    );
}
