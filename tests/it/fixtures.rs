//! The fixture desks are sound: ids are unique, references resolve, counts and dates agree.
//!
//! A broken fixture would make every test that uses it prove something else.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// One seed folder, read whole.
struct Desk {
    folder: PathBuf,
    rows: BTreeMap<String, Vec<Value>>,
}

impl Desk {
    fn read(name: &str) -> Desk {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name);
        let mut rows = BTreeMap::new();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ext| ext != "jsonl") {
                continue;
            }
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let list = text
                .lines()
                .enumerate()
                .map(|(i, line)| {
                    serde_json::from_str(line)
                        .unwrap_or_else(|e| panic!("{}:{}: {e}", path.display(), i + 1))
                })
                .collect();
            rows.insert(stem, list);
        }
        Desk { folder, rows }
    }

    fn of(&self, kind: &str) -> &[Value] {
        self.rows.get(kind).map_or_else(
            || panic!("{} has no {kind}.jsonl", self.folder.display()),
            Vec::as_slice,
        )
    }

    fn ids(&self, kind: &str) -> HashSet<i64> {
        self.of(kind).iter().map(id).collect()
    }

    /// Checks that `field` (one id, a list of ids, or null) of each row of `kind` is an id of `to`.
    fn refers(&self, kind: &str, field: &str, to: &str) {
        let known = self.ids(to);
        for row in self.of(kind) {
            for target in ids_in(&row[field]) {
                assert!(
                    known.contains(&target),
                    "{}: {kind} {} {field} = {target} is none of {to}",
                    self.folder.display(),
                    row["id"]
                );
            }
        }
    }

    fn one(&self, kind: &str, id: i64) -> &Value {
        self.of(kind)
            .iter()
            .find(|row| row["id"] == id)
            .unwrap_or_else(|| panic!("no {kind} {id}"))
    }
}

fn id(row: &Value) -> i64 {
    row["id"]
        .as_i64()
        .unwrap_or_else(|| panic!("no id in {row}"))
}

fn ids_in(value: &Value) -> Vec<i64> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().filter_map(Value::as_i64).collect(),
        other => vec![other.as_i64().unwrap_or_else(|| panic!("{other} is no id"))],
    }
}

fn date(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Rows without a number of their own.
const UNNUMBERED: [&str; 3] = ["audits", "conversation_log", "survey_responses"];

fn unique_ids_and_dates(desk: &Desk) {
    for (kind, rows) in &desk.rows {
        if UNNUMBERED.contains(&kind.as_str()) {
            continue;
        }
        assert_eq!(desk.ids(kind).len(), rows.len(), "an id of {kind} repeats");
        for row in rows {
            if row["updated_at"].is_string() {
                assert!(
                    date(&row["updated_at"]) >= date(&row["created_at"]),
                    "{kind} {} was changed before it was made",
                    row["id"]
                );
            }
        }
    }
}

/// What holds for any Zendesk seed, full or almost empty.
fn zendesk_references(desk: &Desk) {
    for (kind, field, to) in [
        ("users", "organization_id", "organizations"),
        ("users", "default_group_id", "groups"),
        ("organizations", "group_id", "groups"),
        ("group_memberships", "user_id", "users"),
        ("group_memberships", "group_id", "groups"),
        ("organization_memberships", "user_id", "users"),
        (
            "organization_memberships",
            "organization_id",
            "organizations",
        ),
        ("identities", "user_id", "users"),
        ("brands", "ticket_form_ids", "ticket_forms"),
        ("ticket_forms", "ticket_field_ids", "ticket_fields"),
        ("ticket_forms", "restricted_brand_ids", "brands"),
        ("tickets", "requester_id", "users"),
        ("tickets", "submitter_id", "users"),
        ("tickets", "assignee_id", "users"),
        ("tickets", "group_id", "groups"),
        ("tickets", "organization_id", "organizations"),
        ("tickets", "brand_id", "brands"),
        ("tickets", "ticket_form_id", "ticket_forms"),
        ("tickets", "custom_status_id", "custom_statuses"),
        ("tickets", "collaborator_ids", "users"),
        ("tickets", "follower_ids", "users"),
        ("tickets", "email_cc_ids", "users"),
        ("tickets", "problem_id", "tickets"),
        ("tickets", "followup_ids", "tickets"),
        ("ticket_metrics", "ticket_id", "tickets"),
        ("comments", "ticket_id", "tickets"),
        ("satisfaction_ratings", "ticket_id", "tickets"),
        ("satisfaction_ratings", "requester_id", "users"),
        ("satisfaction_ratings", "assignee_id", "users"),
        ("satisfaction_ratings", "group_id", "groups"),
        ("sections", "category_id", "categories"),
        ("sections", "parent_section_id", "sections"),
        ("articles", "section_id", "sections"),
        ("articles", "author_id", "users"),
        ("articles", "user_segment_id", "user_segments"),
        ("articles", "user_segment_ids", "user_segments"),
        ("articles", "permission_group_id", "permission_groups"),
        ("article_attachments", "article_id", "articles"),
        ("user_segments", "organization_ids", "organizations"),
        ("permission_groups", "publish", "user_segments"),
        ("permission_groups", "edit", "user_segments"),
    ] {
        desk.refers(kind, field, to);
    }
    let fields = desk.ids("ticket_fields");
    for ticket in desk.of("tickets") {
        for value in ticket["custom_fields"].as_array().unwrap() {
            assert!(fields.contains(&id(value)), "ticket {}", ticket["id"]);
        }
    }
    for user in desk.of("users") {
        let keys: HashSet<_> = desk
            .of("user_fields")
            .iter()
            .map(|f| f["key"].as_str().unwrap())
            .collect();
        for key in user["user_fields"].as_object().unwrap().keys() {
            assert!(keys.contains(key.as_str()), "user {} {key}", user["id"]);
        }
        let primary: Vec<_> = desk
            .of("identities")
            .iter()
            .filter(|i| {
                i["user_id"] == user["id"]
                    && i["type"] == "email"
                    && i["primary"] == Value::Bool(true)
            })
            .collect();
        match user["email"].as_str() {
            Some(email) => {
                assert_eq!(primary.len(), 1, "user {}", user["id"]);
                let value = primary[0]["value"].as_str().unwrap();
                assert!(value.eq_ignore_ascii_case(email), "user {}", user["id"]);
            }
            None => assert!(primary.is_empty(), "user {}", user["id"]),
        }
    }
    let settings: Value =
        serde_json::from_slice(&fs::read(desk.folder.join("desk.json")).unwrap()).unwrap();
    assert!(
        desk.ids("users")
            .contains(&settings["me"].as_i64().unwrap())
    );
    assert!(
        desk.ids("brands").contains(
            &settings["settings"]["brands"]["default_brand_id"]
                .as_i64()
                .unwrap()
        )
    );
}

#[test]
fn zendesk_is_consistent() {
    let desk = Desk::read("zendesk");
    unique_ids_and_dates(&desk);
    zendesk_references(&desk);

    let users = desk.ids("users");
    for comment in desk.of("comments") {
        let author = comment["author_id"].as_i64().unwrap();
        assert!(
            author == -1 || users.contains(&author),
            "comment {}",
            comment["id"]
        );
    }
    for ticket in desk.of("tickets") {
        let comments: Vec<_> = desk
            .of("comments")
            .iter()
            .filter(|c| c["ticket_id"] == ticket["id"])
            .collect();
        assert_eq!(
            ticket["comment_count"],
            comments.len(),
            "ticket {}",
            ticket["id"]
        );
        let first = comments.first().map(|c| &c["plain_body"]);
        if let Some(first) = first {
            assert_eq!(&ticket["description"], first, "ticket {}", ticket["id"]);
        }
        assert!(
            comments.is_sorted_by_key(|c| (date(&c["created_at"]), id(c))),
            "ticket {}: comments are out of order",
            ticket["id"]
        );
        for comment in comments {
            let at = date(&comment["created_at"]);
            assert!(
                at >= date(&ticket["created_at"]) && at <= date(&ticket["updated_at"]),
                "comment {} is outside of its ticket's time",
                comment["id"]
            );
        }
    }
    for translation in desk.of("translations") {
        let kind = match translation["source_type"].as_str().unwrap() {
            "Article" => "articles",
            "Section" => "sections",
            "Category" => "categories",
            other => panic!("{other}"),
        };
        let source = desk.one(kind, translation["source_id"].as_i64().unwrap());
        if source["source_locale"] == translation["locale"] {
            let title = source.get("title").unwrap_or(&source["name"]);
            assert_eq!(title, &translation["title"], "{kind} {}", source["id"]);
        }
    }
}

#[test]
fn zendesk_files_are_there_and_have_the_size_they_claim() {
    let desk = Desk::read("zendesk");
    let mut seen = HashSet::new();
    let mut used = HashSet::new();
    let attachments = desk
        .of("comments")
        .iter()
        .flat_map(|c| c["attachments"].as_array().unwrap())
        .chain(desk.of("article_attachments"))
        .chain(
            desk.of("users")
                .iter()
                .map(|u| &u["photo"])
                .filter(|p| !p.is_null()),
        );
    for attachment in attachments {
        assert!(
            seen.insert(id(attachment)),
            "attachment {} repeats",
            attachment["id"]
        );
        let size = attachment["size"].as_u64().unwrap();
        if let Some(file) = attachment["file"].as_str() {
            let bytes = fs::read(desk.folder.join("files").join(file)).unwrap();
            assert_eq!(bytes.len() as u64, size, "{file}");
            used.insert(file.to_owned());
        }
        if let Some(generated) = attachment["generate"].as_u64() {
            assert_eq!(generated, size, "attachment {}", attachment["id"]);
        }
    }
    for entry in fs::read_dir(desk.folder.join("files")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            used.contains(&name),
            "files/{name} belongs to no attachment"
        );
    }
}

#[test]
fn people_are_invented() {
    let address = regex::Regex::new(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)").unwrap();
    for name in ["zendesk", "zendesk-target", "freshdesk-target"] {
        let desk = Desk::read(name);
        for (kind, rows) in &desk.rows {
            for row in rows {
                for found in address.captures_iter(&row.to_string()) {
                    let domain = &found[1];
                    assert!(
                        domain.ends_with(".test")
                            || ["com", "org", "net"].iter().any(|top| {
                                domain == format!("example.{top}")
                                    || domain.ends_with(&format!(".example.{top}"))
                            }),
                        "{name}/{kind}: {}",
                        &found[0]
                    );
                }
            }
        }
    }
}

/// The cases that `fixtures/README.md` promises, by the ids it names.
#[test]
fn zendesk_holds_the_hard_cases() {
    let desk = Desk::read("zendesk");
    for beside in ["audits", "conversation_log"] {
        desk.refers(beside, "ticket_id", "tickets");
    }
    let ticket = |id| desk.one("tickets", id);
    let comments = |id: i64| -> Vec<&Value> {
        desk.of("comments")
            .iter()
            .filter(|c| c["ticket_id"] == id)
            .collect()
    };
    assert_eq!(ticket(24)["comment_count"], 300);
    assert!(date(&ticket(26)["created_at"]) < jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(ticket(11)["status"], "deleted");
    assert_eq!(ticket(13)["support_type"], "ai_agent");
    assert!(ticket(46)["subject"].is_null());
    assert!(comments(27).iter().any(|c| c["author_id"] == -1));
    assert!(comments(28).iter().any(|c| c["body"] == ""));
    assert!(comments(32)[0]["html_body"].as_str().unwrap().len() > 70_000);
    assert_eq!(comments(14)[0]["type"], "VoiceComment");
    assert_eq!(comments(33)[0]["attachments"][0]["generate"], 5 << 20);
    let kinds: HashSet<_> = desk
        .of("ticket_fields")
        .iter()
        .map(|f| f["type"].as_str().unwrap())
        .collect();
    for kind in [
        "text",
        "textarea",
        "integer",
        "decimal",
        "checkbox",
        "date",
        "tagger",
        "multiselect",
        "regexp",
        "partialcreditcard",
        "lookup",
    ] {
        assert!(kinds.contains(kind), "no field of type {kind}");
    }
    let all_fields_set = ticket(21)["custom_fields"]
        .as_array()
        .unwrap()
        .iter()
        .all(|f| !f["value"].is_null());
    assert!(all_fields_set);
    let channels: HashSet<_> = desk
        .of("tickets")
        .iter()
        .map(|t| t["via"]["channel"].as_str().unwrap())
        .collect();
    for channel in [
        "email",
        "web",
        "voice",
        "whatsapp",
        "chat",
        "sms",
        "twitter",
        "facebook",
        "instagram_dm",
        "web_form",
        "api",
        "hologram",
        "native_messaging",
        "line",
    ] {
        assert!(channels.contains(channel), "no ticket via {channel}");
    }
    let parents: Vec<_> = desk
        .of("sections")
        .iter()
        .filter_map(|s| s["parent_section_id"].as_i64())
        .collect();
    assert!(
        parents
            .iter()
            .any(|p| desk.one("sections", *p)["parent_section_id"].is_i64()),
        "no section three levels deep"
    );
}

#[test]
fn zendesk_target_is_consistent() {
    let desk = Desk::read("zendesk-target");
    unique_ids_and_dates(&desk);
    zendesk_references(&desk);
    let source = Desk::read("zendesk");
    for kind in ["users", "groups", "ticket_fields", "brands"] {
        assert!(
            desk.ids(kind).is_disjoint(&source.ids(kind)),
            "an id of {kind} means something on both desks"
        );
    }
    the_target_lacks_one_agent_and_has_one_contact(
        &source,
        desk.of("users")
            .iter()
            .filter(|u| u["role"] != "end-user")
            .map(|u| u["email"].as_str().unwrap())
            .collect(),
        desk.of("users")
            .iter()
            .filter(|u| u["role"] == "end-user")
            .map(|u| u["email"].as_str().unwrap())
            .collect(),
    );
}

#[test]
fn freshdesk_target_is_consistent() {
    let desk = Desk::read("freshdesk-target");
    unique_ids_and_dates(&desk);
    desk.refers("agents", "group_ids", "groups");
    desk.refers("groups", "agent_ids", "agents");
    desk.refers("contacts", "company_id", "companies");
    for kind in ["ticket_fields", "contact_fields", "company_fields"] {
        let names: HashSet<_> = desk
            .of(kind)
            .iter()
            .map(|f| f["name"].as_str().unwrap())
            .collect();
        assert_eq!(names.len(), desk.of(kind).len(), "a name of {kind} repeats");
    }
    the_target_lacks_one_agent_and_has_one_contact(
        &Desk::read("zendesk"),
        desk.of("agents")
            .iter()
            .map(|a| a["contact"]["email"].as_str().unwrap())
            .collect(),
        desk.of("contacts")
            .iter()
            .map(|c| c["email"].as_str().unwrap())
            .collect(),
    );
}

fn the_target_lacks_one_agent_and_has_one_contact(
    source: &Desk,
    agents: HashSet<&str>,
    contacts: Vec<&str>,
) {
    let (staff, customers): (Vec<_>, Vec<_>) = source
        .of("users")
        .iter()
        .filter(|u| u["email"].is_string())
        .partition(|u| u["role"] != "end-user");
    let missing: Vec<_> = staff
        .iter()
        .filter(|u| !agents.contains(u["email"].as_str().unwrap()))
        .collect();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(contacts.len(), 1);
    assert!(customers.iter().any(|u| {
        u["email"]
            .as_str()
            .unwrap()
            .eq_ignore_ascii_case(contacts[0])
    }));
}
