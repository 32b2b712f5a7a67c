//! Options of a folder.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::connector::{Error, Options, Result};
use crate::schema::Kind;

/// The `[source]` or `[target]` table of a folder.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder, relative to the project folder. A target is created if it is not there.
    pub path: PathBuf,
    /// How records stand in the files: `jsonl` or `csv`.
    #[serde(default)]
    pub format: Format,
}

/// How records stand in the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON Lines: one record a line.
    #[default]
    Jsonl,
    /// CSV (RFC 4180): one column a field, lists and objects as JSON.
    Csv,
}

impl Format {
    /// The end of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }

    /// The name of a kind's file.
    pub fn file(self, kind: Kind) -> String {
        format!("{}.{}", kind.plural(), self.extension())
    }
}

impl Config {
    /// Reads and checks the options; the path becomes one from the project folder.
    pub fn read(options: &Options) -> Result<Config> {
        let mut config: Config = options.parse()?;
        if config.path.as_os_str().is_empty() {
            return Err(Error::config("`path` is empty").hint("name a folder"));
        }
        config.path = options.folder().join(config.path);
        Ok(config)
    }
}

/// The folder as the configuration names it.
pub fn desk(options: &Options) -> Result<String> {
    match options.text("path").map(|path| path.trim_end_matches('/')) {
        Some(path) if !path.is_empty() => Ok(path.to_owned()),
        _ => Err(Error::config("`path` is missing").hint("name the folder: path = \"archive\"")),
    }
}
