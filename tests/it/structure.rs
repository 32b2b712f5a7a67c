//! Fields with their values, forms, macros and tags, by the real program.

use deskferry::sandbox::Faults;
use serde_json::{Value, json};

use crate::desks::{Desk, Project, lines, quiet_freshdesk, quiet_zendesk};
use crate::zendesk::export;

/// The ticket of the fixture that has a value in every field.
const EVERY_FIELD: &str = "Warranty claim with every field";

/// Why records are left out, by kind.
fn reasons(project: &Project) -> Vec<(String, String)> {
    let (out, _) = project.expect(0, &["preview", "--json"]);
    let plan = lines(&out, "summary").remove(0);
    let all = plan["reasons"].as_array().unwrap().iter();
    all.map(|row| {
        let text = |index: usize| row[index].as_str().unwrap().to_owned();
        (text(0), text(2))
    })
    .collect()
}

fn has(reasons: &[(String, String)], kind: &str, part: &str) -> bool {
    let mut all = reasons.iter();
    all.any(|(known, reason)| known == kind && reason.contains(part))
}

#[test]
fn fields_are_created_with_their_types_and_values_arrive() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let told = reasons(&project);
    assert!(
        has(&told, "form", "forms are not created; their fields are"),
        "{told:?}"
    );
    for why in [
        "fields of type lookup must be created by hand",
        // The account has one of its own, which is its brands.
        "the target has a field `Product` that takes other values",
    ] {
        assert!(has(&told, "field", why), "{told:?}");
    }
    project.expect(3, &["migrate", "--quiet"]);

    let fields = target.get("/api/v2/ticket_fields");
    let sort = |label: &str| {
        let mut all = fields.as_array().unwrap().iter();
        let found = all.find(|field| field["label"] == label && field["default"] != true);
        found.map(|field| (field["name"].clone(), field["type"].clone()))
    };
    for (label, expected) in [
        ("Order number", "custom_text"),
        ("Delivery address", "custom_paragraph"),
        ("Lamps affected", "custom_number"),
        ("Refund amount", "custom_decimal"),
        ("Under warranty", "custom_checkbox"),
        ("Bought on", "custom_date"),
        ("Symptoms", "custom_text"),
        ("Serial number", "custom_text"),
    ] {
        let (_, sort) = sort(label).unwrap_or_else(|| panic!("no field {label}: {fields}"));
        assert_eq!(sort, expected, "{label}");
    }

    let list = target.get("/api/v2/tickets?updated_since=1970-01-01T00:00:00Z&per_page=100");
    let mut all = list.as_array().unwrap().iter();
    let id = all.find(|t| t["subject"] == EVERY_FIELD).unwrap()["id"].clone();
    let ticket = target.get(&format!("/api/v2/tickets/{id}"));
    let value = |label: &str| {
        let (name, _) = sort(label).unwrap();
        ticket["custom_fields"][name.as_str().unwrap()].clone()
    };
    for (label, expected) in [
        ("Lamps affected", json!(3)),
        ("Refund amount", json!(12.5)),
        ("Under warranty", json!(true)),
        ("Bought on", json!("2024-02-29")),
        ("Serial number", json!("LU123456")),
    ] {
        assert_eq!(
            value(label),
            expected,
            "{label}: {}",
            ticket["custom_fields"]
        );
    }
    let tags = ticket["tags"].as_array().unwrap();
    for tag in ["prod_boreal", "warranty_yes"] {
        assert!(tags.contains(&json!(tag)), "{tags:?}");
    }
    let symptoms = value("Symptoms");
    let symptoms = symptoms.as_str().unwrap();
    assert!(
        symptoms.contains("sym_flicker") || symptoms.contains("Flicker"),
        "{symptoms}"
    );

    // Macros are canned responses, with their folders; what does more is told.
    let folders = target.get("/api/v2/canned_response_folders");
    let names: Vec<&str> = folders
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|folder| folder["name"].as_str())
        .collect();
    for name in ["Thanks", "Returns"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let (out, _) = project.expect(0, &["report", "--json"]);
    let losses = lines(&out, "report").remove(0)["losses"].clone();
    let fields: Vec<&str> = losses
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|loss| loss["field"].as_str())
        .collect();
    assert!(fields.contains(&"macro"), "{fields:?}");
    // Nothing of all that differs without having been declared.
    let found = project.run(&["verify", "--json"]);
    let out = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(!out.contains("custom_fields"), "{out}");
}

#[test]
fn what_is_not_created_is_told_with_its_values() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_freshdesk(Faults::default());
    let project = Project::between(&source, &target);
    let path = project.path("deskferry.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("create_fields = true\n", "")).unwrap();
    let told = reasons(&project);
    assert!(has(&told, "field", "create_fields"), "{told:?}");
    project.expect(0, &["preview", "--json"]);
    let (out, _) = project.expect(0, &["report", "--json"]);
    let losses = lines(&out, "report").remove(0)["losses"].clone();
    let lost = losses.as_array().unwrap().iter();
    let details: Vec<&str> = lost
        .filter(|loss| loss["field"] == "conversation.custom_fields")
        .filter_map(|loss| loss["detail"].as_str())
        .collect();
    assert!(
        details
            .iter()
            .any(|detail| detail.contains("no such field")),
        "{losses}"
    );
    assert_eq!(target.calls("POST "), 0);
}

#[test]
fn between_accounts_of_one_platform_every_value_is_as_it_was() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    project.expect(3, &["migrate", "--quiet"]);
    let list = target.get("/api/v2/ticket_fields");
    let fields = list["ticket_fields"].as_array().unwrap();
    let named = |title: &str| -> &Value {
        let mut all = fields.iter();
        let found = all.find(|field| field["title"] == title && field["removable"] != false);
        found.unwrap_or_else(|| panic!("no field {title}"))
    };
    assert_eq!(named("Serial number")["type"], "regexp");
    assert_eq!(
        named("Serial number")["regexp_for_validation"],
        r"^[A-Z]{2}\d{6}$"
    );
    let tickets = export(&target);
    let mut all = tickets["tickets"].as_array().unwrap().iter();
    let ticket = all.find(|t| t["subject"] == EVERY_FIELD).unwrap();
    let value = |title: &str| {
        let id = &named(title)["id"];
        let mut all = ticket["custom_fields"].as_array().unwrap().iter();
        all.find(|field| field["id"] == *id).unwrap()["value"].clone()
    };
    for (title, expected) in [
        ("Lamps affected", json!(3)),
        ("Refund amount", json!("12.50")),
        ("Under warranty", json!(true)),
        ("Bought on", json!("2024-02-29")),
        ("Product", json!("prod_boreal")),
        ("Serial number", json!("LU123456")),
    ] {
        assert_eq!(value(title), expected, "{title}");
    }
    let mut symptoms: Vec<String> = value("Symptoms")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect();
    symptoms.sort();
    assert_eq!(symptoms, ["sym_click", "sym_flicker"]);
}
