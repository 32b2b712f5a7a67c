//! What is written for people says what the program does.

use crate::desks::Project;

fn readme() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_readme_has_the_capabilities_as_the_program_tells_them() {
    let (tables, _) = Project::new("").expect(0, &["connectors", "--markdown"]);
    let readme = readme();
    let start = readme.find("<!-- capabilities").unwrap();
    let end = readme.find("<!-- end of capabilities").unwrap();
    let written = readme[start..end].split_once('\n').unwrap().1;
    assert_eq!(
        written.trim(),
        tables.trim(),
        "put the output of `deskferry connectors --markdown` between the marks in README.md"
    );
}

#[test]
fn every_command_of_the_readme_exists() {
    let project = Project::new("");
    let readme = readme();
    let section = readme.split("## Commands").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut seen = 0;
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let names = row.split('|').nth(1).unwrap();
        for name in names.split(',').map(|name| name.trim().trim_matches('`')) {
            let name = name.split_whitespace().next().unwrap();
            project.expect(0, &[name, "--help"]);
            seen += 1;
        }
    }
    assert!(seen >= 13, "only {seen} commands were found in the table");
}

#[test]
fn the_schema_is_a_json_schema() {
    let (out, _) = Project::new("").expect(0, &["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    jsonschema::validator_for(&schema).unwrap();
}
