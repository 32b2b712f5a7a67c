//! `deskferry.toml`: read strictly, mistakes named with line, column and the nearest right word.

mod hours;
mod sections;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::connector::{Connector, Error, Options, Result, Setup, Sink, Source};
use crate::engine::{Attachments, Conflicts, Deleted, Order};
use crate::http::{Meter, Settings};
use crate::mapping::document::Document;
use crate::mapping::{PlatformMapping, UserMapping};
use crate::schema::{Date, Kind};

pub use hours::Hours;
use sections::{attachments, desk, known, ledger, scope, sync};

/// A whole `deskferry.toml`.
pub struct Config {
    /// The folder that the file is in; relative paths start here.
    pub folder: PathBuf,
    /// `[source]`.
    pub source: Option<Desk>,
    /// `[target]`.
    pub target: Option<Desk>,
    /// `[scope]`.
    pub scope: Scope,
    /// `[mapping] file`.
    pub mapping: Option<PathBuf>,
    /// `[ledger] file`.
    pub ledger: PathBuf,
    /// `[ledger] remote`.
    pub remote: Option<String>,
    /// `[ledger] keep_raw`.
    pub keep_raw: bool,
    /// `[sync]`.
    pub sync: Sync,
    /// `[attachments]`.
    pub attachments: Attachments,
}

/// `[sync]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sync {
    /// What becomes of records that were deleted on the source.
    pub deleted: Deleted,
    /// What wins when both sides changed the same value.
    pub conflicts: Conflicts,
    /// The largest part of the records of a kind that is taken for deleted.
    pub max_deletions: f64,
}

impl Default for Sync {
    fn default() -> Self {
        let settings = crate::engine::Settings::default();
        Sync {
            deleted: settings.deleted,
            conflicts: settings.conflicts,
            max_deletions: settings.max_deletions,
        }
    }
}

/// `[source]` or `[target]`.
pub struct Desk {
    /// `source` or `target`.
    pub section: &'static str,
    /// The platform.
    pub connector: &'static Connector,
    /// The platform's own options.
    pub options: Options,
    /// Part of the rate limit that may be used.
    pub share: f64,
    /// When it may be used.
    pub hours: Option<Hours>,
    /// Whether customers may be mailed.
    pub allow_mail: bool,
    /// Counts its requests.
    pub meter: Arc<Meter>,
}

/// `[scope]`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Kinds to move; empty is all.
    pub records: Vec<Kind>,
    /// Only conversations changed since then.
    pub since: Option<Date>,
    /// Which conversations are written first.
    pub order: Order,
}

/// Sections of the file.
const SECTIONS: [&str; 7] = [
    "source",
    "target",
    "scope",
    "mapping",
    "ledger",
    "sync",
    "attachments",
];

impl Config {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path).map_err(|cause| {
            let error = Error::config(format!("{} cannot be read: {cause}", path.display()));
            let error = match cause.kind() {
                std::io::ErrorKind::NotFound => error.hint(
                    "write it (`deskferry connectors <name>` shows a desk's options), or name another file with --config",
                ),
                _ => error,
            };
            error.caused_by(cause)
        })?;
        let name = path
            .file_name()
            .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Config::parse(&name, &text, folder)
    }

    /// Reads the text of a file that is, or will be, in this folder.
    pub fn parse(name: &str, text: &str, folder: PathBuf) -> Result<Config> {
        let mut document = Document::new(name, text);
        let tables = document.parse()?;
        let plain: toml::Table = text
            .parse()
            .map_err(|cause| Error::config(format!("{name}: {cause}")))?;
        let mut config = Config {
            ledger: folder.join("deskferry.ledger"),
            folder,
            source: None,
            target: None,
            scope: Scope::default(),
            mapping: None,
            remote: None,
            keep_raw: true,
            sync: Sync::default(),
            attachments: Attachments::default(),
        };
        for (key, value) in tables.iter() {
            let section = key.get_ref().as_ref();
            if !SECTIONS.contains(&section) {
                let known = SECTIONS.into_iter();
                document.unknown(key.span().start, "section", "", section, known);
                continue;
            }
            let at = format!("[{section}]");
            let Some(table) = document.table_of(&at, value) else {
                continue;
            };
            let place = key.span().start;
            match section {
                "source" => {
                    config.source = desk(
                        "source",
                        &mut document,
                        place,
                        table,
                        &plain,
                        &config.folder,
                    )
                }
                "target" => {
                    config.target = desk(
                        "target",
                        &mut document,
                        place,
                        table,
                        &plain,
                        &config.folder,
                    )
                }
                "scope" => config.scope = scope(&mut document, table),
                "sync" => config.sync = sync(&mut document, table, &plain),
                "attachments" => config.attachments = attachments(&mut document, table),
                "mapping" => {
                    for (key, value) in known(&mut document, table, "mapping", &["file"]) {
                        let text = document.text_of(key, value);
                        config.mapping = text.map(|file| config.folder.join(file));
                    }
                }
                _ => ledger(&mut document, table, &mut config),
            }
        }
        document.finish()?;
        Ok(config)
    }

    /// The user's rules; none where there is no `[mapping] file`.
    pub fn user_mapping(&self) -> Result<UserMapping> {
        match &self.mapping {
            Some(file) => UserMapping::load(file),
            None => Ok(UserMapping::default()),
        }
    }

    /// BLAKE3 of the files that decide what is written, by name: a saved plan
    /// keeps them to say what changed since.
    pub fn inputs(&self, config: &Path) -> Result<BTreeMap<String, String>> {
        let files = [
            ("the configuration", Some(config)),
            ("the mapping", self.mapping.as_deref()),
        ];
        let mut sums = BTreeMap::new();
        for (name, path) in files {
            let Some(path) = path else { continue };
            let text = std::fs::read(path).map_err(|cause| {
                Error::config(format!("{} cannot be read: {cause}", path.display()))
                    .caused_by(cause)
            })?;
            sums.insert(name.to_owned(), blake3::hash(&text).to_hex().to_string());
        }
        Ok(sums)
    }

    /// `[source]`, which most commands need.
    pub fn source(&self) -> Result<&Desk> {
        self.source.as_ref().ok_or_else(|| no_desk("source"))
    }

    /// `[target]`, which commands that write need.
    pub fn target(&self) -> Result<&Desk> {
        self.target.as_ref().ok_or_else(|| no_desk("target"))
    }
}

fn no_desk(section: &str) -> Error {
    Error::config(format!("deskferry.toml has no [{section}]")).hint(format!(
        "write one that begins with connector = \"…\"; `deskferry connectors` lists them, and `deskferry connectors <name>` what [{section}] needs then"
    ))
}

impl Desk {
    /// The desk by platform and name: `Zendesk acme`.
    pub fn name(&self) -> Result<String> {
        let desk = (self.connector.desk)(&self.options)?;
        Ok(format!("{} {desk}", self.connector.title))
    }

    /// The desk as ledgers and markers name it: `zendesk:acme`.
    pub fn id(&self) -> Result<String> {
        let desk = (self.connector.desk)(&self.options)?;
        Ok(format!("{}:{desk}", self.connector.name))
    }

    /// How to talk to it.
    fn http(&self) -> Result<Settings> {
        Ok(Settings {
            share: self.share,
            meter: self.meter.clone(),
            ..Settings::from_environment()?
        })
    }

    /// What a connector needs, with the platform's value tables and the user's on top.
    fn setup(&self, user: &UserMapping) -> Result<Setup> {
        let name = self.connector.name;
        let overrides = user.overrides(name);
        let mapping = PlatformMapping::load(name, self.connector.mapping, overrides.as_deref())?;
        Ok(Setup {
            options: self.options.clone(),
            mapping: Arc::new(mapping),
            http: self.http()?,
        })
    }

    /// Opens it for reading.
    pub fn open_source(&self, user: &UserMapping) -> Result<Arc<dyn Source>> {
        (self.connector.source)(self.setup(user)?)
    }

    /// Opens it for writing.
    pub fn open_sink(&self, user: &UserMapping) -> Result<Arc<dyn Sink>> {
        (self.connector.sink)(self.setup(user)?)
    }
}

/// A day (from its beginning, UTC) or a moment.
pub fn date(text: &str) -> Option<Date> {
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let moment = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(moment.timestamp())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Config::parse("deskferry.toml", text, PathBuf::from("/project"))
    }

    fn mistakes(text: &str) -> String {
        parse(text).map(|_| ()).unwrap_err().message
    }

    #[test]
    fn a_whole_file_is_read() {
        let config = parse(
            r#"
            [source]
            connector = "zendesk"
            subdomain = "acme"
            hours = "20:00-06:00"
            [target]
            connector = "files"
            share = 0.8
            allow_mail = true
            [scope]
            records = ["contacts", "article"]
            since = 2019-01-01
            order = "newest"
            [mapping]
            file = "mapping.toml"
            [ledger]
            file = "state/ledger"
            keep_raw = false
            [sync]
            deleted = "tag"
            conflicts = "overwrite"
            max_deletions = 0.2
            "#,
        )
        .unwrap();
        let source = config.source().unwrap();
        assert_eq!(source.connector.name, "zendesk");
        assert_eq!(source.options.text("subdomain"), Some("acme"));
        assert_eq!(source.options.text("connector"), None);
        assert_eq!(source.share, 1.0);
        let target = config.target().unwrap();
        assert!(target.allow_mail);
        assert_eq!(target.share, 0.8);
        assert_eq!(config.scope.records, [Kind::Contact, Kind::Article]);
        assert_eq!(config.scope.since, "2019-01-01T00:00:00Z".parse().ok());
        assert_eq!(config.scope.order, Order::Newest);
        assert_eq!(config.mapping, Some("/project/mapping.toml".into()));
        assert_eq!(config.ledger, PathBuf::from("/project/state/ledger"));
        assert!(!config.keep_raw);
        let sync = Sync {
            deleted: Deleted::Tag,
            conflicts: Conflicts::Overwrite,
            max_deletions: 0.2,
        };
        assert_eq!(config.sync, sync);
        let text = "[sync]\ndeleted = 'remove'\nconflicts = 'ask'\nmax_deletions = 5\n";
        assert_eq!(
            mistakes(text),
            "deskferry.toml:2:11: unknown deleted `remove`; known are keep, tag, delete\n\
             deskferry.toml:3:13: unknown conflicts `ask`; known are keep, overwrite, report\n\
             deskferry.toml:4:17: max_deletions must be a number from 0 to 1: 0.05"
        );
    }

    #[test]
    fn every_mistake_is_named_with_its_place_and_the_right_word() {
        let text = "[sorce]\n[target]\nconnector = 'freshdsk'\n[scope]\nrecords = ['tickets', 'contcts']\nsinse = 1\n";
        assert_eq!(
            mistakes(text),
            "deskferry.toml:1:2: unknown section `sorce`; did you mean `source`?\n\
             deskferry.toml:3:13: unknown connector `freshdsk`; did you mean `freshdesk`?\n\
             deskferry.toml:5:12: unknown kind of record `tickets`; known are organizations, groups, agents, brands, fields, forms, contacts, conversations, messages, attachments, ratings, time_entries, …\n\
             deskferry.toml:5:23: unknown kind of record `contcts`; did you mean `contacts`?\n\
             deskferry.toml:6:1: unknown key `sinse` in [scope]; did you mean `since`?"
        );
    }

    #[test]
    fn a_desks_keys_are_checked_against_its_platform() {
        let text = "[source]\nconnector = 'zendesk'\nsubdomian = 'acme'\nshare = 2\nhours = 'night'\nallow_mail = 'no'\n";
        assert_eq!(
            mistakes(text),
            "deskferry.toml:3:1: unknown key `subdomian` in [source]; did you mean `subdomain`?\n\
             deskferry.toml:4:9: share must be a number above 0 and up to 1: 0.8\n\
             deskferry.toml:5:9: hours must be two times of day: \"20:00-06:00\"\n\
             deskferry.toml:6:14: allow_mail must be true or false"
        );
        assert_eq!(
            mistakes("[scope]\norder = true\n"),
            "deskferry.toml:2:9: order must be text, not a boolean"
        );
        assert_eq!(
            mistakes("[source]\nsubdomain = 'acme'\n"),
            "deskferry.toml:1:2: [source] needs `connector = \"…\"`"
        );
    }

    #[test]
    fn hours_may_pass_midnight() {
        let hours = Hours::parse("20:00-06:00").unwrap();
        let at = |hour| jiff::civil::time(hour, 0, 0, 0);
        assert!(hours.holds(at(20)) && hours.holds(at(23)) && hours.holds(at(5)));
        assert!(!hours.holds(at(6)) && !hours.holds(at(12)));
        assert_eq!(hours.until_open(at(12)), Duration::from_secs(8 * 3600));
        assert_eq!(hours.until_open(at(22)), Duration::ZERO);
        assert_eq!(hours.until_close(at(22)), Duration::from_secs(8 * 3600));
        let hours = Hours::parse("09:00-17:00").unwrap();
        assert!(hours.holds(at(9)) && !hours.holds(at(17)));
    }
}
