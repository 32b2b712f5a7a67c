//! Each way in which a configuration refers to a secret.

use std::os::unix::fs::PermissionsExt as _;

use crate::desks::{Desk, Project};

/// Puts a keyring's program before all others: it keeps one secret in a file,
/// and remembers how it was called. Returns what `PATH` becomes.
pub fn keyring(project: &Project) -> String {
    let folder = project.path("keyring");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("secret-tool");
    let script = "#!/bin/sh\n\
                  here=$(dirname \"$0\")\n\
                  echo \"$*\" >> \"$here/calls\"\n\
                  case \"$1\" in\n\
                  store) cat > \"$here/kept\" ;;\n\
                  lookup) test \"$5\" != nobody && cat \"$here/kept\" 2>/dev/null ;;\n\
                  esac\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

/// How the keyring's program was called.
pub fn calls(project: &Project) -> String {
    std::fs::read_to_string(project.path("keyring/calls")).unwrap_or_default()
}

#[test]
fn a_secret_comes_from_the_environment_a_file_or_the_keyring() {
    let desk = Desk::start("freshdesk", Some("freshdesk"));
    let section = desk.section("source");
    let project = Project::new(&section);
    let path = keyring(&project);
    std::fs::write(project.path("keyring/kept"), "sandbox-key\n").unwrap();
    std::fs::write(project.path("key.secret"), "sandbox-key\n").unwrap();
    let check = |reference: &str, path: &str| {
        let config = section.replace("{ env = \"SANDBOX_KEY\" }", reference);
        std::fs::write(project.path("deskferry.toml"), config).unwrap();
        let mut command = project.command(&["check"]);
        let output = command.env("PATH", path).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(!told.contains("sandbox-key"), "{told}");
        (output.status.code(), told)
    };
    for reference in [
        "{ env = \"SANDBOX_KEY\" }",
        "{ file = \"key.secret\" }",
        "{ keyring = \"acme-key\" }",
    ] {
        let (code, told) = check(reference, &path);
        assert_eq!(code, Some(0), "{reference}: {told}");
    }
    assert_eq!(
        calls(&project).lines().last(),
        Some("lookup service deskferry name acme-key")
    );
    for (reference, path, why) in [
        ("{ env = \"NOT_SET\" }", &path, "NOT_SET is not set"),
        ("{ file = \"none\" }", &path, "none"),
        ("{ keyring = \"nobody\" }", &path, "no entry `nobody`"),
        (
            "{ keyring = \"x\" }",
            &String::new(),
            "could not be started",
        ),
        ("{ command = \"pass\" }", &path, "unknown variant `command`"),
        ("\"in-the-open\"", &path, "must not stand in the file"),
    ] {
        let (code, told) = check(reference, path);
        assert_eq!(code, Some(2), "{reference}: {told}");
        let one_line = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line.contains(why), "{reference}: {told}");
        assert!(!told.contains("in-the-open"), "{told}");
    }
}
