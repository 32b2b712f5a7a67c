//! A desk's options: one table of `deskferry.toml`, read strictly, secrets by reference.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{Error, Result};

/// The `[source]` or `[target]` table without the keys that belong to every
/// desk (`connector`, `share`, `hours`, `allow_mail`), which the engine reads.
#[derive(Debug, Clone)]
pub struct Options {
    table: toml::Table,
    section: String,
    folder: PathBuf,
}

impl Options {
    /// Options from a table. `section` is `source` or `target`, for messages;
    /// relative paths start at `folder`, the one that `deskferry.toml` is in.
    pub fn new(table: toml::Table, section: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Options {
            table,
            section: section.into(),
            folder: folder.into(),
        }
    }

    /// Reads the options into a connector's own struct.
    ///
    /// Secrets are resolved now: a variable that is not set or a file that
    /// cannot be read fails here, before any request. An unknown key fails
    /// with the nearest right one.
    pub fn parse<T: DeserializeOwned + JsonSchema>(&self) -> Result<T> {
        let known = schema_keys(&schemars::schema_for!(T).to_value());
        for key in self.table.keys() {
            if !known.contains(key) {
                let near = nearest(key, known.iter().map(String::as_str));
                let error = Error::config(format!("unknown key `{key}` in [{}]", self.section));
                return Err(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("known keys: {}", known.join(", "))),
                });
            }
        }
        let table = self.resolve_files();
        serde_path_to_error::deserialize(toml::Value::Table(table)).map_err(|cause| {
            let at = match cause.path().to_string().as_str() {
                "." => format!("[{}]", self.section),
                path => format!("[{}] {path}", self.section),
            };
            Error::config(format!("{at}: {}", cause.inner().message()))
                .hint("see `deskferry connectors <name>` for the options")
        })
    }

    /// One text value, for naming the desk without reading secrets.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key).and_then(toml::Value::as_str)
    }

    /// A path option, relative to the project folder.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(|path| self.folder.join(path))
    }

    /// The folder that relative paths start at.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes `{ file = "…" }` references relative to the project folder.
    fn resolve_files(&self) -> toml::Table {
        let mut table = self.table.clone();
        for (_, value) in table.iter_mut() {
            if let toml::Value::Table(inner) = value
                && inner.len() == 1
                && let Some(toml::Value::String(path)) = inner.get_mut("file")
            {
                *path = self.folder.join(&*path).to_string_lossy().into_owned();
            }
        }
        table
    }
}

fn schema_keys(schema: &serde_json::Value) -> Vec<String> {
    schema
        .get("properties")
        .and_then(serde_json::Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// The candidate that `text` was most likely meant to be, if any is close.
pub fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(text.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A secret that the configuration refers to: `{ env = "NAME" }`,
/// `{ file = "path" }` or `{ keyring = "name" }`. Never shown.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// A secret from text that never stood in a configuration, for tests and sandboxes.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(SecretString::from(text.into()))
    }

    /// The secret itself. Only for building a request.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file that holds nothing else; a line break at its end is not part of the secret.
    File(PathBuf),
    /// A name in the system keyring.
    Keyring(String),
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let text = match toml::Value::deserialize(deserializer)? {
            toml::Value::String(_) => {
                return Err(D::Error::custom(
                    "a secret must not stand in the file; write { env = \"NAME\" }, { file = \"path\" } or { keyring = \"name\" }",
                ));
            }
            other => match SecretRef::deserialize(other).map_err(D::Error::custom)? {
                SecretRef::Env(name) => std::env::var(&name).map_err(|_| {
                    D::Error::custom(format!("environment variable {name} is not set"))
                })?,
                SecretRef::File(path) => std::fs::read_to_string(&path).map_err(|cause| {
                    D::Error::custom(format!("secret file {}: {cause}", path.display()))
                })?,
                SecretRef::Keyring(name) => keyring(&name).map_err(D::Error::custom)?,
            },
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(D::Error::custom("the secret is empty"));
        }
        Ok(Secret::new(text))
    }
}

/// Asks the platform's keyring tool, so that no keyring library is linked in:
/// `secret-tool` (Secret Service) on Linux, `security` on macOS.
pub(crate) fn keyring(name: &str) -> Result<String, String> {
    let mut command = if cfg!(target_os = "macos") {
        let mut command = std::process::Command::new("security");
        command.args(["find-generic-password", "-w", "-s", "deskferry", "-a", name]);
        command
    } else {
        let mut command = std::process::Command::new("secret-tool");
        command.args(["lookup", "service", "deskferry", "name", name]);
        command
    };
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|cause| format!("keyring entry {name}: {program} could not be started ({cause}); use {{ env = … }} or {{ file = … }}"))?;
    if !output.status.success() {
        return Err(format!(
            "keyring has no entry `{name}` for service `deskferry`"
        ));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("keyring entry {name} is not text"))
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        SecretRef::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Example {
        subdomain: String,
        token: Secret,
    }

    fn parse(text: &str) -> Result<Example> {
        Options::new(text.parse().unwrap(), "source", ".").parse()
    }

    fn fails(text: &str) -> Error {
        parse(text).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_misspelt_key_is_corrected() {
        let error = fails("subdomian = 'x'");
        assert_eq!(error.message, "unknown key `subdomian` in [source]");
        assert_eq!(error.hint.as_deref(), Some("did you mean `subdomain`?"));
    }

    #[test]
    fn a_literal_secret_is_refused_and_not_repeated() {
        let error = fails("subdomain = 'x'\ntoken = 'hunter2'");
        assert!(error.message.contains("[source] token"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = fails("subdomain = 'x'\ntoken = { env = 'DESKFERRY_TEST_UNSET' }");
        assert!(error.message.contains("DESKFERRY_TEST_UNSET"), "{error}");
    }

    #[test]
    fn a_secret_is_read_from_a_file_beside_the_project() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "s3cret\n").unwrap();
        let table = "subdomain = 'x'\ntoken = { file = 'key' }".parse().unwrap();
        let example: Example = Options::new(table, "target", folder.path())
            .parse()
            .unwrap();
        assert_eq!(
            (example.subdomain.as_str(), example.token.expose()),
            ("x", "s3cret")
        );
    }
}
