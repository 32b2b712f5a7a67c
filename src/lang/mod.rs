//! Texts for people in their language: the wizard, progress, summaries, next
//! steps and the report. Errors, logs, `--help` and JSON stay English, so that
//! they can be searched and parsed.
//!
//! The texts are Fluent files, one for each room and language. A test holds
//! that no language lacks one.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use icu_datetime::fieldsets::{YMD, YMDT};
use icu_datetime::input::{Date as Day, DateTime, Time};
use icu_datetime::{DateTimeFormatter, DateTimeFormatterPreferences};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::{Locale, locale};
use unic_langid::LanguageIdentifier;

use crate::schema::{Date, Kind};

/// A language that people can choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Language {
    /// English.
    #[default]
    #[value(name = "en")]
    English,
    /// Portuguese as it is written in Brazil.
    #[value(name = "pt-BR", alias = "pt")]
    Portuguese,
    /// Spanish.
    #[value(name = "es")]
    Spanish,
}

/// The files of one language, in one order for all.
macro_rules! files {
    ($language:literal) => {
        [
            include_str!(concat!($language, "/common.ftl")),
            include_str!(concat!($language, "/wizard.ftl")),
            include_str!(concat!($language, "/progress.ftl")),
            include_str!(concat!($language, "/summary.ftl")),
            include_str!(concat!($language, "/assess.ftl")),
            include_str!(concat!($language, "/report.ftl")),
            include_str!(concat!($language, "/field.ftl")),
            include_str!(concat!($language, "/loss.ftl")),
            include_str!(concat!($language, "/reason.ftl")),
        ]
    };
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 3] = [Language::English, Language::Portuguese, Language::Spanish];

    /// Its BCP 47 tag, as in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Portuguese => "pt-BR",
            Language::Spanish => "es",
        }
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Portuguese => "Português (Brasil)",
            Language::Spanish => "Español",
        }
    }

    /// The language of a locale such as `pt_BR.UTF-8` or `es-MX`; `None` where
    /// it is none of these.
    pub fn parse(locale: &str) -> Option<Language> {
        let language = locale.split(['_', '-', '.', '@']).next()?;
        Language::ALL
            .into_iter()
            .find(|known| known.tag()[..2].eq_ignore_ascii_case(language))
    }

    /// What the user's environment asks for: the first of these variables that
    /// is set, as programs of Unix do.
    pub fn of_environment() -> Language {
        ["DESKFERRY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .and_then(|value| Language::parse(&value))
            .unwrap_or_default()
    }

    fn files(self) -> [&'static str; 9] {
        match self {
            Language::English => files!("en"),
            Language::Portuguese => files!("pt-BR"),
            Language::Spanish => files!("es"),
        }
    }

    fn locale(self) -> Locale {
        match self {
            Language::English => locale!("en"),
            Language::Portuguese => locale!("pt-BR"),
            Language::Spanish => locale!("es"),
        }
    }
}

/// A value that a text has a place for.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Stands as it is.
    Text(String),
    /// Is grouped as the language does, and chooses between plural forms.
    Number(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

/// All texts of a language, with its numbers and dates.
pub struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
    numbers: Option<DecimalFormatter>,
    days: Option<DateTimeFormatter<YMD>>,
    times: Option<DateTimeFormatter<YMDT>>,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.language).finish()
    }
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::new(Language::English));
static PORTUGUESE: LazyLock<Texts> = LazyLock::new(|| Texts::new(Language::Portuguese));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| Texts::new(Language::Spanish));

impl Texts {
    /// The texts of a language.
    pub fn of(language: Language) -> &'static Texts {
        match language {
            Language::English => &ENGLISH,
            Language::Portuguese => &PORTUGUESE,
            Language::Spanish => &SPANISH,
        }
    }

    fn new(language: Language) -> Texts {
        let mut bundle = FluentBundle::new_concurrent(
            language
                .tag()
                .parse::<LanguageIdentifier>()
                .into_iter()
                .collect(),
        );
        // Marks around values are for right-to-left scripts; a terminal shows them as boxes.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match language {
            Language::English => format::<_, 0>,
            Language::Portuguese => format::<_, 1>,
            Language::Spanish => format::<_, 2>,
        }));
        for file in language.files() {
            // What a file cannot say is found by the tests, not by people.
            let resource = match FluentResource::try_new(file.to_owned()) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            if bundle.add_resource(resource).is_err() {
                tracing::debug!("two texts in {} have one name", language.tag());
            }
        }
        let locale = language.locale();
        let dates = DateTimeFormatterPreferences::from(&locale);
        Texts {
            language,
            bundle,
            numbers: DecimalFormatter::try_new((&locale).into(), Default::default()).ok(),
            days: DateTimeFormatter::try_new(dates, YMD::medium()).ok(),
            times: DateTimeFormatter::try_new(dates, YMD::medium().with_time_hm()).ok(),
        }
    }

    /// Which language this is.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text without places.
    pub fn get(&self, id: &str) -> String {
        self.say(id, &[])
    }

    /// A text with these values in its places. One that is missing is English,
    /// and where that is missing, too, its name.
    pub fn say(&self, id: &str, values: &[(&str, Value)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|text| text.value()) else {
            return match self.language {
                Language::English => id.to_owned(),
                _ => Texts::of(Language::English).say(id, values),
            };
        };
        let mut places = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            match value {
                Value::Text(text) => places.set(*name, text.as_str()),
                Value::Number(number) => places.set(*name, *number),
            }
        }
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&places), &mut errors);
        text.into_owned()
    }

    /// Whether there is such a text, in this language or in English.
    pub fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id) || Texts::of(Language::English).bundle.has_message(id)
    }

    /// What a field of losses and differences is called: `conversation.subject`.
    pub fn field(&self, name: &str) -> String {
        let id = format!("field-{}", name.replace(['.', '_'], "-"));
        match self.has(&id) {
            true => self.get(&id),
            false => name.to_owned(),
        }
    }

    /// What a kind's records are called: `conversations`.
    pub fn kind(&self, kind: Kind) -> String {
        self.counted(kind, 2)
    }

    /// What so many records of a kind are called: `conversation` for one.
    pub fn counted(&self, kind: Kind, count: u64) -> String {
        self.say(
            &format!("common-kind-{}", kind.name()),
            &[("count", count.into())],
        )
    }

    /// `12,345` or `12.345`.
    pub fn number(&self, number: u64) -> String {
        self.grouped(Decimal::from(number))
    }

    /// A number with so many digits after the point, or comma.
    pub fn decimal(&self, number: f64, digits: usize) -> String {
        let text = format!("{number:.digits$}");
        match text.parse::<Decimal>() {
            Ok(number) => self.grouped(number),
            Err(_) => text,
        }
    }

    fn grouped(&self, number: Decimal) -> String {
        match &self.numbers {
            Some(numbers) => numbers.format(&number).to_string(),
            None => number.to_string(),
        }
    }

    /// The day of a point in time, in UTC: `22 de nov. de 2026`.
    pub fn day(&self, date: Date) -> String {
        let at = parts(date);
        match (&self.days, at) {
            (Some(days), Some(at)) => days.format(&at.date).to_string(),
            _ => date.to_string(),
        }
    }

    /// Day and minute of a point in time, in UTC.
    pub fn time(&self, date: Date) -> String {
        let at = parts(date);
        match (&self.times, at) {
            // A narrow blank is a box in some terminals.
            (Some(times), Some(at)) => times.format(&at).to_string().replace('\u{202f}', " "),
            _ => date.to_string(),
        }
    }

    /// `1.5 GB`, in powers of a thousand.
    pub fn bytes(&self, bytes: u64) -> String {
        const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
        let mut value = bytes as f64;
        let mut unit = 0;
        while value >= 999.95 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let digits = usize::from(unit > 0 && value < 99.95);
        format!("{} {}", self.decimal(value, digits), UNITS[unit])
    }

    /// `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
    pub fn duration(&self, duration: Duration) -> String {
        let seconds = duration.as_secs();
        let (large, small) = match seconds {
            0..60 => (format!("{seconds} s"), None),
            60..3600 => (format!("{} min", seconds / 60), None),
            3600..86_400 => (
                format!("{} h", seconds / 3600),
                Some((seconds % 3600 / 60, "min")),
            ),
            _ => (
                format!("{} d", self.number(seconds / 86_400)),
                Some((seconds % 86_400 / 3600, "h")),
            ),
        };
        match small {
            Some((count, unit)) if count > 0 => format!("{large} {count} {unit}"),
            _ => large,
        }
    }
}

fn parts(date: Date) -> Option<DateTime<icu_calendar::Iso>> {
    let at = date.to_zoned(jiff::tz::TimeZone::UTC);
    let unsigned = |number: i8| u8::try_from(number).ok();
    Some(DateTime {
        date: Day::try_new_iso(at.year().into(), unsigned(at.month())?, unsigned(at.day())?)
            .ok()?,
        time: Time::try_new(
            unsigned(at.hour())?,
            unsigned(at.minute())?,
            unsigned(at.second())?,
            0,
        )
        .ok()?,
    })
}

/// Numbers in texts, as the language with this place in [`Language::ALL`] groups them.
fn format<M, const LANGUAGE: usize>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value >= 0.0 && number.value.fract() == 0.0 => {
            Some(Texts::of(Language::ALL[LANGUAGE]).number(number.value as u64))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
