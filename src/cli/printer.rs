//! What goes where: stdout carries data, stderr talk.

use std::io::{self, Write as _};

use indicatif::MultiProgress;
use owo_colors::OwoColorize as _;
use serde::Serialize;

use crate::connector::{Error, Result};
use crate::lang::{Language, Texts};

/// Columns that text is fitted into: what the variable `COLUMNS` says, else
/// what the terminal has; `None` leaves lines as long as they are.
pub fn columns() -> Option<usize> {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = || comfy_table::Table::new().width().map(usize::from);
    told.or_else(terminal).filter(|columns| *columns >= 20)
}

/// `text` after `mark`, in lines that fit; all but the first begin with `indent` blanks.
pub fn hanging(mark: &str, text: &str, indent: usize) -> String {
    let Some(columns) = columns() else {
        return format!("{mark}{text}");
    };
    fitted(mark, text, indent, columns)
}

fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .map(|part| part.chars().count())
        .sum()
}

fn fitted(mark: &str, text: &str, indent: usize, columns: usize) -> String {
    let mut out = mark.to_owned();
    let mut at = width(mark);
    let mut first = true;
    for word in text.split(' ') {
        let needed = width(word);
        if !first && at + 1 + needed > columns {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            at = indent;
        } else if !first {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += needed;
        first = false;
    }
    out
}

/// Prints for all commands. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Printer {
    json: bool,
    quiet: bool,
    progress: bool,
    bars: Option<MultiProgress>,
    language: Language,
}

impl Printer {
    /// A printer for these global flags. `progress` is whether it may be shown.
    pub fn new(json: bool, quiet: bool, progress: bool) -> Self {
        let terminal = io::IsTerminal::is_terminal(&io::stderr());
        let bars = progress && !json && !quiet && terminal;
        Printer {
            json,
            quiet,
            progress,
            bars: bars.then(MultiProgress::new),
            language: Language::default(),
        }
    }

    /// The same, in this language.
    pub fn speaking(self, language: Language) -> Self {
        Printer { language, ..self }
    }

    /// The texts for people, in their language.
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    /// Whether a line now and then may tell of progress where bars are not drawn.
    pub fn shows_progress(&self) -> bool {
        self.progress
    }

    /// Whether data is one JSON object a line.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether only data and errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Where progress is drawn; `None` when it is not.
    pub fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// A piece of data, with a line break after it.
    pub fn data(&self, text: &str) -> Result<()> {
        self.beside_bars(|| {
            let mut out = anstream::stdout().lock();
            writeln!(out, "{text}")?;
            out.flush()
        })
        .map_err(|cause| {
            Error::local(format!("stdout cannot be written: {cause}")).caused_by(cause)
        })
    }

    /// An object of data on one line, with the name of what it tells and the
    /// version of the format.
    pub fn json<T: Serialize>(&self, event: &'static str, object: &T) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a, T> {
            event: &'static str,
            format: u32,
            #[serde(flatten)]
            object: &'a T,
        }
        self.document(&Line {
            event,
            format: crate::report::FORMAT,
            object,
        })
    }

    /// A document in a format of its own, on one line.
    pub fn document<T: Serialize>(&self, object: &T) -> Result<()> {
        let text = serde_json::to_string(object)
            .map_err(|cause| Error::local(format!("no JSON: {cause}")).caused_by(cause))?;
        self.data(&text)
    }

    /// Talk; not when quiet.
    pub fn talk(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Something that may need attention; not when quiet.
    pub fn warn(&self, text: &str) {
        self.talk(&format!("{} {text}", "warning:".yellow().bold()));
    }

    /// An error, always.
    pub fn error(&self, text: &str) {
        self.line(text);
    }

    fn line(&self, text: &str) {
        // Nobody can be told that stderr is gone.
        let _ = self.beside_bars(|| writeln!(anstream::stderr().lock(), "{text}"));
    }

    fn beside_bars<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }
}

/// Lets log lines pass beside the progress bars, a whole line at a time.
impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Printer {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine {
            printer: self.clone(),
            line: Vec::new(),
        }
    }
}

/// A log line being written; printed when dropped.
pub struct LogLine {
    printer: Printer,
    line: Vec<u8>,
}

impl io::Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        self.printer.line(text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_fitted_below_their_first_word() {
        assert_eq!(
            fitted("  ok  ", "one two three four", 6, 16),
            "  ok  one two\n      three four"
        );
        assert_eq!(
            fitted("", "alongwordthatdoesnotfit x", 2, 10),
            "alongwordthatdoesnotfit\n  x"
        );
    }
}
