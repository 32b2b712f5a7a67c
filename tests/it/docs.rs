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

/// Every page for people, by its name.
fn pages() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![("README.md".to_owned(), readme())];
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "md") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            pages.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    pages
}

/// Commands that a page shows: lines of code and words in `code`.
fn commands(page: &str) -> Vec<String> {
    let in_text = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| !code.contains('\n'));
    // Code is indented, prose is not.
    let lines = page
        .lines()
        .filter(|line| line.starts_with([' ', '$']))
        .map(|line| line.trim_start_matches("$ ").trim());
    lines
        .chain(in_text)
        .filter_map(|code| code.strip_prefix("deskferry "))
        .map(|code| code.split(" # ").next().unwrap_or(code).to_owned())
        .collect()
}

#[test]
fn commands_and_options_of_the_pages_exist() {
    let project = Project::new("");
    let mut helps = std::collections::HashMap::new();
    let (all, _) = project.expect(0, &["--help"]);
    let mut seen = 0;
    for (page, text) in pages() {
        for command in commands(&text) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let name = words[0].trim_end_matches([';', ',', '.']);
            if name.starts_with('-') || !name.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
                continue;
            }
            let help = helps.entry(name.to_owned()).or_insert_with(|| {
                assert!(
                    all.contains(&format!("\n  {name} ")),
                    "{page}: no command `{name}`"
                );
                let mut help = project.expect(0, &[name, "--help"]).0;
                for part in ["export", "import", "claim"] {
                    if name == "people" {
                        help += &project.expect(0, &[name, part, "--help"]).0;
                    }
                }
                help
            });
            seen += 1;
            for word in words.iter().filter(|word| word.starts_with("--")) {
                let option = word[2..]
                    .split(|c: char| !c.is_ascii_lowercase() && c != '-')
                    .next();
                let option = format!("--{}", option.unwrap());
                assert!(
                    help.contains(&option),
                    "{page}: `deskferry {command}`: no {option}"
                );
            }
        }
    }
    assert!(seen > 60, "only {seen} commands were found");
}

#[test]
fn rules_of_the_cookbook_are_read() {
    let mut seen = 0;
    let has_rules = |(name, _): &(String, String)| {
        ["mapping.md", "people.md", "privacy.md"].contains(&name.as_str())
    };
    for (page, text) in pages().into_iter().filter(has_rules) {
        for block in text.split("```toml\n").skip(1) {
            let rules = block.split("```").next().unwrap();
            if let Err(error) = deskferry::mapping::UserMapping::parse(&page, rules) {
                panic!("{error}\n{rules}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} rules were found");
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, text) in pages() {
        let folder = match page.as_str() {
            "README.md" => root.to_owned(),
            _ => root.join("docs"),
        };
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            assert!(folder.join(link).exists(), "{page}: {link}");
        }
    }
}

#[test]
fn the_schema_is_a_json_schema() {
    let (out, _) = Project::new("").expect(0, &["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    jsonschema::validator_for(&schema).unwrap();
}
