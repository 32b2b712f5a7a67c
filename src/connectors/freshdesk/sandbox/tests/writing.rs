use super::*;

#[tokio::test]
async fn a_ticket_is_checked_before_it_is_made() {
    let desk = Desk::open(Some("freshdesk"), &["no_notifications"]).await;
    let empty = desk.post("/tickets", json!({})).await;
    assert_eq!(empty.status, 400);
    for field in [
        "status",
        "priority",
        "source",
        "requester_id",
        "subject",
        "description",
    ] {
        assert_eq!(empty.code(field), "missing_field", "{field}");
    }
    let with = |name: &str, value: Value| {
        let mut body = ticket();
        body[name] = value;
        body
    };
    for (name, value, code) in [
        ("created_at", json!("2019-01-01T00:00:00Z"), "invalid_field"),
        ("nonsense", json!(1), "invalid_field"),
        ("status", json!(99), "invalid_value"),
        ("priority", json!(5), "invalid_value"),
        ("source", json!(77), "invalid_value"),
        ("subject", json!(5), "datatype_mismatch"),
        ("tags", json!("a"), "datatype_mismatch"),
        ("tags", json!(["x".repeat(33)]), "invalid_value"),
        ("requester_id", json!("7"), "datatype_mismatch"),
        ("requester_id", json!(48000000607u64), "invalid_value"),
        ("group_id", json!(1), "invalid_value"),
        ("responder_id", json!(1), "invalid_value"),
        (
            "cc_emails",
            json!(vec!["a@example.com"; 51]),
            "invalid_value",
        ),
        ("due_by", json!("2020-01-01T00:00:00Z"), "invalid_value"),
        ("type", json!("Riddle"), "invalid_value"),
    ] {
        let refused = desk.post("/tickets", with(name, value.clone())).await;
        assert_eq!(
            (refused.status, refused.code(name)),
            (400, code),
            "{name} {value}"
        );
    }
    let mut outside = with("group_id", json!(48000000102u64));
    outside["responder_id"] = json!(48000000002u64);
    assert_eq!(
        desk.post("/tickets", outside).await.code("responder_id"),
        "invalid_value"
    );
    for (fields, name, code) in [
        (json!({"cf_none": 1}), "cf_none", "invalid_field"),
        (json!({"cf_boat": "Titanic"}), "cf_boat", "invalid_value"),
        (json!({"cf_guests": "4"}), "cf_guests", "datatype_mismatch"),
        (
            json!({"cf_trip_date": "2026-08-30T00:00:00Z"}),
            "cf_trip_date",
            "invalid_date",
        ),
        (
            json!({"cf_area": "North shore", "cf_place": "Slipway"}),
            "cf_place",
            "invalid_value",
        ),
        (json!({"cf_place": "Pier 1"}), "cf_place", "invalid_value"),
    ] {
        let refused = desk.post("/tickets", with("custom_fields", fields)).await;
        assert_eq!(
            refused.code(&format!("custom_fields.{name}")),
            code,
            "{name}"
        );
    }
    let closing = desk.post("/tickets", with("status", json!(5))).await;
    assert_eq!(closing.code("custom_fields.cf_cause"), "missing_field");
    let mut good = with(
        "custom_fields",
        json!({"cf_area": "North shore", "cf_place": "Pier 1", "cf_berth": "Berth A", "cf_deposit": 1.5}),
    );
    good["status"] = json!(8);
    let made = desk.post("/tickets", good).await;
    assert_eq!((made.status, made.body["id"].as_u64()), (201, Some(23)));
    assert!(
        made.headers["location"]
            .to_str()
            .unwrap()
            .ends_with("/api/v2/tickets/23")
    );
    assert!(
        made.body["created_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-02T09:0"),
        "the desk's own time"
    );
    let contact = made.body["requester_id"].as_u64().unwrap();
    assert_eq!(
        desk.get(&format!("/contacts/{contact}")).await.body["email"],
        "new@example.com"
    );
    let broken = desk
        .ask("POST", "/tickets")
        .header("content-type", "application/json")
        .body("{");
    assert_eq!(got(broken).await.body["code"], "invalid_json");
    let text = desk
        .ask("POST", "/tickets")
        .header("content-type", "text/plain")
        .body("x");
    assert_eq!(got(text).await.status, 415);
}

#[tokio::test]
async fn who_would_be_mailed() {
    let desk = Desk::open(None, &[]).await;
    desk.post("/tickets", ticket()).await;
    assert_eq!(desk.mails(), 1, "new ticket");
    let note = desk
        .post("/tickets/1/notes", json!({"body": "<p>hi</p>"}))
        .await;
    assert_eq!(
        (note.status, note.body["private"].as_bool()),
        (201, Some(true))
    );
    assert_eq!(note.body["body"], "<div><p>hi</p></div>");
    desk.post("/tickets/1/notes", json!({"body": "x", "private": false}))
        .await;
    assert_eq!(desk.mails(), 1, "notes are silent");
    desk.post(
        "/tickets/1/notes",
        json!({"body": "x", "notify_emails": ["a@example.com"]}),
    )
    .await;
    assert_eq!(desk.mails(), 2);
    desk.post("/tickets/1/reply", json!({"body": "x"})).await;
    assert_eq!(desk.mails(), 3, "a reply always mails");
    let quiet = Desk::open(None, &["no_notifications"]).await;
    quiet.post("/tickets", ticket()).await;
    assert_eq!(quiet.mails(), 0);
    let ruled = Desk::open(Some("freshdesk"), &["no_notifications"]).await;
    ruled.post("/tickets", ticket()).await;
    assert_eq!(ruled.mails(), 1, "a rule mails the requester");
    assert_eq!(
        ruled
            .send(
                "PUT",
                "/automations/1/rules/48000008701",
                json!({"active": false})
            )
            .await
            .status,
        200
    );
    ruled.post("/tickets", ticket()).await;
    assert_eq!(ruled.mails(), 1);
}

#[tokio::test]
async fn notes_and_forms() {
    let desk = Desk::open(None, &["no_notifications", "attachments_mb=1"]).await;
    desk.post("/tickets", ticket()).await;
    assert_eq!(
        desk.post("/tickets/1/notes", json!({"body": "x", "user_id": 5}))
            .await
            .code("user_id"),
        "invalid_value"
    );
    assert_eq!(
        desk.post(
            "/tickets/1/notes",
            json!({"body": "x", "created_at": "2019-01-01T00:00:00Z"})
        )
        .await
        .code("created_at"),
        "invalid_field"
    );
    let part = |size| reqwest::multipart::Part::bytes(vec![7; size]).file_name("ü.bin");
    let form = reqwest::multipart::Form::new()
        .text("body", "<p onclick='x()'>with a file<script>1</script></p>")
        .text("private", "false")
        .part("attachments[]", part(700_000));
    let note = got(desk.ask("POST", "/tickets/1/notes").multipart(form)).await;
    assert_eq!(
        (note.status, note.body["private"].as_bool()),
        (201, Some(false))
    );
    assert_eq!(note.body["body"], "<div><p>with a file</p></div>");
    assert_eq!(note.body["attachments"][0]["name"], "ü.bin");
    let more = reqwest::multipart::Form::new()
        .text("body", "x")
        .part("attachments[]", part(700_000));
    let full = got(desk.ask("POST", "/tickets/1/notes").multipart(more)).await;
    assert_eq!(
        (full.status, full.code("attachments")),
        (400, "invalid_size"),
        "the whole ticket counts"
    );
    let form = reqwest::multipart::Form::new()
        .text("email", "f@example.com")
        .text("subject", "form")
        .text("description", "d")
        .text("status", "2")
        .text("priority", "1")
        .text("source", "2")
        .text("tags[]", "a")
        .text("tags[]", "b")
        .text("custom_fields[cf_nothing]", "x");
    let refused = got(desk.ask("POST", "/tickets").multipart(form)).await;
    assert_eq!(refused.code("custom_fields.cf_nothing"), "invalid_field");
    assert_eq!(
        refused.body["errors"].as_array().unwrap().len(),
        1,
        "{}",
        refused.body
    );
    let id = note.body["id"].as_u64().unwrap();
    assert_eq!(
        desk.send(
            "PUT",
            &format!("/conversations/{id}"),
            json!({"body": "new"})
        )
        .await
        .status,
        200
    );
    assert_eq!(
        got(desk.ask("DELETE", &format!("/conversations/{id}")))
            .await
            .status,
        204
    );
    assert_eq!(
        desk.get("/tickets/1/conversations").await.ids(),
        Vec::<u64>::new()
    );
}

#[tokio::test]
async fn people_are_unique_and_states_forbid() {
    let desk = Desk::open(Some("freshdesk"), &[]).await;
    for (body, owner) in [
        (
            json!({"name": "x", "email": "BOSS@reed.example.com"}),
            48000000601u64,
        ),
        (
            json!({"name": "x", "email": "tom@lakeside.example.com"}),
            48000000002,
        ),
    ] {
        let clash = desk.post("/contacts", body).await;
        assert_eq!(
            (clash.status, clash.code("email")),
            (409, "duplicate_value")
        );
        assert_eq!(clash.body["errors"][0]["additional_info"]["user_id"], owner);
    }
    let clash = desk
        .post(
            "/contacts",
            json!({"name": "x", "email": "y@example.com", "unique_external_id": "crm-9"}),
        )
        .await;
    assert_eq!(
        (clash.status, clash.code("unique_external_id")),
        (409, "duplicate_value")
    );
    assert_eq!(
        desk.post("/contacts", json!({"name": "x"}))
            .await
            .code("email"),
        "missing_field"
    );
    assert_eq!(
        desk.post(
            "/contacts",
            json!({"name": "x", "email": "y@example.com", "created_at": "2020-01-01T00:00:00Z"})
        )
        .await
        .code("created_at"),
        "invalid_field"
    );
    assert_eq!(
        desk.post("/companies", json!({"name": "reed & sons"}))
            .await
            .status,
        409
    );
    for id in [48000000606u64, 48000000607] {
        assert_eq!(
            desk.send("PUT", &format!("/contacts/{id}"), json!({"name": "z"}))
                .await
                .status,
            405
        );
    }
    assert_eq!(
        desk.send("PUT", "/tickets/15", json!({"status": 2}))
            .await
            .status,
        405
    );
    assert_eq!(
        desk.post("/tickets/14/notes", json!({"body": "x"}))
            .await
            .status,
        405
    );
    assert_eq!(
        got(desk.ask("DELETE", "/contacts/48000000601/hard_delete?force=true"))
            .await
            .status,
        204
    );
    assert_eq!(
        desk.get("/tickets/1").await.status,
        404,
        "the contact's tickets went along"
    );
    let seats = desk
        .post(
            "/agents",
            json!({"email": "n@example.com", "ticket_scope": 1}),
        )
        .await;
    assert_eq!(
        (seats.status, seats.body["code"].as_str()),
        (403, Some("max_agents_reached"))
    );
}

#[tokio::test]
async fn dates_are_kept_by_the_channel_api_alone() {
    let body = |mut body: Value| {
        body["created_at"] = json!("2019-06-25T10:15:18Z");
        body["updated_at"] = json!("2019-06-26T10:15:18Z");
        body["import_id"] = json!(35436);
        body
    };
    let closed = Desk::open(None, &[]).await;
    assert_eq!(
        closed
            .post("/api/channel/v2/tickets", body(ticket()))
            .await
            .status,
        403
    );
    let desk = Desk::open(None, &["channel_api"]).await;
    let made = desk.post("/api/channel/v2/tickets", body(ticket())).await;
    assert_eq!(
        (made.status, made.body["created_at"].as_str()),
        (201, Some("2019-06-25T10:15:18Z"))
    );
    let note = desk
        .post(
            "/api/channel/v2/tickets/1/notes",
            body(json!({"body": "old"})),
        )
        .await;
    assert_eq!(
        (note.status, note.body["created_at"].as_str()),
        (201, Some("2019-06-25T10:15:18Z"))
    );
    assert_eq!(desk.mails(), 0);
}

#[tokio::test]
async fn articles_and_their_parents() {
    let desk = Desk::open(Some("freshdesk"), &[]).await;
    assert_eq!(
        desk.post("/solutions/categories", json!({"name": "renting"}))
            .await
            .status,
        409
    );
    let folder = desk
        .post(
            "/solutions/categories/48000008002/folders",
            json!({"name": "F", "visibility": 1}),
        )
        .await;
    assert_eq!(folder.status, 201);
    let id = folder.body["id"].as_u64().unwrap();
    let path = format!("/solutions/folders/{id}/articles");
    let article = json!({"title": "A", "description": "<p>x</p>", "status": 2, "type": 1, "tags": ["t"], "seo_data": {"meta_title": "m"}});
    let mut wrong = article.clone();
    wrong["agent_id"] = json!(48000000002u64);
    assert_eq!(
        desk.post(&path, wrong).await.code("agent_id"),
        "invalid_field"
    );
    let made = desk.post(&path, article.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(desk.post(&path, article).await.status, 409);
    let one = format!("/solutions/articles/{}", made.body["id"]);
    assert_eq!(
        desk.send("PUT", &one, json!({"agent_id": 48000000002u64}))
            .await
            .body["agent_id"],
        48000000002u64
    );
    let german = json!({"title": "Ä", "description": "y", "status": 1});
    assert_eq!(
        desk.post(&format!("{one}/de"), german.clone())
            .await
            .code("folder_id"),
        "invalid_value"
    );
    assert_eq!(
        desk.post("/solutions/categories/48000008002/de", json!({"name": "L"}))
            .await
            .status,
        201
    );
    assert_eq!(
        desk.post(&format!("/solutions/folders/{id}/de"), json!({"name": "O"}))
            .await
            .status,
        201
    );
    assert_eq!(
        desk.post(&format!("{one}/de"), german.clone()).await.status,
        201
    );
    assert_eq!(desk.post(&format!("{one}/fr"), german).await.status, 404);
    assert_eq!(desk.get(&format!("{one}/de")).await.body["title"], "Ä");
}

#[tokio::test]
async fn jobs_fields_and_lag() {
    let desk = Desk::open(None, &["account_admin", "no_notifications"]).await;
    for _ in 0..2 {
        desk.post("/tickets", ticket()).await;
    }
    let job = desk
        .post(
            "/tickets/bulk_delete",
            json!({"bulk_action": {"ids": [1, 2]}}),
        )
        .await;
    assert_eq!(job.status, 202);
    let path = format!("/jobs/{}", job.body["job_id"].as_str().unwrap());
    assert_eq!(desk.get(&path).await.body["status"], "IN PROGRESS");
    assert_eq!(desk.get(&path).await.body["status"], "COMPLETED");
    assert_eq!(desk.get("/tickets?filter=deleted").await.ids().len(), 2);
    assert_eq!(got(desk.ask("PUT", "/tickets/1/restore")).await.status, 204);
    let export = desk
        .post(
            "/account/export",
            json!({"resources": [{"name": "tickets"}]}),
        )
        .await;
    assert_eq!(export.status, 202);
    let field =
        json!({"label": "Legacy id", "label_for_customers": "Legacy id", "type": "custom_text"});
    let made = desk.post("/admin/ticket_fields", field.clone()).await;
    assert_eq!(
        (made.status, made.body["name"].as_str()),
        (201, Some("cf_legacy_id"))
    );
    assert_eq!(desk.post("/admin/ticket_fields", field).await.status, 409);
    let late = Desk::with(Config {
        faults: crate::sandbox::Faults {
            search_lag: 120,
            ..Default::default()
        },
        ..Config::default()
    })
    .await;
    late.post("/tickets", ticket()).await;
    let query = "/search/tickets?query=\"status:2\"";
    assert_eq!(late.get(query).await.body["total"], 0);
    got(late
        .client
        .post(format!("{}/__sandbox/advance", late.base))
        .json(&json!({"seconds": 121})))
    .await;
    assert_eq!(late.get(query).await.body["total"], 1);
    let timer = late
        .post("/tickets/1/time_entries", json!({"note": "x"}))
        .await;
    assert_eq!(timer.body["timer_running"], true);
    let clash = json!({"time_spent": "01:00", "timer_running": false, "start_time": "2019-01-01T00:00:00Z"});
    assert_eq!(
        late.post("/tickets/1/time_entries", clash)
            .await
            .code("start_time"),
        "incompatible_field"
    );
}
