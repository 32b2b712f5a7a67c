//! The user's `mapping.toml`, by the real program.

use deskferry::sandbox::Faults;

use crate::desks::{Desk, Project, lines, quiet_zendesk};
use crate::zendesk::export;

const RULES: &str = r#"
[brands]
"Larch Outlet" = "Lumen Lamps"

[forms]
"Warranty claim" = "Default"

[[fields]]
from = "Serial number"
to = "record.tags"
prefix = "serial-"
"#;

#[test]
fn brands_and_forms_go_where_the_mapping_says() {
    let source = Desk::start("zendesk", Some("zendesk"));
    let target = quiet_zendesk(&["users_bulk"], Faults::default());
    let project = Project::between(&source, &target);
    let config = project.path("deskferry.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let mapping = "[mapping]\nfile = \"mapping.toml\"\n";
    std::fs::write(&config, format!("{text}\n{mapping}")).unwrap();
    std::fs::write(project.path("mapping.toml"), RULES).unwrap();

    let (out, _) = project.expect(0, &["preview", "--json"]);
    let plan = lines(&out, "summary").remove(0);
    let count = |kind: &str, action: &str| {
        let rows = plan["counts"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["kind"] == kind && row["action"] == action);
        row.map_or(0, |row| row["count"].as_u64().unwrap())
    };
    assert_eq!(count("brand", "match"), 2, "{}", plan["counts"]);
    assert_eq!(count("form", "match"), 2, "{}", plan["counts"]);

    project.expect(3, &["migrate", "--quiet"]);
    let tickets = export(&target);
    let tickets = tickets["tickets"].as_array().unwrap();
    assert_eq!(tickets.len(), 60);
    for ticket in tickets {
        assert_eq!(ticket["brand_id"], 970_000_005_001_u64, "{ticket}");
        assert_eq!(ticket["ticket_form_id"], 970_000_006_301_u64, "{ticket}");
    }
    assert_eq!(target.calls("POST /api/v2/brands"), 0);
    assert_eq!(target.calls("POST /api/v2/ticket_forms"), 0);
    // Its values are tags now: no field is made for them.
    let fields = target.get("/api/v2/ticket_fields");
    let titles: Vec<&str> = fields["ticket_fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["title"].as_str().unwrap())
        .collect();
    assert!(!titles.contains(&"Serial number"), "{titles:?}");
    assert!(titles.contains(&"Delivery address"), "{titles:?}");
    let tagged = tickets.iter().filter(|ticket| {
        let tags = ticket["tags"].as_array().unwrap();
        tags.iter()
            .any(|tag| tag.as_str().unwrap().starts_with("serial-"))
    });
    assert!(
        tagged.count() > 0,
        "no ticket has its serial number as a tag"
    );
}
