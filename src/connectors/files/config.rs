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
    /// Charset of the files where they are not UTF-8, such as `windows-1252` or `shift_jis`.
    /// For a source; what is written is UTF-8.
    #[serde(default)]
    pub charset: Option<String>,
    /// What `text` of a message holds that has HTML alone: nothing, its plain text or Markdown.
    /// For a target; the HTML stays as it is.
    #[serde(default)]
    pub texts: Texts,
}

/// What is made of messages that have HTML alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Texts {
    /// Nothing: the records are as they came.
    #[default]
    AsIs,
    /// Plain text.
    Plain,
    /// Markdown.
    Markdown,
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
        config.encoding()?;
        config.path = options.folder().join(config.path);
        Ok(config)
    }

    /// The charset to read in, where it is not UTF-8.
    pub fn encoding(&self) -> Result<Option<&'static encoding_rs::Encoding>> {
        let Some(name) = self.charset.as_deref() else {
            return Ok(None);
        };
        let known = encoding_rs::Encoding::for_label(name.as_bytes());
        // Rows are told apart by their bytes.
        match known.filter(|known| known.is_ascii_compatible()) {
            Some(encoding) => Ok(Some(encoding).filter(|known| *known != encoding_rs::UTF_8)),
            None => Err(Error::config(format!("`charset` is `{name}`, which cannot be read"))
                .hint("give a name such as windows-1252, iso-8859-15 or shift_jis; convert UTF-16 files to UTF-8 first")),
        }
    }
}

/// The folder as the configuration names it.
pub fn desk(options: &Options) -> Result<String> {
    match options.text("path").map(|path| path.trim_end_matches('/')) {
        Some(path) if !path.is_empty() => Ok(path.to_owned()),
        _ => Err(Error::config("`path` is missing").hint("name the folder: path = \"archive\"")),
    }
}
